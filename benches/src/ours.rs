//! Our half of a measurement where it is no command of the binary: a process of its own, so that its whole cost counts.

mod atoms;

use crate::usage::own_cpu;
use anyhow::{Context, Result};
use axum::Router;
use axum::extract::{Path as UrlPath, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use clap::Subcommand;
use geo_types::{Geometry, MultiPolygon};
use http::{StatusCode, header};
use quartier_geometry::{CleanOptions, build};
use quartier_ingest::Source;
use quartier_ingest::results::{Layout, Options, read};
use quartier_ingest::table::{Filter, Table};
use quartier_tiles::{CompileOptions, compile};
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Requests under way at a time when each tile is asked for once.
const CONNECTIONS: usize = 16;

/// The halves.
#[derive(Debug, Subcommand)]
pub enum Ours {
    /// Line-delimited GeoJSON to a skeleton of zooms 3 to 12
    Compile {
        /// The layer
        layer: PathBuf,
        /// The skeleton
        skeleton: PathBuf,
    },
    /// Reads and checks a ballot by polling station so many times; prints the CPU seconds of one
    Results {
        /// The file
        file: PathBuf,
        /// Repetitions
        times: u32,
    },
    /// A bare axum handler that gives gzipped bytes from memory
    Bare {
        /// The folder with `tiles.list` and a file a tile
        folder: PathBuf,
        /// Port on loopback
        port: u16,
    },
    /// Sums a million cells of five columns into 35,357 areas so many times; prints the CPU seconds of one
    Sums {
        /// Repetitions
        times: u32,
    },
    /// Finds the area of every point so many times; prints the CPU seconds of one, the index of the areas counted
    Points {
        /// The areas, line-delimited GeoJSON
        layer: PathBuf,
        /// The points, a CSV with `lon` and `lat`
        points: PathBuf,
        /// Repetitions
        times: u32,
    },
    /// Finds the cells of resolution 9 of a million points; prints the CPU seconds of one
    Cells {
        /// By h3o itself, without us between
        #[arg(long)]
        bare: bool,
        /// Repetitions
        times: u32,
    },
    /// Posts a polygon to an address so many times; fails where one is not answered 200
    Post {
        /// The address
        url: String,
        /// GeoJSON
        body: PathBuf,
        /// Repetitions
        times: u32,
    },
    /// Asks for every URL of a list once; fails where one is not answered 200 or 204
    Ask {
        /// One URL a line
        list: PathBuf,
    },
}

/// Runs one.
///
/// # Errors
/// When a file cannot be read, or is not what it should be.
pub fn run(ours: Ours) -> Result<()> {
    match ours {
        Ours::Compile { layer, skeleton } => compile_layer(&layer, &skeleton),
        Ours::Results { file, times } => read_results(&file, times),
        Ours::Sums { times } => atoms::sums(times),
        Ours::Points { layer, points, times } => atoms::points(&layer, &points, times),
        Ours::Cells { bare, times } => atoms::cells(bare, times),
        Ours::Post { url, body, times } => runtime(1)?.block_on(post(&url, &body, times)),
        Ours::Bare { folder, port } => runtime(1)?.block_on(bare(&folder, port)),
        Ours::Ask { list } => runtime(1)?.block_on(ask(&list)),
    }
}

/// As many threads as cores it may use; the caller pins the process.
fn runtime(threads: usize) -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()?)
}

/// The polygons of a layer, in the order of its lines.
fn shapes_of(layer: &Path) -> Result<Vec<Option<MultiPolygon<f64>>>> {
    let mut shapes = Vec::new();
    for line in BufReader::new(File::open(layer)?).lines() {
        let feature: geojson::Feature = serde_json::from_str(&line?)?;
        let geometry = feature.geometry.context("a feature without geometry")?;
        shapes.push(match Geometry::<f64>::try_from(geometry)? {
            Geometry::Polygon(polygon) => Some(MultiPolygon(vec![polygon])),
            Geometry::MultiPolygon(polygons) => Some(polygons),
            _ => anyhow::bail!("a feature that is no polygon"),
        });
    }
    Ok(shapes)
}

