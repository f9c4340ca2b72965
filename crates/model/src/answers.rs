//! Answers of a canvass as counts, and the law of the noise that protects them.

use crate::error::ModelError;
use crate::profile::Group;
use serde::{Deserialize, Serialize};

/// The fewest answers that are counted together: an area's fewer are added up at its first ancestor that reaches this.
pub const MIN_ANSWERS: u32 = 11;

/// What was added to counts before anything was stored. `privacy` samples it, `estimate` uses its likelihood.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "law")]
pub enum NoiseLaw {
    /// Nothing: the counts are what was counted.
    Exact,
    /// Integer noise on each group's count: P(k) = (1 - a) / (1 + a) a^|k|, a = exp(-eps / 2). One answer moves two
    /// counts by one, so the counts of a batch together are `eps`-differentially private in one answer.
    DiscreteLaplace {
        /// Privacy budget of one answer, above 0.
        eps: f64,
    },
}

impl NoiseLaw {
    /// Noise of budget `eps` an answer.
    ///
    /// # Errors
    /// When `eps` is not a number above 0.
    pub fn discrete_laplace(eps: f64) -> Result<Self, ModelError> {
        if eps.is_finite() && eps > 0.0 {
            return Ok(Self::DiscreteLaplace { eps });
        }
        Err(ModelError::Range { what: "eps", found: eps.to_string(), expected: "a number above 0" })
    }

    /// Variance of the noise on one count, in answers squared: 2 a / (1 - a)^2.
    pub fn variance(self) -> f64 {
        match self {
            Self::Exact => 0.0,
            Self::DiscreteLaplace { eps } => {
                let a = (-eps / 2.0).exp();
                // 1 - a without cancellation where eps is small.
                2.0 * a / (-eps / 2.0).exp_m1().powi(2)
            }
        }
    }
}

/// Answers at one place: how many were asked, and what they said, under a noise law.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AnswerCounts {
    asked: u32,
    groups: [Option<i32>; 4],
    law: NoiseLaw,
}

impl AnswerCounts {
    /// Counts of `asked` people, in the order of [`Group::ALL`]; `None`: that question was not asked. Noised counts may
    /// be negative and need not add to `asked`.
    ///
    /// # Errors
    /// When nothing was asked or nobody; when exact counts are negative or add to more than `asked`.
    pub fn new(asked: u32, groups: [Option<i32>; 4], law: NoiseLaw) -> Result<Self, ModelError> {
        if asked == 0 || groups.iter().all(Option::is_none) {
            let (found, expected) = (format!("{asked}"), "at least one person, and one question");
            return Err(ModelError::Range { what: "the number of people asked", found, expected });
        }
        if let NoiseLaw::DiscreteLaplace { eps } = law {
            NoiseLaw::discrete_laplace(eps)?;
        }
        let sum: i64 = groups.iter().flatten().copied().map(i64::from).sum();
        let unlawful = groups.iter().flatten().any(|count| *count < 0) || sum > i64::from(asked);
        if law == NoiseLaw::Exact && unlawful {
            let expected = "counts of at least 0 that add to at most the people asked";
            return Err(ModelError::Range { what: "the sum of exact counts", found: sum.to_string(), expected });
        }
        Ok(Self { asked, groups, law })
    }

    /// How many people were asked: exact.
    pub fn asked(&self) -> u32 {
        self.asked
    }

    /// How many said that they belong to a group; `None`: not asked.
    pub fn count(&self, group: Group) -> Option<i32> {
        self.groups[group.index()]
    }

    /// The four counts, in the order of [`Group::ALL`].
    pub fn groups(&self) -> [Option<i32>; 4] {
        self.groups
    }

    /// What was added to them.
    pub fn law(&self) -> NoiseLaw {
        self.law
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_counts_obey_what_noised_ones_need_not() {
        let groups = [None, Some(3), Some(-2), Some(12)];
        assert!(AnswerCounts::new(12, groups, NoiseLaw::Exact).is_err());
        let noised = AnswerCounts::new(12, groups, NoiseLaw::discrete_laplace(1.0).expect("a law")).expect("counts");
        assert_eq!(
            (noised.asked(), noised.count(Group::Favourable), noised.count(Group::Abstainers)),
            (12, Some(-2), None)
        );
        assert!(AnswerCounts::new(12, [None, Some(3), Some(2), Some(7)], NoiseLaw::Exact).is_ok());
        assert!(AnswerCounts::new(11, [None, Some(3), Some(2), Some(7)], NoiseLaw::Exact).is_err());
        assert!(AnswerCounts::new(12, [None; 4], NoiseLaw::Exact).is_err());
        assert!(AnswerCounts::new(0, groups, NoiseLaw::Exact).is_err());
    }

    #[test]
    fn the_variance_is_that_of_the_law() {
        for eps in [0.1, 1.0, 3.0] {
            let a = f64::exp(-eps / 2.0);
            let by_sum: f64 =
                (1..2000).map(|k| 2.0 * f64::from(k * k) * a.powi(k)).sum::<f64>() * (1.0 - a) / (1.0 + a);
            let law = NoiseLaw::discrete_laplace(eps).expect("a law");
            assert!((law.variance() / by_sum - 1.0).abs() < 1e-9, "{eps}");
        }
        assert_eq!(NoiseLaw::Exact.variance(), 0.0);
        for eps in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(NoiseLaw::discrete_laplace(eps).is_err());
        }
    }
}
