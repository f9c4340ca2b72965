//! One suite, two databases: every case runs on SQLite and on PostGIS, each time in a store of its own.

use quartier_model::{
    AnswerCounts, AreaCode, Counts, Election, Electors, LevelId, ListName, Measure, NoiseLaw, Transfer, TransferError,
};
use quartier_store::{
    Alias, AreaRecord, CovariateTable, GroupingArea, GroupingTable, ImportId, ImportKind, ImportStatus, NewImport,
    NewTallies, Payload, PollOf, PollRow, PopulationPlace, PopulationRow, PublishedRow, ResultRow, SnapshotLog, Store,
    StoreError, TallyKind, TallyRow, TransferRecord, open_postgis, open_sqlite,
};
use serde_json::json;
use std::future::Future;
use std::io::Write;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};
use time::macros::{date, datetime};

/// The URL of a PostGIS database for tests; `None` where there is none, which is said, and refused in CI.
#[expect(clippy::zombie_processes, reason = "the watcher must outlive this process")]
fn postgis_url() -> Option<&'static str> {
    static URL: OnceLock<Option<String>> = OnceLock::new();
    URL.get_or_init(|| {
        if let Ok(url) = std::env::var("QUARTIER_TEST_PG") {
            return Some(url);
        }
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/pg-up.sh");
        let output = Command::new(script).arg("up").output().expect("tests/pg-up.sh runs");
        if output.status.success() {
            let url = String::from_utf8(output.stdout).expect("a URL is text").trim().to_owned();
            // Stopped when this process ends, however it ends.
            let watch =
                format!("while kill -0 {} 2>/dev/null; do sleep 1; done; '{script}' down '{url}'", std::process::id());
            Command::new("setsid")
                .args(["bash", "-c", &watch])
                .stdin(std::process::Stdio::null())
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::null())
                .spawn()
                .expect("bash runs");
            return Some(url);
        }
        let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        assert!(std::env::var_os("CI").is_none(), "CI needs PostGIS: {why}");
        // Not by `eprintln`, which the harness keeps from view in a test that passes.
        let _ = writeln!(std::io::stderr(), "SKIPPED on PostGIS: {why}");
        None
    })
    .as_deref()
}

