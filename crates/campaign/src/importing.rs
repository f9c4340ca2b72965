//! Imports: a file becomes evidence, wholly or not at all, with its account.

use crate::error::{CampaignError, Result};
use crate::folder::{Campaign, parse_date};
use geozero::{CoordDimensions, ToWkb};
use quartier_ingest::areas::{self, AreasRequest};
use quartier_ingest::results::{self, By, Known, Layout, Options, Placement};
use quartier_ingest::table::{Filter, Table};
use quartier_ingest::{Source, Template, polls};
use quartier_model::{Blocs, Counts, Election, ElectionId, Electors, ListName, ReadingId};
use quartier_store::{Alias, AreaRecord, ImportId, NewImport, Payload, PollOf, PollRow, ResultRow};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use time::OffsetDateTime;

/// The account at the end of an import: nothing of a file is dropped silently.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Account {
    /// Rows read, without the header.
    pub read: u64,
    /// Rows that a filter left out.
    pub filtered: u64,
    /// Rows that count in an area of their own.
    pub used: u64,
    /// Rows attached to an ancestor: row, code, where.
    pub attached: Vec<(u64, String, String)>,
    /// Rows that belong to no area, counted at the root: row, code.
    pub unplaced: Vec<(u64, String)>,
    /// Valid votes of the file, and of what was kept.
    pub votes: Option<(u64, u64)>,
    /// Areas of the level without a row.
    pub no_result: Vec<String>,
    /// What was detected, computed, raised or accepted.
    pub said: Vec<String>,
}

/// What every import is told.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ImportFacts {
    /// The import whose place it takes.
    pub replaces: Option<i64>,
    /// Source and licence, as the map must credit it.
    pub credit: Option<String>,
}

/// What `quartier import results` is told.
#[derive(Debug, Clone)]
pub struct ResultsRequest {
    /// One file; or two tables, stations then candidates.
    pub files: Vec<PathBuf>,
    /// The election.
    pub election: String,
    /// YYYY-MM-DD.
    pub date: String,
    /// The name shown; the id where there is none.
    pub label: Option<String>,
    /// The level of the areas.
    pub level: String,
    /// Template of the code.
    pub code: String,
    /// `fr-large`, `fr-ministere`, `fr-agrege`.
    pub preset: Option<String>,
    /// `candidate` or `nuance`.
    pub by: Option<String>,
    /// `COL=VALUE`, each.
    pub filters: Vec<String>,
    /// `LEVEL=TEMPLATE`, each.
    pub fallback: Vec<String>,
    /// Template of what makes a row unique.
    pub row_key: Option<String>,
    /// Columns: registered (or `none`), voters, valid, blank, null, candidates.
    pub columns: [Option<String>; 6],
    /// Every row must find its own area.
    pub strict: bool,
    /// See the command line.
    pub accept_discrepancy: u32,
    /// See the command line.
    pub registered_floor: bool,
    /// What every import is told.
    pub facts: ImportFacts,
}

