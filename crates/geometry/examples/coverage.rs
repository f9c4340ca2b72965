//! `coverage FILE [FROM TO] [--snap METRES] [--dissolve PROPERTY] [--check] [--dump DIR]`: cleans a GeoJSON file (gzipped or not) and
//! draws its zooms, with CPU seconds, vertices, overlaps, gaps and collapsed areas. `--dissolve` draws the areas that share a property as one. `--check`
//! verifies each mesh in integers; `--dump` writes each as GeoJSON in grid coordinates.

use std::io::{Read, Write};

use geo_types::{Geometry, MultiPolygon};
use quartier_geometry::{CleanOptions, ZoomOptions, build};

#[path = "../tests/check/mod.rs"]
mod check;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let file = args.first().ok_or("which file?")?;
    let snap = args.iter().position(|a| a == "--snap").and_then(|i| args.get(i + 1)?.parse().ok());
    let mut clean = CleanOptions::default();
    if let Some(snap) = snap {
        (clean.snap_m, clean.snap_limit_m) = (snap, snap);
    }
    let zooms: Vec<u8> = args.iter().skip(1).map_while(|a| a.parse().ok()).collect();
    let dump = args.iter().position(|a| a == "--dump").and_then(|i| args.get(i + 1));
    let areas = read(file)?;
    println!("{file}: {} areas", areas.len());
    let start = cpu_s();
    let (coverage, report) = build(&areas, &clean)?;
    println!("build {:.2} CPU s, {} vertices", cpu_s() - start, coverage.vertices());
    println!(
        "without geometry {:?}, self-intersecting {:?}, swallowed {:?}, snapped {} at {} m",
        report.without_geometry, report.self_intersecting, report.swallowed, report.snapped_vertices, report.snap_m
    );
    println!(
        "overlaps {} ({:.1} m2), slivers {} ({:.1} m2), gaps {} ({:.1} m2)",
        report.overlaps, report.overlap_m2, report.slivers, report.sliver_m2, report.gaps, report.gap_m2
    );
    println!("worst overlaps {:?}", &report.overlapping[..report.overlapping.len().min(5)]);
    let by = args.iter().position(|a| a == "--dissolve").and_then(|i| args.get(i + 1));
    let coverage = match by {
        None => coverage,
        Some(property) => {
            let names: Vec<Option<String>> = parents(file, property)?;
            let mut distinct: Vec<&String> = names.iter().flatten().collect();
            distinct.sort_unstable();
            distinct.dedup();
            let of: Vec<Option<u32>> =
                names.iter().map(|n| distinct.binary_search(&n.as_ref()?).ok().map(|i| i as u32)).collect();
            let start = cpu_s();
            let parents = coverage.dissolve(&of, distinct.len())?;
            println!("{} parents in {:.2} CPU s, {} vertices", distinct.len(), cpu_s() - start, parents.vertices());
            parents
        }
    };
    let (first, last) = (coverage.first_zoom(), coverage.last_zoom());
    println!("zooms {first} to {last}");
    let has: Vec<bool> = (0..coverage.len() as u32).map(|r| coverage.has_geometry(r)).collect();
    let options = ZoomOptions::default();
    let all = cpu_s();
    let mut checking = 0.0;
    for z in zooms.first().copied().unwrap_or(first)..=zooms.get(1).copied().unwrap_or(last) {
        let start = cpu_s();
        let mesh = coverage.zoom(z, &options);
        let spent = cpu_s() - start;
        println!("z{z}: {spent:.2} CPU s, {} vertices, {} collapsed", mesh.vertices(), mesh.collapsed.len());
        let start = cpu_s();
        if args.iter().any(|a| a == "--check") {
            for fault in check::faults(&mesh, &has, options.buffer) {
                println!("  FAULT {fault}");
            }
        }
        if let Some(dir) = dump {
            let mut out = std::io::BufWriter::new(std::fs::File::create(format!("{dir}/z{z}.json"))?);
            let ring = |r: &[quartier_geometry::GridPoint]| {
                let mut s: Vec<String> = r.iter().map(|p| format!("[{},{}]", p.x, p.y)).collect();
                s.push(s[0].clone());
                format!("[{}]", s.join(","))
            };
            for (row, area) in mesh.areas.iter().enumerate() {
                let polygons: Vec<String> = area
                    .polygons
                    .iter()
                    .map(|p| {
                        let rings: Vec<String> =
                            std::iter::once(&p.exterior).chain(&p.holes).map(|r| ring(r)).collect();
                        format!("[{}]", rings.join(","))
                    })
                    .collect();
                writeln!(out, "{{\"row\":{row},\"type\":\"MultiPolygon\",\"coordinates\":[{}]}}", polygons.join(","))?;
            }
        }
        checking += cpu_s() - start;
    }
    println!("all zooms {:.2} CPU s", cpu_s() - all - checking);
    let start = cpu_s();
    let neighbours: usize = coverage.neighbours().iter().map(Vec::len).sum();
    println!("neighbours {neighbours} in {:.2} CPU s", cpu_s() - start);
    Ok(())
}

fn parents(path: &str, property: &str) -> Result<Vec<Option<String>>, Box<dyn std::error::Error>> {
    Ok(features(path)?.features.iter().map(|f| f.property(property).map(ToString::to_string)).collect())
}

fn features(path: &str) -> Result<geojson::FeatureCollection, Box<dyn std::error::Error>> {
    let mut text = String::new();
    let file = std::fs::File::open(path)?;
    if path.ends_with(".gz") {
        flate2::read::GzDecoder::new(file).read_to_string(&mut text)?;
    } else {
        std::io::BufReader::new(file).read_to_string(&mut text)?;
    }
    Ok(text.parse::<geojson::GeoJson>()?.try_into()?)
}

fn read(path: &str) -> Result<Vec<Option<MultiPolygon<f64>>>, Box<dyn std::error::Error>> {
    features(path)?
        .features
        .into_iter()
        .map(|f| match f.geometry {
            None => Ok(None),
            Some(g) => match Geometry::<f64>::try_from(g)? {
                Geometry::Polygon(p) => Ok(Some(MultiPolygon(vec![p]))),
                Geometry::MultiPolygon(m) => Ok(Some(m)),
                other => Err(format!("expected polygons, found {other:?}").into()),
            },
        })
        .collect()
}

/// Processor time of this process so far, in seconds (Linux: user and system ticks of 10 ms).
fn cpu_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<f64> = after.split_whitespace().filter_map(|f| f.parse().ok()).collect();
    // State is no number, so that fields 14 and 15 of proc(5) stand at 10 and 11 here.
    fields.get(10).zip(fields.get(11)).map_or(0.0, |(u, s)| (u + s) / 100.0)
}
