//! Results read from real files (where the shared data lies) and from small broken ones.

use quartier_ingest::results::{By, Known, Layout, Options, Results, place, read};
use quartier_ingest::table::{Filter, Table};
use quartier_ingest::{IngestError, Limits, Source};
use std::path::PathBuf;

fn shared(file: &str) -> Option<PathBuf> {
    let root = std::env::var_os("QUARTIER_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let path = root.join("data").join(file);
    if path.exists() {
        return Some(path);
    }
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{} is absent", path.display());
    eprintln!("SKIPPED: {} is absent", path.display());
    None
}

fn options(layout: Layout, code: &str) -> Options {
    Options {
        layout,
        code: code.parse().expect("a template"),
        fallback: Vec::new(),
        row_key: None,
        filter: Filter::default(),
        accept_discrepancy: 0,
        registered_floor: false,
    }
}

fn read_shared(file: &str, options: &Options) -> Option<Result<Results, IngestError>> {
    let table = Table::read(Source::open(&shared(file)?).expect("opens")).expect("a table");
    Some(read(&table, options))
}

fn named(columns: &str) -> Options {
    let mut layout = options(
        Layout::Columns {
            registered: Some("ins".into()),
            voters: Some("vot".into()),
            valid: Some("exp".into()),
            blank: None,
            null: None,
            candidates: columns.into(),
        },
        "{code}",
    );
    layout.row_key = None;
    layout
}

fn message(bytes: &[u8], options: &Options) -> String {
    Source::from_bytes("broken.csv", bytes.to_vec(), Limits::default())
        .and_then(Table::read)
        .and_then(|table| read(&table, options))
        .expect_err("a broken file")
        .to_string()
}

const STATION: &str = "{departement}{commune}-{bureau}";

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
}

#[test]
fn mayotte_and_overseas_have_the_codes_of_insee() {
    let csv = "departement,commune,bureau,inscrits,votants,exprimes,A\nZM,501,1,9,5,5,5\nZA,101,010A,9,5,5,5\n976,502,2,9,5,5,5\n04,001,1,0,0,0,0\n";
    let table =
        Table::read(Source::from_bytes("f.csv", csv.into(), Limits::default()).expect("bytes")).expect("a table");
    let results = read(&table, &options(Layout::FrLarge, "{insee}_{bureau}")).expect("results");
    let codes: Vec<&str> = results.rows.iter().map(|row| row.code.as_str()).collect();
    assert_eq!(codes, ["97601_0001", "97101_010A", "97602_0002", "04001_0001"]);
    assert_eq!(results.rows[3].registered, Some(0));
}

#[test]
fn candidates_below_valid_become_other_and_missing_columns_are_said() {
    let csv = "code,ins,vot,exp,a,b\nx,10,8,7,3,2\n";
    let table =
        Table::read(Source::from_bytes("f.csv", csv.into(), Limits::default()).expect("bytes")).expect("a table");
    let results = read(&table, &named("a,b")).expect("results");
    assert_eq!(results.total_of("other"), Some(2));
}

#[test]
fn a_row_without_any_count_is_no_result_and_half_a_row_is_a_fault() {
    let read_bytes = |bytes: &[u8]| {
        let source = Source::from_bytes("r.csv", bytes.to_vec(), Limits::default()).expect("bytes");
        read(&Table::read(source).expect("a table"), &named("a,b"))
    };
    let results = read_bytes(b"code,ins,vot,exp,a,b\n1,10,8,7,4,3\n2,,,,,\n").expect("read");
    assert_eq!((results.rows.len(), results.read), (1, 2));
    assert!(results.said.iter().any(|line| line.contains("1 rows hold no count")), "{:?}", results.said);
    assert!(read_bytes(b"code,ins,vot,exp,a,b\n1,10,8,7,4,\n").is_err());
}

