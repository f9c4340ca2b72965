//! The campaign that is measured, and the same layer for the peers: all communes of France with the two rounds of 2017.

use crate::usage::output;
use anyhow::{Context, Result, ensure};
use geojson::FeatureCollection;
use serde_json::{Map, Value, json};
use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the peers' tiles carry, beside code and name: twelve attributes.
const ATTRIBUTES: [&str; 12] = [
    "electors",
    "abstainers",
    "undecided",
    "favourable",
    "opposed",
    "turnout",
    "favourable_low",
    "favourable_high",
    "opposed_low",
    "opposed_high",
    "turnout_low",
    "turnout_high",
];

/// Where everything is.
#[derive(Debug)]
pub struct Desk {
    /// The open data.
    pub data: PathBuf,
    /// The binary.
    pub quartier: PathBuf,
    /// The peers' folder.
    pub peers: PathBuf,
    /// Where to write.
    pub work: PathBuf,
}

impl Desk {
    /// Checks the paths and makes the folder.
    ///
    /// # Errors
    /// When the data or the binary is absent.
    pub fn new(data: &Path, quartier: &Path, peers: &Path, work: &Path) -> Result<Self> {
        fs::create_dir_all(work)?;
        let found = |path: &Path| path.canonicalize().with_context(|| format!("{} is absent", path.display()));
        Ok(Self {
            data: found(data)?,
            quartier: found(quartier)?,
            peers: found(peers).context("install the peers with benches/peers.sh")?,
            work: found(work)?,
        })
    }

    /// A file of the open data, as an argument.
    pub fn file(&self, name: &str) -> String {
        self.data.join(name).to_string_lossy().into_owned()
    }

    /// A file of the work folder.
    pub fn at(&self, name: &str) -> PathBuf {
        self.work.join(name)
    }

