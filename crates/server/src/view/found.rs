//! Areas found by a search.

use super::{Step, path_of};
use quartier_snapshot::Geography;
use serde::Serialize;
use utoipa::ToSchema;

/// A page of what was found.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FoundView {
    /// By level coarse to fine, then most electors first.
    pub areas: Vec<FoundArea>,
    /// Give it back as `cursor` for the next page; `null` on the last.
    pub next_cursor: Option<String>,
}

/// An area that was found.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FoundArea {
    /// Its level.
    pub level: String,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Code of its parent in the next coarser level; `null`: the campaign.
    pub parent: Option<String>,
    /// Its ancestors, coarse to fine.
    pub path: Vec<Step>,
    /// Electors; `null`: unknown.
    pub electors: Option<u32>,
    /// West, south, east, north.
    pub bbox: Option<[f64; 4]>,
    /// Longitude, latitude of a point inside.
    pub point: Option<[f64; 2]>,
}

impl FoundArea {
    /// The area of a row; `None` beyond the end.
    pub fn of(geography: &Geography, (at, row): (usize, usize)) -> Option<Self> {
        let level = geography.at(at)?;
        let parent = geography.above(at).and_then(|above| above.code(level.parent(row)? as usize));
        Some(Self {
            level: level.level.id.to_string(),
            code: level.code(row)?.to_owned(),
            name: level.name(row)?.to_owned(),
            parent: parent.map(ToOwned::to_owned),
            path: path_of(geography, at, row),
            electors: level.electors(row).known(),
            bbox: level.bounds(row),
            point: level.point(row),
        })
    }
}
