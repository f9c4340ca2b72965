//! A level's areas as arcs with an area on either side.

use geo_types::{Coord, LineString, MultiPolygon, Polygon};
use rayon::prelude::*;

use crate::arcs::Arcs;
use crate::faces::{Faces, resolve};
use crate::options::{CleanOptions, CleanReport, ZoomOptions};
use crate::project::{GRID_ZOOM, TILE_EXTENT, Wide, mercator, metres_per_unit, to_lon_lat};
use crate::simplify::simplify;
use crate::soup::{NONE, Ring, Soup};
use crate::{GeometryError, ZoomMesh, cells, input, pole, rings, round, snap};

/// Share of areas that may be under one grid square at the first zoom, as one in so many
/// (design, section 6).
const SMALL_ONE_IN: usize = 1_000;

/// The last zoom's grid squares are at most the median edge divided by this: rounding then turns
/// no edge by more than about half a degree.
const SQUARES_PER_EDGE: f64 = 100.0;

/// No tileset goes beyond this zoom; clients overzoom.
const ZOOM_LIMIT: u8 = 14;

/// The areas of one level as a planar partition.
#[derive(Debug, Clone)]
pub struct Coverage {
    len: usize,
    arcs: Arcs,
    /// Arcs around each row: (row, arc, whether the row is on its left), sorted.
    around: Vec<(u32, u32, bool)>,
    /// Ground of each row in square units of the grid; 0 without geometry.
    area_units: Vec<f64>,
    first_zoom: u8,
    last_zoom: u8,
    tolerance: f64,
}

/// An area that shares a boundary of positive length.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbour {
    /// Its row.
    pub row: u32,
    /// Length of the shared boundary, in metres on the ground.
    pub shared_m: f64,
}

/// Cleans one level's polygons (longitude, latitude, WGS 84; `None` is an area without geometry)
/// and prepares its zooms.
///
/// # Errors
/// [`GeometryError::NotLonLat`] for a coordinate that is no longitude and latitude,
/// [`GeometryError::TooLarge`] beyond what 32-bit numbers can tell apart.
pub fn build(
    areas: &[Option<MultiPolygon<f64>>],
    options: &CleanOptions,
) -> Result<(Coverage, CleanReport), GeometryError> {
    let rings = all_rings(areas)?;
    let mut report = CleanReport::default();
    let mut soup = Soup::new(&rings);
    let mut area_m2 = vec![0.0; areas.len()];
    for ring in &rings {
        let wide: Vec<Wide> = ring.points.iter().map(|p| p.wide()).collect();
        let scale = metres_per_unit(wide[0].y as f64);
        area_m2[ring.area as usize] += rings::doubled_area(&wide) as f64 / 2.0 * scale * scale;
    }
    report.self_intersecting = soup.node();
    soup.drop_unclaimed();
    let mut faces = Faces::new(&soup);
    report.self_intersecting.extend(faces.wound_oddly());
    let touching: Vec<u32> = rings.par_iter().filter(|r| r.touches_itself()).map(|r| r.area).collect();
    report.self_intersecting.extend(touching);
    report.self_intersecting.sort_unstable();
    report.self_intersecting.dedup();
    report.snap_m = options.snap_m;
    let mut resolution = resolve(&soup, &faces, &area_m2, options.sliver_width_m);
    // Overlaps are those of the source, before anything moved.
    report.overlaps = resolution.overlaps;
    report.overlap_m2 = resolution.overlap_m2;
    report.overlapping = std::mem::take(&mut resolution.overlapping);
    let limit_m = options.snap_limit_m.max(options.snap_m);
    if snap::needed(&soup, options.snap_m, limit_m) {
        (report.snap_m, report.snapped_vertices) = snap::snap(&mut soup, options.snap_m, limit_m);
        soup.drop_unclaimed();
        faces = Faces::new(&soup);
        let width_m = options.sliver_width_m.max(2.0 * report.snap_m);
        resolution = resolve(&soup, &faces, &area_m2, width_m);
    }
    report.slivers = resolution.slivers;
    report.sliver_m2 = resolution.sliver_m2;
    report.gaps = resolution.gaps;
    report.gap_m2 = resolution.gap_m2;

    let owner = |h: usize| resolution.owner[faces.face_of[h] as usize];
    let kept: Vec<([u32; 2], u32, u32)> = soup
        .edges
        .iter()
        .enumerate()
        .map(|(e, edge)| ([edge.u, edge.v], owner(2 * e), owner(2 * e + 1)))
        .filter(|(_, left, right)| left != right)
        .collect();
    let pieces: Vec<(&[u32], u32, u32)> = kept.iter().map(|(c, l, r)| (&c[..], *l, *r)).collect();
    let arcs = Arcs::join(&soup.points, |_| -1, &pieces);
    let mut coverage = Coverage::new(areas.len(), arcs, options.tolerance);
    coverage.last_zoom = coverage.detail_zoom();
    simplify(&mut coverage.arcs, coverage.last_zoom as i8 - 1, options.tolerance);
    for (row, area) in areas.iter().enumerate() {
        if coverage.area_units[row] <= 0.0 {
            if area.is_some() && area_m2[row] > 0.0 {
                report.swallowed.push(row as u32);
            } else {
                report.without_geometry.push(row as u32);
            }
        }
    }
    Ok((coverage, report))
}

