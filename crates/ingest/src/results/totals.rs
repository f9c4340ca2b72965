//! The totals of a row: what the file gives, and what follows from it.

use super::layout::Columns;

/// The totals of one row; `None` is not in the file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub registered: Option<u32>,
    pub voters: Option<u32>,
    pub abstentions: Option<u32>,
    pub valid: Option<u32>,
    pub blank: Option<u32>,
    pub null: Option<u32>,
}

/// The totals that every row has in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Whole {
    pub voters: u32,
    pub valid: u32,
    pub blank: Option<u32>,
    pub null: Option<u32>,
}

impl Totals {
    /// Computes what is missing:
    ///
    /// - voters = registered - abstentions, else valid + blank + null;
    /// - valid = voters - blank - null where all three are known, else `candidates`, the sum of the candidates;
    /// - blank or null, where one of them is missing and voters are known: the rest of the voters.
    ///
    /// What would be below zero is not computed that way: the law of counts then finds the row wrong.
    pub(super) fn complete(self, candidates: u32) -> Whole {
        let voters = self.voters.or_else(|| self.registered?.checked_sub(self.abstentions?));
        let less = |from: Option<u32>, a: Option<u32>, b: Option<u32>| from?.checked_sub(a?)?.checked_sub(b?);
        let valid = self.valid.or_else(|| less(voters, self.blank, self.null)).unwrap_or(candidates);
        let rest = |other: Option<u32>| less(voters, Some(valid), other);
        let (blank, null) = (self.blank.or_else(|| rest(self.null)), self.null.or_else(|| rest(self.blank)));
        let cast = || valid.saturating_add(self.blank.unwrap_or(0)).saturating_add(self.null.unwrap_or(0));
        Whole { voters: voters.unwrap_or_else(cast), valid, blank, null }
    }
}

/// What [`Totals::complete`] computes for a file with these columns, in sentences.
pub(super) fn said(columns: &Columns) -> Vec<String> {
    let mut said = Vec::new();
    let counted = columns.voters.is_some() || columns.abstentions.is_some();
    if columns.voters.is_none() && columns.abstentions.is_some() {
        said.push("voters computed: registered - abstentions".to_owned());
    } else if columns.voters.is_none() {
        let parts = [(Some(0), "valid"), (columns.blank, "blank"), (columns.null, "null")];
        let parts: Vec<&str> = parts.into_iter().filter_map(|(at, name)| at.map(|_| name)).collect();
        said.push(format!("voters computed: {}", parts.join(" + ")));
    }
    if columns.valid.is_none() {
        said.push(if counted && columns.blank.is_some() && columns.null.is_some() {
            "valid computed: voters - blank - null".to_owned()
        } else {
            "valid computed: the sum of the candidates".to_owned()
        });
    }
    match (columns.blank, columns.null) {
        (Some(_), None) if counted => said.push("null computed: voters - valid - blank".to_owned()),
        (None, Some(_)) if counted => said.push("blank computed: voters - valid - null".to_owned()),
        _ => {}
    }
    if columns.registered.is_none() {
        said.push("no registered electors: shares are of voters".to_owned());
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_computed_from_what_is_there() {
        let all = Totals {
            registered: Some(100),
            voters: Some(60),
            abstentions: None,
            valid: Some(50),
            blank: Some(7),
            null: Some(3),
        };
        let whole = Whole { voters: 60, valid: 50, blank: Some(7), null: Some(3) };
        let from_abstentions = Totals { voters: None, abstentions: Some(40), ..all };
        for given in [
            all,
            from_abstentions,
            Totals { valid: None, ..all },
            Totals { blank: None, ..all },
            Totals { null: None, ..all },
            Totals { voters: None, ..all },
            Totals { valid: None, ..from_abstentions },
            Totals { null: None, ..from_abstentions },
        ] {
            assert_eq!(given.complete(50), whole, "{given:?}");
        }
        let only_candidates = Totals { blank: Some(7), ..Totals::default() };
        // Nothing says how many ballots were null: none is invented.
        assert_eq!(only_candidates.complete(50), Whole { voters: 57, valid: 50, blank: Some(7), null: None });
        let impossible = Totals { valid: None, blank: Some(70), ..all };
        assert_eq!(impossible.complete(50).valid, 50);
    }
}
