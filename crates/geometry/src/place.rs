//! Electors placed in cells, and summed in cells of any resolution.

use geo_types::MultiPolygon;
use h3o::{CellIndex, LatLng, Resolution};
use quartier_model::{Atoms, apportion};
use rayon::prelude::*;
use std::collections::HashSet;

use crate::pieces::{Cut, PLACING, add_up, pieces};

/// The ground of an area.
#[derive(Debug, Clone, Copy)]
pub enum Land<'a> {
    /// None is known: its electors are in no cell.
    Unknown,
    /// An outline, in longitude and latitude.
    Outline(&'a MultiPolygon<f64>),
    /// One cell, which holds all its electors wherever they are known to live: a hexagon of its resolution and the
    /// area are the same people.
    Cell(CellIndex),
}

impl<'a> From<Option<&'a MultiPolygon<f64>>> for Land<'a> {
    fn from(outline: Option<&'a MultiPolygon<f64>>) -> Self {
        outline.map_or(Self::Unknown, Self::Outline)
    }
}

/// An area whose electors are to be placed.
#[derive(Debug, Clone)]
pub struct Site<'a> {
    /// Its ground.
    pub land: Land<'a>,
    /// Its electors.
    pub electors: u32,
    /// People known to live at a place of it: longitude, latitude, and how many, finite and at least 0.
    pub people: Vec<([f64; 2], f64)>,
}

/// Places the electors of each area once: where its people are known to live, in proportion; without any, over its
/// outline by surface. Whole electors, which add to the area's exactly.
pub fn place<'a>(sites: &[Site<'a>]) -> Atoms {
    let bare = |site: &Site<'_>| !site.people.iter().any(|(_, people)| *people > 0.0);
    let cut = |site: &Site<'a>| match site.land {
        Land::Outline(area) if bare(site) => Some(Cut { area, electors: site.electors }),
        Land::Outline(_) | Land::Cell(_) | Land::Unknown => None,
    };
    let cuts: Vec<Option<Cut<'_>>> = sites.iter().map(cut).collect();
    let by_surface = pieces(&cuts);
    let cells: Vec<Vec<(u64, u32)>> = sites
        .par_iter()
        .zip(by_surface)
        .map(|(site, by_surface)| {
            let weights: Vec<(u64, f64)> = match site.land {
                // Finer than electors are placed: they stand in the cell above.
                Land::Cell(cell) => vec![(cell.parent(PLACING).unwrap_or(cell).into(), 1.0)],
                Land::Outline(_) | Land::Unknown if bare(site) => {
                    by_surface.iter().map(|piece| (piece.cell.into(), piece.share)).collect()
                }
                Land::Outline(_) | Land::Unknown => by_cell(&site.people),
            };
            let shares: Vec<f64> = weights.iter().map(|(_, weight)| *weight).collect();
            let electors = apportion(if weights.is_empty() { 0 } else { site.electors }, &shares);
            let cells = weights.iter().map(|(cell, _)| *cell).zip(electors);
            cells.filter(|(_, electors)| *electors > 0).collect()
        })
        .collect();
    let elsewhere = sites.iter().zip(&cells).map(|(site, cells)| if cells.is_empty() { site.electors } else { 0 });
    Atoms::new(&cells, elsewhere.collect()).expect("cells are in order and hold electors")
}

/// People by cell of placing, in the order of the index.
fn by_cell(people: &[([f64; 2], f64)]) -> Vec<(u64, f64)> {
    let cell = |[lon, lat]: [f64; 2]| LatLng::new(lat, lon).ok().map(|at| u64::from(at.to_cell(PLACING)));
    let mut cells: Vec<(u64, f64)> = people.iter().filter_map(|(at, people)| Some((cell(*at)?, *people))).collect();
    cells.sort_by_key(|(cell, _)| *cell);
    add_up(&mut cells);
    cells
}

/// Electors of a cell, by area.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hex {
    /// The cell; coarser than asked where it is pooled.
    pub cell: CellIndex,
    /// Electors of each area in it, by row of the area.
    pub electors: Vec<(u32, u32)>,
}

impl Hex {
    /// All its electors.
    pub fn total(&self) -> u64 {
        self.electors.iter().map(|(_, electors)| u64::from(*electors)).sum()
    }
}

