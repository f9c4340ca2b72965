//! `quartier doctor` says what is missing, what is broken, and how to mend it.

use quartier_tests::Desk;

#[test]
fn doctor_says_what_comes_next_and_what_is_broken() {
    let desk = Desk::new();
    desk.ok(&["init", "campaign", "--name", "Test", "--levels", "city,quartier"]);
    let said = desk.ok(&["doctor"]);
    assert!(said.contains("next: quartier import areas FILE --level city"), "{said}");
    assert!(said.contains("next: quartier import results"), "{said}");
    assert!(said.contains("no snapshot"), "{said}");
    assert!(!said.contains("broken"), "{said}");

    std::fs::remove_dir_all(desk.path().join("campaign")).expect("emptied");
    desk.ok(&["demo", "--folder", "campaign", "--electors", "20000", "--neighbourhoods", "150", "--no-serve"]);
    let findings = desk.json(&["doctor"]);
    let findings = findings.as_array().expect("a list");
    assert!(findings.iter().all(|finding| finding["broken"] == false && finding["mend"].is_null()), "{findings:?}");

    // One byte of the draws turns: the snapshot must not pass for whole.
    let draws = desk.path().join("campaign/published/snapshots/1/draws.qdr");
    let mut bytes = std::fs::read(&draws).expect("draws");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::remove_file(&draws).expect("removed");
    std::fs::write(&draws, bytes).expect("written");
    let output = desk.run(&["doctor"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("broken  published: snapshot 1 is damaged"), "{said}");
    assert!(said.contains("to mend: bring the folder `published` back"), "{said}");
}
