//! The routes: they read a request, ask for a view, and answer. One file a resource.

mod areas;
mod campaign;
mod compare;
mod downloads;
mod elections;
mod estimates;
mod evaluations;
mod events;
mod goal;
mod operations;
mod past;
mod priorities;
mod styles;
mod tables;
mod tiles;
mod within;

pub use styles::__path_style;
pub use tiles::{__path_geometry_tile, __path_tilejson, __path_valued_tile};

use crate::problem::Problem;
use crate::state::App;
use crate::tileset::MANY_ROWS;
use crate::{assets, openapi};
use axum::Router;
use axum::routing::get;
use quartier_export::{HEX_RESOLUTIONS, HexesAt, USUAL_HEX_RESOLUTION};
use quartier_model::AreaRef;
use quartier_snapshot::{Geography, GeographyLevel};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// All routes.
pub fn router(app: Arc<App>) -> Router {
    let described = OpenApiRouter::with_openapi(openapi::document())
        .routes(routes!(campaign::campaign))
        .routes(routes!(campaign::snapshots))
        .routes(routes!(campaign::snapshot))
        .routes(routes!(tables::areas_table))
        .routes(routes!(tables::values_table))
        .routes(routes!(tables::results_table))
        .routes(routes!(areas::find))
        .routes(routes!(areas::area))
        .routes(routes!(estimates::estimates))
        .routes(routes!(estimates::summary))
        .routes(routes!(within::within))
        .routes(routes!(compare::compare))
        .routes(routes!(elections::elections))
        .routes(routes!(elections::results))
        .routes(routes!(past::past))
        .routes(routes!(priorities::priorities))
        .routes(routes!(evaluations::evaluations))
        .routes(routes!(evaluations::evaluation))
        .routes(routes!(downloads::downloads))
        .routes(routes!(goal::goal))
        .routes(routes!(events::events))
        .routes(routes!(operations::healthz))
        .routes(routes!(operations::readyz))
        .routes(routes!(operations::metrics));
    let (router, api) = described.split_for_parts();
    let served = openapi::Served::of(api);
    router
        // A segment with a suffix does not register: the whole segment is captured, and stripped by its handler.
        .route("/tiles/{tileset_json}", get(tiles::tilejson))
        .route("/tiles/{snapshot}/{tileset}/{z}/{x}/{y_mvt}", get(tiles::valued_tile))
        .route("/tiles/geometry/{hash}/{tileset}/{z}/{x}/{y_mvt}", get(tiles::geometry_tile))
        .route("/styles/{measure_json}", get(styles::style))
        .merge(served.routes())
        .fallback(get(assets::serve))
        .with_state(app)
}

/// The position of a level or grouping, or 400 with those there are.
fn level_position(geography: &Geography, level: &str) -> Result<usize, Problem> {
    geography.position(level).ok_or_else(|| {
        let known: Vec<&str> = geography.all_levels().map(|level| level.level.id.as_str()).collect();
        let found: String = level.chars().take(64).collect();
        Problem::bad_request(format!("level: no level is called `{found}`; there are {}", known.join(", ")))
    })
}

/// The area that a parameter names as `level:code`; `None` for the whole campaign.
fn area_position(geography: &Geography, name: &str, text: &str) -> Result<Option<(usize, usize)>, Problem> {
    match text.parse().map_err(|error| Problem::bad_request(format!("{name}: {error}")))? {
        AreaRef::Campaign => Ok(None),
        AreaRef::Area { level, code } => {
            let at = level_position(geography, level.as_str())?;
            let row = geography.at(at).and_then(|own| own.row(code.as_str()));
            let row = row.ok_or_else(|| Problem::bad_request(format!("{name}: there is no area `{level}:{code}`")))?;
            Ok(Some((at, row)))
        }
    }
}

/// A box `west,south,east,north` in degrees; one that crosses the antimeridian has its west above its east.
fn box_of(text: Option<&str>) -> Result<Option<[f64; 4]>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let parts: Vec<f64> = text.split(',').filter_map(|part| part.trim().parse().ok()).collect();
    match <[f64; 4]>::try_from(parts) {
        Ok(own @ [_, south, _, north]) if own.iter().all(|part| part.is_finite()) && south <= north => Ok(Some(own)),
        _ => Err(Problem::bad_request("bbox: expected west,south,east,north in degrees, south below north")),
    }
}

/// Whether the point of an area lies in a box.
fn inside_box(level: &GeographyLevel, row: usize, [west, south, east, north]: [f64; 4]) -> bool {
    let Some([longitude, latitude]) = level.point(row) else { return false };
    let across = if west <= east { (west..=east).contains(&longitude) } else { longitude >= west || longitude <= east };
    across && (south..=north).contains(&latitude)
}

