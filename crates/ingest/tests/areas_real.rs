//! Area files of real places, read as a campaign reads them. Each test says so where the files are not there.

use geo::{Area, BoundingRect, Validation};
use geo_types::{Coord, MultiPolygon};
use quartier_ingest::areas::{AliasRequest, AreasFile, AreasRequest, JoinRequest, read};
use quartier_ingest::table::Filter;
use std::path::PathBuf;

/// The path of a real file; `None`, said aloud, where it lies nowhere and no CI demands it.
fn real(path: &str) -> Option<PathBuf> {
    let shared = std::env::var_os("QUARTIER_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let file = shared.join("data").join(path);
    if file.exists() {
        return Some(file);
    }
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{} is not there", file.display());
    eprintln!("SKIPPED: {} is not there", file.display());
    None
}

fn request(path: &str, code: &str, name: &str) -> Option<AreasRequest> {
    let parse = |template: &str| template.parse().expect("a template");
    Some(AreasRequest::new(real(path)?, "area".parse().expect("a level"), parse(code), parse(name)))
}

fn read_valid(request: &AreasRequest) -> AreasFile {
    let file = read(request).unwrap_or_else(|error| panic!("{error}"));
    for area in &file.areas {
        if let Some(geometry) = &area.geometry {
            assert!(geometry.is_valid(), "{} is not valid", area.code);
            assert!(geometry.iter().all(|polygon| polygon.signed_area() > 0.0), "{} is turned", area.code);
        }
    }
    file
}

fn area<'f>(file: &'f AreasFile, code: &str) -> &'f quartier_ingest::areas::AreaRecord {
    file.areas.iter().find(|area| area.code.as_str() == code).unwrap_or_else(|| panic!("no area {code}"))
}

#[test]
fn all_communes_of_france_are_read_and_one_is_mended() {
    let Some(mut request) = request("fr-admin-2018/communes.geojson.gz", "{code}", "{nom}") else { return };
    request.parent = Some("{departement}".parse().expect("a template"));
    let file = read_valid(&request);
    assert_eq!(file.areas.len(), 35_357);
    assert_eq!(file.notes.repaired, ["14174"]);
    assert!(file.notes.without_geometry.is_empty());
    assert!(file.notes.lost_zeros.is_empty());
    let paris = area(&file, "75056");
    assert_eq!((paris.name.as_str(), paris.parent.as_ref().map(|code| code.as_str())), ("Paris", Some("75")));
}

#[test]
fn one_commune_is_kept_by_where() {
    let Some(mut request) = request("fr-admin-2018/communes.geojson.gz", "{code}", "{nom}") else { return };
    request.filter = Filter::parse(&["code=75056"]).expect("a filter");
    let file = read_valid(&request);
    assert_eq!((file.notes.features, file.notes.kept, file.areas.len()), (35_357, 1, 1));
}

#[test]
fn flatgeobuf_and_geojson_of_the_departements_are_the_same() {
    let Some(fgb) = request("fr-admin-2018/departements.fgb", "{code}", "{nom}") else { return };
    let Some(json) = request("fr-admin-2018/departements.geojson.gz", "{code}", "{nom}") else { return };
    let (fgb, json) = (read_valid(&fgb), read_valid(&json));
    assert_eq!((fgb.areas.len(), fgb.notes.format.as_str()), (101, "FlatGeobuf"));
    assert!(fgb.notes.crs.contains("4326"), "{}", fgb.notes.crs);
    for one in &fgb.areas {
        let other = area(&json, one.code.as_str());
        assert_eq!((&one.name, &one.geometry), (&other.name, &other.geometry), "{}", one.code);
    }
}

#[test]
fn a_flatgeobuf_of_another_tool_is_read_to_its_last_commune() {
    let Some(request) = request("fr-admin-2018/communes-93.fgb", "{code}", "{nom}") else { return };
    assert_eq!(read_valid(&request).areas.len(), 947);
}

#[test]
fn regions_are_eighteen() {
    let Some(request) = request("fr-admin-2018/regions.geojson.gz", "{code}", "{nom}") else { return };
    assert_eq!(read_valid(&request).areas.len(), 18);
}

