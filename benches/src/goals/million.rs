//! A campaign whose finest level is a million H3 cells: what its steps cost, and how large its tiles are.

use super::serving;
use crate::desk::Desk;
use crate::report::Report;
use crate::servers::Server;
use crate::usage::{measure, output};
use anyhow::{Context, Result, ensure};
use h3o::{CellIndex, LatLng, Resolution};
use quartier_export::Hexes;
use quartier_snapshot::Published;
use rand::{RngExt, SeedableRng};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;

/// Cells of the invented country.
const CELLS: usize = 1_000_000;
/// Largest tile, compressed.
const MOST_BYTES: u64 = 200_000;
/// Cells whose tiles are asked for at every zoom.
const PLACES: usize = 100;

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

/// Import, estimate (tree only), publish, checks and exports of a million cells; then tiles of every zoom and questions.
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
    let out = desk.at("million.out").to_string_lossy().into_owned();
    let export = |format| ["export", "--level", "cell", "--format", format, "-o", &out];
    let (csv, geojson) = (export("csv"), export("geojson"));
    for (what, arguments) in [
        ("import of the cells", &areas[..]),
        ("import of their results", &results),
        ("blocs", &["blocs", "vote", "--favourable", "YES", "--opposed", "NO"]),
        ("estimate, tree only", &estimate),
        ("publish", &["publish"]),
        ("doctor", &["doctor"]),
        ("audit", &["audit"]),
        ("export as CSV", &csv),
        ("export as GeoJSON", &geojson),
    ] {
        let used = measure(&mut desk.quartier(&campaign, arguments))?;
        let (cpu_s, wall_s, peak) = (used.cpu_s, used.wall_s, used.peak_mib);
        report.note(format!("a million cells, {what}: {cpu_s:.2} CPU s, {wall_s:.1} s, peak {peak:.0} MiB"));
    }
    tiles(desk, report, &campaign)
}

/// The largest tiles of both tilesets around cells spread over the country.
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
    for (tileset, zooms) in [("hex", 2..=14_u8), ("cell", 11..=14)] {
        for zoom in zooms {
            let at =
                |place: usize| level.point(place * CELLS / PLACES).map(|[lon, lat]| serving::tile_of(zoom, lon, lat));
            let tiles: BTreeSet<(u32, u32)> = (0..PLACES).filter_map(at).collect();
            for (x, y) in tiles {
                let bytes = get(&server.url(&format!("/tiles/{}/{tileset}/{zoom}/{x}/{y}.mvt", snapshot.number())))?;
                ensure!(bytes < MOST_BYTES, "{tileset} {zoom}/{x}/{y}: {bytes} bytes");
                largest = largest.max(bytes);
                asked += 1;
            }
        }
    }
    let spent = server.cpu() - before;
    report.note(format!(
        "a million cells: {asked} tiles of zooms 2 to 14, the largest {:.0} kB; {spent:.2} CPU s of the server",
        largest as f64 / 1000.0
    ));
    questions(&server, report, level.code(CELLS / 2).context("a code")?)
}

/// What the page asks beside tiles: the first time, with what it prepares, and again.
fn questions(server: &Server, report: &mut Report, code: &str) -> Result<()> {
    for (what, path) in [
        ("one cell", format!("/api/v1/areas/cell/{code}")),
        ("search", format!("/api/v1/areas?q={}", &code[..9])),
        ("a page of the table", "/api/v1/estimates?level=cell&measure=favourable&sort=-favourable&limit=100".into()),
        ("the legend", "/api/v1/estimates/summary?level=cell&measure=favourable&step=0.05".into()),
    ] {
        let mut spent_ms = [0.0; 2];
        let mut bytes = 0;
        for spent_ms in &mut spent_ms {
            let before = server.cpu();
            bytes = get(&server.url(&path))?;
            *spent_ms = (server.cpu() - before) * 1000.0;
        }
        let [first_ms, again_ms] = spent_ms;
        report.note(format!("a million cells, {what}: {first_ms:.0} CPU ms, then {again_ms:.0}; {bytes} bytes"));
    }
    Ok(())
}

/// Asks for an address; gives the bytes that came, compressed.
fn get(url: &str) -> Result<u64> {
    let arguments = ["-sf", "-o", "/dev/null", "-w", "%{size_download}", "-H", "accept-encoding: gzip", url];
    Ok(output(Command::new("curl").args(arguments))?.trim().parse()?)
}