/// A page of a list: the items from `cursor` on, at most `limit`, and the next cursor.
fn page<T: Clone>(items: &[T], cursor: Option<&str>, limit: usize) -> Result<(Vec<T>, Option<String>), Problem> {
    let start = match cursor {
        None => 0,
        Some(cursor) => cursor
            .strip_prefix('p')
            .and_then(|number| number.parse::<usize>().ok())
            .ok_or_else(|| Problem::bad_request("cursor: expected the `next_cursor` of an earlier answer"))?,
    };
    let rest = items.get(start..).unwrap_or_default();
    let next = (rest.len() > limit).then(|| format!("p{}", start + limit));
    Ok((rest.iter().take(limit).cloned().collect(), next))
}

/// The level that a query names, the coarsest where it names none, and where it is `hex` the hexagons of the resolution;
/// 400 where there is no such level, or the resolution is none of it.
fn level_asked<'a>(
    app: &App,
    geography: &'a Geography,
    named: Option<&'a str>,
    resolution: Option<u8>,
) -> Result<(&'a str, Option<HexesAt>), Problem> {
    if let Some(resolution) = resolution_asked(geography, named, resolution)? {
        let hexes = app.tiles.hexes(geography).ok_or_else(|| Problem::not_found("level"))?;
        return Ok((named.unwrap_or_default(), Some(HexesAt { hexes, resolution })));
    }
    let coarsest = geography.levels().first().ok_or_else(Problem::nothing_published)?.level.id.as_str();
    let level = named.unwrap_or(coarsest);
    level_position(geography, level)?;
    Ok((level, None))
}

/// The resolution at which hexagons are asked for; `None` of another level, which has none.
fn resolution_asked(geography: &Geography, level: Option<&str>, resolution: Option<u8>) -> Result<Option<u8>, Problem> {
    let is_hex = geography.ground().is_some_and(|ground| level == Some(ground.hexes.level.id.as_str()));
    match resolution {
        Some(_) if !is_hex => {
            Err(Problem::bad_request("resolution: expected none, as only `level=hex` has resolutions"))
        }
        Some(own) if !HEX_RESOLUTIONS.contains(&own) => {
            let (least, most) = (HEX_RESOLUTIONS.start(), HEX_RESOLUTIONS.end());
            Err(Problem::bad_request(format!("resolution: expected {least} to {most}")))
        }
        own => Ok(is_hex.then(|| own.unwrap_or(USUAL_HEX_RESOLUTION))),
    }
}

/// Sorts rows of one figure each as a query asks, unless said by code; those without a figure come last.
fn sort_by_figure(
    rows: &mut [usize],
    sort: Option<&str>,
    figure: impl Fn(usize) -> Option<i32>,
) -> Result<(), Problem> {
    match sort.unwrap_or("code") {
        "code" => {}
        "value" => rows.sort_by_key(|row| (figure(*row).is_none(), figure(*row))),
        "-value" => rows.sort_by_key(|row| (figure(*row).is_none(), figure(*row).map(|value| -value))),
        _ => return Err(Problem::bad_request("sort: expected `code`, `value` or `-value`")),
    }
    Ok(())
}

/// Checks that what is worked out from all the draws of a level is not asked of one that would take gigabytes of them.
///
/// # Errors
/// 400 that says what to ask for instead.
fn not_too_many(parameter: &str, areas: usize) -> Result<(), Problem> {
    if areas <= MANY_ROWS {
        return Ok(());
    }
    Err(Problem::bad_request(format!(
        "{parameter}: it has {areas} areas, expected at most {MANY_ROWS}; ask for a coarser level, or for hexagons of a \
         coarser resolution"
    )))
}

/// Likewise of rows that would go out in one answer, where they can be had in several.
///
/// # Errors
/// 400 that says what to ask for instead.
fn not_too_many_at_once(parameter: &str, areas: usize) -> Result<(), Problem> {
    if areas <= MANY_ROWS {
        return Ok(());
    }
    Err(Problem::bad_request(format!(
        "{parameter}: it has {areas} areas, expected at most {MANY_ROWS} at once; ask for a page of them with `limit`, for a \
         file with `format`, for a coarser level, or for hexagons of a coarser resolution"
    )))
}

/// A limit from 1 to `most`, or `usual`.
fn limit_of(given: Option<u32>, usual: usize, most: usize) -> Result<usize, Problem> {
    match given.map(|limit| limit as usize) {
        None => Ok(usual),
        Some(limit) if (1..=most).contains(&limit) => Ok(limit),
        Some(limit) => Err(Problem::bad_request(format!("limit is {limit}, expected 1 to {most}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_areas_than_draws_are_held_of_are_refused_with_what_to_ask_for() {
        assert!(not_too_many("level", MANY_ROWS).is_ok());
        let refused = format!("{:?}", not_too_many("level", 1_000_000));
        for part in ["level: it has 1000000 areas", "at most 100000", "hexagons of a coarser resolution"] {
            assert!(refused.contains(part), "{part}: {refused}");
        }
        assert!(not_too_many_at_once("level", MANY_ROWS).is_ok());
        let refused = format!("{:?}", not_too_many_at_once("level", MANY_ROWS + 1));
        for part in ["level: it has 100001 areas", "at most 100000 at once", "with `limit`", "with `format`"] {
            assert!(refused.contains(part), "{part}: {refused}");
        }
    }
}
