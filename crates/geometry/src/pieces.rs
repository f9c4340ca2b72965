//! Where areas lie in H3 cells: the pieces (area ∩ cell) over which electors are spread by surface.
//!
//! A cell is met from above, as an index tree is: a coarse cell that lies inside the area with all its descendants is
//! one piece, and only along the border are the finest cells cut by their own hexagon. So the work and the list grow
//! with the border, not with the surface.
//!
//! Shapes are taken as straight in longitude and latitude between their vertices, as they are everywhere else; a
//! surface is planar there, times the cosine of the latitude of the cell.

use geo_types::{LineString, MultiPolygon, Polygon};
use h3o::{CellIndex, LatLng, Resolution};
use rayon::prelude::*;
use std::f64::consts::PI;
use std::ops::AddAssign;

/// The resolution in which electors are placed: cells of about 1.5 hectares.
pub const PLACING: Resolution = Resolution::Ten;

/// Electors that a cell should hold on the average where they are spread by surface alone: finer cells would hold
/// fractions of people, and none could ever be shown on its own.
const ELECTORS_PER_CELL: f64 = 8.0;

/// Farthest that a descendant's corner lies from a cell's centre, in the cell's own largest radius. In the plane the
/// centres of the children's children run to `.6547 (1 + 7^-1/2 + 7^-1 + ...)` = 1.053 radii, and the last hexagon
/// adds its own; the rest allows for the sphere.
const REACH: f64 = 1.3;

/// Square kilometres of a square degree at the equator, on the sphere of H3.
const KM2_PER_SQUARE_DEGREE: f64 = 12_364.345;

/// No cell coarser than this is cut.
const COARSEST: Resolution = Resolution::Four;

/// A clipped surface is the whole of the box, or nothing of it, where no more than this share of it is amiss.
pub(crate) const WHOLE: f64 = 1e-9;

/// A part of an area in one cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Piece {
    /// The cell: a cell of [`PLACING`] on the border, any coarser one that lies inside.
    pub cell: CellIndex,
    /// Share of the area's surface, above 0. All pieces of an area add to 1.
    pub share: f64,
}

/// An area to be cut, and how finely.
#[derive(Debug, Clone, Copy)]
pub struct Cut<'a> {
    /// The outline, in longitude and latitude.
    pub area: &'a MultiPolygon<f64>,
    /// Electors to be spread over it.
    pub electors: u32,
}

