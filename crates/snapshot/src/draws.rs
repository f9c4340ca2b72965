//! The draws: coherent samples of the posterior of every leaf.

use crate::error::{Result, SnapshotError};
use crate::map::SharedBytes;
use crate::table::{Place, Table, TableFault, TableWriter};
use quartier_model::{DRAW_ONE, Draw};
use std::path::Path;

/// Draws to be published.
#[derive(Debug, Clone)]
pub struct DrawsContent<'a> {
    /// (position of the level, row) of each leaf, in node order: ascending.
    pub leaves: &'a [(u8, u32)],
    /// Electors of each leaf; [`crate::UNKNOWN_ELECTORS`] where unknown.
    pub electors: &'a [u32],
    /// How many draws a leaf has.
    pub draws: usize,
    /// Leaf-major: `values[leaf * draws + draw]`.
    pub values: &'a [Draw],
}

pub(crate) fn draws_table<'a>(content: &DrawsContent<'a>) -> Result<TableWriter<'a>> {
    let DrawsContent { leaves, electors, draws, values } = *content;
    if electors.len() != leaves.len() || leaves.len().checked_mul(draws) != Some(values.len()) {
        let why =
            format!("{} leaves, {} electors, {draws} draws, {} values", leaves.len(), electors.len(), values.len());
        return Err(SnapshotError::Unpublishable(why));
    }
    if !leaves.is_sorted_by(|a, b| a < b) {
        return Err(SnapshotError::Unpublishable("the leaves of the draws are not in node order".to_owned()));
    }
    let mut table = TableWriter::new("draws", leaves.len()).with("draws", draws);
    table.column_with("leaf_row", "value", leaves.len(), |at| leaves[at].1);
    table.column_with("leaf_level", "value", leaves.len(), |at| leaves[at].0);
    table.column("electors", "value", electors);
    table.column_with("abstainers", "draw", values.len(), |at| values[at].abstainers);
    table.column_with("undecided", "draw", values.len(), |at| values[at].undecided);
    table.column_with("favourable", "draw", values.len(), |at| values[at].favourable);
    Ok(table)
}

/// Draws, read in place.
#[derive(Debug, Clone)]
pub struct Draws {
    table: Table,
    draws: usize,
    electors: Place<u32>,
    groups: [Place<u16>; 3],
    leaves: Vec<(u8, u32)>,
}

impl Draws {
    pub(crate) fn open(bytes: SharedBytes, path: &Path) -> Result<Self> {
        Self::new(bytes).map_err(|fault| SnapshotError::damaged(path, fault.to_string()))
    }

    fn new(bytes: SharedBytes) -> std::result::Result<Self, TableFault> {
        let table = Table::new(bytes)?;
        let draws = table.header().more.get("draws").and_then(serde_json::Value::as_u64);
        let draws =
            draws.and_then(|draws| usize::try_from(draws).ok()).ok_or(TableFault("no number of draws".into()))?;
        let levels = table.column::<u8>("leaf_level", "value")?;
        let rows = table.column::<u32>("leaf_row", "value")?;
        let electors = table.place::<u32>("electors", "value")?;
        let groups =
            [table.place("abstainers", "draw")?, table.place("undecided", "draw")?, table.place("favourable", "draw")?];
        let leaves: Vec<(u8, u32)> = levels.iter().zip(rows.iter()).collect();
        let whole = [levels.len(), rows.len(), electors.len()] == [table.rows(); 3]
            && groups.iter().all(|place| Some(place.len()) == table.rows().checked_mul(draws))
            && leaves.is_sorted_by(|a, b| a < b);
        if !whole {
            return Err(TableFault("its columns do not have leaves × draws elements, leaves ascending".into()));
        }
        let own = Self { table, draws, electors, groups, leaves };
        if !own.every_draw_is_lawful() {
            return Err(TableFault("a draw whose parts add to more than one".into()));
        }
        Ok(own)
    }

    /// Whether the three parts of every draw leave the fourth at least 0.
    fn every_draw_is_lawful(&self) -> bool {
        let [abstainers, undecided, favourable] = self.groups.map(|place| self.table.column_at(place));
        let mut parts = abstainers.iter().zip(undecided.iter()).zip(favourable.iter());
        parts.all(|((a, u), f)| u32::from(a) + u32::from(u) + u32::from(f) <= u32::from(DRAW_ONE))
    }

    /// Number of leaves.
    pub fn len(&self) -> usize {
        self.leaves.len()
    }

    /// Whether there is no leaf.
    pub fn is_empty(&self) -> bool {
        self.leaves.is_empty()
    }

    /// Draws a leaf.
    pub fn draws(&self) -> usize {
        self.draws
    }

    /// (position of the level, row) of each leaf, ascending.
    pub fn leaves(&self) -> &[(u8, u32)] {
        &self.leaves
    }

    /// The position of a leaf among the leaves.
    pub fn leaf(&self, level: usize, row: u32) -> Option<usize> {
        self.leaves.binary_search(&(u8::try_from(level).ok()?, row)).ok()
    }

    /// Electors of a leaf; [`crate::UNKNOWN_ELECTORS`] where unknown.
    pub fn electors(&self, leaf: usize) -> Option<u32> {
        self.table.column_at(self.electors).get(leaf)
    }

    /// The draws of a leaf, in order; none beyond the end.
    pub fn of(&self, leaf: usize) -> impl ExactSizeIterator<Item = Draw> + '_ {
        let start = leaf.saturating_mul(self.draws);
        let rows = start..start.saturating_add(self.draws);
        let [abstainers, undecided, favourable] =
            self.groups.map(|place| self.table.column_at(place).range(rows.clone()));
        abstainers
            .iter()
            .zip(undecided.iter())
            .zip(favourable.iter())
            .map(|((abstainers, undecided), favourable)| Draw { abstainers, undecided, favourable })
    }

    /// One draw of one leaf.
    pub fn get(&self, leaf: usize, draw: usize) -> Option<Draw> {
        if draw >= self.draws {
            return None;
        }
        let at = leaf.checked_mul(self.draws)?.checked_add(draw)?;
        let [abstainers, undecided, favourable] = self.groups.map(|place| self.table.column_at(place).get(at));
        Some(Draw { abstainers: abstainers?, undecided: undecided?, favourable: favourable? })
    }
}
