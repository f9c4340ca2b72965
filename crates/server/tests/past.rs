//! Base and reserve through every face of the server.

mod country;

use country::{Service, is_problem};
use serde_json::{Value, json};

#[tokio::test]
async fn a_base_names_its_elections_and_says_why_an_area_has_none() {
    let service = Service::new();
    let body = service.get("/api/v1/past/base?level=quarter&sort=-value").await.json();
    assert_eq!(
        (&body["elections"], &body["register"], &body["of"]),
        (&json!(["t1", "t2"]), &json!("t2"), &json!("electors"))
    );
    assert_eq!((&body["total"], &body["missing"]), (&json!(4), &json!({"no_result": 1})));
    let rows: Vec<_> = body["areas"]
        .as_array()
        .expect("areas")
        .iter()
        .map(|own| (&own["code"], &own["people"], &own["share"]))
        .collect();
    // Of 60, 94 and 40 registered; both elections gave the same votes, so the first has the base.
    let expected = [("b", 20.0, 0.333), ("c", 28.0, 0.298), ("a", 10.0, 0.25)];
    for ((code, people, share), own) in expected.into_iter().zip(&rows) {
        assert_eq!((own.0, own.1, own.2), (&json!(code), &json!(people), &json!(share)));
    }
    assert_eq!((&body["areas"][0]["from"], &body["areas"][3]["no_figure"]), (&json!("t1"), &json!("no_result")));
    assert_eq!((&body["campaign"]["people"], &body["campaign"]["share"]), (&json!(64.0), &json!(0.299)));
    // City 02 has a quarter without a result, city 01004 has not.
    let cities = service.get("/api/v1/past/reserve").await.json();
    let partly: Vec<_> = cities["areas"].as_array().expect("areas").iter().map(|own| &own["partly_counted"]).collect();
    assert_eq!(partly, [&json!(false), &json!(true)]);
    assert_eq!(cities["areas"][0]["people"], json!(0.0), "as many voted in both");
}

#[tokio::test]
async fn a_base_is_the_same_in_the_table_in_files_and_of_one_area() {
    let service = Service::new();
    let campaign = service.get("/api/v1/campaign").await.json();
    let ids: Vec<&Value> = campaign["past_measures"].as_array().expect("two").iter().map(|own| &own["id"]).collect();
    assert_eq!(ids, ["base", "reserve"]);
    let area = service.get("/api/v1/areas/quarter/b").await.json();
    assert_eq!(area["past"]["base"]["people"], json!(20.0));
    assert_eq!(area["past"]["reserve"]["elections"], json!(["t1", "t2"]));
    assert_eq!(service.get("/api/v1/areas/quarter/d").await.json()["past"]["base"]["no_figure"], "no_result");

    let answer = service.get("/api/v1/past/base?level=quarter&format=values").await;
    assert_eq!(answer.header("content-type"), "application/vnd.quartier.table");
    let end = 8 + u32::from_le_bytes(answer.body[4..8].try_into().expect("four bytes")) as usize;
    let header: Value = serde_json::from_slice(&answer.body[8..end]).expect("JSON");
    assert_eq!((&header["kind"], &header["elections"]), (&json!("past"), &json!(["t1", "t2"])));
    let column = |name: &str, field: &str, bytes: usize| {
        let columns = header["columns"].as_array().expect("columns");
        let own = columns.iter().find(|own| own["name"] == name && own["field"] == field).expect("a column");
        let start = end + own["offset"].as_u64().expect("an offset") as usize;
        answer.body[start..start + 4 * bytes].to_vec()
    };
    let shares: Vec<i16> =
        column("base", "value", 2).chunks(2).map(|two| i16::from_le_bytes([two[0], two[1]])).collect();
    assert_eq!(shares, [250, 333, 298, i16::MIN]);
    assert_eq!((column("flags", "value", 1), column("base", "from", 1)), (vec![0, 0, 0, 32], vec![0, 0, 0, 255]));

    let csv = service.get("/api/v1/past/base?level=quarter&format=csv-fr").await.text();
    let lines: Vec<&str> = csv.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(
        lines[0],
        "area;code;name;level;parent;electors;base;base_share;from;partly_counted;no_figure;elections"
    );
    assert_eq!(lines[2], "quarter:b;b;Bel-Air;quarter;01004;60;20;0,333;t1;false;;t1 t2");
    assert_eq!(lines[4], "quarter:d;d;L'Haÿ;quarter;02;;;;;false;no_result;t1 t2");
    let file = service.get("/api/v1/past/reserve?level=quarter&format=geojson").await.json();
    assert_eq!(file["quartier"]["elections"], json!(["t1", "t2"]));
    assert_eq!(file["features"][0]["properties"]["reserve"], json!(0.0));
    assert_eq!(file["features"][3]["properties"]["reserve"], Value::Null);
}

#[tokio::test]
async fn what_is_no_measure_of_the_past_is_refused() {
    let service = Service::new();
    is_problem(&service.get("/api/v1/past/margin").await, 404);
    for query in ["level=street", "reading=none", "sort=name", "within=city:77"] {
        is_problem(&service.get(&format!("/api/v1/past/base?{query}")).await, 400);
    }
}

#[tokio::test]
async fn more_areas_than_go_out_at_once_come_in_pages_and_in_files() {
    let most = 100_000;
    let service = Service::many(most + 1);
    let all = service.get("/api/v1/elections/t1/results?level=cell").await;
    is_problem(&all, 400);
    let said = all.json()["detail"].as_str().expect("why").to_owned();
    for part in ["level: it has 100001 areas", "at most 100000 at once", "`limit`", "`format`"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let page = service.get("/api/v1/elections/t1/results?level=cell&limit=3").await.json();
    assert_eq!((page["total"].as_u64(), page["areas"].as_array().map(Vec::len)), (Some(most as u64 + 1), Some(3)));
    assert_eq!(page["whole"]["valid"].as_u64(), Some(most as u64 + 1));
    let file = service.get("/api/v1/elections/t1/results?level=cell&format=csv").await.text();
    assert_eq!(file.lines().count(), most + 2, "a header and every area");
    // As many as may go out do.
    let service = Service::many(most);
    let all = service.get("/api/v1/elections/t1/results?level=cell").await.json();
    assert_eq!(all["areas"].as_array().map(Vec::len), Some(most));
}
