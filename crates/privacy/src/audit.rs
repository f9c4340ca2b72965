//! The audit: every pair of ways in which the electors are published, attacked both ways round, and then all at once.

use crate::attacks::{Isolated, Partition, bridges, determined, isolated};
use serde::Serialize;
use std::collections::BTreeMap;

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

/// A set of too few electors whose figure follows from all partitions together, and from no two of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ToldTogether {
    /// Electors in it.
    pub electors: u64,
    /// The parts that it lies in, one a partition.
    pub parts: Vec<String>,
}

/// Seed of the random numbers of the attack by all partitions together: any will do.
const SEED: u64 = 1;

/// Parts of all partitions but the two largest, at most: constituencies, cantons and the like. As many walks over all
/// atoms are made, and a matrix of so many rows is solved.
const MOST_PARTS: usize = 4_096;

impl Publication {
    /// Attacks with all partitions at once: sets of fewer than `k` electors that lie in the same parts of all, whose
    /// figure is a combination of published sums though no two partitions tell it.
    /// `None` where the partitions beside the two largest have too many parts for it.
    pub fn attack_together(&self, k: u64) -> Option<Vec<ToldTogether>> {
        let families = self.families();
        if families.len() < 3 {
            // Of two partitions the bridges are all that is determined.
            return Some(Vec::new());
        }
        if families[2..].iter().map(|family| family.parts.len()).sum::<usize>() > MOST_PARTS {
            return None;
        }
        // What no partition divides is one set.
        let mut sets: BTreeMap<Vec<u32>, u64> = BTreeMap::new();
        for (atom, electors) in self.electors.iter().enumerate().filter(|(_, electors)| **electors > 0) {
            *sets.entry(families.iter().map(|family| family.of[atom]).collect()).or_default() += electors;
        }
        let of = |at: usize| Partition { of: sets.keys().map(|parts| parts[at]).collect(), ..families[at].clone() };
        let partitions: Vec<Partition> = (0..families.len()).map(of).collect();
        let electors: Vec<u64> = sets.values().copied().collect();
        let mut known: Vec<bool> = vec![false; sets.len()];
        for first in 0..partitions.len() {
            for second in first + 1..partitions.len() {
                let pair = [partitions[first].clone(), partitions[second].clone()];
                let told = determined(&pair, sets.len(), SEED);
                known.iter_mut().zip(told).for_each(|(known, told)| *known |= told);
            }
        }
        let told = determined(&partitions, sets.len(), SEED).into_iter().zip(known).zip(&electors).enumerate();
        let few = told.filter(|(_, ((told, known), electors))| *told && !known && **electors < k);
        let name = |own: &Partition, set: usize| format!("{} {}", own.name, own.parts[own.of[set] as usize]);
        let told = few.map(|(set, (_, electors))| ToldTogether {
            electors: *electors,
            parts: partitions.iter().map(|own| name(own, set)).collect(),
        });
        Some(told.collect())
    }

    /// The partitions whose sums do not all follow from a finer one: coarser levels and resolutions tell nothing more.
    fn families(&self) -> Vec<&Partition> {
        let mut families: Vec<&Partition> = Vec::new();
        let mut finest: Vec<&Partition> = self.partitions.iter().collect();
        finest.sort_by_key(|partition| std::cmp::Reverse(partition.parts.len()));
        for partition in finest {
            if !families.iter().any(|finer| self.nests(finer, partition)) {
                families.push(partition);
            }
        }
        families
    }

    /// Whether every part of one partition lies in one part of another.
    fn nests(&self, finer: &Partition, coarser: &Partition) -> bool {
        let mut above: Vec<Option<u32>> = vec![None; finer.parts.len()];
        let peopled = self.electors.iter().enumerate().filter(|(_, electors)| **electors > 0);
        peopled.map(|(atom, _)| atom).all(|atom| {
            let part = coarser.of[atom];
            *above[finer.of[atom] as usize].get_or_insert(part) == part
        })
    }

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
    fn a_leak_through_three_partitions_that_no_two_show_is_caught_with_the_parts_named() {
        // Quarters are rows of a square, hexagons its columns: three electors at one corner are hidden. Constituencies
        // are its diagonals, and a city around changes nothing.
        let rows = partition("quarter", &[0, 0, 1, 1, 2]);
        let columns = partition("hex", &[0, 1, 0, 1, 2]);
        let diagonals = partition("constituency", &[0, 1, 1, 0, 2]);
        let city = partition("city", &[0, 0, 0, 0, 1]);
        let electors = vec![3, 400, 500, 600, 900];
        let two =
            Publication { electors: electors.clone(), partitions: vec![rows.clone(), columns.clone(), city.clone()] };
        assert_eq!(two.attack_together(50), Some(vec![]));
        let three = Publication { electors, partitions: vec![rows, city, columns, diagonals] };
        assert!(three.attack(50).iter().all(|pair| pair.isolated.is_empty()), "no pair shows it");
        let told = three.attack_together(50).expect("few parts");
        assert_eq!(told.len(), 1);
        assert_eq!((told[0].electors, told[0].parts.len()), (3, 3));
        assert!(told[0].parts.contains(&"constituency constituency0".to_owned()), "{told:?}");
        assert_eq!(three.attack_together(3), Some(vec![]));
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
