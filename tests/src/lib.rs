//! Journeys through the real `quartier` binary on real files.
//!
//! A test that needs the open data beside the project says so and is skipped where it is absent; under `CI` it fails.

pub mod partition;
pub mod tile;

use flate2::read::GzDecoder;
use geo_types::{LineString, MultiPolygon, Polygon};
use quartier_snapshot::Published;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The folder of the open data; `None`, with a clear line, where it is absent.
///
/// # Panics
/// Under `CI`, when it is absent.
pub fn data() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let shared = std::env::var_os("QUARTIER_SHARED").map_or(beside, PathBuf::from);
    if shared.join("data").is_dir() {
        return Some(shared.join("data"));
    }
    assert!(std::env::var_os("CI").is_none(), "the open data is not at {}", shared.display());
    println!("SKIPPED: the open data is not at {}; set QUARTIER_SHARED", shared.display());
    None
}

/// A campaign in a temporary folder, and the binary to work on it.
#[derive(Debug)]
pub struct Desk {
    folder: tempfile::TempDir,
    database: Option<String>,
}

impl Desk {
    /// An empty desk: `init` makes its campaign.
    ///
    /// # Panics
    /// When the disk refuses.
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder"), database: None }
    }

    /// The same, with the evidence in a PostGIS database: every command is told its URL.
    ///
    /// # Panics
    /// When the disk refuses.
    pub fn on(database: &str) -> Self {
        Self { database: Some(database.to_owned()), ..Self::new() }
    }

    /// The folder in which commands run; the campaign is its `campaign`.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// `quartier` with these arguments, as the shell would split them, about to run in this folder.
    ///
    /// # Panics
    /// When a test has no path.
    pub fn command(&self, arguments: &[&str]) -> Command {
        // The test's own binary lies in the folder `deps` beside it.
        let own = std::env::current_exe().expect("a test has a path");
        let binary = own.parent().and_then(Path::parent).map(|folder| folder.join("quartier"));
        let mut command = Command::new(binary.expect("a target folder"));
        command
            .args(arguments)
            .args(self.database.iter().flat_map(|url| ["--database", url]))
            .current_dir(self.path())
            .env("QUARTIER_CAMPAIGN", self.path().join("campaign"))
            .env_remove("QUARTIER_DATABASE_URL");
        command
    }

    /// Runs `quartier` with these arguments.
    ///
    /// # Panics
    /// When the binary is not built.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the binary is built: `cargo build --workspace --bins`")
    }

    /// Opens what the campaign has published.
    ///
    /// # Panics
    /// When its folder cannot be listed.
    pub fn published(&self) -> Published {
        Published::open(&self.path().join("campaign/published")).expect("published")
    }

    /// Writes a file of the test into the folder; gives its path.
    ///
    /// # Panics
    /// When the disk refuses.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path().join(name);
        std::fs::write(&path, content).expect("written");
        path.to_string_lossy().into_owned()
    }

    /// Runs a command that must succeed; gives what it printed.
    ///
    /// # Panics
    /// When it fails; the panic shows its errors.
    pub fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "quartier {arguments:?} failed:\n{errors}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// Runs a command that must be refused with exit code 1; gives its message.
    ///
    /// # Panics
    /// When it does not.
    pub fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "quartier {arguments:?}:\n{errors}");
        errors
    }

    /// The JSON that a command prints with `--json`.
    ///
    /// # Panics
    /// When it fails or prints no JSON.
    pub fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let text = self.ok(&[arguments, &["--json"]].concat());
        serde_json::from_str(&text).expect("JSON")
    }
}

impl Desk {
    /// Imports areas: the level, then the templates of code and name, then further arguments; gives what `--json`
    /// prints.
    ///
    /// # Panics
    /// When it is refused.
    pub fn import_areas(&self, file: &str, [level, code, name]: [&str; 3], more: &[&str]) -> serde_json::Value {
        let common = ["import", "areas", file, "--level", level, "--code", code, "--name", name];
        self.json(&[&common, more].concat())
    }

    /// Imports a national ballot of the open results by polling station (`2017-presidentielle-1`) with the preset
    /// `fr-large` and these further arguments; gives the account.
    ///
    /// # Panics
    /// When it is refused.
    pub fn national_results(
        &self,
        data: &Path,
        name: &str,
        election: &str,
        date: &str,
        more: &[&str],
    ) -> serde_json::Value {
        let file = data.join(format!("fr-results-2014-2019/{name}_par_bureau_large.csv.gz"));
        let file = file.to_string_lossy();
        let common = ["import", "results", &file, "--election", election, "--date", date, "--preset", "fr-large"];
        self.json(&[&common, more].concat())["account"].take()
    }
}

