//! Import of a grouping: sets of areas that are no level of the tree, by their members or by their polygons.

use super::borders::{Borders, Tolerance};
use super::{ImportFacts, Known, known, named, new_import};
use crate::error::{CampaignError, Result};
use crate::folder::Campaign;
use geozero::{CoordDimensions, ToWkb};
use quartier_ingest::areas::{self, AreasRequest};
use quartier_ingest::grouping::{Member, Members, MembersRequest, read};
use quartier_ingest::table::Table;
use quartier_ingest::{Fault, IngestError, Refusal, SHOWN_FAULTS, Source, did_you_mean};
use quartier_model::{AreaCode, LevelId};
use quartier_store::{GroupingArea, GroupingTable, ImportId, Payload};
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

/// What `quartier import grouping` is told.
#[derive(Debug, Clone)]
pub struct GroupingRequest {
    /// The grouping's id.
    pub id: LevelId,
    /// Its name in French and in English; the id where there is none.
    pub label: Option<[String; 2]>,
    /// Where its areas come from.
    pub areas: GroupingSource,
}

/// Where the areas of a grouping come from.
#[derive(Debug, Clone)]
pub enum GroupingSource {
    /// A table of their members.
    Members {
        /// The file.
        path: PathBuf,
        /// The level of the members; where `None`, the one that most keys are of, the finest of equals.
        level: Option<LevelId>,
        /// How it is read.
        request: Box<MembersRequest>,
        /// Whether a key that is no area is an error.
        strict: bool,
    },
    /// A file of their polygons.
    Polygons {
        /// How it is read; its level is the grouping's id.
        request: Box<AreasRequest>,
        /// How their borders are cleaned.
        tolerance: Option<Tolerance>,
    },
}

/// The account of an import of a grouping.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct GroupingAccount {
    /// The grouping.
    pub grouping: String,
    /// The level of the members; `null` where the areas are polygons.
    pub level: Option<String>,
    /// Rows, or features.
    pub read: u64,
    /// Rows left out by `--where`.
    pub filtered: u64,
    /// Areas of the grouping.
    pub areas: usize,
    /// Areas of the level that are in one of them.
    pub members: usize,
    /// Rows whose key is no area of the level: row, key. They are left out.
    pub no_area: Vec<(u64, String)>,
    /// Areas of the grouping that are left out with them, since no member of theirs is known.
    pub no_member: Vec<String>,
    /// Areas of the level that are in none: their electors are unplaced in the grouping.
    pub ungrouped: Vec<String>,
    /// What was found in a file of polygons.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub polygons: Option<serde_json::Value>,
    /// What was detected or chosen.
    pub said: Vec<String>,
}

/// Imports a grouping.
///
/// # Errors
/// When its id is that of a level, a row or feature is refused, or no key is an area; nothing is then imported.
pub async fn import_grouping(
    campaign: &Campaign,
    request: &GroupingRequest,
    facts: &ImportFacts,
) -> Result<(ImportId, GroupingAccount)> {
    let id = &request.id;
    if campaign.file().levels.iter().any(|level| level.id == *id) {
        let why = format!("`{id}` is a level of the campaign: expected another name for the grouping");
        return Err(CampaignError::Invalid(why));
    }
    let label = request.label.clone().unwrap_or_else(|| [id.to_string(), id.to_string()]);
    let known = known(campaign).await?;
    if known.levels.values().all(HashMap::is_empty) {
        return Err(CampaignError::Invalid("no areas yet: bring some in with `quartier import areas`".into()));
    }
    let read = match &request.areas {
        GroupingSource::Members { path, level, request, strict } => {
            if let Some(level) = level {
                campaign.file().levels.position(level.as_str())?;
            }
            let levels: Vec<&LevelId> = campaign.file().levels.iter().map(|level| &level.id).collect();
            by_members(Source::open(path)?, request, *strict, &known, level.as_ref(), &levels)?
        }
        GroupingSource::Polygons { request, tolerance } => by_polygons(request, *tolerance)?,
    };
    let Read { file, sha256, bytes, mut account, table } = read;
    account.grouping = id.to_string();
    let mut import = new_import(&file, sha256, bytes, facts, &account);
    import.arguments["grouping"] = id.to_string().into();
    if let GroupingSource::Polygons { tolerance: Some(tolerance), .. } = &request.areas {
        import.arguments["tolerance_m"] = serde_json::to_value(tolerance).unwrap_or_default();
    }
    let table = GroupingTable { id: id.clone(), label, ..table };
    Ok((campaign.store().import(import, Payload::Grouping(table)).await?, account))
}

/// A grouping as it was read, without its id and label.
struct Read {
    file: String,
    sha256: String,
    bytes: u64,
    account: GroupingAccount,
    table: GroupingTable,
}

