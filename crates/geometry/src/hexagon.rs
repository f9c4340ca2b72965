//! Outlines of H3 cells, computed from their index, and which of them a box meets.

use crate::pieces::Shape;
use geo_types::{LineString, MultiPolygon, Polygon};
use h3o::{CellIndex, Resolution};
use std::collections::HashSet;

/// The corners of a cell in longitude and latitude, counter-clockwise, longitudes counted on from its centre: beyond
/// 180 where it lies across the antimeridian. `None`: no cell.
pub fn corners(cell: u64) -> Option<Vec<[f64; 2]>> {
    let cell = CellIndex::try_from(cell).ok()?;
    Some(Shape::new(cell, h3o::LatLng::from(cell).lng()).corners)
}

/// The centre of a cell, longitude and latitude; `None`: no cell.
pub fn centre(cell: u64) -> Option<[f64; 2]> {
    let at = h3o::LatLng::from(CellIndex::try_from(cell).ok()?);
    Some([at.lng(), at.lat()])
}

/// The resolution of a cell, 0 to 15; `None`: no cell.
pub fn resolution(cell: u64) -> Option<u8> {
    Some(CellIndex::try_from(cell).ok()?.resolution().into())
}

/// The cell of a resolution at a longitude and latitude; `None` where these are none, or it is no resolution.
pub fn cell_at([lon, lat]: [f64; 2], resolution: u8) -> Option<u64> {
    let at = h3o::LatLng::new(lat, lon).ok()?;
    Some(at.to_cell(Resolution::try_from(resolution).ok()?).into())
}

/// The cell of a coarser resolution in which a cell lies by index; `None` where there is none.
pub fn parent(cell: u64, resolution: u8) -> Option<u64> {
    let cell = CellIndex::try_from(cell).ok()?;
    Some(cell.parent(Resolution::try_from(resolution).ok()?)?.into())
}

/// A box around a cell: west, south, east, north; west is above east where it lies across the antimeridian.
pub fn box_of(cell: u64) -> Option<[f64; 4]> {
    let corners = corners(cell)?;
    let ends = |axis: usize| {
        let all = corners.iter().map(|at| at[axis]);
        (all.clone().fold(f64::INFINITY, f64::min), all.fold(f64::NEG_INFINITY, f64::max))
    };
    let ((west, east), (south, north)) = (ends(0), ends(1));
    let turned = |lon: f64| lon - 360.0 * ((lon + 180.0) / 360.0).floor();
    let across = west < -180.0 || east > 180.0;
    Some(if across { [turned(west), south, turned(east), north] } else { [west, south, east, north] })
}

/// The surface of a cell on the sphere, km²; `None`: no cell.
pub fn surface_km2(cell: u64) -> Option<f64> {
    Some(CellIndex::try_from(cell).ok()?.area_km2())
}

/// Distance between opposite sides of a regular hexagon with the average side of a resolution, metres; 0 of what is no
/// resolution.
pub fn hexagon_width(resolution: u8) -> f64 {
    let side = Resolution::try_from(resolution).map_or(0.0, Resolution::edge_length_km);
    3_f64.sqrt() * side * 1e3
}

/// The cells that share a side with a cell: six, five of a pentagon; none of what is no cell.
pub fn beside(cell: u64) -> Vec<u64> {
    let Ok(cell) = CellIndex::try_from(cell) else { return Vec::new() };
    cell.grid_disk::<Vec<_>>(1).into_iter().filter(|other| *other != cell).map(u64::from).collect()
}

/// A cell as GeoJSON asks for it (RFC 7946): cut in two where it lies across the antimeridian.
pub fn hexagon(cell: u64) -> Option<MultiPolygon<f64>> {
    let corners = corners(cell)?;
    let east = corners.iter().any(|at| at[0] > 180.0);
    let west = corners.iter().any(|at| at[0] < -180.0);
    let polygon = |corners: Vec<[f64; 2]>| {
        let ring: Vec<(f64, f64)> = corners.into_iter().map(|at| (at[0], at[1])).collect();
        Polygon::new(LineString::from(ring), vec![])
    };
    if !(east || west) {
        return Some(MultiPolygon(vec![polygon(corners)]));
    }
    let turn = if east { 180.0 } else { -180.0 };
    let (below, above) = (half(&corners, 0, turn, -1.0), half(&corners, 0, turn, 1.0));
    let (mut here, mut there) = if east { (below, above) } else { (above, below) };
    there.iter_mut().for_each(|at| at[0] -= 2.0 * turn);
    let parts = [std::mem::take(&mut here), there];
    Some(MultiPolygon(parts.into_iter().filter(|part| part.len() > 2).map(polygon).collect()))
}

