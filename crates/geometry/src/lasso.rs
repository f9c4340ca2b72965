//! Electors inside a drawn polygon: pieces are tested, never coarse outlines; one that is cut counts by its share.

use crate::boxes::{Boxes, Cells};
use crate::pieces::{Ring, Shape, WHOLE, clip, rings_of, surface};
use crate::place::order;
use geo_types::MultiPolygon;
use h3o::{CellIndex, Resolution};
use quartier_model::apportion;

/// Bits of an index after its resolution, three a digit.
const DIGITS: u32 = 15;

/// The pieces of a campaign in the order of the index, so that those of any cell lie together.
#[derive(Debug, Clone, Default)]
pub struct PieceIndex {
    pieces: Vec<Held>,
    /// Around them.
    boxes: Boxes,
}

#[derive(Debug, Clone, Copy)]
struct Held {
    order: u64,
    cell: CellIndex,
    leaf: u32,
    electors: u32,
}

/// The electors inside a polygon.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Inside {
    /// Leaf and electors, by leaf; whole electors.
    pub parts: Vec<(u32, u32)>,
    /// Of all, those that count by the share of a cut piece.
    pub cut: u64,
}

impl Inside {
    /// All electors.
    pub fn electors(&self) -> u64 {
        self.parts.iter().map(|(_, electors)| u64::from(*electors)).sum()
    }
}

impl PieceIndex {
    /// Of pieces: leaf, H3 index, electors. What is no cell is left out.
    pub fn new(pieces: impl Iterator<Item = (u32, u64, u32)>) -> Self {
        let held = |(leaf, cell, electors): (u32, u64, u32)| {
            let cell = CellIndex::try_from(cell).ok()?;
            Some(Held { order: order(cell), cell, leaf, electors })
        };
        let mut pieces: Vec<Held> = pieces.filter_map(held).collect();
        pieces.sort_unstable_by_key(|held| (held.order, held.leaf));
        let boxes = Boxes::new(&pieces.iter().map(|held| held.cell).collect::<Vec<_>>());
        Self { pieces, boxes }
    }