/// The electors in cells of a resolution, by index. A family of siblings of which one that has electors has fewer than
/// `least` stays together, as its parent cell (and its family as theirs): those are coarser than `resolution`.
///
/// Sums are by index: a hexagon may count electors just outside its outline. Every elector with a place is in exactly
/// one cell, whatever the resolution.
pub fn hexes(atoms: &Atoms, resolution: Resolution, least: u64) -> Vec<Hex> {
    let rule = HexRule { coarsest: Resolution::Zero, finest: resolution, least, closed: &HashSet::new() };
    hex_tree(atoms, &rule).into_iter().filter(|node| node.is_end).map(|node| node.hex).collect()
}

/// Which cells are shown.
#[derive(Debug, Clone, Copy)]
pub struct HexRule<'a> {
    /// The coarsest resolution that is shown; coarser cells only where they stand for families with too few electors.
    pub coarsest: Resolution,
    /// The finest.
    pub finest: Resolution,
    /// Electors that a cell needs to be shown on its own.
    pub least: u64,
    /// Cells whose children were not shown before, and are not now: what was pooled once is never refined.
    pub closed: &'a HashSet<CellIndex>,
}

/// A cell of the tree of those shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HexNode {
    /// The cell and its electors by area.
    pub hex: Hex,
    /// Whether none of its children is shown: it stands for them at every finer resolution.
    pub is_end: bool,
}

/// The cells shown at any resolution, by index: at each one, those of that resolution and the ends that are coarser.
/// They hold every elector with a place once.
pub fn hex_tree(atoms: &Atoms, rule: &HexRule<'_>) -> Vec<HexNode> {
    let mut held: Vec<Held> = atoms
        .all()
        .iter()
        .filter_map(|atom| Some(Held { cell: atom.cell.try_into().ok()?, area: atom.area, electors: atom.electors }))
        .collect();
    held.par_sort_unstable_by_key(|held| (order(held.cell), held.area));
    let mut families: Vec<&[Held]> = Vec::new();
    let base = |held: &Held| held.cell.base_cell();
    families.extend(held.chunk_by(|a, b| base(a) == base(b)));
    let found: Vec<Vec<HexNode>> = families
        .par_iter()
        .map(|family| {
            let mut found = Vec::new();
            // An index of resolution 0 has a base cell for its whole.
            if let Some(root) = family[0].cell.parent(Resolution::Zero) {
                split(root, family.to_vec(), rule, &mut found);
            }
            found
        })
        .collect();
    let mut found: Vec<HexNode> = found.into_iter().flatten().collect();
    found.par_sort_unstable_by_key(|node| u64::from(node.hex.cell));
    found
}

#[derive(Debug, Clone, Copy)]
struct Held {
    cell: CellIndex,
    area: u32,
    electors: u32,
}

/// A cell's index without its resolution: descendants lie together, just before what is coarser.
pub(crate) fn order(cell: CellIndex) -> u64 {
    u64::from(cell) & ((1 << 52) - 1)
}

/// Goes down as far as every family allows.
fn split(cell: CellIndex, held: Vec<Held>, rule: &HexRule<'_>, found: &mut Vec<HexNode>) {
    let finer = cell.resolution().succ().filter(|finer| *finer <= rule.finest && !rule.closed.contains(&cell));
    let families = finer.map(|finer| children(cell, &held, finer)).unwrap_or_default();
    let enough = |(_, family): &(CellIndex, Vec<Held>)| electors_of(family) >= rule.least;
    let is_end = families.is_empty() || !families.iter().all(enough);
    if is_end || cell.resolution() >= rule.coarsest {
        found.push(HexNode { hex: Hex { cell, electors: by_area(&held) }, is_end });
    }
    drop(held);
    if !is_end {
        families.into_iter().for_each(|(child, family)| split(child, family, rule, found));
    }
}

fn electors_of(held: &[Held]) -> u64 {
    held.iter().map(|held| u64::from(held.electors)).sum()
}

