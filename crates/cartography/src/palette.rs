//! Colours: `tiles/palettes.json`, read at compile time.

use crate::classes::{Certainty, MAX_CLASSES};
use quartier_model::Measure;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The palette file as it is shipped to the page.
pub const PALETTES: &str = include_str!("../../../tiles/palettes.json");

/// The ground on which a map lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// Ink on paper.
    Light,
    /// Paper on ink.
    Dark,
}

/// The colours of a value-suppressing scale: six, three, one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Palette {
    /// One colour a class, from the lowest value to the highest.
    pub precise: [String; MAX_CLASSES],
    /// One colour for each pair of classes.
    pub approximate: [String; 3],
    /// Too uncertain to tell.
    pub unsure: String,
}

impl Palette {
    /// The six colours that `count` classes take, so that light and dark stay apart and the middle of a diverging
    /// scale stays in the middle; `count` is clamped to 1..=6.
    pub fn precise_of(&self, count: usize) -> Vec<&str> {
        let picked: &[usize] = match count {
            0 | 1 => &[3],
            2 => &[1, 4],
            3 => &[0, 2, 5],
            4 => &[0, 2, 3, 5],
            5 => &[0, 1, 2, 3, 5],
            _ => &[0, 1, 2, 3, 4, 5],
        };
        picked.iter().map(|at| self.precise[*at].as_str()).collect()
    }

    /// The colour of class `class` of `count`, known so well.
    pub fn colour(&self, class: usize, count: usize, certainty: Certainty) -> &str {
        match certainty {
            Certainty::Precise => {
                let colours = self.precise_of(count);
                colours[class.min(colours.len() - 1)]
            }
            Certainty::Approximate => {
                let pairs = self.approximate_of(count);
                pairs[(class / 2).min(pairs.len() - 1)]
            }
            Certainty::Unsure => &self.unsure,
        }
    }

    /// The colours of pairs of classes: three for five or six classes, the outer two for three or four, else the middle.
    pub fn approximate_of(&self, count: usize) -> Vec<&str> {
        let picked: &[usize] = match count {
            0..=2 => &[1],
            3 | 4 => &[0, 2],
            _ => &[0, 1, 2],
        };
        picked.iter().map(|at| self.approximate[*at].as_str()).collect()
    }
}

/// The colours that are not data: grounds, inks and textures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Textures {
    /// Ground of the sea and of no data, from the interface's tokens.
    pub paper: &'static str,
    /// Land outside the campaign.
    pub land: String,
    /// Ink of the dots of "too uncertain to tell".
    pub dots: String,
    /// Ink of the hatch of pooled areas, with opacity.
    pub hatch: String,
    /// Fill of an area without electors.
    pub no_electors: String,
    /// Dashed outline of an area without electors.
    pub no_electors_outline: String,
    /// Ink of region borders and chosen areas.
    pub ink: &'static str,
    /// Ink of labels.
    pub label: &'static str,
}

#[derive(Deserialize)]
struct RawScale {
    #[serde(default)]
    colors: Vec<String>,
    #[serde(default)]
    colors_dark: Vec<String>,
    #[serde(default)]
    uncertain: Vec<Vec<String>>,
    #[serde(default)]
    uncertain_dark: Vec<Vec<String>>,
}

#[derive(Deserialize)]
struct RawFile {
    #[serde(rename = "_styles")]
    styles: RawStyles,
    #[serde(flatten)]
    scales: BTreeMap<String, RawScale>,
}

#[derive(Deserialize)]
struct Themed {
    light: String,
    dark: String,
}

impl Themed {
    fn of(&self, theme: Theme) -> String {
        match theme {
            Theme::Light => self.light.clone(),
            Theme::Dark => self.dark.clone(),
        }
    }
}

#[derive(Deserialize)]
struct RawStyles {
    too_uncertain: RawUncertain,
    no_electors: RawNoElectors,
    pooled: RawPooled,
    outside: Themed,
}

#[derive(Deserialize)]
struct RawUncertain {
    texture_ink: Themed,
}

