//! One zone as PowerDNS's API v1 gives it: a single object, with all of its sets in a list.

use actix_web::HttpRequest;
use actix_web::web::Bytes;
use quarterdeck::kinds::dns_record::DnsRecord;
use quarterdeck::rdata;
use quarterdeck::wire::dns::RecordValue;
use serde_json::{Value, json};

use super::Answers;
use crate::estate::{Estate, State, Zones};

const SERVER: &str = "/api/v1/servers/localhost";

/// The path, and whether one set was asked for.
pub fn key(request: &HttpRequest) -> String {
    let one = if request.query_string().contains("rrset_name") { " one" } else { "" };
    format!("{}{one}", request.path())
}

pub fn answers(estate: &Estate) -> Answers {
    let zones = Zones::new("pdns-", 1, estate.records());
    let zone = format!("{}.", zones.name(0));
    let mut answers = Answers::new();
    let mut put = |path: &str, body: String| answers.insert(path.to_owned(), Bytes::from(body));
    put(&format!("{SERVER}/zones"), json!([head(&zone)]).to_string());
    let servers = json!({"name": zone, "type": "NS", "ttl": 3600, "comments": [],
        "records": [{"content": "ns1.example.net.", "disabled": false}]});
    put(&format!("{SERVER}/zones/{zone} one"), with_sets(&zone, [servers]));
    let sets = zones.records_of(0).map(|number| set(estate.record(&zones, 0, number, State::default())));
    put(&format!("{SERVER}/zones/{zone}"), with_sets(&zone, sets));
    answers
}

fn head(zone: &str) -> Value {
    json!({
        "id": zone, "name": zone, "kind": "Native", "url": format!("{SERVER}/zones/{zone}"), "account": "", "catalog": "",
        "dnssec": false, "nsec3param": "", "nsec3narrow": false, "serial": 2026112102, "edited_serial": 2026112102,
        "notified_serial": 0, "last_check": 0, "masters": [], "master_tsig_key_ids": [], "slave_tsig_key_ids": [],
        "soa_edit": "", "soa_edit_api": "DEFAULT", "api_rectify": false,
    })
}

/// The head, and the sets one after the other, since all of them at once are no value to hold.
fn with_sets(zone: &str, sets: impl IntoIterator<Item = Value>) -> String {
    let mut body = head(zone).to_string();
    body.truncate(body.len() - 1);
    body.push_str(",\"rrsets\":[");
    for (index, set) in sets.into_iter().enumerate() {
        if index > 0 {
            body.push(',');
        }
        body.push_str(&set.to_string());
    }
    body.push_str("]}");
    body
}

/// A set of one value.
fn set(record: DnsRecord) -> Value {
    let value =
        RecordValue { content: record.content, priority: record.priority, data: record.data, ..RecordValue::default() };
    let content = rdata::zone_file_form(&record.record_type, &value);
    let comments = match record.comment.as_str() {
        "" => json!([]),
        comment => json!([{"content": comment, "account": "panel", "modified_at": 1_795_245_630}]),
    };
    json!({"name": format!("{}.", record.name), "type": record.record_type, "ttl": record.ttl, "comments": comments,
        "records": [{"content": content, "disabled": false}]})
}
