//! The published folder of a campaign: which snapshot is current, and what to do when it is damaged.

use crate::FORMAT;
use crate::directory::{clean_leftovers, open_manifest, replace_file};
use crate::error::{Result, SnapshotError};
use crate::geography::Geography;
use crate::manifest::SnapshotManifest;
use crate::results::Results;
use crate::snapshot::{Snapshot, read_manifest};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

const POINTER: &str = "current.json";

/// `current.json`: what is newest. It is replaced as a whole, by one rename.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pointer {
    /// See [`FORMAT`].
    pub format: u32,
    /// The newest snapshot; `null` for a campaign that has only its past.
    pub snapshot: Option<PointedSnapshot>,
    /// The newest geography.
    pub geography: Option<PointedDirectory>,
    /// The newest results.
    pub results: Option<PointedDirectory>,
}

/// A snapshot by number and checksum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointedSnapshot {
    /// Its number.
    pub number: u32,
    /// BLAKE3 of its `snapshot.json`.
    pub blake3: String,
}

/// A geography or results directory by hash and checksum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointedDirectory {
    /// Its name.
    pub hash: String,
    /// BLAKE3 of its manifest.
    pub blake3: String,
}

/// Reads `current.json`; `None` where nothing is published. Cheap: a server asks it often to see what is new.
///
/// # Errors
/// When it is damaged, or the disk refuses.
pub fn read_pointer(folder: &Path) -> Result<Option<Pointer>> {
    let path = folder.join(POINTER);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(SnapshotError::io(&path)(error)),
    };
    let pointer: Pointer =
        serde_json::from_slice(&bytes).map_err(|error| SnapshotError::damaged(&path, error.to_string()))?;
    if pointer.format != FORMAT {
        return Err(SnapshotError::damaged(&path, format!("format {}, expected {FORMAT}", pointer.format)));
    }
    Ok(Some(pointer))
}

/// Replaces `current.json`: written aside, fsynced, renamed.
///
/// # Errors
/// When the disk refuses; the old pointer is then still there.
pub fn swap_pointer(folder: &Path, pointer: &Pointer) -> Result<()> {
    let bytes = serde_json::to_vec_pretty(pointer).expect("a pointer is plain JSON");
    replace_file(&folder.join(POINTER), &bytes)
}

/// Something published that cannot be read, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// `snapshot 3`, `geography ...`, `current.json`.
    pub what: String,
    /// What was found, and what was expected.
    pub why: String,
}

/// What is kept open, shared by a folder and all its reopenings.
#[derive(Debug, Default)]
struct Shelf {
    geographies: HashMap<String, Arc<Geography>>,
    results: HashMap<String, Arc<Results>>,
    snapshots: HashMap<u32, Arc<Snapshot>>,
}

/// An opened published folder. It does not change: a server that sees a new pointer calls [`Self::reopen`] and swaps.
#[derive(Debug)]
pub struct Published {
    folder: PathBuf,
    shelf: Arc<Mutex<Shelf>>,
    current: Option<Arc<Snapshot>>,
    past: Option<(Arc<Geography>, Arc<Results>)>,
    geography: Option<Arc<Geography>>,
    manifests: Vec<SnapshotManifest>,
    damages: Vec<Damage>,
}

impl Published {
    /// Opens a folder: deletes leftovers, checks the newest snapshot with its geography and results, and falls back to
    /// the last whole one. A folder that is missing or empty has nothing published, which is no error.
    ///
    /// # Errors
    /// When the folder cannot be listed. Damage is no error: see [`Self::damages`].
    pub fn open(folder: &Path) -> Result<Self> {
        for kind in ["geographies", "results", "snapshots"] {
            if folder.join(kind).is_dir() {
                clean_leftovers(&folder.join(kind));
            }
        }
        if folder.is_dir() {
            clean_leftovers(folder);
        }
        Self::load(folder, Arc::default())
    }

