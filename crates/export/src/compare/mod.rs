//! Compare: what changed, area by area, from an election or a snapshot to a snapshot, or between two elections.
//!
//! - *change*: a snapshot's published figure less the exact share of an election of its past. An exact share moves
//!   every draw alike, so the interval is the published one, moved; the spread is the measure's own.
//! - *revision*: two snapshots, draw by draw. Their draws come from streams keyed by area and number, so what both
//!   have in common cancels. Where the geographies differ, areas are matched by code.
//! - *difference*: two elections, both exact.
//!
//! Where an area is not the same place at both ends (`ground`), its change is that of the lowest area above which is, and
//! says so. An area whose past has no result, or no candidate of the bloc, has no figure and says why; it is never 0.

mod draws;
mod files;
mod ground;
mod sides;
mod table;

pub use draws::{hex_draws, leaf_draws, level_draws_of};
pub use files::{compare_csv, compare_geojson};

use crate::error::{ExportError, Result};
use crate::hexes::HexesAt;
use crate::rows::{Within, rows_within};
use ground::Ground;
use quartier_cartography::{Weighted, default_classes};
use quartier_model::{Continuity, Label, MISSING, Measure, ReadingId, Thousandths, change_words, flags, is_clear};
use quartier_snapshot::{Geography, Of, Results, Snapshot, UNKNOWN_ELECTORS};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is compared with what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompareKind {
    /// An election, then a snapshot.
    Change,
    /// A snapshot, then a later one.
    Revision,
    /// Two elections.
    Difference,
}

impl CompareKind {
    /// As it stands in answers and files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::Revision => "revision",
            Self::Difference => "difference",
        }
    }
}

/// Why an area has no figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoFigure {
    /// Nobody is registered here.
    NoElectors,
    /// The election has no result here.
    NoResult,
    /// No list of the bloc stood here.
    NoCandidate,
    /// The earlier snapshot has no such area.
    NotThere,
    /// One side has no such figure: no register, or a measure from after its time.
    NoFigure,
}

impl NoFigure {
    /// As it stands in answers and files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoElectors => "no_electors",
            Self::NoResult => "no_result",
            Self::NoCandidate => "no_candidate",
            Self::NotThere => "not_there",
            Self::NoFigure => "no_figure",
        }
    }

    /// Its bit among the flags of a row; 0 where there is none.
    pub(crate) fn flag(self) -> u8 {
        match self {
            Self::NoElectors => flags::NO_ELECTORS,
            Self::NoResult => flags::NO_RESULT,
            Self::NoCandidate => flags::NO_CANDIDATE,
            Self::NotThere | Self::NoFigure => 0,
        }
    }
}

/// The change of one area, in thousandths.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Changed {
    /// Later less earlier.
    pub value: Thousandths,
    /// 5th percentile; the value itself where both sides are exact.
    pub low: Thousandths,
    /// 95th percentile.
    pub high: Thousandths,
    /// Width of the 90 % interval of (area - campaign).
    pub spread: Thousandths,
    /// People of now less people of then, with their 5th and 95th percentile; `None` where electors are unknown.
    pub people: Option<[f32; 3]>,
}

impl Changed {
    /// Whether its interval does not hold 0.
    pub fn is_clear(&self) -> bool {
        is_clear(self.low, self.high)
    }
}

/// A row: a change, or why there is none.
pub type ChangedRow = std::result::Result<Changed, NoFigure>;

/// What to compare.
#[derive(Debug, Clone)]
pub enum Side {
    /// An election of the past, by id.
    Election(String),
    /// A snapshot.
    Snapshot(Arc<Snapshot>),
}

impl Side {
    /// The election's id or the snapshot's number.
    pub fn name(&self) -> String {
        match self {
            Self::Election(id) => id.clone(),
            Self::Snapshot(snapshot) => snapshot.number().to_string(),
        }
    }
}

/// A comparison of every area of a level.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// What with what.
    pub kind: CompareKind,
    /// The measure whose change it is.
    pub measure: Measure,
    /// Its name, and one sentence for people: see [`Self::sentence`].
    pub words: (Label, Label),
    /// The earlier side: an election's id or a snapshot's number.
    pub from: String,
    /// The later side.
    pub to: String,
    /// The geography whose rows these are.
    pub geography: Arc<Geography>,
    /// Position of the level.
    pub level: usize,
    /// Of hexagons, which are shown: the rows of others have no figure.
    pub hexes: Option<HexesAt>,
    /// What shares are of.
    pub of: Of,
    /// Electors of the later side, in row order; `u32::MAX` where unknown.
    pub electors: Vec<u32>,
    /// See [`quartier_model::flags`].
    pub flags: Vec<u8>,
    /// One a row.
    pub rows: Vec<ChangedRow>,
    /// Whether each is the same place at both ends; empty where no election is compared, `None` where it cannot be told.
    pub continuity: Vec<Option<Continuity>>,
    /// Where the change of each row is read, if not there: the lowest area above that is the same place.
    pub read_at: Vec<Option<Within>>,
    /// The elections compared whose counts were moved to these areas from others.
    pub moved: Vec<String>,
    /// The whole campaign.
    pub campaign: ChangedRow,
    /// Half the width of the campaign's interval, in points: what all areas share.
    pub common_points: f64,
    /// Inner class edges, breaking at 0, from the finest level; the same at every level.
    pub edges: Vec<f64>,
}

