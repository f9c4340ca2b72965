//! `import tallies` and `import scores`: answers and scores are counted while they are read, noised once, and only the
//! noised counts are stored. The exact ones live in [`Tally`]s, which cannot be printed and end in the noise.

use super::{ImportFacts, fallbacks, named, new_import};
use crate::config::MAPPED;
use crate::error::{CampaignError, Result};
use crate::folder::{Campaign, parse_date};
use crate::locate::Locator;
use crate::places::Places;
use quartier_ingest::answers::{
    CountColumns, CountRow, Inspection, Mapping, MappingFile, PeopleAccount, PeopleRequest, Place, Says, Told, Where,
    inspect, read_counts, read_people,
};
use quartier_ingest::table::{Filter, Table};
use quartier_ingest::{Source, Template, grouped};
use quartier_model::{Group, LevelId, Node};
use quartier_privacy::{Budget, Counted, Grain, MIN_ANSWERS, Tally, count_in_groups};
use quartier_store::{ImportId, ImportStatus, NewImport, NewTallies, Payload, TallyKind};
use rand::rngs::SysRng;
use serde::Serialize;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Different values after which a column is not one of answers.
const MOST_ANSWERS: usize = 500;

/// What a file of answers or scores holds.
#[derive(Debug, Clone)]
pub enum Content {
    /// A row an area, columns of counts.
    Counts(CountColumns),
    /// A row a person, a column of answers; the mapping by its name in `campaign.toml`, or as it is.
    Answers {
        /// The column; the mapping's where there is none.
        column: Option<String>,
        /// Which answer is which group.
        mapping: MappingChoice,
    },
    /// A row a person, columns of probabilities.
    Shares {
        /// In the order of the groups.
        columns: [Option<String>; 4],
        /// Whether they are of 100.
        percent: bool,
    },
}

/// Where a mapping comes from.
#[derive(Debug, Clone)]
pub enum MappingChoice {
    /// `[mappings.NAME]` of `campaign.toml`, else the preset of that name.
    Named(String),
    /// The command line.
    Given(MappingFile),
}

/// Where rows are.
#[derive(Debug, Clone)]
pub enum Spot {
    /// Under the code that a template makes.
    Code(String),
    /// At longitude and latitude: the columns.
    Point(String, String),
    /// In an H3 cell, at whose centre it counts: the column.
    Cell(String),
}

/// What `quartier import tallies` and `import scores` are told.
#[derive(Debug, Clone)]
pub struct AnswersRequest {
    /// Answers or scores.
    pub kind: TallyKind,
    /// The file.
    pub file: PathBuf,
    /// The name of the round.
    pub batch: String,
    /// When: YYYY-MM-DD.
    pub date: Option<String>,
    /// The level of the areas; the finest where there is none.
    pub level: Option<String>,
    /// Where each row is.
    pub spot: Spot,
    /// `LEVEL=TEMPLATE`, each: where a row counts whose code has no area.
    pub fallback: Vec<String>,
    /// What it holds.
    pub content: Content,
    /// `COL=VALUE`, each.
    pub filters: Vec<String>,
    /// Every row must find its area.
    pub strict: bool,
    /// The budget of one answer.
    pub budget: Budget,
    /// What every import is told.
    pub facts: ImportFacts,
}

/// The account of an import of answers: counts of rows and answers, never what anybody said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AnswersAccount {
    /// What was read.
    #[serde(flatten)]
    pub rows: PeopleAccount,
    /// Answers counted.
    pub answers: u64,
    /// Answers that were too few to be counted even all together at the root: they are not stored.
    pub too_few: u32,
    /// Areas that have a count of their own.
    pub areas: u64,
    /// Ancestors that hold the count of areas with fewer than 11 answers.
    pub ancestors: u64,
    /// The noise, in words.
    pub noise: String,
}

