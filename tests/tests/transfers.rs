//! Counts moved between geographies, against the truth: Minnesota's precincts merged at random into two zone systems.

use geo::{Area, Centroid};
use geo_types::{LineString, MultiPolygon, Polygon, Rect};
use quartier_geometry::{Key, NINETY, Part, Transfer, Zone};
use quartier_model::flags;
use quartier_snapshot::Table;
use quartier_tests::{Desk, Precinct, Service, count, data, named_rows, precincts, tile};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Zones of the old and of the new system: some ten precincts in each of the old ones, more in the new.
const ZONES: [usize; 2] = [400, 300];
const REPETITIONS: u64 = 20;
/// Areas of a grouping that cuts the first of them.
const GROUPS: usize = 40;

/// A random system: the zone of each precinct is that of the nearest of some precincts drawn at random.
fn merged(precincts: &[Precinct], zones: usize, rng: &mut impl Rng) -> Vec<u32> {
    let centre = |precinct: &Precinct| {
        let at = precinct.outline.centroid().expect("a centre");
        [at.x() * at.y().to_radians().cos(), at.y()]
    };
    let centres: Vec<[f64; 2]> = precincts.iter().map(centre).collect();
    let seeds: Vec<usize> = rand::seq::index::sample(rng, precincts.len(), zones).into_vec();
    let far = |a: [f64; 2], b: [f64; 2]| (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2);
    let nearest = |at: &[f64; 2]| {
        let by =
            |one: &usize, other: &usize| far(*at, centres[seeds[*one]]).total_cmp(&far(*at, centres[seeds[*other]]));
        (0..zones).min_by(by).unwrap_or(0) as u32
    };
    centres.iter().map(nearest).collect()
}

/// What one repetition found with one key.
#[derive(Debug, Default, Clone, Copy)]
struct Found {
    misplaced: f64,
    votes: f64,
    covered: usize,
    cut: usize,
}

fn moved(precincts: &[Precinct], [old, new]: [&[u32]; 2], key: Key) -> Found {
    let mut zones = vec![Zone { key, at: [0.0; 2], parts: Vec::new() }; ZONES[0]];
    let mut counts = vec![vec![0_u64; 2]; ZONES[0]];
    let mut truth = vec![vec![0_u64; 2]; ZONES[1]];
    let mut whole = vec![[0.0; 3]; ZONES[0]];
    for (at, precinct) in precincts.iter().enumerate() {
        let weight = match key {
            Key::People => f64::from(precinct.adults),
            Key::Surface => precinct.outline.unsigned_area(),
        };
        let zone = old[at] as usize;
        let row = if key == Key::People { at as u32 } else { 0 };
        zones[zone].parts.push(Part { target: Some(new[at]), row, weight });
        let centre = precinct.outline.centroid().expect("a centre");
        whole[zone] = [whole[zone][0] + centre.x(), whole[zone][1] + centre.y(), whole[zone][2] + 1.0];
        for (list, votes) in precinct.votes.iter().enumerate() {
            counts[zone][list] += u64::from(*votes);
            truth[new[at] as usize][list] += u64::from(*votes);
        }
    }
    for (zone, [lon, lat, precincts]) in zones.iter_mut().zip(whole) {
        zone.at = [lon / precincts, lat / precincts];
    }
    let transfer = Transfer::new(zones, ZONES[1]);
    let (moved, unevenness) = (transfer.moved(&counts), transfer.unevenness(&counts));
    let errors = transfer.errors(&counts, &unevenness, |place| Some(place as u32));
    let mut found = Found::default();
    for list in 0..2 {
        let before: u64 = counts.iter().map(|row| row[list]).sum();
        assert_eq!(moved.iter().flatten().map(|row| row[list]).sum::<u64>(), before, "the total of a list is exact");
    }
    for (zone, truth) in truth.iter().enumerate() {
        for (list, truth) in truth.iter().enumerate() {
            let own = moved[zone].as_ref().map_or(0, |row| row[list]);
            let missed = own.abs_diff(*truth) as f64;
            found.misplaced += missed / 2.0;
            found.votes += *truth as f64;
            if let Some(error) = errors.get(&(zone as u32)) {
                found.cut += 1;
                // Whole numbers are up to one off what the error is about.
                found.covered += usize::from(missed <= NINETY * error[list] + 1.0);
            }
        }
    }
    println!(
        "{key:?}: {:.2} % of votes misplaced, {:.1} % of {} figures covered; unevenness {:?}",
        100.0 * found.misplaced / found.votes,
        100.0 * found.covered as f64 / found.cut as f64,
        found.cut,
        if key == Key::People { unevenness.people } else { unevenness.surface }
    );
    found
}

