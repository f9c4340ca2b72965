//! From draws to the published tables: one figure at every level.
//!
//! A level's draw is the exact integer sum of electors × u16 draws of its leaves, in u64, so order and threads cannot
//! change it. The mean is the mean of these draws, which is the electors-weighted sum of the leaves' means; the
//! interval is the 5th and 95th percentile of the same draws. Shares are rounded once, the four groups together.

use crate::Base;
use crate::interval::interval90;
use quartier_model::{
    DRAW_ONE, DRAWS, Draw, Electors, LevelTable, LevelValues, MISSING, Measure, Node, PastShare, Thousandths, Tree,
    flags, round_profile,
};
use rayon::prelude::*;

/// Measures of a table.
const MEASURES: usize = Measure::COUNT;

/// The published figures of a campaign.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// One table a level, coarse to fine, rows in level order.
    pub levels: Vec<LevelTable>,
    /// The whole campaign: one row.
    pub campaign: LevelTable,
    /// Half the width, in points, of the campaign's 90 % interval of `favourable`: what the whole map shares.
    pub common_points: f64,
}

/// Exact sums over the leaves of an area: electors × share, in units of 1/65535 of an elector, per draw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sums {
    /// Electors with a known number.
    pub electors: u64,
    /// Weight of the sums: electors, or the number of leaves where no elector is known or there are none.
    pub weight: u64,
    /// Leaves whose electors are unknown.
    pub unknown: u64,
    /// Abstainers, undecided, favourable, mobilisation.
    pub groups: [[u64; DRAWS]; 4],
}

/// `abstainers × f_a` of one draw of a leaf, in units of 1/65535.
///
/// `f_a = invlogit(logit(favourable / turnout) + delta)`: how abstainers lean, given how the area's voters do.
/// `odds` = exp(delta). Where nobody votes, voters say nothing and f_a is that of even odds.
pub fn mobilised(draw: Draw, odds: f64) -> u16 {
    let turnout = f64::from(DRAW_ONE - draw.abstainers);
    let favourable = f64::from(draw.favourable) * odds;
    let rest = turnout - f64::from(draw.favourable);
    let lean = if turnout > 0.0 { favourable / (favourable + rest) } else { odds / (odds + 1.0) };
    // Truncation of x + 1/2 rounds, at a fraction of the cost of `round`.
    (f64::from(draw.abstainers) * lean + 0.5) as u16
}

impl Sums {
    /// Sums of nobody.
    fn nobody() -> Self {
        Self { electors: 0, weight: 0, unknown: 0, groups: [[0; DRAWS]; 4] }
    }

    /// The sums over parts of leaves, each of so many electors. The draws of a leaf are asked for once a part.
    pub fn of_parts<D>(parts: &[(u32, u32)], draws: impl Fn(u32) -> D, odds: &[f64]) -> Self
    where
        D: Iterator<Item = Draw>,
    {
        let mut sums = Self::nobody();
        let mut own = [Draw::default(); DRAWS];
        for (leaf, electors) in parts.iter().filter(|(_, electors)| *electors > 0) {
            own.iter_mut().zip(draws(*leaf)).for_each(|(own, draw)| *own = draw);
            sums.electors += u64::from(*electors);
            sums.add(u64::from(*electors), &own, odds);
        }
        sums.weight = sums.electors;
        sums
    }

    /// Adds the draws of one leaf, so many times.
    fn add(&mut self, weight: u64, draws: &[Draw], odds: &[f64]) {
        let [abstainers, undecided, favourable, mobilisation] = &mut self.groups;
        for (at, (draw, odds)) in draws.iter().zip(odds).enumerate() {
            abstainers[at] += weight * u64::from(draw.abstainers);
            undecided[at] += weight * u64::from(draw.undecided);
            favourable[at] += weight * u64::from(draw.favourable);
            mobilisation[at] += weight * u64::from(mobilised(*draw, *odds));
        }
    }

    /// The sums over some leaves (positions among the leaves). `odds`: exp of the lean offset of each draw.
    pub fn of(leaves: &[u32], electors: &[Electors], draws: &[Draw], odds: &[f64]) -> Self {
        let known = |leaf: u32| electors[leaf as usize].known();
        let total: u64 = leaves.iter().map(|leaf| u64::from(known(*leaf).unwrap_or(0))).sum();
        let mut sums = Self {
            electors: total,
            weight: if total > 0 { total } else { leaves.len() as u64 },
            unknown: leaves.iter().filter(|leaf| known(**leaf).is_none()).count() as u64,
            groups: [[0; DRAWS]; 4],
        };
        for leaf in leaves {
            let weight = if total > 0 { u64::from(known(*leaf).unwrap_or(0)) } else { 1 };
            if weight == 0 {
                continue;
            }
            sums.add(weight, &draws[*leaf as usize * DRAWS..][..DRAWS], odds);
        }
        sums
    }

