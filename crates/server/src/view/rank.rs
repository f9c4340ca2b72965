//! The rank of an area among its siblings, with its interval.

use quartier_estimate::{lean_offsets, share_of};
use quartier_export::{Hexes, hex_draws, leaf_draws, level_draws_of};
use quartier_model::{DRAWS, Draw, Measure, flags, percentile_type7};
use quartier_snapshot::Snapshot;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Beyond so many leaves below the siblings a rank is not worth the wait.
const MOST_LEAVES: usize = 4_000;

/// Rank among siblings, 1 the greatest: central 90 % interval over the draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Rank {
    /// Best rank.
    pub low: usize,
    /// Worst rank.
    pub high: usize,
    /// Number of siblings with electors, the area itself counted.
    pub of: usize,
}

/// The ranks of an area by measure; empty where it is alone, has nobody, or there are too many leaves.
pub fn ranks(snapshot: &Snapshot, level: usize, row: usize, measures: &[Measure]) -> BTreeMap<String, Rank> {
    families(snapshot, level, row).map(|all| ranks_among(snapshot, &all, measures)).unwrap_or_default()
}

/// The ranks of a hexagon among those that lie in the same coarser one; likewise.
pub fn hex_ranks(snapshot: &Snapshot, hexes: &Hexes, row: usize, measures: &[Measure]) -> BTreeMap<String, Rank> {
    let others = hexes.cover().siblings(row).into_iter().filter(|other| *other != row);
    let family: Vec<usize> = std::iter::once(row).chain(others).collect();
    let draws = hex_draws(snapshot, hexes, &family).unwrap_or_default();
    let families: Vec<Vec<Draw>> = draws.chunks(DRAWS).map(<[Draw]>::to_vec).collect();
    if families.len() < 2 { BTreeMap::new() } else { ranks_among(snapshot, &families, measures) }
}

/// The ranks of the first of some areas, each with its draws.
fn ranks_among(snapshot: &Snapshot, families: &[Vec<Draw>], measures: &[Measure]) -> BTreeMap<String, Rank> {
    let own = &families[0];
    let odds: Vec<f64> = lean_offsets(snapshot.manifest().seed).into_iter().map(f64::exp).collect();
    let rank_of = |measure: Measure| {
        let value = |draws: &[Draw], at: usize| share_of(measure, draws[at], odds[at]);
        let mut ranks: Vec<f64> = (0..DRAWS)
            .map(|at| 1 + families.iter().filter(|other| value(other, at) > value(own, at)).count())
            .map(|rank| rank as f64)
            .collect();
        ranks.sort_by(f64::total_cmp);
        let (low, high) = (percentile_type7(&ranks, 0.05).floor(), percentile_type7(&ranks, 0.95).ceil());
        Rank { low: low as usize, high: high as usize, of: families.len() }
    };
    // The past of each sibling, which a rank by change needs, is not looked up here.
    let ranked = measures.iter().filter(|measure| **measure != Measure::Change);
    ranked.map(|measure| (measure.id().to_owned(), rank_of(*measure))).collect()
}

/// The draws of the area, then of each of its siblings.
fn families(snapshot: &Snapshot, level: usize, row: usize) -> Option<Vec<Vec<Draw>>> {
    let (tree, draws) = (snapshot.geography().tree(), snapshot.draws());
    let values = &snapshot.levels().get(level)?.values;
    if level >= tree.levels() {
        return grouped(snapshot, level, row);
    }
    let parent = tree.parent(tree.node(level, row))?;
    let peopled = |row: &usize| values.flags(*row) & flags::NO_ELECTORS == 0;
    let is_sibling = |other: &usize| *other != row && tree.parent(tree.node(level, *other)) == Some(parent);
    let others = (0..values.rows()).filter(|other| is_sibling(other) && peopled(other));
    let family: Vec<usize> = std::iter::once(row).filter(peopled).chain(others).collect();
    if family.len() < 2 || family[0] != row || draws.draws() != DRAWS {
        return None;
    }
    let mut leaves: Vec<Vec<usize>> = vec![Vec::new(); family.len()];
    let mut count = 0;
    for (leaf, (leaf_level, leaf_row)) in draws.leaves().iter().enumerate() {
        let node = tree.node(usize::from(*leaf_level), *leaf_row as usize);
        let at_level = std::iter::once(node).chain(tree.ancestors(node)).find(|node| tree.level(level).contains(node));
        let Some((_, own)) = at_level.and_then(|node| tree.place(node)) else { continue };
        // All but the first are ascending.
        let place = if own == row { Some(0) } else { family[1..].binary_search(&own).ok().map(|at| at + 1) };
        if let Some(place) = place {
            leaves[place].push(leaf);
            count += 1;
        }
    }
    let whole = count <= MOST_LEAVES && leaves.iter().all(|leaves| !leaves.is_empty());
    whole.then(|| leaves.iter().map(|leaves| leaf_draws(draws, leaves)).collect())
}

/// The draws of an area of a grouping, then of each of the others.
fn grouped(snapshot: &Snapshot, level: usize, row: usize) -> Option<Vec<Vec<Draw>>> {
    let values = &snapshot.levels().get(level)?.values;
    let peopled = |row: &usize| values.flags(*row) & flags::NO_ELECTORS == 0;
    let others = (0..values.rows()).filter(|other| *other != row && peopled(other));
    let family: Vec<usize> = std::iter::once(row).filter(peopled).chain(others).collect();
    if family.len() < 2 || family[0] != row || snapshot.draws().len() > MOST_LEAVES {
        return None;
    }
    let draws = level_draws_of(snapshot, level)?;
    family.iter().map(|row| Some(draws.get(row * DRAWS..)?.get(..DRAWS)?.to_vec())).collect()
}
