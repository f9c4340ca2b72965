//! A complete MapLibre style (specification version 8) for one measure on valued tiles.
//!
//! The page has a style of its own (feature-state on geometry tiles); this one is for every other client: another
//! MapLibre, QGIS, a newsroom. It asks for nothing beyond the server that gave it.

use crate::classes::{Certainty, Classes};
use crate::error::CartographyError;
use crate::palette::{Palette, Textures, Theme, palette, textures};
use quartier_model::Measure;
use serde_json::{Value, json};

/// The two stacks of glyphs that are shipped.
const REGULAR: &str = "SourceSans-Regular";
const SEMIBOLD: &str = "SourceSans-Semibold";
/// The greatest zoom of the specification.
const LAST_ZOOM: f64 = 24.0;

/// One level on the map, and the zooms at which its areas are filled.
#[derive(Debug, Clone, PartialEq)]
pub struct StyleLevel {
    /// The tileset and its layer: a level or grouping id.
    pub tileset: String,
    /// First zoom at which this level is the one that is filled; at least its TileJSON `minzoom`.
    pub shown_from: f64,
    /// Zoom from which the next finer level is filled; `None` for the finest shown.
    pub shown_to: Option<f64>,
}

/// What a style is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct StyleRequest<'a> {
    /// The measure that fills the areas.
    pub measure: Measure,
    /// Its classes, the same at every level.
    pub classes: &'a Classes,
    /// The levels shown, coarse to fine.
    pub levels: &'a [StyleLevel],
    /// The snapshot whose tiles are asked for.
    pub snapshot: u64,
    /// What stands before `/tiles`, `/glyphs`...: `http://127.0.0.1:8787`, without a slash at the end.
    pub base: &'a str,
    /// Title of the map: measure and unit in the reader's language.
    pub name: &'a str,
    /// The ground.
    pub theme: Theme,
    /// Whether uncertain figures fade.
    pub uncertainty: bool,
    /// West, south, east, north in degrees, for the first view.
    pub bounds: Option<[f64; 4]>,
}

/// The style. Sources: one vector source a level (TileJSON of the snapshot), one for its labels, the basemap.
/// Layers from the bottom: ground, land, borders; then fills, dots and hatch, lines from fine to coarse, labels.
///
/// # Errors
/// [`CartographyError::NoLevels`] when no level is asked for.
pub fn style(request: &StyleRequest) -> Result<Value, CartographyError> {
    if request.levels.is_empty() {
        return Err(CartographyError::NoLevels);
    }
    let ink = textures(request.theme);
    let colours = palette(request.measure, request.theme);
    let base = request.base;

    let mut sources = serde_json::Map::new();
    for file in ["land", "borders"] {
        sources.insert(file.to_owned(), json!({"type": "geojson", "data": format!("{base}/basemap/{file}.json")}));
    }
    for StyleLevel { tileset, .. } in request.levels {
        let tiles = format!("{base}/tiles/{tileset}.json?snapshot={}", request.snapshot);
        sources.insert(tileset.clone(), json!({"type": "vector", "url": tiles}));
        let labels = format!("{base}/tiles/{tileset}.json?geometry=1&snapshot={}", request.snapshot);
        sources.insert(labels_source(tileset), json!({"type": "vector", "url": labels}));
    }

    let mut layers = vec![
        json!({"id": "ground", "type": "background", "paint": {"background-color": ink.paper}}),
        json!({"id": "land", "type": "fill", "source": "land", "paint": {"fill-color": ink.land}}),
        json!({"id": "borders", "type": "line", "source": "borders",
            "paint": {"line-color": ink.label, "line-width": 0.7, "line-opacity": 0.5}}),
    ];
    for level in request.levels {
        layers.extend(fills(request, level, &colours, &ink));
    }
    for (at, level) in request.levels.iter().enumerate().rev() {
        layers.extend(lines(request.levels, at, level, &ink));
    }
    for (at, level) in request.levels.iter().enumerate() {
        layers.push(labels(level, at == 0, &ink));
    }

    let theme = match request.theme {
        Theme::Light => "light",
        Theme::Dark => "dark",
    };
    let mut style = json!({
        "version": 8,
        "name": request.name,
        "glyphs": format!("{base}/glyphs/{{fontstack}}/{{range}}.pbf"),
        "sprite": format!("{base}/sprites/{theme}"),
        "sources": sources,
        "layers": layers,
        "metadata": {
            "quartier:measure": request.measure.id(),
            "quartier:snapshot": request.snapshot,
            "quartier:edges": request.classes.edges(),
            "quartier:uncertainty": request.uncertainty,
        },
    });
    if let Some([west, south, east, north]) = request.bounds {
        style["center"] = json!([f64::midpoint(west, east), f64::midpoint(south, north)]);
        style["zoom"] = json!(zoom_of([west, south, east, north]));
    }
    Ok(style)
}

