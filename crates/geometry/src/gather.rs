//! Gathering: what a group of areas and a cell share holds enough electors, so that no sum of areas and hexagons, added
//! and taken away, leaves fewer.
//!
//! Where electors are placed is a model: moving a few within their own area costs less than telling them apart. Few
//! electors of a group in a cell go to the nearest cell by index where the group has enough; where there is none, they
//! gather in the largest of their cells.

use crate::pieces::PLACING;
use h3o::{CellIndex, Resolution};
use quartier_model::Atoms;
use std::collections::BTreeMap;

/// Gathers the electors of each group of areas (`groups`: per area, the first of its group) until every cell has none
/// of the group or at least `least`; a group of fewer is in one cell.
///
/// Of electors in no cell nothing is known; few of them go where the first of the group's cells went, and few in cells
/// beside many in none are in none.
pub fn gather(atoms: &Atoms, groups: &[u32], least: u32, coarsest: Resolution) -> Atoms {
    let mut by_group: BTreeMap<u32, BTreeMap<CellIndex, u64>> = BTreeMap::new();
    for atom in atoms.all() {
        let Ok(cell) = CellIndex::try_from(atom.cell) else { continue };
        let group = by_group.entry(groups[atom.area as usize]).or_default();
        *group.entry(cell).or_default() += u64::from(atom.electors);
    }
    let placed: BTreeMap<u32, u64> = by_group.iter().map(|(group, cells)| (*group, cells.values().sum())).collect();
    let moves: BTreeMap<u32, BTreeMap<CellIndex, CellIndex>> =
        by_group.into_iter().map(|(group, cells)| (group, moves(&cells, u64::from(least), coarsest))).collect();
    let mut elsewhere: Vec<u32> = (0..atoms.areas() as u32).map(|area| atoms.elsewhere(area)).collect();
    let mut lost: BTreeMap<u32, u64> = BTreeMap::new();
    for (area, electors) in elsewhere.iter().enumerate() {
        *lost.entry(groups[area]).or_default() += u64::from(*electors);
    }
    let cells: Vec<Vec<(u64, u32)>> = (0..atoms.areas() as u32)
        .map(|area| {
            let group = groups[area as usize];
            let mut own: BTreeMap<u64, u32> = BTreeMap::new();
            // Few are placed and more are not: the few are not told apart from them.
            let hidden = placed.get(&group).is_some_and(|placed| *placed < u64::from(least))
                && lost.get(&group).is_some_and(|lost| *lost >= u64::from(least));
            if hidden {
                elsewhere[area as usize] += atoms.of(area).iter().map(|atom| atom.electors).sum::<u32>();
                return Vec::new();
            }
            for atom in atoms.of(area) {
                let to = CellIndex::try_from(atom.cell).ok().and_then(|cell| moves.get(&group)?.get(&cell).copied());
                *own.entry(to.map_or(atom.cell, u64::from)).or_default() += atom.electors;
            }
            let few = lost.get(&group).is_some_and(|lost| (1..u64::from(least)).contains(lost));
            let home = moves.get(&group).and_then(|moves| moves.values().next());
            if let Some(home) = home.filter(|_| few) {
                let left = std::mem::take(&mut elsewhere[area as usize]);
                if left > 0 {
                    *own.entry(u64::from(*home)).or_default() += left;
                }
            }
            own.into_iter().collect()
        })
        .collect();
    Atoms::new(&cells, elsewhere).expect("cells in order, each with electors")
}

