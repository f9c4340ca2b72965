//! Results read from real files, against every check total of their READMEs.

mod results_files;

use quartier_ingest::areas::{self, AreasRequest};
use quartier_ingest::grouped;
use quartier_ingest::results::{By, Known, Layout, NamedColumns, Options, Results, place, read, widen};
use quartier_ingest::table::{Filter, Table};
use results_files::{ballots, options, read_shared, shared, shared_table};
use std::collections::{BTreeMap, BTreeSet};

const STATION: &str = "{departement}{commune}-{bureau}";

/// The file's name below the folder of the ministry's samples.
fn sample(name: &str) -> String {
    format!("fr-formats/{name}")
}

fn ministere(by: By, code: &str, filters: &[&str], accept: u32) -> Options {
    let filter = Filter::parse(filters).expect("a filter");
    Options { filter, accept_discrepancy: accept, ..options(Layout::FrMinistere(by), code) }
}

fn total_of(results: &Results, list: &str) -> u64 {
    let folded = |id: &str| id.replace(['É', 'È'], "E").replace('Ü', "U");
    let known = results.lists.iter().find(|known| folded(&known.id) == list);
    let known = known.unwrap_or_else(|| panic!("{list} is not in {:?}", results.lists));
    results.total_of(&known.id).expect("a list of the file")
}

/// The two long tables of 2024, round 1, as one.
fn long_tables() -> Option<Table> {
    let stations = shared_table(&sample("legis-2024-t1-bureaux-territoires-04-13-29-75.parquet"))?;
    let votes = shared_table(&sample("legis-2024-t1-bureaux-candidats-04-13-29-75.parquet"))?;
    Some(widen(&stations, Some(&votes)).expect("two tables"))
}

/// In every station file the ballots add up: voters are valid, blank and null ones.
fn ballots_add_up(results: &Results, file: &str) {
    for row in &results.rows {
        let (Some(blank), Some(null)) = (row.blank, row.null) else { panic!("{file}: row {} has no blank", row.row) };
        assert_eq!(row.voters, row.valid + blank + null, "{file}: row {}", row.row);
    }
}

#[test]
fn four_national_elections_add_up_to_their_check_totals() {
    for (file, rows, totals) in [
        ("2014-europeennes", 68_246, (46_544_712, 19_747_893, 18_955_761)),
        ("2017-presidentielle-1", 69_242, (47_582_183, 37_003_728, 36_054_394)),
        ("2017-presidentielle-2", 69_242, (47_568_693, 35_467_327, 31_381_603)),
        ("2019-europeennes", 69_297, (47_345_120, 23_731_193, 22_654_423)),
    ] {
        let mut options = options(Layout::FrLarge, "{insee}");
        options.row_key = Some(STATION.parse().expect("a template"));
        let path = format!("fr-results-2014-2019/{file}_par_bureau_large.csv.gz");
        let Some(results) = read_shared(&path, &options) else { return };
        let results = results.unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(results.rows.len(), rows, "{file}");
        assert_eq!(results.totals(), totals, "{file}");
        let votes: u64 = results.votes.iter().map(|(_, votes)| u64::from(*votes)).sum();
        assert_eq!(votes, totals.2, "{file}");
    }
}

