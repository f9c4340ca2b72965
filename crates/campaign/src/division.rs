//! What may be wrong with the past of hexagons and groupings. Votes of finest areas that their borders cut are split as
//! their electors are, though nobody counted them there; the error is that of counts moved between geographies
//! (`quartier_geometry::Transfer`): how unlike neighbours vote is measured on the finest areas themselves, each beside
//! its nearest.

use crate::population::Resident;
use quartier_export::{HEX_RESOLUTIONS, Hexes, area_km2};
use quartier_geometry::{Key, PLACING, Part, Transfer, Unevenness, Zone, ZoneCut};
use quartier_model::{Counts, GroupingMethod, TransferError};
use quartier_snapshot::{ErrorColumns, Geography, Grouping};
use std::collections::HashMap;

/// Position of the valid votes among [`numbers`].
pub(crate) const VALID: usize = 2;

/// The numbers whose error is stated: registered, voters, valid, each list.
pub(crate) fn numbers(counts: &Counts) -> Vec<u64> {
    let first = [counts.registered.unwrap_or(0), counts.voters, counts.valid];
    first.into_iter().chain(counts.votes.iter().copied()).collect()
}

/// Areas, the finest areas of which they have a part, and how that is cut out.
type Cuts = Vec<(u32, u32, ZoneCut)>;

/// The areas of a grouping, or the hexagons, over the finest areas.
struct Over {
    rows: usize,
    cuts: Cuts,
    /// By finest area: those that hold it (of hexagons at every resolution), each with its share of the electors.
    held: Vec<Vec<(u32, f64)>>,
}

/// The finest areas, and how hexagons and groupings cut them.
pub(crate) struct Division {
    transfer: Transfer,
    hexes: Option<Over>,
    groupings: Vec<Over>,
}

impl Division {
    /// Of a geography; `None` where nobody knows where electors are.
    pub fn of(geography: &Geography, hexes: Option<&Hexes>, residents: &[Resident]) -> Option<Self> {
        let ground = geography.ground()?;
        let pieces: Vec<(u32, u64, u32)> = ground.pieces.iter().collect();
        let transfer = Transfer::new(zones(geography, &pieces, residents), pieces.len());
        let leaves = geography.tree().leaves().count();
        let mut placed = vec![0_u32; leaves];
        pieces.iter().for_each(|(leaf, _, electors)| placed[*leaf as usize] += electors);
        let of_hexes = |hexes: &Hexes| {
            let cover = hexes.cover();
            let mut held = vec![Vec::new(); leaves];
            let mut cuts = Cuts::new();
            for resolution in HEX_RESOLUTIONS {
                let of_piece = |(_, cell, _): &(u32, u64, u32)| cover.over(*cell, resolution).map(|row| row as u32);
                let rows: Vec<Option<u32>> = pieces.iter().map(of_piece).collect();
                // A coarser one that is shown here, too, has been met at its own resolution.
                let is_own =
                    |row: u32| cover.cell(row as usize).and_then(quartier_geometry::resolution) == Some(resolution);
                let here = transfer.cuts(|piece| rows.get(piece).copied().flatten());
                cuts.extend(here.into_iter().filter(|(row, ..)| is_own(*row)));
                for ((leaf, _, electors), row) in pieces.iter().zip(&rows) {
                    if let Some(row) = row.filter(|row| is_own(*row)) {
                        held[*leaf as usize].push((row, f64::from(*electors) / f64::from(placed[*leaf as usize])));
                    }
                }
            }
            Over { rows: cover.len(), cuts, held: held.into_iter().map(shares).collect() }
        };
        let of_grouping = |own: &Grouping| {
            let of_piece = |piece: usize| own.area_of_piece(u32::try_from(piece).ok()?);
            let is_cut = own.membership.method() == GroupingMethod::Pieces;
            let cuts = if is_cut { transfer.cuts(of_piece) } else { Cuts::new() };
            let held = |leaf: u32| {
                let parts = own.membership.parts(leaf, 1);
                let all: u32 = parts.iter().map(|(_, electors)| electors).sum();
                let share = |electors: u32| f64::from(electors) / f64::from(all.max(1));
                parts.into_iter().filter_map(|(area, electors)| Some((area?, share(electors)))).collect()
            };
            Over { rows: own.areas.rows(), cuts, held: (0..leaves as u32).map(held).collect() }
        };
        let groupings = geography.groupings().iter().map(of_grouping).collect();
        let hexes = hexes.map(of_hexes);
        Some(Self { transfer, hexes, groupings })
    }

    /// The errors of hexagons and of groupings that cut areas. `counts` and `moved` are per finest area: without a result
    /// there is nothing to be wrong, and what was moved there may be wrong already.
    pub fn errors(&self, lists: usize, counts: &[Option<&Counts>], moved: &[Option<TransferError>]) -> Errors {
        let table: Vec<Vec<u64>> = counts.iter().map(|counts| counts.map(numbers).unwrap_or_default()).collect();
        let has_register = counts.iter().flatten().all(|counts| counts.registered.is_some());
        let unevenness = self.transfer.unevenness(&table);
        let of = |over: &Over| {
            if over.cuts.is_empty() && moved.iter().all(Option::is_none) {
                return None;
            }
            let mut sums = Sums::new(over.rows, VALID + 1 + lists);
            sums.add_cuts(&over.cuts, &table, &unevenness);
            for (held, error) in over.held.iter().zip(moved) {
                if let Some(error) = error {
                    held.iter().for_each(|(row, share)| sums.add_moved(*row as usize, *share, error));
                }
            }
            Some(sums.columns(has_register))
        };
        Errors { hexes: self.hexes.as_ref().and_then(of), groupings: self.groupings.iter().map(of).collect() }
    }
}

