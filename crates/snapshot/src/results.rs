//! Results: exact counts of past elections on one geography.

use crate::FORMAT;
use crate::directory::{DirectoryWriter, Files, open_checked, open_manifest};
use crate::error::{Result, SnapshotError};
use crate::geography::{Geography, GeographyLevel, set_aside};
use crate::manifest::Of;
use crate::table::{ColumnInfo, ColumnType, Element, Place, Table, TableFault, TableWriter};
use quartier_model::{Blocs, Comparable, Counts, Election, LevelId, ListName, ReadingId, Transfer, TransferError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const MANIFEST: &str = "results.json";

/// A count that is not known, or an area without a result.
const NO_COUNT: u32 = u32::MAX;

/// Flags of a row of a results table.
pub mod result_flags {
    /// The election has no result here.
    pub const NO_RESULT: u8 = 1;
    /// The count includes votes of its own that belong to no area below.
    pub const OWN_UNPLACED: u8 = 2;
    /// Part of the count was moved from areas that the border of this one divides: it has an error.
    pub const DIVIDED: u8 = 4;
    /// Some of the votes were moved here: they are those of finest areas that a border cuts, split by electors.
    pub const MOVED: u8 = 8;
    /// Of a hexagon: some of its electors are of finest areas without a result.
    pub const PARTLY: u8 = 16;
}

/// A list as published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedList {
    /// Id, label, nuance.
    #[serde(flatten)]
    pub name: ListName,
    /// A short label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub short: Option<String>,
    /// `#rrggbb`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colour: Option<String>,
}

/// Votes of an ancestor that belong to no area below it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unplaced {
    /// Level of the ancestor; `campaign` for the root.
    pub level: String,
    /// Its code; `null` for the root.
    pub code: Option<String>,
    /// How many.
    pub counts: Counts,
    /// The codes of the file that found no area, as they stand in it.
    #[serde(default)]
    pub file_codes: Vec<String>,
}

/// An election in `results.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PublishedElection {
    /// Id, label, date, lists.
    #[serde(flatten)]
    pub election: Election,
    /// Short labels and colours, in the order of the lists.
    pub published_lists: Vec<PublishedList>,
    /// What shares are of.
    pub of: Of,
    /// Reading to blocs, for the readings that read this election.
    pub blocs: BTreeMap<ReadingId, Blocs>,
    /// The exact total, unplaced votes counted.
    pub total: Counts,
    /// Unplaced votes, by ancestor.
    pub unplaced: Vec<Unplaced>,
    /// How counts were moved to these areas, where they were counted in others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transfers: Vec<Transfer>,
}

impl PublishedElection {
    /// Whether counts were moved to these areas from others.
    pub fn is_moved(&self) -> bool {
        !self.transfers.is_empty()
    }
}

/// `results.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResultsManifest {
    /// See [`FORMAT`].
    pub format: u32,
    /// Hash of the geography whose rows the tables follow.
    pub geography: String,
    /// Elections by date.
    pub elections: Vec<PublishedElection>,
    /// The elections that base and reserve are counted over, all among `elections`.
    #[serde(default, skip_serializing_if = "Comparable::is_empty")]
    pub comparable: Comparable,
    /// The level whose areas number their stations anew, where the campaign names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stations_of: Option<LevelId>,
    /// The other files.
    pub files: Files,
}

/// An election to be published, with its counts.
#[derive(Debug, Clone)]
pub struct ElectionContent {
    /// What `results.json` says of it.
    pub election: PublishedElection,
    /// For each level of the geography, then each grouping, for each row: the counts (own and below); `None`: no result
    /// here.
    pub counts: Vec<Vec<Option<Counts>>>,
    /// Likewise, what may be wrong with counts that were moved or divided; `None`, or nothing at all, where none were.
    pub errors: Vec<Option<ErrorColumns>>,
    /// Those of the hexagons of the geography, where it has any.
    pub hexes: Option<HexCounts>,
}

/// What may be wrong with the counts of a table: one element a row, NaN where nothing was divided.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorColumns {
    /// Valid votes out of areas that were divided.
    pub cut: Vec<f32>,
    /// Standard errors of the registered (NaN without a register), the voters, the valid votes, then of each list.
    pub numbers: Vec<Vec<f32>>,
}

