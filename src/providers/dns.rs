//! The power to change records: read fresh, write in the provider's best atomic unit, say what is known of a write that
//! failed.
//!
//! **One more provider with this power**: an `impl WriteRecords`, and [`Provider::dns`](super::Provider::dns) that
//! hands it out.

use std::collections::BTreeSet;

use async_trait::async_trait;

use crate::kinds::dns_record::DnsRecord;
use crate::wire::ProviderError;
use crate::wire::dns::{RecordSet, SetChange, WriteTerms, ZoneAt};

/// A source whose records can be changed.
#[async_trait]
pub trait WriteRecords: Send + Sync {
    /// The zone as its provider has it this moment; with `names`, at least the sets of those owner names.
    async fn read(&self, zone: &ZoneAt, names: Option<&BTreeSet<String>>) -> Result<ZoneRead, ProviderError>;

    /// Carries out `changes`, all of them or none, in one request. It compares nothing: whoever calls has just read,
    /// and knows that each `before` still holds. Ids of `before` are kept by the values of `after` wherever the
    /// provider can patch.
    async fn write(&self, zone: &ZoneAt, changes: &[SetChange]) -> Result<Written, WriteError>;

    /// The records of a set as a listing would show them, so that what was written is known under the same ids.
    fn records(&self, zone: &ZoneAt, set: &RecordSet) -> Vec<DnsRecord> {
        set.values.iter().map(|value| DnsRecord::of_value(&zone.name, &set.of, value)).collect()
    }

    /// The set as this provider can keep it, so that what was planned is what is read back: a comment beside the set or
    /// beside each value, one TTL, structured parts where they are wanted. Without ids, as from a form.
    ///
    /// # Errors
    /// In a sentence, what it cannot keep at all.
    fn shaped(&self, zone: &ZoneAt, set: RecordSet) -> Result<RecordSet, String>;

    /// The longest that one `write` may block, retries included: a lease has to outlast it.
    fn patience(&self) -> std::time::Duration;

    /// What may be typed as a record.
    fn terms(&self) -> WriteTerms {
        WriteTerms::default()
    }

    /// `host:port` of the servers that are to be asked instead of the zone's own, in closed networks.
    fn name_servers(&self) -> &[String];
}

/// What a fresh read gave.
#[derive(Clone, Debug, Default)]
pub struct ZoneRead {
    /// Without sets that have no values.
    pub sets: Vec<RecordSet>,
    /// Of the zone's SOA, where the provider tells it.
    pub serial: Option<u32>,
    /// Why nothing may be written there: a secondary, a token that only reads, a zone that is not active.
    pub read_only: Option<String>,
    /// Records, or sets, that one write may hold; a name is never split.
    pub most_per_write: usize,
    /// The names of the zone's own servers.
    pub name_servers: Vec<String>,
}

/// What the provider says it has done.
#[derive(Clone, Debug, Default)]
pub struct Written {
    /// The provider's id of the request.
    pub request_id: Option<String>,
    /// The sets as they are now, where the answer holds them.
    pub sets: Vec<RecordSet>,
    /// Request and answer in short, redacted, for the run's page.
    pub request: String,
    pub answer: String,
}

/// A write that did not end well.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{error}")]
pub struct WriteError {
    pub error: ProviderError,
    /// Whether it may have been carried out all the same: a time-out, a broken connection, a 5xx. Then only a fresh
    /// read knows.
    pub may_have_been_applied: bool,
}
