//! `import results`: counts of an election, each row at its area.

use super::account::Account;
use super::moved::{Moved, moved};
use super::{ImportFacts, fallbacks, known, named, new_import};
use crate::error::{CampaignError, Result};
use crate::folder::{Campaign, parse_date};
use crate::locate::Locator;
use crate::places::Places;
use crate::transfer::{FromAreas, Zones};
use quartier_ingest::Source;
use quartier_ingest::points;
use quartier_ingest::results::{self, By, Known, Layout, NamedColumns, Options, Placement};
use quartier_ingest::table::{AliasRequest, Aliases, Filter, Join, JoinRequest, Table};
use quartier_model::{Counts, Election, ElectionId, LEAST_PAIRS, LevelId, ListName};
use quartier_store::{Alias, ImportId, Payload, ResultRow};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What `quartier import results` is told.
#[derive(Debug, Clone)]
pub struct ResultsRequest {
    /// One file; or two tables, stations then candidates.
    pub files: Vec<PathBuf>,
    /// The election.
    pub election: String,
    /// YYYY-MM-DD.
    pub date: String,
    /// The name shown; the id where there is none.
    pub label: Option<String>,
    /// The level of the areas; not needed with `from_areas`.
    pub level: Option<String>,
    /// The areas in which the file counts, where they are no level of the campaign: counts are moved to the finest ones.
    pub from_areas: Option<FromAreas>,
    /// Template of the code.
    pub code: String,
    /// `fr-large`, `fr-ministere`, `fr-agrege`.
    pub preset: Option<String>,
    /// `candidate` or `nuance`.
    pub by: Option<String>,
    /// `COL=VALUE`, each.
    pub filters: Vec<String>,
    /// `LEVEL=TEMPLATE`, each.
    pub fallback: Vec<String>,
    /// Template of what makes a row unique.
    pub row_key: Option<String>,
    /// The columns of counts, where there is no preset; registered may be `none`.
    pub columns: NamedColumns,
    /// A table that adds columns; where both have a column, the file of results wins.
    pub join: Option<JoinRequest>,
    /// Merged and recoded areas, for this file only, besides those that area imports stored.
    pub aliases: Option<AliasRequest>,
    /// Every row must find its own area.
    pub strict: bool,
    /// See the command line.
    pub accept_discrepancy: u32,
    /// Columns of longitude and latitude: a row is in the area there.
    pub point: Option<(String, String)>,
    /// See the command line.
    pub registered_floor: bool,
    /// What every import is told.
    pub facts: ImportFacts,
}

/// Imports the counts of an election.
///
/// # Errors
/// When the file, an option or a row is refused; nothing is then imported.
pub async fn import_results(campaign: &Campaign, request: &ResultsRequest) -> Result<(ImportId, Account)> {
    let id: ElectionId = request.election.parse()?;
    let date = parse_date(&request.date)?;
    let zones = request.from_areas.as_ref().map(Zones::read).transpose()?;
    let level = level(campaign, request)?;
    let options = options(campaign, request)?;
    let aliases = request.aliases.as_ref().map(Aliases::open).transpose()?;
    let sources = request.files.iter().map(|file| Source::open(file)).collect::<std::result::Result<Vec<_>, _>>()?;
    let (name, sha256, bytes) = named(&sources);
    let mut table = table(sources, request.preset.as_deref())?;
    let mut known = known(campaign).await?;
    if let Some(columns) = &request.point {
        table = located(campaign, &table, columns, &level).await?;
    }
    let mut read = results::read(&table, &options)?;
    // Where the codes of the file are looked up: in a level, or in the file of its own areas.
    let mut codes_of = level.to_string();
    let mut stored = campaign.store().aliases(&level).await?;
    if let Some(zones) = &zones {
        codes_of.clone_from(&zones.file);
        stored.clear();
        known.levels.insert(codes_of.clone(), zones.codes.iter().map(|code| (code.clone(), code.clone())).collect());
    }
    let aliased = follow_aliases(&mut read, &known, &codes_of, &stored, aliases.as_ref());
    let placement = results::place(&name, &read, &codes_of, &known, request.strict)?;
    let election = Election {
        label: request.label.clone().unwrap_or_else(|| id.to_string()),
        id,
        date,
        has_registered: read.rows.first().is_none_or(|row| row.registered.is_some()),
        lists: read
            .lists
            .iter()
            .map(|list| Ok(ListName { id: list.id.parse()?, label: list.label.clone(), nuance: None }))
            .collect::<Result<_>>()?,
    };
    let (rows, transfer) = match zones {
        None => (rows(&read, &placement, &level, election.lists.len(), election.has_registered)?, None),
        Some(zones) => {
            let Moved { rows, transfer } =
                moved(campaign, zones, (&read, placement.clone()), (&election, &level)).await?;
            (rows, Some(transfer))
        }
    };
    let mut account = Account::of_results(&read, &placement, &rows, &known, level.as_str());
    account.said.extend(aliases.as_ref().map(Aliases::said));
    account.said.extend(transfer.iter().flat_map(|transfer| said(&transfer.about)));
    account.aliased = aliased;
    account.balance(&name)?;
    let import = new_import(&name, sha256, bytes, &request.facts, &account);
    let payload = Payload::Results { election, level, rows, transfer };
    Ok((campaign.store().import(import, payload).await?, account))
}

