//! Priorities: areas by the worth of an hour of doors.

use super::estimates::EstimatesQuery;
use super::{area_position, level_position, limit_of, not_too_many, resolution_asked};
use crate::conditional::{Keep, json};
use crate::problem::Problem;
use crate::state::{App, blocking};
use crate::view::priorities::{PresetView, PrioritiesView};
use axum::extract::{Query, State};
use axum::response::Response;
use http::HeaderMap;
use quartier_estimate::lean_offsets;
use quartier_export::{USUAL_HEX_RESOLUTION, area_km2, rows_within};
use quartier_model::{Draw, Electors};
use quartier_snapshot::{GeographyLevel, Snapshot};
use quartier_targeting::{Effects, Ground, Mixture, PRESETS, preset, rank};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;

/// Greatest effect and standard deviation that may be given, in points.
const MOST_POINTS: f64 = 50.0;

/// Which ranking.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PrioritiesQuery {
    /// The level, a grouping, or `hex`; the finest level unless said.
    level: Option<String>,
    /// Of hexagons, the H3 resolution at which they are ranked, 3 to 10; 8 unless said.
    resolution: Option<u8>,
    /// Only areas inside this one: `level:code`.
    within: Option<String>,
    /// How many are "the best": 1 to 100000; 20 unless said.
    k: Option<u32>,
    /// A preset of effects; the first unless said.
    preset: Option<String>,
    /// Persuasion, points: replaces the preset's.
    delta_p: Option<f64>,
    /// Its standard deviation, points; 0 unless said.
    delta_p_sd: Option<f64>,
    /// Mobilisation, points: replaces the preset's.
    delta_m: Option<f64>,
    /// Its standard deviation, points; 0 unless said.
    delta_m_sd: Option<f64>,
    /// 1 to 1000; 50 unless said.
    limit: Option<u32>,
    /// A number, or `current`.
    snapshot: Option<String>,
}

/// Areas by the worth of an hour of doors
#[utoipa::path(get, path = "/api/v1/priorities", tag = "priorities", params(PrioritiesQuery), responses(
    (status = 200, body = PrioritiesView), (status = 400, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json")))]
pub async fn priorities(
    State(app): State<Arc<App>>,
    Query(query): Query<PrioritiesQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let snapshot = app.snapshot(query.snapshot.as_deref().unwrap_or("current")).await?;
    let view = blocking(move || query.view(&app, &snapshot)).await?;
    Ok(json(&headers, Keep::Revalidate, &view))
}

/// Areas to be ranked; lists are in the order of `rows`.
struct Ranked<'a> {
    level: &'a GeographyLevel,
    /// Rows of the level's table.
    rows: Vec<usize>,
    electors: Vec<Electors>,
    /// Row-major.
    draws: Arc<Vec<Draw>>,
    /// NaN without an outline.
    km2: Vec<f64>,
    /// Positions of those inside the area asked for; `None`: all.
    within: Option<Vec<u32>>,
}

impl Ranked<'_> {
    fn codes(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().map(|row| self.level.code(*row).unwrap_or_default())
    }
}

impl PrioritiesQuery {
    fn view(&self, app: &App, snapshot: &Snapshot) -> Result<PrioritiesView, Problem> {
        let (effects, shown) = self.effects()?;
        let k = limit_of(self.k, 20, 100_000)?;
        let limit = limit_of(self.limit, 50, 1000)?;
        let ranked = self.ranked(app, snapshot)?;
        let Ranked { level, electors, .. } = &ranked;
        let keys: Vec<String> = ranked.codes().map(|code| format!("{}:{code}", level.level.id)).collect();
        let seed = snapshot.manifest().seed;
        let lean = lean_offsets(seed);
        let mut ground = Ground::new(&keys, electors, &ranked.draws, &lean, seed);
        let per_km2: Vec<f64> = electors
            .iter()
            .zip(&ranked.km2)
            .map(|(electors, km2)| electors.known().map_or(f64::NAN, |electors| f64::from(electors) / km2))
            .collect();
        ground.density_per_km2 = &per_km2;
        ground.within = ranked.within.as_deref();
        let ranking =
            rank(&ground, &effects, &shown.source, k).map_err(|error| Problem::bad_request(error.to_string()))?;
        Ok(PrioritiesView::of(&ranking, level, &ranked.rows, shown, limit))
    }

