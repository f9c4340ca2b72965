//! Features to areas: filter, join, templates, aliases, outlines.

use super::crs::System;
use super::layer::{Feature, Layer, Shape};
use super::mend::{Mended, dissolve, mend};
use super::{AreaRecord, AreasFile, AreasRequest, Dissolved, Notes};
use crate::fault::{Fault, IngestError, Refusal};
use crate::table::{Aliases, Join};
use crate::template::{Template, missing_columns};
use quartier_model::AreaCode;
use std::collections::{HashMap, HashSet};

/// The column that stands for a feature's id.
const ID_COLUMN: &str = "@id";

/// The areas of a layer.
pub(super) fn areas(layer: Layer, request: &AreasRequest, mut notes: Notes) -> Result<AreasFile, IngestError> {
    let file = notes.file.clone();
    notes.format = layer.format.to_owned();
    notes.said.clone_from(&layer.said);
    notes.features = layer.features.len() as u64;
    if layer.features.is_empty() {
        return Err(IngestError::file(&file, "the file holds no feature; nothing imported", "export the layer again"));
    }
    let joined = request.join.as_ref().map(Join::open).transpose()?;
    let columns = Columns::new(&layer, joined.as_ref());
    columns.check(&file, request)?;
    let aliases = request.aliases.as_ref().map(Aliases::open).transpose()?;
    notes.said.extend(aliases.as_ref().map(Aliases::said));
    let system = System::of(&file, request.crs.as_deref(), &layer.crs)?;
    notes.crs.clone_from(&system.said);

    let kept: Vec<bool> =
        layer.features.iter().map(|feature| request.filter.keeps(|name| columns.value(feature, name))).collect();
    let mut faults: Vec<Fault> = Vec::new();
    let mut used_keys = HashSet::new();
    let mut records = Vec::new();
    for (feature, _) in layer.features.iter().zip(&kept).filter(|(_, kept)| **kept) {
        if let Shape::Refused { found, expected } = &feature.shape {
            faults.push(Fault::at(feature.row).column("geometry").text(found).expected(*expected));
        }
        let key = joined.as_ref().and_then(|joined| columns.own_value(feature, &joined.on));
        let has_join = joined.as_ref().is_none_or(|joined| key.is_some_and(|key| joined.row(key).is_some()));
        if let Some(key) = key.filter(|_| has_join) {
            used_keys.insert(key.trim().to_owned());
        }
        if let Some(mut record) = record(feature, &columns, request, has_join, &mut faults) {
            if !has_join {
                notes.without_join.push(record.code.to_string());
            }
            if request.electors.is_some() && record.electors.is_none() {
                notes.without_electors.push(record.code.to_string());
            }
            if record.name.is_empty() {
                record.name = record.code.to_string();
                notes.unnamed.push(record.code.to_string());
            }
            records.push(record);
        }
    }
    notes.kept = kept.iter().filter(|kept| **kept).count() as u64;
    if let Some(joined) = &joined {
        notes.unused_join = joined.keys().filter(|key| !used_keys.contains(*key)).map(str::to_owned).collect();
    }
    faults.extend(repeated(&records));
    if !faults.is_empty() {
        faults.sort_by_key(|fault| fault.row);
        return Err(IngestError::Rows(Refusal::rows(&file, faults, notes.features)));
    }
    if records.is_empty() {
        let summary = "`--where` keeps no feature; nothing imported";
        return Err(IngestError::file(&file, summary, "check the column and the value"));
    }
    notes.lost_zeros = lost_zeros(&records);

    let mut shapes: HashMap<u64, Shape> =
        layer.features.into_iter().zip(kept).filter(|(_, kept)| *kept).map(|(f, _)| (f.row, f.shape)).collect();
    for record in &mut records {
        record.geometry = match shapes.remove(&record.row) {
            Some(Shape::Polygons(polygons)) => Some(polygons),
            Some(Shape::Null | Shape::Refused { .. }) | None => None,
        };
    }
    system.to_lon_lat(
        &file,
        records.iter_mut().filter_map(|record| record.geometry.as_mut().map(|geometry| (record.row, geometry))),
    )?;
    for record in &mut records {
        let mended = record.geometry.take().map(mend);
        if let Some((_, Mended::SelfIntersecting)) = mended {
            notes.repaired.push(record.code.to_string());
        }
        record.geometry = mended.map(|(geometry, _)| geometry).filter(|geometry| !geometry.0.is_empty());
        if record.geometry.is_none() {
            notes.without_geometry.push(record.code.to_string());
        }
    }
    if notes.without_geometry.len() == records.len() {
        let mut refusal = Refusal::new(&file, "no feature of it has a polygon; nothing imported");
        refusal.faults = records.iter().map(|record| no_polygon(record, &notes.repaired)).collect();
        return Err(IngestError::Rows(refusal.help("export the layer again with its polygons")));
    }
    let mut past = Vec::new();
    if let Some(aliases) = aliases {
        records = follow(records, &aliases, &mut notes);
        past = of_the_past(&records, &aliases);
    }
    Ok(AreasFile { areas: records, aliases: past, notes })
}

