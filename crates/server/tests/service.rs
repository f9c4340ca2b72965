//! The service over an invented country: its routes, its figures, its errors.

mod country;

use axum::body::Body;
use country::{Service, is_problem, publish};
use http::{Request, StatusCode, header};
use quartier_model::Measure;
use quartier_snapshot::Table;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tower::ServiceExt;

#[tokio::test]
async fn the_campaign_says_what_the_page_needs() {
    let service = Service::new();
    let campaign = service.get("/api/v1/campaign").await.json();
    assert_eq!((&campaign["name"], &campaign["demo"]), (&"Essai".into(), &true.into()));
    assert_eq!(campaign["levels"][0]["label"]["fr"], "city fr");
    assert_eq!(campaign["levels"][1]["count"], 4);
    assert_eq!(campaign["measures"].as_array().map(Vec::len), Some(9));
    assert_eq!(campaign["elections"][0]["blocs"]["default"]["opposed"][0], "LE PEN");
    assert_eq!(campaign["snapshot"]["campaign"]["margin"]["value"], 0.3);
    assert_eq!(campaign["edges"]["turnout"][0], 0.1);
    assert_eq!(campaign["readings"][0]["default"], true);
    // Two cities side by side: nobody is far from home.
    assert_eq!(campaign["home"], serde_json::json!([2.0, 48.0, 2.4, 48.2]));
}

#[tokio::test]
async fn every_face_shows_the_same_figures() {
    let service = Service::new();
    let values = service.get("/api/v1/snapshots/1/values/quarter").await;
    let values = Table::new(values.body.into()).expect("a table");
    let json = service.get("/api/v1/estimates?level=quarter").await.json();
    let geojson = service.get("/api/v1/estimates?level=quarter&format=geojson").await.json();
    let csv = service.get("/api/v1/estimates?level=quarter&format=csv").await.text();
    let french = service.get("/api/v1/estimates?level=quarter&format=csv-fr").await.text();
    let french = french.strip_prefix('\u{feff}').expect("a byte order mark");
    let read = |text: &str, delimiter: u8| -> Vec<BTreeMap<String, String>> {
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text.as_bytes());
        reader.deserialize().map(|row| row.expect("a row")).collect()
    };
    let (csv, french) = (read(&csv, b','), read(french, b';'));
    for (row, code) in ["a", "b", "c", "d"].into_iter().enumerate() {
        let area = service.get(&format!("/api/v1/areas/quarter/{code}")).await.json();
        for measure in Measure::ALL {
            for (field, end) in [("value", ""), ("low", "_low"), ("high", "_high")] {
                let thousandths = values.column::<i16>(measure.id(), field).expect("a column").get(row).expect("a row");
                let name = format!("{}{end}", measure.id());
                let expected = f64::from(thousandths) / 1000.0;
                assert_eq!(json["areas"][row][&name], expected, "{name}");
                assert_eq!(geojson["features"][row]["properties"][&name], expected);
                assert_eq!(area["estimate"][measure.id()][field], expected);
                assert_eq!(csv[row][&name], quartier_export::thousandths(thousandths));
                assert_eq!(french[row][&name], csv[row][&name].replace('.', ","));
            }
        }
    }
    assert_eq!(csv[0]["name"], "'=1+1");
    assert_eq!(csv[0]["area"], "quarter:a");
    let ring = geojson["features"][0]["geometry"]["coordinates"][0][0].as_array().expect("a ring").clone();
    let at = |i: usize, axis: usize| ring[i][axis].as_f64().expect("a number");
    let turned: f64 = (0..ring.len() - 1).map(|i| at(i, 0) * at(i + 1, 1) - at(i + 1, 0) * at(i, 1)).sum();
    assert!(turned > 0.0, "the exterior ring is counter-clockwise");
    assert_eq!(geojson["quartier"]["snapshot"], 1);
}

