//! Results that were counted in other areas, moved to the finest ones of the campaign.

use super::results::{counts_of, rows};
use crate::division::{VALID, numbers};
use crate::error::{CampaignError, Result};
use crate::folder::Campaign;
use crate::places::Places;
use crate::transfer::Zones;
use quartier_geometry::{Key, Transfer, Zone};
use quartier_ingest::results::{Placement, Results};
use quartier_model::{AreaCode, Counts, Election, LevelId, Node, TransferError};
use quartier_store::{ResultRow, TransferRecord};
use std::collections::{BTreeMap, HashMap};

/// What is stored of results that were moved.
pub(super) struct Moved {
    pub rows: Vec<ResultRow>,
    pub transfer: TransferRecord,
}

/// Moves what was placed in `zones` to the finest areas; the other rows stay where they were placed.
///
/// # Errors
/// When the database does not answer, or an outline is damaged.
pub(super) async fn moved(
    campaign: &Campaign,
    zones: Zones,
    (read, placement): (&Results, Placement),
    (election, level): (&Election, &LevelId),
) -> Result<Moved> {
    let places = Places::load(campaign).await?;
    let (file, sha256, codes) = (zones.file.clone(), zones.sha256.clone(), zones.codes.clone());
    let numbers: HashMap<&str, usize> = codes.iter().map(String::as_str).zip(0..).collect();
    let zone_of = |area: &Option<(String, String)>| {
        area.as_ref().filter(|(level, _)| *level == file).and_then(|(_, code)| numbers.get(code.as_str()).copied())
    };
    let mut counted: BTreeMap<usize, Counts> = BTreeMap::new();
    let mut others = Placement { rows: Vec::new(), ..placement.clone() };
    for placed in placement.rows {
        let Some(zone) = zone_of(&placed.area) else {
            others.rows.push(placed);
            continue;
        };
        let zero = || Counts::zero(election.lists.len(), election.has_registered);
        let counts = counts_of(read, &read.rows[placed.at], election.lists.len());
        counted.entry(zone).or_insert_with(zero).add(&counts);
    }
    let laid = zones.laid(campaign, &places).await?;
    let transfer =
        Transfer::new(counted.keys().map(|zone| laid[*zone].clone()).collect(), places.tree.leaves().count());
    let counts: Vec<Counts> = counted.values().cloned().collect();
    let form = Form::of(&counts)?;
    let cells: Vec<Vec<u64>> = counts.iter().map(|counts| form.cells(counts)).collect();
    let leaves: Vec<Node> = places.tree.leaves().collect();
    let mut stored = rows(read, &others, level, election.lists.len(), election.has_registered)?;
    let named: Vec<&str> = counted.keys().map(|zone| codes[*zone].as_str()).collect();
    let mut outside = 0;
    for (place, cells) in transfer.moved(&cells).into_iter().enumerate() {
        let Some(counts) =
            cells.map(|cells| form.counts(&cells)).filter(|counts| counts.voters > 0 || counts.registered > Some(0))
        else {
            continue;
        };
        let (area, file_code) = match transfer.outside(place) {
            Some(zone) => {
                outside += counts.valid;
                (None, Some(named[zone].to_owned()))
            }
            None => (key_of(campaign, &places, leaves[place]), None),
        };
        stored.push(ResultRow { placed: file_code.is_none(), area, file_code, counts });
    }
    let (about, errors) = stated(campaign, &places, &transfer, &counts, (&laid, &counted));
    let about = quartier_model::Transfer { areas: file, sha256, outside, ..about };
    Ok(Moved { rows: stored, transfer: TransferRecord { about, errors } })
}

fn key_of(campaign: &Campaign, places: &Places, node: Node) -> Option<(LevelId, AreaCode)> {
    let (level, _) = places.tree.place(node)?;
    Some((campaign.file().levels.as_slice()[level].id.clone(), places.place(node)?.code.clone()))
}

/// Counts as numbers that may be divided one by one: whatever each place gets, the law of counts holds there.
struct Form {
    lists: usize,
    has_registered: bool,
    has_blank: bool,
    has_null: bool,
}

impl Form {
    fn of(counts: &[Counts]) -> Result<Self> {
        let most: u64 = counts.iter().map(|counts| counts.registered.unwrap_or(counts.voters)).sum();
        if u32::try_from(most).is_err() {
            return Err(CampaignError::Invalid(format!("{most} electors are more than can be counted")));
        }
        Ok(Self {
            lists: counts.first().map_or(0, |counts| counts.votes.len()),
            has_registered: counts.iter().all(|counts| counts.registered.is_some()),
            has_blank: counts.iter().all(|counts| counts.blank.is_some()),
            has_null: counts.iter().all(|counts| counts.null.is_some()),
        })
    }

