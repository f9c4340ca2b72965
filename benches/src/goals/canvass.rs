//! The engine's line on France: `quartier estimate` of all communes with 10,000 noised answers.

use crate::desk::Desk;
use crate::report::{Report, median};
use crate::usage::{Usage, measure, output};
use anyhow::{Context, Result};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Communes that were visited, and answers in all.
const VISITED: usize = 275;
const ANSWERS: usize = 10_000;

/// Times that each is run, after one that is not counted.
const ROUNDS: u32 = 5;

/// Least electors of a commune that is visited.
const LEAST: u64 = 400;

/// The whole command, from evidence to a candidate, with neighbours and without; tiles found compiled.
///
/// # Errors
/// When a command fails.
pub fn canvass(desk: &Desk, report: &mut Report) -> Result<()> {
    let campaign = canvassed(desk)?;
    let with = |more: &[&str]| -> Result<Vec<Usage>> {
        let round = |seed| measure(desk.estimate(&campaign, seed).args(more));
        (1..=ROUNDS).map(round).collect()
    };
    measure(&mut desk.estimate(&campaign, 0))?;
    for (what, usages) in [("with neighbours", with(&[])?), ("tree only", with(&["--without-icar"])?)] {
        let of = |figure: fn(&Usage) -> f64| usages.iter().map(figure).collect::<Vec<f64>>();
        let wall = of(|usage| usage.wall_s);
        report.note(format!(
            "`quartier estimate` of 35,357 communes with {ANSWERS} noised answers in {VISITED} of them, {what}: {:.1} s \
             ({:.1}–{:.1}; to reach: 10), {:.1} CPU s, peak {:.0} MiB",
            median(&wall),
            wall.iter().copied().fold(f64::INFINITY, f64::min),
            wall.iter().copied().fold(0.0, f64::max),
            median(&of(|usage| usage.cpu_s)),
            of(|usage| usage.peak_mib).into_iter().fold(0.0, f64::max),
        ));
    }
    Ok(())
}

/// The campaign of all communes and a canvass.
fn canvassed(desk: &Desk) -> Result<PathBuf> {
    let campaign = desk.at("canvassed");
    if campaign.exists() {
        fs::remove_dir_all(&campaign)?;
    }
    copy(&desk.france()?, &campaign)?;
    let export = ["export", "--election", "pres2017t2", "--level", "commune", "--format", "csv", "-o", "-"];
    let past = output(&mut desk.quartier(&campaign, &export))?;
    let file = desk.at("answers.csv");
    fs::write(&file, answers(&past)?)?;
    let file = file.to_string_lossy();
    let mut import = desk.quartier(&campaign, &["import", "tallies", &file, "--batch", "doors", "--level", "commune"]);
    import.args(["--code", "{code}", "--abstainers", "abstainers", "--undecided", "undecided"]);
    output(import.args(["--favourable", "favourable", "--opposed", "opposed"]))?;
    Ok(campaign)
}

/// As many people in each of the visited communes, evenly spread over the list, answer as it voted then.
fn answers(past: &str) -> Result<Vec<u8>> {
    let mut reader = csv::Reader::from_reader(past.as_bytes());
    let header = reader.headers()?.clone();
    let column = |name: &str| header.iter().position(|own| own == name).with_context(|| format!("no column {name}"));
    let (code, level) = (column("code")?, column("level")?);
    let counts = [column("registered")?, column("voters")?, column("list:MACRON")?, column("list:LE PEN")?];
    let mut communes = vec![];
    for record in reader.records() {
        let record = record?;
        let [registered, voters, favourable, opposed] = counts.map(|at| record[at].parse::<u64>().unwrap_or(0));
        if &record[level] == "commune" && registered >= LEAST {
            let undecided = voters - favourable - opposed;
            communes.push((record[code].to_owned(), [registered - voters, undecided, favourable, opposed]));
        }
    }
    let mut out = b"code,abstainers,undecided,favourable,opposed\n".to_vec();
    let mut state = 1u64;
    for visit in 0..VISITED {
        let (code, groups) = &communes[visit * communes.len() / VISITED];
        let people = ANSWERS / VISITED + usize::from(visit < ANSWERS % VISITED);
        let mut said = [0; 4];
        for _ in 0..people {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let mut at = (state >> 33) % groups.iter().sum::<u64>();
            let group = groups.iter().position(|count| {
                let found = at < *count;
                at = at.saturating_sub(*count);
                found
            });
            said[group.unwrap_or(0)] += 1;
        }
        let [abstainers, undecided, favourable, opposed] = said;
        writeln!(out, "{code},{abstainers},{undecided},{favourable},{opposed}")?;
    }
    Ok(out)
}

/// A folder and all that is in it.
fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::io::copy(&mut File::open(entry.path())?, &mut File::create(target)?)?;
        }
    }
    Ok(())
}
