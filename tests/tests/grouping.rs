//! Groupings through the real binary: constituencies of Paris by the column of a results file and by their outlines,
//! districts of Minnesota. Figures are the same in every face, and every elector and vote is in one area or in none.

use quartier_model::Membership;
use quartier_snapshot::{Geography, Snapshot};
use quartier_tests::{Desk, Named, Service, count, data, named_rows, tile};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

fn results_of(data: &Path) -> String {
    data.join("fr-results-2014-2019/2017-presidentielle-1_par_bureau_large.csv.gz").to_string_lossy().into_owned()
}

/// Imports the constituencies of Paris by the column of the results; gives the account.
fn constituencies(desk: &Desk, data: &Path, more: &[&str]) -> Value {
    let file = results_of(data);
    let of = ["import", "grouping", "circo", &file, "--where", "departement=75", "--key", "75056-{bureau}"];
    let to = ["--group", "75{circonscription:0>2}", "--label", "Circonscriptions|Constituencies"];
    desk.json(&[&of[..], &to, more].concat())["account"].take()
}

/// Imports the same constituencies by their outlines, drawn by somebody else.
fn outlines(desk: &Desk, data: &Path) -> Value {
    let file = data.join("fr-formats/circonscriptions-legislatives-04-13-29-75.geojson.gz");
    let of =
        ["import", "grouping", "contour", &file.to_string_lossy(), "--where", "codeDepartement=75"].map(str::to_owned);
    let of: Vec<&str> = of.iter().map(String::as_str).collect();
    let to = ["--code", "{codeCirconscription}", "--name", "{nomCirconscription}"];
    desk.json(&[&of[..], &to].concat())["account"].take()
}

fn published(desk: &Desk, baseline: &str) -> Arc<Snapshot> {
    desk.ok(&["estimate", "--baseline", baseline, "--seed", "1"]);
    desk.ok(&["publish"]);
    desk.published().current().expect("a snapshot").clone()
}

fn export(desk: &Desk, arguments: &[&str]) -> Vec<Named> {
    let common = ["export", "--format", "csv", "-o", "-"];
    named_rows(desk.ok(&[&common[..], arguments].concat()).as_bytes())
}

/// Registered, voters, valid and every list.
fn votes(row: &Named) -> Vec<u64> {
    let columns = ["registered", "voters", "valid", "list:MACRON", "list:LE PEN", "list:FILLON", "list:HAMON"];
    columns.iter().map(|column| count(row, column)).collect()
}

fn sum(rows: impl Iterator<Item = Vec<u64>>) -> Vec<u64> {
    rows.reduce(|a, b| a.iter().zip(b).map(|(a, b)| a + b).collect()).expect("rows")
}

/// Areas of a grouping and what is in none of them are the campaign, in electors and in votes.
fn nobody_is_lost(desk: &Desk, snapshot: &Snapshot, grouping: &str, election: &str) {
    let all = snapshot.manifest().electors.expect("electors");
    let mut electors = 0;
    for row in export(desk, &["--level", grouping]) {
        electors += count(&row, "electors");
    }
    let unplaced = snapshot.results().election(snapshot.manifest().baseline.as_str()).expect("a baseline");
    let outside: u64 = unplaced.unplaced.iter().filter_map(|own| own.counts.registered).sum();
    assert_eq!(electors, all + outside, "electors of {grouping}");
    let of = |level: &str| sum(export(desk, &["--election", election, "--level", level]).iter().map(votes));
    let levels = snapshot.geography().levels().iter().map(|level| level.level.id.to_string());
    let totals: BTreeSet<Vec<u64>> = levels.chain([grouping.to_owned()]).map(|level| of(&level)).collect();
    assert_eq!(totals.len(), 1, "votes at every level and by {grouping}: {totals:?}");
}

