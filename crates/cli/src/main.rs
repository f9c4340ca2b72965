//! quartier-cli
fn main() {}
