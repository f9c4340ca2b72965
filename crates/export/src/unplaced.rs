//! What belongs to no area of a level: with it, the rows of a level add up to what is above them.

use crate::hexes::{Hexes, HexesAt};
use crate::rows::{Estimates, ResultRows, Within, rows_within};
use crate::territory::{Amounts, rest};
use quartier_model::{Counts, Node, Part as Share};
use quartier_snapshot::{
    Draws, Geography, Grouping, Of, PublishedElection, Results, Snapshot, UNKNOWN_ELECTORS,
    Unplaced as PublishedUnplaced,
};
use std::collections::BTreeMap;

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
    /// The rows inside `within`, and the votes there that are in none of them. Hexagons are those of the resolution that
    /// hold electors of the ground; what they count may be of more than it.
    pub fn part(&self, within: Within) -> Part<'a, Counts> {
        match HexesAt::of(self.geography, self.level.level.id.as_str(), self.resolution) {
            Some(hexes) => self.part_of(&hexes, within),
            None => self.part_of_level(within),
        }
    }

    /// The same of hexagons that were found before.
    pub fn part_of(&self, hexes: &HexesAt, within: Within) -> Part<'a, Counts> {
        let rows = hexes.rows(self.geography, within);
        let (geography, election) = (self.geography, self.election);
        let votes = Votes { geography, results: self.results, election };
        let outside = |leaf: u32, node: Node| {
            let members = hexes.hexes.members(geography).filter(|own| own.areas_of(leaf).contains(&None))?;
            let parts = members.split(leaf, &votes.at(node)?).into_iter();
            parts.filter(|(row, _)| row.is_none()).map(|(_, counts)| counts).next()
        };
        if is_grouped(geography, usize::MAX, within) {
            let votes = OutsideHexes::of(geography, election, &outside);
            return Part { rows, unplaced: rest(geography, (usize::MAX, &[]), within, &votes) };
        }
        let leaves: BTreeMap<Node, u32> = geography.tree().leaves().zip(0..).collect();
        let childless = |level: &str, row: usize| {
            let node = geography.tree().node(geography.position(level)?, row);
            outside(*leaves.get(&node)?, node)
        };
        let ground = (geography.levels().len(), within);
        Part { rows, unplaced: unplaced(geography, Some(election), ground, |counts| Some(counts.clone()), childless) }
    }

    fn part_of_level(&self, within: Within) -> Part<'a, Counts> {
        let at = position(self.geography, self.level.level.id.as_str());
        let election = self.election;
        let table = |level: &str| self.results.table(election.election.id.as_str(), level);
        let childless = |level: &str, row: usize| table(level)?.counts(row);
        let rows = rows_within(self.geography, at, within);
        if is_grouped(self.geography, at, within) {
            let votes = Votes { geography: self.geography, results: self.results, election };
            return Part { unplaced: rest(self.geography, (at, &rows), within, &votes), rows };
        }
        Part {
            rows,
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
        let at = position(geography, self.level.level.id.as_str());
        if is_grouped(geography, at, within) {
            let rows = rows_within(geography, at, within);
            let shown = if self.resolution.is_some() { (usize::MAX, [].as_slice()) } else { (at, rows.as_slice()) };
            let named = |of: &PublishedUnplaced| count(&of.counts);
            return rest(geography, shown, within, &Electors::of(self.snapshot, baseline, &named, self.resolution));
        }
        if self.resolution.is_some() {
            let elsewhere = |level: &str, row: usize| {
                let leaf = self.snapshot.draws().leaf(geography.position(level)?, row as u32)?;
                let electors = geography.ground()?.pieces.elsewhere(leaf);
                (electors > 0).then(|| u64::from(electors))
            };
            return unplaced(geography, baseline, (geography.levels().len(), within), count, elsewhere);
        }
        let childless = |level: &str, row: usize| {
            self.snapshot.values(level)?.electors(row).known().map(u64::from).filter(|electors| *electors > 0)
        };
        unplaced(geography, baseline, (at, within), count, childless)
    }
}

fn position(geography: &Geography, level: &str) -> usize {
    // A view of a level was made from this geography; hexagons are no level of it.
    geography.position(level).unwrap_or_default()
}

/// Whether rows or ground are areas of a grouping.
fn is_grouped(geography: &Geography, at: usize, within: Within) -> bool {
    geography.grouping_at(at).is_some() || within.is_some_and(|(at, _)| geography.grouping_at(at).is_some())
}

/// The votes of an election.
struct Votes<'a> {
    geography: &'a Geography,
    results: &'a Results,
    election: &'a PublishedElection,
}

impl Votes<'_> {
    fn at(&self, node: Node) -> Option<Counts> {
        let (level, row) = self.geography.tree().place(node)?;
        let level = self.geography.levels().get(level)?.level.id.as_str();
        self.results.table(self.election.election.id.as_str(), level)?.counts(row)
    }
}

