//! A pair of real elections: what was known before the later one, what came, and what its forecast must reach.

use quartier_estimate::evaluation::Plan;
use quartier_estimate::{Base, CovariateGroup, Evidence, Pair, Past};
use quartier_model::{Electors, Tree};

/// A pair of elections, owned.
pub struct RealPair {
    /// Title of its tables.
    pub title: String,
    /// The earlier and the later election.
    pub names: [String; 2],
    /// Names of the levels, coarse to fine.
    pub levels: Vec<&'static str>,
    pub tree: Tree,
    pub keys: Vec<String>,
    pub electors: Vec<Electors>,
    pub of: Base,
    pub before: Past,
    /// Past pairs that were known.
    pub pairs: Vec<Pair>,
    pub covariates: Vec<CovariateGroup>,
    pub area_km2: Vec<Option<f64>>,
    pub neighbours: Vec<(u32, u32)>,
    pub after: Past,
    /// The campaigns to simulate.
    pub plan: Plan,
    pub bars: Bars,
}

impl RealPair {
    /// All that was known, but the baseline.
    pub fn evidence(&self) -> Evidence<'_> {
        Evidence {
            pairs: self.pairs.clone(),
            covariates: self.covariates.clone(),
            area_km2: self.area_km2.clone(),
            neighbours: self.neighbours.clone(),
            ..Evidence::of_areas(&self.tree, &self.keys, &self.electors, self.of, self.plan.seed)
        }
    }
}

/// Of what a bar is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    Crps,
    Mae,
}

/// What a forecast must reach (method, section 3).
#[derive(Debug, Clone)]
pub struct Bars {
    pub figure: Figure,
    /// By answers: the most of the tree, and of the tree with neighbours.
    pub most: Vec<(u32, [Option<f64>; 2])>,
    /// By answers, lme4's multilevel regression shifted to the poll, as the method quotes it: not measured here.
    pub lme4: Vec<(u32, &'static str)>,
    /// The level whose coverage has a bar of its own.
    pub region: Option<&'static str>,
}
