//! The audit: every pair of ways in which the electors are published, attacked both ways round.

use crate::attacks::{Isolated, Partition, bridges, isolated};
use serde::Serialize;

/// What is published of where electors are: atoms that nothing published divides, and the partitions of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Publication {
    /// Electors of each atom.
    pub electors: Vec<u64>,
    /// Levels, groupings, hexagons of each resolution; each atom is in one part of each.
    pub partitions: Vec<Partition>,
}

/// What one pair of partitions gives away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PairFindings {
    /// The first partition.
    pub first: String,
    /// The second.
    pub second: String,
    /// Parts of both together.
    pub parts: usize,
    /// Overlaps of fewer than k electors that sums determine (bridges).
    pub bridges: usize,
    /// Sets of fewer than k electors that sums of parts isolate (cuts), each once.
    pub isolated: Vec<Told>,
}

/// A set of too few electors, and the sum that tells it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Told {
    /// Electors in it.
    pub electors: u64,
    /// Parts added up.
    pub added: Vec<String>,
    /// Parts taken away.
    pub taken: Vec<String>,
}

impl Publication {
    /// Attacks every pair of partitions: what fewer than `k` electors can be told apart.
    pub fn attack(&self, k: u64) -> Vec<PairFindings> {
        let partitions = &self.partitions;
        let pairs =
            (0..partitions.len()).flat_map(|first| (first + 1..partitions.len()).map(move |second| (first, second)));
        pairs.map(|(first, second)| self.attack_pair(&partitions[first], &partitions[second], k)).collect()
    }

    fn attack_pair(&self, first: &Partition, second: &Partition, k: u64) -> PairFindings {
        let small = bridges(first, second, &self.electors).into_iter().filter(|overlap| overlap.electors < k);
        let mut told: Vec<Told> = [(first, second), (second, first)]
            .into_iter()
            .flat_map(|(of, without)| {
                let found = isolated(of, without, &self.electors, k);
                found.into_iter().map(move |set| Told::new(&set, of, without))
            })
            .collect();
        told.sort();
        told.dedup();
        PairFindings {
            first: first.name.clone(),
            second: second.name.clone(),
            parts: first.parts.len() + second.parts.len(),
            bridges: small.count(),
            isolated: told,
        }
    }
}

impl Told {
    fn new(set: &Isolated, of: &Partition, without: &Partition) -> Self {
        let names = |partition: &Partition, parts: &[u32]| {
            parts.iter().map(|part| format!("{} {}", partition.name, partition.parts[*part as usize])).collect()
        };
        Self { electors: set.electors, added: names(of, &set.added), taken: names(without, &set.taken) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attacks::partition;

    #[test]
    fn an_area_that_is_a_hexagon_and_a_few_more_is_told_with_its_names() {
        // Areas a0 = {0, 1}, a1 = {2}; hexagons h0 = {0}, h1 = {1, 2}: a0 without h0 leaves three electors.
        let publication = Publication {
            electors: vec![400, 3, 500],
            partitions: vec![partition("a", &[0, 0, 1]), partition("h", &[0, 1, 1])],
        };
        let found = publication.attack(50);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].bridges, 1);
        assert!(found[0].isolated.contains(&Told {
            electors: 3,
            added: vec!["a a0".into()],
            taken: vec!["h h0".into()]
        }));
        assert!(publication.attack(3)[0].isolated.is_empty());
    }

    #[test]
    fn levels_that_nest_and_hold_enough_tell_nothing() {
        let publication = Publication {
            electors: vec![60, 70, 80],
            partitions: vec![partition("city", &[0, 0, 1]), partition("quarter", &[0, 1, 2])],
        };
        assert!(publication.attack(50)[0].isolated.is_empty());
        assert!(!publication.attack(75)[0].isolated.is_empty());
    }
}
