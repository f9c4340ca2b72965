//! Hexagons in every route that has areas: the past, what changed, a goal, a rank; all of them add up.

mod country;

use country::{Service, is_problem};
use quartier_snapshot::Table;
use serde_json::{Map, Value, json};

const COUNTS: [&str; 3] = ["registered", "voters", "valid"];
const LISTS: [&str; 2] = ["LE PEN", "MACRON"];

fn list(body: &Value, name: &str) -> Vec<Value> {
    body[name].as_array().unwrap_or_else(|| panic!("{name}: {body}")).clone()
}

/// The counts of rows, each read by the name of a column.
fn sums(rows: &[Value], of: impl Fn(&Value, &str) -> u64) -> Vec<u64> {
    let lists = LISTS.map(|list| format!("list:{list}"));
    let names = COUNTS.into_iter().chain(lists.iter().map(String::as_str));
    names.map(|name| rows.iter().map(|row| of(row, name)).sum()).collect()
}

fn of_json(row: &Value, name: &str) -> u64 {
    let counts = &row["counts"];
    name.strip_prefix("list:").map_or(&counts[name], |list| &counts["lists"][list]).as_u64().unwrap_or_default()
}

#[tokio::test]
async fn the_past_of_hexagons_adds_up_to_the_official_total_at_every_resolution_and_in_every_form() {
    let service = Service::placed(1);
    let official = [214, 107, 107, 43, 64];
    for resolution in 3..=10 {
        let path = format!("/api/v1/elections/t1/results?level=hex&resolution={resolution}");
        let body = service.get(&path).await.json();
        let (areas, unplaced) = (list(&body, "areas"), list(&body, "unplaced"));
        assert_eq!(sums(&[areas.clone(), unplaced.clone()].concat(), of_json), official, "{path}");
        assert_eq!((&body["resolution"], &body["total"]), (&json!(resolution), &json!(areas.len())));
        assert_eq!(of_json(&json!({"counts": body["whole"]}), "valid"), 107);
        // The campaign's own, those of a city, and a sixth of the third quarter, whose electors are in no cell.
        let own = |row: &Value| (row["level"].clone(), row["code"].clone(), of_json(row, "valid"));
        assert_eq!(
            unplaced.iter().map(own).collect::<Vec<_>>(),
            [(json!("campaign"), Value::Null, 7), (json!("city"), json!("02"), 3), (json!("quarter"), json!("c"), 8)]
        );
        let geojson = service.get(&format!("{path}&format=geojson")).await.json();
        let rows: Vec<Value> = list(&geojson, "features").iter().map(|own| own["properties"].clone()).collect();
        assert_eq!(sums(&rows, |row, name| row[name].as_u64().unwrap_or_default()), official, "{path} geojson");
        assert_eq!(geojson["quartier"]["resolution"], resolution);
        for (format, delimiter) in [("csv", b','), ("csv-fr", b';')] {
            let text = service.get(&format!("{path}&format={format}")).await.text();
            let mut reader = csv::ReaderBuilder::new()
                .delimiter(delimiter)
                .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
            let rows: Vec<Value> = reader.deserialize().map(|row| Value::Object(row.expect("a row"))).collect();
            let count = |row: &Value, name: &str| row[name].as_u64().unwrap_or_default();
            assert_eq!(sums(&rows, count), official, "{path} {format}");
            assert!(rows.iter().all(|row| row["level"] != "hex" || row["moved"].is_boolean()), "{rows:?}");
        }
        let measured = service
            .get(&format!("/api/v1/downloads?election=t1&level=hex&resolution={resolution}&format=csv"))
            .await
            .json();
        assert_eq!(measured["areas"], areas.len());
    }
    let whole = service.get("/api/v1/elections/t1/results?level=hex&resolution=10&limit=2").await.json();
    let next = whole["next_cursor"].as_str().expect("another page");
    let rest = service.get(&format!("/api/v1/elections/t1/results?level=hex&resolution=10&cursor={next}")).await.json();
    assert_eq!((list(&whole, "areas").len(), list(&rest, "areas").len()), (2, 3));
}

