//! The call that lists what hosts really send.

use serde_json::json;

use super::{MOMENT, Operation, number, page_of, query, text};
use crate::served::Judgement;
use crate::store::listing::MOST;
use crate::web::listing::ROWS;

pub fn list() -> Operation {
    let judgements = Judgement::ALL.map(Judgement::as_str);
    let sent = json!({
        "subject": "CN=shop.example.com", "issuer": "C=US, O=Let's Encrypt, CN=R11", "names": ["shop.example.com"],
        "serial": "04A1B2", "key": "EC P-256", "signature": "sha256WithRSAEncryption", "not_before": MOMENT, "not_after": MOMENT,
        "fingerprint": "3A:5C:…", "is_ca": false,
    });
    let finding = json!({
        "judgement": "expired", "text": "It expired on 20 Nov 2026, 09:00 UTC.",
        "advice": "Renew it, and reload whatever sends it: every client refuses it now.", "days": null,
    });
    let example = json!({
        "id": "12", "host": "shop.example.com", "address": "198.51.100.10", "port": 443, "via": "balancer eu-edge", "proxied": false,
        "outcome": "read", "error": "", "judgement": "expired", "findings": [finding], "fingerprint": "3A:5C:…",
        "not_after": MOMENT, "chain": [sent], "chain_ends": "web_root", "resource_id": "17", "checked_at": MOMENT,
        "read_at": MOMENT, "stale": false, "since": MOMENT, "good_at": MOMENT,
    });
    Operation {
        method: "get",
        path: "/served-certificates".to_owned(),
        id: "list_served_certificates".to_owned(),
        summary: "What hosts really send at each address behind them, and what that amounts to; the worst first"
            .to_owned(),
        tag: "Inventory",
        parameters: vec![
            query("judgement", "Targets of which this is the worst.", json!({"type": "string", "enum": judgements})),
            query("host", "This very host.", text()),
            query("cursor", "`next_cursor` of the page before.", text()),
            query("limit", "Targets on a page.", number(MOST, ROWS)),
        ],
        body: None,
        status: 200,
        answer: "ServedCertificateList".to_owned(),
        example: page_of(example, serde_json::Value::Null),
        csv: false,
    }
}
