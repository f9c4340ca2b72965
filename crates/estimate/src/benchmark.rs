//! Polls and known totals: what they say of the stages, and how several are averaged.

use crate::evidence::EstimateError;
use crate::{STAGE_NAMES, STAGES};
use quartier_model::{Node, Share};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use time::Date;

/// Standard error of one poll, as a share (Shirani-Mehr, Rothschild, Goel, Gelman 2018: total survey error of about
/// 3.5 points, twice what sampling alone gives).
pub const SE_ONE_POLL: f64 = 0.035;

/// Standard error below which an average of polls is not believed, as a share: polls err together (same source).
pub const SE_AVERAGE: f64 = 0.02;

/// Days after which an older poll of the same area counts half beside the newest. A choice of this product.
const HALF_LIFE_DAYS: f64 = 30.0;

/// Standard errors from which on a poll and what it is weighed against are said to contradict each other: by chance alone
/// one poll in twenty. A choice of this product.
pub(crate) const CONTRADICTION_SE: f64 = 2.0;

/// Of whom a poll's shares are. `turnout` is always of electors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PollBase {
    /// Of electors: undecided, favourable and opposed add to turnout.
    Electors,
    /// Of voters: the three add to 1.
    Voters,
    /// Of the decided: favourable and opposed add to 1.
    Decided,
}

/// A poll or a known total of one area.
#[derive(Debug, Clone, PartialEq)]
pub struct Benchmark {
    /// The area; 0 is the whole campaign.
    pub node: Node,
    /// Day of the fieldwork's end, where known.
    pub date: Option<Date>,
    /// Share of electors who vote.
    pub turnout: Option<Share>,
    /// Share undecided.
    pub undecided: Option<Share>,
    /// Share favourable.
    pub favourable: Option<Share>,
    /// Share opposed.
    pub opposed: Option<Share>,
    /// Of whom the last three are.
    pub of: PollBase,
    /// Respondents; widens the error where sampling alone exceeds the default.
    pub n: Option<u32>,
    /// Standard error as a share; 0 is a known total. Absent: [`SE_ONE_POLL`], or the sampling error where larger.
    pub se: Option<f64>,
}

/// What a benchmark says of one stage.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StageTarget {
    /// Share of the stage, 0 to 1.
    pub share: f64,
    /// Its standard error; 0 = exact.
    pub se: f64,
}

/// What a benchmark says across the stages: the share that some groups have together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AcrossTarget {
    /// Which of undecided, favourable and opposed are counted.
    pub groups: [bool; 3],
    /// Of whom: electors or voters.
    pub of: PollBase,
    /// The share, and its standard error; 0 = exact.
    pub target: StageTarget,
}

/// What a benchmark says, each in its own part of the model.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Said {
    /// Of single stages.
    pub stages: [Option<StageTarget>; STAGES],
    /// Across them: what no stage says alone.
    pub across: Vec<AcrossTarget>,
}

/// How far shares given to three decimals or in whole percents may miss their sum.
const SUM_TOLERANCE: f64 = 0.015;

