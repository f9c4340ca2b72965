//! From the arguments of `import tallies`, `import scores` and `import grouping` to what is asked of the campaign.

use crate::args::{AnswersArgs, ImportGroupingArgs};
use anyhow::{Context, Result, bail};
use quartier_campaign::{
    AnswersRequest, Content, CountColumns, GroupingRequest, GroupingSource, ImportFacts, MappingChoice, MappingFile,
    MembersRequest, Spot, TallyKind,
};
use quartier_ingest::areas::AreasRequest;
use quartier_ingest::table::Filter;

/// A grouping by its members, or by its polygons.
pub fn grouping(args: ImportGroupingArgs) -> Result<GroupingRequest> {
    let id: quartier_model::LevelId = args.grouping.parse()?;
    let name = args.name.as_deref().map(str::parse).transpose()?;
    let filter = Filter::parse(&args.filters)?;
    let areas = match (args.key, args.group, args.code) {
        (Some(key), Some(group), None) => GroupingSource::Members {
            path: args.file,
            level: args.level.as_deref().map(str::parse).transpose()?,
            request: Box::new(MembersRequest { key: key.parse()?, group: group.parse()?, name, filter }),
            strict: args.strict,
        },
        (_, _, Some(code)) => {
            let name = name.context("--name: expected a template beside --code")?;
            let request = AreasRequest::new(args.file, id.clone(), code.parse()?, name);
            GroupingSource::Polygons {
                request: Box::new(AreasRequest { filter, crs: args.crs, ..request }),
                tolerance: args.tolerance,
            }
        }
        _ => bail!("expected `--key` and `--group` for a table of members, or `--code` and `--name` for polygons"),
    };
    let label = args.label.as_deref().map(|text| in_two_languages("--label", text)).transpose()?;
    Ok(GroupingRequest { id, label, areas })
}

/// A text in French and in English.
pub fn in_two_languages(flag: &str, text: &str) -> Result<[String; 2]> {
    let (fr, en) = text.split_once('|').with_context(|| format!("{flag}: expected 'FR|EN'"))?;
    Ok([fr.trim().to_owned(), en.trim().to_owned()])
}

/// Counts by area, or answers with a row each.
pub fn tallies(args: AnswersArgs, asked: Option<String>) -> Result<AnswersRequest> {
    let content = match answers(&args) {
        Some(content) => content,
        None => Content::Counts(CountColumns { groups: columns(&args)?, asked }),
    };
    request(args, TallyKind::Tallies, content)
}

/// Probabilities, or answers, of persons.
pub fn scores(args: AnswersArgs, percent: bool) -> Result<AnswersRequest> {
    let content = match answers(&args) {
        Some(content) => content,
        None => Content::Shares { columns: columns(&args)?, percent },
    };
    request(args, TallyKind::Scores, content)
}

/// What is told of a column of answers, where there is one.
fn answers(args: &AnswersArgs) -> Option<Content> {
    let mapping = match (&args.mapping, &args.answers) {
        (None, None) => return None,
        (Some(name), _) => MappingChoice::Named(name.clone()),
        (None, Some(_)) => MappingChoice::Given(MappingFile {
            favourable: args.favourable.clone(),
            undecided: args.undecided.clone(),
            opposed: args.opposed.clone(),
            abstainers: args.abstainers.clone(),
            left_out: args.left_out.clone(),
            ..MappingFile::default()
        }),
    };
    Some(Content::Answers { column: args.answers.clone(), mapping })
}

/// One column a group, in the order of the groups.
fn columns(args: &AnswersArgs) -> Result<[Option<String>; 4]> {
    let named = [
        ("--abstainers", &args.abstainers),
        ("--undecided", &args.undecided),
        ("--favourable", &args.favourable),
        ("--opposed", &args.opposed),
    ];
    let mut columns = [const { None }; 4];
    for (column, (flag, given)) in columns.iter_mut().zip(named) {
        *column = match given.as_slice() {
            [] => None,
            [one] => Some(one.clone()),
            _ => bail!("{flag} names one column; several are answers, which need `--answers COL`"),
        };
    }
    Ok(columns)
}

fn request(args: AnswersArgs, kind: TallyKind, content: Content) -> Result<AnswersRequest> {
    let spot = match (args.lon.zip(args.lat), args.h3, args.code) {
        (Some((lon, lat)), ..) => Spot::Point(lon, lat),
        (None, Some(column), _) => Spot::Cell(column),
        (None, None, Some(template)) => Spot::Code(template),
        (None, None, None) => {
            bail!(
                "where is each row? `--code TEMPLATE` names its area; a person may be at `--lon COL --lat COL` or in `--h3 COL`"
            )
        }
    };
    Ok(AnswersRequest {
        kind,
        file: args.file,
        batch: args.batch.context("--batch: name this round of answers")?,
        date: args.date,
        level: args.level,
        spot,
        fallback: args.fallback,
        content,
        filters: args.filters,
        strict: args.strict,
        budget: args.eps,
        facts: ImportFacts { replaces: args.common.replaces, credit: None },
    })
}
