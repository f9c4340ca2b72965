//! Downloads: the estimates of a snapshot and the exact counts of an election as GeoJSON and CSV, streamed.
//!
//! Invariants:
//! - every figure is the published one: thousandths of the values table, written with three decimals, in every format;
//! - a file is written row by row: memory does not grow with the level;
//! - GeoJSON follows RFC 7946 (WGS 84, right-hand rule, at most 7 decimals) and says where its figures come from in the
//!   foreign member `quartier`;
//! - a file adds up: behind the areas stand the *unplaced*, one an ancestor, at level `elsewhere`: what they count
//!   belongs to no area of the level. In GeoJSON they are features without geometry, so that the sums of a column are
//!   right in a map program too;
//! - no cell of a CSV file starts a formula: text that would is preceded by an apostrophe, numbers stay numbers.
//!
//! Codes in CSV are written as they are ("01004"), without tricks such as `="01004"`, which only some spreadsheets read
//! and every other program takes literally. A spreadsheet that opens the file by double-click drops leading zeros of
//! such a column; the column `area` (`commune:01004`) is text to all of them and is what the API takes.
//!
//! `server` and `campaign` call it. It reads published directories through `quartier-snapshot`, opens no file, computes
//! no figure but a comparison of published ones ([`Comparison`]), which stands here so that all faces share it.

mod compare;
mod counted;
mod csv_file;
mod error;
mod geojson;
mod goal;
mod hexes;
mod number;
mod past;
mod place;
mod rows;
mod shape;
mod surface;
mod territory;
mod unplaced;

pub use compare::{
    Changed, ChangedRow, CompareKind, Comparison, NoFigure, Past, Side, compare_csv, compare_geojson, hex_draws,
    leaf_draws, level_draws_of,
};
pub use csv_file::{CsvForm, estimates_csv, results_csv};
pub use error::{ExportError, Result};
pub use geojson::{estimates_geojson, results_geojson};
pub use goal::{GoalRow, goal_csv};
pub use hexes::{
    HEX_RESOLUTIONS, Hexes, HexesAt, USUAL_HEX_RESOLUTION, cell_of, main_area, pieces_within, shown_column,
};
pub use number::thousandths;
pub use past::{PastFigure, PastFigures, PastRow, PastSummary, past_csv, past_geojson, past_row, past_summary};
pub use place::known_electors;
pub use rows::{
    EstimateRow, Estimates, PEOPLE_ENDS, ResultRow, ResultRows, SHARE_ENDS, Within, measures_of, rows_within,
};
pub use surface::area_km2;
pub use unplaced::{ELSEWHERE, Part, Unplaced};