impl Benchmark {
    /// What the benchmark says.
    ///
    /// ```text
    /// p1 = 1 - turnout          p2 = undecided / turnout          p3 = favourable / (favourable + opposed)
    /// ```
    ///
    /// with the shares of electors; what is missing is computed from the others where the base allows it. A group's
    /// share that determines no stage so is kept as it is, of electors or of voters.
    ///
    /// # Errors
    /// In words: when it gives no share of a group and no turnout, when shares do not add up, or when the standard error
    /// is no number from 0 to 1.
    pub fn says(&self) -> Result<Said, String> {
        if let Some(se) = self.se
            && !(0.0..=1.0).contains(&se)
        {
            return Err(format!("the standard error is {se}, expected a share from 0 to 1"));
        }
        let get = |share: Option<Share>| share.map(Share::get);
        let (turnout, u, f, o) = (get(self.turnout), get(self.undecided), get(self.favourable), get(self.opposed));
        let given = |shares: [Option<f64>; 3]| shares.into_iter().flatten().sum::<f64>();
        // What undecided, favourable and opposed add to.
        let whole = match self.of {
            PollBase::Electors => turnout.or(u.zip(f).zip(o).map(|((u, f), o)| u + f + o)),
            PollBase::Voters => Some(1.0),
            PollBase::Decided => None,
        };
        let limit = whole.unwrap_or(1.0);
        let sum = given([u, f, o]);
        if sum > limit + SUM_TOLERANCE {
            return Err(format!("undecided, favourable and opposed add to {sum:.3}, expected at most {limit:.3}"));
        }
        if self.of == PollBase::Voters && u.is_some() && f.is_some() && o.is_some() && sum < 1.0 - SUM_TOLERANCE {
            return Err(format!("undecided, favourable and opposed of voters add to {sum:.3}, expected 1"));
        }
        if self.of == PollBase::Decided && u.is_some() {
            return Err("gives undecided of the decided, expected undecided of electors or of voters".into());
        }
        let rest = |a: Option<f64>, b: Option<f64>| Some((whole? - a? - b?).max(0.0));
        let (undecided, favourable, opposed) = match self.of {
            PollBase::Decided => (None, f.or(o.map(|o| 1.0 - o)), o.or(f.map(|f| 1.0 - f))),
            PollBase::Electors | PollBase::Voters => (u.or(rest(f, o)), f.or(rest(u, o)), o.or(rest(u, f))),
        };
        let electorate = match self.of {
            PollBase::Electors => whole,
            PollBase::Voters | PollBase::Decided => turnout,
        };
        let decided = favourable.zip(opposed).map(|(f, o)| f + o);
        let ratio = |part: Option<f64>, of: Option<f64>| -> Option<(f64, f64)> {
            let (part, of) = (part?, of?);
            (of > 0.0).then(|| ((part / of).clamp(0.0, 1.0), of))
        };
        let found = [
            electorate.map(|turnout| (1.0 - turnout.clamp(0.0, 1.0), 1.0)),
            ratio(undecided, whole),
            ratio(favourable, decided),
        ];
        let stages =
            found.map(|stage| stage.map(|(share, base)| StageTarget { share, se: self.stage_error(share, base) }));
        let across = |groups: [bool; 3], share: f64| AcrossTarget {
            groups,
            of: self.of,
            target: StageTarget { share, se: self.stage_error(share, 1.0) },
        };
        let mut said = Said { stages, across: vec![] };
        if self.of != PollBase::Decided {
            if stages[1].is_none() {
                said.across.extend(u.map(|u| across([true, false, false], u)));
            }
            match (f, o) {
                // With all of their base known these three are the stages.
                _ if stages[1].is_some() && stages[2].is_some() => {}
                (Some(f), Some(o)) => said.across.push(across([false, true, true], f + o)),
                (Some(f), None) => said.across.push(across([false, true, false], f)),
                (None, Some(o)) => said.across.push(across([false, false, true], o)),
                (None, None) => {}
            }
        }
        if stages.iter().all(Option::is_none) && said.across.is_empty() {
            return Err("says nothing: expected turnout, or the share of at least one group".into());
        }
        Ok(said)
    }

    /// Standard error of a stage's share; `base` is the part of the poll's answers that the stage is about.
    fn stage_error(&self, share: f64, base: f64) -> f64 {
        match (self.se, self.n) {
            (Some(se), _) => se / base,
            (None, None | Some(0)) => SE_ONE_POLL,
            (None, Some(n)) => SE_ONE_POLL.max((share * (1.0 - share) / (f64::from(n) * base)).sqrt()),
        }
    }
}

/// What one poll says of a share, and when.
type Dated = (StageTarget, Option<Date>);

/// What a share is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum About {
    /// A stage.
    Stage(usize),
    /// Groups (undecided, favourable, opposed), and whether of voters instead of electors.
    Across { groups: [bool; 3], of_voters: bool },
}

impl About {
    fn across(target: &AcrossTarget) -> Self {
        Self::Across { groups: target.groups, of_voters: target.of == PollBase::Voters }
    }

    /// In words.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Stage(stage) => format!("the stage `{}`", STAGE_NAMES[stage]),
            Self::Across { groups, of_voters } => {
                let named = ["undecided", "favourable", "opposed"].into_iter().zip(groups);
                let counted: Vec<&str> = named.filter(|(_, counted)| *counted).map(|(name, _)| name).collect();
                format!("{} in % of {}", counted.join(" and "), if of_voters { "voters" } else { "electors" })
            }
        }
    }
}

/// One target of one area, after averaging.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Merged {
    pub node: Node,
    pub about: About,
    pub target: StageTarget,
    pub polls: usize,
}

