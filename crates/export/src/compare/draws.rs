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

/// The draws of a level, row-major; `None` where the draws are not those of the geography's leaves.
pub fn level_draws_of(snapshot: &Snapshot, level: usize) -> Option<Vec<Draw>> {
    let (draws, tree) = (snapshot.draws(), snapshot.geography().tree());
    if draws.draws() != DRAWS || draws.len() != tree.leaves().count() || level >= tree.levels() {
        return None;
    }
    let all: Vec<Draw> = (0..draws.len()).flat_map(|leaf| draws.of(leaf)).collect();
    let electors: Vec<Electors> = (0..draws.len()).map(|leaf| electors(draws, leaf)).collect();
    Some(level_draws(tree, &electors, &all, level))
}

/// The draws of some leaves (positions among the leaves) taken together.
pub fn leaf_draws(draws: &Draws, leaves: &[usize]) -> Vec<Draw> {
    let all: Vec<Draw> = leaves.iter().flat_map(|leaf| draws.of(*leaf)).collect();
    let electors: Vec<Electors> = leaves.iter().map(|leaf| electors(draws, *leaf)).collect();
    let positions: Vec<u32> = (0..leaves.len() as u32).collect();
    own_draws(&positions, &electors, &all)
}
