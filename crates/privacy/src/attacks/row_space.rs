//! The row space of everything published at once: an atom is determined exactly where its leverage is 1, that is,
//! where every vector that no published sum sees is zero there.
//!
//! A random vector of those is drawn, and atoms where it is not zero are hidden. The two partitions with most parts make
//! the overlap graph, an edge an atom: what their sums do not see are its cycles, and a random one costs one walk over a
//! spanning forest. The parts of all other partitions, few as a rule, are met by combining one cycle more than there are
//! parts, in exact arithmetic. So the cost is that of (parts of the others) walks, and no matrix of atoms is ever made.

use super::Partition;

/// Arithmetic is done modulo this prime, 2^61 - 1: a false zero has a chance of some 10^-18 an atom.
const PRIME: u64 = (1 << 61) - 1;

/// Whether sums of the parts of all `partitions` together determine each of `atoms` atoms. Random numbers come from
/// `seed`.
pub fn determined(partitions: &[Partition], atoms: usize, seed: u64) -> Vec<bool> {
    let whole = Partition { name: String::new(), parts: vec![String::new()], of: vec![0; atoms] };
    let mut all: Vec<&Partition> = partitions.iter().collect();
    all.sort_by_key(|partition| std::cmp::Reverse(partition.parts.len()));
    // The sum of all is a sum of the parts of any partition: it tells nothing more.
    all.resize(all.len().max(2), &whole);
    let (pair, others) = all.split_at(2);
    let forest = Forest::of(pair[0], pair[1], atoms);
    let sums: usize = others.iter().map(|partition| partition.parts.len()).sum();
    let cycle = |at: usize| forest.cycle(&mut Random(mixed(seed ^ mixed(at as u64 + 1))));
    let seen: Vec<Vec<u64>> = (0..=sums).map(|at| seen_by(others, &cycle(at))).collect();
    let factors = unseen(&seen, sums, &mut Random(mixed(seed)));
    let mut vector = vec![0; atoms];
    for (at, factor) in factors.into_iter().enumerate().filter(|(_, factor)| *factor != 0) {
        for (sum, value) in vector.iter_mut().zip(cycle(at)) {
            *sum = add(*sum, times(factor, value));
        }
    }
    vector.into_iter().map(|value| value == 0).collect()
}

/// The sums of a vector over the parts of some partitions, one after the other.
fn seen_by(partitions: &[&Partition], vector: &[u64]) -> Vec<u64> {
    let mut sums = Vec::new();
    for partition in partitions {
        let first = sums.len();
        sums.resize(first + partition.parts.len(), 0);
        for (atom, value) in vector.iter().enumerate() {
            let own = &mut sums[first + partition.part(atom) as usize];
            *own = add(*own, *value);
        }
    }
    sums
}

/// Random factors, under which vectors with these sums add to one without any: one more vector than sums.
fn unseen(vectors: &[Vec<u64>], sums: usize, random: &mut Random) -> Vec<u64> {
    let mut rows: Vec<Vec<u64>> = (0..sums).map(|sum| vectors.iter().map(|vector| vector[sum]).collect()).collect();
    // Gauss and Jordan: each pivot column is left with its pivot alone.
    let mut pivots: Vec<usize> = Vec::new();
    for column in 0..vectors.len() {
        let Some(found) = (pivots.len()..sums).find(|row| rows[*row][column] != 0) else { continue };
        let at = pivots.len();
        rows.swap(at, found);
        let inverse = power(rows[at][column], PRIME - 2);
        rows[at].iter_mut().for_each(|value| *value = times(*value, inverse));
        let pivot = rows[at].clone();
        for row in
            rows.iter_mut().enumerate().filter(|(row, values)| *row != at && values[column] != 0).map(|(_, own)| own)
        {
            let factor = PRIME - row[column];
            row.iter_mut().zip(&pivot).for_each(|(value, other)| *value = add(*value, times(factor, *other)));
        }
        pivots.push(column);
    }
    let mut factors: Vec<u64> = (0..vectors.len()).map(|_| random.draw()).collect();
    pivots.iter().for_each(|column| factors[*column] = 0);
    let free = factors.clone();
    for (column, row) in pivots.into_iter().zip(&rows) {
        let sum = row.iter().zip(&free).fold(0, |sum, (value, factor)| add(sum, times(*value, *factor)));
        factors[column] = (PRIME - sum) % PRIME;
    }
    factors
}

/// The overlap graph of two partitions with a spanning forest: an atom joins its part of the first with that of the
/// second.
struct Forest {
    /// Both ends of each atom.
    ends: Vec<[usize; 2]>,
    /// Parts, each after its parent, with the atom that leads to the parent; `None` at a root.
    order: Vec<(usize, Option<usize>)>,
    /// Atoms of the forest.
    is_branch: Vec<bool>,
}

