//! The back-test, on an invented country whose areas swing.

use quartier_estimate::evaluation::{Campaign, Case, Dice, Evaluation, METHODS, Plan, run};
use quartier_estimate::{Base, Evidence, Past};
use quartier_model::{Electors, NoiseLaw, StageCounts, Tree};

struct Country {
    tree: Tree,
    keys: Vec<String>,
    electors: Vec<Electors>,
    before: Past,
    after: Past,
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// 12 regions of 15 areas of 800 electors. Between the elections stances move by .4 everywhere, by N(0, .25²) a region
/// and by N(0, .15²) an area; the others hardly move.
fn country(has_registered: bool) -> Country {
    let mut dice = Dice::new(11);
    let tree = Tree::new(&[vec![None; 12], (0..180u32).map(|row| Some(row / 15)).collect()]).expect("a tree");
    let keys = std::iter::once("campaign".to_owned())
        .chain((0..12).map(|row| format!("region:{row}")))
        .chain((0..180).map(|row| format!("area:{row}")))
        .collect();
    let regions: Vec<f64> = (0..12).map(|_| 0.25 * dice.normal()).collect();
    let groups = |lean: f64, turnout: f64| {
        let (p1, p3) = (logistic(-turnout), logistic(lean));
        let n = if has_registered { 800.0 } else { 800.0 * (1.0 - p1) };
        let p1 = if has_registered { p1 } else { 0.0 };
        let decided = n * (1.0 - p1) * 0.9;
        let counts = [n * p1, n * (1.0 - p1) * 0.1, decided * p3, decided * (1.0 - p3)].map(f64::round);
        Some(StageCounts { groups: counts, has_registered })
    };
    let (mut before, mut after) = (vec![], vec![]);
    for area in 0..180 {
        let (lean, turnout) = (0.5 * dice.normal(), 1.0 + 0.2 * dice.normal());
        before.push(groups(lean, turnout));
        after.push(groups(lean + 0.4 + regions[area / 15] + 0.15 * dice.normal(), turnout + 0.05 * dice.normal()));
    }
    let electors = vec![Electors::Known(800); 180];
    Country { tree, keys, electors, before: Past::new("before", before), after: Past::new("after", after) }
}

fn evaluate(country: &Country, plan: &Plan, neighbours: Vec<(u32, u32)>) -> Evaluation {
    let of = if country.before.counts[0].is_some_and(|counts| counts.has_registered) {
        Base::Electors
    } else {
        Base::Voters
    };
    let mut evidence = Evidence::of_areas(&country.tree, &country.keys, &country.electors, of, 1);
    evidence.baseline = vec![country.before.clone()];
    evidence.neighbours = neighbours;
    let case = Case::new(["before", "after"], &["region", "area"], &evidence, &country.after).expect("a case");
    run(&case, plan).expect("an evaluation")
}

fn row<'a>(
    evaluation: &'a Evaluation,
    answers: u32,
    method: &str,
    group: &str,
) -> &'a quartier_estimate::evaluation::TableRow {
    let found =
        evaluation.tables.iter().find(|row| row.answers == answers && row.method == method && row.group == group);
    found.unwrap_or_else(|| panic!("no row {answers} {method} {group}"))
}

#[test]
fn a_back_test_tells_good_methods_from_bad_and_is_the_same_again() {
    let country = country(true);
    let neighbours: Vec<(u32, u32)> = (1..180).filter(|leaf| leaf % 15 > 0).map(|leaf| (leaf - 1, leaf)).collect();
    let plan = Plan::of(5, &[300, 6_000], 2);
    let found = evaluate(&country, &plan, neighbours.clone());
    assert_eq!(found, evaluate(&country, &plan, neighbours));
    for answers in [300, 6_000] {
        let [previous, uniform, tree, _] = METHODS.map(|method| row(&found, answers, method, "favourable"));
        // Stances moved by some ten points of the decided; a uniform swing finds that, answers find the regions.
        assert!(uniform.mae < 0.8 * previous.mae, "{uniform:?} {previous:?}");
        assert!(tree.crps < uniform.crps * 1.1, "{tree:?} {uniform:?}");
        assert_eq!(previous.coverage, None);
    }
    assert!(row(&found, 6_000, "icar", "mean").crps < row(&found, 300, "icar", "mean").crps);
    assert_eq!(found.method, "icar");
    for class in ["visited", "not visited", "size:300-999", "level:region", "level:area"] {
        let class =
            found.by_class.iter().find(|row| row.class == class && row.answers == 6_000 && row.method == "tree");
        let class = class.expect("every class");
        assert!((class.pit.iter().sum::<f64>() - 1.0).abs() < 1e-9 && class.areas > 0, "{class:?}");
        assert!(class.coverage > 0.6, "{class:?}");
    }
    assert!((found.pit.iter().sum::<f64>() - 1.0).abs() < 1e-9 && found.pit.len() == 20);
    assert_eq!(found.scatter.len(), (180 + 12) * 4);
    assert!(found.scatter.iter().all(|point| point.low <= point.high && (0.0..=1.0).contains(&point.actual)));
    let json = serde_json::to_string(&found).expect("JSON");
    let again: Evaluation = serde_json::from_str(&json).expect("the same form");
    assert_eq!(again.words, found.words);
    assert!(found.words.fr.contains("zone sur dix") && found.words.en.contains("6000 simulated answers"));
}

