//! The country cut into regions, cities and neighbourhoods: each a connected set of small Voronoi cells.

use super::terrain::{HALF_BOX_KM, ISLANDS, height, mixed_unit};
use super::voronoi::{Across, Cells, Km, distance2};
use rand::{Rng, RngExt};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

/// How many regions the country has.
pub const REGIONS: usize = 8;
/// Neighbourhoods to a city on average: 3,000 for 220, as asked of the default country.
const NEIGHBOURHOODS_PER_CITY: f64 = 13.6;
/// Small cells of a town for each of its neighbourhoods, beside those of the country around.
const TOWN_CELLS: f64 = 5.0;
/// Small cells spread evenly over the land for each neighbourhood.
const COUNTRY_CELLS: f64 = 3.0;
/// About the land's area in km²; sets the spacing of the even cells.
const LAND_KM2: f64 = 60_000.0;
/// Height down to which cells are laid in the sea, so that the coast never sees the frame of the box.
const SEA_FLOOR: f64 = -0.25;
/// Fall of the sizes of cities with their rank (Zipf's law is 1; capitals of small countries weigh less).
const RANK_EXPONENT: f64 = 0.85;

/// A place in the order of growth: cost so far (as ordered bits), cell, owner.
type Step = Reverse<(u64, u32, u32)>;

/// The cut. Numbers of cities are by rank of size, those of neighbourhoods by city and then by distance from its centre.
pub struct Subdivision {
    /// Sites of the small cells.
    pub sites: Vec<Km>,
    /// The small cells.
    pub cells: Cells,
    /// The neighbourhood of each small cell; `None` in the sea.
    pub neighbourhood_of: Vec<Option<u32>>,
    /// The city of each neighbourhood.
    pub city_of: Vec<u32>,
    /// The region of each city.
    pub region_of: Vec<u32>,
    /// The site nearest to the centre of each city.
    pub city_centres: Vec<Km>,
    /// The middle of each neighbourhood.
    pub middles: Vec<Km>,
    /// Whether each neighbourhood touches the sea.
    pub coastal: Vec<bool>,
}

impl Subdivision {
    /// Cuts the country of `seed` into about as many cities as `neighbourhoods` deserve, and exactly that many
    /// neighbourhoods.
    pub fn new(seed: u64, neighbourhoods: usize, rng: &mut impl Rng) -> Self {
        let cities = ((neighbourhoods as f64 / NEIGHBOURHOODS_PER_CITY).round() as usize).max(REGIONS);
        let centres = city_centres(seed, cities, rng);
        let mut sizes = by_rank(neighbourhoods, cities);
        let (sites, cells) = small_cells(seed, neighbourhoods, &centres, &sizes, rng);
        let land = land(seed, &sites, &cells);
        let links = links(&cells, &land);
        let city_of_cell = grow_cities(seed, &sites, &links, &land, &centres, &sizes);
        let mut members = vec![Vec::new(); cities];
        for (cell, city) in city_of_cell.iter().enumerate() {
            if let Some(city) = city {
                members[*city as usize].push(cell as u32);
            }
        }
        fit(&mut sizes, &members);
        let mut cut = Self {
            neighbourhood_of: vec![None; sites.len()],
            city_of: Vec::with_capacity(neighbourhoods),
            region_of: Vec::new(),
            city_centres: centres,
            middles: Vec::with_capacity(neighbourhoods),
            coastal: Vec::new(),
            sites,
            cells,
        };
        for (city, members) in members.iter().enumerate() {
            cut.divide_city(city as u32, members, sizes[city], &links, rng);
        }
        cut.coastal = cut.touches_sea();
        cut.region_of = grow_regions(&cut, &links, &sizes);
        cut
    }

