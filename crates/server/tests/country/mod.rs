//! An invented country, two cities and four quarters with two elections, and the service over it.

#![allow(dead_code, reason = "each suite takes what it needs")]

use axum::Router;
use axum::body::{Body, to_bytes};
use http::{HeaderMap, Request, StatusCode, header};
use quartier_model::{
    AnswerCounts, Blocs, Comparable, Counts, DRAWS, Draw, Election, Electors, ElectorsSource, Level, LevelTable,
    LevelValues, ListName, Measure, NoiseLaw, Reading, ReadingId, ReservePair,
};
use quartier_snapshot::*;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use time::macros::datetime;
use tower::ServiceExt;

/// West and south of each area, and its side, in degrees.
type Square = (f64, f64, f64);

const CITIES: [Square; 2] = [(2.0, 48.0, 0.2), (2.2, 48.0, 0.2)];
const QUARTERS: [Square; 4] = [(2.0, 48.0, 0.1), (2.1, 48.0, 0.1), (2.2, 48.0, 0.1), (2.3, 48.0, 0.1)];

fn polygon((west, south, side): Square) -> geo_types::MultiPolygon<f64> {
    let (east, north) = (west + side, south + side);
    // Clockwise on purpose: exports must turn it.
    let ring = vec![(west, south), (west, north), (east, north), (east, south), (west, south)];
    geo_types::MultiPolygon(vec![geo_types::Polygon::new(ring.into(), vec![])])
}

fn level(id: &str, areas: &[(&str, &str)], squares: &[Square], parents: Vec<Option<u32>>) -> LevelContent {
    use geozero::{CoordDimensions, ToWkb};
    let polygons: Vec<_> = squares.iter().map(|square| Some(polygon(*square))).collect();
    let (coverage, _) =
        quartier_geometry::build(&polygons, &quartier_geometry::CleanOptions::default()).expect("squares");
    let mut skeleton = Vec::new();
    let options = quartier_tiles::CompileOptions { content: format!("squares of {id}"), ..Default::default() };
    let info = quartier_tiles::compile(id, &coverage, &options, &mut skeleton, &|_, _| {}).expect("compiles");
    let labels: Vec<_> = squares
        .iter()
        .zip(areas)
        .enumerate()
        .map(|(row, ((west, south, side), (_, name)))| quartier_tiles::LabelPoint {
            row: row as u32,
            longitude: west + side / 2.0,
            latitude: south + side / 2.0,
            name,
            electors: Some(100),
        })
        .collect();
    let mut points = Vec::new();
    quartier_tiles::compile_points(&labels, &mut points).expect("points");
    let outline = |own: &Option<geo_types::MultiPolygon<f64>>| {
        own.clone().map(|own| geo_types::Geometry::from(own).to_wkb(CoordDimensions::xy()).expect("WKB"))
    };
    LevelContent {
        h3: None,
        level: Level { id: id.parse().expect("a level"), label_fr: format!("{id} fr"), label_en: id.into() },
        codes: areas.iter().map(|(code, _)| code.parse().expect("a code")).collect(),
        names: areas.iter().map(|(_, name)| (*name).to_owned()).collect(),
        parents,
        electors: (1..=areas.len() as u32).map(|row| Electors::Known(row * 100)).collect(),
        points: squares.iter().map(|(west, south, side)| Some([west + side / 2.0, south + side / 2.0])).collect(),
        bounds: squares.iter().map(|(west, south, side)| Some([*west, *south, west + side, south + side])).collect(),
        outlines: polygons.iter().map(outline).collect(),
        neighbours: vec![vec![]; areas.len()],
        tileset: Some(TilesetContent {
            info: serde_json::to_value(&info).expect("plain"),
            geometry: format!("squares of {id}"),
            skeleton: Some(skeleton),
            points,
        }),
    }
}

fn geography() -> GeographyContent {
    let cities = [("01004", "Œuilly"), ("02", "Évry")];
    let quarters = [("a", "=1+1"), ("b", "Bel-Air"), ("c", "Centre"), ("d", "L'Haÿ")];
    GeographyContent {
        levels: vec![
            level("city", &cities, &CITIES, vec![None, None]),
            level("quarter", &quarters, &QUARTERS, vec![Some(0), Some(0), Some(1), Some(1)]),
        ],
        bounds: Some([2.0, 48.0, 2.4, 48.2]),
        attribution: vec!["<b>INSEE</b>".to_owned()],
        ground: None,
        groupings: Vec::new(),
    }
}

fn counts(a: u64, b: u64) -> Counts {
    let valid = a + b;
    Counts { registered: Some(valid * 2), voters: valid, valid, blank: None, null: Some(0), votes: vec![a, b] }
}

