//! Areas: codes, references, electors.

use crate::error::ModelError;
use crate::levels::LevelId;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The stable code of an area within its level: 1 to 64 characters, no control character, no space at either end.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AreaCode(String);

impl AreaCode {
    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AreaCode {
    type Err = ModelError;
    fn from_str(text: &str) -> Result<Self, ModelError> {
        let well_formed = !text.is_empty()
            && text.chars().count() <= 64
            && text.trim() == text
            && !text.chars().any(char::is_control);
        if !well_formed {
            return Err(ModelError::Identifier {
                what: "area code",
                found: text.chars().take(80).collect(),
                expected: "1 to 64 characters, no control character, no space at either end",
            });
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for AreaCode {
    type Error = ModelError;
    fn try_from(text: String) -> Result<Self, ModelError> {
        text.parse()
    }
}

impl From<AreaCode> for String {
    fn from(code: AreaCode) -> Self {
        code.0
    }
}

impl fmt::Display for AreaCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `level:code`, as the command line and the API name an area; `all` and `campaign` name the whole campaign.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AreaRef {
    /// The whole campaign: the root of the tree.
    Campaign,
    /// One area.
    Area {
        /// Its level.
        level: LevelId,
        /// Its code in that level.
        code: AreaCode,
    },
}

impl FromStr for AreaRef {
    type Err = ModelError;
    fn from_str(text: &str) -> Result<Self, ModelError> {
        if text == "all" || text == "campaign" {
            return Ok(Self::Campaign);
        }
        let Some((level, code)) = text.split_once(':') else {
            return Err(ModelError::Identifier {
                what: "area",
                found: text.chars().take(80).collect(),
                expected: "`level:code`, for instance `quartier:7511976`, or `all`",
            });
        };
        Ok(Self::Area { level: level.parse()?, code: code.parse()? })
    }
}

impl fmt::Display for AreaRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Campaign => f.write_str("all"),
            Self::Area { level, code } => write!(f, "{level}:{code}"),
        }
    }
}

/// How many registered voters an area has: a number, which may be 0, or unknown (which is not 0).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Electors {
    /// So many.
    Known(u32),
    /// Nobody said.
    Unknown,
}

impl Electors {
    /// The number, if known.
    pub fn known(self) -> Option<u32> {
        match self {
            Self::Known(count) => Some(count),
            Self::Unknown => None,
        }
    }
}

/// Where the number of electors of an area comes from; the figure says which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ElectorsSource {
    /// The area file, by `--electors`.
    AreaFile,
    /// The registered voters of the baseline election.
    Baseline,
    /// The registered voters of the newest election that has a result there.
    NewestElection,
    /// The sum of the areas below.
    Children,
    /// None of these: the number is unknown.
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_is_named_by_level_and_code() {
        let area: AreaRef = "city:75056".parse().expect("an area");
        assert_eq!(area.to_string(), "city:75056");
        assert_eq!("all".parse::<AreaRef>(), Ok(AreaRef::Campaign));
        assert!("75056".parse::<AreaRef>().is_err());
        assert!("city:".parse::<AreaRef>().is_err());
        // A code may itself hold a colon.
        let odd: AreaRef = "city:a:b".parse().expect("an area");
        assert_eq!(odd.to_string(), "city:a:b");
    }

    #[test]
    fn a_code_keeps_its_zeros_and_has_no_stray_space() {
        assert_eq!("01004".parse::<AreaCode>().expect("a code").as_str(), "01004");
        assert!(" 01004".parse::<AreaCode>().is_err());
        assert!("a\u{0}b".parse::<AreaCode>().is_err());
    }
}
