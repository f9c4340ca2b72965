//! Which area of a level holds a point.

use crate::error::Result;
use crate::geography::shapes_of;
use crate::places::{Place, cell_of};
use geo::{BoundingRect, Contains};
use geo_types::{MultiPolygon, Point, Rect};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};
use std::collections::HashMap;

/// The areas of a level, to be found by place: outlines indexed by their boxes, or cells by their index.
#[derive(Debug)]
pub struct Locator(Ways);

#[derive(Debug)]
enum Ways {
    Outlines { shapes: Vec<Option<MultiPolygon<f64>>>, boxes: RTree<GeomWithData<Rectangle<[f64; 2]>, usize>> },
    Cells { resolution: u8, rows: HashMap<u64, usize> },
}

impl Locator {
    /// Indexes the areas of a level, which has a resolution where it is made of H3 cells.
    ///
    /// # Errors
    /// When an outline is damaged.
    pub(crate) fn new(areas: &[Place], h3: Option<u8>) -> Result<Self> {
        let Some(resolution) = h3 else { return Ok(Self::of(shapes_of(areas)?)) };
        let rows = areas.iter().enumerate().filter_map(|(row, place)| Some((cell_of(&place.code)?, row)));
        Ok(Self(Ways::Cells { resolution, rows: rows.collect() }))
    }

    /// Indexes outlines, by row.
    pub fn of(shapes: Vec<Option<MultiPolygon<f64>>>) -> Self {
        let boxed = shapes.iter().enumerate().filter_map(|(row, shape)| {
            let bounds = shape.as_ref()?.bounding_rect()?;
            Some(GeomWithData::new(Rectangle::from_corners(bounds.min().into(), bounds.max().into()), row))
        });
        let boxes = RTree::bulk_load(boxed.collect());
        Self(Ways::Outlines { shapes, boxes })
    }

    /// The outline of a row.
    pub fn outline(&self, row: usize) -> Option<&MultiPolygon<f64>> {
        match &self.0 {
            Ways::Outlines { shapes, .. } => shapes.get(row)?.as_ref(),
            Ways::Cells { .. } => None,
        }
    }

    /// The rows whose box touches another, in order; cells are found by index instead.
    pub fn near(&self, bounds: Rect<f64>) -> impl Iterator<Item = (usize, &MultiPolygon<f64>)> {
        let envelope = AABB::from_corners(bounds.min().into(), bounds.max().into());
        let mut rows: Vec<usize> = match &self.0 {
            Ways::Outlines { boxes, .. } => {
                boxes.locate_in_envelope_intersecting(&envelope).map(|boxed| boxed.data).collect()
            }
            Ways::Cells { .. } => vec![],
        };
        rows.sort_unstable();
        rows.into_iter().filter_map(|row| Some((row, self.outline(row)?)))
    }

    /// The row of the area at a longitude and latitude; the first where outlines overlap.
    pub fn row(&self, lon: f64, lat: f64) -> Option<usize> {
        match &self.0 {
            Ways::Cells { resolution, rows } => {
                rows.get(&quartier_geometry::cell_at([lon, lat], *resolution)?).copied()
            }
            Ways::Outlines { shapes, boxes } => {
                let point = Point::new(lon, lat);
                let near = boxes.locate_in_envelope_intersecting(&AABB::from_point([lon, lat]));
                let holds = |row: &usize| shapes[*row].as_ref().is_some_and(|shape| shape.contains(&point));
                near.map(|boxed| boxed.data).filter(holds).min()
            }
        }
    }
}
