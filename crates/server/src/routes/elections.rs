//! Past elections and their exact counts.

use super::campaign::WhenQuery;
use super::estimates::{Format, download};
use super::{area_position, box_of, inside_box, level_asked, limit_of, not_too_many_at_once, page};
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
use quartier_export::{CsvForm, ExportError, HexesAt, Part, ResultRows, Within, results_csv, results_geojson};
use quartier_model::Counts;
use quartier_snapshot::{Geography, PublishedElection, Results};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;

/// Rows that an answer in JSON has at most, where it has a limit.
const MOST_ROWS: usize = 10_000;

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
    /// The level, a grouping, or `hex`; the coarsest level unless said. A finest area's votes are split between the
    /// hexagons that hold its electors, in whole numbers.
    level: Option<String>,
    /// Of hexagons, the H3 resolution at which they are shown, 3 to 10; 8 unless said.
    resolution: Option<u8>,
    /// Only areas inside this one: `level:code`.
    within: Option<String>,
    /// Only areas whose point lies inside: `west,south,east,north`, degrees; what belongs to no area is then left out.
    bbox: Option<String>,
    /// A number: on the areas of that snapshot, with the elections it was made with; or `current`.
    snapshot: Option<String>,
    /// In JSON, 1 to 10000. Unless said all, where that is no more than 100000 areas; of hexagons 10000.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Of a file, only these lists, by id, separated by commas; a comma in an id is written `%2C`. All unless said.
    columns: Option<String>,
    /// `json`, `geojson`, `csv` or `csv-fr`.
    #[serde(default)]
    #[param(inline)]
    format: Format,
}

/// The exact counts of an election at a level, or by hexagon
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
        let view = blocking(move || query.view(&app, &geography, &results, &id)).await?;
        return Ok(json(&headers, Keep::Revalidate, &view));
    }
    let ground = query.ground(&app, &geography)?;
    // What is not there is said before a file begins.
    counts_of(&geography, &results, &id, &ground)?;
    let bbox = box_of(query.bbox.as_deref())?;
    let shown = ground.hexes.as_ref().map(|own| format!("-{}", own.resolution)).unwrap_or_default();
    let file = format!("{}{shown}-{id}", ground.level);
    let body = stream::body(move |out| {
        let counts = ResultRows::of(&geography, &results, &id, &ground.level)?;
        let counts = counts.at(ground.hexes.as_ref().map(|own| own.resolution)).only(lists.as_deref());
        let part = inside(ground.part(&counts), &counts, bbox);
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

/// The areas whose counts are asked for.
struct Ground {
    level: String,
    hexes: Option<HexesAt>,
    within: Within,
}

impl Ground {
    fn part<'a>(&self, counts: &ResultRows<'a>) -> Part<'a, Counts> {
        match &self.hexes {
            Some(hexes) => counts.part_of(hexes, self.within),
            None => counts.part(self.within),
        }
    }
}

/// The counts of an election on a ground; 404 where there are none.
fn counts_of<'a>(
    geography: &'a Geography,
    results: &'a Results,
    election: &str,
    ground: &Ground,
) -> Result<ResultRows<'a>, Problem> {
    let counts = ResultRows::of(geography, results, election, &ground.level).map_err(|error| match error {
        ExportError::NoElection(_) | ExportError::NoLevel(_) => Problem::not_found("election or level"),
        other => Problem::internal(&other),
    })?;
    Ok(counts.at(ground.hexes.as_ref().map(|own| own.resolution)))
}

impl ResultsQuery {
    fn ground(&self, app: &App, geography: &Geography) -> Result<Ground, Problem> {
        let (level, hexes) = level_asked(app, geography, self.level.as_deref(), self.resolution)?;
        let within = self.within.as_deref().map(|within| area_position(geography, "within", within)).transpose()?;
        Ok(Ground { level: level.to_owned(), hexes, within: within.flatten() })
    }

    fn view(
        &self,
        app: &App,
        geography: &Geography,
        results: &Results,
        election: &str,
    ) -> Result<ResultsView, Problem> {
        let ground = self.ground(app, geography)?;
        let counts = counts_of(geography, results, election, &ground)?;
        let bbox = box_of(self.bbox.as_deref())?;
        let (part, names) = (inside(ground.part(&counts), &counts, bbox), &counts.election.election);
        let usual = if ground.hexes.is_some() { MOST_ROWS } else { usize::MAX };
        if ground.hexes.is_none() && self.limit.is_none() {
            not_too_many_at_once("level", part.rows.len())?;
        }
        let (rows, next_cursor) = page(&part.rows, self.cursor.as_deref(), limit_of(self.limit, usual, MOST_ROWS)?)?;
        // Hexagons hold electors beside the area too.
        let adds_up = bbox.is_none() && (ground.hexes.is_none() || ground.within.is_none());
        Ok(ResultsView {
            election: election.to_owned(),
            geography: geography.hash().to_owned(),
            total: part.rows.len(),
            resolution: counts.resolution,
            areas: counts.rows(&rows).map(|row| ResultView::of(&row, &counts)).collect(),
            unplaced: part.unplaced.iter().map(|own| UnplacedVotes::of(own, names)).collect(),
            whole: counts.whole(ground.within).filter(|_| adds_up).map(|whole| CountsView::of(&whole, names)),
            level: ground.level,
            next_cursor,
        })
    }
}
