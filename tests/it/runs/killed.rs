//! `serve` killed at each boundary of a step of a real run: it goes on as the step declares, and the provider was asked
//! no more often than that.

use std::time::{Duration, Instant};

use quarterdeck::net::http::Http;
use serde_json::{Value, json};
use wiremock::matchers::{method, path, path_regex};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::program::{Program, Running};

const ZONE: &str = "023e105f4ecef8ad9ca31a8372d0c353";

/// A Cloudflare with one zone and no record, which accepts every purge.
async fn cloudflare() -> MockServer {
    let server = MockServer::start().await;
    let listed = |result: Value| {
        let count = result.as_array().unwrap().len();
        let info = json!({"page": 1, "per_page": 50, "count": count, "total_count": count, "total_pages": 1});
        let body = json!({"success": true, "errors": [], "messages": [], "result": result, "result_info": info});
        ResponseTemplate::new(200).set_body_json(body)
    };
    let zone = json!({
        "id": ZONE, "name": "example.com", "status": "active", "type": "full", "paused": false, "name_servers": ["a.ns.example"],
        "account": {"id": "1", "name": "Example"}, "plan": {"legacy_id": "business", "name": "Business"}, "permissions": [],
    });
    Mock::given(method("GET")).and(path("/zones")).respond_with(listed(json!([zone]))).mount(&server).await;
    Mock::given(method("GET")).and(path_regex("dns_records$")).respond_with(listed(json!([]))).mount(&server).await;
    let accepted = json!({"success": true, "errors": [], "messages": [], "result": {"id": ZONE}});
    let accepted = ResponseTemplate::new(200).set_body_json(accepted);
    Mock::given(method("POST")).and(path_regex("purge_cache$")).respond_with(accepted).mount(&server).await;
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn f01_killed_at_each_boundary_of_a_step_it_goes_on_and_asks_no_more_often_than_that() {
    let cloudflare = cloudflare().await;
    let program = Program::with(&format!(
        "[[source]]\nname = \"paas-eu\"\nprovider = \"memory\"\n[[source]]\nname = \"dns\"\nprovider = \"cloudflare\"\n\
         settings = {{ token_env = \"TOKEN\", endpoint_url = \"{}\", purge_chunk = 1 }}\n",
        cloudflare.uri()
    ));
    let first = program.serve().await;
    let token = program.run(&["token", "create", "--name", "machine", "--scope", "act"]).out.trim().to_owned();
    let client = Client { program: &program, token };
    let app = client.app_with_two_hosts().await;
    first.kill();
    for (point, twice) in
        [("before_fence", false), ("after_fence", false), ("after_call", true), ("after_record", false)]
    {
        let before = purged(&cloudflare).await.len();
        let mut doomed = program.serve_with(&[("QUARTERDECK_FAULT", &format!("{point}:2"))]).await;
        let answered = client.purge(&app, point).await;
        dies(&mut doomed).await;
        let again = program.serve().await;
        // It may die before it has answered; the same request once more gets the first answer.
        let run = match answered {
            Some(run) => run,
            None => client.purge(&app, point).await.expect("nothing ends this one"),
        };
        assert_eq!(client.ended(&run).await, "succeeded", "{point}");
        let asked = purged(&cloudflare).await.split_off(before);
        assert_eq!(asked.len(), if twice { 3 } else { 2 }, "{point}: {asked:?}");
        again.kill();
    }
}

async fn dies(running: &mut Running) {
    let patience = Instant::now() + Duration::from_secs(30);
    while running.0.try_wait().unwrap().is_none() {
        assert!(Instant::now() < patience, "it was told to end there");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn purged(cloudflare: &MockServer) -> Vec<String> {
    let requests = cloudflare.received_requests().await.unwrap();
    let purges = requests.iter().filter(|request| request.url.path().ends_with("purge_cache"));
    purges.map(|request| String::from_utf8_lossy(&request.body).into_owned()).collect()
}

struct Client<'a> {
    program: &'a Program,
    token: String,
}

impl Client<'_> {
    async fn get(&self, path: &str) -> Option<Value> {
        let url = self.program.url(&format!("/api/v1{path}"));
        let answer = Http::new().client().get(url).bearer_auth(&self.token).send().await.ok()?;
        answer.json().await.ok()
    }

    /// An app with its platform's host and one of its own, both in the zone, once both are known.
    async fn app_with_two_hosts(&self) -> String {
        let patience = Instant::now() + Duration::from_secs(60);
        loop {
            let zones = self.get("/zones?q=example.com").await.unwrap_or_default();
            let apps = self.get("/apps?q=catalog").await.unwrap_or_default();
            let two = |app: &&Value| app["attrs"]["domains"].as_array().is_some_and(|domains| domains.len() == 2);
            let app = apps["items"].as_array().into_iter().flatten().find(two);
            if let (Some(app), Some(1)) = (app, zones["items"].as_array().map(Vec::len)) {
                return app["id"].as_str().unwrap().to_owned();
            }
            assert!(Instant::now() < patience, "nothing is known of them: {zones} {apps}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn purge(&self, app: &str, key: &str) -> Option<String> {
        let url = self.program.url(&format!("/api/v1/apps/{app}/cache-purges"));
        let request = Http::new().client().post(url).bearer_auth(&self.token).header("idempotency-key", key);
        let answer = request.json(&json!({"reason": key})).send().await.ok()?;
        assert_eq!(answer.status(), 202);
        let run: Value = answer.json().await.ok()?;
        Some(run["id"].as_str().unwrap().to_owned())
    }

    async fn ended(&self, run: &str) -> String {
        let patience = Instant::now() + Duration::from_secs(30);
        loop {
            let found = self.get(&format!("/runs/{run}")).await.unwrap_or_default();
            if found["ended_at"].is_string() {
                return found["state"].as_str().unwrap().to_owned();
            }
            assert!(Instant::now() < patience, "it does not end: {found}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}
