//! What is estimated of the electors inside a drawn polygon.

use super::area::FigureView;
use super::{Words, fraction};
use crate::state::Lasso;
use geo_types::MultiPolygon;
use quartier_export::{Hexes, measures_of};
use quartier_model::{LevelTable, MISSING, Measure};
use quartier_snapshot::Snapshot;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// The estimate of the electors inside a polygon.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WithinView {
    /// Id of the snapshot.
    pub snapshot: u32,
    /// `electors` or `voters`.
    pub of: String,
    /// Electors inside the polygon as it was drawn; pieces that it cuts count by their share.
    pub drawn: u64,
    /// Of them, those of pieces that it cuts.
    pub cut: u64,
    /// Electors whom the estimate is of: those drawn, or more where those would be too few.
    pub electors: u64,
    /// Finest areas in which they are registered.
    pub areas: usize,
    /// Whether those drawn are too few to be shown alone, so that the estimate is of the hexagons around them.
    pub widened: bool,
    /// The hexagons of a widened estimate, by their index.
    pub hexagons: Vec<String>,
    /// Electors that an estimate must be of at least.
    pub least_electors: u32,
    /// What a person should know of it; `null` where there is nothing to say.
    pub said: Option<Words>,
    /// By measure, with its interval; empty where nobody is registered.
    pub estimate: BTreeMap<String, FigureView>,
}

impl WithinView {
    /// The estimate of a polygon.
    pub fn of(snapshot: &Snapshot, lasso: &Lasso, hexes: Option<&Hexes>, shape: &MultiPolygon<f64>) -> Self {
        let inside = lasso.index.inside(shape);
        let drawn = inside.electors();
        let least = lasso.least;
        let widened = drawn < u64::from(least);
        let mut hexagons = Vec::new();
        let parts = if widened {
            let (cells, parts) = hexes.map(|hexes| around(lasso, hexes, shape)).unwrap_or_default();
            hexagons = cells.iter().map(|cell| format!("{cell:x}")).collect();
            parts
        } else {
            inside.parts
        };
        let electors: u64 = parts.iter().map(|(_, electors)| u64::from(*electors)).sum();
        // A campaign of fewer electors than one may be shown of has no safe set at all.
        let shown = electors >= u64::from(least);
        let table = shown.then(|| lasso.table(snapshot, &parts));
        Self {
            snapshot: snapshot.number(),
            of: snapshot.manifest().of.as_str().to_owned(),
            drawn,
            cut: inside.cut,
            electors: if shown { electors } else { 0 },
            areas: if shown { parts.len() } else { 0 },
            widened: widened && shown,
            hexagons: if shown { hexagons } else { Vec::new() },
            least_electors: least,
            said: said(drawn, widened, shown, least),
            estimate: table.map(|table| figures(snapshot, &table)).unwrap_or_default(),
        }
    }
}

/// The finest hexagons shown that a polygon meets, and their electors by leaf.
fn around(lasso: &Lasso, hexes: &Hexes, shape: &MultiPolygon<f64>) -> (Vec<u64>, Vec<(u32, u32)>) {
    let mut cells = BTreeSet::new();
    for polygon in shape {
        let all = || polygon.exterior().coords();
        let low = |of: fn(&geo_types::Coord<f64>) -> f64| all().map(of).fold(f64::INFINITY, f64::min);
        let high = |of: fn(&geo_types::Coord<f64>) -> f64| all().map(of).fold(f64::NEG_INFINITY, f64::max);
        let bounds = [low(|at| at.x), low(|at| at.y), high(|at| at.x), high(|at| at.y)];
        let finest = *quartier_export::HEX_RESOLUTIONS.end();
        hexes.cover().in_box(bounds, finest, &mut |row, corners| {
            if quartier_geometry::covers(shape, corners) {
                cells.extend(hexes.cover().cell(row));
            }
        });
    }
    let mut by_leaf: BTreeMap<u32, u32> = BTreeMap::new();
    for (leaf, electors) in cells.iter().flat_map(|cell| lasso.index.of_cell(*cell)) {
        *by_leaf.entry(leaf).or_default() += electors;
    }
    (cells.into_iter().collect(), by_leaf.into_iter().collect())
}

fn said(drawn: u64, widened: bool, shown: bool, least: u32) -> Option<Words> {
    match (drawn, widened, shown) {
        (_, false, _) => None,
        (0, true, false) => Some(Words::of("Personne n’est inscrit ici.", "Nobody is registered here.")),
        (_, true, false) => Some(Words::of(
            &format!("Moins de {least} électeurs vivent ici et autour : trop peu pour une estimation."),
            &format!("Fewer than {least} electors live here and around: too few for an estimate."),
        )),
        (_, true, true) => Some(Words::of(
            &format!(
                "Moins de {least} électeurs dans ce contour : l’estimation est celle des hexagones qui l’entourent."
            ),
            &format!("Fewer than {least} electors inside this outline: the estimate is of the hexagons around it."),
        )),
    }
}

/// The figures of the one row of a table.
fn figures(snapshot: &Snapshot, table: &LevelTable) -> BTreeMap<String, FigureView> {
    let figure = |measure: Measure| {
        let values = table.measure(measure);
        let shown = [&values.value, &values.low, &values.high, &values.spread].map(|column| column[0]);
        if shown[0] == MISSING {
            return None;
        }
        let [value, low, high, spread] = shown.map(fraction);
        // A tenth of a person is more than is known.
        let people = |column: &[f32]| column.first().map(|people| (f64::from(*people) * 10.0).round() / 10.0);
        let view = FigureView {
            value,
            low,
            high,
            spread,
            people: people(&values.people),
            people_low: people(&values.people_low),
            people_high: people(&values.people_high),
        };
        Some((measure.id().to_owned(), view))
    };
    measures_of(snapshot.manifest().of).into_iter().filter_map(figure).collect()
}
