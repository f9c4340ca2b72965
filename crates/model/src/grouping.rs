//! Groupings: sets of areas that are no level of the tree (constituencies, cantons).
//!
//! An area of a grouping is a set of electors. It holds finest areas whole, or, where its border cuts one, a whole
//! number of its electors. So its figures are sums like all others, and the areas of a grouping with whoever is in
//! none of them are the campaign.

use crate::area::Electors;
use crate::atoms::apportion;
use crate::election::Counts;
use crate::error::ModelError;
use crate::tree::Tree;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How the electors of a grouping's areas were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupingMethod {
    /// Every finest area is in one of them, or in none.
    Exact,
    /// Some finest areas are cut: their electors are counted by pieces, their votes moved with them.
    Pieces,
}

impl GroupingMethod {
    /// As it stands in answers and files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Pieces => "pieces",
        }
    }
}

/// Some electors of a finest area: the area of the grouping that has them (`None`: none), and how many they are.
pub type Part = (Option<u32>, u32);

/// Which electors belong to which area of a grouping. Finest areas are named by their position among the leaves, areas
/// of the grouping by their row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Membership {
    home: Vec<Option<u32>>,
    cut: BTreeMap<u32, Vec<Part>>,
}

impl Membership {
    /// Per leaf the area that holds it, or most of it; and the parts of those that are cut, by area.
    ///
    /// # Errors
    /// When a leaf that is cut is none, or has fewer than two parts, a part twice or one without electors.
    pub fn new(home: Vec<Option<u32>>, cut: BTreeMap<u32, Vec<Part>>) -> Result<Self, ModelError> {
        let refuse = |found: u32, expected| {
            Err(ModelError::Range { what: "a finest area that a grouping cuts", found: found.to_string(), expected })
        };
        for (leaf, parts) in &cut {
            if *leaf as usize >= home.len() {
                return refuse(*leaf, "a finest area");
            }
            let ordered = parts.windows(2).all(|pair| pair[0].0 < pair[1].0);
            if parts.len() < 2 || !ordered || parts.iter().any(|(_, electors)| *electors == 0) {
                return refuse(*leaf, "two parts or more, by area, each with electors");
            }
        }
        Ok(Self { home, cut })
    }

    /// Per leaf, the area that holds it, or most of it.
    pub fn homes(&self) -> &[Option<u32>] {
        &self.home
    }

    /// The leaves that are cut, with their parts.
    pub fn cut(&self) -> &BTreeMap<u32, Vec<Part>> {
        &self.cut
    }

    /// Whether no leaf is cut.
    pub fn method(&self) -> GroupingMethod {
        if self.cut.is_empty() { GroupingMethod::Exact } else { GroupingMethod::Pieces }
    }

    /// The parts of a leaf of so many electors: one where it is whole.
    pub fn parts(&self, leaf: u32, electors: u32) -> Vec<Part> {
        let whole = || vec![(self.home.get(leaf as usize).copied().flatten(), electors)];
        self.cut.get(&leaf).cloned().unwrap_or_else(whole)
    }

    /// The areas that have electors of a leaf; `None` among them: some are in no area.
    pub fn areas_of(&self, leaf: u32) -> Vec<Option<u32>> {
        self.parts(leaf, 0).into_iter().map(|(area, _)| area).collect()
    }

    /// Per area, the known electors that it holds, by leaf.
    pub fn sets(&self, rows: usize, electors: &[Electors]) -> Vec<Vec<(u32, u32)>> {
        let mut sets = vec![Vec::new(); rows];
        for (leaf, electors) in (0..).zip(electors) {
            for (area, part) in self.parts(leaf, electors.known().unwrap_or(0)) {
                if let Some(set) = area.and_then(|area| sets.get_mut(area as usize))
                    && part > 0
                {
                    set.push((leaf, part));
                }
            }
        }
        sets
    }

