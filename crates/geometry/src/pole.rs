//! Pole of inaccessibility: the inner point farthest from the boundary, where a label sits.

use geo_types::{Coord, MultiPolygon};

/// The pole of the part that has the widest one, in longitude and latitude. `None` without area.
pub fn pole(area: &MultiPolygon<f64>) -> Option<Coord<f64>> {
    let _ = area;
    unimplemented!("under construction")
}