#[test]
fn each_broken_file_has_one_clear_message_with_row_column_and_what_was_expected() {
    let many: &[(&[u8], &[&str])] = &[
        (b"code,ins,vot,exp,b\nx,9,8,7,7\n", &["no column `a`"]),
        (b"code,ins,vot,exp,a\nx,9,8,7,7\ny,9,8\n", &["row 3", "3 cells", "expected 5"]),
        (b"code,ins,vot,exp,a\nx,9,8,7,7\n\n\ny,9,8\n", &["row 5", "3 cells"]),
        (b"code,ins,vot,exp,a\nx,9,8,7,6.5\n", &["row 2, `a`", "6.5", "not a percentage"]),
        (b"code;ins;vot;exp;a\nx;9;8;7;12,5\n", &["row 2, `a`", "12,5", "not a percentage"]),
        (b"code,ins,vot,exp,a\nx,9,8,7,65%\n", &["`65%`", "not a percentage", "shares cannot be summed"]),
        (b"code,ins,vot,exp,a\nx,9,8,9,9\n", &["row 2, `exp`: found 9, expected at most the 8 of `vot`"]),
        (b"code,ins,vot,exp,a\nx,9,12,7,7\n", &["row 2, `vot`: found 12, expected at most the 9 of `ins`"]),
        (b"code,ins,vot,exp,a\nx,9,8,7,8\n", &["row 2, `exp`", "the 8 that the candidates"]),
        (b"code,ins,vot,exp,a\nx,9,8,7,7\nx,9,8,7,7\n", &["row 3, `code`: found `x`", "row 2 has it too", "--row-key"]),
        (
            b"code,ins,vot,exp,a\nx,1234567890123456789012345678901234567890,8,7,7\n",
            &["row 2, `ins`", "1234567890123456789012345678901234567890", "below 4,294,967,295"],
        ),
        (b"code,ins,vot,exp,a\nx,-9,8,7,7\n", &["row 2, `ins`: found `-9`, expected a whole number of electors"]),
        (b"code,ins,vot,exp,a\nx,1 O43,8,7,7\n", &["found `1 O43`"]),
        (b"code,ins,vot,exp,a\nx,,8,7,7\n", &["row 2, `ins`: found nothing"]),
        (b"code,ins,vot,exp,a\n,9,8,7,7\n", &["row 2, `code`: found nothing"]),
        (b"code,ins,vot,exp,a\n", &["no row after its header"]),
        (b"", &["the file is empty"]),
        (b"code,ins,vot,exp,a\n\xc3\xa9\xc3\xa8\xe9,9,8,7,7\n", &["mixes two encodings", "line 2"]),
        (b"code,ins,vot,exp,a\nx\x00,9,8,7,7\n", &["is no text"]),
        (b"PK\x03\x04 and then nothing", &["is no workbook that can be read"]),
        (b"PAR1 and then nothing", &["is no Parquet file that can be read"]),
        (b"\x1f\x8b\x08\x00\x00", &["gzip is cut short"]),
    ];
    for (bytes, wanted) in many {
        let text = message(bytes, &named("a"));
        assert!(text.starts_with("broken.csv: "), "{text}");
        for piece in *wanted {
            assert!(text.contains(piece), "wanted {piece:?} in:\n{text}");
        }
    }
}

