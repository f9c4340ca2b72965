//! Area files, small and invented: what is read, and what is refused with which words.

mod areas_files;

use areas_files::{fixture, flatgeobuf, gzip, request, shapefile, squares, zip};
use flatgeobuf::FgbCrs;
use quartier_ingest::areas::{AliasRequest, AreasFile, AreasRequest, JoinRequest, read, read_source};
use quartier_ingest::table::Filter;
use quartier_ingest::{IngestError, Limits, Source};

/// A projected system of ESRI's kind, without authority.
const LAMBERT_93: &str = r#"PROJCS["RGF_1993_Lambert_93",GEOGCS["GCS_RGF_1993",DATUM["D_RGF_1993",SPHEROID["GRS_1980",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Lambert_Conformal_Conic"],PARAMETER["False_Easting",700000.0],PARAMETER["False_Northing",6600000.0],PARAMETER["Central_Meridian",3.0],PARAMETER["Standard_Parallel_1",49.0],PARAMETER["Standard_Parallel_2",44.0],PARAMETER["Latitude_Of_Origin",46.5],UNIT["Meter",1.0]]"#;

fn codes(file: &AreasFile) -> Vec<&str> {
    file.areas.iter().map(|area| area.code.as_str()).collect()
}

fn read_bytes(name: &str, bytes: Vec<u8>, change: impl Fn(&mut AreasRequest)) -> Result<AreasFile, IngestError> {
    let mut request = request(name.into());
    change(&mut request);
    read_source(Source::from_bytes(name, bytes, Limits::default())?, &request)
}

#[test]
fn a_feature_becomes_an_area_with_its_code_name_parent_and_electors() {
    let mut request = request(fixture("whole.geojson"));
    request.parent = Some("0{@id}".parse().expect("a template"));
    request.electors = Some("inscrits".to_owned());
    let file = read(&request).expect("a whole file");
    let area = &file.areas[1];
    assert_eq!((area.code.as_str(), area.name.as_str(), area.row), ("01002", "Brissac", 2));
    assert_eq!((area.parent.as_ref().map(|code| code.as_str()), area.electors), (Some("02"), Some(80)));
    assert_eq!(area.geometry.as_ref().map(|geometry| geometry.0.len()), Some(1));
    let notes = &file.notes;
    assert_eq!((notes.format.as_str(), notes.features, notes.kept), ("GeoJSON", 2, 2));
    assert!(notes.crs.contains("the file names no system"), "{}", notes.crs);
    assert_eq!(notes.sha256.len(), 64);
}

#[test]
fn where_keeps_features_and_says_how_many() {
    let mut request = request(fixture("whole.geojson"));
    request.filter = Filter::parse(&["nom=Brissac"]).expect("a filter");
    let file = read(&request).expect("one area");
    assert_eq!((codes(&file), file.notes.features, file.notes.kept), (vec!["01002"], 2, 1));
}

#[test]
fn a_feature_without_a_shape_stays_an_area_and_is_named() {
    let mut request = request(fixture("without-shapes.geojson"));
    request.electors = Some("inscrits".to_owned());
    let file = read(&request).expect("areas without a shape are no fault");
    assert_eq!(file.areas.len(), 5);
    assert_eq!(file.notes.without_geometry, ["01002", "01003", "01004", "01005"]);
    assert_eq!(file.notes.unnamed, ["01003"]);
    assert_eq!(file.areas[2].name, "01003");
    assert_eq!(file.notes.without_electors, ["01002"]);
    assert_eq!(file.areas[1].electors, None);
}

#[test]
fn an_outline_that_crosses_itself_is_mended_and_named() {
    let file = read(&request(fixture("self-crossing.geojson"))).expect("it is mended");
    assert_eq!(file.notes.repaired, ["01002"]);
    assert_eq!(file.areas[1].geometry.as_ref().map(|geometry| geometry.0.len()), Some(2));
}

#[test]
fn a_code_that_lost_its_zero_is_hinted_at() {
    let file = read(&request(fixture("lost-zero.geojson"))).expect("two areas");
    assert_eq!(file.notes.lost_zeros, ["1001"]);
}