impl Desk {
    /// Imports the precincts of Minnesota with the presidential election of 2016.
    ///
    /// # Panics
    /// When a command is refused.
    pub fn minnesota(&self, data: &Path) {
        let file = |name: &str| data.join("us-mn-precincts").join(name).to_string_lossy().into_owned();
        self.ok(&["init", "campaign", "--name", "Minnesota", "--language", "en", "--levels", "precinct"]);
        self.import_areas(&file("precincts.geojson.gz"), ["precinct", "{VTD}", "{PCTNAME}"], &[]);
        let results = file("results.csv.gz");
        let of = ["--election", "pres2016", "--date", "2016-11-08", "--level", "precinct", "--code", "{VTD}"];
        let columns = ["--registered", "VAP", "--voters", "TOTPRES16", "--registered-floor"];
        let lists = ["--candidates", "PRES16D,PRES16R,PRES16L,PRES16G"];
        self.ok(&[&["import", "results", &results][..], &of, &columns, &lists].concat());
        self.ok(&["blocs", "pres2016", "--favourable", "PRES16D", "--opposed", "PRES16R"]);
    }

    /// Imports the polygons of Paris down to its polling stations, and both rounds of 2017; says which lists are on
    /// which side. Every row finds its station.
    ///
    /// # Panics
    /// When a command is refused, or a row finds none.
    pub fn paris(&self, data: &Path) {
        let levels = "city,arrondissement,quartier,bureau";
        self.ok(&["init", "campaign", "--name", "Paris 2017", "--language", "fr", "--levels", levels]);
        let file = |name: &str| data.join(name).to_string_lossy().into_owned();
        let join = file("fr-paris-bureaux-2017/bureau-quartier.csv");
        for (name, level, code, name_template, more) in [
            ("fr-admin-2018/communes.geojson.gz", "city", "{code}", "{nom}", &["--where", "code=75056"][..]),
            (
                "fr-paris-bureaux-2017/arrondissements.geojson.gz",
                "arrondissement",
                "{code}",
                "{nom}",
                &["--parent", "75056"],
            ),
            (
                "fr-paris-bureaux-2017/quartiers.geojson.gz",
                "quartier",
                "{code_quartier}",
                "{nom}",
                &["--parent", "{arrondissement}"],
            ),
            (
                "fr-paris-bureaux-2017/bureaux.geojson.gz",
                "bureau",
                "75056-{bureau}",
                "Bureau {bureau}",
                &["--parent", "{code_quartier}", "--join", &join, "--on", "bureau"],
            ),
        ] {
            let file = file(name);
            let areas = ["import", "areas", &file, "--level", level, "--code", code, "--name", name_template];
            self.ok(&[&areas, more].concat());
        }
        for (round, date) in [("1", "2017-04-23"), ("2", "2017-05-07")] {
            let election = format!("pres2017t{round}");
            let account = self.paris_results(data, &format!("2017-presidentielle-{round}"), &election, date);
            assert_eq!((account["used"].as_u64(), account["unplaced"].to_string().as_str()), (Some(896), "[]"));
            self.ok(&["blocs", &election, "--favourable", "MACRON", "--opposed", "LE PEN"]);
        }
    }

    /// Imports a national ballot for the stations of Paris; what has no polygon stays with the city.
    ///
    /// # Panics
    /// When it is refused.
    pub fn paris_results(&self, data: &Path, name: &str, election: &str, date: &str) -> serde_json::Value {
        let to_stations =
            ["--where", "departement=75", "--level", "bureau", "--code", "75056-{bureau}", "--fallback", "city=75056"];
        self.national_results(data, name, election, date, &to_stations)
    }
}

/// Row of a table, by the names of its columns.
pub type Named = BTreeMap<String, String>;

impl Desk {
    /// The published counts of an election at a level, by code; what belongs to no area is not among them.
    ///
    /// # Panics
    /// When the export is refused, or a code stands twice.
    pub fn past(&self, election: &str, level: &str) -> BTreeMap<String, Named> {
        let csv = self.ok(&["export", "--election", election, "--level", level, "--format", "csv", "-o", "-"]);
        let mut past = BTreeMap::new();
        for row in named_rows(csv.as_bytes()).into_iter().filter(|row| row["level"] == level) {
            assert!(past.insert(row["code"].clone(), row).is_none(), "a code stands twice at {level}");
        }
        past
    }
}

/// The rows of a comma-separated table.
///
/// # Panics
/// When it is none.
pub fn named_rows(csv: impl std::io::Read) -> Vec<Named> {
    let mut reader = csv::Reader::from_reader(csv);
    let header = reader.headers().expect("a header").clone();
    let named = |record: csv::StringRecord| header.iter().zip(&record).map(|(a, b)| (a.into(), b.into())).collect();
    reader.records().map(|record| named(record.expect("a record"))).collect()
}

/// A count in a column of a row.
///
/// # Panics
/// When there is no such column, or no count in it.
pub fn count(row: &Named, column: &str) -> u64 {
    let cell = row.get(column).unwrap_or_else(|| panic!("no column {column} in {row:?}"));
    cell.parse().unwrap_or_else(|_| panic!("{column}: found `{cell}`, expected a count"))
}

/// A precinct of Minnesota: its code and outline, the adults of 2010, the votes of 2016 for D and R.
#[derive(Debug, Clone)]
pub struct Precinct {
    /// `VTD`.
    pub code: String,
    /// WGS 84.
    pub outline: MultiPolygon<f64>,
    /// Adults of the census.
    pub adults: u32,
    /// `PRES16D` and `PRES16R`.
    pub votes: [u32; 2],
}