/// Imports answers or scores.
///
/// # Errors
/// When the file, an option or a row is refused, the batch is there, its lineage is spent, or fewer than 11 answers
/// are in the campaign; nothing is then imported, and nothing of the file is anywhere.
pub async fn import_answers(campaign: &Campaign, request: &AnswersRequest) -> Result<(ImportId, AnswersAccount)> {
    check_batch(&request.batch)?;
    let date = request.date.as_deref().map(parse_date).transpose()?;
    let places = Places::load(campaign).await?;
    let level = level_of(campaign, request.level.as_deref())?;
    let (mut tallies, asked, grain, rows) = count(campaign, &places, &level, request)?;
    check_not_counted_twice(campaign, request, &rows.sha256).await?;
    if request.strict && rows.elsewhere > 0 || rows.used == 0 {
        let numbers: Vec<String> = rows.elsewhere_rows.iter().map(|row| grouped(*row)).collect();
        return Err(CampaignError::Invalid(format!(
            "{}: {} rows found no area of level `{level}` ({} were counted); nothing imported\n  rows {}",
            rows.file,
            grouped(rows.elsewhere),
            grouped(rows.used),
            numbers.join(", ")
        )));
    }
    let counted =
        count_in_groups(&places.tree, std::mem::take(&mut tallies), asked, (request.budget, grain), &mut SysRng)
            .map_err(|error| CampaignError::Invalid(format!("the operating system gives no randomness: {error}")))??;
    if counted.groups.is_empty() {
        return Err(CampaignError::Invalid(format!(
            "{}: fewer than {MIN_ANSWERS} answers are in the campaign; so few are not counted, because a count of them \
             would tell who they are. Nothing imported: import them with the next ones",
            rows.file
        )));
    }
    let account = account(&counted, rows, &level, campaign, &places, request.budget);
    let import = new_private_import(request, &account);
    let payload = Payload::Tallies(NewTallies {
        kind: request.kind,
        level,
        batch: request.batch.clone(),
        date,
        counts: counted
            .groups
            .into_iter()
            .map(|group| (area_of(campaign, &places, group.node), group.counts))
            .collect(),
    });
    Ok((campaign.store().import(import, payload).await?, account))
}

/// Lists the answers of a column and writes a draft of their mapping into `campaign.toml`.
///
/// # Errors
/// When the file has no such column, it holds no answers, or a mapping of that name is there already.
pub fn inspect_answers(campaign: &mut Campaign, file: &Path, column: &str, name: &str) -> Result<Inspection> {
    if campaign.file().mappings.contains_key(name) {
        return Err(CampaignError::Invalid(format!(
            "{} has a mapping `{name}` already; take it away, or give another name with `--mapping`",
            MAPPED
        )));
    }
    let found = inspect(file, column, u64::from(MIN_ANSWERS), MOST_ANSWERS)?;
    let mut draft = MappingFile { column: Some(column.to_owned()), ..MappingFile::default() };
    for (answer, _) in &found.answers {
        match guess(answer) {
            Some(Group::Abstainers) => draft.abstainers.push(answer.clone()),
            Some(Group::Undecided) => draft.undecided.push(answer.clone()),
            Some(Group::Favourable) => draft.favourable.push(answer.clone()),
            Some(Group::Opposed) => draft.opposed.push(answer.clone()),
            None => draft.left_out.push(answer.clone()),
        }
    }
    if found.rare.0 > 0 {
        draft.others = quartier_ingest::answers::Others::LeaveOut;
    }
    campaign.change_file(|file| {
        file.mappings.insert(name.to_owned(), draft);
    })?;
    Ok(found)
}

/// The group that an answer's words suggest, for a draft that a person corrects.
fn guess(answer: &str) -> Option<Group> {
    const WORDS: [(&str, Group); 16] = [
        ("abst", Group::Abstainers),
        ("not vot", Group::Abstainers),
        ("wont_vote", Group::Abstainers),
        ("undecided", Group::Undecided),
        ("indecis", Group::Undecided),
        ("maybe", Group::Undecided),
        ("peut-etre", Group::Undecided),
        ("oppose", Group::Opposed),
        ("contre", Group::Opposed),
        ("against", Group::Opposed),
        ("defavorable", Group::Opposed),
        ("support", Group::Favourable),
        ("favorable", Group::Favourable),
        ("favourable", Group::Favourable),
        ("pour", Group::Favourable),
        ("for us", Group::Favourable),
    ];
    let folded = quartier_model::fold(answer);
    let whole = match folded.as_str() {
        "1" | "2" | "yes" | "oui" => Some(Group::Favourable),
        "3" => Some(Group::Undecided),
        "4" | "5" | "no" | "non" => Some(Group::Opposed),
        _ => None,
    };
    whole.or_else(|| WORDS.iter().find(|(word, _)| folded.contains(word)).map(|(_, group)| *group))
}

