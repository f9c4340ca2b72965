//! Classes: where a scale is cut, and how sure a figure must be to have a colour.

use crate::error::CartographyError;
use crate::jenks::fisher_jenks;
use serde::{Deserialize, Serialize};

/// The most classes a palette has colours for.
pub const MAX_CLASSES: usize = 6;

/// Classes where the figures are too wide for [`MAX_CLASSES`].
const FEWER_CLASSES: usize = 4;

/// The steps of the default classes in thousandths of a share: 1, 2, 2.5, 5, 10 or 20 points. Numbers that a reader
/// adds up without effort, from the interface's rules of colour.
pub const STEPS_THOUSANDTHS: [i32; 6] = [10, 20, 25, 50, 100, 200];

/// The share of electors left outside the default scale at either end; the end classes are open and hold them.
const TAIL: f64 = 0.01;

/// Room for the rounding of a difference of two thousandths: edges and spreads are themselves multiples of 0.001.
const ROUNDING: f64 = 1e-9;

/// A figure and how much it counts (its electors).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weighted {
    /// The figure, a fraction.
    pub value: f64,
    /// Its weight, 0 or above; a weight of 0 is ignored.
    pub weight: f64,
}

/// How a scale is cut.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Equal steps of 1, 2, 2.5, 5, 10 or 20 points: the default.
    Pretty,
    /// Equal steps from the least to the greatest value.
    Equal,
    /// As many electors in each class.
    Quantiles,
    /// The cut with the least weighted squared deviation within classes (Fisher 1958, Jenks 1977).
    Jenks,
    /// Edges chosen by hand.
    Fixed(Vec<f64>),
}

/// How much of a figure's class is known, judged on its spread against the class step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// Spread at most 1.5 steps: one of all colours.
    Precise,
    /// Spread at most 3 steps: one colour for two classes.
    Approximate,
    /// Wider: too uncertain to tell.
    Unsure,
}

impl Certainty {
    /// The widest spread of a precise figure, in steps (Correll, Moritz and Heer 2018: each level of the tree doubles
    /// the width that a colour stands for).
    pub const PRECISE_STEPS: f64 = 1.5;
    /// The widest spread of an approximate figure, in steps.
    pub const APPROXIMATE_STEPS: f64 = 3.0;

    /// The certainty of a figure whose 90 % interval of (area - campaign) is `spread` wide, on classes of width `step`.
    pub fn of(spread: f64, step: f64) -> Self {
        if spread <= Self::PRECISE_STEPS * step + ROUNDING {
            Self::Precise
        } else if spread <= Self::APPROXIMATE_STEPS * step + ROUNDING {
            Self::Approximate
        } else {
            Self::Unsure
        }
    }
}

/// A scale cut into classes by its inner edges; the first and last class are open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<f64>", into = "Vec<f64>")]
pub struct Classes(Vec<f64>);

impl Classes {
    /// Classes between inner edges: `n` edges make `n + 1` classes.
    ///
    /// # Errors
    /// When there is no edge, more than [`MAX_CLASSES`] - 1, or they are not finite and strictly increasing.
    pub fn new(edges: Vec<f64>) -> Result<Self, CartographyError> {
        let increasing = edges.windows(2).all(|pair| pair[0] < pair[1]);
        if edges.is_empty() || edges.len() >= MAX_CLASSES || !increasing || edges.iter().any(|edge| !edge.is_finite()) {
            return Err(CartographyError::Edges { found: format!("{edges:?}"), most: MAX_CLASSES - 1 });
        }
        Ok(Self(edges))
    }

    /// Cuts the scale of `values` into at most `count` classes by `method`. Fewer come back where values repeat so
    /// much that two edges would be one. `signed` puts an edge of [`Method::Pretty`] on 0, in the middle.
    ///
    /// # Errors
    /// When `count` is outside 2..=[`MAX_CLASSES`], no value has a weight, all values are alike (except for
    /// [`Method::Pretty`] and [`Method::Fixed`]), or fixed edges are not increasing.
    pub fn cut(values: &[Weighted], method: &Method, count: usize, signed: bool) -> Result<Self, CartographyError> {
        if !(2..=MAX_CLASSES).contains(&count) {
            return Err(CartographyError::ClassCount { found: count, most: MAX_CLASSES });
        }
        let sorted = sorted(values);
        let edges = match method {
            Method::Fixed(edges) => edges.clone(),
            Method::Pretty => return Self::pretty(&sorted, count, signed),
            Method::Jenks => fisher_jenks(&sorted, count),
            Method::Equal => {
                let (Some(first), Some(last)) = (sorted.first(), sorted.last()) else {
                    return Err(CartographyError::NoValues);
                };
                let step = (last.value - first.value) / count as f64;
                (1..count).map(|at| first.value + step * at as f64).collect()
            }
            Method::Quantiles => {
                // A class ends after its quantile, so the edge is the next value; past the last there is no class.
                let mut edges: Vec<f64> = (1..count)
                    .filter_map(|at| percentile(&sorted, at as f64 / count as f64))
                    .filter_map(|below| sorted.iter().map(|item| item.value).find(|value| *value > below))
                    .collect();
                edges.dedup();
                // The greatest value may hold every quantile: then it is a class, and what lies below another.
                let ends = sorted.first().zip(sorted.last()).filter(|(least, greatest)| least.value < greatest.value);
                edges.extend(ends.filter(|_| edges.is_empty()).map(|(_, greatest)| greatest.value));
                edges
            }
        };
        if sorted.is_empty() && !matches!(method, Method::Fixed(_)) {
            return Err(CartographyError::NoValues);
        }
        Self::new(edges)
    }

