//! Tiles from the compiled files of a geography and the figures of a snapshot.

use crate::cache::Cache;
use crate::conditional::tag_of;
use crate::problem::Problem;
use bytes::Bytes;
use quartier_export::Hexes;
use quartier_geometry::centre;
use quartier_model::{LevelId, Measure, flags};
use quartier_snapshot::{Geography, GeographyLevel, SharedBytes, Snapshot};
use quartier_tiles::{
    HexZooms, Lookup, Points, PreparedValues, Skeleton, SkeletonTile, TilesError, TilesetInfo, Values, geometry_tile,
    gzip, hex_features, hex_info, valued_tile,
};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of finished valued tiles kept.
const TILE_CACHE_BYTES: usize = 64 * 1024 * 1024;
/// Levels of snapshots whose values are kept encoded.
const PREPARED_LEVELS: usize = 16;
/// Tilesets kept open; the files are mapped, so one costs next to nothing.
const OPEN_TILESETS: usize = 64;
/// Bytes of the indexes of hexagons kept: about 16 a cell, and 64 a piece once its electors are looked up.
const HEXES_CACHE_BYTES: usize = 256 * 1024 * 1024;
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
    info: TilesetInfo,
    source: Source,
}

/// Where the polygons of a tileset come from.
#[derive(Debug)]
enum Source {
    Compiled(Box<Skeleton<SharedBytes>>, Option<Points<SharedBytes>>),
    Cells(Arc<Hexes>, HexZooms),
}

/// The polygons of a tile.
enum Features<'a> {
    Compiled(SkeletonTile<'a>),
    Drawn(Vec<u8>),
}

impl Features<'_> {
    fn tile(&self) -> SkeletonTile<'_> {
        match self {
            Self::Compiled(tile) => *tile,
            Self::Drawn(features) => SkeletonTile::of(features),
        }
    }
}

/// How many codes of a level say where it lies.
const PLACES: usize = 1000;

/// The cells that a level of them shows at each zoom, for the median of their distances from the equator.
pub fn hex_zooms(level: &GeographyLevel) -> HexZooms {
    let codes = &level.areas.codes;
    let some = codes.iter().step_by(codes.len().div_ceil(PLACES).max(1));
    let latitude = |code: &String| centre(u64::from_str_radix(code, 16).ok()?).map(|[_, lat]| lat.abs());
    let mut latitudes: Vec<f64> = some.filter_map(latitude).collect();
    latitudes.sort_by(f64::total_cmp);
    let zooms = HexZooms::at(latitudes.get(latitudes.len() / 2).copied().unwrap_or_default());
    level.h3.map_or(zooms, |resolution| zooms.only(resolution))
}

impl Tileset {
    /// What clients must know.
    pub fn info(&self) -> &TilesetInfo {
        &self.info
    }

    fn compiled(skeleton: SharedBytes, points: Option<SharedBytes>) -> Result<Self, TilesError> {
        let skeleton = Skeleton::open(skeleton)?;
        let info = skeleton.info().clone();
        let points = points.map(Points::open).transpose()?;
        Ok(Self { info, source: Source::Compiled(Box::new(skeleton), points) })
    }

    fn points(&self) -> Option<&Points<SharedBytes>> {
        match &self.source {
            Source::Compiled(_, points) => points.as_ref(),
            Source::Cells(..) => None,
        }
    }

    /// The polygons of a tile; `None` where there are none.
    ///
    /// # Errors
    /// 404 for a place outside the zooms.
    fn features(&self, place: Place) -> Result<Option<Features<'_>>, Problem> {
        let outside = || Problem::not_found("tile");
        match &self.source {
            Source::Compiled(skeleton, _) => match skeleton.tile(place.z, place.x, place.y) {
                Lookup::OutOfRange => Err(outside()),
                Lookup::Empty => Ok(None),
                Lookup::Tile(tile) => Ok(Some(Features::Compiled(tile))),
            },
            Source::Cells(hexes, zooms) => {
                let drawn = hex_features(hexes.cover(), *zooms, (place.z, place.x, place.y)).ok_or_else(outside)?;
                Ok((!drawn.is_empty()).then_some(Features::Drawn(drawn)))
            }
        }
    }
}

/// The tilesets, encoded values and finished tiles that are kept.
#[derive(Debug)]
pub struct Tiles {
    open: Cache<(String, String), Arc<Tileset>>,
    hexes: Cache<String, Arc<Hexes>>,
    prepared: Cache<(u32, String), Arc<PreparedValues>>,
    finished: Cache<(u32, String, Place), Tile>,
    /// One thread at a time opens or prepares, so that a first view does the work once.
    making: Mutex<()>,
}

