//! All of France by commune: no vote is lost, every commune is on the map from its first zoom on.

use quartier_snapshot::Published;
use quartier_tests::{Desk, data};
use std::process::Command;

/// README of the results: election, file, day, registered, voters, valid.
const ELECTIONS: [(&str, &str, &str, [u64; 3]); 4] = [
    ("euro2014", "2014-europeennes", "2014-05-25", [46_544_712, 19_747_893, 18_955_761]),
    ("pres2017t1", "2017-presidentielle-1", "2017-04-23", [47_582_183, 37_003_728, 36_054_394]),
    ("pres2017t2", "2017-presidentielle-2", "2017-05-07", [47_568_693, 35_467_327, 31_381_603]),
    ("euro2019", "2019-europeennes", "2019-05-26", [47_345_120, 23_731_193, 22_654_423]),
];

#[test]
fn france_loses_no_vote_and_no_commune() {
    let Some(data) = data() else { return };
    let desk = Desk::new();
    let file = |name: &str| data.join(name).to_string_lossy().into_owned();
    desk.ok(&["init", "campaign", "--name", "France", "--levels", "region,departement,commune"]);
    let admin = "fr-admin-2018";
    desk.ok(&[
        "import",
        "areas",
        &file(&format!("{admin}/regions.geojson.gz")),
        "--level",
        "region",
        "--code",
        "{code}",
        "--name",
        "{nom}",
    ]);
    desk.ok(&[
        "import",
        "areas",
        &file(&format!("{admin}/departements.geojson.gz")),
        "--level",
        "departement",
        "--code",
        "{code}",
        "--name",
        "{nom}",
        "--parent",
        "{region}",
    ]);
    let report = desk.json(&[
        "import",
        "areas",
        &file(&format!("{admin}/communes.geojson.gz")),
        "--level",
        "commune",
        "--code",
        "{code}",
        "--name",
        "{nom}",
        "--parent",
        "{departement}",
        "--aliases",
        &file(&format!("{admin}/communes-passage.csv")),
        "--alias-from",
        "code_ancien",
        "--alias-to",
        "code_geo2018",
    ]);
    assert_eq!(report["account"]["repaired"], serde_json::json!(["14174"]));
    for (election, name, date, totals) in ELECTIONS {
        let to_communes = ["--level", "commune", "--code", "{insee}", "--row-key", "{departement}{commune}-{bureau}"];
        let account = &desk.national_results(&data, name, election, date, &to_communes);
        assert_eq!(account["votes"], serde_json::json!([totals[2], totals[2]]), "{election}");
        // What is left without a polygon is overseas collectivities and French citizens abroad.
        for unplaced in account["unplaced"].as_array().expect("a list") {
            let code = unplaced[1].as_str().expect("a code");
            let metropolitan = code.len() == 5 && code.as_bytes()[0].is_ascii_digit() && !code.starts_with('9');
            assert!(!metropolitan, "{election}: {code} is unplaced");
        }
        if election == "euro2019" {
            let without: Vec<&str> =
                account["no_result"].as_array().expect("a list").iter().filter_map(|code| code.as_str()).collect();
            let merged = merged_in_2019(&file(&format!("{admin}/communes-passage.csv")));
            assert_eq!(merged.len(), 387);
            assert!(merged.iter().all(|code| without.contains(&code.as_str())));
            // Beside them the six villages of the Meuse, and three communes of which the file has no row.
            assert_eq!(without.len(), 387 + 6 + 3);
        }
    }
    for election in ["pres2017t1", "pres2017t2"] {
        desk.ok(&["blocs", election, "--favourable", "MACRON", "--opposed", "LE PEN"]);
    }
    desk.ok(&["estimate", "--baseline", "pres2017t2", "--seed", "1"]);
    desk.ok(&["publish"]);

    let published = Published::open(&desk.path().join("campaign/published")).expect("published");
    let results = published.results().expect("results");
    for (election, _, _, [registered, voters, valid]) in ELECTIONS {
        let total = &results.election(election).expect("an election").total;
        assert_eq!((total.registered, total.voters, total.valid), (Some(registered), voters, valid), "{election}");
    }
    every_commune_is_there_and_no_tile_is_wrong(&desk, &published);
}

