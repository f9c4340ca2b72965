//! The column tables: areas, values and results of a level, sent as they lie on disk.

use super::level_asked;
use crate::conditional::{Keep, json, ranged, tag_of, whole};
use crate::problem::Problem;
use crate::state::{App, blocking};
use crate::view::shown::Shown;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use bytes::Bytes;
use http::HeaderMap;
use quartier_snapshot::{SharedBytes, TableWriter};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;

pub(super) const TABLE: &str = "application/vnd.quartier.table";

/// A table that is made for the request, whole or a part; its tag is of its bytes.
pub(super) fn written_table(headers: &HeaderMap, keep: Keep, table: &TableWriter<'_>) -> Result<Response, Problem> {
    let mut bytes = Vec::new();
    table.write_to(&mut bytes).map_err(|error| Problem::internal(&error))?;
    let tag = tag_of(&bytes);
    Ok(ranged(headers, keep, TABLE, &tag, &Bytes::from(bytes)))
}

/// Rows that can be named in one request.
const MOST_NAMED: usize = 1000;

/// Which areas.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AreasQuery {
    /// Only these rows, in this order: numbers separated by commas, at most 1000. All unless said.
    rows: Option<String>,
}

/// The areas of a level: codes, names, parents, electors, points and boxes, in row order
#[utoipa::path(get, path = "/api/v1/geographies/{hash}/areas/{level}", tag = "tables",
    params(("hash" = String, Path, description = "`geography` of the campaign"), ("level" = String, Path), AreasQuery),
    responses((status = 200, description = "JSON; never changes", content_type = "application/json"),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json")))]
pub async fn areas_table(
    State(app): State<Arc<App>>,
    Path((hash, level)): Path<(String, String)>,
    Query(query): Query<AreasQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let geography = app.geography(&hash).await?;
    let own = geography.level_or_hexes(&level).ok_or_else(|| Problem::not_found("level"))?;
    if let Some(rows) = &query.rows {
        let wrong = || {
            let last = own.rows().saturating_sub(1);
            Problem::bad_request(format!(
                "rows: expected 1 to {MOST_NAMED} numbers from 0 to {last}, separated by commas"
            ))
        };
        let rows = rows.split(',').map(|row| row.parse().ok()).collect::<Option<Vec<usize>>>();
        let rows = rows.filter(|rows| rows.len() <= MOST_NAMED).ok_or_else(wrong)?;
        return Ok(json(&headers, Keep::Forever, &own.areas.of_rows(&rows).ok_or_else(wrong)?));
    }
    let areas = own.areas_json.clone();
    // The hash names the content: no byte need be read for the tag. Weak, as the JSON may go compressed.
    let tag = format!("W/{}", tag_of(format!("areas {hash} {level}").as_bytes()));
    Ok(whole(&headers, Keep::Forever, "application/json", &tag, Bytes::from_owner(areas)))
}

/// The values of a level of a snapshot
#[utoipa::path(get, path = "/api/v1/snapshots/{id}/values/{level}", tag = "tables",
    params(("id" = String, Path, description = "a number, or `current`"), ("level" = String, Path)),
    responses((status = 200, description = "a column table", content_type = TABLE),
        (status = 206, description = "a part of it, by `Range`", content_type = TABLE),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 416, body = Problem, content_type = "application/problem+json")))]
pub async fn values_table(
    State(app): State<Arc<App>>,
    Path((id, level)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let snapshot = app.snapshot(&id).await?;
    let bytes = snapshot.values(&level).ok_or_else(|| Problem::not_found("level"))?.table().bytes().clone();
    let name = format!("values-{level}.qvt");
    let known = snapshot.manifest().files.get(&name).map(|file| file.blake3.clone()).unwrap_or_default();
    let keep = if id == "current" { Keep::Revalidate } else { Keep::Forever };
    Ok(table(&headers, keep, &format!("{name} {known}"), bytes))
}

/// Which counts.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ResultsTableQuery {
    /// A number: on the areas of that snapshot, with the elections it was made with; or `current`.
    snapshot: Option<String>,
    /// Of hexagons, the H3 resolution, 3 to 10: column `shown` is 1 in the rows of it, and the others have no result. All
    /// rows of all resolutions unless said.
    resolution: Option<u8>,
}

/// The exact counts of an election at a level of the current geography, or of a snapshot's
#[utoipa::path(get, path = "/api/v1/elections/{id}/values/{level}", tag = "tables",
    params(("id" = String, Path), ("level" = String, Path), ResultsTableQuery),
    responses((status = 200, description = "a column table", content_type = TABLE),
        (status = 206, description = "a part of it, by `Range`", content_type = TABLE),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 416, body = Problem, content_type = "application/problem+json")))]
pub async fn results_table(
    State(app): State<Arc<App>>,
    Path((id, level)): Path<(String, String)>,
    Query(query): Query<ResultsTableQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let shown = Shown::named(&app, query.snapshot.as_deref()).await?;
    let results = shown.results.as_ref().ok_or_else(|| Problem::not_found("election"))?;
    let missing = || Problem::not_found("election or level");
    let counts = results.table(&id, &level).ok_or_else(missing)?;
    let Some(resolution) = query.resolution else {
        let name = format!("results {} {id} {level}", results.hash());
        return Ok(table(&headers, Keep::Revalidate, &name, counts.table().bytes().clone()));
    };
    let (geography, results) = shown.past().map(|(geography, results)| (geography.clone(), results.clone()))?;
    blocking(move || {
        let (_, hexes) = level_asked(&app, &geography, Some(&level), Some(resolution))?;
        let rows = hexes.ok_or_else(missing)?.rows(&geography, None);
        let counts = results.table(&id, &level).ok_or_else(missing)?;
        let shown = counts.only(&rows).map_err(|error| Problem::internal(&error))?;
        written_table(&headers, Keep::Revalidate, &shown)
    })
    .await
}

/// `content` names the bytes: the same name never stands for others.
fn table(headers: &HeaderMap, keep: Keep, content: &str, bytes: SharedBytes) -> Response {
    ranged(headers, keep, TABLE, &tag_of(content.as_bytes()), &Bytes::from_owner(bytes))
}
