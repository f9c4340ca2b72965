//! The few bytes of protobuf that a Mapbox Vector Tile 2.1 needs.

use crate::grid::{EXTENT, Point};

/// Field of a feature within a layer, as a protobuf key (field 2, bytes).
pub(crate) const KEY_FEATURE: u8 = 0x12;
/// Protobuf key of a layer's `keys` (field 3, bytes).
pub(crate) const KEY_KEYS: u8 = 0x1A;
/// Protobuf key of a layer's `values` (field 4, bytes).
pub(crate) const KEY_VALUES: u8 = 0x22;
/// Protobuf key of a feature's `id` (field 1, varint).
pub(crate) const KEY_ID: u8 = 0x08;
/// Protobuf key of a feature's `tags` (field 2, packed).
pub(crate) const KEY_TAGS: u8 = 0x12;
/// Protobuf key of a feature's `type` (field 3, varint), followed by 1 point or 3 polygon.
pub(crate) const KEY_TYPE: u8 = 0x18;
/// Protobuf key of a feature's `geometry` (field 4, packed).
pub(crate) const KEY_GEOMETRY: u8 = 0x22;
/// `type` of a point feature.
pub(crate) const POINT: u8 = 1;
/// `type` of a polygon feature.
pub(crate) const POLYGON: u8 = 3;

const KEY_LAYER: u8 = 0x1A;
/// `extent` 4096 and `version` 2, the fixed end of every layer.
const LAYER_END: [u8; 5] = [0x28, 0x80, 0x20, 0x78, 0x02];
const _: () = assert!(EXTENT == 4096, "LAYER_END spells 4096 as a varint");

const MOVE_ONE: u64 = (1 << 3) | 1;
const CLOSE: u8 = (1 << 3) | 7;

pub(crate) fn put_varint(out: &mut Vec<u8>, mut v: u64) {
    while v > 0x7F {
        out.push(v as u8 | 0x80);
        v >>= 7;
    }
    out.push(v as u8);
}

pub(crate) fn varint_len(v: u64) -> usize {
    (64 - (v | 1).leading_zeros() as usize).div_ceil(7)
}

/// Reads a varint at the front of `bytes` and moves past it; `None` where there is none.
pub(crate) fn take_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut v = 0u64;
    for (i, &b) in bytes.iter().enumerate().take(10) {
        v |= u64::from(b & 0x7F) << (7 * i);
        if b < 0x80 {
            *bytes = &bytes[i + 1..];
            return Some(v);
        }
    }
    None
}

fn zigzag(v: i32) -> u64 {
    u64::from(((v << 1) ^ (v >> 31)) as u32)
}

pub(crate) fn put_bytes(out: &mut Vec<u8>, key: u8, payload: &[u8]) {
    out.push(key);
    put_varint(out, payload.len() as u64);
    out.extend_from_slice(payload);
}

/// A layer around ready features (and, where it has attributes, ready `keys` and `values` fields).
pub(crate) fn put_layer(out: &mut Vec<u8>, name: &str, parts: &[&[u8]]) {
    let name_len = 1 + varint_len(name.len() as u64) + name.len();
    let body: usize = parts.iter().map(|p| p.len()).sum();
    out.reserve(name_len + body + LAYER_END.len() + 8);
    out.push(KEY_LAYER);
    put_varint(out, (name_len + body + LAYER_END.len()) as u64);
    put_bytes(out, 0x0A, name.as_bytes());
    for part in parts {
        out.extend_from_slice(part);
    }
    out.extend_from_slice(&LAYER_END);
}

/// The commands of one polygon feature: closed rings (first vertex not repeated), each exterior
/// ring before its holes.
#[derive(Debug, Default)]
pub(crate) struct Commands {
    pub(crate) bytes: Vec<u8>,
    cursor: Point,
}

impl Commands {
    pub(crate) fn restart(&mut self, origin: Point) {
        self.bytes.clear();
        self.cursor = origin;
    }

    pub(crate) fn ring(&mut self, ring: &[Point]) {
        let Some((&first, rest)) = ring.split_first() else {
            return;
        };
        put_varint(&mut self.bytes, MOVE_ONE);
        self.go(first);
        put_varint(&mut self.bytes, ((rest.len() as u64) << 3) | 2);
        for &p in rest {
            self.go(p);
        }
        self.bytes.push(CLOSE);
    }

