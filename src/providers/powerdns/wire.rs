//! Zones and sets as the server writes them, and their way into our kinds and into record sets.

use serde::Deserialize;
use serde_json::json;
use xxhash_rust::xxh3::xxh3_128;

use crate::kinds::dns_record::DnsRecord;
use crate::kinds::key::normal_host;
use crate::kinds::zone::Zone;
use crate::rdata;
use crate::wire::dns::{RecordSet, RecordValue, SetComment, SetName};

/// Longer content is told by its hash within a record's id, which is a key of the database.
const LONGEST_IN_ID: usize = 100;
/// Under which name a value's own spelling lies in [`RecordValue::data`].
pub const AS_STORED: &str = "as_stored";

/// The head of a zone: `GET /zones`, and of `GET /zones/{id}` what is not its sets.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct WireZone {
    pub id: String,
    pub name: String,
    pub kind: String,
    pub account: Option<String>,
    pub serial: Option<u32>,
    pub dnssec: bool,
    pub api_rectify: bool,
    pub soa_edit_api: Option<String>,
    pub masters: Option<Vec<String>>,
    /// Empty where they were not asked for, or were streamed.
    pub rrsets: Vec<WireSet>,
}

/// Everything of one name and type.
#[derive(Clone, Debug, Deserialize)]
pub struct WireSet {
    pub name: String,
    #[serde(rename = "type")]
    pub record_type: String,
    #[serde(default)]
    pub ttl: i64,
    /// Empty in a set that has comments only: such a set is none.
    #[serde(default)]
    pub records: Vec<WireValue>,
    #[serde(default)]
    pub comments: Vec<WireComment>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct WireValue {
    pub content: String,
    #[serde(default)]
    pub disabled: bool,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct WireComment {
    pub content: String,
    pub account: String,
    pub modified_at: i64,
}

impl WireZone {
    /// Why nothing may be written there.
    pub fn read_only(&self) -> Option<String> {
        let of = match self.kind() {
            "secondary" => "a secondary: its records come from its primary",
            "consumer" => "a catalog's consumer: its records come from elsewhere",
            _ => return None,
        };
        Some(format!("{} is {of}", host(&self.name)))
    }

    /// In the words of today, which older servers do not use.
    fn kind(&self) -> &str {
        match self.kind.as_str() {
            "Native" => "native",
            "Master" | "Primary" => "primary",
            "Slave" | "Secondary" => "secondary",
            "Producer" => "producer",
            "Consumer" => "consumer",
            other => other,
        }
    }
}

impl From<WireZone> for Zone {
    fn from(wire: WireZone) -> Self {
        let zone_type = wire.kind().to_owned();
        Self {
            name: host(&wire.name),
            // What a server has, it serves.
            status: "active".to_owned(),
            zone_type,
            account: wire.account.unwrap_or_default(),
            serial: wire.serial,
            dnssec: wire.dnssec,
            primaries: wire.masters.unwrap_or_default(),
            zone_id: wire.id,
            ..Self::default()
        }
    }
}

impl WireSet {
    /// One record per value.
    pub fn into_records(self, zone: &str) -> Vec<DnsRecord> {
        let name = host(&self.name);
        let comment = self.comments.iter().map(WireComment::words).collect::<Vec<_>>().join("; ");
        let mut records: Vec<DnsRecord> = Vec::with_capacity(self.records.len());
        for value in &self.records {
            let (content, serial) = content(&self.record_type, &value.content);
            let mut record_id = identifier(zone, &name, &self.record_type, &content);
            // Two spellings of one content would otherwise be one record.
            if records.iter().any(|record| record.record_id == record_id) {
                record_id = format!("{record_id}#{}", records.len());
            }
            records.push(DnsRecord {
                record_id,
                zone: zone.to_owned(),
                record_type: self.record_type.clone(),
                name: name.clone(),
                content,
                ttl: self.ttl,
                disabled: value.disabled,
                comment: comment.clone(),
                serial,
                ..DnsRecord::default()
            });
        }
        records
    }

    /// The set as plans know it; `None` without values.
    pub fn into_set(self) -> Option<RecordSet> {
        if self.records.is_empty() {
            return None;
        }
        let of = SetName { name: host(&self.name), record_type: self.record_type };
        let values = self.records.into_iter().map(|value| {
            let (content, _) = content(&of.record_type, &value.content);
            let spelt_otherwise = matches!(of.record_type.as_str(), "TXT" | "SPF")
                && rdata::presented(&of.record_type, &content) != value.content;
            let data = spelt_otherwise.then(|| json!({ AS_STORED: value.content }));
            RecordValue { content, ttl: self.ttl, disabled: value.disabled, data, ..RecordValue::default() }
        });
        let values = values.collect();
        let comments = self.comments.into_iter().map(|comment| SetComment {
            content: comment.content,
            account: comment.account,
            modified_at: comment.modified_at,
        });
        Some(RecordSet { of, values, comments: comments.collect() })
    }
}

impl WireComment {
    fn words(&self) -> String {
        if self.account.is_empty() { self.content.clone() } else { format!("{} ({})", self.content, self.account) }
    }
}

/// The records of a set that was read as one, under the ids that a listing gives them.
pub fn records_of(zone: &str, set: &RecordSet) -> Vec<DnsRecord> {
    let comments = set.comments.iter().map(|comment| match comment.account.as_str() {
        "" => comment.content.clone(),
        account => format!("{} ({account})", comment.content),
    });
    let comment = comments.collect::<Vec<_>>().join("; ");
    let mut records: Vec<DnsRecord> = Vec::with_capacity(set.values.len());
    for value in &set.values {
        let mut record_id = identifier(zone, &set.of.name, &set.of.record_type, &value.content);
        if records.iter().any(|record| record.record_id == record_id) {
            record_id = format!("{record_id}#{}", records.len());
        }
        records.push(DnsRecord { record_id, comment: comment.clone(), ..DnsRecord::of_value(zone, &set.of, value) });
    }
    records
}

/// The canonical content, and of an SOA the serial, which is no part of it.
fn content(record_type: &str, said: &str) -> (String, Option<u32>) {
    let content = rdata::canonical(record_type, said);
    if record_type != "SOA" {
        return (content, None);
    }
    let mut words: Vec<&str> = content.split(' ').collect();
    match words.get(2).and_then(|serial| serial.parse().ok()) {
        Some(serial) if words.len() == 7 => {
            words.remove(2);
            (words.join(" "), Some(serial))
        }
        _ => (content, None),
    }
}

/// What a value is known by: the same for as long as it says the same.
fn identifier(zone: &str, name: &str, record_type: &str, content: &str) -> String {
    match record_type {
        // The only one of its zone, whatever it says.
        "SOA" => format!("{zone}/{name}/SOA"),
        _ if content.len() > LONGEST_IN_ID => {
            format!("{zone}/{name}/{record_type}/xxh3:{:032x}", xxh3_128(content.as_bytes()))
        }
        _ => format!("{zone}/{name}/{record_type}/{content}"),
    }
}

/// The one spelling of a name; what is no host name keeps its own in lower case.
pub fn host(name: &str) -> String {
    normal_host(name).unwrap_or_else(|| name.strip_suffix('.').unwrap_or(name).to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(json: &str) -> WireSet {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_value_is_known_by_what_it_says() {
        let www = set(
            r#"{"name":"WWW.example.com.","type":"AAAA","ttl":60,"records":[{"content":"2001:DB8::0001"},{"content":"2001:db8::1","disabled":true}],
                "comments":[{"content":"front","account":"ops","modified_at":7},{"content":"bare"}]}"#,
        );
        let records = www.into_records("example.com");
        assert_eq!(records[0].record_id, "example.com/www.example.com/AAAA/2001:db8::1");
        assert_eq!(records[1].record_id, "example.com/www.example.com/AAAA/2001:db8::1#1");
        assert_eq!((records[0].disabled, records[1].disabled), (false, true));
        assert_eq!(records[0].comment, "front (ops); bare");
        let long = set(&format!(
            r#"{{"name":"k.example.com.","type":"TXT","records":[{{"content":"\"{}\""}}]}}"#,
            "x".repeat(200)
        ));
        let records = long.into_records("example.com");
        assert!(records[0].record_id.len() < 80, "{}", records[0].record_id);
        assert_eq!(records[0].content, "x".repeat(200));
    }

    #[test]
    fn the_serial_is_no_part_of_an_soa() {
        let soa = set(r#"{"name":"example.com.","type":"SOA","ttl":3600,
            "records":[{"content":"ns1.example.com. Hostmaster.example.com. 2026112102 10800 3600 604800 3600","disabled":false}]}"#);
        let records = soa.into_records("example.com");
        assert_eq!(records[0].content, "ns1.example.com hostmaster.example.com 10800 3600 604800 3600");
        assert_eq!(
            (records[0].serial, records[0].record_id.as_str()),
            (Some(2_026_112_102), "example.com/example.com/SOA")
        );
    }

    #[test]
    fn a_set_of_comments_alone_is_none_and_an_odd_spelling_is_remembered() {
        let comments = r#"{"name":"a.example.com.","type":"A","ttl":0,"records":[],"comments":[{"content":"x"}]}"#;
        assert!(set(comments).into_set().is_none());
        let txt = r#"{"name":"a.example.com.","type":"TXT","ttl":9,"records":[{"content":"\"a\" \"b\""},{"content":"\"ab\""}]}"#;
        let values = set(txt).into_set().unwrap().values;
        assert_eq!(values[0].data, Some(json!({"as_stored": "\"a\" \"b\""})));
        assert_eq!((values[1].data.clone(), values[0].content.as_str()), (None, "ab"));
    }
}
