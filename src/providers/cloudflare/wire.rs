//! Zones and records as the provider writes them, and their way into our kinds.
//!
//! Whatever may be absent is optional, whatever is unknown is kept: only an id has to be there.

use serde::Deserialize;
use serde_json::Value;

use super::listing::Element;
use crate::clock::Instant;
use crate::kinds::dns_record::DnsRecord;
use crate::kinds::key::normal_host;
use crate::kinds::zone::Zone;
use crate::rdata::text;

/// The record types that the provider publishes; another one is shown as it comes, and noted.
pub const KNOWN_TYPES: [&str; 21] = [
    "A",
    "AAAA",
    "CAA",
    "CERT",
    "CNAME",
    "DNSKEY",
    "DS",
    "HTTPS",
    "LOC",
    "MX",
    "NAPTR",
    "NS",
    "OPENPGPKEY",
    "PTR",
    "SMIMEA",
    "SRV",
    "SSHFP",
    "SVCB",
    "TLSA",
    "TXT",
    "URI",
];

/// A zone of `GET /zones`.
#[derive(Debug, Deserialize)]
pub struct WireZone {
    id: String,
    #[serde(default)]
    name: String,
    status: Option<String>,
    paused: Option<bool>,
    /// Seconds until the caches are used again.
    development_mode: Option<f64>,
    #[serde(rename = "type")]
    zone_type: Option<String>,
    account: Option<WireAccount>,
    plan: Option<WirePlan>,
    name_servers: Option<Vec<String>>,
    original_name_servers: Option<Vec<String>>,
    original_registrar: Option<String>,
    permissions: Option<Vec<String>>,
    created_on: Option<String>,
    activated_on: Option<String>,
    modified_on: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireAccount {
    id: Option<String>,
    name: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WirePlan {
    name: Option<String>,
    legacy_id: Option<String>,
}

/// A record of `GET /zones/{id}/dns_records`.
#[derive(Debug, Deserialize)]
pub struct WireRecord {
    id: String,
    #[serde(rename = "type", default)]
    record_type: String,
    #[serde(default)]
    name: String,
    content: Option<String>,
    /// The published schema calls TTL and priority numbers, not integers.
    ttl: Option<f64>,
    priority: Option<f64>,
    proxied: Option<bool>,
    proxiable: Option<bool>,
    comment: Option<String>,
    tags: Option<Vec<String>>,
    data: Option<Value>,
    settings: Option<Value>,
    created_on: Option<String>,
    modified_on: Option<String>,
}

impl Element for WireZone {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Element for WireRecord {
    fn id(&self) -> &str {
        &self.id
    }
}

impl From<WireZone> for Zone {
    fn from(wire: WireZone) -> Self {
        let account = wire.account.unwrap_or_default();
        let plan = wire.plan.unwrap_or_default();
        Self {
            zone_id: wire.id,
            name: host(&wire.name),
            status: wire.status.unwrap_or_default(),
            paused: wire.paused.unwrap_or_default(),
            development_mode: wire.development_mode.is_some_and(|seconds| seconds > 0.0),
            zone_type: wire.zone_type.unwrap_or_default(),
            account: account.name.unwrap_or_default(),
            account_id: account.id.unwrap_or_default(),
            plan: plan.legacy_id.or(plan.name).unwrap_or_default(),
            name_servers: wire.name_servers.unwrap_or_default(),
            original_name_servers: wire.original_name_servers.unwrap_or_default(),
            original_registrar: wire.original_registrar.unwrap_or_default(),
            permissions: wire.permissions.unwrap_or_default(),
            created_at: instant(wire.created_on),
            activated_at: instant(wire.activated_on),
            modified_on: instant(wire.modified_on),
            ..Self::default()
        }
    }
}

impl WireRecord {
    /// The record as one of `zone`'s.
    pub fn into_record(self, zone: &str) -> DnsRecord {
        let content = self.content.unwrap_or_default();
        let content = match self.record_type.as_str() {
            "TXT" | "SPF" => text::unquoted(&content).unwrap_or(content),
            _ => content,
        };
        DnsRecord {
            record_id: self.id,
            zone: zone.to_owned(),
            record_type: self.record_type,
            name: host(&self.name),
            content,
            ttl: self.ttl.map_or(0, whole),
            priority: self.priority.map(whole),
            proxied: self.proxied.unwrap_or_default(),
            proxiable: self.proxiable.unwrap_or_default(),
            comment: self.comment.unwrap_or_default(),
            tags: self.tags.unwrap_or_default(),
            data: self.data.filter(is_filled),
            settings: self.settings.filter(is_filled),
            created_on: instant(self.created_on),
            modified_on: instant(self.modified_on),
            ..DnsRecord::default()
        }
    }
}

/// The one spelling of a name; what is no host name keeps its own in lower case.
fn host(name: &str) -> String {
    normal_host(name).unwrap_or_else(|| name.to_lowercase())
}

#[allow(clippy::cast_possible_truncation, reason = "a float saturates, and a TTL beyond 2^63 is none")]
fn whole(number: f64) -> i64 {
    number as i64
}

fn is_filled(value: &Value) -> bool {
    !value.is_null() && value.as_object().is_none_or(|object| !object.is_empty())
}

/// A time stamp of any fraction length, kept to the full: it is the precondition of a later write.
fn instant(text: Option<String>) -> Option<Instant> {
    chrono::DateTime::parse_from_rfc3339(&text?).ok().map(|at| at.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_any_fraction() {
        for text in [
            "2026-11-20T10:00:00Z",
            "2026-11-20T10:00:00.1Z",
            "2026-11-20T10:00:00.123456Z",
            "2026-11-20T10:00:00.123456789123Z",
        ] {
            assert!(instant(Some(text.to_owned())).is_some(), "{text}");
        }
        assert_eq!(instant(Some("yesterday".to_owned())), None);
        let exact = instant(Some("2026-11-20T10:00:00.123456Z".to_owned())).map(|at| at.timestamp_micros());
        assert_eq!(exact.map(|micros| micros % 1_000_000), Some(123_456));
    }

    #[test]
    fn a_record_needs_nothing_but_its_id() {
        let bare: WireRecord =
            serde_json::from_str(r#"{"id":"1","comment":null,"ttl":1.0,"settings":{},"new_field":[]}"#).unwrap();
        let record = bare.into_record("example.com");
        assert_eq!((record.ttl, record.settings, record.comment.as_str()), (1, None, ""));
        assert!(serde_json::from_str::<WireRecord>(r#"{"type":"A"}"#).is_err());
    }
}
