//! A goal of votes: it adds up at every level, in every form, and its chance is that of the draws.

mod country;

use country::{Service, is_problem};
use quartier_snapshot::{Of, Table};
use serde_json::Value;

fn goals(rows: &Value) -> u64 {
    rows.as_array().expect("a list").iter().map(|row| row["goal"].as_u64().expect("whole votes")).sum()
}

#[tokio::test]
async fn a_goal_adds_up_at_every_level_and_in_every_form() {
    let service = Service::new();
    for (ask, needed) in [("votes=301", 301), ("turnout=0.6", 301), ("votes=1000", 1000), ("votes=1", 1)] {
        for level in ["city", "quarter"] {
            let path = format!("/api/v1/goal?{ask}&level={level}");
            let goal = service.get(&path).await.json();
            assert_eq!(goal["needed"], needed, "{path}");
            assert_eq!(goals(&goal["areas"]) + goals(&goal["elsewhere"]), needed, "{path}");
            let answer = service.get(&format!("{path}&format=values")).await;
            let table = Table::new(answer.body.into()).expect("a table");
            let column = table.column::<u32>("goal", "value").expect("goals");
            let asked: u64 = column.iter().filter(|goal| *goal != u32::MAX).map(u64::from).sum();
            assert_eq!(asked + goals(&goal["elsewhere"]), needed, "{path} values");
            for (format, delimiter) in [("csv", b','), ("csv-fr", b';')] {
                let text = service.get(&format!("{path}&format={format}")).await.text();
                let text = text.trim_start_matches('\u{feff}');
                let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text.as_bytes());
                let at = reader.headers().expect("a header").iter().position(|name| name == "goal").expect("goal");
                let column = reader.records().map(|row| row.expect("a row")[at].parse::<u64>().expect("votes"));
                assert_eq!(column.sum::<u64>(), needed, "{path} {format}");
            }
        }
        let cities = service.get(&format!("/api/v1/goal?{ask}&level=city")).await.json();
        for city in cities["areas"].as_array().expect("areas") {
            let (code, own) = (city["code"].as_str().expect("a code"), city["goal"].as_u64().expect("votes"));
            let quarters = service.get(&format!("/api/v1/goal?{ask}&level=quarter")).await.json();
            let inside = quarters["areas"].as_array().expect("areas").iter().filter(|row| row["parent"] == code);
            assert_eq!(inside.map(|row| row["goal"].as_u64().expect("votes")).sum::<u64>(), own, "{ask} {code}");
        }
    }
}

#[tokio::test]
async fn the_chance_and_the_interval_are_those_of_the_draws() {
    let service = Service::new();
    let goal = service.get("/api/v1/goal?votes=250").await.json();
    let number = |value: &Value| value.as_f64().expect("a number");
    let [value, low, high] = ["value", "low", "high"].map(|name| number(&goal["in_hand"][name]));
    assert!(low < value && value < high, "{low} {value} {high}");
    // Missing votes mirror those in hand.
    assert!((number(&goal["gap"]["value"]) - (250.0 - value)).abs() < 0.11);
    assert!((number(&goal["gap"]["low"]) - (250.0 - high)).abs() < 0.11);
    let ask = |votes: f64| format!("/api/v1/goal?votes={}", votes.ceil());
    let chance = |goal: &Value| number(&goal["chance"]);
    let below = chance(&service.get(&ask(low)).await.json());
    let above = chance(&service.get(&ask(high)).await.json());
    assert!((0.9..=1.0).contains(&below) && (0.0..=0.1).contains(&above), "{below} {above}");
    let sure = service.get("/api/v1/goal?votes=1").await.json();
    assert_eq!((chance(&sure), goal["set_by"].as_str()), (1.0, Some("votes")));
    assert_eq!(goal["scenario"], Value::Null);
}

#[tokio::test]
async fn a_goal_may_be_of_one_area() {
    let service = Service::new();
    let goal = service.get("/api/v1/goal?turnout=0.5&within=city:02").await.json();
    assert_eq!(
        (&goal["within"]["name"], &goal["electors"], &goal["level"]),
        (&"Évry".into(), &700.into(), &"quarter".into())
    );
    assert_eq!((goal["needed"].as_u64(), goals(&goal["areas"])), (Some(176), 176));
    let estimate = service.get("/api/v1/goal?within=city:02").await.json();
    assert_eq!(estimate["set_by"], "estimate");
    assert_eq!(estimate["scenario"], estimate["turnout"]["value"]);
}

#[tokio::test]
async fn the_part_of_one_area_is_that_of_the_list() {
    let service = Service::new();
    let all = service.get("/api/v1/goal?votes=333&level=quarter").await.json();
    let one = service.get("/api/v1/goal?votes=333&area=quarter:c").await.json();
    assert_eq!((&one["areas"][0], one["areas"].as_array().map(Vec::len)), (&all["areas"][2], Some(1)));
    is_problem(&service.get("/api/v1/goal?votes=33&within=city:02&area=quarter:a").await, 400);
}

#[tokio::test]
async fn areas_are_sorted_and_come_page_by_page() {
    let service = Service::new();
    let first = service.get("/api/v1/goal?votes=500&level=quarter&sort=-gap&limit=3").await.json();
    let gaps: Vec<f64> =
        first["areas"].as_array().expect("areas").iter().map(|row| row["gap"].as_f64().expect("votes")).collect();
    assert!(gaps.len() == 3 && gaps.is_sorted_by(|a, b| a >= b), "{gaps:?}");
    let cursor = first["next_cursor"].as_str().expect("a cursor");
    let path = format!("/api/v1/goal?votes=500&level=quarter&sort=-gap&limit=3&cursor={cursor}");
    let last = service.get(&path).await.json();
    assert_eq!((goals(&first["areas"]) + goals(&last["areas"]), &last["next_cursor"]), (500, &Value::Null));
}

#[tokio::test]
async fn a_goal_that_cannot_be_is_refused() {
    let service = Service::new();
    for (query, word) in [
        ("votes=1001", "1000 electors"),
        ("votes=0", "at least 1"),
        ("votes=10&turnout=0.5", "either"),
        ("turnout=1.5", "fraction"),
        ("turnout=0", "fraction"),
        ("turnout=NaN", "fraction"),
        ("level=street", "level"),
        ("within=quarter:a&level=city", "coarser"),
        ("sort=name", "sort"),
        ("format=geojson", "csv"),
    ] {
        let answer = service.get(&format!("/api/v1/goal?{query}")).await;
        is_problem(&answer, 400);
        let detail = answer.json()["detail"].as_str().expect("a detail").to_owned();
        assert!(detail.contains(word), "{query}: {detail}");
    }
    let voters = Service::of(Of::Voters);
    is_problem(&voters.get("/api/v1/goal?turnout=0.5").await, 400);
    assert_eq!(voters.get("/api/v1/goal?votes=300").await.json()["of"], "voters");
}
