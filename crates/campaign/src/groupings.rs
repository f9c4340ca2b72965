//! Groupings on the campaign's areas: which electors are in which constituency or canton, and its outline.
//!
//! By members a grouping is exact: each finest area is in one of its areas, or in none. By polygons a finest area that
//! lies in one (99.5 % of its ground) is whole; the others are cut, and the pieces of their electors are each in the area
//! that has most of the piece's ground. So its figures are sums of the very pieces that hexagons are made of, and what it
//! shares with an area or a hexagon is nobody, or enough electors to stand alone.

use crate::error::{CampaignError, Result};
use crate::folder::Campaign;
use crate::geography::{self, Outlines};
use crate::importing::cleaning_of_grouping;
use crate::places::{Place, Places};
use crate::zones::{Resolved, Zones};
use geo_types::MultiPolygon;
use geozero::{CoordDimensions, ToWkb};
use quartier_estimate::{Base, Frame};
use quartier_geometry::{CleanOptions, Coverage};
use quartier_model::{
    AreaCode, Atoms, Counts, DRAWS, Draw, Electors, Level, LevelId, LevelTable, Membership, Node, PastShare, flags,
};
use quartier_snapshot::{Geography, Grouping, GroupingContent, GroupingFacts, LevelContent};
use quartier_store::{GroupingTable, Import};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// A grouping of the evidence.
pub(crate) struct Grouped {
    level: Level,
    codes: Vec<AreaCode>,
    names: Vec<String>,
    wkb: Vec<Option<Vec<u8>>>,
    /// Position of the level of its members, and for each of its areas the one that has it.
    members: Option<(usize, Vec<Option<u32>>)>,
    /// How the borders of its polygons are cleaned when they are drawn.
    cleaning: CleanOptions,
}

/// What the areas of a grouping are drawn from, and where.
pub(crate) struct Drawing<'a> {
    pub published: &'a Path,
    pub places: &'a Places,
    pub outlines: &'a Outlines,
    /// The coverage of each level that has polygons.
    pub coverages: &'a [Option<Coverage>],
}

/// The groupings of the evidence, in the order in which they were imported.
///
/// # Errors
/// When one has the id of a level, or members of a level that is gone.
pub(crate) async fn load(campaign: &Campaign, places: &Places, imports: &[Import]) -> Result<Vec<Grouped>> {
    let tables = campaign.store().groupings().await?;
    tables.into_iter().map(|table| Grouped::new(campaign, places, table, imports)).collect()
}

impl Grouped {
    fn new(campaign: &Campaign, places: &Places, table: GroupingTable, imports: &[Import]) -> Result<Self> {
        let levels = &campaign.file().levels;
        if levels.iter().any(|level| level.id == table.id) {
            let why = format!("`{}` is a level and a grouping: expected one of them under another name", table.id);
            return Err(CampaignError::Invalid(why));
        }
        let rows: HashMap<&AreaCode, u32> = table.areas.iter().map(|area| &area.code).zip(0..).collect();
        let members = table.level.as_ref().map(|level| members(campaign, places, level, &table, &rows)).transpose()?;
        let cleaning = cleaning_of_grouping(table.id.as_str(), imports);
        let [label_fr, label_en] = table.label;
        let mut own = Self {
            level: Level { id: table.id, label_fr, label_en },
            codes: Vec::with_capacity(table.areas.len()),
            names: Vec::with_capacity(table.areas.len()),
            wkb: Vec::with_capacity(table.areas.len()),
            members,
            cleaning,
        };
        for area in table.areas {
            own.codes.push(area.code);
            own.names.push(area.name);
            own.wkb.push(area.wkb);
        }
        Ok(own)
    }

    /// Its id.
    pub fn id(&self) -> &LevelId {
        &self.level.id
    }

    /// Its polygons over the finest areas; `None` where it has members. `shapes`: the outlines of every level.
    ///
    /// # Errors
    /// When a polygon is damaged.
    pub fn zones(&self, places: &Places, shapes: &[Vec<Option<MultiPolygon<f64>>>]) -> Result<Option<Zones>> {
        if self.members.is_some() {
            return Ok(None);
        }
        let outline = |leaf: Node| places.tree.place(leaf).and_then(|(level, row)| shapes[level][row].as_ref());
        let leaves: Vec<Option<&MultiPolygon<f64>>> = places.tree.leaves().map(outline).collect();
        Ok(Some(Zones::over(&leaves, &geography::shapes_from(self.codes.iter().zip(&self.wkb))?)))
    }

