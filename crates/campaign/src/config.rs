//! `campaign.toml`: what people decide, kept in a file they can read.

use crate::classes::ClassesFile;
use crate::error::{CampaignError, Result};
use quartier_estimate::BIASES;
use quartier_estimate::engine::Bias;
use quartier_ingest::answers::MappingFile;
use quartier_model::{Blocs, Comparable, Level, LevelId, Levels, Measure, Reading, ReadingId};
use quartier_privacy::{LEAST_DEFAULT, LEAST_FLOOR};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// Name of the file in the campaign's folder.
pub(crate) const CAMPAIGN_FILE: &str = "campaign.toml";

/// Where mappings of answers are kept.
pub(crate) const MAPPED: &str = CAMPAIGN_FILE;

/// A language of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// French.
    #[default]
    Fr,
    /// English.
    En,
}

impl Language {
    /// `fr` or `en`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fr => "fr",
            Self::En => "en",
        }
    }
}

/// A reading as the file holds it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadingFile {
    /// The label shown; the id where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What "undecided" is called, French then English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undecided_label: Option<[String; 2]>,
    /// Election to blocs.
    #[serde(default)]
    pub blocs: BTreeMap<String, Blocs>,
}

/// How answers to one stage differ from the electorate, on the logit scale.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BiasFile {
    /// Expected bias of the whole campaign.
    pub b0: f64,
    /// Its sd, 0 or more.
    pub sb: f64,
    /// Sd of an area's bias around it, 0 or more.
    pub tau: f64,
}

/// `[answers]`: how answers differ from the electorate, by stage; the method's defaults where a stage is not named.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswersFile {
    /// Abstain, among electors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abstain: Option<BiasFile>,
    /// Undecided, among those who would vote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undecided: Option<BiasFile>,
    /// Favourable, among the decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub favourable: Option<BiasFile>,
}

/// `[privacy]`: what is too few to be shown alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrivacyFile {
    /// Electors under which areas and hexagons are pooled: at least 20. What was published once is never refined by
    /// lowering it.
    pub least_electors: u32,
}

/// `[continuity]`: what tells that an area is the same place in two elections.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContinuityFile {
    /// The level whose areas number their stations, the finest areas: where the number of stations changed, their codes
    /// name other places.
    pub stations_of: LevelId,
}

/// `campaign.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CampaignFile {
    /// The campaign's name.
    pub name: String,
    /// First language of the page.
    #[serde(default)]
    pub language: Language,
    /// Whether everything in it is invented; the page says so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub demo: bool,
    /// The day on which private data must be deleted, YYYY-MM-DD.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_date: Option<String>,
    /// Levels, coarse to fine.
    pub levels: Levels,
    /// Readings by id.
    #[serde(default)]
    pub readings: BTreeMap<ReadingId, ReadingFile>,
    /// How answers differ from the electorate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<AnswersFile>,
    /// The elections that base and reserve are counted over.
    #[serde(default, skip_serializing_if = "Comparable::is_empty")]
    pub comparable: Comparable,
    /// What tells that an area is the same place in two elections.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continuity: Option<ContinuityFile>,
    /// What is too few to be shown alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub privacy: Option<PrivacyFile>,
    /// Class edges chosen by hand, by measure.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub classes: BTreeMap<Measure, ClassesFile>,
    /// Which answers of a file of persons stand for which group, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub mappings: BTreeMap<String, MappingFile>,
}

impl CampaignFile {
    /// The level whose areas number their stations, where one is named.
    ///
    /// # Errors
    /// When it is no level above the finest.
    pub fn stations_of(&self) -> Result<Option<&LevelId>> {
        let Some(ContinuityFile { stations_of }) = &self.continuity else { return Ok(None) };
        let position = self.levels.position(stations_of.as_str())?;
        if position + 1 == self.levels.as_slice().len() {
            return Err(CampaignError::Invalid(format!(
                "{CAMPAIGN_FILE}, [continuity], `stations_of`: found `{stations_of}`, expected a level above the finest"
            )));
        }
        Ok(Some(stations_of))
    }

    /// Reads the file of a folder.
    ///
    /// # Errors
    /// When it is not there or does not say what it must; the message names the line.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(CAMPAIGN_FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(CampaignError::Invalid(format!(
                    "{} is not a campaign's folder: it holds no {CAMPAIGN_FILE}; make one with `quartier init`, or name it with `--campaign DIR`",
                    folder.display()
                )));
            }
            Err(error) => return Err(CampaignError::io(&path)(error)),
        };
        toml::from_str(&text).map_err(|error| CampaignError::Invalid(format!("{}: {error}", path.display())))
    }

    /// Writes the file aside, then renames it, so that a reader never sees half of it.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn write(&self, folder: &Path) -> Result<()> {
        let path = folder.join(CAMPAIGN_FILE);
        let aside = folder.join(format!(".{CAMPAIGN_FILE}.{}", std::process::id()));
        let text = toml::to_string_pretty(self).expect("a campaign file is plain TOML");
        let write = || -> std::io::Result<()> {
            std::fs::write(&aside, text)?;
            std::fs::File::open(&aside)?.sync_all()?;
            std::fs::rename(&aside, &path)?;
            std::fs::File::open(folder)?.sync_all()
        };
        write().map_err(CampaignError::io(&path))
    }

    /// Electors under which areas and hexagons are pooled.
    ///
    /// # Errors
    /// When the file asks for fewer than the floor.
    pub fn least_electors(&self) -> Result<u32> {
        let least = self.privacy.map_or(LEAST_DEFAULT, |privacy| privacy.least_electors);
        if least < LEAST_FLOOR {
            return Err(CampaignError::Invalid(format!(
                "{CAMPAIGN_FILE}: `[privacy] least_electors`: found {least}, expected {LEAST_FLOOR} or more"
            )));
        }
        Ok(least)
    }

    /// How answers differ from the electorate, by stage.
    pub fn biases(&self) -> [Bias; 3] {
        let answers = self.answers.unwrap_or_default();
        let mut biases = BIASES;
        for (bias, said) in biases.iter_mut().zip([answers.abstain, answers.undecided, answers.favourable]) {
            if let Some(BiasFile { b0, sb, tau }) = said {
                *bias = Bias { mean: b0, sd: sb, local_sd: tau };
            }
        }
        biases
    }

    /// The readings as the model knows them, the default one first.
    pub fn readings(&self) -> Vec<Reading> {
        let default = ReadingId::default_reading();
        let mut readings: Vec<Reading> = self
            .readings
            .iter()
            .map(|(id, reading)| Reading {
                id: id.clone(),
                label: reading.label.clone().unwrap_or_else(|| id.to_string()),
                undecided_label: reading.undecided_label.clone(),
                blocs: reading.blocs.clone(),
            })
            .collect();
        readings.sort_by_key(|reading| reading.id != default);
        readings
    }
}

