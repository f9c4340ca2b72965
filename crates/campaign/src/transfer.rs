//! Where the areas of a file of results lie in the campaign's finest areas, when they are others.

use crate::error::Result;
use crate::folder::Campaign;
use crate::locate::Locator;
use crate::places::Places;
use crate::population::{Finder, residents};
use geo::bool_ops::BooleanOps;
use geo::{Centroid, ChamberlainDuquetteArea};
use geo_types::MultiPolygon;
use quartier_geometry::{Key, Part, Zone};
use quartier_ingest::areas::{self, AreasRequest};
use rayon::prelude::*;
use std::path::PathBuf;

/// What two outlines of one border differ by, as a share of the surface: ground that is less of both areas is a matter
/// of drawing. The share by which a parent's own outline may miss its children's is half of a percent; sources draw
/// less alike.
const DRAWING: f64 = 0.02;

/// The areas in which results were counted.
#[derive(Debug, Clone)]
pub struct FromAreas {
    /// The file.
    pub path: PathBuf,
    /// Template of the code of an area, the one that a row of results gives.
    pub code: String,
    /// `--from-crs`: the system of its coordinates, over what the file says.
    pub crs: Option<String>,
}

/// The areas of such a file.
pub(crate) struct Zones {
    /// Its name, without the folder.
    pub file: String,
    pub sha256: String,
    pub codes: Vec<String>,
    pub outlines: Vec<Option<MultiPolygon<f64>>>,
}

impl Zones {
    /// Reads the file.
    ///
    /// # Errors
    /// As that of areas.
    pub fn read(from: &FromAreas) -> Result<Self> {
        let code = || from.code.parse();
        let request = AreasRequest {
            crs: from.crs.clone(),
            ..AreasRequest::new(from.path.clone(), "zone".parse()?, code()?, code()?)
        };
        let read = areas::read(&request)?;
        let (codes, outlines) = read.areas.into_iter().map(|area| (area.code.to_string(), area.geometry)).unzip();
        Ok(Self { file: read.notes.file, sha256: read.notes.sha256, codes, outlines })
    }

    /// Lays the zones over the finest areas: by the people who live in both, where any are known in the zone, else by
    /// the surface of both.
    ///
    /// # Errors
    /// When the database does not answer, or an outline or a place is damaged.
    pub async fn laid(self, campaign: &Campaign, places: &Places) -> Result<Vec<Zone>> {
        let residents = residents(campaign, places).await?;
        let zones = Locator::of(self.outlines);
        let found: Vec<Option<usize>> =
            residents.par_iter().map(|resident| zones.row(resident.at[0], resident.at[1])).collect();
        let mut peopled: Vec<Vec<Part>> = vec![Vec::new(); self.codes.len()];
        for (resident, zone) in residents.iter().zip(found) {
            if let Some(zone) = zone {
                peopled[zone].push(Part { target: resident.leaf, row: resident.row, weight: resident.people });
            }
        }
        let finest = Finder::new(places)?;
        let lay = |(zone, people): (usize, Vec<Part>)| {
            let outline = zones.outline(zone);
            let at = outline.and_then(|outline| outline.centroid()).map_or([0.0; 2], |centre| [centre.x(), centre.y()]);
            match outline {
                Some(outline) if people.is_empty() => Zone { key: Key::Surface, at, parts: grounds(outline, &finest) },
                _ => Zone { key: Key::People, at, parts: people },
            }
        };
        Ok(peopled.into_par_iter().enumerate().map(lay).collect())
    }
}

/// The ground that two outlines share, of all that either holds.
pub(crate) fn overlap(one: &MultiPolygon<f64>, other: &MultiPolygon<f64>) -> f64 {
    let m2 = |shape: &MultiPolygon<f64>| shape.chamberlain_duquette_unsigned_area();
    let shared = m2(&one.intersection(other));
    let either = m2(one) + m2(other) - shared;
    if either > 0.0 { shared / either } else { 0.0 }
}

/// The surface that a zone shares with each finest area, and that which it has outside of all, in square metres.
fn grounds(zone: &MultiPolygon<f64>, finest: &Finder) -> Vec<Part> {
    let m2 = |shape: &MultiPolygon<f64>| shape.chamberlain_duquette_unsigned_area();
    let whole = m2(zone);
    let part = |target: Option<u32>, weight: f64| Part { target, row: 0, weight };
    let shared = |(leaf, outline): (u32, &MultiPolygon<f64>)| {
        let shared = m2(&zone.intersection(outline));
        (shared >= DRAWING * whole.min(m2(outline))).then(|| part(Some(leaf), shared))
    };
    let mut parts: Vec<Part> = finest.near(zone).filter_map(shared).filter(|part| part.weight > 0.0).collect();
    let outside = whole - parts.iter().map(|part| part.weight).sum::<f64>();
    if outside > DRAWING * whole {
        parts.push(part(None, outside));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo_types::polygon;

    #[test]
    fn ground_that_no_area_holds_is_outside_and_drawing_is_no_ground() {
        let square = |west: f64, east: f64| {
            MultiPolygon(vec![polygon![(x: west, y: 0.0), (x: east, y: 0.0), (x: east, y: 0.01), (x: west, y: 0.01)]])
        };
        let finest = Finder::of_outlines(vec![square(0.0, 0.01), square(0.01, 0.02)]);
        let shares = |zone: MultiPolygon<f64>| {
            let parts = grounds(&zone, &finest);
            let whole: f64 = parts.iter().map(|part| part.weight).sum();
            parts.iter().map(|part| (part.target, (100.0 * part.weight / whole).round())).collect::<Vec<_>>()
        };
        assert_eq!(shares(square(0.005, 0.015)), [(Some(0), 50.0), (Some(1), 50.0)]);
        assert_eq!(shares(square(0.0, 0.010_1)), [(Some(0), 100.0)]);
        assert_eq!(shares(square(0.015, 0.025)), [(Some(1), 50.0), (None, 50.0)]);
        assert_eq!(shares(square(1.0, 1.01)), [(None, 100.0)]);
        let shared = |one, other| (100.0 * overlap(&one, &other)).round();
        assert_eq!(shared(square(0.0, 0.02), square(0.01, 0.03)), 33.0);
        assert_eq!(
            (shared(square(0.0, 0.01), square(0.0, 0.01)), shared(square(0.0, 0.01), square(1.0, 1.01))),
            (100.0, 0.0)
        );
    }
}