fn compile_layer(layer: &Path, skeleton: &Path) -> Result<()> {
    let shapes = shapes_of(layer)?;
    let (coverage, _) = build(&shapes, &CleanOptions::default())?;
    drop(shapes);
    let options = CompileOptions { minzoom: Some(3), maxzoom: Some(12), ..CompileOptions::default() };
    let mut out = BufWriter::new(File::create(skeleton)?);
    compile("commune", &coverage, &options, &mut out, &|_, _| ())?;
    out.flush()?;
    Ok(())
}

fn read_results(file: &Path, times: u32) -> Result<()> {
    let options = Options {
        layout: Layout::FrLarge,
        code: "{insee}".parse()?,
        fallback: Vec::new(),
        row_key: Some("{departement}{commune}-{bureau}".parse()?),
        join: None,
        filter: Filter::default(),
        accept_discrepancy: 0,
        registered_floor: false,
    };
    let mut rows = 0;
    let start = own_cpu();
    for _ in 0..times {
        rows = read(&Table::read(Source::open(file)?)?, &options)?.rows.len();
    }
    let spent = (own_cpu() - start) / f64::from(times);
    println!("{}", serde_json::json!({"cpu_s": spent, "rows": rows}));
    Ok(())
}

type Held = Arc<HashMap<(u8, u32, u32), Bytes>>;

async fn bare(folder: &Path, port: u16) -> Result<()> {
    let mut held = HashMap::new();
    for line in std::fs::read_to_string(folder.join("tiles.list"))?.lines() {
        let mut numbers = line.split('/').map(str::parse::<u32>);
        let mut next = || -> Result<u32> { Ok(numbers.next().context("z/x/y")??) };
        let (z, x, y) = (next()?, next()?, next()?);
        let bytes = std::fs::read(folder.join(format!("{z}-{x}-{y}.gz")))?;
        held.insert((u8::try_from(z)?, x, y), Bytes::from(bytes));
    }
    let router = Router::new().route("/{z}/{x}/{y}", get(held_tile)).with_state(Arc::new(held));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    axum::serve(listener, router).await?;
    Ok(())
}

async fn held_tile(State(held): State<Held>, UrlPath((z, x, y)): UrlPath<(u8, u32, u32)>) -> Response {
    match held.get(&(z, x, y)) {
        None => StatusCode::NOT_FOUND.into_response(),
        Some(bytes) => {
            let kind =
                [(header::CONTENT_TYPE, "application/vnd.mapbox-vector-tile"), (header::CONTENT_ENCODING, "gzip")];
            (kind, bytes.clone()).into_response()
        }
    }
}

async fn post(url: &str, body: &Path, times: u32) -> Result<()> {
    let body = Bytes::from(std::fs::read(body)?);
    let client = reqwest::Client::builder().timeout(Duration::from_mins(2)).build()?;
    for _ in 0..times {
        let answer = client.post(url).body(body.clone()).send().await?;
        anyhow::ensure!(answer.status().is_success(), "{url}: {}", answer.status());
        answer.bytes().await?;
    }
    Ok(())
}

async fn ask(list: &Path) -> Result<()> {
    let urls: Vec<String> = std::fs::read_to_string(list)?.lines().map(str::to_owned).collect();
    let client = reqwest::Client::builder().timeout(Duration::from_mins(2)).build()?;
    let urls = Arc::new(urls);
    let next = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (client, urls, next) = (client.clone(), Arc::clone(&urls), Arc::clone(&next));
        asking.spawn(async move {
            while let Some(url) = urls.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                let answer = client.get(url).header(header::ACCEPT_ENCODING, "gzip").send().await?;
                anyhow::ensure!(answer.status().is_success(), "{url}: {}", answer.status());
                answer.bytes().await?;
            }
            Ok(())
        });
    }
    while let Some(done) = asking.join_next().await {
        done??;
    }
    Ok(())
}
