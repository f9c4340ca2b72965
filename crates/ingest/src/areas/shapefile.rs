//! Shapefiles, zipped or beside their siblings: `.shp` (outlines), `.dbf` (attributes), `.prj` (system), `.cpg`
//! (encoding). ESRI Shapefile Technical Description, 1998; dBASE III file structure.
//!
//! Both are read here from bytes, every length checked before anything is reserved, and numbers stay the text that
//! they are in the file, so that a code never becomes a floating number.

use super::layer::{EXPECTED_SHAPE, Feature, Layer, Shape, StatedCrs};
use super::rings;
use crate::fault::{IngestError, Refusal};
use crate::source::{Limits, Source};
use encoding_rs::Encoding;
use geo_types::{Coord, LineString};
use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::path::Path;

/// First bytes of a .shp: 9994, big-endian.
pub(super) const SHP_MAGIC: [u8; 4] = [0, 0, 0x27, 0x0a];
/// Length of a .shp's header.
const SHP_HEADER: usize = 100;
/// Most entries of a zip archive that are looked at.
const MOST_ENTRIES: usize = 10_000;
/// The files of a shapefile that are read, by their endings.
const PARTS: [&str; 4] = ["shp", "dbf", "prj", "cpg"];

/// The files of one shapefile.
struct Parts {
    shp: Vec<u8>,
    dbf: Option<Vec<u8>>,
    prj: Option<Vec<u8>>,
    cpg: Option<Vec<u8>>,
}

/// The name without folder and ending.
pub(super) fn stem(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned()
}

/// Reads a zipped shapefile; where the archive holds several, `wanted` says which.
pub(super) fn zipped(source: Source, wanted: Option<&str>) -> Result<Layer, IngestError> {
    let name = source.name().to_owned();
    let damaged = |error: &dyn std::fmt::Display| {
        IngestError::file(&name, format!("the zip is damaged or cut short: {error}"), "download or export it again")
    };
    let mut archive = zip::ZipArchive::new(Cursor::new(source.into_bytes())).map_err(|error| damaged(&error))?;
    if archive.len() > MOST_ENTRIES {
        return Err(IngestError::file(&name, "the zip holds over 10,000 files", "zip the shapefile alone"));
    }
    // For each shapefile, by its path without ending: the places of its parts in the archive.
    let mut found: BTreeMap<String, [Option<usize>; PARTS.len()]> = BTreeMap::new();
    for at in 0..archive.len() {
        let entry = archive.by_index_raw(at).map_err(|error| damaged(&error))?;
        let path = entry.name().map_err(|error| damaged(&error))?.replace('\\', "/");
        if path.starts_with('/') || path.split('/').any(|part| part == "..") || path.contains(':') {
            let summary = format!("the zip holds `{path}`, a path that leaves its folder");
            return Err(IngestError::file(&name, summary, "zip the shapefile anew, from inside its folder"));
        }
        let hidden = path.starts_with("__MACOSX/") || path.split('/').any(|part| part.starts_with('.'));
        let Some((stem, ending)) = path.rsplit_once('.').filter(|_| !hidden) else { continue };
        if let Some(part) = PARTS.iter().position(|part| ending.eq_ignore_ascii_case(part)) {
            found.entry(stem.to_owned()).or_default()[part] = Some(at);
        }
    }
    found.retain(|_, parts| parts[0].is_some());
    let layers: Vec<String> = found.keys().map(|path| stem(&format!("{path}.shp"))).collect();
    let chosen = match wanted {
        Some(wanted) => found.into_iter().find(|(path, _)| stem(&format!("{path}.shp")) == wanted || path == wanted),
        None if found.len() > 1 => None,
        None => found.into_iter().next(),
    };
    let Some((path, parts)) = chosen else {
        let listed = layers.iter().map(|layer| format!("`{layer}`")).collect::<Vec<_>>().join(", ");
        return Err(match (wanted, layers.is_empty()) {
            (_, true) => IngestError::file(&name, "the zip holds no .shp", "zip .shp, .dbf and .prj together"),
            (Some(wanted), false) => IngestError::Options(
                Refusal::new(&name, format!("there is no layer `{wanted}`")).help(format!("the zip holds {listed}")),
            ),
            (None, false) => IngestError::Options(
                Refusal::new(&name, format!("the zip holds {} shapefiles", layers.len()))
                    .help(format!("say which with `--layer`: {listed}")),
            ),
        });
    };
    let mut left = Limits::default().unpacked;
    let mut unpack = |part: Option<usize>| -> Result<Option<Vec<u8>>, IngestError> {
        let Some(at) = part else { return Ok(None) };
        let entry = archive.by_index(at).map_err(|error| damaged(&error))?;
        let mut bytes = Vec::new();
        entry.take(left + 1).read_to_end(&mut bytes).map_err(|error| damaged(&error))?;
        if bytes.len() as u64 > left {
            let summary = "the zip unpacks to more than the 2,147 MB that are taken";
            return Err(IngestError::file(&name, summary, "keep only the areas of your campaign"));
        }
        left -= bytes.len() as u64;
        Ok(Some(bytes))
    };
    let shp = unpack(parts[0])?.unwrap_or_default();
    let parts = Parts { shp, dbf: unpack(parts[1])?, prj: unpack(parts[2])?, cpg: unpack(parts[3])? };
    let mut layer = read(&name, parts)?;
    layer.format = "zipped shapefile";
    layer.said.insert(0, format!("layer `{}`", stem(&format!("{path}.shp"))));
    Ok(layer)
}

