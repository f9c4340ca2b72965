//! quartier-ingest
