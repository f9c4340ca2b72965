//! Whether an area is the same place in two elections: a code that stands in both need not be.
//!
//! Four signs, all public: whether both elections have a result here, how much of its ground its outlines of both years
//! share, how many stations the commune around it had, and how far its register moved beside the commune's. Where both
//! outlines are known the ground decides; else the others do.

use crate::{Counts, Label};
use serde::{Deserialize, Serialize};

/// A register that moved further than this beside its commune's did not do so by people coming and going: from 2014 to
/// 2017 the registers of 99 in 100 French communes of one station and 400 electors or more, whose ground is the commune,
/// moved by less than .14 (9,574 communes of `fr-results-2014-2019`); from 2017 to 2019 by less than .11.
const MOVED: f64 = 0.15;

/// Twice that: ground must have changed hands, whatever the number of stations.
const MOVED_FAR: f64 = 2.0 * MOVED;

/// Outlines that share less than this of the ground that either holds are not one place drawn twice. A choice: two
/// drawings of one border differ by a few hundredths.
const SAME_GROUND: f64 = 0.9;

/// Outlines that share less than this are of two places.
const PART_GROUND: f64 = 0.6;

/// Whether an area is the same place in two elections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Continuity {
    /// The signs agree that it is.
    Stable,
    /// One sign says that it may not be.
    Doubtful,
    /// It is another place, or was not there.
    Redrawn,
}

impl Continuity {
    /// As it stands in answers and files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::Doubtful => "doubtful",
            Self::Redrawn => "redrawn",
        }
    }

    /// Its number in a column; 0 is for areas that are not judged.
    pub fn number(self) -> u8 {
        match self {
            Self::Stable => 1,
            Self::Doubtful => 2,
            Self::Redrawn => 3,
        }
    }

    /// One word for people, and one sentence.
    pub fn words(self) -> (Label, Label) {
        match self {
            Self::Stable => (
                Label { fr: "stable", en: "stable" },
                Label {
                    fr: "Le même lieu aux deux dates, autant que les chiffres publics le disent.",
                    en: "The same place at both dates, as far as public figures tell.",
                },
            ),
            Self::Doubtful => (
                Label { fr: "incertaine", en: "doubtful" },
                Label {
                    fr: "Peut-être pas le même lieu aux deux dates\u{a0}: l’évolution est celle de la zone qui l’entoure.",
                    en: "Perhaps not the same place at both dates: the change is that of the area around it.",
                },
            ),
            Self::Redrawn => (
                Label { fr: "redécoupée", en: "redrawn" },
                Label {
                    fr: "Pas le même lieu aux deux dates\u{a0}: l’évolution est celle de la zone qui l’entoure.",
                    en: "Not the same place at both dates: the change is that of the area around it.",
                },
            ),
        }
    }
}

