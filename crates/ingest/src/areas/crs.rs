//! Coordinates of a file to longitude and latitude on WGS84.
//!
//! A system is known by its EPSG code or by a name that has one. A bare well-known text is used only on the GRS80 or
//! WGS84 ellipsoid with Greenwich: elsewhere a .prj holds no datum shift, and areas would lie 50 to 110 m off
//! (measured on EPSG:27572, 27700 and 31370).

use super::layer::StatedCrs;
use crate::fault::{Fault, IngestError, Refusal};
use geo_types::{Coord, MultiPolygon};
use proj4rs::Proj;
use proj4rs::transform::transform;

/// Geographic systems whose degrees are taken as those of WGS84: no transformation between them is published that is
/// above the metre (WGS84, its 3D form, ETRS89, RGF93 v1, NAD83).
const AS_WGS84: [u32; 5] = [4326, 4979, 4258, 4171, 4269];

/// Names of .prj files and their codes; names with a number in them are in [`epsg_of_name`].
const NAMES: [(&str, u32); 20] = [
    ("gcswgs1984", 4326),
    ("wgs84", 4326),
    ("gcsrgf1993", 4171),
    ("rgf93", 4171),
    ("gcsetrs1989", 4258),
    ("etrs89", 4258),
    ("gcsnorthamerican1983", 4269),
    ("nad83", 4269),
    ("rgf1993lambert93", 2154),
    ("rgf93lambert93", 2154),
    ("rgf93v1lambert93", 2154),
    ("etrs1989laea", 3035),
    ("etrs89extendedlaeaeurope", 3035),
    ("wgs1984webmercatorauxiliarysphere", 3857),
    ("wgs84pseudomercator", 3857),
    ("ntfparislambertzoneii", 27572),
    ("ntflambertiietendu", 27572),
    ("britishnationalgrid", 27700),
    ("belgelambert1972", 31370),
    ("belge1972belgianlambert72", 31370),
];

/// How a file's coordinates become longitude and latitude.
pub(super) struct System {
    /// For the account: "EPSG:26915, by the name in the .prj".
    pub said: String,
    /// For messages: "the .prj says EPSG:3946".
    claim: String,
    stated: bool,
    projection: Option<Box<(Proj, Proj)>>,
}

impl std::fmt::Debug for System {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.said)
    }
}

fn wgs84() -> Proj {
    Proj::from_proj_string("+proj=longlat +datum=WGS84 +no_defs").expect("the definition of WGS84 is constant")
}

impl System {
    /// The system of a file: what the caller says, else what the file says, else longitude and latitude.
    pub(super) fn of(file: &str, asked: Option<&str>, stated: &StatedCrs) -> Result<Self, IngestError> {
        if let Some(asked) = asked {
            return Self::asked(asked);
        }
        match stated {
            StatedCrs::Nothing => Ok(Self {
                said: "longitude and latitude, as the file names no system".to_owned(),
                claim: "no system is named".to_owned(),
                stated: false,
                projection: None,
            }),
            StatedCrs::LonLat(said) => Ok(Self::lon_lat(said.clone(), said.clone())),
            StatedCrs::Epsg(code, place) => {
                let said = format!("EPSG:{code}, named by {place}");
                Self::epsg(*code, said, format!("{place} says EPSG:{code}")).ok_or_else(|| {
                    let summary = format!("{place} names EPSG:{code}, a system that is not known here");
                    IngestError::file(file, summary, "say another with `--crs EPSG:n`, or export in EPSG:4326")
                })
            }
            StatedCrs::Wkt(text, place) => Self::well_known_text(file, text, place),
            StatedCrs::Unreadable(what) => {
                Err(IngestError::file(file, format!("{what}, which is not known here"), "say it with `--crs EPSG:n`"))
            }
        }
    }

    /// `--crs EPSG:2154`, `--crs 2154` or `--crs CRS84`.
    fn asked(asked: &str) -> Result<Self, IngestError> {
        let upper = asked.trim().to_uppercase();
        if matches!(upper.as_str(), "CRS84" | "WGS84" | "OGC:CRS84") {
            return Ok(Self::lon_lat("CRS84, by `--crs`".to_owned(), "`--crs` says CRS84".to_owned()));
        }
        let refused = |what: String| {
            IngestError::Options(Refusal::new(format!("--crs {asked}"), what).help("for instance `--crs EPSG:2154`"))
        };
        let code = upper.strip_prefix("EPSG:").unwrap_or(&upper).parse();
        let code: u32 = code.map_err(|_| refused("this is no system, expected `EPSG:n`".to_owned()))?;
        Self::epsg(code, format!("EPSG:{code}, by `--crs`"), format!("`--crs` says EPSG:{code}"))
            .ok_or_else(|| refused(format!("EPSG:{code} is not known here")))
    }

