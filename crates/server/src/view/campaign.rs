//! The campaign: what the page reads first.

use super::Words;
use super::election::ElectionView;
use super::past::{self, PastMeasureView};
use super::shown::Shown;
use super::snapshots::SnapshotView;
use crate::state::App;
use crate::tileset::hex_zooms;
use quartier_export::measures_of;
use quartier_model::{Measure, Reading, Unit};
use quartier_snapshot::{GeographyLevel, Ground, Grouping, Of, Results};
use quartier_tiles::{DEEPEST_ZOOM, FIRST_HEX_ZOOM};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// The bounds shown where nothing has geometry: the inhabited world.
const WORLD: [f64; 4] = [-180.0, -60.0, 180.0, 75.0];

/// The campaign, and what is current in it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CampaignView {
    /// Its name.
    pub name: String,
    /// `fr` or `en`.
    pub language: String,
    /// Whether everything in it is invented.
    pub demo: bool,
    /// `electors` or `voters`: what shares are of.
    pub of: String,
    /// Coarse to fine.
    pub levels: Vec<LevelView>,
    /// The hexagons, which are shown beside the levels like one of them; `null` where the geography has none.
    pub hexes: Option<HexesView>,
    /// Sets of areas that are no level, such as constituencies; each has tiles, tables and pages as a level has.
    pub groupings: Vec<GroupingView>,
    /// The default one first.
    pub readings: Vec<ReadingView>,
    /// Those that this campaign has.
    pub measures: Vec<MeasureView>,
    /// Base and reserve, where the campaign names the elections that they are counted over.
    pub past_measures: Vec<PastMeasureView>,
    /// By date.
    pub elections: Vec<ElectionView>,
    /// The current snapshot; `null` for a campaign that has only its past.
    pub snapshot: Option<SnapshotView>,
    /// Hash of the geography; `null` where nothing is published.
    pub geography: Option<String>,
    /// West, south, east, north.
    pub bounds: [f64; 4],
    /// Where most electors live: what a map opens on. Areas far from all others, such as those overseas, are outside it.
    pub home: [f64; 4],
    /// Whom to credit.
    pub attribution: Vec<String>,
    /// The day the campaign ends.
    pub end_date: Option<String>,
    /// Inner class edges by measure, in fractions.
    pub edges: BTreeMap<String, Vec<f64>>,
}

/// A level.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LevelView {
    /// Id in addresses; its tileset has the same.
    pub id: String,
    /// Plural.
    pub label: Words,
    /// Number of areas.
    pub count: usize,
    /// First zoom with tiles.
    pub minzoom: u8,
    /// Last zoom with tiles.
    pub maxzoom: u8,
    /// The resolution of the H3 cells of which it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub h3: Option<u8>,
}

/// A grouping.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct GroupingView {
    /// As a level: tileset, tables and pages have its id.
    #[serde(flatten)]
    pub level: LevelView,
    /// How its areas come from the tree: `exact` where each finest area is in one of them or in none, `pieces` where some
    /// are cut.
    pub method: String,
    /// The level of its members; `null` where its areas are polygons.
    pub members: Option<String>,
    /// Finest areas that are cut.
    pub cut_areas: usize,
    /// Share of the electors who live in those, a fraction.
    pub cut_share: f64,
    /// Electors in no area of it.
    pub unplaced_electors: u64,
}

impl GroupingView {
    /// A grouping of a geography.
    pub fn of(grouping: &Grouping) -> Self {
        let facts = &grouping.facts;
        let known = (0..grouping.areas.rows()).filter_map(|row| grouping.areas.electors(row).known());
        let all = known.map(u64::from).sum::<u64>() + facts.unplaced_electors;
        let share = if all > 0 { facts.cut_electors as f64 / all as f64 } else { 0.0 };
        Self {
            level: level(&grouping.areas),
            method: facts.method.as_str().to_owned(),
            members: facts.members.clone(),
            cut_areas: facts.cut_areas,
            cut_share: (share * 1000.0).round() / 1000.0,
            unplaced_electors: facts.unplaced_electors,
        }
    }
}

/// The hexagons: cells of several resolutions, one table of all.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HexesView {
    /// As a level: tileset, tables and pages have its id.
    #[serde(flatten)]
    pub level: LevelView,
    /// The resolution that each zoom shows, from 0 on; beyond the last, that of the last. At a resolution, the rows of it
    /// are shown, and the coarser ones that stand for families too small to be shown.
    pub resolutions: Vec<u8>,
    /// Electors that one needs to be shown on its own.
    pub least_electors: u32,
}