    /// What is ranked: the areas of a level, or the hexagons of a resolution.
    fn ranked<'a>(&self, app: &App, snapshot: &'a Snapshot) -> Result<Ranked<'a>, Problem> {
        let geography = snapshot.geography();
        let foreign = || Problem::internal(&"draws of other leaves");
        if let Some(hexes) = geography.ground().map(|ground| &ground.hexes)
            && self.level.as_deref() == Some(hexes.level.id.as_str())
        {
            let ground_of = |within| {
                EstimatesQuery::ground_of([self.level.as_ref(), within, None], self.resolution).ground(app, snapshot)
            };
            let rows = ground_of(None)?.2;
            not_too_many("resolution", rows.len())?;
            let inside = self.within.as_ref().map(|within| ground_of(Some(within))).transpose()?;
            let position = |row: usize| rows.binary_search(&row).ok().map(|at| at as u32);
            let within = inside.map(|(.., inside)| inside.into_iter().filter_map(position).collect());
            let values = snapshot.values(hexes.level.id.as_str()).ok_or_else(|| Problem::not_found("level"))?;
            let resolution = self.resolution.unwrap_or(USUAL_HEX_RESOLUTION);
            return Ok(Ranked {
                level: hexes,
                electors: rows.iter().map(|row| values.electors(*row)).collect(),
                draws: app.hexagon_draws(snapshot, resolution, &rows).ok_or_else(foreign)?,
                km2: rows.iter().map(|row| area_km2(hexes, *row).unwrap_or(f64::NAN)).collect(),
                within,
                rows,
            });
        }
        resolution_asked(geography, self.level.as_deref(), self.resolution)?;
        let finest = geography.levels().len().saturating_sub(1);
        let at = self.level.as_deref().map_or(Ok(finest), |level| level_position(geography, level))?;
        let level = geography.at(at).ok_or_else(|| Problem::not_found("level"))?;
        not_too_many("level", level.rows())?;
        let within = self.within.as_deref().map(|within| area_position(geography, "within", within)).transpose()?;
        let values = &snapshot.levels()[at].values;
        Ok(Ranked {
            level,
            rows: (0..level.rows()).collect(),
            electors: (0..level.rows()).map(|row| values.electors(row)).collect(),
            draws: app.level_draws(snapshot, at).ok_or_else(foreign)?,
            km2: app.surfaces(geography, at).map(|all| all.to_vec()).unwrap_or_default(),
            within: within
                .flatten()
                .map(|area| rows_within(geography, at, Some(area)).into_iter().map(|row| row as u32).collect()),
        })
    }

    /// The preset's effects, with what the caller gave in their place.
    fn effects(&self) -> Result<(Effects, PresetView), Problem> {
        let chosen = match self.preset.as_deref() {
            None => &PRESETS[0],
            Some(id) => preset(id).ok_or_else(|| {
                let known: Vec<&str> = PRESETS.iter().map(|preset| preset.id).collect();
                Problem::bad_request(format!("preset: expected one of {}", known.join(", ")))
            })?,
        };
        let mut effects = chosen.effects();
        let given_p = given("delta_p", self.delta_p, self.delta_p_sd)?;
        let given_m = given("delta_m", self.delta_m, self.delta_m_sd)?;
        if given_p.is_none() && given_m.is_none() {
            return Ok((effects, PresetView::of(chosen)));
        }
        effects.delta_p = given_p.unwrap_or(effects.delta_p);
        effects.delta_m = given_m.unwrap_or(effects.delta_m);
        let shown = PresetView::custom(&effects);
        Ok((effects, shown))
    }
}

fn given(name: &str, mean: Option<f64>, sd: Option<f64>) -> Result<Option<Mixture>, Problem> {
    let Some(mean) = mean else {
        return match sd {
            None => Ok(None),
            Some(_) => Err(Problem::bad_request(format!("{name}_sd: expected {name} beside it"))),
        };
    };
    let sd = sd.unwrap_or(0.0);
    if !(mean.abs() <= MOST_POINTS && (0.0..=MOST_POINTS).contains(&sd)) {
        let why =
            format!("{name}: expected points from -{MOST_POINTS} to {MOST_POINTS}, and an sd from 0 to {MOST_POINTS}");
        return Err(Problem::bad_request(why));
    }
    Ok(Some(Mixture::one(mean, sd)))
}
