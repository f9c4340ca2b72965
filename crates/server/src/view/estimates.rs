//! Estimates as JSON rows, through the same iterator as the downloads.

use super::{CountsView, ErrorsView, UnplacedVotes, fraction};
use quartier_export::{EstimateRow, Estimates, PEOPLE_ENDS, ResultRow, ResultRows, SHARE_ENDS, Unplaced};
use quartier_model::Measure;
use serde::Serialize;
use serde_json::{Map, Value, json};
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
    /// figure) and its people with theirs (`_people`, `_people_low`, `_people_high`), `pooled`.
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
    Value::Object(object)
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
    /// Areas that fit.
    pub total: usize,
    /// In the order of codes.
    pub areas: Vec<ResultView>,
    /// Votes of the same ground that belong to no area of the level.
    pub unplaced: Vec<UnplacedVotes>,
    /// What the areas and the unplaced add up to: the official total of the ground; `null` without a result there.
    pub whole: Option<CountsView>,
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
    /// What may be wrong with them, where they were moved from areas that this one divides; else `null`.
    pub errors: Option<ErrorsView>,
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
        }
    }
}
