//! Metrics: how long answers took, by method, route template and status; never by path or area.

use crate::error::ServerError;
use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;
use std::time::Instant;

const DURATION: &str = "http_server_request_duration_seconds";
const BUCKETS: [f64; 8] = [0.001, 0.005, 0.025, 0.1, 0.5, 1.0, 3.0, 10.0];

static RECORDER: OnceLock<Result<PrometheusHandle, String>> = OnceLock::new();

/// The recorder of this process, installed when first asked for.
///
/// # Errors
/// When another recorder was installed before.
pub fn recorder() -> Result<PrometheusHandle, ServerError> {
    let install = || {
        let builder = PrometheusBuilder::new().set_buckets_for_metric(Matcher::Full(DURATION.to_owned()), &BUCKETS);
        builder.and_then(PrometheusBuilder::install_recorder).map_err(|error| error.to_string())
    };
    RECORDER.get_or_init(install).clone().map_err(ServerError::Metrics)
}

/// Lets the recorder fold what it has gathered.
pub fn upkeep() {
    if let Some(Ok(recorder)) = RECORDER.get() {
        recorder.run_upkeep();
    }
}

/// Times every answer.
pub async fn measure(request: Request, next: Next) -> Response {
    let start = Instant::now();
    // A method is a caller's text: only the known ones become a label.
    let method = match request.method().as_str() {
        known @ ("GET" | "HEAD" | "POST" | "PUT" | "DELETE" | "OPTIONS" | "PATCH") => known.to_owned(),
        _ => "_OTHER".to_owned(),
    };
    let route = request.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str).to_owned();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    metrics::histogram!(DURATION, "http_request_method" => method, "http_route" => route,
        "http_response_status_code" => status)
    .record(start.elapsed().as_secs_f64());
    response
}
