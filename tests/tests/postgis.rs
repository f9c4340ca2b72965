//! Paris with its evidence in PostGIS: the same figures to the byte as with the embedded store, and views for SQL.

use quartier_tests::{Desk, data, named_rows};
use serde_json::Value;
use sqlx::{Connection, PgConnection, Row};
use std::io::Write;
use std::path::Path;
use std::process::Command;

/// A PostGIS database of this test's own, dropped at the end.
struct Database {
    /// Where the server is.
    server: String,
    name: String,
    /// The server was started for this test.
    own: bool,
}

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/pg-up.sh");

impl Database {
    /// `None` where there is no PostGIS, which is said, and refused in CI.
    async fn new(what: &str) -> Option<Self> {
        let (server, own) = match std::env::var("QUARTIER_TEST_PG") {
            Ok(url) => (url, false),
            Err(_) => (started()?, true),
        };
        let name = format!("quartier_{what}_{}", std::process::id());
        let database = Self { server, name, own };
        database.administer(&format!("create database {}", database.name)).await;
        Some(database)
    }

    async fn administer(&self, statement: &str) {
        let mut connection = PgConnection::connect(&self.server).await.expect("PostgreSQL answers");
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut connection).await.expect("a database");
    }

    fn url(&self) -> String {
        let (server, _) = self.server.rsplit_once('/').expect("a URL ends with its database");
        format!("{server}/{}", self.name)
    }

    async fn end(self) {
        if !self.own {
            self.administer(&format!("drop database {} with (force)", self.name)).await;
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if self.own {
            drop(Command::new(SCRIPT).args(["down", &self.server]).status());
        }
    }
}

fn started() -> Option<String> {
    let output = Command::new(SCRIPT).arg("up").output().expect("tests/pg-up.sh runs");
    if output.status.success() {
        return Some(String::from_utf8(output.stdout).expect("a URL is text").trim().to_owned());
    }
    let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    assert!(std::env::var_os("CI").is_none(), "CI needs PostGIS: {why}");
    // Not by `eprintln`, which the harness keeps from view in a test that passes.
    drop(writeln!(std::io::stderr(), "SKIPPED on PostGIS: {why}"));
    None
}

/// The lines of Paris, to the published snapshot; gives every export.
fn line(desk: &Desk, data: &Path) -> Vec<(String, String)> {
    desk.paris(data);
    let polls = "date,area,turnout,undecided,favourable,opposed,of,n,se\n\
                 2017-06-01,all,70%,10%,60%,30%,voters,1000,\n\
                 2017-06-02,arrondissement:75119,,,55%,25%,voters,400,\n";
    let polls = desk.file("polls.csv", polls);
    desk.ok(&["import", "polls", &polls]);
    let file = |name: &str| data.join(name).to_string_lossy().into_owned();
    let stations = file("fr-results-2014-2019/2017-presidentielle-1_par_bureau_large.csv.gz");
    let members = ["--where", "departement=75", "--key", "75056-{bureau}", "--group", "75{circonscription:0>2}"];
    desk.ok(&[&["import", "grouping", "circo", &stations][..], &members].concat());
    let outlines = file("fr-formats/circonscriptions-legislatives-04-13-29-75.geojson.gz");
    let drawn = ["--where", "codeDepartement=75", "--code", "{codeCirconscription}", "--name", "{nomCirconscription}"];
    desk.ok(&[&["import", "grouping", "contour", &outlines][..], &drawn].concat());
    desk.ok(&["estimate", "--baseline", "pres2017t2", "--seed", "1"]);
    desk.ok(&["publish"]);
    let mut exports = Vec::new();
    for level in ["city", "arrondissement", "quartier", "bureau", "circo", "contour"] {
        for format in ["csv", "csv-fr", "geojson"] {
            for of in [&[][..], &["--election", "pres2017t1"]] {
                let arguments = [&["export", "--level", level, "--format", format, "-o", "-"], of].concat();
                exports.push((arguments.join(" "), desk.ok(&arguments)));
            }
        }
    }
    exports
}

