//! What is wrong with a file, told so that a person can mend it.
//!
//! A reader collects [`Fault`]s, all of them, into one [`Refusal`]; nothing is imported then. On a screen a refusal
//! shows its first [`SHOWN_FAULTS`] faults and the total; serialised, it holds them all.

use serde::Serialize;
use std::fmt;

/// How many faults of a file are written on a screen; `--json` has them all.
pub const SHOWN_FAULTS: usize = 20;

/// Longest piece of a file that a message repeats, in characters: enough for a number of 40 digits or a list's name.
const SHOWN_CHARACTERS: usize = 80;

/// What stood in the file where something else was expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Found {
    /// Text as it stands, shown between backticks.
    Text(String),
    /// A value that was read and understood (a number, a count of cells), shown bare.
    Value(String),
}

/// One fault: where, what was found, what was expected.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Fault {
    /// The row as a spreadsheet numbers it (the header is row 1), or the number of the feature, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<u64>,
    /// The column's name as the file has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// What stood there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<Found>,
    /// What was expected in its place; may be empty where `suggestion` says it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub expected: String,
    /// What was probably meant: `01001` (L'Abergement-Clémenciat).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
}

impl Fault {
    /// A fault of a whole file or option.
    pub fn new() -> Self {
        Self::default()
    }

    /// A fault at a row, as a spreadsheet numbers it.
    pub fn at(row: u64) -> Self {
        Self { row: Some(row), ..Self::default() }
    }

    /// The column it stands in.
    #[must_use]
    pub fn column(mut self, name: impl Into<String>) -> Self {
        self.column = Some(name.into());
        self
    }

    /// The text found there; a long one is cut.
    #[must_use]
    pub fn text(mut self, found: &str) -> Self {
        self.found = Some(Found::Text(shortened(found)));
        self
    }

    /// The value found there, shown bare.
    #[must_use]
    pub fn value(mut self, found: impl fmt::Display) -> Self {
        self.found = Some(Found::Value(shortened(&found.to_string())));
        self
    }

    /// What was expected: "a whole number of electors".
    #[must_use]
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = expected.into();
        self
    }

    /// What was probably meant, shown as `did you mean ...?`.
    #[must_use]
    pub fn meant(mut self, suggestion: impl Into<String>) -> Self {
        self.suggestion = Some(suggestion.into());
        self
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARACTERS) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut before = "";
        if let Some(row) = self.row {
            write!(f, "row {}", grouped(row))?;
            before = ", ";
        }
        if let Some(column) = &self.column {
            write!(f, "{before}`{column}`")?;
            before = ", ";
        }
        if !before.is_empty() {
            f.write_str(": ")?;
        }
        let mut before = "";
        match &self.found {
            Some(Found::Text(text)) if text.is_empty() => f.write_str("found nothing")?,
            Some(Found::Text(text)) => write!(f, "found `{text}`")?,
            Some(Found::Value(value)) => write!(f, "found {value}")?,
            None => {}
        }
        if self.found.is_some() {
            before = ", ";
        }
        if !self.expected.is_empty() {
            write!(f, "{before}expected {}", self.expected)?;
            before = "; ";
        }
        if let Some(suggestion) = &self.suggestion {
            let before = if before.is_empty() { "" } else { "; " };
            write!(f, "{before}did you mean {suggestion}?")?;
        }
        Ok(())
    }
}

/// A file that is not taken, and why: every fault, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// The file's name, or the option of the command line.
    pub file: Box<str>,
    /// What is wrong, in one line: "2 of 69,412 rows cannot be read; nothing imported".
    pub summary: String,
    /// All faults, in the order of the file.
    pub faults: Vec<Fault>,
    /// What is said of the faults that are not listed one by one: "12 more have lost a leading zero".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rest: Option<Box<str>>,
    /// How many faults a screen lists one by one; at most [`SHOWN_FAULTS`]. JSON always has them all.
    #[serde(skip)]
    pub shown: usize,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl Refusal {
    /// A refusal of a whole file.
    pub fn new(file: impl Into<String>, summary: impl Into<String>) -> Self {
        Self {
            file: file.into().into_boxed_str(),
            summary: summary.into(),
            faults: Vec::new(),
            rest: None,
            shown: SHOWN_FAULTS,
            help: None,
        }
    }

    /// A refusal for faults in rows: "2 of 69,412 rows cannot be read; nothing imported".
    ///
    /// `rows` is how many rows the file has; several faults of one row count once.
    pub fn rows(file: impl Into<String>, faults: Vec<Fault>, rows: u64) -> Self {
        let mut faulty: Vec<u64> = faults.iter().filter_map(|fault| fault.row).collect();
        faulty.sort_unstable();
        faulty.dedup();
        let faulty = if faulty.is_empty() { faults.len() as u64 } else { faulty.len() as u64 };
        let summary = format!("{} of {} rows cannot be read; nothing imported", grouped(faulty), grouped(rows));
        Self {
            faults,
            help: Some(
                if faulty == 1 { "correct this row and import again" } else { "correct these rows and import again" }
                    .to_owned(),
            ),
            ..Self::new(file, summary)
        }
    }

    /// Adds a fault.
    #[must_use]
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.summary)?;
        for fault in self.faults.iter().take(self.shown.min(SHOWN_FAULTS)) {
            write!(f, "\n  {fault}")?;
        }
        if let Some(rest) = &self.rest {
            write!(f, "\n  ... {rest}")?;
        } else if self.faults.len() > SHOWN_FAULTS {
            let more = grouped((self.faults.len() - SHOWN_FAULTS) as u64);
            let total = grouped(self.faults.len() as u64);
            write!(f, "\n  ... {more} more ({total} in all; `--json` lists every one)")?;
        }
        if let Some(help) = &self.help {
            write!(f, "\nhelp: {help}")?;
        }
        Ok(())
    }
}

