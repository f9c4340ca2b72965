//! quartier-geometry
