//! Answers of persons behind a snapshot, as they are stored: noised counts, gathered where there are enough of them. Shown
//! as counts, and never as a share of anybody.

use crate::error::{Result, SnapshotError};
use crate::geography::Geography;
use quartier_model::{AnswerCounts, Group, Node, NoiseLaw, Tree};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// The file of a snapshot that has some.
pub(crate) const ANSWERS: &str = "answers.json";

/// Counts of answers: exact numbers of people asked, noised counts of what they said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AnswerSum {
    /// People asked, exact.
    pub asked: u64,
    /// By group, in the order of [`Group::ALL`]; `None`: that was not asked. Noised, so that one may be below 0.
    pub groups: [Option<i64>; 4],
    /// Whether noise was added to a count of it.
    pub noised: bool,
}

impl AnswerSum {
    fn add(&mut self, other: &Self) {
        self.asked += other.asked;
        for (sum, own) in self.groups.iter_mut().zip(other.groups) {
            *sum = own.map(|own| sum.unwrap_or(0) + own).or(*sum);
        }
        self.noised |= other.noised;
    }

    fn of(counts: &AnswerCounts) -> Self {
        Self {
            asked: u64::from(counts.asked()),
            groups: Group::ALL.map(|group| counts.count(group).map(i64::from)),
            noised: counts.law() != NoiseLaw::Exact,
        }
    }
}

/// The answers behind a snapshot, by the node at which they were counted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PlacedAnswers {
    by_node: BTreeMap<Node, AnswerSum>,
}

/// A row of the file. `level` is the position of the level, and left out, with `row`, at the root.
#[derive(Debug, Serialize, Deserialize)]
struct Row {
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    row: Option<usize>,
    asked: u64,
    groups: [Option<i64>; 4],
    noised: bool,
}

impl PlacedAnswers {
    /// All batches of a campaign, those of one place added up.
    pub fn of<'a>(counts: impl IntoIterator<Item = (Node, &'a AnswerCounts)>) -> Self {
        let mut by_node: BTreeMap<Node, AnswerSum> = BTreeMap::new();
        for (node, counts) in counts {
            by_node.entry(node).or_default().add(&AnswerSum::of(counts));
        }
        Self { by_node }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_node.is_empty()
    }

    /// The answers counted at an area or below; `None` without any. Those that were too few there are counted above it.
    pub fn inside(&self, tree: &Tree, area: Node) -> Option<AnswerSum> {
        self.among(|node| node == area || tree.ancestors(node).any(|above| above == area))
    }

    /// The answers counted at some areas; `None` without any.
    pub fn among(&self, is_one: impl Fn(Node) -> bool) -> Option<AnswerSum> {
        let mut own = self.by_node.iter().filter(|(node, _)| is_one(**node)).map(|(_, sum)| sum);
        let mut sum = *own.next()?;
        own.for_each(|next| sum.add(next));
        Some(sum)
    }

    pub(crate) fn to_bytes(&self, tree: &Tree) -> Vec<u8> {
        let row = |(node, sum): (&Node, &AnswerSum)| {
            let (level, row) = tree.place(*node).unzip();
            Row { level, row, asked: sum.asked, groups: sum.groups, noised: sum.noised }
        };
        serde_json::to_vec(&self.by_node.iter().map(row).collect::<Vec<_>>()).expect("rows are plain JSON")
    }

    pub(crate) fn read(bytes: &[u8], path: &Path, geography: &Geography) -> Result<Self> {
        let rows: Vec<Row> =
            serde_json::from_slice(bytes).map_err(|error| SnapshotError::damaged(path, error.to_string()))?;
        let mut by_node = BTreeMap::new();
        for own in rows {
            let node = match (own.level, own.row) {
                (None, None) => Some(0),
                (Some(level), Some(row)) => {
                    let rows = geography.levels().get(level).map(|level| level.rows());
                    rows.filter(|rows| row < *rows).map(|_| geography.tree().node(level, row))
                }
                _ => None,
            };
            let node = node.ok_or_else(|| SnapshotError::damaged(path, "an area that the geography does not have"))?;
            by_node.insert(node, AnswerSum { asked: own.asked, groups: own.groups, noised: own.noised });
        }
        Ok(Self { by_node })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(asked: u32, groups: [Option<i32>; 4], law: NoiseLaw) -> AnswerCounts {
        AnswerCounts::new(asked, groups, law).expect("lawful counts")
    }

    #[test]
    fn an_area_has_the_answers_counted_below_it_and_no_others() {
        // Two cities; the first has two quarters.
        let tree = Tree::new(&[vec![None, None], vec![Some(0), Some(0)]]).expect("a tree");
        let noised = NoiseLaw::discrete_laplace(1.0).expect("a law");
        let answers = PlacedAnswers::of([
            (3, &counts(20, [Some(1), Some(2), Some(18), Some(-1)], noised)),
            (3, &counts(11, [None, None, Some(5), Some(6)], noised)),
            (4, &counts(12, [Some(0), Some(0), Some(6), Some(6)], NoiseLaw::Exact)),
            (0, &counts(13, [Some(13), Some(0), Some(0), Some(0)], NoiseLaw::Exact)),
        ]);
        let city = answers.inside(&tree, 1).expect("answers");
        let groups = [Some(1), Some(2), Some(29), Some(11)];
        assert_eq!(city, AnswerSum { asked: 43, groups, noised: true });
        assert_eq!(answers.inside(&tree, 2), None);
        assert!(!answers.inside(&tree, 4).expect("answers").noised);
        assert_eq!(answers.inside(&tree, 0).map(|sum| sum.asked), Some(56));
    }
}