    /// Number of pieces.
    pub fn len(&self) -> usize {
        self.pieces.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// The leaves that have pieces, in the order in which the index goes over the ground: each where most of its
    /// electors in one cell are. So leaves that are near each other mostly follow each other.
    pub fn leaves(&self) -> Vec<u32> {
        let leaves = self.pieces.iter().map(|held| held.leaf as usize + 1).max().unwrap_or(0);
        let mut most: Vec<Option<Held>> = vec![None; leaves];
        for held in &self.pieces {
            let own = &mut most[held.leaf as usize];
            if own.is_none_or(|own| own.electors < held.electors) {
                *own = Some(*held);
            }
        }
        let mut placed: Vec<Held> = most.into_iter().flatten().collect();
        placed.sort_unstable_by_key(|held| (held.order, held.leaf));
        placed.into_iter().map(|held| held.leaf).collect()
    }

    /// The pieces at a cell and below it.
    fn under(&self, cell: CellIndex) -> &[Held] {
        let bits = 3 * (DIGITS - u32::from(u8::from(cell.resolution())));
        let (low, high) = (order(cell) >> bits << bits, order(cell));
        let from = self.pieces.partition_point(|held| held.order < low);
        let to = from + self.pieces[from..].partition_point(|held| held.order <= high);
        &self.pieces[from..to]
    }

    /// The electors of a cell by index, by leaf: what stands in it, and its part of what is spread over coarser cells,
    /// as [`crate::hex_tree`] counts them.
    pub fn of_cell(&self, cell: u64) -> Vec<(u32, u32)> {
        let Ok(cell) = CellIndex::try_from(cell) else { return Vec::new() };
        let mut parts: Vec<(u32, u32)> = self.under(cell).iter().map(|held| (held.leaf, held.electors)).collect();
        let coarser = cell.resolution().pred();
        for resolution in coarser.into_iter().flat_map(|last| Resolution::range(Resolution::Zero, last)) {
            let Some(above) = cell.parent(resolution) else { continue };
            for held in self.under(above).iter().rev().take_while(|held| held.cell == above) {
                parts.extend(part_of(*held, cell).map(|electors| (held.leaf, electors)));
            }
        }
        add_up(parts)
    }

    /// The electors inside a polygon.
    pub fn inside(&self, shape: &MultiPolygon<f64>) -> Inside {
        let mut found = Found { whole: Vec::new(), cut: Vec::new() };
        for (rings, bounds) in shape.iter().filter_map(rings_of) {
            self.boxes.coarsest().for_each(|cells| self.descend(&cells, &rings, bounds.middle(), &mut found));
        }
        found.counted()
    }

    /// Adds what of some pieces lies in rings; `near`: a longitude of theirs.
    fn descend(&self, cells: &Cells, rings: &[Ring], near: f64, found: &mut Found) {
        let inside = match self.boxes.bounds(cells, near) {
            None => rings.to_vec(),
            Some(bounds) => {
                let inside = clip(rings, &bounds.corners());
                let left = surface(&inside);
                if left <= bounds.surface() * WHOLE {
                    return;
                }
                if left >= bounds.surface() * (1.0 - WHOLE) {
                    let held = &self.pieces[cells.places.clone()];
                    return found.whole.extend(held.iter().map(|held| (held.leaf, held.electors)));
                }
                inside
            }
        };
        if let [held] = &self.pieces[cells.places.clone()] {
            found.share(*held, &inside, near);
        } else {
            self.boxes.finer(cells).for_each(|finer| self.descend(&finer, &inside, near, found));
        }
    }
}

/// What a cell has of the electors spread over a coarser one.
fn part_of(held: Held, cell: CellIndex) -> Option<u32> {
    let (mut at, mut electors) = (held.cell, held.electors);
    while at != cell && electors > 0 {
        let finer = at.resolution().succ()?;
        let next = cell.parent(finer)?;
        let place = at.children(finer).position(|child| child == next)? as u32;
        let count = at.children_count(finer) as u32;
        electors = electors / count + u32::from(place < electors % count);
        at = next;
    }
    (electors > 0).then_some(electors)
}

fn add_up(mut parts: Vec<(u32, u32)>) -> Vec<(u32, u32)> {
    parts.sort_unstable();
    crate::pieces::add_up(&mut parts);
    parts
}

struct Found {
    whole: Vec<(u32, u32)>,
    cut: Vec<(u32, f64)>,
}

impl Found {
    /// Adds the share of a piece that lies in rings.
    fn share(&mut self, held: Held, rings: &[Ring], near: f64) {
        let corners = Shape::new(held.cell, near).corners;
        let hexagon = clip(rings, &corners);
        let share = (surface(&hexagon) / surface(&[Ring::of_corners(&corners)])).clamp(0.0, 1.0);
        if share >= 1.0 - WHOLE {
            self.whole.push((held.leaf, held.electors));
        } else if share > WHOLE {
            self.cut.push((held.leaf, share * f64::from(held.electors)));
        }
    }

