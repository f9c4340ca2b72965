//! A goal of votes, and what it asks of the areas of a level.

use super::compare::CompareFormat;
use super::estimates::{Format, download};
use super::tables::{TABLE, written_table};
use super::{area_position, level_asked, level_position, limit_of, not_too_many, page};
use crate::conditional::{Keep, json};
use crate::problem::Problem;
use crate::state::{App, blocking};
use crate::view::goal::{Bar, Goal, GoalView};
use crate::view::goal_hexes::HexGoals;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::response::Response;
use http::HeaderMap;
use quartier_export::{CsvForm, GoalRow, HexesAt, Within, cell_of, goal_csv, shown_column};
use quartier_model::{MISSING, Measure, Thousandths, flags};
use quartier_snapshot::{GeographyLevel, Of, Snapshot, TableWriter, UNKNOWN_ELECTORS};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;

/// Which goal.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct GoalQuery {
    /// Votes needed: at least 1, at most the electors.
    votes: Option<u64>,
    /// Or the turnout of a scenario, a fraction: half of its voters and one are needed. Neither: the estimated turnout.
    turnout: Option<f64>,
    /// The goal of this area: `level:code`.
    within: Option<String>,
    /// The level of the areas listed, a grouping, or `hex`; the coarsest level below `within` unless said.
    level: Option<String>,
    /// Of hexagons, the H3 resolution at which they are shown, 3 to 10; 8 unless said.
    resolution: Option<u8>,
    /// Only this area, in the place of a level: `level:code`, or a hexagon as `hex:index`. Its goal is its part of the whole.
    area: Option<String>,
    /// `code`, `electors`, `in_hand`, `goal`, `gap` or `chance`; `-` before it for the greatest first.
    sort: Option<String>,
    /// 1 to 100000; in JSON 100 unless said, in downloads all.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// `json`, `values` (a table of the goals of a level, row by row; of hexagons with what they have in hand), `csv` or `csv-fr`.
    #[serde(default)]
    #[param(inline)]
    format: CompareFormat,
    /// A number, or `current`.
    snapshot: Option<String>,
}

/// A goal of votes: what is needed, in hand and missing, the chance to reach it, and a goal for every area
#[utoipa::path(get, path = "/api/v1/goal", tag = "goal", params(GoalQuery), responses(
    (status = 200, content((GoalView = "application/json"), (String = "application/vnd.quartier.table"), (String = "text/csv"))),
    (status = 206, description = "a part of the table, by `Range`", content_type = TABLE),
    (status = 400, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json")))]
pub async fn goal(
    State(app): State<Arc<App>>,
    Query(query): Query<GoalQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = query.snapshot.clone().unwrap_or_else(|| "current".to_owned());
    let snapshot = app.snapshot(&id).await?;
    let keep = if id == "current" { Keep::Revalidate } else { Keep::Forever };
    let (format, form) = match query.format {
        CompareFormat::Json => return Ok(json(&headers, keep, &blocking(move || query.view(&app, &snapshot)).await?)),
        CompareFormat::Values => return blocking(move || query.table(&app, &snapshot, (&headers, keep))).await,
        CompareFormat::Csv => (Format::Csv, CsvForm::International),
        CompareFormat::CsvFr => (Format::CsvFr, CsvForm::French),
        CompareFormat::Geojson => return Err(Problem::bad_request("format: a goal is given as json, csv or csv-fr")),
    };
    let number = snapshot.number();
    let (csv, level) = blocking(move || {
        let mut csv = Vec::new();
        let answer = query.answer(&app, &snapshot)?;
        let level = snapshot.geography().at(answer.level).map_or("", |level| level.level.id.as_str());
        let (rows, _) = query.page(&answer.rows, usize::MAX)?;
        goal_csv(&mut csv, level, rows.into_iter().chain(answer.elsewhere), form)
            .map_err(|error| Problem::internal(&error))?;
        Ok((csv, level.to_owned()))
    })
    .await?;
    Ok(download(Body::from(csv), format, &format!("goal-{level}-snapshot-{number}")))
}

/// A goal with all the areas of a level.
struct GoalAnswer<'a> {
    goal: Goal<'a>,
    level: usize,
    hexes: Option<HexesAt>,
    rows: Vec<GoalRow<'a>>,
    elsewhere: Vec<GoalRow<'a>>,
}

