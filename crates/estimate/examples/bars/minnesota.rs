//! Minnesota, presidential 2012 to 2016: two-party share of 3,872 precincts, with and without neighbours.

use crate::REPETITIONS;
use crate::pair::{Bars, Figure, RealPair};
use crate::places::{Failure, Places, data, shapes, two_party};
use quartier_estimate::evaluation::Plan;
use quartier_estimate::{Base, Pair, Past};
use quartier_model::Electors;

/// Fewest votes of a precinct in both elections.
const LEAST_VOTES: f64 = 30.0;

/// The contest at the top of each ballot, 2008 to 2016; the last is to be forecast.
const CONTESTS: [&str; 5] = ["PRES08", "GOV10", "PRES12", "GOV14", "PRES16"];
/// The baseline and the election to forecast.
const BASELINE: usize = 2;
const FORECAST: usize = 4;

/// Answers, and the most CRPS of tree and of tree + ICAR.
const BARS: [(u32, [Option<f64>; 2]); 5] = [
    (300, [Some(5.2), Some(5.1)]),
    (1_000, [Some(4.3), Some(4.2)]),
    (3_000, [Some(3.9), Some(3.7)]),
    (10_000, [Some(3.3), Some(3.1)]),
    (30_000, [Some(3.1), Some(2.9)]),
];
/// MAE; CRPS / coverage as the method quotes them.
const LME4: [(u32, &str); 5] = [
    (300, "11.6; 8.77/78"),
    (1_000, "6.84; 4.96/86"),
    (3_000, "5.23; 3.76/89"),
    (10_000, "4.41; 3.16/93"),
    (30_000, "4.51; 3.22/91"),
];

/// Reads precincts under municipalities under counties, five contests, outlines and neighbours.
pub fn read() -> Result<RealPair, Failure> {
    let shapes = shapes("us-mn-precincts/precincts.geojson.gz", "VTD", 5)?;
    let file = flate2::read::GzDecoder::new(std::fs::File::open(data("us-mn-precincts/results.csv.gz"))?);
    let mut reader = csv::Reader::from_reader(file);
    let headers = reader.headers()?.clone();
    let column = |name: &str| headers.iter().position(|header| header == name).ok_or(format!("no column {name}"));
    let (mut names, mut above, mut votes) = (vec![], vec![], vec![vec![]; CONTESTS.len()]);
    for record in reader.records() {
        let record = record?;
        let number = |name: &str| -> Result<f64, Failure> { Ok(record[column(name)?].parse()?) };
        let two = |contest: &&str| Ok([number(&format!("{contest}D"))?, number(&format!("{contest}R"))?]);
        let pairs = CONTESTS.iter().map(two).collect::<Result<Vec<[f64; 2]>, Failure>>()?;
        if [BASELINE, FORECAST].iter().any(|at| pairs[*at][0] + pairs[*at][1] < LEAST_VOTES) {
            continue;
        }
        votes.iter_mut().zip(pairs).for_each(|(list, pair)| list.push(pair));
        let (county, town) = (&record[column("COUNTYFIPS")?], &record[column("MCDNAME")?]);
        // Municipalities are unique within a county.
        above.push(vec![county.to_owned(), format!("{county}{town}")]);
        names.push(record[column("VTD")?].to_owned());
    }
    let places = Places::new(&["county", "town", "precinct"], &above, &names)?;
    let past = |at: usize| Past::new(CONTESTS[at], votes[at].iter().map(|pair| two_party(*pair)).collect());
    let known = |at: usize| Pair { earlier: past(at), later: past(at + 1) };
    let electors = votes[BASELINE].iter().map(|pair| Electors::Known((pair[0] + pair[1]) as u32)).collect();
    let answers = BARS.map(|(answers, _)| answers);
    Ok(RealPair {
        title: "Minnesota, presidential 2012 to 2016: two-party share by precinct".to_owned(),
        names: [CONTESTS[BASELINE], CONTESTS[FORECAST]].map(str::to_owned),
        levels: places.levels,
        tree: places.tree,
        keys: places.keys,
        electors,
        of: Base::Voters,
        before: past(BASELINE),
        pairs: (0..FORECAST - 1).map(known).collect(),
        covariates: vec![],
        area_km2: names.iter().map(|name| shapes.area_km2.get(name).copied()).collect(),
        neighbours: shapes.neighbours(&names),
        after: past(FORECAST),
        plan: Plan::of(1, &answers, REPETITIONS),
        bars: Bars { figure: Figure::Crps, most: BARS.to_vec(), lme4: LME4.to_vec(), region: Some("county") },
    })
}
