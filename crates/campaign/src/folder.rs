//! The campaign's folder, opened.

use crate::config::{CAMPAIGN_FILE, CampaignFile, Language, check_levels};
use crate::error::{CampaignError, Result};
use quartier_store::Store;
use std::path::{Path, PathBuf};

/// Name of the candidate's directory in the campaign's folder.
pub(crate) const CANDIDATE: &str = "candidate";

/// A campaign, opened: its file and its evidence.
#[derive(Debug)]
pub struct Campaign {
    folder: PathBuf,
    file: CampaignFile,
    store: Box<dyn Store>,
}

/// What `quartier init` is told.
#[derive(Debug, Clone)]
pub struct InitOptions {
    /// The campaign's name.
    pub name: String,
    /// First language.
    pub language: Language,
    /// Levels, coarse to fine.
    pub levels: Vec<String>,
    /// YYYY-MM-DD.
    pub end_date: Option<String>,
    /// Whether everything in it is invented.
    pub demo: bool,
}

/// Makes a campaign folder with an empty store.
///
/// # Errors
/// When the folder holds a campaign already, a level is not valid, or the disk or database refuses.
pub async fn init(folder: &Path, database: Option<&str>, options: &InitOptions) -> Result<Campaign> {
    if options.name.trim().is_empty() {
        return Err(CampaignError::Invalid("the campaign's name is empty; give one with `--name`".into()));
    }
    let levels = check_levels(&options.levels)?;
    if let Some(date) = &options.end_date {
        parse_date(date)?;
    }
    if folder.join(CAMPAIGN_FILE).exists() {
        return Err(CampaignError::Invalid(format!("{} holds a campaign already", folder.display())));
    }
    std::fs::create_dir_all(folder).map_err(CampaignError::io(folder))?;
    let file = CampaignFile {
        name: options.name.trim().to_owned(),
        language: options.language,
        demo: options.demo,
        end_date: options.end_date.clone(),
        levels,
        readings: std::collections::BTreeMap::default(),
        answers: None,
        comparable: quartier_model::Comparable::default(),
        continuity: None,
        privacy: None,
        classes: std::collections::BTreeMap::default(),
        mappings: std::collections::BTreeMap::default(),
    };
    let store = quartier_store::open(folder, database, &schema_of(folder)).await?;
    file.write(folder)?;
    Ok(Campaign { folder: folder.to_owned(), file, store })
}

impl Campaign {
    /// Opens a campaign.
    ///
    /// # Errors
    /// When the folder holds none, its file is wrong, or the database cannot be reached.
    pub async fn open(folder: &Path, database: Option<&str>) -> Result<Self> {
        let file = CampaignFile::read(folder)?;
        let store = quartier_store::open(folder, database, &schema_of(folder)).await?;
        Ok(Self { folder: folder.to_owned(), file, store })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the published directories are.
    pub fn published(&self) -> PathBuf {
        self.folder.join("published")
    }

    /// Where the last estimate waits to be published.
    pub(crate) fn candidate(&self) -> PathBuf {
        self.folder.join(CANDIDATE)
    }

    /// `campaign.toml`.
    pub fn file(&self) -> &CampaignFile {
        &self.file
    }

    /// Changes `campaign.toml`.
    ///
    /// # Errors
    /// When the disk refuses; the campaign is then as before.
    pub fn change_file(&mut self, change: impl FnOnce(&mut CampaignFile)) -> Result<()> {
        let mut file = self.file.clone();
        change(&mut file);
        file.write(&self.folder)?;
        self.file = file;
        Ok(())
    }

    /// The evidence.
    pub fn store(&self) -> &dyn Store {
        self.store.as_ref()
    }
}

/// The schema of a campaign in a shared database: its folder's name in `a-z 0-9 _`.
fn schema_of(folder: &Path) -> String {
    let full = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let name = full.file_name().map_or_else(|| "campaign".into(), |name| quartier_model::fold(&name.to_string_lossy()));
    let kept: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).take(40).collect();
    format!("q_{}", if kept.is_empty() { "campaign".to_owned() } else { kept })
}

/// A day as YYYY-MM-DD.
///
/// # Errors
/// Says what was found and expected.
pub(crate) fn parse_date(text: &str) -> Result<time::Date> {
    let form = time::macros::format_description!("[year]-[month]-[day]");
    time::Date::parse(text, &form).map_err(|_| {
        CampaignError::Invalid(format!("found date `{text}`, expected YYYY-MM-DD, for instance 2017-04-23"))
    })
}
