//! Levels made of H3 cells, for places that have points and no polygons: all that a level has, and no outline stored.

use quartier_tests::{Desk, Service, count, named_rows, tile};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Two regions side by side, of a tenth of a degree, north of the equator at a longitude and latitude.
fn regions(west: f64, south: f64) -> String {
    let region = |code: &str, west: f64| {
        let (east, north) = (west + 0.1, south + 0.1);
        let ring = [[west, south], [east, south], [east, north], [west, north], [west, south]];
        json!({"type": "Feature", "properties": {"code": code, "name": format!("Region {code}")},
            "geometry": {"type": "Polygon", "coordinates": [ring]}})
    };
    json!({"type": "FeatureCollection", "features": [region("A", west), region("B", west + 0.1)]}).to_string()
}

/// Points on a grid with invented electors and votes: id, longitude, latitude, electors, voters, two lists.
fn points(at: impl Fn(u32) -> (f64, f64), many: u32) -> String {
    let mut text = "id,lon,lat,electors,voters,YES,NO\n".to_owned();
    for n in 0..many {
        let (lon, lat) = at(n);
        let electors = 60 + 37 * n % 300;
        let voters = electors * 3 / 4;
        let yes = voters * (20 + n % 60) / 100;
        writeln!(text, "p{n},{lon:.6},{lat:.6},{electors},{voters},{yes},{}", voters - yes).expect("text");
    }
    text
}

/// Columns of the invented results.
const RESULTS: [&str; 16] = [
    "--election",
    "vote",
    "--date",
    "2020-01-01",
    "--level",
    "cell",
    "--row-key",
    "{id}",
    "--registered",
    "electors",
    "--voters",
    "voters",
    "--candidates",
    "YES,NO",
    "--lon",
    "lon",
];

/// Imports the results by place, estimates (with `more`) and publishes.
fn publish(desk: &Desk, file: &str, more: &[&str]) {
    let account = desk.json(&[&["import", "results", file][..], &RESULTS, &["--lat", "lat"]].concat());
    assert_eq!(account["account"]["unplaced"], json!([]), "{account}");
    desk.ok(&["blocs", "vote", "--favourable", "YES", "--opposed", "NO"]);
    desk.ok(&[&["estimate", "--baseline", "vote", "--seed", "1"], more].concat());
    desk.ok(&["publish"]);
}

/// The shares of an estimate and the electors, by code.
async fn estimates(service: &Service, query: &str) -> BTreeMap<String, Value> {
    let body = service.json(&format!("/api/v1/estimates?limit=10000&{query}")).await;
    let rows = body["areas"].as_array().or(body["rows"].as_array()).expect("rows").clone();
    rows.into_iter().map(|row| (row["code"].as_str().expect("a code").to_owned(), row)).collect()
}

