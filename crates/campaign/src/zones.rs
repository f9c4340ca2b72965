//! Polygons laid over the finest areas: which of these lie whole in one, and which are cut.

use geo::{Area, BooleanOps, BoundingRect, Contains};
use geo_types::{MultiPolygon, Point};
use quartier_geometry::{NINETY, ground_in};
use quartier_model::{Atoms, Electors, Membership, Part};
use rayon::prelude::*;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};
use std::collections::BTreeMap;

/// A finest area lies whole in a polygon that has at least this share of its ground.
const WHOLE_FROM: f64 = 0.995;

/// A part of a cell that is less than this share of it is a matter of how outlines are drawn.
const MIXED_FROM: f64 = 0.01;

/// How many places the electors of a finest area are as good as spread over, when a border cuts it: the share of them
/// on one side then has the variance f (1 - f) / (1 + places). Measured on the precincts of Minnesota merged at random
/// into areas and a grouping that cuts them (`tests/tests/transfers.rs` prints it): with it 9 in 10 errors hold.
const PLACES: f64 = 2.1;

/// What of a finest area lies in each polygon.
#[derive(Debug, Clone)]
struct Shared {
    outline: MultiPolygon<f64>,
    /// By polygon; what is in none is not listed.
    parts: Vec<(u32, MultiPolygon<f64>)>,
}

impl Shared {
    /// The polygon that has most of a cell's ground in the area; `None`: none has it, or most of it is in none.
    fn zone_of(&self, cell: u64) -> Option<Option<u32>> {
        let whole = ground_in(&self.outline, cell);
        let parts = self.parts_of(cell);
        let outside = whole - parts.iter().map(|(_, ground)| ground).sum::<f64>();
        let most = parts.into_iter().reduce(|most, next| if next.1 > most.1 { next } else { most });
        (whole > 0.0).then(|| most.filter(|(_, ground)| *ground >= outside).map(|(zone, _)| zone))
    }

    fn parts_of(&self, cell: u64) -> Vec<(u32, f64)> {
        self.parts.iter().map(|(zone, part)| (*zone, ground_in(part, cell))).collect()
    }

    /// Whether several polygons, or one and none, have a share of a cell's ground.
    fn is_mixed(&self, cell: u64) -> bool {
        let whole = ground_in(&self.outline, cell);
        let most = self.parts_of(cell).into_iter().map(|(_, ground)| ground).fold(0.0, f64::max);
        let outside = whole - self.parts_of(cell).iter().map(|(_, ground)| ground).sum::<f64>();
        whole > 0.0 && most.max(outside) < (1.0 - MIXED_FROM) * whole
    }
}

/// Polygons laid over the finest areas.
#[derive(Debug, Clone)]
pub(crate) struct Zones {
    rows: usize,
    /// Per leaf, the polygon that has it, or most of it.
    homes: Vec<Option<u32>>,
    /// The leaves that are cut.
    shared: BTreeMap<u32, Shared>,
}

/// Which electors are in which polygon.
pub(crate) struct Resolved {
    pub membership: Membership,
    /// Of the leaves that are cut, the polygon that has each of their pieces, by its position among all.
    pub pieces: Vec<(u32, Option<u32>)>,
    /// Per polygon, electors by which its number may be off, 9 times in 10.
    pub errors: Vec<f32>,
}

impl Zones {
    /// Lays polygons over finest areas.
    pub fn over(leaves: &[Option<&MultiPolygon<f64>>], zones: &[Option<MultiPolygon<f64>>]) -> Self {
        let boxes = zones.iter().enumerate().filter_map(|(row, zone)| {
            let bounds = zone.as_ref()?.bounding_rect()?;
            Some(GeomWithData::new(Rectangle::from_corners(bounds.min().into(), bounds.max().into()), row as u32))
        });
        let near: RTree<GeomWithData<Rectangle<[f64; 2]>, u32>> = RTree::bulk_load(boxes.collect());
        let laid: Vec<(Option<u32>, Option<Shared>)> = leaves
            .par_iter()
            .map(|outline| {
                let Some((outline, bounds)) = outline.and_then(|own| Some((own, own.bounding_rect()?))) else {
                    return (None, None);
                };
                let envelope = AABB::from_corners(bounds.min().into(), bounds.max().into());
                let mut candidates: Vec<u32> =
                    near.locate_in_envelope_intersecting(&envelope).map(|boxed| boxed.data).collect();
                candidates.sort_unstable();
                lay(outline, candidates.into_iter().filter_map(|row| Some((row, zones[row as usize].as_ref()?))))
            })
            .collect();
        let (homes, shared): (Vec<_>, Vec<_>) = laid.into_iter().unzip();
        let shared = (0..).zip(shared).filter_map(|(leaf, shared)| Some((leaf, shared?))).collect();
        Self { rows: zones.len(), homes, shared }
    }

