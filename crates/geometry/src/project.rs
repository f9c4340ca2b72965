//! Longitude and latitude to the integer Mercator world, and back.

/// The zoom whose tile grid (4096 to a tile) is the integer world itself: 2^32 units wide.
pub const GRID_ZOOM: u8 = 20;

/// Grid squares along a tile's side.
pub const TILE_EXTENT: i32 = 4096;

/// A vertex of the integer world: `x` east of the antimeridian, `y` south of 85.0511 N, in
/// units of 1 / 2^32 of the world (0.9 cm at the equator).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Point {
    /// East.
    pub x: u32,
    /// South.
    pub y: u32,
}
