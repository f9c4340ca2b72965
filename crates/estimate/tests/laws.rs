//! The estimator against its laws.

mod common;

use quartier_estimate::{
    Answers, Base, Benchmark, CovariateGroup, Districts, Evidence, Pair, Past, Posterior, ScaleSource, Sums, aggregate,
    estimate, inverse_normal, lean_offsets, level_draws,
};
use quartier_model::{
    AnswerCounts, DRAW_ONE, DRAWS, Electors, MISSING, Measure, NoiseLaw, PastShare, StageCounts, Tree, flags,
};

/// A tree of `cities` × `quarters` × `stations`, with keys, and 400 electors a station.
struct World {
    tree: Tree,
    keys: Vec<String>,
    electors: Vec<Electors>,
}

fn world(cities: usize, quarters: usize, stations: usize) -> World {
    let below = |parents: usize, each: usize| (0..parents * each).map(|row| Some((row / each) as u32)).collect();
    let levels = [vec![None; cities], below(cities, quarters), below(cities * quarters, stations)];
    let tree = Tree::new(&levels).expect("a tree");
    let keys = std::iter::once("campaign".to_owned())
        .chain(levels.iter().enumerate().flat_map(|(level, rows)| {
            (0..rows.len()).map(move |row| format!("{}:{row:05}", ["city", "quarter", "station"][level]))
        }))
        .collect();
    World { tree, keys, electors: vec![Electors::Known(400); cities * quarters * stations] }
}

fn counts(groups: [f64; 4]) -> Option<StageCounts> {
    Some(StageCounts { groups, has_registered: true })
}

impl World {
    fn evidence(&self, baseline: Vec<Past>) -> Evidence<'_> {
        Evidence { baseline, ..Evidence::of_areas(&self.tree, &self.keys, &self.electors, Base::Electors, 1) }
    }

    fn varied(&self) -> Past {
        let groups = (0..self.electors.len()).map(|leaf| {
            let lean = (leaf % 7) as f64 * 10.0;
            counts([100.0, 60.0, 90.0 + lean, 150.0 - lean])
        });
        Past::new("baseline", groups.collect())
    }
}

fn run(evidence: &Evidence<'_>) -> Posterior {
    estimate(evidence).expect("lawful evidence")
}

/// The same exact share everywhere: 30 in a hundred, of a hundred people a leaf.
fn past(world: &World) -> Vec<Option<PastShare>> {
    let mut leaves = vec![0.0; world.tree.len()];
    world.tree.leaves().for_each(|leaf| leaves[leaf as usize] = 1.0);
    world.tree.sum_upwards(&mut leaves, |sum, child| *sum += child);
    let share = |leaves: f64| Some(PastShare { count: 30.0 * leaves, of: 100.0 * leaves });
    leaves.into_iter().map(share).collect()
}

fn figures(world: &World, posterior: &Posterior, of: Base) -> quartier_estimate::Figures {
    aggregate(&world.tree, &world.electors, &posterior.draws, &posterior.node_flags, &lean_offsets(1), &past(world), of)
}

/// Share of stage 3 of a set of leaves in one draw, from the quantised draws.
fn stage3(world: &World, posterior: &Posterior, draw: usize) -> f64 {
    let (mut f, mut o) = (0u64, 0u64);
    for (leaf, electors) in world.electors.iter().enumerate() {
        let n = u64::from(electors.known().unwrap_or(0));
        let draw = posterior.draws[leaf * DRAWS + draw];
        f += n * u64::from(draw.favourable);
        o += n * u64::from(draw.opposed());
    }
    f as f64 / (f + o) as f64
}

fn known_total(favourable: f64, se: Option<f64>) -> Benchmark {
    common::of_decided(0, favourable, se)
}

