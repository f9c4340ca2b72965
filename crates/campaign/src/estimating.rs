//! Estimate, then publish.

use crate::Progress;
use crate::error::{CampaignError, Result};
use crate::folder::{CANDIDATE, Campaign};
use crate::geography;
use crate::importing::cleaning_of;
use crate::past::{self, Past};
use crate::places::Places;
use quartier_cartography::{Weighted, default_classes};
use quartier_estimate::{Base, Benchmark, Evidence, Figures, Pair, PollBase, aggregate, lean_offsets};
use quartier_model::{
    Bloc, ElectionId, Electors, ElectorsSource, LevelTable, MISSING, Measure, Node, Reading, ReadingId, Share,
};
use quartier_snapshot::{
    CampaignFigure, DrawsContent, EvidenceRecord, Of, Pointer, Published, Results, Snapshot, SnapshotContent,
    SnapshotLevelContent, SnapshotManifest, UNKNOWN_ELECTORS, newest_manifest, publish_candidate, write_candidate,
    write_results,
};
use quartier_store::{ImportStatus, PollOf, PollRow, PublishedRow, SnapshotLog};
use std::collections::BTreeMap;
use time::OffsetDateTime;

/// What `quartier estimate` is told.
#[derive(Debug, Clone)]
pub struct EstimateOptions {
    /// The past election to start from.
    pub baseline: ElectionId,
    /// The reading of the past.
    pub reading: ReadingId,
    /// Seed of the draws.
    pub seed: u64,
}

/// What was estimated, for people.
#[derive(Debug, Clone, serde::Serialize)]
pub struct EstimateSummary {
    /// Leaves of the tree.
    pub areas: usize,
    /// Electors of the campaign; `None` where unknown.
    pub electors: Option<u64>,
    /// Past pairs that taught the scales: "from → to".
    pub pairs: Vec<String>,
    /// Polls used.
    pub polls: usize,
    /// Areas in which the baseline has no result.
    pub without_baseline: usize,
    /// The campaign's figures in thousandths: measure, value, low, high.
    pub campaign: Vec<(Measure, i16, i16, i16)>,
    /// What else should be known.
    pub notes: Vec<String>,
}

