//! Tiles at request: skeleton bytes with points, or with the values of a snapshot. No geometry is
//! decoded.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::Write;

use crate::error::{Result, TilesError};
use crate::file::SKELETON;
use crate::mvt::{
    KEY_FEATURE, KEY_ID, KEY_KEYS, KEY_TAGS, KEY_VALUES, put_bytes, put_layer, put_varint, take_feature, varint_len,
};
use crate::points::Points;
use crate::skeleton::SkeletonTile;

/// The figures of one level in one snapshot, by row of the areas table.
pub trait Values {
    /// Number of rows.
    fn rows(&self) -> u32;
    /// The level's id.
    fn level(&self) -> &str;
    /// The area's code.
    fn code(&self, row: u32) -> &str;
    /// The area's name.
    fn name(&self, row: u32) -> &str;
    /// Code of its parent; `None` at the coarsest level.
    fn parent(&self, row: u32) -> Option<&str>;
    /// Its electors; `None` is unknown.
    fn electors(&self, row: u32) -> Option<u32>;
    /// Whether it shows a joint estimate with its neighbours.
    fn pooled(&self, row: u32) -> bool;
    /// Whether counts of its baseline came out of areas of another geography that were divided.
    fn moved_baseline(&self, row: u32) -> bool;
    /// Names of the shares, such as `favourable` and `favourable_low`, in order.
    fn properties(&self) -> &[String];
    /// A share in thousandths; `None` is missing, and then absent from tiles.
    fn thousandths(&self, row: u32, property: usize) -> Option<i16>;
}

/// The values of one level, interned and encoded once per snapshot so that a tile only copies; or those of one tile of
/// a level that is too large for that.
#[derive(Debug)]
pub struct PreparedValues {
    /// The rows, in order, where they are those of one tile.
    rows: Option<Vec<u32>>,
    keys: Vec<Vec<u8>>,
    /// Encoded `values` fields, each distinct value once, and where each ends.
    encoded: Vec<u8>,
    ends: Vec<usize>,
    /// `keys.len()` value numbers a row, in the order of the keys; [`ABSENT`] where there is none.
    cells: Vec<u32>,
}

const ABSENT: u32 = u32::MAX;

fn no_values(row: u32) -> TilesError {
    TilesError::Damaged { kind: SKELETON.name, what: format!("row {row} has no values") }
}

const FIXED_KEYS: [&str; 7] = ["code", "name", "level", "parent", "electors", "pooled", "moved_baseline"];

#[derive(Default)]
struct Interner {
    encoded: Vec<u8>,
    ends: Vec<usize>,
    known: HashMap<Vec<u8>, u32>,
}

impl Interner {
    fn value(&mut self, message: Vec<u8>) -> u32 {
        let next = self.ends.len() as u32;
        let (encoded, ends) = (&mut self.encoded, &mut self.ends);
        *self.known.entry(message).or_insert_with_key(|message| {
            put_bytes(encoded, KEY_VALUES, message);
            ends.push(encoded.len());
            next
        })
    }

    fn text(&mut self, text: &str) -> u32 {
        let mut message = Vec::with_capacity(text.len() + 3);
        put_bytes(&mut message, 0x0A, text.as_bytes());
        self.value(message)
    }

    fn share(&mut self, thousandths: i16) -> u32 {
        let mut message = vec![0x19];
        // The division rounds correctly: this is the double nearest the decimal.
        message.extend_from_slice(&(f64::from(thousandths) / 1000.0).to_le_bytes());
        self.value(message)
    }

    fn number(&mut self, key: u8, v: u64) -> u32 {
        let mut message = vec![key];
        put_varint(&mut message, v);
        self.value(message)
    }
}

impl PreparedValues {
    /// Reads every value once; the cost is per snapshot and level, not per tile.
    pub fn new(values: &impl Values) -> Self {
        Self::of_rows(values, 0..values.rows(), Interner::default(), None)
    }

