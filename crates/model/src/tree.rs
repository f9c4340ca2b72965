//! The tree of areas, by position: root, then each level's rows, coarse to fine.

/// A node's position in the tree: 0 is the root (`campaign`), then the rows of each level, coarse to fine.
pub type Node = u32;

/// Why a tree cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// A parent row that its level does not have.
    #[error("row {row} of level {level} names parent row {parent}, and the level above has {rows} rows")]
    NoSuchParent {
        /// Position of the level.
        level: usize,
        /// The child's row.
        row: usize,
        /// The parent row as given.
        parent: u32,
        /// Rows of the level above.
        rows: usize,
    },
}

/// Parents of every area of every level. A parent always stands before its children, so one pass backwards sums
/// upwards and one pass forwards hands down. Trees may be ragged: a leaf is a node without children, at any level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    /// First node of each level, and one past the last node.
    offsets: Vec<u32>,
    /// Parent of each node; the root's is itself.
    parents: Vec<Node>,
    /// Whether each node has no children.
    leaf: Vec<bool>,
}

impl Tree {
    /// A tree from, for each level coarse to fine, each row's parent row in the level above (`None`: the root).
    ///
    /// # Errors
    /// When a parent row does not exist; at the coarsest level every parent must be `None`.
    pub fn new(levels: &[Vec<Option<u32>>]) -> Result<Self, TreeError> {
        let mut offsets = vec![1u32];
        let mut parents = vec![0];
        for (level, rows) in levels.iter().enumerate() {
            let above = level.checked_sub(1).map(|above| (offsets[above], levels[above].len()));
            for (row, parent) in rows.iter().enumerate() {
                let node = match (parent, above) {
                    (None, _) => 0,
                    (Some(parent), Some((offset, count))) if (*parent as usize) < count => offset + parent,
                    (Some(parent), above) => {
                        let rows = above.map_or(0, |(_, count)| count);
                        return Err(TreeError::NoSuchParent { level, row, parent: *parent, rows });
                    }
                };
                parents.push(node);
            }
            offsets.push(parents.len() as u32);
        }
        let mut leaf = vec![true; parents.len()];
        for parent in &parents[1..] {
            leaf[*parent as usize] = false;
        }
        Ok(Self { offsets, parents, leaf })
    }

    /// Number of nodes, the root counted.
    pub fn len(&self) -> usize {
        self.parents.len()
    }

    /// Whether there is nothing but the root.
    pub fn is_empty(&self) -> bool {
        self.parents.len() == 1
    }

    /// Number of levels, the root not counted.
    pub fn levels(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Nodes of a level, in row order.
    pub fn level(&self, level: usize) -> std::ops::Range<Node> {
        self.offsets[level]..self.offsets[level + 1]
    }

    /// The node of a row.
    pub fn node(&self, level: usize, row: usize) -> Node {
        self.offsets[level] + row as u32
    }

    /// Level and row of a node; `None` for the root.
    pub fn place(&self, node: Node) -> Option<(usize, usize)> {
        let level = self.offsets.partition_point(|offset| *offset <= node).checked_sub(1)?;
        Some((level, (node - self.offsets[level]) as usize))
    }

    /// The parent; `None` for the root.
    pub fn parent(&self, node: Node) -> Option<Node> {
        (node > 0).then(|| self.parents[node as usize])
    }

    /// Whether a node has no children.
    pub fn is_leaf(&self, node: Node) -> bool {
        self.leaf[node as usize]
    }

    /// The leaves, in node order: the order of a snapshot's draws.
    pub fn leaves(&self) -> impl Iterator<Item = Node> + '_ {
        (1..self.len() as u32).filter(|node| self.is_leaf(*node))
    }

    /// Ancestors from the parent to the root.
    pub fn ancestors(&self, node: Node) -> impl Iterator<Item = Node> + '_ {
        std::iter::successors(self.parent(node), |node| self.parent(*node))
    }

    /// Moves every node's value that is not enough to its parent, leaves first, so that what gathers above is judged
    /// there; what is not enough at the root stays there. Moved values leave their default behind.
    pub fn lift<T: Default>(&self, values: &mut [T], is_enough: impl Fn(&T) -> bool, mut add: impl FnMut(&mut T, T)) {
        for node in (1..self.len()).rev() {
            if !is_enough(&values[node]) {
                let few = std::mem::take(&mut values[node]);
                add(&mut values[self.parents[node] as usize], few);
            }
        }
    }

    /// Per node, the value that all leaves below it share; `None` where they differ. `of_leaves`: in leaf order.
    pub fn common<T: Copy + Eq>(&self, of_leaves: impl Iterator<Item = T>) -> Vec<Option<T>> {
        // Nothing seen yet, or what all leaves seen so far share.
        let mut seen: Vec<Option<Option<T>>> = vec![None; self.len()];
        self.leaves().zip(of_leaves).for_each(|(leaf, value)| seen[leaf as usize] = Some(Some(value)));
        self.sum_upwards(&mut seen, |sum, part| {
            *sum = match (*sum, *part) {
                (Some(a), Some(b)) => Some(a.filter(|_| a == b)),
                (sum, part) => sum.or(part),
            };
        });
        seen.into_iter().map(Option::flatten).collect()
    }

    /// Adds every node's value to its parent's, leaves first: afterwards each node holds its subtree's sum.
    pub fn sum_upwards<T>(&self, values: &mut [T], mut add: impl FnMut(&mut T, &T)) {
        for node in (1..self.len()).rev() {
            let (head, tail) = values.split_at_mut(node);
            add(&mut head[self.parents[node] as usize], &tail[0]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two cities; the first has two quarters, the second is itself a leaf; one quarter belongs to the root.
    fn tree() -> Tree {
        Tree::new(&[vec![None, None], vec![Some(0), Some(0), None]]).expect("a lawful tree")
    }

    #[test]
    fn a_ragged_tree_has_leaves_at_several_levels() {
        let tree = tree();
        assert_eq!(tree.leaves().collect::<Vec<_>>(), [2, 3, 4, 5]);
        assert_eq!(tree.place(4), Some((1, 1)));
        assert_eq!(tree.place(0), None);
        assert_eq!(tree.node(1, 1), 4);
        assert_eq!(tree.ancestors(4).collect::<Vec<_>>(), [1, 0]);
    }

    #[test]
    fn sums_go_up_to_the_root() {
        let tree = tree();
        let mut values = vec![0, 0, 5, 1, 2, 10];
        tree.sum_upwards(&mut values, |sum, value| *sum += value);
        assert_eq!(values, [18, 3, 5, 1, 2, 10]);
    }

    #[test]
    fn a_parent_must_exist() {
        assert!(Tree::new(&[vec![None], vec![Some(1)]]).is_err());
        assert!(Tree::new(&[vec![Some(0)]]).is_err());
    }
}
