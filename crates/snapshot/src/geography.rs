//! A geography: areas, parents, names, outlines, neighbours and tile skeletons, by content hash.

use crate::FORMAT;
use crate::directory::{DirectoryWriter, Files, open_checked, open_manifest};
use crate::error::{Result, SnapshotError};
use crate::groupings::{self, Grouping, GroupingContent, GroupingManifest};
use crate::map::SharedBytes;
use crate::packed::{Neighbours, Outlines};
use crate::pieces::{Pieces, PiecesContent};
use quartier_model::{AreaCode, Electors, Level, LevelId, Tree};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::{Path, PathBuf};

const MANIFEST: &str = "geography.json";
const PIECES: &str = "pieces.qvt";
const HEXES: &str = "areas-hex.json";

/// One level to be published. All vectors are in row order: sorted by code, byte order.
#[derive(Debug, Clone)]
pub struct LevelContent {
    /// Id and labels.
    pub level: Level,
    /// Codes, strictly ascending.
    pub codes: Vec<AreaCode>,
    /// Names.
    pub names: Vec<String>,
    /// Row of the parent in the next coarser level; `None`: the root.
    pub parents: Vec<Option<u32>>,
    /// Electors.
    pub electors: Vec<Electors>,
    /// Pole of inaccessibility, longitude and latitude in degrees.
    pub points: Vec<Option<[f64; 2]>>,
    /// West, south, east, north in degrees; west is above east across the antimeridian.
    pub bounds: Vec<Option<[f64; 4]>>,
    /// The resolution of the H3 cells of which the level is made; their outlines follow from the codes, and are not here.
    pub h3: Option<u8>,
    /// WKB of the imported polygon, WGS 84.
    pub outlines: Vec<Option<Vec<u8>>>,
    /// Rows that touch; empty vectors where unknown.
    pub neighbours: Vec<Vec<u32>>,
    /// The compiled tiles; `None` for a level without geometry.
    pub tileset: Option<TilesetContent>,
}

/// The compiled tiles of a level, opaque here.
#[derive(Debug, Clone)]
pub struct TilesetContent {
    /// What the server must know of the tileset (zooms, bounds...), opaque here.
    pub info: Value,
    /// Hash of all that the skeleton was compiled from: two levels with the same one have the same skeleton.
    pub geometry: String,
    /// Polygons; `None` where [`find_skeleton`] found the files of an earlier geography, to be linked.
    pub skeleton: Option<Vec<u8>>,
    /// Label points; always given, as names and electors may move while polygons do not.
    pub points: Vec<u8>,
}

/// A geography to be published.
#[derive(Debug, Clone)]
pub struct GeographyContent {
    /// Levels, coarse to fine.
    pub levels: Vec<LevelContent>,
    /// West, south, east, north of the whole.
    pub bounds: Option<[f64; 4]>,
    /// Whom to credit, from the campaign's configuration.
    pub attribution: Vec<String>,
    /// Where electors are, and the hexagons in which they are shown.
    pub ground: Option<GroundContent>,
    /// Sets of areas that are no level.
    pub groupings: Vec<GroupingContent>,
}

/// Where electors are, to be published.
#[derive(Debug, Clone)]
pub struct GroundContent {
    /// The pieces.
    pub pieces: PiecesContent,
    /// The hexagons, in the order of their index, which is that of their codes. Their outlines follow from the index:
    /// the content has none, no neighbours and no tileset.
    pub hexes: LevelContent,
}