/// Imports the counts of an election.
///
/// # Errors
/// When the file, an option or a row is refused; nothing is then imported.
pub async fn import_results(campaign: &Campaign, request: &ResultsRequest) -> Result<(ImportId, Account)> {
    let id: ElectionId = request.election.parse()?;
    let date = parse_date(&request.date)?;
    let position = campaign.file().levels.position(&request.level)?;
    let level = campaign.file().levels.as_slice()[position].id.clone();
    let options = options(campaign, request)?;
    let sources = request.files.iter().map(|file| Source::open(file)).collect::<std::result::Result<Vec<_>, _>>()?;
    let (name, sha256, bytes) = named(&sources);
    let tables = sources.into_iter().map(Table::read).collect::<std::result::Result<Vec<_>, _>>()?;
    let (table, said) = match (request.preset.as_deref(), tables.as_slice()) {
        (Some("fr-agrege"), [stations, rest @ ..]) => (results::widen(stations, rest.first())?, said_of(&tables)),
        (_, [_]) => (tables.into_iter().next().expect("one table"), Vec::new()),
        _ => return Err(CampaignError::Invalid("two files are read with `--preset fr-agrege` only".into())),
    };
    let mut read = results::read(&table, &options)?;
    let known = known(campaign).await?;
    let followed = follow_aliases(&mut read, &known, &campaign.store().aliases(&level).await?, &request.level);
    let placement = results::place(&name, &read, &request.level, &known, request.strict)?;
    let election = Election {
        label: request.label.clone().unwrap_or_else(|| id.to_string()),
        id,
        date,
        has_registered: read.rows.first().is_none_or(|row| row.registered.is_some()),
        lists: read
            .lists
            .iter()
            .map(|list| Ok(ListName { id: list.id.parse()?, label: list.label.clone(), nuance: None }))
            .collect::<Result<_>>()?,
    };
    let rows = rows(&read, &placement, &level, election.lists.len(), election.has_registered)?;
    let mut account = account(&read, &placement, &rows, &known, &request.level);
    account.said.splice(0..0, said);
    account.said.extend(followed);
    let import = new_import(&name, sha256, bytes, &request.facts, &account);
    let payload = Payload::Results { election, level, rows };
    Ok((campaign.store().import(import, payload).await?, account))
}

/// Imports the areas of one level.
///
/// # Errors
/// When the file, a feature or a parent is refused; nothing is then imported.
pub async fn import_areas(
    campaign: &Campaign,
    request: &AreasRequest,
    facts: &ImportFacts,
) -> Result<(ImportId, serde_json::Value)> {
    let position = campaign.file().levels.position(request.level.as_str())?;
    let above = position.checked_sub(1).map(|above| campaign.file().levels.as_slice()[above].id.clone());
    let file = areas::read(request)?;
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
    let notes = serde_json::to_value(&file.notes).unwrap_or_default();
    let import = new_import(&file.notes.file, file.notes.sha256.clone(), bytes, facts, &notes);
    let aliases = file.aliases.into_iter().map(|(old, code)| Alias { old, code }).collect();
    let payload = Payload::Areas { level: request.level.clone(), parent_level: above, areas: records, aliases };
    Ok((campaign.store().import(import, payload).await?, notes))
}

/// Imports polls and known totals.
///
/// # Errors
/// As [`import_results`]; also where a poll names an area that does not exist, or determines no stage of the model.
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

