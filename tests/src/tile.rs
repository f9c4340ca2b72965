//! A vector tile, decoded by a reader that is not ours.

use crate::partition::Piece;
use fast_mvt::MvtReaderRef;
use geo_types::{Geometry, LineString, Polygon};
use serde_json::{Map, Value};

/// A polygon of a tile with what it says of itself.
#[derive(Debug, Clone)]
pub struct TileArea {
    /// Its MVT id and outline, in units of the tile.
    pub piece: Piece,
    /// Its attributes; numbers as the tile has them.
    pub properties: Map<String, Value>,
}

/// The polygons of the layer `name`; none where the tile has no such layer.
///
/// # Panics
/// When the tile cannot be decoded, its extent is not 4096, or a feature has no id or is no polygon.
pub fn areas(bytes: &[u8], name: &str) -> Vec<TileArea> {
    let reader = MvtReaderRef::new(bytes).expect("a vector tile");
    let mut all = Vec::new();
    for layer in reader.layers().filter(|layer| layer.name() == name) {
        assert_eq!(layer.extent(), 4096);
        for feature in layer.features() {
            let polygons = match feature.geometry().expect("a geometry") {
                Geometry::Polygon(one) => vec![one],
                Geometry::MultiPolygon(many) => many.0,
                other => panic!("found {other:?}, expected polygons"),
            };
            let properties = feature.properties().map(|property| {
                let (key, value) = property.expect("a property");
                (key.to_owned(), plain(&value))
            });
            all.push(TileArea {
                piece: Piece { id: feature.id().expect("an id"), rings: polygons.iter().flat_map(rings).collect() },
                properties: properties.collect(),
            });
        }
    }
    all
}

fn rings(polygon: &Polygon<i32>) -> Vec<Vec<[i64; 2]>> {
    std::iter::once(polygon.exterior()).chain(polygon.interiors()).map(ring).collect()
}

fn ring(line: &LineString<i32>) -> Vec<[i64; 2]> {
    let mut points: Vec<[i64; 2]> = line.0.iter().map(|at| [i64::from(at.x), i64::from(at.y)]).collect();
    if points.len() > 1 && points.first() == points.last() {
        points.pop();
    }
    points
}

fn plain(value: &fast_mvt::MvtValueRef<'_>) -> Value {
    use fast_mvt::MvtValueRef as Of;
    match value {
        Of::String(text) => Value::from(*text),
        Of::Float(number) => Value::from(*number),
        Of::Double(number) => Value::from(*number),
        Of::Int(number) | Of::SInt(number) => Value::from(*number),
        Of::UInt(number) => Value::from(*number),
        Of::Bool(truth) => Value::from(*truth),
        Of::Null => Value::Null,
    }
}
