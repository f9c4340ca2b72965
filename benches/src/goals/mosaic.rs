//! What the places of electors cost against the number of areas: pieces, pooled areas and hexagons.

use crate::desk::Desk;
use crate::report::Report;
use crate::usage::own_cpu;
use anyhow::{Context, Result};
use geo_types::{Geometry, MultiPolygon};
use geozero::ToGeo;
use geozero::wkb::Wkb;
use h3o::Resolution;
use quartier_geometry::{HexRule, Land, PLACING, Site, gather, hex_tree, place};
use quartier_ingest::Source;
use quartier_model::{Node, Tree};
use quartier_privacy::{LEAST_DEFAULT, Mosaic};
use quartier_snapshot::{GeographyLevel, Published};
use std::collections::HashSet;
use std::fmt::Write;
use std::path::Path;
use std::time::Instant;

/// Whole departements, every so many-th of them: communes keep their neighbours, and every size has its part of towns, of
/// communes spread by surface, and of the overseas. The last is all communes, about 1,000 the first.
const EVERY: [usize; 5] = [33, 12, 4, 2, 1];
/// Repetitions of the largest size; smaller ones have more, since the kernel counts CPU in hundredths of a second.
const REPETITIONS: usize = 5;
/// Most repetitions of a size.
const MOST_REPETITIONS: usize = 100;

/// The cost of placing electors by the points of polling stations, and of all that follows from it, as France's communes
/// become more; a table in the report, and a plot beside it.
///
/// # Errors
/// When the campaign of all communes cannot be made or read.
pub fn curve(desk: &Desk, report: &mut Report) -> Result<()> {
    let published = Published::open(&desk.france()?.join("published"))?;
    let geography = published.geography().context("a geography")?;
    let level = geography.level("commune").context("communes")?;
    let ground = Ground::of(level, Path::new(&desk.points()))?;
    let mut costs = Vec::new();
    for every in EVERY {
        let rows: Vec<usize> = (0..level.rows())
            .filter(|row| level.parent(*row).is_some_and(|above| (above as usize).is_multiple_of(every)))
            .collect();
        let times = (REPETITIONS * every).min(MOST_REPETITIONS);
        // Once without counting, so that memory is there.
        let mut made = ground.made(level, &rows)?;
        let (start, mut parts) = (own_cpu(), [0.0; PARTS.len()]);
        for _ in 0..times {
            made = ground.made(level, &rows)?;
            parts.iter_mut().zip(made.seconds).for_each(|(sum, seconds)| *sum += seconds);
        }
        let cpu_s = (own_cpu() - start) / times as f64;
        costs.push((rows.len(), cpu_s));
        let bare = rows.iter().filter(|row| ground.people[**row].is_empty()).count();
        let whole: f64 = parts.iter().sum();
        let share = |(name, part): (&&str, &f64)| format!("{name} {:.0} %", 100.0 * part / whole);
        let shares: Vec<String> = PARTS.iter().zip(&parts).map(share).collect();
        report.note(format!(
            "mosaic of {} communes (every {every}th departement), {bare} of them without a polling station and spread by \
             surface: {cpu_s:.3} CPU s, {} pieces, {} hexagons of all resolutions; of the time {}",
            rows.len(),
            made.pieces,
            made.hexagons,
            shares.join(", ")
        ));
    }
    report.note(format!("mosaic: CPU grows as areas to the power {:.2}", slope(&costs)));
    std::fs::write(desk.at("mosaic-cost.svg"), plot(&costs))?;
    Ok(())
}

/// The communes, and who lives where in them.
struct Ground {
    outlines: Vec<Option<MultiPolygon<f64>>>,
    /// By row: longitude, latitude, electors.
    people: Vec<Vec<([f64; 2], f64)>>,
}

impl Ground {
    fn of(level: &GeographyLevel, points: &Path) -> Result<Self> {
        let outline = |row: usize| match Wkb(level.outlines.wkb(row)?).to_geo().ok()? {
            Geometry::Polygon(polygon) => Some(MultiPolygon(vec![polygon])),
            Geometry::MultiPolygon(polygons) => Some(polygons),
            _ => None,
        };
        let outlines: Vec<Option<MultiPolygon<f64>>> = (0..level.rows()).map(outline).collect();
        let request = quartier_ingest::population::PopulationRequest {
            path: points.to_owned(),
            count: "leg_inscrits".to_owned(),
            point: None,
            cell: None,
            filter: quartier_ingest::table::Filter::default(),
            crs: None,
        };
        let locator = quartier_campaign::Locator::of(outlines.clone());
        let mut people = vec![Vec::new(); level.rows()];
        for row in quartier_ingest::population::read(Source::open(points)?, &request)?.rows {
            let quartier_ingest::population::PeoplePlace::Point(at) = row.place else { continue };
            if let Some(area) = locator.row(at[0], at[1]) {
                people[area].push((at, row.people));
            }
        }
        Ok(Self { outlines, people })
    }