#[test]
fn people_misplace_at_most_half_of_the_votes_that_surface_does_and_the_stated_error_is_true() {
    let Some(data) = data() else { return };
    let precincts = precincts(&data);
    let mut sums = [Found::default(); 2];
    for repetition in 0..REPETITIONS {
        let mut rng = ChaCha8Rng::seed_from_u64(repetition);
        let systems = ZONES.map(|zones| merged(&precincts, zones, &mut rng));
        for (sum, key) in sums.iter_mut().zip([Key::People, Key::Surface]) {
            let found = moved(&precincts, [&systems[0], &systems[1]], key);
            sum.misplaced += found.misplaced;
            sum.votes += found.votes;
            sum.covered += found.covered;
            sum.cut += found.cut;
        }
    }
    let [people, surface] = sums;
    let covered = sums.map(|found| found.covered as f64 / found.cut as f64);
    println!(
        "misplaced: {:.2} % by people, {:.2} % by surface, ratio {:.2}; covered: {covered:.3?}",
        100.0 * people.misplaced / people.votes,
        100.0 * surface.misplaced / surface.votes,
        people.misplaced / surface.misplaced
    );
    assert!(people.misplaced <= 0.5 * surface.misplaced);
    for covered in covered {
        assert!((0.86..=0.96).contains(&covered), "the stated 90 % interval holds the truth {covered:.3} of the time");
    }
}

/// A grouping by outlines cuts finest areas (`campaign::zones`): its number of electors must hold as often as it says.
#[test]
fn the_places_over_which_the_electors_of_a_cut_area_are_spread_are_those_of_minnesota() {
    let Some(data) = data() else { return };
    let precincts = precincts(&data);
    let mut beside = Vec::new();
    for repetition in 0..REPETITIONS {
        let mut rng = ChaCha8Rng::seed_from_u64(repetition);
        let finest = merged(&precincts, ZONES[0], &mut rng);
        let grouping = merged(&precincts, GROUPS, &mut rng);
        let mut whole = vec![[0.0; 2]; ZONES[0]];
        let mut shared: BTreeMap<(u32, u32), [f64; 2]> = BTreeMap::new();
        for (at, precinct) in precincts.iter().enumerate() {
            let own = [precinct.outline.unsigned_area(), f64::from(precinct.adults)];
            let part = shared.entry((finest[at], grouping[at])).or_default();
            for (number, own) in own.into_iter().enumerate() {
                whole[finest[at] as usize][number] += own;
                part[number] += own;
            }
        }
        let mut groups = vec![[0.0; 2]; GROUPS];
        for ((area, group), [ground, electors]) in shared {
            let [area_ground, area_electors] = whole[area as usize];
            let share = ground / area_ground;
            groups[group as usize][0] += area_electors * share - electors;
            groups[group as usize][1] += area_electors.powi(2) * share * (1.0 - share);
        }
        beside.extend(groups.into_iter().filter(|[_, most]| *most > 0.0).map(|[off, most]| off.abs() / most.sqrt()));
    }
    beside.sort_by(f64::total_cmp);
    let ninth = beside[beside.len() * 9 / 10] / NINETY;
    let places = ninth.powi(-2) - 1.0;
    println!("{} areas of a grouping; spread over {places:.2} places", beside.len());
    assert!((places - 2.1).abs() < 0.05, "`campaign::zones` has 2.1");
}

/// Features of squares along the equator: code, west and east in degrees, parent.
fn squares(all: &[(&str, f64, f64, &str)]) -> String {
    let square = |(code, west, east, parent): &(&str, f64, f64, &str)| {
        let outline = Rect::new((*west, 0.0), (*east, 0.01)).to_polygon();
        feature(json!({"code": code, "parent": parent}), &outline.into())
    };
    collection(all.iter().map(square))
}

