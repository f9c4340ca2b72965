//! A text file of persons as a stream: hashed, gunzipped and split while it is read; nothing of it is kept.

use crate::fault::IngestError;
use crate::table::{delimiter_of, windows_1252};
use csv::{ByteRecord, ReaderBuilder};
use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::cell::RefCell;
use std::fs::File;
use std::io::{BufReader, Cursor, ErrorKind, Read};
use std::path::Path;
use std::rc::Rc;

/// How much of a file tells its delimiter.
const SNIFFED: u64 = 1 << 16;

/// Longest row that is taken, in bytes: a CRM exports some 400 columns of some 100 letters.
const LONGEST_ROW: usize = 1 << 20;

/// A row of a person. Nothing but its cells by place can be had of it.
pub(super) struct PersonRow<'a> {
    /// As a spreadsheet numbers it: the header is row 1.
    pub number: u64,
    cells: &'a ByteRecord,
}

impl PersonRow<'_> {
    /// A cell without the spaces around it.
    pub fn cell(&self, column: usize) -> Cow<'_, str> {
        let bytes = self.cells.get(column).unwrap_or_default();
        match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text.trim()),
            Err(_) => Cow::Owned(windows_1252(bytes).trim().to_owned()),
        }
    }

    /// How many cells it has.
    pub fn width(&self) -> usize {
        self.cells.len()
    }
}

/// What the whole file was, known at its end.
pub(super) struct Seen {
    pub sha256: String,
    pub bytes: u64,
}

/// An open file, its header read.
pub(super) struct PersonFile {
    pub name: String,
    pub header: Vec<String>,
    rows: csv::Reader<Box<dyn Read>>,
    hashed: Rc<RefCell<(Sha256, u64)>>,
}

struct Hashing {
    file: File,
    hashed: Rc<RefCell<(Sha256, u64)>>,
}

impl Read for Hashing {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let count = self.file.read(into)?;
        let mut hashed = self.hashed.borrow_mut();
        hashed.0.update(&into[..count]);
        hashed.1 += count as u64;
        Ok(count)
    }
}

impl PersonFile {
    pub fn open(path: &Path) -> Result<Self, IngestError> {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let unreadable = |error: std::io::Error| match error.kind() {
            ErrorKind::NotFound => {
                IngestError::file(path.display().to_string(), "there is no such file", "check the path")
            }
            ErrorKind::UnexpectedEof | ErrorKind::InvalidInput | ErrorKind::InvalidData => damaged(&name),
            _ => IngestError::file(&name, format!("cannot be read: {error}"), "check the path and its permissions"),
        };
        let hashed = Rc::new(RefCell::new((Sha256::new(), 0)));
        let file = File::open(path).map_err(unreadable)?;
        let (start, raw) =
            peek(Box::new(BufReader::new(Hashing { file, hashed: hashed.clone() })), 4).map_err(unreadable)?;
        if start.starts_with(b"PK\x03\x04") || start.starts_with(b"PAR1") {
            return Err(IngestError::file(
                &name,
                "is a workbook or Parquet file, which cannot be read without holding every person in memory",
                "export it as CSV (text may be gzipped)",
            ));
        }
        let unpacked: Box<dyn Read> =
            if start.starts_with(&[0x1f, 0x8b]) { Box::new(MultiGzDecoder::new(raw)) } else { raw };
        let (start, mut text) = peek(unpacked, SNIFFED).map_err(unreadable)?;
        if start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]) || start.contains(&0) {
            return Err(IngestError::file(&name, "is UTF-16 or no text", "export it as CSV in UTF-8"));
        }
        if start.starts_with(&[0xef, 0xbb, 0xbf]) {
            text.read_exact(&mut [0; 3]).map_err(unreadable)?;
        }
        let first = start.split(|byte| *byte == b'\n' || *byte == b'\r').find(|line| !line.is_empty());
        let delimiter = delimiter_of(first.unwrap_or_default()).0;
        let mut rows = ReaderBuilder::new().flexible(true).delimiter(delimiter).has_headers(false).from_reader(text);
        let mut header = ByteRecord::new();
        if !rows.read_byte_record(&mut header).map_err(|_| damaged(&name))? {
            return Err(IngestError::file(&name, "the file is empty", "export it again"));
        }
        let row = PersonRow { number: 1, cells: &header };
        let header = (0..row.width()).map(|column| row.cell(column).into_owned()).collect();
        Ok(Self { name, header, rows, hashed })
    }

    /// Gives every row to `each` until it says stop; then what the file was.
    pub fn for_each(mut self, mut each: impl FnMut(PersonRow) -> bool) -> Result<Seen, IngestError> {
        let mut cells = ByteRecord::new();
        let mut number = 1;
        while self.rows.read_byte_record(&mut cells).map_err(|_| damaged(&self.name))? {
            number += 1;
            if cells.as_slice().len() > LONGEST_ROW {
                let found = format!("row {} is longer than 1 MB: a quote is not closed before it", number);
                return Err(IngestError::file(&self.name, found, "export the file again"));
            }
            if !each(PersonRow { number, cells: &cells }) {
                break;
            }
        }
        let hashed = self.hashed.take();
        let sha256 = hashed.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Seen { sha256, bytes: hashed.1 })
    }
}

fn damaged(name: &str) -> IngestError {
    IngestError::file(name, "is cut short or damaged in the middle; nothing imported", "download or export it again")
}

/// The first bytes of a stream, and the stream with them.
fn peek(mut stream: Box<dyn Read>, bytes: u64) -> std::io::Result<(Vec<u8>, Box<dyn Read>)> {
    let mut start = Vec::new();
    stream.by_ref().take(bytes).read_to_end(&mut start)?;
    let whole = Cursor::new(start.clone()).chain(stream);
    Ok((start, Box::new(whole)))
}
