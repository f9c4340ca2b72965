//! The bars of the method: how much better than its peers the fitted engine forecasts real elections.
//!
//! ```text
//! cargo run --release -p quartier-estimate --example bars -- minnesota
//! cargo run --release -p quartier-estimate --example bars -- minnesota-icar
//! cargo run --release -p quartier-estimate --example bars -- france
//! ```
//!
//! The results are real, the canvass is simulated from them with fixed seeds: campaigns go to two regions in five, where
//! they are strong and doors are close, and their supporters answer more. `--scales` prints what was learnt. The data folder is `../shared/data` beside
//! the repository, or `QUARTIER_SHARED`/data.

mod france;
mod ground;
mod minnesota;
mod score;

fn main() -> Result<(), ground::Failure> {
    match std::env::args().nth(1).as_deref() {
        Some("minnesota") => minnesota::run(false),
        Some("minnesota-icar") => minnesota::run(true),
        Some("france") => france::run(),
        _ => Err("expected minnesota, minnesota-icar or france".into()),
    }
}
