//! Import of covariates: numbers of areas, in a named group.

use super::{Account, ImportFacts, known, named, new_import};
use crate::error::{CampaignError, Result};
use crate::folder::Campaign;
use quartier_ingest::covariates::{Covariates, read};
use quartier_ingest::table::Table;
use quartier_ingest::{Fault, IngestError, Refusal, Source, Template};
use quartier_model::LevelId;
use quartier_store::{CovariateTable, ImportId, Payload};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// What `quartier import covariates` is told.
#[derive(Debug, Clone)]
pub struct CovariatesRequest {
    /// The file.
    pub file: PathBuf,
    /// The level of its areas.
    pub level: LevelId,
    /// Template of the code.
    pub code: Template,
    /// The group that the columns make.
    pub group: String,
    /// Columns, comma separated, or globs.
    pub columns: String,
}

/// Names that the estimator's own groups have.
const TAKEN: [&str; 2] = ["past", "density"];

/// Longest name of a group, in characters.
const LONGEST_NAME: usize = 48;

/// Imports the covariates of one level.
///
/// # Errors
/// When a cell is no number, a code stands twice or none is an area of the level; nothing is then imported.
pub async fn import_covariates(
    campaign: &Campaign,
    request: &CovariatesRequest,
    facts: &ImportFacts,
) -> Result<(ImportId, Account)> {
    let group = group_name(&request.group)?;
    campaign.file().levels.position(request.level.as_str())?;
    let source = Source::open(&request.file)?;
    let (file, sha256, bytes) = named(std::slice::from_ref(&source));
    let table = Table::read(source)?;
    let found = read(&table, &request.code, &request.columns)?;
    let known = known(campaign).await?;
    let codes = known.levels.get(request.level.as_str());
    let is_area = |code: &str| codes.is_some_and(|codes| codes.contains_key(code));
    if !found.rows.iter().any(|row| is_area(&row.code)) {
        return Err(no_area(&file, &request.level, &found).into());
    }
    let mut account = account(&found, &is_area);
    account.said.splice(0..0, table.said.iter().cloned());
    let seen: BTreeSet<&str> = found.rows.iter().map(|row| row.code.as_str()).collect();
    let without = codes.into_iter().flat_map(|codes| codes.keys()).filter(|code| !seen.contains(code.as_str()));
    account.no_number.extend(without.map(|code| format!("{code} (no row)")));
    account.no_number.sort();
    let rows = found
        .rows
        .into_iter()
        .filter(|row| is_area(&row.code))
        .map(|row| Ok((row.code.parse()?, row.values)))
        .collect::<Result<Vec<_>>>()?;
    let mut import = new_import(&file, sha256, bytes, facts, &account);
    import.arguments["group"] = group.clone().into();
    let table = CovariateTable { group, level: request.level.clone(), columns: found.columns, rows };
    Ok((campaign.store().import(import, Payload::Covariates(table)).await?, account))
}

/// A lawful name of a group.
fn group_name(name: &str) -> Result<String> {
    let name = name.trim();
    let refuse = |why: String| Err(CampaignError::Invalid(format!("--group: {why}")));
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        return refuse(format!("found `{name}`, expected 1 to {LONGEST_NAME} characters"));
    }
    if TAKEN.contains(&name) {
        return refuse(format!("`{name}` is a group that every estimate has; choose another name"));
    }
    Ok(name.to_owned())
}

fn no_area(file: &str, level: &LevelId, found: &Covariates) -> IngestError {
    let mut refusal = Refusal::new(file, format!("no row has a code of level `{level}`; nothing imported"));
    let fault = |row: &quartier_ingest::covariates::CovariateRow| {
        Fault::at(row.row).column("code").text(&row.code).expected(format!("a code of level `{level}`"))
    };
    refusal.faults = found.rows.iter().map(fault).collect();
    IngestError::Codes(refusal.help("correct `--code`, or pad it: `{column:0>5}`"))
}

/// What a person should know: rows without an area, cells without a number, columns that say nothing.
fn account(found: &Covariates, is_area: &impl Fn(&str) -> bool) -> Account {
    let (used, others): (Vec<_>, Vec<_>) = found.rows.iter().partition(|row| is_area(&row.code));
    let mut account = Account {
        read: found.rows.len() as u64,
        used: used.len() as u64,
        no_area: others.iter().map(|row| (row.row, row.code.clone())).collect(),
        ..Account::default()
    };
    let mut empty: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &used {
        for (name, _) in found.columns.iter().zip(&row.values).filter(|(_, value)| value.is_none()) {
            account.no_number.push(format!("{} ({name})", row.code));
            *empty.entry(name).or_default() += 1;
        }
    }
    for (at, name) in found.columns.iter().enumerate() {
        let mut values = used.iter().filter_map(|row| row.values[at]);
        let first = values.next();
        if values.all(|value| Some(value) == first) {
            account.said.push(format!("column `{name}` is the same everywhere: estimates leave it out"));
        }
    }
    let said = empty.iter().map(|(name, count)| format!("column `{name}`: {count} areas without a number"));
    account.said.extend(said);
    account
}
