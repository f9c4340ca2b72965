//! Goals 5 and 6: tiles served, the first time and after.

use crate::desk::Desk;
use crate::report::{Line, Report, Target};
use crate::servers::{Postgis, Server, free_port};
use crate::usage::output;
use anyhow::{Context, Result, ensure};
use quartier_snapshot::Published;
use quartier_tiles::{Lookup, Skeleton};
use rand::{RngExt, SeedableRng};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

const ROUNDS: usize = 3;
/// Seconds of one warm measurement.
const WARM_S: &str = "6";
/// Views of a reader in the mix.
const VIEWS: usize = 60;
/// Pages whose tiles are asked for: a screen is so many tiles wide and high.
const SCREEN: (u32, u32) = (4, 3);

type Place = (u8, u32, u32);

/// Our server on the campaign of communes, with the number of its snapshot.
pub(super) fn ours(desk: &Desk) -> Result<(Server, u32)> {
    let campaign = desk.france()?;
    let number = Published::open(&campaign.join("published"))?.current().context("a snapshot")?.number();
    Ok((serving(desk, &campaign)?, number))
}

/// Our server on a campaign.
pub(super) fn serving(desk: &Desk, campaign: &Path) -> Result<Server> {
    let port = free_port()?;
    let campaign = campaign.to_string_lossy().into_owned();
    let arguments = ["serve", "--campaign", &campaign, "--listen", &format!("127.0.0.1:{port}")].map(String::from);
    Server::start(&desk.quartier, &arguments, port, &desk.work)
}

fn martin(desk: &Desk, program: &Path, source: &str, cache: Option<&str>) -> Result<Server> {
    let port = free_port()?;
    let mut arguments =
        vec!["--listen-addresses".to_owned(), format!("127.0.0.1:{port}"), "--workers".into(), "1".into()];
    arguments.extend(cache.into_iter().flat_map(|size| ["--cache-size".to_owned(), size.to_owned()]));
    arguments.push(source.to_owned());
    Server::start(program, &arguments, port, &desk.work)
}

/// All tiles of zoom 10 that hold a commune.
fn of_zoom_10(desk: &Desk) -> Result<Vec<Place>> {
    let published = Published::open(&desk.france()?.join("published"))?;
    let level = published.geography().and_then(|geography| geography.level("commune")).context("communes")?;
    let skeleton = Skeleton::open(level.skeleton.clone().context("a skeleton")?)?;
    let all = (0..1024).flat_map(|x| (0..1024).map(move |y| (10, x, y)));
    Ok(all.filter(|(z, x, y)| matches!(skeleton.tile(*z, *x, *y), Lookup::Tile(_))).collect())
}

/// What readers ask for: screens of tiles around communes drawn at random, at zooms 5 to 11, each tile once.
fn mix(desk: &Desk) -> Result<Vec<Place>> {
    let published = Published::open(&desk.france()?.join("published"))?;
    let level = published.geography().and_then(|geography| geography.level("commune")).context("communes")?;
    let skeleton = Skeleton::open(level.skeleton.clone().context("a skeleton")?)?;
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(1);
    let mut places = BTreeSet::new();
    for _ in 0..VIEWS {
        let (row, z) = (random.random_range(0..level.rows()), random.random_range(5..=11_u8));
        let Some([west, south, east, north]) = level.bounds(row) else { continue };
        let (x, y) = tile_of(z, f64::midpoint(west, east), f64::midpoint(south, north));
        for at in 0..SCREEN.0 * SCREEN.1 {
            let (x, y) = ((x + at % SCREEN.0).saturating_sub(2), (y + at / SCREEN.0).saturating_sub(1));
            if matches!(skeleton.tile(z, x, y), Lookup::Tile(_)) {
                places.insert((z, x, y));
            }
        }
    }
    Ok(places.into_iter().collect())
}

pub(super) fn tile_of(z: u8, longitude: f64, latitude: f64) -> (u32, u32) {
    let side = f64::from(1_u32 << z);
    let y = (1.0 - latitude.to_radians().tan().asinh() / std::f64::consts::PI) / 2.0;
    (((longitude + 180.0) / 360.0 * side) as u32, (y * side) as u32)
}

/// Requests per CPU second when each place is asked for once; `cpu` reads the clock of all who serve.
fn once(desk: &Desk, places: &[Place], url: impl Fn(&Place) -> String, cpu: impl Fn() -> f64) -> Result<f64> {
    let mut list = String::new();
    places.iter().try_for_each(|place| writeln!(list, "{}", url(place)))?;
    let path = desk.at("ask.list");
    std::fs::write(&path, list)?;
    let before = cpu();
    let mut ask = Command::new("taskset");
    output(ask.args(["-c", "1"]).arg(std::env::current_exe()?).args(["ours", "ask"]).arg(&path))?;
    Ok(places.len() as f64 / (cpu() - before))
}

