//! The embedded store: one SQLite file.

use crate::error::{Result, StoreError};
use crate::queries::shared_store;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use std::path::Path;
use std::time::Duration;

/// How long a writer waits for another one before it gives up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Connections of the pool: writers queue for one anyway, readers do not wait for them in WAL mode.
const CONNECTIONS: u32 = 4;

/// Evidence in one SQLite file.
#[derive(Debug)]
pub(crate) struct SqliteStore {
    pool: SqlitePool,
}

impl SqliteStore {
    pub(crate) async fn open(path: &Path) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // In WAL mode NORMAL loses acknowledged commits in a power cut; FULL does not.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT);
        let pool = SqlitePoolOptions::new().max_connections(CONNECTIONS).connect_with(options).await?;
        sqlx::migrate!("../../migrations/sqlite").run(&pool).await?;
        Ok(Self { pool })
    }

    async fn check_whole(&self) -> Result<String> {
        let found: String = sqlx::query_scalar("pragma integrity_check(1)").fetch_one(&self.pool).await?;
        if found != "ok" {
            return Err(StoreError::Damaged(found));
        }
        let version: String = sqlx::query_scalar("select sqlite_version()").fetch_one(&self.pool).await?;
        Ok(format!("SQLite {version}"))
    }
}

shared_store! {
    store: SqliteStore,
    database: sqlx::Sqlite,
    // A writer that begins as a reader cannot wait for its turn.
    begin: "begin immediate",
    geometry_in: ("", ""),
    geometry_out: "geom",
}