/// The pieces of each area, by cell index; none without a surface.
///
/// Along the border an area is cut by cells of [`PLACING`], or coarser ones where those would hold less than
/// about eight electors each; a coarser one's part stands at the cell of [`PLACING`] under its middle.
pub fn pieces(areas: &[Option<Cut<'_>>]) -> Vec<Vec<Piece>> {
    areas.par_iter().map(|cut| cut.as_ref().map_or_else(Vec::new, of_area)).collect()
}

fn of_area(cut: &Cut<'_>) -> Vec<Piece> {
    let parts: Vec<(Vec<Ring>, Bounds)> = cut.area.iter().filter_map(rings_of).collect();
    let square_degrees: f64 = parts.iter().map(|(rings, bounds)| surface(rings) * bounds.shrink()).sum();
    let finest = resolution_for(square_degrees * KM2_PER_SQUARE_DEGREE, cut.electors);
    let mut found = Found { finest, pieces: Vec::new() };
    for (rings, bounds) in &parts {
        for root in roots(bounds, finest) {
            found.descend(root, rings, bounds.middle());
        }
    }
    let mut found = found.pieces;
    found.sort_unstable_by_key(|(cell, _)| u64::from(*cell));
    // Two parts of one area may meet in a cell.
    add_up(&mut found);
    let total: f64 = found.iter().map(|(_, surface)| surface).sum();
    let piece = |(cell, surface): (CellIndex, f64)| Piece { cell, share: surface / total };
    if total > 0.0 { found.into_iter().map(piece).collect() } else { Vec::new() }
}

/// Adds up what stands under one key, in a list that is sorted by key.
pub(crate) fn add_up<K: PartialEq, V: AddAssign + Copy>(sorted: &mut Vec<(K, V)>) {
    sorted.dedup_by(|later, kept| {
        let same = later.0 == kept.0;
        if same {
            kept.1 += later.1;
        }
        same
    });
}

/// The finest resolution of which a cell holds enough electors on the average.
fn resolution_for(km2: f64, electors: u32) -> Resolution {
    let fits = |resolution: &Resolution| km2 / resolution.area_km2() * ELECTORS_PER_CELL <= f64::from(electors);
    Resolution::range(Resolution::Zero, PLACING).rev().find(fits).unwrap_or(Resolution::Zero).max(COARSEST)
}

pub(crate) fn rings_of(polygon: &Polygon<f64>) -> Option<(Vec<Ring>, Bounds)> {
    let rings = std::iter::once((polygon.exterior(), 1.0)).chain(polygon.interiors().iter().map(|hole| (hole, -1.0)));
    let rings: Vec<Ring> = rings.filter_map(|(ring, sign)| Ring::new(ring, sign)).collect();
    let bounds = Bounds::of(&rings)?;
    Some((rings, bounds))
}

/// A closed ring without its repeated end, and its sign: holes take away.
#[derive(Debug, Clone)]
pub(crate) struct Ring {
    points: Vec<[f64; 2]>,
    sign: f64,
}

impl Ring {
    /// `sign` is that of what the ring bounds, whichever way it is drawn.
    fn new(line: &LineString<f64>, sign: f64) -> Option<Self> {
        let mut points: Vec<[f64; 2]> = line.0.iter().map(|at| [at.x, at.y]).collect();
        if points.first() == points.last() {
            points.pop();
        }
        let turn = doubled(&points);
        (points.len() > 2 && turn != 0.0).then(|| Self { points, sign: sign * turn.signum() })
    }

    /// The ring of a cell.
    pub(crate) fn of_corners(corners: &[[f64; 2]]) -> Self {
        Self { points: corners.to_vec(), sign: doubled(corners).signum() }
    }

    /// What a convex region leaves of the ring; its corners go round to the left.
    fn clipped(&self, corners: &[[f64; 2]]) -> Option<Self> {
        let mut points = self.points.clone();
        for (at, from) in corners.iter().enumerate() {
            points = half_plane(&points, *from, corners[(at + 1) % corners.len()]);
        }
        (points.len() > 2).then_some(Self { points, sign: self.sign })
    }
}

/// Twice the signed surface.
fn doubled(points: &[[f64; 2]]) -> f64 {
    // About the first point, so that small surfaces far from the origin keep their digits.
    let Some([x0, y0]) = points.first().copied() else { return 0.0 };
    let next = points.iter().cycle().skip(1);
    points.iter().zip(next).map(|(a, b)| (a[0] - x0) * (b[1] - y0) - (b[0] - x0) * (a[1] - y0)).sum()
}

/// The surface of rings, in square degrees.
pub(crate) fn surface(rings: &[Ring]) -> f64 {
    rings.iter().map(|ring| ring.sign * doubled(&ring.points)).sum::<f64>() / 2.0
}

/// Sutherland and Hodgman 1974, one side of it: what lies to the left of a line. Where a ring is cut in two, the parts
/// hang together by an edge along the line, which has no surface.
fn half_plane(points: &[[f64; 2]], from: [f64; 2], to: [f64; 2]) -> Vec<[f64; 2]> {
    let side = |at: &[f64; 2]| (to[0] - from[0]) * (at[1] - from[1]) - (to[1] - from[1]) * (at[0] - from[0]);
    let mut kept = Vec::with_capacity(points.len() + 4);
    for (at, here) in points.iter().enumerate() {
        let before = &points[(at + points.len() - 1) % points.len()];
        let (s, t) = (side(before), side(here));
        if (s < 0.0) != (t < 0.0) {
            let share = s / (s - t);
            kept.push([before[0] + share * (here[0] - before[0]), before[1] + share * (here[1] - before[1])]);
        }
        if t >= 0.0 {
            kept.push(*here);
        }
    }
    kept
}

/// A box in degrees.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) low: [f64; 2],
    pub(crate) high: [f64; 2],
}

