//! Import of a level made of H3 cells: those in which points lie, for places that have points and no polygons.

use super::{ImportFacts, named, new_import};
use crate::error::{CampaignError, Result};
use crate::folder::Campaign;
use crate::locate::Locator;
use crate::places::{Places, resolution_of_codes};
use quartier_export::HEX_RESOLUTIONS;
use quartier_ingest::areas::{check_parents, parents_refused};
use quartier_ingest::points::{PointRow, PointsRequest, read};
use quartier_ingest::{Source, grouped};
use quartier_model::{AreaCode, Electors, LevelId};
use quartier_store::{AreaRecord, ImportId, Payload};
use serde::Serialize;
use std::collections::BTreeMap;

/// What `quartier import areas --h3` is told.
#[derive(Debug, Clone)]
pub struct CellsRequest {
    /// The level that the cells make.
    pub level: LevelId,
    /// Their resolution.
    pub resolution: u8,
    /// The points.
    pub points: PointsRequest,
}

/// The account of an import of cells. Every row read is in exactly one of `filtered` and `used`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CellsAccount {
    /// Rows of the file.
    pub read: u64,
    /// Rows left out by `--where`.
    pub filtered: u64,
    /// Rows kept.
    pub used: u64,
    /// Cells that they lie in.
    pub cells: u64,
    /// Electors of the rows kept; `null` where no column was named.
    pub electors: Option<u64>,
    /// Cells whose points lie in several areas of the coarser level: they belong to the one that holds most electors.
    pub straddling: u64,
    /// Rows in no area of the coarser level; a cell that has no others belongs to the campaign alone.
    pub outside: Vec<u64>,
    /// What was detected or guessed.
    pub said: Vec<String>,
}

/// The points of one cell.
#[derive(Debug, Default)]
struct Held {
    electors: Option<u64>,
    /// By code of the parent: electors, then points.
    parents: BTreeMap<AreaCode, (u64, u64)>,
}

impl Held {
    /// The area that holds most of its electors, then of its points; the first by code of equals.
    fn parent(&self) -> Option<&AreaCode> {
        self.parents.iter().rev().max_by_key(|(_, weight)| **weight).map(|(code, _)| code)
    }
}

/// Imports the cells in which points lie as the areas of a level.
///
/// # Errors
/// When a row is refused, the level holds areas that are no such cells, or it is not known in which areas of the
/// coarser level the cells lie; nothing is then imported.
pub async fn import_cells(
    campaign: &Campaign,
    request: &CellsRequest,
    facts: &ImportFacts,
) -> Result<(ImportId, CellsAccount)> {
    let position = campaign.file().levels.position(request.level.as_str())?;
    check_level(campaign, request, facts).await?;
    let source = Source::open(&request.points.path)?;
    let (file, sha256, bytes) = named(std::slice::from_ref(&source));
    let found = read(source, &request.points)?;
    let above = position.checked_sub(1);
    let parents = match above {
        Some(above) => Parents::of(campaign, above, request, &file, &found.rows).await?,
        None if request.points.parent.is_some() => {
            let id = &request.level;
            return Err(CampaignError::Invalid(format!(
                "--parent: `{id}` is the coarsest level and has no level above it"
            )));
        }
        None => Parents::None,
    };
    let mut account = CellsAccount {
        read: found.read,
        filtered: found.filtered,
        used: found.rows.len() as u64,
        said: found.said,
        electors: request.points.electors.as_ref().map(|_| 0),
        ..CellsAccount::default()
    };
    let mut cells: BTreeMap<u64, Held> = BTreeMap::new();
    for row in &found.rows {
        let Some(cell) = quartier_geometry::cell_at(row.at, request.resolution) else { continue };
        let held = cells.entry(cell).or_default();
        let electors = row.electors.map(u64::from);
        held.electors = held.electors.map_or(electors, |sum| Some(sum + electors.unwrap_or(0)));
        account.electors = account.electors.map(|sum| sum + electors.unwrap_or(0));
        match parents.over(row, cell)? {
            Some(code) => {
                let weight = held.parents.entry(code).or_default();
                *weight = (weight.0 + electors.unwrap_or(0), weight.1 + 1);
            }
            None if above.is_some() => account.outside.push(row.row),
            None => {}
        }
    }
    account.cells = cells.len() as u64;
    account.straddling = cells.values().filter(|held| held.parents.len() > 1).count() as u64;
    let records = cells.iter().map(|(cell, held)| parents.record(*cell, held)).collect::<Result<Vec<_>>>()?;
    let mut import = new_import(&file, sha256, bytes, facts, &account);
    import.arguments["h3"] = request.resolution.into();
    let levels = campaign.file().levels.as_slice();
    let parent_level = above.map(|above| levels[above].id.clone());
    let payload = Payload::Areas { level: request.level.clone(), parent_level, areas: records, aliases: Vec::new() };
    Ok((campaign.store().import(import, payload).await?, account))
}