impl GeographyContent {
    /// The content hash that names the directory: 32 hexadecimal digits over everything published in it.
    pub fn hash(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        let mut put = |part: &[u8]| {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        };
        put(&FORMAT.to_le_bytes());
        put(format!("{:?} {:?}", self.bounds, self.attribution).as_bytes());
        if let Some(ground) = &self.ground {
            // The hexagons follow from the pieces and from those that were there before.
            ground.pieces.put(&mut put);
            ground.hexes.codes.iter().for_each(|code| put(code.as_str().as_bytes()));
        }
        self.groupings.iter().for_each(|grouping| grouping.put(&mut put));
        for level in self.levels.iter().chain(self.groupings.iter().map(|grouping| &grouping.areas)) {
            put(format!("{:?} {}", level.level, level.codes.len()).as_bytes());
            level.h3.into_iter().for_each(|resolution| put(&[resolution]));
            for row in 0..level.codes.len() {
                put(level.codes[row].as_str().as_bytes());
                put(level.names.get(row).map_or("", String::as_str).as_bytes());
                let rest =
                    (level.parents.get(row), level.electors.get(row), level.points.get(row), level.bounds.get(row));
                put(format!("{rest:?}").as_bytes());
                put(level.outlines.get(row).and_then(Option::as_deref).unwrap_or_default());
                put(format!("{:?}", level.neighbours.get(row)).as_bytes());
            }
            if let Some(tileset) = &level.tileset {
                put(tileset.geometry.as_bytes());
                put(tileset.info.to_string().as_bytes());
                put(&tileset.points);
            }
        }
        hasher.finalize().to_hex().as_str()[..32].to_owned()
    }

    fn check(&self) -> Result<()> {
        let refuse = |level: &LevelContent, why: &str| {
            Err(SnapshotError::Unpublishable(format!("level {}: {why}", level.level.id)))
        };
        let groupings = self.groupings.iter().map(|grouping| &grouping.areas);
        for level in self.levels.iter().chain(self.ground.iter().map(|ground| &ground.hexes)).chain(groupings) {
            let rows = level.codes.len();
            let lengths = [
                level.names.len(),
                level.parents.len(),
                level.electors.len(),
                level.points.len(),
                level.bounds.len(),
                level.outlines.len(),
                level.neighbours.len(),
            ];
            if lengths.iter().any(|length| *length != rows) {
                return refuse(level, &format!("columns of {lengths:?} rows, expected {rows}"));
            }
            if !level.codes.is_sorted_by(|a, b| a < b) {
                return refuse(level, "the codes are not strictly ascending");
            }
            if level.h3.is_some() && level.outlines.iter().any(Option::is_some) {
                return refuse(level, "it is made of cells, and an area has an outline of its own");
            }
            if level.neighbours.iter().flatten().any(|other| *other as usize >= rows) {
                return refuse(level, "a neighbour is no row");
            }
        }
        let parents: Vec<_> = self.levels.iter().map(|level| level.parents.clone()).collect();
        let tree = Tree::new(&parents).map_err(|error| SnapshotError::Unpublishable(error.to_string()))?;
        for (at, grouping) in self.groupings.iter().enumerate() {
            grouping.check(tree.leaves().count())?;
            let id = &grouping.areas.level.id;
            let others = self.groupings[..at].iter().map(|other| &other.areas);
            if self.levels.iter().chain(others).any(|other| other.level.id == *id) {
                return refuse(&grouping.areas, "another level or grouping has this id");
            }
        }
        if let Some(ground) = &self.ground {
            ground.pieces.check(tree.leaves().count())?;
            if ground.hexes.parents.iter().any(Option::is_some) {
                return refuse(&ground.hexes, "a hexagon has a parent, and no level is above it");
            }
        }
        Ok(())
    }
}

/// `geography.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GeographyManifest {
    /// See [`FORMAT`].
    pub format: u32,
    /// The content hash, which is the directory's name.
    pub hash: String,
    /// Levels, coarse to fine.
    pub levels: Vec<LevelManifest>,
    /// West, south, east, north of the whole.
    pub bounds: Option<[f64; 4]>,
    /// Whom to credit.
    pub attribution: Vec<String>,
    /// Number of hexagons; without it, a geography from before there were pieces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hexes: Option<usize>,
    /// Sets of areas that are no level, in the order in which they were imported.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groupings: Vec<GroupingManifest>,
    /// The other files.
    pub files: Files,
}

/// A level in `geography.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LevelManifest {
    /// Id and labels.
    #[serde(flatten)]
    pub level: Level,
    /// Number of areas.
    pub count: usize,
    /// The resolution of the H3 cells of which it is made: it has no file of outlines and no tiles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub h3: Option<u8>,
    /// Its tiles.
    pub tileset: Option<TilesetManifest>,
}

