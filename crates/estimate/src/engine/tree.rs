//! Route 1, tree only: exact posterior of a tree of normal effects in one sweep up and one down, O(nodes).
//!
//! Let z_n be the sum of the effects from the root down to node n, v_n the variance of n's own effect. A sweep up
//! sums what the tallies say: precision `Lambda_n` and information `h_n` of z_n from n's subtree; seen from the parent
//! both shrink by `c_n = 1 / (1 + v_n Lambda_n)`. The same sweep carries the fixed effects' columns as further
//! right-hand sides, the "loads" `H_n`. Downwards, given the fixed effects beta,
//!
//! ```text
//! z_n | z_parent, beta ~ N( c_n (z_parent + v_n (h_n - H_n beta)),  v_n c_n )
//! ```
//!
//! and beta itself has precision `D^-1 + X'V^-1 X`, with `X'V^-1 X = sum k x x' - sum v_n c_n H_n H_n'` (a Schur
//! complement). Determinants multiply along the sweep: `log |I + W K| = sum log(1 + v_n Lambda_n) + ...`.

use super::dense::{dot, multiply, multiply_sparse, quadratic};
use super::gaussian::{Chance, Design, Field, FixedEffects, Gaussian, Located, add_outer};
use super::likelihood::Observed;
use super::stage::{Stage, StageError, Variances};
use std::sync::{Arc, OnceLock};

/// A node of the tree that no tally stands under.
const UNSEEN: u32 = u32::MAX;

/// The visited leaves and their ancestors, parents before children.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Skeleton {
    /// Nodes of the tree.
    pub nodes: Vec<u32>,
    /// Position of each one's parent; the root's is its own.
    pub parent: Vec<u32>,
    /// Per node of the tree its position here, or [`UNSEEN`].
    at: Vec<u32>,
    /// Per tally, its leaf's position.
    pub tally: Vec<u32>,
}

impl Skeleton {
    pub(crate) fn new(stage: &Stage<'_>, observed: &Observed, leaves: &[u32]) -> Self {
        let tree = stage.tree;
        let mut seen = vec![false; tree.len()];
        seen[0] = true;
        for leaf in &observed.leaf {
            let node = leaves[*leaf as usize];
            seen[node as usize] = true;
            for above in tree.ancestors(node) {
                if std::mem::replace(&mut seen[above as usize], true) {
                    break;
                }
            }
        }
        let nodes: Vec<u32> = (0..tree.len() as u32).filter(|node| seen[*node as usize]).collect();
        let mut at = vec![UNSEEN; tree.len()];
        nodes.iter().enumerate().for_each(|(position, node)| at[*node as usize] = position as u32);
        let parent = nodes.iter().map(|node| at[tree.parent(*node).unwrap_or(0) as usize]).collect();
        let tally = observed.leaf.iter().map(|leaf| at[leaves[*leaf as usize] as usize]).collect();
        Self { nodes, parent, at, tally }
    }

    /// Position of a node of the tree, if a tally stands under it.
    pub(crate) fn position(&self, node: u32) -> Option<usize> {
        let at = self.at[node as usize];
        (at != UNSEEN).then_some(at as usize)
    }

    /// Per pair of tallies, row-major, the position of the lowest node above both.
    pub(crate) fn common(&self) -> Vec<u32> {
        let count = self.tally.len();
        let mut common = vec![0; count * count];
        let mut is_above = vec![false; self.nodes.len()];
        for (row, leaf) in self.tally.iter().enumerate() {
            let up = |at: u32| std::iter::successors(Some(at), |at| (*at > 0).then(|| self.parent[*at as usize]));
            up(*leaf).for_each(|at| is_above[at as usize] = true);
            for (column, other) in self.tally[..=row].iter().enumerate() {
                let found = up(*other).find(|at| is_above[*at as usize]).unwrap_or(0);
                common[row * count + column] = found;
                common[column * count + row] = found;
            }
            up(*leaf).for_each(|at| is_above[at as usize] = false);
        }
        common
    }

