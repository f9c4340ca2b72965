//! quartier-tiles