    fn go(&mut self, p: Point) {
        let (dx, dy) = (zigzag(p[0] - self.cursor[0]), zigzag(p[1] - self.cursor[1]));
        self.cursor = p;
        if (dx | dy) < 0x80 {
            self.bytes.extend_from_slice(&[dx as u8, dy as u8]);
        } else {
            put_varint(&mut self.bytes, dx);
            put_varint(&mut self.bytes, dy);
        }
    }
}

/// The commands of one point.
pub(crate) fn point_commands(x: i32, y: i32) -> Vec<u8> {
    let mut out = Vec::with_capacity(8);
    put_varint(&mut out, MOVE_ONE);
    put_varint(&mut out, zigzag(x));
    put_varint(&mut out, zigzag(y));
    out
}

/// One whole polygon feature without tags, as a layer's field.
pub(crate) fn put_feature(out: &mut Vec<u8>, row: u32, geometry: &[u8]) {
    let id_len = 1 + varint_len(u64::from(row));
    let tail = 2 + 1 + varint_len(geometry.len() as u64) + geometry.len();
    out.push(KEY_FEATURE);
    put_varint(out, (id_len + tail) as u64);
    out.push(KEY_ID);
    put_varint(out, u64::from(row));
    out.extend_from_slice(&[KEY_TYPE, POLYGON]);
    put_bytes(out, KEY_GEOMETRY, geometry);
}

/// A feature as [`put_feature`] wrote it: its row, and its type and geometry still encoded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EncodedFeature<'a> {
    pub(crate) row: u32,
    pub(crate) type_and_geometry: &'a [u8],
}

/// Takes the next feature off the front; `None` where the bytes are not a feature.
pub(crate) fn take_feature<'a>(bytes: &mut &'a [u8]) -> Option<EncodedFeature<'a>> {
    let (&key, rest) = bytes.split_first()?;
    let mut rest = rest;
    let len = usize::try_from(take_varint(&mut rest)?).ok()?;
    if key != KEY_FEATURE || len > rest.len() {
        return None;
    }
    let (feature, after) = rest.split_at(len);
    *bytes = after;
    let (&key, mut feature) = feature.split_first()?;
    let row = u32::try_from(take_varint(&mut feature)?).ok()?;
    (key == KEY_ID).then_some(EncodedFeature { row, type_and_geometry: feature })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_varint_is_read_as_it_was_written_and_its_length_is_known() {
        for v in [0, 1, 127, 128, 16_383, 16_384, u64::from(u32::MAX), u64::MAX] {
            let mut bytes = vec![];
            put_varint(&mut bytes, v);
            assert_eq!(bytes.len(), varint_len(v));
            let mut rest = bytes.as_slice();
            assert_eq!(take_varint(&mut rest), Some(v));
            assert!(rest.is_empty());
        }
        assert_eq!(take_varint(&mut [0x80u8, 0x80].as_slice()), None);
    }

    #[test]
    fn the_commands_of_the_specifications_polygon_are_those_it_prints() {
        // MVT 2.1, section 4.3.5.6, first example, with its winding.
        let mut commands = Commands::default();
        commands.ring(&[[3, 6], [8, 12], [20, 34]]);
        assert_eq!(commands.bytes, [9, 6, 12, 18, 10, 12, 24, 44, 15]);
    }

    #[test]
    fn a_feature_is_taken_back_with_its_geometry_untouched() {
        let mut bytes = vec![];
        put_feature(&mut bytes, 35_356, &[1, 2, 3]);
        put_feature(&mut bytes, 0, &[4]);
        let mut rest = bytes.as_slice();
        let first = take_feature(&mut rest).expect("first");
        assert_eq!((first.row, first.type_and_geometry), (35_356, &[0x18, 3, 0x22, 3, 1, 2, 3][..]));
        assert_eq!(take_feature(&mut rest).expect("second").row, 0);
        assert!(rest.is_empty());
        assert!(take_feature(&mut &bytes[..5]).is_none());
    }
}
