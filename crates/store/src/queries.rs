//! The questions, written once: the macro makes the same implementation of the trait for both databases, so that a
//! query cannot differ between them. Both number their parameters `$1`, `$2`...; what differs is passed in.

use crate::error::{Result, StoreError};
use crate::records::{Import, ImportId, ImportKind, ImportStatus, PollOf};
use quartier_model::{AreaCode, ListName};
use serde_json::Value;

/// Rows written by one statement: far below the 32,766 parameters of SQLite with the widest table (29 columns).
pub(crate) const BATCH: usize = 500;

/// How many dangling codes a message names.
pub(crate) const NAMED: usize = 20;

pub(crate) fn damaged<T>(what: &str, error: impl std::fmt::Display) -> Result<T> {
    Err(StoreError::Damaged(format!("{what}: {error}")))
}

pub(crate) fn code(text: String) -> Result<AreaCode> {
    text.parse().or_else(|error| damaged("an area code", error))
}

/// An area of two columns; `None`: the root.
pub(crate) fn area(
    level: Option<String>,
    code_text: Option<String>,
) -> Result<Option<(quartier_model::LevelId, AreaCode)>> {
    match (level, code_text) {
        (Some(level), Some(text)) => Ok(Some((level.parse().or_else(|error| damaged("a level", error))?, code(text)?))),
        _ => Ok(None),
    }
}

pub(crate) fn json(text: &str) -> Result<Value> {
    plain("a JSON column", text)
}

/// What a text column holds as JSON.
pub(crate) fn plain<T: serde::de::DeserializeOwned>(what: &str, text: &str) -> Result<T> {
    serde_json::from_str(text).or_else(|error| damaged(what, error))
}

pub(crate) fn lists(text: &str) -> Result<Vec<ListName>> {
    plain("the lists of an election", text)
}

pub(crate) fn votes(text: &str) -> Result<Vec<u64>> {
    plain("the votes of a row", text)
}

/// Numbers as text, each with all its digits; nothing between two commas where there is none.
pub(crate) fn numbers_text(numbers: &[Option<f64>]) -> String {
    let text: Vec<String> = numbers.iter().map(|number| number.map_or_else(String::new, |x| x.to_string())).collect();
    text.join(",")
}

pub(crate) fn numbers_of(text: &str) -> Result<Vec<Option<f64>>> {
    let number = |text: &str| match text {
        "" => Ok(None),
        text => text.parse().map(Some).or_else(|error| damaged("a covariate", error)),
    };
    text.split(',').map(number).collect()
}

/// A number as the databases keep it.
pub(crate) fn signed(number: u64) -> Result<i64> {
    i64::try_from(number).map_err(|_| StoreError::Conflict(format!("{number} is too large a count to be kept")))
}

pub(crate) fn signed_option(number: Option<u64>) -> Result<Option<i64>> {
    number.map(signed).transpose()
}

pub(crate) fn unsigned(number: i64) -> Result<u64> {
    u64::try_from(number).or_else(|_| damaged("a count", number))
}

pub(crate) fn unsigned_option(number: Option<i64>) -> Result<Option<u64>> {
    number.map(unsigned).transpose()
}

/// Whether bytes begin like a polygon or multipolygon: little-endian WKB, type 3 or 6.
pub(crate) fn is_polygon(wkb: &[u8]) -> bool {
    wkb.len() >= 9 && matches!(wkb[..5], [1, 3 | 6, 0, 0, 0])
}

/// The columns of a listed import.
#[derive(sqlx::FromRow)]
pub(crate) struct ImportColumns {
    id: i64,
    kind: String,
    level: Option<String>,
    election: Option<String>,
    batch: Option<String>,
    eps: Option<f64>,
    file: String,
    sha256: String,
    bytes: i64,
    at: time::OffsetDateTime,
    arguments: String,
    account: String,
    status: String,
    replaces: Option<i64>,
    lineage: Option<i64>,
}

impl TryFrom<ImportColumns> for Import {
    type Error = StoreError;
    fn try_from(row: ImportColumns) -> Result<Self> {
        let election = row.election.map(|id| id.parse().or_else(|error| damaged("an election", error))).transpose()?;
        Ok(Self {
            id: ImportId(row.id),
            kind: ImportKind::of(&row.kind).map_or_else(|| damaged("a kind of import", &row.kind), Ok)?,
            level: row.level,
            election,
            batch: row.batch,
            eps: row.eps,
            file: row.file,
            sha256: row.sha256,
            bytes: unsigned(row.bytes)?,
            at: row.at,
            arguments: json(&row.arguments)?,
            account: json(&row.account)?,
            status: ImportStatus::of(&row.status).map_or_else(|| damaged("a status", &row.status), Ok)?,
            replaces: row.replaces.map(ImportId),
            lineage: ImportId(row.lineage.unwrap_or(row.id)),
        })
    }
}

pub(crate) fn poll_of(text: &str) -> Result<PollOf> {
    PollOf::of(text).map_or_else(|| damaged("what a poll is of", text), Ok)
}

/// Names what would hang in the air, as `level:code`.
pub(crate) fn dangling(kind: &str, found: &[(String, String)], total: i64) -> Result<()> {
    if total == 0 {
        return Ok(());
    }
    let named: Vec<String> = found.iter().map(|(level, code)| format!("{level}:{code}")).collect();
    let more = total - found.len() as i64;
    let rest = if more > 0 { format!(", and {more} more") } else { String::new() };
    Err(StoreError::Conflict(format!(
        "{total} {kind} stand on areas that are not here: {}{rest}; import these areas first",
        named.join(", ")
    )))
}

