//! The demonstration: an invented country, imported like any other evidence, estimated and published.

use crate::Progress;
use crate::config::Language;
use crate::demo::{self, DemoArea, DemoCountry, DemoElection, DemoOptions};
use crate::error::{CampaignError, Result};
use crate::estimating::{EstimateOptions, EstimateSummary, estimate};
use crate::folder::{Campaign, InitOptions, init, parse_date};
use crate::importing::set_blocs;
use crate::publishing::publish;
use geozero::{CoordDimensions, ToWkb};
use quartier_model::{
    AnswerCounts, Blocs, Comparable, Counts, Election, Electors, LevelId, ListName, NoiseLaw, ReadingId, ReservePair,
};
use quartier_store::{AreaRecord, NewImport, NewTallies, Payload, PollOf, PollRow, ResultRow, TallyKind};
use sha2::Digest;
use std::path::Path;
use time::OffsetDateTime;

/// The credit of everything in it, which every face shows.
const CREDIT: &str = "Données inventées / Invented data";

/// Makes the demonstration's campaign in `folder`, in the place of an earlier demonstration, and publishes it.
///
/// # Errors
/// When the folder holds anything but a demonstration, or the disk refuses.
pub async fn demonstrate(
    folder: &Path,
    options: DemoOptions,
    progress: &dyn Progress,
) -> Result<(Campaign, EstimateSummary)> {
    clear(folder)?;
    progress.step("an invented country");
    let country = demo::country(options);
    let levels = ["region", "city", "neighbourhood"];
    let init_options = InitOptions {
        name: country.name.to_owned(),
        language: Language::Fr,
        levels: levels.map(str::to_owned).to_vec(),
        end_date: None,
        demo: true,
    };
    let mut campaign = init(folder, None, &init_options).await?;
    progress.step("its areas, elections, poll and canvass");
    let areas = [&country.regions, &country.cities, &country.neighbourhoods];
    for (at, areas) in areas.into_iter().enumerate() {
        let above = at.checked_sub(1).map(|above| levels[above].parse()).transpose()?;
        let payload = area_payload(levels[at].parse()?, above, areas)?;
        let file = format!("{}.invented", levels[at]);
        campaign.store().import(invented(&file, &options, areas.len()), payload).await?;
    }
    let finest: LevelId = levels[2].parse()?;
    for election in &country.elections {
        let payload = result_payload(&finest, election)?;
        let file = format!("{}.invented", election.id);
        campaign.store().import(invented(&file, &options, election.rows.len()), payload).await?;
        let names = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
        let blocs =
            Blocs { favourable: names(&election.favourable), opposed: names(&election.opposed), by_nuance: false };
        set_blocs(&mut campaign, election.id, ReadingId::default_reading().as_str(), blocs, None).await?;
    }
    let comparable = comparable(&country)?;
    campaign.change_file(|file| file.comparable = comparable)?;
    let polls = poll_rows(&country)?;
    campaign.store().import(invented("polls.invented", &options, polls.len()), Payload::Polls(polls)).await?;
    let tallies = tallies(&finest, &country)?;
    let answers = tallies.counts.len();
    campaign.store().import(invented("canvass.invented", &options, answers), Payload::Tallies(tallies)).await?;
    let newest = country.elections.last().ok_or_else(|| CampaignError::Invalid("the country never voted".into()))?;
    let baseline: quartier_model::ElectionId = newest.id.parse()?;
    let estimate_options = EstimateOptions::new(baseline, ReadingId::default_reading(), options.seed);
    let summary = estimate(&campaign, &estimate_options, progress).await?;
    publish(&campaign, progress).await?;
    Ok((campaign, summary))
}

/// All its elections for the base; for the reserve, that of most voters and that of fewest.
fn comparable(country: &DemoCountry) -> Result<Comparable> {
    let voters = |own: &&DemoElection| own.rows.iter().map(|row| u64::from(row.voters)).sum::<u64>();
    let (high, low) = (country.elections.iter().max_by_key(voters), country.elections.iter().min_by_key(voters));
    let pair = high.zip(low).filter(|(high, low)| high.id != low.id);
    Ok(Comparable {
        base: country.elections.iter().map(|own| Ok(own.id.parse()?)).collect::<Result<_>>()?,
        reserve: pair
            .map(|(high, low)| Ok::<_, CampaignError>(ReservePair { high: high.id.parse()?, low: low.id.parse()? }))
            .transpose()?,
    })
}

/// Deletes an earlier demonstration; never anything else.
fn clear(folder: &Path) -> Result<()> {
    let empty = std::fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none());
    if empty {
        return Ok(());
    }
    let is_demo = crate::CampaignFile::read(folder).is_ok_and(|file| file.demo);
    if !is_demo {
        return Err(CampaignError::Invalid(format!(
            "{} holds something that is no demonstration; name another folder with `--folder`",
            folder.display()
        )));
    }
    std::fs::remove_dir_all(folder).map_err(CampaignError::io(folder))
}

