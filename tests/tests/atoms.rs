//! Atoms: electors placed once, hexagons that are sums of the same pieces as areas, the lasso. The same whole numbers
//! everywhere, on France by commune with the points of its polling stations, Minnesota by precinct, and Paris.

use quartier_estimate::{Sums, lean_offsets};
use quartier_export::ResultRows;
use quartier_geometry::PieceIndex;
use quartier_model::{Counts, DRAWS};
use quartier_snapshot::{Geography, Snapshot, UNKNOWN_ELECTORS};
use quartier_tests::{Desk, Service, count, data, named_rows, tile};
use serde_json::{Value, json};
use std::sync::Arc;

/// Sets of electors whose draws are added up one by one.
const MOST_SETS: usize = 20_000;

/// Electors, and the exact sums of the draws.
type Whole = (u64, [[u64; DRAWS]; 4]);

fn add(sum: &mut Whole, other: &Sums) {
    sum.0 += other.electors;
    for (sums, others) in sum.1.iter_mut().zip(&other.groups) {
        sums.iter_mut().zip(others).for_each(|(sum, other)| *sum += other);
    }
}

/// The sum over sets of electors, each a list of leaves and electors.
fn whole(snapshot: &Snapshot, sets: impl Iterator<Item = Vec<(u32, u32)>>) -> Whole {
    let odds: Vec<f64> = lean_offsets(snapshot.manifest().seed).into_iter().map(f64::exp).collect();
    let mut sum = (0, [[0; DRAWS]; 4]);
    for set in sets {
        add(&mut sum, &Sums::of_parts(&set, |leaf| snapshot.draws().of(leaf as usize), &odds));
    }
    sum
}

/// For each leaf, its node at a level; the leaf's own where it stands above the level.
fn rows_of(geography: &Geography, level: usize) -> Vec<u32> {
    let tree = geography.tree();
    let at =
        |leaf: u32| std::iter::once(leaf).chain(tree.ancestors(leaf)).find(|node| tree.level(level).contains(node));
    tree.leaves().map(|leaf| at(leaf).unwrap_or(leaf)).collect()
}

/// Pieces, areas of every level and hexagons of every resolution are the same electors and the same draws.
fn the_same_whole_numbers_everywhere(snapshot: &Snapshot) {
    let geography = snapshot.geography();
    let ground = geography.ground().expect("pieces");
    let (pieces, draws) = (&ground.pieces, snapshot.draws());
    let known = |leaf: usize| draws.electors(leaf).filter(|n| *n != UNKNOWN_ELECTORS).unwrap_or(0);
    let elsewhere: Vec<(u32, u32)> =
        (0..draws.len()).map(|leaf| (leaf as u32, pieces.elsewhere(leaf))).filter(|(_, n)| *n > 0).collect();
    let mut placed: Vec<u64> = (0..draws.len()).map(|leaf| u64::from(pieces.elsewhere(leaf))).collect();
    pieces.iter().for_each(|(leaf, _, electors)| placed[leaf as usize] += u64::from(electors));
    assert!((0..draws.len()).all(|leaf| placed[leaf] == u64::from(known(leaf))), "pieces and elsewhere of a leaf");

    let of_pieces = pieces.iter().map(|(leaf, _, electors)| vec![(leaf, electors)]).chain([elsewhere.clone()]);
    let expected = whole(snapshot, of_pieces);
    assert!(expected.0 > 1_000, "{} electors", expected.0);
    for level in 0..geography.levels().len() {
        let mut sets: std::collections::BTreeMap<u32, Vec<(u32, u32)>> = std::collections::BTreeMap::new();
        for (leaf, node) in rows_of(geography, level).into_iter().enumerate() {
            sets.entry(node).or_default().push((leaf as u32, known(leaf)));
        }
        assert!(whole(snapshot, sets.into_values()) == expected, "areas of level {level}");
    }
    let hexes = quartier_export::Hexes::of(geography).expect("hexagons");
    let index = PieceIndex::new(pieces.iter());
    let values = snapshot.values("hex").expect("values of hexagons");
    for resolution in 3..=10 {
        let rows = hexes.rows(geography, resolution, None);
        let sets: Vec<Vec<(u32, u32)>> =
            rows.iter().map(|row| index.of_cell(hexes.cover().cell(*row).expect("a cell"))).collect();
        for (row, set) in rows.iter().zip(&sets) {
            let electors: u64 = set.iter().map(|(_, electors)| u64::from(*electors)).sum();
            assert_eq!(values.electors(*row).known().map(u64::from), Some(electors));
            let alone = electors >= u64::from(pieces.least()) || hexes.cover().is_end(*row);
            assert!(alone, "a hexagon of {electors} electors is shown alone at {resolution}");
        }
        let mut by_leaf: Vec<u64> = (0..draws.len()).map(|leaf| u64::from(pieces.elsewhere(leaf))).collect();
        sets.iter().flatten().for_each(|(leaf, electors)| by_leaf[*leaf as usize] += u64::from(*electors));
        assert!(by_leaf == placed, "hexagons of resolution {resolution} hold the electors of every leaf");
        // The sums of draws follow, as they are linear; they are added up where that does not take minutes.
        if sets.len() < MOST_SETS {
            let sum = whole(snapshot, sets.into_iter().chain([elsewhere.clone()]));
            assert!(
                sum == expected,
                "hexagons of resolution {resolution}: {} electors, expected {}",
                sum.0,
                expected.0
            );
        }
    }
}

