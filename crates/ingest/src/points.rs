//! Points: the columns of longitude and latitude of a table, and files of places that become areas.

use crate::covariates::number;
use crate::fault::{Fault, IngestError, Refusal};
use crate::source::Source;
use crate::table::{Filter, Row, Shape, Table};
use crate::template::{Template, missing_columns};
use csv::ByteRecord;
use std::path::PathBuf;

/// Names by which columns of a place are found, folded and without separators; the first pair that a file has is taken.
const NAMES: [(&str, &str); 5] =
    [("lon", "lat"), ("longitude", "latitude"), ("lng", "lat"), ("long", "lat"), ("xwgs84", "ywgs84")];

/// How a file of points is to be read.
#[derive(Debug, Clone)]
pub struct PointsRequest {
    /// The table.
    pub path: PathBuf,
    /// Columns of longitude and latitude; found by their names where not given.
    pub columns: Option<(String, String)>,
    /// The column of electors.
    pub electors: Option<String>,
    /// The code of the area of the next coarser level in which a point lies.
    pub parent: Option<Template>,
    /// Which rows are kept.
    pub filter: Filter,
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct PointRow {
    /// As a spreadsheet numbers it.
    pub row: u64,
    /// Longitude and latitude.
    pub at: [f64; 2],
    /// Electors there; `None`: the file does not say.
    pub electors: Option<u32>,
    /// What the template of the parent gives.
    pub parent: Option<String>,
}

/// A file of points, read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PointsFile {
    /// The rows kept, in order.
    pub rows: Vec<PointRow>,
    /// Rows read.
    pub read: u64,
    /// Rows left out by `--where`.
    pub filtered: u64,
    /// What was detected or guessed.
    pub said: Vec<String>,
}

/// Reads a file of points, wholly or not at all.
///
/// # Errors
/// [`IngestError::Columns`] where a column is not there; [`IngestError::Rows`] with every place that is none and every
/// number of electors that is no whole number of 0 or more; [`IngestError::File`] where no row is kept.
pub fn read(source: Source, request: &PointsRequest) -> Result<PointsFile, IngestError> {
    let table = Table::read(source)?;
    let mut found = PointsFile { said: table.said.clone(), ..PointsFile::default() };
    let place = columns(&table, request.columns.as_ref(), &mut found.said)?;
    let electors = request.electors.as_deref().map(|name| position(&table, "`--electors`", name)).transpose()?;
    let parent = request.parent.as_ref().map(|parent| parent.bind(&table.file, &table.header)).transpose()?;
    for column in request.filter.columns() {
        position(&table, "`--where`", column)?;
    }
    let (mut faults, mut rows, mut filtered) = (Vec::new(), Vec::new(), 0);
    found.read = table.for_each(Shape::Rectangular, &mut faults, |row, faults| {
        if !request.filter.keeps(|name| table.position(name).map(|at| row.cell(at))) {
            filtered += 1;
            return;
        }
        let electors = electors.and_then(|at| whole(row, at, &table.header[at], faults));
        let parent = parent.as_ref().map(|parent| {
            let mut code = String::new();
            parent.render_into(&mut code, |at| row.cell(at));
            code
        });
        rows.extend(degrees(row, place, &table, faults).map(|at| PointRow { row: row.number, at, electors, parent }));
    });
    if !faults.is_empty() {
        return Err(IngestError::Rows(Refusal::rows(&table.file, faults, found.read)));
    }
    if rows.is_empty() {
        return Err(IngestError::file(&table.file, "no row is left; nothing imported", "check `--where`"));
    }
    Ok(PointsFile { rows, filtered, ..found })
}

