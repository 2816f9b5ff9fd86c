//! Zones and records as Cloudflare's API v4 lists them, in pages of the sizes that the panel asks for.

use actix_web::HttpRequest;
use actix_web::web::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use quarterdeck::kinds::dns_record::DnsRecord;
use quarterdeck::kinds::zone::Zone;
use serde_json::{Value, json};

use super::Answers;
use crate::estate::{Estate, State, Zones};

/// As the panel asks; another size finds nothing, and the sync says so.
const ZONES_A_PAGE: usize = 50;
const RECORDS_A_PAGE: usize = 5_000;

/// Path and page; the order is the only one there is.
pub fn key(request: &HttpRequest) -> String {
    let asked = |name: &str| {
        let pair = request.query_string().split('&').find_map(|pair| pair.split_once('=').filter(|(n, _)| *n == name));
        pair.map_or("1", |(_, value)| value).to_owned()
    };
    format!("{} {} {}", request.path(), asked("per_page"), asked("page"))
}

pub fn answers(estate: &Estate) -> Answers {
    let zones = Zones::new("", estate.records() / 1_000, estate.records());
    let mut answers = Answers::new();
    let numbers: Vec<usize> = (0..zones.len()).collect();
    paged(&mut answers, "/zones", ZONES_A_PAGE, &numbers, |number| zone(&estate.zone(&zones, number)).to_string());
    for number in numbers {
        let path = format!("/zones/{}/dns_records", zones.id(number));
        let records: Vec<usize> = zones.records_of(number).collect();
        paged(&mut answers, &path, RECORDS_A_PAGE, &records, |record_number| {
            record(estate.record(&zones, number, record_number, State::default())).to_string()
        });
    }
    answers
}

fn paged(answers: &mut Answers, path: &str, size: usize, all: &[usize], text: impl Fn(usize) -> String) {
    for (index, page) in all.chunks(size).enumerate() {
        let mut body = String::from(r#"{"result":["#);
        for (position, number) in page.iter().enumerate() {
            if position > 0 {
                body.push(',');
            }
            body.push_str(&text(*number));
        }
        let (number, total) = (index + 1, all.len());
        let info = json!({"page": number, "per_page": size, "count": page.len(), "total_count": total,
            "total_pages": total.div_ceil(size)});
        body.push_str(&format!(r#"],"success":true,"errors":[],"messages":[],"result_info":{info}}}"#));
        body.shrink_to_fit();
        answers.insert(format!("{path} {size} {number}"), Bytes::from(body));
    }
}

fn zone(zone: &Zone) -> Value {
    json!({
        "id": zone.zone_id, "name": zone.name, "status": zone.status, "paused": false, "type": zone.zone_type,
        "development_mode": 0, "name_servers": zone.name_servers, "original_name_servers": zone.original_name_servers,
        "original_registrar": null, "original_dnshost": null, "modified_on": time(zone.modified_on),
        "created_on": time(zone.created_at), "activated_on": time(zone.activated_at),
        "owner": {"id": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "type": "user", "email": "admin@example.com"},
        "account": {"id": zone.account_id, "name": zone.account},
        "plan": {"id": "0feeeeeeeeeeeeeeeeeeeeeeeeeeeeee", "name": "Website", "legacy_id": zone.plan},
        "permissions": zone.permissions, "meta": {"page_rule_quota": 3},
    })
}

fn record(record: DnsRecord) -> Value {
    let content = match record.record_type.as_str() {
        "TXT" => format!("\"{}\"", record.content),
        _ => record.content,
    };
    let mut answer = json!({
        "id": record.record_id, "name": record.name, "type": record.record_type, "content": content,
        "proxiable": record.proxiable, "proxied": record.proxied, "ttl": record.ttl, "settings": {}, "meta": {},
        "comment": (!record.comment.is_empty()).then_some(record.comment), "tags": record.tags,
        "created_on": time(record.created_on), "modified_on": time(record.modified_on),
    });
    if let Some(priority) = record.priority {
        answer["priority"] = priority.into();
    }
    if let Some(data) = record.data {
        answer["data"] = data;
    }
    answer
}

fn time(at: Option<DateTime<Utc>>) -> Option<String> {
    at.map(|at| at.to_rfc3339_opts(SecondsFormat::Micros, true))
}
