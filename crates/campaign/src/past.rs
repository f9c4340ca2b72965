//! The roll-up of the past: exact counts of every list at every level.

use crate::division::{Division, Errors};
use crate::error::Result;
use crate::folder::Campaign;
use crate::groupings::counts_of;
use crate::hexagons::Hexagons;
use crate::places::Places;
use quartier_model::{Bloc, Counts, Election, Node, ReadingId, StageCounts, Transfer, TransferError, did_not_stand};
use quartier_snapshot::{ElectionContent, ErrorColumns, Geography, Of, PublishedElection, PublishedList, Unplaced};
use std::collections::BTreeMap;

/// One election on the campaign's tree.
#[derive(Debug)]
pub(crate) struct Past {
    pub election: Election,
    /// Per node: its own row and everything below; `None`: no result here.
    pub counts: Vec<Option<Counts>>,
    /// Per inner node with votes that belong to no area below it: how many, and the file's codes.
    pub unplaced: BTreeMap<Node, (Counts, Vec<String>)>,
    /// How counts were moved from other areas.
    pub transfers: Vec<Transfer>,
    /// Per node, what may be wrong with them; empty where none were moved.
    pub errors: Vec<Option<TransferError>>,
}

/// All elections, by date.
pub(crate) async fn load(campaign: &Campaign, places: &Places) -> Result<Vec<Past>> {
    let mut all = Vec::new();
    for election in campaign.store().elections().await? {
        all.push(roll_up(campaign, places, election).await?);
    }
    Ok(all)
}

async fn roll_up(campaign: &Campaign, places: &Places, election: Election) -> Result<Past> {
    let mut own: Vec<Option<Counts>> = vec![None; places.tree.len()];
    let mut unplaced: BTreeMap<Node, (Counts, Vec<String>)> = BTreeMap::new();
    let who = format!("a result of {}", election.id);
    for row in campaign.store().results(&election.id).await? {
        let node = places.named(row.area.as_ref(), &who)?;
        if !places.tree.is_leaf(node) || node == 0 {
            let zero = || (Counts::zero(election.lists.len(), election.has_registered), Vec::new());
            let (counts, codes) = unplaced.entry(node).or_insert_with(zero);
            counts.add(&row.counts);
            codes.extend(row.file_code);
        }
        add(&mut own[node as usize], &row.counts);
    }
    places.tree.sum_upwards(&mut own, |sum, counts| {
        if let Some(counts) = counts {
            add(sum, counts);
        }
    });
    let (transfers, errors) = transfers(campaign, places, &election).await?;
    Ok(Past { election, counts: own, unplaced, transfers, errors })
}

/// How counts of an election were moved, and what may be wrong at each node. Several files are independent of each other.
async fn transfers(
    campaign: &Campaign,
    places: &Places,
    election: &Election,
) -> Result<(Vec<Transfer>, Vec<Option<TransferError>>)> {
    let mut errors = Vec::new();
    let mut transfers = Vec::new();
    for record in campaign.store().transfers(&election.id).await? {
        errors.resize(places.tree.len(), None);
        transfers.push(record.about);
        for (level, code, error) in record.errors {
            let Some(node) = places.node(Some(&(level, code))) else { continue };
            let known: &mut Option<TransferError> = &mut errors[node as usize];
            match known {
                Some(sum) => sum.add(&error),
                None => *known = Some(error),
            }
        }
    }
    Ok((transfers, errors))
}

fn add(sum: &mut Option<Counts>, counts: &Counts) {
    match sum {
        Some(sum) => sum.add(counts),
        None => *sum = Some(counts.clone()),
    }
}

impl Past {
    /// The leaves' counts read through a bloc, in the tree's leaf order.
    pub fn stages(&self, places: &Places, bloc: &Bloc) -> Vec<Option<StageCounts>> {
        places.tree.leaves().map(|leaf| self.counts[leaf as usize].as_ref().map(|c| StageCounts::of(c, bloc))).collect()
    }

