//! The command line: every command and flag, said once; help and parser come from here.

use clap::{Args, Parser, Subcommand, ValueEnum};
use quartier_campaign::{Baseline, Tolerance};
use std::path::PathBuf;

/// Honest maps of the electorate for a campaign: abstainers, undecided, favourable and opposed, by region, city and
/// neighbourhood, with their uncertainty.
///
/// Exit codes: 0 done, 1 failed and nothing changed, 2 the command line was wrong.
#[derive(Debug, Parser)]
#[command(name = "quartier", version, max_term_width = 110, propagate_version = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Where the campaign is.
#[derive(Debug, Args)]
pub struct CampaignArgs {
    /// The campaign's folder
    #[arg(long, env = "QUARTIER_CAMPAIGN", value_name = "DIR", default_value = ".")]
    pub campaign: PathBuf,
    /// A PostGIS database for the evidence instead of the campaign folder's own file: postgres://USER@HOST/NAME
    #[arg(long, env = "QUARTIER_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database: Option<String>,
    /// Print machine-readable JSON instead of text
    #[arg(long)]
    pub json: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a plainly labelled synthetic campaign, publish it and serve it on this machine
    Demo(DemoArgs),
    /// Make a campaign folder
    Init(InitArgs),
    /// Bring in evidence: areas, groupings, results, polls, covariates, population, answers
    #[command(subcommand)]
    Import(ImportCommand),
    /// List the imports, with their accounts and SHA-256
    Imports(OnlyCampaign),
    /// Take an import back: the figures are then those from before
    Undo(UndoArgs),
    /// Say which lists of an election are favourable and opposed; the rest is undecided
    Blocs(BlocsArgs),
    /// Cut the scale of a measure anew; the edges then stay, publication after publication
    Classes(ClassesArgs),
    /// Estimate the four groups for every area; writes a candidate, publishes nothing
    Estimate(EstimateArgs),
    /// Say what the estimator would have forecast of a past election, and how far off it would have been
    Evaluate(EvaluateArgs),
    /// Publish the candidate as a new, immutable snapshot
    Publish(OnlyCampaign),
    /// List the published snapshots
    Snapshots(OnlyCampaign),
    /// Write published figures to a file
    Export(ExportArgs),
    /// Serve the published maps on this machine
    Serve(ServeArgs),
    /// Check what is needed and say how to mend it
    Doctor(DoctorArgs),
    /// Attack what is published as an outsider would, and report what can be told of too few electors
    Audit(AuditArgs),
}

impl Command {
    /// Whether the caller is a machine.
    pub fn prints_json(&self) -> bool {
        match self {
            Self::Demo(_) | Self::Init(_) => false,
            Self::Import(ImportCommand::Areas(import)) => import.common.at.json,
            Self::Import(ImportCommand::Results(import)) => import.common.at.json,
            Self::Import(ImportCommand::Polls(import)) => import.common.at.json,
            Self::Import(ImportCommand::Covariates(import)) => import.common.at.json,
            Self::Import(ImportCommand::Population(import)) => import.common.at.json,
            Self::Import(ImportCommand::Grouping(import)) => import.common.at.json,
            Self::Import(ImportCommand::Tallies(import)) => import.answers.common.at.json,
            Self::Import(ImportCommand::Scores(import)) => import.answers.common.at.json,
            Self::Imports(only) | Self::Publish(only) | Self::Snapshots(only) => only.at.json,
            Self::Doctor(doctor) => doctor.at.json,
            Self::Undo(undo) => undo.at.json,
            Self::Blocs(blocs) => blocs.at.json,
            Self::Classes(classes) => classes.at.json,
            Self::Estimate(estimate) => estimate.at.json,
            Self::Evaluate(evaluate) => evaluate.at.json,
            Self::Export(export) => export.at.json,
            Self::Serve(serve) => serve.at.json,
            Self::Audit(audit) => audit.at.json,
        }
    }
}

