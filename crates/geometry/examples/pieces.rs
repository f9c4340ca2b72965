//! What pieces cost on a file of areas: `cargo run --release -p quartier-geometry --example pieces -- FILE.geojson.gz ELECTORS`.

use geo_types::{Geometry, MultiPolygon};
use quartier_geometry::{Cut, pieces};
use std::io::Read;
use std::time::Instant;

fn main() {
    let path = std::env::args().nth(1).expect("a file");
    let mut text = String::new();
    let file = std::fs::File::open(path).expect("opened");
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).expect("gzipped text");
    let features: geojson::FeatureCollection =
        text.parse::<geojson::GeoJson>().expect("GeoJSON").try_into().expect("features");
    let area = |f: geojson::Feature| match Geometry::<f64>::try_from(f.geometry?).ok()? {
        Geometry::Polygon(p) => Some(MultiPolygon(vec![p])),
        Geometry::MultiPolygon(m) => Some(m),
        _ => None,
    };
    let areas: Vec<Option<MultiPolygon<f64>>> = features.features.into_iter().map(area).collect();
    let start = Instant::now();
    let electors = std::env::args().nth(2).map_or(1_000, |n| n.parse().expect("electors of an area"));
    let cuts: Vec<Option<Cut<'_>>> = areas.iter().map(|area| Some(Cut { area: area.as_ref()?, electors })).collect();
    let found = pieces(&cuts);
    let all: usize = found.iter().map(Vec::len).sum();
    println!("{} areas, {all} pieces in {:.2} s", areas.len(), start.elapsed().as_secs_f64());
    let mut by = [0_usize; 16];
    found.iter().flatten().for_each(|piece| by[usize::from(u8::from(piece.cell.resolution()))] += 1);
    println!("by resolution: {by:?}");
}