#[tokio::test]
async fn an_area_has_its_path_its_past_and_a_rank() {
    let service = Service::new();
    let area = service.get("/api/v1/areas/quarter/b").await.json();
    assert_eq!(area["path"][0]["code"], "01004");
    assert_eq!(area["history"][0]["counts"]["lists"]["MACRON"], 20);
    assert_eq!(area["history"][0]["profile"]["abstainers"], 0.5);
    // Its favourable share lies 3,000 of 65,535 above its one sibling's, within the noise of the draws.
    assert_eq!(area["rank"]["favourable"]["of"], 2);
    assert_eq!(area["rank"]["favourable"]["low"], 1);
    let empty = service.get("/api/v1/areas/quarter/d").await.json();
    assert_eq!(empty["history"][0]["counts"], Value::Null);
    let city = service.get("/api/v1/areas/city/02").await.json();
    // Twenty answers and more of a quarter, which its city has too, and no other: counts, as noise left them.
    let evidence = service.get("/api/v1/areas/quarter/c").await.json()["evidence"].take();
    let counts = serde_json::json!(
        {"noised": true, "abstainers": -1, "undecided": 6, "favourable": 17, "opposed": 9}
    );
    assert_eq!((&evidence["answers"], &evidence["counts"]), (&30.into(), &counts));
    assert_eq!((&city["evidence"]["answers"], &city["evidence"]["counts"]), (&30.into(), &counts));
    assert_eq!((&empty["evidence"]["answers"], &empty["evidence"]["counts"]), (&0.into(), &Value::Null));
    assert_eq!(city["unplaced"]["t1"]["voters"], 3);
}

#[tokio::test]
async fn areas_are_found_without_accents_page_by_page() {
    let service = Service::new();
    let codes = |answer: &Value| -> Vec<String> {
        let areas = answer["areas"].as_array().expect("areas");
        areas.iter().map(|area| area["code"].as_str().expect("a code").to_owned()).collect()
    };
    let found = |path: &str| {
        let path = path.to_owned();
        let service = &service;
        async move { service.get(&path).await.json() }
    };
    assert_eq!(codes(&found("/api/v1/areas?q=oeui").await), ["01004"]);
    assert_eq!(codes(&found("/api/v1/areas?q=HAY").await), ["d"]);
    assert_eq!(codes(&found("/api/v1/areas?q=010").await), ["01004"]);
    assert_eq!(codes(&found("/api/v1/areas?parent=city:02").await), ["d", "c"]);
    assert_eq!(codes(&found("/api/v1/areas?level=quarter&bbox=2.31,48,2.32,48.01").await), ["d"]);
    let first = found("/api/v1/areas?level=quarter&limit=3").await;
    assert_eq!(codes(&first), ["d", "c", "b"]);
    let cursor = first["next_cursor"].as_str().expect("a next page");
    let second = found(&format!("/api/v1/areas?level=quarter&limit=3&cursor={cursor}")).await;
    assert_eq!((codes(&second), &second["next_cursor"]), (vec!["a".to_owned()], &Value::Null));
}

#[tokio::test]
async fn estimates_are_filtered_and_sorted() {
    let service = Service::new();
    let first = |path: &'static str| {
        let service = &service;
        async move { service.get(path).await.json()["areas"][0]["code"].as_str().map(ToOwned::to_owned) }
    };
    assert_eq!(first("/api/v1/estimates?level=quarter&sort=-favourable").await.as_deref(), Some("d"));
    assert_eq!(first("/api/v1/estimates?level=quarter&within=city:02").await.as_deref(), Some("c"));
    assert_eq!(first("/api/v1/estimates?level=quarter&min_electors=400").await.as_deref(), Some("d"));
    assert_eq!(first("/api/v1/estimates?level=quarter&sort=name").await.as_deref(), Some("a"));
}

#[tokio::test]
async fn exact_counts_are_the_same_in_every_form() {
    let service = Service::new();
    let table = service.get("/api/v1/elections/t1/values/quarter").await;
    let table = Table::new(table.body.into()).expect("a table");
    let column = table.column::<u32>("list:MACRON", "value").expect("a column");
    let json = service.get("/api/v1/elections/t1/results?level=quarter").await.json();
    let geojson = service.get("/api/v1/elections/t1/results?level=quarter&format=geojson").await.json();
    let csv = service.get("/api/v1/elections/t1/results?level=quarter&format=csv").await.text();
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let rows: Vec<BTreeMap<String, String>> = reader.deserialize().map(|row| row.expect("a row")).collect();
    for row in 0..3 {
        let votes = column.get(row).expect("a row");
        assert_eq!(json["areas"][row]["counts"]["lists"]["MACRON"], votes);
        assert_eq!(geojson["features"][row]["properties"]["list:MACRON"], votes);
        assert_eq!(rows[row]["list:MACRON"], votes.to_string());
    }
    assert_eq!(rows[3]["list:MACRON"], "");
    assert_eq!(geojson["features"][3]["properties"]["voters"], Value::Null);
}