    /// Per leaf, whether one side of a bloc had no candidate there.
    ///
    /// Files leave out the lists that did not stand, so their votes are 0: that is no candidate where a candidate of
    /// the campaign's average would have had [`quartier_model::EXPECTED_VOTES`] or more, in the area or in one above it.
    /// Neither side has any where a ballot was annulled.
    pub fn no_candidate(&self, places: &Places, bloc: &Bloc) -> Vec<bool> {
        let sides = [&bloc.favourable, &bloc.opposed];
        let Some(whole) = &self.counts[0] else { return vec![false; places.tree.leaves().count()] };
        let mut absent = vec![false; places.tree.len()];
        for node in 1..places.tree.len() as Node {
            let own = self.counts[node as usize]
                .as_ref()
                .is_some_and(|counts| sides.iter().any(|side| did_not_stand(counts, whole, side)));
            absent[node as usize] = own || places.tree.parent(node).is_some_and(|parent| absent[parent as usize]);
        }
        places.tree.leaves().map(|leaf| absent[leaf as usize]).collect()
    }

    /// Per leaf, whether its counts come in part out of areas that its border divides; empty where none do.
    pub fn interpolated(&self, places: &Places) -> Vec<bool> {
        if self.errors.is_empty() {
            return Vec::new();
        }
        places.tree.leaves().map(|leaf| self.errors[leaf as usize].is_some()).collect()
    }

    /// What moving may have got wrong at every level; `None`s where nothing was moved.
    fn errors_by_level(&self, places: &Places) -> Vec<Option<ErrorColumns>> {
        let lists = self.election.lists.len();
        let of = |level: usize| {
            let own = places.tree.level(level).map(|node| self.errors.get(node as usize).and_then(Option::as_ref));
            (!self.errors.is_empty()).then(|| ErrorColumns::of(own, lists))
        };
        (0..places.tree.levels()).map(of).collect()
    }

    /// What is published of it, at every level and grouping of the geography, and of its hexagons.
    pub fn publish(
        &self,
        campaign: &Campaign,
        places: &Places,
        geography: &Geography,
        (hexagons, division): (Option<&Hexagons<'_>>, Option<&Division>),
    ) -> ElectionContent {
        let election = &self.election;
        let blocs: BTreeMap<ReadingId, _> = campaign
            .file()
            .readings()
            .into_iter()
            .filter_map(|reading| Some((reading.id, reading.blocs.get(election.id.as_str())?.clone())))
            .collect();
        let unplaced = self
            .unplaced
            .iter()
            .map(|(node, (counts, codes))| Unplaced {
                level: match places.tree.place(*node) {
                    Some((level, _)) => campaign.file().levels.as_slice()[level].id.to_string(),
                    None => "campaign".to_owned(),
                },
                code: places.place(*node).map(|place| place.code.to_string()),
                counts: counts.clone(),
                file_codes: codes.clone(),
            })
            .collect();
        let leaves = || places.tree.leaves().map(|leaf| leaf as usize);
        let errors = division.map(|own| {
            let counts: Vec<Option<&Counts>> = leaves().map(|leaf| self.counts[leaf].as_ref()).collect();
            let moved: Vec<Option<TransferError>> =
                leaves().filter_map(|leaf| self.errors.get(leaf).cloned()).collect();
            own.errors(election.lists.len(), &counts, &moved)
        });
        let Errors { hexes: of_hexes, groupings: of_groupings } =
            errors.unwrap_or_else(|| Errors { hexes: None, groupings: vec![None; geography.groupings().len()] });
        ElectionContent {
            election: PublishedElection {
                published_lists: election
                    .lists
                    .iter()
                    .map(|name| PublishedList { name: name.clone(), short: None, colour: None })
                    .collect(),
                of: if election.has_registered { Of::Electors } else { Of::Voters },
                blocs,
                total: self.counts[0]
                    .clone()
                    .unwrap_or_else(|| Counts::zero(election.lists.len(), election.has_registered)),
                unplaced,
                transfers: self.transfers.clone(),
                election: election.clone(),
            },
            counts: (0..places.tree.levels())
                .map(|level| places.tree.level(level).map(|node| self.counts[node as usize].clone()).collect())
                .chain(geography.groupings().iter().map(|own| counts_of(places, own, &self.counts)))
                .collect(),
            errors: self.errors_by_level(places).into_iter().chain(of_groupings).collect(),
            hexes: hexagons.map(|own| {
                let counts = own.counts(places, &self.counts, election.lists.len());
                match of_hexes {
                    Some(errors) => counts.with_errors(errors),
                    None => counts,
                }
            }),
        }
    }
}
