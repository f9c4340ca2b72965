//! The draws of a level or of some areas, from those of the leaves.

use crate::hexes::Hexes;
use quartier_estimate::{level_draws, own_draws};
use quartier_model::{DRAWS, Draw, Electors};
use quartier_snapshot::{Draws, Snapshot, UNKNOWN_ELECTORS};

/// Electors of a leaf.
fn electors(draws: &Draws, leaf: usize) -> Electors {
    match draws.electors(leaf) {
        Some(UNKNOWN_ELECTORS) | None => Electors::Unknown,
        Some(known) => Electors::Known(known),
    }
}

/// The draws of a level or grouping, row-major; `None` where the draws are not those of the geography's leaves.
pub fn level_draws_of(snapshot: &Snapshot, level: usize) -> Option<Vec<Draw>> {
    let (draws, geography) = (snapshot.draws(), snapshot.geography());
    let tree = geography.tree();
    if draws.draws() != DRAWS || draws.len() != tree.leaves().count() || level >= geography.hexes_position() {
        return None;
    }
    let electors: Vec<Electors> = (0..draws.len()).map(|leaf| electors(draws, leaf)).collect();
    if let Some(grouping) = geography.grouping_at(level) {
        let sets = grouping.membership.sets(grouping.areas.rows(), &electors);
        return Some(sets.iter().flat_map(|set| part_draws(draws, set)).collect());
    }
    let all: Vec<Draw> = (0..draws.len()).flat_map(|leaf| draws.of(leaf)).collect();
    Some(level_draws(tree, &electors, &all, level))
}

/// The draws of the hexagons of some rows, row-major; `None` where the draws are not those of the geography's leaves, or
/// nobody knows where electors are.
pub fn hex_draws(snapshot: &Snapshot, hexes: &Hexes, rows: &[usize]) -> Option<Vec<Draw>> {
    let (draws, ground) = (snapshot.draws(), snapshot.geography().ground()?);
    if draws.draws() != DRAWS || draws.len() != snapshot.geography().tree().leaves().count() {
        return None;
    }
    let own = |row: &usize| part_draws(draws, &hexes.electors_of(ground, *row));
    Some(rows.iter().flat_map(own).collect())
}

/// The draws of parts of leaves (positions among the leaves, electors) taken together; of nobody, those of no face.
fn part_draws(draws: &Draws, set: &[(u32, u32)]) -> Vec<Draw> {
    if set.is_empty() {
        return vec![Draw::default(); DRAWS];
    }
    let own: Vec<Draw> = set.iter().flat_map(|(leaf, _)| draws.of(*leaf as usize)).collect();
    let electors: Vec<Electors> = set.iter().map(|(_, part)| Electors::Known(*part)).collect();
    let positions: Vec<u32> = (0..set.len() as u32).collect();
    own_draws(&positions, &electors, &own)
}

/// The draws of some leaves (positions among the leaves) taken together.
pub fn leaf_draws(draws: &Draws, leaves: &[usize]) -> Vec<Draw> {
    let all: Vec<Draw> = leaves.iter().flat_map(|leaf| draws.of(*leaf)).collect();
    let electors: Vec<Electors> = leaves.iter().map(|leaf| electors(draws, *leaf)).collect();
    let positions: Vec<u32> = (0..leaves.len() as u32).collect();
    own_draws(&positions, &electors, &all)
}
