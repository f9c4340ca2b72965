//! The integer grid of a zoom, its tiles, their order.
//!
//! At zoom `z` the world is a square of `4096 * 2^z` units; x grows east, y grows south, as in the
//! Mapbox Vector Tile specification. "Positive" orientation below means a positive shoelace sum in
//! these raw coordinates: the orientation the specification asks of exterior rings.

/// Units along the side of a tile (MVT `extent`).
pub const EXTENT: i32 = 4096;

/// log2 of [`EXTENT`].
pub(crate) const EXTENT_BITS: u32 = 12;

/// Units a tile reaches beyond its own square on each side, so that outlines drawn by the client
/// are cut out of sight (64 units are 8 px at 512 px a tile).
pub const BUFFER: i32 = 64;

/// The deepest zoom of any tileset: `4096 * 2^14` grid units are 0.6 m at the equator.
pub const DEEPEST_ZOOM: u8 = 14;

/// A vertex in grid coordinates of one zoom: `[x, y]`.
pub type Point = [i32; 2];

/// The closed square of a tile with its buffer, in grid coordinates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TileBox {
    /// Smallest x.
    pub west: i32,
    /// Smallest y.
    pub north: i32,
    /// Largest x.
    pub east: i32,
    /// Largest y.
    pub south: i32,
}

impl TileBox {
    /// Side of the box in units.
    pub const SIDE: i32 = EXTENT + 2 * BUFFER;

    /// The box of tile `x`, `y`.
    #[must_use]
    pub fn of(x: i32, y: i32) -> Self {
        Self {
            west: x * EXTENT - BUFFER,
            north: y * EXTENT - BUFFER,
            east: (x + 1) * EXTENT + BUFFER,
            south: (y + 1) * EXTENT + BUFFER,
        }
    }

    pub(crate) fn on_border(&self, p: Point) -> bool {
        p[0] == self.west || p[0] == self.east || p[1] == self.north || p[1] == self.south
    }

    /// True of an edge that lies along one side of the box.
    pub(crate) fn along_border(&self, a: Point, b: Point) -> bool {
        (a[0] == b[0] && (a[0] == self.west || a[0] == self.east))
            || (a[1] == b[1] && (a[1] == self.north || a[1] == self.south))
    }

    /// Distance along the border from the north-west corner, in positive direction (east along the
    /// north side first), of a point on the border: `0..4 * SIDE`.
    pub(crate) fn perimeter(&self, p: Point) -> i32 {
        if p[1] == self.north && p[0] != self.east {
            p[0] - self.west
        } else if p[0] == self.east && p[1] != self.south {
            Self::SIDE + (p[1] - self.north)
        } else if p[1] == self.south && p[0] != self.west {
            2 * Self::SIDE + (self.east - p[0])
        } else {
            3 * Self::SIDE + (self.south - p[1])
        }
    }

    /// The four corners in positive order, from the north-west.
    pub(crate) fn corners(&self) -> [Point; 4] {
        [[self.west, self.north], [self.east, self.north], [self.east, self.south], [self.west, self.south]]
    }
}

/// First and last tile, along one axis, whose closed box holds all of `low..=high`; empty (first
/// above last) where none does.
pub(crate) fn tiles_holding(low: i32, high: i32) -> (i32, i32) {
    ((high - BUFFER - 1) >> EXTENT_BITS, (low + BUFFER) >> EXTENT_BITS)
}

/// First and last tile, along one axis, whose open box meets `low..=high`.
pub(crate) fn tiles_meeting(low: i32, high: i32) -> (i32, i32) {
    ((low - BUFFER) >> EXTENT_BITS, (high + BUFFER - 1) >> EXTENT_BITS)
}