/// The votes of every election are those of its hexagons, of every resolution, and of whoever is in none.
fn votes_add_up_over_hexagons(snapshot: &Snapshot) {
    let (geography, results) = (snapshot.geography(), snapshot.results());
    for election in results.elections() {
        let id = election.election.id.as_str();
        for resolution in 3..=10 {
            let counts =
                ResultRows::of(geography, results, id, "hex").expect("counts of hexagons").at(Some(resolution));
            let part = counts.part(None);
            let rows: Vec<Counts> = counts.rows(&part.rows).filter_map(|row| row.counts).collect();
            assert!(!rows.is_empty(), "{id} has a past at {resolution}");
            let mut sum = Counts::zero(election.election.lists.len(), election.election.has_registered);
            rows.iter().chain(part.unplaced.iter().map(|own| &own.what)).for_each(|own| sum.add(own));
            assert_eq!(sum, election.total, "{id} by hexagons of resolution {resolution}");
            assert!(rows.iter().all(|own| own.check().is_ok()), "{id} at {resolution}");
        }
    }
}

/// Areas with fewer electors than the rule say that they are pooled, and show the figure of their group.
fn small_areas_show_a_joint_estimate(snapshot: &Snapshot) -> usize {
    let geography = snapshot.geography();
    let least = geography.ground().expect("pieces").pieces.least();
    let mut small = 0;
    for level in geography.levels() {
        let values = snapshot.values(level.level.id.as_str()).expect("values");
        for row in 0..level.rows() {
            let electors = values.electors(row).known().unwrap_or(0);
            let pooled = values.flags(row) & quartier_model::flags::POOLED != 0;
            assert!(pooled || electors == 0 || electors >= least, "{}: {electors} electors alone", level.level.id);
            small += usize::from(pooled && electors < least);
        }
    }
    small
}

/// Every tile over a set of places, at every zoom: it decodes, and is small enough.
async fn tiles_are_small(service: &Service, geography: &Geography, places: &[(f64, f64)]) -> usize {
    let (hash, mut largest) = (geography.hash(), 0);
    for zoom in 2..=14_u32 {
        for (lon, lat) in places {
            let side = f64::from(1_u32 << zoom);
            let x = ((lon + 180.0) / 360.0 * side) as u32;
            let y = ((1.0 - lat.to_radians().tan().asinh() / std::f64::consts::PI) / 2.0 * side) as u32;
            for path in
                [format!("/tiles/1/hex/{zoom}/{x}/{y}.mvt"), format!("/tiles/geometry/{hash}/hex/{zoom}/{x}/{y}.mvt")]
            {
                let Some(bytes) = service.get_gzipped(&path).await else { continue };
                largest = largest.max(bytes.len());
                assert!(bytes.len() < 200_000, "{path}: {} bytes", bytes.len());
            }
        }
    }
    largest
}

