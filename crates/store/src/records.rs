//! What goes into the store and comes out of it.

use quartier_model::{AreaCode, Counts, Election, ElectionId, Electors, LevelId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;
use time::{Date, OffsetDateTime};

/// The number by which people name an import; never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ImportId(pub i64);

impl fmt::Display for ImportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            /// As it stands in the database and on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            pub(crate) fn of(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

words! {
    /// What an import brings.
    ImportKind {
        /// Areas of one level.
        Areas = "areas",
        /// Counts of one election.
        Results = "results",
        /// Published polls.
        Polls = "polls",
        /// Covariates of areas.
        Covariates = "covariates",
        /// Canvass answers as counts.
        Tallies = "tallies",
        /// Modelled scores of persons, aggregated while they were read.
        Scores = "scores",
        /// Where people live.
        Population = "population",
        /// Sets of areas that are no level.
        Grouping = "grouping",
    }
}

words! {
    /// Whether an import counts.
    ImportStatus {
        /// Its records are those in force.
        Active = "active",
        /// Taken back.
        Undone = "undone",
        /// Taken back by the import that replaces it.
        Replaced = "replaced",
    }
}

words! {
    /// What the shares of a poll are of.
    PollOf {
        /// Registered voters.
        Electors = "electors",
        /// Those who vote.
        Voters = "voters",
        /// Those who vote and have decided.
        Decided = "decided",
    }
}

/// An import about to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct NewImport {
    /// Name of the file, without its folder.
    pub file: String,
    /// SHA-256 of the file, 64 hexadecimal digits.
    pub sha256: String,
    /// Length of the file.
    pub bytes: u64,
    /// When.
    pub at: OffsetDateTime,
    /// The arguments of the command.
    pub arguments: Value,
    /// The account: rows read, used, attached, unplaced, refused...
    pub account: Value,
    /// The import whose place it takes, in the same transaction.
    pub replaces: Option<ImportId>,
}

/// The records of an import.
#[derive(Debug, Clone, PartialEq)]
pub enum Payload {
    /// Areas of one level.
    Areas {
        /// The level.
        level: LevelId,
        /// The level of their parents; `None` for the coarsest.
        parent_level: Option<LevelId>,
        /// The areas, each code once.
        areas: Vec<AreaRecord>,
        /// Codes of the past that stand for these areas.
        aliases: Vec<Alias>,
    },
    /// Counts of one election.
    Results {
        /// The election. Where it is known already, it must be the same.
        election: Election,
        /// The level that the file was matched with.
        level: LevelId,
        /// The counts.
        rows: Vec<ResultRow>,
    },
    /// Published polls.
    Polls(Vec<PollRow>),
}

/// One area.
#[derive(Debug, Clone, PartialEq)]
pub struct AreaRecord {
    /// The code, unique in its level.
    pub code: AreaCode,
    /// The name.
    pub name: String,
    /// The code of its parent, in the level of the parents; `None`: the root.
    pub parent: Option<AreaCode>,
    /// Electors by the area file; unknown without `--electors`.
    pub electors: Electors,
    /// Polygon or multipolygon as little-endian WKB, WGS 84; `None` for an area without geometry.
    pub wkb: Option<Vec<u8>>,
}

/// A code of the past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    /// As it was.
    pub old: AreaCode,
    /// The area that stands for it.
    pub code: AreaCode,
}

/// Counts at one place.
#[derive(Debug, Clone, PartialEq)]
pub struct ResultRow {
    /// The area; `None`: the root.
    pub area: Option<(LevelId, AreaCode)>,
    /// Whether it is the area's own row; otherwise the counts are unplaced at this ancestor.
    pub placed: bool,
    /// The code as it stands in the file, where it is not the area's.
    pub file_code: Option<String>,
    /// The counts.
    pub counts: Counts,
}

/// One poll.
#[derive(Debug, Clone, PartialEq)]
pub struct PollRow {
    /// When it was taken.
    pub date: Date,
    /// Where; `None`: the whole campaign.
    pub area: Option<(LevelId, AreaCode)>,
    /// Share that would vote; `None`: not asked, like all that follow.
    pub turnout: Option<f64>,
    /// Undecided.
    pub undecided: Option<f64>,
    /// Favourable.
    pub favourable: Option<f64>,
    /// Opposed.
    pub opposed: Option<f64>,
    /// What the shares are of.
    pub of: PollOf,
    /// How many were asked.
    pub n: Option<u64>,
    /// Standard error of a share, a fraction.
    pub se: Option<f64>,
}

/// An import as it is listed.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    /// Its number.
    pub id: ImportId,
    /// What it brought.
    pub kind: ImportKind,
    /// The level, of areas and results.
    pub level: Option<String>,
    /// The election, of results.
    pub election: Option<ElectionId>,
    /// Name of the file.
    pub file: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Length of the file.
    pub bytes: u64,
    /// When.
    pub at: OffsetDateTime,
    /// The arguments of the command.
    pub arguments: Value,
    /// The account.
    pub account: Value,
    /// Whether it counts.
    pub status: ImportStatus,
    /// The import whose place it took.
    pub replaces: Option<ImportId>,
    /// The first import of the chain of replacements to which it belongs; its own number without one.
    pub lineage: ImportId,
}

/// A line of the log of publications.
#[derive(Debug, Clone, PartialEq)]
pub struct SnapshotLog {
    /// Its number.
    pub number: u32,
    /// When.
    pub published_at: OffsetDateTime,
    /// The reading.
    pub reading: String,
    /// Hash of the geography.
    pub geography: String,
    /// Hash of the results.
    pub results: String,
    /// `snapshot.json`.
    pub manifest: Value,
}

/// An estimate of the newest publication, for readers of SQL.
#[derive(Debug, Clone, PartialEq)]
pub struct PublishedRow {
    /// The level.
    pub level: LevelId,
    /// The code.
    pub code: AreaCode,
    /// Electors.
    pub electors: Electors,
    /// Whether it is one joint estimate with its neighbours.
    pub pooled: bool,
    /// Value, low, high of each measure in the order of [`quartier_model::Measure::ALL`], in fractions.
    pub figures: [Option<[f64; 3]>; 8],
}
