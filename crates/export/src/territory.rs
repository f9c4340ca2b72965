//! Who is inside an area, also where it is one of a grouping: finest areas whole, or parts of them.

use crate::rows::Within;
use crate::unplaced::Unplaced;
use quartier_model::{Node, Part};
use quartier_snapshot::{Geography, Grouping};

/// What of a finest area is inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Held {
    /// Nothing.
    None,
    /// Some of its electors: it is cut.
    Part,
    /// All of it.
    All,
}

/// What of each finest area, by its position, is inside an area.
pub(crate) fn held_within(geography: &Geography, (at, row): (usize, usize)) -> Vec<Held> {
    if let Some(grouping) = geography.grouping_at(at) {
        return held_by(grouping, |area| area as usize == row);
    }
    let tree = geography.tree();
    let area = tree.node(at, row);
    let inside = |node: Node| node == area || tree.ancestors(node).any(|above| above == area);
    tree.leaves().map(|leaf| if inside(leaf) { Held::All } else { Held::None }).collect()
}

/// What of each finest area some areas of a grouping hold together.
fn held_by(grouping: &Grouping, has: impl Fn(u32) -> bool) -> Vec<Held> {
    let one = |(leaf, home): (u32, &Option<u32>)| match grouping.membership.cut().get(&leaf) {
        None if home.is_some_and(&has) => Held::All,
        None => Held::None,
        Some(parts) => match parts.iter().filter(|(area, _)| area.is_some_and(&has)).count() {
            0 => Held::None,
            held if held == parts.len() => Held::All,
            _ => Held::Part,
        },
    };
    (0..).zip(grouping.membership.homes()).map(one).collect()
}

/// The rows of a level or grouping that lie wholly inside, and hold any finest area.
pub(crate) fn rows_inside(geography: &Geography, level: usize, within: (usize, usize)) -> Vec<usize> {
    if level == within.0 {
        return vec![within.1];
    }
    let held = held_within(geography, within);
    let rows = geography.at(level).map_or(0, |own| own.rows());
    let mut inside = vec![None; rows];
    let mut meet = |row: usize, held: Held| {
        let so_far = inside[row].unwrap_or(true);
        inside[row] = Some(so_far && held == Held::All);
    };
    if let Some(grouping) = geography.grouping_at(level) {
        for (leaf, held) in (0..).zip(held) {
            let areas = grouping.membership.areas_of(leaf);
            areas.into_iter().flatten().for_each(|area| meet(area as usize, held));
        }
    } else {
        let tree = geography.tree();
        let range = tree.level(level);
        for (leaf, held) in tree.leaves().zip(held) {
            let above = std::iter::once(leaf).chain(tree.ancestors(leaf)).find(|node| range.contains(node));
            above.into_iter().for_each(|node| meet((node - range.start) as usize, held));
        }
    }
    (0..rows).filter(|row| inside[*row] == Some(true)).collect()
}

/// How much there is of an area, of what only it has, and of a part of a finest one.
pub(crate) trait Amounts {
    type Of;
    /// Of a node and all below it; `None`: nothing.
    fn whole(&self, node: Node) -> Option<Self::Of>;
    /// Of what stands at a node, and in no area below it; the root's where `None`.
    fn own(&self, node: Option<Node>) -> Option<Self::Of>;
    /// Of those parts of a leaf that are wanted.
    fn parts(&self, leaf: u32, node: Node, grouping: &Grouping, wanted: &dyn Fn(&Part) -> bool) -> Option<Self::Of>;
}

/// Per node, whether all and whether any of its finest areas is held.
struct Below {
    all: Vec<bool>,
    any: Vec<bool>,
}

impl Below {
    fn of(geography: &Geography, held: &[Held]) -> Self {
        let tree = geography.tree();
        let (mut all, mut any) = (vec![true; tree.len()], vec![false; tree.len()]);
        for (leaf, held) in tree.leaves().zip(held) {
            all[leaf as usize] = *held == Held::All;
            any[leaf as usize] = *held != Held::None;
        }
        tree.sum_upwards(&mut all, |sum, part| *sum &= part);
        tree.sum_upwards(&mut any, |sum, part| *sum |= part);
        Self { all, any }
    }
}