    /// The same with areas taken together: `to` says in which each lies.
    pub fn gathered(&self, to: impl Fn(u32) -> u32) -> Self {
        let mut home: Vec<Option<u32>> = self.home.iter().map(|area| area.map(&to)).collect();
        let mut cut = BTreeMap::new();
        for (leaf, parts) in &self.cut {
            let mut sums: BTreeMap<Option<u32>, u32> = BTreeMap::new();
            parts.iter().for_each(|(area, electors)| *sums.entry(area.map(&to)).or_default() += electors);
            home[*leaf as usize] = sums.iter().max_by_key(|(_, electors)| **electors).and_then(|(area, _)| *area);
            if sums.len() > 1 {
                cut.insert(*leaf, sums.into_iter().collect());
            }
        }
        Self { home, cut }
    }

    /// Per node, the area that all its electors are in, and `Some(None)` where all of them are in none; `None` where
    /// they are not together.
    pub fn whole_nodes(&self, tree: &Tree) -> Vec<Option<Option<u32>>> {
        let whole = |(leaf, home): (u32, &Option<u32>)| (!self.cut.contains_key(&leaf)).then_some(*home);
        tree.common((0..).zip(&self.home).map(whole)).into_iter().map(Option::flatten).collect()
    }

    /// The counts of a leaf, by area: whole where it is whole, else split in proportion to the electors of its parts.
    pub fn split(&self, leaf: u32, counts: &Counts) -> Vec<(Option<u32>, Counts)> {
        let parts = self.parts(leaf, 1);
        let weights: Vec<u32> = parts.iter().map(|(_, electors)| *electors).collect();
        parts.iter().map(|(area, _)| *area).zip(counts.split(&weights)).collect()
    }
}

