//! Past elections: lists and exact counts.

use crate::error::{ModelError, check_identifier};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use time::Date;

/// The id of an election: 1 to 48 ASCII letters, digits, `_`, `-`, `.`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ElectionId(String);

impl ElectionId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ElectionId {
    type Err = ModelError;
    fn from_str(text: &str) -> Result<Self, ModelError> {
        check_identifier("election", text)?;
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for ElectionId {
    type Error = ModelError;
    fn try_from(text: String) -> Result<Self, ModelError> {
        text.parse()
    }
}

impl From<ElectionId> for String {
    fn from(id: ElectionId) -> Self {
        id.0
    }
}

impl fmt::Display for ElectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The id of a list or candidate within its election: the text by which files and blocs name it, 1 to 200
/// characters without control characters. Accents, spaces and apostrophes are kept ("ENVIE D'EUROPE").
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ListId(String);

impl ListId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ListId {
    type Err = ModelError;
    fn from_str(text: &str) -> Result<Self, ModelError> {
        let trimmed = text.trim();
        if trimmed.is_empty() || trimmed.chars().count() > 200 || trimmed.chars().any(char::is_control) {
            return Err(ModelError::Identifier {
                what: "list",
                found: text.chars().take(80).collect(),
                expected: "1 to 200 characters, no control character",
            });
        }
        Ok(Self(trimmed.to_owned()))
    }
}

impl TryFrom<String> for ListId {
    type Error = ModelError;
    fn try_from(text: String) -> Result<Self, ModelError> {
        text.parse()
    }
}

impl From<ListId> for String {
    fn from(id: ListId) -> Self {
        id.0
    }
}

impl fmt::Display for ListId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A list as people read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListName {
    /// The id, unique in its election.
    pub id: ListId,
    /// The label shown.
    pub label: String,
    /// The nuance (party family code) where the file gives one; a reading may be `--by nuance`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nuance: Option<String>,
}

/// An election of the past: what was voted on, and the lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Election {
    /// The id.
    pub id: ElectionId,
    /// The label shown.
    pub label: String,
    /// The day of the vote.
    pub date: Date,
    /// Whether files give the registered voters; if not, every share is of voters.
    pub has_registered: bool,
    /// The lists in file order; counts hold their votes in this order.
    pub lists: Vec<ListName>,
}

/// What is wrong with a row of counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CountsFault {
    /// More voters than registered.
    #[error("{voters} voters, expected at most the {registered} registered")]
    VotersAboveRegistered {
        /// As counted.
        voters: u64,
        /// As registered.
        registered: u64,
    },
    /// More valid votes (with blank and null, where given) than voters.
    #[error("{valid} valid, blank and null votes, expected at most the {voters} voters")]
    ValidAboveVoters {
        /// Valid, and blank and null where given.
        valid: u64,
        /// As counted.
        voters: u64,
    },
    /// The lists have more votes than there are valid ones.
    #[error("the lists add up to {lists} votes, expected at most the {valid} valid votes")]
    ListsAboveValid {
        /// Sum over the lists.
        lists: u64,
        /// As counted.
        valid: u64,
    },
}

/// Exact counts of one election in one place. Law, held by [`Counts::check`]: lists ≤ valid, valid (+ blank + null)
/// ≤ voters ≤ registered. Counts add up: the sum of two lawful counts is lawful.
///
/// Official files that are off by a vote may be kept on purpose (`--accept-discrepancy`), so the law is checked where
/// rows are read, and is not part of the type.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Registered voters; `None` where the file has no register.
    pub registered: Option<u64>,
    /// Ballots cast.
    pub voters: u64,
    /// Votes for a list.
    pub valid: u64,
    /// Blank ballots; `None` where the file counts them with the null ones or not at all.
    pub blank: Option<u64>,
    /// Null ballots; `None` likewise.
    pub null: Option<u64>,
    /// Votes of each list, in the election's order.
    pub votes: Vec<u64>,
}

impl Counts {
    /// Counts of nobody, for an election with so many lists; the neutral element of [`Self::add`].
    pub fn zero(lists: usize, has_registered: bool) -> Self {
        Self {
            registered: has_registered.then_some(0),
            blank: Some(0),
            null: Some(0),
            votes: vec![0; lists],
            ..Self::default()
        }
    }

    /// Checks the law of counts.
    ///
    /// # Errors
    /// The first part of the law that does not hold.
    pub fn check(&self) -> Result<(), CountsFault> {
        if let Some(registered) = self.registered
            && self.voters > registered
        {
            return Err(CountsFault::VotersAboveRegistered { voters: self.voters, registered });
        }
        let valid = self.valid + self.blank.unwrap_or(0) + self.null.unwrap_or(0);
        if valid > self.voters {
            return Err(CountsFault::ValidAboveVoters { valid, voters: self.voters });
        }
        let lists = self.votes.iter().sum();
        if lists > self.valid {
            return Err(CountsFault::ListsAboveValid { lists, valid: self.valid });
        }
        Ok(())
    }

    /// Adds another place's counts of the same election. What one of the two does not know, the sum does not know.
    pub fn add(&mut self, other: &Self) {
        let sum = |a: Option<u64>, b: Option<u64>| Some(a? + b?);
        self.registered = sum(self.registered, other.registered);
        self.blank = sum(self.blank, other.blank);
        self.null = sum(self.null, other.null);
        self.voters += other.voters;
        self.valid += other.valid;
        for (votes, more) in self.votes.iter_mut().zip(&other.votes) {
            *votes += more;
        }
    }

    /// Registered and did not vote; `None` without a register.
    pub fn abstentions(&self) -> Option<u64> {
        self.registered.map(|registered| registered.saturating_sub(self.voters))
    }

    /// Ballots that are for no list: blank and null, and votes the lists do not hold.
    pub fn not_for_a_list(&self) -> u64 {
        self.voters.saturating_sub(self.votes.iter().sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(registered: u64, voters: u64, valid: u64, votes: &[u64]) -> Counts {
        Counts { registered: Some(registered), voters, valid, blank: None, null: None, votes: votes.to_vec() }
    }

    #[test]
    fn counts_that_break_the_law_are_named() {
        assert_eq!(counts(10, 8, 7, &[4, 3]).check(), Ok(()));
        assert_eq!(
            counts(7, 8, 7, &[4, 3]).check(),
            Err(CountsFault::VotersAboveRegistered { voters: 8, registered: 7 })
        );
        assert_eq!(counts(10, 8, 9, &[]).check(), Err(CountsFault::ValidAboveVoters { valid: 9, voters: 8 }));
        assert_eq!(counts(10, 8, 6, &[4, 3]).check(), Err(CountsFault::ListsAboveValid { lists: 7, valid: 6 }));
    }

    #[test]
    fn what_one_place_does_not_know_the_sum_does_not_know() {
        let mut sum = Counts::zero(2, true);
        sum.add(&counts(10, 8, 7, &[4, 3]));
        sum.add(&counts(5, 5, 5, &[0, 5]));
        assert_eq!((sum.registered, sum.voters, sum.valid, sum.blank), (Some(15), 13, 12, None));
        assert_eq!(sum.votes, [4, 8]);
        assert_eq!(sum.abstentions(), Some(2));
        assert_eq!(sum.not_for_a_list(), 1);
    }
}
