//! From directed chains around one area to its polygons.

use crate::exact::{clockwise_before, side};
use crate::project::Wide;

/// A polygon: exterior (positive), holes (negative); first vertices not repeated.
pub(crate) type Rings = (Vec<Wide>, Vec<Vec<Wide>>);

/// Polygons of an area from the chains of its boundary, each directed so that the area is on
/// its left. Chains may meet at their ends only; a closed chain repeats its first point.
///
/// Rings follow faces and are split wherever they touch themselves, so each is simple, and two
/// meet in single points at most.
pub(crate) fn trace(chains: &[Vec<Wide>]) -> Vec<Rings> {
    let mut starts: Vec<(Wide, u32)> = chains.iter().enumerate().map(|(i, c)| (c[0], i as u32)).collect();
    starts.sort_unstable();
    let mut used = vec![false; chains.len()];
    let (mut exteriors, mut holes) = (Vec::new(), Vec::new());
    for first in 0..chains.len() {
        if used[first] {
            continue;
        }
        // Chains of the face boundary walked so far; a node met again closes a ring.
        let mut path: Vec<usize> = Vec::new();
        let mut at = first;
        loop {
            used[at] = true;
            path.push(at);
            let end = chains[at][chains[at].len() - 1];
            if let Some(from) = path.iter().rposition(|&c| chains[c][0] == end) {
                let mut ring = Vec::new();
                for c in path.drain(from..) {
                    ring.extend_from_slice(&chains[c][..chains[c].len() - 1]);
                }
                match doubled_area(&ring) {
                    a if a > 0 => exteriors.push((a, ring, Vec::new())),
                    a if a < 0 => holes.push(ring),
                    _ => {}
                }
            }
            let low = starts.partition_point(|s| s.0 < end);
            let high = low + starts[low..].partition_point(|s| s.0 == end);
            let from = chains[at][chains[at].len() - 2];
            let back = (from.x - end.x, from.y - end.y);
            let along = |c: usize| (chains[c][1].x - end.x, chains[c][1].y - end.y);
            let next = (low..high)
                .map(|s| starts[s].1 as usize)
                .reduce(|best, c| if clockwise_before(back, along(c), along(best)) { c } else { best });
            match next {
                Some(next) if next != first && !used[next] => at = next,
                _ => break,
            }
        }
    }
    // Small before large, so that a hole finds its nearest shell first.
    exteriors.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    let one = exteriors.len() == 1;
    for hole in holes {
        let shell = exteriors.iter_mut().find(|(_, ring, _)| one || encloses(ring, &hole));
        debug_assert!(shell.is_some(), "every hole lies in a shell");
        if let Some(shell) = shell {
            shell.2.push(hole);
        }
    }
    exteriors.reverse();
    exteriors.into_iter().map(|(_, ring, holes)| (ring, holes)).collect()
}

/// Twice the signed area of a ring, exactly.
pub(crate) fn doubled_area(ring: &[Wide]) -> i128 {
    let Some(&o) = ring.first() else { return 0 };
    // Seen from the first vertex, its own two edges add nothing.
    ring.windows(2)
        .map(|w| {
            i128::from(w[0].x - o.x) * i128::from(w[1].y - o.y) - i128::from(w[1].x - o.x) * i128::from(w[0].y - o.y)
        })
        .sum()
}

/// Whether `ring` encloses `inner`, which may touch it in single points but not cross it.
fn encloses(ring: &[Wide], inner: &[Wide]) -> bool {
    inner.iter().find_map(|&p| within(ring, p)).unwrap_or(false)
}

/// Whether `p` is strictly inside; `None` on the ring itself.
fn within(ring: &[Wide], p: Wide) -> Option<bool> {
    let mut inside = false;
    for i in 0..ring.len() {
        let (mut a, mut b) = (ring[i], ring[(i + 1) % ring.len()]);
        if a.y > b.y {
            (a, b) = (b, a);
        }
        if p.y < a.y || p.y > b.y {
            continue;
        }
        let s = side(a, b, p);
        if s == 0 && a.x.min(b.x) <= p.x && p.x <= a.x.max(b.x) {
            return None;
        }
        if a.y <= p.y && p.y < b.y && s > 0 {
            inside = !inside;
        }
    }
    Some(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed(points: &[(i64, i64)]) -> Vec<Wide> {
        let mut ring: Vec<Wide> = points.iter().map(|&(x, y)| Wide { x, y }).collect();
        ring.push(ring[0]);
        ring
    }

    #[test]
    fn squares_that_touch_at_a_corner_are_two_polygons() {
        let w = |x, y| Wide { x, y };
        let a = vec![w(1, 1), w(0, 1), w(0, 0), w(1, 0), w(1, 1)];
        let b = vec![w(1, 1), w(2, 1), w(2, 2), w(1, 2), w(1, 1)];
        let out = trace(&[a, b]);
        assert_eq!(out.len(), 2);
        assert!(out.iter().all(|(ring, holes)| ring.len() == 4 && holes.is_empty()));
    }

    #[test]
    fn a_hole_that_touches_its_shell_stays_a_hole() {
        let w = |x, y| Wide { x, y };
        let shell = vec![w(0, 0), w(9, 0), w(9, 9), w(0, 9), w(0, 0)];
        let hole = vec![w(0, 0), w(2, 4), w(4, 2), w(0, 0)];
        let out = trace(&[shell, hole]);
        assert_eq!(out.len(), 1);
        assert_eq!((out[0].0.len(), out[0].1.len()), (4, 1));
    }

    #[test]
    fn a_hole_goes_to_the_smallest_shell_around_it() {
        let out = trace(&[
            closed(&[(0, 0), (100, 0), (100, 100), (0, 100)]),
            closed(&[(10, 10), (10, 90), (90, 90), (90, 10)]),
            closed(&[(20, 20), (80, 20), (80, 80), (20, 80)]),
            closed(&[(30, 30), (30, 70), (70, 70), (70, 30)]),
        ]);
        assert_eq!(out.len(), 2);
        assert_eq!(out[0].1[0][0].x, 10);
        assert_eq!(out[1].1[0][0].x, 30);
    }
}
