//! The laws of the demonstration country.

use super::*;
use std::collections::{HashMap, HashSet};

fn small(seed: u64) -> DemoCountry {
    country(DemoOptions { seed, electors: 200_000, neighbourhoods: 300 })
}

/// Every edge of every ring with its direction, as exact bits.
fn edges(areas: &[DemoArea]) -> HashMap<([u64; 2], [u64; 2]), u32> {
    let mut edges = HashMap::new();
    for area in areas {
        for polygon in &area.polygon {
            for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
                for line in ring.lines() {
                    let key = [line.start, line.end].map(|point| [point.x.to_bits(), point.y.to_bits()]);
                    *edges.entry((key[0], key[1])).or_insert(0) += 1;
                }
            }
        }
    }
    edges
}

/// The edges that no neighbour has backwards: the coast.
fn coast(areas: &[DemoArea]) -> HashSet<([u64; 2], [u64; 2])> {
    let edges = edges(areas);
    assert!(edges.values().all(|count| *count == 1), "two areas lie on the same side of an edge");
    edges.keys().filter(|(from, to)| !edges.contains_key(&(*to, *from))).copied().collect()
}

#[test]
fn the_same_seed_gives_the_same_country_and_another_seed_another() {
    assert_eq!(small(3), small(3));
    assert_ne!(small(3).neighbourhoods[7].polygon, small(4).neighbourhoods[7].polygon);
}

#[test]
fn all_three_levels_share_one_coast_and_every_inner_edge_twice() {
    let country = small(3);
    let shore = coast(&country.neighbourhoods);
    assert_eq!(shore, coast(&country.cities));
    assert_eq!(shore, coast(&country.regions));
}

#[test]
fn outlines_are_simple_polygons() {
    use geo::Validation;
    let country = small(5);
    for area in country.regions.iter().chain(&country.cities).chain(&country.neighbourhoods) {
        assert!(!area.polygon.0.is_empty(), "{} has no outline", area.code);
        assert!(area.polygon.is_valid(), "{}: {:?}", area.code, area.polygon.validation_errors());
    }
}

#[test]
fn electors_add_up_at_every_level() {
    let country = small(3);
    for level in [&country.regions, &country.cities, &country.neighbourhoods] {
        assert_eq!(level.iter().map(|area| area.electors).sum::<u32>(), 200_000);
    }
    assert_eq!(country.neighbourhoods.len(), 300);
    assert_eq!(country.regions.len(), 8);
}

#[test]
fn codes_are_unique_parents_exist_and_names_are_unique_within_a_parent() {
    let country = small(3);
    let levels = [&country.regions, &country.cities, &country.neighbourhoods];
    for (at, level) in levels.iter().enumerate() {
        assert!(level.windows(2).all(|pair| pair[0].code < pair[1].code));
        let names: HashSet<_> = level.iter().map(|area| (&area.parent, &area.name)).collect();
        assert_eq!(names.len(), level.len());
        for area in level.iter() {
            let known = |code: &String| levels[at - 1].iter().any(|parent| parent.code == *code);
            assert!(area.parent.as_ref().is_none_or(known), "{}", area.code);
            assert_eq!(area.parent.is_none(), at == 0);
        }
    }
}

#[test]
fn every_row_of_every_election_adds_up() {
    let country = small(3);
    assert_eq!(country.elections.iter().map(|election| election.lists.len()).collect::<Vec<_>>(), [6, 2, 8]);
    for election in &country.elections {
        assert_eq!(election.rows.len(), 301);
        assert_eq!(election.rows.iter().filter(|row| row.code.is_none()).count(), 1);
        for row in &election.rows {
            assert_eq!(row.votes.iter().sum::<u32>(), row.valid);
            assert_eq!(row.valid + row.blank + row.null, row.voters);
            assert!(row.voters <= row.registered);
        }
        for list in election.favourable.iter().chain(&election.opposed) {
            assert!(election.lists.iter().any(|one| one.id == *list));
        }
    }
    assert_eq!(country.elections[2].rows.iter().filter(|row| row.valid == 0).count(), 2);
}

#[test]
fn the_canvass_goes_to_some_regions_and_hears_enough_at_every_stop() {
    let country = small(3);
    let regions: HashSet<&str> = country.canvass.iter().map(|tally| &tally.code[..2]).collect();
    assert!((3..=5).contains(&regions.len()) && !regions.contains("08"), "{regions:?}");
    assert!((10..80).contains(&country.canvass.len()), "{}", country.canvass.len());
    for tally in &country.canvass {
        assert!(tally.answers.iter().all(|count| *count >= 0) && tally.answers.iter().sum::<i32>() >= 11);
        assert!(country.neighbourhoods.iter().any(|area| area.code == tally.code));
    }
}