#[tokio::test]
async fn votes_follow_electors_and_a_coarse_hexagon_is_the_sum_of_those_in_it() {
    let service = Service::placed(1);
    let fine = service.get("/api/v1/elections/t1/results?level=hex&resolution=10").await.json();
    // The first quarter has 60 and 40 electors in two places, and 20 valid votes.
    let mut valid: Vec<u64> = list(&fine, "areas").iter().map(|row| of_json(row, "valid")).collect();
    valid.sort_unstable();
    assert_eq!(valid, [8, 12, 15, 24, 30]);
    assert!(list(&fine, "areas").iter().all(|row| row["errors"].is_null()));
    let table = service.get("/api/v1/elections/t1/values/hex").await;
    let table = Table::new(table.body.into()).expect("a table");
    let column = table.column::<u32>("valid", "value").expect("valid votes");
    let geography = service.geography().await;
    let codes = service.get(&format!("/api/v1/geographies/{geography}/areas/hex")).await.json();
    for (row, code) in list(&codes, "codes").iter().enumerate() {
        let code = code.as_str().expect("a code");
        let area = service.get(&format!("/api/v1/areas/hex/{code}")).await.json();
        assert_eq!(area["history"][0]["counts"]["valid"], column.get(row).expect("a row"), "{code}");
    }
    // Inside the first city are its own; a hexagon over a border would count those beside it too.
    let city = service.get("/api/v1/elections/t1/results?level=hex&resolution=10&within=city:01004").await.json();
    assert_eq!((sums(&list(&city, "areas"), of_json)[2], &city["whole"]), (50, &Value::Null));
    assert!(list(&city, "unplaced").is_empty());
}

#[tokio::test]
async fn a_hexagon_has_a_past_a_rank_and_says_what_was_moved() {
    let service = Service::placed(1);
    let fine = service.get("/api/v1/elections/t1/results?level=hex&resolution=10&within=quarter:a").await.json();
    let code = fine["areas"][0]["code"].as_str().expect("a code").to_owned();
    let area = service.get(&format!("/api/v1/areas/hex/{code}")).await.json();
    assert_eq!(area["moved"]["method"], "pieces");
    assert_eq!((&area["moved"]["cut_areas"], &area["moved"]["error"]), (&json!(1), &Value::Null));
    let history = list(&area, "history");
    assert_eq!((history.len(), &history[0]["election"]), (2, &json!("t1")));
    let profile = &history[0]["profile"];
    let sum: f64 =
        ["abstainers", "undecided", "favourable", "opposed"].iter().filter_map(|g| profile[*g].as_f64()).sum();
    assert!((sum - 1.0).abs() < 1e-9 && profile["favourable"].as_f64() > Some(0.2), "{profile}");
    assert!(area["past"]["base"]["people"].as_f64().is_some(), "{}", area["past"]);
    // At the coarsest resolution all are siblings.
    let coarse = service.get("/api/v1/elections/t1/results?level=hex&resolution=3").await.json();
    let code = coarse["areas"][0]["code"].as_str().expect("a code").to_owned();
    let count = list(&coarse, "areas").len() as u64;
    let rank = service.get(&format!("/api/v1/areas/hex/{code}")).await.json()["rank"].clone();
    if count > 1 {
        assert_eq!(rank["favourable"]["of"], count);
    }
    // Hexagons of the sixth resolution side by side in one of the fifth are ranked among each other.
    let mut ranked = 0;
    for resolution in 4..=10 {
        let path = format!("/api/v1/estimates?level=hex&resolution={resolution}");
        for own in list(&service.get(&path).await.json(), "areas") {
            let code = own["code"].as_str().expect("a code");
            let rank = service.get(&format!("/api/v1/areas/hex/{code}")).await.json()["rank"]["favourable"].clone();
            if let Some(of) = rank["of"].as_u64() {
                let ends = ["low", "high"].map(|end| rank[end].as_u64().expect("a rank"));
                assert!(1 <= ends[0] && ends[0] <= ends[1] && ends[1] <= of && (2..=7).contains(&of), "{rank}");
                ranked += 1;
            }
        }
    }
    assert!(ranked >= 2, "{ranked} hexagons have siblings");
}