/// What of a convex ring lies on one side of a line across an axis (0 or 1): beyond `bound` where `sign` is 1, before it
/// where it is -1.
pub fn half(ring: &[[f64; 2]], axis: usize, bound: f64, sign: f64) -> Vec<[f64; 2]> {
    let side = |at: &[f64; 2]| sign * (at[axis] - bound);
    let mut kept = Vec::with_capacity(ring.len() + 1);
    for (at, here) in ring.iter().enumerate() {
        let before = &ring[(at + ring.len() - 1) % ring.len()];
        let (s, t) = (side(before), side(here));
        if (s < 0.0) != (t < 0.0) {
            let share = s / (s - t);
            let mut cut = [0, 1].map(|own| before[own] + share * (here[own] - before[own]));
            cut[axis] = bound;
            kept.push(cut);
        }
        if t >= 0.0 {
            kept.push(*here);
        }
    }
    kept
}

/// The cells of a tree, to be found by place and resolution. Rows are their positions.
#[derive(Debug, Clone, Default)]
pub struct HexCover {
    /// Ascending.
    cells: Vec<CellIndex>,
    /// Whether no child of the cell is among them.
    ends: Vec<bool>,
    /// Cells above those of the tree.
    above: HashSet<CellIndex>,
}

impl HexCover {
    /// Of the cells of a tree, ascending; `None` where one is no cell, or they are out of order.
    pub fn new(cells: impl IntoIterator<Item = u64>) -> Option<Self> {
        let cells: Vec<CellIndex> = cells.into_iter().map(CellIndex::try_from).collect::<Result<_, _>>().ok()?;
        if !cells.is_sorted_by(|a, b| u64::from(*a) < u64::from(*b)) {
            return None;
        }
        let mut cover = Self { ends: vec![true; cells.len()], above: HashSet::new(), cells };
        for row in 0..cover.cells.len() {
            let mut cell = cover.cells[row];
            while let Some(parent) = cell.resolution().pred().and_then(|coarser| cell.parent(coarser)) {
                match cover.row(parent) {
                    Some(known) => {
                        cover.ends[known] = false;
                        break;
                    }
                    None if !cover.above.insert(parent) => break,
                    None => cell = parent,
                }
            }
        }
        Some(cover)
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The cell of a row; `None` beyond the end.
    pub fn cell(&self, row: usize) -> Option<u64> {
        self.cells.get(row).map(|cell| u64::from(*cell))
    }

    /// The row of a cell.
    fn row(&self, cell: CellIndex) -> Option<usize> {
        self.cells.binary_search_by_key(&u64::from(cell), |own| u64::from(*own)).ok()
    }

    /// Whether a cell stands for its children at finer resolutions; `false` beyond the end.
    pub fn is_end(&self, row: usize) -> bool {
        self.ends.get(row).copied().unwrap_or(false)
    }

    /// Row and cell of those that none lies in: they hold every elector with a place once.
    pub fn ends(&self) -> impl Iterator<Item = (usize, u64)> + '_ {
        let rows = self.cells.iter().zip(&self.ends).enumerate();
        rows.filter(|(_, (_, end))| **end).map(|(row, (cell, _))| (row, u64::from(*cell)))
    }

    /// The row of the cell one resolution coarser; `None` where it is not of the tree.
    pub fn above(&self, row: usize) -> Option<usize> {
        let cell = *self.cells.get(row)?;
        self.row(cell.parent(cell.resolution().pred()?)?)
    }

    /// Rows of the cells that lie in the same one as a row's, itself among them; of the coarsest, all of them.
    pub fn siblings(&self, row: usize) -> Vec<usize> {
        let Some(cell) = self.cells.get(row) else { return Vec::new() };
        let above = self.above(row);
        let is_beside =
            |other: &usize| self.cells[*other].resolution() == cell.resolution() && self.above(*other) == above;
        match above {
            None => (0..self.cells.len()).filter(is_beside).collect(),
            Some(above) => {
                let children = self.cells[above].children(cell.resolution());
                children.filter_map(|child| self.row(child)).collect()
            }
        }
    }

    /// Rows shown at a resolution: its cells, and the ends that are coarser. Ascending.
    pub fn at(&self, resolution: u8) -> Vec<usize> {
        let shown = |row: &usize| {
            let own = u8::from(self.cells[*row].resolution());
            own == resolution || own < resolution && self.ends[*row]
        };
        (0..self.cells.len()).filter(shown).collect()
    }

    /// The row shown at a resolution in which a finer cell lies; `None` where nothing of the tree is there.
    pub fn over(&self, cell: u64, resolution: u8) -> Option<usize> {
        let cell = CellIndex::try_from(cell).ok()?;
        let finest = Resolution::try_from(resolution).ok()?.min(cell.resolution());
        let mut above = Resolution::range(Resolution::Zero, finest).rev().filter_map(|at| self.row(cell.parent(at)?));
        above.next()
    }