fn options(campaign: &Campaign, request: &ResultsRequest) -> Result<Options> {
    let by = match request.by.as_deref() {
        None => By::Auto,
        Some("nuance") => By::Nuance,
        Some("candidate") => By::Candidate,
        Some(other) => {
            return Err(CampaignError::Invalid(format!("--by: found `{other}`, expected candidate or nuance")));
        }
    };
    let [registered, voters, valid, blank, null, candidates] = request.columns.clone();
    let layout = match request.preset.as_deref() {
        Some("fr-large") => Layout::FrLarge,
        Some("fr-ministere" | "fr-agrege") => Layout::FrMinistere(by),
        Some(other) => {
            return Err(CampaignError::Invalid(format!(
                "--preset: found `{other}`, expected fr-large, fr-ministere or fr-agrege"
            )));
        }
        None => Layout::Columns {
            registered: registered.filter(|column| column != "none"),
            voters,
            valid,
            blank,
            null,
            candidates: candidates.ok_or_else(|| {
                CampaignError::Invalid(
                    "say which columns hold the votes: `--candidates 'A,B'`, or a known form with `--preset`".into(),
                )
            })?,
        },
    };
    let fallback = request
        .fallback
        .iter()
        .map(|text| {
            let (level, template) = text.split_once('=').ok_or_else(|| {
                CampaignError::Invalid(format!("--fallback: found `{text}`, expected LEVEL=TEMPLATE"))
            })?;
            campaign.file().levels.position(level)?;
            Ok((level.to_owned(), template.parse::<Template>()?))
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(Options {
        layout,
        code: request.code.parse()?,
        fallback,
        row_key: request.row_key.as_deref().map(str::parse).transpose()?,
        filter: Filter::parse(&request.filters)?,
        accept_discrepancy: request.accept_discrepancy,
        registered_floor: request.registered_floor,
    })
}

/// Sends rows of codes of the past to the areas that stand for them; says how many.
fn follow_aliases(read: &mut results::Results, known: &Known, aliases: &[Alias], level: &str) -> Option<String> {
    let stands_for: BTreeMap<&str, &str> =
        aliases.iter().map(|alias| (alias.old.as_str(), alias.code.as_str())).collect();
    let codes = known.levels.get(level)?;
    let mut followed = 0_u64;
    for row in read.rows.iter_mut().filter(|row| !codes.contains_key(&row.code)) {
        if let Some(code) = stands_for.get(row.code.as_str()) {
            row.code = (*code).to_owned();
            followed += 1;
        }
    }
    (followed > 0).then(|| format!("{followed} rows of merged or recoded areas went to the area that stands for them"))
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

/// Where a row counts (level and code; `None`: the root), and the file's code where that is not its own.
type RowKey = (Option<(String, String)>, Option<String>);

/// One row an area: rows of the file in the same place are added up; unplaced ones keep their code.
fn rows(
    read: &results::Results,
    placement: &Placement,
    level: &quartier_model::LevelId,
    lists: usize,
    has_registered: bool,
) -> Result<Vec<ResultRow>> {
    let mut sums: BTreeMap<RowKey, Counts> = BTreeMap::new();
    for placed in &placement.rows {
        let row = &read.rows[placed.at];
        let own = placed.area.as_ref().is_some_and(|(at, code)| at == level.as_str() && *code == row.code);
        let key = (placed.area.clone(), (!own).then(|| row.code.clone()));
        let mut counts = Counts {
            registered: row.registered.map(u64::from),
            voters: row.voters.into(),
            valid: row.valid.into(),
            blank: row.blank.map(u64::from),
            null: row.null.map(u64::from),
            votes: vec![0; lists],
        };
        for (list, votes) in read.votes_of(row) {
            counts.votes[*list as usize] += u64::from(*votes);
        }
        sums.entry(key).or_insert_with(|| Counts::zero(lists, has_registered)).add(&counts);
    }
    sums.into_iter()
        .map(|((area, file_code), counts)| {
            let area = area.map(|(level, code)| Ok::<_, CampaignError>((level.parse()?, code.parse()?))).transpose()?;
            Ok(ResultRow { placed: file_code.is_none(), area, file_code, counts })
        })
        .collect()
}

fn account(read: &results::Results, placement: &Placement, rows: &[ResultRow], known: &Known, level: &str) -> Account {
    let kept: u64 = rows.iter().map(|row| row.counts.valid).sum();
    let seen: std::collections::HashSet<&str> =
        rows.iter().filter(|row| row.placed).filter_map(|row| Some(row.area.as_ref()?.1.as_str())).collect();
    let mut no_result: Vec<String> = known
        .levels
        .get(level)
        .into_iter()
        .flat_map(|codes| codes.keys())
        .filter(|code| !seen.contains(code.as_str()))
        .cloned()
        .collect();
    no_result.sort();
    Account {
        read: read.read,
        filtered: read.filtered,
        used: placement.found,
        attached: placement
            .attached
            .iter()
            .map(|(row, code, level, to)| (*row, code.clone(), format!("{level}:{to}")))
            .collect(),
        unplaced: placement.unplaced.clone(),
        votes: Some((placement.votes, kept)),
        no_result,
        said: read.said.clone(),
    }
}

fn said_of(tables: &[Table]) -> Vec<String> {
    tables.iter().flat_map(|table| table.said.iter().cloned()).collect()
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
