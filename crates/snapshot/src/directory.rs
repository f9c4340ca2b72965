//! A directory written aside, fsynced, and renamed into place: all of it is visible, or nothing.

use crate::error::{Result, SnapshotError};
use crate::map::SharedBytes;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// What a manifest says of a file beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// Its length.
    pub bytes: u64,
    /// Its BLAKE3, 64 hexadecimal digits.
    pub blake3: String,
}

/// The files of a directory by name, its manifest excepted.
pub type Files = BTreeMap<String, FileRecord>;

/// Directories and files under construction begin with this.
const ASIDE: &str = ".aside-";

/// Beside every manifest: its BLAKE3, 64 hexadecimal digits. So an older directory, to which nothing points any more,
/// is checked as well as the newest.
const SEAL: &str = "manifest.blake3";

/// Held shared by writers, and exclusively by whoever deletes leftovers, so that no open deletes what another process
/// is writing.
const LOCK: &str = ".lock";

/// Makes two writers of one process different.
static COUNTER: AtomicU64 = AtomicU64::new(0);

/// Writes one directory. Dropped before [`Self::finish`], it leaves nothing; killed, it leaves a directory aside,
/// which [`clean_leftovers`] deletes.
#[derive(Debug)]
pub struct DirectoryWriter {
    parent: PathBuf,
    aside: PathBuf,
    files: Files,
    finished: bool,
    _lock: File,
}

impl DirectoryWriter {
    /// Begins a directory inside `parent`, which is made if it is missing.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn create(parent: &Path) -> Result<Self> {
        make_folder(parent)?;
        let lock = open_lock(parent).map_err(SnapshotError::io(parent))?;
        lock.lock_shared().map_err(SnapshotError::io(parent))?;
        let aside = parent.join(aside_name());
        fs::create_dir(&aside).map_err(SnapshotError::io(&aside))?;
        Ok(Self { parent: parent.to_owned(), aside, files: Files::new(), finished: false, _lock: lock })
    }

    /// Writes and fsyncs a file; its length and checksum go into [`Self::files`].
    ///
    /// # Errors
    /// When the disk refuses, or `write` does.
    pub fn write(&mut self, name: &str, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
        let path = self.aside.join(name);
        let record = write_file(&path, write).map_err(SnapshotError::io(&path))?;
        self.files.insert(name.to_owned(), record);
        Ok(())
    }

    /// Takes over a published file that has the same content: a hard link, or a copy where there can be none.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn link(&mut self, name: &str, existing: &Path) -> Result<()> {
        let path = self.aside.join(name);
        if fs::hard_link(existing, &path).is_err() {
            let bytes = SharedBytes::open(existing)?;
            return self.write(name, |out| out.write_all(&bytes));
        }
        let bytes = SharedBytes::open(&path)?;
        let record = FileRecord { bytes: bytes.len() as u64, blake3: blake3::hash(&bytes).to_hex().to_string() };
        self.files.insert(name.to_owned(), record);
        Ok(())
    }

    /// [`Self::link`] for a file that was just checked against `record`: it is not read again, since its reader will.
    pub(crate) fn link_checked(&mut self, name: &str, existing: &Path, record: &FileRecord) -> Result<()> {
        if fs::hard_link(existing, self.aside.join(name)).is_err() {
            return self.link(name, existing);
        }
        self.files.insert(name.to_owned(), record.clone());
        Ok(())
    }

    /// What has been written so far.
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// Writes the manifest last, fsyncs, and renames the directory to `name`; gives the manifest's BLAKE3.
    ///
    /// # Errors
    /// [`SnapshotError::Conflict`] when `name` exists; else when the disk refuses. Nothing is left in either case.
    pub fn finish(mut self, name: &str, manifest_name: &str, manifest: &[u8]) -> Result<String> {
        let path = self.aside.join(manifest_name);
        let record = write_file(&path, |out| out.write_all(manifest)).map_err(SnapshotError::io(&path))?;
        let seal = self.aside.join(SEAL);
        write_file(&seal, |out| out.write_all(record.blake3.as_bytes())).map_err(SnapshotError::io(&seal))?;
        sync_folder(&self.aside)?;
        let target = self.parent.join(name);
        if target.exists() {
            return Err(SnapshotError::Conflict { path: target });
        }
        match fs::rename(&self.aside, &target) {
            Ok(()) => self.finished = true,
            Err(error) if matches!(error.kind(), io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::AlreadyExists) => {
                return Err(SnapshotError::Conflict { path: target });
            }
            Err(error) => return Err(SnapshotError::io(&target)(error)),
        }
        sync_folder(&self.parent)?;
        Ok(record.blake3)
    }
}

