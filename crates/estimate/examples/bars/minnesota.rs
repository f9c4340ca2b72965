//! Minnesota, presidential 2012 to 2016: two-party share of 3,872 precincts from a simulated canvass and one poll.

use crate::ground::{Failure, data, logistic, logit, shapes, smoothed, standardise, visits};
use crate::score::{Score, grouped, score, standard_error};
use quartier_estimate::engine::{Bias, Covariates, Graph, Priors, Stage, Tally, Total, fit};
use quartier_estimate::evaluation::Dice;
use quartier_model::{DRAWS, Tree};
use std::collections::BTreeMap;
use std::time::Instant;

/// Answers of the canvass, and the bars: CRPS of tree, of tree + ICAR.
const BARS: [(f64, f64, f64); 5] =
    [(300.0, 5.2, 5.1), (1_000.0, 4.3, 4.2), (3_000.0, 3.9, 3.7), (10_000.0, 3.3, 3.1), (30_000.0, 3.1, 2.9)];
const REPETITIONS: u64 = 8;
/// Fewest votes of a precinct in both elections.
const LEAST_VOTES: f64 = 30.0;
/// Error of the poll, as a share.
const POLL_SE: f64 = 0.02;

/// The contest at the top of each ballot, 2008 to 2016; the last is to be forecast.
const CONTESTS: [&str; 5] = ["PRES08", "GOV10", "PRES12", "GOV14", "PRES16"];
/// The baseline and the election to forecast.
const BASELINE: usize = 2;
const FORECAST: usize = 4;

struct State {
    tree: Tree,
    keys: Vec<String>,
    county: Vec<usize>,
    /// Two-party votes (D, R) of [`CONTESTS`].
    votes: Vec<Vec<[f64; 2]>>,
    /// Standardised log density of population.
    density: Vec<f64>,
    graph: Graph,
}

fn read() -> Result<State, Failure> {
    let shapes = shapes("us-mn-precincts/precincts.geojson.gz", "VTD", 5)?;
    let file = flate2::read::GzDecoder::new(std::fs::File::open(data("us-mn-precincts/results.csv.gz"))?);
    let mut reader = csv::Reader::from_reader(file);
    let headers = reader.headers()?.clone();
    let column = |name: &str| headers.iter().position(|header| header == name).ok_or(format!("no column {name}"));
    let (mut names, mut places, mut votes, mut people) = (vec![], vec![], vec![vec![]; CONTESTS.len()], vec![]);
    for record in reader.records() {
        let record = record?;
        let number = |name: &str| -> Result<f64, Failure> { Ok(record[column(name)?].parse()?) };
        let two = |contest: &&str| Ok([number(&format!("{contest}D"))?, number(&format!("{contest}R"))?]);
        let pairs = CONTESTS.iter().map(two).collect::<Result<Vec<[f64; 2]>, Failure>>()?;
        if [BASELINE, FORECAST].iter().any(|at| pairs[*at][0] + pairs[*at][1] < LEAST_VOTES) {
            continue;
        }
        votes.iter_mut().zip(pairs).for_each(|(list, pair)| list.push(pair));
        places.push((record[column("COUNTYFIPS")?].to_owned(), record[column("MCDNAME")?].to_owned()));
        names.push(record[column("VTD")?].to_owned());
        people.push(number("TOTPOP")?);
    }
    // Counties, then municipalities (unique within a county), in the order of their names.
    let counties: BTreeMap<&String, usize> = places.iter().map(|(county, _)| (county, 0)).collect();
    let counties: BTreeMap<&String, usize> = counties.into_keys().zip(0..).collect();
    let towns: BTreeMap<&(String, String), usize> = places.iter().map(|place| (place, 0)).collect();
    let towns: BTreeMap<&(String, String), usize> = towns.into_keys().zip(0..).collect();
    let county: Vec<usize> = places.iter().map(|(county, _)| counties[county]).collect();
    let tree = Tree::new(&[
        vec![None; counties.len()],
        towns.keys().map(|(county, _)| Some(counties[county] as u32)).collect(),
        places.iter().map(|place| Some(towns[place] as u32)).collect(),
    ])?;
    let keys = std::iter::once("campaign".to_owned())
        .chain(counties.keys().map(|code| format!("county:{code}")))
        .chain(towns.keys().map(|(county, name)| format!("town:{county}{name}")))
        .chain(names.iter().map(|code| format!("precinct:{code}")))
        .collect();
    let weights: Vec<f64> = votes[BASELINE].iter().map(|pair| pair[0] + pair[1]).collect();
    let dense = names.iter().zip(&people).map(|(name, people)| ((people + 1.0) / shapes.area_km2[name].max(0.01)).ln());
    let density = standardise(&dense.collect::<Vec<f64>>(), &weights);
    let graph = Graph::new(names.len(), &shapes.neighbours(&names))?;
    Ok(State { tree, keys, county, votes, density, graph })
}

