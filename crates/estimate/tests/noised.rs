//! Noised answers against what they stand for: the exact joint law, dense solves, and exact answers.

use quartier_estimate::engine::{
    Bias, Covariates, LogPrior, NoisedTally, Priors, Stage, Tally, fit_fixed, hear_noised,
};
use quartier_model::{AnswerCounts, NoiseLaw, Tree};

/// A prior that holds its scale.
fn fixed(sd: f64) -> Option<LogPrior> {
    Some(LogPrior { mean: sd.ln(), sd: 1e-6 })
}

const SIGMA_MU: [f64; 3] = [0.5, 0.4, 0.3];
const SIGMA_LEAF: [f64; 3] = [0.4, 0.5, 0.35];
const BIAS: [Bias; 3] = [
    Bias { mean: -0.8, sd: 0.4, local_sd: 0.15 },
    Bias { mean: 0.0, sd: 0.2, local_sd: 0.15 },
    Bias { mean: 0.1, sd: 0.15, local_sd: 0.1 },
];
const OFFSET: [f64; 3] = [-0.6, -1.5, 0.2];

fn stages(tree: &Tree) -> Vec<Stage<'_>> {
    let leaves = tree.leaves().count();
    let stage = |at: usize| Stage {
        tree,
        offset: (0..leaves).map(|leaf| OFFSET[at] + 0.2 * leaf as f64).collect(),
        extra_variance: vec![0.0; tree.len()],
        covariates: Covariates::default(),
        graph: None,
        tallies: vec![],
        noised: vec![],
        bias: BIAS[at],
        priors: Priors { levels: vec![fixed(SIGMA_LEAF[at])], ..Priors::from_history(SIGMA_MU[at], &[]) },
    };
    (0..3).map(stage).collect()
}

fn noised(leaf: u32, asked: u32, groups: [i32; 4], eps: f64) -> NoisedTally {
    let law = NoiseLaw::discrete_laplace(eps).expect("a law");
    NoisedTally { leaf, counts: AnswerCounts::new(asked, groups.map(Some), law).expect("counts") }
}

/// Log of the joint likelihood of one tally, straight from its definition.
fn log_joint(asked: u32, said: [i32; 4], eps: f64, eta: [f64; 3]) -> f64 {
    let log_p = eta.map(|eta: f64| [-(-eta).exp().ln_1p(), -eta.exp().ln_1p()]);
    let factorial = |n: u32| (2..=n).map(f64::from).product::<f64>().ln();
    let mut sum = 0.0;
    for a in 0..=asked {
        for u in 0..=asked - a {
            for f in 0..=asked - a - u {
                let y = [a, u, f, asked - a - u - f];
                let away: i32 = said.iter().zip(y).map(|(said, y)| (said - y as i32).abs()).sum();
                let ways = factorial(asked) - y.iter().map(|y| factorial(*y)).sum::<f64>();
                let [later2, later3] = [y[2] + y[3], y[3]].map(f64::from);
                let chance = f64::from(a) * log_p[0][0]
                    + f64::from(asked - a) * log_p[0][1]
                    + f64::from(u) * log_p[1][0]
                    + later2 * log_p[1][1]
                    + f64::from(f) * log_p[2][0]
                    + later3 * log_p[2][1];
                sum += (ways + chance - 0.5 * eps * f64::from(away)).exp();
            }
        }
    }
    sum.ln()
}

#[test]
fn one_area_has_the_posterior_of_the_joint_law() {
    let tree = Tree::new(&[vec![None]]).expect("a tree");
    for said in [[6, 3, 9, 4], [-2, 1, 16, 3]] {
        let asked = 22;
        let mut told = stages(&tree);
        hear_noised(&mut told, &[noised(0, asked, said, 1.0)]).expect("heard");
        // Answers as the joint law has them: independent normal priors of the three log odds, by a grid.
        let sd: [f64; 3] = std::array::from_fn(|at| {
            (SIGMA_MU[at].powi(2) + SIGMA_LEAF[at].powi(2) + BIAS[at].sd.powi(2) + BIAS[at].local_sd.powi(2)).sqrt()
        });
        let middle: [f64; 3] = std::array::from_fn(|at| OFFSET[at] + BIAS[at].mean);
        let grid: Vec<f64> = (-9..=9).map(|at| f64::from(at) * 0.5).collect();
        let (mut whole, mut mean, mut square) = (0.0, [0.0; 3], [0.0; 3]);
        for x in &grid {
            for y in &grid {
                for z in &grid {
                    let at = [*x, *y, *z];
                    let eta = std::array::from_fn(|stage| middle[stage] + sd[stage] * at[stage]);
                    let log = log_joint(asked, said, 1.0, eta) - 0.5 * at.iter().map(|z| z * z).sum::<f64>();
                    let weight = log.exp();
                    whole += weight;
                    for stage in 0..3 {
                        mean[stage] += weight * at[stage];
                        square[stage] += weight * at[stage] * at[stage];
                    }
                }
            }
        }
        for (stage, told) in told.iter().enumerate() {
            let fitted = fit_fixed(told, &told.prior_scales()).expect("a fit");
            // What is estimated is without the bias: of eta's prior variance, its own part moves along.
            let own = (SIGMA_MU[stage].powi(2) + SIGMA_LEAF[stage].powi(2)) / sd[stage].powi(2);
            let moved = mean[stage] / whole;
            let expected = OFFSET[stage] + own * sd[stage] * moved;
            let variance = square[stage] / whole - moved * moved;
            let left = own * own * sd[stage].powi(2) * variance + own * (1.0 - own) * sd[stage].powi(2);
            // Laplace's approximation puts the mode for the mean, of a posterior that noise makes askew.
            let apart = (fitted.mean()[0] - expected) / left.sqrt();
            assert!(apart.abs() < 0.15, "{said:?} {stage}: {apart} sds");
            assert!((fitted.variance()[0] / left - 1.0).abs() < 0.1, "{stage}: {} {left}", fitted.variance()[0]);
        }
    }
}

