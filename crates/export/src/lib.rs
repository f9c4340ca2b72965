//! quartier-export
