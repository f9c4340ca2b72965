//! The borders between the areas of a file: what snapping closes, and what it finds open or claimed twice.
//!
//! Evidence keeps the outlines of the file. The map is drawn of a coverage in which neighbours share their borders;
//! the same cleaning is done once at import, so that its report stands in the account.

use crate::error::{CampaignError, Result};
use geo_types::MultiPolygon;
use quartier_geometry::CleanOptions;
use quartier_model::AreaCode;
use quartier_store::{Import, ImportKind};
use serde::Serialize;
use std::str::FromStr;

/// The largest tolerance taken, in metres: ten streets. Beyond, whole small areas would be snapped away.
const LARGEST_TOLERANCE_M: f64 = 100.0;

/// Pairs of overlapping areas that the account names, the largest first; the rest is counted.
const NAMED_OVERLAPS: usize = 20;

/// How near a vertex must be to a neighbour's border to be snapped onto it, in metres on the ground: 0 to 100, where 0
/// snaps nothing. Where no tolerance is given, [`CleanOptions::default`] holds.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize)]
pub struct Tolerance(f64);

impl Tolerance {
    /// A tolerance in metres.
    ///
    /// # Errors
    /// Where it is no number from 0 to 100.
    pub fn metres(metres: f64) -> Result<Self> {
        if (0.0..=LARGEST_TOLERANCE_M).contains(&metres) {
            return Ok(Self(metres));
        }
        Err(wrong(&metres.to_string()))
    }
}

impl FromStr for Tolerance {
    type Err = CampaignError;

    fn from_str(text: &str) -> Result<Self> {
        Self::metres(text.trim().parse().map_err(|_| wrong(text))?)
    }
}

fn wrong(found: &str) -> CampaignError {
    CampaignError::Invalid(format!(
        "found `{found}`, expected metres from 0 to {LARGEST_TOLERANCE_M}, such as 0.5 (0 snaps nothing)"
    ))
}

/// How a coverage is cleaned under a tolerance: one that was given is never raised; holes narrower than twice of it
/// are slivers, as they are by default.
pub(super) fn clean_options(tolerance: Option<Tolerance>) -> CleanOptions {
    match tolerance {
        None => CleanOptions::default(),
        Some(Tolerance(metres)) => CleanOptions {
            snap_m: metres,
            snap_limit_m: metres,
            sliver_width_m: 2.0 * metres,
            ..CleanOptions::default()
        },
    }
}

/// How the areas of a level are cleaned when they are drawn: by the largest tolerance that an import of them was given.
pub(crate) fn cleaning_of(level: &str, imports: &[Import]) -> CleanOptions {
    cleaning(imports.iter().filter(|own| own.kind == ImportKind::Areas && own.level.as_deref() == Some(level)))
}

/// How the polygons of a grouping are cleaned when they are drawn.
pub(crate) fn cleaning_of_grouping(grouping: &str, imports: &[Import]) -> CleanOptions {
    let named = |own: &&Import| own.arguments.get("grouping").and_then(|id| id.as_str()) == Some(grouping);
    cleaning(imports.iter().filter(|own| own.kind == ImportKind::Grouping).filter(named))
}

fn cleaning<'a>(imports: impl Iterator<Item = &'a Import>) -> CleanOptions {
    let given = imports.filter_map(|import| Tolerance::metres(import.arguments.get("tolerance_m")?.as_f64()?).ok());
    clean_options(given.reduce(|largest, other| if other > largest { other } else { largest }))
}

/// What cleaning the borders of a file did and found. Widths are metres, areas square metres, on the ground.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Borders {
    /// The tolerance of snapping: the one given, or the default, raised where many neighbours were drawn apart.
    pub tolerance_m: f64,
    /// Whether the command gave it.
    pub tolerance_given: bool,
    /// Vertices moved onto a neighbour's border.
    pub snapped_vertices: usize,
    /// Slivers between neighbours that were closed, and their ground.
    pub slivers: usize,
    pub sliver_m2: f64,
    /// Pieces of ground that several areas claim, and their ground.
    pub overlaps: usize,
    pub overlap_m2: f64,
    /// The largest of them: two codes and square metres.
    pub overlapping: Vec<(String, String, f64)>,
    /// Holes between areas too wide to be slivers, which stay, and their ground.
    pub gaps: usize,
    pub gap_m2: f64,
    /// Codes that lost all their ground to others.
    pub swallowed: Vec<String>,
}

