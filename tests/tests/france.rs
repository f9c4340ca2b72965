//! All of France by commune: no vote is lost, every commune is on the map from its first zoom on, and neighbours leave
//! neither a gap nor an overlap. One campaign is imported; every check looks at it.

use geo::Contains;
use geozero::ToGeo;
use quartier_snapshot::{GeographyLevel, Published};
use quartier_tests::partition::{self, Piece};
use quartier_tests::{Desk, Named, Service, count, data, named_rows, tile};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;
use std::process::Command;

/// Communes of fr-admin-2018.
const COMMUNES: usize = 35_357;

/// Tiles by zoom, column and row.
type Tiles = BTreeMap<(u64, u64, u64), Vec<u8>>;

/// README of the results: election, file, day, registered, voters, valid.
const ELECTIONS: [(&str, &str, &str, [u64; 3]); 4] = [
    ("euro2014", "2014-europeennes", "2014-05-25", [46_544_712, 19_747_893, 18_955_761]),
    ("pres2017t1", "2017-presidentielle-1", "2017-04-23", [47_582_183, 37_003_728, 36_054_394]),
    ("pres2017t2", "2017-presidentielle-2", "2017-05-07", [47_568_693, 35_467_327, 31_381_603]),
    ("euro2019", "2019-europeennes", "2019-05-26", [47_345_120, 23_731_193, 22_654_423]),
];

#[test]
fn france_loses_no_vote_and_no_commune() {
    let Some(data) = data() else { return };
    let desk = Desk::new();
    let file = |name: &str| data.join(name).to_string_lossy().into_owned();
    desk.ok(&["init", "campaign", "--name", "France", "--levels", "region,departement,commune"]);
    let admin = "fr-admin-2018";
    desk.import_areas(&file(&format!("{admin}/regions.geojson.gz")), ["region", "{code}", "{nom}"], &[]);
    desk.import_areas(
        &file(&format!("{admin}/departements.geojson.gz")),
        ["departement", "{code}", "{nom}"],
        &["--parent", "{region}"],
    );
    let report = desk.import_areas(
        &file(&format!("{admin}/communes.geojson.gz")),
        ["commune", "{code}", "{nom}"],
        &[
            "--parent",
            "{departement}",
            "--aliases",
            &file(&format!("{admin}/communes-passage.csv")),
            "--alias-from",
            "code_ancien",
            "--alias-to",
            "code_geo2018",
        ],
    );
    assert_eq!(report["account"]["repaired"], serde_json::json!(["14174"]));
    for (election, name, date, totals) in ELECTIONS {
        let to_communes = ["--level", "commune", "--code", "{insee}", "--row-key", "{departement}{commune}-{bureau}"];
        let account = &desk.national_results(&data, name, election, date, &to_communes);
        assert_eq!(account["votes"], serde_json::json!([totals[2], totals[2]]), "{election}");
        // What is left without a polygon is overseas collectivities and French citizens abroad.
        for unplaced in account["unplaced"].as_array().expect("a list") {
            let code = unplaced[1].as_str().expect("a code");
            let metropolitan = code.len() == 5 && code.as_bytes()[0].is_ascii_digit() && !code.starts_with('9');
            assert!(!metropolitan, "{election}: {code} is unplaced");
        }
        if election == "euro2019" {
            let without: Vec<&str> =
                account["no_result"].as_array().expect("a list").iter().filter_map(|code| code.as_str()).collect();
            let merged = merged_in_2019(&file(&format!("{admin}/communes-passage.csv")));
            assert_eq!(merged.len(), 387);
            assert!(merged.iter().all(|code| without.contains(&code.as_str())));
            // Beside them the six villages of the Meuse, and three communes of which the file has no row.
            assert_eq!(without.len(), 387 + 6 + 3);
        }
    }
    for election in ["pres2017t1", "pres2017t2"] {
        desk.ok(&["blocs", election, "--favourable", "MACRON", "--opposed", "LE PEN"]);
    }
    desk.ok(&["estimate", "--baseline", "pres2017t2", "--seed", "1"]);
    desk.ok(&["publish"]);

    let published = desk.published();
    let results = published.results().expect("results");
    for (election, _, _, [registered, voters, valid]) in ELECTIONS {
        let total = &results.election(election).expect("an election").total;
        assert_eq!((total.registered, total.voters, total.valid), (Some(registered), voters, valid), "{election}");
    }
    departements_are_the_sums_of_their_stations(&desk, &published, &data);

    let geography = published.geography().expect("a geography");
    let level = geography.level("commune").expect("communes");
    assert_eq!(level.rows(), COMMUNES);
    let info = &level.tileset.as_ref().expect("a tileset").info;
    let (first, last) = (info["minzoom"].as_u64().expect("a zoom"), info["maxzoom"].as_u64().expect("a zoom"));
    assert!(first <= 3 && last >= 11, "communes have zooms {first} to {last}");
    let mut wanted: BTreeSet<(u64, u64, u64)> = BTreeSet::new();
    for zoom in first..=10 {
        wanted.extend(tiles_of(level, zoom).into_iter().map(|(x, y)| (zoom, x, y)));
    }
    let deepest: Vec<(u64, u64)> = tiles_of(level, 11).into_iter().collect();
    wanted.extend(deepest.iter().step_by(deepest.len() / 60).map(|(x, y)| (11, *x, *y)));
    wanted.extend(ALL_LAND.iter().copied());
    let tiles = served(&desk, &wanted);
    every_commune_is_there(&tiles, first);
    neighbours_leave_no_gap_and_no_overlap(&tiles, level);
    no_tile_is_wrong(&desk, &tiles, &data);
}