    /// Opens the folder again, sharing whatever is open already.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn reopen(&self) -> Result<Self> {
        Self::load(&self.folder, Arc::clone(&self.shelf))
    }

    fn load(folder: &Path, shelf: Arc<Mutex<Shelf>>) -> Result<Self> {
        let mut own = Self {
            folder: folder.to_owned(),
            shelf,
            current: None,
            past: None,
            geography: None,
            manifests: Vec::new(),
            damages: Vec::new(),
        };
        let pointer = match read_pointer(folder) {
            Ok(pointer) => pointer,
            Err(error) => {
                own.damages.push(Damage { what: POINTER.to_owned(), why: error.to_string() });
                None
            }
        };
        let numbers = numbers(folder)?;
        for number in &numbers {
            match read_manifest(&own.snapshot_folder(*number), None) {
                Ok(manifest) if manifest.number == *number => own.manifests.push(manifest),
                Ok(manifest) => own.damaged(*number, format!("its manifest says number {}", manifest.number)),
                Err(error) => own.damaged(*number, error.to_string()),
            }
        }
        own.find_current(pointer.as_ref(), &numbers);
        own.find_past(pointer.as_ref());
        Ok(own)
    }

    fn damaged(&mut self, number: u32, why: String) {
        let damage = Damage { what: format!("snapshot {number}"), why };
        if !self.damages.contains(&damage) {
            self.damages.push(damage);
        }
    }

    /// The newest whole snapshot, at most the one pointed to: one renamed but not yet pointed to was not acknowledged.
    /// Without a pointer, the newest whole one there is.
    fn find_current(&mut self, pointer: Option<&Pointer>, numbers: &[u32]) {
        let pointed = pointer.and_then(|pointer| pointer.snapshot.as_ref());
        if pointer.is_some() && pointed.is_none() {
            return;
        }
        if let Some(pointed) = pointed
            && !numbers.contains(&pointed.number)
        {
            self.damaged(pointed.number, "current.json names it, and it is missing".to_owned());
        }
        for number in numbers.iter().rev().copied() {
            if pointed.is_some_and(|pointed| number > pointed.number) {
                continue;
            }
            let blake3 = pointed.filter(|pointed| pointed.number == number).map(|pointed| pointed.blake3.as_str());
            match self.open_snapshot(number, blake3) {
                Ok(snapshot) => {
                    self.current = Some(snapshot);
                    return;
                }
                Err(error) => self.damaged(number, error.to_string()),
            }
        }
    }

    fn find_past(&mut self, pointer: Option<&Pointer>) {
        if let Some(pointed) = pointer.and_then(|pointer| pointer.geography.as_ref()) {
            match self.open_geography(&pointed.hash, Some(&pointed.blake3)) {
                Ok(geography) => self.geography = Some(geography),
                Err(error) => {
                    let what = format!("geography {}", pointed.hash);
                    self.damages.push(Damage { what, why: error.to_string() });
                }
            }
        }
        if let Some(pointed) = pointer.and_then(|pointer| pointer.results.as_ref()) {
            match self.open_results(&pointed.hash, Some(&pointed.blake3)) {
                Ok(results) => match self.open_geography(&results.manifest().geography, None) {
                    Ok(geography) => self.past = Some((geography, results)),
                    Err(error) => {
                        let what = format!("geography {}", results.manifest().geography);
                        self.damages.push(Damage { what, why: error.to_string() });
                    }
                },
                Err(error) => {
                    let what = format!("results {}", pointed.hash);
                    self.damages.push(Damage { what, why: error.to_string() });
                }
            }
        }
    }

    /// Where it lies.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The current snapshot; `None` for a campaign that has only its past, or nothing.
    pub fn current(&self) -> Option<&Arc<Snapshot>> {
        self.current.as_ref()
    }

    /// What the page opens on: the current snapshot's geography, or the newest one published.
    pub fn geography(&self) -> Option<&Arc<Geography>> {
        let current = self.current.as_ref().map(|current| current.geography());
        current.or(self.past.as_ref().map(|(geography, _)| geography)).or(self.geography.as_ref())
    }

    /// Results on [`Self::geography`]: those newest published where they are of it, else the current snapshot's.
    pub fn results(&self) -> Option<&Arc<Results>> {
        let geography = self.geography()?.hash();
        let newest = self.past.as_ref().map(|(_, results)| results);
        newest
            .filter(|results| results.manifest().geography == geography)
            .or(self.current.as_ref().map(|current| current.results()))
    }

    /// What `snapshot.json` says of every published snapshot, ascending; damaged manifests are left out.
    pub fn snapshots(&self) -> &[SnapshotManifest] {
        &self.manifests
    }

    /// What cannot be read, and why.
    pub fn damages(&self) -> &[Damage] {
        &self.damages
    }

    /// A snapshot by number; checked when it is first asked for.
    ///
    /// # Errors
    /// When there is none, or it is damaged.
    pub fn snapshot(&self, number: u32) -> Result<Arc<Snapshot>> {
        if let Some(current) = self.current.as_ref().filter(|current| current.number() == number) {
            return Ok(Arc::clone(current));
        }
        if !self.manifests.iter().any(|manifest| manifest.number == number) {
            return Err(SnapshotError::NotFound { what: "snapshot", name: number.to_string() });
        }
        self.open_snapshot(number, None)
    }

    /// A geography by hash; checked when it is first asked for.
    ///
    /// # Errors
    /// When there is none, or it is damaged.
    pub fn geography_by_hash(&self, hash: &str) -> Result<Arc<Geography>> {
        self.open_geography(hash, None)
    }

    /// Results by hash; checked when they are first asked for.
    ///
    /// # Errors
    /// When there are none, or they are damaged.
    pub fn results_by_hash(&self, hash: &str) -> Result<Arc<Results>> {
        self.open_results(hash, None)
    }

    /// The number that the next snapshot takes: above every number ever used here, damaged ones too.
    ///
    /// # Errors
    /// When the folder cannot be listed.
    pub fn next_number(&self) -> Result<u32> {
        next_number(&self.folder)
    }

    fn snapshot_folder(&self, number: u32) -> PathBuf {
        self.folder.join("snapshots").join(number.to_string())
    }

    /// The shelf; a reader that panicked left nothing half done on it.
    fn shelf(&self) -> std::sync::MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open_geography(&self, hash: &str, blake3: Option<&str>) -> Result<Arc<Geography>> {
        if let Some(open) = self.shelf().geographies.get(hash) {
            return Ok(Arc::clone(open));
        }
        let folder = self.named("geographies", "geography", hash)?;
        let geography = Arc::new(Geography::open(&folder, blake3)?);
        if geography.hash() != hash {
            return Err(SnapshotError::damaged(&folder, format!("its manifest says {}", geography.hash())));
        }
        self.shelf().geographies.insert(hash.to_owned(), Arc::clone(&geography));
        Ok(geography)
    }

    fn open_results(&self, hash: &str, blake3: Option<&str>) -> Result<Arc<Results>> {
        if let Some(open) = self.shelf().results.get(hash) {
            return Ok(Arc::clone(open));
        }
        let folder = self.named("results", "results directory", hash)?;
        let results = Arc::new(Results::open(&folder, blake3)?);
        self.shelf().results.insert(hash.to_owned(), Arc::clone(&results));
        Ok(results)
    }

    fn open_snapshot(&self, number: u32, blake3: Option<&str>) -> Result<Arc<Snapshot>> {
        if let Some(open) = self.shelf().snapshots.get(&number) {
            return Ok(Arc::clone(open));
        }
        let folder = self.snapshot_folder(number);
        let manifest = read_manifest(&folder, blake3)?;
        let geography = self.open_geography(&manifest.geography, Some(&manifest.geography_blake3))?;
        let results = self.open_results(&manifest.results, Some(&manifest.results_blake3))?;
        let snapshot = Snapshot::open(&folder, blake3, geography, results)?;
        if snapshot.number() != number {
            return Err(SnapshotError::damaged(&folder, format!("its manifest says number {}", snapshot.number())));
        }
        let snapshot = Arc::new(snapshot);
        self.shelf().snapshots.insert(number, Arc::clone(&snapshot));
        Ok(snapshot)
    }

    /// The folder of a hash, which is checked to be one: a caller's text never becomes a path.
    fn named(&self, kind: &str, what: &'static str, hash: &str) -> Result<PathBuf> {
        let folder = self.folder.join(kind).join(hash);
        let well_formed = hash.len() == 32 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !well_formed || !folder.is_dir() {
            return Err(SnapshotError::NotFound { what, name: hash.chars().take(64).collect() });
        }
        Ok(folder)
    }
}

