//! The words of Quartier, and their laws. Read this room first.
//!
//! Every type here stands for a word of the product (level, area, elector, profile, measure, bloc, estimate,
//! draw...) and cannot hold a value that breaks its law: a profile that does not add to 1 cannot exist, a count of
//! voters above the registered cannot either. Everything above this crate parses into these types once, at its edge,
//! and never checks again.
//!
//! The crate is pure: no file, no clock, no randomness, no network. All other crates use it; it uses none of them.

mod answers;
mod area;
mod atoms;
mod change;
mod comparable;
mod continuity;
mod election;
mod error;
mod estimate;
mod fold;
mod grouping;
mod levels;
mod measure;
mod profile;
mod reading;
mod transfer;
mod tree;

pub use answers::{AnswerCounts, MIN_ANSWERS, NoiseLaw};
pub use area::{AreaCode, AreaRef, Electors, ElectorsSource};
pub use atoms::{Atom, Atoms, apportion};
pub use change::{EXPECTED_VOTES, PastShare, change_words, did_not_stand, is_clear};
pub use comparable::{Comparable, PastMeasure, ReservePair, base, reserve};
pub use continuity::{Continuity, Seen};
pub use election::{Counts, CountsFault, Election, ElectionId, ListId, ListName};
pub use error::ModelError;
pub use estimate::{
    DRAW_ONE, DRAWS, Draw, Estimate, Interval, LevelTable, LevelValues, MISSING, Thousandths, flags, percentile_type7,
    round_profile,
};
pub use fold::fold;
pub use grouping::{GroupingMethod, Membership, Part};
pub use levels::{Level, LevelId, Levels, RESERVED_LEVELS, is_reserved};
pub use measure::{Label, MEASURES, Measure, MeasureInfo, Unit, W_OPPOSED};
pub use profile::{Group, Profile, Share};
pub use reading::{Bloc, Blocs, Reading, ReadingId, StageCounts};
pub use transfer::{LEAST_PAIRS, Transfer, TransferError, TransferMethod};
pub use tree::{Node, Tree, TreeError};
