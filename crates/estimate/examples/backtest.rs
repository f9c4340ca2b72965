//! What the prior would have said of 7 May 2017 from 23 April, on every commune of France: coverage of its 90 %
//! intervals, and its cost. `cargo run -p quartier-estimate --example backtest`
//!
//! The data folder is `../shared/data` beside the repository, or `QUARTIER_SHARED`/data.

use quartier_estimate::{
    Base, Benchmark, Evidence, Pair, Past, PollBase, aggregate, estimate, interval90, lean_offsets,
};
use quartier_model::{DRAW_ONE, DRAWS, Draw, Electors, Share, StageCounts, Tree};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

type Groups = BTreeMap<String, [f64; 4]>;

/// Abstainers, undecided, favourable, opposed of every commune, keyed by departement and commune.
fn read(file: &str, favourable: &str, opposed: &str) -> Result<Groups, Box<dyn std::error::Error>> {
    let shared = std::env::var_os("QUARTIER_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let path = shared.join("data/fr-results-2014-2019").join(file);
    let mut reader = csv::Reader::from_reader(flate2::read::GzDecoder::new(std::fs::File::open(path)?));
    let headers = reader.headers()?.clone();
    let column = |name: &str| headers.iter().position(|header| header == name).ok_or(format!("no column {name}"));
    let (departement, commune) = (column("departement")?, column("commune")?);
    let (registered, voters) = (column("inscrits")?, column("votants")?);
    let (favourable, opposed) = (column(favourable)?, column(opposed)?);
    let mut groups = Groups::new();
    for record in reader.records() {
        let record = record?;
        let number = |at: usize| record[at].parse::<f64>();
        let (n, v, f, o) = (number(registered)?, number(voters)?, number(favourable)?, number(opposed)?);
        let sum = groups.entry(format!("{}{}", &record[departement], &record[commune])).or_default();
        for (sum, count) in sum.iter_mut().zip([n - v, v - f - o, f, o]) {
            *sum += count;
        }
    }
    Ok(groups)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let first = read("2017-presidentielle-1_par_bureau_large.csv.gz", "MACRON", "LE PEN")?;
    let second = read("2017-presidentielle-2_par_bureau_large.csv.gz", "MACRON", "LE PEN")?;
    // 2014 teaches turnout alone: the blocs of 2017 had no list then.
    let european = read("2014-europeennes_par_bureau_large.csv.gz", "LUC", "LFN").unwrap_or_default();

    let codes: Vec<&String> = second.keys().collect();
    let departement = |code: &str| code[..2].to_owned();
    let mut departements: Vec<String> = codes.iter().map(|code| departement(code)).collect();
    departements.dedup();
    let parent = |code: &&String| departements.iter().position(|d| *d == departement(code)).map(|row| row as u32);
    let tree = Tree::new(&[vec![None; departements.len()], codes.iter().map(parent).collect()])?;
    let keys: Vec<String> = std::iter::once("campaign".to_owned())
        .chain(departements.iter().map(|code| format!("departement:{code}")))
        .chain(codes.iter().map(|code| format!("commune:{code}")))
        .collect();
    let counts = |groups: &Groups| -> Vec<Option<StageCounts>> {
        codes.iter().map(|code| groups.get(*code).map(|g| StageCounts { groups: *g, has_registered: true })).collect()
    };
    let truth: Vec<[f64; 4]> = codes.iter().map(|code| second[*code]).collect();
    let electors: Vec<Electors> = truth.iter().map(|g| Electors::Known(g.iter().sum::<f64>() as u32)).collect();
    let without_candidate =
        |groups: &Groups| Past { no_candidate: vec![true; codes.len()], ..Past::new("eu2014", counts(groups)) };
    let mut evidence = Evidence {
        baseline: vec![Past::new("pres2017t1", counts(&first))],
        ..Evidence::of_areas(&tree, &keys, &electors, Base::Electors, 1)
    };
    show("stated scales, no poll", &evidence, &truth)?;
    if !european.is_empty() {
        let later = Past::new("pres2017t1", counts(&first));
        evidence.pairs = vec![Pair { earlier: without_candidate(&european), later }];
        show("turnout scales of 2014 to 2017, no poll", &evidence, &truth)?;
    }
    let total = truth.iter().fold([0.0; 4], |mut sum, groups| {
        sum.iter_mut().zip(groups).for_each(|(sum, count)| *sum += count);
        sum
    });
    let all: f64 = total.iter().sum();
    let share = |count: f64| Share::new(count / all).ok();
    evidence.benchmarks = vec![Benchmark {
        node: 0,
        date: None,
        turnout: share(all - total[0]),
        undecided: share(total[1]),
        favourable: share(total[2]),
        opposed: share(total[3]),
        of: PollBase::Electors,
        n: None,
        se: None,
    }];
    show("the same and a poll that is right, error 3.5 points", &evidence, &truth)?;
    Ok(())
}

fn show(title: &str, evidence: &Evidence<'_>, truth: &[[f64; 4]]) -> Result<(), Box<dyn std::error::Error>> {
    let start = Instant::now();
    let posterior = estimate(evidence)?;
    let drawn = start.elapsed();
    let start = Instant::now();
    let lean = lean_offsets(evidence.seed);
    let figures =
        aggregate(evidence.tree, evidence.electors, &posterior.draws, &posterior.node_flags, &lean, &[], evidence.of);
    println!("\n{title}: {} communes, drawn in {drawn:.2?}, aggregated in {:.2?}", truth.len(), start.elapsed());
    println!("  common part of favourable: +- {:.1} points", figures.common_points);
    for scale in &posterior.card.scales {
        print!("  s{} l{}: {:.2} ({:?})", scale.stage + 1, scale.level, scale.sigma, scale.source);
    }
    println!();
    for note in &posterior.card.notes {
        println!("  {note}");
    }
    let parts: [fn(Draw) -> u16; 4] = [|d| d.abstainers, |d| d.undecided, |d| d.favourable, Draw::opposed];
    for (group, part) in parts.into_iter().enumerate() {
        let (mut inside, mut error, mut weight) = (0.0, 0.0, 0.0);
        for (leaf, counts) in truth.iter().enumerate() {
            let n: f64 = counts.iter().sum();
            if n == 0.0 {
                continue;
            }
            let mut draws = [0.0; DRAWS];
            for (at, share) in draws.iter_mut().enumerate() {
                *share = f64::from(part(posterior.draws[leaf * DRAWS + at])) / f64::from(DRAW_ONE);
            }
            let mean = draws.iter().sum::<f64>() / DRAWS as f64;
            let (low, high) = interval90(&draws);
            let share = counts[group] / n;
            weight += n;
            error += n * (mean - share).abs();
            inside += if low <= share && share <= high { n } else { 0.0 };
        }
        let name = ["abstainers", "undecided", "favourable", "opposed"][group];
        println!(
            "  {name:>11}: {:.1} % of electors in a commune whose 90 % interval holds the result; MAE {:.2} points",
            100.0 * inside / weight,
            100.0 * error / weight
        );
    }
    Ok(())
}
