//! What real campaigns bring and no model likes: stations without a vote, one answer, polls that contradict each other.
//! Every figure is a number, the interval holds the value, and what makes no sense is said.

mod common;

use quartier_estimate::{
    Answers, Base, CovariateGroup, Evidence, Figures, Past, Posterior, aggregate, estimate, lean_offsets,
};
use quartier_model::{AnswerCounts, DRAW_ONE, DRAWS, Electors, MISSING, Measure, NoiseLaw, StageCounts, Tree, flags};

/// Two levels: `cities` of ten stations each, with a chain of neighbours within every city.
struct Country {
    tree: Tree,
    keys: Vec<String>,
    electors: Vec<Electors>,
    counts: Vec<[f64; 4]>,
}

const STATIONS: usize = 10;

impl Country {
    fn of(cities: usize) -> Self {
        let stations = cities * STATIONS;
        let parents = (0..stations).map(|row| Some((row / STATIONS) as u32)).collect();
        let tree = Tree::new(&[vec![None; cities], parents]).expect("a tree");
        let keys = std::iter::once("campaign".to_owned())
            .chain((0..cities).map(|city| format!("city:{city}")))
            .chain((0..stations).map(|station| format!("station:{station}")))
            .collect();
        let counts = (0..stations)
            .map(|station| {
                let lean = (station % 7) as f64 * 20.0;
                [200.0, 100.0, 250.0 + lean, 450.0 - lean]
            })
            .collect();
        Self { tree, keys, electors: vec![Electors::Known(1000); stations], counts }
    }

    fn evidence(&self) -> Evidence<'_> {
        let baseline = self.counts.iter().map(|groups| Some(StageCounts { groups: *groups, has_registered: true }));
        let stations = self.electors.len() as u32;
        Evidence {
            baseline: vec![Past::new("last", baseline.collect())],
            neighbours: (1..stations).filter(|at| at % STATIONS as u32 != 0).map(|at| (at - 1, at)).collect(),
            ..Evidence::of_areas(&self.tree, &self.keys, &self.electors, Base::Electors, 1)
        }
    }

    fn node(&self, station: usize) -> u32 {
        self.tree.level(1).start + station as u32
    }

    fn figures(&self, posterior: &Posterior) -> Figures {
        let past = vec![None; self.tree.len()];
        let (draws, flags) = (&posterior.draws, &posterior.node_flags);
        aggregate(&self.tree, &self.electors, draws, flags, &lean_offsets(1), &past, Base::Electors)
    }
}

fn run(evidence: &Evidence<'_>) -> Posterior {
    estimate(evidence).expect("lawful evidence")
}

/// Every figure is there, holds to its interval and its range, and every number of the card is one.
fn assert_sound(country: &Country, posterior: &Posterior) -> Figures {
    let figures = country.figures(posterior);
    assert!(figures.common_points.is_finite() && figures.common_points >= 0.0);
    for table in figures.levels.iter().chain([&figures.campaign]) {
        for row in 0..table.rows() {
            let nobody = table.flags[row] & flags::NO_ELECTORS != 0;
            for measure in Measure::ALL.into_iter().filter(|measure| *measure != Measure::Change) {
                let (column, info) = (table.measure(measure), measure.info());
                assert_eq!(column.value[row] == MISSING, nobody, "{measure} of row {row}");
                if nobody {
                    continue;
                }
                let [value, low, high] = [&column.value, &column.low, &column.high].map(|own| own[row]);
                assert!(low <= value && value <= high, "{measure} of row {row}: {low} {value} {high}");
                let fraction = |figure: i16| f64::from(figure) / 1000.0;
                assert!(info.least <= fraction(low) && fraction(high) <= info.greatest, "{measure} of row {row}");
                let people = [&column.people, &column.people_low, &column.people_high].map(|own| own[row]);
                assert!(people.iter().all(|own| own.is_finite()), "{measure} of row {row}: {people:?}");
                assert!(column.spread[row] >= 0);
            }
        }
    }
    let card = &posterior.card;
    for stage in &card.stages {
        assert!(stage.log_evidence.is_finite() && stage.effective_answers.is_finite(), "{stage:?}");
        assert!((stage.mixture.iter().map(|(_, weight)| weight).sum::<f64>() - 1.0).abs() < 1e-9, "{stage:?}");
        assert!(stage.phi.is_none_or(f64::is_finite));
    }
    assert!(
        card.scales.iter().all(|scale| scale.sigma.is_finite()) && card.slopes.iter().all(|own| own.sigma.is_finite())
    );
    assert!(card.benchmarks.iter().all(|own| own.residual.is_finite() && own.residual_se.is_none_or(f64::is_finite)));
    assert!(posterior.baseline.iter().chain(&posterior.prior).flatten().all(|share| (0.0..=1.0).contains(share)));
    figures
}

