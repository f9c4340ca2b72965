//! What the estimator is told, and how it refuses.

use crate::STAGES;
use crate::benchmark::Benchmark;
use crate::engine::{Bias, StageError};
use quartier_model::{AnswerCounts, Electors, Node, NoiseLaw, StageCounts, Tree};
use serde::{Deserialize, Serialize};

/// Of whom the campaign's shares are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Base {
    /// Of registered electors.
    Electors,
    /// Of voters: no register is known, stage 1 and every measure of turnout are absent.
    Voters,
}

/// A past election, read through its blocs.
#[derive(Debug, Clone, PartialEq)]
pub struct Past {
    /// The election's id, for the model card.
    pub id: String,
    /// Weight in the baseline mix, above 0; weights are normalised.
    pub weight: f64,
    /// Counts per leaf, in the tree's leaf order; `None` = no result here.
    pub counts: Vec<Option<StageCounts>>,
    /// Per leaf: a bloc had no candidate here, so stages 2 and 3 say nothing. Empty = everywhere a candidate.
    pub no_candidate: Vec<bool>,
    /// Per leaf: its counts were moved from areas that its border divides. Empty = counted here everywhere.
    pub interpolated: Vec<bool>,
}

impl Past {
    /// A past election with candidates of both blocs everywhere, at weight 1.
    pub fn new(id: impl Into<String>, counts: Vec<Option<StageCounts>>) -> Self {
        Self { id: id.into(), weight: 1.0, counts, no_candidate: Vec::new(), interpolated: Vec::new() }
    }

    /// `(a, b)` of a stage at a leaf: nothing without a result, a register (stage 1) or a candidate (stages 2, 3).
    pub(crate) fn stage(&self, leaf: usize, stage: usize) -> [f64; 2] {
        let Some(counts) = self.counts[leaf] else { return [0.0; 2] };
        let absent = self.no_candidate.get(leaf).copied().unwrap_or(false);
        if (stage == 0 && !counts.has_registered) || (stage > 0 && absent) {
            return [0.0; 2];
        }
        let (a, b) = counts.stages()[stage];
        [a, b]
    }

    pub(crate) fn check(&self, leaves: usize) -> Result<(), EstimateError> {
        length("counts of a past election", self.counts.len(), leaves)?;
        if !self.no_candidate.is_empty() {
            length("`no_candidate` of a past election", self.no_candidate.len(), leaves)?;
        }
        if !self.interpolated.is_empty() {
            length("`interpolated` of a past election", self.interpolated.len(), leaves)?;
        }
        let lawful = |count: &f64| count.is_finite() && *count >= 0.0;
        match self.counts.iter().position(|counts| !counts.is_none_or(|counts| counts.groups.iter().all(lawful))) {
            Some(leaf) => Err(EstimateError::Count { election: self.id.clone(), leaf }),
            None => Ok(()),
        }
    }
}

/// Two consecutive elections of the past: their swings say how far areas move apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// The earlier one.
    pub earlier: Past,
    /// The later one.
    pub later: Past,
}

/// Canvass answers of one area, as counts; noised where their law says so.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Answers {
    /// The area. Answers of a leaf enter its likelihood; those of an area above are a soft benchmark.
    pub node: Node,
    /// Answers per group.
    pub counts: AnswerCounts,
}

impl Answers {
    /// `(yes, asked)` of a stage: those who answered with its group or a later one; `None` where it was not asked.
    ///
    /// A stage is asked where its own group and all later ones are; nobody's answer to it is no answer. Noised counts
    /// may be negative.
    pub(crate) fn stage(&self, stage: usize) -> Option<(f64, f64)> {
        let groups = self.counts.groups();
        let later = groups[stage + 1..].iter().try_fold(0.0, |sum, group| Some(sum + f64::from((*group)?)))?;
        let yes = f64::from(groups[stage]?);
        (yes + later > 0.0).then_some((yes, yes + later))
    }

    /// The same where nothing was added to the counts.
    pub(crate) fn exact_stage(&self, stage: usize) -> Option<(f64, f64)> {
        (self.counts.law() == NoiseLaw::Exact).then(|| self.stage(stage)).flatten()
    }
}

