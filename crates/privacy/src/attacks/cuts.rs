//! The min-cut audit. Parts of one partition minus parts of another that lie inside them leave a set of atoms: in the
//! overlap graph a directed cut. A set below k electors is a cut of weight below k, and max-flow finds it.

use super::{Overlap, Partition, overlaps};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A set of atoms with too few electors, and how it is told: the sum of some parts minus the sum of others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Isolated {
    /// Electors in the set, at least 1 and below k.
    pub electors: u64,
    /// The overlaps that make the set.
    pub overlaps: Vec<Overlap>,
    /// Parts of the first partition that are added up.
    pub added: Vec<u32>,
    /// Parts of the second that are taken away.
    pub taken: Vec<u32>,
}

/// A weight that no cut may have.
const WHOLE: u64 = u64::MAX / 4;

/// Every set below `k` that sums of the parts of two partitions of the same atoms can isolate, smallest cut around
/// each small overlap, each set once. `electors` is per atom.
pub fn isolated(first: &Partition, second: &Partition, electors: &[u64], k: u64) -> Vec<Isolated> {
    let all = overlaps(first, second, electors);
    let network = Network::new(&all, first.parts.len(), second.parts.len(), k);
    let mut found: BTreeMap<Vec<usize>, Isolated> = BTreeMap::new();
    for overlap in all.iter().filter(|overlap| overlap.electors < k) {
        let Some(side) = network.cut(*overlap, k) else { continue };
        let inside = |vertex: usize| side.contains(&network.component[vertex]);
        let (n, m) = (first.parts.len(), second.parts.len());
        let cut: Vec<usize> = (0..all.len())
            .filter(|at| inside(all[*at].first as usize) && !inside(n + all[*at].second as usize))
            .collect();
        found.entry(cut.clone()).or_insert_with(|| Isolated {
            electors: cut.iter().map(|at| all[*at].electors).sum(),
            overlaps: cut.iter().map(|at| all[*at]).collect(),
            added: (0..n).filter(|part| inside(*part)).map(|part| part as u32).collect(),
            taken: (0..m).filter(|part| inside(n + part)).map(|part| part as u32).collect(),
        });
    }
    found.into_values().collect()
}

/// The overlap graph with overlaps of k and more contracted: no cut below k goes through them.
struct Network {
    /// Component of each part: of the first partition, then of the second.
    component: Vec<usize>,
    /// Arcs from each component, in pairs: 2 i is the overlap, 2 i + 1 its reverse, which may not be cut.
    arcs: Vec<Vec<usize>>,
    to: Vec<usize>,
    capacity: Vec<u64>,
    parts: usize,
}

impl Network {
    fn new(all: &[Overlap], first: usize, second: usize, k: u64) -> Self {
        let mut roots: Vec<usize> = (0..first + second).collect();
        for overlap in all.iter().filter(|overlap| overlap.electors >= k) {
            let (a, b) = (root(&mut roots, overlap.first as usize), root(&mut roots, first + overlap.second as usize));
            roots[a.max(b)] = a.min(b);
        }
        let component: Vec<usize> = (0..roots.len()).map(|vertex| root(&mut roots, vertex)).collect();
        let mut network =
            Self { arcs: vec![Vec::new(); component.len()], component, to: vec![], capacity: vec![], parts: first };
        for overlap in all {
            let from = network.component[overlap.first as usize];
            let to = network.component[first + overlap.second as usize];
            if from != to {
                network.arcs[from].push(network.to.len());
                network.arcs[to].push(network.to.len() + 1);
                network.to.extend([to, from]);
                network.capacity.extend([overlap.electors, WHOLE]);
            }
        }
        network
    }

    /// The components on the near side of the smallest cut through an overlap, where it is below `k`.
    fn cut(&self, through: Overlap, k: u64) -> Option<BTreeSet<usize>> {
        let source = self.component[through.first as usize];
        let sink = self.component[self.parts + through.second as usize];
        if source == sink {
            return None;
        }
        let mut pushed: BTreeMap<usize, u64> = BTreeMap::new();
        let mut flow = 0;
        loop {
            let (reached, path) = self.path(source, sink, &pushed);
            let Some(path) = path else { return Some(reached) };
            let room = path.iter().map(|arc| self.room(*arc, &pushed)).min().unwrap_or(0);
            flow += room;
            if flow >= k {
                return None;
            }
            for arc in path {
                *pushed.entry(arc).or_default() += room;
            }
        }
    }

