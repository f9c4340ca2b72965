//! What a goal asks of hexagons: each has its part of the goals of the finest areas whose electors it holds, in whole votes
//! that add up.

use super::goal::{Goal, interval, one, split_goal};
use quartier_export::{GoalRow, HexesAt, pieces_within};
use quartier_geometry::PieceIndex;
use quartier_model::{DRAWS, Measure, Part};
use quartier_snapshot::{Ground, UNKNOWN_ELECTORS};
use quartier_targeting::chance;
use std::collections::BTreeMap;

/// What a goal asks of hexagons, and of what is in none.
pub struct HexGoals<'a> {
    /// By index.
    pub rows: Vec<GoalRow<'a>>,
    /// Finest areas some of whose electors are in no hexagon.
    pub elsewhere: Vec<GoalRow<'a>>,
}

impl<'a> Goal<'a> {
    /// The hexagons that hold electors of the ground. Inside an area a hexagon counts only those that are of it. `None` where
    /// nobody knows where electors are.
    pub fn hexagons(&self, hexes: &HexesAt) -> Option<HexGoals<'a>> {
        let geography = self.snapshot.geography();
        let ground = geography.ground()?;
        let rows = hexes.rows(geography, self.within);
        let own = self.within.map(|within| PieceIndex::new(pieces_within(geography, ground, within).into_iter()));
        let held = |row: &usize| match (&own, hexes.hexes.cover().cell(*row)) {
            (Some(pieces), Some(cell)) => pieces.of_cell(cell),
            _ => hexes.hexes.electors_of(ground, *row),
        };
        let sets: Vec<Vec<(u32, u32)>> = rows.iter().map(held).collect();
        let mut goals = vec![0; rows.len()];
        let mut elsewhere = Vec::new();
        let mut parts = self.parts(ground, &sets);
        for (leaf, node) in (0..).zip(geography.tree().leaves()) {
            let goal = self.goals[node as usize];
            if goal == 0 {
                continue;
            }
            let all = self.snapshot.draws().electors(leaf as usize).filter(|electors| *electors != UNKNOWN_ELECTORS);
            let parts = parts.remove(&leaf).unwrap_or_else(|| vec![(None, all.unwrap_or(0))]);
            for (part, votes) in parts.iter().zip(split_goal(goal, &parts)) {
                match part.0 {
                    Some(at) => goals[at as usize] += votes,
                    None => elsewhere.extend(self.part_row(leaf, node, (part.1, votes))),
                }
            }
        }
        let shown = rows.iter().zip(&sets).zip(goals);
        let rows = shown.filter_map(|((row, set), goal)| self.hexagon(ground, *row, set, goal)).collect();
        Some(HexGoals { rows, elsewhere })
    }

    /// Of each finest area with a goal, its electors by the position of the hexagon that has them, and those in none.
    fn parts(&self, ground: &Ground, sets: &[Vec<(u32, u32)>]) -> BTreeMap<u32, Vec<Part>> {
        let mut parts: BTreeMap<u32, Vec<Part>> = BTreeMap::new();
        for (at, set) in (0..).zip(sets) {
            for (leaf, electors) in set {
                let nowhere = || match ground.pieces.elsewhere(*leaf as usize) {
                    0 => Vec::new(),
                    electors => vec![(None, electors)],
                };
                parts.entry(*leaf).or_insert_with(nowhere).push((Some(at), *electors));
            }
        }
        parts
    }

    fn hexagon(&self, ground: &'a Ground, row: usize, set: &[(u32, u32)], goal: u64) -> Option<GoalRow<'a>> {
        let level = &ground.hexes;
        let electors: u64 = set.iter().map(|(_, electors)| u64::from(*electors)).sum();
        let mut sums = vec![0_u64; DRAWS];
        for (leaf, electors) in set {
            let draws = self.snapshot.draws().of(*leaf as usize);
            sums.iter_mut()
                .zip(draws)
                .for_each(|(sum, draw)| *sum += u64::from(*electors) * u64::from(draw.favourable));
        }
        let votes: Vec<f64> = sums.into_iter().map(|sum| sum as f64 / one()).collect();
        let [mean, low, high] = interval(&votes);
        let values = self.snapshot.values(level.level.id.as_str())?;
        let is_whole = values.electors(row).known().map(u64::from) == Some(electors);
        let published = values.people(Measure::Favourable, row).filter(|_| is_whole);
        Some(GoalRow {
            level: level.level.id.as_str(),
            code: level.code(row)?,
            name: level.name(row)?,
            parent: None,
            electors: u32::try_from(electors).ok(),
            in_hand: [published.map_or(mean, |own| f64::from(own.value)), low, high],
            goal,
            chance: chance(&votes, goal),
        })
    }
}
