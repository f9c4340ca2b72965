//! Snapshots: in a list, and with their provenance.

use super::{Range, fraction};
use quartier_export::measures_of;
use quartier_snapshot::SnapshotManifest;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use time::format_description::well_known::Rfc3339;
use utoipa::ToSchema;

/// A snapshot.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SnapshotView {
    /// 1, 2, 3...
    pub id: u32,
    /// RFC 3339, UTC.
    pub published_at: String,
    /// The reading of the estimates.
    pub reading: String,
    /// The election from which they start.
    pub baseline: String,
    /// Of the whole campaign, where known.
    pub electors: Option<u64>,
    /// The whole campaign by measure, in fractions.
    pub campaign: BTreeMap<String, Range>,
    /// Half-width, in points, of the shift common to the whole map.
    pub common_points: f64,
    /// Whether evidence newer than the baseline stands behind the figures.
    pub newer_than_baseline: bool,
}

impl SnapshotView {
    /// What a manifest says in short.
    pub fn of(manifest: &SnapshotManifest) -> Self {
        let measures = measures_of(manifest.of);
        let campaign = manifest.campaign.iter().filter(|(measure, _)| measures.contains(measure));
        Self {
            id: manifest.number,
            published_at: manifest.published_at.format(&Rfc3339).unwrap_or_default(),
            reading: manifest.reading.to_string(),
            baseline: manifest.baseline.to_string(),
            electors: manifest.electors,
            campaign: campaign
                .map(|(measure, figure)| {
                    let [value, low, high] = [figure.value, figure.low, figure.high].map(fraction);
                    (measure.id().to_owned(), Range { value, low, high })
                })
                .collect(),
            common_points: manifest.common_points,
            newer_than_baseline: manifest.newer_than_baseline,
        }
    }
}

/// All snapshots, newest first.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SnapshotsView {
    /// Id of the current one.
    pub current: Option<u32>,
    /// Newest first.
    pub snapshots: Vec<SnapshotView>,
}

/// A snapshot with where its figures come from.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProvenanceView {
    /// In short.
    #[serde(flatten)]
    pub snapshot: SnapshotView,
    /// `electors` or `voters`.
    pub of: String,
    /// Hash of the geography.
    pub geography: String,
    /// Name and version of the method.
    pub method: String,
    /// Seed of the draws.
    pub seed: u64,
    /// The rule by which small areas are protected.
    pub privacy: String,
    /// The imports behind the figures.
    pub evidence: Vec<EvidenceView>,
    /// What the method did.
    #[schema(value_type = Object)]
    pub model_card: Value,
}

/// An import.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EvidenceView {
    /// `areas`, `results`, `polls`...
    pub kind: String,
    /// Name of the file.
    pub file: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// When it was imported, RFC 3339.
    pub at: String,
    /// The account of the import.
    #[schema(value_type = Object)]
    pub account: Value,
}

impl ProvenanceView {
    /// What a manifest says in full.
    pub fn of(manifest: &SnapshotManifest) -> Self {
        let evidence = manifest.evidence.iter().map(|record| EvidenceView {
            kind: record.kind.clone(),
            file: record.file.clone(),
            sha256: record.sha256.clone(),
            at: record.at.format(&Rfc3339).unwrap_or_default(),
            account: record.account.clone(),
        });
        Self {
            snapshot: SnapshotView::of(manifest),
            of: manifest.of.as_str().to_owned(),
            geography: manifest.geography.clone(),
            method: manifest.method.clone(),
            seed: manifest.seed,
            privacy: manifest.privacy.clone(),
            evidence: evidence.collect(),
            model_card: manifest.model_card.clone(),
        }
    }
}
