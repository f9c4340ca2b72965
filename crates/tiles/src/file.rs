//! The outer form that skeleton and points files share (SPEC-tiles.md): a magic, a body written as
//! it comes, and a trailer that names the parts and checksums all of it.

use std::io::Write;

use crate::error::{Result, TilesError};

/// Version of both formats; any change of bytes raises it.
pub(crate) const VERSION: u32 = 1;
const TRAILER: usize = 8 + 8 + 8 + 8 + 4 + 4 + 32;

pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) magic: [u8; 8],
}

pub(crate) const SKELETON: Kind = Kind { name: "skeleton", magic: *b"QVSKEL1\n" };
pub(crate) const POINTS: Kind = Kind { name: "points", magic: *b"QVPNTS1\n" };

impl Kind {
    pub(crate) fn damaged(&self, what: impl Into<String>) -> TilesError {
        TilesError::Damaged { kind: self.name, what: what.into() }
    }
}

/// Writes bytes while counting and hashing them.
pub(crate) struct Hashed<W> {
    out: W,
    hash: blake3::Hasher,
    pub(crate) written: u64,
}

impl<W: Write> Hashed<W> {
    pub(crate) fn begin(kind: &Kind, out: W) -> Result<Self> {
        let mut this = Self { out, hash: blake3::Hasher::new(), written: 0 };
        this.put(&kind.magic)?;
        Ok(this)
    }

    pub(crate) fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.out.write_all(bytes)?;
        self.hash.update(bytes);
        self.written += bytes.len() as u64;
        Ok(())
    }

    /// Writes index, header and trailer, and flushes.
    pub(crate) fn finish(mut self, index: &[u8], header: &[u8]) -> Result<()> {
        let index_at = self.written;
        self.put(index)?;
        let header_at = self.written;
        self.put(header)?;
        let mut tail = Vec::with_capacity(TRAILER);
        for v in [index_at, index.len() as u64, header_at, header.len() as u64] {
            tail.extend_from_slice(&v.to_le_bytes());
        }
        tail.extend_from_slice(&VERSION.to_le_bytes());
        tail.extend_from_slice(&0u32.to_le_bytes());
        self.put(&tail)?;
        let sum = self.hash.finalize();
        self.out.write_all(sum.as_bytes())?;
        self.out.flush()?;
        Ok(())
    }
}

/// The parts of a verified file, as byte ranges.
#[derive(Debug, Clone)]
pub(crate) struct Parts {
    pub(crate) body: std::ops::Range<usize>,
    pub(crate) index: std::ops::Range<usize>,
    pub(crate) header: std::ops::Range<usize>,
}

/// Checks magic, version, checksum and layout of a whole file.
pub(crate) fn verify(kind: &Kind, bytes: &[u8]) -> Result<Parts> {
    if bytes.len() < 8 + TRAILER || bytes[..8] != kind.magic {
        return Err(kind.damaged("it does not begin as one"));
    }
    let tail_at = bytes.len() - TRAILER;
    let tail = &bytes[tail_at..];
    if blake3::hash(&bytes[..bytes.len() - 32]).as_bytes()[..] != tail[TRAILER - 32..] {
        return Err(kind.damaged("its checksum does not match"));
    }
    let version = le_u32(tail, 32);
    if version != VERSION {
        return Err(TilesError::Version { kind: kind.name, found: version, expected: VERSION });
    }
    let [index_at, index_len, header_at, header_len] = [0, 8, 16, 24].map(|at| le_u64(tail, at));
    let sound = index_at >= 8
        && index_at.checked_add(index_len) == Some(header_at)
        && header_at.checked_add(header_len) == Some(tail_at as u64);
    if !sound {
        return Err(kind.damaged("its parts do not follow one another"));
    }
    let (index_at, header_at) = (index_at as usize, header_at as usize);
    Ok(Parts { body: 8..index_at, index: index_at..header_at, header: header_at..tail_at })
}

/// Reads a little-endian number; the caller has checked the length.
pub(crate) fn le_u32(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

/// Reads a little-endian number; the caller has checked the length.
pub(crate) fn le_u64(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}
