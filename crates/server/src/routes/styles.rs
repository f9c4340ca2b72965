//! Complete MapLibre styles on valued tiles.

use super::level_position;
use crate::conditional::{Keep, json};
use crate::guard::base;
use crate::problem::Problem;
use crate::state::App;
use crate::view::campaign::zooms;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use http::HeaderMap;
use quartier_cartography::{Classes, StyleLevel, StyleRequest, Theme};
use quartier_export::measures_of;
use quartier_model::Measure;
use quartier_snapshot::{GeographyLevel, Snapshot};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;

/// Which style.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StyleQuery {
    /// Only this level; all by zoom unless said.
    level: Option<String>,
    /// A number, or `current`.
    snapshot: Option<String>,
    /// `light` or `dark`.
    #[param(value_type = Option<String>)]
    theme: Option<Theme>,
}

/// A complete MapLibre style of a measure, on valued tiles
#[utoipa::path(get, path = "/styles/{measure}.json", tag = "tiles",
    params(("measure" = String, Path, description = "id of a measure"), StyleQuery),
    responses((status = 200, description = "MapLibre style, version 8", content_type = "application/json"),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json")))]
pub async fn style(
    State(app): State<Arc<App>>,
    Path(segment): Path<String>,
    Query(query): Query<StyleQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let missing = || Problem::not_found("style");
    let measure = segment.strip_suffix(".json").and_then(|id| id.parse::<Measure>().ok()).ok_or_else(missing)?;
    let snapshot = app.snapshot(query.snapshot.as_deref().unwrap_or("current")).await?;
    let manifest = snapshot.manifest();
    let edges = manifest.edges.get(&measure).filter(|_| measures_of(manifest.of).contains(&measure));
    let classes = Classes::new(edges.ok_or_else(missing)?.clone()).map_err(|error| Problem::internal(&error))?;
    let label = measure.info().label;
    let request = StyleRequest {
        measure,
        classes: &classes,
        levels: &levels(&snapshot, query.level.as_deref())?,
        snapshot: snapshot.number().into(),
        base: &base(&headers),
        name: if manifest.language == "en" { label.en } else { label.fr },
        theme: query.theme.unwrap_or(Theme::Light),
        uncertainty: true,
        bounds: snapshot.geography().manifest().bounds,
    };
    let style = quartier_cartography::style(&request).map_err(|_| Problem::not_found("style"))?;
    Ok(json(&headers, Keep::Revalidate, &style))
}

/// The levels that have tiles, each from its first zoom to the next one's.
fn levels(snapshot: &Snapshot, only: Option<&str>) -> Result<Vec<StyleLevel>, Problem> {
    let geography = snapshot.geography();
    let tiled = |level: &&GeographyLevel| level.skeleton.is_some();
    let shown = |level: &GeographyLevel| (level.level.id.to_string(), f64::from(zooms(level).0));
    if let Some(only) = only {
        level_position(geography, only)?;
        let found = geography.all_levels().filter(tiled).map(shown).filter(|level| level.0 == only);
        return Ok(found.map(|(tileset, shown_from)| StyleLevel { tileset, shown_from, shown_to: None }).collect());
    }
    let all: Vec<(String, f64)> = geography.levels().iter().filter(tiled).map(shown).collect();
    let shown = all.iter().enumerate().filter_map(|(at, (tileset, first))| {
        // A finer level that starts at the same zoom or before takes the place of this one.
        let next = all[at + 1..].iter().map(|level| level.1).reduce(f64::min);
        if next.is_some_and(|next| next <= *first) {
            return None;
        }
        Some(StyleLevel { tileset: tileset.clone(), shown_from: *first, shown_to: next })
    });
    Ok(shown.collect())
}
