//! Polls and known totals that no stage says alone: the share of one group among electors or voters.
//!
//! Such a total looks at all stages at once. With `A_i` the groups' share in area i, `A_i = (1 - p1)(...)` of p2 and p3,
//!
//! ```text
//! z = sum w_i A_i / sum w_i d_i + eps,   eps ~ N(0, se²),   d_i = 1 (of electors) or 1 - p1 (of voters)
//! ```
//!
//! Linearised at the mean it is one Gaussian observation of the three fields, which are independent before it: with S_s
//! the covariance of stage s after its own totals and g_s the gradient, `q = sum g_s' S_s g_s + se²`, and stage s moves
//! along `S_s g_s`. Several are met together. They correlate the stages, so they are met in the draws, where the three
//! fields stand side by side: a draw moves to `theta_s + S_s G_s a` with `R a + A(theta + S G a) = y`, as in `totals`.

use super::dense::{Cholesky, dot};
use super::fitted::Fitted;
use super::gaussian::Chance;
use super::totals::drawn_target;
use crate::STAGES;
use crate::benchmark::invlogit;
use crate::chance::key_hash;
use faer::linalg::solvers::Solve;
use faer::{Col, Mat};

/// Gauss-Newton iterations at the mean.
const MEAN_ITERATIONS: usize = 5;
/// A draw meets its targets to this.
const TOLERANCE: f64 = 1e-11;
/// Most steps in a draw.
const ITERATIONS: usize = 40;
/// Most turns between these totals and the known totals of single stages.
const TURNS: usize = 40;
/// Innovation variance below which a total says nothing that the ones before it have not said.
const LEAST_INNOVATION: f64 = 1e-14;

/// The share of some groups among the electors, or voters, of some areas.
#[derive(Debug, Clone, PartialEq)]
pub struct AcrossTotal {
    /// Addresses the random numbers of its error.
    pub key: String,
    /// Leaves and their electors.
    pub electors: Vec<(u32, f64)>,
    /// Which of undecided, favourable and opposed are counted.
    pub groups: [bool; 3],
    /// Of voters; otherwise of electors.
    pub of_voters: bool,
    /// The share.
    pub share: f64,
    /// Its standard error; 0 is exact.
    pub se: f64,
}

/// The three fields of a draw, or of the mean: per stage the log odds of every leaf; `None`: nobody is in the stage.
pub(crate) type Fields = [Option<Vec<f64>>; STAGES];

impl AcrossTotal {
    /// Share, and its gradient: per entry of `electors`, how it moves with the log odds of each stage.
    fn at(&self, fields: &Fields) -> (f64, Vec<[f64; STAGES]>) {
        let (mut part, mut whole) = (0.0, 0.0);
        let mut slopes = Vec::with_capacity(self.electors.len());
        for (leaf, weight) in &self.electors {
            let p = fields.each_ref().map(|field| field.as_ref().map_or(0.0, |field| invlogit(field[*leaf as usize])));
            let spread = p.map(|p| p * (1.0 - p));
            let [undecided, favourable, opposed] = self.groups.map(f64::from);
            // Among voters: the groups' share, and how it moves with p2 and p3.
            let decided = favourable * p[2] + opposed * (1.0 - p[2]);
            let among = undecided * p[1] + (1.0 - p[1]) * decided;
            let (voters, by_voters) = (1.0 - p[0], -spread[0]);
            part += weight * voters * among;
            whole += weight * if self.of_voters { voters } else { 1.0 };
            slopes.push([
                weight * by_voters * among,
                weight * voters * spread[1] * (undecided - decided),
                weight * voters * (1.0 - p[1]) * spread[2] * (favourable - opposed),
                if self.of_voters { weight * by_voters } else { 0.0 },
            ]);
        }
        if whole <= 0.0 {
            return (self.share, vec![[0.0; STAGES]; self.electors.len()]);
        }
        let share = part / whole;
        let slopes = slopes.into_iter().map(|[abstain, undecided, favourable, base]| {
            [(abstain - share * base) / whole, undecided / whole, favourable / whole]
        });
        (share, slopes.collect())
    }

    fn target(&self, seed: u64, draw: usize) -> f64 {
        // Beside the stages' own errors.
        drawn_target((self.share, self.se), seed, (STAGES, key_hash(&self.key)), draw)
    }

    fn is_of_somebody(&self) -> bool {
        self.electors.iter().any(|(_, electors)| *electors > 0.0)
    }
}

/// Per stage, a direction over the leaves.
type Directions<'a> = [Option<&'a [f64]>; STAGES];

fn borrowed(fields: &Fields) -> Directions<'_> {
    fields.each_ref().map(|field| field.as_deref())
}

