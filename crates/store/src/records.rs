//! What goes into the store and comes out of it.

use quartier_model::{
    AnswerCounts, AreaCode, Counts, Election, ElectionId, Electors, LevelId, Transfer, TransferError,
};
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
    /// Where counts of answers come from.
    TallyKind {
        /// People said it at their door.
        Tallies = "tallies",
        /// A model of persons said it.
        Scores = "scores",
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
        /// How they came to these areas, where they were counted in others.
        transfer: Option<TransferRecord>,
    },
    /// Published polls.
    Polls(Vec<PollRow>),
    /// Covariates of one level.
    Covariates(CovariateTable),
    /// Answers or scores of one batch, counted.
    Tallies(NewTallies),
    /// Where people live.
    Population(Vec<PopulationRow>),
    /// Sets of areas that are no level.
    Grouping(GroupingTable),
}

/// A grouping: its areas by their members, or by their polygons.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupingTable {
    /// Its id; one active import has it.
    pub id: LevelId,
    /// Its name in French and in English.
    pub label: [String; 2],
    /// The level of the members; `None` where the areas are polygons.
    pub level: Option<LevelId>,
    /// The areas, each code once.
    pub areas: Vec<GroupingArea>,
    /// Members, each once, with the code of the area that has them.
    pub members: Vec<(AreaCode, AreaCode)>,
}

/// An area of a grouping.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupingArea {
    /// The code, unique in its grouping.
    pub code: AreaCode,
    /// The name.
    pub name: String,
    /// Polygon or multipolygon as little-endian WKB, WGS 84; `None` where it is its members.
    pub wkb: Option<Vec<u8>>,
}

/// A group of covariates: columns that share one learnt slope scale.
#[derive(Debug, Clone, PartialEq)]
pub struct CovariateTable {
    /// The group's name; one active import has it.
    pub group: String,
    /// The level of its areas.
    pub level: LevelId,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Per area, each once, one number a column; `None`: the file has none.
    pub rows: Vec<(AreaCode, Vec<Option<f64>>)>,
}

/// The counts of one batch.
#[derive(Debug, Clone, PartialEq)]
pub struct NewTallies {
    /// Answers or scores.
    pub kind: TallyKind,
    /// The level that the file was matched with.
    pub level: LevelId,
    /// What the campaign calls this round of answers; one active import has it.
    pub batch: String,
    /// When they were given.
    pub date: Option<Date>,
    /// The counts; `None`: the root. Each area once.
    pub counts: Vec<(Option<(LevelId, AreaCode)>, AnswerCounts)>,
}

/// Counts of answers at one place.
#[derive(Debug, Clone, PartialEq)]
pub struct TallyRow {
    /// The import that brought them.
    pub import: ImportId,
    /// Where they are counted: the area itself where it has at least 11, else its first ancestor where these reach 11;
    /// `None`: the root. What stands at an ancestor is not part of what stands at an area below it.
    pub area: Option<(LevelId, AreaCode)>,
    /// The round of answers.
    pub batch: String,
    /// When they were given.
    pub date: Option<Date>,
    /// Answers or scores.
    pub kind: TallyKind,
    /// The counts, with the law of their noise.
    pub counts: AnswerCounts,
}

/// Where some people live.
#[derive(Debug, Clone, PartialEq)]
pub enum PopulationPlace {
    /// At one place: longitude, latitude on WGS 84.
    Point([f64; 2]),
    /// In a cell of the European grid, by its id.
    Cell(String),
    /// In a polygon or multipolygon: little-endian WKB, WGS 84.
    Polygon(Vec<u8>),
}

/// People at one place.
#[derive(Debug, Clone, PartialEq)]
pub struct PopulationRow {
    /// Where.
    pub place: PopulationPlace,
    /// How many, finite and at least 0; fractions where the source counts in them.
    pub people: f64,
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

/// Counts that were moved from the areas in which they were counted.
#[derive(Debug, Clone, PartialEq)]
pub struct TransferRecord {
    /// How.
    pub about: Transfer,
    /// What may be wrong, of each area of any level whose border divides one of the old ones.
    pub errors: Vec<(LevelId, AreaCode, TransferError)>,
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
    /// The level, of areas, results and members.
    pub level: Option<String>,
    /// The election, of results.
    pub election: Option<ElectionId>,
    /// The batch, of tallies and scores.
    pub batch: Option<String>,
    /// The privacy budget spent on each of its answers, of tallies and scores that were noised.
    pub eps: Option<f64>,
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
    /// The first import of the chain of replacements to which it belongs; its own number without one. Tallies and
    /// scores of one batch or one file belong together also when they were undone in between.
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
    pub figures: [Option<[f64; 3]>; quartier_model::Measure::COUNT],
}
