//! GeoJSON (RFC 7946, and the `crs` member of 2008), read in one pass without a tree of values.
//!
//! A coordinate goes from the text into its ring with no value in between: 35,357 communes are 45 MB of JSON.

use super::layer::{EXPECTED_SHAPE, Feature, Layer, Shape, StatedCrs, number_text};
use crate::fault::IngestError;
use crate::source::Source;
use geo_types::{Coord, LineString, MultiPolygon, Polygon};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};
use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;

/// A UTF-8 byte order mark, which some tools of Windows write.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// Reads a FeatureCollection.
pub(super) fn read(source: &Source) -> Result<Layer, IngestError> {
    let bytes = source.bytes();
    let bytes = bytes.strip_prefix(BOM).unwrap_or(bytes);
    let layer = RefCell::new(Layer { format: "GeoJSON", ..Layer::default() });
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let kind = json.deserialize_map(Collection { layer: &layer }).and_then(|kind| json.end().map(|()| kind));
    let count = layer.borrow().features.len();
    let kind = kind.map_err(|error| {
        let near = crate::grouped(count as u64 + 1);
        if error.is_eof() {
            let what = format!("the JSON is cut short: it ends inside or before feature {near}");
            IngestError::file(source.name(), what, "download or export the file again")
        } else {
            let what = format!("the JSON cannot be read, at or before feature {near}: {error}");
            IngestError::file(source.name(), what, "expected a GeoJSON FeatureCollection; export the file again")
        }
    })?;
    match kind {
        Some(kind) if kind == "FeatureCollection" => Ok(layer.into_inner()),
        other => {
            let found = other.map_or_else(|| "no `type`".to_owned(), |kind| format!("`{kind}`"));
            let help = if found == "`Topology`" {
                "this is TopoJSON: turn it into GeoJSON first"
            } else {
                "export the layer as a GeoJSON FeatureCollection"
            };
            Err(IngestError::file(source.name(), format!("found {found}, expected `FeatureCollection`"), help))
        }
    }
}

/// The outermost object; gives its `type`.
struct Collection<'a> {
    layer: &'a RefCell<Layer>,
}

impl<'de> Visitor<'de> for Collection<'_> {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a GeoJSON FeatureCollection")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut kind = None;
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            match &*key {
                "type" => kind = Some(map.next_value::<String>()?),
                "crs" => self.layer.borrow_mut().crs = map.next_value::<CrsMember>()?.0,
                "features" => map.next_value_seed(Features { layer: self.layer })?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(kind)
    }
}

struct Features<'a> {
    layer: &'a RefCell<Layer>,
}

impl<'de> DeserializeSeed<'de> for Features<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Features<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of features")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(OneFeature { layer: self.layer })?.is_some() {}
        Ok(())
    }
}

struct OneFeature<'a> {
    layer: &'a RefCell<Layer>,
}

impl<'de> DeserializeSeed<'de> for OneFeature<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for OneFeature<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a feature")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut layer = self.layer.borrow_mut();
        let row = layer.features.len() as u64 + 1;
        let mut feature = Feature { row, id: None, values: Vec::new(), shape: Shape::Null };
        let mut kind = None;
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            match &*key {
                "type" => kind = Some(map.next_value::<Cow<'de, str>>()?),
                "id" => feature.id = map.next_value::<Scalar>()?.0,
                "properties" => {
                    feature.values = Vec::with_capacity(layer.columns.len());
                    map.next_value_seed(Properties { layer: &mut layer, values: &mut feature.values })?;
                }
                "geometry" => feature.shape = map.next_value::<Geometry>()?.0,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        match kind.as_deref() {
            Some("Feature") => {}
            Some(other) => return Err(A::Error::custom(format_args!("found `{other}`, expected `Feature`"))),
            None => return Err(A::Error::custom("found an object without `type`, expected `Feature`")),
        }
        layer.features.push(feature);
        Ok(())
    }
}

struct Properties<'a> {
    layer: &'a mut Layer,
    values: &'a mut Vec<Option<String>>,
}

impl<'de> DeserializeSeed<'de> for Properties<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Properties<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of properties, or null")
    }
    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut next = 0;
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            let at = self.layer.column(next, &name);
            let Scalar(value) = map.next_value()?;
            if self.values.len() <= at {
                self.values.resize(at + 1, None);
            }
            self.values[at] = value;
            next = at + 1;
        }
        Ok(())
    }
}

