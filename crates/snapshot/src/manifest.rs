//! `snapshot.json`: what a snapshot is, and where its figures come from.

use crate::directory::Files;
use quartier_model::{ElectionId, Measure, Reading, ReadingId, Thousandths};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use time::OffsetDateTime;

/// What a share is a share of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Of {
    /// Registered voters.
    #[default]
    Electors,
    /// Those who voted, where files have no register.
    Voters,
}

impl Of {
    /// As it stands in files and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Electors => "electors",
            Self::Voters => "voters",
        }
    }
}

/// One import behind a snapshot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EvidenceRecord {
    /// `areas`, `results`, `polls`...
    pub kind: String,
    /// Name of the file.
    pub file: String,
    /// SHA-256 of the file, 64 hexadecimal digits.
    pub sha256: String,
    /// When it was imported.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// The account of the import.
    pub account: Value,
}

/// A measure of the whole campaign, in thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CampaignFigure {
    /// Mean.
    pub value: Thousandths,
    /// 5th percentile.
    pub low: Thousandths,
    /// 95th percentile.
    pub high: Thousandths,
    /// People, from unrounded sums.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<f64>,
    /// The 5th and 95th percentile of the people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people_interval: Option<[f64; 2]>,
}

/// `snapshot.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SnapshotManifest {
    /// See [`crate::FORMAT`].
    pub format: u32,
    /// 1, 2, 3...; 0 for a candidate, which is not published.
    pub number: u32,
    /// When it was published; for a candidate, when it was estimated.
    #[serde(with = "time::serde::rfc3339")]
    pub published_at: OffsetDateTime,
    /// Name of the campaign.
    pub name: String,
    /// `fr` or `en`.
    pub language: String,
    /// Whether the data are invented.
    pub demo: bool,
    /// The day the campaign ends, as YYYY-MM-DD.
    pub end_date: Option<String>,
    /// What shares are of.
    pub of: Of,
    /// The reading of these estimates.
    pub reading: ReadingId,
    /// All readings, the default first.
    pub readings: Vec<Reading>,
    /// The election from which the estimates start.
    pub baseline: ElectionId,
    /// Hash of the geography.
    pub geography: String,
    /// BLAKE3 of its manifest.
    pub geography_blake3: String,
    /// Hash of the results.
    pub results: String,
    /// BLAKE3 of their manifest.
    pub results_blake3: String,
    /// Seed of the draws.
    pub seed: u64,
    /// Name and version of the method.
    pub method: String,
    /// The imports behind the figures.
    pub evidence: Vec<EvidenceRecord>,
    /// What the method did, for those who ask.
    pub model_card: Value,
    /// The rule by which small areas are protected.
    pub privacy: String,
    /// Inner class edges of each measure, in fractions.
    pub edges: BTreeMap<Measure, Vec<f64>>,
    /// The whole campaign.
    pub campaign: BTreeMap<Measure, CampaignFigure>,
    /// Electors of the whole campaign, where known.
    pub electors: Option<u64>,
    /// Half-width, in points, of the shift common to the whole map.
    pub common_points: f64,
    /// Whether evidence newer than the baseline stands behind the figures.
    pub newer_than_baseline: bool,
    /// The other files.
    #[serde(default)]
    pub files: Files,
}
