//! A goal of votes: the bar, what is in hand, the chance to reach it, and what it asks of every area.

use super::{Range, Step};
use quartier_export::{GoalRow, Within, rows_within};
use quartier_model::{DRAW_ONE, DRAWS, Draw, Measure, Node, Part, Tree, apportion, percentile_type7};
use quartier_snapshot::{Grouping, Of, Snapshot, UNKNOWN_ELECTORS};
use quartier_targeting::{Stock, chance, down_the_tree, majority_of, shares};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// A goal and what it asks of the areas of a level.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct GoalView {
    /// Id of the snapshot.
    pub snapshot: u32,
    /// `electors` or `voters`.
    pub of: String,
    /// The area that the goal is of; `null`: the whole campaign.
    pub within: Option<Step>,
    /// What sets the bar: `votes`, `turnout` (half of a scenario's voters, and one) or `estimate` (of the estimated
    /// turnout).
    pub set_by: String,
    /// The turnout of the scenario, a fraction; `null` where a number of votes was given.
    pub scenario: Option<f64>,
    /// Electors, those of areas without a known number left out.
    pub electors: u64,
    /// The estimated turnout, fractions.
    pub turnout: Range,
    /// Votes needed.
    pub needed: u64,
    /// Favourable votes that the estimate counts.
    pub in_hand: Range,
    /// Votes missing; negative where there are more than needed.
    pub gap: Range,
    /// Share of the draws whose favourable votes reach the bar.
    pub chance: f64,
    /// Share of the draws in which more than half of the voters are favourable, whatever the turnout.
    pub majority: f64,
    /// Votes that could still be won: persuasion and mobilisation together.
    pub potential: f64,
    /// The level of `areas`.
    pub level: String,
    /// Areas of that level.
    pub total: usize,
    /// In the order asked for. Their goals and those of `elsewhere` add up to `needed`.
    pub areas: Vec<GoalArea>,
    /// Areas that have none of that level below them.
    pub elsewhere: Vec<GoalArea>,
    /// Give it back as `cursor` for the next page; `null` on the last.
    pub next_cursor: Option<String>,
}

/// What the goal asks of one area.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct GoalArea {
    /// Its level.
    pub level: String,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Code of its parent; `null`: the campaign.
    pub parent: Option<String>,
    /// Electors.
    pub electors: Option<u32>,
    /// Favourable votes that the estimate counts.
    pub in_hand: Range,
    /// Votes asked for.
    pub goal: u64,
    /// Votes missing; negative where there are more than asked for.
    pub gap: f64,
    /// Share of the draws that reach the goal.
    pub chance: f64,
}

impl GoalArea {
    /// A row as it is sent.
    pub fn of(row: &GoalRow<'_>) -> Self {
        Self {
            level: row.level.to_owned(),
            code: row.code.to_owned(),
            name: row.name.to_owned(),
            parent: row.parent.map(ToOwned::to_owned),
            electors: row.electors,
            in_hand: range(row.in_hand),
            goal: row.goal,
            gap: tenths(row.gap()),
            chance: row.chance,
        }
    }
}

/// What sets the bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bar {
    /// A number of votes.
    Votes(u64),
    /// Half of the voters of this turnout (a fraction), and one.
    Turnout(f64),
    /// Half of the voters of the estimated turnout, and one.
    Estimate,
}

/// A goal, worked out over a snapshot.
pub struct Goal<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) within: Within,
    bar: Bar,
    /// Votes needed.
    pub needed: u64,
    /// Electors of the ground.
    pub electors: u64,
    favourable: Vec<f64>,
    voters: Vec<f64>,
    potential: f64,
    pub(super) goals: Vec<u64>,
}