/// For every ballot: the stations of the source summed by departement, and those of no departement.
fn departements_are_the_sums_of_their_stations(desk: &Desk, published: &Published, data: &Path) {
    let passage = std::fs::File::open(data.join("fr-admin-2018/communes-passage.csv")).expect("the table of mergers");
    let merged: BTreeMap<String, String> = named_rows(passage)
        .into_iter()
        .map(|mut row| (row.remove("code_ancien").expect("a code"), row.remove("code_geo2018").expect("a code")))
        .collect();
    for (election, name, _, [registered, voters, valid]) in ELECTIONS {
        let file = data.join(format!("fr-results-2014-2019/{name}_par_bureau_large.csv.gz"));
        let file = flate2::read::MultiGzDecoder::new(std::fs::File::open(file).expect("the results"));
        let (lists, mut sums) = by_departement(file, &merged);
        let past = desk.past(election, "departement");
        assert_eq!(past.len(), 101, "{election}");
        let mut columns = vec!["registered".to_owned(), "voters".to_owned(), "valid".to_owned()];
        columns.extend(lists.iter().map(|list| format!("list:{list}")));
        let mut everything = vec![0; columns.len()];
        for (code, row) in &past {
            let of_stations = sums.remove(code).expect("every departement has stations");
            for ((column, sum), all) in columns.iter().zip(of_stations).zip(&mut everything) {
                assert_eq!(count(row, column), sum, "{election}: {column} of departement {code}");
                *all += sum;
            }
        }
        // What is left votes overseas and abroad; it belongs to no polygon and to the nation.
        let mut left = vec![0; columns.len()];
        for sum in sums.values() {
            left.iter_mut().zip(sum).for_each(|(all, own)| *all += own);
        }
        let published = published.results().and_then(|results| results.election(election)).expect("an election");
        let [unplaced] = published.unplaced.as_slice() else { panic!("{election}: {:?}", published.unplaced) };
        assert_eq!((unplaced.level.as_str(), &unplaced.code), ("campaign", &None), "{election}");
        let counts = &unplaced.counts;
        let ids: Vec<&str> = published.election.lists.iter().map(|list| list.id.as_str()).collect();
        assert_eq!(ids, lists, "{election}");
        assert_eq!(
            [&[counts.registered.unwrap_or(0), counts.voters, counts.valid][..], &counts.votes].concat(),
            left,
            "{election}"
        );
        everything.iter_mut().zip(left).for_each(|(all, own)| *all += own);
        assert_eq!(everything[..3], [registered, voters, valid], "{election}");
        assert_eq!(everything[3..].iter().sum::<u64>(), valid, "{election}: every valid vote is for a list");
    }
}

