//! France by commune: the rounds of 2017, and from the first of them to the European election of 2019.
//!
//! Favourable votes for Macron (2019: his list), opposed for Le Pen (2019: hers), undecided votes for others, blank or
//! null, abstainers the rest. The shares of the other candidates of the first round are covariates.

use crate::REPETITIONS;
use crate::pair::{Bars, Figure, RealPair};
use crate::places::{Failure, Places, data, shapes};
use quartier_estimate::evaluation::{Manner, Plan};
use quartier_estimate::{Base, CovariateGroup, Pair, Past};
use quartier_model::{Electors, StageCounts};
use std::collections::BTreeMap;

/// Fewest electors of a commune, and at least one vote for either bloc in both elections.
const LEAST_ELECTORS: f64 = 50.0;
/// The candidates of the first round whose shares are covariates.
const OTHERS: [&str; 5] = ["MÉLENCHON", "FILLON", "DUPONT-AIGNAN", "HAMON", "LASSALLE"];
/// Answers, and the most mean MAE of the four groups.
const BARS: [(u32, [Option<f64>; 2]); 4] =
    [(1_000, [Some(2.4), None]), (3_000, [Some(2.4), None]), (10_000, [Some(2.05), None]), (30_000, [Some(1.8), None])];
/// Mean MAE as the method quotes it.
const LME4: [(u32, &str); 4] = [(1_000, "4.73"), (3_000, "2.77"), (10_000, "2.17"), (30_000, "1.89")];
/// Sizes and campaigns of the European election, which has no bar of its own.
const EUROPEAN: ([u32; 3], u32) = ([1_000, 3_000, 10_000], 4);

/// An election by commune: registered, voters, valid votes, favourable, opposed, then others.
struct Round(BTreeMap<String, Vec<f64>>);

impl Round {
    fn read(file: &str, blocs: [&str; 2], others: &[&str]) -> Result<Self, Failure> {
        let path = data("fr-results-2014-2019").join(format!("{file}_par_bureau_large.csv.gz"));
        let mut reader = csv::Reader::from_reader(flate2::read::GzDecoder::new(std::fs::File::open(path)?));
        let headers = reader.headers()?.clone();
        let column = |name: &str| headers.iter().position(|header| header == name).ok_or(format!("no column {name}"));
        let names = ["inscrits", "votants", "exprimes", blocs[0], blocs[1]];
        let columns = names.iter().chain(others).map(|name| column(name)).collect::<Result<Vec<usize>, String>>()?;
        let (departement, commune) = (column("departement")?, column("commune")?);
        let mut rows: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for record in reader.records() {
            let record = record?;
            let row = rows.entry(format!("{}{}", &record[departement], &record[commune]));
            let row = row.or_insert_with(|| vec![0.0; columns.len()]);
            for (sum, at) in row.iter_mut().zip(&columns) {
                *sum += record[*at].parse::<f64>()?;
            }
        }
        Ok(Self(rows))
    }

    fn counts(&self, code: &str) -> Option<StageCounts> {
        let row = self.0.get(code)?;
        let groups = [row[0] - row[1], row[1] - row[3] - row[4], row[3], row[4]];
        Some(StageCounts { groups, has_registered: true })
    }

    fn is_enough(&self, code: &str) -> bool {
        self.0.get(code).is_some_and(|row| row[0] >= LEAST_ELECTORS && row[3] + row[4] > 0.0)
    }

    fn past(&self, name: &str, codes: &[String]) -> Past {
        Past::new(name, codes.iter().map(|code| self.counts(code)).collect())
    }
}

/// From the first round of 2017 to the second.
pub fn second_round() -> Result<RealPair, Failure> {
    let second = Round::read("2017-presidentielle-2", ["MACRON", "LE PEN"], &[])?;
    let mut pair = from_first_round(&second, "second round 2017")?;
    pair.title = "France, first round of 2017 to the second: four groups by commune".to_owned();
    let answers = BARS.map(|(answers, _)| answers);
    pair.plan = Plan { region_level: Some(1), manner: Manner::ABSTAINERS_CLAIM, ..Plan::of(7, &answers, REPETITIONS) };
    pair.bars = Bars { figure: Figure::Mae, most: BARS.to_vec(), lme4: LME4.to_vec(), region: None };
    Ok(pair)
}

