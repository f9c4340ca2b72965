//! The laws of the fitted engine, on invented campaigns.

use quartier_estimate::engine::{
    Across, Bias, Covariates, Fitted, Graph, LogPrior, Priors, Scales, Stage, Tally, Total, fit, fit_fixed,
    log_evidence, mean_share, profile_draws,
};
use quartier_estimate::{Sums, inverse_normal, level_draws};
use quartier_model::{DRAW_ONE, DRAWS, Electors, Tree};

/// A reproducible stream of numbers for invented data.
struct Dice(u64);

impl Dice {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mixed = (self.0 ^ (self.0 >> 29)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        ((mixed >> 12) as f64 + 0.5) / (1u64 << 52) as f64
    }

    fn normal(&mut self) -> f64 {
        inverse_normal(self.uniform())
    }

    fn binomial(&mut self, asked: u32, p: f64) -> f64 {
        (0..asked).filter(|_| self.uniform() < p).count() as f64
    }
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// `cities` × `quarters` × `stations`, all stations leaves; neighbours along a ladder, the last leaf alone and the two
/// before it apart from the rest.
struct World {
    tree: Tree,
    keys: Vec<String>,
    leaves: usize,
    graph: Graph,
}

fn ladder(leaves: u32) -> Vec<(u32, u32)> {
    let main = leaves.saturating_sub(3);
    let along = (1..main).map(|leaf| (leaf - 1, leaf));
    let across = (4..main).map(|leaf| (leaf, leaf - 4));
    along.chain(across).chain((leaves > 3).then(|| (main, main + 1))).collect()
}

fn world(cities: usize, quarters: usize, stations: usize) -> World {
    let below = |parents: usize, each: usize| (0..parents * each).map(|row| Some((row / each) as u32)).collect();
    let levels: [Vec<Option<u32>>; 3] =
        [vec![None; cities], below(cities, quarters), below(cities * quarters, stations)];
    let rows = |level: usize| (0..levels[level].len()).map(move |row| format!("level{level}:{row:04}"));
    let keys = std::iter::once("campaign".to_owned()).chain((0..3).flat_map(rows)).collect();
    let leaves = cities * quarters * stations;
    let graph = Graph::new(leaves, &ladder(leaves as u32)).expect("a graph");
    World { tree: Tree::new(&levels).expect("a tree"), keys, leaves, graph }
}

const SIGMA: [f64; 3] = [0.25, 0.15, 0.2];
const SLOPE: f64 = 0.15;
const BIAS: Bias = Bias { mean: 0.1, sd: 0.15, local_sd: 0.1 };

/// Offsets and covariates vary; nobody has been asked yet.
fn stage<'a>(world: &'a World, columns: usize) -> Stage<'a> {
    let mut dice = Dice(5);
    let covariates: Vec<Vec<f64>> = (0..columns).map(|_| (0..world.leaves).map(|_| dice.normal()).collect()).collect();
    let level = |at: usize| Some(LogPrior { mean: SIGMA[at].ln(), sd: 0.6 });
    Stage {
        tree: &world.tree,
        offset: (0..world.leaves).map(|_| 0.6 * dice.normal()).collect(),
        extra_variance: vec![0.0; world.tree.len()],
        covariates: Covariates::new(&[covariates]),
        graph: None,
        tallies: vec![],
        noised: vec![],
        bias: BIAS,
        priors: Priors {
            sigma_mu: 0.3,
            levels: vec![level(0), level(1), level(2)],
            slope: LogPrior { mean: SLOPE.ln(), sd: 0.6 },
            district: LogPrior { mean: SIGMA[1].ln(), sd: 0.6 },
            phi: LogPrior { mean: 0.0, sd: 1.0 },
        },
    }
}

/// Every stage that the laws are tried on.
fn stages(world: &World) -> Vec<Stage<'_>> {
    vec![stage(world, 2), Stage { graph: Some(&world.graph), ..stage(world, 2) }]
}

