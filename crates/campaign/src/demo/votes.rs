//! Electors, past votes, a poll and a canvass: leanings that vary smoothly over the land, between town and country, and with chance.

use super::subdivide::Subdivision;
use super::terrain::noise;
use super::voronoi::distance2;
use rand::{Rng, RngExt};

/// A list of an election.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DemoList {
    /// Short id, a column name.
    pub id: &'static str,
    /// The candidate or list with its party.
    pub label: &'static str,
    /// Colour of the list's layer, `#rrggbb`.
    pub colour: &'static str,
}

/// The exact counts of one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoRow {
    /// Code of the neighbourhood; `None` for votes cast abroad, which belong to no area below the country.
    pub code: Option<String>,
    /// Registered electors on the day.
    pub registered: u32,
    /// Who voted: valid, blank and null together.
    pub voters: u32,
    /// Valid votes: those of all lists together.
    pub valid: u32,
    /// Blank votes.
    pub blank: u32,
    /// Null votes.
    pub null: u32,
    /// Votes of each list, in the order of the election's lists.
    pub votes: Vec<u32>,
}

/// A past election.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoElection {
    /// Id, for instance `pres2022t1`.
    pub id: &'static str,
    /// Name.
    pub label: &'static str,
    /// Day, `YYYY-MM-DD`.
    pub date: &'static str,
    /// The lists.
    pub lists: Vec<DemoList>,
    /// Ids of the lists that count as favourable in the demonstration's reading.
    pub favourable: Vec<&'static str>,
    /// Ids of the lists that count as opposed.
    pub opposed: Vec<&'static str>,
    /// A row a neighbourhood by code, then the votes cast abroad.
    pub rows: Vec<DemoRow>,
}

/// A poll of the whole country.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DemoPoll {
    /// Day, `YYYY-MM-DD`.
    pub date: &'static str,
    /// `all`: the whole country.
    pub area: &'static str,
    /// Share of electors who say they would vote.
    pub turnout: f64,
    /// Share of those who would vote.
    pub undecided: f64,
    /// Share of those who would vote.
    pub favourable: f64,
    /// Share of those who would vote.
    pub opposed: f64,
    /// What the three shares are of.
    pub of: &'static str,
    /// People asked.
    pub n: u32,
    /// Standard error of a share, as a fraction: 3.5 points for one poll (Shirani-Mehr et al. 2018).
    pub se: f64,
}

/// Answers at the doors of one neighbourhood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoTally {
    /// Code of the neighbourhood.
    pub code: String,
    /// Abstainers, undecided, favourable, opposed, by their own words; 11 or more together.
    pub answers: [i32; 4],
}

/// A list as the simulation sees it.
struct Camp {
    list: DemoList,
    /// Log of its size where nothing leans.
    size: f64,
    /// How much it gains from a unit of the left-to-right leaning, and of the town-to-country one.
    pulls: [f64; 2],
}

/// How an election went as a whole.
struct Day {
    id: &'static str,
    label: &'static str,
    date: &'static str,
    favourable: &'static [&'static str],
    opposed: &'static [&'static str],
    /// Log odds of voting where nothing leans.
    turnout: f64,
    /// Blank and null votes, as shares of voters.
    spoilt: [f64; 2],
    /// Registered electors as a multiple of today's.
    register: f64,
}

const fn camp(id: &'static str, label: &'static str, colour: &'static str, size: f64, pulls: [f64; 2]) -> Camp {
    Camp { list: DemoList { id, label, colour }, size, pulls }
}

/// Sizes and pulls are invented so that six lists stand between 5 and 25 % and towns differ from the country.
const FIRST_ROUND: [Camp; 6] = [
    camp("AR", "Maëlle Querval (Alliance des rivages)", "#1f7f8f", 0.48, [-0.35, -0.35]),
    camp("CC", "Hervé Lanvouan (Convergence civique)", "#c9862b", 0.10, [0.30, -0.20]),
    camp("LC", "Inès Dourvel (Les Communs)", "#8d4f9e", -0.25, [-0.75, -0.25]),
    camp("EL", "Tanguy Orvesson (Écologie du large)", "#5f9440", -0.95, [-0.45, -0.55]),
    camp("UT", "Solène Malvary (Union des terroirs)", "#7a6a53", -0.70, [0.55, 0.55]),
    camp("CI", "Gildas Trévinec (Cap insulaire)", "#a8471c", -0.12, [0.55, 0.50]),
];

