//! The skeleton file of one tileset: every tile's polygons, encoded once, read without decoding.

use std::collections::HashMap;
use std::io::Write;

use serde::{Deserialize, Serialize};

use crate::error::{Result, TilesError};
use crate::file::{Hashed, Parts, SKELETON, le_u32, le_u64, verify};
use crate::grid::tile_id;

/// Bytes of an index entry: id u64, offset u64, length u32, run u32.
const ENTRY: usize = 24;

/// Tiles up to this many bytes are stored once if they recur: a tile inside one area is 30 to 40.
const SHARED_BYTES: usize = 64;

/// What a client must know of a tileset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TilesetInfo {
    /// Level or grouping id; name of the layer.
    pub tileset: String,
    /// First zoom with tiles.
    pub minzoom: u8,
    /// Last zoom with tiles; clients overzoom beyond.
    pub maxzoom: u8,
    /// West, south, east, north in degrees, of the polygons at `maxzoom`; `None` without any.
    pub bounds: Option<[f64; 4]>,
    /// Longitude, latitude and zoom to begin with; `None` without any polygon.
    pub center: Option<[f64; 3]>,
    /// Rows of the areas table.
    pub rows: u32,
    /// Content hash of the geometry, 64 hexadecimal digits, as the compiler was told.
    pub content: String,
}

/// What a tile's address leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup<'a> {
    /// A tile with at least one polygon.
    Tile(SkeletonTile<'a>),
    /// A tile without polygons: HTTP 204.
    Empty,
    /// A zoom without tiles, or a column or row outside the world: HTTP 404.
    OutOfRange,
}

/// The polygons of one tile, as the `feature` fields of an MVT layer, in row order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SkeletonTile<'a> {
    pub(crate) features: &'a [u8],
}

impl<'a> SkeletonTile<'a> {
    /// Of features encoded by this room.
    pub fn of(features: &'a [u8]) -> Self {
        Self { features }
    }
}

/// A skeleton file whose checksum has been verified. `B` is memory or a memory map.
#[derive(Debug)]
pub struct Skeleton<B> {
    bytes: B,
    parts: Parts,
    info: TilesetInfo,
}

impl<B: AsRef<[u8]>> Skeleton<B> {
    /// Verifies a whole file; reads every byte once.
    ///
    /// # Errors
    /// [`TilesError::Damaged`] or [`TilesError::Version`].
    pub fn open(bytes: B) -> Result<Self> {
        let all = bytes.as_ref();
        let parts = verify(&SKELETON, all)?;
        let info: TilesetInfo = serde_json::from_slice(&all[parts.header.clone()])
            .map_err(|e| SKELETON.damaged(format!("its header cannot be read ({e})")))?;
        let index = &all[parts.index.clone()];
        if index.len() % ENTRY != 0 {
            return Err(SKELETON.damaged("its index is cut"));
        }
        let mut next = 0;
        for entry in index.chunks_exact(ENTRY) {
            let (id, offset) = (le_u64(entry, 0), le_u64(entry, 8));
            let (length, run) = (u64::from(le_u32(entry, 16)), u64::from(le_u32(entry, 20)));
            let within = offset >= 8 && offset.checked_add(length).is_some_and(|end| end <= parts.body.end as u64);
            if id < next || run == 0 || !within {
                return Err(SKELETON.damaged("its index is out of order"));
            }
            next = id.saturating_add(run);
        }
        Ok(Self { bytes, parts, info })
    }

    /// Facts for TileJSON and clients.
    pub fn info(&self) -> &TilesetInfo {
        &self.info
    }

    /// Finds a tile.
    pub fn tile(&self, zoom: u8, x: u32, y: u32) -> Lookup<'_> {
        let side = 1u64 << zoom.min(63);
        if !(self.info.minzoom..=self.info.maxzoom).contains(&zoom) || u64::from(x) >= side || u64::from(y) >= side {
            return Lookup::OutOfRange;
        }
        let all = self.bytes.as_ref();
        let index = &all[self.parts.index.clone()];
        let id = tile_id(zoom, x, y);
        let (mut low, mut high) = (0, index.len() / ENTRY);
        while low < high {
            let middle = low.midpoint(high);
            let entry = &index[middle * ENTRY..];
            let first = le_u64(entry, 0);
            if id < first {
                high = middle;
            } else if id >= first + u64::from(le_u32(entry, 20)) {
                low = middle + 1;
            } else {
                let at = le_u64(entry, 8) as usize;
                let features = &all[at..at + le_u32(entry, 16) as usize];
                return Lookup::Tile(SkeletonTile { features });
            }
        }
        Lookup::Empty
    }
}

struct Entry {
    id: u64,
    offset: u64,
    length: u32,
    run: u32,
}

/// Writes tiles as they come, in the order of their ids.
pub(crate) struct SkeletonWriter<W> {
    out: Hashed<W>,
    entries: Vec<Entry>,
    shared: HashMap<Vec<u8>, u64>,
}

impl<W: Write> SkeletonWriter<W> {
    pub(crate) fn begin(out: W) -> Result<Self> {
        let out = Hashed::begin(&SKELETON, out)?;
        Ok(Self { out, entries: Vec::new(), shared: HashMap::new() })
    }

    pub(crate) fn tile(&mut self, id: u64, features: &[u8]) -> Result<()> {
        let length =
            u32::try_from(features.len()).map_err(|_| TilesError::Options(format!("tile {id} has over 4 GiB")))?;
        let known = (features.len() <= SHARED_BYTES).then(|| self.shared.get(features)).flatten();
        let offset = match known {
            Some(&offset) => offset,
            None => {
                let offset = self.out.written;
                self.out.put(features)?;
                if features.len() <= SHARED_BYTES {
                    self.shared.insert(features.to_vec(), offset);
                }
                offset
            }
        };
        match self.entries.last_mut() {
            Some(e) if e.offset == offset && e.length == length && e.id + u64::from(e.run) == id => {
                e.run += 1;
            }
            _ => self.entries.push(Entry { id, offset, length, run: 1 }),
        }
        Ok(())
    }

    pub(crate) fn finish(self, info: &TilesetInfo) -> Result<()> {
        let mut index = Vec::with_capacity(self.entries.len() * ENTRY);
        for e in &self.entries {
            index.extend_from_slice(&e.id.to_le_bytes());
            index.extend_from_slice(&e.offset.to_le_bytes());
            index.extend_from_slice(&e.length.to_le_bytes());
            index.extend_from_slice(&e.run.to_le_bytes());
        }
        let header = serde_json::to_vec(info).map_err(std::io::Error::from)?;
        self.out.finish(&index, &header)
    }
}
