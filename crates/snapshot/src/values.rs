//! The values of a level: what every face shows.

use crate::error::{Result, SnapshotError};
use crate::map::SharedBytes;
use crate::table::{Place, Table, TableFault, TableWriter};
use quartier_model::{Electors, ElectorsSource, LevelTable, LevelValues, MISSING, Measure, Thousandths};
use std::path::Path;

/// Electors of an area of which nobody said how many there are.
pub const UNKNOWN_ELECTORS: u32 = u32::MAX;

const FIELDS: [&str; 4] = ["value", "low", "high", "spread"];

/// Fields of the people of a measure: mean, 5th and 95th percentile.
const PEOPLE: [&str; 3] = ["people", "low", "high"];

/// One published figure, in thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figure {
    /// Mean.
    pub value: Thousandths,
    /// 5th percentile.
    pub low: Thousandths,
    /// 95th percentile.
    pub high: Thousandths,
    /// Width of the 90 % interval of (area - campaign).
    pub spread: Thousandths,
}

/// The table that goes over the wire: electors, flags, four columns a measure.
pub(crate) fn values_table<'a>(table: &'a LevelTable, about: &TableAbout<'_>) -> Result<TableWriter<'a>> {
    check(table, about.level)?;
    let mut writer = TableWriter::new("values", table.rows())
        .with("snapshot", about.snapshot)
        .with("geography", about.geography)
        .with("level", about.level)
        .with("of", about.of);
    writer.column("electors", "value", &table.electors);
    writer.column("flags", "value", &table.flags);
    for measure in Measure::ALL {
        let values = table.measure(measure);
        let columns = [&values.value, &values.low, &values.high, &values.spread];
        for (field, column) in FIELDS.into_iter().zip(columns) {
            writer.column(measure.id(), field, column);
        }
    }
    Ok(writer)
}

/// What stays with us: where electors come from, and people from unrounded sums.
pub(crate) fn people_table<'a>(
    table: &'a LevelTable,
    sources: &'a [ElectorsSource],
    about: &TableAbout<'_>,
) -> Result<TableWriter<'a>> {
    if sources.len() != table.rows() {
        let why = format!("level {}: {} sources of {} rows", about.level, sources.len(), table.rows());
        return Err(SnapshotError::Unpublishable(why));
    }
    let mut writer = TableWriter::new("people", table.rows()).with("level", about.level);
    writer.column_with("electors_source", "value", sources.len(), |row| source_number(sources[row]));
    for measure in Measure::ALL {
        let values = table.measure(measure);
        for (field, people) in PEOPLE.into_iter().zip([&values.people, &values.people_low, &values.people_high]) {
            if !people.is_empty() {
                writer.column(measure.id(), field, people);
            }
        }
    }
    Ok(writer)
}

/// What the header of a table says of itself.
pub(crate) struct TableAbout<'a> {
    pub snapshot: u32,
    pub geography: &'a str,
    pub level: &'a str,
    pub of: &'a str,
}

fn check(table: &LevelTable, level: &str) -> Result<()> {
    let rows = table.rows();
    let whole = table.flags.len() == rows
        && table.measures.len() == Measure::ALL.len()
        && table.measures.iter().all(|measure| {
            [measure.value.len(), measure.low.len(), measure.high.len(), measure.spread.len()] == [rows; 4]
                && [&measure.people, &measure.people_low, &measure.people_high]
                    .iter()
                    .all(|people| people.is_empty() || people.len() == rows)
        });
    if !whole {
        return Err(SnapshotError::Unpublishable(format!("level {level}: its columns do not all have {rows} rows")));
    }
    Ok(())
}

/// The sources in the order of their numbers on disk.
const SOURCES: [ElectorsSource; 5] = [
    ElectorsSource::Unknown,
    ElectorsSource::AreaFile,
    ElectorsSource::Baseline,
    ElectorsSource::NewestElection,
    ElectorsSource::Children,
];

fn source_number(source: ElectorsSource) -> u8 {
    SOURCES.iter().position(|own| *own == source).unwrap_or(0) as u8
}

/// The values of a level, read in place.
#[derive(Debug, Clone)]
pub struct ValuesTable {
    table: Table,
    people: Table,
    electors: Place<u32>,
    flags: Place<u8>,
    sources: Place<u8>,
    /// `None`: a measure that did not exist when this was published.
    measures: Vec<Option<[Place<i16>; 4]>>,
    counts: Vec<[Option<Place<f32>>; 3]>,
}