/// Asks `share` of the leaves, `asked` people each, under a truth drawn from the stage's own prior.
fn ask(stage: &mut Stage<'_>, dice: &mut Dice, share: f64, asked: u32) -> Vec<f64> {
    let truth = draw_truth(stage, dice);
    let bias = stage.bias.mean + stage.bias.sd * dice.normal();
    for (leaf, theta) in truth.iter().enumerate() {
        let eta = theta + bias + stage.bias.local_sd * dice.normal();
        if dice.uniform() < share {
            stage.tallies.push(Tally {
                leaf: leaf as u32,
                yes: dice.binomial(asked, logistic(eta)),
                asked: f64::from(asked),
            });
        }
    }
    truth
}

/// Theta of every leaf from the prior at its mean scales.
fn draw_truth(stage: &Stage<'_>, dice: &mut Dice) -> Vec<f64> {
    let tree = stage.tree;
    let mut z = vec![0.0; tree.len()];
    for node in 0..tree.len() as u32 {
        let sd = tree.place(node).map_or(stage.priors.sigma_mu, |(level, _)| SIGMA[level]);
        z[node as usize] = tree.parent(node).map_or(0.0, |parent| z[parent as usize]) + sd * dice.normal();
    }
    let slopes: Vec<f64> = (0..stage.covariates.columns()).map(|_| SLOPE * dice.normal()).collect();
    if let Some(graph) = stage.graph {
        // Half of a leaf's variance is its neighbourhood's, phi = 1/2: redraw its own effect from the two parts.
        let s = draw_neighbourhood(graph, dice);
        for (leaf, node) in tree.leaves().enumerate() {
            let parent = tree.parent(node).unwrap_or(0);
            let own = SIGMA[2] * 0.5f64.sqrt() * (s[leaf] + dice.normal());
            z[node as usize] = z[parent as usize] + own;
        }
    }
    let leaves = tree.leaves().enumerate();
    leaves
        .map(|(leaf, node)| {
            let x = stage.covariates.row(leaf);
            stage.offset[leaf] + z[node as usize] + x.iter().zip(&slopes).map(|(x, b)| x * b).sum::<f64>()
        })
        .collect()
}

/// A scaled ICAR field: differences along the edges have unit variance over the scale.
fn draw_neighbourhood(graph: &Graph, dice: &mut Dice) -> Vec<f64> {
    let mut pushes = vec![0.0; graph.leaves()];
    let mut alone = vec![true; graph.leaves()];
    for (a, b) in graph.edges() {
        let push = graph.scale(*a).sqrt() * dice.normal();
        pushes[*a as usize] += push;
        pushes[*b as usize] -= push;
        (alone[*a as usize], alone[*b as usize]) = (false, false);
    }
    let mut s = graph.covariance_times(&pushes);
    (0..s.len()).filter(|leaf| alone[*leaf]).for_each(|leaf| s[leaf] = dice.normal());
    s
}

fn scales(stage: &Stage<'_>) -> Scales {
    stage.prior_scales()
}

fn draws(world: &World, fitted: &Fitted<'_>) -> Vec<Vec<f64>> {
    let chance = fitted.chance(7, 2, &world.keys);
    (0..DRAWS).map(|draw| fitted.draw(&chance, draw)).collect()
}

#[test]
fn the_gradient_of_the_evidence_agrees_with_differences() {
    let world = world(4, 3, 4);
    for mut stage in stages(&world) {
        ask(&mut stage, &mut Dice(3), 0.6, 12);
        let scales = scales(&stage);
        let (_, gradient) = log_evidence(&stage, &scales).expect("evidence");
        let count = gradient.len();
        assert!(count >= 4);
        for at in 0..count {
            let step = 1e-4;
            let moved = |by: f64| {
                let mut list = scales.to_list();
                list[at] += by;
                log_evidence(&stage, &scales.from_list(&list)).expect("evidence").0
            };
            let difference = (moved(step) - moved(-step)) / (2.0 * step);
            assert!((difference - gradient[at]).abs() < 1e-5, "{at}: {difference}, analytic {}", gradient[at]);
        }
    }
}

