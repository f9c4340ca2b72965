//! Base and reserve on Paris, against sums of the source files that nothing of Quartier has read.

use flate2::read::GzDecoder;
use quartier_tests::{Desk, Named, Service, count, data, named_rows};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

/// What a base and a reserve are made of, in one area: votes of our list in three elections, voters of the high and of
/// the low one, and the newest register. The first round is the high election, the European the low one.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Source {
    ours: [u64; 3],
    voters: [u64; 2],
    register: u64,
    /// How many of the three elections have a row here.
    elections: usize,
}

const FILES: [(&str, &str); 3] =
    [("2017-presidentielle-1", "MACRON"), ("2017-presidentielle-2", "MACRON"), ("2019-europeennes", "RENAISSANCE")];
const IDS: [&str; 3] = ["pres2017t1", "pres2017t2", "euro2019"];

/// Sums of the source by station, arrondissement and city.
fn sources(data: &Path) -> BTreeMap<String, Source> {
    let mut sums: BTreeMap<String, Source> = BTreeMap::new();
    for (at, (file, list)) in FILES.into_iter().enumerate() {
        let path = data.join(format!("fr-results-2014-2019/{file}_par_bureau_large.csv.gz"));
        let rows = named_rows(GzDecoder::new(File::open(path).expect("a file")));
        let mut seen = std::collections::BTreeSet::new();
        for row in rows.iter().filter(|row| row["departement"] == "75") {
            let bureau = &row["bureau"];
            // The stations of prisons belong to the city alone.
            let placed = bureau.bytes().all(|byte| byte.is_ascii_digit());
            let own = [format!("75056-{bureau}"), format!("751{}", &bureau[..2])];
            for code in own.into_iter().filter(|_| placed).chain(["75056".to_owned()]) {
                let sum = sums.entry(code.clone()).or_default();
                sum.ours[at] += count(row, list);
                sum.elections += usize::from(seen.insert(code));
                match at {
                    0 => sum.voters[0] += count(row, "votants"),
                    2 => {
                        sum.voters[1] += count(row, "votants");
                        sum.register += count(row, "inscrits");
                    }
                    _ => {}
                }
            }
        }
    }
    sums
}

impl Source {
    fn base(&self) -> (u64, &'static str) {
        let lowest = *self.ours.iter().min().expect("three");
        (lowest, IDS[self.ours.iter().position(|votes| *votes == lowest).expect("one of them")])
    }

    fn reserve(&self) -> f64 {
        let missing = self.voters[0] as f64 - self.voters[1] as f64;
        missing * self.ours[0] as f64 / self.voters[0] as f64
    }

    fn share(&self, people: f64) -> f64 {
        (1000.0 * people / self.register as f64).round() / 1000.0 + 0.0
    }
}

fn comparable(desk: &Desk, text: &str) {
    let path = desk.path().join("campaign/campaign.toml");
    let file = std::fs::read_to_string(&path).expect("a campaign");
    let without = file.split("[comparable]").next().expect("text").to_owned();
    std::fs::write(path, format!("{without}[comparable]\n{text}\n")).expect("written");
}