#[test]
fn a_joined_table_adds_columns_and_names_what_has_no_match() {
    let mut request = request(fixture("whole.geojson"));
    request.join = Some(JoinRequest { path: fixture("parents.csv"), on: "code".to_owned() });
    let file = read(&request).expect("no template needs the table");
    assert_eq!((file.notes.without_join, file.notes.unused_join), (vec!["01002".to_owned()], vec!["01003".to_owned()]));
    request.parent = Some("{canton}".parse().expect("a template"));
    let error = read(&request).expect_err("01002 has no parent").to_string();
    assert!(error.contains("row 2, `canton`: found nothing, expected the code of a parent"), "{error}");
    assert!(error.contains("the joined table has no row where `code` is `01002`"), "{error}");
}

#[test]
fn merged_areas_are_dissolved_under_the_name_of_the_one_that_stays() {
    let mut request = request(fixture("whole.geojson"));
    request.electors = Some("inscrits".to_owned());
    let aliases =
        |file: &str| Some(AliasRequest { path: fixture(file), from: "ancien".to_owned(), to: "nouveau".to_owned() });
    request.aliases = aliases("merged.csv");
    let file = read(&request).expect("one area");
    assert_eq!(
        (codes(&file), file.areas[0].name.as_str(), file.areas[0].electors),
        (vec!["01001"], "Abergemont", Some(200))
    );
    let whole = file.areas[0].geometry.as_ref().expect("a polygon");
    assert_eq!((whole.0.len(), whole.0[0].interiors().len()), (1, 0));
    assert_eq!(file.notes.dissolved[0].from, ["01001", "01002"]);
    request.aliases = aliases("contradicting.csv");
    let error = read(&request).expect_err("one code, two targets").to_string();
    assert!(
        error.contains("row 3, `nouveau`: found `01003`, expected `01001`, to which row 2 sends `01002`"),
        "{error}"
    );
}

#[test]
fn every_form_of_the_same_areas_gives_the_same_records() {
    let areas = squares(2.0, 48.0, 0.1);
    let (shp, dbf) = shapefile(&areas);
    let zipped = zip(&[("a/areas.shp", &shp), ("a/areas.DBF", &dbf), ("__MACOSX/a/._areas.shp", b"x")]);
    let fgb = flatgeobuf(&areas, FgbCrs { code: 4326, ..FgbCrs::default() }, false);
    for (name, bytes) in [("a.zip", zipped), ("a.fgb.gz", gzip(&fgb)), ("a.fgb", fgb)] {
        let file = read_bytes(name, bytes, |request| request.electors = Some("inscrits".to_owned()))
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(file.areas.len(), 2, "{name}");
        for (area, (code, nom, polygon)) in file.areas.iter().zip(&areas) {
            assert_eq!((area.code.as_str(), area.name.as_str(), area.electors), (*code, *nom, Some(120)), "{name}");
            let outline = &area.geometry.as_ref().expect("a polygon").0[0];
            assert!(outline.exterior().0.len() == 5, "{name}");
            assert!(polygon.exterior().0.iter().all(|at| outline.exterior().0.contains(at)), "{name}");
        }
    }
}

#[test]
fn a_plain_shapefile_takes_the_files_beside_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("areas.shp");
    let (shp, dbf) = shapefile(&squares(650_000.0, 6_860_000.0, 1000.0));
    std::fs::write(&path, shp).expect("a file");
    let error = read(&request(path.clone())).expect_err("no .dbf").to_string();
    assert!(error.contains("there is no .dbf"), "{error}");
    std::fs::write(path.with_extension("dbf"), dbf).expect("a file");
    let error = read(&request(path.clone())).expect_err("no .prj").to_string();
    assert_eq!(
        error,
        "areas.shp: coordinates are not longitude and latitude, and no .prj names the system\n  \
         found x 650,000..652,000, y 6,860,000..6,861,000, expected -180..180, -90..90\n\
         help: this looks like Lambert-93; if so, add `--crs EPSG:2154`"
    );
    let mut asked = request(path.clone());
    asked.crs = Some("EPSG:2154".to_owned());
    let by_option = read(&asked).expect("a system by option");
    std::fs::write(path.with_extension("prj"), LAMBERT_93).expect("a file");
    std::fs::write(path.with_extension("cpg"), "1252").expect("a file");
    let by_prj = read(&request(path)).expect("a system by name");
    assert_eq!(by_prj.areas, by_option.areas);
    assert!(by_prj.notes.crs.contains("EPSG:2154, by its name in the .prj"), "{}", by_prj.notes.crs);
    // 650,000 / 6,860,000 lies in the south of Paris.
    let at = by_prj.areas[0].geometry.as_ref().expect("a polygon").0[0].exterior().0[0];
    assert!((at.x - 2.3).abs() < 0.05 && (at.y - 48.83).abs() < 0.05, "{at:?}");
}