/// Goal 5: tiles with figures, none of them asked for before.
///
/// # Errors
/// When a server or a command fails.
pub fn cold(desk: &Desk, report: &mut Report) -> Result<()> {
    let Some(program) = desk.program("martin") else {
        report.note("goal 5 was not measured: Martin is not installed (`benches/peers.sh martin`)");
        return Ok(());
    };
    let database = Postgis::start(desk, &desk.layer()?)?;
    for (what, places) in
        [("every tile of z10, cold", of_zoom_10(desk)?), ("a reader's mix of z5–z11, cold", mix(desk)?)]
    {
        let (mut theirs, mut own) = (vec![], vec![]);
        for _ in 0..ROUNDS {
            let server = martin(desk, &program, &database.url, Some("0"))?;
            let url = |(z, x, y): &Place| server.url(&format!("/communes/{z}/{x}/{y}"));
            theirs.push(once(desk, &places, url, || server.cpu() + database.cpu())?);
            drop(server);
            let (server, number) = ours(desk)?;
            let url = |(z, x, y): &Place| server.url(&format!("/tiles/{number}/commune/{z}/{x}/{y}.mvt"));
            own.push(once(desk, &places, url, || server.cpu())?);
        }
        report.line(&Line {
            goal: 5,
            what,
            peer: "Martin + PostGIS",
            theirs: &theirs,
            ours: &own,
            unit: "tiles per CPU s",
            target: Target::AtLeast(20.0),
        });
    }
    Ok(())
}

/// Goal 6: the same tiles again and again, over 16 connections.
///
/// # Errors
/// When a server or a command fails.
pub fn warm(desk: &Desk, report: &mut Report) -> Result<()> {
    let Some(wrk) = desk.program("wrk") else {
        report.note("goal 6 was not measured: wrk is not installed");
        return Ok(());
    };
    let places = of_zoom_10(desk)?;
    let (server, number) = ours(desk)?;
    let folder = hold(desk, &server, number, &places)?;
    let (mut bares, mut martins, mut own) = (vec![], vec![], vec![]);
    let archive = desk.at("communes.mbtiles");
    let program = desk.program("martin").filter(|_| archive.is_file());
    for _ in 0..ROUNDS {
        let port = free_port()?;
        let arguments = ["ours", "bare", &folder.to_string_lossy(), &port.to_string()].map(String::from);
        let bare = Server::start(&std::env::current_exe()?, &arguments, port, &desk.work)?;
        bares.push(again(desk, &wrk, &bare, &places, "/%d/%d/%d")?);
        drop(bare);
        own.push(again(desk, &wrk, &server, &places, &format!("/tiles/{number}/commune/%d/%d/%d.mvt"))?);
        if let Some(program) = &program {
            let martin = martin(desk, program, &archive.to_string_lossy(), None)?;
            martins.push(again(desk, &wrk, &martin, &places, "/communes/%d/%d/%d")?);
        }
    }
    let mut line = Line {
        goal: 6,
        what: "tiles of z10, warm, with snapshot, ETag and checks",
        peer: "a bare axum handler, gzip bytes from memory",
        theirs: &bares,
        ours: &own,
        unit: "requests per CPU s",
        target: Target::AtLeast(0.75),
    };
    report.line(&line);
    if martins.is_empty() {
        report.note("goal 6 against Martin was not measured: it or its MBTiles is absent");
    } else {
        (line.peer, line.theirs, line.target) = ("Martin from MBTiles", &martins, Target::AtLeast(2.0));
        report.line(&line);
    }
    Ok(())
}

/// Our tiles as files, for the bare handler: it gives the very same bytes.
fn hold(desk: &Desk, server: &Server, number: u32, places: &[Place]) -> Result<PathBuf> {
    let folder = desk.at("held");
    std::fs::create_dir_all(&folder)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let client = reqwest::Client::new();
    let mut list = String::new();
    for (z, x, y) in places {
        let url = server.url(&format!("/tiles/{number}/commune/{z}/{x}/{y}.mvt"));
        let bytes = runtime.block_on(async {
            client.get(url).header("accept-encoding", "gzip").send().await?.error_for_status()?.bytes().await
        })?;
        std::fs::write(folder.join(format!("{z}-{x}-{y}.gz")), bytes)?;
        writeln!(list, "{z}/{x}/{y}")?;
    }
    std::fs::write(folder.join("tiles.list"), list)?;
    Ok(folder)
}

/// Requests per CPU second of the server with wrk on the other core; every answer must be 2xx.
fn again(desk: &Desk, wrk: &Path, server: &Server, places: &[Place], path: &str) -> Result<f64> {
    let mut list = String::new();
    for (z, x, y) in places {
        let numbers = [u32::from(*z), *x, *y];
        let path = numbers.iter().fold(path.to_owned(), |path, number| path.replacen("%d", &number.to_string(), 1));
        writeln!(list, "{path}")?;
    }
    let file = desk.at("warm.list");
    std::fs::write(&file, list)?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/cycle.lua");
    let run = |seconds: &str| {
        let mut command = Command::new("taskset");
        command.args(["-c", "1"]).arg(wrk).args(["-t1", "-c16", "-d", seconds, "-s"]).arg(&script);
        output(command.arg(server.url("")).env("TILES", &file))
    };
    // Once around first, so that every tile has been made.
    run("2")?;
    let before = server.cpu();
    let said = run(WARM_S)?;
    let spent = server.cpu() - before;
    ensure!(!said.contains("Non-2xx"), "not every answer was good: {said}");
    let requests = said.lines().find_map(|line| line.trim().split_once(" requests in ")).context("wrk's count")?;
    Ok(requests.0.parse::<f64>()? / spent)
}
