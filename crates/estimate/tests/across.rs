//! Polls of one group, which no stage of the model says alone.

use quartier_estimate::{Base, Benchmark, Evidence, Past, PollBase, Posterior, estimate};
use quartier_model::{DRAW_ONE, DRAWS, Draw, Electors, Share, StageCounts, Tree};

/// Two cities of three quarters; four groups that differ.
struct World {
    tree: Tree,
    keys: Vec<String>,
    electors: Vec<Electors>,
}

const ELECTORS: [u32; 6] = [900, 1_400, 600, 2_000, 1_100, 500];
const COUNTS: [[f64; 4]; 6] = [
    [300.0, 100.0, 250.0, 250.0],
    [350.0, 200.0, 500.0, 350.0],
    [250.0, 50.0, 200.0, 100.0],
    [400.0, 300.0, 500.0, 800.0],
    [300.0, 100.0, 200.0, 500.0],
    [200.0, 30.0, 150.0, 120.0],
];

impl World {
    fn new() -> Self {
        let quarters = (0..6).map(|at| Some(at / 3)).collect();
        let tree = Tree::new(&[vec![None, None], quarters]).expect("a lawful tree");
        let keys = (0..tree.len()).map(|node| if node == 0 { "campaign".into() } else { format!("area:{node}") });
        let keys = keys.collect();
        Self { tree, keys, electors: ELECTORS.iter().map(|n| Electors::Known(*n)).collect() }
    }

    fn evidence(&self, seed: u64, benchmarks: Vec<Benchmark>) -> Evidence<'_> {
        let counts = COUNTS.iter().map(|groups| Some(StageCounts { groups: *groups, has_registered: true })).collect();
        let mut evidence = Evidence::of_areas(&self.tree, &self.keys, &self.electors, Base::Electors, seed);
        evidence.baseline = vec![Past::new("last", counts)];
        evidence.benchmarks = benchmarks;
        evidence
    }

    fn run(&self, seed: u64, benchmarks: Vec<Benchmark>) -> Posterior {
        estimate(&self.evidence(seed, benchmarks)).expect("lawful evidence")
    }
}

/// The four groups of a few areas together in one draw, as shares of electors.
fn shares(posterior: &Posterior, leaves: std::ops::Range<usize>, draw: usize) -> [f64; 4] {
    let whole: f64 = leaves.clone().map(|leaf| f64::from(ELECTORS[leaf])).sum();
    let mut sums = [0.0; 4];
    for leaf in leaves {
        let Draw { abstainers, undecided, favourable, .. } = posterior.draws[leaf * DRAWS + draw];
        let opposed = posterior.draws[leaf * DRAWS + draw].opposed();
        for (sum, group) in sums.iter_mut().zip([abstainers, undecided, favourable, opposed]) {
            *sum += f64::from(ELECTORS[leaf]) / whole * f64::from(group) / f64::from(DRAW_ONE);
        }
    }
    sums
}

fn poll(of: PollBase, turnout: Option<f64>, groups: [Option<f64>; 3], se: f64) -> Benchmark {
    let [undecided, favourable, opposed] = groups.map(|share| share.map(|share| Share::new(share).expect("a share")));
    let turnout = turnout.map(|share| Share::new(share).expect("a share"));
    Benchmark { node: 0, date: None, turnout, undecided, favourable, opposed, of, n: None, se: Some(se) }
}

/// Weighted mean and sd.
fn moments(values: &[(f64, f64)]) -> (f64, f64) {
    let whole: f64 = values.iter().map(|(_, weight)| weight).sum();
    let mean = values.iter().map(|(value, weight)| value * weight).sum::<f64>() / whole;
    let variance = values.iter().map(|(value, weight)| weight * (value - mean).powi(2)).sum::<f64>() / whole;
    (mean, variance.sqrt())
}

/// The posterior of every group in the whole, in one city and in one quarter is that of prior draws weighed by how well
/// each explains the poll, to the error of the sample.
fn agrees_with_weighing(benchmark: &Benchmark, told: f64, predict: impl Fn([f64; 4]) -> f64) {
    let world = World::new();
    let se = benchmark.se.expect("a standard error");
    let places = [0..6, 0..3, 4..5];
    let mut weighed = vec![vec![]; 12];
    let mut met = vec![vec![]; 12];
    for seed in 0..60 {
        let (before, after) = (world.run(seed, vec![]), world.run(seed, vec![benchmark.clone()]));
        for draw in 0..DRAWS {
            let apart = (predict(shares(&before, 0..6, draw)) - told) / se;
            let weight = (-0.5 * apart * apart).exp();
            for (at, place) in places.iter().enumerate() {
                let (before, after) = (shares(&before, place.clone(), draw), shares(&after, place.clone(), draw));
                for group in 0..4 {
                    weighed[at * 4 + group].push((before[group], weight));
                    met[at * 4 + group].push((after[group], 1.0));
                }
            }
        }
    }
    for (at, (weighed, met)) in weighed.iter().zip(&met).enumerate() {
        let ((expected, expected_sd), (mean, sd)) = (moments(weighed), moments(met));
        let name = format!(
            "place {}, group {}: {mean:.4} ± {sd:.4}, weighed {expected:.4} ± {expected_sd:.4}",
            at / 4,
            at % 4
        );
        assert!((mean - expected).abs() < 0.1 * expected_sd, "{name}");
        assert!((sd / expected_sd - 1.0).abs() < 0.1, "{name}");
    }
}

