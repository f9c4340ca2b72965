//! Past elections and their exact counts.

use super::estimates::{Format, download};
use super::{area_position, level_position};
use crate::conditional::{Keep, json};
use crate::problem::Problem;
use crate::state::{App, blocking};
use crate::stream;
use crate::view::election::ElectionView;
use crate::view::estimates::{ResultView, ResultsView};
use crate::view::{CountsView, UnplacedVotes};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use http::HeaderMap;
use quartier_export::{CsvForm, ExportError, ResultRows, Within, results_csv, results_geojson};
use quartier_snapshot::{Geography, Results};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;

/// The past elections, by date
#[utoipa::path(get, path = "/api/v1/elections", tag = "elections", responses((status = 200, body = Vec<ElectionView>)))]
pub async fn elections(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let published = app.published();
    json(&headers, Keep::Revalidate, &ElectionView::all(&published))
}

/// Which counts.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ResultsQuery {
    /// The level; the coarsest unless said.
    level: Option<String>,
    /// Only areas inside this one: `level:code`.
    within: Option<String>,
    /// `json`, `geojson`, `csv` or `csv-fr`.
    #[serde(default)]
    #[param(inline)]
    format: Format,
}

/// The exact counts of an election at a level
#[utoipa::path(get, path = "/api/v1/elections/{id}/results", tag = "elections",
    params(("id" = String, Path), ResultsQuery), responses(
    (status = 200, content((ResultsView = "application/json"), (String = "application/geo+json"), (String = "text/csv"))),
    (status = 400, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json")))]
pub async fn results(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Query(query): Query<ResultsQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let published = app.published();
    let both = published.geography().cloned().zip(published.results().cloned());
    let (geography, results) = both.ok_or_else(|| Problem::not_found("election"))?;
    results.election(&id).ok_or_else(|| Problem::not_found("election"))?;
    let format = query.format;
    if format == Format::Json {
        return Ok(json(&headers, Keep::Revalidate, &blocking(move || query.view(&geography, &results, &id)).await?));
    }
    let (level, within) = query.ground(&geography)?;
    let file = format!("{level}-{id}");
    let body = stream::body(move |out| {
        let counts = ResultRows::of(&geography, &results, &id, &level)?;
        let part = counts.part(within);
        match format {
            Format::Geojson => results_geojson(out, geography.manifest(), &counts, &part),
            Format::CsvFr => results_csv(out, &counts, &part, CsvForm::French),
            Format::Csv | Format::Json => results_csv(out, &counts, &part, CsvForm::International),
        }
    });
    Ok(download(body, format, &file))
}

impl ResultsQuery {
    fn ground(&self, geography: &Geography) -> Result<(String, Within), Problem> {
        let at = self.level.as_deref().map_or(Ok(0), |level| level_position(geography, level))?;
        let within = self.within.as_deref().map(|within| area_position(geography, "within", within)).transpose()?;
        let level = geography.levels().get(at).ok_or_else(|| Problem::not_found("level"))?;
        Ok((level.level.id.to_string(), within.flatten()))
    }

    fn view(&self, geography: &Geography, results: &Results, election: &str) -> Result<ResultsView, Problem> {
        let (level, within) = self.ground(geography)?;
        let counts =
            ResultRows::of(geography, results, election, &level).map_err(|error: ExportError| match error {
                ExportError::NoElection(_) | ExportError::NoLevel(_) => Problem::not_found("election or level"),
                other => Problem::internal(&other),
            })?;
        let (part, names) = (counts.part(within), &counts.election.election);
        Ok(ResultsView {
            election: election.to_owned(),
            geography: geography.hash().to_owned(),
            total: part.rows.len(),
            areas: counts.rows(&part.rows).map(|row| ResultView::of(&row, &counts)).collect(),
            unplaced: part.unplaced.iter().map(|own| UnplacedVotes::of(own, names)).collect(),
            whole: counts.whole(within).map(|whole| CountsView::of(&whole, names)),
            level,
        })
    }
}
