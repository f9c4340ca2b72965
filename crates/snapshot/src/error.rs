//! What can go wrong with a published directory, by what the caller can do.

use std::io;
use std::path::{Path, PathBuf};

/// Why something could not be published or read.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The disk refused: full, read-only, a permission, an I/O error. What was there before is untouched.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder concerned.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The bytes are not what was written; use the last whole one, and publish again.
    #[error("{}: damaged: {why}", path.display())]
    Damaged {
        /// The file concerned.
        path: PathBuf,
        /// What was found, and what was expected.
        why: String,
    },
    /// There is no such snapshot, geography, results directory, level or election here.
    #[error("no {what} `{name}` is published here")]
    NotFound {
        /// What was looked for.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// Another publication took the name meanwhile; number again and retry.
    #[error("{} exists already", path.display())]
    Conflict {
        /// The name taken.
        path: PathBuf,
    },
    /// What was given to a writer cannot be published; the message says what is wrong.
    #[error("cannot be published: {0}")]
    Unpublishable(String),
}

impl SnapshotError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| Self::Io { path: path.to_owned(), source }
    }

    pub(crate) fn damaged(path: &Path, why: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_owned(), why: why.into() }
    }
}

/// The result of this crate.
pub type Result<T> = std::result::Result<T, SnapshotError>;