/// The level of the file's areas: the finest, to which counts of other areas are moved, or the one named.
fn level(campaign: &Campaign, request: &ResultsRequest) -> Result<LevelId> {
    let levels = &campaign.file().levels;
    let finest = levels.as_slice().len() - 1;
    match (&request.level, &request.from_areas) {
        (Some(level), None) => Ok(levels.as_slice()[levels.position(level)?].id.clone()),
        (None, Some(_)) if request.accept_discrepancy == 0 => Ok(levels.as_slice()[finest].id.clone()),
        (None, Some(_)) => Err(CampaignError::Invalid(
            "--accept-discrepancy: counts that break their law cannot be moved from `--from-areas`; correct these rows"
                .into(),
        )),
        (None, None) => Err(CampaignError::Invalid("expected `--level`, or `--from-areas` with `--from-code`".into())),
        (Some(_), Some(_)) => Err(CampaignError::Invalid(format!(
            "--level: expected none with `--from-areas`: counts of other areas go to the finest ones, `{}`",
            levels.as_slice()[finest].id
        ))),
    }
}

/// What an account says of a transfer.
fn said(about: &quartier_model::Transfer) -> Vec<String> {
    let zones = |count: usize| quartier_ingest::grouped(count as u64);
    let mut said = vec![format!(
        "of the areas of {} {} lie whole in one of the campaign's, {} were divided by where people live, {} by surface",
        about.areas,
        zones(about.whole),
        zones(about.by_people),
        zones(about.by_surface)
    )];
    said.push(format!("{:.1} % of the valid votes come from areas that were divided", 100.0 * about.cut_share()));
    if about.outside > 0 {
        let votes = quartier_ingest::grouped(about.outside);
        said.push(format!("{votes} valid votes lie outside of every area and stay unplaced at the root"));
    }
    let measured = [(about.by_people, about.pairs[0], "people"), (about.by_surface, about.pairs[1], "surface")];
    for (_, pairs, key) in measured.into_iter().filter(|(divided, ..)| *divided > 0) {
        said.push(if pairs < LEAST_PAIRS {
            format!("the error of a division by {key} is assumed, for want of neighbours to measure it on")
        } else {
            format!("the error of a division by {key} was measured on {} pairs of neighbours", zones(pairs))
        });
    }
    said
}

