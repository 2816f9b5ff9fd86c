//! Purging the caches in front of an app: the plan, the request to Cloudflare, and what the API says.

use std::sync::Arc;
use std::time::Duration;

use quarterdeck::actions::ACTIONS;
use quarterdeck::actions::purge_cache::{self, PurgeCache, Wish};
use quarterdeck::config::SourceConfig;
use quarterdeck::context::{Connected, Reach};
use quarterdeck::kinds::app::App;
use quarterdeck::kinds::zone::Zone;
use quarterdeck::net::http::Http;
use quarterdeck::placement::Within;
use quarterdeck::providers::cloudflare::{Cloudflare, Settings};
use quarterdeck::providers::{Parts, Provider};
use quarterdeck::roles::Role;
use quarterdeck::runs::{Action, Executor};
use quarterdeck::store::Scope;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use wiremock::matchers::{body_json, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::database::{Database, a_quiet_noon};
use crate::support::house::House;
use crate::support::panel::Panel;

const TOKEN: &str = "canary-9c41-token-0123456789abcdefghijklm";
const ZONE: &str = "023e105f4ecef8ad9ca31a8372d0c353";

/// A panel that knows an app and the zones around its hosts, and a Cloudflare that listens.
struct Estate {
    panel: Panel,
    cloudflare: MockServer,
    token: String,
    app: i64,
    _database: Database,
}

impl Estate {
    async fn with(domains: &[&str], chunk: usize) -> Self {
        let database = Database::any().await;
        let db = database.open(a_quiet_noon());
        let mut house = House::over(db.clone());
        let zone = |id: &str, name: &str, plan: &str| Zone {
            zone_id: id.to_owned(),
            name: name.to_owned(),
            status: "active".to_owned(),
            plan: plan.to_owned(),
            ..Zone::default()
        };
        let [one, two] = ["t1", "t2"].map(|id| zone(id, "twice.example", "pro"));
        let zones = [zone(ZONE, "shop.example", "pro"), zone("ff", "paused.example", "free"), one, two];
        house.source("dns").await.holds("zones", zones);
        let app = App {
            uuid: "1".to_owned(),
            name: "shop".to_owned(),
            domains: domains.iter().map(|domain| (*domain).to_owned()).collect(),
            ..App::default()
        };
        house.source("paas").await.holds("apps", [app]);
        house.sync("dns").await;
        house.sync("paas").await;
        let cloudflare = MockServer::start().await;
        let settings = Settings::new(TOKEN.into(), cloudflare.uri().parse().unwrap());
        let settings = Settings { purge_chunk: chunk, ..settings };
        let provider: Arc<dyn Provider> =
            Arc::new(Cloudflare::new(settings, &Parts { http: Http::new(), clock: db.clock.clone() }));
        let config: SourceConfig = house.get("dns").config.clone();
        let connected = vec![Connected { config, reach: Reach::Ready(provider) }];
        let app = house.count("SELECT id AS n FROM resources WHERE kind = 'app'").await;
        let panel = Panel::connected(db, connected, |_| {}).await;
        let token = panel.acting().await;
        Self { panel, cloudflare, token, app, _database: database }
    }

    async fn accepts(&self) {
        let accepted = json!({"success": true, "errors": [], "messages": [], "result": {"id": ZONE}});
        let answer = ResponseTemplate::new(200).set_body_json(accepted).insert_header("cf-ray", "8f2a-FRA");
        Mock::given(method("POST")).respond_with(answer).mount(&self.cloudflare).await;
    }

    async fn ask(&self, body: Value, key: &str) -> (u16, Value) {
        let headers =
            [("authorization", self.token.as_str()), ("content-type", "application/json"), ("idempotency-key", key)];
        let path = format!("/api/v1/apps/{}/cache-purges", self.app);
        let page = self.panel.send("POST", &path, &headers, &body.to_string()).await;
        (page.status, page.json())
    }

    /// Works until the run has ended, and gives it as the API has it.
    async fn ended(&self, run: &str) -> Value {
        let executor = Executor::new(self.panel.context.clone(), ACTIONS);
        let stop = CancellationToken::new();
        for _ in 0..2_000 {
            executor.claim_all(&stop).await.unwrap();
            let path = format!("/api/v1/runs/{run}");
            let page = self.panel.ask("GET", &path, &[("authorization", &self.token)]).await.json();
            if !page["ended_at"].is_null() {
                return page;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("run {run} does not end");
    }

    /// The bodies that Cloudflare was sent.
    async fn sent(&self) -> Vec<Value> {
        let requests = self.cloudflare.received_requests().await.unwrap();
        requests.iter().map(|request| serde_json::from_slice(&request.body).unwrap()).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_hosts_of_an_app_are_purged_in_pieces_that_the_provider_takes() {
    let estate = Estate::with(&["www.shop.example", "shop.example", "img.shop.example", "elsewhere.example"], 2).await;
    estate.accepts().await;
    let (status, run) = estate.ask(json!({"reason": "new prices"}), "k1").await;
    assert_eq!((status, &run["state"]), (202, &json!("queued")));
    let ended = estate.ended(run["id"].as_str().unwrap()).await;
    assert_eq!((&ended["state"], &ended["reason"]), (&json!("succeeded"), &json!("new prices")));
    let mut sent = estate.sent().await;
    sent.sort_by_key(ToString::to_string);
    assert_eq!(sent, [json!({"hosts": ["img.shop.example", "shop.example"]}), json!({"hosts": ["www.shop.example"]})]);
    let step = &ended["steps"][0];
    assert_eq!(step["request_id"], "8f2a-FRA");
    assert_eq!(step["outcome"], "Accepted by the provider, which does not say what was cached.");
    assert_eq!(ended["plan"]["elsewhere"], json!(["elsewhere.example"]));
    let paths: Vec<String> = estate
        .cloudflare
        .received_requests()
        .await
        .unwrap()
        .iter()
        .map(|request| request.url.path().to_owned())
        .collect();
    assert_eq!(paths, [format!("/zones/{ZONE}/purge_cache"), format!("/zones/{ZONE}/purge_cache")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_gets_the_first_answer_and_another_one_with_its_key_is_refused() {
    let estate = Estate::with(&["www.shop.example"], 30).await;
    estate.accepts().await;
    let (_, first) = estate.ask(json!({"reason": "once"}), "k1").await;
    estate.ended(first["id"].as_str().unwrap()).await;
    let (status, again) = estate.ask(json!({"reason": "once"}), "k1").await;
    assert_eq!((status, &again["id"], &again["state"]), (202, &first["id"], &json!("succeeded")));
    let (status, other) = estate.ask(json!({"reason": "twice"}), "k1").await;
    assert_eq!((status, &other["detail"]), (422, &json!("This idempotency key was used for something else.")));
    assert_eq!(estate.sent().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_the_apps_is_not_purged_and_everything_takes_the_zones_name() {
    let estate = Estate::with(&["www.shop.example"], 30).await;
    estate.accepts().await;
    let refused = async |body: Value| {
        let (status, problem) = estate.ask(body, "k").await;
        format!("{status} {}", problem["detail"].as_str().unwrap())
    };
    assert_eq!(refused(json!({"hosts": ["paused.example"]})).await, "422 paused.example is no host of this app.");
    assert_eq!(
        refused(json!({"everything": "yes"})).await,
        "422 To purge everything of a zone, type its name; this app's are: shop.example."
    );
    assert_eq!(
        refused(json!({"everything": "paused.example"})).await,
        "422 To purge everything of a zone, type its name; this app's are: shop.example."
    );
    assert_eq!(
        refused(json!({"files": ["style.css"]})).await,
        "422 “style.css” is not a full URL, as https://www.example.com/style.css."
    );
    assert_eq!(
        refused(json!({"hosts": ["www.shop.example"], "everything": "shop.example"})).await,
        "422 Choose one of hosts, prefixes, files and everything."
    );
    assert!(estate.sent().await.is_empty());
    for (wish, sent) in [
        (json!({"everything": "Shop.example."}), json!({"purge_everything": true})),
        (json!({"prefixes": ["https://www.shop.example/blog/"]}), json!({"prefixes": ["www.shop.example/blog/"]})),
        (
            json!({"files": ["https://www.shop.example/a.css?v=2"]}),
            json!({"files": ["https://www.shop.example/a.css?v=2"]}),
        ),
    ] {
        let (_, run) = estate.ask(wish, &sent.to_string()).await;
        estate.ended(run["id"].as_str().unwrap()).await;
        assert_eq!(estate.sent().await.last(), Some(&sent));
    }
}

/// A team's app may have its hosts in a zone that is not the team's: it reads the zone's name, which it knows, and
/// neither by whom it is listed nor under what id.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_sees_the_app_alone_learns_nothing_of_its_zone() {
    let team = Scope::within(vec![Within { app: "shop".to_owned(), ..Within::default() }]);
    let planned = async |estate: &Estate, scope: Scope| {
        let (context, app) = (estate.panel.context.clone(), estate.app);
        let read = context.clone().db;
        let plan =
            read.read(move |connection| purge_cache::plan(connection, &scope, &context, app, &Wish::default())).await;
        plan.unwrap().expect("the app is there")
    };
    let estate = Estate::with(&["www.shop.example"], 30).await;
    let plan = planned(&estate, team.clone()).await.unwrap();
    assert!(format!("{plan:?}").contains(r#"source: "dns""#), "it is carried out by somebody");
    let told = PurgeCache.told(serde_json::to_value(&plan).unwrap());
    assert_eq!(told["zones"], json!([{"zone": {"name": "shop.example"}, "pieces": plan.zones[0].pieces}]));
    assert_eq!(plan.show().rows, [["shop.example", "www.shop.example", "1"]]);

    let estate = Estate::with(&["www.twice.example"], 30).await;
    let refused = async |scope: Scope| planned(&estate, scope).await.unwrap_err().0;
    assert_eq!(refused(team).await, "There is more than one zone twice.example, and nothing says which one answers.");
    assert_eq!(
        refused(Scope::unrestricted()).await,
        "The zone twice.example is in dns and dns, and nothing says which one answers."
    );
}

/// F4: what one zone refuses is no success of the whole, and no secret is told with it.
#[tokio::test(flavor = "multi_thread")]
async fn f04_a_refused_piece_makes_the_run_partial() {
    let estate = Estate::with(&["a.shop.example", "b.shop.example"], 1).await;
    let refusal =
        json!({"success": false, "errors": [{"code": 1132, "message": format!("no {TOKEN}")}], "result": null});
    Mock::given(method("POST"))
        .and(path(format!("/zones/{ZONE}/purge_cache")))
        .and(body_json(json!({"hosts": ["a.shop.example"]})))
        .respond_with(ResponseTemplate::new(400).set_body_json(refusal))
        .mount(&estate.cloudflare)
        .await;
    estate.accepts().await;
    let (_, run) = estate.ask(json!({}), "k").await;
    let ended = estate.ended(run["id"].as_str().unwrap()).await;
    assert_eq!(ended["state"], "partial");
    let states: Vec<&str> =
        ended["steps"].as_array().unwrap().iter().map(|step| step["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["failed", "succeeded"]);
    assert!(ended.to_string().contains("1132") && !ended.to_string().contains(TOKEN), "{ended}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_provider_is_asked_again_when_it_says() {
    let estate = Estate::with(&["www.shop.example"], 30).await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(429).insert_header("retry-after", "1"))
        .up_to_n_times(1)
        .mount(&estate.cloudflare)
        .await;
    estate.accepts().await;
    let (_, run) = estate.ask(json!({}), "k").await;
    let ended = estate.ended(run["id"].as_str().unwrap()).await;
    assert_eq!((&ended["state"], &ended["steps"][0]["attempts"]), (&json!("succeeded"), &json!(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_form_shows_the_plan_and_one_click_is_one_purge() {
    let estate = Estate::with(&["www.shop.example", "img.shop.example"], 30).await;
    estate.panel.person("olga@example.com", Role::Operator).await;
    estate.panel.person("vic@example.com", Role::Viewer).await;
    let olga = estate.panel.signed_in("olga@example.com").await;
    let here = format!("/apps/{}/cache-purges", estate.app);
    assert!(olga.get(&format!("/apps/{}", estate.app)).await.text.contains(&here));
    let page = olga.get(&here).await.text;
    assert!(page.contains("Purge 2 hosts") && page.contains("proves neither"), "{page}");
    let chosen = olga.get(&format!("{here}?host=www.shop.example")).await;
    assert!(chosen.text.contains("Purge 1 host"), "{}", chosen.text);
    let token = chosen.csrf_token();
    let fields = [("csrf_token", token.as_str()), ("host", "www.shop.example"), ("key", "k"), ("reason", "new prices")];
    let first = olga.post_bare(&here, &fields).await;
    let second = olga.post_bare(&here, &fields).await;
    assert_eq!((first.status, first.header("location")), (303, second.header("location")));
    let vic = estate.panel.signed_in("vic@example.com").await;
    let seen = vic.get(first.header("location")).await.text;
    assert!(seen.contains("new prices") && !seen.contains("Cancel this run"), "{seen}");
    assert!(!vic.get(&here).await.text.contains("btn-primary"), "viewers see the plan and cannot carry it out");
}
