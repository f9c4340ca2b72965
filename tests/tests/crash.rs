//! The power goes, at the worst moments: an import is there wholly or not at all, and what is published stays whole.
//!
//! The binary is killed (SIGKILL) when something is seen to have happened: the journal of the database has grown, a
//! line was printed, a file has come. How far it came beyond that is chance, and every outcome must be lawful.

use quartier_tests::Desk;
use sqlx::Connection;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

/// Rows of the results that are imported: several times what SQLite holds back before it writes to its journal.
const ROWS: usize = 60_000;

/// Copies a campaign's folder, so that every round starts alike. Read-only files stay so.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("copied");
        }
    }
}

/// The campaign of a desk, anew on another one.
fn anew(desk: &Desk) -> Desk {
    let other = Desk::new();
    copy(&desk.path().join("campaign"), &other.path().join("campaign"));
    other
}

/// Kills the process once `seen`; gives whether it was still running.
fn kill_when(mut child: Child, seen: impl Fn() -> bool) -> bool {
    loop {
        let seen = seen();
        let ended = child.try_wait().expect("a child").is_some();
        if ended || seen {
            drop(child.kill());
            child.wait().expect("a child");
            return !ended;
        }
        std::thread::yield_now();
    }
}

/// Rows of the results table, and imports of results that count; the journal is empty afterwards.
async fn results_of(desk: &Desk) -> (i64, i64) {
    let url = format!("sqlite://{}", desk.path().join("campaign/evidence.sqlite").display());
    let mut database = sqlx::SqliteConnection::connect(&url).await.expect("the evidence opens");
    let whole: String = sqlx::query_scalar("pragma integrity_check").fetch_one(&mut database).await.expect("checked");
    assert_eq!(whole, "ok");
    let counts = "select (select count(*) from results), \
                  (select count(*) from imports where kind = 'results' and status = 'active')";
    let found = sqlx::query_as(counts).fetch_one(&mut database).await.expect("counts");
    sqlx::query("pragma wal_checkpoint(truncate)").execute(&mut database).await.expect("the journal is emptied");
    database.close().await.expect("closed");
    found
}