    /// Each list, valid votes of none, blank, null, other ballots, abstentions: nobody is in two of them.
    fn cells(&self, counts: &Counts) -> Vec<u64> {
        let known = |count: Option<u64>, has: bool| count.filter(|_| has).unwrap_or(0);
        let (blank, null) = (known(counts.blank, self.has_blank), known(counts.null, self.has_null));
        let listed: u64 = counts.votes.iter().sum();
        let mut cells = counts.votes.clone();
        cells.extend([counts.valid - listed, blank, null, counts.voters - counts.valid - blank - null]);
        cells.push(counts.registered.map_or(0, |registered| registered - counts.voters));
        cells
    }

    fn counts(&self, cells: &[u64]) -> Counts {
        let (votes, rest) = cells.split_at(self.lists);
        let [unlisted, blank, null, other, abstentions] = [0, 1, 2, 3, 4].map(|at| rest[at]);
        let valid = votes.iter().sum::<u64>() + unlisted;
        let voters = valid + blank + null + other;
        Counts {
            registered: self.has_registered.then_some(voters + abstentions),
            voters,
            valid,
            blank: self.has_blank.then_some(blank),
            null: self.has_null.then_some(null),
            votes: votes.to_vec(),
        }
    }
}

type Errors = Vec<(LevelId, AreaCode, TransferError)>;

/// The method in figures, and the standard errors at every area that divides a zone.
fn stated(
    campaign: &Campaign,
    places: &Places,
    transfer: &Transfer,
    counts: &[Counts],
    (laid, counted): (&[Zone], &BTreeMap<usize, Counts>),
) -> (quartier_model::Transfer, Errors) {
    let tree = &places.tree;
    let leaves: Vec<Node> = tree.leaves().collect();
    let table: Vec<Vec<u64>> = counts.iter().map(numbers).collect();
    let valid: Vec<u64> = counts.iter().map(|counts| counts.valid).collect();
    let unevenness = transfer.unevenness(&table);
    let has_registered = counts.iter().all(|counts| counts.registered.is_some());
    let mut errors = Errors::new();
    for level in 0..tree.levels() {
        let range = tree.level(level);
        let group = |place: usize| {
            let leaf = leaves.get(place)?;
            std::iter::once(*leaf).chain(tree.ancestors(*leaf)).find(|node| range.contains(node))
        };
        let cut = transfer.cut(&valid, group);
        for (node, own) in transfer.errors(&table, &unevenness, group) {
            let Some((level, code)) = key_of(campaign, places, node) else { continue };
            // A tenth of a person is finer than any error is known.
            let tenth = |number: f64| (number * 10.0).round() / 10.0;
            let own: Vec<f64> = own.into_iter().map(tenth).collect();
            let error = TransferError {
                cut: tenth(cut.get(&node).copied().unwrap_or(0.0)),
                registered: has_registered.then_some(own[0]),
                voters: own[1],
                valid: own[VALID],
                votes: own[VALID + 1..].to_vec(),
            };
            errors.push((level, code, error));
        }
    }
    let mut about = quartier_model::Transfer {
        areas: String::new(),
        sha256: String::new(),
        whole: 0,
        by_people: 0,
        by_surface: 0,
        votes: valid.iter().sum(),
        cut: 0,
        outside: 0,
        pairs: unevenness.pairs,
    };
    for (at, (zone, counts)) in counted.iter().enumerate() {
        let places = transfer.shares(at);
        if places.len() < 2 {
            let inside = places.keys().any(|place| transfer.outside(*place as usize).is_none());
            about.whole += usize::from(inside);
            continue;
        }
        about.cut += counts.valid;
        match laid[*zone].key {
            Key::People => about.by_people += 1,
            Key::Surface => about.by_surface += 1,
        }
    }
    (about, errors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_come_back_from_their_cells_and_what_is_not_known_everywhere_is_not_known() {
        let counts = |blank: Option<u64>| Counts {
            registered: Some(100),
            voters: 60,
            valid: 55,
            blank,
            null: Some(2),
            votes: vec![30, 20],
        };
        let form = Form::of(&[counts(Some(1)), counts(Some(3))]).expect("a form");
        assert_eq!(form.cells(&counts(Some(1))), [30, 20, 5, 1, 2, 2, 40]);
        assert_eq!(form.counts(&form.cells(&counts(Some(1)))), counts(Some(1)));
        let form = Form::of(&[counts(Some(1)), counts(None)]).expect("a form");
        assert_eq!(form.counts(&form.cells(&counts(Some(1)))), counts(None));
        let many = Counts { registered: Some(u64::from(u32::MAX)), ..Counts::default() };
        assert!(Form::of(&[many.clone(), many]).is_err());
    }
}
