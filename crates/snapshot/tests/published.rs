//! Round trips, damage, interruption and fallback of the published directories.

use proptest::prelude::*;
use quartier_model::{
    AnswerCounts, Blocs, Comparable, Counts, Draw, Election, Electors, ElectorsSource, GroupingMethod, Level,
    LevelTable, LevelValues, ListName, MISSING, Measure, Membership, NoiseLaw, ReadingId,
};
use quartier_snapshot::*;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use time::macros::datetime;

fn level(id: &str, codes: &[&str], parents: Vec<Option<u32>>) -> LevelContent {
    let rows = codes.len();
    LevelContent {
        h3: None,
        level: Level { id: id.parse().expect("a level"), label_fr: id.into(), label_en: id.into() },
        codes: codes.iter().map(|code| code.parse().expect("a code")).collect(),
        names: codes.iter().map(|code| format!("Œuilly {code}")).collect(),
        parents,
        electors: (0..rows).map(|row| if row == 1 { Electors::Unknown } else { Electors::Known(100) }).collect(),
        points: (0..rows).map(|row| (row != 1).then_some([2.123_456_78, 48.5])).collect(),
        bounds: (0..rows).map(|row| (row != 1).then_some([2.0, 48.0, 3.0, 49.0])).collect(),
        outlines: (0..rows).map(|row| (row != 1).then(|| vec![row as u8 + 1; row + 3])).collect(),
        neighbours: (0..rows).map(|row| if row == 0 { vec![1] } else { vec![] }).collect(),
        tileset: Some(TilesetContent {
            info: serde_json::json!({"minzoom": 3}),
            geometry: format!("geometry of {id}"),
            skeleton: Some(b"skeleton".to_vec()),
            points: b"points".to_vec(),
        }),
    }
}

fn geography() -> GeographyContent {
    GeographyContent {
        levels: vec![
            level("city", &["1", "2"], vec![None, None]),
            level("quarter", &["a", "b"], vec![Some(0), Some(0)]),
        ],
        bounds: Some([2.0, 48.0, 3.0, 49.0]),
        attribution: vec!["© communes".to_owned()],
        ground: None,
        groupings: Vec::new(),
    }
}

fn counts(registered: u64, votes: &[u64]) -> Counts {
    let valid = votes.iter().sum();
    Counts { registered: Some(registered), voters: valid, valid, blank: None, null: Some(0), votes: votes.to_vec() }
}

fn election() -> ElectionContent {
    let lists: Vec<ListName> = ["MACRON", "LE PEN"]
        .map(|id| ListName { id: id.parse().expect("a list"), label: id.to_owned(), nuance: None })
        .to_vec();
    let published_lists = lists
        .iter()
        .map(|name| PublishedList { name: name.clone(), short: None, colour: Some("#123456".into()) })
        .collect();
    let election = Election {
        id: "pres2017t1".parse().expect("an id"),
        label: "2017".into(),
        date: time::macros::date!(2017 - 04 - 23),
        has_registered: true,
        lists,
    };
    ElectionContent {
        election: PublishedElection {
            election,
            published_lists,
            of: Of::Electors,
            blocs: BTreeMap::from([(ReadingId::default_reading(), Blocs::default())]),
            total: counts(310, &[100, 50]),
            unplaced: vec![Unplaced {
                level: "city".into(),
                code: Some("1".into()),
                counts: counts(10, &[4, 4]),
                file_codes: vec!["JUS1".into()],
            }],
            transfers: vec![],
        },
        counts: vec![
            vec![Some(counts(310, &[100, 50])), None],
            vec![Some(counts(200, &[60, 30])), Some(counts(100, &[36, 16]))],
        ],
        errors: vec![],
        hexes: None,
    }
}

fn level_table(rows: usize, base: i16) -> LevelTable {
    let values = |shift: i16| (0..rows).map(|row| base + shift + row as i16).collect::<Vec<i16>>();
    let mut measures: Vec<LevelValues> = (0..Measure::ALL.len() as i16)
        .map(|at| LevelValues {
            value: values(at),
            low: values(at - 20),
            high: values(at + 20),
            spread: values(at + 1),
            people: (0..rows).map(|row| row as f32 * 1.5).collect(),
            people_low: vec![0.5; rows],
            people_high: vec![2.5; rows],
        })
        .collect();
    let margin = &mut measures[Measure::Margin.index()];
    [&mut margin.people, &mut margin.people_low, &mut margin.people_high].into_iter().for_each(Vec::clear);
    measures[Measure::Mobilisation.index()].value = vec![MISSING; rows];
    LevelTable { electors: vec![100; rows], flags: vec![8; rows], measures }
}