#[test]
fn without_answers_the_posterior_is_the_prior() {
    let world = world(3, 2, 3);
    for stage in stages(&world) {
        let fitted = fit_fixed(&stage, &scales(&stage)).expect("a fit");
        let above = 0.09 + SIGMA[..2].iter().map(|sd| sd * sd).sum::<f64>();
        for leaf in 0..world.leaves {
            let slopes: f64 = stage.covariates.row(leaf).iter().map(|x| (SLOPE * x).powi(2)).sum();
            let parts = stage.graph.map_or(1.0, |graph| 0.5 + 0.5 * graph.variances()[leaf]);
            let expected = above + SIGMA[2] * SIGMA[2] * parts;
            assert!((fitted.mean()[leaf] - stage.offset[leaf]).abs() < 1e-12);
            assert!((fitted.variance()[leaf] - expected - slopes).abs() < 1e-9, "{leaf}");
        }
        let mixed = fit(&stage).expect("a fit");
        assert_eq!(mixed.scales(), &scales(&stage));
        for (m, l) in mixed.mean().iter().zip(&stage.offset) {
            assert!((m - l).abs() < 1e-12);
        }
        // The mixture over sizes of scales is wider than any one size below its centre.
        assert!(mixed.variance()[0] > fitted.variance()[0]);
    }
}

#[test]
fn draws_have_the_mean_and_variance_that_they_are_drawn_from() {
    let world = world(4, 3, 4);
    for mut stage in stages(&world) {
        ask(&mut stage, &mut Dice(21), 0.5, 20);
        let fitted = fit_fixed(&stage, &scales(&stage)).expect("a fit");
        let draws = draws(&world, &fitted);
        let (mean, variance) = (fitted.mean(), fitted.variance());
        let (mut ratio, mut count) = (0.0, 0.0);
        for leaf in 0..world.leaves {
            let found = draws.iter().map(|draw| draw[leaf]).sum::<f64>() / DRAWS as f64;
            // Antithetic twins: the mean is exact.
            assert!((found - mean[leaf]).abs() < 1e-9, "{leaf}: {found} for {}", mean[leaf]);
            let square = draws.iter().map(|draw| (draw[leaf] - mean[leaf]).powi(2)).sum::<f64>() / DRAWS as f64;
            ratio += square / variance[leaf];
            count += 1.0;
        }
        assert!((ratio / count - 1.0).abs() < 0.06, "{}", ratio / count);
    }
}

/// Ranks of the truth among the draws, over many campaigns drawn from the prior: uniform if the posterior is true.
#[test]
fn simulation_based_calibration_ranks_are_uniform() {
    const CAMPAIGNS: usize = 300;
    const BINS: usize = 10;
    let world = world(4, 3, 4);
    for pattern in stages(&world) {
        // A leaf with answers, one without, and the campaign's mean share.
        let mut bins = [[0usize; BINS]; 3];
        for campaign in 0..CAMPAIGNS {
            let mut dice = Dice(1000 + campaign as u64);
            let mut stage = pattern.clone();
            let truth = ask(&mut stage, &mut dice, 0.5, 30);
            let visited = |leaf: usize| stage.tallies.iter().any(|tally| tally.leaf as usize == leaf);
            let Some(seen) = (0..world.leaves).find(|leaf| visited(*leaf)) else { continue };
            let unseen = (0..world.leaves).rev().find(|leaf| !visited(*leaf)).expect("half are not asked");
            let fitted = fit_fixed(&stage, &scales(&stage)).expect("a fit");
            let chance = fitted.chance(campaign as u64, 2, &world.keys);
            let mean = |theta: &[f64]| theta.iter().map(|t| logistic(*t)).sum::<f64>();
            let mut below = [0usize; 3];
            for draw in 0..DRAWS {
                let theta = fitted.draw(&chance, draw);
                below[0] += usize::from(theta[seen] < truth[seen]);
                below[1] += usize::from(theta[unseen] < truth[unseen]);
                below[2] += usize::from(mean(&theta) < mean(&truth));
            }
            for (bins, below) in bins.iter_mut().zip(below) {
                bins[(below * BINS / (DRAWS + 1)).min(BINS - 1)] += 1;
            }
        }
        for (what, bins) in ["visited leaf", "leaf without answers", "campaign"].iter().zip(bins) {
            let expected = CAMPAIGNS as f64 / BINS as f64;
            let chi: f64 = bins.iter().map(|count| (*count as f64 - expected).powi(2) / expected).sum();
            // 99.9 % point of chi-squared with 9 degrees of freedom.
            assert!(chi < 27.9, "{what}: {bins:?}, chi-squared {chi:.1}");
        }
    }
}