/// Averages the benchmarks of each area and share: weights 1/se², halved every thirty days before the newest. A known
/// total replaces the polls of its area. The result is sorted by what it is about, then from the least to the most certain.
pub(crate) fn merge(
    benchmarks: &[Benchmark],
    keys: &[String],
    notes: &mut Vec<String>,
) -> Result<Vec<Merged>, EstimateError> {
    let mut by_place: BTreeMap<(About, Node), Vec<Dated>> = BTreeMap::new();
    for (at, benchmark) in benchmarks.iter().enumerate() {
        let area = keys.get(benchmark.node as usize).cloned().unwrap_or_else(|| format!("node {}", benchmark.node));
        let refuse = |reason| EstimateError::Benchmark { at: at + 1, area: area.clone(), reason };
        if benchmark.node as usize >= keys.len() {
            return Err(refuse("no such area in the tree".into()));
        }
        let Said { stages, across } = benchmark.says().map_err(refuse)?;
        let stages = stages.into_iter().enumerate().filter_map(|(stage, target)| Some((About::Stage(stage), target?)));
        for (about, target) in stages.chain(across.iter().map(|across| (About::across(across), across.target))) {
            by_place.entry((about, benchmark.node)).or_default().push((target, benchmark.date));
        }
    }
    let mut merged: Vec<Merged> = by_place
        .into_iter()
        .map(|((about, node), mut list)| {
            // The order of the list must not matter.
            list.sort_by(|a, b| a.1.cmp(&b.1).then(a.0.share.total_cmp(&b.0.share)).then(a.0.se.total_cmp(&b.0.se)));
            let target = average(&list, (&keys[node as usize], about), notes);
            Merged { node, about, target, polls: list.len() }
        })
        .collect();
    merged.sort_by(|a, b| {
        a.about
            .cmp(&b.about)
            .then(b.target.se.total_cmp(&a.target.se))
            .then_with(|| keys[a.node as usize].cmp(&keys[b.node as usize]))
    });
    Ok(merged)
}

fn average(list: &[Dated], (area, about): (&str, About), notes: &mut Vec<String>) -> StageTarget {
    let known: Vec<StageTarget> = list.iter().map(|(target, _)| *target).filter(|target| target.se == 0.0).collect();
    if let Some(last) = known.last() {
        if known.iter().any(|other| (other.share - last.share).abs() > 1e-9) {
            notes.push(format!("{area}: known totals contradict each other; the newest is used"));
        }
        return *last;
    }
    let newest = list.iter().filter_map(|(_, date)| *date).max();
    let (mut weights, mut sum, mut precision) = (0.0, 0.0, 0.0);
    for (target, date) in list {
        let age = newest.zip(*date).map_or(0.0, |(newest, date)| (newest - date).whole_days() as f64);
        let weight = 0.5f64.powf(age / HALF_LIFE_DAYS) / (target.se * target.se);
        weights += weight;
        sum += weight * target.share;
        precision += weight * weight * target.se * target.se;
    }
    let share = sum / weights;
    let se = precision.sqrt() / weights;
    let smallest = list.iter().map(|(target, _)| target.se).fold(f64::INFINITY, f64::min);
    for (target, _) in list {
        let apart = (target.share - share).abs() / target.se;
        if apart > CONTRADICTION_SE {
            notes.push(format!(
                "{area}: polls of {} contradict each other: one says {:.1} %, the average of {} says {:.1} %, {apart:.1} of its standard errors away",
                about.name(),
                100.0 * target.share,
                list.len(),
                100.0 * share
            ));
        }
    }
    // An average is at best as good as the floor, unless one of the polls claims to be better by itself.
    StageTarget { share, se: se.max(SE_AVERAGE.min(smallest)) }
}