    /// Calls `each` with every row shown at a resolution that holds a part of a cell: the one over it, or those in it.
    pub fn shown_of(&self, cell: u64, resolution: u8, each: &mut impl FnMut(usize)) {
        let Ok(cell) = CellIndex::try_from(cell) else { return };
        if let Some(row) = self.over(cell.into(), resolution)
            && (self.ends[row] || u8::from(self.cells[row].resolution()) == resolution)
        {
            return each(row);
        }
        let Ok(finest) = Resolution::try_from(resolution) else { return };
        for finer in Resolution::range(cell.resolution(), finest).skip(1) {
            let count = cell.children_count(finer);
            let ends = (cell.child_at(0, finer), cell.child_at(count.saturating_sub(1), finer));
            let (Some(first), Some(last)) = ends else { return };
            let from = self.cells.partition_point(|own| u64::from(*own) < u64::from(first));
            let shown = |(_, own): &(usize, &CellIndex)| u64::from(**own) <= u64::from(last);
            for (row, _) in (from..).zip(&self.cells[from..]).take_while(shown) {
                if finer == finest || self.ends[row] {
                    each(row);
                }
            }
        }
    }

    /// Calls `each` with the row and corners of every cell shown at a resolution that may meet a box (west, south, east,
    /// north, longitudes from -180 to 180), in ascending order of rows. Corners are counted on as in [`corners`].
    pub fn in_box(&self, bounds: [f64; 4], resolution: u8, each: &mut impl FnMut(usize, &[[f64; 2]])) {
        let mut found: Vec<(usize, Vec<[f64; 2]>)> = Vec::new();
        for base in CellIndex::base_cells().filter(|base| self.above.contains(base) || self.row(*base).is_some()) {
            self.descend(base, bounds, resolution, &mut found);
        }
        found.sort_unstable_by_key(|(row, _)| *row);
        found.iter().for_each(|(row, corners)| each(*row, corners));
    }

    fn descend(&self, cell: CellIndex, bounds: [f64; 4], resolution: u8, found: &mut Vec<(usize, Vec<[f64; 2]>)>) {
        let row = self.row(cell);
        if row.is_none() && !self.above.contains(&cell) {
            return;
        }
        let own = u8::from(cell.resolution());
        let shape = Shape::new(cell, h3o::LatLng::from(cell).lng());
        if let Some(row) = row.filter(|row| own == resolution || own < resolution && self.ends[*row]) {
            if meets(&shape.corners, bounds) {
                found.push((row, shape.corners));
            }
            return;
        }
        let near = shape.reach().is_none_or(|reach| meets(&[reach.low, reach.high], bounds));
        if let Some(finer) = cell.resolution().succ().filter(|_| near && own < resolution) {
            cell.children(finer).for_each(|child| self.descend(child, bounds, resolution, found));
        }
    }
}