/// Numbers of the published snapshots, ascending.
fn numbers(folder: &Path) -> Result<Vec<u32>> {
    let mut numbers: Vec<u32> = names(&folder.join("snapshots"))?.iter().filter_map(|name| name.parse().ok()).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// See [`Published::next_number`].
pub(crate) fn next_number(folder: &Path) -> Result<u32> {
    let used = names(&folder.join("snapshots"))?;
    let used = used.iter().filter_map(|name| name.split('.').next()?.parse::<u32>().ok()).max();
    let pointed = read_pointer(folder).ok().flatten().and_then(|pointer| pointer.snapshot).map(|at| at.number);
    Ok(used.max(pointed).unwrap_or(0) + 1)
}

/// The manifest of the newest snapshot, without opening what it names; `None` where nothing whole is published.
///
/// # Errors
/// When the folder cannot be listed.
pub fn newest_manifest(folder: &Path) -> Result<Option<SnapshotManifest>> {
    let newest = match read_pointer(folder).ok().flatten() {
        // One renamed but not yet pointed to was not acknowledged; a damaged pointer hides none.
        Some(pointer) => pointer.snapshot.map_or(0, |at| at.number),
        None => u32::MAX,
    };
    let known = |number: &u32| *number <= newest;
    let manifest = |number: u32| read_manifest(&folder.join("snapshots").join(number.to_string()), None).ok();
    Ok(numbers(folder)?.into_iter().rev().filter(known).find_map(manifest))
}

fn names(folder: &Path) -> Result<Vec<String>> {
    match std::fs::read_dir(folder) {
        Ok(entries) => Ok(entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(SnapshotError::io(folder)(error)),
    }
}

/// The pointer to a geography and results just published, keeping the snapshot pointed to.
impl Pointer {
    /// Points to newer geography and results, keeping the snapshot that is current.
    ///
    /// # Errors
    /// When the manifests cannot be read, or the disk refuses.
    pub fn advance(folder: &Path, geography: &str, results: Option<&str>) -> Result<Self> {
        let pointed = |kind: &str, manifest: &str, hash: &str| {
            let bytes = open_manifest(&folder.join(kind).join(hash).join(manifest), None)?;
            let blake3 = blake3::hash(&bytes).to_hex().to_string();
            Ok::<_, SnapshotError>(PointedDirectory { hash: hash.to_owned(), blake3 })
        };
        // A damaged pointer is replaced; which snapshot it meant is found by the readers' own rule.
        let snapshot = match read_pointer(folder) {
            Ok(pointer) => pointer.and_then(|pointer| pointer.snapshot),
            Err(SnapshotError::Damaged { .. }) => newest_snapshot(folder)?,
            Err(error) => return Err(error),
        };
        let pointer = Self {
            format: FORMAT,
            snapshot,
            geography: Some(pointed("geographies", "geography.json", geography)?),
            results: results.map(|hash| pointed("results", "results.json", hash)).transpose()?,
        };
        swap_pointer(folder, &pointer)?;
        Ok(pointer)
    }
}

fn newest_snapshot(folder: &Path) -> Result<Option<PointedSnapshot>> {
    let Some(current) = Published::load(folder, Arc::default())?.current else { return Ok(None) };
    let bytes = open_manifest(&current.folder().join("snapshot.json"), None)?;
    let blake3 = blake3::hash(&bytes).to_hex().to_string();
    Ok(Some(PointedSnapshot { number: current.number(), blake3 }))
}
