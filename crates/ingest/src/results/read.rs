//! From the rows of a table to lawful counts.

use super::book::Book;
use super::joined::Joined;
use super::layout::{Candidates, Columns, Layout, bind};
use super::totals::{self, Totals, Whole};
use super::watch::Watch;
use super::{Options, ResultRow, Results};
use crate::fault::{Fault, IngestError, Refusal, grouped};
use crate::table::{Row, Shape, Table};
use crate::template::BoundTemplate;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Columns that French presets add after those of the file.
const ADDED: [&str; 3] = ["insee", "departement", "bureau"];

/// Reads a table of results.
///
/// # Errors
/// [`IngestError::Columns`] where columns are missing, hold percentages or are numbered blocks whose candidate changes;
/// [`IngestError::Rows`] with every fault of every row.
pub fn read(table: &Table, options: &Options) -> Result<Results, IngestError> {
    if matches!(options.layout, Layout::FrMinistere(_))
        && let Some(wide) = super::widen_first_generation(table)?
    {
        return read(&wide, options);
    }
    let joined = options.join.as_ref().map(|join| Joined::new(join, table));
    let form = Form::bind(table, options, joined.as_ref())?;
    let mut pass = Pass::new(&form, joined);
    pass.results.said.clone_from(&table.said);
    let mut faults = Vec::new();
    let shape = match form.columns.candidates {
        Candidates::Repeated { .. } => Shape::Ragged,
        Candidates::Columns(_) | Candidates::Blocks(_) => Shape::Rectangular,
    };
    pass.results.read = table.for_each(shape, &mut faults, |row, faults| pass.row(&form, row, faults));
    pass.finish(&form, faults)
}

/// A file tied to what the command says of it.
struct Form<'a> {
    options: &'a Options,
    /// Under the header that has the joined columns, then its own.
    table: Table,
    columns: Columns,
    /// Columns that rows are known by: what a preset adds, what a table adds, those of the file.
    names: Vec<String>,
    /// How many of the names a preset added.
    added: usize,
    /// How many of the columns a table added.
    joined: usize,
    code: BoundTemplate,
    row_key: Option<BoundTemplate>,
    fallback: Vec<(&'a str, BoundTemplate)>,
    /// The place of `--on` among the names.
    on: Option<usize>,
    /// Whether the code is made of joined columns.
    code_is_joined: bool,
}

impl<'a> Form<'a> {
    fn bind(own: &Table, options: &'a Options, joined: Option<&Joined<'_>>) -> Result<Self, IngestError> {
        let table = joined.map_or_else(|| own.clone(), |joined| own.under(joined.header(own)));
        let joined = joined.map_or(0, Joined::width);
        let columns = bind(&options.layout, &table)?;
        // What a preset adds stands first, so that it wins over a raw column of the same name.
        let added = if columns.place[0].is_some() { ADDED.len() } else { 0 };
        let names: Vec<String> =
            ADDED[..added].iter().map(|name| (*name).to_owned()).chain(table.header.iter().cloned()).collect();
        let place = |name: &str| names.iter().position(|known| known == name);
        let missing = |by: &str, wanted: &[&str]| {
            let known: Vec<&str> = names.iter().map(String::as_str).collect();
            crate::missing_columns(&table.file, by, wanted, &known)
        };
        let on = match &options.join {
            None => None,
            Some(join) => Some(place(&join.on).ok_or_else(|| missing("`--on`", &[&join.on]))?),
        };
        let unknown: Vec<&str> = options.filter.columns().filter(|column| place(column).is_none()).collect();
        if !unknown.is_empty() {
            return Err(missing("`--where`", &unknown));
        }
        let from_join = added..added + joined;
        Ok(Self {
            options,
            code: options.code.bind(&table.file, &names)?,
            row_key: options.row_key.as_ref().map(|key| key.bind(&table.file, &names)).transpose()?,
            fallback: options
                .fallback
                .iter()
                .map(|(level, template)| Ok((level.as_str(), template.bind(&table.file, &names)?)))
                .collect::<Result<_, IngestError>>()?,
            on,
            code_is_joined: options.code.columns().any(|name| place(name).is_some_and(|at| from_join.contains(&at))),
            added,
            joined,
            columns,
            names,
            table,
        })
    }

