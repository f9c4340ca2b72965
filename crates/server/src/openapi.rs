//! The OpenAPI document, and the page that shows it to people.

use crate::conditional::{Keep, tag_of, whole};
use crate::state::App;
use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use http::HeaderMap;
use std::fmt::Write;
use std::sync::Arc;
use utoipa::OpenApi;
use utoipa::openapi::{OpenApi as Document, RefOr};

/// What is described by hand: paths whose last segment has a suffix, and the two of this file.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Quartier",
        description = "Estimates of how areas would vote, and what they are made of.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    paths(
        crate::routes::tilejson,
        crate::routes::valued_tile,
        crate::routes::geometry_tile,
        crate::routes::style,
        openapi_json,
        docs
    )
)]
struct Described;

/// The document before the routes add themselves.
pub fn document() -> Document {
    Described::openapi()
}

/// This document
#[utoipa::path(get, path = "/api/openapi.json", tag = "operations", responses(
    (status = 200, description = "OpenAPI 3.1", content_type = "application/json")))]
#[expect(dead_code, reason = "its route is made with the finished document")]
fn openapi_json() {}

/// This document for people
#[utoipa::path(get, path = "/api/docs", tag = "operations", responses(
    (status = 200, description = "a page", content_type = "text/html")))]
#[expect(dead_code, reason = "its route is made with the finished document")]
fn docs() {}

/// The finished document as it is served.
pub struct Served {
    json: Bytes,
    html: Bytes,
}

impl Served {
    /// Renders the document once.
    pub fn of(document: Document) -> Self {
        let json = document.to_pretty_json().expect("a document of plain types is JSON");
        Self { html: page(&document).into(), json: json.into() }
    }

    /// The two routes.
    pub fn routes(self) -> Router<Arc<App>> {
        let answer = |kind: &'static str, body: Bytes| {
            let tag = format!("W/{}", tag_of(&body));
            move |headers: HeaderMap| async move { whole(&headers, Keep::Revalidate, kind, &tag, body) }
        };
        Router::new()
            .route("/api/openapi.json", get(answer("application/json", self.json)))
            .route("/api/docs", get(answer("text/html; charset=utf-8", self.html)))
    }
}

/// Plain HTML without style or script: the policy of the page forbids what is inline.
fn page(document: &Document) -> String {
    let mut html = String::from(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Quartier: API</title></head><body>\n\
         <h1>Quartier: API</h1>\n<p>The same for programs: <a href=\"/api/openapi.json\">openapi.json</a>.</p>\n",
    );
    for (path, item) in &document.paths.paths {
        let Some(operation) = &item.get else { continue };
        let summary = operation.summary.as_deref().unwrap_or_default();
        // Writing to a String cannot fail.
        let _ = writeln!(html, "<h2><code>GET {}</code></h2>\n<p>{}.</p>", escaped(path), escaped(summary));
        let parameters = operation.parameters.iter().flatten();
        let rows: String = parameters
            .filter_map(|own| match own {
                RefOr::T(own) => Some(own),
                RefOr::Ref(_) => None,
            })
            .map(|own| {
                let what = own.description.as_deref().unwrap_or_default();
                format!("<dt><code>{}</code></dt><dd>{}</dd>\n", escaped(&own.name), escaped(what))
            })
            .collect();
        if !rows.is_empty() {
            let _ = writeln!(html, "<dl>\n{rows}</dl>");
        }
    }
    html.push_str("</body></html>\n");
    html
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
