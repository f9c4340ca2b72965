//! Which rows are kept (`--where COL=VALUE`), and columns that another file adds (`--join FILE --on COL`).

use super::{Shape, Table};
use crate::fault::{Fault, IngestError, Refusal};
use crate::source::Source;
use crate::template::missing_columns;
use std::collections::HashMap;
use std::path::PathBuf;

/// `--where`: several columns must all hold; the same column twice means either value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    wanted: Vec<(String, Vec<String>)>,
}

impl Filter {
    /// Reads the values of `--where`.
    ///
    /// # Errors
    /// [`IngestError::Options`] for one without `=` or without a column.
    pub fn parse<S: AsRef<str>>(options: &[S]) -> Result<Self, IngestError> {
        let mut filter = Self::default();
        for option in options {
            let option = option.as_ref();
            let Some((column, value)) = option.split_once('=').filter(|(column, _)| !column.trim().is_empty()) else {
                let refusal = Refusal::new(format!("--where {option}"), "there is no `=`");
                return Err(IngestError::Options(refusal.help("write `--where COLUMN=VALUE`")));
            };
            match filter.wanted.iter_mut().find(|(known, _)| known == column) {
                Some((_, values)) => values.push(value.trim().to_owned()),
                None => filter.wanted.push((column.to_owned(), vec![value.trim().to_owned()])),
            }
        }
        Ok(filter)
    }

    /// Whether it keeps everything.
    pub fn is_empty(&self) -> bool {
        self.wanted.is_empty()
    }

    /// The columns it looks at.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.wanted.iter().map(|(column, _)| column.as_str())
    }

    /// Whether a row is kept; `lookup` gives a column's value.
    pub fn keeps<V: AsRef<str>>(&self, mut lookup: impl FnMut(&str) -> Option<V>) -> bool {
        self.wanted.iter().all(|(column, values)| {
            lookup(column).is_some_and(|value| values.iter().any(|wanted| wanted == value.as_ref().trim()))
        })
    }
}

/// `--join FILE --on COL`.
#[derive(Debug, Clone)]
pub struct JoinRequest {
    /// The table.
    pub path: PathBuf,
    /// The column that both files have.
    pub on: String,
}

/// Columns of another file, by the value of a common column.
#[derive(Debug, Clone)]
pub struct Join {
    /// The name of the other file.
    pub file: String,
    /// The common column.
    pub on: String,
    /// The columns that it adds, without the common one.
    pub columns: Vec<String>,
    rows: HashMap<String, (u64, Vec<String>)>,
}

impl Join {
    /// Reads the table that a request names.
    ///
    /// # Errors
    /// As [`Source::open`], [`Table::read`] and [`Join::new`].
    pub fn open(request: &JoinRequest) -> Result<Self, IngestError> {
        Self::new(&Table::read(Source::open(&request.path)?)?, &request.on)
    }

    /// Reads a table to join on a column.
    ///
    /// # Errors
    /// Where the column is not there, a row is not whole, or two rows have the same value of it.
    pub fn new(table: &Table, on: &str) -> Result<Self, IngestError> {
        let Some(key) = table.position(on) else {
            let known: Vec<&str> = table.header.iter().map(String::as_str).collect();
            return Err(missing_columns(&table.file, "`--on`", &[on], &known));
        };
        let others: Vec<usize> = (0..table.header.len()).filter(|column| *column != key).collect();
        let mut rows: HashMap<String, (u64, Vec<String>)> = HashMap::new();
        let mut faults = Vec::new();
        let read = table.for_each(Shape::Rectangular, &mut faults, |row, faults| {
            let cells = others.iter().map(|column| row.cell(*column).to_owned()).collect();
            if let Some((earlier, _)) = rows.get(row.cell(key)) {
                let expected = format!("each value once; row {} has it too", crate::grouped(*earlier));
                faults.push(Fault::at(row.number).column(on).text(row.cell(key)).expected(expected));
            } else {
                rows.insert(row.cell(key).to_owned(), (row.number, cells));
            }
        });
        if !faults.is_empty() {
            return Err(IngestError::Rows(Refusal::rows(&table.file, faults, read)));
        }
        let columns = others.iter().map(|column| table.header[*column].clone()).collect();
        Ok(Self { file: table.file.clone(), on: on.to_owned(), columns, rows })
    }

    /// The value that it adds in `column` to the row whose common column is `key`.
    pub fn get(&self, key: &str, column: &str) -> Option<&str> {
        let at = self.columns.iter().position(|name| name == column)?;
        self.row(key)?.get(at).map(String::as_str)
    }

    /// All values that it adds, in the order of [`Join::columns`].
    pub fn row(&self, key: &str) -> Option<&[String]> {
        self.rows.get(key.trim()).map(|(_, cells)| cells.as_slice())
    }

    /// The values of the common column, in the order of the file.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        let mut keys: Vec<(u64, &str)> = self.rows.iter().map(|(key, (row, _))| (*row, key.as_str())).collect();
        keys.sort_unstable();
        keys.into_iter().map(|(_, key)| key)
    }
}