/// The mapping of a form of file that is known.
fn preset(name: &str) -> Option<MappingFile> {
    let texts = |answers: &[&str]| answers.iter().map(|answer| (*answer).to_owned()).collect();
    match name {
        "nationbuilder" => Some(MappingFile {
            column: Some("support_level".into()),
            favourable: texts(&["1", "2"]),
            undecided: texts(&["3"]),
            opposed: texts(&["4", "5"]),
            ..MappingFile::default()
        }),
        // The scale that VAN proposes; each state party may write its own, and then a mapping of its own is needed.
        "van" => Some(MappingFile {
            column: Some("Survey Response".into()),
            favourable: texts(&["1 - Strong Support", "2 - Lean Support", "1", "2", "Strong Support", "Lean Support"]),
            undecided: texts(&["3 - Undecided", "3", "Undecided"]),
            opposed: texts(&["4 - Lean Oppose", "5 - Strong Oppose", "4", "5", "Lean Oppose", "Strong Oppose"]),
            left_out: texts(&["Refused", "Not Home", "Moved", "Deceased", "Other Language"]),
            ..MappingFile::default()
        }),
        // Qomon names its properties by space: the column is always given by hand.
        "qomon" => Some(MappingFile {
            favourable: texts(&["favorable", "très favorable", "soutien", "oui"]),
            undecided: texts(&["indécis", "neutre", "ne sait pas"]),
            opposed: texts(&["défavorable", "opposé", "non"]),
            abstainers: texts(&["abstentionniste", "ne vote pas"]),
            left_out: texts(&["refus", "absent"]),
            ..MappingFile::default()
        }),
        _ => None,
    }
}

fn check_batch(batch: &str) -> Result<()> {
    let well_formed = !batch.is_empty()
        && batch.chars().count() <= 64
        && batch.trim() == batch
        && !batch.chars().any(char::is_control);
    if well_formed {
        return Ok(());
    }
    Err(CampaignError::Invalid("--batch: expected 1 to 64 characters without a space at either end".into()))
}

fn level_of(campaign: &Campaign, named: Option<&str>) -> Result<LevelId> {
    let levels = campaign.file().levels.as_slice();
    let at = named.map_or(Ok(levels.len() - 1), |level| campaign.file().levels.position(level))?;
    Ok(levels[at].id.clone())
}

/// Tallies by node, the groups asked about, the grain, and what was read.
type Counting = (Vec<Tally>, [bool; 4], Grain, PeopleAccount);

fn count(campaign: &Campaign, places: &Places, level: &LevelId, request: &AnswersRequest) -> Result<Counting> {
    let filter = Filter::parse(&request.filters)?;
    let position = campaign.file().levels.position(level.as_str())?;
    let finder = Finder::new(campaign, places, position, request)?;
    let (says, asked, grain) = match &request.content {
        Content::Counts(columns) => return count_rows(places, &finder, request, columns, &filter),
        Content::Answers { column, mapping } => {
            let file = mapping_file(campaign, mapping)?;
            let missing =
                || CampaignError::Invalid("which column holds the answers? name it with `--answers COL`".into());
            let column = column.clone().or_else(|| file.column.clone()).ok_or_else(missing)?;
            let mapping = Mapping::new(&file).map_err(CampaignError::Invalid)?;
            let asked = mapping.asked();
            (Says::Answer { column, mapping }, asked, Grain::Answers)
        }
        Content::Shares { columns, percent } => {
            if columns.iter().all(Option::is_none) {
                return Err(CampaignError::Invalid("which columns hold the scores? `--favourable COL`...".into()));
            }
            let asked = columns.each_ref().map(Option::is_some);
            (Says::Shares { columns: columns.clone(), percent: *percent }, asked, Grain::Scores)
        }
    };
    let place = match &request.spot {
        Spot::Code(_) => Place::Codes(finder.templates.clone()),
        Spot::Point(lon, lat) => Place::Point { lon: lon.clone(), lat: lat.clone() },
        Spot::Cell(column) => Place::Cell(column.clone()),
    };
    let mut tallies: Vec<Tally> = (0..places.tree.len()).map(|_| Tally::default()).collect();
    let people = PeopleRequest { path: request.file.clone(), place, says, filter };
    let mut attached = 0;
    let mut rows = read_people(&people, |place, told| {
        let Some((node, is_attached)) = finder.find(places, &place) else { return false };
        attached += u64::from(is_attached);
        match told {
            Told::Group(group) => tallies[node as usize].add(group, 1),
            Told::Shares(shares) => tallies[node as usize].add_score(shares),
        }
        true
    })?;
    rows.attached = attached;
    Ok((tallies, asked, grain, rows))
}

