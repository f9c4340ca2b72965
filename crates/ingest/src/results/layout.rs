//! Which columns of a file hold what.

use crate::fault::{IngestError, Refusal};
use crate::table::{Row, Table};
use crate::template::missing_columns;

/// How the candidates of a ministry file become lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// By nuance where every block has one and names differ from row to row, else by candidate.
    Auto,
    /// By nuance.
    Nuance,
    /// By candidate or list.
    Candidate,
}

/// The form of a file of results.
#[derive(Debug, Clone)]
pub enum Layout {
    /// Columns that the command names.
    Columns {
        /// Registered voters; `None` for `--registered none`.
        registered: Option<String>,
        /// Voters; computed from valid where absent.
        voters: Option<String>,
        /// Valid votes; the sum of the candidates where absent.
        valid: Option<String>,
        /// Blank ballots.
        blank: Option<String>,
        /// Null ballots.
        null: Option<String>,
        /// Names, comma separated, or a glob with `*`.
        candidates: String,
    },
    /// `departement, commune, bureau, ..., inscrits, votants, [blancs], exprimes`, then a column a candidate.
    FrLarge,
    /// The ministry's wide files: repeated blocks without a name, or numbered headers.
    FrMinistere(By),
}

/// Where a candidate's block has its columns.
#[derive(Debug, Clone, Default)]
pub(super) struct Block {
    pub panel: Option<usize>,
    pub nuance: Option<usize>,
    pub name: Option<usize>,
    pub first: Option<usize>,
    pub list: Option<usize>,
    pub votes: usize,
}

/// Columns that hold candidates.
#[derive(Debug, Clone)]
pub(super) enum Candidates {
    /// A column a candidate.
    Columns(Vec<usize>),
    /// Numbered blocks.
    Blocks(Vec<Block>),
    /// One named block, repeated every so many columns to the end of the row.
    Repeated { block: Block, width: usize },
}

/// A layout tied to one file.
#[derive(Debug, Clone)]
pub(super) struct Columns {
    pub registered: Option<usize>,
    pub voters: Option<usize>,
    pub valid: Option<usize>,
    pub blank: Option<usize>,
    pub null: Option<usize>,
    pub candidates: Candidates,
    /// Department, commune and station, of French files.
    pub place: [Option<usize>; 3],
    /// Candidates must add up to valid: official files name every list.
    pub exhaustive: bool,
}

impl Columns {
    /// Whether a row has nothing in any column of counts: the election was not held there, or is not in the file.
    pub(super) fn are_empty(&self, row: &Row) -> bool {
        let Candidates::Columns(candidates) = &self.candidates else { return false };
        let totals = [self.registered, self.voters, self.valid, self.blank, self.null];
        totals.into_iter().flatten().chain(candidates.iter().copied()).all(|column| row.cell(column).is_empty())
    }
}

/// A header without case, accents or signs: `N°Panneau` and `N.Pan.` keep only letters and digits. A percentage keeps
/// its sign, in front: `% Votants` must never pass for `Votants`.
fn folded(name: &str) -> String {
    let sign = name.contains('%').then_some('%');
    let letters = quartier_model::fold(name);
    sign.into_iter().chain(letters.chars().filter(char::is_ascii_alphanumeric)).collect()
}

pub(super) fn bind(layout: &Layout, table: &Table) -> Result<Columns, IngestError> {
    let names: Vec<&str> = table.header.iter().map(String::as_str).collect();
    match layout {
        Layout::Columns { registered, voters, valid, blank, null, candidates } => {
            let mut missing = Vec::new();
            let mut find = |name: &Option<String>| {
                let name = name.as_deref()?;
                let at = table.position(name);
                if at.is_none() {
                    missing.push(name.to_owned());
                }
                at
            };
            let (registered, voters, valid) = (find(registered), find(voters), find(valid));
            let (blank, null) = (find(blank), find(null));
            let mut columns = Vec::new();
            for pattern in candidates.split(',').map(str::trim) {
                if pattern.contains('*') {
                    columns.extend((0..names.len()).filter(|at| glob(pattern, names[*at])));
                } else {
                    columns.extend(find(&Some(pattern.to_owned())));
                }
            }
            if !missing.is_empty() {
                let missing: Vec<&str> = missing.iter().map(String::as_str).collect();
                return Err(missing_columns(&table.file, "the command", &missing, &names));
            }
            if columns.is_empty() {
                return Err(missing_columns(&table.file, "`--candidates`", &[candidates], &names));
            }
            let candidates = Candidates::Columns(columns);
            Ok(Columns { registered, voters, valid, blank, null, candidates, place: [None; 3], exhaustive: false })
        }
        Layout::FrLarge => {
            let need = ["departement", "commune", "bureau", "inscrits", "votants", "exprimes"];
            let missing: Vec<&str> = need.into_iter().filter(|name| table.position(name).is_none()).collect();
            if !missing.is_empty() {
                return Err(missing_columns(&table.file, "`fr-large`", &missing, &names));
            }
            let known = [&need[..], &["blancs", "nuls", "abstentions", "circonscription", "commune_libelle"]].concat();
            let candidates = (0..names.len()).filter(|at| !known.contains(&names[*at])).collect();
            Ok(Columns {
                registered: table.position("inscrits"),
                voters: table.position("votants"),
                valid: table.position("exprimes"),
                blank: table.position("blancs"),
                null: table.position("nuls"),
                candidates: Candidates::Columns(candidates),
                place: [table.position("departement"), table.position("commune"), table.position("bureau")],
                exhaustive: true,
            })
        }
        Layout::FrMinistere(_) => ministere(table),
    }
}

