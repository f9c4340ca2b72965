//! What no single row shows: shares in the place of counts, and numbered blocks whose candidate changes.

use super::layout::{Candidates, Columns};
use super::totals::Totals;
use crate::fault::{Fault, IngestError, Refusal, grouped};
use crate::table::{Row, Table};
use std::collections::HashMap;

/// Looks at every row that is used; only columns that the command or `fr-large` name can be mistaken.
#[derive(Debug, Default)]
pub(super) struct Watch {
    is_on: bool,
    blocks: Vec<NumberedBlock>,
    shares: Shares,
}

impl Watch {
    pub(super) fn new(columns: &Columns, table: &Table) -> Self {
        let Candidates::Columns(candidates) = &columns.candidates else { return Self::default() };
        Self { is_on: true, blocks: NumberedBlock::find(candidates, table), shares: Shares::default() }
    }

    /// Looks at the text of a row.
    pub(super) fn text(&mut self, row: &Row) {
        for block in &mut self.blocks {
            block.look(row);
        }
    }

    /// Looks at the counts of a row.
    pub(super) fn counts(&mut self, row: u64, votes: &[(u32, u32)], totals: &Totals) {
        if self.is_on {
            self.shares.look(row, votes, totals);
        }
    }

    /// Refuses the file where its rows together say that it cannot be what was asked for.
    pub(super) fn verdict(self, file: &str) -> Result<(), IngestError> {
        let changed: Vec<Fault> = self.blocks.into_iter().filter_map(NumberedBlock::changed).collect();
        if !changed.is_empty() {
            let summary =
                "`--candidates` names numbered blocks whose candidate changes from row to row; nothing imported";
            let mut refusal = Refusal::new(file, summary).help(
                "`--preset fr-ministere` names each candidate by its content, not by its number; or keep the rows of \
                 one constituency with `--where`",
            );
            refusal.faults = changed;
            return Err(IngestError::Columns(refusal));
        }
        self.shares.verdict(file)
    }
}

/// A column of votes with a number, and the columns of the same number that say whose votes they are.
#[derive(Debug)]
struct NumberedBlock {
    votes: String,
    identities: Vec<Identity>,
}

#[derive(Debug)]
struct Identity {
    column: usize,
    name: String,
    /// Folded value, value and row of the first one met.
    first: Option<(String, String, u64)>,
    changed: Option<Fault>,
}

/// A header that ends in a number: what stands before it, folded, and the number.
fn numbered(name: &str) -> Option<(String, u32)> {
    /// Blocks are counted to a few dozen; longer numbers are years and codes.
    const LONGEST_NUMBER: usize = 3;
    let end = name.trim_end_matches(|letter: char| !letter.is_alphanumeric());
    let stem = end.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let digits = &end[stem.len()..];
    if digits.is_empty() || digits.len() > LONGEST_NUMBER {
        return None;
    }
    Some((quartier_model::fold(stem), digits.parse().ok()?))
}

/// Whether a folded header says who a candidate is, in French or English.
fn says_who(stem: &str) -> bool {
    const STARTS: [&str; 10] =
        ["nom", "prenom", "panneau", "nuance", "candidat", "liste", "binome", "name", "surname", "libelle"];
    const WORDS: [&str; 5] = ["parti", "party", "list", "label", "npanneau"];
    stem.split(' ').any(|word| {
        WORDS.contains(&word) || (!word.starts_with("nombre") && STARTS.iter().any(|start| word.starts_with(start)))
    })
}

impl NumberedBlock {
    /// The numbered blocks among columns of votes: at least two that differ in nothing but their number.
    fn find(candidates: &[usize], table: &Table) -> Vec<Self> {
        let mut alike: HashMap<String, Vec<(usize, u32)>> = HashMap::new();
        for at in candidates {
            if let Some((stem, number)) = numbered(&table.header[*at]) {
                alike.entry(stem).or_default().push((*at, number));
            }
        }
        let mut blocks: Vec<(usize, u32)> = alike.into_values().filter(|same| same.len() > 1).flatten().collect();
        blocks.sort_unstable();
        let identities = |number: u32| -> Vec<Identity> {
            let columns = table.header.iter().enumerate().filter(|(at, name)| {
                !candidates.contains(at)
                    && !name.contains('%')
                    && numbered(name).is_some_and(|(stem, own)| own == number && says_who(&stem))
            });
            columns.map(|(column, name)| Identity { column, name: name.clone(), first: None, changed: None }).collect()
        };
        blocks
            .into_iter()
            .map(|(at, number)| Self { votes: table.header[at].clone(), identities: identities(number) })
            .collect()
    }

