//! quartier-estimate
