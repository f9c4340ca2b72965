//! Spatial hashing of edges and points into square cells.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use rayon::prelude::*;

use crate::project::Wide;

/// Hash of integer keys: one multiplication and a fold. Maps with it are looked up, never
/// walked, so the order of their buckets cannot reach a result.
#[derive(Default)]
pub(crate) struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
    fn write(&mut self, bytes: &[u8]) {
        for &b in bytes {
            self.write_u64(u64::from(b));
        }
    }
    fn write_u32(&mut self, v: u32) {
        self.write_u64(u64::from(v));
    }
    fn write_u64(&mut self, v: u64) {
        // Odd constant of Fibonacci hashing, 2^64 / golden ratio (Knuth, TAOCP 3, 6.4).
        self.0 = (self.0.rotate_left(23) ^ v).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
    fn write_i32(&mut self, v: i32) {
        self.write_u64(v as u64);
    }
    fn write_i64(&mut self, v: i64) {
        self.write_u64(v as u64);
    }
}

/// A map from integers.
pub(crate) type KeyMap<K, V> = HashMap<K, V, BuildHasherDefault<KeyHasher>>;

/// Key of the cell in column `cx`, row `cy` (both may be slightly negative).
pub(crate) fn cell_key(cx: i64, cy: i64) -> u64 {
    ((cy + 4) as u64) << 34 | (cx + 4) as u64
}

/// Calls `f(column, row)` for every cell of side 2^`shift` that comes within `pad` units of the
/// segment; conservative, so a few more may be named.
pub(crate) fn cells_near(a: Wide, b: Wide, pad: i64, shift: u32, mut f: impl FnMut(i64, i64)) {
    let (x0, x1) = ((a.x.min(b.x) - pad) >> shift, (a.x.max(b.x) + pad) >> shift);
    let (y0, y1) = ((a.y.min(b.y) - pad) >> shift, (a.y.max(b.y) + pad) >> shift);
    if x1 - x0 <= 1 || y1 - y0 <= 1 {
        for cy in y0..=y1 {
            for cx in x0..=x1 {
                f(cx, cy);
            }
        }
        return;
    }
    let slope = (b.x - a.x) as f64 / (b.y - a.y) as f64;
    let slack = pad as f64 * (1.0 + slope.abs()) + 2.0;
    let at = |y: i64| a.x as f64 + (y - a.y) as f64 * slope;
    for cy in y0..=y1 {
        let (low, high) = (at(cy << shift), at((cy + 1) << shift));
        let from = ((low.min(high) - slack).floor() as i64 >> shift).max(x0);
        let to = ((low.max(high) + slack).ceil() as i64 >> shift).min(x1);
        for cx in from..=to {
            f(cx, cy);
        }
    }
}

/// Cell size (as a shift) at which `n` segments with the given mean extent cover few cells each.
pub(crate) fn shift_for(mean_extent: f64) -> u32 {
    (mean_extent.max(1.0).log2().ceil() as u32 + 1).clamp(2, 30)
}

/// Numbered segments by cell.
pub(crate) struct SegmentBins {
    pub shift: u32,
    entries: Vec<(u64, u32)>,
    starts: Vec<u32>,
    by_key: KeyMap<u64, u32>,
}

impl SegmentBins {
    /// Bins of all segments, each in the cells within `pad` units of it.
    pub(crate) fn new(segments: &[(Wide, Wide)], pad: i64) -> Self {
        let total: f64 = segments.iter().map(|(a, b)| ((a.x - b.x).abs().max((a.y - b.y).abs())) as f64).sum();
        let shift = shift_for((total / segments.len().max(1) as f64).max(2.0 * pad as f64));
        let mut entries = Vec::with_capacity(segments.len() * 2);
        for (i, &(a, b)) in segments.iter().enumerate() {
            cells_near(a, b, pad, shift, |cx, cy| entries.push((cell_key(cx, cy), i as u32)));
        }
        entries.par_sort_unstable();
        let mut starts = Vec::new();
        let mut by_key = KeyMap::default();
        for i in 0..entries.len() {
            if i == 0 || entries[i].0 != entries[i - 1].0 {
                by_key.insert(entries[i].0, starts.len() as u32);
                starts.push(i as u32);
            }
        }
        starts.push(entries.len() as u32);
        Self { shift, entries, starts, by_key }
    }

    /// Segments of every cell that has any.
    pub(crate) fn cells(&self) -> impl IndexedParallelIterator<Item = &[(u64, u32)]> {
        self.starts.par_windows(2).map(|w| &self.entries[w[0] as usize..w[1] as usize])
    }

    /// Segments near a point.
    pub(crate) fn at(&self, p: Wide) -> impl Iterator<Item = u32> + '_ {
        let range = match self.by_key.get(&cell_key(p.x >> self.shift, p.y >> self.shift)) {
            Some(&c) => self.starts[c as usize] as usize..self.starts[c as usize + 1] as usize,
            None => 0..0,
        };
        self.entries[range].iter().map(|e| e.1)
    }
}

/// Numbered points by cell.
pub(crate) struct PointBins {
    pub shift: u32,
    entries: Vec<(u64, u32)>,
    by_key: KeyMap<u64, (u32, u32)>,
}

impl PointBins {
    /// Bins of points with cells of side 2^`shift`.
    pub(crate) fn new(points: impl Iterator<Item = (u32, Wide)>, shift: u32) -> Self {
        let mut entries: Vec<(u64, u32)> = points.map(|(i, p)| (cell_key(p.x >> shift, p.y >> shift), i)).collect();
        entries.par_sort_unstable();
        let mut by_key = KeyMap::default();
        let mut start = 0;
        for i in 1..=entries.len() {
            if i == entries.len() || entries[i].0 != entries[start].0 {
                by_key.insert(entries[start].0, (start as u32, i as u32));
                start = i;
            }
        }
        Self { shift, entries, by_key }
    }

    /// Points in the cell of column `cx` and row `cy`.
    pub(crate) fn cell(&self, cx: i64, cy: i64) -> &[(u64, u32)] {
        match self.by_key.get(&cell_key(cx, cy)) {
            Some(&(from, to)) => &self.entries[from as usize..to as usize],
            None => &[],
        }
    }

    /// Whether `f` holds for any point in the cells that the box covers.
    pub(crate) fn any(&self, low: Wide, high: Wide, mut f: impl FnMut(u32) -> bool) -> bool {
        let across = (high.x >> self.shift) - (low.x >> self.shift) + 1;
        let down = (high.y >> self.shift) - (low.y >> self.shift) + 1;
        if across.saturating_mul(down) > self.entries.len() as i64 {
            return self.entries.iter().any(|e| f(e.1));
        }
        (low.y >> self.shift..=high.y >> self.shift)
            .any(|cy| (low.x >> self.shift..=high.x >> self.shift).any(|cx| self.cell(cx, cy).iter().any(|e| f(e.1))))
    }
}
