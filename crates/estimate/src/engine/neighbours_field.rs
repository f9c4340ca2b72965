//! Route 2 seen from the leaves: means, variances, covariances and draws of theta.
//!
//! A leaf with answers has learnt part of its own noise too: with `rho = 1 - v k`,
//! `theta - l = rho (s + z + x' beta) - v k b + what is known + noise of variance v rho`. A leaf without answers has
//! rho = 1, its own noise of variance v, and the effects of its ancestors below the nearest visited one.

use super::dense::{dot, multiply, quadratic};
use super::gaussian::{Chance, Field, Gaussian, Located};
use super::neighbours::System;
use super::stage::Variances;

/// How each leaf sees the state.
struct View {
    /// Per leaf, rho.
    rho: Vec<f64>,
    /// Per leaf, its tally, if any.
    tally: Vec<Option<u32>>,
    /// Per node of the tree, variance that is neither in the state nor learnt: unvisited nodes, leaves' own noise.
    free: Vec<f64>,
}

impl System<'_> {
    fn view(&self) -> View {
        let route = &self.route;
        let stage = route.stage;
        let mut free: Vec<f64> = (0..stage.tree.len() as u32).map(|node| self.variances.node(stage, node)).collect();
        route.inner.iter().for_each(|node| free[*node as usize] = 0.0);
        let mut view = View { rho: vec![1.0; route.leaves.len()], tally: vec![None; route.leaves.len()], free };
        for (tally, leaf) in route.observed.iter().enumerate() {
            let rho = 1.0 - self.own[tally] * self.weights[tally] * self.damp[tally];
            view.rho[*leaf as usize] = rho;
            view.tally[*leaf as usize] = Some(tally as u32);
            view.free[route.leaves[*leaf as usize] as usize] *= rho;
        }
        view
    }

    /// How theta of a leaf answers to the fixed effects.
    fn leaf_answer(&self, view: &View, leaf: usize) -> Vec<f64> {
        let rho = view.rho[leaf];
        let mut answer = self.answer(&self.state_of(leaf));
        answer.iter_mut().zip(self.route.stage.covariates.row(leaf)).for_each(|(sum, x)| *sum += x);
        answer.iter_mut().for_each(|x| *x *= rho);
        // The campaign's bias is the last fixed effect: what an area's noise takes of it, theta does not have.
        let biased = self.route.design.columns > self.route.stage.covariates.columns();
        if let (true, Some(last)) = (biased, answer.last_mut()) {
            *last -= 1.0 - rho;
        }
        answer
    }

    /// Theta - l of a leaf from a state and fixed effects, noise not added.
    fn leaf_value(&self, view: &View, leaf: usize, state: &[f64], at: &Located, slopes: &[f64]) -> f64 {
        let route = &self.route;
        let above = state[leaf] + state[route.hub[leaf] as usize];
        let value = above + dot(route.stage.covariates.row(leaf), slopes);
        let Some(tally) = view.tally[leaf] else { return value };
        let tally = tally as usize;
        let seen = above + dot(route.design.row(tally), slopes);
        value + self.own[tally] * self.damp[tally] * (at.information[tally] - self.weights[tally] * seen)
    }

    /// Whether a leaf's island has tallies; elsewhere s is its prior, apart from everything.
    fn is_visited(&self, leaf: usize) -> bool {
        self.route.visited[self.route.graph.island_of(leaf as u32)]
    }

    /// Sums of a value per leaf over the tree, then, downwards, of `free` times these sums: the covariance that
    /// leaves share through effects outside the state.
    fn shared_outside(&self, view: &View, weights: &[f64]) -> Vec<f64> {
        let tree = self.route.stage.tree;
        let mut sums = vec![0.0; tree.len()];
        self.route.leaves.iter().zip(weights).for_each(|(node, weight)| sums[*node as usize] = *weight);
        tree.sum_upwards(&mut sums, |sum, part| *sum += part);
        for node in 0..sums.len() {
            let above = tree.parent(node as u32).map_or(0.0, |parent| sums[parent as usize]);
            sums[node] = above + view.free[node] * sums[node];
        }
        self.route.leaves.iter().map(|node| sums[*node as usize]).collect()
    }

    /// The right-hand side of one draw: information, fixed effects taken away, and noise with covariance H
    /// (Papandreou and Yuille 2010), addressed by areas so that no order of elimination changes it.
    fn perturbed(&self, at: &Located, slopes: &[f64], chance: &Chance, draw: usize) -> Vec<f64> {
        let route = &self.route;
        let node = |leaf: u32| route.leaves[leaf as usize];
        let mut right = at.sums.clone();
        for (a, b) in route.graph.edges() {
            let stiffness = route.stiffness(route.graph.island_of(*a), &self.variances);
            // The sign must not depend on the order of the areas.
            let noise = stiffness.sqrt() * chance.neighbours(node(*a), node(*b), draw);
            let noise = if chance.comes_first(node(*a), node(*b)) { noise } else { -noise };
            right[*a as usize] += noise;
            right[*b as usize] -= noise;
        }
        for (island, shape) in route.graph.islands().iter().enumerate() {
            if !shape.is_joined() || !route.visited[island] {
                let first = shape.leaves[0];
                let stiffness = route.stiffness(island, &self.variances);
                right[first as usize] += stiffness.sqrt() * chance.neighbours(node(first), node(first), draw);
            }
        }
        for (row, inner) in route.inner.iter().enumerate() {
            let noise = chance.node(*inner, draw) / route.inner_variance(row, &self.variances).sqrt();
            right[route.leaves.len() + row] += noise;
            if row > 0 {
                right[route.above[row] as usize] -= noise;
            }
        }
        for (tally, leaf) in route.observed.iter().enumerate() {
            let k = self.weights[tally] * self.damp[tally];
            let noise = k.sqrt() * chance.answers(node(*leaf), draw) - k * dot(route.design.row(tally), slopes);
            right[*leaf as usize] += noise;
            right[route.hub[*leaf as usize] as usize] += noise;
        }
        right
    }
}

