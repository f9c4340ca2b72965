//! Estimate: from the evidence to a candidate, step by step. [`estimate`] is the order; each step is a function of one
//! of the files beside it.

mod baseline;
mod candidate;
pub(crate) mod evidence;
mod summary;

pub use baseline::Baseline;
pub(crate) use evidence::check_poll;
pub use summary::{EstimateSummary, Mover, StageAnswers};

use crate::Progress;
use crate::comparable;
use crate::division::Division;
use crate::error::{CampaignError, Result};
use crate::folder::Campaign;
use crate::geography::{self, Outlines};
use crate::groupings::{self, Drawn};
use crate::hexagons::Hexagons;
use crate::importing::cleaning_of;
use crate::past::{self, Past};
use crate::places::Places;
use crate::population::{self, Resident};
use baseline::Mix;
use evidence::Readings;
use quartier_estimate::{Base, Districts, Evidence, Figures, Posterior, aggregate, lean_offsets};
use quartier_export::Hexes;
use quartier_model::{Comparable, Electors, PastShare, ReadingId, flags};
use quartier_snapshot::{Geography, Pointer, Results, write_results};
use quartier_store::{Import, ImportStatus};

/// What `quartier estimate` is told.
#[derive(Debug, Clone)]
pub struct EstimateOptions {
    /// The past to start from.
    pub baseline: Baseline,
    /// The reading of the past.
    pub reading: ReadingId,
    /// Seed of the draws.
    pub seed: u64,
    /// The level of the electoral districts; the coarsest with several areas where not named.
    pub district: Option<String>,
    /// Leaves the neighbours of areas out.
    pub without_icar: bool,
    /// Writes no candidate.
    pub dry_run: bool,
}

impl EstimateOptions {
    /// The usual estimate from a baseline.
    pub fn new(baseline: impl Into<Baseline>, reading: ReadingId, seed: u64) -> Self {
        let baseline = baseline.into();
        Self { baseline, reading, seed, district: None, without_icar: false, dry_run: false }
    }
}

