//! Faces of a noded soup: who claims each, and who gets it.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::bins::KeyMap;
use crate::exact::{by_angle, side};
use crate::project::{METRES2_PER_STRIP, Wide, metres_per_unit, sin_lat};
use crate::soup::{Edge, NONE, Soup};

/// The planar subdivision of a soup. Half-edge 2e runs from u to v of edge e, 2e + 1 back; a
/// face lies on the left.
pub(crate) struct Faces {
    /// Face of each half-edge; face 0 is the unbounded one.
    pub face_of: Vec<u32>,
    /// Claimants of each face with their winding numbers, by face.
    claims: Vec<u32>,
    sets: Vec<Vec<(u32, i32)>>,
    /// Signed doubled area in square units and perimeter in metres, summed over boundaries.
    pub measure: Vec<FaceMeasure>,
}

/// Size of a face.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct FaceMeasure {
    pub area_m2: f64,
    pub perimeter_m: f64,
}

impl FaceMeasure {
    /// Mean width: a long strip of width w has area w l and perimeter 2 l.
    pub(crate) fn width_m(self) -> f64 {
        if self.perimeter_m > 0.0 { 2.0 * self.area_m2 / self.perimeter_m } else { 0.0 }
    }
}

impl Faces {
    pub(crate) fn new(soup: &Soup) -> Self {
        let next = next_half_edges(soup);
        let (cycle_of, starts) = cycles(&next);
        let (doubled, measures) = measure_cycles(soup, &next, &starts);
        // The outer boundary of a component runs clockwise: its one cycle of negative area.
        let mut outer: Vec<(Wide, u32)> = Vec::new();
        for (c, &h) in starts.iter().enumerate() {
            if doubled[c] < 0 {
                let mut west = origin(soup, h);
                walk(&next, h, |g| west = west.min(origin(soup, g)));
                outer.push((west, c as u32));
            }
        }
        outer.sort_unstable();
        let hits = west_neighbours(soup, &outer);

        let mut face_of_cycle = vec![NONE; starts.len()];
        let mut measure = vec![FaceMeasure::default()];
        for c in 0..starts.len() {
            if doubled[c] > 0 {
                face_of_cycle[c] = measure.len() as u32;
                measure.push(measures[c]);
            }
        }
        let mut sets = Sets::default();
        let mut claims = vec![EMPTY; measure.len()];
        let mut known = vec![false; starts.len()];
        let mut stack = Vec::new();
        for (n, &(_, c)) in outer.iter().enumerate() {
            let face = match hits[n] {
                Some(half) => face_of_cycle[cycle_of[half as usize] as usize],
                None => 0,
            };
            debug_assert_ne!(face, NONE, "a component's host lies west of it and is placed first");
            face_of_cycle[c as usize] = face;
            if face != 0 {
                measure[face as usize].area_m2 += measures[c as usize].area_m2;
                measure[face as usize].perimeter_m += measures[c as usize].perimeter_m;
            }
            known[c as usize] = true;
            stack.push(c);
            while let Some(c) = stack.pop() {
                let claim = claims[face_of_cycle[c as usize] as usize];
                walk(&next, starts[c as usize], |h| {
                    let twin = cycle_of[(h ^ 1) as usize] as usize;
                    if !known[twin] {
                        known[twin] = true;
                        claims[face_of_cycle[twin] as usize] = sets.across(soup, claim, h);
                        stack.push(twin as u32);
                    }
                });
            }
        }
        let face_of = cycle_of.iter().map(|&c| face_of_cycle[c as usize]).collect();
        Self { face_of, claims, sets: sets.sets, measure }
    }

    /// Rows that claim a face, ascending.
    pub(crate) fn claimants(&self, face: usize) -> Vec<u32> {
        match self.claims[face] {
            EMPTY => Vec::new(),
            c if c & MANY == 0 => vec![c],
            c => self.sets[(c & !MANY) as usize].iter().map(|x| x.0).collect(),
        }
    }

    /// Rows that some face holds other than once: their rings cross or overlap themselves.
    pub(crate) fn wound_oddly(&self) -> Vec<u32> {
        self.sets.iter().flatten().filter(|c| c.1 != 1).map(|c| c.0).collect()
    }

