//! A snapshot: values, draws and provenance; written as a candidate, then published under a number.

use crate::FORMAT;
use crate::answers::{ANSWERS, PlacedAnswers};
use crate::directory::{DirectoryWriter, clean_leftovers, open_checked, open_manifest};
use crate::draws::{Draws, DrawsContent, draws_table};
use crate::error::{Result, SnapshotError};
use crate::geography::{Geography, set_aside};
use crate::manifest::SnapshotManifest;
use crate::published::{PointedDirectory, PointedSnapshot, Pointer, next_number, swap_pointer};
use crate::results::Results;
use crate::table::{Table, TableHeader};
use crate::values::{TableAbout, ValuesTable, people_table, values_table};
use quartier_model::{ElectorsSource, LevelTable};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const MANIFEST: &str = "snapshot.json";
const DRAWS: &str = "draws.qdr";

/// The values of one level.
#[derive(Debug, Clone, Copy)]
pub struct SnapshotLevelContent<'a> {
    /// What is shown.
    pub table: &'a LevelTable,
    /// Where the electors of each row come from.
    pub sources: &'a [ElectorsSource],
}

/// A snapshot to be written.
#[derive(Debug, Clone)]
pub struct SnapshotContent<'a> {
    /// Provenance. `format`, `number`, `files`, `geography*` and `results*` are filled in by the writer.
    pub manifest: SnapshotManifest,
    /// Levels of the geography, coarse to fine, then its groupings.
    pub levels: Vec<SnapshotLevelContent<'a>>,
    /// The hexagons of the geography; `None` where it has none.
    pub hexes: Option<SnapshotLevelContent<'a>>,
    /// The draws.
    pub draws: DrawsContent<'a>,
    /// The answers behind the estimates, by node of the geography.
    pub answers: PlacedAnswers,
}

/// Writes a complete candidate directory `<parent>/<name>`, in the place of an earlier one of that name.
///
/// # Errors
/// When columns do not fit the geography, or the disk refuses; the earlier candidate is then still there.
pub fn write_candidate(
    parent: &Path,
    name: &str,
    geography: &Geography,
    results: &Results,
    content: &SnapshotContent<'_>,
) -> Result<PathBuf> {
    let mut manifest = content.manifest.clone();
    manifest.format = FORMAT;
    manifest.number = 0;
    manifest.geography = geography.hash().to_owned();
    manifest.geography_blake3 = geography.manifest_blake3().to_owned();
    manifest.results = results.hash().to_owned();
    manifest.results_blake3 = results.manifest_blake3().to_owned();
    if content.levels.len() != geography.all_levels().count() {
        return Err(SnapshotError::Unpublishable(format!("values of {} levels", content.levels.len())));
    }
    let hexes = geography.ground().map(|ground| &ground.hexes);
    if hexes.is_some() != content.hexes.is_some() {
        return Err(SnapshotError::Unpublishable(
            "values of hexagons and none in the geography, or none of them".into(),
        ));
    }
    let mut writer = DirectoryWriter::create(parent)?;
    for (level, values) in geography.all_levels().chain(hexes).zip(content.levels.iter().chain(&content.hexes)) {
        let id = level.level.id.as_str();
        if values.table.rows() != level.rows() {
            let why = format!("{} rows of values at level {id}, expected {}", values.table.rows(), level.rows());
            return Err(SnapshotError::Unpublishable(why));
        }
        let about = TableAbout { snapshot: 0, geography: geography.hash(), level: id, of: manifest.of.as_str() };
        let table = values_table(values.table, &about)?;
        writer.write(&format!("values-{id}.qvt"), |out| table.write_to(out))?;
        let people = people_table(values.table, values.sources, &about)?;
        writer.write(&format!("people-{id}.qvt"), |out| people.write_to(out))?;
    }
    let draws = draws_table(&content.draws)?;
    writer.write(DRAWS, |out| draws.write_to(out))?;
    if !content.answers.is_empty() {
        writer.write(ANSWERS, |out| out.write_all(&content.answers.to_bytes(geography.tree())))?;
    }
    manifest.files = writer.files().clone();
    let target = parent.join(name);
    let old = target.exists().then(|| parent.join(format!(".aside-old-{}-{name}", std::process::id())));
    if let Some(old) = &old {
        std::fs::rename(&target, old).map_err(SnapshotError::io(&target))?;
    }
    let written = writer.finish(name, MANIFEST, &manifest_bytes(&manifest));
    if let Some(old) = &old {
        match &written {
            Ok(_) => drop(std::fs::remove_dir_all(old)),
            Err(_) => drop(std::fs::rename(old, &target)),
        }
    }
    written?;
    clean_leftovers(parent);
    Ok(target)
}