/// Estimates every area and writes a complete candidate beside the store; publishes nothing of it. The geography and
/// the results of the past are published on the way, since they are facts.
///
/// # Errors
/// When there is no area, the baseline or its blocs are unknown, or a database or disk refuses.
pub async fn estimate(
    campaign: &Campaign,
    options: &EstimateOptions,
    progress: &dyn Progress,
) -> Result<EstimateSummary> {
    progress.step("areas and past elections");
    let places = Places::load(campaign).await?;
    let pasts = past::load(campaign, &places).await?;
    let reading = reading(campaign, &options.reading)?;
    let blocs = resolve(&reading, &pasts)?;
    let baseline = pasts.iter().position(|past| past.election.id == options.baseline).ok_or_else(|| {
        let known: Vec<&str> = pasts.iter().map(|past| past.election.id.as_str()).collect();
        CampaignError::Invalid(format!("no election is called `{}`; there are {}", options.baseline, known.join(", ")))
    })?;
    if blocs[baseline].is_none() {
        return Err(CampaignError::Invalid(format!(
            "reading `{}` does not say which lists of `{}` are favourable and opposed: run `quartier blocs {} --favourable ... --opposed ...`",
            options.reading, options.baseline, options.baseline
        )));
    }
    let of = if pasts[baseline].election.has_registered { Base::Electors } else { Base::Voters };
    let (node_electors, sources) = electors(&places, &pasts, baseline, of);
    let leaves: Vec<u32> = places.tree.leaves().collect();
    let leaf_electors: Vec<Electors> = leaves.iter().map(|leaf| node_electors[*leaf as usize]).collect();

    let mut notes = Vec::new();
    let imports: Vec<_> =
        campaign.store().imports().await?.into_iter().filter(|import| import.status == ImportStatus::Active).collect();
    let attribution = attribution(&imports);
    let levels = campaign.file().levels.iter();
    let cleaning: Vec<_> = levels.map(|level| cleaning_of(level.id.as_str(), &imports)).collect();
    let geography =
        geography::publish(campaign, &places, &node_electors, &cleaning, &attribution, progress, &mut notes)?;
    progress.step("exact counts of the past");
    let published: Vec<_> = pasts.iter().map(|past| past.publish(campaign, &places)).collect();
    let results_hash = write_results(&campaign.published(), &geography, &published)?;
    let results = Results::open(&campaign.published().join("results").join(&results_hash), None)?;
    Pointer::advance(&campaign.published(), geography.hash(), Some(&results_hash))?;

    progress.step("estimates");
    let past_of = |at: usize, bloc: &Bloc| {
        quartier_estimate::Past::new(pasts[at].election.id.as_str(), pasts[at].stages(&places, bloc))
    };
    let read: Vec<usize> = (0..pasts.len()).filter(|at| blocs[*at].is_some()).collect();
    let pairs: Vec<Pair> = read
        .windows(2)
        .filter_map(|pair| {
            let (earlier, later) = (blocs[pair[0]].as_ref()?, blocs[pair[1]].as_ref()?);
            Some(Pair { earlier: past_of(pair[0], earlier), later: past_of(pair[1], later) })
        })
        .collect();
    let benchmarks = benchmarks(campaign, &places).await?;
    let newer = benchmarks.iter().any(|poll| poll.date.is_none_or(|date| date > pasts[baseline].election.date));
    let evidence = Evidence {
        tree: &places.tree,
        keys: &places.keys,
        electors: &leaf_electors,
        of,
        baseline: blocs[baseline].iter().map(|bloc| past_of(baseline, bloc)).collect(),
        pairs,
        benchmarks,
        seed: options.seed,
    };
    let posterior = quartier_estimate::estimate(&evidence)?;
    let figures = aggregate(
        &places.tree,
        &leaf_electors,
        &posterior.draws,
        &posterior.node_flags,
        &lean_offsets(options.seed),
        of,
    );

    progress.step("candidate");
    let known: Vec<u32> = leaf_electors.iter().map(|n| n.known().unwrap_or(UNKNOWN_ELECTORS)).collect();
    let leaf_places: Vec<(u8, u32)> = leaves
        .iter()
        .filter_map(|leaf| places.tree.place(*leaf).map(|(level, row)| (level as u8, row as u32)))
        .collect();
    let manifest = manifest(campaign, options, &figures, &imports, of, newer, &posterior.card);
    let content = SnapshotContent {
        manifest,
        levels: figures
            .levels
            .iter()
            .enumerate()
            .map(|(level, table)| {
                let range = places.tree.level(level);
                SnapshotLevelContent { table, sources: &sources[range.start as usize..range.end as usize] }
            })
            .collect(),
        draws: DrawsContent {
            leaves: &leaf_places,
            electors: &known,
            draws: quartier_model::DRAWS,
            values: &posterior.draws,
        },
    };
    write_candidate(campaign.folder(), CANDIDATE, &geography, &results, &content)?;
    notes.extend(posterior.card.notes.iter().cloned());
    Ok(EstimateSummary {
        areas: leaves.len(),
        electors: total(&figures.campaign),
        pairs: evidence.pairs.iter().map(|pair| format!("{} → {}", pair.earlier.id, pair.later.id)).collect(),
        polls: evidence.benchmarks.len(),
        without_baseline: posterior.card.leaves_without_baseline,
        campaign: Measure::ALL
            .into_iter()
            .map(|measure| {
                let values = figures.campaign.measure(measure);
                (measure, values.value[0], values.low[0], values.high[0])
            })
            .filter(|(_, value, ..)| *value != MISSING)
            .collect(),
        notes,
    })
}

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
    let edges = earlier.map(|manifest| manifest.edges);
    let now = OffsetDateTime::now_utc();
    let snapshot = publish_candidate(&campaign.published(), &candidate, |manifest| {
        manifest.published_at = now;
        manifest.privacy = "Public results only: nothing here derives from answers of persons.".into();
        // Class edges are those of the first publication, until somebody changes them.
        if let Some(edges) = edges {
            manifest.edges.extend(edges);
        }
    })?;
    log(campaign, &snapshot).await?;
    Ok(snapshot.number())
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
    for (level, values) in snapshot.geography().levels().iter().zip(snapshot.levels()) {
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
    Ok(campaign.store().record_snapshot(&log, &rows).await?)
}

