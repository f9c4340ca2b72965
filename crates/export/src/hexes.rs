//! The hexagons of a geography: which are shown at a resolution, and inside which area.

use crate::rows::Within;
use crate::territory::{Held, held_within};
use quartier_geometry::HexCover;
use quartier_snapshot::{Geography, GeographyLevel, Ground};
use std::collections::BTreeSet;

/// Resolutions that can be asked for.
pub const HEX_RESOLUTIONS: std::ops::RangeInclusive<u8> = 3..=10;

/// The resolution of those who ask for none: cells of about three quarters of a square kilometre.
pub const USUAL_HEX_RESOLUTION: u8 = 8;

/// The hexagons of a geography, to be found by place; rows are those of its table of hexagons.
#[derive(Debug)]
pub struct Hexes {
    cover: HexCover,
}

impl Hexes {
    /// Those of a geography; `None` where it has none.
    pub fn of(geography: &Geography) -> Option<Self> {
        Self::of_level(&geography.ground()?.hexes)
    }

    /// The cells of a level that is made of them; `None` of another level.
    pub fn of_level(level: &GeographyLevel) -> Option<Self> {
        let cells = level.areas.codes.iter().map(|code| cell_of(code)).collect::<Option<Vec<u64>>>()?;
        Some(Self { cover: HexCover::new(cells)? })
    }

    /// Found by place.
    pub fn cover(&self) -> &HexCover {
        &self.cover
    }

    /// Rows shown at a resolution; inside an area, those that hold electors of it.
    pub fn rows(&self, geography: &Geography, resolution: u8, within: Within) -> Vec<usize> {
        let (Some(within), Some(ground)) = (within, geography.ground()) else { return self.cover.at(resolution) };
        let held = held_within(geography, within);
        let has_piece = |piece: u32| {
            let grouping = geography.grouping_at(within.0);
            grouping.and_then(|own| own.area_of_piece(piece)).is_some_and(|area| area as usize == within.1)
        };
        let inside = |(piece, (leaf, ..)): &(u32, (u32, u64, u32))| match held[*leaf as usize] {
            Held::All => true,
            Held::Part => has_piece(*piece),
            Held::None => false,
        };
        let mut rows = BTreeSet::new();
        for (_, (_, cell, _)) in (0..).zip(ground.pieces.iter()).filter(inside) {
            self.cover.shown_of(cell, resolution, &mut |row| {
                rows.insert(row);
            });
        }
        rows.into_iter().collect()
    }
}

/// The cell of a code.
pub fn cell_of(code: &str) -> Option<u64> {
    u64::from_str_radix(code, 16).ok()
}

/// The finest area that holds most electors of a hexagon, as level and row; `None` without any.
pub fn main_area(geography: &Geography, ground: &Ground, cell: u64) -> Option<(usize, usize)> {
    let resolution = quartier_geometry::resolution(cell)?;
    let mut held: std::collections::BTreeMap<u32, u64> = std::collections::BTreeMap::new();
    for (leaf, piece, electors) in ground.pieces.iter() {
        let inside = match quartier_geometry::resolution(piece)? {
            finer if finer >= resolution => quartier_geometry::parent(piece, resolution) == Some(cell),
            // Spread over a coarser cell: a part of it is here.
            coarser => quartier_geometry::parent(cell, coarser) == Some(piece),
        };
        if inside {
            *held.entry(leaf).or_default() += u64::from(electors);
        }
    }
    let (leaf, _) = held.into_iter().max_by_key(|(leaf, electors)| (*electors, std::cmp::Reverse(*leaf)))?;
    geography.tree().leaves().nth(leaf as usize).and_then(|node| geography.tree().place(node))
}