/// A property or id as text; null, lists and objects are no text.
struct Scalar(Option<String>);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_str<E>(self, text: &str) -> Result<Scalar, E> {
        Ok(Scalar(Some(text.to_owned())))
    }
    fn visit_u64<E>(self, number: u64) -> Result<Scalar, E> {
        Ok(Scalar(Some(number.to_string())))
    }
    fn visit_i64<E>(self, number: i64) -> Result<Scalar, E> {
        Ok(Scalar(Some(number.to_string())))
    }
    fn visit_f64<E>(self, number: f64) -> Result<Scalar, E> {
        Ok(Scalar(Some(number_text(number))))
    }
    fn visit_bool<E>(self, truth: bool) -> Result<Scalar, E> {
        Ok(Scalar(Some(truth.to_string())))
    }
    fn visit_unit<E>(self) -> Result<Scalar, E> {
        Ok(Scalar(None))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Scalar, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar(None))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scalar, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar(None))
    }
}

/// A geometry object, or null.
struct Geometry(Shape);

impl<'de> Deserialize<'de> for Geometry {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_any(GeometryVisitor)
    }
}

struct GeometryVisitor;

impl<'de> Visitor<'de> for GeometryVisitor {
    type Value = Geometry;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a geometry, or null")
    }
    fn visit_unit<E>(self) -> Result<Geometry, E> {
        Ok(Geometry(Shape::Null))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Geometry, A::Error> {
        let (mut kind, mut nested) = (None, None);
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            match &*key {
                "type" => kind = Some(map.next_value::<Cow<'de, str>>()?),
                "coordinates" => nested = Some(map.next_value::<Nested>()?),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        let refused = |found: String, expected| Shape::Refused { found, expected };
        Ok(Geometry(match (kind.as_deref(), nested) {
            (Some("Polygon"), Some(nested)) => match nested.into_rings() {
                Ok(rings) => Shape::Polygons(MultiPolygon(polygon(rings).into_iter().collect())),
                Err(found) => refused(found.to_owned(), "a list of rings of positions, as a Polygon has"),
            },
            (Some("MultiPolygon"), Some(nested)) => match nested.into_polygons() {
                Ok(polygons) => Shape::Polygons(MultiPolygon(polygons.into_iter().filter_map(polygon).collect())),
                Err(found) => refused(found.to_owned(), "a list of polygons, as a MultiPolygon has"),
            },
            (Some("Polygon" | "MultiPolygon"), None) => refused("no coordinates".to_owned(), "coordinates"),
            (Some(other), _) => refused(other.to_owned(), EXPECTED_SHAPE),
            (None, _) => refused("a geometry without type".to_owned(), EXPECTED_SHAPE),
        }))
    }
}

fn polygon(rings: Vec<LineString<f64>>) -> Option<Polygon<f64>> {
    let mut rings = rings.into_iter();
    let exterior = rings.next()?;
    Some(Polygon::new(exterior, rings.collect()))
}

/// Coordinates of any depth, each list known by its first element.
enum Nested {
    Number(f64),
    Empty,
    Position(Coord<f64>),
    Ring(Vec<Coord<f64>>),
    Rings(Vec<LineString<f64>>),
    Polygons(Vec<Vec<LineString<f64>>>),
    /// Anything that no geometry has: lists of mixed depths, text, null.
    Odd(&'static str),
}

impl Nested {
    fn into_ring(self) -> Result<LineString<f64>, &'static str> {
        match self {
            Self::Ring(ring) => Ok(LineString(ring)),
            Self::Empty => Ok(LineString(Vec::new())),
            other => Err(other.name()),
        }
    }

    fn into_rings(self) -> Result<Vec<LineString<f64>>, &'static str> {
        match self {
            Self::Rings(rings) => Ok(rings),
            Self::Empty => Ok(Vec::new()),
            other => Err(other.name()),
        }
    }

    fn into_polygons(self) -> Result<Vec<Vec<LineString<f64>>>, &'static str> {
        match self {
            Self::Polygons(polygons) => Ok(polygons),
            Self::Empty => Ok(Vec::new()),
            // [[]] reads as one empty ring, and [[[]]] as rings: both are polygons with nothing in them.
            Self::Rings(rings) if rings.iter().all(|ring| ring.0.is_empty()) => Ok(Vec::new()),
            other => Err(other.name()),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Number(_) => "a number",
            Self::Empty => "an empty list",
            Self::Position(_) => "one position",
            Self::Ring(_) => "a list of positions",
            Self::Rings(_) => "a list of rings",
            Self::Polygons(_) => "a list of polygons",
            Self::Odd(name) => name,
        }
    }
}

impl<'de> Deserialize<'de> for Nested {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_any(NestedVisitor)
    }
}

struct NestedVisitor;

