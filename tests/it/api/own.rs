//! What the panel tells of itself: sources, alerts, tasks, the audit; and that nothing mistyped is answered.

use quarterdeck::roles::{Role, TokenScope};

use super::Platform;

#[tokio::test]
async fn every_list_is_a_list_and_what_is_mistyped_is_refused() {
    let platform = Platform::start().await;
    platform.busy().await;
    let ada = platform.ada().await;
    for path in ["sources", "alerts", "tasks", "audit", "users", "invitations", "instances"] {
        let list = ada.get(&format!("/api/v1/{path}")).await.json();
        assert!(!list["items"].as_array().unwrap().is_empty(), "{path}");
        for part in ["next_cursor", "confirmed_at", "complete"] {
            assert!(list.get(part).is_some(), "{path} has no {part}");
        }
        assert!(list["complete"].is_boolean(), "{path}");
        assert_eq!(ada.get(&format!("/api/v1/{path}?statsu=x")).await.status, 422, "{path}");
    }
    for wrong in [
        "/api/v1/search?q=shop&kind=zone",
        "/api/v1/search?q=shop&at=tomorrow",
        "/api/v1/alerts?state=closed",
        "/api/v1/alerts?severity=bad",
        "/api/v1/alerts?cursor=x",
        "/api/v1/audit?limit=0",
        "/api/v1/instances?gone=1",
        "/api/v1/instances?columns=nonsense",
        "/api/v1/instances?format=xml",
        "/instances?format=xml",
        "/alerts?state=closed",
    ] {
        assert_eq!(ada.get(wrong).await.status, 422, "{wrong}");
    }
}

#[tokio::test]
async fn a_search_at_a_past_moment_finds_what_was_there_then() {
    let platform = Platform::start().await;
    let ada = platform.ada().await;
    let found = async |path: &str| ada.get(path).await.json()["groups"].as_array().unwrap().len();
    assert!(found("/api/v1/search?q=shop").await > 0);
    assert_eq!(found("/api/v1/search?q=shop&at=30d").await, 0);
}

#[tokio::test]
async fn alerts_come_the_worst_first_page_by_page_and_by_severity() {
    let platform = Platform::start().await;
    platform.busy().await;
    let ada = platform.ada().await;
    let mut path = "/api/v1/alerts?limit=1".to_owned();
    let mut walked = Vec::new();
    loop {
        let page = ada.get(&path).await.json();
        walked.extend(page["items"].as_array().unwrap().iter().map(|item| item["title"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/api/v1/alerts?limit=1&cursor={cursor}");
    }
    assert_eq!(walked, ["bad is wrong", "warning is wrong", "info is wrong"]);
    let resolved = ada.get("/api/v1/alerts?state=resolved&severity=critical").await.json();
    assert_eq!(resolved["items"][0]["title"], "over is wrong");
    let none = ada.get("/api/v1/alerts?state=resolved&severity=info").await.json();
    assert_eq!(none["items"].as_array().unwrap().len(), 0);
    let page = ada.get("/alerts?severity=warning").await.text;
    assert!(page.contains("warning is wrong") && !page.contains("bad is wrong"));
}

#[tokio::test]
async fn tasks_are_run_and_the_audit_is_read_by_machines_of_administrators_alone() {
    let platform = Platform::start().await;
    platform.busy().await;
    let panel = &platform.panel;
    panel.person("otto@example.com", Role::Operator).await;
    let ask = async |method: &str, path: &str, token: &str| panel.ask(method, path, &[("authorization", token)]).await;

    let otto = platform.token_of("otto@example.com", TokenScope::Act).await;
    assert_eq!(ask("GET", "/api/v1/tasks", &otto).await.status, 200);
    assert_eq!(ask("POST", "/api/v1/tasks/sync/run", &otto).await.status, 403);
    assert_eq!(ask("GET", "/api/v1/audit", &otto).await.status, 403);
    assert_eq!(panel.signed_in("otto@example.com").await.get("/api/v1/audit").await.status, 404, "as the page is");

    let ada = platform.token_of("ada@example.com", TokenScope::Act).await;
    let asked = ask("POST", "/api/v1/tasks/sync/run", &ada).await;
    assert_eq!((asked.status, asked.json()["state"].as_str()), (202, Some("queued")));
    assert!(ask("GET", "/api/v1/tasks", &ada).await.json()["items"][0]["requested_at"].is_string());
    assert_eq!(ask("POST", "/api/v1/tasks/nonsense/run", &ada).await.status, 404);
    let audit = ask("GET", "/api/v1/audit?q=task.run&limit=1", &ada).await.json();
    let item = &audit["items"][0];
    assert_eq!((item["subject"].as_str(), item["outcome"].as_str()), (Some("nonsense"), Some("failed")));
    assert_eq!(item["effective_actor"], "ada@example.com");
    let cursor = audit["next_cursor"].as_str().expect("there is one more");
    let next = ask("GET", &format!("/api/v1/audit?q=task.run&limit=1&cursor={cursor}"), &ada).await.json();
    assert_eq!(next["items"][0]["subject"], "sync");
    assert!(next["next_cursor"].is_null());
}
