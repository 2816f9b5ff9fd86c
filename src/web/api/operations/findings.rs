//! The calls about findings.

use serde_json::{Value, json};

use super::{MOMENT, Operation, in_path, number, query, text};
use crate::relations::findings::RULES;
use crate::store::listing::MOST;
use crate::web::listing::ROWS;

/// All of them.
pub fn all() -> Vec<Operation> {
    vec![rules(), list(), detail(), ignore(), heed()]
}

fn operation(method: &'static str, path: &str, id: &str, summary: &str, answer: &str, example: Value) -> Operation {
    Operation {
        method,
        path: path.to_owned(),
        id: id.to_owned(),
        summary: summary.to_owned(),
        tag: "Findings",
        parameters: Vec::new(),
        body: None,
        status: 200,
        answer: answer.to_owned(),
        example,
        csv: false,
    }
}

fn rules() -> Operation {
    let example = json!({
        "rule": "dangling-record", "title": "Records that point at something no longer ours",
        "meaning": "Whoever gets the address next answers under this name.", "remedy": "Point it elsewhere, or delete it.",
        "kind": "dns_record", "sure": 3, "unsure": 0, "ignored": 1, "more": false, "doubt": null, "computed_at": MOMENT,
    });
    let example = json!({"items": [example], "next_cursor": null, "confirmed_at": MOMENT, "complete": true});
    operation(
        "get",
        "/findings",
        "list_finding_rules",
        "Every rule, with how many findings it has",
        "FindingRuleList",
        example,
    )
}

fn list() -> Operation {
    let example = json!({"items": [item()], "next_cursor": null, "confirmed_at": MOMENT, "complete": true});
    let mut operation = operation(
        "get",
        "/findings/{rule}",
        "list_findings",
        "The present findings of one rule, by name",
        "FindingList",
        example,
    );
    operation.csv = true;
    operation.parameters = vec![
        rule(),
        query("source", "Only of this source.", text()),
        query("region", "Only in this region.", text()),
        query("cluster", "Only in this cluster.", text()),
        query("ignored", "Only those that are ignored, or are not.", json!({"type": "boolean"})),
        query("cursor", "`next_cursor` of the page before.", text()),
        query("limit", "Findings on a page.", number(MOST, ROWS)),
        query("format", "`csv` for CSV.", json!({"type": "string", "enum": ["csv"]})),
    ];
    operation
}

fn detail() -> Operation {
    let summary = "One finding, for as long as it persists";
    let mut operation = operation("get", "/findings/{rule}/{id}", "get_finding", summary, "FindingItem", item());
    operation.parameters = vec![rule(), in_path("id", "Of the finding.")];
    operation
}

fn ignore() -> Operation {
    let summary = "Ignore a finding until a day: it is shown as ignored, and not counted";
    let path = "/findings/{rule}/{id}/ignore";
    let mut operation = operation("post", path, "ignore_finding", summary, "FindingItem", item());
    operation.parameters = vec![rule(), in_path("id", "Of the finding.")];
    operation.body =
        Some(("IgnoreUntil", json!({"until": "2026-12-24", "reason": "moves to the new cluster next week"})));
    operation
}

fn heed() -> Operation {
    let path = "/findings/{rule}/{id}/heed";
    let mut operation = operation("post", path, "heed_finding", "Stop ignoring a finding", "FindingItem", item());
    operation.parameters = vec![rule(), in_path("id", "Of the finding.")];
    operation
}

fn rule() -> super::Parameter {
    let names: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
    super::Parameter { schema: json!({"type": "string", "enum": names}), ..in_path("rule", "The sort of finding.") }
}

fn item() -> Value {
    json!({
        "id": "12", "rule": "dangling-record", "resource_id": "4711", "kind": "dns_record", "name": "old.example.com",
        "source": "cloudflare", "region": "eu", "cluster": "eu-production", "subject": "ip:198.51.100.10",
        "finding": "is held by nothing of ours any more",
        "other": {"id": "17", "kind": "instance", "name": "web-3", "until": MOMENT}, "sure": true, "doubt": null,
        "found_at": MOMENT, "ignored_until": null, "ignored_reason": null, "ignored_by": null,
    })
}
