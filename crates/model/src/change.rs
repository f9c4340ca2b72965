//! Change: an estimate of now against an exact share of the past.

use crate::election::Counts;
use crate::estimate::Thousandths;
use crate::measure::{Label, Measure};
use crate::profile::Group;
use crate::reading::StageCounts;

/// An exact share of the past: so many of so many.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PastShare {
    /// People counted; negative for a margin that was lost. Whole, unless a bloc weighs.
    pub count: f64,
    /// Of how many; above 0.
    pub of: f64,
}

impl PastShare {
    /// A measure of a past election here. `of_voters`: shares are of those who voted, whatever the register.
    ///
    /// `None` where nobody is counted, the election has no register and one is needed, or the measure is none that a
    /// count of the past has (the potentials, and change itself).
    pub fn of(counts: &StageCounts, measure: Measure, of_voters: bool) -> Option<Self> {
        let group = |group: Group| counts.groups[group.index()];
        let voters = group(Group::Undecided) + group(Group::Favourable) + group(Group::Opposed);
        let of = match (of_voters, counts.has_registered) {
            (true, _) => voters,
            (false, true) => voters + group(Group::Abstainers),
            (false, false) => return None,
        };
        let count = match measure {
            Measure::Favourable => group(Group::Favourable),
            Measure::Undecided => group(Group::Undecided),
            Measure::Opposed => group(Group::Opposed),
            Measure::Margin => group(Group::Favourable) - group(Group::Opposed),
            Measure::Abstainers if !of_voters => group(Group::Abstainers),
            Measure::Turnout if !of_voters => voters,
            Measure::Abstainers | Measure::Turnout => return None,
            Measure::Persuasion | Measure::Mobilisation | Measure::Change => return None,
        };
        (of > 0.0).then_some(Self { count, of })
    }

    /// The share, -1 to 1.
    pub fn share(self) -> f64 {
        self.count / self.of
    }

    /// A published figure less this share, rounded once to thousandths.
    ///
    /// An exact share moves every draw alike, so the ends of the interval move with the value and its spread stays.
    pub fn to(self, figure: Thousandths) -> Thousandths {
        (f64::from(figure) - 1000.0 * self.share()).round() as Thousandths
    }
}

/// A list that would have had so many votes here had it done as in the whole campaign, and has none, did not stand.
/// A Poisson count of mean 10 is 0 once in 22,000 times.
pub const EXPECTED_VOTES: f64 = 10.0;

/// Whether no list of a bloc stood where `counts` were counted. Files leave out the lists that did not stand, so their
/// votes are 0: that is no candidate where the bloc's share of `whole`'s valid votes would have given
/// [`EXPECTED_VOTES`] or more. `weights`: the bloc's, a list each.
///
/// Where people voted and no vote is valid the ballot was annulled, which says as little of the bloc; votes are then
/// expected of all who voted.
pub fn did_not_stand(counts: &Counts, whole: &Counts, weights: &[f64]) -> bool {
    let votes = |counts: &Counts| -> u64 {
        counts.votes.iter().zip(weights).filter(|(_, weight)| **weight > 0.0).map(|(votes, _)| *votes).sum()
    };
    let share = votes(whole) as f64 / whole.valid.max(1) as f64;
    let of = if counts.valid > 0 { counts.valid } else { counts.voters };
    votes(counts) == 0 && share * of as f64 >= EXPECTED_VOTES
}

/// Whether a change has a direction: its interval does not hold 0.
pub fn is_clear(low: Thousandths, high: Thousandths) -> bool {
    low > 0 || high < 0
}