    /// The only claimant, if there is exactly one; `None` for no or several claimants.
    pub(crate) fn single(&self, face: usize) -> Option<u32> {
        match self.claims[face] {
            EMPTY => None,
            c if c & MANY == 0 => Some(c),
            c => match self.sets[(c & !MANY) as usize].as_slice() {
                [(area, _)] => Some(*area),
                _ => None,
            },
        }
    }
}

/// What the resolution of faces found.
#[derive(Debug, Default)]
pub(crate) struct Resolution {
    /// Final owner of each face.
    pub owner: Vec<u32>,
    pub overlaps: usize,
    pub overlap_m2: f64,
    pub overlapping: Vec<(u32, u32, f64)>,
    pub slivers: usize,
    pub sliver_m2: f64,
    pub gaps: usize,
    pub gap_m2: f64,
}

/// An overlap this many times wider than a sliver is no digitising noise: it goes to the smallest
/// claimant, so that an area drawn inside another without a hole keeps its ground.
const WIDE_OVERLAP: f64 = 10.0;

/// So does an overlap that is more than one such part of the smallest claimant, however narrow: it
/// would lose its place otherwise.
const WHOLE_SHARE: f64 = 2.0;

/// Gives every face to one area, or to none.
pub(crate) fn resolve(soup: &Soup, faces: &Faces, area_m2: &[f64], sliver_width_m: f64) -> Resolution {
    let owner = (0..faces.measure.len()).map(|f| faces.single(f).unwrap_or(NONE)).collect();
    let mut out = Resolution { owner, ..Resolution::default() };
    // Faces to give away, with the claimants that may have them (empty: any neighbour).
    let mut open: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let mut pairs: BTreeMap<(u32, u32), f64> = BTreeMap::new();
    for face in 1..faces.measure.len() {
        let m = faces.measure[face];
        if faces.single(face).is_some() {
            continue;
        }
        let claimants = faces.claimants(face);
        if claimants.is_empty() {
            if m.width_m() < sliver_width_m {
                out.slivers += 1;
                out.sliver_m2 += m.area_m2;
                open.insert(face as u32, claimants);
            } else {
                out.gaps += 1;
                out.gap_m2 += m.area_m2;
            }
            continue;
        }
        out.overlaps += 1;
        out.overlap_m2 += m.area_m2;
        for (i, &a) in claimants.iter().enumerate() {
            for &b in &claimants[i + 1..] {
                *pairs.entry((a, b)).or_default() += m.area_m2;
            }
        }
        let smallest = claimants
            .iter()
            .copied()
            .min_by(|&a, &b| area_m2[a as usize].total_cmp(&area_m2[b as usize]).then(a.cmp(&b)))
            .expect("an overlap has claimants");
        let whole = m.area_m2 * WHOLE_SHARE > area_m2[smallest as usize];
        if whole || m.width_m() > WIDE_OVERLAP * sliver_width_m {
            out.owner[face] = smallest;
        } else {
            open.insert(face as u32, claimants);
        }
    }
    out.overlapping = pairs.into_iter().map(|((a, b), m)| (a, b, m)).collect();
    out.overlapping.sort_by(|a, b| b.2.total_cmp(&a.2).then((a.0, a.1).cmp(&(b.0, b.1))));

    // Borders of the open faces: (face, face beyond, metres).
    let mut borders: KeyMap<u32, Vec<(u32, f64)>> = KeyMap::default();
    if !open.is_empty() {
        for (e, edge) in soup.edges.iter().enumerate() {
            let (l, r) = (faces.face_of[2 * e], faces.face_of[2 * e + 1]);
            let length = ground_length(soup, edge);
            for (face, beyond) in [(l, r), (r, l)] {
                if face != beyond && open.contains_key(&face) {
                    borders.entry(face).or_default().push((beyond, length));
                }
            }
        }
    }
    while !open.is_empty() {
        let mut given = Vec::new();
        for (&face, allowed) in &open {
            let mut shared: BTreeMap<u32, f64> = BTreeMap::new();
            for &(beyond, length) in borders.get(&face).map_or(&[][..], Vec::as_slice) {
                let owner = out.owner[beyond as usize];
                if owner != NONE && (allowed.is_empty() || allowed.contains(&owner)) {
                    *shared.entry(owner).or_default() += length;
                }
            }
            let best = shared.into_iter().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
            if let Some((owner, _)) = best {
                given.push((face, owner));
            }
        }
        if given.is_empty() {
            // Nobody beside them is settled: the lowest row, or nobody, has them.
            given = open.iter().map(|(&f, a)| (f, a.first().copied().unwrap_or(NONE))).collect();
        }
        for (face, owner) in given {
            out.owner[face as usize] = owner;
            open.remove(&face);
        }
    }
    out
}