/// What both elections say of an area and of its commune.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// Its own counts.
    pub here: [Option<&'a Counts>; 2],
    /// Those of the commune.
    pub around: [Option<&'a Counts>; 2],
    /// Stations of the commune; the same number where areas are not numbered in one.
    pub stations: [usize; 2],
    /// The ground that its outlines of both years share, of all that either holds; `None`: one is not known.
    pub shared: Option<f64>,
}

impl Seen<'_> {
    /// How far the register moved beside the commune's; `None` where one of the four is not known or nobody.
    pub fn moved(&self) -> Option<f64> {
        let registered = |counts: Option<&Counts>| counts?.registered.filter(|n| *n > 0).map(|n| n as f64);
        let ratio = |[then, now]: [Option<&Counts>; 2]| Some(registered(now)? / registered(then)?);
        Some(ratio(self.here)? / ratio(self.around)? - 1.0)
    }

    /// The class and why; `None` where neither election has a result.
    pub fn class(&self) -> Option<(Continuity, String)> {
        use Continuity::{Doubtful, Redrawn, Stable};
        let [then, now] = self.stations;
        let ground = |shared: f64| format!("its outlines of both years share {:.0} % of their ground", 100.0 * shared);
        let renumbered = format!("its commune went from {then} to {now} stations");
        Some(match (self.here, self.moved()) {
            ([None, None], _) => return None,
            ([None, Some(_)], _) => (Redrawn, "no result in the earlier election".into()),
            ([Some(_), None], _) => (Redrawn, "no result in the later election".into()),
            _ if self.shared.is_some_and(|shared| shared >= SAME_GROUND) => (Stable, String::new()),
            _ if let Some(shared) = self.shared => {
                (if shared >= PART_GROUND { Doubtful } else { Redrawn }, ground(shared))
            }
            // The ground of the only station is its commune.
            _ if [then, now] == [1, 1] => (Stable, String::new()),
            (_, None) => (Doubtful, "its register is not known in both elections".into()),
            (_, Some(moved)) => {
                let by = format!("its register moved by {:+.0} % beside its commune's", 100.0 * moved);
                match (then == now, moved.abs()) {
                    (true, far) if far <= MOVED => (Stable, String::new()),
                    (true, far) if far <= MOVED_FAR => (Doubtful, by),
                    (false, far) if far <= MOVED => (Doubtful, renumbered),
                    (true, _) => (Redrawn, by),
                    (false, _) => (Redrawn, format!("{renumbered}, and {by}")),
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(registered: u64) -> Counts {
        Counts { registered: Some(registered), voters: registered / 2, ..Counts::default() }
    }

    fn class(here: [Option<u64>; 2], around: [u64; 2], stations: [usize; 2]) -> Option<Continuity> {
        let here = here.map(|registered| registered.map(counts));
        let around = around.map(counts);
        let seen = seen(&here, &around, stations);
        seen.class().map(|(class, _)| class)
    }

    fn seen<'a>(here: &'a [Option<Counts>; 2], around: &'a [Counts; 2], stations: [usize; 2]) -> Seen<'a> {
        let [then, now] = here;
        Seen {
            here: [then.as_ref(), now.as_ref()],
            around: [Some(&around[0]), Some(&around[1])],
            stations,
            shared: None,
        }
    }

    #[test]
    fn where_both_outlines_are_known_the_ground_decides() {
        use Continuity::{Doubtful, Redrawn, Stable};
        let (here, around) = ([1000, 1400].map(|n| Some(counts(n))), [10_000, 10_000].map(counts));
        for (shared, expected) in [(1.0, Stable), (0.9, Stable), (0.75, Doubtful), (0.3, Redrawn), (0.0, Redrawn)] {
            let seen = Seen { shared: Some(shared), ..seen(&here, &around, [10, 11]) };
            let (class, why) = seen.class().expect("a class");
            assert_eq!(class, expected, "{shared}");
            assert_eq!(why.is_empty(), class == Stable, "{why}");
        }
        let gone = [Some(counts(1000)), None];
        let seen = Seen { shared: Some(1.0), ..seen(&gone, &around, [10, 11]) };
        assert_eq!(seen.class().map(|(class, _)| class), Some(Redrawn), "no result is no result");
    }

    #[test]
    fn a_station_is_judged_by_its_number_and_by_its_register_beside_the_communes() {
        use Continuity::{Doubtful, Redrawn, Stable};
        for (here, around, stations, expected) in [
            ([Some(1000), Some(1100)], [10_000, 11_000], [10, 10], Some(Stable)),
            // The commune grew by a fifth, and the station with it.
            ([Some(1000), Some(1200)], [10_000, 12_000], [10, 10], Some(Stable)),
            ([Some(1000), Some(1200)], [10_000, 10_000], [10, 10], Some(Doubtful)),
            ([Some(1000), Some(1400)], [10_000, 10_000], [10, 10], Some(Redrawn)),
            ([Some(1000), Some(1000)], [10_000, 10_000], [10, 11], Some(Doubtful)),
            ([Some(1000), Some(700)], [10_000, 10_000], [10, 11], Some(Redrawn)),
            // The only station has the ground of its commune.
            ([Some(300), Some(500)], [300, 500], [1, 1], Some(Stable)),
            ([None, Some(800)], [10_000, 10_000], [10, 11], Some(Redrawn)),
            ([Some(800), None], [10_000, 10_000], [11, 10], Some(Redrawn)),
            ([Some(0), Some(800)], [10_000, 10_000], [10, 10], Some(Doubtful)),
            ([None, None], [10_000, 10_000], [10, 10], None),
        ] {
            assert_eq!(class(here, around, stations), expected, "{here:?} {around:?} {stations:?}");
        }
    }
}