/// A command without options of its own.
#[derive(Debug, Args)]
pub struct OnlyCampaign {
    #[command(flatten)]
    pub at: CampaignArgs,
}

/// `quartier doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Instead, class the areas of the finest level as stable, doubtful or redrawn between two elections: a code that
    /// stands in both need not be the same place
    #[arg(long, num_args = 2, value_names = ["FROM", "TO"])]
    pub continuity: Option<Vec<String>>,
    /// The level whose areas number their stations anew; the one above the finest where not named
    #[arg(long, value_name = "LEVEL", requires = "continuity")]
    pub commune: Option<String>,
    /// Outlines of the finest areas as they were at the earlier election: where they share the ground of today's, an
    /// area is the same place, whatever its register did
    #[arg(long, value_name = "FILE", requires = "continuity", requires = "outlines_code")]
    pub outlines: Option<PathBuf>,
    /// Template of the code of these outlines
    #[arg(long, value_name = "TEMPLATE", requires = "outlines")]
    pub outlines_code: Option<String>,
    /// The system of their coordinates, such as EPSG:2154, over what their file says
    #[arg(long, value_name = "CRS", requires = "outlines")]
    pub outlines_crs: Option<String>,
    #[command(flatten)]
    pub at: CampaignArgs,
}

/// `quartier init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Folder to make
    pub folder: PathBuf,
    /// The campaign's name, as the page shows it
    #[arg(long)]
    pub name: String,
    /// First language of the page
    #[arg(long, value_enum, default_value_t = LanguageArg::Fr)]
    pub language: LanguageArg,
    /// Levels from coarse to fine, separated by commas: region,city,neighbourhood
    #[arg(long, value_delimiter = ',', required = true)]
    pub levels: Vec<String>,
    /// Day on which the campaign ends and its private data must be deleted, YYYY-MM-DD
    #[arg(long, value_name = "DATE")]
    pub end_date: Option<String>,
    /// A PostGIS database for the evidence: postgres://USER@HOST/NAME
    #[arg(long, env = "QUARTIER_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database: Option<String>,
}

/// A language of the interface.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum LanguageArg {
    /// French
    Fr,
    /// English
    En,
}

impl From<LanguageArg> for quartier_campaign::Language {
    fn from(language: LanguageArg) -> Self {
        match language {
            LanguageArg::Fr => Self::Fr,
            LanguageArg::En => Self::En,
        }
    }
}

/// `quartier import ...`.
#[derive(Debug, Subcommand)]
pub enum ImportCommand {
    /// The areas of one level: polygons (GeoJSON, FlatGeobuf, shapefile, zipped or gzipped or not), or the H3 cells in
    /// which points lie
    Areas(Box<ImportAreasArgs>),
    /// A grouping that is no level of the tree, such as constituencies or cantons: a table of its members (`--key`,
    /// `--group`), or polygons (`--code`, `--name`)
    Grouping(Box<ImportGroupingArgs>),
    /// Results of a past election: CSV, text, workbook or Parquet
    Results(Box<ImportResultsArgs>),
    /// Polls and known totals: date,area,turnout,undecided,favourable,opposed,of,n,se
    Polls(ImportPollsArgs),
    /// Covariates of areas: numbers that may tell how they move, such as income or age
    Covariates(ImportCovariatesArgs),
    /// Where people live: points, cells of INSEE's grid, or polygons with a count; electors are placed by them
    Population(Box<ImportPopulationArgs>),
    /// Canvass answers: counts by area, or one row an answer; noised while they are read, only noisy counts are kept
    Tallies(Box<ImportTalliesArgs>),
    /// Scores of persons: one row a person with a place; counted and noised while they are read, nobody is kept
    Scores(Box<ImportScoresArgs>),
}

/// What every import has.
#[derive(Debug, Args)]
pub struct ImportCommon {
    /// The import that this one takes the place of (see `quartier imports`)
    #[arg(long, value_name = "ID")]
    pub replaces: Option<i64>,
    #[command(flatten)]
    pub at: CampaignArgs,
}