    /// What a preset adds to a row that begins with `joined` columns of a table.
    fn french(&self, row: &Row, joined: usize) -> [String; 3] {
        if self.added == 0 {
            return Default::default();
        }
        french_columns(row, self.columns.place.map(|at| (at? + joined).checked_sub(self.joined)))
    }

    /// A fault where a row has no code, or one made of joined columns that it lacks.
    fn code_fault(&self, counts: &ResultRow, lacks: Option<&String>) -> Option<Fault> {
        let fault = Fault::at(counts.row);
        if let (true, Some(join), Some(key)) = (self.code_is_joined, &self.options.join, lacks) {
            let expected = format!("a value that {} has a row for: the code is made of its columns", join.file);
            return Some(fault.column(&join.on).text(key).expected(expected));
        }
        counts.code.is_empty().then(|| fault.column("code").text("").expected("the code of an area"))
    }

    /// The value of the common column in a row as the file has it.
    fn key_of(&self, row: &Row) -> String {
        match self.on {
            None => String::new(),
            Some(at) if at < self.added => self.french(row, 0)[at].clone(),
            Some(at) => (at - self.added).checked_sub(self.joined).map_or("", |at| row.cell(at)).to_owned(),
        }
    }
}

/// One pass over the rows.
struct Pass<'a> {
    results: Results,
    book: Book,
    watch: Watch,
    joined: Option<Joined<'a>>,
    /// What makes a row unique, and the row that has it.
    seen: HashMap<String, u64>,
    /// Rows whose registered were raised.
    raised: u64,
}

impl<'a> Pass<'a> {
    fn new(form: &Form<'_>, joined: Option<Joined<'a>>) -> Self {
        Self {
            results: Results::default(),
            book: Book::default(),
            watch: Watch::new(&form.columns, &form.table),
            joined,
            seen: HashMap::new(),
            raised: 0,
        }
    }

    fn row(&mut self, form: &Form<'_>, row: &Row, faults: &mut Vec<Fault>) {
        let Some(mut joined) = self.joined.take() else {
            self.wide_row(form, row, None, faults);
            return;
        };
        let key = form.key_of(row);
        let (wide, found) = joined.widen(row, &key);
        if self.wide_row(form, wide, (!found).then_some(&key), faults) {
            joined.note(&key, found);
        }
        self.joined = Some(joined);
    }

    /// Takes a row that has all its columns; says whether it is one that counts. `lacks` is the value of the common
    /// column for which the joined table has no row.
    fn wide_row(&mut self, form: &Form<'_>, row: &Row, lacks: Option<&String>, faults: &mut Vec<Fault>) -> bool {
        let extra = form.french(row, form.joined);
        let cell = |at: usize| if at < form.added { extra[at].as_str() } else { row.cell(at - form.added) };
        let filter = &form.options.filter;
        if !filter.is_empty() && !filter.keeps(|name| form.names.iter().position(|known| known == name).map(cell)) {
            self.results.filtered += 1;
            return false;
        }
        if form.columns.are_empty(row) {
            self.results.empty += 1;
            return false;
        }
        self.results.votes_in += valid_as_read(row, &form.columns);
        let before = faults.len();
        let start = self.results.votes.len();
        self.watch.text(row);
        let Some(mut counts) = self.counts_of(row, form, faults) else {
            self.results.votes.truncate(start);
            return true;
        };
        counts.votes = start..self.results.votes.len();
        if form.options.registered_floor && counts.registered.is_some_and(|registered| registered < counts.voters) {
            counts.registered = Some(counts.voters);
            self.raised += 1;
        }
        form.code.render_into(&mut counts.code, cell);
        faults.extend(form.code_fault(&counts, lacks));
        counts.key = form.row_key.as_ref().map(|key| {
            let mut text = String::new();
            key.render_into(&mut text, cell);
            text
        });
        self.is_unique(&counts, faults);
        check(&counts, &mut self.results, &mut self.book, form, faults);
        counts.votes.end = self.results.votes.len();
        for (level, template) in &form.fallback {
            let mut to = String::new();
            template.render_into(&mut to, cell);
            counts.fallback.push(((*level).to_owned(), to));
        }
        if faults.len() == before {
            self.results.rows.push(counts);
        }
        true
    }