impl State {
    fn log_odds(&self, year: usize) -> Vec<f64> {
        let part = |party: usize| self.votes[year].iter().map(|pair| pair[party]).collect::<Vec<f64>>();
        smoothed(&part(0), &part(1), &self.county)
    }

    fn voters(&self, year: usize) -> Vec<f64> {
        self.votes[year].iter().map(|pair| pair[0] + pair[1]).collect()
    }

    /// The stage that forecasts the year after `from`, before any answer.
    fn stage(&self, from: usize, history: &[Option<f64>]) -> Stage<'_> {
        let offset = self.log_odds(from);
        let past = standardise(&offset, &self.voters(from));
        Stage {
            tree: &self.tree,
            offset,
            extra_variance: vec![0.0; self.tree.len()],
            covariates: Covariates::new(&[vec![past], vec![self.density.clone()]]),
            graph: None,
            tallies: vec![],
            noised: vec![],
            bias: Bias { mean: 0.10, sd: 0.15, local_sd: 0.10 },
            priors: Priors::from_history(0.3, history),
        }
    }

    /// Sds of the effects from one past election to the next: the same model, told the whole result; the mean square
    /// over the pairs.
    fn history(&self) -> Result<Vec<Option<f64>>, Failure> {
        let mut squares = vec![0.0; self.tree.levels()];
        for from in 0..FORECAST - 1 {
            let mut stage = self.stage(from, &[None, None, None]);
            stage.bias = Bias::default();
            let later = self.votes[from + 1].iter().zip(0..);
            stage.tallies = later.map(|(pair, leaf)| Tally { leaf, yes: pair[0], asked: pair[0] + pair[1] }).collect();
            let fitted = fit(&stage)?;
            let pairs = (FORECAST - 1) as f64;
            let logs = fitted.scales().level.iter().flatten();
            squares.iter_mut().zip(logs).for_each(|(sum, log)| *sum += (2.0 * log).exp() / pairs);
        }
        Ok(squares.into_iter().map(|square| Some(square.sqrt())).collect())
    }
}

/// One simulated campaign: its answers and its poll.
fn campaign(state: &State, answers: f64, seed: u64) -> (Vec<Tally>, f64) {
    let mut dice = Dice::new(seed);
    let (past, electors) = (state.log_odds(BASELINE), state.voters(BASELINE));
    let visited = visits(&mut dice, answers, &state.county, &electors, &past, &state.density);
    let bias = 0.15 + 0.10 * dice.normal();
    let mut tallies = Vec::new();
    for (place, asked) in visited {
        let [d, r] = state.votes[FORECAST][place];
        let p = logistic(logit((d + 0.5) / (d + r + 1.0)) + bias + 0.10 * dice.normal());
        let yes = (0..asked).filter(|_| dice.uniform() < p).count() as f64;
        tallies.push(Tally { leaf: place as u32, yes, asked: f64::from(asked) });
    }
    let total = state.votes[FORECAST].iter().fold([0.0; 2], |sum, pair| [sum[0] + pair[0], sum[1] + pair[1]]);
    (tallies, total[0] / (total[0] + total[1]) + POLL_SE * dice.normal())
}

struct Scores {
    leaf: Score,
    county: Score,
    visited: Score,
}

fn judge(state: &State, draws: &[Vec<f64>], mean: &[f64], tallies: &[Tally]) -> Scores {
    let weights = state.voters(FORECAST);
    let truth: Vec<f64> = state.votes[FORECAST].iter().map(|pair| pair[0] / (pair[0] + pair[1])).collect();
    let group = |values: &[f64]| grouped(values, &weights, &state.county);
    let counties: Vec<Vec<f64>> = draws.iter().map(|draw| group(draw)).collect();
    let mut whole = vec![0.0; group(mean).len()];
    weights.iter().zip(&state.county).for_each(|(weight, county)| whole[*county] += weight);
    let mut seen = vec![0.0; weights.len()];
    tallies.iter().for_each(|tally| seen[tally.leaf as usize] = weights[tally.leaf as usize]);
    Scores {
        leaf: score(draws, mean, &truth, &weights),
        county: score(&counties, &group(mean), &group(&truth), &whole),
        visited: score(draws, mean, &truth, &seen),
    }
}

