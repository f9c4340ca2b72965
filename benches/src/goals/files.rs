//! Goals 13 and 16: a large export, and results by polling station.

use crate::desk::Desk;
use crate::report::{Line, Report, Target};
use crate::usage::{measure, output};
use anyhow::{Context, Result};
use serde_json::Value;
use std::process::Command;

const ROUNDS: usize = 5;
/// Repetitions inside one process, since one takes fewer CPU ticks than the kernel counts well.
const REPETITIONS: &str = "10";

/// Goal 13: all communes as GeoJSON with every property, against ogr2ogr from FlatGeobuf with the same ones.
///
/// # Errors
/// When a command fails.
pub fn export(desk: &Desk, report: &mut Report) -> Result<()> {
    let campaign = desk.france()?;
    let Some(ogr2ogr) = desk.program("ogr2ogr") else {
        report.note("ogr2ogr is not installed");
        return Ok(());
    };
    let source = desk.at("communes.fgb");
    if !source.is_file() {
        output(Command::new(&ogr2ogr).args(["-f", "FlatGeobuf"]).arg(&source).arg(desk.export()?))?;
    }
    let (mut theirs, mut ours, mut peak) = (vec![], vec![], [0.0_f64; 2]);
    let (to, own) = (desk.at("out-peer.geojson"), desk.at("out-ours.geojson"));
    for _ in 0..ROUNDS {
        let _ = std::fs::remove_file(&to);
        let peer = measure(Command::new(&ogr2ogr).args(["-f", "GeoJSON"]).arg(&to).arg(&source))?;
        let used = measure(&mut desk.export_to(&campaign, &own))?;
        theirs.push(peer.cpu_s);
        ours.push(used.cpu_s);
        peak = [peak[0].max(peer.peak_mib), peak[1].max(used.peak_mib)];
    }
    report.line(&Line {
        goal: 13,
        what: "all communes as GeoJSON, every property (`quartier export`)",
        peer: "ogr2ogr",
        theirs: &theirs,
        ours: &ours,
        unit: "CPU s",
        target: Target::AtMost(1.0 / 8.0),
    });
    let size = |path: &std::path::Path| std::fs::metadata(path).map_or(0.0, |file| file.len() as f64 / 1e6);
    report.note(format!(
        "goal 13: files of {:.0} MB (ogr2ogr) and {:.0} MB; peak memory {:.0} and {:.0} MiB (to reach: 128)",
        size(&to),
        size(&own),
        peak[0],
        peak[1]
    ));
    Ok(())
}

/// Goal 16: every row of a ballot read and checked.
///
/// # Errors
/// When a command fails.
pub fn results(desk: &Desk, report: &mut Report) -> Result<()> {
    let file = desk.results("2017-presidentielle-1");
    let (mut theirs, mut ours) = (vec![], vec![]);
    let mut rows = vec![];
    for _ in 0..ROUNDS {
        let mut peer = desk.python("polars_results.py");
        let mut own = Command::new(std::env::current_exe()?);
        for (command, into) in [
            (peer.args([&file, REPETITIONS]), &mut theirs),
            (own.args(["ours", "results", &file, REPETITIONS]), &mut ours),
        ] {
            let said: Value = serde_json::from_str(&output(command)?)?;
            into.push(said["cpu_s"].as_f64().context("cpu_s")? * 1000.0);
            rows.push(said["rows"].clone());
        }
    }
    anyhow::ensure!(rows.iter().all(|one| *one == rows[0]), "rows differ: {rows:?}");
    report.line(&Line {
        goal: 16,
        what: "results of 69,242 polling stations read, every row checked",
        peer: "polars",
        theirs: &theirs,
        ours: &ours,
        unit: "CPU ms",
        target: Target::AtMost(1.5),
    });
    Ok(())
}