impl<'a> Goal<'a> {
    /// Works out a goal; `None` where the draws are not those of this geography.
    pub fn of(snapshot: &'a Snapshot, within: Within, bar: Bar) -> Option<Self> {
        let geography = snapshot.geography();
        let tree = geography.tree();
        let draws = snapshot.draws();
        if draws.draws() != DRAWS || draws.len() != tree.leaves().count() {
            return None;
        }
        let grouped = within.and_then(|(at, row)| Some((geography.grouping_at(at)?, row)));
        let root: Node = within.filter(|_| grouped.is_none()).map_or(0, |(level, row)| tree.node(level, row));
        // Exact sums of electors × u16 draws: neither order nor threads can change them.
        let (mut favourable, mut voters) = (vec![0u64; DRAWS], vec![0u64; DRAWS]);
        let mut electors = 0u64;
        let mut nodes: Vec<Node> = Vec::new();
        let mut stocks: Vec<Stock> = Vec::new();
        for (leaf, (level, row)) in draws.leaves().iter().enumerate() {
            let (level, row) = (usize::from(*level), *row as usize);
            let node = tree.node(level, row);
            if node != root && !tree.ancestors(node).any(|ancestor| ancestor == root) {
                continue;
            }
            let all = draws.electors(leaf).filter(|electors| *electors != UNKNOWN_ELECTORS).unwrap_or(0);
            let own = grouped.map_or(all, |(grouping, row)| part_of(grouping, (leaf as u32, all), row)).into();
            if own == 0 {
                continue;
            }
            electors += own;
            for (at, draw) in draws.of(leaf).enumerate() {
                favourable[at] += own * u64::from(draw.favourable);
                voters[at] += own * u64::from(DRAW_ONE - draw.abstainers);
            }
            nodes.push(node);
            stocks.push(stock(snapshot, (level, row), own, u64::from(all)));
        }
        let people = |sums: Vec<u64>| -> Vec<f64> { sums.into_iter().map(|sum| sum as f64 / one()).collect() };
        let (favourable, voters) = (people(favourable), people(voters));
        let needed = match bar {
            Bar::Votes(votes) => votes,
            Bar::Turnout(turnout) => majority_of(electors as f64 * turnout),
            Bar::Estimate => majority_of(mean(&voters)),
        };
        let mut weights = vec![0; tree.len()];
        for (node, share) in nodes.iter().zip(shares(needed, &stocks)) {
            weights[*node as usize] = share;
        }
        let goals = down_the_tree(tree, root, needed, &weights);
        let potential = stocks.iter().map(|own| own.potential).sum();
        Some(Self { snapshot, within, bar, needed, electors, favourable, voters, potential, goals })
    }

