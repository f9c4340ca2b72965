//! Polls: `date,area,turnout,undecided,favourable,opposed,of,n,se`; an empty cell was not asked.

use crate::fault::{Fault, IngestError, Refusal};
use crate::table::{Row, Shape, Table};
use serde::Serialize;
use time::Date;
use time::macros::format_description;

/// What the shares of a poll are shares of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Of {
    /// Of all registered.
    Electors,
    /// Of those who will vote.
    Voters,
    /// Of those who will vote and have chosen.
    Decided,
}

/// One poll, or one known total.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Poll {
    /// The row, as a spreadsheet numbers it.
    pub row: u64,
    /// The last day of the survey.
    pub date: Date,
    /// `level:code`, or `all`.
    pub area: String,
    /// Turnout, 0 to 1; always of electors. `None`: not asked, as for the others.
    pub turnout: Option<f64>,
    /// Undecided, 0 to 1.
    pub undecided: Option<f64>,
    /// Favourable, 0 to 1.
    pub favourable: Option<f64>,
    /// Opposed, 0 to 1.
    pub opposed: Option<f64>,
    /// What the three are shares of.
    pub of: Of,
    /// Persons asked.
    pub n: Option<u32>,
    /// Standard error of a share, 0 to 0.5, in place of the one that `n` gives.
    pub se: Option<f64>,
}

/// Reads polls. Shares are fractions (`0.31`) or have a percent sign (`31%`, `31,5 %`).
///
/// # Errors
/// [`IngestError::Columns`] where one of date, area, of is missing; [`IngestError::Rows`] with every fault.
pub fn read(table: &Table) -> Result<Vec<Poll>, IngestError> {
    let known: Vec<&str> = table.header.iter().map(String::as_str).collect();
    let missing: Vec<&str> = ["date", "area", "of"].into_iter().filter(|name| !known.contains(name)).collect();
    if !missing.is_empty() {
        return Err(crate::missing_columns(&table.file, "a file of polls", &missing, &known));
    }
    let mut polls = Vec::new();
    let mut faults = Vec::new();
    let read = table.for_each(Shape::Rectangular, &mut faults, |row, faults| {
        let before = faults.len();
        let poll = poll(row, table, faults);
        if faults.len() == before {
            polls.extend(poll);
        }
    });
    if faults.is_empty() { Ok(polls) } else { Err(IngestError::Rows(Refusal::rows(&table.file, faults, read))) }
}

fn poll(row: &Row, table: &Table, faults: &mut Vec<Fault>) -> Option<Poll> {
    let text = |name: &str| table.position(name).map_or("", |at| row.cell(at));
    let fault = |name: &str, expected: &str| Fault::at(row.number).column(name).text(text(name)).expected(expected);
    let date = Date::parse(text("date"), format_description!("[year]-[month]-[day]")).ok();
    if date.is_none() {
        faults.push(fault("date", "a date as 2017-04-20"));
    }
    let area = text("area");
    if area.parse::<quartier_model::AreaRef>().is_err() {
        faults.push(fault("area", "`level:code`, or `all`"));
    }
    let of = match text("of") {
        "electors" => Some(Of::Electors),
        "voters" => Some(Of::Voters),
        "decided" => Some(Of::Decided),
        _ => None,
    };
    if of.is_none() {
        faults.push(fault("of", "electors, voters or decided"));
    }
    let mut share = |name: &str, most: f64| match share_of(text(name), most) {
        Ok(share) => share,
        Err(expected) => {
            faults.push(fault(name, expected));
            None
        }
    };
    let (turnout, undecided) = (share("turnout", 1.0), share("undecided", 1.0));
    let (favourable, opposed, se) = (share("favourable", 1.0), share("opposed", 1.0), share("se", 0.5));
    let n = match text("n") {
        "" => None,
        asked => match asked.parse::<u32>() {
            Ok(asked) if asked > 0 => Some(asked),
            _ => {
                faults.push(fault("n", "a whole number of persons asked, above 0"));
                None
            }
        },
    };
    let sum = [undecided, favourable, opposed].into_iter().flatten().sum::<f64>();
    // Published shares are rounded to a percent: three of them may add to 1.5 points too much.
    if sum > 1.015 {
        faults.push(Fault::at(row.number).value(format!("shares that add up to {sum:.3}")).expected("at most 1"));
    }
    if [turnout, undecided, favourable, opposed].iter().all(Option::is_none) {
        faults.push(
            Fault::at(row.number).value("no share").expected("at least one of turnout, undecided, favourable, opposed"),
        );
    }
    if of == Some(Of::Decided) && undecided.is_some() {
        faults.push(fault("undecided", "nothing where shares are of the decided"));
    }
    Some(Poll {
        row: row.number,
        date: date?,
        area: area.to_owned(),
        turnout,
        undecided,
        favourable,
        opposed,
        of: of?,
        n,
        se,
    })
}

fn share_of(text: &str, most: f64) -> Result<Option<f64>, &'static str> {
    if text.is_empty() {
        return Ok(None);
    }
    let (number, unit) = match text.strip_suffix('%') {
        Some(number) => (number.trim(), 0.01),
        None => (text, 1.0),
    };
    match number.replace(',', ".").parse::<f64>() {
        Ok(value) if (0.0..=most).contains(&(value * unit)) => Ok(Some(value * unit)),
        Ok(value) if unit == 1.0 && value > 1.0 => Err("a fraction from 0 to 1, or a percent sign (31%)"),
        _ => Err("a share from 0 to 1 (a standard error: to 0.5), or a percentage with its sign"),
    }
}