impl ErrorColumns {
    /// Those of some rows and so many lists.
    pub fn of<'a>(rows: impl Iterator<Item = Option<&'a TransferError>> + Clone, lists: usize) -> Self {
        let column = |of: &dyn Fn(&TransferError) -> Option<f64>| {
            rows.clone().map(|own| own.and_then(of).map_or(f32::NAN, |number| number as f32)).collect()
        };
        let mut numbers: Vec<Vec<f32>> = ERRORS[1..].iter().map(|(_, _, of)| column(of)).collect();
        numbers.extend((0..lists).map(|list| column(&|error| error.votes.get(list).copied())));
        Self { cut: column(&|error| Some(error.cut)), numbers }
    }

    fn fits(&self, rows: usize, lists: usize) -> bool {
        let whole = self.numbers.iter().chain([&self.cut]).all(|column| column.len() == rows);
        whole && self.numbers.len() == ERRORS.len() - 1 + lists
    }
}

/// The counts of hexagons: the votes of finest areas, split between the hexagons that hold their electors.
#[derive(Debug, Clone, PartialEq)]
pub struct HexCounts {
    flags: Vec<u8>,
    numbers: [Vec<u32>; 5],
    votes: Vec<Vec<u32>>,
    errors: Option<ErrorColumns>,
}

impl HexCounts {
    /// Of so many hexagons and lists: no result anywhere yet.
    pub fn new(rows: usize, lists: usize) -> Self {
        let none = || vec![0; rows];
        let numbers = [none(), none(), none(), none(), none()];
        Self { flags: vec![result_flags::NO_RESULT; rows], numbers, votes: vec![none(); lists], errors: None }
    }

    /// The same with what may be wrong with them.
    #[must_use]
    pub fn with_errors(self, errors: ErrorColumns) -> Self {
        Self { errors: Some(errors), ..self }
    }

    /// Adds counts to a hexagon.
    pub fn add(&mut self, row: usize, counts: &Counts) {
        self.flags[row] &= !result_flags::NO_RESULT;
        let numbers =
            self.numbers.iter_mut().zip(NUMBERS).map(|(column, (_, number))| (column, narrow(number(counts))));
        let votes = self.votes.iter_mut().zip(&counts.votes).map(|(column, votes)| (column, narrow(Some(*votes))));
        // What is not known stays so, as no number passes it.
        numbers.chain(votes).for_each(|(column, count)| column[row] = column[row].saturating_add(count));
    }

    /// Adds all that a hexagon has to another, with what is said of it.
    pub fn add_row(&mut self, to: usize, from: usize) {
        let (here, said) = (self.flags[from], result_flags::PARTLY);
        self.flags[to] |= here & said;
        if here & result_flags::NO_RESULT == 0 {
            self.flags[to] &= !result_flags::NO_RESULT;
            let columns = self.numbers.iter_mut().chain(&mut self.votes);
            columns.for_each(|column| column[to] = column[to].saturating_add(column[from]));
        }
    }

    /// Says of a hexagon that some of its electors are of an area without a result.
    pub fn lacks(&mut self, row: usize) {
        self.flags[row] |= result_flags::PARTLY;
    }

    /// Says of a hexagon that its votes, where it has any, were moved with parts of areas.
    pub fn moved(&mut self, row: usize) {
        let has_result = self.flags[row] & result_flags::NO_RESULT == 0;
        self.flags[row] |= if has_result { result_flags::MOVED } else { 0 };
    }
}

/// One of the five counts of a row; `None` where it is not known.
type CountOf = fn(&Counts) -> Option<u64>;

/// The columns that stand before those of the lists.
const NUMBERS: [(&str, CountOf); 5] = [
    ("registered", |counts| counts.registered),
    ("voters", |counts| Some(counts.voters)),
    ("valid", |counts| Some(counts.valid)),
    ("blank", |counts| counts.blank),
    ("null", |counts| counts.null),
];

/// A count as it is written.
fn narrow(count: Option<u64>) -> u32 {
    count.and_then(|count| u32::try_from(count).ok()).unwrap_or(NO_COUNT)
}

