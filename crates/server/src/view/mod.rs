//! The bodies of answers: one file a resource. A view turns what is published into what is sent, and nothing else.

pub mod area;
pub mod campaign;
pub mod compare;
pub mod downloads;
pub mod election;
pub mod estimates;
pub mod evaluations;
pub mod found;
pub mod goal;
pub mod goal_hexes;
pub mod past;
pub mod priorities;
pub mod rank;
pub mod shown;
pub mod snapshots;
pub mod tilejson;
pub mod within;

use quartier_export::Unplaced;
use quartier_model::{Counts, Election, Label, Thousandths, TransferError};
use quartier_snapshot::{Geography, Of};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A text in the two languages of the interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Words {
    /// French.
    pub fr: String,
    /// English.
    pub en: String,
}

impl Words {
    /// The same text in both.
    pub fn same(text: &str) -> Self {
        Self { fr: text.to_owned(), en: text.to_owned() }
    }

    /// A label where shares are of electors, or of voters: then nobody in it is called an elector.
    pub fn said(label: Label, of: Of) -> Self {
        match of {
            Of::Electors => Self::of(label.fr, label.en),
            Of::Voters => {
                let [fr, en] = label.of_voters();
                Self { fr, en }
            }
        }
    }

    /// French, then English.
    pub fn of(fr: &str, en: &str) -> Self {
        Self { fr: fr.to_owned(), en: en.to_owned() }
    }
}

/// A figure with its central 90 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct Range {
    /// Mean.
    pub value: f64,
    /// 5th percentile.
    pub low: f64,
    /// 95th percentile.
    pub high: f64,
}

/// An ancestor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Step {
    /// Its level.
    pub level: String,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// Exact counts; what the file does not say is `null`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CountsView {
    /// Registered voters.
    pub registered: Option<u64>,
    /// Ballots cast.
    pub voters: u64,
    /// Votes for a list.
    pub valid: u64,
    /// Blank ballots.
    pub blank: Option<u64>,
    /// Null ballots.
    pub null: Option<u64>,
    /// Votes by list id.
    pub lists: BTreeMap<String, u64>,
}

impl CountsView {
    /// Counts with the names of their lists.
    pub fn of(counts: &Counts, election: &Election) -> Self {
        let lists = election.lists.iter().zip(&counts.votes).map(|(list, votes)| (list.id.to_string(), *votes));
        Self {
            registered: counts.registered,
            voters: counts.voters,
            valid: counts.valid,
            blank: counts.blank,
            null: counts.null,
            lists: lists.collect(),
        }
    }
}

/// What may be wrong with counts that come out of areas which the border of this one divides: standard errors, 1.645 times
/// which are half of a 90 % interval.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ErrorsView {
    /// Valid votes here out of areas that were divided.
    pub divided: f64,
    /// Of the registered; `null` without a register.
    pub registered: Option<f64>,
    /// Of the ballots cast.
    pub voters: f64,
    /// Of the votes for a list.
    pub valid: f64,
    /// By list id.
    pub lists: BTreeMap<String, f64>,
}

impl ErrorsView {
    /// Errors with the names of their lists.
    pub fn of(error: &TransferError, election: &Election) -> Self {
        let tenth = |number: f64| (number * 10.0).round() / 10.0;
        let lists = election.lists.iter().zip(&error.votes).map(|(list, own)| (list.id.to_string(), tenth(*own)));
        Self {
            divided: tenth(error.cut),
            registered: error.registered.map(tenth),
            voters: tenth(error.voters),
            valid: tenth(error.valid),
            lists: lists.collect(),
        }
    }
}

/// Votes that belong to no area.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct UnplacedVotes {
    /// Level of the ancestor that counts them; `campaign` for the root.
    pub level: String,
    /// Its code; `null` for the root.
    pub code: Option<String>,
    /// Its name; `null` for the root.
    pub name: Option<String>,
    /// How many.
    pub counts: CountsView,
}

impl UnplacedVotes {
    /// Votes with the names of their lists.
    pub fn of(own: &Unplaced<'_, Counts>, election: &Election) -> Self {
        Self {
            level: own.level.to_owned(),
            code: own.code.map(ToOwned::to_owned),
            name: own.name.map(ToOwned::to_owned),
            counts: CountsView::of(&own.what, election),
        }
    }
}

/// Thousandths as the nearest fraction.
pub fn fraction(value: Thousandths) -> f64 {
    f64::from(value) / 1000.0
}

/// Ancestors of a row, coarse to fine; none of an area of a grouping.
pub fn path_of(geography: &Geography, level: usize, row: usize) -> Vec<Step> {
    let tree = geography.tree();
    if level >= tree.levels() {
        return Vec::new();
    }
    let mut steps: Vec<Step> = tree
        .ancestors(tree.node(level, row))
        .filter_map(|node| {
            let (level, row) = tree.place(node)?;
            let level = geography.levels().get(level)?;
            let (code, name) = (level.code(row)?.to_owned(), level.name(row)?.to_owned());
            Some(Step { level: level.level.id.to_string(), code, name })
        })
        .collect();
    steps.reverse();
    steps
}
