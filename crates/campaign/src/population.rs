//! Where people live, in the finest areas: what electors are placed by.

use crate::error::{CampaignError, Result};
use crate::folder::Campaign;
use crate::locate::Locator;
use crate::places::Places;
use geo::{BoundingRect, Contains};
use geo_types::{Geometry, MultiPolygon, Point};
use geozero::ToGeo;
use geozero::wkb::Wkb;
use quartier_ingest::population::GridCell;
use quartier_model::Node;
use quartier_store::{PopulationPlace, PopulationRow};
use rayon::prelude::*;
use std::collections::HashMap;

/// Places over which the people of a polygon are spread, about: enough for a commune cut by a few quarters.
const PLACES_OF_POLYGON: f64 = 400.0;

/// People at longitude and latitude.
pub(crate) type At = ([f64; 2], f64);

/// The places of one row's people in finest areas. What lies in no area is with those of the row that do: where all
/// of them lie outside, the row is nowhere.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Residence {
    /// (position among the leaves, where, how many): they add to the row's people.
    pub at: Vec<(u32, At)>,
    /// Where the row is, if that is in no area.
    pub outside: Vec<At>,
}

/// Some people of one row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Resident {
    /// Position among the leaves; `None`: in no area.
    pub leaf: Option<u32>,
    /// The row that counts them, among those of all imports.
    pub row: u32,
    /// Where.
    pub at: [f64; 2],
    /// How many, above 0.
    pub people: f64,
}

impl Residence {
    /// People in any area.
    pub fn inside(&self) -> f64 {
        self.at.iter().map(|(_, (_, people))| people).sum()
    }
}

/// Where the people of each row are.
///
/// # Errors
/// When an outline or a place is damaged.
pub(crate) fn locate(places: &Places, rows: &[PopulationRow]) -> Result<Vec<Residence>> {
    let finder = Finder::new(places)?;
    rows.par_iter()
        .map(|row| {
            let spread = spread(&row.place)?;
            let inside: Vec<(u32, [f64; 2])> = spread.iter().filter_map(|at| Some((finder.leaf(*at)?, *at))).collect();
            let share = row.people / inside.len().max(1) as f64;
            let whole = row.people / spread.len().max(1) as f64;
            let outside = if inside.is_empty() { spread } else { Vec::new() };
            Ok(Residence {
                at: inside.into_iter().map(|(leaf, at)| (leaf, (at, share))).collect(),
                outside: outside.into_iter().map(|at| (at, whole)).collect(),
            })
        })
        .collect()
}

/// The people of each leaf, by position.
pub(crate) fn people(residents: &[Resident], places: &Places) -> Vec<Vec<At>> {
    let mut of_leaf: Vec<Vec<At>> = vec![Vec::new(); places.tree.leaves().count()];
    for Resident { leaf, at, people, .. } in residents {
        if let Some(leaf) = leaf {
            of_leaf[*leaf as usize].push((*at, *people));
        }
    }
    of_leaf
}

/// Who lives where. Where several imports have people in an area, the newest counts there, as sources count in
/// different units; of what is in no area only the newest is known.
///
/// # Errors
/// When the database does not answer, or a place is damaged.
pub(crate) async fn residents(campaign: &Campaign, places: &Places) -> Result<Vec<Resident>> {
    let mut known = vec![false; places.tree.leaves().count()];
    let mut residents = Vec::new();
    let mut row = 0;
    for (older, (_, rows)) in campaign.store().population().await?.into_iter().rev().enumerate() {
        let first = residents.len();
        for residence in locate(places, &rows)? {
            let inside = residence.at.into_iter().map(|(leaf, at)| (Some(leaf), at));
            let outside = residence.outside.into_iter().filter(|_| older == 0).map(|at| (None, at));
            let counts = |(leaf, (_, people)): &(Option<u32>, At)| {
                *people > 0.0 && leaf.is_none_or(|leaf| !known[leaf as usize])
            };
            let resident = |(leaf, (at, people))| Resident { leaf, row, at, people };
            residents.extend(inside.chain(outside).filter(counts).map(resident));
            row += 1;
        }
        residents[first..].iter().filter_map(|own| own.leaf).for_each(|leaf| known[leaf as usize] = true);
    }
    Ok(residents)
}

