//! Route 3, for few answered areas on a large graph: the dense covariance of what the tallies look at.
//!
//! A search for scales asks of a stage only what happens at its tallies, and their prior covariance is a sum of fixed
//! matrices, one a variance of the model:
//!
//! ```text
//! K = sum over nodes v_n 1_n 1_n'  +  sigma_s² G  +  X D X'  +  tau² I      1_n: the tallies below node n
//! ```
//!
//! G, the covariance of the tallies' neighbourhoods, is read once from the graph's factor ([`Graph::between`]). From
//! then on a step costs n³ for n tallies, however many areas there are. Everything follows from
//! `B = I + W^1/2 K W^1/2 = L L'` (Rasmussen and Williams 2006, algorithms 3.1 and 5.1); nothing is approximated, so
//! that this route and the sparse one agree to rounding.

use super::gaussian::{Design, Gaussian};
use super::graph::Graph;
use super::likelihood::Observed;
use super::stage::{Stage, StageError, Variances};
use super::tree::Skeleton;
use faer::linalg::solvers::Llt;
use faer::linalg::triangular_solve::{solve_lower_triangular_in_place, solve_upper_triangular_in_place};
use faer::{Mat, Par, Side};
use std::sync::{Arc, OnceLock};

/// This route is taken where the cube of the number of tallies stays below so many times the number of areas. Measured with
/// `engine_cost 35357 icar` (CPU seconds of three fits, this route and the sparse one): 5.6 and 6.9 with 530 tallies a stage,
/// 5.0 and 8.0 with 795, 6.8 and 7.6 with 1,060, where the cube is 34,000 times.
const CUBE_AN_AREA: usize = 25_000;

/// What does not change with the scales.
pub(crate) struct KernelRoute<'a> {
    stage: &'a Stage<'a>,
    skeleton: Skeleton,
    design: Design,
    /// Per pair of tallies, the lowest node of the skeleton that both stand under; row-major.
    common: Vec<u32>,
    /// Per pair of tallies, covariance of their scaled neighbourhoods.
    between: Arc<Mat<f64>>,
}

impl<'a> KernelRoute<'a> {
    /// Whether this route is the cheaper one.
    pub(crate) fn suits(stage: &Stage<'_>, observed: &Observed) -> bool {
        let tallies = observed.len();
        tallies > 0 && tallies.pow(3) <= CUBE_AN_AREA * stage.offset.len()
    }

    pub(crate) fn new(stage: &'a Stage<'a>, graph: &Graph, observed: &Observed) -> Self {
        let leaves: Vec<u32> = stage.tree.leaves().collect();
        let skeleton = Skeleton::new(stage, observed, &leaves);
        let common = skeleton.common();
        let between = graph.between(&observed.leaf);
        Self { stage, design: Design::new(stage, observed), skeleton, common, between }
    }

    fn tallies(&self) -> usize {
        self.skeleton.tally.len()
    }

    /// K at given scales.
    fn kernel(&self, variances: &Variances) -> Mat<f64> {
        let count = self.tallies();
        // Variance of the sum of the effects from the root down to each node.
        let mut down: Vec<f64> = self.skeleton.nodes.iter().map(|node| variances.node(self.stage, *node)).collect();
        for at in 1..down.len() {
            down[at] += down[self.skeleton.parent[at] as usize];
        }
        let fixed = Design::prior(self.stage, variances);
        let local = self.stage.bias.local_sd.powi(2);
        let mut kernel = Mat::zeros(count, count);
        for column in 0..count {
            let weighed: Vec<f64> = self.design.row(column).iter().zip(&fixed).map(|(x, d)| x * d).collect();
            for row in column..count {
                let along: f64 = self.design.row(row).iter().zip(&weighed).map(|(x, y)| x * y).sum();
                let shared = down[self.common[row * count + column] as usize];
                let own = if row == column { local } else { 0.0 };
                let value = shared + variances.neighbourhood * self.between[(row, column)] + along + own;
                kernel[(row, column)] = value;
                kernel[(column, row)] = value;
            }
        }
        kernel
    }

