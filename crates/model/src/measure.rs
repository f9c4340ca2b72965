//! Measures: the one table that feeds API, tiles, exports, legend and docs.

use crate::error::ModelError;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How reachable the opposed are beside the undecided, in `persuasion`: w of the method's section on potentials.
/// A choice of this product (no unit, 0 to 1), which the page states.
pub const W_OPPOSED: f64 = 0.25;

/// A named function of the profile (and of the draws).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Share favourable.
    Favourable,
    /// Share undecided.
    Undecided,
    /// Share opposed.
    Opposed,
    /// Share that does not vote.
    Abstainers,
    /// 1 - abstainers.
    Turnout,
    /// Favourable - opposed.
    Margin,
    /// Undecided + w opposed: whom a conversation may win.
    Persuasion,
    /// Abstainers × the share of them who lean favourable: whom a reminder may bring.
    Mobilisation,
    /// Favourable now - favourable in the baseline election, an exact count.
    Change,
}

/// In what a measure is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A share of electors, 0 to 1.
    Share,
    /// A signed difference of two shares, -1 to 1, shown in points.
    Points,
}

/// A text in the two languages of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Label {
    /// French.
    pub fr: &'static str,
    /// English.
    pub en: &'static str,
}

impl Label {
    /// French, then English, as they are said where shares are of voters: there is no register there, so nobody is called
    /// an elector.
    pub fn of_voters(self) -> [String; 2] {
        let said = |text: &str, words: &[[&str; 2]]| {
            words.iter().fold(text.to_owned(), |text, [elector, voter]| text.replace(elector, voter))
        };
        [
            said(self.fr, &[["d’inscrits", "de votants"], ["inscrits", "votants"], ["Inscrits", "Votants"]]),
            said(self.en, &[["electors", "voters"], ["Electors", "Voters"]]),
        ]
    }
}

/// One row of [`MEASURES`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MeasureInfo {
    /// The measure; its name is the property in tiles, exports and the API.
    #[serde(rename = "id")]
    pub measure: Measure,
    /// The unit.
    pub unit: Unit,
    /// Least value it may take.
    pub least: f64,
    /// Greatest value it may take.
    pub greatest: f64,
    /// Whether it has a sign and a scale centred on 0.
    pub signed: bool,
    /// Whether people of two areas may be added (share × electors).
    pub additive: bool,
    /// The name shown.
    pub label: Label,
    /// A short name for narrow places.
    pub short: Label,
    /// The definition, in plain text.
    pub formula: &'static str,
    /// One sentence that a volunteer understands.
    pub sentence: Label,
    /// Whom its people are, to be read after their number: "≈ 190 abstainers who would lean our way". `None` where people
    /// are a difference of two counts, which nobody is.
    pub whom: Option<Label>,
}

