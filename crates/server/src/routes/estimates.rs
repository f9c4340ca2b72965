//! Estimates of a level: a page as JSON, or a download.

use super::{area_position, box_of, inside_box, level_position, limit_of, page, resolution_asked};
use crate::conditional::{Keep, json};
use crate::problem::Problem;
use crate::state::{App, blocking};
use crate::stream;
use crate::view::estimates::{EstimatesView, SortKey, SummaryView, UnplacedElectors, row, sort};
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, header};
use quartier_export::{CsvForm, Estimates, Part, Within, estimates_csv, estimates_geojson, rows_within};
use quartier_model::Measure;
use quartier_snapshot::Snapshot;
use serde::Deserialize;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// A page.
    #[default]
    Json,
    /// A FeatureCollection with the imported outlines.
    Geojson,
    /// Comma, decimal point.
    Csv,
    /// Semicolon, decimal comma, byte order mark.
    CsvFr,
}

/// Which estimates.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EstimatesQuery {
    /// The level, a grouping, or `hex`; the coarsest level unless said.
    level: Option<String>,
    /// Of hexagons, the H3 resolution at which they are shown, 3 to 10; 8 unless said.
    resolution: Option<u8>,
    /// Only areas inside this one: `level:code`.
    within: Option<String>,
    /// Only areas whose point lies inside: `west,south,east,north`, degrees.
    bbox: Option<String>,
    /// In JSON, only this measure.
    measure: Option<String>,
    /// In downloads, only these measures, separated by commas; each with its interval. All unless said.
    columns: Option<String>,
    /// `code`, `name`, `electors` or a measure; `-` before it for the greatest first.
    sort: Option<String>,
    /// Only areas of at least so many electors.
    min_electors: Option<u32>,
    /// 1 to 10000; in JSON 100 unless said, in downloads all.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// `json`, `geojson`, `csv` or `csv-fr`.
    #[serde(default)]
    #[param(inline)]
    format: Format,
    /// A number, or `current`.
    snapshot: Option<String>,
}

/// Estimates of a level: a page, or a download
#[utoipa::path(get, path = "/api/v1/estimates", tag = "estimates", params(EstimatesQuery), responses(
    (status = 200, content((EstimatesView = "application/json"), (String = "application/geo+json"), (String = "text/csv"))),
    (status = 400, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json")))]
pub async fn estimates(
    State(app): State<Arc<App>>,
    Query(query): Query<EstimatesQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = query.snapshot.clone().unwrap_or_else(|| "current".to_owned());
    let snapshot = app.snapshot(&id).await?;
    let keep = if id == "current" { Keep::Revalidate } else { Keep::Forever };
    let format = query.format;
    if format == Format::Json {
        return Ok(json(&headers, keep, &blocking(move || query.view(&app, &snapshot)).await?));
    }
    let (snapshot, level, within, rows, cut, columns) = blocking(move || {
        let level = query.level(&snapshot)?;
        let columns = columns_of(query.columns.as_deref(), &snapshot, &level)?;
        let rows = query.page(&app, &snapshot, &level, usize::MAX)?.1;
        let within = query.within(&snapshot)?;
        Ok((Arc::clone(&snapshot), level, within, rows, (query.is_cut(), query.resolution), columns))
    })
    .await?;
    let (cut, resolution) = cut;
    let shown = resolution.map(|resolution| format!("-{resolution}")).unwrap_or_default();
    let file = format!("{level}{shown}-snapshot-{}", snapshot.number());
    let body = stream::body(move |out| {
        let estimates = Estimates::of(&snapshot, &level)?.at(resolution).only(columns.as_deref());
        let unplaced = if cut { Vec::new() } else { estimates.unplaced(within) };
        let part = Part { rows, unplaced };
        match format {
            Format::Geojson => estimates_geojson(out, &estimates, &part),
            Format::CsvFr => estimates_csv(out, &estimates, &part, CsvForm::French),
            Format::Csv | Format::Json => estimates_csv(out, &estimates, &part, CsvForm::International),
        }
    });
    Ok(download(body, format, &file))
}

/// What a summary is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SummaryQuery {
    /// The level, or `hex`; the coarsest level unless said.
    level: Option<String>,
    /// Of hexagons, the H3 resolution at which they are shown, 3 to 10; 8 unless said.
    resolution: Option<u8>,
    /// Only areas inside this one: `level:code`.
    within: Option<String>,
    /// The measure.
    measure: String,
    /// Width of the classes, a fraction: figures are told apart by how well they are known against it.
    step: f64,
    /// A number, or `current`.
    snapshot: Option<String>,
}

