//! The page and what its map is made of, embedded in the binary.

use crate::problem::Problem;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use rust_embed::{EmbeddedFile, RustEmbed};

/// The built page (`make web`).
#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Page;

/// Glyphs, basemap and palettes.
#[derive(RustEmbed)]
#[folder = "../../tiles"]
#[include = "glyphs/*"]
#[include = "basemap/*.json"]
#[include = "sprites/*"]
#[allow_missing = true]
struct MapParts;

/// Whether the page was built into this binary.
pub fn page_is_built() -> bool {
    Page::get("index.html").is_some()
}

/// The file at an address: `/` is the page; hashed assets never change; everything else is revalidated.
pub async fn serve(uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    let path = if path.is_empty() { "index.html" } else { path };
    let Some(path) = percent_decoded(path) else {
        return Problem::not_found("page").into_response();
    };
    let file = Page::get(&path).or_else(|| MapParts::get(&path));
    match file {
        Some(file) => answer(&path, file, &headers),
        None if path == "index.html" => Problem::of(StatusCode::NOT_FOUND)
            .with("this binary was built without its page: run `make web`")
            .into_response(),
        // A font range without glyphs of ours: an empty one, so that the map does not report an error.
        None if path.starts_with("glyphs/") && path.ends_with(".pbf") => (
            [(header::CONTENT_TYPE, "application/x-protobuf"), (header::CACHE_CONTROL, "max-age=86400")],
            Vec::<u8>::new(),
        )
            .into_response(),
        None => Problem::not_found("page").into_response(),
    }
}

fn answer(path: &str, file: EmbeddedFile, request: &HeaderMap) -> Response {
    let hash: String = file.metadata.sha256_hash()[..12].iter().map(|byte| format!("{byte:02x}")).collect();
    let etag = format!("\"{hash}\"");
    let cache = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let kind = match path.rsplit('.').next() {
        Some("pbf") => "application/x-protobuf".to_owned(),
        _ => file.metadata.mimetype().to_owned(),
    };
    let kind = if kind.starts_with("text/") { format!("{kind}; charset=utf-8") } else { kind };
    let mut headers = HeaderMap::new();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    if let Ok(value) = HeaderValue::from_str(&etag) {
        headers.insert(header::ETAG, value);
    }
    if let Ok(value) = HeaderValue::from_str(&kind) {
        headers.insert(header::CONTENT_TYPE, value);
    }
    if request.get(header::IF_NONE_MATCH).is_some_and(|tag| tag.as_bytes() == etag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, file.data.into_owned()).into_response()
}

/// The path with `%20` and the like decoded (a font stack's name may hold a space); `None` if it is not UTF-8.
fn percent_decoded(path: &str) -> Option<String> {
    let bytes = path.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'%' {
            let hex = path.get(at + 1..at + 3)?;
            decoded.push(u8::from_str_radix(hex, 16).ok()?);
            at += 3;
        } else {
            decoded.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::percent_decoded;

    #[test]
    fn a_path_is_decoded_or_refused() {
        assert_eq!(percent_decoded("glyphs/Source%20Sans/0-255.pbf").as_deref(), Some("glyphs/Source Sans/0-255.pbf"));
        assert_eq!(percent_decoded("a%2"), None);
        assert_eq!(percent_decoded("a%zz"), None);
        assert_eq!(percent_decoded("a%ff"), None);
    }
}