/// The fault of an area without a polygon, in a file where none has one; `repaired` has the codes that were mended.
fn no_polygon(record: &AreaRecord, repaired: &[String]) -> Fault {
    let crossed = repaired.iter().any(|code| code == record.code.as_str());
    let found = if crossed { "an outline that crosses itself and encloses nothing" } else { "no outline with an area" };
    Fault::at(record.row).column("geometry").value(found).expected("a polygon")
}

/// The aliases whose target is an area of the file and whose old code is not.
fn of_the_past(records: &[AreaRecord], aliases: &Aliases) -> Vec<(AreaCode, AreaCode)> {
    let codes: std::collections::HashSet<&str> = records.iter().map(|record| record.code.as_str()).collect();
    let mut past: Vec<(AreaCode, AreaCode)> = aliases
        .iter()
        .filter(|(old, new)| codes.contains(new.as_str()) && !codes.contains(old))
        .filter_map(|(old, new)| Some((old.parse().ok()?, new.clone())))
        .collect();
    past.sort();
    past
}

/// Columns of the file and of the joined table; the file's win.
struct Columns<'a> {
    own: HashMap<&'a str, usize>,
    names: &'a [String],
    has_ids: bool,
    joined: Option<&'a Join>,
}

impl<'a> Columns<'a> {
    fn new(layer: &'a Layer, joined: Option<&'a Join>) -> Self {
        // Where a file has a name twice, the first one counts.
        let own = layer.columns.iter().enumerate().rev().map(|(at, name)| (name.as_str(), at)).collect();
        let has_ids = layer.features.iter().any(|feature| feature.id.is_some());
        Self { own, names: &layer.columns, has_ids, joined }
    }

    fn own_value<'f>(&self, feature: &'f Feature, name: &str) -> Option<&'f str> {
        if name == ID_COLUMN {
            return feature.id.as_deref();
        }
        feature.values.get(*self.own.get(name)?)?.as_deref()
    }

    fn value<'f>(&'f self, feature: &'f Feature, name: &str) -> Option<&'f str> {
        if self.own.contains_key(name) || name == ID_COLUMN {
            return self.own_value(feature, name);
        }
        let joined = self.joined?;
        joined.get(self.own_value(feature, &joined.on)?, name)
    }

    fn knows(&self, name: &str) -> bool {
        (name == ID_COLUMN && self.has_ids)
            || self.own.contains_key(name)
            || self.joined.is_some_and(|joined| joined.columns.iter().any(|column| column == name))
    }

    /// Refuses a request that names a column that is nowhere.
    fn check(&self, file: &str, request: &AreasRequest) -> Result<(), IngestError> {
        let mut known: Vec<&str> = self.names.iter().map(String::as_str).collect();
        known.extend(self.joined.iter().flat_map(|joined| joined.columns.iter().map(String::as_str)));
        if self.has_ids {
            known.push(ID_COLUMN);
        }
        let check = |by: String, names: Vec<&str>| {
            let missing: Vec<&str> = names.into_iter().filter(|name| !self.knows(name)).collect();
            if missing.is_empty() { Ok(()) } else { Err(missing_columns(file, &by, &missing, &known)) }
        };
        if let Some(joined) = self.joined
            && !self.own.contains_key(joined.on.as_str())
            && !(joined.on == ID_COLUMN && self.has_ids)
        {
            return Err(missing_columns(file, "`--on`", &[&joined.on], &known));
        }
        check("`--where`".to_owned(), request.filter.columns().collect())?;
        for template in [Some(&request.code), Some(&request.name), request.parent.as_ref()].into_iter().flatten() {
            check(format!("the template `{template}`"), template.columns().collect())?;
        }
        check("`--electors`".to_owned(), request.electors.iter().map(String::as_str).collect())
    }
}

