//! The lasso: what is estimated of the electors inside a drawn polygon, or of chosen areas.

use super::level_position;
use crate::conditional::{Keep, json};
use crate::problem::Problem;
use crate::state::{App, blocking};
use crate::view::within::WithinView;
use axum::extract::{Query, State};
use axum::response::Response;
use bytes::Bytes;
use geo_types::{LineString, MultiPolygon, Polygon};
use http::HeaderMap;
use quartier_snapshot::Geography;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;
use utoipa::IntoParams;

/// Most vertices of a polygon.
const MOST_VERTICES: usize = 10_000;

/// Most areas of a choice.
const MOST_AREAS: usize = 10_000;

/// Which figures.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WithinQuery {
    /// A number, or `current`.
    snapshot: Option<String>,
}

/// What is estimated of the electors inside a polygon, or of chosen areas of one level
///
/// The body is GeoJSON, a Polygon or MultiPolygon or a Feature of one; or `{"level": "city", "codes": ["01", "02"]}`.
#[utoipa::path(post, path = "/api/v1/estimates/within", tag = "estimates", params(WithinQuery),
    request_body(content = Object, description = "GeoJSON of at most 10,000 vertices, or `level` and at most 10,000 `codes`", content_type = "application/geo+json"),
    responses(
        (status = 200, body = WithinView),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json")))]
pub async fn within(
    State(app): State<Arc<App>>,
    Query(query): Query<WithinQuery>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let snapshot = app.snapshot(query.snapshot.as_deref().unwrap_or("current")).await?;
    let view = blocking(move || {
        let wanted = wanted_of(&body, snapshot.geography())?;
        let lasso = app.lasso(&snapshot).ok_or_else(|| {
            Problem::not_found("place of electors").with(
                "this snapshot does not say where its electors are: run `quartier estimate` and `quartier publish` again",
            )
        })?;
        match wanted {
            Wanted::Polygon(shape) => {
                let hexes = app.tiles.hexes(snapshot.geography());
                Ok(WithinView::of(&snapshot, &lasso, hexes.as_deref(), &shape))
            }
            Wanted::Areas(level, rows) => Ok(WithinView::of_areas(&snapshot, &lasso, level, rows)),
        }
    });
    Ok(json(&headers, Keep::Revalidate, &view.await?))
}

/// Whom a body asks about.
enum Wanted {
    Polygon(MultiPolygon<f64>),
    /// Rows of a level, by its position.
    Areas(usize, BTreeSet<usize>),
}

/// What a body asks for.
///
/// # Errors
/// 400 that says what was found and expected.
fn wanted_of(body: &[u8], geography: &Geography) -> Result<Wanted, Problem> {
    let value: Value = serde_json::from_slice(body)
        .map_err(|error| Problem::bad_request(format!("body: expected GeoJSON, found no JSON: {error}")))?;
    if value.get("codes").is_some() { areas_of(&value, geography) } else { polygon_of(&value).map(Wanted::Polygon) }
}

/// The rows of the areas that a body names.
fn areas_of(value: &Value, geography: &Geography) -> Result<Wanted, Problem> {
    let expected = || Problem::bad_request("body: expected `level` as text and `codes` as a list of one text or more");
    let level = level_position(geography, value["level"].as_str().ok_or_else(expected)?)?;
    let areas = geography.levels().get(level).ok_or_else(|| {
        Problem::bad_request(format!(
            "body: {} is a grouping, expected a level: its own areas have their figures",
            value["level"]
        ))
    })?;
    let codes = value["codes"].as_array().filter(|codes| !codes.is_empty()).ok_or_else(expected)?;
    if codes.len() > MOST_AREAS {
        return Err(Problem::bad_request(format!("body: {} codes, expected at most {MOST_AREAS}", codes.len())));
    }
    let row = |code: &Value| {
        let code = code.as_str().ok_or_else(expected)?;
        areas.row(code).ok_or_else(|| {
            let found: String = code.chars().take(64).collect();
            Problem::bad_request(format!("body: there is no area `{found}` in level {}", value["level"]))
        })
    };
    Ok(Wanted::Areas(level, codes.iter().map(row).collect::<Result<_, _>>()?))
}

/// The polygon of a GeoJSON value.
fn polygon_of(value: &Value) -> Result<MultiPolygon<f64>, Problem> {
    let geometry = if value["type"] == "Feature" { &value["geometry"] } else { value };
    let coordinates = geometry["coordinates"].as_array();
    let polygons = match (geometry["type"].as_str(), coordinates) {
        (Some("Polygon"), Some(rings)) => vec![rings],
        (Some("MultiPolygon"), Some(polygons)) => {
            polygons.iter().map(|rings| rings.as_array().ok_or_else(expected)).collect::<Result<_, _>>()?
        }
        (found, _) => {
            let found: String = found.unwrap_or("nothing").chars().take(40).collect();
            let expected = "a Polygon or MultiPolygon, or a Feature of one";
            return Err(Problem::bad_request(format!("body: found type `{found}`, expected {expected}")));
        }
    };
    let vertices: usize =
        polygons.iter().flat_map(|rings| rings.iter()).filter_map(Value::as_array).map(Vec::len).sum();
    if vertices > MOST_VERTICES {
        return Err(Problem::bad_request(format!("body: {vertices} vertices, expected at most {MOST_VERTICES}")));
    }
    let shape = MultiPolygon(polygons.into_iter().map(|rings| polygon(rings)).collect::<Result<Vec<_>, _>>()?);
    if let Some([lon, lat]) = quartier_geometry::crossing(&shape) {
        let place = format!("near longitude {lon:.5}, latitude {lat:.5}");
        return Err(Problem::bad_request(format!(
            "body: the polygon crosses itself {place}; expected one that does not"
        )));
    }
    Ok(shape)
}

fn expected() -> Problem {
    Problem::bad_request("body: expected `coordinates` of rings, each a list of positions [longitude, latitude]")
}

fn polygon(rings: &[Value]) -> Result<Polygon<f64>, Problem> {
    let rings: Vec<LineString<f64>> =
        rings.iter().enumerate().map(|(at, ring)| ring_of(at, ring)).collect::<Result<_, _>>()?;
    let mut rings = rings.into_iter();
    let exterior = rings.next().ok_or_else(expected)?;
    Ok(Polygon::new(exterior, rings.collect()))
}

fn ring_of(at: usize, ring: &Value) -> Result<LineString<f64>, Problem> {
    let positions = ring.as_array().ok_or_else(expected)?;
    let bad = |place: usize, why: &str| Problem::bad_request(format!("body: ring {at}, position {place}: {why}"));
    let mut points = Vec::with_capacity(positions.len());
    for (place, position) in positions.iter().enumerate() {
        let number = |axis: usize| position.get(axis).and_then(Value::as_f64);
        let (Some(lon), Some(lat)) = (number(0), number(1)) else {
            return Err(bad(place, "expected [longitude, latitude]"));
        };
        if lon.abs() > 180.0 || lat.abs() > 90.0 {
            return Err(bad(place, &format!("found {lon}, {lat}, expected degrees, -180..180 and -90..90")));
        }
        points.push((lon, lat));
    }
    if points.len() < 4 || points.first() != points.last() {
        let found = points.len();
        return Err(Problem::bad_request(format!(
            "body: ring {at} has {found} positions, expected 4 or more, the last the same as the first"
        )));
    }
    Ok(points.into())
}
