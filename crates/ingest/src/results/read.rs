//! From the rows of a table to lawful counts.

use super::layout::{Block, By, Candidates, Columns, Layout, bind};
use super::{List, Options, ResultRow, Results};
use crate::fault::{Fault, IngestError, Refusal, grouped};
use crate::table::{Row, Shape, Table};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Columns that French presets add after those of the file.
const ADDED: [&str; 3] = ["insee", "departement", "bureau"];

/// One candidate as its block names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
struct Candidate {
    panel: String,
    nuance: String,
    name: String,
    first: String,
}

/// Reads a table of results.
///
/// # Errors
/// [`IngestError::Columns`] where columns are missing; [`IngestError::Rows`] with every fault of every row.
pub fn read(table: &Table, options: &Options) -> Result<Results, IngestError> {
    if matches!(options.layout, Layout::FrMinistere(_))
        && let Some(wide) = super::widen_first_generation(table)?
    {
        return read(&wide, options);
    }
    let columns = bind(&options.layout, table)?;
    // What a preset adds stands first, so that it wins over a raw column of the same name.
    let french = columns.place[0].is_some();
    let added = if french { ADDED.len() } else { 0 };
    let names: Vec<&str> = ADDED[..added].iter().copied().chain(table.header.iter().map(String::as_str)).collect();
    let code = options.code.bind(&table.file, &names)?;
    let row_key = options.row_key.as_ref().map(|key| key.bind(&table.file, &names)).transpose()?;
    let fallbacks = options
        .fallback
        .iter()
        .map(|(level, template)| Ok((level.clone(), template.bind(&table.file, &names)?)))
        .collect::<Result<Vec<_>, IngestError>>()?;
    let unknown: Vec<&str> = options.filter.columns().filter(|column| !names.contains(column)).collect();
    if !unknown.is_empty() {
        return Err(crate::missing_columns(&table.file, "`--where`", &unknown, &names));
    }

    let mut results = Results { said: table.said.clone(), ..Results::default() };
    let mut book = Book::default();
    let mut seen: HashMap<String, u64> = HashMap::new();
    let mut faults = Vec::new();
    let mut raised = 0_u64;
    let mut filtered = 0;
    let mut silent = 0_u64;
    let shape =
        if matches!(columns.candidates, Candidates::Repeated { .. }) { Shape::Ragged } else { Shape::Rectangular };
    let read = table.for_each(shape, &mut faults, |row, faults| {
        let extra = if french { french_columns(row, &columns) } else { Default::default() };
        let cell = |at: usize| if at < added { extra[at].as_str() } else { row.cell(at - added) };
        if !options.filter.is_empty()
            && !options.filter.keeps(|name| names.iter().position(|known| *known == name).map(cell))
        {
            filtered += 1;
            return;
        }
        if columns.are_empty(row) {
            silent += 1;
            return;
        }
        let before = faults.len();
        let start = results.votes.len();
        let Some(mut counts) = counts_of(row, table, &columns, &mut book, &mut results.votes, faults) else {
            results.votes.truncate(start);
            return;
        };
        counts.votes = start..results.votes.len();
        if options.registered_floor && counts.registered.is_some_and(|registered| registered < counts.voters) {
            counts.registered = Some(counts.voters);
            raised += 1;
        }
        code.render_into(&mut counts.code, cell);
        if counts.code.is_empty() {
            faults.push(Fault::at(row.number).column("code").text("").expected("the code of an area"));
        }
        let mut unique = String::new();
        match &row_key {
            Some(key) => {
                key.render_into(&mut unique, cell);
                counts.key = Some(unique.clone());
            }
            None => unique.push_str(&counts.code),
        }
        if let Some(earlier) = seen.get(&unique) {
            let what = if row_key.is_some() { "row key" } else { "code" };
            let expected = format!("each {what} once; row {} has it too", grouped(*earlier));
            faults.push(Fault::at(row.number).column(what).text(&unique).expected(expected));
        } else {
            seen.insert(unique, row.number);
        }
        check(&counts, &mut results, &mut book, &columns, options, table, faults);
        counts.votes.end = results.votes.len();
        for (level, template) in &fallbacks {
            let mut to = String::new();
            template.render_into(&mut to, cell);
            counts.fallback.push((level.clone(), to));
        }
        if faults.len() == before {
            results.rows.push(counts);
        }
    });
    if !faults.is_empty() {
        let hint = hint(&faults, row_key.is_some());
        let mut refusal = Refusal::rows(&table.file, faults, read);
        refusal.help = hint.or(refusal.help);
        return Err(IngestError::Rows(refusal));
    }
    if silent > 0 {
        results.said.push(format!("{} rows hold no count at all: no result there, not zero", grouped(silent)));
    }
    results.read = read;
    results.filtered = filtered;
    if raised > 0 {
        results.said.push(format!("registered raised to voters in {} rows", grouped(raised)));
    }
    say_computed(&columns, &mut results);
    book.name_lists(&mut results, &options.layout);
    Ok(results)
}