/// A tileset in `geography.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TilesetManifest {
    /// As [`TilesetContent::geometry`].
    pub geometry: String,
    /// As [`TilesetContent::info`].
    pub info: Value,
}

/// The areas table as it goes over the wire, and as it lies on disk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AreasTable {
    /// Hash of the geography.
    pub geography: String,
    /// Id of the level.
    pub level: String,
    /// Id of the next coarser level.
    pub parent_level: Option<String>,
    /// Number of rows.
    pub count: usize,
    /// Codes, ascending.
    pub codes: Vec<String>,
    /// Names.
    pub names: Vec<String>,
    /// Row of the parent; -1: the root.
    pub parents: Vec<i64>,
    /// Electors; `null`: unknown.
    pub electors: Vec<Option<u32>>,
    /// Longitude, latitude of each row, 5 decimals.
    pub points: Vec<Option<f64>>,
    /// West, south, east, north of each row, 5 decimals.
    pub bounds: Vec<Option<f64>>,
}

impl AreasTable {
    /// Some rows, in the order asked for; `None` where there is no such row.
    pub fn of_rows(&self, rows: &[usize]) -> Option<Self> {
        fn picked<T: Clone>(all: &[T], rows: &[usize], each: usize) -> Option<Vec<T>> {
            let own = |row: &usize| all.get(row.checked_mul(each)?..row.checked_add(1)?.checked_mul(each)?);
            Some(rows.iter().map(own).collect::<Option<Vec<_>>>()?.concat())
        }
        Some(Self {
            geography: self.geography.clone(),
            level: self.level.clone(),
            parent_level: self.parent_level.clone(),
            count: rows.len(),
            codes: picked(&self.codes, rows, 1)?,
            names: picked(&self.names, rows, 1)?,
            parents: picked(&self.parents, rows, 1)?,
            electors: picked(&self.electors, rows, 1)?,
            points: picked(&self.points, rows, 2)?,
            bounds: picked(&self.bounds, rows, 4)?,
        })
    }
}

fn areas_table(level: &LevelContent, above: Option<&LevelContent>, hash: &str) -> AreasTable {
    fn flat<const N: usize>(rows: &[Option<[f64; N]>]) -> Vec<Option<f64>> {
        // 5 decimals of a degree are about a metre.
        let round = |degrees: f64| (degrees * 1e5).round() / 1e5;
        rows.iter().flat_map(|row| row.map_or([None; N], |numbers| numbers.map(|number| Some(round(number))))).collect()
    }
    AreasTable {
        geography: hash.to_owned(),
        level: level.level.id.to_string(),
        parent_level: above.map(|above| above.level.id.to_string()),
        count: level.codes.len(),
        codes: level.codes.iter().map(ToString::to_string).collect(),
        names: level.names.clone(),
        parents: level.parents.iter().map(|parent| parent.map_or(-1, i64::from)).collect(),
        electors: level.electors.iter().map(|electors| electors.known()).collect(),
        points: flat(&level.points),
        bounds: flat(&level.bounds),
    }
}

