//! Base and reserve of an area: exact where every election that the campaign names has a result there, else absent with
//! the reason.
//!
//! Each level's figures are of its own counts, the unplaced of its areas counted: neither measure adds up over areas, so
//! a file of them has no rows of level `elsewhere`.

mod files;

pub use files::{past_csv, past_geojson};

use crate::compare::NoFigure;
use crate::counted::{Election, rows_of};
use crate::error::{ExportError, Result};
use crate::hexes::{HexesAt, shown_column};
use crate::rows::{Within, rows_within};
use quartier_model::{
    Counts, ElectionId, Group, MISSING, Measure, PastMeasure, ReadingId, StageCounts, Thousandths, base, flags, reserve,
};
use quartier_snapshot::{Geography, Of, Results, TableWriter, UNKNOWN_ELECTORS};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One area's figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PastFigure {
    /// People; whole for a base, any sign and not always whole for a reserve.
    pub people: f64,
    /// Of the register of the newest election named (its voters, where it has none), in thousandths.
    pub share: Thousandths,
    /// For a base, the position of the election that has it among those named.
    pub from: Option<usize>,
}

/// An area's figure, or why there is none.
pub type PastRow = std::result::Result<PastFigure, NoFigure>;

/// A measure of several elections, ready to be read: which, and of whom its shares are.
struct Named<'a> {
    geography: &'a Geography,
    results: &'a Results,
    measure: PastMeasure,
    elections: Vec<Election<'a>>,
    /// Position of the newest.
    newest: usize,
}

/// What is read of one election at one area.
#[derive(Clone, Copy)]
struct Read {
    stages: StageCounts,
    whole: u64,
}

type Reads = std::result::Result<Read, NoFigure>;

impl<'a> Named<'a> {
    fn of(geography: &'a Geography, results: &'a Results, measure: PastMeasure, reading: &ReadingId) -> Result<Self> {
        let ids = results.manifest().comparable.elections(measure);
        if ids.is_empty() {
            return Err(ExportError::Compare(format!(
                "the campaign names no elections for `{measure}`: expected them under [comparable] of campaign.toml, and an estimate since"
            )));
        }
        let read = |(at, id): (usize, &ElectionId)| {
            // Of the low election of a reserve only who voted is counted, not for whom.
            let only_voters = measure == PastMeasure::Reserve && at == 1;
            let needs = if only_voters { Measure::Turnout } else { Measure::Favourable };
            Election::of(results, id.as_str(), reading, needs, Of::Voters)
        };
        let elections = ids.iter().enumerate().map(read).collect::<Result<Vec<_>>>()?;
        let dates = elections.iter().enumerate().map(|(at, own)| (own.published.election.date, at));
        let newest = dates.max().map_or(0, |(_, at)| at);
        Ok(Self { geography, results, measure, elections, newest })
    }

    fn read(election: &Election<'_>, counts: &Counts) -> Read {
        let whole = counts.registered.unwrap_or(counts.voters);
        Read { stages: StageCounts::of(counts, &election.bloc), whole }
    }

    /// The figure of an area from what each election says of it.
    fn figure(&self, reads: &[Reads]) -> PastRow {
        let reads = reads.iter().copied().collect::<std::result::Result<Vec<Read>, _>>()?;
        let favourable = |own: &Read| own.stages.groups[Group::Favourable.index()];
        let (from, people) = match (self.measure, reads.as_slice()) {
            (PastMeasure::Base, all) => {
                base(&all.iter().map(favourable).collect::<Vec<_>>()).map(|(at, votes)| (Some(at), votes))
            }
            (PastMeasure::Reserve, [high, low]) => reserve(&high.stages, &low.stages).map(|people| (None, people)),
            (PastMeasure::Reserve, _) => None,
        }
        .ok_or(NoFigure::NoFigure)?;
        let whole = reads[self.newest].whole;
        if whole == 0 {
            return Err(NoFigure::NoElectors);
        }
        // Where a register shrank, more may be missing than are left.
        let share = (1000.0 * people / whole as f64).round().clamp(-1000.0, 1000.0) as Thousandths;
        Ok(PastFigure { people, share, from })
    }

