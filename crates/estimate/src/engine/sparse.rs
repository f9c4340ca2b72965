//! Sparse symmetric positive definite systems: Cholesky factor (by faer), solves, and the entries of the inverse on
//! the factor's pattern (Takahashi, Fagan, Chen 1973).
//!
//! The factor is supernodal: columns with the same rows below them form a dense block, `columns + rows below` tall.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::matmul::matmul;
use faer::linalg::triangular_solve::{solve_lower_triangular_in_place, solve_upper_triangular_in_place};
use faer::sparse::linalg::SupernodalThreshold;
use faer::sparse::linalg::cholesky::supernodal::SymbolicSupernodalCholesky;
use faer::sparse::linalg::cholesky::{
    CholeskySymbolicParams, SymbolicCholesky, SymbolicCholeskyRaw, SymmetricOrdering, factorize_symbolic_cholesky,
};
use faer::sparse::{SparseColMatRef, SymbolicSparseColMatRef};
use faer::{Accum, Mat, MatMut, MatRef, Par};
use std::ops::Range;
use std::sync::Arc;

/// Right-hand sides solved in one pass over the factor: one cache line of them.
const TOGETHER: usize = 8;

/// Where a symmetric matrix may be other than 0, and how its factor fills in.
pub(crate) struct Pattern {
    size: usize,
    /// Lower triangle by columns.
    starts: Vec<u32>,
    rows: Vec<u32>,
    symbolic: SymbolicCholesky<u32>,
    /// Original row of each row of the factor, and the reverse.
    forward: Vec<u32>,
    backward: Vec<u32>,
    /// Per row of the factor, its block.
    block_of: Vec<u32>,
}

impl Pattern {
    /// The pattern of all diagonal entries and these pairs, in an order that keeps fill-in low (approximate minimum
    /// degree). `None` when there is no memory for it.
    pub(crate) fn new(size: usize, pairs: impl Iterator<Item = (u32, u32)>) -> Option<Arc<Self>> {
        let lower = pairs.map(|(a, b)| (a.min(b), a.max(b)));
        let mut entries: Vec<(u32, u32)> = lower.chain((0..size as u32).map(|at| (at, at))).collect();
        entries.sort_unstable();
        entries.dedup();
        let mut starts = vec![0u32; size + 1];
        entries.iter().for_each(|(column, _)| starts[*column as usize + 1] += 1);
        (0..size).for_each(|at| starts[at + 1] += starts[at]);
        let rows: Vec<u32> = entries.into_iter().map(|(_, row)| row).collect();
        let matrix = SymbolicSparseColMatRef::new_checked(size, size, &starts, None, &rows);
        let parameters = CholeskySymbolicParams {
            // Below 0: blocks even for a matrix that is diagonal, whose factor costs nothing.
            supernodal_flop_ratio_threshold: SupernodalThreshold(-1.0),
            ..CholeskySymbolicParams::default()
        };
        let symbolic =
            factorize_symbolic_cholesky(matrix, faer::Side::Lower, SymmetricOrdering::Amd, parameters).ok()?;
        let (forward, backward) = match symbolic.perm() {
            Some(order) => (order.arrays().0.to_vec(), order.arrays().1.to_vec()),
            None => ((0..size as u32).collect(), (0..size as u32).collect()),
        };
        let mut pattern = Self { size, starts, rows, symbolic, forward, backward, block_of: vec![0; size] };
        for at in 0..pattern.blocks().n_supernodes() {
            let columns = pattern.block(at).columns;
            pattern.block_of[columns].fill(at as u32);
        }
        Some(Arc::new(pattern))
    }

    /// Number of entries of the lower triangle.
    pub(crate) fn entries(&self) -> usize {
        self.rows.len()
    }

    /// Position of an entry among the values of the lower triangle; it must be part of the pattern.
    pub(crate) fn position(&self, a: u32, b: u32) -> usize {
        let (column, row) = (a.min(b) as usize, a.max(b));
        let (start, end) = (self.starts[column] as usize, self.starts[column + 1] as usize);
        start + self.rows[start..end].partition_point(|other| *other < row)
    }

