//! Glyph ranges for map labels: one TrueType font to the SDF protobuf files that MapLibre reads.
//!
//! `cargo run -p quartier-cartography --example glyphs -- FONT.ttf STACK OUT_DIR`
//!
//! Writes `OUT_DIR/{first}-{last}.pbf` for each range of 256 code points of [`BLOCKS`] in which the font has a glyph,
//! and removes the ranges that it no longer has. Deterministic. Used by `make -C tiles glyphs`; the result is
//! committed, so nothing else calls it.
//!
//! A glyph is a signed distance field: each pixel holds `255 (1 - CUTOFF - d / RADIUS)` where d is the distance to the
//! outline in pixels, negative inside, clamped to 0..=255. Field numbers are those of the `glyphs.proto` that the
//! renderers of vector tiles share.

use std::path::{Path, PathBuf};
use ttf_parser::{Face, GlyphId, OutlineBuilder};

/// Pixels per em at which glyphs are drawn; the renderers assume it.
const EM_PX: f64 = 24.0;
/// Pixels around each glyph, so that a halo has a field to read; the renderers assume it.
const BORDER_PX: i32 = 3;
/// Distance in pixels over which the field falls from 255 to 0.
const RADIUS_PX: f64 = 8.0;
/// Share of the field that lies inside the outline.
const CUTOFF: f64 = 0.25;
/// Straight pieces in the place of one curve; at 24 px an em a tenth of them would be off by less than a quarter pixel.
const CURVE_PIECES: u32 = 12;
/// First and last code point of the blocks worth shipping: Latin and IPA, marks, Greek, Cyrillic, Latin Extended
/// Additional, Greek Extended, punctuation, super- and subscripts, currency, letterlike, numbers, arrows, mathematics,
/// shapes, Latin Extended-C/D, presentation forms.
const BLOCKS: [(u32, u32); 4] = [(0x0000, 0x05FF), (0x1D00, 0x22FF), (0x2500, 0x26FF), (0xFB00, 0xFBFF)];

/// A line from one point to another, in pixels, y upwards.
#[derive(Clone, Copy)]
struct Segment {
    from: [f64; 2],
    to: [f64; 2],
}

/// Collects an outline as straight pieces.
struct Tracer {
    px_per_unit: f64,
    first: [f64; 2],
    last: [f64; 2],
    segments: Vec<Segment>,
}

impl Tracer {
    fn scaled(&self, x: f32, y: f32) -> [f64; 2] {
        [f64::from(x) * self.px_per_unit, f64::from(y) * self.px_per_unit]
    }

    fn draw_to(&mut self, point: [f64; 2]) {
        if point != self.last {
            self.segments.push(Segment { from: self.last, to: point });
        }
        self.last = point;
    }

    /// A Bézier curve of any degree by de Casteljau's construction; `control` holds the points after the current one.
    fn curve(&mut self, control: &[[f64; 2]]) {
        let mut hull = vec![self.last];
        hull.extend_from_slice(control);
        for step in 1..=CURVE_PIECES {
            let t = f64::from(step) / f64::from(CURVE_PIECES);
            let mut points = hull.clone();
            while points.len() > 1 {
                points = points
                    .windows(2)
                    .map(|pair| [0, 1].map(|axis| pair[0][axis] + (pair[1][axis] - pair[0][axis]) * t))
                    .collect();
            }
            self.draw_to(points[0]);
        }
    }
}

impl OutlineBuilder for Tracer {
    fn move_to(&mut self, x: f32, y: f32) {
        self.first = self.scaled(x, y);
        self.last = self.first;
    }
    fn line_to(&mut self, x: f32, y: f32) {
        let point = self.scaled(x, y);
        self.draw_to(point);
    }
    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let control = [self.scaled(x1, y1), self.scaled(x, y)];
        self.curve(&control);
    }
    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let control = [self.scaled(x1, y1), self.scaled(x2, y2), self.scaled(x, y)];
        self.curve(&control);
    }
    fn close(&mut self) {
        let first = self.first;
        self.draw_to(first);
    }
}

/// Distance in pixels from a point to an outline, negative inside by the non-zero winding rule.
fn signed_distance(outline: &[Segment], [x, y]: [f64; 2]) -> f64 {
    let mut nearest2 = f64::INFINITY;
    let mut winding = 0;
    for Segment { from, to } in outline {
        let along = [to[0] - from[0], to[1] - from[1]];
        let length2 = along[0] * along[0] + along[1] * along[1];
        let t = (((x - from[0]) * along[0] + (y - from[1]) * along[1]) / length2).clamp(0.0, 1.0);
        let away = [x - from[0] - t * along[0], y - from[1] - t * along[1]];
        nearest2 = nearest2.min(away[0] * away[0] + away[1] * away[1]);
        let crosses_upwards = from[1] <= y && to[1] > y;
        let crosses_downwards = from[1] > y && to[1] <= y;
        if (crosses_upwards || crosses_downwards) && from[0] + (y - from[1]) / along[1] * along[0] > x {
            winding += if crosses_upwards { 1 } else { -1 };
        }
    }
    if winding == 0 { nearest2.sqrt() } else { -nearest2.sqrt() }
}

