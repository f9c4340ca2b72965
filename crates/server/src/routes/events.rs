//! What happens, as server-sent events.

use crate::state::{App, Event};
use axum::extract::State;
use axum::response::sse::{self, KeepAlive, Sse};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::{Stream, StreamExt};

/// How often a silent stream says that it lives.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Server-sent events: `event: snapshot`, `data: {"id":3}` when one is published
#[utoipa::path(get, path = "/events", tag = "events", responses(
    (status = 200, description = "a stream that does not end", content_type = "text/event-stream")))]
pub async fn events(State(app): State<Arc<App>>) -> Sse<impl Stream<Item = Result<sse::Event, Infallible>>> {
    let heard = BroadcastStream::new(app.listen());
    // A listener that was too slow missed some; the next one it hears is newer anyway.
    let heard = heard.filter_map(Result::ok).map_while(|event| match event {
        Event::Published(id) => Some(Ok(sse::Event::default().event("snapshot").data(format!("{{\"id\":{id}}}")))),
        Event::Stop => None,
    });
    Sse::new(heard).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}