    fn blocks(&self) -> &SymbolicSupernodalCholesky<u32> {
        match self.symbolic.raw() {
            SymbolicCholeskyRaw::Supernodal(blocks) => blocks,
            SymbolicCholeskyRaw::Simplicial(_) => unreachable!("the supernodal form was asked for"),
        }
    }

    fn block(&self, at: usize) -> Block<'_> {
        let blocks = self.blocks();
        let values = blocks.col_ptr_for_val();
        Block {
            columns: blocks.supernode_begin()[at] as usize..blocks.supernode_end()[at] as usize,
            below: blocks.supernode(at).pattern(),
            values: values[at] as usize..values[at + 1] as usize,
        }
    }

    /// Where the factor keeps an entry; the pair, in original rows, must lie on its pattern.
    fn place(&self, a: u32, b: u32) -> usize {
        let (a, b) = (self.backward[a as usize], self.backward[b as usize]);
        let (column, row) = (a.min(b) as usize, a.max(b));
        let block = self.block(self.block_of[column] as usize);
        block.values.start + (column - block.columns.start) * block.height() + block.row(row)
    }

    /// Factors a matrix given by its lower triangle. `None` where it is not positive definite.
    pub(crate) fn factorise(self: &Arc<Self>, values: &[f64]) -> Option<Factor> {
        let structure = SymbolicSparseColMatRef::new_checked(self.size, self.size, &self.starts, None, &self.rows);
        let matrix = SparseColMatRef::new(structure, values);
        let mut lower = vec![0.0; self.symbolic.len_val()];
        let scratch = self.symbolic.factorize_numeric_llt_scratch::<f64>(Par::Seq, Default::default());
        let mut memory = MemBuffer::try_new(scratch).ok()?;
        let stack = MemStack::new(&mut memory);
        let side = faer::Side::Lower;
        let (plain, parameters) = (Default::default(), Default::default());
        self.symbolic.factorize_numeric_llt(&mut lower, matrix, side, plain, Par::Seq, stack, parameters).ok()?;
        lower.iter().all(|value| value.is_finite()).then(|| Factor { pattern: Arc::clone(self), lower })
    }
}

/// A dense block of the factor, column-major: the triangle of its columns, then the rows below.
struct Block<'a> {
    columns: Range<usize>,
    below: &'a [u32],
    values: Range<usize>,
}

impl Block<'_> {
    fn height(&self) -> usize {
        self.columns.len() + self.below.len()
    }

    /// Row within the block of a row of the factor.
    fn row(&self, row: u32) -> usize {
        if self.columns.contains(&(row as usize)) {
            return row as usize - self.columns.start;
        }
        let below = self.below.partition_point(|other| *other < row);
        debug_assert!(self.below.get(below) == Some(&row), "an entry outside the pattern");
        self.columns.len() + below
    }

    fn of<'v>(&self, values: &'v [f64]) -> MatRef<'v, f64> {
        MatRef::from_column_major_slice(&values[self.values.clone()], self.height(), self.columns.len())
    }
}

/// A Cholesky factor.
pub(crate) struct Factor {
    pattern: Arc<Pattern>,
    lower: Vec<f64>,
}

impl Factor {
    /// Log determinant of the matrix.
    pub(crate) fn log_det(&self) -> f64 {
        (0..self.pattern.size as u32).map(|row| self.log_pivot(row)).sum()
    }

    /// Log of the pivot of a row, which sum to the log determinant; blocks of a matrix have their own pivots.
    pub(crate) fn log_pivot(&self, row: u32) -> f64 {
        2.0 * self.lower[self.pattern.place(row, row)].ln()
    }

    /// Solves the system.
    pub(crate) fn solve(&self, right: &[f64]) -> Vec<f64> {
        let mut solved = Vec::with_capacity(1);
        self.solve_together::<1>(&[right], &mut solved);
        solved.pop().unwrap_or_default()
    }

    /// Solves the system for several right-hand sides, which share the passes over the factor.
    pub(crate) fn solve_many<S: AsRef<[f64]>>(&self, rights: &[S]) -> Vec<Vec<f64>> {
        let mut solved = Vec::with_capacity(rights.len());
        for together in rights.chunks(TOGETHER) {
            let together: Vec<&[f64]> = together.iter().map(S::as_ref).collect();
            match together.len() {
                1 => self.solve_together::<1>(&together, &mut solved),
                2 => self.solve_together::<2>(&together, &mut solved),
                3..=4 => self.solve_together::<4>(&together, &mut solved),
                _ => self.solve_together::<TOGETHER>(&together, &mut solved),
            }
        }
        solved
    }