/// Solves a small system by elimination.
fn solve(mut matrix: Vec<Vec<f64>>, mut right: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    let size = matrix.len();
    for at in 0..size {
        let (pivot_row, pivot_right) = (matrix[at].clone(), right[at].clone());
        for row in (0..size).filter(|row| *row != at) {
            let factor = matrix[row][at] / pivot_row[at];
            matrix[row].iter_mut().zip(&pivot_row).for_each(|(value, pivot)| *value -= factor * pivot);
            right[row].iter_mut().zip(&pivot_right).for_each(|(value, pivot)| *value -= factor * pivot);
        }
    }
    (0..size).map(|row| right[row].iter().map(|value| value / matrix[row][row]).collect()).collect()
}

/// All areas and stages in one system: the joint Laplace approximation, derivatives by differences.
#[test]
fn areas_together_agree_with_a_dense_joint_solve() {
    let leaves = 5;
    let tree = Tree::new(&[vec![None; leaves]]).expect("a tree");
    let said = [[3, 2, 6, 1], [-1, 4, 9, 3], [5, 1, 0, 8], [2, -2, 11, 2], [4, 3, 3, 4]];
    let asked = [12, 14, 13, 12, 15];
    let mut told = stages(&tree);
    let tallies: Vec<NoisedTally> = (0..leaves).map(|leaf| noised(leaf as u32, asked[leaf], said[leaf], 1.0)).collect();
    hear_noised(&mut told, &tallies).expect("heard");

    let size = 3 * leaves;
    let prior = |row: usize, column: usize| {
        let (stage, other) = (row / leaves, column / leaves);
        if stage != other {
            return 0.0;
        }
        let own = if row == column { SIGMA_LEAF[stage].powi(2) + BIAS[stage].local_sd.powi(2) } else { 0.0 };
        SIGMA_MU[stage].powi(2) + BIAS[stage].sd.powi(2) + own
    };
    let covariance: Vec<Vec<f64>> = (0..size).map(|row| (0..size).map(|column| prior(row, column)).collect()).collect();
    let identity = |size: usize| -> Vec<Vec<f64>> {
        (0..size).map(|row| (0..size).map(|column| f64::from(u8::from(row == column))).collect()).collect()
    };
    let precision = solve(covariance.clone(), identity(size));
    let log_of = |leaf: usize, f: &[f64]| {
        let eta = std::array::from_fn(|at| OFFSET[at] + 0.2 * leaf as f64 + BIAS[at].mean + f[at * leaves + leaf]);
        log_joint(asked[leaf], said[leaf], 1.0, eta)
    };
    let mut f = vec![0.0; size];
    let mut left = vec![vec![0.0; size]; size];
    for _ in 0..12 {
        let step = 1e-3;
        let mut slope: Vec<f64> =
            (0..size).map(|row| -(0..size).map(|column| precision[row][column] * f[column]).sum::<f64>()).collect();
        left.clone_from(&precision);
        for leaf in 0..leaves {
            let at: Vec<usize> = (0..3).map(|stage| stage * leaves + leaf).collect();
            let moved = |steps: [(usize, f64); 2]| {
                let mut moved = f.clone();
                steps.iter().for_each(|(row, by)| moved[*row] += by);
                log_of(leaf, &moved)
            };
            for row in &at {
                slope[*row] +=
                    (moved([(*row, step), (*row, 0.0)]) - moved([(*row, -step), (*row, 0.0)])) / (2.0 * step);
                for column in &at {
                    let corner = |a: f64, b: f64| moved([(*row, a * step), (*column, b * step)]);
                    left[*row][*column] -= (corner(1.0, 1.0) - corner(1.0, -1.0) - corner(-1.0, 1.0)
                        + corner(-1.0, -1.0))
                        / (4.0 * step * step);
                }
            }
        }
        let by = solve(left.clone(), slope.iter().map(|slope| vec![*slope]).collect());
        f.iter_mut().zip(by).for_each(|(f, by)| *f += by[0]);
    }
    let posterior = solve(left, identity(size));
    for stage in 0..3 {
        let fitted = fit_fixed(&told[stage], &told[stage].prior_scales()).expect("a fit");
        for leaf in 0..leaves {
            // theta given f = theta - l + b + t, by the prior's regression.
            let regression: Vec<f64> = (0..leaves)
                .map(|other| {
                    let own = if other == leaf { SIGMA_LEAF[stage].powi(2) } else { 0.0 };
                    SIGMA_MU[stage].powi(2) + own
                })
                .collect();
            let block = |matrix: &[Vec<f64>]| -> Vec<Vec<f64>> {
                (0..leaves).map(|row| matrix[stage * leaves + row][stage * leaves..][..leaves].to_vec()).collect()
            };
            let weights = solve(block(&covariance), regression.iter().map(|value| vec![*value]).collect());
            let weights: Vec<f64> = weights.into_iter().map(|row| row[0]).collect();
            let mean: f64 = weights.iter().zip(&f[stage * leaves..]).map(|(weight, f)| weight * f).sum();
            let prior_left = SIGMA_MU[stage].powi(2) + SIGMA_LEAF[stage].powi(2)
                - weights.iter().zip(&regression).map(|(weight, value)| weight * value).sum::<f64>();
            let posterior = block(&posterior);
            let carried: f64 = (0..leaves)
                .flat_map(|row| (0..leaves).map(move |column| (row, column)))
                .map(|(row, column)| weights[row] * posterior[row][column] * weights[column])
                .sum();
            let found = fitted.mean()[leaf] - told[stage].offset[leaf];
            assert!((found - mean).abs() < 0.03, "stage {stage} leaf {leaf}: {found} {mean}");
            let ratio = fitted.variance()[leaf] / (prior_left + carried);
            assert!((ratio - 1.0).abs() < 0.03, "stage {stage} leaf {leaf}: {ratio}");
        }
    }
}

