//! The groupings of a geography: areas like those of a level, and which electors are theirs.

use crate::error::{Result, SnapshotError};
use crate::geography::{GeographyLevel, LevelContent, LevelManifest};
use crate::map::SharedBytes;
use crate::table::{Table, TableFault, TableWriter};
use quartier_model::{GroupingMethod, Membership, Part};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// No area of the grouping.
const NONE: u32 = u32::MAX;

/// A grouping to be published. Leaves are those of the tree, in node order.
#[derive(Debug, Clone)]
pub struct GroupingContent {
    /// Its areas; none has a parent.
    pub areas: LevelContent,
    /// Which electors are theirs.
    pub membership: Membership,
    /// Pieces of the leaves that are cut, by their position among all: the area that has each; ascending.
    pub pieces: Vec<(u32, Option<u32>)>,
    /// Per area, electors by which its number may be off, 9 times in 10; 0 where no leaf of it is cut.
    pub errors: Vec<f32>,
    /// What is said of it.
    pub facts: GroupingFacts,
}

/// How the areas of a grouping come from the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupingFacts {
    /// Whether finest areas are cut.
    pub method: GroupingMethod,
    /// The level of its members; `None` where its areas are polygons.
    pub members: Option<String>,
    /// Finest areas that are cut.
    pub cut_areas: usize,
    /// Electors in them.
    pub cut_electors: u64,
    /// Electors in no area of it.
    pub unplaced_electors: u64,
}

/// A grouping in `geography.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupingManifest {
    /// Its areas, as those of a level.
    #[serde(flatten)]
    pub areas: LevelManifest,
    /// How they come from the tree.
    #[serde(flatten)]
    pub facts: GroupingFacts,
}

/// A grouping of a published geography.
#[derive(Debug)]
pub struct Grouping {
    /// Its areas.
    pub areas: GeographyLevel,
    /// How they come from the tree.
    pub facts: GroupingFacts,
    /// Which electors are theirs.
    pub membership: Membership,
    /// As [`GroupingContent::pieces`].
    pub pieces: Vec<(u32, Option<u32>)>,
    /// As [`GroupingContent::errors`].
    pub errors: Vec<f32>,
}

impl Grouping {
    /// The area that has a piece of a leaf that is cut, by the position of the piece among all.
    pub fn area_of_piece(&self, piece: u32) -> Option<u32> {
        let at = self.pieces.binary_search_by_key(&piece, |(piece, _)| *piece).ok()?;
        self.pieces[at].1
    }
}

/// The file of a grouping beside those of its areas.
pub(crate) fn file_of(id: &str) -> String {
    format!("grouping-{id}.qvt")
}

fn number(area: Option<u32>) -> u32 {
    area.unwrap_or(NONE)
}

fn area(number: u32) -> Option<u32> {
    (number != NONE).then_some(number)
}

impl GroupingContent {
    pub(crate) fn check(&self, leaves: usize) -> Result<()> {
        let rows = self.areas.codes.len();
        let id = &self.areas.level.id;
        match law(&self.membership, &self.pieces, &self.errors, leaves, rows) {
            _ if self.areas.parents.iter().any(Option::is_some) => {
                Err(SnapshotError::Unpublishable(format!("grouping {id}: an area has a parent")))
            }
            Some(why) => Err(SnapshotError::Unpublishable(format!("grouping {id}: {why}"))),
            None => Ok(()),
        }
    }

    pub(crate) fn put(&self, put: &mut impl FnMut(&[u8])) {
        put(format!("{:?}", self.facts).as_bytes());
        self.membership.homes().iter().for_each(|home| put(&number(*home).to_le_bytes()));
        for (leaf, parts) in self.membership.cut() {
            put(format!("{leaf} {parts:?}").as_bytes());
        }
        put(format!("{:?} {:?}", self.pieces, self.errors).as_bytes());
    }

    pub(crate) fn table(&self) -> TableWriter<'_> {
        let homes = self.membership.homes();
        let parts: Vec<(u32, Part)> =
            self.membership.cut().iter().flat_map(|(leaf, parts)| parts.iter().map(|part| (*leaf, *part))).collect();
        let (count, pieces) = (parts.len(), self.pieces.len());
        let mut table = TableWriter::new("grouping", homes.len()).with("level", self.areas.level.id.as_str());
        table.column_with("home", "value", homes.len(), |leaf| number(homes[leaf]));
        let columns = parts.clone();
        table.column_with("leaf", "part", count, move |at| columns[at].0);
        let columns = parts.clone();
        table.column_with("area", "part", count, move |at| number(columns[at].1.0));
        table.column_with("electors", "part", count, move |at| parts[at].1.1);
        table.column_with("piece", "piece", pieces, |at| self.pieces[at].0);
        table.column_with("area", "piece", pieces, |at| number(self.pieces[at].1));
        table.column("error", "area", &self.errors);
        table
    }
}

/// What breaks the law of a grouping; `None`: nothing does.
fn law(
    membership: &Membership,
    pieces: &[(u32, Option<u32>)],
    errors: &[f32],
    leaves: usize,
    rows: usize,
) -> Option<&'static str> {
    let parts = membership.cut().values().flatten().map(|(area, _)| area);
    let mut areas = membership.homes().iter().chain(parts).chain(pieces.iter().map(|(_, area)| area)).flatten();
    if membership.homes().len() != leaves || errors.len() != rows {
        return Some("not one home a leaf, or not one error an area");
    }
    if areas.any(|area| *area as usize >= rows) {
        return Some("a leaf, a part or a piece of no area");
    }
    (!pieces.is_sorted_by(|a, b| a.0 < b.0)).then_some("pieces out of order")
}

/// Reads the file of a grouping.
pub(crate) fn open(
    bytes: SharedBytes,
    path: &Path,
    (areas, facts): (GeographyLevel, GroupingFacts),
    leaves: usize,
) -> Result<Grouping> {
    read(bytes, (areas, facts), leaves).map_err(|fault| SnapshotError::damaged(path, fault.to_string()))
}

fn read(
    bytes: SharedBytes,
    (areas, facts): (GeographyLevel, GroupingFacts),
    leaves: usize,
) -> std::result::Result<Grouping, TableFault> {
    let table = Table::new(bytes)?;
    let column = |name: &str, field: &str| Ok::<_, TableFault>(table.column::<u32>(name, field)?.to_vec());
    let homes = column("home", "value")?.into_iter().map(area).collect();
    let mut cut: BTreeMap<u32, Vec<Part>> = BTreeMap::new();
    let parts = column("area", "part")?.into_iter().map(area).zip(column("electors", "part")?);
    for (leaf, part) in column("leaf", "part")?.into_iter().zip(parts) {
        cut.entry(leaf).or_default().push(part);
    }
    let membership = Membership::new(homes, cut).map_err(|error| TableFault(error.to_string()))?;
    let pieces: Vec<(u32, Option<u32>)> =
        column("piece", "piece")?.into_iter().zip(column("area", "piece")?.into_iter().map(area)).collect();
    let errors = table.column::<f32>("error", "area")?.to_vec();
    match law(&membership, &pieces, &errors, leaves, areas.rows()) {
        Some(why) => Err(TableFault(why.to_owned())),
        None => Ok(Grouping { areas, facts, membership, pieces, errors }),
    }
}