/// `quartier import areas`.
#[derive(Debug, Args)]
pub struct ImportAreasArgs {
    /// The file of polygons
    #[arg(required_unless_present = "points")]
    pub file: Option<PathBuf>,
    /// The level it fills
    #[arg(long)]
    pub level: String,
    /// Template of the code: '{code}', '75056-{bureau}', '{dep:0>2}{com:0>3}', '{@id}' for the feature's id
    #[arg(long, required_unless_present = "points", conflicts_with = "points")]
    pub code: Option<String>,
    /// Template of the name
    #[arg(long, required_unless_present = "points", conflicts_with = "points")]
    pub name: Option<String>,
    /// Template of the parent's code in the level above; without it cells are found in its polygons
    #[arg(long)]
    pub parent: Option<String>,
    /// Instead of polygons, make the level of the H3 cells of this resolution in which points lie: 3 to 10 (9: a tenth of
    /// a square kilometre)
    #[arg(long, value_name = "RESOLUTION", requires = "points")]
    pub h3: Option<u8>,
    /// The table of points: CSV, text, workbook, Parquet
    #[arg(long, value_name = "FILE", requires = "h3", conflicts_with_all = ["file", "join", "aliases", "tolerance", "crs"])]
    pub points: Option<PathBuf>,
    /// Its column of longitudes, degrees; without it found by its name
    #[arg(long, value_name = "COL", requires = "lat", requires = "points")]
    pub lon: Option<String>,
    /// Its column of latitudes
    #[arg(long, value_name = "COL", requires = "lon")]
    pub lat: Option<String>,
    /// Column with the number of registered electors
    #[arg(long, value_name = "COL")]
    pub electors: Option<String>,
    /// Keep features where a column has this value; repeat for more, the same column twice means either
    #[arg(long = "where", value_name = "COL=VALUE")]
    pub filters: Vec<String>,
    /// A table whose columns are added; where both have a column, that of the areas counts
    #[arg(long, value_name = "FILE", requires = "on")]
    pub join: Option<PathBuf>,
    /// The column that both have
    #[arg(long, value_name = "COL", requires = "join")]
    pub on: Option<String>,
    /// A table of merged and recoded areas: rows of an old code go to the new one, polygons are dissolved
    #[arg(long, value_name = "FILE", requires_all = ["alias_from", "alias_to"])]
    pub aliases: Option<PathBuf>,
    /// Its column with old codes
    #[arg(long, value_name = "COL")]
    pub alias_from: Option<String>,
    /// Its column with the codes that took their place
    #[arg(long, value_name = "COL")]
    pub alias_to: Option<String>,
    /// Snap vertices onto a neighbour's border that is this near, so that no sliver is drawn between them: 0 to 100, 0
    /// snaps nothing; without it 0.5, raised to at most 10 where many neighbours were drawn apart
    #[arg(long, value_name = "METRES", allow_negative_numbers = true)]
    pub tolerance: Option<Tolerance>,
    /// Coordinate system of the file, where it does not say: EPSG:2154
    #[arg(long, value_name = "EPSG:N")]
    pub crs: Option<String>,
    /// Source and licence, as the map must credit it
    #[arg(long, value_name = "TEXT")]
    pub credit: Option<String>,
    #[command(flatten)]
    pub common: ImportCommon,
}