    fn lon_lat(said: String, claim: String) -> Self {
        Self { said, claim, stated: true, projection: None }
    }

    fn epsg(code: u32, said: String, claim: String) -> Option<Self> {
        if AS_WGS84.contains(&code) {
            return Some(Self::lon_lat(said, claim));
        }
        let from = Proj::from_epsg_code(u16::try_from(code).ok()?).ok()?;
        Some(Self { said, claim, stated: true, projection: Some(Box::new((from, wgs84()))) })
    }

    fn well_known_text(file: &str, text: &str, place: &str) -> Result<Self, IngestError> {
        let name = wkt_name(text).unwrap_or("without name");
        let by_authority = wkt_authority(text).map(|code| (code, "its code in"));
        let by_name = || epsg_of_name(name).map(|code| (code, "its name in"));
        if let Some((code, how)) = by_authority.or_else(by_name) {
            let said = format!("EPSG:{code}, by {how} {place}");
            if let Some(system) = Self::epsg(code, said, format!("{place} says EPSG:{code}")) {
                return Ok(system);
            }
        }
        let shown: String = name.chars().take(60).collect();
        if !is_on_grs80_and_greenwich(text) {
            let summary = format!(
                "{place} names `{shown}`, without a code, on an ellipsoid or meridian whose shift to WGS84 it does not \
                 hold; areas would lie up to 110 m off"
            );
            return Err(IngestError::file(file, summary, "say which system it is with `--crs EPSG:n`"));
        }
        let said = format!("`{shown}`, by the parameters in {place}");
        let claim = format!("{place} says `{shown}`");
        let from = proj4wkt::wkt_to_projstring(text).ok().and_then(|text| Proj::from_proj_string(&text).ok());
        match from {
            Some(from) if from.is_latlong() => Ok(Self::lon_lat(said, claim)),
            Some(from) => Ok(Self { said, claim, stated: true, projection: Some(Box::new((from, wgs84()))) }),
            None => Err(IngestError::file(
                file,
                format!("{place} names `{shown}`, a projection that is not known here"),
                "say which system it is with `--crs EPSG:n`, or export in EPSG:4326",
            )),
        }
    }

    /// Turns all areas into longitude and latitude, after checking that their coordinates can be in this system.
    pub(super) fn to_lon_lat<'a>(
        &self,
        file: &str,
        areas: impl Iterator<Item = (u64, &'a mut MultiPolygon<f64>)>,
    ) -> Result<(), IngestError> {
        let mut areas: Vec<(u64, &mut MultiPolygon<f64>)> = areas.collect();
        let mut extent = Extent::default();
        for (row, area) in &areas {
            for at in coords(area) {
                if !(at.x.is_finite() && at.y.is_finite()) {
                    let fault = Fault::at(*row).column("geometry").value(format!("{}, {}", at.x, at.y));
                    let refusal = Refusal::new(file, "a coordinate is not a number; nothing imported");
                    return Err(IngestError::Rows(refusal.fault(fault.expected("finite coordinates"))));
                }
                extent.add(at);
            }
        }
        if extent.is_empty() {
            return Ok(());
        }
        let Some(projection) = &self.projection else {
            return if extent.is_lon_lat() { Ok(()) } else { Err(self.not_degrees(file, &extent)) };
        };
        if extent.is_lon_lat() {
            let summary = format!("{} in metres, the coordinates look like degrees", self.claim);
            let refusal = Refusal::new(file, summary).fault(extent.fault("metres"));
            return Err(IngestError::File(refusal.help("if they are degrees, add `--crs EPSG:4326`")));
        }
        for (row, area) in &mut areas {
            for polygon in &mut area.0 {
                let mut failed = None;
                let mut turn = |ring: &mut geo_types::LineString<f64>| {
                    for at in &mut ring.0 {
                        match project(projection, *at) {
                            Some(there) => *at = there,
                            None => failed = Some(*at),
                        }
                    }
                };
                polygon.exterior_mut(&mut turn);
                polygon.interiors_mut(|holes| holes.iter_mut().for_each(&mut turn));
                if let Some(at) = failed {
                    let fault = Fault::at(*row).column("geometry").value(format!("{}, {}", at.x, at.y));
                    let refusal = Refusal::new(file, format!("coordinates cannot be in this system: {}", self.claim))
                        .fault(fault.expected("coordinates within the projection"))
                        .help("say which system it is with `--crs EPSG:n`");
                    return Err(IngestError::Rows(refusal));
                }
            }
        }
        Ok(())
    }

