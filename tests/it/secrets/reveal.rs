//! Who is shown a value, and what stays behind of that.

use quarterdeck::roles::Role;

use super::*;
use crate::support::database::{Database, a_quiet_noon};
use crate::support::panel::{Browser, PASSWORD, Panel, SECRET_KEY};

/// A panel over a synced controller, and the app's id.
async fn panel() -> (Panel, House, i64, Database) {
    let database = Database::any().await;
    let db = database.open(a_quiet_noon());
    db.unlock(&SECRET_KEY.into()).await.unwrap();
    let fake = controller().await;
    let house = house(db.clone(), &fake).await;
    house.sync("paas").await;
    let id = app_id(&house).await;
    (Panel::over(db).await, house, id, database)
}

async fn signed_in(panel: &Panel, role: Role) -> Browser {
    let email = format!("{role}@example.com");
    panel.person(&email, role).await;
    panel.signed_in(&email).await
}

/// The audit's rows of the act, as `actor subject outcome after`.
async fn audited(house: &House) -> Vec<String> {
    house
        .read(|connection| {
            let rows: Vec<Told> = Sql::new(
                "SELECT actor || ' ' || subject || ' ' || outcome || ' ' || after_state AS text FROM audit_log \
                 WHERE action = 'secret.reveal' ORDER BY id",
            )
            .load(connection)?;
            Ok(rows.into_iter().map(|row| row.text).collect())
        })
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_is_shown_after_the_password_and_the_audit_says_so() {
    let (panel, house, id, _database) = panel().await;
    let olga = signed_in(&panel, Role::Operator).await;
    let (app, values) = (format!("/apps/{id}"), format!("/apps/{id}/values"));
    assert!(olga.get(&app).await.text.contains(&format!("href=\"{values}\"")));
    let asked = olga.get(&values).await;
    assert!(asked.status == 200 && asked.text.contains("DATABASE_URL") && !asked.text.contains(CANARY));

    let wrong = olga.post(&values, &values, &[("password", "not the password"), ("name", "DATABASE_URL")]).await;
    assert!(wrong.status == 422 && wrong.text.contains("The current password is wrong."), "{}", wrong.text);
    assert!(!wrong.text.contains(CANARY));
    let one = olga.post(&values, &values, &[("password", PASSWORD), ("name", "DATABASE_URL")]).await;
    assert!(one.status == 200 && one.text.contains(CANARY) && !one.text.contains("8080"), "{}", one.text);
    assert_eq!(one.header("cache-control"), "no-store, private");
    let all = olga.post(&values, &values, &[("password", PASSWORD), ("name", "")]).await;
    assert!(all.text.contains(CANARY) && all.text.contains("8080"));

    assert_eq!(
        audited(&house).await,
        [
            "operator@example.com app paas/shop: DATABASE_URL refused the password was wrong",
            "operator@example.com app paas/shop: DATABASE_URL succeeded 1 values shown",
            "operator@example.com app paas/shop: DATABASE_URL, PORT succeeded 2 values shown",
        ]
    );
    assert!(!everything_stored(&house.db).await.contains(CANARY), "not even now");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_is_shown_names_and_refused_values() {
    let (panel, house, id, _database) = panel().await;
    let vera = signed_in(&panel, Role::Viewer).await;
    let page = vera.get(&format!("/apps/{id}")).await;
    assert!(page.text.contains("DATABASE_URL") && !page.text.contains("/values\""));
    let values = format!("/apps/{id}/values");
    assert_eq!(vera.get(&values).await.status, 403);
    let fields = [("password", PASSWORD), ("name", "")];
    let refused = vera.post("/account", &values, &fields).await;
    assert!(refused.status == 403 && !refused.text.contains(CANARY));
    assert_eq!(audited(&house).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_at_the_password_are_throttled() {
    let (panel, house, id, _database) = panel().await;
    let olga = signed_in(&panel, Role::Operator).await;
    let values = format!("/apps/{id}/values");
    let mut statuses = Vec::new();
    for _ in 0..7 {
        statuses.push(olga.post(&values, &values, &[("password", "a guess"), ("name", "PORT")]).await.status);
    }
    assert!(statuses.starts_with(&[422, 422]) && statuses.ends_with(&[429]), "{statuses:?}");
    let right = olga.post(&values, &values, &[("password", PASSWORD), ("name", "PORT")]).await;
    assert_eq!(right.status, 429, "a throttle holds for the right one, too");
    assert!(right.header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds > 0));
    assert!(audited(&house).await.iter().all(|row| row.contains("refused")));
}

#[tokio::test(flavor = "multi_thread")]
async fn f20_no_page_answer_or_export_holds_a_value() {
    let (panel, _house, id, _database) = panel().await;
    let ada = signed_in(&panel, Role::Admin).await;
    let mut sung = Vec::new();
    for path in [
        format!("/apps/{id}"),
        format!("/apps/{id}/history"),
        format!("/apps/{id}/values"),
        format!("/api/v1/apps/{id}"),
        "/apps?columns=name,config,limits,release".to_owned(),
        "/apps?format=csv&columns=name,config,release".to_owned(),
        "/api/v1/apps".to_owned(),
        format!("/search?q={CANARY}"),
        "/api/v1/search?q=canary-9c4".to_owned(),
        "/sources/paas".to_owned(),
        "/syncs".to_owned(),
        "/audit".to_owned(),
        "/".to_owned(),
    ] {
        let page = ada.get(&path).await;
        assert_eq!(page.status, 200, "{path}");
        // The search says what was searched for.
        if page.text.matches(CANARY).count() > 0 && !path.starts_with("/search") {
            sung.push(path);
        }
    }
    assert_eq!(sung, Vec::<String>::new());
    let page = ada.get(&format!("/apps/{id}")).await;
    assert!(page.text.contains("panel set DATABASE_URL to [redacted]"), "{}", page.text);
    assert!(page.text.len() < 60_000, "{} bytes", page.text.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_not_there_has_no_value_and_nothing_is_written() {
    let (panel, house, id, _database) = panel().await;
    let olga = signed_in(&panel, Role::Operator).await;
    let values = format!("/apps/{id}/values");
    assert_eq!(olga.post(&values, &values, &[("password", PASSWORD), ("name", "NOPE")]).await.status, 404);
    assert_eq!(olga.get("/apps/999999/values").await.status, 404);
    assert_eq!(olga.get(&format!("/instances/{id}/values")).await.status, 404);
    assert_eq!(audited(&house).await, Vec::<String>::new());
}
