//! Goal 15: the communes imported, with every check, into the store.

use crate::desk::Desk;
use crate::report::{Line, Report, Target};
use crate::usage::{measure, output};
use anyhow::{Context, Result};
use serde_json::Value;

const ROUNDS: usize = 5;

/// Against geopandas, which reads the same file and says which polygons are valid, and stores nothing.
///
/// # Errors
/// When a command fails.
pub fn import(desk: &Desk, report: &mut Report) -> Result<()> {
    let file = desk.file("fr-admin-2018/communes.geojson.gz");
    let (mut theirs, mut ours, mut peak) = (vec![], vec![], 0.0_f64);
    for _ in 0..ROUNDS {
        let said: Value = serde_json::from_str(&output(desk.python("geopandas_areas.py").arg(&file))?)?;
        anyhow::ensure!(said["areas"] == 35_357 && said["invalid"] == 1, "geopandas read {said}");
        theirs.push(said["cpu_s"].as_f64().context("cpu_s")?);
        let campaign = desk.begun("import")?;
        let used = measure(&mut desk.import_communes(&campaign))?;
        ours.push(used.cpu_s);
        peak = peak.max(used.peak_mib);
    }
    report.line(&Line {
        goal: 15,
        what: "communes.geojson.gz read and checked; ours also mended, measured for overlaps and stored",
        peer: "geopandas",
        theirs: &theirs,
        ours: &ours,
        unit: "CPU s",
        target: Target::AtMost(0.5),
    });
    report.note(format!("goal 15: ours is the whole process, peak {peak:.0} MiB; geopandas without its start"));
    Ok(())
}
