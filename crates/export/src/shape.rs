//! Outlines as GeoJSON coordinates, written by hand so that a level is never in memory.

use crate::error::{ExportError, Result};
use crate::hexes::cell_of;
use crate::number::push_degrees;
use geo::orient::{Direction, Orient};
use geo_types::{Geometry, LineString, MultiPolygon};
use geozero::ToGeo;
use geozero::wkb::Wkb;
use quartier_snapshot::GeographyLevel;
use std::io::Write;

/// Writes the outline of an area of a level; one of a level of cells follows from its code.
pub(crate) fn write_outline(out: &mut impl Write, level: &GeographyLevel, row: usize) -> Result<()> {
    let code = level.code(row).unwrap_or_default();
    if level.is_of_cells() {
        return write_hexagon(out, code);
    }
    write_geometry(out, level.outlines.wkb(row), &format!("{}:{code}", level.level.id))
}

/// Writes the outline as a GeoJSON geometry: exterior rings counter-clockwise, holes clockwise; `null` without one.
fn write_geometry(out: &mut impl Write, wkb: Option<&[u8]>, area: &str) -> Result<()> {
    let Some(wkb) = wkb else {
        out.write_all(b"null")?;
        return Ok(());
    };
    let broken = |why: String| ExportError::Outline { area: area.to_owned(), why };
    let outline = match Wkb(wkb).to_geo().map_err(|error| broken(error.to_string()))? {
        Geometry::Polygon(polygon) => MultiPolygon(vec![polygon]),
        Geometry::MultiPolygon(polygons) => polygons,
        _ => return Err(broken("found no polygon".to_owned())),
    };
    write_polygons(out, &outline.orient(Direction::Default))
}

/// Writes the outline of a hexagon, which follows from its index; `null` for what is none.
fn write_hexagon(out: &mut impl Write, code: &str) -> Result<()> {
    match cell_of(code).and_then(quartier_geometry::hexagon) {
        Some(outline) => write_polygons(out, &outline),
        None => Ok(out.write_all(b"null")?),
    }
}

fn write_polygons(out: &mut impl Write, outline: &MultiPolygon<f64>) -> Result<()> {
    out.write_all(br#"{"type":"MultiPolygon","coordinates":["#)?;
    for (at, polygon) in outline.iter().enumerate() {
        separate(out, at)?;
        out.write_all(b"[")?;
        for (at, ring) in std::iter::once(polygon.exterior()).chain(polygon.interiors()).enumerate() {
            separate(out, at)?;
            write_ring(out, ring)?;
        }
        out.write_all(b"]")?;
    }
    out.write_all(b"]}")?;
    Ok(())
}

fn write_ring(out: &mut impl Write, ring: &LineString<f64>) -> Result<()> {
    let mut text = Vec::with_capacity(ring.0.len() * 24 + 2);
    for (at, point) in ring.coords().enumerate() {
        text.extend_from_slice(if at > 0 { b",[" } else { b"[[" });
        push_degrees(&mut text, point.x);
        text.push(b',');
        push_degrees(&mut text, point.y);
        text.push(b']');
    }
    text.extend_from_slice(if ring.0.is_empty() { b"[]" } else { b"]" });
    out.write_all(&text)?;
    Ok(())
}

fn separate(out: &mut impl Write, at: usize) -> Result<()> {
    if at > 0 {
        out.write_all(b",")?;
    }
    Ok(())
}