/// The counts of the rows of a table.
#[derive(Clone, Copy)]
enum Rows<'a> {
    Areas(&'a [Option<Counts>]),
    Hexagons(&'a HexCounts),
}

impl Rows<'_> {
    fn len(self) -> usize {
        match self {
            Self::Areas(counts) => counts.len(),
            Self::Hexagons(own) => own.flags.len(),
        }
    }

    /// Whether there is no result.
    fn is_empty(self, row: usize) -> bool {
        match self {
            Self::Areas(counts) => counts[row].is_none(),
            Self::Hexagons(own) => own.flags[row] & result_flags::NO_RESULT != 0,
        }
    }

    /// The count of a position in [`NUMBERS`].
    fn number(self, at: usize, row: usize) -> u32 {
        match self {
            _ if self.is_empty(row) => NO_COUNT,
            Self::Areas(counts) => narrow(counts[row].as_ref().and_then(NUMBERS[at].1)),
            Self::Hexagons(own) => own.numbers[at][row],
        }
    }

    fn votes(self, list: usize, row: usize) -> u32 {
        match self {
            _ if self.is_empty(row) => NO_COUNT,
            Self::Areas(counts) => narrow(counts[row].as_ref().map(|counts| counts.votes[list])),
            Self::Hexagons(own) => own.votes[list][row],
        }
    }

    /// What breaks the law of a table: a count that cannot be written, or votes of another number of lists.
    fn fault(self, lists: usize) -> Option<String> {
        match self {
            Self::Areas(counts) => counts.iter().flatten().find_map(|counts| {
                let numbers = NUMBERS.iter().filter_map(|(_, number)| number(counts));
                let largest = numbers.chain(counts.votes.iter().copied()).max().unwrap_or(0);
                let broken = largest >= u64::from(NO_COUNT) || counts.votes.len() != lists;
                broken.then(|| format!("a count of {largest}, or votes of another number of lists"))
            }),
            Self::Hexagons(own) => {
                (own.votes.len() != lists).then(|| format!("hexagons with votes of {} lists", own.votes.len()))
            }
        }
    }
}

/// Publishes results under `<folder>/results/<hash>`, or finds them there; gives the hash, which is of the content.
///
/// # Errors
/// When rows do not fit the geography, a count is above 4,294,967,294, or the disk refuses.
pub fn write_results(
    folder: &Path,
    geography: &Geography,
    elections: &[ElectionContent],
    (comparable, stations_of): (&Comparable, Option<&LevelId>),
) -> Result<String> {
    let parent = folder.join("results");
    let mut writer = DirectoryWriter::create(&parent)?;
    for content in elections {
        let unpublishable =
            |why: String| SnapshotError::Unpublishable(format!("election {}: {why}", content.election.election.id));
        if content.counts.len() != geography.all_levels().count() {
            return Err(unpublishable(format!("counts of {} levels", content.counts.len())));
        }
        for (at, (level, counts)) in geography.all_levels().zip(&content.counts).enumerate() {
            if counts.len() != level.rows() {
                let why = format!("{} rows at level {}, expected {}", counts.len(), level.level.id, level.rows());
                return Err(unpublishable(why));
            }
            let rows = (Rows::Areas(counts), content.errors.get(at).and_then(Option::as_ref));
            let table = results_table(geography, level.level.id.as_str(), &content.election, rows)?;
            writer.write(&file_of(content, level), |out| table.write_to(out))?;
        }
        if let Some(hexes) = &content.hexes {
            let level = geography.ground().map(|ground| &ground.hexes).filter(|own| own.rows() == hexes.flags.len());
            let level = level.ok_or_else(|| unpublishable(format!("counts of {} hexagons", hexes.flags.len())))?;
            let rows = (Rows::Hexagons(hexes), hexes.errors.as_ref());
            let table = results_table(geography, level.level.id.as_str(), &content.election, rows)?;
            writer.write(&file_of(content, level), |out| table.write_to(out))?;
        }
    }
    let manifest = ResultsManifest {
        format: FORMAT,
        geography: geography.hash().to_owned(),
        elections: elections.iter().map(|content| content.election.clone()).collect(),
        comparable: comparable.clone(),
        stations_of: stations_of.cloned(),
        files: writer.files().clone(),
    };
    let bytes = serde_json::to_vec_pretty(&manifest).expect("a manifest is plain JSON");
    let hash = blake3::hash(&bytes).to_hex().as_str()[..32].to_owned();
    let target = parent.join(&hash);
    if target.exists() && Results::open(&target, None).is_err() {
        set_aside(&target)?;
    }
    match writer.finish(&hash, MANIFEST, &bytes) {
        Ok(_) | Err(SnapshotError::Conflict { .. }) => Ok(hash),
        Err(error) => Err(error),
    }
}

