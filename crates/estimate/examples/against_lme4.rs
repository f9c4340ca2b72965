//! Goal 20: the fit of two random effects on every commune of France, beside lme4's, by turns in one run.
//! `cargo run --profile bench -p quartier-estimate --example against_lme4` (R with `r-cran-lme4` beside it)
//!
//! Both fit the votes for either candidate of the second round of 2017 as binomials around the log odds of the first:
//! a common swing, an effect a departement, an effect a commune. lme4 gives both sds, and the modes; ours also looks at
//! priors, mixes over the size of the scales and gives mean and variance of every commune. Prints one line of the report
//! of `make bench`. CPU seconds of the fit alone, in a process of its own.

use quartier_estimate::engine::{Bias, Covariates, Priors, Stage, Tally, fit};
use quartier_model::Tree;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

type Failure = Box<dyn std::error::Error>;

/// Turns of peer and ours.
const ROUNDS: usize = 3;
/// Ours is repeated within a turn: the clock ticks in hundredths.
const TIMES: u32 = 3;
/// To reach: this many times less CPU.
const GOAL: f64 = 20.0;
/// Prior sd of the common swing.
const SIGMA_MU: f64 = 0.3;

struct Votes {
    /// Departement and its communes in order: the code, votes for Macron and Le Pen in both rounds.
    communes: Vec<(String, [f64; 4])>,
}

fn folder() -> PathBuf {
    std::env::var_os("QUARTIER_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from)
        .join("data/fr-results-2014-2019")
}

impl Votes {
    fn read() -> Result<Self, Failure> {
        let mut sums: BTreeMap<String, [f64; 4]> = BTreeMap::new();
        for round in [0, 1] {
            let path = folder().join(format!("2017-presidentielle-{}_par_bureau_large.csv.gz", round + 1));
            let mut reader = csv::Reader::from_reader(flate2::read::GzDecoder::new(std::fs::File::open(path)?));
            let headers = reader.headers()?.clone();
            let column = |name: &str| headers.iter().position(|header| header == name).ok_or(format!("no `{name}`"));
            let (departement, commune) = (column("departement")?, column("commune")?);
            let parties = [column("MACRON")?, column("LE PEN")?];
            for record in reader.records() {
                let record = record?;
                let sum = sums.entry(format!("{}{}", &record[departement], &record[commune])).or_default();
                for (at, party) in parties.into_iter().enumerate() {
                    sum[2 * round + at] += record[party].parse::<f64>()?;
                }
            }
        }
        Ok(Self { communes: sums.into_iter().filter(|(_, votes)| votes[2] + votes[3] > 0.0).collect() })
    }

    /// Log odds of the first round, half a vote on either side.
    fn offset(votes: &[f64; 4]) -> f64 {
        ((votes[0] + 0.5) / (votes[1] + 0.5)).ln()
    }

    fn write(&self, path: &Path) -> Result<(), Failure> {
        let mut text = "departement,commune,yes,asked,offset\n".to_owned();
        for (code, votes) in &self.communes {
            let (yes, asked) = (votes[2], votes[2] + votes[3]);
            writeln!(text, "d{},c{code},{yes},{asked},{:.17}", &code[..2], Self::offset(votes))?;
        }
        Ok(std::fs::write(path, text)?)
    }

    fn tree(&self) -> Result<Tree, Failure> {
        let mut departements: Vec<&str> = self.communes.iter().map(|(code, _)| &code[..2]).collect();
        departements.dedup();
        let above = |code: &str| departements.binary_search(&&code[..2]).ok().map(|row| row as u32);
        let communes = self.communes.iter().map(|(code, _)| above(code)).collect();
        Ok(Tree::new(&[vec![None; departements.len()], communes])?)
    }
}

/// CPU seconds of this process; 0 where /proc is absent. The kernel counts in hundredths there.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

/// Our half: prints the CPU seconds of one fit and both sds.
fn ours() -> Result<(), Failure> {
    let votes = Votes::read()?;
    let tree = votes.tree()?;
    let tally = |(leaf, (_, votes)): (usize, &(String, [f64; 4]))| Tally {
        leaf: leaf as u32,
        yes: votes[2],
        asked: votes[2] + votes[3],
    };
    let stage = Stage {
        tree: &tree,
        offset: votes.communes.iter().map(|(_, votes)| Votes::offset(votes)).collect(),
        extra_variance: vec![0.0; tree.len()],
        covariates: Covariates::default(),
        graph: None,
        tallies: votes.communes.iter().enumerate().map(tally).collect(),
        noised: vec![],
        bias: Bias::default(),
        priors: Priors::from_history(SIGMA_MU, &[None, None]),
    };
    let start = cpu_seconds();
    let mut sds = vec![];
    for _ in 0..TIMES {
        let fitted = fit(&stage)?;
        assert!(fitted.mean().iter().chain(&fitted.variance()).all(|value| value.is_finite()));
        sds = fitted.scales().to_list();
    }
    println!("{} {} {}", (cpu_seconds() - start) / f64::from(TIMES), sds[0].exp(), sds[1].exp());
    Ok(())
}

/// The first three numbers that a half prints, and what follows them.
fn said(command: &mut Command) -> Result<([f64; 3], String), Failure> {
    let out = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if !out.status.success() {
        return Err(format!("{command:?}: {}", String::from_utf8_lossy(&out.stderr)).into());
    }
    let text = String::from_utf8(out.stdout)?;
    let mut words = text.split_whitespace();
    let mut number = || -> Result<f64, Failure> { Ok(words.next().ok_or("expected three numbers")?.parse()?) };
    let numbers = [number()?, number()?, number()?];
    Ok((numbers, words.collect()))
}

fn median(mut list: Vec<f64>) -> f64 {
    list.sort_by(f64::total_cmp);
    list[list.len() / 2]
}

fn main() -> Result<(), Failure> {
    if std::env::args().nth(1).as_deref() == Some("ours") {
        return ours();
    }
    let votes = Votes::read()?;
    let file = std::env::temp_dir().join(format!("quartier-glmer-{}.csv", std::process::id()));
    votes.write(&file)?;
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../benches/peers/glmer.R");
    let (mut theirs, mut own, mut sds, mut version) = (vec![], vec![], [[0.0; 3]; 2], String::new());
    for _ in 0..ROUNDS {
        (sds[0], version) = said(Command::new("Rscript").arg(&script).arg(&file))?;
        (sds[1], _) = said(Command::new(std::env::current_exe()?).arg("ours"))?;
        theirs.push(sds[0][0]);
        own.push(sds[1][0]);
    }
    std::fs::remove_file(&file)?;
    let (theirs, own) = (median(theirs), median(own));
    let reached = if own * GOAL <= theirs { "yes" } else { "**no**" };
    println!(
        "| 20 | fit of {} communes, effects by departement and commune | lme4 {version} glmer | {theirs:.2} | {own:.3} | CPU s | {:.4} | ≤ {:.3} | {reached} |",
        votes.communes.len(),
        own / theirs,
        1.0 / GOAL
    );
    let [[_, a, b], [_, c, d]] = sds;
    println!(
        "- goal 20: sds by departement and commune {a:.4} and {b:.4} (lme4), {c:.4} and {d:.4} (ours); {:.0} times less CPU",
        theirs / own
    );
    Ok(())
}