/// A reading.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReadingView {
    /// Id.
    pub id: String,
    /// As people read it.
    pub label: Words,
    /// What "undecided" is called, where it is renamed.
    pub undecided_label: Option<Words>,
    /// Whether it is the campaign's own.
    pub default: bool,
    /// All texts of its blocs, over the elections.
    pub favourable: BTreeSet<String>,
    /// Likewise.
    pub opposed: BTreeSet<String>,
}

/// A measure.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MeasureView {
    /// Property in tiles, exports and the API.
    pub id: String,
    /// `share` or `points`.
    pub unit: String,
    /// Whether its scale is centred on 0.
    pub signed: bool,
    /// Whether people of two areas may be added.
    pub additive: bool,
    /// Name.
    pub label: Words,
    /// Short name.
    pub short: Words,
    /// Definition.
    pub formula: String,
    /// What a volunteer reads.
    pub sentence: Words,
    /// Whom its people are, to be read after their number; `null` where they are a difference of counts.
    pub whom: Option<Words>,
}

impl CampaignView {
    /// What is shown, or a campaign that has only its name.
    pub fn of(app: &App, shown: &Shown) -> Self {
        let manifest = shown.snapshot.as_deref().map(|own| own.manifest());
        let (geography, results) = (shown.geography.as_deref(), shown.results.as_deref());
        let of = manifest.map(|manifest| manifest.of).unwrap_or_else(|| of_the_past(results));
        let edges = manifest.iter().flat_map(|manifest| &manifest.edges);
        let measures = measures_of(of);
        Self {
            name: manifest.map_or_else(|| app.name.clone(), |manifest| manifest.name.clone()),
            language: manifest.map_or_else(|| app.language.clone(), |manifest| manifest.language.clone()),
            demo: manifest.is_some_and(|manifest| manifest.demo),
            of: of.as_str().to_owned(),
            levels: geography.map(|own| own.levels().iter().map(level).collect()).unwrap_or_default(),
            hexes: geography.and_then(|own| hexes(own.ground()?)),
            groupings: geography.map(|own| own.groupings().iter().map(GroupingView::of).collect()).unwrap_or_default(),
            readings: readings(manifest.map(|manifest| manifest.readings.as_slice()), results),
            measures: measures.iter().map(|own| measure(*own, of)).collect(),
            past_measures: geography
                .zip(results)
                .map(|(geography, results)| past::measures(geography, results, &shown.reading()))
                .unwrap_or_default(),
            elections: ElectionView::all(shown),
            snapshot: manifest.map(SnapshotView::of),
            geography: geography.map(|own| own.hash().to_owned()),
            bounds: geography.and_then(|own| own.manifest().bounds).unwrap_or(WORLD),
            home: geography.and_then(|own| home(own.levels())).unwrap_or(WORLD),
            attribution: geography.map(|own| own.manifest().attribution.clone()).unwrap_or_default(),
            end_date: manifest.and_then(|manifest| manifest.end_date.clone()),
            edges: edges
                .filter(|(measure, _)| measures.contains(measure))
                .map(|(measure, edges)| (measure.id().to_owned(), edges.clone()))
                .collect(),
        }
    }
}

/// How many times the median distance from the middle an area may be away and still be at home.
const FAR: f64 = 4.0;

/// The box of the areas near the middle of the electors, at the coarsest level of several areas. A box through the
/// antimeridian is left out, since it spans the world.
fn home(levels: &[GeographyLevel]) -> Option<[f64; 4]> {
    let level = levels.iter().find(|level| level.rows() > 1).or(levels.first())?;
    let areas: Vec<Inhabited> = (0..level.rows()).filter_map(|row| Inhabited::of(level, row)).collect();
    let middle = |axis: usize| median(areas.iter().map(|own| (own.point[axis], own.electors)).collect());
    let [x, y] = [middle(0)?, middle(1)?];
    let away = |own: &Inhabited| ((own.point[0] - x) * y.to_radians().cos()).hypot(own.point[1] - y);
    let usual = median(areas.iter().map(|own| (away(own), own.electors)).collect())?;
    // The middle may lie in the area of most electors: the median distance is then nothing, and all are at home.
    let near = areas.iter().filter(|own| usual == 0.0 || away(own) <= FAR * usual);
    near.map(|own| own.bounds).reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])])
}

/// Where an area is, and how much it weighs.
struct Inhabited {
    point: [f64; 2],
    electors: f64,
    bounds: [f64; 4],
}

impl Inhabited {
    fn of(level: &GeographyLevel, row: usize) -> Option<Self> {
        let bounds = level.bounds(row).filter(|[west, _, east, _]| west <= east)?;
        let electors = level.electors(row).known().unwrap_or(1);
        Some(Self { point: level.point(row)?, electors: f64::from(electors), bounds })
    }
}