/// The children that hold electors. What is spread over the whole cell goes to its children in equal parts, the rest
/// of the division to the first of them.
fn children(cell: CellIndex, held: &[Held], finer: Resolution) -> Vec<(CellIndex, Vec<Held>)> {
    let mut families: Vec<(CellIndex, Vec<Held>)> = cell.children(finer).map(|child| (child, Vec::new())).collect();
    let (spread, own): (Vec<Held>, Vec<Held>) = held.iter().partition(|held| held.cell.resolution() < finer);
    for held in own {
        let child = held.cell.parent(finer);
        if let Some((_, family)) = families.iter_mut().find(|(cell, _)| Some(*cell) == child) {
            family.push(held);
        }
    }
    let parts = families.len() as u32;
    for held in spread {
        for (at, (child, family)) in families.iter_mut().enumerate() {
            let electors = held.electors / parts + u32::from((at as u32) < held.electors % parts);
            if electors > 0 {
                family.push(Held { cell: *child, electors, ..held });
            }
        }
    }
    families.retain(|(_, family)| !family.is_empty());
    families
}

/// The same electors in finer cells wherever `is_mixed` says that the part of an area in a cell must be told apart; none
/// finer than [`PLACING`]. Every hexagon has the electors that it had.
pub fn refine(atoms: &Atoms, is_mixed: impl Fn(u32, u64) -> bool + Sync) -> Atoms {
    let areas: Vec<u32> = (0..atoms.areas() as u32).collect();
    let cells: Vec<Vec<(u64, u32)>> = areas
        .par_iter()
        .map(|area| {
            let mut fine: Vec<(u64, u32)> = Vec::new();
            for atom in atoms.of(*area) {
                match CellIndex::try_from(atom.cell) {
                    Ok(cell) => {
                        split_while(Held { cell, area: *area, electors: atom.electors }, &is_mixed, &mut fine);
                    }
                    Err(_) => fine.push((atom.cell, atom.electors)),
                }
            }
            fine.sort_unstable();
            add_up(&mut fine);
            fine
        })
        .collect();
    let elsewhere = areas.iter().map(|area| atoms.elsewhere(*area)).collect();
    Atoms::new(&cells, elsewhere).expect("cells are in order and hold electors")
}

/// Goes down as long as a cell is mixed.
fn split_while(held: Held, is_mixed: &(impl Fn(u32, u64) -> bool + Sync), found: &mut Vec<(u64, u32)>) {
    let finer = held.cell.resolution().succ().filter(|finer| *finer <= PLACING);
    match finer.filter(|_| is_mixed(held.area, held.cell.into())) {
        None => found.push((held.cell.into(), held.electors)),
        Some(finer) => {
            let families = children(held.cell, &[held], finer);
            families.into_iter().flat_map(|(_, family)| family).for_each(|held| split_while(held, is_mixed, found));
        }
    }
}

