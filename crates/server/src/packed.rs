//! Large answers that carry a tag are compressed once: a table of all communes, or the map's code, costs more to compress than
//! all that is done to find it. What is small, streamed or a part is left to the compression of every answer.

use crate::cache::Cache;
use crate::conditional::takes;
use crate::problem::Problem;
use crate::state::blocking;
use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use std::io::Write;
use std::sync::Arc;

/// Bytes of packed answers kept: the tables of all communes of France take 3 MB.
const KEPT_BYTES: usize = 64 * 1024 * 1024;
/// Bytes from which an answer is packed once.
const LARGE: u64 = 16 * 1024;
/// Effort of Brotli, of 11: twice the time of 4 for a tenth fewer bytes, once.
const BROTLI_QUALITY: i32 = 6;
/// Window of Brotli, as a power of two: 4 MB.
const BROTLI_WINDOW: i32 = 22;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Coding {
    Brotli,
    Gzip,
}

impl Coding {
    /// The smaller of what the client takes.
    fn asked(request: &HeaderMap) -> Option<Self> {
        [Self::Brotli, Self::Gzip].into_iter().find(|coding| takes(request, coding.name()))
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    fn pack(self, plain: &[u8]) -> std::io::Result<Bytes> {
        let mut packed = Vec::new();
        match self {
            Self::Brotli => {
                let effort = brotli::enc::BrotliEncoderParams {
                    quality: BROTLI_QUALITY,
                    lgwin: BROTLI_WINDOW,
                    size_hint: plain.len(),
                    ..Default::default()
                };
                brotli::BrotliCompress(&mut &*plain, &mut packed, &effort)?;
            }
            Self::Gzip => {
                let mut encoder = GzEncoder::new(&mut packed, Compression::default());
                encoder.write_all(plain)?;
                encoder.finish()?;
            }
        }
        Ok(packed.into())
    }
}

/// Packed answers by path, tag and coding; the tag names the bytes.
#[derive(Debug, Clone)]
pub struct Kept(Arc<Cache<(String, HeaderValue, Coding), Bytes>>);

impl Default for Kept {
    fn default() -> Self {
        Self(Arc::new(Cache::new(KEPT_BYTES)))
    }
}

/// Gives a large tagged answer packed, from what is kept where it was packed before.
pub async fn once(State(kept): State<Kept>, request: Request, next: Next) -> Response {
    let coding = Coding::asked(request.headers()).filter(|_| request.method() == Method::GET);
    let path = request.uri().path().to_owned();
    let response = next.run(request).await;
    match (coding, tag_of_large(&response)) {
        (Some(coding), Some(tag)) => packed(&kept, (path, tag, coding), response).await,
        _ => response,
    }
}

/// The tag of an answer that is whole, in hand, large and not packed yet.
fn tag_of_large(response: &Response) -> Option<HeaderValue> {
    let plain = !response.headers().contains_key(header::CONTENT_ENCODING);
    let large = response.body().size_hint().exact().is_some_and(|bytes| bytes >= LARGE);
    let tag = response.headers().get(header::ETAG).filter(|_| response.status() == StatusCode::OK)?;
    (plain && large).then(|| tag.clone())
}

async fn packed(kept: &Kept, key: (String, HeaderValue, Coding), response: Response) -> Response {
    let coding = key.2;
    let (mut head, body) = response.into_parts();
    let bytes = match kept.0.get(&key) {
        Some(bytes) => bytes,
        None => match pack(coding, body).await {
            Ok(bytes) => {
                kept.0.put(key, bytes.clone(), bytes.len());
                bytes
            }
            Err(problem) => return problem.into_response(),
        },
    };
    head.headers.remove(header::CONTENT_LENGTH);
    head.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
    head.headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    Response::from_parts(head, Body::from(bytes))
}

async fn pack(coding: Coding, body: Body) -> Result<Bytes, Problem> {
    let plain = to_bytes(body, usize::MAX).await.map_err(|error| Problem::internal(&error))?;
    blocking(move || coding.pack(&plain).map_err(|error| Problem::internal(&error))).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{Router, middleware::from_fn_with_state, routing::get};
    use std::io::Read;
    use std::sync::atomic::{AtomicU8, Ordering};
    use tower::ServiceExt;

    /// Answers so many bytes, of another letter each time, under one tag.
    fn service(bytes: usize) -> Router {
        let times = Arc::new(AtomicU8::new(0));
        let answer = move || {
            let letter = b'a' + times.fetch_add(1, Ordering::Relaxed);
            async move { ([(header::ETAG, "\"tag\"")], vec![letter; bytes]) }
        };
        Router::new().route("/{name}", get(answer)).layer(from_fn_with_state(Kept::default(), once))
    }

    async fn ask(service: &Router, path: &str, takes: &str) -> (HeaderMap, Bytes) {
        let request = Request::get(path).header(header::ACCEPT_ENCODING, takes).body(Body::empty());
        let response = service.clone().oneshot(request.expect("a request")).await.expect("an answer");
        let (head, body) = response.into_parts();
        (head.headers, to_bytes(body, usize::MAX).await.expect("a body"))
    }

    fn letter(coding: &str, body: &[u8]) -> (u8, usize) {
        let mut plain = Vec::new();
        match coding {
            "br" => brotli::Decompressor::new(body, 4096).read_to_end(&mut plain),
            _ => flate2::read::GzDecoder::new(body).read_to_end(&mut plain),
        }
        .expect("unpacks");
        (plain[0], plain.len())
    }

    #[tokio::test]
    async fn a_large_answer_is_packed_once_a_path_and_coding() {
        let service = service(40_000);
        for (path, takes, coding, first) in [
            ("/x", "gzip, br", "br", b'a'),
            ("/x", "br", "br", b'a'),
            ("/x", "gzip", "gzip", b'c'),
            ("/y", "br;q=0, gzip", "gzip", b'd'),
            ("/x", "gzip", "gzip", b'c'),
        ] {
            let (head, body) = ask(&service, path, takes).await;
            assert_eq!(head[header::CONTENT_ENCODING], coding, "{path} {takes}");
            assert_eq!(letter(coding, &body), (first, 40_000), "{path} {takes}");
        }
        let (head, body) = ask(&service, "/x", "identity").await;
        assert_eq!((head.get(header::CONTENT_ENCODING), body.len()), (None, 40_000));
    }

    #[tokio::test]
    async fn a_small_answer_is_left_as_it_is() {
        let (head, body) = ask(&service(400), "/x", "br").await;
        assert_eq!((head.get(header::CONTENT_ENCODING), body.len()), (None, 400));
    }
}