/// Registered, voters, valid and every list by departement of the polygons of 2018, by the rules of the READMEs; the
/// names of the lists.
fn by_departement(
    file: impl std::io::Read,
    merged: &BTreeMap<String, String>,
) -> (Vec<String>, BTreeMap<String, Vec<u64>>) {
    let mut reader = csv::Reader::from_reader(file);
    let header = reader.headers().expect("a header").clone();
    let at = |name: &str| header.iter().position(|column| column == name).expect("a column");
    let (departement, commune, valid) = (at("departement"), at("commune"), at("exprimes"));
    let lists: Vec<String> = header.iter().skip(valid + 1).map(str::to_owned).collect();
    let counted: Vec<usize> =
        [at("inscrits"), at("votants"), valid].into_iter().chain(valid + 1..header.len()).collect();
    let mut sums: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for record in reader.records() {
        let record = record.expect("a station");
        let insee = insee(&record[departement], &record[commune]);
        let today = merged.get(&insee).unwrap_or(&insee);
        let code = if today.starts_with("97") { &today[..3] } else { &today[..2] };
        let sum = sums.entry(code.to_owned()).or_insert_with(|| vec![0; counted.len()]);
        for (sum, column) in sum.iter_mut().zip(&counted) {
            *sum += record[*column].parse::<u64>().expect("a count");
        }
    }
    (lists, sums)
}

/// README: overseas departements are `97` and the number of the commune; Mayotte's 5xx are 6xx.
fn insee(departement: &str, commune: &str) -> String {
    match departement {
        "ZM" | "976" if commune.starts_with('5') => format!("976{}", &commune[1..]),
        "ZA" | "ZB" | "ZC" | "ZD" | "ZM" | "971" | "972" | "973" | "974" | "976" => format!("97{commune}"),
        other => format!("{other}{commune}"),
    }
}

/// Communes of 2018 that became part of another one on 1 January 2019.
fn merged_in_2019(passage: &str) -> Vec<String> {
    let rows: Vec<Named> = named_rows(std::fs::File::open(passage).expect("a table"));
    let same = |row: &Named| row["code_ancien"] == row["code_geo2018"];
    rows.into_iter().filter(same).map(|row| row["code_ancien"].clone()).collect()
}

/// The tiles as a client gets them; those with nothing in them are not among them.
fn served(desk: &Desk, wanted: &BTreeSet<(u64, u64, u64)>) -> Tiles {
    let service = Service::of(desk);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let mut tiles = Tiles::new();
        for (zoom, x, y) in wanted {
            if let Some(body) = service.get(&format!("/tiles/1/commune/{zoom}/{x}/{y}.mvt")).await {
                tiles.insert((*zoom, *x, *y), body);
            }
        }
        tiles
    })
}

fn every_commune_is_there(tiles: &Tiles, first: u64) {
    let mut seen: BTreeMap<u64, HashSet<u64>> = BTreeMap::new();
    for ((zoom, ..), bytes) in tiles.iter().filter(|((zoom, ..), _)| *zoom <= 8) {
        let drawn = tile::areas(bytes, "commune").into_iter().filter(|area| area.piece.doubled_area() > 0);
        seen.entry(*zoom).or_default().extend(drawn.map(|area| area.piece.id));
    }
    for zoom in first..=8 {
        assert_eq!(seen[&zoom].len(), COMMUNES, "communes with an area at zoom {zoom}");
    }
}

/// Tiles without a coast or a frontier: every square of them is some commune's.
const ALL_LAND: [(u64, u64, u64); 12] = [
    (8, 128, 92),
    (8, 129, 90),
    (8, 130, 88),
    (8, 131, 91),
    (11, 1040, 704),
    (11, 1041, 710),
    (11, 1042, 706),
    (11, 1043, 708),
    (11, 1044, 705),
    (11, 1045, 711),
    (11, 1046, 707),
    (11, 1047, 709),
];

/// Units of a tile's square and of what it has around it.
const SQUARE: [i64; 2] = [-64, 4096 + 64];

