//! TileJSON 3.0 of a tileset.

use crate::tileset::Tileset;
use quartier_export::measures_of;
use quartier_snapshot::{Geography, Snapshot};
use serde_json::{Map, Value, json};

/// The valued tiles of a snapshot.
pub fn valued(base: &str, snapshot: &Snapshot, tileset: &Tileset) -> Value {
    let id = &tileset.info().tileset;
    let tiles = format!("{base}/tiles/{}/{id}/{{z}}/{{x}}/{{y}}.mvt", snapshot.number());
    let mut fields = Map::new();
    for (name, kind) in
        [("code", "String"), ("name", "String"), ("level", "String"), ("parent", "String"), ("electors", "Number")]
    {
        fields.insert(name.to_owned(), json!(kind));
    }
    for measure in measures_of(snapshot.manifest().of) {
        for end in ["", "_low", "_high"] {
            // People are not in the tiles: `electors` times a share or an end of its interval is them, to within a
            // thousandth of the electors, since a percentile of a multiple is the multiple of the percentile.
            fields.insert(format!("{}{end}", measure.id()), json!("Number, a fraction; × electors: people"));
        }
    }
    fields.insert("pooled".to_owned(), json!("Boolean"));
    fields.insert("moved_baseline".to_owned(), json!("Boolean"));
    document(snapshot.geography(), tileset, &tiles, vec![json!({"id": id, "fields": fields})])
}

/// The tiles of a geography alone.
pub fn geometry(base: &str, geography: &Geography, tileset: &Tileset) -> Value {
    let id = &tileset.info().tileset;
    let tiles = format!("{base}/tiles/geometry/{}/{id}/{{z}}/{{x}}/{{y}}.mvt", geography.hash());
    let points = json!({"id": format!("{id}_points"), "fields": {"name": "String", "rank": "Number"}});
    document(geography, tileset, &tiles, vec![json!({"id": id, "fields": {}}), points])
}

fn document(geography: &Geography, tileset: &Tileset, tiles: &str, layers: Vec<Value>) -> Value {
    let info = tileset.info();
    let mut document = json!({
        "tilejson": "3.0.0",
        "name": info.tileset,
        "scheme": "xyz",
        "tiles": [tiles],
        "minzoom": info.minzoom,
        "maxzoom": info.maxzoom,
        "attribution": as_text(&geography.manifest().attribution.join(", ")),
        "vector_layers": layers,
    });
    if let Some(bounds) = info.bounds {
        document["bounds"] = json!(bounds);
    }
    if let Some(center) = info.center {
        document["center"] = json!(center);
    }
    document
}

/// Clients put an attribution into their page as HTML: here it is text, whatever it holds.
fn as_text(attribution: &str) -> String {
    attribution.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