    /// What is published of it. `electors` is per node.
    ///
    /// # Errors
    /// When its outlines cannot be drawn.
    pub fn content(
        &self,
        drawing: &Drawing<'_>,
        electors: &[Electors],
        (zones, atoms): (Option<&Zones>, &Atoms),
    ) -> Result<GroupingContent> {
        let places = drawing.places;
        let leaves: Vec<Electors> = places.tree.leaves().map(|leaf| electors[leaf as usize]).collect();
        let Resolved { membership, pieces, errors } = match zones {
            Some(zones) => zones.resolve(atoms, &leaves),
            None => self.by_members(places)?,
        };
        let sets = membership.sets(self.codes.len(), &leaves);
        let held: Vec<u64> =
            sets.iter().map(|set| set.iter().map(|(_, electors)| u64::from(*electors)).sum()).collect();
        let all: u64 = leaves.iter().filter_map(|electors| electors.known()).map(u64::from).sum();
        let known = |leaf: &u32| u64::from(leaves[*leaf as usize].known().unwrap_or(0));
        let facts = GroupingFacts {
            method: membership.method(),
            members: self.members.as_ref().and_then(|(at, _)| Some(places.ids.get(*at)?.to_string())),
            cut_areas: membership.cut().len(),
            cut_electors: membership.cut().keys().map(known).sum(),
            unplaced_electors: all - held.iter().sum::<u64>(),
        };
        let areas = self.areas(drawing, electors_of(&membership, &held, &leaves))?;
        Ok(GroupingContent { areas, membership, pieces, errors, facts })
    }

    /// What people should know of how its electors were counted.
    pub fn note(&self, facts: &GroupingFacts) -> Option<String> {
        let GroupingFacts { cut_areas, cut_electors, .. } = facts;
        (*cut_areas > 0).then(|| {
            format!(
                "{}: its borders cut {cut_areas} finest areas of {cut_electors} electors, which are counted by pieces",
                self.level.id
            )
        })
    }

    /// Each finest area with the member that it is, or lies in.
    fn by_members(&self, places: &Places) -> Result<Resolved> {
        let Some((level, areas)) = &self.members else {
            return Err(CampaignError::Invalid(format!("grouping `{}` has no members", self.level.id)));
        };
        let range = places.tree.level(*level);
        let home = |leaf: Node| {
            let mut above = std::iter::once(leaf).chain(places.tree.ancestors(leaf));
            let member = above.find(|node| range.contains(node))?;
            areas[(member - range.start) as usize]
        };
        let membership = Membership::new(places.tree.leaves().map(home).collect(), BTreeMap::new())?;
        Ok(Resolved { membership, pieces: Vec::new(), errors: vec![0.0; self.codes.len()] })
    }

    /// Its areas as those of a level: drawn from their members or as they were imported.
    fn areas(&self, drawing: &Drawing<'_>, electors: Vec<Electors>) -> Result<LevelContent> {
        let id = &self.level.id;
        let (coverage, content) = self.coverage(drawing)?;
        let outline = |row: usize| match (&self.wkb[row], &coverage) {
            (None, Some(coverage)) if coverage.has_geometry(row as u32) => Some(coverage.outline(row as u32)),
            _ => None,
        };
        let imported = geography::shapes_from(self.codes.iter().zip(&self.wkb))?;
        let shapes: Vec<Option<MultiPolygon<f64>>> =
            imported.into_iter().enumerate().map(|(row, shape)| shape.or_else(|| outline(row))).collect();
        let wkb = |(own, shape): (&Option<Vec<u8>>, &Option<MultiPolygon<f64>>)| match (own, shape) {
            (None, Some(shape)) => {
                let shape = geo_types::Geometry::MultiPolygon(shape.clone());
                shape.to_wkb(CoordDimensions::xy()).map(Some).map_err(|error| CampaignError::Invalid(error.to_string()))
            }
            (own, _) => Ok(own.clone()),
        };
        let points = geography::poles(&shapes);
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        let tileset = coverage.as_ref().map(|coverage| {
            geography::tileset(drawing.published, id.as_str(), coverage, content, &names, &points, &electors)
        });
        Ok(LevelContent {
            level: self.level.clone(),
            codes: self.codes.clone(),
            names: self.names.clone(),
            parents: vec![None; self.codes.len()],
            bounds: shapes.iter().map(geography::bounds_of).collect(),
            h3: None,
            outlines: self.wkb.iter().zip(&shapes).map(wkb).collect::<Result<_>>()?,
            neighbours: geography::neighbours_of(coverage.as_ref(), self.codes.len()),
            tileset: tileset.transpose()?,
            points,
            electors,
        })
    }

