//! The ranking against its laws, and the presets against the settings of their studies.

use quartier_model::{DRAWS, Draw, Electors};
use quartier_targeting::{Effects, Ground, Mixture, PRESETS, Priorities, RelativeOf, preset, rank};

/// A level of areas with the same profile in every draw: (electors, abstainers, undecided, favourable).
struct Level {
    keys: Vec<String>,
    electors: Vec<Electors>,
    draws: Vec<Draw>,
    lean: Vec<f64>,
}

fn level(areas: &[(u32, f64, f64, f64)]) -> Level {
    Level {
        keys: (0..areas.len()).map(|at| format!("quartier:{at:03}")).collect(),
        electors: areas.iter().map(|area| Electors::Known(area.0)).collect(),
        draws: areas.iter().flat_map(|(_, a, u, f)| vec![Draw::of_shares(*a, *u, *f); DRAWS]).collect(),
        lean: vec![0.0; DRAWS],
    }
}

impl Level {
    fn ground(&self) -> Ground<'_> {
        Ground::new(&self.keys, &self.electors, &self.draws, &self.lean, 1)
    }

    fn rank(&self, id: &str, k: usize) -> Priorities {
        let preset = preset(id).expect("a preset");
        rank(&self.ground(), &preset.effects(), preset.source, k).expect("a ranking")
    }
}

#[test]
fn france_2012_replays_its_setting() {
    // A second round: no undecided, turnout .8, every opponent won over counts twice; half of the doors open.
    let level = level(&[(1000, 0.2, 0.0, 0.4)]);
    let mut ground = level.ground();
    ground.kappa = (0.5, 0.5);
    let preset = preset("france-2012").expect("a preset");
    let found = rank(&ground, &preset.effects(), preset.source, 1).expect("a ranking").per_door;
    // Headline: a quarter of the margin of 1,139,983 for five million doors.
    let headline = 1_139_983.0 / 4.0 / 5e6;
    assert!(found.low < headline && headline < found.high, "{found:?} for {headline}");
    assert!((found.value - headline).abs() < 0.002, "{found:?} for {headline}");
}

#[test]
fn turnout_presets_hold_their_headline_inside_the_interval() {
    // Mobilisation of a campaign of supporters: c = 1, f_a - o_a = 1, one elector a door, every door opens.
    let level = level(&[(1000, 0.4, 0.0, 0.6)]);
    let mut ground = level.ground();
    ground.kappa = (1.0, 1.0);
    ground.electors_per_door = 1.0;
    for (id, headline) in [("europe-turnout", 0.008), ("us-general", 0.025)] {
        let mut effects = preset(id).expect("a preset").effects();
        effects.delta_p = Mixture::one(0.0, 0.0);
        let found = rank(&ground, &effects, "", 1).expect("a ranking").per_door;
        assert!(found.low < headline && headline < found.high, "{id}: {found:?}");
    }
}

#[test]
fn where_studies_disagree_or_nothing_works_zero_is_said() {
    let level = level(&[(1000, 0.3, 0.3, 0.2), (800, 0.2, 0.1, 0.3)]);
    for preset in &PRESETS {
        let found = level.rank(preset.id, 1);
        let inside = matches!(preset.id, "disagree" | "europe-turnout" | "us-general" | "nothing");
        assert_eq!(found.zero_inside, inside, "{}: {:?}", preset.id, found.per_door);
        assert!(found.sentence.iter().all(|sentence| sentence.contains(preset.source)));
    }
    assert_eq!(level.rank("nothing", 1).relative_of, RelativeOf::Potentials);
    assert_eq!(level.rank("nothing", 1).per_door.value, 0.0);
}