#[test]
fn learnt_scales_keep_the_promise_of_their_intervals() {
    let world = world(6, 4, 4);
    for pattern in stages(&world) {
        let (mut inside, mut all) = (0.0, 0.0);
        for campaign in 0..40 {
            let mut stage = pattern.clone();
            let truth = ask(&mut stage, &mut Dice(9000 + campaign), 0.4, 25);
            let fitted = fit(&stage).expect("a fit");
            for ((mean, variance), truth) in fitted.mean().iter().zip(fitted.variance()).zip(truth) {
                inside += f64::from(u8::from((mean - truth).abs() < 1.645 * variance.sqrt()));
                all += 1.0;
            }
        }
        assert!((0.87..0.94).contains(&(inside / all)), "{}", inside / all);
    }
}

#[test]
fn one_more_answer_moves_its_own_area_the_right_way_and_no_other_further() {
    let world = world(3, 2, 4);
    for mut stage in stages(&world) {
        stage.covariates = Covariates::default();
        ask(&mut stage, &mut Dice(8), 0.5, 10);
        let before = fit_fixed(&stage, &scales(&stage)).expect("a fit").mean();
        for (yes, sign) in [(1.0, 1.0), (0.0, -1.0)] {
            for leaf in [0usize, 7, 23] {
                let mut more = stage.clone();
                more.tallies.push(Tally { leaf: leaf as u32, yes, asked: 1.0 });
                let after = fit_fixed(&more, &scales(&stage)).expect("a fit").mean();
                let moved: Vec<f64> =
                    after.iter().zip(&before).map(|(after, before)| sign * (after - before)).collect();
                assert!(moved[leaf] > 1e-6, "{}", moved[leaf]);
                assert!(moved.iter().enumerate().all(|(other, by)| other == leaf || by.abs() < moved[leaf]));
            }
        }
    }
}

#[test]
fn answers_without_end_and_without_bias_give_the_share_itself() {
    let world = world(2, 2, 3);
    for mut stage in stages(&world) {
        stage.bias = Bias::default();
        stage.tallies.push(Tally { leaf: 5, yes: 0.37e9, asked: 1e9 });
        let fitted = fit(&stage).expect("a fit");
        assert!((fitted.shares()[5] - 0.37).abs() < 1e-6, "{}", fitted.shares()[5]);
        assert!(fitted.variance()[5] < 1e-8);
    }
}

fn total(key: &str, weights: Vec<(u32, f64)>, share: f64, se: f64) -> Total {
    Total { key: key.into(), weights, share, se }
}

fn share_of(theta: &[f64], weights: &[(u32, f64)]) -> f64 {
    let whole: f64 = weights.iter().map(|(_, weight)| weight).sum();
    weights.iter().map(|(leaf, weight)| weight * logistic(theta[*leaf as usize])).sum::<f64>() / whole
}

