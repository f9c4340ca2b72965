//! The published directories: geography, results, snapshot. `SPEC.md` beside this crate is their byte-for-byte
//! contract.
//!
//! Invariants:
//! - A published directory never changes. It is written aside, fsynced, renamed into place; half of one is never
//!   visible, and what a `kill -9` or a power cut leaves aside is deleted at the next open.
//! - Everything read has been checked against its BLAKE3 checksum. A damaged snapshot is refused, and
//!   [`Published::open`] falls back to the last whole one and says why.
//! - Readers share maps: cloning is cheap, and an old snapshot lives until its last reader is gone.
//! - Whatever the bytes of a file are, reading them never panics.
//!
//! `campaign` writes through this crate, `server` and `export` read through it. It computes no figure, parses no
//! geometry (outlines and tile skeletons are opaque bytes here), and never opens the database.

mod answers;
mod directory;
mod draws;
mod error;
mod geography;
mod groupings;
mod manifest;
mod map;
mod packed;
mod pieces;
mod published;
mod results;
mod snapshot;
mod table;
mod values;

pub use answers::{AnswerSum, PlacedAnswers};
pub use directory::{DirectoryWriter, FileRecord, Files, clean_leftovers};
pub use draws::{Draws, DrawsContent};
pub use error::{Result, SnapshotError};
pub use geography::{
    AreasTable, Geography, GeographyContent, GeographyLevel, GeographyManifest, Ground, GroundContent, LevelContent,
    LevelManifest, TilesetContent, TilesetManifest, find_skeleton, write_geography,
};
pub use groupings::{Grouping, GroupingContent, GroupingFacts, GroupingManifest};
pub use manifest::{CampaignFigure, EvidenceRecord, Of, SnapshotManifest};
pub use map::SharedBytes;
pub use packed::{Neighbours, Outlines};
pub use pieces::{Pieces, PiecesContent};
pub use published::{
    Damage, PointedDirectory, PointedSnapshot, Pointer, Published, newest_manifest, read_pointer, swap_pointer,
};
pub use results::{
    ElectionContent, ErrorColumns, HexCounts, PublishedElection, PublishedList, Results, ResultsManifest, ResultsTable,
    Unplaced, result_flags, write_results,
};
pub use snapshot::{
    Snapshot, SnapshotContent, SnapshotLevel, SnapshotLevelContent, publish_candidate, write_candidate,
};
pub use table::{
    Column, ColumnInfo, ColumnType, Element, Place, TABLE_MAGIC, Table, TableFault, TableHeader, TableWriter,
};
pub use values::{Figure, People, UNKNOWN_ELECTORS, ValuesTable};

/// The version of the three formats; a reader refuses any other.
pub const FORMAT: u32 = 1;