#[test]
fn the_persuadable_come_first_and_doors_at_random_are_worth_one() {
    let level = level(&[(1000, 0.3, 0.1, 0.3), (1000, 0.3, 0.4, 0.2), (1000, 0.3, 0.2, 0.3)]);
    let found = level.rank("france-2012", 1);
    assert_eq!(found.areas.iter().map(|area| area.row).collect::<Vec<_>>(), [1, 2, 0]);
    assert!(found.areas[0].probability_in_top_k > 0.99);
    let mean = found.areas.iter().map(|area| area.relative.value).sum::<f64>() / 3.0;
    assert!((mean - 1.0).abs() < 1e-9, "equal hours, so the plain mean is 1: {mean}");
    for area in &found.areas {
        assert!(area.relative.low <= area.relative.value && area.relative.value <= area.relative.high);
        assert!((area.hours - 1000.0 / 1.6 / 20.0).abs() < 1e-9);
        assert!((area.conversations / area.doors - 0.275).abs() < 0.005);
    }
}

#[test]
fn equal_areas_are_a_tie_and_share_their_chance() {
    let mut level = level(&[(1000, 0.3, 0.2, 0.3); 4]);
    level.lean = (0..DRAWS).map(|at| at as f64 / 500.0 - 0.2).collect();
    let mut ground = level.ground();
    ground.kappa = (0.3, 0.3);
    let effects = preset("disagree").expect("a preset").effects();
    let found = rank(&ground, &effects, "", 1).expect("a ranking");
    assert!(found.areas.iter().all(|area| area.rank == 1 && (area.probability_in_top_k - 0.25).abs() < 1e-12));
    assert!(found.areas[1..].iter().all(|area| area.tied));
}

#[test]
fn odd_grounds_give_finite_figures_or_none() {
    for areas in [
        vec![],
        vec![(0, 0.5, 0.2, 0.1)],
        vec![(10, 1.0, 0.0, 0.0), (0, 0.5, 0.2, 0.1)],
        vec![(10, 0.0, 0.0, 1.0)],
        vec![(10, 0.0, 0.0, 0.0), (10, 1.0, 0.0, 0.0)],
    ] {
        let level = level(&areas);
        for preset in &PRESETS {
            let found = level.rank(preset.id, 2);
            assert_eq!(found.areas.len(), areas.iter().filter(|area| area.0 > 0).count());
            for area in &found.areas {
                for figure in [area.relative, area.net_votes, area.net_votes_per_100h] {
                    assert!(figure.value.is_finite() && figure.low <= figure.high, "{areas:?} {area:?}");
                }
            }
        }
    }
}

#[test]
fn the_order_of_areas_changes_nothing() {
    let areas = [(1000, 0.3, 0.1, 0.3), (500, 0.4, 0.4, 0.1), (700, 0.2, 0.2, 0.3)];
    let forward = level(&areas);
    let mut backward = level(&[areas[2], areas[1], areas[0]]);
    backward.keys.reverse();
    let (first, second) = (forward.rank("disagree", 1), backward.rank("disagree", 1));
    for (a, b) in first.areas.iter().zip(&second.areas) {
        assert_eq!(forward.keys[a.row as usize], backward.keys[b.row as usize]);
        assert!((a.relative.value - b.relative.value).abs() < 1e-12);
        assert!((a.net_votes.low - b.net_votes.low).abs() < 1e-9);
    }
}

#[test]
fn a_supporters_absence_is_worth_more_than_an_opponents() {
    let level = level(&[(1000, 0.4, 0.0, 0.5), (1000, 0.4, 0.0, 0.1)]);
    let effects = Effects { delta_p: Mixture::one(0.0, 0.0), delta_m: Mixture::one(0.8, 0.0) };
    let found = rank(&level.ground(), &effects, "", 1).expect("a ranking");
    assert_eq!(found.areas[0].row, 0);
    assert!(found.areas[1].net_votes.high < 0.0, "negative, and not clipped");
}

#[test]
#[ignore = "prints a cost; run with --ignored --nocapture"]
fn cost_of_ranking_all_communes() {
    let areas: Vec<(u32, f64, f64, f64)> =
        (0..35_357).map(|at| (400 + at % 900, 0.3, 0.1 + f64::from(at % 50) / 200.0, 0.3)).collect();
    let level = level(&areas);
    let start = std::time::Instant::now();
    let found = level.rank("disagree", 100);
    println!("{} areas ranked in {:.2?} on one thread", found.areas.len(), start.elapsed());
}