    /// Per row, `L^-1 e` in the factor's order: the inner product of two is their entry of the inverse.
    pub(crate) fn half_solved(&self, rows: &[u32]) -> Vec<HalfSolved> {
        let mut x = vec![[0.0]; self.pattern.size];
        rows.iter().map(|row| self.half_solve(*row, &mut x)).collect()
    }

    /// Only the blocks from the row's own up to the last one are other than 0. `x` is 0, and is left so.
    fn half_solve(&self, row: u32, x: &mut [[f64; 1]]) -> HalfSolved {
        let pattern = &self.pattern;
        let first = pattern.backward[row as usize];
        x[first as usize] = [1.0];
        let above = |at: &u32| pattern.block(*at as usize).below.first().map(|below| pattern.block_of[*below as usize]);
        let path: Vec<u32> = std::iter::successors(Some(pattern.block_of[first as usize]), above).collect();
        let mut values = Vec::new();
        for at in &path {
            let block = pattern.block(*at as usize);
            self.forward(&block, x);
            values.push(x[block.columns].iter_mut().map(|x| std::mem::take(&mut x[0])).collect());
        }
        HalfSolved { path, values }
    }

    /// Solves for up to K right-hand sides, kept side by side.
    fn solve_together<const K: usize>(&self, rights: &[&[f64]], solved: &mut Vec<Vec<f64>>) {
        let pattern = &self.pattern;
        let side_by_side = |row: &u32| {
            let mut x = [0.0; K];
            x.iter_mut().zip(rights).for_each(|(x, right)| *x = right[*row as usize]);
            x
        };
        let mut x: Vec<[f64; K]> = pattern.forward.iter().map(side_by_side).collect();
        let count = pattern.blocks().n_supernodes();
        (0..count).for_each(|at| self.forward(&pattern.block(at), &mut x));
        (0..count).rev().for_each(|at| self.backward(&pattern.block(at), &mut x));
        let column = |at: usize| pattern.backward.iter().map(|row| x[*row as usize][at]).collect();
        solved.extend((0..rights.len()).map(column));
    }

    fn forward<const K: usize>(&self, block: &Block<'_>, x: &mut [[f64; K]]) {
        let (height, width) = (block.height(), block.columns.len());
        let values = &self.lower[block.values.clone()];
        for (at, column) in values.chunks_exact(height).enumerate() {
            let first = block.columns.start + at;
            let value = x[first].map(|x| x / column[at]);
            x[first] = value;
            let inside = x[first + 1..block.columns.end].iter_mut().zip(&column[at + 1..width]);
            inside.for_each(|(x, l)| subtract(x, *l, &value));
            for (row, l) in block.below.iter().zip(&column[width..]) {
                subtract(&mut x[*row as usize], *l, &value);
            }
        }
    }

    fn backward<const K: usize>(&self, block: &Block<'_>, x: &mut [[f64; K]]) {
        let (height, width) = (block.height(), block.columns.len());
        let values = &self.lower[block.values.clone()];
        for (at, column) in values.chunks_exact(height).enumerate().rev() {
            let first = block.columns.start + at;
            let mut value = x[first];
            let inside = x[first + 1..block.columns.end].iter().zip(&column[at + 1..width]);
            inside.for_each(|(x, l)| subtract(&mut value, *l, x));
            for (row, l) in block.below.iter().zip(&column[width..]) {
                subtract(&mut value, *l, &x[*row as usize]);
            }
            x[first] = value.map(|x| x / column[at]);
        }
    }

    /// The inverse's entries on the factor's pattern.
    pub(crate) fn inverse(&self) -> Inverse {
        self.selected(&vec![true; self.pattern.blocks().n_supernodes()])
    }