#[test]
fn a_known_total_is_hit_by_the_mean_and_by_every_draw() {
    let world = world(3, 3, 3);
    for mut stage in stages(&world) {
        ask(&mut stage, &mut Dice(4), 0.4, 15);
        let weights: Vec<(u32, f64)> = (0..27).map(|leaf| (leaf, f64::from(100 + leaf * 13))).collect();
        let mut fitted = fit_fixed(&stage, &scales(&stage)).expect("a fit");
        let before = fitted.variance();
        fitted.meet(&[total("campaign", weights.clone(), 0.61, 0.0)]);
        let whole: f64 = weights.iter().map(|(_, weight)| weight).sum();
        let mean = fitted.mean();
        let predicted: f64 = weights
            .iter()
            .map(|(leaf, weight)| weight * mean_share(mean[*leaf as usize], before[*leaf as usize]))
            .sum();
        assert!((predicted / whole - 0.61).abs() < 1e-9, "{}", predicted / whole);
        let mut mixed = fit(&stage).expect("a fit");
        let some: Vec<(u32, f64)> = weights[..9].to_vec();
        mixed.meet(&[
            total("poll", weights.clone(), 0.5, 0.03),
            total("city", some.clone(), 0.7, 0.0),
            total("campaign", weights.clone(), 0.61, 0.0),
        ]);
        for theta in draws(&world, &mixed) {
            assert!((share_of(&theta, &weights) - 0.61).abs() < 1e-9, "{}", share_of(&theta, &weights));
            assert!((share_of(&theta, &some) - 0.7).abs() < 1e-9);
        }
    }
}

#[test]
fn a_poll_is_met_as_far_as_its_error_allows() {
    let world = world(3, 3, 3);
    for stage in stages(&world) {
        let weights: Vec<(u32, f64)> = (0..27).map(|leaf| (leaf, 1.0)).collect();
        let mut fitted = fit_fixed(&stage, &scales(&stage)).expect("a fit");
        let free = draws(&world, &fitted);
        fitted.meet(&[total("campaign", weights.clone(), 0.6, 0.02)]);
        let spread = |draws: &[Vec<f64>]| {
            let shares: Vec<f64> = draws.iter().map(|theta| share_of(theta, &weights)).collect();
            let mean = shares.iter().sum::<f64>() / DRAWS as f64;
            (mean, shares.iter().map(|share| (share - mean).powi(2)).sum::<f64>() / DRAWS as f64)
        };
        let ((prior, variance), (mean, after)) = (spread(&free), spread(&draws(&world, &fitted)));
        // Precisions add, and means weigh by them.
        let expected = 1.0 / (1.0 / variance + 1.0 / 0.0004);
        let target = expected * (prior / variance + 0.6 / 0.0004);
        assert!((mean - target).abs() < 4e-3, "{mean} for {target}");
        assert!((after.sqrt() / expected.sqrt() - 1.0).abs() < 0.15, "{after} for {expected}");
    }
}

#[test]
fn contradictory_totals_and_totals_of_nobody_leave_no_nan() {
    let world = world(2, 2, 2);
    for stage in stages(&world) {
        let mut fitted = fit(&stage).expect("a fit");
        let all: Vec<(u32, f64)> = (0..8).map(|leaf| (leaf, 1.0)).collect();
        fitted.meet(&[
            total("a", all.clone(), 0.3, 0.0),
            total("b", all.clone(), 0.6, 0.0),
            total("c", all, 0.6, 0.02),
            total("nobody", vec![(0, 0.0)], 0.5, 0.0),
            total("everyone", vec![(1, 1.0)], 1.0, 0.0),
        ]);
        assert!(fitted.mean().iter().chain(&fitted.variance()).all(|value| value.is_finite()));
        assert!(draws(&world, &fitted).iter().flatten().all(|value| value.is_finite()));
    }
}