/// Names for people of the levels that campaigns often have: id, French, English, all plural.
const LEVEL_LABELS: [(&str, &str, &str); 16] = [
    ("country", "Pays", "Countries"),
    ("region", "Régions", "Regions"),
    ("departement", "Départements", "Départements"),
    ("commune", "Communes", "Communes"),
    ("city", "Villes", "Cities"),
    ("arrondissement", "Arrondissements", "Arrondissements"),
    ("quartier", "Quartiers", "Quartiers"),
    ("neighbourhood", "Quartiers", "Neighbourhoods"),
    ("bureau", "Bureaux de vote", "Polling stations"),
    ("state", "États", "States"),
    ("county", "Comtés", "Counties"),
    ("municipality", "Municipalités", "Municipalities"),
    ("precinct", "Bureaux de vote", "Precincts"),
    ("district", "Districts", "Districts"),
    ("canton", "Cantons", "Cantons"),
    ("circonscription", "Circonscriptions", "Constituencies"),
];

/// Levels from ids, with names for people where the id is a common one.
///
/// # Errors
/// When an id has a wrong form, is reserved, or stands twice.
pub fn check_levels(ids: &[String]) -> Result<Levels> {
    let levels = ids
        .iter()
        .map(|id| {
            let id: LevelId = id.trim().parse()?;
            let known = LEVEL_LABELS.iter().find(|(known, ..)| *known == id.as_str());
            let (label_fr, label_en) =
                known.map_or_else(|| (id.to_string(), id.to_string()), |(_, fr, en)| ((*fr).into(), (*en).into()));
            Ok(Level { id, label_fr, label_en })
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(Levels::new(levels)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use quartier_model::ReservePair;

    #[test]
    fn a_campaign_file_is_written_and_read_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let blocs = Blocs { favourable: vec!["MACRON".into()], opposed: vec!["LE PEN".into()], ..Blocs::default() };
        let reading = ReadingFile { blocs: [("pres2017t1".to_owned(), blocs)].into(), ..ReadingFile::default() };
        let file = CampaignFile {
            name: "Paris « 2017 »".into(),
            language: Language::Fr,
            demo: false,
            end_date: None,
            levels: check_levels(&["city".into(), "bureau".into()]).expect("levels"),
            readings: [(ReadingId::default_reading(), reading)].into(),
            mappings: BTreeMap::new(),
            comparable: Comparable {
                base: vec!["pres2017t1".parse().expect("an id"), "euro2019".parse().expect("an id")],
                reserve: Some(ReservePair {
                    high: "pres2017t1".parse().expect("an id"),
                    low: "euro2019".parse().expect("an id"),
                }),
            },
            continuity: Some(ContinuityFile { stations_of: "city".parse().expect("a level") }),
            privacy: Some(PrivacyFile { least_electors: 80 }),
            answers: Some(AnswersFile {
                favourable: Some(BiasFile { b0: 0.3, sb: 0.1, tau: 0.05 }),
                ..AnswersFile::default()
            }),
            classes: [(Measure::Margin, ClassesFile { method: "fixed".into(), edges: vec![-0.1, 0.0, 0.1] })].into(),
        };
        file.write(folder.path()).expect("written");
        let read = CampaignFile::read(folder.path()).expect("read");
        assert_eq!(read, file);
        assert_eq!(read.least_electors().expect("enough"), 80);
        assert_eq!(read.stations_of().expect("a level").map(LevelId::as_str), Some("city"));
        let finest = Some(ContinuityFile { stations_of: "bureau".parse().expect("a level") });
        let error = CampaignFile { continuity: finest, ..read.clone() }.stations_of().expect_err("the finest");
        assert!(error.to_string().contains("expected a level above the finest"), "{error}");
        let few = CampaignFile { privacy: Some(PrivacyFile { least_electors: 19 }), ..read.clone() };
        assert!(few.least_electors().expect_err("too few").to_string().contains("expected 20 or more"));
        assert_eq!(read.biases()[..2], BIASES[..2]);
        assert_eq!(read.biases()[2], Bias { mean: 0.3, sd: 0.1, local_sd: 0.05 });
    }

    #[test]
    fn a_folder_without_a_campaign_is_told_what_to_do() {
        let folder = tempfile::tempdir().expect("a folder");
        let message = CampaignFile::read(folder.path()).expect_err("no file").to_string();
        assert!(message.contains("quartier init"), "{message}");
    }
}