fn answers(node: u32, groups: [i32; 4]) -> Answers {
    let asked = groups.iter().sum::<i32>().unsigned_abs();
    Answers { node, counts: AnswerCounts::new(asked, groups.map(Some), NoiseLaw::Exact).expect("lawful counts") }
}

fn favourable(figures: &Figures, station: usize) -> i16 {
    figures.levels[1].measure(Measure::Favourable).value[station]
}

#[test]
fn stations_without_valid_votes_electors_or_a_second_bloc_stand_beside_the_others() {
    let mut country = Country::of(4);
    country.counts[3] = [1000.0, 0.0, 0.0, 0.0];
    country.counts[4] = [0.0; 4];
    country.counts[5] = [300.0, 700.0, 0.0, 0.0];
    country.counts[6] = [0.0, 0.0, 1000.0, 0.0];
    country.counts[7] = [0.0, 0.0, 0.0, 1000.0];
    country.electors[8] = Electors::Known(0);
    country.electors[9] = Electors::Known(1);
    // A city of which every station lacks something.
    for station in 10..20 {
        country.counts[station] = [[1000.0, 0.0, 0.0, 0.0], [0.0; 4], [0.0, 1000.0, 0.0, 0.0]][station % 3];
    }
    let mut evidence = country.evidence();
    for tallies in [vec![], vec![answers(country.node(5), [5, 5, 20, 10]), answers(country.node(30), [5, 5, 20, 10])]] {
        evidence.tallies = tallies;
        let posterior = run(&evidence);
        let figures = assert_sound(&country, &posterior);
        assert_ne!(figures.levels[1].flags[8] & flags::NO_ELECTORS, 0);
        // Where nobody voted for either side, the two are shared as around: neither nobody nor everybody.
        let column = |measure: Measure, station: usize| figures.levels[1].measure(measure).value[station];
        for station in [3, 4, 5] {
            let decided = column(Measure::Favourable, station) + column(Measure::Opposed, station);
            let of_decided = f64::from(column(Measure::Favourable, station)) / f64::from(decided.max(1));
            assert!(decided <= 20 || (0.2..0.8).contains(&of_decided), "station {station}: {of_decided}");
        }
        assert!(column(Measure::Favourable, 6) > 700 && column(Measure::Opposed, 7) > 700);
        // No area is sure of its share: a smoothed past has no odds of 0.
        assert!(column(Measure::Favourable, 6) < 1000 && column(Measure::Opposed, 7) < 1000);
    }
}

#[test]
fn a_campaign_in_which_nobody_ever_voted_for_one_side_says_so_with_a_wide_interval() {
    for groups in [[400.0, 0.0, 600.0, 0.0], [1000.0, 0.0, 0.0, 0.0], [0.0; 4]] {
        let mut country = Country::of(2);
        country.counts.fill(groups);
        let posterior = run(&country.evidence());
        let figures = assert_sound(&country, &posterior);
        if groups == [0.0; 4] {
            let column = figures.campaign.measure(Measure::Favourable);
            assert!(column.high[0] - column.low[0] > 300, "no count at all says next to nothing");
        }
    }
}

#[test]
fn one_answer_moves_its_station_the_right_way_and_hardly() {
    let country = Country::of(4);
    let mut evidence = country.evidence();
    let before = country.figures(&run(&evidence));
    for (groups, sign) in [([0, 0, 1, 0], 1), ([0, 0, 0, 1], -1)] {
        evidence.tallies = vec![answers(country.node(12), groups)];
        let posterior = run(&evidence);
        let moved = favourable(&assert_sound(&country, &posterior), 12) - favourable(&before, 12);
        assert!((0..=40).contains(&(sign * moved)), "{groups:?} moved it by {moved} thousandths");
        // About one: a station nearer to one half than the campaign tells a little more than a random elector would.
        let worth = posterior.card.stages[2].effective_answers;
        assert!((0.0..1.5).contains(&worth), "{worth}");
    }
}