#[test]
fn without_news_the_estimate_is_the_baseline_and_the_default_scales() {
    let world = world(6, 5, 4);
    let baseline = world.varied();
    let total = baseline.counts.iter().flatten().fold([0.0; 4], |mut sum, counts| {
        sum.iter_mut().zip(counts.groups).for_each(|(sum, count)| *sum += count);
        sum
    });
    let posterior = run(&world.evidence(vec![baseline]));
    let campaign = figures(&world, &posterior, Base::Electors).campaign;
    let all: f64 = total.iter().sum();
    for (measure, count) in
        [Measure::Abstainers, Measure::Undecided, Measure::Favourable, Measure::Opposed].into_iter().zip(total)
    {
        let value = f64::from(campaign.measure(measure).value[0]) / 1000.0;
        // The mean of a logit-normal lies a little nearer to one half than its median.
        assert!((value - count / all).abs() < 0.02, "{measure}: {value} for {}", count / all);
    }
    let is_default = |sigma: f64| (sigma - 0.2).abs() < 1e-12;
    assert!(posterior.card.scales.iter().all(|scale| scale.source == ScaleSource::Default && is_default(scale.sigma)));
    // A leaf's logit of stage 1 has variance .5² + 3 × .2² × the mixture's mean of exp(2 delta), and slopes of .06.
    let logits: Vec<f64> = posterior.draws[..DRAWS]
        .iter()
        .map(|draw| f64::from(draw.abstainers) / f64::from(DRAW_ONE))
        .map(|p| (p / (1.0 - p)).ln())
        .collect();
    let mean = logits.iter().sum::<f64>() / DRAWS as f64;
    let sd = (logits.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / DRAWS as f64).sqrt();
    let mixture = &posterior.card.stages[0].mixture;
    let wider: f64 = mixture.iter().map(|(delta, weight)| weight * (2.0 * delta).exp()).sum();
    assert!((sd - (0.25 + 0.12 * wider).sqrt()).abs() < 0.1, "{sd} {wider}");
}

#[test]
fn children_sum_to_their_parent_in_every_draw() {
    let world = world(3, 4, 5);
    let posterior = run(&world.evidence(vec![world.varied()]));
    let quarters = level_draws(&world.tree, &world.electors, &posterior.draws, 1);
    let stations = level_draws(&world.tree, &world.electors, &posterior.draws, 2);
    assert_eq!(stations, posterior.draws, "a leaf's draws are its own");
    for quarter in 0..12 {
        for draw in 0..DRAWS {
            let sum: u32 = (0..5).map(|at| u32::from(stations[(quarter * 5 + at) * DRAWS + draw].favourable)).sum();
            let parent = f64::from(quarters[quarter * DRAWS + draw].favourable);
            // Equal electors; two cumulative roundings of the archive's u16 a share.
            assert!((parent - f64::from(sum) / 5.0).abs() <= 1.0);
        }
    }
    // Exactly, in integers: every city is the sum of its quarters, the campaign that of its cities.
    let sums = |leaves: std::ops::Range<u32>| {
        Sums::of(&leaves.collect::<Vec<_>>(), &world.electors, &posterior.draws, &[1.2; DRAWS]).groups
    };
    let add = |parts: &mut dyn Iterator<Item = [[u64; DRAWS]; 4]>| {
        parts.fold([[0; DRAWS]; 4], |mut sum, part| {
            sum.iter_mut().flatten().zip(part.into_iter().flatten()).for_each(|(sum, part)| *sum += part);
            sum
        })
    };
    assert_eq!(sums(0..60), add(&mut (0..3).map(|city| sums(city * 20..city * 20 + 20))));
    assert_eq!(sums(20..40), add(&mut (4..8).map(|quarter| sums(quarter * 5..quarter * 5 + 5))));
    let figures = figures(&world, &posterior, Base::Electors);
    for measure in Measure::ALL {
        let people =
            |level: usize| -> f64 { figures.levels[level].measure(measure).people.iter().map(|p| f64::from(*p)).sum() };
        let whole = f64::from(figures.campaign.measure(measure).people[0]);
        for level in 0..3 {
            assert!((people(level) - whole).abs() < 1e-3 * whole.abs().max(10.0), "{measure} at {level}");
        }
    }
}

