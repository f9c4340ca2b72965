//! Paris by the commands of the design's section 8, as they stand; then the same figure on every face.

use axum::body::to_bytes;
use axum::response::Response;
use http::Request;
use quartier_model::Measure;
use quartier_snapshot::Published;
use quartier_tests::{Desk, data};
use serde_json::Value;
use std::path::Path;
use tower::ServiceExt;

/// Imports Paris, estimates and publishes it.
fn paris(desk: &Desk, data: &Path) {
    let file = |name: &str| data.join(name).to_string_lossy().into_owned();
    let layers = "fr-paris-bureaux-2017";
    desk.ok(&[
        "init",
        "campaign",
        "--name",
        "Paris 2017",
        "--language",
        "fr",
        "--levels",
        "city,arrondissement,quartier,bureau",
    ]);
    let communes = file("fr-admin-2018/communes.geojson.gz");
    desk.ok(&[
        "import",
        "areas",
        &communes,
        "--level",
        "city",
        "--code",
        "{code}",
        "--name",
        "{nom}",
        "--where",
        "code=75056",
    ]);
    let arrondissements = file(&format!("{layers}/arrondissements.geojson.gz"));
    desk.ok(&[
        "import",
        "areas",
        &arrondissements,
        "--level",
        "arrondissement",
        "--code",
        "{code}",
        "--name",
        "{nom}",
        "--parent",
        "75056",
    ]);
    let quartiers = file(&format!("{layers}/quartiers.geojson.gz"));
    desk.ok(&[
        "import",
        "areas",
        &quartiers,
        "--level",
        "quartier",
        "--code",
        "{code_quartier}",
        "--name",
        "{nom}",
        "--parent",
        "{arrondissement}",
    ]);
    let bureaux = file(&format!("{layers}/bureaux.geojson.gz"));
    let join = file(&format!("{layers}/bureau-quartier.csv"));
    desk.ok(&[
        "import",
        "areas",
        &bureaux,
        "--level",
        "bureau",
        "--code",
        "75056-{bureau}",
        "--name",
        "Bureau {bureau}",
        "--parent",
        "{code_quartier}",
        "--join",
        &join,
        "--on",
        "bureau",
    ]);
    for (round, date) in [("1", "2017-04-23"), ("2", "2017-05-07")] {
        let account = results(desk, data, &format!("2017-presidentielle-{round}"), &format!("pres2017t{round}"), date);
        assert_eq!((account["used"].as_u64(), &account["unplaced"]), (Some(896), &Value::Array(vec![])));
        let election = format!("pres2017t{round}");
        desk.ok(&["blocs", &election, "--favourable", "MACRON", "--opposed", "LE PEN"]);
    }
    desk.ok(&["estimate", "--baseline", "pres2017t2", "--seed", "1"]);
    desk.ok(&["publish"]);
}

fn results(desk: &Desk, data: &Path, name: &str, election: &str, date: &str) -> Value {
    let to_stations =
        ["--where", "departement=75", "--level", "bureau", "--code", "75056-{bureau}", "--fallback", "city=75056"];
    desk.national_results(data, name, election, date, &to_stations)
}

