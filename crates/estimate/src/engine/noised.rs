//! The likelihood of answers that were noised before they were stored.
//!
//! Of n people asked (n is exact) y_g said that they belong to group g, in the order abstain, undecided, favourable,
//! opposed; what is stored is y_g plus discrete Laplace noise, `g(k) ∝ a^|k|`, `a = exp(-eps / 2)`. How many reached
//! a stage is then as unknown as what they said there. The likelihood is the sum over all that may have been said,
//!
//! ```text
//! L(p1, p2, p3) = sum over y, sum y = n, of Multinomial(y; n, p) g(ỹ_1 - y_1) ... g(ỹ_4 - y_4)
//! ```
//!
//! which the three stages factorise into a chain of binomials: with N people at a stage, y of them its own and M = N - y
//! left for the next. A stage sees the others through what they say without this tally (their *cavity*, normal on the
//! logit scale), so that alone it faces a mixture of binomials in its own log odds,
//!
//! ```text
//! L_s(eta) = sum over (y, M) of c(y, M) p^y (1 - p)^M,      c(y, M) = A_s(y + M) C(y + M, y) g(ỹ_s - y) B_s(M)
//! A_s+1(M) = sum over y of A_s(y + M) E[Binomial(y; y + M, p_s)] g(ỹ_s - y)      who may reach the next stage
//! B_s-1(N) = sum over y of E[Binomial(y; N, p_s)] g(ỹ_s - y) B_s(N - y)          what the later counts say of N
//! ```
//!
//! The expectations are over the cavities: expectation propagation with sums in place of moments (Minka 2001), exact
//! where the cavities are normal. Noise beyond [`TAIL`] is taken to be impossible, which bounds the sums whatever n.
//! Counts are never clamped, and never taken to be exact.

use super::likelihood::{LEAST_CURVATURE, Point};
use crate::STAGES;
use crate::benchmark::invlogit;
use quartier_model::{AnswerCounts, NoiseLaw};

/// Probability of noise, on either side, that is left out of the sums.
const TAIL: f64 = 1e-10;
/// Log odds beyond which a likelihood no longer changes.
const FAR: f64 = 35.0;
/// Half-width of an integral over a cavity, in its sds.
const REACH: f64 = 6.0;
/// Step of such an integral, in sds of cavity times likelihood: the trapezoidal rule is then right to 1e-8.
const STEP: f64 = 0.9;

/// What a stage believes at an area without a tally: mean and variance of the log odds of its answers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Cavity {
    pub mean: f64,
    pub variance: f64,
}

/// Noised answers of one area to one stage, as a mixture of binomials.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mixture {
    /// "Yes", "no" and log weight of every term.
    terms: Vec<[f64; 3]>,
}

impl Mixture {
    /// From log weights `log(y, M)`; `None` where no term has any.
    fn new(yes: Window, no: Window, log: impl Fn(u32, u32) -> f64) -> Option<Self> {
        let mut terms = vec![];
        for y in yes.counts() {
            let row = no.counts().map(|m| [f64::from(y), f64::from(m), log(y, m)]);
            terms.extend(row.filter(|[_, _, log]| log.is_finite()));
        }
        (!terms.is_empty()).then_some(Self { terms })
    }