/// Communes of 2018 that became part of another one on 1 January 2019.
fn merged_in_2019(passage: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_path(passage).expect("a table");
    let header = reader.headers().expect("a header").clone();
    let at = |name: &str| header.iter().position(|column| column == name).expect("a column");
    let (old, of_2018) = (at("code_ancien"), at("code_geo2018"));
    let all: Vec<csv::StringRecord> = reader.records().map(|record| record.expect("a record")).collect();
    all.iter().filter(|record| record[old] == record[of_2018]).map(|record| record[old].to_owned()).collect()
}

/// Writes the pyramid to zoom 10 as a client would see it, counts the communes, and has it judged by the strict checker.
fn every_commune_is_there_and_no_tile_is_wrong(desk: &Desk, published: &Published) {
    let snapshot = published.current().expect("a snapshot");
    let level = snapshot.geography().level("commune").expect("communes");
    let folder = desk.path().join("tiles");
    std::fs::create_dir(&folder).expect("a folder");
    let (router, _app) = quartier_server::app(&desk.path().join("campaign/published")).expect("a server");
    let info = &level.tileset.as_ref().expect("a tileset").info;
    let (first, last) = (info["minzoom"].as_u64().expect("a zoom"), info["maxzoom"].as_u64().expect("a zoom").min(10));
    assert!(first <= 3, "communes start at zoom {first}");
    let mut files = Vec::new();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        for zoom in first..=last {
            for (x, y) in tiles_of(level, zoom) {
                let path = format!("/tiles/1/commune/{zoom}/{x}/{y}.mvt");
                let request = http::Request::get(&path).body(axum::body::Body::empty()).expect("a request");
                let response = tower::ServiceExt::oneshot(router.clone(), request).await.expect("an answer");
                if response.status() == http::StatusCode::NO_CONTENT {
                    continue;
                }
                assert_eq!(response.status(), http::StatusCode::OK, "{path}");
                let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("a body");
                let file = folder.join(format!("{zoom}-{x}-{y}.mvt"));
                std::fs::write(&file, &body).expect("written");
                files.push(file);
            }
        }
    });
    assert!(files.len() > 1_000, "{} tiles", files.len());
    let checker = data().expect("the open data").join("../tools/mvt_strict.py");
    for files in files.chunks(400) {
        let judged = Command::new("python3").arg(&checker).args(files).output().expect("python3");
        let said = String::from_utf8_lossy(&judged.stdout);
        assert!(judged.status.success(), "{said}");
        assert_eq!(said.lines().filter(|line| line.contains(" OK ")).count(), files.len());
    }
}

/// The tiles that the communes' bounds touch.
fn tiles_of(level: &quartier_snapshot::GeographyLevel, zoom: u64) -> std::collections::BTreeSet<(u64, u64)> {
    let side = 2_f64.powi(i32::try_from(zoom).expect("a small zoom"));
    let column = |longitude: f64| ((longitude + 180.0) / 360.0 * side).clamp(0.0, side - 1.0) as u64;
    let row = |latitude: f64| {
        let y = (1.0 - latitude.to_radians().tan().asinh() / std::f64::consts::PI) / 2.0 * side;
        y.clamp(0.0, side - 1.0) as u64
    };
    let mut tiles = std::collections::BTreeSet::new();
    for [west, south, east, north] in (0..level.rows()).filter_map(|row| level.bounds(row)) {
        for x in column(west)..=column(east) {
            tiles.extend((row(north)..=row(south)).map(|y| (x, y)));
        }
    }
    tiles
}