fn manifest() -> SnapshotManifest {
    SnapshotManifest {
        format: 0,
        number: 0,
        published_at: datetime!(2026-11-24 12:00 UTC),
        name: "Paris".into(),
        language: "fr".into(),
        demo: false,
        end_date: None,
        of: Of::Electors,
        reading: ReadingId::default_reading(),
        readings: vec![],
        baseline: "pres2017t1".parse().expect("an id"),
        geography: String::new(),
        geography_blake3: String::new(),
        results: String::new(),
        results_blake3: String::new(),
        seed: 1,
        method: "prior 1".into(),
        evidence: vec![EvidenceRecord {
            kind: "areas".into(),
            file: "a.geojson".into(),
            sha256: "00".repeat(32),
            at: datetime!(2026-11-24 11:00 UTC),
            account: serde_json::json!({"read": 2}),
        }],
        model_card: serde_json::json!({}),
        privacy: "none".into(),
        edges: BTreeMap::from([(Measure::Favourable, vec![0.1, 0.2, 0.3, 0.4, 0.5])]),
        campaign: BTreeMap::from([(
            Measure::Turnout,
            CampaignFigure {
                value: 700,
                low: 650,
                high: 750,
                people: Some(217.5),
                people_interval: Some([201.5, 232.5]),
            },
        )]),
        electors: Some(310),
        common_points: 2.1,
        newer_than_baseline: false,
        files: Files::new(),
    }
}

const LEAVES: [(u8, u32); 3] = [(0, 1), (1, 0), (1, 1)];

fn draws() -> Vec<Draw> {
    (0..LEAVES.len() * 4).map(|at| Draw { abstainers: at as u16, undecided: 7, favourable: 60_000 }).collect()
}

fn answers() -> AnswerCounts {
    let law = NoiseLaw::discrete_laplace(1.0).expect("a law");
    AnswerCounts::new(20, [None, Some(-2), Some(13), Some(9)], law).expect("lawful counts")
}

/// Publishes one snapshot more; gives its number.
fn publish(folder: &Path) -> u32 {
    let hash = write_geography(folder, &geography()).expect("a geography");
    let geography = Geography::open(&folder.join("geographies").join(hash), None).expect("whole");
    let hash = write_results(folder, &geography, &[election()], (&Comparable::default(), None)).expect("results");
    let results = Results::open(&folder.join("results").join(hash), None).expect("whole");
    let tables = [level_table(2, 300), level_table(2, 400)];
    let sources = [ElectorsSource::Baseline, ElectorsSource::Unknown];
    let draws = draws();
    let content = SnapshotContent {
        manifest: manifest(),
        levels: tables.iter().map(|table| SnapshotLevelContent { table, sources: &sources }).collect(),
        hexes: None,
        draws: DrawsContent { leaves: &LEAVES, electors: &[1, 2, 3], draws: 4, values: &draws },
        answers: PlacedAnswers::of([(2, &answers())]),
    };
    let candidate =
        write_candidate(&folder.join("candidates"), "default", &geography, &results, &content).expect("written");
    assert_eq!(Snapshot::open_candidate(&candidate, folder).expect("whole").number(), 0);
    publish_candidate(folder, &candidate, |manifest| manifest.privacy = "stated".into()).expect("published").number()
}

fn overwrite(path: &Path, bytes: &[u8]) {
    // A new file in its place: an open map keeps the old one, as it would with a bad copy.
    fs::remove_file(path).expect("removed");
    fs::write(path, bytes).expect("written");
}

/// Every file of a folder and of the folders below.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() { found.extend(files(&entry)) } else { found.push(entry) }
    }
    found.sort();
    found
}