impl Drop for DirectoryWriter {
    fn drop(&mut self) {
        if !self.finished {
            // What cannot be deleted now is deleted at the next open.
            let _ = fs::remove_dir_all(&self.aside);
        }
    }
}

/// Deletes what interrupted writers left in a folder, unless somebody is writing there; gives how many were deleted.
/// A folder that cannot be written (a read-only disk) has its leftovers ignored.
pub fn clean_leftovers(parent: &Path) -> usize {
    let Ok(lock) = open_lock(parent) else { return 0 };
    if lock.try_lock().is_err() {
        return 0;
    }
    let Ok(entries) = fs::read_dir(parent) else { return 0 };
    entries
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(ASIDE))
        .filter(|entry| fs::remove_dir_all(entry.path()).or_else(|_| fs::remove_file(entry.path())).is_ok())
        .count()
}

/// Replaces a small file: written aside, fsynced, renamed, folder fsynced.
pub(crate) fn replace_file(path: &Path, content: &[u8]) -> Result<()> {
    let parent = path.parent().unwrap_or(Path::new("."));
    make_folder(parent)?;
    let lock = open_lock(parent).map_err(SnapshotError::io(parent))?;
    lock.lock_shared().map_err(SnapshotError::io(parent))?;
    let aside = parent.join(aside_name());
    let written = write_file(&aside, |out| out.write_all(content)).and_then(|_| fs::rename(&aside, path));
    if let Err(error) = written {
        let _ = fs::remove_file(&aside);
        return Err(SnapshotError::io(path)(error));
    }
    sync_folder(parent)
}

/// Checks that a file is the one the manifest names, and shares it.
pub(crate) fn open_checked(folder: &Path, files: &Files, name: &str) -> Result<SharedBytes> {
    let path = folder.join(name);
    let Some(record) = files.get(name) else {
        return Err(SnapshotError::damaged(&path, "the manifest does not name it"));
    };
    let bytes = open_present(&path)?;
    if bytes.len() as u64 != record.bytes {
        return Err(SnapshotError::damaged(&path, format!("{} bytes, expected {}", bytes.len(), record.bytes)));
    }
    check_hash(&path, &bytes, &record.blake3)?;
    Ok(bytes)
}

/// Opens the manifest of a directory, checked against its seal and, where one is known, another checksum.
pub(crate) fn open_manifest(path: &Path, blake3: Option<&str>) -> Result<SharedBytes> {
    let bytes = open_present(path)?;
    let seal = open_present(&path.with_file_name(SEAL))?;
    check_hash(path, &bytes, &String::from_utf8_lossy(&seal))?;
    if let Some(blake3) = blake3 {
        check_hash(path, &bytes, blake3)?;
    }
    Ok(bytes)
}

/// A file that should be there: that it is missing is damage, not a lookup that failed.
fn open_present(path: &Path) -> Result<SharedBytes> {
    SharedBytes::open(path).map_err(|error| match error {
        SnapshotError::Io { source, .. } if source.kind() == io::ErrorKind::NotFound => {
            SnapshotError::damaged(path, "it is missing")
        }
        other => other,
    })
}

fn check_hash(path: &Path, bytes: &[u8], expected: &str) -> Result<()> {
    let found = blake3::hash(bytes).to_hex();
    if found.as_str() != expected {
        return Err(SnapshotError::damaged(path, format!("its BLAKE3 is {found}, expected {expected}")));
    }
    Ok(())
}

fn write_file(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<FileRecord> {
    let file = OpenOptions::new().write(true).create_new(true).open(path)?;
    let mut out = Hashed { out: BufWriter::with_capacity(1 << 18, file), hasher: blake3::Hasher::new(), bytes: 0 };
    write(&mut out)?;
    out.out.flush()?;
    let file = out.out.into_inner().map_err(io::IntoInnerError::into_error)?;
    let mut permissions = file.metadata()?.permissions();
    permissions.set_readonly(true);
    file.set_permissions(permissions)?;
    file.sync_all()?;
    Ok(FileRecord { bytes: out.bytes, blake3: out.hasher.finalize().to_hex().to_string() })
}

/// Counts and hashes what passes.
struct Hashed {
    out: BufWriter<File>,
    hasher: blake3::Hasher,
    bytes: u64,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn make_folder(folder: &Path) -> Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(folder).map_err(SnapshotError::io(folder))?;
    folder.parent().filter(|above| !above.as_os_str().is_empty()).map_or(Ok(()), sync_folder)
}

fn open_lock(folder: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(folder.join(LOCK))
}

fn sync_folder(folder: &Path) -> Result<()> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(SnapshotError::io(folder))
}

fn aside_name() -> String {
    format!("{ASIDE}{}-{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed))
}