    /// What it is drawn from, and the hash of that.
    fn coverage(&self, drawing: &Drawing<'_>) -> Result<(Option<Coverage>, String)> {
        let undrawn = |error: quartier_geometry::GeometryError| {
            CampaignError::Invalid(format!("grouping {}: {error}", self.level.id))
        };
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"grouping");
        let Some((level, areas)) = &self.members else {
            let shapes = geography::shapes_from(self.codes.iter().zip(&self.wkb))?;
            let cleaning = &self.cleaning;
            for metres in [cleaning.snap_m, cleaning.snap_limit_m, cleaning.sliver_width_m] {
                hasher.update(&metres.to_le_bytes());
            }
            for wkb in self.wkb.iter().map(|wkb| wkb.as_deref().unwrap_or_default()) {
                hasher.update(&(wkb.len() as u64).to_le_bytes());
                hasher.update(wkb);
            }
            let (coverage, _) = quartier_geometry::build(&shapes, cleaning).map_err(undrawn)?;
            return Ok((Some(coverage), geography::short(&hasher)));
        };
        let Some(coverage) = drawing.coverages.get(*level).and_then(Option::as_ref) else {
            return Ok((None, String::new()));
        };
        hasher.update(drawing.outlines.content_hash(drawing.places, *level).as_bytes());
        for area in areas {
            hasher.update(&area.unwrap_or(u32::MAX).to_le_bytes());
        }
        let coverage = coverage.dissolve(areas, self.codes.len()).map_err(undrawn)?;
        Ok((Some(coverage), geography::short(&hasher)))
    }
}

/// The position of the level of the members, and for each of its areas the one that has it.
fn members(
    campaign: &Campaign,
    places: &Places,
    level: &LevelId,
    table: &GroupingTable,
    rows: &HashMap<&AreaCode, u32>,
) -> Result<(usize, Vec<Option<u32>>)> {
    let at = campaign.file().levels.position(level.as_str())?;
    let of: HashMap<&AreaCode, u32> =
        table.members.iter().filter_map(|(member, area)| Some((member, *rows.get(area)?))).collect();
    let area = |place: &Place| of.get(&place.code).copied();
    Ok((at, places.levels[at].iter().map(area).collect()))
}

/// Electors of each area; unknown where none of its finest areas is known.
fn electors_of(membership: &Membership, held: &[u64], leaves: &[Electors]) -> Vec<Electors> {
    let mut known = vec![false; held.len()];
    let mut unknown = vec![false; held.len()];
    for (home, electors) in membership.homes().iter().zip(leaves) {
        if let Some(area) = home {
            let told = if electors.known().is_some() { &mut known } else { &mut unknown };
            told[*area as usize] = true;
        }
    }
    let count = |held: u64| Electors::Known(u32::try_from(held).unwrap_or(u32::MAX - 1));
    let one = |at: usize| if unknown[at] && !known[at] && held[at] == 0 { Electors::Unknown } else { count(held[at]) };
    (0..held.len()).map(one).collect()
}

/// The counts of each area: those of the areas of the tree that lie in it, unplaced votes among them, and its parts of
/// those that are cut. `counts` is per node; `None`: no result. What stands at the root alone is in none.
pub(crate) fn counts_of(places: &Places, grouping: &Grouping, counts: &[Option<Counts>]) -> Vec<Option<Counts>> {
    let membership = &grouping.membership;
    let whole = membership.whole_nodes(&places.tree);
    let mut sums: Vec<Option<Counts>> = vec![None; grouping.areas.rows()];
    let mut add = |area: u32, counts: &Counts| match &mut sums[area as usize] {
        Some(sum) => sum.add(counts),
        none => *none = Some(counts.clone()),
    };
    for node in 1..places.tree.len() as Node {
        let above = places.tree.parent(node).filter(|parent| *parent > 0);
        let counted_above = above.is_some_and(|parent| whole[parent as usize].is_some());
        if let (false, Some(Some(area)), Some(counts)) = (counted_above, whole[node as usize], &counts[node as usize]) {
            add(area, counts);
        }
    }
    for (leaf, node) in (0..).zip(places.tree.leaves()) {
        let (true, Some(counts)) = (membership.cut().contains_key(&leaf), &counts[node as usize]) else { continue };
        for (area, part) in membership.split(leaf, counts) {
            area.into_iter().for_each(|area| add(area, &part));
        }
    }
    sums
}

