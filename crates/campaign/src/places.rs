//! The campaign's areas, in row order, and the tree that they make.

use crate::error::{CampaignError, Result};
use crate::folder::Campaign;
use quartier_model::{AreaCode, Electors, LevelId, Node, Tree};
use std::collections::HashMap;

/// One area.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// The code.
    pub code: AreaCode,
    /// The name.
    pub name: String,
    /// Row of the parent in the level above; `None`: the root.
    pub parent: Option<u32>,
    /// Electors by the area file.
    pub electors: Electors,
    /// The polygon as WKB.
    pub wkb: Option<Vec<u8>>,
}

/// All areas of all levels.
#[derive(Debug)]
pub struct Places {
    /// For each level, coarse to fine, its areas by code (byte order): the row order of everything published.
    pub levels: Vec<Vec<Place>>,
    /// For each level, the resolution of the H3 cells of which it is made.
    pub h3: Vec<Option<u8>>,
    /// The ids of the levels.
    pub ids: Vec<LevelId>,
    /// The tree.
    pub tree: Tree,
    /// `level:code` of each node; `campaign` for the root.
    pub keys: Vec<String>,
    nodes: HashMap<String, Node>,
}

impl Places {
    /// Loads the areas of the evidence.
    ///
    /// # Errors
    /// When there is none, or the database does not answer.
    pub async fn load(campaign: &Campaign) -> Result<Self> {
        let mut levels: Vec<Vec<Place>> = Vec::new();
        let mut above: HashMap<AreaCode, u32> = HashMap::new();
        for level in campaign.file().levels.iter() {
            let mut records = campaign.store().areas(&level.id).await?;
            records.sort_by(|a, b| a.code.as_str().as_bytes().cmp(b.code.as_str().as_bytes()));
            let places: Vec<Place> = records
                .into_iter()
                .map(|record| Place {
                    parent: record.parent.as_ref().and_then(|parent| above.get(parent).copied()),
                    code: record.code,
                    name: record.name,
                    electors: record.electors,
                    wkb: record.wkb,
                })
                .collect();
            above = places.iter().enumerate().map(|(row, place)| (place.code.clone(), row as u32)).collect();
            levels.push(places);
        }
        if levels.iter().all(Vec::is_empty) {
            return Err(CampaignError::Invalid("no areas yet: bring some in with `quartier import areas`".into()));
        }
        let parents: Vec<Vec<Option<u32>>> =
            levels.iter().map(|level| level.iter().map(|place| place.parent).collect()).collect();
        let tree = Tree::new(&parents).map_err(|error| CampaignError::Invalid(error.to_string()))?;
        let mut keys = vec!["campaign".to_owned()];
        for (level, places) in campaign.file().levels.iter().zip(&levels) {
            keys.extend(places.iter().map(|place| key(&level.id, &place.code)));
        }
        let nodes = keys.iter().enumerate().map(|(node, key)| (key.clone(), node as Node)).collect();
        let h3 = levels.iter().map(|places| resolution_of(places)).collect();
        let ids = campaign.file().levels.iter().map(|level| level.id.clone()).collect();
        Ok(Self { levels, h3, ids, tree, keys, nodes })
    }

    /// The node that `who` names.
    ///
    /// # Errors
    /// When there is no such area; the message says who named it.
    pub(crate) fn named(&self, area: Option<&(LevelId, AreaCode)>, who: &str) -> Result<Node> {
        self.node(area).ok_or_else(|| {
            let area = area.map_or_else(String::new, |(level, code)| key(level, code));
            CampaignError::Invalid(format!("{who} names {area}, which is no area"))
        })
    }

    /// The node of an area; the root where none is named.
    pub fn node(&self, area: Option<&(LevelId, AreaCode)>) -> Option<Node> {
        match area {
            None => Some(0),
            Some((level, code)) => self.nodes.get(&key(level, code)).copied(),
        }
    }

    /// The area of a node; `None` for the root.
    pub fn place(&self, node: Node) -> Option<&Place> {
        let (level, row) = self.tree.place(node)?;
        self.levels.get(level)?.get(row)
    }
}

/// The resolution of the cells of which a level is made: all its codes are cells of one, and no area has an outline.
fn resolution_of(places: &[Place]) -> Option<u8> {
    let bare = places.iter().all(|place| place.wkb.is_none());
    if bare { resolution_of_codes(places.iter().map(|place| &place.code)) } else { None }
}

/// The resolution of which all of some codes are cells; `None` of none.
pub(crate) fn resolution_of_codes<'a>(codes: impl IntoIterator<Item = &'a AreaCode>) -> Option<u8> {
    let mut own = codes.into_iter().map(|code| cell_of(code).and_then(quartier_geometry::resolution));
    let first = own.next()??;
    own.all(|own| own == Some(first)).then_some(first)
}

/// The H3 cell that a code is; `None` of another code.
pub(crate) fn cell_of(code: &AreaCode) -> Option<u64> {
    let cell = quartier_export::cell_of(code.as_str())?;
    quartier_geometry::resolution(cell).map(|_| cell)
}

fn key(level: &LevelId, code: &AreaCode) -> String {
    format!("{level}:{code}")
}
