//! Counts moved from one geography to another: areal interpolation.
//!
//! A *zone* of the old geography is cut by the *targets* of the new one. Its counts follow its people where it is known
//! where they live, else its ground. What is moved stays whole numbers, and so does the error that comes with it:
//!
//! - Zones and targets that touch, directly or through others, make one patch. In a patch the total of every kind of
//!   count stays exactly what it was, and no target is more than one off its share.
//! - Who votes, and for whom, differs from place to place, so that people are no perfect key. By how much is measured
//!   on the zones themselves: each is put together with the nearest one and told apart again by the same key, and the
//!   error is scaled such that it would have covered nine in ten of these pairs ([`Unevenness`]).
//!
//! Pure: weights and counts in, counts and standard errors out; the order of the input alone decides ties.

use quartier_model::{LEAST_PAIRS, apportion};
use rayon::prelude::*;
use rstar::RTree;
use rstar::primitives::GeomWithData;
use std::collections::{BTreeMap, BTreeSet};

/// Half of a central 90 % interval of the normal law, in standard errors.
pub const NINETY: f64 = 1.645;

/// The share of pairs that the error must cover.
const COVERED: f64 = 0.9;

/// Unevenness of people where it cannot be measured: that of votes a head over the precincts of Minnesota (votes of
/// 2016 among adults of 2010, `tests/tests/transfers.rs` prints it).
const ASSUMED_PEOPLE: f64 = 0.4;

/// Unevenness of ground where it cannot be measured, and of the people of one row of a census over its own ground: as
/// if any division of it were as likely as any other (variance 1/12 where a half is expected).
const ASSUMED_SURFACE: f64 = 1.0 / 3.0;

/// By what the counts of a zone are divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// Where its people live.
    People,
    /// Its ground.
    Surface,
}

/// Some people of a zone, or some of its ground.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Part {
    /// The target in which they are; `None`: in none.
    pub target: Option<u32>,
    /// The row of the evidence that counts them, whose people are alike.
    pub row: u32,
    /// How many, or how much: 0 or more.
    pub weight: f64,
}

/// An area of the old geography.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone {
    /// By what it is divided.
    pub key: Key,
    /// A place in it, longitude and latitude, by which its neighbours are found.
    pub at: [f64; 2],
    /// What is where. Without any weight, all of it is in no target.
    pub parts: Vec<Part>,
}

/// How far counts differ from what the key says, of each kind of count.
///
/// Of people: the relative standard deviation t of votes a head between rows. A zone of V votes whose row j has the
/// share q_j of its people, and a_j of these in the target, w in all, has there the variance
/// `V² t² sum q_j² (a_j - w)²`. Of surface: r in `V² r w (1 - w)`, at most 1. To both comes `V w (1 - w)`: even equal
/// people are told apart by chance.
#[derive(Debug, Clone, PartialEq)]
pub struct Unevenness {
    /// Of zones divided by people.
    pub people: Vec<f64>,
    /// Of zones divided by surface.
    pub surface: Vec<f64>,
    /// Pairs of zones on which either was measured; under twenty, a value is assumed.
    pub pairs: [usize; 2],
}

/// How the zones lie in the targets.
#[derive(Debug, Clone, PartialEq)]
pub struct Transfer {
    zones: Vec<Split>,
    targets: usize,
}

/// A zone, its weights divided by their sum.
#[derive(Debug, Clone, PartialEq)]
struct Split {
    key: Key,
    at: [f64; 2],
    size: f64,
    parts: Vec<Part>,
}

impl Split {
    fn of(zone: Zone, outside: u32) -> Self {
        let size: f64 = zone.parts.iter().map(|part| part.weight).sum();
        let mut merged: BTreeMap<(u32, u32), f64> = BTreeMap::new();
        for part in zone.parts.iter().filter(|part| part.weight > 0.0) {
            *merged.entry((part.row, part.target.unwrap_or(outside))).or_default() += part.weight / size;
        }
        if merged.is_empty() {
            merged.insert((0, outside), 1.0);
        }
        let part = |((row, target), weight)| Part { target: Some(target), row, weight };
        Self { key: zone.key, at: zone.at, size, parts: merged.into_iter().map(part).collect() }
    }

    /// Target and share, each target once.
    fn shares(&self) -> BTreeMap<u32, f64> {
        let mut shares = BTreeMap::new();
        for part in &self.parts {
            *shares.entry(part.target.unwrap_or_default()).or_default() += part.weight;
        }
        shares
    }

