//! Cells of the European grid, as INSEE and Eurostat name them: `CRS3035RES1000mN2031000E4252000` is the square of
//! 1,000 m whose south-west corner lies 2,031,000 m north and 4,252,000 m east in EPSG:3035.

use geo_types::Coord;
use proj4rs::Proj;
use proj4rs::transform::transform;
use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

/// Widest cell that is taken, in metres: people are not spread over more.
const WIDEST_M: u32 = 100_000;

/// Distance of the places over which the people of a cell are spread, in metres: the side of a cell of resolution 10 of
/// H3 is 66 m to 76 m, and 200 m are the finest grid.
const STEP_M: u32 = 100;

/// Most places of a cell along a side.
const MOST_STEPS: u32 = 20;

/// A cell of the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GridCell {
    /// Length of its side, metres.
    pub side_m: u32,
    /// Northing of its south-west corner in EPSG:3035, metres.
    pub north_m: u32,
    /// Its easting.
    pub east_m: u32,
}

impl FromStr for GridCell {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let rest = text.strip_prefix("CRS3035RES").ok_or(())?;
        let (side, rest) = rest.split_once("mN").ok_or(())?;
        let (north, east) = rest.split_once('E').ok_or(())?;
        let number = |digits: &str| match digits.bytes().all(|byte| byte.is_ascii_digit()) {
            true => digits.parse::<u32>().map_err(|_| ()),
            false => Err(()),
        };
        let cell = Self { side_m: number(side)?, north_m: number(north)?, east_m: number(east)? };
        let on_grid = (1..=WIDEST_M).contains(&cell.side_m)
            && cell.north_m.is_multiple_of(cell.side_m)
            && cell.east_m.is_multiple_of(cell.side_m);
        // Beyond 10,000 km nothing is in the projection.
        (on_grid && cell.north_m.max(cell.east_m) < 10_000_000).then_some(cell).ok_or(())
    }
}

impl fmt::Display for GridCell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CRS3035RES{}mN{}E{}", self.side_m, self.north_m, self.east_m)
    }
}

impl GridCell {
    /// Places spread evenly over the cell, longitude and latitude; about 100 m apart.
    pub fn spread(self) -> Vec<[f64; 2]> {
        let steps = self.side_m.div_ceil(STEP_M).clamp(1, MOST_STEPS);
        let step = f64::from(self.side_m) / f64::from(steps);
        let at = |start: u32, step_at: u32| f64::from(start) + (f64::from(step_at) + 0.5) * step;
        let places = (0..steps).flat_map(|row| (0..steps).map(move |column| (row, column)));
        places.filter_map(|(row, column)| lon_lat(at(self.east_m, column), at(self.north_m, row))).collect()
    }

    /// The middle of the cell, longitude and latitude; `None` outside the projection.
    pub fn middle(self) -> Option<[f64; 2]> {
        let half = f64::from(self.side_m) / 2.0;
        lon_lat(f64::from(self.east_m) + half, f64::from(self.north_m) + half)
    }
}

/// A point of EPSG:3035 on WGS 84.
fn lon_lat(east: f64, north: f64) -> Option<[f64; 2]> {
    static SYSTEMS: OnceLock<(Proj, Proj)> = OnceLock::new();
    let (from, to) = SYSTEMS.get_or_init(|| {
        let from = Proj::from_epsg_code(3035).expect("EPSG:3035 is built in");
        (from, Proj::from_proj_string("+proj=longlat +datum=WGS84 +no_defs").expect("the definition is constant"))
    });
    let mut point = (east, north, 0.0);
    transform(from, to, &mut point).ok()?;
    let there = Coord { x: point.0.to_degrees(), y: point.1.to_degrees() };
    (there.x.is_finite() && there.y.is_finite()).then_some([there.x, there.y])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_says_its_square_and_comes_back() {
        let id = "CRS3035RES1000mN2031000E4252000";
        let cell: GridCell = id.parse().expect("a cell");
        assert_eq!(cell, GridCell { side_m: 1_000, north_m: 2_031_000, east_m: 4_252_000 });
        assert_eq!(cell.to_string(), id);
        // The centre as `carreaux-1km` of Corsica has it.
        let [lon, lat] = cell.middle().expect("in Europe");
        assert!((8.0..10.0).contains(&lon) && (41.0..43.5).contains(&lat), "{lon} {lat}");
        assert_eq!(cell.spread().len(), 100);
        let fine: GridCell = "CRS3035RES200mN2029800E4252400".parse().expect("a cell");
        assert_eq!(fine.spread().len(), 4);
    }

    #[test]
    fn what_is_no_cell_is_refused() {
        for text in [
            "",
            "CRS3035RES1000mN2031500E4252000",
            "CRS3035RES0mN0E0",
            "CRS3035RES1000mN-1E0",
            "CRS3035RES1000mN2031000",
            "CRS2154RES1000mN2031000E4252000",
            "CRS3035RES1000mN99999999999E0",
        ] {
            assert!(text.parse::<GridCell>().is_err(), "{text}");
        }
    }
}
