//! What the estimator is told: the campaign's evidence on the tree of its areas.

use crate::error::{CampaignError, Result};
use crate::folder::Campaign;
use crate::past::Past;
use crate::places::Places;
use quartier_estimate::{Answers, Base, Benchmark, CovariateGroup, Pair, PollBase};
use quartier_model::{
    Bloc, Counts, ElectionId, Electors, ElectorsSource, Measure, Node, NoiseLaw, PastShare, Reading, ReadingId, Share,
    StageCounts, Tree, did_not_stand,
};
use quartier_snapshot::{Geography, PlacedAnswers, UNKNOWN_ELECTORS};
use quartier_store::{PollOf, PollRow, TallyKind};
use std::collections::HashMap;

/// The past as a reading reads it: elections by date, with their blocs.
pub(crate) struct Readings {
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
            interpolated: past.interpolated(places),
        })
    }

    /// The baseline: positions of elections with their weights.
    pub fn baseline(&self, places: &Places, mix: &[(usize, f64)]) -> Vec<quartier_estimate::Past> {
        mix.iter().filter_map(|(at, weight)| self.past(places, *at, *weight)).collect()
    }

    /// The position of an election that the reading reads.
    ///
    /// # Errors
    /// When it is unknown or not read; the message says what to do.
    pub fn position(&self, reading: &ReadingId, id: &ElectionId) -> Result<usize> {
        let at = self.pasts.iter().position(|past| past.election.id == *id).ok_or_else(|| {
            let known: Vec<&str> = self.pasts.iter().map(|past| past.election.id.as_str()).collect();
            CampaignError::Invalid(format!("no election is called `{id}`; there are {}", known.join(", ")))
        })?;
        if self.blocs[at].is_none() {
            return Err(CampaignError::Invalid(format!(
                "reading `{reading}` does not say which lists of `{id}` are favourable and opposed: run `quartier blocs {id} --favourable ... --opposed ...`"
            )));
        }
        Ok(at)
    }

    /// Consecutive ones of some elections, which teach the scales.
    pub fn pairs(&self, places: &Places, elections: &[usize]) -> Vec<Pair> {
        elections
            .windows(2)
            .filter_map(|pair| {
                Some(Pair { earlier: self.past(places, pair[0], 1.0)?, later: self.past(places, pair[1], 1.0)? })
            })
            .collect()
    }

    /// The exact favourable share of an election at every node, the campaign first: what `change` is counted from.
    /// None without a result, and where no list of ours stood, there or above.
    pub fn favourable(&self, places: &Places, at: usize, of: Base) -> Vec<Option<PastShare>> {
        let counts = &self.pasts[at].counts;
        let (Some(whole), Some(bloc)) = (&counts[0], &self.blocs[at]) else { return vec![None; counts.len()] };
        let mut absent = vec![false; counts.len()];
        let share = |(node, own): (usize, &Option<Counts>)| {
            let above = places.tree.parent(node as Node).is_some_and(|parent| absent[parent as usize]);
            absent[node] = above || own.as_ref().is_some_and(|own| did_not_stand(own, whole, &bloc.favourable));
            let stages = StageCounts::of(own.as_ref().filter(|_| !absent[node])?, bloc);
            PastShare::of(&stages, Measure::Favourable, of == Base::Voters)
        };
        counts.iter().enumerate().map(share).collect()
    }

    /// The same at areas outside the tree, by their counts.
    pub fn favourable_in(&self, at: usize, of: Base, counts: &[Option<Counts>]) -> Vec<Option<PastShare>> {
        let (Some(whole), Some(bloc)) = (&self.pasts[at].counts[0], &self.blocs[at]) else {
            return vec![None; counts.len()];
        };
        let share = |own: &Option<Counts>| {
            let own = own.as_ref().filter(|own| !did_not_stand(own, whole, &bloc.favourable))?;
            PastShare::of(&StageCounts::of(own, bloc), Measure::Favourable, of == Base::Voters)
        };
        counts.iter().map(share).collect()
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
pub(crate) fn electors(
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
pub(crate) async fn benchmarks(campaign: &Campaign, places: &Places) -> Result<Vec<Benchmark>> {
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
    benchmark(poll, root).map_err(|error| error.to_string())?.says().map(drop)
}

/// Canvass answers. Modelled scores are no answers: they already contain the past.
///
/// # Errors
/// When the database does not answer, or a tally names an area that is not there.
pub(crate) async fn answers(campaign: &Campaign, places: &Places) -> Result<Vec<Answers>> {
    let tallies = campaign.store().tallies().await?.into_iter().filter(|tally| tally.kind == TallyKind::Tallies);
    tallies
        .map(|tally| {
            let node = places.named(tally.area.as_ref(), &format!("a tally of batch `{}`", tally.batch))?;
            Ok(Answers { node, counts: tally.counts })
        })
        .collect()
}

/// The answers that a snapshot shows: those that noise protects, and of an invented country all.
pub(crate) fn shown(campaign: &Campaign, answers: &[Answers]) -> PlacedAnswers {
    let lawful = |own: &&Answers| campaign.file().demo || own.counts.law() != NoiseLaw::Exact;
    PlacedAnswers::of(answers.iter().filter(lawful).map(|own| (own.node, &own.counts)))
}

/// The campaign's covariates at the leaves: those of a coarser level at every leaf below. An area without a number
/// takes the mean of its siblings that have one, electors as weights; without any, that of the next level up.
///
/// # Errors
/// When the database does not answer, or a number belongs to an area that is not there.
pub(crate) async fn covariates(
    campaign: &Campaign,
    places: &Places,
    electors: &[Electors],
) -> Result<Vec<CovariateGroup>> {
    let mut groups = Vec::new();
    for table in campaign.store().covariates().await? {
        let who = format!("a covariate of group `{}`", table.group);
        let mut columns: Vec<Vec<Option<f64>>> = vec![vec![None; places.tree.len()]; table.columns.len()];
        for (code, values) in table.rows {
            let node = places.named(Some(&(table.level.clone(), code)), &who)?;
            columns.iter_mut().zip(values).for_each(|(column, value)| column[node as usize] = value);
        }
        let level = campaign.file().levels.position(table.level.as_str())?;
        let at_leaves = columns.into_iter().map(|column| filled(&places.tree, level, column, electors));
        groups.push(CovariateGroup { name: table.group, columns: table.columns.into_iter().zip(at_leaves).collect() });
    }
    Ok(groups)
}

/// A column at the leaves, from the numbers that areas of one level have; 0 where no area has one.
fn filled(tree: &Tree, level: usize, mut column: Vec<Option<f64>>, electors: &[Electors]) -> Vec<f64> {
    // Per node: sum of weights, of weights times numbers, below it.
    let mut sums = vec![[0.0; 2]; tree.len()];
    for node in tree.level(level).map(|node| node as usize) {
        if let Some(value) = column[node] {
            // An area without known electors counts as one elector, so that it is not lost where none are known.
            let weight = f64::from(electors[node].known().unwrap_or(0).max(1));
            sums[node] = [weight, weight * value];
        }
    }
    tree.sum_upwards(&mut sums, |sum, part| sum.iter_mut().zip(part).for_each(|(sum, part)| *sum += part));
    for node in 0..tree.len() {
        let own = (sums[node][0] > 0.0).then(|| sums[node][1] / sums[node][0]);
        let above = tree.parent(node as u32).and_then(|parent| column[parent as usize]);
        column[node] = column[node].or(own).or(above);
    }
    tree.leaves().map(|leaf| column[leaf as usize].unwrap_or(0.0)).collect()
}

/// Pairs of neighbouring leaves, by position among the leaves: areas of one level that share a border.
pub(crate) fn neighbours(places: &Places, geography: &Geography) -> Vec<(u32, u32)> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_number_is_the_mean_of_its_siblings_and_a_coarse_one_goes_down() {
        let tree = Tree::new(&[vec![None, None], vec![Some(0), Some(0), Some(0), Some(1)]]).expect("a tree");
        let electors: Vec<Electors> = [0, 0, 0, 100, 300, 50, 10].map(Electors::Known).to_vec();
        let own = |values: [Option<f64>; 7]| values.to_vec();
        let fine = own([None, None, None, Some(2.0), Some(6.0), None, None]);
        // The second city has no number at all: the campaign's mean.
        assert_eq!(filled(&tree, 1, fine, &electors), [2.0, 6.0, 5.0, 5.0]);
        let coarse = own([None, Some(1.5), None, None, None, None, None]);
        assert_eq!(filled(&tree, 0, coarse, &electors), [1.5, 1.5, 1.5, 1.5]);
        assert_eq!(filled(&tree, 1, vec![None; 7], &electors), [0.0; 4]);
    }
}
