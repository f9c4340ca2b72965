//! Levels: region, city, neighbourhood... as the campaign defines them, coarse to fine.

use crate::error::{ModelError, check_identifier};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Names that no level may take, because the interfaces give them a meaning of their own.
pub const RESERVED_LEVELS: [&str; 6] = ["campaign", "elsewhere", "hex", "geometry", "all", "current"];

/// Whether a level or grouping id is one of [`RESERVED_LEVELS`].
pub fn is_reserved(id: &str) -> bool {
    RESERVED_LEVELS.contains(&id)
}

/// The id of a level: 1 to 48 ASCII letters, digits, `_`, `-`, `.`; never a reserved one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LevelId(String);

impl LevelId {
    /// The reserved id of the hexagons, which every geography with pieces has beside its levels.
    pub fn hex() -> Self {
        Self("hex".to_owned())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for LevelId {
    type Err = ModelError;
    fn from_str(text: &str) -> Result<Self, ModelError> {
        check_identifier("level", text)?;
        if is_reserved(text) {
            return Err(ModelError::Identifier {
                what: "level",
                found: text.to_owned(),
                expected: "a name other than campaign, elsewhere, hex, geometry, all, current",
            });
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for LevelId {
    type Error = ModelError;
    fn try_from(text: String) -> Result<Self, ModelError> {
        text.parse()
    }
}

impl From<LevelId> for String {
    fn from(id: LevelId) -> Self {
        id.0
    }
}

impl fmt::Display for LevelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One level of the tree with its names for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level {
    /// The id, used in addresses, files and the command line.
    pub id: LevelId,
    /// The name in French, plural ("communes").
    pub label_fr: String,
    /// The name in English, plural.
    pub label_en: String,
}

impl Level {
    /// The hexagons: cells of several resolutions, beside the tree.
    pub fn hex() -> Self {
        Self { id: LevelId::hex(), label_fr: "Hexagones".to_owned(), label_en: "Hexagons".to_owned() }
    }
}

/// The levels of a campaign, coarse to fine: at least one, each id once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Level>", into = "Vec<Level>")]
pub struct Levels(Vec<Level>);

impl Levels {
    /// Levels from coarse to fine.
    ///
    /// # Errors
    /// When there are none, more than 12, or an id stands twice.
    pub fn new(levels: Vec<Level>) -> Result<Self, ModelError> {
        if levels.is_empty() || levels.len() > 12 {
            return Err(ModelError::Range {
                what: "the number of levels",
                found: levels.len().to_string(),
                expected: "1 to 12, coarse to fine",
            });
        }
        for (at, level) in levels.iter().enumerate() {
            if levels[..at].iter().any(|other| other.id == level.id) {
                return Err(ModelError::Identifier {
                    what: "level",
                    found: level.id.to_string(),
                    expected: "each level once",
                });
            }
        }
        Ok(Self(levels))
    }

    /// The levels, coarse to fine.
    pub fn as_slice(&self) -> &[Level] {
        &self.0
    }

    /// The levels, coarse to fine.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Level> {
        self.0.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Never true: a campaign has at least one level.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The position of a level, 0 the coarsest.
    ///
    /// # Errors
    /// When the campaign has no such level; the error names those it has.
    pub fn position(&self, id: &str) -> Result<usize, ModelError> {
        self.0.iter().position(|level| level.id.as_str() == id).ok_or_else(|| ModelError::Unknown {
            what: "level",
            found: id.to_owned(),
            known: self.0.iter().map(|level| level.id.as_str()).collect::<Vec<_>>().join(", "),
        })
    }
}

impl TryFrom<Vec<Level>> for Levels {
    type Error = ModelError;
    fn try_from(levels: Vec<Level>) -> Result<Self, ModelError> {
        Self::new(levels)
    }
}

impl From<Levels> for Vec<Level> {
    fn from(levels: Levels) -> Self {
        levels.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(id: &str) -> Level {
        Level { id: id.parse().expect("a valid id"), label_fr: id.into(), label_en: id.into() }
    }

    #[test]
    fn a_reserved_name_is_refused_as_a_level() {
        for id in RESERVED_LEVELS {
            assert!(id.parse::<LevelId>().is_err(), "{id}");
        }
        assert!("bureau".parse::<LevelId>().is_ok());
        assert!("".parse::<LevelId>().is_err());
        assert!("é".parse::<LevelId>().is_err());
    }

    #[test]
    fn a_level_stands_once() {
        assert!(Levels::new(vec![level("city"), level("city")]).is_err());
        assert!(Levels::new(vec![]).is_err());
        let levels = Levels::new(vec![level("city"), level("bureau")]).expect("two levels");
        assert_eq!(levels.position("bureau"), Ok(1));
        assert!(levels.position("iris").is_err());
    }
}
