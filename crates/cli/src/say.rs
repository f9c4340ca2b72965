//! What is printed: plain lines for people, JSON for machines.

use anyhow::Result;
use quartier_campaign::{
    Account, AnswersAccount, CampaignError, CellsAccount, Continuity, ContinuityReport, EstimateSummary, Finding,
    GroupingAccount, Inspection, KeptEvaluation, Language, PopulationAccount, Progress,
};
use quartier_ingest::{IngestError, grouped};
use quartier_model::Measure;
use quartier_store::{Import, ImportId};
use serde_json::json;

/// Codes shown of a long list; the rest is counted, and all are in `--json`.
const SHOWN: usize = 20;

/// Steps of a long command, on standard error.
pub struct Steps;

impl Progress for Steps {
    fn step(&self, what: &str) {
        eprintln!("  {what}");
    }
}

/// Why a command failed, on standard error: the first faults for people, every one of them for machines.
pub fn error(error: &anyhow::Error, as_json: bool) {
    if !as_json {
        eprintln!("error: {error:#}");
        return;
    }
    let refused = error.chain().find_map(|cause| match cause.downcast_ref::<CampaignError>() {
        Some(CampaignError::Refused(refused)) => Some(refused),
        _ => cause.downcast_ref::<IngestError>(),
    });
    eprintln!("{}", json!({ "error": format!("{error:#}"), "refused": refused.map(IngestError::refusal) }));
}

/// What `doctor` found, and what to do about it.
pub fn findings(findings: &[Finding], as_json: bool) -> Result<()> {
    if as_json {
        println!("{}", serde_json::to_string_pretty(findings)?);
        return Ok(());
    }
    for finding in findings {
        let mark = if finding.broken { "broken" } else { "ok" };
        println!("{mark:<8}{}: {}", finding.what, finding.found);
        if let Some(mend) = &finding.mend {
            println!("        {}: {mend}", if finding.broken { "to mend" } else { "next" });
        }
    }
    Ok(())
}

/// Areas that are named on a screen; `--json` names all.
const NAMED: usize = 20;

/// Which areas are the same place in two elections.
pub fn continuity(report: &ContinuityReport, as_json: bool) -> Result<()> {
    if as_json {
        println!("{}", serde_json::to_string_pretty(report)?);
        return Ok(());
    }
    let ContinuityReport { from, to, level, commune, stable, doubtful, redrawn, areas } = report;
    println!("{level}, from {from} to {to}: {stable} stable, {doubtful} doubtful, {redrawn} redrawn (by {commune})");
    let unsure: Vec<_> = areas.iter().filter(|own| own.class != Continuity::Stable).collect();
    for own in unsure.iter().take(NAMED) {
        let class = if own.class == Continuity::Doubtful { "doubtful" } else { "redrawn" };
        println!("  {class:<9}{} ({}): {}", own.area, own.name, own.why);
    }
    if unsure.len() > NAMED {
        println!("  ... {} more; all with --json", unsure.len() - NAMED);
    }
    if !unsure.is_empty() {
        println!("read these at level {commune}, or not as a change of the same people");
    }
    Ok(())
}

/// The account of an import.
pub fn account(id: ImportId, account: &Account, as_json: bool) -> Result<()> {
    if as_json {
        println!("{}", serde_json::to_string_pretty(&json!({ "import": id, "account": account }))?);
        return Ok(());
    }
    println!(
        "import {id}: {} rows read, {} used, {} attached to an ancestor, {} unplaced, {} refused",
        account.read,
        account.used,
        account.attached.len(),
        account.unplaced.len(),
        account.refused
    );
    if account.filtered > 0 {
        println!("  {} rows left out by --where", account.filtered);
    }
    for line in &account.said {
        println!("  {line}");
    }
    let attached: Vec<String> = account.attached.iter().map(|(_, code, to)| format!("{code} → {to}")).collect();
    let mut aliased: Vec<String> = account.aliased.iter().map(|(_, old, to)| format!("{old} → {to}")).collect();
    aliased.dedup();
    if !aliased.is_empty() {
        println!("  {} rows followed an alias: {}", account.aliased.len(), shortened(&aliased));
    }
    listed("attached to an ancestor", &attached);
    let unplaced: Vec<String> = account.unplaced.iter().map(|(_, code)| code.clone()).collect();
    listed("unplaced, counted for the whole campaign", &unplaced);
    listed("areas without a result", &account.no_result);
    let no_area: Vec<String> = account.no_area.iter().map(|(row, code)| format!("{code} (row {row})")).collect();
    listed("rows of no area of the level, left out", &no_area);
    listed("without a number, where estimates take the mean of the siblings", &account.no_number);
    listed("values without a row in the joined table", &account.without_join);
    listed("rows of the joined table that no row uses", &account.unused_join);
    if let Some((file, kept)) = account.votes {
        println!("  valid votes in the file {file}, kept {kept}");
    }
    Ok(())
}

