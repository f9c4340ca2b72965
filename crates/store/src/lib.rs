//! The evidence of a campaign: the system of record, on SQLite or PostGIS.
//!
//! Invariants:
//! - An import happens wholly or not at all: one transaction. So do `undo` and `--replaces`, and what another import
//!   stands on cannot be taken away.
//! - The two databases hold the same tables, answer the same questions with the same SQL, and pass the same suite.
//! - Counts of answers arrive noised and leave as they came. Their privacy budget stays spent when they are undone or
//!   replaced: a lineage has at most [`LINEAGE_LIMIT`] imports.
//! - What is acknowledged survives a power cut: SQLite runs in WAL mode with `synchronous=FULL`.
//! - Draws and estimates are not kept here, save a copy of the newest publication for readers of SQL.
//!
//! `campaign` is the only caller. Serving the map never reads this: it reads the published directories.

mod error;
mod open;
mod postgis;
mod queries;
mod records;
mod sqlite;
mod store;
mod tallies;

pub use error::{Result, StoreError};
pub use open::{SQLITE_FILE, open, open_postgis, open_sqlite};
pub use records::{
    Alias, AreaRecord, CovariateTable, GroupingArea, GroupingTable, Import, ImportId, ImportKind, ImportStatus,
    NewImport, NewTallies, Payload, PollOf, PollRow, PopulationPlace, PopulationRow, PublishedRow, ResultRow,
    SnapshotLog, TallyKind, TallyRow, TransferRecord,
};
pub use store::Store;
pub use tallies::LINEAGE_LIMIT;
