//! What both countries share: places with covariates, who is visited, and geometry enough for areas and neighbours.

use quartier_estimate::evaluation::Dice;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

pub type Failure = Box<dyn std::error::Error>;

/// The data folder: `../shared/data` beside the repository, or `QUARTIER_SHARED`/data.
pub fn data(path: &str) -> PathBuf {
    std::env::var_os("QUARTIER_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from)
        .join("data")
        .join(path)
}

/// Area in km² and outline points of every feature, by the property `key`.
pub struct Shapes {
    pub area_km2: BTreeMap<String, f64>,
    points: BTreeMap<(i64, i64), BTreeSet<String>>,
}

/// Kilometres of a degree of latitude, WGS 84 mean.
const DEGREE_KM: f64 = 111.2;

/// Reads a gzipped GeoJSON file; outlines meet where their points are equal to `digits` decimals.
pub fn shapes(path: &str, key: &str, digits: i32) -> Result<Shapes, Failure> {
    let file = flate2::read::GzDecoder::new(std::fs::File::open(data(path))?);
    let json: serde_json::Value = serde_json::from_reader(std::io::BufReader::new(file))?;
    let mut shapes = Shapes { area_km2: BTreeMap::new(), points: BTreeMap::new() };
    for feature in json["features"].as_array().ok_or("no features")? {
        let name = feature["properties"][key].as_str().ok_or("no key")?.to_owned();
        let geometry = &feature["geometry"];
        let coordinates = &geometry["coordinates"];
        let whole = [coordinates.clone()];
        let polygons =
            if geometry["type"] == "Polygon" { &whole[..] } else { coordinates.as_array().ok_or("no polygons")? };
        let mut area = 0.0;
        for (at, ring) in polygons.iter().flat_map(|polygon| polygon.as_array().into_iter().flatten().enumerate()) {
            let points: Vec<[f64; 2]> = serde_json::from_value(ring.clone())?;
            let cosine = points.first().map_or(1.0, |point| point[1].to_radians().cos());
            let twice: f64 = points.windows(2).map(|pair| pair[0][0] * pair[1][1] - pair[1][0] * pair[0][1]).sum();
            area += if at == 0 { 0.5 } else { -0.5 } * twice.abs() * cosine * DEGREE_KM * DEGREE_KM;
            for point in points {
                let grid = |value: f64| (value * 10f64.powi(digits)).round() as i64;
                shapes.points.entry((grid(point[0]), grid(point[1]))).or_default().insert(name.clone());
            }
        }
        *shapes.area_km2.entry(name).or_default() += area;
    }
    Ok(shapes)
}

impl Shapes {
    /// Pairs that share two outline points or more, by position in `names`.
    pub fn neighbours(&self, names: &[String]) -> Vec<(u32, u32)> {
        let at: BTreeMap<&String, u32> = names.iter().zip(0..).collect();
        let mut shared: BTreeMap<(u32, u32), u32> = BTreeMap::new();
        for owners in self.points.values() {
            let here: Vec<u32> = owners.iter().filter_map(|name| at.get(name).copied()).collect();
            for (first, a) in here.iter().enumerate() {
                here[first + 1..].iter().for_each(|b| *shared.entry((*a.min(b), *a.max(b))).or_default() += 1);
            }
        }
        shared.into_iter().filter(|(_, points)| *points >= 2).map(|(pair, _)| pair).collect()
    }
}

/// Mean 0 and sd 1 under weights; a constant becomes 0.
pub fn standardise(values: &[f64], weights: &[f64]) -> Vec<f64> {
    let whole: f64 = weights.iter().sum();
    let mean = values.iter().zip(weights).map(|(x, w)| x * w).sum::<f64>() / whole;
    let variance = values.iter().zip(weights).map(|(x, w)| w * (x - mean).powi(2)).sum::<f64>() / whole;
    let sd = if variance > 0.0 { variance.sqrt() } else { 1.0 };
    values.iter().map(|x| (x - mean) / sd).collect()
}

pub fn logit(p: f64) -> f64 {
    (p / (1.0 - p)).ln()
}

pub fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// Log odds of `a` against `b` in each place, smoothed by one vote towards its region's share.
pub fn smoothed(a: &[f64], b: &[f64], region: &[usize]) -> Vec<f64> {
    let mut sums = vec![[0.5, 0.5]; region.iter().max().map_or(0, |last| last + 1)];
    for ((a, b), region) in a.iter().zip(b).zip(region) {
        sums[*region][0] += a;
        sums[*region][1] += b;
    }
    let places = a.iter().zip(b).zip(region);
    places
        .map(|((a, b), region)| {
            let q = sums[*region][0] / (sums[*region][0] + sums[*region][1]);
            ((a + q) / (b + 1.0 - q)).ln()
        })
        .collect()
}

/// Part of the regions where the campaign goes from door to door.
const REGIONS_VISITED: f64 = 0.4;
/// Visited places grow as answers to this power: 300 answers in some 40 places, 30,000 in some 700.
const PLACES_POWER: f64 = 0.635;
/// Most answers of a place, as a part of its voters.
const MOST_ANSWERS: f64 = 0.6;

/// How many people answer in each visited place.
///
/// Regions are opened with a chance that grows with their electors; `--regions-at-random` opens any, which leaves
/// most voters far from every answer. In them, campaigns go where they are strong and where doors are close: weight electors × exp(logit past share + z / 2), z
/// the standardised log density, chosen by extreme-value noise; answers are negative binomial.
pub fn visits(
    dice: &mut Dice,
    answers: f64,
    region: &[usize],
    electors: &[f64],
    past: &[f64],
    density: &[f64],
) -> Vec<(usize, u32)> {
    let regions = region.iter().max().map_or(0, |last| last + 1);
    let mut size = vec![0.0f64; regions];
    region.iter().zip(electors).for_each(|(region, electors)| size[*region] += electors);
    let by_size = !std::env::args().any(|arg| arg == "--regions-at-random");
    let wish = |at: usize, dice: &mut Dice| if by_size { size[at].ln() + dice.gumbel() } else { dice.uniform() };
    let mut order: Vec<(f64, usize)> = (0..regions).map(|at| (wish(at, dice), at)).collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0));
    let open: BTreeSet<usize> =
        order.iter().take((REGIONS_VISITED * regions as f64).round() as usize).map(|(_, at)| *at).collect();
    let mut places: Vec<(f64, usize)> = (0..region.len())
        .filter(|place| open.contains(&region[*place]))
        .map(|place| (electors[place].ln() + past[place] + 0.5 * density[place] + dice.gumbel(), place))
        .collect();
    places.sort_by(|a, b| b.0.total_cmp(&a.0));
    let count = answers.powf(PLACES_POWER).round() as usize;
    let chosen: Vec<(usize, f64)> = places.into_iter().take(count).map(|(_, place)| (place, dice.gamma2())).collect();
    let whole: f64 = chosen.iter().map(|(_, size)| size).sum();
    let asked = |size: f64, place: usize, dice: &mut Dice| {
        f64::from(dice.poisson(answers * size / whole)).min(MOST_ANSWERS * electors[place]) as u32
    };
    chosen.into_iter().map(|(place, size)| (place, asked(size, place, dice))).filter(|(_, asked)| *asked > 0).collect()
}
