//! Longitude and latitude to the integer Mercator world, and back.

use std::f64::consts::PI;

use geo_types::Coord;

/// The zoom whose tile grid (4096 to a tile) is the integer world itself: 2^32 units wide.
pub const GRID_ZOOM: u8 = 20;

/// Grid squares along a tile's side.
pub const TILE_EXTENT: i32 = 4096;

/// Width of the world in units.
pub(crate) const WORLD: f64 = 4_294_967_296.0;

/// Circumference of the sphere of Web Mercator in metres: 2 pi x 6,378,137 (EPSG:3857).
const CIRCUMFERENCE_M: f64 = 40_075_016.685_578_49;

/// Square metres between pole and equator (sine of the latitude from 0 to 1) per unit of `x`:
/// R^2 x 2 pi / 2^32, on the sphere of Web Mercator.
pub(crate) const METRES2_PER_STRIP: f64 = CIRCUMFERENCE_M * CIRCUMFERENCE_M / (2.0 * PI) / WORLD;

/// A vertex of the integer world: `x` east of the antimeridian, `y` south of 85.0511 N, in
/// units of 1 / 2^32 of the world (0.9 cm at the equator).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Point {
    /// East.
    pub x: u32,
    /// South.
    pub y: u32,
}

impl Point {
    /// The point as one key; equal points have equal keys.
    pub(crate) fn key(self) -> u64 {
        u64::from(self.y) << 32 | u64::from(self.x)
    }

    pub(crate) fn wide(self) -> Wide {
        Wide { x: i64::from(self.x), y: i64::from(self.y) }
    }
}

/// A point in signed coordinates, for exact arithmetic (any grid).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub(crate) struct Wide {
    pub x: i64,
    pub y: i64,
}

/// Unclamped Mercator position in units; `lon` may lie beyond 180, `lat` is -90..=90.
pub(crate) fn mercator(lon: f64, lat: f64) -> (f64, f64) {
    let sine = lat.to_radians().sin();
    let x = (lon + 180.0) / 360.0 * WORLD;
    let y = (0.5 - ((1.0 + sine) / (1.0 - sine)).ln() / (4.0 * PI)) * WORLD;
    (x, y)
}

/// Nearest point of the integer world; what lies outside (beyond 85.0511 degrees) is clamped.
pub(crate) fn to_grid(x: f64, y: f64) -> Point {
    // A float to integer cast saturates, which is the clamp wanted at both ends.
    Point { x: x.round() as u32, y: y.round() as u32 }
}

/// Longitude and latitude of a position in units.
pub(crate) fn to_lon_lat(x: f64, y: f64) -> Coord<f64> {
    // 180 itself does not fit the grid; its last column stands for it.
    let lon = if x >= WORLD - 1.0 { 180.0 } else { x / WORLD * 360.0 - 180.0 };
    Coord { x: lon, y: (PI * (1.0 - 2.0 * y / WORLD)).sinh().atan().to_degrees() }
}

/// Sine of the latitude at height `y` of the world.
pub(crate) fn sin_lat(y: f64) -> f64 {
    (PI * (1.0 - 2.0 * y / WORLD)).tanh()
}

/// Metres on the ground that one unit spans at height `y` of the world.
pub(crate) fn metres_per_unit(y: f64) -> f64 {
    CIRCUMFERENCE_M / WORLD / (PI * (1.0 - 2.0 * y / WORLD)).cosh()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_point_comes_back_from_degrees_unchanged() {
        for (x, y) in [(0, 0), (1, 4_294_967_295), (2_147_483_648, 1_500_000_001), (4_294_967_295, 9)] {
            let degrees = to_lon_lat(f64::from(x), f64::from(y));
            let (mx, my) = mercator(degrees.x, degrees.y);
            assert_eq!(to_grid(mx, my), Point { x, y });
        }
    }

    #[test]
    fn the_poles_are_clamped_to_the_edge_of_the_world() {
        let (x, y) = mercator(0.0, 90.0);
        assert_eq!(to_grid(x, y).y, 0);
        let (x, y) = mercator(180.0, -90.0);
        assert_eq!(to_grid(x, y), Point { x: u32::MAX, y: u32::MAX });
    }

    #[test]
    fn a_unit_is_about_nine_millimetres_at_the_equator() {
        assert!((metres_per_unit(WORLD / 2.0) - 0.00933).abs() < 1e-5);
    }
}
