//! Mends one area's polygons before they are kept.

use geo_types::MultiPolygon;

/// What [`repair`] had to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RepairNotes {
    /// Rings crossed or overlapped themselves or each other; mended by the non-zero rule.
    pub self_intersecting: bool,
    /// Rings that were not closed.
    pub closed_rings: usize,
    /// Rings without area that were left out.
    pub dropped_rings: usize,
    /// Rings turned to the right-hand rule (exterior counter-clockwise).
    pub turned_rings: usize,
    /// Whether anything with an area is left.
    pub empty: bool,
}

/// A valid form of `area` (RFC 7946: closed rings, exterior counter-clockwise). A polygon that
/// was valid keeps its coordinates bit for bit.
pub fn repair(area: &MultiPolygon<f64>) -> (MultiPolygon<f64>, RepairNotes) {
    let _ = area;
    unimplemented!("under construction")
}