/// Estimates every area and writes a complete candidate beside the store; publishes nothing of it. The geography and
/// the results of the past are published on the way, since they are facts.
///
/// # Errors
/// When there is no area, the baseline or its blocs are unknown, or a database or disk refuses.
pub async fn estimate(
    campaign: &Campaign,
    options: &EstimateOptions,
    progress: &dyn Progress,
) -> Result<EstimateSummary> {
    progress.step("areas and past elections");
    let places = Places::load(campaign).await?;
    let comparable = comparable::checked(campaign, &campaign.store().elections().await?, &options.reading)?;
    let readings = Readings::new(campaign, &options.reading, past::load(campaign, &places).await?)?;
    let (mix, mut notes) = baseline::choose(&readings, &places, &options.reading, &options.baseline)
        .map(|(mix, why)| (mix, why.into_iter().collect::<Vec<_>>()))?;
    let heaviest = heaviest(&mix);
    let of = base_of(&readings, &mix)?;
    let (node_electors, sources) = evidence::electors(&places, &readings.pasts, heaviest, of);
    let imports = active_imports(campaign).await?;
    let outlines = Outlines::read(&places, cleaning(campaign, &imports))?;

    let credits = candidate::attribution(&imports);
    let residents = population::residents(campaign, &places).await?;
    let people = population::people(&residents, &places);
    let groupings = groupings::load(campaign, &places, &imports).await?;
    let district = district(campaign, &places, &groupings, options)?;
    let (geography, ground) = geography::publish(
        campaign,
        &places,
        &outlines,
        &groupings,
        &node_electors,
        &credits,
        people,
        progress,
        &mut notes,
    )?;
    let results = publish_past(campaign, &places, (&readings, &comparable), (&geography, &residents), progress)?;
    drop(residents);

    progress.step("evidence");
    let leaf_electors: Vec<Electors> = places.tree.leaves().map(|leaf| node_electors[leaf as usize]).collect();
    let evidence = Evidence {
        baseline: readings.baseline(&places, &mix),
        pairs: readings.pairs(&places, &readings.read()),
        benchmarks: evidence::benchmarks(campaign, &places).await?,
        tallies: evidence::answers(campaign, &places).await?,
        biases: campaign.file().biases(),
        districts: district.effects(&geography),
        covariates: evidence::covariates(campaign, &places, &node_electors).await?,
        area_km2: outlines.surfaces_km2(&places),
        neighbours: if options.without_icar { vec![] } else { evidence::neighbours(&places, &geography) },
        ..Evidence::of_areas(&places.tree, &places.keys, &leaf_electors, of, options.seed)
    };
    drop(outlines);
    progress.step(&format!("estimates of {} areas", leaf_electors.len()));
    let mut posterior = quartier_estimate::estimate(&evidence)?;
    ground.pool(&places, &leaf_electors, &mut posterior.draws, &mut posterior.node_flags);
    let is_moved = moved(&readings, &mix, places.tree.len());
    for (flag, is_moved) in posterior.node_flags.iter_mut().zip(&is_moved) {
        *flag |= if *is_moved { flags::MOVED_BASELINE } else { 0 };
    }
    let moved_leaves: Vec<bool> = places.tree.leaves().map(|leaf| is_moved[leaf as usize]).collect();
    let favourable = readings.favourable(&places, heaviest, of);
    let figures = figures(&evidence, &posterior, &favourable);
    if !options.dry_run {
        progress.step("candidate");
        let past = &readings.pasts[heaviest].election;
        let newer = |poll: &quartier_estimate::Benchmark| poll.date.is_none_or(|date| date > past.date);
        let about = candidate::About {
            options,
            baseline: &past.id,
            of,
            imports: &imports,
            newer_than_baseline: !evidence.tallies.is_empty() || evidence.benchmarks.iter().any(newer),
            sources: &sources,
            answers: &evidence::shown(campaign, &evidence.tallies),
        };
        let lean = lean_offsets(evidence.seed);
        let drawn_on = (leaf_electors.as_slice(), moved_leaves.as_slice());
        let hexes = ground.table(&places, drawn_on, &posterior.draws, (&lean, of), &favourable);
        let drawn = Drawn {
            electors: &leaf_electors,
            draws: &posterior.draws,
            groups: ground.groups(),
            moved: &moved_leaves,
            least: campaign.file().least_electors()?,
            lean: &lean,
            of,
        };
        let grouped = drawn.tables(geography.groupings(), |own| {
            let counts = groupings::counts_of(&places, own, &readings.pasts[heaviest].counts);
            let shares = readings.favourable_in(heaviest, of, &counts);
            (counts, shares)
        });
        let facts = (&geography, &results);
        let tables = (&figures, &hexes, grouped.as_slice());
        candidate::write(campaign, &places, facts, &about, &leaf_electors, &posterior, tables)?;
    }
    let levels: Vec<String> = campaign.file().levels.iter().map(|level| level.id.to_string()).collect();
    let mut summary =
        summary::of(&places, &levels, &district.areas(&places, &geography), &evidence, &posterior, &figures);
    summary.notes.splice(0..0, notes);
    Ok(summary)
}

/// Per node, whether counts of an election of the baseline came there out of areas that were divided.
fn moved(readings: &Readings, mix: &Mix, nodes: usize) -> Vec<bool> {
    let has = |node: usize| mix.iter().any(|(at, _)| matches!(readings.pasts[*at].errors.get(node), Some(Some(_))));
    (0..nodes).map(has).collect()
}

/// The electoral districts: a level of the tree, which has its effect already, or a grouping.
enum District {
    Level(usize),
    Grouping(String),
}

/// What `--district` names; the coarsest level with several areas unless said.
fn district(
    campaign: &Campaign,
    places: &Places,
    groupings: &[groupings::Grouped],
    options: &EstimateOptions,
) -> Result<District> {
    let Some(id) = &options.district else {
        let several = |level: &usize| places.tree.level(*level).len() > 1;
        return Ok(District::Level((0..places.tree.levels()).find(several).unwrap_or(0)));
    };
    if groupings.iter().any(|own| own.id().as_str() == id) {
        return Ok(District::Grouping(id.clone()));
    }
    match campaign.file().levels.position(id) {
        Ok(level) => Ok(District::Level(level)),
        Err(_) => {
            let levels = campaign.file().levels.iter().map(|level| level.id.to_string());
            let known: Vec<String> = levels.chain(groupings.iter().map(|own| own.id().to_string())).collect();
            Err(CampaignError::Invalid(format!(
                "--district: found `{id}`, expected a level or a grouping: {}",
                known.join(", ")
            )))
        }
    }
}

