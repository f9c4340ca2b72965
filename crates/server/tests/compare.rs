//! What changed since an election and since a snapshot, through every face.

mod country;

use country::{Service, is_problem, publish_as};
use quartier_snapshot::Of;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn areas(body: &Value) -> BTreeMap<&str, &Value> {
    body["areas"].as_array().expect("areas").iter().map(|own| (own["code"].as_str().expect("a code"), own)).collect()
}

#[tokio::test]
async fn a_change_is_the_published_figure_less_the_exact_share_of_then() {
    let service = Service::new();
    let body = service.get("/api/v1/compare?level=quarter&from=t1&measure=favourable").await.json();
    assert_eq!((&body["compare"], &body["from"], &body["to"]), (&json!("change"), &json!("t1"), &json!("1")));
    assert_eq!((&body["total"], &body["missing"]), (&json!(4), &json!({"no_result": 1})));
    let rows = areas(&body);
    // Favourable is .400, .407 .414 by row; then it was 10 of 40, 20 of 60, 28 of 94.
    for (code, value, low, high, clear) in
        [("a", 0.15, 0.13, 0.17, true), ("b", 0.074, 0.054, 0.094, true), ("c", 0.116, 0.096, 0.136, true)]
    {
        let row = rows[code];
        let said = ["value", "low", "high"].map(|end| row[end].as_f64().expect("a figure"));
        assert_eq!((said, row["clear"].as_bool()), ([value, low, high], Some(clear)), "{code}");
        assert_eq!((&row["partly_counted"], &row["no_figure"]), (&json!(false), &json!(null)));
        // The electors of now are those of the same election.
        assert_eq!((&row["continuity"], &row["read_at"]), (&json!("stable"), &json!(null)));
    }
    // 1.5 favourable people of now less the 10 of then, and the ends of the interval alike.
    assert_eq!(
        [&rows["a"]["people"], &rows["a"]["people_low"], &rows["a"]["people_high"]],
        [&json!(-8.5), &json!(-9.5), &json!(-7.5)]
    );
    let d = rows["d"];
    assert_eq!(["value", "low", "high", "clear", "people"].map(|end| &d[end]), [&Value::Null; 5]);
    assert_eq!((&d["no_figure"], &d["continuity"]), (&json!("no_result"), &json!(null)));
    assert_eq!((&body["continuity"], &body["moved"]), (&json!({"stable": 3}), &json!([])));
    // City 02 has a quarter without a result, city 01004 has not.
    let cities = service.get("/api/v1/compare?from=t1&measure=turnout&sort=-value").await.json();
    let partly = areas(&cities).into_iter().map(|(code, row)| (code, row["partly_counted"].as_bool()));
    assert_eq!(partly.collect::<Vec<_>>(), [("01004", Some(false)), ("02", Some(true))]);
    assert_eq!(cities["areas"][0]["code"], "02");
    assert_eq!(
        cities["edges"],
        body_of(&service, "/api/v1/compare?level=quarter&from=t1&measure=turnout").await["edges"]
    );
    assert!(cities["edges"].as_array().expect("edges").contains(&json!(0.0)));
}

async fn body_of(service: &Service, path: &str) -> Value {
    service.get(path).await.json()
}