/// An area of a grouping in every face: the API, the page's table, a tile, files.
async fn every_face_agrees(desk: &Desk, snapshot: &Snapshot, grouping: &str, code: &str) {
    let service = Service::of(desk);
    let json = async |path: &str| -> Value {
        serde_json::from_slice(&service.get(path).await.expect("a body")).expect("JSON")
    };
    let area = json(&format!("/api/v1/areas/{grouping}/{code}")).await;
    let geography = snapshot.geography();
    let areas = geography.level(grouping).expect("a grouping");
    let row = areas.row(code).expect("a row");
    let values = snapshot.values(grouping).expect("values");
    let csv = export(desk, &["--level", grouping]).into_iter().find(|row| row["code"] == code).expect("a row");
    let listed = json(&format!("/api/v1/estimates?level={grouping}&limit=1000")).await;
    let listed =
        listed["areas"].as_array().expect("areas").iter().find(|own| own["code"] == code).expect("listed").clone();
    let [lon, lat] = areas.point(row).expect("a point");
    let side = f64::from(1_u32 << 11);
    let x = ((lon + 180.0) / 360.0 * side) as u32;
    let y = ((1.0 - lat.to_radians().tan().asinh() / std::f64::consts::PI) / 2.0 * side) as u32;
    let bytes = service.get(&format!("/tiles/1/{grouping}/11/{x}/{y}.mvt")).await.expect("a tile");
    let drawn = tile::areas(&bytes, grouping);
    let feature = drawn.iter().find(|own| own.piece.id == row as u64).expect("the area in its tile");
    for (measure, name) in
        [(quartier_model::Measure::Favourable, "favourable"), (quartier_model::Measure::Turnout, "turnout")]
    {
        let shown = values.figure(measure, row).expect("a figure");
        let fraction = f64::from(shown.value) / 1000.0;
        assert_eq!(area["estimate"][name]["value"].as_f64(), Some(fraction), "{name} of one area");
        assert_eq!(listed[name].as_f64(), Some(fraction), "{name} in the list");
        assert_eq!(csv[name].parse::<f64>().expect("a fraction"), fraction);
        let in_tile = feature.properties[name].as_f64().expect("a number");
        assert_eq!((in_tile * 1000.0).round() as i16, shown.value, "{name} in the tile");
    }
    assert_eq!(area["electors"].as_u64(), values.electors(row).known().map(u64::from));
    assert_eq!(count(&csv, "electors"), u64::from(values.electors(row).known().expect("electors")));
    let style = json(&format!("/tiles/{grouping}.json")).await;
    assert_eq!(style["vector_layers"][0]["id"], grouping);
    let found = json(&format!("/api/v1/areas?q={code}&level={grouping}")).await;
    assert_eq!(found["areas"][0]["code"], code);
    for path in ["priorities", "goal", "compare?from=pres2017t1"] {
        let ask = if path.contains('?') { '&' } else { '?' };
        let answer = json(&format!("/api/v1/{path}{ask}level={grouping}")).await;
        assert!(answer.to_string().contains(code), "{path} names {code}");
    }
    // Whatever takes a level answers, or says why not.
    for path in [
        format!("goal?format=values&level={grouping}"),
        format!("compare?from=pres2017t1&format=values&level={grouping}"),
        format!("compare?from=pres2017t1&to=pres2017t2&measure=favourable&level={grouping}"),
        format!("downloads?format=csv&level={grouping}"),
        format!("downloads?format=csv&election=pres2017t1&level={grouping}&within={grouping}:{code}"),
        format!("estimates/summary?measure=favourable&step=50&level={grouping}"),
        format!("elections/pres2017t1/results?level={grouping}"),
        format!("elections/pres2017t1/values/{grouping}"),
        format!("past/base?level={grouping}"),
        format!("priorities?level={grouping}&within=arrondissement:75103"),
        format!("goal?area={grouping}:{code}"),
    ] {
        let status = service.status(&format!("/api/v1/{path}")).await;
        assert!(status < 500, "{path}: {status}");
    }
    let body = serde_json::json!({"level": grouping, "codes": [code]}).to_string();
    let (status, answer) = service.post("/api/v1/estimates/within", body).await;
    assert!(status == 400 && String::from_utf8_lossy(&answer).contains("is a grouping, expected a level"), "{status}");
}