/// Finds the area of a row.
struct Finder<'a> {
    level: usize,
    /// What makes the codes of a row, its own first.
    templates: Vec<Template>,
    /// The areas that these name, by code.
    nodes: Vec<HashMap<&'a str, Node>>,
    /// The outlines of the level, where rows are at points.
    locator: Option<Locator>,
}

impl<'a> Finder<'a> {
    fn new(campaign: &Campaign, places: &'a Places, level: usize, request: &AnswersRequest) -> Result<Self> {
        let Spot::Code(code) = &request.spot else {
            if !request.fallback.is_empty() {
                let why = "--fallback: expected with `--code` only; what lies in no area has no code to try";
                return Err(CampaignError::Invalid(why.into()));
            }
            let locator = Some(Locator::new(&places.levels[level], places.h3[level])?);
            return Ok(Self { level, templates: Vec::new(), nodes: Vec::new(), locator });
        };
        let (mut levels, mut templates) = (vec![level], vec![code.parse::<Template>()?]);
        for (above, template) in fallbacks(campaign, &request.fallback)? {
            let above = campaign.file().levels.position(&above)?;
            if above >= level {
                let why = format!(
                    "--fallback: found level `{}`, expected one above",
                    campaign.file().levels.as_slice()[above].id
                );
                return Err(CampaignError::Invalid(why));
            }
            levels.push(above);
            templates.push(template);
        }
        let by_code = |level: usize| {
            places.levels[level].iter().map(|place| place.code.as_str()).zip(places.tree.level(level)).collect()
        };
        Ok(Self { level, templates, nodes: levels.into_iter().map(by_code).collect(), locator: None })
    }

    /// The area of a row, and whether it is one above its level.
    fn find(&self, places: &Places, place: &Where<'_>) -> Option<(Node, bool)> {
        let at = |[lon, lat]: [f64; 2]| {
            let row = self.locator.as_ref()?.row(lon, lat)?;
            Some((places.tree.node(self.level, row), false))
        };
        match place {
            Where::Codes(codes) => self.coded(codes),
            Where::Point(lon, lat) => at([*lon, *lat]),
            Where::Cell(index) => at(quartier_geometry::centre(u64::from_str_radix(index, 16).ok()?)?),
        }
    }

    fn coded(&self, codes: &[String]) -> Option<(Node, bool)> {
        let mut tried = codes.iter().zip(&self.nodes).enumerate();
        tried.find_map(|(at, (code, nodes))| Some((*nodes.get(code.as_str())?, at > 0)))
    }
}

fn mapping_file(campaign: &Campaign, choice: &MappingChoice) -> Result<MappingFile> {
    match choice {
        MappingChoice::Given(file) => Ok(file.clone()),
        MappingChoice::Named(name) => {
            campaign.file().mappings.get(name).cloned().or_else(|| preset(name)).ok_or_else(|| {
                CampaignError::Invalid(format!(
                    "no mapping is called `{name}`: {MAPPED} has none in [mappings.{name}], and the presets are \
                     nationbuilder, van, qomon; make a draft with `--inspect --answers COL --mapping {name}`"
                ))
            })
        }
    }
}