#[test]
fn what_is_published_is_read_back_as_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(publish(folder.path()), 1);
    let published = Published::open(folder.path()).expect("opens");
    assert_eq!(published.damages(), []);
    let snapshot = published.current().expect("a snapshot");
    let geography = snapshot.geography();
    let quarter = geography.level("quarter").expect("the level");
    assert_eq!((quarter.row("b"), quarter.row("c"), quarter.parent(1)), (Some(1), None, Some(0)));
    assert_eq!((quarter.point(0), quarter.point(1)), (Some([2.12346, 48.5]), None));
    assert_eq!((quarter.electors(0), quarter.electors(1)), (Electors::Known(100), Electors::Unknown));
    assert_eq!((quarter.outlines.wkb(0), quarter.outlines.wkb(1)), (Some(&[1u8, 1, 1][..]), None));
    assert_eq!(quarter.neighbours.of(0).collect::<Vec<_>>(), [1]);
    assert_eq!(quarter.skeleton.as_deref(), Some(&b"skeleton"[..]));
    let wire: serde_json::Value = serde_json::from_slice(&quarter.areas_json).expect("JSON");
    assert_eq!(wire["parent_level"], "city");
    assert_eq!(wire["points"], serde_json::json!([2.12346, 48.5, null, null]));
    assert_eq!(wire["geography"], geography.hash());
    for (id, base) in [("city", 300), ("quarter", 400)] {
        let values = snapshot.values(id).expect("values");
        assert_eq!(values.to_level_table(), level_table(2, base));
        assert_eq!(values.table().header().more["snapshot"], 1);
        assert_eq!(values.table().text("level"), Some(id));
    }
    let values = snapshot.values("quarter").expect("values");
    assert_eq!(values.figure(Measure::Favourable, 1), Some(Figure { value: 401, low: 381, high: 421, spread: 402 }));
    assert_eq!(values.figure(Measure::Mobilisation, 0), None);
    let people = People { value: 1.5, interval: Some([0.5, 2.5]) };
    assert_eq!((values.people(Measure::Favourable, 1), values.people(Measure::Margin, 1)), (Some(people), None));
    assert_eq!(values.electors_source(0), ElectorsSource::Baseline);
    assert_eq!(snapshot.answers(), &PlacedAnswers::of([(2, &answers())]));
    let own = snapshot.draws();
    assert_eq!((own.len(), own.draws(), own.leaf(1, 1), own.electors(2)), (3, 4, Some(2), Some(3)));
    let flat: Vec<Draw> = (0..3).flat_map(|leaf| own.of(leaf).collect::<Vec<_>>()).collect();
    assert_eq!(flat, draws());
    assert_eq!(own.get(2, 3), draws().last().copied());
    assert_eq!(own.get(0, 4), None);
    let table = published.results().expect("results").table("pres2017t1", "city").expect("a table");
    assert_eq!((table.counts(0), table.counts(1)), (Some(counts(310, &[100, 50])), None));
    assert_eq!((table.flags(0), table.flags(1)), (result_flags::OWN_UNPLACED, result_flags::NO_RESULT));
    assert_eq!(snapshot.manifest().privacy, "stated");
    assert_eq!(snapshot.manifest().campaign, manifest().campaign);
}

/// Two cantons: the first has city 2 and a part of quarter a, whose rest is in none; the second has quarter b.
fn grouping() -> GroupingContent {
    let cut = BTreeMap::from([(1, vec![(None, 30), (Some(0), 70)])]);
    GroupingContent {
        areas: level("canton", &["A", "B"], vec![None, None]),
        membership: Membership::new(vec![Some(0), Some(0), Some(1)], cut).expect("lawful"),
        pieces: vec![(4, Some(0)), (7, None)],
        errors: vec![12.5, 0.0],
        facts: GroupingFacts {
            method: GroupingMethod::Pieces,
            members: None,
            cut_areas: 1,
            cut_electors: 100,
            unplaced_electors: 30,
        },
    }
}

