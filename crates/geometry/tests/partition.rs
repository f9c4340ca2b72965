//! Invented coverages, drawn at every zoom and checked in integers.

use geo_types::{LineString, MultiPolygon, Polygon, polygon};
use proptest::prelude::*;
use quartier_geometry::{CleanOptions, Coverage, GeometryError, ZoomMesh, ZoomOptions, build, covered_fraction};

mod check;

fn square(w: f64, s: f64, e: f64, n: f64) -> MultiPolygon<f64> {
    MultiPolygon(vec![polygon![(x: w, y: s), (x: e, y: s), (x: e, y: n), (x: w, y: n)]])
}

fn built(areas: &[Option<MultiPolygon<f64>>]) -> Coverage {
    build(areas, &CleanOptions::default()).expect("the coordinates are degrees").0
}

fn has_geometry(coverage: &Coverage) -> Vec<bool> {
    (0..coverage.len() as u32).map(|row| coverage.has_geometry(row)).collect()
}

fn doubled_area(mesh: &ZoomMesh, row: usize) -> i64 {
    let ring = |r: &[quartier_geometry::GridPoint]| -> i64 {
        (0..r.len())
            .map(|i| {
                let (a, b) = (r[i], r[(i + 1) % r.len()]);
                i64::from(a.x) * i64::from(b.y) - i64::from(b.x) * i64::from(a.y)
            })
            .sum()
    };
    mesh.areas[row].polygons.iter().map(|p| ring(&p.exterior) + p.holes.iter().map(|h| ring(h)).sum::<i64>()).sum()
}

/// Every zoom from the first on is a partition that loses nobody, and covers just what the
/// dissolve of all areas covers, save the cells given to islands.
fn assert_partition(coverage: &Coverage) {
    let options = ZoomOptions::default();
    let has = has_geometry(coverage);
    for z in coverage.first_zoom()..=coverage.last_zoom() {
        let mesh = coverage.zoom(z, &options);
        let faults = check::faults(&mesh, &has, options.buffer);
        assert!(faults.is_empty(), "zoom {z}: {faults:#?}");
    }
}

/// A grid of `n` x `n` areas whose inner corners are moved by `jitter` (in cells, two per corner).
fn grid(n: usize, size: f64, jitter: &[(f64, f64)]) -> Vec<Option<MultiPolygon<f64>>> {
    let corner = |i: usize, j: usize| {
        let (dx, dy) = jitter[(i * (n + 1) + j) % jitter.len()];
        (2.0 + (i as f64 + dx) * size, 48.0 + (j as f64 + dy) * size)
    };
    (0..n * n)
        .map(|k| {
            let (i, j) = (k / n, k % n);
            let ring = vec![corner(i, j), corner(i + 1, j), corner(i + 1, j + 1), corner(i, j + 1)];
            Some(MultiPolygon(vec![Polygon::new(LineString::from(ring), vec![])]))
        })
        .collect()
}

#[test]
fn a_border_with_a_t_junction_is_shared() {
    let coverage = built(&[
        Some(square(2.0, 48.0, 2.1, 48.2)),
        Some(square(2.1, 48.0, 2.2, 48.1)),
        Some(square(2.1, 48.1, 2.2, 48.2)),
    ]);
    assert_partition(&coverage);
    let neighbours = coverage.neighbours();
    assert_eq!(neighbours[0].iter().map(|n| n.row).collect::<Vec<_>>(), [1, 2]);
    assert!((neighbours[0][0].shared_m - 11_100.0).abs() < 50.0, "{neighbours:?}");
}

#[test]
fn a_sliver_is_closed_and_a_lake_stays() {
    let lake = square(2.04, 48.04, 2.06, 48.06).0.remove(0);
    let mut west = square(2.0, 48.0, 2.1, 48.1);
    west.0[0].interiors_push(lake.exterior().clone());
    // The eastern area starts half a metre off, on average, and leans.
    let east =
        MultiPolygon(vec![polygon![(x: 2.1, y: 48.0), (x: 2.2, y: 48.0), (x: 2.2, y: 48.1), (x: 2.1000120, y: 48.1)]]);
    let (coverage, report) = build(&[Some(west), Some(east)], &CleanOptions::default()).expect("degrees");
    assert_partition(&coverage);
    assert_eq!(report.gaps, 1);
    assert!((report.gap_m2 - 2_224.0 * 1_487.0).abs() < 20_000.0, "{report:?}");
    let shared = coverage.neighbours()[0][0].shared_m;
    assert!(shared > 11_000.0, "{shared}");
    assert_eq!(coverage.outline(0).0[0].interiors().len(), 1);
}

