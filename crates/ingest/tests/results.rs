//! Results read from small files, whole and broken.

mod results_files;

use quartier_ingest::results::{By, Known, Layout, NamedColumns, Options, place, read, widen};
use quartier_ingest::table::{Filter, Join, Table};
use quartier_ingest::{Limits, Source};
use results_files::{ballots, options, table};

fn named(columns: &str) -> Options {
    let column = |name: &str| Some(name.to_owned());
    let columns = NamedColumns {
        registered: column("ins"),
        voters: column("vot"),
        valid: column("exp"),
        candidates: column(columns),
        ..NamedColumns::default()
    };
    options(Layout::Columns(columns), "{code}")
}

fn message(bytes: &[u8], options: &Options) -> String {
    Source::from_bytes("broken.csv", bytes.to_vec(), Limits::default())
        .and_then(Table::read)
        .and_then(|table| read(&table, options))
        .expect_err("a broken file")
        .to_string()
}

#[test]
fn mayotte_and_overseas_have_the_codes_of_insee() {
    let csv = "departement,commune,bureau,inscrits,votants,exprimes,A\nZM,501,1,9,5,5,5\nZA,101,010A,9,5,5,5\n976,502,2,9,5,5,5\n04,001,1,0,0,0,0\n";
    let results = read(&table("f.csv", csv), &options(Layout::FrLarge, "{insee}_{bureau}")).expect("results");
    let codes: Vec<&str> = results.rows.iter().map(|row| row.code.as_str()).collect();
    assert_eq!(codes, ["97601_0001", "97101_010A", "97602_0002", "04001_0001"]);
    assert_eq!(results.rows[3].registered, Some(0));
}