#[tokio::test]
async fn priorities_take_presets_and_given_effects() {
    let service = Service::new();
    let ranking = service.get("/api/v1/priorities?level=quarter&k=2").await.json();
    assert_eq!((&ranking["total"], &ranking["preset"]["id"]), (&4.into(), &"disagree".into()));
    // A few electors a km²: homes are spread out, at fifteen doors an hour; unknown density would give twenty.
    for area in ranking["priorities"].as_array().expect("a ranking") {
        let pace = area["doors"].as_f64().expect("doors") / area["hours"].as_f64().expect("hours");
        assert!((14.7..15.3).contains(&pace), "{area}");
    }
    let custom = service.get("/api/v1/priorities?level=city&delta_p=3&delta_p_sd=1&within=city:02").await.json();
    assert_eq!((&custom["preset"]["id"], &custom["total"]), (&"custom".into(), &1.into()));
    for wrong in ["preset=x", "delta_p=1e99", "delta_p=NaN", "delta_p_sd=1", "k=0", "level=x", "within=x"] {
        is_problem(&service.get(&format!("/api/v1/priorities?{wrong}")).await, 400);
    }
}

#[tokio::test]
async fn tables_are_tagged_and_cut() {
    let service = Service::new();
    let path = "/api/v1/snapshots/1/values/city";
    let whole = service.get(path).await;
    assert!(whole.header(header::CACHE_CONTROL).contains("immutable"));
    let tag = whole.header(header::ETAG).to_owned();
    assert_eq!(service.get_with(path, &[("if-none-match", &tag)]).await.status, StatusCode::NOT_MODIFIED);
    let part = service.get_with(path, &[("range", "bytes=4-9"), ("accept-encoding", "gzip, br")]).await;
    assert_eq!((part.status, &part.body[..]), (StatusCode::PARTIAL_CONTENT, &whole.body[4..10]));
    assert_eq!(part.header(header::CONTENT_RANGE), format!("bytes 4-9/{}", whole.body.len()));
    let beyond = service.get_with(path, &[("range", "bytes=999999-")]).await;
    is_problem(&beyond, 416);
    assert_eq!(beyond.header(header::CONTENT_RANGE), format!("bytes */{}", whole.body.len()));
    let current = service.get("/api/v1/snapshots/current/values/city").await;
    assert_eq!((current.header(header::CACHE_CONTROL), &current.body), ("no-cache", &whole.body));
    let areas = service.get(&format!("/api/v1/geographies/{}/areas/quarter", service.geography().await)).await;
    assert!(areas.header(header::CACHE_CONTROL).contains("immutable"));
    assert_eq!(areas.json()["names"][3], "L'Haÿ");
    let squeezed = service.get_with("/api/v1/campaign", &[("accept-encoding", "br")]).await;
    assert_eq!(squeezed.header(header::CONTENT_ENCODING), "br");
}

/// The tile over a point.
fn tile_over(longitude: f64, latitude: f64, zoom: u64) -> (u32, u32) {
    let side = (1u64 << zoom) as f64;
    let y = (1.0 - latitude.to_radians().tan().asinh() / std::f64::consts::PI) / 2.0;
    (((longitude + 180.0) / 360.0 * side) as u32, (y * side) as u32)
}

#[tokio::test]
async fn tiles_are_there_empty_or_unknown() {
    let service = Service::new();
    let hash = service.geography().await;
    let info = service.get_with("/tiles/quarter.json", &[("host", "127.0.0.1:8787")]).await.json();
    let zoom = info["minzoom"].as_u64().expect("a zoom");
    assert_eq!(info["tiles"][0], "http://127.0.0.1:8787/tiles/1/quarter/{z}/{x}/{y}.mvt");
    assert_eq!(info["attribution"], "&lt;b&gt;INSEE&lt;/b&gt;");
    let deepest = info["maxzoom"].as_u64().expect("a zoom");
    let (x, y) = tile_over(2.2, 48.05, zoom);
    for folder in ["1".to_owned(), format!("geometry/{hash}")] {
        let path = format!("/tiles/{folder}/quarter/{zoom}/{x}/{y}.mvt");
        let plain = service.get(&path).await;
        assert_eq!((plain.status, plain.header(header::CONTENT_ENCODING)), (StatusCode::OK, ""));
        assert!(plain.header(header::CACHE_CONTROL).contains("immutable"));
        let zipped = service.get_with(&path, &[("accept-encoding", "gzip, br")]).await;
        assert_eq!((zipped.header(header::CONTENT_ENCODING), &zipped.body[..2]), ("gzip", &[0x1f, 0x8b][..]));
        let reader = fast_mvt::MvtReaderRef::new(&plain.body).expect("decodes");
        assert_eq!(reader.layers().next().expect("a layer").features().count(), 4);
        let tag = plain.header(header::ETAG).to_owned();
        assert_eq!(service.get_with(&path, &[("if-none-match", &tag)]).await.status, StatusCode::NOT_MODIFIED);
        let nowhere = service.get(&format!("/tiles/{folder}/quarter/{deepest}/0/0.mvt")).await;
        assert_eq!((nowhere.status, nowhere.body.len()), (StatusCode::NO_CONTENT, 0));
        for wrong in ["quarter/15/0/0.mvt", "quarter/0/9/9.mvt", "x/5/0/0.mvt", "quarter/5/0/0", "quarter/5/-1/0.mvt"] {
            is_problem(&service.get(&format!("/tiles/{folder}/{wrong}")).await, 404);
        }
    }
}