/// Two towns of two quarters each; stations of the past that nest in the towns and not in the quarters, but for one that
/// lies beyond them; people in most.
fn desk_of_squares() -> Desk {
    let desk = Desk::new();
    desk.ok(&["init", "campaign", "--name", "Squares", "--language", "en", "--levels", "town,quarter"]);
    let towns = desk.file("towns.geojson", squares(&[("A", 0.0, 0.02, ""), ("B", 0.02, 0.04, "")]));
    desk.import_areas(&towns, ["town", "{code}", "{code}"], &[]);
    let quarters = [("A1", 0.0, 0.01, "A"), ("A2", 0.01, 0.02, "A"), ("B1", 0.02, 0.03, "B"), ("B2", 0.03, 0.04, "B")];
    let quarters = desk.file("quarters.geojson", squares(&quarters));
    desk.import_areas(&quarters, ["quarter", "{code}", "{code}"], &["--parent", "{parent}"]);
    // In station 1 three of four people live in A1; nobody is known to live in station 2.
    desk.file(
        "people.csv",
        "lon,lat,people\n0.002,0.005,30\n0.004,0.005,30\n0.012,0.005,20\n0.017,0.005,40\n0.045,0.005,9\n",
    );
    let people = ["--count", "people", "--lon", "lon", "--lat", "lat"];
    desk.ok(&[&["import", "population", "people.csv"][..], &people].concat());
    let stations = [("1", 0.0, 0.015, ""), ("2", 0.02, 0.035, ""), ("3", 0.015, 0.02, ""), ("4", 0.04, 0.05, "")];
    desk.file("stations.geojson", squares(&stations));
    desk.file(
        "past.csv",
        "station,ins,vot,exp,blancs,a,b\n1,100,84,80,4,48,32\n2,90,60,60,0,33,27\n3,40,31,30,1,10,20\n4,20,11,10,0,6,4\n9,5,4,4,0,2,2\n",
    );
    desk
}

const PAST: [&str; 15] = [
    "import",
    "results",
    "past.csv",
    "--election",
    "past",
    "--date",
    "2014-05-25",
    "--code",
    "{station}",
    "--registered",
    "ins",
    "--voters",
    "vot",
    "--valid",
    "exp",
];
const LISTS: [&str; 4] = ["--blank", "blancs", "--candidates", "a,b"];
const FROM: [&str; 4] = ["--from-areas", "stations.geojson", "--from-code", "{code}"];

