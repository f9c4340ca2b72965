//! The tiles room: geometry to skeletons, once per geography; skeletons to tiles, at request.
//!
//! **Purpose.** [`compile`] cuts the exact partition that `quartier-geometry` gives for each zoom
//! into tiles, encodes every polygon once and writes one [`Skeleton`] file per tileset.
//! Hexagons need none: [`hex_features`] draws those of a tile from their index.
//! [`geometry_tile`] and [`valued_tile`] assemble Mapbox Vector Tiles 2.1 from it without decoding
//! geometry. [`compile_points`] and [`Points`] do the same for labels.
//!
//! **Invariants.**
//! - Cutting makes no coordinate: neighbours that share vertices in the mesh share them in every
//!   tile, so no gap or overlap arises here. Rings are simple, wound and ordered as MVT 2.1 asks.
//! - The same coverage gives the same bytes, whatever the number of threads.
//! - A damaged file is refused when opened. One zoom is in memory at a time while compiling.
//! - The file depends on geometry alone; names, electors and figures come beside it.
//!
//! **Who calls it.** `campaign` compiles; `server` and `export` assemble.
//!
//! **What it never does.** It simplifies, rounds or mends nothing, opens no file and maps no
//! memory: it takes bytes and a `Write`.
//!
//! The byte layout is in `SPEC-tiles.md`.

mod assemble;
mod clip;
mod compile;
mod error;
mod file;
mod grid;
mod hexes;
mod mvt;
mod points;
mod rings;
mod skeleton;

pub use assemble::{PreparedValues, Values, geometry_tile, gzip, valued_tile};
pub use compile::{CompileOptions, compile};
pub use error::{MeshFault, Result, TilesError};
pub use grid::{BUFFER, DEEPEST_ZOOM, EXTENT, Point, TileBox, project, tile_id};
pub use hexes::{FIRST_HEX_ZOOM, HexZooms, hex_features, hex_info};
pub use points::{LabelPoint, MOST_POINTS, Points, compile_points};
pub use skeleton::{Lookup, Skeleton, SkeletonTile, TilesetInfo};
