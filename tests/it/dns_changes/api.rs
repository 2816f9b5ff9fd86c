//! The same by the API and by the pages.

use quarterdeck::accounts::tokens::{self, Wanted};
use quarterdeck::audit::Doer;
use quarterdeck::roles::{Role, TokenScope};
use secrecy::ExposeSecret;

use super::a_fresh_one;
use super::{BLUE, Estate, GREEN};
use crate::support::panel::Panel;

async fn panel(estate: &Estate) -> (Panel, String) {
    let panel = Panel::connected(estate.context.db.clone(), estate.context.sources.to_vec(), |_| {}).await;
    let wanted = Wanted { name: "machine".to_owned(), scope: TokenScope::Act, days: 1, networks: Vec::new() };
    let (_, token) = tokens::create(&panel.context, &Doer::command_line(), None, wanted).await.unwrap();
    (panel, format!("Bearer {}", token.expose_secret()))
}

#[tokio::test]
async fn a_switch_by_the_api() {
    let (_place, db) = a_fresh_one().await;
    let estate = Estate::over(db, &["example.com"]).await;
    estate.ledger.put("www.example.com", "A", 300, &BLUE);
    estate.sync().await;
    let (panel, token) = panel(&estate).await;
    let headers = [("authorization", token.as_str()), ("content-type", "application/json"), ("idempotency-key", "one")];
    let send = async |path: &str, body: &str| panel.send("POST", path, &headers, body).await;
    let (from, to) = (estate.id("load_balancer", "blue").await, estate.id("load_balancer", "green").await);

    let body = format!(r#"{{"action": "switch", "from": "{from}", "to": "{to}", "reason": "drained"}}"#);
    let planned = send("/api/v1/dns-changes", &body).await;
    assert_eq!(planned.status, 201, "{}", planned.text);
    let change = planned.json();
    assert_eq!(change["state"], "planned");
    assert_eq!(change["changes"][0]["before"]["contents"], serde_json::json!(BLUE));
    assert_eq!(change["changes"][0]["after"]["contents"], serde_json::json!(GREEN));
    assert_eq!(send("/api/v1/dns-changes", &body).await.json()["id"], change["id"], "the first answer once more");
    let other = send("/api/v1/dns-changes", &body.replace("drained", "other")).await;
    assert_eq!(other.status, 422);

    let path = format!("/api/v1/dns-changes/{}", change["id"].as_str().unwrap());
    estate.ledger.put("www.example.com", "A", 600, &BLUE);
    let outdated = send(&format!("{path}/apply"), r#"{"generation": 1}"#).await;
    assert_eq!((outdated.status, outdated.json()["type"].as_str()), (409, Some("/problems/plan-outdated")));
    assert_eq!(outdated.json()["change"]["generation"], 2);
    assert_eq!(estate.ledger.writes(), 0);

    let applied = send(&format!("{path}/apply"), r#"{"generation": 2}"#).await;
    assert_eq!((applied.status, applied.json()["state"].as_str()), (202, Some("queued")));
    let id = change["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(estate.work(id).await, "succeeded");
    let undone = send(&format!("{path}/undo"), "").await;
    assert_eq!(undone.status, 202, "{}", undone.text);
    assert_eq!(estate.work(undone.json()["id"].as_str().unwrap().parse().unwrap()).await, "succeeded");
    assert_eq!(estate.ledger.contents("www.example.com", "A"), BLUE);
    assert_eq!(panel.ask("GET", &path, &headers[..1]).await.json()["state"], "undone");

    let edit = r#"{"action": "edit", "apply": true, "records": [{"op": "delete", "zone": "example.com", "name": "no", "type": "A"}]}"#;
    let refused = panel.send("POST", "/api/v1/dns-changes", &headers[..2], edit).await;
    assert_eq!((refused.status, refused.json()["type"].as_str()), (422, Some("/problems/guard-refused")));
    assert_eq!(refused.json()["change"]["refusals"][0]["code"], "invalid");
}

#[tokio::test]
async fn a_record_by_the_form_and_a_double_click() {
    let (_place, db) = a_fresh_one().await;
    let estate = Estate::over(db, &["example.com"]).await;
    estate.ledger.put("www.example.com", "A", 300, &["192.0.2.1"]);
    estate.sync().await;
    let (panel, _) = panel(&estate).await;
    panel.person("otto@example.com", Role::Operator).await;
    panel.person("vera@example.com", Role::Viewer).await;
    let (otto, vera) = (panel.signed_in("otto@example.com").await, panel.signed_in("vera@example.com").await);
    let record = estate.id("dns_record", "www.example.com").await;
    let form = format!("/dns-changes/new?record={record}&op=update");
    let page = otto.get(&form).await;
    assert!(page.text.contains("192.0.2.1"), "{}", page.text);
    let fields = [
        ("action", "edit"),
        ("op", "update"),
        ("zone", "example.com"),
        ("source", "dns"),
        ("name", "www.example.com"),
        ("type", "A"),
        ("contents", "192.0.2.7\n192.0.2.8"),
        ("ttl", "120"),
        ("comment", "<script>alert(1)</script>"),
        ("idempotency_key", "click"),
    ];
    let planned = otto.post(&form, "/dns-changes", &fields).await;
    assert_eq!(planned.status, 303, "{}", planned.text);
    let path = planned.header("location").to_owned();
    assert_eq!(otto.post(&form, "/dns-changes", &fields).await.header("location"), path, "one click is one change");
    let shown = otto.get(&path).await;
    assert!(shown.text.contains("<del>192.0.2.1</del>") && shown.text.contains("<ins>192.0.2.7</ins>"));
    assert!(!shown.text.contains("<script>alert(1)"), "a comment is text");
    assert!(vera.get(&path).await.text.contains("192.0.2.7"), "viewers may look");
    let refused = vera.post("/account", &format!("{path}/apply"), &[("generation", "1")]).await;
    assert_eq!(refused.status, 403);
    assert_eq!(otto.post(&path, &format!("{path}/apply"), &[("generation", "1")]).await.status, 303);
    let id = path.rsplit('/').next().unwrap().parse().unwrap();
    assert_eq!(estate.work(id).await, "succeeded");
    assert_eq!(estate.ledger.contents("www.example.com", "A"), ["192.0.2.7", "192.0.2.8"]);
    let done = otto.get(&path).await;
    assert!(done.text.contains("Take it back") && done.text.contains("Seen from outside"), "{}", done.text);
    assert!(!vera.get(&path).await.text.contains("Take it back</button>"));
    assert!(otto.get("/dns-changes").await.text.contains("Update www.example.com A"));
}
