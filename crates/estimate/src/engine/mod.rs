//! The fitted engine: one stage of the model, learnt from tallies. Pure; `fitting` tells it what a stage is.
//!
//! A [`Stage`] is a latent Gaussian binomial model. On the logit scale, area i of the finest level has
//!
//! ```text
//! theta_i = l_i + mu + x_i' beta + effects of i's ancestors + sigma_n (sqrt(phi) s_i + sqrt(1 - phi) e_i)
//! y_i ~ Binomial(n_i, logit^-1(theta_i + b + t_i))      tallies; b: response bias of the campaign, t_i of the area
//! ```
//!
//! [`fit`] finds the scales that the tallies support (Laplace evidence times prior), then mixes over their common
//! size; [`Fitted`] answers with means, variances and coherent draws, and meets polls and totals.
//!
//! How to read the room, in this order:
//!
//! | file | what |
//! | --- | --- |
//! | `stage` | what a stage is told; its scales and their priors |
//! | `likelihood`, `noised` | the binomial and its three derivatives; what noise makes of it |
//! | `gaussian` | what the exact routes of linear algebra promise |
//! | `tree` | route 1, tree only: one sweep up, one down |
//! | `graph`, `sparse`, `neighbours`, `neighbours_field` | route 2, with ICAR: sparse Cholesky, selected inversion |
//! | `kernel` | route 3, the search with ICAR where few areas have answers: the tallies alone, dense |
//! | `laplace` | Newton's method to the mode; evidence and its gradient |
//! | `hearing` | noised answers told to all stages in turn |
//! | `lbfgs`, `fit` | scales by evidence; mixture over their common size |
//! | `fitted`, `totals`, `across`, `profiles` | means, variances, draws; soft benchmarks; the four groups |
//!
//! Symbols: f = theta - l (+ b + t at tallies), K its prior covariance at the tallies, W = n p (1 - p) the curvature,
//! alpha = K^-1 f. All logs are natural, all scales are standard deviations on the logit scale.
//!
//! Sources: Rasmussen and Williams 2006, chapters 3 and 5 (Laplace approximation, evidence, gradient); Riebler,
//! Sorbye, Simpson, Rue 2016 (BYM2); Freni-Sterrantino, Ventrucci, Rue 2018 (disconnected graphs); Takahashi, Fagan,
//! Chen 1973 (selected inversion).

mod across;
mod dense;
mod fit;
mod fitted;
mod gaussian;
mod graph;
mod hearing;
mod kernel;
mod laplace;
mod lbfgs;
mod likelihood;
mod neighbours;
mod neighbours_field;
mod noised;
mod profiles;
mod sparse;
mod stage;
mod totals;
mod tree;

pub use across::{Across, AcrossTotal};
pub use fit::{fit, fit_fixed, fit_scales, log_evidence, mix, variance_of_sum};
pub use fitted::{Fitted, mean_share};
pub use gaussian::Chance;
pub use graph::Graph;
pub use hearing::{NoisedTally, hear_noised};
pub use profiles::profile_draws;
pub use stage::{Bias, Covariates, LogPrior, Noised, Priors, Scales, Stage, StageError, Tally};
pub use totals::Total;
