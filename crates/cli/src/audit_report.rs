//! The report of an audit, for a lawyer: what was attacked, what was found, what it means; French and English.

use quartier_campaign::{Audit, Language};
use std::fmt::Write as _;

/// Sets that are spelt out; the others are counted.
const SPELT: usize = 20;
/// Parts of a sum that are named; the others are counted.
const NAMED: usize = 6;

/// The whole report.
pub fn report(audit: &Audit, language: Language) -> String {
    let say = |fr: String, en: String| if language == Language::Fr { fr } else { en };
    let (k, electors, atoms) = (audit.least, audit.electors, audit.atoms);
    let mut text = say(
        format!(
            "Audit de confidentialité de la publication n° {}\n\nQuestion posée : quelqu’un qui n’a que les chiffres publiés peut-il, en les additionnant et en les\nretranchant, retrouver le chiffre d’un groupe de moins de {k} électeurs ?\n\n",
            audit.snapshot
        ),
        format!(
            "Privacy audit of snapshot {}\n\nThe question: can somebody who has the published figures only, by adding them up and taking them\naway, find the figure of a group of fewer than {k} electors?\n\n",
            audit.snapshot
        ),
    );
    text += &say(
        format!(
            "Examiné : {electors} électeurs dans {atoms} parcelles, publiés selon {}.\n",
            audit.partitions.join(", ")
        ),
        format!("Examined: {electors} electors in {atoms} pieces, published by {}.\n", audit.partitions.join(", ")),
    );
    text += &say(
        format!(
            "Attaques : coupes minimales et ponts de chaque paire de découpages, dans les deux sens ({} paires) ;\ncombinaisons de tous les découpages à la fois.\n\n",
            audit.pairs.len()
        ),
        format!(
            "Attacks: smallest cuts and bridges of every pair of these, both ways round ({} pairs);\ncombinations of all of them at once.\n\n",
            audit.pairs.len()
        ),
    );
    if audit.straddling > 0 {
        let n = audit.straddling;
        text += &say(
            format!(
                "À cheval sur la limite d’un regroupement : {n} parcelle(s) de zones regroupées, comptées du côté qui en a\nle plus. Aucun côté n’a de chiffre à lui : chacun publie le chiffre commun de tout son groupe, qui a au moins\nautant d’électeurs que la règle de publication l’exige ; en retrancher le reste ne rend que ce chiffre commun.\n\n"
            ),
            format!(
                "Across the border of a grouping: {n} piece(s) of pooled areas, counted on the side that has most of them.\nNeither side has a figure of its own: each publishes the joint figure of the whole group, which has at least as\nmany electors as the rule of publication asks; taking the rest away gives back that joint figure only.\n\n"
            ),
        );
    }
    text += &findings(audit, language);
    text += &spending(audit, language);
    let (fr, en) = match (audit.is_safe(), audit.is_whole()) {
        (false, _) => (
            "Conclusion : à corriger avant toute publication.\n",
            "Conclusion: to be mended before anything is published.\n",
        ),
        (true, false) => (
            "Conclusion : rien trouvé, mais tout n’a pas été examiné ; retirer un découpage permet de conclure.\n",
            "Conclusion: nothing found, but not all was examined; without one of the groupings it can be.\n",
        ),
        (true, true) => ("Conclusion : rien trouvé.\n", "Conclusion: nothing found.\n"),
    };
    text += &say(fr.into(), en.into());
    text
}

fn findings(audit: &Audit, language: Language) -> String {
    let french = language == Language::Fr;
    let mut text = String::new();
    let count = audit.isolated();
    text += &match (french, count) {
        (true, 0) => "Résultat : aucun groupe ne peut être isolé.\n".to_owned(),
        (true, n) => format!("Résultat : {n} groupe(s) peuvent être isolés.\n"),
        (false, 0) => "Result: no group can be isolated.\n".to_owned(),
        (false, n) => format!("Result: {n} group(s) can be isolated.\n"),
    };
    let all = audit.pairs.iter().flat_map(|pair| &pair.isolated);
    for told in all.clone().take(SPELT) {
        let (of, electors) = (if french { "électeurs" } else { "electors" }, told.electors);
        let _ = writeln!(text, "  - {electors} {of}: {} − {}", names(&told.added, french), names(&told.taken, french));
    }
    let pairs: usize = audit.pairs.iter().map(|pair| pair.isolated.len()).sum();
    for told in audit.together.iter().flatten().take(SPELT) {
        let (of, electors) = (if french { "électeurs" } else { "electors" }, told.electors);
        let by = if french { "par tous les découpages ensemble" } else { "by all of these together" };
        let _ = writeln!(text, "  - {electors} {of}: {} {by}", told.parts.join(" ∩ "));
    }
    let more = pairs.saturating_sub(SPELT) + audit.together.iter().flatten().count().saturating_sub(SPELT);
    if audit.together.is_none() {
        text += if french {
            "Non examiné : tous les découpages à la fois, car ils ont trop de parties.
"
        } else {
            "Not examined: all of them at once, as they have too many parts.
"
        };
    }
    if more > 0 {
        let _ = writeln!(text, "  … {more} {}", if french { "autres" } else { "more" });
    }
    if !audit.finer.is_empty() {
        let shown: Vec<&str> = audit.finer.iter().take(SPELT).map(String::as_str).collect();
        let said = if french {
            "Des zones montrées ensemble auparavant sont maintenant distinguées"
        } else {
            "Areas that were shown together before are told apart now"
        };
        let _ = writeln!(text, "{said}: {} ({})", shown.join(", "), audit.finer.len());
    }
    text.push('\n');
    text
}

