//! What a back-test says: tables, classes, PIT, a scatter and one sentence.

use super::score::{GROUPS, Judged, PIT_PARTS, Score, judge};
use super::simulate::{Campaign, Dice};
use super::{Case, Plan};
use quartier_model::{Draw, NoiseLaw};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A back-test. Shares are fractions, errors are points (0 to 100).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// The earlier election.
    pub from: String,
    /// The later election, which was forecast.
    pub to: String,
    /// Seed of the simulated campaigns.
    pub seed: u64,
    /// Sizes of the canvass, in answers.
    pub answers: Vec<u32>,
    /// What protected the simulated answers.
    pub noise: NoiseLaw,
    /// The method that `pit`, `scatter` and `words` are of, at the most answers: "icar", or "tree" without neighbours.
    pub method: String,
    /// One row a size, method and group, at the finest level.
    pub tables: Vec<TableRow>,
    /// Calibration of the estimator by class of areas, all groups together.
    pub by_class: Vec<ClassRow>,
    /// PIT histogram in twenty parts, all groups together.
    pub pit: Vec<f64>,
    /// Predicted beside actual, at most 2,000 points of the first repetition, chosen by seed.
    pub scatter: Vec<PointRow>,
    /// One sentence.
    pub words: Words,
}

/// How good a method was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TableRow {
    /// Answers of the canvass.
    pub answers: u32,
    /// One of [`super::METHODS`].
    pub method: String,
    /// A group, or "mean" of the groups.
    pub group: String,
    /// Mean absolute error in points, weighted by electors.
    pub mae: f64,
    /// CRPS in points, weighted by electors.
    pub crps: f64,
    /// Part of the electors whose area's 90 % interval held the result; absent for a method without intervals.
    pub coverage: Option<f64>,
    /// Campaigns simulated.
    pub repetitions: u32,
    /// Standard errors of the mean's MAE and CRPS, from their spread over the campaigns; absent for a single group and
    /// for a single campaign.
    #[serde(default)]
    pub standard_errors: Option<[f64; 2]>,
}

/// Calibration of a class of areas.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassRow {
    /// Answers of the canvass.
    pub answers: u32,
    /// "tree" or "icar".
    pub method: String,
    /// "size:0-299" (electors), "visited", "not visited", or "level:" and its name.
    pub class: String,
    /// Areas of the class, on average over the repetitions.
    pub areas: usize,
    /// CRPS in points.
    pub crps: f64,
    /// Part of the electors whose area's 90 % interval held.
    pub coverage: f64,
    /// PIT histogram in ten parts.
    pub pit: Vec<f64>,
}

/// An area's figure beside what came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PointRow {
    /// Name of the level.
    pub level: String,
    /// Code of the area.
    pub code: String,
    /// The group.
    pub group: String,
    /// Predicted mean share.
    pub predicted: f64,
    /// 5th percentile.
    pub low: f64,
    /// 95th percentile.
    pub high: f64,
    /// The result.
    pub actual: f64,
    /// Electors.
    pub electors: f64,
}

/// A sentence in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// French.
    pub fr: String,
    /// English.
    pub en: String,
}

/// Names of the groups, in the order of the model's.
const GROUP_NAMES: [&str; GROUPS] = ["abstainers", "undecided", "favourable", "opposed"];
/// Lower ends of the size classes, in electors.
const SIZES: [(f64, &str); 5] = [
    (10_000.0, "size:10000-"),
    (3_000.0, "size:3000-9999"),
    (1_000.0, "size:1000-2999"),
    (300.0, "size:300-999"),
    (0.0, "size:0-299"),
];
/// Most points of the scatter.
const POINTS: usize = 2_000;
/// Part of the areas in which the error of the sentence was exceeded.
const ONE_IN: f64 = 0.1;