#[tokio::test]
async fn what_changed_is_compared_by_hexagon() {
    let service = Service::placed(2);
    for resolution in [4, 8, 10] {
        let past = service.get(&format!("/api/v1/elections/t1/results?level=hex&resolution={resolution}")).await.json();
        let at = format!("level=hex&resolution={resolution}");
        let body = service.get(&format!("/api/v1/compare?{at}&from=t1&measure=favourable")).await.json();
        assert_eq!(
            (&body["compare"], &body["total"], &body["level"]),
            (&json!("change"), &past["total"], &json!("hex"))
        );
        let estimates = service.get(&format!("/api/v1/estimates?{at}")).await.json();
        for ((row, then), now) in list(&body, "areas").iter().zip(list(&past, "areas")).zip(list(&estimates, "areas")) {
            assert_eq!((&row["code"], &now["code"]), (&then["code"], &then["code"]));
            let share = of_json(&then, "list:MACRON") as f64 / of_json(&then, "registered") as f64;
            let expected = now["favourable"].as_f64().expect("a share") - share;
            let value = row["value"].as_f64().expect("a change");
            assert!((value - expected).abs() < 0.001, "{row} {then} {now}");
            assert_eq!((&row["continuity"], &row["read_at"]), (&json!("stable"), &Value::Null));
        }
        // The table has a row of every hexagon, and figures of those shown.
        let answer = service.get(&format!("/api/v1/compare?{at}&from=t1&format=values")).await;
        let table = Table::new(answer.body.into()).expect("a table");
        let electors = table.column::<u32>("electors", "value").expect("electors");
        let shown = electors.iter().filter(|electors| *electors != u32::MAX).count();
        assert_eq!((json!(shown), table.rows() > shown), (past["total"].clone(), true));
        // The second publication moved every share by five thousandths, on the same draws.
        let body = service.get(&format!("/api/v1/compare?{at}&from=1&to=2")).await.json();
        assert_eq!(
            (&body["compare"], &body["total"], &body["missing"]),
            (&json!("revision"), &past["total"], &json!({}))
        );
        assert!(list(&body, "areas").iter().all(|row| row["value"] == json!(0.005)), "{body}");
        let body = service.get(&format!("/api/v1/compare?{at}&from=t1&to=t2")).await.json();
        assert!(list(&body, "areas").iter().all(|row| row["value"] == json!(0.0)), "{body}");
        assert_eq!((&body["compare"], &body["missing"]), (&json!("difference"), &json!({})));
        let base = service.get(&format!("/api/v1/past/base?{at}")).await.json();
        assert_eq!((&base["total"], &base["missing"]), (&past["total"], &json!({})));
    }
    let csv = service.get("/api/v1/compare?level=hex&resolution=10&from=t1&format=csv").await.text();
    assert!(csv.lines().nth(1).expect("a row").starts_with("hex:8a"), "{csv}");
}

/// The rows of a table of hexagons that are shown.
fn shown_rows(table: &Table) -> Vec<usize> {
    let shown = table.column::<u8>("shown", "value").expect("which are shown");
    shown.iter().enumerate().filter(|(_, shown)| *shown == 1).map(|(row, _)| row).collect()
}

#[tokio::test]
async fn tables_of_the_past_say_which_hexagons_are_shown_and_have_figures_of_those_only() {
    let service = Service::placed(2);
    let geography = service.geography().await;
    for resolution in [3, 6, 8, 10] {
        let at = format!("level=hex&resolution={resolution}");
        let body = service.get(&format!("/api/v1/elections/t1/results?{at}")).await.json();
        let answer = service.get(&format!("/api/v1/elections/t1/values/hex?resolution={resolution}")).await;
        let counts = Table::new(answer.body.into()).expect("a table");
        let shown = shown_rows(&counts);
        // The names of the rows are asked for by row.
        let rows = shown.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let named = service.get(&format!("/api/v1/geographies/{geography}/areas/hex?rows={rows}")).await.json();
        let areas = list(&body, "areas");
        assert_eq!(
            list(&named, "codes"),
            areas.iter().map(|own| own["code"].clone()).collect::<Vec<_>>(),
            "resolution {resolution}"
        );
        assert_eq!((&named["count"], list(&named, "bounds").len()), (&json!(shown.len()), 4 * shown.len()));
        for name in ["registered", "valid", "list:LE PEN", "list:MACRON"] {
            let column = counts.column::<u32>(name, "value").expect("a column");
            let known: Vec<usize> = (0..counts.rows()).filter(|row| column.get(*row) != Some(u32::MAX)).collect();
            assert_eq!(known, shown, "{name}");
            let theirs: Vec<u64> = areas.iter().map(|own| of_json(own, name)).collect();
            let own: Vec<u64> = shown.iter().filter_map(|row| column.get(*row)).map(u64::from).collect();
            assert_eq!(own, theirs, "{name}");
        }
        for path in [
            format!("past/base?{at}&format=values"),
            format!("compare?{at}&from=t1&format=values"),
            format!("goal?votes=300&{at}&format=values"),
        ] {
            let answer = service.get(&format!("/api/v1/{path}")).await;
            let table = Table::new(answer.body.into()).expect("a table");
            assert_eq!(shown_rows(&table), shown, "{path}");
            let electors = table.column::<u32>("electors", "value").expect("electors");
            let known: Vec<usize> = (0..table.rows()).filter(|row| electors.get(*row) != Some(u32::MAX)).collect();
            assert_eq!(known, shown, "{path}");
        }
        // What a hexagon has in hand is its published share.
        let answer = service.get(&format!("/api/v1/goal?votes=300&{at}&format=values")).await;
        let goals = Table::new(answer.body.into()).expect("a table");
        let estimates = list(&service.get(&format!("/api/v1/estimates?{at}")).await.json(), "areas");
        for (row, own) in shown.iter().zip(estimates) {
            for (field, name) in [("value", "favourable"), ("low", "favourable_low"), ("high", "favourable_high")] {
                let column = goals.column::<i16>("favourable", field).expect("in hand");
                let held = f64::from(column.get(*row).expect("a row")) / 1000.0;
                assert!((held - own[name].as_f64().expect("a share")).abs() < 1e-9, "{name} {held} {own}");
            }
        }
    }
    // A table that is asked for without a resolution is the file, with all of them; other levels have none.
    let all = service.get("/api/v1/elections/t1/values/hex").await;
    let all = Table::new(all.body.into()).expect("a table");
    assert!(all.column::<u8>("shown", "value").is_err());
    for path in [
        "elections/t1/values/city?resolution=8".to_owned(),
        "elections/t1/values/hex?resolution=2".to_owned(),
        format!("geographies/{geography}/areas/hex?rows="),
        format!("geographies/{geography}/areas/hex?rows=0,x"),
        format!("geographies/{geography}/areas/hex?rows=999999"),
        format!("geographies/{geography}/areas/hex?rows=18446744073709551615"),
        format!("geographies/{geography}/areas/hex?rows={}", vec!["0"; 1001].join(",")),
    ] {
        is_problem(&service.get(&format!("/api/v1/{path}")).await, 400);
    }
    is_problem(&service.get("/api/v1/elections/nobody/values/hex?resolution=8").await, 404);
}