    /// Per row, its share of the zone: they add to 1.
    fn rows(&self) -> BTreeMap<u32, f64> {
        let mut rows = BTreeMap::new();
        for part in &self.parts {
            *rows.entry(part.row).or_default() += part.weight;
        }
        rows
    }

    /// Sum of the squared shares of the rows: 1 where one row is all.
    fn concentration(&self) -> f64 {
        self.rows().values().map(|share| share * share).sum()
    }
}

impl Transfer {
    /// Zones over so many targets.
    pub fn new(zones: Vec<Zone>, targets: usize) -> Self {
        let zones = zones.into_iter().enumerate().map(|(at, zone)| Split::of(zone, (targets + at) as u32)).collect();
        Self { zones, targets }
    }

    /// How many places counts can go to: the targets, then what lies outside of them, one place a zone.
    pub fn places(&self) -> usize {
        self.targets + self.zones.len()
    }

    /// The zone whose outside a place is; `None`: it is a target.
    pub fn outside(&self, place: usize) -> Option<usize> {
        place.checked_sub(self.targets)
    }

    /// Share of each place in a zone.
    pub fn shares(&self, zone: usize) -> BTreeMap<u32, f64> {
        self.zones[zone].shares()
    }

    /// Moves counts: one row a zone, one column a kind; every row as long, and a column's sum below 2^32, as that of
    /// counts that can be published. Gives one row a place, `None` where no zone is.
    pub fn moved(&self, counts: &[Vec<u64>]) -> Vec<Option<Vec<u64>>> {
        let columns = counts.first().map_or(0, Vec::len);
        let mut moved: Vec<Option<Vec<u64>>> = vec![None; self.places()];
        for patch in self.patches() {
            let mut exact: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
            let mut totals = vec![0_u64; columns];
            for zone in patch {
                for (place, share) in self.zones[zone].shares() {
                    let sums = exact.entry(place).or_insert_with(|| vec![0.0; columns]);
                    sums.iter_mut().zip(&counts[zone]).for_each(|(sum, count)| *sum += share * *count as f64);
                }
                totals.iter_mut().zip(&counts[zone]).for_each(|(total, count)| *total += count);
            }
            let mut whole: Vec<Vec<u64>> = vec![Vec::with_capacity(columns); exact.len()];
            for (column, total) in totals.into_iter().enumerate() {
                let shares: Vec<f64> = exact.values().map(|sums| sums[column]).collect();
                let total = u32::try_from(total).unwrap_or(u32::MAX);
                whole.iter_mut().zip(apportion(total, &shares)).for_each(|(own, count)| own.push(count.into()));
            }
            for (place, counts) in exact.keys().zip(whole) {
                moved[*place as usize] = Some(counts);
            }
        }
        moved
    }

    /// Zones that share a target, directly or through others, in order.
    fn patches(&self) -> Vec<Vec<usize>> {
        let mut head: Vec<usize> = (0..self.zones.len()).collect();
        fn root(head: &mut [usize], mut at: usize) -> usize {
            while head[at] != at {
                head[at] = head[head[at]];
                at = head[at];
            }
            at
        }
        let mut first: BTreeMap<u32, usize> = BTreeMap::new();
        for (zone, split) in self.zones.iter().enumerate() {
            for place in split.parts.iter().filter_map(|part| part.target) {
                let other = *first.entry(place).or_insert(zone);
                let (one, other) = (root(&mut head, zone), root(&mut head, other));
                head[one.max(other)] = one.min(other);
            }
        }
        let mut patches: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for zone in 0..self.zones.len() {
            patches.entry(root(&mut head, zone)).or_default().push(zone);
        }
        patches.into_values().collect()
    }