impl Bounds {
    fn of(rings: &[Ring]) -> Option<Self> {
        let mut points = rings.iter().flat_map(|ring| &ring.points);
        let first = *points.next()?;
        Some(points.fold(Self { low: first, high: first }, |b, at| Self {
            low: [b.low[0].min(at[0]), b.low[1].min(at[1])],
            high: [b.high[0].max(at[0]), b.high[1].max(at[1])],
        }))
    }

    /// Longitude of the middle.
    pub(crate) fn middle(&self) -> f64 {
        f64::midpoint(self.low[0], self.high[0])
    }

    pub(crate) fn corners(&self) -> [[f64; 2]; 4] {
        [self.low, [self.high[0], self.low[1]], self.high, [self.low[0], self.high[1]]]
    }

    /// Half the diagonal on the sphere, in radians, or more.
    fn half_diagonal(&self) -> f64 {
        let across = self.low[1] * self.high[1] <= 0.0;
        let flattest = if across { 0.0 } else { self.low[1].abs().min(self.high[1].abs()) };
        let wide = (self.high[0] - self.low[0]).to_radians() * flattest.to_radians().cos();
        wide.hypot((self.high[1] - self.low[1]).to_radians()) / 2.0
    }

    /// How much narrower a degree of longitude is half way up.
    fn shrink(&self) -> f64 {
        f64::midpoint(self.low[1], self.high[1]).to_radians().cos()
    }

    pub(crate) fn surface(&self) -> f64 {
        (self.high[0] - self.low[0]) * (self.high[1] - self.low[1])
    }
}

/// A cell's centre and corners in degrees, its longitudes counted from the turn of the world nearest to `near`.
pub(crate) struct Shape {
    centre: [f64; 2],
    pub(crate) corners: Vec<[f64; 2]>,
}

impl Shape {
    pub(crate) fn new(cell: CellIndex, near: f64) -> Self {
        let turn = |lon: f64, near: f64| lon - 360.0 * ((lon - near) / 360.0).round();
        let at = |point: LatLng, near: f64| [turn(point.lng(), near), point.lat()];
        let centre = at(LatLng::from(cell), near);
        let corners = cell.boundary().iter().map(|corner| at(*corner, centre[0])).collect();
        Self { centre, corners }
    }

    /// Of the hexagon, in square degrees shrunk to its latitude.
    fn surface(&self) -> f64 {
        doubled(&self.corners) / 2.0 * self.centre[1].to_radians().cos()
    }

    /// A box that holds every descendant; `None` where it would hold a pole or half the world.
    pub(crate) fn reach(&self) -> Option<Bounds> {
        let [lon, lat] = self.centre;
        let point = |at: &[f64; 2]| LatLng::new(at[1], at[0]).ok();
        let centre = point(&self.centre)?;
        let radius =
            self.corners.iter().filter_map(point).map(|corner| centre.distance_rads(corner)).fold(0.0, f64::max);
        let degrees = REACH * radius * 180.0 / PI;
        let (low, high) = (lat - degrees, lat + degrees);
        if low <= -89.0 || high >= 89.0 {
            return None;
        }
        // The farthest longitude of a circle on the sphere.
        let wide = (REACH * radius).sin() / lat.to_radians().cos();
        let wide = if wide < 0.9 { wide.asin() * 180.0 / PI } else { return None };
        Some(Bounds { low: [lon - wide, low], high: [lon + wide, high] })
    }
}

/// Cells that hold a box between them.
fn roots(bounds: &Bounds, finest: Resolution) -> Vec<CellIndex> {
    let half = bounds.half_diagonal();
    let Ok(middle) = LatLng::new(f64::midpoint(bounds.low[1], bounds.high[1]), bounds.middle()) else {
        return CellIndex::base_cells().collect();
    };
    for resolution in Resolution::range(Resolution::One, finest).rev() {
        let cell = middle.to_cell(resolution);
        let centre = LatLng::from(cell);
        let shortest = cell.boundary().iter().map(|corner| centre.distance_rads(*corner)).fold(f64::MAX, f64::min);
        // Two rings hold everything within two radii, on any part of the sphere.
        if half < shortest {
            return cell.grid_disk::<Vec<_>>(2);
        }
    }
    CellIndex::base_cells().collect()
}

/// What the descent finds: cells and their surfaces, in square degrees shrunk to the cell's latitude.
struct Found {
    finest: Resolution,
    pieces: Vec<(CellIndex, f64)>,
}