#[test]
fn a_known_total_is_met_in_every_draw_and_a_poll_on_average() {
    let world = world(4, 5, 6);
    let mut evidence = world.evidence(vec![world.varied()]);
    evidence.benchmarks = vec![known_total(0.61, Some(0.0))];
    let posterior = run(&evidence);
    assert!(posterior.card.benchmarks[0].residual < 1e-5, "to the rounding of draws to u16");
    for draw in 0..DRAWS {
        assert!((stage3(&world, &posterior, draw) - 0.61).abs() < 2e-5);
    }
    evidence.benchmarks = vec![known_total(0.61, None)];
    let posterior = run(&evidence);
    let draws: Vec<f64> = (0..DRAWS).map(|draw| stage3(&world, &posterior, draw)).collect();
    let mean = draws.iter().sum::<f64>() / DRAWS as f64;
    let sd = (draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / DRAWS as f64).sqrt();
    // The baseline says .462 with sd .36 on the logit scale, or .09: the poll of .035 has most of the weight.
    assert!((mean - 0.592).abs() < 0.01 && (sd - 0.032).abs() < 0.005, "{mean} {sd}");
    assert!((posterior.card.benchmarks[0].residual - (0.61 - mean)).abs() < 1e-3);
}

#[test]
fn a_local_total_and_the_whole_agree_or_the_contradiction_is_said() {
    let world = world(2, 3, 4);
    let mut evidence = world.evidence(vec![world.varied()]);
    let local = Benchmark { node: 1, ..known_total(0.7, Some(0.0)) };
    evidence.benchmarks = vec![known_total(0.5, Some(0.0)), local.clone()];
    let posterior = run(&evidence);
    assert!(posterior.card.benchmarks.iter().all(|benchmark| benchmark.residual < 1e-5));
    assert_eq!(posterior.node_flags[1] & flags::OWN_EVIDENCE, flags::OWN_EVIDENCE);
    let other = Benchmark { node: 2, ..known_total(0.9, Some(0.0)) };
    evidence.benchmarks.push(other);
    let posterior = run(&evidence);
    assert!(posterior.card.notes.iter().any(|note| note.contains("contradict")), "{:?}", posterior.card.notes);
}

#[test]
fn scales_are_recovered_from_simulated_swings() {
    let world = world(60, 10, 10);
    let truth = [0.25, 0.15, 0.20];
    let mut state = 9u64;
    let mut normal = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        inverse_normal(((state >> 11) as f64 + 0.5) / (1u64 << 53) as f64)
    };
    let city: Vec<f64> = (0..60).map(|_| truth[0] * normal()).collect();
    let quarter: Vec<f64> = (0..600).map(|_| truth[1] * normal()).collect();
    let n: f64 = 500.0;
    let result = |eta: f64, noise: f64| {
        let p = 1.0 / (1.0 + (-eta).exp());
        let favourable = (n * p + noise * (n * p * (1.0 - p)).sqrt()).round().clamp(0.0, n);
        counts([100.0, 50.0, favourable, n - favourable])
    };
    let (mut earlier, mut later) = (vec![], vec![]);
    for leaf in 0..6000 {
        let level = ((leaf % 13) as f64 - 6.0) / 10.0;
        let swing = 0.3 + city[leaf / 100] + quarter[leaf / 10] + truth[2] * normal();
        earlier.push(result(level, normal()));
        later.push(result(level + swing, normal()));
    }
    let mut evidence = world.evidence(vec![Past::new("b", later.clone())]);
    evidence.pairs = vec![Pair { earlier: Past::new("a", earlier), later: Past::new("b", later) }];
    let card = run(&evidence).card;
    for scale in card.scales.iter().filter(|scale| scale.stage == 2) {
        let found = scale.sigma_history.expect("enough areas");
        assert!((found / truth[scale.level] - 1.0).abs() < 0.25, "level {}: {found}", scale.level);
        assert!((scale.prior - 1.5 * found).abs() < 1e-12 && (scale.sigma - scale.prior).abs() < 1e-12);
    }
    // Stages 1 and 2 never moved: the floor.
    assert!(card.scales.iter().filter(|scale| scale.stage < 2).all(|scale| (scale.sigma - 0.12).abs() < 1e-12));
    // Few are undecided in the baseline, so the common swing is hardly wider than stated.
    assert!((card.stages[2].sigma_mu - 0.3).abs() < 0.02, "{}", card.stages[2].sigma_mu);
}

