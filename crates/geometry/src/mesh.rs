//! The polygons of one zoom in integers.

/// A vertex on the grid of a zoom: 0..=4096 * 2^zoom each way, `x` east and `y` south as in tiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct GridPoint {
    /// East, in grid squares from the antimeridian.
    pub x: i32,
    /// South, in grid squares from the northern edge of the Mercator world.
    pub y: i32,
}

/// One polygon with its holes. Rings are simple, the first vertex is not repeated, the exterior
/// has positive area by the surveyor's formula with `y` down (MVT 2.1), holes negative.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GridPolygon {
    /// At least three vertices.
    pub exterior: Vec<GridPoint>,
    /// Each at least three vertices; may touch the exterior or another hole in single points.
    pub holes: Vec<Vec<GridPoint>>,
}

/// All polygons of one area, in a fixed order. Empty for an area without geometry, and below the
/// first zoom for one that is too small to be seen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AreaRings {
    /// Interiors are disjoint; two may touch in single points.
    pub polygons: Vec<GridPolygon>,
}

/// The areas of a coverage at one zoom: exactly a partition.
///
/// Neighbours have the same vertices along their border. No edge properly crosses another, nor a
/// line `x` or `y` = k * 4096 +- buffer: an edge has both ends on the same side of such a line,
/// or on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoomMesh {
    /// The zoom whose tiles have this grid.
    pub zoom: u8,
    /// By row.
    pub areas: Vec<AreaRings>,
    /// Rows that collapsed in rounding and were given a grid square of their own, in row order.
    pub collapsed: Vec<u32>,
}

impl ZoomMesh {
    /// Number of vertices of all rings; a shared vertex counts once per ring.
    pub fn vertices(&self) -> usize {
        self.areas
            .iter()
            .flat_map(|a| &a.polygons)
            .map(|p| p.exterior.len() + p.holes.iter().map(Vec::len).sum::<usize>())
            .sum()
    }
}
