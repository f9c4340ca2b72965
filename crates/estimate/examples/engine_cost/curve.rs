//! Cost against size, each size in a process of its own: a table, the slope on log scales, and a plot.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

/// Areas of the tree alone, and with neighbours.
const TREE: [usize; 5] = [1_000, 10_000, 100_000, 300_000, 1_000_000];
const ICAR: [usize; 4] = [1_000, 5_000, 20_000, 70_000];

/// What one size cost: wall and CPU seconds and peak MiB, without draws and with them.
struct Cost {
    areas: usize,
    without: [f64; 3],
    with: [f64; 3],
}

/// Measures both curves, prints them and writes the plot.
pub fn run(file: &Path) -> Result<(), Box<dyn std::error::Error>> {
    println!(
        "Cost of the engine: three stages, 8 covariates, scales learnt, answers in 3 areas of 100, one poll; with and without 200 draws.\n"
    );
    println!("| areas | route | without draws: CPU s | wall s | with draws: CPU s | wall s | peak MiB |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    let mut curves = Vec::new();
    for (name, sizes) in [("tree", &TREE[..]), ("tree + ICAR", &ICAR[..])] {
        let mut costs = Vec::new();
        for areas in sizes {
            let cost = measure(*areas, name != "tree")?;
            println!(
                "| {areas} | {name} | {:.2} | {:.2} | {:.2} | {:.2} | {:.0} |",
                cost.without[1], cost.without[0], cost.with[1], cost.with[0], cost.with[2]
            );
            costs.push(cost);
        }
        curves.push((name, costs));
    }
    println!();
    for (name, costs) in &curves {
        println!("- {name}: CPU with draws grows as areas to the power {:.2}, over its last three sizes", slope(costs));
    }
    Ok(std::fs::write(file, plot(&curves))?)
}

fn measure(areas: usize, with_graph: bool) -> Result<Cost, Box<dyn std::error::Error>> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(areas.to_string()).args(with_graph.then_some("icar"));
    let out = command.output()?;
    if !out.status.success() {
        return Err(format!("{areas} areas: {}", String::from_utf8_lossy(&out.stderr)).into());
    }
    let text = String::from_utf8(out.stdout)?;
    // "without draws: 1.20 s, 2.10 CPU s, peak 90 MiB"
    let line = |start: &str| -> Option<[f64; 3]> {
        let line = text.lines().find(|line| line.starts_with(start))?.split_once(": ")?.1;
        let mut numbers = line.split_whitespace().filter_map(|word| word.parse().ok());
        Some([numbers.next()?, numbers.next()?, numbers.next()?])
    };
    let (without, with) = (line("without"), line("with 200"));
    let (Some(without), Some(with)) = (without, with) else { return Err(format!("{areas} areas said {text}").into()) };
    Ok(Cost { areas, without, with })
}

/// Least-squares slope of log CPU seconds with draws on log areas, over the last three sizes.
fn slope(costs: &[Cost]) -> f64 {
    let last = &costs[costs.len().saturating_sub(3)..];
    let points: Vec<(f64, f64)> =
        last.iter().map(|cost| ((cost.areas as f64).ln(), cost.with[1].max(0.01).ln())).collect();
    let count = points.len() as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |sum, point| (sum.0 + point.0 / count, sum.1 + point.1 / count));
    let up: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    up / points.iter().map(|point| (point.0 - x).powi(2)).sum::<f64>()
}

/// Size of the plot and of its margins, in pixels; powers of ten of both axes.
const SIZE: (f64, f64) = (640.0, 420.0);
const MARGIN: f64 = 60.0;
const AREAS: (i32, i32) = (3, 6);
const SECONDS: (i32, i32) = (-2, 2);
/// Colour-blind safe (Okabe and Ito 2008): blue, vermilion.
const COLOURS: [&str; 2] = ["#0072b2", "#d55e00"];

fn at(areas: f64, seconds: f64) -> (f64, f64) {
    let part = |log: f64, (low, high): (i32, i32)| (log - f64::from(low)) / f64::from(high - low);
    let (x, y) = (part(areas.log10(), AREAS), part(seconds.max(0.01).log10(), SECONDS));
    (MARGIN + x * (SIZE.0 - 2.0 * MARGIN), SIZE.1 - MARGIN - y * (SIZE.1 - 2.0 * MARGIN))
}

/// Both curves on log scales, with a line of slope 1 beside them.
fn plot(curves: &[(&str, Vec<Cost>)]) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" font-family=\"sans-serif\" font-size=\"12\">\n<title>CPU seconds of an estimate with 200 draws, by number of areas</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
        SIZE.0, SIZE.1
    );
    let mut line = |(x1, y1): (f64, f64), (x2, y2): (f64, f64), style: &str| {
        let _ = writeln!(svg, "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" {style}/>");
    };
    let (grid, dashed) = ("stroke=\"#ddd\"", "stroke=\"#888\" stroke-dasharray=\"4 4\"");
    let power = |exponent: i32| 10f64.powi(exponent);
    for exponent in AREAS.0..=AREAS.1 {
        line(at(power(exponent), power(SECONDS.0)), at(power(exponent), power(SECONDS.1)), grid);
    }
    for exponent in SECONDS.0..=SECONDS.1 {
        line(at(power(AREAS.0), power(exponent)), at(power(AREAS.1), power(exponent)), grid);
    }
    // Proportional to the areas: 60 seconds at a million.
    line(at(1e3, 0.06), at(1e6, 60.0), dashed);
    for ((_, costs), colour) in curves.iter().zip(COLOURS) {
        let style = format!("stroke=\"{colour}\" stroke-width=\"2\"");
        for pair in costs.windows(2) {
            line(at(pair[0].areas as f64, pair[0].with[1]), at(pair[1].areas as f64, pair[1].with[1]), &style);
        }
    }
    let mut text = |(x, y): (f64, f64), anchor: &str, colour: &str, words: &str| {
        let _ =
            writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"{colour}\">{words}</text>");
    };
    for (exponent, name) in (AREAS.0..=AREAS.1).zip(["1,000", "10,000", "100,000", "1,000,000 areas"]) {
        let (x, y) = at(power(exponent), power(SECONDS.0));
        text((x, y + 18.0), "middle", "#333", name);
    }
    for (exponent, name) in (SECONDS.0..=SECONDS.1).zip(["0.01", "0.1", "1", "10", "100 CPU s"]) {
        let (x, y) = at(power(AREAS.0), power(exponent));
        text((x - 6.0, y + 4.0), "end", "#333", name);
    }
    text(
        (SIZE.0 / 2.0, 24.0),
        "middle",
        "#333",
        "An estimate of three stages with 200 draws; dashed: in proportion to the areas",
    );
    for ((name, costs), colour) in curves.iter().zip(COLOURS) {
        if let Some(last) = costs.last() {
            let (x, y) = at(last.areas as f64, last.with[1]);
            text((x - 8.0, y - 10.0), "end", colour, &format!("{name} (slope {:.2})", slope(costs)));
        }
    }
    for ((_, costs), colour) in curves.iter().zip(COLOURS) {
        for cost in costs {
            let (x, y) = at(cost.areas as f64, cost.with[1]);
            let _ = writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"{colour}\"/>");
        }
    }
    svg.push_str("</svg>\n");
    svg
}