/// Counts of a file that has a row an area. Whoever made it may know its people: it is private as well.
fn count_rows(
    places: &Places,
    finder: &Finder<'_>,
    request: &AnswersRequest,
    columns: &CountColumns,
    filter: &Filter,
) -> Result<Counting> {
    let Spot::Code(_) = &request.spot else {
        return Err(CampaignError::Invalid("counts by area are placed by `--code TEMPLATE`".into()));
    };
    if columns.groups.iter().flatten().count() < if columns.asked.is_some() { 1 } else { 2 } {
        return Err(CampaignError::Invalid(
            "counts need two groups at least (`--favourable COL --opposed COL`), or one and `--asked COL`, the number \
             of people who answered"
                .into(),
        ));
    }
    let source = Source::open(&request.file)?;
    let (file, sha256, bytes) = named(std::slice::from_ref(&source));
    // Who chose none of several groups gave no answer, as in files of persons; one group alone is counted of all.
    let alone = columns.groups.iter().flatten().count() == 1;
    let (rows, read, filtered) = read_counts(&Table::read(source)?, columns, &finder.templates, filter)?;
    let mut account = PeopleAccount { file, sha256, bytes, read, filtered, ..PeopleAccount::default() };
    let mut tallies: Vec<Tally> = (0..places.tree.len()).map(|_| Tally::default()).collect();
    for row in rows {
        let answered = if alone { row.asked } else { row.groups.iter().sum() };
        match finder.coded(&row.codes) {
            _ if answered == 0 => account.unanswered += 1,
            Some((node, is_attached)) => {
                tally(&mut tallies[node as usize], &row, answered);
                account.used += 1;
                account.attached += u64::from(is_attached);
            }
            None => {
                account.elsewhere += 1;
                if account.elsewhere_rows.len() < 20 {
                    account.elsewhere_rows.push(row.number);
                }
            }
        }
    }
    Ok((tallies, columns.groups.each_ref().map(Option::is_some), Grain::Answers, account))
}

fn tally(tally: &mut Tally, row: &CountRow, answered: u32) {
    for (group, count) in Group::ALL.into_iter().zip(row.groups) {
        tally.add(group, count);
    }
    tally.add_other(answered - row.groups.iter().sum::<u32>());
}

/// The same rows of the same file under two batches would count everybody twice.
async fn check_not_counted_twice(campaign: &Campaign, request: &AnswersRequest, sha256: &str) -> Result<()> {
    let filters = serde_json::to_value(&request.filters).unwrap_or_default();
    let imports = campaign.store().imports().await?;
    let same = imports.iter().find(|import| {
        import.batch.is_some()
            && import.status == ImportStatus::Active
            && import.sha256 == sha256
            && import.arguments["where"] == filters
            && request.facts.replaces != Some(import.id.0)
    });
    match same {
        None => Ok(()),
        Some(import) => Err(CampaignError::Invalid(format!(
            "{}: the same rows are counted already, by import {} (batch `{}`); nothing imported",
            import.file,
            import.id,
            import.batch.as_deref().unwrap_or_default()
        ))),
    }
}

fn account(
    counted: &Counted,
    rows: PeopleAccount,
    level: &LevelId,
    campaign: &Campaign,
    places: &Places,
    budget: Budget,
) -> AnswersAccount {
    let own = |node: Node| area_of(campaign, places, node).is_some_and(|(own, _)| own == *level);
    let areas = counted.groups.iter().filter(|group| own(group.node)).count() as u64;
    AnswersAccount {
        rows,
        answers: counted.answers,
        too_few: counted.left_out,
        areas,
        ancestors: counted.groups.len() as u64 - areas,
        noise: format!("discrete Laplace, eps {budget} an answer"),
    }
}

fn area_of(campaign: &Campaign, places: &Places, node: Node) -> Option<(LevelId, quartier_model::AreaCode)> {
    let (level, _) = places.tree.place(node)?;
    Some((campaign.file().levels.as_slice()[level].id.clone(), places.place(node)?.code.clone()))
}