const SECOND_ROUND: [Camp; 2] = [
    camp("AR", "Maëlle Querval (Alliance des rivages)", "#1f7f8f", 0.64, [-0.55, -0.40]),
    camp("CI", "Gildas Trévinec (Cap insulaire)", "#a8471c", 0.0, [0.45, 0.40]),
];

const EUROPEAN: [Camp; 8] = [
    camp("AR", "Alliance des rivages", "#1f7f8f", 0.30, [-0.35, -0.35]),
    camp("CC", "Convergence civique", "#c9862b", -0.05, [0.30, -0.25]),
    camp("LC", "Les Communs", "#8d4f9e", -0.45, [-0.75, -0.25]),
    camp("EL", "Écologie du large", "#5f9440", -0.55, [-0.45, -0.60]),
    camp("UT", "Union des terroirs", "#7a6a53", -0.70, [0.50, 0.55]),
    camp("CI", "Cap insulaire", "#a8471c", -0.05, [0.55, 0.50]),
    camp("LP", "Liste des ports", "#3f5f9c", -1.60, [0.0, -0.10]),
    camp("VN", "Voix nouvelles", "#c25b8a", -1.75, [-0.10, 0.0]),
];

/// Spread of a place's own leaning and of its taste for each list, in logits, beside what it shares with others.
const OWN_LEANING: f64 = 0.22;
const OWN_TASTE: f64 = 0.09;
/// Spread of a city's, and of a region's, swing at one election, in logits.
const CITY_SWING: f64 = 0.10;
const REGION_SWING: f64 = 0.12;
/// Votes cast abroad: registered electors as a share of the country's.
const ABROAD: f64 = 0.006;
/// Fewest and most electors of a neighbourhood, as multiples of the mean: 200 and 1,500 where it is 667.
const ELECTORS_BOUNDS: [f64; 2] = [0.3, 2.25];

/// Electors of each neighbourhood: lognormal about the mean, bounded, adding to exactly `total`.
pub fn electors(count: usize, total: u32, rng: &mut impl Rng) -> Vec<u32> {
    let mut shares: Vec<f64> = (0..count).map(|_| (0.38 * normal(rng)).exp()).collect();
    let [least, most] = ELECTORS_BOUNDS;
    // Bounding moves the mean and centring moves the bounds; a few rounds leave neither off by anything that matters.
    for _ in 0..20 {
        let mean = shares.iter().sum::<f64>() / count as f64;
        for share in &mut shares {
            *share = (*share / mean).clamp(least, most);
        }
    }
    quartier_model::apportion(total, &shares)
}

/// The three past elections, and a canvass before the one to come.
pub fn elections(
    seed: u64,
    cut: &Subdivision,
    codes: &[String],
    electors: &[u32],
    rng: &mut impl Rng,
) -> (Vec<DemoElection>, Vec<DemoTally>) {
    let places = leanings(seed, cut, rng);
    let first = Day {
        id: "pres2022t1",
        label: "Présidentielle 2022, 1er tour",
        date: "2022-04-03",
        favourable: &["AR", "EL"],
        opposed: &["CI", "UT"],
        turnout: 1.12,
        spoilt: [0.012, 0.007],
        register: 0.985,
    };
    let second = Day {
        id: "pres2022t2",
        label: "Présidentielle 2022, 2d tour",
        date: "2022-04-17",
        favourable: &["AR"],
        opposed: &["CI"],
        turnout: 0.98,
        spoilt: [0.058, 0.021],
        ..first
    };
    let european = Day {
        id: "euro2024",
        label: "Européennes 2024",
        date: "2024-06-09",
        favourable: &["AR", "EL"],
        opposed: &["CI", "UT"],
        turnout: 0.12,
        spoilt: [0.014, 0.012],
        register: 0.995,
    };
    let mut elections = vec![
        election(&first, &FIRST_ROUND, cut, codes, electors, &places, rng),
        election(&second, &SECOND_ROUND, cut, codes, electors, &places, rng),
        election(&european, &EUROPEAN, cut, codes, electors, &places, rng),
    ];
    let rows = &mut elections[2].rows;
    // Two places as real files have them: an urn that was annulled, and a station where nobody came.
    let (annulled, boycott) = (rows.len() / 3, rows.len() / 2);
    let voters = rows[annulled].voters;
    let lists = rows[annulled].votes.len();
    rows[annulled] = DemoRow { valid: 0, blank: 0, null: voters, votes: vec![0; lists], ..rows[annulled].clone() };
    rows[boycott] = DemoRow { voters: 0, valid: 0, blank: 0, null: 0, votes: vec![0; lists], ..rows[boycott].clone() };
    let coming = Day { id: "coming", label: "", date: "2027-04-11", turnout: 0.95, ..european };
    let coming = election(&coming, &EUROPEAN, cut, codes, electors, &places, rng);
    let canvass = canvass(&coming, rng);
    (elections, canvass)
}