fn hint(faults: &[Fault], keyed: bool) -> Option<String> {
    let any = |what: &str| faults.iter().any(|fault| fault.expected.contains(what));
    if any("not a percentage") {
        Some("shares cannot be summed; give the columns that hold counts".to_owned())
    } else if any("each code once") && !keyed {
        Some("where several rows belong to one area, name what makes a row unique: `--row-key TEMPLATE`".to_owned())
    } else if any("`--accept-discrepancy`") {
        Some("correct these rows, or keep an official file as it is with `--accept-discrepancy N`".to_owned())
    } else {
        None
    }
}

fn say_computed(columns: &Columns, results: &mut Results) {
    if columns.voters.is_none() {
        results.said.push("voters computed: valid + blank + null".to_owned());
    }
    if columns.valid.is_none() {
        results.said.push("valid computed: the sum of the candidates".to_owned());
    }
    if columns.null.is_none() && columns.blank.is_some() {
        results.said.push("null computed: voters - valid - blank".to_owned());
    }
    if columns.registered.is_none() {
        results.said.push("no registered electors: shares are of voters".to_owned());
    }
}

/// INSEE's code of the commune, the department and the station of a row.
fn french_columns(row: &Row, columns: &Columns) -> [String; 3] {
    let [department, commune, station] = columns.place.map(|at| at.map_or("", |at| row.cell(at)));
    let department = match department {
        "ZA" => "971".to_owned(),
        "ZB" => "972".to_owned(),
        "ZC" => "973".to_owned(),
        "ZD" => "974".to_owned(),
        "ZM" => "976".to_owned(),
        "ZS" => "975".to_owned(),
        short => format!("{short:0>2}"),
    };
    // Ministry files of 2024 give the whole code, older ones the three digits within the department.
    let insee = if commune.is_empty() {
        String::new()
    } else if commune.len() > 3 {
        format!("{commune:0>5}")
    } else {
        let overseas = matches!(department.as_str(), "971" | "972" | "973" | "974" | "975" | "976");
        match commune.strip_prefix('5') {
            Some(rest) if department == "976" && commune.len() == 3 => format!("976{rest}"),
            _ if overseas => format!("97{commune:0>3}"),
            _ => format!("{department}{commune:0>3}"),
        }
    };
    [insee, department, format!("{station:0>4}")]
}

fn count(row: &Row, table: &Table, at: usize, what: &str, faults: &mut Vec<Fault>) -> Option<u32> {
    let bytes = row.cells.get(at).unwrap_or_default();
    if (1..=9).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_digit) {
        return Some(bytes.iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0')));
    }
    let text = row.cell(at);
    if let Ok(number) = text.parse::<u32>()
        && !text.starts_with('+')
    {
        return Some(number);
    }
    let decimal = text.ends_with('%')
        || text.split_once([',', '.']).is_some_and(|(whole, part)| {
            !whole.is_empty() && !part.is_empty() && (whole.to_owned() + part).bytes().all(|byte| byte.is_ascii_digit())
        });
    let expected = if decimal {
        format!("a whole number of {what}, not a percentage")
    } else if text.len() > 9 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        format!("a whole number of {what} below 4,294,967,295")
    } else {
        format!("a whole number of {what}")
    };
    let name = table.header.get(at).filter(|name| !name.is_empty()).cloned();
    faults.push(
        Fault::at(row.number)
            .column(name.unwrap_or_else(|| format!("column {}", at + 1)))
            .text(text)
            .expected(expected),
    );
    None
}