/// The same without what says when it was made: the day of publication, and the moment of each import.
fn timeless(export: &str) -> String {
    if !export.starts_with('{') {
        return export.to_owned();
    }
    let (_, features) = export.split_once(r#""features":"#).expect("a collection");
    let mut about = serde_json::from_str::<Value>(export).expect("JSON")["quartier"].take();
    if about.get("snapshot").is_some() {
        about["date"].take();
    }
    for evidence in about["evidence"].as_array_mut().into_iter().flatten() {
        evidence["at"].take();
    }
    format!("{about}\n{features}")
}

/// Answers get new noise each time, so that no two stores hold the same: what is the same is what was counted.
#[tokio::test]
async fn answers_and_scores_are_counted_in_postgis_too() {
    let Some(data) = data() else { return };
    let Some(database) = Database::new("answers").await else { return };
    let desk = Desk::on(&database.url());
    desk.paris(&data);
    let counts = "bureau,yes,no\n0101,40,20\n0102,3,2\n0103,30,31\n9999,1,1\n";
    let counts = desk.file("counts.csv", counts);
    let place = ["--level", "bureau", "--code", "75056-{bureau}"];
    let columns = ["--favourable", "yes", "--opposed", "no"];
    let tallies = [&["import", "tallies", &counts, "--batch", "w1"][..], &place, &columns].concat();
    let account = desk.json(&tallies)["account"].take();
    assert_eq!(
        ["read", "used", "elsewhere", "answers", "areas"].map(|key| account[key].as_u64()),
        [4, 3, 1, 121, 2].map(Some),
        "{account}"
    );
    let scores = "bureau,support\n".to_owned() + &"0201,0.7\n".repeat(30);
    let scores = desk.file("scores.csv", scores);
    let of = ["import", "scores", &scores, "--batch", "crm", "--favourable", "support"];
    assert_eq!(desk.json(&[&of[..], &place].concat())["account"]["used"], 30);
    assert!(desk.refused(&tallies).contains("counted already"));
    desk.ok(&["estimate", "--baseline", "pres2017t2"]);
    desk.ok(&["publish"]);
    let imports = desk.ok(&["imports"]);
    assert!(imports.contains("counts.csv") && imports.contains("scores.csv"), "{imports}");
    let spent = desk.json(&["audit"])["batches"].take();
    assert_eq!(spent.as_array().map(Vec::len), Some(2), "{spent}");
    drop(desk);
    database.end().await;
}

#[tokio::test]
async fn postgis_gives_what_the_embedded_store_gives_to_the_byte() {
    let Some(data) = data() else { return };
    let Some(database) = Database::new("lines").await else { return };
    let (embedded, served) = (Desk::new(), Desk::on(&database.url()));
    let (one, other) = std::thread::scope(|scope| {
        let one = scope.spawn(|| line(&embedded, &data));
        let other = scope.spawn(|| line(&served, &data));
        (one.join().expect("SQLite"), other.join().expect("PostGIS"))
    });
    assert_eq!((one.len(), other.len()), (36, 36));
    for ((what, one), (_, other)) in one.iter().zip(&other) {
        assert!(one.len() > 300, "{what} is empty");
        assert!(timeless(one) == timeless(other), "{what} differs between SQLite and PostGIS");
    }
    assert!(!served.path().join("campaign/evidence.sqlite").exists(), "the evidence is in PostGIS alone");
    assert!(served.ok(&["doctor"]).contains("PostGIS"));
    let imports = |desk: &Desk| desk.ok(&["imports", "--json"]).lines().count();
    assert_eq!((imports(&embedded), imports(&served)), (9, 9));
    let quartiers = other.iter().find(|(what, _)| what.contains("quartier --format csv -o -")).expect("an export");
    the_views_answer_with_geometry(&database, &quartiers.1).await;
    database.end().await;
}

/// What QGIS or Martin would ask, in the schema of the campaign.
async fn the_views_answer_with_geometry(database: &Database, quartiers: &str) {
    let mut connection = PgConnection::connect(&database.url()).await.expect("PostgreSQL answers");
    let levels = "select level, count(*), count(geom), bool_and(ST_IsValid(geom)), bool_and(ST_SRID(geom) = 4326), \
                  sum(ST_Area(geom::geography)) / 1e6 from q_campaign.published_areas group by level order by 2, 1";
    let mut found = Vec::new();
    for row in sqlx::query(levels).fetch_all(&mut connection).await.expect("published_areas") {
        let (level, areas, shapes): (String, i64, i64) = (row.get(0), row.get(1), row.get(2));
        assert_eq!((areas, row.get(3), row.get(4)), (shapes, true, true), "{level}");
        // 105 km² with the two woods, 85 without, as in the stations' layer; 1 km² for what the sources simplify away.
        // The constituencies dissolve the stations, and with them the ground between that no station has.
        let expected = match level.as_str() {
            "bureau" => 85.0,
            "circo" => 87.0,
            _ => 105.0,
        };
        assert!((row.get::<f64, _>(5) - expected).abs() < 1.0, "{level}: {} km²", row.get::<f64, _>(5));
        found.push((level, areas));
    }
    let expected =
        [("city", 1), ("circo", 18), ("contour", 18), ("arrondissement", 20), ("quartier", 80), ("bureau", 896)];
    assert_eq!(found, expected.map(|(level, areas)| (level.to_owned(), areas)));

    let at_the_town_hall = "select code, name, parent, electors, favourable, favourable_low, favourable_high, turnout, \
                            snapshot from q_campaign.published_estimates where level = 'quartier' \
                            and ST_Contains(geom, ST_SetSRID(ST_MakePoint(2.3522, 48.8566), 4326))";
    let rows = sqlx::query(at_the_town_hall).fetch_all(&mut connection).await.expect("published_estimates");
    let [row] = rows.as_slice() else { panic!("{} quartiers at the town hall", rows.len()) };
    let code: String = row.get("code");
    let exported = named_rows(quartiers.as_bytes()).into_iter().find(|row| row["code"] == code).expect("exported");
    assert_eq!(exported["name"], row.get::<String, _>("name"));
    assert_eq!(exported["parent"], row.get::<String, _>("parent"));
    assert_eq!(exported["electors"].parse(), Ok(row.get::<i64, _>("electors")));
    for measure in ["favourable", "favourable_low", "favourable_high", "turnout"] {
        assert_eq!(exported[measure].parse(), Ok(row.get::<f64, _>(measure)), "{measure}");
    }
    assert_eq!(row.get::<i64, _>("snapshot"), 1);
    let all: i64 = sqlx::query_scalar("select count(*) from q_campaign.published_estimates where geom is not null")
        .fetch_one(&mut connection)
        .await
        .expect("published_estimates");
    assert_eq!(all, 1 + 18 + 18 + 20 + 80 + 896);
}
