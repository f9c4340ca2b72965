//! `quartier audit` on real geographies, and a publication without protection that the attacks must catch.

use quartier_geometry::{Land, Site, parent, place};
use quartier_privacy::Publication;
use quartier_privacy::attacks::Partition;
use quartier_tests::{Desk, data, precincts};
use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;

fn publish(desk: &Desk, baseline: &str) {
    desk.ok(&["estimate", "--baseline", baseline]);
    desk.ok(&["publish"]);
}

/// Audits at three rules, each published under; nothing may be told apart.
fn nothing_is_told_apart(desk: &Desk, baseline: &str, finest: &str) {
    for least in [20u64, 50, 200] {
        let file = desk.path().join("campaign/campaign.toml");
        let text = std::fs::read_to_string(&file).expect("campaign.toml");
        let kept = text.split("\n[privacy]").next().unwrap_or_default().to_owned();
        std::fs::write(&file, format!("{kept}\n[privacy]\nleast_electors = {least}\n")).expect("written");
        publish(desk, baseline);
        let found = desk.json(&["audit"]);
        assert_eq!(found["least"], least);
        let partitions: Vec<&str> =
            found["partitions"].as_array().expect("partitions").iter().filter_map(Value::as_str).collect();
        assert!(partitions.contains(&finest) && partitions.contains(&"hex 8"), "{partitions:?}");
        let pairs = found["pairs"].as_array().expect("pairs");
        assert_eq!(pairs.len(), partitions.len() * (partitions.len() - 1) / 2);
        for pair in pairs {
            assert_eq!(pair["isolated"].as_array().map(Vec::len), Some(0), "{pair}");
        }
        assert!(found["finer"].as_array().is_some_and(Vec::is_empty), "{}", found["finer"]);
    }
}

#[test]
fn precincts_and_hexagons_of_minnesota_tell_nobody_apart() {
    let Some(data) = data() else { return };
    let desk = Desk::new();
    desk.minnesota(&data);
    nothing_is_told_apart(&desk, "pres2016", "precinct");
    // A rule that it was not published under finds what is smaller, names it and fails.
    let output = desk.run(&["audit", "--least", "400", "--language", "fr"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("can be told apart"));
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(report.contains("moins de 400 électeurs") && report.contains("precinct 27"), "{report}");
    assert!(desk.refused(&["audit", "99"]).contains("99"));
}

#[test]
fn stations_and_hexagons_of_paris_tell_nobody_apart() {
    let Some(data) = data() else { return };
    let desk = Desk::new();
    desk.paris(&data);
    nothing_is_told_apart(&desk, "pres2017t2", "bureau");
    let report = desk.ok(&["audit"]);
    assert!(report.contains("aucun groupe ne peut être isolé") && report.contains("aucune ; les chiffres"), "{report}");
}

/// At three rules; all of France, at the usual one, is in `atoms`.
#[test]
fn communes_of_one_region_and_hexagons_tell_nobody_apart() {
    let Some(data) = data() else { return };
    let desk = Desk::new();
    desk.ok(&["init", "campaign", "--name", "Centre-Val de Loire", "--levels", "departement,commune"]);
    let file = |name: &str| data.join(name).to_string_lossy().into_owned();
    let region = ["--where", "region=24"];
    let departements = file("fr-admin-2018/departements.geojson.gz");
    desk.import_areas(&departements, ["departement", "{code}", "{nom}"], &region);
    let communes = file("fr-admin-2018/communes.geojson.gz");
    let parent = ["--parent", "{departement}"];
    desk.import_areas(&communes, ["commune", "{code}", "{nom}"], &[&region[..], &parent].concat());
    let points = file("fr-2024-bureaux-points/bureaux-2024.csv.gz");
    desk.ok(&["import", "population", &points, "--count", "leg_inscrits"]);
    let of = ["18", "28", "36", "37", "41", "45"].map(|code| format!("departement={code}"));
    let mut arguments = vec!["--level", "commune", "--code", "{insee}"];
    arguments.extend(["--row-key", "{departement}{commune}-{bureau}"]);
    arguments.extend(of.iter().flat_map(|of| ["--where", of.as_str()]));
    desk.national_results(&data, "2017-presidentielle-1", "pres2017t1", "2017-04-23", &arguments);
    desk.ok(&["blocs", "pres2017t1", "--favourable", "MACRON", "--opposed", "LE PEN"]);
    nothing_is_told_apart(&desk, "pres2017t1", "commune");
    let found = desk.json(&["audit"]);
    assert!(found["atoms"].as_u64() > Some(1_000), "{}", found["atoms"]);
    assert_eq!(found["together"], serde_json::json!([]));
}

/// Precincts of Minnesota as they are, beside hexagons as they are.
fn without_protection(data: &Path, resolution: u8) -> Publication {
    let areas = precincts(data);
    let sites: Vec<Site<'_>> = areas
        .iter()
        .map(|area| Site { land: Land::Outline(&area.outline), electors: area.adults, people: Vec::new() })
        .collect();
    let atoms = place(&sites);
    let mut numbers: HashMap<u64, u32> = HashMap::new();
    let mut cells = Vec::new();
    let hexes = atoms.all().iter().map(|atom| {
        // Far from people a piece is coarser than the hexagons, and stands for them.
        let cell = parent(atom.cell, resolution).unwrap_or(atom.cell);
        *numbers.entry(cell).or_insert_with(|| {
            cells.push(format!("{cell:x}"));
            cells.len() as u32 - 1
        })
    });
    let of = hexes.collect();
    let precincts = Partition {
        name: "precinct".into(),
        parts: areas.into_iter().map(|area| area.code).collect(),
        of: atoms.all().iter().map(|atom| atom.area).collect(),
    };
    Publication {
        electors: atoms.all().iter().map(|atom| u64::from(atom.electors)).collect(),
        partitions: vec![precincts, Partition { name: "hex".into(), parts: cells, of }],
    }
}

#[test]
fn a_publication_without_protection_is_caught_with_its_areas_named() {
    let Some(data) = data() else { return };
    let publication = without_protection(&data, 4);
    let mut before = 0;
    for k in [11, 50] {
        let found = publication.attack(k);
        let told = &found[0].isolated;
        println!("k {k}: {} groups isolated, {} bridges", told.len(), found[0].bridges);
        assert!(!told.is_empty() && told.len() >= before, "a larger k isolates no fewer");
        before = told.len();
        assert!(
            told.iter().all(|set| (1..k).contains(&set.electors) && !(set.added.is_empty() && set.taken.is_empty()))
        );
        let by_precincts =
            told.iter().filter(|set| set.added.iter().chain(&set.taken).any(|part| part.starts_with("precinct 27")));
        assert!(by_precincts.count() > 0, "precincts are named");
    }
}
