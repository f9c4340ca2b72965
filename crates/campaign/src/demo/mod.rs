//! The demonstration country: an island that does not exist, with areas, past elections, a poll and a canvass.
//!
//! Everything comes from one seed (ChaCha12), so the same options give the same country on every machine. It lies in
//! the open Atlantic at about 18° W, 45° N, where there is no land, so that nobody takes it for a real place; every name,
//! party and figure is invented. `quartier demo` calls it through the use case that imports it like any other files.
//!
//! Invariants, each tested:
//! - neighbourhoods cover the country without gap or overlap: two that meet have identical points there;
//! - a city is exactly the union of its neighbourhoods, a region of its cities;
//! - electors add to the number asked for; in every row votes ≤ valid ≤ voters ≤ registered, and voters are valid,
//!   blank and null votes together.
//!
//! It reads no file, clock or environment, and never touches the store.

mod names;
mod outline;
mod subdivide;
mod terrain;
mod voronoi;
mod votes;

use geo_types::MultiPolygon;
use outline::Dissolver;
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;
use subdivide::Subdivision;

pub use votes::{DemoElection, DemoList, DemoPoll, DemoRow, DemoTally};

/// The fewest neighbourhoods that still make eight regions with cities in them.
pub const LEAST_NEIGHBOURHOODS: usize = 150;

/// What a demonstration country is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DemoOptions {
    /// The seed of everything.
    pub seed: u64,
    /// Electors of the whole country; raised to 10 a neighbourhood where it is less.
    pub electors: u32,
    /// Neighbourhoods; raised to [`LEAST_NEIGHBOURHOODS`] where it is less.
    pub neighbourhoods: usize,
}

impl Default for DemoOptions {
    fn default() -> Self {
        Self { seed: 1, electors: 2_000_000, neighbourhoods: 3_000 }
    }
}

/// One region, city or neighbourhood.
#[derive(Debug, Clone, PartialEq)]
pub struct DemoArea {
    /// Code, unique in its level: `03`, `03014`, `03014-002`.
    pub code: String,
    /// Name, unique within its parent.
    pub name: String,
    /// Code of the parent in the next coarser level; `None` for a region.
    pub parent: Option<String>,
    /// Electors, those of its neighbourhoods together.
    pub electors: u32,
    /// Outline in degrees (longitude, latitude), at most seven decimals.
    pub polygon: MultiPolygon<f64>,
}

/// The whole country.
#[derive(Debug, Clone, PartialEq)]
pub struct DemoCountry {
    /// Its name.
    pub name: &'static str,
    /// Regions by code.
    pub regions: Vec<DemoArea>,
    /// Cities by code.
    pub cities: Vec<DemoArea>,
    /// Neighbourhoods by code.
    pub neighbourhoods: Vec<DemoArea>,
    /// Past elections, oldest first.
    pub elections: Vec<DemoElection>,
    /// Polls, oldest first.
    pub polls: Vec<DemoPoll>,
    /// Answers at the doors, by neighbourhood.
    pub canvass: Vec<DemoTally>,
}