    /// Equal steps: the smallest of [`STEPS_THOUSANDTHS`] whose `count` classes, with edges on multiples of the step,
    /// cover the 1st to the 99th percentile of the electors; four where six would end above 100 %. `signed` centres them
    /// on 0.
    fn pretty(sorted: &[Weighted], count: usize, signed: bool) -> Result<Self, CartographyError> {
        let (Some(low), Some(high)) = (percentile(sorted, TAIL), percentile(sorted, 1.0 - TAIL)) else {
            return Err(CartographyError::NoValues);
        };
        let (low, high) = (low * 1000.0, high * 1000.0);
        let classes = count as i32;
        let mut edges = Vec::new();
        for step in STEPS_THOUSANDTHS {
            let wide = f64::from(step);
            // The scale starts `start` steps from 0; its inner edges are the next multiples.
            let start = if signed {
                -classes / 2
            } else {
                let lowest_needed = (low / wide + ROUNDING).floor() as i32;
                let spare = classes - ((high / wide - ROUNDING).ceil() as i32 - lowest_needed);
                // What is left over goes to both ends, never below 0 % nor above 100 %.
                let highest = (1000 / step - classes).max(0);
                (lowest_needed - spare.max(0) / 2).clamp(0, highest)
            };
            edges = (1..classes).map(|at| f64::from((start + at) * step) / 1000.0).collect();
            let covers =
                f64::from(start * step) <= low + ROUNDING && f64::from((start + classes) * step) >= high - ROUNDING;
            if covers {
                break;
            }
        }
        // Six classes of 20 points would end above 100 %: nothing is there.
        if !signed && count > FEWER_CLASSES && edges.last().is_some_and(|last| *last >= 1.0) {
            return Self::pretty(sorted, FEWER_CLASSES, signed);
        }
        Self::new(edges)
    }

    /// The inner edges, increasing.
    pub fn edges(&self) -> &[f64] {
        &self.0
    }

    /// How many classes there are: one more than edges.
    pub fn count(&self) -> usize {
        self.0.len() + 1
    }

    /// The class of a value, 0 the lowest; a value on an edge belongs to the class above it.
    pub fn class_of(&self, value: f64) -> usize {
        self.0.iter().filter(|edge| value >= **edge).count()
    }

    /// The mean width of the closed classes; infinite where there is none (two classes), since no spread can then say
    /// that the class is wrong by more than one.
    pub fn step(&self) -> f64 {
        match (self.0.first(), self.0.last()) {
            (Some(first), Some(last)) if self.0.len() > 1 => (last - first) / (self.0.len() - 1) as f64,
            _ => f64::INFINITY,
        }
    }
}

impl TryFrom<Vec<f64>> for Classes {
    type Error = CartographyError;
    fn try_from(edges: Vec<f64>) -> Result<Self, CartographyError> {
        Self::new(edges)
    }
}

impl From<Classes> for Vec<f64> {
    fn from(classes: Classes) -> Self {
        classes.0
    }
}

/// The classes that a measure gets at its first publication: six pretty ones, or four where the figures are too wide
/// for six.
///
/// `values`: the finest level, weighted by electors. `half_widths`: half of each area's spread, weighted alike; empty
/// for exact counts. `signed`: whether the measure has a sign (edges break at 0).
///
/// # Errors
/// [`CartographyError::NoValues`] when no area has a figure and electors.
pub fn default_classes(
    values: &[Weighted],
    half_widths: &[Weighted],
    signed: bool,
) -> Result<Classes, CartographyError> {
    supported_classes(values, half_widths, &Method::Pretty, signed)
}

