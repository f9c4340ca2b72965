//! Past elections and their exact counts.

use super::campaign::WhenQuery;
use super::estimates::{Format, download};
use super::{area_position, box_of, inside_box, level_position};
use crate::conditional::{Keep, json};
use crate::problem::Problem;
use crate::state::{App, blocking};
use crate::stream;
use crate::view::election::ElectionView;
use crate::view::estimates::{ResultView, ResultsView};
use crate::view::shown::Shown;
use crate::view::{CountsView, UnplacedVotes};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use http::HeaderMap;
use quartier_export::{CsvForm, ExportError, Part, ResultRows, Within, results_csv, results_geojson};
use quartier_model::Counts;
use quartier_snapshot::{Geography, PublishedElection, Results};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;

/// The past elections, by date
#[utoipa::path(get, path = "/api/v1/elections", tag = "elections", params(WhenQuery), responses(
    (status = 200, body = Vec<ElectionView>), (status = 404, body = Problem, content_type = "application/problem+json")))]
pub async fn elections(
    State(app): State<Arc<App>>,
    Query(query): Query<WhenQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let shown = Shown::named(&app, query.snapshot.as_deref()).await?;
    Ok(json(&headers, Keep::Revalidate, &ElectionView::all(&shown)))
}

/// Which counts.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ResultsQuery {
    /// The level, or a grouping; the coarsest level unless said.
    level: Option<String>,
    /// Only areas inside this one: `level:code`.
    within: Option<String>,
    /// Only areas whose point lies inside: `west,south,east,north`, degrees; what belongs to no area is then left out.
    bbox: Option<String>,
    /// A number: on the areas of that snapshot, with the elections it was made with; or `current`.
    snapshot: Option<String>,
    /// Of a file, only these lists, by id, separated by commas; a comma in an id is written `%2C`. All unless said.
    columns: Option<String>,
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
    let shown = Shown::named(&app, query.snapshot.as_deref()).await?;
    let (geography, results) = shown.past().map(|(geography, results)| (geography.clone(), results.clone()))?;
    let election = results.election(&id).ok_or_else(|| Problem::not_found("election"))?;
    let lists = lists_of(query.columns.as_deref(), election)?;
    let format = query.format;
    if format == Format::Json {
        return Ok(json(&headers, Keep::Revalidate, &blocking(move || query.view(&geography, &results, &id)).await?));
    }
    let (level, within) = query.ground(&geography)?;
    let bbox = box_of(query.bbox.as_deref())?;
    let file = format!("{level}-{id}");
    let body = stream::body(move |out| {
        let counts = ResultRows::of(&geography, &results, &id, &level)?.only(lists.as_deref());
        let part = inside(counts.part(within), &counts, bbox);
        match format {
            Format::Geojson => results_geojson(out, geography.manifest(), &counts, &part),
            Format::CsvFr => results_csv(out, &counts, &part, CsvForm::French),
            Format::Csv | Format::Json => results_csv(out, &counts, &part, CsvForm::International),
        }
    });
    Ok(download(body, format, &file))
}

/// The positions of the lists that a query names, each id percent-encoded once more; `None`: all.
///
/// # Errors
/// 400 that names a list that did not stand.
pub fn lists_of(text: Option<&str>, election: &PublishedElection) -> Result<Option<Vec<usize>>, Problem> {
    let position = |id: &str| {
        let id = id.replace("%2C", ",").replace("%25", "%");
        election.election.lists.iter().position(|list| list.id.as_str() == id).ok_or_else(|| {
            let found: String = id.chars().take(64).collect();
            let names: Vec<&str> = election.election.lists.iter().map(|list| list.id.as_str()).collect();
            Problem::bad_request(format!("columns: no list is called `{found}`; there are {}", names.join(", ")))
        })
    };
    text.map(|text| text.split(',').map(position).collect()).transpose()
}

/// The part of a level whose points lie in a box; without the unplaced, as it no longer adds up.
fn inside<'a>(part: Part<'a, Counts>, counts: &ResultRows<'_>, bbox: Option<[f64; 4]>) -> Part<'a, Counts> {
    let Some(bbox) = bbox else { return part };
    let rows = part.rows.into_iter().filter(|row| inside_box(counts.level, *row, bbox)).collect();
    Part { rows, unplaced: Vec::new() }
}

impl ResultsQuery {
    fn ground(&self, geography: &Geography) -> Result<(String, Within), Problem> {
        let at = self.level.as_deref().map_or(Ok(0), |level| level_position(geography, level))?;
        let within = self.within.as_deref().map(|within| area_position(geography, "within", within)).transpose()?;
        let level = geography.at(at).ok_or_else(|| Problem::not_found("level"))?;
        Ok((level.level.id.to_string(), within.flatten()))
    }

    fn view(&self, geography: &Geography, results: &Results, election: &str) -> Result<ResultsView, Problem> {
        let (level, within) = self.ground(geography)?;
        let counts =
            ResultRows::of(geography, results, election, &level).map_err(|error: ExportError| match error {
                ExportError::NoElection(_) | ExportError::NoLevel(_) => Problem::not_found("election or level"),
                other => Problem::internal(&other),
            })?;
        let bbox = box_of(self.bbox.as_deref())?;
        let (part, names) = (inside(counts.part(within), &counts, bbox), &counts.election.election);
        Ok(ResultsView {
            election: election.to_owned(),
            geography: geography.hash().to_owned(),
            total: part.rows.len(),
            areas: counts.rows(&part.rows).map(|row| ResultView::of(&row, &counts)).collect(),
            unplaced: part.unplaced.iter().map(|own| UnplacedVotes::of(own, names)).collect(),
            whole: counts.whole(within).filter(|_| bbox.is_none()).map(|whole| CountsView::of(&whole, names)),
            level,
        })
    }
}
