//! Publish: the candidate becomes the next snapshot, and the database hears of it.

use crate::Progress;
use crate::classes::{checked_classes, keep_edges};
use crate::error::{CampaignError, Result};
use crate::folder::Campaign;
use quartier_model::{LevelId, Measure};
use quartier_snapshot::{GeographyLevel, Published, Snapshot, SnapshotManifest, newest_manifest, publish_candidate};
use quartier_store::{GroupingArea, PublishedRow, SnapshotLog};
use time::OffsetDateTime;

/// Publishes the candidate as the next snapshot; gives its number.
///
/// # Errors
/// When there is no candidate, it is damaged, or the disk refuses; what was published before is then still current.
pub async fn publish(campaign: &Campaign, progress: &dyn Progress) -> Result<u32> {
    let candidate = campaign.candidate();
    if !candidate.is_dir() {
        return Err(CampaignError::Invalid("there is no candidate to publish: run `quartier estimate` first".into()));
    }
    progress.step("publishing");
    let earlier = newest_manifest(&campaign.published())?;
    catch_up(campaign, earlier.as_ref()).await?;
    let chosen = checked_classes(campaign)?;
    let now = OffsetDateTime::now_utc();
    let snapshot = publish_candidate(&campaign.published(), &candidate, |manifest| {
        manifest.published_at = now;
        manifest.privacy = privacy(manifest).into();
        // Class edges are those of the first publication, until somebody changes them.
        keep_edges(manifest, earlier.as_ref(), chosen);
    })?;
    log(campaign, &snapshot).await?;
    Ok(snapshot.number())
}

/// What protects the persons behind a snapshot.
fn privacy(manifest: &SnapshotManifest) -> &'static str {
    let of_persons = |kind: &str| kind == "tallies" || kind == "scores";
    match manifest.evidence.iter().any(|record| of_persons(&record.kind)) {
        _ if manifest.demo => "Everything here is invented: no person stands behind any figure.",
        true => {
            "Answers of persons were counted in groups of 11 or more, with noise added before anything was stored; every figure follows from those counts and public results."
        }
        false => "Public results only: nothing here derives from answers of persons.",
    }
}

/// The log of publications, oldest first.
///
/// # Errors
/// When the database or the published directories cannot be read.
pub async fn snapshots(campaign: &Campaign) -> Result<Vec<SnapshotLog>> {
    catch_up(campaign, newest_manifest(&campaign.published())?.as_ref()).await?;
    Ok(campaign.store().snapshots().await?)
}

/// Tells the database of the newest publication where it has not heard of it: the process ended before it could.
async fn catch_up(campaign: &Campaign, newest: Option<&SnapshotManifest>) -> Result<()> {
    let Some(newest) = newest else { return Ok(()) };
    let known = campaign.store().snapshots().await?;
    let is_known = |number: u32| known.iter().any(|log| log.number == number);
    if is_known(newest.number) {
        return Ok(());
    }
    if let Some(current) = Published::open(&campaign.published())?.current()
        && !is_known(current.number())
    {
        log(campaign, current).await?;
    }
    Ok(())
}

/// Tells the database of a publication, for readers of SQL. The snapshot is published whether or not this succeeds.
async fn log(campaign: &Campaign, snapshot: &Snapshot) -> Result<()> {
    let manifest = snapshot.manifest();
    let mut rows = Vec::new();
    for (level, values) in snapshot.geography().all_levels().zip(snapshot.levels()) {
        for row in 0..level.rows() {
            let Some(Ok(code)) = level.code(row).map(str::parse) else { continue };
            let fraction = |value: i16| f64::from(value) / 1000.0;
            let figures = Measure::ALL.map(|measure| {
                let figure = values.values.figure(measure, row)?;
                Some([fraction(figure.value), fraction(figure.low), fraction(figure.high)])
            });
            rows.push(PublishedRow {
                level: level.level.id.clone(),
                code,
                electors: level.electors(row),
                pooled: values.values.flags(row) & quartier_model::flags::POOLED != 0,
                figures,
            });
        }
    }
    let log = SnapshotLog {
        number: snapshot.number(),
        published_at: manifest.published_at,
        reading: manifest.reading.to_string(),
        geography: manifest.geography.clone(),
        results: manifest.results.clone(),
        manifest: serde_json::to_value(manifest).unwrap_or_default(),
    };
    let groupings = snapshot.geography().groupings().iter();
    let grouped: Vec<(LevelId, GroupingArea)> = groupings.flat_map(|own| areas_of(&own.areas)).collect();
    Ok(campaign.store().record_snapshot(&log, &rows, &grouped).await?)
}

/// The areas of a grouping as they are drawn.
fn areas_of(areas: &GeographyLevel) -> impl Iterator<Item = (LevelId, GroupingArea)> + '_ {
    (0..areas.rows()).filter_map(|row| {
        let (code, name) = (areas.code(row)?.parse().ok()?, areas.name(row)?.to_owned());
        let wkb = areas.outlines.wkb(row).map(<[u8]>::to_vec);
        Some((areas.level.id.clone(), GroupingArea { code, name, wkb }))
    })
}
