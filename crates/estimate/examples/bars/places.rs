//! What all countries share: places under places, and geometry enough for surfaces and neighbours.

use quartier_model::{StageCounts, Tree};
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

/// Leaves under areas above them.
pub struct Places {
    /// Names of the levels, coarse to fine.
    pub levels: Vec<&'static str>,
    pub tree: Tree,
    /// Per node, `level:code`.
    pub keys: Vec<String>,
    /// Per leaf, its area of the level above, counted from 0.
    pub region: Vec<usize>,
}

impl Places {
    /// `above` holds, per leaf, the code of its area at every level but the finest, coarse to fine; each code is unique
    /// in its level. Areas above the leaves stand in the order of
    /// their codes, leaves as given.
    pub fn new(levels: &[&'static str], above: &[Vec<String>], leaves: &[String]) -> Result<Self, Failure> {
        let mut parents: Vec<Vec<Option<u32>>> = Vec::new();
        let mut keys = vec!["campaign".to_owned()];
        let mut positions: BTreeMap<&str, u32> = BTreeMap::new();
        for level in 0..levels.len() - 1 {
            // Per code, the code above it.
            let codes: BTreeMap<&str, Option<&str>> = above
                .iter()
                .map(|codes| (codes[level].as_str(), level.checked_sub(1).map(|up| codes[up].as_str())))
                .collect();
            parents.push(codes.values().map(|code| code.map(|code| positions[code])).collect());
            keys.extend(codes.keys().map(|code| format!("{}:{code}", levels[level])));
            positions = codes.into_keys().zip(0..).collect();
        }
        let region: Vec<u32> = above.iter().map(|codes| positions[codes[levels.len() - 2].as_str()]).collect();
        parents.push(region.iter().copied().map(Some).collect());
        keys.extend(leaves.iter().map(|code| format!("{}:{code}", levels[levels.len() - 1])));
        let region = region.into_iter().map(|at| at as usize).collect();
        Ok(Self { levels: levels.to_vec(), tree: Tree::new(&parents)?, keys, region })
    }
}

/// Votes of two parties as groups: favourable and opposed, without a register.
pub fn two_party([favourable, opposed]: [f64; 2]) -> Option<StageCounts> {
    Some(StageCounts { groups: [0.0, 0.0, favourable, opposed], has_registered: false })
}