/// The value below which half the weight lies.
fn median(mut values: Vec<(f64, f64)>) -> Option<f64> {
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    let half = values.iter().map(|own| own.1).sum::<f64>() / 2.0;
    let mut sum = 0.0;
    values.into_iter().find_map(|(value, weight)| {
        sum += weight;
        (sum >= half).then_some(value)
    })
}

/// Without a snapshot: electors where any election has a register.
fn of_the_past(results: Option<&Results>) -> Of {
    let voters_only =
        results.is_some_and(|own| !own.elections().is_empty() && own.elections().iter().all(|e| e.of == Of::Voters));
    if voters_only { Of::Voters } else { Of::Electors }
}

fn level(level: &GeographyLevel) -> LevelView {
    let (minzoom, maxzoom) = zooms(level);
    LevelView {
        id: level.level.id.to_string(),
        label: Words::of(&level.level.label_fr, &level.level.label_en),
        count: level.rows(),
        minzoom,
        maxzoom,
        h3: level.h3,
    }
}

fn hexes(ground: &Ground) -> Option<HexesView> {
    let level = LevelView { minzoom: FIRST_HEX_ZOOM, maxzoom: DEEPEST_ZOOM, ..level(&ground.hexes) };
    let resolutions = hex_zooms(&ground.hexes).resolutions().to_vec();
    (level.count > 0).then(|| HexesView { level, resolutions, least_electors: ground.pieces.least() })
}

/// First and last zoom of a level's tiles; 0 and 0 without tiles.
pub fn zooms(level: &GeographyLevel) -> (u8, u8) {
    if level.h3.is_some() {
        return (hex_zooms(level).first(), DEEPEST_ZOOM);
    }
    let zoom = |key: &str| {
        let info = level.tileset.as_ref().and_then(|tileset| tileset.info.get(key));
        info.and_then(serde_json::Value::as_u64).and_then(|zoom| u8::try_from(zoom).ok()).unwrap_or(0)
    };
    (zoom("minzoom"), zoom("maxzoom"))
}

fn readings(of_snapshot: Option<&[Reading]>, results: Option<&Results>) -> Vec<ReadingView> {
    let view = |at: usize, reading: &Reading| ReadingView {
        id: reading.id.to_string(),
        label: Words::same(&reading.label),
        undecided_label: reading.undecided_label.as_ref().map(|[fr, en]| Words::of(fr, en)),
        default: at == 0,
        favourable: reading.blocs.values().flat_map(|blocs| blocs.favourable.iter().cloned()).collect(),
        opposed: reading.blocs.values().flat_map(|blocs| blocs.opposed.iter().cloned()).collect(),
    };
    if let Some(readings) = of_snapshot {
        return readings.iter().enumerate().map(|(at, reading)| view(at, reading)).collect();
    }
    // The past alone: the readings are those that its elections have blocs for; only their ids are known.
    let mut known: Vec<Reading> = Vec::new();
    for (id, election, blocs) in results
        .iter()
        .flat_map(|own| own.elections())
        .flat_map(|own| own.blocs.iter().map(move |(id, blocs)| (id, &own.election.id, blocs)))
    {
        let at = known.iter().position(|reading| reading.id == *id).unwrap_or_else(|| {
            let label = id.to_string();
            known.push(Reading { id: id.clone(), label, undecided_label: None, blocs: BTreeMap::new() });
            known.len() - 1
        });
        known[at].blocs.insert(election.to_string(), blocs.clone());
    }
    known.sort_by_key(|reading| (reading.id.as_str() != "default", reading.id.clone()));
    known.iter().enumerate().map(|(at, reading)| view(at, reading)).collect()
}

fn measure(measure: Measure, of: Of) -> MeasureView {
    let info = measure.info();
    MeasureView {
        id: measure.id().to_owned(),
        unit: match info.unit {
            Unit::Share => "share".to_owned(),
            Unit::Points => "points".to_owned(),
        },
        signed: info.signed,
        additive: info.additive,
        label: Words::of(info.label.fr, info.label.en),
        short: Words::of(info.short.fr, info.short.en),
        formula: info.formula.to_owned(),
        sentence: Words::said(info.sentence, of),
        whom: info.whom.map(|whom| Words::said(whom, of)),
    }
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn half_the_weight_lies_below_the_median() {
        assert_eq!(median(vec![(3.0, 1.0), (1.0, 1.0), (2.0, 1.0)]), Some(2.0));
        assert_eq!(median(vec![(0.0, 1.0), (50.0, 9.0)]), Some(50.0));
        assert_eq!(median(vec![]), None);
    }
}
