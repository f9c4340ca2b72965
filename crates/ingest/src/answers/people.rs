//! Rows of persons: where each is, and what it says.

use super::mapping::Mapping;
use super::stream::{PersonFile, PersonRow};
use crate::fault::{Fault, IngestError, Refusal};
use crate::table::Filter;
use crate::template::{BoundTemplate, Template};
use quartier_model::Group;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Rows of one reason that are named by their number.
const NAMED_ROWS: usize = 20;

/// Faults after which a file is read no further.
const MOST_FAULTS: usize = 1000;

/// A person is one answer of so many thousandths.
const ONE: f64 = 1000.0;

/// How far the shares of a person may be from adding to 1: two decimals, four shares.
const ROUNDING: f64 = 0.0201;

/// How a row says where it is.
#[derive(Debug, Clone)]
pub enum Place {
    /// The code of an area, then those to be tried where there is no such area.
    Codes(Vec<Template>),
    /// An H3 cell: its column.
    Cell(String),
    /// Longitude and latitude, WGS 84: their columns.
    Point {
        /// Column of the longitude.
        lon: String,
        /// Column of the latitude.
        lat: String,
    },
}

/// How a row says what it says.
#[derive(Debug, Clone)]
pub enum Says {
    /// An answer, in a column.
    Answer {
        /// The column.
        column: String,
        /// Which answer is which group.
        mapping: Mapping,
    },
    /// Probabilities, in the columns of the groups; `None`: not asked.
    Shares {
        /// In the order of [`Group::ALL`].
        columns: [Option<String>; 4],
        /// Whether they are of 100.
        percent: bool,
    },
}

/// What is asked of a file of persons.
#[derive(Debug, Clone)]
pub struct PeopleRequest {
    /// The file: delimited text, gzipped or not.
    pub path: PathBuf,
    /// Where each is.
    pub place: Place,
    /// What each says.
    pub says: Says,
    /// Which rows are kept.
    pub filter: Filter,
}

/// Where one row is. Not printed.
pub enum Where<'a> {
    /// Under the first of these codes that there is.
    Codes(&'a [String]),
    /// In the H3 cell of this index.
    Cell(&'a str),
    /// There.
    Point(f64, f64),
}

/// What one row says. Not printed.
pub enum Told {
    /// The person belongs to a group.
    Group(Group),
    /// The person belongs to the groups with these chances, in thousandths.
    Shares([u32; 4]),
}

/// What was read: counts of rows, and the numbers of some; nothing that stands in them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PeopleAccount {
    /// The file's name.
    pub file: String,
    /// SHA-256 of the file as given.
    #[serde(skip)]
    pub sha256: String,
    /// Its length.
    #[serde(skip)]
    pub bytes: u64,
    /// Rows read, without the header.
    pub read: u64,
    /// Rows that `--where` left out.
    pub filtered: u64,
    /// Rows without an answer.
    pub unanswered: u64,
    /// Rows whose answer the mapping leaves out.
    pub left_out: u64,
    /// Rows without a place in the campaign.
    pub elsewhere: u64,
    /// The first of them.
    pub elsewhere_rows: Vec<u64>,
    /// Rows counted.
    pub used: u64,
    /// Of them, rows that found no area of their level and count at an ancestor.
    pub attached: u64,
}

struct Bound {
    place: BoundPlace,
    says: BoundSays,
    filter: Vec<(String, usize)>,
}

enum BoundPlace {
    Codes(Vec<BoundTemplate>),
    Cell(usize),
    Point(usize, usize),
}

enum BoundSays {
    Answer(usize, String, Mapping),
    Shares(Vec<(usize, usize, String)>, f64),
}

/// Reads a file of persons; `sink` gets each row that says something, and says whether its place is in the campaign.
///
/// # Errors
/// [`IngestError::Columns`] and [`IngestError::File`] without a word of the file's content; [`IngestError::Rows`] with
/// the row and column of every fault. What the sink got until then is then worth nothing.
pub fn read_people(
    request: &PeopleRequest,
    mut sink: impl FnMut(Where, Told) -> bool,
) -> Result<PeopleAccount, IngestError> {
    let file = PersonFile::open(&request.path)?;
    let bound = bind(&file, request)?;
    let (name, width) = (file.name.clone(), file.header.len());
    let mut account = PeopleAccount { file: name.clone(), ..PeopleAccount::default() };
    let mut faults = Vec::new();
    let mut codes = Vec::new();
    let seen = file.for_each(|row| {
        account.read += 1;
        read_row(&bound, &row, width, &request.filter, &mut codes, &mut account, &mut faults, &mut sink);
        faults.len() < MOST_FAULTS
    })?;
    if !faults.is_empty() {
        return Err(IngestError::Rows(Refusal::rows(&name, faults, account.read)));
    }
    if account.read == 0 {
        return Err(IngestError::file(&name, "has no row after its header; nothing imported", "export it again"));
    }
    (account.sha256, account.bytes) = (seen.sha256, seen.bytes);
    Ok(account)
}