#[test]
fn neither_order_nor_threads_change_a_draw() {
    let forward = world(3, 4, 5);
    let past = forward.varied();
    let mut first = forward.evidence(vec![past.clone()]);
    first.benchmarks = vec![known_total(0.55, None), Benchmark { node: 2, ..known_total(0.4, None) }];
    let expected = run(&first);
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool").install(|| run(&first));
    assert_eq!(alone, expected);
    // The same areas in the opposite order of every level.
    let levels: Vec<Vec<Option<u32>>> = vec![
        vec![None; 3],
        (0..12).rev().map(|row| Some(2 - row / 4)).collect(),
        (0..60).rev().map(|row| Some(11 - row / 5)).collect(),
    ];
    let mut keys = vec![forward.keys[0].clone()];
    for range in [1..4, 4..16, 16..76] {
        keys.extend(forward.keys[range].iter().rev().cloned());
    }
    let backward = World { tree: Tree::new(&levels).expect("a tree"), keys, electors: forward.electors.clone() };
    let turned = Past::new("baseline", past.counts.into_iter().rev().collect());
    let mut second = backward.evidence(vec![turned]);
    second.benchmarks = vec![Benchmark { node: 2, ..known_total(0.4, None) }, known_total(0.55, None)];
    let found = run(&second);
    for leaf in 0..60 {
        let (a, b) = (&expected.draws[leaf * DRAWS..][..DRAWS], &found.draws[(59 - leaf) * DRAWS..][..DRAWS]);
        for (a, b) in a.iter().zip(b) {
            // Sums run in another order, so a share may round to the neighbouring u16.
            assert!(a.favourable.abs_diff(b.favourable) <= 1 && a.abstainers.abs_diff(b.abstainers) <= 1);
        }
    }
}

#[test]
fn a_baseline_that_was_moved_to_a_leaf_is_less_certain_there_and_nowhere_else() {
    let world = world(6, 5, 4);
    let counted = run(&world.evidence(vec![world.varied()]));
    let leaves = world.electors.len();
    let some = |leaf: usize| leaf.is_multiple_of(3);
    let interpolated = (0..leaves).map(some).collect();
    let moved = run(&world.evidence(vec![Past { interpolated, ..world.varied() }]));
    let variance = |posterior: &Posterior, leaf: usize| {
        let of = |draw: &quartier_model::Draw| {
            let p = f64::from(draw.abstainers) / f64::from(DRAW_ONE);
            (p / (1.0 - p)).ln()
        };
        let logits: Vec<f64> = posterior.draws[leaf * DRAWS..][..DRAWS].iter().map(of).collect();
        let mean = logits.iter().sum::<f64>() / DRAWS as f64;
        logits.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / DRAWS as f64
    };
    let mean = |posterior: &Posterior, which: &dyn Fn(usize) -> bool| {
        let own: Vec<f64> = (0..leaves).filter(|leaf| which(*leaf)).map(|leaf| variance(posterior, leaf)).collect();
        own.iter().sum::<f64>() / own.len() as f64
    };
    // .075², to within what 200 draws tell of a variance that moves by so little; the streams are the same.
    let more = mean(&moved, &some) - mean(&counted, &some);
    assert!((more - 0.075 * 0.075).abs() < 0.003, "{more}");
    let others = |leaf: usize| !some(leaf);
    assert!((mean(&moved, &others) - mean(&counted, &others)).abs() < 1e-4);
    let short = Past { interpolated: vec![true; 3], ..world.varied() };
    assert!(estimate(&world.evidence(vec![short])).is_err(), "a list that does not fit the leaves");
}

