//! Why a download ends early.

/// What can go wrong while a file is written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The receiver is gone, or the disk refuses.
    #[error("the file could not be written: {0}")]
    Io(#[from] std::io::Error),
    /// The level is not one of the geography, or has no values or counts.
    #[error("there is no level `{0}` to export")]
    NoLevel(String),
    /// The election is not in the results.
    #[error("there is no election `{0}` to export")]
    NoElection(String),
    /// Two sides that cannot be compared, and why.
    #[error("{0}")]
    Compare(String),
    /// An outline that cannot be read: the geography is damaged.
    #[error("the outline of {area} cannot be read: {why}")]
    Outline {
        /// `level:code`.
        area: String,
        /// What was found.
        why: String,
    },
}

impl From<csv::Error> for ExportError {
    fn from(error: csv::Error) -> Self {
        Self::Io(error.into())
    }
}

impl From<serde_json::Error> for ExportError {
    fn from(error: serde_json::Error) -> Self {
        Self::Io(error.into())
    }
}

/// The result of this crate.
pub type Result<T> = std::result::Result<T, ExportError>;