macro_rules! shared_store {
    (
        store: $store:ty,
        database: $database:ty,
        begin: $begin:literal,
        geometry_in: ($geometry_open:literal, $geometry_close:literal),
        geometry_out: $geometry_out:literal $(,)?
    ) => {
        const _: () = {
            use $crate::queries::*;
            use $crate::records::*;
            use $crate::tallies::*;
            use quartier_model::{AreaCode, Counts, Election, ElectionId, Electors, LevelId, Measure};
            use serde_json::Value;
            use sqlx::{QueryBuilder, Row};
            use time::{Date, OffsetDateTime};

            type Transaction = sqlx::Transaction<'static, $database>;

            impl $store {
                async fn transaction(&self) -> Result<Transaction> {
                    Ok(self.pool.begin_with($begin).await?)
                }

                /// Writes the line of an import; gives its number.
                async fn log(t: &mut Transaction, import: &NewImport, payload: &Payload) -> Result<i64> {
                    let (kind, level, election) = match payload {
                        Payload::Areas { level, .. } => (ImportKind::Areas, Some(level.as_str()), None),
                        Payload::Results { election, level, .. } => {
                            (ImportKind::Results, Some(level.as_str()), Some(election.id.as_str()))
                        }
                        Payload::Polls(_) => (ImportKind::Polls, None, None),
                        Payload::Covariates(table) => (ImportKind::Covariates, Some(table.level.as_str()), None),
                        Payload::Tallies(tallies) => (kind_of(tallies.kind), Some(tallies.level.as_str()), None),
                        Payload::Population(_) => (ImportKind::Population, None, None),
                        Payload::Grouping(own) => (ImportKind::Grouping, own.level.as_ref().map(LevelId::as_str), None),
                    };
                    let mut lineage = None;
                    if let Some(replaced) = import.replaces {
                        let old = Self::active(t, replaced).await?;
                        if old.kind != kind {
                            return Err(StoreError::Conflict(format!(
                                "import {replaced} brought {}, and {} cannot replace it",
                                old.kind.as_str(),
                                kind.as_str()
                            )));
                        }
                        Self::remove(t, replaced, ImportStatus::Replaced).await?;
                        lineage = Some(old.lineage.0);
                    }
                    let mut private = (None, None);
                    if let Payload::Tallies(tallies) = payload {
                        lineage = Self::spend(t, lineage, &import.sha256, &tallies.batch).await?;
                        private = (Some(tallies.batch.clone()), budget(tallies)?);
                    }
                    let id: i64 = sqlx::query_scalar(
                        "insert into imports (kind, level, election, file, sha256, bytes, at, arguments, account, \
                         replaces, lineage, batch, eps) \
                         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) returning id",
                    )
                    .bind(kind.as_str())
                    .bind(level.map(str::to_owned))
                    .bind(election.map(str::to_owned))
                    .bind(&import.file)
                    .bind(&import.sha256)
                    .bind(signed(import.bytes)?)
                    .bind(import.at)
                    .bind(import.arguments.to_string())
                    .bind(import.account.to_string())
                    .bind(import.replaces.map(|id| id.0))
                    .bind(lineage)
                    .bind(private.0)
                    .bind(private.1)
                    .fetch_one(&mut **t)
                    .await?;
                    Ok(id)
                }

                /// The lineage of a batch of answers, which has room for it: that of the import it replaces, joined
                /// with those of earlier imports of the same batch or file. Undoing does not give a budget back.
                async fn spend(
                    t: &mut Transaction,
                    lineage: Option<i64>,
                    sha256: &str,
                    batch: &str,
                ) -> Result<Option<i64>> {
                    let found: Vec<(i64, i64, String, bool)> = sqlx::query_as(
                        "select id, coalesce(lineage, id), status, batch = $1 from imports \
                         where kind in ('tallies', 'scores') and (batch = $1 or sha256 = $2) order by id",
                    )
                    .bind(batch.to_owned())
                    .bind(sha256.to_owned())
                    .fetch_all(&mut **t)
                    .await?;
                    if let Some((id, ..)) = found.iter().find(|(_, _, status, same)| *same && status == "active") {
                        return Err(StoreError::Conflict(format!(
                            "batch `{batch}` came with import {id} already; undo that one, or take its place with \
                             `--replaces {id}`"
                        )));
                    }
                    let mut lineages: Vec<i64> = found.iter().map(|(_, own, ..)| *own).chain(lineage).collect();
                    lineages.sort_unstable();
                    lineages.dedup();
                    let Some(first) = lineages.first().copied() else { return Ok(None) };
                    for other in &lineages[1..] {
                        sqlx::query("update imports set lineage = $1 where coalesce(lineage, id) = $2")
                            .bind(first)
                            .bind(*other)
                            .execute(&mut **t)
                            .await?;
                    }
                    let spent: i64 = sqlx::query_scalar("select count(*) from imports where coalesce(lineage, id) = $1")
                        .bind(first)
                        .fetch_one(&mut **t)
                        .await?;
                    room(batch, first, spent)?;
                    Ok(Some(first))
                }

                /// An import that counts.
                async fn active(t: &mut Transaction, id: ImportId) -> Result<Import> {
                    let row: Option<ImportColumns> = sqlx::query_as(
                        "select id, kind, level, election, batch, eps, file, sha256, bytes, at, arguments, account, status, \
                         replaces, lineage from imports where id = $1",
                    )
                    .bind(id.0)
                    .fetch_optional(&mut **t)
                    .await?;
                    let row = row.ok_or_else(|| StoreError::NotFound { what: "import", name: id.to_string() })?;
                    let import = Import::try_from(row)?;
                    match import.status {
                        ImportStatus::Active => Ok(import),
                        ImportStatus::Undone | ImportStatus::Replaced => Err(StoreError::Conflict(format!(
                            "import {id} is {} already",
                            import.status.as_str()
                        ))),
                    }
                }

                /// Removes the records of an import.
                async fn remove(t: &mut Transaction, id: ImportId, status: ImportStatus) -> Result<()> {
                    for statement in [
                        "delete from polls where import_id = $1",
                        "delete from covariates where import_id = $1",
                        "delete from covariate_groups where import_id = $1",
                        "delete from tallies where import_id = $1",
                        "delete from population where import_id = $1",
                        "delete from transfer_errors where import_id = $1",
                        "delete from transfers where import_id = $1",
                        "delete from grouping_members where import_id = $1",
                        "delete from grouping_areas where import_id = $1",
                        "delete from groupings where import_id = $1",
                        "delete from results where import_id = $1",
                        "delete from aliases where import_id = $1",
                        "delete from areas where import_id = $1",
                        // An election lives as long as an active import brought it, even one without a row.
                        "delete from elections where id = (select election from imports where id = $1) and not \
                         exists (select 1 from imports other where other.election = elections.id \
                         and other.id <> $1 and other.status = 'active')",
                    ] {
                        sqlx::query(statement).bind(id.0).execute(&mut **t).await?;
                    }
                    sqlx::query("update imports set status = $2 where id = $1")
                        .bind(id.0)
                        .bind(status.as_str())
                        .execute(&mut **t)
                        .await?;
                    Ok(())
                }

                async fn insert_areas(
                    t: &mut Transaction,
                    id: i64,
                    level: &LevelId,
                    parent_level: Option<&LevelId>,
                    areas: &[AreaRecord],
                ) -> Result<()> {
                    for area in areas {
                        if area.parent.is_some() && parent_level.is_none() {
                            return Err(StoreError::Conflict(format!(
                                "area {level}:{} names a parent, and level {level} has none above it",
                                area.code
                            )));
                        }
                        if area.wkb.as_deref().is_some_and(|wkb| !is_polygon(wkb)) {
                            return Err(StoreError::Conflict(format!(
                                "the geometry of area {level}:{} is no polygon in little-endian WKB",
                                area.code
                            )));
                        }
                    }
                    let known: Vec<(String, i64)> =
                        sqlx::query_as("select code, import_id from areas where level = $1 order by code")
                            .bind(level.as_str())
                            .fetch_all(&mut **t)
                            .await?;
                    let own: std::collections::HashSet<&str> = areas.iter().map(|area| area.code.as_str()).collect();
                    let mut again = known.iter().filter(|(code, _)| own.contains(code.as_str()));
                    if let Some((code, import)) = again.next() {
                        let more = match again.count() {
                            0 => String::new(),
                            more => format!(" and {more} more areas"),
                        };
                        return Err(StoreError::Conflict(format!(
                            "area {level}:{code}{more} came with import {import} already; undo that one, or take its \
                             place with `--replaces {import}`"
                        )));
                    }
                    for batch in areas.chunks(BATCH) {
                        let mut query: QueryBuilder<$database> = QueryBuilder::new(
                            "insert into areas (level, code, name, parent_level, parent_code, electors, geom, import_id) ",
                        );
                        query.push_values(batch, |mut row, area| {
                            let parent = area.parent.as_ref().map(|parent| parent.as_str().to_owned());
                            row.push_bind(level.as_str().to_owned())
                                .push_bind(area.code.as_str().to_owned())
                                .push_bind(area.name.clone())
                                .push_bind(parent_level.filter(|_| parent.is_some()).map(|own| own.as_str().to_owned()))
                                .push_bind(parent)
                                .push_bind(area.electors.known().map(i64::from))
                                .push($geometry_open)
                                .push_bind_unseparated(area.wkb.clone())
                                .push_unseparated($geometry_close)
                                .push_bind(id);
                        });
                        query.build().execute(&mut **t).await.map_err(|error| match error.into() {
                            StoreError::Conflict(found) => StoreError::Conflict(format!(
                                "an area of level {level} stands twice ({found})"
                            )),
                            other => other,
                        })?;
                    }
                    Ok(())
                }

                async fn insert_aliases(t: &mut Transaction, id: i64, level: &LevelId, aliases: &[Alias]) -> Result<()> {
                    for batch in aliases.chunks(BATCH) {
                        let mut query: QueryBuilder<$database> =
                            QueryBuilder::new("insert into aliases (level, old_code, code, import_id) ");
                        query.push_values(batch, |mut row, alias| {
                            row.push_bind(level.as_str().to_owned())
                                .push_bind(alias.old.as_str().to_owned())
                                .push_bind(alias.code.as_str().to_owned())
                                .push_bind(id);
                        });
                        query.build().execute(&mut **t).await?;
                    }
                    Ok(())
                }

                /// Makes the election known, or checks that it is the one that is known.
                async fn insert_election(t: &mut Transaction, election: &Election) -> Result<()> {
                    let lists = serde_json::to_string(&election.lists).expect("lists are plain JSON");
                    let known: Option<(Date, bool, String)> =
                        sqlx::query_as("select date, has_registered, lists from elections where id = $1")
                            .bind(election.id.as_str())
                            .fetch_optional(&mut **t)
                            .await?;
                    if let Some(known) = known {
                        if known != (election.date, election.has_registered, lists) {
                            return Err(StoreError::Conflict(format!(
                                "election {} is known with another date, register or other lists; replace or undo \
                                 its import, or give this one another id",
                                election.id
                            )));
                        }
                        return Ok(());
                    }
                    sqlx::query(
                        "insert into elections (id, label, date, has_registered, lists) values ($1, $2, $3, $4, $5)",
                    )
                    .bind(election.id.as_str())
                    .bind(&election.label)
                    .bind(election.date)
                    .bind(election.has_registered)
                    .bind(lists)
                    .execute(&mut **t)
                    .await?;
                    Ok(())
                }

                async fn insert_results(t: &mut Transaction, id: i64, election: &Election, rows: &[ResultRow]) -> Result<()> {
                    for (number, row) in rows.iter().enumerate() {
                        let counts = &row.counts;
                        if counts.votes.len() != election.lists.len() {
                            return Err(StoreError::Conflict(format!(
                                "row {number} has votes of {} lists, election {} has {}",
                                counts.votes.len(),
                                election.id,
                                election.lists.len()
                            )));
                        }
                        let own = [counts.registered, Some(counts.voters), Some(counts.valid), counts.blank, counts.null];
                        for number in own.into_iter().flatten() {
                            signed(number)?;
                        }
                    }
                    // Checked above: every number fits.
                    let fit = |number: u64| number as i64;
                    for (batch_number, batch) in rows.chunks(BATCH).enumerate() {
                        let mut query: QueryBuilder<$database> = QueryBuilder::new(
                            "insert into results (import_id, row, election, level, code, placed, file_code, registered, \
                             voters, valid, blank, null_votes, votes) ",
                        );
                        query.push_values(batch.iter().enumerate(), |mut line, (at, row)| {
                            let counts = &row.counts;
                            let votes = serde_json::to_string(&counts.votes).expect("votes are plain JSON");
                            line.push_bind(id)
                                .push_bind((batch_number * BATCH + at) as i64)
                                .push_bind(election.id.as_str().to_owned())
                                .push_bind(row.area.as_ref().map(|(level, _)| level.as_str().to_owned()))
                                .push_bind(row.area.as_ref().map(|(_, code)| code.as_str().to_owned()))
                                .push_bind(row.placed)
                                .push_bind(row.file_code.clone())
                                .push_bind(counts.registered.map(fit))
                                .push_bind(fit(counts.voters))
                                .push_bind(fit(counts.valid))
                                .push_bind(counts.blank.map(fit))
                                .push_bind(counts.null.map(fit))
                                .push_bind(votes);
                        });
                        query.build().execute(&mut **t).await.map_err(|error| match error.into() {
                            StoreError::Conflict(found) => StoreError::Conflict(format!(
                                "an area has a count of election {} already ({found})",
                                election.id
                            )),
                            other => other,
                        })?;
                    }
                    Ok(())
                }

                async fn insert_transfer(t: &mut Transaction, id: i64, transfer: &TransferRecord) -> Result<()> {
                    sqlx::query("insert into transfers (import_id, about) values ($1, $2)")
                        .bind(id)
                        .bind(serde_json::to_string(&transfer.about).expect("a transfer is plain JSON"))
                        .execute(&mut **t)
                        .await?;
                    for batch in transfer.errors.chunks(BATCH) {
                        let mut query: QueryBuilder<$database> =
                            QueryBuilder::new("insert into transfer_errors (import_id, level, code, error) ");
                        query.push_values(batch, |mut line, (level, code, error)| {
                            line.push_bind(id)
                                .push_bind(level.as_str().to_owned())
                                .push_bind(code.as_str().to_owned())
                                .push_bind(serde_json::to_string(error).expect("an error is plain JSON"));
                        });
                        query.build().execute(&mut **t).await?;
                    }
                    Ok(())
                }

                async fn insert_polls(t: &mut Transaction, id: i64, rows: &[PollRow]) -> Result<()> {
                    for (number, poll) in rows.iter().enumerate() {
                        sqlx::query(
                            "insert into polls (import_id, row, date, level, code, turnout, undecided, favourable, \
                             opposed, of_what, n, se) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
                        )
                        .bind(id)
                        .bind(number as i64)
                        .bind(poll.date)
                        .bind(poll.area.as_ref().map(|(level, _)| level.as_str().to_owned()))
                        .bind(poll.area.as_ref().map(|(_, code)| code.as_str().to_owned()))
                        .bind(poll.turnout)
                        .bind(poll.undecided)
                        .bind(poll.favourable)
                        .bind(poll.opposed)
                        .bind(poll.of.as_str())
                        .bind(signed_option(poll.n)?)
                        .bind(poll.se)
                        .execute(&mut **t)
                        .await?;
                    }
                    Ok(())
                }

                async fn insert_covariates(t: &mut Transaction, id: i64, table: &CovariateTable) -> Result<()> {
                    let known: Option<i64> =
                        sqlx::query_scalar("select import_id from covariate_groups where name = $1")
                            .bind(&table.group)
                            .fetch_optional(&mut **t)
                            .await?;
                    if let Some(import) = known {
                        return Err(StoreError::Conflict(format!(
                            "covariates `{}` came with import {import} already; undo that one, or take its place with \
                             `--replaces {import}`",
                            table.group
                        )));
                    }
                    sqlx::query("insert into covariate_groups (import_id, name, level, columns) values ($1, $2, $3, $4)")
                        .bind(id)
                        .bind(&table.group)
                        .bind(table.level.as_str().to_owned())
                        .bind(serde_json::to_string(&table.columns).or_else(|error| damaged("column names", error))?)
                        .execute(&mut **t)
                        .await?;
                    for batch in table.rows.chunks(BATCH) {
                        let mut query: QueryBuilder<$database> =
                            QueryBuilder::new("insert into covariates (import_id, level, code, numbers) ");
                        query.push_values(batch, |mut line, (code, numbers)| {
                            line.push_bind(id)
                                .push_bind(table.level.as_str().to_owned())
                                .push_bind(code.as_str().to_owned())
                                .push_bind(numbers_text(numbers));
                        });
                        query.build().execute(&mut **t).await?;
                    }
                    Ok(())
                }

                async fn insert_tallies(t: &mut Transaction, id: i64, tallies: &NewTallies) -> Result<()> {
                    for (batch_number, batch) in tallies.counts.chunks(BATCH).enumerate() {
                        let mut query: QueryBuilder<$database> = QueryBuilder::new(
                            "insert into tallies (import_id, row, date, level, code, asked, abstainers, undecided, \
                             favourable, opposed, eps) ",
                        );
                        query.push_values(batch.iter().enumerate(), |mut line, (at, (area, counts))| {
                            line.push_bind(id)
                                .push_bind((batch_number * BATCH + at) as i64)
                                .push_bind(tallies.date)
                                .push_bind(area.as_ref().map(|(level, _)| level.as_str().to_owned()))
                                .push_bind(area.as_ref().map(|(_, code)| code.as_str().to_owned()))
                                .push_bind(i64::from(counts.asked()));
                            for count in counts.groups() {
                                line.push_bind(count.map(i64::from));
                            }
                            line.push_bind(eps_of(counts.law()));
                        });
                        query.build().execute(&mut **t).await.map_err(|error| match error.into() {
                            StoreError::Conflict(found) => StoreError::Conflict(format!(
                                "an area has two counts of batch `{}` ({found})",
                                tallies.batch
                            )),
                            other => other,
                        })?;
                    }
                    Ok(())
                }

                async fn insert_population(t: &mut Transaction, id: i64, rows: &[PopulationRow]) -> Result<()> {
                    let lawful = |row: &PopulationRow| row.people.is_finite() && row.people >= 0.0;
                    if let Some(row) = rows.iter().position(|row| !lawful(row)) {
                        return Err(StoreError::Conflict(format!("row {row} of population is no count of people")));
                    }
                    for (batch_number, batch) in rows.chunks(BATCH).enumerate() {
                        let mut query: QueryBuilder<$database> = QueryBuilder::new(
                            "insert into population (import_id, row, lon, lat, cell, geom, people) ",
                        );
                        query.push_values(batch.iter().enumerate(), |mut line, (at, row)| {
                            let (point, cell, wkb) = match &row.place {
                                PopulationPlace::Point(point) => (Some(*point), None, None),
                                PopulationPlace::Cell(cell) => (None, Some(cell.clone()), None),
                                PopulationPlace::Polygon(wkb) => (None, None, Some(wkb.clone())),
                            };
                            line.push_bind(id)
                                .push_bind((batch_number * BATCH + at) as i64)
                                .push_bind(point.map(|at| at[0]))
                                .push_bind(point.map(|at| at[1]))
                                .push_bind(cell)
                                .push($geometry_open)
                                .push_bind_unseparated(wkb)
                                .push_unseparated($geometry_close)
                                .push_bind(row.people);
                        });
                        query.build().execute(&mut **t).await?;
                    }
                    Ok(())
                }

                async fn insert_grouping(t: &mut Transaction, id: i64, grouping: &GroupingTable) -> Result<()> {
                    let name = grouping.id.as_str();
                    let known: Option<i64> = sqlx::query_scalar("select import_id from groupings where name = $1")
                        .bind(name.to_owned())
                        .fetch_optional(&mut **t)
                        .await?;
                    if let Some(import) = known {
                        return Err(StoreError::Conflict(format!(
                            "grouping `{name}` came with import {import} already; undo that one, or take its place \
                             with `--replaces {import}`"
                        )));
                    }
                    let [label_fr, label_en] = &grouping.label;
                    sqlx::query(
                        "insert into groupings (import_id, name, label_fr, label_en, level) values ($1, $2, $3, $4, $5)",
                    )
                    .bind(id)
                    .bind(name.to_owned())
                    .bind(label_fr.clone())
                    .bind(label_en.clone())
                    .bind(grouping.level.as_ref().map(|level| level.as_str().to_owned()))
                    .execute(&mut **t)
                    .await?;
                    for batch in grouping.areas.chunks(BATCH) {
                        let mut query: QueryBuilder<$database> =
                            QueryBuilder::new("insert into grouping_areas (import_id, code, name, geom) ");
                        query.push_values(batch, |mut line, area| {
                            line.push_bind(id)
                                .push_bind(area.code.as_str().to_owned())
                                .push_bind(area.name.clone())
                                .push($geometry_open)
                                .push_bind_unseparated(area.wkb.clone())
                                .push_unseparated($geometry_close);
                        });
                        query.build().execute(&mut **t).await?;
                    }
                    let Some(level) = grouping.level.as_ref().map(LevelId::as_str) else { return Ok(()) };
                    for batch in grouping.members.chunks(BATCH) {
                        let mut query: QueryBuilder<$database> =
                            QueryBuilder::new("insert into grouping_members (import_id, level, code, area) ");
                        query.push_values(batch, |mut line, (member, area)| {
                            line.push_bind(id)
                                .push_bind(level.to_owned())
                                .push_bind(member.as_str().to_owned())
                                .push_bind(area.as_str().to_owned());
                        });
                        query.build().execute(&mut **t).await?;
                    }
                    Ok(())
                }

                /// Checks that whatever stands on an area finds it. The deferred keys hold the same law at commit;
                /// this names the codes.
                async fn check_nothing_dangles(t: &mut Transaction) -> Result<()> {
                    const CHILDREN: &str = "from (select distinct a.parent_level as level, a.parent_code as code \
                        from areas a left join areas p on p.level = a.parent_level and p.code = a.parent_code \
                        where a.parent_code is not null and p.code is null) missing";
                    const RESULTS: &str = "from (select distinct r.level, r.code from results r \
                        left join areas p on p.level = r.level and p.code = r.code \
                        where r.code is not null and p.code is null) missing";
                    const POLLS: &str = "from (select distinct r.level, r.code from polls r \
                        left join areas p on p.level = r.level and p.code = r.code \
                        where r.code is not null and p.code is null) missing";
                    const TALLIES: &str = "from (select distinct r.level, r.code from tallies r \
                        left join areas p on p.level = r.level and p.code = r.code \
                        where r.code is not null and p.code is null) missing";
                    const COVARIATES: &str = "from (select distinct r.level, r.code from covariates r \
                        left join areas p on p.level = r.level and p.code = r.code \
                        where p.code is null) missing";
                    const MEMBERS: &str = "from (select distinct r.level, r.code from grouping_members r \
                        left join areas p on p.level = r.level and p.code = r.code \
                        where p.code is null) missing";
                    let all = [
                        ("areas", CHILDREN),
                        ("counts", RESULTS),
                        ("polls", POLLS),
                        ("covariates", COVARIATES),
                        ("tallies", TALLIES),
                        ("members of groupings", MEMBERS),
                    ];
                    for (kind, from) in all {
                        let count = sqlx::AssertSqlSafe(format!("select count(*) {from}"));
                        let total: i64 = sqlx::query_scalar(count).fetch_one(&mut **t).await?;
                        if total > 0 {
                            let list = format!("select level, code {from} order by level, code limit {NAMED}");
                            let named = sqlx::query_as(sqlx::AssertSqlSafe(list)).fetch_all(&mut **t).await?;
                            dangling(kind, &named, total)?;
                        }
                    }
                    Ok(())
                }

                /// The imports that stand on the areas of one, each in words.
                async fn dependants(t: &mut Transaction, id: ImportId) -> Result<Vec<String>> {
                    let found: Vec<(i64, String, String, i64)> = sqlx::query_as(
                        "select i.id, i.kind, i.file, count(*) from imports i join ( \
                           select c.import_id from areas c join areas a on a.level = c.parent_level \
                             and a.code = c.parent_code where a.import_id = $1 \
                           union all select r.import_id from results r join areas a on a.level = r.level \
                             and a.code = r.code where a.import_id = $1 \
                           union all select p.import_id from polls p join areas a on a.level = p.level \
                             and a.code = p.code where a.import_id = $1 \
                           union all select v.import_id from covariates v join areas a on a.level = v.level \
                             and a.code = v.code where a.import_id = $1 \
                           union all select y.import_id from tallies y join areas a on a.level = y.level \
                             and a.code = y.code where a.import_id = $1 \
                           union all select g.import_id from grouping_members g join areas a on a.level = g.level \
                             and a.code = g.code where a.import_id = $1 \
                         ) on_it on on_it.import_id = i.id \
                         where i.id <> $1 group by i.id, i.kind, i.file order by i.id",
                    )
                    .bind(id.0)
                    .fetch_all(&mut **t)
                    .await?;
                    let words = |(id, kind, file, rows): (i64, String, String, i64)| {
                        format!("import {id} ({kind}, {file}: {rows} rows)")
                    };
                    Ok(found.into_iter().map(words).collect())
                }
            }

            #[async_trait::async_trait]
            impl $crate::store::Store for $store {
                async fn import(&self, import: NewImport, payload: Payload) -> Result<ImportId> {
                    let mut t = self.transaction().await?;
                    let id = Self::log(&mut t, &import, &payload).await?;
                    match &payload {
                        Payload::Areas { level, parent_level, areas, aliases } => {
                            Self::insert_areas(&mut t, id, level, parent_level.as_ref(), areas).await?;
                            Self::insert_aliases(&mut t, id, level, aliases).await?;
                        }
                        Payload::Results { election, rows, transfer, .. } => {
                            Self::insert_election(&mut t, election).await?;
                            Self::insert_results(&mut t, id, election, rows).await?;
                            if let Some(transfer) = transfer {
                                Self::insert_transfer(&mut t, id, transfer).await?;
                            }
                        }
                        Payload::Polls(rows) => Self::insert_polls(&mut t, id, rows).await?,
                        Payload::Covariates(table) => Self::insert_covariates(&mut t, id, table).await?,
                        Payload::Tallies(tallies) => Self::insert_tallies(&mut t, id, tallies).await?,
                        Payload::Population(rows) => Self::insert_population(&mut t, id, rows).await?,
                        Payload::Grouping(grouping) => Self::insert_grouping(&mut t, id, grouping).await?,
                    }
                    Self::check_nothing_dangles(&mut t).await?;
                    t.commit().await?;
                    Ok(ImportId(id))
                }

                async fn undo(&self, id: ImportId) -> Result<()> {
                    let mut t = self.transaction().await?;
                    Self::active(&mut t, id).await?;
                    let dependants = Self::dependants(&mut t, id).await?;
                    if !dependants.is_empty() {
                        return Err(StoreError::Dependants { import: id.0, dependants });
                    }
                    Self::remove(&mut t, id, ImportStatus::Undone).await?;
                    t.commit().await?;
                    Ok(())
                }

                async fn imports(&self) -> Result<Vec<Import>> {
                    let rows: Vec<ImportColumns> = sqlx::query_as(
                        "select id, kind, level, election, batch, eps, file, sha256, bytes, at, arguments, account, status, \
                         replaces, lineage from imports order by id",
                    )
                    .fetch_all(&self.pool)
                    .await?;
                    rows.into_iter().map(Import::try_from).collect()
                }

                async fn areas(&self, level: &LevelId) -> Result<Vec<AreaRecord>> {
                    const QUERY: &str = concat!(
                        "select code, name, parent_code, electors, ",
                        $geometry_out,
                        " as wkb from areas where level = $1 order by code"
                    );
                    let rows = sqlx::query(QUERY).bind(level.as_str().to_owned()).fetch_all(&self.pool).await?;
                    let record = |row: &<$database as sqlx::Database>::Row| {
                        let electors = match row.try_get::<Option<i64>, _>("electors")? {
                            Some(known) => {
                                Electors::Known(u32::try_from(known).or_else(|_| damaged("electors", known))?)
                            }
                            None => Electors::Unknown,
                        };
                        Ok(AreaRecord {
                            code: code(row.try_get("code")?)?,
                            name: row.try_get("name")?,
                            parent: row.try_get::<Option<String>, _>("parent_code")?.map(code).transpose()?,
                            electors,
                            wkb: row.try_get("wkb")?,
                        })
                    };
                    rows.iter().map(record).collect()
                }

                async fn area_codes(&self, level: &LevelId) -> Result<Vec<(AreaCode, String)>> {
                    let rows: Vec<(String, String)> =
                        sqlx::query_as("select code, name from areas where level = $1 order by code")
                            .bind(level.as_str().to_owned())
                            .fetch_all(&self.pool)
                            .await?;
                    rows.into_iter().map(|(text, name)| Ok((code(text)?, name))).collect()
                }

                async fn aliases(&self, level: &LevelId) -> Result<Vec<Alias>> {
                    let rows: Vec<(String, String)> =
                        sqlx::query_as("select old_code, code from aliases where level = $1 order by old_code")
                            .bind(level.as_str().to_owned())
                            .fetch_all(&self.pool)
                            .await?;
                    rows.into_iter().map(|(old, new)| Ok(Alias { old: code(old)?, code: code(new)? })).collect()
                }

                async fn elections(&self) -> Result<Vec<Election>> {
                    let rows: Vec<(String, String, Date, bool, String)> = sqlx::query_as(
                        "select id, label, date, has_registered, lists from elections order by date, id",
                    )
                    .fetch_all(&self.pool)
                    .await?;
                    let election = |(id, label, date, has_registered, text): (String, String, Date, bool, String)| {
                        let id = id.parse().or_else(|error| damaged("an election", error))?;
                        Ok(Election { id, label, date, has_registered, lists: lists(&text)? })
                    };
                    rows.into_iter().map(election).collect()
                }

                async fn results(&self, election: &ElectionId) -> Result<Vec<ResultRow>> {
                    let rows = sqlx::query(
                        "select level, code, placed, file_code, registered, voters, valid, blank, null_votes, votes \
                         from results where election = $1 order by import_id, row",
                    )
                    .bind(election.as_str().to_owned())
                    .fetch_all(&self.pool)
                    .await?;
                    let record = |row: &<$database as sqlx::Database>::Row| {
                        Ok(ResultRow {
                            area: area(row.try_get(0)?, row.try_get(1)?)?,
                            placed: row.try_get(2)?,
                            file_code: row.try_get(3)?,
                            counts: Counts {
                                registered: unsigned_option(row.try_get(4)?)?,
                                voters: unsigned(row.try_get(5)?)?,
                                valid: unsigned(row.try_get(6)?)?,
                                blank: unsigned_option(row.try_get(7)?)?,
                                null: unsigned_option(row.try_get(8)?)?,
                                votes: votes(row.try_get(9)?)?,
                            },
                        })
                    };
                    rows.iter().map(record).collect()
                }

                async fn transfers(&self, election: &ElectionId) -> Result<Vec<TransferRecord>> {
                    let abouts: Vec<(i64, String)> = sqlx::query_as(
                        "select t.import_id, t.about from transfers t join imports i on i.id = t.import_id \
                         where i.election = $1 order by t.import_id",
                    )
                    .bind(election.as_str().to_owned())
                    .fetch_all(&self.pool)
                    .await?;
                    let mut transfers = Vec::new();
                    for (id, about) in abouts {
                        let rows: Vec<(String, String, String)> = sqlx::query_as(
                            "select level, code, error from transfer_errors where import_id = $1 order by level, code",
                        )
                        .bind(id)
                        .fetch_all(&self.pool)
                        .await?;
                        let error = |(level, text, error): (String, String, String)| {
                            let level = level.parse().or_else(|error| damaged("a level", error))?;
                            Ok((level, code(text)?, plain("the error of a transfer", &error)?))
                        };
                        let errors = rows.into_iter().map(error).collect::<Result<_>>()?;
                        transfers.push(TransferRecord { about: plain("a transfer", &about)?, errors });
                    }
                    Ok(transfers)
                }

                async fn polls(&self) -> Result<Vec<PollRow>> {
                    let rows = sqlx::query(
                        "select date, level, code, turnout, undecided, favourable, opposed, of_what, n, se \
                         from polls order by import_id, row",
                    )
                    .fetch_all(&self.pool)
                    .await?;
                    let record = |row: &<$database as sqlx::Database>::Row| {
                        Ok(PollRow {
                            date: row.try_get(0)?,
                            area: area(row.try_get(1)?, row.try_get(2)?)?,
                            turnout: row.try_get(3)?,
                            undecided: row.try_get(4)?,
                            favourable: row.try_get(5)?,
                            opposed: row.try_get(6)?,
                            of: poll_of(row.try_get(7)?)?,
                            n: unsigned_option(row.try_get(8)?)?,
                            se: row.try_get(9)?,
                        })
                    };
                    rows.iter().map(record).collect()
                }

                async fn covariates(&self) -> Result<Vec<CovariateTable>> {
                    let groups: Vec<(i64, String, String, String)> = sqlx::query_as(
                        "select import_id, name, level, columns from covariate_groups order by import_id",
                    )
                    .fetch_all(&self.pool)
                    .await?;
                    let mut tables = Vec::with_capacity(groups.len());
                    for (id, group, level, columns) in groups {
                        let found: Vec<(String, String)> =
                            sqlx::query_as("select code, numbers from covariates where import_id = $1 order by code")
                                .bind(id)
                                .fetch_all(&self.pool)
                                .await?;
                        let row = |(text, numbers): (String, String)| Ok((code(text)?, numbers_of(&numbers)?));
                        tables.push(CovariateTable {
                            group,
                            level: level.parse().or_else(|error| damaged("a level", error))?,
                            columns: serde_json::from_str(&columns).or_else(|error| damaged("column names", error))?,
                            rows: found.into_iter().map(row).collect::<Result<_>>()?,
                        });
                    }
                    Ok(tables)
                }

                async fn tallies(&self) -> Result<Vec<TallyRow>> {
                    let rows = sqlx::query(
                        "select y.import_id, i.batch, i.kind, y.date, y.level, y.code, y.asked, y.abstainers, \
                         y.undecided, y.favourable, y.opposed, y.eps \
                         from tallies y join imports i on i.id = y.import_id order by y.import_id, y.row",
                    )
                    .fetch_all(&self.pool)
                    .await?;
                    let record = |row: &<$database as sqlx::Database>::Row| {
                        let mut groups = [None; 4];
                        for (at, group) in groups.iter_mut().enumerate() {
                            *group = row.try_get(7 + at)?;
                        }
                        Ok(TallyRow {
                            import: ImportId(row.try_get(0)?),
                            batch: row.try_get(1)?,
                            kind: tally_kind(row.try_get(2)?)?,
                            date: row.try_get(3)?,
                            area: area(row.try_get(4)?, row.try_get(5)?)?,
                            counts: answers(row.try_get(6)?, groups, row.try_get(11)?)?,
                        })
                    };
                    rows.iter().map(record).collect()
                }

                async fn population(&self) -> Result<Vec<(ImportId, Vec<PopulationRow>)>> {
                    const QUERY: &str = concat!(
                        "select import_id, lon, lat, cell, ",
                        $geometry_out,
                        " as wkb, people from population order by import_id, row"
                    );
                    let rows = sqlx::query(QUERY).fetch_all(&self.pool).await?;
                    let mut imports: Vec<(ImportId, Vec<PopulationRow>)> = Vec::new();
                    for row in &rows {
                        let import = ImportId(row.try_get("import_id")?);
                        let point: (Option<f64>, Option<f64>) = (row.try_get("lon")?, row.try_get("lat")?);
                        let place = match (point, row.try_get("cell")?, row.try_get("wkb")?) {
                            ((Some(lon), Some(lat)), None, None) => PopulationPlace::Point([lon, lat]),
                            ((None, None), Some(cell), None) => PopulationPlace::Cell(cell),
                            ((None, None), None, Some(wkb)) => PopulationPlace::Polygon(wkb),
                            _ => return damaged("a row of population", "it is at no place, or at several"),
                        };
                        let row = PopulationRow { place, people: row.try_get("people")? };
                        match imports.last_mut() {
                            Some((last, rows)) if *last == import => rows.push(row),
                            _ => imports.push((import, vec![row])),
                        }
                    }
                    Ok(imports)
                }

                async fn groupings(&self) -> Result<Vec<GroupingTable>> {
                    const AREAS: &str = concat!(
                        "select code, name, ",
                        $geometry_out,
                        " as wkb from grouping_areas where import_id = $1 order by code"
                    );
                    let found: Vec<(i64, String, String, String, Option<String>)> = sqlx::query_as(
                        "select import_id, name, label_fr, label_en, level from groupings order by import_id",
                    )
                    .fetch_all(&self.pool)
                    .await?;
                    let mut groupings = Vec::with_capacity(found.len());
                    for (id, name, label_fr, label_en, level) in found {
                        let level_of = |text: String| text.parse::<LevelId>().or_else(|error| damaged("a level", error));
                        let rows = sqlx::query(AREAS).bind(id).fetch_all(&self.pool).await?;
                        let area = |row: &<$database as sqlx::Database>::Row| {
                            Ok(GroupingArea {
                                code: code(row.try_get("code")?)?,
                                name: row.try_get("name")?,
                                wkb: row.try_get("wkb")?,
                            })
                        };
                        let members: Vec<(String, String)> = sqlx::query_as(
                            "select code, area from grouping_members where import_id = $1 order by code",
                        )
                        .bind(id)
                        .fetch_all(&self.pool)
                        .await?;
                        groupings.push(GroupingTable {
                            id: level_of(name)?,
                            label: [label_fr, label_en],
                            level: level.map(level_of).transpose()?,
                            areas: rows.iter().map(area).collect::<Result<_>>()?,
                            members: members
                                .into_iter()
                                .map(|(member, area)| Ok((code(member)?, code(area)?)))
                                .collect::<Result<_>>()?,
                        });
                    }
                    Ok(groupings)
                }

                async fn record_snapshot(
                    &self,
                    snapshot: &SnapshotLog,
                    rows: &[PublishedRow],
                    grouped: &[(LevelId, GroupingArea)],
                ) -> Result<()> {
                    let mut t = self.transaction().await?;
                    let drawn: Option<String> =
                        sqlx::query_scalar("select geography from snapshots order by number desc limit 1")
                            .fetch_optional(&mut *t)
                            .await?;
                    sqlx::query(
                        "insert into snapshots (number, published_at, reading, geography, results, manifest) \
                         values ($1, $2, $3, $4, $5, $6)",
                    )
                    .bind(i64::from(snapshot.number))
                    .bind(snapshot.published_at)
                    .bind(&snapshot.reading)
                    .bind(&snapshot.geography)
                    .bind(&snapshot.results)
                    .bind(snapshot.manifest.to_string())
                    .execute(&mut *t)
                    .await?;
                    sqlx::query("delete from current_estimates").execute(&mut *t).await?;
                    // A geography is named by its content: the same name has the same outlines.
                    if drawn.as_ref() != Some(&snapshot.geography) {
                        sqlx::query("delete from current_areas").execute(&mut *t).await?;
                        sqlx::query(
                            "insert into current_areas (level, code, name, parent_level, parent_code, electors, geom) \
                             select level, code, name, parent_level, parent_code, electors, geom from areas",
                        )
                        .execute(&mut *t)
                        .await?;
                        for batch in grouped.chunks(BATCH) {
                            let mut query: QueryBuilder<$database> =
                                QueryBuilder::new("insert into current_areas (level, code, name, geom) ");
                            query.push_values(batch, |mut line, (grouping, area)| {
                                line.push_bind(grouping.as_str().to_owned())
                                    .push_bind(area.code.as_str().to_owned())
                                    .push_bind(area.name.clone())
                                    .push($geometry_open)
                                    .push_bind_unseparated(area.wkb.clone())
                                    .push_unseparated($geometry_close);
                            });
                            query.build().execute(&mut *t).await?;
                        }
                    }
                    let mut head = "insert into current_estimates (snapshot, level, code, electors, pooled".to_owned();
                    for measure in Measure::ALL {
                        let id = measure.id();
                        head += &format!(", {id}, {id}_low, {id}_high");
                    }
                    head += ") ";
                    for batch in rows.chunks(BATCH) {
                        let mut query: QueryBuilder<$database> = QueryBuilder::new(&head);
                        query.push_values(batch, |mut line, row| {
                            line.push_bind(i64::from(snapshot.number))
                                .push_bind(row.level.as_str().to_owned())
                                .push_bind(row.code.as_str().to_owned())
                                .push_bind(row.electors.known().map(i64::from))
                                .push_bind(row.pooled);
                            for figure in row.figures {
                                for at in 0..3 {
                                    line.push_bind(figure.map(|figure| figure[at]));
                                }
                            }
                        });
                        query.build().execute(&mut *t).await?;
                    }
                    t.commit().await?;
                    Ok(())
                }

                async fn snapshots(&self) -> Result<Vec<SnapshotLog>> {
                    let rows: Vec<(i64, OffsetDateTime, String, String, String, String)> = sqlx::query_as(
                        "select number, published_at, reading, geography, results, manifest from snapshots \
                         order by number",
                    )
                    .fetch_all(&self.pool)
                    .await?;
                    let log = |(number, published_at, reading, geography, results, manifest): (
                        i64,
                        OffsetDateTime,
                        String,
                        String,
                        String,
                        String,
                    )| {
                        let number = u32::try_from(number).or_else(|_| damaged("a snapshot's number", number))?;
                        Ok(SnapshotLog { number, published_at, reading, geography, results, manifest: json(&manifest)? })
                    };
                    rows.into_iter().map(log).collect()
                }

                async fn meta(&self, key: &str) -> Result<Option<Value>> {
                    let text: Option<String> = sqlx::query_scalar("select value from meta where key = $1")
                        .bind(key.to_owned())
                        .fetch_optional(&self.pool)
                        .await?;
                    text.as_deref().map(json).transpose()
                }

                async fn set_meta(&self, key: &str, value: &Value) -> Result<()> {
                    sqlx::query(
                        "insert into meta (key, value) values ($1, $2) \
                         on conflict (key) do update set value = excluded.value",
                    )
                    .bind(key.to_owned())
                    .bind(value.to_string())
                    .execute(&self.pool)
                    .await?;
                    Ok(())
                }

                async fn check(&self) -> Result<String> {
                    self.check_whole().await
                }

                async fn close(&self) {
                    self.pool.close().await;
                }
            }
        };
    };
}
pub(crate) use shared_store;