    /// The inverse's entries at these pairs, which must lie on the pattern; others may be missing.
    pub(crate) fn inverse_at(&self, pairs: impl Iterator<Item = (u32, u32)>) -> Inverse {
        let pattern = &self.pattern;
        let mut needed = vec![false; pattern.blocks().n_supernodes()];
        for (a, b) in pairs {
            let column = pattern.backward[a as usize].min(pattern.backward[b as usize]);
            needed[pattern.block_of[column as usize] as usize] = true;
        }
        // A block is made from those that hold its rows below.
        for at in 0..needed.len() {
            if let (true, Some(row)) = (needed[at], pattern.block(at).below.first()) {
                needed[pattern.block_of[*row as usize] as usize] = true;
            }
        }
        self.selected(&needed)
    }

    /// With Z the inverse, I the rows below a block and J its columns, from the last block to the first:
    /// `Z_IJ = -Z_II Y` with `Y = L_IJ L_JJ^-1`, and `Z_JJ = (L_JJ L_JJ')^-1 - Y' Z_IJ`. Z_II lies on the pattern of
    /// the blocks behind.
    fn selected(&self, needed: &[bool]) -> Inverse {
        let pattern = &self.pattern;
        let mut values = vec![0.0; self.lower.len()];
        for at in (0..needed.len()).rev().filter(|at| needed[*at]) {
            let block = pattern.block(at);
            let (width, count) = (block.columns.len(), block.below.len());
            let (triangle, below) = block.of(&self.lower).split_at_row(width);
            let mut corner = Mat::<f64>::identity(width, width);
            solve_lower_triangular_in_place(triangle, corner.as_mut(), Par::Seq);
            solve_upper_triangular_in_place(triangle.transpose(), corner.as_mut(), Par::Seq);
            let mut transposed = below.transpose().to_owned();
            solve_upper_triangular_in_place(triangle.transpose(), transposed.as_mut(), Par::Seq);
            let behind = gather(pattern, block.below, &values);
            let mut side = Mat::<f64>::zeros(count, width);
            matmul(side.as_mut(), Accum::Replace, behind.as_ref(), transposed.transpose(), -1.0, Par::Seq);
            matmul(corner.as_mut(), Accum::Add, transposed.as_ref(), side.as_ref(), -1.0, Par::Seq);
            let own = &mut values[block.values.clone()];
            let own = MatMut::from_column_major_slice_mut(own, width + count, width);
            let (mut top, mut bottom) = own.split_at_row_mut(width);
            top.copy_from(&corner);
            bottom.copy_from(&side);
        }
        Inverse { pattern: Arc::clone(pattern), values }
    }
}

/// The symmetric matrix of a block's rows below, out of the blocks behind it.
fn gather(pattern: &Pattern, below: &[u32], values: &[f64]) -> Mat<f64> {
    let mut behind = Mat::<f64>::zeros(below.len(), below.len());
    let mut rows: Vec<usize> = Vec::with_capacity(below.len());
    let mut first = 0;
    while first < below.len() {
        let block = pattern.block(pattern.block_of[below[first] as usize] as usize);
        let here = below[first..].partition_point(|row| (*row as usize) < block.columns.end);
        // Both lists of rows ascend: one walk finds all places.
        rows.clear();
        rows.extend(below[first..first + here].iter().map(|row| *row as usize - block.columns.start));
        let mut walk = 0;
        for row in &below[first + here..] {
            while block.below[walk] < *row {
                walk += 1;
            }
            rows.push(block.columns.len() + walk);
        }
        let own = &values[block.values.clone()];
        for column in 0..here {
            let column_values = &own[rows[column] * block.height()..][..block.height()];
            for at in column..rows.len() {
                let value = column_values[rows[at]];
                behind[(first + at, first + column)] = value;
                behind[(first + column, first + at)] = value;
            }
        }
        first += here;
    }
    behind
}

/// `x -= l y`, for right-hand sides side by side.
fn subtract<const K: usize>(x: &mut [f64; K], l: f64, y: &[f64; K]) {
    x.iter_mut().zip(y).for_each(|(x, y)| *x -= l * y);
}

/// Half of a solution: the blocks on its path to the last one, and the values there.
pub(crate) struct HalfSolved {
    path: Vec<u32>,
    values: Vec<Vec<f64>>,
}

impl HalfSolved {
    /// Inner product: two paths that have met stay together.
    pub(crate) fn dot(&self, other: &Self) -> f64 {
        let ends = self.path.iter().zip(&self.values).rev().zip(other.path.iter().zip(&other.values).rev());
        let shared = ends.take_while(|((a, _), (b, _))| a == b);
        shared.map(|((_, x), (_, y))| super::dense::dot(x, y)).sum()
    }
}