/// What lies inside `within` and in none of the rows of a level, where one of the two is of a grouping.
///
/// An area of the tree that has nothing in the rows stands as one, from the coarsest down; of the others, what only
/// they have, and the rest of the finest that are cut.
pub(crate) fn rest<'a, A: Amounts>(
    geography: &'a Geography,
    (level, rows): (usize, &[usize]),
    within: Within,
    amounts: &A,
) -> Vec<Unplaced<'a, A::Of>> {
    let tree = geography.tree();
    let leaves = tree.leaves().count();
    let inside = within.map_or_else(|| vec![Held::All; leaves], |within| held_within(geography, within));
    let shown = Shown::of(geography, level, rows);
    let ground = Ground::of(geography, within);
    let (within_below, listed_below) = (Below::of(geography, &inside), Below::of(geography, &shown.held));
    let mut leaf_at = vec![u32::MAX; tree.len()];
    tree.leaves().zip(0..).for_each(|(node, leaf)| leaf_at[node as usize] = leaf);
    let mut done = vec![false; tree.len()];
    let mut found = Vec::new();
    if within.is_none()
        && let Some(what) = amounts.own(None)
    {
        found.push(Unplaced { level: "campaign", code: None, name: None, what });
    }
    for node in 1..tree.len() as Node {
        let at = node as usize;
        let above = tree.parent(node).filter(|parent| *parent > 0);
        if above.is_some_and(|parent| done[parent as usize]) || shown.has(node) || !within_below.any[at] {
            done[at] = true;
            continue;
        }
        let own_inside = ground.has(node);
        let what = if within_below.all[at] && own_inside && !listed_below.any[at] {
            done[at] = true;
            amounts.whole(node)
        } else if tree.is_leaf(node) {
            let leaf = leaf_at[at];
            cut_rest(geography, leaf, (level, rows), within, inside[leaf as usize])
                .and_then(|(grouping, wanted)| amounts.parts(leaf, node, grouping, &*wanted))
        } else {
            own_inside.then(|| amounts.own(Some(node))).flatten()
        };
        let Some((what, (level, row))) = what.zip(tree.place(node)) else { continue };
        let Some(level) = geography.levels().get(level) else { continue };
        found.push(Unplaced { level: level.level.id.as_str(), code: level.code(row), name: level.name(row), what });
    }
    found
}

/// Which parts of a cut leaf are inside and in no row.
type Wanted<'a> = Box<dyn Fn(&Part) -> bool + 'a>;

fn cut_rest<'a>(
    geography: &'a Geography,
    leaf: u32,
    (level, rows): (usize, &'a [usize]),
    within: Within,
    inside: Held,
) -> Option<(&'a Grouping, Wanted<'a>)> {
    let of_rows = geography.grouping_at(level).filter(|own| own.membership.cut().contains_key(&leaf));
    match (inside, within) {
        (Held::Part, Some((at, row))) => {
            let wanted = move |(area, _): &Part| area.is_some_and(|area| area as usize == row);
            let listed = level == at && rows.contains(&row);
            geography.grouping_at(at).filter(|_| !listed).map(|grouping| (grouping, Box::new(wanted) as Wanted<'a>))
        }
        (Held::All, _) => {
            let wanted = move |(area, _): &Part| !area.is_some_and(|area| rows.binary_search(&(area as usize)).is_ok());
            of_rows.map(|grouping| (grouping, Box::new(wanted) as Wanted<'a>))
        }
        _ => None,
    }
}

/// What some rows of a level show.
struct Shown {
    held: Vec<Held>,
    /// Per node, whether a row holds it with what only it has.
    nodes: Vec<bool>,
}

impl Shown {
    fn of(geography: &Geography, level: usize, rows: &[usize]) -> Self {
        let tree = geography.tree();
        let has = |area: u32| rows.binary_search(&(area as usize)).is_ok();
        if let Some(grouping) = geography.grouping_at(level) {
            let whole = grouping.membership.whole_nodes(tree);
            let nodes = whole.into_iter().map(|whole| whole.flatten().is_some_and(has)).collect();
            return Self { held: held_by(grouping, has), nodes };
        }
        let range = if level < tree.levels() { tree.level(level) } else { 0..0 };
        let mut nodes = vec![false; tree.len()];
        for node in 1..tree.len() as Node {
            let own = range.contains(&node) && has(node - range.start);
            nodes[node as usize] = own || tree.parent(node).is_some_and(|parent| nodes[parent as usize]);
        }
        let held = tree.leaves().map(|leaf| if nodes[leaf as usize] { Held::All } else { Held::None }).collect();
        Self { held, nodes }
    }

    fn has(&self, node: Node) -> bool {
        self.nodes[node as usize]
    }
}

/// The ground of an area: per node, whether it is in it with what only it has.
enum Ground {
    Everything,
    Nodes(Vec<bool>),
}

impl Ground {
    fn of(geography: &Geography, within: Within) -> Self {
        let Some((at, row)) = within else { return Self::Everything };
        let tree = geography.tree();
        if let Some(grouping) = geography.grouping_at(at) {
            let whole = grouping.membership.whole_nodes(tree);
            return Self::Nodes(whole.into_iter().map(|own| own.flatten() == Some(row as u32)).collect());
        }
        let area = tree.node(at, row);
        let mut nodes = vec![false; tree.len()];
        for node in 1..tree.len() as Node {
            nodes[node as usize] = node == area || tree.parent(node).is_some_and(|parent| nodes[parent as usize]);
        }
        Self::Nodes(nodes)
    }

    fn has(&self, node: Node) -> bool {
        match self {
            Self::Everything => true,
            Self::Nodes(nodes) => nodes[node as usize],
        }
    }
}
