//! Import of population: where people live, so that electors can be placed inside their areas.

use super::{ImportFacts, named, new_import};
use crate::error::{CampaignError, Result};
use crate::folder::Campaign;
use crate::places::Places;
use crate::population::{Residence, locate};
use geozero::{CoordDimensions, ToWkb};
use quartier_ingest::population::{PeoplePlace, PeopleRow, PopulationRequest, read};
use quartier_ingest::{Fault, IngestError, Refusal, Source, grouped};
use quartier_store::{ImportId, Payload, PopulationPlace, PopulationRow};
use serde::Serialize;

/// The account of an import of population. Every row read is in exactly one of `filtered`, `used`, `without_number` and
/// `without_place`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct PopulationAccount {
    /// Rows, or features of polygons.
    pub read: u64,
    /// Rows left out by `--where`.
    pub filtered: u64,
    /// Rows kept.
    pub used: u64,
    /// Rows without a number: nobody is counted there.
    pub without_number: Vec<u64>,
    /// Features without a polygon.
    pub without_place: Vec<u64>,
    /// People of the rows kept, as the file counts them.
    pub people: f64,
    /// Of them, those in areas of the campaign; `null` where it has no area yet.
    pub in_areas: Option<f64>,
    /// Rows of which nobody is in any area of the campaign.
    pub outside: Vec<u64>,
    /// What was detected or guessed.
    pub said: Vec<String>,
}

/// Imports where people live.
///
/// # Errors
/// When a row is refused, or nobody is in any area of the campaign; nothing is then imported.
pub async fn import_population(
    campaign: &Campaign,
    request: &PopulationRequest,
    facts: &ImportFacts,
) -> Result<(ImportId, PopulationAccount)> {
    let source = Source::open(&request.path)?;
    let (file, sha256, bytes) = named(std::slice::from_ref(&source));
    let found = read(source, request)?;
    let rows = found.rows.iter().map(stored).collect::<Result<Vec<PopulationRow>>>()?;
    let mut account = PopulationAccount {
        read: found.read,
        filtered: found.filtered,
        used: rows.len() as u64,
        people: rows.iter().map(|row| row.people).sum(),
        without_number: found.without_number,
        without_place: found.without_place,
        said: found.said,
        ..PopulationAccount::default()
    };
    if has_areas(campaign).await? {
        let places = Places::load(campaign).await?;
        let placed: Vec<f64> = locate(&places, &rows)?.iter().map(Residence::inside).collect();
        account.in_areas = Some(placed.iter().sum());
        let nobody = found.rows.iter().zip(&placed).filter(|(row, inside)| row.people > 0.0 && **inside == 0.0);
        account.outside = nobody.map(|(row, _)| row.row).collect();
        if placed.iter().all(|inside| *inside == 0.0) {
            return Err(nowhere(&file, &found.rows).into());
        }
    }
    let import = new_import(&file, sha256, bytes, facts, &account);
    Ok((campaign.store().import(import, Payload::Population(rows)).await?, account))
}

async fn has_areas(campaign: &Campaign) -> Result<bool> {
    for level in campaign.file().levels.iter() {
        if !campaign.store().area_codes(&level.id).await?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A row as it is stored.
fn stored(row: &PeopleRow) -> Result<PopulationRow> {
    let place = match &row.place {
        PeoplePlace::Point(at) => PopulationPlace::Point(*at),
        PeoplePlace::Cell(cell) => PopulationPlace::Cell(cell.to_string()),
        PeoplePlace::Polygon(shape) => {
            let wkb = geo_types::Geometry::MultiPolygon(shape.clone()).to_wkb(CoordDimensions::xy());
            let unwritten = |error: geozero::error::GeozeroError| {
                CampaignError::Invalid(format!("feature {}: {error}", grouped(row.row)))
            };
            PopulationPlace::Polygon(wkb.map_err(unwritten)?)
        }
    };
    Ok(PopulationRow { place, people: row.people })
}

/// No row is in any area: the columns are exchanged, or the file is of another country.
fn nowhere(file: &str, rows: &[PeopleRow]) -> IngestError {
    let mut refusal = Refusal::new(file, "nobody lives in any area of the campaign; nothing imported");
    let place = |row: &PeopleRow| match &row.place {
        PeoplePlace::Point([lon, lat]) => format!("longitude {lon}, latitude {lat}"),
        PeoplePlace::Cell(cell) => cell.to_string(),
        PeoplePlace::Polygon(_) => "a polygon elsewhere".to_owned(),
    };
    let fault = |row: &PeopleRow| Fault::at(row.row).value(place(row)).expected("a place inside an area");
    refusal.faults = rows.iter().map(fault).collect();
    IngestError::Rows(refusal.help("check which column is the longitude (`--lon`) and which the latitude (`--lat`)"))
}