/// Publishes a geography under `<folder>/geographies/<hash>`, or finds it there; gives its hash.
///
/// # Errors
/// When columns do not fit together, a skeleton to link is gone, or the disk refuses.
pub fn write_geography(folder: &Path, content: &GeographyContent) -> Result<String> {
    content.check()?;
    let hash = content.hash();
    let parent = folder.join("geographies");
    if parent.join(&hash).exists() {
        if Geography::open(&parent.join(&hash), None).is_ok() {
            return Ok(hash);
        }
        // A damaged one under our own hash: it may be rebuilt, since its content is known again.
        set_aside(&parent.join(&hash))?;
    }
    let mut writer = DirectoryWriter::create(&parent)?;
    let mut levels = Vec::new();
    for (at, level) in content.levels.iter().enumerate() {
        let above = at.checked_sub(1).map(|above| &content.levels[above]);
        levels.push(write_level(&mut writer, folder, level, areas_table(level, above, &hash))?);
    }
    let mut groupings = Vec::new();
    for grouping in &content.groupings {
        let table = areas_table(&grouping.areas, None, &hash);
        let areas = write_level(&mut writer, folder, &grouping.areas, table)?;
        let file = groupings::file_of(grouping.areas.level.id.as_str());
        writer.write(&file, |out| grouping.table().write_to(out))?;
        groupings.push(GroupingManifest { areas, facts: grouping.facts.clone() });
    }
    if let Some(GroundContent { pieces, hexes }) = &content.ground {
        writer.write(PIECES, |out| pieces.table().write_to(out))?;
        let table = areas_table(hexes, None, &hash);
        writer.write(HEXES, |out| Ok(serde_json::to_writer(out, &table)?))?;
    }
    let manifest = GeographyManifest {
        format: FORMAT,
        hash: hash.clone(),
        levels,
        bounds: content.bounds,
        attribution: content.attribution.clone(),
        hexes: content.ground.as_ref().map(|ground| ground.hexes.codes.len()),
        groupings,
        files: writer.files().clone(),
    };
    let bytes = serde_json::to_vec_pretty(&manifest).expect("a manifest is plain JSON");
    match writer.finish(&hash, MANIFEST, &bytes) {
        // Somebody published the same content meanwhile.
        Ok(_) | Err(SnapshotError::Conflict { .. }) => Ok(hash),
        Err(error) => Err(error),
    }
}

/// Writes the files of a level, or of the areas of a grouping.
fn write_level(
    writer: &mut DirectoryWriter,
    folder: &Path,
    level: &LevelContent,
    table: AreasTable,
) -> Result<LevelManifest> {
    let id = &level.level.id;
    writer.write(&format!("areas-{id}.json"), |out| Ok(serde_json::to_writer(out, &table)?))?;
    if level.h3.is_none() {
        writer.write(&format!("outlines-{id}.bin"), |out| Outlines::write(&level.outlines, out))?;
    }
    writer.write(&format!("neighbours-{id}.bin"), |out| Neighbours::write(&level.neighbours, out))?;
    let mut tileset = None;
    if let Some(tiles) = &level.tileset {
        let name = format!("tiles-{id}.qsk");
        match &tiles.skeleton {
            Some(skeleton) => writer.write(&name, |out| out.write_all(skeleton))?,
            None => {
                let existing = find_skeleton(folder, &tiles.geometry)
                    .ok_or_else(|| SnapshotError::NotFound { what: "tile skeleton", name: tiles.geometry.clone() })?;
                writer.link(&name, &existing)?;
            }
        }
        writer.write(&format!("points-{id}.qpt"), |out| out.write_all(&tiles.points))?;
        tileset = Some(TilesetManifest { geometry: tiles.geometry.clone(), info: tiles.info.clone() });
    }
    Ok(LevelManifest { level: level.level.clone(), count: level.codes.len(), h3: level.h3, tileset })
}

/// Moves a damaged directory out of the way, kept for whoever wants to look at it.
pub(crate) fn set_aside(path: &Path) -> Result<()> {
    for number in 1.. {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".damaged-{number}"));
        let target = path.with_file_name(name);
        if !target.exists() {
            return std::fs::rename(path, &target).map_err(SnapshotError::io(path));
        }
    }
    Ok(())
}

/// The skeleton file of a published geography that was compiled from the same geometry, whole by its checksum.
pub fn find_skeleton(folder: &Path, geometry: &str) -> Option<PathBuf> {
    let directories = std::fs::read_dir(folder.join("geographies")).ok()?;
    directories.flatten().filter(|entry| !entry.file_name().to_string_lossy().starts_with('.')).find_map(|entry| {
        let folder = entry.path();
        let manifest = read_manifest(&folder, None).ok()?;
        let groupings = manifest.groupings.iter().map(|grouping| &grouping.areas);
        let level = manifest
            .levels
            .iter()
            .chain(groupings)
            .find(|level| level.tileset.as_ref().is_some_and(|tileset| tileset.geometry == geometry))?;
        let name = format!("tiles-{}.qsk", level.level.id);
        open_checked(&folder, &manifest.files, &name).ok()?;
        Some(folder.join(name))
    })
}

