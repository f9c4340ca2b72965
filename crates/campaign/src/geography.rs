//! From areas to a published geography: outlines, neighbours, label points, and tiles compiled once.

use crate::Progress;
use crate::error::{CampaignError, Result};
use crate::folder::Campaign;
use crate::ground::Ground;
use crate::groupings::{Drawing, Grouped};
use crate::places::{Place, Places, cell_of};
use crate::population::At;
use crate::zones::Zones;
use geo::{BoundingRect, ChamberlainDuquetteArea};
use geo_types::{Geometry, MultiPolygon};
use geozero::ToGeo;
use geozero::wkb::Wkb;
use quartier_geometry::{CleanOptions, Coverage};
use quartier_model::{AreaCode, Electors, Level, Node};
use quartier_snapshot::{Geography, GeographyContent, LevelContent, TilesetContent, find_skeleton, write_geography};
use quartier_tiles::{CompileOptions, LabelPoint};
use rayon::prelude::*;
use std::collections::HashMap;
use std::path::Path;

/// A parent's drawn outline is the dissolve of its children where they cover at least this share of it; a level is
/// dissolved as a whole or not at all, so that its areas never overlap one another.
const DISSOLVE_FROM: f64 = 0.995;

/// The outlines of every level, and how their borders are cleaned.
pub(crate) struct Outlines {
    shapes: Vec<Vec<Option<MultiPolygon<f64>>>>,
    cleaning: Vec<CleanOptions>,
}

impl Outlines {
    /// Reads the outlines of all areas; `cleaning` is per level.
    ///
    /// # Errors
    /// When an outline is damaged.
    pub fn read(places: &Places, cleaning: Vec<CleanOptions>) -> Result<Self> {
        Ok(Self { shapes: places.levels.iter().map(|level| shapes_of(level)).collect::<Result<_>>()?, cleaning })
    }

    /// The hash of all that the geometry of a level is drawn from.
    pub fn content_hash(&self, places: &Places, at: usize) -> String {
        content_hash(places, &self.cleaning, at)
    }

    /// Per leaf, its surface in km² on the sphere; `None` without an outline.
    pub fn surfaces_km2(&self, places: &Places) -> Vec<Option<f64>> {
        let leaves: Vec<Node> = places.tree.leaves().collect();
        leaves
            .into_par_iter()
            .map(|leaf| {
                let (level, row) = places.tree.place(leaf)?;
                if places.h3[level].is_some() {
                    return quartier_geometry::surface_km2(cell_of(&places.levels[level][row].code)?);
                }
                let shape = self.shapes[level][row].as_ref()?;
                Some(shape.chamberlain_duquette_unsigned_area() * KM2_OF_M2)
            })
            .collect()
    }
}

/// Square kilometres of a square metre.
const KM2_OF_M2: f64 = 1e-6;

