//! Paris by the commands of the design's section 8, as they stand; then the same figure on every face.

use quartier_model::Measure;
use quartier_snapshot::Snapshot;
use quartier_tests::{Desk, Named, Service, count, data, named_rows, tile};
use rand::{RngExt, SeedableRng};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

#[tokio::test]
async fn paris_becomes_a_map_with_the_same_figure_on_every_face() {
    let Some(data) = data() else { return };
    let desk = Desk::new();
    desk.paris(&data);
    desk.ok(&["estimate", "--baseline", "pres2017t2", "--seed", "1"]);
    desk.ok(&["publish"]);
    every_level_has_the_same_sums_of_the_past(&desk);

    let polls = desk.path().join("polls.csv");
    std::fs::write(
        &polls,
        "date,area,turnout,undecided,favourable,opposed,of,n,se\n2017-06-01,all,70%,10%,60%,30%,voters,1000,\n",
    )
    .expect("a file");
    desk.ok(&["import", "polls", &polls.to_string_lossy()]);
    desk.ok(&["estimate", "--baseline", "pres2017t2", "--seed", "1"]);
    desk.ok(&["publish"]);

    // The prisons of 2019 have no polygon: they stay with the city, and are no row of a bureau.
    let account = desk.paris_results(&data, "2019-europeennes", "euro2019", "2019-05-26");
    assert_eq!(account["attached"].as_array().map(Vec::len), Some(1));
    assert_eq!(account["attached"][0][1], "75056-JUS1");
    assert_eq!(account["attached"][0][2], "city:75056");
    assert_eq!(account["votes"][0], account["votes"][1]);

    let faces = Faces::of(&desk).await;
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(20_170_423);
    let levels: Vec<&str> = faces.levels.keys().map(String::as_str).collect();
    let mut pairs = 0;
    for _ in 0..PAIRS {
        let level = levels[rng.random_range(0..levels.len())];
        let row = rng.random_range(0..faces.levels[level].rows);
        let measure = Measure::ALL[rng.random_range(0..Measure::ALL.len())];
        pairs += faces.compare(level, row, measure).await;
    }
    assert_eq!(pairs, PAIRS);
    what_changed_is_the_figure_less_the_exact_share_of_then(&desk, &faces.service).await;
    classes_cut_by_hand_stay(&desk);
}

/// Pairs of an area and a measure that are compared.
const PAIRS: usize = 500;

/// What one face says of a measure: mean and ends of the interval.
type Said = [Option<f64>; 3];

/// Names of the three in files and tiles, and in the API.
const ENDS: [&str; 3] = ["", "_low", "_high"];
const API_ENDS: [&str; 3] = ["value", "low", "high"];

/// A level as its files say it.
struct Level {
    rows: usize,
    geojson: Vec<Value>,
    csv: Vec<Named>,
    table: BTreeMap<(String, String), Vec<Option<f64>>>,
    zoom: u64,
}

/// Every face of a snapshot.
struct Faces {
    snapshot: Arc<Snapshot>,
    service: Service,
    levels: BTreeMap<String, Level>,
}

impl Faces {
    async fn of(desk: &Desk) -> Self {
        let snapshot = desk.published().current().expect("a snapshot").clone();
        assert_eq!(snapshot.number(), 2);
        let service = Service::of(desk);
        let mut levels = BTreeMap::new();
        for own in snapshot.geography().levels() {
            let id = own.level.id.as_str();
            let export = |format: &str| desk.ok(&["export", "--level", id, "--format", format, "-o", "-"]);
            let geojson: Value = serde_json::from_str(&export("geojson")).expect("JSON");
            let mut csv = named_rows(export("csv").as_bytes());
            csv.retain(|row| row["level"] == id);
            let mut geojson = geojson["features"].as_array().expect("features").clone();
            geojson.retain(|feature| feature["properties"]["level"] == id);
            let rows = own.rows();
            assert_eq!((csv.len(), geojson.len()), (rows, rows), "{id}");
            let table = service.get(&format!("/api/v1/snapshots/2/values/{id}")).await.expect("a table");
            let zoom = own.tileset.as_ref().expect("a tileset").info["maxzoom"].as_u64().expect("a zoom");
            levels.insert(id.to_owned(), Level { rows, geojson, csv, table: columns_of(&table), zoom });
        }
        Self { snapshot, service, levels }
    }

