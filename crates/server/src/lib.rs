//! quartier-server