fn schema() -> String {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    format!("t{}_{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed))
}

macro_rules! on_both_databases {
    ($($(#[$doc:meta])* async fn $name:ident($store:ident: &dyn Store) $body:block)+) => {
        $(async fn $name($store: &dyn Store) $body)+
        mod sqlite {
            use super::*;
            $(#[tokio::test] async fn $name() {
                let folder = tempfile::tempdir().expect("a temporary folder");
                let store = open_sqlite(&folder.path().join("evidence.sqlite")).await.expect("a new store");
                super::$name(&*store).await;
                store.close().await;
            })+
        }
        mod postgis {
            use super::*;
            $(#[tokio::test] async fn $name() {
                let Some(url) = postgis_url() else { return };
                let store = open_postgis(url, &schema()).await.expect("a new store");
                super::$name(&*store).await;
                store.close().await;
            })+
        }
    };
}

fn level(id: &str) -> LevelId {
    id.parse().expect("a level")
}

fn code(text: &str) -> AreaCode {
    text.parse().expect("a code")
}

fn file(name: &str) -> NewImport {
    NewImport {
        file: name.to_owned(),
        sha256: "ab".repeat(32),
        bytes: 1234,
        at: datetime!(2026-11-24 10:00:00.5 UTC),
        arguments: json!({"z": 1, "a": [1.5, null]}),
        account: json!({"read": 3, "used": 3}),
        replaces: None,
    }
}

/// A small square as little-endian WKB.
fn square(west: f64) -> Vec<u8> {
    let mut wkb = vec![1, 3, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0];
    for (x, y) in [(0.0, 0.0), (0.1, 0.0), (0.1, 0.1), (0.0, 0.1), (0.0, 0.0)] {
        wkb.extend_from_slice(&f64::to_le_bytes(west + x));
        wkb.extend_from_slice(&f64::to_le_bytes(48.0 + y));
    }
    wkb
}

fn area(own: &str, parent: Option<&str>) -> AreaRecord {
    AreaRecord {
        code: code(own),
        name: format!("L’Été {own}"),
        parent: parent.map(code),
        electors: if own == "1" { Electors::Unknown } else { Electors::Known(900) },
        wkb: (own != "3").then(|| square(2.0)),
    }
}

fn cities() -> Payload {
    let areas = vec![area("1", None), area("2", None)];
    let aliases = vec![Alias { old: code("9"), code: code("2") }];
    Payload::Areas { level: level("city"), parent_level: None, areas, aliases }
}

fn quarters(parent: &str) -> Payload {
    let areas = ["1", "2", "3", "É", "a"].map(|own| area(own, Some(parent))).to_vec();
    Payload::Areas { level: level("quarter"), parent_level: Some(level("city")), areas, aliases: vec![] }
}

fn answers(asked: u32, groups: [Option<i32>; 4]) -> AnswerCounts {
    let law = NoiseLaw::discrete_laplace(0.75).expect("a law");
    AnswerCounts::new(asked, groups, law).expect("counts")
}

fn tallies(batch: &str, city: Option<&str>) -> NewTallies {
    NewTallies {
        kind: TallyKind::Tallies,
        level: level("city"),
        batch: batch.to_owned(),
        date: Some(date!(2026 - 11 - 20)),
        counts: vec![(city.map(|own| (level("city"), code(own))), answers(12, [None, Some(3), Some(-2), Some(12)]))],
    }
}

fn canvass(name: &str, sha: char, replaces: Option<ImportId>) -> NewImport {
    NewImport { sha256: sha.to_string().repeat(64), replaces, ..file(name) }
}

fn election() -> Election {
    let list = |id: &str| ListName { id: id.parse().expect("a list"), label: id.to_owned(), nuance: None };
    Election {
        id: "pres2017t1".parse().expect("an id"),
        label: "Présidentielle 2017".to_owned(),
        date: date!(2017 - 04 - 23),
        has_registered: true,
        lists: vec![list("MACRON"), list("ENVIE D'EUROPE")],
    }
}

fn row(at: Option<(&str, &str)>, placed: bool) -> ResultRow {
    ResultRow {
        area: at.map(|(own, text)| (level(own), code(text))),
        placed,
        file_code: (!placed).then(|| "JUS1".to_owned()),
        counts: Counts {
            registered: Some(100),
            voters: 80,
            valid: 75,
            blank: None,
            null: Some(2),
            votes: vec![40, u64::from(u32::MAX) + 7],
        },
    }
}

fn results(rows: Vec<ResultRow>) -> Payload {
    Payload::Results { election: election(), level: level("quarter"), rows, transfer: None }
}

fn whole_rows() -> Vec<ResultRow> {
    vec![row(Some(("quarter", "2")), true), row(Some(("city", "1")), false), row(None, false), row(None, false)]
}

async fn with_results(store: &dyn Store) -> [ImportId; 3] {
    let first = store.import(file("cities.geojson"), cities()).await.expect("cities");
    let second = store.import(file("quarters.geojson"), quarters("1")).await.expect("quarters");
    let third = store.import(file("results.csv"), results(whole_rows())).await.expect("results");
    [first, second, third]
}

on_both_databases! {
    async fn what_is_imported_comes_back_as_it_was(store: &dyn Store) {
        let [first, _, third] = with_results(store).await;
        let areas = store.areas(&level("quarter")).await.expect("areas");
        let codes: Vec<&str> = areas.iter().map(|area| area.code.as_str()).collect();
        assert_eq!(codes, ["1", "2", "3", "a", "É"], "in byte order");
        for area_back in &areas {
            assert_eq!(*area_back, area(area_back.code.as_str(), Some("1")));
        }
        assert_eq!(store.areas(&level("city")).await.expect("areas"), [area("1", None), area("2", None)]);
        let names = store.area_codes(&level("city")).await.expect("codes");
        assert_eq!(names[1], (code("2"), "L’Été 2".to_owned()));
        assert_eq!(store.aliases(&level("city")).await.expect("aliases").len(), 1);
        assert_eq!(store.elections().await.expect("elections"), [election()]);
        assert_eq!(store.results(&election().id).await.expect("results"), whole_rows());
        let imports = store.imports().await.expect("imports");
        assert_eq!(imports.len(), 3);
        assert_eq!((imports[0].id, imports[0].lineage), (first, first));
        assert_eq!((imports[2].id, imports[2].election.clone()), (third, Some(election().id)));
        assert_eq!(imports[0].at, file("").at);
        assert_eq!(imports[0].arguments.to_string(), file("").arguments.to_string(), "keys keep their order");
        assert!(store.check().await.expect("whole").contains("SQL"));
    }

    async fn polls_keep_what_was_not_asked_apart_from_zero(store: &dyn Store) {
        store.import(file("cities.geojson"), cities()).await.expect("cities");
        let poll = |area| PollRow {
            date: date!(2026 - 11 - 01),
            area,
            turnout: Some(0.0),
            undecided: None,
            favourable: Some(0.412),
            opposed: None,
            of: PollOf::Decided,
            n: Some(1001),
            se: None,
        };
        let rows = vec![poll(None), poll(Some((level("city"), code("2"))))];
        store.import(file("polls.csv"), Payload::Polls(rows.clone())).await.expect("polls");
        assert_eq!(store.polls().await.expect("polls"), rows);
        let lost = Payload::Polls(vec![poll(Some((level("city"), code("7"))))]);
        let error = store.import(file("polls.csv"), lost).await.expect_err("no such area");
        assert!(error.to_string().contains("city:7"), "{error}");
    }

    async fn covariates_come_back_with_every_digit_and_a_group_comes_once(store: &dyn Store) {
        let first = store.import(file("cities.geojson"), cities()).await.expect("cities");
        let table = |group: &str, own: &str| CovariateTable {
            group: group.to_owned(),
            level: level("city"),
            columns: vec!["median, euros".into(), "\"owners\"".into()],
            rows: vec![(code("1"), vec![Some(0.1 + 0.2), None]), (code(own), vec![Some(-1e300), Some(5e-324)])],
        };
        let income = table("income", "2");
        let id = store.import(file("income.csv"), Payload::Covariates(income.clone())).await.expect("covariates");
        assert_eq!(store.covariates().await.expect("covariates"), std::slice::from_ref(&income));
        let again = store.import(file("x.csv"), Payload::Covariates(income.clone())).await.expect_err("twice");
        assert!(again.to_string().contains(&format!("--replaces {id}")), "{again}");
        let lost = store.import(file("x.csv"), Payload::Covariates(table("age", "7"))).await.expect_err("no such area");
        assert!(lost.to_string().contains("city:7"), "{lost}");
        assert!(matches!(store.undo(first).await, Err(StoreError::Dependants { .. })));
        let replacing = NewImport { replaces: Some(id), ..file("income2.csv") };
        let id = store.import(replacing, Payload::Covariates(table("income", "2"))).await.expect("a replacement");
        assert_eq!(store.covariates().await.expect("covariates").len(), 1);
        store.undo(id).await.expect("taken back");
        assert_eq!(store.covariates().await.expect("covariates"), []);
        store.undo(first).await.expect("nothing stands on it");
    }

    async fn a_grouping_comes_back_stands_on_its_members_and_comes_once(store: &dyn Store) {
        let first = store.import(file("cities.geojson"), cities()).await.expect("cities");
        let area = |own: &str, wkb| GroupingArea { code: code(own), name: format!("Canton {own}"), wkb };
        let by_members = |member: &str| GroupingTable {
            id: level("canton"),
            label: ["Cantons".into(), "Cantons'".into()],
            level: Some(level("city")),
            areas: vec![area("A", None), area("B", None)],
            members: vec![(code("1"), code("B")), (code(member), code("A"))],
        };
        let drawn = GroupingTable {
            id: level("circo"),
            level: None,
            areas: vec![area("é", Some(square(2.0)))],
            members: vec![],
            ..by_members("2")
        };
        let id = store.import(file("a.csv"), Payload::Grouping(by_members("2"))).await.expect("members");
        let other = store.import(file("b.geojson"), Payload::Grouping(drawn.clone())).await.expect("polygons");
        assert_eq!(store.groupings().await.expect("listed"), [by_members("2"), drawn.clone()]);
        let again = store.import(file("x.csv"), Payload::Grouping(by_members("2"))).await.expect_err("twice");
        assert!(again.to_string().contains(&format!("--replaces {id}")), "{again}");
        let replacing = NewImport { replaces: Some(id), ..file("c.csv") };
        let lost = store.import(replacing.clone(), Payload::Grouping(by_members("7"))).await.expect_err("no such area");
        assert!(lost.to_string().contains("city:7"), "{lost}");
        assert!(matches!(store.undo(first).await, Err(StoreError::Dependants { .. })));
        // Areas that take the place of its members keep it.
        let newer = NewImport { replaces: Some(first), ..file("newer.geojson") };
        let first = store.import(newer, cities()).await.expect("the same codes");
        let id = store.import(replacing, Payload::Grouping(by_members("2"))).await.expect("a replacement");
        let listed = store.imports().await.expect("listed");
        let kind = listed.iter().find(|import| import.id == id).map(|import| import.kind);
        assert_eq!(kind, Some(ImportKind::Grouping));
        assert_eq!(store.groupings().await.expect("listed"), [drawn, by_members("2")]);
        for import in [id, other, first] {
            store.undo(import).await.expect("nothing stands on it");
        }
        assert_eq!(store.groupings().await.expect("listed"), []);
    }

    async fn where_people_live_comes_back_to_the_bit_and_goes_with_its_import(store: &dyn Store) {
        let place = |place, people| PopulationRow { place, people };
        let rows: Vec<PopulationRow> = (0..1_200)
            .map(|at| place(PopulationPlace::Point([2.0 + 0.1 * f64::from(at), -48.1]), 0.1 * f64::from(at)))
            .chain([
                place(PopulationPlace::Cell("CRS3035RES200mN2029800E4252400".into()), 1.0 / 3.0),
                place(PopulationPlace::Polygon(square(2.0)), 7.0),
            ])
            .collect();
        let first = store.import(file("people.csv"), Payload::Population(rows.clone())).await.expect("imported");
        let second = vec![place(PopulationPlace::Point([5.0, 45.0]), 3.5)];
        let other = store.import(file("more.csv"), Payload::Population(second.clone())).await.expect("imported");
        assert_eq!(store.population().await.expect("listed"), [(first, rows), (other, second.clone())]);
        let wrong = Payload::Population(vec![place(PopulationPlace::Point([5.0, 45.0]), f64::NAN)]);
        assert!(matches!(store.import(file("bad.csv"), wrong).await, Err(StoreError::Conflict(_))));
        store.undo(first).await.expect("undone");
        assert_eq!(store.population().await.expect("listed"), [(other, second)]);
        assert_eq!(store.imports().await.expect("listed")[0].kind, ImportKind::Population);
    }

    async fn how_counts_were_moved_comes_back_and_goes_with_its_import(store: &dyn Store) {
        with_results(store).await;
        let about = Transfer {
            areas: "stations-2014.geojson".into(),
            sha256: "f".repeat(64),
            whole: 2,
            by_people: 1,
            by_surface: 0,
            votes: 300,
            cut: 90,
            outside: 4,
            pairs: [1, 0],
        };
        let error = |cut: f64| TransferError { cut, registered: Some(7.5), voters: 6.0, valid: 5.5, votes: vec![3.1, 0.1] };
        let record = TransferRecord {
            about,
            errors: vec![
                (level("city"), code("01001"), error(20.0)),
                (level("quarter"), code("A"), error(31.4)),
            ],
        };
        let election = Election { id: "moved".parse().expect("an id"), ..election() };
        let payload = Payload::Results {
            election: election.clone(),
            level: level("quarter"),
            rows: whole_rows(),
            transfer: Some(record.clone()),
        };
        let id = store.import(file("moved.csv"), payload).await.expect("moved");
        assert_eq!(store.transfers(&election.id).await.expect("transfers"), [record]);
        store.undo(id).await.expect("undone");
        assert!(store.transfers(&election.id).await.expect("none").is_empty());
    }

    async fn noised_counts_come_back_as_they_went_in(store: &dyn Store) {
        store.import(file("cities.geojson"), cities()).await.expect("cities");
        let mut batch = tallies("week12", Some("2"));
        batch.counts.push((None, answers(30, [Some(40), Some(-3), None, None])));
        let import = store.import(canvass("a.csv", 'a', None), Payload::Tallies(batch.clone())).await.expect("tallies");
        let scores = NewTallies {
            kind: TallyKind::Scores,
            batch: "march".to_owned(),
            date: None,
            counts: vec![(None, AnswerCounts::new(20, [None, None, Some(5), None], NoiseLaw::Exact).expect("exact"))],
            ..batch.clone()
        };
        let other = store.import(canvass("b.csv", 'b', None), Payload::Tallies(scores.clone())).await.expect("scores");
        let row = |import, batch: &NewTallies, at: usize| {
            let (area, counts) = batch.counts[at].clone();
            TallyRow { import, area, batch: batch.batch.clone(), date: batch.date, kind: batch.kind, counts }
        };
        let expected = [row(import, &batch, 0), row(import, &batch, 1), row(other, &scores, 0)];
        assert_eq!(store.tallies().await.expect("tallies"), expected);
        let imports = store.imports().await.expect("imports");
        let line = |at: usize| (imports[at].kind, imports[at].batch.as_deref(), imports[at].eps);
        assert_eq!(line(1), (ImportKind::Tallies, Some("week12"), Some(0.75)));
        assert_eq!(line(2), (ImportKind::Scores, Some("march"), None));
        let mut twice = tallies("week13", Some("2"));
        twice.counts.push(twice.counts[0].clone());
        let error = store.import(canvass("c.csv", 'c', None), Payload::Tallies(twice)).await.expect_err("twice");
        assert!(error.to_string().contains("week13"), "{error}");
        let lost = Payload::Tallies(tallies("week13", Some("7")));
        let error = store.import(canvass("c.csv", 'c', None), lost).await.expect_err("no such area");
        assert!(error.to_string().contains("city:7"), "{error}");
        let error = store.undo(imports[0].id).await.expect_err("tallies stand on it");
        assert!(error.to_string().contains("a.csv: 1 rows"), "{error}");
        store.undo(import).await.expect("undone");
        assert_eq!(store.tallies().await.expect("tallies"), expected[2..]);
    }

    async fn a_batch_is_counted_three_times_at_most(store: &dyn Store) {
        store.import(file("cities.geojson"), cities()).await.expect("cities");
        let week = || Payload::Tallies(tallies("week12", Some("2")));
        let first = store.import(canvass("a.csv", 'a', None), week()).await.expect("once");
        let error = store.import(canvass("b.csv", 'b', None), week()).await.expect_err("the batch is there");
        assert!(error.to_string().contains(&format!("--replaces {first}")), "{error}");
        let second = store.import(canvass("b.csv", 'b', Some(first)), week()).await.expect("twice");
        store.undo(second).await.expect("undone");
        // Neither another name nor another file gives the budget back.
        let renamed = Payload::Tallies(tallies("week 12", Some("2")));
        let third = store.import(canvass("b.csv", 'b', None), renamed).await.expect("three times");
        store.undo(third).await.expect("undone");
        for (sha, batch) in [('a', "another"), ('d', "week 12"), ('d', "week12")] {
            let again = Payload::Tallies(tallies(batch, Some("2")));
            let error = store.import(canvass("d.csv", sha, None), again).await.expect_err("a fourth time");
            assert!(matches!(&error, StoreError::Conflict(why) if why.contains("3 times")), "{error}");
        }
        let imports = store.imports().await.expect("imports");
        assert!(imports[1..].iter().all(|import| import.lineage == first), "{imports:?}");
        store.import(canvass("d.csv", 'd', None), Payload::Tallies(tallies("week13", None))).await.expect("another");
        assert_eq!(store.tallies().await.expect("tallies").len(), 1);
    }

    async fn an_import_that_fails_leaves_nothing(store: &dyn Store) {
        store.import(file("cities.geojson"), cities()).await.expect("cities");
        let orphan = store.import(file("quarters.geojson"), quarters("77")).await.expect_err("no such parent");
        assert!(matches!(&orphan, StoreError::Conflict(why) if why.contains("city:77")), "{orphan}");
        let twice = Payload::Areas {
            level: level("quarter"),
            parent_level: Some(level("city")),
            areas: vec![area("1", Some("1")), area("1", Some("1"))],
            aliases: vec![],
        };
        assert!(matches!(store.import(file("x"), twice).await, Err(StoreError::Conflict(_))));
        let mut rows = whole_rows();
        rows.push(row(Some(("quarter", "404")), true));
        assert!(matches!(store.import(file("x"), results(rows)).await, Err(StoreError::Conflict(_))));
        let mut huge = vec![row(None, false)];
        huge[0].counts.voters = u64::MAX;
        assert!(matches!(store.import(file("x"), results(huge)).await, Err(StoreError::Conflict(_))));
        let mut shapeless = area("1", None);
        shapeless.wkb = Some(vec![0; 20]);
        let shapeless = Payload::Areas { level: level("hall"), parent_level: None, areas: vec![shapeless], aliases: vec![] };
        assert!(matches!(store.import(file("x"), shapeless).await, Err(StoreError::Conflict(_))));
        assert_eq!(store.imports().await.expect("imports").len(), 1);
        assert_eq!(store.elections().await.expect("elections"), []);
        assert_eq!(store.areas(&level("quarter")).await.expect("areas"), []);
    }

    async fn an_import_dropped_half_way_is_whole_or_not_there(store: &dyn Store) {
        store.import(file("cities.geojson"), cities()).await.expect("cities");
        let many = || {
            let areas = (0..3000).map(|at| area(&format!("q{at:05}"), Some("1"))).collect();
            Payload::Areas { level: level("quarter"), parent_level: Some(level("city")), areas, aliases: vec![] }
        };
        for polls in [1, 2, 4, 8, 12] {
            let mut import = Box::pin(store.import(file("quarters.geojson"), many()));
            for _ in 0..polls {
                let done = import.as_mut().poll(&mut Context::from_waker(Waker::noop()));
                if let Poll::Ready(done) = done {
                    store.undo(done.expect("an import")).await.expect("undone");
                    break;
                }
                // Long enough for the database to answer: each poll meets a later step.
                std::thread::sleep(std::time::Duration::from_millis(3));
                tokio::task::yield_now().await;
            }
            drop(import);
            // The last poll may have handed the commit to the database: then the import is there, but whole. A write
            // waits until it has ended either way.
            store.set_meta("settled", &polls.into()).await.expect("a write");
            let left = store.areas(&level("quarter")).await.expect("areas").len();
            let active: Vec<_> = store.imports().await.expect("imports")[1..]
                .iter()
                .filter(|import| import.status == ImportStatus::Active)
                .map(|import| import.id)
                .collect();
            assert_eq!((left, active.len()), if active.is_empty() { (0, 0) } else { (3000, 1) });
            for id in active {
                store.undo(id).await.expect("undone");
            }
        }
        store.import(file("quarters.geojson"), many()).await.expect("the way is free");
        assert_eq!(store.areas(&level("quarter")).await.expect("areas").len(), 3000);
    }

    async fn undo_refuses_while_others_stand_on_it_and_names_them(store: &dyn Store) {
        let [first, second, third] = with_results(store).await;
        let error = store.undo(first).await.expect_err("others stand on it");
        let StoreError::Dependants { dependants, .. } = &error else { panic!("{error}") };
        assert_eq!(dependants.len(), 2, "{error}");
        assert!(error.to_string().contains("results.csv: 1 rows"), "{error}");
        store.undo(third).await.expect("the last first");
        assert_eq!(store.elections().await.expect("elections"), []);
        store.undo(second).await.expect("then the one before");
        store.undo(first).await.expect("then the first");
        assert_eq!(store.areas(&level("city")).await.expect("areas"), []);
        assert_eq!(store.aliases(&level("city")).await.expect("aliases"), []);
        assert!(matches!(store.undo(first).await, Err(StoreError::Conflict(_))));
        assert!(matches!(store.undo(ImportId(99)).await, Err(StoreError::NotFound { .. })));
        let again = store.import(file("cities.geojson"), cities()).await.expect("cities again");
        assert!(again > third, "a number is never given twice");
    }

    async fn a_replacement_takes_the_place_or_changes_nothing(store: &dyn Store) {
        let [first, second, third] = with_results(store).await;
        let replacing = |id| NewImport { replaces: Some(id), ..file("new") };
        let new = store.import(replacing(first), cities()).await.expect("the same codes again");
        let without_two = Payload::Areas {
            level: level("quarter"),
            parent_level: Some(level("city")),
            areas: vec![area("1", Some("1"))],
            aliases: vec![],
        };
        let error = store.import(replacing(second), without_two).await.expect_err("a count stands on quarter 2");
        assert!(error.to_string().contains("quarter:2"), "{error}");
        let other = store.import(replacing(third), cities()).await.expect_err("areas for results");
        assert!(matches!(other, StoreError::Conflict(_)), "{other}");
        let mut fewer_lists = election();
        fewer_lists.lists.pop();
        let mut counts = row(None, false);
        counts.counts.votes.pop();
        let payload = Payload::Results { election: fewer_lists.clone(), level: level("quarter"), rows: vec![counts], transfer: None };
        let known = store.import(file("x"), payload.clone()).await.expect_err("known with other lists");
        assert!(known.to_string().contains("pres2017t1"), "{known}");
        let last = store.import(replacing(third), payload).await.expect("its only import is replaced");
        assert_eq!(store.elections().await.expect("elections"), [fewer_lists]);
        let imports = store.imports().await.expect("imports");
        let find = |id| imports.iter().find(|import| import.id == id).expect("listed");
        assert_eq!((find(first).status, find(second).status), (ImportStatus::Replaced, ImportStatus::Active));
        assert_eq!((find(new).lineage, find(new).replaces), (first, Some(first)));
        assert_eq!(find(last).lineage, third);
    }

    async fn a_publication_is_logged_once(store: &dyn Store) {
        with_results(store).await;
        let log = |number| SnapshotLog {
            number,
            published_at: datetime!(2026-11-24 12:00 UTC),
            reading: "default".to_owned(),
            geography: "g".to_owned(),
            results: "r".to_owned(),
            manifest: json!({"number": number}),
        };
        let mut figures = [Some([0.3, 0.2, 0.4]); Measure::COUNT];
        figures[Measure::Margin.index()] = None;
        let rows = [PublishedRow {
            level: level("quarter"),
            code: code("2"),
            electors: Electors::Known(900),
            pooled: false,
            figures,
        }];
        store.record_snapshot(&log(1), &rows, &[]).await.expect("first");
        store.record_snapshot(&log(2), &rows, &[]).await.expect("second");
        assert!(matches!(store.record_snapshot(&log(2), &rows, &[]).await, Err(StoreError::Conflict(_))));
        assert_eq!(store.snapshots().await.expect("log"), [log(1), log(2)]);
    }

    async fn all_of_france_goes_in_and_comes_out(store: &dyn Store) {
        let started = std::time::Instant::now();
        let areas = (0..35_000).map(|at| AreaRecord { wkb: Some(square(2.0)), ..area(&format!("{at:05}"), None) }).collect();
        let areas = Payload::Areas { level: level("commune"), parent_level: None, areas, aliases: vec![] };
        store.import(file("communes.geojson"), areas).await.expect("communes");
        let areas_s = started.elapsed().as_secs_f64();
        let mut france = election();
        let list = france.lists[0].clone();
        france.lists = (0..34)
            .map(|at| ListName { id: format!("LISTE {at}").parse().expect("a list"), ..list.clone() })
            .collect();
        let mut one = row(None, false);
        one.counts.votes = (0..34).map(|at| at * 7).collect();
        let rows: Vec<ResultRow> = (0..70_000)
            .map(|at| ResultRow { area: Some((level("commune"), code(&format!("{:05}", at % 35_000)))), ..one.clone() })
            .collect();
        let payload = Payload::Results { election: france, level: level("commune"), rows: rows.clone(), transfer: None };
        store.import(file("results.csv"), payload).await.expect("results");
        let results_s = started.elapsed().as_secs_f64() - areas_s;
        assert_eq!(store.results(&election().id).await.expect("results"), rows);
        let read_s = started.elapsed().as_secs_f64() - areas_s - results_s;
        println!("35,000 areas in {areas_s:.1} s, 70,000 rows of 34 lists in {results_s:.1} s, read in {read_s:.1} s");
    }

    async fn a_small_fact_is_kept_and_changed(store: &dyn Store) {
        assert_eq!(store.meta("seed").await.expect("none"), None);
        store.set_meta("seed", &json!(1)).await.expect("set");
        store.set_meta("seed", &json!({"a": 2})).await.expect("set again");
        assert_eq!(store.meta("seed").await.expect("some"), Some(json!({"a": 2})));
    }
}

#[tokio::test]
async fn sqlite_syncs_fully_and_reopens() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("evidence.sqlite");
    let store = open_sqlite(&path).await.expect("a new store");
    with_results(&*store).await;
    store.close().await;
    assert!(matches!(store.imports().await, Err(StoreError::Unavailable(_))));
    let store = open_sqlite(&path).await.expect("the same store");
    assert_eq!(store.imports().await.expect("imports").len(), 3);
    store.close().await;
    std::fs::write(&path, b"not a database, but long enough to be looked at as one").expect("written");
    assert!(matches!(open_sqlite(&path).await, Err(StoreError::Damaged(_))));
}

