//! Nothing of a person is left: what a file of persons holds is counted, noised and forgotten.

use quartier_tests::{Desk, Service};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

const CANARY_NAME: &str = "Zéphyrine Canari-Nom";
const CANARY_ANSWER: &str = "canary-answer-of-one-person";
const CANARY_NOTE: &str = "canary-note-of-one-person";

/// Two cities of two quarters with 500 electors each, and one election.
fn desk() -> Desk {
    let desk = Desk::new();
    desk.ok(&["init", "campaign", "--name", "Villes", "--levels", "city,quarter"]);
    let square = |x: f64| {
        let right = x + 0.1;
        format!(r#"{{"type":"Polygon","coordinates":[[[{x},48],[{right},48],[{right},48.1],[{x},48.1],[{x},48]]]}}"#)
    };
    let areas = |codes: &[(&str, f64, &str)]| {
        let features: Vec<String> = codes
            .iter()
            .map(|(code, x, parent)| {
                let properties = format!(r#"{{"code":"{code}","parent":"{parent}","n":500}}"#);
                let geometry = square(*x);
                format!(r#"{{"type":"Feature","properties":{properties},"geometry":{geometry}}}"#)
            })
            .collect();
        format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","))
    };
    let cities = desk.file("cities.geojson", areas(&[("A", 2.0, ""), ("B", 3.0, "")]));
    let quarters = [("A1", 2.0, "A"), ("A2", 2.2, "A"), ("B1", 3.0, "B"), ("B2", 3.2, "B")];
    let quarters = desk.file("quarters.geojson", areas(&quarters));
    desk.import_areas(&cities, ["city", "{code}", "{code}"], &[]);
    desk.import_areas(&quarters, ["quarter", "{code}", "{code}"], &["--parent", "{parent}", "--electors", "n"]);
    let mut votes = "code,registered,voters,valid,X,Y\n".to_owned();
    for code in ["A1", "A2", "B1", "B2"] {
        let _ = writeln!(votes, "{code},500,400,390,200,190");
    }
    let votes = desk.file("votes.csv", votes);
    let columns = ["--registered", "registered", "--voters", "voters", "--valid", "valid", "--candidates", "X,Y"];
    let results = ["import", "results", &votes, "--election", "e", "--date", "2017-04-23"];
    desk.ok(&[&results[..], &["--level", "quarter", "--code", "{code}"], &columns].concat());
    desk.ok(&["blocs", "e", "--favourable", "X", "--opposed", "Y"]);
    desk
}

/// A row a person: 30 in A1, 12 in B1, 5 in B2, and one row with the canaries.
fn people(last: &str) -> String {
    let mut rows = "name,quarter,said,note,support_level,lon,lat\n".to_owned();
    for at in 0..47 {
        let quarter = if at < 30 {
            "A1"
        } else if at < 42 {
            "B1"
        } else {
            "B2"
        };
        let said = ["yes", "no", "maybe"][at % 3];
        let lon = [2.05, 3.05, 3.25][usize::from(at >= 30) + usize::from(at >= 42)];
        let _ = writeln!(rows, "Person {at},{quarter},{said},,{},{lon},48.05", at % 5 + 1);
    }
    rows + &format!("{CANARY_NAME},A1,{last},{CANARY_NOTE},,2.05,48.05\n")
}

fn tallies<'a>(file: &'a str, batch: &'a str) -> Vec<&'a str> {
    let place = ["import", "tallies", file, "--batch", batch, "--code", "{quarter}", "--answers", "said"];
    let mapping = ["--favourable", "yes", "--opposed", "no", "--undecided", "maybe"];
    [&place[..], &mapping].concat()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Every file beside `given` that holds one of the canaries.
fn holding_a_canary(folder: &Path, given: &[&str]) -> Vec<PathBuf> {
    let canaries = [CANARY_NAME, CANARY_ANSWER, CANARY_NOTE];
    let holds =
        |bytes: &[u8]| canaries.iter().any(|canary| bytes.windows(canary.len()).any(|part| part == canary.as_bytes()));
    let others = files(folder).into_iter().filter(|path| given.iter().all(|known| path != Path::new(known)));
    others.filter(|path| holds(&std::fs::read(path).expect("a file"))).collect()
}

/// Runs with a folder of temporary files of its own; gives all that it printed.
fn spoken(desk: &Desk, arguments: &[&str], succeeds: bool) -> String {
    let temporary = desk.path().join("temporary");
    std::fs::create_dir_all(&temporary).expect("a folder");
    let output = desk.command(arguments).env("TMPDIR", &temporary).output().expect("the binary is built");
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert_eq!(output.status.success(), succeeds, "{arguments:?}: {text}");
    assert_eq!(files(&temporary), Vec::<PathBuf>::new(), "{arguments:?} leaves no temporary file");
    for canary in [CANARY_NAME, CANARY_ANSWER, CANARY_NOTE] {
        assert!(!text.contains(canary), "{arguments:?} repeats {canary}");
    }
    text
}

#[test]
fn a_canary_opinion_and_a_canary_name_are_found_nowhere() {
    let desk = desk();
    let file = desk.file("people.csv", people(CANARY_ANSWER));
    // One answer of one person is not named in the draft either.
    let inspected =
        spoken(&desk, &["import", "tallies", &file, "--inspect", "--answers", "said", "--mapping", "doors"], true);
    assert!(inspected.contains("16\tyes") && inspected.contains("1 other answers"), "{inspected}");
    let written = std::fs::read_to_string(desk.path().join("campaign/campaign.toml")).expect("campaign.toml");
    assert!(written.contains("favourable = [\"yes\"]") && written.contains("leave_out"), "{written}");
    let import = ["import", "tallies", &file, "--batch", "doors", "--code", "{quarter}", "--mapping", "doors"];
    let said = spoken(&desk, &import, true);
    assert!(said.contains("48 rows read, 47 used"), "{said}");
    assert!(said.contains("42 answers counted in 2 areas"), "30 in A1, 12 in B1, 5 nowhere: {said}");
    let refused = spoken(&desk, &tallies(&file, "again"), false);
    assert!(refused.contains("mapping names"), "{refused}");
    let crm = desk.file("crm.csv", people(""));
    let scores =
        ["import", "scores", &crm, "--batch", "crm", "--lon", "lon", "--lat", "lat", "--preset", "nationbuilder"];
    let said = spoken(&desk, &scores, true);
    assert!(said.contains("42 answers counted in 2 areas") && said.contains("1 rows without an answer"), "{said}");
    spoken(&desk, &["estimate", "--baseline", "e"], true);
    spoken(&desk, &["publish"], true);
    let listed = spoken(&desk, &["imports", "--json"], true);
    assert!(listed.contains("\"batch\":\"doors\"") && listed.contains("\"eps\":1.0"), "{listed}");
    assert_eq!(holding_a_canary(desk.path(), &[&file, &crm]), Vec::<PathBuf>::new());
    let published = desk.published();
    let privacy = &published.current().expect("a snapshot").manifest().privacy;
    assert!(privacy.starts_with("Answers of persons were counted in groups of 11 or more"), "{privacy}");
}

#[test]
fn a_file_of_persons_that_fails_in_the_middle_leaves_nothing_and_repeats_nothing() {
    let desk = desk();
    let before = desk.ok(&["imports", "--json"]);
    let file = desk.file("people.csv", people(CANARY_ANSWER));
    let said = spoken(&desk, &tallies(&file, "doors"), false);
    assert!(said.contains("row 49, `said`: expected an answer that the mapping names"), "{said}");
    // Without a header the first row is a person: the refusal lists no column.
    let headless = desk.file("headless.csv", format!("{CANARY_NAME},A1,{CANARY_ANSWER}\nB,A1,yes\n"));
    let said = spoken(&desk, &tallies(&headless, "doors"), false);
    assert!(said.contains("has no column `said`"), "{said}");
    std::fs::remove_file(&headless).expect("removed");
    let shares = desk.file("shares.csv", format!("name,quarter,p\n{CANARY_NAME},A1,{CANARY_ANSWER}\n"));
    let scores = ["import", "scores", &shares, "--batch", "m", "--code", "{quarter}", "--favourable", "p"];
    let said = spoken(&desk, &scores, false);
    assert!(said.contains("row 2, `p`: expected a probability from 0 to 1"), "{said}");
    std::fs::remove_file(&shares).expect("removed");
    assert_eq!(desk.ok(&["imports", "--json"]), before);
    assert_eq!(holding_a_canary(desk.path(), &[&file]), Vec::<PathBuf>::new());
}

/// The files of the newest snapshot that hold figures.
fn figures(desk: &Desk) -> BTreeMap<String, Vec<u8>> {
    let number = desk.published().current().expect("a snapshot").number();
    let folder = desk.path().join(format!("campaign/published/snapshots/{number}"));
    let named = |path: PathBuf| {
        let name = path.strip_prefix(&folder).expect("inside").to_string_lossy().into_owned();
        let holds_figures = name.ends_with(".qvt") || name.ends_with(".qdr");
        holds_figures.then(|| {
            let bytes = std::fs::read(&path).expect("a file");
            // After the header, which names the snapshot by its number; its length stands in bytes 4 to 7.
            let header = u32::from_le_bytes(bytes[4..8].try_into().expect("four bytes")) as usize;
            (name, bytes[8 + header..].to_vec())
        })
    };
    files(&folder).into_iter().filter_map(named).collect()
}

/// JSON without what names the snapshot and its day.
fn timeless(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for name in ["snapshot", "snapshots", "published_at", "date", "at", "to", "next_cursor"] {
                fields.remove(name);
            }
            fields.values_mut().for_each(timeless);
        }
        Value::Array(values) => values.iter_mut().for_each(timeless),
        _ => {}
    }
}

