//! Route 2, with ICAR: a sparse precision over the neighbourhoods s of all leaves and the visited tree nodes z.
//!
//! A tally at leaf i looks at `m_i = s_i + z_p(i) + x_i' beta (+ b)`, p(i) the nearest visited ancestor; the leaf's own
//! noise (variance v_i) and the local bias t are integrated out, which leaves it the precision
//! `k_i = W_i / (1 + W_i (v_i + tau²))`. The sparse block is
//!
//! ```text
//! H = prior of s: scale R / sigma_s²,   prior of z: (z_n - z_parent)² / v_n,   plus sum k_i a_i a_i',  a_i = e_s + e_z
//! ```
//!
//! Two corrections make it exact. An island with tallies has no prior on its level in H, and its values must sum to 0:
//! conditioning on A s = 0 takes `H^-1 A' (A H^-1 A')^-1 A H^-1` away. An island without tallies is pinned at one node,
//! which its values forget when they are centred. Fixed effects follow by a Schur complement, as on the tree.

use super::dense::{Cholesky, dot, quadratic};
use super::gaussian::{Design, FixedEffects, Located, add_outer};
use super::graph::Graph;
use super::likelihood::Observed;
use super::sparse::{Factor, Inverse, Pattern};
use super::stage::{Stage, StageError, Variances};
use super::tree::Skeleton;
use std::sync::{Arc, OnceLock};

/// Least variance of the common swing in a precision: 0 would be an infinite one.
const LEAST_VARIANCE: f64 = 1e-12;

/// What does not change with the scales.
pub(crate) struct NeighbourRoute<'a> {
    pub(super) stage: &'a Stage<'a>,
    pub(super) graph: &'a Graph,
    /// Node of every leaf.
    pub(super) leaves: Vec<u32>,
    pub(super) observed: Vec<u32>,
    pub(super) skeleton: Skeleton,
    pub(super) design: Design,
    /// Tree nodes of the state, after the leaves; the root first.
    pub(super) inner: Vec<u32>,
    /// Per inner node, the position in the state of the one above; of the root itself.
    pub(super) above: Vec<u32>,
    /// Per leaf, the position in the state of its nearest visited ancestor.
    pub(super) hub: Vec<u32>,
    /// Per island, whether a tally stands on it.
    pub(super) visited: Vec<bool>,
    /// Whether every leaf is linked with its hub.
    whole: bool,
    /// Positions in the matrix of the edges, the tallies' entries with their hubs, the inner nodes' links.
    edges: Vec<usize>,
    hubs: Vec<usize>,
    links: Vec<usize>,
    diagonal: Vec<usize>,
    pattern: Arc<Pattern>,
}

impl<'a> NeighbourRoute<'a> {
    /// `whole`: the covariance of every leaf with its hub will be asked for, not of visited ones alone; it costs fill-in.
    pub(crate) fn new(
        stage: &'a Stage<'a>,
        graph: &'a Graph,
        observed: &Observed,
        whole: bool,
    ) -> Result<Self, StageError> {
        let leaves: Vec<u32> = stage.tree.leaves().collect();
        let skeleton = Skeleton::new(stage, observed, &leaves);
        let count = leaves.len() as u32;
        // A level without a scale adds nothing between a node and the one above: they are one state.
        let has_effect = |node: u32| {
            let scaled = stage.tree.place(node).is_none_or(|(level, _)| stage.priors.levels[level].is_some());
            scaled || stage.extra_variance[node as usize] > 0.0
        };
        let inner: Vec<u32> =
            skeleton.nodes.iter().copied().filter(|node| !is_leaf(stage, *node) && has_effect(*node)).collect();
        let mut at = vec![u32::MAX; stage.tree.len()];
        inner.iter().enumerate().for_each(|(row, node)| at[*node as usize] = count + row as u32);
        let nearest = |node: u32| {
            let found = stage.tree.ancestors(node).map(|above| at[above as usize]).find(|at| *at != u32::MAX);
            found.unwrap_or(count)
        };
        let above: Vec<u32> = inner.iter().map(|node| nearest(*node)).collect();
        let hub: Vec<u32> = leaves.iter().map(|node| nearest(*node)).collect();
        let mut visited = vec![false; graph.islands().len()];
        observed.leaf.iter().for_each(|leaf| visited[graph.island_of(*leaf)] = true);
        let states = leaves.len() + inner.len();
        let link = |row: usize| (count + row as u32, above[row]);
        let linked: Vec<u32> = if whole { (0..count).collect() } else { observed.leaf.clone() };
        let pairs = graph.edges().iter().copied().chain(linked.iter().map(|leaf| (*leaf, hub[*leaf as usize])));
        let pattern = Pattern::new(states, pairs.chain((1..inner.len()).map(link))).ok_or(StageError::Singular)?;
        Ok(Self {
            design: Design::new(stage, observed),
            edges: graph.edges().iter().map(|(a, b)| pattern.position(*a, *b)).collect(),
            hubs: observed.leaf.iter().map(|leaf| pattern.position(*leaf, hub[*leaf as usize])).collect(),
            links: (0..inner.len()).map(|row| pattern.position(link(row).0, link(row).1)).collect(),
            diagonal: (0..states as u32).map(|state| pattern.position(state, state)).collect(),
            observed: observed.leaf.clone(),
            stage,
            graph,
            leaves,
            skeleton,
            inner,
            above,
            hub,
            visited,
            whole,
            pattern,
        })
    }

