//! Tiles of hexagons: outlines follow from the H3 index at request, and are stored nowhere.
//!
//! A tile shows the cells of one resolution, and the coarser ones that stand for families too small to be shown. A
//! corner is rounded to the grid of its zoom, whichever cells it belongs to, so that neighbours of one resolution share
//! it. Hexagons of several resolutions do not nest: where coarse and fine meet they overlap by slivers.

use crate::grid::{DEEPEST_ZOOM, EXTENT, Point, TileBox};
use crate::mvt::{Commands, put_feature};
use crate::skeleton::TilesetInfo;
use quartier_geometry::{HexCover, half, hexagon_width};
use std::f64::consts::PI;

/// The first zoom with hexagons.
pub const FIRST_HEX_ZOOM: u8 = 2;

/// Least width of a cell on the map, in pixels, at the latitude of the tileset.
const LEAST_WIDTH: f64 = 10.0;

/// From the first latitude to the pole, north and south, the same cells are shown as at the second: further from the
/// equator they look wider.
const TEMPERATE: (f64, f64) = (45.0, 46.0);

/// Metres a pixel at the equator and zoom 0, of tiles of 512 pixels.
const METRES_A_PIXEL: f64 = 40_075_016.686 / 512.0;

/// The coarsest and the finest resolution that are shown.
const SHOWN: (u8, u8) = (3, 10);

/// Beyond this latitude nothing is on a web map.
const MOST_LATITUDE: f64 = 89.0;

/// Which cells a tileset shows at each zoom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HexZooms {
    resolutions: [u8; DEEPEST_ZOOM as usize + 1],
    /// Those of one resolution, from the zoom on at which they are wide enough; before it a tile would hold too many.
    only: Option<u8>,
}

impl HexZooms {
    /// At each zoom the finest cells that are wide enough at a latitude: towards the equator a tile covers more ground,
    /// and would hold twice as many.
    pub fn at(latitude: f64) -> Self {
        let latitude = if latitude.abs() < TEMPERATE.0 { latitude } else { TEMPERATE.1 };
        let pixel = METRES_A_PIXEL * latitude.to_radians().cos();
        let resolution = |zoom: usize| {
            let least = LEAST_WIDTH * pixel / f64::from(1_u32 << zoom);
            (SHOWN.0..=SHOWN.1).rfind(|resolution| hexagon_width(*resolution) >= least).unwrap_or(SHOWN.0)
        };
        Self { resolutions: std::array::from_fn(resolution), only: None }
    }

    /// Of these, those of one resolution alone.
    pub fn only(self, resolution: u8) -> Self {
        Self { only: Some(resolution), ..self }
    }

    /// The resolution that each zoom shows, from 0 on; beyond the last, that of the last.
    pub fn resolutions(&self) -> [u8; DEEPEST_ZOOM as usize + 1] {
        self.only.map_or(self.resolutions, |resolution| [resolution; DEEPEST_ZOOM as usize + 1])
    }

    /// The first zoom with tiles.
    pub fn first(&self) -> u8 {
        let Some(resolution) = self.only else { return FIRST_HEX_ZOOM };
        let wide_enough = |zoom: &u8| self.resolutions[usize::from(*zoom)] >= resolution;
        (FIRST_HEX_ZOOM..DEEPEST_ZOOM).find(wide_enough).unwrap_or(DEEPEST_ZOOM)
    }

    fn resolution(&self, zoom: u8) -> u8 {
        self.resolutions()[usize::from(zoom.min(DEEPEST_ZOOM))]
    }
}

/// What clients must know of a tileset of cells whose content is named `content`, within `bounds`.
pub fn hex_info(
    tileset: &str,
    cover: &HexCover,
    zooms: HexZooms,
    bounds: Option<[f64; 4]>,
    content: &str,
) -> TilesetInfo {
    let middle = |a: f64, b: f64| ((a + b) * 5e4).round() / 1e5;
    TilesetInfo {
        tileset: tileset.to_owned(),
        minzoom: zooms.first(),
        maxzoom: DEEPEST_ZOOM,
        bounds,
        center: bounds.map(|[w, s, e, n]| [middle(w, e), middle(s, n), f64::from(zooms.first())]),
        rows: cover.len() as u32,
        content: content.to_owned(),
    }
}

