//! Tiles and their TileJSON.

use crate::conditional::{Keep, json, takes, whole};
use crate::guard::base;
use crate::problem::Problem;
use crate::state::{App, blocking};
use crate::tileset::{Place, Tile};
use crate::view::tilejson;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use flate2::read::GzDecoder;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use std::io::Read;
use std::sync::Arc;
use utoipa::IntoParams;

const MVT: &str = "application/vnd.mapbox-vector-tile";

/// Which TileJSON.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TileJsonQuery {
    /// A number, or `current`.
    snapshot: Option<String>,
    /// `1` for the tiles without figures.
    geometry: Option<String>,
}

/// TileJSON 3.0 of a tileset
#[utoipa::path(get, path = "/tiles/{tileset}.json", tag = "tiles",
    params(("tileset" = String, Path, description = "id of a level"), TileJsonQuery),
    responses((status = 200, description = "TileJSON", content_type = "application/json"),
        (status = 404, body = Problem, content_type = "application/problem+json")))]
pub async fn tilejson(
    State(app): State<Arc<App>>,
    Path(segment): Path<String>,
    Query(query): Query<TileJsonQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let missing = || Problem::not_found("tileset");
    let level = segment.strip_suffix(".json").ok_or_else(missing)?.to_owned();
    let base = base(&headers);
    let of_geometry = query.geometry.as_deref().is_some_and(|geometry| geometry != "0");
    let snapshot = match &query.snapshot {
        // A campaign that has only its past has a geography all the same.
        None if of_geometry => None,
        id => Some(app.snapshot(id.as_deref().unwrap_or("current")).await?),
    };
    let published = app.published();
    let geography = snapshot.as_ref().map(|own| own.geography()).or(published.geography()).cloned();
    let document = blocking(move || {
        let geography = geography.ok_or_else(missing)?;
        let tileset = app.tiles.tileset(&geography, &level)?;
        Ok(match snapshot.filter(|_| !of_geometry) {
            Some(snapshot) => tilejson::valued(&base, &snapshot, &tileset),
            None => tilejson::geometry(&base, &geography, &tileset),
        })
    });
    Ok(json(&headers, Keep::Revalidate, &document.await?))
}

/// A tile with the figures of a snapshot
#[utoipa::path(get, path = "/tiles/{snapshot}/{tileset}/{z}/{x}/{y}.mvt", tag = "tiles",
    params(("snapshot" = String, Path, description = "a number, or `current`"), ("tileset" = String, Path),
        ("z" = u8, Path), ("x" = u32, Path), ("y" = u32, Path)),
    responses((status = 200, description = "MVT 2.1, one layer named as the tileset", content_type = MVT),
        (status = 204, description = "nothing there"),
        (status = 404, body = Problem, content_type = "application/problem+json")))]
pub async fn valued_tile(
    State(app): State<Arc<App>>,
    Path((id, level, z, x, y)): Path<(String, String, String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let place = place(&z, &x, &y)?;
    let snapshot = app.snapshot(&id).await?;
    let keep = if id == "current" { Keep::Revalidate } else { Keep::Forever };
    let tile = match app.tiles.kept(&snapshot, &level, place) {
        Some(tile) => tile,
        None => blocking(move || app.tiles.valued(&snapshot, &level, place)).await?,
    };
    answer(&headers, keep, tile)
}

/// A tile of polygons and label points, without figures
#[utoipa::path(get, path = "/tiles/geometry/{hash}/{tileset}/{z}/{x}/{y}.mvt", tag = "tiles",
    params(("hash" = String, Path, description = "`geography` of the campaign"), ("tileset" = String, Path),
        ("z" = u8, Path), ("x" = u32, Path), ("y" = u32, Path)),
    responses((status = 200, description = "MVT 2.1: the tileset, and its `_points`", content_type = MVT),
        (status = 204, description = "nothing there"),
        (status = 404, body = Problem, content_type = "application/problem+json")))]
pub async fn geometry_tile(
    State(app): State<Arc<App>>,
    Path((hash, level, z, x, y)): Path<(String, String, String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let place = place(&z, &x, &y)?;
    let geography = app.geography(&hash).await?;
    let tile = blocking(move || app.tiles.geometry(&geography, &level, place)).await?;
    answer(&headers, Keep::Forever, tile)
}

/// The place that three segments name, the last with its suffix.
fn place(z: &str, x: &str, y: &str) -> Result<Place, Problem> {
    let missing = || Problem::not_found("tile");
    let y = y.strip_suffix(".mvt").ok_or_else(missing)?;
    let number = |text: &str| text.parse::<u32>().ok().filter(|number| number.to_string() == text).ok_or_else(missing);
    let z = u8::try_from(number(z)?).map_err(|_| missing())?;
    Ok(Place { z, x: number(x)?, y: number(y)? })
}

/// A tile as it is kept, gzipped, or plain where the client does not take gzip.
fn answer(headers: &HeaderMap, keep: Keep, tile: Tile) -> Result<Response, Problem> {
    let (gzipped, tag) = match tile {
        Tile::Gzipped(bytes, tag) => (bytes, tag),
        Tile::Empty => {
            let keep =
                whole(headers, keep, MVT, "\"empty\"", Bytes::new()).headers().get(header::CACHE_CONTROL).cloned();
            let keep = keep.unwrap_or(HeaderValue::from_static("no-cache"));
            return Ok((StatusCode::NO_CONTENT, [(header::CACHE_CONTROL, keep)]).into_response());
        }
    };
    let takes_gzip = takes(headers, "gzip");
    let body = if takes_gzip { gzipped } else { unzipped(&gzipped)? };
    let mut response = whole(headers, keep, MVT, &tag, body);
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if takes_gzip && response.status() == StatusCode::OK {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(response)
}

fn unzipped(gzipped: &[u8]) -> Result<Bytes, Problem> {
    let mut plain = Vec::new();
    GzDecoder::new(gzipped).read_to_end(&mut plain).map_err(|error| Problem::internal(&error))?;
    Ok(plain.into())
}
