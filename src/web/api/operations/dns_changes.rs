//! The calls about DNS changes.

use serde_json::{Value, json};

use super::{MOMENT, Operation, in_path, number, query, text};
use crate::store::listing::MOST;
use crate::web::listing::ROWS;

/// All of them.
pub fn all() -> Vec<Operation> {
    vec![list(), plan(), detail(), apply(), undo()]
}

fn operation(method: &'static str, path: &str, id: &str, summary: &str, status: u16) -> Operation {
    Operation {
        method,
        path: path.to_owned(),
        id: id.to_owned(),
        summary: summary.to_owned(),
        tag: "DNS changes",
        parameters: Vec::new(),
        body: None,
        status,
        answer: "DnsChangeItem".to_owned(),
        example: item(),
        csv: false,
    }
}

fn list() -> Operation {
    Operation {
        parameters: vec![
            query("cursor", "`next_cursor` of the page before.", text()),
            query("limit", "Changes on a page.", number(MOST, ROWS)),
        ],
        answer: "DnsChangeList".to_owned(),
        example: json!({"items": [item()], "next_cursor": null}),
        ..operation("get", "/dns-changes", "list_dns_changes", "DNS changes, the newest first", 200)
    }
}

fn plan() -> Operation {
    let summary = "Plan a DNS change from fresh reads (201), and with `apply` carry it out at once (202); a refused one is a problem \
                   `guard-refused` with the plan in `change`";
    let mut key = query("Idempotency-Key", "The same key with the same body gets the first answer.", text());
    key.place = "header";
    Operation {
        parameters: vec![key],
        body: Some((
            "DnsChangeWanted",
            json!({"action": "switch", "from": "17", "to": "18", "reason": "eu-blue is drained for maintenance", "apply": false}),
        )),
        ..operation("post", "/dns-changes", "plan_dns_change", summary, 201)
    }
}

fn detail() -> Operation {
    Operation {
        parameters: vec![in_path("id", "Of the change.")],
        ..operation("get", "/dns-changes/{id}", "get_dns_change", "A DNS change: its plan, and how it stands", 200)
    }
}

fn apply() -> Operation {
    let summary =
        "Apply a plan as it was shown; if the records have changed since, a problem `plan-outdated` with the new plan";
    Operation {
        parameters: vec![in_path("id", "Of the change.")],
        body: Some(("ApplyWanted", json!({"generation": 1}))),
        ..operation("post", "/dns-changes/{id}/apply", "apply_dns_change", summary, 202)
    }
}

fn undo() -> Operation {
    let summary = "Take a change back: every set that is still as it was left gets what it had before";
    Operation {
        parameters: vec![in_path("id", "Of the change that is taken back.")],
        ..operation("post", "/dns-changes/{id}/undo", "undo_dns_change", summary, 202)
    }
}

fn item() -> Value {
    let set = |content: &str| {
        json!({"contents": [content], "ttl": 300, "proxied": false, "comment": "web", "values": [
            {
                "id": "372e67954025e0ba6aaa6d586b9e0b59", "content": content, "ttl": 300, "priority": null, "data": null,
                "proxied": false, "disabled": false, "comment": "web", "tags": [], "settings": null, "modified_on": null,
            },
        ]})
    };
    json!({
        "id": "12", "action": "switch", "title": "Switch from eu-blue to eu-green", "state": "planned", "run_id": null,
        "generation": 1, "planned_at": MOMENT, "expires_at": MOMENT, "applied_at": null, "undo_until": null, "undo_of": null,
        "undone_by": null, "actor": "ops@example.com", "reason": "eu-blue is drained for maintenance",
        "changes": [{
            "source": "cloudflare", "zone": "example.com", "name": "www.example.com", "type": "A",
            "before": set("192.0.2.10"), "after": set("198.51.100.10"), "why": "leads to eu-blue",
            "touches": [{"id": "31", "kind": "app", "name": "shop", "harm": "lost"}], "warnings": [],
        }],
        "refusals": [{"code": "large-share", "text": "It changes 40 of the 100 records of example.com.", "overridable": true}],
        "notes": [],
    })
}