impl Borders {
    /// Cleans the borders of these areas and reports on it.
    ///
    /// # Errors
    /// Where the outlines are no coverage that can be drawn.
    pub(super) fn of(
        codes: &[AreaCode],
        shapes: &[Option<MultiPolygon<f64>>],
        tolerance: Option<Tolerance>,
    ) -> Result<Self> {
        let (_, report) = quartier_geometry::build(shapes, &clean_options(tolerance))
            .map_err(|error| CampaignError::Invalid(error.to_string()))?;
        let code = |row: u32| codes[row as usize].to_string();
        let overlapping = report.overlapping.iter().take(NAMED_OVERLAPS);
        // A square decimetre is finer than any outline is drawn.
        let m2 = |ground: f64| (ground * 100.0).round() / 100.0;
        Ok(Self {
            tolerance_m: report.snap_m,
            tolerance_given: tolerance.is_some(),
            snapped_vertices: report.snapped_vertices,
            slivers: report.slivers,
            sliver_m2: m2(report.sliver_m2),
            overlaps: report.overlaps,
            overlap_m2: m2(report.overlap_m2),
            overlapping: overlapping.map(|(one, other, ground)| (code(*one), code(*other), m2(*ground))).collect(),
            gaps: report.gaps,
            gap_m2: m2(report.gap_m2),
            swallowed: report.swallowed.iter().map(|row| code(*row)).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo_types::polygon;

    #[test]
    fn a_tolerance_is_metres_from_nothing_to_a_hundred() {
        for (text, metres) in [("0", 0.0), ("0.5", 0.5), (" 12 ", 12.0), ("100", 100.0)] {
            assert_eq!(text.parse::<Tolerance>().expect(text), Tolerance(metres));
        }
        for text in ["", "abc", "-1", "100.1", "NaN", "inf", "1,5", "5m"] {
            let error = text.parse::<Tolerance>().expect_err(text).to_string();
            assert!(error.contains("expected metres from 0 to 100"), "{text}: {error}");
        }
        let error = "5m".parse::<Tolerance>().expect_err("a unit").to_string();
        assert_eq!(error, "found `5m`, expected metres from 0 to 100, such as 0.5 (0 snaps nothing)");
    }

    /// Two squares of a hundredth of a degree on the equator, a sliver of `gap` degrees between them.
    fn squares(gap: f64) -> Vec<Option<MultiPolygon<f64>>> {
        let square = |x: f64| polygon![(x: x, y: 0.0), (x: x + 0.01, y: 0.0), (x: x + 0.01, y: 0.01), (x: x, y: 0.01), (x: x, y: 0.0)];
        [square(0.0), square(0.01 + gap)].into_iter().map(|one| Some(MultiPolygon(vec![one]))).collect()
    }

    #[test]
    fn a_tolerance_closes_what_is_narrower_and_the_report_says_which_was_used() {
        let codes = ["a", "b"].map(|code| code.parse().expect("a code"));
        // 0.00002 degrees are 2.2 m on the equator.
        let of = |tolerance: Option<f64>| {
            let tolerance = tolerance.map(|metres| Tolerance::metres(metres).expect("a tolerance"));
            Borders::of(&codes, &squares(0.000_02), tolerance).expect("two squares")
        };
        let (loose, tight, none) = (of(Some(3.0)), of(Some(1.0)), of(Some(0.0)));
        assert_eq!((loose.tolerance_m, loose.tolerance_given, loose.snapped_vertices > 0), (3.0, true, true));
        assert_eq!((tight.tolerance_m, tight.snapped_vertices), (1.0, 0));
        assert_eq!((none.tolerance_m, none.snapped_vertices, none.slivers), (0.0, 0, 0));
        // Without one, the default of half a metre is raised: every vertex of these neighbours misses the other.
        let default = of(None);
        assert!(!default.tolerance_given && default.snapped_vertices > 0, "{default:?}");
        assert!(
            default.tolerance_m > 2.0 && default.tolerance_m <= CleanOptions::default().snap_limit_m,
            "{default:?}"
        );
    }

    #[test]
    fn ground_that_two_areas_claim_is_measured_and_both_are_named() {
        let codes = ["a", "b"].map(|code| code.parse().expect("a code"));
        let borders = Borders::of(&codes, &squares(-0.001), None).expect("two squares");
        assert_eq!((borders.overlaps, borders.overlapping.len()), (1, 1));
        let (one, other, m2) = &borders.overlapping[0];
        // 0.001 x 0.01 degrees of 111.3 km.
        assert_eq!((one.as_str(), other.as_str()), ("a", "b"));
        assert!((m2 - 123_900.0).abs() < 1_500.0 && (borders.overlap_m2 - m2).abs() < 1.0, "{borders:?}");
    }

    #[tokio::test]
    async fn the_map_is_drawn_under_the_tolerance_of_the_import() {
        use crate::{ImportFacts, InitOptions, Language, import_areas, init};
        use quartier_ingest::areas::AreasRequest;
        let folder = tempfile::tempdir().expect("a folder");
        let levels = vec!["region".to_owned(), "commune".to_owned()];
        let (name, language) = ("A".to_owned(), Language::Fr);
        let options = InitOptions { name, language, levels, end_date: None, demo: false };
        let campaign = init(&folder.path().join("campaign"), None, &options).await.expect("a campaign");
        let ring = |x: f64| format!("[[{x},0],[{},0],[{},0.01],[{x},0.01],[{x},0]]", x + 0.01, x + 0.01);
        let features = [0.0, 0.01002].map(|x| {
            let outline = format!(r#"{{"type":"Polygon","coordinates":[{}]}}"#, ring(x));
            format!(r#"{{"type":"Feature","properties":{{"code":"{x}"}},"geometry":{outline}}}"#)
        });
        let text = format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","));
        let path = folder.path().join("a.geojson");
        std::fs::write(&path, text).expect("written");
        let code = || "{code}".parse().expect("a template");
        let request = AreasRequest::new(path, "region".parse().expect("a level"), code(), code());
        let tolerance = Some("3".parse().expect("a tolerance"));
        let (_, notes) = import_areas(&campaign, &request, tolerance, &ImportFacts::default()).await.expect("areas");
        assert_eq!(notes["borders"]["tolerance_m"].as_f64(), Some(3.0));
        assert!(notes["borders"]["snapped_vertices"].as_u64() > Some(0), "{notes}");
        let imports = campaign.store().imports().await.expect("imports");
        assert_eq!(imports[0].account["borders"], notes["borders"]);
        assert_eq!(cleaning_of("region", &imports), clean_options(tolerance));
        assert_eq!(cleaning_of("region", &imports).snap_limit_m, 3.0);
        assert_eq!(cleaning_of("commune", &imports), CleanOptions::default());
    }
}
