//! What the tests of results share: real files, and options without any choice made.

// Each test file is its own crate and uses a part of this.
#![allow(dead_code)]

use quartier_ingest::results::{Layout, Options, Results, read};
use quartier_ingest::table::{Filter, Table};
use quartier_ingest::{IngestError, Limits, Source};
use std::path::PathBuf;

/// The path of a real file; `None`, said aloud, where it lies nowhere and no CI demands it.
pub fn shared(file: &str) -> Option<PathBuf> {
    let root = std::env::var_os("QUARTIER_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let path = root.join("data").join(file);
    if path.exists() {
        return Some(path);
    }
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{} is absent", path.display());
    eprintln!("SKIPPED: {} is absent", path.display());
    None
}

/// A real file as a table.
pub fn shared_table(file: &str) -> Option<Table> {
    Some(Table::read(Source::open(&shared(file)?).expect("opens")).expect("a table"))
}

/// A small invented file as a table.
pub fn table(name: &str, text: &str) -> Table {
    Table::read(Source::from_bytes(name, text.into(), Limits::default()).expect("bytes")).expect("a table")
}

/// Options that choose nothing but the form and the code.
pub fn options(layout: Layout, code: &str) -> Options {
    Options {
        layout,
        code: code.parse().expect("a template"),
        fallback: Vec::new(),
        row_key: None,
        filter: Filter::default(),
        join: None,
        accept_discrepancy: 0,
        registered_floor: false,
    }
}

/// Results of a real file.
pub fn read_shared(file: &str, options: &Options) -> Option<Result<Results, IngestError>> {
    Some(read(&shared_table(file)?, options))
}

/// (voters, blank, null) of all rows that tell them apart.
pub fn ballots(results: &Results) -> (u64, u64, u64) {
    results.rows.iter().fold((0, 0, 0), |(voters, blank, null), row| {
        (
            voters + u64::from(row.voters),
            blank + u64::from(row.blank.unwrap_or(0)),
            null + u64::from(row.null.unwrap_or(0)),
        )
    })
}
