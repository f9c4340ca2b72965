//! Imports: a file becomes evidence, wholly or not at all, with its account.

mod account;
mod answers;
mod borders;
mod cells;
mod covariates;
mod grouping;
mod moved;
mod population;
mod results;

pub use account::Account;
pub use answers::{AnswersAccount, AnswersRequest, Content, MappingChoice, Spot, import_answers, inspect_answers};
pub use borders::Tolerance;
pub(crate) use borders::{cleaning_of, cleaning_of_grouping};
pub use cells::{CellsAccount, CellsRequest, import_cells};
pub use covariates::{CovariatesRequest, import_covariates};
pub use grouping::{GroupingAccount, GroupingRequest, GroupingSource, import_grouping};
pub use population::{PopulationAccount, import_population};
pub use results::{ResultsRequest, import_results};

use crate::error::{CampaignError, Result};
use crate::folder::Campaign;
use crate::places::resolution_of_codes;
use geozero::{CoordDimensions, ToWkb};
use quartier_ingest::areas::{self, AreasFile, AreasRequest};
use quartier_ingest::results::Known;
use quartier_ingest::table::Table;
use quartier_ingest::{Source, Template, polls};
use quartier_model::{AreaCode, Blocs, Electors, ReadingId};
use quartier_store::{Alias, AreaRecord, ImportId, NewImport, Payload, PollOf, PollRow};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;
use time::OffsetDateTime;

/// What every import is told.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ImportFacts {
    /// The import whose place it takes.
    pub replaces: Option<i64>,
    /// Source and licence, as the map must credit it.
    pub credit: Option<String>,
}

/// Imports the areas of one level. Their map is drawn with borders that neighbours share, under `tolerance`; the
/// outlines stored are those of the file.
///
/// # Errors
/// When the file, a feature or a parent is refused; nothing is then imported.
pub async fn import_areas(
    campaign: &Campaign,
    request: &AreasRequest,
    tolerance: Option<Tolerance>,
    facts: &ImportFacts,
) -> Result<(ImportId, serde_json::Value)> {
    let position = campaign.file().levels.position(request.level.as_str())?;
    let above = position.checked_sub(1).map(|above| campaign.file().levels.as_slice()[above].id.clone());
    let file = areas::read(request)?;
    check_no_cells(campaign, request, facts).await?;
    if let Some(above) = &above {
        let known: BTreeMap<String, String> =
            campaign.store().area_codes(above).await?.into_iter().map(|(code, name)| (code.into(), name)).collect();
        let parents =
            file.areas.iter().filter_map(|area| Some((area.row, area.parent.as_ref()?.as_str()))).collect::<Vec<_>>();
        let faults = areas::check_parents(parents, &known, "--parent");
        if !faults.is_empty() {
            return Err(areas::parents_refused(&file.notes.file, above.as_str(), faults, &known).into());
        }
    } else if request.parent.is_some() {
        let id = &request.level;
        return Err(CampaignError::Invalid(format!(
            "--parent: `{id}` is the coarsest level and has no level above it"
        )));
    }
    let notes = area_notes(&file, tolerance)?;
    let records = file
        .areas
        .into_iter()
        .map(|area| {
            let wkb = area.geometry.map(|shape| geo_types::Geometry::MultiPolygon(shape).to_wkb(CoordDimensions::xy()));
            let wkb = wkb.transpose().map_err(|error| CampaignError::Invalid(format!("{}: {error}", area.code)))?;
            let electors = area.electors.map_or(Electors::Unknown, Electors::Known);
            Ok(AreaRecord { code: area.code, name: area.name, parent: area.parent, electors, wkb })
        })
        .collect::<Result<Vec<_>>>()?;
    let bytes = std::fs::metadata(&request.path).map_err(CampaignError::io(&request.path))?.len();
    let mut import = new_import(&file.notes.file, file.notes.sha256.clone(), bytes, facts, &notes);
    if let Some(tolerance) = tolerance {
        import.arguments["tolerance_m"] = serde_json::to_value(tolerance).unwrap_or_default();
    }
    let aliases = file.aliases.into_iter().map(|(old, code)| Alias { old, code }).collect();
    let payload = Payload::Areas { level: request.level.clone(), parent_level: above, areas: records, aliases };
    Ok((campaign.store().import(import, payload).await?, notes))
}

/// A level that is made of H3 cells takes no polygons beside them: the cells would be on no map.
async fn check_no_cells(campaign: &Campaign, request: &AreasRequest, facts: &ImportFacts) -> Result<()> {
    let there = campaign.store().area_codes(&request.level).await?;
    match resolution_of_codes(there.iter().map(|(code, _)| code)) {
        Some(resolution) if facts.replaces.is_none() => Err(CampaignError::Invalid(format!(
            "level `{}` is made of H3 cells of resolution {resolution}, and polygons cannot stand among them; take the \
             cells back with `quartier undo`, or name another level",
            request.level
        ))),
        _ => Ok(()),
    }
}

/// The notes of an area file, with what was found at the borders of its areas.
fn area_notes(file: &AreasFile, tolerance: Option<Tolerance>) -> Result<serde_json::Value> {
    let codes: Vec<AreaCode> = file.areas.iter().map(|area| area.code.clone()).collect();
    let shapes: Vec<_> = file.areas.iter().map(|area| area.geometry.clone()).collect();
    let borders = borders::Borders::of(&codes, &shapes, tolerance)?;
    let mut notes = serde_json::to_value(&file.notes).unwrap_or_default();
    notes["borders"] = serde_json::to_value(&borders).unwrap_or_default();
    Ok(notes)
}

