//! The columns that every file of one figure an area begins with: which area, where it stands, how many electors.

use crate::compare::NoFigure;
use crate::csv_file::guarded;
use crate::error::Result;
use crate::geojson::begin_feature;
use crate::shape::write_outline;
use quartier_snapshot::{Geography, GeographyLevel, UNKNOWN_ELECTORS};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::io::Write;

/// Names of the first columns.
pub(crate) const FIRST: [&str; 6] = ["area", "code", "name", "level", "parent", "electors"];

/// The areas of one level, and electors in row order.
pub(crate) struct Places<'a> {
    level: &'a GeographyLevel,
    above: Option<&'a GeographyLevel>,
    electors: &'a [u32],
}

impl<'a> Places<'a> {
    pub fn of(geography: &'a Geography, level: usize, electors: &'a [u32]) -> Self {
        let own = geography.at(level).expect("figures are of a level of their geography");
        Self { level: own, above: geography.above(level), electors }
    }

    fn id(&self) -> &str {
        self.level.level.id.as_str()
    }

    fn parent(&self, row: usize) -> Option<&str> {
        self.above?.code(self.level.parent(row)? as usize)
    }

    /// The cells of [`FIRST`]; `None` beyond the end.
    pub fn cells(&self, row: usize) -> Option<Vec<String>> {
        let (code, name) = (self.level.code(row)?, self.level.name(row)?);
        let electors = known_electors(self.electors, row).map(|electors| electors.to_string());
        Some(vec![
            format!("{}:{code}", self.id()),
            guarded(code),
            guarded(name),
            self.id().to_owned(),
            guarded(self.parent(row).unwrap_or_default()),
            electors.unwrap_or_default(),
        ])
    }

    /// Writes feature `at` of a collection: the first columns, those of its own, the outline. Beyond the end nothing.
    ///
    /// # Errors
    /// Those of `out`, or an outline that cannot be read.
    pub fn feature(&self, out: &mut impl Write, at: usize, row: usize, own: Map<String, Value>) -> Result<()> {
        let Some(code) = self.level.code(row) else { return Ok(()) };
        begin_feature(out, at, self.id(), code)?;
        let mut properties = Map::new();
        properties.insert("code".into(), json!(code));
        properties.insert("name".into(), json!(self.level.name(row)));
        properties.insert("level".into(), json!(self.id()));
        properties.insert("parent".into(), json!(self.parent(row)));
        properties.insert("electors".into(), json!(known_electors(self.electors, row)));
        properties.extend(own);
        let object = Value::Object(properties).to_string();
        write!(out, r#"{},"geometry":"#, &object[1..])?;
        write_outline(out, self.level, row)?;
        out.write_all(b"}")?;
        Ok(())
    }
}

/// Electors of a row; `None` where they are unknown.
pub fn known_electors(electors: &[u32], row: usize) -> Option<u32> {
    electors.get(row).copied().filter(|electors| *electors != UNKNOWN_ELECTORS)
}

/// How many rows have no figure, by reason.
pub(crate) fn missing<T: Copy>(rows: &[std::result::Result<T, NoFigure>]) -> BTreeMap<NoFigure, usize> {
    let mut missing = BTreeMap::new();
    for why in rows.iter().filter_map(|row| row.err()) {
        *missing.entry(why).or_insert(0) += 1;
    }
    missing
}
