//! The pieces of a geography: its electors, each in one finest area and one H3 cell, and which areas are pooled.

use crate::error::{Result, SnapshotError};
use crate::map::SharedBytes;
use crate::table::{Place, Table, TableFault, TableWriter};
use std::path::Path;

/// Pieces to be published. Leaves are those of the tree, in node order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PiecesContent {
    /// By leaf, then cell: the leaf, the H3 index, and electors.
    pub pieces: Vec<(u32, u64, u32)>,
    /// Per leaf, electors in no cell.
    pub elsewhere: Vec<u32>,
    /// Per leaf, the first leaf with which it shows one joint estimate: itself where it stands alone.
    pub groups: Vec<u32>,
    /// Electors that an area or hexagon needs to stand alone.
    pub least: u32,
}

impl PiecesContent {
    pub(crate) fn check(&self, leaves: usize) -> Result<()> {
        let refuse = |why: &str| Err(SnapshotError::Unpublishable(format!("pieces: {why}")));
        if self.elsewhere.len() != leaves || self.groups.len() != leaves {
            return refuse("not one number a leaf");
        }
        if !self.pieces.is_sorted_by(|a, b| (a.0, a.1) < (b.0, b.1)) || !lawful_groups(&self.groups) {
            return refuse("out of order, or a group that its own first leaf is not in");
        }
        if self.pieces.iter().any(|(leaf, _, electors)| *leaf as usize >= leaves || *electors == 0) {
            return refuse("a piece of no leaf, or without electors");
        }
        Ok(())
    }

    pub(crate) fn put(&self, put: &mut impl FnMut(&[u8])) {
        put(&self.least.to_le_bytes());
        for (leaf, cell, electors) in &self.pieces {
            put(&leaf.to_le_bytes());
            put(&cell.to_le_bytes());
            put(&electors.to_le_bytes());
        }
        self.elsewhere.iter().chain(&self.groups).for_each(|number| put(&number.to_le_bytes()));
    }

    pub(crate) fn table(&self) -> TableWriter<'_> {
        let count = self.pieces.len();
        let mut table = TableWriter::new("pieces", self.elsewhere.len()).with("least", self.least);
        table.column("elsewhere", "value", &self.elsewhere);
        table.column("group", "value", &self.groups);
        table.column_with("leaf", "piece", count, |at| self.pieces[at].0);
        // The column container has no numbers of 8 bytes.
        table.column_with("cell_high", "piece", count, |at| (self.pieces[at].1 >> 32) as u32);
        table.column_with("cell_low", "piece", count, |at| self.pieces[at].1 as u32);
        table.column_with("electors", "piece", count, |at| self.pieces[at].2);
        table
    }
}

/// Whether each leaf names a leaf before it, or itself, that names itself.
fn lawful_groups(groups: &[u32]) -> bool {
    let first = |group: u32| groups.get(group as usize) == Some(&group);
    groups.iter().enumerate().all(|(leaf, group)| *group as usize <= leaf && first(*group))
}

/// The pieces of a published geography, read in place.
#[derive(Debug, Clone)]
pub struct Pieces {
    table: Table,
    least: u32,
    leaf: Place<u32>,
    high: Place<u32>,
    low: Place<u32>,
    electors: Place<u32>,
    elsewhere: Place<u32>,
    groups: Place<u32>,
}

impl Pieces {
    pub(crate) fn open(bytes: SharedBytes, path: &Path, leaves: usize) -> Result<Self> {
        Self::new(bytes, leaves).map_err(|fault| SnapshotError::damaged(path, fault.to_string()))
    }

    fn new(bytes: SharedBytes, leaves: usize) -> std::result::Result<Self, TableFault> {
        let table = Table::new(bytes)?;
        let least = table.header().more.get("least").and_then(serde_json::Value::as_u64);
        let own = Self {
            least: least.and_then(|least| least.try_into().ok()).ok_or(TableFault("no least number".into()))?,
            leaf: table.place("leaf", "piece")?,
            high: table.place("cell_high", "piece")?,
            low: table.place("cell_low", "piece")?,
            electors: table.place("electors", "piece")?,
            elsewhere: table.place("elsewhere", "value")?,
            groups: table.place("group", "value")?,
            table,
        };
        let whole = [own.elsewhere.len(), own.groups.len(), own.table.rows()] == [leaves; 3]
            && [own.high.len(), own.low.len(), own.electors.len()] == [own.leaf.len(); 3]
            && own.iter().all(|(leaf, ..)| (leaf as usize) < leaves)
            && lawful_groups(&own.groups());
        if whole { Ok(own) } else { Err(TableFault(format!("its columns are not those of {leaves} leaves"))) }
    }

    /// Number of pieces.
    pub fn len(&self) -> usize {
        self.leaf.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.leaf.is_empty()
    }

    /// Leaf (position among the leaves), H3 index and electors of each, by leaf, then cell.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (u32, u64, u32)> + '_ {
        let column = |place| self.table.column_at::<u32>(place).iter();
        let cells = column(self.high).zip(column(self.low)).map(|(high, low)| u64::from(high) << 32 | u64::from(low));
        column(self.leaf).zip(cells).zip(column(self.electors)).map(|((leaf, cell), electors)| (leaf, cell, electors))
    }

    /// Electors of a leaf in no cell; 0 beyond the end.
    pub fn elsewhere(&self, leaf: usize) -> u32 {
        self.table.column_at(self.elsewhere).get(leaf).unwrap_or(0)
    }

    /// Per leaf, the first of those with which it shows one joint estimate.
    pub fn groups(&self) -> Vec<u32> {
        self.table.column_at(self.groups).to_vec()
    }

    /// Electors that an area or hexagon needs to stand alone.
    pub fn least(&self) -> u32 {
        self.least
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content() -> PiecesContent {
        PiecesContent {
            pieces: vec![(0, 0x08a1_fb46_6228_7fff, 7), (0, 0x08a1_fb46_6228_ffff, 1), (2, 0x08a1_fb46_6228_7fff, 40)],
            elsewhere: vec![0, 9, 0],
            groups: vec![0, 0, 2],
            least: 50,
        }
    }

    #[test]
    fn pieces_come_back_as_they_went_in() {
        let content = content();
        content.check(3).expect("lawful");
        let pieces = Pieces::new(SharedBytes::from(content.table().to_bytes()), 3).expect("whole");
        assert_eq!(pieces.iter().collect::<Vec<_>>(), content.pieces);
        assert_eq!((0..4).map(|leaf| pieces.elsewhere(leaf)).collect::<Vec<_>>(), [0, 9, 0, 0]);
        assert_eq!((pieces.groups(), pieces.least(), pieces.len()), (vec![0, 0, 2], 50, 3));
        assert!(Pieces::new(SharedBytes::from(content.table().to_bytes()), 4).is_err());
    }

    #[test]
    fn what_breaks_their_law_is_refused() {
        let broken = |change: fn(&mut PiecesContent)| {
            let mut content = content();
            change(&mut content);
            content.check(3).is_err()
        };
        assert!(broken(|own| own.pieces.swap(0, 1)));
        assert!(broken(|own| own.pieces[2].0 = 3));
        assert!(broken(|own| own.pieces[2].2 = 0));
        assert!(broken(|own| own.groups[2] = 1));
        assert!(broken(|own| own.groups = vec![1, 1, 2]));
        assert!(content().check(2).is_err());
    }
}