/// One `*` or several, each any run of characters.
fn glob(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((before, after)) => name.strip_prefix(before).is_some_and(|rest| {
            rest.char_indices().map(|(at, _)| at).chain([rest.len()]).any(|at| glob(after, &rest[at..]))
        }),
    }
}

fn ministere(table: &Table) -> Result<Columns, IngestError> {
    let header: Vec<String> = table.header.iter().map(|name| folded(name)).collect();
    let find = |synonyms: &[&str]| header.iter().position(|name| synonyms.contains(&name.as_str()));
    let refuse = |what: &str| {
        IngestError::Columns(
            Refusal::new(&table.file, format!("is no ministry file that `fr-ministere` knows: {what}"))
                .help("name its columns: `--registered C --voters C --valid C --candidates ...`"),
        )
    };
    let votes = |name: &str| name.trim_end_matches(|digit: char| digit.is_ascii_digit()) == "voix";
    let panels: Vec<usize> = (0..header.len())
        .filter(|at| {
            let base = header[*at].trim_end_matches(|digit: char| digit.is_ascii_digit());
            ["nopanneau", "npanneau", "npan", "nliste", "noliste", "numerodepanneau"].contains(&base)
        })
        .collect();
    let Some(&first) = panels.first() else { return Err(refuse("no column `N°Panneau` or `Numéro de panneau 1`")) };
    let used = header.iter().rposition(|name| !name.is_empty()).map_or(0, |last| last + 1);
    let block_of = |from: usize, to: usize| {
        let mut block = Block { panel: Some(from), ..Block::default() };
        for (at, name) in header.iter().enumerate().take(to).skip(from) {
            let base = name.trim_end_matches(|digit: char| digit.is_ascii_digit());
            match base {
                "voix" => block.votes = at,
                "prenom" | "prenomcandidat" => block.first = Some(at),
                "nom" | "nomcandidat" | "binome" => block.name = Some(at),
                "libelleabregedeliste" | "libabrege" => block.list = block.list.or(Some(at)),
                "libelledeliste" | "libelledelaliste" | "liste" | "libelleetenduliste" => block.list = Some(at),
                _ if base.contains("nuance") => block.nuance = Some(at),
                _ => {}
            }
        }
        (block.votes > 0).then_some(block)
    };
    let numbered = header.iter().filter(|name| votes(name)).count() > 1
        || header.iter().any(|name| votes(name) && name.ends_with(|digit: char| digit.is_ascii_digit()));
    let candidates = if numbered {
        let ends = panels.iter().skip(1).copied().chain([used]);
        Candidates::Blocks(panels.iter().zip(ends).filter_map(|(from, to)| block_of(*from, to)).collect())
    } else {
        let block = block_of(first, used).ok_or_else(|| refuse("no column `Voix`"))?;
        Candidates::Repeated { block, width: used - first }
    };
    let columns = Columns {
        registered: find(&["inscrits"]),
        voters: find(&["votants"]),
        valid: find(&["exprimes"]),
        blank: find(&["blancs"]),
        null: find(&["nuls"]),
        candidates,
        place: [
            find(&["codedudepartement", "codedepartement"]),
            find(&["codedelacommune", "codecommune"]),
            find(&["codedubvote", "codebvote", "codebv", "codebureaudevote"]),
        ],
        exhaustive: true,
    };
    if columns.registered.is_none() || columns.voters.is_none() || columns.valid.is_none() {
        return Err(refuse("one of `Inscrits`, `Votants`, `Exprimés` is missing"));
    }
    Ok(columns)
}
