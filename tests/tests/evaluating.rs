//! The back-test on real data: Paris, first round of 2017 to the second.

use quartier_tests::{Desk, Service, data};
use serde_json::Value;

/// A figure of the table.
fn figure(evaluation: &Value, answers: u64, method: &str, group: &str, column: &str) -> f64 {
    let rows = evaluation["tables"].as_array().expect("tables");
    let row = rows
        .iter()
        .find(|row| row["answers"] == answers && row["method"] == method && row["group"] == group)
        .unwrap_or_else(|| panic!("no row {answers} {method} {group}"));
    row[column].as_f64().unwrap_or_else(|| panic!("{answers} {method} {group}: no {column}"))
}

async fn json(service: &Service, path: &str) -> Value {
    serde_json::from_slice(&service.get(path).await.expect("a body")).expect("JSON")
}

#[tokio::test]
async fn the_second_round_of_2017_in_paris_is_forecast_better_than_by_its_peers() {
    let Some(data) = data() else { return };
    let desk = Desk::new();
    desk.paris(&data);
    let command =
        ["evaluate", "--from", "pres2017t1", "--to", "pres2017t2", "--answers", "0,3000", "--repetitions", "2"];
    let found = desk.json(&command);
    assert_eq!((&found["id"], &found["method"]), (&Value::from("pres2017t1-pres2017t2"), &Value::from("tree")));
    for answers in [0, 3_000] {
        let mae = |method: &str| figure(&found, answers, method, "mean", "mae");
        assert!(mae("tree") < 0.2 * mae("previous"), "{} of {}", mae("tree"), mae("previous"));
        assert!(figure(&found, answers, "tree", "mean", "coverage") > 0.86);
    }
    let at_most = |method: &str| figure(&found, 3_000, method, "mean", "crps");
    assert!(at_most("tree") < at_most("uniform"), "{} of {}", at_most("tree"), at_most("uniform"));
    assert!(figure(&found, 3_000, "tree", "mean", "mae") < figure(&found, 0, "tree", "mean", "mae"), "answers teach");
    let classes: Vec<&str> =
        found["by_class"].as_array().expect("classes").iter().filter_map(|row| row["class"].as_str()).collect();
    for class in ["visited", "not visited", "level:arrondissement", "level:bureau"] {
        assert!(classes.contains(&class), "{class}: {classes:?}");
    }

    // The same again gives the same figures, and takes the place of the first.
    let again = desk.json(&command);
    assert_eq!((&again["tables"], &again["pit"]), (&found["tables"], &found["pit"]));
    let folder = desk.path().join("campaign/published/evaluations");
    let files: Vec<_> =
        std::fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("a file").file_name()).collect();
    assert_eq!(files, ["pres2017t1-pres2017t2.json"]);

    // People read a table and a sentence; the server has the same figures.
    let text = desk.ok(&command);
    assert!(text.contains("tree") && text.contains("level:quartier") && text.contains("zone sur dix"), "{text}");
    let service = Service::of(&desk);
    let one = json(&service, "/api/v1/evaluations/pres2017t1-pres2017t2").await;
    assert_eq!(one["tables"], found["tables"]);
    assert_eq!(json(&service, "/api/v1/evaluations").await["evaluations"].as_array().map(Vec::len), Some(1));

    let backwards = desk.refused(&["evaluate", "--from", "pres2017t2", "--to", "pres2017t1"]);
    assert!(backwards.contains("expected an election before pres2017t1 (2017-04-23)"), "{backwards}");
    let unknown = desk.refused(&["evaluate", "--from", "pres2012", "--to", "pres2017t1"]);
    assert!(unknown.contains("no election is called `pres2012`"), "{unknown}");
}
