//! Finding areas, and one area.

use super::{area_position, level_position, limit_of, page};
use crate::conditional::{Keep, json};
use crate::problem::Problem;
use crate::search::Wanted;
use crate::state::{App, blocking};
use crate::view::area::{AreaView, Known};
use crate::view::found::{FoundArea, FoundView};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use http::HeaderMap;
use quartier_snapshot::Geography;
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;

/// Longest text that is looked for, in characters.
const MOST_TEXT: usize = 200;

/// What is looked for; all that is given must hold.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FindQuery {
    /// Only this level or grouping.
    level: Option<String>,
    /// Only areas inside this one: `level:code`.
    parent: Option<String>,
    /// A part of a name, without regard to accents and case, or the beginning of a code.
    q: Option<String>,
    /// `west,south,east,north` in degrees.
    bbox: Option<String>,
    /// 1 to 1000; 50 unless said.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Areas by name, code, level, parent or box
#[utoipa::path(get, path = "/api/v1/areas", tag = "areas", params(FindQuery), responses(
    (status = 200, body = FoundView), (status = 400, body = Problem, content_type = "application/problem+json")))]
pub async fn find(
    State(app): State<Arc<App>>,
    Query(query): Query<FindQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let published = app.published();
    let geography = Arc::clone(published.geography().ok_or_else(Problem::nothing_published)?);
    let wanted = query.wanted(&geography)?;
    let limit = limit_of(query.limit, 50, 1000)?;
    let view = blocking(move || {
        let found = app.search_index(&geography).find(&geography, &wanted);
        let (found, next_cursor) = page(&found, query.cursor.as_deref(), limit)?;
        let areas = found.into_iter().filter_map(|area| FoundArea::of(&geography, area)).collect();
        Ok(FoundView { areas, next_cursor })
    });
    Ok(json(&headers, Keep::Revalidate, &view.await?))
}

impl FindQuery {
    fn wanted(&self, geography: &Geography) -> Result<Wanted, Problem> {
        let level = self.level.as_deref().map(|level| level_position(geography, level)).transpose()?;
        let parent = self.parent.as_deref().map(|parent| area_position(geography, "parent", parent)).transpose()?;
        let text = self.q.clone().filter(|text| !text.trim().is_empty());
        if text.as_ref().is_some_and(|text| text.chars().count() > MOST_TEXT) {
            return Err(Problem::bad_request(format!("q: expected at most {MOST_TEXT} characters")));
        }
        let bbox = self.bbox.as_deref().map(bbox_of).transpose()?;
        Ok(Wanted { level, parent: parent.flatten(), text, bbox })
    }
}

fn bbox_of(text: &str) -> Result<[f64; 4], Problem> {
    let expected = || Problem::bad_request("bbox: expected `west,south,east,north` in degrees, south at most north");
    let numbers: Vec<f64> =
        text.split(',').map(|n| n.trim().parse()).collect::<Result<_, _>>().map_err(|_| expected())?;
    let [west, south, east, north] = numbers[..] else { return Err(expected()) };
    let fits = numbers.iter().all(|number| number.is_finite())
        && [west, east].iter().all(|at| at.abs() <= 180.0)
        && [south, north].iter().all(|at| at.abs() <= 90.0)
        && south <= north;
    if fits { Ok([west, south, east, north]) } else { Err(expected()) }
}

/// Which figures of an area.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AreaQuery {
    /// A number, or `current`.
    snapshot: Option<String>,
}

/// One area: figures, rank among siblings, past elections, and what stands behind them
#[utoipa::path(get, path = "/api/v1/areas/{level}/{code}", tag = "areas",
    params(("level" = String, Path), ("code" = String, Path), AreaQuery), responses(
    (status = 200, body = AreaView), (status = 404, body = Problem, content_type = "application/problem+json")))]
pub async fn area(
    State(app): State<Arc<App>>,
    Path((level, code)): Path<(String, String)>,
    Query(query): Query<AreaQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let missing = || Problem::not_found("area");
    let known = match query.snapshot {
        Some(id) if id != "current" => Known::of(app.snapshot(&id).await?),
        _ => Known::now(&app.published()).ok_or_else(missing)?,
    };
    if known.geography.position(&level).is_none() {
        let row = known.geography.level_or_hexes(&level).and_then(|own| own.row(&code)).ok_or_else(missing)?;
        let view = blocking(move || {
            let hexes = app.tiles.hexes(&known.geography).ok_or_else(missing)?;
            AreaView::of_hexagon(&known, &hexes, row).ok_or_else(missing)
        });
        let view = view.await?;
        return Ok(json(&headers, Keep::Revalidate, &view));
    }
    let at = known.geography.position(&level).ok_or_else(missing)?;
    let row = known.geography.at(at).and_then(|own| own.row(&code)).ok_or_else(missing)?;
    let view = blocking(move || AreaView::of(&known, at, row).ok_or_else(missing)).await?;
    Ok(json(&headers, Keep::Revalidate, &view))
}