    /// Measures how far counts differ from their key, on each zone and the nearest one with the same key. A zone without
    /// counts (an empty row) teaches nothing.
    pub fn unevenness(&self, counts: &[Vec<u64>]) -> Unevenness {
        let columns = counts.iter().map(Vec::len).max().unwrap_or(0);
        let [people, surface] = [Key::People, Key::Surface].map(|key| self.pairs(key, counts));
        let of = |pairs: &[(usize, usize)], assumed: f64, most: f64, spread: &dyn Fn(usize, usize, f64) -> f64| {
            let column = |column: usize| {
                let told = |(one, other): &(usize, usize)| self.needed((*one, *other), column, counts, spread);
                learnt(pairs.iter().filter_map(told).collect()).unwrap_or(assumed).min(most)
            };
            (0..columns).map(column).collect::<Vec<f64>>()
        };
        let rows = |one: usize, other: usize, w: f64| {
            let concentration = self.zones[one].concentration() + self.zones[other].concentration();
            w * w * (1.0 - w) * (1.0 - w) * concentration
        };
        let squared = of(&people, ASSUMED_PEOPLE * ASSUMED_PEOPLE, f64::INFINITY, &rows);
        Unevenness {
            people: squared.into_iter().map(f64::sqrt).collect(),
            surface: of(&surface, ASSUMED_SURFACE, 1.0, &|_, _, w| w * (1.0 - w)),
            pairs: [people.len(), surface.len()],
        }
    }

    /// The unevenness, squared where it is of people, under which 90 % of the law reach what a pair was told apart by.
    fn needed(
        &self,
        (one, other): (usize, usize),
        column: usize,
        counts: &[Vec<u64>],
        spread: &dyn Fn(usize, usize, f64) -> f64,
    ) -> Option<f64> {
        let w = self.zones[one].size / (self.zones[one].size + self.zones[other].size);
        let (own, both) = (counts[one][column] as f64, (counts[one][column] + counts[other][column]) as f64);
        let scale = both * both * spread(one, other, w);
        let missed = (own - both * w) / NINETY;
        (scale > 0.0).then(|| ((missed * missed - both * w * (1.0 - w)) / scale).max(0.0))
    }

    /// Each zone with a key and counts and the nearest other one, each pair once.
    fn pairs(&self, key: Key, counts: &[Vec<u64>]) -> Vec<(usize, usize)> {
        let own = |(at, zone): &(usize, &Split)| zone.key == key && zone.size > 0.0 && !counts[*at].is_empty();
        let plane = |[lon, lat]: [f64; 2]| [lon * lat.to_radians().cos(), lat];
        let known = self.zones.iter().enumerate().filter(own);
        let tree = RTree::bulk_load(known.clone().map(|(at, zone)| GeomWithData::new(plane(zone.at), at)).collect());
        let nearest = |(at, zone): (usize, &Split)| {
            let other =
                tree.nearest_neighbor_iter(&plane(zone.at)).map(|other| other.data).find(|other| *other != at)?;
            Some((at.min(other), at.max(other)))
        };
        known.filter_map(nearest).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Standard errors of what was moved to groups of targets, in people, one a column; a group that no zone is cut by
    /// is not there. `group` names the group of a place, `None` where it is of no interest.
    pub fn errors(
        &self,
        counts: &[Vec<u64>],
        unevenness: &Unevenness,
        group: impl Fn(usize) -> Option<u32>,
    ) -> BTreeMap<u32, Vec<f64>> {
        let mut variances: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
        for (zone, counts) in self.zones.iter().zip(counts) {
            for (group, cut) in zone.cuts(&group) {
                let sums = variances.entry(group).or_insert_with(|| vec![0.0; counts.len()]);
                for (column, count) in counts.iter().enumerate() {
                    sums[column] += cut.variance(*count as f64, unevenness, column);
                }
            }
        }
        let root = |sums: Vec<f64>| sums.into_iter().map(f64::sqrt).collect();
        variances.into_iter().map(|(group, sums)| (group, root(sums))).collect()
    }

    /// How groups cut zones: group, zone, and how, by zone. What is cut depends on no count.
    pub fn cuts(&self, group: impl Fn(usize) -> Option<u32> + Sync) -> Vec<(u32, u32, ZoneCut)> {
        let of = |(zone, split): (usize, &Split)| {
            split.cuts(&group).into_iter().map(|(group, cut)| (group, zone as u32, cut)).collect::<Vec<_>>()
        };
        self.zones.par_iter().enumerate().flat_map_iter(of).collect()
    }

    /// Of each group, how much of some counts (one a zone) came out of zones that its border cuts.
    pub fn cut(&self, counts: &[u64], group: impl Fn(usize) -> Option<u32>) -> BTreeMap<u32, f64> {
        let mut cut: BTreeMap<u32, f64> = BTreeMap::new();
        for (zone, count) in self.zones.iter().zip(counts) {
            for (group, own) in zone.cuts(&group) {
                *cut.entry(group).or_default() += own.share * *count as f64;
            }
        }
        cut
    }
}

/// How a group of targets cuts a zone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ZoneCut {
    key: Key,
    /// Its share w of the zone.
    pub share: f64,
    /// `sum q_j² (a_j - w)²`.
    rows: f64,
    /// `sum q_j² a_j (1 - a_j)`: rows that are themselves cut.
    within: f64,
}

