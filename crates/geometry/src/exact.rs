//! Predicates on integer points, without rounding.

use std::cmp::Ordering;

use crate::project::Wide;

/// Differences below this multiply and subtract within 64 bits.
const NARROW: i64 = 1 << 31;

fn narrow(v: i64) -> bool {
    -NARROW < v && v < NARROW
}

/// Sign of the cross product (ax, ay) x (bx, by): 1 where b turns left (positive sense) of a.
pub(crate) fn cross_sign(ax: i64, ay: i64, bx: i64, by: i64) -> i32 {
    if narrow(ax) && narrow(ay) && narrow(bx) && narrow(by) {
        (ax * by - ay * bx).signum() as i32
    } else {
        (i128::from(ax) * i128::from(by) - i128::from(ay) * i128::from(bx)).signum() as i32
    }
}

/// Side of `c` beside the line from `a` to `b`: 1 left, -1 right, 0 on it.
pub(crate) fn side(a: Wide, b: Wide, c: Wide) -> i32 {
    cross_sign(b.x - a.x, b.y - a.y, c.x - a.x, c.y - a.y)
}

/// Whether the insides of two segments cross in one point that is no end of either.
pub(crate) fn properly_cross(a: Wide, b: Wide, c: Wide, d: Wide) -> bool {
    side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0
}

/// Grid point whose pixel holds the crossing of two segments that properly cross (halves go up,
/// as in [`passes_pixel`]).
pub(crate) fn crossing_pixel(a: Wide, b: Wide, c: Wide, d: Wide) -> Wide {
    let (dx, dy) = (i128::from(b.x - a.x), i128::from(b.y - a.y));
    let (ex, ey) = (i128::from(d.x - c.x), i128::from(d.y - c.y));
    let mut den = dx * ey - dy * ex;
    let mut num = i128::from(c.x - a.x) * ey - i128::from(c.y - a.y) * ex;
    if den < 0 {
        den = -den;
        num = -num;
    }
    let round = |from: i64, delta: i128| (2 * (i128::from(from) * den + delta * num) + den).div_euclid(2 * den) as i64;
    Wide { x: round(a.x, dx), y: round(a.y, dy) }
}

/// Whether the segment from `a` to `b` passes through the pixel of the grid point `p` of a grid
/// of 2^`shift` units: the half-open square [p - 1/2, p + 1/2) each way. `a` and `b` are in
/// units and must not lie in the pixel themselves; `p` is in grid squares.
pub(crate) fn passes_pixel(a: Wide, b: Wide, p: Wide, shift: u32) -> bool {
    // Doubled units, so that half a pixel of the finest grid is whole.
    let half = 1_i64 << shift;
    let (cx, cy) = (p.x << (shift + 1), p.y << (shift + 1));
    let (ax, ay, bx, by) = (2 * a.x - cx, 2 * a.y - cy, 2 * b.x - cx, 2 * b.y - cy);
    if ax == bx {
        return -half <= ax && ax < half && ay.min(by) < half && ay.max(by) >= -half;
    }
    if ay == by {
        return -half <= ay && ay < half && ax.min(bx) < half && ax.max(bx) >= -half;
    }
    if ax.min(bx) >= half || ax.max(bx) <= -half || ay.min(by) >= half || ay.max(by) <= -half {
        return false;
    }
    let (dx, dy) = (bx - ax, by - ay);
    // |cross| against the half-width of the square seen along the segment.
    let (cross, reach) = (
        i128::from(dx) * i128::from(-ay) - i128::from(dy) * i128::from(-ax),
        i128::from(half) * (i128::from(dx).abs() + i128::from(dy).abs()),
    );
    match cross.abs().cmp(&reach) {
        Ordering::Less => true,
        Ordering::Greater => false,
        // The line touches one corner; only the lower left one belongs to the pixel.
        Ordering::Equal => cross_sign(dx, dy, -half - ax, -half - ay) == 0,
    }
}

/// Orders directions counter-clockwise from the positive x axis (positive sense of the plane).
pub(crate) fn by_angle(ax: i64, ay: i64, bx: i64, by: i64) -> Ordering {
    let lower = |x: i64, y: i64| y < 0 || (y == 0 && x < 0);
    lower(ax, ay).cmp(&lower(bx, by)).then_with(|| 0.cmp(&cross_sign(ax, ay, bx, by)))
}