/// `quartier import grouping`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["key", "code"]))]
pub struct ImportGroupingArgs {
    /// The grouping's id, by which it is named wherever a level is: constituency
    pub grouping: String,
    /// The file: a table of members, or polygons
    pub file: PathBuf,
    /// Its name as the page shows it, in French and in English: 'Circonscriptions|Constituencies'
    #[arg(long, value_name = "FR|EN")]
    pub label: Option<String>,
    /// Template of a member's code, an area of the campaign: '75056-{bureau}', '{insee}'
    #[arg(long, value_name = "TEMPLATE", requires = "group")]
    pub key: Option<String>,
    /// Template of the code of the grouping's area that has the member: '{codeCirconscription}'
    #[arg(long, value_name = "TEMPLATE", requires = "key")]
    pub group: Option<String>,
    /// The level of the members; without it the one that most keys are of, the finest of equals
    #[arg(long, requires = "key")]
    pub level: Option<String>,
    /// Any key that is no area of the level is an error
    #[arg(long, requires = "key")]
    pub strict: bool,
    /// Of polygons, template of the code: '{code}', '{@id}' for the feature's id
    #[arg(long, value_name = "TEMPLATE", requires = "name")]
    pub code: Option<String>,
    /// Template of the name of the grouping's areas; of members, the code where it is not given
    #[arg(long, value_name = "TEMPLATE")]
    pub name: Option<String>,
    /// Keep rows where a column has this value; repeat for more, the same column twice means either
    #[arg(long = "where", value_name = "COL=VALUE")]
    pub filters: Vec<String>,
    /// Of polygons, snap vertices onto a neighbour's border that is this near, as `import areas` does
    #[arg(long, value_name = "METRES", requires = "code", allow_negative_numbers = true)]
    pub tolerance: Option<Tolerance>,
    /// Of polygons, coordinate system of the file, where it does not say: EPSG:2154
    #[arg(long, value_name = "EPSG:N", requires = "code")]
    pub crs: Option<String>,
    /// Source and licence, as the map must credit it
    #[arg(long, value_name = "TEXT")]
    pub credit: Option<String>,
    #[command(flatten)]
    pub common: ImportCommon,
}

/// `quartier import results`.
#[derive(Debug, Args)]
pub struct ImportResultsArgs {
    /// The file; two files for data.gouv.fr's pair of tables (stations, then candidates)
    #[arg(required = true, num_args = 1..=2)]
    pub files: Vec<PathBuf>,
    /// Id of the election
    #[arg(long)]
    pub election: String,
    /// Its day, YYYY-MM-DD
    #[arg(long)]
    pub date: String,
    /// Its name, as the page shows it
    #[arg(long)]
    pub label: Option<String>,
    /// The level of the areas
    #[arg(long, required_unless_present = "from_areas", conflicts_with = "from_areas")]
    pub level: Option<String>,
    /// Template of the area's code; '{located}', the area that holds the row's place, where `--lon` and `--lat` are named
    #[arg(long, required_unless_present = "lon")]
    pub code: Option<String>,
    /// Column of longitudes, degrees: a row counts whole in the area, or the H3 cell, that holds its place
    #[arg(long, value_name = "COL", requires = "lat")]
    pub lon: Option<String>,
    /// Column of latitudes
    #[arg(long, value_name = "COL", requires = "lon")]
    pub lat: Option<String>,
    /// The areas in which the file counts, where they are none of the campaign's: its counts are moved to the finest
    /// ones by where people live (`import population`), else by surface, and say what may be wrong with them
    #[arg(long, value_name = "FILE", requires = "from_code")]
    pub from_areas: Option<PathBuf>,
    /// Template of the code of these areas, as `--code` makes it of a row
    #[arg(long, value_name = "TEMPLATE", requires = "from_areas")]
    pub from_code: Option<String>,
    /// The system of their coordinates, such as EPSG:2154, over what their file says
    #[arg(long, value_name = "CRS", requires = "from_areas")]
    pub from_crs: Option<String>,
    /// A known form of file: fr-large, fr-ministere, fr-agrege
    #[arg(long)]
    pub preset: Option<String>,
    /// For files with nuances: name lists by candidate or by nuance
    #[arg(long, value_name = "candidate|nuance")]
    pub by: Option<String>,
    /// Keep rows where a column has this value; repeat for more, the same column twice means either
    #[arg(long = "where", value_name = "COL=VALUE")]
    pub filters: Vec<String>,
    /// Where a row goes whose code has no area: LEVEL=TEMPLATE
    #[arg(long, value_name = "LEVEL=TEMPLATE")]
    pub fallback: Vec<String>,
    /// A table whose columns are added; where both have a column, that of the results counts
    #[arg(long, value_name = "FILE", requires = "on")]
    pub join: Option<PathBuf>,
    /// The column that both have; also one that a preset adds, such as insee
    #[arg(long, value_name = "COL", requires = "join")]
    pub on: Option<String>,
    /// A table of merged and recoded areas: rows of an old code go to the new one, for this file only, besides what
    /// `import areas --aliases` keeps
    #[arg(long, value_name = "FILE", requires_all = ["alias_from", "alias_to"])]
    pub aliases: Option<PathBuf>,
    /// Its column with old codes
    #[arg(long, value_name = "COL", requires = "aliases")]
    pub alias_from: Option<String>,
    /// Its column with the codes that took their place
    #[arg(long, value_name = "COL", requires = "aliases")]
    pub alias_to: Option<String>,
    /// What makes a row unique, where many rows make one area
    #[arg(long, value_name = "TEMPLATE")]
    pub row_key: Option<String>,
    /// Column of registered voters, or `none`
    #[arg(long, value_name = "COL|none")]
    pub registered: Option<String>,
    /// Column of voters
    #[arg(long, value_name = "COL")]
    pub voters: Option<String>,
    /// Column of abstentions: without voters, they are registered less abstentions
    #[arg(long, value_name = "COL")]
    pub abstentions: Option<String>,
    /// Column of valid votes
    #[arg(long, value_name = "COL")]
    pub valid: Option<String>,
    /// Column of blank votes
    #[arg(long, value_name = "COL")]
    pub blank: Option<String>,
    /// Column of null votes
    #[arg(long, value_name = "COL")]
    pub null: Option<String>,
    /// Columns of the lists: 'A,B' or a pattern 'nb_voix_*'
    #[arg(long, value_name = "COLS")]
    pub candidates: Option<String>,
    /// Any row that finds no area is an error
    #[arg(long)]
    pub strict: bool,
    /// Keep rows that are off by at most so many votes, and name them
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub accept_discrepancy: u32,
    /// Raise registered to voters where the register is only an approximation (a census), and say where
    #[arg(long)]
    pub registered_floor: bool,
    /// Source and licence, as the map must credit it
    #[arg(long, value_name = "TEXT")]
    pub credit: Option<String>,
    #[command(flatten)]
    pub common: ImportCommon,
}

