//! Members of a grouping: a table that says, of areas of the campaign, in which constituency or canton they are.
//!
//! Many rows may name one area (a results file has a row a station, and a commune many of them), as long as they agree.

use crate::fault::{Fault, IngestError, Refusal};
use crate::table::{Filter, Row, Shape, Table};
use crate::template::{BoundTemplate, Template, missing_columns};
use std::collections::HashMap;

/// How a table of members is to be read.
#[derive(Debug, Clone)]
pub struct MembersRequest {
    /// The code of a member: an area of the campaign.
    pub key: Template,
    /// The code of the area of the grouping that has it.
    pub group: Template,
    /// The name of that area; its code where there is none.
    pub name: Option<Template>,
    /// Which rows are kept.
    pub filter: Filter,
}

/// A member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The first row that names it, as a spreadsheet numbers it.
    pub row: u64,
    /// Its code.
    pub key: String,
    /// The code of the area that has it.
    pub group: String,
}

/// A table of members, read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Members {
    /// The members, each key once, in the order of the file.
    pub members: Vec<Member>,
    /// Codes and names of the areas of the grouping, in the order of the file.
    pub groups: Vec<(String, String)>,
    /// Rows read.
    pub read: u64,
    /// Rows left out by `--where`.
    pub filtered: u64,
    /// Rows that name no area of the grouping: row and key.
    pub without_group: Vec<(u64, String)>,
}

/// A template of a table, and the columns that it needs.
struct Bound {
    template: BoundTemplate,
    columns: Vec<usize>,
}

impl Bound {
    fn of(template: &Template, table: &Table) -> Result<Self, IngestError> {
        let columns = template.columns().filter_map(|name| table.position(name)).collect();
        Ok(Self { template: template.bind(&table.file, &table.header)?, columns })
    }

    /// The text of a row; `None` where one of the columns is empty.
    fn render(&self, row: &Row) -> Option<String> {
        if self.columns.iter().any(|at| row.cell(*at).is_empty()) {
            return None;
        }
        let mut text = String::new();
        self.template.render_into(&mut text, |at| row.cell(at));
        Some(text)
    }
}

/// Reads a table of members, wholly or not at all.
///
/// # Errors
/// [`IngestError::Columns`] where a column is not there; [`IngestError::Rows`] with every member that two rows put into
/// two areas, every area with two names and every row without a key; [`IngestError::File`] where no row is kept.
pub fn read(table: &Table, request: &MembersRequest) -> Result<Members, IngestError> {
    let known: Vec<&str> = table.header.iter().map(String::as_str).collect();
    if let Some(column) = request.filter.columns().find(|column| table.position(column).is_none()) {
        return Err(missing_columns(&table.file, "`--where`", &[column], &known));
    }
    let (key, group) = (Bound::of(&request.key, table)?, Bound::of(&request.group, table)?);
    let name = request.name.as_ref().map(|name| Bound::of(name, table)).transpose()?;
    let mut found = Members::default();
    let mut faults = Vec::new();
    // Per key and per group, the row that named it first and what it said.
    let mut members: HashMap<String, (u64, String)> = HashMap::new();
    let mut names: HashMap<String, (u64, String)> = HashMap::new();
    let read = table.for_each(Shape::Rectangular, &mut faults, |row, faults| {
        if !request.filter.keeps(|name| table.position(name).map(|at| row.cell(at))) {
            found.filtered += 1;
            return;
        }
        let Some(key) = key.render(row) else {
            faults.push(Fault::at(row.number).column("--key").text("").expected("the code of an area"));
            return;
        };
        let Some(group) = group.render(row) else {
            found.without_group.push((row.number, key));
            return;
        };
        let name = name.as_ref().and_then(|name| name.render(row)).unwrap_or_else(|| group.clone());
        match first(&mut names, &group, row.number, &name) {
            First::Same => {}
            First::New => found.groups.push((group.clone(), name)),
            First::Other(earlier, other) => faults.push(two(row.number, "--name", &name, &group, earlier, &other)),
        }
        match first(&mut members, &key, row.number, &group) {
            First::Same => {}
            First::New => found.members.push(Member { row: row.number, key, group }),
            First::Other(earlier, other) => faults.push(two(row.number, "--group", &group, &key, earlier, &other)),
        }
    });
    found.read = read;
    if !faults.is_empty() {
        return Err(IngestError::Rows(Refusal::rows(&table.file, faults, read)));
    }
    if found.members.is_empty() {
        let (summary, help) = ("no row says which area is in which; nothing imported", "check `--where` and `--group`");
        return Err(IngestError::file(&table.file, summary, help));
    }
    let named: std::collections::HashSet<&str> = found.members.iter().map(|member| member.key.as_str()).collect();
    found.without_group.retain(|(_, key)| !named.contains(key.as_str()));
    Ok(found)
}