/// Whether, turning clockwise from `from`, direction `a` is met before `b`.
pub(crate) fn clockwise_before(from: (i64, i64), a: (i64, i64), b: (i64, i64)) -> bool {
    // Rank 0: strictly clockwise within half a turn; 1: opposite; 2: beyond; 3: `from` itself.
    let rank = |d: (i64, i64)| match cross_sign(from.0, from.1, d.0, d.1) {
        -1 => 0,
        1 => 2,
        _ => {
            let dot = i128::from(from.0) * i128::from(d.0) + i128::from(from.1) * i128::from(d.1);
            if dot < 0 { 1 } else { 3 }
        }
    };
    let (ra, rb) = (rank(a), rank(b));
    ra < rb || (ra == rb && cross_sign(a.0, a.1, b.0, b.1) < 0)
}

/// Whether `p` lies in the closed triangle `a`, `b`, `c` of either sense.
pub(crate) fn in_triangle(p: Wide, a: Wide, b: Wide, c: Wide) -> bool {
    let (s, t, u) = (side(a, b, p), side(b, c, p), side(c, a, p));
    (s >= 0 && t >= 0 && u >= 0) || (s <= 0 && t <= 0 && u <= 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn w(x: i64, y: i64) -> Wide {
        Wide { x, y }
    }

    #[test]
    fn signs_are_exact_across_the_whole_world() {
        let far = 1_i64 << 32;
        assert_eq!(side(w(0, 0), w(far, far - 1), w(far - 1, far - 2)), -1);
        assert_eq!(side(w(0, 0), w(far, far), w(far - 1, far - 1)), 0);
        assert!(properly_cross(w(0, 0), w(far, far), w(0, far), w(far, 0)));
        assert_eq!(crossing_pixel(w(0, 0), w(far, far), w(0, far), w(far, 0)), w(far / 2, far / 2));
    }

    #[test]
    fn a_crossing_lies_in_a_pixel_that_both_segments_pass() {
        let mut seed = 7_u64;
        let mut next = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) as i64 % 12
        };
        let mut met = 0;
        for _ in 0..20_000 {
            let [a, b, c, d] = std::array::from_fn(|_| w(next(), next()));
            if properly_cross(a, b, c, d) {
                met += 1;
                let p = crossing_pixel(a, b, c, d);
                for (s, t) in [(a, b), (c, d)] {
                    assert!(s == p || t == p || passes_pixel(s, t, p, 0), "{s:?} {t:?} {p:?}");
                }
            }
        }
        assert!(met > 1_000);
    }

    #[test]
    fn a_pixel_owns_its_lower_left_corner_alone() {
        // Pixel of (0, 0) on a grid of 4 units: -2..2. Lines of slope -1 and 1 through corners.
        assert!(passes_pixel(w(-6, 2), w(2, -6), w(0, 0), 2));
        assert!(!passes_pixel(w(-2, 6), w(6, -2), w(0, 0), 2));
        assert!(!passes_pixel(w(-6, -2), w(2, 6), w(0, 0), 2));
        assert!(!passes_pixel(w(-2, -6), w(6, 2), w(0, 0), 2));
        assert!(passes_pixel(w(-2, -9), w(-2, 9), w(0, 0), 2));
        assert!(!passes_pixel(w(2, -9), w(2, 9), w(0, 0), 2));
        assert!(passes_pixel(w(-9, -2), w(9, -2), w(0, 0), 2));
        assert!(!passes_pixel(w(-9, 2), w(9, 2), w(0, 0), 2));
    }

    #[test]
    fn directions_turn_clockwise_from_any_start() {
        assert!(clockwise_before((0, 1), (1, 0), (0, -1)));
        assert!(clockwise_before((0, 1), (1, 1), (1, 0)));
        assert!(clockwise_before((0, 1), (0, -1), (-1, 0)));
        assert!(clockwise_before((0, 1), (-1, 0), (0, 1)));
        assert_eq!(by_angle(1, 0, 0, 1), Ordering::Less);
        assert_eq!(by_angle(0, -1, 0, 1), Ordering::Greater);
    }
}
