//! Templates: text with `{column}`, out of which a row's code, name or key is made.
//!
//! `{column}` is the value of a column; `{column:0>4}` pads it (fill, then `<` left, `^` centre or `>` right, then the
//! width in characters; a longer value is kept whole). `{@id}` is a feature's id. `{{` and `}}` are the braces
//! themselves.

use crate::fault::{Fault, IngestError, Refusal, did_you_mean};
use std::fmt;
use std::str::FromStr;

/// Widest padding that is taken, in characters; an area code has at most 64.
const WIDEST_PAD: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Align {
    Left,
    Centre,
    Right,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Pad {
    fill: char,
    align: Align,
    width: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Column { name: String, pad: Option<Pad> },
}

/// A parsed template, not yet bound to the columns of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    text: String,
    parts: Vec<Part>,
}

impl Template {
    /// The names of the columns it uses, in order, each as often as it stands there.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Column { name, .. } => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// The text of one row, where `lookup` gives a column's value.
    ///
    /// # Errors
    /// The name of the first column for which `lookup` has nothing.
    pub fn render<V: AsRef<str>>(&self, mut lookup: impl FnMut(&str) -> Option<V>) -> Result<String, String> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(piece) => text.push_str(piece),
                Part::Column { name, pad } => {
                    let value = lookup(name).ok_or_else(|| name.clone())?;
                    push_padded(&mut text, value.as_ref(), pad.as_ref());
                }
            }
        }
        Ok(text)
    }

    /// Ties the columns to their places in a header, so that rows need no search by name.
    ///
    /// # Errors
    /// [`IngestError::Columns`] that names each column that the file has not, and those it has.
    pub fn bind<S: AsRef<str>>(&self, file: &str, header: &[S]) -> Result<BoundTemplate, IngestError> {
        let mut missing = Vec::new();
        let mut parts = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            match part {
                Part::Text(text) => parts.push(BoundPart::Text(text.clone())),
                Part::Column { name, pad } => match header.iter().position(|column| column.as_ref() == name) {
                    Some(column) => parts.push(BoundPart::Column { column, pad: pad.clone() }),
                    None => missing.push(name.as_str()),
                },
            }
        }
        if missing.is_empty() {
            Ok(BoundTemplate { parts })
        } else {
            let names: Vec<&str> = header.iter().map(AsRef::as_ref).collect();
            Err(missing_columns(file, &format!("the template `{}`", self.text), &missing, &names))
        }
    }
}

/// The refusal for columns that are not there: names each, those there are, and a near one.
pub fn missing_columns(file: &str, wanted_by: &str, missing: &[&str], known: &[&str]) -> IngestError {
    /// A header of ministry files has 200 columns; the first ones say what the file is.
    const SHOWN_COLUMNS: usize = 30;
    let mut unique: Vec<&str> = Vec::new();
    for name in missing {
        if !unique.contains(name) {
            unique.push(name);
        }
    }
    let summary = match unique.as_slice() {
        [one] => format!("there is no column `{one}`, which {wanted_by} names; nothing imported"),
        many => format!("there are no columns {}, which {wanted_by} names; nothing imported", quoted(many)),
    };
    let mut refusal = Refusal::new(file, summary);
    for name in &unique {
        let fault = Fault::at(1).column(*name).expected("a column of that name");
        refusal.faults.push(match did_you_mean(name, known.iter().copied()) {
            Some(near) => fault.meant(format!("`{near}`")),
            None => fault,
        });
    }
    let shown = &known[..known.len().min(SHOWN_COLUMNS)];
    let more = known.len() - shown.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    IngestError::Columns(refusal.help(format!("the file has the columns {}{more}", quoted(shown))))
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[derive(Debug, Clone)]
enum BoundPart {
    Text(String),
    Column { column: usize, pad: Option<Pad> },
}

/// A template tied to the columns of one file.
#[derive(Debug, Clone)]
pub struct BoundTemplate {
    parts: Vec<BoundPart>,
}

impl BoundTemplate {
    /// Writes the text of a row, after what `into` holds; `cell` gives the value of a column by its place.
    pub fn render_into<'r>(&self, into: &mut String, mut cell: impl FnMut(usize) -> &'r str) {
        for part in &self.parts {
            match part {
                BoundPart::Text(text) => into.push_str(text),
                BoundPart::Column { column, pad } => push_padded(into, cell(*column), pad.as_ref()),
            }
        }
    }
}

