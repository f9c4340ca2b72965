//! Hexagons as sets of electors: which of them hold the electors of each area.

use crate::hexagon::HexCover;
use crate::lasso::PieceIndex;
use quartier_model::{Membership, ModelError, Part};
use std::collections::BTreeMap;

/// Which hexagons hold the electors of each area (by row of the cover): those that none lies in, so that a coarser one is
/// the sum of those in it. `elsewhere`: per area, its electors in no cell.
///
/// # Errors
/// When pieces are of an area that has no number of electors elsewhere.
pub fn hex_members(cover: &HexCover, pieces: &PieceIndex, elsewhere: &[u32]) -> Result<Membership, ModelError> {
    let nowhere = |electors: &u32| if *electors > 0 { vec![(None, *electors)] } else { Vec::new() };
    let mut parts: Vec<Vec<Part>> = elsewhere.iter().map(nowhere).collect();
    for (row, cell) in cover.ends() {
        for (area, electors) in pieces.of_cell(cell) {
            let own = parts.get_mut(area as usize);
            own.ok_or(ModelError::Atoms { area: area as usize, expected: "pieces of an area that there is" })?
                .push((Some(row as u32), electors));
        }
    }
    let most = |parts: &Vec<Part>| parts.iter().max_by_key(|(_, electors)| *electors).and_then(|(row, _)| *row);
    let home = parts.iter().map(most).collect();
    let cut: BTreeMap<u32, Vec<Part>> = (0..).zip(parts).filter(|(_, parts)| parts.len() > 1).collect();
    Membership::new(home, cut)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hexagon::{cell_at, parent};

    #[test]
    fn every_elector_of_an_area_is_in_one_hexagon_or_in_none() {
        let (near, far) = (cell_at([2.35, 48.85], 10).expect("a cell"), cell_at([2.45, 48.85], 10).expect("a cell"));
        let mut cells: Vec<u64> =
            [near, far].iter().flat_map(|cell| (3..=10).filter_map(|at| parent(*cell, at))).collect();
        cells.sort_unstable();
        cells.dedup();
        let cover = HexCover::new(cells).expect("in order");
        let pieces = PieceIndex::new([(0, near, 30), (0, far, 12), (1, near, 7)].into_iter());
        let members = hex_members(&cover, &pieces, &[3, 0, 9]).expect("lawful");
        let row = |cell: u64| Some(cover.over(cell, 10).expect("a row") as u32);
        let mut parts = members.parts(0, 45);
        parts.sort_unstable_by_key(|(_, electors)| *electors);
        assert_eq!(parts, [(None, 3), (row(far), 12), (row(near), 30)]);
        assert_eq!((members.parts(1, 7), members.parts(2, 9)), (vec![(row(near), 7)], vec![(None, 9)]));
        // At a resolution at which one hexagon holds both, the area is whole but for whoever is in none.
        let coarse =
            members.gathered(|row| cover.over(cover.cell(row as usize).expect("a cell"), 4).expect("a row") as u32);
        let both = cover.over(near, 4).expect("a row") as u32;
        assert_eq!(coarse.parts(0, 45), [(None, 3), (Some(both), 42)]);
        assert_eq!(coarse.parts(1, 7), [(Some(both), 7)]);
        assert!(hex_members(&cover, &pieces, &[3]).is_err());
    }
}
