//! `quartier doctor --continuity`: which stations of Paris are the same place in two elections, against the source.

use flate2::read::GzDecoder;
use quartier_tests::{Desk, Named, count, data, named_rows};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

/// Registered by station of Paris, as the file has them.
fn registers(data: &Path, name: &str) -> BTreeMap<String, u64> {
    let path = data.join(format!("fr-results-2014-2019/{name}_par_bureau_large.csv.gz"));
    let rows = named_rows(GzDecoder::new(File::open(path).expect("a file")));
    let paris = rows.iter().filter(|row| row["departement"] == "75");
    paris.map(|row| (format!("75056-{}", row["bureau"]), count(row, "inscrits"))).collect()
}

/// The arrondissement that a station is numbered in.
fn arrondissement(code: &str) -> &str {
    &code["75056-".len()..][..2]
}

#[test]
fn stations_of_paris_are_classed_by_what_the_source_says_of_them() {
    let Some(data) = data() else { return };
    let desk = Desk::new();
    desk.paris(&data);
    desk.paris_results(&data, "2014-europeennes", "euro2014", "2014-05-25");
    let (then, now) = (registers(&data, "2014-europeennes"), registers(&data, "2017-presidentielle-1"));
    let report = desk.json(&["doctor", "--continuity", "euro2014", "pres2017t1", "--commune", "arrondissement"]);
    let areas = report["areas"].as_array().expect("areas");
    assert_eq!(areas.len(), 896, "every station voted in 2017");

    // Stations with a polygon are those of 2017.
    let drawn = |registers: &BTreeMap<String, u64>, of: &str| -> (usize, u64) {
        let own = registers.iter().filter(|(code, _)| now.contains_key(*code) && arrondissement(code) == of);
        own.fold((0, 0), |(stations, sum), (_, registered)| (stations + 1, sum + registered))
    };
    let mut found: BTreeMap<&str, u64> = BTreeMap::new();
    for area in areas {
        let code = area["area"].as_str().expect("an area").trim_start_matches("bureau:");
        let own = [then.get(code).copied(), now.get(code).copied()];
        let of = arrondissement(code);
        let around = [drawn(&then, of), drawn(&now, of)];
        assert_eq!(area["stations"], serde_json::json!([around[0].0, around[1].0]), "{code}");
        assert_eq!(area["registered"], serde_json::json!(own), "{code}");
        let expected = match own {
            [Some(old), Some(new)] => {
                let moved = (new as f64 / old as f64) / (around[1].1 as f64 / around[0].1 as f64) - 1.0;
                assert!((area["moved"].as_f64().expect("moved") - moved).abs() < 1e-9, "{code}");
                match (around[0].0 == around[1].0, moved.abs()) {
                    (true, far) if far <= 0.15 => "stable",
                    (true, far) if far <= 0.3 => "doubtful",
                    (false, far) if far <= 0.15 => "doubtful",
                    _ => "redrawn",
                }
            }
            _ => "redrawn",
        };
        assert_eq!(area["class"], expected, "{code}: {area}");
        assert_eq!(area["why"] == "", expected == "stable", "{code}");
        *found.entry(expected).or_default() += 1;
    }
    for class in ["stable", "doubtful", "redrawn"] {
        assert_eq!(report[class], Value::from(found.get(class).copied().unwrap_or(0)), "{class}");
    }
    assert!(found["stable"] > 0 && found.len() > 1, "{found:?}");

    let text = desk.ok(&["doctor", "--continuity", "euro2014", "pres2017t1"]);
    assert!(text.starts_with("bureau, from euro2014 to pres2017t1: ") && text.contains("(by quartier)"), "{text}");
    // Two rounds two weeks apart: the same register, the same places.
    let rounds = desk.json(&["doctor", "--continuity", "pres2017t1", "pres2017t2"]);
    assert_eq!((&rounds["stable"], &rounds["doubtful"], &rounds["redrawn"]), (&896.into(), &0.into(), &0.into()));
    for (arguments, part) in [
        (["euro2014", "pres2012"], "no election is called `pres2012`; there are euro2014, pres2017t1, pres2017t2"),
        (["legi2017", "pres2017t1"], "no election is called `legi2017`"),
    ] {
        let refused = desk.refused(&[&["doctor", "--continuity"], arguments.as_slice()].concat());
        assert!(refused.contains(part), "{refused}");
    }
    // Outlines of both years: here those of 2017 as those of 2014, so that the ground is the same.
    let outlines = data.join("fr-paris-bureaux-2017/bureaux.geojson.gz");
    let outlines = outlines.to_string_lossy();
    let pair = ["doctor", "--continuity", "euro2014", "pres2017t1", "--outlines", &outlines, "--outlines-code"];
    let ground = desk.json(&[&pair[..], &["75056-{bureau}"]].concat());
    let stood = now.keys().filter(|code| then.contains_key(*code)).count();
    assert_eq!((&ground["stable"], &ground["redrawn"]), (&stood.into(), &(896 - stood).into()));
    let shared = |area: &Value| area["shared_ground"].as_f64().expect("ground");
    assert!(ground["areas"].as_array().expect("areas").iter().all(|area| shared(area) > 0.999));
    let refused = desk.refused(&[&pair[..], &["{bureau}"]].concat());
    assert!(refused.contains("no outline has the code of an area"), "{refused}");
    let refused = desk.refused(&["doctor", "--continuity", "euro2014", "pres2017t1", "--commune", "bureau"]);
    assert!(refused.contains("expected a level above it"), "{refused}");
}