    /// Divides one city into `count` connected neighbourhoods, the first at its centre.
    fn divide_city(&mut self, city: u32, members: &[u32], count: usize, links: &[Vec<u32>], rng: &mut impl Rng) {
        let centre = self.city_centres[city as usize];
        let from_centre = |cell: u32, sites: &[Km]| distance2(sites[cell as usize], centre);
        let mut order = members.to_vec();
        for at in (1..order.len()).rev() {
            order.swap(at, rng.random_range(0..=at));
        }
        if let Some(first) = (0..order.len())
            .min_by(|a, b| from_centre(order[*a], &self.sites).total_cmp(&from_centre(order[*b], &self.sites)))
        {
            order.swap(0, first);
        }
        // First seeds that do not touch, then any, so that no neighbourhood is a single squeezed cell for nothing.
        let (mut seeds, mut blocked) = (Vec::with_capacity(count), HashSet::new());
        for &cell in &order {
            if seeds.len() < count && blocked.insert(cell) {
                seeds.push(cell);
                blocked.extend(links[cell as usize].iter().copied());
            }
        }
        let chosen: HashSet<u32> = seeds.iter().copied().collect();
        seeds.extend(order.iter().copied().filter(|cell| !chosen.contains(cell)).take(count - seeds.len()));
        seeds.sort_by(|a, b| from_centre(*a, &self.sites).total_cmp(&from_centre(*b, &self.sites)));

        let inside: HashSet<u32> = members.iter().copied().collect();
        let first = self.city_of.len() as u32;
        let salt = rng.random::<u64>();
        let owners = grow(&seeds, links, |from, to| {
            inside.contains(&to).then(|| 1.0 + 0.5 * mixed_unit(salt, u64::from(from), u64::from(to)))
        });
        let mut sums = vec![([0.0; 2], 0.0); count];
        // In the order of the members: sums of floats in the order of a hash map would differ from run to run.
        for cell in members {
            let owner = owners.get(cell).expect("a city is connected, so growth reaches all of it");
            let (cell, owner) = (*cell, *owner);
            self.neighbourhood_of[cell as usize] = Some(first + owner);
            let (sum, number) = &mut sums[owner as usize];
            let site = self.sites[cell as usize];
            *sum = [sum[0] + site[0], sum[1] + site[1]];
            *number += 1.0;
        }
        self.middles.extend(sums.iter().map(|(sum, number)| [sum[0] / number, sum[1] / number]));
        self.city_of.extend(std::iter::repeat_n(city, count));
    }

    fn touches_sea(&self) -> Vec<bool> {
        let mut coastal = vec![false; self.city_of.len()];
        for (cell, owner) in self.neighbourhood_of.iter().enumerate() {
            let Some(owner) = owner else { continue };
            coastal[*owner as usize] |= self.cells.around[cell].iter().any(|across| match across {
                Across::Site(other) => self.neighbourhood_of[*other as usize].is_none(),
                Across::Frame(_) => true,
            });
        }
        coastal
    }
}

/// Whole sizes that fall with the rank and add to `total`, each at least 1.
fn by_rank(total: usize, cities: usize) -> Vec<usize> {
    let weights: Vec<f64> = (0..cities).map(|rank| (rank as f64 + 1.5).powf(-RANK_EXPONENT)).collect();
    let spare = (total - cities) as f64 / weights.iter().sum::<f64>();
    let shares: Vec<f64> = weights.iter().map(|weight| 1.0 + weight * spare).collect();
    let mut sizes: Vec<usize> = shares.iter().map(|share| share.floor() as usize).collect();
    let mut order: Vec<usize> = (0..cities).collect();
    order.sort_by(|a, b| shares[*b].fract().total_cmp(&shares[*a].fract()).then(a.cmp(b)));
    let missing = total - sizes.iter().sum::<usize>();
    for city in order.into_iter().cycle().take(missing) {
        sizes[city] += 1;
    }
    sizes
}