/// `quartier import polls`.
#[derive(Debug, Args)]
pub struct ImportPollsArgs {
    /// The file: date,area,turnout,undecided,favourable,opposed,of,n,se
    pub file: PathBuf,
    #[command(flatten)]
    pub common: ImportCommon,
}

/// `quartier import covariates`.
#[derive(Debug, Args)]
pub struct ImportCovariatesArgs {
    /// The file: CSV, text, workbook or Parquet, one row an area
    pub file: PathBuf,
    /// The level of its areas
    #[arg(long)]
    pub level: String,
    /// Template of the area's code
    #[arg(long)]
    pub code: String,
    /// Name of the group: its columns share one learnt scale
    #[arg(long)]
    pub group: String,
    /// Columns: 'a,b' or a pattern 'share_*'
    #[arg(long, value_name = "COLS")]
    pub columns: String,
    /// Source and licence, as the map must credit it
    #[arg(long, value_name = "TEXT")]
    pub credit: Option<String>,
    #[command(flatten)]
    pub common: ImportCommon,
}

/// `quartier import population`.
#[derive(Debug, Args)]
pub struct ImportPopulationArgs {
    /// The file: a table of points or cells (CSV, text, workbook, Parquet), or polygons (GeoJSON, FlatGeobuf, shapefile)
    pub file: PathBuf,
    /// Column with the number of people (or electors): 0 or more, fractions too
    #[arg(long, value_name = "COL")]
    pub count: String,
    /// Column of longitudes, degrees; without it found by its name
    #[arg(long, value_name = "COL", requires = "lat", conflicts_with = "cell")]
    pub lon: Option<String>,
    /// Column of latitudes
    #[arg(long, value_name = "COL", requires = "lon")]
    pub lat: Option<String>,
    /// Column of cell ids such as CRS3035RES1000mN2031000E4252000; without it found by its name
    #[arg(long, value_name = "COL")]
    pub cell: Option<String>,
    /// Keep rows where a column has this value; repeat for more, the same column twice means either
    #[arg(long = "where", value_name = "COL=VALUE")]
    pub filters: Vec<String>,
    /// Coordinate system of polygons, where the file does not say: EPSG:2154
    #[arg(long, value_name = "EPSG:N")]
    pub crs: Option<String>,
    /// Source and licence, as the map must credit it
    #[arg(long, value_name = "TEXT")]
    pub credit: Option<String>,
    #[command(flatten)]
    pub common: ImportCommon,
}

