//! Chance by address: a normal number is a pure function of (seed, purpose, area key, draw number).
//!
//! Nothing is drawn in sequence, so neither threads nor the order of areas can change a figure, unchanged evidence
//! gives unchanged figures, and two snapshots of one seed compare on common random numbers.
//!
//! Draws come in antithetic pairs: draw d + 100 has the opposite effects of draw d (Hammersley and Morton 1956). The
//! mean over the draws then carries no first-order noise of its own, so an estimate without news says what the
//! baseline says. Campaign-wide numbers (`mu`, a poll's error), of which there is only one a draw, are stratified as
//! well (Latin hypercube, McKay, Beckman, Conover 1979).

use quartier_model::DRAWS;

/// Half the draws: each has an antithetic twin.
pub(crate) const PAIRS: usize = DRAWS / 2;

/// Increment of Weyl's sequence in SplitMix64 (Steele, Lea, Flood 2014): 2^64 / golden ratio, odd.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// What a stream of numbers is for; streams of different purposes are independent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Effect of a node in a stage.
    Effect(usize),
    /// Error of a benchmark in a stage.
    BenchmarkError(usize),
    /// Offset between the leaning of abstainers and of voters.
    Lean,
    /// Slope of a covariate, or the campaign's response bias, in a stage.
    Slope(usize),
    /// Which component of the mixture over scales a draw takes, in a stage.
    Component(usize),
    /// What an area's tally leaves open, in a stage.
    Answers(usize),
    /// Difference of two neighbours, in a stage.
    Neighbours(usize),
}

impl Purpose {
    fn tag(self) -> u64 {
        match self {
            Self::Effect(stage) => 16 + stage as u64,
            Self::BenchmarkError(stage) => 32 + stage as u64,
            Self::Lean => 48,
            Self::Slope(stage) => 64 + stage as u64,
            Self::Component(stage) => 80 + stage as u64,
            Self::Answers(stage) => 96 + stage as u64,
            Self::Neighbours(stage) => 112 + stage as u64,
        }
    }
}