fn names(parts: &[String], french: bool) -> String {
    let mut shown: Vec<String> = parts.iter().take(NAMED).cloned().collect();
    if parts.len() > NAMED {
        let rest = parts.len() - NAMED;
        shown.push(if french { format!("{rest} autres") } else { format!("{rest} more") });
    }
    if shown.is_empty() { "0".into() } else { format!("({})", shown.join(" + ")) }
}

fn spending(audit: &Audit, language: Language) -> String {
    let french = language == Language::Fr;
    if audit.batches.is_empty() {
        return if french {
            "Réponses de porte-à-porte : aucune ; les chiffres ne viennent que de sources publiques.\n\n".into()
        } else {
            "Canvass answers: none; every figure follows from public sources.\n\n".into()
        };
    }
    let mut text = if french {
        "Réponses de porte-à-porte : aucune personne n’est conservée ; chaque décompte (11 réponses au moins) est\nbruité avant d’être écrit (loi de Laplace discrète). Une personne répond une fois par tournée ; dans m\ntournées, eps s’additionnent.\n"
            .to_owned()
    } else {
        "Canvass answers: no person is kept; each count (of at least 11 answers) is noised before it is written\n(discrete Laplace). A person answers once a round; in m rounds, their eps add up.\n"
            .to_owned()
    };
    for spent in &audit.batches {
        let (batch, times, eps) = (&spent.batch, spent.times, spent.eps);
        let _ = if french {
            writeln!(text, "  - tournée {batch} : comptée {times} fois, eps {eps} en tout")
        } else {
            writeln!(text, "  - round {batch}: counted {times} time(s), eps {eps} in all")
        };
    }
    let mut most: Vec<f64> = audit.batches.iter().map(|spent| spent.eps).collect();
    most.sort_by(|a, b| b.total_cmp(a));
    let three: f64 = most.iter().take(3).sum();
    text += &if french {
        format!("Hypothèse : une personne est dans trois tournées au plus ; au pire, eps = {three} pour elle.\n\n")
    } else {
        format!("Assumed: a person is in three rounds at most; at worst eps = {three} for them.\n\n")
    };
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use quartier_campaign::{PairFindings, Spent, Told, ToldTogether};

    fn audit(isolated: Vec<Told>) -> Audit {
        let pair = PairFindings { first: "bureau".into(), second: "hex 9".into(), parts: 9, bridges: 1, isolated };
        let batches = [("w1", 1.0), ("w2", 2.0), ("w3", 1.0), ("w4", 1.0)];
        Audit {
            snapshot: 3,
            least: 50,
            atoms: 7,
            electors: 1_000,
            partitions: vec!["bureau".into(), "hex 9".into()],
            straddling: 0,
            pairs: vec![pair],
            together: Some(vec![ToldTogether { electors: 4, parts: vec!["bureau 75-2".into(), "hex 9 89y".into()] }]),
            finer: vec![],
            batches: batches.map(|(batch, eps)| Spent { batch: batch.into(), times: 1, eps }).to_vec(),
        }
    }

    #[test]
    fn both_languages_name_the_areas_and_the_worst_case() {
        let told = Told { electors: 3, added: vec!["bureau 75-1".into()], taken: vec!["hex 9 89x".into()] };
        let [fr, en] = [Language::Fr, Language::En].map(|language| report(&audit(vec![told.clone()]), language));
        assert!(fr.contains("3 électeurs: (bureau 75-1) − (hex 9 89x)") && fr.contains("à corriger"));
        assert!(en.contains("3 electors: (bureau 75-1) − (hex 9 89x)") && en.contains("to be mended"));
        assert!(en.contains("at worst eps = 4 for them"));
        assert!(!en.contains("Across the border"), "{en}");
        let across = Audit { straddling: 2, ..audit(vec![]) };
        let [fr, en] = [Language::Fr, Language::En].map(|language| report(&across, language));
        assert!(fr.contains("limite d’un regroupement : 2 parcelle(s)") && fr.contains("chiffre commun"), "{fr}");
        assert!(en.contains("border of a grouping: 2 piece(s)") && en.contains("that joint figure only"), "{en}");
        assert!(en.contains("4 electors: bureau 75-2 ∩ hex 9 89y by all of these together"), "{en}");
        let nothing = Audit { together: Some(vec![]), ..audit(vec![]) };
        assert!(report(&nothing, Language::En).contains("Conclusion: nothing found."));
        let partly = report(&Audit { together: None, ..nothing }, Language::En);
        assert!(
            partly.contains("nothing found, but not all was examined") && partly.contains("Not examined"),
            "{partly}"
        );
    }
}
