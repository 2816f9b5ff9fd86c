//! Findings on pages and in the API, and how somebody says that one is known.

use quarterdeck::accounts::tokens::{self, Wanted};
use quarterdeck::audit::Doer;
use quarterdeck::kinds::Held;
use quarterdeck::kinds::Role::Is;
use quarterdeck::roles::{Role, TokenScope};
use quarterdeck::store::Db;
use secrecy::ExposeSecret;

use super::{found, numbers, swept};
use crate::relations::{one, record};
use crate::support::browser::Page;
use crate::support::database::{Database, a_quiet_noon, on_each_database};
use crate::support::panel::Panel;
use crate::support::seed::minute;

/// A panel with one dangling record, whose name is not well meant.
async fn panel(db: Db) -> Panel {
    let mut evil = record(501, "a.example.com", "ip:192.0.2.1");
    evil.name = "<script>alert(1)</script>".to_owned();
    let old = one(101, "=cmd|old").link(Held::Key, Is, "ip:192.0.2.1", minute(10), None).gone(minute(100));
    swept(&db, vec![old, evil]).await;
    let panel = Panel::over(db).await;
    panel.person("olga@example.com", Role::Operator).await;
    panel.person("vera@example.com", Role::Viewer).await;
    panel
}

fn notice(page: &Page) -> String {
    let document = scraper::Html::parse_document(&page.text);
    let notice = scraper::Selector::parse(".notice p").unwrap();
    document.select(&notice).next().map(|found| found.text().collect::<String>()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finding_is_ignored_until_a_day_and_then_told_of_again() {
    on_each_database(|db: Db| async move {
        let panel = panel(db.clone()).await;
        let olga = panel.signed_in("olga@example.com").await;
        let id = found(&db, "dangling-record").await[0].stored.id;
        let (path, list) = (format!("/findings/dangling-record/{id}"), "/findings/dangling-record");
        let shown = olga.get(list).await;
        assert_eq!(shown.status, 200);
        assert!(
            shown.text.contains("&#60;script&#62;alert(1)") && !shown.text.contains("<script>alert"),
            "{}",
            shown.text
        );

        let sent = olga
            .post(&path, &format!("{path}/ignore"), &[("until", "2026-11-08"), ("reason", "moves on Friday")])
            .await;
        assert_eq!((sent.status, sent.header("location")), (303, list));
        assert_eq!(numbers(&db, "dangling-record").await, (0, 0, 1));
        let shown = olga.get(list).await.text;
        assert!(shown.contains("moves on Friday") && shown.contains("olga@example.com"), "{shown}");
        assert!(olga.get("/findings/dangling-record?ignored=false").await.text.contains("No finding matches"));

        // Twice the same is the same.
        let again =
            olga.post(list, &format!("{path}/ignore"), &[("until", "2026-11-09"), ("reason", "on Saturday")]).await;
        assert_eq!(again.status, 303);
        assert_eq!(numbers(&db, "dangling-record").await, (0, 0, 1));
        assert_eq!(olga.post(&path, &format!("{path}/heed"), &[]).await.status, 303);
        assert_eq!(numbers(&db, "dangling-record").await, (1, 0, 0));

        let audited = db
            .read(|connection| quarterdeck::store::audit::page(connection, "finding.", None, 10))
            .await
            .unwrap()
            .rows
            .into_iter()
            .map(|row| format!("{} {} {} {}: {}", row.actor, row.action, row.reason, row.outcome, row.after_state))
            .collect::<Vec<_>>();
        assert_eq!(
            audited,
            [
                "olga@example.com finding.heed  succeeded: told of again",
                "olga@example.com finding.ignore on Saturday succeeded: until 2026-11-09 00:00 UTC",
                "olga@example.com finding.ignore moves on Friday succeeded: until 2026-11-08 00:00 UTC",
            ]
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_day_comes_and_it_is_told_of_by_itself() {
    let database = Database::any().await;
    let db = database.open(a_quiet_noon());
    let panel = panel(db.clone()).await;
    let olga = panel.signed_in("olga@example.com").await;
    let id = found(&db, "dangling-record").await[0].stored.id;
    let path = format!("/findings/dangling-record/{id}");
    let until = "2026-11-01T08:28:00Z";
    olga.post(&path, &format!("{path}/ignore"), &[("until", until), ("reason", "three minutes")]).await;
    assert_eq!(numbers(&db, "dangling-record").await, (0, 0, 1));
    super::stand_at(&db, 509);
    assert_eq!(numbers(&db, "dangling-record").await, (1, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_ignored_so_is_refused_with_what_was_typed() {
    let database = Database::any().await;
    let db = database.open(a_quiet_noon());
    let panel = panel(db.clone()).await;
    let (olga, vera) = (panel.signed_in("olga@example.com").await, panel.signed_in("vera@example.com").await);
    let id = found(&db, "dangling-record").await[0].stored.id;
    let path = format!("/findings/dangling-record/{id}");
    for (until, reason) in [
        ("", "why"),
        ("soon", "why"),
        ("2026-10-31", "why"),
        ("2028-01-01", "why"),
        ("2026-11-08", " "),
        ("2026-11-08", &*"x".repeat(501)),
    ] {
        let page = olga.post(&path, &format!("{path}/ignore"), &[("until", until), ("reason", reason)]).await;
        assert_eq!(page.status, 422, "{until:?} {reason:?}");
        if reason == "why" {
            insta::allow_duplicates! {
                insta::assert_snapshot!(notice(&page), @"Say until which day, as 2026-12-24: a day that is to come, within a year.");
            }
        } else {
            insta::allow_duplicates! {
                insta::assert_snapshot!(notice(&page), @"Say why, in 1 to 500 characters.");
            }
        }
        assert!(page.text.contains(&format!("value=\"{reason}\"")), "what was typed is kept");
    }
    let page = vera.post("/account", &format!("{path}/ignore"), &[("until", "2026-11-08"), ("reason", "why")]).await;
    assert_eq!(page.status, 403);
    assert!(!vera.get(&path).await.text.contains("/ignore"), "no form that would be refused");
    for missing in ["/findings/no-such-rule", "/findings/dangling-record/999999"] {
        assert_eq!(olga.get(missing).await.status, 404, "{missing}");
    }
    for bad in ["?cursor=x", "?ignored=perhaps", "?status=x", "?limit=0"] {
        assert_eq!(olga.get(&format!("/findings/dangling-record{bad}")).await.status, 422, "{bad}");
    }
    assert_eq!(numbers(&db, "dangling-record").await, (1, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn machines_read_the_same_and_may_ignore_too() {
    let database = Database::any().await;
    let db = database.open(a_quiet_noon());
    let panel = panel(db.clone()).await;
    let token = async |scope| {
        let wanted = Wanted { name: "machine".to_owned(), scope, days: 30, networks: Vec::new() };
        let (_, token) = tokens::create(&panel.context, &Doer::command_line(), None, wanted).await.unwrap();
        format!("Bearer {}", token.expose_secret())
    };
    let (reads, acts) = (token(TokenScope::Read).await, token(TokenScope::Act).await);
    let rules = panel.ask("GET", "/api/v1/findings", &[("authorization", &reads)]).await.json();
    let rule = rules["items"].as_array().unwrap().iter().find(|one| one["rule"] == "dangling-record").unwrap();
    assert_eq!((&rule["sure"], &rule["unsure"], &rule["ignored"]), (&1.into(), &0.into(), &0.into()));

    let list = panel.ask("GET", "/api/v1/findings/dangling-record", &[("authorization", &reads)]).await.json();
    let item = &list["items"][0];
    assert_eq!(
        (&item["subject"], &item["sure"], &item["other"]["name"]),
        (&"ip:192.0.2.1".into(), &true.into(), &"=cmd|old".into())
    );
    let path = format!("/api/v1/findings/dangling-record/{}", item["id"].as_str().unwrap());
    assert_eq!(panel.ask("GET", &path, &[("authorization", &reads)]).await.json()["id"], item["id"]);

    let body = r#"{"until": "2026-11-08", "reason": "known"}"#;
    let headers = |token| [("authorization", token), ("content-type", "application/json")];
    let refused = panel.send("POST", &format!("{path}/ignore"), &headers(&*reads), body).await;
    assert_eq!(refused.status, 403);
    let done = panel.send("POST", &format!("{path}/ignore"), &headers(&*acts), body).await;
    assert_eq!((done.status, &done.json()["ignored_reason"]), (200, &"known".into()));
    let bad =
        panel.send("POST", &format!("{path}/ignore"), &headers(&*acts), r#"{"until": "never", "reason": "x"}"#).await;
    assert_eq!((bad.status, bad.header("content-type")), (422, "application/problem+json"));
    let told = panel.send("POST", &format!("{path}/heed"), &headers(&*acts), "").await;
    assert_eq!((told.status, &told.json()["ignored_until"]), (200, &serde_json::Value::Null));

    let csv = panel.ask("GET", "/api/v1/findings/dangling-record?format=csv", &[("authorization", &reads)]).await.text;
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines.len(), 2, "{csv}");
    assert!(lines[1].contains(",'=cmd|old,"), "nothing that a spreadsheet would run: {csv}");
}