fn election(id: &str, date: time::Date) -> ElectionContent {
    let list = |id: &str| ListName { id: id.parse().expect("a list"), label: id.to_owned(), nuance: None };
    let lists = vec![list("MACRON"), list("LE PEN")];
    let shown = |name: &ListName| PublishedList { name: name.clone(), short: None, colour: Some("#123456".into()) };
    let blocs = Blocs { favourable: vec!["MACRON".into()], opposed: vec!["LE PEN".into()], ..Blocs::default() };
    let published_lists = lists.iter().map(shown).collect();
    let label = id.to_owned();
    ElectionContent {
        election: PublishedElection {
            election: Election { id: id.parse().expect("an id"), label, date, has_registered: true, lists },
            published_lists,
            of: Of::Electors,
            blocs: BTreeMap::from([(ReadingId::default_reading(), blocs)]),
            total: counts(64, 43),
            unplaced: vec![
                Unplaced { level: "campaign".into(), code: None, counts: counts(4, 3), file_codes: vec!["Z".into()] },
                Unplaced {
                    level: "city".into(),
                    code: Some("02".into()),
                    counts: counts(2, 1),
                    file_codes: vec!["X".into()],
                },
            ],
            transfers: vec![],
        },
        counts: vec![
            vec![Some(counts(30, 20)), Some(counts(30, 20))],
            vec![Some(counts(10, 10)), Some(counts(20, 10)), Some(counts(28, 19)), None],
        ],
        errors: vec![],
        hexes: None,
    }
}

fn table(rows: usize, base: i16) -> LevelTable {
    let column = |shift: i16| (0..rows).map(|row| base + shift + 7 * row as i16).collect::<Vec<i16>>();
    let values = |at: i16| LevelValues {
        value: column(at),
        low: column(at - 20),
        high: column(at + 20),
        spread: column(at + 1),
        people: vec![1.5; rows],
        people_low: vec![0.5; rows],
        people_high: vec![2.5; rows],
    };
    let mut measures: Vec<LevelValues> = (0..Measure::COUNT as i16).map(values).collect();
    measures[Measure::Margin.index()].value = (0..rows).map(|row| -45 + row as i16).collect();
    LevelTable { electors: (1..=rows as u32).map(|row| row * 100).collect(), flags: vec![0; rows], measures }
}

fn manifest() -> SnapshotManifest {
    let figure = CampaignFigure { value: 300, low: 280, high: 320, people: None, people_interval: None };
    SnapshotManifest {
        format: 0,
        number: 0,
        published_at: datetime!(2026-11-24 12:00 UTC),
        name: "Essai".into(),
        language: "fr".into(),
        demo: true,
        end_date: None,
        of: Of::Electors,
        reading: ReadingId::default_reading(),
        readings: vec![Reading {
            id: ReadingId::default_reading(),
            label: "Premier tour".into(),
            undecided_label: None,
            blocs: BTreeMap::new(),
        }],
        baseline: "t1".parse().expect("an id"),
        geography: String::new(),
        geography_blake3: String::new(),
        results: String::new(),
        results_blake3: String::new(),
        seed: 1,
        method: "prior 1".into(),
        evidence: vec![],
        model_card: serde_json::json!({}),
        privacy: "none".into(),
        edges: Measure::ALL.map(|measure| (measure, vec![0.1, 0.2, 0.3, 0.4, 0.5])).into(),
        campaign: Measure::ALL.map(|measure| (measure, figure)).into(),
        electors: Some(300),
        common_points: 2.1,
        newer_than_baseline: false,
        files: Files::new(),
    }
}

/// The two elections are named for base and reserve.
fn comparable() -> Comparable {
    let id = |id: &str| id.parse().expect("an id");
    Comparable { base: vec![id("t1"), id("t2")], reserve: Some(ReservePair { high: id("t1"), low: id("t2") }) }
}

/// Publishes the country as it stands.
pub fn publish(folder: &Path) -> u32 {
    publish_as(folder, 0, Of::Electors)
}

/// Publishes the country with every share moved by so many thousandths, of electors or of voters.
pub fn publish_as(folder: &Path, moved: i16, of: Of) -> u32 {
    publish_on(folder, &geography(), moved, of)
}

/// The same with its electors placed in hexagons.
pub fn publish_placed(folder: &Path, moved: i16) -> u32 {
    publish_on(folder, &placed::geography(geography()), moved, Of::Electors)
}