/// What every face says: tiles, answers of the API, exports. By its address without the snapshot's number.
async fn faces(desk: &Desk) -> BTreeMap<String, Vec<u8>> {
    let number = desk.published().current().expect("a snapshot").number();
    let service = Service::of(desk);
    let mut faces = BTreeMap::new();
    for level in ["city", "quarter", "hex"] {
        let csv = desk.ok(&["export", "--level", level, "--format", "csv", "-o", "-"]);
        faces.insert(format!("export csv {level}"), csv.into_bytes());
        let geojson = desk.ok(&["export", "--level", level, "--format", "geojson", "-o", "-"]);
        let (_, features) = geojson.split_once(r#""features":"#).expect("a collection");
        faces.insert(format!("export geojson {level}"), features.to_owned().into_bytes());
        let tiles = service.get(&format!("/tiles/{level}.json")).await.expect("TileJSON");
        let tiles: Value = serde_json::from_slice(&tiles).expect("JSON");
        let [first, last] = ["minzoom", "maxzoom"].map(|end| tiles[end].as_u64().expect("a zoom") as u32);
        for zoom in first..=last {
            let side = f64::from(1_u32 << zoom);
            let x = ((2.05 + 180.0) / 360.0 * side) as u32;
            let y = ((1.0 - 48.05_f64.to_radians().tan().asinh() / std::f64::consts::PI) / 2.0 * side) as u32;
            let tile = service.get(&format!("/tiles/{number}/{level}/{zoom}/{x}/{y}.mvt")).await;
            faces.insert(format!("tile {level} {zoom}"), tile.unwrap_or_default());
        }
        for path in [
            format!("/api/v1/estimates?level={level}"),
            format!("/api/v1/estimates?level={level}&measure=margin&sort=-margin"),
            format!("/api/v1/compare?level={level}&from=e"),
            format!("/api/v1/priorities?level={level}"),
        ] {
            if level == "hex" && !path.contains("/estimates") {
                continue;
            }
            let mut answer: Value = serde_json::from_slice(&service.get(&path).await.expect("a body")).expect("JSON");
            timeless(&mut answer);
            faces.insert(path, answer.to_string().into_bytes());
        }
    }
    for path in ["/api/v1/areas/quarter/A1", "/api/v1/areas/city/B", "/api/v1/elections/e/results?level=quarter"] {
        let mut answer: Value = serde_json::from_slice(&service.get(path).await.expect("a body")).expect("JSON");
        timeless(&mut answer);
        faces.insert(path.to_owned(), answer.to_string().into_bytes());
    }
    let lasso = r#"{"type":"Polygon","coordinates":[[[2,48],[2.4,48],[2.4,48.1],[2,48.1],[2,48]]]}"#;
    let (status, body) = service.post("/api/v1/estimates/within", lasso.to_owned()).await;
    let mut answer: Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(status, 200, "{answer}");
    timeless(&mut answer);
    faces.insert("lasso".to_owned(), answer.to_string().into_bytes());
    faces
}

/// The addresses whose answers differ.
fn different<'a>(one: &'a BTreeMap<String, Vec<u8>>, other: &BTreeMap<String, Vec<u8>>) -> Vec<&'a str> {
    assert!(one.keys().eq(other.keys()));
    one.iter().filter(|(face, bytes)| other[*face] != **bytes).map(|(face, _)| face.as_str()).collect()
}

