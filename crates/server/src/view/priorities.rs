//! Priorities: where an hour of doors is worth most.

use super::{Range, Words};
use quartier_snapshot::GeographyLevel;
use quartier_targeting::{Effects, Figure, Mixture, PRESETS, Preset, Priorities, Priority, RelativeOf};
use serde::Serialize;
use utoipa::ToSchema;

/// A ranking.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PrioritiesView {
    /// The effects behind this ranking.
    pub preset: PresetView,
    /// All presets, the default first.
    pub presets: Vec<PresetView>,
    /// Areas ranked.
    pub total: usize,
    /// Best first.
    pub priorities: Vec<PriorityView>,
    /// `net_votes` or `potentials`: what `relative` compares.
    pub relative_of: String,
    /// Whether the interval of net votes per door holds 0.
    pub zero_inside: bool,
    /// What that means, with its source.
    pub sentence: Words,
}

/// Effects with their source.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PresetView {
    /// Id; `custom` where an effect was given.
    pub id: String,
    /// Name.
    pub label: Words,
    /// Where the figures come from.
    pub source: String,
    /// Persuasion, in points: one law, or two in even halves.
    pub delta_p: Vec<Law>,
    /// Mobilisation, likewise.
    pub delta_m: Vec<Law>,
}

/// A normal law, in points.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct Law {
    /// Mean.
    pub mean: f64,
    /// Standard deviation.
    pub sd: f64,
}

/// One area of the ranking.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PriorityView {
    /// From 1; tied areas share the first's.
    pub rank: u32,
    /// Whether it cannot be told from the area before.
    pub tied: bool,
    /// Its level.
    pub level: String,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Electors.
    pub electors: Option<u32>,
    /// Doors.
    pub doors: f64,
    /// Hours of one pass.
    pub hours: f64,
    /// Per hour, relative to doors at random.
    pub relative: Range,
    /// Doors that open in one pass.
    pub conversations: f64,
    /// Of one pass.
    pub net_votes: Range,
    /// Of a hundred hours.
    pub net_votes_per_100h: Range,
    /// Probability to be among the best k.
    pub probability_in_top_k: f64,
}

impl PresetView {
    /// A preset as it stands.
    pub fn of(preset: &Preset) -> Self {
        Self::with(preset.id, Words::of(preset.label_fr, preset.label_en), preset.source, &preset.effects())
    }

    /// Effects that the caller gave.
    pub fn custom(effects: &Effects) -> Self {
        Self::with("custom", Words::of("Vos effets", "Your effects"), "", effects)
    }

    fn with(id: &str, label: Words, source: &str, effects: &Effects) -> Self {
        let laws = |mixture: &Mixture| mixture.0.iter().map(|law| Law { mean: law.mean, sd: law.sd }).collect();
        Self {
            id: id.to_owned(),
            label,
            source: source.to_owned(),
            delta_p: laws(&effects.delta_p),
            delta_m: laws(&effects.delta_m),
        }
    }
}

impl PrioritiesView {
    /// The first `limit` areas of a ranking of some rows of a level.
    pub fn of(ranking: &Priorities, level: &GeographyLevel, rows: &[usize], preset: PresetView, limit: usize) -> Self {
        let [fr, en] = &ranking.sentence;
        Self {
            preset,
            presets: PRESETS.iter().map(PresetView::of).collect(),
            total: ranking.areas.len(),
            priorities: ranking.areas.iter().take(limit).filter_map(|own| priority(own, level, rows)).collect(),
            relative_of: match ranking.relative_of {
                RelativeOf::NetVotes => "net_votes".to_owned(),
                RelativeOf::Potentials => "potentials".to_owned(),
            },
            zero_inside: ranking.zero_inside,
            sentence: Words::of(fr, en),
        }
    }
}

fn priority(own: &Priority, level: &GeographyLevel, rows: &[usize]) -> Option<PriorityView> {
    let row = *rows.get(own.row as usize)?;
    Some(PriorityView {
        rank: own.rank,
        tied: own.tied,
        level: level.level.id.to_string(),
        code: level.code(row)?.to_owned(),
        name: level.name(row)?.to_owned(),
        electors: level.electors(row).known(),
        doors: rounded(own.doors, 1.0),
        hours: rounded(own.hours, 10.0),
        relative: range(own.relative, 1000.0),
        conversations: rounded(own.conversations, 1.0),
        net_votes: range(own.net_votes, 100.0),
        net_votes_per_100h: range(own.net_votes_per_100h, 100.0),
        probability_in_top_k: rounded(own.probability_in_top_k, 1000.0),
    })
}

fn range(figure: Figure, parts: f64) -> Range {
    let [value, low, high] = [figure.value, figure.low, figure.high].map(|number| rounded(number, parts));
    Range { value, low, high }
}

/// To the nearest of so many parts of one; never minus zero.
fn rounded(number: f64, parts: f64) -> f64 {
    (number * parts).round() / parts + 0.0
}
