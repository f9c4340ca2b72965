//! Whatever the bytes, a reader of area files answers with areas or with a message; it never panics.

mod areas_files;

use areas_files::{fixture, flatgeobuf, request, shapefile, squares, zip};
use flatgeobuf::FgbCrs;
use proptest::prelude::*;
use quartier_ingest::areas::read_source;
use quartier_ingest::{Limits, Source};

/// Reads bytes as a file of that name; any answer will do.
fn answer(name: &str, bytes: Vec<u8>) {
    if let Ok(source) = Source::from_bytes(name, bytes, Limits { given: 1 << 20, unpacked: 1 << 24 }) {
        let _ = read_source(source, &request(name.into())).map(|file| file.notes.lines());
    }
}

/// A valid file of each format.
fn valid() -> Vec<(&'static str, Vec<u8>)> {
    let areas = squares(2.0, 48.0, 0.1);
    let (shp, dbf) = shapefile(&areas);
    vec![
        ("a.geojson", std::fs::read(fixture("whole.geojson")).expect("a fixture")),
        ("a.fgb", flatgeobuf(&areas, FgbCrs { code: 4326, ..FgbCrs::default() }, true)),
        ("a.zip", zip(&[("a.shp", &shp), ("a.dbf", &dbf)])),
    ]
}

/// Turns bytes of a file to others, as a bad disk does.
fn damaged(mut bytes: Vec<u8>, at: &[(usize, u8)], keep: usize) -> Vec<u8> {
    let length = bytes.len();
    for (place, value) in at {
        bytes[place % length] = *value;
    }
    bytes.truncate(length - keep % length);
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn random_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 1..600), format in 0usize..6) {
        let starts: [(&str, &[u8]); 6] = [
            ("a.geojson", b"{"),
            ("a.geojson", br#"{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Polygon","coordinates":["#),
            ("a.fgb", b"fgb\x03fgb\x01"),
            ("a.zip", b"PK\x03\x04"),
            ("a.shp", b"\x00\x00\x27\x0a"),
            ("a.bin", b""),
        ];
        let (name, start) = starts[format];
        answer(name, [start, &bytes].concat());
    }

    #[test]
    fn damaged_files_are_answered(at in prop::collection::vec((any::<usize>(), any::<u8>()), 0..8), cut in prop_oneof![Just(0usize), any::<usize>()]) {
        for (name, bytes) in valid() {
            answer(name, damaged(bytes, &at, cut));
        }
        // Inside the archive, where no checksum of the zip stands before the readers.
        let (shp, dbf) = shapefile(&squares(2.0, 48.0, 0.1));
        answer("a.zip", zip(&[("a.shp", &damaged(shp.clone(), &at, cut)), ("a.dbf", &dbf)]));
        answer("a.zip", zip(&[("a.shp", &shp), ("a.dbf", &damaged(dbf, &at, cut))]));
    }

    #[test]
    fn odd_coordinates_are_answered(text in r"[\[\]0-9,.e-]{0,60}") {
        answer("a.geojson", format!(
            r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":{{"code":"1","nom":"a"}},"geometry":{{"type":"MultiPolygon","coordinates":[{text}]}}}}]}}"#
        ).into_bytes());
    }

    #[test]
    fn random_systems_are_answered(prj in r#"(PROJCS|GEOGCS|AUTHORITY|ID|SPHEROID|PRIMEM|[\[\]",0-9. ]|EPSG|é){0,40}"#) {
        let (shp, dbf) = shapefile(&squares(650_000.0, 6_860_000.0, 1000.0));
        answer("a.zip", zip(&[("a.shp", &shp), ("a.dbf", &dbf), ("a.prj", prj.as_bytes())]));
    }
}
