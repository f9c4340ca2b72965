//! What can go wrong in a use case, by what the caller can do.

use std::path::PathBuf;

/// Why a use case changed nothing.
#[derive(Debug, thiserror::Error)]
pub enum CampaignError {
    /// The file or its rows were refused; the message names each fault.
    #[error(transparent)]
    Refused(#[from] quartier_ingest::IngestError),
    /// The database.
    #[error(transparent)]
    Store(#[from] quartier_store::StoreError),
    /// The published directories.
    #[error(transparent)]
    Snapshot(#[from] quartier_snapshot::SnapshotError),
    /// A file could not be exported.
    #[error(transparent)]
    Export(#[from] quartier_export::ExportError),
    /// The estimator refused its evidence.
    #[error(transparent)]
    Estimate(#[from] quartier_estimate::EstimateError),
    /// A word with a wrong form.
    #[error(transparent)]
    Model(#[from] quartier_model::ModelError),
    /// A file of the campaign's folder.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Anything else that the caller can mend; says what was found and what was expected.
    #[error("{0}")]
    Invalid(String),
}

impl CampaignError {
    /// An I/O error with its path.
    pub(crate) fn io(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |source| Self::Io { path: path.to_owned(), source }
    }
}

/// The result of this crate.
pub type Result<T> = std::result::Result<T, CampaignError>;