fn by_area(held: &[Held]) -> Vec<(u32, u32)> {
    let mut electors: Vec<(u32, u32)> = held.iter().map(|held| (held.area, held.electors)).collect();
    electors.sort_unstable();
    add_up(&mut electors);
    electors
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo_types::polygon;
    use proptest::prelude::*;

    fn square(x: f64, y: f64, side: f64) -> MultiPolygon<f64> {
        MultiPolygon(vec![polygon![(x: x, y: y), (x: x + side, y: y), (x: x + side, y: y + side), (x: x, y: y + side)]])
    }

    #[test]
    fn people_say_where_electors_live_and_surface_where_nobody_does() {
        let (one, two) = (square(2.0, 48.0, 0.05), square(2.05, 48.0, 0.05));
        let people = vec![([2.01, 48.01], 30.0), ([2.04, 48.04], 10.0), ([2.01, 48.01], 20.0)];
        let cell = LatLng::new(48.5, 2.5).expect("a place").to_cell(Resolution::Nine);
        let sites = [
            Site { land: Land::Outline(&one), electors: 1_000, people },
            Site { land: Land::Outline(&two), electors: 900, people: vec![] },
            Site { land: Land::Unknown, electors: 70, people: vec![] },
            Site { land: Land::Cell(cell), electors: 13, people: vec![([2.01, 48.01], 5.0)] },
        ];
        let atoms = place(&sites);
        assert_eq!(atoms.of(0).iter().map(|atom| atom.electors).collect::<Vec<_>>().len(), 2);
        let mut counts: Vec<u32> = atoms.of(0).iter().map(|atom| atom.electors).collect();
        counts.sort_unstable();
        assert_eq!(counts, [167, 833]);
        assert!(atoms.of(1).len() > 30, "{} cells", atoms.of(1).len());
        assert_eq!([0, 1, 2].map(|area| atoms.electors(area)), [1_000, 900, 70]);
        assert_eq!(atoms.elsewhere(2), 70);
        assert_eq!(atoms.of(3).iter().map(|atom| (atom.cell, atom.electors)).collect::<Vec<_>>(), [(cell.into(), 13)]);
    }

    #[test]
    fn what_is_refined_along_a_line_has_the_same_hexagons() {
        let outline = square(2.0, 48.0, 0.1);
        let atoms = place(&[Site { land: Land::Outline(&outline), electors: 90_000, people: vec![] }]);
        let west = square(2.0, 48.0, 0.05);
        let is_mixed = |_: u32, cell: u64| {
            let (part, whole) = (crate::ground_in(&west, cell), crate::ground_in(&outline, cell));
            part > 1e-6 * whole && part < (1.0 - 1e-6) * whole
        };
        let fine = refine(&atoms, is_mixed);
        assert!(fine.all().len() > atoms.all().len());
        assert_eq!(fine.electors(0), 90_000);
        let coarse =
            |atom: &quartier_model::Atom| CellIndex::try_from(atom.cell).is_ok_and(|cell| cell.resolution() < PLACING);
        assert!(fine.all().iter().filter(|atom| coarse(atom)).all(|atom| !is_mixed(0, atom.cell)));
        for resolution in [Resolution::Seven, Resolution::Nine, PLACING] {
            assert_eq!(hexes(&fine, resolution, 0), hexes(&atoms, resolution, 0));
        }
    }

    #[test]
    fn what_was_pooled_once_is_never_refined() {
        let outline = square(2.0, 48.0, 0.05);
        let site = |electors| Site { land: Land::Outline(&outline), electors, people: vec![] };
        let tree = |electors, closed: &HashSet<CellIndex>| {
            let rule = HexRule { coarsest: Resolution::Three, finest: PLACING, least: 50, closed };
            hex_tree(&place(&[site(electors)]), &rule)
        };
        let ends = |tree: &[HexNode]| -> HashSet<CellIndex> {
            tree.iter().filter(|node| node.is_end).map(|node| node.hex.cell).collect()
        };
        let before = ends(&tree(2_000, &HashSet::new()));
        assert!(ends(&tree(200_000, &HashSet::new())).is_disjoint(&before), "more electors show more");
        assert_eq!(ends(&tree(200_000, &before)), before);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn every_elector_is_in_one_hexagon_at_every_resolution(
            electors in prop::collection::vec(0_u32..40_000, 2..6), lat in -60.0_f64..60.0, least in 0_u64..400
        ) {
            let outlines: Vec<_> = (0..electors.len()).map(|at| square(2.0 + at as f64 / 20.0, lat, 0.05)).collect();
            let sites: Vec<Site<'_>> = outlines
                .iter()
                .zip(&electors)
                .map(|(outline, electors)| Site { land: Land::Outline(outline), electors: *electors, people: vec![] })
                .collect();
            let atoms = place(&sites);
            for resolution in Resolution::range(Resolution::Four, PLACING) {
                let found = hexes(&atoms, resolution, least);
                let mut sums = vec![0_u64; electors.len()];
                for hex in &found {
                    prop_assert!(hex.cell.resolution() <= resolution);
                    prop_assert!(hex.total() >= least || hex.cell.resolution() == Resolution::Zero);
                    hex.electors.iter().for_each(|(area, n)| sums[*area as usize] += u64::from(*n));
                }
                let expected: Vec<u64> = electors.iter().map(|n| u64::from(*n)).collect();
                prop_assert_eq!(&sums, &expected);
                let cells: std::collections::BTreeSet<CellIndex> = found.iter().map(|hex| hex.cell).collect();
                prop_assert_eq!(cells.len(), found.len());
                let nested = found.iter().any(|hex| {
                    let mut up = hex.cell.resolution().pred();
                    std::iter::from_fn(|| { let r = up?; up = r.pred(); hex.cell.parent(r) }).any(|above| cells.contains(&above))
                });
                prop_assert!(!nested, "no cell lies in another");
                let closed = HashSet::new();
                let rule = HexRule { coarsest: Resolution::Three, finest: PLACING, least, closed: &closed };
                let at = |node: &HexNode| node.hex.cell.resolution();
                let tree = hex_tree(&atoms, &rule);
                let cut = tree.iter().filter(|node| at(node) == resolution || node.is_end && at(node) < resolution);
                prop_assert_eq!(cut.map(|node| node.hex.clone()).collect::<Vec<_>>(), found);
            }
        }
    }
}
