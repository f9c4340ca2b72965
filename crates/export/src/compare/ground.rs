//! Whether areas are the same places at both ends of a comparison; the change of those that are not is read at the area
//! around them.

use super::{Changed, Compared};
use crate::counted::rows_of;
use crate::error::Result;
use crate::hexes::HexesAt;
use crate::rows::Within;
use quartier_model::{Continuity, Counts, Node, Seen};
use quartier_snapshot::{Geography, PublishedElection, Results};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// The classes of all nodes of a geography between two elections; `None` of those that cannot be judged.
pub(super) struct Ground(Vec<Option<Continuity>>);

/// One election on the tree.
struct Side<'a> {
    election: &'a PublishedElection,
    /// Per node, its counts.
    counts: Vec<Option<Counts>>,
}

impl<'a> Side<'a> {
    fn of(geography: &Geography, results: &'a Results, id: &str) -> Option<Self> {
        let election = results.election(id)?;
        let mut counts = vec![Some(election.total.clone())];
        for level in geography.levels() {
            let table = results.table(id, level.level.id.as_str());
            counts.extend((0..level.rows()).map(|row| table.and_then(|table| table.counts(row))));
        }
        Some(Self { election, counts })
    }

    fn at(&self, node: Node) -> Option<&Counts> {
        self.counts[node as usize].as_ref()
    }

    /// Stations with a result in each area that numbers them: finest areas, and codes that found none.
    fn stations(&self, geography: &Geography, numbering: usize) -> Vec<usize> {
        let tree = geography.tree();
        let mut stations = vec![0; tree.len()];
        for node in tree.level(geography.levels().len() - 1).filter(|node| self.at(*node).is_some()) {
            stations[around(geography, node, Some(numbering)) as usize] += 1;
        }
        for unplaced in &self.election.unplaced {
            let place = geography.position(&unplaced.level).zip(unplaced.code.as_deref());
            let row = place.and_then(|(level, code)| Some((level, geography.levels()[level].row(code)?)));
            stations[row.map_or(0, |(level, row)| tree.node(level, row)) as usize] += unplaced.file_codes.len();
        }
        stations
    }
}

/// The node that stands for each row of a level when it is judged; `None`: it is not. A grouping's areas are not, since
/// stations change places inside them. A hexagon that is shown is the finest area that holds most of its electors.
pub(super) fn nodes(geography: &Geography, level: usize, hexes: Option<&HexesAt>) -> Vec<Option<Node>> {
    if level < geography.levels().len() {
        return geography.tree().level(level).map(Some).collect();
    }
    let mut nodes = vec![None; rows_of(geography, level)];
    if let Some((ground, hexes)) = geography.ground().zip(hexes).filter(|_| level == geography.hexes_position()) {
        let leaves: Vec<Node> = geography.tree().leaves().collect();
        for row in hexes.rows(geography, None) {
            let held = hexes.hexes.electors_of(ground, row);
            let main = held.into_iter().max_by_key(|(leaf, electors)| (*electors, Reverse(*leaf)));
            nodes[row] = main.and_then(|(leaf, _)| leaves.get(leaf as usize).copied());
        }
    }
    nodes
}

/// The area beside which one is judged: that which numbers stations, else its parent.
fn around(geography: &Geography, node: Node, numbering: Option<usize>) -> Node {
    let tree = geography.tree();
    let numbers = |above: &Node| numbering.is_none_or(|level| tree.level(level).contains(above));
    tree.ancestors(node).find(numbers).unwrap_or(0)
}

impl Ground {
    /// The classes between two elections. Where the results say which level numbers its stations, all areas below it are
    /// judged; else the finest ones, by their register alone.
    pub fn between(geography: &Geography, results: &Results, [from, to]: [&str; 2]) -> Option<Self> {
        let [then, now] = [from, to].map(|id| Side::of(geography, results, id));
        let (then, now) = (then?, now?);
        let tree = geography.tree();
        let finest = geography.levels().len() - 1;
        let numbering = results.manifest().stations_of.as_ref().and_then(|level| geography.position(level.as_str()));
        let stations = numbering.map(|level| [&then, &now].map(|side| side.stations(geography, level)));
        // Counts that were moved to these areas have their ground, and so has an election beside itself.
        let same = from == to || [&then, &now].iter().any(|side| side.election.is_moved());
        let has_register = then.election.election.has_registered && now.election.election.has_registered;
        let class = |node: Node| {
            let here = [then.at(node), now.at(node)];
            let level = tree.place(node).map_or(0, |(level, _)| level);
            let judged = node > 0 && numbering.map_or(level == finest, |numbering| level > numbering);
            match here {
                [None, None] => None,
                [Some(_), Some(_)] if same || !judged => Some(Continuity::Stable),
                [Some(_), Some(_)] if !has_register => None,
                _ => {
                    let beside = around(geography, node, numbering);
                    let of = |side: usize| {
                        stations.as_ref().filter(|_| level == finest).map(|all| all[side][beside as usize])
                    };
                    let around = [then.at(beside), now.at(beside)];
                    // Areas that nobody numbers are many beside each other, and as many then as now.
                    let seen = Seen { here, around, stations: [0, 1].map(|side| of(side).unwrap_or(0)), shared: None };
                    seen.class().map(|(class, _)| class)
                }
            }
        };
        Some(Self((0..tree.len() as Node).map(class).collect()))
    }

    /// The classes of rows that stand for nodes.
    pub fn of_nodes(&self, nodes: &[Option<Node>]) -> Vec<Option<Continuity>> {
        nodes.iter().map(|node| self.0[(*node)? as usize]).collect()
    }

    /// Reads the change of areas that are not the same places at the lowest stable area above; says for each row where, if
    /// not here. People are then not counted: they are those of another ground.
    pub fn settle(
        &self,
        geography: &Geography,
        nodes: &[Option<Node>],
        own: &mut Compared,
        rows: impl Fn(usize) -> Result<Compared>,
    ) -> Result<Vec<Option<Within>>> {
        let tree = geography.tree();
        let mut read_at = vec![None; own.rows.len()];
        let mut above: BTreeMap<usize, Compared> = BTreeMap::new();
        for ((row, node), read_at) in nodes.iter().enumerate().zip(&mut read_at) {
            let Some(node) = *node else { continue };
            let unsure = matches!(self.0[node as usize], Some(Continuity::Doubtful | Continuity::Redrawn));
            if !unsure || own.rows[row].is_err() {
                continue;
            }
            let stable = tree.ancestors(node).find(|above| self.0[*above as usize] == Some(Continuity::Stable));
            let place = stable.and_then(|node| tree.place(node));
            let change = match place {
                None => own.campaign,
                Some((level, row)) => {
                    if let Entry::Vacant(unread) = above.entry(level) {
                        unread.insert(rows(level)?);
                    }
                    above[&level].rows[row]
                }
            };
            own.rows[row] = change.map(|change| Changed { people: None, ..change });
            *read_at = Some(place);
        }
        Ok(read_at)
    }
}
