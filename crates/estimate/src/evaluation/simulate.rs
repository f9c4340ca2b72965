//! A campaign that never was: answers and a poll simulated from a known result.

use super::{Case, Plan};
use crate::chance::inverse_normal;
use crate::covariates::{log_density, standardise};
use crate::{Answers, Benchmark, PollBase, STAGES};
use quartier_model::{AnswerCounts, MIN_ANSWERS, NoiseLaw, Share, Tree};

/// A stream of invented numbers: SplitMix64 (Steele, Lea, Flood 2014).
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x2545_f491_4f6c_dd1d))
    }

    /// Uniform strictly inside (0, 1).
    pub fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (((bits ^ (bits >> 31)) >> 12) as f64 + 0.5) / (1u64 << 52) as f64
    }

    /// Standard normal.
    pub fn normal(&mut self) -> f64 {
        inverse_normal(self.uniform())
    }

    /// Standard Gumbel: the extreme-value noise that turns weights into a choice without replacement.
    pub fn gumbel(&mut self) -> f64 {
        -(-self.uniform().ln()).ln()
    }

    /// Mean 1, variance 1/2: a Poisson number around it times a mean is negative binomial of size 2.
    pub fn gamma2(&mut self) -> f64 {
        -0.5 * (self.uniform() * self.uniform()).ln()
    }

    /// By exponential waiting times.
    pub fn poisson(&mut self, mean: f64) -> u32 {
        let (mut waited, mut count) = (-self.uniform().ln(), 0);
        while waited < mean {
            waited -= self.uniform().ln();
            count += 1;
        }
        count
    }

    /// One of several with these weights.
    pub fn choose(&mut self, weights: &[f64]) -> usize {
        let mut rest = self.uniform() * weights.iter().sum::<f64>();
        for (at, weight) in weights.iter().enumerate() {
            rest -= weight;
            if rest < 0.0 {
                return at;
            }
        }
        weights.len() - 1
    }

    /// Integer noise of a law: the difference of two geometric numbers is discrete Laplace.
    pub fn noise(&mut self, law: NoiseLaw) -> i32 {
        let NoiseLaw::DiscreteLaplace { eps } = law else { return 0 };
        let mut geometric = || (self.uniform().ln() / (-0.5 * eps)).floor() as i32;
        geometric() - geometric()
    }
}

/// How a simulated canvass differs from the electorate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Manner {
    /// How willingly abstainers, undecided, favourable and opposed open the door.
    pub willing: [f64; 4],
    /// Part of the abstainers who say that they will vote, then as one of the others at random.
    pub claim_to_vote: f64,
    /// Log odds by which the favourable answer more than the opposed: mean and sd over campaigns, sd over areas.
    pub favour: [f64; 3],
}

impl Manner {
    /// Supporters answer more: log odds N(.15, .10) by campaign, N(0, .10) by area (method, section 3).
    pub const SUPPORTERS_ANSWER: Self = Self { willing: [1.0; 4], claim_to_vote: 0.0, favour: [0.15, 0.10, 0.10] };
    /// Four groups answer at rates 1 / .8 / .9 / .6, and 30 % of abstainers say that they will vote (same section).
    pub const ABSTAINERS_CLAIM: Self = Self { willing: [0.6, 0.9, 1.0, 0.8], claim_to_vote: 0.3, favour: [0.0; 3] };
}

/// Visited places grow as answers to this power: 300 answers in some 40 places, 30,000 in some 700.
const PLACES_POWER: f64 = 0.635;
/// Most answers of a place, as a part of its electors.
const MOST_ANSWERS: f64 = 0.6;
/// How much denser places are preferred: half a log weight a standard deviation of log density.
const DENSITY_PULL: f64 = 0.5;

/// Tells the seed of the noise from that of the campaign.
const NOISE: u64 = 0x006e_6f69_7365;

/// One simulated campaign.
#[derive(Debug, Clone, PartialEq)]
pub struct Campaign {
    /// Positions of the leaves that somebody answered in, ascending.
    pub visited: Vec<u32>,
    /// Its answers.
    pub tallies: Vec<Answers>,
    /// Its poll: one benchmark a stage.
    pub polls: Vec<Benchmark>,
    /// The poll's share of each stage; `None`: not asked, or nothing to ask.
    pub shares: [Option<f64>; STAGES],
}

