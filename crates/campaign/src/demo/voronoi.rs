//! A planar subdivision whose neighbours share identical points: the Voronoi cells of scattered sites.
//!
//! Each cell is found by clipping a square with the bisectors of ever farther sites. A corner is then computed from its
//! three sites in increasing order, so the three cells that meet there get the very same two numbers, and gaps are
//! impossible by construction rather than by snapping.

/// A point in kilometres, east and north of the country's centre.
pub type Km = [f64; 2];

/// A neighbour of a cell, across one edge of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Across {
    /// The site with this number.
    Site(u32),
    /// One of the four sides of the box that holds all sites: west, east, south, north.
    Frame(u8),
}

/// The cells of a set of sites within a box.
pub struct Cells {
    /// Of each site: its neighbours anticlockwise, first the one with the edge that starts the ring.
    pub around: Vec<Vec<Across>>,
}

/// A corner of the cell under construction, and the neighbour across the edge that leaves it.
#[derive(Clone, Copy)]
struct Corner {
    at: Km,
    next: Across,
}

/// Sites in square cells of a grid, so that those near a point are found without looking at all.
struct Grid {
    origin: Km,
    columns: usize,
    rows: usize,
    /// Sites of each grid square, one after the other.
    sites: Vec<u32>,
    /// Where each square's sites start in `sites`, and at the end their number.
    starts: Vec<u32>,
}

/// Side of a grid square: about the spacing of sites in the country, so that few squares are empty.
const SQUARE_KM: f64 = 1.0;