/// A group of covariates with one learnt slope scale.
#[derive(Debug, Clone, PartialEq)]
pub struct CovariateGroup {
    /// Its name, for the model card.
    pub name: String,
    /// Names of the columns, and their values per leaf: finite, in any unit; standardised by the estimator.
    pub columns: Vec<(String, Vec<f64>)>,
}

/// Electoral districts that are no level of the tree: each has an effect of its own, of one learnt scale.
#[derive(Debug, Clone, PartialEq)]
pub struct Districts {
    /// What they are called, for the model card.
    pub name: String,
    /// How many there are.
    pub count: usize,
    /// Per leaf, the district it lies in.
    pub of_leaf: Vec<Option<u32>>,
}

/// Most districts; their effects are a dense system.
const MOST_DISTRICTS: usize = 700;
/// Most districts beside neighbours, whose system each of them borders.
const MOST_BESIDE_NEIGHBOURS: usize = 100;
/// Most numbers in the table of leaves by districts: 400 MB.
const MOST_ENTRIES: usize = 50_000_000;

impl Districts {
    /// Whether neighbours can be used too.
    pub(crate) fn allow_neighbours(&self) -> bool {
        self.count <= MOST_BESIDE_NEIGHBOURS
    }

    fn check(&self, leaves: usize) -> Result<(), EstimateError> {
        length("districts of the leaves", self.of_leaf.len(), leaves)?;
        let most = MOST_DISTRICTS.min(MOST_ENTRIES / leaves.max(1));
        let refuse = |reason| Err(EstimateError::Districts { name: self.name.clone(), reason });
        if self.count > most {
            return refuse(format!(
                "has {} areas, expected at most {most} beside {leaves} areas; a level may have any number",
                self.count
            ));
        }
        match self.of_leaf.iter().flatten().find(|district| **district as usize >= self.count) {
            Some(district) => refuse(format!("names area {district} of {}", self.count)),
            None => Ok(()),
        }
    }
}

/// How answers differ from the electorate by stage, where the campaign knows nothing better (method, section 1):
/// turnout is over-reported, supporters answer more.
pub const BIASES: [Bias; STAGES] = [
    Bias { mean: -0.8, sd: 0.4, local_sd: 0.15 },
    Bias { mean: 0.0, sd: 0.2, local_sd: 0.15 },
    Bias { mean: 0.10, sd: 0.15, local_sd: 0.10 },
];

/// All that the estimator may use. Slices "per leaf" follow `tree.leaves()`.
#[derive(Debug, Clone)]
pub struct Evidence<'a> {
    /// The tree of areas.
    pub tree: &'a Tree,
    /// Per node, the stable key `level:code` that addresses its random numbers; the root's is `campaign`. Unique.
    pub keys: &'a [String],
    /// Per leaf, electors (voters where [`Base::Voters`]).
    pub electors: &'a [Electors],
    /// Of whom shares are.
    pub of: Base,
    /// The baseline: one election, or a weighted mix; may be empty.
    pub baseline: Vec<Past>,
    /// Past pairs that teach the scales; may be empty.
    pub pairs: Vec<Pair>,
    /// Polls and known totals.
    pub benchmarks: Vec<Benchmark>,
    /// Canvass answers; several of one area are added up.
    pub tallies: Vec<Answers>,
    /// How answers differ from the electorate, by stage.
    pub biases: [Bias; STAGES],
    /// Electoral districts that are no level of the tree.
    pub districts: Option<Districts>,
    /// Covariates of the campaign. The past's log odds and log density are always used besides.
    pub covariates: Vec<CovariateGroup>,
    /// Per leaf, its surface in km²; `None`, or an empty list: unknown.
    pub area_km2: Vec<Option<f64>>,
    /// Pairs of neighbouring leaves, by position among the leaves; empty, or without an answer of a leaf: the tree
    /// alone.
    pub neighbours: Vec<(u32, u32)>,
    /// Seed of all random numbers.
    pub seed: u64,
}

