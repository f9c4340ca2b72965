//! What belongs to no area of a level: with it, the rows of a level add up to what is above them.

use crate::hexes::Hexes;
use crate::rows::{Estimates, ResultRows, Within, rows_within};
use quartier_model::Counts;
use quartier_snapshot::{Geography, Of, PublishedElection};

/// The level that unplaced rows stand at: reserved, so that no campaign has areas there.
pub const ELSEWHERE: &str = "elsewhere";

/// Something of an ancestor that belongs to no area of the level below it that is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unplaced<'a, T> {
    /// Level of the ancestor; `campaign` for the root.
    pub level: &'a str,
    /// Its code; `None` for the root.
    pub code: Option<&'a str>,
    /// Its name; `None` for the root.
    pub name: Option<&'a str>,
    /// How much.
    pub what: T,
}

/// A part of a level: rows, and what of the same ground is in none of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part<'a, T> {
    /// Rows of the level, in the order in which they are written.
    pub rows: Vec<usize>,
    /// Coarse to fine.
    pub unplaced: Vec<Unplaced<'a, T>>,
}

impl<T> Unplaced<'_, T> {
    /// The ancestor as `level:code`, or `campaign`.
    pub fn ancestor(&self) -> String {
        self.code.map_or_else(|| self.level.to_owned(), |code| format!("{}:{code}", self.level))
    }

    /// What a row is called after a word for "unplaced": `Unplaced: Paris`.
    pub fn title(&self, word: &str, colon: &str) -> String {
        self.name.map_or_else(|| word.to_owned(), |name| format!("{word}{colon}{name}"))
    }
}

impl<'a> ResultRows<'a> {
    /// The rows inside `within`, and the votes there that are in none of them.
    pub fn part(&self, within: Within) -> Part<'a, Counts> {
        let at = position(self.geography, self.level.level.id.as_str());
        let election = self.election;
        let table = |level: &str| self.results.table(election.election.id.as_str(), level);
        let childless = |level: &str, row: usize| table(level)?.counts(row);
        Part {
            rows: rows_within(self.geography, at, within),
            unplaced: unplaced(self.geography, Some(election), (at, within), |counts| Some(counts.clone()), childless),
        }
    }
}

impl<'a> Estimates<'a> {
    /// The rows inside `within`, and the electors there that are in none of them. Hexagons are those of the resolution
    /// that hold electors of the ground.
    pub fn part(&self, within: Within) -> Part<'a, u64> {
        let geography: &'a Geography = self.snapshot.geography();
        let rows = match self.resolution {
            Some(resolution) => {
                Hexes::of(geography).map(|hexes| hexes.rows(geography, resolution, within)).unwrap_or_default()
            }
            None => rows_within(geography, position(geography, self.level.level.id.as_str()), within),
        };
        Part { rows, unplaced: self.unplaced(within) }
    }

    /// The electors inside `within` that are in no row: those whom the baseline's register counts (its voters, where
    /// shares are of voters) at no area, and those of areas without a finer one; of hexagons, those of areas without an
    /// outline.
    pub fn unplaced(&self, within: Within) -> Vec<Unplaced<'a, u64>> {
        let geography: &'a Geography = self.snapshot.geography();
        let manifest = self.snapshot.manifest();
        let baseline = self.snapshot.results().election(manifest.baseline.as_str());
        let count = |counts: &Counts| match manifest.of {
            Of::Electors => counts.registered,
            Of::Voters => Some(counts.voters),
        };
        if self.resolution.is_some() {
            let elsewhere = |level: &str, row: usize| {
                let leaf = self.snapshot.draws().leaf(geography.position(level)?, row as u32)?;
                let electors = geography.ground()?.pieces.elsewhere(leaf);
                (electors > 0).then(|| u64::from(electors))
            };
            return unplaced(geography, baseline, (geography.levels().len(), within), count, elsewhere);
        }
        let at = position(geography, self.level.level.id.as_str());
        let childless = |level: &str, row: usize| {
            self.snapshot.values(level)?.electors(row).known().map(u64::from).filter(|electors| *electors > 0)
        };
        unplaced(geography, baseline, (at, within), count, childless)
    }
}

fn position(geography: &Geography, level: &str) -> usize {
    // A view of a level was made from this geography.
    geography.position(level).unwrap_or_default()
}

/// What of an election is at an ancestor of a level, and in no area of it: what found no area, and areas that have
/// none below them.
fn unplaced<'a, T>(
    geography: &'a Geography,
    election: Option<&'a PublishedElection>,
    (at, within): (usize, Within),
    of: impl Fn(&Counts) -> Option<T>,
    childless: impl Fn(&str, usize) -> Option<T>,
) -> Vec<Unplaced<'a, T>> {
    let named = |level: &str, code: Option<&str>| {
        let own = election?.unplaced.iter().find(|own| own.level == level && own.code.as_deref() == code)?;
        of(&own.counts)
    };
    let mut found = Vec::new();
    if within.is_none()
        && let Some(what) = named("campaign", None)
    {
        found.push(Unplaced { level: "campaign", code: None, name: None, what });
    }
    let tree = geography.tree();
    for (above, level) in geography.levels().iter().enumerate().take(at) {
        let id = level.level.id.as_str();
        for row in rows_within(geography, above, within) {
            let Some(code) = level.code(row) else { continue };
            let alone = tree.is_leaf(tree.node(above, row));
            let what = if alone { childless(id, row) } else { named(id, Some(code)) };
            found.extend(what.map(|what| Unplaced { level: id, code: Some(code), name: level.name(row), what }));
        }
    }
    found
}
