//! What a request is shown of the published: the newest of each, or what one snapshot was made of.

use crate::problem::Problem;
use crate::state::App;
use quartier_model::ReadingId;
use quartier_snapshot::{Geography, Published, Results, Snapshot};
use std::sync::Arc;

/// Ground, estimates and past that belong together.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The areas.
    pub geography: Option<Arc<Geography>>,
    /// The estimates.
    pub snapshot: Option<Arc<Snapshot>>,
    /// The past elections.
    pub results: Option<Arc<Results>>,
}

impl Shown {
    /// What is newest.
    pub fn now(published: &Published) -> Self {
        Self {
            geography: published.geography().cloned(),
            snapshot: published.current().cloned(),
            results: published.results().cloned(),
        }
    }

    /// What is newest, or what a snapshot was made of, as `snapshot=` names it.
    ///
    /// # Errors
    /// 404 when there is no such snapshot.
    pub(crate) async fn named(app: &App, snapshot: Option<&str>) -> Result<Self, Problem> {
        let Some(id) = snapshot.filter(|id| *id != "current") else { return Ok(Self::now(&app.published())) };
        let snapshot = app.snapshot(id).await?;
        let (geography, results) = (Arc::clone(snapshot.geography()), Arc::clone(snapshot.results()));
        Ok(Self { geography: Some(geography), results: Some(results), snapshot: Some(snapshot) })
    }

    /// The reading of the snapshot; the default one where there is none.
    pub fn reading(&self) -> ReadingId {
        self.snapshot.as_ref().map_or_else(ReadingId::default_reading, |own| own.manifest().reading.clone())
    }

    /// Ground and past.
    ///
    /// # Errors
    /// 404 where nothing is published.
    pub(crate) fn past(&self) -> Result<(&Arc<Geography>, &Arc<Results>), Problem> {
        self.geography.as_ref().zip(self.results.as_ref()).ok_or_else(Problem::nothing_published)
    }
}
