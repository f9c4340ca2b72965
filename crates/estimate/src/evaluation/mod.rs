//! The back-test: what the estimator would have said of an election whose result is known. Pure.
//!
//! [`run`] simulates a campaign's canvass and poll from the later result (`simulate`), asks [`crate::estimate`] and
//! two peers (`peers`: the previous election as it was; a uniform swing to the poll) for draws of the four groups, and
//! scores them against the result (`score`), weighted by electors: MAE, CRPS, coverage of the 90 % interval and PIT, by
//! group, by size of the area, visited or not, and by level. The answer is an [`Evaluation`] (`report`), which also
//! says it in one sentence.
//!
//! It works on any tree of areas with two elections read as group counts per leaf, with or without neighbours, past
//! pairs, canvass and poll. The simulated canvass is that of the method, section 3; seeds are fixed.

mod peers;
mod report;
mod score;
mod simulate;

pub use report::{ClassRow, Evaluation, PointRow, TableRow, Words};
pub use simulate::{Campaign, Dice, Manner};

use crate::benchmark::invlogit;
use crate::evidence::{Base, EstimateError, Evidence, Past};
use crate::offset::{StageOffset, offsets};
use crate::scales::{History, learn};
use crate::{STAGES, estimate};
use quartier_model::{Draw, NoiseLaw};
use report::Report;

/// An election to forecast again.
pub struct Case<'a> {
    /// Names of the earlier and the later election.
    pub(crate) names: [String; 2],
    /// Names of the levels, coarse to fine.
    pub(crate) levels: Vec<String>,
    /// All evidence of the time: the baseline is the earlier election; tallies and benchmarks are simulated.
    pub(crate) evidence: &'a Evidence<'a>,
    /// The result to forecast.
    pub(crate) after: &'a Past,
    pub(crate) history: [History; STAGES],
    offsets: [StageOffset; STAGES],
    leaves: Vec<u32>,
    groups: Vec<usize>,
    has_stage: [bool; STAGES],
}

impl<'a> Case<'a> {
    /// A case from the evidence of the time, with the earlier election as its baseline, and the later result.
    ///
    /// # Errors
    /// When a list does not fit the tree or a number is unlawful.
    pub fn new(
        names: [&str; 2],
        levels: &[&str],
        evidence: &'a Evidence<'a>,
        after: &'a Past,
    ) -> Result<Self, EstimateError> {
        evidence.check()?;
        let leaves: Vec<u32> = evidence.tree.leaves().collect();
        after.check(leaves.len())?;
        let fits = levels.len() == evidence.tree.levels();
        if !fits {
            let (found, expected) = (levels.len(), evidence.tree.levels());
            return Err(EstimateError::Length { what: "names of levels", found, expected });
        }
        let offsets = offsets(evidence.tree, &evidence.baseline);
        let mut case = Self {
            names: names.map(str::to_owned),
            levels: levels.iter().map(|level| (*level).to_owned()).collect(),
            history: learn(evidence),
            evidence,
            after,
            offsets,
            leaves,
            groups: vec![],
            has_stage: [true; STAGES],
        };
        let total = |group: usize| (0..case.leaves()).map(|leaf| case.groups(leaf)[group]).sum::<f64>();
        let groups: Vec<usize> = (0..score::GROUPS).filter(|group| total(*group) > 0.0).collect();
        case.has_stage = [groups.contains(&0), groups.contains(&1), true];
        case.groups = groups;
        Ok(case)
    }

    /// Number of leaves.
    pub fn leaves(&self) -> usize {
        self.leaves.len()
    }

    /// The later result of a leaf by group; zeros where there is none.
    pub fn groups(&self, leaf: usize) -> [f64; 4] {
        let mut groups = self.after.counts[leaf].map_or([0.0; 4], |counts| counts.groups);
        if self.evidence.of == Base::Voters {
            groups[0] = 0.0;
        }
        groups
    }

    pub(crate) fn has_register(&self) -> bool {
        self.evidence.of == Base::Electors
    }

    pub(crate) fn has_stage(&self, stage: usize) -> bool {
        self.has_stage[stage]
    }

    /// The groups that somebody belongs to.
    pub(crate) fn judged_groups(&self) -> &[usize] {
        &self.groups
    }

    /// Whether the truth of a group is known at a leaf: where a bloc had no candidate only abstention is.
    pub(crate) fn is_known(&self, leaf: usize, group: usize) -> bool {
        let absent = self.after.no_candidate.get(leaf).copied().unwrap_or(false);
        self.after.counts[leaf].is_some() && (group == 0 || !absent)
    }

    /// The earlier election's log odds of a stage, per leaf.
    pub(crate) fn log_odds(&self, stage: usize) -> Vec<f64> {
        self.leaves.iter().map(|node| self.offsets[stage].l[*node as usize]).collect()
    }

    /// The share of a stage at some log odds; 0 for a stage that the elections do not have.
    pub(crate) fn share_of(&self, stage: usize, logit: f64) -> f64 {
        if self.has_stage[stage] { invlogit(logit) } else { 0.0 }
    }