impl Gaussian for System<'_> {
    fn log_det(&self) -> f64 {
        self.log_det
    }

    fn smooth(&self, information: &[f64]) -> Vec<f64> {
        self.smooth_at(information)
    }

    fn smooth_many(&self, informations: &[Vec<f64>]) -> Vec<Vec<f64>> {
        self.smooth_many_at(informations)
    }

    fn variance(&self) -> Vec<f64> {
        self.variance_at()
    }

    fn derivative(&self, alpha: &[f64], adjoint: &[f64]) -> Variances {
        self.derivative_at(alpha, adjoint)
    }

    fn swings(&self, alpha: &[f64]) -> Vec<Variances> {
        self.swings_at(alpha)
    }
}

impl Field for System<'_> {
    fn locate(&self, information: &[f64]) -> Located {
        self.locate_at(information)
    }

    fn leaf_mean(&self, at: &Located) -> Vec<f64> {
        let (view, state) = (self.view(), self.state_mean(at));
        (0..view.rho.len()).map(|leaf| self.leaf_value(&view, leaf, &state, at, &at.slopes)).collect()
    }

    fn leaf_variance(&self) -> Vec<f64> {
        let (view, route) = (self.view(), &self.route);
        // Effects outside the state, summed from the root down.
        let mut outside = view.free.clone();
        for node in 1..outside.len() as u32 {
            outside[node as usize] += route.stage.tree.parent(node).map_or(0.0, |parent| outside[parent as usize]);
        }
        let leaves = route.leaves.iter().enumerate();
        leaves
            .map(|(leaf, node)| {
                let state = if self.is_visited(leaf) {
                    self.state_variance(&self.state_of(leaf))
                } else {
                    let own = self.variances.neighbourhood * route.graph.variances()[leaf];
                    own + self.state_variance(&[(route.hub[leaf], 1.0)])
                };
                let fixed = quadratic(&self.fixed.covariance, &self.leaf_answer(&view, leaf));
                view.rho[leaf].powi(2) * state + fixed + outside[*node as usize]
            })
            .collect()
    }

    fn covariance_times(&self, weights: &[f64]) -> Vec<f64> {
        let (view, route) = (self.view(), &self.route);
        let mut right = vec![0.0; route.leaves.len() + route.inner.len()];
        let mut apart = vec![0.0; route.leaves.len()];
        let mut direction = vec![0.0; route.design.columns];
        for (leaf, weight) in weights.iter().enumerate().filter(|(_, weight)| **weight != 0.0) {
            let seen = weight * view.rho[leaf];
            right[route.hub[leaf] as usize] += seen;
            if self.is_visited(leaf) {
                right[leaf] += seen
            } else {
                apart[leaf] = *weight
            }
            let answer = self.leaf_answer(&view, leaf);
            direction.iter_mut().zip(answer).for_each(|(sum, x)| *sum += weight * x);
        }
        let (state, direction) = (self.solve(&right), multiply(&self.fixed.covariance, &direction));
        let outside = self.shared_outside(&view, weights);
        let apart = route.graph.covariance_times(&apart);
        (0..weights.len())
            .map(|leaf| {
                let own = if self.is_visited(leaf) { state[leaf] } else { self.variances.neighbourhood * apart[leaf] };
                let above = view.rho[leaf] * (own + state[route.hub[leaf] as usize]);
                above + dot(&self.leaf_answer(&view, leaf), &direction) + outside[leaf]
            })
            .collect()
    }

    fn draw(&self, at: &Located, chance: &Chance, draw: usize) -> Vec<f64> {
        self.draws(at, chance, &[draw]).pop().unwrap_or_default()
    }

    fn draws(&self, at: &Located, chance: &Chance, draws: &[usize]) -> Vec<Vec<f64>> {
        let view = self.view();
        let slopes: Vec<Vec<f64>> = draws.iter().map(|draw| self.fixed.draw(&at.slopes, chance.fixed(*draw))).collect();
        let rights: Vec<Vec<f64>> =
            draws.iter().zip(&slopes).map(|(draw, slopes)| self.perturbed(at, slopes, chance, *draw)).collect();
        let states = self.solve_many(&rights);
        let all = draws.iter().zip(states).zip(&slopes);
        all.map(|((draw, state), slopes)| self.drawn(&view, state, at, slopes, chance, *draw)).collect()
    }
}

impl System<'_> {
    /// Theta - l of every leaf from a drawn state.
    fn drawn(
        &self,
        view: &View,
        mut state: Vec<f64>,
        at: &Located,
        slopes: &[f64],
        chance: &Chance,
        draw: usize,
    ) -> Vec<f64> {
        let route = &self.route;
        // Islands without tallies forget their pin; visited ones sum to 0 already.
        route.graph.centre(&mut state[..route.leaves.len()]);
        let mut noise = vec![0.0; route.stage.tree.len()];
        for node in 1..noise.len() as u32 {
            let above = route.stage.tree.parent(node).map_or(0.0, |parent| noise[parent as usize]);
            let free = view.free[node as usize];
            let own = if free > 0.0 { free.sqrt() * chance.node(node, draw) } else { 0.0 };
            noise[node as usize] = above + own;
        }
        let leaves = route.leaves.iter().enumerate();
        leaves.map(|(leaf, node)| self.leaf_value(view, leaf, &state, at, slopes) + noise[*node as usize]).collect()
    }
}