/// A tile's place in the order of files: zooms one after another, each along a Hilbert curve, so
/// that neighbours lie together and a large area's inside is few runs. It is the order of PMTiles.
///
/// `x` and `y` must be below `2^zoom`, `zoom` at most 26.
#[must_use]
pub fn tile_id(zoom: u8, x: u32, y: u32) -> u64 {
    let (mut x, mut y) = (u64::from(x), u64::from(y));
    let before = ((1u64 << (2 * u32::from(zoom))) - 1) / 3;
    let mut place = 0;
    let mut half = (1u64 << zoom) >> 1;
    while half > 0 {
        let right = u64::from(x & half > 0);
        let below = u64::from(y & half > 0);
        place += half * half * ((3 * right) ^ below);
        if below == 0 {
            if right == 1 {
                x = half.wrapping_sub(1).wrapping_sub(x);
                y = half.wrapping_sub(1).wrapping_sub(y);
            }
            std::mem::swap(&mut x, &mut y);
        }
        half >>= 1;
    }
    before + place
}

/// Longitude and latitude (degrees, WGS 84) to grid coordinates of `zoom`, rounded; latitudes
/// beyond web Mercator's +-85.0511 are held at its edge. `None` where a coordinate is not finite.
#[must_use]
pub fn project(zoom: u8, longitude: f64, latitude: f64) -> Option<Point> {
    if !longitude.is_finite() || !latitude.is_finite() {
        return None;
    }
    let side = f64::from(EXTENT) * f64::from(1u32 << zoom.min(DEEPEST_ZOOM));
    let x = (longitude + 180.0) / 360.0;
    let y = 0.5 - latitude.to_radians().tan().asinh() / (2.0 * std::f64::consts::PI);
    let on_grid = |v: f64| (v.clamp(0.0, 1.0) * side).round().min(side - 1.0) as i32;
    Some([on_grid(x), on_grid(y)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tile_ids_follow_the_published_order_of_pmtiles() {
        assert_eq!(tile_id(0, 0, 0), 0);
        assert_eq!([tile_id(1, 0, 0), tile_id(1, 0, 1), tile_id(1, 1, 1), tile_id(1, 1, 0)], [1, 2, 3, 4]);
        assert_eq!(tile_id(2, 0, 0), 5);
        assert_eq!(tile_id(12, 3423, 1763), 19_078_479);
    }

    #[test]
    fn every_tile_of_a_zoom_has_its_own_id_and_neighbours_in_order_touch() {
        for zoom in 0..=5u8 {
            let n = 1u32 << zoom;
            let mut ids: Vec<_> = (0..n).flat_map(|x| (0..n).map(move |y| (tile_id(zoom, x, y), x, y))).collect();
            ids.sort_unstable();
            for w in ids.windows(2) {
                assert_eq!(w[0].0 + 1, w[1].0);
                assert_eq!(w[0].1.abs_diff(w[1].1) + w[0].2.abs_diff(w[1].2), 1);
            }
        }
    }

    #[test]
    fn an_edge_in_the_strip_shared_by_two_tiles_belongs_to_both() {
        assert_eq!(tiles_holding(100, 200), (0, 0));
        assert_eq!(tiles_holding(4032, 4160), (0, 1));
        assert_eq!(tiles_holding(4033, 4033), (0, 1));
        assert_eq!(tiles_holding(4032, 4032), (0, 1), "on the west border of tile 1");
        assert_eq!(tiles_holding(4160, 4160), (0, 1), "on the east border of tile 0");
        assert_eq!(tiles_holding(4031, 4031), (0, 0));
        assert_eq!(tiles_holding(4161, 4161), (1, 1));
        let (first, last) = tiles_holding(4000, 4200);
        assert!(first > last, "crosses both clip lines");
    }

    #[test]
    fn the_perimeter_runs_once_around_in_positive_direction() {
        let tile = TileBox::of(0, 0);
        let places: Vec<_> = tile.corners().iter().map(|&c| tile.perimeter(c)).collect();
        let side = TileBox::SIDE;
        assert_eq!(places, [0, side, 2 * side, 3 * side]);
        assert_eq!(tile.perimeter([tile.west, tile.north + 1]), 4 * side - 1);
    }

    #[test]
    fn greenwich_on_the_equator_is_the_middle_of_the_world() {
        assert_eq!(project(0, 0.0, 0.0), Some([2048, 2048]));
        assert_eq!(project(3, -180.0, 89.9), Some([0, 0]));
        assert_eq!(project(0, 180.0, -89.9), Some([4095, 4095]));
        assert_eq!(project(0, f64::NAN, 0.0), None);
    }
}