    /// The areas of a level inside the ground, in row order, with the draws of that level.
    pub fn rows(&self, level: usize, draws: &[Draw]) -> Vec<GoalRow<'a>> {
        let geography = self.snapshot.geography();
        let rows = rows_within(geography, level, self.within);
        let grouped = geography.grouping_at(level).map(|grouping| self.grouped(grouping));
        let goal = |row: usize| match &grouped {
            _ if self.within == Some((level, row)) => self.needed,
            Some(goals) => goals[row],
            None => self.goals[geography.tree().node(level, row) as usize],
        };
        let own = |row: usize| self.row((level, row), goal(row), draws.get(row * DRAWS..)?.get(..DRAWS)?);
        rows.into_iter().filter_map(own).collect()
    }

    /// The goals of the areas of a grouping: those of their finest areas, or of the parts that they have of them.
    fn grouped(&self, grouping: &Grouping) -> Vec<u64> {
        let tree = self.snapshot.geography().tree();
        let mut goals = vec![0; grouping.areas.rows()];
        for (leaf, node) in (0..).zip(tree.leaves()) {
            let parts = grouping.membership.parts(leaf, 1);
            for ((area, _), part) in parts.iter().zip(split_goal(self.goals[node as usize], &parts)) {
                area.iter().for_each(|area| goals[*area as usize] += part);
            }
        }
        goals
    }

    /// The areas above a level that have none of it below them, and a share of the goal. `draws` gives a level's.
    pub fn elsewhere(&self, level: usize, draws: impl Fn(usize) -> Option<Arc<Vec<Draw>>>) -> Vec<GoalRow<'a>> {
        let geography = self.snapshot.geography();
        let tree = geography.tree();
        let outside = geography.grouping_at(level).map(|grouping| outside(grouping, tree));
        let is_apart = |node: Node| match &outside {
            Some(outside) => outside[node as usize],
            None => tree.is_leaf(node),
        };
        let mut found = Vec::new();
        for above in 0..level.min(tree.levels()) {
            let alone: Vec<usize> = rows_within(geography, above, self.within)
                .into_iter()
                .filter(|row| is_apart(tree.node(above, *row)) && self.goals[tree.node(above, *row) as usize] > 0)
                .collect();
            let Some(own) = (!alone.is_empty()).then(|| draws(above)).flatten() else { continue };
            let goal = |row: usize| self.goals[tree.node(above, row) as usize];
            let row = |row: usize| self.row((above, row), goal(row), own.get(row * DRAWS..)?.get(..DRAWS)?);
            found.extend(alone.into_iter().filter_map(row));
        }
        found.extend(geography.grouping_at(level).into_iter().flat_map(|grouping| self.cut_rest(grouping)));
        found
    }

    /// What finest areas that a grouping cuts have in none of its areas, with its share of their goal.
    fn cut_rest(&self, grouping: &Grouping) -> Vec<GoalRow<'a>> {
        let geography = self.snapshot.geography();
        let leaves: Vec<Node> = geography.tree().leaves().collect();
        let rest = |(leaf, parts): (&u32, &Vec<Part>)| {
            let node = leaves[*leaf as usize];
            let (area, electors) = *parts.first()?;
            let goal = split_goal(self.goals[node as usize], parts)[0];
            self.part_row(*leaf, node, (electors, goal)).filter(|_| area.is_none() && goal > 0)
        };
        // The ground of a grouping's area has only its own parts.
        let is_tree = self.within.is_none_or(|(at, _)| geography.grouping_at(at).is_none());
        grouping.membership.cut().iter().filter(|_| is_tree).filter_map(rest).collect()
    }

    /// Some electors of a finest area, with their part of its goal.
    pub(super) fn part_row(&self, leaf: u32, node: Node, (electors, goal): (u32, u64)) -> Option<GoalRow<'a>> {
        let place = self.snapshot.geography().tree().place(node)?;
        let draws: Vec<Draw> = self.snapshot.draws().of(leaf as usize).collect();
        let votes: Vec<f64> =
            draws.iter().map(|draw| f64::from(electors) * f64::from(draw.favourable) / one()).collect();
        let whole = self.row(place, goal, &draws)?;
        let chance = chance(&votes, goal);
        Some(GoalRow { electors: Some(electors), in_hand: interval(&votes), chance, ..whole })
    }

    fn row(&self, (at, row): (usize, usize), goal: u64, draws: &[Draw]) -> Option<GoalRow<'a>> {
        let geography = self.snapshot.geography();
        let level = geography.at(at)?;
        let values = &self.snapshot.levels().get(at)?.values;
        let electors = values.electors(row).known();
        let count = f64::from(electors.unwrap_or(0));
        let votes: Vec<f64> = draws.iter().map(|draw| count * f64::from(draw.favourable) / one()).collect();
        let above = geography.above(at);
        let [_, low, high] = interval(&votes);
        let value = values.people(Measure::Favourable, row).map_or(0.0, |own| f64::from(own.value));
        Some(GoalRow {
            level: level.level.id.as_str(),
            code: level.code(row)?,
            name: level.name(row)?,
            parent: above.and_then(|above| above.code(level.parent(row)? as usize)),
            electors,
            in_hand: [value, low, high],
            goal,
            chance: chance(&votes, goal),
        })
    }

    /// The goal with one page of its areas.
    pub fn view(&self, level: usize, total: usize, areas: &[GoalRow<'_>], elsewhere: &[GoalRow<'_>]) -> GoalView {
        let geography = self.snapshot.geography();
        let [value, low, high] = interval(&self.favourable);
        let electors = (self.electors as f64).max(1.0);
        let majority = self.favourable.iter().zip(&self.voters).filter(|(own, all)| **own * 2.0 > **all).count();
        let needed = self.needed as f64;
        GoalView {
            snapshot: self.snapshot.number(),
            of: self.snapshot.manifest().of.as_str().to_owned(),
            within: self.within.and_then(|(at, row)| {
                let level = geography.at(at)?;
                let (code, name) = (level.code(row)?.to_owned(), level.name(row)?.to_owned());
                Some(Step { level: level.level.id.to_string(), code, name })
            }),
            set_by: match self.bar {
                Bar::Votes(_) => "votes",
                Bar::Turnout(_) => "turnout",
                Bar::Estimate => "estimate",
            }
            .to_owned(),
            scenario: match self.bar {
                Bar::Votes(_) => None,
                Bar::Turnout(turnout) => Some(turnout),
                Bar::Estimate => Some(thousandths(mean(&self.voters) / electors)),
            },
            electors: self.electors,
            turnout: turnout(interval(&self.voters), electors),
            needed: self.needed,
            in_hand: range([value, low, high]),
            gap: range([needed - value, needed - high, needed - low]),
            chance: chance(&self.favourable, self.needed),
            majority: majority as f64 / self.favourable.len().max(1) as f64,
            potential: tenths(self.potential),
            level: geography.at(level).map(|level| level.level.id.to_string()).unwrap_or_default(),
            total,
            areas: areas.iter().map(GoalArea::of).collect(),
            elsewhere: elsewhere.iter().map(GoalArea::of).collect(),
            next_cursor: None,
        }
    }
}

