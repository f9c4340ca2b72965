//! The candidates of a file: met row by row as their blocks name them, then given one id each.

use super::layout::{Block, By, Layout};
use super::read::count;
use super::{List, ResultRow, Results};
use crate::fault::Fault;
use crate::table::{Row, Table};
use std::collections::{BTreeMap, HashMap, HashSet};

/// One candidate as its block names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
struct Candidate {
    panel: String,
    nuance: String,
    name: String,
    first: String,
}

/// The candidates met so far.
#[derive(Debug, Default)]
pub(super) struct Book {
    met: Vec<Candidate>,
    by_text: HashMap<String, u32>,
    /// By the place of the column.
    by_column: Vec<Option<u32>>,
    other: Option<u32>,
    scratch: String,
}

impl Book {
    fn add(&mut self, candidate: Candidate) -> u32 {
        self.met.push(candidate);
        (self.met.len() - 1) as u32
    }

    /// The list of a column.
    pub(super) fn column(&mut self, at: usize, name: &str) -> u32 {
        if let Some(Some(list)) = self.by_column.get(at) {
            return *list;
        }
        let list = self.add(Candidate { name: name.to_owned(), ..Candidate::default() });
        if self.by_column.len() <= at {
            self.by_column.resize(at + 1, None);
        }
        self.by_column[at] = Some(list);
        list
    }

    /// The list of valid votes for nobody who is named.
    pub(super) fn other(&mut self) -> u32 {
        if let Some(list) = self.other {
            return list;
        }
        let list = self.add(Candidate { nuance: "other".to_owned(), name: "other".to_owned(), ..Candidate::default() });
        self.other = Some(list);
        list
    }

    /// Adds the votes of one block of a row; an empty block is none.
    pub(super) fn block(
        &mut self,
        row: &Row,
        table: &Table,
        block: &Block,
        shift: usize,
        votes: &mut Vec<(u32, u32)>,
        faults: &mut Vec<Fault>,
    ) {
        let cell = |at: Option<usize>| at.map_or("", |at| row.cell(at + shift));
        let name = if cell(block.list).is_empty() { cell(block.name) } else { cell(block.list) };
        if name.is_empty() && cell(block.nuance).is_empty() {
            if !row.cell(block.votes + shift).is_empty() {
                let at = block.votes + shift;
                let fault = Fault::at(row.number).column(table.header.get(at).cloned().unwrap_or_default());
                faults.push(fault.text(row.cell(at)).expected("the name of the candidate of these votes"));
            }
            return;
        }
        let first = if cell(block.list).is_empty() { cell(block.first) } else { "" };
        let mut text = std::mem::take(&mut self.scratch);
        text.clear();
        for part in [cell(block.panel), cell(block.nuance), name, first] {
            text.push_str(part);
            text.push('\u{1f}');
        }
        let list = match self.by_text.get(&text) {
            Some(list) => *list,
            None => {
                let (panel, nuance) = (cell(block.panel).to_owned(), cell(block.nuance).to_owned());
                let list = self.add(Candidate { panel, nuance, name: name.to_owned(), first: first.to_owned() });
                self.by_text.insert(text.clone(), list);
                list
            }
        };
        self.scratch = text;
        if let Some(number) = count(row, table, block.votes + shift, "votes", faults) {
            votes.push((list, number));
        }
    }

    /// Turns the candidates met into lists with one id each, and the votes with them.
    pub(super) fn name_lists(self, results: &mut Results, layout: &Layout) {
        let by_nuance = match layout {
            Layout::FrMinistere(By::Nuance) => true,
            Layout::FrMinistere(By::Auto) => {
                let differ = results.rows.windows(2).any(|pair| {
                    let lists =
                        |row: &ResultRow| results.votes_of(row).iter().map(|(list, _)| *list).collect::<HashSet<_>>();
                    lists(&pair[0]) != lists(&pair[1])
                });
                differ && self.met.iter().all(|candidate| !candidate.nuance.is_empty())
            }
            _ => false,
        };
        let mut names: BTreeMap<&str, HashSet<(&str, &str)>> = BTreeMap::new();
        for candidate in &self.met {
            names.entry(&candidate.name).or_default().insert((&candidate.panel, &candidate.first));
        }
        let mut ids: HashMap<String, u32> = HashMap::new();
        let to: Vec<u32> = self
            .met
            .iter()
            .map(|candidate| {
                let alone = names.get(candidate.name.as_str()).is_none_or(|same| same.len() == 1);
                let full = format!("{} {}", candidate.name, candidate.first);
                let (id, label) = if by_nuance {
                    (candidate.nuance.clone(), candidate.nuance.clone())
                } else if alone {
                    (candidate.name.clone(), full.trim().to_owned())
                } else {
                    (format!("{} {}", candidate.panel, full.trim()), full.trim().to_owned())
                };
                *ids.entry(id.clone()).or_insert_with(|| {
                    results.lists.push(List { id, label });
                    (results.lists.len() - 1) as u32
                })
            })
            .collect();
        for (list, _) in &mut results.votes {
            *list = to[*list as usize];
        }
        if by_nuance {
            results.said.push("candidates gathered by nuance: their names differ from row to row".to_owned());
        }
    }
}
