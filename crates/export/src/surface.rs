//! How large an outline is.

use crate::hexes::cell_of;
use geo_types::{Geometry, LineString, Polygon};
use geozero::ToGeo;
use geozero::wkb::Wkb;
use quartier_snapshot::GeographyLevel;

/// Authalic radius of the Earth, metres: the sphere of the same surface as WGS 84.
const RADIUS_M: f64 = 6_371_007.2;

/// Surface of an area of a level in km²; one of a level of cells follows from its code.
pub fn area_km2(level: &GeographyLevel, row: usize) -> Option<f64> {
    if level.is_of_cells() {
        return quartier_geometry::surface_km2(cell_of(level.code(row)?)?);
    }
    surface_km2(level.outlines.wkb(row))
}

/// Surface of an outline in km²; `None` where there is none, or it cannot be read.
///
/// Each edge adds `R² Δλ (sin φ1 + sin φ2) / 2` (Chamberlain and Duquette 2007, JPL 07-03): at most some thousandths off
/// for the edges that outlines have, which a count of doors an hour does not see.
fn surface_km2(wkb: Option<&[u8]>) -> Option<f64> {
    let km2 = match Wkb(wkb?).to_geo().ok()? {
        Geometry::Polygon(polygon) => polygon_km2(&polygon),
        Geometry::MultiPolygon(polygons) => polygons.iter().map(polygon_km2).sum(),
        _ => return None,
    };
    (km2 > 0.0).then_some(km2)
}

fn polygon_km2(polygon: &Polygon<f64>) -> f64 {
    let holes: f64 = polygon.interiors().iter().map(ring_km2).sum();
    ring_km2(polygon.exterior()) - holes
}

fn ring_km2(ring: &LineString<f64>) -> f64 {
    let sum: f64 = ring
        .lines()
        .map(|edge| {
            let sines = edge.start.y.to_radians().sin() + edge.end.y.to_radians().sin();
            (edge.end.x - edge.start.x).to_radians() * sines / 2.0
        })
        .sum();
    (sum * RADIUS_M * RADIUS_M / 1e6).abs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use geozero::{CoordDimensions, ToWkb};

    fn square(west: f64, south: f64, side: f64) -> LineString<f64> {
        let (east, north) = (west + side, south + side);
        vec![(west, south), (west, north), (east, north), (east, south), (west, south)].into()
    }

    #[test]
    fn a_degree_at_the_equator_is_a_known_surface_and_a_hole_is_none_of_it() {
        let wkb = |polygon: Polygon<f64>| Geometry::from(polygon).to_wkb(CoordDimensions::xy()).expect("WKB");
        // R² times one degree times the sine of one degree.
        let degree = RADIUS_M * RADIUS_M / 1e6 * 1f64.to_radians() * 1f64.to_radians().sin();
        let whole = surface_km2(Some(&wkb(Polygon::new(square(0.0, 0.0, 1.0), vec![])))).expect("a surface");
        assert!((whole - degree).abs() < 1e-6, "{whole} {degree}");
        assert!((whole - 12_364.0).abs() < 10.0, "{whole}");
        let holed = Polygon::new(square(0.0, 0.0, 1.0), vec![square(0.0, 0.0, 0.5)]);
        let holed = surface_km2(Some(&wkb(holed))).expect("a surface");
        assert!((holed / whole - 0.75).abs() < 1e-4, "{holed}");
        assert_eq!(surface_km2(None), None);
        assert_eq!(surface_km2(Some(b"no outline")), None);
    }
}