fn read_manifest(folder: &Path, blake3: Option<&str>) -> Result<GeographyManifest> {
    let path = folder.join(MANIFEST);
    let bytes = open_manifest(&path, blake3)?;
    let manifest: GeographyManifest =
        serde_json::from_slice(&bytes).map_err(|error| SnapshotError::damaged(&path, error.to_string()))?;
    if manifest.format != FORMAT {
        return Err(SnapshotError::damaged(&path, format!("format {}, expected {FORMAT}", manifest.format)));
    }
    Ok(manifest)
}

/// A published geography, checked and mapped.
#[derive(Debug)]
pub struct Geography {
    manifest: GeographyManifest,
    manifest_blake3: String,
    folder: PathBuf,
    levels: Vec<GeographyLevel>,
    tree: Tree,
    ground: Option<Ground>,
    groupings: Vec<Grouping>,
}

/// Where the electors of a geography are.
#[derive(Debug)]
pub struct Ground {
    /// The pieces.
    pub pieces: Pieces,
    /// The hexagons, as a level: without stored outlines, since those follow from the index.
    pub hexes: GeographyLevel,
}

/// One level of a geography.
#[derive(Debug)]
pub struct GeographyLevel {
    /// Id and labels.
    pub level: Level,
    /// The areas, in row order.
    pub areas: AreasTable,
    /// The areas table as it goes over the wire.
    pub areas_json: SharedBytes,
    /// The resolution of the H3 cells of which it is made, their codes; the hexagons are of several, and have none.
    pub h3: Option<u8>,
    /// Imported polygons.
    pub outlines: Outlines,
    /// Who touches whom.
    pub neighbours: Neighbours,
    /// What the server must know of the tileset.
    pub tileset: Option<TilesetManifest>,
    /// Polygons of the tiles, opaque.
    pub skeleton: Option<SharedBytes>,
    /// Label points of the tiles, opaque.
    pub label_points: Option<SharedBytes>,
}

impl GeographyLevel {
    /// Whether its codes are H3 cells, from which outlines follow.
    pub fn is_of_cells(&self) -> bool {
        self.h3.is_some() || self.level.id == LevelId::hex()
    }

    /// Number of areas.
    pub fn rows(&self) -> usize {
        self.areas.count
    }

    /// The row of a code.
    pub fn row(&self, code: &str) -> Option<usize> {
        self.areas.codes.binary_search_by(|own| own.as_str().cmp(code)).ok()
    }

    /// The code of a row; `None` beyond the end, like all that follow.
    pub fn code(&self, row: usize) -> Option<&str> {
        self.areas.codes.get(row).map(String::as_str)
    }

    /// The name of a row.
    pub fn name(&self, row: usize) -> Option<&str> {
        self.areas.names.get(row).map(String::as_str)
    }

    /// The parent's row in the next coarser level; `None`: the root.
    pub fn parent(&self, row: usize) -> Option<u32> {
        self.areas.parents.get(row).and_then(|parent| u32::try_from(*parent).ok())
    }

    /// Electors of a row.
    pub fn electors(&self, row: usize) -> Electors {
        self.areas.electors.get(row).copied().flatten().map_or(Electors::Unknown, Electors::Known)
    }

    /// Pole of inaccessibility: longitude, latitude.
    pub fn point(&self, row: usize) -> Option<[f64; 2]> {
        let numbers = self.areas.points.get(row * 2..row * 2 + 2)?;
        Some([numbers[0]?, numbers[1]?])
    }

    /// West, south, east, north.
    pub fn bounds(&self, row: usize) -> Option<[f64; 4]> {
        let numbers = self.areas.bounds.get(row * 4..row * 4 + 4)?;
        Some([numbers[0]?, numbers[1]?, numbers[2]?, numbers[3]?])
    }
}