/// The past that a comparison may reach: the newest results and their geography, for two elections.
#[derive(Debug, Clone, Copy)]
pub struct Past<'a> {
    /// The geography whose rows the results follow.
    pub geography: &'a Arc<Geography>,
    /// The exact counts.
    pub results: &'a Results,
    /// Which lists are whose, of two elections; the default reading where none is named.
    pub reading: Option<&'a ReadingId>,
}

impl Comparison {
    /// Compares every area of a level, or, where `hexes` are given, the hexagons. `past`: the newest results, where two
    /// elections are compared.
    ///
    /// # Errors
    /// When the level or an election is unknown, the reading does not read an election, the two sides count shares of
    /// different wholes, or the measure is none that both sides have.
    pub fn of(
        from: &Side,
        to: &Side,
        measure: Measure,
        (level, hexes): (&str, Option<HexesAt>),
        past: Option<Past<'_>>,
    ) -> Result<Self> {
        if matches!((from, to), (Side::Snapshot(_), Side::Election(_))) {
            return Err(backwards());
        }
        let words = change_words(measure).ok_or_else(|| ExportError::Compare(no_such_change(measure)))?;
        let rows = |level: usize| match (from, to) {
            (Side::Election(election), Side::Snapshot(now)) => sides::change(now, election, measure, level),
            (Side::Snapshot(before), Side::Snapshot(now)) => {
                sides::revision(now, before, measure, (level, hexes.as_ref()))
            }
            (Side::Election(from), Side::Election(to)) => {
                let past = past.ok_or_else(|| ExportError::NoElection(to.clone()))?;
                sides::difference(past, from, to, measure, level)
            }
            (Side::Snapshot(_), Side::Election(_)) => Err(backwards()),
        };
        let geography = match to {
            Side::Snapshot(now) => now.geography(),
            Side::Election(id) => past.ok_or_else(|| ExportError::NoElection(id.clone()))?.geography,
        };
        let missing = || ExportError::NoLevel(level.chars().take(64).collect());
        let position = match &hexes {
            Some(_) => geography.position_or_hexes(level),
            None => geography.position(level),
        };
        let at = position.ok_or_else(missing)?;
        let (results, pair) = match (from, to) {
            (Side::Election(from), Side::Snapshot(now)) => {
                (Some(&**now.results()), [from.as_str(), now.manifest().baseline.as_str()])
            }
            (Side::Election(from), Side::Election(to)) => (past.map(|past| past.results), [from.as_str(), to.as_str()]),
            (Side::Snapshot(_), _) => (None, [""; 2]),
        };
        let ground = results.and_then(|results| Ground::between(geography, results, pair));
        let nodes = |level: usize| ground::nodes(geography, level, hexes.as_ref());
        let settled = |level: usize| {
            let mut own = rows(level)?;
            let read_at = match &ground {
                Some(ground) => ground.settle(geography, &nodes(level), &mut own, rows)?,
                None => vec![None; own.rows.len()],
            };
            Ok::<_, ExportError>((own, read_at))
        };
        let (mut own, read_at) = settled(at)?;
        if let Some(hexes) = &hexes {
            let shown = hexes.rows(geography, None);
            own.keep(&shown);
            // Who is pooled at a finer resolution is not so in a hexagon of this one.
            for row in shown.into_iter().filter(|row| !hexes.stands_for_others(*row)) {
                own.flags[row] &= !flags::POOLED;
            }
        }
        let finest = geography.levels().len() - 1;
        let edges = if at == finest { edges(&own) } else { edges(&settled(finest)?.0) };
        let is_moved = |id: &str| {
            let election = results.and_then(|results| results.election(id));
            election.is_some_and(|election| election.is_moved())
        };
        let common_points = own.campaign.map_or(0.0, |own| f64::from(own.high - own.low) / 20.0);
        Ok(Self {
            kind: own.kind,
            measure,
            words,
            from: from.name(),
            to: to.name(),
            geography: Arc::clone(geography),
            level: at,
            of: own.of,
            electors: own.electors,
            flags: own.flags,
            rows: own.rows,
            continuity: ground.as_ref().map(|ground| ground.of_nodes(&nodes(at))).unwrap_or_default(),
            read_at,
            moved: pair.into_iter().filter(|id| is_moved(id)).map(ToOwned::to_owned).collect(),
            campaign: own.campaign,
            common_points,
            edges,
            hexes,
        })
    }