#[tokio::test]
async fn postgis_shows_published_figures_with_geometry() {
    let Some(url) = postgis_url() else { return };
    let schema = schema();
    let store = open_postgis(url, &schema).await.expect("a new store");
    with_results(&*store).await;
    let log = SnapshotLog {
        number: 1,
        published_at: datetime!(2026-11-24 12:00 UTC),
        reading: "default".to_owned(),
        geography: "g".to_owned(),
        results: "r".to_owned(),
        manifest: json!({}),
    };
    let row = PublishedRow {
        level: level("quarter"),
        code: code("2"),
        electors: Electors::Known(900),
        pooled: false,
        figures: [Some([0.312, 0.28, 0.35]); Measure::COUNT],
    };
    store.record_snapshot(&log, &[row], &[]).await.expect("published");
    let pool = sqlx::PgPool::connect(url).await.expect("a connection");
    let query = format!(
        "select name, parent, favourable, change_low, st_area(geom), st_srid(geom) from {schema}.published_estimates"
    );
    let found: Vec<(String, String, f64, f64, f64, i32)> =
        sqlx::query_as(sqlx::AssertSqlSafe(query)).fetch_all(&pool).await.expect("the view");
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].1.as_str(), found[0].2, found[0].3, found[0].5), ("1", 0.312, 0.28, 4326));
    assert!((found[0].4 - 0.01).abs() < 1e-9);
    let areas = sqlx::AssertSqlSafe(format!("select count(*) from {schema}.published_areas"));
    assert_eq!(sqlx::query_scalar::<_, i64>(areas).fetch_one(&pool).await.expect("the view"), 7);
    let indexes = "select count(*) from pg_indexes where schemaname = $1 and indexdef like '%USING gist%'";
    let gist: i64 = sqlx::query_scalar(indexes).bind(&schema).fetch_one(&pool).await.expect("indexes");
    assert_eq!(gist, 2);
}

#[tokio::test]
async fn a_database_that_is_not_there_is_unavailable() {
    let error = open_postgis("postgres://nobody@127.0.0.1:1/none", "t1").await.expect_err("no server");
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
    assert!(matches!(open_postgis("postgres://x@127.0.0.1:1/x", "a;b").await, Err(StoreError::Conflict(_))));
}
