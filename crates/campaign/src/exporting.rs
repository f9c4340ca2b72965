//! Export: published figures to a file, written aside and renamed, so that half a file never bears its name.

use crate::error::{CampaignError, Result};
use crate::folder::Campaign;
use quartier_export::{
    Comparison, CsvForm, Estimates, HEX_RESOLUTIONS, HexesAt, PastFigures, ResultRows, Side, Within, compare_csv,
    compare_geojson, past_csv, past_geojson,
};
use quartier_model::{AreaRef, Measure, PastMeasure, ReadingId};
use quartier_snapshot::{Geography, Published, Snapshot};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

/// The form of an exported file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportForm {
    /// GeoJSON, RFC 7946.
    Geojson,
    /// CSV, in one of its two forms.
    Csv(CsvForm),
}

/// What to export.
#[derive(Debug, Clone)]
pub struct ExportRequest {
    /// The level, or `hex`.
    pub level: String,
    /// Of hexagons, the resolution at which they are shown; 8 where `None`.
    pub resolution: Option<u8>,
    /// The exact counts of this election instead of the estimates.
    pub election: Option<String>,
    /// Base or reserve instead of the estimates.
    pub past: Option<PastMeasure>,
    /// What changed since this election or snapshot instead of the estimates, and of which measure.
    pub compare: Option<(String, Measure)>,
    /// Only areas inside this one.
    pub within: AreaRef,
    /// The form of the file.
    pub form: ExportForm,
    /// The snapshot; the newest where `None`.
    pub snapshot: Option<u32>,
}

/// Writes published figures to `output` (`-`: standard output); gives the number of areas.
///
/// # Errors
/// When nothing is published, an area, level, election or snapshot is unknown, or the file cannot be written.
pub fn export(campaign: &Campaign, request: &ExportRequest, output: &Path) -> Result<usize> {
    let published = Published::open(&campaign.published())?;
    if output.as_os_str() == "-" {
        return write(&published, request, &mut std::io::stdout().lock());
    }
    let folder = output.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = output.file_name().map(|name| name.to_string_lossy().into_owned()).ok_or_else(|| {
        CampaignError::Invalid(format!("{}: expected the name of a file to write, or `-`", output.display()))
    })?;
    let aside = folder.join(format!(".{name}.{}", std::process::id()));
    let file = std::fs::File::create(&aside).map_err(CampaignError::io(output))?;
    let mut out = BufWriter::new(file);
    let written = write(&published, request, &mut out).and_then(|rows| {
        let file = out.into_inner().map_err(|error| CampaignError::io(output)(error.into_error()))?;
        file.sync_all().and_then(|()| std::fs::rename(&aside, output)).map_err(CampaignError::io(output))?;
        Ok(rows)
    });
    if written.is_err() {
        drop(std::fs::remove_file(&aside));
    }
    written
}

fn write(published: &Published, request: &ExportRequest, out: &mut dyn Write) -> Result<usize> {
    let nothing =
        || CampaignError::Invalid("nothing is published yet: run `quartier estimate`, `quartier publish`".into());
    if let Some(election) = &request.election {
        let geography = published.geography().ok_or_else(nothing)?;
        let results = published.results().ok_or_else(nothing)?;
        let counts = ResultRows::of(geography, results, election, &request.level)?.at(resolution(request)?);
        let part = counts.part(within(geography, request)?);
        match request.form {
            ExportForm::Geojson => quartier_export::results_geojson(out, geography.manifest(), &counts, &part)?,
            ExportForm::Csv(form) => quartier_export::results_csv(out, &counts, &part, form)?,
        }
        return Ok(part.rows.len());
    }
    if let Some(measure) = request.past {
        let geography = published.geography().ok_or_else(nothing)?;
        let results = published.results().ok_or_else(nothing)?;
        let reading = published.current().map(|current| current.manifest().reading.clone());
        let reading = reading.unwrap_or_else(ReadingId::default_reading);
        let level = (request.level.as_str(), hexes(geography, request)?);
        let figures = PastFigures::of(geography, results, measure, &reading, level)?;
        let rows = figures.rows_within(within(geography, request)?);
        match request.form {
            ExportForm::Geojson => past_geojson(out, &figures, &rows)?,
            ExportForm::Csv(form) => past_csv(out, &figures, &rows, form)?,
        }
        return Ok(rows.len());
    }
    let snapshot = match request.snapshot {
        Some(number) => published.snapshot(number)?,
        None => published.current().cloned().ok_or_else(nothing)?,
    };
    if let Some((from, measure)) = &request.compare {
        return write_comparison(published, &snapshot, (from, *measure), request, out);
    }
    let estimates = Estimates::of(&snapshot, &request.level)?.at(resolution(request)?);
    let part = estimates.part(within(snapshot.geography(), request)?);
    match request.form {
        ExportForm::Geojson => quartier_export::estimates_geojson(out, &estimates, &part)?,
        ExportForm::Csv(form) => quartier_export::estimates_csv(out, &estimates, &part, form)?,
    }
    Ok(part.rows.len())
}

/// The resolution asked for, of hexagons.
fn resolution(request: &ExportRequest) -> Result<Option<u8>> {
    let Some(resolution) = request.resolution else { return Ok(None) };
    let refuse =
        |expected: &str| Err(CampaignError::Invalid(format!("--resolution: found {resolution}, expected {expected}")));
    match request.level.as_str() {
        "hex" if HEX_RESOLUTIONS.contains(&resolution) => Ok(Some(resolution)),
        "hex" => refuse(&format!("{} to {}", HEX_RESOLUTIONS.start(), HEX_RESOLUTIONS.end())),
        _ => refuse("none: only hexagons (`--level hex`) have resolutions"),
    }
}

/// The hexagons asked for; `None` where another level is.
fn hexes(geography: &Geography, request: &ExportRequest) -> Result<Option<HexesAt>> {
    Ok(HexesAt::of(geography, &request.level, resolution(request)?))
}

/// From an election of the snapshot's past, or from an earlier snapshot where no election is called so.
fn write_comparison(
    published: &Published,
    now: &Arc<Snapshot>,
    (from, measure): (&str, Measure),
    request: &ExportRequest,
    out: &mut dyn Write,
) -> Result<usize> {
    let from = match (now.results().election(from), from.parse()) {
        (Some(_), _) => Side::Election(from.to_owned()),
        (None, Ok(number)) => Side::Snapshot(published.snapshot(number)?),
        (None, Err(_)) => {
            let known: Vec<&str> = now.results().elections().iter().map(|own| own.election.id.as_str()).collect();
            return Err(CampaignError::Invalid(format!(
                "--compare: found `{from}`, expected the number of a snapshot or an election: {}",
                known.join(", ")
            )));
        }
    };
    let level = (request.level.as_str(), hexes(now.geography(), request)?);
    let comparison = Comparison::of(&from, &Side::Snapshot(Arc::clone(now)), measure, level, None)?;
    let rows = comparison.rows_within(within(&comparison.geography, request)?);
    match request.form {
        ExportForm::Geojson => compare_geojson(out, &comparison, &rows)?,
        ExportForm::Csv(form) => compare_csv(out, &comparison, &rows, form)?,
    }
    Ok(rows.len())
}

fn within(geography: &Geography, request: &ExportRequest) -> Result<Within> {
    let AreaRef::Area { level, code } = &request.within else { return Ok(None) };
    let at = geography.position(level.as_str());
    let row = at.and_then(|at| geography.at(at)?.row(code.as_str()));
    let unknown = || CampaignError::Invalid(format!("there is no area `{}`", request.within));
    at.zip(row).map(Some).ok_or_else(unknown)
}
