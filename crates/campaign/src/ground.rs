//! Where electors are: each placed once in an H3 cell of its area, the areas that are pooled, and the hexagons shown.
//!
//! All of it follows from public counts, outlines, population and what was published before; nothing of it depends on
//! an answer.

use crate::error::{CampaignError, Result};
use crate::folder::Campaign;
use crate::places::Places;
use crate::population::At;
use crate::zones::Zones;
use geo_types::MultiPolygon;
use h3o::{CellIndex, Resolution};
use quartier_estimate::{Base, Frame, own_draws};
use quartier_geometry::{HexCover, HexNode, HexRule, Land, PLACING, Site, gather, hex_tree, place, refine};
use quartier_model::{Atoms, DRAWS, Draw, Electors, Level, LevelTable, Node, PastShare, flags};
use quartier_privacy::Mosaic;
use quartier_snapshot::{Geography, GroundContent, LevelContent, PiecesContent, Published};
use std::collections::{HashMap, HashSet};

/// The coarsest resolution that is shown: cells of about 12,000 km².
const COARSEST: Resolution = Resolution::Three;

/// The coarsest that stands for its children where few live: of some five km². A few electors on a coast would else
/// close a cell the size of a region, though after gathering they are enough or none.
const COARSEST_END: Resolution = Resolution::Seven;

/// The pieces of a campaign, and what is shown of them.
#[derive(Debug)]
pub(crate) struct Ground {
    mosaic: Mosaic,
    /// Per hexagon, its electors by leaf.
    hexes: Vec<HexNode>,
    /// The pieces.
    atoms: Atoms,
}

/// What was published before, which may become coarser and never finer.
struct Before {
    /// Per leaf, the first leaf of its group.
    groups: Vec<u32>,
    /// Hexagons that stood for their children.
    closed: HashSet<CellIndex>,
}

impl Ground {
    /// Places the electors of every finest area, finely where the border of a zone cuts one. `electors` and `touching`
    /// are per node; `people` per leaf.
    ///
    /// # Errors
    /// When `campaign.toml` asks for too fine a rule, or what is published cannot be read.
    pub fn of(
        campaign: &Campaign,
        places: &Places,
        shapes: &[Vec<Option<MultiPolygon<f64>>>],
        electors: &[Electors],
        touching: &[Vec<Node>],
        people: Vec<Vec<At>>,
        zones: &[Option<Zones>],
    ) -> Result<(Self, GroundContent)> {
        let least = campaign.file().least_electors()?;
        let before = Before::of(campaign, places)?;
        let mosaic = Mosaic::of(&places.tree, electors, touching, least, &before.groups);
        let sites: Vec<Site<'_>> = places
            .tree
            .leaves()
            .zip(people)
            .map(|(leaf, people)| {
                let land = places.tree.place(leaf).map_or(Land::Unknown, |(level, row)| match places.h3[level] {
                    Some(_) => places.levels[level][row].code.as_str().parse().map_or(Land::Unknown, Land::Cell),
                    None => shapes[level][row].as_ref().into(),
                });
                Site { land, electors: electors[leaf as usize].known().unwrap_or(0), people }
            })
            .collect();
        let is_mixed = |leaf: u32, cell: u64| zones.iter().flatten().any(|zones| zones.is_mixed(leaf, cell));
        let placed = refine(&place(&sites), is_mixed);
        drop(sites);
        let rule = HexRule { coarsest: COARSEST, finest: PLACING, least: u64::from(least), closed: &before.closed };
        // Where few live, the cell that holds enough stands for its children, also after a few have gathered in one.
        let mut closed: HashSet<CellIndex> = before.closed.clone();
        let ends = hex_tree(&placed, &rule).into_iter().filter(|node| node.is_end);
        closed
            .extend(ends.map(|node| node.hex.cell).filter(|cell| (COARSEST_END..PLACING).contains(&cell.resolution())));
        let atoms = gather(&placed, mosaic.groups(), least, COARSEST);
        let rule = HexRule { closed: &closed, ..rule };
        let hexes = hex_tree(&atoms, &rule);
        let content = GroundContent {
            pieces: PiecesContent {
                pieces: atoms.all().iter().map(|atom| (atom.area, atom.cell, atom.electors)).collect(),
                elsewhere: (0..atoms.areas() as u32).map(|leaf| atoms.elsewhere(leaf)).collect(),
                groups: mosaic.groups().to_vec(),
                least,
            },
            hexes: level_of(places, &hexes),
        };
        Ok((Self { mosaic, hexes, atoms }, content))
    }