/// The inverse of the logit.
pub(crate) fn invlogit(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(value: f64) -> Option<Share> {
        Some(Share::new(value).expect("a share"))
    }

    fn poll(of: PollBase, turnout: f64, groups: [f64; 3]) -> Benchmark {
        let some = |value: f64| if value.is_nan() { None } else { share(value) };
        Benchmark {
            node: 0,
            date: None,
            turnout: some(turnout),
            undecided: some(groups[0]),
            favourable: some(groups[1]),
            opposed: some(groups[2]),
            of,
            n: None,
            se: Some(0.0),
        }
    }

    const NONE: f64 = f64::NAN;

    #[test]
    fn a_poll_says_the_same_in_every_base() {
        for poll in [
            poll(PollBase::Electors, 0.8, [0.2, 0.36, 0.24]),
            poll(PollBase::Electors, NONE, [0.2, 0.36, 0.24]),
            poll(PollBase::Electors, 0.8, [NONE, 0.36, 0.24]),
            poll(PollBase::Electors, 0.8, [0.2, NONE, 0.24]),
            poll(PollBase::Voters, 0.8, [0.25, 0.45, 0.3]),
            poll(PollBase::Voters, 0.8, [0.25, 0.45, NONE]),
        ] {
            let said = poll.says().expect("a lawful poll");
            assert!(said.across.is_empty());
            let stages = said.stages.map(|stage| stage.expect("a target").share);
            for (found, expected) in stages.into_iter().zip([0.2, 0.25, 0.6]) {
                assert!((found - expected).abs() < 1e-12, "{poll:?}: {stages:?}");
            }
        }
        let decided = poll(PollBase::Decided, NONE, [NONE, NONE, 0.4]).says().expect("a lawful poll").stages;
        assert_eq!(decided.map(|stage| stage.is_some()), [false, false, true]);
        assert!((decided[2].expect("a target").share - 0.6).abs() < 1e-12);
    }

    #[test]
    fn what_no_stage_says_alone_is_kept_across_them() {
        let across = |of, turnout, groups| {
            let said: Said = poll(of, turnout, groups).says().expect("a lawful poll");
            let shares: Vec<([bool; 3], f64)> =
                said.across.iter().map(|across| (across.groups, across.target.share)).collect();
            (said.stages.map(|stage| stage.is_some()), shares)
        };
        let (undecided, favourable, opposed) = ([true, false, false], [false, true, false], [false, false, true]);
        let nothing = [false; 3];
        assert_eq!(across(PollBase::Electors, NONE, [NONE, 0.3, NONE]), (nothing, vec![(favourable, 0.3)]));
        assert_eq!(across(PollBase::Voters, NONE, [NONE, NONE, 0.3]), (nothing, vec![(opposed, 0.3)]));
        assert_eq!(
            across(PollBase::Electors, 0.7, [NONE, 0.3, NONE]),
            ([true, false, false], vec![(favourable, 0.3)]),
            "a turnout beside it does not make it a stage"
        );
        assert_eq!(
            across(PollBase::Electors, NONE, [0.1, 0.3, NONE]),
            (nothing, vec![(undecided, 0.1), (favourable, 0.3)])
        );
        let (stages, decided) = across(PollBase::Electors, NONE, [NONE, 0.3, 0.2]);
        assert_eq!((stages, decided.len(), decided[0].0), ([false, false, true], 1, [false, true, true]));
        assert!((decided[0].1 - 0.5).abs() < 1e-12);
        assert_eq!(across(PollBase::Voters, NONE, [0.2, NONE, NONE]), ([false, true, false], vec![]));
    }

    #[test]
    fn what_says_nothing_or_does_not_add_up_is_refused() {
        for poll in [
            poll(PollBase::Voters, NONE, [NONE, NONE, NONE]),
            poll(PollBase::Voters, NONE, [0.5, 0.4, 0.4]),
            poll(PollBase::Voters, NONE, [0.1, 0.4, 0.4]),
            poll(PollBase::Electors, 0.5, [NONE, 0.4, 0.4]),
            poll(PollBase::Decided, NONE, [0.5, 0.3, NONE]),
            poll(PollBase::Electors, NONE, [NONE, NONE, NONE]),
        ] {
            assert!(poll.says().is_err(), "{poll:?}");
        }
    }

    #[test]
    fn several_polls_are_one_average_and_a_known_total_replaces_them() {
        let keys = ["campaign".to_owned()];
        let mut first = poll(PollBase::Decided, NONE, [NONE, 0.50, NONE]);
        first.se = None;
        let mut second = first.clone();
        second.favourable = share(0.54);
        let mut notes = Vec::new();
        let merged = merge(&[first.clone(), second.clone()], &keys, &mut notes).expect("two polls");
        assert_eq!((merged.len(), merged[0].polls), (1, 2));
        assert!((merged[0].target.share - 0.52).abs() < 1e-12);
        assert!((merged[0].target.se - SE_ONE_POLL / 2f64.sqrt()).abs() < 1e-12);
        let known = poll(PollBase::Decided, NONE, [NONE, 0.6, NONE]);
        let merged = merge(&[first, known, second], &keys, &mut notes).expect("three");
        assert_eq!(merged[0].target, StageTarget { share: 0.6, se: 0.0 });
    }
}