impl Found {
    /// Adds what lies under a cell; gives whether all of it does. `near`: a longitude of the area.
    fn descend(&mut self, cell: CellIndex, rings: &[Ring], near: f64) -> bool {
        let shape = Shape::new(cell, near);
        if cell.resolution() == self.finest {
            return self.cut(cell, &shape, rings);
        }
        let Some(reach) = shape.reach() else { return self.children(cell, rings, near) };
        let inside = clip(rings, &reach.corners());
        let left = surface(&inside);
        if left <= reach.surface() * WHOLE {
            return false;
        }
        if left >= reach.surface() * (1.0 - WHOLE) {
            self.pieces.push((cell, shape.surface()));
            return true;
        }
        self.children(cell, &inside, near)
    }

    fn children(&mut self, cell: CellIndex, rings: &[Ring], near: f64) -> bool {
        let before = self.pieces.len();
        let finer = cell.resolution().succ().unwrap_or(self.finest);
        let mut whole = true;
        for child in cell.children(finer) {
            whole &= self.descend(child, rings, near);
        }
        if whole {
            let surface = self.pieces.drain(before..).map(|(_, surface)| surface).sum();
            self.pieces.push((cell, surface));
        }
        whole
    }

    fn cut(&mut self, cell: CellIndex, shape: &Shape, rings: &[Ring]) -> bool {
        let inside = clip(rings, &shape.corners);
        let shrink = shape.centre[1].to_radians().cos();
        let left = surface(&inside) * shrink;
        if left <= shape.surface() * WHOLE {
            return false;
        }
        let whole = left >= shape.surface() * (1.0 - WHOLE);
        let placed = if whole || self.finest == PLACING { Some(cell) } else { middle(&inside) };
        self.pieces.push((placed.unwrap_or(cell), left));
        whole
    }
}

pub(crate) fn clip(rings: &[Ring], corners: &[[f64; 2]]) -> Vec<Ring> {
    rings.iter().filter_map(|ring| ring.clipped(corners)).collect()
}

