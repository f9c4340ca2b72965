//! A level's coverage to its skeleton file, zoom by zoom, one zoom in memory at a time.

use std::io::Write;

use quartier_geometry::{Coverage, ZoomMesh, ZoomOptions};
use rayon::prelude::*;

use crate::clip::{Clipper, Piece};
use crate::error::{Result, TilesError};
use crate::grid::{BUFFER, DEEPEST_ZOOM, EXTENT, Point, TileBox, tile_id};
use crate::mvt::{Commands, put_feature};
use crate::rings::Rings;
use crate::skeleton::{SkeletonWriter, TilesetInfo};

/// Areas a thread takes at a time; fixed, so that bytes do not depend on the number of threads.
const AREAS_AT_A_TIME: usize = 64;

/// What the caller may choose.
#[derive(Debug, Clone, Default)]
pub struct CompileOptions {
    /// First zoom; by default [`Coverage::first_zoom`].
    pub minzoom: Option<u8>,
    /// Last zoom, at most 14; by default [`Coverage::last_zoom`].
    pub maxzoom: Option<u8>,
    /// Content hash of the geometry, kept in the file.
    pub content: String,
}

/// Encoded features of some areas: all bytes, and for each (tile, row) where they are.
#[derive(Default)]
struct Encoded {
    bytes: Vec<u8>,
    features: Vec<Feature>,
}

struct Feature {
    tile: u64,
    row: u32,
    start: usize,
    end: usize,
}

/// Compiles `coverage` into `out`. `progress(done, total)` is told after each zoom. The same
/// coverage and options give the same bytes, whatever the number of threads.
///
/// # Errors
/// [`TilesError::Options`] for zooms out of order, [`TilesError::Mesh`] where the mesh breaks its
/// promises, [`TilesError::Io`].
pub fn compile(
    tileset: &str,
    coverage: &Coverage,
    options: &CompileOptions,
    out: impl Write,
    progress: &dyn Fn(usize, usize),
) -> Result<TilesetInfo> {
    let minzoom = options.minzoom.unwrap_or_else(|| coverage.first_zoom());
    let maxzoom = options.maxzoom.unwrap_or_else(|| coverage.last_zoom().max(minzoom));
    let meshes = |z| coverage.zoom(z, &ZoomOptions { buffer: BUFFER });
    compile_meshes(tileset, (minzoom, maxzoom), &options.content, meshes, out, progress)
}

pub(crate) fn compile_meshes(
    tileset: &str,
    (minzoom, maxzoom): (u8, u8),
    content: &str,
    mesh_of: impl Fn(u8) -> ZoomMesh,
    out: impl Write,
    progress: &dyn Fn(usize, usize),
) -> Result<TilesetInfo> {
    if minzoom > maxzoom || maxzoom > DEEPEST_ZOOM {
        let text = format!("found zooms {minzoom} to {maxzoom}, expected an order within 0 to 14");
        return Err(TilesError::Options(text));
    }
    let mut writer = SkeletonWriter::begin(out)?;
    let zooms = usize::from(maxzoom - minzoom) + 1;
    let mut info = None;
    for zoom in minzoom..=maxzoom {
        let mesh = mesh_of(zoom);
        if zoom == maxzoom {
            info = Some(describe(tileset, (minzoom, maxzoom), content, &mesh));
        }
        let encoded = encode_zoom(zoom, &mesh)?;
        drop(mesh);
        write_zoom(&encoded, &mut writer)?;
        progress(usize::from(zoom - minzoom) + 1, zooms);
    }
    let info = info.expect("the last zoom is among the zooms");
    writer.finish(&info)?;
    Ok(info)
}