impl Geography {
    /// Opens and checks every file of a geography.
    ///
    /// # Errors
    /// [`SnapshotError::Damaged`] when a checksum or a structure is wrong.
    pub fn open(folder: &Path, blake3: Option<&str>) -> Result<Self> {
        let manifest = read_manifest(folder, blake3)?;
        let manifest_blake3 = blake3::hash(&open_manifest(&folder.join(MANIFEST), None)?).to_hex().to_string();
        let mut levels = Vec::new();
        for level in &manifest.levels {
            levels.push(open_level(folder, &manifest, level)?);
        }
        let parents: Vec<Vec<Option<u32>>> =
            levels.iter().map(|level| (0..level.rows()).map(|row| level.parent(row)).collect()).collect();
        let tree = Tree::new(&parents).map_err(|error| SnapshotError::damaged(folder, error.to_string()))?;
        let ground =
            manifest.hexes.map(|count| open_ground(folder, &manifest, count, tree.leaves().count())).transpose()?;
        let leaves = tree.leaves().count();
        let mut groupings = Vec::new();
        for grouping in &manifest.groupings {
            let areas = open_level(folder, &manifest, &grouping.areas)?;
            let name = groupings::file_of(areas.level.id.as_str());
            let bytes = open_checked(folder, &manifest.files, &name)?;
            groupings.push(groupings::open(bytes, &folder.join(name), (areas, grouping.facts.clone()), leaves)?);
        }
        Ok(Self { manifest, manifest_blake3, folder: folder.to_owned(), levels, tree, ground, groupings })
    }

    /// The content hash.
    pub fn hash(&self) -> &str {
        &self.manifest.hash
    }

    /// What `geography.json` says.
    pub fn manifest(&self) -> &GeographyManifest {
        &self.manifest
    }

    /// BLAKE3 of `geography.json`.
    pub fn manifest_blake3(&self) -> &str {
        &self.manifest_blake3
    }

    /// Where it lies.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Levels, coarse to fine.
    pub fn levels(&self) -> &[GeographyLevel] {
        &self.levels
    }

    /// Parents by position.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Where electors are; `None` in a geography from before there were pieces.
    pub fn ground(&self) -> Option<&Ground> {
        self.ground.as_ref()
    }

    /// The level that `hex` names where there are hexagons, else one of the levels or groupings.
    pub fn level_or_hexes(&self, level: &str) -> Option<&GeographyLevel> {
        match &self.ground {
            Some(ground) if level == ground.hexes.level.id.as_str() => Some(&ground.hexes),
            _ => self.level(level),
        }
    }

    /// Sets of areas that are no level.
    pub fn groupings(&self) -> &[Grouping] {
        &self.groupings
    }

    /// The levels, coarse to fine, then the areas of the groupings: what figures are shown of, in the order of
    /// [`Self::position`].
    pub fn all_levels(&self) -> impl Iterator<Item = &GeographyLevel> {
        self.levels.iter().chain(self.groupings.iter().map(|grouping| &grouping.areas))
    }

    /// The position of a level, 0 the coarsest; that of a grouping follows those of the levels.
    pub fn position(&self, level: &str) -> Option<usize> {
        self.all_levels().position(|own| own.level.id.as_str() == level)
    }

    /// The position of the hexagons, behind those of [`Self::position`]; there is something only where there are any.
    pub fn hexes_position(&self) -> usize {
        self.levels.len() + self.groupings.len()
    }

    /// The position of a level, a grouping or the hexagons.
    pub fn position_or_hexes(&self, level: &str) -> Option<usize> {
        let is_hex = self.ground.as_ref().is_some_and(|ground| ground.hexes.level.id.as_str() == level);
        if is_hex { Some(self.hexes_position()) } else { self.position(level) }
    }

    /// The level, the areas of the grouping, or the hexagons, at a position.
    pub fn at(&self, position: usize) -> Option<&GeographyLevel> {
        let hexes = || self.ground.as_ref().filter(|_| position == self.hexes_position()).map(|ground| &ground.hexes);
        let own = self.levels.get(position).or_else(|| self.grouping_at(position).map(|grouping| &grouping.areas));
        own.or_else(hexes)
    }

    /// What stands outside the tree at a position: the areas of a grouping, or the hexagons.
    pub fn apart(&self, position: usize) -> Option<&GeographyLevel> {
        self.at(position).filter(|_| position >= self.levels.len())
    }

