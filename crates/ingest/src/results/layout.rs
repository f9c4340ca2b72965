//! Which columns of a file hold what.

use crate::fault::{Fault, IngestError, Refusal};
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

/// The columns that a command names; what is not named and can be computed is computed.
#[derive(Debug, Clone, Default)]
pub struct NamedColumns {
    /// Registered voters; `None` for `--registered none`.
    pub registered: Option<String>,
    /// Voters; registered less abstentions where absent, else valid, blank and null together.
    pub voters: Option<String>,
    /// Registered who did not vote.
    pub abstentions: Option<String>,
    /// Valid votes; voters less blank and null where absent, else the sum of the candidates.
    pub valid: Option<String>,
    /// Blank ballots; the rest of the voters where only null ones are there.
    pub blank: Option<String>,
    /// Null ballots; the rest of the voters where only blank ones are there.
    pub null: Option<String>,
    /// Names, comma separated, or globs with `*`. There must be some.
    pub candidates: Option<String>,
}

/// The form of a file of results.
#[derive(Debug, Clone)]
pub enum Layout {
    /// Columns that the command names.
    Columns(NamedColumns),
    /// `departement, commune, bureau, ..., inscrits, votants or abstentions, [blancs], exprimes`, then a column a
    /// candidate.
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
    /// Looked at only where there are no voters, or the command names both.
    pub abstentions: Option<usize>,
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
        self.totals().into_iter().flatten().chain(candidates.iter().copied()).all(|column| row.cell(column).is_empty())
    }

    /// The columns of totals.
    fn totals(&self) -> [Option<usize>; 6] {
        [self.registered, self.voters, self.abstentions, self.valid, self.blank, self.null]
    }
}

/// A header without case, accents or signs: `N°Panneau` and `N.Pan.` keep only letters and digits. A percentage keeps
/// its sign, in front: `% Votants` must never pass for `Votants`.
fn folded(name: &str) -> String {
    let sign = name.contains('%').then_some('%');
    let letters = quartier_model::fold(name);
    sign.into_iter().chain(letters.chars().filter(char::is_ascii_alphanumeric)).collect()
}

/// Finds the columns of a layout in a file.
pub(super) fn bind(layout: &Layout, table: &Table) -> Result<Columns, IngestError> {
    let columns = match layout {
        Layout::Columns(named) => by_name(named, table)?,
        Layout::FrLarge => fr_large(table)?,
        Layout::FrMinistere(_) => ministere(table)?,
    };
    refuse_shares(table, &columns)?;
    Ok(columns)
}

fn by_name(named: &NamedColumns, table: &Table) -> Result<Columns, IngestError> {
    let names: Vec<&str> = table.header.iter().map(String::as_str).collect();
    let option = |what: &str, help: &str| IngestError::Options(Refusal::new("import results", what).help(help));
    let Some(wanted) = &named.candidates else {
        let help = "say which columns hold the votes: `--candidates 'A,B'`, or a known form with `--preset`";
        return Err(option("no column of votes is named", help));
    };
    if named.abstentions.is_some() && named.registered.is_none() {
        return Err(option(
            "`--abstentions` alone does not tell who voted",
            "name the registered too: voters are registered less abstentions",
        ));
    }
    let mut missing = Vec::new();
    let mut find = |name: &Option<String>| {
        let name = name.as_deref()?;
        let at = table.position(name);
        if at.is_none() {
            missing.push(name.to_owned());
        }
        at
    };
    let (registered, voters, abstentions) = (find(&named.registered), find(&named.voters), find(&named.abstentions));
    let (valid, blank, null) = (find(&named.valid), find(&named.blank), find(&named.null));
    let mut columns = Vec::new();
    for pattern in wanted.split(',').map(str::trim) {
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
        return Err(missing_columns(&table.file, "`--candidates`", &[wanted], &names));
    }
    let candidates = Candidates::Columns(columns);
    let place = [None; 3];
    Ok(Columns { registered, voters, abstentions, valid, blank, null, candidates, place, exhaustive: false })
}

fn fr_large(table: &Table) -> Result<Columns, IngestError> {
    let names: Vec<&str> = table.header.iter().map(String::as_str).collect();
    let (voters, abstentions) = (table.position("votants"), table.position("abstentions"));
    let need = ["departement", "commune", "bureau", "inscrits", "votants", "exprimes"];
    let computed = |name: &&str| *name == "votants" && abstentions.is_some();
    let missing: Vec<&str> =
        need.into_iter().filter(|name| table.position(name).is_none() && !computed(name)).collect();
    if !missing.is_empty() {
        return Err(missing_columns(&table.file, "`fr-large`", &missing, &names));
    }
    let known = [&need[..], &["blancs", "nuls", "abstentions", "circonscription", "commune_libelle"]].concat();
    let candidates = (0..names.len()).filter(|at| !known.contains(&names[*at])).collect();
    Ok(Columns {
        registered: table.position("inscrits"),
        voters,
        abstentions: abstentions.filter(|_| voters.is_none()),
        valid: table.position("exprimes"),
        blank: table.position("blancs"),
        null: table.position("nuls"),
        candidates: Candidates::Columns(candidates),
        place: [table.position("departement"), table.position("commune"), table.position("bureau")],
        exhaustive: true,
    })
}

/// Refuses columns of counts that are percentages by their own name.
fn refuse_shares(table: &Table, columns: &Columns) -> Result<(), IngestError> {
    const WORDS: [&str; 5] = ["pct", "percent", "percentage", "pourcentage", "ratio"];
    let is_share =
        |name: &str| name.contains('%') || quartier_model::fold(name).split(' ').any(|word| WORDS.contains(&word));
    let Candidates::Columns(candidates) = &columns.candidates else { return Ok(()) };
    let counts = columns.totals().into_iter().flatten().chain(candidates.iter().copied());
    let shares: Vec<&str> = counts.map(|at| table.header[at].as_str()).filter(|name| is_share(name)).collect();
    if shares.is_empty() {
        return Ok(());
    }
    let mut refusal = Refusal::new(&table.file, "percentages stand in the place of counts; nothing imported")
        .help("shares cannot be summed; give the columns that hold counts");
    refusal.faults.extend(
        shares.into_iter().map(|name| Fault::at(1).column(name).expected("a column of counts, not a percentage")),
    );
    Err(IngestError::Columns(refusal))
}

/// One `*` or several, each any run of characters.
pub(crate) fn glob(pattern: &str, name: &str) -> bool {
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
    let voters = find(&["votants"]);
    let columns = Columns {
        registered: find(&["inscrits"]),
        voters,
        abstentions: find(&["abstentions"]).filter(|_| voters.is_none()),
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
    let voters = columns.voters.or(columns.abstentions);
    if columns.registered.is_none() || voters.is_none() || columns.valid.is_none() {
        return Err(refuse("one of `Inscrits`, `Votants` (or `Abstentions`), `Exprimés` is missing"));
    }
    Ok(columns)
}
