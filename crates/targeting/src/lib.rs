//! quartier-targeting
