//! What the estimator is told: the campaign's evidence on the tree of its areas.

use super::baseline::Mix;
use crate::error::{CampaignError, Result};
use crate::folder::Campaign;
use crate::past::Past;
use crate::places::Places;
use quartier_estimate::{Answers, Base, Benchmark, Pair, PollBase};
use quartier_model::{Bloc, Electors, ElectorsSource, Node, Reading, ReadingId, Share};
use quartier_snapshot::{Geography, UNKNOWN_ELECTORS};
use quartier_store::{PollOf, PollRow, TallyKind};
use std::collections::HashMap;

/// The past as a reading reads it: elections by date, with their blocs.
pub(super) struct Readings {
    pub pasts: Vec<Past>,
    /// Per election, its blocs where the reading has them.
    blocs: Vec<Option<Bloc>>,
}

impl Readings {
    /// The past through one reading.
    ///
    /// # Errors
    /// When the reading is unknown or names a list that is not there.
    pub fn new(campaign: &Campaign, id: &ReadingId, pasts: Vec<Past>) -> Result<Self> {
        let blocs = resolve(&reading(campaign, id)?, &pasts)?;
        Ok(Self { pasts, blocs })
    }

    /// Positions of the elections that the reading reads, by date.
    pub fn read(&self) -> Vec<usize> {
        (0..self.pasts.len()).filter(|at| self.blocs[*at].is_some()).collect()
    }

    /// An election as the estimator reads it; `None` where the reading does not.
    pub fn past(&self, places: &Places, at: usize, weight: f64) -> Option<quartier_estimate::Past> {
        let (past, bloc) = (&self.pasts[at], self.blocs[at].as_ref()?);
        Some(quartier_estimate::Past {
            id: past.election.id.to_string(),
            weight,
            counts: past.stages(places, bloc),
            no_candidate: past.no_candidate(places, bloc),
        })
    }

    /// The baseline: each election of the mix with its weight.
    pub fn baseline(&self, places: &Places, mix: &Mix) -> Vec<quartier_estimate::Past> {
        mix.iter().filter_map(|(at, weight)| self.past(places, *at, *weight)).collect()
    }

    /// Consecutive elections that teach the scales.
    pub fn pairs(&self, places: &Places) -> Vec<Pair> {
        self.read()
            .windows(2)
            .filter_map(|pair| {
                Some(Pair { earlier: self.past(places, pair[0], 1.0)?, later: self.past(places, pair[1], 1.0)? })
            })
            .collect()
    }
}

fn reading(campaign: &Campaign, id: &ReadingId) -> Result<Reading> {
    campaign.file().readings().into_iter().find(|reading| reading.id == *id).ok_or_else(|| {
        CampaignError::Invalid(format!(
            "no reading is called `{id}`: `quartier blocs ELECTION --favourable ... --opposed ...` writes one"
        ))
    })
}

/// The blocs of each election that the reading reads.
fn resolve(reading: &Reading, pasts: &[Past]) -> Result<Vec<Option<Bloc>>> {
    pasts
        .iter()
        .map(|past| match reading.blocs.get(past.election.id.as_str()) {
            Some(blocs) => Ok(Some(blocs.resolve(&past.election)?)),
            None => Ok(None),
        })
        .collect()
}

