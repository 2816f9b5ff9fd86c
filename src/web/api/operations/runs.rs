//! The calls about runs.

use serde_json::{Value, json};

use super::{MOMENT, Operation, Parameter, in_path, number, page_of, query, several, text};
use crate::store::listing::MOST;
use crate::web::listing::ROWS;

/// All of them.
pub fn all() -> Vec<Operation> {
    vec![list(), detail(), cancel(), acknowledge(), purge_cache()]
}

fn operation(method: &'static str, path: &str, id: &str, summary: &str, answer: &str, example: Value) -> Operation {
    Operation {
        method,
        path: path.to_owned(),
        id: id.to_owned(),
        summary: summary.to_owned(),
        tag: "Runs",
        parameters: Vec::new(),
        body: None,
        status: 200,
        answer: answer.to_owned(),
        example,
        csv: false,
    }
}

fn list() -> Operation {
    let summary = "What is, was and will be done outside, the newest first";
    let mut operation = operation("get", "/runs", "list_runs", summary, "RunList", page_of(run(), Value::Null));
    operation.parameters = vec![
        query("state", "Runs in this state; repeat it for several.", several()),
        query("action", "Runs of this sort: `purge_cache`.", text()),
        query("actor", "Runs that were asked for by them.", text()),
        query("target", "Part of a target's name.", text()),
        query("parent", "The runs of this run's own.", text()),
        query("cursor", "`next_cursor` of the page before.", text()),
        query("limit", "Runs on a page.", number(MOST, ROWS)),
    ];
    operation
}

fn detail() -> Operation {
    let mut example = run();
    example["plan"] = json!({"app": "shop"});
    example["steps"] = json!([{
        "position": 1, "undoes": null, "title": "Purge 3 hosts in shop.example", "state": "succeeded", "outcome": "Accepted.",
        "attempts": 1, "started_at": MOMENT, "ended_at": MOMENT, "request": "POST /zones/…/purge_cache", "answer": "success",
        "request_id": "8f2a-FRA",
    }]);
    let mut operation =
        operation("get", "/runs/{id}", "get_run", "A run with its plan and its steps", "RunDetail", example);
    operation.parameters = vec![in_path("id", "Of the run.")];
    operation
}

fn cancel() -> Operation {
    let summary = "End a run: one that waits at once, one that runs when the outcome of its call is known";
    let example = json!({"id": "12", "state": "running"});
    let mut operation = operation("post", "/runs/{id}/cancel", "cancel_run", summary, "RunAccepted", example);
    operation.parameters = vec![in_path("id", "Of the run.")];
    operation.status = 202;
    operation
}

fn acknowledge() -> Operation {
    let summary = "Acknowledge a run that ended `unknown` or `partial`, so that no alert is raised about it any more";
    let example = json!({"id": "12", "state": "unknown"});
    let mut operation = operation("post", "/runs/{id}/acknowledge", "acknowledge_run", summary, "RunAccepted", example);
    operation.parameters = vec![in_path("id", "Of the run.")];
    operation
}

fn purge_cache() -> Operation {
    let summary = "Purge the caches in front of an app; accepted is not proven";
    let example = json!({"id": "12", "state": "queued"});
    let mut operation = operation("post", "/apps/{id}/cache-purges", "purge_cache", summary, "RunAccepted", example);
    operation.parameters = vec![in_path("id", "Of the app."), idempotency_key()];
    operation.body = Some(("CachePurge", json!({"hosts": ["www.shop.example"], "reason": "new prices are out"})));
    operation.status = 202;
    operation
}

/// For calls that a client may have to send twice.
pub fn idempotency_key() -> Parameter {
    Parameter {
        name: "Idempotency-Key".to_owned(),
        place: "header",
        about: "The same key with the same body gets the first answer, with another body 422; known for two days."
            .to_owned(),
        schema: text(),
    }
}

fn run() -> Value {
    json!({
        "id": "12", "action": "purge_cache", "title": "Purge 3 hosts of shop", "target": "shop", "state": "succeeded",
        "reason": "new prices are out", "actor": "ada@example.com", "effective_actor": "", "outcome": "Done.",
        "requested_at": MOMENT, "not_before": MOMENT, "started_at": MOMENT, "deadline_at": MOMENT, "ended_at": MOMENT,
        "cancel_requested_at": null, "acknowledged_at": null, "parent_id": null,
    })
}
