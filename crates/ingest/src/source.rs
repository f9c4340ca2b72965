//! A file as it was given: its bytes, gunzipped where it is gzipped, and its SHA-256.

use crate::fault::{IngestError, grouped};
use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};
use std::fs;
use std::io::{ErrorKind, Read};
use std::path::Path;

/// First bytes of a gzip file (RFC 1952, 2.3.1).
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// First bytes of a zip file with at least one entry (APPNOTE 4.3.7); workbooks and zipped shapefiles are such.
const ZIP_MAGIC: [u8; 4] = *b"PK\x03\x04";
/// First and last bytes of a Parquet file.
const PARQUET_MAGIC: [u8; 4] = *b"PAR1";
/// First bytes of a FlatGeobuf file, version 3; the eighth byte is a patch number.
const FLATGEOBUF_MAGIC: [u8; 4] = *b"fgb\x03";

/// How large a file may be. The whole of it is held in memory.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of the file as given.
    pub given: u64,
    /// Bytes once unpacked.
    pub unpacked: u64,
}

impl Default for Limits {
    /// 1 GiB as given and 2 GiB unpacked: fifty times the largest real file met (communes of France, 45 MB unpacked).
    fn default() -> Self {
        Self { given: 1 << 30, unpacked: 2 << 30 }
    }
}

/// What the first bytes say a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A zip archive: a workbook or a zipped shapefile.
    Zip,
    /// Apache Parquet.
    Parquet,
    /// FlatGeobuf.
    FlatGeobuf,
    /// Anything else, taken as text.
    Other,
}

/// A file that was read wholly.
#[derive(Debug)]
pub struct Source {
    name: String,
    sha256: String,
    given_bytes: u64,
    bytes: Vec<u8>,
    gzipped: bool,
}

impl Source {
    /// Reads a file, gunzips it where its first bytes say so, whatever its name.
    ///
    /// # Errors
    /// [`IngestError::File`] where it is missing, a directory, empty, cut short or larger than the default [`Limits`].
    pub fn open(path: &Path) -> Result<Self, IngestError> {
        Self::open_within(path, Limits::default())
    }

    /// [`Source::open`] under other limits.
    ///
    /// # Errors
    /// As [`Source::open`].
    pub fn open_within(path: &Path, limits: Limits) -> Result<Self, IngestError> {
        let name = file_name(path);
        let unreadable = |error: std::io::Error| match error.kind() {
            ErrorKind::NotFound => {
                IngestError::file(path.display().to_string(), "there is no such file", "check the path")
            }
            _ => IngestError::file(&name, format!("cannot be read: {error}"), "check the path and its permissions"),
        };
        let facts = fs::metadata(path).map_err(unreadable)?;
        if facts.is_dir() {
            return Err(IngestError::file(&name, "is a directory, expected a file", "name the file inside it"));
        }
        if facts.len() > limits.given {
            return Err(too_large(&name, limits.given));
        }
        let mut given = Vec::with_capacity(usize::try_from(facts.len()).unwrap_or(0));
        // A special file (a pipe, a device) has no length to trust: the read itself is bounded.
        fs::File::open(path)
            .and_then(|file| file.take(limits.given + 1).read_to_end(&mut given))
            .map_err(unreadable)?;
        Self::from_bytes(&name, given, limits)
    }

    /// A file already in memory; `name` is what messages call it.
    ///
    /// # Errors
    /// As [`Source::open`].
    pub fn from_bytes(name: &str, given: Vec<u8>, limits: Limits) -> Result<Self, IngestError> {
        if given.len() as u64 > limits.given {
            return Err(too_large(name, limits.given));
        }
        if given.is_empty() {
            return Err(IngestError::file(name, "the file is empty", "export it again"));
        }
        let sha256 = hex(&Sha256::digest(&given));
        let given_bytes = given.len() as u64;
        let gzipped = given.starts_with(&GZIP_MAGIC);
        let bytes = if gzipped { gunzip(name, &given, limits.unpacked)? } else { given };
        if bytes.is_empty() {
            return Err(IngestError::file(name, "the gzip holds an empty file", "export it again"));
        }
        Ok(Self { name: name.to_owned(), sha256, given_bytes, bytes, gzipped })
    }