/// The peer: every log odds moved by what meets the poll, spread as areas moved in the past.
fn uniform_swing(state: &State, poll: f64, spread: f64, seed: u64) -> (Vec<Vec<f64>>, Vec<f64>) {
    let (past, weights) = (state.log_odds(BASELINE), state.voters(BASELINE));
    let whole: f64 = weights.iter().sum();
    let share = |by: f64| past.iter().zip(&weights).map(|(l, w)| w * logistic(l + by)).sum::<f64>() / whole;
    // Shares grow with the swing: secants settle in a handful of steps.
    let meet = |target: f64| {
        let (mut last, mut by) = (0.0, logit(target) - logit(share(0.0)));
        for _ in 0..8 {
            let slope = (share(by) - share(last)) / (by - last);
            if slope.is_nan() || slope <= 0.0 || (share(by) - target).abs() < 1e-9 {
                break;
            }
            (last, by) = (by, by + (target - share(by)) / slope);
        }
        by
    };
    let mut dice = Dice::new(seed ^ 0xabcd);
    let mean = past.iter().map(|l| logistic(l + meet(poll))).collect();
    let draw = |dice: &mut Dice| {
        let by = meet(poll + POLL_SE * dice.normal());
        past.iter().map(|l| logistic(l + by + spread * dice.normal())).collect()
    };
    ((0..DRAWS).map(|_| draw(&mut dice)).collect(), mean)
}

/// Runs all sizes and prints the table.
pub fn run(with_neighbours: bool) -> Result<(), Failure> {
    let state = read()?;
    let history = state.history()?;
    let spread = history.iter().flatten().map(|sd| sd * sd).sum::<f64>().sqrt();
    println!(
        "Minnesota 2012 -> 2016: {} precincts, {} pairs of neighbours; sds of past swings {:.3?}",
        state.county.len(),
        state.graph.edges().len(),
        history.iter().flatten().collect::<Vec<_>>()
    );
    println!("MAE; CRPS in points / coverage of 90 % in percent; {REPETITIONS} repetitions, weighted by voters");
    let route = if with_neighbours { "tree + ICAR" } else { "tree" };
    println!(
        "| N | previous election | uniform swing | {route} | bar | visited | county | s a fit |\n|{}",
        "---|".repeat(8)
    );
    for (answers, tree_bar, neighbours_bar) in BARS {
        let (mut before, mut swing, mut ours, mut seen, mut county, mut seconds) =
            (vec![], vec![], vec![], vec![], vec![], 0.0);
        for repetition in 0..REPETITIONS {
            let seed = 1_000 * answers as u64 + repetition;
            let (tallies, poll) = campaign(&state, answers, seed);
            let past: Vec<f64> = state.log_odds(BASELINE).into_iter().map(logistic).collect();
            before.push(judge(&state, &vec![past.clone(); DRAWS], &past, &tallies).leaf);
            let (draws, mean) = uniform_swing(&state, poll, spread, seed);
            swing.push(judge(&state, &draws, &mean, &tallies).leaf);
            let mut stage = state.stage(BASELINE, &history);
            stage.graph = with_neighbours.then_some(&state.graph);
            stage.tallies.clone_from(&tallies);
            let start = Instant::now();
            let mut fitted = fit(&stage)?;
            let weights = state.voters(BASELINE).into_iter().zip(0..).map(|(weight, leaf)| (leaf, weight)).collect();
            fitted.meet(&[Total { key: "campaign".into(), weights, share: poll, se: POLL_SE }]);
            let chance = fitted.chance(seed, 2, &state.keys);
            let logits = (0..DRAWS).map(|draw| fitted.draw(&chance, draw));
            let draws: Vec<Vec<f64>> = logits.map(|list| list.into_iter().map(logistic).collect()).collect();
            seconds += start.elapsed().as_secs_f64();
            if repetition == 0 && std::env::args().any(|arg| arg == "--scales") {
                println!("  {:.3?} {:.2?}", fitted.scales().to_list(), fitted.components());
            }
            let scores = judge(&state, &draws, &fitted.shares(), &tallies);
            ours.push(scores.leaf);
            seen.push(scores.visited);
            county.push(scores.county);
        }
        let error = standard_error(&ours, |score| score.crps);
        let [before, swing, ours, seen, county] = [before, swing, ours, seen, county].map(|list| Score::mean(&list));
        let bar = if with_neighbours { neighbours_bar } else { tree_bar };
        println!(
            "| {answers} | {:.2} | {:.2}; {:.2}/{:.0} | **{:.2}; {:.2}/{:.0}** ±{error:.2} | {bar} {} | {:.2}/{:.0} | {:.2}/{:.0} | {:.1} |",
            before.mae,
            swing.mae,
            swing.crps,
            swing.coverage,
            ours.mae,
            ours.crps,
            ours.coverage,
            if ours.crps <= bar { "held" } else { "MISSED" },
            seen.crps,
            seen.coverage,
            county.crps,
            county.coverage,
            seconds / REPETITIONS as f64
        );
    }
    Ok(())
}
