//! Goals 1 to 3: compiling the geometry, its quality, publishing new figures.

use crate::desk::Desk;
use crate::report::{Line, Report, Target, median};
use crate::usage::{Usage, measure, output};
use anyhow::{Context, Result};
use quartier_snapshot::Published;
use quartier_tiles::{Lookup, Skeleton, geometry_tile};
use std::path::{Path, PathBuf};
use std::process::Command;

const ROUNDS: u32 = 3;

/// The tiles on which quality is judged: all of them land.
const INLAND: [(u8, u32, u32); 5] = [(5, 16, 11), (6, 32, 22), (7, 65, 44), (8, 130, 88), (11, 1044, 708)];

fn cpu(usages: &[Usage]) -> Vec<f64> {
    usages.iter().map(|usage| usage.cpu_s).collect()
}

fn peak(usages: &[Usage]) -> f64 {
    usages.iter().map(|usage| usage.peak_mib).fold(0.0, f64::max)
}

/// Tippecanoe at full detail, every feature kept, shared boundaries kept shared.
fn tippecanoe(desk: &Desk, layer: &Path, out: &Path) -> Option<Command> {
    let mut command = Command::new(desk.program("tippecanoe")?);
    command.args(["-q", "-f", "-P", "-Z3", "-z12", "-l", "communes", "--no-feature-limit", "--no-tile-size-limit"]);
    command.args(["--no-tiny-polygon-reduction", "--no-simplification-of-shared-nodes", "-o"]).arg(out).arg(layer);
    Some(command)
}

/// Goals 1 and 3.
///
/// # Errors
/// When a command fails.
pub fn tiles(desk: &Desk, report: &mut Report) -> Result<()> {
    let layer = desk.layer()?;
    let campaign = desk.france()?;
    let (mut tippecanoes, mut freestilers, mut compiles, mut publishes) = (vec![], vec![], vec![], vec![]);
    for round in 1..=ROUNDS {
        if let Some(mut command) = tippecanoe(desk, &layer, &desk.at("communes.mbtiles")) {
            tippecanoes.push(measure(&mut command)?);
        }
        compiles.push(measure(&mut ours_compile(&layer, &desk.at("communes.skeleton"))?)?);
        let mut freestiler = desk.python("freestiler_tiles.py");
        freestiler.arg(&layer).arg(desk.at("communes.pmtiles")).args(["3", "12"]);
        freestilers.push(measure(&mut freestiler)?);
        output(&mut desk.estimate(&campaign, round + 1))?;
        publishes.push(measure(&mut desk.quartier(&campaign, &["publish"]))?);
    }
    let (compile, publish) = (cpu(&compiles), cpu(&publishes));
    let peers = [("tippecanoe", &tippecanoes, 0.20, 1.0 / 150.0), ("freestiler", &freestilers, 0.5, 1.0 / 60.0)];
    for (peer, usages, compile_limit, publish_limit) in peers {
        let theirs = cpu(usages);
        if theirs.is_empty() {
            report.note(format!("{peer} is not installed"));
            continue;
        }
        let mut line = Line {
            goal: 1,
            what: "communes of France to tiles, z3–z12, from GeoJSON",
            peer,
            theirs: &theirs,
            ours: &compile,
            unit: "CPU s",
            target: Target::AtMost(compile_limit),
        };
        report.line(&line);
        (line.goal, line.what, line.ours) = (3, "publish new values and 200 draws (`quartier publish`)", &publish);
        line.target = Target::AtMost(publish_limit);
        report.line(&line);
    }
    let walls: Vec<f64> = publishes.iter().map(|usage| usage.wall_s).collect();
    report.note(format!(
        "goal 1, peak memory: ours {:.0} MiB (to reach: 512), tippecanoe {:.0}, freestiler {:.0}",
        peak(&compiles),
        peak(&tippecanoes),
        peak(&freestilers)
    ));
    report.note(format!("goal 3, wall: {:.2} s (to reach: 1)", median(&walls)));
    Ok(())
}