/// The file of an election's counts at a level.
fn file_of(content: &ElectionContent, level: &GeographyLevel) -> String {
    format!("results-{}-{}.qvt", content.election.election.id, level.level.id)
}

fn results_table<'a>(
    geography: &Geography,
    level: &str,
    election: &'a PublishedElection,
    (rows, errors): (Rows<'a>, Option<&'a ErrorColumns>),
) -> Result<TableWriter<'a>> {
    let lists = &election.election.lists;
    let errors_fault = || {
        let fit = errors.is_none_or(|errors| errors.fits(rows.len(), lists.len()));
        (!fit).then(|| "errors of other rows or lists".to_owned())
    };
    if let Some(why) = rows.fault(lists.len()).or_else(errors_fault) {
        return Err(SnapshotError::Unpublishable(format!("election {}: {why}", election.election.id)));
    }
    let flags = flags_of(geography, level, election, rows);
    let shown = serde_json::to_value(&election.published_lists).expect("lists are plain JSON");
    let mut table = TableWriter::new("results", rows.len())
        .with("election", election.election.id.as_str())
        .with("geography", geography.hash())
        .with("level", level)
        .with("of", election.of.as_str())
        .with("lists", shown);
    table.column_with("flags", "value", rows.len(), move |row| {
        let is_divided = errors.is_some_and(|errors| !errors.cut[row].is_nan());
        flags[row] | if is_divided { result_flags::DIVIDED } else { 0 }
    });
    for (at, (name, _)) in NUMBERS.iter().enumerate() {
        table.column_with(name, "value", rows.len(), move |row| rows.number(at, row));
    }
    for (at, list) in lists.iter().enumerate() {
        table.column_with(&format!("list:{}", list.id), "value", rows.len(), move |row| rows.votes(at, row));
    }
    if let Some(errors) = errors {
        table.column(ERRORS[0].0, ERRORS[0].1, &errors.cut);
        for ((name, field, _), column) in ERRORS[1..].iter().zip(&errors.numbers) {
            table.column(name, field, column);
        }
        for (list, column) in lists.iter().zip(&errors.numbers[ERRORS.len() - 1..]) {
            table.column(&format!("list:{}", list.id), "error", column);
        }
    }
    Ok(table)
}

/// What is said of each row, but for its error.
fn flags_of(geography: &Geography, level: &str, election: &PublishedElection, rows: Rows<'_>) -> Vec<u8> {
    let counts = match rows {
        Rows::Hexagons(own) => return own.flags.clone(),
        Rows::Areas(counts) => counts,
    };
    let no_result = |counts: &Option<Counts>| if counts.is_none() { result_flags::NO_RESULT } else { 0 };
    let mut flags: Vec<u8> = counts.iter().map(no_result).collect();
    for (flags, moved) in flags.iter_mut().zip(moved_rows(geography, level, counts.len())) {
        *flags |= if moved && *flags == 0 { result_flags::MOVED } else { 0 };
    }
    for unplaced in election.unplaced.iter().filter(|unplaced| unplaced.level == level) {
        let own = unplaced.code.as_deref().zip(geography.level(level));
        if let Some(row) = own.and_then(|(code, level)| level.row(code)) {
            flags[row] |= result_flags::OWN_UNPLACED;
        }
    }
    flags
}

/// What is said of an error; `None` where it is not known.
type ErrorOf = fn(&TransferError) -> Option<f64>;

/// The numbers that have a standard error, and how it is read; those of lists come after.
const ERRORS: [(&str, &str, ErrorOf); 4] = [
    ("cut", "value", |error| Some(error.cut)),
    ("registered", "error", |error| error.registered),
    ("voters", "error", |error| Some(error.voters)),
    ("valid", "error", |error| Some(error.valid)),
];

/// A column with an element for every row.
fn whole<T: Element>(table: &Table, name: &str, field: &str) -> std::result::Result<Place<T>, TableFault> {
    let place = table.place::<T>(name, field)?;
    if place.len() != table.rows() {
        return Err(TableFault(format!("column {name} does not have {} rows", table.rows())));
    }
    Ok(place)
}