/// Finaliser of SplitMix64: every input bit reaches every output bit.
fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// FNV-1a of 64 bits (Fowler, Noll, Vo): the address of an area's key.
pub(crate) fn key_hash(key: &str) -> u64 {
    key.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The numbers of one (seed, purpose, area).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stream(u64);

impl Stream {
    /// The stream of an area, by the hash of its key.
    pub(crate) fn new(seed: u64, purpose: Purpose, key: u64) -> Self {
        Self(mix(mix(mix(seed.wrapping_add(GOLDEN)) ^ purpose.tag()).wrapping_add(key)))
    }

    /// A uniform number strictly inside (0, 1), of 52 bits.
    fn uniform(self, at: u64) -> f64 {
        let bits = mix(self.0.wrapping_add(at.wrapping_add(1).wrapping_mul(GOLDEN)));
        ((bits >> 12) as f64 + 0.5) / (1u64 << 52) as f64
    }

    /// The stream of two areas together, whatever their order.
    pub(crate) fn join(self, other: Self) -> Self {
        Self(mix(self.0.min(other.0)).wrapping_add(mix(self.0.max(other.0) ^ GOLDEN)))
    }

    /// A standard normal number of a pair of draws; the twin takes its negative.
    pub(crate) fn normal(self, pair: usize) -> f64 {
        inverse_normal(self.uniform(pair as u64))
    }

    /// Standard normal numbers of all draws, one in each of 100 strata of equal probability, twins mirrored.
    pub(crate) fn stratified(self) -> [f64; DRAWS] {
        let mut numbers = [0.0; DRAWS];
        for (pair, uniform) in self.stratified_uniform().into_iter().enumerate() {
            let z = inverse_normal(uniform);
            numbers[pair] = z;
            numbers[pair + PAIRS] = -z;
        }
        numbers
    }

    /// Uniform numbers of all pairs of draws, one in each of 100 strata.
    pub(crate) fn stratified_uniform(self) -> [f64; PAIRS] {
        let mut order: Vec<usize> = (0..PAIRS).collect();
        order.sort_by_key(|at| mix(self.0 ^ mix(*at as u64 + 1)));
        std::array::from_fn(|pair| (order[pair] as f64 + self.uniform(pair as u64)) / PAIRS as f64)
    }
}

/// Sd, on the logit scale, of the campaign-wide offset between how abstainers and voters lean (method, section 5).
pub const LEAN_SD: f64 = 0.3;

/// Per draw, the campaign-wide offset on the logit scale between how abstainers lean and how voters of the same area
/// vote, N(0, 0.3²). The measure `mobilisation` and the priorities take the same numbers.
pub fn lean_offsets(seed: u64) -> Vec<f64> {
    Stream::new(seed, Purpose::Lean, 0).stratified().iter().map(|z| LEAN_SD * z).collect()
}

/// Quantile of the standard normal at `p` strictly inside (0, 1): algorithm AS 241, PPND16 (Wichura 1988), relative
/// error about 1e-16.
pub fn inverse_normal(p: f64) -> f64 {
    const A: [f64; 8] = [
        3.387_132_872_796_366_6,
        133.141_667_891_784_38,
        1_971.590_950_306_551_3,
        13_731.693_765_509_46,
        45_921.953_931_549_87,
        67_265.770_927_008_7,
        33_430.575_583_588_13,
        2_509.080_928_730_122_7,
    ];
    const B: [f64; 8] = [
        1.0,
        42.313_330_701_600_91,
        687.187_007_492_057_9,
        5_394.196_021_424_751,
        21_213.794_301_586_597,
        39_307.895_800_092_71,
        28_729.085_735_721_943,
        5_226.495_278_852_854,
    ];
    const C: [f64; 8] = [
        1.423_437_110_749_683_5,
        4.630_337_846_156_546,
        5.769_497_221_460_691,
        3.647_848_324_763_204_5,
        1.270_458_252_452_368_4,
        0.241_780_725_177_450_6,
        0.022_723_844_989_269_184,
        7.745_450_142_783_414e-4,
    ];
    const D: [f64; 8] = [
        1.0,
        2.053_191_626_637_759,
        1.676_384_830_183_803_8,
        0.689_767_334_985_1,
        0.148_103_976_427_480_08,
        0.015_198_666_563_616_457,
        5.475_938_084_995_345e-4,
        1.050_750_071_644_416_9e-9,
    ];
    const E: [f64; 8] = [
        6.657_904_643_501_103,
        5.463_784_911_164_114,
        1.784_826_539_917_291_3,
        0.296_560_571_828_504_87,
        0.026_532_189_526_576_124,
        0.001_242_660_947_388_078_4,
        2.711_555_568_743_487_6e-5,
        2.010_334_399_292_288_1e-7,
    ];
    const F: [f64; 8] = [
        1.0,
        0.599_832_206_555_887_9,
        0.136_929_880_922_735_8,
        0.014_875_361_290_850_615,
        7.868_691_311_456_133e-4,
        1.846_318_317_510_054_8e-5,
        1.421_511_758_316_446e-7,
        2.044_263_103_389_939_8e-15,
    ];
    let ratio = |top: &[f64; 8], bottom: &[f64; 8], x: f64| {
        let poly = |c: &[f64; 8]| c.iter().rev().fold(0.0, |sum, c| sum * x + c);
        poly(top) / poly(bottom)
    };
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        return q * ratio(&A, &B, 0.180_625 - q * q);
    }
    let r = (-(if q < 0.0 { p } else { 1.0 - p }).ln()).sqrt();
    let z = if r <= 5.0 { ratio(&C, &D, r - 1.6) } else { ratio(&E, &F, r - 5.0) };
    if q < 0.0 { -z } else { z }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_normal_quantile_agrees_with_tables() {
        for (p, z) in [
            (0.5, 0.0),
            (0.975, 1.959_963_984_540_054),
            (0.95, 1.644_853_626_951_472_7),
            (0.9999, 3.719_016_485_455_709),
            (1e-5, -4.264_890_793_922_825),
            (1e-12, -7.034_483_825_301_132),
        ] {
            assert!((inverse_normal(p) - z).abs() < 1e-9 * (1.0 + z.abs()), "{p}: {} for {z}", inverse_normal(p));
        }
    }

    #[test]
    fn streams_are_standard_normal_and_independent() {
        let count = 40_000;
        let (mut sum, mut square, mut cross) = (0.0, 0.0, 0.0);
        for at in 0..count {
            let key = key_hash(&format!("commune:{at:05}"));
            let z = Stream::new(7, Purpose::Effect(0), key).normal(3);
            let other = Stream::new(7, Purpose::Effect(1), key).normal(3);
            sum += z;
            square += z * z;
            cross += z * other;
        }
        let n = f64::from(count);
        // Five standard errors of a mean of `count` numbers.
        assert!((sum / n).abs() < 5.0 / n.sqrt());
        assert!((square / n - 1.0).abs() < 5.0 * (2.0 / n).sqrt());
        assert!((cross / n).abs() < 5.0 / n.sqrt());
    }

    #[test]
    fn stratified_numbers_have_no_mean_and_unit_variance() {
        let numbers = Stream::new(1, Purpose::Lean, 0).stratified();
        assert!(numbers.iter().sum::<f64>().abs() < 1e-12);
        let variance = numbers.iter().map(|z| z * z).sum::<f64>() / DRAWS as f64;
        assert!((variance - 1.0).abs() < 0.1, "{variance}");
        assert_ne!(numbers, Stream::new(2, Purpose::Lean, 0).stratified());
    }
}
