//! Results of an election: rows of counts, each with the code of its area.
//!
//! Every row obeys the law of counts (lists ≤ valid ≤ voters ≤ registered) or is a fault with its row; what an
//! official file has wrong by a few votes is kept only under `accept_discrepancy`, and named.

mod book;
mod joined;
mod layout;
mod long;
mod place;
mod read;
mod totals;
mod watch;

pub(crate) use layout::glob;
pub use layout::{By, Layout, NamedColumns};
pub use long::{widen, widen_first_generation};
pub use place::{Area, Known, PlacedRow, Placement, place};
pub use read::read;

use crate::table::{Filter, Join};
use crate::template::Template;
use serde::Serialize;
use std::ops::Range;

/// How a file of results is to be read.
#[derive(Debug, Clone)]
pub struct Options {
    /// Which columns hold what.
    pub layout: Layout,
    /// The code of a row's area.
    pub code: Template,
    /// `--fallback LEVEL=TEMPLATE`, in order: where a row goes whose code has no area.
    pub fallback: Vec<(String, Template)>,
    /// What makes a row unique; where given, rows of the same area code may be summed.
    pub row_key: Option<Template>,
    /// Which rows are kept.
    pub filter: Filter,
    /// A table that adds columns for templates, filters and counts; where both have a column, the file's own wins.
    pub join: Option<Join>,
    /// Rows of an official file may be wrong by so many votes.
    pub accept_discrepancy: u32,
    /// Raises registered to voters where the denominator is only an approximation.
    pub registered_floor: bool,
}

/// A list or candidate: the id that blocs use, and its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct List {
    /// Unique in the election; `other` holds valid votes for no named list.
    pub id: String,
    /// The name to show.
    pub label: String,
}

/// The counts of one row of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResultRow {
    /// The row, as a spreadsheet numbers it.
    pub row: u64,
    /// What `row_key` made of it.
    pub key: Option<String>,
    /// The area's code, by the template.
    pub code: String,
    /// Where it goes if there is no such area: (level, code), in order.
    pub fallback: Vec<(String, String)>,
    /// Registered voters; `None` where the file has none.
    pub registered: Option<u32>,
    /// Voters.
    pub voters: u32,
    /// Valid votes.
    pub valid: u32,
    /// Blank ballots, where the file tells them apart.
    pub blank: Option<u32>,
    /// Null ballots, where the file tells them apart.
    pub null: Option<u32>,
    /// Its entries in [`Results::votes`].
    pub votes: Range<usize>,
}

/// A file of results, whole and lawful.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Results {
    /// The lists, in the order of the file.
    pub lists: Vec<List>,
    /// The rows kept, in the order of the file.
    pub rows: Vec<ResultRow>,
    /// (list, votes) of all rows; a row has only the lists that stood there.
    pub votes: Vec<(u32, u32)>,
    /// Rows read, without the header.
    pub read: u64,
    /// Rows that the filter left out.
    pub filtered: u64,
    /// Rows without any count: no result there, not zero.
    pub empty: u64,
    /// Valid votes of the rows that the filter kept, added up from their cells as they were read.
    pub votes_in: u64,
    /// Values of the common column for which the joined table has no row.
    pub without_join: Vec<String>,
    /// Values of the common column in the joined table that no row used.
    pub unused_join: Vec<String>,
    /// What was detected, computed, raised or accepted, in sentences.
    pub said: Vec<String>,
}

impl Results {
    /// (list, votes) of one row.
    pub fn votes_of(&self, row: &ResultRow) -> &[(u32, u32)] {
        self.votes.get(row.votes.clone()).unwrap_or_default()
    }

    /// All votes of a list, by its id.
    pub fn total_of(&self, id: &str) -> Option<u64> {
        let list = self.lists.iter().position(|list| list.id == id)?;
        Some(self.votes.iter().filter(|(at, _)| *at as usize == list).map(|(_, votes)| u64::from(*votes)).sum())
    }

    /// (registered, voters, valid) of all rows.
    pub fn totals(&self) -> (u64, u64, u64) {
        self.rows.iter().fold((0, 0, 0), |(registered, voters, valid), row| {
            (
                registered + u64::from(row.registered.unwrap_or(0)),
                voters + u64::from(row.voters),
                valid + u64::from(row.valid),
            )
        })
    }
}