/// The codes of the finest areas that an area of a grouping has.
fn stations_of(geography: &Geography, membership: &Membership, area: u32) -> Vec<String> {
    let tree = geography.tree();
    let code = |leaf: u32| {
        let (level, row) = tree.place(leaf)?;
        geography.levels()[level].code(row).map(ToOwned::to_owned)
    };
    let homes = tree.leaves().zip(membership.homes());
    homes.filter(|(_, home)| **home == Some(area)).filter_map(|(leaf, _)| code(leaf)).collect()
}

#[tokio::test]
async fn constituencies_of_paris_by_members_are_exact_in_every_face() {
    let Some(data) = data() else { return };
    let desk = Desk::new();
    desk.paris(&data);
    let account = constituencies(&desk, &data, &[]);
    assert_eq!((account["level"].as_str(), account["areas"].as_u64()), (Some("bureau"), Some(18)));
    assert_eq!((account["members"].as_u64(), account["ungrouped"].to_string().as_str()), (Some(896), "[]"));
    let snapshot = published(&desk, "pres2017t2");
    let geography = snapshot.geography();
    let grouping = &geography.groupings()[0];
    assert_eq!(grouping.facts.method.as_str(), "exact");
    nobody_is_lost(&desk, &snapshot, "circo", "pres2017t1");
    every_face_agrees(&desk, &snapshot, "circo", "7505").await;

    // The votes of a constituency are those of its stations, and those of its stations are those inside it.
    let stations = stations_of(geography, &grouping.membership, 4);
    assert_eq!(stations.len(), 54);
    let of_stations = desk.past("pres2017t1", "bureau");
    let expected = sum(stations.iter().map(|code| votes(&of_stations[code])));
    assert_eq!(votes(&desk.past("pres2017t1", "circo")["7505"]), expected);
    let inside = export(&desk, &["--election", "pres2017t1", "--level", "bureau", "--within", "circo:7505"]);
    assert_eq!(inside.iter().map(|row| row["code"].clone()).collect::<BTreeSet<_>>(), stations.into_iter().collect());
    assert_eq!(sum(inside.iter().map(votes)), expected);
    // Arrondissements that straddle it are not inside; what they have of it stands apart, and nothing is lost.
    let inside = export(&desk, &["--election", "pres2017t1", "--level", "arrondissement", "--within", "circo:7505"]);
    assert_eq!(sum(inside.iter().map(votes)), expected);
    let within = export(&desk, &["--election", "pres2017t1", "--level", "circo", "--within", "arrondissement:75103"]);
    let whole = votes(&desk.past("pres2017t1", "arrondissement")["75103"]);
    assert_eq!(sum(within.iter().map(votes)), whole);

    let service = Service::of(&desk);
    let json = async |path: &str| -> Value {
        serde_json::from_slice(&service.get(path).await.expect("a body")).expect("JSON")
    };
    let campaign = json("/api/v1/campaign").await;
    let listed = &campaign["groupings"][0];
    assert_eq!((listed["id"].as_str(), listed["method"].as_str()), (Some("circo"), Some("exact")));
    assert_eq!((listed["count"].as_u64(), listed["label"]["en"].as_str()), (Some(18), Some("Constituencies")));
    let station = json("/api/v1/areas/bureau/75056-0301").await;
    assert_eq!(station["groupings"][0]["level"], "circo");
    let goal = json("/api/v1/goal?level=circo&votes=500000").await;
    let goals: u64 = ["areas", "elsewhere"]
        .iter()
        .flat_map(|list| goal[list].as_array().expect("areas"))
        .map(|own| own["goal"].as_u64().expect("a goal"))
        .sum();
    assert_eq!(goals, 500_000);
    let own = json("/api/v1/goal?within=circo:7505&level=bureau").await;
    assert_eq!(
        own["electors"].as_u64(),
        Some(u64::from(snapshot.values("circo").expect("values").electors(4).known().expect("electors")))
    );
    assert_eq!(own["areas"].as_array().map(Vec::len), Some(54));
    let found = desk.json(&["audit"]);
    assert!(found["partitions"].as_array().expect("partitions").iter().any(|name| name == "circo"));
    assert!(
        found["pairs"]
            .as_array()
            .expect("pairs")
            .iter()
            .all(|pair| pair["isolated"].as_array().is_some_and(Vec::is_empty))
    );
}

