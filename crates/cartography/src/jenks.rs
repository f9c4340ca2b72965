//! The exact cut of a line into classes (Fisher 1958, "On grouping for maximum homogeneity"; Jenks 1977).

use crate::classes::Weighted;

/// A value that stands once, with the sums that the cost of a class needs: prefix sums up to and including it.
struct Prefix {
    weight: f64,
    first_moment: f64,
    second_moment: f64,
}

/// The inner edges that leave the least weighted squared deviation from the class means, for at most `count` classes.
///
/// `sorted`: increasing values with weights above 0. An edge lies half-way between the last value of one class and the
/// first of the next. Where there are fewer than `count` distinct values, each is a class. Ties go to the cut whose
/// upper classes start later.
///
/// Dynamic programming with divide and conquer: the optimal last cut never moves down as values are added (the cost of
/// a class satisfies the quadrangle inequality), so the work is `count · n log n` for `n` distinct values.
pub fn fisher_jenks(sorted: &[Weighted], count: usize) -> Vec<f64> {
    let (distinct, prefix) = distinct(sorted);
    let values = distinct.len();
    let classes = count.min(values);
    if classes < 2 {
        return Vec::new();
    }
    // best[j]: the least cost of the values 0..=j in as many classes as the round; cut[k][j]: where the last starts.
    let mut best: Vec<f64> = (0..values).map(|last| cost(&prefix, 0, last)).collect();
    let mut cuts = vec![vec![0; values]];
    for round in 1..classes {
        let mut next = vec![f64::INFINITY; values];
        let mut cut = vec![round; values];
        fill(&prefix, &best, &mut next, &mut cut, round..values, (round, values - 1));
        best = next;
        cuts.push(cut);
    }
    let mut edges = Vec::with_capacity(classes - 1);
    let mut last = values - 1;
    for round in (1..classes).rev() {
        let start = cuts[round][last];
        edges.push(f64::midpoint(distinct[start - 1], distinct[start]));
        last = start - 1;
    }
    edges.reverse();
    edges
}

/// Fills `next` and `cut` for the last values in `range`, knowing that their cuts lie within `bounds` (inclusive).
fn fill(
    prefix: &[Prefix],
    best: &[f64],
    next: &mut [f64],
    cut: &mut [usize],
    range: std::ops::Range<usize>,
    bounds: (usize, usize),
) {
    if range.is_empty() {
        return;
    }
    let middle = range.start + (range.end - range.start) / 2;
    for start in bounds.0..=bounds.1.min(middle) {
        let candidate = best[start - 1] + cost(prefix, start, middle);
        if candidate <= next[middle] {
            next[middle] = candidate;
            cut[middle] = start;
        }
    }
    let found = cut[middle];
    fill(prefix, best, next, cut, range.start..middle, (bounds.0, found));
    fill(prefix, best, next, cut, middle + 1..range.end, (found, bounds.1));
}

/// The weighted squared deviation of the values `first..=last` from their mean.
fn cost(prefix: &[Prefix], first: usize, last: usize) -> f64 {
    let (weight, one, two) = match first.checked_sub(1) {
        Some(before) => (
            prefix[last].weight - prefix[before].weight,
            prefix[last].first_moment - prefix[before].first_moment,
            prefix[last].second_moment - prefix[before].second_moment,
        ),
        None => (prefix[last].weight, prefix[last].first_moment, prefix[last].second_moment),
    };
    (two - one * one / weight).max(0.0)
}

/// Distinct values, and prefix sums about the weighted mean (which keeps the squares small).
fn distinct(sorted: &[Weighted]) -> (Vec<f64>, Vec<Prefix>) {
    let weight: f64 = sorted.iter().map(|item| item.weight).sum();
    let mean = sorted.iter().map(|item| item.value * item.weight).sum::<f64>() / weight;
    let (mut values, mut prefix): (Vec<f64>, Vec<Prefix>) = (Vec::new(), Vec::new());
    let (mut total, mut one, mut two) = (0.0, 0.0, 0.0);
    for item in sorted {
        let away = item.value - mean;
        total += item.weight;
        one += item.weight * away;
        two += item.weight * away * away;
        if values.last() == Some(&item.value) {
            prefix.pop();
        } else {
            values.push(item.value);
        }
        prefix.push(Prefix { weight: total, first_moment: one, second_moment: two });
    }
    (values, prefix)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The weighted squared deviation that edges leave within their classes, computed plainly.
    fn deviation(values: &[Weighted], edges: &[f64]) -> f64 {
        (0..=edges.len())
            .map(|class| {
                let members: Vec<&Weighted> = values
                    .iter()
                    .filter(|item| edges.iter().filter(|edge| item.value >= **edge).count() == class)
                    .collect();
                let weight: f64 = members.iter().map(|item| item.weight).sum();
                let mean = members.iter().map(|item| item.value * item.weight).sum::<f64>() / weight.max(1e-300);
                members.iter().map(|item| item.weight * (item.value - mean).powi(2)).sum::<f64>()
            })
            .sum()
    }

    /// The least deviation over every way of cutting, by trying them all.
    fn brute_force(values: &[Weighted], distinct: &[f64], count: usize, edges: &mut Vec<f64>, from: usize) -> f64 {
        if edges.len() + 1 == count.min(distinct.len()) {
            return deviation(values, edges);
        }
        let mut least = f64::INFINITY;
        for start in from..distinct.len() {
            edges.push(f64::midpoint(distinct[start - 1], distinct[start]));
            least = least.min(brute_force(values, distinct, count, edges, start + 1));
            edges.pop();
        }
        least
    }

    proptest! {
        #[test]
        fn no_other_cut_leaves_less_deviation(
            raw in prop::collection::vec((0u16..40, 1u16..500), 1..14),
            count in 2usize..=6,
        ) {
            let mut values: Vec<Weighted> = raw
                .iter()
                .map(|(value, weight)| Weighted { value: f64::from(*value) / 100.0, weight: f64::from(*weight) })
                .collect();
            values.sort_by(|a, b| a.value.total_cmp(&b.value));
            let edges = fisher_jenks(&values, count);
            let mut distinct: Vec<f64> = values.iter().map(|item| item.value).collect();
            distinct.dedup();
            prop_assert_eq!(edges.len() + 1, count.min(distinct.len()));
            prop_assert!(edges.windows(2).all(|pair| pair[0] < pair[1]));
            let least = brute_force(&values, &distinct, count, &mut Vec::new(), 1);
            let ours = deviation(&values, &edges);
            prop_assert!(ours <= least + 1e-9 * (1.0 + least), "{} against {}", ours, least);
        }
    }

    #[test]
    fn three_heaps_are_three_classes() {
        let values: Vec<Weighted> =
            [1.0, 1.1, 1.2, 5.0, 5.1, 9.0, 9.2].iter().map(|value| Weighted { value: *value, weight: 10.0 }).collect();
        assert_eq!(fisher_jenks(&values, 3), [3.1, 7.05]);
    }

    #[test]
    fn one_value_has_no_edge() {
        assert!(fisher_jenks(&[Weighted { value: 0.4, weight: 3.0 }], 6).is_empty());
        assert!(fisher_jenks(&[], 6).is_empty());
    }
}