fn encode_zoom(zoom: u8, mesh: &ZoomMesh) -> Result<Vec<Encoded>> {
    mesh.areas
        .par_chunks(AREAS_AT_A_TIME)
        .enumerate()
        .map_init(
            || (Clipper::default(), Commands::default()),
            |(clipper, commands), (chunk, areas)| {
                let mut encoded = Encoded::default();
                for (row, area) in (chunk * AREAS_AT_A_TIME..).zip(areas) {
                    let row = row as u32;
                    let sink = |x: u32, y: u32, piece: Piece<'_>| {
                        encode_piece(commands, x, y, &piece);
                        let start = encoded.bytes.len();
                        put_feature(&mut encoded.bytes, row, &commands.bytes);
                        let (tile, end) = (tile_id(zoom, x, y), encoded.bytes.len());
                        encoded.features.push(Feature { tile, row, start, end });
                    };
                    clipper.clip(zoom, &area.polygons, sink).map_err(|fault| TilesError::Mesh { row, zoom, fault })?;
                }
                Ok(encoded)
            },
        )
        .collect()
}

fn encode_piece(commands: &mut Commands, x: u32, y: u32, piece: &Piece<'_>) {
    let (x, y) = (x as i32, y as i32);
    commands.restart([x * EXTENT, y * EXTENT]);
    let put = |commands: &mut Commands, rings: &Rings| rings.iter().for_each(|r| commands.ring(r));
    match piece {
        Piece::Whole(rings) | Piece::Part(rings) => put(commands, rings),
        Piece::Solid => commands.ring(&TileBox::of(x, y).corners()),
    }
}

fn write_zoom<W: Write>(encoded: &[Encoded], writer: &mut SkeletonWriter<W>) -> Result<()> {
    let mut order: Vec<(u64, u32, u32, u32)> = Vec::new();
    for (chunk, e) in encoded.iter().enumerate() {
        let features = e.features.iter().enumerate();
        order.extend(features.map(|(i, f)| (f.tile, f.row, chunk as u32, i as u32)));
    }
    order.par_sort_unstable();
    let mut payload = Vec::new();
    for tile in order.chunk_by(|a, b| a.0 == b.0) {
        payload.clear();
        for &(_, _, chunk, i) in tile {
            let from = &encoded[chunk as usize];
            let f = &from.features[i as usize];
            payload.extend_from_slice(&from.bytes[f.start..f.end]);
        }
        writer.tile(tile[0].0, &payload)?;
    }
    Ok(())
}

