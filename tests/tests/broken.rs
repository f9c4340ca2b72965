//! Broken files: each is refused with one message that says where, what was found and what was expected, and nothing
//! changes.

use flate2::{Compression, write::GzEncoder};
use quartier_tests::Desk;
use sqlx::Connection;
use std::io::Write;

/// Columns of the results, and a good row.
const HEADER: &str = "code,inscrits,votants,exprimes,A,B\n";
const GOOD: &str = "01001,100,80,70,40,30\n";
const POLLS: &str = "date,area,turnout,undecided,favourable,opposed,of,n,se\n";

/// Which command reads a file.
enum Of {
    Areas,
    Results,
    Polls,
    Covariates,
}

/// A file: its name, its bytes, the command for it with further arguments, and parts of the message in their order.
type Case = (&'static str, Vec<u8>, Of, &'static [&'static str], &'static [&'static str]);

fn results(name: &'static str, rows: &str, parts: &'static [&'static str]) -> Case {
    (name, format!("{HEADER}{GOOD}{rows}").into_bytes(), Of::Results, &[], parts)
}

fn polls(name: &'static str, row: &str, parts: &'static [&'static str]) -> Case {
    (name, format!("{POLLS}{row}\n").into_bytes(), Of::Polls, &[], parts)
}

/// An area file with one good feature and one whose properties and geometry are these.
fn areas(name: &'static str, code: &str, geometry: &str, parts: &'static [&'static str]) -> Case {
    let good = feature("01090", &square(3.0, 46.0, 0.1));
    (name, collection(&[good, feature(code, geometry)]).into_bytes(), Of::Areas, &[], parts)
}

fn collection(features: &[String]) -> String {
    format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","))
}

fn feature(code: &str, geometry: &str) -> String {
    format!(r#"{{"type":"Feature","properties":{{"code":{code:?},"nom":"X","r":"84"}},"geometry":{geometry}}}"#)
}

fn square(x: f64, y: f64, side: f64) -> String {
    let (right, top) = (x + side, y + side);
    format!(r#"{{"type":"Polygon","coordinates":[[[{x},{y}],[{right},{y}],[{right},{top}],[{x},{top}],[{x},{y}]]]}}"#)
}

fn polygon(coordinates: &str) -> String {
    format!(r#"{{"type":"Polygon","coordinates":{coordinates}}}"#)
}

fn half_a_gzip() -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    for row in 0..500 {
        writeln!(encoder, "{row:0>5},100,80,70,40,30").expect("in memory");
    }
    let mut whole = encoder.finish().expect("in memory");
    whole.truncate(whole.len() / 2);
    whole
}

#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn cases() -> Vec<Case> {
    let mut mixed =
        b"code,nom,inscrits,votants,exprimes,A,B\n01001,\xc3\x89pinay-d\xc3\xa9s,100,80,70,40,30\n".to_vec();
    mixed.extend(b"01002,Ch\xe2teau,100,80,70,40,30\n");
    let good = || collection(&[feature("01090", &square(3.0, 46.0, 0.1)), feature("01091", &square(3.1, 46.0, 0.1))]);
    let cut = good().into_bytes()[..250].to_vec();
    let lambert = collection(&[feature("01090", &square(652_000.0, 6_862_000.0, 1000.0))]);
    let degrees = good().replacen(
        r#""features""#,
        r#""crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::2154"}},"features""#,
        1,
    );
    let alone = |geometry: &str| collection(&[feature("01090", geometry)]).into_bytes();
    vec![
        (
            "no-column.csv",
            format!("{}{GOOD}", HEADER.replace("votants", "Votant")).into_bytes(),
            Of::Results,
            &[],
            &["no-column.csv", "no column `votants`", "row 1, `votants`", "expected a column", "did you mean `Votant`"],
        ),
        (
            "income.csv",
            b"code;median;share_poor\n01001;21340,5;12 %\n01002;n.c.;s\n01001;1;2\n".to_vec(),
            Of::Covariates,
            &[],
            &[
                "income.csv",
                "row 3, `median`",
                "found `n.c.`",
                "expected a number",
                "row 4, `code`",
                "each area once",
                "row 2 has it too",
            ],
        ),
        (
            "foreign.csv",
            b"code,median,share_poor\n1001,1,2\n1002,2,3\n".to_vec(),
            Of::Covariates,
            &[],
            &["foreign.csv", "no row has a code of level `commune`", "row 2", "found `1001`", "{column:0>5}"],
        ),
        results("half.csv", "01002,100,80\n", &["half.csv", "1 of 2 rows", "row 3", "found 3 cells", "expected 6"]),
        ("encoding.csv", mixed, Of::Results, &[], &["encoding.csv", "two encodings", "UTF-8", "line 3", "0xE2"]),
        (
            "bytes.csv",
            (0..=255).cycle().take(1024).collect(),
            Of::Results,
            &[],
            &["bytes.csv", "no text", "line 1", "0x00", "expected UTF-8"],
        ),
        results(
            "percentages.csv",
            "01002,100,\"78,94%\",70,40,30\n",
            &["percentages.csv", "row 3, `votants`", "found `78,94%`", "expected a whole number", "not a percentage"],
        ),
        results(
            "fractions.csv",
            "01002,100,78.94,70,40,30\n",
            &["fractions.csv", "row 3, `votants`", "found `78.94`", "expected a whole number", "not a percentage"],
        ),
        results(
            "candidates.csv",
            "01002,100,80,70,50,30\n",
            &["candidates.csv", "row 3, `exprimes`", "found 70", "expected the 80", "candidates of `01002`"],
        ),
        results(
            "valid.csv",
            "01002,100,80,90,50,40\n",
            &["valid.csv", "row 3, `exprimes`", "found 90", "expected at most the 80 of `votants`"],
        ),
        results(
            "voters.csv",
            "01002,100,180,70,40,30\n",
            &["voters.csv", "row 3, `votants`", "found 180", "expected at most the 100 of `inscrits`"],
        ),
        results(
            "twice.csv",
            GOOD,
            &["twice.csv", "row 3, `code`", "found `01001`", "expected each code once; row 2 has it too", "--row-key"],
        ),
        (
            "codes.csv",
            format!("{HEADER}{GOOD}1002,100,80,70,40,30\n01099,100,80,70,40,30\n").into_bytes(),
            Of::Results,
            &["--strict"],
            &[
                "codes.csv",
                "2 codes are not in level `commune`",
                "row 3, `code`: found `1002`; did you mean `01002` (X)?",
                "row 4, `code`: found `01099`, expected a code of level `commune`",
            ],
        ),
        results(
            "digits.csv",
            "01002,1234567890123456789012345678901234567890,80,70,40,30\n",
            &[
                "digits.csv",
                "row 3, `inscrits`",
                "found `1234567890123456789012345678901234567890`",
                "expected a whole number of electors below",
            ],
        ),
        results(
            "negative.csv",
            "01002,100,-80,70,40,30\n",
            &["negative.csv", "row 3, `votants`", "found `-80`", "expected a whole number of voters"],
        ),
        results(
            "nan.csv",
            "01002,100,80,NaN,40,30\n",
            &["nan.csv", "row 3, `exprimes`", "found `NaN`", "expected a whole number of votes"],
        ),
        (
            "rowless.csv",
            HEADER.into(),
            Of::Results,
            &[],
            &["rowless.csv", "no row after its header", "nothing imported"],
        ),
        ("empty.csv", Vec::new(), Of::Results, &[], &["empty.csv", "the file is empty"]),
        ("cut.csv.gz", half_a_gzip(), Of::Results, &[], &["cut.csv.gz", "the gzip is cut short"]),
        ("table.zip", b"no zip at all\n".to_vec(), Of::Results, &[], &["table.zip", "called .zip", "no such file"]),
        ("book.xlsx", b"code;a\n1;2\n".to_vec(), Of::Results, &[], &["book.xlsx", "called .xlsx", "no such file"]),
        ("layer.zip", b"no zip at all\n".to_vec(), Of::Areas, &[], &["layer.zip", "called .zip", "no such file"]),
        ("cut.geojson", cut, Of::Areas, &[], &["cut.geojson", "the JSON is cut short", "feature 2"]),
        (
            "lambert.geojson",
            lambert.into_bytes(),
            Of::Areas,
            &[],
            &[
                "lambert.geojson",
                "not longitude and latitude",
                "found x 652,000..653,000",
                "expected -180..180, -90..90",
                "--crs EPSG:2154",
            ],
        ),
        (
            "degrees.geojson",
            degrees.into_bytes(),
            Of::Areas,
            &[],
            &["degrees.geojson", "says EPSG:2154 in metres", "look like degrees", "found x 3..", "expected metres"],
        ),
        (
            "hollow.geojson",
            alone(&polygon("[]")),
            Of::Areas,
            &[],
            &["hollow.geojson", "nothing imported", "row 1, `geometry`", "found no outline", "expected a polygon"],
        ),
        (
            "crossed.geojson",
            alone(&polygon("[[[3.0,46.0],[3.2,46.2],[3.1,46.1],[3.3,46.3],[3.0,46.0]]]")),
            Of::Areas,
            &[],
            &["crossed.geojson", "nothing imported", "row 1, `geometry`", "expected a polygon"],
        ),
        areas(
            "point.geojson",
            "01091",
            r#"{"type":"Point","coordinates":[3.0,46.0]}"#,
            &["point.geojson", "row 2, `geometry`", "found `Point`", "expected a Polygon or MultiPolygon"],
        ),
        areas(
            "nowhere.geojson",
            "01091",
            &polygon("[[[3.0,NaN],[3.2,46.2],[3.1,46.1],[3.0,NaN]]]"),
            &["nowhere.geojson", "the JSON cannot be read", "feature 2", "expected a GeoJSON FeatureCollection"],
        ),
        areas(
            "again.geojson",
            "01090",
            &square(3.1, 46.0, 0.1),
            &["again.geojson", "row 2, `code`", "found `01090`", "expected each code once; row 1 has it too"],
        ),
        areas(
            "nameless.geojson",
            "",
            &square(3.1, 46.0, 0.1),
            &["nameless.geojson", "row 2, `code`", "found nothing", "expected the code of an area"],
        ),
        (
            "orphan.geojson",
            good().replacen(r#""r":"84""#, r#""r":"99""#, 1).into_bytes(),
            Of::Areas,
            &[],
            &["orphan.geojson", "not in level `region`", "row 1, `--parent`", "found `99`", "expected the code"],
        ),
        (
            "known.geojson",
            collection(&[feature("01002", &square(3.0, 46.0, 0.1))]).into_bytes(),
            Of::Areas,
            &[],
            &["area commune:01002 came with import 2 already", "--replaces 2"],
        ),
        polls(
            "whole.csv",
            "2017-04-20,all,,,31,,voters,1000,",
            &["whole.csv", "row 2, `favourable`", "found `31`", "expected a fraction from 0 to 1"],
        ),
        polls(
            "sum.csv",
            "2017-04-20,all,,,60%,55%,voters,1000,",
            &["sum.csv", "row 2", "found shares that add up to 1.150", "expected at most 1"],
        ),
        polls(
            "poll-nan.csv",
            "2017-04-20,all,,,NaN,30%,voters,1000,",
            &["poll-nan.csv", "row 2, `favourable`", "found `NaN`", "expected a share from 0 to 1"],
        ),
        polls(
            "alone.csv",
            "2017-04-20,all,,,,,voters,1000,",
            &[
                "alone.csv",
                "row 2",
                "found no share",
                "expected at least one of turnout, undecided, favourable, opposed",
            ],
        ),
        polls(
            "poll-area.csv",
            "2017-04-20,commune:99999,,,30%,,voters,1000,",
            &["poll-area.csv", "row 2", "`area`", "no area `commune:99999`", "nothing imported"],
        ),
    ]
}

const RESULTS: [&str; 18] = [
    "--election",
    "pres2022",
    "--date",
    "2022-04-10",
    "--level",
    "commune",
    "--code",
    "{code}",
    "--registered",
    "inscrits",
    "--voters",
    "votants",
    "--valid",
    "exprimes",
    "--candidates",
    "A,B",
    "--label",
    "2022",
];
const COVARIATES: [&str; 8] =
    ["--level", "commune", "--code", "{code}", "--group", "income", "--columns", "median,share_*"];
const AREAS: [&str; 8] = ["--level", "commune", "--code", "{code}", "--name", "{nom}", "--parent", "{r}"];

fn import<'a>(of: &Of, file: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let (kind, with): (&str, &[&str]) = match of {
        Of::Areas => ("areas", &AREAS),
        Of::Results => ("results", &RESULTS),
        Of::Polls => ("polls", &[]),
        Of::Covariates => ("covariates", &COVARIATES),
    };
    [&["import", kind, file][..], with, more].concat()
}

/// A campaign with something of every kind, so that a change would show.
fn campaign() -> Desk {
    let desk = Desk::new();
    desk.ok(&["init", "campaign", "--name", "Broken", "--levels", "region,commune"]);
    let region = desk.file("regions.geojson", collection(&[feature("84", &square(3.0, 45.0, 2.0))]));
    desk.import_areas(&region, ["region", "{code}", "{nom}"], &[]);
    let places: Vec<String> =
        (1..=4).map(|n| feature(&format!("0100{n}"), &square(3.0 + f64::from(n) / 10.0, 45.0, 0.1))).collect();
    let communes = desk.file("communes.geojson", collection(&places));
    desk.ok(&import(&Of::Areas, &communes, &[]));
    let rows: String = (1..=4).map(|n| GOOD.replace("01001", &format!("0100{n}"))).collect();
    let good = desk.file("good.csv", format!("{HEADER}{rows}"));
    let past = RESULTS.map(|argument| if argument == "pres2022" { "pres2017" } else { argument });
    desk.ok(&[&["import", "results", &good], &past[..]].concat());
    desk.ok(&["blocs", "pres2017", "--favourable", "A", "--opposed", "B"]);
    let polls = desk.file("polls.csv", format!("{POLLS}2022-04-01,all,70%,,40%,,voters,1000,\n"));
    desk.ok(&["import", "polls", &polls]);
    desk
}

/// What must not change: the list of imports, `campaign.toml`, and how many rows each table has.
async fn state(desk: &Desk) -> (String, Vec<u8>, Vec<(String, i64)>) {
    let folder = desk.path().join("campaign");
    let url = format!("sqlite://{}?mode=ro", folder.join("evidence.sqlite").display());
    let mut database = sqlx::SqliteConnection::connect(&url).await.expect("the evidence");
    let tables: Vec<String> = sqlx::query_scalar(
        "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by 1",
    )
    .fetch_all(&mut database)
    .await
    .expect("tables");
    let mut rows = Vec::new();
    for table in tables {
        let count = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select count(*) from \"{table}\"")));
        rows.push((table, count.fetch_one(&mut database).await.expect("a count")));
    }
    database.close().await.expect("closed");
    (desk.ok(&["imports", "--json"]), std::fs::read(folder.join("campaign.toml")).expect("campaign.toml"), rows)
}

/// The parts stand in the message, in their order.
fn says(message: &str, parts: &[&str]) {
    let mut rest = message;
    for part in parts {
        let at = rest.find(part).unwrap_or_else(|| panic!("`{part}` is not, or not in its place, in:\n{message}"));
        rest = &rest[at + part.len()..];
    }
}

#[tokio::test]
async fn every_broken_file_says_where_and_what_and_changes_nothing() {
    let desk = campaign();
    let before = state(&desk).await;
    assert!(before.2.iter().any(|(table, rows)| table == "results" && *rows == 4), "{:?}", before.2);
    let cases = cases();
    assert!(cases.len() >= 20);
    for (name, bytes, of, more, parts) in cases {
        let file = desk.file(name, bytes);
        let message = desk.refused(&import(&of, &file, more));
        let messages = message.lines().filter(|line| line.starts_with("error: ")).count();
        assert!(message.starts_with("error: ") && messages == 1, "{name}: {message}");
        says(&message, parts);
        assert_eq!(state(&desk).await, before, "{name} changed something");
    }
}

#[tokio::test]
async fn what_is_no_file_and_what_is_no_level_are_refused_too() {
    let desk = campaign();
    let before = state(&desk).await;
    let folder = desk.path().join("folder");
    std::fs::create_dir(&folder).expect("a folder");
    let good = desk.file("good.csv", format!("{HEADER}{GOOD}"));
    let missing = desk.path().join("missing.csv").to_string_lossy().into_owned();
    for (of, file, more, parts) in [
        (Of::Results, folder.to_string_lossy().into_owned(), &[][..], &["folder", "is a directory", "expected a file"]),
        (Of::Areas, folder.to_string_lossy().into_owned(), &[], &["folder", "is a directory", "expected a file"]),
        (Of::Polls, missing, &[], &["missing.csv", "no such file", "check the path"]),
        (Of::Results, good.clone(), &["--preset", "fr-grand"], &["--preset", "found `fr-grand`", "expected fr-large"]),
        (Of::Results, good.clone(), &["--where", "code"], &["--where code", "no `=`", "COLUMN=VALUE"]),
        (Of::Results, good, &["--fallback", "ville=1"], &["no level", "`ville`", "region, commune"]),
    ] {
        let message = desk.refused(&import(&of, &file, more));
        says(&message, parts);
        assert_eq!(state(&desk).await, before, "{file} changed something");
    }
    let good = desk.file("good.csv", format!("{HEADER}{GOOD}"));
    for (wrong, parts) in [
        (["commune", "communes"], &["no level is called `communes`", "region, commune"][..]),
        (["2022-04-10", "10-04-2022"], &["found date `10-04-2022`", "expected YYYY-MM-DD"]),
        (
            ["{code}", "{insee}"],
            &["no column `insee`", "the template `{insee}`", "row 1, `insee`", "expected a column"],
        ),
        (["A,B", "votes_*"], &["no column `votes_*`", "`--candidates`", "`inscrits`"]),
    ] {
        let with = import(&Of::Results, &good, &[]).into_iter().map(|own| if own == wrong[0] { wrong[1] } else { own });
        let message = desk.refused(&with.collect::<Vec<_>>());
        says(&message, parts);
        assert_eq!(state(&desk).await, before, "{wrong:?} changed something");
    }
}

#[test]
fn a_machine_gets_every_fault_and_a_person_the_first_twenty() {
    let desk = campaign();
    let rows: String = (0..45).map(|row| format!("{row:0>5},100,80,-1,40,30\n")).collect();
    let file = desk.file("many.csv", format!("{HEADER}{rows}"));
    let message = desk.refused(&import(&Of::Results, &file, &[]));
    assert_eq!(message.lines().filter(|line| line.starts_with("  row ")).count(), 20);
    assert!(message.contains("25 more (45 in all; `--json` lists every one)"), "{message}");
    let message = desk.refused(&import(&Of::Results, &file, &["--json"]));
    let told: serde_json::Value = serde_json::from_str(&message).expect("JSON");
    assert_eq!(told["refused"]["faults"].as_array().map(Vec::len), Some(45));
    assert_eq!(told["refused"]["faults"][44]["row"], 46);
    assert_eq!(told["refused"]["file"], "many.csv");
}
