//! The use cases: make a campaign, import, estimate, publish, export. Each is one readable function.
//!
//! A campaign is a folder: `campaign.toml` (what people decide), the evidence (an SQLite file there, or a PostGIS
//! database), `candidate/` (the last estimate) and `published/` (what is served). Data moves one way: evidence →
//! store → estimate → publish; nothing here serves.
//!
//! Invariants:
//! - A use case changes everything it says or nothing: an import is one transaction, a publication one rename.
//! - Figures follow parent links, never polygons. Counts of the past at an area are its own row plus its children's.
//!
//! Called by `cli` and `server`. It prints nothing: progress goes through [`Progress`], results are returned.

mod auditing;
mod classes;
mod comparable;
mod config;
mod continuity;
pub mod demo;
mod demonstrate;
mod division;
mod doctor;
mod error;
mod estimating;
mod evaluating;
mod exporting;
mod folder;
mod geography;
mod ground;
mod groupings;
mod hexagons;
mod importing;
mod locate;
mod past;
mod places;
mod population;
mod publishing;
mod transfer;
mod zones;

pub use auditing::{Audit, Spent, audit};
pub use classes::{ClassesFile, set_classes};
pub use config::{AnswersFile, BiasFile, CampaignFile, Language, PrivacyFile, check_levels};
pub use continuity::{ContinuityReport, Station, continuity};
pub use demonstrate::demonstrate;
pub use doctor::{Finding, doctor};
pub use error::CampaignError;
pub use estimating::{Baseline, EstimateOptions, EstimateSummary, Mover, StageAnswers, estimate};
pub use evaluating::{EvaluateOptions, KeptEvaluation, evaluate};
pub use exporting::{ExportForm, ExportRequest, export};
pub use folder::{Campaign, InitOptions, init};
pub use groupings::members_of;
pub use importing::{
    Account, AnswersAccount, AnswersRequest, CellsAccount, CellsRequest, Content, CovariatesRequest, GroupingAccount,
    GroupingRequest, GroupingSource, ImportFacts, MappingChoice, PopulationAccount, ResultsRequest, Spot, Tolerance,
    import_answers, import_areas, import_cells, import_covariates, import_grouping, import_polls, import_population,
    import_results, inspect_answers, set_blocs,
};
pub use locate::Locator;
pub use places::{Place, Places};
pub use publishing::{publish, snapshots};
pub use quartier_ingest::answers::{CountColumns, Inspection, MappingFile};
pub use quartier_ingest::grouping::MembersRequest;
pub use quartier_ingest::points::PointsRequest;
pub use quartier_ingest::population::PopulationRequest;
pub use quartier_model::Continuity;
pub use quartier_privacy::{Budget, PairFindings, Told, ToldTogether};
pub use quartier_store::TallyKind;
pub use transfer::FromAreas;

/// Where a long use case says how far it is.
pub trait Progress: Send + Sync {
    /// A step begins: one line for people.
    fn step(&self, what: &str);
}

/// Says nothing.
#[derive(Debug, Clone, Copy)]
pub struct Quiet;

impl Progress for Quiet {
    fn step(&self, _what: &str) {}
}