/// Whether the box around points meets a box, on any turn of the world.
fn meets(points: &[[f64; 2]], [west, south, east, north]: [f64; 4]) -> bool {
    let low = |axis: usize| points.iter().map(|at| at[axis]).fold(f64::INFINITY, f64::min);
    let high = |axis: usize| points.iter().map(|at| at[axis]).fold(f64::NEG_INFINITY, f64::max);
    let across = [-360.0, 0.0, 360.0].iter().any(|turn| low(0) + turn <= east && high(0) + turn >= west);
    across && low(1) <= north && high(1) >= south
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cell of a resolution at a place.
    fn at(lon: f64, lat: f64, resolution: u8) -> u64 {
        cell_at([lon, lat], resolution).expect("a cell")
    }

    #[test]
    fn a_cell_across_the_antimeridian_is_cut_and_keeps_its_surface() {
        let surface = |shape: &MultiPolygon<f64>| -> f64 {
            let ring = |polygon: &Polygon<f64>| polygon.exterior().lines().map(|l| l.determinant()).sum::<f64>();
            shape.iter().map(ring).sum::<f64>() / 2.0
        };
        let mut cut = 0;
        for lat in [-60.0, -17.0, 0.0, 52.0, 70.0] {
            for resolution in 2..8 {
                for lon in [179.99, -179.99, 180.0] {
                    let cell = at(lon, lat, resolution);
                    let whole = hexagon(cell).expect("a cell");
                    let ring: Vec<(f64, f64)> =
                        corners(cell).expect("a cell").iter().map(|at| (at[0], at[1])).collect();
                    let uncut = MultiPolygon(vec![Polygon::new(ring.into(), vec![])]);
                    assert!((surface(&whole) / surface(&uncut) - 1.0).abs() < 1e-6 && surface(&whole) > 0.0);
                    let inside = |at: &geo_types::Coord<f64>| at.x.abs() <= 180.0 && at.y.abs() <= 90.0;
                    assert!(whole.iter().all(|part| part.exterior().coords().all(inside)), "{lon} {lat} {resolution}");
                    cut += usize::from(whole.0.len() == 2);
                }
            }
        }
        assert!(cut > 20, "{cut} of 90 lie across");
        let [west, south, east, north] = box_of(at(180.0, -17.0, 5)).expect("a cell");
        assert!(west > 179.0 && east < -179.0 && south < -17.0 && north > -17.0, "{west} {south} {east} {north}");
        let [west, _, east, _] = box_of(at(2.35, 48.85, 9)).expect("a cell");
        assert!(west < 2.35 && 2.35 < east);
        assert!((surface_km2(at(2.35, 48.85, 9)).expect("a cell") - 0.1).abs() < 0.03);
    }

    #[test]
    fn a_pentagon_has_its_five_sides_and_its_children_five_families() {
        let pentagon = CellIndex::base_cells().find(|cell| cell.is_pentagon()).expect("twelve of them");
        let fine = pentagon.center_child(Resolution::Five).expect("finer");
        assert!(fine.is_pentagon());
        let count = corners(fine.into()).expect("a cell").len();
        // A pentagon of an odd resolution has a corner more where each side crosses a face of the icosahedron.
        assert!(count == 5 || count == 10, "{count} corners");
        let family: Vec<u64> = pentagon.children(Resolution::One).map(u64::from).collect();
        let cover = HexCover::new(family.iter().copied()).expect("in order");
        assert_eq!((cover.len(), cover.at(1).len()), (6, 6));
        assert_eq!((beside(fine.into()).len(), beside(at(2.35, 48.85, 9)).len(), beside(7).len()), (5, 6, 0));
        let mut found = 0;
        cover.in_box([-180.0, -90.0, 180.0, 90.0], 1, &mut |_, _| found += 1);
        assert_eq!(found, 6);
    }

    #[test]
    fn a_box_finds_what_it_meets_at_the_resolution_asked() {
        let fine: Vec<u64> =
            (0..400).map(|n| at(2.0 + f64::from(n % 20) / 500.0, 48.0 + f64::from(n / 20) / 500.0, 9)).collect();
        let mut cells: Vec<u64> = fine.clone();
        for resolution in 3..9 {
            cells.extend(fine.iter().filter_map(|cell| parent(*cell, resolution)));
        }
        // An end that is coarse.
        cells.extend((3..=6).map(|resolution| at(2.6, 48.4, resolution)));
        cells.sort_unstable();
        cells.dedup();
        let cover = HexCover::new(cells.iter().copied()).expect("in order");
        for resolution in [3, 5, 8, 9, 10] {
            let mut found = Vec::new();
            cover.in_box([1.9, 47.9, 2.9, 48.9], resolution, &mut |row, _| found.push(row));
            assert_eq!(found, cover.at(resolution), "resolution {resolution}");
            assert!(found.iter().any(|row| super::resolution(cells[*row]).expect("a cell") <= resolution.min(6)));
        }
        let mut far = 0;
        cover.in_box([10.0, 47.9, 12.0, 48.9], 9, &mut |_, _| far += 1);
        assert_eq!(far, 0);
        let over = cover.over(at(2.6, 48.4, 10), 10).expect("the end stands for it");
        assert_eq!(super::resolution(cells[over]), Some(6));
        assert!(cover.is_end(over) && HexCover::new([5, 6]).is_none());
        let shown = |cell: u64, resolution: u8| {
            let mut rows = Vec::new();
            cover.shown_of(cell, resolution, &mut |row| rows.push(row));
            rows
        };
        assert_eq!(shown(at(2.6, 48.4, 10), 10), [over]);
        let fine_row = cover.over(fine[0], 9).expect("a row");
        let family = cover.siblings(fine_row);
        assert!(family.contains(&fine_row) && (2..=7).contains(&family.len()), "{family:?}");
        assert!(family.iter().all(|row| cover.above(*row) == cover.over(fine[0], 8)));
        assert_eq!(cover.siblings(cover.over(fine[0], 3).expect("a row")), cover.at(3));
        assert_eq!(cover.ends().count(), cover.at(10).len());
        // All that is under a coarse cell, ends among them.
        let all: std::collections::BTreeSet<usize> =
            fine.iter().flat_map(|cell| shown(parent(*cell, 4).expect("coarser"), 9)).collect();
        assert!(fine.iter().all(|cell| all.contains(&cover.over(*cell, 9).expect("a row"))));
    }
}