#[tokio::test]
async fn votes_of_other_areas_are_moved_exactly_and_every_face_says_what_may_be_wrong() {
    let desk = desk_of_squares();
    let account = desk.json(&[&PAST[..], &LISTS, &FROM].concat())["account"].take();
    assert_eq!((&account["read"], &account["used"], &account["votes"]), (&json!(5), &json!(4), &json!([184, 184])));
    assert_eq!(account["unplaced"], json!([[6, "9"]]));
    let said = account["said"].to_string();
    for part in [
        "of the areas of stations.geojson 1 lie whole in one of the campaign's, 1 were divided by where people live, 1 by surface",
        "77.8 % of the valid votes come from areas that were divided",
        "10 valid votes lie outside of every area",
        "the error of a division by people is assumed",
    ] {
        assert!(said.contains(part), "{said}");
    }
    desk.ok(&["blocs", "past", "--favourable", "a", "--opposed", "b"]);
    desk.ok(&["estimate", "--baseline", "past"]);
    desk.ok(&["publish"]);

    let quarters = desk.past("past", "quarter");
    let votes = |code: &str| ["list:a", "list:b", "valid", "registered"].map(|column| count(&quarters[code], column));
    // A1 has three quarters of station 1, A2 the rest and station 3; B1 two thirds of station 2 by its surface.
    assert_eq!(votes("A1"), [36, 24, 60, 75]);
    assert_eq!(votes("A2"), [22, 28, 50, 65]);
    assert_eq!(votes("B1"), [22, 18, 40, 60]);
    assert_eq!(votes("B2"), [11, 9, 20, 30]);
    assert_eq!((quarters["A2"]["divided"].as_str(), quarters["B1"]["divided"].as_str()), ("20.0", "40.0"));
    let se = |code: &str| quarters[code]["list:a_se"].parse::<f64>().expect("an error");
    assert!(se("A1") > 1.0 && se("A1") < 50.0 && se("A1") == se("A2"), "{quarters:?}");
    // Stations nest in towns: there nothing was divided.
    let towns = desk.past("past", "town");
    assert_eq!((count(&towns["A"], "list:a"), towns["A"]["list:a_se"].as_str()), (58, ""));

    let geojson: Value = serde_json::from_str(&desk.ok(&[
        "export",
        "--election",
        "past",
        "--level",
        "quarter",
        "--format",
        "geojson",
        "-o",
        "-",
    ]))
    .expect("GeoJSON");
    let about = &geojson["quartier"]["transfers"][0];
    assert_eq!((&about["areas"], &about["method"]), (&json!("stations.geojson"), &json!("people_and_surface")));
    assert!(geojson["features"][0]["properties"]["list:a_se"].as_f64() > Some(1.0), "{geojson}");

    let service = Service::of(&desk);
    let get = async |path: &str| -> Value {
        serde_json::from_slice(&service.get(path).await.expect("a body")).expect("JSON")
    };
    let election = get("/api/v1/elections").await[0].take();
    assert_eq!((&election["total"]["valid"], &election["transfers"][0]["divided"]), (&json!(184), &json!(0.778)));
    let outside: Vec<&Value> = election["unplaced"].as_array().expect("unplaced").iter().collect();
    assert_eq!((outside.len(), &outside[0]["counts"]["valid"]), (1, &json!(14)));
    let area = get("/api/v1/areas/quarter/A1").await;
    assert_eq!(area["history"][0]["errors"]["divided"], json!(60.0));
    assert!(area["history"][0]["errors"]["lists"]["a"].as_f64() > Some(1.0), "{area}");
    assert_eq!(get("/api/v1/areas/town/A").await["history"][0]["errors"], Value::Null);
    let rows = get("/api/v1/elections/past/results?level=quarter").await;
    assert_eq!((&rows["areas"][0]["code"], &rows["areas"][0]["errors"]["divided"]), (&json!("A1"), &json!(60.0)));
    estimates_say_where_their_baseline_was_moved(&desk, &service).await;
}

/// Quarters have counts of stations that were divided; stations nest in towns. Hexagons are of quarters.
async fn estimates_say_where_their_baseline_was_moved(desk: &Desk, service: &Service) {
    let snapshot = desk.published().current().expect("a snapshot").clone();
    for (level, is_moved) in [("town", false), ("quarter", true), ("hex", true)] {
        let values = snapshot.values(level).expect("values");
        let rows = values.table().rows();
        assert!(
            rows >= 2 && (0..rows).all(|row| (values.flags(row) & flags::MOVED_BASELINE != 0) == is_moved),
            "{level}"
        );
        let page = service.json(&format!("/api/v1/estimates?level={level}")).await;
        let said = page["areas"].as_array().expect("areas");
        assert!(!said.is_empty() && said.iter().all(|own| own["moved_baseline"] == json!(is_moved)), "{page}");
        let code = said[0]["code"].as_str().expect("a code");
        assert_eq!(service.json(&format!("/api/v1/areas/{level}/{code}")).await["moved_baseline"], json!(is_moved));
        let csv = desk.ok(&["export", "--level", level, "--format", "csv", "-o", "-"]);
        let lines = named_rows(csv.as_bytes());
        let own = lines.iter().filter(|line| line["level"] == level);
        assert!(own.map(|line| &line["moved_baseline"]).all(|said| *said == is_moved.to_string()), "{csv}");
        let zoom = service.json(&format!("/tiles/{level}.json")).await["maxzoom"].as_u64().expect("a zoom");
        // All of the squares lie in the tile north-east of the origin.
        let middle = 1_u64 << (zoom - 1);
        let bytes = service.get(&format!("/tiles/1/{level}/{zoom}/{middle}/{}.mvt", middle - 1)).await.expect("a tile");
        let areas = tile::areas(&bytes, level);
        let property = |area: &tile::TileArea| area.properties.get("moved_baseline").and_then(Value::as_bool);
        assert!(!areas.is_empty() && areas.iter().all(|area| property(area) == is_moved.then_some(true)), "{level}");
    }
    // A comparison says other things with that bit.
    let bytes = service.get("/api/v1/compare?from=past&level=quarter&format=values").await.expect("a table");
    let table = Table::new(bytes.into()).expect("a table");
    let said: Vec<u8> = table.column::<u8>("flags", "value").expect("flags").iter().collect();
    assert!(said.iter().all(|bits| bits & flags::NO_RESULT == 0), "{said:?}");
}