/// The fill colour of an area as an expression on the properties of valued tiles.
///
/// The width of what is known is the property `{measure}_spread` where a tile has one, else the width of the 90 %
/// interval, `{measure}_high - {measure}_low`: never narrower than the spread by much, so it does not claim more.
pub fn fill_colour(
    measure: Measure,
    classes: &Classes,
    colours: &Palette,
    no_figure: &str,
    uncertainty: bool,
) -> Value {
    let id = measure.id();
    let (edges, count) = (classes.edges(), classes.count());
    let value = json!(["get", id]);
    let precise = steps(&value, colours.precise_of(count), edges.iter().copied());
    let mut case = vec![json!("case"), json!(["!", ["has", id]]), json!(no_figure)];
    let step = classes.step();
    if uncertainty && step.is_finite() {
        let pairs = steps(&value, colours.approximate_of(count), edges.iter().copied().skip(1).step_by(2));
        case.extend([
            json!(["<=", width(id), known_within(Certainty::PRECISE_STEPS, step)]),
            precise,
            json!(["<=", width(id), known_within(Certainty::APPROXIMATE_STEPS, step)]),
            pairs,
            json!(colours.unsure),
        ]);
    } else {
        case.push(precise);
    }
    Value::Array(case)
}

/// A width of so many steps, with half a thousandth of room: tile properties are thousandths in binary fractions.
fn known_within(steps: f64, step: f64) -> f64 {
    ((steps * step + 0.0005) * 1e6).round() / 1e6
}

/// How wide a figure is known.
fn width(id: &str) -> Value {
    let (low, high) = (format!("{id}_low"), format!("{id}_high"));
    json!(["coalesce", ["get", format!("{id}_spread")], ["-", ["get", high], ["get", low]], 0])
}

/// A `step` expression: one more colour than edges.
fn steps(value: &Value, colours: Vec<&str>, edges: impl Iterator<Item = f64>) -> Value {
    let mut colours = colours.into_iter();
    let mut step = vec![json!("step"), value.clone(), json!(colours.next())];
    for (edge, colour) in edges.zip(colours) {
        step.push(json!(edge));
        step.push(json!(colour));
    }
    if step.len() == 3 {
        return step.swap_remove(2);
    }
    Value::Array(step)
}

/// A layer of a level's polygons, within the zooms at which the level is filled.
fn area_layer(level: &StyleLevel, part: &str, kind: &str) -> Value {
    json!({
        "id": format!("{}-{part}", level.tileset),
        "type": kind,
        "source": level.tileset,
        "source-layer": level.tileset,
        "minzoom": level.shown_from,
        "maxzoom": level.shown_to.unwrap_or(LAST_ZOOM),
    })
}