/// Places spread evenly over a row's own.
fn spread(place: &PopulationPlace) -> Result<Vec<[f64; 2]>> {
    let damaged = |what: &str| CampaignError::Invalid(format!("population: {what} is damaged"));
    match place {
        PopulationPlace::Point(at) => Ok(vec![*at]),
        PopulationPlace::Cell(id) => {
            let cell: GridCell = id.parse().map_err(|()| damaged(&format!("the cell `{id}`")))?;
            Ok(cell.spread())
        }
        PopulationPlace::Polygon(wkb) => match Wkb(wkb.as_slice()).to_geo() {
            Ok(Geometry::MultiPolygon(shape)) => Ok(lattice(&shape)),
            Ok(Geometry::Polygon(shape)) => Ok(lattice(&MultiPolygon(vec![shape]))),
            _ => Err(damaged("a polygon")),
        },
    }
}

/// A square lattice of points in a polygon; its pole where it is too thin for any.
fn lattice(shape: &MultiPolygon<f64>) -> Vec<[f64; 2]> {
    let Some(bounds) = shape.bounding_rect() else { return Vec::new() };
    let shrink = bounds.center().y.to_radians().cos().max(0.01);
    let (wide, high) = (bounds.width() * shrink, bounds.height());
    let step = (wide * high / PLACES_OF_POLYGON).sqrt();
    let steps = |length: f64| (length / step).ceil().clamp(1.0, PLACES_OF_POLYGON) as u32;
    let (columns, rows) = (steps(wide), steps(high));
    let at = |column: u32, row: u32| {
        let share = |at: u32, of: u32| (f64::from(at) + 0.5) / f64::from(of);
        let (x, y) = (bounds.width() * share(column, columns), bounds.height() * share(row, rows));
        [bounds.min().x + x, bounds.min().y + y]
    };
    let all = (0..rows).flat_map(|row| (0..columns).map(move |column| (column, row))).map(|(c, r)| at(c, r));
    let inside: Vec<[f64; 2]> = all.filter(|at| shape.contains(&Point::new(at[0], at[1]))).collect();
    if inside.is_empty() { quartier_geometry::pole(shape).map(|at| [at.x, at.y]).into_iter().collect() } else { inside }
}

/// Finds the finest area at a place, whatever its level.
pub(crate) struct Finder {
    /// Fine to coarse: the outlines of a level and, by row, the position of its leaf.
    levels: Vec<(Locator, Vec<Option<u32>>)>,
}

impl Finder {
    /// Indexes every finest area that has an outline.
    ///
    /// # Errors
    /// When an outline is damaged.
    pub fn new(places: &Places) -> Result<Self> {
        let leaf_of: HashMap<Node, u32> = places.tree.leaves().zip(0..).collect();
        let level = |at: usize| {
            let leaves = places.tree.level(at).map(|node| leaf_of.get(&node).copied()).collect();
            Ok((Locator::new(&places.levels[at], places.h3[at])?, leaves))
        };
        Ok(Self { levels: (0..places.levels.len()).rev().map(level).collect::<Result<_>>()? })
    }

    /// Areas of one level by their outlines alone.
    #[cfg(test)]
    pub fn of_outlines(outlines: Vec<MultiPolygon<f64>>) -> Self {
        let leaves = (0..outlines.len() as u32).map(Some).collect();
        Self { levels: vec![(Locator::of(outlines.into_iter().map(Some).collect()), leaves)] }
    }

    /// The finest areas whose box touches that of a shape: positions among the leaves, with their outlines.
    pub fn near<'a>(&'a self, shape: &MultiPolygon<f64>) -> impl Iterator<Item = (u32, &'a MultiPolygon<f64>)> {
        let bounds = shape.bounding_rect();
        self.levels.iter().flat_map(move |(locator, leaves)| {
            let near = bounds.into_iter().flat_map(|bounds| locator.near(bounds));
            near.filter_map(|(row, outline)| Some((leaves[row]?, outline)))
        })
    }

    fn leaf(&self, [lon, lat]: [f64; 2]) -> Option<u32> {
        self.levels.iter().find_map(|(locator, leaves)| locator.row(lon, lat).and_then(|row| leaves[row]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo_types::polygon;

    #[test]
    fn a_polygon_is_filled_evenly_and_a_sliver_has_a_place() {
        let square =
            MultiPolygon(vec![polygon![(x: 2.0, y: 48.0), (x: 2.1, y: 48.0), (x: 2.1, y: 48.1), (x: 2.0, y: 48.1)]]);
        let all = lattice(&square);
        assert!((350..500).contains(&all.len()), "{}", all.len());
        let west = all.iter().filter(|at| at[0] < 2.05).count();
        assert!((west as f64 / all.len() as f64 - 0.5).abs() < 0.05, "{west} of {}", all.len());
        let sliver = MultiPolygon(vec![polygon![(x: 2.0, y: 48.0), (x: 2.1, y: 48.1), (x: 2.1, y: 48.100_000_1)]]);
        assert!(!lattice(&sliver).is_empty());
    }
}
