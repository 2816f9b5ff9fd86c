//! The calls about the past, and about what hangs on a resource.

use serde_json::{Value, json};

use super::{AT, MOMENT, Operation, in_path, number, query, several, text};
use crate::kinds::{KINDS, KindSpec};
use crate::store::changes::{MOST, What};
use crate::web::listing;

/// All of them.
pub fn all() -> Vec<Operation> {
    [tape(), holders()].into_iter().chain(KINDS.iter().map(|spec| touches(spec))).collect()
}

fn tape() -> Operation {
    let kinds: Vec<&str> = KINDS.iter().map(|spec| spec.name).collect();
    let one_of = |values: Vec<&str>| json!({"type": "array", "items": {"type": "string", "enum": values}});
    Operation {
        method: "get",
        path: "/changes".to_owned(),
        id: "list_changes".to_owned(),
        summary: "Everything that came, changed, returned or went, the newest first; or the net difference between two moments"
            .to_owned(),
        tag: "History",
        parameters: vec![
            query("from", "Later than this moment: RFC 3339, or `12h`, `7d` ago; 24 h before `to` by default.", text()),
            query("to", "Up to and including this moment; now by default.", text()),
            query("net", "`1` for what differs between both moments instead of the steps.", json!({"type": "string", "enum": ["0", "1"]})),
            query("kind", "Only these kinds.", one_of(kinds)),
            query("what", "Only what happened so; not with `net`.", one_of(What::ALL.map(What::as_str).to_vec())),
            query("source", "Only of these sources.", several()),
            query("region", "Only in, into or out of these regions.", several()),
            query("cluster", "Only in, into or out of these clusters.", several()),
            query("cursor", "`next_cursor` or `previous_cursor` of another page.", text()),
            query("limit", "Changes on a page.", number(MOST, listing::ROWS)),
        ],
        body: None,
        status: 200,
        answer: "ChangeList".to_owned(),
        example: json!({
            "items": [{
                "at": MOMENT, "what": "changed", "id": "17", "kind": "instance", "name": "web-3", "source": "aws-eu", "region": "eu",
                "cluster": "eu-production", "status": "running",
                "fields": [{"field": "instance_type", "label": "Type", "before": "m6i.large", "after": "m6i.xlarge"}],
            }],
            "next_cursor": null, "previous_cursor": null, "from": MOMENT, "to": MOMENT, "cut": false, "confirmed_at": MOMENT,
            "complete": true,
        }),
        csv: false,
    }
}

fn holders() -> Operation {
    Operation {
        method: "get",
        path: "/addresses/{address}".to_owned(),
        id: "get_holders".to_owned(),
        summary: "Who has an address or a host, and who had it".to_owned(),
        tag: "History",
        parameters: vec![
            in_path("address", "An IPv4 or IPv6 address, or a host name."),
            query("at", AT, text()),
            query("limit", "Holders in the answer.", number(crate::store::listing::MOST, listing::ROWS)),
        ],
        body: None,
        status: 200,
        answer: "HoldersAnswer".to_owned(),
        example: json!({
            "holders": [{
                "id": "17", "kind": "instance", "name": "web-3", "source": "aws-eu", "key": "ip:198.51.100.10", "role": "is",
                "since": MOMENT, "until": null,
            }],
            "more": false,
        }),
        csv: false,
    }
}

fn touches(spec: &'static KindSpec) -> Operation {
    Operation {
        method: "get",
        path: format!("/{}/{{id}}/touches", spec.path),
        id: format!("get_{}_touches", spec.name),
        summary: format!("What would be affected if this {} went away, worst first", noun(spec)),
        tag: "Inventory",
        parameters: vec![in_path("id", "Its id."), query("at", AT, text())],
        body: None,
        status: 200,
        answer: "TouchesAnswer".to_owned(),
        example: example(),
        csv: false,
    }
}

fn noun(spec: &KindSpec) -> String {
    spec.title.to_lowercase().replace("dns", "DNS")
}

fn example() -> Value {
    json!({
        "items": [{
            "id": "23", "kind": "app", "name": "shop", "harm": "lost", "left": "its only domain is lost", "hops": 2,
            "path": [
                {"id": "4711", "kind": "dns_record", "name": "shop.example.com", "words": "points at 198.51.100.10"},
                {"id": "23", "kind": "app", "name": "shop", "words": "answers as shop.example.com"},
            ],
        }],
        "lost": 1, "degraded": 0, "truncated": false,
    })
}
