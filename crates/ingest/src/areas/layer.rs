//! What every format gives: features with text attributes and polygons, and what the file says of its coordinates.

use crate::fault::IngestError;
use crate::source::{Kind, Source};
use geo_types::MultiPolygon;
use std::path::Path;

/// What a file says of its coordinate reference system.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum StatedCrs {
    /// Nothing at all.
    #[default]
    Nothing,
    /// Longitude and latitude on WGS84, by the format's own rule or by name.
    LonLat(String),
    /// An EPSG code, and where it stands: "the header", "the `crs` member".
    Epsg(u32, String),
    /// A well-known text, and where it stands.
    Wkt(String, String),
    /// Something that is no code and no text: `crs` as a link.
    Unreadable(String),
}

/// The geometry of one feature as the file has it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    /// Polygons, perhaps none, in the file's own coordinates.
    Polygons(MultiPolygon<f64>),
    /// No geometry.
    Null,
    /// A geometry that is no area.
    Refused {
        /// Its type as the file names it.
        found: String,
        /// What it should have been.
        expected: &'static str,
    },
}

/// What a shape should be.
pub(super) const EXPECTED_SHAPE: &str = "a Polygon or MultiPolygon";

/// One feature.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Feature {
    /// Its number in the file, from 1.
    pub row: u64,
    /// Its id, where the format has one.
    pub id: Option<String>,
    /// Its attributes in the order of [`Layer::columns`]; may be shorter; `None` is null.
    pub values: Vec<Option<String>>,
    /// Its polygons.
    pub shape: Shape,
}

/// A whole layer.
#[derive(Debug, Clone, Default)]
pub(super) struct Layer {
    /// The format, for the account.
    pub format: &'static str,
    /// Names of the attributes.
    pub columns: Vec<String>,
    /// The features, in the order of the file.
    pub features: Vec<Feature>,
    /// What the file says of its coordinates.
    pub crs: StatedCrs,
    /// What else was found: the encoding of a shapefile, the layer that was read.
    pub said: Vec<String>,
}

/// Reads the layer of an area file, whatever its format.
pub(super) fn read(source: Source, path: &Path, layer: Option<&str>) -> Result<Layer, IngestError> {
    let extension = source.extension();
    let only_layer = |names: &str| match layer {
        Some(wanted) if wanted != names => Err(IngestError::file(
            source.name(),
            format!("there is no layer `{wanted}`: the format holds one layer only"),
            "leave `--layer` out",
        )),
        _ => Ok(()),
    };
    match source.kind() {
        Kind::Zip => super::shapefile::zipped(source, layer),
        Kind::FlatGeobuf => super::flatgeobuf::read(&source, layer),
        Kind::Parquet => Err(not_an_area_file(source.name())),
        Kind::Other if matches!(extension.as_str(), "zip" | "fgb") => Err(IngestError::file(
            source.name(),
            format!("is called .{extension} and is no such file: its first bytes are not those of one"),
            "download or export it again",
        )),
        Kind::Other if extension == "shp" || source.bytes().starts_with(&super::shapefile::SHP_MAGIC) => {
            only_layer(&super::shapefile::stem(source.name()))?;
            super::shapefile::with_siblings(source, path)
        }
        Kind::Other => {
            let first = source.bytes().iter().find(|byte| !byte.is_ascii_whitespace() && !is_bom(**byte));
            if first == Some(&b'{') || extension == "geojson" {
                only_layer("")?;
                super::geojson::read(&source)
            } else {
                Err(not_an_area_file(source.name()))
            }
        }
    }
}

fn is_bom(byte: u8) -> bool {
    matches!(byte, 0xef | 0xbb | 0xbf)
}

fn not_an_area_file(name: &str) -> IngestError {
    IngestError::file(
        name,
        "is no area file: found neither GeoJSON, FlatGeobuf nor a shapefile",
        "give a .geojson, .fgb, .shp or zipped shapefile (the first two may be gzipped)",
    )
}

impl Layer {
    /// The place of a column, which is added where it is new. `hint` is where it stood in the feature before.
    pub(super) fn column(&mut self, hint: usize, name: &str) -> usize {
        if self.columns.get(hint).is_some_and(|known| known == name) {
            return hint;
        }
        match self.columns.iter().position(|known| known == name) {
            Some(at) => at,
            None => {
                self.columns.push(name.to_owned());
                self.columns.len() - 1
            }
        }
    }
}

/// A number as the text of a code: 75056, not 75056.0; 2.5 stays.
pub(super) fn number_text(number: f64) -> String {
    number.to_string()
}