#[tokio::test]
async fn points_become_a_level_of_cells_under_the_polygons_they_lie_in() {
    let desk = Desk::new();
    desk.ok(&["init", "campaign", "--name", "Points", "--language", "en", "--levels", "region,cell"]);
    let outlines = desk.file("regions.geojson", regions(2.0, 48.0));
    let file = desk
        .file("points.csv", points(|n| (2.001 + f64::from(n % 40) * 0.005, 48.002 + f64::from(n / 40) * 0.004), 960));
    let import = ["import", "areas", "--level", "cell", "--h3", "8", "--points", &file, "--electors", "electors"];
    let refused = desk.refused(&import);
    assert!(refused.contains("level `region`") && refused.contains("no areas yet"), "{refused}");
    desk.import_areas(&outlines, ["region", "{code}", "{name}"], &[]);
    let account = desk.json(&import)["account"].take();
    let electors: u64 =
        named_rows(points(|_| (0.0, 0.0), 960).as_bytes()).iter().map(|row| count(row, "electors")).sum();
    assert_eq!((account["used"].as_u64(), account["electors"].as_u64()), (Some(960), Some(electors)));
    assert!(account["cells"].as_u64() > Some(150) && account["straddling"].as_u64() > Some(3), "{account}");
    assert_eq!(account["outside"], json!([]));

    publish(&desk, &file, &[]);
    let published = desk.published();
    let snapshot = published.current().expect("a snapshot");
    let geography = snapshot.geography();
    let level = geography.level("cell").expect("the level");
    assert_eq!((level.h3, level.rows() as u64), (Some(8), account["cells"].as_u64().expect("cells")));
    let folder = geography.folder();
    assert!(folder.join("outlines-region.bin").is_file() && !folder.join("outlines-cell.bin").exists());
    assert!(!folder.join("tiles-cell.qsk").exists());
    let inner = (0..level.rows()).filter(|row| level.neighbours.of(*row).count() == 6).count();
    assert!(inner > 50, "{inner} cells have all their six neighbours");

    // Regions are the sums of their cells, and a hexagon of the resolution is the cell.
    let service = Service::of(&desk);
    let (cells, regions) = (estimates(&service, "level=cell").await, estimates(&service, "level=region").await);
    let sum = |rows: &BTreeMap<String, Value>| rows.values().filter_map(|row| row["electors"].as_u64()).sum::<u64>();
    assert_eq!((sum(&cells), sum(&regions)), (electors, electors));
    let hexes = estimates(&service, "level=hex&resolution=8").await;
    let mut alike = 0;
    for (code, hex) in &hexes {
        let Some(cell) = cells.get(code) else { continue };
        assert_eq!(hex["electors"], cell["electors"], "{code}");
        if cell["pooled"] != true && hex["pooled"] != true {
            assert_eq!(hex["favourable"], cell["favourable"], "{code}: the same people, the same figure");
            alike += 1;
        }
    }
    assert!(alike > 100, "{alike} of {} hexagons are cells", hexes.len());
    hexagons_are_ranked(&service).await;
    let (code, _) = cells.iter().next().expect("a cell");
    let view = service.json(&format!("/api/v1/areas/cell/{code}")).await;
    assert!(view["name"].as_str().expect("a name").starts_with("Region "), "{view}");
    assert_eq!(view["path"].as_array().map(Vec::len), Some(1), "{view}");
    let found = service.json(&format!("/api/v1/areas?q={code}")).await;
    assert_eq!(found["areas"][0]["code"], json!(code), "a cell is found by its code");
    outlines_follow_from_the_codes(&desk, &service).await;

    let refused =
        desk.refused(&["import", "areas", &outlines, "--level", "cell", "--code", "{code}", "--name", "{name}"]);
    assert!(refused.contains("made of H3 cells of resolution 8"), "{refused}");
    let refused = desk.refused(&["import", "areas", "--level", "cell", "--h3", "9", "--points", &file]);
    assert!(refused.contains("no H3 cells of resolution 9"), "{refused}");
    let refused = desk.refused(&["import", "areas", "--level", "region", "--h3", "12", "--points", &file]);
    assert!(refused.contains("--h3: found 12, expected a resolution from 3 to 10"), "{refused}");
    let refused = desk.refused(&["import", "areas", "--level", "region", "--h3", "8", "--points", &file]);
    assert!(refused.contains("level `region` has 2 areas"), "{refused}");
}

/// Hexagons of a resolution are ranked as a level is, and as the cells that they are.
async fn hexagons_are_ranked(service: &Service) {
    let ranked = async |query: &str| service.json(&format!("/api/v1/priorities?limit=1000&{query}")).await;
    let (hexes, cells) = (ranked("level=hex&resolution=8").await, ranked("level=cell").await);
    assert_eq!(hexes["total"], cells["total"]);
    let first = |ranking: &Value| ["code", "electors"].map(|key| ranking["priorities"][0][key].clone());
    assert_eq!(first(&hexes), first(&cells));
    let inside = ranked("level=hex&resolution=8&within=region:A").await;
    assert!(inside["total"].as_u64() < hexes["total"].as_u64() && inside["total"].as_u64() > Some(50));
    assert_eq!(service.status("/api/v1/priorities?level=cell&resolution=8").await, 400);
    assert_eq!(service.status("/api/v1/priorities?level=hex&resolution=12").await, 400);
    let size = service.json("/api/v1/downloads?level=hex&resolution=8&format=csv").await;
    assert_eq!(size["areas"], hexes["total"], "the dialog counts hexagons of the resolution");
}