    fn look(&mut self, row: &Row) {
        for identity in self.identities.iter_mut().filter(|identity| identity.changed.is_none()) {
            let value = row.cell(identity.column);
            if value.is_empty() {
                continue;
            }
            let folded = quartier_model::fold(value);
            match &identity.first {
                None => identity.first = Some((folded, value.to_owned(), row.number)),
                Some((first, _, _)) if *first == folded => {}
                Some((_, shown, at)) => {
                    let expected =
                        format!("`{shown}`, as in row {}, if `{}` were one candidate", grouped(*at), self.votes);
                    identity.changed =
                        Some(Fault::at(row.number).column(&identity.name).text(value).expected(expected));
                }
            }
        }
    }

    /// The most telling change: that of a name before that of a nuance or a panel.
    fn changed(self) -> Option<Fault> {
        let is_name = |identity: &Identity| quartier_model::fold(&identity.name).contains("nom");
        let (names, others): (Vec<_>, Vec<_>) = self.identities.into_iter().partition(is_name);
        names.into_iter().chain(others).find_map(|identity| identity.changed)
    }
}

/// Whether whole numbers in the place of votes are percentages.
///
/// They are where the lists of **every** row add up to the same share: to 100 (of valid), or to valid in % of voters
/// or of registered, up to rounding; and where they cannot be counts: in three rows or more the total beside them is
/// far larger, or ten rows or more all add up to 100, which no ten stations or villages do.
#[derive(Debug)]
struct Shares {
    rows: u64,
    /// Rows whose total is far larger than what their lists add up to.
    far: u64,
    /// Whether all rows so far add up to shares of valid, voters, registered.
    shares_of: [bool; 3],
    shown: Vec<Fault>,
}

impl Default for Shares {
    fn default() -> Self {
        Self { rows: 0, far: 0, shares_of: [true; 3], shown: Vec::new() }
    }
}

/// Rows with a far larger total that tell shares from counts.
const FAR_ROWS: u64 = 3;
/// Rows that tell them where there is no other total.
const ALIKE_ROWS: u64 = 10;
/// Rows that a message shows.
const SHOWN_ROWS: usize = 3;

impl Shares {
    fn look(&mut self, row: u64, votes: &[(u32, u32)], totals: &Totals) {
        let sum: f64 = votes.iter().map(|(_, votes)| f64::from(*votes)).sum();
        if sum == 0.0 || self.shares_of == [false; 3] {
            return;
        }
        let lists = votes.iter().filter(|(_, votes)| *votes > 0).count() as f64;
        // Each share is rounded by half a point at most: the sum of n has a deviation of sqrt(n / 12).
        let rounding = 1.0 + lists.sqrt();
        let of = |whole: Option<u32>| {
            let (valid, whole) = (f64::from(totals.valid?), f64::from(whole?));
            (whole > 0.0).then(|| 100.0 * valid / whole)
        };
        let expected = [Some(100.0), of(totals.voters), of(totals.registered)];
        for (is_share, expected) in self.shares_of.iter_mut().zip(expected) {
            *is_share &= expected.is_some_and(|expected| (sum - expected).abs() <= rounding);
        }
        self.rows += 1;
        let beside = [(totals.valid, "valid"), (totals.voters, "voters"), (totals.registered, "registered")];
        let beside = beside.into_iter().find_map(|(total, name)| Some((total?, name)));
        let told = match beside {
            Some((total, name)) if f64::from(total) >= 2.0 * (sum + rounding) => {
                self.far += 1;
                format!("counts, of which there are {} {name}", grouped(total.into()))
            }
            _ => "counts, which do not add up to 100 in every row".to_owned(),
        };
        if self.shown.len() < SHOWN_ROWS {
            self.shown.push(Fault::at(row).value(format!("lists that add up to {sum}")).expected(told));
        }
    }

    fn verdict(self, file: &str) -> Result<(), IngestError> {
        let far = self.far >= FAR_ROWS && self.shares_of != [false; 3];
        let alike = self.rows >= ALIKE_ROWS && self.shares_of[0];
        if !far && !alike {
            return Ok(());
        }
        let summary = format!(
            "the lists of all {} rows add up as percentages do, not as counts; nothing imported",
            grouped(self.rows)
        );
        let mut refusal =
            Refusal::new(file, summary).help("shares cannot be summed; give the columns that hold counts");
        refusal.faults = self.shown;
        Err(IngestError::Columns(refusal))
    }
}
