//! Back-tests: what the estimator would have said of an election whose result is known.

use crate::conditional::{Keep, json};
use crate::problem::Problem;
use crate::state::{App, blocking};
use crate::view::evaluations::{EvaluationsView, read_all};
use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use std::sync::Arc;

/// The back-tests, newest first
#[utoipa::path(get, path = "/api/v1/evaluations", tag = "campaign", responses(
    (status = 200, body = EvaluationsView), (status = 304, description = "not changed")))]
pub async fn evaluations(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, Problem> {
    let evaluations = blocking(move || read_all(app.folder())).await?;
    Ok(json(&headers, Keep::Revalidate, &EvaluationsView { evaluations }))
}

/// One back-test
#[utoipa::path(get, path = "/api/v1/evaluations/{id}", tag = "campaign",
    params(("id" = String, Path, description = "the `id` of one of the list")),
    responses((status = 200, description = "a back-test", content_type = "application/json"),
        (status = 404, body = Problem, content_type = "application/problem+json")))]
pub async fn evaluation(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let all = blocking(move || read_all(app.folder())).await?;
    let found = all.into_iter().find(|evaluation| evaluation["id"] == id.as_str());
    Ok(json(&headers, Keep::Revalidate, &found.ok_or_else(|| Problem::not_found("evaluation"))?))
}