fn all_rings(areas: &[Option<MultiPolygon<f64>>]) -> Result<Vec<Ring>, GeometryError> {
    let limit = (u32::MAX / 4) as usize;
    if areas.len() > limit {
        return Err(GeometryError::TooLarge { what: "areas", found: areas.len(), limit });
    }
    let rings: Vec<Vec<Ring>> = areas
        .par_iter()
        .enumerate()
        .map(|(row, area)| match area {
            Some(area) => input::rings(row as u32, area),
            None => Ok(Vec::new()),
        })
        .collect::<Result<_, _>>()?;
    let rings: Vec<Ring> = rings.into_iter().flatten().collect();
    let found = rings.iter().map(|r| r.points.len()).sum();
    if found > limit {
        return Err(GeometryError::TooLarge { what: "vertices", found, limit });
    }
    Ok(rings)
}

impl Coverage {
    fn new(len: usize, arcs: Arcs, tolerance: f64) -> Self {
        let mut around = Vec::with_capacity(arcs.len() * 2);
        let mut area_units = vec![0.0; len];
        let mut doubled = vec![0_i128; len];
        for i in 0..arcs.len() {
            let sum: i128 = arcs
                .arc(i)
                .windows(2)
                .map(|w| {
                    let (a, b) = (arcs.at(w[0]), arcs.at(w[1]));
                    i128::from(a.x) * i128::from(b.y) - i128::from(b.x) * i128::from(a.y)
                })
                .sum();
            for (row, forward) in [(arcs.left[i], true), (arcs.right[i], false)] {
                if row != NONE {
                    around.push((row, i as u32, forward));
                    doubled[row as usize] += if forward { sum } else { -sum };
                }
            }
        }
        around.sort_unstable();
        for (units, doubled) in area_units.iter_mut().zip(doubled) {
            *units = doubled as f64 / 2.0;
        }
        let mut out = Self { len, arcs, around, area_units, first_zoom: 0, last_zoom: ZOOM_LIMIT, tolerance };
        out.first_zoom = out.visible_zoom();
        out
    }

    /// Number of areas (rows), with or without geometry.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no areas at all.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether a row has geometry.
    pub fn has_geometry(&self, row: u32) -> bool {
        self.area_units[row as usize] > 0.0
    }

    /// Number of distinct vertices in full detail.
    pub fn vertices(&self) -> usize {
        self.arcs.vertices.len()
    }

