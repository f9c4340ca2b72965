//! A page of another site must not reach a server of this machine by giving its own name our address.

use crate::problem::Problem;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};

/// Refuses a request whose host is not a name of this machine.
pub async fn own_names_only(request: Request, next: Next) -> Response {
    match named_host(&request) {
        Some(host) if !is_own(&host) => Problem::of(StatusCode::MISDIRECTED_REQUEST)
            .with("this server answers to localhost, 127.0.0.1 and [::1] only")
            .into_response(),
        _ => next.run(request).await,
    }
}

fn named_host(request: &Request) -> Option<String> {
    let authority = request.uri().authority().map(|authority| authority.as_str().to_owned());
    let header = request.headers().get(header::HOST).map(|host| String::from_utf8_lossy(host.as_bytes()).into_owned());
    header.or(authority)
}

/// Whether `host[:port]` is a loopback name with a plain port.
fn is_own(host: &str) -> bool {
    ["localhost", "127.0.0.1", "[::1]"].iter().any(|own| {
        host.strip_prefix(own).is_some_and(|rest| {
            rest.is_empty() || rest.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok())
        })
    })
}

/// What stands before the paths of absolute addresses in tile and style documents.
pub fn base(headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).filter(|host| is_own(host));
    format!("http://{}", host.unwrap_or("localhost"))
}

#[cfg(test)]
mod tests {
    use super::is_own;

    #[test]
    fn only_loopback_names_are_ours() {
        assert!(["localhost", "localhost:8787", "127.0.0.1:1", "[::1]:8787"].into_iter().all(is_own));
        let others = ["evil.example", "localhost.evil.example", "127.0.0.1:1@evil", "localhost:", "localhost:x", ""];
        assert!(!others.into_iter().any(is_own));
    }
}