/// The line of the import. Its arguments are those that say nothing of a person: no answers, no columns.
fn new_private_import(request: &AnswersRequest, account: &AnswersAccount) -> NewImport {
    let rows = &account.rows;
    let mut import = new_import(&rows.file, rows.sha256.clone(), rows.bytes, &request.facts, account);
    import.arguments["where"] = serde_json::to_value(&request.filters).unwrap_or_default();
    import.arguments["eps"] = request.budget.to_string().into();
    import
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{InitOptions, Language, init};
    use quartier_ingest::areas::AreasRequest;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    /// How often each of two neighbouring files is counted.
    const RUNS: usize = 10_000;

    /// A campaign of one area, A.
    async fn campaign(folder: &Path) -> Campaign {
        let levels = vec!["quarter".to_owned()];
        let (name, language) = ("A".to_owned(), Language::En);
        let options = InitOptions { name, language, levels, end_date: None, demo: false };
        let campaign = init(&folder.join("campaign"), None, &options).await.expect("a campaign");
        let areas = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"A"},"geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1],[0,0]]]}}]}"#;
        std::fs::write(folder.join("a.geojson"), areas).expect("written");
        let code = || "{code}".parse().expect("a template");
        let request = AreasRequest::new(folder.join("a.geojson"), "quarter".parse().expect("a level"), code(), code());
        super::super::import_areas(&campaign, &request, None, &ImportFacts::default()).await.expect("areas");
        campaign
    }

    fn request(file: PathBuf) -> AnswersRequest {
        let said = |answer: &str| vec![answer.to_owned()];
        let mapping = MappingFile { favourable: said("yes"), opposed: said("no"), ..MappingFile::default() };
        AnswersRequest {
            kind: TallyKind::Tallies,
            file,
            batch: "doors".into(),
            date: None,
            level: None,
            spot: Spot::Code("{area}".into()),
            fallback: Vec::new(),
            content: Content::Answers { column: Some("said".into()), mapping: MappingChoice::Given(mapping) },
            filters: Vec::new(),
            strict: false,
            budget: "1".parse().expect("a budget"),
            facts: ImportFacts::default(),
        }
    }

    /// The event that tells most about which of two files was counted: 11 favourable or more, 9 opposed or fewer.
    fn seen(campaign: &Campaign, places: &Places, request: &AnswersRequest, rng: &mut ChaCha8Rng) -> bool {
        let level = level_of(campaign, None).expect("a level");
        let (tallies, asked, grain, _) = count(campaign, places, &level, request).expect("counted");
        let counted = count_in_groups(&places.tree, tallies, asked, (request.budget, grain), rng);
        let counted = counted.expect("random numbers").expect("lawful counts");
        let [_, _, favourable, opposed] = counted.groups[0].counts.groups();
        favourable >= Some(11) && opposed <= Some(9)
    }

    #[tokio::test]
    async fn one_answer_more_or_less_cannot_be_told_beyond_the_budget() {
        let folder = tempfile::tempdir().expect("a folder");
        let campaign = campaign(folder.path()).await;
        let places = Places::load(&campaign).await.expect("places");
        let file = |favourable: usize| {
            let rows = "A,yes\n".repeat(favourable) + &"A,no\n".repeat(20 - favourable);
            let path = folder.path().join(format!("{favourable}.csv"));
            std::fs::write(&path, format!("area,said\n{rows}")).expect("written");
            request(path)
        };
        // The same people, of whom one said the contrary.
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let [one, other] = [file(11), file(10)].map(|request| {
            let seen = (0..RUNS).filter(|_| seen(&campaign, &places, &request, &mut rng)).count();
            seen as f64 / RUNS as f64
        });
        let error = ((1.0 - one) / (one * RUNS as f64) + (1.0 - other) / (other * RUNS as f64)).sqrt();
        // Below this eps lies with a chance of 1 in 100.
        let least = (one / other).ln() - 2.33 * error;
        println!("seen {one:.4} and {other:.4}: eps is at least {least:.3}");
        assert!(least <= 1.0, "an answer is told beyond the budget: eps is at least {least}");
        assert!(least > 0.85, "the attack is as strong as the budget allows: {least}");
    }
}
