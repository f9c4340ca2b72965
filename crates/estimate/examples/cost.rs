//! What drawing and aggregating cost, in CPU seconds: 35,357 leaves under 4 levels, and 70,000.
//! `cargo run -p quartier-estimate --example cost`

use quartier_estimate::{Base, Evidence, Past, aggregate, estimate, lean_offsets};
use quartier_model::{Electors, StageCounts, Tree};

/// CPU seconds of this process so far, user and system, and its peak memory in MiB; zeros where /proc is absent.
fn used() -> (f64, f64) {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    // Fields 14 and 15 of proc(5), in ticks of 1/100 s.
    let ticks = |at: usize| fields.get(at).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
    ((ticks(11) + ticks(12)) / 100.0, peak.and_then(|kib| kib.trim().parse::<f64>().ok()).unwrap_or(0.0) / 1024.0)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for leaves in [35_357usize, 70_000] {
        let counts = [18, 101, 2_000, leaves];
        let rows = |level: usize| -> Vec<Option<u32>> {
            (0..counts[level])
                .map(|row| level.checked_sub(1).map(|above| (row * counts[above] / counts[level]) as u32))
                .collect()
        };
        let tree = Tree::new(&[rows(0), rows(1), rows(2), rows(3)])?;
        let keys: Vec<String> = (0..tree.len()).map(|node| format!("node:{node}")).collect();
        let electors = vec![Electors::Known(700); leaves];
        let result = |leaf: usize| StageCounts {
            groups: [200.0, 100.0, 150.0 + (leaf % 100) as f64, 250.0 - (leaf % 100) as f64],
            has_registered: true,
        };
        let evidence = Evidence {
            baseline: vec![Past::new("e", (0..leaves).map(|leaf| Some(result(leaf))).collect())],
            ..Evidence::of_areas(&tree, &keys, &electors, Base::Electors, 1)
        };
        let before = used().0;
        let posterior = estimate(&evidence)?;
        let drawn = used().0;
        let lean = lean_offsets(1);
        let figures = aggregate(&tree, &electors, &posterior.draws, &posterior.node_flags, &lean, &[], Base::Electors);
        let (done, peak) = used();
        println!(
            "{leaves} leaves, {} levels: draws {:.2} CPU s, tables {:.2} CPU s, peak {peak:.0} MiB",
            figures.levels.len(),
            drawn - before,
            done - drawn
        );
    }
    Ok(())
}