/// Constituencies cross the arrondissements: as districts they carry answers over, and the summary names the silent ones.
#[test]
fn constituencies_are_districts_of_an_estimate() {
    let Some(data) = data() else { return };
    let desk = Desk::new();
    desk.paris(&data);
    constituencies(&desk, &data, &[]);
    let snapshot = published(&desk, "pres2017t2");
    let stations = stations_of(snapshot.geography(), &snapshot.geography().groupings()[0].membership, 4);
    let answers: String = stations.iter().map(|code| format!("{code},20,10,60,10\n")).collect();
    let file = desk.file("canvass.csv", format!("bureau,no_vote,maybe,yes,no\n{answers}").as_bytes());
    let of = ["import", "tallies", &file, "--batch", "w1", "--level", "bureau", "--code", "{bureau}"];
    let groups = ["--abstainers", "no_vote", "--undecided", "maybe", "--favourable", "yes", "--opposed", "no"];
    desk.ok(&[&of[..], &groups].concat());
    let estimate = |district: &str| {
        desk.json(&["estimate", "--baseline", "pres2017t2", "--seed", "1", "--without-icar", "--district", district])
    };
    let summary = estimate("circo");
    assert_eq!(summary["district"], "circo");
    assert_eq!(summary["silent"].as_array().map(Vec::len), Some(17), "{}", summary["silent"]);
    desk.ok(&["publish"]);
    let snapshot = desk.published().current().expect("a snapshot").clone();
    let card = serde_json::to_value(&snapshot.manifest().model_card).expect("a card");
    let districts = card["districts"].as_array().expect("districts");
    assert_eq!(districts.len(), 3);
    assert!(
        districts.iter().all(|own| own["name"] == "circo" && own["count"] == 18 && own["sigma"].as_f64() > Some(0.0))
    );
    assert_eq!(estimate("arrondissement")["district"], "arrondissement");
    let refused = desk.refused(&["estimate", "--baseline", "pres2017t2", "--district", "canton"]);
    assert!(refused.contains("--district: found `canton`, expected a level or a grouping"), "{refused}");
    assert!(refused.contains("bureau, circo"), "{refused}");
}

#[tokio::test]
async fn constituencies_of_paris_by_outlines_are_counted_by_pieces_and_say_so() {
    let Some(data) = data() else { return };
    let desk = Desk::new();
    desk.paris(&data);
    constituencies(&desk, &data, &[]);
    assert_eq!(outlines(&desk, &data)["areas"], 18);
    let snapshot = published(&desk, "pres2017t2");
    let geography = snapshot.geography();
    let (exact, drawn) = (&geography.groupings()[0], &geography.groupings()[1]);
    assert_eq!(drawn.facts.method.as_str(), "pieces");
    assert!(drawn.facts.cut_areas > 5 && drawn.facts.cut_areas < 600, "{} stations are cut", drawn.facts.cut_areas);
    nobody_is_lost(&desk, &snapshot, "contour", "pres2017t1");
    every_face_agrees(&desk, &snapshot, "contour", "7505").await;

    // The two agree about who lives where, to within a few stations.
    let (by_members, by_pieces) =
        (snapshot.values("circo").expect("values"), snapshot.values("contour").expect("values"));
    let mut covered = 0;
    for row in 0..18 {
        let electors =
            |values: &quartier_snapshot::ValuesTable| f64::from(values.electors(row).known().expect("electors"));
        let (truth, found) = (electors(by_members), electors(by_pieces));
        assert!((truth - found).abs() < 0.05 * truth, "row {row}: {found} by pieces, {truth} in truth");
        covered += usize::from((truth - found).abs() <= f64::from(drawn.errors[row]).max(1.0));
    }
    assert!(covered >= 12, "the stated error holds the true one for {covered} of 18");
    assert_eq!(exact.errors, [0.0; 18]);

    let service = Service::of(&desk);
    let body = service.get("/api/v1/areas/contour/7510").await.expect("a body");
    let area: Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(area["moved"]["method"], "pieces");
    assert!(area["moved"]["error"].as_f64().is_some_and(|error| error > 0.0), "{}", area["moved"]);
    let found = desk.json(&["audit"]);
    for pair in found["pairs"].as_array().expect("pairs") {
        assert_eq!(pair["isolated"].as_array().map(Vec::len), Some(0), "{pair}");
    }
}

