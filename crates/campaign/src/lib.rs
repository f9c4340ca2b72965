//! quartier-campaign