/// The measures in the order of tables, tiles and exports.
pub const MEASURES: [MeasureInfo; Measure::COUNT] = [
    MeasureInfo {
        measure: Measure::Favourable,
        unit: Unit::Share,
        least: 0.0,
        greatest: 1.0,
        signed: false,
        additive: true,
        label: Label { fr: "Favorables", en: "Favourable" },
        short: Label { fr: "Fav.", en: "Fav." },
        formula: "(1 - p1) (1 - p2) p3",
        sentence: Label { fr: "Les inscrits qui voteraient pour nous.", en: "Electors who would vote for us." },
        whom: Some(Label { fr: "inscrits qui voteraient pour nous", en: "electors who would vote for us" }),
    },
    MeasureInfo {
        measure: Measure::Undecided,
        unit: Unit::Share,
        least: 0.0,
        greatest: 1.0,
        signed: false,
        additive: true,
        label: Label { fr: "Indécis", en: "Undecided" },
        short: Label { fr: "Ind.", en: "Und." },
        formula: "(1 - p1) p2",
        sentence: Label {
            fr: "Les inscrits qui voteraient, mais ni pour nous ni pour l’adversaire désigné.",
            en: "Electors who would vote, neither for us nor for the named opponent.",
        },
        whom: Some(Label {
            fr: "inscrits qui voteraient, mais pour aucun des deux côtés",
            en: "electors who would vote, for neither side",
        }),
    },
    MeasureInfo {
        measure: Measure::Opposed,
        unit: Unit::Share,
        least: 0.0,
        greatest: 1.0,
        signed: false,
        additive: true,
        label: Label { fr: "Défavorables", en: "Opposed" },
        short: Label { fr: "Déf.", en: "Opp." },
        formula: "(1 - p1) (1 - p2) (1 - p3)",
        sentence: Label {
            fr: "Les inscrits qui voteraient pour l’adversaire désigné.",
            en: "Electors who would vote for the named opponent.",
        },
        whom: Some(Label { fr: "inscrits qui voteraient contre nous", en: "electors who would vote against us" }),
    },
    MeasureInfo {
        measure: Measure::Abstainers,
        unit: Unit::Share,
        least: 0.0,
        greatest: 1.0,
        signed: false,
        additive: true,
        label: Label { fr: "Abstentionnistes", en: "Abstainers" },
        short: Label { fr: "Abst.", en: "Abst." },
        formula: "p1",
        sentence: Label { fr: "Les inscrits qui ne voteraient pas.", en: "Electors who would not vote." },
        whom: Some(Label { fr: "inscrits qui ne voteraient pas", en: "electors who would not vote" }),
    },
    MeasureInfo {
        measure: Measure::Turnout,
        unit: Unit::Share,
        least: 0.0,
        greatest: 1.0,
        signed: false,
        additive: true,
        label: Label { fr: "Participation", en: "Turnout" },
        short: Label { fr: "Part.", en: "Turn." },
        formula: "1 - abstainers",
        sentence: Label { fr: "Les inscrits qui voteraient.", en: "Electors who would vote." },
        whom: Some(Label { fr: "inscrits qui voteraient", en: "electors who would vote" }),
    },
    MeasureInfo {
        measure: Measure::Margin,
        unit: Unit::Points,
        least: -1.0,
        greatest: 1.0,
        signed: true,
        additive: true,
        label: Label { fr: "Écart favorables − défavorables", en: "Margin: favourable − opposed" },
        short: Label { fr: "Écart", en: "Margin" },
        formula: "favourable - opposed",
        sentence: Label {
            fr: "De combien les favorables devancent les défavorables, en points d’inscrits.",
            en: "By how much the favourable lead the opposed, in points of electors.",
        },
        whom: None,
    },
    MeasureInfo {
        measure: Measure::Persuasion,
        unit: Unit::Share,
        least: 0.0,
        greatest: 1.0,
        signed: false,
        additive: true,
        label: Label { fr: "À convaincre", en: "Persuasion" },
        short: Label { fr: "Conv.", en: "Pers." },
        formula: "undecided + 0.25 opposed",
        sentence: Label {
            fr: "Les inscrits qu’une conversation peut gagner : les indécis, et un quart des défavorables.",
            en: "Electors whom a conversation may win: the undecided, and a quarter of the opposed.",
        },
        whom: Some(Label {
            fr: "inscrits qu’une conversation peut gagner",
            en: "electors whom a conversation may win",
        }),
    },
    MeasureInfo {
        measure: Measure::Mobilisation,
        unit: Unit::Share,
        least: 0.0,
        greatest: 1.0,
        signed: false,
        additive: true,
        label: Label { fr: "À mobiliser", en: "Mobilisation" },
        short: Label { fr: "Mob.", en: "Mob." },
        formula: "abstainers x f_a, f_a = logit^-1(logit(favourable / turnout) + N(0, 0.3))",
        sentence: Label {
            fr: "Les abstentionnistes qui pencheraient pour nous.",
            en: "Abstainers who would lean our way.",
        },
        whom: Some(Label {
            fr: "abstentionnistes qui pencheraient pour nous",
            en: "abstainers who would lean our way",
        }),
    },
    MeasureInfo {
        measure: Measure::Change,
        unit: Unit::Points,
        least: -1.0,
        greatest: 1.0,
        signed: true,
        additive: true,
        label: Label { fr: "Évolution des favorables", en: "Change in favourable" },
        short: Label { fr: "Évol.", en: "Chg." },
        formula: "favourable - favourable votes / electors of the baseline election here, both exact; low and high moved alike",
        sentence: Label {
            fr: "De combien nous avons progressé ou reculé depuis l’élection de départ, en points d’inscrits.",
            en: "By how much we have gained or lost since the baseline election, in points of electors.",
        },
        whom: None,
    },
];

