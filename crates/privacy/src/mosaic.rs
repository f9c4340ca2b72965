//! The mosaic: which finest areas show one joint estimate, because too few electors live in them.
//!
//! It follows from public counts of electors, parents and neighbours alone. An area with fewer electors than the rule
//! asks is pooled with a neighbour under the same parent, whole with whole; one that is alone there is pooled at its
//! parent, which has no more electors. So each node of the tree holds a group of leaves wholly, or lies wholly inside
//! one: no difference of a parent and its children is a part of a group.

use quartier_model::{Electors, Node, Tree};
use std::collections::BTreeMap;

/// Electors under which nobody may ask areas to be shown alone.
pub const LEAST_FLOOR: u32 = 20;

/// Electors under which areas are pooled unless the campaign says otherwise.
pub const LEAST_DEFAULT: u32 = 50;

/// Groups of leaves that show one joint estimate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mosaic {
    /// Per leaf, the first leaf of its group.
    groups: Vec<u32>,
}

impl Mosaic {
    /// The groups that the rule asks for.
    ///
    /// `electors` and `touching` (nodes of the same level that share a border) are per node; `before` is, per leaf, the
    /// first leaf of the group it was published in, itself where it stood alone: those stay together.
    pub fn of(tree: &Tree, electors: &[Electors], touching: &[Vec<Node>], least: u32, before: &[u32]) -> Self {
        let mut own = Builder::new(tree, electors);
        for (leaf, group) in before.iter().enumerate().take(own.first.len()) {
            own.join(leaf as u32, (*group).min(leaf as u32));
        }
        let above = |node: Node| tree.parent(node).unwrap_or(0);
        let mut children: Vec<Vec<Node>> = vec![Vec::new(); tree.len()];
        (1..tree.len() as Node).for_each(|node| children[above(node) as usize].push(node));
        // Siblings may be a million: they are put in order once, not gone through for each that is small.
        children.iter_mut().for_each(|siblings| own.smallest_first(siblings));
        for level in (0..tree.levels()).rev() {
            for node in tree.level(level) {
                let is_sibling = |other: &Node| above(*other) == above(node);
                let mut near: Vec<Node> = touching[node as usize].iter().copied().filter(is_sibling).collect();
                own.smallest_first(&mut near);
                own.pool(node, [&near, &children[above(node) as usize]], least);
            }
        }
        while own.close(tree) {}
        let groups = (0..own.first.len() as u32).map(|leaf| own.find(leaf)).collect();
        Self { groups }
    }

    /// Per leaf, the first leaf of its group: itself where it stands alone.
    pub fn groups(&self) -> &[u32] {
        &self.groups
    }

    /// The groups of several leaves, in order.
    pub fn pooled(&self) -> Vec<Vec<u32>> {
        let mut groups: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (leaf, group) in self.groups.iter().enumerate() {
            groups.entry(*group).or_default().push(leaf as u32);
        }
        groups.into_values().filter(|leaves| leaves.len() > 1).collect()
    }

    /// Of groups that were published: per leaf, the first leaf of its group, which is in it.
    pub fn of_groups(groups: Vec<u32>) -> Self {
        Self { groups }
    }

    /// Per node, the first leaf of the group of which it is a part and not the whole; `None` where it is no such part.
    pub fn parts(&self, tree: &Tree) -> Vec<Option<u32>> {
        let mut sizes: Vec<u32> = vec![0; self.groups.len()];
        self.groups.iter().for_each(|group| sizes[*group as usize] += 1);
        // Per node: its group while all leaves below are of one, and their number.
        let mut inside: Vec<Option<(Option<u32>, u32)>> = vec![None; tree.len()];
        for (leaf, group) in tree.leaves().zip(&self.groups) {
            inside[leaf as usize] = Some((Some(*group), 1));
        }
        tree.sum_upwards(&mut inside, |sum, part| {
            *sum = match (*sum, *part) {
                (Some((a, n)), Some((b, m))) => Some((a.filter(|a| Some(*a) == b), n + m)),
                (sum, part) => sum.or(part),
            };
        });
        let part = |own: Option<(Option<u32>, u32)>| {
            let (group, leaves) = own?;
            group.filter(|group| leaves < sizes[*group as usize])
        };
        inside.into_iter().map(part).collect()
    }

    /// Per node, whether it is a part of a group and not the whole of it.
    pub fn pooled_nodes(&self, tree: &Tree) -> Vec<bool> {
        self.parts(tree).into_iter().map(|part| part.is_some()).collect()
    }
}

/// Leaves being joined.
struct Builder<'a> {
    electors: &'a [Electors],
    /// Per node, its leaves: a range of `order`.
    ranges: Vec<(usize, usize)>,
    /// Leaves so that those of any node lie together.
    order: Vec<u32>,
    /// Towards the first leaf of the group.
    first: Vec<u32>,
    /// Known electors of the group, at its first leaf.
    total: Vec<u64>,
}