    /// Finds one figure on six faces; panics where two differ. 1, to be counted.
    async fn compare(&self, level: &str, row: usize, measure: Measure) -> usize {
        let id = measure.id();
        let own = self.snapshot.geography().level(level).expect("a level");
        let code = own.code(row).expect("a code");
        let figure = self.snapshot.values(level).expect("values").figure(measure, row);
        let share = |thousandths: i16| Some(f64::from(thousandths) / 1000.0);
        let in_snapshot: Said = figure.map_or([None; 3], |f| [share(f.value), share(f.low), share(f.high)]);
        assert!(in_snapshot[0].is_some(), "every area of Paris has electors, so every measure a figure");
        let files = &self.levels[level];
        let (feature, line) = (&files.geojson[row]["properties"], &files.csv[row]);
        assert_eq!((feature["code"].as_str(), line["code"].as_str()), (Some(code), code));
        let body = self.service.get(&format!("/api/v1/areas/{level}/{code}")).await.expect("an area");
        let api: Value = serde_json::from_slice(&body).expect("JSON");
        let [longitude, latitude] = own.point(row).expect("an outline");
        let (x, y) = tile_over(longitude, latitude, files.zoom);
        let tile = self.service.get(&format!("/tiles/2/{level}/{}/{x}/{y}.mvt", files.zoom)).await.expect("a tile");
        let drawn = tile::areas(&tile, level);
        let drawn = drawn.iter().find(|area| area.properties["code"] == code).expect("the area is at its own point");
        let faces: [(&str, Said); 5] = [
            ("tile", ENDS.map(|end| drawn.properties.get(&format!("{id}{end}")).and_then(Value::as_f64))),
            ("values table", API_ENDS.map(|end| files.table[&(id.to_owned(), end.to_owned())][row])),
            ("API", API_ENDS.map(|end| api["estimate"][id][end].as_f64())),
            ("GeoJSON", ENDS.map(|end| feature[&format!("{id}{end}")].as_f64())),
            ("CSV", ENDS.map(|end| line[&format!("{id}{end}")].parse().ok())),
        ];
        for (face, said) in faces {
            assert_eq!(said, in_snapshot, "{face}: {id} of {level}:{code}");
        }
        let people: Said = ["people", "people_low", "people_high"].map(|end| api["estimate"][id][end].as_f64());
        let names = ENDS.map(|end| format!("{id}_people{end}"));
        assert_eq!(names.clone().map(|name| feature[&name].as_f64()), people, "GeoJSON: people of {level}:{code}");
        assert_eq!(names.map(|name| line[&name].parse().ok()), people, "CSV: people of {level}:{code}");
        // What a client of tiles makes of them: electors × share, to within a thousandth and a tenth of a person.
        // A change is of two registers.
        let electors = feature["electors"].as_f64().expect("electors");
        for (share, people) in in_snapshot.into_iter().zip(people).filter(|_| measure != Measure::Change) {
            let derived = electors * share.expect("a share");
            let off = (people.expect("people") - derived).abs();
            assert!(off <= electors * 0.001 + 0.1, "{id} of {level}:{code}: {people:?}, {derived}");
        }
        1
    }
}

/// The columns of thousandths of a values table, by measure and field, as `SPEC.md` of the snapshots lays them out.
fn columns_of(table: &[u8]) -> BTreeMap<(String, String), Vec<Option<f64>>> {
    assert_eq!(&table[..4], b"QVT1");
    let header = 8 + u32::from_le_bytes(table[4..8].try_into().expect("four bytes")) as usize;
    let about: Value = serde_json::from_slice(&table[8..header]).expect("JSON");
    let mut columns = BTreeMap::new();
    for column in about["columns"].as_array().expect("columns").iter().filter(|column| column["type"] == "i16") {
        let number = |name: &str| column[name].as_u64().and_then(|n| usize::try_from(n).ok()).expect("a number");
        let bytes = &table[header + number("offset")..][..2 * number("length")];
        let numbers = bytes.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]]));
        let shares = numbers.map(|n| (n != i16::MIN).then(|| f64::from(n) / 1000.0)).collect();
        let text = |name: &str| column[name].as_str().expect("text").to_owned();
        columns.insert((text("name"), text("field")), shares);
    }
    columns
}

/// The tile that holds a place.
fn tile_over(longitude: f64, latitude: f64, zoom: u64) -> (u64, u64) {
    let side = (1_u64 << zoom) as f64;
    let y = (1.0 - latitude.to_radians().tan().asinh() / std::f64::consts::PI) / 2.0;
    (((longitude + 180.0) / 360.0 * side) as u64, (y * side) as u64)
}