    fn states(&self) -> usize {
        self.leaves.len() + self.inner.len()
    }

    /// Precision of s on an island: its scale over sigma_s².
    pub(super) fn stiffness(&self, island: usize, variances: &Variances) -> f64 {
        self.graph.islands()[island].scale / variances.neighbourhood
    }

    /// Variance of an inner node's effect.
    pub(super) fn inner_variance(&self, row: usize, variances: &Variances) -> f64 {
        variances.node(self.stage, self.inner[row]).max(LEAST_VARIANCE)
    }

    /// The values of H, tallies not yet added, and the log determinant of the prior.
    fn prior(&self, variances: &Variances) -> (Vec<f64>, f64) {
        let mut values = vec![0.0; self.pattern.entries()];
        let mut log_det = 0.0;
        for ((a, b), entry) in self.graph.edges().iter().zip(&self.edges) {
            let stiffness = self.stiffness(self.graph.island_of(*a), variances);
            values[*entry] -= stiffness;
            values[self.diagonal[*a as usize]] += stiffness;
            values[self.diagonal[*b as usize]] += stiffness;
        }
        for (at, island) in self.graph.islands().iter().enumerate() {
            if !island.is_joined() || !self.visited[at] {
                values[self.diagonal[island.leaves[0] as usize]] += self.stiffness(at, variances);
            }
            log_det += island.log_det - island.rank() as f64 * variances.neighbourhood.ln();
            if island.is_joined() && !self.visited[at] {
                // The pin: |R + e e'| is |R|* over the size, and its scale counts once more.
                log_det += self.stiffness(at, variances).ln() - (island.leaves.len() as f64).ln();
            }
        }
        for row in 0..self.inner.len() {
            let precision = 1.0 / self.inner_variance(row, variances);
            log_det += precision.ln();
            values[self.diagonal[self.leaves.len() + row]] += precision;
            if row > 0 {
                values[self.diagonal[self.above[row] as usize]] += precision;
                values[self.links[row]] -= precision;
            }
        }
        (values, log_det)
    }

