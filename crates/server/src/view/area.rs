//! One area: its figures, its rank, its past, and what stands behind them.

use super::past::{AreaPastView, of_area};
use super::rank::{Rank, hex_ranks, ranks};
use super::{CountsView, ErrorsView, Step, fraction, path_of};
use quartier_export::{Estimates, Hexes, cell_of, main_area};
use quartier_model::{Counts, GroupingMethod, Measure, ReadingId, StageCounts, flags, round_profile};
use quartier_snapshot::{
    AnswerSum, Geography, GeographyLevel, Grouping, Published, PublishedElection, Results, Snapshot,
};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// One area.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AreaView {
    /// Its level.
    pub level: String,
    /// Its row in the level's tables, which is its id in tiles.
    pub row: usize,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its ancestors, coarse to fine.
    pub path: Vec<Step>,
    /// Areas of groupings that it lies in as a whole: its constituency, its canton.
    pub groupings: Vec<Step>,
    /// Of an area of a grouping, or a hexagon, whose border cuts finest areas: how its electors and its past were counted.
    pub moved: Option<MovedView>,
    /// West, south, east, north.
    pub bbox: Option<[f64; 4]>,
    /// Longitude, latitude of a point inside.
    pub point: Option<[f64; 2]>,
    /// Electors; `null`: unknown.
    pub electors: Option<u32>,
    /// Where their number comes from; `null` without a snapshot.
    pub electors_source: Option<String>,
    /// Whether it shows one joint estimate with its neighbours.
    pub pooled: bool,
    /// Whether counts of the estimate's baseline came here out of areas of another geography that were divided.
    pub moved_baseline: bool,
    /// By measure; without a figure, the measure is not there.
    pub estimate: BTreeMap<String, FigureView>,
    /// Rank among siblings by measure; empty where it is not worked out.
    pub rank: BTreeMap<String, Rank>,
    /// Past elections by date.
    pub history: Vec<PastView>,
    /// Base and reserve, exact, where the campaign names their elections.
    pub past: BTreeMap<String, AreaPastView>,
    /// Votes of its own that belong to no area below, by election.
    pub unplaced: Option<BTreeMap<String, CountsView>>,
    /// What stands behind the estimate.
    pub evidence: AreaEvidence,
}

/// What is known of the ground: its areas, and what was published of them.
pub struct Known {
    /// The areas.
    pub geography: Arc<Geography>,
    /// Estimates on that geography.
    pub snapshot: Option<Arc<Snapshot>>,
    /// Past elections on that geography.
    pub results: Option<Arc<Results>>,
}

impl Known {
    /// What is published now; `None` where nothing is.
    pub fn now(published: &Published) -> Option<Self> {
        let geography = Arc::clone(published.geography()?);
        let snapshot = published.current().filter(|own| own.geography().hash() == geography.hash());
        let results = published.results().filter(|own| own.manifest().geography == geography.hash());
        Some(Self { snapshot: snapshot.cloned(), results: results.cloned(), geography })
    }

    /// What a snapshot was made of.
    pub fn of(snapshot: Arc<Snapshot>) -> Self {
        let (geography, results) = (Arc::clone(snapshot.geography()), Arc::clone(snapshot.results()));
        Self { geography, results: Some(results), snapshot: Some(snapshot) }
    }
}

/// A figure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct FigureView {
    /// Mean, fraction.
    pub value: f64,
    /// 5th percentile.
    pub low: f64,
    /// 95th percentile.
    pub high: f64,
    /// Width of the 90 % interval of (area − campaign).
    pub spread: f64,
    /// People, from unrounded sums.
    pub people: Option<f64>,
    /// The 5th percentile of the people; `null` in a snapshot from before they were kept.
    pub people_low: Option<f64>,
    /// The 95th.
    pub people_high: Option<f64>,
}

/// How an area of a grouping, or a hexagon, counts finest areas that its border cuts.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct MovedView {
    /// `pieces`: electors are counted by pieces of the finest areas, and past votes are split with them.
    pub method: String,
    /// Finest areas that are cut.
    pub cut_areas: usize,
    /// Its electors in those.
    pub cut_electors: u64,
    /// Electors by which its number may be off, 9 times in 10; `null` of a hexagon, whose error is not worked out.
    pub error: Option<f64>,
}