#[test]
fn a_leaf_without_a_result_takes_its_parents_figure_with_a_wider_interval() {
    let world = world(3, 4, 5);
    let mut past = world.varied();
    past.counts[7] = None;
    let posterior = run(&world.evidence(vec![past]));
    let table = &figures(&world, &posterior, Base::Electors).levels[2];
    assert_eq!(table.flags[7] & flags::NO_BASELINE, flags::NO_BASELINE);
    let column = table.measure(Measure::Favourable);
    let width = |row: usize| column.high[row] - column.low[row];
    let siblings = [5, 6, 8, 9];
    let mean = siblings.iter().map(|row| width(*row)).sum::<i16>() / 4;
    assert!(width(7) > mean + 10, "{} against {mean}", width(7));
    assert!(siblings.iter().all(|row| column.spread[7] > column.spread[*row]));
}

#[test]
fn odd_campaigns_give_figures_or_say_that_there_are_none() {
    let one = Tree::new(&[vec![None]]).expect("a tree");
    let keys = ["campaign".to_owned(), "city:1".to_owned()];
    let cases = [
        (Electors::Known(100), counts([40.0, 10.0, 30.0, 20.0])),
        (Electors::Known(100), counts([0.0; 4])),
        (Electors::Known(100), counts([100.0, 0.0, 0.0, 0.0])),
        (Electors::Known(100), counts([40.0, 60.0, 0.0, 0.0])),
        (Electors::Known(0), None),
        (Electors::Known(0), counts([0.0; 4])),
        (Electors::Unknown, counts([40.0, 10.0, 30.0, 20.0])),
        (Electors::Unknown, None),
    ];
    for (electors, result) in cases {
        let world = World { tree: one.clone(), keys: keys.to_vec(), electors: vec![electors] };
        for of in [Base::Electors, Base::Voters] {
            let mut evidence = world.evidence(vec![Past::new("e", vec![result])]);
            evidence.of = of;
            evidence.benchmarks = vec![known_total(0.5, None)];
            let posterior = run(&evidence);
            let figures = figures(&world, &posterior, of);
            assert!(figures.common_points.is_finite());
            for table in figures.levels.iter().chain([&figures.campaign]) {
                for measure in Measure::ALL {
                    let column = table.measure(measure);
                    let absent = electors == Electors::Known(0) || (of == Base::Voters && measure.needs_register());
                    assert_eq!(column.value[0] == MISSING, absent, "{electors:?} {of:?} {measure}");
                    assert!(column.people[0].is_finite());
                    assert!(absent || (column.low[0] <= column.value[0] && column.value[0] <= column.high[0]));
                }
                let bits = table.flags[0];
                assert_eq!(bits & flags::NO_ELECTORS != 0, electors == Electors::Known(0));
                assert_eq!(bits & flags::UNKNOWN_ELECTORS != 0, electors == Electors::Unknown);
            }
        }
    }
    let nothing = World { tree: Tree::new(&[vec![]]).expect("a tree"), keys: keys[..1].to_vec(), electors: vec![] };
    let posterior = run(&nothing.evidence(vec![]));
    assert!(posterior.draws.is_empty());
    assert_eq!(figures(&nothing, &posterior, Base::Electors).campaign.measure(Measure::Margin).value, [MISSING]);
}

#[test]
fn the_published_groups_add_to_a_thousand_in_every_row() {
    let world = world(3, 4, 5);
    let posterior = run(&world.evidence(vec![world.varied()]));
    for table in figures(&world, &posterior, Base::Electors).levels {
        for row in 0..table.rows() {
            let value = |measure: Measure| table.measure(measure).value[row];
            let four = [Measure::Abstainers, Measure::Undecided, Measure::Favourable, Measure::Opposed];
            assert_eq!(four.into_iter().map(value).sum::<i16>(), 1000);
            assert_eq!(value(Measure::Turnout), 1000 - value(Measure::Abstainers));
            assert_eq!(value(Measure::Margin), value(Measure::Favourable) - value(Measure::Opposed));
            assert_eq!(value(Measure::Change), value(Measure::Favourable) - 300);
        }
    }
}

