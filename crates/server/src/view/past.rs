//! Base and reserve as JSON rows, of the campaign, and of one area.

use super::{Words, fraction};
use quartier_export::{PastFigures, PastRow, known_electors, past_row, past_summary};
use quartier_model::{ElectionId, PastMeasure, ReadingId};
use quartier_snapshot::{Geography, Results};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// An exact measure of several past elections that this campaign has.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PastMeasureView {
    /// `base` or `reserve`.
    pub id: String,
    /// Name.
    pub label: Words,
    /// What a volunteer reads; the elections are named beside it.
    pub sentence: Words,
    /// Definition.
    pub formula: String,
    /// Whether it may be negative.
    pub signed: bool,
    /// Ids of the elections it is counted over; of a reserve the high one, then the low one.
    pub elections: Vec<String>,
    /// The election whose register its shares are of: the newest.
    pub register: String,
    /// `electors` or `voters`: what shares are of.
    pub of: String,
    /// The whole campaign, unplaced votes counted.
    pub campaign: PastFigureView,
}

/// A figure of the past: exact.
#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
pub struct PastFigureView {
    /// People; whole for a base, to a tenth for a reserve; `null` without a figure.
    pub people: Option<f64>,
    /// Share of the register, fraction.
    pub share: Option<f64>,
    /// For a base, the election that has it.
    pub from: Option<String>,
    /// Why there is no figure; `null` where there is one.
    pub no_figure: Option<String>,
}

/// A figure of one area.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AreaPastView {
    /// The figure.
    #[serde(flatten)]
    pub figure: PastFigureView,
    /// Whether part of the area has no result of one of the elections.
    pub partly_counted: bool,
    /// Ids of the elections it is counted over; of a reserve the high one, then the low one.
    pub elections: Vec<String>,
}

/// A measure of the past, area by area.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = AcrossView)]
pub struct PastView {
    /// `base` or `reserve`.
    pub measure: String,
    /// Name.
    pub label: Words,
    /// What a volunteer reads.
    pub sentence: Words,
    /// Ids of the elections it is counted over; of a reserve the high one, then the low one.
    pub elections: Vec<String>,
    /// The election whose register its shares are of: the newest.
    pub register: String,
    /// Hash of the geography.
    pub geography: String,
    /// The level.
    pub level: String,
    /// `electors` or `voters`: what shares are of.
    pub of: String,
    /// The whole campaign, unplaced votes counted.
    pub campaign: PastFigureView,
    /// Areas of the whole level without a figure, by reason: `no_result`, `no_candidate`, `no_electors`, `no_figure`.
    pub missing: BTreeMap<String, usize>,
    /// Areas that fit, on all pages.
    pub total: usize,
    /// In the order of codes, or the one asked for. They do not add up to the campaign: each level is of its own counts.
    pub areas: Vec<PastArea>,
    /// Give it back as `cursor` for the next page; `null` on the last.
    pub next_cursor: Option<String>,
}

/// The figure of a row.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PastArea {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// The register that the share is of; `null` without a result.
    pub electors: Option<u32>,
    /// The figure.
    #[serde(flatten)]
    pub figure: PastFigureView,
    /// Whether part of the area has no result of one of the elections.
    pub partly_counted: bool,
}

impl PastFigureView {
    fn of(row: &PastRow, elections: &[ElectionId]) -> Self {
        match row {
            Err(why) => Self { no_figure: Some(why.as_str().to_owned()), ..Self::default() },
            Ok(own) => Self {
                // To the nearest tenth of a person, never minus zero; a base is whole.
                people: Some((own.people * 10.0).round() / 10.0 + 0.0),
                share: Some(fraction(own.share)),
                from: own.from.and_then(|at| elections.get(at)).map(ToString::to_string),
                no_figure: None,
            },
        }
    }
}

/// The measures of the past whose elections the campaign names and a reading reads.
pub fn measures(geography: &Geography, results: &Results, reading: &ReadingId) -> Vec<PastMeasureView> {
    let view = |measure: PastMeasure| {
        let own = past_summary(geography, results, measure, reading)?;
        let (label, sentence) = (measure.label(), measure.sentence());
        Some(PastMeasureView {
            id: measure.id().to_owned(),
            label: Words::of(label.fr, label.en),
            sentence: Words::of(sentence.fr, sentence.en),
            formula: measure.formula().to_owned(),
            signed: measure.signed(),
            register: own.of.to_string(),
            of: own.base.as_str().to_owned(),
            campaign: PastFigureView::of(&own.campaign, &own.elections),
            elections: own.elections.iter().map(ToString::to_string).collect(),
        })
    };
    PastMeasure::ALL.into_iter().filter_map(view).collect()
}

/// The figures of one area, by measure.
pub fn of_area(
    geography: &Geography,
    results: &Results,
    reading: &ReadingId,
    place: (usize, usize),
) -> BTreeMap<String, AreaPastView> {
    let view = |measure: PastMeasure| {
        let (row, partly_counted) = past_row(geography, results, measure, reading, place)?;
        let elections = results.manifest().comparable.elections(measure);
        let figure = PastFigureView::of(&row, &elections);
        let elections = elections.iter().map(ToString::to_string).collect();
        Some((measure.id().to_owned(), AreaPastView { figure, partly_counted, elections }))
    };
    PastMeasure::ALL.into_iter().filter_map(view).collect()
}

impl PastView {
    /// The rows of a page, of `total` that fit.
    pub fn of(figures: &PastFigures, total: usize, rows: &[usize], next_cursor: Option<String>) -> Self {
        let level = figures.geography.at(figures.level);
        let area = |row: &usize| {
            let level = level?;
            Some(PastArea {
                code: level.code(*row)?.to_owned(),
                name: level.name(*row)?.to_owned(),
                electors: known_electors(&figures.electors, *row),
                figure: PastFigureView::of(figures.rows.get(*row)?, &figures.elections),
                partly_counted: figures.is_partial(*row),
            })
        };
        let (label, sentence) = (figures.measure.label(), figures.measure.sentence());
        let missing = figures.missing().into_iter().map(|(why, count)| (why.as_str().to_owned(), count));
        Self {
            measure: figures.measure.id().to_owned(),
            label: Words::of(label.fr, label.en),
            sentence: Words::of(sentence.fr, sentence.en),
            elections: figures.elections.iter().map(ToString::to_string).collect(),
            register: figures.of.to_string(),
            geography: figures.geography.hash().to_owned(),
            level: figures.level_id().to_owned(),
            of: figures.base.as_str().to_owned(),
            campaign: PastFigureView::of(&figures.campaign, &figures.elections),
            missing: missing.collect(),
            total,
            areas: rows.iter().filter_map(area).collect(),
            next_cursor,
        }
    }
}
