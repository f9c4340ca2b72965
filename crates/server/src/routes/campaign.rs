//! The campaign and its snapshots.

use crate::conditional::{Keep, json};
use crate::problem::Problem;
use crate::state::App;
use crate::view::campaign::CampaignView;
use crate::view::shown::Shown;
use crate::view::snapshots::{ProvenanceView, SnapshotView, SnapshotsView};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use http::HeaderMap;
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;

/// Of when.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WhenQuery {
    /// A number: levels, past elections and measures as that snapshot was made of them; or `current`.
    pub(super) snapshot: Option<String>,
}

/// The campaign: levels, measures, elections and the current snapshot
#[utoipa::path(get, path = "/api/v1/campaign", tag = "campaign", params(WhenQuery), responses(
    (status = 200, body = CampaignView), (status = 304, description = "not changed"),
    (status = 404, body = Problem, content_type = "application/problem+json")))]
pub async fn campaign(
    State(app): State<Arc<App>>,
    Query(query): Query<WhenQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let shown = Shown::named(&app, query.snapshot.as_deref()).await?;
    Ok(json(&headers, Keep::Revalidate, &CampaignView::of(&app, &shown)))
}

/// The snapshots, newest first
#[utoipa::path(get, path = "/api/v1/snapshots", tag = "campaign", responses((status = 200, body = SnapshotsView)))]
pub async fn snapshots(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let published = app.published();
    let current = published.current().map(|current| current.number());
    let shown = published.snapshots().iter().rev().filter(|own| current.is_some_and(|most| own.number <= most));
    let view = SnapshotsView { current, snapshots: shown.map(SnapshotView::of).collect() };
    json(&headers, Keep::Revalidate, &view)
}

/// One snapshot with where its figures come from
#[utoipa::path(get, path = "/api/v1/snapshots/{id}", tag = "campaign",
    params(("id" = String, Path, description = "a number, or `current`")),
    responses((status = 200, body = ProvenanceView), (status = 404, body = Problem, content_type = "application/problem+json")))]
pub async fn snapshot(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let snapshot = app.snapshot(&id).await?;
    let keep = if id == "current" { Keep::Revalidate } else { Keep::Forever };
    Ok(json(&headers, keep, &ProvenanceView::of(snapshot.manifest())))
}