/// Compiles and publishes the geography of the evidence, or finds it published already.
///
/// `electors` is per node of the tree, `people` per leaf, `groupings` those of the evidence. `notes` receives what people should know of how outlines are drawn.
#[expect(clippy::too_many_arguments, reason = "what a geography is made of, from all kinds of evidence")]
pub(crate) fn publish(
    campaign: &Campaign,
    places: &Places,
    outlines: &Outlines,
    groupings: &[Grouped],
    electors: &[Electors],
    attribution: &[String],
    people: Vec<Vec<At>>,
    progress: &dyn Progress,
    notes: &mut Vec<String>,
) -> Result<(Geography, Ground)> {
    let Outlines { shapes, cleaning } = outlines;
    let coverages = coverages(campaign, places, shapes, cleaning, progress, notes)?;
    let mut levels = Vec::with_capacity(places.levels.len());
    for (at, (level, coverage)) in campaign.file().levels.iter().zip(&coverages).enumerate() {
        progress.step(&format!("tiles of {} ({} areas)", level.id, places.levels[at].len()));
        let areas = &places.levels[at];
        let own: Vec<Electors> = places.tree.level(at).map(|node| electors[node as usize]).collect();
        if let Some(resolution) = places.h3[at] {
            levels.push(of_cells(level, resolution, areas, own));
            continue;
        }
        let points = poles(&shapes[at]);
        let names: Vec<&str> = areas.iter().map(|place| place.name.as_str()).collect();
        let tileset = match coverage {
            Some(coverage) => {
                let content = content_hash(places, cleaning, at);
                Some(tileset(&campaign.published(), level.id.as_str(), coverage, content, &names, &points, &own)?)
            }
            None => None,
        };
        levels.push(LevelContent {
            level: level.clone(),
            codes: areas.iter().map(|place| place.code.clone()).collect(),
            names: areas.iter().map(|place| place.name.clone()).collect(),
            parents: areas.iter().map(|place| place.parent).collect(),
            electors: own,
            bounds: shapes[at].iter().map(bounds_of).collect(),
            h3: None,
            outlines: areas.iter().map(|place| place.wkb.clone()).collect(),
            neighbours: neighbours_of(coverage.as_ref(), areas.len()),
            points,
            tileset,
        });
    }
    let bounds = levels.iter().flat_map(|level| level.bounds.iter().flatten().copied()).reduce(join);
    progress.step("places of electors");
    let touching = touching(places, &levels);
    let zones: Vec<Option<Zones>> =
        groupings.iter().map(|grouping| grouping.zones(places, shapes)).collect::<Result<_>>()?;
    let (ground, placed) = Ground::of(campaign, places, shapes, electors, &touching, people, &zones)?;
    notes.extend(ground.note(places, placed.pieces.least));
    let mut resolved = Vec::with_capacity(groupings.len());
    for (grouping, zones) in groupings.iter().zip(&zones) {
        progress.step(&format!("grouping {}", grouping.id()));
        let drawing = Drawing { published: &campaign.published(), places, outlines, coverages: &coverages };
        let content = grouping.content(&drawing, electors, (zones.as_ref(), ground.atoms()))?;
        notes.extend(grouping.note(&content.facts));
        resolved.push(content);
    }
    let attribution = attribution.to_vec();
    let content = GeographyContent { levels, bounds, attribution, ground: Some(placed), groupings: resolved };
    let hash = write_geography(&campaign.published(), &content)?;
    Ok((Geography::open(&campaign.published().join("geographies").join(hash), None)?, ground))
}

/// A level made of H3 cells: all of its geometry follows from the codes.
fn of_cells(level: &Level, resolution: u8, areas: &[Place], electors: Vec<Electors>) -> LevelContent {
    let cells: Vec<u64> = areas.iter().filter_map(|place| cell_of(&place.code)).collect();
    let rows: HashMap<u64, u32> = cells.iter().copied().zip(0..).collect();
    let beside = |cell: &u64| {
        let mut near: Vec<u32> =
            quartier_geometry::beside(*cell).iter().filter_map(|other| rows.get(other).copied()).collect();
        near.sort_unstable();
        near
    };
    LevelContent {
        level: level.clone(),
        codes: areas.iter().map(|place| place.code.clone()).collect(),
        names: areas.iter().map(|place| place.name.clone()).collect(),
        parents: areas.iter().map(|place| place.parent).collect(),
        electors,
        points: cells.iter().map(|cell| quartier_geometry::centre(*cell)).collect(),
        bounds: cells.iter().map(|cell| quartier_geometry::box_of(*cell)).collect(),
        h3: Some(resolution),
        outlines: vec![None; areas.len()],
        neighbours: cells.par_iter().map(beside).collect(),
        tileset: None,
    }
}

/// Per node, those of its level that share a border with it.
fn touching(places: &Places, levels: &[LevelContent]) -> Vec<Vec<Node>> {
    let mut touching = vec![Vec::new(); places.tree.len()];
    for (at, level) in levels.iter().enumerate() {
        for (row, others) in level.neighbours.iter().enumerate() {
            let nodes = others.iter().map(|other| places.tree.node(at, *other as usize));
            touching[places.tree.node(at, row) as usize] = nodes.collect();
        }
    }
    touching
}

