//! What changed since an election or a snapshot.

use super::estimates::{Format, download};
use super::past::problem_of;
use super::tables::{TABLE, written_table};
use super::{area_position, level_asked, limit_of, page, sort_by_figure};
use crate::conditional::{Keep, json};
use crate::problem::Problem;
use crate::state::{App, blocking};
use crate::stream;
use crate::view::compare::CompareView;
use crate::view::shown::Shown;
use axum::extract::{Query, State};
use axum::response::Response;
use http::HeaderMap;
use quartier_export::{Comparison, CsvForm, Past, Side, Within, compare_csv, compare_geojson};
use quartier_model::{Measure, ReadingId};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// The form of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CompareFormat {
    /// A page.
    #[default]
    Json,
    /// The container of the values tables: all areas of the level, column `change`.
    Values,
    /// A FeatureCollection with the imported outlines.
    Geojson,
    /// Comma, decimal point.
    Csv,
    /// Semicolon, decimal comma, byte order mark.
    CsvFr,
}

/// What to compare with what.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CompareQuery {
    /// The level, a grouping, or `hex`; the coarsest level unless said.
    level: Option<String>,
    /// Of hexagons, the H3 resolution at which they are shown, 3 to 10; 8 unless said.
    resolution: Option<u8>,
    /// The earlier side: an election's id, or a snapshot's number where no election is called so.
    from: String,
    /// The later side: `current` (unless said), a snapshot's number, or an election's id.
    to: Option<String>,
    /// `favourable` (unless said), `undecided`, `opposed`, `abstainers`, `turnout` or `margin`.
    measure: Option<String>,
    /// Of two elections, which lists are whose: a reading's id; the default one unless said.
    reading: Option<String>,
    /// Of two elections: a number, for the areas of that snapshot; or `current`.
    snapshot: Option<String>,
    /// Only areas inside this one: `level:code`.
    within: Option<String>,
    /// `code`, `value` or `-value`, the greatest first; areas without a figure come last.
    sort: Option<String>,
    /// 1 to 10000; in JSON 100 unless said.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// `json`, `values`, `geojson`, `csv` or `csv-fr`.
    #[serde(default)]
    #[param(inline)]
    format: CompareFormat,
}

/// What changed since an election (*change*), since a snapshot (*revision*), or between two elections (*difference*)
#[utoipa::path(get, path = "/api/v1/compare", tag = "estimates", params(CompareQuery), responses(
    (status = 200, content((CompareView = "application/json"), (String = "application/vnd.quartier.table"),
        (String = "application/geo+json"), (String = "text/csv"))),
    (status = 206, description = "a part of the table, by `Range`", content_type = TABLE),
    (status = 400, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json")))]
pub async fn compare(
    State(app): State<Arc<App>>,
    Query(query): Query<CompareQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let shown = Shown::named(&app, query.snapshot.as_deref()).await?;
    let to = query.to.as_deref().unwrap_or("current");
    let sides = [side(&app, &shown, &query.from).await?, side(&app, &shown, to).await?];
    // A numbered snapshot brings its own past; what is current, or of two elections, may be another tomorrow.
    let named = to != "current" && matches!(sides[1], Side::Snapshot(_));
    let keep = if named { Keep::Forever } else { Keep::Revalidate };
    let format = query.format;
    let (query, comparison) = blocking(move || {
        let comparison = query.compared(&app, &shown, &sides)?;
        Ok((query, comparison))
    })
    .await?;
    let text = match format {
        CompareFormat::Json => return Ok(json(&headers, keep, &query.view(&comparison)?)),
        CompareFormat::Values => return written_table(&headers, keep, &comparison.table()),
        CompareFormat::Geojson => Format::Geojson,
        CompareFormat::Csv => Format::Csv,
        CompareFormat::CsvFr => Format::CsvFr,
    };
    let rows = query.rows(&comparison, usize::MAX)?.1;
    let name = format!("{}-{}-{}-{}", comparison.level_id(), comparison.measure, comparison.from, comparison.to);
    let body = stream::body(move |out| match text {
        Format::Geojson => compare_geojson(out, &comparison, &rows),
        Format::CsvFr => compare_csv(out, &comparison, &rows, CsvForm::French),
        Format::Csv | Format::Json => compare_csv(out, &comparison, &rows, CsvForm::International),
    });
    Ok(download(body, text, &name))
}

/// The side that a name means: an election of the results shown or of the current snapshot, else a snapshot.
async fn side(app: &Arc<App>, shown: &Shown, name: &str) -> Result<Side, Problem> {
    let known = shown.results.as_ref().is_some_and(|results| results.election(name).is_some());
    if known {
        return Ok(Side::Election(name.to_owned()));
    }
    Ok(Side::Snapshot(app.snapshot(name).await?))
}

impl CompareQuery {
    fn compared(&self, app: &App, shown: &Shown, sides: &[Side; 2]) -> Result<Arc<Comparison>, Problem> {
        let measure = self.measure.as_deref().unwrap_or(Measure::Favourable.id()).parse::<Measure>();
        let measure = measure.map_err(|error| Problem::bad_request(format!("measure: {error}")))?;
        let elections = shown.geography.as_ref().zip(shown.results.as_ref());
        let two = matches!(sides, [Side::Election(_), Side::Election(_)]);
        let reading = self.reading.as_deref().map(str::parse::<ReadingId>).transpose();
        let reading = reading.map_err(|error| Problem::bad_request(format!("reading: {error}")))?;
        let reading = reading.as_ref();
        let past = elections.filter(|_| two).map(|(geography, results)| Past { geography, results, reading });
        let geography = match &sides[1] {
            Side::Snapshot(snapshot) => snapshot.geography(),
            Side::Election(_) => shown.geography.as_ref().ok_or_else(Problem::nothing_published)?,
        };
        let level = level_asked(app, geography, self.level.as_deref(), self.resolution)?;
        app.comparison([&sides[0], &sides[1]], measure, level, past).map_err(problem_of)
    }

    fn within(&self, comparison: &Comparison) -> Result<Within, Problem> {
        let area = |within| area_position(&comparison.geography, "within", within);
        Ok(self.within.as_deref().map(area).transpose()?.flatten())
    }

    /// How many rows fit, those of this page, and the next cursor.
    fn rows(&self, comparison: &Comparison, usual: usize) -> Result<(usize, Vec<usize>, Option<String>), Problem> {
        let mut rows = comparison.rows_within(self.within(comparison)?);
        let figure = |row: usize| comparison.rows.get(row).and_then(|own| own.ok()).map(|own| i32::from(own.value));
        sort_by_figure(&mut rows, self.sort.as_deref(), figure)?;
        let (shown, next) = page(&rows, self.cursor.as_deref(), limit_of(self.limit, usual, 10_000)?)?;
        Ok((rows.len(), shown, next))
    }

    fn view(&self, comparison: &Comparison) -> Result<CompareView, Problem> {
        let (total, rows, next) = self.rows(comparison, 100)?;
        Ok(CompareView::of(comparison, total, &rows, next))
    }
}
