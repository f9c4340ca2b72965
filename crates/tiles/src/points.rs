//! The `{tileset}_points` layer: one point an area, for labels and circles.
//!
//! An area's point lies in exactly one tile of each zoom (clients ignore points beyond a tile's
//! own square), so a file keeps each point once, in Hilbert order of its tile at zoom 14: the
//! points of any tile are one stretch of the file.

use std::io::Write;

use crate::error::Result;
use crate::file::{Hashed, POINTS, Parts, le_u32, verify};
use crate::grid::{DEEPEST_ZOOM, EXTENT_BITS, project, tile_id};
use crate::mvt::{
    KEY_FEATURE, KEY_GEOMETRY, KEY_ID, KEY_KEYS, KEY_TAGS, KEY_TYPE, KEY_VALUES, POINT, point_commands, put_bytes,
    put_layer, put_varint,
};

/// Bytes of a record: x, y, row, rank, name start, name length, each u32.
const RECORD: usize = 24;

/// Labels a tile keeps at most, the best ranks first; a screen shows some hundreds.
pub const MOST_POINTS: usize = 2_000;

/// An area's label: where it sits and what it says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LabelPoint<'a> {
    /// Row in the areas table.
    pub row: u32,
    /// Degrees, WGS 84.
    pub longitude: f64,
    /// Degrees, WGS 84.
    pub latitude: f64,
    /// The area's name.
    pub name: &'a str,
    /// Its electors; `None` is unknown and ranks last.
    pub electors: Option<u32>,
}

/// Writes the points file. Points without finite coordinates are left out.
///
/// # Errors
/// [`crate::TilesError::Io`].
pub fn compile_points(points: &[LabelPoint<'_>], out: impl Write) -> Result<()> {
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_by_key(|&i| (std::cmp::Reverse(points[i].electors), points[i].row));
    let mut placed: Vec<(u64, u32, [i32; 2], u32, &str)> = Vec::with_capacity(points.len());
    for (rank, &i) in (1u32..).zip(&order) {
        let p = &points[i];
        if let Some(at) = project(DEEPEST_ZOOM, p.longitude, p.latitude) {
            let tile = at.map(|v| (v >> EXTENT_BITS) as u32);
            placed.push((tile_id(DEEPEST_ZOOM, tile[0], tile[1]), p.row, at, rank, p.name));
        }
    }
    placed.sort_unstable();
    let mut file = Hashed::begin(&POINTS, out)?;
    let mut index = Vec::with_capacity(placed.len() * RECORD);
    for (_, row, at, rank, name) in placed {
        let fields = [at[0] as u32, at[1] as u32, row, rank, file.written as u32, name.len() as u32];
        fields.iter().for_each(|v| index.extend_from_slice(&v.to_le_bytes()));
        file.put(name.as_bytes())?;
    }
    file.finish(&index, b"{}")
}

/// A points file whose checksum has been verified.
#[derive(Debug)]
pub struct Points<B> {
    bytes: B,
    parts: Parts,
}

impl<B: AsRef<[u8]>> Points<B> {
    /// Verifies a whole file.
    ///
    /// # Errors
    /// [`crate::TilesError::Damaged`] or [`crate::TilesError::Version`].
    pub fn open(bytes: B) -> Result<Self> {
        let all = bytes.as_ref();
        let parts = verify(&POINTS, all)?;
        let index = &all[parts.index.clone()];
        let sound = |r: &[u8]| {
            let (start, len) = (le_u32(r, 16) as usize, le_u32(r, 20) as usize);
            start >= 8 && start + len <= parts.body.end
        };
        if index.len() % RECORD != 0 || !index.chunks_exact(RECORD).all(sound) {
            return Err(POINTS.damaged("its records are out of order"));
        }
        Ok(Self { bytes, parts })
    }

    /// Number of points.
    pub fn len(&self) -> usize {
        self.parts.index.len() / RECORD
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends the layer `{tileset}_points` of a tile to `out`; nothing where it has no point.
    pub fn put_layer(&self, tileset: &str, zoom: u8, x: u32, y: u32, out: &mut Vec<u8>) {
        if zoom > DEEPEST_ZOOM || u64::from(x.max(y)) >= 1 << zoom {
            return;
        }
        let all = self.bytes.as_ref();
        let records = &all[self.parts.index.clone()];
        let place = |r: &[u8]| {
            let tile = |at| le_u32(r, at) >> EXTENT_BITS;
            tile_id(DEEPEST_ZOOM, tile(0), tile(4)) - tile_id(DEEPEST_ZOOM, 0, 0)
        };
        // A tile's descendants at zoom 14 are one stretch of the Hilbert curve.
        let bits = 2 * u32::from(DEEPEST_ZOOM - zoom);
        let first = (tile_id(zoom, x, y) - tile_id(zoom, 0, 0)) << bits;
        let find = |bound: u64| {
            let (mut low, mut high) = (0, self.len());
            while low < high {
                let middle = low.midpoint(high);
                if place(&records[middle * RECORD..]) < bound {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            low
        };
        let (from, to) = (find(first), find(first + (1 << bits)));
        let mut found: Vec<&[u8]> = records[from * RECORD..to * RECORD].chunks_exact(RECORD).collect();
        if found.is_empty() {
            return;
        }
        if found.len() > MOST_POINTS {
            found.select_nth_unstable_by_key(MOST_POINTS, |r| le_u32(r, 12));
            found.truncate(MOST_POINTS);
        }
        found.sort_unstable_by_key(|r| le_u32(r, 12));
        let (mut features, mut values) = (Vec::new(), Vec::new());
        let (mut names, mut count) = (std::collections::HashMap::new(), 0u64);
        for r in found {
            let shift = u32::from(DEEPEST_ZOOM - zoom);
            let [px, py, row, rank, start, len] = [0, 4, 8, 12, 16, 20].map(|at| le_u32(r, at));
            let local = |v: u32| ((v >> shift) & 0xFFF) as i32;
            let name = &all[start as usize..(start + len) as usize];
            let name_at = *names.entry(name).or_insert_with(|| {
                let mut value = Vec::with_capacity(name.len() + 3);
                put_bytes(&mut value, 0x0A, name);
                put_bytes(&mut values, KEY_VALUES, &value);
                count += 1;
                count - 1
            });
            let mut value = vec![0x28];
            put_varint(&mut value, u64::from(rank));
            put_bytes(&mut values, KEY_VALUES, &value);
            let mut tags = vec![0];
            put_varint(&mut tags, name_at);
            tags.push(1);
            put_varint(&mut tags, count);
            count += 1;
            let mut feature = vec![KEY_ID];
            put_varint(&mut feature, u64::from(row));
            put_bytes(&mut feature, KEY_TAGS, &tags);
            feature.extend_from_slice(&[KEY_TYPE, POINT]);
            put_bytes(&mut feature, KEY_GEOMETRY, &point_commands(local(px), local(py)));
            put_bytes(&mut features, KEY_FEATURE, &feature);
        }
        let mut keys = Vec::new();
        put_bytes(&mut keys, KEY_KEYS, b"name");
        put_bytes(&mut keys, KEY_KEYS, b"rank");
        put_layer(out, &format!("{tileset}_points"), &[&features, &keys, &values]);
    }
}