    /// Parents' areas from the same arcs: `parent_of[row]` is the row of the parent, `None` leaves
    /// the area out. At every zoom from this coverage's first on, simplification keeps the same
    /// vertices of the parents' boundaries as here, so the two can be drawn over each other
    /// (rounding may differ by a grid square); below, where these areas are not drawn, the
    /// parents are simplified further.
    ///
    /// # Errors
    /// [`GeometryError::Parents`] where the table does not fit.
    pub fn dissolve(&self, parent_of: &[Option<u32>], parents: usize) -> Result<Coverage, GeometryError> {
        if parent_of.len() != self.len || parent_of.iter().flatten().any(|&p| p as usize >= parents) {
            let (found, expected) = (parent_of.len(), self.len);
            return Err(GeometryError::Parents { found, expected, parents });
        }
        let parent = |row: u32| match row {
            NONE => NONE,
            row => parent_of[row as usize].unwrap_or(NONE),
        };
        let pieces: Vec<(&[u32], u32, u32)> = (0..self.arcs.len())
            .map(|i| (self.arcs.arc(i), parent(self.arcs.left[i]), parent(self.arcs.right[i])))
            .filter(|(_, left, right)| left != right)
            .collect();
        let arcs = Arcs::join(&self.arcs.vertices, |v| self.arcs.gone[v as usize], &pieces);
        let mut out = Self::new(parents, arcs, self.tolerance);
        out.last_zoom = self.last_zoom;
        out.first_zoom = out.first_zoom.min(self.last_zoom);
        simplify(&mut out.arcs, self.first_zoom as i8 - 1, self.tolerance);
        Ok(out)
    }

    /// Simplified and snap-rounded polygons of zoom `z`, 0..=14 (any up to 18 works).
    pub fn zoom(&self, z: u8, options: &ZoomOptions) -> ZoomMesh {
        let z = z.min(GRID_ZOOM - 2);
        let detail = if z >= self.last_zoom { i8::MAX } else { z as i8 };
        let mut chains = round::round(&self.arcs, z, detail, options.buffer);
        let mut collapsed = Vec::new();
        if z >= self.first_zoom {
            let wanted: Vec<bool> = self.area_units.iter().map(|&a| a > 0.0).collect();
            let place = |row: u32| self.place(row, z);
            let limit = i64::from(TILE_EXTENT) << z;
            collapsed = cells::restore(&mut chains, self.len, &wanted, place, limit);
        }
        ZoomMesh { zoom: z, areas: round::polygons(&chains, self.len), collapsed }
    }

    /// A point well inside a row, in grid squares of zoom `z`.
    fn place(&self, row: u32, z: u8) -> (f64, f64) {
        let scale = (1_u64 << (GRID_ZOOM - z)) as f64;
        let inside = pole(&self.outline(row)).map_or((0.0, 0.0), |p| mercator(p.x, p.y));
        (inside.0 / scale, inside.1 / scale)
    }

    /// First zoom of the level's tileset: at most 1 in 1,000 areas is under one grid square.
    pub fn first_zoom(&self) -> u8 {
        self.first_zoom
    }

    fn visible_zoom(&self) -> u8 {
        let with: Vec<f64> = self.area_units.iter().copied().filter(|&a| a > 0.0).collect();
        (0..ZOOM_LIMIT)
            .find(|&z| {
                let square = 4_f64.powi(i32::from(GRID_ZOOM - z));
                with.iter().filter(|&&a| a < square).count() * SMALL_ONE_IN <= with.len()
            })
            .unwrap_or(ZOOM_LIMIT)
    }

    /// Last zoom that holds detail (at most 14): every vertex is kept there, on a grid finer
    /// than the source warrants.
    pub fn last_zoom(&self) -> u8 {
        self.last_zoom
    }