    /// The draws of every measure, in the order of [`Measure::ALL`], as shares. Change is left 0: it is the favourable's
    /// draws moved by an exact share.
    fn measures(&self) -> [[f64; DRAWS]; MEASURES] {
        let unit = 1.0 / (self.weight * u64::from(DRAW_ONE)) as f64;
        let mut out = [[0.0; DRAWS]; MEASURES];
        let [abstainers, undecided, favourable, mobilisation] = &self.groups;
        for at in 0..DRAWS {
            let (a, u, f) = (abstainers[at], undecided[at], favourable[at]);
            let o = self.weight * u64::from(DRAW_ONE) - a - u - f;
            out[Measure::Favourable.index()][at] = f as f64 * unit;
            out[Measure::Undecided.index()][at] = u as f64 * unit;
            out[Measure::Opposed.index()][at] = o as f64 * unit;
            out[Measure::Abstainers.index()][at] = a as f64 * unit;
            out[Measure::Turnout.index()][at] = (u + f + o) as f64 * unit;
            out[Measure::Margin.index()][at] = (f as f64 - o as f64) * unit;
            // w = 1/4 of the opposed: whole in quarters.
            out[Measure::Persuasion.index()][at] = (4 * u + o) as f64 * (0.25 * unit);
            out[Measure::Mobilisation.index()][at] = mobilisation[at] as f64 * unit;
        }
        out
    }
}

const _: () = assert!(quartier_model::W_OPPOSED == 0.25, "persuasion is summed in quarters");

/// One row of a table before it is laid out in columns.
struct Row {
    electors: u32,
    flags: u8,
    value: [Thousandths; MEASURES],
    low: [Thousandths; MEASURES],
    high: [Thousandths; MEASURES],
    spread: [Thousandths; MEASURES],
    /// Mean, 5th and 95th percentile, times electors.
    people: [[f32; 3]; MEASURES],
}

fn thousandths(share: f64) -> Thousandths {
    (share * 1000.0).round() as Thousandths
}

/// What a row is made from beside its sums: flags, the baseline's exact favourable share, what shares are of.
#[derive(Clone, Copy)]
struct About {
    flags: u8,
    past: Option<PastShare>,
    of: Base,
}

/// The row of an area. `campaign`: the measures' draws of the whole campaign.
fn row(sums: &Sums, about: About, campaign: &[[f64; DRAWS]; MEASURES]) -> Row {
    let nobody = sums.electors == 0 && sums.unknown == 0;
    let unknown = sums.electors == 0 && sums.unknown > 0;
    let mut out = Row {
        electors: if unknown { u32::MAX } else { sums.electors.min(u64::from(u32::MAX - 1)) as u32 },
        flags: about.flags
            | if nobody { flags::NO_ELECTORS } else { 0 }
            | if sums.unknown > 0 { flags::UNKNOWN_ELECTORS } else { 0 },
        value: [MISSING; MEASURES],
        low: [MISSING; MEASURES],
        high: [MISSING; MEASURES],
        spread: [MISSING; MEASURES],
        people: [[0.0; 3]; MEASURES],
    };
    if nobody {
        return out;
    }
    let draws = sums.measures();
    let means = draws.each_ref().map(|draws| draws.iter().sum::<f64>() / DRAWS as f64);
    let mean = |measure: Measure| means[measure.index()];
    let [a, u, f, o] = round_profile([
        mean(Measure::Abstainers),
        mean(Measure::Undecided),
        mean(Measure::Favourable),
        mean(Measure::Opposed),
    ]);
    for measure in Measure::ALL {
        if about.of == Base::Voters && measure.needs_register() {
            continue;
        }
        let at = measure.index();
        if measure == Measure::Change {
            out.change(about.past);
            continue;
        }
        let value = match measure {
            Measure::Favourable => f,
            Measure::Undecided => u,
            Measure::Opposed => o,
            Measure::Abstainers => a,
            Measure::Turnout => 1000 - a,
            Measure::Margin => f - o,
            Measure::Persuasion | Measure::Mobilisation | Measure::Change => thousandths(mean(measure)),
        };
        if measure == Measure::Turnout {
            // The mirror image of the abstainers, who come before it.
            let abstainers = Measure::Abstainers.index();
            out.value[at] = value;
            out.low[at] = 1000 - out.high[abstainers];
            out.high[at] = 1000 - out.low[abstainers];
            out.spread[at] = out.spread[abstainers];
            let [mean, low, high] =
                out.people[abstainers].map(|people| (sums.electors as f64 - f64::from(people)) as f32);
            out.people[at] = [mean, high, low];
            continue;
        }
        let mut apart = [0.0; DRAWS];
        for (apart, (here, there)) in apart.iter_mut().zip(draws[at].iter().zip(&campaign[at])) {
            *apart = here - there;
        }
        let (from, to) = interval90(&apart);
        let (low, high) = interval90(&draws[at]);
        out.value[at] = value;
        // Rounding together may move a share by a thousandth: the interval always holds the figure shown.
        out.low[at] = thousandths(low).min(value);
        out.high[at] = thousandths(high).max(value);
        out.spread[at] = thousandths(to - from);
        // The mean may lie outside the interval of draws that are nearly all alike.
        let people = [mean(measure), low.min(mean(measure)), high.max(mean(measure))];
        out.people[at] = people.map(|share| (sums.electors as f64 * share) as f32);
    }
    out
}