/// The account of an import of a grouping.
pub fn grouping(id: ImportId, account: &GroupingAccount, as_json: bool) -> Result<()> {
    if as_json {
        println!("{}", serde_json::to_string_pretty(&json!({ "import": id, "account": account }))?);
        return Ok(());
    }
    let GroupingAccount { grouping, areas, read, .. } = account;
    println!("import {id}: {read} rows read, {areas} areas of `{grouping}`");
    if account.filtered > 0 {
        println!("  {} rows left out by --where", account.filtered);
    }
    if let Some(level) = &account.level {
        println!("  {} areas of level `{level}` are their members", account.members);
    }
    for line in &account.said {
        println!("  {line}");
    }
    let no_area: Vec<String> = account.no_area.iter().map(|(row, key)| format!("{key} (row {row})")).collect();
    listed("keys of no area of the level, left out", &no_area);
    listed("areas of the grouping without a known member, left out", &account.no_member);
    listed("areas of the level in none, unplaced in the grouping", &account.ungrouped);
    if let Some(polygons) = &account.polygons {
        facts(polygons);
    }
    Ok(())
}

/// The account of an import of population.
pub fn population(id: ImportId, account: &PopulationAccount, as_json: bool) -> Result<()> {
    if as_json {
        println!("{}", serde_json::to_string_pretty(&json!({ "import": id, "account": account }))?);
        return Ok(());
    }
    println!("import {id}: {} rows read, {} used, {:.1} people", account.read, account.used, account.people);
    if account.filtered > 0 {
        println!("  {} rows left out by --where", account.filtered);
    }
    for line in &account.said {
        println!("  {line}");
    }
    if let Some(inside) = account.in_areas {
        println!("  {inside:.1} people are in areas of the campaign");
    }
    listed("rows in no area of the campaign", &rows_named(&account.outside));
    listed("rows without a number", &rows_named(&account.without_number));
    listed("features without a polygon", &rows_named(&account.without_place));
    Ok(())
}

/// The account of an import of cells.
pub fn cells(id: ImportId, account: &CellsAccount, as_json: bool) -> Result<()> {
    if as_json {
        println!("{}", serde_json::to_string_pretty(&json!({ "import": id, "account": account }))?);
        return Ok(());
    }
    let (read, used, cells) = (grouped(account.read), grouped(account.used), grouped(account.cells));
    println!("import {id}: {read} rows read, {used} used, in {cells} cells");
    if account.filtered > 0 {
        println!("  {} rows left out by --where", grouped(account.filtered));
    }
    account.said.iter().for_each(|line| println!("  {line}"));
    if let Some(electors) = account.electors {
        println!("  {} electors", grouped(electors));
    }
    if account.straddling > 0 {
        println!(
            "  {} cells have points in several areas: each is of the one with most electors",
            grouped(account.straddling)
        );
    }
    listed("rows in no area of the coarser level", &rows_named(&account.outside));
    Ok(())
}

/// Rows as people are told them.
fn rows_named(rows: &[u64]) -> Vec<String> {
    rows.iter().map(|row| format!("row {}", grouped(*row))).collect()
}

/// The notes of an area file: every fact that is not empty.
pub fn notes(id: ImportId, notes: &serde_json::Value, as_json: bool) -> Result<()> {
    if as_json {
        println!("{}", serde_json::to_string_pretty(&json!({ "import": id, "account": notes }))?);
        return Ok(());
    }
    println!("import {id}:");
    facts(notes);
    Ok(())
}

/// Every fact that is not empty.
fn facts(notes: &serde_json::Value) {
    for (name, value) in notes.as_object().into_iter().flatten() {
        match value {
            serde_json::Value::Array(items) if items.is_empty() => {}
            serde_json::Value::Array(items) => {
                listed(
                    name,
                    &items
                        .iter()
                        .map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned))
                        .collect::<Vec<_>>(),
                );
            }
            serde_json::Value::Null => {}
            serde_json::Value::Object(facts) => {
                let facts: Vec<String> = facts.iter().map(|(fact, value)| format!("{fact} {value}")).collect();
                println!("  {name}: {}", facts.join(", "));
            }
            other => println!("  {name}: {other}"),
        }
    }
}