    /// Leaves below each area of a level, in level order. A leaf above the level stands for itself nowhere.
    pub(crate) fn members(&self, level: usize) -> Vec<Vec<u32>> {
        let range = self.evidence.tree.level(level);
        let mut members = vec![vec![]; range.len()];
        for (leaf, node) in self.leaves.iter().enumerate() {
            let here = std::iter::once(*node).chain(self.evidence.tree.ancestors(*node)).find(|at| range.contains(at));
            if let Some(node) = here {
                members[(node - range.start) as usize].push(leaf as u32);
            }
        }
        members
    }

    /// Per leaf, its region: an area of a level. Leaves above the level are together in one more.
    pub(crate) fn regions(&self, level: Option<usize>) -> Vec<usize> {
        let tree = self.evidence.tree;
        let level =
            level.unwrap_or_else(|| (0..tree.levels()).find(|at| tree.level(*at).len() >= REGIONS).unwrap_or(0));
        let members = self.members(level.min(tree.levels() - 1));
        let mut region = vec![members.len(); self.leaves.len()];
        for (at, leaves) in members.iter().enumerate() {
            leaves.iter().for_each(|leaf| region[*leaf as usize] = at);
        }
        region
    }

    /// The code of an area of a level, from its key `level:code`.
    pub(crate) fn code(&self, level: usize, area: usize) -> &str {
        let key = &self.evidence.keys[self.evidence.tree.node(level, area) as usize];
        key.split_once(':').map_or(key, |(_, code)| code)
    }
}

/// A campaign chooses among regions: the coarsest level of this many areas.
const REGIONS: usize = 10;

/// What to simulate.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Seed of all that is simulated.
    pub seed: u64,
    /// Sizes of the canvass, in answers; 0 is none.
    pub answers: Vec<u32>,
    /// Campaigns simulated a size.
    pub repetitions: u32,
    /// Error of the poll, as a share; `None`: no poll.
    pub poll_se: Option<f64>,
    /// Level of the regions that are visited or not; `None`: the coarsest with ten areas.
    pub region_level: Option<usize>,
    /// Part of the regions visited, 0 to 1.
    pub regions_visited: f64,
    /// Who answers.
    pub manner: Manner,
    /// What is added to the counts of answers, which are then counted in groups of [`quartier_model::MIN_ANSWERS`].
    pub law: NoiseLaw,
}

impl Plan {
    /// The campaigns of the method, section 3: two regions in five, a poll with an error of 2 points, exact counts.
    pub fn of(seed: u64, answers: &[u32], repetitions: u32) -> Self {
        Self {
            seed,
            answers: answers.to_vec(),
            repetitions,
            poll_se: Some(0.02),
            region_level: None,
            regions_visited: 0.4,
            manner: Manner::SUPPORTERS_ANSWER,
            law: NoiseLaw::Exact,
        }
    }

    /// The seed of one campaign.
    fn seed(&self, answers: u32, repetition: u32) -> u64 {
        self.seed.wrapping_mul(1_000).wrapping_mul(u64::from(answers).max(1)).wrapping_add(u64::from(repetition))
    }
}

/// Names of the methods in an [`Evaluation`].
pub const METHODS: [&str; 4] = ["previous", "uniform", "tree", "icar"];

/// Simulates the plan's campaigns on a case and scores the estimator beside its peers.
///
/// # Errors
/// As [`crate::estimate`].
pub fn run(case: &Case<'_>, plan: &Plan) -> Result<Evaluation, EstimateError> {
    let mut report = Report::new(case, plan);
    for answers in &plan.answers {
        for repetition in 0..plan.repetitions {
            let seed = plan.seed(*answers, repetition);
            let campaign = Campaign::simulate(case, plan, *answers, seed);
            report.add(*answers, "previous", &campaign, &peers::previous(case));
            if let Some(se) = plan.poll_se {
                report.add(*answers, "uniform", &campaign, &peers::uniform(case, &campaign, se, seed));
            }
            report.add(*answers, "tree", &campaign, &forecast(case, &campaign, seed, false)?);
            if !case.evidence.neighbours.is_empty() {
                report.add(*answers, "icar", &campaign, &forecast(case, &campaign, seed, true)?);
            }
        }
    }
    Ok(report.finish())
}

/// The estimator's draws for a campaign, with or without neighbours.
///
/// # Errors
/// As [`crate::estimate`].
pub fn forecast(
    case: &Case<'_>,
    campaign: &Campaign,
    seed: u64,
    with_neighbours: bool,
) -> Result<Vec<Draw>, EstimateError> {
    let mut evidence = case.evidence.clone();
    evidence.tallies = campaign.tallies.clone();
    evidence.benchmarks = campaign.polls.clone();
    evidence.seed = seed;
    if !with_neighbours {
        evidence.neighbours.clear();
    }
    Ok(estimate(&evidence)?.draws)
}