    /// A fault where an earlier row has the same key, or the same code where there are no keys.
    fn is_unique(&mut self, counts: &ResultRow, faults: &mut Vec<Fault>) {
        let (what, unique) = match &counts.key {
            Some(key) => ("row key", key),
            None => ("code", &counts.code),
        };
        match self.seen.entry(unique.clone()) {
            Entry::Occupied(earlier) => {
                let expected = format!("each {what} once; row {} has it too", grouped(*earlier.get()));
                faults.push(Fault::at(counts.row).column(what).text(unique).expected(expected));
            }
            Entry::Vacant(place) => {
                place.insert(counts.row);
            }
        }
    }

    fn counts_of(&mut self, row: &Row, form: &Form<'_>, faults: &mut Vec<Fault>) -> Option<ResultRow> {
        let before = faults.len();
        let columns = &form.columns;
        let mut get = |at: Option<usize>, what| at.map(|at| count(row, &form.table, at, what, faults).unwrap_or(0));
        let totals = Totals {
            registered: get(columns.registered, "electors"),
            voters: get(columns.voters, "voters"),
            abstentions: get(columns.abstentions, "electors"),
            valid: get(columns.valid, "votes"),
            blank: get(columns.blank, "ballots"),
            null: get(columns.null, "ballots"),
        };
        let start = self.results.votes.len();
        self.votes_of(row, form, faults);
        if faults.len() > before {
            return None;
        }
        faults.extend(abstentions_fit(row.number, &totals, form));
        let votes = &self.results.votes[start..];
        self.watch.counts(row.number, votes, &totals);
        let sum: u64 = votes.iter().map(|(_, votes)| u64::from(*votes)).sum();
        let Ok(sum) = u32::try_from(sum) else {
            faults.push(Fault::at(row.number).value(sum).expected("votes that add up to less than 4,294,967,295"));
            return None;
        };
        let Whole { voters, valid, blank, null } = totals.complete(sum);
        let (key, code, fallback, registered) = (None, String::new(), Vec::new(), totals.registered);
        Some(ResultRow { row: row.number, key, code, fallback, registered, voters, valid, blank, null, votes: 0..0 })
    }