/// Length of an edge on the ground in metres.
pub(crate) fn ground_length(soup: &Soup, edge: &Edge) -> f64 {
    let (a, b) = (soup.at(edge.u), soup.at(edge.v));
    let (dx, dy) = ((a.x - b.x) as f64, (a.y - b.y) as f64);
    dx.hypot(dy) * metres_per_unit((a.y + b.y) as f64 / 2.0)
}

const EMPTY: u32 = u32::MAX;
/// Marks a claim that is a numbered set rather than one area.
const MANY: u32 = 1 << 31;

/// Sets of claimants, each stored once.
#[derive(Default)]
struct Sets {
    sets: Vec<Vec<(u32, i32)>>,
    ids: BTreeMap<Vec<(u32, i32)>, u32>,
}

impl Sets {
    /// Claim of the face on the right of half-edge `h`, from that of the face on its left.
    fn across(&mut self, soup: &Soup, claim: u32, h: u32) -> u32 {
        let edge = soup.edges[h as usize / 2];
        let (left, right) = if h & 1 == 0 { (edge.left, edge.right) } else { (edge.right, edge.left) };
        let simple = soup.extra.is_empty() || soup.extra.binary_search_by_key(&(h / 2), |x| x.0).is_err();
        if simple && claim == left {
            return right;
        }
        let mut set: BTreeMap<u32, i32> = match claim {
            EMPTY => BTreeMap::new(),
            c if c & MANY == 0 => BTreeMap::from([(c, 1)]),
            c => self.sets[(c & !MANY) as usize].iter().copied().collect(),
        };
        for (area, on_left) in soup.claims(h / 2) {
            *set.entry(area).or_default() -= if on_left == (h & 1 == 0) { 1 } else { -1 };
        }
        set.retain(|_, winding| *winding != 0);
        let list: Vec<(u32, i32)> = set.into_iter().collect();
        match list.as_slice() {
            [] => EMPTY,
            [(area, 1)] => *area,
            _ => {
                let next = self.sets.len() as u32;
                let id = *self.ids.entry(list.clone()).or_insert(next);
                if id == next {
                    self.sets.push(list);
                }
                MANY | id
            }
        }
    }
}

fn origin(soup: &Soup, h: u32) -> Wide {
    let e = &soup.edges[h as usize / 2];
    soup.at(if h & 1 == 0 { e.u } else { e.v })
}

/// The half-edge after each along the boundary of the face on its left.
fn next_half_edges(soup: &Soup) -> Vec<u32> {
    let mut start = vec![0_u32; soup.points.len() + 1];
    for e in &soup.edges {
        start[e.u as usize + 1] += 1;
        start[e.v as usize + 1] += 1;
    }
    for i in 1..start.len() {
        start[i] += start[i - 1];
    }
    let mut out = vec![0_u32; soup.edges.len() * 2];
    let mut fill = start.clone();
    for (i, e) in soup.edges.iter().enumerate() {
        for (p, h) in [(e.u, 2 * i), (e.v, 2 * i + 1)] {
            out[fill[p as usize] as usize] = h as u32;
            fill[p as usize] += 1;
        }
    }
    let mut next = vec![0_u32; out.len()];
    for p in 0..soup.points.len() {
        let star = &mut out[start[p] as usize..start[p + 1] as usize];
        if star.len() > 2 {
            let o = soup.at(p as u32);
            let along = |h: u32| {
                let t = origin(soup, h ^ 1);
                (t.x - o.x, t.y - o.y)
            };
            star.sort_unstable_by(|&a, &b| {
                let (a, b) = (along(a), along(b));
                by_angle(a.0, a.1, b.0, b.1)
            });
        }
        for i in 0..star.len() {
            // Arriving by the twin of star[i], the face on the left continues clockwise.
            next[(star[i] ^ 1) as usize] = star[(i + star.len() - 1) % star.len()];
        }
    }
    next
}