/// The features of a tile, in row order; `None` for a zoom without tiles, or a place outside the world.
pub fn hex_features(cover: &HexCover, zooms: HexZooms, (zoom, x, y): (u8, u32, u32)) -> Option<Vec<u8>> {
    let side = 1_u64 << zoom.min(63);
    if !(zooms.first()..=DEEPEST_ZOOM).contains(&zoom) || u64::from(x.max(y)) >= side {
        return None;
    }
    let world = f64::from(EXTENT) * side as f64;
    let tile = TileBox::of(x as i32, y as i32);
    let (mut features, mut commands) = (Vec::new(), Commands::default());
    cover.in_box(degrees(tile, world), zooms.resolution(zoom), &mut |row, corners| {
        let ring: Vec<[f64; 2]> = corners.iter().map(|at| on_grid(*at, world)).collect();
        commands.restart([x as i32 * EXTENT, y as i32 * EXTENT]);
        // A cell across the antimeridian is on both edges of the world.
        for turn in [-world, 0.0, world] {
            if let Some(ring) = clipped(&ring, turn, tile) {
                commands.ring(&ring);
            }
        }
        if !commands.bytes.is_empty() {
            put_feature(&mut features, row as u32, &commands.bytes);
        }
    });
    Some(features)
}

/// West, south, east and north of a box, degrees.
fn degrees(tile: TileBox, world: f64) -> [f64; 4] {
    let lon = |x: i32| f64::from(x) / world * 360.0 - 180.0;
    let lat = |y: i32| (((1.0 - 2.0 * f64::from(y) / world) * PI).sinh()).atan().to_degrees();
    [lon(tile.west), lat(tile.south), lon(tile.east), lat(tile.north)]
}

fn on_grid([lon, lat]: [f64; 2], world: f64) -> [f64; 2] {
    let lat = lat.clamp(-MOST_LATITUDE, MOST_LATITUDE);
    [(lon + 180.0) / 360.0 * world, (0.5 - lat.to_radians().tan().asinh() / (2.0 * PI)) * world]
}