/// A protobuf message that is being written.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push((value & 0x7F) as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
    fn unsigned(&mut self, field: u64, value: u64) {
        self.varint(field << 3);
        self.varint(value);
    }
    /// A `sint32`, zigzag coded.
    fn signed(&mut self, field: u64, value: i32) {
        self.unsigned(field, u64::from(((value << 1) ^ (value >> 31)) as u32));
    }
    fn bytes(&mut self, field: u64, value: &[u8]) {
        self.varint(field << 3 | 2);
        self.varint(value.len() as u64);
        self.0.extend_from_slice(value);
    }
}

/// One glyph as its protobuf message.
fn glyph(face: &Face, id: GlyphId, code_point: u32) -> Message {
    let px_per_unit = EM_PX / f64::from(face.units_per_em());
    let ascender_px = (f64::from(face.ascender()) * px_per_unit).round() as i32;
    let advance_px = (f64::from(face.glyph_hor_advance(id).unwrap_or(0)) * px_per_unit).round() as u64;
    let mut tracer = Tracer { px_per_unit, first: [0.0; 2], last: [0.0; 2], segments: Vec::new() };
    face.outline_glyph(id, &mut tracer);
    let outline = tracer.segments;

    let mut message = Message::default();
    message.unsigned(1, u64::from(code_point));
    let (mut left, mut bottom, mut right, mut top) = (0, 0, 0, 0);
    if !outline.is_empty() {
        let bound = |axis: usize, start: f64, pick: fn(f64, f64) -> f64| {
            outline.iter().fold(start, |best, segment| pick(pick(best, segment.from[axis]), segment.to[axis]))
        };
        left = bound(0, f64::INFINITY, f64::min).floor() as i32;
        right = bound(0, f64::NEG_INFINITY, f64::max).ceil() as i32;
        bottom = bound(1, f64::INFINITY, f64::min).floor() as i32;
        top = bound(1, f64::NEG_INFINITY, f64::max).ceil() as i32;
        let mut field = Vec::new();
        for row in 0..top - bottom + 2 * BORDER_PX {
            for column in 0..right - left + 2 * BORDER_PX {
                let x = f64::from(left - BORDER_PX + column) + 0.5;
                let y = f64::from(top + BORDER_PX - row) - 0.5;
                let level = 1.0 - CUTOFF - signed_distance(&outline, [x, y]) / RADIUS_PX;
                field.push((255.0 * level).round().clamp(0.0, 255.0) as u8);
            }
        }
        message.bytes(2, &field);
    }
    message.unsigned(3, (right - left) as u64);
    message.unsigned(4, (top - bottom) as u64);
    message.signed(5, left);
    message.signed(6, top - ascender_px);
    message.unsigned(7, advance_px);
    message
}

/// The file of one range of 256 code points, or `None` where the font has no glyph in it.
fn range(face: &Face, stack: &str, first: u32) -> Option<Vec<u8>> {
    let mut body = Message::default();
    body.bytes(1, stack.as_bytes());
    body.bytes(2, format!("{first}-{}", first + 255).as_bytes());
    let mut any = false;
    for code_point in first..first + 256 {
        let worth_shipping = BLOCKS.iter().any(|(from, to)| (*from..=*to).contains(&code_point));
        let id = char::from_u32(code_point).filter(|_| worth_shipping).and_then(|c| face.glyph_index(c));
        if let Some(id) = id {
            any = true;
            body.bytes(3, &glyph(face, id, code_point).0);
        }
    }
    let mut file = Message::default();
    file.bytes(1, &body.0);
    any.then_some(file.0)
}

/// Writes every range; returns how many there are and their bytes.
fn write_ranges(font: &Path, stack: &str, out: &Path) -> Result<(usize, usize), Box<dyn std::error::Error>> {
    let data = std::fs::read(font)?;
    let face = Face::parse(&data, 0)?;
    std::fs::create_dir_all(out)?;
    let (mut count, mut size) = (0, 0);
    for first in (0..=0xFF00).step_by(256) {
        let path = out.join(format!("{first}-{}.pbf", first + 255));
        match range(&face, stack, first) {
            Some(bytes) => {
                count += 1;
                size += bytes.len();
                std::fs::write(path, bytes)?;
            }
            None if path.exists() => std::fs::remove_file(path)?,
            None => {}
        }
    }
    Ok((count, size))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [font, stack, out] = arguments.as_slice() else {
        return Err("usage: glyphs FONT.ttf STACK OUT_DIR".into());
    };
    if stack.chars().any(|c| c.is_ascii_digit()) {
        return Err("the name of a stack holds no digit: MapLibre refuses it".into());
    }
    let (count, bytes) = write_ranges(Path::new(font), stack, &PathBuf::from(out))?;
    println!("{stack}: {count} ranges, {bytes} bytes");
    Ok(())
}