/// Imports polls and known totals.
///
/// # Errors
/// As [`import_results`]; also where a poll names an area that does not exist, or says nothing.
pub async fn import_polls(campaign: &Campaign, file: &Path, facts: &ImportFacts) -> Result<(ImportId, Account)> {
    let source = Source::open(file)?;
    let (name, sha256, bytes) = named(std::slice::from_ref(&source));
    let table = Table::read(source)?;
    let read = polls::read(&table)?;
    let known = known(campaign).await?;
    let mut rows = Vec::new();
    for poll in &read {
        let fault = |why: String| CampaignError::Invalid(format!("{name}: row {}: {why}; nothing imported", poll.row));
        let area = match poll.area.parse().map_err(|error: quartier_model::ModelError| fault(error.to_string()))? {
            quartier_model::AreaRef::Campaign => None,
            quartier_model::AreaRef::Area { level, code } => {
                let exists = known.levels.get(level.as_str()).is_some_and(|codes| codes.contains_key(code.as_str()));
                if !exists {
                    return Err(fault(format!("`area`: there is no area `{level}:{code}`")));
                }
                Some((level, code))
            }
        };
        let row = PollRow {
            date: poll.date,
            area,
            turnout: poll.turnout,
            undecided: poll.undecided,
            favourable: poll.favourable,
            opposed: poll.opposed,
            of: match poll.of {
                polls::Of::Electors => PollOf::Electors,
                polls::Of::Voters => PollOf::Voters,
                polls::Of::Decided => PollOf::Decided,
            },
            n: poll.n.map(u64::from),
            se: poll.se,
        };
        crate::estimating::check_poll(&row).map_err(fault)?;
        rows.push(row);
    }
    let account = Account { read: rows.len() as u64, used: rows.len() as u64, ..Account::default() };
    let import = new_import(&name, sha256, bytes, facts, &account);
    Ok((campaign.store().import(import, Payload::Polls(rows)).await?, account))
}

/// Writes which lists of an election are on which side, in `campaign.toml`.
///
/// # Errors
/// When the election or a list is unknown, or a list stands on both sides.
pub async fn set_blocs(
    campaign: &mut Campaign,
    election: &str,
    reading: &str,
    blocs: Blocs,
    undecided_label: Option<[String; 2]>,
) -> Result<()> {
    let reading: ReadingId = reading.parse()?;
    let elections = campaign.store().elections().await?;
    let known = elections.iter().find(|known| known.id.as_str() == election).ok_or_else(|| {
        let names: Vec<&str> = elections.iter().map(|known| known.id.as_str()).collect();
        CampaignError::Invalid(format!("no election is called `{election}`; there are {}", names.join(", ")))
    })?;
    blocs.resolve(known)?;
    campaign.change_file(|file| {
        let entry = file.readings.entry(reading).or_default();
        entry.blocs.insert(election.to_owned(), blocs);
        if undecided_label.is_some() {
            entry.undecided_label = undecided_label;
        }
    })
}

/// `LEVEL=TEMPLATE`, each: where a row goes whose code has no area.
fn fallbacks(campaign: &Campaign, given: &[String]) -> Result<Vec<(String, Template)>> {
    let parsed = |text: &String| {
        let (level, template) = text
            .split_once('=')
            .ok_or_else(|| CampaignError::Invalid(format!("--fallback: found `{text}`, expected LEVEL=TEMPLATE")))?;
        campaign.file().levels.position(level)?;
        Ok((level.to_owned(), template.parse()?))
    };
    given.iter().map(parsed).collect()
}

/// The areas that exist.
async fn known(campaign: &Campaign) -> Result<Known> {
    let mut known = Known::default();
    for level in campaign.file().levels.iter() {
        let codes = campaign.store().area_codes(&level.id).await?;
        known.levels.insert(
            level.id.to_string(),
            codes.into_iter().map(|(code, name)| (code.as_str().to_owned(), name)).collect(),
        );
    }
    Ok(known)
}

/// Name, SHA-256 and length of one file, or of several together.
fn named(sources: &[Source]) -> (String, String, u64) {
    let names: Vec<&str> = sources.iter().map(Source::name).collect();
    let bytes = sources.iter().map(Source::given_bytes).sum();
    let sha256 = match sources {
        [one] => one.sha256().to_owned(),
        several => {
            use sha2::Digest;
            let mut hasher = sha2::Sha256::new();
            for source in several {
                hasher.update(source.sha256().as_bytes());
            }
            hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
        }
    };
    (names.join(" + "), sha256, bytes)
}

fn new_import(file: &str, sha256: String, bytes: u64, facts: &ImportFacts, account: &impl Serialize) -> NewImport {
    NewImport {
        file: file.to_owned(),
        sha256,
        bytes,
        at: OffsetDateTime::now_utc(),
        arguments: serde_json::to_value(facts).unwrap_or_default(),
        account: serde_json::to_value(account).unwrap_or_default(),
        replaces: facts.replaces.map(ImportId),
    }
}
