//! How large a download will be, before it is asked for.

use super::elections::lists_of;
use super::estimates::{EstimatesQuery, Format, columns_of};
use super::past::problem_of;
use super::{area_position, box_of, inside_box, level_asked, level_position};
use crate::conditional::{Keep, json};
use crate::problem::Problem;
use crate::state::{App, blocking};
use crate::view::downloads::DownloadView;
use crate::view::shown::Shown;
use axum::extract::{Query, State};
use axum::response::Response;
use http::HeaderMap;
use quartier_export::{
    CsvForm, Estimates, ExportError, HexesAt, Part, PastFigures, ResultRows, Within, estimates_csv, estimates_geojson,
    past_csv, past_geojson, results_csv, results_geojson, rows_within,
};
use quartier_model::PastMeasure;
use quartier_snapshot::{Geography, Results, Snapshot};
use serde::Deserialize;
use std::io::{self, Write};
use std::sync::Arc;
use utoipa::IntoParams;

/// Rows that are written to learn the size of one; a level of no more is measured exactly.
const SAMPLE_ROWS: usize = 60;

/// Which download.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DownloadQuery {
    /// An election, for its exact counts; estimates unless said.
    election: Option<String>,
    /// `base` or `reserve`, in place of an election.
    past: Option<String>,
    /// The level, a grouping, or `hex`; the coarsest level unless said.
    level: Option<String>,
    /// Of hexagons, the H3 resolution at which they are shown, 3 to 10; 8 unless said.
    resolution: Option<u8>,
    /// Only areas inside this one: `level:code`.
    within: Option<String>,
    /// Only areas whose point lies inside: `west,south,east,north`, degrees.
    bbox: Option<String>,
    /// Of estimates only these measures, of an election only these lists, separated by commas; all unless said.
    columns: Option<String>,
    /// `geojson`, `csv` or `csv-fr`.
    format: Format,
    /// A number: that snapshot, or the past on its areas; or `current`.
    snapshot: Option<String>,
}