#[test]
fn people_have_intervals_and_those_of_a_change_are_moved_by_the_count_of_then() {
    let world = world(3, 4, 5);
    let posterior = run(&world.evidence(vec![world.varied()]));
    let figures = figures(&world, &posterior, Base::Electors);
    for table in figures.levels.iter().chain([&figures.campaign]) {
        for row in 0..table.rows() {
            for measure in Measure::ALL {
                let own = table.measure(measure);
                let [low, people, high] = [own.people_low[row], own.people[row], own.people_high[row]];
                assert!(low <= people && people <= high && low < high, "{measure}: {low} {people} {high}");
                let then = if measure == Measure::Change { 0.3 * table.electors[row] as f32 } else { 0.0 };
                // Shares are rounded to thousandths; a leaf has 400 electors now and had 30 favourable then.
                let of = |figure: i16| f32::from(figure) / 1000.0 * table.electors[row] as f32 + then;
                let slack = 0.0011 * table.electors[row] as f32;
                let counted = if measure == Measure::Change { 30.0 * table.electors[row] as f32 / 400.0 } else { 0.0 };
                for (figure, people) in [(own.low[row], low), (own.value[row], people), (own.high[row], high)] {
                    assert!((of(figure) - (people + counted)).abs() <= slack, "{measure}: {figure} and {people}");
                }
            }
        }
    }
    let tree = &world.tree;
    let nowhere = vec![None; tree.len()];
    let lean = lean_offsets(1);
    let without =
        aggregate(tree, &world.electors, &posterior.draws, &posterior.node_flags, &lean, &nowhere, Base::Electors);
    assert_eq!(without.campaign.measure(Measure::Change).value, [MISSING]);
    assert_eq!(without.campaign.measure(Measure::Favourable), figures.campaign.measure(Measure::Favourable));
}

#[test]
fn evidence_that_does_not_fit_is_refused_by_name() {
    let world = world(1, 1, 2);
    let mut evidence = world.evidence(vec![Past::new("e", vec![None])]);
    assert!(estimate(&evidence).expect_err("one count for two leaves").to_string().contains("expected 2"));
    evidence.baseline = vec![Past::new("e", vec![counts([-1.0, 0.0, 0.0, 0.0]), None])];
    assert!(estimate(&evidence).is_err());
    evidence.baseline = vec![];
    evidence.benchmarks = vec![Benchmark { favourable: None, ..known_total(0.5, None) }];
    let message = estimate(&evidence).expect_err("determines nothing").to_string();
    assert!(
        message.contains("campaign")
            && message.contains("says nothing: expected turnout, or the share of at least one group"),
        "{message}"
    );
}

/// Exact answers of an area: abstainers, undecided, favourable, opposed.
fn answers(node: u32, groups: [i32; 4]) -> Answers {
    asked(node, groups.map(Some))
}

fn asked(node: u32, groups: [Option<i32>; 4]) -> Answers {
    let sum: i32 = groups.iter().flatten().sum();
    Answers { node, counts: AnswerCounts::new(sum as u32, groups, NoiseLaw::Exact).expect("lawful counts") }
}

