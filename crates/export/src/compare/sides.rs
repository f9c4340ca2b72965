//! The three comparisons, each of one level.

use super::draws::{hex_draws, leaf_draws, level_draws_of};
use super::{Changed, ChangedRow, CompareKind, Compared, NoFigure, Past};
use crate::counted::{Election, Share};
use crate::error::{ExportError, Result};
use crate::hexes::{Hexes, HexesAt};
use quartier_estimate::{Moved, lean_offsets, moved};
use quartier_model::{DRAWS, Draw, Electors, Measure, PastShare, ReadingId, Thousandths, flags};
use quartier_snapshot::{CampaignFigure, Of, Snapshot, UNKNOWN_ELECTORS, ValuesTable};
use std::borrow::Cow;

/// From an election to a snapshot.
pub(super) fn change(now: &Snapshot, election: &str, measure: Measure, level: usize) -> Result<Compared> {
    let (manifest, geography, results) = (now.manifest(), now.geography(), now.results());
    let past = Election::of(results, election, &manifest.reading, measure, manifest.of)?;
    let values = values_at(now, level)?;
    let shares = past.shares(geography, results, level)?;
    let partial = past.partly_counted(geography, results, level);
    let mut level = columns_of(values);
    level.kind = CompareKind::Change;
    level.of = manifest.of;
    for (row, (then, partial)) in shares.into_iter().zip(partial).enumerate() {
        level.flags[row] |= match then {
            Err(NoFigure::NoResult) => flags::NO_RESULT,
            Err(NoFigure::NoCandidate) => flags::NO_CANDIDATE,
            Ok(_) if partial => flags::PARTLY_COUNTED,
            _ => 0,
        };
        level.rows.push(changed(values, measure, row, then));
    }
    level.campaign = campaign_change(manifest.campaign.get(&measure), past.share(Some(past.published.total.clone())));
    Ok(level)
}

/// The figures of a level, a grouping or the hexagons.
fn values_at(snapshot: &Snapshot, level: usize) -> Result<&ValuesTable> {
    let areas = snapshot.geography().at(level).ok_or_else(|| ExportError::NoLevel(level.to_string()))?;
    let missing = || ExportError::NoLevel(areas.level.id.to_string());
    snapshot.values(areas.level.id.as_str()).ok_or_else(missing)
}

fn changed(values: &ValuesTable, measure: Measure, row: usize, then: Share) -> ChangedRow {
    let Some(figure) = values.figure(measure, row) else { return Err(no_figure(values, row)) };
    let then = then?;
    let known = values.electors(row) != Electors::Unknown;
    let people = values.people(measure, row).filter(|_| known).and_then(|own| Some((own.value, own.interval?)));
    let less = |people: f32| (f64::from(people) - then.count) as f32;
    Ok(Changed {
        value: then.to(figure.value),
        low: then.to(figure.low),
        high: then.to(figure.high),
        spread: figure.spread,
        people: people.map(|(value, [low, high])| [value, low, high].map(less)),
    })
}

fn campaign_change(now: Option<&CampaignFigure>, then: Share) -> ChangedRow {
    let (now, then) = (now.ok_or(NoFigure::NoFigure)?, then?);
    let people = now.people.zip(now.people_interval);
    Ok(Changed {
        value: then.to(now.value),
        low: then.to(now.low),
        high: then.to(now.high),
        spread: 0,
        people: people.map(|(value, [low, high])| [value, low, high].map(|people| (people - then.count) as f32)),
    })
}

fn no_figure(values: &ValuesTable, row: usize) -> NoFigure {
    if values.flags(row) & flags::NO_ELECTORS != 0 { NoFigure::NoElectors } else { NoFigure::NoFigure }
}

/// A level of the later side without rows yet.
fn columns_of(values: &ValuesTable) -> Compared {
    let rows = 0..values.rows();
    Compared {
        kind: CompareKind::Revision,
        of: Of::Electors,
        electors: rows.clone().map(|row| values.electors(row).known().unwrap_or(UNKNOWN_ELECTORS)).collect(),
        flags: rows.map(|row| values.flags(row) & flags::COMPARED).collect(),
        rows: Vec::with_capacity(values.rows()),
        campaign: Err(NoFigure::NoFigure),
    }
}

