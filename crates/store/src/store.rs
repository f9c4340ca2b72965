//! The one trait of the two databases.

use crate::error::Result;
use crate::records::{
    Alias, AreaRecord, CovariateTable, GroupingArea, GroupingTable, Import, ImportId, NewImport, Payload, PollRow,
    PopulationRow, PublishedRow, ResultRow, SnapshotLog, TallyRow, TransferRecord,
};
use async_trait::async_trait;
use quartier_model::{AreaCode, Election, ElectionId, LevelId};
use serde_json::Value;

/// The evidence of one campaign. Every method may fail with [`crate::StoreError::Unavailable`]; one that writes does
/// so in one transaction, so that dropping its future half way changes nothing.
#[async_trait]
pub trait Store: Send + Sync + std::fmt::Debug {
    /// Makes an import, and undoes the one it replaces.
    ///
    /// # Errors
    /// `Conflict` when an area, alias or count exists already, a parent or area does not, the election is known with
    /// other lists, a group of covariates, grouping or batch of answers is active or its lineage spent, or what stands on the replaced import would
    /// hang in the air; `NotFound` without an import to replace.
    async fn import(&self, import: NewImport, payload: Payload) -> Result<ImportId>;

    /// Takes an import back: removes its records, keeps its line.
    ///
    /// # Errors
    /// `Dependants` when other imports stand on it; `Conflict` when it is not active; `NotFound`.
    async fn undo(&self, id: ImportId) -> Result<()>;

    /// Every import ever made, in order.
    ///
    /// # Errors
    /// `Damaged`.
    async fn imports(&self) -> Result<Vec<Import>>;

    /// Areas of a level, by code (byte order), with geometry.
    ///
    /// # Errors
    /// `Damaged`.
    async fn areas(&self, level: &LevelId) -> Result<Vec<AreaRecord>>;

    /// Codes and names of a level, by code.
    ///
    /// # Errors
    /// `Damaged`.
    async fn area_codes(&self, level: &LevelId) -> Result<Vec<(AreaCode, String)>>;

    /// Codes of the past of a level.
    ///
    /// # Errors
    /// `Damaged`.
    async fn aliases(&self, level: &LevelId) -> Result<Vec<Alias>>;

    /// Elections that have results, by date, then id.
    ///
    /// # Errors
    /// `Damaged`.
    async fn elections(&self) -> Result<Vec<Election>>;

    /// All counts of an election, in the order of imports and rows.
    ///
    /// # Errors
    /// `Damaged`.
    async fn results(&self, election: &ElectionId) -> Result<Vec<ResultRow>>;

    /// How counts of an election were moved from other areas, in the order of imports; of each, areas by level and code.
    ///
    /// # Errors
    /// `Damaged`.
    async fn transfers(&self, election: &ElectionId) -> Result<Vec<TransferRecord>>;

    /// All polls, in the order of imports and rows.
    ///
    /// # Errors
    /// `Damaged`.
    async fn polls(&self) -> Result<Vec<PollRow>>;

    /// All groups of covariates, in the order of imports; areas by code.
    ///
    /// # Errors
    /// `Damaged`.
    async fn covariates(&self) -> Result<Vec<CovariateTable>>;

    /// All counts of answers, in the order of imports and rows.
    ///
    /// # Errors
    /// `Damaged`.
    async fn tallies(&self) -> Result<Vec<TallyRow>>;

    /// Where people live: each import with its rows, in the order of imports.
    ///
    /// # Errors
    /// `Damaged`.
    async fn population(&self) -> Result<Vec<(ImportId, Vec<PopulationRow>)>>;

    /// All groupings, in the order of imports; their areas and members by code.
    ///
    /// # Errors
    /// `Damaged`.
    async fn groupings(&self) -> Result<Vec<GroupingTable>>;

    /// Logs a publication and makes it the one that readers of SQL see. The areas are copied as they are now; `grouped`
    /// are those of groupings, as they were published.
    ///
    /// # Errors
    /// `Conflict` when the number is logged already.
    async fn record_snapshot(
        &self,
        snapshot: &SnapshotLog,
        rows: &[PublishedRow],
        grouped: &[(LevelId, GroupingArea)],
    ) -> Result<()>;

    /// The log of publications, by number.
    ///
    /// # Errors
    /// `Damaged`.
    async fn snapshots(&self) -> Result<Vec<SnapshotLog>>;

    /// A small fact.
    ///
    /// # Errors
    /// `Damaged`.
    async fn meta(&self, key: &str) -> Result<Option<Value>>;

    /// Sets a small fact.
    ///
    /// # Errors
    /// Only those of every method.
    async fn set_meta(&self, key: &str, value: &Value) -> Result<()>;

    /// What `doctor` asks: whether the database answers and is whole. Gives its name and version.
    ///
    /// # Errors
    /// `Damaged`.
    async fn check(&self) -> Result<String>;

    /// Closes all connections; whatever is asked afterwards is `Unavailable`.
    async fn close(&self);
}