fn describe(tileset: &str, zooms: (u8, u8), content: &str, mesh: &ZoomMesh) -> TilesetInfo {
    let all = mesh.areas.iter().flat_map(|a| &a.polygons).flat_map(|p| &p.exterior);
    let extent = all.fold(None, |e: Option<(Point, Point)>, p| {
        let (low, high) = e.unwrap_or(([p.x, p.y], [p.x, p.y]));
        Some(([low[0].min(p.x), low[1].min(p.y)], [high[0].max(p.x), high[1].max(p.y)]))
    });
    let side = f64::from(EXTENT) * f64::from(1u32 << zooms.1);
    let degrees = |p: Point| {
        let north = (1.0 - 2.0 * f64::from(p[1]) / side) * std::f64::consts::PI;
        [f64::from(p[0]) / side * 360.0 - 180.0, north.sinh().atan().to_degrees()]
    };
    let bounds = extent.map(|(low, high)| {
        let ([west, north], [east, south]) = (degrees(low), degrees(high));
        [west, south, east, north].map(|v| (v * 1e5).round() / 1e5)
    });
    let center = bounds.map(|[w, s, e, n]| {
        let middle = |a: f64, b: f64| ((a + b) * 5e4).round() / 1e5;
        [middle(w, e), middle(s, n), f64::from(zooms.0)]
    });
    TilesetInfo {
        tileset: tileset.to_owned(),
        minzoom: zooms.0,
        maxzoom: zooms.1,
        bounds,
        center,
        rows: mesh.areas.len() as u32,
        content: content.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;
    use quartier_geometry::{AreaRings, GridPoint, GridPolygon};

    use super::*;
    use crate::mvt::{take_feature, take_varint};
    use crate::rings::double_area;
    use crate::skeleton::{Lookup, Skeleton};

    const ZOOM: u8 = 2;
    const WORLD: i32 = EXTENT << ZOOM;

    /// A partition of the world into triangles, each of one area: lattice lines lie on every clip
    /// line, so no edge crosses one.
    struct Partition {
        areas: usize,
        triangles: Vec<([Point; 3], usize)>,
    }

    fn partition(xs: &[i32], ys: &[i32], areas: usize, choice: &[u8], blobs: bool) -> Partition {
        let lines = |more: &[i32]| {
            let mut all: Vec<i32> = (0..4).flat_map(|k| [k * EXTENT - 64, k * EXTENT + 64]).collect();
            all.extend([0, WORLD, WORLD - 64]);
            all.extend(more);
            all.retain(|v| (0..=WORLD).contains(v));
            all.sort_unstable();
            all.dedup();
            all
        };
        let (xs, ys) = (lines(xs), lines(ys));
        let mut triangles = vec![];
        let mut n = 0;
        for (i, x) in xs.windows(2).enumerate() {
            for (j, y) in ys.windows(2).enumerate() {
                let c = usize::from(choice[n % choice.len()]);
                n += 1;
                let blob = |c: usize| if blobs && !c.is_multiple_of(8) { (i / 5 + j / 5) % areas } else { c % areas };
                let [a, b, d, e] = [[x[0], y[0]], [x[1], y[0]], [x[1], y[1]], [x[0], y[1]]];
                let (p, q) = if c & 16 == 0 { ([a, b, d], [a, d, e]) } else { ([a, b, e], [b, d, e]) };
                triangles.push((p, blob(c)));
                triangles.push((q, blob(c / 3)));
            }
        }
        Partition { areas, triangles }
    }

    impl Partition {
        fn mesh(&self) -> ZoomMesh {
            let areas = (0..self.areas).map(|area| AreaRings { polygons: self.polygons(area) });
            ZoomMesh { zoom: ZOOM, areas: areas.collect(), collapsed: vec![] }
        }

        fn polygons(&self, area: usize) -> Vec<GridPolygon> {
            let mut edges: HashMap<(Point, Point), ()> = HashMap::new();
            for (t, _) in self.triangles.iter().filter(|t| t.1 == area) {
                for k in 0..3 {
                    let (a, b) = (t[k], t[(k + 1) % 3]);
                    if edges.remove(&(b, a)).is_none() {
                        edges.insert((a, b), ());
                    }
                }
            }
            let mut from: std::collections::BTreeMap<Point, Vec<Point>> = Default::default();
            edges.into_keys().for_each(|(a, b)| from.entry(a).or_default().push(b));
            from.values_mut().for_each(|v| v.sort_unstable());
            let mut rings = Rings::default();
            while let Some((&start, _)) = from.iter().next() {
                let mut at = start;
                loop {
                    rings.add(at);
                    let next = from.get_mut(&at).expect("boundary is closed");
                    let to = next.pop().expect("an edge leaves");
                    if next.is_empty() {
                        from.remove(&at);
                    }
                    at = to;
                    if at == start {
                        break;
                    }
                }
                rings.close();
            }
            let mut sorted = Rings::default();
            rings.separate(&mut vec![]).expect("sound");
            rings.put_polygons(&mut sorted).expect("sound");
            let mut out: Vec<GridPolygon> = vec![];
            for ring in sorted.iter() {
                let points = ring.iter().map(|p| GridPoint { x: p[0], y: p[1] }).collect();
                if double_area(ring) > 0 {
                    out.push(GridPolygon { exterior: points, holes: vec![] });
                } else {
                    out.last_mut().expect("an exterior first").holes.push(points);
                }
            }
            out
        }

        /// Twice the area of each area within a tile's box.
        fn expected(&self, x: u32, y: u32) -> HashMap<u32, i64> {
            let tile = TileBox::of(x as i32, y as i32);
            let mut sums = HashMap::new();
            for (t, area) in &self.triangles {
                let within =
                    |p: &Point| (tile.west..=tile.east).contains(&p[0]) && (tile.north..=tile.south).contains(&p[1]);
                if t.iter().all(within) {
                    *sums.entry(*area as u32).or_insert(0) += double_area(t);
                }
            }
            sums
        }
    }

    fn decode(mut commands: &[u8]) -> Vec<Vec<Point>> {
        let (mut rings, mut at): (Vec<Vec<Point>>, Point) = (vec![], [0, 0]);
        let mut number = || take_varint(&mut commands).map(|v| v as u32);
        while let Some(command) = number() {
            match command & 7 {
                1 => rings.push(vec![]),
                2 => {}
                _ => continue,
            }
            for _ in 0..command >> 3 {
                for axis in &mut at {
                    let v = number().expect("a parameter");
                    *axis += (v >> 1) as i32 ^ -((v & 1) as i32);
                }
                rings.last_mut().expect("moved first").push(at);
            }
        }
        rings
    }

    fn every_tile_holds_exactly_its_share(p: &Partition) {
        let mesh = p.mesh();
        let mut bytes = vec![];
        compile_meshes("t", (ZOOM, ZOOM), "", |_| mesh.clone(), &mut bytes, &|_, _| ()).expect("compiles");
        let skeleton = Skeleton::open(bytes).expect("opens");
        for (x, y) in (0..4).flat_map(|x| (0..4).map(move |y| (x, y))) {
            let Lookup::Tile(tile) = skeleton.tile(ZOOM, x, y) else { panic!("{x} {y} is missing") };
            let mut found = HashMap::new();
            let mut rest = tile.features;
            while let Some(f) = take_feature(&mut rest) {
                let mut body = &f.type_and_geometry[3..];
                take_varint(&mut body);
                let body_start = f.type_and_geometry.len() - body.len();
                assert!(body_start >= 4);
                let rings = decode(
                    &f.type_and_geometry[3..][{
                        let mut b = &f.type_and_geometry[3..];
                        let before = b.len();
                        take_varint(&mut b);
                        before - b.len()
                    }..],
                );
                assert!(double_area(&rings[0]) > 0, "an exterior ring first");
                for ring in &rings {
                    let mut once = ring.clone();
                    once.sort_unstable();
                    once.dedup();
                    assert_eq!(once.len(), ring.len(), "ring of row {} repeats a vertex", f.row);
                    assert!(ring.iter().flatten().all(|v| (-64..=4160).contains(v)));
                }
                let sum: i64 = rings.iter().map(|r| double_area(r)).sum();
                assert!(found.insert(f.row, sum).is_none());
            }
            assert!(rest.is_empty());
            assert_eq!(found, p.expected(x, y), "tile {x}/{y}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn what_an_area_has_in_a_tile_is_exactly_its_share_of_the_partition(
            xs in prop::collection::vec(1..WORLD, 0..12),
            ys in prop::collection::vec(1..WORLD, 0..12),
            areas in 1usize..6,
            choice in prop::collection::vec(any::<u8>(), 40..200),
            blobs in any::<bool>(),
        ) {
            every_tile_holds_exactly_its_share(&partition(&xs, &ys, areas, &choice, blobs));
        }
    }

    #[test]
    fn the_whole_world_as_one_area_fills_every_tile() {
        every_tile_holds_exactly_its_share(&partition(&[], &[], 1, &[0], false));
    }

    #[test]
    fn a_damaged_skeleton_is_refused_and_addresses_outside_are_told_apart() {
        let mesh = partition(&[5000], &[5000], 3, &[1, 2, 3, 17, 40], false).mesh();
        let mut bytes = vec![];
        compile_meshes("t", (ZOOM, ZOOM), "", |_| mesh.clone(), &mut bytes, &|_, _| ()).expect("compiles");
        for at in (0..bytes.len()).step_by(97) {
            let mut bad = bytes.clone();
            bad[at] ^= 1;
            assert!(Skeleton::open(bad).is_err(), "byte {at}");
        }
        assert!(Skeleton::open(&bytes[..bytes.len() - 1]).is_err());
        let skeleton = Skeleton::open(bytes).expect("opens");
        assert_eq!(skeleton.tile(1, 0, 0), Lookup::OutOfRange);
        assert_eq!(skeleton.tile(3, 0, 0), Lookup::OutOfRange);
        assert_eq!(skeleton.tile(2, 4, 0), Lookup::OutOfRange);
    }
}
