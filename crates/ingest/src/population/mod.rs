//! Population: where people live, as points, cells of INSEE's grid, or polygons, each with a count.
//!
//! Counts are kept as the file has them: what is confidential is counted in fractions of people, and the sum of what
//! [`read`] gives is the sum of the file.

mod grid;

pub use grid::GridCell;

use crate::covariates::number;
use crate::fault::{Fault, IngestError, Refusal};
use crate::points;
use crate::source::{Kind, Source};
use crate::table::{Filter, Row, Shape, Table};
use geo_types::MultiPolygon;
use std::path::PathBuf;

/// How a file of population is to be read.
#[derive(Debug, Clone)]
pub struct PopulationRequest {
    /// The file: a table, or polygons.
    pub path: PathBuf,
    /// The column that says how many.
    pub count: String,
    /// Columns of longitude and latitude.
    pub point: Option<(String, String)>,
    /// The column of a cell's id.
    pub cell: Option<String>,
    /// Which rows are kept.
    pub filter: Filter,
    /// The system of the polygons' coordinates, over what the file says.
    pub crs: Option<String>,
}

/// Where people of one row are.
#[derive(Debug, Clone, PartialEq)]
pub enum PeoplePlace {
    /// At one place: longitude, latitude.
    Point([f64; 2]),
    /// In a cell, anywhere.
    Cell(GridCell),
    /// In a polygon, anywhere: longitude and latitude on WGS 84.
    Polygon(MultiPolygon<f64>),
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct PeopleRow {
    /// As a spreadsheet numbers it; of polygons, the feature from 1.
    pub row: u64,
    /// Where.
    pub place: PeoplePlace,
    /// How many, finite and at least 0.
    pub people: f64,
}

/// A file of population, read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Population {
    /// Rows with a place and a number.
    pub rows: Vec<PeopleRow>,
    /// Rows read.
    pub read: u64,
    /// Rows left out by `--where`.
    pub filtered: u64,
    /// Rows without a number: nobody is counted there.
    pub without_number: Vec<u64>,
    /// Features without a polygon: their people are nowhere.
    pub without_place: Vec<u64>,
    /// What was detected or guessed.
    pub said: Vec<String>,
}

/// Names by which the column of a cell's id is found, folded and without separators.
const CELLS: [&str; 6] = ["idcarr1km", "idcar1km", "idcar200m", "idcarr200m", "idcarnat", "grdid"];

/// Reads a file of population, wholly or not at all.
///
/// # Errors
/// [`IngestError::File`] where the file is none, or nobody lives in it; [`IngestError::Columns`] where a column is not
/// there; [`IngestError::Rows`] with every count that is none and every place that is no place.
pub fn read(source: Source, request: &PopulationRequest) -> Result<Population, IngestError> {
    let name = source.name().to_owned();
    let found = if is_of_polygons(&source) {
        if request.point.is_some() || request.cell.is_some() {
            let refusal =
                Refusal::new(&name, "holds polygons, and `--lon`, `--lat` and `--cell` name columns of places");
            return Err(IngestError::Options(refusal.help("leave them out: the polygons say where people are")));
        }
        crate::areas::read_counts(source, &request.path, &request.count, &request.filter, request.crs.as_deref())?
    } else {
        read_table(&Table::read(source)?, request)?
    };
    if found.rows.iter().all(|row| row.people == 0.0) {
        return Err(IngestError::file(name, "nobody lives in it; nothing imported", "check `--count` and `--where`"));
    }
    Ok(found)
}

fn is_of_polygons(source: &Source) -> bool {
    let first = source.bytes().iter().find(|byte| !byte.is_ascii_whitespace());
    match (source.kind(), source.extension().as_str()) {
        (Kind::FlatGeobuf, _) | (Kind::Zip, "zip") => true,
        (Kind::Other, extension) => matches!(extension, "shp" | "geojson" | "fgb") || first == Some(&b'{'),
        (Kind::Zip | Kind::Parquet, _) => false,
    }
}

/// The columns of a place.
enum Where {
    Point(usize, usize),
    Cell(usize),
}

fn read_table(table: &Table, request: &PopulationRequest) -> Result<Population, IngestError> {
    let position = |what: &str, name: &str| points::position(table, what, name);
    let count = position("`--count`", &request.count)?;
    for column in request.filter.columns() {
        position("`--where`", column)?;
    }
    let mut found = Population { said: table.said.clone(), ..Population::default() };
    let place = match (&request.cell, &request.point) {
        (Some(cell), _) => Where::Cell(position("`--cell`", cell)?),
        (None, Some((lon, lat))) => Where::Point(position("`--lon`", lon)?, position("`--lat`", lat)?),
        (None, None) => guess(table, &mut found.said)?,
    };
    let mut faults = Vec::new();
    let (mut filtered, mut without_number, mut rows) = (0, Vec::new(), Vec::new());
    found.read = table.for_each(Shape::Rectangular, &mut faults, |row, faults| {
        if !request.filter.keeps(|name| table.position(name).map(|at| row.cell(at))) {
            filtered += 1;
            return;
        }
        let place = place_of(row, &place, table, faults);
        let before = faults.len();
        match people(row, count, &table.header[count], faults) {
            Some(people) => rows.extend(place.map(|place| PeopleRow { row: row.number, place, people })),
            None if faults.len() == before => without_number.push(row.number),
            None => {}
        }
    });
    if !faults.is_empty() {
        return Err(IngestError::Rows(Refusal::rows(&table.file, faults, found.read)));
    }
    Ok(Population { rows, filtered, without_number, ..found })
}