async fn outlines_follow_from_the_codes(desk: &Desk, service: &Service) {
    let text = desk.ok(&["export", "--level", "cell", "--format", "geojson", "-o", "-"]);
    let collection: Value = serde_json::from_str(&text).expect("JSON");
    let features = collection["features"].as_array().expect("features");
    let rings = |feature: &Value| feature["geometry"]["coordinates"][0][0].as_array().map(Vec::len);
    assert!(features.iter().all(|feature| rings(feature) == Some(7)), "hexagons");
    let info = service.json("/tiles/cell.json").await;
    let first = info["minzoom"].as_u64().expect("a zoom") as u32;
    assert_eq!(first, 10);
    let place = |zoom: u32| tile_of(2.1, 48.05, zoom);
    let (x, y) = place(first);
    let bytes = service.get(&format!("/tiles/1/cell/{first}/{x}/{y}.mvt")).await.expect("a tile");
    let areas = tile::areas(&bytes, "cell");
    assert!(areas.len() > 20, "{} cells", areas.len());
    assert!(
        areas.iter().all(|area| area.properties["favourable"].is_number() && area.properties["parent"].is_string())
    );
    let (x, y) = place(first - 1);
    assert_eq!(service.status(&format!("/tiles/1/cell/{}/{x}/{y}.mvt", first - 1)).await, 404);
    let pasts = desk.past("vote", "cell");
    assert_eq!(pasts.len(), features.iter().filter(|feature| feature["properties"]["level"] == "cell").count());
}

fn tile_of(lon: f64, lat: f64, zoom: u32) -> (u32, u32) {
    let side = f64::from(1_u32 << zoom);
    let y = (1.0 - lat.to_radians().tan().asinh() / std::f64::consts::PI) / 2.0 * side;
    (((lon + 180.0) / 360.0 * side) as u32, y as u32)
}

/// Surface of a ring in square degrees, positive where it runs counter-clockwise.
fn surface(ring: &[Value]) -> f64 {
    let at = |n: usize| [0, 1].map(|axis| ring[n % ring.len()][axis].as_f64().expect("a number"));
    let [x0, y0] = at(0);
    let parts = (0..ring.len()).map(|n| {
        let ([ax, ay], [bx, by]) = (at(n), at(n + 1));
        (ax - x0) * (by - y0) - (bx - x0) * (ay - y0)
    });
    parts.sum::<f64>() / 2.0
}

#[tokio::test]
async fn cells_across_the_antimeridian_and_pentagons_are_drawn_as_they_are() {
    // A grid across 180 degrees, and one over the pentagon of base cell 4, in the Norwegian Sea.
    let across = |n: u32| {
        let lon = 179.0 + f64::from(n % 40) * 0.05;
        (if lon > 180.0 { lon - 360.0 } else { lon }, -17.5 + f64::from(n / 40) * 0.05)
    };
    let sea = |n: u32| (10.0 + f64::from(n % 40) * 0.027, 64.4 + f64::from(n / 40) * 0.03);
    let desk = Desk::new();
    desk.ok(&["init", "campaign", "--name", "Sea", "--language", "en", "--levels", "cell"]);
    let file = desk.file("points.csv", points(|n| if n < 800 { across(n) } else { sea(n - 800) }, 1_600));
    let refused =
        desk.refused(&["import", "areas", "--level", "cell", "--h3", "5", "--points", &file, "--parent", "X"]);
    assert!(refused.contains("coarsest level"), "{refused}");
    desk.ok(&["import", "areas", "--level", "cell", "--h3", "5", "--points", &file, "--electors", "electors"]);
    publish(&desk, &file, &[]);

    let text = desk.ok(&["export", "--level", "cell", "--format", "geojson", "-o", "-"]);
    let collection: Value = serde_json::from_str(&text).expect("JSON");
    let (mut cut, mut pentagons) = (0, 0);
    for feature in collection["features"].as_array().expect("features") {
        let parts = feature["geometry"]["coordinates"].as_array().expect("polygons");
        cut += usize::from(parts.len() == 2);
        for part in parts {
            let ring = part[0].as_array().expect("a ring");
            assert!(surface(ring) > 0.0, "{feature}");
            let wide = ring.iter().map(|at| at[0].as_f64().expect("a number"));
            let (low, high) = wide.fold((f64::MAX, f64::MIN), |(low, high), lon| (low.min(lon), high.max(lon)));
            assert!(high - low < 1.0 && low >= -180.0 && high <= 180.0, "{low}..{high}: {feature}");
            // A pentagon of an odd resolution has a corner more on each of its sides.
            pentagons += usize::from(ring.len() == 11);
        }
    }
    assert!(cut >= 3, "{cut} cells are cut in two");
    assert_eq!(pentagons, 1);

    let service = Service::of(&desk);
    let (zoom, y) = (6, tile_of(0.0, -17.0, 6).1);
    let ids = |bytes: Vec<u8>| -> Vec<u64> { tile::areas(&bytes, "cell").iter().map(|area| area.piece.id).collect() };
    let ends = [0, 63].map(|x| format!("/tiles/1/cell/{zoom}/{x}/{y}.mvt"));
    let [west, east] = [&ends[0], &ends[1]];
    let (west, east) = (ids(service.get(west).await.expect("a tile")), ids(service.get(east).await.expect("a tile")));
    assert!(west.iter().filter(|id| east.contains(id)).count() >= 3, "cells across are at both ends of the world");
    for x in 2..62 {
        assert_eq!(service.get(&format!("/tiles/1/cell/{zoom}/{x}/{y}.mvt")).await, None, "column {x}");
    }
    let (x, y) = tile_of(10.536, 64.7, zoom);
    assert!(!ids(service.get(&format!("/tiles/1/cell/{zoom}/{x}/{y}.mvt")).await.expect("a tile")).is_empty());
    let audit = desk.run(&["audit"]);
    assert!(audit.status.success(), "{}", String::from_utf8_lossy(&audit.stdout));
}