    /// Sums of a number per tally over every node's subtree.
    pub(crate) fn sums(&self, per_tally: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; self.nodes.len()];
        for (at, value) in self.tally.iter().zip(per_tally) {
            sums[*at as usize] += value;
        }
        for at in (1..sums.len()).rev() {
            sums[self.parent[at] as usize] += sums[at];
        }
        sums
    }
}

/// What does not change with the scales.
pub(crate) struct TreeRoute<'a> {
    stage: &'a Stage<'a>,
    /// Node of every leaf.
    leaves: Vec<u32>,
    skeleton: Skeleton,
    design: Design,
}

impl<'a> TreeRoute<'a> {
    pub(crate) fn new(stage: &'a Stage<'a>, observed: &Observed) -> Self {
        let leaves: Vec<u32> = stage.tree.leaves().collect();
        let skeleton = Skeleton::new(stage, observed, &leaves);
        Self { stage, leaves, skeleton, design: Design::new(stage, observed) }
    }

    /// The sweep up at given scales and curvatures.
    ///
    /// # Errors
    /// When numbers overflow and the fixed effects' corner is no longer positive definite.
    pub(crate) fn sweep(self: &Arc<Self>, variances: &Variances, weights: &[f64]) -> Result<TreeSweep<'a>, StageError> {
        let (skeleton, columns) = (&self.skeleton, self.design.columns);
        let count = skeleton.nodes.len();
        let local = self.stage.bias.local_sd.powi(2);
        let damp: Vec<f64> = weights.iter().map(|weight| 1.0 / (1.0 + local * weight)).collect();
        let variance: Vec<f64> = skeleton.nodes.iter().map(|node| variances.node(self.stage, *node)).collect();
        let mut precision = vec![0.0; count];
        let mut loads = vec![0.0; count * columns];
        let mut gram = vec![0.0; columns * columns];
        let mut log_det = 0.0;
        for (at, leaf) in skeleton.tally.iter().enumerate() {
            let (leaf, k) = (*leaf as usize, weights[at] * damp[at]);
            let x = self.design.row(at);
            precision[leaf] += k;
            loads[leaf * columns..][..columns].iter_mut().zip(x).for_each(|(load, x)| *load += k * x);
            add_outer(&mut gram, x, k);
            log_det -= damp[at].ln();
        }
        let mut shrink = vec![1.0; count];
        for at in (0..count).rev() {
            let c = 1.0 / (1.0 + variance[at] * precision[at]);
            shrink[at] = c;
            log_det -= c.ln();
            let (head, tail) = loads.split_at_mut(at * columns);
            add_outer(&mut gram, &tail[..columns], -variance[at] * c);
            if at > 0 {
                let parent = skeleton.parent[at] as usize;
                precision[parent] += c * precision[at];
                let above = &mut head[parent * columns..][..columns];
                above.iter_mut().zip(&tail[..columns]).for_each(|(above, load)| *above += c * load);
            }
        }
        let fixed = FixedEffects::new(&Design::prior(self.stage, variances), &gram).ok_or(StageError::Singular)?;
        log_det += fixed.log_det();
        let (weights, variances) = (weights.to_vec(), variances.clone());
        let everywhere = OnceLock::new();
        let route = Arc::clone(self);
        Ok(TreeSweep {
            route,
            weights,
            damp,
            variances,
            variance,
            precision,
            loads,
            shrink,
            fixed,
            log_det,
            everywhere,
        })
    }
}

/// The posterior at one set of scales and curvatures.
pub(crate) struct TreeSweep<'a> {
    route: Arc<TreeRoute<'a>>,
    weights: Vec<f64>,
    /// Per tally, 1 / (1 + tau² W).
    damp: Vec<f64>,
    variances: Variances,
    /// Per node of the skeleton: v, Lambda, H (row-major), c.
    variance: Vec<f64>,
    precision: Vec<f64>,
    loads: Vec<f64>,
    shrink: Vec<f64>,
    fixed: FixedEffects,
    log_det: f64,
    /// v of every node of the tree, once it is asked for.
    everywhere: OnceLock<Vec<f64>>,
}

