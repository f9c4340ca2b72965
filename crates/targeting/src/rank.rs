//! The ranking.

use crate::preset::{Effects, Mixture};
use crate::work::{conversation_value, doors_per_hour};
use crate::{ELECTORS_PER_DOOR, KAPPA};
use quartier_model::{DRAW_ONE, DRAWS, Draw, Electors, percentile_type7};
use rand::seq::SliceRandom;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;

/// The areas to rank, and the level they are measured against. Slices are in row order of the level.
#[derive(Debug, Clone)]
pub struct Ground<'a> {
    /// Per row, the key `level:code`: addresses the area's random numbers.
    pub keys: &'a [String],
    /// Per row, electors; an area whose number is unknown or 0 has no doors and is not ranked.
    pub electors: &'a [Electors],
    /// Row-major draws of the level, 200 a row.
    pub draws: &'a [Draw],
    /// Per draw, the campaign-wide offset (logit) between how abstainers and voters lean.
    pub lean: &'a [f64],
    /// Per row, electors a km²; NaN = unknown, empty = all unknown.
    pub density_per_km2: &'a [f64],
    /// Rows to rank; `None` = the whole level. Campaign means are over the whole level in either case.
    pub within: Option<&'a [u32]>,
    /// Share of doors that open: a range.
    pub kappa: (f64, f64),
    /// Electors a door, above 0.
    pub electors_per_door: f64,
    /// Seed of delta and kappa.
    pub seed: u64,
}

impl<'a> Ground<'a> {
    /// The whole level at the default pace.
    pub fn new(keys: &'a [String], electors: &'a [Electors], draws: &'a [Draw], lean: &'a [f64], seed: u64) -> Self {
        Self {
            keys,
            electors,
            draws,
            lean,
            density_per_km2: &[],
            within: None,
            kappa: KAPPA,
            electors_per_door: ELECTORS_PER_DOOR,
            seed,
        }
    }
}

/// Why nothing can be ranked.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TargetingError {
    /// A list that does not fit the others.
    #[error("{what} has {found} entries, expected {expected}")]
    Length {
        /// The list.
        what: &'static str,
        /// As given.
        found: usize,
        /// As needed.
        expected: usize,
    },
    /// A number outside its range.
    #[error("{what} is {found}, expected {expected}")]
    Range {
        /// The quantity.
        what: &'static str,
        /// As given.
        found: String,
        /// The range.
        expected: &'static str,
    },
}

/// A mean with its central 90 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize)]
pub struct Figure {
    /// Mean over the draws.
    pub value: f64,
    /// 5th percentile.
    pub low: f64,
    /// 95th percentile.
    pub high: f64,
}

impl Figure {
    fn of(draws: &[f64]) -> Self {
        let mut sorted = draws.to_vec();
        sorted.sort_by(f64::total_cmp);
        let value = draws.iter().sum::<f64>() / draws.len().max(1) as f64;
        Self { value, low: percentile_type7(&sorted, 0.05), high: percentile_type7(&sorted, 0.95) }
    }
}

/// What "relative to doors at random" compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RelativeOf {
    /// Net votes per hour at the mean effects.
    NetVotes,
    /// The potentials: the mean effects are zero, or doors at random are worth nothing.
    Potentials,
}

/// One area of the ranking.
#[derive(Debug, Clone, PartialEq)]
pub struct Priority {
    /// Row in the level.
    pub row: u32,
    /// Place, from 1; areas that are tied share the first's.
    pub rank: u32,
    /// Whether it cannot be told from the area before: P(the one before is better) < .8.
    pub tied: bool,
    /// Doors.
    pub doors: f64,
    /// Hours for one pass.
    pub hours: f64,
    /// Value per hour relative to doors at random in the same ground.
    pub relative: Figure,
    /// Conversations expected: doors that open in one pass.
    pub conversations: f64,
    /// Net votes of one pass, the uncertainty of the effects included.
    pub net_votes: Figure,
    /// Net votes of a hundred hours there.
    pub net_votes_per_100h: Figure,
    /// Probability to be among the best k.
    pub probability_in_top_k: f64,
}

/// A ranking.
#[derive(Debug, Clone, PartialEq)]
pub struct Priorities {
    /// Best first; ties in the order of keys.
    pub areas: Vec<Priority>,
    /// What `relative` compares.
    pub relative_of: RelativeOf,
    /// Net votes per door taken at random, the uncertainty of the effects included.
    pub per_door: Figure,
    /// Whether zero is inside the interval of `per_door`.
    pub zero_inside: bool,
    /// One sentence on that, French then English, with its source.
    pub sentence: [String; 2],
}

