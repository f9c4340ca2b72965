//! France, June 2024: the European election of the 9th to the first round of the legislative one of the 30th, by polling
//! station, three weeks and a dissolution apart. Favourable is the NFP's (its four lists), opposed the far right's.

use crate::pair::{Bars, Figure, RealPair};
use crate::places::{Failure, Places, data};
use quartier_estimate::evaluation::{Manner, Plan};
use quartier_estimate::{Base, CovariateGroup, Past};
use quartier_model::{Electors, StageCounts};

/// Fewest electors of a station at either election.
const LEAST_ELECTORS: f64 = 50.0;
/// Columns of the lists that became a bloc.
const NFP: [&str; 4] = ["eur_v4", "eur_v6", "eur_v27", "eur_v33"];
const ED: [&str; 2] = ["eur_v3", "eur_v5"];
/// Lists whose shares are covariates: who is inside the blocs, and who stands between them.
const LISTS: [(&str, &str); 5] = [
    ("Aubry", "eur_v4"),
    ("Glucksmann", "eur_v27"),
    ("Hayer", "eur_v11"),
    ("Bellamy", "eur_v18"),
    ("Maréchal", "eur_v3"),
];
/// Campaigns a size: each is of 64,780 stations.
const CAMPAIGNS: u32 = 4;
/// Answers of the canvass.
const SIZES: [u32; 3] = [1_000, 3_000, 10_000];

/// The canvass is in a third of the constituencies.
pub fn a_third() -> Result<RealPair, Failure> {
    read("canvass in a third of the constituencies", 1.0 / 3.0)
}

/// The canvass is spread over all of them.
pub fn spread() -> Result<RealPair, Failure> {
    read("canvass spread over all constituencies", 1.0)
}

fn read(canvass: &str, regions_visited: f64) -> Result<RealPair, Failure> {
    let file = std::fs::File::open(data("fr-2024-bureaux-points/bureaux-2024.csv.gz"))?;
    let mut reader = csv::Reader::from_reader(flate2::read::GzDecoder::new(file));
    let headers = reader.headers()?.clone();
    let column = |name: &str| headers.iter().position(|header| header == name).ok_or(format!("no column {name}"));
    let (mut names, mut above, mut before, mut after, mut electors) = (vec![], vec![], vec![], vec![], vec![]);
    let mut lists: Vec<Vec<f64>> = vec![vec![]; LISTS.len()];
    let all: Vec<usize> = (1..=38).map(|list| column(&format!("eur_v{list}"))).collect::<Result<_, String>>()?;
    for (row, record) in reader.records().enumerate() {
        let record = record?;
        // Cells of two stations have no constituency, and one has no European result.
        if record[column("code_circonscription")?].is_empty() || record[column("eur_inscrits")?].is_empty() {
            continue;
        }
        let number = |name: &str| -> Result<f64, Failure> { Ok(record[column(name)?].parse()?) };
        let sum = |names: &[&str]| names.iter().map(|name| number(name)).sum::<Result<f64, Failure>>();
        let valid = all.iter().map(|at| record[*at].parse::<f64>()).sum::<Result<f64, _>>()?;
        let registered = [number("eur_inscrits")?, number("leg_inscrits")?];
        if registered.iter().any(|electors| *electors < LEAST_ELECTORS) {
            continue;
        }
        let voters = valid + number("eur_blancs")? + number("eur_nuls")?;
        let (favourable, opposed) = (sum(&NFP)?, sum(&ED)?);
        before.push(counts([registered[0] - voters, voters - favourable - opposed, favourable, opposed]));
        let (voters, favourable, opposed) = (number("leg_votants")?, number("leg_NFP")?, number("leg_ED")?);
        after.push(counts([registered[1] - voters, voters - favourable - opposed, favourable, opposed]));
        electors.push(Electors::Known(registered[0] as u32));
        for (shares, (_, list)) in lists.iter_mut().zip(LISTS) {
            shares.push((number(list)? + 0.5) / (valid + 1.0));
        }
        let constituency = record[column("code_circonscription")?].to_owned();
        above.push(vec![record[column("code_departement")?].to_owned(), constituency]);
        names.push(format!("{row}"));
    }
    let places = Places::new(&["departement", "constituency", "station"], &above, &names)?;
    let mut later = Past::new("legislative 2024", after);
    later.no_candidate = absent(&places.region, &later);
    let columns = LISTS.iter().zip(lists).map(|((name, _), shares)| ((*name).to_owned(), shares)).collect();
    Ok(RealPair {
        title: format!("France, June 2024, European to legislative by polling station; {canvass}"),
        names: ["European 2024", "legislative 2024"].map(str::to_owned),
        levels: places.levels,
        tree: places.tree,
        keys: places.keys,
        electors,
        of: Base::Electors,
        before: Past::new("European 2024", before),
        pairs: vec![],
        covariates: vec![CovariateGroup { name: "lists".to_owned(), columns }],
        area_km2: vec![],
        neighbours: vec![],
        after: later,
        plan: Plan {
            region_level: Some(1),
            regions_visited,
            manner: Manner::ABSTAINERS_CLAIM,
            ..Plan::of(24, &SIZES, CAMPAIGNS)
        },
        bars: Bars { figure: Figure::Mae, most: vec![], lme4: vec![], region: None },
    })
}

fn counts(groups: [f64; 4]) -> Option<StageCounts> {
    Some(StageCounts { groups: groups.map(|count| count.max(0.0)), has_registered: true })
}

/// Per station: a bloc has not one vote in its whole constituency, so it did not stand.
fn absent(constituency: &[usize], later: &Past) -> Vec<bool> {
    let mut votes = vec![[0.0; 2]; constituency.iter().max().map_or(0, |last| last + 1)];
    for (at, counts) in constituency.iter().zip(&later.counts) {
        let groups = counts.map_or([0.0; 4], |counts| counts.groups);
        votes[*at][0] += groups[2];
        votes[*at][1] += groups[3];
    }
    constituency.iter().map(|at| votes[*at].contains(&0.0)).collect()
}