/// What some of the electors of a finest area hold, of all that it has.
fn stock(snapshot: &Snapshot, (level, row): (usize, usize), electors: u64, all: u64) -> Stock {
    let values = &snapshot.levels()[level].values;
    let share = electors as f64 / all.max(1) as f64;
    let people = |measure| share * values.people(measure, row).map_or(0.0, |own| f64::from(own.value)).max(0.0);
    let electors = electors as f64;
    let in_hand = people(Measure::Favourable).min(electors);
    // Where shares are of voters nobody is left to mobilise.
    let mobilisation = if snapshot.manifest().of == Of::Electors { people(Measure::Mobilisation) } else { 0.0 };
    Stock { electors, in_hand, potential: (people(Measure::Persuasion) + mobilisation).min(electors - in_hand) }
}

/// A goal of a finest area, by the electors of its parts.
pub(super) fn split_goal(goal: u64, parts: &[Part]) -> Vec<u64> {
    let weights: Vec<f64> = parts.iter().map(|(_, electors)| f64::from(*electors)).collect();
    apportion(u32::try_from(goal).unwrap_or(u32::MAX), &weights).into_iter().map(u64::from).collect()
}

/// How many of the electors of a finest area an area of a grouping has.
fn part_of(grouping: &Grouping, (leaf, electors): (u32, u32), row: usize) -> u32 {
    let parts = grouping.membership.parts(leaf, electors);
    let own = parts.into_iter().find(|(area, _)| area.is_some_and(|area| area as usize == row));
    own.map_or(0, |(_, electors)| electors)
}

/// Per node, whether all of it is in no area of a grouping, and not all of what is above it.
fn outside(grouping: &Grouping, tree: &Tree) -> Vec<bool> {
    let whole = grouping.membership.whole_nodes(tree);
    let is_out = |node: Node| whole[node as usize] == Some(None);
    let above = |node: Node| tree.parent(node).filter(|parent| *parent > 0).is_some_and(is_out);
    (0..tree.len() as Node).map(|node| is_out(node) && !above(node)).collect()
}

/// The weight of one elector in a sum of draws.
pub(super) fn one() -> f64 {
    f64::from(DRAW_ONE)
}

fn mean(draws: &[f64]) -> f64 {
    draws.iter().sum::<f64>() / draws.len().max(1) as f64
}

/// Mean, 5th and 95th percentile.
pub(super) fn interval(draws: &[f64]) -> [f64; 3] {
    let mut sorted = draws.to_vec();
    sorted.sort_by(f64::total_cmp);
    [mean(draws), percentile_type7(&sorted, 0.05), percentile_type7(&sorted, 0.95)]
}

fn turnout(voters: [f64; 3], electors: f64) -> Range {
    let [value, low, high] = voters.map(|people| thousandths(people / electors));
    Range { value, low, high }
}

fn range(people: [f64; 3]) -> Range {
    let [value, low, high] = people.map(tenths);
    Range { value, low, high }
}

fn tenths(people: f64) -> f64 {
    (people * 10.0).round() / 10.0
}

fn thousandths(share: f64) -> f64 {
    (share * 1000.0).round() / 1000.0
}
