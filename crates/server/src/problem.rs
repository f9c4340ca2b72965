//! Errors as RFC 9457 problem+json: one type makes every error that leaves the server.

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

/// The media type of RFC 9457.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// What went wrong, for the client. What it was caused by stays in the log.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// `about:blank`, or an address that names the kind of problem.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The kind of problem, always the same for the same status.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What was found here, and what was expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl Problem {
    /// A problem of this status without more words.
    pub fn of(status: StatusCode) -> Self {
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: None,
        }
    }

    /// Adds what was found, and what was expected.
    #[must_use]
    pub fn with(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// 400: the request cannot be understood; says which parameter and what was expected.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::of(StatusCode::BAD_REQUEST).with(detail)
    }

    /// 404: there is no such thing, or it is not for this caller; the two look alike.
    pub fn not_found(what: &str) -> Self {
        Self::of(StatusCode::NOT_FOUND).with(format!("there is no such {what} here"))
    }

    /// 404 with a reason: nothing is published yet.
    pub fn nothing_published() -> Self {
        Self::of(StatusCode::NOT_FOUND).with("nothing is published yet: run `quartier estimate` and `quartier publish`")
    }

    /// 500: our fault. The cause is logged here, once, and not sent.
    pub fn internal(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(cause = %cause, "a request failed");
        Self::of(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON)),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ];
        (status, headers, body).into_response()
    }
}

/// Gives every error of the layers below (405, 408, 413, 504, extractor rejections, panics) the form of a [`Problem`].
pub async fn every_error_is_a_problem(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    let is_problem = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == PROBLEM_JSON);
    if !is_error || is_problem {
        return response;
    }
    let (parts, body) = response.into_parts();
    let mut problem = Problem::of(status);
    // An extractor's rejection says in plain text what it could not read; keep those words, bounded.
    let is_text = parts
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.starts_with("text/plain"));
    if status.is_client_error()
        && is_text
        && let Ok(text) = axum::body::to_bytes(body, 4096).await
        && let Ok(text) = std::str::from_utf8(&text)
        && !text.is_empty()
    {
        problem = problem.with(text);
    }
    let mut rewritten = problem.into_response();
    for name in [header::ALLOW, header::RETRY_AFTER] {
        if let Some(value) = parts.headers.get(&name) {
            rewritten.headers_mut().insert(name, value.clone());
        }
    }
    rewritten
}

/// The answer to a panic of a handler: a bare 500, so that nothing of the inside is told.
pub fn after_panic(_payload: Box<dyn std::any::Any + Send>) -> Response<Body> {
    tracing::error!("a handler panicked");
    Problem::of(StatusCode::INTERNAL_SERVER_ERROR).into_response()
}
