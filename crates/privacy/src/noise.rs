//! Exact discrete Laplace noise, after Canonne, Kamath and Steinke, "The Discrete Gaussian for Differential Privacy"
//! (2020), algorithms 1 and 2: rational arithmetic on whole numbers, no floating point.

use quartier_model::NoiseLaw;
use rand::TryRng;
use std::fmt;
use std::str::FromStr;

/// Largest budget that is taken, in thousandths: above 10 the noise hides nothing.
const MOST: u32 = 10_000;

/// The privacy budget of one answer: eps in whole thousandths, so that the sampler needs no rounding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget(u32);

/// A budget that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("eps is `{found}`, expected a number above 0 and at most 10, with at most three decimals")]
pub struct BudgetError {
    found: String,
}

impl Budget {
    /// One: the budget of a batch unless another is asked for.
    pub const ONE: Self = Self(1000);

    /// In thousandths.
    pub fn thousandths(self) -> u32 {
        self.0
    }

    /// The law of the noise that it buys.
    pub fn law(self) -> NoiseLaw {
        NoiseLaw::DiscreteLaplace { eps: f64::from(self.0) / 1000.0 }
    }
}

impl FromStr for Budget {
    type Err = BudgetError;
    fn from_str(text: &str) -> Result<Self, BudgetError> {
        let refused = || BudgetError { found: text.chars().take(40).collect() };
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(decimals) || decimals.len() > 3 || text == "." || whole.len() > 2 {
            return Err(refused());
        }
        let number = |part: &str| if part.is_empty() { Ok(0) } else { part.parse::<u32>().map_err(|_| refused()) };
        let thousandths = number(whole)? * 1000 + number(&format!("{decimals:0<3}"))?;
        if (1..=MOST).contains(&thousandths) { Ok(Self(thousandths)) } else { Err(refused()) }
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{}.{:03}", self.0 / 1000, self.0 % 1000);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// The law P(k) ~ exp(-|k| s / t) on whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiscreteLaplace {
    s: u64,
    t: u64,
}

impl DiscreteLaplace {
    /// The noise on one count, in units of which one answer has `answer`: exp(-eps |k| / (2 answer)). One answer
    /// moves the counts of a batch by at most 2 `answer` together.
    pub fn of(budget: Budget, answer: u32) -> Self {
        let (s, t) = (u64::from(budget.0), 2000 * u64::from(answer.max(1)));
        let divisor = gcd(s, t);
        Self { s: s / divisor, t: t / divisor }
    }

