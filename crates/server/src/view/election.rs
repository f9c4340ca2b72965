//! Past elections.

use super::shown::Shown;
use super::{CountsView, UnplacedVotes, Words};
use quartier_model::{Election, Transfer};
use quartier_snapshot::{Geography, PublishedElection, Unplaced};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A list or candidate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ListView {
    /// As files and blocs name it.
    pub id: String,
    /// As people read it.
    pub label: String,
    /// A short label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub short: Option<String>,
    /// `#rrggbb`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub colour: Option<String>,
}

/// The lists that count for each side; all others are undecided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct BlocsView {
    /// Ids of lists.
    pub favourable: Vec<String>,
    /// Ids of lists.
    pub opposed: Vec<String>,
}

/// How counts came to these areas from others, in which they were counted.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TransferView {
    /// The file of those areas.
    pub areas: String,
    /// `whole` (nothing was divided), `people`, `surface` or `people_and_surface`: by what they were divided.
    pub method: String,
    /// Share of the valid votes that come from areas that were divided.
    pub divided: f64,
    /// Whether the standard errors were measured on the file itself; else some are assumed, for want of neighbours.
    pub measured: bool,
    /// Valid votes that lie in no area.
    pub outside: u64,
    /// The same in a sentence.
    pub sentence: Words,
}

impl TransferView {
    fn of(transfer: &Transfer) -> Self {
        let [fr, en] = transfer.sentence();
        Self {
            areas: transfer.areas.clone(),
            method: transfer.method().as_str().to_owned(),
            divided: (transfer.cut_share() * 1000.0).round() / 1000.0,
            measured: transfer.is_measured(),
            outside: transfer.outside,
            sentence: Words { fr, en },
        }
    }
}

/// An election of the past.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ElectionView {
    /// Id in addresses.
    pub id: String,
    /// As people read it.
    pub label: String,
    /// The day of the vote, YYYY-MM-DD.
    pub date: String,
    /// `electors` or `voters`: what shares are of.
    pub of: String,
    /// In the order of the file.
    pub lists: Vec<ListView>,
    /// By reading.
    pub blocs: BTreeMap<String, BlocsView>,
    /// The official total of the campaign, unplaced votes counted.
    pub total: CountsView,
    /// Votes that belong to no area, one an ancestor: with those of the levels above it, the areas of a level add up to
    /// `total`.
    pub unplaced: Vec<UnplacedVotes>,
    /// Where it was counted in other areas, how its counts came to these; totals are exact.
    pub transfers: Vec<TransferView>,
}

impl ElectionView {
    /// The elections that are shown, by date.
    pub fn all(shown: &Shown) -> Vec<Self> {
        let geography = shown.geography.as_deref();
        let elections = shown.results.iter().flat_map(|results| results.elections());
        elections.map(|own| Self::of(own, geography)).collect()
    }

    /// An election as it is sent.
    fn of(published: &PublishedElection, geography: Option<&Geography>) -> Self {
        let election = &published.election;
        let lists = published.published_lists.iter().map(|list| ListView {
            id: list.name.id.to_string(),
            label: list.name.label.clone(),
            short: list.short.clone(),
            colour: list.colour.clone(),
        });
        let ids = |weights: &[f64]| {
            let chosen = election.lists.iter().zip(weights).filter(|(_, weight)| **weight > 0.0);
            chosen.map(|(list, _)| list.id.to_string()).collect()
        };
        // Blocs were resolved against this election when they were published; by nuance, they become ids here.
        let blocs = published.blocs.iter().filter_map(|(reading, blocs)| {
            let bloc = blocs.resolve(election).ok()?;
            Some((reading.to_string(), BlocsView { favourable: ids(&bloc.favourable), opposed: ids(&bloc.opposed) }))
        });
        Self {
            id: election.id.to_string(),
            label: election.label.clone(),
            date: election.date.to_string(),
            of: published.of.as_str().to_owned(),
            lists: lists.collect(),
            blocs: blocs.collect(),
            total: CountsView::of(&published.total, election),
            unplaced: published.unplaced.iter().map(|own| unplaced(own, election, geography)).collect(),
            transfers: published.transfers.iter().map(TransferView::of).collect(),
        }
    }
}

fn unplaced(own: &Unplaced, election: &Election, geography: Option<&Geography>) -> UnplacedVotes {
    let level = geography.and_then(|geography| geography.level(&own.level));
    let row = level.zip(own.code.as_deref()).and_then(|(level, code)| level.row(code));
    UnplacedVotes {
        level: own.level.clone(),
        code: own.code.clone(),
        name: level.zip(row).and_then(|(level, row)| level.name(row)).map(ToOwned::to_owned),
        counts: CountsView::of(&own.counts, election),
    }
}
