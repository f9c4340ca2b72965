//! Polygons in degrees to rings on the grid.

use geo_types::{LineString, MultiPolygon};

use crate::GeometryError;
use crate::project::{Point, WORLD, mercator, to_grid};
use crate::rings::doubled_area;
use crate::soup::Ring;

/// Longitudes up to one and a half turns are brought home; beyond, they are no longitudes.
const LON_LIMIT: f64 = 540.0;

/// Rings of one area: rounded, oriented, cut at the antimeridian, those without area left out.
pub(crate) fn rings(row: u32, area: &MultiPolygon<f64>) -> Result<Vec<Ring>, GeometryError> {
    let mut out = Vec::new();
    for polygon in area {
        one(row, polygon.exterior(), true, &mut out)?;
        for hole in polygon.interiors() {
            one(row, hole, false, &mut out)?;
        }
    }
    Ok(out)
}

fn one(row: u32, line: &LineString<f64>, exterior: bool, out: &mut Vec<Ring>) -> Result<(), GeometryError> {
    let mut flat: Vec<(f64, f64)> = Vec::with_capacity(line.0.len());
    let mut shift = 0.0;
    let mut last: Option<f64> = None;
    for c in &line.0 {
        if !(c.x.abs() <= LON_LIMIT && c.y.abs() <= 90.0) {
            return Err(GeometryError::NotLonLat { row, x: c.x, y: c.y });
        }
        // A jump of more than half the world is a crossing of the antimeridian, unless the edge
        // runs from one side of the map to the other on purpose.
        if let Some(last) = last {
            let jump: f64 = c.x - last;
            if jump.abs() > 180.0 && jump.abs() < 360.0 {
                shift -= 360.0 * jump.signum();
            }
        }
        last = Some(c.x);
        flat.push(mercator(c.x + shift, c.y));
    }
    let inside = flat.iter().all(|p| (0.0..=WORLD).contains(&p.0));
    if inside {
        push(row, flat.into_iter(), exterior, out);
        return Ok(());
    }
    for turn in -2..=2 {
        let (from, to) = (f64::from(turn) * WORLD, f64::from(turn + 1) * WORLD);
        let cut = below(&below(&flat, to, 1.0), -from, -1.0);
        push(row, cut.into_iter().map(|p| (p.0 - from, p.1)), exterior, out);
    }
    Ok(())
}

/// The part of a ring where `sign * x <= limit` (Sutherland and Hodgman 1974). Edges that it
/// leaves along the limit cancel when areas are summed.
fn below(ring: &[(f64, f64)], limit: f64, sign: f64) -> Vec<(f64, f64)> {
    let mut out = Vec::new();
    for i in 0..ring.len() {
        let (a, b) = (ring[i], ring[(i + 1) % ring.len()]);
        let (da, db) = (sign * a.0 - limit, sign * b.0 - limit);
        if da <= 0.0 {
            out.push(a);
        }
        if (da < 0.0 && db > 0.0) || (da > 0.0 && db < 0.0) {
            out.push((sign * limit, a.1 + (b.1 - a.1) * da / (da - db)));
        }
    }
    out
}

fn push(row: u32, flat: impl Iterator<Item = (f64, f64)>, exterior: bool, out: &mut Vec<Ring>) {
    let mut points: Vec<Point> = flat.map(|(x, y)| to_grid(x, y)).collect();
    points.dedup();
    while points.len() > 1 && points.first() == points.last() {
        points.pop();
    }
    if points.len() < 3 {
        return;
    }
    let wide: Vec<_> = points.iter().map(|p| p.wide()).collect();
    // A ring of no signed area may still be a figure of eight: it is kept as it is.
    if (doubled_area(&wide) < 0) == exterior {
        points.reverse();
    }
    out.push(Ring { area: row, points });
}
