//! What a campaign needs, checked, and how to mend what is wrong.

use crate::comparable;
use crate::error::Result;
use crate::folder::{Campaign, parse_date};
use quartier_model::ReadingId;
use quartier_snapshot::Published;
use serde::Serialize;
use time::{Date, OffsetDateTime};

/// One thing that was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was checked: `database`, `areas`, `results`, `reading`, `comparable`, `published`, `candidate`, `end date`.
    pub what: &'static str,
    /// What was found.
    pub found: String,
    /// How to mend it, or what comes next; `None` where nothing is to be done.
    pub mend: Option<String>,
    /// Whether something is broken, and not only still to be done.
    pub broken: bool,
}

impl Finding {
    fn good(what: &'static str, found: impl Into<String>) -> Self {
        Self { what, found: found.into(), mend: None, broken: false }
    }

    fn next(what: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { what, found: found.into(), mend: Some(mend.into()), broken: false }
    }

    fn broken(what: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { broken: true, ..Self::next(what, found, mend) }
    }
}

/// Checks the database, the evidence, the readings, what is published and the end date.
///
/// # Errors
/// When the database stops answering on the way; that it is damaged is a finding.
pub async fn doctor(campaign: &Campaign) -> Result<Vec<Finding>> {
    let mut findings = vec![database(campaign).await];
    if findings[0].broken {
        return Ok(findings);
    }
    findings.push(areas(campaign).await?);
    findings.extend(past(campaign).await?);
    findings.extend(comparable(campaign).await?);
    findings.extend(published(campaign));
    findings.extend(end_date(campaign.file().end_date.as_deref(), OffsetDateTime::now_utc().date()));
    Ok(findings)
}

async fn database(campaign: &Campaign) -> Finding {
    match campaign.store().check().await {
        Ok(found) => Finding::good("database", found),
        Err(error) => Finding::broken(
            "database",
            error.to_string(),
            "bring back the newest backup of it; what is published is still served",
        ),
    }
}

async fn areas(campaign: &Campaign) -> Result<Finding> {
    let (mut counts, mut empty) = (Vec::new(), Vec::new());
    for level in campaign.file().levels.as_slice() {
        let count = campaign.store().area_codes(&level.id).await?.len();
        counts.push(format!("{count} of level {}", level.id));
        if count == 0 {
            empty.push(level.id.as_str());
        }
    }
    let found = counts.join(", ");
    Ok(match empty.first() {
        None => Finding::good("areas", found),
        Some(level) => {
            Finding::next("areas", found, format!("quartier import areas FILE --level {level} --code ... --name ..."))
        }
    })
}

/// The elections, and the readings that say what their lists count for.
async fn past(campaign: &Campaign) -> Result<Vec<Finding>> {
    let elections = campaign.store().elections().await?;
    if elections.is_empty() {
        let mend = "quartier import results FILE --election ID --date DATE --level LEVEL --code ...";
        return Ok(vec![Finding::next("results", "no election", mend)]);
    }
    let named: Vec<&str> = elections.iter().map(|election| election.id.as_str()).collect();
    let mut findings = vec![Finding::good("results", named.join(", "))];
    let readings = campaign.file().readings();
    let unread: Vec<&str> =
        named.iter().filter(|id| !readings.iter().any(|reading| reading.blocs.contains_key(**id))).copied().collect();
    if let Some(first) = unread.first() {
        let mend = format!("quartier blocs {first} --favourable ... --opposed ...");
        findings.push(Finding::next("reading", format!("no reading says who counts in {}", unread.join(", ")), mend));
    }
    for reading in &readings {
        for (election, blocs) in &reading.blocs {
            let Some(known) = elections.iter().find(|known| known.id.as_str() == election.as_str()) else {
                let found = format!("reading `{}` reads `{election}`, which is not imported", reading.id);
                findings.push(Finding::broken("reading", found, "import it, or take it out of campaign.toml"));
                continue;
            };
            if let Err(error) = blocs.resolve(known) {
                let found = format!("reading `{}`, {election}: {error}", reading.id);
                let mend = format!("quartier blocs {election} --reading {} --favourable ... --opposed ...", reading.id);
                findings.push(Finding::broken("reading", found, mend));
            }
        }
    }
    Ok(findings)
}

/// The elections that base and reserve are counted over, where the campaign names some.
async fn comparable(campaign: &Campaign) -> Result<Option<Finding>> {
    if campaign.file().comparable.is_empty() {
        return Ok(None);
    }
    let elections = campaign.store().elections().await?;
    Ok(Some(match comparable::checked(campaign, &elections, &ReadingId::default_reading()) {
        Ok(_) => Finding::good("comparable", "base and reserve name elections that are there and read"),
        Err(error) => Finding::broken("comparable", error.to_string(), "correct [comparable] in campaign.toml"),
    }))
}

fn published(campaign: &Campaign) -> Vec<Finding> {
    let published = match Published::open(&campaign.published()) {
        Ok(published) => published,
        Err(error) => {
            let mend = "let the user who runs quartier read and write that folder";
            return vec![Finding::broken("published", error.to_string(), mend)];
        }
    };
    let mut findings: Vec<Finding> = published
        .damages()
        .iter()
        .map(|damage| {
            let mend = "bring the folder `published` back from a backup, or publish again: quartier estimate, publish";
            Finding::broken("published", format!("{} is damaged: {}", damage.what, damage.why), mend)
        })
        .collect();
    findings.push(match published.current() {
        Some(current) => Finding::good("published", format!("snapshot {} is whole and current", current.number())),
        None => {
            Finding::next("published", "no snapshot", "quartier estimate --baseline ELECTION, then quartier publish")
        }
    });
    if campaign.candidate().is_dir() {
        findings.push(Finding::good("candidate", "the last estimate is there; `quartier publish` makes it a snapshot"));
    }
    findings
}

fn end_date(end: Option<&str>, today: Date) -> Option<Finding> {
    let end = end?;
    Some(match parse_date(end) {
        Err(error) => Finding::broken("end date", error.to_string(), "correct `end_date` in campaign.toml"),
        Ok(day) if day < today => {
            let found = format!("the campaign ended on {end}");
            Finding::next("end date", found, "delete its private data: the folder, its backups and its exports")
        }
        Ok(_) => Finding::good("end date", format!("private data must be deleted after {end}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn an_end_date_that_has_passed_asks_for_deletion() {
        let today = date!(2027 - 05 - 01);
        assert_eq!(end_date(None, today), None);
        assert_eq!(end_date(Some("2027-05-01"), today).expect("a finding").mend, None);
        let passed = end_date(Some("2027-04-30"), today).expect("a finding");
        assert!(passed.mend.expect("what to do").contains("delete") && !passed.broken);
        assert!(end_date(Some("soon"), today).expect("a finding").broken);
    }
}
