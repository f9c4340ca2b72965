//! Proof, in whole numbers, that the areas of a tile leave no gap between them and do not overlap.
//!
//! Vertices of a tile are whole, so between two rows of its grid no edge begins or ends. In such a strip the edges
//! stand side by side: where their order is the same above and below, none crosses another, and what lies between two
//! neighbours is covered alike throughout. Looking once at every strip therefore looks at the whole tile. Places of
//! edges are fractions, compared exactly.

use std::cmp::Ordering;

/// One area as a tile draws it: its rings, exteriors positive by the shoelace formula with y southwards, holes negative.
#[derive(Debug, Clone)]
pub struct Piece {
    /// The area.
    pub id: u64,
    /// Rings, not closed.
    pub rings: Vec<Vec<[i64; 2]>>,
}

impl Piece {
    /// Twice its area, in square units.
    pub fn doubled_area(&self) -> i64 {
        self.rings.iter().flat_map(|ring| sides(ring)).map(|[a, b]| a[0] * b[1] - b[0] * a[1]).sum()
    }
}

/// A place inside the square that no piece covers and that is closed in by pieces.
#[derive(Debug, Clone, Copy)]
pub struct Hole {
    /// Square units.
    pub area: f64,
    /// A point inside it.
    pub inside: [f64; 2],
}

/// What was found in a square.
#[derive(Debug, Default)]
pub struct Partition {
    /// Edges that cross, places covered twice, and borders whose two sides do not have the same vertices.
    pub faults: Vec<String>,
    /// Enclosed places without a piece.
    pub holes: Vec<Hole>,
    /// Square units without a piece, holes and what reaches the square's border.
    pub uncovered: f64,
}

/// Judges the pieces within the square from `low` to `high`; no piece may reach beyond it.
pub fn judge(pieces: &[Piece], low: i64, high: i64) -> Partition {
    let mut found = sweep(pieces, low, high);
    // Edges along a row are between the strips; with the axes exchanged they are within.
    let turned: Vec<Piece> = pieces.iter().map(turned).collect();
    found.faults.extend(sweep(&turned, low, high).faults);
    found
}

fn turned(piece: &Piece) -> Piece {
    let turn = |ring: &Vec<[i64; 2]>| ring.iter().rev().map(|[x, y]| [*y, *x]).collect();
    Piece { id: piece.id, rings: piece.rings.iter().map(turn).collect() }
}

fn sides(ring: &[[i64; 2]]) -> impl Iterator<Item = [[i64; 2]; 2]> + '_ {
    (0..ring.len()).map(|at| [ring[at], ring[(at + 1) % ring.len()]])
}

/// A place in a row of the grid: `over / under`, `under` above 0.
#[derive(Debug, Clone, Copy)]
struct Fraction {
    over: i64,
    under: i64,
}

impl Fraction {
    fn whole(number: i64) -> Self {
        Self { over: number, under: 1 }
    }

    fn order(self, other: Self) -> Ordering {
        (self.over * other.under).cmp(&(other.over * self.under))
    }

    fn near(self) -> f64 {
        self.over as f64 / self.under as f64
    }
}

/// An edge that goes from one row to a later one.
#[derive(Debug)]
struct Edge {
    id: u64,
    top: [i64; 2],
    bottom: [i64; 2],
    /// Its piece lies at larger x; else at smaller.
    opens: bool,
}

impl Edge {
    fn of(id: u64, [from, to]: [[i64; 2]; 2]) -> Option<Self> {
        let opens = to[1] < from[1];
        let (top, bottom) = if opens { (to, from) } else { (from, to) };
        (top[1] < bottom[1]).then_some(Self { id, top, bottom, opens })
    }

    fn at(&self, row: i64) -> Fraction {
        let under = self.bottom[1] - self.top[1];
        Fraction { over: self.top[0] * under + (row - self.top[1]) * (self.bottom[0] - self.top[0]), under }
    }

    /// Its places above and below the strip that begins at `row`.
    fn across(&self, row: i64) -> [Fraction; 2] {
        [self.at(row), self.at(row + 1)]
    }
}

/// A part of a strip without a piece.
#[derive(Debug)]
struct Bare {
    row: i64,
    left: [Fraction; 2],
    right: [Fraction; 2],
    /// Reaches the square's border.
    open: bool,
}

impl Bare {
    fn area(&self) -> f64 {
        (self.right[0].near() - self.left[0].near() + self.right[1].near() - self.left[1].near()) / 2.0
    }