    /// The grouping at a position; `None` for a level of the tree.
    pub fn grouping_at(&self, position: usize) -> Option<&Grouping> {
        self.groupings.get(position.checked_sub(self.levels.len())?)
    }

    /// The level above one of the tree; `None` for the coarsest, and for a grouping.
    pub fn above(&self, position: usize) -> Option<&GeographyLevel> {
        self.levels.get(position).and(self.levels.get(position.checked_sub(1)?))
    }

    /// A level by id, or the areas of a grouping.
    pub fn level(&self, level: &str) -> Option<&GeographyLevel> {
        self.all_levels().find(|own| own.level.id.as_str() == level)
    }
}

/// A table of areas, checked.
fn open_areas(
    folder: &Path,
    manifest: &GeographyManifest,
    name: &str,
    rows: usize,
) -> Result<(SharedBytes, AreasTable)> {
    let (bytes, path) = (open_checked(folder, &manifest.files, name)?, folder.join(name));
    let areas: AreasTable =
        serde_json::from_slice(&bytes).map_err(|error| SnapshotError::damaged(&path, error.to_string()))?;
    let whole = areas.count == rows
        && [areas.codes.len(), areas.names.len(), areas.parents.len(), areas.electors.len()] == [rows; 4]
        && areas.points.len() == rows * 2
        && areas.bounds.len() == rows * 4
        && areas.codes.is_sorted_by(|a, b| a < b);
    if !whole {
        return Err(SnapshotError::damaged(&path, "its columns do not have the rows of the manifest, sorted by code"));
    }
    Ok((bytes, areas))
}

fn open_ground(folder: &Path, manifest: &GeographyManifest, rows: usize, leaves: usize) -> Result<Ground> {
    let bytes = open_checked(folder, &manifest.files, PIECES)?;
    let pieces = Pieces::open(bytes, &folder.join(PIECES), leaves)?;
    let (areas_json, areas) = open_areas(folder, manifest, HEXES, rows)?;
    let hexes = GeographyLevel {
        level: Level::hex(),
        areas,
        areas_json,
        h3: None,
        outlines: Outlines::none(),
        neighbours: Neighbours::none(),
        tileset: None,
        skeleton: None,
        label_points: None,
    };
    Ok(Ground { pieces, hexes })
}

fn open_level(folder: &Path, manifest: &GeographyManifest, level: &LevelManifest) -> Result<GeographyLevel> {
    let id = &level.level.id;
    let open = |name: String| {
        let bytes = open_checked(folder, &manifest.files, &name)?;
        Ok::<_, SnapshotError>((bytes, folder.join(name)))
    };
    let rows = level.count;
    let (areas_json, areas) = open_areas(folder, manifest, &format!("areas-{id}.json"), rows)?;
    let outlines = match level.h3 {
        Some(_) => Outlines::none(),
        None => {
            let (bytes, path) = open(format!("outlines-{id}.bin"))?;
            Outlines::new(bytes).map_err(|fault| SnapshotError::damaged(&path, fault.to_string()))?
        }
    };
    let (bytes, neighbours_path) = open(format!("neighbours-{id}.bin"))?;
    let neighbours =
        Neighbours::new(bytes).map_err(|fault| SnapshotError::damaged(&neighbours_path, fault.to_string()))?;
    if (level.h3.is_none() && outlines.len() != rows) || neighbours.len() != rows {
        return Err(SnapshotError::damaged(
            &neighbours_path,
            format!("outlines or neighbours do not have {rows} rows"),
        ));
    }
    let (mut skeleton, mut label_points) = (None, None);
    if level.tileset.is_some() {
        skeleton = Some(open(format!("tiles-{id}.qsk"))?.0);
        label_points = Some(open(format!("points-{id}.qpt"))?.0);
    }
    let (h3, level, tileset) = (level.h3, level.level.clone(), level.tileset.clone());
    Ok(GeographyLevel { level, areas, areas_json, h3, outlines, neighbours, tileset, skeleton, label_points })
}