#[tokio::test]
async fn a_style_asks_this_server_only() {
    let service = Service::new();
    let style = service.get("/styles/margin.json").await;
    assert_eq!((style.status, &style.json()["version"]), (StatusCode::OK, &8.into()));
    for (at, _) in style.text().match_indices("http") {
        assert!(style.text()[at..].starts_with("http://localhost/"));
    }
    assert_eq!(service.get("/styles/margin.json?level=city&theme=dark").await.status, StatusCode::OK);
    is_problem(&service.get("/styles/margin").await, 404);
    is_problem(&service.get("/styles/margin.json?level=x").await, 400);
}

#[tokio::test]
async fn every_error_is_a_problem_and_every_answer_is_guarded() {
    let service = Service::new();
    let missing = [
        "/nothing",
        "/api/v1/snapshots/7",
        "/api/v1/snapshots/01",
        "/api/v1/snapshots/1/values/x",
        "/api/v1/geographies/..%2f..%2fetc/areas/city",
        "/api/v1/areas/city/x",
        "/api/v1/elections/x/results",
        "/api/v1/elections/x/values/city",
        "/tiles/x.json",
        "/styles/x.json",
        "/api/v1/estimates?snapshot=9",
    ];
    for path in missing {
        is_problem(&service.get(path).await, 404);
    }
    let wrong = [
        "areas?limit=abc",
        "areas?limit=0",
        "areas?cursor=x",
        "areas?bbox=1,2,3",
        "areas?bbox=NaN,0,1,1",
        "areas?level=%00",
        "areas?parent=x",
        "estimates?format=xml",
        "estimates?sort=;drop",
        "estimates?within=a:b",
        "estimates?measure=x",
        "estimates?limit=99999999999",
        "elections/t1/results?within=%F0%9F%92%A9:x",
        "estimates?min_electors=-1",
    ];
    for query in wrong {
        is_problem(&service.get(&format!("/api/v1/{query}")).await, 400);
    }
    let long = "a".repeat(5000);
    is_problem(&service.get(&format!("/api/v1/areas?q={long}")).await, 400);
    let posted = service.send(Request::post("/api/v1/campaign").body(Body::empty()).expect("a request")).await;
    is_problem(&posted, 405);
    assert!(posted.header(header::ALLOW).contains("GET"));
    is_problem(&service.get_with("/healthz", &[("host", "evil.example")]).await, 421);
    for path in ["/healthz", "/nothing", "/api/v1/campaign", "/api/docs"] {
        let answer = service.get(path).await;
        assert_eq!(answer.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
        assert!(answer.header(header::CONTENT_SECURITY_POLICY).contains("frame-ancestors 'none'"));
        assert!(!answer.header("x-request-id").is_empty());
        assert!(answer.headers.get(header::SERVER).is_none());
    }
}

#[tokio::test]
async fn a_lasso_on_a_snapshot_without_pieces_is_told_what_to_do() {
    let service = Service::new();
    let square = r#"{"type":"Polygon","coordinates":[[[2.0,48.0],[2.1,48.0],[2.1,48.1],[2.0,48.0]]]}"#;
    let post = |body: &'static str| {
        service.send(Request::post("/api/v1/estimates/within").body(Body::from(body)).expect("a request"))
    };
    let answer = post(square).await;
    is_problem(&answer, 404);
    assert!(answer.text().contains("quartier estimate"), "{}", answer.text());
    is_problem(&post("[]").await, 400);
    is_problem(&service.get("/api/v1/estimates/within").await, 405);
}