    fn middle(&self) -> [f64; 2] {
        let sum: f64 = self.left.iter().chain(&self.right).map(|place| place.near()).sum();
        [sum / 4.0, self.row as f64 + 0.5]
    }

    /// Whether more than a point of its lower side is the upper side of `next`.
    fn goes_on_in(&self, next: &Self) -> bool {
        let larger = |a: Fraction, b: Fraction| if a.order(b).is_lt() { b } else { a };
        let smaller = |a: Fraction, b: Fraction| if a.order(b).is_lt() { a } else { b };
        larger(self.left[1], next.left[0]).order(smaller(self.right[1], next.right[0])).is_lt()
    }
}

fn sweep(pieces: &[Piece], low: i64, high: i64) -> Partition {
    let mut edges: Vec<Edge> = pieces
        .iter()
        .flat_map(|piece| piece.rings.iter().flat_map(|ring| sides(ring)).filter_map(|side| Edge::of(piece.id, side)))
        .collect();
    edges.sort_by_key(|edge| edge.top[1]);
    let mut found = Partition::default();
    let outside = |edge: &Edge| edge.top[1] < low || edge.bottom[1] > high;
    found
        .faults
        .extend(edges.iter().filter(|edge| outside(edge)).map(|edge| format!("{edge:?} is outside the square")));
    let mut coming = edges.iter().peekable();
    let mut present: Vec<&Edge> = Vec::new();
    let mut bare: Vec<Bare> = Vec::new();
    for row in low..high {
        present.retain(|edge| edge.bottom[1] > row);
        while let Some(edge) = coming.next_if(|edge| edge.top[1] <= row) {
            present.push(edge);
        }
        present.sort_by(|a, b| a.at(row).order(b.at(row)).then_with(|| a.at(row + 1).order(b.at(row + 1))));
        strip(&present, row, low, high, &mut found, &mut bare);
    }
    found.uncovered = bare.iter().map(Bare::area).sum();
    found.holes = holes(&bare, low, high);
    found
}

/// Walks one strip from left to right.
fn strip(present: &[&Edge], row: i64, low: i64, high: i64, found: &mut Partition, bare: &mut Vec<Bare>) {
    let mut inside: Vec<(u64, i32)> = Vec::new();
    let mut before = [Fraction::whole(low); 2];
    let mut at = 0;
    while at <= present.len() {
        let here = present.get(at).map_or([Fraction::whole(high); 2], |edge| edge.across(row));
        if here[1].order(before[1]).is_lt() || here[0].order(before[0]).is_lt() {
            found.faults.push(format!("two edges cross, or leave the square, below row {row} at {:?}", here[0].near()));
        }
        let apart = here[0].order(before[0]).is_gt() || here[1].order(before[1]).is_gt();
        match inside.as_slice() {
            _ if !apart => {}
            [] => bare.push(Bare { row, left: before, right: here, open: at == 0 || at == present.len() }),
            [(_, 1)] => {}
            more => found.faults.push(format!("covered by {more:?} below row {row}, {:?}", before[0].near())),
        }
        let mut next = at;
        while let Some(edge) = present.get(next).filter(|edge| {
            let own = edge.across(row);
            own[0].order(here[0]).is_eq() && own[1].order(here[1]).is_eq()
        }) {
            step(&mut inside, edge);
            if (edge.top, edge.bottom) != (present[at].top, present[at].bottom) {
                found.faults.push(format!("{edge:?} and {:?} lie on one another with other vertices", present[at]));
            }
            next += 1;
        }
        before = here;
        at = next.max(at + 1);
    }
}

fn step(inside: &mut Vec<(u64, i32)>, edge: &Edge) {
    let by = if edge.opens { 1 } else { -1 };
    match inside.iter().position(|(id, _)| *id == edge.id) {
        Some(at) if inside[at].1 + by == 0 => drop(inside.swap_remove(at)),
        Some(at) => inside[at].1 += by,
        None => inside.push((edge.id, by)),
    }
}

