//! Columns of another table in front of those of a file of results.

use crate::table::{Join, Row, Table};
use std::collections::BTreeSet;

/// A joined table tied to one file: its columns stand first, without those that the file has itself.
///
/// They stand first because a ministry file repeats its last columns to the end of the row.
#[derive(Debug)]
pub(super) struct Joined<'a> {
    join: &'a Join,
    /// Which of the join's columns are added.
    columns: Vec<usize>,
    used: BTreeSet<String>,
    without: BTreeSet<String>,
    row: Row,
}

impl<'a> Joined<'a> {
    pub(super) fn new(join: &'a Join, table: &Table) -> Self {
        let is_new = |at: &usize| table.position(&join.columns[*at]).is_none();
        let columns = (0..join.columns.len()).filter(is_new).collect();
        Self { join, columns, used: BTreeSet::new(), without: BTreeSet::new(), row: Row::default() }
    }

    /// How many columns stand before those of the file.
    pub(super) fn width(&self) -> usize {
        self.columns.len()
    }

    /// The names of the columns added, then those of the file.
    pub(super) fn header(&self, table: &Table) -> Vec<String> {
        let added = self.columns.iter().map(|at| self.join.columns[*at].clone());
        added.chain(table.header.iter().cloned()).collect()
    }

    /// The row with what is added to it, and whether the table has a row for `key`.
    pub(super) fn widen(&mut self, row: &Row, key: &str) -> (&Row, bool) {
        let found = self.join.row(key);
        self.row.number = row.number;
        self.row.cells.clear();
        for at in &self.columns {
            self.row.cells.push_field(found.map_or("", |cells| cells[*at].as_str()).as_bytes());
        }
        self.row.cells.extend(&row.cells);
        (&self.row, found.is_some())
    }

    /// Remembers that a row was used that has, or has not, a row in the table.
    pub(super) fn note(&mut self, key: &str, found: bool) {
        let keys = if found { &mut self.used } else { &mut self.without };
        if !keys.contains(key) {
            keys.insert(key.to_owned());
        }
    }

    /// Values of the common column: those without a row in the table, and those of the table that no row uses.
    pub(super) fn unmatched(self) -> (Vec<String>, Vec<String>) {
        let unused = self.join.keys().filter(|key| !self.used.contains(*key)).map(str::to_owned).collect();
        (self.without.into_iter().collect(), unused)
    }
}