/// Scores as they come.
pub(super) struct Report<'a> {
    case: &'a Case<'a>,
    plan: &'a Plan,
    /// By answers, method and group.
    scores: BTreeMap<(u32, &'static str, usize), Score>,
    /// By answers, method and class.
    classes: BTreeMap<(u32, &'static str, String), Score>,
    /// By answers and method, mean MAE and CRPS of the groups in every campaign.
    campaigns: BTreeMap<(u32, &'static str), Vec<[f64; 2]>>,
    /// Of the method and size that the sentence is about.
    points: Vec<(usize, Judged)>,
    errors: Vec<f64>,
}

impl<'a> Report<'a> {
    pub fn new(case: &'a Case<'a>, plan: &'a Plan) -> Self {
        let (scores, classes, campaigns) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { case, plan, scores, classes, campaigns, points: vec![], errors: vec![] }
    }

    /// The method of the headline.
    fn method(&self) -> &'static str {
        if self.case.evidence.neighbours.is_empty() { "tree" } else { "icar" }
    }

    /// Scores one forecast.
    pub fn add(&mut self, answers: u32, method: &'static str, campaign: &Campaign, draws: &[Draw]) {
        let finest = self.case.levels.len() - 1;
        let is_headline = method == self.method() && Some(&answers) == self.plan.answers.iter().max();
        let is_first = is_headline && self.points.is_empty();
        let levels = if matches!(method, "tree" | "icar") { 0 } else { finest };
        for level in levels..=finest {
            let judged = judge(self.case, draws, level);
            if is_first {
                self.points.extend(judged.iter().map(|judged| (level, *judged)));
            }
            for one in &judged {
                if levels == 0 {
                    let name = format!("level:{}", self.case.levels[level]);
                    self.classes.entry((answers, method, name)).or_default().add(one);
                }
                if level == finest {
                    self.scores.entry((answers, method, one.group)).or_default().add(one);
                }
            }
            if level == finest {
                self.campaigns.entry((answers, method)).or_default().push(group_mean(&judged));
            }
            if level == finest && levels == 0 {
                self.classify(answers, method, campaign, &judged);
            }
            if level == finest && is_headline {
                self.errors.extend(judged.iter().filter(|one| one.group == 2).map(Judged::error));
            }
        }
    }

    fn classify(&mut self, answers: u32, method: &'static str, campaign: &Campaign, judged: &[Judged]) {
        let members = self.case.members(self.case.levels.len() - 1);
        for one in judged {
            let size = SIZES.iter().find(|(least, _)| one.weight >= *least).map_or("size:0-299", |(_, name)| name);
            let visited = members[one.area].iter().any(|leaf| campaign.visited.binary_search(leaf).is_ok());
            for class in [size, if visited { "visited" } else { "not visited" }] {
                self.classes.entry((answers, method, class.to_owned())).or_default().add(one);
            }
        }
    }

    /// The whole back-test.
    pub fn finish(self) -> Evaluation {
        let (method, most) = (self.method(), self.plan.answers.iter().copied().max().unwrap_or(0));
        let mut pit = vec![0.0; PIT_PARTS];
        let groups = self.case.judged_groups();
        for group in groups {
            let own = self.scores.get(&(most, method, *group)).map(|score| score.pit(PIT_PARTS));
            pit.iter_mut().zip(own.into_iter().flatten()).for_each(|(sum, part)| *sum += part / groups.len() as f64);
        }
        let [from, to] = self.case.names.clone();
        let words = words(&from, &to, most, self.errors.clone());
        Evaluation {
            seed: self.plan.seed,
            noise: self.plan.law,
            answers: self.plan.answers.clone(),
            method: method.to_owned(),
            tables: self.tables(),
            by_class: self.by_class(),
            pit,
            scatter: self.scatter(),
            words,
            from,
            to,
        }
    }

    fn tables(&self) -> Vec<TableRow> {
        let mut rows = Vec::new();
        for answers in &self.plan.answers {
            for method in super::METHODS {
                let own: Vec<(usize, &Score)> = self
                    .case
                    .judged_groups()
                    .iter()
                    .filter_map(|group| Some((*group, self.scores.get(&(*answers, method, *group))?)))
                    .collect();
                let row = |group: &str, mae: f64, crps: f64, coverage: f64| TableRow {
                    answers: *answers,
                    method: method.to_owned(),
                    group: group.to_owned(),
                    mae,
                    crps,
                    coverage: (method != "previous").then_some(coverage),
                    repetitions: self.plan.repetitions,
                    standard_errors: None,
                };
                let mean =
                    |part: fn(&Score) -> f64| own.iter().map(|(_, score)| part(score)).sum::<f64>() / own.len() as f64;
                for (group, score) in &own {
                    rows.push(row(GROUP_NAMES[*group], score.mae(), score.crps(), score.coverage()));
                }
                if !own.is_empty() {
                    let standard_errors = self.campaigns.get(&(*answers, method)).and_then(|all| standard_errors(all));
                    let row = row("mean", mean(Score::mae), mean(Score::crps), mean(Score::coverage));
                    rows.push(TableRow { standard_errors, ..row });
                }
            }
        }
        rows
    }

    fn by_class(&self) -> Vec<ClassRow> {
        let each = self.case.judged_groups().len().max(1) * self.plan.repetitions.max(1) as usize;
        let row = |((answers, method, class), score): (&(u32, &'static str, String), &Score)| ClassRow {
            answers: *answers,
            method: (*method).to_owned(),
            class: class.clone(),
            areas: score.areas().div_ceil(each),
            crps: score.crps(),
            coverage: score.coverage(),
            pit: score.pit(10),
        };
        self.classes.iter().map(row).collect()
    }

    fn scatter(&self) -> Vec<PointRow> {
        let mut dice = Dice::new(self.plan.seed);
        let mut chosen: Vec<(f64, &(usize, Judged))> =
            self.points.iter().map(|point| (dice.uniform(), point)).collect();
        chosen.sort_by(|a, b| a.0.total_cmp(&b.0));
        chosen.truncate(POINTS);
        let row = |(_, (level, judged)): (f64, &(usize, Judged))| PointRow {
            level: self.case.levels[*level].clone(),
            code: self.case.code(*level, judged.area).to_owned(),
            group: GROUP_NAMES[judged.group].to_owned(),
            predicted: judged.mean,
            low: judged.low,
            high: judged.high,
            actual: judged.actual,
            electors: judged.weight,
        };
        chosen.into_iter().map(row).collect()
    }
}

/// Mean MAE and CRPS of the groups in one campaign.
fn group_mean(judged: &[Judged]) -> [f64; 2] {
    let mut scores: [Score; GROUPS] = Default::default();
    judged.iter().for_each(|one| scores[one.group].add(one));
    let known: Vec<&Score> = scores.iter().filter(|score| score.areas() > 0).collect();
    let mean = |part: fn(&Score) -> f64| known.iter().map(|score| part(score)).sum::<f64>() / known.len().max(1) as f64;
    [mean(Score::mae), mean(Score::crps)]
}

/// Standard errors of means over campaigns; `None` of fewer than two.
fn standard_errors(campaigns: &[[f64; 2]]) -> Option<[f64; 2]> {
    let count = campaigns.len() as f64;
    let error = |part: usize| {
        let mean = campaigns.iter().map(|one| one[part]).sum::<f64>() / count;
        let square = campaigns.iter().map(|one| (one[part] - mean).powi(2)).sum::<f64>();
        (square / (count - 1.0) / count).sqrt()
    };
    (campaigns.len() > 1).then(|| [error(0), error(1)])
}

/// The error in favourable points that one area in ten exceeded, in words.
fn words(from: &str, to: &str, answers: u32, mut errors: Vec<f64>) -> Words {
    errors.sort_by(f64::total_cmp);
    let at = ((1.0 - ONE_IN) * errors.len() as f64).ceil() as usize;
    let points = 100.0 * errors.get(at.saturating_sub(1)).copied().unwrap_or(0.0);
    let english = format!("{points:.1}");
    let french = english.replace('.', ",");
    let (with_fr, with_en) = match answers {
        0 => (String::new(), String::new()),
        n => (format!(" avec {n} réponses simulées"), format!(" with {n} simulated answers")),
    };
    Words {
        fr: format!(
            "La dernière fois (de {from} à {to}{with_fr}), cette méthode s'est trompée de plus de {french} points dans une zone sur dix."
        ),
        en: format!(
            "Last time (from {from} to {to}{with_en}), this method was wrong by more than {english} points in one area out of ten."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_error_of_two_campaigns_is_half_of_what_lies_between_them() {
        let found = standard_errors(&[[1.0, 2.0], [2.0, 2.0]]).expect("two campaigns");
        assert!((found[0] - 0.5).abs() < 1e-12 && found[1] == 0.0, "{found:?}");
        assert_eq!(standard_errors(&[[1.0, 2.0]]), None);
    }

    #[test]
    fn the_sentence_names_the_error_that_one_area_in_ten_exceeds() {
        let errors: Vec<f64> = (1..=100).map(|at| f64::from(at) / 1_000.0).collect();
        let words = words("a", "b", 300, errors);
        assert!(words.en.contains("more than 9.0 points") && words.en.contains("300 simulated"), "{}", words.en);
        assert!(words.fr.contains("plus de 9,0 points"), "{}", words.fr);
        assert!(super::words("a", "b", 0, vec![]).en.contains("0.0 points"));
    }
}