/// One side of a revision: a level's figures and draws.
struct Drawn<'a> {
    snapshot: &'a Snapshot,
    values: &'a ValuesTable,
    draws: Source<'a>,
    campaign: Vec<Draw>,
    odds: Vec<f64>,
}

/// Where the draws of a row are from.
enum Source<'a> {
    /// All of a level.
    Level(Vec<Draw>),
    /// Hexagons, of which there may be very many: one at a time.
    Hexes(&'a Hexes),
}

impl<'a> Drawn<'a> {
    /// Of a level, or of hexagons.
    fn of(snapshot: &'a Snapshot, level: usize, hexes: Option<&'a Hexes>) -> Result<Self> {
        let other = || ExportError::Compare(format!("the draws of snapshot {} are of other leaves", snapshot.number()));
        let leaves: Vec<usize> = (0..snapshot.draws().len()).collect();
        let draws = match hexes {
            Some(hexes) => Source::Hexes(hexes),
            None => Source::Level(level_draws_of(snapshot, level).ok_or_else(other)?),
        };
        Ok(Self {
            snapshot,
            values: values_at(snapshot, level).map_err(|_| other())?,
            draws,
            campaign: leaf_draws(snapshot.draws(), &leaves),
            odds: lean_offsets(snapshot.manifest().seed).into_iter().map(f64::exp).collect(),
        })
    }

    fn row(&self, row: usize) -> Cow<'_, [Draw]> {
        match &self.draws {
            Source::Level(draws) => draws.get(row * DRAWS..(row + 1) * DRAWS).unwrap_or_default().into(),
            Source::Hexes(hexes) => hex_draws(self.snapshot, hexes, &[row]).unwrap_or_default().into(),
        }
    }
}

/// From a snapshot to another. Of hexagons, those shown have a figure.
pub(super) fn revision(
    now: &Snapshot,
    before: &Snapshot,
    measure: Measure,
    (level, hexes): (usize, Option<&HexesAt>),
) -> Result<Compared> {
    let (new, old) = (now.manifest(), before.manifest());
    if new.of != old.of {
        let why = format!(
            "shares of snapshot {} are of {}, those of {} of {}",
            old.number,
            old.of.as_str(),
            new.number,
            new.of.as_str()
        );
        return Err(ExportError::Compare(why));
    }
    let areas = now.geography().at(level).ok_or_else(|| ExportError::NoLevel(level.to_string()))?;
    let id = areas.level.id.as_str();
    let missing = || ExportError::Compare(format!("snapshot {} has no level `{id}`", old.number));
    let then_level = before.geography().position_or_hexes(id).ok_or_else(missing)?;
    let same = now.geography().hash() == before.geography().hash();
    let then_areas = before.geography().at(then_level).ok_or_else(missing)?;
    let hexes = hexes.filter(|_| level == now.geography().hexes_position());
    let then_hexes = hexes.filter(|_| !same).and_then(|_| Hexes::of(before.geography()));
    let new_hexes = hexes.map(|own| &*own.hexes);
    let old_hexes = if same { new_hexes } else { then_hexes.as_ref() };
    let (here, there) = (Drawn::of(now, level, new_hexes)?, Drawn::of(before, then_level, old_hexes)?);
    let shown: Vec<usize> = hexes.map(|own| own.rows(now.geography(), None)).unwrap_or_default();
    let whole = Moved { measure, now: &here.campaign, before: &there.campaign, odds: [&here.odds, &there.odds] };
    let common = moved(&whole, [new.electors, old.electors].map(|n| n.map(|n| n as f64)), None);
    let mut level = columns_of(here.values);
    level.of = new.of;
    for row in 0..areas.rows() {
        let earlier = if same { Some(row) } else { areas.code(row).and_then(|code| then_areas.row(code)) };
        let is_shown = hexes.is_none() || shown.binary_search(&row).is_ok();
        let Some(earlier) = earlier.filter(|_| is_shown) else {
            level.rows.push(Err(NoFigure::NotThere));
            continue;
        };
        let both = here.values.figure(measure, row).zip(there.values.figure(measure, earlier));
        let Some((new, old)) = both else {
            level.rows.push(Err(no_figure(here.values, row)));
            continue;
        };
        let electors = [here.values.electors(row), there.values.electors(earlier)].map(|n| n.known().map(f64::from));
        let drawn = (here.row(row), there.row(earlier));
        let pair = Moved { now: &drawn.0, before: &drawn.1, ..whole };
        let draws = moved(&pair, electors, Some(&common.draws));
        let people = here.values.people(measure, row).zip(there.values.people(measure, earlier));
        level.rows.push(Ok(of_draws(new.value - old.value, &draws, people.map(|(new, old)| new.value - old.value))));
    }
    let figures = new.campaign.get(&measure).zip(old.campaign.get(&measure));
    level.campaign = figures.ok_or(NoFigure::NoFigure).map(|(new, old)| {
        let people = new.people.zip(old.people).map(|(new, old)| (new - old) as f32);
        Changed { spread: 0, ..of_draws(new.value - old.value, &common, people) }
    });
    Ok(level)
}

