//! The attacks on what is published. An attacker knows every figure of every area of every level, and adds and takes
//! away. What can be left over is a set of atoms; these attacks find the sets that hold too few electors.

mod bridges;
mod cuts;
mod row_space;

pub use bridges::bridges;
pub use cuts::{Isolated, isolated};
pub use row_space::determined;

/// A way of cutting the electors up that is published: a level, a grouping, the hexes of one resolution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    /// What it is called.
    pub name: String,
    /// The names of its parts.
    pub parts: Vec<String>,
    /// The part of each atom.
    pub of: Vec<u32>,
}

impl Partition {
    /// The part of an atom.
    fn part(&self, atom: usize) -> u32 {
        self.of[atom]
    }
}

/// One edge of the overlap graph of two partitions: the atoms that a part of each share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Overlap {
    /// Part of the first.
    pub first: u32,
    /// Part of the second.
    pub second: u32,
    /// Electors in both.
    pub electors: u64,
}

/// The overlaps of two partitions that hold electors, sorted.
fn overlaps(first: &Partition, second: &Partition, electors: &[u64]) -> Vec<Overlap> {
    let mut all: Vec<Overlap> = electors
        .iter()
        .enumerate()
        .filter(|(_, electors)| **electors > 0)
        .map(|(atom, electors)| Overlap { first: first.part(atom), second: second.part(atom), electors: *electors })
        .collect();
    all.sort_unstable();
    all.dedup_by(|next, kept| {
        let same = (next.first, next.second) == (kept.first, kept.second);
        if same {
            kept.electors += next.electors;
        }
        same
    });
    all
}

#[cfg(test)]
pub(crate) fn partition(name: &str, of: &[u32]) -> Partition {
    let parts = of.iter().max().map_or(0, |last| last + 1);
    Partition { name: name.into(), parts: (0..parts).map(|part| format!("{name}{part}")).collect(), of: of.to_vec() }
}
