//! What is estimated of the electors inside a drawn polygon, or of chosen areas.

use super::area::FigureView;
use super::{Step, Words, fraction};
use crate::lasso::Lasso;
use geo_types::MultiPolygon;
use quartier_export::{Hexes, measures_of};
use quartier_model::{LevelTable, MISSING, Measure, Node};
use quartier_snapshot::{Geography, Snapshot, UNKNOWN_ELECTORS};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// The estimate of the electors inside a polygon, or of chosen areas.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WithinView {
    /// Id of the snapshot.
    pub snapshot: u32,
    /// `electors` or `voters`.
    pub of: String,
    /// Electors inside the polygon as it was drawn, where pieces that it cuts count by their share; or of the areas chosen.
    pub drawn: u64,
    /// Of them, those of pieces that it cuts.
    pub cut: u64,
    /// Electors whom the estimate is of: those drawn, or more where those would be too few.
    pub electors: u64,
    /// Finest areas in which they are registered.
    pub areas: usize,
    /// Whether those drawn are too few to be shown alone, so that the estimate is of what is around them.
    pub widened: bool,
    /// The hexagons of a widened estimate of a polygon, by their index.
    pub hexagons: Vec<String>,
    /// The areas of a widened estimate of areas; empty too where it is of the whole campaign.
    pub around: Vec<Step>,
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
        let widened = drawn < u64::from(lasso.least);
        if !widened {
            return Self { cut: inside.cut, ..Self::sum(snapshot, lasso, drawn, &inside.parts) };
        }
        let (cells, parts) = hexes.map(|hexes| around(lasso, hexes, shape)).unwrap_or_default();
        let sum = Self::sum(snapshot, lasso, drawn, &parts);
        let shown = sum.electors > 0;
        Self {
            cut: inside.cut,
            widened: shown,
            hexagons: if shown { cells.iter().map(|cell| format!("{cell:x}")).collect() } else { Vec::new() },
            said: Some(said(drawn, shown, lasso.least)),
            ..sum
        }
    }

    /// The estimate of areas of one level; where they have too few electors, of their parents, and so on upwards.
    pub fn of_areas(snapshot: &Snapshot, lasso: &Lasso, level: usize, rows: BTreeSet<usize>) -> Self {
        let geography = snapshot.geography();
        let tree = geography.tree();
        let electors = |leaf: u32| snapshot.draws().electors(leaf as usize).filter(|known| *known != UNKNOWN_ELECTORS);
        let parts_of = |nodes: &BTreeSet<Node>| -> Vec<(u32, u32)> {
            let inside = |node: Node| nodes.contains(&node) || tree.ancestors(node).any(|above| nodes.contains(&above));
            let leaves = tree.leaves().zip(0..).filter(|(node, _)| inside(*node));
            leaves.filter_map(|(_, leaf)| Some((leaf, electors(leaf).filter(|known| *known > 0)?))).collect()
        };
        let mut nodes: BTreeSet<Node> = rows.into_iter().map(|row| tree.node(level, row)).collect();
        let mut parts = parts_of(&nodes);
        let drawn = electors_of(&parts);
        let least = u64::from(lasso.least);
        let widened = drawn < least;
        while electors_of(&parts) < least && nodes.iter().any(|node| tree.parent(*node).is_some()) {
            nodes = nodes.iter().map(|node| tree.parent(*node).unwrap_or(*node)).collect();
            parts = parts_of(&nodes);
        }
        let sum = Self::sum(snapshot, lasso, drawn, &parts);
        if !widened {
            return sum;
        }
        let shown = sum.electors > 0;
        let around: Vec<Step> = nodes.iter().filter_map(|node| step(geography, *node)).collect();
        Self {
            widened: shown,
            said: Some(if shown { too_few(lasso.least, &around) } else { said(drawn, false, lasso.least) }),
            around: if shown { around } else { Vec::new() },
            ..sum
        }
    }

    /// The sum of parts of leaves; without a figure where they are too few.
    fn sum(snapshot: &Snapshot, lasso: &Lasso, drawn: u64, parts: &[(u32, u32)]) -> Self {
        let electors = electors_of(parts);
        let least = lasso.least;
        // A campaign of fewer electors than one may be shown of has no safe set at all.
        let shown = electors >= u64::from(least);
        let table = shown.then(|| lasso.table(snapshot, parts));
        Self {
            snapshot: snapshot.number(),
            of: snapshot.manifest().of.as_str().to_owned(),
            drawn,
            cut: 0,
            electors: if shown { electors } else { 0 },
            areas: if shown { parts.len() } else { 0 },
            widened: false,
            hexagons: Vec::new(),
            around: Vec::new(),
            least_electors: least,
            said: None,
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

fn electors_of(parts: &[(u32, u32)]) -> u64 {
    parts.iter().map(|(_, electors)| u64::from(*electors)).sum()
}

/// An area by its node; `None` for the whole campaign.
fn step(geography: &Geography, node: Node) -> Option<Step> {
    let (at, row) = geography.tree().place(node)?;
    let level = &geography.levels()[at];
    let (code, name) = (level.code(row)?.to_owned(), level.name(row)?.to_owned());
    Some(Step { level: level.level.id.to_string(), code, name })
}

/// What is said where those drawn are too few to be shown alone.
fn said(drawn: u64, shown: bool, least: u32) -> Words {
    match (drawn, shown) {
        (0, false) => Words::of("Personne n’est inscrit ici.", "Nobody is registered here."),
        (_, false) => Words::of(
            &format!("Moins de {least} électeurs vivent ici et autour : trop peu pour une estimation."),
            &format!("Fewer than {least} electors live here and around: too few for an estimate."),
        ),
        (_, true) => Words::of(
            &format!(
                "Moins de {least} électeurs dans ce contour : l’estimation est celle des hexagones qui l’entourent."
            ),
            &format!("Fewer than {least} electors inside this outline: the estimate is of the hexagons around it."),
        ),
    }
}

/// What is said where the areas chosen are too few to be shown alone.
fn too_few(least: u32, around: &[Step]) -> Words {
    let names: Vec<&str> = around.iter().map(|step| step.name.as_str()).collect();
    let (fr, en) = match names.as_slice() {
        [] => ("toute la campagne".to_owned(), "the whole campaign".to_owned()),
        names => (names.join(", "), names.join(", ")),
    };
    Words::of(
        &format!("Moins de {least} électeurs dans ces zones : l’estimation est celle de ce qui les entoure, {fr}."),
        &format!("Fewer than {least} electors in these areas: the estimate is of what is around them, {en}."),
    )
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
