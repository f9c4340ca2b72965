//! The past that an estimate starts from: one election, a weighted mix, or the mix that would have told the newest
//! election best.

use super::evidence::Readings;
use crate::error::{CampaignError, Result};
use crate::places::Places;
use quartier_model::{ElectionId, ReadingId};
use std::str::FromStr;

/// Positions of elections and their weights, which add to 1.
pub(super) type Mix = Vec<(usize, f64)>;

/// What `--baseline` names.
#[derive(Debug, Clone, PartialEq)]
pub enum Baseline {
    /// Elections with weights above 0, each once.
    Mix(Vec<(ElectionId, f64)>),
    /// Weights by back-test.
    Auto,
}

impl From<ElectionId> for Baseline {
    fn from(id: ElectionId) -> Self {
        Self::Mix(vec![(id, 1.0)])
    }
}

impl FromStr for Baseline {
    type Err = CampaignError;

    /// `auto`, `ID`, or `ID=WEIGHT,ID=WEIGHT`.
    fn from_str(text: &str) -> Result<Self> {
        if text.trim() == "auto" {
            return Ok(Self::Auto);
        }
        let mut mix: Vec<(ElectionId, f64)> = Vec::new();
        for part in text.split(',').map(str::trim) {
            let (id, weight) = part.split_once('=').unwrap_or((part, "1"));
            let weight = weight.trim().parse::<f64>().ok().filter(|weight| weight.is_finite() && *weight > 0.0);
            let weight = weight.ok_or_else(|| {
                CampaignError::Invalid(format!(
                    "--baseline: found `{part}`, expected ELECTION=WEIGHT, a weight above 0"
                ))
            })?;
            let id: ElectionId = id.trim().parse()?;
            if mix.iter().any(|(known, _)| *known == id) {
                return Err(CampaignError::Invalid(format!("--baseline: `{id}` stands twice")));
            }
            mix.push((id, weight));
        }
        Ok(Self::Mix(mix))
    }
}

/// The mix that a choice means; for `auto` also a sentence that says what was found.
///
/// # Errors
/// When an election is unknown or the reading does not read it, or none is left to choose from.
pub(super) fn choose(
    readings: &Readings,
    places: &Places,
    reading: &ReadingId,
    choice: &Baseline,
) -> Result<(Mix, Option<String>)> {
    let Baseline::Mix(named) = choice else { return by_back_test(readings, places) };
    let total: f64 = named.iter().map(|(_, weight)| weight).sum();
    let mut mix = Mix::new();
    for (id, weight) in named {
        let at = readings.position(reading, id)?;
        mix.push((at, weight / total));
    }
    Ok((mix, None))
}

/// Steps of the weight of the last election but one, from 0 to 1.
const STEPS: usize = 10;

/// Weights by lag: those of the last and the last but one election that would have told the newest best are those of
/// the newest and the one before it for the next.
fn by_back_test(readings: &Readings, places: &Places) -> Result<(Mix, Option<String>)> {
    let read = readings.read();
    let name = |at: usize| readings.pasts[at].election.id.to_string();
    let (Some(newest), before) = (read.last().copied(), &read[..read.len().saturating_sub(1)]) else {
        return Err(CampaignError::Invalid(
            "--baseline auto: no election has blocs yet: run `quartier blocs ELECTION --favourable ... --opposed ...`"
                .into(),
        ));
    };
    let [.., second, first] = before else {
        let why =
            format!("Baseline: {}, because fewer than three elections have blocs to back-test a mix on.", name(newest));
        return Ok((vec![(newest, 1.0)], Some(why)));
    };
    let truth = readings.past(places, newest, 1.0);
    let error = |step: usize| -> Option<f64> {
        let weight = step as f64 / STEPS as f64;
        let mix: Vec<_> = [(*first, 1.0 - weight), (*second, weight)]
            .into_iter()
            .filter(|(_, weight)| *weight > 0.0)
            .filter_map(|(at, weight)| readings.past(places, at, weight))
            .collect();
        Some(quartier_estimate::swing_error(&places.tree, &mix, truth.as_ref()?))
    };
    let errors: Vec<f64> = (0..=STEPS).filter_map(error).collect();
    let best = (0..errors.len()).min_by(|a, b| errors[*a].total_cmp(&errors[*b])).unwrap_or(0);
    let weight = best as f64 / STEPS as f64;
    let why = format!(
        "Baseline by back-test: {:.0} % {} and {:.0} % {}; such a mix of {} and {} misses {} by {:.2} points after a uniform swing ({:.2} with {} alone).",
        100.0 * (1.0 - weight),
        name(newest),
        100.0 * weight,
        name(*first),
        name(*first),
        name(*second),
        name(newest),
        100.0 * errors.get(best).copied().unwrap_or(0.0),
        100.0 * errors.first().copied().unwrap_or(0.0),
        name(*first),
    );
    let mix = [(newest, 1.0 - weight), (*first, weight)].into_iter().filter(|(_, weight)| *weight > 0.0).collect();
    Ok((mix, Some(why)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_baseline_is_an_election_a_mix_or_auto() {
        let id = |text: &str| text.parse::<ElectionId>().expect("an id");
        assert_eq!("auto".parse::<Baseline>().expect("auto"), Baseline::Auto);
        assert_eq!("a".parse::<Baseline>().expect("one"), Baseline::from(id("a")));
        let mix = Baseline::Mix(vec![(id("a"), 0.5), (id("b"), 1.5)]);
        assert_eq!("a=.5, b=1.5".parse::<Baseline>().expect("a mix"), mix);
        for (text, found) in [("a=0", "a=0"), ("a=x,b=1", "a=x"), ("a,a", "twice"), ("a=-1", "a=-1"), ("", "")] {
            let message = text.parse::<Baseline>().expect_err("refused").to_string();
            assert!(message.contains(found), "{message}");
        }
    }
}