/// What the figures of groupings are made of. Electors, draws (leaf-major) and groups are per leaf.
pub(crate) struct Drawn<'a> {
    pub electors: &'a [Electors],
    pub draws: &'a [Draw],
    /// The first leaf of those that show one joint estimate.
    pub groups: &'a [u32],
    /// Whether counts of the baseline came there out of areas that were divided.
    pub moved: &'a [bool],
    /// Electors that an area needs to stand alone.
    pub least: u32,
    pub lean: &'a [f64],
    pub of: Base,
}

impl Drawn<'_> {
    fn own(&self, leaf: u32) -> impl Iterator<Item = Draw> + '_ {
        self.draws[leaf as usize * DRAWS..][..DRAWS].iter().copied()
    }

    /// The figures of each grouping. `counts` are those of the baseline, `past` its exact favourable share: one an area.
    pub fn tables<'b>(
        &self,
        groupings: &'b [Grouping],
        past: impl Fn(&'b Grouping) -> (Vec<Option<Counts>>, Vec<Option<PastShare>>),
    ) -> Vec<LevelTable> {
        let known = |electors: &Electors| electors.known().filter(|electors| *electors > 0);
        let leaves: Vec<(u32, u32)> =
            (0..).zip(self.electors).filter_map(|(leaf, electors)| Some((leaf, known(electors)?))).collect();
        let frame = Frame::new(&leaves, |leaf| self.own(leaf), self.lean, self.of);
        let table = |grouping: &'b Grouping| {
            let (counts, shares) = past(grouping);
            self.table(grouping, &frame, &counts, &shares)
        };
        groupings.iter().map(table).collect()
    }

    fn table(
        &self,
        grouping: &Grouping,
        frame: &Frame,
        counts: &[Option<Counts>],
        past: &[Option<PastShare>],
    ) -> LevelTable {
        let sets = grouping.membership.sets(grouping.areas.rows(), self.electors);
        let mut table = frame.table(&sets, |leaf| self.own(leaf), |_| None);
        let unknown = self.unknown(grouping);
        for (row, set) in sets.iter().enumerate() {
            if unknown[row] {
                table.flags[row] |= flags::UNKNOWN_ELECTORS;
                if set.is_empty() {
                    table.flags[row] &= !flags::NO_ELECTORS;
                    table.electors[row] = u32::MAX;
                }
            }
            table.flags[row] |= if counts[row].is_none() { flags::NO_BASELINE } else { 0 };
            table.flags[row] |= if self.is_pooled(set) { flags::POOLED } else { 0 };
            let is_moved = set.iter().any(|(leaf, _)| self.moved[*leaf as usize]);
            table.flags[row] |= if is_moved { flags::MOVED_BASELINE } else { 0 };
            table.set_change(row, past[row]);
        }
        table
    }

    /// Per area, whether the electors of a finest area in it are unknown.
    fn unknown(&self, grouping: &Grouping) -> Vec<bool> {
        let mut unknown = vec![false; grouping.areas.rows()];
        for (home, electors) in grouping.membership.homes().iter().zip(self.electors) {
            if let (Some(area), Electors::Unknown) = (home, electors) {
                unknown[*area as usize] = true;
            }
        }
        unknown
    }

    /// Whether a set shows one joint estimate: fewer electors than may stand alone, or a part of one pooled group.
    fn is_pooled(&self, set: &[(u32, u32)]) -> bool {
        let Some((first, _)) = set.first() else { return false };
        let few = set.iter().map(|(_, electors)| u64::from(*electors)).sum::<u64>() < u64::from(self.least);
        let group = self.groups[*first as usize];
        let inside = set.iter().all(|(leaf, _)| self.groups[*leaf as usize] == group);
        few || (inside && self.groups.iter().filter(|own| **own == group).count() > set.len())
    }
}

/// Per finest area, the row of the area of a grouping that holds it, or most of its electors; `None` where no grouping
/// has that id.
pub fn members_of<'a>(geography: &'a Geography, grouping: &str) -> Option<&'a [Option<u32>]> {
    let at = geography.position(grouping)?;
    Some(geography.grouping_at(at)?.membership.homes())
}
