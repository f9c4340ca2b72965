//! Goals 9 to 12: the electors inside a drawn polygon, cells into areas, points into areas, points into cells.

use super::serving;
use crate::desk::Desk;
use crate::report::{Line, Report, Target, median};
use crate::servers::Postgis;
use crate::usage::output;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

const ROUNDS: usize = 5;
/// Repetitions inside one process, since one takes fewer CPU ticks than the kernel counts well.
const REPETITIONS: u32 = 10;
/// Repetitions of a question to a server, beside those that PostGIS is asked.
const POSTS: u32 = 200;
/// Vertices of a lasso.
const VERTICES: u32 = 100;

/// A wobbly ring around the middle of France, as a hand draws it; `radius` in degrees of latitude.
fn drawn(desk: &Desk, name: &str, radius: f64) -> Result<PathBuf> {
    let (lon, lat) = (2.6_f64, 46.6_f64);
    let at = |n: u32| {
        let turn = f64::from(n % VERTICES) / f64::from(VERTICES) * std::f64::consts::TAU;
        let reach = radius * (1.0 + 0.1 * (5.0 * turn).sin());
        [lon + reach * turn.cos() / lat.to_radians().cos(), lat + reach * turn.sin()]
    };
    let ring: Vec<[f64; 2]> = (0..=VERTICES).map(at).collect();
    let path = desk.at(&format!("lasso-{name}.geojson"));
    std::fs::write(&path, json!({"type": "Polygon", "coordinates": [ring]}).to_string())?;
    Ok(path)
}

/// What a script or our half printed.
fn said(command: &mut Command) -> Result<(f64, u64)> {
    let said: Value = serde_json::from_str(&output(command)?)?;
    Ok((said["cpu_s"].as_f64().context("cpu_s")?, said["found"].as_u64().context("found")?))
}

/// Our half, in a process of its own.
fn half(arguments: &[&str]) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("ours").args(arguments);
    Ok(command)
}

/// Goal 9: the estimate of the electors inside a polygon, through the server, with its interval. The peers give a sum
/// of electors by surface and no interval.
///
/// # Errors
/// When a server or a command fails.
pub fn lasso(desk: &Desk, report: &mut Report) -> Result<()> {
    let layer = desk.layer()?;
    let database = if desk.program("ogr2ogr").is_some() { Some(Postgis::start(desk, &layer)?) } else { None };
    let (server, number) = serving::ours(desk)?;
    let url = server.url(&format!("/api/v1/estimates/within?snapshot={number}"));
    for (name, radius, limit_ms) in [("a tenth of France", 1.6, 5.0), ("all of France", 6.5, 25.0)] {
        let body = drawn(desk, &name.replace(' ', "-"), radius)?;
        let post = |times: u32| -> Result<f64> {
            let before = server.cpu();
            output(half(&["post", &url])?.arg(&body).arg(times.to_string()))?;
            Ok((server.cpu() - before) / f64::from(times) * 1000.0)
        };
        // The first asks for the index of the pieces.
        post(1)?;
        let (mut ours, mut by_geopandas, mut by_postgis, mut found) = (vec![], vec![], vec![], 0);
        for _ in 0..ROUNDS {
            let mut script = desk.python("geopandas_lasso.py");
            let (cpu_s, electors) = said(script.arg(&layer).arg(&body).arg("3"))?;
            by_geopandas.push(cpu_s * 1000.0);
            found = electors;
            if let Some(database) = &database {
                by_postgis.push(areal(database, &body)? * 1000.0);
            }
            ours.push(post(POSTS)?);
        }
        let what = format!("lasso of 100 vertices, {name}, with interval (`POST /api/v1/estimates/within`)");
        for (peer, theirs, target) in [("geopandas", &by_geopandas, 1.0), ("PostGIS", &by_postgis, 1.0 / 25.0)] {
            if theirs.is_empty() {
                continue;
            }
            report.line(&Line {
                goal: 9,
                what: &what,
                peer: &format!("{peer}, by surface, no interval"),
                theirs,
                ours: &ours,
                unit: "CPU ms",
                target: Target::AtMost(target),
            });
        }
        let spent = median(&ours);
        let reached = if spent <= limit_ms { "reached" } else { "not reached" };
        report.note(format!(
            "goal 9, {name}: {found} electors by surface; ours {spent:.1} ms (to reach: {limit_ms}): {reached}"
        ));
    }
    Ok(())
}

