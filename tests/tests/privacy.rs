//! Nothing of a person is left: what a file of persons holds is counted, noised and forgotten.

use quartier_tests::Desk;
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

#[test]
fn fewer_answers_than_are_counted_change_no_figure() {
    let desk = desk();
    desk.ok(&["estimate", "--baseline", "e"]);
    desk.ok(&["publish"]);
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
    let eleven = desk.file("eleven.csv", "quarter,said\n".to_owned() + &"A1,yes\n".repeat(11));
    desk.ok(&tallies(&eleven, "doors"));
    desk.ok(&["estimate", "--baseline", "e"]);
    desk.ok(&["publish"]);
    assert!(figures(&desk) != first, "answers that are counted move the figures");
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
