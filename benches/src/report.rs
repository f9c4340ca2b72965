//! The report: one line a comparison, with the target and whether it was reached.

use crate::desk::Desk;
use crate::usage::{load, output};
use anyhow::Result;
use std::fmt::Write;
use std::process::Command;

/// What the ratio ours ÷ peer must satisfy.
#[derive(Debug, Clone, Copy)]
pub enum Target {
    /// Costs: at most.
    AtMost(f64),
    /// Rates: at least.
    AtLeast(f64),
}

/// One comparison.
#[derive(Debug)]
pub struct Line<'a> {
    /// Number in the table of goals.
    pub goal: u8,
    /// What was done.
    pub what: &'a str,
    /// Who else did it.
    pub peer: &'a str,
    /// The peer's figures, one a round.
    pub theirs: &'a [f64],
    /// Ours, one a round.
    pub ours: &'a [f64],
    /// The unit of both.
    pub unit: &'a str,
    /// What to reach.
    pub target: Target,
}

/// The report being made.
#[derive(Debug)]
pub struct Report {
    text: String,
    notes: Vec<String>,
}

impl Report {
    /// Begins with the machine and the versions.
    ///
    /// # Errors
    /// When the binary does not say its version.
    pub fn begin(desk: &Desk) -> Result<Self> {
        let version = output(Command::new(&desk.quartier).arg("--version"))?;
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        let mut text = String::from("# Quartier against its peers\n\n");
        writeln!(
            text,
            "Printed by `make bench`: {}, built with the profile `bench`; {cores} shared cores; load at the start {}. \
             Medians of rounds in which peer and ours take turns; the range of the rounds in brackets. The ratio is ours ÷ peer.\n",
            version.trim(),
            load()
        )?;
        text.push_str("| goal | what | peer | peer's figure | ours | unit | ratio | target | reached |\n");
        text.push_str("| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
        Ok(Self { text, notes: Vec::new() })
    }

    /// Adds a comparison; says it on standard error at once.
    pub fn line(&mut self, line: &Line<'_>) {
        let ratio = median(line.ours) / median(line.theirs);
        let (target, reached) = match line.target {
            Target::AtMost(limit) => (format!("≤ {}", figure(limit)), ratio <= limit),
            Target::AtLeast(limit) => (format!("≥ {}", figure(limit)), ratio >= limit),
        };
        let reached = if reached { "yes" } else { "**no**" };
        let row = format!(
            "| {} | {} | {} | {} | {} | {} | {} | {target} | {reached} |\n",
            line.goal,
            line.what,
            line.peer,
            ranged(line.theirs),
            ranged(line.ours),
            line.unit,
            figure(ratio),
        );
        eprint!("{row}");
        self.text.push_str(&row);
    }

    /// Adds a remark under the table.
    pub fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        eprintln!("{note}");
        self.notes.push(note);
    }

    /// The whole report in Markdown.
    pub fn text(&self) -> String {
        let mut text = format!("{}\nLoad at the end {}.\n", self.text, load());
        for note in &self.notes {
            let _ = writeln!(text, "- {note}");
        }
        text
    }
}

/// The middle of some figures; the mean of the two in the middle where their number is even.
pub fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => sorted[middle],
        _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

fn ranged(figures: &[f64]) -> String {
    let low = figures.iter().copied().reduce(f64::min).unwrap_or(f64::NAN);
    let high = figures.iter().copied().reduce(f64::max).unwrap_or(f64::NAN);
    if figures.len() > 1 && figure(low) != figure(high) {
        format!("{} ({}–{})", figure(median(figures)), figure(low), figure(high))
    } else {
        figure(median(figures))
    }
}

/// Three significant digits, thousands whole.
fn figure(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() {
        "–".into()
    } else if size >= 100.0 || (size == 0.0) {
        format!("{value:.0}")
    } else {
        let digits = (2.0 - size.log10().floor()).clamp(0.0, 6.0) as usize;
        format!("{value:.digits$}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_of_an_even_number_lies_between_the_two_in_the_middle() {
        assert!((median(&[4.0, 1.0, 3.0, 2.0]) - 2.5).abs() < 1e-12);
        assert!((median(&[9.0, 1.0, 2.0]) - 2.0).abs() < 1e-12);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn figures_have_three_digits() {
        assert_eq!(figure(0.012_34), "0.0123");
        assert_eq!(figure(41_234.6), "41235");
        assert_eq!(figure(3.456), "3.46");
        assert_eq!(ranged(&[2.0, 1.0, 3.0]), "2.00 (1.00–3.00)");
    }
}