/// Publishes one election in so many areas of one level, and no estimate.
fn publish_many(folder: &Path, areas: usize) {
    let level = LevelContent {
        h3: None,
        level: Level { id: "cell".parse().expect("a level"), label_fr: "Mailles".into(), label_en: "Cells".into() },
        codes: (0..areas).map(|area| format!("{area:06}").parse().expect("a code")).collect(),
        names: (0..areas).map(|area| format!("Area {area}")).collect(),
        parents: vec![None; areas],
        electors: vec![Electors::Known(2); areas],
        points: vec![None; areas],
        bounds: vec![None; areas],
        outlines: vec![None; areas],
        neighbours: vec![vec![]; areas],
        tileset: None,
    };
    let content = GeographyContent {
        levels: vec![level],
        bounds: None,
        attribution: Vec::new(),
        ground: None,
        groupings: Vec::new(),
    };
    let hash = write_geography(folder, &content).expect("a geography");
    let geography = Geography::open(&folder.join("geographies").join(hash), None).expect("whole");
    let own = election("t1", time::macros::date!(2017 - 04 - 23));
    let total = counts(areas as u64, 0);
    let election = PublishedElection { total, unplaced: Vec::new(), ..own.election };
    let own = ElectionContent { election, counts: vec![vec![Some(counts(1, 0)); areas]], errors: vec![], hexes: None };
    let hash = write_results(folder, &geography, &[own], (&Comparable::default(), None)).expect("results");
    Pointer::advance(folder, geography.hash(), Some(&hash)).expect("pointed at");
}

fn publish_on(folder: &Path, geography: &GeographyContent, moved: i16, of: Of) -> u32 {
    let hash = write_geography(folder, geography).expect("a geography");
    let geography = Geography::open(&folder.join("geographies").join(hash), None).expect("whole");
    let mut elections =
        [election("t1", time::macros::date!(2017 - 04 - 23)), election("t2", time::macros::date!(2022 - 04 - 10))];
    elections.iter_mut().for_each(|own| own.hexes = placed::counts(&geography, own));
    let hash = write_results(folder, &geography, &elections, (&comparable(), None)).expect("results");
    let results = Results::open(&folder.join("results").join(hash), None).expect("whole");
    let tables = [table(2, 300 + moved), table(4, 400 + moved)];
    let sources = [ElectorsSource::Baseline; 4];
    let leaves = [(1, 0), (1, 1), (1, 2), (1, 3)];
    let wave = |at: usize| (at * 7919 % 4001) as u16;
    let draws: Vec<Draw> = (0..4 * DRAWS)
        .map(|at| Draw {
            abstainers: 20_000 + wave(at),
            undecided: 9_000 + wave(at + 1),
            favourable: 12_000 + 3_000 * (at / DRAWS) as u16 + wave(at + 2),
        })
        .collect();
    let level_of = |(table, rows): (_, usize)| SnapshotLevelContent { table, sources: &sources[..rows] };
    let hexes =
        geography.ground().map(|ground| placed::figures(&ground.hexes, table(ground.hexes.rows(), 200 + moved)));
    let of_hexes = vec![ElectorsSource::Children; hexes.as_ref().map_or(0, |table| table.electors.len())];
    let content = SnapshotContent {
        manifest: SnapshotManifest { of, ..manifest() },
        levels: tables.iter().zip([2, 4]).map(level_of).collect(),
        hexes: hexes.as_ref().map(|table| SnapshotLevelContent { table, sources: &of_hexes }),
        draws: DrawsContent { leaves: &leaves, electors: &[100, 200, 300, 400], draws: DRAWS, values: &draws },
        answers: canvass(),
    };
    let candidate = write_candidate(&folder.join("candidates"), "d", &geography, &results, &content).expect("written");
    publish_candidate(folder, &candidate, |_| {}).expect("published").number()
}

/// A canvass of the third quarter, noised.
fn canvass() -> PlacedAnswers {
    let law = NoiseLaw::discrete_laplace(1.0).expect("a law");
    let counts = AnswerCounts::new(30, [Some(-1), Some(6), Some(17), Some(9)], law).expect("lawful counts");
    // The nodes: the root, two cities, four quarters.
    PlacedAnswers::of([(5, &counts)])
}

/// Where the electors of the country are.
pub mod placed {
    use super::*;
    use quartier_geometry::{HexRule, PLACING, box_of, cell_at, centre, hex_tree};
    use quartier_model::Atoms;

    /// By quarter, electors by place. The first and the second live near each other, fifty of the third and all of the
    /// last nobody knows where.
    const PLACES: [&[([f64; 2], u32)]; 4] = [
        &[([2.02, 48.05], 60), ([2.095, 48.05], 40)],
        &[([2.105, 48.05], 200)],
        &[([2.25, 48.05], 150), ([2.28, 48.02], 100)],
        &[],
    ];
    const ELSEWHERE: [u32; 4] = [0, 0, 50, 400];