    fn whole(&self) -> PastRow {
        let read = |own: &Election<'_>| Ok(Self::read(own, &own.published.total));
        self.figure(&self.elections.iter().map(read).collect::<Vec<_>>())
    }

    /// Rows of a level whose ground holds a leaf without a result of one of the elections.
    fn partly_counted(&self, level: usize) -> Vec<bool> {
        let mut partial = vec![false; rows_of(self.geography, level)];
        for own in &self.elections {
            let columns = partial.iter_mut().zip(own.partly_counted(self.geography, self.results, level));
            columns.for_each(|(sum, own)| *sum |= own);
        }
        partial
    }

    fn at(&self, place: (usize, usize)) -> Result<PastRow> {
        let read = |own: &Election<'_>| {
            let counts = own.counted_at(self.geography, self.results, place)?;
            Ok(counts.map(|counts| Self::read(own, &counts)))
        };
        Ok(self.figure(&self.elections.iter().map(read).collect::<Result<Vec<_>>>()?))
    }
}

/// A measure of several elections at one level.
#[derive(Debug, Clone)]
pub struct PastFigures {
    /// Base or reserve.
    pub measure: PastMeasure,
    /// The elections, as the campaign names them: for a reserve the high one, then the low one.
    pub elections: Vec<ElectionId>,
    /// The election whose register shares are of: the newest.
    pub of: ElectionId,
    /// `Voters` where that election has no register.
    pub base: Of,
    /// The geography whose rows these are.
    pub geography: Arc<Geography>,
    /// Position of the level.
    pub level: usize,
    /// Of hexagons, which are shown.
    pub hexes: Option<HexesAt>,
    /// That register in row order; `u32::MAX` without a result.
    pub electors: Vec<u32>,
    /// See [`quartier_model::flags`]: why there is no figure, or that part of the ground has no result.
    pub flags: Vec<u8>,
    /// One a row.
    pub rows: Vec<PastRow>,
    /// The whole campaign, unplaced votes counted.
    pub campaign: PastRow,
}

/// Which elections a measure is counted over, of which register its shares are, and the whole campaign's figure.
#[derive(Debug, Clone)]
pub struct PastSummary {
    /// As the campaign names them.
    pub elections: Vec<ElectionId>,
    /// The newest of them.
    pub of: ElectionId,
    /// `Voters` where that election has no register.
    pub base: Of,
    /// The whole campaign.
    pub campaign: PastRow,
}

/// What a measure is of; `None` where the campaign names no elections for it, or the reading does not read them.
pub fn past_summary(
    geography: &Geography,
    results: &Results,
    measure: PastMeasure,
    reading: &ReadingId,
) -> Option<PastSummary> {
    let named = Named::of(geography, results, measure, reading).ok()?;
    Some(PastSummary {
        elections: named.elections.iter().map(|own| own.published.election.id.clone()).collect(),
        of: named.elections[named.newest].published.election.id.clone(),
        base: named.elections[named.newest].published.of,
        campaign: named.whole(),
    })
}

/// The figure of one area, and whether part of its ground has no result of one of the elections; `None` as in
/// [`past_summary`].
pub fn past_row(
    geography: &Geography,
    results: &Results,
    measure: PastMeasure,
    reading: &ReadingId,
    place: (usize, usize),
) -> Option<(PastRow, bool)> {
    let named = Named::of(geography, results, measure, reading).ok()?;
    let row = named.at(place).ok()?;
    Some((row, row.is_ok() && named.partly_counted(place.0)[place.1]))
}

