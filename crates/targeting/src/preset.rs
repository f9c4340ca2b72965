//! Effect sizes with their sources. The page must let people check the papers' own figures before they quote them.

use serde::{Deserialize, Serialize};

/// A normal law of an effect, in points of contacted people.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Normal {
    /// Mean, points.
    pub mean: f64,
    /// Standard deviation, points, at least 0.
    pub sd: f64,
}

/// An even mixture of one or two laws: two where studies disagree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mixture(pub Vec<Normal>);

impl Mixture {
    /// One law.
    pub fn one(mean: f64, sd: f64) -> Self {
        Self(vec![Normal { mean, sd }])
    }

    /// Half one law, half the other.
    pub fn two(first: (f64, f64), second: (f64, f64)) -> Self {
        Self(vec![Normal { mean: first.0, sd: first.1 }, Normal { mean: second.0, sd: second.1 }])
    }

    /// Mean, points; 0 without a law.
    pub fn mean(&self) -> f64 {
        self.0.iter().map(|law| law.mean).sum::<f64>() / self.0.len().max(1) as f64
    }

    /// One value, from a uniform number that chooses the law and a standard normal one.
    pub fn at(&self, uniform: f64, z: f64) -> f64 {
        let chosen = ((uniform * self.0.len() as f64) as usize).min(self.0.len().saturating_sub(1));
        self.0.get(chosen).map_or(0.0, |law| law.mean + law.sd * z)
    }
}

/// The two effects, in points: of favourable share among contacted voters, and of turnout among contacted electors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Effects {
    /// Persuasion.
    pub delta_p: Mixture,
    /// Mobilisation.
    pub delta_m: Mixture,
}

/// A named choice of effects.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Preset {
    /// Id in addresses.
    pub id: &'static str,
    /// French label.
    pub label_fr: &'static str,
    /// English label.
    pub label_en: &'static str,
    /// Where the figures come from.
    pub source: &'static str,
    /// Persuasion: `(mean, sd)` of one law or of two even halves.
    pub delta_p: &'static [(f64, f64)],
    /// Mobilisation, likewise.
    pub delta_m: &'static [(f64, f64)],
}

/// The presets; the first is the default and takes no side.
pub const PRESETS: [Preset; 5] = [
    Preset {
        id: "disagree",
        label_fr: "Les études divergent",
        label_en: "Studies disagree",
        source: "Pons 2018; Bhatti et al. 2016; Kalla & Broockman 2018; Green, McGrath, Aronow 2013",
        delta_p: &[(0.0, 0.5), (4.5, 2.0)],
        delta_m: &[(0.0, 0.3), (0.8, 0.6)],
    },
    Preset {
        id: "france-2012",
        label_fr: "France 2012, expérience de terrain",
        label_en: "France 2012, field experiment",
        source: "Pons 2018",
        delta_p: &[(4.5, 2.0)],
        delta_m: &[(0.0, 0.3)],
    },
    Preset {
        id: "europe-turnout",
        label_fr: "Europe, participation seule",
        label_en: "Europe, turnout only",
        source: "Bhatti, Dahlgaard, Hansen, Hansen 2016",
        delta_p: &[(0.0, 0.5)],
        delta_m: &[(0.8, 0.6)],
    },
    Preset {
        id: "us-general",
        label_fr: "États-Unis, élection générale",
        label_en: "United States, general election",
        source: "Kalla & Broockman 2018; Green, McGrath, Aronow 2013",
        delta_p: &[(0.0, 0.5)],
        delta_m: &[(2.5, 0.4)],
    },
    Preset {
        id: "nothing",
        label_fr: "Rien ne marche",
        label_en: "Nothing works",
        source: "to see what remains",
        delta_p: &[(0.0, 0.0)],
        delta_m: &[(0.0, 0.0)],
    },
];

/// The preset of an id.
pub fn preset(id: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.id == id)
}

impl Preset {
    /// The effects of the preset.
    pub fn effects(&self) -> Effects {
        let mixture =
            |laws: &[(f64, f64)]| Mixture(laws.iter().map(|(mean, sd)| Normal { mean: *mean, sd: *sd }).collect());
        Effects { delta_p: mixture(self.delta_p), delta_m: mixture(self.delta_m) }
    }
}
