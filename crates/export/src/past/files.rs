//! Base or reserve as CSV and as GeoJSON.

use super::{PastFigures, PastRow};
use crate::compare::NoFigure;
use crate::csv_file::CsvForm;
use crate::error::Result;
use crate::geojson::{begin, end};
use crate::number::thousandths;
use crate::place::{FIRST, Places};
use serde_json::{Map, Value, json};
use std::io::Write;

impl PastFigures {
    fn places(&self) -> Places<'_> {
        Places::of(&self.geography, self.level, &self.electors)
    }

    /// The election that a base is of.
    pub fn election_of(&self, row: &PastRow) -> Option<&str> {
        Some(self.elections.get(row.as_ref().ok()?.from?)?.as_str())
    }

    /// Whole where the measure is, else to a tenth: a reserve is a share of people.
    fn people(&self, row: &PastRow) -> Option<String> {
        let people = row.ok()?.people;
        Some(if self.measure.signed() { format!("{:.1}", people + 0.0) } else { format!("{people:.0}") })
    }
}

/// Writes some areas: `area,code,name,level,parent,electors` (of the newest election named), then the measure in people,
/// its share of those electors (a fraction of three decimals), for a base the election that has it, whether part of the
/// ground has no result, and the reason where there is no figure. The elections are in the last column, so that a file
/// says what it is of.
///
/// # Errors
/// Those of `out`.
pub fn past_csv(out: impl Write, figures: &PastFigures, rows: &[usize], form: CsvForm) -> Result<()> {
    let mut writer = form.writer(out)?;
    let id = figures.measure.id();
    let share = format!("{id}_share");
    let columns = [id, &share, "from", "partly_counted", "no_figure", "elections"];
    writer.write_record(FIRST.into_iter().chain(columns))?;
    let places = figures.places();
    let elections = named(figures).join(" ");
    for row in rows {
        let (Some(mut cells), Some(own)) = (places.cells(*row), figures.rows.get(*row)) else { continue };
        cells.extend([
            figures.people(own).map(|people| form.decimal(people)).unwrap_or_default(),
            own.map(|own| form.decimal(thousandths(own.share))).unwrap_or_default(),
            figures.election_of(own).unwrap_or_default().to_owned(),
            figures.is_partial(*row).to_string(),
            own.err().map(NoFigure::as_str).unwrap_or_default().to_owned(),
            elections.clone(),
        ]);
        writer.write_record(&cells)?;
    }
    writer.flush()?;
    Ok(())
}

/// Writes some areas as features with the columns of [`past_csv`]; what has no figure is `null`.
///
/// # Errors
/// Those of `out`, or an outline that cannot be read.
pub fn past_geojson(mut out: impl Write, figures: &PastFigures, rows: &[usize]) -> Result<()> {
    let (places, id) = (figures.places(), figures.measure.id());
    begin(&mut out, &about(figures))?;
    for (at, row) in rows.iter().enumerate() {
        let Some(own) = figures.rows.get(*row) else { continue };
        let people = figures.people(own).and_then(|people| people.parse::<serde_json::Number>().ok());
        let mut properties = Map::new();
        properties.insert(id.into(), json!(people));
        properties.insert(format!("{id}_share"), json!(own.ok().map(|own| f64::from(own.share) / 1000.0)));
        properties.insert("from".into(), json!(figures.election_of(own)));
        properties.insert("partly_counted".into(), json!(figures.is_partial(*row)));
        properties.insert("no_figure".into(), json!(own.err().map(NoFigure::as_str)));
        places.feature(&mut out, at, *row, properties)?;
    }
    end(&mut out)
}

fn named(figures: &PastFigures) -> Vec<&str> {
    figures.elections.iter().map(|id| id.as_str()).collect()
}

fn about(figures: &PastFigures) -> Value {
    json!({
        "measure": figures.measure.id(),
        "label": figures.measure.label().en,
        "definition": figures.measure.sentence().en,
        "formula": figures.measure.formula(),
        "elections": named(figures),
        "level": figures.level_id(),
        "unit": "people, exact",
        "share_of": format!("{} of {}", figures.base.as_str(), figures.of),
        "adds_up": "no: each level is of its own counts",
        "geography": figures.geography.hash(),
        "attribution": figures.geography.manifest().attribution,
    })
}