/// Rows of a grouping that have a part of a finest area.
fn moved_rows(geography: &Geography, level: &str, rows: usize) -> Vec<bool> {
    let mut moved = vec![false; rows];
    let grouping = geography.position(level).and_then(|at| geography.grouping_at(at));
    let parts = grouping.into_iter().flat_map(|own| own.membership.cut().values().flatten());
    for area in parts.filter_map(|(area, _)| *area) {
        moved[area as usize] = true;
    }
    moved
}

/// Where the errors of the numbers stand, then those of the lists.
type ErrorPlaces = ([Place<f32>; ERRORS.len()], Vec<Place<f32>>);

/// Counts of one election at one level, read in place.
#[derive(Debug, Clone)]
pub struct ResultsTable {
    table: Table,
    flags: Place<u8>,
    numbers: [Place<u32>; 5],
    lists: Vec<Place<u32>>,
    /// Where counts were moved or divided: their errors in the order of [`ERRORS`], then those of lists.
    errors: Option<ErrorPlaces>,
}

impl ResultsTable {
    fn new(table: Table, published: &PublishedElection) -> std::result::Result<Self, TableFault> {
        let election = &published.election;
        let of = |name: &str| whole::<u32>(&table, name, "value");
        let numbers = [of("registered")?, of("voters")?, of("valid")?, of("blank")?, of("null")?];
        let lists = election
            .lists
            .iter()
            .map(|list| of(&format!("list:{}", list.id)))
            .collect::<std::result::Result<_, _>>()?;
        let flags = table.place("flags", "value")?;
        let error = |name: &str, field: &str| whole::<f32>(&table, name, field);
        let errors = match table.place::<f32>(ERRORS[0].0, ERRORS[0].1).is_ok() {
            false => None,
            true => {
                let [cut, registered, voters, valid] = ERRORS.map(|(name, field, _)| error(name, field));
                let of_list = |list: &ListName| error(&format!("list:{}", list.id), "error");
                let lists = election.lists.iter().map(of_list).collect::<std::result::Result<_, _>>()?;
                Some(([cut?, registered?, voters?, valid?], lists))
            }
        };
        Ok(Self { flags, numbers, lists, errors, table })
    }

    /// The table, to be sent as it is.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// The counts of some rows, without their errors, in a table as long: `shown` is 1 there, and the others have no
    /// result.
    ///
    /// # Errors
    /// When a column is of a type that no table of results has.
    pub fn only(&self, rows: &[usize]) -> std::result::Result<TableWriter<'_>, TableFault> {
        let mut shown = vec![0_u8; self.table.rows()];
        for row in rows {
            shown.get_mut(*row).into_iter().for_each(|own| *own = 1);
        }
        let shown: Arc<[u8]> = shown.into();
        let header = self.table.header();
        let mut table = TableWriter::new(&header.kind, header.rows);
        for (key, value) in &header.more {
            table = table.with(key, value.clone());
        }
        let all = Arc::clone(&shown);
        table.column_with("shown", "value", all.len(), move |row| all[row]);
        for own in header.columns.iter().filter(|own| own.element != ColumnType::F32) {
            match own.element {
                ColumnType::U8 => self.copied(&mut table, own, &shown, result_flags::NO_RESULT)?,
                ColumnType::U32 => self.copied(&mut table, own, &shown, NO_COUNT)?,
                other => return Err(TableFault(format!("column {}.{} is {other:?}", own.name, own.field))),
            }
        }
        Ok(table)
    }

    /// Appends a column of this table, with `otherwise` in the rows that are not shown.
    fn copied<'a, T: Element>(
        &'a self,
        to: &mut TableWriter<'a>,
        own: &ColumnInfo,
        shown: &Arc<[u8]>,
        otherwise: T,
    ) -> std::result::Result<(), TableFault> {
        let (column, shown) = (self.table.column::<T>(&own.name, &own.field)?, Arc::clone(shown));
        to.column_with(&own.name, &own.field, shown.len(), move |row| {
            column.get(row).filter(|_| shown[row] == 1).unwrap_or(otherwise)
        });
        Ok(())
    }

    /// See [`result_flags`]; no result beyond the end.
    pub fn flags(&self, row: usize) -> u8 {
        self.table.column_at(self.flags).get(row).unwrap_or(result_flags::NO_RESULT)
    }

    /// Whether anything is said of what may be wrong with its counts.
    pub fn has_errors(&self) -> bool {
        self.errors.is_some()
    }

    /// What may be wrong with the counts of a row; `None` where they were counted here.
    pub fn error(&self, row: usize) -> Option<TransferError> {
        let (numbers, lists) = self.errors.as_ref()?;
        let known =
            |place: Place<f32>| self.table.column_at(place).get(row).filter(|number| !number.is_nan()).map(f64::from);
        let [cut, registered, voters, valid] = numbers.map(known);
        Some(TransferError {
            cut: cut?,
            registered,
            voters: voters?,
            valid: valid?,
            votes: lists.iter().map(|list| known(*list).unwrap_or(0.0)).collect(),
        })
    }

    /// Counts of a row; `None` without a result.
    pub fn counts(&self, row: usize) -> Option<Counts> {
        if self.flags(row) & result_flags::NO_RESULT != 0 {
            return None;
        }
        let number = |place: Place<u32>| {
            self.table.column_at(place).get(row).filter(|number| *number != NO_COUNT).map(u64::from)
        };
        let [registered, voters, valid, blank, null] = self.numbers.map(number);
        Some(Counts {
            registered,
            voters: voters?,
            valid: valid?,
            blank,
            null,
            votes: self.lists.iter().map(|list| number(*list).unwrap_or(0)).collect(),
        })
    }
}

