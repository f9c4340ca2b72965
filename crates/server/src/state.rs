//! What all requests share: the published folder as it is now, and what was made from it.

use crate::cache::Cache;
use crate::error::ServerError;
use crate::lasso::Lasso;
use crate::meter;
use crate::problem::Problem;
use crate::search::SearchIndex;
use crate::tileset::{MANY_ROWS, Tiles};
use metrics_exporter_prometheus::PrometheusHandle;
use quartier_export::{Comparison, ExportError, HexesAt, Past, Side};
use quartier_model::{DRAW_ONE, DRAWS, Draw, Measure, ReadingId};
use quartier_snapshot::{Geography, Pointer, Published, Snapshot, SnapshotError, read_pointer};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use tokio::sync::broadcast;

/// Events that may wait for a slow listener.
const WAITING_EVENTS: usize = 16;
/// Bytes of level draws kept for rankings: a level of 35,000 areas takes 42 MB.
const DRAWS_CACHE_BYTES: usize = 128 * 1024 * 1024;
/// Bytes of surfaces of areas kept: 8 an area.
const SURFACES_CACHE_BYTES: usize = 16 * 1024 * 1024;
/// Bytes of comparisons kept: 36 an area.
const COMPARISONS_CACHE_BYTES: usize = 32 * 1024 * 1024;
/// Bytes of pieces and sums kept for lassos: 24 a piece, 420 an area of a country of 35,000, 90 of one of a million.
const LASSOS_CACHE_BYTES: usize = 256 * 1024 * 1024;
/// Bytes of search indexes kept, as estimated from the names.
const SEARCH_CACHE_BYTES: usize = 64 * 1024 * 1024;

/// What listeners of `/events` are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A snapshot was published.
    Published(u32),
    /// The server stops.
    Stop,
}

/// Whether each side is a snapshot and its name; the measure; the level; the results of two elections.
type ComparisonKey = ([(bool, String); 2], Measure, String, String);

