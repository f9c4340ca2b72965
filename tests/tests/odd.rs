//! A campaign of odd stations and polls that contradict each other, through the real binary: figures, or a clear word.

use quartier_tests::{Desk, named_rows};
use serde_json::{Value, json};
use std::fmt::Write;

/// Eight stations in two towns: registered, voters, valid, votes of A and of B. No valid vote, nobody registered, all for
/// one side, nobody came.
const STATIONS: [[u64; 5]; 8] = [
    [1000, 700, 680, 300, 380],
    [1000, 50, 0, 0, 0],
    [0, 0, 0, 0, 0],
    [800, 600, 600, 600, 0],
    [900, 640, 600, 0, 600],
    [700, 0, 0, 0, 0],
    [1, 1, 1, 1, 0],
    [1200, 900, 880, 500, 380],
];

fn square(at: usize, side: f64) -> Value {
    let (west, south) = (2.0 + 0.02 * at as f64, 48.0);
    json!([[[west, south], [west + side, south], [west + side, south + 0.02], [west, south + 0.02], [west, south]]])
}

fn features(areas: impl Iterator<Item = (String, String, Value)>) -> String {
    let features: Vec<Value> = areas
        .map(|(code, parent, ring)| {
            json!({"type": "Feature", "properties": {"code": code, "town": parent},
                "geometry": {"type": "Polygon", "coordinates": ring}})
        })
        .collect();
    json!({"type": "FeatureCollection", "features": features}).to_string()
}

fn campaign() -> Desk {
    let desk = Desk::new();
    desk.ok(&["init", "campaign", "--name", "Odd", "--language", "en", "--levels", "town,station"]);
    let towns = features((0..2).map(|town| (format!("T{town}"), String::new(), square(4 * town, 0.08))));
    let stations = features((0..8).map(|at| (format!("S{at}"), format!("T{}", at / 4), square(at, 0.02))));
    let (towns, stations) = (desk.file("towns.geojson", towns), desk.file("stations.geojson", stations));
    desk.import_areas(&towns, ["town", "{code}", "{code}"], &[]);
    desk.import_areas(&stations, ["station", "{code}", "{code}"], &["--parent", "{town}"]);
    let mut csv = "code,registered,voters,valid,A,B\n".to_owned();
    for (at, [registered, voters, valid, a, b]) in STATIONS.into_iter().enumerate() {
        writeln!(csv, "S{at},{registered},{voters},{valid},{a},{b}").expect("text");
    }
    let results = desk.file("results.csv", csv);
    let columns = ["--registered", "registered", "--voters", "voters", "--valid", "valid", "--candidates", "A,B"];
    let import =
        ["import", "results", &results, "--election", "last", "--date", "2022-04-10", "--level", "station", "--code"];
    desk.ok(&[&import[..], &["{code}"], &columns].concat());
    desk.ok(&["blocs", "last", "--favourable", "A", "--opposed", "B"]);
    desk
}

#[test]
fn odd_stations_have_figures_and_contradicting_polls_are_said() {
    let desk = campaign();
    let polls = desk.file(
        "polls.csv",
        "date,area,turnout,undecided,favourable,opposed,of,n,se\n\
         2022-06-01,all,,,30%,70%,decided,1000,\n2022-06-02,all,,,70%,30%,decided,1000,\n",
    );
    desk.ok(&["import", "polls", &polls]);
    let summary = desk.json(&["estimate", "--baseline", "last", "--seed", "1"]);
    let notes = summary["notes"].to_string();
    assert!(notes.contains("campaign: polls of the stage `favourable` contradict each other"), "{notes}");
    assert!(notes.contains("of its standard errors away"), "{notes}");
    desk.ok(&["publish"]);
    let published = desk.published();
    let card = &published.current().expect("a snapshot").manifest().model_card;
    assert!(card["benchmarks"][0]["residual_se"].is_number(), "{}", card["benchmarks"]);

    let csv = desk.ok(&["export", "--level", "station", "--format", "csv", "-o", "-"]);
    let rows: Vec<_> = named_rows(csv.as_bytes()).into_iter().filter(|row| row["level"] == "station").collect();
    assert_eq!(rows.len(), 8);
    for (row, [registered, ..]) in rows.iter().zip(STATIONS) {
        let share = |column: &str| row[column].parse::<f64>().ok();
        let groups = ["abstainers", "undecided", "favourable", "opposed"].map(share);
        if registered == 0 {
            assert_eq!(groups, [None; 4], "nobody is registered there");
            continue;
        }
        let sum: f64 = groups.iter().map(|group| group.expect("a figure")).sum();
        assert!((sum - 1.0).abs() < 1e-9, "{row:?}");
        for group in ["abstainers", "undecided", "favourable", "opposed", "persuasion", "mobilisation"] {
            let ends = ["", "_low", "_high"].map(|end| share(&format!("{group}{end}")).expect("a figure"));
            assert!(ends[1] <= ends[0] && ends[0] <= ends[2], "{group} {ends:?}");
            let people = ["_people", "_people_low", "_people_high"].map(|end| share(&format!("{group}{end}")));
            assert!(people.iter().all(|people| people.is_some_and(f64::is_finite)), "{group} {people:?}");
            assert!(people[2].expect("people") <= registered as f64, "{group} {people:?}");
        }
    }
    // A side without a vote where hundreds were expected did not stand: the station is thought of as its town is.
    let of_decided = |at: usize| {
        let [ours, theirs] = ["favourable", "opposed"].map(|group| rows[at][group].parse::<f64>().expect("a figure"));
        ours / (ours + theirs)
    };
    assert!((0.2..0.8).contains(&of_decided(3)) && (0.2..0.8).contains(&of_decided(4)), "{rows:?}");
}