/// One area without its outline, or faults that say why not.
fn record(
    feature: &Feature,
    columns: &Columns<'_>,
    request: &AreasRequest,
    has_join: bool,
    faults: &mut Vec<Fault>,
) -> Option<AreaRecord> {
    let render = |template: &Template| {
        template
            .render(|name| Some(columns.value(feature, name).unwrap_or_default()))
            .expect("a closure that always answers leaves no column without value")
    };
    // A code made of text around an empty column looks whole and is not: `75056-` of `75056-{bureau}`.
    let hollow = |template: &Template| {
        template
            .columns()
            .find(|name| columns.value(feature, name).is_none_or(|value| value.trim().is_empty()))
            .map(str::to_owned)
    };
    let missing = |column: &str, what: &str| {
        let expected = match columns.joined {
            Some(joined) if !has_join => {
                let key = columns.own_value(feature, &joined.on).unwrap_or_default();
                format!("{what}; the joined table has no row where `{}` is `{key}`", joined.on)
            }
            _ => what.to_owned(),
        };
        Fault::at(feature.row).column(column).text("").expected(expected)
    };
    let mut code = |template: &Template, what: &str| -> Option<AreaCode> {
        if let Some(column) = hollow(template) {
            faults.push(missing(&column, what));
            return None;
        }
        let text = render(template);
        text.trim()
            .parse()
            .map_err(|_| {
                let column = template.columns().next().unwrap_or("--code").to_owned();
                faults.push(
                    Fault::at(feature.row)
                        .column(column)
                        .text(&text)
                        .expected(format!("{what}: 1 to 64 characters, none of them a control character")),
                );
            })
            .ok()
    };
    let own = code(&request.code, "the code of an area");
    let parent = match &request.parent {
        Some(template) => Some(code(template, "the code of a parent")?),
        None => None,
    };
    let electors = match &request.electors {
        Some(column) => match electors(columns.value(feature, column).unwrap_or_default()) {
            Ok(electors) => electors,
            Err(found) => {
                let fault = Fault::at(feature.row).column(column).text(&found);
                faults.push(fault.expected("a whole number of electors"));
                None
            }
        },
        None => None,
    };
    let name = if hollow(&request.name).is_some() { String::new() } else { render(&request.name).trim().to_owned() };
    Some(AreaRecord { code: own?, name, parent, electors, geometry: None, row: feature.row })
}

/// A number of electors: empty is unknown, `989.0` is a spreadsheet's way of writing 989.
fn electors(text: &str) -> Result<Option<u32>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let whole =
        text.split_once('.').filter(|(_, zeros)| zeros.bytes().all(|digit| digit == b'0')).map_or(text, |(w, _)| w);
    // The largest number stands for "unknown" in published tables.
    match whole.parse::<u32>() {
        Ok(number) if number < u32::MAX && whole.bytes().all(|digit| digit.is_ascii_digit()) => Ok(Some(number)),
        _ => Err(text.to_owned()),
    }
}

/// A fault for every code that is there already, naming both rows.
fn repeated(records: &[AreaRecord]) -> Vec<Fault> {
    let mut first: HashMap<&AreaCode, u64> = HashMap::with_capacity(records.len());
    let mut faults = Vec::new();
    for record in records {
        match first.get(&record.code) {
            Some(row) => {
                let expected = format!("each code once; row {} has it too", crate::grouped(*row));
                faults.push(Fault::at(record.row).column("code").text(record.code.as_str()).expected(expected));
            }
            None => {
                first.insert(&record.code, record.row);
            }
        }
    }
    faults
}

/// Codes that seem to have lost a leading zero: all are digits, the others have one more, and none begins with 0.
fn lost_zeros(records: &[AreaRecord]) -> Vec<String> {
    /// Below, codes are numbers that were never padded: 1 to 20.
    const SHORTEST_PADDED: usize = 4;
    let codes: Vec<&str> = records.iter().map(|record| record.code.as_str()).collect();
    let longest = codes.iter().map(|code| code.len()).max().unwrap_or(0);
    let padded_would_fit = codes.iter().all(|code| {
        code.bytes().all(|digit| digit.is_ascii_digit()) && !code.starts_with('0') && code.len() + 1 >= longest
    });
    if !padded_would_fit || longest <= SHORTEST_PADDED {
        return Vec::new();
    }
    codes.into_iter().filter(|code| code.len() < longest).map(str::to_owned).collect()
}

/// Gives every area the code that stands for its own; those that meet become one.
///
/// The one takes the name and parent of the row that had its code already, else of the last row of the file; its
/// electors are the sum, unknown where one is.
fn follow(records: Vec<AreaRecord>, aliases: &Aliases, notes: &mut Notes) -> Vec<AreaRecord> {
    let mut order: Vec<AreaCode> = Vec::new();
    let mut members: HashMap<AreaCode, Vec<AreaRecord>> = HashMap::new();
    for record in records {
        let target = aliases.get(record.code.as_str()).unwrap_or(&record.code).clone();
        let meeting = members.entry(target.clone()).or_default();
        if meeting.is_empty() {
            order.push(target);
        }
        meeting.push(record);
    }
    let mut followed = Vec::with_capacity(order.len());
    for code in order {
        let meeting = members.remove(&code).expect("every code in the order has members");
        let from: Vec<String> = meeting.iter().map(|record| record.code.to_string()).collect();
        if from == [code.as_str()] {
            followed.extend(meeting);
            continue;
        }
        notes.dissolved.push(Dissolved { code: code.to_string(), from });
        let electors = meeting.iter().map(|record| record.electors).try_fold(0u32, |sum, one| sum.checked_add(one?));
        let leader = meeting.iter().rfind(|record| record.code == code).or(meeting.last());
        let leader = leader.expect("members are never empty");
        let (name, parent, row) = (leader.name.clone(), leader.parent.clone(), leader.row);
        let outlines: Vec<_> = meeting.into_iter().filter_map(|record| record.geometry).collect();
        let geometry = (!outlines.is_empty()).then(|| dissolve(&outlines)).filter(|whole| !whole.0.is_empty());
        followed.push(AreaRecord { code, name, parent, electors, geometry, row });
    }
    followed
}