/// Fill, dots where it is too uncertain to tell, hatch where areas are pooled, dashes where nobody is registered.
fn fills(request: &StyleRequest, level: &StyleLevel, colours: &Palette, ink: &Textures) -> Vec<Value> {
    let id = request.measure.id();
    let mut fill = area_layer(level, "fill", "fill");
    fill["paint"] = json!({
        "fill-color": fill_colour(request.measure, request.classes, colours, &ink.no_electors, request.uncertainty),
        "fill-antialias": false,
    });
    let mut layers = vec![fill];
    let step = request.classes.step();
    if request.uncertainty && step.is_finite() {
        let mut dots = area_layer(level, "unsure", "fill");
        let limit = known_within(Certainty::APPROXIMATE_STEPS, step);
        dots["filter"] = json!(["all", ["has", id], [">", width(id), limit]]);
        dots["paint"] = json!({"fill-pattern": "dots"});
        layers.push(dots);
    }
    let mut hatch = area_layer(level, "pooled", "fill");
    hatch["filter"] = json!(["==", ["get", "pooled"], true]);
    hatch["paint"] = json!({"fill-pattern": "hatch"});
    layers.push(hatch);
    let mut nobody = area_layer(level, "no-electors", "line");
    nobody["filter"] = json!(["!", ["has", id]]);
    nobody["paint"] = json!({"line-color": ink.no_electors_outline, "line-width": 0.8, "line-dasharray": [2.5, 2]});
    layers.push(nobody);
    layers
}

/// The borders of a level: as the finest where it is filled, and as a frame of the finer ones above that zoom.
fn lines(levels: &[StyleLevel], at: usize, level: &StyleLevel, ink: &Textures) -> Vec<Value> {
    let mut finest = area_layer(level, "line", "line");
    finest["paint"] = json!({"line-color": ink.paper, "line-width": 0.7, "line-opacity": 0.55});
    let mut layers = vec![finest];
    if let Some(from) = level.shown_to {
        let steps_above_finest = levels.len() - 1 - at;
        let (colour, width_px, opacity) = match (at, steps_above_finest) {
            (0, _) => (ink.ink, 1.8, 1.0),
            (_, 1) => (ink.paper, 1.3, 1.0),
            _ => (ink.ink, 1.1, 0.75),
        };
        let mut frame = area_layer(level, "frame", "line");
        frame["minzoom"] = json!(from);
        frame["maxzoom"] = json!(LAST_ZOOM);
        frame["layout"] = json!({"line-join": "round"});
        frame["paint"] = json!({"line-color": colour, "line-width": width_px, "line-opacity": opacity});
        layers.push(frame);
    }
    layers
}

/// Names at the points of a level; where they collide, most electors win.
fn labels(level: &StyleLevel, coarsest: bool, ink: &Textures) -> Value {
    json!({
        "id": format!("{}-label", level.tileset),
        "type": "symbol",
        "source": labels_source(&level.tileset),
        "source-layer": format!("{}_points", level.tileset),
        "minzoom": level.shown_from,
        "maxzoom": level.shown_to.unwrap_or(LAST_ZOOM),
        "layout": {
            "text-field": ["get", "name"],
            "text-font": [if coarsest { SEMIBOLD } else { REGULAR }],
            "text-size": if coarsest { 13 } else { 12 },
            "text-padding": 6,
            "symbol-sort-key": ["get", "rank"],
        },
        "paint": {"text-color": ink.ink, "text-halo-color": ink.paper, "text-halo-width": 1.7},
    })
}

fn labels_source(tileset: &str) -> String {
    format!("{tileset}-labels")
}