impl Row {
    /// Fills in the change of the favourable since the baseline, whose figures are there.
    fn change(&mut self, past: Option<PastShare>) {
        let (from, to) = (Measure::Favourable.index(), Measure::Change.index());
        let Some(past) = past else { return };
        for column in [&mut self.value, &mut self.low, &mut self.high] {
            column[to] = past.to(column[from]);
        }
        self.spread[to] = self.spread[from];
        if self.electors != 0 && self.electors != u32::MAX {
            self.people[to] = self.people[from].map(|people| (f64::from(people) - past.count) as f32);
        }
    }
}

fn table(rows: Vec<Row>) -> LevelTable {
    LevelTable {
        electors: rows.iter().map(|row| row.electors).collect(),
        flags: rows.iter().map(|row| row.flags).collect(),
        measures: (0..MEASURES)
            .map(|at| LevelValues {
                value: rows.iter().map(|row| row.value[at]).collect(),
                low: rows.iter().map(|row| row.low[at]).collect(),
                high: rows.iter().map(|row| row.high[at]).collect(),
                spread: rows.iter().map(|row| row.spread[at]).collect(),
                people: rows.iter().map(|row| row.people[at][0]).collect(),
                people_low: rows.iter().map(|row| row.people[at][1]).collect(),
                people_high: rows.iter().map(|row| row.people[at][2]).collect(),
            })
            .collect(),
    }
}

/// The campaign that sets of electors are shown against: what their spread is measured from.
#[derive(Debug, Clone)]
pub struct Frame {
    odds: Vec<f64>,
    campaign: Box<[[f64; DRAWS]; MEASURES]>,
    of: Base,
}

impl Frame {
    /// Of all leaves: (position, electors) of those with a known number; `lean` as in [`aggregate`].
    pub fn new<D>(leaves: &[(u32, u32)], draws: impl Fn(u32) -> D, lean: &[f64], of: Base) -> Self
    where
        D: Iterator<Item = Draw>,
    {
        let odds: Vec<f64> = lean.iter().map(|delta| delta.exp()).collect();
        let sums = Sums { weight: 1, ..Sums::nobody() };
        let whole = if leaves.is_empty() { sums } else { Sums::of_parts(leaves, draws, &odds) };
        let whole = Sums { weight: whole.weight.max(1), ..whole };
        Self { campaign: Box::new(whole.measures()), odds, of }
    }

    /// The exact sums of a set of electors.
    pub fn sums<D>(&self, parts: &[(u32, u32)], draws: impl Fn(u32) -> D) -> Sums
    where
        D: Iterator<Item = Draw>,
    {
        Sums::of_parts(parts, draws, &self.odds)
    }

    /// The published table of sets of electors: cells, or whatever is drawn on a map. A set is parts of leaves, each
    /// with its electors, who have the profile of the leaf in every draw. `past` is the exact favourable share of the
    /// baseline in a leaf: that of a set follows by the same electors, where it is known in all of them.
    pub fn table<D, P>(
        &self,
        sets: &[P],
        draws: impl Fn(u32) -> D + Sync,
        past: impl Fn(u32) -> Option<PastShare> + Sync,
    ) -> LevelTable
    where
        D: Iterator<Item = Draw>,
        P: AsRef<[(u32, u32)]> + Sync,
    {
        let row_of = |set: &P| {
            let parts = set.as_ref();
            let past = past_of_parts(parts, &past);
            row(&self.sums(parts, &draws), About { flags: 0, past, of: self.of }, &self.campaign)
        };
        table(sets.par_iter().map(row_of).collect())
    }
}

impl Frame {
    /// The published table of one set of electors whose sums are known.
    pub fn table_of(&self, sums: &Sums) -> LevelTable {
        table(vec![row(sums, About { flags: 0, past: None, of: self.of }, &self.campaign)])
    }
}

impl std::ops::AddAssign<&Self> for Sums {
    /// Sums over two sets that share no elector.
    fn add_assign(&mut self, other: &Self) {
        self.electors += other.electors;
        self.weight += other.weight;
        self.unknown += other.unknown;
        for (sums, others) in self.groups.iter_mut().zip(&other.groups) {
            sums.iter_mut().zip(others).for_each(|(sum, other)| *sum += other);
        }
    }
}