    fn not_degrees(&self, file: &str, extent: &Extent) -> IngestError {
        let summary = if self.stated {
            format!("{}, the coordinates are not longitude and latitude", self.claim)
        } else if file.to_lowercase().ends_with(".shp") || file.to_lowercase().ends_with(".zip") {
            "coordinates are not longitude and latitude, and no .prj names the system".to_owned()
        } else {
            "coordinates are not longitude and latitude, and the file names no other system".to_owned()
        };
        let help = match extent.looks_like() {
            Some((name, code)) => format!("this looks like {name}; if so, add `--crs EPSG:{code}`"),
            None => "say which system it is with `--crs EPSG:n`".to_owned(),
        };
        IngestError::File(Refusal::new(file, summary).fault(extent.fault("-180..180, -90..90")).help(help))
    }
}

fn project(projection: &(Proj, Proj), at: Coord<f64>) -> Option<Coord<f64>> {
    let mut point = (at.x, at.y, 0.0);
    transform(&projection.0, &projection.1, &mut point).ok()?;
    let there = Coord { x: point.0.to_degrees(), y: point.1.to_degrees() };
    (there.x.is_finite() && there.y.abs() <= 90.0).then_some(there)
}

fn coords(area: &MultiPolygon<f64>) -> impl Iterator<Item = Coord<f64>> {
    area.iter()
        .flat_map(|polygon| std::iter::once(polygon.exterior()).chain(polygon.interiors()))
        .flat_map(|ring| ring.0.iter().copied())
}

/// The box around all coordinates.
struct Extent {
    low: Coord<f64>,
    high: Coord<f64>,
}

impl Default for Extent {
    fn default() -> Self {
        Self {
            low: Coord { x: f64::INFINITY, y: f64::INFINITY },
            high: Coord { x: f64::NEG_INFINITY, y: f64::NEG_INFINITY },
        }
    }
}

/// Degrees that files go beyond a half turn by rounding.
const SLACK_DEGREES: f64 = 1e-6;

impl Extent {
    fn add(&mut self, at: Coord<f64>) {
        self.low = Coord { x: self.low.x.min(at.x), y: self.low.y.min(at.y) };
        self.high = Coord { x: self.high.x.max(at.x), y: self.high.y.max(at.y) };
    }

    fn is_empty(&self) -> bool {
        self.low.x > self.high.x
    }

    fn is_lon_lat(&self) -> bool {
        let widest = |low: f64, high: f64| low.abs().max(high.abs());
        widest(self.low.x, self.high.x) <= 180.0 + SLACK_DEGREES
            && widest(self.low.y, self.high.y) <= 90.0 + SLACK_DEGREES
    }

    fn fault(&self, expected: &str) -> Fault {
        let whole = |metres: f64| {
            if metres.abs() < 1000.0 {
                return metres.to_string();
            }
            // Metres above a thousand are shown whole, with commas; the sign stands before.
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "saturates, for a message only"
            )]
            let shown = crate::grouped(metres.abs().round() as u64);
            if metres < 0.0 { format!("-{shown}") } else { shown }
        };
        let found =
            format!("x {}..{}, y {}..{}", whole(self.low.x), whole(self.high.x), whole(self.low.y), whole(self.high.y));
        Fault::new().value(found).expected(expected)
    }

    /// French systems by where they put France (their false origins, from the EPSG registry), else Web Mercator.
    fn looks_like(&self) -> Option<(String, u32)> {
        let within = |x: (f64, f64), y: (f64, f64)| {
            self.low.x >= x.0 && self.high.x <= x.1 && self.low.y >= y.0 && self.high.y <= y.1
        };
        if within((0.0, 1_300_000.0), (6_000_000.0, 7_200_000.0)) {
            return Some(("Lambert-93".to_owned(), 2154));
        }
        if within((0.0, 1_300_000.0), (1_600_000.0, 2_700_000.0)) {
            return Some(("Lambert II étendu".to_owned(), 27572));
        }
        // Conformal conic zones 42..50: x0 = 1,700,000, y0 = (zone - 41) 1,000,000 + 200,000, 222 km to either side.
        for zone in 42u32..=50 {
            let y0 = f64::from(zone - 41) * 1_000_000.0 + 200_000.0;
            if within((1_000_000.0, 2_400_000.0), (y0 - 250_000.0, y0 + 250_000.0)) {
                return Some((format!("the conic conformal zone CC{zone}"), 3900 + zone));
            }
        }
        let half_world = 20_037_508.343;
        (self.low.x < 0.0 && within((-half_world, half_world), (-half_world, half_world)))
            .then(|| ("Web Mercator".to_owned(), 3857))
    }
}