#[test]
fn answers_move_their_area_most_and_their_neighbours_some() {
    let world = world(4, 5, 6);
    let mut evidence = world.evidence(vec![world.varied()]);
    evidence.area_km2 = vec![Some(0.5); 120];
    // A chain of neighbours in every city.
    evidence.neighbours = (0..119).filter(|leaf| leaf % 30 != 29).map(|leaf| (leaf, leaf + 1)).collect();
    let before = run(&evidence);
    // Leaf 7 says overwhelmingly favourable; leaves are nodes from 1 + 4 + 20 on.
    evidence.tallies = vec![answers(25 + 7, [20, 20, 120, 20]), answers(25 + 7, [0, 0, 40, 0])];
    let after = run(&evidence);
    let favourable = |posterior: &Posterior, leaf: usize| {
        posterior.draws[leaf * DRAWS..][..DRAWS].iter().map(|draw| f64::from(draw.favourable)).sum::<f64>()
            / (DRAWS as f64 * f64::from(DRAW_ONE))
    };
    let moved = |leaf: usize| favourable(&after, leaf) - favourable(&before, leaf);
    assert!(moved(7) > 0.1 && moved(8) > moved(110) && moved(110) > 0.0, "{} {} {}", moved(7), moved(8), moved(110));
    let card = &after.card.stages[2];
    assert_eq!((card.areas_with_answers, card.answers), (1, 180.0));
    assert!(card.phi.is_some() && card.effective_answers > 0.0 && card.effective_answers < 180.0, "{card:?}");
    assert_eq!(after.node_flags[25 + 7] & flags::OWN_EVIDENCE, flags::OWN_EVIDENCE);
    // The prior knows no answer; without any it is read from the fit with neighbours.
    for (a, b) in after.prior.iter().zip(&before.prior) {
        assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 3e-3), "{a:?} {b:?}");
    }
    assert!((after.prior[7][2] - favourable(&before, 7)).abs() < 0.01);
}

#[test]
fn answers_above_the_leaves_pull_their_area_and_what_was_not_asked_says_nothing() {
    let world = world(4, 5, 6);
    let mut evidence = world.evidence(vec![world.varied()]);
    let before = figures(&world, &run(&evidence), Base::Electors);
    evidence.tallies = vec![asked(2, [None, Some(30), Some(300), Some(100)])];
    let posterior = run(&evidence);
    let after = figures(&world, &posterior, Base::Electors);
    let moved = |measure: Measure, row: usize| {
        after.levels[0].measure(measure).value[row] - before.levels[0].measure(measure).value[row]
    };
    // The common swing (.3) carries most of it to the other cities, the city's own effect (.2) the rest.
    let (here, there) = (moved(Measure::Favourable, 1), moved(Measure::Favourable, 3));
    assert!(there > 20 && here > there + 10, "{here} {there}");
    assert_eq!(moved(Measure::Turnout, 1), 0, "abstention was not asked");
    assert!(posterior.card.notes.iter().any(|note| note.contains("`abstain`")), "{:?}", posterior.card.notes);
    assert_eq!((posterior.card.stages[2].answers, posterior.card.stages[2].answers_above), (0.0, 400.0));
}

#[test]
fn a_covariate_that_explains_the_answers_is_learnt_and_a_constant_is_said() {
    let world = world(8, 5, 6);
    let mut evidence = world.evidence(vec![Past::new("e", vec![counts([100.0, 100.0, 100.0, 100.0]); 240])]);
    let x: Vec<f64> = (0..240).map(|leaf| f64::from(leaf * 7 % 11)).collect();
    evidence.covariates = vec![CovariateGroup {
        name: "income".into(),
        columns: vec![("median".into(), x.clone()), ("flat".into(), vec![3.0; 240])],
    }];
    evidence.tallies = (0..240)
        .step_by(2)
        .map(|leaf| {
            let favourable = 10 + 8 * x[leaf] as i32;
            answers(49 + leaf as u32, [50, 50, favourable, 100 - favourable])
        })
        .collect();
    let posterior = run(&evidence);
    let slope = posterior.card.slopes.iter().find(|slope| slope.group == "income" && slope.stage == 2);
    let slope = slope.expect("a learnt scale");
    assert!(slope.sigma > 0.12 && slope.columns == ["median"], "{slope:?}");
    assert!(posterior.card.notes.iter().any(|note| note.contains("income:flat")), "{:?}", posterior.card.notes);
    // Areas without an answer follow it: leaf 1 has x = 7, leaf 11 has x = 0.
    let favourable = |leaf: usize| f64::from(posterior.draws[leaf * DRAWS].favourable) / f64::from(DRAW_ONE);
    assert!(favourable(1) > favourable(11) + 0.1);
    evidence.covariates[0].columns[0].1[3] = f64::NAN;
    let message = estimate(&evidence).expect_err("not a number").to_string();
    assert!(message.contains("median") && message.contains("leaf 3"), "{message}");
}