#[tokio::test]
async fn a_comparison_is_the_same_in_the_table_and_in_downloads() {
    let service = Service::new();
    let path = "/api/v1/compare?level=quarter&from=t1&to=1";
    let json = service.get(path).await.json();
    let answer = service.get(&format!("{path}&format=values")).await;
    assert_eq!(answer.header("content-type"), "application/vnd.quartier.table");
    assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
    let end = 8 + u32::from_le_bytes(answer.body[4..8].try_into().expect("four bytes")) as usize;
    let header: Value = serde_json::from_slice(&answer.body[8..end]).expect("JSON");
    assert_eq!(
        (&header["kind"], &header["measure"], &header["edges"]),
        (&json!("compare"), &json!("favourable"), &json["edges"])
    );
    for key in ["value", "low", "high", "clear"] {
        assert_eq!(header["campaign"][key], json["campaign"][key], "{key}");
    }
    let column = |field: &str| {
        let columns = header["columns"].as_array().expect("columns");
        let own = columns.iter().find(|own| own["name"] == "change" && own["field"] == field).expect("a column");
        let start = end + own["offset"].as_u64().expect("an offset") as usize;
        answer.body[start..start + 8].chunks(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect::<Vec<_>>()
    };
    for field in ["value", "low", "high"] {
        let said: Vec<i16> = json["areas"]
            .as_array()
            .expect("areas")
            .iter()
            .map(|own| own[field].as_f64().map_or(i16::MIN, |share| (share * 1000.0).round() as i16))
            .collect();
        assert_eq!(column(field), said, "{field}");
    }
    let part = service.get_with(&format!("{path}&format=values"), &[("range", "bytes=0-3")]).await;
    assert_eq!((part.status.as_u16(), part.body.as_slice()), (206, &b"QVT1"[..]));
    let csv = service.get(&format!("{path}&format=csv")).await.text();
    assert!(
        csv.contains(
            "quarter:b,b,Bel-Air,quarter,01004,200,0.074,0.054,0.094,true,-18.5,-19.5,-17.5,false,,stable,\r\n"
        ),
        "{csv}"
    );
    assert!(csv.contains(",,,,,,,false,no_result,,\r\n"), "{csv}");
    let geojson = service.get(&format!("{path}&format=geojson&within=city:02")).await.json();
    let features = geojson["features"].as_array().expect("features");
    assert_eq!((features.len(), &features[0]["properties"]["change"]), (2, &json!(0.116)));
    assert_eq!(
        (&features[1]["properties"]["change"], &features[1]["properties"]["no_figure"]),
        (&Value::Null, &json!("no_result"))
    );
    assert_eq!(geojson["quartier"]["compare"], "change");
}

#[tokio::test]
async fn a_revision_is_what_moved_between_two_snapshots_on_common_draws() {
    let service = Service::new();
    publish_as(service.folder.path(), 12, Of::Electors);
    service.app.refresh().expect("seen");
    let body = service.get("/api/v1/compare?level=quarter&from=1&to=2").await.json();
    assert_eq!(
        (&body["compare"], &body["clear"], &body["common_points"]),
        (&json!("revision"), &json!(0), &json!(0.0))
    );
    for row in body["areas"].as_array().expect("areas") {
        // The draws are the same, so their difference is 0: the interval reaches from there to the published one,
        // holds 0, and nothing is clear.
        assert_eq!(["value", "low", "high"].map(|end| row[end].as_f64()), [Some(0.012), Some(0.0), Some(0.012)]);
    }
}

#[tokio::test]
async fn two_elections_are_compared_exactly() {
    let service = Service::new();
    let body = service.get("/api/v1/compare?level=quarter&from=t1&to=t2&measure=margin").await.json();
    assert_eq!((&body["compare"], &body["common_points"]), (&json!("difference"), &json!(0.0)));
    assert_eq!(areas(&body)["a"]["value"], json!(0.0));
    assert_eq!(areas(&body)["a"]["clear"], json!(false));
}

#[tokio::test]
async fn what_cannot_be_compared_is_refused_with_its_reason() {
    let service = Service::new();
    for (query, status, said) in [
        ("from=t1&measure=mobilisation", 400, "a past election has no `mobilisation`"),
        ("from=t1&measure=winner", 400, "measure"),
        ("from=1&to=t1", 400, "expected the election first"),
        ("from=t1&level=region", 400, "level"),
        ("from=t1&sort=name", 400, "sort"),
        ("from=t1&to=t2&reading=other", 400, "reading `other`"),
        ("from=t1&to=t2&reading=no%20id", 400, "reading"),
        ("from=nobody", 404, ""),
        ("from=9", 404, ""),
        ("level=quarter", 400, "from"),
    ] {
        let answer = service.get(&format!("/api/v1/compare?{query}")).await;
        is_problem(&answer, status);
        assert!(answer.text().contains(said), "{query}: {}", answer.text());
    }
}

#[tokio::test]
async fn where_shares_are_of_voters_a_change_says_voters() {
    let service = Service::of(Of::Voters);
    let body = body_of(&service, "/api/v1/compare?level=city&from=t1&measure=margin").await;
    assert_eq!(body["of"], "voters");
    assert_eq!(body["sentence"]["en"], "By how much our lead has grown or shrunk, in points of voters.");
    assert!(
        body["sentence"]["fr"].as_str().expect("French").ends_with("en points de votants."),
        "{}",
        body["sentence"]
    );
    let campaign = body_of(&service, "/api/v1/campaign").await;
    let margin = campaign["measures"].as_array().expect("measures").iter().find(|own| own["id"] == "margin");
    assert_eq!(
        margin.expect("margin")["sentence"]["en"],
        "By how much the favourable lead the opposed, in points of voters."
    );
    let electors = body_of(&Service::new(), "/api/v1/compare?level=city&from=t1&measure=margin").await;
    assert!(electors["sentence"]["en"].as_str().expect("English").ends_with("in points of electors."));
}