/// Where the electors of each cell of a group go: to a cell that then has at least `least` of them.
fn moves(cells: &BTreeMap<CellIndex, u64>, least: u64, coarsest: Resolution) -> BTreeMap<CellIndex, CellIndex> {
    let mut to: BTreeMap<CellIndex, CellIndex> = cells.keys().map(|cell| (*cell, *cell)).collect();
    let mut settled: BTreeMap<CellIndex, u64> = BTreeMap::new();
    let mut loose: BTreeMap<CellIndex, Vec<(CellIndex, u64)>> = BTreeMap::new();
    for (cell, electors) in cells {
        if *electors >= least {
            settled.insert(*cell, *electors);
        } else {
            loose.entry(*cell).or_default().push((*cell, *electors));
        }
    }
    for resolution in Resolution::range(coarsest, PLACING).rev().skip(1) {
        let mut above: BTreeMap<CellIndex, Vec<(CellIndex, u64)>> = BTreeMap::new();
        for (cell, few) in std::mem::take(&mut loose) {
            above.entry(cell.parent(resolution).unwrap_or(cell)).or_default().extend(few);
        }
        let mut here: BTreeMap<CellIndex, (u64, CellIndex)> = BTreeMap::new();
        for (cell, electors) in &settled {
            let largest = here.entry(cell.parent(resolution).unwrap_or(*cell)).or_insert((*electors, *cell));
            if *electors > largest.0 {
                *largest = (*electors, *cell);
            }
        }
        for (parent, few) in above {
            let sum: u64 = few.iter().map(|(_, electors)| electors).sum();
            let home = here.get(&parent).map(|(_, cell)| *cell);
            let Some(home) = home.or_else(|| (sum >= least).then(|| largest(&few))) else {
                loose.insert(parent, few);
                continue;
            };
            few.iter().for_each(|(cell, _)| _ = to.insert(*cell, home));
            *settled.entry(home).or_default() += sum;
        }
    }
    let few: Vec<(CellIndex, u64)> = loose.into_values().flatten().collect();
    if !few.is_empty() {
        let home = settled.iter().max_by_key(|(cell, electors)| (**electors, std::cmp::Reverse(**cell)));
        let home = home.map_or_else(|| largest(&few), |(cell, _)| *cell);
        few.iter().for_each(|(cell, _)| _ = to.insert(*cell, home));
    }
    to
}

/// The cell with most electors, the first by index among equals.
fn largest(few: &[(CellIndex, u64)]) -> CellIndex {
    let most = few.iter().max_by_key(|(cell, electors)| (*electors, std::cmp::Reverse(*cell)));
    most.expect("there is one").0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Cells around a place: a res-8 cell's children and its neighbours'.
    fn ground() -> Vec<CellIndex> {
        let middle = h3o::LatLng::new(48.85, 2.35).expect("Paris").to_cell(Resolution::Seven);
        middle.children(PLACING).collect()
    }

    proptest! {
        #[test]
        fn every_area_keeps_its_electors_and_no_group_has_few_in_a_cell(
            areas in prop::collection::vec((prop::collection::btree_map(0usize..300, 1u32..90, 0..40), 0u32..60), 1..6),
            joined in any::<bool>(),
        ) {
            let ground = ground();
            let cells: Vec<Vec<(u64, u32)>> = areas.iter().map(|(own, _)| {
                let mut own: Vec<(u64, u32)> = own.iter().map(|(at, n)| (u64::from(ground[*at]), *n)).collect();
                own.sort_unstable();
                own
            }).collect();
            let atoms = Atoms::new(&cells, areas.iter().map(|(_, lost)| *lost).collect()).expect("lawful");
            let groups: Vec<u32> = (0..areas.len() as u32).map(|area| if joined { 0 } else { area }).collect();
            let found = gather(&atoms, &groups, 50, Resolution::Three);
            let mut by: BTreeMap<(u32, Option<u64>), u64> = BTreeMap::new();
            for area in 0..areas.len() as u32 {
                prop_assert_eq!(found.electors(area), atoms.electors(area));
                for atom in found.of(area) {
                    *by.entry((groups[area as usize], Some(atom.cell))).or_default() += u64::from(atom.electors);
                }
                let lost = u64::from(found.elsewhere(area));
                if lost > 0 {
                    *by.entry((groups[area as usize], None)).or_default() += lost;
                }
            }
            for ((group, cell), electors) in &by {
                let whole: u64 = by.iter().filter(|((other, _), _)| other == group).map(|(_, n)| n).sum();
                // Electors in no cell at all stay where they are.
                let alone = by.keys().filter(|(other, _)| other == group).count() == 1;
                prop_assert!(*electors >= 50 || alone || whole < 100, "{:?} {} of {}", cell, electors, whole);
            }
            prop_assert_eq!(gather(&found, &groups, 50, Resolution::Three), found);
        }
    }
}
