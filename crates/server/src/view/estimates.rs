//! Estimates as JSON rows, through the same iterator as the downloads.

use super::{CountsView, ErrorsView, UnplacedVotes, fraction};
use quartier_export::{EstimateRow, Estimates, PEOPLE_ENDS, ResultRow, ResultRows, SHARE_ENDS, Unplaced};
use quartier_model::Measure;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A page of estimates.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EstimatesView {
    /// Id of the snapshot.
    pub snapshot: u32,
    /// Hash of the geography.
    pub geography: String,
    /// The level.
    pub level: String,
    /// Of hexagons, the resolution at which they are shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolution: Option<u8>,
    /// `electors` or `voters`.
    pub of: String,
    /// Areas that fit, on all pages.
    pub total: usize,
    /// `code`, `name`, `level`, `parent`, `electors`, each measure with `_low` and `_high` (fractions, `null` without a
    /// figure) and its people with theirs (`_people`, `_people_low`, `_people_high`), `pooled`,
    /// `moved_baseline`: counts of its baseline came out of areas of another geography that were divided.
    #[schema(value_type = Vec<Object>)]
    pub areas: Vec<Value>,
    /// Electors of the same ground who belong to no area of the level, whatever the page; nothing is estimated of them.
    pub unplaced: Vec<UnplacedElectors>,
    /// Give it back as `cursor` for the next page; `null` on the last.
    pub next_cursor: Option<String>,
}

/// Electors who belong to no area.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct UnplacedElectors {
    /// Level of the ancestor that counts them; `campaign` for the root.
    pub level: String,
    /// Its code; `null` for the root.
    pub code: Option<String>,
    /// Its name; `null` for the root.
    pub name: Option<String>,
    /// How many.
    pub electors: u64,
}

impl UnplacedElectors {
    /// As they are sent.
    pub fn of(own: &Unplaced<'_, u64>) -> Self {
        Self {
            level: own.level.to_owned(),
            code: own.code.map(ToOwned::to_owned),
            name: own.name.map(ToOwned::to_owned),
            electors: own.what,
        }
    }
}

/// One area as an object.
pub fn row(level: &str, row: &EstimateRow<'_>, measures: &[Measure]) -> Value {
    let mut object = Map::new();
    object.insert("code".into(), json!(row.code));
    object.insert("name".into(), json!(row.name));
    object.insert("level".into(), json!(level));
    object.insert("parent".into(), json!(row.parent));
    object.insert("electors".into(), json!(row.electors));
    for measure in measures {
        let figure = row.figures[measure.index()];
        let parts = figure.map(|figure| [figure.value, figure.low, figure.high]);
        for (at, end) in SHARE_ENDS.into_iter().enumerate() {
            object.insert(format!("{}{end}", measure.id()), json!(parts.map(|parts| fraction(parts[at]))));
        }
        for (end, people) in PEOPLE_ENDS.into_iter().zip(row.people_of(*measure)) {
            object.insert(format!("{}{end}", measure.id()), json!(people));
        }
    }
    object.insert("pooled".into(), json!(row.pooled));
    object.insert("moved_baseline".into(), json!(row.moved_baseline));
    Value::Object(object)
}

/// How the electors of a level are distributed over the figures of a measure.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SummaryView {
    /// Id of the snapshot.
    pub snapshot: u32,
    /// The level.
    pub level: String,
    /// Of hexagons, the resolution at which they are shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolution: Option<u8>,
    /// The measure.
    pub measure: String,
    /// Areas.
    pub areas: usize,
    /// Of them, those that show a joint estimate.
    pub pooled: usize,
    /// Of them, those without a figure.
    pub without: usize,
    /// Half the median width of the interval of the difference from the campaign, a fraction.
    pub half_spread: f64,
    /// Figures in thousandths, ascending; the lists beside it are in its order.
    pub value: Vec<i16>,
    /// The widest spread of those counted together, thousandths: 1.5, 3 or 6 steps, or more.
    pub spread: Vec<i16>,
    /// Their electors; areas of an unknown number count none.
    pub electors: Vec<u64>,
    /// Areas counted together.
    pub count: Vec<usize>,
}