#[tokio::test]
async fn a_goal_adds_up_over_hexagons_and_whoever_is_in_none() {
    let service = Service::placed(1);
    for (ask, needed) in [("votes=301", 301), ("votes=1000", 1000), ("votes=1", 1), ("votes=90&within=city:01004", 90)]
    {
        for resolution in [3, 6, 8, 10] {
            let path = format!("/api/v1/goal?{ask}&level=hex&resolution={resolution}");
            let goal = service.get(&path).await.json();
            let rows = [list(&goal, "areas"), list(&goal, "elsewhere")].concat();
            assert_eq!(rows.iter().filter_map(|row| row["goal"].as_u64()).sum::<u64>(), needed, "{path}");
            assert_eq!((&goal["needed"], &goal["level"]), (&json!(needed), &json!("hex")));
            let electors: u64 = rows.iter().filter_map(|row| row["electors"].as_u64()).sum();
            // A goal of one vote asks nothing of those who are left out.
            assert!(needed < 90 || electors == goal["electors"].as_u64().expect("known"), "{path}: {electors}");
            let text = service.get(&format!("{path}&format=csv")).await.text();
            let rows = csv::Reader::from_reader(text.as_bytes()).into_deserialize::<Map<String, Value>>();
            let sum: u64 = rows.map(|row| row.expect("a row")["goal"].as_u64().expect("votes")).sum();
            assert_eq!(sum, needed, "{path} csv");
        }
    }
    let all = service.get("/api/v1/goal?votes=333&level=hex&resolution=10").await.json();
    let own = &all["areas"][2];
    let one = service.get(&format!("/api/v1/goal?votes=333&area=hex:{}", own["code"].as_str().expect("a code"))).await;
    assert_eq!(&one.json()["areas"], &json!([own]));
}

#[tokio::test]
async fn resolutions_that_are_none_are_refused() {
    let service = Service::placed(1);
    for path in [
        "elections/t1/results?level=hex&resolution=11",
        "elections/t1/results?level=quarter&resolution=8",
        "compare?from=t1&level=hex&resolution=2",
        "compare?from=t1&resolution=8",
        "goal?level=hex&resolution=16",
        "goal?level=city&resolution=8",
        "goal?area=hex:8a1fb466628ffff",
        "past/base?level=hex&resolution=0",
        "downloads?election=t1&level=city&resolution=8&format=csv",
        "elections/t1/results?level=hex&limit=0",
    ] {
        is_problem(&service.get(&format!("/api/v1/{path}")).await, 400);
    }
    // A country that does not say where its electors are has no hexagons.
    is_problem(&Service::new().get("/api/v1/elections/t1/results?level=hex").await, 400);
}
