//! What an exact cut costs: 70,000 distinct values in 5 to 9 classes.
//!
//! `cargo run --release -p quartier-cartography --example jenks_cost`

use quartier_cartography::{Weighted, fisher_jenks};
use std::time::Instant;

const VALUES: usize = 70_000;

fn main() {
    // A lattice of irrational step: no two values alike, spread unevenly.
    let mut values: Vec<Weighted> = (0..VALUES)
        .map(|at| {
            let even = (at as f64 * 0.618_033_988_749_895).fract();
            Weighted { value: even * even, weight: 200.0 + (at % 1700) as f64 }
        })
        .collect();
    values.sort_by(|a, b| a.value.total_cmp(&b.value));
    for count in 5..=9 {
        let start = Instant::now();
        let edges = fisher_jenks(&values, count);
        println!(
            "{count} classes of {VALUES} values: {:.1} ms, {} edges",
            start.elapsed().as_secs_f64() * 1e3,
            edges.len()
        );
    }
}
