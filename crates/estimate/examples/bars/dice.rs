//! Invented chance of the simulated canvass: a stream of numbers from a seed.

use quartier_estimate::inverse_normal;

/// SplitMix64 (Steele, Lea, Flood 2014).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x2545_f491_4f6c_dd1d))
    }

    /// Uniform strictly inside (0, 1).
    pub fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (((bits ^ (bits >> 31)) >> 12) as f64 + 0.5) / (1u64 << 52) as f64
    }

    pub fn normal(&mut self) -> f64 {
        inverse_normal(self.uniform())
    }

    /// Standard Gumbel: the extreme-value noise that turns weights into a choice without replacement.
    pub fn gumbel(&mut self) -> f64 {
        -(-self.uniform().ln()).ln()
    }

    /// Mean 1, variance 1/2: a Poisson number around it times a mean is negative binomial of size 2.
    pub fn gamma2(&mut self) -> f64 {
        -0.5 * (self.uniform() * self.uniform()).ln()
    }

    /// By exponential waiting times.
    pub fn poisson(&mut self, mean: f64) -> u32 {
        let (mut waited, mut count) = (-self.uniform().ln(), 0);
        while waited < mean {
            waited -= self.uniform().ln();
            count += 1;
        }
        count
    }

    /// One of several with these weights.
    pub fn choose(&mut self, weights: &[f64]) -> usize {
        let mut rest = self.uniform() * weights.iter().sum::<f64>();
        for (at, weight) in weights.iter().enumerate() {
            rest -= weight;
            if rest < 0.0 {
                return at;
            }
        }
        weights.len() - 1
    }
}
