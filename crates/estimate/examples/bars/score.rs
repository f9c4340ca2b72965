//! How good a forecast was: MAE and CRPS in points, coverage of 90 % intervals in percent, weighted.

use quartier_estimate::interval90;
use quartier_model::DRAWS;

/// A forecast's score, or a sum of scores.
#[derive(Debug, Clone, Copy, Default)]
pub struct Score {
    pub mae: f64,
    pub crps: f64,
    pub coverage: f64,
}

impl Score {
    pub fn mean(scores: &[Self]) -> Self {
        let mean = |part: fn(&Self) -> f64| scores.iter().map(part).sum::<f64>() / scores.len() as f64;
        Self { mae: mean(|s| s.mae), crps: mean(|s| s.crps), coverage: mean(|s| s.coverage) }
    }
}

/// Standard error of the mean of a part of scores, from their spread over the repetitions.
pub fn standard_error(scores: &[Score], part: fn(&Score) -> f64) -> f64 {
    let count = scores.len() as f64;
    let mean = scores.iter().map(part).sum::<f64>() / count;
    let square = scores.iter().map(|score| (part(score) - mean).powi(2)).sum::<f64>();
    (square / (count - 1.0) / count).sqrt()
}

/// CRPS of 200 draws: `mean |x - truth| - mean |x - x'| / 2` (Gneiting and Raftery 2007, equation 21).
fn crps(draws: &[f64; DRAWS], truth: f64) -> f64 {
    let mut sorted = *draws;
    sorted.sort_by(f64::total_cmp);
    let count = DRAWS as f64;
    let apart: f64 = sorted.iter().enumerate().map(|(at, x)| (2.0 * (at as f64 + 1.0) - count - 1.0) * x).sum();
    draws.iter().map(|x| (x - truth).abs()).sum::<f64>() / count - apart / (count * count)
}

/// Scores shares: `draws[d][i]` against `truth[i]`, with `mean` as the point forecast.
pub fn score(draws: &[Vec<f64>], mean: &[f64], truth: &[f64], weights: &[f64]) -> Score {
    let mut score = Score::default();
    let whole: f64 = weights.iter().sum();
    for (at, weight) in weights.iter().enumerate() {
        let own: [f64; DRAWS] = std::array::from_fn(|draw| draws[draw][at]);
        let (low, high) = interval90(&own);
        let inside = (low..=high).contains(&truth[at]);
        let part = 100.0 * weight / whole;
        score.mae += part * (mean[at] - truth[at]).abs();
        score.crps += part * crps(&own, truth[at]);
        score.coverage += if inside { part } else { 0.0 };
    }
    score
}

/// The draws' means.
pub fn means(draws: &[Vec<f64>]) -> Vec<f64> {
    let sum = |at: usize| draws.iter().map(|draw| draw[at]).sum::<f64>();
    (0..draws[0].len()).map(|at| sum(at) / DRAWS as f64).collect()
}

/// Weighted means over groups, as for the areas above.
pub fn grouped(values: &[f64], weights: &[f64], group: &[usize]) -> Vec<f64> {
    let mut sums = vec![[0.0; 2]; group.iter().max().map_or(0, |last| last + 1)];
    for ((value, weight), group) in values.iter().zip(weights).zip(group) {
        sums[*group][0] += weight * value;
        sums[*group][1] += weight;
    }
    sums.iter().map(|[sum, weight]| if *weight > 0.0 { sum / weight } else { 0.0 }).collect()
}
