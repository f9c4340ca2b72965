//! Rows of text cells with a header, out of text files, workbooks and Parquet alike.
//!
//! Row numbers are those that a spreadsheet shows: the header is row 1, blank lines count. Cells are UTF-8.

mod aliases;
mod columnar;
mod encoding;
mod select;
mod text;

pub(crate) use encoding::windows_1252;
pub(crate) use text::delimiter_of;

pub use aliases::{AliasRequest, Aliases};
pub use select::{Filter, Join, JoinRequest};

use crate::fault::{Fault, IngestError};
use crate::source::{Kind, Source};
use csv::ByteRecord;
use std::sync::Arc;

/// How the rows of a file may differ from its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Every row has as many cells as the header (empty cells at the end aside).
    Rectangular,
    /// A row may be longer or shorter: blocks of columns are repeated without a name.
    Ragged,
}

/// One row: its number as a spreadsheet shows it, and its cells.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// The header is row 1.
    pub number: u64,
    /// The cells, UTF-8.
    pub cells: ByteRecord,
}

impl Row {
    /// A cell without the spaces around it; empty where the row is too short.
    pub fn cell(&self, column: usize) -> &str {
        std::str::from_utf8(self.cells.get(column).unwrap_or_default()).unwrap_or_default().trim()
    }
}

/// A whole table in memory: its header, and a pass over its rows as often as wanted.
#[derive(Debug, Clone)]
pub struct Table {
    /// The file's name, for messages.
    pub file: String,
    /// The names of the columns, trimmed.
    pub header: Vec<String>,
    /// What was detected: encoding, delimiter, sheet.
    pub said: Vec<String>,
    body: Body,
}

#[derive(Debug, Clone)]
enum Body {
    Text { utf8: Arc<[u8]>, delimiter: u8, blank_lines: bool },
    Cells(Arc<[(u64, ByteRecord)]>),
}

impl Table {
    /// Reads a text file, a workbook or a Parquet file.
    ///
    /// # Errors
    /// [`IngestError::File`] where it is none of these, damaged, or has no row after its header.
    pub fn read(source: Source) -> Result<Self, IngestError> {
        let extension = source.extension();
        match source.kind() {
            Kind::Zip if extension != "zip" => columnar::workbook(source.name().to_owned(), source.into_bytes()),
            Kind::Parquet => columnar::parquet(source.name().to_owned(), source.into_bytes()),
            kind if matches!(extension.as_str(), "xlsx" | "parquet") || (extension == "zip" && kind != Kind::Zip) => {
                Err(IngestError::file(
                    source.name(),
                    format!("is called .{extension} and is no such file: its first bytes are not those of one"),
                    "export it again, or give it the ending of what it is (.csv, .xlsx, .parquet)",
                ))
            }
            Kind::Zip | Kind::FlatGeobuf => Err(IngestError::file(
                source.name(),
                "is no table",
                "give a .csv, .txt, .xlsx or .parquet file (text may be gzipped)",
            )),
            Kind::Other => text::text(source.name().to_owned(), source.into_bytes()),
        }
    }

    /// Calls `each` for every row after the header, in order; returns how many there were.
    ///
    /// Under [`Shape::Rectangular`] a row of another length is not given to `each` but pushed to `faults`.
    pub fn for_each(&self, shape: Shape, faults: &mut Vec<Fault>, each: impl FnMut(&Row, &mut Vec<Fault>)) -> u64 {
        self.pass(1, shape, faults, each)
    }

    /// The same, from the very first row: for files without a header.
    pub fn for_each_from_first(&self, faults: &mut Vec<Fault>, each: impl FnMut(&Row, &mut Vec<Fault>)) -> u64 {
        self.pass(0, Shape::Ragged, faults, each)
    }

    fn pass(
        &self,
        skip: u64,
        shape: Shape,
        faults: &mut Vec<Fault>,
        mut each: impl FnMut(&Row, &mut Vec<Fault>),
    ) -> u64 {
        let width = self.header.len();
        let mut rows = 0;
        let mut left = skip;
        let mut visit = |row: &Row, faults: &mut Vec<Fault>| {
            if left > 0 {
                left -= 1;
                return;
            }
            rows += 1;
            let too_long = row.cells.len() > width && row.cells.iter().skip(width).any(|cell| !cell.is_empty());
            if shape == Shape::Rectangular && (row.cells.len() < width || too_long) {
                let found = format!("{} cells", row.cells.len());
                faults.push(Fault::at(row.number).value(found).expected(format!("{width}, as in the header")));
            } else {
                each(row, faults);
            }
        };
        match &self.body {
            Body::Cells(records) => {
                let mut row = Row::default();
                for (number, record) in records.iter() {
                    row.number = *number;
                    row.cells.clone_from(record);
                    visit(&row, faults);
                }
            }
            Body::Text { utf8, delimiter, blank_lines } => text::records(utf8, *delimiter, *blank_lines, |row| {
                visit(row, faults);
            }),
        }
        rows
    }

    /// A table of rows made from those of another, each with the number it had there.
    pub(crate) fn of_rows(file: String, header: Vec<String>, said: Vec<String>, rows: Vec<(u64, ByteRecord)>) -> Self {
        let first = (1, ByteRecord::from(header.clone()));
        let body = Body::Cells(std::iter::once(first).chain(rows).collect());
        Self { file, header, said, body }
    }

    /// The same rows under other names: for tables that are read with more columns than they hold.
    pub(crate) fn under(&self, header: Vec<String>) -> Self {
        Self { header, ..self.clone() }
    }

    /// The place of a column by its exact name.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|column| column == name)
    }
}
