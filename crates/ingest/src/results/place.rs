//! Which area each row of results belongs to; no vote is lost.

use super::{ResultRow, Results};
use crate::fault::{Fault, IngestError, Refusal, grouped};
use serde::Serialize;
use std::collections::HashMap;

/// An area: level and code; `None` is the root, `campaign`.
pub type Area = Option<(String, String)>;

/// The areas that exist: names by code, by level.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Level, then code, then name.
    pub levels: HashMap<String, HashMap<String, String>>,
}

/// Where one row went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlacedRow {
    /// Its place in [`Results::rows`].
    pub at: usize,
    /// The area whose own count it adds to.
    pub area: Area,
}

/// All rows in their places, and the account of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Placement {
    /// One for each row, in order.
    pub rows: Vec<PlacedRow>,
    /// Rows that found the area of their own code.
    pub found: u64,
    /// (row, code, level, code of the ancestor) of rows that went to a fallback.
    pub attached: Vec<(u64, String, String, String)>,
    /// (row, code) of rows that are unplaced at the root.
    pub unplaced: Vec<(u64, String)>,
}

/// Places every row: at its code in `level`, else at the first fallback that exists, else at the root.
///
/// # Errors
/// Under `strict`, [`IngestError::Codes`] that names every row without an area of its own; without `strict`, only
/// where no row at all found one, since then the template or the level is wrong.
pub fn place(
    file: &str,
    results: &Results,
    level: &str,
    known: &Known,
    strict: bool,
) -> Result<Placement, IngestError> {
    let mut placement = Placement::default();
    let has = |level: &str, code: &str| known.levels.get(level).is_some_and(|codes| codes.contains_key(code));
    let mut lost: Vec<&ResultRow> = Vec::new();
    for (at, row) in results.rows.iter().enumerate() {
        let area = if has(level, &row.code) {
            placement.found += 1;
            Some((level.to_owned(), row.code.clone()))
        } else if let Some((level, code)) = row.fallback.iter().find(|(level, code)| has(level, code)) {
            lost.push(row);
            placement.attached.push((row.row, row.code.clone(), level.clone(), code.clone()));
            Some((level.clone(), code.clone()))
        } else {
            lost.push(row);
            placement.unplaced.push((row.row, row.code.clone()));
            None
        };
        placement.rows.push(PlacedRow { at, area });
    }
    if lost.is_empty() || !(strict || placement.found == 0) {
        return Ok(placement);
    }
    let codes = known.levels.get(level);
    let mut zeros = 0_u64;
    let faults = lost
        .iter()
        .map(|row| {
            let fault = Fault::at(row.row).column("code").text(&row.code);
            let near = (1..=3).find_map(|lost| {
                let padded = format!("{}{}", "0".repeat(lost), row.code);
                codes?.get(&padded).map(|name| (padded, name))
            });
            match near {
                Some((padded, name)) => {
                    zeros += 1;
                    fault.meant(format!("`{padded}` ({name})"))
                }
                None => fault.expected(format!("a code of level `{level}`")),
            }
        })
        .collect();
    let summary = format!("{} codes are not in level `{level}`; nothing imported", grouped(lost.len() as u64));
    let mut refusal = Refusal::new(file, summary);
    refusal.faults = faults;
    if zeros > 1 && zeros == lost.len() as u64 {
        refusal.rest = Some(format!("{} more have lost a leading zero", grouped(zeros - 1)).into_boxed_str());
        refusal.shown = 1;
    }
    refusal.help = Some(if zeros > 0 {
        "export the column as text, or pad it in the template: `{column:0>5}`".to_owned()
    } else {
        "correct the codes, or say where such rows go: `--fallback LEVEL=TEMPLATE`".to_owned()
    });
    Err(IngestError::Codes(refusal))
}
