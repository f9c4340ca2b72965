//! FlatGeobuf, version 3: a header, perhaps an index, then features, each with its size before it.
//!
//! Every size is checked against the bytes at hand before anything is reserved, and every table by the verifier of
//! its format: a damaged file is a message, never a crash.

use super::layer::{EXPECTED_SHAPE, Feature, Layer, Shape, StatedCrs, number_text};
use crate::fault::{IngestError, Refusal};
use crate::source::Source;
use flatgeobuf::{ColumnType, Geometry, GeometryType, Header};
use geo_types::{Coord, LineString, MultiPolygon, Polygon};

/// Magic bytes before the header.
const MAGIC_BYTES: usize = 8;
/// A node of the packed index: four doubles and an offset.
const NODE_BYTES: u64 = 40;
/// A size before a header or feature.
const SIZE_BYTES: usize = 4;
/// Deepest nesting of geometry parts: a MultiPolygon holds Polygons.
const DEEPEST_PART: u8 = 1;

/// Reads the one layer of a FlatGeobuf file.
pub(super) fn read(source: &Source, wanted: Option<&str>) -> Result<Layer, IngestError> {
    let name = source.name();
    let bytes = source.bytes();
    let cut = |what: &str| {
        IngestError::file(
            name,
            format!("the FlatGeobuf is cut short or damaged: {what}"),
            "download or export it again",
        )
    };
    let header_bytes = sized(bytes, MAGIC_BYTES).ok_or_else(|| cut("its header does not fit into the file"))?;
    let header = flatgeobuf::size_prefixed_root_as_header(header_bytes)
        .map_err(|error| cut(&format!("its header cannot be read ({error})")))?;
    if let Some(wanted) = wanted.filter(|wanted| header.name() != Some(*wanted)) {
        let found = header.name().unwrap_or("a layer without name");
        let summary = format!("there is no layer `{wanted}`: found `{found}`, the only one");
        return Err(IngestError::Options(Refusal::new(name, summary).help("leave `--layer` out")));
    }
    let mut layer = Layer { format: "FlatGeobuf", crs: stated_crs(&header), ..Layer::default() };
    let mut types = Vec::new();
    for column in header.columns().iter().flat_map(|columns| columns.iter()) {
        layer.columns.push(column.name().to_owned());
        types.push(column.type_());
    }
    let index = index_bytes(header.features_count(), header.index_node_size())
        .and_then(|index| usize::try_from(index).ok())
        .ok_or_else(|| cut("its index is larger than any file"))?;
    let mut at = (MAGIC_BYTES + header_bytes.len()).saturating_add(index);
    if at > bytes.len() {
        return Err(cut("its index does not fit into the file"));
    }
    while at < bytes.len() {
        let row = layer.features.len() as u64 + 1;
        let broken = || cut(&format!("feature {} cannot be read", crate::grouped(row)));
        let feature_bytes = sized(bytes, at).ok_or_else(broken)?;
        let feature = flatgeobuf::size_prefixed_root_as_feature(feature_bytes).map_err(|_| broken())?;
        let shape = match feature.geometry() {
            Some(geometry) => shape(&geometry, header.geometry_type()).ok_or_else(broken)?,
            None => Shape::Null,
        };
        let own: Vec<ColumnType> = feature.columns().iter().flat_map(|own| own.iter()).map(|own| own.type_()).collect();
        if !own.is_empty() {
            return Err(cut(&format!("feature {row} has columns of its own, which no known tool writes")));
        }
        let properties = feature.properties().map(|properties| properties.bytes()).unwrap_or_default();
        let values = values(properties, &types).ok_or_else(broken)?;
        layer.features.push(Feature { row, id: None, values, shape });
        at += feature_bytes.len();
    }
    let promised = header.features_count();
    if promised > 0 && promised != layer.features.len() as u64 {
        let (found, promised) = (crate::grouped(layer.features.len() as u64), crate::grouped(promised));
        return Err(cut(&format!("found {found} features, expected the {promised} of its header")));
    }
    Ok(layer)
}

/// The size at `at` and what it counts.
fn sized(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let size = u32::from_le_bytes(bytes.get(at..at.checked_add(SIZE_BYTES)?)?.try_into().ok()?);
    bytes.get(at..at.checked_add(SIZE_BYTES)?.checked_add(usize::try_from(size).ok()?)?)
}

/// Bytes of the packed Hilbert index: nodes of all levels up to the root. `None` when no file could hold them.
fn index_bytes(features: u64, node_size: u16) -> Option<u64> {
    if node_size < 2 || features == 0 {
        return Some(0);
    }
    let (mut level, mut nodes) = (features, features);
    while level > 1 {
        level = level.div_ceil(u64::from(node_size));
        nodes = nodes.checked_add(level)?;
    }
    // The format counts a root even above a single feature.
    if features == 1 {
        nodes += 1;
    }
    nodes.checked_mul(NODE_BYTES)
}