#[tokio::test]
async fn an_import_that_is_killed_is_there_wholly_or_not_at_all() {
    let desk = Desk::new();
    desk.ok(&["init", "campaign", "--name", "Crash", "--levels", "commune"]);
    let square = r#"{"type":"Polygon","coordinates":[[[3,46],[4,46],[4,47],[3,47],[3,46]]]}"#;
    let area = format!(r#"{{"type":"Feature","properties":{{"code":"00000"}},"geometry":{square}}}"#);
    let areas = desk.file("areas.geojson", format!(r#"{{"type":"FeatureCollection","features":[{area}]}}"#));
    desk.import_areas(&areas, ["commune", "{code}", "{code}"], &[]);
    // Rows without an area are kept one by one, so that a campaign of one commune can have a large table.
    let rows: String =
        (0..ROWS).map(|row| format!("{row:0>5},900,800,700,{},{}\n", row % 700, 700 - row % 700)).collect();
    let results = desk.file("results.csv", format!("code,inscrits,votants,exprimes,A,B\n{rows}"));
    let columns = ["--registered", "inscrits", "--voters", "votants", "--valid", "exprimes", "--candidates", "A,B"];
    let election = ["--election", "past", "--date", "2017-05-07", "--level", "commune", "--code", "{code}"];
    let import = [&["import", "results", &results], &election[..], &columns].concat();

    assert_eq!(results_of(&desk).await, (0, 0));
    let (mut nothing, mut all) = (0, 0);
    // Bytes in the journal when the process is killed; at 1 it has just begun to write.
    for written in [1, 1_000_000, 2_000_000, 4_000_000, 6_000_000, u64::MAX] {
        let desk = anew(&desk);
        let journal = desk.path().join("campaign/evidence.sqlite-wal");
        assert!(std::fs::metadata(&journal).map_or(0, |facts| facts.len()) == 0, "the copy starts without a journal");
        let child = desk.command(&import).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary");
        kill_when(child, || std::fs::metadata(&journal).is_ok_and(|facts| facts.len() >= written));
        let (rows, imports) = results_of(&desk).await;
        assert!((rows, imports) == (0, 0) || (rows, imports) == (ROWS as i64, 1), "{rows} rows, {imports} imports");
        let listed = desk.ok(&["imports"]).lines().count() as i64;
        assert_eq!(listed, 1 + imports);
        assert!(desk.ok(&["doctor"]).contains("database: SQLite"));
        if imports == 0 {
            nothing += 1;
            if nothing == 1 {
                desk.ok(&import);
                assert_eq!(results_of(&desk).await, (ROWS as i64, 1), "the file can be imported after the crash");
            }
        } else {
            all += 1;
        }
    }
    println!("{nothing} rounds left nothing, {all} all");
    assert!(nothing >= 2 && all >= 1, "{nothing} rounds left nothing, {all} all: the moments are badly chosen");
}

/// A moment of a publication.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// It has said that it publishes.
    Said,
    /// Its directory is there, aside.
    Begun,
    /// A file is in that directory.
    FileAside(&'static str),
    /// The directory has its name, and nothing points to it yet.
    Renamed,
    /// `current.json` is another one.
    Pointed,
    /// It has ended.
    Over,
}

/// Directories under construction among the snapshots.
fn aside(snapshots: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(snapshots).expect("a folder").filter_map(Result::ok).map(|entry| entry.path());
    entries.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(".aside-"))).collect()
}

fn publish_and_kill(desk: &Desk, moment: Moment) {
    let published = desk.path().join("campaign/published");
    let (snapshots, pointer) = (published.join("snapshots"), published.join("current.json"));
    let before = std::fs::read(&pointer).expect("a pointer");
    let mut child =
        desk.command(&["publish"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the binary");
    // The pipe stays open: a process that cannot print its next line would stop by itself.
    let mut errors = BufReader::new(child.stderr.take().expect("piped"));
    let mut said = String::new();
    errors.read_line(&mut said).expect("a line");
    assert!(said.contains("publishing"), "{said}");
    kill_when(child, || match moment {
        Moment::Said => true,
        Moment::Begun => !aside(&snapshots).is_empty(),
        Moment::FileAside(name) => aside(&snapshots).iter().any(|folder| folder.join(name).exists()),
        Moment::Renamed => snapshots.join("2").exists(),
        Moment::Pointed => std::fs::read(&pointer).is_ok_and(|now| now != before),
        Moment::Over => false,
    });
}

#[test]
fn a_publication_that_is_killed_leaves_the_newest_snapshot_whole() {
    let desk = Desk::new();
    let country = ["--neighbourhoods", "600", "--electors", "200000", "--folder", "campaign", "--no-serve"];
    desk.ok(&[&["demo"][..], &country].concat());
    let first = desk.published();
    let first = first.current().expect("a snapshot");
    assert_eq!(first.number(), 1);
    let levels: Vec<String> = first.geography().levels().iter().map(|level| level.level.id.to_string()).collect();
    let finest = levels.last().expect("a level");
    let values = format!("values-{finest}.qvt");
    let values: &'static str = values.leak();

    let mut numbers = Vec::new();
    let moments = [
        Moment::Said,
        Moment::Begun,
        Moment::FileAside("draws.qdr"),
        Moment::FileAside(values),
        Moment::FileAside("snapshot.json"),
        Moment::Renamed,
        Moment::Pointed,
        Moment::Over,
    ];
    for moment in moments {
        let desk = anew(&desk);
        publish_and_kill(&desk, moment);
        // A reader that only looks, as one that serves, and then one that may clean up.
        let csv = desk.ok(&["export", "--level", finest, "--format", "csv", "-o", "-"]);
        let published = desk.published();
        assert!(published.damages().is_empty(), "{moment:?}: {:?}", published.damages());
        let current = published.current().expect("a snapshot");
        assert!((1..=2).contains(&current.number()), "{moment:?}: {}", current.number());
        for level in &levels {
            let (one, other) = (first.values(level).expect("values"), current.values(level).expect("values"));
            // The same candidate is published again: only the number may differ.
            assert_eq!(one.to_level_table(), other.to_level_table(), "{moment:?}: {level}");
        }
        assert!(csv.lines().count() > first.values(finest).expect("values").rows());
        assert!(aside(&desk.path().join("campaign/published/snapshots")).is_empty(), "{moment:?} left something");
        numbers.push(current.number());
        is_listed(&desk, current.number());
        // The campaign goes on.
        desk.ok(&["publish"]);
        let next = desk.published();
        assert!(next.damages().is_empty(), "{moment:?}: {:?}", next.damages());
        let newest = next.current().expect("a snapshot").number();
        assert!(newest > current.number(), "{moment:?}");
        is_listed(&desk, newest);
    }
    println!("newest snapshot after each crash: {numbers:?}");
    assert!(numbers.contains(&1) && numbers.last() == Some(&2), "{numbers:?}");
}

/// What is served is what the list of publications ends with.
fn is_listed(desk: &Desk, number: u32) {
    let listed = desk.ok(&["snapshots"]);
    let last = listed.lines().last().and_then(|line| line.split('\t').next()).and_then(|text| text.parse().ok());
    assert_eq!(last, Some(number), "{listed}");
}