/// The state of the server.
pub struct App {
    folder: PathBuf,
    /// Name and language until a snapshot says them.
    pub(crate) name: String,
    pub(crate) language: String,
    published: RwLock<Arc<Published>>,
    seen: Mutex<Option<Pointer>>,
    events: broadcast::Sender<Event>,
    pub(crate) recorder: PrometheusHandle,
    pub(crate) tiles: Tiles,
    level_draws: Cache<(u32, String), Arc<Vec<Draw>>>,
    surfaces: Cache<(String, String), Arc<Vec<f64>>>,
    search: Cache<String, Arc<SearchIndex>>,
    comparisons: Cache<ComparisonKey, Arc<Comparison>>,
    lassos: Cache<u32, Arc<Lasso>>,
    /// One thread at a time makes what a lasso needs: of a million areas that takes seconds.
    making_lasso: Mutex<()>,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl App {
    /// Opens a published folder.
    ///
    /// # Errors
    /// When the folder cannot be listed, or metrics cannot be recorded.
    pub(crate) fn open(folder: &Path, name: &str, language: &str) -> Result<Self, ServerError> {
        // The pointer first: what is published between the two readings is seen at the next look.
        let seen = read_pointer(folder).ok().flatten();
        let published = Published::open(folder)?;
        for damage in published.damages() {
            tracing::error!(what = damage.what, why = damage.why, "something published is damaged");
        }
        Ok(Self {
            folder: folder.to_owned(),
            name: name.to_owned(),
            language: language.to_owned(),
            published: RwLock::new(Arc::new(published)),
            seen: Mutex::new(seen),
            events: broadcast::Sender::new(WAITING_EVENTS),
            recorder: meter::recorder()?,
            tiles: Tiles::default(),
            level_draws: Cache::new(DRAWS_CACHE_BYTES),
            surfaces: Cache::new(SURFACES_CACHE_BYTES),
            search: Cache::new(SEARCH_CACHE_BYTES),
            comparisons: Cache::new(COMPARISONS_CACHE_BYTES),
            lassos: Cache::new(LASSOS_CACHE_BYTES),
            making_lasso: Mutex::new(()),
        })
    }

    /// The published folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// What is published now; hold it for the whole request.
    pub(crate) fn published(&self) -> Arc<Published> {
        Arc::clone(&self.published.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks at the pointer; where it moved, opens what it names, swaps, and tells the listeners. Blocks on the disk.
    ///
    /// # Errors
    /// When the folder cannot be read; what was served before is still served.
    pub fn refresh(&self) -> Result<(), SnapshotError> {
        let pointer = read_pointer(&self.folder)?;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if *seen == pointer {
            return Ok(());
        }
        let old = self.published();
        let new = Arc::new(old.reopen()?);
        let number = |published: &Published| published.current().map(|snapshot| snapshot.number());
        let (before, after) = (number(&old), number(&new));
        // A damaged newer snapshot falls back to an older one: never behind what is served already.
        if after < before {
            tracing::error!(?before, ?after, "the newest snapshot cannot be read; the one served stays");
            return Ok(());
        }
        *self.published.write().unwrap_or_else(PoisonError::into_inner) = new;
        *seen = pointer;
        if let Some(number) = after.filter(|_| after != before) {
            // Nobody listening is no error.
            let _ = self.events.send(Event::Published(number));
        }
        Ok(())
    }

    /// Ends the streams of events, so that the server can stop.
    pub(crate) fn stop(&self) {
        let _ = self.events.send(Event::Stop);
    }

    /// A new listener.
    pub(crate) fn listen(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// The snapshot of `current` or a number.
    ///
    /// # Errors
    /// 404 when there is none, 500 when it is damaged.
    pub(crate) async fn snapshot(&self, id: &str) -> Result<Arc<Snapshot>, Problem> {
        let published = self.published();
        if id == "current" {
            return published.current().cloned().ok_or_else(Problem::nothing_published);
        }
        // `+1` and `01` are not the number's own address.
        let number: u32 = id.parse().map_err(|_| Problem::not_found("snapshot"))?;
        if number.to_string() != id {
            return Err(Problem::not_found("snapshot"));
        }
        if let Some(current) = published.current().filter(|current| current.number() == number) {
            return Ok(Arc::clone(current));
        }
        blocking(move || published.snapshot(number).map_err(problem_of)).await
    }

    /// A geography by hash.
    ///
    /// # Errors
    /// 404 when there is none, 500 when it is damaged.
    pub(crate) async fn geography(&self, hash: &str) -> Result<Arc<Geography>, Problem> {
        let published = self.published();
        if let Some(current) = published.geography().filter(|current| current.hash() == hash) {
            return Ok(Arc::clone(current));
        }
        let hash = hash.to_owned();
        blocking(move || published.geography_by_hash(&hash).map_err(problem_of)).await
    }

    /// The draws of a level, row-major; kept for the next ranking. Blocks.
    pub(crate) fn level_draws(&self, snapshot: &Snapshot, level: usize) -> Option<Arc<Vec<Draw>>> {
        let key = (snapshot.number(), snapshot.levels().get(level)?.id.clone());
        if let Some(known) = self.level_draws.get(&key) {
            return Some(known);
        }
        let made = Arc::new(quartier_export::level_draws_of(snapshot, level)?);
        self.level_draws.put(key, Arc::clone(&made), made.len() * size_of::<Draw>());
        Some(made)
    }

    /// The draws of hexagons of a resolution, in the order of their rows; kept for the next ranking. Blocks.
    pub(crate) fn hexagon_draws(&self, snapshot: &Snapshot, resolution: u8, rows: &[usize]) -> Option<Arc<Vec<Draw>>> {
        // No level has a blank in its id.
        let key = (snapshot.number(), format!("hex {resolution}"));
        if let Some(known) = self.level_draws.get(&key).filter(|known| known.len() == rows.len() * DRAWS) {
            return Some(known);
        }
        let (lasso, hexes) = (self.lasso(snapshot)?, self.tiles.hexes(snapshot.geography())?);
        let mut made = Vec::with_capacity(rows.len() * DRAWS);
        for row in rows {
            let parts = lasso.index.of_cell(hexes.cover().cell(*row)?);
            let sums = lasso.sums(snapshot, &parts);
            let one = (sums.weight.max(1) * u64::from(DRAW_ONE)) as f64;
            let share = |group: usize, draw: usize| sums.groups[group][draw] as f64 / one;
            made.extend((0..DRAWS).map(|draw| Draw::of_shares(share(0, draw), share(1, draw), share(2, draw))));
        }
        let made = Arc::new(made);
        self.level_draws.put(key, Arc::clone(&made), made.len() * size_of::<Draw>());
        Some(made)
    }

    /// What a lasso needs of a snapshot, made when it is first drawn; `None` where the snapshot does not say where its
    /// electors are. Blocks.
    pub(crate) fn lasso(&self, snapshot: &Snapshot) -> Option<Arc<Lasso>> {
        if let Some(known) = self.lassos.get(&snapshot.number()) {
            return Some(known);
        }
        let _one = self.making_lasso.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = self.lassos.get(&snapshot.number()) {
            return Some(known);
        }
        let made = Arc::new(Lasso::of(snapshot)?);
        self.lassos.put(snapshot.number(), Arc::clone(&made), made.bytes());
        Some(made)
    }

    /// A comparison, worked out once for its sides, measure and level. Blocks.
    ///
    /// # Errors
    /// Those of [`Comparison::of`].
    pub(crate) fn comparison(
        &self,
        sides: [&Side; 2],
        measure: Measure,
        (level, hexes): (&str, Option<HexesAt>),
        past: Option<Past<'_>>,
    ) -> Result<Arc<Comparison>, ExportError> {
        // Elections are those of the snapshot's own results, or of the newest ones: their hash says which.
        let results = past.map_or_else(String::new, |past| {
            format!("{} {}", past.results.hash(), past.reading.map_or("", ReadingId::as_str))
        });
        let side = |side: &Side| (matches!(side, Side::Snapshot(_)), side.name());
        // No level has a blank in its id.
        let shown = hexes.as_ref().map_or_else(String::new, |hexes| format!(" {}", hexes.resolution));
        let key = (sides.map(side), measure, format!("{level}{shown}"), results);
        if let Some(known) = self.comparisons.get(&key) {
            return Ok(known);
        }
        let made = Arc::new(Comparison::of(sides[0], sides[1], measure, (level, hexes), past)?);
        self.comparisons.put(key, Arc::clone(&made), made.bytes());
        Ok(made)
    }

    /// Surface of each area of a level, km²; NaN without an outline. Outlines are read once a geography and level. Blocks.
    pub(crate) fn surfaces(&self, geography: &Geography, level: usize) -> Option<Arc<Vec<f64>>> {
        let level = geography.at(level)?;
        let key = (geography.hash().to_owned(), level.level.id.to_string());
        if let Some(known) = self.surfaces.get(&key) {
            return Some(known);
        }
        let of = |row: usize| quartier_export::area_km2(level, row).unwrap_or(f64::NAN);
        let made: Arc<Vec<f64>> = Arc::new((0..level.rows()).map(of).collect());
        self.surfaces.put(key, Arc::clone(&made), made.len() * size_of::<f64>());
        Some(made)
    }

    /// Reads what no request should have to: the surfaces of the levels that are ranked, and what a lasso needs where
    /// that takes seconds. Blocks.
    pub(crate) fn warm_up(&self) {
        let Some(snapshot) = self.published().current().map(Arc::clone) else { return };
        let geography = snapshot.geography();
        if snapshot.draws().len() > MANY_ROWS {
            self.lasso(&snapshot);
        }
        for level in 0..geography.levels().len() {
            self.surfaces(geography, level);
        }
    }

    /// The folded names of a geography. Blocks the first time.
    pub(crate) fn search_index(&self, geography: &Geography) -> Arc<SearchIndex> {
        let key = geography.hash().to_owned();
        if let Some(known) = self.search.get(&key) {
            return known;
        }
        let made = Arc::new(SearchIndex::of(geography));
        self.search.put(key, Arc::clone(&made), made.bytes());
        made
    }
}

/// Runs what takes long, or reads the disk, on a thread where it may.
///
/// # Errors
/// What `work` answers; 500 when it panics.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(Problem::internal(&error)),
    }
}

/// What a client is told when something published cannot be had.
pub(crate) fn problem_of(error: SnapshotError) -> Problem {
    match error {
        SnapshotError::NotFound { what, .. } => Problem::not_found(what),
        other => Problem::internal(&other),
    }
}