impl<'a> Builder<'a> {
    fn new(tree: &Tree, electors: &'a [Electors]) -> Self {
        let leaves: Vec<Node> = tree.leaves().collect();
        let mut paths: Vec<(Vec<Node>, u32)> = leaves
            .iter()
            .enumerate()
            .map(|(at, leaf)| {
                let mut path: Vec<Node> = std::iter::once(*leaf).chain(tree.ancestors(*leaf)).collect();
                path.reverse();
                (path, at as u32)
            })
            .collect();
        paths.sort_unstable();
        let mut ranges = vec![(usize::MAX, 0); tree.len()];
        for (place, (path, _)) in paths.iter().enumerate() {
            for node in path {
                let range = &mut ranges[*node as usize];
                *range = (range.0.min(place), place + 1);
            }
        }
        Self {
            electors,
            ranges,
            order: paths.into_iter().map(|(_, leaf)| leaf).collect(),
            first: (0..leaves.len() as u32).collect(),
            total: leaves.iter().map(|leaf| u64::from(electors[*leaf as usize].known().unwrap_or(0))).collect(),
        }
    }

    fn leaves(&self, node: Node) -> Vec<u32> {
        let (from, to) = self.ranges[node as usize];
        self.order.get(from..to).unwrap_or_default().to_vec()
    }

    fn known(&self, node: Node) -> u64 {
        u64::from(self.electors[node as usize].known().unwrap_or(0))
    }