/// Six classes by any method, or four where the data support no more: the median half-width of the spread exceeds the
/// step of six, so that a colour would say more than is known. Edges chosen by hand are kept as they are.
///
/// # Errors
/// Those of [`Classes::cut`].
pub fn supported_classes(
    values: &[Weighted],
    half_widths: &[Weighted],
    method: &Method,
    signed: bool,
) -> Result<Classes, CartographyError> {
    let six = Classes::cut(values, method, MAX_CLASSES, signed)?;
    match percentile(&sorted(half_widths), 0.5) {
        _ if matches!(method, Method::Fixed(_)) => Ok(six),
        Some(median) if median > six.step() + ROUNDING => Classes::cut(values, method, FEWER_CLASSES, signed),
        _ => Ok(six),
    }
}

/// The least value of `sorted` (by value) at or below which a share `q` (0 to 1) of the weight lies; `None` when empty.
pub fn percentile(sorted: &[Weighted], q: f64) -> Option<f64> {
    let total: f64 = sorted.iter().map(|item| item.weight).sum();
    let wanted = total * q.clamp(0.0, 1.0);
    let mut below = 0.0;
    for item in sorted {
        below += item.weight;
        // A relative tolerance: sums of weights in another order differ in their last digits.
        if below >= wanted - total * 1e-12 {
            return Some(item.value);
        }
    }
    sorted.last().map(|item| item.value)
}