/// Electors of every node and where they come from: the area file's; else the baseline's registered (voters, where
/// shares are of voters); else the newest election's; else unknown. Above the leaves, the sum of the known.
pub(super) fn electors(
    places: &Places,
    pasts: &[Past],
    baseline: usize,
    of: Base,
) -> (Vec<Electors>, Vec<ElectorsSource>) {
    let counted = |past: &Past, node: u32| -> Option<u32> {
        let counts = past.counts[node as usize].as_ref()?;
        let count = match of {
            Base::Electors => counts.registered?,
            Base::Voters => counts.voters,
        };
        u32::try_from(count).ok().filter(|count| *count < UNKNOWN_ELECTORS)
    };
    let mut electors = vec![Electors::Unknown; places.tree.len()];
    let mut sources = vec![ElectorsSource::Unknown; places.tree.len()];
    for leaf in places.tree.leaves() {
        let file = places.place(leaf).and_then(|place| place.electors.known());
        let found = file
            .map(|count| (count, ElectorsSource::AreaFile))
            .or_else(|| counted(&pasts[baseline], leaf).map(|count| (count, ElectorsSource::Baseline)))
            .or_else(|| {
                pasts.iter().rev().find_map(|past| counted(past, leaf)).map(|n| (n, ElectorsSource::NewestElection))
            });
        if let Some((count, source)) = found {
            electors[leaf as usize] = Electors::Known(count);
            sources[leaf as usize] = source;
        }
    }
    places.tree.sum_upwards(&mut electors, |sum, child| {
        if let Some(child) = child.known() {
            *sum = Electors::Known(sum.known().unwrap_or(0).saturating_add(child));
        }
    });
    for node in 0..places.tree.len() as u32 {
        if !places.tree.is_leaf(node) && electors[node as usize] != Electors::Unknown {
            sources[node as usize] = ElectorsSource::Children;
        }
    }
    (electors, sources)
}

/// Polls and known totals.
///
/// # Errors
/// When the database does not answer, or a poll names an area that is not there.
pub(super) async fn benchmarks(campaign: &Campaign, places: &Places) -> Result<Vec<Benchmark>> {
    campaign
        .store()
        .polls()
        .await?
        .into_iter()
        .map(|poll| {
            let node = places.named(poll.area.as_ref(), &format!("a poll of {}", poll.date))?;
            benchmark(&poll, node)
        })
        .collect()
}

fn benchmark(poll: &PollRow, node: Node) -> Result<Benchmark> {
    let share = |value: Option<f64>| value.map(Share::new).transpose();
    Ok(Benchmark {
        node,
        date: Some(poll.date),
        turnout: share(poll.turnout)?,
        undecided: share(poll.undecided)?,
        favourable: share(poll.favourable)?,
        opposed: share(poll.opposed)?,
        of: match poll.of {
            PollOf::Electors => PollBase::Electors,
            PollOf::Voters => PollBase::Voters,
            PollOf::Decided => PollBase::Decided,
        },
        n: poll.n.and_then(|n| u32::try_from(n).ok()),
        se: poll.se,
    })
}

/// Whether the estimator could use a poll, wherever it was taken; says why not.
pub(crate) fn check_poll(poll: &PollRow) -> std::result::Result<(), String> {
    let root = 0;
    benchmark(poll, root).map_err(|error| error.to_string())?.stages().map(drop)
}

/// Canvass answers. Modelled scores are no answers: they already contain the past.
///
/// # Errors
/// When the database does not answer, or a tally names an area that is not there.
pub(super) async fn answers(campaign: &Campaign, places: &Places) -> Result<Vec<Answers>> {
    let tallies = campaign.store().tallies().await?.into_iter().filter(|tally| tally.kind == TallyKind::Tallies);
    tallies
        .map(|tally| {
            let node = places.named(tally.area.as_ref(), &format!("a tally of batch `{}`", tally.batch))?;
            Ok(Answers { node, counts: tally.counts })
        })
        .collect()
}

/// Pairs of neighbouring leaves, by position among the leaves: areas of one level that share a border.
pub(super) fn neighbours(places: &Places, geography: &Geography) -> Vec<(u32, u32)> {
    let leaf_of: HashMap<Node, u32> = places.tree.leaves().zip(0..).collect();
    let mut pairs = Vec::new();
    for (at, level) in geography.levels().iter().enumerate() {
        for row in 0..level.rows() {
            let here = leaf_of.get(&places.tree.node(at, row));
            let others =
                level.neighbours.of(row).filter_map(|other| leaf_of.get(&places.tree.node(at, other as usize)));
            pairs.extend(others.filter_map(|other| here.filter(|here| *here < other).map(|here| (*here, *other))));
        }
    }
    pairs
}
