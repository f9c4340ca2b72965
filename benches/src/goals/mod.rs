//! The goals, each a function that measures and adds its lines.

mod areas;
mod atoms;
mod canvass;
mod files;
mod million;
mod mosaic;
mod serving;
mod tiling;

use crate::desk::Desk;
use crate::report::Report;
use anyhow::Result;

/// One goal's measurement.
pub type Measure = fn(&Desk, &mut Report) -> Result<()>;

/// By name, in order; later ones may use files that earlier ones leave.
pub const ALL: [(&str, Measure); 15] = [
    ("tiles", tiling::tiles),
    ("quality", tiling::quality),
    ("cold", serving::cold),
    ("warm", serving::warm),
    ("export", files::export),
    ("import", areas::import),
    ("results", files::results),
    ("estimate", tiling::estimate),
    ("canvass", canvass::canvass),
    ("lasso", atoms::lasso),
    ("sums", atoms::sums),
    ("points", atoms::points),
    ("cells", atoms::cells),
    ("mosaic", mosaic::curve),
    ("million", million::million),
];
