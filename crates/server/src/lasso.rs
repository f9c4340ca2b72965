//! What a lasso needs of a snapshot: its pieces by place, and sums made beforehand.
//!
//! A polygon holds most of its areas whole, and areas that are near follow each other in the order of the index. So the
//! sums of runs of areas are known, and of runs of runs; only where the border passes are areas added one by one, or
//! taken from a run of which few are missing. All of it is in whole numbers: the sums are those of area by area.

use quartier_estimate::{Base, Frame, Sums, lean_offsets};
use quartier_geometry::PieceIndex;
use quartier_model::{DRAWS, LevelTable};
use quartier_snapshot::{Of, Snapshot, UNKNOWN_ELECTORS};

/// Fewest areas of a run.
const SHORTEST: usize = 16;
/// Most runs of the finest step: of 6.4 kB each, so that a million areas take 50 MB.
const MOST_RUNS: usize = 8_192;
/// Runs of one step that a run of the next holds.
const FAN: usize = 16;

/// What a lasso needs of a snapshot.
#[derive(Debug)]
pub(crate) struct Lasso {
    /// Its pieces, to be found by place.
    pub(crate) index: PieceIndex,
    /// Electors that an estimate must be of at least.
    pub(crate) least: u32,
    /// The campaign that spreads are measured against.
    frame: Frame,
    runs: Runs,
}

impl Lasso {
    /// Of a snapshot; `None` where it does not say where its electors are.
    pub(crate) fn of(snapshot: &Snapshot) -> Option<Self> {
        let ground = snapshot.geography().ground()?;
        let draws = snapshot.draws();
        if draws.draws() != DRAWS {
            return None;
        }
        let known = |leaf: usize| draws.electors(leaf).filter(|n| *n > 0 && *n != UNKNOWN_ELECTORS);
        let leaves: Vec<(u32, u32)> =
            (0..).zip(0..draws.len()).filter_map(|(leaf, at)| Some((leaf, known(at)?))).collect();
        let of = match snapshot.manifest().of {
            Of::Electors => Base::Electors,
            Of::Voters => Base::Voters,
        };
        let own = |leaf: u32| draws.of(leaf as usize);
        let frame = Frame::new(&leaves, own, &lean_offsets(snapshot.manifest().seed), of);
        let index = PieceIndex::new(ground.pieces.iter());
        let mut placed = vec![0; draws.len()];
        ground.pieces.iter().for_each(|(leaf, _, electors)| placed[leaf as usize] += electors);
        let runs = Runs::new(&index.leaves(), &placed, &|parts| frame.sums(parts, own));
        Some(Self { index, least: ground.pieces.least(), frame, runs })
    }

    /// The published table of parts of leaves.
    pub(crate) fn table(&self, snapshot: &Snapshot, parts: &[(u32, u32)]) -> LevelTable {
        self.frame.table_of(&self.sums(snapshot, parts))
    }

    /// The exact sums of parts of leaves, each leaf once.
    pub(crate) fn sums(&self, snapshot: &Snapshot, parts: &[(u32, u32)]) -> Sums {
        let draws = snapshot.draws();
        self.runs.sums(parts, &|parts| self.frame.sums(parts, |leaf| draws.of(leaf as usize)))
    }

    /// Bytes that it takes.
    pub(crate) fn bytes(&self) -> usize {
        24 * self.index.len() + self.runs.bytes() + 64 * 1024
    }
}

/// Sums made beforehand, over leaves in an order in which those that are near follow each other.
#[derive(Debug)]
struct Runs {
    /// Of each leaf, its rank in that order.
    ranks: Vec<u32>,
    /// By rank, the leaf and its electors with a place.
    ranked: Vec<(u32, u32)>,
    /// Leaves of a run of the finest step.
    length: usize,
    /// The runs of each step, the finest first; of the others each is the sum of [`FAN`] of the step before.
    steps: Vec<Vec<Run>>,
}

/// Leaves that follow each other.
#[derive(Debug, Clone)]
struct Run {
    /// Those that have electors with a place.
    peopled: usize,
    /// Over all these electors.
    sums: Sums,
}

impl Runs {
    /// `order` holds leaves, each once; those that are not in it come after. `placed` holds the electors of each leaf,
    /// and `one_by_one` adds up parts of leaves.
    fn new(order: &[u32], placed: &[u32], one_by_one: &impl Fn(&[(u32, u32)]) -> Sums) -> Self {
        let mut is_in_order = vec![false; placed.len()];
        order.iter().for_each(|leaf| is_in_order[*leaf as usize] = true);
        let others = (0..).zip(is_in_order).filter(|(_, is_in)| !is_in).map(|(leaf, _)| leaf);
        let ranked: Vec<(u32, u32)> =
            order.iter().copied().chain(others).map(|leaf| (leaf, placed[leaf as usize])).collect();
        let mut ranks = vec![0; placed.len()];
        (0..).zip(&ranked).for_each(|(rank, (leaf, _))| ranks[*leaf as usize] = rank);
        let mut length = SHORTEST;
        while ranked.len().div_ceil(length) > MOST_RUNS {
            length *= 2;
        }
        let run_of = |leaves: &[(u32, u32)]| Run {
            peopled: leaves.iter().filter(|(_, electors)| *electors > 0).count(),
            sums: one_by_one(leaves),
        };
        let mut steps: Vec<Vec<Run>> = vec![ranked.chunks(length).map(run_of).collect()];
        while let Some(finer) = steps.last().filter(|finer| finer.len() > FAN) {
            let coarser = finer.chunks(FAN).map(Run::together).collect();
            steps.push(coarser);
        }
        Self { ranks, ranked, length, steps }
    }