#[tokio::test]
async fn the_document_lists_exactly_the_routes() {
    let service = Service::new();
    let document = service.get("/api/openapi.json").await.json();
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")));
    let listed: BTreeSet<&str> = document["paths"].as_object().expect("paths").keys().map(String::as_str).collect();
    let routes = BTreeSet::from([
        "/api/docs",
        "/api/openapi.json",
        "/api/v1/areas",
        "/api/v1/areas/{level}/{code}",
        "/api/v1/campaign",
        "/api/v1/compare",
        "/api/v1/downloads",
        "/api/v1/elections",
        "/api/v1/elections/{id}/results",
        "/api/v1/elections/{id}/values/{level}",
        "/api/v1/estimates",
        "/api/v1/estimates/summary",
        "/api/v1/estimates/within",
        "/api/v1/geographies/{hash}/areas/{level}",
        "/api/v1/goal",
        "/api/v1/past/{measure}",
        "/api/v1/priorities",
        "/api/v1/evaluations",
        "/api/v1/evaluations/{id}",
        "/api/v1/snapshots",
        "/api/v1/snapshots/{id}",
        "/api/v1/snapshots/{id}/values/{level}",
        "/events",
        "/healthz",
        "/metrics",
        "/readyz",
        "/styles/{measure}.json",
        "/tiles/geometry/{hash}/{tileset}/{z}/{x}/{y}.mvt",
        "/tiles/{snapshot}/{tileset}/{z}/{x}/{y}.mvt",
        "/tiles/{tileset}.json",
    ]);
    assert_eq!(listed, routes);
    back_test(&service, "1.json", r#"{"id":"1","made_at":"2026-11-24T10:00:00Z"}"#);
    let hash = service.geography().await;
    // A stream has no end, and a polygon is posted.
    let others = ["/events", "/api/v1/estimates/within"];
    for path in routes.into_iter().filter(|path| !others.contains(path)) {
        let measure = if path.contains("/past/") { "base" } else { "margin" };
        let id = if path.contains("elections") { "t1" } else { "1" };
        let (x, y) = tile_over(2.2, 48.05, 6);
        let filled = [
            ("{level}", "city"),
            ("{code}", "02"),
            ("{id}", id),
            ("{hash}", &hash),
            ("{measure}", measure),
            ("{snapshot}", "1"),
            ("{tileset}", "city"),
            ("{z}", "6"),
            ("{x}", &x.to_string()),
            ("{y}", &y.to_string()),
        ]
        .iter()
        .fold(path.to_owned(), |path, (name, value)| path.replace(name, value));
        let filled = if path.ends_with("/downloads") { format!("{filled}?format=csv") } else { filled };
        let query = match path {
            "/api/v1/compare" => "?from=t1",
            "/api/v1/estimates/summary" => "?measure=favourable&step=0.05",
            _ => "",
        };
        let answer = service.get(&format!("{filled}{query}")).await;
        let is_tile = path.ends_with(".mvt");
        // The zooms of the tiles depend on the squares; that the route is there shows in the words of its 404.
        let reached = answer.status == StatusCode::OK || (is_tile && answer.text().contains("no such tile"));
        assert!(reached, "{filled}: {} {}", answer.status, answer.text());
    }
    assert!(service.get("/metrics").await.text().contains("http_server_request_duration_seconds"));
}

#[tokio::test]
async fn a_summary_counts_every_area_and_elector_of_its_level_once() {
    let service = Service::new();
    let summary = |query: &str| format!("/api/v1/estimates/summary?{query}");
    let counted = service.get(&summary("level=quarter&measure=favourable&step=0.02")).await.json();
    let rows = service.get("/api/v1/estimates?level=quarter&measure=favourable").await.json();
    let rows = rows["areas"].as_array().expect("rows");
    let sum = |list: &Value| list.as_array().expect("a list").iter().filter_map(Value::as_u64).sum::<u64>();
    let shown: Vec<&Value> = rows.iter().filter(|row| row["favourable"].is_number()).collect();
    assert_eq!(sum(&counted["count"]), shown.len() as u64);
    assert_eq!(sum(&counted["electors"]), shown.iter().filter_map(|row| row["electors"].as_u64()).sum::<u64>());
    assert_eq!(counted["areas"], rows.len());
    let values: Vec<i64> = counted["value"].as_array().expect("values").iter().filter_map(Value::as_i64).collect();
    assert!(values.is_sorted());
    for (row, part) in
        shown.iter().map(|row| (row, (row["favourable"].as_f64().expect("a share") * 1000.0).round() as i64))
    {
        assert!(values.contains(&part), "{row}");
    }
    let inside = service.get(&summary("level=quarter&within=city:02&measure=favourable&step=0.02")).await.json();
    assert_eq!(inside["areas"], 2);
    for (query, word) in [
        ("level=quarter&measure=favourable&step=0", "step: found 0"),
        ("level=quarter&measure=favourable&step=NaN", "step: found NaN"),
        ("level=quarter&measure=x&step=0.1", "no measure is called"),
        ("level=quarter&resolution=8&measure=favourable&step=0.1", "only `level=hex`"),
    ] {
        let answer = service.get(&summary(query)).await;
        is_problem(&answer, 400);
        assert!(answer.text().contains(word), "{query}: {}", answer.text());
    }
}

/// Puts a file among the back-tests.
fn back_test(service: &Service, name: &str, content: &str) {
    let folder = service.folder.path().join("evaluations");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join(name), content).expect("a file");
}