fn every_level_has_the_same_sums_of_the_past(desk: &Desk) {
    for (level, rows) in [("city", 1), ("arrondissement", 20), ("quartier", 80), ("bureau", 896)] {
        let past = desk.past("pres2017t1", level);
        let sum = |column: &str| past.values().map(|row| count(row, column)).sum::<u64>();
        assert_eq!((past.len(), sum("valid")), (rows, 1_076_559), "{level}");
        assert!(sum("registered") > 1_200_000);
    }
}

async fn what_changed_is_the_figure_less_the_exact_share_of_then(desk: &Desk, service: &Service) {
    let past = desk.past("pres2017t1", "bureau");
    let path = "/api/v1/compare?level=bureau&from=pres2017t1&limit=10000";
    let body: Value = serde_json::from_slice(&service.get(path).await.expect("a comparison")).expect("JSON");
    let published = desk.published();
    let snapshot = published.current().expect("a snapshot");
    let (areas, values) =
        (snapshot.geography().level("bureau").expect("a level"), snapshot.values("bureau").expect("values"));
    let rows = body["areas"].as_array().expect("areas");
    assert_eq!((rows.len(), &body["missing"]), (896, &serde_json::json!({})));
    for row in rows {
        let code = row["code"].as_str().expect("a code");
        let figure = values.figure(Measure::Favourable, areas.row(code).expect("a row")).expect("a figure");
        let then = &past[code];
        let share = count(then, "list:MACRON") as f64 / count(then, "registered") as f64;
        for (end, published) in [("value", figure.value), ("low", figure.low), ("high", figure.high)] {
            let expected = (f64::from(published) - 1000.0 * share).round() / 1000.0 + 0.0;
            assert_eq!(row[end].as_f64(), Some(expected), "{code} {end}");
        }
        let ends = ["low", "high"].map(|end| row[end].as_f64().expect("a figure"));
        assert_eq!(row["clear"], ends[0] > 0.0 || ends[1] < 0.0, "{code}");
    }
    // Since the baseline it is the stored measure, in the file as in the API.
    let arguments = ["export", "--level", "quartier", "--compare", "pres2017t2", "--format", "csv", "-o", "-"];
    let file = quartier_tests::named_rows(desk.ok(&arguments).as_bytes());
    let estimates = desk.ok(&["export", "--level", "quartier", "--format", "csv", "-o", "-"]);
    for (row, stored) in file.iter().zip(quartier_tests::named_rows(estimates.as_bytes())) {
        assert_eq!(
            ["change", "change_low", "change_high"].map(|end| &row[end]),
            ["change", "change_low", "change_high"].map(|end| &stored[end])
        );
    }
    assert_eq!(file.len(), 80);
    // Nothing is revised between a snapshot and itself: draw by draw, the difference is 0.
    let arguments = ["export", "--level", "arrondissement", "--compare", "2", "--format", "csv", "-o", "-"];
    for row in quartier_tests::named_rows(desk.ok(&arguments).as_bytes()) {
        assert_eq!(
            ["change", "change_low", "change_high", "clear"].map(|end| row[end].as_str()),
            ["0.000", "0.000", "0.000", "false"]
        );
    }
    let refused = desk.refused(&["export", "--level", "city", "--compare", "pres2012", "--format", "csv", "-o", "-"]);
    assert!(refused.contains("expected the number of a snapshot or an election: pres2017t1, pres2017t2"), "{refused}");
}

fn classes_cut_by_hand_stay(desk: &Desk) {
    let cut = desk.json(&["classes", "favourable", "--method", "jenks"]);
    let edges =
        |desk: &Desk| desk.published().current().expect("a snapshot").manifest().edges[&Measure::Favourable].clone();
    let before = edges(desk);
    desk.ok(&["publish"]);
    let after = edges(desk);
    assert_eq!(serde_json::json!(after), cut["edges"]);
    assert_ne!(after, before);
    desk.ok(&["classes", "margin", "--method", "fixed", "--edges", "-0.2,0,0.2"]);
    desk.ok(&["publish"]);
    let published = desk.published();
    let manifest = published.current().expect("a snapshot").manifest();
    assert_eq!(
        (&manifest.edges[&Measure::Margin], &manifest.edges[&Measure::Favourable]),
        (&vec![-0.2, 0.0, 0.2], &after)
    );
    let refused = desk.refused(&["classes", "margin", "--method", "fixed", "--edges", "0.2,0.1"]);
    assert!(refused.contains("classes of margin"), "{refused}");
    assert!(
        desk.refused(&["classes", "margin", "--method", "best"])
            .contains("expected jenks, quantiles, equal, pretty or fixed")
    );
}
