//! Limited-memory BFGS inside a box (Nocedal and Wright 2006, algorithm 7.4, with projection and backtracking), from a
//! metric that the function gives: with a good one a handful of steps suffice.

use super::dense::Cholesky;

/// Pairs of steps kept.
const MEMORY: usize = 6;
/// Sufficient increase (Armijo).
const INCREASE: f64 = 1e-4;
/// Longest move of a coordinate in one step: scales are logs, and e^1 is far enough to look again.
const LONGEST: f64 = 1.0;
/// Stop when no free coordinate's slope exceeds this: with curvatures near 1, a twentieth of a scale's own sd.
const FLAT: f64 = 0.02;
/// Stop when a step gains less than this in log evidence.
const GAIN: f64 = 1e-4;
/// Most evaluations (method, section 2).
const EVALUATIONS: usize = 60;

/// The function to maximise at a point.
pub(crate) struct Valued {
    pub value: f64,
    pub gradient: Vec<f64>,
    /// A positive definite guess of minus the second derivatives, row-major: the steps' first metric.
    pub curvature: Vec<f64>,
}

/// Maximises inside `[low, high]` from `start`; returns the best point seen.
///
/// # Errors
/// The function's own.
pub(crate) fn maximise<E>(
    start: &[f64],
    bounds: &[(f64, f64)],
    mut function: impl FnMut(&[f64]) -> Result<Valued, E>,
) -> Result<Vec<f64>, E> {
    let clamp = |x: &mut [f64]| x.iter_mut().zip(bounds).for_each(|(x, (low, high))| *x = x.clamp(*low, *high));
    let mut x = start.to_vec();
    clamp(&mut x);
    let Valued { mut value, mut gradient, mut curvature } = function(&x)?;
    let mut memory: Vec<(Vec<f64>, Vec<f64>)> = Vec::new();
    let mut evaluations = 1;
    while evaluations < EVALUATIONS {
        let free = free(&x, &gradient, bounds);
        if free.iter().all(|slope| slope.abs() < FLAT) {
            break;
        }
        let mut direction = direction(&free, &memory, &curvature);
        direction.iter_mut().zip(&free).filter(|(_, slope)| **slope == 0.0).for_each(|(d, _)| *d = 0.0);
        if dot(&direction, &free) <= 0.0 {
            direction.clone_from(&free);
            memory.clear();
        }
        let longest = direction.iter().fold(0.0f64, |longest, d| longest.max(d.abs()));
        let mut step = (LONGEST / longest).min(1.0);
        let moved = loop {
            let mut next: Vec<f64> = x.iter().zip(&direction).map(|(x, d)| x + step * d).collect();
            clamp(&mut next);
            let change: Vec<f64> = next.iter().zip(&x).map(|(a, b)| a - b).collect();
            let after = function(&next)?;
            evaluations += 1;
            if after.value >= value + INCREASE * dot(&free, &change) {
                break Some((next, change, after));
            }
            if evaluations >= EVALUATIONS || step < 1e-3 {
                break None;
            }
            step *= 0.4;
        };
        let Some((next, change, after)) = moved else { break };
        // Of the negative function, whose curvature is positive.
        let bend: Vec<f64> = gradient.iter().zip(&after.gradient).map(|(old, new)| old - new).collect();
        if dot(&bend, &change) > 1e-10 * dot(&bend, &bend).sqrt() * dot(&change, &change).sqrt() {
            memory.push((change, bend));
            if memory.len() > MEMORY {
                memory.remove(0);
            }
        }
        let gain = after.value - value;
        x = next;
        Valued { value, gradient, curvature } = after;
        if gain < GAIN {
            break;
        }
    }
    Ok(x)
}

/// The gradient, with 0 where a bound stops it.
fn free(x: &[f64], gradient: &[f64], bounds: &[(f64, f64)]) -> Vec<f64> {
    let stopped = |at: usize| {
        let (low, high) = bounds[at];
        (x[at] <= low && gradient[at] < 0.0) || (x[at] >= high && gradient[at] > 0.0)
    };
    (0..x.len()).map(|at| if stopped(at) { 0.0 } else { gradient[at] }).collect()
}

/// The two-loop recursion, from the curvature of the free coordinates; uphill.
fn direction(gradient: &[f64], memory: &[(Vec<f64>, Vec<f64>)], curvature: &[f64]) -> Vec<f64> {
    let mut q = gradient.to_vec();
    let mut kept = Vec::with_capacity(memory.len());
    for (change, bend) in memory.iter().rev() {
        let a = dot(change, &q) / dot(bend, change);
        q.iter_mut().zip(bend).for_each(|(q, bend)| *q -= a * bend);
        kept.push(a);
    }
    let size = gradient.len();
    let held = |at: usize| gradient[at] == 0.0;
    let entry = |at: usize| if held(at / size) || held(at % size) { 0.0 } else { curvature[at] };
    let mut metric: Vec<f64> = (0..size * size).map(entry).collect();
    (0..size).filter(|at| held(*at)).for_each(|at| metric[at * size + at] = 1.0);
    if let Some(metric) = Cholesky::new(size, &metric) {
        metric.solve(&mut q);
    }
    for ((change, bend), a) in memory.iter().zip(kept.into_iter().rev()) {
        let b = dot(bend, &q) / dot(bend, change);
        q.iter_mut().zip(change).for_each(|(q, change)| *q += (a - b) * change);
    }
    q
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    super::dense::dot(a, b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bent_valley_is_climbed_and_a_bound_holds() {
        // The negative of Rosenbrock's function, scaled; its top is (1, 1).
        let hill = |x: &[f64]| -> Result<Valued, ()> {
            let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
            let gradient = vec![2.0 * a + 40.0 * x[0] * b, -20.0 * b];
            // A metric of the right size only: the memory must do the rest.
            Ok(Valued { value: -(a * a + 10.0 * b * b), gradient, curvature: vec![20.0, 0.0, 0.0, 20.0] })
        };
        let top = maximise(&[-1.0, 1.0], &[(-5.0, 5.0); 2], hill).expect("no error");
        assert!((top[0] - 1.0).abs() < 0.05 && (top[1] - 1.0).abs() < 0.1, "{top:?}");
        let bound = maximise(&[-1.0, 1.0], &[(-5.0, 0.5), (-5.0, 5.0)], hill).expect("no error");
        assert!((bound[0] - 0.5).abs() < 1e-9 && (bound[1] - 0.25).abs() < 0.02, "{bound:?}");
    }
}
