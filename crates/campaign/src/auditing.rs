//! Audit: the attacks of an outsider on what is published, and what was spent to protect who answered.

use crate::Progress;
use crate::error::{CampaignError, Result};
use crate::folder::Campaign;
use crate::ground::key_of;
use quartier_export::Hexes;
use quartier_geometry::PLACING;
use quartier_privacy::attacks::Partition;
use quartier_privacy::{Mosaic, PairFindings, Publication, ToldTogether};
use quartier_snapshot::{Geography, Grouping, Pieces, Published};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

/// What an audit found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Audit {
    /// The snapshot that was attacked.
    pub snapshot: u32,
    /// The fewest electors that may be told apart.
    pub least: u64,
    /// Sets of electors that nothing published divides.
    pub atoms: usize,
    /// Electors in them.
    pub electors: u64,
    /// The ways in which they are published: levels, groupings, hexagons of each resolution.
    pub partitions: Vec<String>,
    /// Parts of pooled groups on both sides of a grouping's border, counted where most of each is: what either side has of
    /// one is published as the joint figure of the whole group, so that no sum has a figure of that side.
    pub straddling: usize,
    /// What each pair of them gives away.
    pub pairs: Vec<PairFindings>,
    /// What all of them together give away and no pair does; `null`: too many parts to tell.
    pub together: Option<Vec<ToldTogether>>,
    /// Areas or hexagons that an earlier snapshot showed together and this one tells apart.
    pub finer: Vec<String>,
    /// Rounds of answers, and what each spent.
    pub batches: Vec<Spent>,
}

/// What a round of answers spent of the privacy of those who answered.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Spent {
    /// Its name.
    pub batch: String,
    /// How often it was counted, undone counts included.
    pub times: usize,
    /// Sum of eps over those times.
    pub eps: f64,
}

impl Audit {
    /// How many sets of too few electors can be told apart.
    pub fn isolated(&self) -> usize {
        self.pairs.iter().map(|pair| pair.isolated.len()).sum::<usize>() + self.together.iter().flatten().count()
    }

    /// Whether nothing was found.
    pub fn is_safe(&self) -> bool {
        self.isolated() == 0 && self.finer.is_empty()
    }

    /// Whether every attack could be made: nothing found by some of them is no proof.
    pub fn is_whole(&self) -> bool {
        self.together.is_some()
    }
}

/// Attacks a snapshot, the current one where none is named. `least`: electors below which a set must not be told
/// apart; the rule that the snapshot was published under where it is not given.
///
/// # Errors
/// When the snapshot is not there, or was published before electors were placed in pieces.
pub async fn audit(
    campaign: &Campaign,
    snapshot: Option<u32>,
    least: Option<u32>,
    progress: &dyn Progress,
) -> Result<Audit> {
    let published = Published::open(&campaign.published())?;
    let current = published.current().map(|current| current.manifest().number);
    let number = snapshot.or(current).ok_or_else(|| {
        CampaignError::Invalid("nothing is published yet: `quartier estimate`, then `quartier publish`".into())
    })?;
    let attacked = published.snapshot(number)?;
    let geography = attacked.geography();
    let ground = geography.ground().ok_or_else(|| {
        let message = format!("snapshot {number} was published without pieces; estimate and publish anew to audit");
        CampaignError::Invalid(message)
    })?;
    progress.step("the sums that are published");
    let (publication, straddling) = publication(geography)?;
    let least = u64::from(least.unwrap_or(ground.pieces.least()));
    progress.step(&format!(
        "attacks on {} atoms in {} partitions",
        publication.electors.len(),
        publication.partitions.len()
    ));
    let pairs = publication.attack(least);
    let together = publication.attack_together(least);
    progress.step("earlier snapshots");
    let finer = finer(&published, number, geography)?;
    Ok(Audit {
        snapshot: number,
        least,
        atoms: publication.electors.len(),
        electors: publication.electors.iter().sum(),
        partitions: publication.partitions.iter().map(|partition| partition.name.clone()).collect(),
        straddling,
        pairs,
        together,
        finer,
        batches: batches(campaign).await?,
    })
}