#[test]
fn stations_that_are_points_count_whole_where_they_stand() {
    let desk = desk_of_squares();
    // Two in A1, one in B2, one in none.
    desk.file(
        "offices.csv",
        "id,x,y,ins,vot,exp,a,b\n1,0.002,0.005,50,40,40,30,10\n2,0.008,0.002,30,20,20,5,15\n3,0.035,0.009,60,50,50,20,30\n4,1.5,0.5,9,8,8,8,0\n",
    );
    let offices = ["import", "results", "offices.csv", "--election", "points", "--date", "2014-05-25"];
    let named =
        ["--row-key", "{id}", "--registered", "ins", "--voters", "vot", "--valid", "exp", "--candidates", "a,b"];
    let at = ["--level", "quarter", "--lon", "x", "--lat", "y"];
    let refused = desk.refused(&[&offices[..], &named, &["--level", "quarter", "--lon", "id", "--lat", "y"]].concat());
    assert!(
        refused.contains("4 codes are not in level `quarter`") && refused.contains("`1.00000,0.00500`"),
        "{refused}"
    );
    let account = desk.json(&[&offices[..], &named, &at].concat())["account"].take();
    assert_eq!((&account["used"], &account["votes"]), (&json!(3), &json!([118, 118])));
    assert_eq!(account["unplaced"], json!([[5, "1.50000,0.50000"]]));
    assert!(account["said"].to_string().contains("rows count whole in the area of `quarter`"), "{account}");
    desk.ok(&["blocs", "points", "--favourable", "a", "--opposed", "b"]);
    desk.ok(&["estimate", "--baseline", "points"]);
    desk.ok(&["publish"]);
    let quarters = desk.past("points", "quarter");
    let of = |code: &str| ["list:a", "list:b", "registered"].map(|column| count(&quarters[code], column));
    assert_eq!((of("A1"), of("B2")), ([35, 25, 80], [20, 30, 60]));
    assert_eq!(quarters["A2"]["list:a"], "");
}

#[test]
fn moving_votes_is_refused_with_the_reason_and_undone_whole() {
    let desk = desk_of_squares();
    fn moved<'a>(more: &[&'a str]) -> Vec<&'a str> {
        [&PAST[..], &LISTS, more].concat()
    }
    assert_eq!(desk.run(&moved(&[])).status.code(), Some(2), "neither a level nor areas");
    assert_eq!(desk.run(&moved(&["--level", "quarter", "--from-areas", "stations.geojson"])).status.code(), Some(2));
    let wrong = ["--from-areas", "stations.geojson", "--from-code", "S{code}"];
    let refused = desk.refused(&moved(&wrong));
    assert!(refused.contains("5 codes are not in level `stations.geojson`"), "{refused}");
    let refused = desk.refused(&moved(&["--from-areas", "stations.geojson", "--from-code", "{nom}"]));
    assert!(refused.contains("nom"), "{refused}");
    let refused = desk.refused(&moved(&[&FROM[..], &["--accept-discrepancy", "1"]].concat()));
    assert!(refused.contains("--accept-discrepancy"), "{refused}");
    let refused = desk.refused(&moved(&[&FROM[..], &["--strict"]].concat()));
    assert!(refused.contains("row 6") && refused.contains("`9`"), "{refused}");
    desk.file(
        "nothing.geojson",
        r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"1"},"geometry":null}]}"#,
    );
    let refused = desk.refused(&moved(&["--from-areas", "nothing.geojson", "--from-code", "{code}"]));
    assert!(refused.contains("nothing.geojson: no feature of it has a polygon"), "{refused}");

    let id = desk.json(&moved(&FROM))["import"].to_string();
    assert!(desk.refused(&moved(&FROM)).contains("has a count of election past already"));
    desk.ok(&["undo", &id]);
    // Nothing of it stays: the same file may come again.
    desk.ok(&moved(&FROM));
}

