//! Base or reserve as CSV and as GeoJSON.

use super::{PastFigures, PastRow};
use crate::compare::NoFigure;
use crate::csv_file::{CsvForm, guarded};
use crate::error::Result;
use crate::geojson::{begin, begin_feature, end};
use crate::number::thousandths;
use crate::shape::write_geometry;
use serde_json::{Map, Value, json};
use std::io::Write;

impl PastFigures {
    fn parent(&self, row: usize) -> Option<&str> {
        let above = self.level.checked_sub(1).map(|above| &self.geography.levels()[above])?;
        above.code(self.geography.levels()[self.level].parent(row)? as usize)
    }

    fn electors_of(&self, row: usize) -> Option<u32> {
        self.electors.get(row).copied().filter(|electors| *electors != u32::MAX)
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
/// its share of those electors (a fraction of three decimals), for a base the election that has it, whether part of the ground has no result, and the reason where
/// there is no figure. The elections are in the last column, so that a file says what it is of.
///
/// # Errors
/// Those of `out`.
pub fn past_csv(out: impl Write, figures: &PastFigures, rows: &[usize], form: CsvForm) -> Result<()> {
    let mut writer = form.writer(out)?;
    let id = figures.measure.id();
    let header = ["area", "code", "name", "level", "parent", "electors", id, &format!("{id}_share"), "from"];
    writer.write_record(header.into_iter().chain(["partly_counted", "no_figure", "elections"]))?;
    let level = &figures.geography.levels()[figures.level];
    let elections = named(figures).join(" ");
    for row in rows {
        let (Some(code), Some(name)) = (level.code(*row), level.name(*row)) else { continue };
        let Some(own) = figures.rows.get(*row) else { continue };
        writer.write_record([
            format!("{}:{code}", figures.level_id()),
            guarded(code),
            guarded(name),
            figures.level_id().to_owned(),
            guarded(figures.parent(*row).unwrap_or_default()),
            figures.electors_of(*row).map(|electors| electors.to_string()).unwrap_or_default(),
            figures.people(own).map(|people| form.decimal(people)).unwrap_or_default(),
            own.map(|own| form.decimal(thousandths(own.share))).unwrap_or_default(),
            figures.election_of(own).unwrap_or_default().to_owned(),
            figures.is_partial(*row).to_string(),
            own.err().map(NoFigure::as_str).unwrap_or_default().to_owned(),
            elections.clone(),
        ])?;
    }
    writer.flush()?;
    Ok(())
}

/// Writes some areas as features with the columns of [`past_csv`]; what has no figure is `null`.
///
/// # Errors
/// Those of `out`, or an outline that cannot be read.
pub fn past_geojson(mut out: impl Write, figures: &PastFigures, rows: &[usize]) -> Result<()> {
    let (level, id) = (&figures.geography.levels()[figures.level], figures.measure.id());
    begin(&mut out, &about(figures))?;
    for (at, row) in rows.iter().enumerate() {
        let (Some(code), Some(own)) = (level.code(*row), figures.rows.get(*row)) else { continue };
        begin_feature(&mut out, at, figures.level_id(), code)?;
        let people = figures.people(own).and_then(|people| people.parse::<serde_json::Number>().ok());
        let mut properties = Map::new();
        properties.insert("code".into(), json!(code));
        properties.insert("name".into(), json!(level.name(*row)));
        properties.insert("level".into(), json!(figures.level_id()));
        properties.insert("parent".into(), json!(figures.parent(*row)));
        properties.insert("electors".into(), json!(figures.electors_of(*row)));
        properties.insert(id.into(), json!(people));
        properties.insert(format!("{id}_share"), json!(own.ok().map(|own| f64::from(own.share) / 1000.0)));
        properties.insert("from".into(), json!(figures.election_of(own)));
        properties.insert("partly_counted".into(), json!(figures.is_partial(*row)));
        properties.insert("no_figure".into(), json!(own.err().map(NoFigure::as_str)));
        let object = Value::Object(properties).to_string();
        write!(out, r#"{},"geometry":"#, &object[1..])?;
        write_geometry(&mut out, level.outlines.wkb(*row), &format!("{}:{code}", figures.level_id()))?;
        out.write_all(b"}")?;
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
