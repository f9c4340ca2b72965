//! CSV in two forms: international, and French for spreadsheets set to French.

use crate::error::Result;
use crate::number::thousandths;
use crate::rows::{Estimates, PEOPLE_ENDS, ResultRows, SHARE_ENDS, error_columns, error_numbers};
use crate::unplaced::{ELSEWHERE, Part, Unplaced};
use quartier_model::Counts;
use std::io::Write;

/// How a CSV file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CsvForm {
    /// Comma, decimal point, UTF-8 (RFC 4180).
    International,
    /// Semicolon, decimal comma, UTF-8 with byte order mark: what a French spreadsheet opens by double-click.
    French,
}

impl CsvForm {
    pub(crate) fn writer<W: Write>(self, mut out: W) -> Result<csv::Writer<W>> {
        if self == Self::French {
            out.write_all("\u{feff}".as_bytes())?;
        }
        let delimiter = if self == Self::French { b';' } else { b',' };
        Ok(csv::WriterBuilder::new().delimiter(delimiter).terminator(csv::Terminator::CRLF).from_writer(out))
    }

    /// The first five cells of what belongs to no area; its parent is the ancestor that it is counted at.
    fn unplaced<T>(self, own: &Unplaced<'_, T>) -> Vec<String> {
        let (word, colon) = if self == Self::French { ("Hors carte", " : ") } else { ("Unplaced", ": ") };
        let ancestor = own.ancestor();
        vec![
            format!("{ELSEWHERE}:{ancestor}"),
            guarded(&ancestor),
            guarded(&own.title(word, colon)),
            ELSEWHERE.to_owned(),
            guarded(own.code.unwrap_or_default()),
        ]
    }

    pub(crate) fn decimal(self, number: String) -> String {
        if self == Self::French { number.replace('.', ",") } else { number }
    }
}

/// Text that no spreadsheet takes for a formula: an apostrophe before a first `=`, `+`, `-`, `@`, tab or line end, or
/// their full-width twins.
pub(crate) fn guarded(text: &str) -> String {
    let starts = |c: char| "=+-@\t\r\n＝＋－＠".contains(c);
    if text.trim_start_matches([' ', '\u{a0}']).starts_with(starts) { format!("'{text}") } else { text.to_owned() }
}

fn number(count: Option<impl ToString>) -> String {
    count.map(|count| count.to_string()).unwrap_or_default()
}

/// Writes the estimates of some areas: `area,code,name,level,parent,electors`, then each measure with `_low` and
/// `_high` in fractions of three decimals, then its people likewise (`_people`, `_people_low`, `_people_high`, to a
/// tenth), then `pooled` and `moved_baseline` (`true` or `false`). No figure is an empty cell. Electors who
/// belong to no area follow, one row an ancestor, at level [`ELSEWHERE`]: nothing is estimated of them.
///
/// # Errors
/// Those of `out`.
pub fn estimates_csv(out: impl Write, estimates: &Estimates<'_>, part: &Part<'_, u64>, form: CsvForm) -> Result<()> {
    let mut writer = form.writer(out)?;
    let level = estimates.level.level.id.as_str();
    let measures = estimates.measures();
    let mut header: Vec<String> = ["area", "code", "name", "level", "parent", "electors"].map(ToOwned::to_owned).into();
    for measure in &measures {
        header.extend(SHARE_ENDS.map(|end| format!("{}{end}", measure.id())));
    }
    for measure in &measures {
        header.extend(PEOPLE_ENDS.map(|end| format!("{}{end}", measure.id())));
    }
    header.extend(["pooled", "moved_baseline"].map(ToOwned::to_owned));
    writer.write_record(&header)?;
    for row in estimates.rows(&part.rows) {
        let mut cells = vec![
            format!("{level}:{}", row.code),
            guarded(row.code),
            guarded(row.name),
            level.to_owned(),
            guarded(row.parent.unwrap_or_default()),
            number(row.electors),
        ];
        for measure in &measures {
            let figure = row.figures[measure.index()];
            let parts = figure.map(|figure| [figure.value, figure.low, figure.high].map(thousandths));
            cells.extend(parts.unwrap_or_default().map(|part| form.decimal(part)));
        }
        for measure in &measures {
            let people = row.people_of(*measure);
            cells.extend(people.map(|own| own.map(|own| form.decimal(format!("{own:.1}"))).unwrap_or_default()));
        }
        cells.extend([row.pooled, row.moved_baseline].map(|own| own.to_string()));
        writer.write_record(&cells)?;
    }
    for own in &part.unplaced {
        let mut cells = form.unplaced(own);
        cells.push(own.what.to_string());
        cells.resize(header.len() - 2, String::new());
        cells.extend([false.to_string(), false.to_string()]);
        writer.write_record(&cells)?;
    }
    writer.flush()?;
    Ok(())
}