#[test]
fn communes_that_merged_in_2019_are_dissolved() {
    let Some(mut request) = request("fr-admin-2018/communes.geojson.gz", "{code}", "{nom}") else { return };
    let before = read_valid(&request);
    let path = real("fr-admin-2018/communes-passage.csv").expect("the table lies beside the polygons");
    request.aliases = Some(AliasRequest { path, from: "code_geo2018".to_owned(), to: "code_cog2019".to_owned() });
    let after = read_valid(&request);
    eprintln!("{:#?}", after.notes.lines());
    // Châtillon-en-Michaille went to Valserhône, which bears the code of Bellegarde-sur-Valserine.
    let merged = after.notes.dissolved.iter().find(|one| one.code == "01033").expect("01033 was dissolved");
    assert!(merged.from.contains(&"01091".to_owned()), "{:?}", merged.from);
    let ground = |file: &AreasFile, codes: &[String]| -> f64 {
        codes.iter().filter_map(|code| area(file, code).geometry.as_ref()).map(Area::unsigned_area).sum()
    };
    for one in &after.notes.dissolved {
        let (parts, whole) = (ground(&before, &one.from), ground(&after, std::slice::from_ref(&one.code)));
        assert!((parts - whole).abs() <= 1e-3 * parts, "{}: {parts} became {whole}", one.code);
    }
    // `code_ancien` sends codes that are no polygon of 2018: nothing is to be dissolved by it.
    request.aliases = request.aliases.map(|aliases| AliasRequest {
        from: "code_ancien".to_owned(),
        to: "code_geo2018".to_owned(),
        ..aliases
    });
    assert_eq!(read_valid(&request).areas.len(), 35_357);
}

#[test]
fn paris_is_read_from_arrondissement_to_polling_station() {
    let Some(mut arrondissements) = request("fr-paris-bureaux-2017/arrondissements.geojson.gz", "{code}", "{nom}")
    else {
        return;
    };
    arrondissements.parent = Some("75056".parse().expect("a template"));
    let arrondissements = read_valid(&arrondissements);
    assert_eq!(arrondissements.areas.len(), 20);
    assert!(arrondissements.areas.iter().all(|area| area.parent.as_ref().is_some_and(|code| code.as_str() == "75056")));

    let mut quartiers =
        request("fr-paris-bureaux-2017/quartiers.geojson.gz", "{code_quartier}", "{nom}").expect("beside it");
    quartiers.parent = Some("{arrondissement}".parse().expect("a template"));
    assert_eq!(read_valid(&quartiers).areas.len(), 80);

    let mut bureaux =
        request("fr-paris-bureaux-2017/bureaux.geojson.gz", "75056-{bureau}", "Bureau {bureau}").expect("beside it");
    bureaux.parent = Some("{code_quartier}".parse().expect("a template"));
    bureaux.electors = Some("electeurs_francais".to_owned());
    bureaux.join = Some(JoinRequest {
        path: real("fr-paris-bureaux-2017/bureau-quartier.csv").expect("beside it"),
        on: "bureau".to_owned(),
    });
    let bureaux = read_valid(&bureaux);
    assert_eq!(bureaux.areas.len(), 896);
    assert!(bureaux.notes.without_join.is_empty() && bureaux.notes.unused_join.is_empty());
    assert_eq!(area(&bureaux, "75056-0101").electors, Some(989));
    assert!(bureaux.areas.iter().all(|area| area.parent.as_ref().is_some_and(|code| code.as_str().starts_with("751"))));
}

#[test]
fn the_station_without_a_shape_is_kept_and_named() {
    let Some(request) = request("fr-04-bureaux-2022/bureaux.geojson.gz", "{code_bv}", "{nom_commune}") else { return };
    let file = read_valid(&request);
    assert_eq!(file.areas.len(), 261);
    assert_eq!(file.notes.without_geometry, ["04116_4"]);
    assert!(area(&file, "04116_4").geometry.is_none());
}