#[test]
fn a_grouping_is_read_back_beside_the_levels() {
    let folder = tempfile::tempdir().expect("a folder");
    let plain = geography();
    let content = GeographyContent { groupings: vec![grouping()], ..plain.clone() };
    assert_ne!(content.hash(), plain.hash());
    let hash = write_geography(folder.path(), &content).expect("a geography");
    let geography = Geography::open(&folder.path().join("geographies").join(hash), None).expect("whole");
    let own = &geography.groupings()[0];
    let expected = grouping();
    assert_eq!((&own.membership, &own.pieces, &own.errors), (&expected.membership, &expected.pieces, &expected.errors));
    assert_eq!(own.facts, expected.facts);
    assert_eq!((own.area_of_piece(4), own.area_of_piece(5), own.area_of_piece(7)), (Some(0), None, None));
    assert_eq!((geography.position("canton"), geography.levels().len()), (Some(2), 2));
    assert_eq!(geography.at(2).and_then(|areas| areas.row("B")), Some(1));
    assert!(geography.grouping_at(1).is_none() && geography.above(2).is_none() && geography.at(3).is_none());
    assert_eq!(geography.above(1).map(|above| above.level.id.to_string()), Some("city".to_owned()));
    let mut election = election();
    election.counts.push(vec![Some(counts(70, &[20, 10])), None]);
    let hash = write_results(folder.path(), &geography, &[election], (&Comparable::default(), None)).expect("results");
    let results = Results::open(&folder.path().join("results").join(hash), None).expect("whole");
    let table = results.table("pres2017t1", "canton").expect("a table");
    assert_eq!((table.flags(0), table.flags(1)), (result_flags::MOVED, result_flags::NO_RESULT));

    let refused = |change: fn(&mut GroupingContent)| {
        let mut grouping = grouping();
        change(&mut grouping);
        write_geography(folder.path(), &GeographyContent { groupings: vec![grouping], ..self::geography() }).is_err()
    };
    assert!(refused(|own| own.errors.clear()));
    assert!(refused(|own| own.pieces.reverse()));
    assert!(refused(|own| own.pieces[0].1 = Some(2)));
    assert!(refused(|own| own.membership = Membership::default()));
    assert!(refused(|own| own.areas.parents[0] = Some(0)));
    assert!(refused(|own| own.areas.level.id = "city".parse().expect("an id")));
}

#[test]
fn a_measure_is_one_contiguous_range() {
    let folder = tempfile::tempdir().expect("a folder");
    publish(folder.path());
    let published = Published::open(folder.path()).expect("opens");
    let table = published.current().expect("a snapshot").values("city").expect("values").table();
    let columns = &table.header().columns;
    assert_eq!((columns[0].name.as_str(), columns[1].name.as_str()), ("electors", "flags"));
    for (at, measure) in Measure::ALL.into_iter().enumerate() {
        let own: Vec<(&str, &str)> = columns[2 + at * 4..6 + at * 4]
            .iter()
            .map(|column| (column.name.as_str(), column.field.as_str()))
            .collect();
        assert_eq!(own, ["value", "low", "high", "spread"].map(|field| (measure.id(), field)));
    }
}

#[test]
fn every_damaged_file_is_refused_and_the_last_whole_snapshot_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    publish(folder.path());
    assert_eq!(publish(folder.path()), 2);
    for path in files(&folder.path().join("snapshots/2")) {
        let whole = fs::read(&path).expect("bytes");
        let mut flipped = whole.clone();
        let middle = flipped.len() / 2;
        flipped[middle] ^= 1;
        let mut longer = whole.clone();
        longer.push(0);
        for bad in [&flipped[..], &longer, &whole[..whole.len() - 1], &[]] {
            overwrite(&path, bad);
            let published = Published::open(folder.path()).expect("opens");
            assert_eq!(published.current().map(|own| own.number()), Some(1), "{}", path.display());
            assert!(published.damages().iter().any(|damage| damage.what == "snapshot 2"), "{}", path.display());
            assert!(published.snapshot(2).is_err());
        }
        fs::remove_file(&path).expect("removed");
        assert_eq!(Published::open(folder.path()).expect("opens").current().map(|own| own.number()), Some(1));
        fs::write(&path, whole).expect("mended");
    }
    let published = Published::open(folder.path()).expect("opens");
    assert_eq!(published.current().map(|own| own.number()), Some(2));
    assert_eq!(published.snapshot(1).expect("still addressable").number(), 1);
}

#[test]
fn a_damaged_geography_or_results_directory_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    publish(folder.path());
    for path in files(&folder.path().join("geographies")).into_iter().chain(files(&folder.path().join("results"))) {
        if path.file_name().is_some_and(|name| name == ".lock") {
            continue;
        }
        let whole = fs::read(&path).expect("bytes");
        let mut flipped = whole.clone();
        let middle = flipped.len() / 2;
        flipped[middle] ^= 1;
        overwrite(&path, &flipped);
        let published = Published::open(folder.path()).expect("opens");
        assert!(published.current().is_none() && !published.damages().is_empty(), "{}", path.display());
        overwrite(&path, &whole);
    }
    assert!(Published::open(folder.path()).expect("opens").current().is_some());
}

