//! Groups, shares and the profile.

use crate::error::ModelError;
use serde::{Deserialize, Serialize};

/// The four groups of the electorate. The last three vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Registered and did not, or will not, vote.
    Abstainers,
    /// Vote, for neither side: every other list, blank and null unless the reading says otherwise.
    Undecided,
    /// Vote for the campaign's side.
    Favourable,
    /// Vote against it.
    Opposed,
}

impl Group {
    /// The four, in the order of a [`Profile`].
    pub const ALL: [Self; 4] = [Self::Abstainers, Self::Undecided, Self::Favourable, Self::Opposed];

    /// The position in a [`Profile`].
    pub fn index(self) -> usize {
        match self {
            Self::Abstainers => 0,
            Self::Undecided => 1,
            Self::Favourable => 2,
            Self::Opposed => 3,
        }
    }
}

/// A share: a finite number from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Share(f64);

impl Share {
    /// A share from 0 to 1.
    ///
    /// # Errors
    /// When it is outside or not a number.
    pub fn new(share: f64) -> Result<Self, ModelError> {
        if (0.0..=1.0).contains(&share) {
            return Ok(Self(share));
        }
        Err(ModelError::Range { what: "a share", found: share.to_string(), expected: "a number from 0 to 1" })
    }

    /// The number.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Share {
    type Error = ModelError;
    fn try_from(share: f64) -> Result<Self, ModelError> {
        Self::new(share)
    }
}

impl From<Share> for f64 {
    fn from(share: Share) -> Self {
        share.0
    }
}

/// The four shares of an area's electors (of its voters where no register is known), which add to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "[f64; 4]", into = "[f64; 4]")]
pub struct Profile([f64; 4]);

impl Profile {
    /// How far from 1 the sum of four shares may be: rounding of four f64 additions, with room to spare.
    pub const TOLERANCE: f64 = 1e-9;

    /// A profile from the shares of abstainers, undecided, favourable and opposed.
    ///
    /// # Errors
    /// When a share is outside 0..=1 or they do not add to 1 within [`Self::TOLERANCE`].
    pub fn new(shares: [f64; 4]) -> Result<Self, ModelError> {
        for share in shares {
            Share::new(share)?;
        }
        let sum: f64 = shares.iter().sum();
        if (sum - 1.0).abs() > Self::TOLERANCE {
            return Err(ModelError::Range {
                what: "the sum of a profile's four shares",
                found: sum.to_string(),
                expected: "1",
            });
        }
        Ok(Self(shares))
    }

    /// The profile of exact counts; `None` where nobody is counted.
    pub fn of_counts(counts: [f64; 4]) -> Option<Self> {
        let total: f64 = counts.iter().sum();
        (total > 0.0 && counts.iter().all(|count| *count >= 0.0)).then(|| Self(counts.map(|count| count / total)))
    }

    /// The share of one group.
    pub fn share(&self, group: Group) -> f64 {
        self.0[group.index()]
    }

    /// The four shares: abstainers, undecided, favourable, opposed.
    pub fn shares(&self) -> [f64; 4] {
        self.0
    }
}

impl TryFrom<[f64; 4]> for Profile {
    type Error = ModelError;
    fn try_from(shares: [f64; 4]) -> Result<Self, ModelError> {
        Self::new(shares)
    }
}

impl From<Profile> for [f64; 4] {
    fn from(profile: Profile) -> Self {
        profile.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_that_does_not_add_to_one_cannot_exist() {
        assert!(Profile::new([0.4, 0.2, 0.3, 0.1]).is_ok());
        assert!(Profile::new([0.4, 0.2, 0.3, 0.2]).is_err());
        assert!(Profile::new([1.2, -0.2, 0.0, 0.0]).is_err());
        assert!(Profile::new([f64::NAN, 0.0, 0.0, 1.0]).is_err());
        assert!(Profile::of_counts([0.0; 4]).is_none());
    }

    #[test]
    fn a_share_is_a_number_from_zero_to_one() {
        assert!(Share::new(0.0).is_ok() && Share::new(1.0).is_ok());
        assert!(Share::new(-0.1).is_err() && Share::new(f64::INFINITY).is_err());
    }
}