/// What tallies and scores have in common.
#[derive(Debug, Args)]
pub struct AnswersArgs {
    /// The file; one with a row a person is text (.csv, .txt, .tsv, gzipped or not)
    pub file: PathBuf,
    /// Name of this round of answers: each person answers once in it
    #[arg(long, required_unless_present = "inspect")]
    pub batch: Option<String>,
    /// When the answers were given, YYYY-MM-DD
    #[arg(long)]
    pub date: Option<String>,
    /// The level of the areas; the finest where not named
    #[arg(long)]
    pub level: Option<String>,
    /// Template of the area's code: '{precinct_code}', '75056-{bureau:0>4}'
    #[arg(long, value_name = "TEMPLATE")]
    pub code: Option<String>,
    /// Column of the longitude (WGS 84), in place of --code; with a row a person
    #[arg(long, value_name = "COL", requires = "lat", conflicts_with_all = ["code", "h3"])]
    pub lon: Option<String>,
    /// Column of the latitude
    #[arg(long, value_name = "COL", requires = "lon")]
    pub lat: Option<String>,
    /// Column of an H3 index, in place of --code: the row counts at the centre of the cell; with a row a person
    #[arg(long, value_name = "COL", conflicts_with = "code")]
    pub h3: Option<String>,
    /// Where a row counts whose code has no area: LEVEL=TEMPLATE
    #[arg(long, value_name = "LEVEL=TEMPLATE")]
    pub fallback: Vec<String>,
    /// The favourable: a column; with --answers or --mapping an answer, repeated for more
    #[arg(long, value_name = "COL|ANSWER")]
    pub favourable: Vec<String>,
    /// The undecided
    #[arg(long, value_name = "COL|ANSWER")]
    pub undecided: Vec<String>,
    /// The opposed
    #[arg(long, value_name = "COL|ANSWER")]
    pub opposed: Vec<String>,
    /// Those who will not vote
    #[arg(long, value_name = "COL|ANSWER")]
    pub abstainers: Vec<String>,
    /// Answers that say nothing (refused, moved); with --answers
    #[arg(long, value_name = "ANSWER")]
    pub left_out: Vec<String>,
    /// One row a person: the column of the answers
    #[arg(long, value_name = "COL")]
    pub answers: Option<String>,
    /// Which answer is which group, by its name in campaign.toml; or a known one: nationbuilder, van, qomon
    #[arg(long, visible_alias = "preset", value_name = "NAME")]
    pub mapping: Option<String>,
    /// Write a draft of the mapping into campaign.toml: the distinct answers of the column; imports nothing
    #[arg(long, requires = "answers")]
    pub inspect: bool,
    /// Keep rows where a column has this value; repeat for more, the same column twice means either
    #[arg(long = "where", value_name = "COL=VALUE")]
    pub filters: Vec<String>,
    /// Any row that finds no area is an error
    #[arg(long)]
    pub strict: bool,
    /// Privacy budget of one answer: less means more noise
    #[arg(long, value_name = "EPS", default_value = "1")]
    pub eps: quartier_campaign::Budget,
    #[command(flatten)]
    pub common: ImportCommon,
}