impl Measure {
    /// How many there are.
    pub const COUNT: usize = 9;

    /// All, in the order of [`MEASURES`].
    pub const ALL: [Self; Self::COUNT] = [
        Self::Favourable,
        Self::Undecided,
        Self::Opposed,
        Self::Abstainers,
        Self::Turnout,
        Self::Margin,
        Self::Persuasion,
        Self::Mobilisation,
        Self::Change,
    ];

    /// The position in [`MEASURES`].
    pub fn index(self) -> usize {
        match self {
            Self::Favourable => 0,
            Self::Undecided => 1,
            Self::Opposed => 2,
            Self::Abstainers => 3,
            Self::Turnout => 4,
            Self::Margin => 5,
            Self::Persuasion => 6,
            Self::Mobilisation => 7,
            Self::Change => 8,
        }
    }

    /// The row of [`MEASURES`].
    pub fn info(self) -> &'static MeasureInfo {
        &MEASURES[self.index()]
    }

    /// The id: the property's name in tiles, exports and the API.
    pub fn id(self) -> &'static str {
        match self {
            Self::Favourable => "favourable",
            Self::Undecided => "undecided",
            Self::Opposed => "opposed",
            Self::Abstainers => "abstainers",
            Self::Turnout => "turnout",
            Self::Margin => "margin",
            Self::Persuasion => "persuasion",
            Self::Mobilisation => "mobilisation",
            Self::Change => "change",
        }
    }

    /// Whether the measure needs a register: where shares are of voters it is absent, not zero.
    pub fn needs_register(self) -> bool {
        matches!(self, Self::Abstainers | Self::Turnout | Self::Mobilisation)
    }
}

impl FromStr for Measure {
    type Err = ModelError;
    fn from_str(text: &str) -> Result<Self, ModelError> {
        Self::ALL.into_iter().find(|measure| measure.id() == text).ok_or_else(|| ModelError::Unknown {
            what: "measure",
            found: text.chars().take(60).collect(),
            known: Self::ALL.map(Self::id).join(", "),
        })
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_lists_each_measure_at_its_place() {
        for (at, measure) in Measure::ALL.into_iter().enumerate() {
            assert_eq!(measure.index(), at);
            assert_eq!(MEASURES[at].measure, measure);
            assert_eq!(measure.id().parse::<Measure>(), Ok(measure));
            assert_eq!(serde_json_name(measure), measure.id());
            let info = measure.info();
            assert!(info.least < info.greatest && info.signed == (info.least < 0.0));
            assert_eq!(info.whom.is_none(), info.signed, "people of a difference are nobody: {measure}");
        }
        assert!("winner".parse::<Measure>().is_err());
    }

    #[test]
    fn where_shares_are_of_voters_nobody_is_called_an_elector() {
        let margin = Measure::Margin.info().sentence.of_voters();
        assert!(
            margin[0].ends_with("en points de votants.") && margin[1].ends_with("in points of voters."),
            "{margin:?}"
        );
        for info in MEASURES.iter().filter(|info| !info.measure.needs_register()) {
            for [fr, en] in [Some(info.sentence), info.whom].into_iter().flatten().map(Label::of_voters) {
                assert!(!fr.to_lowercase().contains("inscrit") && !en.to_lowercase().contains("elector"), "{fr} {en}");
            }
        }
    }

    /// The serde name, without a JSON dependency: variants are snake case of their own name.
    fn serde_json_name(measure: Measure) -> String {
        format!("{measure:?}").to_lowercase()
    }
}