/// Places for cities, far from each other (Mitchell's best candidate), the islands' towns last.
fn city_centres(seed: u64, cities: usize, rng: &mut impl Rng) -> Vec<Km> {
    let mut anywhere =
        |half: Km, middle: Km| [0, 1].map(|axis| middle[axis] + rng.random_range(-half[axis]..half[axis]));
    let islands: Vec<Km> = ISLANDS
        .iter()
        .filter_map(|(near, radius)| {
            let tries = (0..200).map(|_| anywhere([*radius, *radius], *near));
            tries.max_by(|a, b| height(seed, *a).total_cmp(&height(seed, *b))).filter(|at| height(seed, *at) > 0.15)
        })
        .collect();
    let mut centres: Vec<Km> = Vec::with_capacity(cities);
    while centres.len() + islands.len() < cities {
        let tries: Vec<Km> = std::iter::repeat_with(|| anywhere(HALF_BOX_KM, [0.0; 2]))
            .filter(|at| height(seed, *at) > 0.05)
            .take(12)
            .collect();
        let gap = |at: &Km| centres.iter().chain(&islands).map(|other| distance2(*at, *other)).fold(1e9, f64::min);
        centres.extend(tries.into_iter().max_by(|a, b| gap(a).total_cmp(&gap(b))));
    }
    centres.extend(islands);
    centres
}

/// Distance between the even cells of the country, in kilometres.
fn spacing_km(neighbourhoods: usize) -> f64 {
    (LAND_KM2 / (COUNTRY_CELLS * neighbourhoods as f64)).sqrt()
}

/// Scattered sites, dense in towns, and their cells after two steps of relaxation.
fn small_cells(
    seed: u64,
    neighbourhoods: usize,
    centres: &[Km],
    sizes: &[usize],
    rng: &mut impl Rng,
) -> (Vec<Km>, Cells) {
    let spacing = spacing_km(neighbourhoods);
    let mut sites = Vec::new();
    let (columns, rows) = ((2.0 * HALF_BOX_KM[0] / spacing) as i32, (2.0 * HALF_BOX_KM[1] / spacing) as i32);
    for row in 1..rows - 1 {
        for column in 1..columns - 1 {
            let at = [
                -HALF_BOX_KM[0] + spacing * (f64::from(column) + rng.random_range(0.05..0.95)),
                -HALF_BOX_KM[1] + spacing * (f64::from(row) + rng.random_range(0.05..0.95)),
            ];
            if height(seed, at) > SEA_FLOOR {
                sites.push(at);
            }
        }
    }
    for (centre, size) in centres.iter().zip(sizes) {
        let radius = 0.29 * (*size as f64).sqrt() * spacing;
        for _ in 0..(*size as f64 * TOWN_CELLS) as usize {
            let angle = rng.random_range(0.0..std::f64::consts::TAU);
            // Denser towards the middle, with a thin fringe: the logarithm of a uniform number is exponential.
            let away = radius * (-(1.0 - rng.random_range(0.0..0.999_f64)).ln()).powf(0.65);
            let at = [centre[0] + away * angle.cos(), centre[1] + away * angle.sin()];
            if height(seed, at) > -0.04 && at[0].abs() < HALF_BOX_KM[0] && at[1].abs() < HALF_BOX_KM[1] {
                sites.push(at);
            }
        }
    }
    for _ in 0..2 {
        sites = Cells::new(&sites, HALF_BOX_KM).centroids(&sites);
    }
    let cells = Cells::new(&sites, HALF_BOX_KM);
    (sites, cells)
}

/// Which cells are land: those whose site stands above the sea, and whatever the sea cannot reach.
fn land(seed: u64, sites: &[Km], cells: &Cells) -> Vec<bool> {
    let dry: Vec<bool> = sites.iter().map(|site| height(seed, *site) > 0.0).collect();
    let at_frame = |around: &[Across]| around.iter().any(|across| matches!(across, Across::Frame(_)));
    let mut sea = vec![false; sites.len()];
    let mut open: Vec<u32> = (0..sites.len() as u32).filter(|cell| at_frame(&cells.around[*cell as usize])).collect();
    while let Some(cell) = open.pop() {
        if !std::mem::replace(&mut sea[cell as usize], true) {
            open.extend(cells.around[cell as usize].iter().filter_map(|across| match across {
                Across::Site(other) if !dry[*other as usize] => Some(*other),
                Across::Site(_) | Across::Frame(_) => None,
            }));
        }
    }
    sea.into_iter().map(|wet| !wet).collect()
}

