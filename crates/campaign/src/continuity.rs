//! Whether a station is the same place in two elections: a code that stands in both need not be.
//!
//! The signs are those of [`quartier_model::Seen`]. The outlines of the campaign are those of one year; a file of the
//! earlier election's own lets the ground decide.

use crate::error::{CampaignError, Result};
use crate::folder::Campaign;
use crate::geography::shapes_of;
use crate::past::{self, Past};
use crate::places::{Place, Places};
use crate::transfer::{FromAreas, Zones, overlap};
use quartier_model::{Continuity, Node, Seen};
use rayon::prelude::*;
use serde::Serialize;
use std::collections::HashMap;

/// What is known of one area in both elections.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Station {
    /// `level:code`.
    pub area: String,
    /// Its name.
    pub name: String,
    /// Stable, doubtful or redrawn.
    pub class: Continuity,
    /// Why, in words; empty where it is stable.
    pub why: String,
    /// Stations of its commune in either election, those without an area counted.
    pub stations: [usize; 2],
    /// Registered in either election; `null` without a result or a register.
    pub registered: [Option<u64>; 2],
    /// How far its register moved beside its commune's: .2 is a fifth more; `null` where it cannot be told.
    pub moved: Option<f64>,
    /// The ground that its outlines of both years share, of all that either holds; `null` where one is not known.
    pub shared_ground: Option<f64>,
}

/// The areas of the finest level, from one election to another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ContinuityReport {
    /// The earlier election.
    pub from: String,
    /// The later one.
    pub to: String,
    /// The finest level.
    pub level: String,
    /// The level of the communes, `campaign` where there is none.
    pub commune: String,
    /// How many are stable, doubtful, redrawn.
    pub stable: usize,
    /// Likewise.
    pub doubtful: usize,
    /// Likewise.
    pub redrawn: usize,
    /// Every area with a result in one election or both; the redrawn first, then by how far the register moved.
    pub areas: Vec<Station>,
}

/// Classes the areas of the finest level as stable, doubtful or redrawn between two elections. `commune`: the level that
/// numbers its stations anew; where not named, that of `campaign.toml`, else the one above the finest. `outlines`: those
/// of the finest areas as they were at the earlier election, by the same codes.
///
/// # Errors
/// When an election or level is unknown, the outlines cannot be read or have none of the codes, or the database does not
/// answer.
pub async fn continuity(
    campaign: &Campaign,
    (from, to): (&str, &str),
    commune: Option<&str>,
    outlines: Option<&FromAreas>,
) -> Result<ContinuityReport> {
    let outlines = outlines.map(Zones::read).transpose()?;
    let places = Places::load(campaign).await?;
    let levels = campaign.file().levels.as_slice();
    let finest = levels.len() - 1;
    let above = match commune {
        Some(level) => Some(campaign.file().levels.position(level)?),
        None => match campaign.file().stations_of()? {
            Some(level) => Some(campaign.file().levels.position(level.as_str())?),
            None => finest.checked_sub(1),
        },
    };
    if above.is_some_and(|above| above >= finest) {
        let why = format!("--commune: found `{}`, expected a level above it", levels[finest].id);
        return Err(CampaignError::Invalid(why));
    }
    let pasts = past::load(campaign, &places).await?;
    let named = |id: &str| {
        pasts.iter().find(|past| past.election.id.as_str() == id).ok_or_else(|| {
            let known: Vec<&str> = pasts.iter().map(|past| past.election.id.as_str()).collect();
            CampaignError::Invalid(format!("no election is called `{id}`; there are {}", known.join(", ")))
        })
    };
    let pair = [named(from)?, named(to)?];
    let commune_of = |node: Node| match above {
        None => 0,
        Some(above) => places.tree.ancestors(node).find(|node| places.tree.level(above).contains(node)).unwrap_or(0),
    };
    let stations = pair.map(|past| stations_of(past, &places, finest, commune_of));
    let shared = match outlines {
        Some(outlines) => shared_ground(&places.levels[finest], outlines)?,
        None => vec![None; places.levels[finest].len()],
    };
    let mut areas: Vec<Station> = places
        .tree
        .level(finest)
        .zip(shared)
        .filter_map(|(node, shared)| {
            let around = commune_of(node);
            let seen = Seen {
                here: pair.map(|past| past.counts[node as usize].as_ref()),
                around: pair.map(|past| past.counts[around as usize].as_ref()),
                stations: [0, 1].map(|at| stations[at][around as usize]),
                shared,
            };
            let (class, why) = seen.class()?;
            let place = places.place(node)?;
            Some(Station {
                area: format!("{}:{}", levels[finest].id, place.code),
                name: place.name.clone(),
                class,
                why,
                stations: seen.stations,
                registered: seen.here.map(|counts| counts.and_then(|counts| counts.registered)),
                moved: seen.moved(),
                shared_ground: shared,
            })
        })
        .collect();
    let far = |own: &Station| own.moved.map_or(f64::INFINITY, f64::abs);
    areas.sort_by(|a, b| b.class.cmp(&a.class).then(far(b).total_cmp(&far(a))).then_with(|| a.area.cmp(&b.area)));
    let of = |class: Continuity| areas.iter().filter(|own| own.class == class).count();
    Ok(ContinuityReport {
        from: from.to_owned(),
        to: to.to_owned(),
        level: levels[finest].id.to_string(),
        commune: above.map_or_else(|| "campaign".to_owned(), |above| levels[above].id.to_string()),
        stable: of(Continuity::Stable),
        doubtful: of(Continuity::Doubtful),
        redrawn: of(Continuity::Redrawn),
        areas,
    })
}

/// Per area, how much of its ground it shares with the outline that had its code.
fn shared_ground(areas: &[Place], then: Zones) -> Result<Vec<Option<f64>>> {
    let outlines: HashMap<String, _> =
        then.codes.into_iter().zip(then.outlines).filter_map(|(code, outline)| Some((code, outline?))).collect();
    let now = shapes_of(areas)?;
    let shared = |(place, now): (&Place, &Option<_>)| Some(overlap(outlines.get(place.code.as_str())?, now.as_ref()?));
    let shared: Vec<Option<f64>> = areas.par_iter().zip(&now).map(shared).collect();
    if shared.iter().all(Option::is_none) {
        let why = format!("{}: no outline has the code of an area of the finest level", then.file);
        return Err(CampaignError::Invalid(why));
    }
    Ok(shared)
}

/// Per node, how many stations with a result stand in it and below: those of the finest level, and the codes of the file
/// that found no area there.
fn stations_of(past: &Past, places: &Places, finest: usize, commune_of: impl Fn(Node) -> Node) -> Vec<usize> {
    let mut stations = vec![0; places.tree.len()];
    for node in places.tree.level(finest).filter(|node| past.counts[*node as usize].is_some()) {
        stations[commune_of(node) as usize] += 1;
    }
    for (node, (_, codes)) in &past.unplaced {
        stations[*node as usize] += codes.len();
    }
    stations
}