impl ZoneCut {
    /// The variance of what the group has of so many votes of the zone, of one kind of count.
    pub fn variance(&self, votes: f64, unevenness: &Unevenness, column: usize) -> f64 {
        let chance = self.share * (1.0 - self.share);
        let uneven = match self.key {
            Key::People => unevenness.people[column].powi(2) * self.rows + ASSUMED_SURFACE * self.within,
            Key::Surface => unevenness.surface[column] * chance,
        };
        // Never more than if all of it were on one side or the other.
        votes * chance + votes * votes * uneven.min(chance)
    }
}

impl Split {
    /// The groups that cut the zone; one that holds all of it does not.
    fn cuts(&self, group: impl Fn(usize) -> Option<u32>) -> Vec<(u32, ZoneCut)> {
        let mut by_group: BTreeMap<Option<u32>, BTreeMap<u32, f64>> = BTreeMap::new();
        for part in &self.parts {
            let own = part.target.and_then(|place| group(place as usize));
            *by_group.entry(own).or_default().entry(part.row).or_default() += part.weight;
        }
        if by_group.len() < 2 {
            return Vec::new();
        }
        let (rows, whole) = (self.rows(), self.concentration());
        let cut = |(group, inside): (Option<u32>, BTreeMap<u32, f64>)| {
            let share: f64 = inside.values().sum();
            let (mut squares, mut products, mut within) = (0.0, 0.0, 0.0);
            for (row, inside) in inside {
                let all = rows[&row];
                squares += inside * inside;
                products += inside * all;
                within += inside * (all - inside).max(0.0);
            }
            let rows = (squares - 2.0 * share * products + share * share * whole).max(0.0);
            Some((group?, ZoneCut { key: self.key, share, rows, within }))
        };
        by_group.into_iter().filter_map(cut).collect()
    }
}

