//! Bytes of an immutable file, mapped and shared.

use crate::error::{Result, SnapshotError};
use std::fs::File;
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

/// Bytes shared by all their readers: a mapped file, or memory. Cloning shares; the map goes with its last reader, so
/// an old snapshot stays readable even after its folder is deleted.
#[derive(Clone)]
pub struct SharedBytes(Arc<Backing>);

enum Backing {
    Map(memmap2::Mmap),
    Memory(Vec<u8>),
}

impl SharedBytes {
    /// Maps a published file.
    ///
    /// # Errors
    /// When the file cannot be opened or mapped.
    pub fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(SnapshotError::io(path))?;
        let map = map(&file).map_err(SnapshotError::io(path))?;
        Ok(Self(Arc::new(Backing::Map(map))))
    }
}

/// The one `unsafe` of the product.
///
/// A map is only sound while nobody changes the file under it. Published files are written under a temporary name,
/// made read-only, renamed into place and never opened for writing again; a replacement is a new file, and deleting
/// one leaves the mapped pages. An operator who truncates a published file by hand may stop the process with a bus
/// error, but what has been read is plain bytes: every reader of them checks its bounds.
#[allow(unsafe_code)]
fn map(file: &File) -> std::io::Result<memmap2::Mmap> {
    // SAFETY: see above; the file is immutable by the rule of the published directories.
    unsafe { memmap2::Mmap::map(file) }
}

impl From<Vec<u8>> for SharedBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Arc::new(Backing::Memory(bytes)))
    }
}

impl Deref for SharedBytes {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        match &*self.0 {
            Backing::Map(map) => map,
            Backing::Memory(bytes) => bytes,
        }
    }
}

impl AsRef<[u8]> for SharedBytes {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl std::fmt::Debug for SharedBytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SharedBytes({} bytes)", self.len())
    }
}