/// The outlines of a system of zones, as GeoJSON with the codes z0, z1...
fn outlines(precincts: &[Precinct], zone_of: &[u32], zones: usize) -> String {
    let of = |zone: usize| {
        let own = precincts.iter().zip(zone_of).filter(|(_, of)| **of as usize == zone);
        let whole = geo::unary_union(own.map(|(precinct, _)| &precinct.outline));
        feature(json!({"code": format!("z{zone}")}), &whole)
    };
    collection((0..zones).map(of))
}

fn feature(properties: Value, outline: &MultiPolygon<f64>) -> Value {
    let ring = |ring: &LineString<f64>| ring.coords().map(|at| json!([at.x, at.y])).collect::<Vec<_>>();
    let polygon = |polygon: &Polygon<f64>| {
        std::iter::once(polygon.exterior()).chain(polygon.interiors()).map(ring).collect::<Vec<_>>()
    };
    let coordinates: Vec<_> = outline.0.iter().map(polygon).collect();
    json!({"type": "Feature", "properties": properties, "geometry": {"type": "MultiPolygon", "coordinates": coordinates}})
}

fn collection(features: impl Iterator<Item = Value>) -> String {
    json!({"type": "FeatureCollection", "features": features.collect::<Vec<_>>()}).to_string()
}

/// Votes misplaced, and the share of stated errors that held, of what is published at a level.
fn published(desk: &Desk, level: &str, truth: &[[u64; 2]]) -> (u64, f64) {
    desk.ok(&["estimate", "--baseline", "past"]);
    desk.ok(&["publish"]);
    let zones = desk.past("past", level);
    let (mut misplaced, mut held, mut stated) = (0, 0.0, 0.0);
    for (zone, truth) in truth.iter().enumerate() {
        let Some(row) = zones.get(&format!("z{zone}")) else { continue };
        for (list, truth) in ["d", "r"].into_iter().zip(truth) {
            let votes = row[&format!("list:{list}")].parse::<u64>().unwrap_or(0);
            misplaced += votes.abs_diff(*truth);
            if let Ok(error) = row[&format!("list:{list}_se")].parse::<f64>() {
                stated += 1.0;
                held += f64::from(u8::from(votes.abs_diff(*truth) as f64 <= NINETY * error + 1.0));
            }
        }
    }
    (misplaced / 2, held / stated)
}

/// Zones as finest areas, and groups whose borders cut them: the true votes of a group are those of its precincts.
#[test]
fn votes_of_groups_that_cut_areas_are_off_by_no_more_than_is_said() {
    let Some(data) = data() else { return };
    let precincts = precincts(&data);
    let mut rng = ChaCha8Rng::seed_from_u64(12);
    let [groups, zones] = ZONES.map(|zones| merged(&precincts, zones, &mut rng));
    let mut counts = vec![[0_u64; 2]; ZONES[1]];
    let mut truth = vec![[0_u64; 2]; ZONES[0]];
    for (at, precinct) in precincts.iter().enumerate() {
        for (list, votes) in precinct.votes.into_iter().enumerate() {
            counts[zones[at] as usize][list] += u64::from(votes);
            truth[groups[at] as usize][list] += u64::from(votes);
        }
    }
    let desk = Desk::new();
    desk.ok(&["init", "campaign", "--name", "Groups", "--language", "en", "--levels", "zone"]);
    let file = desk.file("zones.geojson", outlines(&precincts, &zones, ZONES[1]));
    desk.import_areas(&file, ["zone", "{code}", "{code}"], &[]);
    let row = |(zone, [d, r]): (usize, &[u64; 2])| format!("z{zone},{0},{0},{d},{r}\n", d + r);
    let rows: String = counts.iter().enumerate().map(row).collect();
    desk.file("past.csv", format!("zone,vot,exp,d,r\n{rows}"));
    let results = ["import", "results", "past.csv", "--election", "past", "--date", "2016-11-08", "--level", "zone"];
    let named =
        ["--code", "{zone}", "--registered", "none", "--voters", "vot", "--valid", "exp", "--candidates", "d,r"];
    desk.ok(&[&results[..], &named].concat());
    desk.ok(&["blocs", "past", "--favourable", "d", "--opposed", "r"]);
    let file = desk.file("groups.geojson", outlines(&precincts, &groups, ZONES[0]));
    desk.ok(&["import", "grouping", "group", &file, "--code", "{code}", "--name", "{code}"]);
    let (by_surface, surface_held) = published(&desk, "group", &truth);
    let adults = |precinct: &Precinct| feature(json!({"adults": precinct.adults}), &precinct.outline);
    desk.file("people.geojson", collection(precincts.iter().map(adults)));
    desk.ok(&["import", "population", "people.geojson", "--count", "adults"]);
    let (by_people, people_held) = published(&desk, "group", &truth);
    println!("misplaced: {by_people} by people, {by_surface} by surface; held: {people_held:.3}, {surface_held:.3}");
    assert!(2 * by_people <= by_surface);
    assert!((0.84..=0.99).contains(&people_held), "{people_held}");
    assert!((0.80..=0.99).contains(&surface_held), "{surface_held}");
    // Hexagons say so too: at a fine resolution nearly all of them have a part of a zone.
    let hexes =
        desk.ok(&["export", "--election", "past", "--level", "hex", "--resolution", "7", "--format", "csv", "-o", "-"]);
    let rows = named_rows(hexes.as_bytes());
    let rows: Vec<_> = rows.iter().filter(|row| row["level"] == "hex").collect();
    let said = rows.iter().filter(|row| row["list:d_se"].parse::<f64>().is_ok_and(|error| error > 0.0)).count();
    assert!(said > rows.len() / 2, "{said} of {} hexagons have an error", rows.len());
    assert!(
        rows.iter().all(|row| (row["moved"] == "true") != row["divided"].is_empty()),
        "what was split has an error"
    );
}