/// The columns of a place by their usual names; a cell says more than its middle.
fn guess(table: &Table, said: &mut Vec<String>) -> Result<Where, IngestError> {
    let folded: Vec<String> = table.header.iter().map(|name| points::plain(name)).collect();
    let at = |name: &str| folded.iter().position(|column| column == name);
    if let Some(cell) = CELLS.iter().find_map(|name| at(name)) {
        said.push(format!("places by the column `{}`", table.header[cell]));
        return Ok(Where::Cell(cell));
    }
    if let Some((lon, lat)) = points::guess(table, said) {
        return Ok(Where::Point(lon, lat));
    }
    let refusal = Refusal::new(&table.file, "no column says where people live; nothing imported");
    let columns = table.header.join(", ");
    Err(IngestError::Columns(refusal.help(format!("name `--lon` and `--lat`, or `--cell`; there are {columns}"))))
}

fn place_of(row: &Row, place: &Where, table: &Table, faults: &mut Vec<Fault>) -> Option<PeoplePlace> {
    match *place {
        Where::Cell(at) => {
            let cell = row.cell(at).parse().ok().filter(|cell: &GridCell| cell.middle().is_some());
            if cell.is_none() {
                let fault = Fault::at(row.number).column(&table.header[at]).text(row.cell(at));
                faults.push(fault.expected("a cell such as CRS3035RES1000mN2031000E4252000"));
            }
            cell.map(PeoplePlace::Cell)
        }
        Where::Point(lon, lat) => points::degrees(row, (lon, lat), table, faults).map(PeoplePlace::Point),
    }
}

fn people(row: &Row, at: usize, name: &str, faults: &mut Vec<Fault>) -> Option<f64> {
    let people = number(row, at, name, faults)?;
    if people < 0.0 {
        faults.push(Fault::at(row.number).column(name).text(row.cell(at)).expected("a count of 0 or more"));
        return None;
    }
    Some(people)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(count: &str) -> PopulationRequest {
        let path = "people.csv".into();
        PopulationRequest { path, count: count.into(), point: None, cell: None, filter: Filter::default(), crs: None }
    }

    fn of(text: &str, request: &PopulationRequest) -> Result<Population, IngestError> {
        let source = Source::from_bytes("people.csv", text.as_bytes().to_vec(), crate::Limits::default());
        read(source.expect("a source"), request)
    }

    #[test]
    fn points_and_cells_are_found_by_their_usual_names_and_sums_are_kept() {
        let points = of("Lon;Lat;ind\n2,5;48.5;10,25\n2.6;48.6;\n2.7;48.7;0.5\n", &request("ind")).expect("points");
        assert_eq!(points.rows.iter().map(|row| row.people).sum::<f64>(), 10.75);
        assert_eq!(points.rows[0].place, PeoplePlace::Point([2.5, 48.5]));
        assert_eq!((points.read, points.without_number), (3, vec![3]));
        let text = "id_carr1km,lon,lat,ind\nCRS3035RES1000mN2031000E4252000,9.1,41.4,3.5\n";
        let cells = of(text, &request("ind")).expect("cells");
        assert!(matches!(cells.rows[0].place, PeoplePlace::Cell(cell) if cell.side_m == 1_000));
    }

    #[test]
    fn every_fault_is_told_with_its_row_and_column() {
        let text = "lon,lat,n\n200,48,1\n2,48,-3\n2,north,x\n";
        let refused = of(text, &request("n")).expect_err("faults").to_string();
        for part in [
            "row 2, `lon`: found `200`, expected a longitude from -180 to 180",
            "row 3, `n`: found `-3`, expected a count of 0 or more",
            "row 4, `lat`: found `north`, expected a latitude from -90 to 90",
            "row 4, `n`: found `x`, expected a number",
        ] {
            assert!(refused.contains(part), "{part}: {refused}");
        }
        let cell = of("grd_id,n\nCRS3035RES1000mN1E2,5\n", &request("n")).expect_err("no cell").to_string();
        assert!(cell.contains("row 2, `grd_id`"), "{cell}");
        let nowhere = of("a,n\n1,2\n", &request("n")).expect_err("no place").to_string();
        assert!(nowhere.contains("`--lon` and `--lat`, or `--cell`"), "{nowhere}");
        let nobody = of("lon,lat,n\n1,2,0\n", &request("n")).expect_err("nobody").to_string();
        assert!(nobody.contains("nobody lives in it"), "{nobody}");
        assert!(of("lon,lat,n\n1,2,0\n", &request("m")).is_err());
    }

    #[test]
    fn polygons_bring_their_counts() {
        let text = r#"{"type":"FeatureCollection","features":[
            {"type":"Feature","properties":{"pop":12.5},"geometry":{"type":"Polygon","coordinates":[[[2,48],[3,48],[3,49],[2,48]]]}},
            {"type":"Feature","properties":{"pop":"x"},"geometry":null}]}"#;
        let refused = of(text, &request("pop")).expect_err("no number").to_string();
        assert!(refused.contains("feature 2, `pop`") || refused.contains("row 2, `pop`"), "{refused}");
        let good = of(&text.replace("\"x\"", "7"), &request("pop")).expect("polygons");
        assert_eq!((good.rows.len(), good.rows[0].people, good.without_place), (1, 12.5, vec![2]));
    }
}