#[tokio::test]
async fn fewer_answers_than_are_counted_change_no_figure() {
    let desk = desk();
    desk.ok(&["estimate", "--baseline", "e"]);
    desk.ok(&["publish"]);
    let seen = faces(&desk).await;
    assert!(seen.values().filter(|bytes| bytes.len() > 100).count() > 20, "faces say something");
    let privacy = |desk: &Desk| desk.published().current().expect("a snapshot").manifest().privacy.clone();
    assert!(privacy(&desk).starts_with("Public results only"), "{}", privacy(&desk));
    let first = figures(&desk);
    assert!(first.len() >= 3, "values of both levels and draws: {:?}", first.keys());
    let rows: String = "quarter,said\n".to_owned() + &"A1,yes\n".repeat(6) + &"B2,no\n".repeat(4);
    let ten = desk.file("ten.csv", rows);
    let refused = desk.refused(&tallies(&ten, "doors"));
    assert!(refused.contains("fewer than 11 answers"), "{refused}");
    desk.ok(&["estimate", "--baseline", "e"]);
    desk.ok(&["publish"]);
    assert!(figures(&desk) == first, "every figure is byte for byte the same");
    assert_eq!(different(&seen, &faces(&desk).await), [""; 0], "every face is byte for byte the same");
    let eleven = desk.file("eleven.csv", "quarter,said\n".to_owned() + &"A1,yes\n".repeat(11));
    desk.ok(&tallies(&eleven, "doors"));
    desk.ok(&["estimate", "--baseline", "e"]);
    desk.ok(&["publish"]);
    assert!(figures(&desk) != first, "answers that are counted move the figures");
    let now = faces(&desk).await;
    let moved = different(&seen, &now);
    assert!(
        moved.len() > 10 && moved.contains(&"lasso") && moved.iter().any(|face| face.starts_with("tile quarter")),
        "{moved:?}"
    );
    assert!(privacy(&desk).starts_with("Answers of persons were counted"), "{}", privacy(&desk));
}

