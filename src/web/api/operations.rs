//! The operations of the API, as documentation has them: one entry each, from which the OpenAPI document is drawn.
//!
//! **One more call**: its handler, its line in `web/routes.rs`, and its entry here. A test holds the three against each other.

use serde_json::{Value, json};

use crate::kinds::{KINDS, KindSpec};

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
    pub answer: &'static str,
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
}

/// Every call there is.
pub fn all() -> Vec<Operation> {
    let mut operations: Vec<Operation> = KINDS.iter().flat_map(|spec| [list(spec), detail(spec)]).collect();
    operations.extend([search(), sources(), source(), sync(), accept(), reject()]);
    operations
}

fn list(spec: &'static KindSpec) -> Operation {
    let mut parameters = vec![
        query("q", "Part of a name or of any search term."),
        query("sort", "A column, with `-` in front for descending."),
        query("cursor", "`next_cursor` of the page before."),
        query("limit", "Rows on a page, 1 to 1000; 50 by default."),
        query("at", "A past moment: RFC 3339, or `2h`, `3d` ago."),
        query("gone", "`true` for tombstones instead of what is present."),
        query("format", "`csv` for CSV, as does `Accept: text/csv`."),
        query("tag", "`name:value`."),
        query("scope", "The name of a scope."),
    ];
    parameters.extend(spec.filters.iter().map(|name| query(name, "Rows with this value; repeat it for several.")));
    Operation {
        method: "get",
        path: format!("/{}", spec.path),
        id: format!("list_{}", spec.path.replace('-', "_")),
        summary: format!("{}, page by page", spec.titles),
        tag: "Inventory",
        parameters,
        body: None,
        status: 200,
        answer: "ItemList",
        example: json!({"items": [item(spec)], "next_cursor": null, "confirmed_at": MOMENT, "complete": true}),
        csv: true,
    }
}

fn detail(spec: &'static KindSpec) -> Operation {
    let mut example = item(spec);
    example["neighbours"] = json!({});
    Operation {
        method: "get",
        path: format!("/{}/{{id}}", spec.path),
        id: format!("get_{}", spec.name),
        summary: format!("One {} with its neighbours of every kind", spec.title.to_lowercase()),
        tag: "Inventory",
        parameters: vec![in_path("id", "Its id."), query("at", "A past moment: RFC 3339, or `2h`, `3d` ago.")],
        body: None,
        status: 200,
        answer: "ItemDetail",
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
            query("q", "Parts of words; each has to be found."),
            query("limit", "Hits per kind, 1 to 100; 10 by default."),
        ],
        body: None,
        status: 200,
        answer: "SearchAnswer",
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
        answer: "SourceList",
        example: json!({"items": [source_item()]}),
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
        answer: "SourceDetail",
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
        answer: "SyncAccepted",
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
        answer: "HeldLossItem",
        example: held_loss(state),
        csv: false,
    }
}

const MOMENT: &str = "2026-11-21T03:12:00Z";

fn item(spec: &KindSpec) -> Value {
    json!({
        "id": "17", "kind": spec.name, "source": "aws-eu", "external_id": "i-0aaaabbbbccccdd01", "name": "web-1", "region": "eu",
        "cluster": "eu-production", "app": "", "status": "running", "first_seen_at": MOMENT, "changed_at": MOMENT,
        "last_seen_at": MOMENT, "gone_at": null, "missing_since": null, "due_at": null, "attrs": {},
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

fn query(name: &str, about: &str) -> Parameter {
    Parameter { name: name.to_owned(), place: "query", about: about.to_owned() }
}

fn in_path(name: &str, about: &str) -> Parameter {
    Parameter { name: name.to_owned(), place: "path", about: about.to_owned() }
}