/// People of a measure, from unrounded sums.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct People {
    /// Electors × the mean.
    pub value: f32,
    /// Electors × the 5th and 95th percentile; `None` in a snapshot from before they were kept.
    pub interval: Option<[f32; 2]>,
}

impl ValuesTable {
    pub(crate) fn open(values: (SharedBytes, &Path), people: (SharedBytes, &Path)) -> Result<Self> {
        let damaged = |path: &Path, fault: TableFault| SnapshotError::damaged(path, fault.to_string());
        let table = Table::new(values.0).map_err(|fault| damaged(values.1, fault))?;
        let people_table = Table::new(people.0).map_err(|fault| damaged(people.1, fault))?;
        Self::new(table, people_table).map_err(|fault| damaged(values.1, fault))
    }

    fn new(table: Table, people: Table) -> std::result::Result<Self, TableFault> {
        let rows = table.rows();
        let mut measures = Vec::new();
        let mut counts = Vec::new();
        for measure in Measure::ALL {
            let place = |field: &str| table.place::<i16>(measure.id(), field);
            measures.push(match FIELDS.map(place) {
                [Ok(value), Ok(low), Ok(high), Ok(spread)] => Some([value, low, high, spread]),
                // Snapshots from before this measure are read as without it.
                _ if measure == Measure::Change => None,
                [value, low, high, spread] => Some([value?, low?, high?, spread?]),
            });
            counts.push(PEOPLE.map(|field| people.place::<f32>(measure.id(), field).ok()));
        }
        let electors = table.place("electors", "value")?;
        let flags = table.place("flags", "value")?;
        let sources = people.place("electors_source", "value")?;
        let whole = electors.len() == rows
            && flags.len() == rows
            && sources.len() == rows
            && measures.iter().flatten().flatten().all(|place| place.len() == rows)
            && counts.iter().flatten().flatten().all(|place| place.len() == rows);
        if !whole {
            return Err(TableFault(format!("its columns do not all have {rows} rows")));
        }
        Ok(Self { table, people, electors, flags, sources, measures, counts })
    }

    /// The table that goes over the wire.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// Number of areas.
    pub fn rows(&self) -> usize {
        self.table.rows()
    }

    /// Electors of a row.
    pub fn electors(&self, row: usize) -> Electors {
        let electors = self.table.column_at(self.electors).get(row).unwrap_or(UNKNOWN_ELECTORS);
        if electors == UNKNOWN_ELECTORS { Electors::Unknown } else { Electors::Known(electors) }
    }

    /// Where they come from.
    pub fn electors_source(&self, row: usize) -> ElectorsSource {
        let number = self.people.column_at(self.sources).get(row).unwrap_or(0);
        SOURCES.get(usize::from(number)).copied().unwrap_or(ElectorsSource::Unknown)
    }

    /// See [`quartier_model::flags`].
    pub fn flags(&self, row: usize) -> u8 {
        self.table.column_at(self.flags).get(row).unwrap_or(0)
    }

    /// A measure of a row; `None` where there is no figure.
    pub fn figure(&self, measure: Measure, row: usize) -> Option<Figure> {
        let [value, low, high, spread] =
            self.measures[measure.index()]?.map(|place| self.table.column_at(place).get(row).unwrap_or(MISSING));
        (value != MISSING).then_some(Figure { value, low, high, spread })
    }

    /// People of a measure, from unrounded sums; `None` for a measure that counts nobody, or unknown electors.
    pub fn people(&self, measure: Measure, row: usize) -> Option<People> {
        let [value, low, high] = self.counts[measure.index()]
            .map(|place| self.people.column_at(place?).get(row).filter(|people| people.is_finite()));
        Some(People { value: value?, interval: low.zip(high).map(|(low, high)| [low, high]) })
    }

    /// A copy of the whole table.
    pub fn to_level_table(&self) -> LevelTable {
        let missing = || vec![MISSING; self.rows()];
        let measures = self.measures.iter().zip(&self.counts).map(|(figures, people)| {
            let column = |at: usize| figures.map_or_else(missing, |places| self.table.column_at(places[at]).to_vec());
            let people = |at: usize| people[at].map(|place| self.people.column_at(place).to_vec()).unwrap_or_default();
            LevelValues {
                value: column(0),
                low: column(1),
                high: column(2),
                spread: column(3),
                people: people(0),
                people_low: people(1),
                people_high: people(2),
            }
        });
        LevelTable {
            electors: self.table.column_at(self.electors).to_vec(),
            flags: self.table.column_at(self.flags).to_vec(),
            measures: measures.collect(),
        }
    }
}