#[test]
fn the_binary_misplaces_half_as_many_votes_once_it_knows_where_people_live() {
    let Some(data) = data() else { return };
    let precincts = precincts(&data);
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let [old, new] = ZONES.map(|zones| merged(&precincts, zones, &mut rng));
    let mut counts = vec![[0_u64; 2]; ZONES[0]];
    let mut truth = vec![[0_u64; 2]; ZONES[1]];
    for (at, precinct) in precincts.iter().enumerate() {
        for (list, votes) in precinct.votes.into_iter().enumerate() {
            counts[old[at] as usize][list] += u64::from(votes);
            truth[new[at] as usize][list] += u64::from(votes);
        }
    }
    let desk = Desk::new();
    desk.ok(&["init", "campaign", "--name", "Zones", "--language", "en", "--levels", "zone"]);
    let zones = desk.file("new.geojson", outlines(&precincts, &new, ZONES[1]));
    desk.import_areas(&zones, ["zone", "{code}", "{code}"], &[]);
    desk.file("old.geojson", outlines(&precincts, &old, ZONES[0]));
    let row = |(zone, [d, r]): (usize, &[u64; 2])| format!("z{zone},{0},{0},{d},{r}\n", d + r);
    let rows: String = counts.iter().enumerate().map(row).collect();
    desk.file("past.csv", format!("zone,vot,exp,d,r\n{rows}"));
    let adults = |precinct: &Precinct| feature(json!({"adults": precinct.adults}), &precinct.outline);
    desk.file("people.geojson", collection(precincts.iter().map(adults)));
    let results = [
        "import",
        "results",
        "past.csv",
        "--election",
        "past",
        "--date",
        "2016-11-08",
        "--code",
        "{zone}",
        "--registered",
        "none",
        "--voters",
        "vot",
        "--valid",
        "exp",
        "--candidates",
        "d,r",
        "--from-areas",
        "old.geojson",
        "--from-code",
        "{code}",
    ];
    let total: u64 = counts.iter().flatten().sum();
    let import = || {
        let answer = desk.json(&results);
        assert_eq!(answer["account"]["votes"], json!([total, total]), "no vote is lost");
        answer["import"].to_string()
    };
    let first = import();
    desk.ok(&["blocs", "past", "--favourable", "d", "--opposed", "r"]);
    let (by_surface, surface_held) = published(&desk, "zone", &truth);
    desk.ok(&["undo", &first]);
    desk.ok(&["import", "population", "people.geojson", "--count", "adults"]);
    import();
    let (by_people, people_held) = published(&desk, "zone", &truth);
    println!(
        "misplaced of {total}: {by_people} by people, {by_surface} by surface; held: {people_held:.3}, {surface_held:.3}"
    );
    assert!(2 * by_people <= by_surface);
    assert!((0.84..=0.99).contains(&people_held) && (0.80..=0.97).contains(&surface_held));
}