    /// Factors the system at given scales and curvatures.
    ///
    /// # Errors
    /// When it is not positive definite in the numbers at hand.
    pub(crate) fn system(self: &Arc<Self>, variances: &Variances, weights: &[f64]) -> Result<System<'a>, StageError> {
        let route = Arc::clone(self);
        let columns = self.design.columns;
        let local = self.stage.bias.local_sd.powi(2);
        let own: Vec<f64> =
            self.observed.iter().map(|leaf| variances.node(self.stage, self.leaves[*leaf as usize])).collect();
        let damp: Vec<f64> =
            weights.iter().zip(&own).map(|(weight, own)| 1.0 / (1.0 + weight * (local + own))).collect();
        let (mut values, prior_log_det) = self.prior(variances);
        let mut border = vec![vec![0.0; self.states()]; columns];
        let mut gram = vec![0.0; columns * columns];
        let mut log_det = -prior_log_det - damp.iter().map(|damp| damp.ln()).sum::<f64>();
        for (at, leaf) in self.observed.iter().enumerate() {
            let (leaf, hub, k) = (*leaf as usize, self.hub[*leaf as usize] as usize, weights[at] * damp[at]);
            values[self.diagonal[leaf]] += k;
            values[self.diagonal[hub]] += k;
            values[self.hubs[at]] += k;
            add_outer(&mut gram, self.design.row(at), k);
            for (column, x) in border.iter_mut().zip(self.design.row(at)) {
                column[leaf] += k * x;
                column[hub] += k * x;
            }
        }
        let factor = self.pattern.factorise(&values).ok_or(StageError::Singular)?;
        log_det += factor.log_det();
        let islands = Levels::islands(self);
        let mut rights = Levels::borders(self, &islands);
        rights.extend_from_slice(&border);
        let mut solved = factor.solve_many(&rights);
        drop(rights);
        let unconstrained = solved.split_off(islands.len());
        let level = Levels::new(self, islands, solved)?;
        log_det += level.log_det;
        let answers: Vec<Vec<f64>> = unconstrained.into_iter().map(|column| level.constrain(self, column)).collect();
        for row in 0..columns {
            (0..=row).for_each(|column| gram[row * columns + column] -= dot(&border[row], &answers[column]));
        }
        let fixed = FixedEffects::new(&Design::prior(self.stage, variances), &gram).ok_or(StageError::Singular)?;
        log_det += fixed.log_det();
        let (weights, variances, inverse) = (weights.to_vec(), variances.clone(), OnceLock::new());
        Ok(System { route, weights, own, damp, variances, factor, level, answers, fixed, log_det, inverse })
    }
}

fn is_leaf(stage: &Stage<'_>, node: u32) -> bool {
    node > 0 && stage.tree.is_leaf(node)
}

/// The constraint that each visited, joined island sums to 0.
pub(super) struct Levels {
    /// The islands.
    islands: Vec<usize>,
    /// H^-1 A', one vector an island.
    solved: Vec<Vec<f64>>,
    /// Of A H^-1 A'.
    inner: Cholesky,
    /// `log |A H^-1 A'| - log |A A'|`: what the constraint adds to the log determinant.
    log_det: f64,
}

impl Levels {
    /// The islands whose values must sum to 0.
    fn islands(route: &NeighbourRoute<'_>) -> Vec<usize> {
        let joined = |at: &usize| route.visited[*at] && route.graph.islands()[*at].is_joined();
        (0..route.visited.len()).filter(joined).collect()
    }

    /// A', one vector an island.
    fn borders(route: &NeighbourRoute<'_>, islands: &[usize]) -> Vec<Vec<f64>> {
        let ones = |at: &usize| {
            let mut ones = vec![0.0; route.states()];
            route.graph.islands()[*at].leaves.iter().for_each(|leaf| ones[*leaf as usize] = 1.0);
            ones
        };
        islands.iter().map(ones).collect()
    }

    /// From the islands and H^-1 A'.
    fn new(route: &NeighbourRoute<'_>, islands: Vec<usize>, solved: Vec<Vec<f64>>) -> Result<Self, StageError> {
        let sizes = islands.iter().map(|at| route.graph.islands()[*at].leaves.len() as f64);
        let mut log_det = -sizes.map(f64::ln).sum::<f64>();
        let size = islands.len();
        let mut inner = vec![0.0; size * size];
        for row in 0..size {
            for column in 0..=row {
                inner[row * size + column] = sum_on(route, islands[row], &solved[column]);
            }
        }
        let inner = Cholesky::new(size, &inner).ok_or(StageError::Singular)?;
        log_det += inner.log_det();
        Ok(Self { islands, solved, inner, log_det })
    }

    /// Conditions a solution on the sums being 0.
    pub(super) fn constrain(&self, route: &NeighbourRoute<'_>, mut x: Vec<f64>) -> Vec<f64> {
        let mut sums: Vec<f64> = self.islands.iter().map(|island| sum_on(route, *island, &x)).collect();
        self.inner.solve(&mut sums);
        for (column, sum) in self.solved.iter().zip(&sums) {
            x.iter_mut().zip(column).for_each(|(x, solved)| *x -= sum * solved);
        }
        x
    }

