//! Long forms (a row for each station and list) become wide ones, which `fr-ministere` then reads.
//!
//! Three are met: one table (the stations' figures are repeated on every row), two tables (stations; station and
//! candidate, as data.gouv.fr's aggregated results), and the ministry's first generation, without a header.

use crate::fault::{Fault, IngestError, Refusal};
use crate::table::{Row, Shape, Table};
use csv::ByteRecord;
use std::collections::HashMap;

/// The block that is repeated, as the ministry names it.
const BLOCK: [&str; 5] = ["N°Panneau", "Nuance", "Nom", "Prénom", "Voix"];

/// Columns of a long table that name a list, the first that a row fills counts: one file of data.gouv.fr holds
/// ballots of lists and ballots of candidates, and leaves empty what a ballot has not. Folded, as [`find`] compares.
const NAMES: [&str; 7] =
    ["liste", "label", "nom", "libelle abrege liste", "libelle etendu liste", "nom tete liste", "binome"];

/// The one of [`NAMES`] to which a first name belongs.
const FAMILY_NAME: &str = "nom";

/// Columns of the first generation, 13 of them; those of 15 have constituency and canton after the commune's name.
const FIRST_GENERATION: [&str; 8] = [
    "Tour",
    "Code du département",
    "Code de la commune",
    "Libellé de la commune",
    "Code du b.vote",
    "Inscrits",
    "Votants",
    "Exprimés",
];

/// The place of a column by the first of its folded names that is there.
fn find(table: &Table, synonyms: &[&str]) -> Option<usize> {
    synonyms.iter().find_map(|name| table.header.iter().position(|column| quartier_model::fold(column) == *name))
}

/// Where a long table has the parts of a block.
struct Parts {
    panel: Option<usize>,
    nuance: Option<usize>,
    /// Columns of names, and whether a first name belongs to it.
    names: Vec<(usize, bool)>,
    first: Option<usize>,
    votes: usize,
}

impl Parts {
    /// The columns of a long table; `None` where it has no votes or nothing that tells lists apart.
    fn of(table: &Table) -> Option<Self> {
        let names = NAMES.iter().filter_map(|name| Some((find(table, &[name])?, *name == FAMILY_NAME)));
        let parts = Self {
            panel: find(table, &["n panneau", "no panneau", "numero panneau", "numero de panneau"]),
            nuance: find(table, &["nuance", "code nuance"]),
            names: names.collect(),
            first: find(table, &["prenom"]),
            votes: find(table, &["voix"])?,
        };
        (parts.nuance.is_some() || !parts.names.is_empty()).then_some(parts)
    }

    fn hold(&self, column: usize) -> bool {
        let alone = [self.panel, self.nuance, self.first, Some(self.votes)];
        alone.contains(&Some(column)) || self.names.iter().any(|(name, _)| *name == column)
    }

    /// The block of a row, in the order of [`BLOCK`].
    fn block<'r>(&self, row: &'r Row) -> [&'r str; 5] {
        let cell = |column: Option<usize>| column.map_or("", |column| row.cell(column));
        let (name, is_family) = self
            .names
            .iter()
            .map(|(column, is_family)| (row.cell(*column), *is_family))
            .find(|(name, _)| !name.is_empty())
            .unwrap_or_default();
        let first = if is_family { cell(self.first) } else { "" };
        [cell(self.panel), cell(self.nuance), name, first, row.cell(self.votes)]
    }
}

/// Stations by key, in the order met, each a wide row that grows.
#[derive(Default)]
struct Stations {
    places: HashMap<String, usize>,
    rows: Vec<(u64, ByteRecord)>,
}

impl Stations {
    fn at(&mut self, key: &str, row: &Row, cells: &[usize]) -> usize {
        *self.places.entry(key.to_owned()).or_insert_with(|| {
            self.rows.push((row.number, cells.iter().map(|column| row.cell(*column)).collect::<Vec<_>>().into()));
            self.rows.len() - 1
        })
    }

    fn push(&mut self, station: usize, block: [&str; 5]) {
        for cell in block {
            self.rows[station].1.push_field(cell.as_bytes());
        }
    }
}

fn key_of(row: &Row, columns: &[usize]) -> String {
    columns.iter().map(|column| row.cell(*column)).collect::<Vec<_>>().join("\u{1f}")
}

