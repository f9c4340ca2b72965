//! Bridges of the overlap graph. An overlap is a sum of signed parts of two partitions exactly where it is a bridge:
//! where there is another way around, what is there can be moved along it and no sum changes.

use super::{Overlap, Partition, overlaps};

/// The overlaps of two partitions that their sums determine (Tarjan 1974), in their order.
pub fn bridges(first: &Partition, second: &Partition, electors: &[u64]) -> Vec<Overlap> {
    let all = overlaps(first, second, electors);
    let n = first.parts.len();
    let mut edges: Vec<Vec<(usize, usize)>> = vec![Vec::new(); n + second.parts.len()];
    for (at, overlap) in all.iter().enumerate() {
        let (a, b) = (overlap.first as usize, n + overlap.second as usize);
        edges[a].push((b, at));
        edges[b].push((a, at));
    }
    let mut is_bridge = vec![false; all.len()];
    // When a part was first met, and the earliest part that its subtree sees; 0: not met.
    let (mut met, mut sees, mut clock) = (vec![0_usize; edges.len()], vec![0_usize; edges.len()], 0);
    for start in 0..edges.len() {
        if met[start] > 0 {
            continue;
        }
        // Part, overlap by which it was met, how many of its edges were looked at.
        let mut stack = vec![(start, usize::MAX, 0)];
        while let Some((part, by, looked)) = stack.last_mut() {
            let (part, by) = (*part, *by);
            if *looked == 0 {
                clock += 1;
                (met[part], sees[part]) = (clock, clock);
            }
            if let Some((next, overlap)) = edges[part].get(*looked).copied() {
                *looked += 1;
                if met[next] == 0 {
                    stack.push((next, overlap, 0));
                } else if overlap != by {
                    sees[part] = sees[part].min(met[next]);
                }
                continue;
            }
            stack.pop();
            if let Some((parent, ..)) = stack.last() {
                sees[*parent] = sees[*parent].min(sees[part]);
                is_bridge[by] = sees[part] > met[*parent];
            }
        }
    }
    all.into_iter().zip(is_bridge).filter(|(_, bridge)| *bridge).map(|(overlap, _)| overlap).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attacks::{determined, partition};
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha12Rng;

    #[test]
    fn a_way_around_hides_an_overlap() {
        let around = (partition("a", &[0, 0, 1, 1]), partition("b", &[0, 1, 0, 1]));
        assert_eq!(bridges(&around.0, &around.1, &[1; 4]), []);
        let path = (partition("a", &[0, 0, 1]), partition("b", &[0, 1, 1]));
        assert_eq!(bridges(&path.0, &path.1, &[5; 3]).len(), 3);
    }

    #[test]
    fn bridges_are_what_the_row_space_holds() {
        let mut rng = ChaCha12Rng::seed_from_u64(3);
        for case in 0..200 {
            let atoms = 3 + (rng.next_u32() % 12) as usize;
            let mut pairs: Vec<(u32, u32)> = (0..atoms).map(|_| (rng.next_u32() % 5, rng.next_u32() % 5)).collect();
            pairs.sort_unstable();
            pairs.dedup();
            let (a, b): (Vec<u32>, Vec<u32>) = pairs.into_iter().unzip();
            let (first, second) = (partition("a", &a), partition("b", &b));
            let by_rank = determined(&[first.clone(), second.clone()], a.len(), case);
            let found: Vec<(u32, u32)> =
                bridges(&first, &second, &vec![1; a.len()]).iter().map(|o| (o.first, o.second)).collect();
            let expected: Vec<(u32, u32)> =
                (0..a.len()).filter(|atom| by_rank[*atom]).map(|atom| (a[atom], b[atom])).collect();
            assert_eq!(found, expected, "{a:?} {b:?}");
        }
    }
}