    /// The binary, told to work on a campaign.
    pub fn quartier(&self, campaign: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.quartier);
        command.args(arguments).env("QUARTIER_CAMPAIGN", campaign).env_remove("QUARTIER_DATABASE_URL");
        command
    }

    /// A peer of the Python environment.
    pub fn python(&self, script: &str) -> Command {
        let mut command = Command::new(self.peers.join("venv/bin/python"));
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("peers").join(script));
        command
    }

    /// A program of the peers' folder or of the system; `None`, where it is not installed.
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        let own = [self.peers.join("venv/bin").join(name), self.peers.join("bin").join(name)];
        let path = std::env::var_os("PATH").unwrap_or_default();
        let system = std::env::split_paths(&path).map(|folder| folder.join(name)).collect::<Vec<_>>();
        own.into_iter().chain(system).find(|path| path.is_file())
    }

    /// `import areas` of the communes into a campaign that has regions and departements.
    pub fn import_communes(&self, campaign: &Path) -> Command {
        let communes = self.file("fr-admin-2018/communes.geojson.gz");
        let mut command = self.quartier(campaign, &["import", "areas", &communes, "--level", "commune"]);
        command.args(["--code", "{code}", "--name", "{nom}", "--parent", "{departement}"]);
        command
    }

    /// A campaign with regions and departements only.
    ///
    /// # Errors
    /// When a command fails.
    pub fn begun(&self, name: &str) -> Result<PathBuf> {
        let campaign = self.at(name);
        if campaign.exists() {
            fs::remove_dir_all(&campaign)?;
        }
        let folder = campaign.to_string_lossy().into_owned();
        let init = ["init", &folder, "--name", "France", "--levels", "region,departement,commune"];
        output(&mut self.quartier(&campaign, &init))?;
        for (level, file, parent) in [("region", "regions", None), ("departement", "departements", Some("{region}"))] {
            let file = self.file(&format!("fr-admin-2018/{file}.geojson.gz"));
            let mut command = self.quartier(&campaign, &["import", "areas", &file, "--level", level]);
            command.args(["--code", "{code}", "--name", "{nom}"]);
            command.args(parent.into_iter().flat_map(|parent| ["--parent", parent]));
            output(&mut command)?;
        }
        Ok(campaign)
    }

    /// The campaign of all communes, imported, estimated and published; made once, found again after.
    ///
    /// # Errors
    /// When a command fails.
    pub fn france(&self) -> Result<PathBuf> {
        let campaign = self.at("france");
        if campaign.join("published/current.json").is_file() {
            return Ok(campaign);
        }
        eprintln!("making the campaign of all communes");
        let campaign = self.begun("france")?;
        output(&mut self.import_communes(&campaign))?;
        for (round, date) in [("1", "2017-04-23"), ("2", "2017-05-07")] {
            let file = self.results(&format!("2017-presidentielle-{round}"));
            let election = format!("pres2017t{round}");
            let mut command = self.quartier(&campaign, &["import", "results", &file, "--election", &election]);
            command.args(["--date", date, "--preset", "fr-large", "--level", "commune", "--code", "{insee}"]);
            output(command.args(["--row-key", "{departement}{commune}-{bureau}"]))?;
            let blocs = ["blocs", &election, "--favourable", "MACRON", "--opposed", "LE PEN"];
            output(&mut self.quartier(&campaign, &blocs))?;
        }
        let points = self.points();
        output(&mut self.quartier(&campaign, &["import", "population", &points, "--count", "leg_inscrits"]))?;
        output(&mut self.estimate(&campaign, 1))?;
        output(&mut self.quartier(&campaign, &["publish"]))?;
        Ok(campaign)
    }

    /// `estimate` with a seed.
    pub fn estimate(&self, campaign: &Path, seed: u32) -> Command {
        self.quartier(campaign, &["estimate", "--baseline", "pres2017t2", "--seed", &seed.to_string()])
    }

    /// The places of polling stations in 2024, each with its electors.
    pub fn points(&self) -> String {
        self.file("fr-2024-bureaux-points/bureaux-2024.csv.gz")
    }

    /// A ballot by polling station.
    pub fn results(&self, ballot: &str) -> String {
        self.file(&format!("fr-results-2014-2019/{ballot}_par_bureau_large.csv.gz"))
    }

    /// The peers' layer, line-delimited GeoJSON: the published figures of the campaign on its imported polygons.
    ///
    /// # Errors
    /// When the export fails.
    pub fn layer(&self) -> Result<PathBuf> {
        let path = self.at("communes.geojsonl");
        if path.is_file() {
            return Ok(path);
        }
        let export = self.export()?;
        let mut out = BufWriter::new(File::create(self.at("communes.part"))?);
        let mut features = 0;
        // Not `FeatureReader`, which takes the first array of the file for the features and not the `quartier` member.
        let collection: FeatureCollection = serde_json::from_reader(BufReader::new(File::open(export)?))?;
        for feature in collection.features {
            let Some(geometry) = &feature.geometry else { continue };
            let mut properties = Map::new();
            for name in ["code", "name"].iter().chain(&ATTRIBUTES) {
                let value = feature.property(*name).filter(|value| !value.is_null());
                properties.extend(value.map(|value| ((*name).to_owned(), value.clone())));
            }
            features += 1;
            let line = json!({"type": "Feature", "id": features, "properties": Value::Object(properties), "geometry": geometry});
            writeln!(out, "{line}")?;
        }
        out.flush()?;
        ensure!(features == 35_357, "{features} communes instead of 35,357");
        fs::rename(self.at("communes.part"), &path)?;
        Ok(path)
    }

    /// The communes as `quartier export` gives them.
    ///
    /// # Errors
    /// When it fails.
    pub fn export(&self) -> Result<PathBuf> {
        let path = self.at("communes.geojson");
        if !path.is_file() {
            let campaign = self.france()?;
            output(&mut self.export_to(&campaign, &path))?;
        }
        Ok(path)
    }

    /// `export` of all communes as GeoJSON.
    pub fn export_to(&self, campaign: &Path, path: &Path) -> Command {
        let path = path.to_string_lossy();
        self.quartier(campaign, &["export", "--level", "commune", "--format", "geojson", "-o", &path])
    }
}
