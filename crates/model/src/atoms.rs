//! Where electors are: each placed once, in an area and an H3 cell.

use crate::error::ModelError;

/// Electors of one area in one cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Atom {
    /// Row of the finest area.
    pub area: u32,
    /// H3 index of a cell of resolution 10, or of a coarser one over which the electors are spread evenly.
    pub cell: u64,
    /// Electors, at least 1.
    pub electors: u32,
}

/// An exact partition of the electors: by area, then cell, each pair once.
///
/// Every figure of a cell, a polygon or a grouping is a sum over these, so that they cannot disagree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Atoms {
    atoms: Vec<Atom>,
    /// Per area, where its atoms begin; one more at the end.
    starts: Vec<usize>,
    /// Per area, electors whose place in it is not known (no outline): they count in the area and in no cell.
    elsewhere: Vec<u32>,
}

impl Atoms {
    /// Atoms from each area's cells and electors, and its electors without a place.
    ///
    /// # Errors
    /// When the lists differ in length, a cell comes twice or out of order in an area, or an atom is empty.
    pub fn new(cells: &[Vec<(u64, u32)>], elsewhere: Vec<u32>) -> Result<Self, ModelError> {
        if cells.len() != elsewhere.len() {
            return Err(ModelError::Atoms {
                area: cells.len().min(elsewhere.len()),
                expected: "a list for every area",
            });
        }
        let mut atoms = Vec::with_capacity(cells.iter().map(Vec::len).sum());
        let mut starts = vec![0];
        for (area, own) in cells.iter().enumerate() {
            if own.windows(2).any(|pair| pair[0].0 >= pair[1].0) {
                return Err(ModelError::Atoms { area, expected: "cells in the order of their index, each once" });
            }
            if own.iter().any(|(_, electors)| *electors == 0) {
                return Err(ModelError::Atoms { area, expected: "at least 1 elector in an atom" });
            }
            let row = u32::try_from(area)
                .map_err(|_| ModelError::Atoms { area, expected: "fewer areas than 32 bits can number" })?;
            atoms.extend(own.iter().map(|(cell, electors)| Atom { area: row, cell: *cell, electors: *electors }));
            starts.push(atoms.len());
        }
        Ok(Self { atoms, starts, elsewhere })
    }

    /// All of them.
    pub fn all(&self) -> &[Atom] {
        &self.atoms
    }

    /// Number of areas.
    pub fn areas(&self) -> usize {
        self.elsewhere.len()
    }

    /// Those of an area.
    pub fn of(&self, area: u32) -> &[Atom] {
        let area = area as usize;
        &self.atoms[self.starts[area]..self.starts[area + 1]]
    }

    /// Electors of an area in no cell.
    pub fn elsewhere(&self, area: u32) -> u32 {
        self.elsewhere[area as usize]
    }

    /// All electors of an area.
    pub fn electors(&self, area: u32) -> u64 {
        let placed: u64 = self.of(area).iter().map(|atom| u64::from(atom.electors)).sum();
        placed + u64::from(self.elsewhere(area))
    }
}

/// Splits `total` in proportion to weights, in whole numbers that add to it exactly: the largest remainders are
/// rounded up, of equal ones the earlier. Weights are finite and at least 0; without any above 0 all parts are equal.
pub fn apportion(total: u32, weights: &[f64]) -> Vec<u32> {
    let sum: f64 = weights.iter().sum();
    let quota = |weight: &f64| {
        let share = if sum > 0.0 { weight / sum } else { 1.0 / weights.len() as f64 };
        share * f64::from(total)
    };
    let quotas: Vec<f64> = weights.iter().map(quota).collect();
    let mut parts: Vec<u32> = quotas.iter().map(|quota| quota.floor() as u32).collect();
    let given: u64 = parts.iter().map(|part| u64::from(*part)).sum();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    let rest = |at: usize| quotas[at] - quotas[at].floor();
    let left = u64::from(total) as i64 - given as i64;
    if left >= 0 {
        order.sort_by(|a, b| rest(*b).total_cmp(&rest(*a)).then(a.cmp(b)));
        order.iter().cycle().take(if parts.is_empty() { 0 } else { left as usize }).for_each(|at| parts[*at] += 1);
    } else {
        // The sum of floating-point quotas may pass the total by one; it is taken back where least is lost.
        order.sort_by(|a, b| rest(*a).total_cmp(&rest(*b)).then(b.cmp(a)));
        order.retain(|at| parts[*at] > 0);
        order.iter().take(left.unsigned_abs() as usize).for_each(|at| parts[*at] -= 1);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn atoms_belong_to_their_areas() {
        let atoms = Atoms::new(&[vec![(7, 2), (9, 1)], vec![], vec![(7, 5)]], vec![0, 4, 1]).expect("lawful");
        assert_eq!(atoms.of(0).len(), 2);
        assert_eq!([0, 1, 2].map(|area| atoms.electors(area)), [3, 4, 6]);
        assert_eq!(atoms.of(2)[0], Atom { area: 2, cell: 7, electors: 5 });
    }

    #[test]
    fn what_breaks_the_partition_is_refused() {
        let refused = |cells: &[Vec<(u64, u32)>]| Atoms::new(cells, vec![0]).expect_err("refused").to_string();
        assert!(refused(&[vec![(9, 1), (9, 1)]]).contains("each once"));
        assert!(refused(&[vec![(9, 0)]]).contains("at least 1 elector"));
        assert!(refused(&[]).contains("a list for every area"));
    }

    proptest! {
        #[test]
        fn parts_add_to_the_whole_and_miss_their_quota_by_less_than_one(
            total in 0_u32..3_000_000, weights in prop::collection::vec(0.0_f64..1e6, 1..60)
        ) {
            let parts = apportion(total, &weights);
            prop_assert_eq!(parts.iter().map(|part| u64::from(*part)).sum::<u64>(), u64::from(total));
            let sum: f64 = weights.iter().sum();
            prop_assume!(sum > 0.0);
            for (part, weight) in parts.iter().zip(&weights) {
                prop_assert!((f64::from(*part) - weight / sum * f64::from(total)).abs() < 1.0 + 1e-6);
            }
        }
    }
}