fn reading(campaign: &Campaign, id: &ReadingId) -> Result<Reading> {
    campaign.file().readings().into_iter().find(|reading| reading.id == *id).ok_or_else(|| {
        CampaignError::Invalid(format!(
            "no reading is called `{id}`: `quartier blocs ELECTION --favourable ... --opposed ...` writes one"
        ))
    })
}

/// The blocs of each election that the reading reads.
fn resolve(reading: &Reading, pasts: &[Past]) -> Result<Vec<Option<Bloc>>> {
    pasts
        .iter()
        .map(|past| match reading.blocs.get(past.election.id.as_str()) {
            Some(blocs) => Ok(Some(blocs.resolve(&past.election)?)),
            None => Ok(None),
        })
        .collect()
}

/// Electors of every node and where they come from: the area file's; else the baseline's registered (voters, where
/// shares are of voters); else the newest election's; else unknown. Above the leaves, the sum of the known.
fn electors(places: &Places, pasts: &[Past], baseline: usize, of: Base) -> (Vec<Electors>, Vec<ElectorsSource>) {
    let counted = |past: &Past, node: u32| -> Option<u32> {
        let counts = past.counts[node as usize].as_ref()?;
        let count = match of {
            Base::Electors => counts.registered?,
            Base::Voters => counts.voters,
        };
        u32::try_from(count).ok().filter(|count| *count < UNKNOWN_ELECTORS)
    };
    let mut electors = vec![Electors::Unknown; places.tree.len()];
    let mut sources = vec![ElectorsSource::Unknown; places.tree.len()];
    for leaf in places.tree.leaves() {
        let file = places.place(leaf).and_then(|place| place.electors.known());
        let found = file
            .map(|count| (count, ElectorsSource::AreaFile))
            .or_else(|| counted(&pasts[baseline], leaf).map(|count| (count, ElectorsSource::Baseline)))
            .or_else(|| {
                pasts.iter().rev().find_map(|past| counted(past, leaf)).map(|n| (n, ElectorsSource::NewestElection))
            });
        if let Some((count, source)) = found {
            electors[leaf as usize] = Electors::Known(count);
            sources[leaf as usize] = source;
        }
    }
    places.tree.sum_upwards(&mut electors, |sum, child| {
        if let Some(child) = child.known() {
            *sum = Electors::Known(sum.known().unwrap_or(0).saturating_add(child));
        }
    });
    for node in 0..places.tree.len() as u32 {
        if !places.tree.is_leaf(node) && electors[node as usize] != Electors::Unknown {
            sources[node as usize] = ElectorsSource::Children;
        }
    }
    (electors, sources)
}

async fn benchmarks(campaign: &Campaign, places: &Places) -> Result<Vec<Benchmark>> {
    campaign
        .store()
        .polls()
        .await?
        .into_iter()
        .map(|poll| {
            let node = places.named(poll.area.as_ref(), &format!("a poll of {}", poll.date))?;
            benchmark(&poll, node)
        })
        .collect()
}

fn benchmark(poll: &PollRow, node: Node) -> Result<Benchmark> {
    let share = |value: Option<f64>| value.map(Share::new).transpose();
    Ok(Benchmark {
        node,
        date: Some(poll.date),
        turnout: share(poll.turnout)?,
        undecided: share(poll.undecided)?,
        favourable: share(poll.favourable)?,
        opposed: share(poll.opposed)?,
        of: match poll.of {
            PollOf::Electors => PollBase::Electors,
            PollOf::Voters => PollBase::Voters,
            PollOf::Decided => PollBase::Decided,
        },
        n: poll.n.and_then(|n| u32::try_from(n).ok()),
        se: poll.se,
    })
}

