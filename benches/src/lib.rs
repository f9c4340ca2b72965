//! quartier-benches