#[test]
fn counts_are_noised_as_answers_are_and_a_lineage_ends() {
    let desk = desk();
    let counts = |favourable: u32| format!("quarter,yes,no\nA1,{favourable},20\nA2,3,2\nB1,1,1\nB2,2,1\nZZ,50,50\n");
    let columns = ["--favourable", "yes", "--opposed", "no", "--code", "{quarter}", "--batch", "w1"];
    let file = desk.file("counts.csv", counts(40));
    let import = [&["import", "tallies", &file][..], &columns].concat();
    let account = &desk.json(&import)["account"];
    // 60 in A1; 5 of A2 and 5 of B are ten in all: too few even at the root.
    assert_eq!((&account["answers"], &account["areas"], &account["ancestors"]), (&60.into(), &1.into(), &0.into()));
    assert_eq!((&account["too_few"], &account["elsewhere_rows"]), (&10.into(), &serde_json::json!([6])));
    let refused = desk.refused(&[&import[..], &["--strict"]].concat());
    assert!(refused.contains("the same rows are counted already"), "{refused}");
    let imports = || desk.ok(&["imports", "--json"]);
    let last = |text: String| {
        let line = text.lines().last().expect("a line").to_owned();
        serde_json::from_str::<serde_json::Value>(&line).expect("JSON")["id"].as_i64().expect("a number").to_string()
    };
    for round in 0..2 {
        let again = desk.file("counts.csv", counts(41 + round));
        assert_eq!(again, file);
        let replaced = last(imports());
        desk.ok(&[&import[..], &["--replaces", &replaced]].concat());
    }
    let again = desk.file("counts.csv", counts(50));
    assert_eq!(again, file);
    let refused = desk.refused(&[&import[..], &["--replaces", &last(imports())]].concat());
    assert!(refused.contains("a fourth time would tell too much"), "{refused}");
    let percent = desk.file("percent.csv", "quarter,yes,no\nA1,40.5,20\n");
    let refused = desk.refused(&[&["import", "tallies", &percent][..], &columns, &["--eps", "0.5"]].concat());
    assert!(refused.contains("row 2, `yes`: expected a whole number of answers"), "{refused}");
}

