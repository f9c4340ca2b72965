//! What `quartier estimate` is told and says, on Paris: covariates, baselines, a rehearsal, districts.

use quartier_tests::{Desk, data};
use serde_json::Value;

/// Paris with both rounds of 2017.
fn paris() -> Option<Desk> {
    let data = data()?;
    let desk = Desk::new();
    desk.paris(&data);
    Some(desk)
}

/// An invented number of every arrondissement but the last two, of which one has no number and one no row.
fn incomes(desk: &Desk) -> String {
    let rows: String =
        (75101..=75118).map(|code| format!("{code};{},5;7\n", 20_000 + (code * 7919) % 20_000)).collect();
    desk.file("income.csv", format!("code;median;flat\n{rows}75119;s;7\n99999;1;7\n"))
}

#[test]
fn covariates_come_and_go_and_every_gap_is_named() {
    let Some(desk) = paris() else { return };
    let file = incomes(&desk);
    let command = [
        "import",
        "covariates",
        &file,
        "--level",
        "arrondissement",
        "--code",
        "{code}",
        "--group",
        "income",
        "--columns",
        "median,flat",
    ];
    let told = desk.json(&command);
    let account = &told["account"];
    assert_eq!((&account["read"], &account["used"]), (&Value::from(20), &Value::from(19)));
    assert_eq!(account["no_area"], serde_json::json!([[21, "99999"]]));
    assert_eq!(account["no_number"], serde_json::json!(["75119 (median)", "75120 (no row)"]));
    let said = account["said"].to_string();
    assert!(said.contains("`flat` is the same everywhere") && said.contains("`median`: 1 areas"), "{said}");
    let again = desk.refused(&command);
    assert!(again.contains("covariates `income` came with import"), "{again}");

    let estimate = ["estimate", "--baseline", "pres2017t2", "--seed", "1"];
    let summary = desk.json(&estimate);
    assert_eq!(summary["covariates"], serde_json::json!(["income"]));
    assert!(summary["notes"].to_string().contains("income:flat"), "{}", summary["notes"]);
    desk.ok(&["publish"]);
    let published = desk.published();
    let card = published.current().expect("a snapshot").manifest().model_card.clone();
    let slopes = card["slopes"].as_array().expect("slopes");
    let income: Vec<&Value> = slopes.iter().filter(|slope| slope["group"] == "income").collect();
    assert_eq!(income.len(), 3, "one a stage");
    assert!(income.iter().all(|slope| slope["columns"] == serde_json::json!(["median"])));
    assert_eq!((&card["seed"], card["stages"].as_array().map(Vec::len)), (&Value::from(1), Some(3)));
    assert_eq!(card["pairs"], serde_json::json!(["pres2017t1 to pres2017t2"]));

    desk.ok(&["undo", &told["import"].to_string()]);
    assert_eq!(desk.json(&estimate)["covariates"], serde_json::json!([]));
}

#[test]
fn a_baseline_is_one_election_a_mix_or_what_would_have_told_the_newest_best() {
    let Some(desk) = paris() else { return };
    let favourable = |baseline: &str| -> i64 {
        let summary = desk.json(&["estimate", "--baseline", baseline, "--dry-run"]);
        let rows = summary["campaign"].as_array().expect("figures").clone();
        let row = rows.into_iter().find(|row| row[0] == "favourable").expect("favourable");
        row[1].as_i64().expect("thousandths")
    };
    let (first, second) = (favourable("pres2017t1"), favourable("pres2017t2"));
    let mix = favourable("pres2017t1=1,pres2017t2=3");
    assert!(first < mix && mix < second, "{first} {mix} {second}");
    assert!(!desk.path().join("campaign/candidate").exists(), "a rehearsal writes no candidate");

    let auto = desk.json(&["estimate", "--baseline", "auto", "--dry-run"]);
    assert_eq!(auto["baseline"], serde_json::json!([["pres2017t2", 1.0]]));
    assert!(auto["notes"][0].as_str().is_some_and(|note| note.contains("fewer than three elections")), "{auto}");
    let data = data().expect("Paris was imported");
    desk.paris_results(&data, "2019-europeennes", "euro2019", "2019-05-26");
    desk.ok(&["blocs", "euro2019", "--favourable", "RENAISSANCE", "--opposed", "PRENEZ LE POUVOIR"]);
    let auto = desk.json(&["estimate", "--baseline", "auto", "--dry-run"]);
    let weights = auto["baseline"].as_array().expect("a mix");
    assert_eq!(weights[0][0], "euro2019", "the newest leads: {auto}");
    assert!(auto["notes"][0].as_str().is_some_and(|note| note.contains("Baseline by back-test")), "{auto}");
    assert_eq!(auto["pairs"], serde_json::json!(["pres2017t1 → pres2017t2", "pres2017t2 → euro2019"]));
    for (baseline, part) in [("pres2017t2=0", "pres2017t2=0"), ("pres2017t1,pres2017t1", "twice")] {
        let usage = desk.run(&["estimate", "--baseline", baseline]);
        assert_eq!(usage.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&usage.stderr).contains(part));
    }
    let unknown = desk.refused(&["estimate", "--baseline", "pres2012"]);
    assert!(unknown.contains("no election is called `pres2012`"), "{unknown}");
    let district = desk.refused(&["estimate", "--baseline", "pres2017t2", "--district", "canton"]);
    assert!(district.contains("canton"), "{district}");
}
