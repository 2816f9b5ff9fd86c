//! The power to change records: one PATCH, with the zone's serial read before and after it.
//!
//! The last write wins there, silently. A serial that has moved by more than our own write tells that somebody else
//! wrote too; what they wrote, only a fresh read knows.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::Method;

use super::wire::{self, WireZone};
use super::{PowerDns, patch, sets};
use crate::kinds::dns_record::DnsRecord;
use crate::net::http::{Call, Unanswered};
use crate::providers::dns::{WriteError, WriteRecords, Written, ZoneRead};
use crate::wire::dns::{RecordSet, SetChange, ZoneAt};
use crate::wire::{ErrorKind, ProviderError};

/// For the PATCH itself, and for putting DNSSEC in order after it.
const TIME_OUT: Duration = Duration::from_secs(30);
/// Two heads and two writes, each as long as it may last, and a little.
const PATIENCE: Duration = Duration::from_secs(15 + 30 + 30 + 15 + 5);

#[async_trait]
impl WriteRecords for PowerDns {
    async fn read(&self, zone: &ZoneAt, names: Option<&BTreeSet<String>>) -> Result<ZoneRead, ProviderError> {
        sets::read(&self.client, zone, names).await
    }

    async fn write(&self, zone: &ZoneAt, changes: &[SetChange]) -> Result<Written, WriteError> {
        let call = self.client.call("PATCH /zones/{id}");
        let body = patch::body(changes).map_err(|words| unsent(call.error(ErrorKind::Rejected, &words)))?;
        let before = self.head(zone).await.map_err(unsent)?;
        if let Some(reason) = before.read_only() {
            return Err(unsent(call.error(ErrorKind::Rejected, &reason)));
        }
        let path = format!("/zones/{}", zone.id);
        self.client.change(call, Method::PATCH, &path, Some(&body), TIME_OUT).await.map_err(unanswered)?;
        let rectified = self.rectify(&before, &path).await?;
        // Written is written: that the serial cannot be read now changes nothing about it.
        let after = self.head(zone).await.ok();
        Ok(Written {
            request_id: None,
            sets: Vec::new(),
            request: format!("PATCH {path}: {} sets", changes.len()),
            answer: answer(&before, after.as_ref(), rectified),
        })
    }

    fn records(&self, zone: &ZoneAt, set: &RecordSet) -> Vec<DnsRecord> {
        wire::records_of(&zone.name, set)
    }

    fn shaped(&self, _zone: &ZoneAt, set: RecordSet) -> Result<RecordSet, String> {
        patch::shaped(set)
    }

    fn patience(&self) -> Duration {
        PATIENCE
    }

    fn name_servers(&self) -> &[String] {
        &self.settings.dns.name_servers
    }
}

impl PowerDns {
    async fn head(&self, zone: &ZoneAt) -> Result<WireZone, ProviderError> {
        let call = self.client.call("GET /zones/{id}?rrsets=false");
        self.client.glance(call, &format!("/zones/{}", zone.id), &[("rrsets", "false")]).await
    }

    /// Puts a signed zone in order again, unless the server does so by itself.
    async fn rectify(&self, zone: &WireZone, path: &str) -> Result<bool, WriteError> {
        if !zone.dnssec || zone.api_rectify {
            return Ok(false);
        }
        let call = self.client.call("PUT /zones/{id}/rectify");
        let outcome = self.client.change(call, Method::PUT, &format!("{path}/rectify"), None, TIME_OUT).await;
        outcome.map(|()| true).map_err(|unanswered| WriteError {
            error: rectify_failed(call, &unanswered.error),
            may_have_been_applied: true,
        })
    }
}

fn rectify_failed(call: Call<'_>, error: &ProviderError) -> ProviderError {
    call.error(
        error.kind,
        &format!("the records are written, but the signed zone is not put in order: {}", error.message),
    )
}

fn unsent(error: ProviderError) -> WriteError {
    WriteError { error, may_have_been_applied: false }
}

fn unanswered(unanswered: Unanswered) -> WriteError {
    WriteError { error: unanswered.error, may_have_been_applied: unanswered.may_have_arrived }
}

/// What there is to say afterwards.
fn answer(before: &WireZone, after: Option<&WireZone>, rectified: bool) -> String {
    let serials = (before.serial, after.and_then(|after| after.serial));
    let mut words = match serials {
        (Some(before), Some(after)) => format!("204; serial {before} → {after}"),
        _ => "204; the serial could not be read afterwards".to_owned(),
    };
    if let (Some(old), Some(new)) = serials
        && is_a_jump(before.soa_edit_api.as_deref().unwrap_or_default(), old, new)
    {
        words.push_str(", which is more than this write: somebody else wrote to the zone too");
    }
    if rectified {
        words.push_str("; rectified");
    }
    words
}

/// Whether a serial has moved by more than one write. Only the forms that count can tell.
fn is_a_jump(form: &str, old: u32, new: u32) -> bool {
    let steps = new.wrapping_sub(old);
    match form {
        "INCREASE" => steps > 1,
        // Dates with a number: the first of a day is 01, wherever the old one stood.
        "" | "DEFAULT" | "INCEPTION-INCREMENT" => {
            steps > 1 && !(new % 100 == 1 && new / 100 > old / 100) && !new.is_multiple_of(100)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serial_that_moved_by_more_than_one_write_is_told() {
        for (form, old, new, jump) in [
            ("DEFAULT", 2_026_112_102, 2_026_112_103, false),
            ("DEFAULT", 2_026_112_102, 2_026_112_104, true),
            ("DEFAULT", 2_026_112_007, 2_026_112_101, false),
            ("DEFAULT", 2_026_112_007, 2_026_112_102, true),
            ("", 5, 5, false),
            ("INCREASE", u32::MAX, 0, false),
            ("INCREASE", 5, 7, true),
            ("EPOCH", 5, 700, false),
        ] {
            assert_eq!(is_a_jump(form, old, new), jump, "{form} {old} {new}");
        }
    }
}
