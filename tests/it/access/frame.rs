//! What every answer carries, and how failures are told.

use actix_web::middleware::from_fn;
use actix_web::{App, HttpResponse, web};
use quarterdeck::roles::Role;
use quarterdeck::store::StoreError;
use quarterdeck::web::error::PageError;
use quarterdeck::web::frame;

use crate::support::database::{Database, a_quiet_noon, on_each_database};
use crate::support::panel::Panel;

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_the_headers_that_keep_strangers_out() {
    let database = Database::any().await;
    let panel = Panel::at(database.open(a_quiet_noon()), "https://panel.example.com").await;
    panel.person("ada@example.com", Role::Viewer).await;
    let ada = panel.signed_in("ada@example.com").await;
    for (path, status) in [("/account", 200), ("/nowhere", 404), ("/healthz", 200), ("/sign-in", 303)] {
        let page = ada.get(path).await;
        assert_eq!(page.status, status, "{path}");
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'"), "{path}");
        assert!(!policy.contains("unsafe") && policy.contains("frame-ancestors 'none'"));
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("strict-transport-security", "max-age=63072000; includeSubDomains"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(page.header(name), value, "{path} {name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn by_https_cookies_are_bound_to_the_host_and_to_https() {
    let database = Database::any().await;
    let panel = Panel::at(database.open(a_quiet_noon()), "https://panel.example.com").await;
    panel.person("ada@example.com", Role::Viewer).await;
    let browser = panel.browser();
    let before = browser.get("/sign-in").await;
    let after = browser.sign_in("ada@example.com", crate::support::panel::PASSWORD).await;
    for (page, name) in [(before, "__Host-quarterdeck-form="), (after, "__Host-quarterdeck=")] {
        let cookie = page.header("set-cookie");
        assert!(cookie.starts_with(name), "{cookie}");
        for flag in ["; HttpOnly", "; Secure", "; SameSite=Lax", "; Path=/"] {
            assert!(cookie.contains(flag), "{cookie}");
        }
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_who_looks_at_the_door_costs_no_row() {
    on_each_database(async |db| {
        let panel = Panel::over(db).await;
        for _ in 0..3 {
            assert_eq!(panel.browser().get("/sign-in").await.status, 200);
        }
        let mut rows = quarterdeck::store::sql::Sql::new("SELECT COUNT(*) AS rows FROM sessions");
        rows.push("");
        #[derive(diesel::QueryableByName)]
        struct Count {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            rows: i64,
        }
        let count = panel.context.db.read(move |connection| rows.first::<Count>(connection)).await.unwrap();
        assert_eq!(count.map(|count| count.rows), Some(0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_a_page_for_people_and_a_problem_for_machines() {
    let database = Database::any().await;
    let panel = Panel::over(database.open(a_quiet_noon())).await;
    let page = panel.ask("GET", "/no/such/page/here", &[]).await;
    assert_eq!((page.status, page.header("content-type")), (404, "text/html; charset=utf-8"));
    assert!(page.text.contains("There is no such page"));
    let problem = panel.ask("GET", "/api/v1/no/such/thing/here", &[]).await;
    assert_eq!((problem.status, problem.header("content-type")), (404, "application/problem+json"));
    assert_eq!(problem.json()["type"], "/problems/not-found");
    let method = panel.ask("DELETE", "/sign-in", &[]).await;
    assert_eq!(method.status, 405);
    assert!(method.text.contains("Method not allowed"), "{}", method.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panel_that_is_asked_to_stop_answers_what_is_in_hand() {
    let database = Database::any().await;
    let panel = Panel::over(database.open(a_quiet_noon())).await;
    assert_eq!(panel.ask("GET", "/readyz", &[]).await.json()["ready"], true);
    assert_eq!(panel.ask("HEAD", "/healthz", &[]).await.status, 200);
    panel.context.stop.cancel();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_shows_the_number_under_which_the_log_has_the_reason() {
    let database = Database::any().await;
    let panel = Panel::over(database.open(a_quiet_noon())).await;
    async fn panics() -> HttpResponse {
        panic!("the reason, which is nobody's business")
    }
    async fn fails() -> Result<HttpResponse, PageError> {
        Err(PageError::Internal(anyhow::anyhow!("the reason, which is nobody's business")))
    }
    async fn waits_in_vain() -> Result<HttpResponse, PageError> {
        Err(StoreError::Cancelled.into())
    }
    let context = panel.context.clone();
    let answers = actix_web::rt::task::spawn_blocking(move || {
        actix_web::rt::System::new().block_on(async move {
            let app = App::new()
                .app_data(web::Data::new(context))
                .route("/panics", web::get().to(panics))
                .route("/api/v1/fails", web::get().to(fails))
                .route("/waits", web::get().to(waits_in_vain))
                .wrap(from_fn(frame::surround));
            let app = actix_web::test::init_service(app).await;
            let mut answers = Vec::new();
            for path in ["/panics", "/api/v1/fails", "/waits"] {
                let request = actix_web::test::TestRequest::get().uri(path).to_request();
                let response = match actix_web::dev::Service::call(&app, request).await {
                    Ok(response) => response.into_parts().1,
                    Err(error) => error.error_response(),
                };
                let (status, policy) =
                    (response.status().as_u16(), response.headers().contains_key("content-security-policy"));
                let body = actix_web::body::to_bytes(response.into_body()).await.unwrap_or_default();
                answers.push((status, policy, String::from_utf8_lossy(&body).into_owned()));
            }
            answers
        })
    })
    .await
    .unwrap();
    assert_eq!(answers.iter().map(|(status, ..)| *status).collect::<Vec<_>>(), [500, 500, 503]);
    for (_, policy, text) in &answers {
        assert!(policy, "headers are on failures too");
        assert!(!text.contains("nobody's business"), "{text}");
    }
    assert!(answers[0].2.contains("Quote this when you ask somebody"), "{}", answers[0].2);
    let problem: serde_json::Value = serde_json::from_str(&answers[1].2).unwrap();
    assert_eq!(problem["type"], "/problems/internal");
    assert_eq!(problem["request_id"].as_str().map(str::len), Some(12));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_keeps_the_theme_and_leads_back_to_where_one_came_from() {
    let database = Database::any().await;
    let panel = Panel::over(database.open(a_quiet_noon())).await;
    panel.person("ada@example.com", Role::Viewer).await;
    let ada = panel.signed_in("ada@example.com").await;
    let dark = ada.post("/account", "/account/theme", &[("theme", "dark"), ("next", "/account")]).await;
    assert_eq!((dark.status, dark.header("location")), (303, "/account"));
    let from = |host: &str| format!("http://{host}/instances?status=running");
    for (host, leads_back) in [(panel.address(), true), ("elsewhere.example", false)] {
        let refused = ada.get_from("/instances?statsu=x", &from(host)).await;
        assert_eq!(refused.status, 422);
        assert!(refused.text.contains("data-bs-theme=\"dark\""), "{}", refused.text);
        assert_eq!(refused.text.contains("href=\"/instances?status=running\""), leads_back, "{}", refused.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_after_a_refused_form_has_a_place_to_come_back_to() {
    let database = Database::any().await;
    let panel = Panel::over(database.open(a_quiet_noon())).await;
    panel.person("ada@example.com", Role::Viewer).await;
    let ada = panel.signed_in("ada@example.com").await;
    let form =
        [("current_password", "wrong"), ("new_password", "long enough 1"), ("new_password_again", "long enough 1")];
    let mut page = ada.post("/account", "/account/password", &form).await;
    assert_eq!(page.status, 422);
    assert!(page.text.contains(r#"name="next" value="/account""#), "{}", page.text);
    while page.status == 422 {
        page = ada.post("/account", "/account/password", &form).await;
    }
    assert_eq!((page.status, page.header("retry-after")), (429, "30"));
}