#[test]
fn neither_the_order_of_areas_nor_of_tallies_changes_a_figure() {
    let forward = world(3, 2, 4);
    for mut stage in stages(&forward) {
        ask(&mut stage, &mut Dice(2), 0.6, 12);
        let backward = turned(&forward);
        let last = forward.leaves - 1;
        let mut other = turned_stage(&stage, &backward);
        other.tallies = stage.tallies.iter().rev().map(|t| Tally { leaf: last as u32 - t.leaf, ..*t }).collect();
        let (first, second) = (fit(&stage).expect("a fit"), fit(&other).expect("a fit"));
        let (chance, turned_chance) = (first.chance(1, 2, &forward.keys), second.chance(1, 2, &backward.keys));
        for leaf in 0..forward.leaves {
            assert!((first.mean()[leaf] - second.mean()[last - leaf]).abs() < 1e-7);
            assert!((first.variance()[leaf] - second.variance()[last - leaf]).abs() < 1e-7);
        }
        for draw in [0, 57, 150] {
            let (a, b) = (first.draw(&chance, draw), second.draw(&turned_chance, draw));
            assert!(a.iter().zip(b.iter().rev()).all(|(a, b)| (a - b).abs() < 1e-7));
        }
    }
}

/// The same areas in the opposite order of every level.
fn turned(world: &World) -> World {
    let tree = &world.tree;
    let levels: Vec<Vec<Option<u32>>> = (0..tree.levels())
        .map(|level| {
            let above = level.checked_sub(1).map_or(0, |above| tree.level(above).len() as u32);
            let parent = |node: u32| tree.place(tree.parent(node).unwrap_or(0)).map(|(_, row)| above - 1 - row as u32);
            tree.level(level).rev().map(parent).collect()
        })
        .collect();
    let rows = |level: usize| tree.level(level).rev().map(|node| world.keys[node as usize].clone());
    let keys = std::iter::once(world.keys[0].clone()).chain((0..tree.levels()).flat_map(rows)).collect();
    let last = world.leaves as u32 - 1;
    let edges: Vec<(u32, u32)> = world.graph.edges().iter().map(|(a, b)| (last - a, last - b)).collect();
    let graph = Graph::new(world.leaves, &edges).expect("a graph");
    World { tree: Tree::new(&levels).expect("a tree"), keys, leaves: world.leaves, graph }
}

fn turned_stage<'a>(stage: &Stage<'a>, world: &'a World) -> Stage<'a> {
    let columns: Vec<Vec<f64>> = (0..stage.covariates.columns())
        .map(|column| (0..world.leaves).rev().map(|leaf| stage.covariates.row(leaf)[column]).collect())
        .collect();
    Stage {
        tree: &world.tree,
        offset: stage.offset.iter().rev().copied().collect(),
        covariates: Covariates::new(&[columns]),
        graph: stage.graph.map(|_| &world.graph),
        ..stage.clone()
    }
}

#[test]
fn one_thread_and_two_give_the_same_bits() {
    let world = world(4, 3, 4);
    for mut stage in stages(&world) {
        ask(&mut stage, &mut Dice(6), 0.5, 20);
        let run = |threads: usize| {
            rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool").install(|| {
                let fitted = fit(&stage).expect("a fit");
                (fitted.mean(), fitted.variance(), draws(&world, &fitted))
            })
        };
        assert_eq!(run(1), run(2));
    }
}