/// Publishes a candidate under the next number in `folder`, and points to it; gives it as its readers see it. The draws
/// are linked, not copied; `last` may complete the manifest (the moment of publication, privacy rule...).
///
/// # Errors
/// When the candidate is damaged, its geography or results are not published whole here, or the disk refuses. What was
/// published before is then still current.
pub fn publish_candidate(
    folder: &Path,
    candidate: &Path,
    last: impl FnOnce(&mut SnapshotManifest),
) -> Result<Snapshot> {
    clean_leftovers(&folder.join("snapshots"));
    let mut manifest = read_manifest(candidate, None)?;
    let geography_folder = folder.join("geographies").join(&manifest.geography);
    let geography = Arc::new(Geography::open(&geography_folder, Some(&manifest.geography_blake3))?);
    let results_folder = folder.join("results").join(&manifest.results);
    let results = Arc::new(Results::open(&results_folder, Some(&manifest.results_blake3))?);
    let files = manifest.files.clone();
    last(&mut manifest);
    // Another publisher may take the number between reading and renaming: then we take the next one.
    for _ in 0..16 {
        manifest.number = next_number(folder)?;
        let mut writer = DirectoryWriter::create(&folder.join("snapshots"))?;
        for name in files.keys() {
            if name.starts_with("values-") {
                let bytes = open_checked(candidate, &files, name)?;
                let damaged = |why: String| SnapshotError::damaged(&candidate.join(name), why);
                let table = Table::new(bytes).map_err(|fault| damaged(fault.to_string()))?;
                writer.write(name, |out| write_numbered(&table, manifest.number, out))?;
            } else {
                open_checked(candidate, &files, name)?;
                writer.link_checked(name, &candidate.join(name), &files[name])?;
            }
        }
        manifest.files = writer.files().clone();
        let written = writer.finish(&manifest.number.to_string(), MANIFEST, &manifest_bytes(&manifest));
        let blake3 = match written {
            Err(SnapshotError::Conflict { .. }) => continue,
            other => other?,
        };
        // Nothing is pointed to that its own reader would refuse.
        let target = folder.join("snapshots").join(manifest.number.to_string());
        let snapshot = match Snapshot::open(&target, Some(&blake3), geography, results) {
            Ok(snapshot) => snapshot,
            Err(error) => {
                set_aside(&target)?;
                return Err(error);
            }
        };
        let pointer = Pointer {
            format: FORMAT,
            snapshot: Some(PointedSnapshot { number: manifest.number, blake3 }),
            geography: Some(PointedDirectory { hash: manifest.geography, blake3: manifest.geography_blake3 }),
            results: Some(PointedDirectory { hash: manifest.results, blake3: manifest.results_blake3 }),
        };
        swap_pointer(folder, &pointer)?;
        return Ok(snapshot);
    }
    Err(SnapshotError::Conflict { path: folder.join("snapshots").join(manifest.number.to_string()) })
}

/// The same table with another snapshot number in its header.
fn write_numbered(table: &Table, number: u32, out: &mut dyn Write) -> std::io::Result<()> {
    let mut header: TableHeader = table.header().clone();
    header.more.insert("snapshot".to_owned(), number.into());
    table.write_with_header(&header, out)
}

fn manifest_bytes(manifest: &SnapshotManifest) -> Vec<u8> {
    serde_json::to_vec_pretty(manifest).expect("a manifest is plain JSON")
}

pub(crate) fn read_manifest(folder: &Path, blake3: Option<&str>) -> Result<SnapshotManifest> {
    let path = folder.join(MANIFEST);
    let bytes = open_manifest(&path, blake3)?;
    let manifest: SnapshotManifest =
        serde_json::from_slice(&bytes).map_err(|error| SnapshotError::damaged(&path, error.to_string()))?;
    if manifest.format != FORMAT {
        return Err(SnapshotError::damaged(&path, format!("format {}, expected {FORMAT}", manifest.format)));
    }
    Ok(manifest)
}

/// One level of a snapshot.
#[derive(Debug)]
pub struct SnapshotLevel {
    /// Id of the level.
    pub id: String,
    /// Its values.
    pub values: ValuesTable,
}