/// What the electors of hexagons are, as in a table of values: `electors`, `flags`, and `favourable` in thousandths.
fn held_columns(
    table: &mut TableWriter<'_>,
    snapshot: &Snapshot,
    level: &GeographyLevel,
    hexes: &HexesAt,
    rows: &[GoalRow<'_>],
) {
    let values = snapshot.values(level.level.id.as_str());
    let mut electors = vec![UNKNOWN_ELECTORS; level.rows()];
    let mut flagged = vec![0_u8; level.rows()];
    let mut shares = vec![[MISSING; 4]; level.rows()];
    for own in rows {
        let (Some(row), Some(count)) = (level.row(own.code), own.electors.filter(|count| *count > 0)) else { continue };
        let published = values.and_then(|values| values.figure(Measure::Favourable, row));
        let share = |votes: f64| (1000.0 * votes / f64::from(count)).round() as Thousandths;
        let [value, low, high] = own.in_hand.map(share);
        electors[row] = count;
        // Inside an area a hexagon may have a part of its electors only, of whom nothing is published.
        let is_whole = values.is_some_and(|values| values.electors(row).known() == Some(count));
        shares[row] = match published {
            Some(own) if is_whole => [own.value, own.low, own.high, own.spread],
            _ => [value, low, high, published.map_or(high - low, |own| own.spread)],
        };
        let pooled = hexes.stands_for_others(row) && values.is_some_and(|own| own.flags(row) & flags::POOLED != 0);
        flagged[row] = if pooled { flags::POOLED } else { 0 };
    }
    table.column_with("electors", "value", electors.len(), move |row| electors[row]);
    table.column_with("flags", "value", flagged.len(), move |row| flagged[row]);
    let shares: Arc<[[Thousandths; 4]]> = shares.into();
    for (at, field) in ["value", "low", "high", "spread"].into_iter().enumerate() {
        let shares = Arc::clone(&shares);
        table.column_with(Measure::Favourable.id(), field, shares.len(), move |row| shares[row][at]);
    }
}

impl GoalQuery {
    fn view(&self, app: &App, snapshot: &Snapshot) -> Result<GoalView, Problem> {
        let answer = self.answer(app, snapshot)?;
        let (rows, next) = self.page(&answer.rows, 100)?;
        let view = answer.goal.view(answer.level, answer.rows.len(), &rows, &answer.elsewhere);
        Ok(GoalView { next_cursor: next, ..view })
    }

    /// The goals of all areas of a level, in the order of its areas table; none outside the ground. Of hexagons, also how
    /// many electors of the ground each has and their share that is in hand, since nobody sends all figures of hexagons.
    fn table(&self, app: &App, snapshot: &Snapshot, (headers, keep): (&HeaderMap, Keep)) -> Result<Response, Problem> {
        let answer = self.answer(app, snapshot)?;
        let level = snapshot.geography().at(answer.level).ok_or_else(|| Problem::not_found("level"))?;
        let mut goals = vec![u32::MAX; level.rows()];
        for own in &answer.rows {
            let row = level.row(own.code).ok_or_else(|| Problem::internal(&"a row without an area"))?;
            goals[row] = u32::try_from(own.goal).map_err(|_| Problem::internal(&"a goal of more votes than fit"))?;
        }
        let mut table = TableWriter::new("goal", level.rows())
            .with("geography", snapshot.geography().hash())
            .with("level", level.level.id.as_str())
            .with("needed", answer.goal.needed)
            .with("electors", answer.goal.electors);
        table.column("goal", "value", &goals);
        if let Some(hexes) = &answer.hexes {
            shown_column(&mut table, snapshot.geography(), Some(hexes));
            held_columns(&mut table, snapshot, level, hexes, &answer.rows);
        }
        written_table(headers, keep, &table)
    }

    fn answer<'a>(&self, app: &App, snapshot: &'a Snapshot) -> Result<GoalAnswer<'a>, Problem> {
        let within = self.within(snapshot)?;
        let hexes = self.hexes(app, snapshot)?;
        let area = self.area.as_deref().filter(|_| hexes.is_none());
        let only = area.map(|area| area_position(snapshot.geography(), "area", area)).transpose()?.flatten();
        let level = match &hexes {
            Some(_) => snapshot.geography().hexes_position(),
            None => only.map_or_else(|| self.level(snapshot, within), |(level, _)| Ok(level))?,
        };
        let bar = self.bar(snapshot)?;
        match &hexes {
            Some(hexes) => not_too_many("resolution", hexes.rows(snapshot.geography(), within).len())?,
            None => not_too_many("level", snapshot.geography().at(level).map_or(0, GeographyLevel::rows))?,
        }
        let foreign = || Problem::internal(&"draws of other leaves");
        let goal = Goal::of(snapshot, within, bar).ok_or_else(foreign)?;
        if goal.electors == 0 {
            return Err(Problem::bad_request("within: nobody is registered there, or nobody knows how many"));
        }
        if goal.needed > goal.electors {
            let why = format!("votes: {} are more than the {} electors there", goal.needed, goal.electors);
            return Err(Problem::bad_request(why));
        }
        let (mut rows, elsewhere) = match &hexes {
            Some(hexes) => {
                let HexGoals { rows, elsewhere } = goal.hexagons(hexes).ok_or_else(foreign)?;
                (rows, elsewhere)
            }
            None => {
                let draws = app.level_draws(snapshot, level).ok_or_else(foreign)?;
                let elsewhere = goal.elsewhere(level, |level| app.level_draws(snapshot, level));
                (goal.rows(level, &draws), elsewhere)
            }
        };
        if let Some(area) = self.area.as_deref().filter(|_| only.is_some() || hexes.is_some()) {
            rows.retain(|own| area.strip_prefix(own.level).and_then(|rest| rest.strip_prefix(':')) == Some(own.code));
            if rows.is_empty() {
                return Err(Problem::bad_request("area: expected one inside `within`"));
            }
        }
        self.sort(&mut rows)?;
        Ok(GoalAnswer { goal, level, hexes, rows, elsewhere })
    }

    /// The hexagons asked for as a level, or as one of them; `None` where another level is.
    fn hexes(&self, app: &App, snapshot: &Snapshot) -> Result<Option<HexesAt>, Problem> {
        let geography = snapshot.geography();
        let hexes = geography.ground().map(|ground| &ground.hexes);
        let code = |level: &GeographyLevel| {
            self.area.as_deref()?.strip_prefix(level.level.id.as_str())?.strip_prefix(':').map(ToOwned::to_owned)
        };
        let (level, resolution) = match hexes.and_then(|level| Some((level, code(level)?))) {
            Some((level, code)) => {
                let cell = level.row(&code).and_then(|_| quartier_geometry::resolution(cell_of(&code)?));
                let cell = cell.ok_or_else(|| Problem::bad_request(format!("area: there is no hexagon `{code}`")))?;
                (Some(level.level.id.as_str()), Some(cell))
            }
            None => (self.level.as_deref(), self.resolution),
        };
        if level.is_none() && resolution.is_none() {
            return Ok(None);
        }
        Ok(level_asked(app, geography, level, resolution)?.1)
    }

    fn within(&self, snapshot: &Snapshot) -> Result<Within, Problem> {
        let area = |within| area_position(snapshot.geography(), "within", within);
        Ok(self.within.as_deref().map(area).transpose()?.flatten())
    }

    fn level(&self, snapshot: &Snapshot, within: Within) -> Result<usize, Problem> {
        let geography = snapshot.geography();
        let finest = geography.levels().len().saturating_sub(1);
        let below = within.map_or(0, |(level, _)| (level + 1).min(finest));
        let level = self.level.as_deref().map_or(Ok(below), |level| level_position(geography, level))?;
        // A grouping is neither coarser nor finer than a level.
        if within.is_some_and(|(own, _)| own < geography.levels().len() && level < own) {
            return Err(Problem::bad_request("level: expected one no coarser than that of `within`"));
        }
        Ok(level)
    }

    fn bar(&self, snapshot: &Snapshot) -> Result<Bar, Problem> {
        match (self.votes, self.turnout) {
            (Some(_), Some(_)) => Err(Problem::bad_request("votes: expected either it or `turnout`")),
            (Some(0), None) => Err(Problem::bad_request("votes: expected at least 1")),
            (Some(votes), None) => Ok(Bar::Votes(votes)),
            (None, None) => Ok(Bar::Estimate),
            (None, Some(_)) if snapshot.manifest().of == Of::Voters => {
                Err(Problem::bad_request("turnout: without a register every elector known is a voter; give `votes`"))
            }
            (None, Some(turnout)) if turnout > 0.0 && turnout <= 1.0 => Ok(Bar::Turnout(turnout)),
            (None, Some(_)) => Err(Problem::bad_request("turnout: expected a fraction above 0, at most 1")),
        }
    }

    fn sort(&self, rows: &mut [GoalRow<'_>]) -> Result<(), Problem> {
        let text = self.sort.as_deref().unwrap_or("code");
        let (name, descending) = text.strip_prefix('-').map_or((text, false), |name| (name, true));
        let key: fn(&GoalRow<'_>) -> f64 = match name {
            // Rows are in the order of codes already.
            "code" => |_| 0.0,
            "electors" => |row| f64::from(row.electors.unwrap_or(0)),
            "in_hand" => |row| row.in_hand[0],
            "goal" => |row| row.goal as f64,
            "gap" => |row| row.gap(),
            "chance" => |row| row.chance,
            _ => return Err(Problem::bad_request("sort: expected code, electors, in_hand, goal, gap or chance")),
        };
        rows.sort_by(|a, b| if descending { key(b).total_cmp(&key(a)) } else { key(a).total_cmp(&key(b)) });
        if name == "code" && descending {
            rows.reverse();
        }
        Ok(())
    }

    fn page<'a>(&self, rows: &[GoalRow<'a>], usual: usize) -> Result<(Vec<GoalRow<'a>>, Option<String>), Problem> {
        page(rows, self.cursor.as_deref(), limit_of(self.limit, usual, 100_000)?)
    }
}