    /// Whether the ground of a leaf in a cell is in several polygons.
    pub fn is_mixed(&self, leaf: u32, cell: u64) -> bool {
        self.shared.get(&leaf).is_some_and(|shared| shared.is_mixed(cell))
    }

    /// Counts the electors of each polygon by their pieces. `electors` is per leaf.
    pub fn resolve(&self, atoms: &Atoms, electors: &[Electors]) -> Resolved {
        let mut homes = self.homes.clone();
        let mut cut: BTreeMap<u32, Vec<Part>> = BTreeMap::new();
        let mut pieces = Vec::new();
        let mut variance = vec![0.0; self.rows];
        let mut first = 0;
        for leaf in 0..atoms.areas() as u32 {
            let own = atoms.of(leaf);
            let at = first;
            first += own.len() as u32;
            let Some(shared) = self.shared.get(&leaf) else { continue };
            let home = homes[leaf as usize];
            let zones: Vec<Option<u32>> = own.iter().map(|atom| shared.zone_of(atom.cell).unwrap_or(home)).collect();
            let mut parts: BTreeMap<Option<u32>, u32> = BTreeMap::new();
            for (zone, atom) in zones.iter().zip(own) {
                *parts.entry(*zone).or_default() += atom.electors;
            }
            // Who has no place is with most of the others.
            let lost = atoms.elsewhere(leaf);
            if let Some(most) = most(&parts).filter(|_| lost > 0) {
                *parts.entry(most).or_default() += lost;
            }
            if let Some(most) = most(&parts) {
                homes[leaf as usize] = most;
            }
            let whole = electors[leaf as usize].known().unwrap_or(0);
            for (zone, ground) in shared.shares() {
                let spread = (1.0 + PLACES).recip() * ground * (1.0 - ground) * f64::from(whole).powi(2);
                variance[zone as usize] += spread;
            }
            if parts.len() > 1 {
                pieces.extend((at..).zip(zones));
                cut.insert(leaf, parts.into_iter().collect());
            }
        }
        let membership = Membership::new(homes, cut).expect("parts by polygon, each with electors");
        let errors = variance.into_iter().map(|variance| (NINETY * variance.sqrt()) as f32).collect();
        Resolved { membership, pieces, errors }
    }
}

impl Shared {
    /// Share of the ground in each polygon, 0 to 1.
    fn shares(&self) -> Vec<(u32, f64)> {
        let whole = self.outline.unsigned_area();
        self.parts.iter().map(|(zone, part)| (*zone, (part.unsigned_area() / whole).clamp(0.0, 1.0))).collect()
    }
}

/// Who has most, the first of equals.
fn most(parts: &BTreeMap<Option<u32>, u32>) -> Option<Option<u32>> {
    parts.iter().max_by_key(|(zone, electors)| (**electors, std::cmp::Reverse(**zone))).map(|(zone, _)| *zone)
}

