//! Counting in groups: answers stay at their area where they are many enough, else go up to the first ancestor where
//! they are, and get their noise there.

use crate::noise::{Budget, DiscreteLaplace};
pub use quartier_model::MIN_ANSWERS;
use quartier_model::{AnswerCounts, ModelError, Node, Tree};
use rand::TryRng;

/// Units of one answer in a [`Tally`]: scores are shares of a person, in thousandths.
pub const ANSWER: u32 = 1000;

/// How finely a batch was counted, which the noise follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grain {
    /// Whole answers: the noised counts have exactly the law of [`quartier_model::NoiseLaw::DiscreteLaplace`].
    Answers,
    /// Shares of persons: noise is drawn in thousandths of an answer at the same scale, then rounded to answers. Its
    /// law is that of the model to within the rounding.
    Scores,
}

/// The exact answers of one place, while they are read. Not printed, not copied: its only way out is
/// [`count_in_groups`].
#[derive(Default)]
pub struct Tally {
    asked: u32,
    groups: [u64; 4],
}

impl Tally {
    /// Adds `people` who all answered alike.
    pub fn add(&mut self, group: quartier_model::Group, people: u32) {
        self.asked = self.asked.saturating_add(people);
        self.groups[group.index()] += u64::from(people) * u64::from(ANSWER);
    }

    /// Adds `people` who were asked, and did not choose one of the groups asked about.
    pub fn add_other(&mut self, people: u32) {
        self.asked = self.asked.saturating_add(people);
    }

    /// Adds one person by shares in thousandths, which add to at most [`ANSWER`].
    pub fn add_score(&mut self, shares: [u32; 4]) {
        debug_assert!(shares.iter().sum::<u32>() <= ANSWER, "a person is one answer");
        self.asked = self.asked.saturating_add(1);
        for (group, share) in self.groups.iter_mut().zip(shares) {
            *group += u64::from(share);
        }
    }

    /// How many answers there are.
    pub fn asked(&self) -> u32 {
        self.asked
    }

    fn take(&mut self, other: Self) {
        self.asked = self.asked.saturating_add(other.asked);
        for (own, more) in self.groups.iter_mut().zip(other.groups) {
            *own += more;
        }
    }
}

/// One noised count at its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// The area or ancestor; 0 is the root.
    pub node: Node,
    /// How many areas with answers were added up here; 1 where it is the area itself.
    pub areas: u32,
    /// The counts.
    pub counts: AnswerCounts,
}

/// All noised counts of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Counted {
    /// By node.
    pub groups: Vec<Group>,
    /// Answers counted in them.
    pub answers: u64,
    /// Answers that were too few to be counted even at the root; they are nowhere.
    pub left_out: u32,
}

/// Noises the answers of all places, `tallies[node]`, in groups of at least [`MIN_ANSWERS`]. `asked` says which groups
/// were asked about. One draw a count, of a law in which one answer moves two counts. `tallies` of [`Grain::Answers`]
/// hold no score.
///
/// # Errors
/// Those of the source of chance; a count that does not fit a law of the model is [`ModelError`].
///
/// # Panics
/// Where there are not as many tallies as nodes.
pub fn count_in_groups<R: TryRng>(
    tree: &Tree,
    tallies: Vec<Tally>,
    asked: [bool; 4],
    (budget, grain): (Budget, Grain),
    rng: &mut R,
) -> Result<Result<Counted, ModelError>, R::Error> {
    assert_eq!(tallies.len(), tree.len(), "a tally a node");
    // Per node, its tally and how many areas it is of.
    let mut tallies: Vec<(Tally, u32)> = tallies
        .into_iter()
        .map(|tally| {
            let areas = u32::from(tally.asked > 0);
            (tally, areas)
        })
        .collect();
    tree.lift(
        &mut tallies,
        |(tally, _)| tally.asked >= MIN_ANSWERS,
        |(above, areas), (few, more)| {
            above.take(few);
            *areas += more;
        },
    );
    let left_out = if tallies[0].0.asked < MIN_ANSWERS { std::mem::take(&mut tallies[0]).0.asked } else { 0 };
    let unit = match grain {
        Grain::Answers => 1,
        Grain::Scores => ANSWER,
    };
    let mut counted = Counted { groups: Vec::new(), answers: 0, left_out };
    for (node, (tally, areas)) in tallies.into_iter().enumerate().filter(|(_, (tally, _))| tally.asked > 0) {
        let people = tally.asked;
        let counts = match noised(tally, asked, unit, budget, rng)? {
            Ok(counts) => counts,
            Err(error) => return Ok(Err(error)),
        };
        counted.answers += u64::from(people);
        counted.groups.push(Group { node: node as Node, areas, counts });
    }
    Ok(Ok(counted))
}