    /// Log likelihood, up to a constant, and its derivatives at log odds `eta`.
    ///
    /// With `X = y (1 - p) - M p` and N = y + M of each term, and moments under the terms' shares of the sum: slope
    /// `E X`, curvature `p (1 - p) E N - Var X`, and the curvature's own slope
    /// `p (1 - p) ((1 - 2 p) E N + 3 Cov(X, N)) - third central moment of X`. Far from the counts the curvature may be
    /// negative; there it is held at the least that Newton's method can use.
    pub(crate) fn at(&self, eta: f64) -> Point {
        let eta = eta.clamp(-FAR, FAR);
        let (p, q) = (invlogit(eta), invlogit(-eta));
        let (log_p, log_q) = (log_invlogit(eta), log_invlogit(-eta));
        let mut shares: Vec<f64> = self.terms.iter().map(|[y, m, log]| log + y * log_p + m * log_q).collect();
        let most = shares.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        shares.iter_mut().for_each(|share| *share = (*share - most).exp());
        let sum: f64 = shares.iter().sum();
        let mean = |of: &dyn Fn(f64, f64) -> f64| {
            self.terms.iter().zip(&shares).map(|([y, m, _], share)| share * of(*y, *m)).sum::<f64>() / sum
        };
        let (mean_x, mean_n) = (mean(&|y, m| y * q - m * p), mean(&|y, m| y + m));
        let (mut square, mut cube, mut with_n) = (0.0, 0.0, 0.0);
        for ([y, m, _], share) in self.terms.iter().zip(&shares) {
            let x = y * q - m * p - mean_x;
            square += share * x * x;
            cube += share * x * x * x;
            with_n += share * x * (y + m - mean_n);
        }
        let spread = p * q;
        let curvature = spread * mean_n - square / sum;
        let twist = spread * ((q - p) * mean_n + 3.0 * with_n / sum) - cube / sum;
        let held = curvature < LEAST_CURVATURE;
        Point {
            value: most + sum.ln(),
            slope: mean_x,
            curvature: if held { LEAST_CURVATURE } else { curvature },
            twist: if held { 0.0 } else { twist },
        }
    }
}

/// `log logit^-1(x)`.
fn log_invlogit(x: f64) -> f64 {
    // Of the two equal forms the one that does not overflow.
    if x > 0.0 { -(-x).exp().ln_1p() } else { x - x.exp().ln_1p() }
}

/// Whole numbers from `low` to `high`.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Window {
    low: u32,
    high: u32,
}

impl Window {
    fn counts(self) -> std::ops::RangeInclusive<u32> {
        self.low..=self.high
    }
}

/// Log weights of whole numbers; outside the window there is nothing.
#[derive(Debug, Clone, PartialEq)]
struct Weights {
    window: Window,
    logs: Vec<f64>,
}

impl Weights {
    fn new(window: Window, log: impl FnMut(u32) -> f64) -> Self {
        Self { window, logs: window.counts().map(log).collect() }
    }

    fn at(&self, count: u32) -> f64 {
        let place = count.checked_sub(self.window.low).and_then(|place| self.logs.get(place as usize));
        place.copied().unwrap_or(f64::NEG_INFINITY)
    }
}

/// One noised tally, ready to be seen by every stage.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Chain {
    asked: u32,
    /// Per group, the log weights of what may have been said; `None`: nobody was asked.
    said: [Option<Weights>; 4],
    /// The first stage that was asked with all later groups.
    first: usize,
}

impl Chain {
    /// `None` for counts that say nothing of a stage, or that need no sum.
    pub(crate) fn new(counts: &AnswerCounts) -> Option<Self> {
        let NoiseLaw::DiscreteLaplace { eps } = counts.law() else { return None };
        let groups = counts.groups();
        let first = groups.iter().rposition(Option::is_none).map_or(0, |last| last + 1);
        if first >= STAGES {
            return None;
        }
        let reach = (-TAIL.ln() * 2.0 / eps).ceil().min(f64::from(u32::MAX));
        let n = counts.asked();
        let said = groups.map(|count| {
            count.map(|count| {
                let end = |at: f64| at.clamp(0.0, f64::from(n)) as u32;
                let window = Window { low: end(f64::from(count) - reach), high: end(f64::from(count) + reach) };
                Weights::new(window, |said| -0.5 * eps * (f64::from(count) - f64::from(said)).abs())
            })
        });
        Some(Self { asked: n, said, first })
    }

    /// Whether a stage was asked.
    pub(crate) fn asks(&self, stage: usize) -> bool {
        (self.first..STAGES).contains(&stage)
    }

    /// About how many answered a stage: what the counts say, noise and all, within what is possible.
    pub(crate) fn about(&self, stage: usize) -> f64 {
        let likeliest = |weights: &Weights| {
            let most = weights.window.counts().max_by(|a, b| weights.at(*a).total_cmp(&weights.at(*b)));
            most.map_or(0.0, f64::from)
        };
        if stage == self.first {
            return f64::from(self.asked);
        }
        self.said[stage..].iter().flatten().map(likeliest).sum::<f64>().min(f64::from(self.asked))
    }

