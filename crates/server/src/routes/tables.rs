//! The column tables: areas, values and results of a level, sent as they lie on disk.

use super::campaign::WhenQuery;
use crate::conditional::{Keep, ranged, tag_of, whole};
use crate::problem::Problem;
use crate::state::App;
use crate::view::shown::Shown;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use bytes::Bytes;
use http::HeaderMap;
use quartier_snapshot::{SharedBytes, TableWriter};
use std::sync::Arc;

pub(super) const TABLE: &str = "application/vnd.quartier.table";

/// A table that is made for the request, whole or a part; its tag is of its bytes.
pub(super) fn written_table(headers: &HeaderMap, keep: Keep, table: &TableWriter<'_>) -> Result<Response, Problem> {
    let mut bytes = Vec::new();
    table.write_to(&mut bytes).map_err(|error| Problem::internal(&error))?;
    let tag = tag_of(&bytes);
    Ok(ranged(headers, keep, TABLE, &tag, &Bytes::from(bytes)))
}

/// The areas of a level: codes, names, parents, electors, points and boxes, in row order
#[utoipa::path(get, path = "/api/v1/geographies/{hash}/areas/{level}", tag = "tables",
    params(("hash" = String, Path, description = "`geography` of the campaign"), ("level" = String, Path)),
    responses((status = 200, description = "JSON; never changes", content_type = "application/json"),
        (status = 404, body = Problem, content_type = "application/problem+json")))]
pub async fn areas_table(
    State(app): State<Arc<App>>,
    Path((hash, level)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let geography = app.geography(&hash).await?;
    let areas = geography.level_or_hexes(&level).ok_or_else(|| Problem::not_found("level"))?.areas_json.clone();
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

/// The exact counts of an election at a level of the current geography, or of a snapshot's
#[utoipa::path(get, path = "/api/v1/elections/{id}/values/{level}", tag = "tables",
    params(("id" = String, Path), ("level" = String, Path), WhenQuery),
    responses((status = 200, description = "a column table", content_type = TABLE),
        (status = 206, description = "a part of it, by `Range`", content_type = TABLE),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 416, body = Problem, content_type = "application/problem+json")))]
pub async fn results_table(
    State(app): State<Arc<App>>,
    Path((id, level)): Path<(String, String)>,
    Query(query): Query<WhenQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let shown = Shown::named(&app, query.snapshot.as_deref()).await?;
    let results = shown.results.as_ref().ok_or_else(|| Problem::not_found("election"))?;
    let bytes = results.table(&id, &level).ok_or_else(|| Problem::not_found("election or level"))?;
    let name = format!("results {} {id} {level}", results.hash());
    Ok(table(&headers, Keep::Revalidate, &name, bytes.table().bytes().clone()))
}

/// `content` names the bytes: the same name never stands for others.
fn table(headers: &HeaderMap, keep: Keep, content: &str, bytes: SharedBytes) -> Response {
    ranged(headers, keep, TABLE, &tag_of(content.as_bytes()), &Bytes::from_owner(bytes))
}