fn listed(what: &str, items: &[String]) {
    if !items.is_empty() {
        println!("  {} {what}: {}", items.len(), shortened(items));
    }
}

/// The first of a long list, and how many more there are.
fn shortened(items: &[String]) -> String {
    let shown = &items[..items.len().min(SHOWN)];
    let more = items.len() - shown.len();
    let rest = if more > 0 { format!(" and {more} more (all with --json)") } else { String::new() };
    format!("{}{rest}", shown.join(", "))
}

/// The class edges of a measure.
pub fn edges(measure: Measure, edges: &[f64], as_json: bool) -> Result<()> {
    if as_json {
        println!("{}", json!({"measure": measure, "edges": edges}));
    } else {
        let points: Vec<String> = edges.iter().map(|edge| format!("{:.1}", edge * 100.0)).collect();
        println!(
            "{measure}: {} classes, edges {} %; `quartier publish` shows them",
            edges.len() + 1,
            points.join(", ")
        );
    }
    Ok(())
}

/// The list of imports.
pub fn imports(imports: &[Import], as_json: bool) -> Result<()> {
    for import in imports {
        if as_json {
            let line = json!({
                "id": import.id, "kind": import.kind, "status": import.status, "level": import.level,
                "election": import.election, "file": import.file, "sha256": import.sha256, "bytes": import.bytes,
                "at": import.at.to_string(), "replaces": import.replaces, "account": import.account,
                "batch": import.batch, "eps": import.eps, "lineage": import.lineage,
            });
            println!("{line}");
        } else {
            let about = import.election.as_ref().map(ToString::to_string);
            let about = about.or_else(|| import.batch.clone()).or_else(|| import.level.clone());
            println!(
                "{}\t{}\t{}\t{}\t{}\tsha256 {}",
                import.id,
                import.status.as_str(),
                import.kind.as_str(),
                about.unwrap_or_default(),
                import.file,
                import.sha256
            );
        }
    }
    Ok(())
}

/// What was estimated.
pub fn summary(summary: &EstimateSummary, as_json: bool) -> Result<()> {
    if as_json {
        println!("{}", serde_json::to_string_pretty(summary)?);
        return Ok(());
    }
    let electors = summary.electors.map_or_else(|| "unknown".to_owned(), |electors| electors.to_string());
    println!("{} areas, {electors} electors", summary.areas);
    used(summary);
    if summary.without_baseline > 0 {
        println!("  {} areas have no result of the baseline", summary.without_baseline);
    }
    for (measure, value, low, high) in &summary.campaign {
        let percent = |thousandths: &i16| f64::from(*thousandths) / 10.0;
        println!("  {measure}: {:.1} % ({:.1} to {:.1})", percent(value), percent(low), percent(high));
    }
    println!(
        "the map moved by {:.1} points on average from the baseline, {:.1} from what was expected before answers and polls",
        summary.moved_from_baseline, summary.moved_from_prior
    );
    for mover in &summary.movers {
        println!("  {} ({}): favourable {:.1} → {:.1} %", mover.name, mover.area, mover.before, mover.after);
    }
    listed(&format!("of level {} have no answer at all", summary.district), &summary.silent);
    for note in &summary.notes {
        println!("  {note}");
    }
    Ok(())
}

/// What an estimate was made from.
fn used(summary: &EstimateSummary) {
    let baseline: Vec<String> = match summary.baseline.as_slice() {
        [(id, _)] => vec![id.clone()],
        mix => mix.iter().map(|(id, weight)| format!("{:.0} % {id}", 100.0 * weight)).collect(),
    };
    println!("  starts from {}", if baseline.is_empty() { "nothing".to_owned() } else { baseline.join(", ") });
    match summary.pairs.as_slice() {
        [] => println!("  scales: the stated defaults (no pair of past elections is read)"),
        pairs => println!("  scales learnt from {}", pairs.join(", ")),
    }
    if !summary.covariates.is_empty() {
        println!("  covariates: {}", summary.covariates.join(", "));
    }
    println!("  {} polls and known totals", summary.polls);
    for stage in &summary.answers {
        println!(
            "  {:.0} answers to `{}`, in {} areas: worth {:.0} of a random sample for the whole",
            stage.answers, stage.stage, stage.areas, stage.effective
        );
    }
    match summary.neighbours {
        0 => {}
        pairs => println!("  {pairs} pairs of neighbours"),
    }
}