impl Grid {
    fn new(sites: &[Km], half_box: Km) -> Self {
        let columns = (2.0 * half_box[0] / SQUARE_KM).ceil() as usize;
        let rows = (2.0 * half_box[1] / SQUARE_KM).ceil() as usize;
        let origin = [-half_box[0], -half_box[1]];
        let square = |site: &Km| {
            let column = (((site[0] - origin[0]) / SQUARE_KM) as usize).min(columns - 1);
            let row = (((site[1] - origin[1]) / SQUARE_KM) as usize).min(rows - 1);
            row * columns + column
        };
        let mut starts = vec![0u32; columns * rows + 1];
        for site in sites {
            starts[square(site) + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut free = starts.clone();
        let mut sorted = vec![0u32; sites.len()];
        for (number, site) in sites.iter().enumerate() {
            let place = &mut free[square(site)];
            sorted[*place as usize] = number as u32;
            *place += 1;
        }
        Self { origin, columns, rows, sites: sorted, starts }
    }

    /// Calls `visit` with the sites of the squares that are exactly `ring` squares away from the one of `point`.
    fn ring(&self, point: Km, ring: i64, mut visit: impl FnMut(u32)) {
        let column = ((point[0] - self.origin[0]) / SQUARE_KM) as i64;
        let row = ((point[1] - self.origin[1]) / SQUARE_KM) as i64;
        for y in (row - ring).max(0)..=(row + ring).min(self.rows as i64 - 1) {
            let whole_row = (y - row).abs() == ring;
            let step = if whole_row || ring == 0 { 1 } else { 2 * ring };
            let mut x = column - ring;
            while x <= column + ring {
                if (0..self.columns as i64).contains(&x) {
                    let square = y as usize * self.columns + x as usize;
                    for at in self.starts[square]..self.starts[square + 1] {
                        visit(self.sites[at as usize]);
                    }
                }
                x += step;
            }
        }
    }
}

impl Cells {
    /// The cells of `sites`, all strictly within the box of half sides `half_box` about the origin and in general
    /// position (no four on one circle, which random sites never are).
    pub fn new(sites: &[Km], half_box: Km) -> Self {
        let grid = Grid::new(sites, half_box);
        let around = (0..sites.len() as u32).map(|number| cell(sites, &grid, half_box, number)).collect();
        Self { around }
    }

    /// The corner where the edges towards `this` and `next` meet at `site`, the same bits for all three cells.
    pub fn corner(sites: &[Km], site: u32, this: Across, next: Across) -> Option<Km> {
        let (Across::Site(a), Across::Site(b)) = (this, next) else {
            return None;
        };
        let mut three = [site, a, b];
        three.sort_unstable();
        Some(circumcentre(three.map(|number| sites[number as usize])))
    }

    /// The centroid of each cell, for one step of Lloyd's relaxation; cells at the frame keep their site.
    pub fn centroids(&self, sites: &[Km]) -> Vec<Km> {
        (0..sites.len())
            .map(|number| {
                let around = &self.around[number];
                let corners: Option<Vec<Km>> = (0..around.len())
                    .map(|at| Self::corner(sites, number as u32, around[at], around[(at + 1) % around.len()]))
                    .collect();
                corners.map_or(sites[number], |corners| centroid(&corners))
            })
            .collect()
    }
}

/// The neighbours of one site, anticlockwise.
fn cell(sites: &[Km], grid: &Grid, half_box: Km, number: u32) -> Vec<Across> {
    let site = sites[number as usize];
    let [x, y] = half_box;
    let mut corners = vec![
        Corner { at: [-x, -y], next: Across::Frame(2) },
        Corner { at: [x, -y], next: Across::Frame(1) },
        Corner { at: [x, y], next: Across::Frame(3) },
        Corner { at: [-x, y], next: Across::Frame(0) },
    ];
    let mut ring = 0;
    loop {
        let mut near: Vec<(f64, u32)> = Vec::new();
        grid.ring(site, ring, |other| {
            if other != number {
                near.push((distance2(site, sites[other as usize]), other));
            }
        });
        near.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (_, other) in near {
            clip(&mut corners, site, sites[other as usize], Across::Site(other));
        }
        // Sites of the next ring are at least `ring` squares away; a bisector passes half-way.
        let reach2 = corners.iter().map(|corner| distance2(site, corner.at)).fold(0.0, f64::max);
        let seen = ring as f64 * SQUARE_KM;
        if seen * seen >= 4.0 * reach2 || ring > grid.columns.max(grid.rows) as i64 {
            return corners.iter().map(|corner| corner.next).collect();
        }
        ring += 1;
    }
}

/// Keeps the part of a convex cell that is nearer to `site` than to `other`.
fn clip(corners: &mut Vec<Corner>, site: Km, other: Km, across: Across) {
    let normal = [other[0] - site[0], other[1] - site[1]];
    let middle = [f64::midpoint(site[0], other[0]), f64::midpoint(site[1], other[1])];
    let beyond = |point: Km| (point[0] - middle[0]) * normal[0] + (point[1] - middle[1]) * normal[1];
    if corners.iter().all(|corner| beyond(corner.at) <= 0.0) {
        return;
    }
    let mut kept = Vec::with_capacity(corners.len() + 1);
    for at in 0..corners.len() {
        let (corner, next) = (corners[at], corners[(at + 1) % corners.len()]);
        let (here, there) = (beyond(corner.at), beyond(next.at));
        let crossing = || {
            let t = here / (here - there);
            [0, 1].map(|axis| corner.at[axis] + (next.at[axis] - corner.at[axis]) * t)
        };
        if here <= 0.0 {
            kept.push(corner);
            if there > 0.0 {
                kept.push(Corner { at: crossing(), next: across });
            }
        } else if there <= 0.0 {
            kept.push(Corner { at: crossing(), next: corner.next });
        }
    }
    *corners = kept;
}

/// The point as far from each of three others.
fn circumcentre([a, b, c]: [Km; 3]) -> Km {
    let (bx, by, cx, cy) = (b[0] - a[0], b[1] - a[1], c[0] - a[0], c[1] - a[1]);
    let twice = 2.0 * (bx * cy - by * cx);
    let (b2, c2) = (bx * bx + by * by, cx * cx + cy * cy);
    [a[0] + (cy * b2 - by * c2) / twice, a[1] + (bx * c2 - cx * b2) / twice]
}

fn centroid(corners: &[Km]) -> Km {
    let from = corners[0];
    let (mut area, mut sum) = (0.0, [0.0; 2]);
    for pair in corners[1..].windows(2) {
        let [p, q] = [pair[0], pair[1]].map(|point| [point[0] - from[0], point[1] - from[1]]);
        let cross = p[0] * q[1] - p[1] * q[0];
        area += cross;
        for axis in 0..2 {
            sum[axis] += cross * (p[axis] + q[axis]) / 3.0;
        }
    }
    if area.abs() < f64::EPSILON { from } else { [0, 1].map(|axis| from[axis] + sum[axis] / area) }
}

/// The square of a distance, in square kilometres.
pub fn distance2(a: Km, b: Km) -> f64 {
    (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};

    #[test]
    fn neighbours_see_each_other_across_the_same_two_corners() {
        let mut rng = rand_chacha::ChaCha12Rng::seed_from_u64(5);
        let sites: Vec<Km> =
            (0..2_000).map(|_| [rng.random_range(-20.0..20.0), rng.random_range(-20.0..20.0)]).collect();
        let cells = Cells::new(&sites, [20.0, 20.0]);
        for (number, around) in cells.around.iter().enumerate() {
            for (at, across) in around.iter().enumerate() {
                let Across::Site(other) = *across else { continue };
                let (before, after) = (around[(at + around.len() - 1) % around.len()], around[(at + 1) % around.len()]);
                let theirs = &cells.around[other as usize];
                let back = theirs.iter().position(|one| *one == Across::Site(number as u32)).expect("seen back");
                assert_eq!(theirs[(back + 1) % theirs.len()], before);
                assert_eq!(theirs[(back + theirs.len() - 1) % theirs.len()], after);
            }
        }
    }
}
