//! quartier-snapshot