/// Names parts as they are first met.
#[derive(Default)]
struct Namer {
    numbers: HashMap<u64, u32>,
    names: Vec<String>,
}

impl Namer {
    fn number(&mut self, key: u64, name: impl FnOnce() -> String) -> u32 {
        *self.numbers.entry(key).or_insert_with(|| {
            self.names.push(name());
            self.names.len() as u32 - 1
        })
    }
}

/// Key of a part that is a pooled group, beside those of nodes and rows.
const GROUP: u64 = 1 << 40;
/// Key of the electors in no hexagon.
const ELSEWHERE: u64 = u64::MAX;

/// A grouping as a partition of atoms, and how many of them two areas share. Those count where most of them is: what each
/// area has of one shows the joint figure of the whole group.
fn of_grouping(
    grouping: &Grouping,
    pieces: &Pieces,
    groups: &[u32],
    atoms: &BTreeMap<(u32, Option<u64>), u64>,
) -> (Partition, usize) {
    let membership = &grouping.membership;
    let mut held: BTreeMap<(u32, Option<u64>), BTreeMap<Option<u32>, u64>> = BTreeMap::new();
    let mut hold = |atom: (u32, Option<u64>), area: Option<u32>, electors: u32| {
        *held.entry(atom).or_default().entry(area).or_default() += u64::from(electors);
    };
    for (piece, (leaf, cell, electors)) in (0..).zip(pieces.iter()) {
        let is_cut = membership.cut().contains_key(&leaf);
        let area = if is_cut { grouping.area_of_piece(piece) } else { membership.homes()[leaf as usize] };
        hold((groups[leaf as usize], Some(cell)), area, electors);
    }
    for (leaf, home) in membership.homes().iter().enumerate() {
        hold((groups[leaf], None), *home, pieces.elsewhere(leaf));
    }
    let peopled = |areas: &&BTreeMap<Option<u32>, u64>| areas.values().filter(|electors| **electors > 0).count() > 1;
    let straddling = held.values().filter(peopled).count();
    let mut namer = Namer::default();
    let of = atoms.keys().map(|atom| {
        let most =
            held.get(atom).and_then(|areas| areas.iter().max_by_key(|(area, n)| (**n, std::cmp::Reverse(**area))));
        match most.and_then(|(area, _)| *area) {
            Some(area) => {
                namer.number(u64::from(area), || grouping.areas.code(area as usize).unwrap_or_default().to_owned())
            }
            None => namer.number(ELSEWHERE, || "elsewhere".into()),
        }
    });
    let of = of.collect();
    (Partition { name: grouping.areas.level.id.to_string(), parts: namer.names, of }, straddling)
}