#[test]
fn a_group_of_electors_moves_all_stages_as_weighing_does() {
    let benchmark = poll(PollBase::Electors, None, [None, Some(0.36), None], 0.03);
    agrees_with_weighing(&benchmark, 0.36, |[_, _, favourable, _]| favourable);
}

#[test]
fn a_group_of_voters_moves_all_stages_as_weighing_does() {
    let benchmark = poll(PollBase::Voters, None, [None, None, Some(0.52)], 0.03);
    agrees_with_weighing(&benchmark, 0.52, |[abstainers, _, _, opposed]| opposed / (1.0 - abstainers));
}

#[test]
fn undecided_of_electors_move_turnout_and_stance_as_weighing_does() {
    let benchmark = poll(PollBase::Electors, None, [Some(0.16), None, None], 0.02);
    agrees_with_weighing(&benchmark, 0.16, |[_, undecided, _, _]| undecided);
}

#[test]
fn a_known_group_holds_in_every_draw_beside_a_known_turnout_and_a_known_city() {
    let world = World::new();
    let benchmarks = vec![
        poll(PollBase::Electors, Some(0.7), [None, Some(0.31), None], 0.0),
        Benchmark { node: 1, ..poll(PollBase::Decided, None, [None, Some(0.6), None], 0.0) },
        Benchmark { node: 2, ..poll(PollBase::Voters, None, [None, None, Some(0.5)], 0.0) },
    ];
    let posterior = world.run(7, benchmarks);
    for draw in 0..DRAWS {
        let [abstainers, _, favourable, _] = shares(&posterior, 0..6, draw);
        // To the rounding of draws to u16.
        assert!((abstainers - 0.3).abs() < 2e-5 && (favourable - 0.31).abs() < 2e-5, "{abstainers} {favourable}");
        let [_, _, favourable, opposed] = shares(&posterior, 0..3, draw);
        assert!((favourable / (favourable + opposed) - 0.6).abs() < 3e-5);
        let [abstainers, _, _, opposed] = shares(&posterior, 3..6, draw);
        assert!((opposed / (1.0 - abstainers) - 0.5).abs() < 3e-5);
    }
    let across: Vec<&str> = posterior
        .card
        .benchmarks
        .iter()
        .filter(|own| own.stage.is_none())
        .inspect(|own| assert!(own.residual < 2e-5))
        .map(|own| own.about.as_str())
        .collect();
    assert_eq!(across, ["opposed in % of voters", "favourable in % of electors"]);
}

#[test]
fn known_shares_one_by_one_leave_what_they_leave_together() {
    let world = World::new();
    let groups = [Some(0.14), Some(0.3), Some(0.27)];
    let together = world.run(3, vec![poll(PollBase::Electors, None, groups, 0.0)]);
    let one = |at: usize| {
        let mut only = [None; 3];
        only[at] = groups[at];
        poll(PollBase::Electors, None, only, 0.0)
    };
    let alone = world.run(3, vec![one(0), one(1), one(2)]);
    for (together, alone) in (0..DRAWS).map(|draw| (shares(&together, 0..6, draw), shares(&alone, 0..6, draw))) {
        for (group, told) in [0.29, 0.14, 0.3, 0.27].into_iter().enumerate() {
            assert!((together[group] - told).abs() < 3e-5 && (alone[group] - told).abs() < 3e-5);
        }
    }
    // The areas below differ by no more than the draws' own error of the mean.
    for leaf in 0..6 {
        let mean = |posterior: &Posterior, group: usize| {
            moments(&(0..DRAWS).map(|draw| (shares(posterior, leaf..leaf + 1, draw)[group], 1.0)).collect::<Vec<_>>()).0
        };
        for group in 0..4 {
            assert!((mean(&together, group) - mean(&alone, group)).abs() < 0.006, "leaf {leaf}, group {group}");
        }
    }
}

#[test]
fn what_contradicts_itself_is_said_and_leaves_finite_figures() {
    let world = World::new();
    let benchmarks = vec![
        poll(PollBase::Electors, Some(0.2), [None, None, None], 0.0),
        poll(PollBase::Electors, None, [None, Some(0.5), None], 0.0),
    ];
    let posterior = world.run(1, benchmarks);
    assert!(posterior.card.notes.iter().any(|note| note.contains("contradict")), "{:?}", posterior.card.notes);
    for draw in 0..DRAWS {
        assert!((shares(&posterior, 0..6, draw).iter().sum::<f64>() - 1.0).abs() < 1e-9);
    }
}

#[test]
fn polls_of_one_group_are_averaged_and_the_odd_one_is_said() {
    let world = World::new();
    let favourable =
        |share: f64| Benchmark { se: None, ..poll(PollBase::Electors, None, [None, Some(share), None], 0.0) };
    let posterior = world.run(1, vec![favourable(0.30), favourable(0.32)]);
    let card = &posterior.card.benchmarks[0];
    assert_eq!((card.polls, card.stage), (2, None));
    assert!((card.target - 0.31).abs() < 1e-12);
    let posterior = world.run(1, vec![favourable(0.25), favourable(0.27), favourable(0.60)]);
    let said =
        |note: &String| note.contains("polls of favourable in % of electors contradict") && note.contains("60.0 %");
    assert!(posterior.card.notes.iter().any(said), "{:?}", posterior.card.notes);
}
