//! The past of hexagons. How an area voted is not known below it: its votes are taken to be spread as its electors are, in
//! whole numbers that add up to the area's, and a hexagon says that they were moved.

use crate::error::{CampaignError, Result};
use crate::places::Places;
use quartier_export::Hexes;
use quartier_model::{Counts, Membership};
use quartier_snapshot::{Geography, HexCounts};
use std::collections::BTreeMap;

/// The hexagons of a geography, as sets of electors.
pub(crate) struct Hexagons<'a> {
    hexes: &'a Hexes,
    members: &'a Membership,
    /// Per hexagon, whether it has some of the electors of an area and not all.
    moved: Vec<bool>,
}

impl<'a> Hexagons<'a> {
    /// Those of a geography.
    ///
    /// # Errors
    /// When its pieces are not of its areas.
    pub fn of(geography: &'a Geography, hexes: &'a Hexes) -> Result<Self> {
        let foreign = || CampaignError::Invalid("the published pieces are of other areas".into());
        let members = hexes.members(geography).ok_or_else(foreign)?;
        let mut moved = vec![false; hexes.cover().len()];
        for parts in members.cut().values() {
            let all: u64 = parts.iter().map(|(_, electors)| u64::from(*electors)).sum();
            let mut held: BTreeMap<usize, u64> = BTreeMap::new();
            for (end, electors) in parts {
                let up = |row: &usize| hexes.cover().above(*row);
                for row in std::iter::successors(end.map(|end| end as usize), up) {
                    *held.entry(row).or_default() += u64::from(*electors);
                }
            }
            held.into_iter().filter(|(_, held)| *held < all).for_each(|(row, _)| moved[row] = true);
        }
        Ok(Self { hexes, members, moved })
    }

    /// The counts of each hexagon. `counts` is per node; `None`: no result.
    pub fn counts(&self, places: &Places, counts: &[Option<Counts>], lists: usize) -> HexCounts {
        let mut sums = HexCounts::new(self.moved.len(), lists);
        for (leaf, node) in (0..).zip(places.tree.leaves()) {
            match &counts[node as usize] {
                Some(counts) => {
                    let parts = self.members.split(leaf, counts).into_iter();
                    parts.for_each(|(row, part)| row.into_iter().for_each(|row| sums.add(row as usize, &part)));
                }
                None => {
                    let rows = self.members.areas_of(leaf).into_iter().flatten();
                    rows.for_each(|row| sums.lacks(row as usize));
                }
            }
        }
        // A cell comes after those that it lies in.
        for row in (0..self.moved.len()).rev() {
            self.hexes.cover().above(row).into_iter().for_each(|above| sums.add_row(above, row));
        }
        let moved = self.moved.iter().enumerate().filter(|(_, moved)| **moved);
        moved.for_each(|(row, _)| sums.moved(row));
        sums
    }
}