/// Whether the estimator could use a poll, wherever it was taken; says why not.
pub(crate) fn check_poll(poll: &PollRow) -> std::result::Result<(), String> {
    let root = 0;
    benchmark(poll, root).map_err(|error| error.to_string())?.stages().map(drop)
}

/// The credits that the imports name, each once.
fn attribution(imports: &[quartier_store::Import]) -> Vec<String> {
    let mut credits: Vec<String> = Vec::new();
    for credit in imports.iter().filter_map(|import| import.arguments.get("credit")?.as_str()) {
        if !credits.iter().any(|known| known == credit) {
            credits.push(credit.to_owned());
        }
    }
    credits
}

fn total(campaign: &LevelTable) -> Option<u64> {
    campaign.electors.first().copied().filter(|count| *count != UNKNOWN_ELECTORS).map(u64::from)
}

fn manifest(
    campaign: &Campaign,
    options: &EstimateOptions,
    figures: &Figures,
    imports: &[quartier_store::Import],
    of: Base,
    newer_than_baseline: bool,
    card: &quartier_estimate::ModelCard,
) -> SnapshotManifest {
    let file = campaign.file();
    let figure = |measure: Measure| {
        let values = figures.campaign.measure(measure);
        (values.value[0] != MISSING).then(|| CampaignFigure {
            value: values.value[0],
            low: values.low[0],
            high: values.high[0],
            people: values.people.first().map(|people| f64::from(*people)),
        })
    };
    SnapshotManifest {
        format: quartier_snapshot::FORMAT,
        number: 0,
        published_at: OffsetDateTime::now_utc(),
        name: file.name.clone(),
        language: file.language.as_str().to_owned(),
        demo: file.demo,
        end_date: file.end_date.clone(),
        of: match of {
            Base::Electors => Of::Electors,
            Base::Voters => Of::Voters,
        },
        reading: options.reading.clone(),
        readings: file.readings(),
        baseline: options.baseline.clone(),
        geography: String::new(),
        geography_blake3: String::new(),
        results: String::new(),
        results_blake3: String::new(),
        seed: options.seed,
        method: quartier_estimate::METHOD.to_owned(),
        evidence: imports
            .iter()
            .map(|import| EvidenceRecord {
                kind: import.kind.as_str().to_owned(),
                file: import.file.clone(),
                sha256: import.sha256.clone(),
                at: import.at,
                account: import.account.clone(),
            })
            .collect(),
        model_card: serde_json::to_value(card).unwrap_or_default(),
        privacy: String::new(),
        edges: edges(figures),
        campaign: Measure::ALL.into_iter().filter_map(|measure| Some((measure, figure(measure)?))).collect(),
        electors: total(&figures.campaign),
        common_points: figures.common_points,
        newer_than_baseline,
        files: BTreeMap::default(),
    }
}

/// Class edges of each measure, from the finest level that has figures.
fn edges(figures: &Figures) -> BTreeMap<Measure, Vec<f64>> {
    let mut edges = BTreeMap::new();
    for measure in Measure::ALL {
        let table =
            figures.levels.iter().rev().find(|table| table.measure(measure).value.iter().any(|v| *v != MISSING));
        let Some(table) = table else { continue };
        let values = table.measure(measure);
        let weigh = |column: &[i16], scale: f64| -> Vec<Weighted> {
            column
                .iter()
                .zip(&table.electors)
                .filter(|(value, electors)| **value != MISSING && **electors != UNKNOWN_ELECTORS)
                .map(|(value, electors)| Weighted { value: f64::from(*value) * scale, weight: f64::from(*electors) })
                .collect()
        };
        let classes =
            default_classes(&weigh(&values.value, 1e-3), &weigh(&values.spread, 0.5e-3), measure.info().signed);
        if let Ok(classes) = classes {
            edges.insert(measure, classes.edges().to_vec());
        }
    }
    edges
}