/// What of a convex ring lies in a box, on the grid, its surface positive; `None` where nothing does.
fn clipped(ring: &[[f64; 2]], turn: f64, tile: TileBox) -> Option<Vec<Point>> {
    let mut points: Vec<[f64; 2]> = ring.iter().map(|at| [(at[0] + turn).round(), at[1].round()]).collect();
    for (axis, bound, sign) in [(0, tile.west, 1.0), (0, tile.east, -1.0), (1, tile.north, 1.0), (1, tile.south, -1.0)]
    {
        points = half(&points, axis, f64::from(bound), sign);
        if points.len() < 3 {
            return None;
        }
    }
    let mut out: Vec<Point> = points.iter().map(|at| [at[0].round() as i32, at[1].round() as i32]).collect();
    out.dedup();
    if out.first() == out.last() {
        out.pop();
    }
    let next = out.iter().cycle().skip(1);
    let doubled: i64 =
        out.iter().zip(next).map(|(a, b)| i64::from(a[0]) * i64::from(b[1]) - i64::from(b[0]) * i64::from(a[1])).sum();
    if doubled < 0 {
        out.reverse();
    }
    (out.len() > 2 && doubled != 0).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assemble::geometry_tile;
    use crate::points::Points;
    use crate::skeleton::SkeletonTile;
    use fast_mvt::MvtReaderRef;
    use quartier_geometry::{cell_at, parent};

    /// All cells of a resolution and above around a place.
    fn around(lon: f64, lat: f64, finest: u8) -> HexCover {
        // A cell of resolution 9 is about 0.0045 degrees wide, a coarser one √7 times as wide each.
        let step = 0.002 * 7_f64.sqrt().powi(9 - i32::from(finest));
        let turned = |lon: f64| lon - 360.0 * ((lon + 180.0) / 360.0).floor();
        let at = |n: i32| [turned(lon + step * f64::from(n % 121 - 60)), lat + step * f64::from(n / 121 - 60)];
        let fine: Vec<u64> = (0..121 * 121).filter_map(|n| cell_at(at(n), finest)).collect();
        let mut cells: Vec<u64> = (3..finest).flat_map(|r| fine.iter().filter_map(move |c| parent(*c, r))).collect();
        cells.extend(fine);
        cells.sort_unstable();
        cells.dedup();
        HexCover::new(cells).expect("cells in order")
    }

    fn tile_of(lon: f64, lat: f64, zoom: u8) -> (u8, u32, u32) {
        let [x, y] = on_grid([lon, lat], f64::from(EXTENT) * f64::from(1_u32 << zoom));
        (zoom, (x / f64::from(EXTENT)) as u32, (y / f64::from(EXTENT)) as u32)
    }

    #[test]
    fn a_tile_is_covered_by_its_hexagons_without_overlap() {
        let (cover, zooms) = (around(2.35, 48.85, 9), HexZooms::at(48.85));
        for zoom in [12, 13, 14] {
            let features = hex_features(&cover, zooms, tile_of(2.35, 48.85, zoom)).expect("in the world");
            let tile = geometry_tile("hex", SkeletonTile::of(&features), None::<&Points<Vec<u8>>>, (0, 0, 0));
            let reader = MvtReaderRef::new(&tile).expect("decodes");
            let layer = reader.layers().next().expect("a layer");
            assert_eq!(layer.name(), "hex");
            assert!(layer.features().count() > 1, "zoom {zoom}");
            // The hexagons are a partition: their surfaces in the box add up to it.
            let mut sum = 0.0;
            let (z, x, y) = tile_of(2.35, 48.85, zoom);
            let world = f64::from(EXTENT) * f64::from(1_u32 << z);
            let tile = TileBox::of(x as i32, y as i32);
            cover.in_box(degrees(tile, world), zooms.resolution(zoom), &mut |_, corners| {
                let ring: Vec<[f64; 2]> = corners.iter().map(|at| on_grid(*at, world)).collect();
                let Some(ring) = clipped(&ring, 0.0, tile) else { return };
                let next = ring.iter().cycle().skip(1);
                sum += ring
                    .iter()
                    .zip(next)
                    .map(|(a, b)| f64::from(a[0]) * f64::from(b[1]) - f64::from(b[0]) * f64::from(a[1]))
                    .sum::<f64>()
                    / 2.0;
            });
            let whole = f64::from(TileBox::SIDE).powi(2);
            assert!((sum / whole - 1.0).abs() < 1e-3, "zoom {zoom}: {sum} of {whole}");
        }
    }

    #[test]
    fn a_cell_across_the_antimeridian_is_drawn_at_both_ends_of_the_world_and_nowhere_between() {
        let (cover, zooms) = (around(179.999, -17.0, 5), HexZooms::at(48.0));
        let west = hex_features(&cover, zooms, (5, 0, tile_of(0.0, -17.0, 5).2)).expect("a tile");
        let east = hex_features(&cover, zooms, (5, 31, tile_of(0.0, -17.0, 5).2)).expect("a tile");
        assert!(!west.is_empty() && !east.is_empty());
        for x in 2..30 {
            assert!(
                hex_features(&cover, zooms, (5, x, tile_of(0.0, -17.0, 5).2)).expect("a tile").is_empty(),
                "column {x}"
            );
        }
    }

    #[test]
    fn cells_of_one_resolution_are_drawn_once_they_are_wide_enough() {
        let cover = around(2.35, 48.85, 9);
        let each = HexZooms::at(48.85);
        let zooms = each.only(9);
        assert_eq!([3, 7, 9, 10, 12].map(|own| each.only(own).first()), [2, 8, 11, 13, 14]);
        let at = |zoom: u8| hex_features(&cover, zooms, tile_of(2.35, 48.85, zoom));
        assert_eq!(at(10), None);
        assert_eq!(at(12), hex_features(&cover, each, tile_of(2.35, 48.85, 12)));
        assert!(at(14).is_some_and(|features| !features.is_empty()));
        let info = hex_info("cell", &cover, zooms, None, "content");
        assert_eq!((info.tileset.as_str(), info.minzoom, info.maxzoom), ("cell", 11, 14));
    }

    #[test]
    fn towards_the_equator_a_tile_holds_no_more_cells() {
        let across = |zooms: HexZooms, latitude: f64, zoom: usize| {
            let tile = 512.0 * METRES_A_PIXEL * latitude.to_radians().cos() / f64::from(1_u32 << zoom);
            tile / hexagon_width(zooms.resolutions()[zoom])
        };
        let most = |latitude: f64| {
            let zooms = HexZooms::at(latitude);
            (4..=14).map(|zoom| across(zooms, latitude, zoom)).fold(0.0, f64::max)
        };
        for latitude in [0.0, 4.0, 18.0, 30.0, 44.0] {
            assert!(most(latitude) < 512.0 / LEAST_WIDTH, "{latitude}: {}", most(latitude));
            assert!(HexZooms::at(latitude).resolutions().is_sorted());
            let coarser = HexZooms::at(46.0).resolutions().into_iter().zip(HexZooms::at(latitude).resolutions());
            assert!(coarser.clone().all(|(north, own)| north == own || north == own + 1));
            assert!(coarser.filter(|(north, own)| north > own).count() > 0, "{latitude}");
        }
    }

    #[test]
    fn resolutions_grow_with_the_zoom_and_places_outside_are_told_apart() {
        let zooms = HexZooms::at(46.0);
        assert_eq!(zooms.resolutions(), [3, 3, 3, 3, 4, 5, 5, 6, 7, 7, 8, 9, 9, 10, 10]);
        assert_eq!((zooms, zooms.resolution(22)), (HexZooms::at(-60.0), 10));
        let cover = around(2.35, 48.85, 7);
        assert_eq!(hex_features(&cover, zooms, (1, 0, 0)), None);
        assert_eq!(hex_features(&cover, zooms, (15, 0, 0)), None);
        assert_eq!(hex_features(&cover, zooms, (5, 32, 0)), None);
        assert_eq!(hex_features(&cover, zooms, (8, 0, 0)), Some(vec![]));
    }
}
