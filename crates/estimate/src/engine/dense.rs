//! Dense symmetric matrices: the fixed effects' corner of the system, small without districts.

use faer::linalg::solvers::Llt;
use faer::{Mat, Side};

/// From this size on a library's blocks are faster than plain loops.
const LARGE: usize = 48;

/// Cholesky factor of a small symmetric positive definite matrix, row-major, lower.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cholesky {
    size: usize,
    lower: Vec<f64>,
}

impl Cholesky {
    /// Factors a row-major matrix of which the lower triangle is read. `None` where it is not positive definite.
    pub(crate) fn new(size: usize, matrix: &[f64]) -> Option<Self> {
        if size >= LARGE {
            return Self::in_blocks(size, matrix);
        }
        let mut lower = vec![0.0; size * size];
        for row in 0..size {
            for column in 0..=row {
                let dot: f64 = (0..column).map(|k| lower[row * size + k] * lower[column * size + k]).sum();
                let rest = matrix[row * size + column] - dot;
                lower[row * size + column] = if row > column {
                    rest / lower[column * size + column]
                } else if rest > 0.0 {
                    rest.sqrt()
                } else {
                    return None;
                };
            }
        }
        Some(Self { size, lower })
    }

    fn in_blocks(size: usize, matrix: &[f64]) -> Option<Self> {
        let given = Mat::from_fn(size, size, |row, column| matrix[row.max(column) * size + row.min(column)]);
        let factor = Llt::new(given.as_ref(), Side::Lower).ok()?;
        let l = factor.L();
        let mut lower = vec![0.0; size * size];
        (0..size).for_each(|row| (0..=row).for_each(|column| lower[row * size + column] = l[(row, column)]));
        lower.iter().all(|value| value.is_finite()).then_some(Self { size, lower })
    }

    /// Log determinant of the matrix.
    pub(crate) fn log_det(&self) -> f64 {
        (0..self.size).map(|at| 2.0 * self.lower[at * self.size + at].ln()).sum()
    }

    /// The least pivot: how little the matrix leaves of a column once the ones before it are known.
    pub(crate) fn least_pivot(&self) -> f64 {
        (0..self.size).map(|at| self.lower[at * self.size + at].powi(2)).fold(f64::INFINITY, f64::min)
    }

    /// Solves the system in place.
    pub(crate) fn solve(&self, x: &mut [f64]) {
        for row in 0..self.size {
            let dot: f64 = (0..row).map(|k| self.lower[row * self.size + k] * x[k]).sum();
            x[row] = (x[row] - dot) / self.lower[row * self.size + row];
        }
        self.backward(x);
    }

    /// Solves L' x = b in place: turns independent standard normals into a normal vector with the inverse of the
    /// matrix as covariance.
    pub(crate) fn backward(&self, x: &mut [f64]) {
        for row in (0..self.size).rev() {
            let dot: f64 = (row + 1..self.size).map(|k| self.lower[k * self.size + row] * x[k]).sum();
            x[row] = (x[row] - dot) / self.lower[row * self.size + row];
        }
    }

    /// The inverse, row-major.
    pub(crate) fn inverse(&self) -> Vec<f64> {
        if self.size >= LARGE {
            return self.inverse_in_blocks();
        }
        let mut inverse = vec![0.0; self.size * self.size];
        for column in 0..self.size {
            let mut x = vec![0.0; self.size];
            x[column] = 1.0;
            self.solve(&mut x);
            (0..self.size).for_each(|row| inverse[row * self.size + column] = x[row]);
        }
        inverse
    }

    /// From the inverse of the triangle: `(L L')^-1 = L^-T L^-1`.
    fn inverse_in_blocks(&self) -> Vec<f64> {
        let size = self.size;
        let lower = Mat::from_fn(size, size, |row, column| self.lower[row * size + column]);
        let mut inverse = Mat::<f64>::identity(size, size);
        lower.solve_lower_triangular_in_place(&mut inverse);
        lower.transpose().solve_upper_triangular_in_place(&mut inverse);
        (0..size * size).map(|at| inverse[(at / size, at % size)]).collect()
    }
}

/// Matrix times vector, row-major square.
pub(crate) fn multiply(matrix: &[f64], vector: &[f64]) -> Vec<f64> {
    let size = vector.len();
    (0..size).map(|row| dot(&matrix[row * size..][..size], vector)).collect()
}

/// Matrix times a vector that is mostly 0, row-major square and symmetric.
pub(crate) fn multiply_sparse(matrix: &[f64], vector: &[f64]) -> Vec<f64> {
    let size = vector.len();
    let mut product = vec![0.0; size];
    for (row, x) in vector.iter().enumerate().filter(|(_, x)| **x != 0.0) {
        product.iter_mut().zip(&matrix[row * size..][..size]).for_each(|(sum, m)| *sum += x * m);
    }
    product
}

/// x' M x of a row-major square matrix.
pub(crate) fn quadratic(matrix: &[f64], x: &[f64]) -> f64 {
    let size = x.len();
    (0..size).map(|row| x[row] * dot(&matrix[row * size..][..size], x)).sum()
}

/// Inner product.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_factor_solves_inverts_and_refuses() {
        let matrix = [4.0, 2.0, 0.6, 2.0, 5.0, -1.0, 0.6, -1.0, 3.0];
        let factor = Cholesky::new(3, &matrix).expect("positive definite");
        let mut x = [1.0, -2.0, 0.5];
        factor.solve(&mut x);
        for (found, expected) in multiply(&matrix, &x).into_iter().zip([1.0, -2.0, 0.5]) {
            assert!((found - expected).abs() < 1e-14);
        }
        let inverse = factor.inverse();
        assert!((dot(&inverse[..3], &[4.0, 2.0, 0.6]) - 1.0).abs() < 1e-14);
        let det: f64 = 4.0 * (15.0 - 1.0) - 2.0 * (6.0 + 0.6) + 0.6 * (-2.0 - 3.0);
        assert!((factor.log_det() - det.ln()).abs() < 1e-13);
        assert!(Cholesky::new(2, &[1.0, 2.0, 2.0, 1.0]).is_none());
    }

    #[test]
    fn a_large_matrix_is_treated_as_a_small_one() {
        let size = LARGE + 3;
        let large: Vec<f64> = (0..size * size)
            .map(|at| (at / size, at % size))
            .map(|(row, column)| if row == column { 3.0 } else { 1.0 / (1.0 + row.abs_diff(column) as f64).powi(2) })
            .collect();
        let factor = Cholesky::new(size, &large).expect("positive definite");
        let mut x: Vec<f64> = (0..size).map(|at| (at as f64).cos()).collect();
        let told = x.clone();
        factor.solve(&mut x);
        let inverse = factor.inverse();
        for (at, (found, solved)) in multiply(&inverse, &told).into_iter().zip(&x).enumerate() {
            assert!((found - solved).abs() < 1e-13 && (dot(&large[at * size..][..size], &x) - told[at]).abs() < 1e-13);
        }
        assert_eq!(multiply_sparse(&large, &told), multiply(&large, &told));
        assert!(Cholesky::new(size, &vec![1.0; size * size]).is_none());
    }
}
