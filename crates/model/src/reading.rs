//! Blocs and readings: which group a list of a past election counts for.

use crate::election::{Counts, Election};
use crate::error::{ModelError, check_identifier};
use crate::profile::Profile;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// The id of a reading; `default` is the campaign's first one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReadingId(String);

impl ReadingId {
    /// The reading used where none is named.
    pub fn default_reading() -> Self {
        Self("default".to_owned())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ReadingId {
    type Err = ModelError;
    fn from_str(text: &str) -> Result<Self, ModelError> {
        check_identifier("reading", text)?;
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for ReadingId {
    type Error = ModelError;
    fn try_from(text: String) -> Result<Self, ModelError> {
        text.parse()
    }
}

impl From<ReadingId> for String {
    fn from(id: ReadingId) -> Self {
        id.0
    }
}

impl fmt::Display for ReadingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The lists of one election that count for each side. Everything else (other lists, blank and null) is undecided.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Blocs {
    /// Lists, or nuances where `by_nuance`, that count as favourable.
    pub favourable: Vec<String>,
    /// Likewise as opposed.
    pub opposed: Vec<String>,
    /// Whether the texts are nuances, not list ids.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_nuance: bool,
}

/// A bloc resolved against an election: for each list, the group's share of its votes (0 or 1 so far).
#[derive(Debug, Clone, PartialEq)]
pub struct Bloc {
    /// For each list of the election, in its order.
    pub favourable: Vec<f64>,
    /// Likewise.
    pub opposed: Vec<f64>,
}

impl Blocs {
    /// Finds the lists of an election that the blocs name.
    ///
    /// # Errors
    /// When a name is in no list, or a list stands on both sides.
    pub fn resolve(&self, election: &Election) -> Result<Bloc, ModelError> {
        let side = |names: &[String]| -> Result<Vec<f64>, ModelError> {
            let mut weights = vec![0.0; election.lists.len()];
            for name in names {
                let mut found = false;
                for (list, weight) in election.lists.iter().zip(&mut weights) {
                    let hit = if self.by_nuance {
                        list.nuance.as_deref() == Some(name.as_str())
                    } else {
                        list.id.as_str() == name
                    };
                    if hit {
                        *weight = 1.0;
                        found = true;
                    }
                }
                if !found {
                    return Err(ModelError::Unknown {
                        what: if self.by_nuance { "nuance" } else { "list" },
                        found: name.clone(),
                        known: known_names(election, self.by_nuance),
                    });
                }
            }
            Ok(weights)
        };
        let bloc = Bloc { favourable: side(&self.favourable)?, opposed: side(&self.opposed)? };
        let both = election.lists.iter().enumerate().find(|(at, _)| bloc.favourable[*at] + bloc.opposed[*at] > 1.0);
        if let Some((_, list)) = both {
            return Err(ModelError::Identifier {
                what: "list",
                found: list.id.to_string(),
                expected: "a list on one side only, it stands in both blocs",
            });
        }
        Ok(bloc)
    }
}

fn known_names(election: &Election, by_nuance: bool) -> String {
    let mut names: Vec<&str> = election
        .lists
        .iter()
        .filter_map(|list| if by_nuance { list.nuance.as_deref() } else { Some(list.id.as_str()) })
        .collect();
    names.dedup();
    names.join(", ")
}

/// A named set of blocs: how each past election is read as the four groups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// The id.
    pub id: ReadingId,
    /// The label shown.
    pub label: String,
    /// What "undecided" is called where the reading renames it, in French and English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undecided_label: Option<[String; 2]>,
    /// Election id to blocs.
    pub blocs: BTreeMap<String, Blocs>,
}

/// The four groups as counts (not always whole: blocs may weigh), in the order abstainers, undecided, favourable,
/// opposed; from which the stages of the model take their odds.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct StageCounts {
    /// Abstainers, undecided, favourable, opposed.
    pub groups: [f64; 4],
    /// Whether abstainers are known; without a register they are 0 and every share is of voters.
    pub has_registered: bool,
}

impl StageCounts {
    /// Reads exact counts through a bloc.
    pub fn of(counts: &Counts, bloc: &Bloc) -> Self {
        let weigh = |weights: &[f64]| -> f64 {
            counts.votes.iter().zip(weights).map(|(votes, weight)| *votes as f64 * weight).sum()
        };
        let favourable = weigh(&bloc.favourable);
        let opposed = weigh(&bloc.opposed);
        let undecided = (counts.voters as f64 - favourable - opposed).max(0.0);
        Self {
            groups: [counts.abstentions().unwrap_or(0) as f64, undecided, favourable, opposed],
            has_registered: counts.registered.is_some(),
        }
    }

    /// `(a, b)` of the three stages: abstain against vote; undecided against decided; favourable against opposed.
    pub fn stages(&self) -> [(f64, f64); 3] {
        let [abstainers, undecided, favourable, opposed] = self.groups;
        [(abstainers, undecided + favourable + opposed), (undecided, favourable + opposed), (favourable, opposed)]
    }

    /// The profile; `None` where nobody is counted.
    pub fn profile(&self) -> Option<Profile> {
        Profile::of_counts(self.groups)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::election::ListName;

    fn election() -> Election {
        let list = |id: &str, nuance: &str| ListName {
            id: id.parse().expect("a list id"),
            label: id.to_owned(),
            nuance: Some(nuance.to_owned()),
        };
        Election {
            id: "pres2017t1".parse().expect("an id"),
            label: "2017".into(),
            date: time::macros::date!(2017 - 04 - 23),
            has_registered: true,
            lists: vec![list("MACRON", "C"), list("LE PEN", "X"), list("FILLON", "D")],
        }
    }

    #[test]
    fn the_rest_is_undecided_and_the_four_groups_add_up_to_the_registered() {
        let blocs = Blocs { favourable: vec!["MACRON".into()], opposed: vec!["LE PEN".into()], ..Blocs::default() };
        let bloc = blocs.resolve(&election()).expect("known lists");
        let counts = Counts {
            registered: Some(100),
            voters: 80,
            valid: 75,
            blank: Some(3),
            null: Some(2),
            votes: vec![30, 25, 20],
        };
        let groups = StageCounts::of(&counts, &bloc);
        assert_eq!(groups.groups, [20.0, 25.0, 30.0, 25.0]);
        assert_eq!(groups.stages(), [(20.0, 80.0), (25.0, 55.0), (30.0, 25.0)]);
    }

    #[test]
    fn a_bloc_names_lists_that_exist_on_one_side_only() {
        let unknown = Blocs { favourable: vec!["HAMON".into()], ..Blocs::default() };
        let message = unknown.resolve(&election()).expect_err("no such list").to_string();
        assert!(message.contains("HAMON") && message.contains("MACRON, LE PEN, FILLON"), "{message}");
        let both = Blocs { favourable: vec!["MACRON".into()], opposed: vec!["MACRON".into()], ..Blocs::default() };
        assert!(both.resolve(&election()).is_err());
        let nuance = Blocs { favourable: vec!["C".into()], by_nuance: true, ..Blocs::default() };
        assert_eq!(nuance.resolve(&election()).expect("a nuance").favourable, [1.0, 0.0, 0.0]);
    }
}