#[test]
fn districts_of_minnesota_come_and_go_with_their_imports() {
    let Some(data) = data() else { return };
    let desk = Desk::new();
    desk.minnesota(&data);
    let file = data.join("us-mn-precincts/results.csv.gz").to_string_lossy().into_owned();
    let import = |id: &str, group: &str, more: &[&str]| {
        let of = ["import", "grouping", id, &file, "--key", "{VTD}", "--group", group];
        desk.json(&[&of[..], more].concat())
    };
    let congress = import("congress", "{CONGDIST}", &[]);
    assert_eq!(congress["account"]["areas"], 8);
    import("house", "{MNLEGDIST}", &[]);
    let again = desk.refused(&["import", "grouping", "house", &file, "--key", "{VTD}", "--group", "{CONGDIST}"]);
    assert!(again.contains("--replaces"), "{again}");
    let first = published(&desk, "pres2016");
    assert_eq!(first.geography().groupings().len(), 2);
    let electors = |snapshot: &Snapshot, level: &str| -> u64 {
        let values = snapshot.values(level).expect("values");
        (0..values.rows()).filter_map(|row| values.electors(row).known()).map(u64::from).sum()
    };
    assert_eq!(electors(&first, "congress"), electors(&first, "precinct"));
    assert_eq!(electors(&first, "house"), electors(&first, "precinct"));
    let found = desk.json(&["audit"]);
    for pair in found["pairs"].as_array().expect("pairs") {
        assert_eq!(pair["isolated"].as_array().map(Vec::len), Some(0), "{pair}");
    }
    // The areas cannot go while a grouping stands on them; areas that come in their place keep it.
    let areas = data.join("us-mn-precincts/precincts.geojson.gz").to_string_lossy().into_owned();
    let undone = desk.refused(&["undo", "1"]);
    assert!(undone.contains("grouping"), "{undone}");
    let of =
        ["import", "areas", &areas, "--level", "precinct", "--code", "{VTD}", "--name", "{PCTNAME}", "--replaces", "1"];
    let newer = desk.json(&of)["import"].to_string();
    let gone = desk.refused(&[&of[..of.len() - 1], &[&newer, "--where", "COUNTYFIPS=27001"]].concat());
    assert!(gone.contains("stand on areas that are not here"), "{gone}");
    let replaced = import("house", "{CONGDIST}", &["--replaces", "4"]);
    assert_eq!(replaced["account"]["areas"], 8, "{replaced}");
    let second = published(&desk, "pres2016");
    let rows = |snapshot: &Snapshot, id: &str| snapshot.geography().level(id).map(|own| own.rows());
    assert_eq!((rows(&first, "house"), rows(&second, "house")), (Some(134), Some(8)));
}