/// The atoms of a geography, every level, grouping and resolution as a partition of them, and how many atoms groupings
/// share.
fn publication(geography: &Geography) -> Result<(Publication, usize)> {
    let Some(ground) = geography.ground() else { return Ok((Publication::default(), 0)) };
    let groups = ground.pieces.groups();
    // What a group and a cell share is one atom: no figure tells its leaves apart.
    let mut atoms: BTreeMap<(u32, Option<u64>), u64> = BTreeMap::new();
    for (leaf, cell, electors) in ground.pieces.iter() {
        *atoms.entry((groups[leaf as usize], Some(cell))).or_default() += u64::from(electors);
    }
    for (leaf, group) in groups.iter().enumerate() {
        let elsewhere = u64::from(ground.pieces.elsewhere(leaf));
        if elsewhere > 0 {
            *atoms.entry((*group, None)).or_default() += elsewhere;
        }
    }
    let tree = geography.tree();
    let leaves: Vec<u32> = tree.leaves().collect();
    let part_of = Mosaic::of_groups(groups.clone()).parts(tree);
    let mut partitions = Vec::new();
    for (at, level) in geography.levels().iter().enumerate() {
        let mut namer = Namer::default();
        let of = atoms.keys().map(|(group, _)| {
            let leaf = leaves[*group as usize];
            let mut above = std::iter::once(leaf).chain(tree.ancestors(leaf));
            // A leaf above this level stands for itself.
            let node = above.find(|node| tree.place(*node).is_some_and(|(level, _)| level <= at)).unwrap_or(leaf);
            let code = |node: u32| {
                let place = tree.place(node);
                place.and_then(|(level, row)| geography.levels()[level].code(row)).unwrap_or_default().to_owned()
            };
            match part_of[node as usize] {
                Some(group) => namer.number(GROUP | u64::from(group), || format!("{} (pooled)", code(node))),
                None => namer.number(u64::from(node), || code(node)),
            }
        });
        let of = of.collect();
        partitions.push(Partition { name: level.level.id.to_string(), parts: namer.names, of });
    }
    let mut straddling = 0;
    for own in geography.groupings() {
        let (partition, shared) = of_grouping(own, &ground.pieces, &groups, &atoms);
        partitions.push(partition);
        straddling += shared;
    }
    let damaged = || CampaignError::Invalid("the published hexagons are no cells".into());
    let hexes = Hexes::of(geography).ok_or_else(damaged)?;
    let mut before: Option<Vec<u32>> = None;
    for resolution in 0..=u8::from(PLACING) {
        let mut namer = Namer::default();
        let of: Vec<u32> = atoms
            .keys()
            .map(|(_, cell)| match cell.and_then(|cell| hexes.cover().over(cell, resolution)) {
                Some(row) => namer.number(row as u64, || ground.hexes.code(row).unwrap_or_default().to_owned()),
                None => namer.number(ELSEWHERE, || "elsewhere".into()),
            })
            .collect();
        if namer.names.len() > 1 && before.as_ref() != Some(&of) {
            before = Some(of.clone());
            partitions.push(Partition { name: format!("hex {resolution}"), parts: namer.names, of });
        }
    }
    Ok((Publication { electors: atoms.into_values().collect(), partitions }, straddling))
}

/// What earlier snapshots showed together and this one tells apart.
fn finer(published: &Published, number: u32, geography: &Geography) -> Result<Vec<String>> {
    let Some(ground) = geography.ground() else { return Ok(vec![]) };
    let now: HashMap<String, u32> = geography
        .tree()
        .leaves()
        .zip(ground.pieces.groups())
        .filter_map(|(leaf, group)| Some((key_of(geography, leaf)?, group)))
        .collect();
    let mut found = Vec::new();
    let mut seen = vec![geography.hash().to_owned()];
    for earlier in published.snapshots().iter().filter(|manifest| manifest.number < number) {
        let Ok(snapshot) = published.snapshot(earlier.number) else { continue };
        let earlier = snapshot.geography();
        let Some(ground) = earlier.ground().filter(|_| !seen.contains(&earlier.hash().to_owned())) else { continue };
        seen.push(earlier.hash().to_owned());
        let mut first: HashMap<u32, u32> = HashMap::new();
        for (leaf, group) in earlier.tree().leaves().zip(ground.pieces.groups()) {
            let Some(name) = key_of(earlier, leaf) else { continue };
            let Some(here) = now.get(&name) else { continue };
            if *first.entry(group).or_insert(*here) != *here {
                found.push(format!("snapshot {}: {}", snapshot.manifest().number, name.replacen(':', " ", 1)));
            }
        }
    }
    Ok(found)
}

/// What every round of answers spent; scores are rounds too.
async fn batches(campaign: &Campaign) -> Result<Vec<Spent>> {
    let mut by_lineage: BTreeMap<i64, Spent> = BTreeMap::new();
    for import in campaign.store().imports().await? {
        let (Some(batch), Some(eps)) = (import.batch, import.eps) else { continue };
        let spent =
            by_lineage.entry(import.lineage.0).or_insert_with(|| Spent { batch: batch.clone(), times: 0, eps: 0.0 });
        spent.times += 1;
        spent.eps += eps;
    }
    Ok(by_lineage.into_values().collect())
}
