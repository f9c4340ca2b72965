//! What a value that breaks a law is told.

/// A value that cannot be one of Quartier's words. Each variant says what was found and what was expected.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ModelError {
    /// An identifier (of a level, election, list or reading) with a wrong form.
    #[error("{what} `{found}` is not valid: {expected}")]
    Identifier {
        /// What the identifier names: "level", "election"...
        what: &'static str,
        /// The text as given.
        found: String,
        /// The form that was expected.
        expected: &'static str,
    },
    /// A number outside its range.
    #[error("{what} is {found}, expected {expected}")]
    Range {
        /// The quantity.
        what: &'static str,
        /// The value as given.
        found: String,
        /// The range that was expected.
        expected: &'static str,
    },
    /// Lists of atoms that are no partition.
    #[error("atoms of area {area}: expected {expected}")]
    Atoms {
        /// Row of the area.
        area: usize,
        /// What a partition has.
        expected: &'static str,
    },
    /// A name that is not in the list it should come from.
    #[error("no {what} is called `{found}`; there are {known}")]
    Unknown {
        /// What was looked for.
        what: &'static str,
        /// The name as given.
        found: String,
        /// The names that exist, comma separated.
        known: String,
    },
}

/// Checks the form of an identifier: 1 to 48 of `a-z A-Z 0-9 _ - .`, first a letter or digit.
pub(crate) fn check_identifier(what: &'static str, text: &str) -> Result<(), ModelError> {
    let well_formed = !text.is_empty()
        && text.len() <= 48
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
        && text.starts_with(|c: char| c.is_ascii_alphanumeric());
    if well_formed {
        return Ok(());
    }
    Err(ModelError::Identifier {
        what,
        found: text.chars().take(60).collect(),
        expected: "1 to 48 letters without accent, digits, `_`, `-` or `.`, the first a letter or digit",
    })
}