#[test]
fn a_damaged_pointer_falls_back_to_the_newest_whole_snapshot() {
    let folder = tempfile::tempdir().expect("a folder");
    publish(folder.path());
    publish(folder.path());
    overwrite(&folder.path().join("current.json"), b"{\"form");
    let published = Published::open(folder.path()).expect("opens");
    assert_eq!(published.current().map(|own| own.number()), Some(2));
    assert_eq!(published.damages()[0].what, "current.json");
    assert_eq!(publish(folder.path()), 3, "publishing mends it");
    assert_eq!(Published::open(folder.path()).expect("opens").damages(), []);
}

#[test]
fn a_publisher_that_stops_before_the_rename_leaves_the_old_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    publish(folder.path());
    let snapshots = folder.path().join("snapshots");
    let mut killed = DirectoryWriter::create(&snapshots).expect("begun");
    killed.write("values-city.qvt", |out| out.write_all(b"half")).expect("written");
    let left = fs::read_dir(&snapshots).expect("a folder").count();
    // While it lives, an open leaves its work alone.
    Published::open(folder.path()).expect("opens");
    assert_eq!(fs::read_dir(&snapshots).expect("a folder").count(), left);
    // A kill runs no destructor; what the system frees is the lock.
    let aside = fs::read_dir(&snapshots)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(".aside-")))
        .expect("the work");
    let copy = snapshots.join(".aside-0-0");
    fs::create_dir(&copy).expect("a folder");
    fs::copy(aside.join("values-city.qvt"), copy.join("values-city.qvt")).expect("copied");
    drop(killed);
    let published = Published::open(folder.path()).expect("opens");
    assert!(!copy.exists(), "leftovers are deleted");
    assert_eq!(published.current().map(|own| own.number()), Some(1));
    // Renamed, but killed before the pointer: it was not acknowledged, and its number is not used again.
    fs::create_dir(snapshots.join("2")).expect("a folder");
    for file in files(&snapshots.join("1")) {
        fs::copy(&file, snapshots.join("2").join(file.file_name().expect("a name"))).expect("copied");
    }
    let published = Published::open(folder.path()).expect("opens");
    assert_eq!(published.current().map(|own| own.number()), Some(1));
    assert_eq!(publish(folder.path()), 3);
}

#[test]
fn the_past_alone_is_published_before_any_snapshot() {
    let folder = tempfile::tempdir().expect("a folder");
    let nothing = Published::open(&folder.path().join("missing")).expect("opens");
    assert!(nothing.current().is_none() && nothing.geography().is_none() && nothing.damages().is_empty());
    let hash = write_geography(folder.path(), &geography()).expect("a geography");
    Pointer::advance(folder.path(), &hash, None).expect("pointed");
    let published = Published::open(folder.path()).expect("opens");
    assert_eq!(published.geography().map(|own| own.hash()), Some(hash.as_str()));
    let results = write_results(
        folder.path(),
        published.geography().expect("just found"),
        &[election()],
        (&Comparable::default(), None),
    )
    .expect("results");
    Pointer::advance(folder.path(), &hash, Some(&results)).expect("pointed");
    let published = published.reopen().expect("opens");
    assert_eq!(published.results().expect("results").elections().len(), 1);
    assert!(published.current().is_none());
    assert_eq!(published.next_number().expect("a number"), 1);
}

#[test]
fn the_same_content_is_published_once_and_its_skeleton_is_linked() {
    let folder = tempfile::tempdir().expect("a folder");
    let hash = write_geography(folder.path(), &geography()).expect("a geography");
    assert_eq!(write_geography(folder.path(), &geography()).expect("the same"), hash);
    let mut renamed = geography();
    renamed.levels[0].names[0] = "Other".into();
    for level in &mut renamed.levels {
        level.tileset.as_mut().expect("tiles").skeleton = None;
    }
    let other = write_geography(folder.path(), &renamed).expect("linked");
    assert_ne!(other, hash);
    let other = Geography::open(&folder.path().join("geographies").join(other), None).expect("whole");
    assert_eq!(other.levels()[0].skeleton.as_deref(), Some(&b"skeleton"[..]));
    renamed.levels[0].tileset.as_mut().expect("tiles").geometry = "never compiled".into();
    assert!(matches!(write_geography(folder.path(), &renamed), Err(SnapshotError::NotFound { .. })));
}