impl Counts {
    /// Whole numbers in proportion to weights, which add to these counts exactly: those who abstained, each kind of
    /// ballot and the votes of each list apart, by largest remainder, so that every part is lawful.
    ///
    /// Counts that break their law, as an official file may, are split number by number.
    pub fn split(&self, weights: &[u32]) -> Vec<Self> {
        let weights: Vec<f64> = weights.iter().map(|weight| f64::from(*weight)).collect();
        // A count is below 2^32 wherever it is published; beyond, a part would not be.
        let shares = |count: u64| apportion(u32::try_from(count).unwrap_or(u32::MAX), &weights);
        let votes: Vec<Vec<u32>> = self.votes.iter().map(|votes| shares(*votes)).collect();
        if self.check().is_err() {
            let (voters, valid) = (shares(self.voters), shares(self.valid));
            let rest = [self.registered, self.blank, self.null].map(|count| count.map(shares));
            let part = |at: usize| {
                let [registered, blank, null] = rest.each_ref().map(|own| own.as_ref().map(|own| u64::from(own[at])));
                let votes = votes.iter().map(|shares| u64::from(shares[at])).collect();
                Self { registered, voters: voters[at].into(), valid: valid[at].into(), blank, null, votes }
            };
            return (0..weights.len()).map(part).collect();
        }
        let named: u64 = self.votes.iter().sum();
        let others = shares(self.valid.saturating_sub(named));
        let blank = self.blank.map(shares);
        let null = self.null.map(shares);
        let told = self.valid + self.blank.unwrap_or(0) + self.null.unwrap_or(0);
        let untold = shares(self.voters.saturating_sub(told));
        let absent = self.registered.map(|registered| shares(registered.saturating_sub(self.voters)));
        let part = |at: usize| {
            let of = |shares: &Option<Vec<u32>>| shares.as_ref().map(|shares| u64::from(shares[at]));
            let votes: Vec<u64> = votes.iter().map(|shares| u64::from(shares[at])).collect();
            let valid = votes.iter().sum::<u64>() + u64::from(others[at]);
            let (blank, null) = (of(&blank), of(&null));
            let voters = valid + blank.unwrap_or(0) + null.unwrap_or(0) + u64::from(untold[at]);
            Self { registered: of(&absent).map(|absent| voters + absent), voters, valid, blank, null, votes }
        };
        (0..weights.len()).map(part).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn membership() -> Membership {
        let cut = BTreeMap::from([(1, vec![(None, 4), (Some(0), 6)])]);
        Membership::new(vec![Some(0), Some(0), Some(1), None], cut).expect("lawful")
    }

    #[test]
    fn areas_and_whoever_is_in_none_are_everybody() {
        let electors = [30, 10, 50, 7].map(Electors::Known);
        let own = membership();
        assert_eq!(own.sets(2, &electors), [vec![(0, 30), (1, 6)], vec![(2, 50)]]);
        assert_eq!(own.method(), GroupingMethod::Pieces);
        assert_eq!(own.areas_of(1), [None, Some(0)]);
        assert_eq!(own.areas_of(3), [None]);
        // Nobody knows how many live in the first: it is in no sum.
        let some = [Electors::Unknown, Electors::Known(10), Electors::Known(0), Electors::Known(7)];
        assert_eq!(own.sets(2, &some), [vec![(1, 6)], vec![]]);
    }

    #[test]
    fn a_node_is_whole_where_all_below_it_is_in_one_area_or_in_none() {
        // The first of three cities has two quarters, of which the second is cut.
        let quarters = vec![Some(0), Some(0), Some(1), Some(2)];
        let tree = Tree::new(&[vec![None, None, None], quarters]).expect("a tree");
        let whole = membership().whole_nodes(&tree);
        assert_eq!(whole, [None, None, Some(Some(1)), Some(None), Some(Some(0)), None, Some(Some(1)), Some(None)]);
    }

    #[test]
    fn what_breaks_the_law_is_refused() {
        let refused = |leaf: u32, parts: Vec<Part>| Membership::new(vec![None; 2], BTreeMap::from([(leaf, parts)]));
        assert!(refused(0, vec![(Some(0), 1)]).is_err());
        assert!(refused(0, vec![(Some(0), 1), (None, 2)]).is_err());
        assert!(refused(0, vec![(None, 0), (Some(0), 2)]).is_err());
        assert!(refused(2, vec![(None, 1), (Some(0), 2)]).is_err());
        assert!(refused(1, vec![(None, 1), (Some(0), 2)]).is_ok());
    }

    #[test]
    fn counts_of_an_official_file_that_break_their_law_keep_their_totals() {
        let odd = Counts { registered: Some(10), voters: 12, valid: 12, blank: None, null: None, votes: vec![7, 6] };
        let mut sum = Counts { registered: Some(0), votes: vec![0, 0], ..Counts::default() };
        odd.split(&[3, 1]).iter().for_each(|part| sum.add(part));
        assert_eq!(sum, odd);
    }

    proptest! {
        #[test]
        fn votes_that_are_split_are_lawful_and_add_up(
            votes in prop::collection::vec(0_u64..400, 1..6), rest in prop::collection::vec(0_u64..60, 5),
            weights in prop::collection::vec(1_u32..900, 2..5), has_blank in any::<bool>(), has_register in any::<bool>(),
        ) {
            let valid = votes.iter().sum::<u64>() + rest[0];
            let voters = valid + rest[1] + rest[2] + rest[3];
            let counts = Counts {
                registered: has_register.then_some(voters + rest[4]),
                voters,
                valid,
                blank: has_blank.then_some(rest[1]),
                null: has_blank.then_some(rest[2]),
                votes,
            };
            let parts = counts.split(&weights);
            let mut sum = Counts::zero(counts.votes.len(), has_register);
            if has_blank {
                (sum.blank, sum.null) = (Some(0), Some(0));
            }
            for part in &parts {
                prop_assert!(part.votes.iter().sum::<u64>() <= part.valid && part.valid <= part.voters);
                prop_assert!(part.registered.is_none_or(|registered| part.voters <= registered));
                sum.add(part);
            }
            prop_assert_eq!(sum, counts);
        }
    }
}