#[test]
fn a_text_without_a_code_is_used_on_grs80_and_greenwich_only() {
    let (shp, dbf) = shapefile(&squares(650_000.0, 6_860_000.0, 1000.0));
    let with_prj =
        |prj: &str| read_bytes("a.zip", zip(&[("a.shp", &shp), ("a.dbf", &dbf), ("a.prj", prj.as_bytes())]), |_| {});
    let named = with_prj(LAMBERT_93).expect("a known name");
    let unnamed =
        with_prj(&LAMBERT_93.replace("RGF_1993_Lambert_93", "Own_Grid")).expect("parameters that can be used");
    assert!(unnamed.notes.crs.contains("`Own_Grid`, by the parameters in the .prj"), "{}", unnamed.notes.crs);
    for (one, other) in named.areas.iter().zip(&unnamed.areas) {
        let exterior = |area: &quartier_ingest::areas::AreaRecord| {
            area.geometry.as_ref().expect("a polygon").0[0].exterior().0.clone()
        };
        for (a, b) in exterior(one).iter().zip(exterior(other)) {
            assert!((a.x - b.x).hypot(a.y - b.y) < 1e-8, "{a:?} {b:?}");
        }
    }
    let clarke = LAMBERT_93
        .replace("RGF_1993_Lambert_93", "Own_Grid")
        .replace("6378137.0,298.257222101", "6378249.2,293.4660212936269");
    let paris =
        LAMBERT_93.replace("RGF_1993_Lambert_93", "Own_Grid").replace("\"Greenwich\",0.0", "\"Paris\",2.33722917");
    for prj in [clarke, paris] {
        let error = with_prj(&prj).expect_err("a shift that is not there").to_string();
        assert!(error.contains("--crs EPSG:n"), "{error}");
        assert!(error.contains("up to 110 m off"), "{error}");
    }
}

#[test]
fn a_broken_file_is_refused_with_one_clear_message() {
    for (name, words) in [
        ("repeated-code.geojson", vec!["row 2, `code`: found `01001`, expected each code once; row 1 has it too"]),
        ("no-code.geojson", vec!["row 2, `code`: found nothing, expected the code of an area", "row 3, `code`"]),
        (
            "not-areas.geojson",
            vec![
                "3 of 4 rows cannot be read",
                "row 2, `geometry`: found `GeometryCollection`, expected a Polygon or MultiPolygon",
                "row 3, `geometry`: found `Point`",
                "row 4, `geometry`: found `a list of positions`, expected a list of rings",
            ],
        ),
        (
            "metres.geojson",
            vec!["found x 643,072..661,120, y 6,857,413..6,867,081, expected -180..180, -90..90", "--crs EPSG:2154"],
        ),
        (
            "degrees-as-metres.geojson",
            vec!["the `crs` member says EPSG:3946 in metres, the coordinates look like degrees"],
        ),
        ("unknown-system.geojson", vec!["names EPSG:64000", "--crs EPSG:n"]),
        ("system-by-link.geojson", vec!["the `crs` member names no system", "--crs EPSG:n"]),
        (
            "wrong-electors.geojson",
            vec!["row 2, `inscrits`: found `1 O43`, expected a whole number", "row 3, `inscrits`: found `-3`"],
        ),
        ("no-feature.geojson", vec!["the file holds no feature"]),
        ("topology.geojson", vec!["found `Topology`, expected `FeatureCollection`", "TopoJSON"]),
        ("one-feature.geojson", vec!["found `Feature`, expected `FeatureCollection`"]),
        ("cut.geojson", vec!["the JSON is cut short: it ends inside or before feature 2"]),
        ("table.geojson", vec!["the JSON cannot be read"]),
        ("far-away.geojson", vec!["coordinates are not longitude and latitude"]),
    ] {
        let mut request = request(fixture(name));
        if name == "wrong-electors.geojson" {
            request.electors = Some("inscrits".to_owned());
        }
        let error = read(&request).expect_err(name).to_string();
        assert!(error.starts_with(&format!("{name}: ")), "{error}");
        for word in words {
            assert!(error.contains(word), "{name}: `{word}` is not in:\n{error}");
        }
    }
}