/// The precincts of Minnesota, in the order of their outlines.
///
/// # Panics
/// When a file is damaged.
pub fn precincts(data: &Path) -> Vec<Precinct> {
    let file = |name: &str| gunzipped(&data.join("us-mn-precincts").join(name));
    let rows = named_rows(file("results.csv.gz").as_bytes());
    let rows: BTreeMap<&str, &Named> = rows.iter().map(|row| (row["VTD"].as_str(), row)).collect();
    let areas: Value = serde_json::from_str(&file("precincts.geojson.gz")).expect("GeoJSON");
    let number = |row: &Named, column: &str| u32::try_from(count(row, column)).expect("a small count");
    let precinct = |area: &Value| {
        let code = area["properties"]["VTD"].as_str().expect("a code");
        let row = rows[code];
        Precinct {
            code: code.to_owned(),
            outline: outline(&area["geometry"]),
            adults: number(row, "VAP"),
            votes: ["PRES16D", "PRES16R"].map(|column| number(row, column)),
        }
    };
    areas["features"].as_array().expect("features").iter().map(precinct).collect()
}

/// The text of a gzipped file.
///
/// # Panics
/// When it is none.
pub fn gunzipped(path: &Path) -> String {
    let mut text = String::new();
    GzDecoder::new(std::fs::File::open(path).expect("the file")).read_to_string(&mut text).expect("text");
    text
}

/// A polygon or multipolygon of GeoJSON.
///
/// # Panics
/// When it is none.
pub fn outline(geometry: &Value) -> MultiPolygon<f64> {
    let ring = |ring: &Value| -> LineString<f64> {
        let points = ring.as_array().expect("a ring").iter();
        points.map(|point| (point[0].as_f64().expect("x"), point[1].as_f64().expect("y"))).collect::<Vec<_>>().into()
    };
    let polygon = |rings: &Value| {
        let mut rings = rings.as_array().expect("a polygon").iter().map(ring);
        Polygon::new(rings.next().expect("an outer ring"), rings.collect())
    };
    let coordinates = &geometry["coordinates"];
    match geometry["type"].as_str() {
        Some("Polygon") => MultiPolygon(vec![polygon(coordinates)]),
        _ => MultiPolygon(coordinates.as_array().expect("polygons").iter().map(polygon).collect()),
    }
}

/// The server on what a campaign has published, asked without a network.
#[derive(Debug, Clone)]
pub struct Service {
    router: axum::Router,
}

impl Service {
    /// Opens what the campaign on the desk has published.
    ///
    /// # Panics
    /// When it cannot be served.
    pub fn of(desk: &Desk) -> Self {
        let (router, _app) = quartier_server::app(&desk.path().join("campaign/published")).expect("a server");
        Self { router }
    }

    /// The body at a path; `None` where there is nothing (204).
    ///
    /// # Panics
    /// When it is refused.
    pub async fn get(&self, path: &str) -> Option<Vec<u8>> {
        let request = http::Request::get(path).body(axum::body::Body::empty()).expect("a request");
        let response = tower::ServiceExt::oneshot(self.router.clone(), request).await.expect("an answer");
        if response.status() == http::StatusCode::NO_CONTENT {
            return None;
        }
        assert_eq!(response.status(), http::StatusCode::OK, "{path}");
        Some(axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("a body").to_vec())
    }

    /// The JSON at a path.
    ///
    /// # Panics
    /// When it is refused or none.
    pub async fn json(&self, path: &str) -> serde_json::Value {
        serde_json::from_slice(&self.get(path).await.expect("a body")).expect("JSON")
    }

    /// The status of the answer at a path.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn status(&self, path: &str) -> u16 {
        let request = http::Request::get(path).body(axum::body::Body::empty()).expect("a request");
        tower::ServiceExt::oneshot(self.router.clone(), request).await.expect("an answer").status().as_u16()
    }

    /// The same as it goes over the wire to who takes gzip.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn get_gzipped(&self, path: &str) -> Option<Vec<u8>> {
        let request = http::Request::get(path).header("accept-encoding", "gzip").body(axum::body::Body::empty());
        let request = request.expect("a request");
        let response = tower::ServiceExt::oneshot(self.router.clone(), request).await.expect("an answer");
        if response.status() == http::StatusCode::NO_CONTENT {
            return None;
        }
        assert_eq!(response.status(), http::StatusCode::OK, "{path}");
        Some(axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("a body").to_vec())
    }

    /// Sends a body; gives the status and the answer.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn post(&self, path: &str, body: String) -> (u16, Vec<u8>) {
        let request = http::Request::post(path).header("content-type", "application/geo+json");
        let request = request.body(axum::body::Body::from(body)).expect("a request");
        let response = tower::ServiceExt::oneshot(self.router.clone(), request).await.expect("an answer");
        let status = response.status().as_u16();
        (status, axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("a body").to_vec())
    }
}

impl Default for Desk {
    fn default() -> Self {
        Self::new()
    }
}
