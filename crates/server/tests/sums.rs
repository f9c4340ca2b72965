//! Rows and unplaced add up to the official total, through every face.

mod country;

use country::{Answer, Service};
use serde_json::Value;
use std::collections::BTreeMap;

const COUNTS: [&str; 3] = ["registered", "voters", "valid"];
const LISTS: [&str; 2] = ["LE PEN", "MACRON"];

/// The counts of one object of the API: three numbers, then the lists.
fn of_json(counts: &Value) -> Vec<u64> {
    let number = |value: &Value| value.as_u64().unwrap_or_default();
    let known = COUNTS.map(|name| number(&counts[name]));
    known.into_iter().chain(LISTS.map(|list| number(&counts["lists"][list]))).collect()
}

fn sum(rows: impl Iterator<Item = Vec<u64>>) -> Vec<u64> {
    rows.fold(vec![0; 5], |sum, row| sum.iter().zip(&row).map(|(a, b)| a + b).collect())
}

/// The cells of a CSV file by column.
fn cells(answer: &Answer, delimiter: u8) -> Vec<BTreeMap<String, String>> {
    let text = answer.text();
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text.as_bytes());
    reader.deserialize().map(|row| row.expect("a row")).collect()
}

/// As [`of_json`], from a row whose columns are flat.
fn of_flat(get: impl Fn(&str) -> u64) -> Vec<u64> {
    let lists = LISTS.map(|list| format!("list:{list}"));
    COUNTS.into_iter().map(&get).chain(lists.iter().map(|list| get(list))).collect()
}

#[tokio::test]
async fn rows_and_unplaced_add_up_to_the_official_total_in_every_form() {
    let service = Service::new();
    let campaign = service.get("/api/v1/campaign").await.json();
    let official = of_json(&campaign["elections"][0]["total"]);
    assert_eq!(official, [214, 107, 107, 43, 64]);
    // Quarter d has no result, one vote of city 02 and seven of the campaign belong to no quarter.
    let grounds = [
        ("city", "", official.clone(), 1),
        ("quarter", "", official.clone(), 2),
        ("quarter", "&within=city:02", vec![100, 50, 50, 20, 30], 1),
        ("quarter", "&within=city:01004", vec![100, 50, 50, 20, 30], 0),
        ("city", "&within=city:02", vec![100, 50, 50, 20, 30], 0),
    ];
    for (level, within, whole, unplaced) in grounds {
        let path = format!("/api/v1/elections/t1/results?level={level}{within}");
        let json = service.get(&path).await.json();
        let list = |name: &str| json[name].as_array().expect("a list").clone();
        assert_eq!(list("unplaced").len(), unplaced, "{path}");
        let rows = sum(list("areas").iter().chain(&list("unplaced")).map(|row| of_json(&row["counts"])));
        assert_eq!((&rows, &of_json(&json["whole"])), (&whole, &whole), "{path}");
        for (format, delimiter) in [("csv", b','), ("csv-fr", b';')] {
            let rows = cells(&service.get(&format!("{path}&format={format}")).await, delimiter);
            let elsewhere = rows.iter().filter(|row| row["level"] == "elsewhere").count();
            let sum = sum(rows.iter().map(|row| of_flat(|name| row[name].parse().unwrap_or_default())));
            assert_eq!((sum, elsewhere), (whole.clone(), unplaced), "{path} {format}");
        }
        let geojson = service.get(&format!("{path}&format=geojson")).await.json();
        let features = geojson["features"].as_array().expect("features");
        let unlocated = features.iter().filter(|feature| feature["geometry"].is_null()).count();
        let properties = features.iter().map(|feature| &feature["properties"]);
        let sum = sum(properties.map(|own| of_flat(|name| own[name].as_u64().unwrap_or_default())));
        assert_eq!((sum, unlocated), (whole, unplaced), "{path} geojson");
    }
}

#[tokio::test]
async fn the_unplaced_say_whose_they_are() {
    let service = Service::new();
    let json = service.get("/api/v1/elections/t1/results?level=quarter").await.json();
    let named = |at: usize| {
        let own = &json["unplaced"][at];
        ["level", "code", "name"].map(|name| own[name].as_str().map(ToOwned::to_owned))
    };
    assert_eq!(named(0), [Some("campaign".to_owned()), None, None]);
    assert_eq!(named(1), ["city", "02", "Évry"].map(|text| Some(text.to_owned())));
    let path = "/api/v1/elections/t1/results?level=quarter";
    let rows = cells(&service.get(&format!("{path}&format=csv")).await, b',');
    let own: Vec<&str> =
        ["area", "code", "name", "level", "parent"].iter().map(|name| rows[5][*name].as_str()).collect();
    assert_eq!(own, ["elsewhere:city:02", "city:02", "Unplaced: Évry", "elsewhere", "02"]);
    let rows = cells(&service.get(&format!("{path}&format=csv-fr")).await, b';');
    assert_eq!((&*rows[4]["name"], &*rows[4]["area"]), ("Hors carte", "elsewhere:campaign"));
    assert_eq!(rows[5]["name"], "Hors carte : Évry");
}

#[tokio::test]
async fn electors_without_an_area_are_in_the_table_of_estimates_and_nothing_is_estimated_of_them() {
    let service = Service::new();
    let json = service.get("/api/v1/estimates?level=quarter").await.json();
    let unplaced: Vec<u64> =
        json["unplaced"].as_array().expect("a list").iter().filter_map(|own| own["electors"].as_u64()).collect();
    assert_eq!(unplaced, [14, 6]);
    let rows = cells(&service.get("/api/v1/estimates?level=quarter&format=csv").await, b',');
    assert_eq!((rows.len(), rows[4]["electors"].as_str(), rows[4]["favourable"].as_str()), (6, "14", ""));
    let geojson = service.get("/api/v1/estimates?level=quarter&format=geojson").await.json();
    let last = &geojson["features"][5];
    assert_eq!((&last["geometry"], &last["properties"]["electors"]), (&Value::Null, &6.into()));
    assert_eq!((&last["properties"]["margin_low"], &last["properties"]["level"]), (&Value::Null, &"elsewhere".into()));
    // What leaves areas out does not add up, and says nothing of the unplaced.
    let cut = cells(&service.get("/api/v1/estimates?level=quarter&format=csv&limit=2").await, b',');
    assert_eq!(cut.len(), 2);
}