/// The errors of an election.
pub(crate) struct Errors {
    /// Of the hexagons; `None` where nothing is cut.
    pub hexes: Option<ErrorColumns>,
    /// Of each grouping; likewise.
    pub groupings: Vec<Option<ErrorColumns>>,
}

/// Each hexagon once, with its share of the electors.
fn shares(mut parts: Vec<(u32, f64)>) -> Vec<(u32, f64)> {
    parts.sort_by_key(|(row, _)| *row);
    parts.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        kept.1 += if same { next.1 } else { 0.0 };
        same
    });
    parts
}

/// Sums of variances by row and number.
struct Sums {
    cut: Vec<f32>,
    variances: Vec<Vec<f32>>,
}

impl Sums {
    fn new(rows: usize, numbers: usize) -> Self {
        Self { cut: vec![f32::NAN; rows], variances: vec![vec![0.0; rows]; numbers] }
    }

    fn add(&mut self, row: usize, cut: f64, variance: impl Fn(usize) -> f64) {
        let before = if self.cut[row].is_nan() { 0.0 } else { self.cut[row] };
        self.cut[row] = before + cut as f32;
        for (at, column) in self.variances.iter_mut().enumerate() {
            column[row] += variance(at) as f32;
        }
    }

    fn add_cuts(&mut self, cuts: &Cuts, table: &[Vec<u64>], unevenness: &Unevenness) {
        for (row, leaf, cut) in cuts {
            let counts = &table[*leaf as usize];
            if let Some(valid) = counts.get(VALID) {
                let variance = |at: usize| cut.variance(counts[at] as f64, unevenness, at);
                self.add(*row as usize, cut.share * *valid as f64, variance);
            }
        }
    }

    /// Counts that were moved to a finest area of which a share is here: as if their errors were independent.
    fn add_moved(&mut self, row: usize, share: f64, error: &TransferError) {
        let number = |at: usize| match at {
            0 => error.registered.unwrap_or(0.0),
            1 => error.voters,
            VALID => error.valid,
            list => error.votes.get(list - VALID - 1).copied().unwrap_or(0.0),
        };
        self.add(row, share * error.cut, |at| (share * number(at)).powi(2));
    }

    fn columns(mut self, has_register: bool) -> ErrorColumns {
        for (at, column) in self.variances.iter_mut().enumerate() {
            for (own, cut) in column.iter_mut().zip(&self.cut) {
                *own = if cut.is_nan() || at == 0 && !has_register { f32::NAN } else { own.sqrt() };
            }
        }
        ErrorColumns { cut: self.cut, numbers: self.variances }
    }
}

/// The finest areas as zones over the pieces: by the rows that count their people, else by ground.
fn zones(geography: &Geography, pieces: &[(u32, u64, u32)], residents: &[Resident]) -> Vec<Zone> {
    let tree = geography.tree();
    let mut found: HashMap<(u32, u64), u32> = HashMap::with_capacity(pieces.len());
    let mut of_leaf: Vec<Vec<(u32, u32)>> = vec![Vec::new(); tree.leaves().count()];
    for (piece, (leaf, cell, electors)) in (0..).zip(pieces) {
        found.insert((*leaf, *cell), piece);
        of_leaf[*leaf as usize].push((piece, *electors));
    }
    let mut peopled: HashMap<u32, Vec<Part>> = HashMap::new();
    for own in residents {
        let Some(leaf) = own.leaf else { continue };
        let target = piece_at(&found, leaf, own.at);
        let part = Part { target, row: own.row, weight: own.people };
        peopled.entry(leaf).or_default().extend(target.map(|_| part));
    }
    let mut zone = |(leaf, node): (u32, u32)| {
        let (level, row) = tree.place(node)?;
        let level = &geography.levels()[level];
        let at = level.point(row).unwrap_or_default();
        if let Some(parts) = peopled.remove(&leaf).filter(|parts| !parts.is_empty()) {
            return Some(Zone { key: Key::People, at, parts });
        }
        // Electors were placed by ground, of which neighbours have more and less.
        let own = &of_leaf[leaf as usize];
        let all: f64 = own.iter().map(|(_, electors)| f64::from(*electors)).sum();
        let km2 = area_km2(level, row).unwrap_or(0.0);
        let part = |(piece, electors): &(u32, u32)| Part {
            target: Some(*piece),
            row: 0,
            weight: km2 * f64::from(*electors) / all,
        };
        Some(Zone { key: Key::Surface, at, parts: own.iter().map(part).collect() })
    };
    let nowhere = || Zone { key: Key::Surface, at: [0.0; 2], parts: Vec::new() };
    (0..).zip(tree.leaves()).map(&mut zone).map(|zone| zone.unwrap_or_else(nowhere)).collect()
}

/// The piece of a finest area that holds a place: that of a cell over it.
fn piece_at(pieces: &HashMap<(u32, u64), u32>, leaf: u32, at: [f64; 2]) -> Option<u32> {
    let finest = u8::from(PLACING);
    let cell = quartier_geometry::cell_at(at, finest)?;
    let over = |resolution: u8| pieces.get(&(leaf, quartier_geometry::parent(cell, resolution)?)).copied();
    (0..=finest).rev().find_map(over)
}
