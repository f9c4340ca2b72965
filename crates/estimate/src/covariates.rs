//! Covariates of the leaves, standardised with electors as weights, in groups that share a slope scale.
//!
//! Two groups are always there: `past`, the log odds of the stages in the past election that is the offset (but of a
//! stage where all votes fell on one side, whose smoothed log odds only tell how many there were), and `density`, the log
//! of electors a km² where surfaces are known. The campaign's own groups follow.

use crate::engine::Covariates;
use crate::evidence::{Base, CovariateGroup, Evidence};
use crate::offset::StageOffset;
use crate::{STAGE_NAMES, STAGES};

/// Least surface in km² that counts for density: a building.
const LEAST_KM2: f64 = 0.01;

/// Above this, sums of squares over a million areas and a hundred million electors come near the largest `f64`.
const HUGE: f64 = 1e100;

/// Standardised covariates, and what they are called.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Design {
    /// For the engine.
    pub covariates: Covariates,
    /// Per group, its name and those of its columns.
    pub groups: Vec<(String, Vec<String>)>,
    /// Columns that are the same everywhere, and so say nothing.
    pub constant: Vec<String>,
}

/// The covariates beside an offset: `weights` are electors per leaf.
pub(crate) fn design(
    evidence: &Evidence<'_>,
    leaves: &[u32],
    offsets: &[StageOffset; STAGES],
    weights: &[f64],
) -> Design {
    let first = if evidence.of == Base::Voters { 1 } else { 0 };
    let past = (first..STAGES).filter(|stage| !offsets[*stage].one_sided).map(|stage| {
        let l = &offsets[stage].l;
        (STAGE_NAMES[stage].to_owned(), leaves.iter().map(|node| l[*node as usize]).collect())
    });
    let mut groups = vec![CovariateGroup { name: "past".to_owned(), columns: past.collect() }];
    let density = log_density(evidence, weights);
    groups.extend(density.map(|column| CovariateGroup { name: "density".to_owned(), columns: vec![column] }));
    groups.extend(evidence.covariates.iter().cloned());

    let mut constant = Vec::new();
    let (mut kept, mut names) = (Vec::new(), Vec::new());
    for CovariateGroup { name: group, columns } in groups {
        let (mut values_of_group, mut names_of_group) = (Vec::new(), Vec::new());
        for (name, values) in columns {
            match standardise(&values, weights) {
                Some(values) => {
                    values_of_group.push(values);
                    names_of_group.push(name);
                }
                None if group != "past" => constant.push(format!("{group}:{name}")),
                None => {}
            }
        }
        // A group without a column that varies has no scale to learn.
        if !values_of_group.is_empty() {
            kept.push(values_of_group);
            names.push((group, names_of_group));
        }
    }
    Design { covariates: Covariates::new(&kept), groups: names, constant }
}

/// Log of electors a km²; an area without a surface stands at the mean of the others. `None` without any surface.
pub(crate) fn log_density(evidence: &Evidence<'_>, weights: &[f64]) -> Option<(String, Vec<f64>)> {
    let density: Vec<Option<f64>> = evidence
        .area_km2
        .iter()
        .zip(weights)
        .map(|(surface, electors)| surface.map(|km2| ((electors + 1.0) / km2.max(LEAST_KM2)).ln()))
        .collect();
    let known: Vec<f64> = density.iter().flatten().copied().collect();
    let mean = known.iter().sum::<f64>() / known.len() as f64;
    (!known.is_empty())
        .then(|| ("log electors a km²".to_owned(), density.into_iter().map(|value| value.unwrap_or(mean)).collect()))
}

/// Mean 0 and sd 1 under weights (equal ones where none is above 0); `None` for a constant.
pub(crate) fn standardise(values: &[f64], weights: &[f64]) -> Option<Vec<f64>> {
    let weighted = weights.iter().any(|weight| *weight > 0.0);
    let weight = |at: usize| if weighted { weights[at] } else { 1.0 };
    let whole: f64 = (0..values.len()).map(weight).sum();
    // The square of a huge number is none: such a column is measured in units of its largest.
    let largest = values.iter().fold(0.0f64, |most, x| most.max(x.abs()));
    if largest > HUGE {
        let values: Vec<f64> = values.iter().map(|x| x / largest).collect();
        return standardise(&values, weights);
    }
    let mean = values.iter().enumerate().map(|(at, x)| weight(at) * x).sum::<f64>() / whole;
    let variance = values.iter().enumerate().map(|(at, x)| weight(at) * (x - mean).powi(2)).sum::<f64>() / whole;
    let sd = variance.sqrt();
    // Rounding leaves a constant a spread of some 1e-16 of its size.
    (sd > 1e-9 * (1.0 + mean.abs())).then(|| values.iter().map(|x| (x - mean) / sd).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_has_mean_0_and_sd_1_among_electors_and_a_constant_is_none() {
        let weights = [100.0, 300.0, 0.0, 100.0];
        let found = standardise(&[1.0, 2.0, 900.0, 5.0], &weights).expect("it varies");
        let mean: f64 = found.iter().zip(weights).map(|(x, w)| w * x).sum::<f64>() / 500.0;
        let variance: f64 = found.iter().zip(weights).map(|(x, w)| w * x * x).sum::<f64>() / 500.0;
        assert!(mean.abs() < 1e-12 && (variance - 1.0).abs() < 1e-12);
        assert_eq!(standardise(&[0.1 + 0.2; 4], &weights), None);
        assert!(standardise(&[1.0, 2.0], &[0.0, 0.0]).is_some());
        assert_eq!(standardise(&[1e300; 4], &weights), None);
        let huge = standardise(&[1e300, 2e300, 9e302, 5e300], &weights).expect("it varies");
        assert!(huge.iter().zip(&found).all(|(a, b)| (a - b).abs() < 1e-9), "{huge:?} {found:?}");
    }
}