    /// Gives the leaves of each group one joint estimate, that of all their electors together: the children of every
    /// area go on adding up to it in every draw.
    pub fn pool(&self, places: &Places, electors: &[Electors], draws: &mut [Draw], node_flags: &mut [u8]) {
        for group in self.mosaic.pooled() {
            let peopled: Vec<u32> =
                group.into_iter().filter(|leaf| electors[*leaf as usize].known().is_some_and(|n| n > 0)).collect();
            let joint = own_draws(&peopled, electors, draws);
            for leaf in peopled {
                draws[leaf as usize * DRAWS..][..DRAWS].copy_from_slice(&joint);
            }
        }
        for (flag, pooled) in node_flags.iter_mut().zip(self.mosaic.pooled_nodes(&places.tree)) {
            *flag |= if pooled { flags::POOLED } else { 0 };
        }
    }

    /// The pieces, by leaf.
    pub fn atoms(&self) -> &Atoms {
        &self.atoms
    }

    /// Per leaf, the first of those with which it shows one joint estimate.
    pub fn groups(&self) -> &[u32] {
        self.mosaic.groups()
    }

    /// The figures of the hexagons. `moved`: whether counts of the baseline came to a leaf out of areas that were divided;
    /// `past`: the exact favourable share of the baseline, one a node.
    pub fn table(
        &self,
        places: &Places,
        (electors, moved): (&[Electors], &[bool]),
        draws: &[Draw],
        (lean, of): (&[f64], Base),
        past: &[Option<PastShare>],
    ) -> LevelTable {
        let known = |electors: &Electors| electors.known().filter(|electors| *electors > 0);
        let leaves: Vec<(u32, u32)> =
            (0..).zip(electors).filter_map(|(leaf, electors)| Some((leaf, known(electors)?))).collect();
        let nodes: Vec<Node> = places.tree.leaves().collect();
        let own = |leaf: u32| draws[leaf as usize * DRAWS..][..DRAWS].iter().copied();
        let frame = Frame::new(&leaves, own, lean, of);
        // Where few live, cells of several resolutions hold the very same electors: each set is worked out once.
        let mut known: HashMap<&[(u32, u32)], usize> = HashMap::new();
        let mut sets: Vec<&[(u32, u32)]> = Vec::new();
        let mut rows = Vec::with_capacity(self.hexes.len());
        for node in &self.hexes {
            let set = node.hex.electors.as_slice();
            rows.push(*known.entry(set).or_insert_with(|| {
                sets.push(set);
                sets.len() - 1
            }));
        }
        let mut table = frame.table(&sets, own, |leaf| past[nodes[leaf as usize] as usize]).rows_of(&rows);
        for (flag, node) in table.flags.iter_mut().zip(&self.hexes) {
            let pooled = node.is_end && node.hex.cell.resolution() < PLACING;
            *flag |= if pooled { flags::POOLED } else { 0 };
            let is_moved = node.hex.electors.iter().any(|(leaf, _)| moved[*leaf as usize]);
            *flag |= if is_moved { flags::MOVED_BASELINE } else { 0 };
        }
        table
    }

    /// How many areas and hexagons are pooled, for people; `None` where none is.
    pub fn note(&self, places: &Places, least: u32) -> Option<String> {
        let leaves: usize = self.mosaic.pooled().iter().map(Vec::len).sum();
        let groups = self.mosaic.pooled().len();
        let of = places.tree.leaves().count();
        (groups > 0).then(|| {
            format!(
                "{leaves} of {of} areas show {groups} joint estimates: fewer than {least} electors do not stand alone"
            )
        })
    }
}

