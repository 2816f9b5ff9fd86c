//! Lists and details: every row once, nothing guessed, nothing asked twice.

use super::Platform;

#[tokio::test]
async fn a_list_is_walked_by_its_cursor_and_every_row_comes_once() {
    let platform = Platform::start().await;
    let ada = platform.ada().await;
    let all = ada.get("/api/v1/dns-records?limit=1000").await.json();
    let wanted: Vec<String> = ids(&all);
    assert!(wanted.len() > 300 && all["next_cursor"].is_null());
    let mut walked = Vec::new();
    let mut path = "/api/v1/dns-records?limit=100".to_owned();
    loop {
        let page = ada.get(&path).await.json();
        walked.extend(ids(&page));
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/api/v1/dns-records?limit=100&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(walked, wanted);

    let refused = ada.get("/api/v1/dns-records?tpye=A").await;
    assert_eq!(refused.status, 422);
    assert_eq!(refused.header("content-type"), "application/problem+json");
    assert_eq!(refused.json()["type"], "/problems/invalid");
    let records = ada.get("/api/v1/dns-records?type=CNAME&limit=1000").await.json();
    assert!(records["items"].as_array().unwrap().iter().all(|item| item["attrs"]["type"] == "CNAME"));
    assert_eq!(ada.get("/api/v1/instances/999999999").await.status, 404);
    assert_eq!(platform.panel.ask("GET", "/api/v1/instances", &[]).await.status, 401);
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again_and_a_file_holds_everything() {
    let platform = Platform::start().await;
    let ada = platform.ada().await;
    let first = ada.get("/api/v1/zones").await;
    let tag = first.header("etag").to_owned();
    assert!(tag.starts_with("W/\""), "one tag for several encodings: {tag}");
    assert!(first.headers.get_all("vary").iter().any(|vary| vary == "accept"), "{:?}", first.headers);
    let cookie =
        ada.cookies.borrow().iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
    let again = platform.panel.ask("GET", "/api/v1/zones", &[("cookie", &cookie), ("if-none-match", &tag)]).await;
    assert_eq!((again.status, again.text.as_str()), (304, ""));

    let file = ada.get("/api/v1/dns-records?format=csv").await;
    assert!(file.header("content-type").starts_with("text/csv"));
    let rows = ids(&ada.get("/api/v1/dns-records?limit=1000").await.json()).len();
    assert_eq!(file.text.lines().count(), rows + 1, "a head and a line a row");
    let from_the_page = ada.get("/dns-records?format=csv").await;
    assert_eq!(from_the_page.text, file.text);
}

#[tokio::test]
async fn a_past_moment_before_anything_was_known_is_empty_and_not_an_error() {
    let platform = Platform::start().await;
    let ada = platform.ada().await;
    let then = ada.get("/api/v1/instances?at=30d").await.json();
    assert_eq!(ids(&then).len(), 0);
    assert_eq!(ada.get("/api/v1/instances?at=tomorrow").await.status, 422);
    let now = ada.get("/api/v1/instances?limit=1").await.json();
    let id = now["items"][0]["id"].as_str().unwrap();
    assert_eq!(ada.get(&format!("/api/v1/instances/{id}")).await.status, 200);
    assert_eq!(ada.get(&format!("/api/v1/instances/{id}?at=30d")).await.status, 404);
    assert_eq!(ada.get(&format!("/api/v1/zones/{id}")).await.status, 404, "another kind's id");
}

fn ids(list: &serde_json::Value) -> Vec<String> {
    list["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}
