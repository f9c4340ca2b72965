//! The draws of a level or of some areas, from those of the leaves.

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
    if draws.draws() != DRAWS || draws.len() != tree.leaves().count() || geography.at(level).is_none() {
        return None;
    }
    let all: Vec<Draw> = (0..draws.len()).flat_map(|leaf| draws.of(leaf)).collect();
    let electors: Vec<Electors> = (0..draws.len()).map(|leaf| electors(draws, leaf)).collect();
    if let Some(grouping) = geography.grouping_at(level) {
        let sets = grouping.membership.sets(grouping.areas.rows(), &electors);
        return Some(sets.iter().flat_map(|set| set_draws(set, &all)).collect());
    }
    Some(level_draws(tree, &electors, &all, level))
}

/// The draws of parts of leaves taken together; those of nobody are shown by no face.
fn set_draws(set: &[(u32, u32)], all: &[Draw]) -> Vec<Draw> {
    let mut own: Vec<Draw> = Vec::new();
    let mut electors: Vec<Electors> = Vec::new();
    for (leaf, part) in set {
        own.extend_from_slice(&all[*leaf as usize * DRAWS..][..DRAWS]);
        electors.push(Electors::Known(*part));
    }
    if set.is_empty() {
        return vec![Draw::default(); DRAWS];
    }
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