/// The hexagons as a level: by index, named after the area that holds most of their electors.
fn level_of(places: &Places, hexes: &[HexNode]) -> LevelContent {
    let nodes: Vec<Node> = places.tree.leaves().collect();
    let name = |node: &HexNode| {
        let main = node.hex.electors.iter().max_by_key(|(leaf, electors)| (*electors, std::cmp::Reverse(*leaf)));
        let place = main.and_then(|(leaf, _)| places.place(nodes[*leaf as usize]));
        place.map_or_else(|| node.hex.cell.to_string(), |place| place.name.clone())
    };
    let electors = |node: &HexNode| Electors::Known(u32::try_from(node.hex.total()).unwrap_or(u32::MAX - 1));
    LevelContent {
        level: Level::hex(),
        codes: hexes.iter().map(|node| code_of(node.hex.cell)).collect(),
        names: hexes.iter().map(name).collect(),
        parents: vec![None; hexes.len()],
        electors: hexes.iter().map(electors).collect(),
        points: hexes.iter().map(|node| quartier_geometry::centre(node.hex.cell.into())).collect(),
        bounds: hexes.iter().map(|node| quartier_geometry::box_of(node.hex.cell.into())).collect(),
        h3: None,
        outlines: vec![None; hexes.len()],
        neighbours: vec![Vec::new(); hexes.len()],
        tileset: None,
    }
}

fn code_of(cell: CellIndex) -> quartier_model::AreaCode {
    cell.to_string().parse().expect("an H3 index is fifteen hexadecimal digits")
}

impl Before {
    fn of(campaign: &Campaign, places: &Places) -> Result<Self> {
        let leaves: Vec<Node> = places.tree.leaves().collect();
        let mut before = Self { groups: (0..leaves.len() as u32).collect(), closed: HashSet::new() };
        let published = Published::open(&campaign.published())?;
        let Some(geography) = published.current().map(|current| current.geography()) else { return Ok(before) };
        let Some(ground) = geography.ground() else { return Ok(before) };
        let known: HashMap<&str, u32> =
            leaves.iter().zip(0..).map(|(leaf, at)| (places.keys[*leaf as usize].as_str(), at)).collect();
        let mut first: HashMap<u32, u32> = HashMap::new();
        for (leaf, group) in geography.tree().leaves().zip(ground.pieces.groups()) {
            let Some(here) = key_of(geography, leaf).and_then(|key| known.get(key.as_str()).copied()) else { continue };
            let joined = *first.entry(group).or_insert(here);
            before.groups[here.max(joined) as usize] = here.min(joined);
            first.insert(group, here.min(joined));
        }
        before.closed = closed(&ground.hexes.areas.codes)?;
        Ok(before)
    }
}

/// The key `level:code` of a node; `None` of the root.
pub(crate) fn key_of(geography: &Geography, node: Node) -> Option<String> {
    let (level, row) = geography.tree().place(node)?;
    let level = &geography.levels()[level];
    Some(format!("{}:{}", level.level.id, level.code(row)?))
}

/// Hexagons none of whose children was shown.
fn closed(codes: &[String]) -> Result<HashSet<CellIndex>> {
    let damaged = || CampaignError::Invalid("the published hexagons are no cells in order".into());
    let cells: Vec<CellIndex> =
        codes.iter().map(|code| code.parse()).collect::<std::result::Result<_, _>>().map_err(|_| damaged())?;
    let cover = HexCover::new(cells.iter().map(|cell| u64::from(*cell))).ok_or_else(damaged)?;
    let is_closed = |(row, cell): &(usize, CellIndex)| cover.is_end(*row) && cell.resolution() < PLACING;
    Ok(cells.into_iter().enumerate().filter(is_closed).map(|(_, cell)| cell).collect())
}