    fn detail_zoom(&self) -> u8 {
        let mut lengths: Vec<i64> = (0..self.arcs.len())
            .flat_map(|i| self.arcs.arc(i).windows(2))
            .map(|w| {
                let (a, b) = (self.arcs.at(w[0]), self.arcs.at(w[1]));
                (a.x - b.x).abs().max((a.y - b.y).abs())
            })
            .collect();
        if lengths.is_empty() {
            return 0;
        }
        let middle = lengths.len() / 2;
        let median = *lengths.select_nth_unstable(middle).1 as f64;
        (self.first_zoom..ZOOM_LIMIT)
            .find(|&z| ((1_u64 << (GRID_ZOOM - z)) as f64) <= median / SQUARES_PER_EDGE)
            .unwrap_or(ZOOM_LIMIT)
    }

    /// For each row the areas that share a boundary of positive length, in row order.
    pub fn neighbours(&self) -> Vec<Vec<Neighbour>> {
        let mut pairs: Vec<(u32, u32, f64)> = Vec::new();
        for i in 0..self.arcs.len() {
            let (l, r) = (self.arcs.left[i], self.arcs.right[i]);
            if l != NONE && r != NONE {
                let length = self.arcs.ground_length(i);
                pairs.push((l, r, length));
                pairs.push((r, l, length));
            }
        }
        // Stable, so that lengths are summed in the order of arcs on both sides.
        pairs.sort_by_key(|p| (p.0, p.1));
        let mut out = vec![Vec::new(); self.len];
        for group in pairs.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let shared_m = group.iter().map(|p| p.2).sum();
            out[group[0].0 as usize].push(Neighbour { row: group[0].1, shared_m });
        }
        out
    }

    /// The cleaned outline of a row in full detail (longitude, latitude; RFC 7946 winding).
    pub fn outline(&self, row: u32) -> MultiPolygon<f64> {
        let from = self.around.partition_point(|a| a.0 < row);
        let chains: Vec<Vec<Wide>> = self.around[from..]
            .iter()
            .take_while(|a| a.0 == row)
            .map(|&(_, arc, forward)| {
                let mut points: Vec<Wide> = self.arcs.arc(arc as usize).iter().map(|&v| self.arcs.at(v)).collect();
                if !forward {
                    points.reverse();
                }
                points
            })
            .collect();
        MultiPolygon(
            rings::trace(&chains)
                .into_iter()
                .map(|(exterior, holes)| Polygon::new(degrees(exterior), holes.into_iter().map(degrees).collect()))
                .collect(),
        )
    }
}

/// A closed ring in degrees; north is up there, so the sense turns.
fn degrees(ring: Vec<Wide>) -> LineString<f64> {
    let mut out: Vec<Coord<f64>> = ring.iter().rev().map(|p| to_lon_lat(p.x as f64, p.y as f64)).collect();
    out.push(out[0]);
    LineString(out)
}

/// Share of `parent`'s ground that `children` cover, 0..=1 (each counted once where they
/// overlap); 0 for a parent without ground or with coordinates that are none.
pub fn covered_fraction(parent: &MultiPolygon<f64>, children: &[&MultiPolygon<f64>]) -> f64 {
    let mut rings = Vec::new();
    for (row, area) in std::iter::once(&parent).chain(children).enumerate() {
        match input::rings(row as u32, area) {
            Ok(found) => rings.extend(found),
            Err(_) => return 0.0,
        }
    }
    let mut soup = Soup::new(&rings);
    soup.node();
    soup.drop_unclaimed();
    let faces = Faces::new(&soup);
    let (mut total, mut covered) = (0.0, 0.0);
    for (face, measure) in faces.measure.iter().enumerate() {
        let claimants = faces.claimants(face);
        if claimants.first() == Some(&0) {
            total += measure.area_m2;
            if claimants.len() > 1 {
                covered += measure.area_m2;
            }
        }
    }
    if total > 0.0 { (covered / total).clamp(0.0, 1.0) } else { 0.0 }
}