impl Campaign {
    /// Simulates the campaign of a seed: where it goes, who answers what, what the poll says.
    pub fn simulate(case: &Case<'_>, plan: &Plan, answers: u32, seed: u64) -> Self {
        // Noise has dice of its own: campaigns with and without it are otherwise the same.
        let (mut dice, mut noise) = (Dice::new(seed), Dice::new(seed ^ NOISE));
        let places = visits(case, plan, f64::from(answers), &mut dice);
        let favour = plan.manner.favour;
        let common = favour[0] + if favour[1] > 0.0 { favour[1] * dice.normal() } else { 0.0 };
        let leaves: Vec<u32> = case.evidence.tree.leaves().collect();
        let mut campaign = Self { visited: vec![], tallies: vec![], polls: vec![], shares: [None; STAGES] };
        let mut heard = vec![Heard::default(); case.evidence.tree.len()];
        for (place, asked) in places {
            let local = if favour[2] > 0.0 { favour[2] * dice.normal() } else { 0.0 };
            let groups = said(case.groups(place), plan.manner, common + local, asked, &mut dice);
            heard[leaves[place] as usize] = Heard { asked, groups };
            campaign.visited.push(place as u32);
        }
        if plan.law != NoiseLaw::Exact {
            count_in_groups(case.evidence.tree, &mut heard);
        }
        for (node, Heard { asked, groups }) in (0..).zip(heard).filter(|(_, heard)| heard.asked > 0) {
            let mut counts = groups.map(|count| Some(count + noise.noise(plan.law)));
            if !case.has_register() {
                counts[0] = None;
            }
            if let Ok(counts) = AnswerCounts::new(asked, counts, plan.law) {
                campaign.tallies.push(Answers { node, counts });
            }
        }
        campaign.visited.sort_unstable();
        if let Some(se) = plan.poll_se {
            campaign.shares = poll(case, se, &mut dice);
            campaign.polls = benchmarks(campaign.shares, se);
        }
        campaign
    }
}

/// What was said somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Heard {
    asked: u32,
    groups: [i32; 4],
}

/// Adds up what is too little to be counted, at the first ancestor where it is enough; what is too little at the root
/// is lost. As the import of answers does.
fn count_in_groups(tree: &Tree, heard: &mut [Heard]) {
    let is_enough = |heard: &Heard| heard.asked >= MIN_ANSWERS;
    tree.lift(heard, is_enough, |above, few| {
        above.asked += few.asked;
        above.groups.iter_mut().zip(few.groups).for_each(|(sum, more)| *sum += more);
    });
    if !is_enough(&heard[0]) {
        heard[0] = Heard::default();
    }
}

/// What `asked` people of an area say, by group.
fn said(groups: [f64; 4], manner: Manner, favour: f64, asked: u32, dice: &mut Dice) -> [i32; 4] {
    let mut willing: Vec<f64> = groups.iter().zip(manner.willing).map(|(count, rate)| count * rate).collect();
    willing[2] *= favour.exp();
    let mut said = [0; 4];
    for _ in 0..asked {
        let group = dice.choose(&willing);
        let claims = group == 0 && dice.uniform() < manner.claim_to_vote;
        said[if claims { 1 + dice.choose(&groups[1..]) } else { group }] += 1;
    }
    said
}