#[tokio::test]
async fn base_and_reserve_of_paris_are_those_of_the_source_at_every_level() {
    let Some(data) = data() else { return };
    let desk = Desk::new();
    desk.paris(&data);
    desk.paris_results(&data, "2019-europeennes", "euro2019", "2019-05-26");
    what_cannot_be_counted_is_refused_and_says_why(&desk);
    comparable(
        &desk,
        "base = [\"pres2017t1\", \"pres2017t2\", \"euro2019\"]\nreserve = { high = \"pres2017t1\", low = \"euro2019\" }",
    );
    desk.ok(&["blocs", "euro2019", "--favourable", "RENAISSANCE", "--opposed", "PRENEZ LE POUVOIR"]);
    desk.ok(&["estimate", "--baseline", "euro2019", "--seed", "1"]);

    desk.ok(&["publish"]);

    let sources = sources(&data);
    let service = Service::of(&desk);
    for (level, rows) in [("city", 1), ("arrondissement", 20), ("bureau", 896)] {
        let [base, reserve] = ["base", "reserve"].map(|measure| past(&desk, measure, level));
        assert_eq!((base.len(), reserve.len()), (rows, rows), "{level}");
        for (code, line) in &base {
            let own = sources.get(code).copied().unwrap_or_default();
            if own.elections < 3 {
                assert_eq!((line["no_figure"].as_str(), line["base"].as_str()), ("no_result", ""), "{code}");
                continue;
            }
            let (votes, from) = own.base();
            assert_eq!((line["base"].clone(), line["from"].as_str()), (votes.to_string(), from), "{code}");
            assert_eq!(decimal(line, "base_share"), own.share(votes as f64), "{code}");
            let other = &reserve[code];
            assert!((decimal(other, "reserve") - own.reserve()).abs() <= 0.05 + 1e-9, "{code}: {own:?}");
            assert_eq!(decimal(other, "reserve_share"), own.share(own.reserve()), "{code}");
        }
        faces_agree(&service, level, &base, &reserve).await;
    }
    a_parent_has_the_lowest_of_its_own_counts(&sources);
    files_of_hexagons_are_what_the_api_says(&desk, &service).await;
    let campaign: Value = json_of(&service, "/api/v1/campaign").await;
    let named = &campaign["past_measures"];
    assert_eq!((&named[0]["id"], &named[0]["elections"]), (&json!("base"), &json!(IDS)));
    assert_eq!(
        (&named[1]["elections"], &named[1]["register"]),
        (&json!(["pres2017t1", "euro2019"]), &json!("euro2019"))
    );
    assert_eq!(named[0]["campaign"]["people"].as_f64(), Some(sources["75056"].base().0 as f64));
    assert!(named[1]["sentence"]["fr"].as_str().expect("a sentence").contains("ont manqué à la seconde"));
}

fn what_cannot_be_counted_is_refused_and_says_why(desk: &Desk) {
    for (text, expected) in [
        (
            "base = [\"pres2017t1\", \"pres2012t1\"]",
            "[comparable] base: no results of `pres2012t1` are imported; there are pres2017t1, pres2017t2, euro2019",
        ),
        (
            "base = [\"pres2017t1\", \"euro2019\"]",
            "base: reading `default` does not say which lists of `euro2019` are favourable: `quartier blocs euro2019",
        ),
        ("base = [\"pres2017t1\"]", "base: found `pres2017t1` alone, expected two elections or more"),
        ("reserve = { high = \"pres2017t1\", low = \"pres2017t1\" }", "reserve: `pres2017t1` is both high and low"),
        (
            "reserve = { high = \"pres2017t1\", low = \"legi2017\" }",
            "reserve.low: no results of `legi2017` are imported",
        ),
        ("reserve = { high = \"pres2017t1\" }", "missing field `low`"),
    ] {
        comparable(desk, text);
        let refused = desk.refused(&["estimate", "--baseline", "pres2017t2", "--seed", "1"]);
        assert!(refused.contains(expected), "{text}: {refused}");
        assert!(!desk.path().join("campaign/published/results").exists(), "nothing is half done");
    }
    comparable(desk, "base = [\"pres2017t1\", \"euro2019\"]");
    let said = String::from_utf8_lossy(&desk.run(&["doctor"]).stdout).into_owned();
    assert!(said.contains("broken  comparable: campaign.toml: [comparable] base"), "{said}");
    // Of the low election of a reserve only who voted counts: it needs no list of ours.
    comparable(desk, "reserve = { high = \"pres2017t1\", low = \"euro2019\" }");
    let said = String::from_utf8_lossy(&desk.run(&["doctor"]).stdout).into_owned();
    assert!(said.contains("comparable: base and reserve name elections that are there"), "{said}");
}

fn past(desk: &Desk, measure: &str, level: &str) -> BTreeMap<String, Named> {
    let csv = desk.ok(&["export", "--past", measure, "--level", level, "--format", "csv", "-o", "-"]);
    named_rows(csv.as_bytes()).into_iter().map(|row| (row["code"].clone(), row)).collect()
}

fn decimal(line: &Named, column: &str) -> f64 {
    line[column].parse().unwrap_or_else(|_| panic!("{column} of {line:?}"))
}

async fn json_of(service: &Service, path: &str) -> Value {
    serde_json::from_slice(&service.get(path).await.expect("an answer")).expect("JSON")
}