    fn find(&mut self, leaf: u32) -> u32 {
        let mut at = leaf;
        while self.first[at as usize] != at {
            self.first[at as usize] = self.first[self.first[at as usize] as usize];
            at = self.first[at as usize];
        }
        at
    }

    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.find(a), self.find(b));
        let (first, second) = (a.min(b), a.max(b));
        if first != second {
            self.first[second as usize] = first;
            self.total[first as usize] += self.total[second as usize];
        }
    }

    fn join_all(&mut self, leaves: &[u32]) {
        leaves.iter().for_each(|leaf| self.join(leaves[0], *leaf));
    }

    /// Puts nodes in order: the fewest electors first, then the first node.
    fn smallest_first(&self, nodes: &mut [Node]) {
        nodes.sort_unstable_by_key(|node| (self.known(*node), *node));
    }

    /// Joins a node with siblings until its group has enough electors, or there is none left to join. `siblings` are
    /// those that touch it, then all; the smallest first, since it blurs least.
    fn pool(&mut self, node: Node, siblings: [&[Node]; 2], least: u32) {
        let (own, known) = (self.leaves(node), self.known(node));
        if known == 0 || known >= u64::from(least) || own.is_empty() {
            return;
        }
        loop {
            let group = self.find(own[0]);
            let many = own.iter().all(|leaf| self.find(*leaf) == group);
            if many && self.total[group as usize] >= u64::from(least) {
                return;
            }
            let apart = |other: &&Node| **other != node && self.is_apart(**other, group);
            let Some(other) = siblings.into_iter().flatten().find(apart).copied() else { return };
            let both: Vec<u32> = own.iter().copied().chain(self.leaves(other)).collect();
            self.join_all(&both);
        }
    }

    /// Whether a node has electors and leaves outside a group.
    fn is_apart(&mut self, node: Node, group: u32) -> bool {
        self.known(node) > 0 && self.leaves(node).iter().any(|leaf| self.find(*leaf) != group)
    }

    /// Joins whatever a group cuts: after it, every node holds a group wholly, or lies in it. Gives whether anything
    /// was joined.
    fn close(&mut self, tree: &Tree) -> bool {
        let mut sizes: Vec<u32> = vec![0; self.first.len()];
        for leaf in 0..self.first.len() as u32 {
            sizes[self.find(leaf) as usize] += 1;
        }
        let mut joined = false;
        for node in 1..tree.len() as Node {
            let own = self.leaves(node);
            let mut inside: BTreeMap<u32, u32> = BTreeMap::new();
            for leaf in &own {
                *inside.entry(self.find(*leaf)).or_default() += 1;
            }
            let cut = |(group, count): (&u32, &u32)| *count < sizes[*group as usize];
            if inside.len() > 1 && inside.iter().any(cut) {
                self.join_all(&own);
                joined = true;
            }
        }
        joined
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Two cities under the root: four quarters in the first, one in the second.
    fn tree() -> Tree {
        Tree::new(&[vec![None, None], vec![Some(0), Some(0), Some(0), Some(0), Some(1)]]).expect("a tree")
    }

    /// Electors of every node from those of the leaves.
    fn summed(tree: &Tree, leaves: &[u32]) -> Vec<Electors> {
        let mut sums = vec![0; tree.len()];
        tree.leaves().zip(leaves).for_each(|(leaf, electors)| sums[leaf as usize] = *electors);
        tree.sum_upwards(&mut sums, |sum, part| *sum += part);
        sums.into_iter().map(Electors::Known).collect()
    }

    fn alone(count: usize) -> Vec<u32> {
        (0..count as u32).collect()
    }

    #[test]
    fn a_small_area_joins_its_smallest_neighbour_and_says_so() {
        let tree = tree();
        let electors = summed(&tree, &[30, 900, 400, 100, 700]);
        // Quarter 0 touches 1 and 2; the smaller quarter 3 lies apart.
        let mut touching = vec![Vec::new(); tree.len()];
        touching[3] = vec![4, 5];
        let mosaic = Mosaic::of(&tree, &electors, &touching, 50, &alone(5));
        assert_eq!(mosaic.pooled(), [vec![0, 2]]);
        assert_eq!(mosaic.pooled_nodes(&tree), [false, false, false, true, false, true, false, false]);
        // Nothing is asked of those who are enough.
        assert!(Mosaic::of(&tree, &electors, &touching, 20, &alone(5)).pooled().is_empty());
    }

    #[test]
    fn an_only_child_is_pooled_together_with_its_parent() {
        let tree = tree();
        let electors = summed(&tree, &[300, 900, 400, 100, 7]);
        let mosaic = Mosaic::of(&tree, &electors, &vec![Vec::new(); tree.len()], 50, &alone(5));
        // City 1 has 7 electors: it joins city 0 whole, or the difference of the cities would show it.
        assert_eq!(mosaic.pooled(), [vec![0, 1, 2, 3, 4]]);
        let pooled = mosaic.pooled_nodes(&tree);
        assert!(!pooled[0] && pooled[1..].iter().all(|own| *own));
    }

    #[test]
    fn what_was_pooled_once_stays_pooled() {
        let tree = tree();
        let none = vec![Vec::new(); tree.len()];
        let grown = summed(&tree, &[300, 900, 400, 100, 700]);
        assert_eq!(Mosaic::of(&tree, &grown, &none, 50, &[0, 0, 2, 3, 4]).pooled(), [vec![0, 1]]);
        // A group across cities takes both whole.
        assert_eq!(Mosaic::of(&tree, &grown, &none, 50, &[0, 1, 2, 3, 0]).pooled(), [vec![0, 1, 2, 3, 4]]);
    }

    proptest! {
        #[test]
        fn every_node_holds_a_group_or_lies_in_one_and_groups_are_large_enough(
            parents in prop::collection::vec(0_u32..6, 1..30),
            counts in prop::collection::vec(0_u32..120, 30),
            edges in prop::collection::vec((0_u32..30, 0_u32..30), 0..40),
            before in prop::collection::vec(0_u32..30, 30),
        ) {
            let regions: Vec<Option<u32>> = vec![None, None];
            let cities = (0..6).map(|city| Some(city % 2)).collect();
            let tree = Tree::new(&[regions, cities, parents.iter().map(|p| Some(*p)).collect()]).expect("a tree");
            let leaves: Vec<Node> = tree.leaves().collect();
            let electors = summed(&tree, &counts.iter().copied().cycle().take(leaves.len()).collect::<Vec<_>>());
            let mut touching = vec![Vec::new(); tree.len()];
            let count = parents.len() as u32;
            for (a, b) in edges.iter().filter(|(a, b)| *a < count && *b < count && a != b) {
                let (a, b) = (tree.node(2, *a as usize), tree.node(2, *b as usize));
                touching[a as usize].push(b);
                touching[b as usize].push(a);
            }
            let before: Vec<u32> =
                (0..leaves.len() as u32).map(|leaf| if leaf % 7 == 0 { before[leaf as usize % 30].min(leaf) } else { leaf }).collect();
            let mosaic = Mosaic::of(&tree, &electors, &touching, 50, &before);
            let known = |leaf: u32| u64::from(electors[leaves[leaf as usize] as usize].known().unwrap_or(0));
            let whole: u64 = (0..leaves.len() as u32).map(known).sum();
            let pooled = mosaic.pooled();
            for node in 1..tree.len() as Node {
                let own: Vec<u32> = (0..leaves.len() as u32)
                    .filter(|leaf| {
                        let at = leaves[*leaf as usize];
                        at == node || tree.ancestors(at).any(|above| above == node)
                    })
                    .collect();
                for group in &pooled {
                    let inside = group.iter().filter(|leaf| own.contains(leaf)).count();
                    prop_assert!(inside == 0 || inside == group.len() || inside == own.len());
                }
                let electors: u64 = own.iter().map(|leaf| known(*leaf)).sum();
                if electors > 0 && electors < 50 {
                    let group = pooled.iter().find(|group| group.contains(&own[0]));
                    let held: u64 = group.map_or(electors, |group| group.iter().map(|leaf| known(*leaf)).sum());
                    prop_assert!(held >= 50.min(whole), "{} electors in a group of {}", electors, held);
                }
            }
            let at = |leaf: u32| mosaic.groups()[leaf as usize];
            let kept = before.iter().zip(0..).all(|(group, leaf)| at(leaf) == at(*group));
            prop_assert!(kept, "what was together stays together");
        }
    }
}