#[expect(clippy::too_many_arguments, reason = "the buffers of one pass, lent row by row")]
fn read_row(
    bound: &Bound,
    row: &PersonRow,
    width: usize,
    filter: &Filter,
    codes: &mut Vec<String>,
    account: &mut PeopleAccount,
    faults: &mut Vec<Fault>,
    sink: &mut impl FnMut(Where, Told) -> bool,
) {
    if row.width() < width {
        faults.push(Fault::at(row.number).value(format!("{} cells", row.width())).expected(format!("{width}")));
        return;
    }
    let lookup = |column: &str| {
        let at = bound.filter.iter().find(|(name, _)| name == column)?.1;
        Some(row.cell(at))
    };
    if !filter.keeps(lookup) {
        account.filtered += 1;
        return;
    }
    let told = match told(&bound.says, row, faults) {
        Reads::Told(told) => told,
        Reads::Nothing => return account.unanswered += 1,
        Reads::LeftOut => return account.left_out += 1,
        Reads::Fault => return,
    };
    if is_placed(bound, row, codes, told, sink) {
        account.used += 1;
    } else {
        account.elsewhere += 1;
        if account.elsewhere_rows.len() < NAMED_ROWS {
            account.elsewhere_rows.push(row.number);
        }
    }
}

fn is_placed(
    bound: &Bound,
    row: &PersonRow,
    codes: &mut Vec<String>,
    told: Told,
    sink: &mut impl FnMut(Where, Told) -> bool,
) -> bool {
    match &bound.place {
        BoundPlace::Codes(templates) => {
            codes.resize(templates.len(), String::new());
            let cells: Vec<_> = (0..row.width()).map(|column| row.cell(column)).collect();
            for (code, template) in codes.iter_mut().zip(templates) {
                code.clear();
                template.render_into(code, |column| cells.get(column).map_or("", AsRef::as_ref));
            }
            sink(Where::Codes(codes), told)
        }
        BoundPlace::Cell(column) => sink(Where::Cell(row.cell(*column).trim()), told),
        BoundPlace::Point(lon, lat) => match (number(&row.cell(*lon)), number(&row.cell(*lat))) {
            (Some(lon), Some(lat)) => sink(Where::Point(lon, lat), told),
            _ => false,
        },
    }
}

enum Reads {
    Told(Told),
    Nothing,
    LeftOut,
    Fault,
}

fn told(says: &BoundSays, row: &PersonRow, faults: &mut Vec<Fault>) -> Reads {
    match says {
        BoundSays::Answer(column, name, mapping) => {
            let answer = row.cell(*column);
            if answer.is_empty() {
                return Reads::Nothing;
            }
            match mapping.group(&answer) {
                Ok(Some(group)) => Reads::Told(Told::Group(group)),
                Ok(None) => Reads::LeftOut,
                Err(()) => {
                    faults.push(Fault::at(row.number).column(name).expected("an answer that the mapping names"));
                    Reads::Fault
                }
            }
        }
        BoundSays::Shares(columns, whole) => shares(columns, *whole, row, faults),
    }
}

