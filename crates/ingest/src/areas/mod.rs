//! Area files: polygons with codes, names and parents, out of GeoJSON, FlatGeobuf and shapefiles.
//!
//! Invariants of what [`read`] gives:
//! - every code is there once; areas stand in the order of the file;
//! - every polygon is valid, in longitude and latitude on WGS84, exteriors counter-clockwise; one that was valid in
//!   the file keeps its coordinates bit for bit, unless they were projected or dissolved;
//! - a feature without a polygon is kept as an area without one, and is named in the [`Notes`];
//! - nothing was repaired, dissolved or guessed that the notes do not say.
//!
//! Whether parents exist is for the caller, who knows the tree: [`check_parents`]. Slivers and overlaps between
//! neighbours are for `geometry`, which sees the whole level.

mod assemble;
mod counts;
mod crs;
mod flatgeobuf;
mod geojson;
mod layer;
mod mend;
mod parents;
mod rings;
mod shapefile;

pub use crate::table::{AliasRequest, JoinRequest};
pub(crate) use counts::read_counts;
pub use parents::{check_parents, parents_refused};

use crate::fault::IngestError;
use crate::source::Source;
use crate::table::Filter;
use crate::template::Template;
use geo_types::MultiPolygon;
use quartier_model::{AreaCode, LevelId};
use serde::Serialize;
use std::path::PathBuf;

/// How an area file is to be read.
#[derive(Debug, Clone)]
pub struct AreasRequest {
    /// The file.
    pub path: PathBuf,
    /// The level that its areas make.
    pub level: LevelId,
    /// The code of an area.
    pub code: Template,
    /// Its name.
    pub name: Template,
    /// The code of its parent in the next coarser level.
    pub parent: Option<Template>,
    /// The column of its electors.
    pub electors: Option<String>,
    /// Which features are kept.
    pub filter: Filter,
    /// A table that adds columns.
    pub join: Option<JoinRequest>,
    /// A table of merged and recoded areas.
    pub aliases: Option<AliasRequest>,
    /// `--crs`: the system of the coordinates, over what the file says.
    pub crs: Option<String>,
    /// `--layer`: which layer, where a file holds several.
    pub layer: Option<String>,
}

impl AreasRequest {
    /// A request for one file without any of the options.
    pub fn new(path: impl Into<PathBuf>, level: LevelId, code: Template, name: Template) -> Self {
        Self {
            path: path.into(),
            level,
            code,
            name,
            parent: None,
            electors: None,
            filter: Filter::default(),
            join: None,
            aliases: None,
            crs: None,
            layer: None,
        }
    }
}

/// One area of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct AreaRecord {
    /// Its code.
    pub code: AreaCode,
    /// Its name; the code where the file has none.
    pub name: String,
    /// The code of its parent, where a template was given.
    pub parent: Option<AreaCode>,
    /// Its electors; `None` is unknown.
    pub electors: Option<u32>,
    /// Its polygon, longitude and latitude on WGS84; `None` where the file has none.
    pub geometry: Option<MultiPolygon<f64>>,
    /// The number of its feature in the file, from 1; of the target's own one where several were dissolved.
    pub row: u64,
}

/// Several areas of a file that became one by `--aliases`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dissolved {
    /// The code of the one.
    pub code: String,
    /// The codes that went into it, in the order of the file; one alone was recoded.
    pub from: Vec<String>,
}