impl Forest {
    fn of(first: &Partition, second: &Partition, atoms: usize) -> Self {
        let offset = first.parts.len();
        let end = |atom: usize| [first.part(atom) as usize, offset + second.part(atom) as usize];
        let ends: Vec<[usize; 2]> = (0..atoms).map(end).collect();
        let mut edges: Vec<Vec<usize>> = vec![Vec::new(); offset + second.parts.len()];
        for (atom, ends) in ends.iter().enumerate() {
            ends.iter().for_each(|end| edges[*end].push(atom));
        }
        let (mut met, mut order, mut is_branch) = (vec![false; edges.len()], Vec::new(), vec![false; atoms]);
        for root in 0..edges.len() {
            if met[root] {
                continue;
            }
            met[root] = true;
            let mut next = order.len();
            order.push((root, None));
            while let Some((part, _)) = order.get(next).copied() {
                next += 1;
                for atom in &edges[part] {
                    let other = ends[*atom][0] + ends[*atom][1] - part;
                    if !met[other] {
                        met[other] = true;
                        is_branch[*atom] = true;
                        order.push((other, Some(*atom)));
                    }
                }
            }
        }
        Self { ends, order, is_branch }
    }

    /// A random vector that adds to 0 in every part of both.
    fn cycle(&self, random: &mut Random) -> Vec<u64> {
        let mut sums = vec![0; self.order.len()];
        let mut vector = vec![0; self.ends.len()];
        for (atom, ends) in self.ends.iter().enumerate().filter(|(atom, _)| !self.is_branch[*atom]) {
            vector[atom] = random.draw();
            ends.iter().for_each(|end| sums[*end] = add(sums[*end], vector[atom]));
        }
        for (part, atom) in self.order.iter().rev() {
            let Some(atom) = atom else { continue };
            vector[*atom] = (PRIME - sums[*part]) % PRIME;
            self.ends[*atom].iter().for_each(|end| sums[*end] = add(sums[*end], vector[*atom]));
        }
        vector
    }
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

/// SplitMix64 (Steele, Lea, Flood 2014), below the prime and never 0.
struct Random(u64);

impl Random {
    fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        1 + mixed(self.0) % (PRIME - 1)
    }
}

fn mixed(state: u64) -> u64 {
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attacks::{bridges, partition};

    #[test]
    fn three_partitions_determine_what_no_two_do() {
        // A square of two by two atoms: rows and columns hide all four; the diagonals with them tell them all.
        let (rows, columns) = (partition("r", &[0, 0, 1, 1]), partition("c", &[0, 1, 0, 1]));
        let diagonals = partition("d", &[0, 1, 1, 0]);
        assert_eq!(determined(&[rows.clone(), columns.clone()], 4, 1), [false; 4]);
        assert_eq!(determined(&[rows, columns, diagonals], 4, 1), [true; 4]);
    }

    /// Rank of the sums with or without one atom's own: the atom is determined where it adds nothing.
    fn by_rank(partitions: &[Partition], atoms: usize, atom: usize) -> bool {
        let mut rows: Vec<Vec<u64>> = Vec::new();
        for partition in partitions {
            for part in 0..partition.parts.len() as u32 {
                rows.push((0..atoms).map(|atom| u64::from(partition.part(atom) == part)).collect());
            }
        }
        let rank = |mut rows: Vec<Vec<u64>>| {
            let mut rank = 0;
            for column in 0..atoms {
                let Some(found) = (rank..rows.len()).find(|row| rows[*row][column] != 0) else { continue };
                rows.swap(rank, found);
                let pivot = rows[rank].clone();
                for row in &mut rows[rank + 1..] {
                    let factor = PRIME - times(row[column], power(pivot[column], PRIME - 2));
                    row.iter_mut().zip(&pivot).for_each(|(own, other)| *own = add(*own, times(factor, *other)));
                }
                rank += 1;
            }
            rank
        };
        let own: Vec<u64> = (0..atoms).map(|other| u64::from(other == atom)).collect();
        rank(rows.clone()) == rank([rows, vec![own]].concat())
    }

    #[test]
    fn what_is_determined_is_what_the_rank_says_for_any_number_of_partitions() {
        let mut random = Random(7);
        let mut told = 0;
        for case in 0..200 {
            let atoms = 4 + case % 9;
            let mut any = |parts: u64| (0..atoms).map(|_| (random.draw() % parts) as u32).collect::<Vec<u32>>();
            let partitions: Vec<Partition> =
                (0..1 + case % 4).map(|at| partition("p", &any(2 + at as u64 % 3))).collect();
            let found = determined(&partitions, atoms, case as u64);
            let expected: Vec<bool> = (0..atoms).map(|atom| by_rank(&partitions, atoms, atom)).collect();
            assert_eq!(found, expected, "{partitions:?}");
            told += found.iter().filter(|told| **told).count();
        }
        assert!(told > 100, "{told} atoms are determined");
    }

    #[test]
    fn of_two_partitions_it_is_the_bridges() {
        let (first, second) = (partition("a", &[0, 0, 1, 1, 2]), partition("b", &[0, 1, 0, 1, 1]));
        let bridges = bridges(&first, &second, &[5; 5]);
        assert_eq!(bridges.iter().map(|own| (own.first, own.second)).collect::<Vec<_>>(), [(2, 1)]);
        assert_eq!(determined(&[first, second], 5, 3), [false, false, false, false, true]);
    }
}