/// The table with a column `located` more: the code that `area` gives to the longitude and latitude of each row, or the
/// two themselves where it gives none.
///
/// # Errors
/// As [`read`]; also where the table has a column of that name already.
pub fn with_areas(
    table: &Table,
    given: Option<&(String, String)>,
    area: impl Fn([f64; 2]) -> Option<String>,
) -> Result<Table, IngestError> {
    if table.position(LOCATED).is_some() {
        let refusal = Refusal::new(&table.file, format!("has a column `{LOCATED}`; nothing imported"));
        return Err(IngestError::Options(
            refusal.help(format!("leave out `--lon` and `--lat`: `--code '{{{LOCATED}}}'`")),
        ));
    }
    let mut said = table.said.clone();
    let place = columns(table, given, &mut said)?;
    let (mut faults, mut rows) = (Vec::new(), Vec::new());
    let read = table.for_each(Shape::Rectangular, &mut faults, |row, faults| {
        let Some(at) = degrees(row, place, table, faults) else { return };
        let mut cells: ByteRecord = (0..table.header.len()).map(|column| row.cell(column)).collect();
        let code = area(at).unwrap_or_else(|| format!("{:.5},{:.5}", at[0], at[1]));
        cells.push_field(code.as_bytes());
        rows.push((row.number, cells));
    });
    if !faults.is_empty() {
        return Err(IngestError::Rows(Refusal::rows(&table.file, faults, read)));
    }
    let header = table.header.iter().cloned().chain([LOCATED.to_owned()]).collect();
    Ok(Table::of_rows(table.file.clone(), header, said, rows))
}

/// The column of [`with_areas`].
pub const LOCATED: &str = "located";

/// A name without accents, case and separators.
pub(crate) fn plain(name: &str) -> String {
    quartier_model::fold(name).replace([' ', '_', '-'], "")
}

pub(crate) fn position(table: &Table, what: &str, name: &str) -> Result<usize, IngestError> {
    let known: Vec<&str> = table.header.iter().map(String::as_str).collect();
    table.position(name).ok_or_else(|| missing_columns(&table.file, what, &[name], &known))
}

/// The columns of longitude and latitude: those named, else by their usual names.
fn columns(
    table: &Table,
    given: Option<&(String, String)>,
    said: &mut Vec<String>,
) -> Result<(usize, usize), IngestError> {
    if let Some((lon, lat)) = given {
        return Ok((position(table, "`--lon`", lon)?, position(table, "`--lat`", lat)?));
    }
    guess(table, said).ok_or_else(|| {
        let refusal = Refusal::new(&table.file, "no column says where its rows are; nothing imported");
        let columns = table.header.join(", ");
        IngestError::Columns(refusal.help(format!("name `--lon` and `--lat`; there are {columns}")))
    })
}

/// The columns of a place by their usual names.
pub(crate) fn guess(table: &Table, said: &mut Vec<String>) -> Option<(usize, usize)> {
    let folded: Vec<String> = table.header.iter().map(|name| plain(name)).collect();
    let at = |name: &str| folded.iter().position(|column| column == name);
    let (lon, lat) = NAMES.iter().find_map(|(lon, lat)| Some((at(lon)?, at(lat)?)))?;
    said.push(format!("places by the columns `{}` and `{}`", table.header[lon], table.header[lat]));
    Some((lon, lat))
}

/// Longitude and latitude of a row; `None` after a fault.
pub(crate) fn degrees(
    row: &Row,
    (lon, lat): (usize, usize),
    table: &Table,
    faults: &mut Vec<Fault>,
) -> Option<[f64; 2]> {
    let mut degrees = |at: usize, most: f64, expected: &str| {
        let number = row.cell(at).replace(',', ".").parse::<f64>().ok();
        let found = number.filter(|degrees| degrees.is_finite() && degrees.abs() <= most);
        if found.is_none() {
            let fault = Fault::at(row.number).column(&table.header[at]).text(row.cell(at));
            faults.push(fault.expected(expected));
        }
        found
    };
    let (x, y) = (degrees(lon, 180.0, "a longitude from -180 to 180"), degrees(lat, 90.0, "a latitude from -90 to 90"));
    Some([x?, y?])
}

