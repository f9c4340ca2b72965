//! The hexagons of a geography: which are shown at a resolution, and inside which area.

use crate::rows::Within;
use crate::territory::{Held, held_within};
use quartier_geometry::{HexCover, PieceIndex, hex_members};
use quartier_model::Membership;
use quartier_snapshot::{Geography, GeographyLevel, Ground, TableWriter};
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

/// Resolutions that can be asked for.
pub const HEX_RESOLUTIONS: std::ops::RangeInclusive<u8> = 3..=10;

/// The resolution of those who ask for none: cells of about three quarters of a square kilometre.
pub const USUAL_HEX_RESOLUTION: u8 = 8;

/// The hexagons of a geography, to be found by place; rows are those of its table of hexagons.
#[derive(Debug)]
pub struct Hexes {
    cover: HexCover,
    /// Pieces to be found by cell; worked out when first asked for, as all below.
    pieces: OnceLock<PieceIndex>,
    /// Of each finest area, the hexagons at the ends of the tree that hold its electors.
    members: OnceLock<Option<Membership>>,
}

impl Hexes {
    /// Those of a geography; `None` where it has none.
    pub fn of(geography: &Geography) -> Option<Self> {
        Self::of_level(&geography.ground()?.hexes)
    }

    /// The cells of a level that is made of them; `None` of another level.
    pub fn of_level(level: &GeographyLevel) -> Option<Self> {
        let cells = level.areas.codes.iter().map(|code| cell_of(code)).collect::<Option<Vec<u64>>>()?;
        Some(Self { cover: HexCover::new(cells)?, pieces: OnceLock::new(), members: OnceLock::new() })
    }

    /// Found by place.
    pub fn cover(&self) -> &HexCover {
        &self.cover
    }

    fn pieces(&self, ground: &Ground) -> &PieceIndex {
        self.pieces.get_or_init(|| PieceIndex::new(ground.pieces.iter()))
    }

    /// The electors of a hexagon, by finest area (its position among the leaves).
    pub fn electors_of(&self, ground: &Ground, row: usize) -> Vec<(u32, u32)> {
        self.cover.cell(row).map(|cell| self.pieces(ground).of_cell(cell)).unwrap_or_default()
    }

    /// Which hexagons hold the electors of each finest area: those that stand for all below them, so that every other one
    /// is a sum of them. `None` where the geography has no pieces, or they are of other areas.
    pub fn members(&self, geography: &Geography) -> Option<&Membership> {
        let made = || {
            let ground = geography.ground()?;
            let leaves = geography.tree().leaves().count();
            let elsewhere: Vec<u32> = (0..leaves).map(|leaf| ground.pieces.elsewhere(leaf)).collect();
            hex_members(&self.cover, self.pieces(ground), &elsewhere).ok()
        };
        self.members.get_or_init(made).as_ref()
    }

    /// The same for the hexagons shown at a resolution.
    pub fn members_at(&self, geography: &Geography, resolution: u8) -> Option<Membership> {
        let shown = |row: u32| {
            let over = self.cover.cell(row as usize).and_then(|cell| self.cover.over(cell, resolution));
            over.map_or(row, |over| over as u32)
        };
        Some(self.members(geography)?.gathered(shown))
    }

    /// Rows shown at a resolution; inside an area, those that hold electors of it.
    pub fn rows(&self, geography: &Geography, resolution: u8, within: Within) -> Vec<usize> {
        let (Some(within), Some(ground)) = (within, geography.ground()) else { return self.cover.at(resolution) };
        let mut rows = BTreeSet::new();
        for (_, cell, _) in pieces_within(geography, ground, within) {
            self.cover.shown_of(cell, resolution, &mut |row| {
                rows.insert(row);
            });
        }
        rows.into_iter().collect()
    }
}

/// The pieces of electors inside an area: finest area, H3 index, electors.
pub fn pieces_within(geography: &Geography, ground: &Ground, within: (usize, usize)) -> Vec<(u32, u64, u32)> {
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
    (0..).zip(ground.pieces.iter()).filter(inside).map(|(_, piece)| piece).collect()
}

/// Hexagons as they are asked for.
#[derive(Debug, Clone)]
pub struct HexesAt {
    /// Those of the geography.
    pub hexes: Arc<Hexes>,
    /// The resolution at which they are shown.
    pub resolution: u8,
}

impl HexesAt {
    /// Those of a geography that `level` means; `None` where it is another level, or there are none.
    pub fn of(geography: &Geography, level: &str, resolution: Option<u8>) -> Option<Self> {
        let ground = geography.ground().filter(|ground| ground.hexes.level.id.as_str() == level);
        let hexes = ground.and_then(|_| Hexes::of(geography)).map(Arc::new)?;
        Some(Self { hexes, resolution: resolution.unwrap_or(USUAL_HEX_RESOLUTION) })
    }

    /// Rows shown, inside an area those that hold electors of it.
    pub fn rows(&self, geography: &Geography, within: Within) -> Vec<usize> {
        self.hexes.rows(geography, self.resolution, within)
    }

    /// Whether a hexagon is coarser than those of the resolution: it stands for some that are too small to be shown.
    pub fn stands_for_others(&self, row: usize) -> bool {
        let own = self.hexes.cover().cell(row).and_then(quartier_geometry::resolution);
        own.is_some_and(|own| own < self.resolution)
    }
}

/// Of hexagons, column `shown`: 1 in the rows that are shown; those of other resolutions lie over or under them.
pub fn shown_column(table: &mut TableWriter<'_>, geography: &Geography, hexes: Option<&HexesAt>) {
    let Some(hexes) = hexes else { return };
    let mut shown = vec![0_u8; hexes.hexes.cover().len()];
    hexes.rows(geography, None).into_iter().for_each(|row| shown[row] = 1);
    table.column_with("shown", "value", shown.len(), move |row| shown[row]);
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