#[test]
fn bad_points_name_their_rows_and_leave_nothing_behind() {
    let desk = Desk::new();
    desk.ok(&["init", "campaign", "--name", "Points", "--language", "en", "--levels", "cell"]);
    let file = desk.file("bad.csv", "lon,lat,n\n2,48,10\n200,48,1\n2,95,x\n");
    let refused =
        desk.refused(&["import", "areas", "--level", "cell", "--h3", "8", "--points", &file, "--electors", "n"]);
    for part in ["row 3, `lon`: found `200`", "row 4, `lat`: found `95`", "row 4, `n`: found `x`"] {
        assert!(refused.contains(part), "{part}: {refused}");
    }
    assert!(!desk.ok(&["imports"]).contains("bad.csv"));
    let usage = desk.run(&["import", "areas", "--level", "cell", "--h3", "8"]);
    assert_eq!(usage.status.code(), Some(2), "without --points");
    let both = desk.run(&["import", "areas", &file, "--level", "cell", "--h3", "8", "--points", &file]);
    assert_eq!(both.status.code(), Some(2), "a file of polygons and one of points");
}

/// Most bytes of a tile as it is sent, gzipped.
const MOST_TILE_BYTES: usize = 200_000;

#[tokio::test]
async fn tiles_that_are_full_of_cells_stay_small_at_every_zoom() {
    let desk = Desk::new();
    desk.ok(&["init", "campaign", "--name", "Cells", "--language", "en", "--levels", "cell"]);
    // Some 5,300 cells of resolution 9 side by side: three times what a tile of their first zoom holds at 46°.
    let (west, south) = (2.0, 46.0);
    let file = desk.file(
        "points.csv",
        points(|n| (west + f64::from(n % 80) * 0.0043, south + f64::from(n / 80) * 0.0029), 80 * 70),
    );
    let account =
        desk.json(&["import", "areas", "--level", "cell", "--h3", "9", "--points", &file, "--electors", "electors"]);
    let cells = account["account"]["cells"].as_u64().expect("cells");
    assert!(cells > 4_000, "{cells} cells");
    publish(&desk, &file, &["--without-icar"]);
    let service = Service::of(&desk);
    let middle = (west + 40.0 * 0.0043, south + 35.0 * 0.0029);
    let mut full = 0;
    for tileset in ["hex", "cell"] {
        let info = service.json(&format!("/tiles/{tileset}.json")).await;
        let zooms = ["minzoom", "maxzoom"].map(|key| info[key].as_u64().expect("a zoom") as u32);
        for zoom in zooms[0]..=zooms[1] {
            let (x, y) = tile_of(middle.0, middle.1, zoom);
            let path = format!("/tiles/1/{tileset}/{zoom}/{x}/{y}.mvt");
            let sent = service.get_gzipped(&path).await.expect("a tile").len();
            assert!(sent < MOST_TILE_BYTES, "{path}: {sent} bytes");
            full = full.max(tile::areas(&service.get(&path).await.expect("a tile"), tileset).len());
        }
    }
    assert!(full > 1_500, "the fullest tile holds {full} cells");
}