#[test]
fn ministry_files_of_every_form_add_up_to_their_check_totals() {
    type Case = (&'static str, By, &'static str, u32, usize, (u64, u64, u64), &'static [(&'static str, u64)]);
    let station = "{insee}_{bureau}";
    let cases: &[Case] = &[
        (
            "legislatives-2024-t1-bureaux-29-circo-2-3.csv.gz",
            By::Candidate,
            station,
            0,
            201,
            (172_019, 123_580, 120_586),
            &[
                ("LE GAC", 26_139),
                ("CADALEN", 18_850),
                ("DONVAL", 18_627),
                ("SMOLARZ", 18_074),
                ("KERVELLA", 12_065),
                ("LARSONNEUR", 9_874),
                ("BREHIER", 9_105),
                ("FAVE", 1_808),
                ("HOUARD", 1_444),
                ("HENRY", 1_131),
                ("THOMAS", 1_050),
                ("MULLER", 742),
                ("PERROT", 427),
                ("ROUSSEAU", 373),
                ("COLLARD", 357),
                ("COLINET", 293),
                ("HITA", 172),
                ("KOFFI", 55),
            ],
        ),
        (
            "legislatives-2024-t2-bureaux-04-13-75.parquet",
            By::Auto,
            station,
            0,
            1_940,
            (2_022_768, 1_360_729, 1_276_577),
            &[("UG", 433_863), ("RN", 361_316), ("ENS", 314_455), ("UXD", 85_562), ("DVG", 59_145), ("DVD", 22_236)],
        ),
        (
            "legislatives-2024-t1-circonscriptions.xlsx",
            By::Auto,
            "{Code circonscription législative:0>4}",
            2,
            577,
            (49_332_709, 32_908_657, 32_057_946),
            &[("RN", 9_379_092), ("UG", 8_971_581), ("ENS", 6_425_707)],
        ),
        (
            "legislatives-2022-t1-circonscriptions.csv.gz",
            By::Auto,
            "{departement}{Code de la circonscription:0>2}",
            0,
            577,
            (48_953_800, 23_257_547, 22_745_602),
            &[("ENS", 5_857_575), ("NUP", 5_836_239), ("RN", 4_248_631), ("LR", 2_370_839)],
        ),
        (
            "presidentielle-2022-t1-circonscriptions.xlsx",
            By::Auto,
            "{departement}{Code de la circonscription:0>2}",
            0,
            577,
            (48_747_876, 35_923_707, 35_132_947),
            &[("MACRON", 9_783_058), ("LE PEN", 8_133_828), ("MÉLENCHON", 7_712_520)],
        ),
        (
            "presidentielle-2022-t2-bureaux-04-13-29-75.parquet",
            By::Auto,
            station,
            0,
            3_386,
            (3_618_098, 2_659_016, 2_451_667),
            &[("MACRON", 1_663_291), ("LE PEN", 788_376)],
        ),
        (
            "presidentielle-2022-t2-bureaux-04-13-29-75.rebuilt.txt.gz",
            By::Auto,
            station,
            0,
            3_386,
            (3_618_098, 2_659_016, 2_451_667),
            &[("MACRON", 1_663_291), ("LE PEN", 788_376)],
        ),
    ];
    for (file, by, code, accept, rows, totals, lists) in cases {
        let mut options = options(Layout::FrMinistere(*by), code);
        options.accept_discrepancy = *accept;
        let Some(results) = read_shared(&format!("fr-formats/{file}"), &options) else { return };
        let results = results.unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(results.rows.len(), *rows, "{file}");
        assert_eq!(results.totals(), *totals, "{file}");
        let folded = |id: &str| id.replace('É', "E");
        for (list, votes) in *lists {
            let id = results.lists.iter().find(|known| folded(&known.id) == folded(list));
            let id = id.unwrap_or_else(|| panic!("{file}: {list} is not in {:?}", results.lists));
            assert_eq!(results.total_of(&id.id), Some(*votes), "{file} {list}");
        }
    }
}

#[test]
fn the_four_wrong_sums_of_the_workbook_are_named_and_refused() {
    let layout = options(Layout::FrMinistere(By::Auto), "{Code circonscription législative:0>4}");
    let Some(result) = read_shared("fr-formats/legislatives-2024-t1-circonscriptions.xlsx", &layout) else { return };
    let error = result.expect_err("four wrong sums");
    assert_eq!(error.refusal().faults.len(), 4, "{error}");
    for code in ["1602", "2704", "3404", "7502"] {
        assert!(error.to_string().contains(&format!("`{code}`")), "{error}");
    }
    assert!(error.to_string().contains("--accept-discrepancy"), "{error}");
    // Candidates against valid: -2, +1, +1, -2.
    let columns = "{Code circonscription législative:0>4}";
    let kept_by_one =
        read_shared(&sample("legislatives-2024-t1-circonscriptions.xlsx"), &ministere(By::Auto, columns, &[], 1));
    let error = kept_by_one.expect("it is there").expect_err("two sums that are wrong by two").to_string();
    assert!(error.contains("`1602` add up to (`--accept-discrepancy` 2 would keep it)"), "{error}");
    assert!(error.contains("`7502` add up to (`--accept-discrepancy` 2 would keep it)"), "{error}");
    assert!(!error.contains("`2704`") && !error.contains("`3404`"), "{error}");
}