    /// What the constraint takes from the variance of a combination `sum c_j x_j` of the state.
    fn taken(&self, combination: &[(u32, f64)]) -> f64 {
        let along = |column: &Vec<f64>| combination.iter().map(|(at, c)| c * column[*at as usize]).sum::<f64>();
        let seen: Vec<f64> = self.solved.iter().map(along).collect();
        let mut solved = seen.clone();
        self.inner.solve(&mut solved);
        dot(&seen, &solved)
    }
}

fn sum_on(route: &NeighbourRoute<'_>, island: usize, x: &[f64]) -> f64 {
    route.graph.islands()[island].leaves.iter().map(|leaf| x[*leaf as usize]).sum()
}

/// The posterior at one set of scales and curvatures.
pub(crate) struct System<'a> {
    pub(super) route: Arc<NeighbourRoute<'a>>,
    pub(super) weights: Vec<f64>,
    /// Per tally: variance of the leaf's own noise, and 1 / (1 + W (v + tau²)).
    pub(super) own: Vec<f64>,
    pub(super) damp: Vec<f64>,
    pub(super) variances: Variances,
    factor: Factor,
    level: Levels,
    /// Per fixed effect, the constrained solution of its border: the state moves by minus this per unit.
    pub(super) answers: Vec<Vec<f64>>,
    pub(super) fixed: FixedEffects,
    pub(super) log_det: f64,
    inverse: OnceLock<Inverse>,
}