    /// What each stage sees, the others being at their cavities; `None` where it was not asked, or where the counts
    /// contradict n beyond all noise. A stage without a cavity is not modelled: every split is then as likely.
    pub(crate) fn mixtures(&self, cavities: &[Option<Cavity>; STAGES]) -> [Option<Mixture>; STAGES] {
        let mut mixtures = [const { None }; STAGES];
        let splits: [Splits; STAGES] =
            std::array::from_fn(|stage| Splits::new(cavities[stage].as_ref().filter(|_| self.asks(stage)), self.asked));
        let Some(later) = self.later(&splits) else { return mixtures };
        let mut reach = Weights::new(Window { low: self.asked, high: self.asked }, |_| 0.0);
        for stage in 0..STAGES {
            // Whoever was not asked is not there.
            let Some(own) = &self.said[stage] else { continue };
            let next = &later[stage];
            if self.asks(stage) {
                mixtures[stage] = Mixture::new(own.window, next.window, |y, m| {
                    reach.at(y.saturating_add(m)) + log_choose(y + m, y) + own.at(y) + next.at(m)
                });
            }
            let low = reach.window.low.saturating_sub(own.window.high).max(next.window.low);
            let high = reach.window.high.saturating_sub(own.window.low).min(next.window.high);
            if low > high {
                return mixtures;
            }
            reach = Weights::new(Window { low, high }, |m| {
                log_sum(own.window.counts().map(|y| {
                    let arrived = reach.at(y.saturating_add(m));
                    if arrived.is_finite() { arrived + own.at(y) + splits[stage].log(y, m) } else { arrived }
                }))
            });
        }
        mixtures
    }

    /// Per stage, what the groups after it say of how many there are; `None` where they allow nothing.
    fn later(&self, splits: &[Splits; STAGES]) -> Option<[Weights; STAGES]> {
        let last = self.said[STAGES].clone()?;
        let mut later = [last.clone(), last.clone(), last];
        for stage in (1..STAGES).rev() {
            let Some(own) = &self.said[stage] else {
                later[stage - 1] = later[stage].clone();
                continue;
            };
            let next = &later[stage];
            let window = Window {
                low: own.window.low.saturating_add(next.window.low).min(self.asked),
                high: own.window.high.saturating_add(next.window.high).min(self.asked),
            };
            later[stage - 1] = Weights::new(window, |n| {
                log_sum(own.window.counts().filter(|y| *y <= n).map(|y| {
                    let rest = next.at(n - y);
                    if rest.is_finite() { rest + own.at(y) + splits[stage].log(y, n - y) } else { rest }
                }))
            });
        }
        Some(later)
    }
}

/// How likely a split of N into y and M is, over a cavity.
struct Splits {
    /// Log weight, log p and log (1 - p) of each node of the integral; empty: every split is as likely.
    nodes: Vec<[f64; 3]>,
}

impl Splits {
    /// For splits of at most `most` people.
    fn new(cavity: Option<&Cavity>, most: u32) -> Self {
        let Some(cavity) = cavity else { return Self { nodes: vec![] } };
        let sd = cavity.variance.sqrt();
        let step = STEP / (1.0 / cavity.variance + 0.25 * f64::from(most)).sqrt();
        let half = (REACH * sd / step).ceil().min(2_000.0) as i32;
        let node = |at: i32| {
            let eta = (cavity.mean + f64::from(at) * step).clamp(-FAR, FAR);
            let z = f64::from(at) * step / sd;
            [
                -0.5 * z * z + (step / sd / (2.0 * std::f64::consts::PI).sqrt()).ln(),
                log_invlogit(eta),
                log_invlogit(-eta),
            ]
        };
        Self { nodes: (-half..=half).map(node).collect() }
    }

    /// Log of `E[C(y + m, y) p^y (1 - p)^m]`.
    fn log(&self, y: u32, m: u32) -> f64 {
        if self.nodes.is_empty() {
            return 0.0;
        }
        let (yes, no) = (f64::from(y), f64::from(m));
        log_choose(y + m, y) + log_sum(self.nodes.iter().map(|[weight, p, q]| weight + yes * p + no * q))
    }
}

