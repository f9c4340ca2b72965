//! `[comparable]` of `campaign.toml`, checked against the elections there are.

use crate::config::CAMPAIGN_FILE;
use crate::error::{CampaignError, Result};
use crate::folder::Campaign;
use quartier_model::{Comparable, Election, ElectionId, ReadingId};

/// The elections that base and reserve are counted over, as the campaign names them.
///
/// # Errors
/// When an election is not imported or stands twice, a base has only one, or a reading does not say which of its lists
/// are favourable where our votes are counted.
pub(crate) fn checked(campaign: &Campaign, elections: &[Election], reading: &ReadingId) -> Result<Comparable> {
    let named = &campaign.file().comparable;
    let check = Check { campaign, elections, reading };
    if let [only] = named.base.as_slice() {
        return Err(check.refused("base", &format!("found `{only}` alone, expected two elections or more")));
    }
    for (at, id) in named.base.iter().enumerate() {
        if named.base[..at].contains(id) {
            return Err(check.refused("base", &format!("`{id}` stands twice")));
        }
        check.known("base", id)?;
        check.favourable("base", id)?;
    }
    if let Some(pair) = &named.reserve {
        if pair.high == pair.low {
            return Err(check.refused("reserve", &format!("`{}` is both high and low", pair.high)));
        }
        check.known("reserve.high", &pair.high)?;
        check.favourable("reserve.high", &pair.high)?;
        // Of the low one only who voted is counted, not for whom.
        check.known("reserve.low", &pair.low)?;
    }
    Ok(named.clone())
}

struct Check<'a> {
    campaign: &'a Campaign,
    elections: &'a [Election],
    reading: &'a ReadingId,
}

impl Check<'_> {
    fn refused(&self, key: &str, why: &str) -> CampaignError {
        CampaignError::Invalid(format!("{CAMPAIGN_FILE}: [comparable] {key}: {why}"))
    }

    fn known(&self, key: &str, id: &ElectionId) -> Result<()> {
        if self.elections.iter().any(|election| election.id == *id) {
            return Ok(());
        }
        let known: Vec<&str> = self.elections.iter().map(|election| election.id.as_str()).collect();
        let there = if known.is_empty() { "no results at all".to_owned() } else { known.join(", ") };
        let why =
            format!("no results of `{id}` are imported; there are {there}: `quartier import results` brings more");
        Err(self.refused(key, &why))
    }

    fn favourable(&self, key: &str, id: &ElectionId) -> Result<()> {
        let readings = &self.campaign.file().readings;
        let blocs = readings.get(self.reading).and_then(|reading| reading.blocs.get(id.as_str()));
        if blocs.is_some_and(|blocs| !blocs.favourable.is_empty()) {
            return Ok(());
        }
        let why = format!(
            "reading `{}` does not say which lists of `{id}` are favourable: `quartier blocs {id} --favourable ...`",
            self.reading
        );
        Err(self.refused(key, &why))
    }
}