#[tokio::test]
async fn back_tests_are_listed_newest_first_and_a_damaged_one_is_left_out() {
    let service = Service::new();
    assert_eq!(service.get("/api/v1/evaluations").await.json(), serde_json::json!({ "evaluations": [] }));
    back_test(&service, "a-b.json", r#"{"id":"a-b","made_at":"2026-11-24T10:00:00Z","from":"a"}"#);
    back_test(&service, "b-c.json", r#"{"id":"b-c","made_at":"2026-11-25T10:00:00Z","from":"b"}"#);
    back_test(&service, "cut.json", r#"{"id":"cut","made_at":"2026"#);
    back_test(&service, ".b-d.json.17", "{}");
    let list = service.get("/api/v1/evaluations").await;
    let ids: Vec<Value> =
        list.json()["evaluations"].as_array().expect("a list").iter().map(|one| one["id"].clone()).collect();
    assert_eq!(ids, ["b-c", "a-b"]);
    assert_eq!(service.get("/api/v1/evaluations/a-b").await.json()["from"], "a");
    for missing in ["cut", "..%2Fcurrent", "a"] {
        let answer = service.get(&format!("/api/v1/evaluations/{missing}")).await;
        is_problem(&answer, 404);
    }
}

#[tokio::test]
async fn a_new_snapshot_is_served_and_told() {
    let service = Service::new();
    let listening = service.router.clone().oneshot(Request::get("/events").body(Body::empty()).expect("a request"));
    let mut events = listening.await.expect("infallible").into_body().into_data_stream();
    publish(service.folder.path());
    let app = Arc::clone(&service.app);
    tokio::task::spawn_blocking(move || app.refresh()).await.expect("runs").expect("reads");
    let told = tokio_stream::StreamExt::next(&mut events).await.expect("an event").expect("bytes");
    assert_eq!(&told[..], b"event: snapshot\ndata: {\"id\":2}\n\n");
    assert_eq!(service.get("/api/v1/campaign").await.json()["snapshot"]["id"], 2);
    assert_eq!(service.get("/api/v1/snapshots/1").await.json()["id"], 1);
    assert_eq!(service.get("/api/v1/snapshots").await.json()["snapshots"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn an_empty_folder_is_a_campaign_with_nothing_yet() {
    let folder = tempfile::tempdir().expect("a folder");
    let (router, app) = quartier_server::app(folder.path()).expect("opens");
    let service = Service { router, app, folder };
    let campaign = service.get("/api/v1/campaign").await.json();
    assert_eq!((&campaign["snapshot"], &campaign["geography"]), (&Value::Null, &Value::Null));
    assert_eq!(service.get("/readyz").await.status, StatusCode::OK);
    for path in ["areas", "estimates", "priorities", "snapshots/current", "elections/x/results"] {
        is_problem(&service.get(&format!("/api/v1/{path}")).await, 404);
    }
}

#[tokio::test]
async fn an_address_open_to_others_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = quartier_server::ServeOptions {
        published: folder.path().to_owned(),
        listen: "0.0.0.0:0".parse().expect("an address"),
        name: String::new(),
        language: "fr".into(),
    };
    let refused = quartier_server::serve(options.clone(), async {}, |_| {}).await.expect_err("refused");
    assert!(refused.to_string().contains("127.0.0.1"));
    let own = quartier_server::ServeOptions { listen: "127.0.0.1:0".parse().expect("an address"), ..options };
    let mut told = None;
    quartier_server::serve(own, async {}, |address| told = Some(address)).await.expect("serves and stops");
    assert!(told.is_some_and(|address| address.port() > 0));
}