/// A back-test: one row a size and method, then how true the intervals were, class by class.
pub fn evaluation(kept: &KeptEvaluation, language: Language, as_json: bool) -> Result<()> {
    if as_json {
        println!("{}", serde_json::to_string_pretty(kept)?);
        return Ok(());
    }
    let found = &kept.evaluation;
    println!("{} to {}, by electors; error in points / coverage of 90 % intervals in percent", found.from, found.to);
    const GROUPS: [&str; 5] = ["mean", "abstainers", "undecided", "favourable", "opposed"];
    println!("{:>8} {:<9}{}", "answers", "method", GROUPS.map(|group| format!("{group:>12}")).concat());
    for row in found.tables.iter().filter(|row| row.group == "mean") {
        let same = |group: &str| {
            found
                .tables
                .iter()
                .find(|other| (other.answers, &other.method, other.group.as_str()) == (row.answers, &row.method, group))
        };
        let cell = |group: &&str| {
            let row = same(group)?;
            let coverage = row.coverage.map_or_else(String::new, |part| format!(" / {:.0}", 100.0 * part));
            Some(format!("{:.2}{coverage}", row.mae))
        };
        let cells: String = GROUPS.iter().map(|group| format!("{:>12}", cell(group).unwrap_or_default())).collect();
        println!("{:>8} {:<9}{cells}", row.answers, row.method);
    }
    let most = found.by_class.iter().map(|row| row.answers).max();
    println!(
        "{} with {} answers: areas, coverage, where results fell in the forecasts",
        found.method,
        most.unwrap_or(0)
    );
    for row in found.by_class.iter().filter(|row| Some(row.answers) == most && row.method == found.method) {
        println!("  {:<20}{:>7} {:>4.0} %  {}", row.class, row.areas, 100.0 * row.coverage, bars(&row.pit));
    }
    println!("{}", if matches!(language, Language::Fr) { &found.words.fr } else { &found.words.en });
    Ok(())
}

/// A histogram in one line; flat is a true forecast, high ends an overconfident one.
fn bars(parts: &[f64]) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let most = parts.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    parts.iter().map(|part| BARS[((part / most * 7.0).round() as usize).min(7)]).collect()
}

/// The account of answers: rows and answers counted, never what they said.
pub fn answers(id: ImportId, account: &AnswersAccount, as_json: bool) -> Result<()> {
    if as_json {
        println!("{}", serde_json::to_string_pretty(&json!({ "import": id, "account": account }))?);
        return Ok(());
    }
    let rows = &account.rows;
    println!("import {id}: {} rows read, {} used", grouped(rows.read), grouped(rows.used));
    let lines = [
        (rows.filtered, "rows left out by --where"),
        (rows.unanswered, "rows without an answer"),
        (rows.left_out, "rows whose answer the mapping leaves out"),
        (rows.attached, "rows counted at an ancestor, where --fallback sends them"),
        (rows.elsewhere, "rows without a place in the campaign"),
        (u64::from(account.too_few), "answers that are too few to be counted: import them with the next ones"),
    ];
    for (count, what) in lines.into_iter().filter(|(count, _)| *count > 0) {
        println!("  {} {what}", grouped(count));
    }
    if !rows.elsewhere_rows.is_empty() {
        let numbers: Vec<String> = rows.elsewhere_rows.iter().map(|row| grouped(*row)).collect();
        println!("  without a place: rows {}", numbers.join(", "));
    }
    println!(
        "  {} answers counted in {} areas, and at {} ancestors of areas with fewer than 11",
        grouped(account.answers),
        grouped(account.areas),
        grouped(account.ancestors)
    );
    println!("  only noised counts are kept ({})", account.noise);
    Ok(())
}

/// The answers of a column, and where their draft is.
pub fn inspection(name: &str, found: &Inspection, as_json: bool) -> Result<()> {
    if as_json {
        println!("{}", serde_json::to_string_pretty(found)?);
        return Ok(());
    }
    println!("{} rows, {} without an answer", grouped(found.read), grouped(found.empty));
    for (answer, count) in &found.answers {
        println!("  {}\t{answer}", grouped(*count));
    }
    if found.rare.0 > 0 {
        println!("  {}\t{} other answers, each given by fewer than 11 people", grouped(found.rare.1), found.rare.0);
    }
    println!("a draft is in campaign.toml under [mappings.{name}]: correct it, then import with --mapping {name}");
    Ok(())
}