/// The land neighbours of each land cell.
fn links(cells: &Cells, land: &[bool]) -> Vec<Vec<u32>> {
    cells
        .around
        .iter()
        .enumerate()
        .map(|(cell, around)| {
            around
                .iter()
                .filter_map(|across| match across {
                    Across::Site(other) if land[cell] && land[*other as usize] => Some(*other),
                    Across::Site(_) | Across::Frame(_) => None,
                })
                .collect()
        })
        .collect()
}

/// Grows every seed over the links at once, the cheapest step first; `cost` of a step is `None` where it may not go.
/// Each owner's cells are connected, since a cell is only reached through its owner's.
fn grow(seeds: &[u32], links: &[Vec<u32>], cost: impl Fn(u32, u32) -> Option<f64>) -> HashMap<u32, u32> {
    // Costs are not negative, so the order of their bits is their order.
    let mut open: BinaryHeap<Step> =
        seeds.iter().enumerate().map(|(owner, cell)| Reverse((0, *cell, owner as u32))).collect();
    let mut owners = HashMap::new();
    while let Some(Reverse((so_far, cell, owner))) = open.pop() {
        if owners.contains_key(&cell) {
            continue;
        }
        owners.insert(cell, owner);
        for &next in &links[cell as usize] {
            if let Some(step) = cost(cell, next).filter(|_| !owners.contains_key(&next)) {
                open.push(Reverse(((f64::from_bits(so_far) + step).to_bits(), next, owner)));
            }
        }
    }
    owners
}

/// The city of each land cell: growth by distance, larger cities reaching farther.
fn grow_cities(
    seed: u64,
    sites: &[Km],
    links: &[Vec<u32>],
    land: &[bool],
    centres: &[Km],
    sizes: &[usize],
) -> Vec<Option<u32>> {
    let mut taken = HashSet::new();
    let seeds: Vec<u32> = centres
        .iter()
        .map(|centre| {
            let nearest = (0..sites.len() as u32)
                .filter(|cell| land[*cell as usize] && !taken.contains(cell))
                .min_by(|a, b| {
                    distance2(sites[*a as usize], *centre).total_cmp(&distance2(sites[*b as usize], *centre))
                })
                .expect("there is more land than cities");
            taken.insert(nearest);
            nearest
        })
        .collect();
    // Larger cities start first, by up to six kilometres in the default country; none may take another's centre.
    let scale = spacing_km(sizes.iter().sum()) / spacing_km(3_000);
    let head_start = |city: usize| scale * (6.0 - (sizes[city] as f64).sqrt().min(6.0));
    let mut open: BinaryHeap<Step> = seeds
        .iter()
        .enumerate()
        .map(|(city, cell)| Reverse((head_start(city).to_bits(), *cell, city as u32)))
        .collect();
    let mut city_of = vec![None; sites.len()];
    while let Some(Reverse((so_far, cell, city))) = open.pop() {
        if city_of[cell as usize].is_some() {
            continue;
        }
        city_of[cell as usize] = Some(city);
        for &next in &links[cell as usize] {
            if city_of[next as usize].is_none() && !taken.contains(&next) {
                let ground = 1.0 + 0.4 * mixed_unit(seed ^ 0xE5, u64::from(cell), u64::from(next));
                let step = distance2(sites[cell as usize], sites[next as usize]).sqrt() * ground;
                open.push(Reverse(((f64::from_bits(so_far) + step).to_bits(), next, city)));
            }
        }
    }
    city_of
}

