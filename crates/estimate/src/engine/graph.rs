//! The neighbour graph and its scaled ICAR field: s ~ N(0, R^-), R the graph's Laplacian, per component.
//!
//! Each component is scaled so that the geometric mean of its marginal variances is 1 (Riebler et al. 2016; per
//! component: Freni-Sterrantino et al. 2018), and its values sum to 0. An area without neighbours has an independent
//! s ~ N(0, 1).
//!
//! R is singular, so it is "pinned": with `R + e e'` for one node of each component, `R^- = P (R + e e')^-1 P` where P
//! takes the mean away, whatever the node; and `|R + e e'|` is the product of R's eigenvalues above 0 over the size.

use super::sparse::{Factor, Pattern};
use super::stage::StageError;
use faer::Mat;
use std::sync::{Arc, Mutex, PoisonError};

/// One component of the graph.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Island {
    /// Its leaves, ascending.
    pub leaves: Vec<u32>,
    /// Factor on R that scales the component; 1 for an area alone.
    pub scale: f64,
    /// Log of the product of the eigenvalues above 0 of the scaled R.
    pub log_det: f64,
}

impl Island {
    /// Dimension of its values: one less than its size, since they sum to 0; an area alone is free.
    pub(crate) fn rank(&self) -> usize {
        (self.leaves.len() - 1).max(1)
    }

    /// Whether its values sum to 0.
    pub(crate) fn is_joined(&self) -> bool {
        self.leaves.len() > 1
    }
}

/// A neighbour graph over the leaves.
pub struct Graph {
    edges: Vec<(u32, u32)>,
    islands: Vec<Island>,
    /// Per leaf, its island.
    island_of: Vec<u32>,
    /// Per leaf, marginal variance of s.
    variance: Vec<f64>,
    /// Unscaled `R + e e'`, 1 for areas alone.
    pinned: Factor,
    /// Its inverse's row sums.
    row_sums: Vec<f64>,
    /// As asked for last: stages mostly ask for the same ones.
    kept: Mutex<Option<Between>>,
}

/// Covariances between some leaves.
struct Between {
    leaves: Vec<u32>,
    covariances: Arc<Mat<f64>>,
}

impl Graph {
    /// A graph over `leaves` leaves; pairs in any order, repeats and loops are ignored.
    ///
    /// # Errors
    /// When a pair names a leaf that is not there, or the system cannot be solved.
    pub fn new(leaves: usize, pairs: &[(u32, u32)]) -> Result<Self, StageError> {
        if let Some((a, b)) = pairs.iter().find(|(a, b)| *a.max(b) as usize >= leaves) {
            let found = *a.max(b) as usize;
            return Err(StageError::Length { what: "leaves of a pair of neighbours", found, expected: leaves });
        }
        let mut edges: Vec<(u32, u32)> =
            pairs.iter().map(|(a, b)| (*a.min(b), *a.max(b))).filter(|(a, b)| a != b).collect();
        edges.sort_unstable();
        edges.dedup();
        let mut islands = components(leaves, &edges);
        let mut island_of = vec![0u32; leaves];
        for (at, island) in islands.iter().enumerate() {
            island.leaves.iter().for_each(|leaf| island_of[*leaf as usize] = at as u32);
        }
        let pinned = pinned(leaves, &edges, &islands)?;
        let mut variance = vec![1.0; leaves];
        let inverse = pinned.inverse();
        let row_sums = pinned.solve(&vec![1.0; leaves]);
        for island in islands.iter_mut().filter(|island| island.is_joined()) {
            let size = island.leaves.len() as f64;
            let mean = island.leaves.iter().map(|leaf| row_sums[*leaf as usize]).sum::<f64>() / (size * size);
            let mut logs = 0.0;
            for leaf in &island.leaves {
                let own = inverse.at(*leaf, *leaf) - 2.0 * row_sums[*leaf as usize] / size + mean;
                variance[*leaf as usize] = own;
                logs += own.ln();
            }
            island.scale = (logs / size).exp();
            island.leaves.iter().for_each(|leaf| variance[*leaf as usize] /= island.scale);
            let det: f64 = island.leaves.iter().map(|leaf| pinned.log_pivot(*leaf)).sum();
            island.log_det = det + size.ln() + island.rank() as f64 * island.scale.ln();
        }
        Ok(Self { edges, islands, island_of, variance, pinned, row_sums, kept: Mutex::default() })
    }

    /// Number of leaves.
    pub fn leaves(&self) -> usize {
        self.island_of.len()
    }

    /// Pairs of neighbours, the smaller leaf first, each once.
    pub fn edges(&self) -> &[(u32, u32)] {
        &self.edges
    }

    /// The factor on the Laplacian of a leaf's component that scales it.
    pub fn scale(&self, leaf: u32) -> f64 {
        self.islands[self.island_of(leaf)].scale
    }

    /// Marginal variance of every leaf's s.
    pub fn variances(&self) -> &[f64] {
        &self.variance
    }

    pub(crate) fn islands(&self) -> &[Island] {
        &self.islands
    }

    pub(crate) fn island_of(&self, leaf: u32) -> usize {
        self.island_of[leaf as usize] as usize
    }

    /// Covariance of s times a vector over the leaves.
    pub fn covariance_times(&self, vector: &[f64]) -> Vec<f64> {
        let mut x = vector.to_vec();
        self.centre(&mut x);
        let mut x = self.pinned.solve(&x);
        self.centre(&mut x);
        x.iter_mut().enumerate().for_each(|(leaf, x)| *x /= self.islands[self.island_of(leaf as u32)].scale);
        x
    }

