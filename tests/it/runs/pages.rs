//! What people see of runs: the list, a run's page, the stream that follows it, and what the dashboard says.

use std::sync::Arc;
use std::time::Duration;

use quarterdeck::alerts;
use quarterdeck::roles::Role;
use quarterdeck::runs::RunState;
use quarterdeck::store::Scope;
use quarterdeck::store::alerts as kept;
use tokio::sync::Notify;

use crate::support::database::{Database, a_quiet_noon, on_each_database};
use crate::support::panel::Panel;
use crate::support::yard::{Turn, Yard};

/// A panel and a yard over one database.
async fn both(database: &Database) -> (Panel, Yard) {
    let panel = Panel::over(database.open(a_quiet_noon())).await;
    panel.person("olga@example.com", Role::Operator).await;
    let yard = Yard::over(panel.context.db.clone());
    let yard = Yard { executor: yard.executor_over(panel.context.clone()), context: panel.context.clone(), ..yard };
    (panel, yard)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_tells_who_why_what_and_how_and_the_list_finds_it() {
    let database = Database::any().await;
    let (panel, yard) = both(&database).await;
    let olga = panel.signed_in("olga@example.com").await;
    assert!(olga.get("/runs").await.text.contains("Nothing has been done yet"));
    yard.saying.turns("b", &[Turn::Fails]);
    let run = yard.submit(yard.run(&["<script>a", "b"], &["dns/one"])).await;
    yard.ended(run).await;
    let page = olga.get(&format!("/runs/{run}")).await.text;
    for told in ["rolled back", "command line", "because", "request-1", "takes back step 1", "The word cannot be said."]
    {
        assert!(page.contains(told), "{told}: {page}");
    }
    assert!(!page.contains("<script>a") && page.contains("&#60;script&#62;a"), "{page}");
    let listed = async |query: &str| olga.get(&format!("/runs?{query}")).await.text.contains(&format!("/runs/{run}\""));
    assert!(listed("state=rolled_back&target=WORLD&actor=command+line&action=say").await);
    assert!(!listed("state=succeeded").await && !listed("target=nobody").await && !listed("actor=ada").await);
    assert_eq!(olga.get("/runs?state=happy").await.status, 422);
    assert_eq!(olga.get("/runs/999999").await.status, 404);
    assert_eq!(olga.get("/runs/999999/events").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_goes_on_by_cursor_and_loses_nothing() {
    let database = Database::any().await;
    let (panel, yard) = both(&database).await;
    let mut made = Vec::new();
    for number in 0..7 {
        made.push(yard.submit(yard.run(&[&format!("w{number}")], &[])).await.to_string());
    }
    let token = panel.acting().await;
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/v1/runs?limit=3{cursor}");
        let page = panel.ask("GET", &path, &[("authorization", &token)]).await.json();
        found.extend(page["items"].as_array().unwrap().iter().map(|run| run["id"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    found.reverse();
    assert_eq!(found, made);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stream_says_that_a_run_moves_and_ends_with_it() {
    let database = Database::any().await;
    let (panel, yard) = both(&database).await;
    let olga = panel.signed_in("olga@example.com").await;
    let gate = Arc::new(Notify::new());
    yard.saying.turns("a", &[Turn::Waits(Arc::clone(&gate))]);
    let run = yard.submit(yard.run(&["a"], &["dns/one"])).await;
    let path = format!("/runs/{run}/events");
    let work = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        yard.claim().await;
        yard.until("a is under way", async || yard.steps(run).await[0].fenced_at().is_some()).await;
        tokio::time::sleep(Duration::from_millis(600)).await;
        gate.notify_one();
        yard.ended(run).await;
    };
    let both = async { tokio::join!(olga.get(&path), work).0 };
    let told = tokio::time::timeout(Duration::from_secs(20), both).await.expect("the stream ends with the run");
    assert_eq!(told.header("content-type"), "text/event-stream");
    let states: Vec<&str> = told.text.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
    assert_eq!(states.first(), Some(&"queued"), "{}", told.text);
    assert!(states.contains(&"running"), "{}", told.text);
    assert_eq!(states.last(), Some(&"succeeded"), "{}", told.text);
    assert!(told.text.trim_end().rsplit("\n\n").next().unwrap().starts_with("event: ended"), "{}", told.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_when_the_process_stops() {
    let database = Database::any().await;
    let (panel, yard) = both(&database).await;
    let olga = panel.signed_in("olga@example.com").await;
    let run = yard.submit(yard.run(&["a"], &["dns/one"])).await;
    let path = format!("/runs/{run}/events");
    let stop = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        panel.context.stop.cancel();
    };
    let both = async { tokio::join!(olga.get(&path), stop).0 };
    let told = tokio::time::timeout(Duration::from_secs(5), both).await.expect("the stream ends with the process");
    assert!(told.text.contains("data: queued"));
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_cancel_by_the_button_and_machines_by_the_api() {
    let database = Database::any().await;
    let (panel, yard) = both(&database).await;
    let olga = panel.signed_in("olga@example.com").await;
    let one = yard.submit(yard.run(&["a"], &["dns/one"])).await;
    let page = format!("/runs/{one}");
    assert_eq!(olga.post(&page, &format!("{page}/cancel"), &[]).await.status, 303);
    assert_eq!(yard.row(one).await.state(), RunState::Cancelled);
    let two = yard.submit(yard.run(&["b"], &["dns/one"])).await;
    let token = panel.acting().await;
    let cancel = async || panel.ask("POST", &format!("/api/v1/runs/{two}/cancel"), &[("authorization", &token)]).await;
    let answer = cancel().await;
    assert_eq!((answer.status, answer.json()["state"].as_str().unwrap()), (202, "cancelled"));
    let again = cancel().await;
    assert_eq!((again.status, again.json()["detail"].as_str().unwrap()), (409, "This run is cancelled already."));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ended_badly_is_told_until_somebody_takes_note_of_it() {
    on_each_database(async |db| {
        let panel = Panel::over(db).await;
        panel.person("olga@example.com", Role::Operator).await;
        let yard = Yard::over(panel.context.db.clone());
        yard.saying.turns("a", &[Turn::Lost, Turn::Unreadable]);
        let run = yard.submit(yard.run(&["a"], &["dns/one"])).await;
        yard.ended(run).await;
        alerts::evaluate(&yard.context.db).await.unwrap();
        let open = async || {
            let rows = yard.context.db.read(|connection| kept::open(connection, &Scope::unrestricted())).await.unwrap();
            rows.into_iter().map(|row| format!("{} {}", row.severity, row.title)).collect::<Vec<_>>()
        };
        assert_eq!(open().await, ["critical Say a ended, and nobody knows how"]);
        let olga = panel.signed_in("olga@example.com").await;
        let page = format!("/runs/{run}");
        assert!(olga.get("/").await.text.contains(&page), "the dashboard leads there");
        assert_eq!(olga.post(&page, &format!("{page}/acknowledge"), &[]).await.status, 303);
        alerts::evaluate(&yard.context.db).await.unwrap();
        assert!(open().await.is_empty());
        assert!(!olga.get("/").await.text.contains(&page));
        assert!(olga.get(&page).await.text.contains("by olga@example.com"));
    })
    .await;
}