/// The table with the area in which each row lies, by its longitude and latitude, in the column `located`.
async fn located(campaign: &Campaign, table: &Table, columns: &(String, String), level: &LevelId) -> Result<Table> {
    let places = Places::load(campaign).await?;
    let at = campaign.file().levels.position(level.as_str())?;
    let areas = &places.levels[at];
    if areas.is_empty() {
        return Err(CampaignError::Invalid(format!(
            "--lon, --lat: level `{level}` has no areas yet; import them first"
        )));
    }
    let locator = Locator::new(areas, places.h3[at])?;
    // A cell has a code whether or not it is an area.
    let area = |[lon, lat]: [f64; 2]| match places.h3[at] {
        Some(resolution) => quartier_geometry::cell_at([lon, lat], resolution).map(|cell| format!("{cell:x}")),
        None => locator.row(lon, lat).map(|row| areas[row].code.to_string()),
    };
    let mut found = points::with_areas(table, Some(columns), area)?;
    if places.h3[at].is_none() {
        let (lon, lat) = columns;
        found.said.push(format!("rows count whole in the area of `{level}` that holds their place ({lon}, {lat})"));
    }
    Ok(found)
}

/// One table out of one file, or out of the stations and the candidates of data.gouv.fr.
fn table(sources: Vec<Source>, preset: Option<&str>) -> Result<Table> {
    let mut tables = sources.into_iter().map(Table::read).collect::<std::result::Result<Vec<_>, _>>()?;
    match (preset, tables.as_mut_slice()) {
        (Some("fr-agrege"), [stations]) => Ok(results::widen(stations, None)?),
        (Some("fr-agrege"), [stations, candidates]) => {
            stations.said.extend(candidates.said.iter().map(|said| format!("{}: {said}", candidates.file)));
            Ok(results::widen(stations, Some(candidates))?)
        }
        (_, [_]) => Ok(tables.swap_remove(0)),
        _ => Err(CampaignError::Invalid("two files are read with `--preset fr-agrege` only".into())),
    }
}

fn options(campaign: &Campaign, request: &ResultsRequest) -> Result<Options> {
    let by = match request.by.as_deref() {
        None => By::Auto,
        Some("nuance") => By::Nuance,
        Some("candidate") => By::Candidate,
        Some(other) => {
            return Err(CampaignError::Invalid(format!("--by: found `{other}`, expected candidate or nuance")));
        }
    };
    let layout = match request.preset.as_deref() {
        Some("fr-large") => Layout::FrLarge,
        Some("fr-ministere" | "fr-agrege") => Layout::FrMinistere(by),
        Some(other) => {
            return Err(CampaignError::Invalid(format!(
                "--preset: found `{other}`, expected fr-large, fr-ministere or fr-agrege"
            )));
        }
        None => {
            let mut columns = request.columns.clone();
            columns.registered = columns.registered.filter(|column| column != "none");
            Layout::Columns(columns)
        }
    };
    Ok(Options {
        layout,
        code: request.code.parse()?,
        fallback: fallbacks(campaign, &request.fallback)?,
        row_key: request.row_key.as_deref().map(str::parse).transpose()?,
        filter: Filter::parse(&request.filters)?,
        join: request.join.as_ref().map(Join::open).transpose()?,
        accept_discrepancy: request.accept_discrepancy,
        registered_floor: request.registered_floor,
    })
}

/// Sends rows of codes of the past to the areas that stand for them; gives row, code of the file, and where it went.
///
/// The file's own aliases come first and hold for every row, also one whose code is still an area; those stored with
/// the areas hold for codes that are none. A row stays with its code where what stands for it is no area either.
fn follow_aliases(
    read: &mut results::Results,
    known: &Known,
    level: &str,
    stored: &[Alias],
    own: Option<&Aliases>,
) -> Vec<(u64, String, String)> {
    let Some(codes) = known.levels.get(level) else { return Vec::new() };
    let stored: BTreeMap<&str, &str> = stored.iter().map(|alias| (alias.old.as_str(), alias.code.as_str())).collect();
    let area = |code: &str| -> Option<String> {
        let is_area = |code: &&str| codes.contains_key(*code);
        Some(code).filter(is_area).or_else(|| stored.get(code).copied().filter(is_area)).map(str::to_owned)
    };
    let mut followed = Vec::new();
    for row in &mut read.rows {
        let sent = own.and_then(|aliases| area(aliases.get(&row.code)?.as_str()));
        match sent.or_else(|| area(&row.code)) {
            Some(to) if to != row.code => {
                followed.push((row.row, row.code.clone(), to.clone()));
                row.code = to;
            }
            _ => {}
        }
    }
    followed
}