/// Writes the exact counts of some areas: `area,code,name,level,parent,registered,voters,valid,blank,null`, then one
/// column a list, `list:<id>`. An unknown count, and an area without a result, are empty cells. Votes that belong to no
/// area follow, one row an ancestor, at level [`ELSEWHERE`]: every column adds up to the official total. Where counts were
/// moved from other areas, or areas divide finest ones, `divided` (valid votes out of areas that this one divides) and
/// standard errors (`_se`) follow; where votes of finest areas are split between the areas, `moved` says of which (`true`
/// or `false`).
///
/// # Errors
/// Those of `out`.
pub fn results_csv(out: impl Write, results: &ResultRows<'_>, part: &Part<'_, Counts>, form: CsvForm) -> Result<()> {
    let mut writer = form.writer(out)?;
    let level = results.level.level.id.as_str();
    let mut header: Vec<String> =
        ["area", "code", "name", "level", "parent", "registered", "voters", "valid", "blank", "null"]
            .map(ToOwned::to_owned)
            .into();
    header.extend(results.written().map(|(_, list)| format!("list:{}", list.id)));
    let counted = header.len();
    if results.has_errors() {
        header.extend(error_columns(results));
    }
    if results.is_split() {
        header.push("moved".to_owned());
    }
    writer.write_record(&header)?;
    for row in results.rows(&part.rows) {
        let mut cells = vec![
            format!("{level}:{}", row.code),
            guarded(row.code),
            guarded(row.name),
            level.to_owned(),
            guarded(row.parent.unwrap_or_default()),
        ];
        match &row.counts {
            Some(counts) => cells.extend(count_cells(counts, results)),
            None => cells.resize(counted, String::new()),
        }
        if results.has_errors() {
            let errors = error_numbers(row.error.as_ref(), results).into_iter();
            cells.extend(errors.map(|number| number.map_or_else(String::new, |n| form.decimal(format!("{n:.1}")))));
        }
        if results.is_split() {
            cells.push(row.moved.to_string());
        }
        writer.write_record(&cells)?;
    }
    for own in &part.unplaced {
        let mut cells = form.unplaced(own);
        cells.extend(count_cells(&own.what, results));
        cells.resize(header.len(), String::new());
        writer.write_record(&cells)?;
    }
    writer.flush()?;
    Ok(())
}

fn count_cells(counts: &Counts, results: &ResultRows<'_>) -> impl Iterator<Item = String> {
    let known = [counts.registered, Some(counts.voters), Some(counts.valid), counts.blank, counts.null];
    let votes = results.written().map(|(at, _)| number(counts.votes.get(at).copied()));
    known.into_iter().map(number).chain(votes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_starts_a_formula() {
        for text in ["=1+1", "+33", "-2", "@sum", "\tx", "＝1", " =1", "\u{a0}@x"] {
            assert_eq!(guarded(text), format!("'{text}"));
        }
        for text in ["", "L'Île", "01004", "a=b"] {
            assert_eq!(guarded(text), text);
        }
    }
}