    /// The sums of parts of leaves, each leaf once; `one_by_one` as in [`Self::new`].
    fn sums(&self, parts: &[(u32, u32)], one_by_one: &impl Fn(&[(u32, u32)]) -> Sums) -> Sums {
        let mut ranked: Vec<(u32, u32)> = parts.iter().map(|(leaf, n)| (self.ranks[*leaf as usize], *n)).collect();
        ranked.sort_unstable();
        let mut sums = one_by_one(&[]);
        self.add(self.steps.len() - 1, &ranked, one_by_one, &mut sums);
        sums
    }

    /// Adds parts, by rank, run by run of a step.
    fn add(&self, step: usize, parts: &[(u32, u32)], one_by_one: &impl Fn(&[(u32, u32)]) -> Sums, sums: &mut Sums) {
        let length = self.length * FAN.pow(step as u32);
        let run_at = |part: &(u32, u32)| part.0 as usize / length;
        for own in parts.chunk_by(|a, b| run_at(a) == run_at(b)) {
            let at = run_at(&own[0]);
            let run = &self.steps[step][at];
            if own.len() == run.peopled && own.iter().all(|(rank, n)| self.ranked[*rank as usize].1 == *n) {
                *sums += &run.sums;
            } else if step > 0 {
                self.add(step - 1, own, one_by_one, sums);
            } else if let Some(missing) = self.missing(at, own).filter(|missing| missing.len() < own.len()) {
                *sums += &run.sums;
                *sums -= &one_by_one(&missing);
            } else {
                let leaf = |(rank, n): &(u32, u32)| (self.ranked[*rank as usize].0, *n);
                *sums += &one_by_one(&own.iter().map(leaf).collect::<Vec<_>>());
            }
        }
    }

    /// What parts lack of a run of the finest step, by leaf; `None` where they are more than what has a place.
    fn missing(&self, at: usize, parts: &[(u32, u32)]) -> Option<Vec<(u32, u32)>> {
        let ranks = at * self.length..self.ranked.len().min((at + 1) * self.length);
        let mut parts = parts.iter().peekable();
        let mut missing = Vec::with_capacity(ranks.len());
        for rank in ranks {
            let (leaf, placed) = self.ranked[rank];
            let here = parts.next_if(|(part, _)| *part as usize == rank).map_or(0, |(_, n)| *n);
            let left = placed.checked_sub(here)?;
            missing.extend((left > 0).then_some((leaf, left)));
        }
        Some(missing)
    }

    fn bytes(&self) -> usize {
        let runs: usize = self.steps.iter().map(Vec::len).sum();
        12 * self.ranks.len() + size_of::<Run>() * runs
    }
}

impl Run {
    fn together(runs: &[Self]) -> Self {
        let mut all = runs[0].clone();
        for run in &runs[1..] {
            all.peopled += run.peopled;
            all.sums += &run.sums;
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quartier_model::{DRAW_ONE, Draw};

    /// Any number, the same for the same seed.
    fn any(seed: u32) -> u32 {
        seed.wrapping_mul(2_654_435_761) >> 7
    }

    fn draws(leaf: u32) -> impl Iterator<Item = Draw> {
        (0..DRAWS as u32).map(move |draw| {
            let [abstainers, undecided, favourable] =
                [0, 1, 2].map(|group| (any(leaf * 1_000 + draw * 3 + group) % u32::from(DRAW_ONE / 3)) as u16);
            Draw { abstainers, undecided, favourable }
        })
    }

    #[test]
    fn sums_made_beforehand_are_those_of_leaf_by_leaf() {
        let placed: Vec<u32> = (0..2_500).map(|leaf| if leaf % 11 == 0 { 0 } else { 1 + any(leaf) % 900 }).collect();
        let frame = Frame::new(&[], draws, &[0.3; DRAWS], Base::Electors);
        let one_by_one = |parts: &[(u32, u32)]| frame.sums(parts, draws);
        // An order of its own, without the leaves that have no place and without some that have.
        let mut order: Vec<u32> = (0..2_490).filter(|leaf| placed[*leaf as usize] > 0).collect();
        order.sort_by_key(|leaf| any(leaf / 40));
        let runs = Runs::new(&order, &placed, &one_by_one);
        assert_eq!(runs.steps.iter().map(Vec::len).collect::<Vec<_>>(), [157, 10]);
        let part = |leaf: u32, share: u32| (leaf, placed[leaf as usize] * share / 4);
        let all: Vec<(u32, u32)> = order.iter().map(|leaf| part(*leaf, 4)).filter(|(_, n)| *n > 0).collect();
        let cases: [Vec<(u32, u32)>; 6] = [
            vec![],
            all.clone(),
            (0..2_500).map(|leaf| part(leaf, 4)).filter(|(_, n)| *n > 0).collect(),
            // A stretch of the order, whose ends cut runs; and one with holes and parts.
            all[37..1_911].to_vec(),
            all.iter()
                .filter(|(leaf, _)| !any(*leaf).is_multiple_of(9))
                .map(|(leaf, _)| part(*leaf, 1 + any(*leaf) % 4))
                .collect(),
            // More than what has a place, as areas hold whose electors are in part nowhere.
            all[..500].iter().map(|(leaf, n)| (*leaf, n + 5)).collect(),
        ];
        for (at, mut parts) in cases.into_iter().enumerate() {
            parts.sort_unstable();
            assert_eq!(runs.sums(&parts, &one_by_one), one_by_one(&parts), "case {at}");
        }
    }
}