/// Where a row counts (level and code; `None`: the root), and the file's code where that is not its own.
type RowKey = (Option<(String, String)>, Option<String>);

/// The counts of a row of the file.
pub(super) fn counts_of(read: &results::Results, row: &results::ResultRow, lists: usize) -> Counts {
    let mut counts = Counts {
        registered: row.registered.map(u64::from),
        voters: row.voters.into(),
        valid: row.valid.into(),
        blank: row.blank.map(u64::from),
        null: row.null.map(u64::from),
        votes: vec![0; lists],
    };
    for (list, votes) in read.votes_of(row) {
        counts.votes[*list as usize] += u64::from(*votes);
    }
    counts
}

/// One row an area: rows of the file in the same place are added up; unplaced ones keep their code.
pub(super) fn rows(
    read: &results::Results,
    placement: &Placement,
    level: &quartier_model::LevelId,
    lists: usize,
    has_registered: bool,
) -> Result<Vec<ResultRow>> {
    let mut sums: BTreeMap<RowKey, Counts> = BTreeMap::new();
    for placed in &placement.rows {
        let row = &read.rows[placed.at];
        let own = placed.area.as_ref().is_some_and(|(at, code)| at == level.as_str() && *code == row.code);
        let key = (placed.area.clone(), (!own).then(|| row.code.clone()));
        let counts = counts_of(read, row, lists);
        sums.entry(key).or_insert_with(|| Counts::zero(lists, has_registered)).add(&counts);
    }
    sums.into_iter()
        .map(|((area, file_code), counts)| {
            let area = area.map(|(level, code)| Ok::<_, CampaignError>((level.parse()?, code.parse()?))).transpose()?;
            Ok(ResultRow { placed: file_code.is_none(), area, file_code, counts })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{InitOptions, Language, init};
    use quartier_ingest::Limits;
    use quartier_ingest::areas::AreasRequest;
    use std::path::Path;

    const STATIONS: &str =
        "code,ins,vot,exp,a,b\n01001,10,9,8,5,3\n01002,20,18,16,9,7\n99,5,4,3,2,1\n01003,7,6,5,5,0\n";

    fn columns() -> NamedColumns {
        let name = |name: &str| Some(name.to_owned());
        NamedColumns {
            registered: name("ins"),
            voters: name("vot"),
            valid: name("exp"),
            candidates: name("a,b"),
            ..NamedColumns::default()
        }
    }

    /// What is read of [`STATIONS`], and the areas 01001 and 01002 in which it is placed.
    fn placed() -> (results::Results, Placement, Known) {
        let source = Source::from_bytes("s.csv", STATIONS.into(), Limits::default()).expect("bytes");
        let options = Options {
            layout: Layout::Columns(columns()),
            code: "{code}".parse().expect("a template"),
            fallback: Vec::new(),
            row_key: None,
            filter: Filter::parse(&["code=01001", "code=01002", "code=99"]).expect("a filter"),
            join: None,
            accept_discrepancy: 0,
            registered_floor: false,
        };
        let read = results::read(&Table::read(source).expect("a table"), &options).expect("results");
        let mut known = Known::default();
        let codes = known.levels.entry("commune".into()).or_default();
        codes.extend(["01001", "01002"].map(|code| (code.to_owned(), code.to_owned())));
        let placement = results::place("s.csv", &read, "commune", &known, false).expect("placed");
        (read, placement, known)
    }

    fn account_of(read: &results::Results, placement: &Placement, known: &Known) -> Account {
        let level = "commune".parse().expect("a level");
        let rows = rows(read, placement, &level, read.lists.len(), true).expect("rows");
        Account::of_results(read, placement, &rows, known, "commune")
    }

    #[test]
    fn an_account_balances_only_where_every_row_and_vote_that_was_read_is_kept() {
        let (read, placement, known) = placed();
        let account = account_of(&read, &placement, &known);
        assert_eq!((account.read, account.filtered, account.used, account.unplaced.len()), (4, 1, 2, 1));
        assert_eq!((account.votes, account.refused), (Some((27, 27)), 0));
        account.balance("s.csv").expect("nothing is lost");

        // Placement forgets a row: its votes were read and are not kept.
        let mut forgetful = placement.clone();
        forgetful.rows.remove(1);
        let error = account_of(&read, &forgetful, &known).balance("s.csv").expect_err("16 votes").to_string();
        assert!(error.contains("s.csv: 27 valid votes were read, 11 would be kept; nothing imported"), "{error}");
        // It places one row twice.
        let mut twice = placement.clone();
        twice.rows.push(twice.rows[0].clone());
        assert!(account_of(&read, &twice, &known).balance("s.csv").is_err());
        // It says of a row neither that it was used nor that it was unplaced.
        let mut silent = placement.clone();
        silent.unplaced.clear();
        let error = account_of(&read, &silent, &known).balance("s.csv").expect_err("a row").to_string();
        assert!(error.contains("4 rows were read, 3 are accounted for"), "{error}");
        // The reader forgets a row.
        let (mut short, ..) = placed();
        short.rows.pop();
        let placement = results::place("s.csv", &short, "commune", &known, false).expect("placed");
        let error = account_of(&short, &placement, &known).balance("s.csv").expect_err("a row").to_string();
        assert!(error.contains("4 rows were read, 3 are accounted for"), "{error}");
    }

    /// A campaign with the communes 01001 and 01002, where 01009 is a code of the past for 01001.
    async fn campaign(folder: &Path) -> Campaign {
        let options = InitOptions {
            name: "A".to_owned(),
            language: Language::Fr,
            levels: vec!["commune".to_owned()],
            end_date: None,
            demo: false,
        };
        let campaign = init(&folder.join("campaign"), None, &options).await.expect("a campaign");
        let square = |code: &str, x: u32| {
            let ring = format!("[[{x},0],[{},0],[{},1],[{x},1],[{x},0]]", x + 1, x + 1);
            format!(
                r#"{{"type":"Feature","properties":{{"code":"{code}"}},"geometry":{{"type":"Polygon","coordinates":[{ring}]}}}}"#
            )
        };
        let features = format!("{},{}", square("01001", 0), square("01002", 1));
        write(folder, "a.geojson", &format!(r#"{{"type":"FeatureCollection","features":[{features}]}}"#));
        write(folder, "stored.csv", "old,new\n01009,01001\n");
        let code = || "{code}".parse().expect("a template");
        let mut request =
            AreasRequest::new(folder.join("a.geojson"), "commune".parse().expect("a level"), code(), code());
        request.aliases = Some(aliases(folder, "stored.csv"));
        super::super::import_areas(&campaign, &request, None, &ImportFacts::default()).await.expect("areas");
        campaign
    }

    fn write(folder: &Path, name: &str, text: &str) {
        std::fs::write(folder.join(name), text).expect("written");
    }

    fn aliases(folder: &Path, name: &str) -> AliasRequest {
        AliasRequest { path: folder.join(name), from: "old".to_owned(), to: "new".to_owned() }
    }

    fn request(folder: &Path, election: &str) -> ResultsRequest {
        ResultsRequest {
            files: vec![folder.join("r.csv")],
            election: election.to_owned(),
            date: "2020-01-01".to_owned(),
            label: None,
            level: Some("commune".to_owned()),
            from_areas: None,
            code: "{code}".to_owned(),
            preset: None,
            by: None,
            filters: Vec::new(),
            fallback: Vec::new(),
            row_key: Some("{bureau}".to_owned()),
            columns: columns(),
            join: None,
            aliases: None,
            strict: false,
            accept_discrepancy: 0,
            registered_floor: false,
            point: None,
            facts: ImportFacts::default(),
        }
    }

    #[tokio::test]
    async fn rows_follow_the_aliases_of_the_file_besides_those_stored_with_the_areas() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path();
        let campaign = campaign(folder).await;
        let rows = "01001,1,9,9,8,5,3\n01002,2,9,9,8,5,3\n01009,3,9,9,8,5,3\n01007,4,9,9,8,5,3\n01008,5,9,9,8,5,3\n";
        write(folder, "r.csv", &format!("code,bureau,ins,vot,exp,a,b\n{rows}"));
        // 01008 goes to a code of the past, which stands for 01001; 01006 to an area that is not there.
        write(folder, "own.csv", "old,new\n01007,01002\n01008,01009\n01002,01005\n01001,01001\n");
        let (_, plain) = import_results(&campaign, &request(folder, "plain")).await.expect("results");
        assert_eq!(plain.aliased, [(4, "01009".to_owned(), "01001".to_owned())]);
        assert_eq!(plain.unplaced, [(5, "01007".to_owned()), (6, "01008".to_owned())]);
        assert_eq!(plain.votes, Some((40, 40)));

        let mut asked = request(folder, "asked");
        asked.aliases = Some(aliases(folder, "own.csv"));
        let (_, account) = import_results(&campaign, &asked).await.expect("results");
        let sent: Vec<(&str, &str)> = account.aliased.iter().map(|(_, old, to)| (old.as_str(), to.as_str())).collect();
        assert_eq!(sent, [("01009", "01001"), ("01007", "01002"), ("01008", "01001")]);
        assert_eq!((account.used, account.unplaced.len(), account.votes), (5, 0, Some((40, 40))));
        assert!(account.said.contains(&"own.csv: 4 codes have another one".to_owned()), "{:?}", account.said);
        let stored = campaign.store().results(&"asked".parse().expect("an id")).await.expect("stored");
        let of = |code: &str| {
            let row = stored.iter().find(|row| row.area.as_ref().is_some_and(|(_, own)| own.as_str() == code));
            row.map(|row| row.counts.valid)
        };
        assert_eq!((of("01001"), of("01002")), (Some(24), Some(16)));
        // For this file only.
        assert_eq!(campaign.store().aliases(&"commune".parse().expect("a level")).await.expect("aliases").len(), 1);
        // An area that is still there goes where the file says, if that is an area.
        write(folder, "moved.csv", "old,new\n01002,01001\n");
        let mut moved = request(folder, "moved");
        moved.aliases = Some(aliases(folder, "moved.csv"));
        let (_, account) = import_results(&campaign, &moved).await.expect("results");
        assert!(account.aliased.contains(&(3, "01002".to_owned(), "01001".to_owned())), "{:?}", account.aliased);
        assert_eq!(account.no_result, ["01002"]);
    }

    #[tokio::test]
    async fn a_joined_table_gives_results_their_codes_and_its_gaps_are_in_the_account() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path();
        let campaign = campaign(folder).await;
        write(folder, "r.csv", "ville,bureau,code,ins,vot,exp,a,b\nX,1,-,9,9,8,5,3\nY,2,-,9,9,8,5,3\n");
        write(folder, "villes.csv", "ville,insee,code\nX,01001,wrong\nY,01002,wrong\nZ,01003,wrong\n");
        let mut asked = request(folder, "joined");
        asked.join = Some(JoinRequest { path: folder.join("villes.csv"), on: "ville".to_owned() });
        asked.code = "{insee}".to_owned();
        let (_, account) = import_results(&campaign, &asked).await.expect("results");
        assert_eq!((account.used, account.votes, &account.unused_join[..]), (2, Some((16, 16)), &["Z".to_owned()][..]));
        // Both have `code`: that of the results counts, and is no area.
        asked.code = "{code}".to_owned();
        asked.election = "own".to_owned();
        let error = import_results(&campaign, &asked).await.expect_err("no area is called -").to_string();
        assert!(error.contains("found `-`"), "{error}");
    }
}