/// A level is made of cells of one resolution or of polygons, never of both.
async fn check_level(campaign: &Campaign, request: &CellsRequest, facts: &ImportFacts) -> Result<()> {
    let CellsRequest { level, resolution, .. } = request;
    if !HEX_RESOLUTIONS.contains(resolution) {
        let (from, to) = (HEX_RESOLUTIONS.start(), HEX_RESOLUTIONS.end());
        return Err(CampaignError::Invalid(format!(
            "--h3: found {resolution}, expected a resolution from {from} to {to}"
        )));
    }
    let there = campaign.store().area_codes(level).await?;
    let same = resolution_of_codes(there.iter().map(|(code, _)| code)) == Some(*resolution);
    if there.is_empty() || same || facts.replaces.is_some() {
        return Ok(());
    }
    Err(CampaignError::Invalid(format!(
        "--h3: level `{level}` has {} areas that are no H3 cells of resolution {resolution}; take their import back with \
         `quartier undo`, or name another level",
        grouped(there.len() as u64)
    )))
}

/// How the area above a cell is found.
enum Parents {
    /// There is no level above.
    None,
    /// By the code that each row gives; names by code.
    Codes(BTreeMap<String, String>),
    /// By the outlines, or the larger cells, of the level above.
    Ground { locator: Box<Locator>, places: Box<Places>, above: usize },
}

impl Parents {
    async fn of(
        campaign: &Campaign,
        above: usize,
        request: &CellsRequest,
        file: &str,
        rows: &[PointRow],
    ) -> Result<Self> {
        let id = &campaign.file().levels.as_slice()[above].id;
        let known: BTreeMap<String, String> =
            campaign.store().area_codes(id).await?.into_iter().map(|(code, name)| (code.into(), name)).collect();
        if request.points.parent.is_some() {
            let named = rows.iter().filter_map(|row| Some((row.row, row.parent.as_deref()?)));
            let faults = check_parents(named, &known, "--parent");
            if !faults.is_empty() {
                return Err(parents_refused(file, id.as_str(), faults, &known).into());
            }
            return Ok(Self::Codes(known));
        }
        let unknown = |why: &str| {
            Err(CampaignError::Invalid(format!(
                "in which areas of level `{id}` the cells lie is not known: {why}; import them first, or name each row's \
                 by `--parent`"
            )))
        };
        if known.is_empty() {
            return unknown("it has no areas yet");
        }
        let places = Places::load(campaign).await?;
        if places.h3[above].is_none() && places.levels[above].iter().all(|place| place.wkb.is_none()) {
            return unknown("they have no polygons");
        }
        let locator = Locator::new(&places.levels[above], places.h3[above])?;
        Ok(Self::Ground { locator: Box::new(locator), places: Box::new(places), above })
    }

    /// The code of the area in which a row of a cell lies.
    fn over(&self, row: &PointRow, cell: u64) -> Result<Option<AreaCode>> {
        match self {
            Self::None => Ok(None),
            Self::Codes(_) => Ok(row.parent.as_deref().map(str::parse).transpose()?),
            Self::Ground { locator, places, above } => {
                // Cells nest by index: the middle of a cell is inside its parent.
                let [lon, lat] = places.h3[*above].and_then(|_| quartier_geometry::centre(cell)).unwrap_or(row.at);
                Ok(locator.row(lon, lat).map(|row| places.levels[*above][row].code.clone()))
            }
        }
    }

    fn name_of(&self, code: &AreaCode) -> Option<String> {
        match self {
            Self::None => None,
            Self::Codes(names) => names.get(code.as_str()).cloned(),
            Self::Ground { places, above, .. } => {
                let at = places.levels[*above].binary_search_by(|place| place.code.as_str().cmp(code.as_str())).ok()?;
                Some(places.levels[*above][at].name.clone())
            }
        }
    }

    /// A cell as an area, named after the one it lies in.
    fn record(&self, cell: u64, held: &Held) -> Result<AreaRecord> {
        let code: AreaCode = format!("{cell:x}").parse()?;
        let parent = held.parent().cloned();
        let name = parent.as_ref().and_then(|parent| self.name_of(parent)).unwrap_or_else(|| code.to_string());
        let electors = match held.electors {
            None => Electors::Unknown,
            Some(sum) => Electors::Known(u32::try_from(sum).ok().filter(|sum| *sum < u32::MAX).ok_or_else(|| {
                CampaignError::Invalid(format!("cell {code}: {} electors are more than a cell can hold", grouped(sum)))
            })?),
        };
        Ok(AreaRecord { code, name, parent, electors, wkb: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_belongs_to_the_area_that_holds_most_of_its_electors_then_most_of_its_points() {
        let code = |code: &str| code.parse::<AreaCode>().expect("a code");
        let held = |parents: &[(&str, u64, u64)]| Held {
            electors: None,
            parents: parents.iter().map(|(own, electors, points)| (code(own), (*electors, *points))).collect(),
        };
        assert_eq!(held(&[("a", 10, 5), ("b", 11, 1)]).parent(), Some(&code("b")));
        assert_eq!(held(&[("a", 0, 1), ("b", 0, 2)]).parent(), Some(&code("b")));
        assert_eq!(held(&[("b", 3, 1), ("a", 3, 1)]).parent(), Some(&code("a")));
        assert_eq!(held(&[]).parent(), None);
    }
}
