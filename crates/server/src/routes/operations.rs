//! Whether the server lives, is ready, and how it does.

use crate::problem::Problem;
use crate::state::App;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// What is ready to be served.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Ready {
    /// The current snapshot; `null` for a campaign that has none yet.
    pub snapshot: Option<u32>,
    /// What is published and cannot be read.
    pub damaged: Vec<String>,
}

/// Liveness
#[utoipa::path(get, path = "/healthz", tag = "operations", responses((status = 200, description = "`ok`", content_type = "text/plain")))]
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// Readiness: 503 where something is published and nothing of it can be read
#[utoipa::path(get, path = "/readyz", tag = "operations", responses((status = 200, body = Ready),
    (status = 503, body = Problem, content_type = "application/problem+json")))]
pub async fn readyz(State(app): State<Arc<App>>) -> Response {
    let published = app.published();
    let damaged: Vec<String> = published.damages().iter().map(|damage| damage.what.clone()).collect();
    if published.geography().is_none() && !damaged.is_empty() {
        let why = format!("nothing whole is published: damaged are {}", damaged.join(", "));
        return Problem::of(StatusCode::SERVICE_UNAVAILABLE).with(why).into_response();
    }
    let ready = Ready { snapshot: published.current().map(|current| current.number()), damaged };
    ([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(ready)).into_response()
}

/// Metrics as Prometheus text
#[utoipa::path(get, path = "/metrics", tag = "operations", responses((status = 200, description = "Prometheus text", content_type = "text/plain")))]
pub async fn metrics(State(app): State<Arc<App>>) -> Response {
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    ([(header::CONTENT_TYPE, kind)], app.recorder.render()).into_response()
}
