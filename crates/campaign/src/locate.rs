//! Which area of a level holds a point.

use crate::error::Result;
use crate::geography::shapes_of;
use crate::places::Place;
use geo::{BoundingRect, Contains};
use geo_types::{MultiPolygon, Point, Rect};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

/// The outlines of a level, indexed by their boxes.
pub(crate) struct Locator {
    shapes: Vec<Option<MultiPolygon<f64>>>,
    boxes: RTree<GeomWithData<Rectangle<[f64; 2]>, usize>>,
}

impl Locator {
    /// Indexes the areas of a level.
    ///
    /// # Errors
    /// When an outline is damaged.
    pub fn new(areas: &[Place]) -> Result<Self> {
        Ok(Self::of(shapes_of(areas)?))
    }

    /// Indexes outlines.
    pub fn of(shapes: Vec<Option<MultiPolygon<f64>>>) -> Self {
        let boxed = shapes.iter().enumerate().filter_map(|(row, shape)| {
            let bounds = shape.as_ref()?.bounding_rect()?;
            Some(GeomWithData::new(Rectangle::from_corners(bounds.min().into(), bounds.max().into()), row))
        });
        let boxes = RTree::bulk_load(boxed.collect());
        Self { shapes, boxes }
    }

    /// The outline of a row.
    pub fn outline(&self, row: usize) -> Option<&MultiPolygon<f64>> {
        self.shapes.get(row)?.as_ref()
    }

    /// The rows whose box touches another, in order.
    pub fn near(&self, bounds: Rect<f64>) -> impl Iterator<Item = (usize, &MultiPolygon<f64>)> {
        let envelope = AABB::from_corners(bounds.min().into(), bounds.max().into());
        let mut rows: Vec<usize> =
            self.boxes.locate_in_envelope_intersecting(&envelope).map(|boxed| boxed.data).collect();
        rows.sort_unstable();
        rows.into_iter().filter_map(|row| Some((row, self.outline(row)?)))
    }

    /// The row of the area at a longitude and latitude; the first where outlines overlap.
    pub fn row(&self, lon: f64, lat: f64) -> Option<usize> {
        let point = Point::new(lon, lat);
        let near = self.boxes.locate_in_envelope_intersecting(&AABB::from_point([lon, lat]));
        let holds = |row: &usize| self.shapes[*row].as_ref().is_some_and(|shape| shape.contains(&point));
        near.map(|boxed| boxed.data).filter(holds).min()
    }
}
