//! Rows of variable length: outlines (bytes) and neighbours (rows).

use crate::map::SharedBytes;
use crate::table::TableFault;
use std::io::{self, Write};
use std::ops::Range;

/// The imported polygon of each row as WKB, opaque here; nothing for an area without one.
#[derive(Debug, Clone)]
pub struct Outlines(Packed);

/// The rows that touch each row.
#[derive(Debug, Clone)]
pub struct Neighbours(Packed);

const OUTLINES_MAGIC: &[u8; 4] = b"QOL1";
const NEIGHBOURS_MAGIC: &[u8; 4] = b"QNB1";

impl Outlines {
    /// Of no row.
    pub(crate) fn none() -> Self {
        Self(Packed::none(OUTLINES_MAGIC))
    }

    pub(crate) fn new(bytes: SharedBytes) -> Result<Self, TableFault> {
        Packed::new(bytes, OUTLINES_MAGIC).map(Self)
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.0.rows
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.0.rows == 0
    }

    /// WKB of a row's polygon in WGS 84; `None` without one, or beyond the end.
    pub fn wkb(&self, row: usize) -> Option<&[u8]> {
        let bytes = self.0.row(row)?;
        (!bytes.is_empty()).then_some(bytes)
    }

    pub(crate) fn write(rows: &[Option<Vec<u8>>], out: &mut dyn Write) -> io::Result<()> {
        let lengths = rows.iter().map(|row| row.as_ref().map_or(0, Vec::len));
        write_head(OUTLINES_MAGIC, lengths, out)?;
        rows.iter().flatten().try_for_each(|row| out.write_all(row))
    }
}

impl Neighbours {
    /// Of no row.
    pub(crate) fn none() -> Self {
        Self(Packed::none(NEIGHBOURS_MAGIC))
    }

    pub(crate) fn new(bytes: SharedBytes) -> Result<Self, TableFault> {
        let packed = Packed::new(bytes, NEIGHBOURS_MAGIC)?;
        for row in 0..packed.rows {
            let bytes = packed.row(row).unwrap_or_default();
            if !bytes.len().is_multiple_of(4) || rows_of(bytes).any(|other| other as usize >= packed.rows) {
                return Err(TableFault(format!("row {row} names a neighbour that is no row")));
            }
        }
        Ok(Self(packed))
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.0.rows
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.0.rows == 0
    }

    /// The neighbours of a row; none beyond the end.
    pub fn of(&self, row: usize) -> impl Iterator<Item = u32> + '_ {
        rows_of(self.0.row(row).unwrap_or_default())
    }

    pub(crate) fn write(rows: &[Vec<u32>], out: &mut dyn Write) -> io::Result<()> {
        write_head(NEIGHBOURS_MAGIC, rows.iter().map(|row| row.len() * 4), out)?;
        rows.iter().flatten().try_for_each(|other| out.write_all(&other.to_le_bytes()))
    }
}

fn rows_of(bytes: &[u8]) -> impl Iterator<Item = u32> + '_ {
    bytes.chunks_exact(4).map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
}

/// Magic, u32 number of rows, u64 offset of each row and of the end (from the start of the data), data.
#[derive(Debug, Clone)]
struct Packed {
    bytes: SharedBytes,
    rows: usize,
    data: usize,
}

impl Packed {
    fn none(magic: &[u8; 4]) -> Self {
        let mut bytes = Vec::new();
        write_head(magic, std::iter::empty(), &mut bytes).expect("memory takes every byte");
        Self::new(SharedBytes::from(bytes), magic).expect("no row is lawful")
    }

    fn new(bytes: SharedBytes, magic: &[u8; 4]) -> Result<Self, TableFault> {
        let fault = |why: &str| Err(TableFault(why.to_owned()));
        let Some((head, rest)) = bytes.split_at_checked(8) else { return fault("shorter than its header") };
        if head[..4] != *magic {
            return fault("its first four bytes are not those of its kind");
        }
        let rows = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        let Some(index) = rows.checked_add(1).and_then(|count| count.checked_mul(8)) else {
            return fault("too many rows");
        };
        if rest.len() < index {
            return fault("its index is cut short");
        }
        let packed = Self { data: 8 + index, rows, bytes };
        let mut last = 0;
        for row in 0..=rows {
            let offset = packed.offset(row);
            if offset < last || offset > (packed.bytes.len() - packed.data) as u64 {
                return fault("an offset of its index is out of order or beyond the end");
            }
            last = offset;
        }
        if packed.offset(0) != 0 || last != (packed.bytes.len() - packed.data) as u64 {
            return fault("its index does not cover its data");
        }
        Ok(packed)
    }

    /// Offset of a row, or of the end, from the start of the data; `row` at most the number of rows.
    fn offset(&self, row: usize) -> u64 {
        let mut own = [0; 8];
        own.copy_from_slice(&self.bytes[8 + row * 8..16 + row * 8]);
        u64::from_le_bytes(own)
    }

    fn row(&self, row: usize) -> Option<&[u8]> {
        if row >= self.rows {
            return None;
        }
        let Range { start, end } = self.offset(row) as usize..self.offset(row + 1) as usize;
        self.bytes.get(self.data + start..self.data + end)
    }
}

fn write_head(magic: &[u8; 4], lengths: impl ExactSizeIterator<Item = usize>, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(magic)?;
    let rows = u32::try_from(lengths.len()).map_err(|_| io::Error::other("more than 2^32 rows"))?;
    out.write_all(&rows.to_le_bytes())?;
    let mut offset = 0u64;
    out.write_all(&offset.to_le_bytes())?;
    for length in lengths {
        offset += length as u64;
        out.write_all(&offset.to_le_bytes())?;
    }
    Ok(())
}
