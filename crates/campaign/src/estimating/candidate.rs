//! The candidate: a complete directory beside the store, which `publish` makes public.

use super::EstimateOptions;
use crate::error::Result;
use crate::folder::{CANDIDATE, Campaign};
use crate::places::Places;
use quartier_cartography::{Weighted, default_classes};
use quartier_estimate::{Base, Figures, Posterior};
use quartier_model::{ElectionId, Electors, ElectorsSource, LevelTable, MISSING, Measure};
use quartier_snapshot::{
    CampaignFigure, DrawsContent, EvidenceRecord, Geography, Of, PlacedAnswers, Results, SnapshotContent,
    SnapshotLevelContent, SnapshotManifest, UNKNOWN_ELECTORS, write_candidate,
};
use std::collections::BTreeMap;
use time::OffsetDateTime;

/// What a candidate says of itself beside its figures.
pub(super) struct About<'a> {
    pub options: &'a EstimateOptions,
    /// The election of the baseline that weighs most.
    pub baseline: &'a ElectionId,
    pub of: Base,
    pub imports: &'a [quartier_store::Import],
    /// Whether polls or answers are newer than the baseline.
    pub newer_than_baseline: bool,
    /// Per node, where its number of electors comes from.
    pub sources: &'a [ElectorsSource],
    /// The answers that are shown.
    pub answers: &'a PlacedAnswers,
}

/// Writes the candidate.
///
/// # Errors
/// When the disk refuses.
pub(super) fn write(
    campaign: &Campaign,
    places: &Places,
    (geography, results): (&Geography, &Results),
    about: &About<'_>,
    electors: &[Electors],
    posterior: &Posterior,
    (figures, hexes, grouped): (&Figures, &LevelTable, &[LevelTable]),
) -> Result<()> {
    let known: Vec<u32> = electors.iter().map(|n| n.known().unwrap_or(UNKNOWN_ELECTORS)).collect();
    let leaf_places: Vec<(u8, u32)> = places
        .tree
        .leaves()
        .filter_map(|leaf| places.tree.place(leaf).map(|(level, row)| (level as u8, row as u32)))
        .collect();
    let most = grouped.iter().chain([hexes]).map(LevelTable::rows).max().unwrap_or(0);
    let sums = vec![ElectorsSource::Children; most];
    let content = SnapshotContent {
        manifest: manifest(campaign, about, figures, &posterior.card),
        levels: figures
            .levels
            .iter()
            .enumerate()
            .map(|(level, table)| {
                let range = places.tree.level(level);
                SnapshotLevelContent { table, sources: &about.sources[range.start as usize..range.end as usize] }
            })
            .chain(grouped.iter().map(|table| of_sums(table, &sums)))
            .collect(),
        hexes: geography.ground().map(|_| of_sums(hexes, &sums)),
        draws: DrawsContent {
            leaves: &leaf_places,
            electors: &known,
            draws: quartier_model::DRAWS,
            values: &posterior.draws,
        },
        answers: about.answers.clone(),
    };
    write_candidate(campaign.folder(), CANDIDATE, geography, results, &content)?;
    Ok(())
}

/// Figures of sets of electors, whose number is a sum.
fn of_sums<'a>(table: &'a LevelTable, sums: &'a [ElectorsSource]) -> SnapshotLevelContent<'a> {
    SnapshotLevelContent { table, sources: &sums[..table.rows()] }
}

/// The credits that the imports name, each once.
pub(super) fn attribution(imports: &[quartier_store::Import]) -> Vec<String> {
    let mut credits: Vec<String> = Vec::new();
    for credit in imports.iter().filter_map(|import| import.arguments.get("credit")?.as_str()) {
        if !credits.iter().any(|known| known == credit) {
            credits.push(credit.to_owned());
        }
    }
    credits
}

/// Electors of the campaign; `None` where unknown.
pub(super) fn total(campaign: &LevelTable) -> Option<u64> {
    campaign.electors.first().copied().filter(|count| *count != UNKNOWN_ELECTORS).map(u64::from)
}

fn manifest(
    campaign: &Campaign,
    about: &About<'_>,
    figures: &Figures,
    card: &quartier_estimate::ModelCard,
) -> SnapshotManifest {
    let file = campaign.file();
    let figure = |measure: Measure| {
        let values = figures.campaign.measure(measure);
        (values.value[0] != MISSING).then(|| CampaignFigure {
            value: values.value[0],
            low: values.low[0],
            high: values.high[0],
            people: values.people.first().copied().map(f64::from),
            people_interval: values
                .people_low
                .first()
                .zip(values.people_high.first())
                .map(|(a, b)| [*a, *b].map(f64::from)),
        })
    };
    SnapshotManifest {
        format: quartier_snapshot::FORMAT,
        number: 0,
        published_at: OffsetDateTime::now_utc(),
        name: file.name.clone(),
        language: file.language.as_str().to_owned(),
        demo: file.demo,
        end_date: file.end_date.clone(),
        of: match about.of {
            Base::Electors => Of::Electors,
            Base::Voters => Of::Voters,
        },
        reading: about.options.reading.clone(),
        readings: file.readings(),
        baseline: about.baseline.clone(),
        geography: String::new(),
        geography_blake3: String::new(),
        results: String::new(),
        results_blake3: String::new(),
        seed: about.options.seed,
        method: quartier_estimate::METHOD.to_owned(),
        evidence: about
            .imports
            .iter()
            .map(|import| EvidenceRecord {
                kind: import.kind.as_str().to_owned(),
                file: import.file.clone(),
                sha256: import.sha256.clone(),
                at: import.at,
                account: import.account.clone(),
            })
            .collect(),
        model_card: serde_json::to_value(card).unwrap_or_default(),
        privacy: String::new(),
        edges: edges(figures),
        campaign: Measure::ALL.into_iter().filter_map(|measure| Some((measure, figure(measure)?))).collect(),
        electors: total(&figures.campaign),
        common_points: figures.common_points,
        newer_than_baseline: about.newer_than_baseline,
        files: BTreeMap::default(),
    }
}

/// Class edges of each measure, from the finest level that has figures.
fn edges(figures: &Figures) -> BTreeMap<Measure, Vec<f64>> {
    let mut edges = BTreeMap::new();
    for measure in Measure::ALL {
        let table =
            figures.levels.iter().rev().find(|table| table.measure(measure).value.iter().any(|v| *v != MISSING));
        let Some(table) = table else { continue };
        let values = table.measure(measure);
        let weigh = |column: &[i16], scale: f64| -> Vec<Weighted> {
            column
                .iter()
                .zip(&table.electors)
                .filter(|(value, electors)| **value != MISSING && **electors != UNKNOWN_ELECTORS)
                .map(|(value, electors)| Weighted { value: f64::from(*value) * scale, weight: f64::from(*electors) })
                .collect()
        };
        let classes =
            default_classes(&weigh(&values.value, 1e-3), &weigh(&values.spread, 0.5e-3), measure.info().signed);
        if let Ok(classes) = classes {
            edges.insert(measure, classes.edges().to_vec());
        }
    }
    edges
}
