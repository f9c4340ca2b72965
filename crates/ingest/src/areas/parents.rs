//! Whether every area has the parent that it names.

use crate::fault::{Fault, IngestError, Refusal, did_you_mean};
use std::collections::BTreeMap;

/// Most faults for which a near code is looked for: each looks at every known code.
const MOST_SUGGESTIONS: usize = 50;

/// Faults for the areas whose parent is not known, in the order given.
///
/// `areas` gives (row, parent code) of each area, `known` the codes of the parent's level and their names, `column`
/// what messages call the parent. A code that would be known with one more zero before it, or is near a known one, is
/// answered with a question: "did you mean `01001` (L'Abergement-Clémenciat)?"
pub fn check_parents<'a>(
    areas: impl IntoIterator<Item = (u64, &'a str)>,
    known: &BTreeMap<String, String>,
    column: &str,
) -> Vec<Fault> {
    let mut suggested = 0;
    let mut faults = Vec::new();
    for (row, parent) in areas {
        if known.contains_key(parent) {
            continue;
        }
        let fault = Fault::at(row).column(column).text(parent).expected("the code of an area that is there");
        let meant = with_zeros(parent, known).or_else(|| {
            suggested += 1;
            if suggested > MOST_SUGGESTIONS { None } else { did_you_mean(parent, known.keys().map(String::as_str)) }
        });
        faults.push(match meant {
            Some(code) => fault.meant(format!("`{code}` ({})", known.get(code).map_or("", String::as_str))),
            None => fault,
        });
    }
    faults
}

/// The known code that is this one with zeros before it.
fn with_zeros<'k>(code: &str, known: &'k BTreeMap<String, String>) -> Option<&'k str> {
    let mut padded = code.to_owned();
    while !code.is_empty() && padded.len() - code.len() < 3 {
        padded.insert(0, '0');
        if let Some((code, _)) = known.get_key_value(&padded) {
            return Some(code);
        }
    }
    None
}

/// The refusal for those faults: "13 parents are not in level `commune`; nothing imported".
pub fn parents_refused(file: &str, level: &str, faults: Vec<Fault>, known: &BTreeMap<String, String>) -> IngestError {
    let lost = faults.iter().filter(|fault| match &fault.found {
        Some(crate::Found::Text(code)) => with_zeros(code, known).is_some(),
        Some(crate::Found::Value(_)) | None => false,
    });
    let lost = lost.count();
    let count = crate::grouped(faults.len() as u64);
    let summary = match faults.len() {
        1 => format!("1 parent is not in level `{level}`; nothing imported"),
        _ => format!("{count} parents are not in level `{level}`; nothing imported"),
    };
    let mut refusal = Refusal::new(file, summary).help(if lost > 0 {
        "leading zeros were lost: export the column as text, or pad it: `{column:0>5}`"
    } else {
        "import the coarser level first, or correct `--parent`"
    });
    if lost > 1 && lost == faults.len() {
        refusal.rest = Some(format!("{} more have lost a leading zero", crate::grouped(lost as u64 - 1)).into());
        refusal.shown = 1;
    }
    refusal.faults = faults;
    IngestError::Codes(refusal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn communes() -> BTreeMap<String, String> {
        [("01001", "L'Abergement-Clémenciat"), ("75056", "Paris")].map(|(c, n)| (c.to_owned(), n.to_owned())).into()
    }

    #[test]
    fn a_parent_that_lost_its_zero_is_recognised() {
        let faults = check_parents([(90, "75056"), (91, "1001")], &communes(), "parent");
        assert_eq!(faults.len(), 1);
        let shown = faults[0].to_string();
        assert!(shown.starts_with("row 91, `parent`: found `1001`"), "{shown}");
        assert!(shown.ends_with("did you mean `01001` (L'Abergement-Clémenciat)?"), "{shown}");
        let error = parents_refused("b.geojson", "commune", faults, &communes()).to_string();
        assert!(error.contains("1 parent is not in level `commune`"), "{error}");
        assert!(error.contains("leading zeros were lost"), "{error}");
    }

    #[test]
    fn a_parent_that_is_far_from_all_gets_no_guess() {
        let faults = check_parents([(2, "ZZ999"), (3, "")], &communes(), "parent");
        assert_eq!(faults.len(), 2);
        assert!(faults.iter().all(|fault| fault.suggestion.is_none()));
    }
}