    /// Whole electors: what is cut is added up and given to its leaves by largest remainders.
    fn counted(mut self) -> Inside {
        self.cut.sort_by_key(|(leaf, _)| *leaf);
        crate::pieces::add_up(&mut self.cut);
        let weights: Vec<f64> = self.cut.iter().map(|(_, electors)| *electors).collect();
        let cut = weights.iter().sum::<f64>().round() as u32;
        let given = apportion(if weights.is_empty() { 0 } else { cut }, &weights);
        self.whole.extend(self.cut.iter().map(|(leaf, _)| *leaf).zip(given).filter(|(_, electors)| *electors > 0));
        Inside { parts: add_up(self.whole), cut: u64::from(cut) }
    }
}

/// Whether a polygon covers a part of a cell.
pub fn covers(shape: &MultiPolygon<f64>, corners: &[[f64; 2]]) -> bool {
    let whole = surface(&[Ring::of_corners(corners)]);
    shape.iter().filter_map(rings_of).any(|(rings, _)| {
        [-360.0, 0.0, 360.0].iter().any(|turn| {
            let turned: Vec<[f64; 2]> = corners.iter().map(|at| [at[0] + turn, at[1]]).collect();
            surface(&clip(&rings, &turned)) > whole * WHOLE
        })
    })
}

/// The surface of a polygon in a cell, in square degrees; 0 where the index is no cell.
pub fn ground_in(shape: &MultiPolygon<f64>, cell: u64) -> f64 {
    let Ok(cell) = CellIndex::try_from(cell) else { return 0.0 };
    let parts = shape.iter().filter_map(rings_of);
    parts.map(|(rings, bounds)| surface(&clip(&rings, &Shape::new(cell, bounds.middle()).corners))).sum()
}

/// A place where lines of a polygon cross; `None` where none do. Lines that only touch do not cross.
pub fn crossing(shape: &MultiPolygon<f64>) -> Option<[f64; 2]> {
    let rings = shape.iter().flat_map(|polygon| std::iter::once(polygon.exterior()).chain(polygon.interiors()));
    let mut edges: Vec<[[f64; 2]; 2]> = rings
        .flat_map(|ring| ring.0.windows(2).map(|pair| [[pair[0].x, pair[0].y], [pair[1].x, pair[1].y]]))
        .map(|[a, b]| if a[0] <= b[0] { [a, b] } else { [b, a] })
        .collect();
    edges.sort_by(|a, b| a[0][0].total_cmp(&b[0][0]));
    let side = |a: [f64; 2], b: [f64; 2], at: [f64; 2]| {
        let turn = (b[0] - a[0]) * (at[1] - a[1]) - (b[1] - a[1]) * (at[0] - a[0]);
        if turn == 0.0 { 0 } else { turn.signum() as i8 }
    };
    for (at, [a, b]) in edges.iter().enumerate() {
        for [c, d] in edges[at + 1..].iter().take_while(|other| other[0][0] <= b[0]) {
            let apart = c[1].max(d[1]) < a[1].min(b[1]) || c[1].min(d[1]) > a[1].max(b[1]);
            if !apart && side(*a, *b, *c) * side(*a, *b, *d) < 0 && side(*c, *d, *a) * side(*c, *d, *b) < 0 {
                return Some([f64::midpoint(c[0], d[0]), f64::midpoint(c[1], d[1])]);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{HexRule, Land, PLACING, Site, hex_tree, place};
    use geo_types::polygon;
    use std::collections::HashSet;

    fn square(x: f64, y: f64, side: f64) -> MultiPolygon<f64> {
        MultiPolygon(vec![polygon![(x: x, y: y), (x: x + side, y: y), (x: x + side, y: y + side), (x: x, y: y + side)]])
    }

    fn country() -> (Vec<MultiPolygon<f64>>, quartier_model::Atoms) {
        let outlines: Vec<_> = (0..4).map(|at| square(2.0 + f64::from(at) / 10.0, 48.0, 0.1)).collect();
        let electors = [30_000, 2_000, 151, 90_000];
        let mut sites: Vec<Site<'_>> = outlines
            .iter()
            .zip(electors)
            .map(|(outline, electors)| Site { land: Land::Outline(outline), electors, people: vec![] })
            .collect();
        sites[1].people = vec![([2.13, 48.05], 3.0), ([2.17, 48.02], 1.0)];
        let atoms = place(&sites);
        (outlines, atoms)
    }

    fn index(atoms: &quartier_model::Atoms) -> PieceIndex {
        PieceIndex::new(atoms.all().iter().map(|atom| (atom.area, atom.cell, atom.electors)))
    }

    #[test]
    fn a_lasso_around_everything_holds_everybody_and_one_elsewhere_nobody() {
        let (_, atoms) = country();
        let index = index(&atoms);
        let all = index.inside(&square(1.0, 47.0, 3.0));
        assert_eq!(all.parts, [(0, 30_000), (1, 2_000), (2, 151), (3, 90_000)]);
        assert_eq!((all.cut, all.electors()), (0, 122_151));
        assert_eq!(index.inside(&square(5.0, 47.0, 1.0)), Inside::default());
    }

    #[test]
    fn a_half_holds_half_of_what_is_spread_and_all_of_what_is_known_to_be_there() {
        let (outlines, atoms) = country();
        let index = index(&atoms);
        let half = index.inside(&square(2.0, 48.0, 0.05));
        assert_eq!(half.parts.len(), 1);
        assert!((half.electors() as f64 - 7_500.0).abs() < 100.0, "{}", half.electors());
        assert!(half.cut > 0 && half.cut < 3_000, "{} are cut", half.cut);
        // Three quarters of the second area live in one place.
        assert_eq!(index.inside(&square(2.12, 48.04, 0.02)).parts, [(1, 1_500)]);
        for (at, outline) in outlines.iter().enumerate() {
            let own = index.inside(outline);
            let electors = own.parts.iter().find(|(leaf, _)| *leaf as usize == at).map_or(0, |(_, electors)| *electors);
            let whole = atoms.electors(at as u32) as f64;
            assert!(f64::from(electors) > 0.97 * whole, "area {at}: {electors} of {whole}");
        }
        // Cutting a ground in two loses nobody.
        let parts =
            [(2.0, 48.0), (2.05, 48.0), (2.0, 48.05), (2.05, 48.05)].map(|(x, y)| index.inside(&square(x, y, 0.05)));
        let sum: u64 = parts.iter().map(Inside::electors).sum();
        let whole = index.inside(&square(2.0, 48.0, 0.1)).electors();
        assert!(sum.abs_diff(whole) <= 2, "{sum} {whole}");
    }

    #[test]
    fn boxes_leave_out_nothing_that_piece_by_piece_finds() {
        let (_, atoms) = country();
        let index = index(&atoms);
        assert!(index.len() > 1_000, "{} pieces", index.len());
        for round in 0..60 {
            let round = f64::from(round);
            let (x, y) = (2.0 + 0.4 * (round * 0.618).fract(), 48.0 + 0.1 * (round * 0.755).fract());
            let reach = 0.002 + 0.2 * (round * 0.57).fract().powi(3);
            // A star of a few points, so that boxes are cut in many ways.
            let at = |n: u32| {
                let turn = f64::from(n) / 30.0 * std::f64::consts::TAU;
                let far = reach * (1.0 + 0.6 * ((2.0 + round % 5.0).floor() * turn).sin());
                (x + far * turn.cos(), y + far * turn.sin())
            };
            let ring: Vec<(f64, f64)> = (0..30).chain([0]).map(at).collect();
            let star = MultiPolygon(vec![geo_types::Polygon::new(ring.into(), vec![])]);
            let mut found = Found { whole: Vec::new(), cut: Vec::new() };
            for (rings, bounds) in star.iter().filter_map(rings_of) {
                index.pieces.iter().for_each(|held| found.share(*held, &rings, bounds.middle()));
            }
            assert_eq!(index.inside(&star), found.counted(), "star {round}");
        }
    }

    #[test]
    fn a_cell_counts_by_index_as_the_tree_of_hexagons_does() {
        let (_, atoms) = country();
        let index = index(&atoms);
        let closed = HashSet::new();
        for least in [0, 50] {
            let rule = HexRule { coarsest: Resolution::Three, finest: PLACING, least, closed: &closed };
            for node in hex_tree(&atoms, &rule) {
                assert_eq!(index.of_cell(node.hex.cell.into()), node.hex.electors, "{}", node.hex.cell);
            }
        }
    }

    #[test]
    fn lines_that_cross_are_found_and_those_that_touch_are_not() {
        let bow = MultiPolygon(vec![polygon![(x: 0.0, y: 0.0), (x: 1.0, y: 1.0), (x: 1.0, y: 0.0), (x: 0.0, y: 1.0)]]);
        assert!(crossing(&bow).is_some());
        assert_eq!(crossing(&square(0.0, 0.0, 1.0)), None);
        let touching = MultiPolygon(vec![square(0.0, 0.0, 1.0).0.remove(0), square(1.0, 0.0, 1.0).0.remove(0)]);
        assert_eq!(crossing(&touching), None);
        assert!(covers(&square(2.0, 48.0, 0.1), &[[2.05, 48.05], [2.2, 48.05], [2.1, 48.2]]));
        assert!(!covers(&square(2.0, 48.0, 0.1), &[[2.15, 48.05], [2.2, 48.05], [2.2, 48.2]]));
    }
}
