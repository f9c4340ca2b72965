//! Other places and files, each with its trap: all import, publish and draw.

use quartier_snapshot::Published;
use quartier_tests::{Desk, data};
use serde_json::Value;

/// Estimates, publishes, and checks that every area with an outline is on the finest tiles.
fn publish(desk: &Desk, baseline: &str) -> Published {
    desk.ok(&["estimate", "--baseline", baseline, "--seed", "1"]);
    desk.ok(&["publish"]);
    let published = Published::open(&desk.path().join("campaign/published")).expect("published");
    let snapshot = published.current().expect("a snapshot");
    for level in snapshot.geography().levels() {
        assert!(level.skeleton.is_some(), "{} has tiles", level.level.id);
    }
    published
}

#[test]
fn the_departement_04_keeps_the_votes_of_a_station_without_a_shape() {
    let Some(data) = data() else { return };
    let desk = Desk::new();
    let file = |name: &str| data.join(name).to_string_lossy().into_owned();
    desk.ok(&["init", "campaign", "--name", "04", "--levels", "departement,commune,bureau"]);
    desk.import_areas(
        &file("fr-admin-2018/departements.fgb"),
        ["departement", "{code}", "{nom}"],
        &["--where", "code=04"],
    );
    desk.import_areas(
        &file("fr-admin-2018/communes.geojson.gz"),
        ["commune", "{code}", "{nom}"],
        &["--parent", "{departement}", "--where", "departement=04"],
    );
    let report = desk.import_areas(
        &file("fr-04-bureaux-2022/bureaux.geojson.gz"),
        ["bureau", "{code_commune}-{bureau}", "{nom_commune} {bureau}"],
        &["--parent", "{code_commune}"],
    );
    assert_eq!(report["account"]["without_geometry"], serde_json::json!(["04116-0004"]));
    for (election, name, date) in
        [("t1", "2017-presidentielle-1", "2017-04-23"), ("t2", "2017-presidentielle-2", "2017-05-07")]
    {
        let to_stations = [
            "--where",
            "departement=04",
            "--level",
            "bureau",
            "--code",
            "{insee}-{bureau}",
            "--fallback",
            "commune={insee}",
            "--fallback",
            "departement=04",
        ];
        let account = &desk.national_results(&data, name, election, date, &to_stations);
        assert_eq!(account["votes"][0], account["votes"][1]);
        assert_eq!(
            account["unplaced"],
            Value::Array(vec![]),
            "every row is at a bureau, its commune or the departement"
        );
        desk.ok(&["blocs", election, "--favourable", "MACRON", "--opposed", "LE PEN"]);
    }
    let published = publish(&desk, "t2");
    let level = published.geography().and_then(|geography| geography.level("bureau")).expect("bureaux");
    let shapeless = level.row("04116-0004").expect("the station");
    assert!(level.bounds(shapeless).is_none());
    let counts =
        published.results().and_then(|results| results.table("t2", "bureau")).expect("counts").counts(shapeless);
    assert!(counts.is_some_and(|counts| counts.voters > 0), "its votes are kept");
}

#[test]
fn minnesota_from_the_unchanged_shapefile_has_a_raised_register() {
    let Some(data) = data() else { return };
    let desk = Desk::new();
    let file = |name: &str| data.join(name).to_string_lossy().into_owned();
    desk.ok(&["init", "campaign", "--name", "Minnesota", "--language", "en", "--levels", "precinct"]);
    let report = desk.import_areas(&file("us-mn-precincts/mn_08_16.zip"), ["precinct", "{VTD}", "{PCTNAME}"], &[]);
    assert_eq!(report["account"]["features"].as_u64(), Some(4_120));
    assert!(report["account"]["crs"].as_str().is_some_and(|crs| crs.contains("26915")), "{}", report["account"]["crs"]);
    let report = desk.json(&[
        "import",
        "results",
        &file("us-mn-precincts/results.csv.gz"),
        "--election",
        "pres2016",
        "--date",
        "2016-11-08",
        "--level",
        "precinct",
        "--code",
        "{VTD}",
        "--registered",
        "VAP",
        "--voters",
        "TOTPRES16",
        "--candidates",
        "PRES16D,PRES16R,PRES16L,PRES16G",
        "--registered-floor",
    ]);
    let account = &report["account"];
    assert_eq!(account["used"].as_u64(), Some(4_120));
    let said = account["said"].to_string();
    assert!(said.contains("92 rows"), "the raised rows are said: {said}");
    desk.ok(&["blocs", "pres2016", "--favourable", "PRES16D", "--opposed", "PRES16R"]);
    publish(&desk, "pres2016");
}