impl System<'_> {
    /// Solution of H x = b with visited islands' sums at 0.
    pub(super) fn solve(&self, right: &[f64]) -> Vec<f64> {
        self.level.constrain(&self.route, self.factor.solve(right))
    }

    /// Solutions for several right-hand sides.
    pub(super) fn solve_many<S: AsRef<[f64]>>(&self, rights: &[S]) -> Vec<Vec<f64>> {
        self.factor.solve_many(rights).into_iter().map(|x| self.level.constrain(&self.route, x)).collect()
    }

    /// The entries of H^-1 that variances will be asked of: of every leaf with its hub where the route is whole, of the
    /// visited leaves with theirs otherwise, and of the inner nodes with the ones above.
    fn inverse(&self) -> Inverse {
        let route = &self.route;
        let inner = (0..route.inner.len()).map(|row| ((route.leaves.len() + row) as u32, route.above[row]));
        if route.whole {
            return self.factor.inverse();
        }
        let tallies = route.observed.iter().map(|leaf| (*leaf, route.hub[*leaf as usize]));
        // A leaf's own variance and its hub's are asked for too.
        self.factor.inverse_at(inner.chain(tallies).flat_map(|(a, b)| [(a, a), (b, b), (a, b)]))
    }

    /// Variance of a combination of the state, given the fixed effects. Its entries must lie on the pattern.
    pub(super) fn state_variance(&self, combination: &[(u32, f64)]) -> f64 {
        let inverse = self.inverse.get_or_init(|| self.inverse());
        let mut sum = -self.level.taken(combination);
        for (at, (a, x)) in combination.iter().enumerate() {
            sum += x * x * inverse.at(*a, *a);
            combination[..at].iter().for_each(|(b, y)| sum += 2.0 * x * y * inverse.at(*a, *b));
        }
        sum
    }

    /// How a combination of the state answers to the fixed effects.
    pub(super) fn answer(&self, combination: &[(u32, f64)]) -> Vec<f64> {
        let along = |column: &Vec<f64>| -combination.iter().map(|(at, c)| c * column[*at as usize]).sum::<f64>();
        self.answers.iter().map(along).collect()
    }

    /// Variance of a combination of the state, fixed effects not given.
    fn variance_of(&self, combination: &[(u32, f64)]) -> f64 {
        self.state_variance(combination) + quadratic(&self.fixed.covariance, &self.answer(combination))
    }

    /// The state of a leaf: its neighbourhood and its hub.
    pub(super) fn state_of(&self, leaf: usize) -> [(u32, f64); 2] {
        [(leaf as u32, 1.0), (self.route.hub[leaf], 1.0)]
    }

    /// Posterior mean of the state.
    pub(super) fn state_mean(&self, at: &Located) -> Vec<f64> {
        self.moved_by_slopes(self.solve(&at.sums), at)
    }

    fn moved_by_slopes(&self, mut state: Vec<f64>, at: &Located) -> Vec<f64> {
        for (column, slope) in self.answers.iter().zip(&at.slopes) {
            state.iter_mut().zip(column).for_each(|(state, answer)| *state -= slope * answer);
        }
        state
    }

    pub(super) fn locate_at(&self, information: &[f64]) -> Located {
        let route = &self.route;
        let mut sums = vec![0.0; route.states()];
        let mut projected = vec![0.0; route.design.columns];
        for (at, leaf) in route.observed.iter().enumerate() {
            let b = information[at] * self.damp[at];
            sums[*leaf as usize] += b;
            sums[route.hub[*leaf as usize] as usize] += b;
            projected.iter_mut().zip(route.design.row(at)).for_each(|(sum, x)| *sum += b * x);
        }
        projected.iter_mut().zip(&self.answers).for_each(|(sum, answer)| *sum -= dot(answer, &sums));
        Located { sums, slopes: self.fixed.mean(&projected), information: information.to_vec() }
    }

    pub(super) fn smooth_at(&self, information: &[f64]) -> Vec<f64> {
        let at = self.locate_at(information);
        self.smoothed(&self.state_mean(&at), &at)
    }

    pub(super) fn smooth_many_at(&self, informations: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let located: Vec<Located> = informations.iter().map(|information| self.locate_at(information)).collect();
        let sums: Vec<&[f64]> = located.iter().map(|at| at.sums.as_slice()).collect();
        let states = self.solve_many(&sums).into_iter().zip(&located);
        states.map(|(state, at)| self.smoothed(&self.moved_by_slopes(state, at), at)).collect()
    }

    /// Posterior mean of f at the tallies from that of the state.
    fn smoothed(&self, state: &[f64], at: &Located) -> Vec<f64> {
        let route = &self.route;
        let local = route.stage.bias.local_sd.powi(2);
        let tallies = route.observed.iter().enumerate();
        tallies
            .map(|(tally, leaf)| {
                let above = state[*leaf as usize] + state[route.hub[*leaf as usize] as usize];
                let above = above + dot(route.design.row(tally), &at.slopes);
                let left = at.information[tally] - self.weights[tally] * above;
                above + (local + self.own[tally]) * self.damp[tally] * left
            })
            .collect()
    }

    pub(super) fn variance_at(&self) -> Vec<f64> {
        let route = &self.route;
        let local = route.stage.bias.local_sd.powi(2);
        let tallies = route.observed.iter().enumerate();
        tallies
            .map(|(tally, leaf)| {
                let state = self.state_of(*leaf as usize);
                let mut x = self.answer(&state);
                x.iter_mut().zip(route.design.row(tally)).for_each(|(x, own)| *x += own);
                let above = self.state_variance(&state) + quadratic(&self.fixed.covariance, &x);
                let damp = self.damp[tally];
                damp * damp * above + (local + self.own[tally]) * damp
            })
            .collect()
    }

    pub(super) fn derivative_at(&self, alpha: &[f64], adjoint: &[f64]) -> Variances {
        let route = &self.route;
        let (alphas, adjoints) = (route.skeleton.sums(alpha), route.skeleton.sums(adjoint));
        let zero = |list: &[f64]| vec![0.0; list.len()];
        let (level, slope) = (zero(&self.variances.level), zero(&self.variances.slope));
        let mut sum = Variances { level, slope, ..Variances::default() };
        for row in 1..route.inner.len() {
            let (node, state) = (route.inner[row], (route.leaves.len() + row) as u32);
            let v = route.inner_variance(row, &self.variances);
            let known = (v - self.variance_of(&[(state, 1.0), (route.above[row], -1.0)])) / (v * v);
            let Some(at) = route.skeleton.position(node) else { continue };
            sum.add(route.stage, node, alphas[at] * (0.5 * alphas[at] + adjoints[at]) - 0.5 * known);
        }
        for (tally, variance) in self.variance_at().into_iter().enumerate() {
            let weight = self.weights[tally];
            let known = weight * (1.0 - weight * variance);
            let slope = alpha[tally] * (0.5 * alpha[tally] + adjoint[tally]) - 0.5 * known;
            sum.add(route.stage, route.leaves[route.observed[tally] as usize], slope);
        }
        for column in 0..self.variances.slope.len() {
            let along = |list: &[f64]| -> f64 {
                list.iter().enumerate().map(|(tally, value)| value * route.design.row(tally)[column]).sum()
            };
            let (a, u) = (along(alpha), along(adjoint));
            sum.slope[column] = a * (0.5 * a + u) - 0.5 * self.fixed.learnt[column];
        }
        sum.neighbourhood = self.neighbourhood_slope(alpha, adjoint);
        sum
    }

    /// The derivative with respect to sigma_s²: its trace is `(rank - E[s' R s] / sigma_s²) / sigma_s²` with the
    /// posterior covariance of s in the expectation.
    fn neighbourhood_slope(&self, alpha: &[f64], adjoint: &[f64]) -> f64 {
        let route = &self.route;
        let mut scattered = vec![0.0; route.leaves.len()];
        route.observed.iter().zip(alpha).for_each(|(leaf, alpha)| scattered[*leaf as usize] = *alpha);
        let carried = route.graph.covariance_times(&scattered);
        let seen = |list: &[f64]| -> f64 {
            route.observed.iter().zip(list).map(|(leaf, value)| value * carried[*leaf as usize]).sum()
        };
        let left = self.pull_on_neighbourhoods();
        0.5 * seen(alpha) + seen(adjoint) - 0.5 * left / self.variances.neighbourhood
    }

    /// `rank - E[s' R s] / sigma_s²` over the islands with tallies, from few entries of the inverse.
    ///
    /// H is the sum of s' R s / sigma_s², of the prior of z and of what the tallies say, and the trace of H times the
    /// constrained covariance is the number of states less the constraints. So what is left of the rank is what the
    /// tallies say, less what the prior of z has lost to them; the fixed effects' part has its own form.
    fn pull_on_neighbourhoods(&self) -> f64 {
        let route = &self.route;
        let mut left = 0.0;
        for (tally, leaf) in route.observed.iter().enumerate() {
            left += self.weights[tally] * self.damp[tally] * self.state_variance(&self.state_of(*leaf as usize));
        }
        for (row, above) in route.above.iter().copied().enumerate() {
            let state = (route.leaves.len() + row) as u32;
            let effect = [(state, 1.0), (above, -1.0)];
            let own = self.state_variance(if row > 0 { &effect } else { &effect[..1] });
            left += own / route.inner_variance(row, &self.variances) - 1.0;
        }
        let columns = self.answers.len();
        let mut gram = vec![0.0; columns * columns];
        let mut apart = vec![0.0; columns];
        let mut add = |leaf: u32, other: Option<u32>| {
            let island = route.graph.island_of(leaf);
            if route.visited[island] {
                let at = |column: &Vec<f64>| column[leaf as usize] - other.map_or(0.0, |other| column[other as usize]);
                apart.iter_mut().zip(&self.answers).for_each(|(apart, column)| *apart = at(column));
                add_outer(&mut gram, &apart, route.stiffness(island, &self.variances));
            }
        };
        route.graph.edges().iter().for_each(|(a, b)| add(*a, Some(*b)));
        route.graph.islands().iter().filter(|island| !island.is_joined()).for_each(|alone| add(alone.leaves[0], None));
        for row in 0..columns {
            for column in 0..=row {
                let twice = if row == column { 1.0 } else { 2.0 };
                left -= twice * gram[row * columns + column] * self.fixed.covariance[row * columns + column];
            }
        }
        left
    }

    pub(super) fn swings_at(&self, alpha: &[f64]) -> Vec<Variances> {
        let route = &self.route;
        let mut swings = super::gaussian::swings(route.stage, &route.skeleton, &route.design, alpha);
        let mut scattered = vec![0.0; route.leaves.len()];
        route.observed.iter().zip(alpha).for_each(|(leaf, alpha)| scattered[*leaf as usize] = *alpha);
        let carried = route.graph.covariance_times(&scattered);
        let tallies = swings.iter_mut().zip(&route.observed);
        tallies.for_each(|(swing, leaf)| swing.neighbourhood = carried[*leaf as usize]);
        swings
    }
}
