//! Counts that were moved from the areas in which they were counted to those of the campaign.

use serde::{Deserialize, Serialize};

/// How the counts of an election came to the campaign's areas from those of another geography.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// The file of the areas in which they were counted.
    pub areas: String,
    /// Its SHA-256.
    pub sha256: String,
    /// Of its areas that have a result, those that lie in one area of the campaign, so that nothing was divided.
    pub whole: usize,
    /// Those whose counts were divided by where people live.
    pub by_people: usize,
    /// Those divided by surface, for want of people.
    pub by_surface: usize,
    /// Valid votes of all of them.
    pub votes: u64,
    /// Of these, the valid votes of areas that were divided.
    pub cut: u64,
    /// Valid votes that lie in no area of the campaign.
    pub outside: u64,
    /// Pairs of neighbours on which the error of a division was measured, by people and by surface; under twenty, it is
    /// assumed.
    pub pairs: [usize; 2],
}

/// Pairs of neighbours, at least, on which the error of a division is measured.
pub const LEAST_PAIRS: usize = 20;

/// By what counts were divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransferMethod {
    /// Nothing was divided: every area lies in one of the campaign's.
    Whole,
    /// Where people live.
    People,
    /// Surface.
    Surface,
    /// Some by people, some by surface.
    Both,
}

impl TransferMethod {
    /// As it stands in answers and files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::People => "people",
            Self::Surface => "surface",
            Self::Both => "people_and_surface",
        }
    }
}

impl Transfer {
    /// By what the counts were divided.
    pub fn method(&self) -> TransferMethod {
        match (self.by_people, self.by_surface) {
            (0, 0) => TransferMethod::Whole,
            (_, 0) => TransferMethod::People,
            (0, _) => TransferMethod::Surface,
            _ => TransferMethod::Both,
        }
    }

    /// Whether the error of every division was measured on the file itself; else some of it is assumed.
    pub fn is_measured(&self) -> bool {
        let used = [self.by_people, self.by_surface].into_iter().zip(self.pairs);
        used.into_iter().all(|(divided, pairs)| divided == 0 || pairs >= LEAST_PAIRS)
    }

    /// Share of the valid votes that come from areas that were divided.
    pub fn cut_share(&self) -> f64 {
        if self.votes == 0 { 0.0 } else { self.cut as f64 / self.votes as f64 }
    }

    /// One sentence for people, in French and in English.
    pub fn sentence(&self) -> [String; 2] {
        let percent = 100.0 * self.cut_share();
        let (fr, en) = match self.method() {
            TransferMethod::Whole => ("sans rien diviser", "without dividing anything"),
            TransferMethod::People => ("selon où vivent les gens", "by where people live"),
            TransferMethod::Surface => ("selon la surface", "by surface"),
            TransferMethod::Both => (
                "selon où vivent les gens, et selon la surface là où on l’ignore",
                "by where people live, and by surface where that is not known",
            ),
        };
        let areas = &self.areas;
        [
            format!(
                "Comptés dans d’autres zones ({areas}), puis ramenés à celles-ci {fr}\u{a0}; {percent:.0}\u{a0}% des suffrages viennent de zones divisées."
            ),
            format!(
                "Counted in other areas ({areas}) and moved to these {en}; {percent:.0}% of the valid votes come from areas that were divided."
            ),
        ]
    }
}

/// What moving may have got wrong at one area: standard errors, in people. Times 1.645 they are half of a 90 % interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TransferError {
    /// Valid votes here that come out of areas that were divided.
    pub cut: f64,
    /// Of the registered; `None` without a register.
    pub registered: Option<f64>,
    /// Of the voters.
    pub voters: f64,
    /// Of the valid votes.
    pub valid: f64,
    /// Of each list, in the order of the election.
    pub votes: Vec<f64>,
}

impl TransferError {
    /// Adds the error of other counts of the same place, independent of these.
    pub fn add(&mut self, other: &Self) {
        let both = |a: f64, b: f64| a.hypot(b);
        self.cut += other.cut;
        self.registered = self.registered.zip(other.registered).map(|(a, b)| both(a, b));
        self.voters = both(self.voters, other.voters);
        self.valid = both(self.valid, other.valid);
        for (own, more) in self.votes.iter_mut().zip(&other.votes) {
            *own = both(*own, *more);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_method_and_the_share_that_was_cut_are_said() {
        let mut transfer = Transfer {
            areas: "bureaux-2014.geojson".into(),
            sha256: String::new(),
            whole: 5,
            by_people: 0,
            by_surface: 0,
            votes: 200,
            cut: 0,
            outside: 0,
            pairs: [0; 2],
        };
        assert_eq!((transfer.method(), transfer.cut_share()), (TransferMethod::Whole, 0.0));
        assert!(transfer.is_measured(), "nothing is divided");
        transfer.by_people = 3;
        transfer.pairs = [19, 40];
        assert!(!transfer.is_measured(), "too few pairs of people");
        transfer.pairs[0] = LEAST_PAIRS;
        assert!(transfer.is_measured());
        transfer.cut = 50;
        assert_eq!((transfer.method(), transfer.cut_share()), (TransferMethod::People, 0.25));
        let [fr, en] = transfer.sentence();
        assert!(fr.contains("selon où vivent les gens") && fr.contains("25\u{a0}%"), "{fr}");
        assert!(en.contains("by where people live; 25% of the valid votes"), "{en}");
        transfer.by_surface = 1;
        assert_eq!(transfer.method(), TransferMethod::Both);
        transfer.by_people = 0;
        assert_eq!(transfer.method(), TransferMethod::Surface);
    }

    #[test]
    fn independent_errors_add_in_squares() {
        let mut sum = TransferError { cut: 1.0, registered: Some(3.0), voters: 3.0, valid: 0.0, votes: vec![3.0] };
        let other = TransferError { cut: 2.0, registered: None, voters: 4.0, valid: 2.0, votes: vec![4.0] };
        sum.add(&other);
        assert_eq!(sum, TransferError { cut: 3.0, registered: None, voters: 5.0, valid: 2.0, votes: vec![5.0] });
    }
}