impl std::ops::SubAssign<&Self> for Sums {
    /// Sums over what is left of a set without some of its own electors.
    fn sub_assign(&mut self, part: &Self) {
        self.electors -= part.electors;
        self.weight -= part.weight;
        self.unknown -= part.unknown;
        for (sums, parts) in self.groups.iter_mut().zip(&part.groups) {
            sums.iter_mut().zip(parts).for_each(|(sum, part)| *sum -= part);
        }
    }
}

/// The share of the past of a set of electors.
fn past_of_parts(parts: &[(u32, u32)], past: &impl Fn(u32) -> Option<PastShare>) -> Option<PastShare> {
    let mut sum = PastShare { count: 0.0, of: 0.0 };
    for (leaf, electors) in parts {
        let electors = f64::from(*electors);
        sum.count += electors * past(*leaf)?.share();
        sum.of += electors;
    }
    (sum.of > 0.0).then_some(sum)
}

/// For each row of a level, the leaves below it (or itself), as positions among the leaves.
fn leaves_by_row(tree: &Tree, level: usize) -> Vec<Vec<u32>> {
    let range = tree.level(level);
    let mut rows = vec![Vec::new(); range.len()];
    for (leaf, node) in tree.leaves().enumerate() {
        let above = std::iter::once(node).chain(tree.ancestors(node)).find(|node| range.contains(node));
        if let Some(node) = above {
            rows[(node - range.start) as usize].push(leaf as u32);
        }
    }
    rows
}

/// The published tables of every level and of the campaign.
///
/// `electors` and `draws` (leaf-major) follow `tree.leaves()`; `node_flags` is one byte a node; `lean` holds
/// [`crate::lean_offsets`] of the snapshot's seed, one a draw; `past` the exact favourable share of the baseline, one a
/// node, the campaign first, `None` without a result: from it comes the measure `change`. An area without electors has
/// no figure; a leaf with an unknown number has its own figure and no weight above. `people` is 0 where electors are
/// unknown: the flag says so.
pub fn aggregate(
    tree: &Tree,
    electors: &[Electors],
    draws: &[Draw],
    node_flags: &[u8],
    lean: &[f64],
    past: &[Option<PastShare>],
    of: Base,
) -> Figures {
    let odds: Vec<f64> = lean.iter().map(|delta| delta.exp()).collect();
    let about = |node: Node| About {
        flags: node_flags.get(node as usize).copied().unwrap_or(0),
        past: past.get(node as usize).copied().flatten(),
        of,
    };
    let everything: Vec<u32> = (0..electors.len() as u32).collect();
    let whole = Sums::of(&everything, electors, draws, &odds);
    let common = whole.measures();
    let campaign = table(vec![row(&whole, about(0), &common)]);
    let levels = (0..tree.levels())
        .map(|level| {
            let first = tree.level(level).start;
            let rows = leaves_by_row(tree, level)
                .par_iter()
                .enumerate()
                .map(|(at, leaves)| row(&Sums::of(leaves, electors, draws, &odds), about(first + at as u32), &common))
                .collect();
            table(rows)
        })
        .collect();
    let (low, high) = interval90(&common[Measure::Favourable.index()]);
    let nobody = whole.weight == 0 || (whole.electors == 0 && whole.unknown == 0);
    Figures { levels, campaign, common_points: if nobody { 0.0 } else { 50.0 * (high - low) } }
}

/// The draws of a level, row-major, at the resolution of leaf draws: for rankings and archives. A leaf's are its own.
///
/// An area without electors has the plain mean of its leaves, which no face shows.
pub fn level_draws(tree: &Tree, electors: &[Electors], draws: &[Draw], level: usize) -> Vec<Draw> {
    leaves_by_row(tree, level).par_iter().flat_map_iter(|leaves| own_draws(leaves, electors, draws)).collect()
}

/// The draws of any set of leaves taken together (positions among the leaves): all of them are the campaign's.
pub fn own_draws(leaves: &[u32], electors: &[Electors], draws: &[Draw]) -> Vec<Draw> {
    if let [leaf] = leaves {
        return draws[*leaf as usize * DRAWS..][..DRAWS].to_vec();
    }
    let sums = Sums::of(leaves, electors, draws, &[1.0; DRAWS]);
    let one = (sums.weight.max(1) * u64::from(DRAW_ONE)) as f64;
    let [abstainers, undecided, favourable, _] = &sums.groups;
    (0..DRAWS)
        .map(|at| Draw::of_shares(abstainers[at] as f64 / one, undecided[at] as f64 / one, favourable[at] as f64 / one))
        .collect()
}