/// `quartier import tallies`.
#[derive(Debug, Args)]
pub struct ImportTalliesArgs {
    /// For counts: the column with how many people answered, where the groups are not all who did
    #[arg(long, value_name = "COL", conflicts_with_all = ["answers", "mapping"])]
    pub asked: Option<String>,
    #[command(flatten)]
    pub answers: AnswersArgs,
}

/// `quartier import scores`.
#[derive(Debug, Args)]
pub struct ImportScoresArgs {
    /// Probabilities are of 100
    #[arg(long)]
    pub percent: bool,
    #[command(flatten)]
    pub answers: AnswersArgs,
}

/// `quartier undo`.
#[derive(Debug, Args)]
pub struct UndoArgs {
    /// The import, as `quartier imports` lists it
    pub id: i64,
    #[command(flatten)]
    pub at: CampaignArgs,
}

/// `quartier blocs`.
#[derive(Debug, Args)]
pub struct BlocsArgs {
    /// The election
    pub election: String,
    /// Lists that count as favourable, repeated or separated by commas
    #[arg(long, value_delimiter = ',')]
    pub favourable: Vec<String>,
    /// Lists that count as opposed
    #[arg(long, value_delimiter = ',')]
    pub opposed: Vec<String>,
    /// Which reading to write
    #[arg(long, default_value = "default")]
    pub reading: String,
    /// The names are `list`s or `nuance`s
    #[arg(long, value_enum, default_value_t = ByArg::List)]
    pub by: ByArg,
    /// What the page calls the undecided in this reading, French and English: 'Autres|Others'
    #[arg(long, value_name = "FR|EN")]
    pub undecided_label: Option<String>,
    #[command(flatten)]
    pub at: CampaignArgs,
}

/// `quartier classes`.
#[derive(Debug, Args)]
pub struct ClassesArgs {
    /// The measure
    pub measure: String,
    /// jenks (least variance within classes), quantiles (as many electors in each), equal, pretty (round steps) or fixed
    #[arg(long)]
    pub method: String,
    /// Inner edges in fractions, for `--method fixed`: 0.1,0.2,0.3
    #[arg(long, value_delimiter = ',', allow_hyphen_values = true)]
    pub edges: Option<Vec<f64>>,
    #[command(flatten)]
    pub at: CampaignArgs,
}

/// How a bloc names lists.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum ByArg {
    /// By list or candidate
    List,
    /// By nuance (party family)
    Nuance,
}

/// `quartier estimate`.
#[derive(Debug, Args)]
pub struct EstimateArgs {
    /// The past to start from: an election, a weighted mix (a=.7,b=.3), or auto: the weights that would have told the
    /// newest election best
    #[arg(long, value_name = "ELECTION|MIX|auto")]
    pub baseline: Baseline,
    /// Seed of the draws
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Which reading of the past
    #[arg(long, default_value = "default")]
    pub reading: String,
    /// The electoral districts: a level, which has its own effect as every level, or a grouping, which gets one; the
    /// summary names those without an answer [default: the coarsest level with several areas]
    #[arg(long, value_name = "LEVEL")]
    pub district: Option<String>,
    /// Leave out that neighbours move alike
    #[arg(long)]
    pub without_icar: bool,
    /// Say what came out and write no candidate
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub at: CampaignArgs,
}

/// `quartier evaluate`.
#[derive(Debug, Args)]
pub struct EvaluateArgs {
    /// The election that is known
    #[arg(long, value_name = "ELECTION")]
    pub from: String,
    /// The later one that is forecast
    #[arg(long, value_name = "ELECTION")]
    pub to: String,
    /// Which reading of both
    #[arg(long, default_value = "default")]
    pub reading: String,
    /// Sizes of the simulated canvass, in answers; 0 is none
    #[arg(long, value_delimiter = ',', default_value = "0,1000,10000", value_name = "N,...")]
    pub answers: Vec<u32>,
    /// Campaigns simulated for each size
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub repetitions: u32,
    /// Seed of all that is simulated
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Leave out that neighbours move alike
    #[arg(long)]
    pub without_icar: bool,
    /// Privacy budget of a simulated answer, as `import tallies` takes it
    #[arg(long, default_value = "1", value_name = "EPS", conflicts_with = "without_noise")]
    pub eps: quartier_campaign::Budget,
    /// Simulated answers are exact: what privacy costs is the difference
    #[arg(long)]
    pub without_noise: bool,
    #[command(flatten)]
    pub at: CampaignArgs,
}