    /// Everything that `estimate` makes of some areas before it estimates.
    fn made(&self, level: &GeographyLevel, rows: &[usize]) -> Result<Made> {
        let mut seconds = [0.0; PARTS.len()];
        let mut begun = Instant::now();
        let mut lap = |part: usize| {
            seconds[part] = begun.elapsed().as_secs_f64();
            begun = Instant::now();
        };
        let site = |row: &usize| Site {
            land: Land::from(self.outlines[*row].as_ref()),
            electors: level.electors(*row).known().unwrap_or(0),
            people: self.people[*row].clone(),
        };
        let sites: Vec<Site<'_>> = rows.iter().map(site).collect();
        let tree = Tree::new(&[vec![None; rows.len()]])?;
        let electors: Vec<_> = std::iter::once(quartier_model::Electors::Unknown)
            .chain(rows.iter().map(|row| level.electors(*row)))
            .collect();
        let mut node_of = vec![None; level.rows()];
        rows.iter().enumerate().for_each(|(at, row)| node_of[*row] = Some(at as Node + 1));
        let near = |row: &usize| -> Vec<Node> {
            level.neighbours.of(*row).filter_map(|other| node_of[other as usize]).collect()
        };
        let touching: Vec<Vec<Node>> = std::iter::once(Vec::new()).chain(rows.iter().map(near)).collect();
        let before: Vec<u32> = (0..rows.len() as u32).collect();
        lap(0);
        let placed = place(&sites);
        lap(1);
        let mosaic = Mosaic::of(&tree, &electors, &touching, LEAST_DEFAULT, &before);
        lap(2);
        let atoms = gather(&placed, mosaic.groups(), LEAST_DEFAULT, Resolution::Three);
        lap(3);
        let least = u64::from(LEAST_DEFAULT);
        let rule = HexRule { coarsest: Resolution::Three, finest: PLACING, least, closed: &HashSet::new() };
        let hexagons = hex_tree(&atoms, &rule).len();
        lap(4);
        Ok(Made { pieces: atoms.all().len(), hexagons, seconds })
    }
}

/// What is made in turn.
const PARTS: [&str; 5] = ["reading", "placing", "pooling", "gathering", "hexagons"];

/// What was made of some areas.
struct Made {
    pieces: usize,
    hexagons: usize,
    /// On the wall, by part.
    seconds: [f64; PARTS.len()],
}

/// Least-squares slope of log CPU seconds on log areas.
fn slope(costs: &[(usize, f64)]) -> f64 {
    let points: Vec<(f64, f64)> = costs.iter().map(|(n, cpu_s)| ((*n as f64).ln(), cpu_s.max(1e-3).ln())).collect();
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / points.len() as f64;
    let (x, y) = (mean(|at| at.0), mean(|at| at.1));
    let up: f64 = points.iter().map(|at| (at.0 - x) * (at.1 - y)).sum();
    up / points.iter().map(|at| (at.0 - x).powi(2)).sum::<f64>()
}

/// Log axes: areas from 1,000 to 100,000, CPU seconds from a hundredth to ten; a line of slope 1 beside the curve.
fn plot(costs: &[(usize, f64)]) -> String {
    let at = |areas: f64, cpu_s: f64| {
        (60.0 + (areas.log10() - 3.0) / 2.0 * 500.0, 300.0 - (cpu_s.max(0.01).log10() + 2.0) / 3.0 * 240.0)
    };
    let mut svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 360\" font-family=\"sans-serif\" font-size=\"12\">\n\
        <title>CPU seconds of the mosaic by number of areas</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
        .to_owned();
    let mut line = |from: (f64, f64), to: (f64, f64), style: &str| {
        let (x1, y1, x2, y2) = (from.0, from.1, to.0, to.1);
        let _ = writeln!(svg, "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" {style}/>");
    };
    for power in 3..=5 {
        line(at(10_f64.powi(power), 0.01), at(10_f64.powi(power), 10.0), "stroke=\"#ddd\"");
    }
    for power in -2..=1 {
        line(at(1e3, 10_f64.powi(power)), at(1e5, 10_f64.powi(power)), "stroke=\"#ddd\"");
    }
    let first = costs[0].1.max(0.01);
    line(at(1e3, first), at(1e5, first * 100.0), "stroke=\"#888\" stroke-dasharray=\"4 4\"");
    for pair in costs.windows(2) {
        let [from, to] = [pair[0], pair[1]].map(|(areas, cpu_s)| at(areas as f64, cpu_s));
        line(from, to, "stroke=\"#0072b2\" stroke-width=\"2\"");
    }
    for (areas, cpu_s) in costs {
        let (x, y) = at(*areas as f64, *cpu_s);
        let _ = writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"#0072b2\"/>");
    }
    let mut text = |(x, y): (f64, f64), anchor: &str, words: &str| {
        let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"#333\">{words}</text>");
    };
    for (power, words) in [(3, "1,000"), (4, "10,000"), (5, "100,000 areas")] {
        let (x, y) = at(10_f64.powi(power), 0.01);
        text((x, y + 18.0), "middle", words);
    }
    for (power, words) in [(-2, "0.01"), (-1, "0.1"), (0, "1"), (1, "10 CPU s")] {
        let (x, y) = at(1e3, 10_f64.powi(power));
        text((x - 6.0, y + 4.0), "end", words);
    }
    let words = format!(
        "Electors placed, pooled and shown in hexagons (slope {:.2}); dashed: in proportion to the areas",
        slope(costs)
    );
    text((320.0, 24.0), "middle", &words);
    svg.push_str("</svg>\n");
    svg
}