fn stated_crs(header: &Header<'_>) -> StatedCrs {
    let Some(crs) = header.crs() else { return StatedCrs::Nothing };
    let of_epsg = crs.org().is_none_or(|org| org.eq_ignore_ascii_case("EPSG"));
    let org_is_ogc = crs.org().is_some_and(|org| org.eq_ignore_ascii_case("OGC"));
    match (u32::try_from(crs.code()), crs.wkt()) {
        (Ok(code), _) if code > 0 && of_epsg => StatedCrs::Epsg(code, "the header".to_owned()),
        _ if org_is_ogc && crs.code_string() == Some("CRS84") => {
            StatedCrs::LonLat("CRS84, named by the header".to_owned())
        }
        (_, Some(wkt)) if !wkt.trim().is_empty() => StatedCrs::Wkt(wkt.to_owned(), "the header".to_owned()),
        _ => StatedCrs::Nothing,
    }
}

/// The shape of a feature; `None` where its vectors do not fit together.
fn shape(geometry: &Geometry<'_>, of_layer: GeometryType) -> Option<Shape> {
    let kind = if of_layer == GeometryType::Unknown { geometry.type_() } else { of_layer };
    if kind == GeometryType::Polygon || kind == GeometryType::MultiPolygon {
        return Some(Shape::Polygons(MultiPolygon(polygons(geometry, 0)?)));
    }
    let found = match kind.variant_name() {
        Some(name) if is_curved(kind) => format!("{name}, which may hold arcs of circles"),
        Some(name) => name.to_owned(),
        None => format!("geometry type {}", kind.0),
    };
    Some(Shape::Refused { found, expected: EXPECTED_SHAPE })
}

fn is_curved(kind: GeometryType) -> bool {
    (GeometryType::CircularString.0..=GeometryType::Surface.0).contains(&kind.0)
}

fn polygons(geometry: &Geometry<'_>, depth: u8) -> Option<Vec<Polygon<f64>>> {
    if let Some(parts) = geometry.parts() {
        if depth == DEEPEST_PART {
            return None;
        }
        let mut all = Vec::new();
        for part in parts {
            all.extend(polygons(&part, depth + 1)?);
        }
        return Some(all);
    }
    let Some(xy) = geometry.xy() else { return Some(Vec::new()) };
    let coords = xy.len() / 2;
    let ends: Vec<usize> = match geometry.ends() {
        Some(ends) if !ends.is_empty() => ends.iter().map(|end| end as usize).collect(),
        _ => vec![coords],
    };
    let mut rings = Vec::with_capacity(ends.len());
    let mut from = 0;
    for to in ends {
        if to < from || to > coords {
            return None;
        }
        rings.push(LineString((from..to).map(|at| Coord { x: xy.get(2 * at), y: xy.get(2 * at + 1) }).collect()));
        from = to;
    }
    let mut rings = rings.into_iter();
    Some(
        rings
            .next()
            .filter(|ring| !ring.0.is_empty())
            .map(|ring| Polygon::new(ring, rings.collect()))
            .into_iter()
            .collect(),
    )
}

/// The attributes of a feature as text; `None` where they are cut short or name a column that is not there.
fn values(bytes: &[u8], types: &[ColumnType]) -> Option<Vec<Option<String>>> {
    let mut values = vec![None; types.len()];
    let mut cursor = Cursor { bytes };
    while !cursor.bytes.is_empty() {
        let column = usize::from(u16::from_le_bytes(cursor.take()?));
        let value = match *types.get(column)? {
            ColumnType::Byte => Some(i8::from_le_bytes(cursor.take()?).to_string()),
            ColumnType::UByte => Some(u8::from_le_bytes(cursor.take()?).to_string()),
            ColumnType::Bool => Some((cursor.take::<1>()? != [0]).to_string()),
            ColumnType::Short => Some(i16::from_le_bytes(cursor.take()?).to_string()),
            ColumnType::UShort => Some(u16::from_le_bytes(cursor.take()?).to_string()),
            ColumnType::Int => Some(i32::from_le_bytes(cursor.take()?).to_string()),
            ColumnType::UInt => Some(u32::from_le_bytes(cursor.take()?).to_string()),
            ColumnType::Long => Some(i64::from_le_bytes(cursor.take()?).to_string()),
            ColumnType::ULong => Some(u64::from_le_bytes(cursor.take()?).to_string()),
            ColumnType::Float => Some(f32::from_le_bytes(cursor.take()?).to_string()),
            ColumnType::Double => Some(number_text(f64::from_le_bytes(cursor.take()?))),
            ColumnType::String | ColumnType::DateTime => Some(String::from_utf8_lossy(cursor.counted()?).into_owned()),
            ColumnType::Json | ColumnType::Binary => {
                cursor.counted()?;
                None
            }
            _ => return None,
        };
        values[column] = value;
    }
    Some(values)
}

struct Cursor<'a> {
    bytes: &'a [u8],
}

impl<'a> Cursor<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.bytes.split_first_chunk::<N>()?;
        self.bytes = rest;
        Some(*taken)
    }

    fn counted(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(u32::from_le_bytes(self.take()?)).ok()?;
        let (taken, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        Some(taken)
    }
}