impl<'de> Visitor<'de> for NestedVisitor {
    type Value = Nested;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("coordinates")
    }
    fn visit_f64<E>(self, number: f64) -> Result<Nested, E> {
        Ok(Nested::Number(number))
    }
    #[expect(clippy::cast_precision_loss, reason = "a coordinate is a double, whatever its text")]
    fn visit_u64<E>(self, number: u64) -> Result<Nested, E> {
        Ok(Nested::Number(number as f64))
    }
    #[expect(clippy::cast_precision_loss, reason = "a coordinate is a double, whatever its text")]
    fn visit_i64<E>(self, number: i64) -> Result<Nested, E> {
        Ok(Nested::Number(number as f64))
    }
    fn visit_unit<E>(self) -> Result<Nested, E> {
        Ok(Nested::Odd("null"))
    }
    fn visit_bool<E>(self, _: bool) -> Result<Nested, E> {
        Ok(Nested::Odd("a truth value"))
    }
    fn visit_str<E>(self, _: &str) -> Result<Nested, E> {
        Ok(Nested::Odd("text"))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Nested, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Nested::Odd("an object"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Nested, A::Error> {
        let Some(first) = seq.next_element::<Nested>()? else {
            return Ok(Nested::Empty);
        };
        let mut odd = None;
        let read = match first {
            Nested::Number(x) => {
                let y = match seq.next_element::<Nested>()? {
                    Some(Nested::Number(y)) => y,
                    Some(_) => return drain(seq, "a position that is not two numbers"),
                    None => return Ok(Nested::Odd("a position of one number")),
                };
                // A third number is a height, which no area needs.
                while let Some(more) = seq.next_element::<Nested>()? {
                    if !matches!(more, Nested::Number(_)) {
                        odd = Some("a position that is not all numbers");
                    }
                }
                Nested::Position(Coord { x, y })
            }
            Nested::Position(position) => {
                let mut ring = Vec::with_capacity(seq.size_hint().unwrap_or(16).min(1024));
                ring.push(position);
                while let Some(next) = seq.next_element::<Nested>()? {
                    match next {
                        Nested::Position(position) => ring.push(position),
                        other => odd = Some(other.name()),
                    }
                }
                Nested::Ring(ring)
            }
            first @ (Nested::Ring(_) | Nested::Empty) => {
                let mut rings = Vec::new();
                let mut polygons = Vec::new();
                let mut next = Some(first);
                while let Some(one) = next {
                    match one {
                        Nested::Rings(rings) => polygons.push(rings),
                        one => match one.into_ring() {
                            Ok(ring) => rings.push(ring),
                            Err(name) => odd = Some(name),
                        },
                    }
                    next = seq.next_element::<Nested>()?;
                }
                match (polygons.is_empty(), rings.iter().all(|ring| ring.0.is_empty())) {
                    (true, _) => Nested::Rings(rings),
                    (false, true) => Nested::Polygons(polygons),
                    (false, false) => Nested::Odd("rings and polygons in one list"),
                }
            }
            Nested::Rings(rings) => {
                let mut polygons = vec![rings];
                while let Some(next) = seq.next_element::<Nested>()? {
                    match next.into_rings() {
                        Ok(rings) => polygons.push(rings),
                        Err(name) => odd = Some(name),
                    }
                }
                Nested::Polygons(polygons)
            }
            Nested::Polygons(_) => return drain(seq, "lists nested too deep"),
            Nested::Odd(name) => return drain(seq, name),
        };
        Ok(odd.map_or(read, Nested::Odd))
    }
}

fn drain<'de, A: SeqAccess<'de>>(mut seq: A, found: &'static str) -> Result<Nested, A::Error> {
    while seq.next_element::<IgnoredAny>()?.is_some() {}
    Ok(Nested::Odd(found))
}

/// The `crs` member of the GeoJSON of 2008, still written by many tools.
struct CrsMember(StatedCrs);

impl<'de> Deserialize<'de> for CrsMember {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(json)?;
        if value.is_null() {
            return Ok(Self(StatedCrs::Nothing));
        }
        let name = value["properties"]["name"].as_str().or_else(|| value.as_str());
        Ok(Self(match name {
            Some(name) => named(name),
            None => StatedCrs::Unreadable("the `crs` member names no system".to_owned()),
        }))
    }
}

/// `urn:ogc:def:crs:OGC:1.3:CRS84`, `urn:ogc:def:crs:EPSG::2154`, `EPSG:2154`.
fn named(name: &str) -> StatedCrs {
    let upper = name.to_uppercase();
    let last = upper.rsplit([':', '/']).next().unwrap_or_default();
    if last == "CRS84" {
        return StatedCrs::LonLat("CRS84, named by the `crs` member".to_owned());
    }
    match last.parse() {
        Ok(code) if upper.contains("EPSG") => StatedCrs::Epsg(code, "the `crs` member".to_owned()),
        _ => StatedCrs::Unreadable(format!("the `crs` member names `{}`", name.chars().take(80).collect::<String>())),
    }
}
