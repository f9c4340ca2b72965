//! quartier-cartography