/// Rows and bytes of a download
#[utoipa::path(get, path = "/api/v1/downloads", tag = "estimates", params(DownloadQuery), responses(
    (status = 200, body = DownloadView), (status = 400, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json")))]
pub async fn downloads(
    State(app): State<Arc<App>>,
    Query(query): Query<DownloadQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if query.format == Format::Json {
        return Err(Problem::bad_request("format: expected geojson, csv or csv-fr"));
    }
    let shown = Shown::named(&app, query.snapshot.as_deref()).await?;
    let view = if let Some(measure) = &query.past {
        let measure: PastMeasure = measure.parse().map_err(|_| Problem::not_found("measure of the past"))?;
        blocking(move || query.past(&app, &shown, measure)).await?
    } else if query.election.is_some() {
        blocking(move || {
            let (geography, results) = shown.past()?;
            query.results(&app, geography, results)
        })
        .await?
    } else {
        let snapshot = app.snapshot(query.snapshot.as_deref().unwrap_or("current")).await?;
        blocking(move || query.estimates(&app, &snapshot)).await?
    };
    Ok(json(&headers, Keep::Revalidate, &view))
}

impl DownloadQuery {
    fn estimates(&self, app: &App, snapshot: &Snapshot) -> Result<DownloadView, Problem> {
        let named = [self.level.as_ref(), self.within.as_ref(), self.bbox.as_ref()];
        let (id, within, rows) = EstimatesQuery::ground_of(named, self.resolution).ground(app, snapshot)?;
        let columns = columns_of(self.columns.as_deref(), snapshot, &id)?;
        let estimates = Estimates::of(snapshot, &id).map_err(|_| Problem::not_found("level"))?;
        let estimates = estimates.at(self.resolution).only(columns.as_deref());
        let unplaced = if self.bbox.is_some() { Vec::new() } else { estimates.part(within).unplaced };
        measured(&rows, unplaced.len(), |out, rows| {
            let unplaced = if rows.is_empty() { Vec::new() } else { unplaced.clone() };
            let part = Part { rows, unplaced };
            match self.format {
                Format::Geojson => estimates_geojson(out, &estimates, &part),
                Format::CsvFr => estimates_csv(out, &estimates, &part, CsvForm::French),
                Format::Csv | Format::Json => estimates_csv(out, &estimates, &part, CsvForm::International),
            }
        })
    }

    fn results(&self, app: &App, geography: &Geography, results: &Results) -> Result<DownloadView, Problem> {
        let Ground { level, within, rows } = self.ground(app, geography)?;
        let (id, hexes) = level;
        let election = self.election.as_deref().unwrap_or_default();
        let missing = || Problem::not_found("election");
        let lists = lists_of(self.columns.as_deref(), results.election(election).ok_or_else(missing)?)?;
        let counts = ResultRows::of(geography, results, election, id).map_err(|_| missing())?.only(lists.as_deref());
        let part = || hexes.as_ref().map_or_else(|| counts.part(within), |own| counts.part_of(own, within));
        let unplaced = if self.bbox.is_some() { Vec::new() } else { part().unplaced };
        measured(&rows, unplaced.len(), |out, rows| {
            let unplaced = if rows.is_empty() { Vec::new() } else { unplaced.clone() };
            let part = Part { rows, unplaced };
            match self.format {
                Format::Geojson => results_geojson(out, geography.manifest(), &counts, &part),
                Format::CsvFr => results_csv(out, &counts, &part, CsvForm::French),
                Format::Csv | Format::Json => results_csv(out, &counts, &part, CsvForm::International),
            }
        })
    }

    fn past(&self, app: &App, shown: &Shown, measure: PastMeasure) -> Result<DownloadView, Problem> {
        let (geography, results) = shown.past()?;
        let Ground { level, rows, .. } = self.ground(app, geography)?;
        let figures = PastFigures::of(geography, results, measure, &shown.reading(), level);
        let figures = figures.map_err(problem_of)?;
        measured(&rows, 0, |out, rows| match self.format {
            Format::Geojson => past_geojson(out, &figures, &rows),
            Format::CsvFr => past_csv(out, &figures, &rows, CsvForm::French),
            Format::Csv | Format::Json => past_csv(out, &figures, &rows, CsvForm::International),
        })
    }

    fn ground<'a>(&'a self, app: &App, geography: &'a Geography) -> Result<Ground<'a>, Problem> {
        let level = level_asked(app, geography, self.level.as_deref(), self.resolution)?;
        let areas = geography.level_or_hexes(level.0).ok_or_else(|| Problem::not_found("level"))?;
        let within = self.within.as_deref().map(|within| area_position(geography, "within", within)).transpose()?;
        let within = within.flatten();
        let mut rows = match &level.1 {
            Some(hexes) => hexes.rows(geography, within),
            None => rows_within(geography, level_position(geography, level.0)?, within),
        };
        if let Some(bbox) = box_of(self.bbox.as_deref())? {
            rows.retain(|row| inside_box(areas, *row, bbox));
        }
        Ok(Ground { level, within, rows })
    }
}

/// What of the past is downloaded.
struct Ground<'a> {
    level: (&'a str, Option<HexesAt>),
    within: Within,
    rows: Vec<usize>,
}

/// Writes a sample of the rows, evenly spread, into a sink that counts.
fn measured(
    rows: &[usize],
    unplaced: usize,
    write: impl Fn(&mut dyn Write, Vec<usize>) -> Result<(), ExportError>,
) -> Result<DownloadView, Problem> {
    let bytes = |rows: Vec<usize>| {
        let mut count = Count(0);
        write(&mut count, rows).map_err(|error| Problem::internal(&error))?;
        Ok::<u64, Problem>(count.0)
    };
    let sample: Vec<usize> = if rows.len() <= SAMPLE_ROWS {
        rows.to_vec()
    } else {
        (0..SAMPLE_ROWS).map(|at| rows[at * rows.len() / SAMPLE_ROWS]).collect()
    };
    let exact = sample.len() == rows.len();
    let (head, taken) = (bytes(Vec::new())?, bytes(sample.clone())?);
    let (written, all) = (sample.len() + unplaced, rows.len() + unplaced);
    let bytes = if exact { taken } else { head + (taken - head) * all as u64 / written as u64 };
    Ok(DownloadView { rows: all, areas: rows.len(), bytes, exact })
}

struct Count(u64);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