fn counts_of(
    row: &Row,
    table: &Table,
    columns: &Columns,
    book: &mut Book,
    votes: &mut Vec<(u32, u32)>,
    faults: &mut Vec<Fault>,
) -> Option<ResultRow> {
    let before = faults.len();
    let mut get = |at: Option<usize>, what| at.map(|at| count(row, table, at, what, faults).unwrap_or(0));
    let registered = get(columns.registered, "electors");
    let (voters, valid) = (get(columns.voters, "voters"), get(columns.valid, "votes"));
    let (blank, null) = (get(columns.blank, "ballots"), get(columns.null, "ballots"));
    let start = votes.len();
    match &columns.candidates {
        Candidates::Columns(places) => {
            for at in places {
                let list = book.column(*at, &table.header[*at]);
                votes.push((list, count(row, table, *at, "votes", faults).unwrap_or(0)));
            }
        }
        Candidates::Blocks(blocks) => {
            for block in blocks {
                book.block(row, table, block, 0, votes, faults);
            }
        }
        Candidates::Repeated { block, width } => {
            let mut shift = 0;
            while block.votes + shift < row.cells.len() {
                book.block(row, table, block, shift, votes, faults);
                shift += width;
            }
        }
    }
    if faults.len() > before {
        return None;
    }
    let sum: u64 = votes[start..].iter().map(|(_, votes)| u64::from(*votes)).sum();
    let Ok(sum) = u32::try_from(sum) else {
        faults.push(Fault::at(row.number).value(sum).expected("votes that add up to less than 4,294,967,295"));
        return None;
    };
    let valid = valid.unwrap_or(sum);
    let voters = voters.unwrap_or_else(|| valid.saturating_add(blank.unwrap_or(0)).saturating_add(null.unwrap_or(0)));
    let null = null.or_else(|| blank.and_then(|blank| voters.checked_sub(valid)?.checked_sub(blank)));
    let (key, code, fallback) = (None, String::new(), Vec::new());
    Some(ResultRow { row: row.number, key, code, fallback, registered, voters, valid, blank, null, votes: 0..0 })
}

/// The law of counts, with what is accepted beside it.
fn check(
    counts: &ResultRow,
    results: &mut Results,
    book: &mut Book,
    columns: &Columns,
    options: &Options,
    table: &Table,
    faults: &mut Vec<Fault>,
) {
    let name = |at: Option<usize>, other: &str| at.map_or(other.to_owned(), |at| table.header[at].clone());
    let (voters, valid) = (name(columns.voters, "voters"), name(columns.valid, "valid"));
    let above = |column: &str, found: u32, most: u32, of: &str| {
        let expected = format!("at most the {} of `{of}`", grouped(u64::from(most)));
        Fault::at(counts.row).column(column).value(grouped(u64::from(found))).expected(expected)
    };
    if let Some(registered) = counts.registered
        && counts.voters > registered
    {
        faults.push(above(&voters, counts.voters, registered, &name(columns.registered, "registered")));
    }
    if u64::from(counts.valid) + u64::from(counts.blank.unwrap_or(0)) + u64::from(counts.null.unwrap_or(0))
        > u64::from(counts.voters)
    {
        faults.push(above(&valid, counts.valid, counts.voters, &voters));
    }
    let sum: u32 = results.votes_of(counts).iter().map(|(_, votes)| *votes).sum();
    let off = sum.abs_diff(counts.valid);
    if off > 0 && (columns.exhaustive || sum > counts.valid) {
        let told =
            format!("candidates add up to {}, `{valid}` is {}", grouped(sum.into()), grouped(counts.valid.into()));
        if off > options.accept_discrepancy {
            let fault = Fault::at(counts.row).column(&valid).value(grouped(counts.valid.into()));
            let expected = format!(
                "the {} that the candidates of `{}` add up to (`--accept-discrepancy` {off} would keep it)",
                grouped(sum.into()),
                counts.code
            );
            faults.push(fault.expected(expected));
            return;
        }
        results.said.push(format!("accepted row {}, `{}`: {told}", grouped(counts.row), counts.code));
    }
    if sum < counts.valid {
        results.votes.push((book.other(), counts.valid - sum));
    }
}

/// The candidates met so far.
#[derive(Debug, Default)]
struct Book {
    met: Vec<Candidate>,
    by_text: HashMap<String, u32>,
    by_column: HashMap<usize, u32>,
    other: Option<u32>,
    scratch: String,
}

