//! Base and reserve: exact measures of several past elections.

use super::compare::CompareFormat;
use super::estimates::{Format, download};
use super::tables::{TABLE, written_table};
use super::{area_position, box_of, inside_box, level_asked, limit_of, page, sort_by_figure};
use crate::conditional::{Keep, json};
use crate::problem::Problem;
use crate::state::{App, blocking};
use crate::stream;
use crate::view::past::PastView;
use crate::view::shown::Shown;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use http::HeaderMap;
use quartier_export::{CsvForm, ExportError, PastFigures, past_csv, past_geojson};
use quartier_model::PastMeasure;
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;

/// Which figures.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PastQuery {
    /// The level, a grouping, or `hex`; the coarsest level unless said.
    level: Option<String>,
    /// Of hexagons, the H3 resolution at which they are shown, 3 to 10; 8 unless said.
    resolution: Option<u8>,
    /// Which reading says who is favourable; the current snapshot's unless said.
    reading: Option<String>,
    /// A number: on the areas of that snapshot, with the elections it was made with; or `current`.
    snapshot: Option<String>,
    /// Only areas inside this one: `level:code`.
    within: Option<String>,
    /// Only areas whose point lies inside: `west,south,east,north`, degrees.
    bbox: Option<String>,
    /// `code`, `value` or `-value` (the share, the greatest first); areas without a figure come last.
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

/// The *base* or the *reserve*: exact, over the elections that the campaign names
#[utoipa::path(get, path = "/api/v1/past/{measure}", tag = "elections",
    params(("measure" = String, Path, description = "`base` or `reserve`"), PastQuery), responses(
    (status = 200, content((PastView = "application/json"), (String = "application/vnd.quartier.table"),
        (String = "application/geo+json"), (String = "text/csv"))),
    (status = 206, description = "a part of the table, by `Range`", content_type = TABLE),
    (status = 400, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json")))]
pub async fn past(
    State(app): State<Arc<App>>,
    Path(measure): Path<String>,
    Query(query): Query<PastQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let measure: PastMeasure = measure.parse().map_err(|_| Problem::not_found("measure of the past"))?;
    let shown = Shown::named(&app, query.snapshot.as_deref()).await?;
    let format = query.format;
    let (query, figures) = blocking(move || {
        let figures = query.figures(&app, &shown, measure)?;
        Ok((query, figures))
    })
    .await?;
    let text = match format {
        CompareFormat::Json => return Ok(json(&headers, Keep::Revalidate, &query.view(&figures)?)),
        CompareFormat::Values => return written_table(&headers, Keep::Revalidate, &figures.table()),
        CompareFormat::Geojson => Format::Geojson,
        CompareFormat::Csv => Format::Csv,
        CompareFormat::CsvFr => Format::CsvFr,
    };
    let rows = query.rows(&figures, usize::MAX)?.1;
    let name = format!("{}-{measure}", figures.level_id());
    let body = stream::body(move |out| match text {
        Format::Geojson => past_geojson(out, &figures, &rows),
        Format::CsvFr => past_csv(out, &figures, &rows, CsvForm::French),
        Format::Csv | Format::Json => past_csv(out, &figures, &rows, CsvForm::International),
    });
    Ok(download(body, text, &name))
}

/// What a client is told when figures cannot be had.
pub fn problem_of(error: ExportError) -> Problem {
    match error {
        ExportError::Compare(why) => Problem::bad_request(why),
        ExportError::NoElection(_) => Problem::not_found("election"),
        ExportError::NoLevel(_) => Problem::not_found("level"),
        other => Problem::internal(&other),
    }
}

impl PastQuery {
    fn figures(&self, app: &App, shown: &Shown, measure: PastMeasure) -> Result<PastFigures, Problem> {
        let (geography, results) = shown.past()?;
        let reading = match &self.reading {
            Some(reading) => reading.parse().map_err(|error| Problem::bad_request(format!("reading: {error}")))?,
            None => shown.reading(),
        };
        let level = level_asked(app, geography, self.level.as_deref(), self.resolution)?;
        PastFigures::of(geography, results, measure, &reading, level).map_err(problem_of)
    }

    /// How many rows fit, those of this page, and the next cursor.
    fn rows(&self, figures: &PastFigures, usual: usize) -> Result<(usize, Vec<usize>, Option<String>), Problem> {
        let area = |within| area_position(&figures.geography, "within", within);
        let within = self.within.as_deref().map(area).transpose()?.flatten();
        let mut rows = figures.rows_within(within);
        if let Some(bbox) = box_of(self.bbox.as_deref())? {
            let level = figures.geography.at(figures.level).ok_or_else(|| Problem::not_found("level"))?;
            rows.retain(|row| inside_box(level, *row, bbox));
        }
        let figure = |row: usize| figures.rows.get(row).and_then(|own| own.ok()).map(|own| i32::from(own.share));
        sort_by_figure(&mut rows, self.sort.as_deref(), figure)?;
        let (shown, next) = page(&rows, self.cursor.as_deref(), limit_of(self.limit, usual, 10_000)?)?;
        Ok((rows.len(), shown, next))
    }

    fn view(&self, figures: &PastFigures) -> Result<PastView, Problem> {
        let (total, rows, next) = self.rows(figures, 100)?;
        Ok(PastView::of(figures, total, &rows, next))
    }
}