    /// The file's name without its folder, as messages show it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The SHA-256 of the file as given (gzipped, if it was), in hexadecimal.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The length of the file as given.
    pub fn given_bytes(&self) -> u64 {
        self.given_bytes
    }

    /// Whether it was gzipped.
    pub fn gzipped(&self) -> bool {
        self.gzipped
    }

    /// The content, unpacked.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The content, unpacked, without a copy.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// What the content is by its first bytes.
    pub fn kind(&self) -> Kind {
        if self.bytes.starts_with(&ZIP_MAGIC) {
            Kind::Zip
        } else if self.bytes.starts_with(&PARQUET_MAGIC) {
            Kind::Parquet
        } else if self.bytes.starts_with(&FLATGEOBUF_MAGIC) {
            Kind::FlatGeobuf
        } else {
            Kind::Other
        }
    }

    /// The extension of the name, in lower case, without a final `.gz`: `csv` of `a.CSV.gz`.
    pub fn extension(&self) -> String {
        let lower = self.name.to_lowercase();
        let stem = lower.strip_suffix(".gz").unwrap_or(&lower);
        stem.rsplit_once('.').map(|(_, extension)| extension.to_owned()).unwrap_or_default()
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

fn too_large(name: &str, limit: u64) -> IngestError {
    IngestError::file(
        name,
        format!("is larger than the {} MB that are taken", grouped(limit / 1_000_000)),
        "keep only the rows of your campaign, or split the file",
    )
}

fn gunzip(name: &str, given: &[u8], limit: u64) -> Result<Vec<u8>, IngestError> {
    // Text packs to a fifth or so; the first reservation is bounded, the growth by the limit.
    let mut bytes = Vec::with_capacity(given.len().saturating_mul(5).min(1 << 26));
    match MultiGzDecoder::new(given).take(limit + 1).read_to_end(&mut bytes) {
        Ok(_) if bytes.len() as u64 > limit => Err(too_large(name, limit)),
        Ok(_) => Ok(bytes),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Err(IngestError::file(
            name,
            format!(
                "the gzip is cut short: it ends after {} bytes, in the middle of its data",
                grouped(given.len() as u64)
            ),
            "download or copy the file again",
        )),
        Err(error) => {
            Err(IngestError::file(name, format!("the gzip is damaged: {error}"), "download or copy the file again"))
        }
    }
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).expect("writes to memory");
        encoder.finish().expect("ends in memory")
    }

    #[test]
    fn a_gzip_is_known_by_its_bytes_and_hashed_as_given() {
        let given = gzip(b"a,b\n1,2\n");
        let source = Source::from_bytes("f.csv", given.clone(), Limits::default()).expect("a gzip");
        assert_eq!(source.bytes(), b"a,b\n1,2\n");
        assert!(source.gzipped());
        assert_eq!(source.sha256(), hex(&Sha256::digest(&given)));
        assert_eq!(source.given_bytes(), given.len() as u64);
    }

    #[test]
    fn a_gzip_cut_short_says_so() {
        let given = gzip(&b"a,b\n1,2\n".repeat(500));
        let error = Source::from_bytes("f.csv.gz", given[..given.len() / 2].to_vec(), Limits::default())
            .expect_err("half a gzip");
        assert!(error.to_string().contains("cut short"), "{error}");
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let given = gzip(&vec![b'a'; 1 << 20]);
        let limits = Limits { given: 1 << 20, unpacked: 1 << 16 };
        let error = Source::from_bytes("bomb.csv.gz", given, limits).expect_err("a bomb");
        assert!(error.to_string().contains("larger than"), "{error}");
    }

    #[test]
    fn what_is_no_file_with_content_is_refused() {
        let folder = std::env::temp_dir();
        let error = Source::open(&folder).expect_err("a directory");
        assert!(error.to_string().contains("is a directory"), "{error}");
        let error = Source::open(&folder.join("quartier-no-such-file.csv")).expect_err("missing");
        assert!(error.to_string().contains("no such file"), "{error}");
        let error = Source::from_bytes("e.csv", Vec::new(), Limits::default()).expect_err("empty");
        assert!(error.to_string().contains("empty"), "{error}");
    }
}