#[test]
fn the_zipped_shapefile_of_minnesota_falls_on_its_geojson() {
    let Some(zip) = request("us-mn-precincts/mn_08_16.zip", "{VTD}", "{PCTNAME}") else { return };
    let Some(json) = request("us-mn-precincts/precincts.geojson.gz", "{VTD}", "{PCTNAME}") else { return };
    let (zip, json) = (read_valid(&zip), read_valid(&json));
    eprintln!("{:#?}", zip.notes.lines());
    assert_eq!((zip.areas.len(), json.areas.len()), (4_120, 4_120));
    assert!(zip.notes.crs.contains("EPSG:26915"), "{}", zip.notes.crs);
    let mut worst = 0f64;
    for one in &zip.areas {
        let other = area(&json, one.code.as_str());
        assert_eq!(one.name, other.name);
        let (one, other) = (one.geometry.as_ref().expect("a polygon"), other.geometry.as_ref().expect("a polygon"));
        worst = worst.max(farthest(one, other));
    }
    eprintln!("farthest vertex from its twin: {worst:e} degrees");
    assert!(worst < 1e-5, "{worst}");
}

/// How far the farthest vertex of one outline is from the nearest vertex of the other, in degrees.
fn farthest(one: &MultiPolygon<f64>, other: &MultiPolygon<f64>) -> f64 {
    let coords = |area: &MultiPolygon<f64>| -> Vec<Coord<f64>> {
        area.iter()
            .flat_map(|polygon| std::iter::once(polygon.exterior()).chain(polygon.interiors()))
            .flat_map(|ring| ring.0.clone())
            .collect()
    };
    let mut twins = coords(other);
    twins.sort_by(|a, b| a.x.total_cmp(&b.x));
    let nearest = |at: &Coord<f64>| {
        let from = twins.partition_point(|twin| twin.x < at.x - 1e-4);
        twins[from..]
            .iter()
            .take_while(|twin| twin.x <= at.x + 1e-4)
            .map(|twin| (twin.x - at.x).hypot(twin.y - at.y))
            .fold(f64::INFINITY, f64::min)
    };
    coords(one).iter().map(nearest).fold(0.0, f64::max)
}

#[test]
fn counties_across_the_antimeridian_are_read_and_mended() {
    let Some(request) = request("us-counties/counties.geojson.gz", "{id}", "{name}") else { return };
    let file = read_valid(&request);
    assert_eq!(file.areas.len(), 3_231);
    assert_eq!(file.notes.repaired.len(), 21, "{:?}", file.notes.repaired);
    assert!(file.notes.crs.contains("CRS84"), "{}", file.notes.crs);
    let aleutians = area(&file, "02016").geometry.as_ref().and_then(BoundingRect::bounding_rect).expect("a polygon");
    assert!(aleutians.min().x < -178.0 && aleutians.max().x > 178.0);
}

#[test]
fn districts_of_montreal_are_known_by_their_feature_ids() {
    let Some(request) = request("ca-montreal-2013/election.geojson.gz", "{@id}", "{district}") else { return };
    let file = read_valid(&request);
    assert_eq!(file.areas.len(), 58);
    assert!(file.areas.iter().all(|area| area.code.as_str().bytes().all(|digit| digit.is_ascii_digit())));
}

#[test]
fn cantons_constituencies_and_outlines_of_stations_are_read() {
    for (path, code, name, areas) in [
        ("fr-formats/cantons-2015.geojson.gz", "{ref}", "{nom}", 2_054),
        ("fr-formats/contours-bureaux-brest.geojson.gz", "{codeBureauVote}", "{llieu}", 122),
        ("fr-formats/contours-bureaux-datagouv-01-extract.geojson", "{codeBureauVote}", "{nomCommune}", 7),
        (
            "fr-formats/circonscriptions-legislatives-04-13-29-75.geojson.gz",
            "{codeCirconscription}",
            "{nomCirconscription}",
            44,
        ),
    ] {
        let Some(request) = request(path, code, name) else { return };
        let file = read_valid(&request);
        eprintln!("{:#?}", file.notes.lines());
        assert_eq!(file.areas.len(), areas, "{path}");
    }
}
