//! A comparison as JSON rows.

use super::{Words, fraction};
use quartier_export::{ChangedRow, Comparison};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What changed, area by area.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CompareView {
    /// `change` from an election to a snapshot, `revision` between snapshots, `difference` of two elections.
    pub compare: String,
    /// The earlier side: an election's id or a snapshot's number.
    pub from: String,
    /// The later side.
    pub to: String,
    /// The measure whose change it is.
    pub measure: String,
    /// What the change is called.
    pub label: Words,
    /// What a volunteer reads.
    pub sentence: Words,
    /// Hash of the geography.
    pub geography: String,
    /// The level.
    pub level: String,
    /// `electors` or `voters`: what shares are of.
    pub of: String,
    /// The whole campaign.
    pub campaign: ChangeView,
    /// Half-width, in points, of the shift common to the whole map.
    pub common_points: f64,
    /// Inner class edges in fractions, breaking at 0; the same at every level.
    pub edges: Vec<f64>,
    /// Areas of the whole level whose change is clear.
    pub clear: usize,
    /// Areas of the whole level without a figure, by reason: `no_electors`, `no_result`, `no_candidate`, `not_there`,
    /// `no_figure`.
    pub missing: BTreeMap<String, usize>,
    /// Areas of the whole level by whether they are the same place at both ends: `stable`, `doubtful`, `redrawn`; empty
    /// where no election is compared.
    pub continuity: BTreeMap<String, usize>,
    /// The elections compared whose counts were moved to these areas from others.
    pub moved: Vec<String>,
    /// Areas that fit, on all pages.
    pub total: usize,
    /// In the order of codes, or the one asked for.
    pub areas: Vec<ChangedArea>,
    /// Give it back as `cursor` for the next page; `null` on the last.
    pub next_cursor: Option<String>,
}

/// A change: fractions, and people.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, ToSchema)]
pub struct ChangeView {
    /// Later less earlier; `null` without a figure.
    pub value: Option<f64>,
    /// 5th percentile.
    pub low: Option<f64>,
    /// 95th percentile.
    pub high: Option<f64>,
    /// Whether the interval does not hold 0.
    pub clear: Option<bool>,
    /// People of now less people of then; it moves with the register too.
    pub people: Option<f64>,
    /// The 5th percentile of the people.
    pub people_low: Option<f64>,
    /// The 95th.
    pub people_high: Option<f64>,
}

impl ChangeView {
    /// A row as it is sent.
    pub fn of(row: &ChangedRow) -> Self {
        let Ok(own) = row else { return Self::default() };
        // f32 to the nearest tenth of a person, never minus zero.
        let people = own.people.map(|own| own.map(|people| (f64::from(people) * 10.0).round() / 10.0 + 0.0));
        Self {
            value: Some(fraction(own.value)),
            low: Some(fraction(own.low)),
            high: Some(fraction(own.high)),
            clear: Some(own.is_clear()),
            people: people.map(|own| own[0]),
            people_low: people.map(|own| own[1]),
            people_high: people.map(|own| own[2]),
        }
    }
}

/// The change of an area.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ChangedArea {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// The change.
    #[serde(flatten)]
    pub change: ChangeView,
    /// Whether part of the area has no result in the election.
    pub partly_counted: bool,
    /// Why there is no figure; `null` where there is one.
    pub no_figure: Option<String>,
    /// Whether it is the same place at both ends: `stable`, `doubtful` or `redrawn`; `null` where it cannot be told.
    pub continuity: Option<String>,
    /// The area above whose change is shown, `level:code` or `campaign`, where this one is not the same place; else `null`.
    pub read_at: Option<String>,
}

impl CompareView {
    /// The rows of a page, of `total` that fit.
    pub fn of(comparison: &Comparison, total: usize, rows: &[usize], next_cursor: Option<String>) -> Self {
        let label = comparison.words.0;
        let [fr, en] = comparison.sentence();
        let level = comparison.geography.at(comparison.level);
        let area = |row: &usize| {
            let (level, own) = (level?, comparison.rows.get(*row)?);
            Some(ChangedArea {
                code: level.code(*row)?.to_owned(),
                name: level.name(*row)?.to_owned(),
                change: ChangeView::of(own),
                partly_counted: comparison.is_partial(*row),
                no_figure: own.err().map(|why| why.as_str().to_owned()),
                continuity: comparison.class(*row).map(|class| class.as_str().to_owned()),
                read_at: comparison.read_at(*row),
            })
        };
        let classes = comparison.classes().into_iter();
        let missing = comparison.missing().into_iter().map(|(why, count)| (why.as_str().to_owned(), count));
        Self {
            compare: comparison.kind.as_str().to_owned(),
            from: comparison.from.clone(),
            to: comparison.to.clone(),
            measure: comparison.measure.id().to_owned(),
            label: Words::of(label.fr, label.en),
            sentence: Words { fr, en },
            geography: comparison.geography.hash().to_owned(),
            level: comparison.level_id().to_owned(),
            of: comparison.of.as_str().to_owned(),
            campaign: ChangeView::of(&comparison.campaign),
            common_points: comparison.common_points,
            edges: comparison.edges.clone(),
            clear: comparison.clear(),
            missing: missing.collect(),
            continuity: classes.map(|(class, areas)| (class.as_str().to_owned(), areas)).collect(),
            moved: comparison.moved.clone(),
            total,
            areas: rows.iter().filter_map(area).collect(),
            next_cursor,
        }
    }
}