/// Moves neighbourhoods from cities too small to hold them to those with the most room; the total stays.
fn fit(sizes: &mut [usize], members: &[Vec<u32>]) {
    let mut homeless = 0;
    for (size, members) in sizes.iter_mut().zip(members) {
        let most = (members.len() / 2).max(1);
        homeless += size.saturating_sub(most);
        *size = (*size).min(most);
    }
    for _ in 0..homeless {
        let roomiest = (0..sizes.len())
            .max_by_key(|city| members[*city].len() * 1000 / (sizes[*city] + 1))
            .expect("there is a city");
        sizes[roomiest] += 1;
    }
}

/// The region of each city: the region with the fewest neighbourhoods takes the free city next to it that is nearest
/// to its first one. Towns that touch no other (islands) join the region of the nearest city.
fn grow_regions(cut: &Subdivision, links: &[Vec<u32>], sizes: &[usize]) -> Vec<u32> {
    let cities = sizes.len();
    let mut beside = vec![HashSet::new(); cities];
    for (cell, around) in links.iter().enumerate() {
        let Some(here) = cut.neighbourhood_of[cell].map(|one| cut.city_of[one as usize]) else { continue };
        for next in around {
            if let Some(there) = cut.neighbourhood_of[*next as usize].map(|one| cut.city_of[one as usize])
                && there != here
            {
                beside[here as usize].insert(there as usize);
            }
        }
    }
    let gap = |a: usize, b: usize| distance2(cut.city_centres[a], cut.city_centres[b]);
    let mainland = mainland(&beside);
    let first = (0..cities).find(|city| mainland.contains(city)).expect("the mainland has a city");
    let mut seeds = vec![first];
    while seeds.len() < REGIONS.min(cities) {
        let farthest = (0..cities.min(60))
            .filter(|city| mainland.contains(city))
            .max_by(|a, b| {
                let away = |city: usize| seeds.iter().map(|seed| gap(city, *seed)).fold(f64::INFINITY, f64::min);
                away(*a).total_cmp(&away(*b))
            })
            .expect("a large city on the mainland");
        seeds.push(farthest);
    }
    let mut region_of: Vec<Option<u32>> = vec![None; cities];
    let mut weight = vec![0; seeds.len()];
    for (region, seed) in seeds.iter().enumerate() {
        region_of[*seed] = Some(region as u32);
        weight[region] = sizes[*seed];
    }
    loop {
        let mut regions: Vec<usize> = (0..seeds.len()).collect();
        regions.sort_by_key(|region| weight[*region]);
        let step = regions.into_iter().find_map(|region| {
            (0..cities)
                .filter(|city| region_of[*city].is_none())
                .filter(|city| beside[*city].iter().any(|other| region_of[*other] == Some(region as u32)))
                .min_by(|a, b| gap(*a, seeds[region]).total_cmp(&gap(*b, seeds[region])))
                .map(|city| (region, city))
        });
        let Some((region, city)) = step else { break };
        region_of[city] = Some(region as u32);
        weight[region] += sizes[city];
    }
    let placed: Vec<usize> = (0..cities).filter(|city| region_of[*city].is_some()).collect();
    (0..cities)
        .map(|city| {
            region_of[city].unwrap_or_else(|| {
                let nearest = placed
                    .iter()
                    .min_by(|a, b| gap(city, **a).total_cmp(&gap(city, **b)))
                    .expect("the capital is placed");
                region_of[*nearest].expect("a placed city has a region")
            })
        })
        .collect()
}

/// The largest set of cities that are joined over land.
fn mainland(beside: &[HashSet<usize>]) -> HashSet<usize> {
    let mut largest = HashSet::new();
    for start in 0..beside.len() {
        let (mut joined, mut open) = (HashSet::new(), vec![start]);
        while let Some(city) = open.pop() {
            if joined.insert(city) {
                open.extend(beside[city].iter().copied());
            }
        }
        if joined.len() > largest.len() {
            largest = joined;
        }
        if 2 * largest.len() > beside.len() {
            break;
        }
    }
    largest
}