/// `fr-agrege`: a long table alone, or the stations' table with that of the candidates, as one wide table.
///
/// Two tables are joined on every `id...`, `code...` and `maille` column that both have.
///
/// # Errors
/// [`IngestError::Columns`] where there are no votes or no common column; [`IngestError::Rows`] for a candidate's row
/// without a station and for rows that are not whole.
pub fn widen(stations: &Table, candidates: Option<&Table>) -> Result<Table, IngestError> {
    let votes = candidates.unwrap_or(stations);
    let known: Vec<&str> = votes.header.iter().map(String::as_str).collect();
    let Some(parts) = Parts::of(votes) else {
        return Err(crate::missing_columns(&votes.file, "`fr-agrege`", &["voix", "nuance"], &known));
    };
    let fixed: Vec<usize> =
        (0..stations.header.len()).filter(|column| candidates.is_some() || !parts.hold(*column)).collect();
    let keys: Vec<(usize, usize)> = match candidates {
        None => fixed.iter().map(|column| (*column, *column)).collect(),
        Some(candidates) => fixed
            .iter()
            .filter(|column| {
                let name = quartier_model::fold(&stations.header[**column]);
                name.starts_with("id") || name.starts_with("code") || name == "maille"
            })
            .filter_map(|column| Some((*column, candidates.position(&stations.header[*column])?)))
            .collect(),
    };
    if keys.is_empty() {
        return Err(crate::missing_columns(&votes.file, "`fr-agrege`", &["id_brut_miom"], &known));
    }
    let (station_key, vote_key): (Vec<usize>, Vec<usize>) = keys.into_iter().unzip();
    let mut all = Stations::default();
    let mut faults = Vec::new();
    let read = stations.for_each(Shape::Rectangular, &mut faults, |row, faults| {
        let key = key_of(row, &station_key);
        if candidates.is_some() && all.places.contains_key(&key) {
            let first = all.rows[all.places[&key]].0;
            let expected = format!("each station once; row {} has it too", crate::grouped(first));
            faults.push(Fault::at(row.number).text(&key.replace('\u{1f}', " ")).expected(expected));
            return;
        }
        let station = all.at(&key, row, &fixed);
        if candidates.is_none() {
            all.push(station, parts.block(row));
        }
    });
    refuse(&stations.file, &mut faults, read)?;
    if let Some(candidates) = candidates {
        let read = candidates.for_each(Shape::Rectangular, &mut faults, |row, faults| {
            let key = key_of(row, &vote_key);
            match all.places.get(&key).copied() {
                Some(station) => all.push(station, parts.block(row)),
                None => {
                    let fault = Fault::at(row.number).text(&key.replace('\u{1f}', " "));
                    faults.push(fault.expected(format!("a station of {}", stations.file)));
                }
            }
        });
        refuse(&candidates.file, &mut faults, read)?;
    }
    let header = fixed.iter().map(|column| stations.header[*column].clone());
    let header = header.chain(BLOCK.map(str::to_owned)).collect();
    let mut said = stations.said.clone();
    said.push(format!("long form: {} stations", crate::grouped(all.rows.len() as u64)));
    Ok(Table::of_rows(stations.file.clone(), header, said, all.rows))
}

fn refuse(file: &str, faults: &mut Vec<Fault>, read: u64) -> Result<(), IngestError> {
    if faults.is_empty() {
        return Ok(());
    }
    Err(IngestError::Rows(Refusal::rows(file, std::mem::take(faults), read)))
}

/// A file of the ministry's first generation (until 2015) as a wide table; `None` where it is none.
///
/// It is one where a comment line (`--`) stands first, or the first row has 13 or 15 cells of which the three before
/// the panel are numbers: a header has none.
///
/// # Errors
/// [`IngestError::Rows`] for rows that have not as many cells as the first.
pub fn widen_first_generation(table: &Table) -> Result<Option<Table>, IngestError> {
    let comment = table.header.first().is_some_and(|cell| cell.starts_with("--"));
    let number = |cell: &String| !cell.is_empty() && cell.bytes().all(|byte| byte.is_ascii_digit());
    let counts = matches!(table.header.len(), 13 | 15)
        && table.header[table.header.len() - 8..table.header.len() - 5].iter().all(number);
    if !comment && !counts {
        return Ok(None);
    }
    let mut all = Stations::default();
    let mut faults = Vec::new();
    let mut width = 0;
    let read = table.for_each_from_first(&mut faults, |row, faults| {
        if row.cell(0).starts_with("--") {
            return;
        }
        let cells = row.cells.len();
        if width == 0 && matches!(cells, 13 | 15) {
            width = cells;
        }
        if cells != width {
            let expected = if width == 0 { "13 or 15".to_owned() } else { format!("{width}, as in the first row") };
            faults.push(Fault::at(row.number).value(format!("{cells} cells")).expected(expected));
            return;
        }
        let fixed: Vec<usize> = (0..width - 5).collect();
        let station = all.at(&key_of(row, &fixed), row, &fixed);
        let [panel, name, first, nuance, votes] = [5, 4, 3, 2, 1].map(|back| row.cell(width - back));
        all.push(station, [panel, nuance, name, first, votes]);
    });
    refuse(&table.file, &mut faults, read)?;
    let mut header: Vec<String> = FIRST_GENERATION.map(str::to_owned).into();
    if width == 15 {
        header.splice(4..4, ["Code de la circonscription".to_owned(), "Code du canton".to_owned()]);
    }
    header.extend(BLOCK.map(str::to_owned));
    let mut said = table.said.clone();
    said.push("ministry file of the first generation, without a header".to_owned());
    Ok(Some(Table::of_rows(table.file.clone(), header, said, all.rows)))
}