/// The page of the API, the area's own answer and the file say the same.
async fn faces_agree(
    service: &Service,
    level: &str,
    base: &BTreeMap<String, Named>,
    reserve: &BTreeMap<String, Named>,
) {
    for (measure, lines) in [("base", base), ("reserve", reserve)] {
        let page = json_of(service, &format!("/api/v1/past/{measure}?level={level}&limit=10000")).await;
        let areas = page["areas"].as_array().expect("areas");
        assert_eq!(areas.len(), lines.len(), "{level}");
        for (at, area) in areas.iter().enumerate() {
            let line = &lines[area["code"].as_str().expect("a code")];
            let said = |column: &str| line[column].parse::<f64>().ok();
            assert_eq!(
                [area["people"].as_f64(), area["share"].as_f64()],
                [said(measure), said(&format!("{measure}_share"))]
            );
            if at % 50 == 0 {
                let own = json_of(service, &format!("/api/v1/areas/{level}/{}", line["code"])).await;
                let own = &own["past"][measure];
                assert_eq!(
                    [&own["people"], &own["share"], &own["from"]],
                    [&area["people"], &area["share"], &area["from"]]
                );
            }
        }
    }
}

/// Base, reserve and change by hexagon: the files of the binary and the pages of the API, column by column.
async fn files_of_hexagons_are_what_the_api_says(desk: &Desk, service: &Service) {
    for resolution in ["7", "9"] {
        let at = ["--level", "hex", "--resolution", resolution, "-o", "-", "--format"];
        let asked = format!("level=hex&resolution={resolution}&limit=10000");
        for (measure, share) in [("base", "base_share"), ("reserve", "reserve_share")] {
            let page = json_of(service, &format!("/api/v1/past/{measure}?{asked}")).await;
            let columns = [("people", measure), ("share", share)];
            same_rows(desk, &[&["export", "--past", measure][..], &at].concat(), &page, &columns);
        }
        let changes = [("value", "change"), ("low", "change_low"), ("high", "change_high"), ("people", "people")];
        for (since, measure) in [("pres2017t1", "favourable"), ("pres2017t2", "turnout")] {
            let page = json_of(service, &format!("/api/v1/compare?{asked}&from={since}&measure={measure}")).await;
            let export = ["export", "--compare", since, "--measure", measure];
            same_rows(desk, &[&export[..], &at].concat(), &page, &changes);
        }
    }
}

/// A file, as CSV and as GeoJSON, has the rows of a page of the API, with the same figures under their names in each.
fn same_rows(desk: &Desk, export: &[&str], page: &Value, columns: &[(&str, &str)]) {
    let areas = page["areas"].as_array().expect("areas");
    let known = |column: &str| areas.iter().filter(|area| area[column].is_number()).count();
    assert!(known(columns[0].0) > 20, "{export:?}: {} figures", known(columns[0].0));
    let lines = named_rows(desk.ok(&[export, &["csv"]].concat()).as_bytes());
    let geojson: Value = serde_json::from_str(&desk.ok(&[export, &["geojson"]].concat())).expect("GeoJSON");
    let features = geojson["features"].as_array().expect("features");
    let lengths = (lines.len(), features.len(), page["next_cursor"].is_null());
    assert_eq!(lengths, (areas.len(), areas.len(), true), "{export:?}");
    for ((area, line), feature) in areas.iter().zip(&lines).zip(features) {
        let properties = &feature["properties"];
        assert_eq!((area["code"].as_str(), &area["code"]), (Some(line["code"].as_str()), &properties["code"]));
        let rings = feature["geometry"]["coordinates"][0][0].as_array().map(Vec::len);
        assert_eq!((line["level"].as_str(), rings), ("hex", Some(7)), "{export:?}");
        assert_eq!(line["no_figure"], area["no_figure"].as_str().unwrap_or_default(), "{line:?}");
        for (of_page, of_file) in columns {
            let figure = area[of_page].as_f64();
            assert_eq!(line[*of_file].parse().ok(), figure, "{of_file} of {line:?}");
            assert_eq!(properties[of_file].as_f64(), figure, "{of_file} of {properties}");
        }
    }
}

/// The minimum is of the level's own counts: somewhere it is more than the sum of the minima below it.
fn a_parent_has_the_lowest_of_its_own_counts(sources: &BTreeMap<String, Source>) {
    let whole = sources["75056"].base().0;
    let stations: u64 =
        sources.iter().filter(|(code, _)| code.starts_with("75056-")).map(|(_, own)| own.base().0).sum();
    assert!(stations < whole, "{stations} {whole}");
}