#[test]
fn answers_are_placed_by_longitude_by_cell_and_by_a_fallback() {
    let desk = desk();
    let mapping = ["--answers", "said", "--favourable", "yes", "--opposed", "no"];
    let import = |file: &str, batch: &str, place: &[&str]| {
        desk.json(&[&["import", "tallies", file, "--batch", batch][..], place, &mapping].concat())["account"].take()
    };
    let of = |account: &serde_json::Value| {
        ["used", "attached", "elsewhere", "areas", "ancestors"].map(|key| account[key].as_u64().expect("a count"))
    };
    let rows = |header: &str, of: &[(&str, usize)]| {
        let rows = of.iter().map(|(place, times)| format!("{place},yes\n").repeat(*times));
        format!("{header},said\n{}", rows.collect::<String>())
    };
    // Twelve in A1, twelve in B2, one in the sea.
    let points = rows("lon,lat", &[("2.05,48.05", 12), ("3.25,48.05", 12), ("0.1,0.1", 1)]);
    let file = desk.file("points.csv", points);
    assert_eq!(of(&import(&file, "points", &["--lon", "lon", "--lat", "lat"])), [24, 0, 1, 2, 0]);
    let cell = |lon: f64, lat: f64| format!("{:x}", quartier_geometry::cell_at([lon, lat], 9).expect("a cell"));
    let (a1, sea) = (cell(2.05, 48.05), cell(0.1, 0.1));
    let cells = rows("cell", &[(&a1, 12), (&sea, 1), ("no cell", 2)]);
    let file = desk.file("cells.csv", cells);
    assert_eq!(of(&import(&file, "cells", &["--h3", "cell"])), [12, 0, 3, 1, 0]);
    // A99 is no quarter, and A is a city; Z9 is neither.
    let codes = rows("quarter,city", &[("A1,A", 12), ("A99,A", 12), ("Z9,Z", 1)]);
    let file = desk.file("codes.csv", codes);
    let place = ["--code", "{quarter}", "--fallback", "city={city}"];
    assert_eq!(of(&import(&file, "codes", &place)), [24, 12, 1, 1, 1]);
    let counts = desk.file("counts.csv", "quarter,city,yes,no\nA1,A,20,9\nA99,A,15,6\nZ9,Z,3,3\n");
    let columns = ["--favourable", "yes", "--opposed", "no"];
    let account =
        &desk.json(&[&["import", "tallies", &counts, "--batch", "counts"][..], &place, &columns].concat())["account"];
    assert_eq!(of(account), [2, 1, 1, 1, 1]);

    let again = desk.file("again.csv", rows("quarter,city", &[("A2,A", 12)]));
    let refused = |more: &[&str]| {
        desk.refused(&[&["import", "tallies", &again, "--batch", "again"][..], more, &mapping].concat())
    };
    for (more, part) in [
        (&["--code", "{quarter}", "--fallback", "quarter={city}"][..], "expected one above"),
        (&["--code", "{quarter}", "--fallback", "town={city}"], "town"),
        (&["--code", "{quarter}", "--fallback", "{city}"], "expected LEVEL=TEMPLATE"),
        (&["--h3", "quarter", "--fallback", "city={city}"], "expected with `--code` only"),
        (&["--code", "{quarter}", "--fallback", "city={nowhere}"], "has no column `nowhere`"),
        (&["--h3", "quarter"], "12 rows found no area"),
        (&[], "where is each row?"),
    ] {
        let refused = refused(more);
        assert!(refused.contains(part), "{more:?}: {refused}");
    }
}
