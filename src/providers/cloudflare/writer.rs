//! The power to change records: one batch, once, for somebody who waits for it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;

use super::Cloudflare;
use super::batch::{self, Batch};
use super::client::WRITE_TIME_OUT;
use super::sets;
use super::wire::WireRecord;
use crate::providers::dns::{WriteError, WriteRecords, Written, ZoneRead};
use crate::wire::dns::{RecordSet, RecordValue, SetChange, SetName, WriteTerms, ZoneAt};
use crate::wire::{ErrorKind, ProviderError};

/// Of a batch, what it has left: in the order in which it was asked.
#[derive(Deserialize)]
struct Done {
    patches: Option<Vec<WireRecord>>,
    puts: Option<Vec<WireRecord>>,
    posts: Option<Vec<WireRecord>>,
}

#[async_trait]
impl WriteRecords for Cloudflare {
    async fn read(&self, zone: &ZoneAt, names: Option<&BTreeSet<String>>) -> Result<ZoneRead, ProviderError> {
        sets::read(&self.client.for_people(), zone, names).await
    }

    async fn write(&self, zone: &ZoneAt, changes: &[SetChange]) -> Result<Written, WriteError> {
        let client = self.client.for_people();
        let call = client.call("POST /zones/{zone_id}/dns_records/batch");
        let batch = Batch::of(changes).map_err(|words| WriteError {
            error: call.error(ErrorKind::Rejected, &words),
            may_have_been_applied: false,
        })?;
        let path = format!("/zones/{}/dns_records/batch", zone.id);
        let request = format!("POST {path}: {}", batch.words());
        if batch.len() == 0 {
            let sets = grouped(batch.untouched);
            return Ok(Written { request_id: None, sets, request, answer: "nothing had to be sent".to_owned() });
        }
        let (done, request_id) = client.change::<Done>(call, &path, &batch.body()).await.map_err(|unanswered| {
            WriteError { error: unanswered.error, may_have_been_applied: unanswered.may_have_arrived }
        })?;
        let left = done.into_iter().flat_map(Done::records).map(|record| {
            let record = record.into_record(&zone.name);
            let of = SetName { name: record.name.clone(), record_type: record.record_type.clone() };
            (of, sets::value(record))
        });
        let sets = grouped(batch.untouched.into_iter().chain(left));
        Ok(Written { request_id, sets, request, answer: "200, success".to_owned() })
    }

    fn shaped(&self, _zone: &ZoneAt, set: RecordSet) -> Result<RecordSet, String> {
        batch::shaped(set)
    }

    fn terms(&self) -> WriteTerms {
        WriteTerms::CLOUDFLARE
    }

    fn patience(&self) -> Duration {
        WRITE_TIME_OUT + Duration::from_secs(5)
    }

    fn name_servers(&self) -> &[String] {
        &self.settings.dns.name_servers
    }
}

impl Done {
    fn records(self) -> impl Iterator<Item = WireRecord> {
        [self.patches, self.puts, self.posts].into_iter().flatten().flatten()
    }
}

fn grouped(values: impl IntoIterator<Item = (SetName, RecordValue)>) -> Vec<RecordSet> {
    let mut sets: BTreeMap<SetName, Vec<RecordValue>> = BTreeMap::new();
    for (of, value) in values {
        sets.entry(of).or_default().push(value);
    }
    sets.into_iter().map(|(of, values)| RecordSet { of, values, comments: Vec::new() }).collect()
}