impl Book {
    fn add(&mut self, candidate: Candidate) -> u32 {
        self.met.push(candidate);
        (self.met.len() - 1) as u32
    }

    fn column(&mut self, at: usize, name: &str) -> u32 {
        if let Some(list) = self.by_column.get(&at) {
            return *list;
        }
        let list = self.add(Candidate { name: name.to_owned(), ..Candidate::default() });
        self.by_column.insert(at, list);
        list
    }

    fn other(&mut self) -> u32 {
        if let Some(list) = self.other {
            return list;
        }
        let list = self.add(Candidate { nuance: "other".to_owned(), name: "other".to_owned(), ..Candidate::default() });
        self.other = Some(list);
        list
    }

    fn block(
        &mut self,
        row: &Row,
        table: &Table,
        block: &Block,
        shift: usize,
        votes: &mut Vec<(u32, u32)>,
        faults: &mut Vec<Fault>,
    ) {
        let cell = |at: Option<usize>| at.map_or("", |at| row.cell(at + shift));
        let name = if cell(block.list).is_empty() { cell(block.name) } else { cell(block.list) };
        if name.is_empty() && cell(block.nuance).is_empty() {
            if !row.cell(block.votes + shift).is_empty() {
                let at = block.votes + shift;
                let fault = Fault::at(row.number).column(table.header.get(at).cloned().unwrap_or_default());
                faults.push(fault.text(row.cell(at)).expected("the name of the candidate of these votes"));
            }
            return;
        }
        let first = if cell(block.list).is_empty() { cell(block.first) } else { "" };
        let mut text = std::mem::take(&mut self.scratch);
        text.clear();
        for part in [cell(block.panel), cell(block.nuance), name, first] {
            text.push_str(part);
            text.push('\u{1f}');
        }
        let list = match self.by_text.get(&text) {
            Some(list) => *list,
            None => {
                let (panel, nuance) = (cell(block.panel).to_owned(), cell(block.nuance).to_owned());
                let list = self.add(Candidate { panel, nuance, name: name.to_owned(), first: first.to_owned() });
                self.by_text.insert(text.clone(), list);
                list
            }
        };
        self.scratch = text;
        if let Some(number) = count(row, table, block.votes + shift, "votes", faults) {
            votes.push((list, number));
        }
    }

    /// Turns the candidates met into lists with one id each, and the votes with them.
    fn name_lists(self, results: &mut Results, layout: &Layout) {
        let by_nuance = match layout {
            Layout::FrMinistere(By::Nuance) => true,
            Layout::FrMinistere(By::Auto) => {
                let differ = results.rows.windows(2).any(|pair| {
                    let lists =
                        |row: &ResultRow| results.votes_of(row).iter().map(|(list, _)| *list).collect::<HashSet<_>>();
                    lists(&pair[0]) != lists(&pair[1])
                });
                differ && self.met.iter().all(|candidate| !candidate.nuance.is_empty())
            }
            _ => false,
        };
        let mut names: BTreeMap<&str, HashSet<(&str, &str)>> = BTreeMap::new();
        for candidate in &self.met {
            names.entry(&candidate.name).or_default().insert((&candidate.panel, &candidate.first));
        }
        let mut ids: HashMap<String, u32> = HashMap::new();
        let to: Vec<u32> = self
            .met
            .iter()
            .map(|candidate| {
                let alone = names.get(candidate.name.as_str()).is_none_or(|same| same.len() == 1);
                let full = format!("{} {}", candidate.name, candidate.first);
                let (id, label) = if by_nuance {
                    (candidate.nuance.clone(), candidate.nuance.clone())
                } else if alone {
                    (candidate.name.clone(), full.trim().to_owned())
                } else {
                    (format!("{} {}", candidate.panel, full.trim()), full.trim().to_owned())
                };
                *ids.entry(id.clone()).or_insert_with(|| {
                    results.lists.push(List { id, label });
                    (results.lists.len() - 1) as u32
                })
            })
            .collect();
        for (list, _) in &mut results.votes {
            *list = to[*list as usize];
        }
        if by_nuance {
            results.said.push("candidates gathered by nuance: their names differ from row to row".to_owned());
        }
    }
}