#[test]
fn an_overlap_is_measured_and_given_to_one_area() {
    let areas = [Some(square(2.0, 48.0, 2.1, 48.1)), Some(square(2.09, 48.0, 2.2, 48.1))];
    let (coverage, report) = build(&areas, &CleanOptions::default()).expect("degrees");
    assert_partition(&coverage);
    assert_eq!(report.overlaps, 1);
    let expected = 743.0 * 11_132.0;
    assert!((report.overlap_m2 / expected - 1.0).abs() < 0.01, "{report:?}");
    assert_eq!((report.overlapping[0].0, report.overlapping[0].1), (0, 1));
}

#[test]
fn an_area_drawn_inside_another_without_a_hole_keeps_its_ground() {
    let areas = [Some(square(2.0, 48.0, 2.1, 48.1)), Some(square(2.04, 48.04, 2.06, 48.06))];
    let (coverage, report) = build(&areas, &CleanOptions::default()).expect("degrees");
    assert_partition(&coverage);
    assert!(report.swallowed.is_empty());
    assert_eq!(coverage.outline(0).0[0].interiors().len(), 1);
}

#[test]
fn the_same_polygon_twice_is_reported_as_swallowed() {
    let areas = [Some(square(2.0, 48.0, 2.1, 48.1)), Some(square(2.0, 48.0, 2.1, 48.1)), None];
    let (coverage, report) = build(&areas, &CleanOptions::default()).expect("degrees");
    assert_eq!((report.swallowed, report.without_geometry), (vec![1], vec![2]));
    assert!(coverage.has_geometry(0) && !coverage.has_geometry(1));
}

#[test]
fn a_self_crossing_area_is_named_and_mended() {
    let tie = MultiPolygon(vec![polygon![(x: 2.0, y: 48.0), (x: 2.2, y: 48.2), (x: 2.2, y: 48.0), (x: 2.0, y: 48.2)]]);
    let (coverage, report) = build(&[Some(tie)], &CleanOptions::default()).expect("degrees");
    assert_partition(&coverage);
    assert_eq!(report.self_intersecting, [0]);
    assert_eq!(coverage.outline(0).0.len(), 2);
}

#[test]
fn islands_and_enclaves_that_vanish_keep_a_square_each() {
    // Of 2,502 areas two may be under a square at the first zoom.
    let mut areas = grid(50, 0.1, &[(0.0, 0.0)]);
    let mut host = areas[1020].take().expect("every cell has a square");
    let tiny = square(4.04, 50.04, 4.041, 50.041);
    host.0[0].interiors_push(tiny.0[0].exterior().clone());
    areas[1020] = Some(host);
    areas.push(Some(tiny));
    areas.push(Some(square(9.0, 45.0, 9.0005, 45.0005)));
    let coverage = built(&areas);
    assert_partition(&coverage);
    let first = coverage.zoom(coverage.first_zoom(), &ZoomOptions::default());
    assert!(!first.collapsed.is_empty());
    assert!(first.collapsed.iter().all(|&r| doubled_area(&first, r as usize) >= 2));
}

#[test]
fn parents_share_the_vertices_of_their_children() {
    let jitter: Vec<(f64, f64)> =
        (0..97).map(|i| (f64::from(i * 37 % 97) / 300.0, f64::from(i * 53 % 97) / 300.0)).collect();
    let coverage = built(&grid(12, 0.05, &jitter));
    let parent_of: Vec<Option<u32>> = (0..144).map(|k| Some((k / 36) as u32)).collect();
    let parents = coverage.dissolve(&parent_of, 4).expect("the table fits");
    assert_partition(&parents);
    assert!(parents.first_zoom() <= coverage.first_zoom());
    let z = coverage.last_zoom();
    let (fine, coarse) = (coverage.zoom(z, &ZoomOptions::default()), parents.zoom(z, &ZoomOptions::default()));
    for parent in 0..4 {
        let children: i64 = (0..36).map(|k| doubled_area(&fine, parent * 36 + k)).sum();
        assert_eq!(doubled_area(&coarse, parent), children, "parent {parent}");
    }
    assert!(matches!(coverage.dissolve(&parent_of, 3), Err(GeometryError::Parents { parents: 3, .. })));
}

#[test]
fn what_lies_across_the_antimeridian_is_cut_there() {
    let across = MultiPolygon(vec![
        polygon![(x: 179.0, y: 50.0), (x: 181.0, y: 50.0), (x: 181.0, y: 52.0), (x: 179.0, y: 52.0)],
    ]);
    let jumps = MultiPolygon(vec![
        polygon![(x: 179.0, y: 54.0), (x: -179.0, y: 54.0), (x: -179.0, y: 56.0), (x: 179.0, y: 56.0)],
    ]);
    let coverage = built(&[Some(across), Some(jumps)]);
    assert_partition(&coverage);
    for row in 0..2 {
        let outline = coverage.outline(row);
        assert_eq!(outline.0.len(), 2);
        assert!(outline.iter().flat_map(|p| &p.exterior().0).all(|c| (178.999_999..=180.0).contains(&c.x.abs())));
    }
}