    /// What an arc can still carry: its capacity, less what went along, and more by what came the other way.
    fn room(&self, arc: usize, pushed: &BTreeMap<usize, u64>) -> u64 {
        let along = pushed.get(&arc).copied().unwrap_or(0);
        let against = pushed.get(&(arc ^ 1)).copied().unwrap_or(0);
        (self.capacity[arc] + against).saturating_sub(along)
    }

    /// What can be reached from the source, and the shortest way to the sink where it is among that.
    fn path(&self, source: usize, sink: usize, pushed: &BTreeMap<usize, u64>) -> (BTreeSet<usize>, Option<Vec<usize>>) {
        let mut by: BTreeMap<usize, usize> = BTreeMap::new();
        let mut reached = BTreeSet::from([source]);
        let mut queue = VecDeque::from([source]);
        while let Some(vertex) = queue.pop_front() {
            for arc in &self.arcs[vertex] {
                let next = self.to[*arc];
                if self.room(*arc, pushed) == 0 || !reached.insert(next) {
                    continue;
                }
                by.insert(next, *arc);
                if next == sink {
                    let mut path = Vec::new();
                    let mut at = sink;
                    while at != source {
                        path.push(by[&at]);
                        at = self.to[by[&at] ^ 1];
                    }
                    return (reached, Some(path));
                }
                queue.push_back(next);
            }
        }
        (reached, None)
    }
}

fn root(roots: &mut [usize], mut vertex: usize) -> usize {
    while roots[vertex] != vertex {
        roots[vertex] = roots[roots[vertex]];
        vertex = roots[vertex];
    }
    vertex
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attacks::partition;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha12Rng;

    #[test]
    fn an_area_that_is_small_itself_is_found_and_named() {
        let (areas, regions) = (partition("a", &[0, 1, 2]), partition("r", &[0, 0, 1]));
        let found = isolated(&areas, &regions, &[7, 100, 200], 50);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].electors, &found[0].added, &found[0].taken), (7, &vec![0], &vec![]));
    }

    #[test]
    fn a_difference_across_a_border_is_found() {
        // Area 0 is hex 0 but for the 9 electors that it has of hex 1.
        let (areas, hexes) = (partition("a", &[0, 0, 1]), partition("h", &[0, 1, 1]));
        let found = isolated(&areas, &hexes, &[300, 9, 400], 20);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].electors, &found[0].added, &found[0].taken), (9, &vec![0], &vec![0]));
        assert!(isolated(&areas, &hexes, &[300, 20, 400], 20).is_empty());
        assert!(isolated(&areas, &hexes, &[300, 0, 400], 20).is_empty(), "nobody is no secret");
    }

    /// Every sum of parts minus parts of small random cases, by enumeration.
    #[test]
    fn the_cuts_are_those_that_enumeration_finds() {
        let mut rng = ChaCha12Rng::seed_from_u64(9);
        let mut some = 0;
        for _ in 0..300 {
            let below = |rng: &mut ChaCha12Rng, bound: u32| rng.next_u32() % bound;
            let atoms = 4 + below(&mut rng, 5) as usize;
            let (a, b): (Vec<u32>, Vec<u32>) = (0..atoms).map(|_| (below(&mut rng, 4), below(&mut rng, 4))).unzip();
            let electors: Vec<u64> = (0..atoms).map(|_| u64::from(1 + below(&mut rng, 30))).collect();
            let (first, second) = (partition("a", &a), partition("b", &b));
            let k = 20;
            let mut atoms_found: BTreeSet<usize> = BTreeSet::new();
            for sums in 0_u32..1 << (first.parts.len() + second.parts.len()) {
                let added = |atom: usize| sums >> a[atom] & 1 == 1;
                let taken = |atom: usize| sums >> (first.parts.len() as u32 + b[atom]) & 1 == 1;
                if (0..atoms).any(|atom| taken(atom) && !added(atom)) {
                    continue;
                }
                let left: Vec<usize> = (0..atoms).filter(|atom| added(*atom) && !taken(*atom)).collect();
                if left.iter().map(|atom| electors[*atom]).sum::<u64>() < k {
                    atoms_found.extend(left);
                }
            }
            let found = isolated(&first, &second, &electors, k);
            let overlaps: BTreeSet<(u32, u32)> =
                found.iter().flat_map(|set| set.overlaps.iter().map(|o| (o.first, o.second))).collect();
            let expected: BTreeSet<(u32, u32)> = atoms_found.iter().map(|atom| (a[*atom], b[*atom])).collect();
            assert_eq!(overlaps, expected, "{a:?} {b:?} {electors:?}");
            assert!(found.iter().all(|set| (1..k).contains(&set.electors)));
            some += usize::from(!found.is_empty());
        }
        assert!((50..300).contains(&some), "{some} of 300 cases isolate somebody");
    }
}
