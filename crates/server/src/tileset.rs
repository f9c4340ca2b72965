//! Tiles from the compiled files of a geography and the figures of a snapshot.

use crate::cache::Cache;
use crate::conditional::tag_of;
use crate::problem::Problem;
use bytes::Bytes;
use quartier_model::{Measure, flags};
use quartier_snapshot::{Geography, SharedBytes, Snapshot};
use quartier_tiles::{Lookup, Points, PreparedValues, Skeleton, Values, geometry_tile, gzip, valued_tile};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of finished valued tiles kept.
const TILE_CACHE_BYTES: usize = 64 * 1024 * 1024;
/// Levels of snapshots whose values are kept encoded.
const PREPARED_LEVELS: usize = 16;
/// Tilesets kept open; the files are mapped, so one costs next to nothing.
const OPEN_TILESETS: usize = 64;
/// Effort of gzip: a tile is compressed once and then kept.
const GZIP_LEVEL: u32 = 5;

/// The place of a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// Zoom.
    pub z: u8,
    /// Column.
    pub x: u32,
    /// Row.
    pub y: u32,
}

/// A tile as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tile {
    /// Gzipped bytes and their weak tag: the same tile may go unpacked.
    Gzipped(Bytes, Arc<str>),
    /// Nothing there: 204.
    Empty,
}

/// An opened tileset.
#[derive(Debug)]
pub struct Tileset {
    /// Polygons.
    pub skeleton: Skeleton<SharedBytes>,
    points: Option<Points<SharedBytes>>,
}

/// The tilesets, encoded values and finished tiles that are kept.
#[derive(Debug)]
pub struct Tiles {
    open: Cache<(String, String), Arc<Tileset>>,
    prepared: Cache<(u32, String), Arc<PreparedValues>>,
    finished: Cache<(u32, String, Place), Tile>,
    /// One thread at a time opens or prepares, so that a first view does the work once.
    making: Mutex<()>,
}

impl Default for Tiles {
    fn default() -> Self {
        Self {
            open: Cache::new(OPEN_TILESETS),
            prepared: Cache::new(PREPARED_LEVELS),
            finished: Cache::new(TILE_CACHE_BYTES),
            making: Mutex::new(()),
        }
    }
}

impl Tiles {
    /// The tileset of a level, opened and checked when first asked for. Blocks.
    ///
    /// # Errors
    /// 404 where the level does not exist or has no geometry; 500 where a file is damaged.
    pub fn tileset(&self, geography: &Geography, level: &str) -> Result<Arc<Tileset>, Problem> {
        let areas = geography.level(level).ok_or_else(|| Problem::not_found("tileset"))?;
        let skeleton = areas.skeleton.clone().ok_or_else(|| Problem::not_found("tileset"))?;
        let key = (geography.hash().to_owned(), level.to_owned());
        if let Some(open) = self.open.get(&key) {
            return Ok(open);
        }
        let _one = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = self.open.get(&key) {
            return Ok(open);
        }
        let skeleton = Skeleton::open(skeleton).map_err(|error| Problem::internal(&error))?;
        let points = areas.label_points.clone().map(Points::open).transpose();
        let points = points.map_err(|error| Problem::internal(&error))?;
        let opened = Arc::new(Tileset { skeleton, points });
        self.open.put(key, Arc::clone(&opened), 1);
        Ok(opened)
    }

    /// A tile of polygons and label points. Blocks.
    ///
    /// # Errors
    /// 404 for an unknown tileset or a place outside its zooms; 500 for damage.
    pub fn geometry(&self, geography: &Geography, level: &str, place: Place) -> Result<Tile, Problem> {
        let tileset = self.tileset(geography, level)?;
        match tileset.skeleton.tile(place.z, place.x, place.y) {
            Lookup::OutOfRange => Err(Problem::not_found("tile")),
            Lookup::Empty => Ok(Tile::Empty),
            Lookup::Tile(tile) => {
                finish(&geometry_tile(level, tile, tileset.points.as_ref(), (place.z, place.x, place.y)))
            }
        }
    }

