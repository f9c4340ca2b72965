//! Our half where electors meet cells and areas.

use super::shapes_of;
use crate::usage::own_cpu;
use anyhow::{Context, Result};
use quartier_campaign::Locator;
use quartier_ingest::Source;
use quartier_ingest::table::{Shape, Table};
use quartier_model::Tree;
use rand::{RngExt, SeedableRng};
use std::hint::black_box;
use std::path::Path;

/// Areas that cells are summed into, and cells: those that the peer's script draws too.
const AREAS: u32 = 35_357;
const CELLS: usize = 1_000_000;
/// Points whose cells are asked for.
const POINTS: usize = 1_000_000;

/// Prints what one of so many took, and a figure that must be the peer's.
fn say(start: f64, times: u32, found: u64) {
    let spent = (own_cpu() - start) / f64::from(times);
    println!("{}", serde_json::json!({"cpu_s": spent, "found": found}));
}

/// Cells summed into areas, as counts are rolled up the tree of a campaign.
pub fn sums(times: u32) -> Result<()> {
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(1);
    let parents: Vec<Option<u32>> = (0..CELLS).map(|_| Some(random.random_range(0..AREAS))).collect();
    let tree = Tree::new(&[vec![None; AREAS as usize], parents])?;
    let mut cells = vec![[0_u64; 5]; tree.len()];
    for cell in &mut cells[1 + AREAS as usize..] {
        *cell = [(); 5].map(|()| random.random_range(0..1_000));
    }
    let (mut spent, mut total) = (0.0, 0);
    for _ in 0..times {
        let mut own = cells.clone();
        let start = own_cpu();
        tree.sum_upwards(&mut own, |sum, value| sum.iter_mut().zip(value).for_each(|(sum, value)| *sum += value));
        spent += own_cpu() - start;
        total = own[0].iter().sum();
    }
    say(own_cpu() - spent, times, total);
    Ok(())
}

/// The area of every point.
pub fn points(layer: &Path, points: &Path, times: u32) -> Result<()> {
    let table = Table::read(Source::open(points)?)?;
    let position = |name: &str| table.position(name).with_context(|| format!("no column {name}"));
    let (lon, lat) = (position("lon")?, position("lat")?);
    let mut places: Vec<(f64, f64)> = Vec::new();
    table.for_each(Shape::Ragged, &mut Vec::new(), |row, _| {
        let degrees = |at: usize| row.cell(at).parse().ok();
        places.extend(degrees(lon).zip(degrees(lat)));
    });
    let shapes = shapes_of(layer)?;
    let mut found = 0;
    let mut spent = 0.0;
    for _ in 0..times {
        let own = shapes.clone();
        let start = own_cpu();
        let locator = Locator::of(own);
        found = places.iter().filter(|(lon, lat)| locator.row(*lon, *lat).is_some()).count() as u64;
        spent += own_cpu() - start;
    }
    say(own_cpu() - spent, times, found);
    Ok(())
}

/// The cell of every point, at resolution 9.
pub fn cells(bare: bool, times: u32) -> Result<()> {
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(1);
    let places: Vec<[f64; 2]> =
        (0..POINTS).map(|_| [random.random_range(-5.0..8.0), random.random_range(42.0..51.0)]).collect();
    let start = own_cpu();
    let mut sum = 0_u64;
    for _ in 0..times {
        for [lon, lat] in &places {
            let cell = if bare {
                u64::from(h3o::LatLng::new(*lat, *lon)?.to_cell(h3o::Resolution::Nine))
            } else {
                quartier_geometry::cell_at([*lon, *lat], 9).unwrap_or_default()
            };
            sum = sum.wrapping_add(black_box(cell));
        }
    }
    say(start, times, sum);
    Ok(())
}