/// Draws the noise of one tally in units of which one answer has `unit`, and rounds to answers afterwards: rounding
/// what is noised reveals nothing.
fn noised<R: TryRng>(
    tally: Tally,
    asked: [bool; 4],
    unit: u32,
    budget: Budget,
    rng: &mut R,
) -> Result<Result<AnswerCounts, ModelError>, R::Error> {
    let law = DiscreteLaplace::of(budget, unit);
    let unit = i64::from(unit);
    let mut counts = [None; 4];
    for ((count, exact), _) in counts.iter_mut().zip(tally.groups).zip(asked).filter(|(_, asked)| *asked) {
        // At most 2^32 people of a thousand units each: it fits.
        let exact = exact as i64 / (i64::from(ANSWER) / unit);
        let rounded = (exact + law.sample(rng)? + unit / 2).div_euclid(unit);
        *count = Some(rounded.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32);
    }
    Ok(AnswerCounts::new(tally.asked, counts, budget.law()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use quartier_model::Group as Side;
    use rand::SeedableRng;
    use rand_chacha::ChaCha12Rng;

    /// Two cities of two quarters each: nodes 1 and 2, then 3 to 6.
    fn tree() -> Tree {
        Tree::new(&[vec![None, None], vec![Some(0), Some(0), Some(1), Some(1)]]).expect("a tree")
    }

    fn tallies(people: [u32; 7]) -> Vec<Tally> {
        let tally = |count| {
            let mut tally = Tally::default();
            tally.add(Side::Favourable, count / 2);
            tally.add(Side::Opposed, count - count / 2);
            tally
        };
        people.map(tally).into()
    }

    fn count(people: [u32; 7]) -> Counted {
        let mut rng = ChaCha12Rng::seed_from_u64(4);
        let asked = [false, true, true, true];
        count_in_groups(&tree(), tallies(people), asked, (Budget::ONE, Grain::Answers), &mut rng)
            .expect("a seeded source does not fail")
            .expect("lawful counts")
    }

    #[test]
    fn answers_go_up_until_they_are_eleven() {
        for (people, groups, left_out) in [
            ([0, 0, 0, 11, 30, 0, 0], vec![(3, 1, 11), (4, 1, 30)], 0),
            ([0, 0, 0, 10, 30, 0, 0], vec![(4, 1, 30)], 10),
            ([0, 0, 0, 10, 1, 5, 6], vec![(1, 2, 11), (2, 2, 11)], 0),
            ([0, 0, 0, 10, 0, 5, 5], vec![(0, 3, 20)], 0),
            ([3, 4, 0, 7, 0, 0, 8], vec![(0, 2, 11), (1, 2, 11)], 0),
            ([0, 0, 0, 4, 2, 1, 3], vec![], 10),
            ([0; 7], vec![], 0),
        ] {
            let counted = count(people);
            let found: Vec<_> =
                counted.groups.iter().map(|group| (group.node, group.areas, group.counts.asked())).collect();
            assert_eq!(found, groups, "{people:?}");
            assert_eq!(counted.left_out, left_out, "{people:?}");
            let all = counted.answers + u64::from(counted.left_out);
            assert_eq!(all, people.iter().map(|count| u64::from(*count)).sum::<u64>(), "nobody is lost or doubled");
            assert!(counted.groups.iter().all(|group| group.counts.count(Side::Abstainers).is_none()));
        }
    }

    #[test]
    fn scores_are_noised_finely_and_rounded_once() {
        let mut rng = ChaCha12Rng::seed_from_u64(5);
        let (mut sum, mut squares) = (0.0, 0.0);
        let repetitions = 4000;
        for _ in 0..repetitions {
            let mut all: Vec<Tally> = (0..7).map(|_| Tally::default()).collect();
            for _ in 0..100 {
                all[3].add_score([0, 250, 600, 150]);
            }
            let counted =
                count_in_groups(&tree(), all, [false, true, true, true], (Budget::ONE, Grain::Scores), &mut rng)
                    .expect("a seeded source")
                    .expect("lawful");
            let error = f64::from(counted.groups[0].counts.count(Side::Favourable).expect("asked")) - 60.0;
            sum += error;
            squares += error * error;
        }
        let (mean, variance) = (sum / f64::from(repetitions), squares / f64::from(repetitions));
        // Laplace of scale 2 has variance 8; rounding adds a twelfth. Tolerances: four standard errors.
        assert!(mean.abs() < 0.2, "{mean}");
        assert!((variance - 8.08).abs() < 1.2, "{variance}");
    }

    /// The best test between two neighbouring inputs tells eps from below: log P(S | one) / P(S | other), over events
    /// S, with a Clopper-Pearson-like margin of three standard errors on both chances.
    #[test]
    fn the_whole_mechanism_spends_its_budget_and_no_more() {
        const REPETITIONS: u32 = 400_000;
        let mut rng = ChaCha12Rng::seed_from_u64(6);
        // The same 20 people; one of them is favourable or opposed.
        let mut observe = |favourable: u32| {
            let (mut high, mut joint) = (0_u32, 0_u32);
            for _ in 0..REPETITIONS {
                let mut all: Vec<Tally> = (0..7).map(|_| Tally::default()).collect();
                all[3].add(Side::Favourable, favourable);
                all[3].add(Side::Opposed, 20 - favourable);
                let counted =
                    count_in_groups(&tree(), all, [false, false, true, true], (Budget::ONE, Grain::Answers), &mut rng)
                        .expect("a seeded source")
                        .expect("lawful");
                let count = |side| counted.groups[0].counts.count(side).expect("asked");
                high += u32::from(count(Side::Favourable) >= 11);
                joint += u32::from(count(Side::Favourable) >= 11 && count(Side::Opposed) <= 9);
            }
            [high, joint].map(f64::from)
        };
        let (one, other) = (observe(11), observe(10));
        let n = f64::from(REPETITIONS);
        let bound = |at: usize, sign: f64| {
            let (p, q) = (one[at] / n, other[at] / n);
            let error = ((1.0 - p) / (p * n) + (1.0 - q) / (q * n)).sqrt();
            (p / q).ln() + sign * 3.0 * error
        };
        let (lower, upper) = (bound(1, -1.0), bound(1, 1.0));
        assert!(lower > 0.9 && lower <= 1.0, "measured at least {lower:.3}");
        assert!(upper < 1.05, "{upper:.3}");
        let half = bound(0, -1.0);
        assert!(half > 0.4 && half <= 0.5, "one count alone spends half: {half:.3}");
    }
}