/// A total with its directions.
struct Row {
    total: AcrossTotal,
    /// Per stage and component of its mixture, S g.
    directions: [Vec<Vec<f64>>; STAGES],
}

impl Row {
    /// The directions in the mean of every stage's mixture.
    fn means(&self, fits: [Option<&Fitted<'_>>; STAGES]) -> Fields {
        std::array::from_fn(|stage| {
            let fitted = fits[stage]?;
            let mut mean = vec![0.0; fitted.leaves()];
            for ((_, weight), direction) in fitted.components().iter().zip(&self.directions[stage]) {
                mean.iter_mut().zip(direction).for_each(|(mean, d)| *mean += weight * d);
            }
            Some(mean)
        })
    }

    /// The directions of the components that a draw picked.
    fn picked(&self, component: [Option<usize>; STAGES]) -> Directions<'_> {
        std::array::from_fn(|stage| self.directions[stage].get(component[stage]?).map(Vec::as_slice))
    }
}

/// A total to be met along its directions.
#[derive(Clone, Copy)]
struct Aim<'a> {
    total: &'a AcrossTotal,
    directions: Directions<'a>,
    target: f64,
}

/// The totals with their directions in the mean.
fn aims<'a>(rows: &'a [Row], means: &'a [Fields]) -> Vec<Aim<'a>> {
    let aim = |(row, mean): (&'a Row, &'a Fields)| Aim {
        total: &row.total,
        directions: borrowed(mean),
        target: row.total.share,
    };
    rows.iter().zip(means).map(aim).collect()
}

/// Totals across the stages, ready to be met in draws.
#[derive(Default)]
pub struct Across {
    rows: Vec<Row>,
}