/// The values that count, in increasing order.
fn sorted(values: &[Weighted]) -> Vec<Weighted> {
    let mut kept: Vec<Weighted> =
        values.iter().copied().filter(|item| item.value.is_finite() && item.weight > 0.0).collect();
    kept.sort_by(|a, b| a.value.total_cmp(&b.value));
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn even(values: &[f64]) -> Vec<Weighted> {
        values.iter().map(|value| Weighted { value: *value, weight: 1.0 }).collect()
    }

    fn cut(values: &[f64], method: Method) -> Vec<f64> {
        Classes::cut(&even(values), &method, 6, false).expect("classes").edges().to_vec()
    }

    #[test]
    fn default_steps_are_numbers_that_a_reader_adds_up() {
        for (low, high, edges) in [
            (0.31, 0.35, &[0.31, 0.32, 0.33, 0.34, 0.35][..]),
            (0.15, 0.42, &[0.20, 0.25, 0.30, 0.35, 0.40]),
            (0.02, 0.09, &[0.02, 0.04, 0.06, 0.08, 0.10]),
            (0.72, 0.99, &[0.75, 0.80, 0.85, 0.90, 0.95]),
            // Four classes of 20 points where six would end above 100 %.
            (0.12, 0.75, &[0.2, 0.4, 0.6]),
            (0.41, 1.0, &[0.5, 0.6, 0.7, 0.8, 0.9]),
            (0.3, 1.0, &[0.4, 0.6, 0.8]),
            (0.0, 1.0, &[0.2, 0.4, 0.6]),
        ] {
            assert_eq!(cut(&[low, (low + high) / 2.0, high], Method::Pretty), edges, "{low}..{high}");
        }
    }

    #[test]
    fn the_scale_covers_ninety_eight_in_a_hundred_electors_and_ignores_the_odd_area() {
        let mut values = vec![Weighted { value: 0.95, weight: 5.0 }];
        values.extend((0..100).map(|at| Weighted { value: 0.20 + f64::from(at) * 0.001, weight: 100.0 }));
        let classes = Classes::cut(&values, &Method::Pretty, 6, false).expect("classes");
        assert_eq!(classes.edges(), [0.22, 0.24, 0.26, 0.28, 0.30]);
        assert_eq!(classes.class_of(0.95), 5);
    }

    #[test]
    fn a_signed_scale_breaks_at_zero() {
        let values = even(&[-0.03, 0.08, 0.26]);
        let classes = Classes::cut(&values, &Method::Pretty, 6, true).expect("classes");
        assert_eq!(classes.edges(), [-0.2, -0.1, 0.0, 0.1, 0.2]);
        let four = Classes::cut(&values, &Method::Pretty, 4, true).expect("classes");
        assert_eq!(four.edges(), [-0.2, 0.0, 0.2]);
    }

    #[test]
    fn a_greatest_value_that_holds_every_quantile_is_a_class() {
        let values = [Weighted { value: 0.0, weight: 1.0 }, Weighted { value: 0.001, weight: 6.0 }];
        let classes = Classes::cut(&values, &Method::Quantiles, 6, false).expect("two classes");
        assert_eq!(classes.edges(), [0.001]);
    }

    #[test]
    fn wide_intervals_leave_four_classes() {
        let values = even(&[0.20, 0.25, 0.30, 0.33]);
        let narrow = default_classes(&values, &even(&[0.01; 4]), false).expect("classes");
        assert_eq!(narrow.count(), 6);
        let wide = default_classes(&values, &even(&[0.06; 4]), false).expect("classes");
        assert_eq!(wide.count(), 4);
    }

    proptest! {
        #[test]
        fn every_method_makes_lawful_classes_and_no_more_than_the_data_support(
            raw in prop::collection::vec((0i16..1000, 1u16..500), 2..60),
            half_width in 0i16..400,
            signed: bool,
        ) {
            let values: Vec<Weighted> = raw
                .iter()
                .map(|(value, weight)| {
                    let value = if signed { value - 500 } else { *value };
                    Weighted { value: f64::from(value) / 1000.0, weight: f64::from(*weight) }
                })
                .collect();
            let half_width = f64::from(half_width) / 1000.0;
            let wide: Vec<Weighted> = values.iter().map(|own| Weighted { value: half_width, ..*own }).collect();
            let alike = values.iter().all(|own| own.value == values[0].value);
            for method in [Method::Pretty, Method::Equal, Method::Quantiles, Method::Jenks] {
                let classes = match supported_classes(&values, &wide, &method, signed) {
                    Ok(classes) => classes,
                    Err(error) => {
                        prop_assert!(alike && method != Method::Pretty, "{method:?}: {error}");
                        continue;
                    }
                };
                let edges = classes.edges();
                prop_assert!(classes.count() <= MAX_CLASSES && edges.windows(2).all(|pair| pair[0] < pair[1]));
                let six = Classes::cut(&values, &method, MAX_CLASSES, signed).expect("as before");
                if half_width > six.step() + ROUNDING {
                    prop_assert!(classes.count() <= FEWER_CLASSES, "{method:?}: {edges:?} for ± {half_width}");
                } else {
                    prop_assert_eq!(&classes, &six);
                }
                if method == Method::Pretty && signed {
                    prop_assert!(edges.contains(&0.0));
                }
                if matches!(method, Method::Quantiles | Method::Jenks) {
                    let held: std::collections::BTreeSet<usize> =
                        values.iter().map(|own| classes.class_of(own.value)).collect();
                    prop_assert_eq!(held.len(), classes.count(), "no class is empty");
                }
            }
            let by_hand = Method::Fixed(vec![0.1, 0.3, 0.4]);
            let kept = supported_classes(&values, &wide, &by_hand, signed).expect("increasing");
            prop_assert_eq!(kept.edges(), [0.1, 0.3, 0.4]);
        }
    }

    #[test]
    fn a_value_on_an_edge_belongs_above_it() {
        let classes = Classes::new(vec![0.1, 0.2]).expect("classes");
        assert_eq!([0.099, 0.1, 0.15, 0.2, 0.9].map(|value| classes.class_of(value)), [0, 1, 1, 2, 2]);
    }

    #[test]
    fn quantiles_hold_as_many_electors_each_and_never_an_empty_class() {
        let values: Vec<f64> = (0..60).map(f64::from).collect();
        assert_eq!(cut(&values, Method::Quantiles), [10.0, 20.0, 30.0, 40.0, 50.0]);
        assert_eq!(cut(&[1.0, 1.0, 1.0, 1.0, 1.0, 2.0], Method::Quantiles), [2.0]);
    }

    #[test]
    fn equal_steps_run_from_the_least_to_the_greatest() {
        assert_eq!(cut(&[0.0, 6.0], Method::Equal), [1.0, 2.0, 3.0, 4.0, 5.0]);
    }

    #[test]
    fn no_scale_is_made_of_nothing_or_of_edges_that_fall() {
        assert_eq!(Classes::cut(&[], &Method::Pretty, 6, false), Err(CartographyError::NoValues));
        assert_eq!(Classes::cut(&[], &Method::Jenks, 6, false), Err(CartographyError::NoValues));
        let nobody = [Weighted { value: 0.3, weight: 0.0 }];
        assert_eq!(Classes::cut(&nobody, &Method::Quantiles, 6, false), Err(CartographyError::NoValues));
        assert!(Classes::new(vec![0.2, 0.1]).is_err());
        assert!(Classes::new(vec![0.1, f64::NAN]).is_err());
        assert!(Classes::cut(&even(&[0.1, 0.2]), &Method::Pretty, 7, false).is_err());
    }

    #[test]
    fn certainty_is_judged_on_the_spread_in_steps() {
        let of = |spread| Certainty::of(spread, 0.02);
        assert_eq!(
            [0.03, 0.031, 0.06, 0.061].map(of),
            [Certainty::Precise, Certainty::Approximate, Certainty::Approximate, Certainty::Unsure]
        );
    }
}
