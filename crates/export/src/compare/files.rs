//! A comparison as CSV and as GeoJSON.

use super::{Changed, ChangedRow, Comparison, NoFigure};
use crate::csv_file::CsvForm;
use crate::error::Result;
use crate::geojson::{begin, end};
use crate::number::thousandths;
use crate::place::{FIRST, Places};
use quartier_model::{Continuity, MISSING};
use serde_json::{Map, Value, json};
use std::io::Write;

/// The figures of a row as text: value, low, high.
fn shares(row: &ChangedRow) -> Option<[String; 3]> {
    row.as_ref().ok().map(|own| [own.value, own.low, own.high].map(thousandths))
}

/// People to the nearest tenth, as elsewhere: value, low, high.
fn people(row: &ChangedRow) -> Option<[f64; 3]> {
    row.ok().and_then(|own| own.people).map(|own| own.map(|people| (f64::from(people) * 10.0).round() / 10.0 + 0.0))
}

fn reason(row: &ChangedRow) -> Option<&'static str> {
    row.err().map(NoFigure::as_str)
}

impl Comparison {
    fn places(&self) -> Places<'_> {
        Places::of(&self.geography, self.level, &self.electors)
    }
}

/// Writes some areas: `area,code,name,level,parent,electors`, then `change` with `_low` and `_high` (fractions, three
/// decimals), `clear`, people with their interval, `partly_counted`, the reason where there is no figure, whether the area
/// is the same place at both ends (`continuity`), and at which area above the change is read if not (`read_at`).
///
/// # Errors
/// Those of `out`.
pub fn compare_csv(out: impl Write, comparison: &Comparison, rows: &[usize], form: CsvForm) -> Result<()> {
    let mut writer = form.writer(out)?;
    let columns = ["change", "change_low", "change_high", "clear", "people", "people_low", "people_high"];
    writer.write_record(FIRST.into_iter().chain(columns).chain([
        "partly_counted",
        "no_figure",
        "continuity",
        "read_at",
    ]))?;
    let places = comparison.places();
    for row in rows {
        let (Some(mut cells), Some(own)) = (places.cells(*row), comparison.rows.get(*row)) else { continue };
        let clear = own.as_ref().ok().map(Changed::is_clear);
        let text = |value: Option<String>| value.unwrap_or_default();
        cells.extend(shares(own).unwrap_or_default().map(|share| form.decimal(share)));
        cells.push(text(clear.map(|clear| clear.to_string())));
        let people = people(own).map(|own| own.map(|people| form.decimal(format!("{people:.1}"))));
        cells.extend(people.unwrap_or_default());
        cells.push(comparison.is_partial(*row).to_string());
        cells.push(text(reason(own).map(ToOwned::to_owned)));
        cells.push(text(comparison.class(*row).map(|class| class.as_str().to_owned())));
        cells.push(text(comparison.read_at(*row)));
        writer.write_record(&cells)?;
    }
    writer.flush()?;
    Ok(())
}

/// Writes some areas as features with the columns of [`compare_csv`]; what has no figure is `null`.
///
/// # Errors
/// Those of `out`, or an outline that cannot be read.
pub fn compare_geojson(mut out: impl Write, comparison: &Comparison, rows: &[usize]) -> Result<()> {
    let places = comparison.places();
    begin(&mut out, &about(comparison))?;
    for (at, row) in rows.iter().enumerate() {
        let Some(own) = comparison.rows.get(*row) else { continue };
        let fraction = |figure: i16| json!(f64::from(figure) / 1000.0);
        let figures = own.as_ref().map_or([MISSING; 3], |own| [own.value, own.low, own.high]);
        let figures = figures.map(|figure| if figure == MISSING { Value::Null } else { fraction(figure) });
        let people = people(own).map_or([Value::Null, Value::Null, Value::Null], |own| own.map(|people| json!(people)));
        let mut properties = Map::new();
        properties.extend(["change", "change_low", "change_high"].map(ToOwned::to_owned).into_iter().zip(figures));
        properties.insert("clear".into(), json!(own.as_ref().ok().map(Changed::is_clear)));
        properties.extend(["people", "people_low", "people_high"].map(ToOwned::to_owned).into_iter().zip(people));
        properties.insert("partly_counted".into(), json!(comparison.is_partial(*row)));
        properties.insert("no_figure".into(), json!(reason(own)));
        properties.insert("continuity".into(), json!(comparison.class(*row).map(Continuity::as_str)));
        properties.insert("read_at".into(), json!(comparison.read_at(*row)));
        places.feature(&mut out, at, *row, properties)?;
    }
    end(&mut out)
}

fn about(comparison: &Comparison) -> Value {
    let label = comparison.words.0;
    let [_, sentence] = comparison.sentence();
    json!({
        "compare": comparison.kind.as_str(),
        "from": comparison.from,
        "to": comparison.to,
        "measure": comparison.measure.id(),
        "label": label.en,
        "definition": sentence,
        "level": comparison.level_id(),
        "of": comparison.of.as_str(),
        "unit": "difference of fractions, three decimals",
        "interval": "_low and _high are the 5th and 95th percentile of the posterior draws; clear: the interval does not hold 0",
        "people": "people of now less people of then, in heads: it also moves with the register",
        "continuity": "stable, doubtful or redrawn: whether the area is the same place at both ends, as far as public figures tell",
        "read_at": "the area above whose change is shown, where this one is not the same place",
        "moved": comparison.moved,
        "partly_counted": "true where part of the area has no result in the election",
        "common_points": comparison.common_points,
        "geography": comparison.geography.hash(),
        "attribution": comparison.geography.manifest().attribution,
    })
}