#[test]
fn long_forms_add_up_to_their_check_totals() {
    let Some(paris) = shared_table("fr-formats/europeennes-2014-paris-long.csv.gz") else { return };
    let wide = widen(&paris, None).expect("a long table");
    let layout = options(Layout::FrMinistere(By::Auto), "{CodeArrdt:0>2}{CodeBV:0>2}");
    let results = read(&wide, &layout).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((results.rows.len(), results.totals()), (869, (1_211_164, 632_367, 621_964)));
    for (list, votes) in [("LAMASSOURE", 140_601), ("BERES", 119_271), ("DURAND", 85_662)] {
        let id = results.lists.iter().find(|known| known.id.replace('È', "E").contains(list)).expect(list);
        assert_eq!(results.total_of(&id.id), Some(votes), "{list}");
    }

    let Some(stations) = shared_table("fr-formats/legis-2024-t1-bureaux-territoires-04-13-29-75.parquet") else {
        return;
    };
    let Some(votes) = shared_table("fr-formats/legis-2024-t1-bureaux-candidats-04-13-29-75.parquet") else { return };
    let wide = widen(&stations, Some(&votes)).expect("two tables");
    let mut layout = options(Layout::FrMinistere(By::Nuance), "{code}");
    let refused = read(&wide, &layout).expect_err("two wrong sums");
    assert_eq!(refused.refusal().faults.len(), 2, "{refused}");
    layout.accept_discrepancy = 1;
    let results = read(&wide, &layout).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((results.rows.len(), results.totals().0), (3_437, 3_646_665));
    for (list, votes) in [("UG", 871_929), ("ENS", 658_390), ("RN", 576_758)] {
        assert_eq!(results.total_of(list), Some(votes), "{list}");
    }
}

