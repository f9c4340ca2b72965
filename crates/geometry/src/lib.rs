//! The geometry room: polygons of one level in, an exact planar partition out.
//!
//! **Purpose.** Areas come from files whose neighbours almost agree. [`build`] makes them
//! agree: it rounds every vertex to an integer grid of the Web Mercator world (2^32 units
//! wide, about 1 cm), nodes all edges against each other, resolves overlaps and slivers, and
//! keeps the result as a [`Coverage`]: arcs, each with one area on its left and one on its
//! right. [`Coverage::zoom`] gives the polygons of one zoom, simplified over the shared arcs
//! and rounded to the grid of its tiles inside the topology.
//!
//! Beside it, [`place`] puts the electors of each area into H3 cells once, [`hex_tree`] sums them there, and
//! [`PieceIndex`] finds those inside a drawn polygon. [`Transfer`] moves counts of another geography to areas.
//!
//! **Invariants.**
//! - Every elector whose place is known is in one cell, at every resolution.
//! - An arc is drawn once; the two areas beside it see the same vertices at every zoom.
//! - At every zoom the polygons are a partition in integers: no overlap, no gap that the
//!   cleaned coverage did not have, no edge that crosses another, no edge that properly
//!   crosses a clip line of the tiles.
//! - From [`Coverage::first_zoom`] on, every area with geometry has at least one grid square.
//! - Orientation tests are exact; the number of threads never changes a result.
//!
//! **Who calls it.** `campaign` (coverage, dissolve, neighbours, poles) and `tiles` (zoom meshes).
//! One area alone is mended by `ingest` as it is read; here areas meet.
//!
//! **What it never does.** It reads no file, knows no code or name of an area (only its row),
//! encodes no tile, and holds no figure.

mod arcs;
mod bins;
mod boxes;
mod cells;
mod coverage;
mod error;
mod exact;
mod faces;
mod gather;
mod hexagon;
mod input;
mod lasso;
mod members;
mod mesh;
mod options;
mod pieces;
mod place;
mod pole;
mod project;
mod rings;
mod round;
mod simplify;
mod snap;
mod soup;
mod transfer;

pub use coverage::{Coverage, Neighbour, build, covered_fraction};
pub use error::GeometryError;
pub use gather::gather;
pub use hexagon::{
    HexCover, beside, box_of, cell_at, centre, corners, half, hexagon, hexagon_width, parent, resolution, surface_km2,
};
pub use lasso::{Inside, PieceIndex, covers, crossing, ground_in};
pub use members::hex_members;
pub use mesh::{AreaRings, GridPoint, GridPolygon, ZoomMesh};
pub use options::{CleanOptions, CleanReport, ZoomOptions};
pub use pieces::{Cut, PLACING, Piece, pieces};
pub use place::{Hex, HexNode, HexRule, Land, Site, hex_tree, hexes, place, refine};
pub use pole::pole;
pub use project::{GRID_ZOOM, Point, TILE_EXTENT};
pub use transfer::{Key, NINETY, Part, Transfer, Unevenness, Zone, ZoneCut};