fn whole(row: &Row, at: usize, name: &str, faults: &mut Vec<Fault>) -> Option<u32> {
    let electors = number(row, at, name, faults)?;
    // `u32::MAX` stands for an unknown number.
    if electors.fract() != 0.0 || !(0.0..f64::from(u32::MAX)).contains(&electors) {
        faults.push(Fault::at(row.number).column(name).text(row.cell(at)).expected("a whole number of electors"));
        return None;
    }
    Some(electors as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source::from_bytes("points.csv", text.as_bytes().to_vec(), crate::Limits::default()).expect("a source")
    }

    fn request() -> PointsRequest {
        let parent = Some("{com:0>5}".parse().expect("a template"));
        PointsRequest {
            path: "points.csv".into(),
            columns: None,
            electors: Some("n".into()),
            parent,
            filter: Filter::default(),
        }
    }

    #[test]
    fn points_have_a_place_electors_and_a_parent() {
        let found = read(source("Longitude;latitude;n;com\n2,5;48.5;12;1004\n2.6;48.6;;1005\n"), &request());
        let found = found.expect("points");
        let row = |row, at, electors, parent: &str| PointRow { row, at, electors, parent: Some(parent.into()) };
        assert_eq!(found.rows, [row(2, [2.5, 48.5], Some(12), "01004"), row(3, [2.6, 48.6], None, "01005")]);
        assert!(found.said.iter().any(|said| said.contains("`Longitude` and `latitude`")), "{:?}", found.said);
    }

    #[test]
    fn every_fault_is_told_and_nothing_is_read() {
        let refused = read(source("lon,lat,n,com\n200,48,1,1\n2,48,1.5,1\n2,north,-3,1\n"), &request());
        let refused = refused.expect_err("faults").to_string();
        for part in [
            "row 2, `lon`: found `200`, expected a longitude from -180 to 180",
            "row 3, `n`: found `1.5`, expected a whole number of electors",
            "row 4, `lat`: found `north`, expected a latitude from -90 to 90",
            "row 4, `n`: found `-3`, expected a whole number of electors",
        ] {
            assert!(refused.contains(part), "{part}: {refused}");
        }
        let nowhere = read(source("x,y,n,com\n1,2,3,4\n"), &request()).expect_err("no place").to_string();
        assert!(nowhere.contains("`--lon` and `--lat`; there are x, y, n, com"), "{nowhere}");
        let filter = Filter::parse(&["com=9".to_owned()]).expect("a filter");
        let none = read(source("lon,lat,n,com\n1,2,3,4\n"), &PointsRequest { filter, ..request() });
        assert!(none.expect_err("no row").to_string().contains("no row is left"));
    }

    #[test]
    fn a_table_gains_the_area_of_each_row() {
        let table = Table::read(source("name,lon,lat\na,2,48\nb,3,49\n")).expect("a table");
        let cell = |[lon, lat]: [f64; 2]| Some(format!("{lon}/{lat}"));
        let wider = with_areas(&table, None, cell).expect("a table");
        assert_eq!(wider.header, ["name", "lon", "lat", "located"]);
        let mut codes = Vec::new();
        wider.for_each(Shape::Rectangular, &mut Vec::new(), |row, _| codes.push((row.number, row.cell(3).to_owned())));
        assert_eq!(codes, [(2, "2/48".to_owned()), (3, "3/49".to_owned())]);
        let mut codes = Vec::new();
        let nowhere = with_areas(&table, None, |_| None).expect("a table");
        nowhere.for_each(Shape::Rectangular, &mut Vec::new(), |row, _| codes.push(row.cell(3).to_owned()));
        assert_eq!(codes, ["2.00000,48.00000", "3.00000,49.00000"]);
        assert!(with_areas(&wider, None, cell).expect_err("twice").to_string().contains("has a column `located`"));
        let off = Table::read(source("lon,lat\n2,95\n")).expect("a table");
        let refused = with_areas(&off, None, cell).expect_err("no place").to_string();
        assert!(refused.contains("row 2, `lat`: found `95`"), "{refused}");
    }
}