/// A published results directory, checked and mapped.
#[derive(Debug)]
pub struct Results {
    manifest: ResultsManifest,
    hash: String,
    manifest_blake3: String,
    folder: PathBuf,
    /// By election, then by level in the geography's order.
    tables: Vec<BTreeMap<String, ResultsTable>>,
}

impl Results {
    /// Opens and checks every file of a results directory.
    ///
    /// # Errors
    /// [`SnapshotError::Damaged`] when a checksum or a structure is wrong.
    pub fn open(folder: &Path, blake3: Option<&str>) -> Result<Self> {
        let path = folder.join(MANIFEST);
        let bytes = open_manifest(&path, blake3)?;
        let manifest_blake3 = blake3::hash(&bytes).to_hex().to_string();
        let hash = manifest_blake3[..32].to_owned();
        if folder.file_name().is_some_and(|name| name.to_string_lossy() != hash) {
            return Err(SnapshotError::damaged(&path, format!("its content hash is {hash}")));
        }
        let manifest: ResultsManifest =
            serde_json::from_slice(&bytes).map_err(|error| SnapshotError::damaged(&path, error.to_string()))?;
        if manifest.format != FORMAT {
            return Err(SnapshotError::damaged(&path, format!("format {}, expected {FORMAT}", manifest.format)));
        }
        let mut tables = Vec::new();
        for election in &manifest.elections {
            let prefix = format!("results-{}-", election.election.id);
            let mut levels = BTreeMap::new();
            for name in manifest.files.keys() {
                let bytes = match name.strip_prefix(&prefix) {
                    Some(_) => open_checked(folder, &manifest.files, name)?,
                    None => continue,
                };
                let damaged = |fault: TableFault| SnapshotError::damaged(&folder.join(name), fault.to_string());
                let table = Table::new(bytes).map_err(damaged)?;
                // `a` is a prefix of the election `a-b`; the header knows whose the table is.
                if table.text("election") != Some(election.election.id.as_str()) {
                    continue;
                }
                let level = table.text("level").unwrap_or_default().to_owned();
                levels.insert(level, ResultsTable::new(table, election).map_err(damaged)?);
            }
            tables.push(levels);
        }
        Ok(Self { manifest, hash, manifest_blake3, folder: folder.to_owned(), tables })
    }

    /// The content hash.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// What `results.json` says.
    pub fn manifest(&self) -> &ResultsManifest {
        &self.manifest
    }

    /// BLAKE3 of `results.json`.
    pub fn manifest_blake3(&self) -> &str {
        &self.manifest_blake3
    }

    /// Where it lies.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Elections by date.
    pub fn elections(&self) -> &[PublishedElection] {
        &self.manifest.elections
    }

    /// An election by id.
    pub fn election(&self, id: &str) -> Option<&PublishedElection> {
        self.manifest.elections.iter().find(|own| own.election.id.as_str() == id)
    }

    /// Counts of an election at a level.
    pub fn table(&self, election: &str, level: &str) -> Option<&ResultsTable> {
        let at = self.manifest.elections.iter().position(|own| own.election.id.as_str() == election)?;
        self.tables.get(at)?.get(level)
    }
}