#[test]
fn ten_thousand_answers_in_one_station_tell_of_it_and_no_more_than_their_bias_allows() {
    let country = Country::of(4);
    let mut evidence = country.evidence();
    let before = country.figures(&run(&evidence));
    // Said as if .2 abstained and .125 of the voters were undecided, as last time, but .8 of the decided ours.
    evidence.tallies = vec![answers(country.node(12), [1_000, 1_125, 6_300, 1_575])];
    let posterior = run(&evidence);
    let figures = assert_sound(&country, &posterior);
    let of_decided = |station: usize| {
        let draws = &posterior.draws[station * DRAWS..][..DRAWS];
        let share = |draw: &quartier_model::Draw| {
            let (ours, theirs) = (f64::from(draw.favourable), f64::from(draw.opposed()));
            assert!(ours + theirs > 0.0 && ours + theirs <= f64::from(DRAW_ONE));
            ours / (ours + theirs)
        };
        draws.iter().map(share).sum::<f64>() / DRAWS as f64
    };
    // 80 % said; supporters answer more by .1 on the logit scale, give or take .18.
    assert!((0.72..0.81).contains(&of_decided(12)), "{}", of_decided(12));
    // The other cities hear of it through the common swing alone.
    let moved = favourable(&figures, 35) - favourable(&before, 35);
    assert!((0..150).contains(&moved), "{moved}");
}

#[test]
fn polls_that_contradict_each_other_are_said_with_how_far_apart_they_are() {
    let country = Country::of(3);
    let mut evidence = country.evidence();
    let notes = |posterior: &Posterior| posterior.card.notes.join("\n");

    evidence.benchmarks = vec![common::of_decided(0, 0.40, None), common::of_decided(0, 0.60, None)];
    let posterior = run(&evidence);
    assert_sound(&country, &posterior);
    let said = notes(&posterior);
    assert!(
        said.contains("campaign: polls of the stage `favourable` contradict each other: one says 40.0 %"),
        "{said}"
    );
    assert!(said.contains("2.9 of its standard errors away"), "{said}");

    // The cities say 30 %, the whole 70 %: no single city is odd, the whole is.
    evidence.benchmarks = (1..=3)
        .map(|city| common::of_decided(city, 0.3, Some(0.02)))
        .chain([common::of_decided(0, 0.7, Some(0.02))])
        .collect();
    let posterior = run(&evidence);
    assert_sound(&country, &posterior);
    let whole = posterior.card.benchmarks.iter().find(|own| own.area == "campaign").expect("a card");
    let apart = whole.residual_se.expect("a poll");
    assert!(apart > 2.0 && (apart.abs() * whole.se - whole.residual).abs() < 1e-9, "{whole:?}");
    let said = notes(&posterior);
    assert!(said.contains("campaign: polls of the stage `favourable` contradict everything else"), "{said}");
    assert!(said.contains(&format!("{apart:.1} standard errors away")), "{said}");

    evidence.benchmarks = vec![common::of_decided(0, 0.45, None), common::of_decided(0, 0.49, None)];
    let posterior = run(&evidence);
    assert!(!notes(&posterior).contains("contradict"), "{}", notes(&posterior));
    assert!(posterior.card.benchmarks[0].residual_se.expect("a poll").abs() < 2.0);
}

#[test]
fn covariates_that_are_all_constant_change_nothing_and_are_said() {
    let country = Country::of(3);
    let mut evidence = country.evidence();
    evidence.tallies = vec![answers(country.node(2), [10, 10, 40, 40])];
    let without = run(&evidence);
    let flat = |name: &str, value: f64| (name.to_owned(), vec![value; country.electors.len()]);
    evidence.covariates =
        vec![CovariateGroup { name: "income".into(), columns: vec![flat("zero", 0.0), flat("huge", 1e300)] }];
    let with = run(&evidence);
    assert_sound(&country, &with);
    assert_eq!(with.draws, without.draws);
    let said = with.card.notes.join("\n");
    assert!(said.contains("income:zero") && said.contains("income:huge"), "{said}");
}

#[test]
fn a_number_that_overflows_is_refused_by_name() {
    let mut country = Country::of(2);
    country.counts[0] = [f64::INFINITY, 0.0, 0.0, 0.0];
    let message = estimate(&country.evidence()).expect_err("no count").to_string();
    assert!(message.contains("last"), "{message}");
    country.counts[0] = [0.0, f64::NAN, 0.0, 0.0];
    assert!(estimate(&country.evidence()).is_err());
}