    /// Reads the values of one tile. Its shares are numbered by their size: numbers that are alike begin with the same
    /// byte, which takes a twelfth off a gzipped tile of two thousand cells.
    ///
    /// # Errors
    /// [`TilesError::Damaged`] where the tile is cut, or has a row that the values lack.
    pub fn of_tile(values: &impl Values, tile: SkeletonTile<'_>) -> Result<Self> {
        let mut rows = Vec::new();
        let mut rest = tile.features;
        while !rest.is_empty() {
            let row = take_feature(&mut rest).ok_or_else(|| SKELETON.damaged("a tile of it is cut"))?.row;
            if row >= values.rows() {
                return Err(no_values(row));
            }
            rows.push(row);
        }
        rows.sort_unstable();
        rows.dedup();
        let properties = values.properties().len();
        let shares = rows.iter().flat_map(|row| (0..properties).filter_map(|at| values.thousandths(*row, at)));
        let mut shares: Vec<i16> = shares.collect();
        shares.sort_unstable();
        shares.dedup();
        let mut interner = Interner::default();
        shares.into_iter().for_each(|share| {
            interner.share(share);
        });
        Ok(Self::of_rows(values, rows.iter().copied(), interner, Some(rows.clone())))
    }

    fn of_rows(
        values: &impl Values,
        all: impl ExactSizeIterator<Item = u32>,
        mut interner: Interner,
        rows: Option<Vec<u32>>,
    ) -> Self {
        let properties = values.properties();
        let names = FIXED_KEYS.iter().copied().chain(properties.iter().map(String::as_str));
        let keys: Vec<Vec<u8>> = names
            .map(|name| {
                let mut key = Vec::new();
                put_bytes(&mut key, KEY_KEYS, name.as_bytes());
                key
            })
            .collect();
        let mut shares = vec![ABSENT; 1 << 16];
        let level = interner.text(values.level());
        let mut cells = Vec::with_capacity(keys.len() * all.len());
        for row in all {
            cells.push(interner.text(values.code(row)));
            cells.push(interner.text(values.name(row)));
            cells.push(level);
            cells.push(values.parent(row).map_or(ABSENT, |p| interner.text(p)));
            let electors = values.electors(row);
            cells.push(electors.map_or(ABSENT, |n| interner.number(0x28, u64::from(n))));
            cells.push(interner.number(0x38, u64::from(values.pooled(row))));
            // Absent where it is not so, as nearly everywhere.
            cells.push(if values.moved_baseline(row) { interner.number(0x38, 1) } else { ABSENT });
            for property in 0..properties.len() {
                cells.push(values.thousandths(row, property).map_or(ABSENT, |v| {
                    let slot = &mut shares[usize::from(v as u16)];
                    if *slot == ABSENT {
                        *slot = interner.share(v);
                    }
                    *slot
                }));
            }
        }
        Self { rows, keys, encoded: interner.encoded, ends: interner.ends, cells }
    }

    /// The value numbers of a row.
    fn cells(&self, row: u32) -> Result<&[u32]> {
        let at = self.rows.as_ref().map_or(Ok(row as usize), |rows| rows.binary_search(&row));
        let (at, width) = (at.map_err(|_| no_values(row))?, self.keys.len());
        self.cells.get(at * width..(at + 1) * width).ok_or_else(|| no_values(row))
    }

    fn encoded(&self, value: u32) -> &[u8] {
        let value = value as usize;
        let start = if value == 0 { 0 } else { self.ends[value - 1] };
        &self.encoded[start..self.ends[value]]
    }
}

/// Where each value stands in the tile under way; `stamp` says which tile a slot belongs to.
#[derive(Default)]
struct Slots {
    stamp: u32,
    slots: Vec<(u32, u32)>,
}

thread_local! {
    static SLOTS: RefCell<Slots> = RefCell::default();
}

/// A valued tile: one layer named `tileset`, MVT id = row.
///
/// # Errors
/// [`TilesError::Damaged`] where the skeleton has a row that the values lack.
pub fn valued_tile(tileset: &str, tile: SkeletonTile<'_>, values: &PreparedValues) -> Result<Vec<u8>> {
    SLOTS.with_borrow_mut(|slots| {
        slots.stamp = slots.stamp.wrapping_add(1);
        if slots.stamp == 0 {
            slots.slots.clear();
            slots.stamp = 1;
        }
        if slots.slots.len() < values.ends.len() {
            slots.slots.resize(values.ends.len(), (0, 0));
        }
        assemble(tileset, tile, values, slots)
    })
}