impl PastFigures {
    /// The figures of a level, or, where `hexes` are given, of the hexagons.
    ///
    /// # Errors
    /// When the campaign names no elections for the measure, the reading does not read one of them, or there is no such
    /// level.
    pub fn of(
        geography: &Arc<Geography>,
        results: &Results,
        measure: PastMeasure,
        reading: &ReadingId,
        (level, hexes): (&str, Option<HexesAt>),
    ) -> Result<Self> {
        let named = Named::of(geography, results, measure, reading)?;
        let position = match hexes {
            Some(_) => geography.position_or_hexes(level),
            None => geography.position(level),
        };
        let at = position.ok_or_else(|| ExportError::NoLevel(level.chars().take(64).collect()))?;
        let reads = |own: &Election<'_>| own.counted(geography, results, at, |counts| Named::read(own, &counts));
        let columns = named.elections.iter().map(reads).collect::<Result<Vec<Vec<Reads>>>>()?;
        let newest = named.elections[named.newest].published;
        let table = named.elections[named.newest].table(results, level)?;
        let electors = |row: usize| {
            let whole = table.counts(row).map(|counts| counts.registered.unwrap_or(counts.voters));
            whole.and_then(|whole| u32::try_from(whole).ok()).unwrap_or(UNKNOWN_ELECTORS)
        };
        let mut rows: Vec<PastRow> = (0..rows_of(geography, at))
            .map(|row| named.figure(&columns.iter().map(|column| column[row]).collect::<Vec<_>>()))
            .collect();
        let mut electors: Vec<u32> = (0..rows.len()).map(electors).collect();
        if let Some(hexes) = &hexes {
            // Hexagons of other resolutions lie over or under those shown.
            let shown = hexes.rows(geography, None);
            for row in (0..rows.len()).filter(|row| shown.binary_search(row).is_err()) {
                (rows[row], electors[row]) = (Err(NoFigure::NotThere), UNKNOWN_ELECTORS);
            }
        }
        let partial = named.partly_counted(at);
        let flag = |(row, partial): (&PastRow, bool)| match row {
            Err(why) => why.flag(),
            Ok(_) if partial => flags::PARTLY_COUNTED,
            Ok(_) => 0,
        };
        Ok(Self {
            measure,
            elections: named.elections.iter().map(|own| own.published.election.id.clone()).collect(),
            of: newest.election.id.clone(),
            base: newest.of,
            geography: Arc::clone(geography),
            level: at,
            hexes,
            electors,
            flags: rows.iter().zip(partial).map(flag).collect(),
            rows,
            campaign: named.whole(),
        })
    }

    /// Id of the level.
    pub fn level_id(&self) -> &str {
        self.geography.at(self.level).map_or("", |level| level.level.id.as_str())
    }

    /// Whether part of the ground of a row has no result of one of the elections.
    pub fn is_partial(&self, row: usize) -> bool {
        self.flags.get(row).is_some_and(|bits| bits & flags::PARTLY_COUNTED != 0)
    }

    /// The rows that lie inside an area, ascending; of hexagons, those shown that hold electors of it.
    pub fn rows_within(&self, within: Within) -> Vec<usize> {
        match &self.hexes {
            Some(hexes) => hexes.rows(&self.geography, within),
            None => rows_within(&self.geography, self.level, within),
        }
    }

    /// How many areas have no figure, by reason.
    pub fn missing(&self) -> BTreeMap<NoFigure, usize> {
        let shown: Vec<PastRow> = self.rows_within(None).into_iter().map(|row| self.rows[row]).collect();
        crate::place::missing(&shown)
    }

    /// The table of the level in the container of the values tables: `electors`, `flags`, of hexagons `shown`, then `value` and `people` of
    /// the measure, and for a base `from`.
    pub fn table(&self) -> TableWriter<'_> {
        let (rows, id) = (self.rows.len(), self.measure.id());
        let elections: Vec<&str> = self.elections.iter().map(ElectionId::as_str).collect();
        let mut table = TableWriter::new("past", rows)
            .with("geography", self.geography.hash())
            .with("level", self.level_id())
            .with("of", self.base.as_str())
            .with("measure", id)
            .with("elections", json!(elections))
            .with("register", self.of.as_str());
        table.column("electors", "value", &self.electors);
        table.column("flags", "value", &self.flags);
        shown_column(&mut table, &self.geography, self.hexes.as_ref());
        table.column_with(id, "value", rows, |row| self.rows[row].map_or(MISSING, |own| own.share));
        table.column_with(id, "people", rows, |row| self.rows[row].map_or(f32::NAN, |own| own.people as f32));
        if self.measure == PastMeasure::Base {
            let from = |row: usize| self.rows[row].ok().and_then(|own| u8::try_from(own.from?).ok());
            table.column_with(id, "from", rows, move |row| from(row).unwrap_or(u8::MAX));
        }
        table
    }
}