async fn lasso(service: &Service, shape: &Value) -> Value {
    let (status, body) = service.post("/api/v1/estimates/within", shape.to_string()).await;
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
    serde_json::from_slice(&body).expect("JSON")
}

fn square(west: f64, south: f64, side: f64) -> Value {
    let (east, north) = (west + side, south + side);
    json!({"type": "Polygon", "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]]})
}

fn published(desk: &Desk, baseline: &str) -> Arc<Snapshot> {
    desk.ok(&["estimate", "--baseline", baseline, "--seed", "1"]);
    desk.ok(&["publish"]);
    desk.published().current().expect("a snapshot").clone()
}

#[tokio::test]
async fn paris_is_the_same_in_stations_hexagons_and_lassos() {
    let Some(data) = data() else { return };
    let desk = Desk::new();
    desk.paris(&data);
    let snapshot = published(&desk, "pres2017t2");
    the_same_whole_numbers_everywhere(&snapshot);
    votes_add_up_over_hexagons(&snapshot);
    small_areas_show_a_joint_estimate(&snapshot);
    let service = Service::of(&desk);
    let largest = tiles_are_small(&service, snapshot.geography(), &[(2.35, 48.86), (2.29, 48.84)]).await;
    assert!(largest > 1_000, "tiles hold hexagons: the largest has {largest} bytes");

    let campaign: Value =
        serde_json::from_slice(&service.get("/api/v1/campaign").await.expect("a body")).expect("JSON");
    assert_eq!(
        (campaign["hexes"]["id"].as_str(), campaign["hexes"]["resolutions"][10].as_u64()),
        (Some("hex"), Some(8))
    );
    // One lasso around everything is the campaign itself, to the thousandth.
    let all = lasso(&service, &square(2.0, 48.5, 1.0)).await;
    let electors = snapshot.manifest().electors.expect("known");
    assert_eq!((all["electors"].as_u64(), all["widened"].as_bool()), (Some(electors), Some(false)));
    let city: Value =
        serde_json::from_slice(&service.get("/api/v1/areas/city/75056").await.expect("a body")).expect("JSON");
    for measure in ["favourable", "abstainers", "margin", "persuasion", "mobilisation"] {
        let ends = ["value", "low", "high"];
        let of = |view: &Value| ends.map(|end| view["estimate"][measure][end].as_f64());
        assert_eq!(of(&all), of(&city), "{measure}");
    }
    chosen_areas_are_summed(&service).await;
    // A few doors: too few, so that the hexagons around answer.
    let few = lasso(&service, &square(2.35, 48.86, 0.0002)).await;
    assert_eq!(few["widened"].as_bool(), Some(true));
    assert!(few["drawn"].as_u64() < Some(50) && few["electors"].as_u64() >= Some(50), "{few}");
    assert!(few["said"]["fr"].as_str().expect("words").contains("hexagones"));
    let hexagon = few["hexagons"][0].as_str().expect("a hexagon");
    let one: Value =
        serde_json::from_slice(&service.get(&format!("/api/v1/areas/hex/{hexagon}")).await.expect("a body"))
            .expect("JSON");
    if few["hexagons"].as_array().map(Vec::len) == Some(1) {
        assert_eq!(few["estimate"]["favourable"]["value"], one["estimate"]["favourable"]["value"]);
    }
    assert_eq!(one["path"][0]["code"], "75056");
    hexagons_are_exported(&desk, &service, electors).await;
    bad_polygons_are_refused(&service).await;
}

/// All parts of an area, chosen one by one, have its figures; a station of few electors is answered by what is above it.
async fn chosen_areas_are_summed(service: &Service) {
    let get = async |path: &str| -> Value {
        serde_json::from_slice(&service.get(path).await.expect("a body")).expect("JSON")
    };
    let inside = get("/api/v1/areas?level=bureau&parent=arrondissement:75119&limit=1000").await;
    let codes: Vec<&Value> = inside["areas"].as_array().expect("areas").iter().map(|area| &area["code"]).collect();
    let sum = lasso(service, &json!({"level": "bureau", "codes": codes})).await;
    let mut whole = get("/api/v1/areas/arrondissement/75119").await;
    // The past of a set that was drawn is not counted, so nothing says how it changed.
    whole["estimate"].as_object_mut().expect("measures").remove("change");
    assert_eq!((&sum["drawn"], &sum["widened"]), (&whole["electors"], &json!(false)));
    assert!(whole["estimate"].as_object().is_some_and(|own| !own.is_empty()));
    assert_eq!(sum["estimate"], whole["estimate"], "a sum of all parts is the whole");
    let twice = lasso(service, &json!({"level": "bureau", "codes": [codes[0], codes[0]]})).await;
    let once = lasso(service, &json!({"level": "bureau", "codes": [codes[0]]})).await;
    assert_eq!(twice, once, "a code that is named twice is counted once");
}

async fn hexagons_are_exported(desk: &Desk, service: &Service, electors: u64) {
    for resolution in ["6", "9"] {
        let arguments = ["export", "--level", "hex", "--resolution", resolution, "-o", "-", "--format"];
        let rows = named_rows(desk.ok(&[&arguments[..], &["csv"]].concat()).as_bytes());
        let hexes = rows.iter().filter(|row| row["level"] == "hex");
        let elsewhere = rows.iter().filter(|row| row["level"] == "elsewhere" && row["parent"] != "75056");
        let sum = hexes.clone().chain(elsewhere).map(|row| count(row, "electors")).sum::<u64>();
        assert_eq!(sum, electors, "resolution {resolution}");
        let geojson: Value = serde_json::from_str(&desk.ok(&[&arguments[..], &["geojson"]].concat())).expect("JSON");
        assert_eq!(geojson["quartier"]["resolution"], resolution.parse::<u64>().expect("a number"));
        let corners = geojson["features"][0]["geometry"]["coordinates"][0][0].as_array().expect("a ring").len();
        assert_eq!(corners, 7, "six corners and the first again");
        let path = format!("/api/v1/estimates?level=hex&resolution={resolution}&limit=10000");
        let body: Value = serde_json::from_slice(&service.get(&path).await.expect("a body")).expect("JSON");
        assert_eq!(body["total"].as_u64(), Some(hexes.count() as u64));
    }
    let refused = desk.refused(&["export", "--level", "bureau", "--resolution", "8", "--format", "csv", "-o", "-"]);
    assert!(refused.contains("only hexagons"), "{refused}");
}

async fn bad_polygons_are_refused(service: &Service) {
    let many: Vec<[f64; 2]> = (0..10_002).map(|at| [2.0 + f64::from(at) * 1e-5, 48.0]).collect();
    let bow =
        json!({"type": "Polygon", "coordinates": [[[2.0, 48.0], [3.0, 49.0], [3.0, 48.0], [2.0, 49.0], [2.0, 48.0]]]});
    for (body, word) in [
        ("{".to_owned(), "no JSON"),
        (json!({"type": "Point", "coordinates": [2.0, 48.0]}).to_string(), "found type `Point`"),
        (json!({"type": "Polygon", "coordinates": [[[2.0, 48.0], [3.0, 48.0], [2.0, 48.0]]]}).to_string(), "4 or more"),
        (
            json!({"type": "Polygon", "coordinates": [[[2.0, 48.0], [300.0, 48.0], [3.0, 49.0], [2.0, 48.0]]]})
                .to_string(),
            "-180..180",
        ),
        (json!({"type": "Polygon", "coordinates": [many]}).to_string(), "at most 10000"),
        (bow.to_string(), "crosses itself"),
        (json!({"level": "bureau", "codes": []}).to_string(), "a list of one text or more"),
        (json!({"level": "bureau", "codes": [12]}).to_string(), "a list of one text or more"),
        (json!({"codes": ["75056-0101"]}).to_string(), "expected `level`"),
        (json!({"level": "ward", "codes": ["1"]}).to_string(), "no level is called"),
        (json!({"level": "bureau", "codes": ["nowhere"]}).to_string(), "there is no area `nowhere`"),
    ] {
        let (status, answer) = service.post("/api/v1/estimates/within", body).await;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert!(status == 400 && answer.contains(word), "{word}: {status} {answer}");
    }
    let (status, _) = service.post("/api/v1/estimates/within", " ".repeat(3 * 1024 * 1024)).await;
    assert_eq!(status, 413);
}

#[test]
fn minnesota_is_the_same_in_precincts_and_hexagons() {
    let Some(data) = data() else { return };
    let desk = Desk::new();
    desk.minnesota(&data);
    let snapshot = published(&desk, "pres2016");
    the_same_whole_numbers_everywhere(&snapshot);
    votes_add_up_over_hexagons(&snapshot);
    assert!(small_areas_show_a_joint_estimate(&snapshot) > 10, "small townships are pooled");
}

#[tokio::test]
async fn france_is_the_same_in_communes_and_hexagons_placed_by_its_polling_stations() {
    let Some(data) = data() else { return };
    let desk = Desk::new();
    let file = |name: &str| data.join(name).to_string_lossy().into_owned();
    desk.ok(&["init", "campaign", "--name", "France", "--levels", "region,departement,commune"]);
    for (name, level, parent) in [
        ("regions", "region", &[][..]),
        ("departements", "departement", &["--parent", "{region}"]),
        ("communes", "commune", &["--parent", "{departement}"]),
    ] {
        desk.import_areas(&file(&format!("fr-admin-2018/{name}.geojson.gz")), [level, "{code}", "{nom}"], parent);
    }
    let to_communes = ["--level", "commune", "--code", "{insee}", "--row-key", "{departement}{commune}-{bureau}"];
    desk.national_results(&data, "2017-presidentielle-1", "pres2017t1", "2017-04-23", &to_communes);
    desk.ok(&["blocs", "pres2017t1", "--favourable", "MACRON", "--opposed", "LE PEN"]);
    let points = file("fr-2024-bureaux-points/bureaux-2024.csv.gz");
    let account = desk.json(&["import", "population", &points, "--count", "leg_inscrits"])["account"].take();
    // The README: 65,931 rows, 44,839,935 registered, 23 points in no commune.
    assert_eq!((account["used"].as_u64(), account["people"].as_f64()), (Some(65_931), Some(44_839_935.0)));
    assert_eq!(account["outside"].as_array().map(Vec::len), Some(23));
    let grid = file("fr-corse-grid-1km/carreaux-1km.csv.gz");
    let account = desk.json(&["import", "population", &grid, "--count", "ind"])["account"].take();
    assert_eq!(account["used"].as_u64(), Some(2_994));
    let people = account["people"].as_f64().expect("people");
    assert!((people - 270_859.0).abs() < 1.0, "{people} people in Corsica");
    let inside = account["in_areas"].as_f64().expect("people");
    assert!(inside > 0.999 * people, "{inside} of {people} are in communes");

    let snapshot = published(&desk, "pres2017t1");
    the_same_whole_numbers_everywhere(&snapshot);
    votes_add_up_over_hexagons(&snapshot);
    assert!(small_areas_show_a_joint_estimate(&snapshot) > 500, "hamlets are pooled");
    let ground = snapshot.geography().ground().expect("pieces");
    assert!(ground.pieces.len() > 35_000 && ground.pieces.len() < 1_000_000, "{} pieces", ground.pieces.len());
    let service = Service::of(&desk);
    let places = [(2.35, 48.85), (-1.5, 47.2), (5.4, 43.3), (9.1, 42.3), (-61.5, 16.2), (2.9, 47.1)];
    let largest = tiles_are_small(&service, snapshot.geography(), &places).await;
    println!("{} pieces, {} hexagons, largest tile {largest} bytes", ground.pieces.len(), ground.hexes.rows());
    let tenth = lasso(&service, &square(-1.0, 45.0, 3.0)).await;
    assert!(tenth["electors"].as_u64() > Some(1_000_000) && tenth["estimate"]["turnout"]["low"].as_f64() > Some(0.2));
    let tile = service.get("/tiles/1/hex/8/129/88.mvt").await.expect("a tile over Paris");
    assert!(tile::areas(&tile, "hex").len() > 50);
    // It would exit with 1.
    let audit = desk.json(&["audit"]);
    let pairs = audit["pairs"].as_array().expect("pairs");
    assert!(pairs.iter().all(|pair| pair["isolated"] == serde_json::json!([])), "{pairs:?}");
    assert_eq!((audit["least"].as_u64(), &audit["together"]), (Some(50), &serde_json::json!([])));
}