    /// A geography with those electors as pieces.
    pub fn geography(mut content: GeographyContent) -> GeographyContent {
        let cells: Vec<Vec<(u64, u32)>> = PLACES
            .iter()
            .map(|places| {
                let cell = |(at, electors): &([f64; 2], u32)| (cell_at(*at, 10).expect("a place"), *electors);
                let mut own: Vec<(u64, u32)> = places.iter().map(cell).collect();
                own.sort_unstable();
                own
            })
            .collect();
        let atoms = Atoms::new(&cells, ELSEWHERE.to_vec()).expect("lawful");
        let coarsest = std::iter::successors(Some(PLACING), |finer| finer.pred()).nth(7).expect("the third");
        let rule = HexRule { coarsest, finest: PLACING, least: 20, closed: &Default::default() };
        let nodes = hex_tree(&atoms, &rule);
        let cells: Vec<u64> = nodes.iter().map(|node| u64::from(node.hex.cell)).collect();
        let electors = |total: u64| Electors::Known(u32::try_from(total).expect("few"));
        content.ground = Some(GroundContent {
            pieces: PiecesContent {
                pieces: atoms.all().iter().map(|atom| (atom.area, atom.cell, atom.electors)).collect(),
                elsewhere: ELSEWHERE.to_vec(),
                groups: (0..4).collect(),
                least: 20,
            },
            hexes: LevelContent {
                level: Level::hex(),
                codes: nodes.iter().map(|node| node.hex.cell.to_string().parse().expect("a code")).collect(),
                names: nodes.iter().map(|node| node.hex.cell.to_string()).collect(),
                parents: vec![None; nodes.len()],
                electors: nodes.iter().map(|node| electors(node.hex.total())).collect(),
                points: cells.iter().map(|cell| centre(*cell)).collect(),
                bounds: cells.iter().map(|cell| box_of(*cell)).collect(),
                h3: None,
                outlines: vec![None; nodes.len()],
                neighbours: vec![vec![]; nodes.len()],
                tileset: None,
            },
        });
        content
    }

    /// Figures with the electors of the hexagons.
    pub fn figures(hexes: &GeographyLevel, mut table: LevelTable) -> LevelTable {
        table.electors = (0..hexes.rows()).map(|row| hexes.electors(row).known().expect("known")).collect();
        table
    }

    /// The votes of the quarters, split by their electors.
    pub fn counts(geography: &Geography, election: &ElectionContent) -> Option<HexCounts> {
        let hexes = quartier_export::Hexes::of(geography)?;
        let members = hexes.members(geography).expect("pieces of these areas");
        let mut sums = HexCounts::new(hexes.cover().len(), 2);
        for (leaf, own) in (0..).zip(&election.counts[1]) {
            match own {
                Some(own) => members.split(leaf, own).into_iter().for_each(|(row, part)| {
                    row.into_iter().for_each(|row| sums.add(row as usize, &part));
                }),
                None => members.areas_of(leaf).into_iter().flatten().for_each(|row| sums.lacks(row as usize)),
            }
        }
        for row in (0..hexes.cover().len()).rev() {
            hexes.cover().above(row).into_iter().for_each(|above| sums.add_row(above, row));
        }
        (0..hexes.cover().len()).for_each(|row| sums.moved(row));
        Some(sums)
    }
}

pub struct Service {
    pub router: Router,
    pub app: Arc<quartier_server::App>,
    pub folder: tempfile::TempDir,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
    pub fn header(&self, name: impl http::header::AsHeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl Service {
    pub fn new() -> Self {
        Self::of(Of::Electors)
    }

    pub fn of(of: Of) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        publish_as(folder.path(), 0, of);
        let (router, app) = quartier_server::app(folder.path()).expect("opens");
        Self { router, app, folder }
    }

    /// The country whose electors are placed in hexagons, published so many times.
    pub fn placed(times: i16) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        (0..times).for_each(|time| _ = publish_placed(folder.path(), 5 * time));
        let (router, app) = quartier_server::app(folder.path()).expect("opens");
        Self { router, app, folder }
    }

    /// So many areas with an election.
    pub fn many(areas: usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        publish_many(folder.path(), areas);
        let (router, app) = quartier_server::app(folder.path()).expect("opens");
        Self { router, app, folder }
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.router.clone().oneshot(request).await.expect("infallible").into_parts();
        let body = to_bytes(body, usize::MAX).await.expect("a whole body").to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let request = headers.iter().fold(Request::get(path), |request, (name, value)| request.header(*name, *value));
        self.send(request.body(Body::empty()).expect("a request")).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[]).await
    }

    pub async fn geography(&self) -> String {
        self.get("/api/v1/campaign").await.json()["geography"].as_str().expect("a hash").to_owned()
    }
}

pub fn is_problem(answer: &Answer, status: u16) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.text());
    assert_eq!(answer.header(header::CONTENT_TYPE), "application/problem+json");
    assert_eq!(answer.json()["status"], status);
}