#[test]
fn odd_campaigns_get_finite_answers() {
    let small = world(1, 1, 1);
    let many = world(2, 2, 3);
    let cases: Vec<(&World, Vec<Tally>)> = vec![
        (&small, vec![]),
        (&small, vec![Tally { leaf: 0, yes: 1.0, asked: 1.0 }]),
        (&small, vec![Tally { leaf: 0, yes: 0.0, asked: 10_000.0 }]),
        (&many, (0..12).map(|leaf| Tally { leaf, yes: 0.0, asked: 0.0 }).collect()),
        (&many, (0..12).map(|leaf| Tally { leaf, yes: 0.0, asked: 40.0 }).collect()),
        (&many, (0..12).map(|leaf| Tally { leaf, yes: 40.0, asked: 40.0 }).collect()),
        (&many, vec![Tally { leaf: 3, yes: 9_999.0, asked: 10_000.0 }]),
        (&many, vec![Tally { leaf: 3, yes: 5.0, asked: 10.0 }, Tally { leaf: 3, yes: 1.0, asked: 1.0 }]),
    ];
    for (world, tallies) in cases {
        for mut stage in stages(world) {
            // A covariate that is constant, and an area of which the past says nothing.
            let columns = vec![vec![1.0; world.leaves], vec![0.0; world.leaves]];
            stage.covariates = Covariates::new(&[columns]);
            *stage.extra_variance.last_mut().expect("a node") = 4.0;
            stage.tallies = tallies.clone();
            let fitted = fit(&stage).expect("a fit");
            for (mean, variance) in fitted.mean().iter().zip(fitted.variance()) {
                assert!(mean.is_finite() && variance.is_finite() && variance > 0.0, "{tallies:?}");
            }
            assert!(draws(world, &fitted).iter().flatten().all(|value| value.is_finite()));
        }
    }
}

#[test]
fn what_does_not_fit_is_refused_by_name() {
    let world = world(2, 2, 2);
    let good = stage(&world, 1);
    let broken = |change: &dyn Fn(&mut Stage<'_>)| {
        let mut stage = good.clone();
        change(&mut stage);
        fit(&stage).err().map(|error| error.to_string()).unwrap_or_default()
    };
    assert!(broken(&|stage| stage.offset.truncate(3)).contains("offset has 3 entries, expected 8"));
    assert!(broken(&|stage| stage.offset[2] = f64::NAN).contains("offset, entry 2"));
    assert!(broken(&|stage| stage.tallies = vec![Tally { leaf: 8, yes: 0.0, asked: 1.0 }]).contains("tally"));
    assert!(broken(&|stage| stage.tallies = vec![Tally { leaf: 0, yes: 2.0, asked: 1.0 }]).contains("found 2"));
    assert!(broken(&|stage| stage.bias.sd = -1.0).contains("bias"));
}

#[test]
fn children_sum_to_their_parent_in_every_draw_of_the_profile() {
    let world = world(3, 4, 5);
    let mut patterns: Vec<Stage<'_>> = (0..3).map(|_| stage(&world, 1)).collect();
    patterns.iter_mut().enumerate().for_each(|(at, stage)| {
        ask(stage, &mut Dice(at as u64), 0.5, 20);
    });
    let fitted: Vec<Fitted<'_>> = patterns.iter().map(|stage| fit(stage).expect("a fit")).collect();
    let chances: Vec<_> = fitted.iter().enumerate().map(|(at, fitted)| fitted.chance(1, at, &world.keys)).collect();
    let draws = profile_draws([0, 1, 2].map(|at| Some((&fitted[at], &chances[at]))), &Across::default(), world.leaves);
    let electors = vec![Electors::Known(400); world.leaves];
    assert_eq!(level_draws(&world.tree, &electors, &draws, 2), draws, "a leaf's draws are its own");
    let sums =
        |leaves: std::ops::Range<u32>| Sums::of(&leaves.collect::<Vec<_>>(), &electors, &draws, &[1.2; DRAWS]).groups;
    let mut total = [[0u64; DRAWS]; 4];
    for city in 0..3 {
        let part = sums(city * 20..city * 20 + 20);
        total.iter_mut().flatten().zip(part.iter().flatten()).for_each(|(sum, part)| *sum += part);
    }
    assert_eq!(sums(0..60), total);
    // The opposed are the rest: what the other three leave of everybody, in every draw.
    let everybody = 60 * 400 * u64::from(DRAW_ONE);
    assert!((0..DRAWS).all(|draw| total[..3].iter().map(|group| group[draw]).sum::<u64>() < everybody));
}