    /// The posterior at given scales and curvatures.
    ///
    /// # Errors
    /// When it is not positive definite in the numbers at hand.
    pub(crate) fn posterior(
        self: &Arc<Self>,
        variances: &Variances,
        weights: &[f64],
    ) -> Result<Kernel<'a>, StageError> {
        let kernel = self.kernel(variances);
        let root: Vec<f64> = weights.iter().map(|weight| weight.sqrt()).collect();
        let count = self.tallies();
        let system = Mat::from_fn(count, count, |row, column| {
            let one = if row == column { 1.0 } else { 0.0 };
            one + root[row] * kernel[(row, column)] * root[column]
        });
        let lower = Llt::new(system.as_ref(), Side::Lower).map_err(|_| StageError::Singular)?.L().to_owned();
        let log_det = (0..count).map(|at| 2.0 * lower[(at, at)].ln()).sum::<f64>();
        if !log_det.is_finite() {
            return Err(StageError::Singular);
        }
        let (levels, slopes) = (variances.level.len(), variances.slope.len());
        let (variance, inverse) = (OnceLock::new(), OnceLock::new());
        Ok(Kernel { route: Arc::clone(self), kernel, root, lower, log_det, levels, slopes, variance, inverse })
    }
}

/// The posterior at one set of scales and curvatures.
pub(crate) struct Kernel<'a> {
    route: Arc<KernelRoute<'a>>,
    kernel: Mat<f64>,
    /// Square roots of the curvatures.
    root: Vec<f64>,
    /// L.
    lower: Mat<f64>,
    log_det: f64,
    /// Numbers of scales above the leaves, and of slopes.
    levels: usize,
    slopes: usize,
    variance: OnceLock<Vec<f64>>,
    inverse: OnceLock<Mat<f64>>,
}

impl Kernel<'_> {
    fn solve(&self, right: &mut Mat<f64>) {
        solve_lower_triangular_in_place(self.lower.as_ref(), right.as_mut(), Par::Seq);
    }

    /// `(W^-1 + K)^-1 = W^1/2 B^-1 W^1/2`, its lower triangle twice over.
    fn inverse(&self) -> &Mat<f64> {
        self.inverse.get_or_init(|| {
            let count = self.root.len();
            let mut half = Mat::from_fn(count, count, |row, column| if row == column { self.root[row] } else { 0.0 });
            self.solve(&mut half);
            half.transpose() * &half
        })
    }

    /// `x' M y` of a list of pairs of tallies, M symmetric.
    fn form(matrix: &Mat<f64>, x: &[f64], y: &[f64]) -> f64 {
        let column = |at: usize| matrix.col(at).iter().zip(x).map(|(m, x)| m * x).sum::<f64>();
        y.iter().enumerate().filter(|(_, y)| **y != 0.0).map(|(at, y)| y * column(at)).sum()
    }
}