fn neighbours_leave_no_gap_and_no_overlap(tiles: &Tiles, level: &GeographyLevel) {
    for zoom in [5, 8, 11] {
        let (mut judged, mut holes) = (0, 0);
        for (place, bytes) in tiles.iter().filter(|((own, ..), _)| *own == zoom) {
            let pieces: Vec<Piece> = tile::areas(bytes, "commune").into_iter().map(|area| area.piece).collect();
            let found = partition::judge(&pieces, SQUARE[0], SQUARE[1]);
            assert!(found.faults.is_empty(), "{place:?}: {} faults: {:#?}", found.faults.len(), found.faults.first());
            if ALL_LAND.contains(place) {
                let side = SQUARE[1] - SQUARE[0];
                assert_eq!(pieces.iter().map(Piece::doubled_area).sum::<i64>(), 2 * side * side, "{place:?}");
                assert!(found.uncovered <= 0.0, "{place:?} has {} squares without a commune", found.uncovered);
            }
            for hole in found.holes {
                assert!(is_of_the_source(*place, hole.inside, level), "{place:?}: {hole:?}");
                holes += 1;
            }
            judged += 1;
        }
        println!("zoom {zoom}: {judged} tiles, {holes} holes of the source");
        assert!(judged >= 5, "{judged} tiles at zoom {zoom}");
    }
    assert!(ALL_LAND.iter().all(|place| tiles.contains_key(place)));
}

/// Whether the imported outlines leave something uncovered within two units of a place in a tile.
fn is_of_the_source((zoom, x, y): (u64, u64, u64), inside: [f64; 2], level: &GeographyLevel) -> bool {
    let side = 2_f64.powi(i32::try_from(zoom).expect("a small zoom"));
    let around = (-8..=8).flat_map(|right| (-8..=8).map(move |down| [right, down].map(|n: i32| f64::from(n) / 4.0)));
    let places: Vec<geo::Coord> = around
        .map(|[right, down]| {
            let column = (x as f64 + (inside[0] + right) / 4096.0) / side;
            let row = (y as f64 + (inside[1] + down) / 4096.0) / side;
            let latitude = (std::f64::consts::PI * (1.0 - 2.0 * row)).sinh().atan().to_degrees();
            geo::Coord { x: column * 360.0 - 180.0, y: latitude }
        })
        .collect();
    let near = |row: &usize| {
        level.bounds(*row).is_some_and(|[west, south, east, north]| {
            places.iter().any(|at| at.x >= west && at.x <= east && at.y >= south && at.y <= north)
        })
    };
    let outlines: Vec<geo::Geometry> = (0..level.rows())
        .filter(near)
        .filter_map(|row| geozero::wkb::Wkb(level.outlines.wkb(row)?).to_geo().ok())
        .collect();
    places.iter().any(|at| !outlines.iter().any(|outline| outline.contains(at)))
}

/// The strict checker judges every tile.
fn no_tile_is_wrong(desk: &Desk, tiles: &Tiles, data: &Path) {
    let folder = desk.path().join("tiles");
    std::fs::create_dir(&folder).expect("a folder");
    let mut files = Vec::new();
    for ((zoom, x, y), body) in tiles {
        let file = folder.join(format!("{zoom}-{x}-{y}.mvt"));
        std::fs::write(&file, body).expect("written");
        files.push(file);
    }
    assert!(files.len() > 1_000, "{} tiles", files.len());
    let checker = data.join("../tools/mvt_strict.py");
    for files in files.chunks(400) {
        let judged = Command::new("python3").arg(&checker).args(files).output().expect("python3");
        let said = String::from_utf8_lossy(&judged.stdout);
        assert!(judged.status.success(), "{said}");
        assert_eq!(said.lines().filter(|line| line.contains(" OK ")).count(), files.len());
    }
}

/// The tiles that the communes' bounds touch.
fn tiles_of(level: &GeographyLevel, zoom: u64) -> BTreeSet<(u64, u64)> {
    let side = 2_f64.powi(i32::try_from(zoom).expect("a small zoom"));
    let column = |longitude: f64| ((longitude + 180.0) / 360.0 * side).clamp(0.0, side - 1.0) as u64;
    let row = |latitude: f64| {
        let y = (1.0 - latitude.to_radians().tan().asinh() / std::f64::consts::PI) / 2.0 * side;
        y.clamp(0.0, side - 1.0) as u64
    };
    let mut tiles = BTreeSet::new();
    for [west, south, east, north] in (0..level.rows()).filter_map(|row| level.bounds(row)) {
        for x in column(west)..=column(east) {
            tiles.extend((row(north)..=row(south)).map(|y| (x, y)));
        }
    }
    tiles
}
