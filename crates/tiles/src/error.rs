//! What can go wrong in this room.

/// Why a skeleton or points file could not be written, opened or read.
///
/// Variants differ by what the caller can do: compile again (`Damaged`, `Version`), mend the
/// geometry (`Mesh`), or look at the disk (`Io`).
#[derive(Debug, thiserror::Error)]
pub enum TilesError {
    /// The bytes are not a whole, undamaged file of this kind: compile it again.
    #[error("{kind} file is damaged: {what}; compile the geography again")]
    Damaged {
        /// `skeleton` or `points`.
        kind: &'static str,
        /// What was found amiss.
        what: String,
    },
    /// The file is whole but of another version of the format.
    #[error("{kind} file has format version {found}, this program reads {expected}; compile the geography again")]
    Version {
        /// `skeleton` or `points`.
        kind: &'static str,
        /// Version found in the file.
        found: u32,
        /// Version this program reads.
        expected: u32,
    },
    /// The mesh handed in breaks a promise of `quartier-geometry`.
    #[error("row {row} cannot be tiled at zoom {zoom}: {fault}")]
    Mesh {
        /// Row of the area in the areas table.
        row: u32,
        /// Zoom at which it was met.
        zoom: u8,
        /// The promise that was broken.
        fault: MeshFault,
    },
    /// The compile options contradict each other or the format.
    #[error("{0}")]
    Options(String),
    /// Writing failed.
    #[error("cannot write tiles: {0}")]
    Io(#[from] std::io::Error),
}

/// A promise of the mesh (`quartier-geometry`) that does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MeshFault {
    /// An edge crosses a line where tiles are cut without a vertex there.
    #[error("the edge {from:?} to {to:?} crosses a tile's clip line without a vertex on it")]
    CrossesClipLine {
        /// Start of the edge, grid coordinates.
        from: [i32; 2],
        /// End of the edge, grid coordinates.
        to: [i32; 2],
    },
    /// Boundaries cross or overlap, so that the area has no side.
    #[error("its boundary crosses or overlaps itself near {near:?}")]
    Crossing {
        /// A vertex nearby, grid coordinates.
        near: [i32; 2],
    },
    /// A ring with fewer than three vertices or without area.
    #[error("a ring of it has no area")]
    Flat,
    /// A hole outside every exterior ring.
    #[error("a hole of it near {near:?} lies in no exterior ring")]
    StrayHole {
        /// A vertex of the hole, grid coordinates.
        near: [i32; 2],
    },
}

/// The result of this room.
pub type Result<T> = std::result::Result<T, TilesError>;
