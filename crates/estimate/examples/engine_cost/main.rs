//! What the fitted engine costs, in wall and CPU seconds: three stages of 8 covariates, scales learnt, 200 draws.
//!
//! ```text
//! cargo run --profile bench -p quartier-estimate --example engine_cost -- 70000 icar
//! cargo run --profile bench -p quartier-estimate --example engine_cost -- 1000000
//! cargo run --profile bench -p quartier-estimate --example engine_cost -- 35000 districts 577
//! cargo run --profile bench -p quartier-estimate --example engine_cost -- curve engine-cost.svg
//! ```
//!
//! `curve` runs itself from a thousand areas to a million, prints a table and draws it.

mod curve;

use quartier_estimate::engine::{
    Across, Bias, Covariates, Graph, Priors, Stage, StageError, Tally, Total, fit, profile_draws,
};
use quartier_estimate::inverse_normal;
use quartier_model::Tree;
use rayon::prelude::*;
use std::time::Instant;

/// Share of the leaves with answers, and answers in each.
const VISITED: f64 = 0.03;
const ASKED: f64 = 5.0;
const COVARIATES: usize = 8;

/// Peak memory of this process in MiB; 0 where /proc is absent.
fn peak_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
    peak.and_then(|kib| kib.trim().parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

/// CPU seconds of this process; 0 where /proc is absent. The kernel counts in hundredths there.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

fn uniform(state: &mut u64) -> f64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    ((*state >> 12) as f64 + 0.5) / (1u64 << 52) as f64
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let first = std::env::args().nth(1).ok_or("expected a number of areas, or `curve` and a file")?;
    if first == "curve" {
        return curve::run(std::path::Path::new(&std::env::args().nth(2).ok_or("expected a file for the plot")?));
    }
    let leaves: usize = first.parse()?;
    // Levels of France, with towns of 35 areas; a small tree has fewer of the level above than of the one below.
    let towns = (leaves / 35).max(1);
    let counts = [18.min(towns), 101.min(towns), towns, leaves];
    let rows = |level: usize| -> Vec<Option<u32>> {
        let parent = |row: usize| level.checked_sub(1).map(|above| (row * counts[above] / counts[level]) as u32);
        (0..counts[level]).map(parent).collect()
    };
    let tree = Tree::new(&[rows(0), rows(1), rows(2), rows(3)])?;
    let keys: Vec<String> = (0..tree.len()).map(|node| format!("node:{node}")).collect();
    // A triangulated sheet: about six neighbours an area, as maps have.
    let side = (leaves as f64).sqrt() as u32;
    let sheet = |leaf: u32| [(leaf, leaf + 1), (leaf, leaf + side), (leaf, leaf + side + 1)];
    let with_graph = std::env::args().any(|arg| arg == "icar");
    let districts: usize = match std::env::args().skip_while(|arg| arg != "districts").nth(1) {
        Some(count) => count.parse()?,
        None => 0,
    };
    // Districts that cross the towns here and there, as constituencies do.
    let of_leaf: Vec<Option<u32>> = (0..leaves)
        .map(|leaf| (districts > 0).then(|| ((leaf + leaf % 3 * 20) * districts / (leaves + 40)) as u32))
        .collect();
    let start = Instant::now();
    let pairs: Vec<(u32, u32)> =
        (0..leaves as u32).flat_map(sheet).filter(|(_, other)| (*other as usize) < leaves).collect();
    let graph = if with_graph { Some(Graph::new(leaves, &pairs)?) } else { None };
    println!("{leaves} areas; graph {:.2} s", start.elapsed().as_secs_f64());
    let mut state = 1;
    let columns: Vec<Vec<f64>> =
        (0..COVARIATES).map(|_| (0..leaves).map(|_| inverse_normal(uniform(&mut state))).collect()).collect();
    let mut stages = Vec::new();
    for _ in 0..3 {
        let mut tallies = Vec::new();
        for leaf in 0..leaves as u32 {
            if uniform(&mut state) < VISITED {
                let yes = (0..ASKED as u32).filter(|_| uniform(&mut state) < 0.4).count() as f64;
                tallies.push(Tally { leaf, yes, asked: ASKED });
            }
        }
        stages.push(Stage {
            tree: &tree,
            offset: vec![0.0; leaves],
            extra_variance: vec![0.0; tree.len()],
            covariates: Covariates::new(std::slice::from_ref(&columns)).with_districts(&of_leaf, districts),
            graph: graph.as_ref(),
            tallies,
            noised: vec![],
            bias: Bias { mean: 0.1, sd: 0.15, local_sd: 0.1 },
            priors: Priors::from_history(0.3, &[None; 4]),
        });
    }
    let (start, before) = (Instant::now(), cpu_seconds());
    let weights: Vec<(u32, f64)> = (0..leaves as u32).map(|leaf| (leaf, 700.0)).collect();
    let poll = [Total { key: "campaign".into(), weights, share: 0.42, se: 0.02 }];
    let fits = stages
        .par_iter()
        .enumerate()
        .map(|(at, stage)| {
            let mut fitted = fit(stage)?;
            fitted.meet(&poll);
            let chance = fitted.chance(1, at, &keys);
            Ok((fitted, chance))
        })
        .collect::<Result<Vec<_>, StageError>>()?;
    report("without draws", start, before);
    let draws = profile_draws([0, 1, 2].map(|at| Some((&fits[at].0, &fits[at].1))), &Across::default(), leaves);
    report(&format!("with {} draws", draws.len() / leaves), start, before);
    Ok(())
}

fn report(what: &str, start: Instant, before: f64) {
    let (wall, cpu, peak) = (start.elapsed().as_secs_f64(), cpu_seconds() - before, peak_mib());
    println!("{what}: {wall:.2} s, {cpu:.2} CPU s, peak {peak:.0} MiB");
}