impl Default for Tiles {
    fn default() -> Self {
        Self {
            open: Cache::new(OPEN_TILESETS),
            hexes: Cache::new(HEXES_CACHE_BYTES),
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
        let missing = || Problem::not_found("tileset");
        let areas = geography.level_or_hexes(level).ok_or_else(missing)?;
        let key = (geography.hash().to_owned(), level.to_owned());
        if let Some(open) = self.open.get(&key) {
            return Ok(open);
        }
        let _one = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = self.open.get(&key) {
            return Ok(open);
        }
        let opened = if areas.is_of_cells() {
            let zooms = hex_zooms(areas);
            let hexes = if areas.h3.is_some() { Hexes::of_level(areas).map(Arc::new) } else { self.hexes(geography) };
            let hexes = hexes.ok_or_else(missing)?;
            let info = hex_info(level, hexes.cover(), zooms, geography.manifest().bounds, geography.hash());
            Tileset { info, source: Source::Cells(hexes, zooms) }
        } else {
            let skeleton = areas.skeleton.clone().ok_or_else(missing)?;
            let compiled = Tileset::compiled(skeleton, areas.label_points.clone());
            compiled.map_err(|error| Problem::internal(&error))?
        };
        let opened = Arc::new(opened);
        self.open.put(key, Arc::clone(&opened), 1);
        Ok(opened)
    }

    /// The hexagons of a geography, indexed when first asked for; `None` where it has none. Blocks.
    pub fn hexes(&self, geography: &Geography) -> Option<Arc<Hexes>> {
        let key = geography.hash().to_owned();
        if let Some(known) = self.hexes.get(&key) {
            return Some(known);
        }
        let made = Arc::new(Hexes::of(geography)?);
        let pieces = geography.ground().map_or(0, |ground| ground.pieces.len());
        self.hexes.put(key, Arc::clone(&made), 16 * made.cover().len() + 64 * pieces);
        Some(made)
    }

    /// A tile of polygons and label points. Blocks.
    ///
    /// # Errors
    /// 404 for an unknown tileset or a place outside its zooms; 500 for damage.
    pub fn geometry(&self, geography: &Geography, level: &str, place: Place) -> Result<Tile, Problem> {
        let tileset = self.tileset(geography, level)?;
        match tileset.features(place)? {
            None => Ok(Tile::Empty),
            Some(features) => {
                finish(&geometry_tile(level, features.tile(), tileset.points(), (place.z, place.x, place.y)))
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
        let Some(features) = tileset.features(place)? else { return Ok(Tile::Empty) };
        let key = (snapshot.number(), level.to_owned(), place);
        if let Some(finished) = self.finished.get(&key) {
            return Ok(finished);
        }
        let values = self.values(snapshot, level, features.tile())?;
        let tile = finish(&valued_tile(level, features.tile(), &values).map_err(|error| Problem::internal(&error))?)?;
        let bytes = if let Tile::Gzipped(bytes, _) = &tile { bytes.len() } else { 0 };
        self.finished.put(key, tile.clone(), bytes + level.len() + size_of::<Tile>());
        Ok(tile)
    }

    /// The values of a level; of one that is painted from its tiles, which may have a million areas, those of the tile.
    fn values(&self, snapshot: &Snapshot, level: &str, tile: SkeletonTile<'_>) -> Result<Arc<PreparedValues>, Problem> {
        let values = LevelProperties::of(snapshot, level).ok_or_else(|| Problem::not_found("tileset"))?;
        if !paints(values.estimates.level) {
            return self.prepared(snapshot, level, &values);
        }
        Ok(Arc::new(PreparedValues::of_tile(&values, tile).map_err(|error| Problem::internal(&error))?))
    }

    fn prepared(
        &self,
        snapshot: &Snapshot,
        level: &str,
        values: &LevelProperties<'_>,
    ) -> Result<Arc<PreparedValues>, Problem> {
        let key = (snapshot.number(), level.to_owned());
        if let Some(prepared) = self.prepared.get(&key) {
            return Ok(prepared);
        }
        let _one = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(prepared) = self.prepared.get(&key) {
            return Ok(prepared);
        }
        let prepared = Arc::new(PreparedValues::new(values));
        self.prepared.put(key, Arc::clone(&prepared), 1);
        Ok(prepared)
    }
}

fn finish(tile: &[u8]) -> Result<Tile, Problem> {
    let bytes = gzip(tile, GZIP_LEVEL).map_err(|error| Problem::internal(&error))?;
    let tag = format!("W/{}", tag_of(&bytes));
    Ok(Tile::Gzipped(bytes.into(), tag.into()))
}

/// Rows of a level from which on it is never sent whole.
pub(crate) const MANY_ROWS: usize = 100_000;

/// The properties of valued tiles: each measure, with `_low` and `_high`; with `_spread` where the page is painted by
/// them, as it judges by that how sure a colour is.
struct LevelProperties<'a> {
    estimates: quartier_export::Estimates<'a>,
    names: Vec<String>,
    measures: Vec<Measure>,
    ends: &'static [&'static str],
}

/// Whether the page, too, paints a level by the properties of its tiles.
fn paints(level: &GeographyLevel) -> bool {
    level.level.id == LevelId::hex() || level.rows() > MANY_ROWS
}

impl<'a> LevelProperties<'a> {
    fn of(snapshot: &'a Snapshot, level: &str) -> Option<Self> {
        let estimates = quartier_export::Estimates::of(snapshot, level).ok()?;
        let measures = estimates.measures();
        let ends: &[&str] =
            if paints(estimates.level) { &["", "_low", "_high", "_spread"] } else { &["", "_low", "_high"] };
        let names = measures.iter().flat_map(|measure| ends.iter().map(|end| format!("{}{end}", measure.id())));
        Some(Self { names: names.collect(), estimates, measures, ends })
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
    fn moved_baseline(&self, row: u32) -> bool {
        self.estimates.values.flags(row as usize) & flags::MOVED_BASELINE != 0
    }
    fn properties(&self) -> &[String] {
        &self.names
    }
    fn thousandths(&self, row: u32, property: usize) -> Option<i16> {
        let (measure, end) = (property / self.ends.len(), property % self.ends.len());
        let figure = self.estimates.values.figure(*self.measures.get(measure)?, row as usize)?;
        Some([figure.value, figure.low, figure.high, figure.spread][end])
    }
}