/// Variance of z given the fixed effects, and how z answers to them: z = ... + answer' beta.
struct Spread {
    variance: Vec<f64>,
    answer: Vec<f64>,
}

impl TreeSweep<'_> {
    fn columns(&self) -> usize {
        self.route.design.columns
    }

    fn load(&self, at: usize) -> &[f64] {
        &self.loads[at * self.columns()..][..self.columns()]
    }

    fn everywhere(&self) -> &[f64] {
        let stage = self.route.stage;
        self.everywhere
            .get_or_init(|| (0..stage.tree.len() as u32).map(|node| self.variances.node(stage, node)).collect())
    }

    /// The sweep down of variances, over the skeleton.
    fn spread(&self) -> Spread {
        let (count, columns) = (self.variance.len(), self.columns());
        let mut spread = Spread { variance: vec![0.0; count], answer: vec![0.0; count * columns] };
        for at in 0..count {
            let (v, c, parent) = (self.variance[at], self.shrink[at], self.route.skeleton.parent[at] as usize);
            let above = if at > 0 { spread.variance[parent] } else { 0.0 };
            spread.variance[at] = v * c + c * c * above;
            for column in 0..columns {
                let above = if at > 0 { spread.answer[parent * columns + column] } else { 0.0 };
                spread.answer[at * columns + column] = c * (above - v * self.load(at)[column]);
            }
        }
        spread
    }

    /// Means of z over the skeleton.
    fn levels(&self, at: &Located) -> Vec<f64> {
        let mut z = vec![0.0; self.variance.len()];
        for node in 0..z.len() {
            let above = if node > 0 { z[self.route.skeleton.parent[node] as usize] } else { 0.0 };
            let own = at.sums[node] - dot(self.load(node), &at.slopes);
            z[node] = self.shrink[node] * (above + self.variance[node] * own);
        }
        z
    }
}

impl Gaussian for TreeSweep<'_> {
    fn log_det(&self) -> f64 {
        self.log_det
    }

    fn smooth(&self, information: &[f64]) -> Vec<f64> {
        let at = self.locate(information);
        let z = self.levels(&at);
        let local = self.route.stage.bias.local_sd.powi(2);
        let tallies = self.route.skeleton.tally.iter().enumerate();
        tallies
            .map(|(tally, leaf)| {
                let above = z[*leaf as usize] + dot(self.route.design.row(tally), &at.slopes);
                // The area's own bias t takes its part of what is left.
                above + local * self.damp[tally] * (information[tally] - self.weights[tally] * above)
            })
            .collect()
    }

    fn variance(&self) -> Vec<f64> {
        let (spread, columns) = (self.spread(), self.columns());
        let local = self.route.stage.bias.local_sd.powi(2);
        let tallies = self.route.skeleton.tally.iter().enumerate();
        tallies
            .map(|(tally, leaf)| {
                let (leaf, damp) = (*leaf as usize, self.damp[tally]);
                let answer = &spread.answer[leaf * columns..][..columns];
                let x: Vec<f64> = answer.iter().zip(self.route.design.row(tally)).map(|(a, x)| a + x).collect();
                damp * damp * (spread.variance[leaf] + quadratic(&self.fixed.covariance, &x)) + local * damp
            })
            .collect()
    }

    fn derivative(&self, alpha: &[f64], adjoint: &[f64]) -> Variances {
        let (skeleton, spread, columns) = (&self.route.skeleton, self.spread(), self.columns());
        let (alphas, adjoints) = (skeleton.sums(alpha), skeleton.sums(adjoint));
        let zero = |list: &[f64]| vec![0.0; list.len()];
        let mut sum = Variances {
            level: zero(&self.variances.level),
            slope: zero(&self.variances.slope),
            ..Variances::default()
        };
        let mut direct = vec![0.0; columns];
        for at in 1..self.variance.len() {
            let parent = skeleton.parent[at] as usize;
            // What the tallies below say of this node's effect beyond its surroundings: diagonal of (W^-1 + K)^-1.
            let (c, seen) = (self.shrink[at], self.shrink[at] * self.precision[at]);
            let above = &spread.answer[parent * columns..][..columns];
            for ((direct, load), above) in direct.iter_mut().zip(self.load(at)).zip(above) {
                *direct = c * (load + self.precision[at] * above);
            }
            let known = seen - seen * seen * spread.variance[parent] - quadratic(&self.fixed.covariance, &direct);
            let slope = alphas[at] * (0.5 * alphas[at] + adjoints[at]) - 0.5 * known;
            sum.add(self.route.stage, skeleton.nodes[at], slope);
        }
        for column in 0..self.variances.slope.len() {
            let along = |list: &[f64]| -> f64 {
                list.iter().enumerate().map(|(tally, value)| value * self.route.design.row(tally)[column]).sum()
            };
            let (a, u) = (along(alpha), along(adjoint));
            sum.slope[column] = a * (0.5 * a + u) - 0.5 * self.fixed.learnt[column];
        }
        sum
    }

    fn swings(&self, alpha: &[f64]) -> Vec<Variances> {
        super::gaussian::swings(self.route.stage, &self.route.skeleton, &self.route.design, alpha)
    }
}

