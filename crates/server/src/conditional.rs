//! Conditional and partial answers: `ETag`, `If-None-Match`, `Range`, `Cache-Control`.

use crate::problem::Problem;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Serialize;

/// How long an answer may be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// The address names a snapshot or a hash: for ever.
    Forever,
    /// Until asked again.
    Revalidate,
}

impl Keep {
    fn header(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Forever => "public, max-age=31536000, immutable",
            Self::Revalidate => "no-cache",
        })
    }
}

/// Sixteen bytes of BLAKE3 in hexadecimal, quoted.
pub fn tag_of(bytes: &[u8]) -> String {
    format!("\"{}\"", &blake3::hash(bytes).to_hex()[..32])
}

/// JSON with a weak tag (the same JSON may go compressed), or 304.
pub fn json(request: &HeaderMap, keep: Keep, value: &impl Serialize) -> Response {
    let body = match serde_json::to_vec(value) {
        Ok(body) => body,
        Err(error) => return Problem::internal(&error).into_response(),
    };
    let tag = format!("W/{}", tag_of(&body));
    whole(request, keep, "application/json", &tag, body.into())
}

/// A whole body under a tag, or 304 where the client has it.
pub fn whole(request: &HeaderMap, keep: Keep, kind: &'static str, tag: &str, body: Bytes) -> Response {
    if has_it(request, tag) {
        return marked(StatusCode::NOT_MODIFIED, keep, tag, Body::empty());
    }
    let mut response = marked(StatusCode::OK, keep, tag, Body::from(body));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// As [`whole`], and a part of it where one range of bytes is asked for: 206, or 416 where there is no such part.
pub fn ranged(request: &HeaderMap, keep: Keep, kind: &'static str, tag: &str, body: &Bytes) -> Response {
    let accepts = (header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if has_it(request, tag) {
        return whole(request, keep, kind, tag, body.clone());
    }
    let range = match asked_range(request, tag, body.len()) {
        Asked::Whole => {
            let mut response = whole(request, keep, kind, tag, body.clone());
            response.headers_mut().insert(accepts.0, accepts.1);
            return response;
        }
        Asked::Part(range) => range,
        Asked::Nowhere => {
            let problem =
                Problem::of(StatusCode::RANGE_NOT_SATISFIABLE).with(format!("there are {} bytes", body.len()));
            let mut response = problem.into_response();
            put(&mut response, header::CONTENT_RANGE, &format!("bytes */{}", body.len()));
            return response;
        }
    };
    let content_range = format!("bytes {}-{}/{}", range.start, range.end - 1, body.len());
    let mut response = marked(StatusCode::PARTIAL_CONTENT, keep, tag, Body::from(body.slice(range)));
    put(&mut response, header::CONTENT_RANGE, &content_range);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(accepts.0, accepts.1);
    response
}

fn marked(status: StatusCode, keep: Keep, tag: &str, body: Body) -> Response {
    let mut response = (status, body).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, keep.header());
    put(&mut response, header::ETAG, tag);
    response
}

fn put(response: &mut Response, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// Whether the client says that it has this tag (weak comparison, RFC 9110 section 13.1.2).
fn has_it(request: &HeaderMap, tag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let own = opaque(tag);
    request
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|other| other.trim() == "*" || opaque(other) == own)
}

/// Whether `Accept-Encoding` names a coding, or anything, without refusing it (`q=0`).
pub fn takes(request: &HeaderMap, coding: &str) -> bool {
    let named = request.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let codings: Vec<(String, bool)> = named
        .flat_map(|value| value.split(','))
        .map(|coding| {
            let (name, quality) = coding.split_once(';').unwrap_or((coding, "q=1"));
            let quality = quality.trim().strip_prefix("q=").and_then(|q| q.trim().parse::<f32>().ok());
            (name.trim().to_ascii_lowercase(), quality.unwrap_or(0.0) > 0.0)
        })
        .collect();
    let find = |name: &str| codings.iter().find(|coding| coding.0 == name).map(|coding| coding.1);
    find(coding).or_else(|| find("*")).unwrap_or(false)
}

#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Whole,
    Part(std::ops::Range<usize>),
    Nowhere,
}

/// One range of bytes; anything else that `Range` may say is ignored, as RFC 9110 allows.
fn asked_range(request: &HeaderMap, tag: &str, length: usize) -> Asked {
    let Some(range) = request.get(header::RANGE).and_then(|range| range.to_str().ok()) else { return Asked::Whole };
    if request.get(header::IF_RANGE).is_some_and(|other| other.as_bytes() != tag.as_bytes()) {
        return Asked::Whole;
    }
    let Some((first, last)) = range.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Asked::Whole;
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // A number beyond what we can count is beyond the end too.
    let number = |text: &str| text.parse::<usize>().unwrap_or(usize::MAX);
    match (first.trim(), last.trim()) {
        ("", last) if digits(last) => match number(last).min(length) {
            0 => Asked::Nowhere,
            count => Asked::Part(length - count..length),
        },
        (first, last) if digits(first) && (last.is_empty() || digits(last)) => {
            let start = number(first);
            let end = if last.is_empty() { length } else { number(last).saturating_add(1).min(length) };
            if !last.is_empty() && number(last) < start {
                return Asked::Whole;
            }
            if start < length { Asked::Part(start..end) } else { Asked::Nowhere }
        }
        _ => Asked::Whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(range: &str) -> Asked {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, HeaderValue::from_str(range).expect("a header"));
        asked_range(&headers, "\"t\"", 10)
    }

    #[test]
    fn one_range_is_served_and_odd_ones_are_ignored() {
        assert_eq!(asked("bytes=0-3"), Asked::Part(0..4));
        assert_eq!(asked("bytes=8-"), Asked::Part(8..10));
        assert_eq!(asked("bytes=-4"), Asked::Part(6..10));
        assert_eq!(asked("bytes=-99"), Asked::Part(0..10));
        assert_eq!(asked("bytes=5-99"), Asked::Part(5..10));
        assert_eq!(asked("bytes=10-"), Asked::Nowhere);
        assert_eq!(asked("bytes=99999999999999999999999-"), Asked::Nowhere);
        assert_eq!(asked("bytes=-0"), Asked::Nowhere);
        for odd in ["bytes=3-1", "bytes=0-1,3-4", "bytes=a-b", "bytes=-", "lines=1-2", "bytes=--1", "bytes=+1-2"] {
            assert_eq!(asked(odd), Asked::Whole, "{odd}");
        }
    }

    #[test]
    fn tags_compare_weakly_and_in_lists() {
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static("\"x\", W/\"t\""));
        assert!(has_it(&headers, "\"t\""));
        assert!(!has_it(&headers, "\"u\""));
    }
}