/// Entries of an inverse on the pattern of the factor.
pub(crate) struct Inverse {
    pattern: Arc<Pattern>,
    values: Vec<f64>,
}

impl Inverse {
    /// An entry; the pair must be part of the matrix's pattern.
    pub(crate) fn at(&self, a: u32, b: u32) -> f64 {
        self.values[self.pattern.place(a, b)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ring of `size` with a hub: fill-in, and a hub that must come last.
    fn system(size: usize) -> (Arc<Pattern>, Vec<f64>) {
        let ring = (0..size as u32).map(move |at| (at, (at + 1) % size as u32));
        let hub = (0..size as u32).step_by(3).map(move |at| (at, size as u32));
        let pairs: Vec<(u32, u32)> = ring.chain(hub).collect();
        let pattern = Pattern::new(size + 1, pairs.iter().copied()).expect("memory");
        let mut values = vec![0.0; pattern.entries()];
        for (a, b) in pairs {
            values[pattern.position(a, b)] = -1.0 - 0.1 * f64::from(a % 3);
        }
        for at in 0..=size as u32 {
            values[pattern.position(at, at)] = if at < size as u32 { 4.5 } else { size as f64 };
        }
        (pattern, values)
    }

    #[test]
    fn solves_determinant_and_selected_inverse_agree_with_the_dense_ones() {
        let (pattern, values) = system(20);
        let size = pattern.size;
        let mut dense = vec![0.0; size * size];
        for column in 0..size {
            let range = pattern.starts[column] as usize..pattern.starts[column + 1] as usize;
            for (row, value) in pattern.rows[range.clone()].iter().zip(&values[range]) {
                dense[*row as usize * size + column] = *value;
                dense[column * size + *row as usize] = *value;
            }
        }
        let exact = crate::engine::dense::Cholesky::new(size, &dense).expect("positive definite");
        let factor = pattern.factorise(&values).expect("positive definite");
        assert!((factor.log_det() - exact.log_det()).abs() < 1e-12);
        let right: Vec<f64> = (0..size).map(|at| (at as f64).sin()).collect();
        let mut x = right.clone();
        exact.solve(&mut x);
        assert!(factor.solve(&right).iter().zip(&x).all(|(a, b)| (a - b).abs() < 1e-13));
        let (inverse, selected) = (exact.inverse(), factor.inverse());
        for column in 0..size {
            for entry in pattern.starts[column] as usize..pattern.starts[column + 1] as usize {
                let row = pattern.rows[entry] as usize;
                let found = selected.at(row as u32, column as u32);
                assert!((found - inverse[row * size + column]).abs() < 1e-14, "{row}, {column}");
            }
        }
    }

    #[test]
    fn several_right_hand_sides_and_a_few_entries_agree_with_one_by_one() {
        let (pattern, values) = system(20);
        let factor = pattern.factorise(&values).expect("positive definite");
        let rights: Vec<Vec<f64>> =
            (0..13).map(|shift| (0..21).map(|at| f64::from(at * at + shift).cos()).collect()).collect();
        for (many, right) in factor.solve_many(&rights).iter().zip(&rights) {
            assert!(many.iter().zip(factor.solve(right)).all(|(a, b)| (a - b).abs() < 1e-14));
        }
        let (all, few) = (factor.inverse(), factor.inverse_at([(3, 20), (5, 5)].into_iter()));
        assert_eq!([few.at(20, 3), few.at(5, 5)], [all.at(3, 20), all.at(5, 5)]);
    }

    #[test]
    fn a_diagonal_matrix_is_factored_too() {
        let pattern = Pattern::new(2, [].into_iter()).expect("memory");
        let factor = pattern.factorise(&[4.0, 0.25]).expect("positive definite");
        assert_eq!(factor.solve(&[1.0, 1.0]), [0.25, 4.0]);
        assert_eq!(factor.inverse().at(1, 1), 4.0);
    }

    #[test]
    fn what_is_not_positive_definite_is_refused() {
        let pattern = Pattern::new(2, [(0, 1)].into_iter()).expect("memory");
        assert!(pattern.factorise(&[1.0, 2.0, 1.0]).is_none());
    }
}