#[tokio::test]
async fn paris_becomes_a_map_with_the_same_figure_on_every_face() {
    let Some(data) = data() else { return };
    let desk = Desk::new();
    paris(&desk, &data);

    let polls = desk.path().join("polls.csv");
    std::fs::write(
        &polls,
        "date,area,turnout,undecided,favourable,opposed,of,n,se\n2017-06-01,all,70%,10%,60%,30%,voters,1000,\n",
    )
    .expect("a file");
    desk.ok(&["import", "polls", &polls.to_string_lossy()]);
    desk.ok(&["estimate", "--baseline", "pres2017t2", "--seed", "1"]);
    desk.ok(&["publish"]);

    // The prisons of 2019 have no polygon: they stay with the city, and are no row of a bureau.
    let account = results(&desk, &data, "2019-europeennes", "euro2019", "2019-05-26");
    assert_eq!(account["attached"].as_array().map(Vec::len), Some(1));
    assert_eq!(account["attached"][0][1], "75056-JUS1");
    assert_eq!(account["attached"][0][2], "city:75056");
    assert_eq!(account["votes"][0], account["votes"][1]);

    let published = Published::open(&desk.path().join("campaign/published")).expect("published");
    let snapshot = published.current().expect("a snapshot");
    assert_eq!(snapshot.number(), 2);
    let (router, _app) = quartier_server::app(&desk.path().join("campaign/published")).expect("a server");
    let get = async |path: String| -> Vec<u8> {
        let response: Response = router
            .clone()
            .oneshot(Request::get(&path).body(axum::body::Body::empty()).expect("a request"))
            .await
            .expect("an answer");
        assert!(response.status().is_success(), "{path}: {}", response.status());
        to_bytes(response.into_body(), usize::MAX).await.expect("a body").to_vec()
    };

    let mut pairs = 0;
    for level in snapshot.geography().levels() {
        let id = level.level.id.as_str();
        let (geojson, csv) = (desk.path().join("out.geojson"), desk.path().join("out.csv"));
        desk.ok(&["export", "--level", id, "--format", "geojson", "-o", &geojson.to_string_lossy()]);
        desk.ok(&["export", "--level", id, "--format", "csv", "-o", &csv.to_string_lossy()]);
        let geojson: Value = serde_json::from_slice(&std::fs::read(&geojson).expect("written")).expect("JSON");
        let mut csv = csv::Reader::from_path(&csv).expect("a CSV");
        let header = csv.headers().expect("a header").clone();
        let csv: Vec<csv::StringRecord> = csv.records().map(|record| record.expect("a record")).collect();
        assert_eq!((csv.len(), geojson["features"].as_array().map(Vec::len)), (level.rows(), Some(level.rows())));
        let values = snapshot.values(id).expect("values");
        for row in (0..level.rows()).step_by(level.rows().div_ceil(20)) {
            let code = level.code(row).expect("a code");
            let api: Value = serde_json::from_slice(&get(format!("/api/v1/areas/{id}/{code}")).await).expect("JSON");
            let feature = &geojson["features"][row]["properties"];
            assert_eq!((feature["code"].as_str(), csv[row].get(1)), (Some(code), Some(code)));
            for measure in Measure::ALL {
                let figure = values.figure(measure, row).expect("a figure");
                for (field, thousandths) in [("", figure.value), ("_low", figure.low), ("_high", figure.high)] {
                    let name = format!("{measure}{field}");
                    let share = f64::from(thousandths) / 1000.0;
                    let at = header.iter().position(|column| column == name).expect("a column");
                    let api_field = match field {
                        "" => "value",
                        "_low" => "low",
                        _ => "high",
                    };
                    assert_eq!(feature[&name].as_f64(), Some(share), "{id}:{code} {name}");
                    assert_eq!(csv[row].get(at).and_then(|cell| cell.parse().ok()), Some(share), "{id}:{code} {name}");
                    assert_eq!(api["estimate"][measure.id()][api_field].as_f64(), Some(share), "{id}:{code} {name}");
                    pairs += 1;
                }
            }
        }
    }
    assert!(pairs >= 500, "{pairs} figures compared");
}

#[test]
fn a_sum_of_the_past_is_exact_at_every_level() {
    let Some(data) = data() else { return };
    let desk = Desk::new();
    paris(&desk, &data);
    for (level, rows) in [("city", 1), ("arrondissement", 20), ("quartier", 80), ("bureau", 896)] {
        let past = desk.ok(&["export", "--election", "pres2017t1", "--level", level, "--format", "csv", "-o", "-"]);
        let mut reader = csv::Reader::from_reader(past.as_bytes());
        let at =
            |name: &str, header: &csv::StringRecord| header.iter().position(|column| column == name).expect("a column");
        let header = reader.headers().expect("a header").clone();
        let (registered, valid) = (at("registered", &header), at("valid", &header));
        let mut sums = (0, 0_u64, 0_u64);
        for record in reader.records() {
            let record = record.expect("a record");
            let number = |at: usize| record.get(at).and_then(|cell| cell.parse::<u64>().ok()).expect("a count");
            sums = (sums.0 + 1, sums.1 + number(registered), sums.2 + number(valid));
        }
        assert_eq!((sums.0, sums.2), (rows, 1_076_559), "{level}");
        assert!(sums.1 > 1_200_000);
    }
}
