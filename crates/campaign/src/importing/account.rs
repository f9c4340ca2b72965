//! The account at the end of an import, and the law that it must balance.

use crate::error::{CampaignError, Result};
use quartier_ingest::results::{Known, Placement, Results};
use quartier_store::ResultRow;
use serde::Serialize;
use std::collections::HashSet;

/// The account at the end of an import: nothing of a file is dropped silently.
///
/// Every row read is in exactly one of `filtered`, `empty`, `used`, `attached`, `unplaced` and `refused`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Account {
    /// Rows read, without the header.
    pub read: u64,
    /// Rows that a filter left out.
    pub filtered: u64,
    /// Rows without any count: no result there, not zero.
    pub empty: u64,
    /// Rows that count in an area of their own.
    pub used: u64,
    /// Rows attached to an ancestor: row, code, where.
    pub attached: Vec<(u64, String, String)>,
    /// Rows that belong to no area, counted at the root: row, code.
    pub unplaced: Vec<(u64, String)>,
    /// Rows refused; a file with such rows is not imported at all.
    pub refused: u64,
    /// Valid votes of the rows as they were read, and of what is stored.
    pub votes: Option<(u64, u64)>,
    /// Rows that an alias sent to another code: row, code of the file, where.
    pub aliased: Vec<(u64, String, String)>,
    /// Areas of the level without a row.
    pub no_result: Vec<String>,
    /// Rows of covariates whose code is no area: row, code. They are left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub no_area: Vec<(u64, String)>,
    /// Areas without a number of a covariate, with the column: estimates take the mean of their siblings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub no_number: Vec<String>,
    /// Values of the common column for which the joined table has no row.
    pub without_join: Vec<String>,
    /// Values of the common column in the joined table that no row used.
    pub unused_join: Vec<String>,
    /// What was detected, computed, raised or accepted.
    pub said: Vec<String>,
}

impl Account {
    /// The account of results: what was read, where it was placed, and the rows to be stored.
    pub(super) fn of_results(
        read: &Results,
        placement: &Placement,
        rows: &[ResultRow],
        known: &Known,
        level: &str,
    ) -> Self {
        let seen: HashSet<&str> =
            rows.iter().filter(|row| row.placed).filter_map(|row| Some(row.area.as_ref()?.1.as_str())).collect();
        let codes = known.levels.get(level).into_iter().flat_map(|codes| codes.keys());
        let mut no_result: Vec<String> = codes.filter(|code| !seen.contains(code.as_str())).cloned().collect();
        no_result.sort();
        let attached = placement.attached.iter();
        Self {
            read: read.read,
            filtered: read.filtered,
            empty: read.empty,
            used: placement.found,
            attached: attached.map(|(row, code, level, to)| (*row, code.clone(), format!("{level}:{to}"))).collect(),
            unplaced: placement.unplaced.clone(),
            refused: read.read.saturating_sub(read.filtered + read.empty + read.rows.len() as u64),
            votes: Some((read.votes_in, rows.iter().map(|row| row.counts.valid).sum())),
            aliased: Vec::new(),
            no_result,
            no_area: Vec::new(),
            no_number: Vec::new(),
            without_join: read.without_join.clone(),
            unused_join: read.unused_join.clone(),
            said: read.said.clone(),
        }
    }

    /// Refuses an import that lost something between the file and the store.
    ///
    /// # Errors
    /// Where rows read are not all accounted for, or the votes of the cells are not those that would be stored. No
    /// file can cause it: it would be a defect of this program.
    pub(super) fn balance(&self, file: &str) -> Result<()> {
        let placed = self.used + (self.attached.len() + self.unplaced.len()) as u64;
        let rows = self.filtered + self.empty + placed + self.refused;
        let defect = |what: String| {
            CampaignError::Invalid(format!("{file}: {what}; nothing imported. This is a defect of quartier: report it"))
        };
        if rows != self.read || self.refused > 0 {
            return Err(defect(format!("{} rows were read, {} are accounted for", self.read, rows - self.refused)));
        }
        match self.votes {
            Some((read, kept)) if read != kept => {
                Err(defect(format!("{read} valid votes were read, {kept} would be kept")))
            }
            _ => Ok(()),
        }
    }
}
