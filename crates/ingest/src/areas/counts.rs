//! Polygons of which only a count is read: where people live.

use super::crs::System;
use super::layer::{self, Shape};
use super::mend::mend;
use crate::fault::{Fault, IngestError, Refusal};
use crate::population::{PeoplePlace, PeopleRow, Population};
use crate::source::Source;
use crate::table::Filter;
use crate::template::missing_columns;
use geo_types::MultiPolygon;
use std::path::Path;

/// Reads the polygons of a file and the count in one of their columns.
///
/// # Errors
/// As [`super::read`]; also where a count is no number of 0 or more.
pub(crate) fn read_counts(
    source: Source,
    path: &Path,
    count: &str,
    filter: &Filter,
    crs: Option<&str>,
) -> Result<Population, IngestError> {
    let file = source.name().to_owned();
    let layer = layer::read(source, path, None)?;
    let known: Vec<&str> = layer.columns.iter().map(String::as_str).collect();
    let position = |name: &str| layer.columns.iter().position(|column| column == name);
    let missing = |what: &str, name: &str| missing_columns(&file, what, &[name], &known);
    let at = position(count).ok_or_else(|| missing("`--count`", count))?;
    if let Some(column) = filter.columns().find(|column| position(column).is_none()) {
        return Err(missing("`--where`", column));
    }
    let system = System::of(&file, crs, &layer.crs)?;
    let mut found = Population { read: layer.features.len() as u64, said: layer.said.clone(), ..Population::default() };
    found.said.push(format!("{}, {}", layer.format, system.said));
    let mut faults = Vec::new();
    let mut shapes: Vec<(u64, MultiPolygon<f64>, f64)> = Vec::new();
    for feature in &layer.features {
        let value = |at: usize| feature.values.get(at).and_then(Option::as_deref);
        if !filter.keeps(|name| position(name).and_then(value)) {
            found.filtered += 1;
            continue;
        }
        let text = value(at).unwrap_or_default().trim();
        let people = text.replace(',', ".").parse::<f64>().ok().filter(|people| people.is_finite() && *people >= 0.0);
        match (people, &feature.shape) {
            (None, _) if text.is_empty() => found.without_number.push(feature.row),
            (None, _) => faults.push(Fault::at(feature.row).column(count).text(text).expected("a count of 0 or more")),
            (_, Shape::Refused { found, expected }) => {
                faults.push(Fault::at(feature.row).column("geometry").text(found).expected(*expected));
            }
            (Some(people), Shape::Polygons(shape)) if !shape.0.is_empty() => {
                shapes.push((feature.row, shape.clone(), people));
            }
            (Some(_), Shape::Polygons(_) | Shape::Null) => found.without_place.push(feature.row),
        }
    }
    if !faults.is_empty() {
        return Err(IngestError::Rows(Refusal::rows(&file, faults, found.read)));
    }
    system.to_lon_lat(&file, shapes.iter_mut().map(|(row, shape, _)| (*row, shape)))?;
    for (row, shape, people) in shapes {
        match mend(shape).0 {
            shape if shape.0.is_empty() => found.without_place.push(row),
            shape => found.rows.push(PeopleRow { row, place: PeoplePlace::Polygon(shape), people }),
        }
    }
    Ok(found)
}