/// Regions whose doors are knocked at, of eight.
const REGIONS_VISITED: usize = 5;
/// One neighbourhood in so many of them is visited.
const VISITED_IN: u32 = 7;
/// Fewest and most answers of a visited neighbourhood.
const ANSWERS: std::ops::Range<i32> = 15..70;
/// How willingly abstainers, undecided, favourable and opposed open the door: supporters more than anyone.
const WILLING: [f64; 4] = [0.6, 0.9, 1.0, 0.85];

/// Answers to a canvass before an election that nobody has seen yet: other lists, blank and null count as undecided.
fn canvass(coming: &DemoElection, rng: &mut impl Rng) -> Vec<DemoTally> {
    let votes_of = |row: &DemoRow, ids: &[&str]| -> u32 {
        coming.lists.iter().zip(&row.votes).filter(|(list, _)| ids.contains(&list.id)).map(|(_, votes)| *votes).sum()
    };
    let mut tallies = Vec::new();
    for row in &coming.rows {
        let Some(code) = row.code.as_ref() else { continue };
        let region: usize = code[..2].parse().unwrap_or(usize::MAX);
        if region > REGIONS_VISITED || rng.random_range(0..VISITED_IN) != 0 {
            continue;
        }
        let (favourable, opposed) = (votes_of(row, &coming.favourable), votes_of(row, &coming.opposed));
        let groups = [row.registered - row.voters, row.voters - favourable - opposed, favourable, opposed];
        let willing: Vec<f64> = groups.iter().zip(WILLING).map(|(count, rate)| f64::from(*count) * rate).collect();
        let whole: f64 = willing.iter().sum();
        let mut answers = [0; 4];
        for _ in 0..rng.random_range(ANSWERS) {
            let mut at = rng.random::<f64>() * whole;
            let group = willing.iter().position(|weight| {
                at -= weight;
                at < 0.0
            });
            answers[group.unwrap_or(3)] += 1;
        }
        tallies.push(DemoTally { code: code.clone(), answers });
    }
    tallies
}

/// One poll, after every election, so that an estimate has something newer than the past to say.
pub fn polls() -> Vec<DemoPoll> {
    vec![DemoPoll {
        date: "2026-09-18",
        area: "all",
        turnout: 0.70,
        undecided: 0.17,
        favourable: 0.44,
        opposed: 0.39,
        of: "voters",
        n: 1_204,
        se: 0.035,
    }]
}

/// What does not change between elections: the left-to-right and town-to-country leanings, and readiness to vote.
struct Place {
    leaning: [f64; 2],
    readiness: f64,
}

fn leanings(seed: u64, cut: &Subdivision, rng: &mut impl Rng) -> Vec<Place> {
    let mut sizes = vec![0.0_f64; cut.city_centres.len()];
    for city in &cut.city_of {
        sizes[*city as usize] += 1.0;
    }
    cut.middles
        .iter()
        .zip(&cut.city_of)
        .map(|(middle, city)| {
            let reach = 1.0 + sizes[*city as usize].sqrt();
            let away = distance2(*middle, cut.city_centres[*city as usize]).sqrt() / reach;
            // 1 in the middle of the capital, -1 far out in the country.
            let town = 1.6 * (-away).exp() * (sizes[*city as usize].ln() / 5.5).min(1.0) - 0.6;
            let side = 0.9 * noise(seed ^ 0x11, *middle, 80.0, 3) + 0.5 * noise(seed ^ 0x22, *middle, 5.0, 2);
            let country = -0.9 * town + 0.45 * noise(seed ^ 0x33, *middle, 60.0, 2);
            let hardship = noise(seed ^ 0x44, *middle, 3.5, 2);
            Place {
                leaning: [side + OWN_LEANING * normal(rng), country + OWN_LEANING * normal(rng)],
                readiness: 0.22 * side - 0.28 * hardship - 0.18 * town + 0.12 * normal(rng),
            }
        })
        .collect()
}

