//! A campaign whose finest level is a million H3 cells: what its steps cost, and how large its tiles are.

use super::serving;
use crate::desk::Desk;
use crate::report::Report;
use crate::usage::{measure, output};
use anyhow::{Context, Result, ensure};
use h3o::{CellIndex, LatLng, Resolution};
use quartier_export::Hexes;
use quartier_snapshot::Published;
use rand::{RngExt, SeedableRng};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;

/// Cells of the invented country.
const CELLS: usize = 1_000_000;
/// Largest tile, compressed.
const MOST_BYTES: u64 = 200_000;
/// Places whose tiles are asked for at every zoom.
const PLACES: usize = 24;

/// An invented country: the cells of resolution 9 around a place in the Atlantic, each with electors and votes drawn
/// from a seed. Columns: id, lon, lat, electors, voters, YES, NO.
fn country(path: &Path, seed: u64) -> Result<()> {
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let middle = LatLng::new(46.0, -25.0)?.to_cell(Resolution::Nine);
    // A disk of k rings holds 3 k (k + 1) + 1 cells.
    let rings = (1..).find(|rings: &u32| 3 * (*rings as usize) * (*rings as usize + 1) + 1 >= CELLS).unwrap_or(0);
    let cells: Vec<CellIndex> = middle.grid_disk(rings);
    let mut out = BufWriter::new(File::create(path)?);
    writeln!(out, "id,lon,lat,electors,voters,YES,NO")?;
    for (id, cell) in cells.into_iter().take(CELLS).enumerate() {
        let at = LatLng::from(cell);
        // Towns: electors fall off from places on a lattice.
        let near = (at.lat() * 3.0).sin().abs() * (at.lng() * 3.0).cos().abs();
        let electors = (60.0 + 400.0 * near.powi(4) + random.random_range(0.0..60.0)) as u32;
        let voters = (f64::from(electors) * random.random_range(0.5..0.85)) as u32;
        let yes = (f64::from(voters) * (0.3 + 0.3 * near + random.random_range(0.0..0.1))) as u32;
        writeln!(out, "{id},{:.6},{:.6},{electors},{voters},{yes},{}", at.lng(), at.lat(), voters - yes)?;
    }
    Ok(out.flush()?)
}

/// Import, estimate (tree only) and publish of a million cells, then tiles of every zoom.
///
/// # Errors
/// When a command fails, a tile is larger than 200 kB, or the server does not answer.
pub fn million(desk: &Desk, report: &mut Report) -> Result<()> {
    let file = desk.at("million.csv");
    if !file.is_file() {
        country(&file, 1)?;
    }
    let file = file.to_string_lossy().into_owned();
    let campaign = desk.at("million");
    if campaign.exists() {
        std::fs::remove_dir_all(&campaign)?;
    }
    let folder = campaign.to_string_lossy().into_owned();
    output(&mut desk.quartier(&campaign, &["init", &folder, "--name", "A million cells", "--levels", "cell"]))?;
    let areas = ["import", "areas", "--level", "cell", "--h3", "9", "--points", &file, "--electors", "electors"];
    let results = [
        "import",
        "results",
        &file,
        "--election",
        "vote",
        "--date",
        "2024-06-02",
        "--level",
        "cell",
        "--lon",
        "lon",
        "--lat",
        "lat",
        "--registered",
        "electors",
        "--voters",
        "voters",
        "--candidates",
        "YES,NO",
    ];
    let estimate = ["estimate", "--baseline", "vote", "--seed", "1", "--without-icar"];
    for (what, arguments) in [
        ("import of the cells", &areas[..]),
        ("import of their results", &results),
        ("blocs", &["blocs", "vote", "--favourable", "YES", "--opposed", "NO"]),
        ("estimate, tree only", &estimate),
        ("publish", &["publish"]),
    ] {
        let used = measure(&mut desk.quartier(&campaign, arguments))?;
        let (cpu_s, wall_s, peak) = (used.cpu_s, used.wall_s, used.peak_mib);
        report.note(format!("a million cells, {what}: {cpu_s:.2} CPU s, {wall_s:.1} s, peak {peak:.0} MiB"));
    }
    tiles(desk, report, &campaign)
}

/// The largest tiles of both tilesets, asked for at places drawn from the cells.
fn tiles(desk: &Desk, report: &mut Report, campaign: &Path) -> Result<()> {
    let published = Published::open(&campaign.join("published"))?;
    let snapshot = published.current().context("a snapshot")?;
    let level = snapshot.geography().level("cell").context("cells")?;
    ensure!(level.rows() == CELLS, "{} cells", level.rows());
    let hexes = Hexes::of(snapshot.geography()).context("hexagons")?;
    report.note(format!("a million cells: {} hexagons of all resolutions", hexes.cover().len()));
    let server = serving::serving(desk, campaign)?;
    let (mut largest, mut asked) = (0, 0);
    let before = server.cpu();
    for place in 0..PLACES {
        let [lon, lat] = level.point(place * CELLS / PLACES).context("a point")?;
        for zoom in 2..=14_u8 {
            let (x, y) = serving::tile_of(zoom, lon, lat);
            for tileset in ["hex", "cell"] {
                if tileset == "cell" && zoom < 11 {
                    continue;
                }
                let url = server.url(&format!("/tiles/{}/{tileset}/{zoom}/{x}/{y}.mvt", snapshot.number()));
                let arguments =
                    ["-sf", "-o", "/dev/null", "-w", "%{size_download}", "-H", "accept-encoding: gzip", &url];
                let bytes: u64 = output(Command::new("curl").args(arguments))?.trim().parse()?;
                ensure!(bytes < MOST_BYTES, "{url}: {bytes} bytes");
                largest = largest.max(bytes);
                asked += 1;
            }
        }
    }
    let spent = server.cpu() - before;
    report.note(format!(
        "a million cells: {asked} tiles of zooms 2 to 14, the largest {:.0} kB; {spent:.2} CPU s of the server, its \
         start and what it prepares counted",
        largest as f64 / 1000.0
    ));
    Ok(())
}