#[test]
fn departements_add_up_to_their_own_check_totals_with_blank_and_null_ballots() {
    type Case = (&'static str, &'static [&'static str], usize, (u64, u64, u64), &'static [(&'static str, u64)]);
    const T2_2024: &str = "legislatives-2024-t2-bureaux-04-13-75.parquet";
    const T2_2022: &str = "presidentielle-2022-t2-bureaux-04-13-29-75.parquet";
    const REBUILT: &str = "presidentielle-2022-t2-bureaux-04-13-29-75.rebuilt.txt.gz";
    let presidential: [Case; 4] = [
        (T2_2022, &["04"], 263, (128_077, 96_170, 85_798), &[("MACRON", 41_659), ("LE PEN", 44_139)]),
        (T2_2022, &["13"], 1_391, (1_411_580, 1_000_873, 923_888), &[("MACRON", 481_129), ("LE PEN", 442_759)]),
        (T2_2022, &["29"], 832, (709_818, 547_844, 492_469), &[("MACRON", 332_396), ("LE PEN", 160_073)]),
        (T2_2022, &["75"], 900, (1_368_623, 1_014_129, 949_512), &[("MACRON", 808_107), ("LE PEN", 141_405)]),
    ];
    let legislative: [Case; 3] = [
        (T2_2024, &["04"], 274, (128_146, 90_407, 82_231), &[]),
        (T2_2024, &["13"], 1_199, (1_207_205, 810_466, 758_789), &[]),
        (T2_2024, &["75"], 467, (687_417, 459_856, 435_557), &[]),
    ];
    let rebuilt = presidential.map(|case| (REBUILT, case.1, case.2, case.3, case.4));
    for (file, departements, rows, totals, lists) in legislative.into_iter().chain(presidential).chain(rebuilt) {
        let filters: Vec<String> = departements.iter().map(|code| format!("departement={code}")).collect();
        let filters: Vec<&str> = filters.iter().map(String::as_str).collect();
        let Some(results) = read_shared(&sample(file), &ministere(By::Auto, "{insee}_{bureau}", &filters, 0)) else {
            return;
        };
        let results = results.unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!((results.rows.len(), results.totals()), (rows, totals), "{file} {departements:?}");
        for (list, votes) in lists {
            assert_eq!(total_of(&results, list), *votes, "{file} {departements:?} {list}");
        }
        ballots_add_up(&results, file);
    }
    for (file, blank, null) in [
        ("legislatives-2024-t1-bureaux-29-circo-2-3.csv.gz", 2_580, 414),
        (T2_2024, 65_226, 18_926),
        (T2_2022, 158_001, 49_348),
        (REBUILT, 158_001, 49_348),
    ] {
        let Some(results) = read_shared(&sample(file), &ministere(By::Auto, "{insee}_{bureau}", &[], 0)) else {
            return;
        };
        let results = results.unwrap_or_else(|error| panic!("{file}: {error}"));
        let (_, found_blank, found_null) = ballots(&results);
        assert_eq!((found_blank, found_null), (blank, null), "{file}");
    }
}

#[test]
fn stations_without_electors_or_without_a_valid_vote_are_counts_and_not_gaps() {
    let file = sample("presidentielle-2022-t2-bureaux-04-13-29-75.parquet");
    let Some(results) = read_shared(&file, &ministere(By::Auto, "{insee}_{bureau}", &[], 0)) else { return };
    let results = results.unwrap_or_else(|error| panic!("{error}"));
    let row = |code: &str| results.rows.iter().find(|row| row.code == code).unwrap_or_else(|| panic!("{code}"));
    assert_eq!((row("04070_0013").registered, row("04070_0013").voters), (Some(0), 0));
    assert_eq!((row("75056_1662").voters, row("75056_1662").valid), (1_150, 0));
    assert!(row("75056_JUS1").voters > 0, "letters of a station's code are kept");
}

#[test]
fn cantons_of_2015_add_up_to_their_check_totals() {
    let file = sample("departementales-2015-t1-cantons.csv.gz");
    let code = "{Code du département:0>3}-{Code du canton:0>2}";
    let Some(results) = read_shared(&file, &ministere(By::Auto, code, &[], 0)) else { return };
    let results = results.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((results.rows.len(), results.totals()), (2_054, (42_694_326, 21_419_393, 20_372_060)));
    assert_eq!(ballots(&results), (21_419_393, 703_879, 343_454));
    ballots_add_up(&results, &file);
    // Ambérieu-en-Bugey, the first row, nuance by nuance.
    assert_eq!(results.rows[0].code, "001-01");
    let of = |list: &str| {
        results.votes_of(&results.rows[0]).iter().find(|(at, _)| results.lists[*at as usize].id == list).map(|at| at.1)
    };
    let nuances = ["BC-COM", "BC-UG", "BC-VEC", "BC-UD", "BC-FN"].map(of);
    assert_eq!(nuances, [Some(684), Some(2_108), Some(735), Some(2_572), Some(2_959)]);
}

#[test]
fn the_workbook_of_2022_names_every_candidate() {
    let code = "{departement}{Code de la circonscription:0>2}";
    let file = sample("legislatives-2022-t1-circonscriptions.csv.gz");
    let Some(results) = read_shared(&file, &ministere(By::Candidate, code, &[], 0)) else { return };
    let results = results.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(results.votes.len(), 6_290);
}

/// Votes by candidate, panel-order blocks or not.
fn by_candidate(results: &Results) -> BTreeMap<String, u64> {
    results.lists.iter().map(|list| (list.label.clone(), results.total_of(&list.id).expect("a list"))).collect()
}

#[test]
fn stations_of_round_one_of_2024_equal_the_workbook_candidate_by_candidate() {
    let stations = sample("legislatives-2024-t1-bureaux-29-circo-2-3.csv.gz");
    let workbook = sample("legislatives-2024-t1-circonscriptions.xlsx");
    let Some(stations) = read_shared(&stations, &ministere(By::Candidate, "{insee}_{bureau}", &[], 0)) else { return };
    let stations = stations.unwrap_or_else(|error| panic!("{error}"));
    let column = "Code circonscription législative";
    let filters = [format!("{column}=2902"), format!("{column}=2903")];
    let filters = [filters[0].as_str(), filters[1].as_str()];
    let constituencies = ministere(By::Candidate, &format!("{{{column}}}"), &filters, 0);
    let whole =
        read_shared(&workbook, &constituencies).expect("it lies beside").unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(whole.rows.iter().map(|row| row.code.as_str()).collect::<Vec<_>>(), ["2902", "2903"]);
    assert_eq!((whole.totals(), ballots(&whole)), (stations.totals(), ballots(&stations)));
    assert_eq!(by_candidate(&stations).len(), 18);
    assert_eq!(by_candidate(&stations), by_candidate(&whole));
    let communes: BTreeSet<&str> = stations.rows.iter().map(|row| &row.code[..5]).collect();
    assert_eq!(communes.len(), 35);
    // Codes without leading zeros in this file, with them in the long tables: the same stations.
    let Some(long) = long_tables() else { return };
    let long = read(&long, &ministere(By::Nuance, "{code}", &[], 1)).unwrap_or_else(|error| panic!("{error}"));
    let known: BTreeSet<&str> = long.rows.iter().map(|row| row.code.as_str()).collect();
    assert_eq!(stations.rows.iter().filter(|row| known.contains(row.code.as_str())).count(), 201);
}

#[test]
fn the_long_tables_of_2024_equal_the_workbook_in_every_departement() {
    let Some(long) = long_tables() else { return };
    let workbook = shared_table(&sample("legislatives-2024-t1-circonscriptions.xlsx")).expect("it lies beside");
    let results = read(&long, &ministere(By::Nuance, "{code}", &[], 1)).unwrap_or_else(|error| panic!("{error}"));
    let mut all = (0, 0, 0);
    for (departement, rows, totals) in [
        ("04", 274, (128_144, 89_839, 86_811)),
        ("13", 1_424, (1_438_716, 956_705, 934_551)),
        ("29", 837, (714_429, 524_034, 511_456)),
        ("75", 902, (1_365_376, 1_000_217, 987_709)),
    ] {
        let own = results.rows.iter().filter(|row| row.code.starts_with(departement));
        let own = Results { rows: own.cloned().collect(), ..Results::default() };
        assert_eq!((own.rows.len(), own.totals()), (rows, totals), "{departement}");
        ballots_add_up(&own, departement);
        let filter = format!("departement={departement}");
        let options = ministere(By::Nuance, "{Code circonscription législative:0>4}", &[&filter], 2);
        let whole = read(&workbook, &options).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(whole.totals(), totals, "{departement}");
        all = (all.0 + rows, all.1 + totals.1, all.2 + totals.2);
    }
    assert_eq!(all.0, 3_437);
    assert_eq!(results.totals(), (3_646_665, all.1, all.2));
    assert_eq!(results.votes.iter().filter(|(list, _)| results.lists[*list as usize].id != "other").count(), 28_883);
}

#[test]
fn two_stations_of_paris_are_wrong_by_one_vote_each_and_are_named() {
    let Some(long) = long_tables() else { return };
    let refused = read(&long, &ministere(By::Nuance, "{code}", &[], 0)).expect_err("two wrong sums");
    let text = refused.to_string();
    assert_eq!(refused.refusal().faults.len(), 2, "{text}");
    let kept = read(&long, &ministere(By::Nuance, "{code}", &[], 1)).unwrap_or_else(|error| panic!("{error}"));
    for code in ["75056_0521", "75056_0522"] {
        let row = kept.rows.iter().find(|row| row.code == code).expect("a station");
        // One vote less for the candidates than valid ones; it is nobody's, and kept.
        let votes: u32 = kept.votes_of(row).iter().map(|(_, votes)| votes).sum();
        assert_eq!(votes, row.valid, "{code}");
        assert!(kept.votes_of(row).iter().any(|(list, votes)| kept.lists[*list as usize].id == "other" && *votes == 1));
        let sum = grouped(u64::from(row.valid - 1));
        assert!(text.contains(&format!("expected the {sum} that the candidates of `{code}` add up to")), "{text}");
        assert!(text.contains("`--accept-discrepancy` 1 would keep it"), "{text}");
        assert_eq!(
            kept.said
                .iter()
                .filter(|line| line.contains(&format!("accepted row {}, `{code}`", grouped(row.row))))
                .count(),
            1
        );
    }
}

#[test]
fn paris_2014_in_long_form_has_its_blank_and_null_ballots_and_the_same_stations_as_the_wide_file() {
    let Some(paris) = shared_table(&sample("europeennes-2014-paris-long.csv.gz")) else { return };
    let wide = widen(&paris, None).expect("a long table");
    let layout = ministere(By::Auto, "{CodeArrdt:0>2}{CodeBV:0>2}", &[], 0);
    let results = read(&wide, &layout).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(ballots(&results), (632_367, 7_041, 3_362));
    ballots_add_up(&results, "Paris 2014");
    let mut options = options(Layout::FrLarge, "{bureau}");
    options.filter = Filter::parse(&["departement=75"]).expect("a filter");
    let file = "fr-results-2014-2019/2014-europeennes_par_bureau_large.csv.gz";
    let Some(other) = read_shared(file, &options) else { return };
    let other = other.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(other.totals(), (1_211_164, 632_378, 621_975));
    let codes = |results: &Results| results.rows.iter().map(|row| row.code.clone()).collect::<BTreeSet<_>>();
    assert_eq!((codes(&results).len(), codes(&results)), (869, codes(&other)));
}

/// Rows of a file that find an outline of another one: (matched, rows).
fn matched(results: &Results, path: &str, code: &str) -> Option<(u64, usize)> {
    let parse = |template: &str| template.parse().expect("a template");
    let level = "area".parse().expect("a level");
    let request = AreasRequest::new(shared(path)?, level, parse(code), parse("-"));
    let outlines = areas::read(&request).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut known = Known::default();
    let codes = known.levels.entry("area".into()).or_default();
    codes.extend(outlines.areas.into_iter().map(|area| (area.code.to_string(), area.name)));
    let placement = place("results", results, "area", &known, false).unwrap_or_else(|error| panic!("{path}: {error}"));
    assert_eq!(placement.found + placement.unplaced.len() as u64, results.rows.len() as u64);
    Some((placement.found, results.rows.len()))
}

#[test]
fn results_find_the_outlines_that_the_readme_counts() {
    let station = "{insee}_{bureau}";
    let t1_29 = "legislatives-2024-t1-bureaux-29-circo-2-3.csv.gz";
    let t2_2024 = "legislatives-2024-t2-bureaux-04-13-75.parquet";
    let t2_2022 = "presidentielle-2022-t2-bureaux-04-13-29-75.parquet";
    let brest = "fr-formats/contours-bureaux-brest.geojson.gz";
    let paris = "fr-paris-bureaux-2017/bureaux.geojson.gz";
    let alps = "fr-04-bureaux-2022/bureaux.geojson.gz";
    type Case<'a> = (&'a str, &'a str, &'a [&'a str], &'a str, &'a str, u64);
    let cases: &[Case<'_>] = &[
        (t1_29, station, &[], brest, "{codeBureauVote}", 110),
        (t1_29, station, &["Code commune=29019"], brest, "{codeBureauVote}", 104),
        (t1_29, station, &["Code commune=29061"], brest, "{codeBureauVote}", 6),
        (t2_2022, station, &["insee=29019"], brest, "{codeBureauVote}", 104),
        (t2_2022, station, &["departement=75"], paris, "75056_{bureau}", 896),
        (t2_2024, station, &["departement=75"], paris, "75056_{bureau}", 455),
        (t2_2022, station, &["departement=04"], alps, "{code_commune}_{bureau}", 261),
        (t2_2024, station, &["departement=04"], alps, "{code_commune}_{bureau}", 261),
        (
            "departementales-2015-t1-cantons.csv.gz",
            "{Code du département:0>3}-{Code du canton:0>2}",
            &[],
            "fr-formats/cantons-2015.geojson.gz",
            "{ref}",
            2_054,
        ),
    ];
    for (file, code, filters, outlines, outline_code, expected) in cases {
        let Some(results) = read_shared(&sample(file), &ministere(By::Auto, code, filters, 0)) else { return };
        let results = results.unwrap_or_else(|error| panic!("{file}: {error}"));
        let Some((found, _)) = matched(&results, outlines, outline_code) else { return };
        assert_eq!(found, *expected, "{file} {filters:?} on {outlines}");
    }
    let workbook = sample("presidentielle-2022-t1-circonscriptions.xlsx");
    let filters = ["departement=04", "departement=13", "departement=29", "departement=75"];
    let code = "{departement}{Code de la circonscription:0>2}";
    let Some(results) = read_shared(&workbook, &ministere(By::Auto, code, &filters, 0)) else { return };
    let outlines = "fr-formats/circonscriptions-legislatives-04-13-29-75.geojson.gz";
    let results = results.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(matched(&results, outlines, "{codeCirconscription}"), Some((44, 44)));
}

#[test]
fn numbered_blocks_of_a_real_file_are_refused_where_its_candidates_change() {
    let file = sample("legislatives-2024-t1-bureaux-29-circo-2-3.csv.gz");
    let named = |candidates: &str| {
        let name = |name: &str| Some(name.to_owned());
        let columns = NamedColumns {
            registered: name("Inscrits"),
            voters: name("Votants"),
            valid: name("Exprimés"),
            candidates: name(candidates),
            ..NamedColumns::default()
        };
        options(Layout::Columns(columns), "{Code commune}_{Code BV:0>4}")
    };
    let Some(blocks) = read_shared(&file, &named("Voix *")) else { return };
    let error = blocks.expect_err("two constituencies").to_string();
    assert!(error.contains("numbered blocks whose candidate changes from row to row; nothing imported"), "{error}");
    assert!(error.contains("`Nom candidat 1`: found `"), "{error}");
    assert!(error.contains("`--preset fr-ministere`"), "{error}");
    let error = read_shared(&file, &named("% Voix/exprimés *")).expect("it is there").expect_err("shares").to_string();
    assert!(error.contains("percentages stand in the place of counts; nothing imported"), "{error}");
}