/// Where one finest area lies among the polygons near it.
fn lay<'a>(
    outline: &MultiPolygon<f64>,
    near: impl Iterator<Item = (u32, &'a MultiPolygon<f64>)>,
) -> (Option<u32>, Option<Shared>) {
    let whole = outline.unsigned_area();
    let near: Vec<(u32, &MultiPolygon<f64>)> = near.collect();
    if whole <= 0.0 {
        let at = quartier_geometry::pole(outline).map(|at| Point::new(at.x, at.y));
        let inside = |(_, zone): &&(u32, &MultiPolygon<f64>)| at.is_some_and(|at| zone.contains(&at));
        return (near.iter().find(inside).map(|(row, _)| *row), None);
    }
    let parts: Vec<(u32, MultiPolygon<f64>)> = near
        .into_iter()
        .map(|(row, zone)| (row, outline.intersection(zone)))
        .filter(|(_, part)| part.unsigned_area() > (1.0 - WHOLE_FROM) * whole)
        .collect();
    let ground = |part: &(u32, MultiPolygon<f64>)| part.1.unsigned_area();
    let inside: f64 = parts.iter().map(ground).sum();
    let largest = parts.iter().reduce(|most, next| if ground(next) > ground(most) { next } else { most });
    let Some(largest) = largest else { return (None, None) };
    let home = Some(largest.0).filter(|_| ground(largest) >= whole - inside);
    if ground(largest) >= WHOLE_FROM * whole {
        return (home, None);
    }
    (home, Some(Shared { outline: outline.clone(), parts }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo_types::polygon;
    use quartier_geometry::{Land, Site, place, refine};

    fn rectangle(x: f64, wide: f64) -> MultiPolygon<f64> {
        let (y, high) = (48.0, 0.1);
        MultiPolygon(vec![polygon![(x: x, y: y), (x: x + wide, y: y), (x: x + wide, y: y + high), (x: x, y: y + high)]])
    }

    #[test]
    fn what_lies_in_one_polygon_is_whole_and_what_is_cut_keeps_all_its_electors() {
        let outlines = [rectangle(2.0, 0.1), rectangle(2.1, 0.1), rectangle(2.2, 0.1), rectangle(2.5, 0.1)];
        // The first polygon has the first area and a quarter of the second; the second all but a shred of the third.
        let zones = [Some(rectangle(2.0, 0.125)), Some(rectangle(2.125, 0.1749)), None];
        let leaves: Vec<Option<&MultiPolygon<f64>>> = outlines.iter().map(Some).collect();
        let laid = Zones::over(&leaves, &zones);
        assert_eq!(laid.homes, [Some(0), Some(1), Some(1), None]);
        assert_eq!(laid.shared.keys().copied().collect::<Vec<_>>(), [1]);
        let electors = [3_000, 40_000, 5_000, 700];
        let sites: Vec<Site<'_>> = outlines
            .iter()
            .zip(electors)
            .map(|(outline, electors)| Site { land: Land::Outline(outline), electors, people: vec![] })
            .collect();
        let atoms = refine(&place(&sites), |leaf, cell| laid.is_mixed(leaf, cell));
        let known = electors.map(Electors::Known);
        let found = laid.resolve(&atoms, &known);
        let parts = &found.membership.cut()[&1];
        assert_eq!(parts.iter().map(|(_, electors)| electors).sum::<u32>(), 40_000);
        let quarter = f64::from(parts[0].1) / 40_000.0;
        assert!((quarter - 0.25).abs() < 0.01, "{quarter}");
        let sets = found.membership.sets(3, &known);
        let sums: Vec<u32> = sets.iter().map(|set| set.iter().map(|(_, electors)| electors).sum()).collect();
        assert_eq!(sums, [3_000 + parts[0].1, 5_000 + parts[1].1, 0]);
        assert_eq!(found.pieces.len(), atoms.of(1).len());
        assert!(found.errors[0] > 0.0 && found.errors[0] == found.errors[1] && found.errors[2] == 0.0);
    }

    #[test]
    fn people_known_to_live_on_one_side_make_an_area_whole() {
        let outline = rectangle(2.0, 0.1);
        let laid = Zones::over(&[Some(&outline)], &[Some(rectangle(2.0, 0.05)), Some(rectangle(2.05, 0.05))]);
        let sites = [Site { land: Land::Outline(&outline), electors: 900, people: vec![([2.09, 48.05], 1.0)] }];
        let found = laid.resolve(&place(&sites), &[Electors::Known(900)]);
        assert!(found.membership.cut().is_empty() && found.pieces.is_empty());
        assert_eq!(found.membership.homes(), [Some(1)]);
    }
}