#[test]
fn a_lost_leading_zero_is_recognised_and_every_vote_is_placed() {
    let csv = "code,ins,vot,exp,a\n1001,9,8,7,7\n1002,9,8,7,7\n";
    let table =
        Table::read(Source::from_bytes("tour1.csv", csv.into(), Limits::default()).expect("bytes")).expect("a table");
    let results = read(&table, &named("a")).expect("results");
    let mut known = Known::default();
    let communes = known.levels.entry("commune".into()).or_default();
    communes.insert("01001".into(), "L'Abergement-Clémenciat".into());
    communes.insert("01002".into(), "L'Abergement-de-Varey".into());
    let text = place("tour1.csv", &results, "commune", &known, true).expect_err("two lost zeros").to_string();
    assert!(text.contains("tour1.csv: 2 codes are not in level `commune`; nothing imported"), "{text}");
    assert!(text.contains("found `1001`; did you mean `01001` (L'Abergement-Clémenciat)?"), "{text}");
    assert!(text.contains("... 1 more have lost a leading zero"), "{text}");
    known.levels.entry("commune".into()).or_default().insert("1001".into(), "A".into());
    let placement = place("tour1.csv", &results, "commune", &known, false).expect("placed");
    assert_eq!((placement.found, placement.unplaced.len(), placement.votes), (1, 1, 14));
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(
        start in proptest::sample::select(vec![&b""[..], b"PK\x03\x04", b"PAR1", b"\x1f\x8b\x08", b"\xff\xfe", b"code,ins,vot,exp,a\n"]),
        bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400),
    ) {
        let whole = [start, &bytes].concat();
        if let Ok(table) = Source::from_bytes("any.csv", whole, Limits::default()).and_then(Table::read) {
            let _ = read(&table, &named("a"));
            let _ = read(&table, &options(Layout::FrMinistere(By::Auto), "{insee}"));
        }
    }
}

fn shared_table(file: &str) -> Option<Table> {
    Some(Table::read(Source::open(&shared(file)?).expect("opens")).expect("a table"))
}

#[test]
fn long_forms_add_up_to_their_check_totals() {
    let Some(paris) = shared_table("fr-formats/europeennes-2014-paris-long.csv.gz") else { return };
    let wide = quartier_ingest::results::widen(&paris, None).expect("a long table");
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
    let wide = quartier_ingest::results::widen(&stations, Some(&votes)).expect("two tables");
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
fn the_first_generation_is_read_without_a_header() {
    let comments = "--------\n-- Resultats;;\n--------\n";
    let rows = "1;01;001;Nom;0001;100;60;50;1;DUPONT;Anne;DVG;30\n1;01;001;Nom;0001;100;60;50;2;DURAND;Jean;DVD;20\n";
    let long =
        "1;01;001;Nom;04;12;1;100;60;50;1;DUPONT;Anne;DVG;30\n1;01;001;Nom;04;12;1;100;60;50;2;DURAND;Jean;DVD;20\n";
    for text in [format!("{comments}{rows}"), rows.to_owned(), long.to_owned()] {
        let source = Source::from_bytes("g1.txt", text.into_bytes(), Limits::default()).expect("bytes");
        let table = Table::read(source).expect("a table");
        let results = read(&table, &options(Layout::FrMinistere(By::Auto), "{insee}_{bureau}")).expect("results");
        assert_eq!(results.rows[0].code, "01001_0001");
        assert_eq!(results.totals(), (100, 60, 50));
        assert_eq!(results.total_of("DURAND"), Some(20));
    }
}

#[test]
fn a_poll_says_what_it_asked_and_every_fault_is_listed() {
    let read = |text: &str| {
        let source = Source::from_bytes("polls.csv", text.as_bytes().to_vec(), Limits::default()).expect("bytes");
        quartier_ingest::polls::read(&Table::read(source).expect("a table"))
    };
    let header = "date,area,turnout,undecided,favourable,opposed,of,n,se\n";
    let polls = read(&format!("{header}2017-04-20,all,0.75,,31%,0.2,voters,1000,\n")).expect("a poll");
    assert_eq!((polls[0].turnout, polls[0].undecided, polls[0].favourable), (Some(0.75), None, Some(0.31)));
    let error = read(&format!("{header}20/04/2017,x,75,,,,people,0,\n")).expect_err("faults").to_string();
    for piece in ["`date`", "`area`", "`turnout`: found `75`", "a percent sign (31%)", "`of`", "`n`"] {
        assert!(error.contains(piece), "wanted {piece} in {error}");
    }
}
