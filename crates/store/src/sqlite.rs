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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;
    use std::borrow::Cow;

    #[tokio::test]
    async fn a_database_of_the_first_version_keeps_its_imports() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("evidence.sqlite");
        let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true).foreign_keys(true);
        let pool = SqlitePool::connect_with(options).await.expect("opened");
        let mut first = sqlx::migrate!("../../migrations/sqlite");
        first.migrations = Cow::Owned(first.migrations.iter().take(1).cloned().collect());
        first.run(&pool).await.expect("the first version");
        let rows = "insert into imports (kind, file, sha256, bytes, at, arguments, account, status, lineage)
             values ('areas', 'a.csv', '00', 1, '2017-04-23T00:00:00Z', '{}', '{}', 'replaced', 1);
             insert into imports (kind, file, sha256, bytes, at, arguments, account, replaces, lineage)
             values ('areas', 'b.csv', '00', 1, '2017-04-24T00:00:00Z', '{}', '{}', 1, 1);
             insert into areas (level, code, name, import_id) values ('city', '1', 'One', 2);";
        sqlx::raw_sql(rows).execute(&pool).await.expect("filled");
        pool.close().await;

        let store = SqliteStore::open(&path).await.expect("migrated");
        let imports = store.imports().await.expect("listed");
        let files: Vec<&str> = imports.iter().map(|import| import.file.as_str()).collect();
        assert_eq!(files, ["a.csv", "b.csv"]);
        assert_eq!(imports[1].replaces, Some(imports[0].id));
        assert_eq!(store.area_codes(&"city".parse().expect("a level")).await.expect("listed").len(), 1);
        let kinds = "insert into imports (kind, file, sha256, bytes, at, arguments, account) \
             values ('tallies', 'c.csv', '00', 1, '2017-04-25T00:00:00Z', '{}', '{}') returning id";
        let id: i64 = sqlx::query_scalar(kinds).fetch_one(&store.pool).await.expect("a new kind");
        assert_eq!(id, 3, "numbers go on");
    }
}
