//! Which answer stands for which group.

use quartier_model::{Group, fold};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// What becomes of an answer that the mapping does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Others {
    /// The file is refused.
    #[default]
    Refuse,
    /// The row is left out, and counted as such.
    LeaveOut,
}

/// A mapping as a person writes it: the answers of each group.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MappingFile {
    /// The column of the answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// Answers of who will not vote.
    pub abstainers: Vec<String>,
    /// Answers of who has not decided.
    pub undecided: Vec<String>,
    /// Answers for us.
    pub favourable: Vec<String>,
    /// Answers against us.
    pub opposed: Vec<String>,
    /// Answers that say nothing: refused, moved, not at home.
    pub left_out: Vec<String>,
    /// What becomes of all others.
    pub others: Others,
}

/// A mapping, checked: each answer once, compared without case and accents.
#[derive(Debug, Clone)]
pub struct Mapping {
    groups: HashMap<String, Option<Group>>,
    others: Others,
}

impl Mapping {
    /// Checks a mapping.
    ///
    /// # Errors
    /// Says what is wrong with it: an answer in two groups, or no group at all.
    pub fn new(file: &MappingFile) -> Result<Self, String> {
        let mut groups = HashMap::new();
        let named = [&file.abstainers, &file.undecided, &file.favourable, &file.opposed];
        let sides = Group::ALL.into_iter().map(Some).zip(named).chain([(None, &file.left_out)]);
        for (group, answers) in sides {
            for answer in answers {
                if groups.insert(fold(answer.trim()), group).is_some_and(|before| before != group) {
                    return Err(format!("the mapping has answer `{answer}` in two places; keep one"));
                }
            }
        }
        if groups.values().all(Option::is_none) {
            return Err("the mapping names no answer of any group".into());
        }
        Ok(Self { groups, others: file.others })
    }

    /// The groups that were asked about: those with an answer.
    pub fn asked(&self) -> [bool; 4] {
        Group::ALL.map(|group| self.groups.values().any(|known| *known == Some(group)))
    }

    /// The group of an answer; `Ok(None)` where it is left out.
    ///
    /// # Errors
    /// Where the mapping does not name it and refuses others.
    pub(super) fn group(&self, answer: &str) -> Result<Option<Group>, ()> {
        match (self.groups.get(&fold(answer)), self.others) {
            (Some(group), _) => Ok(*group),
            (None, Others::LeaveOut) => Ok(None),
            (None, Others::Refuse) => Err(()),
        }
    }
}
