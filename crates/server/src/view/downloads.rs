//! The size of a download.

use serde::Serialize;
use utoipa::ToSchema;

/// Rows and bytes of a download.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct DownloadView {
    /// Rows, those of what belongs to no area counted.
    pub rows: usize,
    /// Areas among them.
    pub areas: usize,
    /// Bytes before compression.
    pub bytes: u64,
    /// Whether the bytes were counted, not worked out from a sample.
    pub exact: bool,
}