/// The name of the outermost object of a well-known text: `PROJCS["...`.
fn wkt_name(text: &str) -> Option<&str> {
    let mut parts = text.split('"');
    parts.next()?;
    parts.next()
}

/// The EPSG code of the outermost object: the last `AUTHORITY["EPSG","n"]` or `ID["EPSG",n]` at its own depth.
fn wkt_authority(text: &str) -> Option<u32> {
    let mut depth = 0i32;
    let mut quoted = false;
    let mut found = None;
    for (at, letter) in text.char_indices() {
        match letter {
            '"' => quoted = !quoted,
            '[' | '(' if !quoted => {
                let word = text[..at].rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
                if depth == 1 && (word.eq_ignore_ascii_case("AUTHORITY") || word.eq_ignore_ascii_case("ID")) {
                    let inner = text[at + 1..].split([']', ')']).next().unwrap_or_default();
                    let mut fields = inner.split(',').map(|field| field.trim().trim_matches('"'));
                    if fields.next().is_some_and(|who| who.eq_ignore_ascii_case("EPSG")) {
                        found = fields.next().and_then(|code| code.parse().ok());
                    }
                }
                depth += 1;
            }
            ']' | ')' if !quoted => depth -= 1,
            _ => {}
        }
    }
    found
}

/// The code of a system by its name: names of the EPSG registry and those that ESRI writes.
fn epsg_of_name(name: &str) -> Option<u32> {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    if let Some((_, code)) = NAMES.iter().find(|(known, _)| *known == plain) {
        return Some(*code);
    }
    for prefix in ["rgf1993cc", "rgf93cc", "rgf93v1cc"] {
        if let Some(zone) = plain.strip_prefix(prefix).and_then(|zone| zone.parse::<u32>().ok()) {
            return (42..=50).contains(&zone).then_some(3900 + zone);
        }
    }
    // UTM zones: base of the codes, and the zones they exist for.
    for (prefix, north, south, zones) in [
        ("wgs1984utmzone", 32600, Some(32700), 1..=60),
        ("wgs84utmzone", 32600, Some(32700), 1..=60),
        ("nad1983utmzone", 26900, None, 1..=23),
        ("nad83utmzone", 26900, None, 1..=23),
        ("etrs1989utmzone", 25800, None, 28..=38),
        ("etrs89utmzone", 25800, None, 28..=38),
    ] {
        let Some(zone) = plain.strip_prefix(prefix) else { continue };
        let (number, base) = match (zone.strip_suffix('n'), zone.strip_suffix('s'), south) {
            (Some(number), _, _) => (number, north),
            (None, Some(number), Some(south)) => (number, south),
            _ => return None,
        };
        return number.parse().ok().filter(|number| zones.contains(number)).map(|number: u32| base + number);
    }
    None
}

/// Whether a text stands on the ellipsoid of GRS80 or WGS84 and on Greenwich, in metres or degrees.
fn is_on_grs80_and_greenwich(text: &str) -> bool {
    let numbers_after = |words: &[&str]| -> Option<Vec<f64>> {
        let upper = text.to_ascii_uppercase();
        let start = words.iter().filter_map(|word| upper.find(word).map(|at| at + word.len())).min()?;
        let inner = text.get(start..)?.split(['[', '(']).nth(1)?;
        let inner = inner.split([']', ')']).next()?;
        Some(inner.split(',').filter_map(|field| field.trim().parse().ok()).collect())
    };
    /// Semi-major axis of both, in metres.
    const AXIS_M: f64 = 6_378_137.0;
    /// Inverse flattenings: GRS80 298.257222101, WGS84 298.257223563.
    const INVERSE_FLATTENING: std::ops::Range<f64> = 298.257_222..298.257_224;
    let ellipsoid = numbers_after(&["SPHEROID", "ELLIPSOID"]);
    let fits = ellipsoid.is_some_and(|numbers| {
        numbers.first().is_some_and(|axis| (axis - AXIS_M).abs() < 1e-3)
            && numbers.get(1).is_some_and(|inverse| INVERSE_FLATTENING.contains(inverse))
    });
    let greenwich = numbers_after(&["PRIMEM"]).is_none_or(|numbers| numbers.first().is_none_or(|turn| *turn == 0.0));
    fits && greenwich
}
