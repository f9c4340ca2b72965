//! What several tests tell the estimator.

use quartier_estimate::{Benchmark, PollBase};
use quartier_model::Share;

/// A favourable share of the decided at a node; without a standard error it is that of one poll.
pub fn of_decided(node: u32, favourable: f64, se: Option<f64>) -> Benchmark {
    Benchmark {
        node,
        date: None,
        turnout: None,
        undecided: None,
        favourable: Some(Share::new(favourable).expect("a share")),
        opposed: None,
        of: PollBase::Decided,
        n: None,
        se,
    }
}
