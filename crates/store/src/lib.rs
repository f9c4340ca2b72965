//! quartier-store
