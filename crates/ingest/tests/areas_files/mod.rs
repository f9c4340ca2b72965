//! Small invented area files for the tests: fixtures by name, and binary ones built by the formats' own writers.

use flatgeobuf::geozero::ColumnValue;
use flatgeobuf::geozero::PropertyProcessor as _;
use flatgeobuf::{ColumnType, FgbCrs, FgbWriter, FgbWriterOptions, GeometryType};
use geo_types::{Geometry, MultiPolygon, Polygon, polygon};
use quartier_ingest::areas::AreasRequest;
use shapefile::dbase;
use std::io::{Cursor, Write};
use std::path::PathBuf;

/// The path of a fixture.
pub fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/areas").join(name)
}

/// A request with the columns that the fixtures have.
pub fn request(path: PathBuf) -> AreasRequest {
    let parse = |template: &str| template.parse().expect("a template");
    AreasRequest::new(path, "commune".parse().expect("a level"), parse("{code}"), parse("{nom}"))
}

/// Two squares side by side, with their codes and names.
pub fn squares(x: f64, y: f64, side: f64) -> [(&'static str, &'static str, Polygon<f64>); 2] {
    let square = |x: f64| polygon![(x: x, y: y), (x: x + side, y: y), (x: x + side, y: y + side), (x: x, y: y + side), (x: x, y: y)];
    [("01001", "Abergemont", square(x)), ("01002", "Évry-Œuilly", square(x + side))]
}

/// A FlatGeobuf of the squares.
pub fn flatgeobuf(areas: &[(&str, &str, Polygon<f64>)], crs: FgbCrs<'_>, write_index: bool) -> Vec<u8> {
    let options = FgbWriterOptions { crs, write_index, ..FgbWriterOptions::default() };
    let mut fgb = FgbWriter::create_with_options("areas", GeometryType::MultiPolygon, options).expect("a writer");
    fgb.add_column("code", ColumnType::String, |_, _| {});
    fgb.add_column("nom", ColumnType::String, |_, _| {});
    fgb.add_column("inscrits", ColumnType::Int, |_, _| {});
    for (code, name, area) in areas {
        let area = Geometry::MultiPolygon(MultiPolygon(vec![area.clone()]));
        fgb.add_feature_geom(area, |feature| {
            feature.property(0, "code", &ColumnValue::String(code)).expect("a code");
            feature.property(1, "nom", &ColumnValue::String(name)).expect("a name");
            feature.property(2, "inscrits", &ColumnValue::Int(120)).expect("a count");
        })
        .expect("a feature");
    }
    let mut bytes = Vec::new();
    fgb.write(&mut bytes).expect("a file in memory");
    bytes
}

/// The .shp and .dbf of the squares, in Windows-1252.
pub fn shapefile(areas: &[(&str, &str, Polygon<f64>)]) -> (Vec<u8>, Vec<u8>) {
    let (mut shp, mut shx, mut dbf) = (Cursor::new(Vec::new()), Cursor::new(Vec::new()), Cursor::new(Vec::new()));
    {
        let field = |name: &str| dbase::FieldName::try_from(name).expect("a short name");
        let table =
            dbase::TableWriterBuilder::with_encoding(dbase::encoding::EncodingRs::from(encoding_rs::WINDOWS_1252))
                .add_character_field(field("code"), 12)
                .add_character_field(field("nom"), 40)
                .add_numeric_field(field("inscrits"), 12, 3)
                .build_with_dest(&mut dbf);
        let mut writer = shapefile::Writer::new(shapefile::ShapeWriter::with_shx(&mut shp, &mut shx), table);
        for (code, name, area) in areas {
            let mut record = dbase::Record::default();
            record.insert("code".to_owned(), dbase::FieldValue::Character(Some((*code).to_owned())));
            record.insert("nom".to_owned(), dbase::FieldValue::Character(Some((*name).to_owned())));
            record.insert("inscrits".to_owned(), dbase::FieldValue::Numeric(Some(120.0)));
            writer.write_shape_and_record(&shapefile::Polygon::from(area.clone()), &record).expect("a record");
        }
    }
    (shp.into_inner(), dbf.into_inner())
}

/// A zip of named files.
pub fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).expect("an entry");
        writer.write_all(bytes).expect("writes to memory");
    }
    writer.finish().expect("ends in memory").into_inner()
}

/// A gzip.
#[allow(dead_code, reason = "one of the two test programs that share these files needs none")]
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("writes to memory");
    encoder.finish().expect("ends in memory")
}