fn by_members(
    source: Source,
    request: &MembersRequest,
    strict: bool,
    known: &Known,
    level: Option<&LevelId>,
    levels: &[&LevelId],
) -> Result<Read> {
    let (file, sha256, bytes) = named(std::slice::from_ref(&source));
    let table = Table::read(source)?;
    let found = read(&table, request)?;
    let codes = |level: &LevelId| known.levels.get(level.as_str());
    let is_area = |level: &LevelId, key: &str| codes(level).is_some_and(|codes| codes.contains_key(key));
    let matches = |level: &LevelId| found.members.iter().filter(|member| is_area(level, &member.key)).count();
    // Of equal ones the last, which is the finest.
    let level = level.or_else(|| levels.iter().copied().max_by_key(|level| matches(level)));
    let Some(level) = level.cloned() else { return Err(CampaignError::Invalid("the campaign has no level".into())) };
    let (members, others): (Vec<&Member>, Vec<&Member>) =
        found.members.iter().partition(|member| is_area(&level, &member.key));
    if members.is_empty() || (strict && !others.is_empty()) {
        return Err(no_area(&file, &level, &others, codes(&level)).into());
    }
    let account = account(&found, &level, &members, &others, codes(&level));
    let account = GroupingAccount { said: table.said.iter().cloned().chain(account.said.clone()).collect(), ..account };
    let kept: HashSet<&str> = members.iter().map(|member| member.group.as_str()).collect();
    let code = |text: &str| text.parse::<AreaCode>().map_err(CampaignError::from);
    let areas = found.groups.iter().filter(|(group, _)| kept.contains(group.as_str()));
    let areas = areas.map(|(group, name)| Ok(GroupingArea { code: code(group)?, name: name.clone(), wkb: None }));
    let table = GroupingTable {
        id: level.clone(),
        label: Default::default(),
        areas: areas.collect::<Result<_>>()?,
        members: members.iter().map(|own| Ok((code(&own.key)?, code(&own.group)?))).collect::<Result<_>>()?,
        level: Some(level),
    };
    Ok(Read { file, sha256, bytes, account, table })
}

/// What a person should know of a table of members.
fn account(
    found: &Members,
    level: &LevelId,
    members: &[&Member],
    others: &[&Member],
    codes: Option<&HashMap<String, String>>,
) -> GroupingAccount {
    let grouped: HashSet<&str> = members.iter().map(|member| member.key.as_str()).collect();
    let kept: HashSet<&str> = members.iter().map(|member| member.group.as_str()).collect();
    let left_out = found.groups.iter().map(|(group, _)| group).filter(|group| !kept.contains(group.as_str()));
    let ungrouped = codes.into_iter().flat_map(|codes| codes.keys()).filter(|code| !grouped.contains(code.as_str()));
    let without = found.without_group.len();
    let mut ungrouped: Vec<String> = ungrouped.cloned().collect();
    ungrouped.sort();
    let said = (without > 0).then(|| format!("{without} rows name no area of the grouping"));
    GroupingAccount {
        level: Some(level.to_string()),
        read: found.read,
        filtered: found.filtered,
        areas: kept.len(),
        members: members.len(),
        no_area: others.iter().map(|own| (own.row, own.key.clone())).collect(),
        no_member: left_out.cloned().collect(),
        ungrouped,
        said: said.into_iter().collect(),
        ..GroupingAccount::default()
    }
}

fn no_area(file: &str, level: &LevelId, rows: &[&Member], codes: Option<&HashMap<String, String>>) -> IngestError {
    let count = rows.len();
    let mut refusal = Refusal::new(file, format!("{count} keys are not in level `{level}`; nothing imported"));
    let mut codes: Vec<&str> = codes.into_iter().flat_map(|codes| codes.keys().map(String::as_str)).collect();
    codes.sort_unstable();
    let fault = |(at, own): (usize, &&Member)| {
        let fault = Fault::at(own.row).column("--key").text(&own.key).expected(format!("a code of level `{level}`"));
        // A suggestion looks at every code: only the faults that a screen shows have one.
        let near = Some(&codes).filter(|_| at < SHOWN_FAULTS);
        match near.and_then(|codes| did_you_mean(&own.key, codes.iter().copied())) {
            Some(near) => fault.meant(format!("`{near}`")),
            None => fault,
        }
    };
    refusal.faults = rows.iter().enumerate().map(fault).collect();
    IngestError::Codes(refusal.help("correct `--key`, or pad it: `{column:0>5}`; or name another `--level`"))
}

fn by_polygons(request: &AreasRequest, tolerance: Option<Tolerance>) -> Result<Read> {
    let file = areas::read(request)?;
    let bytes = std::fs::metadata(&request.path).map_err(CampaignError::io(&request.path))?.len();
    let codes: Vec<AreaCode> = file.areas.iter().map(|area| area.code.clone()).collect();
    let shapes: Vec<_> = file.areas.iter().map(|area| area.geometry.clone()).collect();
    let borders = Borders::of(&codes, &shapes, tolerance)?;
    let mut notes = serde_json::to_value(&file.notes).unwrap_or_default();
    notes["borders"] = serde_json::to_value(&borders).unwrap_or_default();
    let account = GroupingAccount {
        read: file.notes.features,
        filtered: file.notes.features - file.notes.kept,
        areas: file.areas.len(),
        polygons: Some(notes),
        ..GroupingAccount::default()
    };
    let area = |area: areas::AreaRecord| {
        let wkb = area.geometry.map(|shape| geo_types::Geometry::MultiPolygon(shape).to_wkb(CoordDimensions::xy()));
        let wkb = wkb.transpose().map_err(|error| CampaignError::Invalid(format!("{}: {error}", area.code)))?;
        Ok(GroupingArea { code: area.code, name: area.name, wkb })
    };
    let (name, sha256) = (file.notes.file.clone(), file.notes.sha256.clone());
    let table = GroupingTable {
        id: request.level.clone(),
        label: Default::default(),
        level: None,
        areas: file.areas.into_iter().map(area).collect::<Result<_>>()?,
        members: Vec::new(),
    };
    Ok(Read { file: name, sha256, bytes, account, table })
}