/// The zoom at which bounds fill a map about a thousand pixels wide and six hundred high (512 px tiles), to a tenth.
fn zoom_of([west, south, east, north]: [f64; 4]) -> f64 {
    let (width_px, height_px, tile_px) = (1000.0, 600.0, 512.0);
    let mercator = |lat: f64| (std::f64::consts::FRAC_PI_4 + lat.to_radians() / 2.0).tan().ln() / std::f64::consts::TAU;
    let wide = ((east - west) / 360.0).max(1e-6);
    let high = (mercator(north.min(85.0)) - mercator(south.max(-85.0))).max(1e-6);
    let zoom = (width_px / (tile_px * wide)).log2().min((height_px / (tile_px * high)).log2());
    (zoom.clamp(0.0, 18.0) * 10.0).floor() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels() -> Vec<StyleLevel> {
        let level =
            |tileset: &str, shown_from, shown_to| StyleLevel { tileset: tileset.to_owned(), shown_from, shown_to };
        vec![level("region", 0.0, Some(6.0)), level("city", 6.0, Some(9.0)), level("neighbourhood", 9.0, None)]
    }

    fn of(theme: Theme, uncertainty: bool) -> Value {
        let classes = Classes::new(vec![0.2, 0.25, 0.3, 0.35, 0.4]).expect("classes");
        style(&StyleRequest {
            measure: Measure::Favourable,
            classes: &classes,
            levels: &levels(),
            snapshot: 7,
            base: "http://127.0.0.1:8787",
            name: "Favorables, % des inscrits",
            theme,
            uncertainty,
            bounds: Some([-20.0, 44.0, -16.0, 46.0]),
        })
        .expect("a style")
    }

    #[test]
    fn a_style_asks_one_server_only() {
        let text = of(Theme::Light, true).to_string();
        for (at, _) in text.match_indices("http") {
            assert!(text[at..].starts_with("http://127.0.0.1:8787/"), "{}", &text[at..at + 40]);
        }
    }

    #[test]
    fn every_layer_has_its_source_and_an_id_of_its_own() {
        for (theme, uncertainty) in [(Theme::Light, true), (Theme::Dark, false)] {
            let style = of(theme, uncertainty);
            let layers = style["layers"].as_array().expect("layers");
            let ids: std::collections::BTreeSet<&str> =
                layers.iter().filter_map(|layer| layer["id"].as_str()).collect();
            assert_eq!(ids.len(), layers.len());
            for layer in layers.iter().filter(|layer| layer["type"] != "background") {
                let source = layer["source"].as_str().expect("a source");
                assert!(style["sources"][source].is_object(), "{source}");
                if style["sources"][source]["type"] == "vector" {
                    assert!(layer["source-layer"].is_string());
                }
            }
        }
    }

    #[test]
    fn at_every_zoom_one_level_is_filled() {
        let style = of(Theme::Light, true);
        for zoom in [0.0, 5.9, 6.0, 8.0, 9.0, 14.0] {
            let filled = style["layers"]
                .as_array()
                .expect("layers")
                .iter()
                .filter(|layer| layer["id"].as_str().is_some_and(|id| id.ends_with("-fill")))
                .filter(|layer| {
                    layer["minzoom"].as_f64().is_some_and(|from| zoom >= from)
                        && layer["maxzoom"].as_f64().is_some_and(|to| zoom < to)
                })
                .count();
            assert_eq!(filled, 1, "zoom {zoom}");
        }
    }

    #[test]
    fn the_expression_is_the_tree_of_six_three_and_one() {
        let classes = Classes::new(vec![0.2, 0.25, 0.3, 0.35, 0.4]).expect("classes");
        let colours = palette(Measure::Favourable, Theme::Light);
        let case = fill_colour(Measure::Favourable, &classes, &colours, "#ffffff", true);
        assert_eq!(case[3][2], json!(0.0755));
        assert_eq!(case[6], json!(["step", ["get", "favourable"], "#b6d7d5", 0.25, "#72acb1", 0.35, "#537885"]));
        assert_eq!(case[7], json!("#cbc8c1"));
        let exact = fill_colour(Measure::Favourable, &classes, &colours, "#ffffff", false);
        assert_eq!(exact.as_array().map(Vec::len), Some(4));
        assert_eq!(exact[3].as_array().map(Vec::len), Some(13));
    }

    #[test]
    fn four_classes_join_in_two_pairs() {
        let classes = Classes::new(vec![0.2, 0.3, 0.4]).expect("classes");
        let colours = palette(Measure::Favourable, Theme::Light);
        let case = fill_colour(Measure::Favourable, &classes, &colours, "#ffffff", true);
        assert_eq!(case[6], json!(["step", ["get", "favourable"], "#b6d7d5", 0.3, "#537885"]));
    }

    #[test]
    fn a_style_of_no_level_is_refused() {
        let classes = Classes::new(vec![0.2, 0.3]).expect("classes");
        let request = StyleRequest {
            measure: Measure::Turnout,
            classes: &classes,
            levels: &[],
            snapshot: 1,
            base: "",
            name: "",
            theme: Theme::Light,
            uncertainty: true,
            bounds: None,
        };
        assert_eq!(style(&request), Err(CartographyError::NoLevels));
    }
}