/// CPU seconds of PostGIS for the electors inside a polygon, areas that it cuts by their share of the surface.
fn areal(database: &Postgis, body: &Path) -> Result<f64> {
    const TIMES: usize = 3;
    let lasso = std::fs::read_to_string(body)?;
    let one = format!(
        "with lasso as materialized (select st_transform(st_setsrid(st_geomfromgeojson('{lasso}'), 4326), 3857) as shape) \
         select sum(electors * case when st_coveredby(geom, shape) then 1 \
           else st_area(st_intersection(geom, shape)) / st_area(geom) end) \
         from communes, lasso where st_intersects(geom, shape);"
    );
    let before = database.cpu();
    database.sql(&one.repeat(TIMES))?;
    Ok((database.cpu() - before) / TIMES as f64)
}

/// Goal 10: a million cells of five columns summed into areas.
///
/// # Errors
/// When a command fails.
pub fn sums(desk: &Desk, report: &mut Report) -> Result<()> {
    let times = REPETITIONS.to_string();
    let (mut theirs, mut ours) = (vec![], vec![]);
    for _ in 0..ROUNDS {
        let (cpu_s, areas) = said(desk.python("duckdb_sums.py").arg(&times))?;
        ensure!(areas == 35_357, "DuckDB found {areas} areas");
        theirs.push(cpu_s * 1000.0);
        ours.push(said(&mut half(&["sums", &times])?)?.0 * 1000.0);
    }
    report.line(&Line {
        goal: 10,
        what: "1,000,000 cells summed into 35,357 areas, five columns, in memory",
        peer: "DuckDB",
        theirs: &theirs,
        ours: &ours,
        unit: "CPU ms",
        target: Target::AtMost(0.3),
    });
    Ok(())
}

/// Goal 11: the commune of every polling place.
///
/// # Errors
/// When a command fails.
pub fn points(desk: &Desk, report: &mut Report) -> Result<()> {
    let (layer, points, times) = (desk.layer()?, desk.points(), REPETITIONS.to_string());
    let database = if desk.program("ogr2ogr").is_some() { Some(Postgis::start(desk, &layer)?) } else { None };
    if let Some(database) = &database {
        database.points(Path::new(&points))?;
    }
    let (mut by_geopandas, mut by_postgis, mut ours) = (vec![], vec![], vec![]);
    for _ in 0..ROUNDS {
        let (cpu_s, theirs) = said(desk.python("geopandas_points.py").arg(&layer).args([&points, &times]))?;
        by_geopandas.push(cpu_s * 1000.0);
        if let Some(database) = &database {
            let before = database.cpu();
            database.sql("select count(*) from points, communes where st_contains(communes.geom, points.geom)")?;
            by_postgis.push((database.cpu() - before) * 1000.0);
        }
        let (cpu_s, found) = said(half(&["points"])?.arg(&layer).args([&points, &times]))?;
        ensure!(found == theirs, "geopandas places {theirs} points, ours {found}");
        ours.push(cpu_s * 1000.0);
    }
    for (peer, theirs) in [("geopandas", &by_geopandas), ("PostGIS, index made before", &by_postgis)] {
        if theirs.is_empty() {
            continue;
        }
        report.line(&Line {
            goal: 11,
            what: "65,931 points into 35,357 communes, the index counted",
            peer,
            theirs,
            ours: &ours,
            unit: "CPU ms",
            target: Target::AtMost(0.5),
        });
    }
    Ok(())
}

/// Goal 12: the cells of points, at resolution 9.
///
/// # Errors
/// When a command fails.
pub fn cells(desk: &Desk, report: &mut Report) -> Result<()> {
    let times = "3";
    let (mut by_h3_py, mut bare, mut ours) = (vec![], vec![], vec![]);
    let rate = |(cpu_s, _): (f64, u64)| 1.0 / cpu_s;
    for _ in 0..ROUNDS {
        by_h3_py.push(rate(said(desk.python("h3_cells.py").arg(times))?));
        let (theirs, own) = (said(&mut half(&["cells", "--bare", times])?)?, said(&mut half(&["cells", times])?)?);
        ensure!(theirs.1 == own.1, "the cells differ");
        bare.push(rate(theirs));
        ours.push(rate(own));
    }
    for (peer, theirs, least) in [("h3-py", &by_h3_py, 1.0), ("bare h3o", &bare, 0.9)] {
        report.line(&Line {
            goal: 12,
            what: "points to H3 cells of resolution 9",
            peer,
            theirs,
            ours: &ours,
            unit: "million per CPU s",
            target: Target::AtLeast(least),
        });
    }
    Ok(())
}
