//! The fitted engine against a dense reference, at fixed scales: `golden/make.py` made the files.

use quartier_estimate::engine::{
    Bias, Covariates, Graph, LogPrior, Priors, Scales, Stage, Tally, Total, fit_fixed, log_evidence, mix,
};
use quartier_model::Tree;
use serde::Deserialize;

/// Agreement asked of both implementations (method, section 3).
const TOLERANCE: f64 = 1e-6;

#[derive(Deserialize)]
struct Case {
    told: Told,
    answers: Answers,
}

#[derive(Deserialize)]
struct Told {
    city_of_quarter: Vec<u32>,
    quarter_of_station: Vec<u32>,
    cities: usize,
    offset: Vec<f64>,
    covariates: Vec<Vec<f64>>,
    groups: Vec<usize>,
    tallies: Vec<(u32, f64, f64)>,
    weights: Vec<f64>,
    bias: [f64; 3],
    sigma_mu: f64,
    level: Vec<f64>,
    slope: Vec<f64>,
    phi: Option<f64>,
    totals: Vec<ToldTotal>,
    edges: Vec<(u32, u32)>,
}

#[derive(Deserialize)]
struct ToldTotal {
    leaves: Vec<u32>,
    share: f64,
    se: f64,
}

#[derive(Deserialize)]
struct Answers {
    evidence: Option<f64>,
    mean: Vec<f64>,
    variance: Vec<f64>,
    components: Option<Vec<f64>>,
    covariance_times_weights: Option<Vec<f64>>,
    met_mean: Option<Vec<f64>>,
    met_variance: Option<Vec<f64>>,
}

impl Told {
    fn tree(&self) -> Tree {
        let some = |rows: &[u32]| rows.iter().map(|row| Some(*row)).collect();
        Tree::new(&[vec![None; self.cities], some(&self.city_of_quarter), some(&self.quarter_of_station)])
            .expect("a tree")
    }

    fn graph(&self) -> Option<Graph> {
        self.phi.map(|_| Graph::new(self.offset.len(), &self.edges).expect("a graph"))
    }

    fn stage<'a>(&self, tree: &'a Tree, graph: Option<&'a Graph>) -> Stage<'a> {
        let groups = self.groups.iter().max().map_or(0, |last| last + 1);
        let mut columns = vec![vec![]; groups];
        for (column, group) in self.covariates.iter().zip(&self.groups) {
            columns[*group].push(column.clone());
        }
        let level = |at: usize, sd: f64| Some(LogPrior { mean: self.level[at], sd });
        Stage {
            tree,
            offset: self.offset.clone(),
            extra_variance: vec![0.0; tree.len()],
            covariates: Covariates::new(&columns),
            graph,
            tallies: self
                .tallies
                .iter()
                .map(|(leaf, yes, asked)| Tally { leaf: *leaf, yes: *yes, asked: *asked })
                .collect(),
            noised: vec![],
            bias: Bias { mean: self.bias[0], sd: self.bias[1], local_sd: self.bias[2] },
            priors: Priors {
                sigma_mu: self.sigma_mu,
                levels: vec![level(0, 0.8), level(1, 1.0), level(2, 0.8)],
                district: LogPrior { mean: 0.2f64.ln(), sd: 1.0 },
                slope: LogPrior { mean: self.slope.first().copied().unwrap_or(0.0), sd: 0.8 },
                phi: LogPrior { mean: 0.0, sd: 1.0 },
            },
        }
    }

    fn scales(&self) -> Scales {
        Scales {
            level: self.level.iter().map(|log| Some(*log)).collect(),
            slope: self.slope.clone(),
            phi: self.phi.map(|phi| (phi / (1.0 - phi)).ln()),
        }
    }

    fn totals(&self) -> Vec<Total> {
        let weights =
            |total: &ToldTotal| total.leaves.iter().map(|leaf| (*leaf, self.weights[*leaf as usize])).collect();
        let told = self.totals.iter().enumerate();
        told.map(|(at, total)| Total {
            key: format!("total:{at}"),
            weights: weights(total),
            share: total.share,
            se: total.se,
        })
        .collect()
    }
}

fn read(name: &str) -> Case {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{name}.json"));
    let text = std::fs::read_to_string(path).expect("a golden file");
    serde_json::from_str(&text).expect("a golden case")
}

fn same(what: &str, found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!((found - expected).abs() < TOLERANCE, "{what} at {at}: {found}, the reference has {expected}");
    }
}

/// Evidence, mean, variance, and all of them after two totals.
fn agrees_at_fixed_scales(name: &str) {
    let case = read(name);
    let tree = case.told.tree();
    let graph = case.told.graph();
    let stage = case.told.stage(&tree, graph.as_ref());
    let scales = case.told.scales();
    let mut fitted = fit_fixed(&stage, &scales).expect("a fit");
    same("mean", &fitted.mean(), &case.answers.mean);
    same("variance", &fitted.variance(), &case.answers.variance);
    let evidence = case.answers.evidence.expect("in the file");
    same("evidence", &[fitted.log_evidence()], &[evidence]);
    same("evidence alone", &[log_evidence(&stage, &scales).expect("evidence").0], &[evidence]);
    let whole: f64 = case.told.weights.iter().sum();
    let weights: Vec<f64> = case.told.weights.iter().map(|weight| weight / whole).collect();
    let covariance = case.answers.covariance_times_weights.expect("in the file");
    same("covariance times weights", &fitted.covariance_times(&weights), &covariance);
    fitted.meet(&case.told.totals());
    same("mean, totals met", &fitted.mean(), &case.answers.met_mean.expect("in the file"));
    same("variance, totals met", &fitted.variance(), &case.answers.met_variance.expect("in the file"));
}

fn agrees_as_a_mixture(name: &str) {
    let case = read(name);
    let tree = case.told.tree();
    let graph = case.told.graph();
    let stage = case.told.stage(&tree, graph.as_ref());
    let fitted = mix(&stage, &case.told.scales()).expect("a fit");
    let weights: Vec<f64> = fitted.components().into_iter().map(|(_, weight)| weight).collect();
    same("weights of the components", &weights, &case.answers.components.expect("in the file"));
    same("mean", &fitted.mean(), &case.answers.mean);
    same("variance", &fitted.variance(), &case.answers.variance);
}

#[test]
fn a_tree_with_covariates_bias_and_loose_leaves_agrees_with_the_dense_reference() {
    agrees_at_fixed_scales("tree");
}

#[test]
fn a_tree_alone_agrees_with_the_dense_reference() {
    agrees_at_fixed_scales("plain");
}

#[test]
fn neighbours_on_a_grid_agree_with_the_dense_reference() {
    agrees_at_fixed_scales("neighbours");
}

#[test]
fn islands_and_areas_without_neighbours_agree_with_the_dense_reference() {
    agrees_at_fixed_scales("islands");
}

#[test]
fn the_mixture_with_neighbours_agrees_with_the_dense_reference() {
    agrees_as_a_mixture("neighbours_mixture");
}

#[test]
fn the_mixture_agrees_with_the_dense_reference() {
    agrees_as_a_mixture("mixture");
}