    /// A valued tile that is kept; takes no longer than the look.
    pub fn kept(&self, snapshot: &Snapshot, level: &str, place: Place) -> Option<Tile> {
        self.finished.get(&(snapshot.number(), level.to_owned(), place))
    }

    /// A tile of polygons with the figures of a snapshot. Blocks.
    ///
    /// # Errors
    /// As [`Self::geometry`].
    pub fn valued(&self, snapshot: &Snapshot, level: &str, place: Place) -> Result<Tile, Problem> {
        let tileset = self.tileset(snapshot.geography(), level)?;
        let skeleton = match tileset.skeleton.tile(place.z, place.x, place.y) {
            Lookup::OutOfRange => return Err(Problem::not_found("tile")),
            Lookup::Empty => return Ok(Tile::Empty),
            Lookup::Tile(skeleton) => skeleton,
        };
        let key = (snapshot.number(), level.to_owned(), place);
        if let Some(finished) = self.finished.get(&key) {
            return Ok(finished);
        }
        let values = self.prepared(snapshot, level)?;
        let tile = finish(&valued_tile(level, skeleton, &values).map_err(|error| Problem::internal(&error))?)?;
        let bytes = if let Tile::Gzipped(bytes, _) = &tile { bytes.len() } else { 0 };
        self.finished.put(key, tile.clone(), bytes + level.len() + size_of::<Tile>());
        Ok(tile)
    }

    fn prepared(&self, snapshot: &Snapshot, level: &str) -> Result<Arc<PreparedValues>, Problem> {
        let key = (snapshot.number(), level.to_owned());
        if let Some(prepared) = self.prepared.get(&key) {
            return Ok(prepared);
        }
        let _one = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(prepared) = self.prepared.get(&key) {
            return Ok(prepared);
        }
        let values = LevelProperties::of(snapshot, level).ok_or_else(|| Problem::not_found("tileset"))?;
        let prepared = Arc::new(PreparedValues::new(&values));
        self.prepared.put(key, Arc::clone(&prepared), 1);
        Ok(prepared)
    }
}

fn finish(tile: &[u8]) -> Result<Tile, Problem> {
    let bytes = gzip(tile, GZIP_LEVEL).map_err(|error| Problem::internal(&error))?;
    let tag = format!("W/{}", tag_of(&bytes));
    Ok(Tile::Gzipped(bytes.into(), tag.into()))
}

/// The properties of valued tiles: each measure, with `_low` and `_high`.
struct LevelProperties<'a> {
    estimates: quartier_export::Estimates<'a>,
    names: Vec<String>,
    measures: Vec<Measure>,
}

impl<'a> LevelProperties<'a> {
    fn of(snapshot: &'a Snapshot, level: &str) -> Option<Self> {
        let estimates = quartier_export::Estimates::of(snapshot, level).ok()?;
        let measures = estimates.measures();
        let names =
            measures.iter().flat_map(|measure| ["", "_low", "_high"].map(|end| format!("{}{end}", measure.id())));
        Some(Self { estimates, names: names.collect(), measures })
    }
}

impl Values for LevelProperties<'_> {
    fn rows(&self) -> u32 {
        self.estimates.level.rows() as u32
    }
    fn level(&self) -> &str {
        self.estimates.level.level.id.as_str()
    }
    fn code(&self, row: u32) -> &str {
        self.estimates.level.code(row as usize).unwrap_or_default()
    }
    fn name(&self, row: u32) -> &str {
        self.estimates.level.name(row as usize).unwrap_or_default()
    }
    fn parent(&self, row: u32) -> Option<&str> {
        self.estimates.above?.code(self.estimates.level.parent(row as usize)? as usize)
    }
    fn electors(&self, row: u32) -> Option<u32> {
        self.estimates.values.electors(row as usize).known()
    }
    fn pooled(&self, row: u32) -> bool {
        self.estimates.values.flags(row as usize) & flags::POOLED != 0
    }
    fn properties(&self) -> &[String] {
        &self.names
    }
    fn thousandths(&self, row: u32, property: usize) -> Option<i16> {
        let figure = self.estimates.values.figure(*self.measures.get(property / 3)?, row as usize)?;
        Some([figure.value, figure.low, figure.high][property % 3])
    }
}