impl Field for TreeSweep<'_> {
    fn locate(&self, information: &[f64]) -> Located {
        let (skeleton, columns) = (&self.route.skeleton, self.columns());
        let mut sums = vec![0.0; skeleton.nodes.len()];
        let mut projected = vec![0.0; columns];
        let mut add = |scale: f64, row: &[f64]| projected.iter_mut().zip(row).for_each(|(sum, x)| *sum += scale * x);
        for (at, leaf) in skeleton.tally.iter().enumerate() {
            let b = information[at] * self.damp[at];
            sums[*leaf as usize] += b;
            add(b, self.route.design.row(at));
        }
        for at in (0..sums.len()).rev() {
            add(-self.variance[at] * self.shrink[at] * sums[at], self.load(at));
            if at > 0 {
                sums[skeleton.parent[at] as usize] += self.shrink[at] * sums[at];
            }
        }
        Located { sums, slopes: self.fixed.mean(&projected), information: information.to_vec() }
    }

    fn leaf_mean(&self, at: &Located) -> Vec<f64> {
        let route = &self.route;
        let seen = self.levels(at);
        let mut z = vec![0.0; route.stage.tree.len()];
        for node in 0..z.len() as u32 {
            let above = route.stage.tree.parent(node).map_or(0.0, |parent| z[parent as usize]);
            z[node as usize] = route.skeleton.position(node).map_or(above, |position| seen[position]);
        }
        let slopes = |leaf: usize| dot(route.stage.covariates.row(leaf), &at.slopes);
        route.leaves.iter().enumerate().map(|(leaf, node)| z[*node as usize] + slopes(leaf)).collect()
    }

    fn leaf_variance(&self) -> Vec<f64> {
        let (route, columns, seen) = (&self.route, self.columns(), self.spread());
        let tree = route.stage.tree;
        // Per node: variance given the fixed effects, and the lowest visited ancestor, whose answer it shares.
        let mut variance = vec![0.0; tree.len()];
        let mut nearest = vec![0u32; tree.len()];
        for node in 0..tree.len() {
            let parent = tree.parent(node as u32).unwrap_or(0) as usize;
            (variance[node], nearest[node]) = match route.skeleton.position(node as u32) {
                Some(position) => (seen.variance[position], position as u32),
                None => (variance[parent] + self.everywhere()[node], nearest[parent]),
            };
        }
        // The leaves of an answer share most of the work: (a + x)' C (a + x) = a'Ca + 2 x'Ca + x'Cx, x mostly 0.
        let covariance = &self.fixed.covariance;
        let mut last: Option<(u32, Vec<f64>, f64)> = None;
        let leaves = route.leaves.iter().enumerate();
        leaves
            .map(|(leaf, node)| {
                let nearest = nearest[*node as usize];
                if last.as_ref().is_none_or(|(at, ..)| *at != nearest) {
                    let answer = &seen.answer[nearest as usize * columns..][..columns];
                    let carried = multiply(covariance, answer);
                    let own = dot(&carried, answer);
                    last = Some((nearest, carried, own));
                }
                let Some((_, carried, shared)) = &last else { return variance[*node as usize] };
                let x = route.stage.covariates.row(leaf);
                let mut padded = x.to_vec();
                padded.resize(columns, 0.0);
                let own = dot(x, &multiply_sparse(covariance, &padded));
                variance[*node as usize] + shared + 2.0 * dot(x, carried) + own
            })
            .collect()
    }

    fn covariance_times(&self, weights: &[f64]) -> Vec<f64> {
        let (route, columns, seen) = (&self.route, self.columns(), self.spread());
        let tree = route.stage.tree;
        let position = |node: usize| route.skeleton.position(node as u32);
        let shrink = |node: usize| position(node).map_or(1.0, |at| self.shrink[at]);
        // How the weighted sum answers to each node's own normal number, upwards; to beta, at the leaves.
        let mut sums = vec![0.0; tree.len()];
        let mut nearest = vec![0u32; tree.len()];
        for node in 0..tree.len() {
            let parent = tree.parent(node as u32).unwrap_or(0) as usize;
            nearest[node] = position(node).map_or(nearest[parent], |at| at as u32);
        }
        let covariates = &route.stage.covariates;
        let answer = |node: u32| &seen.answer[nearest[node as usize] as usize * columns..][..columns];
        let mut direction = vec![0.0; columns];
        for (leaf, node) in route.leaves.iter().enumerate() {
            if weights[leaf] != 0.0 {
                sums[*node as usize] += weights[leaf];
                direction.iter_mut().zip(answer(*node)).for_each(|(sum, x)| *sum += weights[leaf] * x);
                direction.iter_mut().zip(covariates.row(leaf)).for_each(|(sum, x)| *sum += weights[leaf] * x);
            }
        }
        for node in (1..tree.len()).rev() {
            let parent = tree.parent(node as u32).unwrap_or(0) as usize;
            sums[parent] += shrink(node) * sums[node];
        }
        let direction = multiply(&self.fixed.covariance, &direction);
        let mut covariance = vec![0.0; tree.len()];
        for node in 0..tree.len() {
            let above = tree.parent(node as u32).map_or(0.0, |parent| covariance[parent as usize]);
            covariance[node] = shrink(node) * (above + self.everywhere()[node] * sums[node]);
        }
        let leaves = route.leaves.iter().enumerate();
        leaves
            .map(|(leaf, node)| {
                let fixed = dot(answer(*node), &direction) + dot(covariates.row(leaf), &direction);
                covariance[*node as usize] + fixed
            })
            .collect()
    }

    fn draw(&self, at: &Located, chance: &Chance, draw: usize) -> Vec<f64> {
        let route = &self.route;
        let tree = route.stage.tree;
        let slopes = self.fixed.draw(&at.slopes, chance.fixed(draw));
        let mut z = vec![0.0; tree.len()];
        for node in 0..tree.len() {
            let above = tree.parent(node as u32).map_or(0.0, |parent| z[parent as usize]);
            let v = self.everywhere()[node];
            let (mean, variance) = match route.skeleton.position(node as u32) {
                None => (above, v),
                Some(position) => {
                    let c = self.shrink[position];
                    let own = at.sums[position] - dot(self.load(position), &slopes);
                    (c * (above + v * own), v * c)
                }
            };
            let number = if variance > 0.0 { chance.node(node as u32, draw) } else { 0.0 };
            z[node] = mean + variance.sqrt() * number;
        }
        let own = |leaf: usize| dot(route.stage.covariates.row(leaf), &slopes);
        route.leaves.iter().enumerate().map(|(leaf, node)| z[*node as usize] + own(leaf)).collect()
    }
}