#[test]
fn counties_cross_the_antimeridian() {
    let Some(data) = data() else { return };
    let desk = Desk::new();
    let file = |name: &str| data.join(name).to_string_lossy().into_owned();
    desk.ok(&["init", "campaign", "--name", "Counties", "--language", "en", "--levels", "county"]);
    desk.import_areas(&file("us-counties/counties.geojson.gz"), ["county", "{id}", "{name}"], &[]);
    let report = desk.json(&[
        "import",
        "results",
        &file("us-counties/presidential-2008-2024.csv.gz"),
        "--election",
        "pres2016",
        "--date",
        "2016-11-08",
        "--level",
        "county",
        "--code",
        "{fips}",
        "--registered",
        "none",
        "--voters",
        "total_2016",
        "--candidates",
        "dem_2016,gop_2016,oth_2016",
    ]);
    assert_eq!(report["account"]["votes"][0], report["account"]["votes"][1]);
    desk.ok(&["blocs", "pres2016", "--favourable", "dem_2016", "--opposed", "gop_2016"]);
    publish(&desk, "pres2016");
}

#[test]
fn montreal_without_a_register_has_shares_of_voters() {
    let Some(data) = data() else { return };
    let desk = Desk::new();
    let file = |name: &str| data.join(name).to_string_lossy().into_owned();
    desk.ok(&["init", "campaign", "--name", "Montréal", "--levels", "district"]);
    desk.import_areas(&file("ca-montreal-2013/election.geojson.gz"), ["district", "{@id}", "{district}"], &[]);
    let report = desk.json(&[
        "import",
        "results",
        &file("ca-montreal-2013/election.csv.gz"),
        "--election",
        "mairie2013",
        "--date",
        "2013-11-03",
        "--level",
        "district",
        "--code",
        "{district_id}",
        "--registered",
        "none",
        "--valid",
        "total",
        "--candidates",
        "Coderre,Bergeron,Joly",
    ]);
    assert_eq!(report["account"]["used"].as_u64(), Some(58));
    desk.ok(&["blocs", "mairie2013", "--favourable", "Coderre", "--opposed", "Bergeron"]);
    let published = publish(&desk, "mairie2013");
    let snapshot = published.current().expect("a snapshot");
    let values = snapshot.values("district").expect("values");
    assert!(values.figure(quartier_model::Measure::Turnout, 0).is_none(), "turnout is absent, not zero");
    assert!(values.figure(quartier_model::Measure::Favourable, 0).is_some());
}

#[test]
fn round_one_of_2024_is_drawn_on_the_stations_of_brest() {
    let Some(data) = data() else { return };
    let desk = Desk::new();
    let file = |name: &str| data.join("fr-formats").join(name).to_string_lossy().into_owned();
    desk.ok(&["init", "campaign", "--name", "Brest", "--levels", "bureau"]);
    desk.import_areas(&file("contours-bureaux-brest.geojson.gz"), ["bureau", "{codeBureauVote}", "{llieu}"], &[]);
    let report = desk.json(&[
        "import",
        "results",
        &file("legislatives-2024-t1-bureaux-29-circo-2-3.csv.gz"),
        "--election",
        "legi2024t1",
        "--date",
        "2024-06-30",
        "--preset",
        "fr-ministere",
        "--level",
        "bureau",
        "--code",
        "{insee}_{bureau}",
    ]);
    assert_eq!(report["account"]["used"].as_u64(), Some(110));
    assert_eq!(report["account"]["votes"], serde_json::json!([120_586, 120_586]));
}

#[test]
fn a_broken_file_is_refused_with_a_message_and_changes_nothing() {
    let desk = Desk::new();
    desk.ok(&["init", "campaign", "--name", "Broken", "--levels", "city"]);
    let file = desk.path().join("areas.geojson");
    std::fs::write(&file, r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"#)
        .expect("written");
    let message = desk.refused(&[
        "import",
        "areas",
        &file.to_string_lossy(),
        "--level",
        "city",
        "--code",
        "{code}",
        "--name",
        "{code}",
    ]);
    assert!(message.starts_with("error: areas.geojson"), "{message}");
    assert_eq!(desk.ok(&["imports"]), "");
    let message = desk.refused(&["estimate", "--baseline", "none"]);
    assert!(message.contains("quartier import areas"), "{message}");
    let output = desk.run(&["import", "areas"]);
    assert_eq!(output.status.code(), Some(2), "a wrong command line");
}