/// A snapshot, or a candidate, checked and mapped.
#[derive(Debug)]
pub struct Snapshot {
    manifest: SnapshotManifest,
    folder: PathBuf,
    geography: Arc<Geography>,
    results: Arc<Results>,
    levels: Vec<SnapshotLevel>,
    hexes: Option<SnapshotLevel>,
    draws: Draws,
    answers: PlacedAnswers,
}

impl Snapshot {
    /// Opens and checks every file of a snapshot, given the geography and results that its manifest names.
    ///
    /// # Errors
    /// [`SnapshotError::Damaged`] when a checksum or a structure is wrong, or it is of another geography.
    pub fn open(folder: &Path, blake3: Option<&str>, geography: Arc<Geography>, results: Arc<Results>) -> Result<Self> {
        let manifest = read_manifest(folder, blake3)?;
        if manifest.geography != geography.hash() || manifest.results != results.hash() {
            return Err(SnapshotError::damaged(folder, "it is of another geography or other results"));
        }
        let open = |name: &str| {
            let bytes = open_checked(folder, &manifest.files, name)?;
            Ok::<_, SnapshotError>((bytes, folder.join(name)))
        };
        let mut levels = Vec::new();
        let has_hexes = manifest.files.contains_key("values-hex.qvt");
        let hexes = geography.ground().map(|ground| &ground.hexes).filter(|_| has_hexes);
        for level in geography.all_levels().chain(hexes) {
            let id = level.level.id.to_string();
            let (values, values_path) = open(&format!("values-{id}.qvt"))?;
            let (people, people_path) = open(&format!("people-{id}.qvt"))?;
            let values = ValuesTable::open((values, &values_path), (people, &people_path))?;
            if values.rows() != level.rows() {
                let why = format!("{} rows, the geography has {}", values.rows(), level.rows());
                return Err(SnapshotError::damaged(&values_path, why));
            }
            levels.push(SnapshotLevel { id, values });
        }
        let hexes = if hexes.is_some() { levels.pop() } else { None };
        let (bytes, path) = open(DRAWS)?;
        let draws = Draws::open(bytes, &path)?;
        let known = |leaf: &(u8, u32)| {
            geography.levels().get(usize::from(leaf.0)).is_some_and(|level| (leaf.1 as usize) < level.rows())
        };
        if !draws.leaves().iter().all(known) {
            return Err(SnapshotError::damaged(&path, "a leaf that the geography does not have"));
        }
        let answers = if manifest.files.contains_key(ANSWERS) {
            let (bytes, path) = open(ANSWERS)?;
            PlacedAnswers::read(&bytes, &path, &geography)?
        } else {
            PlacedAnswers::default()
        };
        Ok(Self { manifest, folder: folder.to_owned(), geography, results, levels, hexes, draws, answers })
    }

    /// Opens a candidate, with the geography and results that `published` holds.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_candidate(candidate: &Path, published: &Path) -> Result<Self> {
        let manifest = read_manifest(candidate, None)?;
        let geography = published.join("geographies").join(&manifest.geography);
        let geography = Geography::open(&geography, Some(&manifest.geography_blake3))?;
        let results =
            Results::open(&published.join("results").join(&manifest.results), Some(&manifest.results_blake3))?;
        Self::open(candidate, None, Arc::new(geography), Arc::new(results))
    }

    /// The number; 0 for a candidate.
    pub fn number(&self) -> u32 {
        self.manifest.number
    }

    /// Provenance.
    pub fn manifest(&self) -> &SnapshotManifest {
        &self.manifest
    }

    /// Where it lies.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its geography.
    pub fn geography(&self) -> &Arc<Geography> {
        &self.geography
    }

    /// Its results.
    pub fn results(&self) -> &Arc<Results> {
        &self.results
    }

    /// Levels, coarse to fine, then groupings, as in the geography.
    pub fn levels(&self) -> &[SnapshotLevel] {
        &self.levels
    }

    /// The values of a level, a grouping or the hexagons.
    pub fn values(&self, level: &str) -> Option<&ValuesTable> {
        self.levels.iter().chain(&self.hexes).find(|own| own.id == level).map(|own| &own.values)
    }

    /// The answers behind the estimates.
    pub fn answers(&self) -> &PlacedAnswers {
        &self.answers
    }

    /// The draws.
    pub fn draws(&self) -> &Draws {
        &self.draws
    }
}
