//! A goal of votes by area, as CSV.

use crate::csv_file::{CsvForm, guarded};
use crate::error::Result;
use crate::unplaced::ELSEWHERE;
use std::io::Write;

/// What a goal asks of one area. People; intervals are central 90 %.
#[derive(Debug, Clone, PartialEq)]
pub struct GoalRow<'a> {
    /// Level of the area.
    pub level: &'a str,
    /// Code.
    pub code: &'a str,
    /// Name.
    pub name: &'a str,
    /// Code of the parent; `None`: the campaign.
    pub parent: Option<&'a str>,
    /// Electors; `None`: unknown.
    pub electors: Option<u32>,
    /// Favourable votes that the estimate counts: mean, 5th and 95th percentile.
    pub in_hand: [f64; 3],
    /// Votes asked for.
    pub goal: u64,
    /// Share of the draws that reach it.
    pub chance: f64,
}

impl GoalRow<'_> {
    /// Votes that are missing; negative where there are more than asked for.
    pub fn gap(&self) -> f64 {
        self.goal as f64 - self.in_hand[0]
    }
}

/// Writes a goal: `area,code,name,level,parent,electors,in_hand,in_hand_low,in_hand_high,goal,gap,chance`. Areas of
/// `level` first, then, at level [`ELSEWHERE`], those that have none of that level below them: the goals add up.
///
/// # Errors
/// Those of `out`.
pub fn goal_csv<'a>(
    out: impl Write,
    level: &str,
    rows: impl Iterator<Item = GoalRow<'a>>,
    form: CsvForm,
) -> Result<()> {
    let mut writer = form.writer(out)?;
    let people = ["in_hand", "in_hand_low", "in_hand_high", "goal", "gap", "chance"];
    writer.write_record(["area", "code", "name", "level", "parent", "electors"].iter().chain(&people))?;
    for row in rows {
        let own = format!("{}:{}", row.level, row.code);
        let inside = row.level == level;
        let (area, code) =
            if inside { (own, guarded(row.code)) } else { (format!("{ELSEWHERE}:{own}"), guarded(&own)) };
        let [value, low, high] = row.in_hand.map(|people| form.decimal(format!("{people:.1}")));
        writer.write_record([
            area,
            code,
            guarded(row.name),
            if inside { level.to_owned() } else { ELSEWHERE.to_owned() },
            guarded(row.parent.unwrap_or_default()),
            row.electors.map(|electors| electors.to_string()).unwrap_or_default(),
            value,
            low,
            high,
            row.goal.to_string(),
            form.decimal(format!("{:.1}", row.gap())),
            form.decimal(format!("{:.3}", row.chance)),
        ])?;
    }
    writer.flush()?;
    Ok(())
}
