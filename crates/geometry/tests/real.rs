//! The traps of real files, where the files are at hand.

use std::io::Read;
use std::path::PathBuf;

use geo_types::{Geometry, MultiPolygon};
use quartier_geometry::{CleanOptions, CleanReport, Coverage, ZoomOptions, build, pole};

mod check;

/// A pixel of a 512 px tile, in grid squares: as far as a boundary may move.
const PIXEL: f64 = 8.0;

/// Areas of a file of the shared data; `None`, said aloud, where it is not at hand.
fn areas(file: &str) -> Option<Vec<Option<MultiPolygon<f64>>>> {
    let shared = std::env::var_os("QUARTIER_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let path = shared.join("data").join(file);
    let Ok(bytes) = std::fs::File::open(&path) else {
        assert!(std::env::var_os("CI").is_none(), "{} is missing", path.display());
        println!("SKIPPED: {} is not here", path.display());
        return None;
    };
    let mut text = String::new();
    flate2::read::GzDecoder::new(bytes).read_to_string(&mut text).expect("it is gzipped text");
    let features: geojson::FeatureCollection =
        text.parse::<geojson::GeoJson>().expect("it is GeoJSON").try_into().expect("features");
    let area = |f: geojson::Feature| match Geometry::<f64>::try_from(f.geometry?).ok()? {
        Geometry::Polygon(p) => Some(MultiPolygon(vec![p])),
        Geometry::MultiPolygon(m) => Some(m),
        _ => None,
    };
    Some(features.features.into_iter().map(area).collect())
}

fn built(areas: &[Option<MultiPolygon<f64>>]) -> (Coverage, CleanReport) {
    build(areas, &CleanOptions::default()).expect("the file is in degrees")
}

/// Every zoom is a partition. No vertex drawn lies more than a pixel from the area's own outline;
/// and of the outline's vertices all but one in `stray` lie within a pixel of what is drawn: the
/// others end a tongue, or bound an islet, too narrow for the grid, that has closed up.
fn assert_good(coverage: &Coverage, stray: usize) {
    let options = ZoomOptions::default();
    let has: Vec<bool> = (0..coverage.len() as u32).map(|r| coverage.has_geometry(r)).collect();
    for z in coverage.first_zoom()..=coverage.last_zoom() {
        let mesh = coverage.zoom(z, &options);
        let faults = check::faults(&mesh, &has, options.buffer);
        assert!(faults.is_empty(), "zoom {z}: {faults:#?}");
        let (mut all, mut lost, mut farthest) = (0, 0, 0.0_f64);
        for row in 0..coverage.len() as u32 {
            let drawn: Vec<Vec<(f64, f64)>> = mesh.areas[row as usize]
                .polygons
                .iter()
                .flat_map(|p| std::iter::once(&p.exterior).chain(&p.holes))
                .map(|r| r.iter().map(|p| (f64::from(p.x), f64::from(p.y))).collect())
                .collect();
            let outline: Vec<Vec<(f64, f64)>> = coverage
                .outline(row)
                .iter()
                .flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()))
                .map(|r| r.0.iter().map(|c| grid(c.x, c.y, z)).collect())
                .collect();
            for p in drawn.iter().flatten() {
                farthest = farthest.max(distance(&outline, *p));
            }
            for p in outline.iter().flatten() {
                all += 1;
                lost += usize::from(distance(&drawn, *p) > PIXEL);
            }
        }
        println!("z{z}: drawn at most {farthest:.2} squares off; {lost} of {all} vertices stray");
        assert!(farthest <= PIXEL, "zoom {z}: drawn {farthest} squares off");
        assert!(lost * stray <= all, "zoom {z}: {lost} of {all} vertices stray");
    }
}

fn grid(lon: f64, lat: f64, z: u8) -> (f64, f64) {
    let n = 4096.0 * f64::from(1 << z);
    let y = lat.to_radians().tan().asinh() / std::f64::consts::PI;
    ((lon + 180.0) / 360.0 * n, (1.0 - y) / 2.0 * n)
}

fn distance(rings: &[Vec<(f64, f64)>], p: (f64, f64)) -> f64 {
    let edges = rings.iter().flat_map(|r| (0..r.len()).map(|i| (r[i], r[(i + 1) % r.len()])));
    edges
        .map(|(a, b)| {
            let (dx, dy) = (b.0 - a.0, b.1 - a.1);
            let squared = (dx * dx + dy * dy).max(f64::MIN_POSITIVE);
            let t = (((p.0 - a.0) * dx + (p.1 - a.1) * dy) / squared).clamp(0.0, 1.0);
            (p.0 - a.0 - t * dx).hypot(p.1 - a.1 - t * dy)
        })
        .fold(f64::INFINITY, f64::min)
}

#[test]
fn the_polling_stations_of_paris_are_brought_together_across_their_streets() {
    let Some(areas) = areas("fr-paris-bureaux-2017/bureaux.geojson.gz") else { return };
    let (coverage, report) = built(&areas);
    assert_good(&coverage, 300);
    assert_eq!((report.without_geometry.len(), report.swallowed.len()), (0, 0));
    assert!(report.snap_m > 0.5 && report.snap_m <= 10.0, "{report:?}");
    let neighbours: usize = coverage.neighbours().iter().map(Vec::len).sum();
    assert!(neighbours > 4 * 896, "{neighbours}");
    for row in 0..896 {
        let ground = coverage.outline(row);
        assert!(pole(&ground).is_some());
    }
}

#[test]
fn the_stations_of_a_departement_keep_the_one_without_a_shape() {
    let Some(areas) = areas("fr-04-bureaux-2022/bureaux.geojson.gz") else { return };
    let (coverage, report) = built(&areas);
    assert_good(&coverage, 300);
    assert_eq!(coverage.len(), 261);
    assert_eq!(report.without_geometry.len(), 1);
}

#[test]
fn american_counties_are_whole_on_both_sides_of_the_antimeridian() {
    let Some(areas) = areas("us-counties/counties.geojson.gz") else { return };
    let (coverage, report) = built(&areas);
    assert_good(&coverage, 300);
    assert!(report.self_intersecting.len() >= 19, "{report:?}");
    assert!(report.swallowed.is_empty());
    for row in 0..areas.len() as u32 {
        assert_eq!(report.without_geometry.contains(&row), !coverage.has_geometry(row), "row {row}");
        assert!(coverage.outline(row).iter().all(|p| p.exterior().is_closed()), "row {row}");
    }
}

#[test]
fn a_precinct_that_two_others_claim_is_not_lost() {
    let Some(areas) = areas("us-mn-precincts/precincts.geojson.gz") else { return };
    let (coverage, report) = built(&areas);
    assert_good(&coverage, 300);
    assert!(report.swallowed.is_empty() && report.without_geometry.is_empty());
    assert!(report.overlaps > 0 && report.overlap_m2 < 10_000.0, "{report:?}");
}
