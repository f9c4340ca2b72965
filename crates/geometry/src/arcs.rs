//! Arcs: maximal chains of edges with one area on either side.

use crate::project::{Point, Wide, metres_per_unit};

/// Chains of vertex numbers with the areas beside them (`u32::MAX`: none). A closed arc repeats
/// its first vertex.
#[derive(Debug, Clone, Default)]
pub(crate) struct Arcs {
    pub vertices: Vec<Point>,
    /// Highest zoom at which simplification leaves the vertex out; -1 if at none.
    pub gone: Vec<i8>,
    pub starts: Vec<u32>,
    pub chain: Vec<u32>,
    pub left: Vec<u32>,
    pub right: Vec<u32>,
}

impl Arcs {
    pub(crate) fn len(&self) -> usize {
        self.left.len()
    }

    pub(crate) fn arc(&self, i: usize) -> &[u32] {
        &self.chain[self.starts[i] as usize..self.starts[i + 1] as usize]
    }

    pub(crate) fn at(&self, v: u32) -> Wide {
        self.vertices[v as usize].wide()
    }

    /// Whether a vertex is drawn at zoom `z`.
    pub(crate) fn kept(&self, v: u32, z: i8) -> bool {
        self.gone[v as usize] < z
    }

    pub(crate) fn ground_length(&self, i: usize) -> f64 {
        self.arc(i)
            .windows(2)
            .map(|w| {
                let (a, b) = (self.at(w[0]), self.at(w[1]));
                ((a.x - b.x) as f64).hypot((a.y - b.y) as f64) * metres_per_unit((a.y + b.y) as f64 / 2.0)
            })
            .sum()
    }

    /// Joins pieces (chains of vertex numbers with left and right area) into arcs: pieces meet
    /// at their ends only. `gone` gives what is known of each vertex.
    pub(crate) fn join(points: &[Point], gone: impl Fn(u32) -> i8, pieces: &[(&[u32], u32, u32)]) -> Self {
        // Ends of pieces by vertex: (piece, whether its first end).
        let mut count = vec![0_u32; points.len()];
        let mut ends = vec![[0_u32; 2]; points.len()];
        for (i, (chain, ..)) in pieces.iter().enumerate() {
            for (v, end) in [(chain[0], 2 * i), (chain[chain.len() - 1], 2 * i + 1)] {
                let v = v as usize;
                if count[v] < 2 {
                    ends[v][count[v] as usize] = end as u32;
                }
                count[v] += 1;
            }
        }
        let mut out = Self { starts: vec![0], ..Self::default() };
        let mut numbers = vec![u32::MAX; points.len()];
        let mut used = vec![false; pieces.len()];
        let mut whole: Vec<u32> = Vec::new();
        let first = |end: u32| {
            let chain = pieces[end as usize / 2].0;
            if end & 1 == 0 { chain[0] } else { chain[chain.len() - 1] }
        };
        for pass in 0..2 {
            for end in 0..2 * pieces.len() as u32 {
                // From nodes first; what is left then are closed loops.
                if used[end as usize / 2] || (pass == 0 && count[first(end) as usize] == 2) {
                    continue;
                }
                let start = first(end);
                let mut at = end;
                whole.clear();
                whole.push(start);
                loop {
                    used[at as usize / 2] = true;
                    let chain = pieces[at as usize / 2].0;
                    if at & 1 == 0 {
                        whole.extend_from_slice(&chain[1..]);
                    } else {
                        whole.extend(chain.iter().rev().skip(1));
                    }
                    let v = whole[whole.len() - 1] as usize;
                    let next = if ends[v][0] == at ^ 1 { ends[v][1] } else { ends[v][0] };
                    if count[v] != 2 || used[next as usize / 2] {
                        break;
                    }
                    at = next;
                }
                let (_, left, right) = pieces[end as usize / 2];
                let (left, right) = if end & 1 == 0 { (left, right) } else { (right, left) };
                for &v in &whole {
                    if numbers[v as usize] == u32::MAX {
                        numbers[v as usize] = out.vertices.len() as u32;
                        out.vertices.push(points[v as usize]);
                        out.gone.push(gone(v));
                    }
                    out.chain.push(numbers[v as usize]);
                }
                out.starts.push(out.chain.len() as u32);
                out.left.push(left);
                out.right.push(right);
            }
        }
        out
    }
}
