//! Covariates: numbers of areas (income, age, housing), one row an area, any number of columns.

use crate::fault::{Fault, IngestError, Refusal};
use crate::results::glob;
use crate::table::{Row, Shape, Table};
use crate::template::{Template, missing_columns};
use std::collections::HashMap;

/// What files write where there is no number; `s` is INSEE's statistical secret, `nd` and `ns` its other words.
const NO_NUMBER: [&str; 8] = ["", "na", "n/a", "nd", "ns", "s", "-", ".."];

/// One area's numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct CovariateRow {
    /// The row, as a spreadsheet numbers it.
    pub row: u64,
    /// The code that the template makes.
    pub code: String,
    /// One a column; `None`: the file has no number there.
    pub values: Vec<Option<f64>>,
}

/// A file of covariates, read.
#[derive(Debug, Clone, PartialEq)]
pub struct Covariates {
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The rows, each code once.
    pub rows: Vec<CovariateRow>,
}

/// Reads the columns that `wanted` names (comma separated, or globs with `*`). A number has digits, perhaps a decimal
/// point or comma, an exponent, a percent sign; a cell without one says so by being empty or by one of a few words.
///
/// # Errors
/// [`IngestError::Columns`] for columns that are not there; [`IngestError::Rows`] with every cell that is no number and
/// every code that stands twice.
pub fn read(table: &Table, code: &Template, wanted: &str) -> Result<Covariates, IngestError> {
    let bound = code.bind(&table.file, &table.header)?;
    let columns = columns(table, wanted)?;
    let mut rows = Vec::new();
    let mut seen: HashMap<String, u64> = HashMap::new();
    let mut faults = Vec::new();
    let read = table.for_each(Shape::Rectangular, &mut faults, |row, faults| {
        let mut code = String::new();
        bound.render_into(&mut code, |at| row.cell(at));
        if let Some(earlier) = seen.insert(code.clone(), row.number) {
            let expected = format!("each area once; row {} has it too", crate::grouped(earlier));
            faults.push(Fault::at(row.number).column("code").text(&code).expected(expected));
        }
        let values = columns.iter().map(|at| number(row, *at, &table.header[*at], faults)).collect();
        rows.push(CovariateRow { row: row.number, code, values });
    });
    if !faults.is_empty() {
        return Err(IngestError::Rows(Refusal::rows(&table.file, faults, read)));
    }
    Ok(Covariates { columns: columns.iter().map(|at| table.header[*at].clone()).collect(), rows })
}

/// Places of the wanted columns, in the order asked for, each once.
fn columns(table: &Table, wanted: &str) -> Result<Vec<usize>, IngestError> {
    let known: Vec<&str> = table.header.iter().map(String::as_str).collect();
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for pattern in wanted.split(',').map(str::trim).filter(|pattern| !pattern.is_empty()) {
        let matches: Vec<usize> = match pattern.contains('*') {
            true => (0..known.len()).filter(|at| glob(pattern, known[*at])).collect(),
            false => table.position(pattern).into_iter().collect(),
        };
        if matches.is_empty() {
            missing.push(pattern);
        }
        found.extend(matches);
    }
    if !missing.is_empty() || found.is_empty() {
        return Err(missing_columns(&table.file, "`--columns`", &missing, &known));
    }
    let mut seen = vec![false; known.len()];
    found.retain(|at| !std::mem::replace(&mut seen[*at], true));
    Ok(found)
}

/// The number of a cell; `None` where the file says that it has none, or after a fault.
pub(crate) fn number(row: &Row, at: usize, name: &str, faults: &mut Vec<Fault>) -> Option<f64> {
    let text = row.cell(at);
    if NO_NUMBER.contains(&text.to_lowercase().as_str()) {
        return None;
    }
    let digits = text.strip_suffix('%').unwrap_or(text).trim().replace(',', ".");
    let value = digits.parse::<f64>().ok().filter(|value| value.is_finite());
    if value.is_none() {
        faults.push(Fault::at(row.number).column(name).text(text).expected("a number, or nothing"));
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Source;

    fn table(text: &str) -> Table {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("income.csv");
        std::fs::write(&path, text).expect("a file");
        Table::read(Source::open(&path).expect("a source")).expect("a table")
    }

    fn template() -> Template {
        "{commune:0>5}".parse().expect("a template")
    }

    #[test]
    fn numbers_are_read_as_people_write_them_and_columns_by_pattern() {
        let table = table("commune;median;share_a;share_b\n1001;21 340;1,5;12 %\n1002;19200.5;s;-3e2\n");
        let refused = read(&table, &template(), "median").expect_err("a space").to_string();
        assert!(refused.contains("row 2, `median`: found `21 340`, expected a number"), "{refused}");
        let found = read(&table, &template(), "share_*,share_a").expect("numbers");
        assert_eq!(found.columns, ["share_a", "share_b"]);
        assert_eq!(found.rows[0].code, "01001");
        assert_eq!(found.rows[0].values, [Some(1.5), Some(12.0)]);
        assert_eq!(found.rows[1].values, [None, Some(-300.0)]);
    }

    #[test]
    fn every_fault_is_told_with_its_row_and_column() {
        let twice = table("commune,a\n1,2\n2,inf\n1,x\n");
        let refused = read(&twice, &template(), "a").expect_err("faults").to_string();
        for part in ["row 3, `a`: found `inf`", "row 4, `a`: found `x`", "row 4, `code`: found `00001`", "row 2 has it"]
        {
            assert!(refused.contains(part), "{part}: {refused}");
        }
        let missing = read(&twice, &template(), "b*,a").expect_err("no such column").to_string();
        assert!(missing.contains("b*"), "{missing}");
    }
}