/// The outline of each area.
pub(crate) fn shapes_of(areas: &[Place]) -> Result<Vec<Option<MultiPolygon<f64>>>> {
    shapes_from(areas.iter().map(|place| (&place.code, &place.wkb)))
}

/// The outline of each code.
pub(crate) fn shapes_from<'a>(
    areas: impl Iterator<Item = (&'a AreaCode, &'a Option<Vec<u8>>)>,
) -> Result<Vec<Option<MultiPolygon<f64>>>> {
    areas
        .collect::<Vec<_>>()
        .into_par_iter()
        .map(|(code, wkb)| {
            let Some(wkb) = wkb else { return Ok(None) };
            let damaged = |why: String| CampaignError::Invalid(format!("the outline of {code} is damaged: {why}"));
            match Wkb(wkb.as_slice()).to_geo().map_err(|error| damaged(error.to_string()))? {
                Geometry::MultiPolygon(shape) => Ok(Some(shape)),
                Geometry::Polygon(shape) => Ok(Some(MultiPolygon(vec![shape]))),
                _ => Err(damaged("it is no polygon".into())),
            }
        })
        .collect()
}

/// One coverage a level: from the level below by dissolving where that is faithful, else from its own polygons.
fn coverages(
    campaign: &Campaign,
    places: &Places,
    shapes: &[Vec<Option<MultiPolygon<f64>>>],
    cleaning: &[CleanOptions],
    progress: &dyn Progress,
    notes: &mut Vec<String>,
) -> Result<Vec<Option<Coverage>>> {
    let mut coverages: Vec<Option<Coverage>> = (0..shapes.len()).map(|_| None).collect();
    for at in (0..shapes.len()).rev() {
        if shapes[at].iter().all(Option::is_none) {
            continue;
        }
        let id = &campaign.file().levels.as_slice()[at].id;
        progress.step(&format!("outlines of {id}"));
        let below = coverages.get(at + 1).and_then(Option::as_ref);
        let worst = below.and_then(|_| least_covered(places, shapes, at));
        let geometry = |error: quartier_geometry::GeometryError| CampaignError::Invalid(format!("level {id}: {error}"));
        coverages[at] = Some(match (below, worst) {
            (Some(below), Some(worst)) if worst >= DISSOLVE_FROM => {
                let parents: Vec<Option<u32>> = places.levels[at + 1].iter().map(|place| place.parent).collect();
                below.dissolve(&parents, places.levels[at].len()).map_err(geometry)?
            }
            (_, worst) => {
                if let Some(worst) = worst {
                    notes.push(format!(
                        "{id}: drawn from its own polygons, because the level below covers as little as {:.1} % of one",
                        worst * 100.0
                    ));
                }
                quartier_geometry::build(&shapes[at], &cleaning[at]).map_err(geometry)?.0
            }
        });
    }
    Ok(coverages)
}

/// The least share of an area of a level that its children cover; `None` where an area has no outline to compare.
fn least_covered(places: &Places, shapes: &[Vec<Option<MultiPolygon<f64>>>], at: usize) -> Option<f64> {
    let mut children: Vec<Vec<&MultiPolygon<f64>>> = vec![Vec::new(); shapes[at].len()];
    for (child, shape) in places.levels[at + 1].iter().zip(&shapes[at + 1]) {
        if let (Some(parent), Some(shape)) = (child.parent, shape) {
            children[parent as usize].push(shape);
        }
    }
    let shares: Vec<f64> = shapes[at]
        .par_iter()
        .zip(&children)
        .filter_map(|(shape, children)| Some(quartier_geometry::covered_fraction(shape.as_ref()?, children)))
        .collect();
    shares.into_iter().reduce(f64::min)
}