fn assemble(tileset: &str, tile: SkeletonTile<'_>, values: &PreparedValues, slots: &mut Slots) -> Result<Vec<u8>> {
    let width = values.keys.len();
    let mut key_slots: Vec<Option<u64>> = vec![None; width];
    let (mut keys, mut key_count) = (Vec::new(), 0u64);
    let (mut table, mut value_count) = (Vec::new(), 0u32);
    let mut features = Vec::with_capacity(tile.features.len() * 3);
    let mut tags = Vec::with_capacity(4 * width);
    let mut rest = tile.features;
    while !rest.is_empty() {
        let feature = take_feature(&mut rest).ok_or_else(|| SKELETON.damaged("a tile of it is cut"))?;
        let cells = values.cells(feature.row)?;
        tags.clear();
        for (key, &value) in cells.iter().enumerate().filter(|c| *c.1 != ABSENT) {
            let key = *key_slots[key].get_or_insert_with(|| {
                keys.extend_from_slice(&values.keys[key]);
                key_count += 1;
                key_count - 1
            });
            put_varint(&mut tags, key);
            if values.rows.is_some() {
                put_varint(&mut tags, u64::from(value));
                continue;
            }
            let slot = &mut slots.slots[value as usize];
            if slot.0 != slots.stamp {
                *slot = (slots.stamp, value_count);
                table.extend_from_slice(values.encoded(value));
                value_count += 1;
            }
            put_varint(&mut tags, u64::from(slot.1));
        }
        let id_len = 1 + varint_len(u64::from(feature.row));
        let tags_len = 1 + varint_len(tags.len() as u64) + tags.len();
        features.push(KEY_FEATURE);
        let len = id_len + tags_len + feature.type_and_geometry.len();
        put_varint(&mut features, len as u64);
        features.push(KEY_ID);
        put_varint(&mut features, u64::from(feature.row));
        put_bytes(&mut features, KEY_TAGS, &tags);
        features.extend_from_slice(feature.type_and_geometry);
    }
    let mut out = Vec::new();
    let table = if values.rows.is_some() { &values.encoded } else { &table };
    put_layer(&mut out, tileset, &[&features, &keys, table]);
    Ok(out)
}

/// A geometry tile: the polygons, then the points of the same square where there are some.
pub fn geometry_tile<B: AsRef<[u8]>>(
    tileset: &str,
    tile: SkeletonTile<'_>,
    points: Option<&Points<B>>,
    (zoom, x, y): (u8, u32, u32),
) -> Vec<u8> {
    let mut out = Vec::new();
    put_layer(&mut out, tileset, &[tile.features]);
    if let Some(points) = points {
        points.put_layer(tileset, zoom, x, y, &mut out);
    }
    out
}