/// The posterior of a level and of districts that are its areas is one and the same, on both routes.
#[test]
fn districts_that_follow_the_tree_are_a_level_of_it() {
    let world = world(12, 5, 3);
    let mut dice = Dice(11);
    for graph in [None, Some(&world.graph)] {
        let mut by_level = stage(&world, 2);
        by_level.graph = graph;
        for leaf in (0..world.leaves as u32).filter(|leaf| leaf % 4 != 0) {
            by_level.tallies.push(Tally { leaf, yes: dice.binomial(9, 0.45), asked: 9.0 });
        }
        let mut scales = by_level.prior_scales();
        let mut by_district = by_level.clone();
        by_district.priors.levels[1] = None;
        let of_leaf: Vec<Option<u32>> = (0..world.leaves as u32).map(|leaf| Some(leaf / 3)).collect();
        by_district.covariates = by_level.covariates.with_districts(&of_leaf, 60);
        let district_scales = by_district.prior_scales();
        assert_eq!(district_scales.slope.len(), 2);
        let (level, district) = (fit_fixed(&by_level, &scales), fit_fixed(&by_district, &district_scales));
        let (level, district) = (level.expect("lawful"), district.expect("lawful"));
        assert!((level.log_evidence() - district.log_evidence()).abs() < 1e-7);
        let apart = |a: Vec<f64>, b: Vec<f64>| a.iter().zip(&b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(apart(level.mean(), district.mean()) < 1e-7);
        assert!(apart(level.variance(), district.variance()) < 1e-7);
        let weights: Vec<f64> = (0..world.leaves).map(|leaf| (leaf % 5) as f64).collect();
        assert!(apart(level.covariance_times(&weights), district.covariance_times(&weights)) < 1e-7);
        // The scale learnt is the same too.
        let (level, district) = (log_evidence(&by_level, &scales), log_evidence(&by_district, &district_scales));
        let (level, district) = (level.expect("lawful").1, district.expect("lawful").1);
        assert!((level[1] - district[3]).abs() < 1e-6, "{level:?} {district:?}");
        scales.level[1] = None;
        assert_ne!(scales, by_level.prior_scales());
    }
}

/// Districts that cross the tree: an answered district moves its own leaves in every city, and no draw of an unanswered
/// one is without its spread.
#[test]
fn districts_that_cross_the_tree_carry_answers_across_it() {
    let world = world(6, 4, 4);
    let of_leaf: Vec<Option<u32>> = (0..world.leaves as u32).map(|leaf| (leaf % 9 < 8).then_some(leaf % 4)).collect();
    let fitted = |yes: f64| {
        let mut stage = stage(&world, 0);
        stage.covariates = stage.covariates.with_districts(&of_leaf, 4);
        stage.bias = Bias::default();
        // Only in the first city, of district 1.
        stage.tallies = (0..16)
            .filter(|leaf| of_leaf[*leaf as usize] == Some(1))
            .map(|leaf| Tally { leaf, yes, asked: 100.0 })
            .collect();
        let scales = stage.prior_scales();
        let fit = fit_fixed(&stage, &scales).expect("lawful");
        (fit.mean(), fit.variance())
    };
    let ((few, variance), (many, _)) = (fitted(30.0), fitted(60.0));
    let rise = |leaf: usize| many[leaf] - few[leaf];
    let far: Vec<usize> = (16..world.leaves).collect();
    let of = |district: Option<u32>| far.iter().copied().filter(|leaf| of_leaf[*leaf] == district).collect::<Vec<_>>();
    let least_own = of(Some(1)).into_iter().map(rise).fold(f64::INFINITY, f64::min);
    let most_other = of(Some(2)).into_iter().chain(of(None)).map(rise).fold(0.0, f64::max);
    assert!(least_own > most_other + 0.05, "{least_own} {most_other}");
    let other = of(Some(2))[0];
    let none = of(None)[0];
    assert!(
        (variance[other] - variance[none] - SIGMA[1].powi(2)).abs() < 0.01,
        "{} {}",
        variance[other],
        variance[none]
    );
}