/// The value below which nine in ten lie; `None` of too few.
fn learnt(mut needed: Vec<f64>) -> Option<f64> {
    if needed.len() < LEAST_PAIRS {
        return None;
    }
    needed.sort_by(f64::total_cmp);
    let at = (needed.len() as f64 * COVERED).ceil() as usize;
    needed.get(at.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn part(target: Option<u32>, row: u32, weight: f64) -> Part {
        Part { target, row, weight }
    }

    fn zone(parts: &[Part]) -> Zone {
        Zone { key: Key::People, at: [0.0, 0.0], parts: parts.to_vec() }
    }

    #[test]
    fn a_zone_that_is_not_cut_keeps_its_counts_and_has_no_error() {
        let transfer = Transfer::new(vec![zone(&[part(Some(1), 0, 3.0), part(Some(1), 1, 4.0)])], 2);
        let counts = [vec![100, 7]];
        assert_eq!(transfer.moved(&counts), [None, Some(vec![100, 7]), None]);
        let known = Unevenness { people: vec![0.4; 2], surface: vec![0.3; 2], pairs: [0; 2] };
        assert!(transfer.errors(&counts, &known, |place| Some(place as u32)).is_empty());
    }

    #[test]
    fn a_cut_follows_people_and_what_is_in_no_target_stays_outside_under_its_zone() {
        let zones = vec![zone(&[part(Some(0), 0, 30.0), part(Some(1), 1, 60.0), part(None, 2, 10.0)]), zone(&[])];
        let transfer = Transfer::new(zones, 2);
        let counts = [vec![200], vec![5]];
        assert_eq!(transfer.moved(&counts), [Some(vec![60]), Some(vec![120]), Some(vec![20]), Some(vec![5])]);
        assert_eq!((transfer.outside(1), transfer.outside(2), transfer.outside(3)), (None, Some(0), Some(1)));
        let cut = transfer.cut(&[200, 5], |place| Some(place as u32));
        assert_eq!(cut.get(&0).map(|votes| votes.round()), Some(60.0));
        assert_eq!(cut.get(&3), None);
    }

    #[test]
    fn the_error_is_that_of_its_formula_and_vanishes_where_the_parts_are_one_group() {
        // Two rows of equal people, one on either side: w = 1/2, V² t² (1/4 · 1/4 + 1/4 · 1/4) + V / 4.
        let transfer = Transfer::new(vec![zone(&[part(Some(0), 0, 5.0), part(Some(1), 1, 5.0)])], 2);
        let known = Unevenness { people: vec![0.2], surface: vec![0.3], pairs: [0; 2] };
        let errors = transfer.errors(&[vec![100]], &known, |place| Some(place as u32));
        let expected = (100.0 * 100.0 * 0.04 * 0.125 + 25.0_f64).sqrt();
        assert!((errors[&0][0] - expected).abs() < 1e-9 && (errors[&1][0] - expected).abs() < 1e-9, "{errors:?}");
        assert!(transfer.errors(&[vec![100]], &known, |_| Some(0)).is_empty());
        // The same by what is cut, without the counts.
        let cuts = transfer.cuts(|place| Some(place as u32));
        let variances = cuts.iter().map(|(group, zone, cut)| (*group, *zone, cut.variance(100.0, &known, 0)));
        let variances: Vec<(u32, u32, f64)> = variances.collect();
        assert_eq!(variances.iter().map(|own| (own.0, own.1)).collect::<Vec<_>>(), [(0, 0), (1, 0)]);
        assert!(variances.iter().all(|own| (own.2.sqrt() - expected).abs() < 1e-9), "{variances:?}");
        // A row that is cut is less certain than two rows.
        let row = Transfer::new(vec![zone(&[part(Some(0), 0, 5.0), part(Some(1), 0, 5.0)])], 2);
        assert!(row.errors(&[vec![100]], &known, |place| Some(place as u32))[&0][0] > expected);
    }

    #[test]
    fn even_votes_teach_that_people_are_a_good_key_and_uneven_ones_that_they_are_not() {
        let taught = |votes: fn(u64) -> u64| {
            let at = |zone: u64| [zone as f64 * 0.01, 45.0];
            let parts = |zone: u32| vec![part(Some(zone), 0, 50.0), part(Some(zone), 1, 50.0)];
            let zone = |at_zone: u64| Zone { key: Key::People, at: at(at_zone), parts: parts(at_zone as u32) };
            let transfer = Transfer::new((0..200).map(zone).collect(), 200);
            let counts: Vec<Vec<u64>> = (0..200).map(|zone| vec![votes(zone)]).collect();
            transfer.unevenness(&counts)
        };
        assert_eq!(taught(|_| 1_000).people, [0.0]);
        let uneven = taught(|zone| if zone % 2 == 0 { 800 } else { 1_200 });
        assert!((0.1..0.5).contains(&uneven.people[0]), "{uneven:?}");
        assert_eq!((uneven.pairs[1], uneven.surface), (0, vec![ASSUMED_SURFACE]));
    }

    proptest! {
        #[test]
        fn totals_are_kept_in_whole_numbers_and_no_place_is_more_than_one_off(
            zones in prop::collection::vec(prop::collection::vec((0_u32..6, 0_u32..4, 0.0..9.0_f64), 0..5), 1..12),
            votes in prop::collection::vec((0_u64..500, 0_u64..9), 12),
        ) {
            let of = |parts: &Vec<(u32, u32, f64)>| {
                let part = |(target, row, weight): &(u32, u32, f64)| part((*target < 5).then_some(*target), *row, *weight);
                zone(&parts.iter().map(part).collect::<Vec<_>>())
            };
            let transfer = Transfer::new(zones.iter().map(of).collect(), 5);
            let counts: Vec<Vec<u64>> = votes[..zones.len()].iter().map(|(a, b)| vec![*a, *b]).collect();
            let moved = transfer.moved(&counts);
            for column in 0..2 {
                let before: u64 = counts.iter().map(|row| row[column]).sum();
                prop_assert_eq!(moved.iter().flatten().map(|row| row[column]).sum::<u64>(), before);
            }
            for (place, row) in moved.iter().enumerate() {
                let share = |zone: usize| transfer.shares(zone).get(&(place as u32)).copied().unwrap_or(0.0);
                let exact: f64 = (0..zones.len()).map(|zone| share(zone) * counts[zone][0] as f64).sum();
                let own = row.as_ref().map_or(0, |row| row[0]) as f64;
                prop_assert!((own - exact).abs() < 1.0 + 1e-5, "{} for {}", own, exact);
            }
        }
    }
}