impl MovedView {
    fn of(grouping: &Grouping, row: usize) -> Option<Self> {
        let has = |(area, _): &&quartier_model::Part| area.is_some_and(|area| area as usize == row);
        let parts = grouping.membership.cut().values().filter_map(|parts| parts.iter().find(has));
        let (cut_areas, cut_electors) = parts.fold((0, 0), |(n, sum), (_, part)| (n + 1, sum + u64::from(*part)));
        let error = f64::from(grouping.errors.get(row).copied()?);
        let method = grouping.facts.method.as_str().to_owned();
        (cut_areas > 0).then_some(Self { method, cut_areas, cut_electors, error: Some(error.round()) })
    }

    /// Finest areas of which a hexagon has some electors and not all.
    fn of_hexagon(geography: &Geography, hexes: &Hexes, row: usize) -> Option<Self> {
        let (ground, cut) = (geography.ground()?, hexes.members(geography)?.cut());
        let all = |leaf: &u32| cut.get(leaf).map(|parts| parts.iter().map(|(_, part)| u64::from(*part)).sum::<u64>());
        let held = hexes.electors_of(ground, row).into_iter();
        let parts = held.filter(|(leaf, part)| all(leaf).is_some_and(|all| all > u64::from(*part)));
        let (cut_areas, cut_electors) = parts.fold((0, 0), |(n, sum), (_, part)| (n + 1, sum + u64::from(part)));
        let method = GroupingMethod::Pieces.as_str().to_owned();
        (cut_areas > 0).then_some(Self { method, cut_areas, cut_electors, error: None })
    }
}

/// A past election here.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PastView {
    /// Its id.
    pub election: String,
    /// YYYY-MM-DD.
    pub date: String,
    /// As people read it.
    pub label: String,
    /// Exact counts; `null` without a result here.
    pub counts: Option<CountsView>,
    /// What may be wrong with them, where they were moved from areas that this one divides; else `null`.
    pub errors: Option<ErrorsView>,
    /// The same as shares, through the reading; `null` where the reading does not read it.
    pub profile: Option<ProfileView>,
}

/// The four groups as fractions that add to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct ProfileView {
    /// `null` where the election has no register.
    pub abstainers: Option<f64>,
    /// Neither side.
    pub undecided: f64,
    /// Our side.
    pub favourable: f64,
    /// The other side.
    pub opposed: f64,
}

/// What stands behind the estimate of an area.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AreaEvidence {
    /// Answers collected here, exact.
    pub answers: u64,
    /// What they said: counts, and never a share of anybody; `null` without answers.
    pub counts: Option<AnswersView>,
    /// Files behind the snapshot.
    pub sources: Vec<String>,
    /// Whether the baseline has no result here: the estimate is its parent's, moved.
    pub no_result: bool,
}

/// What people answered, as counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct AnswersView {
    /// Whether noise was added before anything was stored, so that counts are about right, and one may be below 0.
    pub noised: bool,
    /// `null` in each where that was not asked.
    pub favourable: Option<i64>,
    /// Neither side.
    pub undecided: Option<i64>,
    /// The other side.
    pub opposed: Option<i64>,
    /// Would not vote.
    pub abstainers: Option<i64>,
}

impl AreaEvidence {
    fn of(known: &Known, at: usize, row: usize, no_result: bool) -> Self {
        let snapshot = known.snapshot.as_deref();
        let tree = known.geography.tree();
        let sum = snapshot.and_then(|own| match known.geography.grouping_at(at) {
            None => own.answers().inside(tree, tree.node(at, row)),
            Some(grouping) => {
                // A finest area that is cut counts where most of it is.
                let home = tree.common(grouping.membership.homes().iter().copied());
                own.answers().among(|node| home[node as usize] == Some(Some(row as u32)))
            }
        });
        let view = |sum: AnswerSum| {
            let [abstainers, undecided, favourable, opposed] = sum.groups;
            AnswersView { noised: sum.noised, favourable, undecided, opposed, abstainers }
        };
        let sources = snapshot.map(sources).unwrap_or_default();
        Self { answers: sum.map_or(0, |sum| sum.asked), counts: sum.map(view), sources, no_result }
    }
}

