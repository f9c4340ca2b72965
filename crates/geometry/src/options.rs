//! What the caller may set, and what it is told.

/// How [`crate::build`] cleans and simplifies.
#[derive(Debug, Clone, PartialEq)]
pub struct CleanOptions {
    /// Vertices this near to a vertex or edge of another area are snapped to it, in metres on
    /// the ground. 0 snaps nothing. Default 0.5: under the rounding of coordinates to five
    /// decimals (1.1 m), above digitising noise.
    pub snap_m: f64,
    /// Where more than one vertex in twenty still misses a neighbour within this many metres (areas
    /// that were drawn apart), the tolerance is doubled until they meet or this is reached.
    /// Default 10, about a street's width; at or below `snap_m` nothing is raised.
    pub snap_limit_m: f64,
    /// A hole between areas whose mean width (2 x area / perimeter) is below this, in metres (or
    /// below twice the snapping tolerance that was needed), is a sliver and goes to the neighbour
    /// with the longest border. Default 1.0.
    pub sliver_width_m: f64,
    /// How far simplification may move a boundary, in grid squares of the zoom drawn (8 to a
    /// pixel of a 512 px tile). Default 4, half a pixel.
    pub tolerance: f64,
}

impl Default for CleanOptions {
    fn default() -> Self {
        Self { snap_m: 0.5, snap_limit_m: 10.0, sliver_width_m: 1.0, tolerance: 4.0 }
    }
}

/// What [`crate::build`] found and did. Rows are indices of the input slice.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CleanReport {
    /// Rows without geometry: `None`, or nothing left that has an area.
    pub without_geometry: Vec<u32>,
    /// Rows whose rings cross, overlap or touch themselves; mended by the non-zero rule.
    pub self_intersecting: Vec<u32>,
    /// Rows that lost all their ground to others (the same polygon twice).
    pub swallowed: Vec<u32>,
    /// Tolerance of snapping that was needed, in metres.
    pub snap_m: f64,
    /// Vertices moved onto a neighbour's vertex or put into a neighbour's edge.
    pub snapped_vertices: usize,
    /// Faces that more than one area claimed.
    pub overlaps: usize,
    /// Their ground, in square metres.
    pub overlap_m2: f64,
    /// The pairs of rows that overlapped, lower row first, with square metres, largest first.
    pub overlapping: Vec<(u32, u32, f64)>,
    /// Slivers between areas that were closed.
    pub slivers: usize,
    /// Their ground, in square metres.
    pub sliver_m2: f64,
    /// Holes between areas too wide to be slivers; they stay.
    pub gaps: usize,
    /// Their ground, in square metres.
    pub gap_m2: f64,
}

/// How [`crate::Coverage::zoom`] rounds.
#[derive(Debug, Clone, PartialEq)]
pub struct ZoomOptions {
    /// Buffer around a tile, in grid squares: boundaries get a vertex wherever they cross
    /// `x` or `y` = k * 4096 +- buffer. Default 64.
    pub buffer: i32,
}

impl Default for ZoomOptions {
    fn default() -> Self {
        Self { buffer: 64 }
    }
}
