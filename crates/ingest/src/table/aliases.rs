//! Codes of the past and what stands for them (`--aliases FILE --alias-from COL --alias-to COL`).

use super::{Shape, Table};
use crate::fault::{Fault, IngestError, Refusal, grouped};
use crate::source::Source;
use crate::template::missing_columns;
use quartier_model::AreaCode;
use std::collections::HashMap;
use std::path::PathBuf;

/// `--aliases FILE --alias-from COL --alias-to COL`.
#[derive(Debug, Clone)]
pub struct AliasRequest {
    /// The table.
    pub path: PathBuf,
    /// Its column of old codes.
    pub from: String,
    /// Its column of codes that stand for them.
    pub to: String,
}

/// A table of merged and recoded areas.
#[derive(Debug, Clone, Default)]
pub struct Aliases {
    /// The name of its file.
    pub file: String,
    codes: HashMap<String, AreaCode>,
}

impl Aliases {
    /// Reads the table that a request names; rows that lack one of the two codes say nothing.
    ///
    /// # Errors
    /// Where a column is not there, a code is none, or one old code has two new ones.
    pub fn open(request: &AliasRequest) -> Result<Self, IngestError> {
        Self::new(&Table::read(Source::open(&request.path)?)?, request)
    }

    fn new(table: &Table, request: &AliasRequest) -> Result<Self, IngestError> {
        let known: Vec<&str> = table.header.iter().map(String::as_str).collect();
        let place = |column: &str, by: &str| {
            table.position(column).ok_or_else(|| missing_columns(&table.file, by, &[column], &known))
        };
        let (from, to) = (place(&request.from, "`--alias-from`")?, place(&request.to, "`--alias-to`")?);
        let mut codes: HashMap<String, (AreaCode, u64)> = HashMap::new();
        let mut faults = Vec::new();
        let rows = table.for_each(Shape::Rectangular, &mut faults, |row, faults| {
            let (old, new) = (row.cell(from), row.cell(to));
            if old.is_empty() || new.is_empty() {
                return;
            }
            let fault = Fault::at(row.number).column(&request.to).text(new);
            let Ok(code) = new.parse::<AreaCode>() else {
                faults.push(fault.expected("the code of an area"));
                return;
            };
            match codes.get(old) {
                Some((earlier, at)) if *earlier != code => {
                    let expected = format!("`{earlier}`, to which row {} sends `{old}`", grouped(*at));
                    faults.push(fault.expected(expected));
                }
                Some(_) => {}
                None => {
                    codes.insert(old.to_owned(), (code, row.number));
                }
            }
        });
        if !faults.is_empty() {
            return Err(IngestError::Rows(Refusal::rows(&table.file, faults, rows)));
        }
        Ok(Self { file: table.file.clone(), codes: codes.into_iter().map(|(old, (code, _))| (old, code)).collect() })
    }

    /// What stands for an old code; `None` where the table has no word of it.
    pub fn get(&self, old: &str) -> Option<&AreaCode> {
        self.codes.get(old)
    }

    /// (old code, what stands for it), in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &AreaCode)> {
        self.codes.iter().map(|(old, code)| (old.as_str(), code))
    }

    /// What is said of the table: how many codes have another one.
    pub fn said(&self) -> String {
        format!("{}: {} codes have another one", self.file, grouped(self.codes.len() as u64))
    }
}