/// What the change of a measure is called, and one sentence that a volunteer understands; `None` where a past election
/// has no such measure.
pub fn change_words(measure: Measure) -> Option<(Label, Label)> {
    let words = |fr, en, sentence_fr, sentence_en| Some((Label { fr, en }, Label { fr: sentence_fr, en: sentence_en }));
    match measure {
        Measure::Favourable => words(
            "Évolution des favorables",
            "Change in favourable",
            "De combien nous avons progressé ou reculé, en points d’inscrits.",
            "By how much we have gained or lost, in points of electors.",
        ),
        Measure::Undecided => words(
            "Évolution des indécis",
            "Change in undecided",
            "De combien ceux qui ne sont ni pour nous ni pour l’adversaire sont plus ou moins nombreux, en points d’inscrits.",
            "By how much those who are neither for us nor for the opponent have grown or shrunk, in points of electors.",
        ),
        Measure::Opposed => words(
            "Évolution des défavorables",
            "Change in opposed",
            "De combien l’adversaire désigné a progressé ou reculé, en points d’inscrits.",
            "By how much the named opponent has gained or lost, in points of electors.",
        ),
        Measure::Abstainers => words(
            "Évolution de l’abstention",
            "Change in abstainers",
            "De combien l’abstention a monté ou baissé, en points d’inscrits.",
            "By how much abstention has risen or fallen, in points of electors.",
        ),
        Measure::Turnout => words(
            "Évolution de la participation",
            "Change in turnout",
            "De combien la participation a monté ou baissé, en points d’inscrits.",
            "By how much turnout has risen or fallen, in points of electors.",
        ),
        Measure::Margin => words(
            "Évolution de l’écart",
            "Change in margin",
            "De combien notre avance s’est creusée ou réduite, en points d’inscrits.",
            "By how much our lead has grown or shrunk, in points of electors.",
        ),
        Measure::Persuasion | Measure::Mobilisation | Measure::Change => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(groups: [f64; 4], has_registered: bool) -> StageCounts {
        StageCounts { groups, has_registered }
    }

    #[test]
    fn a_share_of_the_past_is_exact_and_of_what_the_campaign_counts() {
        let past = counts([40.0, 10.0, 30.0, 20.0], true);
        let share = |measure, of_voters| PastShare::of(&past, measure, of_voters).map(PastShare::share);
        assert_eq!(share(Measure::Favourable, false), Some(0.3));
        assert_eq!(share(Measure::Favourable, true), Some(0.5));
        assert_eq!(share(Measure::Turnout, false), Some(0.6));
        assert_eq!(share(Measure::Turnout, true), None);
        assert_eq!(share(Measure::Margin, false), Some(0.1));
        assert_eq!(share(Measure::Mobilisation, false), None);
        let unregistered = counts([0.0, 10.0, 30.0, 20.0], false);
        assert_eq!(PastShare::of(&unregistered, Measure::Favourable, false), None);
        assert_eq!(PastShare::of(&counts([0.0; 4], true), Measure::Favourable, false), None);
    }

    #[test]
    fn no_votes_are_no_candidate_only_where_some_were_expected() {
        let counts = |votes: [u64; 2]| Counts { valid: votes.iter().sum(), votes: votes.into(), ..Counts::default() };
        let (whole, ours) = (counts([200, 800]), [1.0, 0.0]);
        assert!(did_not_stand(&counts([0, 50]), &whole, &ours));
        assert!(!did_not_stand(&counts([0, 49]), &whole, &ours), "9.8 votes were expected");
        assert!(!did_not_stand(&counts([1, 500]), &whole, &ours));
        assert!(!did_not_stand(&counts([0, 500]), &counts([0, 800]), &ours), "nobody anywhere");
        let annulled = |voters| Counts { voters, ..counts([0, 0]) };
        assert!(did_not_stand(&annulled(50), &whole, &ours) && !did_not_stand(&annulled(49), &whole, &ours));
    }

    #[test]
    fn a_change_is_the_published_figure_less_the_exact_share() {
        let third = PastShare { count: 1.0, of: 3.0 };
        assert_eq!([250, 333, 334, 400].map(|figure| third.to(figure)), [-83, 0, 1, 67]);
        assert!(is_clear(1, 9) && is_clear(-9, -1));
        assert!(!is_clear(0, 9) && !is_clear(-9, 0) && !is_clear(-1, 1));
    }

    #[test]
    fn every_measure_of_the_past_has_words_for_its_change() {
        let past = counts([40.0, 10.0, 30.0, 20.0], true);
        for measure in Measure::ALL {
            assert_eq!(change_words(measure).is_some(), PastShare::of(&past, measure, false).is_some(), "{measure}");
        }
    }
}
