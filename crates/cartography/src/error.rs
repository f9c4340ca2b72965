//! What a caller of this room can be told.

/// A request that no map could follow.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CartographyError {
    /// Edges that do not divide a scale.
    #[error("class edges {found} are not usable: expected 1 to {most} finite numbers, each above the one before")]
    Edges {
        /// The edges as given.
        found: String,
        /// How many edges are allowed at most.
        most: usize,
    },
    /// A number of classes that no palette has.
    #[error("{found} classes asked for; palettes have 2 to {most}")]
    ClassCount {
        /// The number asked for.
        found: usize,
        /// The most there can be.
        most: usize,
    },
    /// No area has a figure and an elector, so there is nothing to divide.
    #[error("no area has both a figure and electors: there is nothing to divide into classes")]
    NoValues,
    /// A style for no level at all.
    #[error("a style needs at least one level")]
    NoLevels,
}