impl<'a> Evidence<'a> {
    /// No evidence but areas: the rest is filled in by field.
    pub fn of_areas(tree: &'a Tree, keys: &'a [String], electors: &'a [Electors], of: Base, seed: u64) -> Self {
        Self {
            tree,
            keys,
            electors,
            of,
            baseline: vec![],
            pairs: vec![],
            benchmarks: vec![],
            tallies: vec![],
            biases: BIASES,
            districts: None,
            covariates: vec![],
            area_km2: vec![],
            neighbours: vec![],
            seed,
        }
    }
}

/// Why no estimate can be made. Each names what was found and what was expected.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EstimateError {
    /// A list that does not fit the tree.
    #[error("{what} has {found} entries, expected {expected}")]
    Length {
        /// The list.
        what: &'static str,
        /// As given.
        found: usize,
        /// As the tree needs.
        expected: usize,
    },
    /// A count that is negative or not a number.
    #[error("election `{election}`, leaf {leaf}: a count is negative or not a number")]
    Count {
        /// The election.
        election: String,
        /// Position among the leaves.
        leaf: usize,
    },
    /// A weight of the baseline mix that is no positive number.
    #[error("baseline `{election}` has weight {found}, expected a number above 0")]
    Weight {
        /// The election.
        election: String,
        /// As given.
        found: f64,
    },
    /// Answers that cannot be used.
    #[error("tally {at}: {reason}")]
    Tally {
        /// Position in the list, from 1.
        at: usize,
        /// What is wrong, and what is expected.
        reason: String,
    },
    /// Districts that cannot be used.
    #[error("district `{name}` {reason}")]
    Districts {
        /// What they are called.
        name: String,
        /// What is wrong, and what is expected.
        reason: String,
    },
    /// A covariate that is not a number somewhere.
    #[error("covariate `{column}`, leaf {leaf}: expected a finite number")]
    Covariate {
        /// The column.
        column: String,
        /// Position among the leaves.
        leaf: usize,
    },
    /// A stage cannot be fitted.
    #[error("stage `{name}`: {source}")]
    Stage {
        /// One of [`crate::STAGE_NAMES`].
        name: &'static str,
        /// Why.
        source: StageError,
    },
    /// A benchmark that cannot be used.
    #[error("benchmark {at} ({area}): {reason}")]
    Benchmark {
        /// Position in the list, from 1.
        at: usize,
        /// Key of its area.
        area: String,
        /// What is wrong, and what is expected.
        reason: String,
    },
}

fn length(what: &'static str, found: usize, expected: usize) -> Result<(), EstimateError> {
    if found == expected { Ok(()) } else { Err(EstimateError::Length { what, found, expected }) }
}

impl Evidence<'_> {
    /// Checks that every list fits the tree and every number is lawful.
    pub(crate) fn check(&self) -> Result<(), EstimateError> {
        let leaves = self.tree.leaves().count();
        length("keys", self.keys.len(), self.tree.len())?;
        length("electors", self.electors.len(), leaves)?;
        for past in &self.baseline {
            past.check(leaves)?;
            if !(past.weight.is_finite() && past.weight > 0.0) {
                return Err(EstimateError::Weight { election: past.id.clone(), found: past.weight });
            }
        }
        for pair in &self.pairs {
            pair.earlier.check(leaves)?;
            pair.later.check(leaves)?;
        }
        if !self.area_km2.is_empty() {
            length("surfaces", self.area_km2.len(), leaves)?;
        }
        self.check_tallies()?;
        if let Some(districts) = &self.districts {
            districts.check(leaves)?;
        }
        for (column, values) in self.covariates.iter().flat_map(|group| &group.columns) {
            length("a covariate", values.len(), leaves)?;
            if let Some(leaf) = values.iter().position(|value| !value.is_finite()) {
                return Err(EstimateError::Covariate { column: column.clone(), leaf });
            }
        }
        Ok(())
    }

    fn check_tallies(&self) -> Result<(), EstimateError> {
        for (at, tally) in self.tallies.iter().enumerate() {
            if tally.node as usize >= self.tree.len() {
                let reason = format!("names node {}, expected one of {} areas", tally.node, self.tree.len());
                return Err(EstimateError::Tally { at: at + 1, reason });
            }
        }
        Ok(())
    }
}