/// Gzip of a tile; `level` 1 (fast) to 6 (small).
///
/// # Errors
/// None in practice: the bytes go to memory.
pub fn gzip(bytes: &[u8], level: u32) -> Result<Vec<u8>> {
    let out = Vec::with_capacity(bytes.len() / 3 + 64);
    let mut encoder = flate2::write::GzEncoder::new(out, flate2::Compression::new(level.clamp(1, 6)));
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

#[cfg(test)]
mod tests {
    use fast_mvt::MvtReaderRef;

    use super::*;
    use crate::mvt::put_feature;
    use crate::points::{LabelPoint, compile_points};

    struct Three(Vec<String>);

    impl Values for Three {
        fn rows(&self) -> u32 {
            3
        }
        fn level(&self) -> &str {
            "commune"
        }
        fn code(&self, row: u32) -> &str {
            ["01001", "01002", "2A004"][row as usize]
        }
        fn name(&self, row: u32) -> &str {
            ["Œuilly", "Bourg", "Bourg"][row as usize]
        }
        fn parent(&self, row: u32) -> Option<&str> {
            (row < 2).then_some("01")
        }
        fn electors(&self, row: u32) -> Option<u32> {
            [Some(0), None, Some(70_000)][row as usize]
        }
        fn pooled(&self, row: u32) -> bool {
            row == 1
        }
        fn moved_baseline(&self, row: u32) -> bool {
            row == 2
        }
        fn properties(&self) -> &[String] {
            &self.0
        }
        fn thousandths(&self, row: u32, property: usize) -> Option<i16> {
            [[Some(123), None], [Some(-1000), None], [None, None]][row as usize][property]
        }
    }

    fn square() -> Vec<u8> {
        let mut features = vec![];
        for row in 0..3 {
            put_feature(&mut features, row, &[9, 0, 0, 26, 8, 0, 0, 8, 7, 0, 15]);
        }
        features
    }

    #[test]
    fn a_valued_tile_holds_the_nearest_double_and_no_absent_property() {
        let values = PreparedValues::new(&Three(vec!["margin".into(), "turnout".into()]));
        let features = square();
        let tile = valued_tile("commune", SkeletonTile { features: &features }, &values).expect("tile");
        let reader = MvtReaderRef::new(&tile).expect("decodes");
        assert_eq!(reader.layers().next().expect("layer").features().count(), 3);
        let holds = |part: &[u8]| tile.windows(part.len()).filter(|w| *w == part).count();
        assert_eq!(holds(&0.123f64.to_le_bytes()), 1);
        assert_eq!(holds(&(-1f64).to_le_bytes()), 1);
        assert_eq!(holds(b"Bourg"), 1, "a value is written once");
        assert_eq!(holds(b"turnout"), 0);
        let again = valued_tile("commune", SkeletonTile { features: &features }, &values).expect("tile");
        assert_eq!(tile, again);
    }

    #[test]
    fn values_of_one_tile_say_what_those_of_the_level_say() {
        let three = Three(vec!["margin".into(), "turnout".into()]);
        let mut features = vec![];
        for row in [0, 2, 1] {
            put_feature(&mut features, row, &[9, 0, 0, 26, 8, 0, 0, 8, 7, 0, 15]);
        }
        let tile = SkeletonTile { features: &features };
        let said = |values: &PreparedValues| -> Vec<String> {
            let tile = valued_tile("commune", tile, values).expect("tile");
            let reader = MvtReaderRef::new(&tile).expect("decodes");
            let layer = reader.layers().next().expect("layer");
            let features = layer.features().map(|feature| {
                let mut properties: Vec<String> =
                    feature.properties().map(|property| format!("{:?}", property.expect("a property"))).collect();
                properties.sort();
                format!("{:?} {properties:?}", feature.id())
            });
            features.collect()
        };
        let own = PreparedValues::of_tile(&three, tile).expect("values");
        assert_eq!(said(&own), said(&PreparedValues::new(&three)));
        let number = |share: i16| {
            own.ends.iter().position(|end| own.encoded[..*end].ends_with(&(f64::from(share) / 1000.0).to_le_bytes()))
        };
        assert_eq!([-1000, 123].map(number), [Some(0), Some(1)], "shares come first, by size");
    }

    #[test]
    fn a_row_without_values_is_an_error_and_not_a_zero() {
        let values = PreparedValues::new(&Three(vec!["margin".into()]));
        let mut features = vec![];
        put_feature(&mut features, 3, &[9, 0, 0, 26, 8, 0, 0, 8, 7, 0, 15]);
        let three = Three(vec!["margin".into()]);
        assert!(PreparedValues::of_tile(&three, SkeletonTile { features: &features }).is_err());
        assert!(valued_tile("commune", SkeletonTile { features: &features }, &values).is_err());
    }

    #[test]
    fn a_point_is_in_one_tile_of_each_zoom_and_the_best_ranked_come_first() {
        let label = |row, longitude, electors| LabelPoint { row, longitude, latitude: 46.0, name: "Bourg", electors };
        let mut file = vec![];
        compile_points(&[label(0, 2.0, None), label(1, 2.1, Some(5)), label(2, -60.0, Some(9))], &mut file)
            .expect("writes");
        let points = Points::open(file).expect("opens");
        for zoom in 0..=6u8 {
            let mut seen = 0;
            for (x, y) in (0..1 << zoom).flat_map(|x| (0..1 << zoom).map(move |y| (x, y))) {
                let mut out = vec![];
                points.put_layer("commune", zoom, x, y, &mut out);
                if out.is_empty() {
                    continue;
                }
                let reader = MvtReaderRef::new(&out).expect("decodes");
                seen += reader.layers().next().expect("layer").features().count();
            }
            assert_eq!(seen, 3, "zoom {zoom}");
        }
    }
}