/// How the electors of a level are distributed: what a legend shows of a level that is too large to be sent
#[utoipa::path(get, path = "/api/v1/estimates/summary", tag = "estimates", params(SummaryQuery), responses(
    (status = 200, body = SummaryView),
    (status = 400, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json")))]
pub async fn summary(
    State(app): State<Arc<App>>,
    Query(query): Query<SummaryQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = query.snapshot.clone().unwrap_or_else(|| "current".to_owned());
    let snapshot = app.snapshot(&id).await?;
    let keep = if id == "current" { Keep::Revalidate } else { Keep::Forever };
    Ok(json(&headers, keep, &blocking(move || query.view(&app, &snapshot)).await?))
}

impl SummaryQuery {
    fn view(self, app: &App, snapshot: &Snapshot) -> Result<SummaryView, Problem> {
        if !(0.001..=1.0).contains(&self.step) {
            return Err(Problem::bad_request(format!("step: found {}, expected 0.001 to 1", self.step)));
        }
        let Self { level, resolution, within, measure, step, .. } = self;
        let areas = EstimatesQuery { level, resolution, within, ..EstimatesQuery::default() };
        let level = areas.level(snapshot)?;
        let estimates = areas.estimates(snapshot, &level)?;
        let measure = measure_of("measure", &measure, &estimates)?;
        let rows = areas.rows(app, snapshot, &level)?;
        Ok(SummaryView::of(snapshot.number(), &estimates, &rows, measure, step))
    }
}

/// A download under a name.
pub fn download(body: axum::body::Body, format: Format, name: &str) -> Response {
    let (kind, end) = match format {
        Format::Geojson => ("application/geo+json", "geojson"),
        Format::Csv | Format::CsvFr | Format::Json => ("text/csv; charset=utf-8", "csv"),
    };
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    // Ids of levels and elections are letters, digits, `_`, `-` and `.`: safe inside quotes.
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}.{end}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

impl EstimatesQuery {
    fn level(&self, snapshot: &Snapshot) -> Result<String, Problem> {
        let hexes = resolution_asked(snapshot.geography(), self.level.as_deref(), self.resolution)?;
        if let Some(hex) = hexes.and(self.level.clone()) {
            return Ok(hex);
        }
        let at = self.level.as_deref().map_or(Ok(0), |level| level_position(snapshot.geography(), level))?;
        let level = snapshot.levels().get(at).ok_or_else(|| Problem::not_found("level"))?;
        Ok(level.id.clone())
    }

    /// The areas of a download: a level, or hexagons of a resolution.
    pub(super) fn ground_of([level, within, bbox]: [Option<&String>; 3], resolution: Option<u8>) -> Self {
        let [level, within, bbox] = [level, within, bbox].map(Option::<&String>::cloned);
        Self { level, within, bbox, resolution, ..Self::default() }
    }

    /// The level asked for, the area that bounds it, and the rows of both in the box.
    pub(super) fn ground(&self, app: &App, snapshot: &Snapshot) -> Result<(String, Within, Vec<usize>), Problem> {
        let level = self.level(snapshot)?;
        let mut rows = self.rows(app, snapshot, &level)?;
        if let Some(bbox) = box_of(self.bbox.as_deref())? {
            let areas = self.estimates(snapshot, &level)?.level;
            rows.retain(|row| inside_box(areas, *row, bbox));
        }
        Ok((level, self.within(snapshot)?, rows))
    }

    fn within(&self, snapshot: &Snapshot) -> Result<Within, Problem> {
        let area = |within| area_position(snapshot.geography(), "within", within);
        Ok(self.within.as_deref().map(area).transpose()?.flatten())
    }

    /// Whether rows of the ground are left out: what is left does not add up, and says nothing of the unplaced.
    fn is_cut(&self) -> bool {
        self.bbox.is_some() || self.min_electors.is_some() || self.limit.is_some() || self.cursor.is_some()
    }

    /// The rows of the level, inside the area asked for.
    fn rows(&self, app: &App, snapshot: &Snapshot, level: &str) -> Result<Vec<usize>, Problem> {
        let (geography, within) = (snapshot.geography(), self.within(snapshot)?);
        Ok(match self.estimates(snapshot, level)?.resolution.zip(app.tiles.hexes(geography)) {
            Some((resolution, hexes)) => hexes.rows(geography, resolution, within),
            None => rows_within(geography, level_position(geography, level)?, within),
        })
    }

    /// How many rows fit, those of this page, and the next cursor.
    fn page(
        &self,
        app: &App,
        snapshot: &Snapshot,
        level: &str,
        usual: usize,
    ) -> Result<(usize, Vec<usize>, Option<String>), Problem> {
        let estimates = self.estimates(snapshot, level)?;
        let mut rows = self.ground(app, snapshot)?.2;
        if let Some(least) = self.min_electors {
            rows.retain(|row| estimates.values.electors(*row).known().is_some_and(|electors| electors >= least));
        }
        let (key, descending) = self.sort_key(&estimates)?;
        sort(&estimates, &mut rows, key, descending);
        let (shown, next) = page(&rows, self.cursor.as_deref(), limit_of(self.limit, usual, 10_000)?)?;
        Ok((rows.len(), shown, next))
    }

    fn estimates<'a>(&self, snapshot: &'a Snapshot, level: &str) -> Result<Estimates<'a>, Problem> {
        let estimates = Estimates::of(snapshot, level).map_err(|_| Problem::not_found("level"))?;
        Ok(estimates.at(self.resolution))
    }

    fn sort_key(&self, estimates: &Estimates<'_>) -> Result<(SortKey, bool), Problem> {
        let text = self.sort.as_deref().unwrap_or("code");
        let (name, descending) = text.strip_prefix('-').map_or((text, false), |name| (name, true));
        let key = match name {
            "code" => SortKey::Code,
            "name" => SortKey::Name,
            "electors" => SortKey::Electors,
            measure => SortKey::Measure(measure_of("sort", measure, estimates)?),
        };
        Ok((key, descending))
    }

    fn view(&self, app: &App, snapshot: &Snapshot) -> Result<EstimatesView, Problem> {
        let level = self.level(snapshot)?;
        let (total, rows, next_cursor) = self.page(app, snapshot, &level, 100)?;
        let estimates = self.estimates(snapshot, &level)?;
        let measures = match &self.measure {
            None => estimates.measures(),
            Some(measure) => vec![measure_of("measure", measure, &estimates)?],
        };
        Ok(EstimatesView {
            snapshot: snapshot.number(),
            geography: snapshot.geography().hash().to_owned(),
            of: snapshot.manifest().of.as_str().to_owned(),
            total,
            resolution: estimates.resolution,
            unplaced: estimates.unplaced(self.within(snapshot)?).iter().map(UnplacedElectors::of).collect(),
            areas: estimates.rows(&rows).map(|own| row(&level, &own, &measures)).collect(),
            next_cursor,
            level,
        })
    }
}

/// The measures of `columns`; `None` where all are wanted.
pub fn columns_of(text: Option<&str>, snapshot: &Snapshot, level: &str) -> Result<Option<Vec<Measure>>, Problem> {
    let estimates = Estimates::of(snapshot, level).map_err(|_| Problem::not_found("level"))?;
    text.map(|text| text.split(',').map(|id| measure_of("columns", id.trim(), &estimates)).collect()).transpose()
}

/// A measure that this campaign has.
fn measure_of(name: &str, text: &str, estimates: &Estimates<'_>) -> Result<Measure, Problem> {
    let known = estimates.measures();
    known.iter().copied().find(|measure| measure.id() == text).ok_or_else(|| {
        let found: String = text.chars().take(64).collect();
        let names: Vec<&str> = known.iter().map(|measure| measure.id()).collect();
        Problem::bad_request(format!("{name}: no measure is called `{found}`; there are {}", names.join(", ")))
    })
}