#[test]
fn neighbours_vote_more_alike_than_strangers() {
    let country = small(3);
    let share = |row: &DemoRow| f64::from(row.votes[0]) / f64::from(row.valid.max(1));
    let shares: Vec<(String, f64)> =
        country.elections[1].rows.iter().filter_map(|row| row.code.clone().map(|code| (code, share(row)))).collect();
    let mean = shares.iter().map(|(_, share)| share).sum::<f64>() / shares.len() as f64;
    let variance = |values: &[f64]| {
        let middle = values.iter().sum::<f64>() / values.len() as f64;
        values.iter().map(|value| (value - middle).powi(2)).sum::<f64>()
    };
    let total: f64 = shares.iter().map(|(_, share)| (share - mean).powi(2)).sum();
    let mut cities: HashMap<&str, Vec<f64>> = HashMap::new();
    for (code, share) in &shares {
        cities.entry(&code[..5]).or_default().push(*share);
    }
    let within: f64 = cities.values().map(|values| variance(values)).sum();
    assert!(within < 0.8 * total, "within {within}, in all {total}");
}

#[test]
fn a_poll_adds_up() {
    for poll in small(3).polls {
        assert!((poll.undecided + poll.favourable + poll.opposed - 1.0).abs() < 1e-9);
    }
}

/// Writes the default country as SVG where `QUARTIER_DEMO_SVG` names a file, to be looked at.
#[test]
fn the_default_country_is_drawn_when_asked() {
    use std::fmt::Write;
    let Ok(path) = std::env::var("QUARTIER_DEMO_SVG") else {
        return;
    };
    let started = std::time::Instant::now();
    let country = country(DemoOptions::default());
    println!("country: {:?}", started.elapsed());
    let shares: HashMap<&str, f64> = country.elections[1]
        .rows
        .iter()
        .filter_map(|row| Some((row.code.as_deref()?, f64::from(row.votes[0]) / f64::from(row.valid.max(1)))))
        .collect();
    let mut svg = String::from(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1000 1100' width='1000' height='1100'><rect width='1000' height='1100' fill='#e8eef2'/>",
    );
    let mut draw = |area: &DemoArea, fill: &str, stroke: &str, width: f64| {
        let mut path = String::new();
        for polygon in &area.polygon {
            for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
                for (at, point) in ring.coords().enumerate() {
                    let (x, y) = (500.0 + (point.x + 18.0) * 225.0, 550.0 - (point.y - 45.0) * 318.0);
                    let _ = write!(path, "{}{x:.2} {y:.2}", if at == 0 { 'M' } else { 'L' });
                }
                path.push('Z');
            }
        }
        let _ = write!(svg, "<path d='{path}' fill='{fill}' stroke='{stroke}' stroke-width='{width}'/>");
    };
    for area in &country.neighbourhoods {
        let share = shares.get(area.code.as_str()).copied().unwrap_or(0.5);
        let class = (((share - 0.25) / 0.1).max(0.0) as usize).min(5);
        let fill = ["#824702", "#c2824a", "#eccaaf", "#b6e3e2", "#4dadac", "#026565"][class];
        draw(area, fill, "#ffffff", 0.25);
    }
    country.cities.iter().for_each(|area| draw(area, "none", "#ffffff", 0.8));
    country.regions.iter().for_each(|area| draw(area, "none", "#1b262c", 1.6));
    svg.push_str("</svg>");
    std::fs::write(path, svg).expect("the drawing can be written");
    let points: usize =
        country.neighbourhoods.iter().flat_map(|area| &area.polygon).map(|one| one.exterior().0.len()).sum();
    println!("{} cities, {points} points", country.cities.len());
    for region in &country.regions {
        println!("{} {}: {} electors", region.code, region.name, region.electors);
    }
    for election in &country.elections {
        let sum = |of: &dyn Fn(&DemoRow) -> u32| election.rows.iter().map(of).sum::<u32>();
        let turnout = f64::from(sum(&|row| row.voters)) / f64::from(sum(&|row| row.registered));
        print!("{}: turnout {:.1} %", election.id, 100.0 * turnout);
        for (at, list) in election.lists.iter().enumerate() {
            print!(
                ", {} {:.1} %",
                list.id,
                100.0 * f64::from(sum(&|row| row.votes[at])) / f64::from(sum(&|row| row.valid))
            );
        }
        println!();
    }
}