impl SummaryView {
    /// Of some rows, for classes of a width.
    pub fn of(snapshot: u32, estimates: &Estimates<'_>, rows: &[usize], measure: Measure, step: f64) -> Self {
        // A colour is of one class up to 1.5 steps, of two up to 3; with half as many classes, to twice as much.
        let bounds = [1.5, 3.0, 6.0]
            .map(|steps: f64| (steps * step * 1000.0 + 1e-6).floor().min(f64::from(i16::MAX - 1)) as i16);
        let bound = |spread: i16| bounds.into_iter().find(|bound| spread <= *bound).unwrap_or(bounds[2] + 1);
        let mut sums: BTreeMap<(i16, i16), (u64, usize)> = BTreeMap::new();
        let (mut spreads, mut pooled) = (Vec::with_capacity(rows.len()), 0);
        for row in rows {
            pooled += usize::from(estimates.is_pooled(*row));
            let Some(figure) = estimates.values.figure(measure, *row) else { continue };
            spreads.push(figure.spread);
            let sum = sums.entry((figure.value, bound(figure.spread))).or_default();
            sum.0 += estimates.values.electors(*row).known().map_or(0, u64::from);
            sum.1 += 1;
        }
        spreads.sort_unstable();
        let half_spread = spreads.get(spreads.len() / 2).map_or(0.0, |spread| f64::from(*spread) / 2000.0);
        Self {
            snapshot,
            level: estimates.level.level.id.to_string(),
            resolution: estimates.resolution,
            measure: measure.id().to_owned(),
            areas: rows.len(),
            pooled,
            without: rows.len() - spreads.len(),
            half_spread,
            value: sums.keys().map(|(value, _)| *value).collect(),
            spread: sums.keys().map(|(_, spread)| *spread).collect(),
            electors: sums.values().map(|(electors, _)| *electors).collect(),
            count: sums.values().map(|(_, count)| *count).collect(),
        }
    }
}

/// How rows are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortKey {
    /// By code: the order of the rows.
    Code,
    /// By name without accents.
    Name,
    /// By electors.
    Electors,
    /// By the published mean.
    Measure(Measure),
}

/// Sorts rows; what has no figure is last either way, and ties are in the order of codes.
pub fn sort(estimates: &Estimates<'_>, rows: &mut [usize], key: SortKey, descending: bool) {
    let figure = |row: usize| -> Option<i64> {
        match key {
            SortKey::Measure(measure) => estimates.values.figure(measure, row).map(|figure| i64::from(figure.value)),
            SortKey::Electors => estimates.values.electors(row).known().map(i64::from),
            SortKey::Code | SortKey::Name => None,
        }
    };
    match key {
        SortKey::Code => {}
        SortKey::Name => {
            rows.sort_by_cached_key(|row| quartier_model::fold(estimates.level.name(*row).unwrap_or_default()));
        }
        SortKey::Electors | SortKey::Measure(_) => {
            rows.sort_by_cached_key(|row| {
                let figure = figure(*row);
                (figure.is_none(), figure.map(|figure| if descending { -figure } else { figure }))
            });
            return;
        }
    }
    if descending {
        rows.reverse();
    }
}

/// A page of exact counts.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ResultsView {
    /// Id of the election.
    pub election: String,
    /// Hash of the geography.
    pub geography: String,
    /// The level.
    pub level: String,
    /// Of hexagons, the resolution at which they are shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolution: Option<u8>,
    /// Areas that fit, on all pages.
    pub total: usize,
    /// In the order of codes.
    pub areas: Vec<ResultView>,
    /// Votes of the same ground that belong to no area of the level.
    pub unplaced: Vec<UnplacedVotes>,
    /// What the areas and the unplaced add up to: the official total of the ground; `null` without a result there, in a box,
    /// and of hexagons inside an area, as they hold electors beside it too.
    pub whole: Option<CountsView>,
    /// Give it back as `cursor` for the next page; `null` on the last.
    pub next_cursor: Option<String>,
}

/// The counts of an area.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ResultView {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Code of its parent; `null`: the campaign.
    pub parent: Option<String>,
    /// `null` without a result here.
    pub counts: Option<CountsView>,
    /// What may be wrong with them, where they come out of areas that this one divides; else `null`.
    pub errors: Option<ErrorsView>,
    /// Whether some of them are those of finest areas that this one cuts, split by where electors are.
    pub moved: bool,
}

impl ResultView {
    /// The counts of a row.
    pub fn of(row: &ResultRow<'_>, results: &ResultRows<'_>) -> Self {
        Self {
            code: row.code.to_owned(),
            name: row.name.to_owned(),
            parent: row.parent.map(ToOwned::to_owned),
            counts: row.counts.as_ref().map(|counts| CountsView::of(counts, &results.election.election)),
            errors: row.error.as_ref().map(|error| ErrorsView::of(error, &results.election.election)),
            moved: row.moved,
        }
    }
}