#[test]
fn candidates_below_valid_become_other_and_missing_columns_are_said() {
    let csv = "code,ins,vot,exp,a,b\nx,10,8,7,3,2\n";
    let results = read(&table("f.csv", csv), &named("a,b")).expect("results");
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
    let results = read(&table("tour1.csv", csv), &named("a")).expect("results");
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
    assert_eq!((placement.found, placement.unplaced.len(), results.votes_in), (1, 1, 14));
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

#[test]
fn a_share_that_stands_before_its_count_is_not_taken_for_it() {
    let text = "Code département;Code commune;Code BV;Inscrits;% Votants;Votants;% Exprimés;Exprimés;\
                Numéro de panneau 1;Nom candidat 1;% Voix 1;Voix 1;Numéro de panneau 2;Nom candidat 2;% Voix 2;Voix 2\n\
                1;01001;1;100;60%;60;90%;54;1;DUPONT;55,6%;30;2;DURAND;44,4%;24\n";
    let results = read(&table("shares.csv", text), &options(Layout::FrMinistere(By::Auto), "{insee}_{bureau}"));
    let results = results.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((results.totals(), results.total_of("DUPONT")), ((100, 60, 54), Some(30)));
}

#[test]
fn the_first_generation_is_read_without_a_header() {
    // Lists of one family name and first name in two stations, of which the second knows one candidate more.
    let short = "1;01;001;L'Île;0001;100;60;50;1;DUPONT;Anne;DVG;30\n1;01;001;L'Île;0001;100;60;50;2;DURAND;Jean;DVD;20\n\
                 1;01;001;L'Île;0002;40;30;28;1;DUPONT;Anne;DVG;20\n1;01;001;L'Île;0002;40;30;28;2;DURAND;Jean;DVD;5\n\
                 1;01;001;L'Île;0002;40;30;28;3;DUPONT;Luc;EXG;3\n";
    let long = short.replace("L'Île;", "L'Île;04;12;");
    let preamble = "--;;\n".repeat(15) + "-- Résultats de l'élection\n--\n";
    let latin1 = |text: &str| text.chars().map(|letter| u8::try_from(u32::from(letter)).expect("latin-1")).collect();
    for (preambles, text) in
        [("", short.to_owned()), (&preamble, short.to_owned()), ("", long.clone()), (&preamble, long)]
    {
        let bytes: Vec<u8> = latin1(&format!("{preambles}{text}"));
        let source = Source::from_bytes("g1.txt", bytes, Limits::default()).expect("bytes");
        let table = Table::read(source).expect("a table");
        let results = read(&table, &options(Layout::FrMinistere(By::Auto), "{insee}_{bureau}")).expect("results");
        assert_eq!(results.rows.iter().map(|row| row.code.as_str()).collect::<Vec<_>>(), ["01001_0001", "01001_0002"]);
        assert_eq!(results.rows[0].row, 1 + preambles.lines().count() as u64);
        assert_eq!(results.totals(), (140, 90, 78));
        // Nuances tell the lists, since not all of them stand in both stations.
        let totals = ["DVG", "DVD", "EXG"].map(|list| results.total_of(list));
        assert_eq!(totals, [Some(50), Some(25), Some(3)]);
        let results = read(&table, &options(Layout::FrMinistere(By::Candidate), "{insee}_{bureau}")).expect("results");
        let totals = ["1 DUPONT Anne", "DURAND", "3 DUPONT Luc"].map(|list| results.total_of(list));
        assert_eq!(totals, [Some(50), Some(25), Some(3)], "{:?}", results.lists);
        assert!(results.said.iter().any(|line| line.contains("first generation")), "{:?}", results.said);
    }
    let ragged =
        read(&table("g1.txt", &short.replace(";EXG;3", ";3")), &options(Layout::FrMinistere(By::Auto), "{insee}"));
    let error = ragged.expect_err("a short row").to_string();
    assert!(error.contains("row 5: found 12 cells, expected 13, as in the first row"), "{error}");
}

#[test]
fn a_poll_says_what_it_asked_and_every_fault_is_listed() {
    let read = |text: &str| quartier_ingest::polls::read(&table("polls.csv", text));
    let header = "date,area,turnout,undecided,favourable,opposed,of,n,se\n";
    let polls = read(&format!("{header}2017-04-20,all,0.75,,31%,0.2,voters,1000,\n")).expect("a poll");
    assert_eq!((polls[0].turnout, polls[0].undecided, polls[0].favourable), (Some(0.75), None, Some(0.31)));
    let error = read(&format!("{header}20/04/2017,x,75,,,,people,0,\n")).expect_err("faults").to_string();
    for piece in ["`date`", "`area`", "`turnout`: found `75`", "a percent sign (31%)", "`of`", "`n`"] {
        assert!(error.contains(piece), "wanted {piece} in {error}");
    }
}

/// The two tables of data.gouv.fr, invented: a legislative ballot whose lists have no name, a European one whose
/// candidates have none.
const GENERAL: &str = "id_election;id_brut_miom;code_departement;libelle_departement;code_commune;code_bv;inscrits;abstentions;\
    ratio_abstentions_inscrits;votants;blancs;nuls;exprimes\n\
    2024_legi_t1;01001_0001;01;Ain;01001;0001;100;40;40,0;60;4;2;54\n\
    2024_legi_t1;2A004_012B;2A;Corse-du-Sud;2A004;012B;50;10;20,0;40;0;1;39\n\
    2024_euro_t1;01001_0001;01;Ain;01001;0001;90;50;55,6;40;0;0;40\n";
const CANDIDATES: &str = "id_election;id_brut_miom;code_departement;code_commune;code_bv;no_panneau;voix;ratio_voix_inscrits;\
    nuance;sexe;nom;prenom;liste;libelle_abrege_liste;libelle_etendu_liste;nom_tete_liste;binome\n\
    2024_legi_t1;01001_0001;01;01001;0001;1;30;30,0;UG;F;DUPONT;Anne;;;;;\n\
    2024_legi_t1;01001_0001;01;01001;0001;2;24;24,0;RN;M;DURAND;Jean;;;;;\n\
    2024_euro_t1;01001_0001;01;01001;0001;1;15;16,7;;;;;;POUR;POUR L'EUROPE;NEVEU;\n\
    2024_euro_t1;01001_0001;01;01001;0001;2;25;27,8;;;;;;CONTRE;TOUT CONTRE;OGER;\n\
    2024_legi_t1;2A004_012B;2A;2A004;012B;1;39;78,0;UG;M;PAOLI;Luc;;;;;\n";

#[test]
fn the_two_tables_of_data_gouv_are_joined_and_each_ballot_is_named_by_what_it_has() {
    let wide = widen(&table("general_results.csv", GENERAL), Some(&table("candidats_results.csv", CANDIDATES)));
    let wide = wide.expect("two tables");
    let of = |election: &str, by: By| {
        let mut options = options(Layout::FrMinistere(by), "{id_brut_miom}");
        options.filter = Filter::parse(&[format!("id_election={election}")]).expect("a filter");
        read(&wide, &options).unwrap_or_else(|error| panic!("{election}: {error}"))
    };
    let legislative = of("2024_legi_t1", By::Candidate);
    assert_eq!((legislative.rows.len(), legislative.filtered, legislative.totals()), (2, 1, (150, 100, 93)));
    assert_eq!(ballots(&legislative), (100, 4, 3));
    assert_eq!(legislative.rows[1].code, "2A004_012B");
    assert_eq!(["DUPONT", "DURAND", "PAOLI"].map(|list| legislative.total_of(list)), [Some(30), Some(24), Some(39)]);
    let nuances = of("2024_legi_t1", By::Auto);
    assert_eq!(["UG", "RN"].map(|list| nuances.total_of(list)), [Some(69), Some(24)]);
    let european = of("2024_euro_t1", By::Auto);
    assert_eq!(["POUR", "CONTRE"].map(|list| european.total_of(list)), [Some(15), Some(25)], "{:?}", european.lists);

    let orphan = CANDIDATES.replace("2024_legi_t1;2A004_012B;2A;2A004", "2024_legi_t1;2A005_012B;2A;2A005");
    let orphan = widen(&table("general_results.csv", GENERAL), Some(&table("candidats_results.csv", &orphan)));
    let error = orphan.expect_err("a candidate of no station").to_string();
    assert!(error.contains("candidats_results.csv") && error.contains("row 6"), "{error}");
    assert!(error.contains("expected a station of general_results.csv"), "{error}");
}

/// Options for `code,ins,vot,exp` and the candidates, changed.
fn changed(change: impl Fn(&mut NamedColumns)) -> Options {
    let mut options = named("a,b");
    let Layout::Columns(columns) = &mut options.layout else { panic!("named columns") };
    change(columns);
    options
}

#[test]
fn voters_come_from_abstentions_and_what_is_missing_is_computed_and_said() {
    let text = "code,ins,abs,exp,blancs,nuls,a,b\nx,100,40,50,7,3,30,20\ny,10,0,9,1,0,4,4\n";
    let of = |options: &Options| read(&table("f.csv", text), options).unwrap_or_else(|error| panic!("{error}"));
    let from_abstentions = |columns: &mut NamedColumns| {
        columns.voters = None;
        columns.abstentions = Some("abs".to_owned());
    };
    let results = of(&changed(from_abstentions));
    assert_eq!((results.totals(), results.votes_in, results.total_of("other")), ((110, 70, 59), 59, Some(1)));
    assert!(results.said.contains(&"voters computed: registered - abstentions".to_owned()), "{:?}", results.said);
    let results = of(&changed(|columns| {
        from_abstentions(columns);
        (columns.valid, columns.blank, columns.null) = (None, Some("blancs".to_owned()), Some("nuls".to_owned()));
    }));
    assert_eq!((results.totals(), results.votes_in, results.total_of("other")), ((110, 70, 59), 59, Some(1)));
    assert!(results.said.contains(&"valid computed: voters - blank - null".to_owned()), "{:?}", results.said);
    let results = of(&changed(|columns| {
        from_abstentions(columns);
        columns.null = Some("nuls".to_owned());
    }));
    assert_eq!(ballots(&results), (70, 8, 3));
    assert!(results.said.contains(&"blank computed: voters - valid - null".to_owned()), "{:?}", results.said);
    let results = of(&changed(|columns| {
        (columns.voters, columns.valid, columns.blank) = (None, None, Some("blancs".to_owned()));
    }));
    assert_eq!((results.totals(), results.votes_in, ballots(&results)), ((110, 66, 58), 58, (66, 8, 0)));
    assert_eq!(results.rows[0].null, None, "nothing tells how many ballots were null");
    assert!(results.said.contains(&"voters computed: valid + blank".to_owned()), "{:?}", results.said);
    assert!(results.said.contains(&"valid computed: the sum of the candidates".to_owned()), "{:?}", results.said);

    let message = |text: &str, options: &Options| read(&table("f.csv", text), options).expect_err(text).to_string();
    let error = message("code,ins,abs,exp,a,b\nx,10,11,0,0,0\n", &changed(from_abstentions));
    assert!(error.contains("row 2, `abs`: found 11, expected at most the 10 of `ins`"), "{error}");
    let both = changed(|columns| columns.abstentions = Some("abs".to_owned()));
    let error = message("code,ins,vot,abs,exp,a,b\nx,10,7,2,7,4,3\n", &both);
    assert!(error.contains("row 2, `abs`: found 2, expected the 3 that `ins` less `vot` leaves"), "{error}");
    let alone = changed(|columns| {
        from_abstentions(columns);
        columns.registered = None;
    });
    let error = message(text, &alone);
    assert!(error.contains("`--abstentions` alone does not tell who voted"), "{error}");
}

#[test]
fn presets_recognise_abstentions_where_there_are_no_voters() {
    let large = "departement,commune,bureau,inscrits,abstentions,exprimes,A\n01,001,1,100,40,55,55\n";
    let wide = "Code département;Code commune;Code BV;Inscrits;Abstentions;% Abstentions;Exprimés;Numéro de panneau 1;\
                Nom candidat 1;Voix 1\n1;01001;1;100;40;40%;55;1;DUPONT;55\n";
    for (text, layout) in [(large, Layout::FrLarge), (wide, Layout::FrMinistere(By::Auto))] {
        let results = read(&table("f.csv", text), &options(layout, "{insee}_{bureau}"));
        let results = results.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((results.totals(), results.rows[0].code.as_str()), ((100, 60, 55), "01001_0001"));
        assert!(results.said.contains(&"voters computed: registered - abstentions".to_owned()), "{:?}", results.said);
    }
}

#[test]
fn numbered_blocks_whose_candidate_changes_from_row_to_row_are_refused() {
    let header = "code,ins,vot,exp,Nom candidat 1,Nuance 1,Elu 1,Voix 1,Nom candidat 2,Nuance 2,Elu 2,Voix 2\n";
    let same = "a,90,80,70,DUPONT,UG,,40,DURAND,RN,oui,30\nb,90,80,70,Dupont,UG,oui,30,DURAND,RN,,40\n";
    let other = "c,90,80,70,LEROY,UG,,40,DURAND,RN,oui,30\n";
    for candidates in ["Voix *", "Voix 1,Voix 2"] {
        read(&table("f.csv", &format!("{header}{same}")), &named(candidates)).expect("the same two in every row");
        let refused = read(&table("f.csv", &format!("{header}{same}{other}")), &named(candidates));
        let error = refused.expect_err("two persons in block 1").to_string();
        assert_eq!(
            error,
            "f.csv: `--candidates` names numbered blocks whose candidate changes from row to row; nothing imported\n  \
             row 4, `Nom candidat 1`: found `LEROY`, expected `DUPONT`, as in row 2, if `Voix 1` were one candidate\n\
             help: `--preset fr-ministere` names each candidate by its content, not by its number; or keep the rows \
             of one constituency with `--where`"
        );
        // What `--where` leaves may well be one constituency.
        let mut one = named(candidates);
        one.filter = Filter::parse(&["code=a", "code=b"]).expect("a filter");
        assert_eq!(read(&table("f.csv", &format!("{header}{same}{other}")), &one).expect("two rows").rows.len(), 2);
    }
    // A nuance or a panel alone tells it too; so does an unused block, whose empty cells would drown the reason.
    let panels = "code,ins,vot,exp,Panneau 1,Voix 1,Panneau 2,Voix 2\na,90,80,70,1,40,2,30\nb,90,80,70,3,70,,\n";
    let error = read(&table("f.csv", panels), &named("Voix *")).expect_err("another panel").to_string();
    assert!(error.contains("row 3, `Panneau 1`: found `3`, expected `1`, as in row 2"), "{error}");
    // Numbers that are no blocks, and columns that vary without saying who a candidate is.
    let years = "code,ins,vot,exp,nom_2012,voix_2012,nom_2017,voix_2017\na,90,80,70,X,40,Y,30\nb,90,80,70,Z,40,W,30\n";
    assert_eq!(read(&table("f.csv", years), &named("voix_*")).expect("years").rows.len(), 2);
    let counts = "code,ins,vot,exp,Nombre 1,Voix 1,Nombre 2,Voix 2\na,90,80,70,1,40,2,30\nb,90,80,70,3,40,4,30\n";
    assert_eq!(read(&table("f.csv", counts), &named("Voix *")).expect("counts").rows.len(), 2);
}

/// Rows of `code,ins,vot,exp,a,b,c`.
fn three_lists(rows: &[[u32; 6]]) -> String {
    let rows =
        rows.iter().enumerate().map(|(at, [ins, vot, exp, a, b, c])| format!("{at},{ins},{vot},{exp},{a},{b},{c}\n"));
    format!("code,ins,vot,exp,a,b,c\n{}", rows.collect::<String>())
}

#[test]
fn whole_percentages_in_the_place_of_counts_are_refused_with_the_reason() {
    let without = |change: fn(&mut NamedColumns)| {
        let mut options = named("a,b,c");
        let Layout::Columns(columns) = &mut options.layout else { panic!("named columns") };
        change(columns);
        options
    };
    // Of valid, of voters, of registered; rounded, so that they add up to 99 or 101 now and then.
    let of_valid = [
        [1000, 800, 780, 50, 30, 20],
        [900, 700, 690, 34, 33, 34],
        [90, 80, 75, 33, 33, 33],
        [700, 600, 590, 60, 25, 15],
    ];
    let of_voters = [[1000, 800, 720, 45, 25, 20], [900, 700, 595, 30, 30, 25], [700, 600, 570, 60, 20, 15]];
    let of_registered = [[1000, 800, 720, 36, 20, 16], [900, 700, 594, 26, 20, 20], [700, 600, 567, 41, 20, 20]];
    for rows in [&of_valid[..], &of_voters[..], &of_registered[..]] {
        let error = message(three_lists(rows).as_bytes(), &named("a,b,c"));
        assert!(error.contains("add up as percentages do, not as counts; nothing imported"), "{error}");
        assert!(error.contains("shares cannot be summed; give the columns that hold counts"), "{error}");
    }
    let error = message(three_lists(&of_valid).as_bytes(), &named("a,b,c"));
    assert!(
        error.contains("row 2: found lists that add up to 100, expected counts, of which there are 780 valid"),
        "{error}"
    );
    // No column of valid votes: the voters are what is far larger.
    let error = message(three_lists(&of_valid).as_bytes(), &without(|columns| columns.valid = None));
    assert!(error.contains("of which there are 800 voters"), "{error}");
    // Everything is a percentage: nothing is larger, and twelve rows add up to 100.
    let shares: Vec<[u32; 6]> = (0..12).map(|at| [100, 100, 100, 40 + at, 35, 25 - at]).collect();
    let error = message(three_lists(&shares).as_bytes(), &named("a,b,c"));
    assert!(error.contains("all 12 rows add up as percentages do"), "{error}");
    // A column that calls itself a percentage needs no sum.
    let error = message(b"code,ins,vot,exp,% a\nx,900,800,700,70\n", &named("*a"));
    assert!(error.contains("percentages stand in the place of counts") && error.contains("`% a`"), "{error}");
}

#[test]
fn small_real_counts_are_not_taken_for_percentages() {
    for rows in [
        // Villages of about a hundred votes, all of them for the lists that are named.
        vec![[120, 105, 100, 50, 30, 20], [130, 110, 101, 51, 30, 20], [125, 106, 99, 49, 30, 20]],
        vec![[100, 100, 100, 50, 30, 20]; 9],
        // Named lists get few votes in large places, and by chance a hundred in two of them.
        vec![[1000, 800, 780, 50, 30, 20], [900, 700, 690, 40, 30, 30], [800, 700, 690, 10, 20, 5]],
        vec![[1000, 800, 780, 50, 30, 20], [900, 700, 690, 40, 30, 30]],
        // Nobody voted for them anywhere.
        vec![[1000, 800, 780, 0, 0, 0]; 12],
    ] {
        let rows_read = rows.len();
        let results = read(&table("f.csv", &three_lists(&rows)), &named("a,b,c"));
        assert_eq!(results.unwrap_or_else(|error| panic!("{error}")).rows.len(), rows_read);
    }
}

#[test]
fn a_joined_table_adds_columns_to_results_and_the_file_wins() {
    let join = |text: &str, on: &str| Some(Join::new(&table("join.csv", text), on).expect("a table to join"));
    let stations = "ville,bureau,inscrits,votants,exprimes,A\nX,1,10,9,8,8\nX,2,20,15,14,14\nY,1,5,4,4,4\n";
    let mut asked = options(
        Layout::Columns(NamedColumns {
            registered: Some("inscrits".to_owned()),
            voters: Some("votants".to_owned()),
            valid: Some("exprimes".to_owned()),
            candidates: Some("A".to_owned()),
            ..NamedColumns::default()
        }),
        "{insee}-{bureau}",
    );
    asked.join = join("ville,insee,bureau,zone\nX,01001,99,n\nY,01002,98,s\nZ,01003,97,s\n", "ville");
    let results = read(&table("f.csv", stations), &asked).unwrap_or_else(|error| panic!("{error}"));
    let codes: Vec<&str> = results.rows.iter().map(|row| row.code.as_str()).collect();
    assert_eq!(codes, ["01001-1", "01001-2", "01002-1"], "`bureau` is the file's own");
    assert_eq!((results.votes_in, &results.without_join, &results.unused_join), (26, &vec![], &vec!["Z".to_owned()]));
    asked.filter = Filter::parse(&["zone=n"]).expect("a filter");
    let north = read(&table("f.csv", stations), &asked).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(
        (north.rows.len(), north.filtered, &north.unused_join[..]),
        (2, 1, &["Y".to_owned(), "Z".to_owned()][..])
    );
    asked.filter = Filter::default();
    // A row that the table does not know keeps its counts where the code needs nothing of it, else it is a fault.
    asked.join = join("ville,insee\nX,01001\n", "ville");
    let error = read(&table("f.csv", stations), &asked).expect_err("Y has no code").to_string();
    assert!(error.contains("row 4, `ville`: found `Y`, expected a value that join.csv has a row for"), "{error}");
    asked.code = "{ville}-{bureau}".parse().expect("a template");
    let results = read(&table("f.csv", stations), &asked).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((results.rows.len(), &results.without_join[..]), (3, &["Y".to_owned()][..]));
    // Counts may come from it too; faults name the file's own cells.
    asked.join = join("ville,A2\nX,1\nY,1\n", "ville");
    let short = read(&table("f.csv", "ville,bureau,inscrits,votants,exprimes,A\nX,1,10\n"), &asked);
    let error = short.expect_err("a short row").to_string();
    assert!(error.contains("row 2: found 3 cells, expected 6, as in the header"), "{error}");
    asked.join = join("place,A2\nX,1\n", "place");
    let error = read(&table("f.csv", stations), &asked).expect_err("no such column").to_string();
    assert!(error.contains("there is no column `place`, which `--on` names"), "{error}");
}

#[test]
fn repeated_blocks_without_a_name_are_joined_by_what_the_preset_adds() {
    let text = "Code du département;Code de la commune;Code du b.vote;Inscrits;Votants;Exprimés;N°Panneau;Nom;Voix\n\
                1;1;1;100;60;50;1;DUPONT;30;2;DURAND;20\n1;2;1;40;30;28;1;DUPONT;20;2;DURAND;8\n";
    let mut asked = options(Layout::FrMinistere(By::Auto), "{canton}-{insee}-{bureau}");
    let cantons = table("cantons.csv", "insee,canton,Inscrits\n01001,A,7\n01002,B,7\n");
    asked.join = Some(Join::new(&cantons, "insee").expect("a table to join"));
    let results = read(&table("f.txt", text), &asked).unwrap_or_else(|error| panic!("{error}"));
    let codes: Vec<&str> = results.rows.iter().map(|row| row.code.as_str()).collect();
    assert_eq!(codes, ["A-01001-0001", "B-01002-0001"]);
    assert_eq!((results.totals(), results.total_of("DURAND")), ((140, 90, 78), Some(28)));
}