/// The cell under the centroid of rings.
fn middle(rings: &[Ring]) -> Option<CellIndex> {
    let [x0, y0] = *rings.first()?.points.first()?;
    let (mut sums, mut total) = ([0.0; 2], 0.0);
    for ring in rings {
        for (at, a) in ring.points.iter().enumerate() {
            let b = ring.points[(at + 1) % ring.points.len()];
            let (a, b) = ([a[0] - x0, a[1] - y0], [b[0] - x0, b[1] - y0]);
            let cross = (a[0] * b[1] - b[0] * a[1]) * ring.sign;
            sums = [sums[0] + (a[0] + b[0]) * cross, sums[1] + (a[1] + b[1]) * cross];
            total += 3.0 * cross;
        }
    }
    Some(LatLng::new(y0 + sums[1] / total, x0 + sums[0] / total).ok()?.to_cell(PLACING))
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo_types::polygon;
    use std::collections::HashMap;

    fn of(area: &MultiPolygon<f64>, electors: u32) -> Vec<Piece> {
        pieces(&[Some(Cut { area, electors })]).remove(0)
    }

    fn square(low: [f64; 2], high: [f64; 2]) -> MultiPolygon<f64> {
        let [[x, y], [w, z]] = [low, high];
        MultiPolygon(vec![polygon![(x: x, y: y), (x: w, y: y), (x: w, y: z), (x: x, y: z)]])
    }

    /// Square degrees at the equator, of a square.
    fn size(low: [f64; 2], high: [f64; 2]) -> f64 {
        (high[0] - low[0]) * (high[1].to_radians().sin() - low[1].to_radians().sin()).to_degrees()
    }

    #[test]
    fn neighbours_share_the_cells_of_their_border_and_nothing_else() {
        let halves = [([2.0, 48.0], [2.05, 48.1]), ([2.05, 48.0], [2.1, 48.1])];
        let mut parts: HashMap<CellIndex, Vec<f64>> = HashMap::new();
        for (low, high) in halves {
            for piece in of(&square(low, high), 1_000_000) {
                let cells: Vec<CellIndex> = piece.cell.children(PLACING).collect();
                for cell in &cells {
                    parts.entry(*cell).or_default().push(piece.share * size(low, high) / cells.len() as f64);
                }
            }
        }
        let mut shared = 0;
        for (cell, surfaces) in &parts {
            let Shape { centre, corners } = Shape::new(*cell, 2.0);
            let inner = corners.iter().all(|at| at[0] > 2.0 && at[0] < 2.1 && at[1] > 48.0 && at[1] < 48.1);
            let crosses = corners.iter().any(|at| at[0] < 2.05) && corners.iter().any(|at| at[0] > 2.05);
            assert_eq!(
                surfaces.len(),
                1 + usize::from(crosses && inner || surfaces.len() == 2),
                "{cell} at {centre:?}"
            );
            if inner {
                let (found, whole) = (surfaces.iter().sum::<f64>(), Shape::new(*cell, 2.0).surface());
                assert!((found / whole - 1.0).abs() < 2e-3, "{cell}: {found} of {whole}");
                shared += usize::from(crosses);
            }
        }
        assert!(shared > 50, "{shared} cells lie on the border between the halves");
    }

    #[test]
    fn descendants_of_a_coarse_piece_lie_inside() {
        let (low, high) = ([5.0, 44.0], [5.4, 44.3]);
        let found = of(&square(low, high), 100_000_000);
        assert!(found.iter().any(|piece| piece.cell.resolution() < Resolution::Eight), "the middle is coarse");
        for piece in found.iter().filter(|piece| piece.cell.resolution() < PLACING) {
            for cell in piece.cell.children(PLACING) {
                let centre = LatLng::from(cell);
                assert!(centre.lng() > low[0] && centre.lng() < high[0], "{cell} under {}", piece.cell);
                assert!(centre.lat() > low[1] && centre.lat() < high[1], "{cell} under {}", piece.cell);
            }
        }
    }

    #[test]
    fn few_electors_are_cut_coarsely_and_stand_in_the_cell_of_placing() {
        let area = square([5.0, 44.0], [5.4, 44.3]);
        let (many, few) = (of(&area, 2_000_000).len(), of(&area, 2_000).len());
        assert!(few < 200 && many > 2_000, "{few} pieces for few electors, {many} for many");
        let total: f64 = of(&area, 2_000).iter().map(|piece| piece.share).sum();
        assert!((total - 1.0).abs() < 1e-12);
    }

    #[test]
    fn holes_islands_and_the_turn_of_the_world_are_heeded() {
        let hole = LineString::from(vec![(5.1, 44.1), (5.1, 44.2), (5.3, 44.2), (5.3, 44.1)]);
        let outer = square([5.0, 44.0], [5.4, 44.3]).0.remove(0).exterior().clone();
        let ring = MultiPolygon(vec![Polygon::new(outer, vec![hole])]);
        let inside = |cell: CellIndex| {
            let at = LatLng::from(cell);
            (5.102..5.298).contains(&at.lng()) && (44.102..44.198).contains(&at.lat())
        };
        assert!(of(&ring, 10_000_000).iter().all(|piece| !inside(piece.cell)));

        let fiji = MultiPolygon(
            [square([179.9, -17.0], [180.0, -16.9]), square([-180.0, -17.0], [-179.9, -16.9])]
                .into_iter()
                .flat_map(|m| m.0)
                .collect(),
        );
        let found = of(&fiji, 1_000_000);
        let west: f64 =
            found.iter().filter(|piece| LatLng::from(piece.cell).lng() > 0.0).map(|piece| piece.share).sum();
        assert!((west - 0.5).abs() < 0.01, "{west} lies before the turn");
    }

    #[test]
    fn a_cap_over_the_pole_and_an_empty_outline_end() {
        let cap = square([-180.0, -90.0], [180.0, -80.0]);
        let found = of(&cap, 5_000);
        let south = found.iter().filter(|piece| LatLng::from(piece.cell).lat() < -79.0).count();
        assert!(south * 10 > found.len() * 9, "{south} of {} lie there", found.len());
        assert_eq!(pieces(&[None, Some(Cut { area: &MultiPolygon(vec![]), electors: 5 })]), [vec![], vec![]]);
    }
}
