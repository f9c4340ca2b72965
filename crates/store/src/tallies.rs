//! Counts of answers as columns, and the room that a lineage has.

use crate::error::{Result, StoreError};
use crate::queries::damaged;
use crate::records::{ImportKind, NewTallies, TallyKind};
use quartier_model::{AnswerCounts, NoiseLaw};

/// How many imports of one lineage draw noise for the same answers. Each spends its own budget on them, so that their
/// sum stays within three times that of one.
pub const LINEAGE_LIMIT: i64 = 3;

pub(crate) fn kind_of(kind: TallyKind) -> ImportKind {
    match kind {
        TallyKind::Tallies => ImportKind::Tallies,
        TallyKind::Scores => ImportKind::Scores,
    }
}

pub(crate) fn tally_kind(text: &str) -> Result<TallyKind> {
    TallyKind::of(text).map_or_else(|| damaged("a kind of tally", text), Ok)
}

pub(crate) fn eps_of(law: NoiseLaw) -> Option<f64> {
    match law {
        NoiseLaw::Exact => None,
        NoiseLaw::DiscreteLaplace { eps } => Some(eps),
    }
}

/// The budget that a batch spends on each answer: that of all its counts.
pub(crate) fn budget(tallies: &NewTallies) -> Result<Option<f64>> {
    let mut laws = tallies.counts.iter().map(|(_, counts)| counts.law());
    let first = laws.next();
    if laws.any(|law| Some(law) != first) {
        return Err(StoreError::Conflict(format!("the counts of batch `{}` have several noise laws", tallies.batch)));
    }
    Ok(first.and_then(eps_of))
}

/// Whether a lineage with `spent` imports has room for another.
pub(crate) fn room(batch: &str, lineage: i64, spent: i64) -> Result<()> {
    if spent < LINEAGE_LIMIT {
        return Ok(());
    }
    Err(StoreError::Conflict(format!(
        "batch `{batch}`: its answers were counted {spent} times already (imports of lineage {lineage}), each time with \
         new noise, and a fourth time would tell too much about them; the newest import of the lineage stays as it is"
    )))
}

/// Counts out of columns.
pub(crate) fn answers(asked: i64, groups: [Option<i64>; 4], eps: Option<f64>) -> Result<AnswerCounts> {
    let asked = u32::try_from(asked).or_else(|_| damaged("a number of people asked", asked))?;
    let mut counts = [None; 4];
    for (count, group) in counts.iter_mut().zip(groups) {
        *count =
            group.map(|found| i32::try_from(found).or_else(|_| damaged("a count of answers", found))).transpose()?;
    }
    let law = eps.map_or(NoiseLaw::Exact, |eps| NoiseLaw::DiscreteLaplace { eps });
    AnswerCounts::new(asked, counts, law).or_else(|error| damaged("a row of answers", error))
}