fn ours_compile(layer: &Path, skeleton: &Path) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["ours", "compile"]).arg(layer).arg(skeleton);
    Ok(command)
}

/// Goal 2: overlaps, gaps and vertices in tiles that are all land, by the meter beside the open data.
///
/// # Errors
/// When a file cannot be read.
pub fn quality(desk: &Desk, report: &mut Report) -> Result<()> {
    let meter = desk.data.join("../tools/gaps.py");
    let (theirs, skeleton) = (desk.at("communes.mbtiles"), desk.at("communes.skeleton"));
    let layer = desk.layer()?;
    if !theirs.is_file() {
        tippecanoe(desk, &layer, &theirs).map_or(Ok(()), |mut command| measure(&mut command).map(drop))?;
    }
    if !skeleton.is_file() {
        measure(&mut ours_compile(&layer, &skeleton)?)?;
    }
    if !meter.is_file() || !theirs.is_file() {
        report.note("goal 2 was not measured: the meter or tippecanoe is absent");
        return Ok(());
    }
    let skeleton = Skeleton::open(std::fs::read(&skeleton)?)?;
    let (mut counts, mut own_counts) = (vec![], vec![]);
    for (z, x, y) in INLAND {
        let Lookup::Tile(tile) = skeleton.tile(z, x, y) else { anyhow::bail!("no tile {z}/{x}/{y}") };
        let own = desk.at("tile.mvt");
        std::fs::write(&own, geometry_tile::<Vec<u8>>("commune", tile, None, (z, x, y)))?;
        let mut lines = vec![];
        for (label, kind, path) in [("tippecanoe", "mbtiles", &theirs), ("ours", "mvt", &own)] {
            let mut command = Command::new(desk.peers.join("venv/bin/python"));
            command
                .arg(&meter)
                .args([label, kind])
                .arg(path)
                .args([u32::from(z), x, y].map(|number| number.to_string()));
            lines.push(output(&mut command)?.split_whitespace().collect::<Vec<_>>().join(" "));
        }
        if z <= 8 {
            counts.push(vertices(&lines[0])?);
            own_counts.push(vertices(&lines[1])?);
        }
        lines.into_iter().for_each(|line| report.note(format!("goal 2, {z}/{x}/{y}: {line}")));
    }
    report.line(&Line {
        goal: 2,
        what: "vertices of one inland tile, z5 to z8, every commune kept",
        peer: "tippecanoe",
        theirs: &[counts.iter().sum()],
        ours: &[own_counts.iter().sum()],
        unit: "vertices",
        target: Target::AtMost(0.6),
    });
    Ok(())
}

/// The number before the word, in a line of the meter.
fn vertices(line: &str) -> Result<f64> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let at = words.iter().position(|word| word.starts_with("vertices")).context("no vertices in the meter's line")?;
    Ok(words[at - 1].parse()?)
}

/// What publishing waits for, beside goal 3: `quartier estimate` of the same campaign, tiles found compiled.
///
/// # Errors
/// When the command fails.
pub fn estimate(desk: &Desk, report: &mut Report) -> Result<()> {
    let campaign = desk.france()?;
    let usages = (1..=ROUNDS).map(|seed| measure(&mut desk.estimate(&campaign, seed))).collect::<Result<Vec<_>>>()?;
    report.note(format!(
        "`quartier estimate` of 35,357 communes, tiles compiled before: {:.2} CPU s, peak {:.0} MiB",
        median(&cpu(&usages)),
        peak(&usages)
    ));
    let folder: PathBuf = campaign.join("published");
    let published = Published::open(&folder)?;
    let snapshot = published.current().context("a snapshot")?;
    report.note(format!("snapshot {} holds {} draws a leaf", snapshot.number(), snapshot.draws().draws()));
    Ok(())
}