/// The country of some options. About a second on one core.
pub fn country(options: DemoOptions) -> DemoCountry {
    let neighbourhoods = options.neighbourhoods.max(LEAST_NEIGHBOURHOODS);
    let electors = options.electors.max(10 * neighbourhoods as u32);
    // One stream a purpose, so that a change of names moves no vote.
    let stream = |number: u64| {
        let mut rng = ChaCha12Rng::seed_from_u64(options.seed);
        rng.set_stream(number);
        rng
    };
    let cut = Subdivision::new(options.seed, neighbourhoods, &mut stream(1));
    let codes = Codes::new(&cut);
    let counts = votes::electors(neighbourhoods, electors, &mut stream(2));
    let (city_names, names) = names_of(&cut, &mut stream(3));

    let land = |cell: u32| cut.neighbourhood_of[cell as usize].is_some();
    let dissolver = Dissolver { seed: options.seed, sites: &cut.sites, cells: &cut.cells, land: &land };
    let city_of = |cell: u32| cut.neighbourhood_of[cell as usize].map(|one| cut.city_of[one as usize]);
    let region_of = |cell: u32| city_of(cell).map(|city| cut.region_of[city as usize]);
    let outlines = [
        dissolver.outlines(subdivide::REGIONS, region_of),
        dissolver.outlines(cut.region_of.len(), city_of),
        dissolver.outlines(neighbourhoods, |cell| cut.neighbourhood_of[cell as usize]),
    ];
    let [regions, cities, areas] = outlines;

    let mut city_electors = vec![0; cities.len()];
    let mut region_electors = vec![0; regions.len()];
    for (one, count) in counts.iter().enumerate() {
        city_electors[cut.city_of[one] as usize] += count;
        region_electors[cut.region_of[cut.city_of[one] as usize] as usize] += count;
    }
    let by_code = |mut areas: Vec<DemoArea>| {
        areas.sort_by(|a, b| a.code.cmp(&b.code));
        areas
    };
    let (elections, canvass) = votes::elections(options.seed, &cut, &codes.neighbourhoods, &counts, &mut stream(4));
    DemoCountry {
        name: "Arvanie",
        regions: by_code(
            regions
                .into_iter()
                .enumerate()
                .map(|(at, polygon)| DemoArea {
                    code: codes.regions[at].clone(),
                    name: names::REGIONS[at].to_owned(),
                    parent: None,
                    electors: region_electors[at],
                    polygon,
                })
                .collect(),
        ),
        cities: by_code(
            cities
                .into_iter()
                .enumerate()
                .map(|(at, polygon)| DemoArea {
                    code: codes.cities[at].clone(),
                    name: city_names[at].clone(),
                    parent: Some(codes.regions[cut.region_of[at] as usize].clone()),
                    electors: city_electors[at],
                    polygon,
                })
                .collect(),
        ),
        neighbourhoods: by_code(
            areas
                .into_iter()
                .enumerate()
                .map(|(at, polygon)| DemoArea {
                    code: codes.neighbourhoods[at].clone(),
                    name: names[at].clone(),
                    parent: Some(codes.cities[cut.city_of[at] as usize].clone()),
                    electors: counts[at],
                    polygon,
                })
                .collect(),
        ),
        polls: votes::polls(),
        elections,
        canvass,
    }
}

/// The codes of all areas, by their numbers in the subdivision.
struct Codes {
    regions: Vec<String>,
    cities: Vec<String>,
    neighbourhoods: Vec<String>,
}

impl Codes {
    fn new(cut: &Subdivision) -> Self {
        let regions: Vec<String> = (1..=subdivide::REGIONS).map(|number| format!("{number:02}")).collect();
        let mut in_region = vec![0; regions.len()];
        let cities: Vec<String> = cut
            .region_of
            .iter()
            .map(|region| {
                in_region[*region as usize] += 1;
                format!("{}{:03}", regions[*region as usize], in_region[*region as usize])
            })
            .collect();
        let mut in_city = vec![0; cities.len()];
        let neighbourhoods = cut
            .city_of
            .iter()
            .map(|city| {
                in_city[*city as usize] += 1;
                format!("{}-{:03}", cities[*city as usize], in_city[*city as usize])
            })
            .collect();
        Self { regions, cities, neighbourhoods }
    }
}

/// Names of cities and neighbourhoods, by their numbers in the subdivision.
fn names_of(cut: &Subdivision, rng: &mut ChaCha12Rng) -> (Vec<String>, Vec<String>) {
    let cities = names::cities(cut.region_of.len(), rng);
    let mut names = Vec::with_capacity(cut.city_of.len());
    // Neighbourhoods of a city are numbered one after the other.
    for members in cut.city_of.chunk_by(|a, b| a == b) {
        let first = names.len();
        names.extend(names::neighbourhoods(&cut.coastal[first..first + members.len()], rng));
    }
    (cities, names)
}

#[cfg(test)]
mod tests;