#[test]
fn a_damaged_or_foreign_container_is_refused_with_one_clear_message() {
    let areas = squares(2.0, 48.0, 0.1);
    let (shp, dbf) = shapefile(&areas);
    let fgb = flatgeobuf(&areas, FgbCrs::default(), true);
    let json = std::fs::read(fixture("whole.geojson")).expect("a fixture");
    let packed = gzip(&json);
    let zipped = zip(&[("a.shp", &shp), ("a.dbf", &dbf)]);
    let deep = format!(
        r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":null,"geometry":{{"type":"Polygon","coordinates":{}"#,
        "[".repeat(5000)
    );
    let deep_aside = format!(r#"{{"type":"FeatureCollection","deep":{}"#, "[".repeat(5000));
    let half = |bytes: &[u8]| bytes[..bytes.len() / 2].to_vec();
    let points = {
        let mut shp = shp.clone();
        shp[108] = 1;
        zip(&[("a.shp", &shp), ("a.dbf", &dbf)])
    };
    for (name, bytes, words) in [
        ("a.geojson.gz", half(&packed), "the gzip is cut short"),
        ("a.zip", json.clone(), "is called .zip and is no such file"),
        ("a.fgb", json, "is called .fgb and is no such file"),
        ("a.zip", half(&zipped), "the zip is damaged or cut short"),
        ("a.fgb", half(&fgb), "the FlatGeobuf is cut short or damaged"),
        ("a.csv", b"code;nom\n1;a\n".to_vec(), "is no area file"),
        ("a.geojson", deep.into_bytes(), "the JSON cannot be read, at or before feature 1: recursion limit exceeded"),
        ("a.geojson", deep_aside.into_bytes(), "the JSON is cut short"),
        (
            "a.zip",
            zip(&[("../../a.shp", &shp), ("a.dbf", &dbf)]),
            "the zip holds `../../a.shp`, a path that leaves its folder",
        ),
        ("a.zip", zip(&[("a.txt", b"x")]), "the zip holds no .shp"),
        ("a.zip", zip(&[("a.shp", &shp)]), "there is no .dbf"),
        ("a.zip", zip(&[("a.shp", &shp), ("b.shp", &shp)]), "say which with `--layer`: `a`, `b`"),
        ("a.zip", zip(&[("a.shp", &half(&shp)), ("a.dbf", &dbf)]), "the .shp is cut short or damaged"),
        ("a.zip", zip(&[("a.shp", &shp), ("a.dbf", &half(&dbf))]), "the .dbf is cut short or damaged"),
        ("a.zip", points, "row 1, `geometry`: found `Point`, expected a Polygon or MultiPolygon"),
    ] {
        let error = read_bytes(name, bytes, |_| {}).expect_err(words).to_string();
        assert!(error.contains(words), "`{words}` is not in:\n{error}");
    }
}

#[test]
fn a_column_that_is_not_there_is_named_with_those_there_are() {
    let asked = |change: fn(&mut AreasRequest)| {
        let mut request = request(fixture("whole.geojson"));
        change(&mut request);
        read(&request).expect_err("a wrong column").to_string()
    };
    let error = asked(|request| request.code = "{cod}".parse().expect("a template"));
    assert!(error.contains("there is no column `cod`") && error.contains("did you mean `code`?"), "{error}");
    assert!(error.contains("the file has the columns `code`, `nom`, `inscrits`, `@id`"), "{error}");
    for error in [
        asked(|request| request.electors = Some("electeurs".to_owned())),
        asked(|request| request.filter = Filter::parse(&["dep=1"]).expect("a filter")),
        asked(|request| request.join = Some(JoinRequest { path: fixture("parents.csv"), on: "canton".to_owned() })),
    ] {
        assert!(error.contains("there is no column"), "{error}");
    }
    let error = asked(|request| request.filter = Filter::parse(&["code=99999"]).expect("a filter"));
    assert!(error.contains("`--where` keeps no feature"), "{error}");
    let error = asked(|request| request.crs = Some("Lambert".to_owned()));
    assert!(error.contains("this is no system, expected `EPSG:n`"), "{error}");
}

#[test]
fn curves_are_no_outlines() {
    // A layer of curves differs from one of polygons in the type of its header: 10 is CurvePolygon.
    let fgb = flatgeobuf(&squares(2.0, 48.0, 0.1), FgbCrs::default(), false);
    let at = (0..fgb.len()).filter(|at| fgb[*at] == 6).map(|at| {
        let mut curved = fgb.clone();
        curved[at] = 10;
        read_bytes("a.fgb", curved, |_| {})
    });
    let refused =
        at.filter_map(Result::err).any(|error| error.to_string().contains("found `CurvePolygon, which may hold arcs"));
    assert!(refused);
}