    /// One draw.
    ///
    /// # Errors
    /// Those of the source of chance.
    pub fn sample<R: TryRng>(&self, rng: &mut R) -> Result<i64, R::Error> {
        loop {
            let u = uniform(self.t, rng)?;
            if !bernoulli_exp_fraction(u, self.t, rng)? {
                continue;
            }
            let mut v = 0_u64;
            while bernoulli_exp_fraction(1, 1, rng)? {
                v += 1;
            }
            let magnitude = (u + self.t * v) / self.s;
            let negative = uniform(2, rng)? == 1;
            // Zero has one sign, or it would come up twice as often as it must.
            if negative && magnitude == 0 {
                continue;
            }
            // The chance of v above 100 is exp(-100): the product is far from the end of the type.
            let magnitude = magnitude as i64;
            return Ok(if negative { -magnitude } else { magnitude });
        }
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// A whole number below `bound`, each as likely: bits beyond it are drawn again.
fn uniform<R: TryRng>(bound: u64, rng: &mut R) -> Result<u64, R::Error> {
    let mask = u64::MAX >> (bound - 1).leading_zeros().min(63);
    loop {
        let drawn = rng.try_next_u64()? & mask;
        if drawn < bound {
            return Ok(drawn);
        }
    }
}

/// True with probability exp(-a / b), 0 <= a / b <= 1 (algorithm 1): the parity of the first k at which a coin of
/// chance a / (b k) fails.
fn bernoulli_exp_fraction<R: TryRng>(a: u64, b: u64, rng: &mut R) -> Result<bool, R::Error> {
    let mut k = 1;
    while uniform(b * k, rng)? < a {
        k += 1;
    }
    Ok(k % 2 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha12Rng;

    fn frequencies(budget: &str, answer: u32, draws: u32) -> Vec<u64> {
        const HALF: i64 = 4000;
        let law = DiscreteLaplace::of(budget.parse().expect("a budget"), answer);
        let mut rng = ChaCha12Rng::seed_from_u64(20);
        let mut counts = vec![0; 2 * HALF as usize + 1];
        for _ in 0..draws {
            let drawn = law.sample(&mut rng).expect("a seeded source does not fail");
            counts[(drawn.clamp(-HALF, HALF) + HALF) as usize] += 1;
        }
        counts
    }

    /// Pearson's chi-square over the bins that expect at least 5, the rest in one bin.
    #[test]
    fn the_sampler_draws_by_its_law() {
        for (budget, answer, draws) in [("1", 1, 400_000), ("0.25", 1, 200_000), ("3", 1, 200_000), ("8", 2, 100_000)] {
            let counts = frequencies(budget, answer, draws);
            let eps = f64::from(budget.parse::<Budget>().expect("a budget").thousandths()) / 1000.0;
            let a = (-eps / 2.0 / f64::from(answer)).exp();
            let half = (counts.len() / 2) as i32;
            let (mut statistic, mut bins, mut rest) = (0.0, 0, (0.0, 0.0));
            for (at, count) in counts.iter().enumerate() {
                let expected = f64::from(draws) * (1.0 - a) / (1.0 + a) * a.powi((at as i32 - half).abs());
                if expected < 5.0 {
                    rest = (rest.0 + *count as f64, rest.1 + expected);
                } else {
                    statistic += (*count as f64 - expected).powi(2) / expected;
                    bins += 1;
                }
            }
            if rest.1 > 0.0 {
                statistic += (rest.0 - rest.1).powi(2) / rest.1;
            }
            // Wilson and Hilferty (1931): within four standard deviations, which a sound sampler leaves once in 16,000.
            let freedom = f64::from(bins);
            let spread = 2.0 / (9.0 * freedom);
            let z = ((statistic / freedom).cbrt() - (1.0 - spread)) / spread.sqrt();
            assert!(z.abs() < 4.0, "eps {budget}: chi-square {statistic:.1} on {freedom} bins, z {z:.2}");
        }
    }

    #[test]
    fn a_budget_is_a_decimal_of_three_places() {
        for (text, thousandths) in [("1", 1000), ("0.5", 500), (".125", 125), ("10", 10_000), ("1.0", 1000)] {
            assert_eq!(text.parse::<Budget>().map(Budget::thousandths), Ok(thousandths), "{text}");
        }
        for text in ["0", "", ".", "-1", "11", "1e-3", "0.0001", "NaN", "inf", "1,5", "999999999999"] {
            assert!(text.parse::<Budget>().is_err(), "{text}");
        }
        assert_eq!("0.250".parse::<Budget>().expect("a budget").to_string(), "0.25");
        assert_eq!(Budget::ONE.to_string(), "1");
    }

    #[test]
    fn a_source_that_fails_is_an_error_and_no_zero() {
        struct Broken;
        #[derive(Debug, thiserror::Error)]
        #[error("no chance")]
        struct NoChance;
        impl TryRng for Broken {
            type Error = NoChance;
            fn try_next_u32(&mut self) -> Result<u32, NoChance> {
                Err(NoChance)
            }
            fn try_next_u64(&mut self) -> Result<u64, NoChance> {
                Err(NoChance)
            }
            fn try_fill_bytes(&mut self, _: &mut [u8]) -> Result<(), NoChance> {
                Err(NoChance)
            }
        }
        assert!(DiscreteLaplace::of(Budget::ONE, 1).sample(&mut Broken).is_err());
    }
}