/// The facts of an import that no file stands behind; its SHA-256 is of the seed and size that make it again.
fn invented(file: &str, options: &DemoOptions, rows: usize) -> NewImport {
    let recipe = format!("{file} {} {} {}", options.seed, options.electors, options.neighbourhoods);
    NewImport {
        file: file.to_owned(),
        sha256: sha2::Sha256::digest(recipe.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect(),
        bytes: 0,
        at: OffsetDateTime::now_utc(),
        arguments: serde_json::json!({ "credit": CREDIT }),
        account: serde_json::json!({ "invented": rows }),
        replaces: None,
    }
}

fn area_payload(level: LevelId, parent_level: Option<LevelId>, areas: &[DemoArea]) -> Result<Payload> {
    let areas = areas
        .iter()
        .map(|area| {
            let shape = geo_types::Geometry::MultiPolygon(area.polygon.clone());
            let wkb = shape.to_wkb(CoordDimensions::xy()).map_err(|error| CampaignError::Invalid(error.to_string()))?;
            Ok(AreaRecord {
                code: area.code.parse()?,
                name: area.name.clone(),
                parent: area.parent.as_deref().map(str::parse).transpose()?,
                electors: Electors::Known(area.electors),
                wkb: Some(wkb),
            })
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(Payload::Areas { level, parent_level, areas, aliases: Vec::new() })
}

fn result_payload(level: &LevelId, election: &DemoElection) -> Result<Payload> {
    let lists = election
        .lists
        .iter()
        .map(|list| Ok(ListName { id: list.id.parse()?, label: list.label.to_owned(), nuance: None }))
        .collect::<Result<Vec<_>>>()?;
    let rows = election
        .rows
        .iter()
        .map(|row| {
            let area = row.code.as_deref().map(|code| Ok::<_, CampaignError>((level.clone(), code.parse()?)));
            let area = area.transpose()?;
            Ok(ResultRow {
                placed: area.is_some(),
                file_code: area.is_none().then(|| "étranger".to_owned()),
                area,
                counts: Counts {
                    registered: Some(row.registered.into()),
                    voters: row.voters.into(),
                    valid: row.valid.into(),
                    blank: Some(row.blank.into()),
                    null: Some(row.null.into()),
                    votes: row.votes.iter().map(|votes| u64::from(*votes)).collect(),
                },
            })
        })
        .collect::<Result<Vec<_>>>()?;
    let election = Election {
        id: election.id.parse()?,
        label: election.label.to_owned(),
        date: parse_date(election.date)?,
        has_registered: true,
        lists,
    };
    Ok(Payload::Results { election, level: level.clone(), rows, transfer: None })
}

fn poll_rows(country: &DemoCountry) -> Result<Vec<PollRow>> {
    country
        .polls
        .iter()
        .map(|poll| {
            Ok(PollRow {
                date: parse_date(poll.date)?,
                area: None,
                turnout: Some(poll.turnout),
                undecided: Some(poll.undecided),
                favourable: Some(poll.favourable),
                opposed: Some(poll.opposed),
                of: PollOf::Voters,
                n: Some(poll.n.into()),
                se: Some(poll.se),
            })
        })
        .collect()
}

/// The canvass as counts. Nobody stands behind them, so nothing is added to protect anybody.
fn tallies(level: &LevelId, country: &DemoCountry) -> Result<NewTallies> {
    let counts = country.canvass.iter().map(|tally| {
        let asked = tally.answers.iter().sum::<i32>().unsigned_abs();
        let counts = AnswerCounts::new(asked, tally.answers.map(Some), NoiseLaw::Exact)?;
        Ok((Some((level.clone(), tally.code.parse()?)), counts))
    });
    Ok(NewTallies {
        kind: TallyKind::Tallies,
        level: level.clone(),
        batch: "portes".to_owned(),
        date: Some(parse_date("2026-09-20")?),
        counts: counts.collect::<Result<_>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Quiet;

    #[tokio::test]
    async fn a_small_country_is_published_twice_and_a_strangers_folder_is_left_alone() {
        let parent = tempfile::tempdir().expect("a folder");
        let folder = parent.path().join("demo");
        let options = DemoOptions { seed: 7, electors: 20_000, neighbourhoods: 150 };
        for _ in 0..2 {
            let (campaign, summary) = demonstrate(&folder, options, &Quiet).await.expect("a demonstration");
            assert_eq!(summary.electors, Some(20_000));
            assert_eq!((summary.polls, summary.pairs.len()), (1, 2));
            assert!(summary.answers.iter().all(|stage| stage.answers > 100.0 && stage.effective > 1.0));
            assert_eq!((summary.answers.len(), summary.district.as_str()), (3, "region"));
            assert!(summary.neighbours > 300 && summary.silent.len() >= 3, "{:?}", summary.silent);
            assert!(summary.moved_from_prior > 0.5 && summary.movers.len() == 5);
            let published = quartier_snapshot::Published::open(&campaign.published()).expect("published");
            let snapshot = published.current().expect("a snapshot");
            assert!(snapshot.manifest().demo && snapshot.number() == 1);
            for level in snapshot.geography().levels() {
                let electors: u64 =
                    (0..level.rows()).filter_map(|row| level.electors(row).known()).map(u64::from).sum();
                assert_eq!(electors, 20_000, "{}", level.level.id);
                assert!(level.skeleton.is_some() && level.label_points.is_some());
            }
            campaign.store().close().await;
        }
        let stranger = parent.path().join("stranger");
        std::fs::create_dir(&stranger).expect("a folder");
        std::fs::write(stranger.join("thesis.txt"), "years of work").expect("a file");
        assert!(demonstrate(&stranger, options, &Quiet).await.is_err());
        assert!(stranger.join("thesis.txt").exists());
    }
}
