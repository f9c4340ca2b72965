//! The ranking.

use crate::preset::{Effects, Mixture};
use crate::work::{Terms, conversation_value, doors_per_hour};
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
    /// Per row, electors a km², where known; empty = unknown.
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
    per_hour: f64,
    kappa: Vec<f64>,
    terms: Vec<Terms>,
}

/// Ranks the areas of a ground by the value of an hour of doors, one pass.
///
/// `k`: how many are wanted, for the probability to be among the best. `source`: named in the sentence.
///
/// # Errors
/// When a list does not fit, or kappa or electors per door is out of range.
pub fn rank(ground: &Ground<'_>, effects: &Effects, source: &str, k: usize) -> Result<Priorities, TargetingError> {
    check(ground)?;
    let means = campaign_means(ground);
    let mut works = works(ground, &means);
    works.sort_by(|a, b| ground.keys[a.row as usize].cmp(&ground.keys[b.row as usize]));
    let (mean_p, mean_m) = (effects.delta_p.mean() / 100.0, effects.delta_m.mean() / 100.0);
    let h = ground.electors_per_door;
    let hourly = |potentials: bool| -> Vec<Vec<f64>> {
        works
            .iter()
            .map(|work| {
                let value = |terms: &Terms| {
                    if potentials { terms.potential } else { mean_p * terms.persuasion + mean_m * terms.mobilisation }
                };
                work.terms
                    .iter()
                    .zip(&work.kappa)
                    .map(|(terms, kappa)| work.per_hour * h * kappa * value(terms))
                    .collect()
            })
            .collect()
    };
    // Doors at random: each door is as likely as any other.
    let at_random = |values: &[Vec<f64>]| -> Vec<f64> {
        let hours: f64 = works.iter().map(|work| work.doors / work.per_hour).sum();
        (0..DRAWS)
            .map(|d| works.iter().zip(values).map(|(w, v)| w.doors / w.per_hour * v[d]).sum::<f64>() / hours)
            .collect()
    };
    let mut relative_of = if mean_p == 0.0 && mean_m == 0.0 { RelativeOf::Potentials } else { RelativeOf::NetVotes };
    let mut values = hourly(relative_of == RelativeOf::Potentials);
    let mut random = at_random(&values);
    if relative_of == RelativeOf::NetVotes && random.iter().any(|value| *value <= 0.0) {
        relative_of = RelativeOf::Potentials;
        values = hourly(true);
        random = at_random(&values);
    }
    let deltas = effect_draws(effects, ground.seed);
    let net = |work: &Work| -> Vec<f64> {
        work.terms
            .iter()
            .zip(&work.kappa)
            .zip(&deltas)
            .map(|((terms, kappa), (p, m))| work.doors * h * kappa * (p * terms.persuasion + m * terms.mobilisation))
            .collect()
    };
    let top = in_top(&values, k);
    let mut total = vec![0.0; DRAWS];
    let mut areas: Vec<(usize, Priority)> = works
        .iter()
        .enumerate()
        .map(|(at, work)| {
            let votes = net(work);
            total.iter_mut().zip(&votes).for_each(|(total, votes)| *total += votes);
            let hours = work.doors / work.per_hour;
            let relative: Vec<f64> = values[at]
                .iter()
                .zip(&random)
                .map(|(value, random)| if *random > 0.0 { value / random } else { 1.0 })
                .collect();
            let net_votes = Figure::of(&votes);
            let scale = |value: f64| 100.0 * value / hours;
            let per_100h =
                Figure { value: scale(net_votes.value), low: scale(net_votes.low), high: scale(net_votes.high) };
            let priority = Priority {
                row: work.row,
                rank: 0,
                tied: false,
                doors: work.doors,
                hours,
                relative: Figure::of(&relative),
                conversations: work.doors * work.kappa.iter().sum::<f64>() / DRAWS as f64,
                net_votes,
                net_votes_per_100h: per_100h,
                probability_in_top_k: top[at],
            };
            (at, priority)
        })
        .collect();
    areas.sort_by(|a, b| b.1.relative.value.total_cmp(&a.1.relative.value));
    let areas = number(areas, &values);
    let doors: f64 = works.iter().map(|work| work.doors).sum();
    let per_door = if doors > 0.0 {
        Figure::of(&total.iter().map(|votes| votes / doors).collect::<Vec<_>>())
    } else {
        Figure::default()
    };
    let zero_inside = per_door.low <= 0.0 && per_door.high >= 0.0;
    Ok(Priorities { areas, relative_of, per_door, zero_inside, sentence: sentence(zero_inside, source) })
}

fn works(ground: &Ground<'_>, means: &[(f64, f64)]) -> Vec<Work> {
    let odds: Vec<f64> = ground.lean.iter().map(|delta| delta.exp()).collect();
    let everything: Vec<u32>;
    let rows = match ground.within {
        Some(rows) => rows,
        None => {
            everything = (0..ground.keys.len() as u32).collect();
            &everything
        }
    };
    let (low, high) = ground.kappa;
    rows.iter()
        .filter_map(|row| {
            let at = *row as usize;
            let electors = ground.electors[at].known().filter(|electors| *electors > 0)?;
            let mut rng = ChaCha12Rng::seed_from_u64(ground.seed ^ key_hash(&ground.keys[at]));
            let terms = ground.draws[at * DRAWS..][..DRAWS]
                .iter()
                .zip(&odds)
                .zip(means)
                .map(|((draw, odds), (reach, churn))| conversation_value(*draw, *odds, *reach, *churn));
            Some(Work {
                row: *row,
                doors: f64::from(electors) / ground.electors_per_door,
                per_hour: doors_per_hour(ground.density_per_km2.get(at).copied()),
                kappa: (0..DRAWS).map(|_| low + (high - low) * rng.random::<f64>()).collect(),
                terms: terms.collect(),
            })
        })
        .collect()
}

/// Per area, the share of draws in which it is among the best k; a tie at the edge is shared evenly.
fn in_top(values: &[Vec<f64>], k: usize) -> Vec<f64> {
    if k == 0 || values.is_empty() {
        return vec![0.0; values.len()];
    }
    if k >= values.len() {
        return vec![1.0; values.len()];
    }
    let mut hits = vec![0.0; values.len()];
    for draw in 0..DRAWS {
        let mut column: Vec<f64> = values.iter().map(|values| values[draw]).collect();
        let (_, edge, _) = column.select_nth_unstable_by(k - 1, |a, b| b.total_cmp(a));
        let edge = *edge;
        let better = values.iter().filter(|values| values[draw] > edge).count();
        let equal = values.iter().filter(|values| values[draw] == edge).count();
        for (hit, values) in hits.iter_mut().zip(values) {
            if values[draw] > edge {
                *hit += 1.0;
            } else if values[draw] == edge {
                *hit += (k - better) as f64 / equal as f64;
            }
        }
    }
    hits.iter().map(|hit| hit / DRAWS as f64).collect()
}

/// Numbers the sorted areas: a tie keeps the place of the area before.
fn number(areas: Vec<(usize, Priority)>, values: &[Vec<f64>]) -> Vec<Priority> {
    let mut out: Vec<Priority> = Vec::with_capacity(areas.len());
    let mut before: Option<usize> = None;
    for (place, (at, mut priority)) in areas.into_iter().enumerate() {
        priority.tied = before.is_some_and(|before| {
            let wins = values[before].iter().zip(&values[at]).filter(|(a, b)| a > b).count();
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
