//! Evaluate: the back-test on the campaign's own past elections, kept where the server finds it.

use crate::Progress;
use crate::error::{CampaignError, Result};
use crate::estimating::evidence::{self, Readings};
use crate::folder::Campaign;
use crate::geography::Outlines;
use crate::past;
use crate::places::Places;
use quartier_estimate::evaluation::{Case, Evaluation, Plan, run};
use quartier_estimate::{Base, Evidence};
use quartier_model::{ElectionId, Electors, NoiseLaw, ReadingId};
use quartier_snapshot::{Geography, Published};
use serde::Serialize;
use std::path::Path;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// What `quartier evaluate` is told.
#[derive(Debug, Clone)]
pub struct EvaluateOptions {
    /// The election that is known.
    pub from: ElectionId,
    /// The later election that is forecast.
    pub to: ElectionId,
    /// The reading of both.
    pub reading: ReadingId,
    /// Sizes of the simulated canvass; 0 is none.
    pub answers: Vec<u32>,
    /// Campaigns simulated a size.
    pub repetitions: u32,
    /// Seed of all that is simulated.
    pub seed: u64,
    /// Leaves the neighbours of areas out.
    pub without_icar: bool,
    /// What protects the simulated answers.
    pub law: NoiseLaw,
}

/// A back-test as it is kept and served.
#[derive(Debug, Clone, Serialize)]
pub struct KeptEvaluation {
    /// Its name: the two elections, and the reading where it is not the default.
    pub id: String,
    /// When, RFC 3339 in UTC.
    pub made_at: String,
    /// What it found.
    #[serde(flatten)]
    pub evaluation: Evaluation,
}

/// Says what the estimator would have forecast of a past election, beside its peers; keeps it in
/// `published/evaluations`, where the next one of the same elections takes its place.
///
/// Only what was known at the time is used: pairs of elections up to the earlier one, no poll and no answer but the
/// simulated. Covariates are those of today.
///
/// # Errors
/// When an election is unknown, not read or in the wrong order, or the disk refuses.
pub async fn evaluate(
    campaign: &Campaign,
    options: &EvaluateOptions,
    progress: &dyn Progress,
) -> Result<KeptEvaluation> {
    progress.step("areas and past elections");
    let places = Places::load(campaign).await?;
    let readings = Readings::new(campaign, &options.reading, past::load(campaign, &places).await?)?;
    let [from, to] = [&options.from, &options.to].map(|id| readings.position(&options.reading, id));
    let (from, to) = (from?, to?);
    let date = |at: usize| readings.pasts[at].election.date;
    if date(from) >= date(to) {
        let message = format!("--from {}: expected an election before {} ({})", options.from, options.to, date(to));
        return Err(CampaignError::Invalid(message));
    }
    let of = if readings.pasts[from].election.has_registered { Base::Electors } else { Base::Voters };
    let (node_electors, _) = evidence::electors(&places, &readings.pasts, from, of);
    let leaf_electors: Vec<Electors> = places.tree.leaves().map(|leaf| node_electors[leaf as usize]).collect();
    let known: Vec<usize> = readings.read().into_iter().filter(|at| date(*at) <= date(from)).collect();
    let evidence = Evidence {
        baseline: readings.past(&places, from, 1.0).into_iter().collect(),
        pairs: readings.pairs(&places, &known),
        biases: campaign.file().biases(),
        covariates: evidence::covariates(campaign, &places, &node_electors).await?,
        area_km2: Outlines::read(&places, vec![])?.surfaces_km2(&places),
        neighbours: if options.without_icar { vec![] } else { published_neighbours(campaign, &places)? },
        ..Evidence::of_areas(&places.tree, &places.keys, &leaf_electors, of, options.seed)
    };
    let after = readings.past(&places, to, 1.0);
    let after = after.ok_or_else(|| CampaignError::Invalid(format!("`{}` is not read", options.to)))?;
    let levels: Vec<&str> = campaign.file().levels.iter().map(|level| level.id.as_str()).collect();
    let sizes: Vec<String> = options.answers.iter().map(ToString::to_string).collect();
    progress.step(&format!("{} campaigns of {} answers each", options.repetitions, sizes.join(", ")));
    let case = Case::new([options.from.as_str(), options.to.as_str()], &levels, &evidence, &after)?;
    let plan = Plan { law: options.law, ..Plan::of(options.seed, &options.answers, options.repetitions) };
    let evaluation = run(&case, &plan)?;
    let kept = KeptEvaluation {
        id: id_of(options),
        made_at: OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default(),
        evaluation,
    };
    keep(&campaign.published().join("evaluations"), &kept)?;
    Ok(kept)
}

fn id_of(options: &EvaluateOptions) -> String {
    let id = format!("{}-{}", options.from, options.to);
    if options.reading == ReadingId::default_reading() { id } else { format!("{id}-{}", options.reading) }
}

/// Neighbours by the published geography, where it is of these areas; else none.
fn published_neighbours(campaign: &Campaign, places: &Places) -> Result<Vec<(u32, u32)>> {
    let published = Published::open(&campaign.published())?;
    let same = |geography: &Geography| {
        geography.levels().len() == places.levels.len()
            && geography.levels().iter().zip(&places.levels).all(|(level, own)| {
                level.rows() == own.len()
                    && own.iter().enumerate().all(|(row, place)| level.code(row) == Some(place.code.as_str()))
            })
    };
    let geography = published.geography().filter(|geography| same(geography));
    Ok(geography.map_or_else(Vec::new, |geography| evidence::neighbours(places, geography)))
}

/// Writes a back-test aside, then renames it, so that a reader never sees half of it.
fn keep(folder: &Path, kept: &KeptEvaluation) -> Result<()> {
    let path = folder.join(format!("{}.json", kept.id));
    let aside = folder.join(format!(".{}.{}", kept.id, std::process::id()));
    let write = || -> std::io::Result<()> {
        std::fs::create_dir_all(folder)?;
        std::fs::write(&aside, serde_json::to_vec(kept)?)?;
        std::fs::File::open(&aside)?.sync_all()?;
        std::fs::rename(&aside, &path)?;
        std::fs::File::open(folder)?.sync_all()
    };
    write().map_err(CampaignError::io(&path))
}
