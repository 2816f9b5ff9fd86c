//! The operations of the API, as documentation has them: one entry each, from which the OpenAPI document is drawn.
//!
//! **One more call**: its handler, its line in `web/routes.rs`, and its entry here. A test holds the three against each
//! other.

use serde_json::{Value, json};

mod access;
mod changes;
mod dns_changes;
mod estate;
mod findings;
mod runs;
mod teams;

use super::inventory::{HITS, MOST_HITS};
use super::schemas;
use crate::kinds::{KINDS, KindSpec, Origin};
use crate::store;
use crate::store::listing::MOST;
use crate::web::listing::ROWS;

mod served_certificates;
mod zone_files;

/// One call.
#[derive(Clone, Debug)]
pub struct Operation {
    pub method: &'static str,
    /// Below `/api/v1`, with `{parameters}`.
    pub path: String,
    pub id: String,
    pub summary: String,
    pub tag: &'static str,
    pub parameters: Vec<Parameter>,
    /// The schema and an example of the body, for a call that takes one.
    pub body: Option<(&'static str, Value)>,
    pub status: u16,
    /// The schema of the answer.
    pub answer: String,
    pub example: Value,
    /// It can also be had as CSV.
    pub csv: bool,
}

/// A parameter in the path or the query.
#[derive(Clone, Debug)]
pub struct Parameter {
    pub name: String,
    pub place: &'static str,
    pub about: String,
    /// JSON schema of its value.
    pub schema: Value,
}

/// Every call there is.
pub fn all() -> Vec<Operation> {
    let mut operations: Vec<Operation> = KINDS.iter().flat_map(|spec| [list(spec), detail(spec)]).collect();
    operations.extend([search(), sources(), source(), sync(), accept(), reject()]);
    operations.extend(estate::all());
    operations.extend(changes::all());
    operations.extend(findings::all());
    operations.extend(dns_changes::all());
    operations.extend(runs::all());
    operations.push(zone_files::read());
    operations.extend([served_certificates::list(), alerts(), tasks(), run_task()]);
    operations.extend(access::all());
    operations.extend(teams::all());
    operations.extend([audit(), description()]);
    operations
}

fn list(spec: &'static KindSpec) -> Operation {
    let columns = spec.columns.iter().filter(|column| column.sortable).map(|column| column.id);
    let orders: Vec<String> = columns.flat_map(|column| [column.to_owned(), format!("-{column}")]).collect();
    let mut parameters = vec![
        query("q", "Part of a name or of any search term.", text()),
        query("sort", "A column, with `-` in front for descending.", json!({"type": "string", "enum": orders})),
        query("cursor", "`next_cursor` of the page before.", text()),
        query("limit", "Rows on a page.", number(MOST, ROWS)),
        query("at", AT, text()),
        query("gone", "`true` for tombstones instead of what is present.", json!({"type": "boolean"})),
        query("format", "`csv` for CSV, as does `Accept: text/csv`.", json!({"type": "string", "enum": ["csv"]})),
        query("tag", "`name:value`.", several()),
        query("scope", "The name of a scope.", several()),
    ];
    let filters = spec.filters.iter();
    parameters.extend(filters.map(|name| query(name, "Rows with this value; repeat it for several.", several())));
    Operation {
        method: "get",
        path: format!("/{}", spec.path),
        id: format!("list_{}", spec.path.replace('-', "_")),
        summary: format!("{}, page by page", spec.titles),
        tag: "Inventory",
        parameters,
        body: None,
        status: 200,
        answer: schemas::list_of(spec),
        example: json!({"items": [item(spec)], "next_cursor": null, "confirmed_at": MOMENT, "complete": true}),
        csv: true,
    }
}

fn detail(spec: &'static KindSpec) -> Operation {
    let mut example = item(spec);
    example["neighbours"] = json!({"dns_record": [
        {"id": "4711", "name": "www.example.com", "role": "points_at", "via": ["ip:198.51.100.10"]},
    ]});
    Operation {
        method: "get",
        path: format!("/{}/{{id}}", spec.path),
        id: format!("get_{}", spec.name),
        summary: format!("{} by its id, with its neighbours of every kind", spec.title),
        tag: "Inventory",
        parameters: vec![in_path("id", "Its id."), query("at", AT, text())],
        body: None,
        status: 200,
        answer: schemas::detail_of(spec),
        example,
        csv: false,
    }
}

fn search() -> Operation {
    Operation {
        method: "get",
        path: "/search".to_owned(),
        id: "search".to_owned(),
        summary: "Everything whose name, address, host, tag or id has these parts".to_owned(),
        tag: "Inventory",
        parameters: vec![
            query("q", "Parts of words; each has to be found.", text()),
            query("limit", "Hits per kind.", number(MOST_HITS, HITS)),
            query("at", AT, text()),
        ],
        body: None,
        status: 200,
        answer: "SearchAnswer".to_owned(),
        example: json!({"groups": [{"kind": "instance", "items": [item(&crate::kinds::instance::SPEC)], "more": false}]}),
        csv: false,
    }
}

fn sources() -> Operation {
    Operation {
        method: "get",
        path: "/sources".to_owned(),
        id: "list_sources".to_owned(),
        summary: "Every source and how it fares".to_owned(),
        tag: "Sources",
        parameters: Vec::new(),
        body: None,
        status: 200,
        answer: "SourceList".to_owned(),
        example: json!({"items": [source_item()], "next_cursor": null, "confirmed_at": MOMENT, "complete": false}),
        csv: false,
    }
}

fn source() -> Operation {
    let mut example = source_item();
    example["scopes"] = json!([{
        "kind": "instance", "name": "123456789012/eu-west-1", "state": "held",
        "reason": "8 of 20 are missing from a complete listing; somebody has to confirm it", "count": 20, "confirmed_at": MOMENT,
    }]);
    example["held_losses"] = json!([held_loss("open")]);
    Operation {
        method: "get",
        path: "/sources/{name}".to_owned(),
        id: "get_source".to_owned(),
        summary: "One source with its scopes and held losses".to_owned(),
        tag: "Sources",
        parameters: vec![in_path("name", "As in the configuration.")],
        body: None,
        status: 200,
        answer: "SourceDetail".to_owned(),
        example,
        csv: false,
    }
}

fn sync() -> Operation {
    Operation {
        method: "post",
        path: "/sources/{name}/syncs".to_owned(),
        id: "sync_source".to_owned(),
        summary: "Ask for a sync now; one that waits already is given back".to_owned(),
        tag: "Sources",
        parameters: vec![in_path("name", "As in the configuration.")],
        body: None,
        status: 202,
        answer: "SyncAccepted".to_owned(),
        example: json!({"id": "42", "state": "queued"}),
        csv: false,
    }
}

fn accept() -> Operation {
    decision("accept", "accepted", "Accept a held loss: exactly the rows it speaks of become tombstones")
}

fn reject() -> Operation {
    decision("reject", "rejected", "Reject a held loss: its rows stay, marked as missing")
}

fn decision(verb: &'static str, state: &'static str, summary: &str) -> Operation {
    Operation {
        method: "post",
        path: format!("/held-losses/{{id}}/{verb}"),
        id: format!("{verb}_held_loss"),
        summary: summary.to_owned(),
        tag: "Sources",
        parameters: vec![in_path("id", "Of the held loss.")],
        body: Some(("Reason", json!({"reason": "scaled in on Monday"}))),
        status: 200,
        answer: "HeldLossItem".to_owned(),
        example: held_loss(state),
        csv: false,
    }
}

fn alerts() -> Operation {
    let severities = store::alerts::Severity::ALL.map(store::alerts::Severity::as_str);
    Operation {
        method: "get",
        path: "/alerts".to_owned(),
        id: "list_alerts".to_owned(),
        summary: "What rules have found: open alerts the worst first, resolved ones the newest first".to_owned(),
        tag: "Alerts",
        parameters: vec![
            query(
                "state",
                "`open` is what is not resolved.",
                json!({"type": "string", "enum": ["open", "resolved"], "default": "open"}),
            ),
            query("severity", "Only these.", json!({"type": "string", "enum": severities})),
            query("region", "About what lies there.", text()),
            query("cluster", "About what lies there.", text()),
            query("cursor", "`next_cursor` of the page before.", text()),
            query("limit", "Alerts on a page.", number(MOST, ROWS)),
        ],
        body: None,
        status: 200,
        answer: "AlertList".to_owned(),
        example: page_of(
            json!({
                "id": "5", "rule": "source_health", "severity": "critical", "state": "open", "title": "aws-eu fails",
                "body": "Its credentials are refused.", "link": "/sources/aws-eu", "resource_id": null, "source": "aws-eu",
                "due_at": null, "opened_at": MOMENT, "resolved_at": null,
            }),
            json!(MOMENT),
        ),
        csv: false,
    }
}

fn tasks() -> Operation {
    Operation {
        method: "get",
        path: "/tasks".to_owned(),
        id: "list_tasks".to_owned(),
        summary: "What happens periodically, and how it went".to_owned(),
        tag: "Tasks",
        parameters: Vec::new(),
        body: None,
        status: 200,
        answer: "TaskList".to_owned(),
        example: page_of(
            json!({
                "name": "sync", "about": "Requests a sync of every source whose interval has passed.", "every_seconds": 5,
                "enabled": true, "due_at": MOMENT, "requested_at": null, "ended_at": MOMENT, "outcome": "succeeded", "report": "",
            }),
            Value::Null,
        ),
        csv: false,
    }
}

fn run_task() -> Operation {
    Operation {
        method: "post",
        path: "/tasks/{name}/run".to_owned(),
        id: "run_task".to_owned(),
        summary: "Run a task now; takes a token of an administrator's".to_owned(),
        tag: "Tasks",
        parameters: vec![in_path("name", "Of the task.")],
        body: None,
        status: 202,
        answer: "TaskAccepted".to_owned(),
        example: json!({"name": "sync", "state": "queued"}),
        csv: false,
    }
}

fn audit() -> Operation {
    Operation {
        method: "get",
        path: "/audit".to_owned(),
        id: "list_audit".to_owned(),
        summary: "Who did what, the newest first; takes a token of an administrator's".to_owned(),
        tag: "Audit",
        parameters: vec![
            query("q", "Part of an actor, an action or a subject.", text()),
            query("cursor", "`next_cursor` of the page before.", text()),
            query("limit", "Acts on a page.", number(MOST, ROWS)),
        ],
        body: None,
        status: 200,
        answer: "AuditList".to_owned(),
        example: page_of(
            json!({
                "id": "9", "at": MOMENT, "actor": "token:deploy (number 2)", "effective_actor": "ada@example.com",
                "address": "192.0.2.10", "request_id": "0123456789abcdef", "action": "source.sync", "subject": "aws-eu",
                "reason": "", "before": "", "after": "sync 42 queued", "outcome": "succeeded", "completed_at": MOMENT,
            }),
            Value::Null,
        ),
        csv: false,
    }
}

fn page_of(item: Value, confirmed_at: Value) -> Value {
    json!({"items": [item], "next_cursor": null, "confirmed_at": confirmed_at, "complete": true})
}

fn description() -> Operation {
    Operation {
        method: "get",
        path: "/openapi.json".to_owned(),
        id: "openapi".to_owned(),
        summary: "This document".to_owned(),
        tag: "API",
        parameters: Vec::new(),
        body: None,
        status: 200,
        answer: "Document".to_owned(),
        // The document is its own example.
        example: Value::Null,
        csv: false,
    }
}

const MOMENT: &str = "2026-11-21T03:12:00Z";
const AT: &str = "A past moment: RFC 3339, or `2h`, `3d` ago.";

/// A resource with the kind's own example in it, named as the kind would name it.
fn item(spec: &KindSpec) -> Value {
    let origin = Origin { source: "eu".to_owned(), network: "eu".to_owned() };
    let facts = (spec.of.facts)(spec.example, &origin).unwrap_or_default();
    let attrs = (spec.of.complete)(spec.example).unwrap_or_default();
    json!({
        "id": "17", "kind": spec.name, "source": "eu", "external_id": "0123456789abcdef", "name": facts.name, "region": "eu",
        "cluster": "eu-production", "app": "", "status": facts.status, "first_seen_at": MOMENT, "changed_at": MOMENT,
        "last_seen_at": MOMENT, "gone_at": null, "missing_since": null, "due_at": facts.due_at, "attrs": attrs,
    })
}

fn source_item() -> Value {
    json!({
        "name": "aws-eu", "provider": "aws", "state": "ok", "reason": "", "every_seconds": 300, "region": "eu", "cluster": "",
        "count": 20, "confirmed_at": MOMENT, "complete": false,
    })
}

fn held_loss(state: &str) -> Value {
    json!({
        "id": "3", "kind": "instance", "scope": "123456789012/eu-west-1", "subject": "rows", "state": state,
        "reason": "8 of 20 are missing from a complete listing; somebody has to confirm it", "count": 8, "baseline": 20,
        "opened_at": MOMENT,
    })
}

fn query(name: &str, about: &str, schema: Value) -> Parameter {
    Parameter { name: name.to_owned(), place: "query", about: about.to_owned(), schema }
}

fn in_path(name: &str, about: &str) -> Parameter {
    Parameter { name: name.to_owned(), place: "path", about: about.to_owned(), schema: text() }
}

fn text() -> Value {
    json!({"type": "string"})
}

/// A parameter that may be repeated.
fn several() -> Value {
    json!({"type": "array", "items": {"type": "string"}})
}

fn number(most: usize, usual: usize) -> Value {
    json!({"type": "integer", "minimum": 1, "maximum": most, "default": usual})
}
