//! A comparison in the container of the values table, so that a page paints it as it paints a measure.

use super::{Changed, Comparison};
use crate::hexes::shown_column;
use quartier_model::{Continuity, MISSING};
use quartier_snapshot::{Of, TableWriter};
use serde_json::{Value, json};

/// Name of the columns of a comparison, whatever the measure.
const COLUMN: &str = "change";

/// A figure of a row, in thousandths.
type FieldOf = fn(&Changed) -> i16;

impl Comparison {
    /// The table: `electors`, `flags`, of hexagons `shown`, then `value`, `low`, `high`, `spread` of `change`, and its people.
    pub fn table(&self) -> TableWriter<'_> {
        let rows = self.rows.len();
        let label = self.words.0;
        let [fr, en] = self.sentence();
        let figure = |own: &Changed| {
            let [value, low, high] = [own.value, own.low, own.high].map(|figure| f64::from(figure) / 1000.0);
            json!({"value": value, "low": low, "high": high, "clear": own.is_clear()})
        };
        let words = |label: quartier_model::Label| json!({"fr": label.fr, "en": label.en});
        let class = |(class, areas): (Continuity, usize)| {
            let (word, sentence) = class.words();
            json!({"number": class.number(), "id": class.as_str(), "areas": areas, "word": words(word), "sentence": words(sentence)})
        };
        let classes = json!(self.classes().into_iter().map(class).collect::<Vec<_>>());
        let mut table = TableWriter::new("compare", rows)
            .with("geography", self.geography.hash())
            .with("level", self.level_id())
            .with("of", if self.of == Of::Voters { "voters" } else { "electors" })
            .with("compare", self.kind.as_str())
            .with("measure", self.measure.id())
            .with("from", self.from.as_str())
            .with("to", self.to.as_str())
            .with("label", words(label))
            .with("sentence", json!({"fr": fr, "en": en}))
            .with("edges", json!(self.edges))
            .with("common_points", self.common_points)
            .with("clear", self.clear())
            .with("continuity", classes)
            .with("moved", json!(self.moved))
            .with("campaign", self.campaign.as_ref().ok().map_or(Value::Null, figure));
        table.column("electors", "value", &self.electors);
        table.column("flags", "value", &self.flags);
        shown_column(&mut table, &self.geography, self.hexes.as_ref());
        table.column_with("continuity", "value", rows, move |row| self.class(row).map_or(0, Continuity::number));
        table.column_with("continuity", "level", rows, move |row| match self.read_at.get(row) {
            Some(Some(within)) => within.map_or(0, |(level, _)| level as u8 + 1),
            _ => u8::MAX,
        });
        let fields: [(&str, FieldOf); 4] = [
            ("value", |row| row.value),
            ("low", |row| row.low),
            ("high", |row| row.high),
            ("spread", |row| row.spread),
        ];
        for (field, of) in fields {
            table.column_with(COLUMN, field, rows, move |row| self.rows[row].as_ref().map_or(MISSING, of));
        }
        for (at, field) in ["people", "people_low", "people_high"].into_iter().enumerate() {
            let people =
                move |row: usize| self.rows[row].ok().and_then(|own| own.people).map_or(f32::NAN, |own| own[at]);
            table.column_with(COLUMN, field, rows, people);
        }
        table
    }
}