fn push_padded(into: &mut String, value: &str, pad: Option<&Pad>) {
    let value = value.trim();
    let Some(pad) = pad else {
        into.push_str(value);
        return;
    };
    let missing = pad.width.saturating_sub(value.chars().count());
    let before = match pad.align {
        Align::Left => 0,
        Align::Centre => missing / 2,
        Align::Right => missing,
    };
    into.extend(std::iter::repeat_n(pad.fill, before));
    into.push_str(value);
    into.extend(std::iter::repeat_n(pad.fill, missing - before));
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Template {
    type Err = IngestError;

    fn from_str(text: &str) -> Result<Self, IngestError> {
        let wrong = |at: usize, what: &str| {
            IngestError::Options(
                Refusal::new(
                    format!("template `{text}`"),
                    format!("{what} at character {}", text[..at].chars().count() + 1),
                )
                .help("a template is text with `{column}`; `{column:0>4}` pads; write `{{` for a brace"),
            )
        };
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text.char_indices().peekable();
        while let Some((at, letter)) = rest.next() {
            match letter {
                '{' if rest.next_if(|(_, next)| *next == '{').is_some() => literal.push('{'),
                '}' if rest.next_if(|(_, next)| *next == '}').is_some() => literal.push('}'),
                '}' => return Err(wrong(at, "a `}` closes nothing")),
                '{' => {
                    let mut inside = String::new();
                    let closed = loop {
                        match rest.next() {
                            Some((_, '}')) => break true,
                            Some((_, inner)) => inside.push(inner),
                            None => break false,
                        }
                    };
                    if !closed {
                        return Err(wrong(at, "a `{` is never closed"));
                    }
                    if !literal.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut literal)));
                    }
                    let (name, pad) = column_and_pad(&inside).map_err(|what| wrong(at, what))?;
                    parts.push(Part::Column { name, pad });
                }
                other => literal.push(other),
            }
        }
        if !literal.is_empty() {
            parts.push(Part::Text(literal));
        }
        if parts.is_empty() {
            return Err(wrong(0, "the template is empty: nothing stands"));
        }
        Ok(Self { text: text.to_owned(), parts })
    }
}

/// Splits `column:0>4`. A colon whose right side is no padding belongs to the name: some headers hold one.
fn column_and_pad(inside: &str) -> Result<(String, Option<Pad>), &'static str> {
    if inside.trim().is_empty() {
        return Err("the name of the column is missing");
    }
    let Some((name, spec)) = inside.rsplit_once(':') else {
        return Ok((inside.to_owned(), None));
    };
    let mut letters = spec.chars();
    let (first, second) = (letters.next(), letters.next());
    let align_of = |letter: Option<char>| match letter {
        Some('<') => Some(Align::Left),
        Some('^') => Some(Align::Centre),
        Some('>') => Some(Align::Right),
        _ => None,
    };
    let (fill, align, width) = match (align_of(second), align_of(first)) {
        (Some(align), _) => (first.unwrap_or(' '), align, letters.as_str()),
        (None, Some(align)) => (' ', align, &spec[1..]),
        (None, None) => return Ok((inside.to_owned(), None)),
    };
    match width.parse::<usize>() {
        Ok(width) if (1..=WIDEST_PAD).contains(&width) => Ok((name.to_owned(), Some(Pad { fill, align, width }))),
        _ => Err("the width of the padding is not a number from 1 to 64"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(template: &str, columns: &[(&str, &str)]) -> String {
        template
            .parse::<Template>()
            .expect("a template")
            .render(|name| columns.iter().find(|(column, _)| *column == name).map(|(_, value)| *value))
            .expect("known columns")
    }

    #[test]
    fn a_template_fills_and_pads_and_keeps_what_is_longer() {
        let row = [("dep", "4"), ("bureau", "12"), ("Code du b.vote", "010A"), ("@id", "7"), ("nom", "é")];
        for (template, expected) in [
            ("75056-{bureau}", "75056-12"),
            ("{dep:0>2}{bureau:0>4}", "040012"),
            ("{bureau:_<4}|{bureau:-^4}|{bureau:>4}", "12__|-12-|  12"),
            ("{bureau:0>1}", "12"),
            ("{Code du b.vote}", "010A"),
            ("{@id}", "7"),
            ("{{{dep}}}", "{4}"),
            ("{nom:é>3}", "ééé"),
            ("Bureau 1", "Bureau 1"),
        ] {
            assert_eq!(render(template, &row), expected, "{template}");
        }
    }

    #[test]
    fn a_colon_may_belong_to_the_name() {
        assert_eq!(render("{a:b}", &[("a:b", "x")]), "x");
        assert_eq!(render("{a:b:0>3}", &[("a:b", "x")]), "00x");
    }

    #[test]
    fn a_template_that_cannot_be_read_says_where() {
        for (template, message) in [
            ("{dep", "a `{` is never closed at character 1"),
            ("ab}", "a `}` closes nothing at character 3"),
            ("{}", "the name of the column is missing at character 1"),
            ("{a:0>900}", "the width of the padding is not a number from 1 to 64"),
            ("{a:0>}", "the width of the padding is not a number from 1 to 64"),
            ("", "the template is empty"),
        ] {
            let error = template.parse::<Template>().expect_err(template);
            assert!(error.to_string().contains(message), "{error}");
        }
    }

    #[test]
    fn an_unknown_column_is_named_with_those_there_are() {
        let template: Template = "{code_comune}-{bureau}".parse().expect("a template");
        let error = template.bind("a.csv", &["code_commune", "bureau"]).expect_err("a wrong name");
        let text = error.to_string();
        assert!(text.contains("there is no column `code_comune`"), "{text}");
        assert!(text.contains("did you mean `code_commune`?"), "{text}");
        assert!(text.contains("the file has the columns `code_commune`, `bureau`"), "{text}");
    }
}
