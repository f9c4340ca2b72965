//! Class edges: fixed at the first publication, and kept until this changes them by hand.

use crate::error::{CampaignError, Result};
use crate::folder::Campaign;
use quartier_cartography::{Classes, Method, Weighted, supported_classes};
use quartier_model::{Electors, Measure};
use quartier_snapshot::{Published, Snapshot, SnapshotManifest, ValuesTable};
use serde::{Deserialize, Serialize};

/// The classes of a measure as `campaign.toml` holds them: the edges, and how they were found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassesFile {
    /// `jenks`, `quantiles`, `equal`, `pretty` or `fixed`: the edges do not move with the figures, whatever it is.
    pub method: String,
    /// Inner edges in fractions, increasing.
    pub edges: Vec<f64>,
}

/// Cuts the scale of a measure anew, from the figures of the finest level of the last estimate, else of what is
/// published; writes the edges to `campaign.toml`, from which the next publication takes them. Gives the edges.
///
/// At most six classes, and four where the figures are too wide for six. `edges` only with the method `fixed`.
///
/// # Errors
/// When the method or the edges are not lawful, there is no figure to cut, or the disk refuses.
pub fn set_classes(
    campaign: &mut Campaign,
    measure: Measure,
    method: &str,
    edges: Option<Vec<f64>>,
) -> Result<Vec<f64>> {
    let invalid = |why: String| CampaignError::Invalid(format!("classes of {measure}: {why}"));
    let rule = match (method, edges) {
        ("fixed", Some(edges)) => Method::Fixed(edges),
        ("fixed", None) => return Err(invalid("`--method fixed` needs its edges: `--edges 0.1,0.2,0.3`".into())),
        (_, Some(_)) => return Err(invalid(format!("`--edges` go with `--method fixed`, found `{method}`"))),
        ("pretty", None) => Method::Pretty,
        ("equal", None) => Method::Equal,
        ("quantiles", None) => Method::Quantiles,
        ("jenks", None) => Method::Jenks,
        (other, None) => {
            return Err(invalid(format!("found method `{other}`, expected jenks, quantiles, equal, pretty or fixed")));
        }
    };
    let classes = match &rule {
        Method::Fixed(edges) => Classes::new(edges.clone()),
        Method::Pretty | Method::Equal | Method::Quantiles | Method::Jenks => {
            let (values, half_widths) = figures(campaign, measure)?;
            supported_classes(&values, &half_widths, &rule, measure.info().signed)
        }
    };
    let edges = classes.map_err(|error| invalid(error.to_string()))?.edges().to_vec();
    let entry = ClassesFile { method: method.to_owned(), edges: edges.clone() };
    campaign.change_file(|file| drop(file.classes.insert(measure, entry)))?;
    Ok(edges)
}

/// Puts the edges that people chose in the place of those of earlier publications.
///
/// # Errors
/// When `campaign.toml` has edges that are not increasing, or too many.
pub(crate) fn checked_classes(campaign: &Campaign) -> Result<Vec<(Measure, Vec<f64>)>> {
    let chosen = campaign.file().classes.iter().map(|(measure, own)| {
        let classes = Classes::new(own.edges.clone());
        let classes =
            classes.map_err(|error| CampaignError::Invalid(format!("campaign.toml: [classes.{measure}]: {error}")))?;
        Ok((*measure, classes.edges().to_vec()))
    });
    chosen.collect()
}

/// Edges of a publication: those of the one before, then those that people chose.
pub(crate) fn keep_edges(
    manifest: &mut SnapshotManifest,
    earlier: Option<&SnapshotManifest>,
    chosen: Vec<(Measure, Vec<f64>)>,
) {
    manifest.edges.extend(earlier.into_iter().flat_map(|own| own.edges.clone()));
    manifest.edges.extend(chosen);
}

/// The figures of the finest level that has some, and half of their spreads, weighted by electors.
fn figures(campaign: &Campaign, measure: Measure) -> Result<(Vec<Weighted>, Vec<Weighted>)> {
    let candidate = campaign.candidate();
    if candidate.is_dir() {
        return Ok(weighted(&Snapshot::open_candidate(&candidate, &campaign.published())?, measure));
    }
    match Published::open(&campaign.published())?.current() {
        Some(snapshot) => Ok(weighted(snapshot, measure)),
        None => Err(CampaignError::Invalid("there are no figures to cut: run `quartier estimate` first".into())),
    }
}

fn weighted(snapshot: &Snapshot, measure: Measure) -> (Vec<Weighted>, Vec<Weighted>) {
    let of = |values: &ValuesTable| -> Vec<(Weighted, Weighted)> {
        let rows = 0..values.rows();
        rows.filter_map(|row| {
            let (figure, Electors::Known(electors)) = (values.figure(measure, row)?, values.electors(row)) else {
                return None;
            };
            let weigh = |value: f64| Weighted { value, weight: f64::from(electors) };
            Some((weigh(f64::from(figure.value) / 1000.0), weigh(f64::from(figure.spread) / 2000.0)))
        })
        .collect()
    };
    let levels = snapshot.levels().iter().rev().map(|level| of(&level.values));
    levels.into_iter().find(|level| !level.is_empty()).unwrap_or_default().into_iter().unzip()
}
