//! The log: JSON lines on standard error, times in UTC, one line a request.
//!
//! A request's line is of level `info` and target `quartier_server::request`, with `method`, `path`, `status`, `ms` (to
//! the head of the answer) and `request_id`, which the answer carries as `x-request-id`. A path is written without its
//! query: what people look for, and what may be secret, stays out of the log. `QUARTIER_LOG` takes the directives of
//! `tracing_subscriber::EnvFilter`: `warn` for faults alone, `quartier_server::request=off` for all but requests.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use std::time::Instant;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Longest path that is written, in characters.
const MOST_PATH: usize = 200;

/// Writes the log of this process to standard error at the level of `QUARTIER_LOG`, `info` unless said. What was set up
/// before stays.
pub fn to_stderr() {
    let asked = std::env::var("QUARTIER_LOG").ok();
    drop(tracing::subscriber::set_global_default(lines(asked.as_deref(), std::io::stderr)));
}

/// The subscriber that writes lines.
pub fn lines<W>(directives: Option<&str>, out: W) -> impl tracing::Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = EnvFilter::new(directives.filter(|text| !text.trim().is_empty()).unwrap_or("info"));
    // Times are in UTC, RFC 3339.
    tracing_subscriber::fmt().json().flatten_event(true).with_env_filter(filter).with_writer(out).finish()
}

/// Logs every answer, once its head is known.
pub async fn each_request(request: Request, next: Next) -> Response {
    let start = Instant::now();
    let method = request.method().clone();
    let path: String = request.uri().path().chars().take(MOST_PATH).collect();
    let header = |headers: &http::HeaderMap| {
        headers.get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned()
    };
    let request_id = header(request.headers());
    let response = next.run(request).await;
    tracing::info!(
        target: "quartier_server::request",
        %method,
        path,
        status = response.status().as_u16(),
        ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
        request_id,
        "answered"
    );
    response
}
