//! What can go wrong with the store, by what the caller can do.

/// Why the store did not answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, is busy, full or read-only: nothing changed, try again later.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// It contradicts what is there; the message says what to change. Nothing changed.
    #[error("{0}")]
    Conflict(String),
    /// Other imports stand on this one: undo them first, the last first.
    #[error("import {import} cannot be undone: {} on it; undo them first", on_it(dependants))]
    Dependants {
        /// The import to be undone.
        import: i64,
        /// Each import that stands on it, with how it does.
        dependants: Vec<String>,
    },
    /// There is no such thing.
    #[error("there is no {what} `{name}`")]
    NotFound {
        /// What was looked for.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// The database holds what Quartier did not write, or its file is broken: restore it from a copy.
    #[error("the database is damaged: {0}")]
    Damaged(String),
}

fn on_it(dependants: &[String]) -> String {
    let verb = if dependants.len() == 1 { "stands" } else { "stand" };
    format!("{} {verb}", dependants.join(", "))
}

/// The result of this crate.
pub type Result<T> = std::result::Result<T, StoreError>;

/// Primary result codes of SQLite (sqlite.org/rescode.html) that mean a broken file: SQLITE_CORRUPT, SQLITE_NOTADB.
const SQLITE_BROKEN: [i32; 2] = [11, 26];

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::error::ErrorKind;
        match &error {
            sqlx::Error::Database(database) => match database.kind() {
                ErrorKind::UniqueViolation | ErrorKind::ForeignKeyViolation => Self::Conflict(error.to_string()),
                _ if is_broken(database.as_ref()) => Self::Damaged(error.to_string()),
                _ => Self::Unavailable(error.to_string()),
            },
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::ColumnNotFound(_) | sqlx::Error::Decode(_) => {
                Self::Damaged(error.to_string())
            }
            _ => Self::Unavailable(error.to_string()),
        }
    }
}

fn is_broken(database: &dyn sqlx::error::DatabaseError) -> bool {
    let sqlite = database.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some();
    // The low byte of an extended code is its primary code.
    let primary = database.code().and_then(|code| code.parse::<i32>().ok()).map(|code| code & 0xff);
    sqlite && primary.is_some_and(|code| SQLITE_BROKEN.contains(&code))
}

impl From<sqlx::migrate::MigrateError> for StoreError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        match error {
            sqlx::migrate::MigrateError::Execute(error) | sqlx::migrate::MigrateError::ExecuteMigration(error, _) => {
                error.into()
            }
            other => Self::Damaged(format!("its tables are not those of this version: {other}")),
        }
    }
}
