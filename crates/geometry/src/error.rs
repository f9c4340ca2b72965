//! What can be wrong with geometry, by what the caller can do about it.

/// Why polygons were refused. Everything else is repaired and reported.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum GeometryError {
    /// A coordinate is not a longitude and latitude.
    #[error("row {row}: found coordinate {x}, {y}, expected longitude -540..540 and latitude -90..90")]
    NotLonLat {
        /// Row of the area in the input, from 0.
        row: u32,
        /// First coordinate as given.
        x: f64,
        /// Second coordinate as given.
        y: f64,
    },
    /// More areas or vertices than row numbers of 32 bits can tell apart.
    #[error("found {found} {what}, expected at most {limit}")]
    TooLarge {
        /// What was counted: areas or vertices.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there may be.
        limit: usize,
    },
    /// The table of parents does not fit the areas.
    #[error("found {found} parent links for {expected} areas, or a parent beyond {parents}")]
    Parents {
        /// Length of the table given.
        found: usize,
        /// Number of areas of the coverage.
        expected: usize,
        /// Number of parents stated.
        parents: usize,
    },
}