#[derive(Deserialize)]
struct RawNoElectors {
    #[serde(flatten)]
    fill: Themed,
    outline: Themed,
}

#[derive(Deserialize)]
struct RawPooled {
    hatch: Themed,
}

static FILE: LazyLock<RawFile> =
    LazyLock::new(|| serde_json::from_str(PALETTES).expect("tiles/palettes.json has the shape that its test checks"));

/// The palette of a measure (or of a change) on a ground.
pub fn palette(measure: Measure, theme: Theme) -> Palette {
    let scale = &FILE.scales[measure.id()];
    let (colours, uncertain) = match theme {
        Theme::Light => (&scale.colors, &scale.uncertain),
        Theme::Dark => (&scale.colors_dark, &scale.uncertain_dark),
    };
    Palette {
        precise: std::array::from_fn(|at| colours[at].clone()),
        approximate: std::array::from_fn(|at| uncertain[0][at].clone()),
        unsure: uncertain[1][0].clone(),
    }
}

/// The four colours of a profile bar: favourable, undecided, opposed, abstainers.
pub fn stance(theme: Theme) -> [String; 4] {
    let scale = &FILE.scales["stance"];
    let colours = match theme {
        Theme::Light => &scale.colors,
        Theme::Dark => &scale.colors_dark,
    };
    std::array::from_fn(|at| colours[at].clone())
}

/// Grounds, inks and textures.
pub fn textures(theme: Theme) -> Textures {
    let styles = &FILE.styles;
    // Tokens of the interface; the page's style sheet has the same.
    let (paper, ink, label) = match theme {
        Theme::Light => ("#f2f0ea", "#1b262c", "#5d666b"),
        Theme::Dark => ("#12181c", "#eef1f0", "#93a0a6"),
    };
    Textures {
        paper,
        ink,
        label,
        land: styles.outside.of(theme),
        dots: styles.too_uncertain.texture_ink.of(theme),
        hatch: styles.pooled.hatch.of(theme),
        no_electors: styles.no_electors.fill.of(theme),
        no_electors_outline: styles.no_electors.outline.of(theme),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_colour(text: &str) -> bool {
        text.len() == 7 && text.starts_with('#') && text[1..].chars().all(|c| c.is_ascii_hexdigit())
    }

    #[test]
    fn every_measure_has_six_three_and_one_colours_on_both_grounds() {
        let names = Measure::ALL;
        for name in names {
            for theme in [Theme::Light, Theme::Dark] {
                let palette = palette(name, theme);
                let all = palette.precise.iter().chain(&palette.approximate).chain([&palette.unsure]);
                assert!(all.clone().all(|colour| is_colour(colour)), "{name:?} {theme:?}");
                let distinct: std::collections::BTreeSet<&String> = all.collect();
                assert_eq!(distinct.len(), 10, "{name:?} {theme:?}");
            }
        }
    }

    #[test]
    fn textures_and_stances_are_there_on_both_grounds() {
        for theme in [Theme::Light, Theme::Dark] {
            assert!(stance(theme).iter().all(|colour| is_colour(colour)));
            let textures = textures(theme);
            assert!(is_colour(&textures.land) && is_colour(&textures.dots) && is_colour(&textures.no_electors));
            assert!(textures.hatch.len() == 9);
        }
    }

    #[test]
    fn four_classes_take_the_outer_and_the_middle_colours() {
        let palette = palette(Measure::Margin, Theme::Light);
        let precise: Vec<&str> = [0, 1, 2, 3].map(|class| palette.colour(class, 4, Certainty::Precise)).to_vec();
        assert_eq!(precise, [0, 2, 3, 5].map(|at| palette.precise[at].as_str()));
        let pairs: Vec<&str> = [0, 1, 2, 3].map(|class| palette.colour(class, 4, Certainty::Approximate)).to_vec();
        assert_eq!(pairs, [0, 0, 2, 2].map(|at| palette.approximate[at].as_str()));
        assert_eq!(palette.colour(3, 4, Certainty::Unsure), palette.unsure);
    }
}