    /// One sentence for people, in French and in English, of electors or of voters as the shares are.
    pub fn sentence(&self) -> [String; 2] {
        let (_, sentence) = self.words;
        match self.of {
            Of::Electors => [sentence.fr, sentence.en].map(ToOwned::to_owned),
            Of::Voters => sentence.of_voters(),
        }
    }

    /// Id of the level.
    pub fn level_id(&self) -> &str {
        self.geography.at(self.level).map_or("", |level| level.level.id.as_str())
    }

    /// The rows that lie inside an area, ascending; of hexagons, those shown that hold electors of it.
    pub fn rows_within(&self, within: Within) -> Vec<usize> {
        match &self.hexes {
            Some(hexes) => hexes.rows(&self.geography, within),
            None => rows_within(&self.geography, self.level, within),
        }
    }

    fn shown(&self) -> impl Iterator<Item = ChangedRow> {
        self.rows_within(None).into_iter().map(|row| self.rows[row])
    }

    /// How many areas have no figure, by reason.
    pub fn missing(&self) -> BTreeMap<NoFigure, usize> {
        crate::place::missing(&self.shown().collect::<Vec<_>>())
    }

    /// How many areas changed clearly.
    pub fn clear(&self) -> usize {
        self.shown().flatten().filter(Changed::is_clear).count()
    }

    /// Whether part of the ground of a row has no result in the election.
    pub fn is_partial(&self, row: usize) -> bool {
        self.flags.get(row).is_some_and(|bits| bits & flags::PARTLY_COUNTED != 0)
    }

    /// Whether a row is the same place at both ends.
    pub fn class(&self, row: usize) -> Option<Continuity> {
        *self.continuity.get(row)?
    }

    /// The area at which a row is read, `level:code` or `campaign`; `None`: there.
    pub fn read_at(&self, row: usize) -> Option<String> {
        let Some((level, row)) = (*self.read_at.get(row)?)? else { return Some("campaign".to_owned()) };
        let level = &self.geography.levels()[level];
        Some(format!("{}:{}", level.level.id, level.code(row)?))
    }

    /// How many areas of the level are of each class.
    pub fn classes(&self) -> BTreeMap<Continuity, usize> {
        let mut classes = BTreeMap::new();
        self.continuity.iter().flatten().for_each(|class| *classes.entry(*class).or_default() += 1);
        classes
    }

    /// About how many bytes it takes in memory.
    pub fn bytes(&self) -> usize {
        let row = size_of::<ChangedRow>() + size_of::<u32>() + size_of::<Option<Within>>() + 2;
        self.rows.len() * row
    }
}

fn backwards() -> ExportError {
    ExportError::Compare("from a snapshot to an election: expected the election first".to_owned())
}

fn no_such_change(measure: Measure) -> String {
    let known: Vec<&str> =
        Measure::ALL.into_iter().filter(|own| change_words(*own).is_some()).map(Measure::id).collect();
    format!("a past election has no `{measure}`: expected {}", known.join(", "))
}

/// One level compared, before it is described.
struct Compared {
    kind: CompareKind,
    of: Of,
    electors: Vec<u32>,
    flags: Vec<u8>,
    rows: Vec<ChangedRow>,
    campaign: ChangedRow,
}

impl Compared {
    /// Keeps some rows, ascending; the others are not there: hexagons of several resolutions lie over each other.
    fn keep(&mut self, shown: &[usize]) {
        for row in (0..self.rows.len()).filter(|row| shown.binary_search(row).is_err()) {
            self.rows[row] = Err(NoFigure::NotThere);
            self.electors[row] = UNKNOWN_ELECTORS;
            self.flags[row] = 0;
        }
    }
}

/// Edges of the default classes, which break at 0; five equal ones of a point where nothing changed anywhere.
fn edges(level: &Compared) -> Vec<f64> {
    let weighted = |scale: f64, of: fn(&Changed) -> Thousandths| -> Vec<Weighted> {
        let known = level.rows.iter().zip(&level.electors).filter(|(_, electors)| **electors != u32::MAX);
        known
            .filter_map(|(row, electors)| Some((of(row.as_ref().ok()?), *electors)))
            .filter(|(figure, _)| *figure != MISSING)
            .map(|(figure, electors)| Weighted { value: f64::from(figure) * scale, weight: f64::from(electors) })
            .collect()
    };
    let exact = level.kind == CompareKind::Difference;
    let half_widths = if exact { Vec::new() } else { weighted(0.5e-3, |row| row.spread) };
    default_classes(&weighted(1e-3, |row| row.value), &half_widths, true)
        .map(|classes| classes.edges().to_vec())
        .unwrap_or_else(|_| vec![-0.02, -0.01, 0.0, 0.01, 0.02])
}