impl AreaView {
    /// The area of a row of a geography, as a snapshot of it shows it; `None` beyond the end.
    pub fn of(known: &Known, at: usize, row: usize) -> Option<Self> {
        let Known { geography, .. } = known;
        let (snapshot, results) = (known.snapshot.as_deref(), known.results.as_deref());
        let level = geography.at(at)?;
        let estimates = snapshot.and_then(|own| Estimates::of(own, level.level.id.as_str()).ok());
        let flag = |bit: u8| estimates.is_some_and(|own| own.values.flags(row) & bit != 0);
        let source = estimates.and_then(|own| serde_json::to_value(own.values.electors_source(row)).ok());
        Some(Self {
            level: level.level.id.to_string(),
            row,
            code: level.code(row)?.to_owned(),
            name: level.name(row)?.to_owned(),
            path: path_of(geography, at, row),
            groupings: groupings_of(geography, at, row),
            moved: geography.grouping_at(at).and_then(|own| MovedView::of(own, row)),
            bbox: level.bounds(row),
            point: level.point(row),
            electors: estimates.map_or(level.electors(row), |own| own.values.electors(row)).known(),
            electors_source: source.and_then(|source| source.as_str().map(ToOwned::to_owned)),
            pooled: flag(flags::POOLED),
            moved_baseline: flag(flags::MOVED_BASELINE),
            estimate: estimates.map(|own| figures(&own, row)).unwrap_or_default(),
            rank: estimates.map(|own| ranks(own.snapshot, at, row, &own.measures())).unwrap_or_default(),
            history: results.map(|own| history(own, snapshot, level, row)).unwrap_or_default(),
            past: results.map(|own| past(own, snapshot, geography, (at, row))).unwrap_or_default(),
            unplaced: results.and_then(|own| unplaced(own, level, row)),
            evidence: AreaEvidence::of(known, at, row, flag(flags::NO_BASELINE)),
        })
    }
}

impl AreaView {
    /// A hexagon, as a snapshot shows it: its path is that of the finest area that holds most of its electors, its past
    /// their votes split between hexagons, its rank among those in the same coarser hexagon. `None` beyond the end.
    pub fn of_hexagon(known: &Known, hexes: &Hexes, row: usize) -> Option<Self> {
        let Known { geography, .. } = known;
        let ground = geography.ground()?;
        let (level, snapshot, results) = (&ground.hexes, known.snapshot.as_deref(), known.results.as_deref());
        let place = (geography.hexes_position(), row);
        let estimates = snapshot.and_then(|own| Estimates::of(own, level.level.id.as_str()).ok());
        let code = level.code(row)?;
        let path = cell_of(code).and_then(|cell| main_area(geography, ground, cell)).map(|(at, row)| {
            let (level, mut path) = (&geography.levels()[at], path_of(geography, at, row));
            let name = level.name(row).unwrap_or_default().to_owned();
            let code = level.code(row).unwrap_or_default().to_owned();
            path.push(Step { level: level.level.id.to_string(), code, name });
            path
        });
        Some(Self {
            level: level.level.id.to_string(),
            row,
            code: code.to_owned(),
            name: level.name(row)?.to_owned(),
            path: path.unwrap_or_default(),
            groupings: Vec::new(),
            moved: MovedView::of_hexagon(geography, hexes, row),
            bbox: level.bounds(row),
            point: level.point(row),
            electors: level.electors(row).known(),
            electors_source: Some("children".to_owned()),
            pooled: estimates.is_some_and(|own| own.values.flags(row) & flags::POOLED != 0),
            moved_baseline: estimates.is_some_and(|own| own.values.flags(row) & flags::MOVED_BASELINE != 0),
            estimate: estimates.map(|own| figures(&own, row)).unwrap_or_default(),
            rank: estimates.map(|own| hex_ranks(own.snapshot, hexes, row, &own.measures())).unwrap_or_default(),
            history: results.map(|own| history(own, snapshot, level, row)).unwrap_or_default(),
            past: results.map(|own| past(own, snapshot, geography, place)).unwrap_or_default(),
            unplaced: None,
            evidence: AreaEvidence {
                answers: 0,
                counts: None,
                sources: snapshot.map(sources).unwrap_or_default(),
                no_result: false,
            },
        })
    }
}

