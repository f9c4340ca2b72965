//! Sparse symmetric positive definite systems: Cholesky factor (by faer), solves, and the entries of the inverse on
//! the factor's pattern (Takahashi, Fagan, Chen 1973).

use faer::Par;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::sparse::linalg::SupernodalThreshold;
use faer::sparse::linalg::cholesky::{
    CholeskySymbolicParams, SymbolicCholesky, SymbolicCholeskyRaw, SymmetricOrdering, factorize_symbolic_cholesky,
};
use faer::sparse::{SparseColMatRef, SymbolicSparseColMatRef};
use std::sync::Arc;

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
            // Columns one by one: the selected inversion reads them so.
            supernodal_flop_ratio_threshold: SupernodalThreshold::FORCE_SIMPLICIAL,
            ..CholeskySymbolicParams::default()
        };
        let symbolic =
            factorize_symbolic_cholesky(matrix, faer::Side::Lower, SymmetricOrdering::Amd, parameters).ok()?;
        let (forward, backward) = match symbolic.perm() {
            Some(order) => (order.arrays().0.to_vec(), order.arrays().1.to_vec()),
            None => ((0..size as u32).collect(), (0..size as u32).collect()),
        };
        Some(Arc::new(Self { size, starts, rows, symbolic, forward, backward }))
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

    /// Column starts and rows of the factor.
    fn factor(&self) -> (&[u32], &[u32]) {
        match self.symbolic.raw() {
            SymbolicCholeskyRaw::Simplicial(factor) => (factor.col_ptr(), factor.row_idx()),
            SymbolicCholeskyRaw::Supernodal(_) => unreachable!("the simplicial form was asked for"),
        }
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

/// A Cholesky factor.
pub(crate) struct Factor {
    pattern: Arc<Pattern>,
    lower: Vec<f64>,
}

impl Factor {
    /// Log determinant of the matrix.
    pub(crate) fn log_det(&self) -> f64 {
        let (starts, _) = self.pattern.factor();
        (0..self.pattern.size).map(|column| 2.0 * self.lower[starts[column] as usize].ln()).sum()
    }

    /// Log of the pivot of a row, which sum to the log determinant; blocks of a matrix have their own pivots.
    pub(crate) fn log_pivot(&self, row: u32) -> f64 {
        let (starts, _) = self.pattern.factor();
        2.0 * self.lower[starts[self.pattern.backward[row as usize] as usize] as usize].ln()
    }

    /// Solves the system.
    pub(crate) fn solve(&self, right: &[f64]) -> Vec<f64> {
        let (starts, rows) = self.pattern.factor();
        let mut x: Vec<f64> = self.pattern.forward.iter().map(|row| right[*row as usize]).collect();
        let column = |at: usize| starts[at] as usize..starts[at + 1] as usize;
        for at in 0..x.len() {
            let range = column(at);
            let value = x[at] / self.lower[range.start];
            x[at] = value;
            for entry in range.start + 1..range.end {
                x[rows[entry] as usize] -= self.lower[entry] * value;
            }
        }
        for at in (0..x.len()).rev() {
            let range = column(at);
            let below: f64 =
                (range.start + 1..range.end).map(|entry| self.lower[entry] * x[rows[entry] as usize]).sum();
            x[at] = (x[at] - below) / self.lower[range.start];
        }
        self.pattern.backward.iter().map(|row| x[*row as usize]).collect()
    }

    /// The inverse's entries on the factor's pattern.
    ///
    /// With Z the inverse, columns from the last to the first: `Z_ij = -(1 / L_jj) sum over k > j of L_kj Z_ik`, and
    /// `Z_jj = (1 / L_jj - sum over k > j of L_kj Z_kj) / L_jj`; every Z_ik that is needed lies on the pattern.
    pub(crate) fn inverse(&self) -> Inverse {
        let (starts, rows) = self.pattern.factor();
        let mut inverse = vec![0.0; self.lower.len()];
        let mut sums = vec![0.0; self.pattern.size];
        // L's entries of the column that is being done, by row; 0 elsewhere.
        let mut spread = vec![0.0; self.pattern.size];
        for at in (0..self.pattern.size).rev() {
            let (start, end) = (starts[at] as usize, starts[at + 1] as usize);
            let below = &rows[start + 1..end];
            for (entry, row) in (start + 1..end).zip(below) {
                sums[*row as usize] = 0.0;
                spread[*row as usize] = self.lower[entry];
            }
            for (entry, k) in (start + 1..end).zip(below) {
                let (k, weight) = (*k as usize, self.lower[entry]);
                let first = starts[k] as usize;
                let mut along = weight * inverse[first];
                for other in first + 1..starts[k + 1] as usize {
                    let row = rows[other] as usize;
                    // Rows outside the column add to sums that nobody reads before they are set to 0.
                    sums[row] += weight * inverse[other];
                    along += spread[row] * inverse[other];
                }
                sums[k] += along;
            }
            let pivot = self.lower[start];
            let mut diagonal = 1.0 / pivot;
            for (entry, row) in (start + 1..end).zip(below) {
                inverse[entry] = -sums[*row as usize] / pivot;
                diagonal -= self.lower[entry] * inverse[entry];
                spread[*row as usize] = 0.0;
            }
            inverse[start] = diagonal / pivot;
        }
        Inverse { pattern: Arc::clone(&self.pattern), values: inverse }
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
        let (starts, rows) = self.pattern.factor();
        let (a, b) = (self.pattern.backward[a as usize], self.pattern.backward[b as usize]);
        let (column, row) = (a.min(b) as usize, a.max(b));
        let (start, end) = (starts[column] as usize, starts[column + 1] as usize);
        let entry = start + rows[start..end].partition_point(|other| *other < row);
        debug_assert!(entry < end && rows[entry] == row, "an entry outside the pattern");
        self.values[entry]
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
    fn what_is_not_positive_definite_is_refused() {
        let pattern = Pattern::new(2, [(0, 1)].into_iter()).expect("memory");
        assert!(pattern.factorise(&[1.0, 2.0, 1.0]).is_none());
    }
}