/// `quartier audit`.
#[derive(Debug, Args)]
pub struct AuditArgs {
    /// Number of the snapshot; the current one where none is given
    pub snapshot: Option<u32>,
    /// Fewest electors that may be told apart; by default the rule of the snapshot
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..))]
    pub least: Option<u32>,
    /// Language of the report; that of the campaign where none is given
    #[arg(long, value_enum)]
    pub language: Option<LanguageArg>,
    #[command(flatten)]
    pub at: CampaignArgs,
}

/// `quartier serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Address to listen on; other than this machine's own needs users, which are still to come
    #[arg(long, default_value = "127.0.0.1:8787")]
    pub listen: std::net::SocketAddr,
    #[command(flatten)]
    pub at: CampaignArgs,
}

/// `quartier demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Electors of the invented country
    #[arg(long, default_value_t = 2_000_000, value_parser = clap::value_parser!(u32).range(1_000..=50_000_000))]
    pub electors: u32,
    /// Neighbourhoods of the invented country
    #[arg(long, default_value_t = 3_000, value_parser = clap::value_parser!(u32).range(150..=12_000))]
    pub neighbourhoods: u32,
    /// Seed of everything invented
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Folder to make the campaign in; an earlier demonstration there is replaced, anything else is left alone
    #[arg(long, value_name = "DIR", default_value = "quartier-demo")]
    pub folder: PathBuf,
    /// Address to serve on, of this machine
    #[arg(long, default_value = "127.0.0.1:8787")]
    pub listen: std::net::SocketAddr,
    /// Make and publish it, and do not serve
    #[arg(long)]
    pub no_serve: bool,
}

/// `quartier export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The level, a grouping, or `hex`: hexagons
    #[arg(long)]
    pub level: String,
    /// Of hexagons, the H3 resolution, 3 to 10; 8 where not named
    #[arg(long, value_name = "N")]
    pub resolution: Option<u8>,
    /// The exact counts of a past election instead of the estimates
    #[arg(long, value_name = "ID")]
    pub election: Option<String>,
    /// The base or the reserve (the elections are named under [comparable] of campaign.toml) instead of the estimates
    #[arg(long, value_name = "base|reserve", conflicts_with_all = ["election", "compare"])]
    pub past: Option<String>,
    /// What changed since a past election, or since the snapshot of a number, instead of the estimates
    #[arg(long, value_name = "ELECTION|SNAPSHOT", conflicts_with = "election")]
    pub compare: Option<String>,
    /// The measure compared: favourable, undecided, opposed, abstainers, turnout or margin
    #[arg(long, default_value = "favourable", requires = "compare")]
    pub measure: String,
    /// Only areas inside this one: LEVEL:CODE
    #[arg(long, value_name = "LEVEL:CODE", default_value = "all")]
    pub within: String,
    /// The form of the file
    #[arg(long, value_enum)]
    pub format: ExportFormat,
    /// The snapshot; the newest where not named
    #[arg(long)]
    pub snapshot: Option<u32>,
    /// The file to write; `-` is standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    #[command(flatten)]
    pub at: CampaignArgs,
}

/// Forms of an export.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum ExportFormat {
    /// GeoJSON, RFC 7946
    Geojson,
    /// Comma-separated, UTF-8
    Csv,
    /// For spreadsheets in French: semicolon, decimal comma, byte order mark
    CsvFr,
}
