//! Whether a station is the same place in two elections: a code that stands in both need not be.
//!
//! Three signs, all public: whether both elections have a result here, how many stations the commune around it had, and
//! how far its register moved beside the commune's. Outlines are of one year only, so they are no sign.

use crate::error::{CampaignError, Result};
use crate::folder::Campaign;
use crate::past::{self, Past};
use crate::places::Places;
use quartier_model::{Counts, Node};
use serde::Serialize;

/// A register that moved further than this beside its commune's did not do so by people coming and going: from 2014 to
/// 2017 the registers of 99 in 100 French communes of one station and 400 electors or more, whose ground is the commune,
/// moved by less than .14 (9,574 communes of `fr-results-2014-2019`); from 2017 to 2019 by less than .11.
const MOVED: f64 = 0.15;

/// Twice that: ground must have changed hands, whatever the number of stations.
const MOVED_FAR: f64 = 2.0 * MOVED;

/// Whether an area is the same place in two elections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Continuity {
    /// The signs agree that it is.
    Stable,
    /// One sign says that it may not be.
    Doubtful,
    /// It is another place, or was not there.
    Redrawn,
}

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
/// numbers its stations anew; the one above the finest where not named.
///
/// # Errors
/// When an election or level is unknown, or the database does not answer.
pub async fn continuity(campaign: &Campaign, from: &str, to: &str, commune: Option<&str>) -> Result<ContinuityReport> {
    let places = Places::load(campaign).await?;
    let levels = campaign.file().levels.as_slice();
    let finest = levels.len() - 1;
    let above = match commune {
        Some(level) => Some(campaign.file().levels.position(level)?),
        None => finest.checked_sub(1),
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
    let mut areas: Vec<Station> = places
        .tree
        .level(finest)
        .filter_map(|node| {
            let around = commune_of(node);
            let seen = Seen {
                here: pair.map(|past| past.counts[node as usize].as_ref()),
                around: pair.map(|past| past.counts[around as usize].as_ref()),
                stations: [0, 1].map(|at| stations[at][around as usize]),
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

/// What both elections say of an area and of its commune.
struct Seen<'a> {
    here: [Option<&'a Counts>; 2],
    around: [Option<&'a Counts>; 2],
    stations: [usize; 2],
}

impl Seen<'_> {
    /// How far the register moved beside the commune's; `None` where one of the four is not known or nobody.
    fn moved(&self) -> Option<f64> {
        let registered = |counts: Option<&Counts>| counts?.registered.filter(|n| *n > 0).map(|n| n as f64);
        let ratio = |[then, now]: [Option<&Counts>; 2]| Some(registered(now)? / registered(then)?);
        Some(ratio(self.here)? / ratio(self.around)? - 1.0)
    }

    /// The class and why; `None` where neither election has a result.
    fn class(&self) -> Option<(Continuity, String)> {
        use Continuity::{Doubtful, Redrawn, Stable};
        let [then, now] = self.stations;
        let renumbered = format!("its commune went from {then} to {now} stations");
        Some(match (self.here, self.moved()) {
            ([None, None], _) => return None,
            ([None, Some(_)], _) => (Redrawn, "no result in the earlier election".into()),
            ([Some(_), None], _) => (Redrawn, "no result in the later election".into()),
            // The ground of the only station is its commune.
            _ if [then, now] == [1, 1] => (Stable, String::new()),
            (_, None) => (Doubtful, "its register is not known in both elections".into()),
            (_, Some(moved)) => {
                let by = format!("its register moved by {:+.0} % beside its commune's", 100.0 * moved);
                match (then == now, moved.abs()) {
                    (true, far) if far <= MOVED => (Stable, String::new()),
                    (true, far) if far <= MOVED_FAR => (Doubtful, by),
                    (false, far) if far <= MOVED => (Doubtful, renumbered),
                    (true, _) => (Redrawn, by),
                    (false, _) => (Redrawn, format!("{renumbered}, and {by}")),
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(registered: u64) -> Counts {
        Counts { registered: Some(registered), voters: registered / 2, ..Counts::default() }
    }

    fn class(here: [Option<u64>; 2], around: [u64; 2], stations: [usize; 2]) -> Option<Continuity> {
        let here = here.map(|registered| registered.map(counts));
        let around = around.map(counts);
        let seen =
            Seen { here: [here[0].as_ref(), here[1].as_ref()], around: [Some(&around[0]), Some(&around[1])], stations };
        seen.class().map(|(class, _)| class)
    }

    #[test]
    fn a_station_is_judged_by_its_number_and_by_its_register_beside_the_communes() {
        use Continuity::{Doubtful, Redrawn, Stable};
        for (here, around, stations, expected) in [
            ([Some(1000), Some(1100)], [10_000, 11_000], [10, 10], Some(Stable)),
            // The commune grew by a fifth, and the station with it.
            ([Some(1000), Some(1200)], [10_000, 12_000], [10, 10], Some(Stable)),
            ([Some(1000), Some(1200)], [10_000, 10_000], [10, 10], Some(Doubtful)),
            ([Some(1000), Some(1400)], [10_000, 10_000], [10, 10], Some(Redrawn)),
            ([Some(1000), Some(1000)], [10_000, 10_000], [10, 11], Some(Doubtful)),
            ([Some(1000), Some(700)], [10_000, 10_000], [10, 11], Some(Redrawn)),
            // The only station has the ground of its commune.
            ([Some(300), Some(500)], [300, 500], [1, 1], Some(Stable)),
            ([None, Some(800)], [10_000, 10_000], [10, 11], Some(Redrawn)),
            ([Some(800), None], [10_000, 10_000], [11, 10], Some(Redrawn)),
            ([Some(0), Some(800)], [10_000, 10_000], [10, 10], Some(Doubtful)),
            ([None, None], [10_000, 10_000], [10, 10], None),
        ] {
            assert_eq!(class(here, around, stations), expected, "{here:?} {around:?} {stations:?}");
        }
    }
}
