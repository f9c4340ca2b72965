//! RFC 7946 FeatureCollections, with the foreign member `quartier` that says where the figures come from.

use crate::error::Result;
use crate::number::thousandths;
use crate::rows::{Estimates, PEOPLE_ENDS, ResultRows, SHARE_ENDS, error_columns, error_numbers};
use crate::shape::write_outline;
use crate::unplaced::{ELSEWHERE, Part, Unplaced};
use quartier_model::{Counts, TransferError};
use quartier_snapshot::{GeographyManifest, Of};
use serde_json::{Map, Value, json};
use std::io::Write;

/// What the file says of its features without geometry.
const UNPLACED: &str = "features of level elsewhere, without geometry, hold what belongs to no area of the level: their code is the ancestor that counts it";

/// What the file says of votes that were split between areas.
const SPLIT: &str = "how a finest area voted is not known below it: where an area of this level has only some of its electors, it has the same share of its votes, in whole numbers, and `moved` is true; totals are exact";

/// Writes the estimates of some areas. Properties have the names of the valued tiles; shares are fractions with three
/// decimals, `null` where there is no figure. Electors who belong to no area follow as features without geometry at
/// level [`ELSEWHERE`].
///
/// # Errors
/// Those of `out`, or an outline that cannot be read.
pub fn estimates_geojson(mut out: impl Write, estimates: &Estimates<'_>, part: &Part<'_, u64>) -> Result<()> {
    let level = estimates.level.level.id.as_str();
    let measures = estimates.measures();
    begin(&mut out, &about_estimates(estimates))?;
    for (at, row) in estimates.rows(&part.rows).enumerate() {
        begin_feature(&mut out, at, level, row.code)?;
        let (name, parent) = (json!(row.name), json!(row.parent));
        write!(out, r#""code":{},"name":{name},"level":{},"parent":{parent}"#, json!(row.code), json!(level))?;
        write!(out, r#","electors":{}"#, json!(row.electors))?;
        for measure in &measures {
            let figure = row.figures[measure.index()];
            let parts = figure.map(|figure| [figure.value, figure.low, figure.high].map(thousandths));
            let [value, low, high] = parts.unwrap_or_else(|| ["null"; 3].map(ToOwned::to_owned));
            write!(out, r#","{0}":{value},"{0}_low":{low},"{0}_high":{high}"#, measure.id())?;
            for (end, people) in PEOPLE_ENDS.into_iter().zip(row.people_of(*measure)) {
                let people = people.map_or_else(|| "null".to_owned(), |people| people.to_string());
                write!(out, r#","{}{end}":{people}"#, measure.id())?;
            }
        }
        write!(out, r#","pooled":{},"moved_baseline":{}}},"geometry":"#, row.pooled, row.moved_baseline)?;
        write_outline(&mut out, estimates.level, row.row)?;
        out.write_all(b"}")?;
    }
    for (at, own) in part.unplaced.iter().enumerate() {
        let mut properties = unplaced_properties(own);
        properties.insert("electors".into(), json!(own.what));
        for measure in &measures {
            let ends = SHARE_ENDS.into_iter().chain(PEOPLE_ENDS);
            properties.extend(ends.map(|end| (format!("{}{end}", measure.id()), Value::Null)));
        }
        properties.insert("pooled".into(), json!(false));
        properties.insert("moved_baseline".into(), json!(false));
        write_unplaced(&mut out, part.rows.len() + at, own, properties)?;
    }
    end(&mut out)
}

/// Writes the exact counts of some areas: `registered`, `voters`, `valid`, `blank`, `null`, `list:<id>`; `null` where a
/// count is unknown or there is no result. Votes that belong to no area follow as features without geometry at level
/// [`ELSEWHERE`].
///
/// # Errors
/// Those of `out`, or an outline that cannot be read.
pub fn results_geojson(
    mut out: impl Write,
    geography: &GeographyManifest,
    results: &ResultRows<'_>,
    part: &Part<'_, Counts>,
) -> Result<()> {
    let level = results.level.level.id.as_str();
    begin(&mut out, &about_results(geography, results))?;
    for (at, row) in results.rows(&part.rows).enumerate() {
        begin_feature(&mut out, at, level, row.code)?;
        let mut properties = Map::new();
        properties.insert("code".into(), json!(row.code));
        properties.insert("name".into(), json!(row.name));
        properties.insert("level".into(), json!(level));
        properties.insert("parent".into(), json!(row.parent));
        count_properties(&mut properties, row.counts.as_ref(), results);
        error_properties(&mut properties, row.error.as_ref(), results);
        if results.is_split() {
            properties.insert("moved".into(), json!(row.moved));
        }
        // `begin_feature` opened the object; its brace is not written twice.
        let object = Value::Object(properties).to_string();
        write!(out, r#"{},"geometry":"#, &object[1..])?;
        write_outline(&mut out, results.level, row.row)?;
        out.write_all(b"}")?;
    }
    for (at, own) in part.unplaced.iter().enumerate() {
        let mut properties = unplaced_properties(own);
        count_properties(&mut properties, Some(&own.what), results);
        error_properties(&mut properties, None, results);
        write_unplaced(&mut out, part.rows.len() + at, own, properties)?;
    }
    end(&mut out)
}

fn count_properties(properties: &mut Map<String, Value>, counts: Option<&Counts>, results: &ResultRows<'_>) {
    properties.insert("registered".into(), json!(counts.and_then(|counts| counts.registered)));
    properties.insert("voters".into(), json!(counts.map(|counts| counts.voters)));
    properties.insert("valid".into(), json!(counts.map(|counts| counts.valid)));
    properties.insert("blank".into(), json!(counts.and_then(|counts| counts.blank)));
    properties.insert("null".into(), json!(counts.and_then(|counts| counts.null)));
    for (at, list) in results.written() {
        let votes = counts.and_then(|counts| counts.votes.get(at));
        properties.insert(format!("list:{}", list.id), json!(votes));
    }
}

fn error_properties(properties: &mut Map<String, Value>, error: Option<&TransferError>, results: &ResultRows<'_>) {
    if results.has_errors() {
        let numbers = error_numbers(error, results);
        let tenth = |number: f64| (number * 10.0).round() / 10.0;
        let values = numbers.into_iter().map(|number| json!(number.map(tenth)));
        properties.extend(error_columns(results).into_iter().zip(values));
    }
}

fn unplaced_properties<T>(own: &Unplaced<'_, T>) -> Map<String, Value> {
    let mut properties = Map::new();
    properties.insert("code".into(), json!(own.ancestor()));
    properties.insert("name".into(), json!(own.title("Unplaced", ": ")));
    properties.insert("level".into(), json!(ELSEWHERE));
    properties.insert("parent".into(), json!(own.code));
    properties
}

/// A feature of no place: RFC 7946, section 3.2, calls it unlocated and gives it the geometry `null`.
fn write_unplaced<T>(
    out: &mut impl Write,
    at: usize,
    own: &Unplaced<'_, T>,
    properties: Map<String, Value>,
) -> Result<()> {
    begin_feature(out, at, ELSEWHERE, &own.ancestor())?;
    let object = Value::Object(properties).to_string();
    write!(out, r#"{},"geometry":null}}"#, &object[1..])?;
    Ok(())
}

pub(crate) fn begin(out: &mut impl Write, about: &Value) -> Result<()> {
    write!(out, r#"{{"type":"FeatureCollection","quartier":{about},"features":["#)?;
    Ok(())
}

/// Writes a feature up to the first brace of its properties.
pub(crate) fn begin_feature(out: &mut impl Write, at: usize, level: &str, code: &str) -> Result<()> {
    let comma = if at > 0 { ",\n" } else { "\n" };
    write!(out, r#"{comma}{{"type":"Feature","id":{},"properties":{{"#, json!(format!("{level}:{code}")))?;
    Ok(())
}

pub(crate) fn end(out: &mut impl Write) -> Result<()> {
    out.write_all(b"\n]}\n")?;
    out.flush()?;
    Ok(())
}

fn about_estimates(estimates: &Estimates<'_>) -> Value {
    let manifest = estimates.snapshot.manifest();
    let base = match manifest.of {
        Of::Electors => "of registered voters",
        Of::Voters => "of those who voted",
    };
    let mut properties = Map::new();
    for measure in estimates.measures() {
        let info = measure.info();
        let unit = format!("fraction {base}, three decimals");
        properties.insert(measure.id().to_owned(), json!({"definition": info.formula, "unit": unit}));
        let whom = info.whom.map(|whom| whom.en);
        properties
            .insert(format!("{}_people", measure.id()), json!({"definition": whom, "unit": "people, to a tenth"}));
    }
    let evidence: Vec<Value> = manifest
        .evidence
        .iter()
        .map(|record| json!({"kind": record.kind, "file": record.file, "sha256": record.sha256}))
        .collect();
    json!({
        "snapshot": manifest.number,
        "campaign": manifest.name,
        "demo": manifest.demo,
        "reading": manifest.reading,
        "baseline": manifest.baseline,
        "date": json!(manifest)["published_at"],
        "level": estimates.level.level.id,
        "resolution": estimates.resolution,
        "of": manifest.of.as_str(),
        "unplaced": UNPLACED,
        "interval": "_low and _high are the 5th and 95th percentile of the posterior draws, of people as of shares",
        "properties": properties,
        "method": manifest.method,
        "privacy": manifest.privacy,
        "attribution": estimates.snapshot.geography().manifest().attribution,
        "evidence": evidence,
        "note": "Estimates of areas, not of people; not for targeting advertising (Regulation (EU) 2024/900).",
    })
}

fn about_results(geography: &GeographyManifest, results: &ResultRows<'_>) -> Value {
    let election = &results.election.election;
    let lists: Vec<Value> = results
        .written()
        .map(|(_, list)| json!({"property": format!("list:{}", list.id), "label": list.label}))
        .collect();
    let transfer = |own: &quartier_model::Transfer| {
        let [_, sentence] = own.sentence();
        json!({"areas": own.areas, "sha256": own.sha256, "method": own.method().as_str(), "divided": own.cut_share(), "measured": own.is_measured(), "sentence": sentence})
    };
    let errors = "`_se`: standard error, 1.645 times which is half of a 90 % interval; `divided`: valid votes out of areas that this one divides";
    let unit = match (results.is_moved(), results.has_errors()) {
        (true, _) => format!("counts moved from the areas of `transfers`, totals exact; {errors}"),
        (false, true) => format!("counts, those of finest areas that a border cuts divided, totals exact; {errors}"),
        (false, false) => "exact counts".to_owned(),
    };
    json!({
        "election": election.id,
        "label": election.label,
        "date": election.date.to_string(),
        "level": results.level.level.id,
        "resolution": results.resolution,
        "unit": unit,
        "moved": results.is_split().then_some(SPLIT),
        "transfers": results.election.transfers.iter().map(transfer).collect::<Vec<_>>(),
        "unplaced": UNPLACED,
        "lists": lists,
        "geography": geography.hash,
        "attribution": geography.attribution,
    })
}