    /// Covariances of s between some leaves.
    pub(super) fn between(&self, leaves: &[u32]) -> Arc<Mat<f64>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.take().filter(|known| known.leaves == leaves);
        let between = known.unwrap_or_else(|| {
            let covariances = Arc::new(self.covariances(leaves));
            Between { leaves: leaves.to_vec(), covariances }
        });
        let covariances = Arc::clone(&between.covariances);
        *kept = Some(between);
        covariances
    }

    /// With M the pinned inverse of a component of n leaves and m its row sums, `M_ij - (m_i + m_j) / n + sum m / n²`.
    fn covariances(&self, leaves: &[u32]) -> Mat<f64> {
        let halves = self.pinned.half_solved(leaves);
        let sums: Vec<f64> = self.islands.iter().map(|island| self.sum_of_rows(island)).collect();
        let mut between = Mat::zeros(leaves.len(), leaves.len());
        for (row, (a, half)) in leaves.iter().zip(&halves).enumerate() {
            let at = self.island_of(*a);
            let (island, size) = (&self.islands[at], self.islands[at].leaves.len() as f64);
            for (column, (b, other)) in leaves[..=row].iter().zip(&halves).enumerate() {
                if self.island_of(*b) != at {
                    continue;
                }
                let own = half.dot(other);
                let centred =
                    own - (self.row_sums[*a as usize] + self.row_sums[*b as usize]) / size + sums[at] / (size * size);
                let value = if island.is_joined() { centred / island.scale } else { own };
                between[(row, column)] = value;
                between[(column, row)] = value;
            }
        }
        between
    }

    fn sum_of_rows(&self, island: &Island) -> f64 {
        island.leaves.iter().map(|leaf| self.row_sums[*leaf as usize]).sum()
    }

    /// Takes each joined component's mean away.
    pub(crate) fn centre(&self, x: &mut [f64]) {
        for island in self.islands.iter().filter(|island| island.is_joined()) {
            let sum: f64 = island.leaves.iter().map(|leaf| x[*leaf as usize]).sum();
            let mean = sum / island.leaves.len() as f64;
            island.leaves.iter().for_each(|leaf| x[*leaf as usize] -= mean);
        }
    }
}

/// Connected components, in the order of their first leaf.
fn components(leaves: usize, edges: &[(u32, u32)]) -> Vec<Island> {
    let mut root: Vec<u32> = (0..leaves as u32).collect();
    fn find(root: &mut [u32], mut at: u32) -> u32 {
        while root[at as usize] != at {
            root[at as usize] = root[root[at as usize] as usize];
            at = root[at as usize];
        }
        at
    }
    for (a, b) in edges {
        let (a, b) = (find(&mut root, *a), find(&mut root, *b));
        root[a.max(b) as usize] = a.min(b);
    }
    let mut islands: Vec<Island> = Vec::new();
    let mut at = vec![usize::MAX; leaves];
    for leaf in 0..leaves as u32 {
        let first = find(&mut root, leaf) as usize;
        if at[first] == usize::MAX {
            at[first] = islands.len();
            islands.push(Island { leaves: vec![], scale: 1.0, log_det: 0.0 });
        }
        islands[at[first]].leaves.push(leaf);
    }
    islands
}

/// Factor of the unscaled pinned Laplacian.
fn pinned(leaves: usize, edges: &[(u32, u32)], islands: &[Island]) -> Result<Factor, StageError> {
    let pattern = Pattern::new(leaves, edges.iter().copied()).ok_or(StageError::Singular)?;
    let mut values = vec![0.0; pattern.entries()];
    for (a, b) in edges {
        values[pattern.position(*a, *b)] -= 1.0;
        values[pattern.position(*a, *a)] += 1.0;
        values[pattern.position(*b, *b)] += 1.0;
    }
    for island in islands {
        values[pattern.position(island.leaves[0], island.leaves[0])] += 1.0;
    }
    pattern.factorise(&values).ok_or(StageError::Singular)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_has_the_variances_of_its_pseudo_inverse() {
        // Path of three: eigenvalues 0, 1, 3; the pseudo-inverse's diagonal is (5, 2, 5) / 9.
        let graph = Graph::new(5, &[(1, 0), (1, 2), (2, 1), (3, 3)]).expect("a graph");
        let scale = (50.0f64 / 729.0).cbrt();
        for (found, expected) in graph.variances().iter().zip([5.0 / 9.0, 2.0 / 9.0, 5.0 / 9.0]) {
            assert!((found - expected / scale).abs() < 1e-14);
        }
        assert_eq!(graph.variances()[3..], [1.0, 1.0]);
        assert_eq!(graph.islands().len(), 3);
        assert!((graph.islands()[0].log_det - (3.0f64.ln() + 2.0 * scale.ln())).abs() < 1e-14);
        let column = graph.covariance_times(&[1.0, 0.0, 0.0, 2.0, 0.0]);
        assert!((column.iter().take(3).sum::<f64>()).abs() < 1e-14);
        assert!((column[0] - 5.0 / 9.0 / scale).abs() < 1e-14 && column[3] == 2.0 && column[4] == 0.0);
        assert!(Graph::new(2, &[(0, 2)]).is_err());
    }
}