/// How many people answer in each visited place.
///
/// Regions are opened with a chance that grows with their electors. In them, campaigns go where they are strong and
/// where doors are close: weight electors × exp(logit past share + z / 2), z the standardised log density, chosen by
/// extreme-value noise; answers are negative binomial.
fn visits(case: &Case<'_>, plan: &Plan, answers: f64, dice: &mut Dice) -> Vec<(usize, u32)> {
    if answers <= 0.0 {
        return vec![];
    }
    let electors: Vec<f64> = (0..case.leaves()).map(|leaf| case.groups(leaf).iter().sum()).collect();
    let density = log_density(case.evidence, &electors).and_then(|(_, column)| standardise(&column, &electors));
    let density = density.unwrap_or_else(|| vec![0.0; electors.len()]);
    let past = case.log_odds(2);
    let region = case.regions(plan.region_level);
    let regions = region.iter().max().map_or(0, |last| last + 1);
    let mut size = vec![0.0f64; regions];
    region.iter().zip(&electors).for_each(|(region, electors)| size[*region] += electors);
    let mut order: Vec<(f64, usize)> = (0..regions).map(|at| (size[at].ln() + dice.gumbel(), at)).collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut open = vec![false; regions];
    let count = (plan.regions_visited * regions as f64).round().max(1.0) as usize;
    order.iter().take(count).for_each(|(_, at)| open[*at] = true);
    // Where a bloc has no candidate nobody asks how many are for it.
    let mut places: Vec<(f64, usize)> = (0..electors.len())
        .filter(|place| open[region[*place]] && electors[*place] > 0.0 && case.is_known(*place, 2))
        .map(|place| (electors[place].ln() + past[place] + DENSITY_PULL * density[place] + dice.gumbel(), place))
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

/// The true share of each stage plus an error of sd `se`, kept inside 1 and 99 %; absent where nobody is in it.
fn poll(case: &Case<'_>, se: f64, dice: &mut Dice) -> [Option<f64>; STAGES] {
    std::array::from_fn(|stage| {
        let sums = (0..case.leaves()).map(|leaf| case.after.stage(leaf, stage));
        let [a, b] = sums.fold([0.0; 2], |sum, part| [sum[0] + part[0], sum[1] + part[1]]);
        (a > 0.0 && b > 0.0).then(|| (a / (a + b) + se * dice.normal()).clamp(0.01, 0.99))
    })
}

/// The poll as one benchmark a stage, each with the same error.
fn benchmarks(shares: [Option<f64>; STAGES], se: f64) -> Vec<Benchmark> {
    let share = |stage: usize| shares[stage].and_then(|share| Share::new(share).ok());
    let blank = Benchmark {
        node: 0,
        date: None,
        turnout: None,
        undecided: None,
        favourable: None,
        opposed: None,
        of: PollBase::Electors,
        n: None,
        se: Some(se),
    };
    let turnout = shares[0].and_then(|share| Share::new(1.0 - share).ok());
    let turnout = turnout.map(|turnout| Benchmark { turnout: Some(turnout), ..blank.clone() });
    let undecided =
        share(1).map(|undecided| Benchmark { undecided: Some(undecided), of: PollBase::Voters, ..blank.clone() });
    let favourable =
        share(2).map(|favourable| Benchmark { favourable: Some(favourable), of: PollBase::Decided, ..blank.clone() });
    [turnout, undecided, favourable].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_noise_has_the_variance_of_its_law_and_no_mean() {
        let law = NoiseLaw::DiscreteLaplace { eps: 1.0 };
        let mut dice = Dice::new(3);
        let count = 40_000;
        let drawn: Vec<f64> = (0..count).map(|_| f64::from(dice.noise(law))).collect();
        let mean = drawn.iter().sum::<f64>() / f64::from(count);
        let variance = drawn.iter().map(|k| k * k).sum::<f64>() / f64::from(count);
        // Five standard errors; the law's fourth moment is about six times its squared variance.
        assert!(mean.abs() < 5.0 * (law.variance() / f64::from(count)).sqrt(), "{mean}");
        assert!((variance / law.variance() - 1.0).abs() < 5.0 * (5.0 / f64::from(count)).sqrt(), "{variance}");
        assert_eq!(dice.noise(NoiseLaw::Exact), 0);
    }

    #[test]
    fn supporters_answer_more_and_abstainers_claim_to_vote() {
        let mut dice = Dice::new(8);
        let answers = said([0.0, 0.0, 500.0, 500.0], Manner::SUPPORTERS_ANSWER, 1.0, 20_000, &mut dice);
        // e / (1 + e) of 20,000, within five standard errors of some 63.
        assert!((f64::from(answers[2]) - 14_621.0).abs() < 315.0, "{answers:?}");
        let answers = said([1_000.0, 0.0, 10.0, 10.0], Manner::ABSTAINERS_CLAIM, 0.0, 20_000, &mut dice);
        assert!((f64::from(answers[0]) / 20_000.0 - 0.7 * 600.0 / 618.0).abs() < 0.02, "{answers:?}");
    }
}