/// What is said of an area file at the end of its import.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Notes {
    /// The file's name.
    pub file: String,
    /// The SHA-256 of the file as given.
    pub sha256: String,
    /// The format: GeoJSON, FlatGeobuf, shapefile, zipped shapefile.
    pub format: String,
    /// What was detected besides: the encoding of a shapefile, the layer that was read.
    pub said: Vec<String>,
    /// The coordinate reference system and how it was found.
    pub crs: String,
    /// Features in the file.
    pub features: u64,
    /// Features kept by `--where`.
    pub kept: u64,
    /// Codes whose outline crossed itself and was mended.
    pub repaired: Vec<String>,
    /// Codes of areas without a polygon: null, empty, or nothing left that has an area.
    pub without_geometry: Vec<String>,
    /// Codes of areas without a name, which bear their code.
    pub unnamed: Vec<String>,
    /// Codes of areas without electors, where a column was named.
    pub without_electors: Vec<String>,
    /// Areas that were recoded or dissolved.
    pub dissolved: Vec<Dissolved>,
    /// Codes that seem to have lost a leading zero.
    pub lost_zeros: Vec<String>,
    /// Codes of areas for which the joined table has no row.
    pub without_join: Vec<String>,
    /// Rows of the joined table for which there is no area, by the common column.
    pub unused_join: Vec<String>,
}

impl Notes {
    /// The notes as lines, most important first, each list cut after ten codes.
    pub fn lines(&self) -> Vec<String> {
        /// Codes that a line shows; `--json` has them all.
        const SHOWN_CODES: usize = 10;
        let codes = |list: &[String]| {
            let shown = list.iter().take(SHOWN_CODES).map(|code| format!("`{code}`")).collect::<Vec<_>>().join(", ");
            let more = list.len().saturating_sub(SHOWN_CODES);
            if more > 0 { format!("{shown} and {} more", crate::grouped(more as u64)) } else { shown }
        };
        let mut lines = vec![
            format!("{}: {}, {}", self.file, self.format, self.crs),
            format!("{} features read, {} used", crate::grouped(self.features), crate::grouped(self.kept)),
        ];
        lines.extend(self.said.iter().cloned());
        for (list, what) in [
            (&self.repaired, "outlines crossed themselves and were mended"),
            (&self.without_geometry, "areas have no polygon"),
            (&self.unnamed, "areas have no name and bear their code"),
            (&self.without_electors, "areas have no number of electors"),
            (&self.lost_zeros, "codes seem to have lost a leading zero"),
            (&self.without_join, "areas have no row in the joined table"),
            (&self.unused_join, "rows of the joined table have no area"),
        ] {
            if !list.is_empty() {
                lines.push(format!("{} {what}: {}", crate::grouped(list.len() as u64), codes(list)));
            }
        }
        for one in self.dissolved.iter().take(SHOWN_CODES) {
            lines.push(format!("{} became `{}`", codes(&one.from), one.code));
        }
        if self.dissolved.len() > SHOWN_CODES {
            let more = crate::grouped((self.dissolved.len() - SHOWN_CODES) as u64);
            lines.push(format!("... {more} more areas were recoded or dissolved"));
        }
        lines
    }
}

/// The areas of a file, and what is said of them.
#[derive(Debug, Clone, PartialEq)]
pub struct AreasFile {
    /// The areas, in the order of the file.
    pub areas: Vec<AreaRecord>,
    /// Codes of the past, each with the area of this file that stands for it, by `--aliases`; sorted.
    pub aliases: Vec<(AreaCode, AreaCode)>,
    /// What is said of them.
    pub notes: Notes,
}

/// Reads an area file, wholly or not at all.
///
/// # Errors
/// [`IngestError::File`] where the file is none, is damaged, or its coordinates cannot be in its system;
/// [`IngestError::Columns`] where a column that was named is not there; [`IngestError::Rows`] with every feature that
/// is no area, has no code, repeats one or has a wrong number of electors; [`IngestError::Options`] for options that
/// fit neither.
pub fn read(request: &AreasRequest) -> Result<AreasFile, IngestError> {
    read_source(Source::open(&request.path)?, request)
}

/// [`read`] on a file that is already in memory.
///
/// # Errors
/// As [`read`].
pub fn read_source(source: Source, request: &AreasRequest) -> Result<AreasFile, IngestError> {
    let notes = Notes { file: source.name().to_owned(), sha256: source.sha256().to_owned(), ..Notes::default() };
    let layer = layer::read(source, &request.path, request.layer.as_deref())?;
    assemble::areas(layer, request, notes)
}
