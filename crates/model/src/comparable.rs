//! Base and reserve: exact measures of several past elections, which the campaign names.

use crate::election::ElectionId;
use crate::error::ModelError;
use crate::measure::Label;
use crate::profile::Group;
use crate::reading::StageCounts;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// `[comparable]`: the elections that base and reserve are counted over. No measure where none are named.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparable {
    /// Those whose lowest favourable count is the base: two or more, or none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub base: Vec<ElectionId>,
    /// Those between which voters went missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserve: Option<ReservePair>,
}

/// A high-turnout election and a low one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReservePair {
    /// Where many voted, and our share is taken.
    pub high: ElectionId,
    /// Where fewer voted.
    pub low: ElectionId,
}

impl Comparable {
    /// Whether the campaign names no election.
    pub fn is_empty(&self) -> bool {
        self.base.is_empty() && self.reserve.is_none()
    }

    /// The elections that a measure is counted over: of a reserve the high one, then the low one. Empty: none named.
    pub fn elections(&self, measure: PastMeasure) -> Vec<ElectionId> {
        match (measure, &self.reserve) {
            (PastMeasure::Base, _) => self.base.clone(),
            (PastMeasure::Reserve, Some(pair)) => vec![pair.high.clone(), pair.low.clone()],
            (PastMeasure::Reserve, None) => Vec::new(),
        }
    }
}

/// An exact measure of several past elections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PastMeasure {
    /// The lowest favourable count.
    Base,
    /// Voters who went missing, times our share.
    Reserve,
}

impl PastMeasure {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Base, Self::Reserve];

    /// The id in the API and in files.
    pub fn id(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Reserve => "reserve",
        }
    }

    /// Whether it may be negative.
    pub fn signed(self) -> bool {
        self == Self::Reserve
    }

    /// The name shown.
    pub fn label(self) -> Label {
        match self {
            Self::Base => Label { fr: "Socle", en: "Base" },
            Self::Reserve => Label { fr: "Réserve", en: "Reserve" },
        }
    }

    /// One sentence that a volunteer understands; the elections are named beside it, in its order.
    pub fn sentence(self) -> Label {
        match self {
            Self::Base => Label {
                fr: "Les voix que nous avons eues même à la plus mauvaise de ces élections.",
                en: "The votes that we had even at the worst of these elections.",
            },
            Self::Reserve => Label {
                fr: "Les électeurs de la première élection qui ont manqué à la seconde, à raison de notre part à la première ; sous zéro, on a plus voté à la seconde.",
                en: "Voters of the first election who were missing at the second, times our share at the first; below zero, more people voted at the second.",
            },
        }
    }

    /// The definition, in plain text.
    pub fn formula(self) -> &'static str {
        match self {
            Self::Base => "min over the elections of favourable votes here; exact",
            Self::Reserve => {
                "(voters of the first - voters of the second) x favourable of the first / voters of the first; exact"
            }
        }
    }
}

impl FromStr for PastMeasure {
    type Err = ModelError;
    fn from_str(text: &str) -> Result<Self, ModelError> {
        Self::ALL.into_iter().find(|measure| measure.id() == text).ok_or_else(|| ModelError::Unknown {
            what: "measure of the past",
            found: text.chars().take(60).collect(),
            known: Self::ALL.map(Self::id).join(", "),
        })
    }
}

impl fmt::Display for PastMeasure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// The lowest of the favourable counts of an area, one an election, and the position of the election that has it (the
/// first of equals); `None` without an election.
///
/// At a coarser level this is of the level's own counts, not the sum of the areas below: it stays the count of one
/// election, which can be named and looked up, and does not fall as the areas below get finer. The bases of the areas
/// below add up to at most that of their parent.
pub fn base(favourable: &[f64]) -> Option<(usize, f64)> {
    favourable.iter().copied().enumerate().reduce(|best, next| if next.1 < best.1 { next } else { best })
}

/// Voters of the high-turnout election missing at the low one, times our share of the high one's voters; people.
/// Negative where more voted at the low one; `None` where nobody voted at the high one.
pub fn reserve(high: &StageCounts, low: &StageCounts) -> Option<f64> {
    let voters = |counts: &StageCounts| -> f64 {
        [Group::Undecided, Group::Favourable, Group::Opposed].map(|group| counts.groups[group.index()]).iter().sum()
    };
    let then = voters(high);
    (then > 0.0).then(|| (then - voters(low)) * high.groups[Group::Favourable.index()] / then)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(groups: [f64; 4]) -> StageCounts {
        StageCounts { groups, has_registered: true }
    }

    #[test]
    fn a_base_is_the_lowest_count_and_names_its_election() {
        assert_eq!(base(&[40.0, 25.0, 30.0]), Some((1, 25.0)));
        assert_eq!(base(&[25.0, 25.0]), Some((0, 25.0)), "the first of equals");
        assert_eq!(base(&[12.0, 0.0]), Some((1, 0.0)), "nobody for us is a count");
        assert_eq!(base(&[]), None);
    }

    #[test]
    fn the_base_of_a_parent_is_of_its_own_counts_and_at_least_the_sum_of_its_childrens() {
        let children = [[40.0, 25.0], [10.0, 30.0]];
        let own = [50.0, 55.0];
        let sum: f64 = children.iter().filter_map(|child| base(child)).map(|(_, votes)| votes).sum();
        assert_eq!((sum, base(&own)), (35.0, Some((0, 50.0))));
    }

    #[test]
    fn a_reserve_is_our_part_of_the_voters_who_went_missing() {
        let high = counted([20.0, 20.0, 40.0, 20.0]);
        assert_eq!(reserve(&high, &counted([50.0, 20.0, 10.0, 20.0])), Some(30.0 * 0.5));
        assert_eq!(reserve(&high, &counted([0.0, 40.0, 30.0, 30.0])), Some(-10.0), "more voted at the low one");
        assert_eq!(reserve(&counted([100.0, 0.0, 0.0, 0.0]), &high), None, "nobody voted at the high one");
        assert_eq!(reserve(&high, &counted([100.0, 0.0, 0.0, 0.0])), Some(40.0), "nobody at the low one");
    }

    #[test]
    fn the_elections_of_a_measure_are_those_named() {
        let id = |text: &str| text.parse::<ElectionId>().expect("an id");
        let named =
            Comparable { base: vec![id("a"), id("b")], reserve: Some(ReservePair { high: id("b"), low: id("c") }) };
        assert_eq!(named.elections(PastMeasure::Base), [id("a"), id("b")]);
        assert_eq!(named.elections(PastMeasure::Reserve), [id("b"), id("c")]);
        assert!(Comparable::default().elections(PastMeasure::Reserve).is_empty());
        assert_eq!("reserve".parse(), Ok(PastMeasure::Reserve));
        assert!("core".parse::<PastMeasure>().expect_err("none").to_string().contains("base, reserve"));
    }
}