/// P(better) below which two neighbours in the ranking are a tie (method, section 6).
const TOLD_APART: f64 = 0.8;

fn check(ground: &Ground<'_>) -> Result<(), TargetingError> {
    let rows = ground.keys.len();
    let length = |what, found, expected| {
        if found == expected { Ok(()) } else { Err(TargetingError::Length { what, found, expected }) }
    };
    length("electors", ground.electors.len(), rows)?;
    length("draws", ground.draws.len(), rows * DRAWS)?;
    length("lean", ground.lean.len(), DRAWS)?;
    if !ground.density_per_km2.is_empty() {
        length("density", ground.density_per_km2.len(), rows)?;
    }
    let range = |what, found: String, expected| Err(TargetingError::Range { what, found, expected });
    let (low, high) = ground.kappa;
    if !(low > 0.0 && low <= high && high <= 1.0) {
        return range("kappa", format!("{low}..{high}"), "a range above 0 and up to 1");
    }
    if !(ground.electors_per_door > 0.0 && ground.electors_per_door.is_finite()) {
        return range("electors per door", ground.electors_per_door.to_string(), "a number above 0");
    }
    if let Some(row) = ground.within.and_then(|within| within.iter().find(|row| **row as usize >= rows)) {
        return range("a row to rank", row.to_string(), "a row of the level");
    }
    Ok(())
}