#[test]
fn extreme_answers_give_figures() {
    let world = world(2, 2, 2);
    for (first, second) in
        [([0, 0, 10_000, 0], [0, 0, 0, 10_000]), ([1, 0, 0, 0], [0, 1, 0, 0]), ([10_000, 0, 0, 0], [0, 0, 1, 0])]
    {
        let mut evidence = world.evidence(vec![world.varied()]);
        evidence.tallies = vec![answers(7, first), answers(8, second), answers(1, first), answers(0, second)];
        evidence.benchmarks = vec![known_total(0.5, Some(0.0)), known_total(0.9, None)];
        let posterior = run(&evidence);
        let figures = figures(&world, &posterior, Base::Electors);
        assert!(figures.common_points.is_finite());
        let column = figures.levels[2].measure(Measure::Favourable);
        assert!((0..8).all(|row| column.low[row] <= column.value[row] && column.value[row] <= column.high[row]));
        assert!(posterior.card.stages.iter().all(|stage| stage.effective_answers.is_finite()));
    }
    let mut evidence = world.evidence(vec![]);
    evidence.tallies = vec![answers(99, [1, 0, 0, 0])];
    assert!(estimate(&evidence).expect_err("no such area").to_string().contains("tally 1"));
}

/// Two districts that cross both cities; only one has answers.
#[test]
fn districts_that_are_no_level_carry_answers_across_the_tree_and_stand_on_the_card() {
    let world = world(2, 4, 6);
    let of_leaf: Vec<Option<u32>> = (0..48).map(|leaf| (leaf != 47).then_some(leaf % 2)).collect();
    let with = |districts: Option<Districts>| {
        let mut evidence = world.evidence(vec![world.varied()]);
        // In the first city, in every other station: all of them of district 0.
        let first = world.tree.leaves().next().expect("a leaf");
        evidence.tallies = (0..12).map(|at| answers(first + 2 * at, [10, 10, 70, 10])).collect();
        evidence.districts = districts;
        run(&evidence)
    };
    let districts = Districts { name: "canton".into(), count: 2, of_leaf };
    let (plain, crossed) = (with(None), with(Some(districts.clone())));
    let favourable = |posterior: &Posterior, leaf: usize| {
        let draws = &posterior.draws[leaf * DRAWS..][..DRAWS];
        draws.iter().map(|draw| f64::from(draw.favourable)).sum::<f64>() / (f64::from(DRAW_ONE) * DRAWS as f64)
    };
    let mean = |posterior: &Posterior, district: usize| {
        (24..47).filter(|leaf| leaf % 2 == district).map(|leaf| favourable(posterior, leaf)).sum::<f64>() / 12.0
    };
    let gained = mean(&crossed, 0) - mean(&plain, 0) - (mean(&crossed, 1) - mean(&plain, 1));
    assert!(gained > 0.005, "the other city's stations of the same district: {gained}");
    assert!(plain.card.districts.is_empty());
    let card = &crossed.card.districts;
    assert_eq!((card.len(), card[2].name.as_str(), card[2].count, card[2].prior_log_sd), (3, "canton", 2, 1.0));
    assert!(card.iter().all(|own| own.sigma > 0.0));

    let mut evidence = world.evidence(vec![world.varied()]);
    evidence.districts = Some(Districts { count: 1, ..districts.clone() });
    let message = estimate(&evidence).expect_err("district 1 of 1").to_string();
    assert!(message.contains("district `canton` names area 1 of 1"), "{message}");
    evidence.districts = Some(Districts { count: 701, ..districts });
    let message = estimate(&evidence).expect_err("too many").to_string();
    assert!(message.contains("701 areas, expected at most 700"), "{message}");
}
