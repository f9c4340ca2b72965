//! Speed as ratios: a peer and Quartier do the same work on the same data, by turns, in one run.
//!
//! **Purpose.** `make bench` prints, for each goal, what the peer and Quartier spent and their ratio; the report that
//! a release quotes is what this printed.
//!
//! **Invariants.** Costs are CPU seconds of whole processes (user and system, with their children), since on shared
//! cores a wall time proves nothing; a server's is requests per CPU second of the server, its database counted. Peer
//! and ours alternate, medians are compared, and the load of the machine is printed beside them. Nothing here fails on
//! a time, and a peer that is not installed leaves its line out, said in the report.
//!
//! **Who uses it.** Developers, by `make bench`; `make bench GOALS='import results'` runs some. It reads the open data
//! beside the project and works in `.build/bench`.

mod desk;
mod goals;
mod ours;
mod report;
mod servers;
mod usage;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use desk::Desk;
use report::Report;
use std::path::PathBuf;

/// Measures Quartier against its peers.
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measure; without names, every goal
    Run {
        /// tiles, quality, cold, warm, export, import, results, estimate, canvass, lasso, sums, points, cells, mosaic, million
        goals: Vec<String>,
        /// The folder of the open data
        #[arg(long, default_value = "../shared/data")]
        data: PathBuf,
        /// The binary to measure, built with the profile `bench`
        #[arg(long)]
        quartier: PathBuf,
        /// Where peers were installed (`benches/peers.sh`)
        #[arg(long, default_value = ".build/peers")]
        peers: PathBuf,
        /// Where to work
        #[arg(long, default_value = ".build/bench")]
        work: PathBuf,
        /// The report to write
        #[arg(long, default_value = ".build/bench/report.md")]
        report: PathBuf,
    },
    /// Our half of a measurement, in a process of its own
    #[command(subcommand, hide = true)]
    Ours(ours::Ours),
}

fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Ours(ours) => ours::run(ours),
        Command::Run { goals, data, quartier, peers, work, report } => {
            let desk = Desk::new(&data, &quartier, &peers, &work)?;
            let mut made = Report::begin(&desk)?;
            for (name, measure) in goals::ALL {
                if goals.is_empty() || goals.iter().any(|goal| goal == name) {
                    eprintln!("== {name}");
                    measure(&desk, &mut made).with_context(|| format!("goal {name}"))?;
                }
            }
            std::fs::write(&report, made.text()).with_context(|| report.display().to_string())?;
            println!("{}", made.text());
            Ok(())
        }
    }
}
