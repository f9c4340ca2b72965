//! The server: the page, the API, the tiles and the events of one published folder.
//!
//! Invariants:
//! - every error that leaves is a problem+json (RFC 9457), whatever layer made it, and no input makes a handler panic;
//! - an address that names a snapshot number or a geography hash answers the same bytes for ever (`immutable`);
//!   everything else is revalidated by its `ETag`;
//! - an answer is made from one snapshot: a request holds its [`quartier_snapshot::Published`] from start to end, and a
//!   newer one is swapped in beside it;
//! - nobody is authenticated yet, so the server listens on this machine only and answers to its own names only.
//!
//! `cli` calls [`serve`]; tests call [`app`]. It writes nothing, opens no database, fetches no address, and computes no
//! figure of its own beyond ranks and priorities, which are functions of the published draws.

mod assets;
mod cache;
mod conditional;
mod error;
mod guard;
mod headers;
mod lasso;
mod listen;
pub mod log;
mod meter;
mod openapi;
mod packed;
mod problem;
mod routes;
mod search;
mod state;
mod stream;
mod tileset;
mod view;

pub use assets::page_is_built;
pub use error::ServerError;
pub use state::App;

use axum::Router;
use http::StatusCode;
use std::future::Future;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::timeout::TimeoutLayer;

/// Longest wait for the head of an answer; a body being streamed may take longer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// Most bytes of a request's body.
const MAX_BODY_BYTES: usize = 2 * 1024 * 1024;
/// How often the pointer file is looked at.
const POLL: Duration = Duration::from_secs(1);

/// What to serve, and where.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// The published folder of the campaign.
    pub published: PathBuf,
    /// Where to listen; a loopback address. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Name of the campaign, shown until a snapshot says it.
    pub name: String,
    /// `fr` or `en`, likewise.
    pub language: String,
}

/// Serves until `stop` resolves; `on_ready` learns the address once connections are taken.
///
/// # Errors
/// When the address is not of this machine or is taken, or the folder cannot be listed.
pub async fn serve(
    options: ServeOptions,
    stop: impl Future<Output = ()>,
    on_ready: impl FnOnce(SocketAddr),
) -> Result<(), ServerError> {
    if !options.listen.ip().is_loopback() {
        return Err(ServerError::NotLoopback(options.listen));
    }
    let (router, app) = app_named(&options.published, &options.name, &options.language)?;
    let taken = |source| ServerError::Listen { address: options.listen, source };
    let listener = tokio::net::TcpListener::bind(options.listen).await.map_err(taken)?;
    let address = listener.local_addr().map_err(taken)?;
    let watcher = tokio::spawn(watch(Arc::clone(&app)));
    on_ready(address);
    let stopping = async {
        stop.await;
        app.stop();
    };
    listen::serve(listener, router, stopping).await;
    watcher.abort();
    Ok(())
}

/// The whole service without a listener, and its state, for a folder whose campaign has no name yet.
///
/// # Errors
/// When the folder cannot be listed.
pub fn app(published: &Path) -> Result<(Router, Arc<App>), ServerError> {
    app_named(published, "", "fr")
}

fn app_named(published: &Path, name: &str, language: &str) -> Result<(Router, Arc<App>), ServerError> {
    let app = Arc::new(App::open(published, name, language)?);
    Ok((layered(routes::router(Arc::clone(&app))), app))
}

/// The layers around the routes, innermost first; tests put them around routes of their own.
pub fn layered(router: Router) -> Router {
    use axum::middleware::{from_fn, from_fn_with_state};
    router
        .layer(CatchPanicLayer::custom(problem::after_panic))
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, ANSWER_TIMEOUT))
        .layer(RequestBodyLimitLayer::new(MAX_BODY_BYTES))
        .layer(from_fn(guard::own_names_only))
        .layer(from_fn(problem::every_error_is_a_problem))
        .layer(from_fn_with_state(packed::Kept::default(), packed::once))
        .layer(CompressionLayer::new())
        .layer(from_fn(meter::measure))
        .layer(from_fn(headers::secure))
        .layer(from_fn(log::each_request))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
}

/// Looks for a newer snapshot every second, for ever.
async fn watch(app: Arc<App>) {
    let mut every = tokio::time::interval(POLL);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        let looked = Arc::clone(&app);
        let look = move || {
            let refreshed = looked.refresh();
            looked.warm_up();
            refreshed
        };
        match tokio::task::spawn_blocking(look).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the published folder could not be read again"),
            Err(error) => tracing::error!(%error, "looking for a newer snapshot failed"),
        }
        meter::upkeep();
    }
}
