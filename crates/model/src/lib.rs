//! quartier-model