/// From the first round of 2017 to the European election of 2019. The pairs that were known: 2014 to 2017, which teaches
/// turnout alone since the blocs had no list in 2014, and the two rounds.
pub fn european() -> Result<RealPair, Failure> {
    let later = Round::read("2019-europeennes", ["RENAISSANCE", "PRENEZ LE POUVOIR"], &[])?;
    let mut pair = from_first_round(&later, "European 2019")?;
    pair.title = "France, first round of 2017 to the European election of 2019: four groups by commune".to_owned();
    let codes: Vec<String> =
        pair.tree.level(2).map(|node| pair.keys[node as usize].trim_start_matches("commune:").to_owned()).collect();
    let earlier = Round::read("2014-europeennes", ["LUC", "LFN"], &[])?.past("European 2014", &codes);
    let second = Round::read("2017-presidentielle-2", ["MACRON", "LE PEN"], &[])?.past("second round 2017", &codes);
    pair.pairs = vec![
        Pair { earlier: Past { no_candidate: vec![true; codes.len()], ..earlier }, later: pair.before.clone() },
        Pair { earlier: pair.before.clone(), later: second },
    ];
    let (answers, campaigns) = EUROPEAN;
    pair.plan = Plan { region_level: Some(1), manner: Manner::ABSTAINERS_CLAIM, ..Plan::of(19, &answers, campaigns) };
    Ok(pair)
}

/// Communes of both elections under departements under regions; plan and bars are the caller's.
fn from_first_round(later: &Round, name: &str) -> Result<RealPair, Failure> {
    let first = Round::read("2017-presidentielle-1", ["MACRON", "LE PEN"], &OTHERS)?;
    let shapes = shapes("fr-admin-2018/communes.geojson.gz", "code", 5)?;
    let mut regions: BTreeMap<String, String> = BTreeMap::new();
    for record in csv::Reader::from_path(data("fr-admin-2018/departements.csv"))?.records() {
        let record = record?;
        regions.insert(record[0].to_owned(), record[2].to_owned());
    }
    let is_known = |code: &&String| {
        shapes.area_km2.contains_key(*code)
            && regions.contains_key(&code[..2])
            && first.is_enough(code)
            && later.is_enough(code)
    };
    let codes: Vec<String> = first.0.keys().filter(is_known).cloned().collect();
    let above: Vec<Vec<String>> =
        codes.iter().map(|code| vec![regions[&code[..2]].clone(), code[..2].to_owned()]).collect();
    let places = Places::new(&["region", "departement", "commune"], &above, &codes)?;
    let share = |at: usize, code: &String| (first.0[code][5 + at] + 0.5) / (first.0[code][2] + 1.0);
    let columns = OTHERS.iter().enumerate();
    let columns = columns.map(|(at, name)| ((*name).to_owned(), codes.iter().map(|code| share(at, code)).collect()));
    Ok(RealPair {
        title: String::new(),
        names: ["first round 2017".to_owned(), name.to_owned()],
        levels: places.levels,
        tree: places.tree,
        keys: places.keys,
        electors: codes.iter().map(|code| Electors::Known(first.0[code][0] as u32)).collect(),
        of: Base::Electors,
        before: first.past("first round 2017", &codes),
        pairs: vec![],
        covariates: vec![CovariateGroup { name: "others".to_owned(), columns: columns.collect() }],
        area_km2: codes.iter().map(|code| shapes.area_km2.get(code).copied()).collect(),
        neighbours: vec![],
        after: later.past(name, &codes),
        plan: Plan::of(7, &[], REPETITIONS),
        bars: Bars { figure: Figure::Mae, most: vec![], lme4: vec![], region: None },
    })
}
