//! quartier-tests
