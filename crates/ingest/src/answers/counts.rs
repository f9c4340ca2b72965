//! Tallies that are counts already: a row an area, a column a group.

use crate::fault::{Fault, IngestError, Refusal};
use crate::table::{Filter, Row, Shape, Table};
use crate::template::{BoundTemplate, Template, missing_columns};

/// The columns of counts.
#[derive(Debug, Clone, Default)]
pub struct CountColumns {
    /// In the order of the model's groups; `None`: that question was not asked.
    pub groups: [Option<String>; 4],
    /// All who answered; without it they are the sum of the groups.
    pub asked: Option<String>,
}

/// The counts of one row. Not printed.
pub struct CountRow {
    /// As a spreadsheet numbers it.
    pub number: u64,
    /// The code of its area, then those to be tried where there is no such area.
    pub codes: Vec<String>,
    /// In the order of the model's groups; 0 where not asked.
    pub groups: [u32; 4],
    /// All who answered.
    pub asked: u32,
}

/// Reads a table of counts; also how many rows it has and how many of them the filter left out.
///
/// # Errors
/// [`IngestError::Columns`] where columns are missing, [`IngestError::Rows`] with every fault; values are not repeated.
pub fn read_counts(
    table: &Table,
    columns: &CountColumns,
    codes: &[Template],
    filter: &Filter,
) -> Result<(Vec<CountRow>, u64, u64), IngestError> {
    let known: Vec<&str> = table.header.iter().map(String::as_str).collect();
    let wanted = columns.groups.iter().flatten().chain(&columns.asked).map(String::as_str).chain(filter.columns());
    let missing: Vec<&str> = wanted.filter(|column| !known.contains(column)).collect();
    if !missing.is_empty() {
        return Err(missing_columns(&table.file, "the counts", &missing, &known));
    }
    let bound = codes.iter().map(|code| code.bind(&table.file, &table.header));
    let templates: Vec<BoundTemplate> = bound.collect::<Result<_, IngestError>>()?;
    let (mut rows, mut faults, mut filtered) = (Vec::new(), Vec::new(), 0);
    let read = table.for_each(Shape::Rectangular, &mut faults, |row, faults| {
        if filter.keeps(|column| table.position(column).map(|at| row.cell(at))) {
            rows.extend(count_row(table, columns, &templates, row, faults));
        } else {
            filtered += 1;
        }
    });
    if faults.is_empty() {
        Ok((rows, read, filtered))
    } else {
        Err(IngestError::Rows(Refusal::rows(&table.file, faults, read)))
    }
}

fn count_row(
    table: &Table,
    columns: &CountColumns,
    templates: &[BoundTemplate],
    row: &Row,
    faults: &mut Vec<Fault>,
) -> Option<CountRow> {
    let rendered = |template: &BoundTemplate| {
        let mut code = String::new();
        template.render_into(&mut code, |column| row.cell(column));
        code
    };
    let codes = templates.iter().map(rendered).collect();
    let before = faults.len();
    let mut count = |column: &String| {
        let text = table.position(column).map_or("", |at| row.cell(at));
        let number = if text.is_empty() { Some(0) } else { text.parse::<u32>().ok().filter(|count| *count < 1 << 24) };
        if number.is_none() {
            faults.push(Fault::at(row.number).column(column).expected("a whole number of answers"));
        }
        number.unwrap_or(0)
    };
    let groups = columns.groups.each_ref().map(|column| column.as_ref().map_or(0, &mut count));
    let sum: u32 = groups.iter().sum();
    let asked = columns.asked.as_ref().map_or(sum, &mut count);
    if faults.len() == before && asked < sum {
        let column = columns.asked.as_deref().unwrap_or_default();
        faults.push(Fault::at(row.number).column(column).expected("at least the sum of the groups"));
    }
    (faults.len() == before).then_some(CountRow { number: row.number, codes, groups, asked })
}