/// A point well inside each outline: longitude, latitude.
pub(crate) fn poles(shapes: &[Option<MultiPolygon<f64>>]) -> Vec<Option<[f64; 2]>> {
    let pole = |shape: &Option<MultiPolygon<f64>>| shape.as_ref().and_then(quartier_geometry::pole);
    shapes.par_iter().map(|shape| pole(shape).map(|point| [point.x, point.y])).collect()
}

/// Per row, those that share a border with it.
pub(crate) fn neighbours_of(coverage: Option<&Coverage>, rows: usize) -> Vec<Vec<u32>> {
    let of = |coverage: &Coverage| {
        coverage.neighbours().into_iter().map(|row| row.iter().map(|other| other.row).collect()).collect()
    };
    coverage.map_or_else(|| vec![Vec::new(); rows], of)
}

/// The tiles of a level: found where the same geometry was compiled before, else compiled.
pub(crate) fn tileset(
    published: &Path,
    level: &str,
    coverage: &Coverage,
    content: String,
    names: &[&str],
    points: &[Option<[f64; 2]>],
    electors: &[Electors],
) -> Result<TilesetContent> {
    let tiles = |error: quartier_tiles::TilesError| CampaignError::Invalid(format!("tiles of {level}: {error}"));
    let labels: Vec<LabelPoint<'_>> = points
        .iter()
        .zip(names)
        .enumerate()
        .filter_map(|(row, (point, name))| {
            let [longitude, latitude] = (*point)?;
            Some(LabelPoint { row: row as u32, longitude, latitude, name, electors: electors[row].known() })
        })
        .collect();
    let mut label_points = Vec::new();
    quartier_tiles::compile_points(&labels, &mut label_points).map_err(tiles)?;
    if let Some(known) = find_skeleton(published, &content) {
        let bytes = std::fs::read(&known).map_err(CampaignError::io(&known))?;
        let info = quartier_tiles::Skeleton::open(bytes).map_err(tiles)?.info().clone();
        let info = serde_json::to_value(info).unwrap_or_default();
        return Ok(TilesetContent { info, geometry: content, skeleton: None, points: label_points });
    }
    let mut skeleton = Vec::new();
    let options = CompileOptions { content: content.clone(), ..CompileOptions::default() };
    let info = quartier_tiles::compile(level, coverage, &options, &mut skeleton, &|_, _| ()).map_err(tiles)?;
    let info = serde_json::to_value(info).unwrap_or_default();
    Ok(TilesetContent { info, geometry: content, skeleton: Some(skeleton), points: label_points })
}

/// What the drawn geometry of a level depends on: its outlines and how they are cleaned, and all below, since it may be
/// dissolved from them.
fn content_hash(places: &Places, cleaning: &[CleanOptions], at: usize) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&[at as u8]);
    for options in &cleaning[at..] {
        for metres in [options.snap_m, options.snap_limit_m, options.sliver_width_m] {
            hasher.update(&metres.to_le_bytes());
        }
    }
    for place in places.levels[at..].iter().flatten() {
        let wkb = place.wkb.as_deref().unwrap_or_default();
        hasher.update(&(wkb.len() as u64).to_le_bytes());
        hasher.update(wkb);
        hasher.update(&place.parent.unwrap_or(u32::MAX).to_le_bytes());
    }
    short(&hasher)
}

/// The name of what was hashed.
pub(crate) fn short(hasher: &blake3::Hasher) -> String {
    hasher.finalize().to_hex().as_str()[..32].to_owned()
}

pub(crate) fn bounds_of(shape: &Option<MultiPolygon<f64>>) -> Option<[f64; 4]> {
    let rect = shape.as_ref()?.bounding_rect()?;
    Some([rect.min().x, rect.min().y, rect.max().x, rect.max().y])
}

fn join(a: [f64; 4], b: [f64; 4]) -> [f64; 4] {
    [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]
}