impl Gaussian for Kernel<'_> {
    fn log_det(&self) -> f64 {
        self.log_det
    }

    fn smooth(&self, information: &[f64]) -> Vec<f64> {
        self.smooth_many(&[information.to_vec()]).pop().unwrap_or_default()
    }

    /// `K a` with `a = b - W^1/2 B^-1 W^1/2 K b`.
    fn smooth_many(&self, informations: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let count = self.root.len();
        let told = Mat::from_fn(count, informations.len(), |row, column| informations[column][row]);
        let mut left = &self.kernel * &told;
        left.col_iter_mut().for_each(|column| column.iter_mut().zip(&self.root).for_each(|(x, root)| *x *= root));
        self.solve(&mut left);
        solve_upper_triangular_in_place(self.lower.transpose(), left.as_mut(), Par::Seq);
        left.col_iter_mut().for_each(|column| column.iter_mut().zip(&self.root).for_each(|(x, root)| *x *= root));
        let smoothed = &self.kernel * (told - left);
        smoothed.col_iter().map(|column| column.iter().copied().collect()).collect()
    }

    /// The diagonal of `K - V' V`, `V = L^-1 W^1/2 K`.
    fn variance(&self) -> Vec<f64> {
        let known = || {
            let count = self.root.len();
            let mut half = Mat::from_fn(count, count, |row, column| self.root[row] * self.kernel[(row, column)]);
            self.solve(&mut half);
            let taken = half.col_iter().map(|column| column.iter().map(|v| v * v).sum::<f64>());
            taken.enumerate().map(|(at, taken)| self.kernel[(at, at)] - taken).collect()
        };
        self.variance.get_or_init(known).clone()
    }

    fn derivative(&self, alpha: &[f64], adjoint: &[f64]) -> Variances {
        let (route, count) = (&self.route, self.root.len());
        let (skeleton, inverse) = (&route.skeleton, self.inverse());
        let mut sum =
            Variances { level: vec![0.0; self.levels], slope: vec![0.0; self.slopes], ..Variances::default() };
        // Per node, the sum of the inverse over all pairs of tallies below it.
        let mut known = vec![0.0; skeleton.nodes.len()];
        for column in 0..count {
            known[route.common[column * count + column] as usize] += inverse[(column, column)];
            for row in column + 1..count {
                known[route.common[row * count + column] as usize] += 2.0 * inverse[(row, column)];
            }
        }
        let (alphas, adjoints) = (skeleton.sums(alpha), skeleton.sums(adjoint));
        for at in (1..known.len()).rev() {
            known[skeleton.parent[at] as usize] += known[at];
            let slope = alphas[at] * (0.5 * alphas[at] + adjoints[at]) - 0.5 * known[at];
            sum.add(route.stage, skeleton.nodes[at], slope);
        }
        for column in 0..self.slopes {
            let x: Vec<f64> = (0..count).map(|tally| route.design.row(tally)[column]).collect();
            let along = |list: &[f64]| list.iter().zip(&x).map(|(value, x)| value * x).sum::<f64>();
            let (a, u) = (along(alpha), along(adjoint));
            sum.slope[column] = a * (0.5 * a + u) - 0.5 * Self::form(inverse, &x, &x);
        }
        let both: Vec<f64> = alpha.iter().zip(adjoint).map(|(a, u)| 0.5 * a + u).collect();
        let between = &route.between;
        let trace: f64 = (0..count)
            .map(|at| inverse.col(at).iter().zip(between.col(at).iter()).map(|(m, g)| m * g).sum::<f64>())
            .sum();
        sum.neighbourhood = Self::form(between, alpha, &both) - 0.5 * trace;
        sum
    }

    fn swings(&self, alpha: &[f64]) -> Vec<Variances> {
        let route = &self.route;
        let mut swings = super::gaussian::swings(route.stage, &route.skeleton, &route.design, alpha);
        for (at, swing) in swings.iter_mut().enumerate() {
            swing.neighbourhood = route.between.col(at).iter().zip(alpha).map(|(g, alpha)| g * alpha).sum();
        }
        swings
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::neighbours::NeighbourRoute;
    use crate::engine::{Bias, Covariates, Priors, Tally, fit_fixed, variance_of_sum};
    use quartier_model::Tree;

    /// Two cities of two quarters of ten, on two islands and two areas alone.
    fn world() -> (Tree, Graph) {
        let rows = |count: u32, above: u32| (0..count).map(|row| Some(row * above / count)).collect::<Vec<_>>();
        let tree = Tree::new(&[vec![None; 2], rows(4, 2), rows(40, 4)]).expect("a tree");
        let chain =
            |from: u32, to: u32| (from..to).flat_map(move |leaf| [(leaf, leaf + 1), (leaf, (leaf + 5).min(to))]);
        let pairs: Vec<(u32, u32)> = chain(0, 24).chain(chain(25, 37)).collect();
        (tree, Graph::new(40, &pairs).expect("a graph"))
    }

    fn stage<'a>(tree: &'a Tree, graph: &'a Graph, answered: &[u32]) -> Stage<'a> {
        let wave = |leaf: u32, by: f64| (f64::from(leaf) * by).sin();
        let column = |by: f64| (0..40).map(|leaf| wave(leaf, by)).collect::<Vec<f64>>();
        let asked = |leaf: u32| 3.0 + f64::from(leaf % 7);
        let tally = |leaf: &u32| Tally { leaf: *leaf, yes: f64::from(leaf % 3), asked: asked(*leaf) };
        let mut extra_variance = vec![0.0; tree.len()];
        (0..tree.len()).step_by(5).for_each(|node| extra_variance[node] = 0.01);
        Stage {
            tree,
            offset: column(0.7),
            extra_variance,
            covariates: Covariates::new(&[vec![column(1.3), column(2.1)], vec![column(0.4)]]),
            graph: Some(graph),
            tallies: answered.iter().map(tally).collect(),
            noised: vec![],
            bias: Bias { mean: 0.1, sd: 0.15, local_sd: 0.1 },
            priors: Priors::from_history(0.3, &[Some(0.2), None, Some(0.1)]),
        }
    }

    fn near(what: &str, found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len(), "{what}");
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-9 * (1.0 + expected.abs()), "{what}: {found}, not {expected}");
        }
    }

    #[test]
    fn the_covariances_between_leaves_are_those_of_the_field() {
        let (_, graph) = world();
        let leaves = [0, 3, 24, 25, 30, 38, 39];
        let between = graph.between(&leaves);
        for (at, leaf) in leaves.iter().enumerate() {
            let mut unit = vec![0.0; 40];
            unit[*leaf as usize] = 1.0;
            let column = graph.covariance_times(&unit);
            let found: Vec<f64> = between.col(at).iter().copied().collect();
            near("covariances", &found, &leaves.map(|leaf| column[leaf as usize]));
        }
        assert!(Arc::ptr_eq(&between, &graph.between(&leaves)), "asked twice, made once");
    }

    #[test]
    fn tallies_alone_know_what_the_whole_system_knows_of_them() {
        let (tree, graph) = world();
        for answered in [vec![7], vec![0, 1, 2, 11, 23, 26, 31, 38], (0..40).collect::<Vec<u32>>()] {
            let stage = stage(&tree, &graph, &answered);
            let observed = Observed::new(&stage);
            let mut variances = stage.prior_scales().variances(&stage.covariates);
            variances.slope[2] = 0.3;
            let weights: Vec<f64> = (0..answered.len()).map(|at| 0.2 + 0.4 * (at % 5) as f64).collect();
            let told: Vec<f64> = (0..answered.len()).map(|at| (at as f64 * 0.9).cos()).collect();
            let few = Arc::new(KernelRoute::new(&stage, &graph, &observed));
            let few = few.posterior(&variances, &weights).expect("a posterior");
            let all = Arc::new(NeighbourRoute::new(&stage, &graph, &observed, false).expect("a route"));
            let all = all.system(&variances, &weights).expect("a system");
            near("log determinant", &[few.log_det()], &[Gaussian::log_det(&all)]);
            near("mean", &few.smooth(&told), &all.smooth(&told));
            near("variance", &few.variance(), &Gaussian::variance(&all));
            let flat = |v: &Variances| [&v.level[..], &[v.leaf, v.neighbourhood], &v.slope[..]].concat();
            let other: Vec<f64> = told.iter().map(|x| x * x - 0.4).collect();
            near("derivative", &flat(&few.derivative(&told, &other)), &flat(&all.derivative(&told, &other)));
            for (found, expected) in few.swings(&told).iter().zip(all.swings(&told)) {
                near("swings", &flat(found), &flat(&expected));
            }
        }
    }

    #[test]
    fn the_variance_of_a_sum_is_the_quadratic_form_of_the_whole_covariance() {
        let (tree, graph) = world();
        let stage = stage(&tree, &graph, &[0, 1, 2, 11, 23, 26, 31, 38]);
        let scales = stage.prior_scales();
        let weights: Vec<f64> = (0..40).map(|leaf| 0.01 + 0.03 * f64::from(leaf % 4)).collect();
        let along = |stage: &Stage<'_>| {
            let carried = fit_fixed(stage, &scales).expect("a fit").covariance_times(&weights);
            carried.iter().zip(&weights).map(|(c, w)| c * w).sum::<f64>()
        };
        let unanswered = Stage { tallies: vec![], ..stage.clone() };
        let found = variance_of_sum(&stage, &scales, &weights).expect("variances");
        near("variances", &found, &[along(&unanswered), along(&stage)]);
        assert!(found[1] < 0.9 * found[0]);
    }
}