#[test]
fn what_is_no_longitude_and_latitude_is_refused_with_its_row() {
    let lambert = square(643_072.0, 6_857_413.0, 661_120.0, 6_867_081.0);
    let refused = build(&[None, Some(lambert)], &CleanOptions::default());
    assert!(matches!(refused, Err(GeometryError::NotLonLat { row: 1, .. })));
    let nan = square(f64::NAN, 0.0, 1.0, 1.0);
    assert!(build(&[Some(nan)], &CleanOptions::default()).is_err());
}

#[test]
fn the_covered_share_counts_overlapping_children_once() {
    let parent = square(2.0, 48.0, 2.4, 48.1);
    let (a, b) = (square(2.0, 48.0, 2.2, 48.1), square(2.1, 48.0, 2.3, 48.1));
    let share = covered_fraction(&parent, &[&a, &b]);
    assert!((share - 0.75).abs() < 1e-6, "{share}");
    assert_eq!(covered_fraction(&MultiPolygon(vec![]), &[&a]), 0.0);
}

#[test]
fn nothing_at_all_is_a_coverage_too() {
    let coverage = built(&[None, None]);
    assert_eq!((coverage.len(), coverage.vertices()), (2, 0));
    assert!(coverage.zoom(3, &ZoomOptions::default()).areas.iter().all(|a| a.polygons.is_empty()));
}

#[test]
fn threads_do_not_change_a_mesh() {
    let jitter: Vec<(f64, f64)> =
        (0..89).map(|i| (f64::from(i * 31 % 89) / 200.0, f64::from(i * 17 % 89) / 200.0)).collect();
    let areas = grid(20, 0.02, &jitter);
    let draw = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads start");
        pool.install(|| {
            let coverage = built(&areas);
            (0..=14).map(|z| coverage.zoom(z, &ZoomOptions::default())).collect::<Vec<_>>()
        })
    };
    assert_eq!(draw(1), draw(4));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_jittered_grid_is_a_partition_at_every_zoom(
        n in 2_usize..14,
        size in 0.0005_f64..0.5,
        jitter in prop::collection::vec((-0.45_f64..0.45, -0.45_f64..0.45), 30..200),
    ) {
        assert_partition(&built(&grid(n, size, &jitter)));
    }

    #[test]
    fn areas_thrown_over_each_other_become_a_partition(
        parts in prop::collection::vec((0.0_f64..1.0, 0.0_f64..1.0, 0.001_f64..0.4, 3_usize..9, 0.0_f64..6.3), 1..25),
    ) {
        let areas: Vec<_> = parts
            .iter()
            .map(|&(x, y, r, k, turn)| {
                // Stars cross themselves where k is odd and over four.
                let ring: Vec<(f64, f64)> = (0..k)
                    .map(|i| {
                        let angle = turn + (i * 2 % k) as f64 / k as f64 * std::f64::consts::TAU;
                        (2.0 + x + r * angle.cos(), 48.0 + y + r * angle.sin())
                    })
                    .collect();
                Some(MultiPolygon(vec![Polygon::new(LineString::from(ring), vec![])]))
            })
            .collect();
        assert_partition(&built(&areas));
    }

    #[test]
    fn neighbours_that_nearly_agree_are_brought_together(
        noise in prop::collection::vec((-1.0_f64..1.0, -1.0_f64..1.0), 400),
    ) {
        // Each area rounds its corners by itself, within 0.2 m.
        let mut areas = grid(8, 0.01, &[(0.0, 0.0), (0.3, 0.1), (-0.2, 0.3), (0.1, -0.3), (0.2, 0.2)]);
        let mut k = 0;
        for area in areas.iter_mut().flatten() {
            area.0[0].exterior_mut(|ring| {
                let last = ring.0.len() - 1;
                for c in &mut ring.0[..last] {
                    c.x += noise[k % noise.len()].0 * 1.8e-6;
                    c.y += noise[k % noise.len()].1 * 1.8e-6;
                    k += 1;
                }
                ring.0[last] = ring.0[0];
            });
        }
        let coverage = built(&areas);
        assert_partition(&coverage);
        let neighbours: usize = coverage.neighbours().iter().map(Vec::len).sum();
        prop_assert!(neighbours >= 2 * 2 * 8 * 7, "{neighbours}");
    }
}