#[test]
fn what_is_no_grouping_is_refused_and_changes_nothing() {
    let desk = Desk::new();
    desk.ok(&["init", "campaign", "--name", "A", "--language", "en", "--levels", "region,commune"]);
    let square = |x: u32| format!(r#"[[[{x},0],[{},0],[{},1],[{x},1],[{x},0]]]"#, x + 1, x + 1);
    let feature = |code: &str, x: u32| {
        let outline = format!(r#"{{"type":"Polygon","coordinates":{}}}"#, square(x));
        format!(r#"{{"type":"Feature","properties":{{"code":"{code}"}},"geometry":{outline}}}"#)
    };
    let areas = |features: &[String]| format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","));
    let early = desk.file("early.csv", "code,group\n01,A\n");
    let grouping = |id: &str, file: &str, more: &[&str]| {
        let of = ["import", "grouping", id, file, "--key", "{code}", "--group", "{group}"];
        desk.refused(&[&of[..], more].concat())
    };
    assert!(grouping("canton", &early, &[]).contains("no areas yet"));
    let regions = desk.file("regions.geojson", areas(&[feature("R", 0)]));
    desk.import_areas(&regions, ["region", "{code}", "{code}"], &[]);
    let communes = desk.file("communes.geojson", areas(&[feature("01", 0), feature("02", 1), feature("03", 2)]));
    desk.import_areas(&communes, ["commune", "{code}", "{code}"], &["--parent", "R"]);
    let before = desk.ok(&["imports", "--json"]);

    let two = desk.file("two.csv", "code,group\n01,A\n02,B\n01,B\n");
    assert!(
        grouping("canton", &two, &[]).contains("row 4, `--group`: found `B`, expected `A`, which row 2 says of `01`")
    );
    let unknown = desk.file("unknown.csv", "code,group\n1,A\n9,B\n");
    let said = grouping("canton", &unknown, &[]);
    assert!(said.contains("2 keys are not in level `commune`") && said.contains("`{column:0>5}`"), "{said}");
    let some = desk.file("some.csv", "code,group\n01,A\n9,B\n");
    assert!(grouping("canton", &some, &["--strict"]).contains("row 3, `--key`: found `9`"));
    let empty = desk.file("empty.csv", "code,group\n");
    assert!(!grouping("canton", &empty, &[]).is_empty());
    let nobody = desk.file("nobody.csv", "code,group\n01,\n02,\n");
    assert!(grouping("canton", &nobody, &[]).contains("no row says which area is in which"));
    assert!(grouping("canton", &some, &["--level", "iris"]).contains("iris"));
    assert!(grouping("commune", &some, &[]).contains("is a level of the campaign"));
    for reserved in ["hex", "campaign", "all"] {
        assert!(grouping(reserved, &some, &[]).contains("a name other than"), "{reserved}");
    }
    let missing = desk.refused(&["import", "grouping", "canton", &some, "--key", "{code}", "--group", "{canton}"]);
    assert!(missing.contains("canton"), "{missing}");
    let usage = desk.run(&["import", "grouping", "canton", &some]);
    assert_eq!(usage.status.code(), Some(2));
    let flat = desk.file(
        "flat.geojson",
        r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"A"},"geometry":null}]}"#,
    );
    let none = desk.refused(&["import", "grouping", "canton", &flat, "--code", "{code}", "--name", "{code}"]);
    assert!(none.contains("no feature of it has a polygon"), "{none}");
    assert_eq!(desk.ok(&["imports", "--json"]), before);

    // What is unknown is left out and named; who is in no group is named too.
    let account = desk.json(&["import", "grouping", "canton", &some, "--key", "{code}", "--group", "{group}"]);
    let account = &account["account"];
    assert_eq!(account["no_area"].to_string(), r#"[[3,"9"]]"#);
    assert_eq!(account["no_member"].to_string(), r#"["B"]"#);
    assert_eq!(account["ungrouped"].to_string(), r#"["02","03"]"#);
    let facts: BTreeMap<&str, &Value> = [("areas", &account["areas"]), ("members", &account["members"])].into();
    assert!(facts.values().all(|value| **value == 1), "{facts:?}");
}
