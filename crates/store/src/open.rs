//! Which database a campaign uses.

use crate::error::Result;
use crate::postgis::PostgisStore;
use crate::sqlite::SqliteStore;
use crate::store::Store;
use std::path::Path;

/// Name of the SQLite file in the folder of a campaign.
pub const SQLITE_FILE: &str = "evidence.sqlite";

/// Opens the store of a campaign: the database of the URL where one is given, in the schema of that name; else the
/// SQLite file in the campaign's folder.
///
/// # Errors
/// When the database cannot be reached or made, or holds tables of another version.
pub async fn open(folder: &Path, database: Option<&str>, schema: &str) -> Result<Box<dyn Store>> {
    match database {
        Some(url) => open_postgis(url, schema).await,
        None => open_sqlite(&folder.join(SQLITE_FILE)).await,
    }
}

/// Opens, or makes, a SQLite file.
///
/// # Errors
/// As [`open`].
pub async fn open_sqlite(path: &Path) -> Result<Box<dyn Store>> {
    Ok(Box::new(SqliteStore::open(path).await?))
}

/// Opens, or makes, a schema (1 to 48 of `a-z 0-9 _`) in a PostGIS database.
///
/// # Errors
/// As [`open`].
pub async fn open_postgis(url: &str, schema: &str) -> Result<Box<dyn Store>> {
    Ok(Box::new(PostgisStore::open(url, schema).await?))
}
