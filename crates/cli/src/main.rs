//! The `quartier` binary: arguments in, progress and results out.
//!
//! It holds no rule of its own: every command parses its arguments (`args`), calls one use case of `campaign`, and
//! prints what came back. Exit codes: 0 done, 1 failed and nothing changed, 2 the command line was wrong.

mod args;
mod asking;
mod audit_report;
mod say;

use anyhow::Result;
use args::{
    AnswersArgs, ByArg, CampaignArgs, Cli, Command, ExportFormat, ImportAreasArgs, ImportCommand, ImportCommon,
    ImportScoresArgs, ImportTalliesArgs,
};
use clap::Parser;
use quartier_campaign::demo::DemoOptions;
use quartier_campaign::{
    Campaign, CellsRequest, CovariatesRequest, EstimateOptions, EvaluateOptions, ExportForm, ExportRequest, FromAreas,
    ImportFacts, InitOptions, PointsRequest, PopulationRequest, ResultsRequest,
};
use quartier_export::CsvForm;
use quartier_ingest::areas::AreasRequest;
use quartier_ingest::results::NamedColumns;
use quartier_ingest::table::{AliasRequest, Filter, JoinRequest};
use quartier_model::{Blocs, NoiseLaw};
use quartier_store::ImportId;
use std::path::PathBuf;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let as_json = cli.command.prints_json();
    match run(cli.command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say::error(&error, as_json);
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<()> {
    match command {
        Command::Demo(demo) => {
            let options =
                DemoOptions { seed: demo.seed, electors: demo.electors, neighbourhoods: demo.neighbourhoods as usize };
            let (campaign, summary) = quartier_campaign::demonstrate(&demo.folder, options, &say::Steps).await?;
            say::summary(&summary, false)?;
            if !demo.no_serve {
                serve_campaign(&campaign, demo.listen).await?;
            }
        }
        Command::Init(init) => {
            let options = InitOptions {
                name: init.name,
                language: init.language.into(),
                levels: init.levels,
                end_date: init.end_date,
                demo: false,
            };
            quartier_campaign::init(&init.folder, init.database.as_deref(), &options).await?;
            println!("{} is ready: {}", options.name, init.folder.display());
        }
        Command::Import(ImportCommand::Areas(import)) => {
            import_areas(*import).await?;
        }
        Command::Import(ImportCommand::Grouping(import)) => {
            let campaign = open(&import.common.at).await?;
            let json = import.common.at.json;
            let facts = facts(&import.common, import.credit.clone());
            let request = asking::grouping(*import)?;
            let (id, account) = quartier_campaign::import_grouping(&campaign, &request, &facts).await?;
            say::grouping(id, &account, json)?;
        }
        Command::Import(ImportCommand::Results(import)) => {
            let campaign = open(&import.common.at).await?;
            let request = ResultsRequest {
                facts: facts(&import.common, import.credit),
                files: import.files,
                election: import.election,
                date: import.date,
                label: import.label,
                level: import.level,
                from_areas: from_areas(import.from_areas, import.from_code, import.from_crs),
                code: import.code.unwrap_or_else(|| "{located}".to_owned()),
                point: import.lon.zip(import.lat),
                preset: import.preset,
                by: import.by,
                filters: import.filters,
                fallback: import.fallback,
                row_key: import.row_key,
                columns: NamedColumns {
                    registered: import.registered,
                    voters: import.voters,
                    abstentions: import.abstentions,
                    valid: import.valid,
                    blank: import.blank,
                    null: import.null,
                    candidates: import.candidates,
                },
                join: join(import.join, import.on),
                aliases: aliases(import.aliases, import.alias_from, import.alias_to),
                strict: import.strict,
                accept_discrepancy: import.accept_discrepancy,
                registered_floor: import.registered_floor,
            };
            let (id, account) = quartier_campaign::import_results(&campaign, &request).await?;
            say::account(id, &account, import.common.at.json)?;
        }
        Command::Import(ImportCommand::Polls(import)) => {
            let campaign = open(&import.common.at).await?;
            let facts = facts(&import.common, None);
            let (id, account) = quartier_campaign::import_polls(&campaign, &import.file, &facts).await?;
            say::account(id, &account, import.common.at.json)?;
        }
        Command::Import(ImportCommand::Covariates(import)) => {
            let campaign = open(&import.common.at).await?;
            let facts = facts(&import.common, import.credit);
            let request = CovariatesRequest {
                file: import.file,
                level: import.level.parse()?,
                code: import.code.parse()?,
                group: import.group,
                columns: import.columns,
            };
            let (id, account) = quartier_campaign::import_covariates(&campaign, &request, &facts).await?;
            say::account(id, &account, import.common.at.json)?;
        }
        Command::Import(ImportCommand::Population(import)) => {
            let campaign = open(&import.common.at).await?;
            let facts = facts(&import.common, import.credit);
            let request = PopulationRequest {
                path: import.file,
                count: import.count,
                point: import.lon.zip(import.lat),
                cell: import.cell,
                filter: Filter::parse(&import.filters)?,
                crs: import.crs,
            };
            let (id, account) = quartier_campaign::import_population(&campaign, &request, &facts).await?;
            say::population(id, &account, import.common.at.json)?;
        }
        Command::Import(ImportCommand::Tallies(import)) => {
            let ImportTalliesArgs { asked, answers } = *import;
            import_answers(answers, |args| asking::tallies(args, asked)).await?;
        }
        Command::Import(ImportCommand::Scores(import)) => {
            let ImportScoresArgs { percent, answers } = *import;
            import_answers(answers, |args| asking::scores(args, percent)).await?;
        }
        Command::Imports(list) => {
            let imports = open(&list.at).await?.store().imports().await?;
            say::imports(&imports, list.at.json)?;
        }
        Command::Undo(undo) => {
            open(&undo.at).await?.store().undo(ImportId(undo.id)).await?;
            println!("import {} is taken back", undo.id);
        }
        Command::Blocs(blocs) => {
            let mut campaign = open(&blocs.at).await?;
            let undecided = match blocs.undecided_label.as_deref() {
                None => None,
                Some(text) => Some(asking::in_two_languages("--undecided-label", text)?),
            };
            let chosen = Blocs {
                favourable: blocs.favourable,
                opposed: blocs.opposed,
                by_nuance: matches!(blocs.by, ByArg::Nuance),
            };
            quartier_campaign::set_blocs(&mut campaign, &blocs.election, &blocs.reading, chosen, undecided).await?;
            println!("reading `{}` reads {}; the rest is undecided", blocs.reading, blocs.election);
        }
        Command::Classes(classes) => {
            let mut campaign = open(&classes.at).await?;
            let measure = classes.measure.parse()?;
            let edges = quartier_campaign::set_classes(&mut campaign, measure, &classes.method, classes.edges)?;
            say::edges(measure, &edges, classes.at.json)?;
        }
        Command::Estimate(estimate) => {
            let campaign = open(&estimate.at).await?;
            let options = EstimateOptions {
                baseline: estimate.baseline,
                reading: estimate.reading.parse()?,
                seed: estimate.seed,
                district: estimate.district,
                without_icar: estimate.without_icar,
                dry_run: estimate.dry_run,
            };
            let summary = quartier_campaign::estimate(&campaign, &options, &say::Steps).await?;
            say::summary(&summary, estimate.at.json)?;
            if !estimate.dry_run {
                eprintln!("a candidate is ready: `quartier publish` makes it a snapshot");
            }
        }
        Command::Evaluate(evaluate) => {
            let campaign = open(&evaluate.at).await?;
            let options = EvaluateOptions {
                from: evaluate.from.parse()?,
                to: evaluate.to.parse()?,
                reading: evaluate.reading.parse()?,
                answers: evaluate.answers,
                repetitions: evaluate.repetitions,
                seed: evaluate.seed,
                without_icar: evaluate.without_icar,
                law: if evaluate.without_noise { NoiseLaw::Exact } else { evaluate.eps.law() },
            };
            let kept = quartier_campaign::evaluate(&campaign, &options, &say::Steps).await?;
            say::evaluation(&kept, campaign.file().language, evaluate.at.json)?;
        }
        Command::Publish(publish) => {
            let campaign = open(&publish.at).await?;
            let number = quartier_campaign::publish(&campaign, &say::Steps).await?;
            println!("snapshot {number} is published");
        }
        Command::Snapshots(list) => {
            let campaign = open(&list.at).await?;
            for snapshot in quartier_campaign::snapshots(&campaign).await? {
                println!("{}\t{}\t{}", snapshot.number, snapshot.published_at, snapshot.reading);
            }
        }
        Command::Export(export) => {
            let campaign = open(&export.at).await?;
            let request = ExportRequest {
                level: export.level,
                resolution: export.resolution,
                election: export.election,
                past: export.past.as_deref().map(str::parse).transpose()?,
                compare: export
                    .compare
                    .map(|from| Ok::<_, anyhow::Error>((from, export.measure.parse()?)))
                    .transpose()?,
                within: export.within.parse()?,
                form: match export.format {
                    ExportFormat::Geojson => ExportForm::Geojson,
                    ExportFormat::Csv => ExportForm::Csv(CsvForm::International),
                    ExportFormat::CsvFr => ExportForm::Csv(CsvForm::French),
                },
                snapshot: export.snapshot,
            };
            let rows = quartier_campaign::export(&campaign, &request, &export.output)?;
            eprintln!("{rows} areas written to {}", export.output.display());
        }
        Command::Serve(serve) => {
            let campaign = open(&serve.at).await?;
            serve_campaign(&campaign, serve.listen).await?;
        }
        Command::Doctor(doctor) => {
            let campaign = open(&doctor.at).await?;
            if let Some([from, to]) = doctor.continuity.as_deref() {
                let outlines = from_areas(doctor.outlines, doctor.outlines_code, doctor.outlines_crs);
                let commune = doctor.commune.as_deref();
                let report = quartier_campaign::continuity(&campaign, (from, to), commune, outlines.as_ref()).await?;
                return say::continuity(&report, doctor.at.json);
            }
            let findings = quartier_campaign::doctor(&campaign).await?;
            say::findings(&findings, doctor.at.json)?;
            let broken = findings.iter().filter(|finding| finding.broken).count();
            anyhow::ensure!(broken == 0, "{broken} of {} checks found something broken", findings.len());
        }
        Command::Audit(audit) => {
            let campaign = open(&audit.at).await?;
            let found = quartier_campaign::audit(&campaign, audit.snapshot, audit.least, &say::Steps).await?;
            let language = audit.language.map_or(campaign.file().language, Into::into);
            if audit.at.json {
                println!("{}", serde_json::to_string_pretty(&found)?);
            } else {
                print!("{}", audit_report::report(&found, language));
            }
            anyhow::ensure!(
                found.is_safe(),
                "{} groups of fewer than {} electors can be told apart",
                found.isolated(),
                found.least
            );
            anyhow::ensure!(found.is_whole(), "not every attack could be made: the partitions have too many parts");
        }
    }
    Ok(())
}

/// Imports the areas of a level: polygons, or the cells in which points lie.
async fn import_areas(import: ImportAreasArgs) -> Result<()> {
    let campaign = open(&import.common.at).await?;
    let as_json = import.common.at.json;
    let facts = facts(&import.common, import.credit);
    let parent = import.parent.as_deref().map(str::parse).transpose()?;
    let filter = Filter::parse(&import.filters)?;
    let level = import.level.parse()?;
    if let Some((path, resolution)) = import.points.zip(import.h3) {
        let columns = import.lon.zip(import.lat);
        let points = PointsRequest { path, columns, electors: import.electors, parent, filter };
        let request = CellsRequest { level, resolution, points };
        let (id, account) = quartier_campaign::import_cells(&campaign, &request, &facts).await?;
        return say::cells(id, &account, as_json);
    }
    let missing = |what: &str| anyhow::anyhow!("{what} is not named");
    let file = import.file.ok_or_else(|| missing("the file"))?;
    let code = import.code.ok_or_else(|| missing("--code"))?.parse()?;
    let name = import.name.ok_or_else(|| missing("--name"))?.parse()?;
    let request = AreasRequest {
        parent,
        electors: import.electors,
        filter,
        join: join(import.join, import.on),
        aliases: aliases(import.aliases, import.alias_from, import.alias_to),
        crs: import.crs,
        ..AreasRequest::new(file, level, code, name)
    };
    let (id, notes) = quartier_campaign::import_areas(&campaign, &request, import.tolerance, &facts).await?;
    say::notes(id, &notes, as_json)
}

/// Imports answers, or drafts the mapping of a column.
async fn import_answers(
    args: AnswersArgs,
    request: impl FnOnce(AnswersArgs) -> Result<quartier_campaign::AnswersRequest>,
) -> Result<()> {
    let mut campaign = open(&args.common.at).await?;
    let json = args.common.at.json;
    if let (true, Some(column)) = (args.inspect, &args.answers) {
        let name = args.mapping.as_deref().unwrap_or("answers");
        let found = quartier_campaign::inspect_answers(&mut campaign, &args.file, column, name)?;
        return say::inspection(name, &found, json);
    }
    let (id, account) = quartier_campaign::import_answers(&campaign, &request(args)?).await?;
    say::answers(id, &account, json)
}

async fn open(at: &CampaignArgs) -> Result<Campaign> {
    Ok(Campaign::open(&at.campaign, at.database.as_deref()).await?)
}

/// `--join FILE --on COL`; the parser has seen to it that both or none are there.
fn join(path: Option<PathBuf>, on: Option<String>) -> Option<JoinRequest> {
    path.zip(on).map(|(path, on)| JoinRequest { path, on })
}

/// A file of areas and the template of their code; both or none.
fn from_areas(path: Option<PathBuf>, code: Option<String>, crs: Option<String>) -> Option<FromAreas> {
    path.zip(code).map(|(path, code)| FromAreas { path, code, crs })
}

/// `--aliases FILE --alias-from COL --alias-to COL`; all or none.
fn aliases(path: Option<PathBuf>, from: Option<String>, to: Option<String>) -> Option<AliasRequest> {
    path.zip(from.zip(to)).map(|(path, (from, to))| AliasRequest { path, from, to })
}

fn facts(common: &ImportCommon, credit: Option<String>) -> ImportFacts {
    ImportFacts { replaces: common.replaces, credit }
}

/// Serves what a campaign has published, until told to stop.
async fn serve_campaign(campaign: &Campaign, listen: std::net::SocketAddr) -> Result<()> {
    quartier_server::log::to_stderr();
    let options = quartier_server::ServeOptions {
        published: campaign.published(),
        listen,
        name: campaign.file().name.clone(),
        language: campaign.file().language.as_str().to_owned(),
    };
    quartier_server::serve(options, stopped(), |address| println!("serving on http://{address}")).await?;
    Ok(())
}

/// Resolves on Ctrl-C or SIGTERM.
async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        }
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
}
