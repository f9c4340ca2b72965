//! The bars of the method: how much better than its peers the estimator forecasts real elections.
//!
//! ```text
//! cargo run --profile bench -p quartier-estimate --example bars -- minnesota
//! cargo run --profile bench -p quartier-estimate --example bars -- france european june-third june-spread
//! ```
//!
//! Each name is a pair of real elections. The canvass and the poll are simulated from the later result with fixed seeds
//! and scored by [`quartier_estimate::evaluation`], the code behind `quartier evaluate`; every forecast is made by
//! [`quartier_estimate::estimate`], as a campaign's is. The answer is Markdown: tables with the peers, what each bar
//! asks and by how much it was reached or missed, coverage and PIT by class. `--answers 1000,3000` and `--repetitions 2`
//! run less. The data folder is `../shared/data` beside the repository, or `QUARTIER_SHARED`/data.

mod france;
mod june;
mod minnesota;
mod pair;
mod places;
mod print;

use pair::RealPair;
use places::Failure;
use quartier_estimate::evaluation::{Case, run};
use std::time::Instant;

/// Reads a pair of elections.
type Reader = fn() -> Result<RealPair, Failure>;

/// The pairs of elections, by name.
const PAIRS: [(&str, Reader); 5] = [
    ("minnesota", minnesota::read),
    ("france", france::second_round),
    ("european", france::european),
    ("june-third", june::a_third),
    ("june-spread", june::spread),
];

/// Campaigns simulated a size (method, section 3).
const REPETITIONS: u32 = 8;

struct Options {
    pairs: Vec<String>,
    answers: Option<Vec<u32>>,
    repetitions: Option<u32>,
    tree_alone: bool,
}

fn options() -> Result<Options, Failure> {
    let mut options = Options { pairs: vec![], answers: None, repetitions: None, tree_alone: false };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word}: expected a value"));
        match word.as_str() {
            "--answers" => {
                options.answers = Some(value()?.split(',').map(str::parse).collect::<Result<Vec<u32>, _>>()?);
            }
            "--repetitions" => options.repetitions = Some(value()?.parse()?),
            "--tree-alone" => options.tree_alone = true,
            name if PAIRS.iter().any(|(known, _)| *known == name) => options.pairs.push(word),
            _ => return Err(format!("{word}: expected one of {:?}", PAIRS.map(|(name, _)| name)).into()),
        }
    }
    if options.pairs.is_empty() {
        options.pairs = PAIRS.map(|(name, _)| name.to_owned()).to_vec();
    }
    Ok(options)
}

fn main() -> Result<(), Failure> {
    let options = options()?;
    for (_, read) in PAIRS.iter().filter(|(name, _)| options.pairs.iter().any(|pair| pair == name)) {
        forecast(&options, read()?)?;
    }
    Ok(())
}

/// Simulates and scores one pair, size by size, and prints its tables.
fn forecast(options: &Options, mut pair: RealPair) -> Result<(), Failure> {
    if options.tree_alone {
        pair.neighbours.clear();
    }
    let mut evidence = pair.evidence();
    evidence.baseline = vec![pair.before.clone()];
    let case = Case::new([&pair.names[0], &pair.names[1]], &pair.levels, &evidence, &pair.after)?;
    let mut plan = pair.plan.clone();
    plan.repetitions = options.repetitions.unwrap_or(plan.repetitions);
    let sizes = options.answers.clone().unwrap_or_else(|| plan.answers.clone());
    let start = Instant::now();
    let mut made = Vec::new();
    for answers in sizes {
        plan.answers = vec![answers];
        made.push(run(&case, &plan)?);
        eprintln!("{} with {answers} answers: {:.0} s so far", pair.title, start.elapsed().as_secs_f64());
    }
    print!("{}", print::tables(&pair, &plan, &made, start.elapsed().as_secs_f64()));
    Ok(())
}