fn election(
    day: &Day,
    camps: &[Camp],
    cut: &Subdivision,
    codes: &[String],
    electors: &[u32],
    places: &[Place],
    rng: &mut impl Rng,
) -> DemoElection {
    let mut swings = |count: usize, spread: f64| -> Vec<Vec<f64>> {
        (0..count).map(|_| (0..=camps.len()).map(|_| spread * normal(rng)).collect()).collect()
    };
    let regions = swings(super::subdivide::REGIONS, REGION_SWING);
    let cities = swings(cut.region_of.len(), CITY_SWING);
    let mut rows: Vec<DemoRow> = places
        .iter()
        .enumerate()
        .map(|(at, place)| {
            let city = cut.city_of[at] as usize;
            let region = cut.region_of[city] as usize;
            let tastes: Vec<f64> = camps
                .iter()
                .enumerate()
                .map(|(camp, Camp { size, pulls, .. })| {
                    let lean = pulls[0] * place.leaning[0] + pulls[1] * place.leaning[1];
                    size + lean + regions[region][camp] + cities[city][camp] + OWN_TASTE * normal(rng)
                })
                .collect();
            let swing = regions[region][camps.len()] + cities[city][camps.len()];
            let registered = (f64::from(electors[at]) * (day.register + 0.012 * normal(rng))).round().max(1.0) as u32;
            let odds = day.turnout + place.readiness + swing + 0.08 * normal(rng);
            count(Some(codes[at].clone()), registered, odds, day.spoilt, &tastes, rng)
        })
        .collect();
    rows.sort_by(|a, b| a.code.cmp(&b.code));
    let abroad = (electors.iter().map(|count| f64::from(*count)).sum::<f64>() * ABROAD).round() as u32;
    let tastes: Vec<f64> = camps.iter().map(|camp| camp.size - 0.4 * camp.pulls[0]).collect();
    rows.push(count(None, abroad, day.turnout - 1.1, day.spoilt, &tastes, rng));
    DemoElection {
        id: day.id,
        label: day.label,
        date: day.date,
        lists: camps.iter().map(|camp| camp.list).collect(),
        favourable: day.favourable.to_vec(),
        opposed: day.opposed.to_vec(),
        rows,
    }
}

/// Whole votes of one place from odds of voting and tastes, each with the chance of a count of its size.
fn count(
    code: Option<String>,
    registered: u32,
    log_odds: f64,
    spoilt: [f64; 2],
    tastes: &[f64],
    rng: &mut impl Rng,
) -> DemoRow {
    let voters = binomial(registered, 1.0 / (1.0 + (-log_odds).exp()), rng);
    let blank = binomial(voters, spoilt[0], rng);
    let null = binomial(voters - blank, spoilt[1], rng);
    let valid = voters - blank - null;
    let mut left = valid;
    let mut weight: f64 = tastes.iter().map(|taste| taste.exp()).sum();
    let mut votes = Vec::with_capacity(tastes.len());
    for (at, taste) in tastes.iter().enumerate() {
        // A multinomial is a chain of binomials; the last list takes what is left.
        let share = if at + 1 == tastes.len() { 1.0 } else { (taste.exp() / weight).min(1.0) };
        let got = binomial(left, share, rng);
        votes.push(got);
        left -= got;
        weight -= taste.exp();
    }
    DemoRow { code, registered, voters, valid, blank, null, votes }
}

/// About binomial: a normal number of the same mean and variance, rounded and kept in range. Invented votes need the
/// right noise, not an exact law.
fn binomial(trials: u32, chance: f64, rng: &mut impl Rng) -> u32 {
    if chance >= 1.0 {
        return trials;
    }
    let mean = f64::from(trials) * chance;
    let drawn = mean + (mean * (1.0 - chance)).sqrt() * normal(rng);
    (drawn.round().max(0.0) as u32).min(trials)
}

/// A standard normal number (Box and Muller 1958).
fn normal(rng: &mut impl Rng) -> f64 {
    let (u, v): (f64, f64) = (rng.random(), rng.random());
    (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}