fn figures(estimates: &Estimates<'_>, row: usize) -> BTreeMap<String, FigureView> {
    let Some(own) = estimates.row(row) else { return BTreeMap::new() };
    let figure = |measure: Measure| {
        let figure = own.figures[measure.index()]?;
        let [value, low, high, spread] = [figure.value, figure.low, figure.high, figure.spread].map(fraction);
        let [people, people_low, people_high] = own.people_of(measure);
        let view = FigureView { value, low, high, spread, people, people_low, people_high };
        Some((measure.id().to_owned(), view))
    };
    estimates.measures().into_iter().filter_map(figure).collect()
}

/// The areas of groupings that hold all of an area of the tree.
fn groupings_of(geography: &Geography, at: usize, row: usize) -> Vec<Step> {
    let tree = geography.tree();
    if at >= tree.levels() {
        return Vec::new();
    }
    let node = tree.node(at, row) as usize;
    let step = |grouping: &Grouping| {
        let area = grouping.membership.whole_nodes(tree)[node].flatten()? as usize;
        let (code, name) = (grouping.areas.code(area)?.to_owned(), grouping.areas.name(area)?.to_owned());
        Some(Step { level: grouping.areas.level.id.to_string(), code, name })
    };
    geography.groupings().iter().filter_map(step).collect()
}

fn sources(snapshot: &Snapshot) -> Vec<String> {
    snapshot.manifest().evidence.iter().map(|record| record.file.clone()).collect()
}

fn history(results: &Results, snapshot: Option<&Snapshot>, level: &GeographyLevel, row: usize) -> Vec<PastView> {
    let past = |own: &PublishedElection| {
        let table = results.table(own.election.id.as_str(), level.level.id.as_str());
        let counts = table.and_then(|table| table.counts(row));
        PastView {
            election: own.election.id.to_string(),
            date: own.election.date.to_string(),
            label: own.election.label.clone(),
            errors: table.and_then(|table| table.error(row)).map(|error| ErrorsView::of(&error, &own.election)),
            profile: counts.as_ref().and_then(|counts| profile(counts, own, snapshot)),
            counts: counts.map(|counts| CountsView::of(&counts, &own.election)),
        }
    };
    results.elections().iter().map(past).collect()
}

/// Base and reserve through the snapshot's reading; without a snapshot, the default one.
fn past(
    results: &Results,
    snapshot: Option<&Snapshot>,
    geography: &Geography,
    place: (usize, usize),
) -> BTreeMap<String, AreaPastView> {
    let reading = snapshot.map_or_else(ReadingId::default_reading, |own| own.manifest().reading.clone());
    of_area(geography, results, &reading, place)
}

/// Counts through the snapshot's reading; without a snapshot, the default one.
fn profile(counts: &Counts, own: &PublishedElection, snapshot: Option<&Snapshot>) -> Option<ProfileView> {
    let reading = snapshot.map_or("default", |own| own.manifest().reading.as_str());
    let (_, blocs) = own.blocs.iter().find(|(id, _)| id.as_str() == reading)?;
    let stages = StageCounts::of(counts, &blocs.resolve(&own.election).ok()?);
    let [abstainers, undecided, favourable, opposed] = round_profile(stages.profile()?.shares()).map(fraction);
    let abstainers = stages.has_registered.then_some(abstainers);
    Some(ProfileView { abstainers, undecided, favourable, opposed })
}

fn unplaced(results: &Results, level: &GeographyLevel, row: usize) -> Option<BTreeMap<String, CountsView>> {
    let code = level.code(row)?;
    let of = |own: &PublishedElection| {
        let here = |other: &&quartier_snapshot::Unplaced| {
            other.level == level.level.id.as_str() && other.code.as_deref() == Some(code)
        };
        let found = own.unplaced.iter().find(here)?;
        Some((own.election.id.to_string(), CountsView::of(&found.counts, &own.election)))
    };
    let found: BTreeMap<_, _> = results.elections().iter().filter_map(of).collect();
    (!found.is_empty()).then_some(found)
}