/// The published difference with the interval of the draws, which always holds it.
fn of_draws(value: Thousandths, draws: &quartier_estimate::MovedDraws, people: Option<f32>) -> Changed {
    let thousandths = |share: f64| (share * 1000.0).round() as Thousandths;
    let [low, high] = draws.interval.map(thousandths);
    let people = people.zip(draws.people);
    Changed {
        value,
        low: low.min(value),
        high: high.max(value),
        spread: thousandths(draws.spread),
        people: people.map(|(value, [low, high])| [value, value.min(low as f32), value.max(high as f32)]),
    }
}

/// From an election to another, both exact.
pub(super) fn difference(past: Past<'_>, from: &str, to: &str, measure: Measure, level: usize) -> Result<Compared> {
    let Past { geography, results, reading } = past;
    let areas = geography.at(level).ok_or_else(|| ExportError::NoLevel(level.to_string()))?;
    let id = areas.level.id.as_str();
    let of = results.election(to).map_or(Of::Electors, |election| election.of);
    let reading = reading.cloned().unwrap_or_else(ReadingId::default_reading);
    let then = Election::of(results, from, &reading, measure, of)?;
    let now = Election::of(results, to, &reading, measure, of)?;
    let later = now.table(results, id)?;
    let shares = then.shares(geography, results, level)?.into_iter().zip(now.shares(geography, results, level)?);
    let pair = |now: PastShare, then: PastShare| {
        let value = (1000.0 * (now.share() - then.share())).round() as Thousandths;
        let people = [(now.count - then.count) as f32; 3];
        Changed { value, low: value, high: value, spread: 0, people: Some(people) }
    };
    let partial = then.partly_counted(geography, results, level);
    let mut level = Compared {
        kind: CompareKind::Difference,
        of,
        electors: Vec::new(),
        flags: Vec::new(),
        rows: Vec::new(),
        campaign: then
            .share(Some(then.published.total.clone()))
            .and_then(|then| Ok(pair(now.share(Some(now.published.total.clone()))?, then))),
    };
    for (row, ((old, new), partial)) in shares.zip(partial).enumerate() {
        let whole =
            later.counts(row).and_then(|counts| if of == Of::Voters { Some(counts.voters) } else { counts.registered });
        let changed = old.and_then(|then| Ok(pair(new?, then)));
        level.electors.push(whole.and_then(|whole| u32::try_from(whole).ok()).unwrap_or(UNKNOWN_ELECTORS));
        level.flags.push(match changed {
            Err(NoFigure::NoResult) => flags::NO_RESULT,
            Err(NoFigure::NoCandidate) => flags::NO_CANDIDATE,
            Ok(_) if partial => flags::PARTLY_COUNTED,
            _ => 0,
        });
        level.rows.push(changed);
    }
    Ok(level)
}