#[test]
fn without_canvass_poll_register_or_neighbours_it_still_answers() {
    let country = country(false);
    let mut plan = Plan::of(5, &[0], 1);
    plan.poll_se = None;
    let found = evaluate(&country, &plan, vec![]);
    assert!(found.tables.iter().all(|row| row.group != "abstainers" && row.method != "uniform"));
    let (previous, tree) = (row(&found, 0, "previous", "favourable"), row(&found, 0, "tree", "favourable"));
    // Without news the estimate says what the past said, with an interval.
    assert!((previous.mae - tree.mae).abs() < 0.5 && tree.coverage.expect("intervals") > 0.3);
    assert!(!found.by_class.iter().any(|row| row.class == "visited"));
}

#[test]
fn a_bloc_without_a_candidate_is_not_judged_and_noise_reaches_the_counts() {
    let mut country = country(true);
    country.after.no_candidate = (0..180).map(|leaf| leaf < 15).collect();
    let mut plan = Plan::of(5, &[2_000], 1);
    plan.law = NoiseLaw::DiscreteLaplace { eps: 1.0 };
    let found = evaluate(&country, &plan, vec![]);
    let judged = |group: &str| found.scatter.iter().filter(|row| row.group == group && row.level == "area").count();
    assert_eq!([judged("abstainers"), judged("favourable")], [180, 165]);

    let mut evidence = Evidence::of_areas(&country.tree, &country.keys, &country.electors, Base::Electors, 1);
    evidence.baseline = vec![country.before.clone()];
    let case = Case::new(["before", "after"], &["region", "area"], &evidence, &country.after).expect("a case");
    let campaign = Campaign::simulate(&case, &plan, 2_000, 3);
    let sum = |groups: [Option<i32>; 4]| groups.iter().flatten().sum::<i32>();
    let differ = campaign.tallies.iter().filter(|tally| sum(tally.counts.groups()) != tally.counts.asked() as i32);
    assert!(differ.count() > campaign.tallies.len() / 2);
    // Otherwise the campaigns are the same, so what noise costs can be compared.
    let exact = Campaign::simulate(&case, &Plan { law: NoiseLaw::Exact, ..plan }, 2_000, 3);
    assert_eq!((exact.shares, exact.visited), (campaign.shares, campaign.visited));
    assert!(Case::new(["before", "after"], &["area"], &evidence, &country.after).is_err());
}

#[test]
fn privacy_costs_little_and_noised_answers_still_teach() {
    let country = country(true);
    let plan = Plan::of(5, &[0, 4_000], 3);
    let exact = evaluate(&country, &plan, vec![]);
    let noised = evaluate(&country, &Plan { law: NoiseLaw::DiscreteLaplace { eps: 1.0 }, ..plan }, vec![]);
    let crps = |evaluation: &Evaluation, answers| row(evaluation, answers, "tree", "mean").crps;
    let [without, with, hidden] = [crps(&exact, 0), crps(&exact, 4_000), crps(&noised, 4_000)];
    println!("CRPS in points: no answer {without:.3}, exact answers {with:.3}, noised ones {hidden:.3}");
    assert!(hidden < without && with < without, "{without} {with} {hidden}");
    assert!(hidden < 1.1 * with, "{with} {hidden}");
    let covered = row(&noised, 4_000, "tree", "mean").coverage.expect("intervals");
    assert!((0.8..0.99).contains(&covered), "{covered}");
}
