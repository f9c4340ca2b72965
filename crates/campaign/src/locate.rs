//! Which area of a level holds a point.

use crate::error::Result;
use crate::geography::shapes_of;
use crate::places::Place;
use geo::{BoundingRect, Contains};
use geo_types::{MultiPolygon, Point};
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
        let shapes = shapes_of(areas)?;
        let boxed = shapes.iter().enumerate().filter_map(|(row, shape)| {
            let bounds = shape.as_ref()?.bounding_rect()?;
            Some(GeomWithData::new(Rectangle::from_corners(bounds.min().into(), bounds.max().into()), row))
        });
        let boxes = RTree::bulk_load(boxed.collect());
        Ok(Self { shapes, boxes })
    }

    /// The row of the area at a longitude and latitude; the first where outlines overlap.
    pub fn row(&self, lon: f64, lat: f64) -> Option<usize> {
        let point = Point::new(lon, lat);
        let near = self.boxes.locate_in_envelope_intersecting(&AABB::from_point([lon, lat]));
        let holds = |row: &usize| self.shapes[*row].as_ref().is_some_and(|shape| shape.contains(&point));
        near.map(|boxed| boxed.data).filter(holds).min()
    }
}