#[test]
fn what_does_not_fit_together_is_not_published() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut unsorted = geography();
    unsorted.levels[0].codes.reverse();
    assert!(matches!(write_geography(folder.path(), &unsorted), Err(SnapshotError::Unpublishable(_))));
    let mut orphan = geography();
    orphan.levels[1].parents[0] = Some(9);
    assert!(matches!(write_geography(folder.path(), &orphan), Err(SnapshotError::Unpublishable(_))));
    let hash = write_geography(folder.path(), &geography()).expect("a geography");
    let geography = Geography::open(&folder.path().join("geographies").join(hash), None).expect("whole");
    let mut short = election();
    short.counts[1].pop();
    assert!(matches!(
        write_results(folder.path(), &geography, &[short], (&Comparable::default(), None)),
        Err(SnapshotError::Unpublishable(_))
    ));
    let left: Vec<_> = files(&folder.path().join("results"));
    assert_eq!(left, [folder.path().join("results/.lock")], "nothing but the lock is left");
}

#[test]
fn a_reader_outlives_the_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    publish(folder.path());
    let snapshot = Arc::clone(Published::open(folder.path()).expect("opens").current().expect("a snapshot"));
    fs::remove_dir_all(folder.path()).expect("removed");
    assert_eq!(snapshot.values("city").expect("values").to_level_table(), level_table(2, 300));
}

#[test]
fn a_hash_from_outside_never_becomes_a_path() {
    let folder = tempfile::tempdir().expect("a folder");
    publish(folder.path());
    let published = Published::open(folder.path()).expect("opens");
    for hash in ["..", "../snapshots/1", "", "/etc", &"0".repeat(32)] {
        assert!(matches!(published.geography_by_hash(hash), Err(SnapshotError::NotFound { .. })), "{hash}");
        assert!(matches!(published.results_by_hash(hash), Err(SnapshotError::NotFound { .. })), "{hash}");
    }
}

fn small_table() -> Vec<u8> {
    let mut table = TableWriter::new("values", 3).with("level", "city");
    table.column("electors", "value", &[1u32, 2, u32::MAX]);
    table.column("flags", "value", &[1u8, 2, 3]);
    table.column("favourable", "value", &[-1i16, MISSING, 7]);
    table.to_bytes()
}

#[test]
fn a_table_is_laid_out_as_the_specification_says() {
    let bytes = small_table();
    assert_eq!(&bytes[..4], b"QVT1");
    let length = u32::from_le_bytes(bytes[4..8].try_into().expect("four")) as usize;
    assert_eq!(length % 8, 0);
    let header: serde_json::Value = serde_json::from_slice(&bytes[8..8 + length]).expect("JSON");
    let offsets: Vec<_> = (0..3).map(|at| header["columns"][at]["offset"].as_u64().expect("a number")).collect();
    assert_eq!(offsets, [0, 16, 24]);
    assert_eq!(header["columns"][2]["type"], "i16");
    assert_eq!(bytes[8 + length + 24..], [0xff, 0xff, 0, 0x80, 7, 0]);
    let table = Table::new(bytes.into()).expect("whole");
    assert!(table.column::<u16>("favourable", "value").is_err());
    assert_eq!(table.column::<i16>("favourable", "value").expect("a column").to_vec(), [-1, MISSING, 7]);
}

proptest! {
    #[test]
    fn no_bytes_make_a_table_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Table::new(bytes.into());
    }

    #[test]
    fn no_change_of_a_table_makes_it_panic(at in 0usize..400, byte: u8, cut in 0usize..400) {
        let mut bytes = small_table();
        let at = at % bytes.len();
        bytes[at] = byte;
        bytes.truncate(bytes.len() - cut % bytes.len());
        if let Ok(table) = Table::new(bytes.into()) {
            for column in table.header().columns.clone() {
                if let Ok(column) = table.column::<u32>(&column.name, &column.field) {
                    let _ = (column.to_vec(), column.get(usize::MAX), column.range(5..usize::MAX).len());
                }
            }
        }
    }
}
