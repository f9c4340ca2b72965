//! The tables of a pair, in Markdown.

use crate::pair::{Figure, RealPair};
use quartier_estimate::evaluation::{ClassRow, Evaluation, Plan, TableRow};
use std::fmt::Write;

/// Coverage of 90 % intervals that is asked for at the leaf, from this many answers on, and at the region (method,
/// section 3).
const LEAF_COVERAGE: (f64, f64) = (0.86, 0.96);
const COVERAGE_FROM: u32 = 1_000;
const REGION_COVERAGE: f64 = 0.80;
/// No more than this times the CRPS of the uniform swing (same section).
const SWING_RATIO: f64 = 1.10;

/// Everything that is said of a pair: one evaluation a size of the canvass.
pub fn tables(pair: &RealPair, plan: &Plan, made: &[Evaluation], seconds: f64) -> String {
    let leaves = pair.after.counts.len();
    let electors: f64 = pair.electors.iter().map(|electors| f64::from(electors.known().unwrap_or(0))).sum();
    let mut text = format!("## {}\n\n", pair.title);
    let poll = plan.poll_se.map_or("no poll".to_owned(), |se| format!("one poll of error {} points", 100.0 * se));
    let _ = writeln!(
        text,
        "{leaves} areas, {electors:.0} electors, {} pairs of neighbours, {} past pairs; {} simulated campaigns a size (seed {}), {:.0} % of the regions visited, {poll}. Weighted by electors. {seconds:.0} s of wall.\n",
        pair.neighbours.len(),
        pair.pairs.len(),
        plan.repetitions,
        plan.seed,
        100.0 * plan.regions_visited,
    );
    errors(&mut text, pair, made);
    groups(&mut text, made);
    bars(&mut text, pair, made);
    classes(&mut text, made);
    text
}

fn mean_of<'a>(made: &'a Evaluation, method: &str) -> Option<&'a TableRow> {
    made.tables.iter().find(|row| row.method == method && row.group == "mean")
}

/// MAE; CRPS / coverage of every method, the mean of the groups.
fn errors(text: &mut String, pair: &RealPair, made: &[Evaluation]) {
    text.push_str("MAE; CRPS in points / coverage of 90 % intervals in percent, mean of the groups; ± the standard error of the CRPS over the campaigns.\n\n");
    text.push_str("| answers | previous election | uniform swing | lme4 (the method's figure, not measured) | tree | tree + neighbours |\n|---|---|---|---|---|---|\n");
    for one in made {
        let answers = one.answers[0];
        let cell = |method: &str| {
            let Some(row) = mean_of(one, method) else { return "–".to_owned() };
            let Some(coverage) = row.coverage else { return format!("{:.2}", row.mae) };
            let error = row.standard_errors.map_or(String::new(), |[_, crps]| format!(" ±{crps:.2}"));
            format!("{:.2}; {:.2}/{:.0}{error}", row.mae, row.crps, 100.0 * coverage)
        };
        let lme4 = pair.bars.lme4.iter().find(|(size, _)| *size == answers).map_or("–", |(_, figure)| *figure);
        let [previous, uniform, tree, icar] = ["previous", "uniform", "tree", "icar"].map(cell);
        let _ = writeln!(text, "| {answers} | {previous} | {uniform} | {lme4} | {tree} | {icar} |");
    }
}

/// MAE / coverage of every group, where there are more than two.
fn groups(text: &mut String, made: &[Evaluation]) {
    const NAMES: [&str; 4] = ["abstainers", "undecided", "favourable", "opposed"];
    let of = |one: &Evaluation, method: &str, group: &str| {
        let row = one.tables.iter().find(|row| row.method == method && row.group == group)?;
        let coverage = row.coverage.map_or(String::new(), |coverage| format!("/{:.0}", 100.0 * coverage));
        Some(format!("{:.2}{coverage}", row.mae))
    };
    if made.iter().any(|one| of(one, "tree", "abstainers").is_none()) {
        return;
    }
    text.push_str("\nMAE / coverage by group.\n\n| answers | method | abstainers | undecided | favourable | opposed |\n|---|---|---|---|---|---|\n");
    for one in made {
        for method in ["uniform", "tree", "icar"] {
            let cells: Option<Vec<String>> = NAMES.iter().map(|group| of(one, method, group)).collect();
            if let Some(cells) = cells {
                let _ = writeln!(text, "| {} | {method} | {} |", one.answers[0], cells.join(" | "));
            }
        }
    }
}

/// Each bar, and by how much it was reached.
fn bars(text: &mut String, pair: &RealPair, made: &[Evaluation]) {
    text.push_str("\n| bar | answers | method | asked | found | |\n|---|---|---|---|---|---|\n");
    for one in made {
        let answers = one.answers[0];
        for (at, method) in ["tree", "icar"].into_iter().enumerate() {
            let Some(row) = mean_of(one, method) else { continue };
            let (name, found) = match pair.bars.figure {
                Figure::Crps => ("CRPS", row.crps),
                Figure::Mae => ("mean MAE", row.mae),
            };
            let most = pair.bars.most.iter().find(|(size, _)| *size == answers).and_then(|(_, most)| most[at]);
            if let Some(most) = most {
                line(text, name, answers, method, &format!("≤ {most}"), found, most - found);
            }
            if let Some(uniform) = mean_of(one, "uniform") {
                let ratio = row.crps / uniform.crps;
                let asked = format!("≤ {SWING_RATIO:.2}");
                line(text, "CRPS ÷ uniform swing's", answers, method, &asked, ratio, SWING_RATIO - ratio);
            }
            if answers < COVERAGE_FROM {
                continue;
            }
            let (low, high) = LEAF_COVERAGE;
            let coverage = row.coverage.unwrap_or(0.0);
            let asked = format!("{:.0}–{:.0} %", 100.0 * low, 100.0 * high);
            let by = 100.0 * (coverage - low).min(high - coverage);
            line(text, "coverage, leaf", answers, method, &asked, 100.0 * coverage, by);
            let region = pair.bars.region.map(|region| format!("level:{region}"));
            let region = one.by_class.iter().find(|row| row.method == method && Some(&row.class) == region.as_ref());
            if let Some(region) = region {
                let (found, least) = (100.0 * region.coverage, 100.0 * REGION_COVERAGE);
                line(text, "coverage, region", answers, method, &format!("≥ {least:.0} %"), found, found - least);
            }
        }
    }
}

fn line(text: &mut String, bar: &str, answers: u32, method: &str, asked: &str, found: f64, by: f64) {
    let said = if by >= 0.0 { format!("reached by {by:.2}") } else { format!("**MISSED by {:.2}**", -by) };
    let _ = writeln!(text, "| {bar} | {answers} | {method} | {asked} | {found:.2} | {said} |");
}

/// Calibration by class of areas.
fn classes(text: &mut String, made: &[Evaluation]) {
    text.push_str("\nCalibration by class of areas, all groups together: coverage of 90 % intervals, and PIT in ten parts in percent (10 each where intervals are right).\n\n");
    text.push_str("| answers | method | class | areas | CRPS | coverage | PIT |\n|---|---|---|---|---|---|---|\n");
    for row in made.iter().flat_map(|one| &one.by_class) {
        let ClassRow { answers, method, class, areas, crps, coverage, pit } = row;
        let pit: Vec<String> = pit.iter().map(|part| format!("{:.0}", 100.0 * part)).collect();
        let pit = pit.join(" ");
        let _ = writeln!(
            text,
            "| {answers} | {method} | {class} | {areas} | {crps:.2} | {:.0} | {pit} |",
            100.0 * coverage
        );
    }
    text.push('\n');
}