/// Gathers bare parts that hang together; those that nowhere reach the border are holes.
fn holes(bare: &[Bare], low: i64, high: i64) -> Vec<Hole> {
    let mut leader: Vec<usize> = (0..bare.len()).collect();
    let find = |leader: &[usize], mut at: usize| {
        while leader[at] != at {
            at = leader[at];
        }
        at
    };
    let mut first_of_next = 0;
    for (at, part) in bare.iter().enumerate() {
        while first_of_next < bare.len() && bare[first_of_next].row <= part.row {
            first_of_next += 1;
        }
        let below = bare.iter().enumerate().skip(first_of_next).take_while(|(_, next)| next.row == part.row + 1);
        for (next, _) in below.filter(|(_, next)| part.goes_on_in(next)) {
            let (a, b) = (find(&leader, at), find(&leader, next));
            leader[a.max(b)] = a.min(b);
        }
    }
    let mut groups: std::collections::BTreeMap<usize, Vec<&Bare>> = std::collections::BTreeMap::new();
    for (at, part) in bare.iter().enumerate() {
        groups.entry(find(&leader, at)).or_default().push(part);
    }
    let open = |part: &&Bare| part.open || part.row == low || part.row == high - 1;
    groups
        .into_values()
        .filter(|parts| !parts.iter().any(open))
        .filter_map(|parts| {
            let largest = parts.iter().max_by(|a, b| a.area().total_cmp(&b.area()))?;
            Some(Hole { area: parts.iter().map(|part| part.area()).sum(), inside: largest.middle() })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(id: u64, rings: &[&[[i64; 2]]]) -> Piece {
        Piece { id, rings: rings.iter().map(|ring| ring.to_vec()).collect() }
    }

    fn halves() -> [Piece; 2] {
        [piece(1, &[&[[0, 0], [3, 0], [4, 8], [0, 8]]]), piece(2, &[&[[3, 0], [8, 0], [8, 8], [4, 8]]])]
    }

    #[test]
    fn two_halves_cover_their_square() {
        let found = judge(&halves(), 0, 8);
        assert!(found.faults.is_empty() && found.holes.is_empty() && found.uncovered == 0.0, "{found:?}");
        assert_eq!(halves().iter().map(Piece::doubled_area).sum::<i64>(), 2 * 64);
    }

    #[test]
    fn the_narrowest_overlap_and_the_narrowest_gap_are_found() {
        let mut over = halves();
        over[0].rings[0][2] = [5, 8];
        let found = judge(&over, 0, 8);
        assert!(found.faults.iter().any(|fault| fault.contains("covered by")), "{found:?}");
        let mut gap = halves();
        gap[0].rings[0][2] = [3, 8];
        let found = judge(&gap, 0, 8);
        assert!(found.faults.is_empty(), "{found:?}");
        assert!((found.uncovered - 4.0).abs() < 1e-9);
    }

    #[test]
    fn edges_that_cross_are_found() {
        let crossing = [piece(1, &[&[[0, 0], [3, 0], [6, 8], [0, 8]]]), piece(2, &[&[[4, 0], [8, 0], [8, 8], [4, 8]]])];
        assert!(judge(&crossing, 0, 8).faults.iter().any(|fault| fault.contains("cross")));
    }

    #[test]
    fn a_border_with_a_vertex_on_one_side_only_is_found() {
        let [left, _] = halves();
        let right = piece(2, &[&[[3, 0], [8, 0], [8, 8], [4, 8]]]);
        assert!(judge(&[left, right], 0, 8).faults.is_empty());
        let straight = piece(1, &[&[[0, 0], [4, 0], [4, 8], [0, 8]]]);
        let noded = piece(2, &[&[[4, 0], [8, 0], [8, 8], [4, 8], [4, 4]]]);
        assert!(judge(&[straight, noded], 0, 8).faults.iter().any(|fault| fault.contains("other vertices")));
    }

    #[test]
    fn an_enclave_without_a_piece_is_a_hole_and_a_bay_is_none() {
        let ring = piece(1, &[&[[0, 0], [8, 0], [8, 8], [0, 8]], &[[2, 2], [2, 5], [5, 5], [5, 2]]]);
        let found = judge(std::slice::from_ref(&ring), 0, 8);
        assert_eq!(found.holes.len(), 1);
        assert!((found.holes[0].area - 9.0).abs() < 1e-9 && found.faults.is_empty());
        let filled = piece(2, &[&[[2, 2], [5, 2], [5, 5], [2, 5]]]);
        assert!(judge(&[ring, filled], 0, 8).holes.is_empty());
        let bay = piece(1, &[&[[0, 0], [8, 0], [8, 8], [5, 8], [5, 2], [2, 2], [2, 8], [0, 8]]]);
        let found = judge(&[bay], 0, 8);
        assert!(found.holes.is_empty() && (found.uncovered - 18.0).abs() < 1e-9, "{found:?}");
    }
}