/// FNV-1a of 64 bits: the address of an area's key.
fn key_hash(key: &str) -> u64 {
    key.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Increment of Weyl's sequence in SplitMix64 (Steele, Lea, Flood 2014).
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// Finaliser of SplitMix64.
fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// A uniform number in [0, 1) as a pure function of an address and a draw number: no order of areas can change it.
fn uniform(address: u64, draw: usize) -> f64 {
    let bits = mix(mix(address).wrapping_add((draw as u64 + 1).wrapping_mul(GOLDEN)));
    (bits >> 11) as f64 / (1u64 << 53) as f64
}

/// The campaign's means in each draw: of `u' + w o'` over voters and of `T (1 - T)` over electors.
fn campaign_means(ground: &Ground<'_>) -> Vec<(f64, f64)> {
    let mut sums = vec![[0.0f64; 4]; DRAWS];
    for (row, electors) in ground.electors.iter().enumerate() {
        let n = f64::from(electors.known().unwrap_or(0));
        for (sum, draw) in sums.iter_mut().zip(&ground.draws[row * DRAWS..][..DRAWS]) {
            let share = |part: u16| f64::from(part) / f64::from(DRAW_ONE);
            let turnout = 1.0 - share(draw.abstainers);
            sum[0] += n * (share(draw.undecided) + quartier_model::W_OPPOSED * share(draw.opposed()));
            sum[1] += n * turnout;
            sum[2] += n * turnout * (1.0 - turnout);
            sum[3] += n;
        }
    }
    let ratio = |a: f64, b: f64| if b > 0.0 { a / b } else { 0.0 };
    sums.iter().map(|sum| (ratio(sum[0], sum[1]), ratio(sum[2], sum[3]))).collect()
}

/// Draws of the two effects, as shares. Each law of a mixture has its even part of the draws, in antithetic pairs
/// scaled to unit variance, so that the mean and sd over the draws are the stated ones.
fn effect_draws(effects: &Effects, seed: u64) -> Vec<(f64, f64)> {
    let mut rng = ChaCha12Rng::seed_from_u64(seed);
    let mut draw = |mixture: &Mixture| {
        let laws = mixture.0.len().max(1);
        let mut values = Vec::with_capacity(DRAWS);
        for law in 0..laws {
            let count = (DRAWS - law).div_ceil(laws);
            let mut z: Vec<f64> = (0..count.div_ceil(2)).map(|_| normal(&mut rng)).collect();
            let scale = (z.iter().map(|z| z * z).sum::<f64>() / z.len() as f64).sqrt();
            z.iter_mut().for_each(|z| *z /= scale);
            let twins: Vec<f64> = z.iter().map(|z| -z).collect();
            let chooses = (law as f64 + 0.5) / laws as f64;
            values.extend(z.into_iter().chain(twins).take(count).map(|z| mixture.at(chooses, z) / 100.0));
        }
        values.shuffle(&mut rng);
        values
    };
    let (persuasion, mobilisation) = (draw(&effects.delta_p), draw(&effects.delta_m));
    persuasion.into_iter().zip(mobilisation).collect()
}

/// A standard normal number (Box and Muller 1958).
fn normal(rng: &mut impl Rng) -> f64 {
    let (radius, angle) = (1.0 - rng.random::<f64>(), rng.random::<f64>());
    (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
}

/// One ranked area's ingredients.
struct Work {
    row: u32,
    doors: f64,
    hours: f64,
    conversations: f64,
    /// Per draw, what an hour is worth: net votes at the mean effects, or potentials.
    hourly: Vec<f64>,
    /// Per draw, net votes of one pass.
    votes: Vec<f64>,
}

/// What all areas share, draw by draw.
struct Common {
    odds: Vec<f64>,
    means: Vec<(f64, f64)>,
    deltas: Vec<(f64, f64)>,
    /// Mean effects, as shares.
    mean_effects: (f64, f64),
}

/// Ranks the areas of a ground by the value of an hour of doors, one pass.
///
/// `k`: how many are wanted, for the probability to be among the best. `source`: named in the sentence.
///
/// # Errors
/// When a list does not fit, or kappa or electors per door is out of range.
pub fn rank(ground: &Ground<'_>, effects: &Effects, source: &str, k: usize) -> Result<Priorities, TargetingError> {
    check(ground)?;
    let mean_effects = (effects.delta_p.mean() / 100.0, effects.delta_m.mean() / 100.0);
    let common = Common {
        odds: ground.lean.iter().map(|delta| delta.exp()).collect(),
        means: campaign_means(ground),
        deltas: effect_draws(effects, ground.seed),
        mean_effects,
    };
    let none = mean_effects == (0.0, 0.0);
    let mut relative_of = if none { RelativeOf::Potentials } else { RelativeOf::NetVotes };
    let mut works = works(ground, &common, relative_of);
    let mut random = at_random(&works);
    if relative_of == RelativeOf::NetVotes && random.iter().any(|value| *value <= 0.0) {
        // Doors at random are worth nothing in some draw: a ratio to them would mean nothing either.
        relative_of = RelativeOf::Potentials;
        works = self::works(ground, &common, relative_of);
        random = at_random(&works);
    }
    let per_door = per_door(&works);
    let top = in_top(&works, k);
    let mut areas: Vec<(usize, Priority)> = works
        .iter()
        .enumerate()
        .map(|(at, work)| (at, Priority { probability_in_top_k: top[at], ..priority(work, &random) }))
        .collect();
    areas.sort_by(|a, b| b.1.relative.value.total_cmp(&a.1.relative.value));
    let zero_inside = per_door.low <= 0.0 && per_door.high >= 0.0;
    let sentence = sentence(zero_inside, source);
    Ok(Priorities { areas: number(areas, &works), relative_of, per_door, zero_inside, sentence })
}

/// The figures of one area; its place comes later.
fn priority(work: &Work, random: &[f64]) -> Priority {
    let relative: Vec<f64> = work
        .hourly
        .iter()
        .zip(random)
        .map(|(value, random)| if *random > 0.0 { value / random } else { 1.0 })
        .collect();
    let net_votes = Figure::of(&work.votes);
    let scale = |value: f64| 100.0 * value / work.hours;
    Priority {
        row: work.row,
        rank: 0,
        tied: false,
        doors: work.doors,
        hours: work.hours,
        relative: Figure::of(&relative),
        conversations: work.conversations,
        net_votes,
        net_votes_per_100h: Figure {
            value: scale(net_votes.value),
            low: scale(net_votes.low),
            high: scale(net_votes.high),
        },
        probability_in_top_k: 0.0,
    }
}

/// Per draw, what an hour is worth at doors taken at random: each door of the ground is as likely as any other.
fn at_random(works: &[Work]) -> Vec<f64> {
    let hours: f64 = works.iter().map(|work| work.hours).sum();
    let mut sums = vec![0.0; DRAWS];
    for work in works {
        sums.iter_mut().zip(&work.hourly).for_each(|(sum, value)| *sum += work.hours * value);
    }
    sums.iter().map(|sum| sum / hours).collect()
}

/// Net votes of a door taken at random.
fn per_door(works: &[Work]) -> Figure {
    let doors: f64 = works.iter().map(|work| work.doors).sum();
    if doors == 0.0 {
        return Figure::default();
    }
    let mut sums = vec![0.0; DRAWS];
    for work in works {
        sums.iter_mut().zip(&work.votes).for_each(|(sum, votes)| *sum += votes);
    }
    Figure::of(&sums.iter().map(|votes| votes / doors).collect::<Vec<_>>())
}

/// The areas that have doors, in the order of their keys, so that rows in another order give the same sums.
fn works(ground: &Ground<'_>, common: &Common, of: RelativeOf) -> Vec<Work> {
    let mut rows: Vec<u32> = match ground.within {
        Some(rows) => rows.to_vec(),
        None => (0..ground.keys.len() as u32).collect(),
    };
    rows.sort_by(|a, b| ground.keys[*a as usize].cmp(&ground.keys[*b as usize]));
    rows.dedup();
    rows.into_iter().filter_map(|row| work(ground, common, of, row)).collect()
}

fn work(ground: &Ground<'_>, common: &Common, of: RelativeOf, row: u32) -> Option<Work> {
    let at = row as usize;
    let electors = ground.electors[at].known().filter(|electors| *electors > 0)?;
    let (low, high) = ground.kappa;
    let address = mix(ground.seed.wrapping_add(GOLDEN)) ^ key_hash(&ground.keys[at]);
    let doors = f64::from(electors) / ground.electors_per_door;
    let per_hour = doors_per_hour(ground.density_per_km2.get(at).copied().filter(|density| !density.is_nan()));
    let (mean_p, mean_m) = common.mean_effects;
    let (mut hourly, mut votes) = (Vec::with_capacity(DRAWS), Vec::with_capacity(DRAWS));
    let mut open = 0.0;
    for (d, draw) in ground.draws[at * DRAWS..][..DRAWS].iter().enumerate() {
        let kappa = low + (high - low) * uniform(address, d);
        let (reach, churn) = common.means[d];
        let terms = conversation_value(*draw, common.odds[d], reach, churn);
        let value = match of {
            RelativeOf::NetVotes => mean_p * terms.persuasion + mean_m * terms.mobilisation,
            RelativeOf::Potentials => terms.potential,
        };
        let contacted = ground.electors_per_door * kappa;
        let (p, m) = common.deltas[d];
        open += kappa / DRAWS as f64;
        hourly.push(per_hour * contacted * value);
        votes.push(doors * contacted * (p * terms.persuasion + m * terms.mobilisation));
    }
    Some(Work { row, doors, hours: doors / per_hour, conversations: doors * open, hourly, votes })
}

/// Draws turned together in [`in_top`]: one cache line of f64.
const BLOCK: usize = 8;

/// Per area, the share of draws in which it is among the best k; a tie at the edge is shared evenly.
fn in_top(works: &[Work], k: usize) -> Vec<f64> {
    if k == 0 || works.is_empty() {
        return vec![0.0; works.len()];
    }
    if k >= works.len() {
        return vec![1.0; works.len()];
    }
    let mut hits = vec![0.0; works.len()];
    for first in (0..DRAWS).step_by(BLOCK) {
        // A block of draws is turned at once: column by column every number would miss the cache.
        let mut columns = vec![Vec::with_capacity(works.len()); BLOCK.min(DRAWS - first)];
        for work in works {
            columns.iter_mut().zip(&work.hourly[first..]).for_each(|(column, value)| column.push(*value));
        }
        for values in columns {
            let mut sorted: Vec<f64> = values.clone();
            let (_, edge, _) = sorted.select_nth_unstable_by(k - 1, |a, b| b.total_cmp(a));
            let edge = *edge;
            let better = values.iter().filter(|value| **value > edge).count();
            let equal = values.iter().filter(|value| **value == edge).count();
            let part = (k - better) as f64 / equal as f64;
            for (hit, value) in hits.iter_mut().zip(&values) {
                *hit += if *value > edge {
                    1.0
                } else if *value == edge {
                    part
                } else {
                    0.0
                };
            }
        }
    }
    hits.iter().map(|hit| hit / DRAWS as f64).collect()
}

/// Numbers the sorted areas: a tie keeps the place of the area before.
fn number(areas: Vec<(usize, Priority)>, works: &[Work]) -> Vec<Priority> {
    let mut out: Vec<Priority> = Vec::with_capacity(areas.len());
    let mut before: Option<usize> = None;
    for (place, (at, mut priority)) in areas.into_iter().enumerate() {
        priority.tied = before.is_some_and(|before| {
            let wins = works[before].hourly.iter().zip(&works[at].hourly).filter(|(a, b)| a > b).count();
            (wins as f64) < TOLD_APART * DRAWS as f64
        });
        priority.rank = match out.last() {
            Some(last) if priority.tied => last.rank,
            _ => place as u32 + 1,
        };
        before = Some(at);
        out.push(priority);
    }
    out
}

fn sentence(zero_inside: bool, source: &str) -> [String; 2] {
    if zero_inside {
        [
            format!("Avec ces effets, il se peut que ces portes ne gagnent aucune voix ({source})."),
            format!("At these effect sizes, these doors may win no vote at all ({source})."),
        ]
    } else {
        [
            format!("Avec ces effets, l’intervalle à 90 % des voix ne contient pas zéro ({source})."),
            format!("At these effect sizes, zero is outside the 90 % interval of votes ({source})."),
        ]
    }
}