    /// Adds the votes of every list of a row.
    fn votes_of(&mut self, row: &Row, form: &Form<'_>, faults: &mut Vec<Fault>) {
        let (book, votes, table) = (&mut self.book, &mut self.results.votes, &form.table);
        match &form.columns.candidates {
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
    }

    fn finish(self, form: &Form<'_>, faults: Vec<Fault>) -> Result<Results, IngestError> {
        let Self { mut results, book, watch, joined, raised, .. } = self;
        watch.verdict(&form.table.file)?;
        if !faults.is_empty() {
            let hint = hint(&faults, form.row_key.is_some());
            let mut refusal = Refusal::rows(&form.table.file, faults, results.read);
            refusal.help = hint.or(refusal.help);
            return Err(IngestError::Rows(refusal));
        }
        if results.empty > 0 {
            let rows = grouped(results.empty);
            results.said.push(format!("{rows} rows hold no count at all: no result there, not zero"));
        }
        if raised > 0 {
            results.said.push(format!("registered raised to voters in {} rows", grouped(raised)));
        }
        results.said.extend(totals::said(&form.columns));
        if let Some(joined) = joined {
            (results.without_join, results.unused_join) = joined.unmatched();
        }
        book.name_lists(&mut results, &form.options.layout);
        Ok(results)
    }
}

/// Valid votes of a row, out of its cells and by nothing that keeps or places rows: what is kept must come to the same.
fn valid_as_read(row: &Row, columns: &Columns) -> u64 {
    let cell = |at: usize| row.cell(at).parse::<u64>().unwrap_or(0);
    let all = |places: &[usize]| places.iter().map(|at| cell(*at)).sum::<u64>();
    let voters = match (columns.voters, columns.registered, columns.abstentions) {
        (Some(voters), _, _) => Some(cell(voters)),
        (None, Some(registered), Some(abstentions)) => Some(cell(registered).saturating_sub(cell(abstentions))),
        _ => None,
    };
    match (columns.valid, voters, columns.blank, columns.null, &columns.candidates) {
        (Some(valid), ..) => cell(valid),
        (None, Some(voters), Some(blank), Some(null), _) => voters.saturating_sub(cell(blank) + cell(null)),
        (None, .., Candidates::Columns(candidates)) => all(candidates),
        // A ministry file without a column of valid votes is refused.
        (None, .., Candidates::Blocks(_) | Candidates::Repeated { .. }) => 0,
    }
}

/// A fault where abstentions and registered, or abstentions, voters and registered, cannot all be right.
fn abstentions_fit(row: u64, totals: &Totals, form: &Form<'_>) -> Option<Fault> {
    let (abstentions, registered) = (totals.abstentions?, totals.registered?);
    let name = |at: Option<usize>| at.map_or("", |at| form.table.header[at].as_str());
    let fault = Fault::at(row).column(name(form.columns.abstentions)).value(grouped(abstentions.into()));
    if abstentions > registered {
        let of = name(form.columns.registered);
        return Some(fault.expected(format!("at most the {} of `{of}`", grouped(registered.into()))));
    }
    let voters = totals.voters.filter(|voters| u64::from(*voters) + u64::from(abstentions) != u64::from(registered))?;
    let rest = grouped(u64::from(registered.saturating_sub(voters)));
    let (of, less) = (name(form.columns.registered), name(form.columns.voters));
    Some(fault.expected(format!("the {rest} that `{of}` less `{less}` leaves")))
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

/// INSEE's code of the commune, the department and the station of a row.
fn french_columns(row: &Row, place: [Option<usize>; 3]) -> [String; 3] {
    let [department, commune, station] = place.map(|at| at.map_or("", |at| row.cell(at)));
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

/// A cell as a count; a fault where it is none.
pub(super) fn count(row: &Row, table: &Table, at: usize, what: &str, faults: &mut Vec<Fault>) -> Option<u32> {
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

/// The law of counts, with what is accepted beside it.
fn check(counts: &ResultRow, results: &mut Results, book: &mut Book, form: &Form<'_>, faults: &mut Vec<Fault>) {
    let Form { columns, options, table, .. } = form;
    let name = |at: Option<usize>, other: &'static str| at.map_or(other, |at| table.header[at].as_str());
    let (voters, valid) = (name(columns.voters, "voters"), name(columns.valid, "valid"));
    let above = |column: &str, found: u32, most: u32, of: &str| {
        let expected = format!("at most the {} of `{of}`", grouped(u64::from(most)));
        Fault::at(counts.row).column(column).value(grouped(u64::from(found))).expected(expected)
    };
    if let Some(registered) = counts.registered
        && counts.voters > registered
    {
        faults.push(above(voters, counts.voters, registered, name(columns.registered, "registered")));
    }
    if u64::from(counts.valid) + u64::from(counts.blank.unwrap_or(0)) + u64::from(counts.null.unwrap_or(0))
        > u64::from(counts.voters)
    {
        faults.push(above(valid, counts.valid, counts.voters, voters));
    }
    let sum: u32 = results.votes_of(counts).iter().map(|(_, votes)| *votes).sum();
    let off = sum.abs_diff(counts.valid);
    if off > 0 && (columns.exhaustive || sum > counts.valid) {
        let told =
            format!("candidates add up to {}, `{valid}` is {}", grouped(sum.into()), grouped(counts.valid.into()));
        if off > options.accept_discrepancy {
            let fault = Fault::at(counts.row).column(valid).value(grouped(counts.valid.into()));
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