/// Why a file gave no records. The variant says who can mend it; the [`Refusal`] inside says how.
///
/// Its text has no `error: ` before it: the face that shows it writes that.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IngestError {
    /// The file as a whole: not there, a directory, damaged, not of its kind, or larger than is taken.
    #[error("{0}")]
    File(Refusal),
    /// The columns are not those that were named.
    #[error("{0}")]
    Columns(Refusal),
    /// Rows or features that cannot be read.
    #[error("{0}")]
    Rows(Refusal),
    /// Codes that have no area, where `--strict` or the tree demands one.
    #[error("{0}")]
    Codes(Refusal),
    /// An option of the command that makes no sense: a template, a filter, a join.
    #[error("{0}")]
    Options(Refusal),
}

impl IngestError {
    /// The whole refusal, with every fault.
    pub fn refusal(&self) -> &Refusal {
        match self {
            Self::File(refusal)
            | Self::Columns(refusal)
            | Self::Rows(refusal)
            | Self::Codes(refusal)
            | Self::Options(refusal) => refusal,
        }
    }

    /// A refusal of the whole file, in one line, with what to do.
    pub fn file(file: impl Into<String>, summary: impl Into<String>, help: impl Into<String>) -> Self {
        Self::File(Refusal::new(file, summary).help(help))
    }
}

/// A number with a comma between thousands: 69,412.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The known name that is nearest to one that is not known, if any is near: at most a third of its letters differ.
///
/// Distances are counted on folded names (no case, no accents, no spaces), so that `Exprimes` finds `Exprimés`.
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let fold = |text: &str| quartier_model::fold(text).replace([' ', '_', '-', '.'], "");
    let wanted: Vec<char> = fold(name).chars().take(SHOWN_CHARACTERS).collect();
    known
        .into_iter()
        .map(|candidate| {
            let letters: Vec<char> = fold(candidate).chars().take(SHOWN_CHARACTERS).collect();
            (edits(&wanted, &letters), candidate)
        })
        .filter(|(distance, _)| *distance * 3 <= wanted.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Insertions, deletions and replacements that turn one word into another (Levenshtein 1966).
fn edits(from: &[char], to: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_reads_as_the_house_writes_it() {
        let faults = vec![
            Fault::at(1204).column("Inscrits").text("1 O43").expected("a whole number of electors"),
            Fault::at(1311).column("Votants").value(912).expected("at most the 907 of `Inscrits`"),
        ];
        let error = IngestError::Rows(Refusal::rows("bureaux.csv", faults, 69_412));
        assert_eq!(
            format!("error: {error}"),
            "error: bureaux.csv: 2 of 69,412 rows cannot be read; nothing imported\n  \
             row 1,204, `Inscrits`: found `1 O43`, expected a whole number of electors\n  \
             row 1,311, `Votants`: found 912, expected at most the 907 of `Inscrits`\n\
             help: correct these rows and import again"
        );
    }

    #[test]
    fn the_screen_shows_twenty_faults_and_json_all_of_them() {
        let faults: Vec<Fault> =
            (2..102).map(|row| Fault::at(row).column("a").text("x").expected("a number")).collect();
        let refusal = Refusal::rows("f.csv", faults, 5000);
        let shown = refusal.to_string();
        assert_eq!(shown.lines().filter(|line| line.starts_with("  row")).count(), SHOWN_FAULTS);
        assert!(shown.contains("... 80 more (100 in all; `--json` lists every one)"), "{shown}");
        let json = serde_json::to_value(&refusal).expect("a refusal serialises");
        assert_eq!(json["faults"].as_array().map(Vec::len), Some(100));
        assert_eq!(json["faults"][0]["row"], 2);
    }

    #[test]
    fn a_suggestion_stands_in_for_what_was_expected() {
        let fault = Fault::at(91).column("code").text("1001").meant("`01001` (L'Abergement-Clémenciat)");
        assert_eq!(fault.to_string(), "row 91, `code`: found `1001`; did you mean `01001` (L'Abergement-Clémenciat)?");
    }

    #[test]
    fn a_near_name_is_found_whatever_its_accents() {
        let known = ["Inscrits", "Votants", "Exprimés"];
        assert_eq!(did_you_mean("exprimes", known), Some("Exprimés"));
        assert_eq!(did_you_mean("Votans", known), Some("Votants"));
        assert_eq!(did_you_mean("population", known), None);
    }
}