impl Amounts for Votes<'_> {
    type Of = Counts;

    fn whole(&self, node: Node) -> Option<Counts> {
        self.at(node)
    }

    fn own(&self, node: Option<Node>) -> Option<Counts> {
        named_at(self.geography, self.election, node).map(|own| own.counts.clone())
    }

    fn parts(&self, leaf: u32, node: Node, grouping: &Grouping, wanted: &dyn Fn(&Share) -> bool) -> Option<Counts> {
        let parts = grouping.membership.split(leaf, &self.at(node)?);
        let parts = parts.into_iter().filter(|(area, _)| wanted(&(*area, 0))).map(|(_, counts)| counts);
        parts.reduce(|mut sum, part| {
            sum.add(&part);
            sum
        })
    }
}

/// The votes of an election that are in no hexagon: per node, those unplaced there, and with all below it.
struct OutsideHexes {
    root: Option<Counts>,
    own: Vec<Option<Counts>>,
    whole: Vec<Option<Counts>>,
}

impl OutsideHexes {
    /// `outside`: of a leaf, by its position and its node.
    fn of(geography: &Geography, election: &PublishedElection, outside: &dyn Fn(u32, Node) -> Option<Counts>) -> Self {
        let tree = geography.tree();
        let named = |node| named_at(geography, election, node).map(|own| own.counts.clone());
        let own: Vec<Option<Counts>> =
            (0..tree.len() as Node).map(|node| if node > 0 { named(Some(node)) } else { None }).collect();
        let mut whole = own.clone();
        for (leaf, node) in (0..).zip(tree.leaves()) {
            whole[node as usize] = outside(leaf, node);
        }
        tree.sum_upwards(&mut whole, |sum, part| match (sum.as_mut(), part) {
            (Some(sum), Some(part)) => sum.add(part),
            (None, Some(part)) => *sum = Some(part.clone()),
            (_, None) => {}
        });
        Self { root: named(None), own, whole }
    }
}

impl Amounts for OutsideHexes {
    type Of = Counts;

    fn whole(&self, node: Node) -> Option<Counts> {
        self.whole[node as usize].clone()
    }

    fn own(&self, node: Option<Node>) -> Option<Counts> {
        node.map_or_else(|| self.root.clone(), |node| self.own[node as usize].clone())
    }

    /// An area is cut by pieces, and those are in hexagons.
    fn parts(&self, _: u32, _: Node, _: &Grouping, _: &dyn Fn(&Share) -> bool) -> Option<Counts> {
        None
    }
}

/// What is unplaced at a node; at the root where `None`.
fn named_at<'a>(
    geography: &Geography,
    election: &'a PublishedElection,
    node: Option<Node>,
) -> Option<&'a PublishedUnplaced> {
    let place = node.and_then(|node| geography.tree().place(node));
    let (level, code) = match place {
        Some((level, row)) => {
            let level = geography.levels().get(level)?;
            (level.level.id.as_str(), level.code(row))
        }
        None => ("campaign", None),
    };
    election.unplaced.iter().find(|own| own.level == level && own.code.as_deref() == code)
}

/// The electors of a snapshot, with those whom its baseline counts at no area.
struct Electors<'a> {
    /// `None` of hexagons, where parts of areas are placed.
    draws: Option<&'a Draws>,
    root: u64,
    /// Per node, those unplaced there.
    own: Vec<u64>,
    /// Per node, all of them and all below it.
    whole: Vec<u64>,
}

impl<'a> Electors<'a> {
    /// Of hexagons (`resolution`), electors of areas are those in no cell.
    fn of(
        snapshot: &'a Snapshot,
        baseline: Option<&PublishedElection>,
        count: &dyn Fn(&PublishedUnplaced) -> Option<u64>,
        resolution: Option<u8>,
    ) -> Self {
        let (geography, draws) = (snapshot.geography(), snapshot.draws());
        let tree = geography.tree();
        let named = |node| baseline.and_then(|own| count(named_at(geography, own, node)?)).unwrap_or(0);
        let own: Vec<u64> = (0..tree.len() as Node).map(|node| if node > 0 { named(Some(node)) } else { 0 }).collect();
        let mut whole = own.clone();
        for (leaf, node) in tree.leaves().enumerate() {
            let electors = match (resolution, geography.ground()) {
                (Some(_), Some(ground)) => Some(ground.pieces.elsewhere(leaf)),
                _ => draws.electors(leaf).filter(|electors| *electors != UNKNOWN_ELECTORS),
            };
            whole[node as usize] += u64::from(electors.unwrap_or(0));
        }
        tree.sum_upwards(&mut whole, |sum, part| *sum += part);
        Self { draws: resolution.is_none().then_some(draws), root: named(None), own, whole }
    }
}

impl Amounts for Electors<'_> {
    type Of = u64;

    fn whole(&self, node: Node) -> Option<u64> {
        Some(self.whole[node as usize]).filter(|electors| *electors > 0)
    }

    fn own(&self, node: Option<Node>) -> Option<u64> {
        Some(node.map_or(self.root, |node| self.own[node as usize])).filter(|electors| *electors > 0)
    }

    fn parts(&self, leaf: u32, _: Node, grouping: &Grouping, wanted: &dyn Fn(&Share) -> bool) -> Option<u64> {
        let electors = self.draws?.electors(leaf as usize).filter(|electors| *electors != UNKNOWN_ELECTORS)?;
        let parts = grouping.membership.parts(leaf, electors);
        let held: u64 = parts.iter().filter(|part| wanted(part)).map(|(_, electors)| u64::from(*electors)).sum();
        Some(held).filter(|held| *held > 0)
    }
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