fn walk(next: &[u32], start: u32, mut f: impl FnMut(u32)) {
    let mut h = start;
    loop {
        f(h);
        h = next[h as usize];
        if h == start {
            return;
        }
    }
}

/// Number of the cycle of each half-edge, and one half-edge of each cycle.
fn cycles(next: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let mut cycle_of = vec![NONE; next.len()];
    let mut starts = Vec::new();
    for h in 0..next.len() as u32 {
        if cycle_of[h as usize] == NONE {
            walk(next, h, |g| cycle_of[g as usize] = starts.len() as u32);
            starts.push(h);
        }
    }
    (cycle_of, starts)
}

/// Exact doubled area of each cycle, and its measures on the ground.
///
/// Area on the sphere by Green's theorem: R^2 times the sum of (sin lat_a + sin lat_b) / 2 x
/// (lon_b - lon_a) over the edges, signed as the ring is.
fn measure_cycles(soup: &Soup, next: &[u32], starts: &[u32]) -> (Vec<i128>, Vec<FaceMeasure>) {
    starts
        .par_iter()
        .map(|&start| {
            let o = origin(soup, start);
            let scale = metres_per_unit(o.y as f64);
            let sine = |p: Wide| sin_lat(p.y as f64);
            let base = sine(o);
            let (mut doubled, mut length, mut area) = (0_i128, 0.0, 0.0);
            let (mut a, mut sa) = (o, base);
            walk(next, start, |h| {
                let b = origin(soup, h ^ 1);
                let sb = sine(b);
                doubled +=
                    i128::from(a.x - o.x) * i128::from(b.y - o.y) - i128::from(b.x - o.x) * i128::from(a.y - o.y);
                length += ((a.x - b.x) as f64).hypot((a.y - b.y) as f64);
                area += ((sa - base) + (sb - base)) / 2.0 * (b.x - a.x) as f64;
                (a, sa) = (b, sb);
            });
            let measure = FaceMeasure { area_m2: area * METRES2_PER_STRIP, perimeter_m: length * scale };
            (doubled, measure)
        })
        .unzip()
}

/// For each outer cycle (its westernmost point first): the half-edge of another component whose
/// left face lies directly west of that point, if any.
fn west_neighbours(soup: &Soup, outer: &[(Wide, u32)]) -> Vec<Option<u32>> {
    let mut by_y: Vec<(i64, usize)> = outer.iter().enumerate().map(|(i, o)| (o.0.y, i)).collect();
    by_y.sort_unstable();
    let mut best: Vec<Option<u32>> = vec![None; outer.len()];
    for (i, e) in soup.edges.iter().enumerate() {
        let (mut a, mut b, mut h) = (soup.at(e.u), soup.at(e.v), 2 * i as u32 + 1);
        if a.y > b.y {
            (a, b, h) = (b, a, h ^ 1);
        }
        // `h` runs towards smaller y, so that its left is the eastern side.
        let from = by_y.partition_point(|q| q.0 < a.y);
        for &(y, q) in by_y[from..].iter().take_while(|q| q.0 < b.y) {
            let p = outer[q].0;
            debug_assert_eq!(y, p.y);
            // Strictly west of p just above its height: p lies right of the way up.
            if side(a, b, p) >= 0 {
                continue;
            }
            let nearer = best[q].is_none_or(|old| {
                let old = &soup.edges[old as usize / 2];
                let (mut c, mut d) = (soup.at(old.u), soup.at(old.v));
                if c.y > d.y {
                    (c, d) = (d, c);
                }
                crosses_later(a, b, c, d, y)
            });
            if nearer {
                best[q] = Some(h);
            }
        }
    }
    best
}

/// Whether the edge a-b crosses height `y` (just above it) east of the edge c-d; both go up.
fn crosses_later(a: Wide, b: Wide, c: Wide, d: Wide, y: i64) -> bool {
    let at = |a: Wide, b: Wide| {
        let den = i128::from(b.y - a.y);
        (i128::from(a.x) * den + i128::from(y - a.y) * i128::from(b.x - a.x), den)
    };
    let ((n, m), (k, l)) = (at(a, b), at(c, d));
    match (n * l).cmp(&(k * m)) {
        std::cmp::Ordering::Equal => i128::from(b.x - a.x) * l > i128::from(d.x - c.x) * m,
        order => order.is_gt(),
    }
}
