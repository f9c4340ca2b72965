//! Why the server does not start.

use quartier_snapshot::SnapshotError;
use std::io;
use std::net::SocketAddr;

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address is not of this machine only.
    #[error("{0} is open to other machines, and there are no users yet: listen on 127.0.0.1 or [::1]")]
    NotLoopback(SocketAddr),
    /// The address is taken, or may not be used.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The published folder cannot be listed.
    #[error(transparent)]
    Published(#[from] SnapshotError),
    /// The recorder of metrics could not be made.
    #[error("metrics cannot be recorded: {0}")]
    Metrics(String),
}