/// The change of turnout at a level, by `level:code`.
fn changes(desk: &Desk, level: &str) -> BTreeMap<String, Named> {
    let since = ["--compare", "euro2014", "--measure", "turnout"];
    let csv = desk.ok(&[&["export", "--level", level, "--format", "csv", "-o", "-"][..], &since].concat());
    named_rows(csv.as_bytes()).into_iter().map(|row| (row["area"].clone(), row)).collect()
}

#[test]
fn a_change_of_what_is_not_the_same_place_is_read_at_the_lowest_area_that_is() {
    let Some(data) = data() else { return };
    let desk = Desk::new();
    desk.paris(&data);
    desk.paris_results(&data, "2014-europeennes", "euro2014", "2014-05-25");
    let file = desk.path().join("campaign/campaign.toml");
    let text = std::fs::read_to_string(&file).expect("campaign.toml");
    std::fs::write(&file, format!("{text}\n[continuity]\nstations_of = \"arrondissement\"\n")).expect("written");
    desk.ok(&["estimate", "--baseline", "pres2017t1"]);
    desk.ok(&["publish"]);

    let report = desk.json(&["doctor", "--continuity", "euro2014", "pres2017t1"]);
    assert_eq!(report["commune"], "arrondissement");
    let areas = report["areas"].as_array().expect("areas").iter();
    let doctor: BTreeMap<&str, &str> =
        areas.map(|own| (own["area"].as_str().expect("an area"), own["class"].as_str().expect("a class"))).collect();
    let levels = ["city", "arrondissement", "quartier", "bureau"];
    let all: BTreeMap<String, Named> = levels.into_iter().flat_map(|level| changes(&desk, level)).collect();
    let mut elsewhere = 0;
    for (area, row) in &all {
        match area.split_once(':') {
            Some(("bureau", _)) => assert_eq!(row["continuity"], doctor[area.as_str()], "{area}"),
            Some(("city" | "arrondissement", _)) => assert_eq!(row["continuity"], "stable", "{area}"),
            _ => {}
        }
        let is_read_here = row["continuity"] == "stable" || !row["no_figure"].is_empty();
        assert_eq!(row["read_at"].is_empty(), is_read_here, "{area}: {row:?}");
        if is_read_here {
            continue;
        }
        let above = &all[&row["read_at"]];
        assert_eq!(above["continuity"], "stable", "{area} is read at {}", row["read_at"]);
        for column in ["change", "change_low", "change_high"] {
            assert_eq!(row[column], above[column], "{area} is read at {}", row["read_at"]);
        }
        assert_eq!(row["people"], "", "people are those of another ground");
        elsewhere += 1;
    }
    assert!(elsewhere > 50, "{elsewhere} areas are read above");
}
