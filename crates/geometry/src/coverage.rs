//! A level's areas as arcs with an area on either side.

use geo_types::MultiPolygon;

use crate::{CleanOptions, CleanReport, GeometryError, ZoomMesh, ZoomOptions};

/// The areas of one level as a planar partition.
#[derive(Debug, Clone)]
pub struct Coverage {
    len: usize,
}

/// An area that shares a boundary of positive length.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbour {
    /// Its row.
    pub row: u32,
    /// Length of the shared boundary, in metres on the ground.
    pub shared_m: f64,
}

/// Cleans one level's polygons (longitude, latitude, WGS 84; `None` is an area without geometry)
/// and prepares its zooms.
///
/// # Errors
/// [`GeometryError::NotLonLat`] for a coordinate that is no longitude and latitude.
pub fn build(
    areas: &[Option<MultiPolygon<f64>>],
    options: &CleanOptions,
) -> Result<(Coverage, CleanReport), GeometryError> {
    let _ = (areas, options);
    unimplemented!("under construction")
}

impl Coverage {
    /// Number of areas (rows), with or without geometry.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no areas at all.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Parents' areas from the same arcs: `parent_of[row]` is the row of the parent, `None` leaves
    /// the area out. At every zoom from this coverage's first on, the parents' boundaries have
    /// the same vertices as here.
    ///
    /// # Errors
    /// [`GeometryError::Parents`] where the table does not fit.
    pub fn dissolve(&self, parent_of: &[Option<u32>], parents: usize) -> Result<Coverage, GeometryError> {
        let _ = (parent_of, parents);
        unimplemented!("under construction")
    }

    /// Simplified and snap-rounded polygons of zoom `z`, 0..=14 (any up to 20 works).
    pub fn zoom(&self, z: u8, options: &ZoomOptions) -> ZoomMesh {
        let _ = (z, options);
        unimplemented!("under construction")
    }

    /// First zoom of the level's tileset: at most 1 in 1,000 areas is under one grid square.
    pub fn first_zoom(&self) -> u8 {
        unimplemented!("under construction")
    }

    /// Last zoom that holds detail (at most 14): every vertex is kept there, on a grid finer
    /// than the source warrants.
    pub fn last_zoom(&self) -> u8 {
        unimplemented!("under construction")
    }

    /// For each row the areas that share a boundary of positive length, in row order.
    pub fn neighbours(&self) -> Vec<Vec<Neighbour>> {
        unimplemented!("under construction")
    }

    /// The cleaned outline of a row in full detail (longitude, latitude; RFC 7946 winding).
    pub fn outline(&self, row: u32) -> MultiPolygon<f64> {
        let _ = row;
        unimplemented!("under construction")
    }
}

/// Share of `parent`'s ground that `children` cover, 0..=1 (each counted once where they overlap).
pub fn covered_fraction(parent: &MultiPolygon<f64>, children: &[&MultiPolygon<f64>]) -> f64 {
    let _ = (parent, children);
    unimplemented!("under construction")
}