#[test]
fn noise_that_is_none_leaves_exact_answers() {
    let tree = Tree::new(&[vec![None; 3]]).expect("a tree");
    let said = [[5, 3, 9, 4], [0, 2, 16, 3], [7, 1, 2, 30]];
    let mut told = stages(&tree);
    let tallies: Vec<NoisedTally> = said
        .iter()
        .enumerate()
        .map(|(leaf, groups)| noised(leaf as u32, groups.iter().sum::<i32>() as u32, *groups, 60.0))
        .collect();
    hear_noised(&mut told, &tallies).expect("heard");
    for (number, told) in told.iter().enumerate() {
        let mut exact = stages(&tree).remove(number);
        exact.tallies = said
            .iter()
            .enumerate()
            .map(|(leaf, groups)| {
                let asked = groups[number..].iter().sum::<i32>();
                Tally { leaf: leaf as u32, yes: f64::from(groups[number]), asked: f64::from(asked) }
            })
            .collect();
        let expected = fit_fixed(&exact, &exact.prior_scales()).expect("a fit");
        let found = fit_fixed(told, &told.prior_scales()).expect("a fit");
        for leaf in 0..3 {
            assert!((found.mean()[leaf] - expected.mean()[leaf]).abs() < 1e-6);
            assert!((found.variance()[leaf] - expected.variance()[leaf]).abs() < 1e-6);
        }
    }
}

#[test]
fn two_batches_of_an_area_say_more_than_one_and_exact_ones_join() {
    let tree = Tree::new(&[vec![None; 2]]).expect("a tree");
    let mut told = stages(&tree);
    hear_noised(&mut told, &[noised(1, 40, [8, 6, 20, 6], 1.0)]).expect("heard");
    let mut twice = stages(&tree);
    twice.iter_mut().for_each(|stage| stage.tallies = vec![Tally { leaf: 0, yes: 4.0, asked: 9.0 }]);
    hear_noised(&mut twice, &[noised(1, 40, [8, 6, 20, 6], 1.0), noised(1, 35, [9, 4, 17, 5], 1.0)]).expect("heard");
    for (one, two) in told.iter().zip(&twice) {
        let [one, two] = [one, two].map(|stage| fit_fixed(stage, &stage.prior_scales()).expect("a fit").variance());
        assert!(two[1] < one[1] && two[0] < one[0]);
    }
}