/// Reads a plain .shp, with the files beside it.
pub(super) fn with_siblings(source: Source, path: &Path) -> Result<Layer, IngestError> {
    let sibling = |ending: &str| -> Result<Option<Vec<u8>>, IngestError> {
        for ending in [ending.to_owned(), ending.to_uppercase()] {
            let beside = path.with_extension(ending);
            if beside.is_file() {
                // An empty .cpg or .prj says nothing; it is no fault.
                return if beside.metadata().is_ok_and(|facts| facts.len() == 0) {
                    Ok(None)
                } else {
                    Source::open(&beside).map(|source| Some(source.into_bytes()))
                };
            }
        }
        Ok(None)
    };
    let parts = [sibling("dbf")?, sibling("prj")?, sibling("cpg")?];
    let name = source.name().to_owned();
    let [dbf, prj, cpg] = parts;
    read(&name, Parts { shp: source.into_bytes(), dbf, prj, cpg })
}

fn read(name: &str, parts: Parts) -> Result<Layer, IngestError> {
    let damaged = |what: String| IngestError::file(name, what, "download or export it again");
    let Some(dbf) = parts.dbf else {
        return Err(IngestError::file(
            name,
            "there is no .dbf, which holds the codes and names",
            "keep .shp, .dbf and .prj together, or zip them",
        ));
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_start_matches('\u{feff}').trim().to_owned();
    let (encoding, how) = encoding(parts.cpg.as_deref().map(text).as_deref(), &dbf);
    let mut layer = Layer { format: "shapefile", ..Layer::default() };
    layer.crs = match parts.prj.as_deref().map(text).filter(|prj| !prj.is_empty()) {
        Some(prj) => StatedCrs::Wkt(prj, "the .prj".to_owned()),
        None => StatedCrs::Nothing,
    };
    layer.said.push(format!("attributes in {}, {how}", encoding.name()));
    let shapes = outlines(&parts.shp).map_err(|what| damaged(format!("the .shp is cut short or damaged: {what}")))?;
    let rows = attributes(&dbf, encoding, &mut layer)
        .map_err(|what| damaged(format!("the .dbf is cut short or damaged: {what}")))?;
    if rows.len() != shapes.len() {
        let (outlines, rows) = (crate::grouped(shapes.len() as u64), crate::grouped(rows.len() as u64));
        return Err(damaged(format!(
            "found {outlines} outlines in the .shp and {rows} rows in the .dbf, expected as many"
        )));
    }
    for (at, (shape, row)) in shapes.into_iter().zip(rows).enumerate() {
        // A deleted row of the .dbf takes its outline with it; the numbers of the others stay.
        if let Some(values) = row {
            layer.features.push(Feature { row: at as u64 + 1, id: None, values, shape });
        }
    }
    Ok(layer)
}

fn u32_le(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn u32_be(bytes: &[u8], at: usize) -> Option<u32> {
    u32_le(bytes, at).map(u32::swap_bytes)
}

fn f64_le(bytes: &[u8], at: usize) -> Option<f64> {
    Some(f64::from_le_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}

/// The outlines of a .shp, in the order of its records.
fn outlines(bytes: &[u8]) -> Result<Vec<Shape>, String> {
    if !bytes.starts_with(&SHP_MAGIC) || bytes.len() < SHP_HEADER {
        return Err("its header is not that of a shapefile".to_owned());
    }
    let mut shapes = Vec::new();
    let mut at = SHP_HEADER;
    while at < bytes.len() {
        let row = crate::grouped(shapes.len() as u64 + 1);
        let words = u32_be(bytes, at + 4).ok_or_else(|| format!("record {row} has no length"))?;
        let start = at + 8;
        let end = (words as usize).checked_mul(2).and_then(|length| start.checked_add(length));
        let record = end.and_then(|end| bytes.get(start..end)).ok_or_else(|| format!("record {row} is not whole"))?;
        shapes.push(outline(record).ok_or_else(|| format!("record {row} does not fit together"))?);
        at = start + record.len();
    }
    Ok(shapes)
}

/// One record: its type, then box, counts, starts of parts, points.
fn outline(record: &[u8]) -> Option<Shape> {
    let kind = match u32_le(record, 0)? {
        0 => return Some(Shape::Null),
        // Polygon, with heights, with measures: the points come first in all three.
        5 | 15 | 25 => "Polygon",
        1 | 11 | 21 => "Point",
        3 | 13 | 23 => "PolyLine",
        8 | 18 | 28 => "MultiPoint",
        31 => "MultiPatch",
        _ => return None,
    };
    if kind != "Polygon" {
        return Some(Shape::Refused { found: kind.to_owned(), expected: EXPECTED_SHAPE });
    }
    let (parts, points) = (u32_le(record, 36)? as usize, u32_le(record, 40)? as usize);
    let first_point = 44usize.checked_add(parts.checked_mul(4)?)?;
    let end = first_point.checked_add(points.checked_mul(16)?)?;
    if end > record.len() {
        return None;
    }
    let mut starts =
        (0..parts).map(|part| u32_le(record, 44 + 4 * part).map(|at| at as usize)).collect::<Option<Vec<_>>>()?;
    starts.push(points);
    let mut found = Vec::with_capacity(parts);
    for pair in starts.windows(2) {
        if pair[0] > pair[1] || pair[1] > points {
            return None;
        }
        let ring = (pair[0]..pair[1])
            .map(|at| {
                let at = first_point + 16 * at;
                Some(Coord { x: f64_le(record, at)?, y: f64_le(record, at + 8)? })
            })
            .collect::<Option<Vec<_>>>()?;
        found.push(LineString(ring));
    }
    Some(Shape::Polygons(rings::clockwise_exteriors(found)))
}

/// The encoding of the attributes: what .cpg names, else the language byte of the .dbf, else UTF-8 where it is such.
fn encoding(cpg: Option<&str>, dbf: &[u8]) -> (&'static Encoding, &'static str) {
    if let Some(label) = cpg {
        let label = label.to_lowercase();
        let number = label.trim_start_matches(|c: char| !c.is_ascii_digit());
        let label = match number {
            "1252" | "1250" | "1251" | "1253" | "1254" | "1257" => format!("windows-{number}"),
            "65001" => "utf-8".to_owned(),
            "88591" | "8859-1" => "iso-8859-1".to_owned(),
            _ => label,
        };
        if let Some(encoding) = Encoding::for_label(label.as_bytes()) {
            return (encoding, "named by the .cpg");
        }
    }
    // Language driver ids of dBASE that mean Windows ANSI.
    match dbf.get(29) {
        Some(0x03 | 0x57 | 0x58 | 0x59) => (encoding_rs::WINDOWS_1252, "named by the .dbf"),
        _ if std::str::from_utf8(dbf.get(SHORTEST_DBF..).unwrap_or_default()).is_ok() => {
            (encoding_rs::UTF_8, "found by its bytes")
        }
        _ => (encoding_rs::WINDOWS_1252, "because it is not UTF-8"),
    }
}

/// A .dbf without a field: its header and terminator.
const SHORTEST_DBF: usize = 33;

/// The rows of a .dbf as text, `None` for one that was deleted; its field names go into the layer.
fn attributes(
    bytes: &[u8],
    encoding: &'static Encoding,
    layer: &mut Layer,
) -> Result<Vec<Option<Vec<Option<String>>>>, String> {
    if bytes.len() < SHORTEST_DBF {
        return Err("its header is not whole".to_owned());
    }
    let count = u32_le(bytes, 4).unwrap_or(0) as usize;
    let header = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let width = usize::from(u16::from_le_bytes([bytes[10], bytes[11]]));
    let mut lengths = Vec::new();
    let mut at = 32;
    while at + 32 <= header && bytes.get(at).is_some_and(|first| *first != 0x0d) {
        let field = bytes.get(at..at + 32).ok_or("its fields are not whole")?;
        let name = field[..11].split(|byte| *byte == 0).next().unwrap_or_default();
        layer.columns.push(encoding.decode_without_bom_handling(name).0.trim().to_owned());
        // A text field may use the byte of decimals for lengths above 255.
        let high = if field[11] == b'C' { usize::from(field[17]) << 8 } else { 0 };
        lengths.push((usize::from(field[16]) + high, field[11]));
        at += 32;
    }
    if lengths.iter().map(|(length, _)| length).sum::<usize>() + 1 != width {
        return Err("its fields and the length of its rows do not agree".to_owned());
    }
    let rows = bytes.get(header..).unwrap_or_default();
    if rows.len() / width < count {
        return Err(format!(
            "found {} whole rows, expected the {} of its header",
            crate::grouped((rows.len() / width) as u64),
            crate::grouped(count as u64)
        ));
    }
    let row = |row: &[u8]| {
        if row[0] == b'*' {
            return None;
        }
        let mut at = 1;
        let mut values = Vec::with_capacity(lengths.len());
        for (length, kind) in &lengths {
            let cell = &row[at..at + length];
            at += length;
            values.push(cell_text(cell, *kind, encoding));
        }
        Some(values)
    };
    Ok(rows.chunks_exact(width).take(count).map(row).collect())
}

/// A cell as text; numbers that are whole lose `.000`, blanks and asterisks are null.
fn cell_text(cell: &[u8], kind: u8, encoding: &'static Encoding) -> Option<String> {
    let (text, _) = encoding.decode_without_bom_handling(cell);
    let text = text.trim_matches(|c: char| c == '\0' || c.is_whitespace());
    match kind {
        b'N' | b'F' if text.is_empty() || text.contains('*') => None,
        b'N' | b'F' => match text.split_once('.') {
            Some((whole, zeros)) if !whole.is_empty() && zeros.bytes().all(|digit| digit == b'0') => {
                Some(whole.to_owned())
            }
            _ => Some(text.to_owned()),
        },
        b'I' => cell.try_into().ok().map(|bytes| i32::from_le_bytes(bytes).to_string()),
        b'L' if text == "?" => None,
        _ if text.is_empty() => None,
        _ => Some(text.to_owned()),
    }
}
