//! The row space of everything published at once: an atom is determined exactly where its leverage is 1, that is,
//! where every vector that no published sum sees is zero there.

use super::Partition;
use std::collections::{BTreeMap, HashMap};

/// Arithmetic is done modulo this prime, 2^61 - 1: a false zero has a chance of some 10^-18 an atom.
const PRIME: u64 = (1 << 61) - 1;

/// Whether sums of the parts of all `partitions` together determine each of `atoms` atoms. A random vector is drawn
/// (by `seed`) from those that no sum sees; atoms where it is not zero are hidden.
pub fn determined(partitions: &[Partition], atoms: usize, seed: u64) -> Vec<bool> {
    let pivots = eliminated(partitions, atoms);
    let mut state = seed;
    let mut vector: Vec<u64> = (0..atoms)
        .map(|_| {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            1 + mixed(state) % (PRIME - 1)
        })
        .collect();
    // Each row ends at its pivot once those after it are solved: from the last pivot to the first.
    for (pivot, row) in pivots.iter().rev() {
        let rest = row.iter().filter(|(atom, _)| *atom != pivot);
        let sum = rest.fold(0, |sum, (atom, factor)| add(sum, times(*factor, vector[*atom as usize])));
        vector[*pivot as usize] = (PRIME - sum) % PRIME;
    }
    vector.into_iter().map(|value| value == 0).collect()
}

/// Rows by pivot, their first atom, whose factor is 1.
fn eliminated(partitions: &[Partition], atoms: usize) -> BTreeMap<u32, BTreeMap<u32, u64>> {
    let mut rows: HashMap<(usize, u32), BTreeMap<u32, u64>> = HashMap::new();
    for (at, partition) in partitions.iter().enumerate() {
        for atom in 0..atoms {
            rows.entry((at, partition.part(atom))).or_default().insert(atom as u32, 1);
        }
    }
    let mut rows: Vec<_> = rows.into_iter().collect();
    // Short rows first fill in least; the order does not change what is determined.
    rows.sort_unstable_by_key(|(key, row)| (row.len(), *key));
    let mut pivots: BTreeMap<u32, BTreeMap<u32, u64>> = BTreeMap::new();
    for (_, mut row) in rows {
        while let Some((pivot, factor)) = row.first_key_value().map(|(atom, factor)| (*atom, *factor)) {
            let Some(known) = pivots.get(&pivot) else {
                let inverse = power(factor, PRIME - 2);
                row.values_mut().for_each(|value| *value = times(*value, inverse));
                pivots.insert(pivot, row);
                break;
            };
            for (atom, value) in known {
                let entry = row.entry(*atom).or_insert(0);
                *entry = add(*entry, PRIME - times(*value, factor));
                if *entry == 0 {
                    row.remove(atom);
                }
            }
        }
    }
    pivots
}

fn add(a: u64, b: u64) -> u64 {
    (a + b) % PRIME
}

fn times(a: u64, b: u64) -> u64 {
    (u128::from(a) * u128::from(b) % u128::from(PRIME)) as u64
}

fn power(mut base: u64, mut exponent: u64) -> u64 {
    let mut result = 1;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = times(result, base);
        }
        base = times(base, base);
        exponent >>= 1;
    }
    result
}

/// SplitMix64 (Steele, Lea, Flood 2014).
fn mixed(state: u64) -> u64 {
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attacks::partition;

    #[test]
    fn three_partitions_determine_what_no_two_do() {
        // A square of two by two atoms: rows and columns hide all four; the diagonals with them tell them all.
        let (rows, columns) = (partition("r", &[0, 0, 1, 1]), partition("c", &[0, 1, 0, 1]));
        let diagonals = partition("d", &[0, 1, 1, 0]);
        assert_eq!(determined(&[rows.clone(), columns.clone()], 4, 1), [false; 4]);
        assert_eq!(determined(&[rows, columns, diagonals], 4, 1), [true; 4]);
    }
}