/// `log sum exp`.
fn log_sum(logs: impl Iterator<Item = f64> + Clone) -> f64 {
    let most = logs.clone().fold(f64::NEG_INFINITY, f64::max);
    if most == f64::NEG_INFINITY {
        return most;
    }
    most + logs.map(|log| (log - most).exp()).sum::<f64>().ln()
}

/// Log of n over k.
fn log_choose(n: u32, k: u32) -> f64 {
    log_factorial(n) - log_factorial(k) - log_factorial(n - k)
}

/// Log of n!: by its product where that is small, by Stirling's series beyond, right to 1e-12.
fn log_factorial(n: u32) -> f64 {
    if n < 32 {
        return (2..=n).map(f64::from).product::<f64>().ln();
    }
    let x = f64::from(n) + 1.0;
    let inverse = 1.0 / x;
    let series = inverse / 12.0 - inverse.powi(3) / 360.0 + inverse.powi(5) / 1260.0;
    (x - 0.5) * x.ln() - x + 0.5 * (2.0 * std::f64::consts::PI).ln() + series
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(asked: u32, groups: [Option<i32>; 4], eps: f64) -> AnswerCounts {
        AnswerCounts::new(asked, groups, NoiseLaw::discrete_laplace(eps).expect("a law")).expect("counts")
    }

    fn choose(n: u32, k: u32) -> f64 {
        (0..k).map(|at| f64::from(n - at) / f64::from(at + 1)).product()
    }

    /// Sum over all that may have been said, straight from the definition.
    fn joint(asked: u32, said: [i32; 4], eps: f64, p: [f64; 3]) -> f64 {
        let g = |noised: i32, true_count: u32| (-0.5 * eps * f64::from((noised - true_count as i32).abs())).exp();
        let binomial = |y: u32, m: u32, p: f64| choose(y + m, y) * p.powi(y as i32) * (1.0 - p).powi(m as i32);
        let mut sum = 0.0;
        for a in 0..=asked {
            for u in 0..=asked - a {
                for f in 0..=asked - a - u {
                    let o = asked - a - u - f;
                    let chance = binomial(a, asked - a, p[0]) * binomial(u, f + o, p[1]) * binomial(f, o, p[2]);
                    sum += chance * g(said[0], a) * g(said[1], u) * g(said[2], f) * g(said[3], o);
                }
            }
        }
        sum
    }

    /// A cavity that is sure.
    fn sure(p: f64) -> Option<Cavity> {
        Some(Cavity { mean: (p / (1.0 - p)).ln(), variance: 1e-12 })
    }

    #[test]
    fn a_stage_sees_the_sum_over_all_that_may_have_been_said() {
        let (asked, said) = (17, [9, -2, 4, 11]);
        let chain = Chain::new(&counts(asked, said.map(Some), 1.0)).expect("noised counts");
        let p = [0.3, 0.15, 0.6];
        let mixtures = chain.mixtures(&p.map(sure));
        for (stage, mixture) in mixtures.iter().enumerate() {
            let mixture = mixture.as_ref().expect("every stage was asked");
            let differ = |own: f64| {
                let mut at = p;
                at[stage] = own;
                mixture.at((own / (1.0 - own)).ln()).value - joint(asked, said, 1.0, at).ln()
            };
            for own in [0.02, 0.2, 0.5, 0.95] {
                assert!((differ(own) - differ(0.35)).abs() < 1e-9, "stage {stage} at {own}");
            }
        }
    }

    #[test]
    fn an_unsure_cavity_is_integrated() {
        let (asked, said) = (12, [3, 2, 5, 1]);
        let chain = Chain::new(&counts(asked, said.map(Some), 1.0)).expect("noised counts");
        let wide = Cavity { mean: -0.4, variance: 0.8 };
        let mixtures = chain.mixtures(&[Some(wide), sure(0.2), sure(0.5)]);
        let mixture = mixtures[2].as_ref().expect("stage 3");
        // By a plain Riemann sum of many steps.
        let expected = |own: f64| {
            let steps = (-4_000..=4_000).map(|at| f64::from(at) * 2e-3);
            let each = steps.map(|z| {
                let p = invlogit(wide.mean + z * wide.variance.sqrt());
                (-0.5 * z * z).exp() * joint(asked, said, 1.0, [p, 0.2, own])
            });
            each.sum::<f64>().ln()
        };
        let value = |own: f64| mixture.at((own / (1.0 - own)).ln()).value;
        let differ = value(0.3) - expected(0.3);
        for own in [0.05, 0.5, 0.9] {
            assert!((value(own) - expected(own) - differ).abs() < 1e-6, "{own}");
        }
    }

    #[test]
    fn two_groups_of_a_known_number_are_a_yes_no_question() {
        let (asked, yes, no) = (11, 13, -1);
        let chain = Chain::new(&counts(asked, [None, None, Some(yes), Some(no)], 0.7)).expect("noised counts");
        assert_eq!([0, 1, 2].map(|stage| chain.asks(stage)), [false, false, true]);
        let mixtures = chain.mixtures(&[None, None, sure(0.5)]);
        assert!(mixtures[0].is_none() && mixtures[1].is_none());
        let mixture = mixtures[2].as_ref().expect("stage 3");
        let expected = |p: f64| {
            let each = (0..=asked).map(|y| {
                let g = |noised: i32, said: u32| (-0.35 * f64::from((noised - said as i32).abs())).exp();
                choose(asked, y) * p.powi(y as i32) * (1.0 - p).powi((asked - y) as i32) * g(yes, y) * g(no, asked - y)
            });
            each.sum::<f64>().ln()
        };
        let value = |p: f64| mixture.at((p / (1.0 - p)).ln()).value;
        for p in [0.01, 0.4, 0.99] {
            assert!((value(p) - value(0.7) - expected(p) + expected(0.7)).abs() < 1e-10, "{p}");
        }
    }

    #[test]
    fn derivatives_agree_with_differences() {
        let chain = Chain::new(&counts(30, [8, 5, 14, 1].map(Some), 1.0)).expect("noised counts");
        let mixtures = chain.mixtures(&[0.3, 0.2, 0.6].map(sure));
        let step = 1e-5;
        for mixture in mixtures.iter().flatten() {
            for eta in [-1.2, 0.0, 0.8] {
                let [below, here, above] = [eta - step, eta, eta + step].map(|eta| mixture.at(eta));
                assert!(((above.value - below.value) / (2.0 * step) - here.slope).abs() < 1e-7);
                let bend = (below.slope - above.slope) / (2.0 * step);
                assert!((bend.max(LEAST_CURVATURE) - here.curvature).abs() < 1e-7, "{eta}: {bend} {here:?}");
                assert!(((above.curvature - below.curvature) / (2.0 * step) - here.twist).abs() < 1e-7);
            }
        }
    }

    #[test]
    fn any_counts_leave_finite_numbers() {
        let cavities = [Some(Cavity { mean: -9.0, variance: 2.0 }), Some(Cavity { mean: 7.0, variance: 0.01 }), None];
        for (asked, groups, eps) in [
            (11, [40, -30, 60, -50], 1.0),
            (10_000, [9_990, 3, 5, 2], 1.0),
            (10_000, [0, 0, 4_000, 6_000], 3.0),
            (2_000, [700, 500, 400, 400], 0.2),
            (1, [0, 0, 0, 0], 1.0),
        ] {
            let chain = Chain::new(&counts(asked, groups.map(Some), eps)).expect("noised counts");
            for mixture in chain.mixtures(&cavities).iter().flatten() {
                for eta in [-900.0, -20.0, 0.0, 20.0, 900.0] {
                    let point = mixture.at(eta);
                    let finite = point.value.is_finite() && point.slope.is_finite() && point.twist.is_finite();
                    assert!(finite && point.curvature > 0.0, "{asked} {groups:?} {eta} {point:?}");
                }
            }
        }
        // Beyond all noise nothing can have been said.
        let chain = Chain::new(&counts(11, [500, 500, 500, 500].map(Some), 1.0)).expect("noised counts");
        assert!(chain.mixtures(&cavities).iter().all(Option::is_none));
    }

    #[test]
    fn factorials_are_right() {
        let mut log = 0.0;
        for n in 1..2_000u32 {
            log += f64::from(n).ln();
            assert!((log_factorial(n) - log).abs() < 1e-9, "{n}");
        }
    }
}