/// What a row says of something that an earlier one may have named.
enum First {
    New,
    Same,
    Other(u64, String),
}

fn first(known: &mut HashMap<String, (u64, String)>, of: &str, row: u64, says: &str) -> First {
    match known.get(of) {
        None => {
            known.insert(of.to_owned(), (row, says.to_owned()));
            First::New
        }
        Some((_, other)) if other == says => First::Same,
        Some((earlier, other)) => First::Other(*earlier, other.clone()),
    }
}

/// One thing that two rows say differently.
fn two(row: u64, column: &str, found: &str, of: &str, earlier: u64, other: &str) -> Fault {
    let expected = format!("`{other}`, which row {} says of `{of}`", crate::grouped(earlier));
    Fault::at(row).column(column).text(found).expected(expected)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Source;

    fn table(text: &str) -> Table {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("stations.csv");
        std::fs::write(&path, text).expect("a file");
        Table::read(Source::open(&path).expect("a source")).expect("a table")
    }

    fn request() -> MembersRequest {
        MembersRequest {
            key: "{commune:0>5}".parse().expect("a template"),
            group: "01{circo:0>2}".parse().expect("a template"),
            name: Some("{label}".parse().expect("a template")),
            filter: Filter::parse(&["dep=01"]).expect("a filter"),
        }
    }

    #[test]
    fn rows_that_agree_are_one_member_and_those_without_a_group_are_told() {
        let text = "dep,commune,circo,label\n01,1001,4,Fourth\n01,1001,4,Fourth\n01,1002,5,\n01,1003,,\n02,1001,9,No\n";
        let found = read(&table(text), &request()).expect("members");
        let member = |row, key: &str, group: &str| Member { row, key: key.into(), group: group.into() };
        assert_eq!(found.members, [member(2, "01001", "0104"), member(4, "01002", "0105")]);
        assert_eq!(found.groups, [("0104".into(), "Fourth".into()), ("0105".into(), "0105".into())]);
        assert_eq!((found.read, found.filtered, found.without_group), (5, 1, vec![(5, "01003".into())]));
    }

    #[test]
    fn an_area_in_two_groups_is_refused_with_both_rows() {
        let text = "dep,commune,circo,label\n01,1,4,A\n01,1,5,B\n01,2,4,C\n01,,4,A\n";
        let refused = read(&table(text), &request()).expect_err("faults").to_string();
        for part in [
            "row 3, `--group`: found `0105`, expected `0104`, which row 2 says of `00001`",
            "row 4, `--name`: found `C`, expected `A`, which row 2 says of `0104`",
            "row 5, `--key`: found nothing, expected the code of an area",
        ] {
            assert!(refused.contains(part), "{part}: {refused}");
        }
        let none = read(&table("dep,commune,circo,label\n02,1,4,A\n"), &request()).expect_err("none").to_string();
        assert!(none.contains("no row says"), "{none}");
        let missing = read(&table("dep,commune,label\n01,1,A\n"), &request()).expect_err("a column").to_string();
        assert!(missing.contains("circo"), "{missing}");
    }
}
