//! The production store: a schema of a PostGIS database.

use crate::error::{Result, StoreError};
use crate::queries::shared_store;
use sqlx::AssertSqlSafe;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection};
use std::str::FromStr;
use std::time::Duration;

/// Connections of the pool.
const CONNECTIONS: u32 = 8;

/// How long to wait for a connection before saying that the database is not available.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// Evidence in a schema of a PostGIS database.
#[derive(Debug)]
pub(crate) struct PostgisStore {
    pool: PgPool,
}

impl PostgisStore {
    /// `schema` must be an identifier: letters, digits, `_`.
    pub(crate) async fn open(url: &str, schema: &str) -> Result<Self> {
        let well_formed = !schema.is_empty()
            && schema.len() <= 48
            && schema.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
            && schema.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !well_formed {
            return Err(StoreError::Conflict(format!(
                "`{schema}` cannot name a schema: expected 1 to 48 of a-z, 0-9, _, a letter first"
            )));
        }
        let options = PgConnectOptions::from_str(url)?;
        let mut connection = options.clone().connect().await?;
        prepare(&mut connection, schema).await?;
        connection.close().await?;
        let options = options.options([("search_path", format!("{schema},public"))]);
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(options)
            .await?;
        sqlx::migrate!("../../migrations/postgis").run(&pool).await?;
        Ok(Self { pool })
    }

    async fn check_whole(&self) -> Result<String> {
        let version: String =
            sqlx::query_scalar("select current_setting('server_version') || ', PostGIS ' || postgis_lib_version()")
                .fetch_one(&self.pool)
                .await?;
        Ok(format!("PostgreSQL {version}"))
    }
}

/// Makes the extension and the schema, where they are missing. Both are asked first: a user who may not create them
/// can still use them.
async fn prepare(connection: &mut PgConnection, schema: &str) -> Result<()> {
    // Two processes that both find it missing would both create it, and one would fail.
    let mut transaction = connection.begin().await?;
    sqlx::query("select pg_advisory_xact_lock($1)").bind(PREPARE_LOCK).execute(&mut *transaction).await?;
    let extension: bool = sqlx::query_scalar("select exists (select from pg_extension where extname = 'postgis')")
        .fetch_one(&mut *transaction)
        .await?;
    if !extension {
        sqlx::query("create extension postgis schema public").execute(&mut *transaction).await.map_err(|error| {
            StoreError::Unavailable(format!(
                "PostGIS is not installed in it ({error}); as its owner, run: create extension postgis"
            ))
        })?;
    }
    let exists: bool = sqlx::query_scalar("select exists (select from pg_namespace where nspname = $1)")
        .bind(schema)
        .fetch_one(&mut *transaction)
        .await?;
    if !exists {
        // The name is an identifier: checked by the caller.
        sqlx::query(AssertSqlSafe(format!("create schema {schema}"))).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// "quartier" as a number: whoever else uses advisory locks in this database is unlikely to take it.
const PREPARE_LOCK: i64 = 0x7175_6172_7469_6572;

shared_store! {
    store: PostgisStore,
    database: sqlx::Postgres,
    begin: "begin",
    geometry_in: ("ST_GeomFromWKB(", ", 4326)"),
    geometry_out: "ST_AsBinary(geom)",
}