impl Across {
    /// Linearises the totals at the mean that meets them, the most certain first; `fits` have met their own totals.
    pub fn new(fits: [Option<&Fitted<'_>>; STAGES], totals: &[AcrossTotal]) -> Self {
        let mut ordered: Vec<&AcrossTotal> = totals.iter().filter(|total| total.is_of_somebody()).collect();
        ordered.sort_by(|a, b| a.se.total_cmp(&b.se).then_with(|| a.key.cmp(&b.key)));
        let start: Fields = fits.map(|fitted| fitted.map(Fitted::mean));
        let mut fields = start.clone();
        let mut rows = vec![];
        for _ in 0..if ordered.is_empty() { 0 } else { MEAN_ITERATIONS } {
            let means;
            (rows, means) = Self::rows(fits, &ordered, &fields);
            let aims = aims(&rows, &means);
            // y - A(mean) + G (mean - start), so that the step starts from the mean before these totals.
            let left = aims.iter().map(|aim| {
                let (share, slopes) = aim.total.at(&fields);
                let along = |fields: &Fields| response(aim.total, &slopes, &borrowed(fields));
                aim.target - share + along(&fields) - along(&start)
            });
            let left: Vec<f64> = left.collect();
            let Some(a) = eliminate(&system(&aims, &fields), &left) else { break };
            fields = start.clone();
            aims.iter().zip(&a).for_each(|(aim, a)| step(&mut fields, &aim.directions, *a));
        }
        Self { rows }
    }

    /// The totals that say something beyond the ones before them, with their directions and these in the mean.
    fn rows(fits: [Option<&Fitted<'_>>; STAGES], totals: &[&AcrossTotal], fields: &Fields) -> (Vec<Row>, Vec<Fields>) {
        let (mut rows, mut means): (Vec<Row>, Vec<Fields>) = (vec![], vec![]);
        for total in totals {
            let (_, slopes) = total.at(fields);
            let directions = std::array::from_fn(|stage| {
                let Some(fitted) = fits[stage] else { return vec![] };
                let sparse = total.electors.iter().zip(&slopes).map(|((leaf, _), slope)| (*leaf, slope[stage]));
                fitted.directions(&sparse.collect::<Vec<_>>())
            });
            rows.push(Row { total: (*total).clone(), directions });
            means.push(rows[rows.len() - 1].means(fits));
            let factor = Cholesky::new(rows.len(), &system(&aims(&rows, &means), fields));
            // What an exact total before it has already said leaves a system without a pivot.
            if factor.is_none_or(|factor| factor.least_pivot() < LEAST_INNOVATION) {
                rows.pop();
                means.pop();
            }
        }
        (rows, means)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Meets the totals in one draw of the fields, and again the known totals of single stages.
    pub(crate) fn meet_in_draw(
        &self,
        fields: &mut Fields,
        stages: [Option<(&Fitted<'_>, &Chance)>; STAGES],
        means: &[Option<Vec<f64>>],
        draw: usize,
    ) {
        let Some(seed) = stages.iter().flatten().map(|(_, chance)| chance.seed).next() else { return };
        let picked = stages.map(|stage| stage.map(|(fitted, chance)| fitted.component_of(chance, draw)));
        let all = self.rows.iter().map(|row| Aim {
            total: &row.total,
            directions: row.picked(picked),
            target: row.total.target(seed, draw),
        });
        let all: Vec<Aim<'_>> = all.collect();
        meet(&all, fields);
        let exact: Vec<Aim<'_>> = all.into_iter().filter(|aim| aim.total.se == 0.0).collect();
        for _ in 0..TURNS {
            let moved = meet_known(fields, stages, means, draw);
            let missed = exact.iter().map(|aim| (aim.total.at(fields).0 - aim.target).abs());
            if moved < TOLERANCE && missed.fold(0.0, f64::max) < TOLERANCE {
                break;
            }
            meet(&exact, fields);
        }
    }
}

/// Newton's method for `R a + A(theta + D a) = y`.
fn meet(aims: &[Aim<'_>], fields: &mut Fields) {
    let left = |fields: &Fields, a: &[f64]| -> Vec<f64> {
        let each = aims.iter().zip(a);
        each.map(|(aim, a)| aim.target - aim.total.at(fields).0 - aim.total.se.powi(2) * a).collect()
    };
    let size = |left: &[f64]| left.iter().fold(0.0f64, |most, left| most.max(left.abs()));
    let mut a = vec![0.0; aims.len()];
    let mut residual = left(fields, &a);
    for _ in 0..ITERATIONS {
        if size(&residual) < TOLERANCE {
            return;
        }
        let Some(change) = eliminate(&system(aims, fields), &residual) else { return };
        let mut part = 1.0;
        loop {
            let mut next = fields.clone();
            aims.iter().zip(&change).for_each(|(aim, change)| step(&mut next, &aim.directions, part * change));
            let next_a: Vec<f64> = a.iter().zip(&change).map(|(a, change)| a + part * change).collect();
            let next_residual = left(&next, &next_a);
            if size(&next_residual) < size(&residual) || part < 1e-3 {
                (*fields, a, residual) = (next, next_a, next_residual);
                break;
            }
            part *= 0.5;
        }
    }
}

/// Meets the known totals of the stages again, in their order; returns the longest step, in shares.
fn meet_known(
    fields: &mut Fields,
    stages: [Option<(&Fitted<'_>, &Chance)>; STAGES],
    means: &[Option<Vec<f64>>],
    draw: usize,
) -> f64 {
    let mut tilt: Option<Vec<f64>> = None;
    let mut moved = 0.0f64;
    for ((stage, field), mean) in stages.iter().zip(fields).zip(means) {
        let Some((((fitted, chance), field), mean)) = stage.zip(field.as_mut()).zip(mean.as_ref()) else { continue };
        let tilt = tilt.get_or_insert_with(|| vec![1.0; field.len()]);
        moved = moved.max(fitted.meet_known(field, chance, draw, tilt));
        super::profiles::leave(tilt, field, mean);
    }
    moved
}

/// How a total answers to a step along directions.
fn response(total: &AcrossTotal, slopes: &[[f64; STAGES]], directions: &Directions<'_>) -> f64 {
    let each = total.electors.iter().zip(slopes);
    let along = |leaf: u32| directions.map(|field| field.map_or(0.0, |field| field[leaf as usize]));
    each.map(|((leaf, _), slope)| dot(slope, &along(*leaf))).sum()
}

/// `G' S G + R` at fields.
fn system(aims: &[Aim<'_>], fields: &Fields) -> Vec<f64> {
    let mut matrix = Vec::with_capacity(aims.len() * aims.len());
    for (at, aim) in aims.iter().enumerate() {
        let (_, slopes) = aim.total.at(fields);
        matrix.extend(aims.iter().map(|other| response(aim.total, &slopes, &other.directions)));
        matrix[at * aims.len() + at] += aim.total.se.powi(2);
    }
    matrix
}

/// Solves a small square system; `None` where it has no finite solution.
fn eliminate(matrix: &[f64], right: &[f64]) -> Option<Vec<f64>> {
    let size = right.len();
    let matrix = Mat::from_fn(size, size, |row, column| matrix[row * size + column]);
    let mut x = Col::from_fn(size, |row| right[row]);
    matrix.partial_piv_lu().solve_in_place(&mut x);
    let x: Vec<f64> = x.iter().copied().collect();
    x.iter().all(|x| x.is_finite()).then_some(x)
}

fn step(fields: &mut Fields, directions: &Directions<'_>, length: f64) {
    for (field, direction) in fields.iter_mut().zip(directions) {
        if let (Some(field), Some(direction)) = (field, direction) {
            field.iter_mut().zip(*direction).for_each(|(field, d)| *field += length * d);
        }
    }
}
