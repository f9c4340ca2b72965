//! Delimited text: the delimiter is found, rows are split without a copy per cell.

use super::{Body, Row, Table, encoding};
use crate::fault::IngestError;
use csv::{ByteRecord, ReaderBuilder};

/// Delimiters that are tried, the first wins among equals.
const DELIMITERS: [(u8, &str); 4] = [(b',', "comma"), (b';', "semicolon"), (b'\t', "tab"), (b'|', "bar")];

pub(super) fn text(file: String, bytes: Vec<u8>) -> Result<Table, IngestError> {
    let (utf8, encoding) = encoding::to_utf8(&file, bytes)?;
    // Old ministry files open with comment lines; the first other line tells the delimiter.
    let first = utf8
        .split(|byte| *byte == b'\n' || *byte == b'\r')
        .find(|line| !line.is_empty() && !line.starts_with(b"--"))
        .unwrap_or_default();
    let (delimiter, delimiter_name) = delimiter_of(first);
    let starts_blank = utf8.starts_with(b"\n") || utf8.starts_with(b"\r");
    let blank_lines =
        starts_blank || utf8.windows(2).any(|pair| pair == b"\n\n") || utf8.windows(3).any(|three| three == b"\n\r\n");
    let mut header = Vec::new();
    let mut rows = 0;
    records(&utf8[..utf8.len().min(1 << 20)], delimiter, false, |row| {
        if rows == 0 {
            header = (0..row.cells.len()).map(|column| row.cell(column).to_owned()).collect();
        }
        rows += 1;
    });
    if rows < 2 {
        return Err(IngestError::file(
            &file,
            "has no row after its header; nothing imported",
            "export it again, with its rows",
        ));
    }
    let said = vec![format!("text in {encoding}"), format!("cells separated by {delimiter_name}")];
    Ok(Table { file, header, said, body: Body::Text { utf8: utf8.into(), delimiter, blank_lines } })
}

/// The delimiter of a header, and its name.
pub(crate) fn delimiter_of(first: &[u8]) -> (u8, &'static str) {
    DELIMITERS.into_iter().rev().max_by_key(|(delimiter, _)| outside_quotes(first, *delimiter)).unwrap_or(DELIMITERS[0])
}

fn outside_quotes(line: &[u8], delimiter: u8) -> usize {
    let mut quoted = false;
    line.iter()
        .filter(|byte| {
            quoted ^= **byte == b'"';
            !quoted && **byte == delimiter
        })
        .count()
}

/// Calls `each` for every record, numbered as a spreadsheet would; the csv reader skips blank lines, so where there
/// are some they are counted back.
pub(super) fn records(utf8: &[u8], delimiter: u8, blank_lines: bool, mut each: impl FnMut(&Row)) {
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(utf8);
    let mut row = Row { number: 0, cells: ByteRecord::new() };
    // A slice in memory cannot fail to be read, and every length of row is taken.
    while reader.read_byte_record(&mut row.cells).unwrap_or(false) {
        row.number += 1;
        if blank_lines && let Some(position) = row.cells.position() {
            row.number += blank_before(utf8, usize::try_from(position.byte()).unwrap_or(usize::MAX));
        }
        each(&row);
    }
}

fn blank_before(utf8: &[u8], from: usize) -> u64 {
    let Some(rest) = utf8.get(from..) else { return 0 };
    let run = rest.iter().take_while(|byte| matches!(byte, b'\n' | b'\r'));
    let ends = run.filter(|byte| **byte == b'\n').count() as u64;
    // Between `\r` and `\n` the line that ended before is not a blank one.
    let ended_before = from > 0 && utf8[from - 1] == b'\r' && rest.first() == Some(&b'\n');
    ends - u64::from(ended_before)
}