/// The shares of a person in thousandths: cumulated, then rounded, so that they never add to more than one person.
fn shares(columns: &[(usize, usize, String)], whole: f64, row: &PersonRow, faults: &mut Vec<Fault>) -> Reads {
    let cells: Vec<_> = columns.iter().map(|(_, column, _)| row.cell(*column)).collect();
    if cells.iter().all(|cell| cell.is_empty()) {
        return Reads::Nothing;
    }
    let mut found = [0.0; 4];
    for ((group, _, name), cell) in columns.iter().zip(&cells) {
        match number(cell).map(|share| share / whole) {
            Some(share) if (0.0..=1.0).contains(&share) => found[*group] = share,
            _ => {
                let expected = if whole > 1.0 { "a probability from 0 to 100" } else { "a probability from 0 to 1" };
                faults.push(Fault::at(row.number).column(name).expected(expected));
                return Reads::Fault;
            }
        }
    }
    let sum: f64 = found.iter().sum();
    if sum > 1.0 + ROUNDING || (columns.len() == 4 && sum < 1.0 - ROUNDING) {
        faults.push(Fault::at(row.number).expected("probabilities that add to 1"));
        return Reads::Fault;
    }
    let scale = if columns.len() == 4 || sum > 1.0 { 1.0 / sum } else { 1.0 };
    let (mut before, mut cumulated, mut thousandths) = (0, 0.0, [0; 4]);
    for (part, share) in thousandths.iter_mut().zip(found) {
        cumulated += share * scale;
        let cut = ((cumulated * ONE).round() as u32).min(ONE as u32);
        *part = cut - before;
        before = cut;
    }
    Reads::Told(Told::Shares(thousandths))
}

fn number(text: &str) -> Option<f64> {
    text.replace(',', ".").parse::<f64>().ok().filter(|number| number.is_finite())
}

/// Ties a request to the columns of a file.
fn bind(file: &PersonFile, request: &PeopleRequest) -> Result<Bound, IngestError> {
    let place = |column: &str| position(file, column);
    let filter =
        request.filter.columns().map(|column| Ok((column.to_owned(), place(column)?))).collect::<Result<_, _>>()?;
    let says = match &request.says {
        Says::Answer { column, mapping } => BoundSays::Answer(place(column)?, column.clone(), mapping.clone()),
        Says::Shares { columns, percent } => {
            let named = columns.iter().enumerate().filter_map(|(group, column)| Some((group, column.as_ref()?)));
            let bound = named.map(|(group, column)| Ok((group, place(column)?, column.clone())));
            BoundSays::Shares(bound.collect::<Result<_, IngestError>>()?, if *percent { 100.0 } else { 1.0 })
        }
    };
    let place = match &request.place {
        Place::Codes(templates) => {
            // Asked first: the refusal of a template lists the columns of a file, and these may be a person.
            for column in templates.iter().flat_map(Template::columns) {
                place(column)?;
            }
            let bound = templates.iter().map(|template| template.bind(&file.name, &file.header));
            BoundPlace::Codes(bound.collect::<Result<_, IngestError>>()?)
        }
        Place::Cell(column) => BoundPlace::Cell(place(column)?),
        Place::Point { lon, lat } => BoundPlace::Point(place(lon)?, place(lat)?),
    };
    Ok(Bound { place, says, filter })
}

fn position(file: &PersonFile, column: &str) -> Result<usize, IngestError> {
    file.header.iter().position(|known| known == column.trim()).ok_or_else(|| {
        let refusal = Refusal::new(&file.name, format!("has no column `{column}`; nothing imported"));
        IngestError::Columns(refusal.help(
            "the first row must name the columns, written as in the command (they are not listed here: without a \
             header the first row is a person)",
        ))
    })
}

/// The answers of one column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Inspection {
    /// Rows read.
    pub read: u64,
    /// Rows without an answer.
    pub empty: u64,
    /// Answers given at least `least` times, with how often.
    pub answers: Vec<(String, u64)>,
    /// How many other answers there are, and rows with one. They are not named: what few people say tells who they are.
    pub rare: (u64, u64),
}

/// Lists the answers of one column, and reads no other. Those given fewer than `least` times are not named.
///
/// # Errors
/// Where the column holds more different values than `most`: then it holds no answers.
pub fn inspect(path: &Path, column: &str, least: u64, most: usize) -> Result<Inspection, IngestError> {
    let file = PersonFile::open(path)?;
    let at = position(&file, column)?;
    let name = file.name.clone();
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let (mut read, mut empty) = (0, 0);
    file.for_each(|row| {
        read += 1;
        match row.cell(at) {
            cell if cell.is_empty() => empty += 1,
            cell => *counts.entry(cell.into_owned()).or_default() += 1,
        }
        counts.len() <= most
    })?;
    if counts.len() > most {
        let found = format!("column `{column}` has more than {most} different values");
        return Err(IngestError::file(&name, found, "name the column of the answers"));
    }
    let rare = counts.values().filter(|count| **count < least);
    let rare = (rare.clone().count() as u64, rare.sum());
    let mut answers: Vec<_> = counts.into_iter().filter(|(_, count)| *count >= least).collect();
    answers.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Ok(Inspection { read, empty, answers, rare })
}