impl District {
    /// The effects that the tree does not have yet.
    fn effects(&self, geography: &Geography) -> Option<Districts> {
        let Self::Grouping(id) = self else { return None };
        let of_leaf = groupings::members_of(geography, id)?.to_vec();
        let count = geography.grouping_at(geography.position(id)?)?.areas.rows();
        Some(Districts { name: id.clone(), count, of_leaf })
    }

    /// Who may have answered where.
    fn areas(&self, places: &Places, geography: &Geography) -> summary::Districts {
        let tree = &places.tree;
        match self {
            Self::Level(level) => {
                let ids = places.ids[*level].to_string();
                let names = places.levels[*level].iter().map(|place| place.name.clone()).collect();
                let row = |node| tree.place(node).filter(|(at, _)| at == level).map(|(_, row)| row as u32);
                let of_leaf = tree.leaves().map(|leaf| row(leaf).or_else(|| tree.ancestors(leaf).find_map(row)));
                summary::Districts { id: ids, names, of_leaf: of_leaf.collect() }
            }
            Self::Grouping(id) => {
                let own = geography.position(id).and_then(|at| geography.grouping_at(at));
                let names = own.map(|own| {
                    (0..own.areas.rows()).map(|row| own.areas.name(row).unwrap_or_default().to_owned()).collect()
                });
                let of_leaf = groupings::members_of(geography, id).map(<[_]>::to_vec);
                summary::Districts {
                    id: id.clone(),
                    names: names.unwrap_or_default(),
                    of_leaf: of_leaf.unwrap_or_default(),
                }
            }
        }
    }
}

/// Position of the election that weighs most; the first of equals.
fn heaviest(mix: &Mix) -> usize {
    let heavier = |best: (usize, f64), next: &(usize, f64)| if next.1 > best.1 { *next } else { best };
    mix.iter().fold((0, f64::NEG_INFINITY), heavier).0
}

/// Of whom shares are: all elections of the mix must agree.
fn base_of(readings: &Readings, mix: &Mix) -> Result<Base> {
    let has_register = |at: usize| readings.pasts[at].election.has_registered;
    match mix.iter().partition::<Vec<_>, _>(|(at, _)| has_register(*at)) {
        (_, without) if without.is_empty() => Ok(Base::Electors),
        (with, _) if with.is_empty() => Ok(Base::Voters),
        (with, without) => {
            let name = |mix: &[&(usize, f64)]| readings.pasts[mix[0].0].election.id.to_string();
            Err(CampaignError::Invalid(format!(
                "--baseline: `{}` has a register and `{}` has none, so they cannot be mixed",
                name(&with),
                name(&without)
            )))
        }
    }
}

async fn active_imports(campaign: &Campaign) -> Result<Vec<Import>> {
    let all = campaign.store().imports().await?;
    Ok(all.into_iter().filter(|import| import.status == ImportStatus::Active).collect())
}

/// Per level, how the borders of its areas are cleaned.
fn cleaning(campaign: &Campaign, imports: &[Import]) -> Vec<quartier_geometry::CleanOptions> {
    campaign.file().levels.iter().map(|level| cleaning_of(level.id.as_str(), imports)).collect()
}

/// Publishes the exact counts of the past, and points readers at them.
fn publish_past(
    campaign: &Campaign,
    places: &Places,
    (readings, comparable): (&Readings, &Comparable),
    (geography, residents): (&Geography, &[Resident]),
    progress: &dyn Progress,
) -> Result<Results> {
    progress.step("exact counts of the past");
    let hexes = Hexes::of(geography);
    let hexagons = hexes.as_ref().map(|hexes| Hexagons::of(geography, hexes)).transpose()?;
    let division = Division::of(geography, hexes.as_ref(), residents);
    let of = |past: &Past| past.publish(campaign, places, geography, (hexagons.as_ref(), division.as_ref()));
    let published: Vec<_> = readings.pasts.iter().map(of).collect();
    let hash =
        write_results(&campaign.published(), geography, &published, (comparable, campaign.file().stations_of()?))?;
    let results = Results::open(&campaign.published().join("results").join(&hash), None)?;
    Pointer::advance(&campaign.published(), geography.hash(), Some(&hash))?;
    Ok(results)
}

/// The tables of every level. `past`: the exact favourable share of the heaviest election, one a node.
fn figures(evidence: &Evidence<'_>, posterior: &Posterior, past: &[Option<PastShare>]) -> Figures {
    let lean = lean_offsets(evidence.seed);
    aggregate(evidence.tree, evidence.electors, &posterior.draws, &posterior.node_flags, &lean, past, evidence.of)
}
