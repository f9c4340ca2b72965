//! Downloads: a writer on a thread of its own whose bytes go to the client as they come.

use axum::body::Body;
use bytes::Bytes;
use std::io::{self, BufWriter, Write};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio_stream::wrappers::ReceiverStream;

/// Bytes sent at a time.
const CHUNK_BYTES: usize = 64 * 1024;
/// Chunks that may wait for a slow client before the writer waits too.
const WAITING_CHUNKS: usize = 4;

struct ToClient(Sender<io::Result<Bytes>>);

impl Write for ToClient {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.0.blocking_send(Ok(Bytes::copy_from_slice(bytes)));
        sent.map_err(|_| io::Error::new(io::ErrorKind::BrokenPipe, "the client is gone"))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Runs `write` on a blocking thread; an error cuts the answer short, so that the client sees it is not whole.
pub fn body<E: std::fmt::Display>(write: impl FnOnce(&mut dyn Write) -> Result<(), E> + Send + 'static) -> Body {
    let (sender, receiver): (_, Receiver<io::Result<Bytes>>) = channel(WAITING_CHUNKS);
    tokio::task::spawn_blocking(move || {
        let mut out = BufWriter::with_capacity(CHUNK_BYTES, ToClient(sender.clone()));
        let written = write(&mut out).map_err(|error| error.to_string());
        let written = written.and_then(|()| out.flush().map_err(|error| error.to_string()));
        if let Err(error) = written {
            tracing::warn!(%error, "a download ended early");
            drop(sender.blocking_send(Err(io::Error::other("the download could not be completed"))));
        }
    });
    Body::from_stream(ReceiverStream::new(receiver))
}
