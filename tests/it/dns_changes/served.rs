//! The program itself over a made-up cloud and a real PowerDNS: two zones whose names lead to what stands behind one
//! edge.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use quarterdeck::kinds::instance::Instance;
use quarterdeck::kinds::load_balancer::LoadBalancer;
use quarterdeck::net::http::Http;
use quarterdeck::store::sql::Sql;
use quarterdeck::wire::dns::ZoneAt;
use serde_json::{Value, json};

use crate::support::powerdns::{KEY, PowerDns};
use crate::support::program::Program;

/// How long anything may last.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Served {
    pub program: Program,
    token: String,
    server: &'static PowerDns,
    zones: Vec<ZoneAt>,
    edges: (i64, i64),
    /// The zones when nothing was switched.
    pub before: Vec<Value>,
}

/// A resource as the database has it.
#[derive(diesel::QueryableByName)]
struct Row {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    id: i64,
    #[diesel(sql_type = diesel::sql_types::Text)]
    attrs: String,
}

impl Served {
    pub async fn start() -> Self {
        let server = PowerDns::shared();
        let zones = vec![server.zone("left", json!([])).await, server.zone("right", json!([])).await];
        let settings = server.settings(&[&zones[0], &zones[1]]).replace('\n', ", ");
        let cloud = ["aws-eu", "aws-us"]
            .map(|name| format!("[[source]]\nname = \"{name}\"\nprovider = \"memory\"\nevery = \"30d\"\n"));
        let program = Program::with(&format!(
            "{}[[source]]\nname = \"dns\"\nprovider = \"powerdns\"\nevery = \"30d\"\nsettings = {{ {settings} }}\n",
            cloud.concat()
        ));
        let program = program.env("PDNS_KEY", KEY);
        for source in ["aws-eu", "aws-us"] {
            let ran = program.run(&["sync", source]);
            assert_eq!(ran.code, 0, "{ran:?}");
        }
        let (blue, green) = (edge(&program, "eu-edge").await, edge(&program, "us-edge").await);
        let records: Vec<Value> = blue.1.iter().map(|address| json!({"content": address, "disabled": false})).collect();
        for zone in &zones {
            let sets = (0..3).map(|n| {
                json!({"name": format!("app-{n}.{{zone}}"), "type": "A", "ttl": 60, "changetype": "REPLACE",
                    "records": records, "comments": [{"content": "of an app", "account": "ops", "modified_at": 1_700_000_000}]})
            });
            server.patch(zone, sets.collect()).await;
        }
        let ran = program.run(&["sync", "dns"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        let token = program.run(&["token", "create", "--name", "machine", "--scope", "act"]).out.trim().to_owned();
        let mut served = Self { program, token, server, zones, edges: (blue.0, green.0), before: Vec::new() };
        served.before = served.told().await;
        served
    }

    /// Every set of the zones but for the SOAs.
    pub async fn told(&self) -> Vec<Value> {
        let mut sets = Vec::new();
        for zone in &self.zones {
            let read = self.server.get(zone).await;
            sets.extend(read["rrsets"].as_array().unwrap().iter().filter(|set| set["type"] != "SOA").cloned());
        }
        for set in &mut sets {
            set["records"].as_array_mut().unwrap().sort_by_key(|record| record["content"].to_string());
        }
        sets.sort_by_key(|set| format!("{} {}", set["name"], set["type"]));
        sets
    }

    /// The serials, which count every write.
    pub async fn serials(&self) -> Vec<Value> {
        let mut serials = Vec::new();
        for zone in &self.zones {
            serials.push(self.server.get(zone).await["serial"].clone());
        }
        serials
    }

    /// Plans the switch; the change.
    pub async fn plan(&self, program: &Program) -> String {
        let (from, to) = self.edges;
        let body = json!({"action": "switch", "from": from, "to": to, "reason": "a test"});
        let planned = self.call(program, "POST", "/dns-changes", &body).await.expect("it answers");
        assert_eq!(planned["changes"].as_array().map(Vec::len), Some(6), "{planned}");
        planned["id"].as_str().unwrap().to_owned()
    }

    /// Applies what was planned; whoever dies of it may not answer.
    pub async fn apply(&self, program: &Program, change: &str) {
        let over = json!({"generation": 1, "override": {"reason": "a test"}});
        self.call(program, "POST", &format!("/dns-changes/{change}/apply"), &over).await;
    }

    /// Takes the change back, to the end.
    pub async fn take_back(&self, program: &Program, change: &str) {
        let back = self.call(program, "POST", &format!("/dns-changes/{change}/undo"), &json!({})).await.unwrap();
        let back = back["id"].as_str().unwrap_or_else(|| panic!("{back}")).to_owned();
        assert_eq!(self.ended(program, &back).await, "succeeded");
        assert_eq!(self.told().await, self.before);
    }

    /// How the change ended, once it has.
    pub async fn ended(&self, program: &Program, change: &str) -> String {
        let patience = Instant::now() + PATIENCE;
        loop {
            let found = self.call(program, "GET", &format!("/dns-changes/{change}"), &json!(null)).await;
            let found = found.unwrap_or_default();
            let state = found["state"].as_str().unwrap_or_default().to_owned();
            if ["succeeded", "rolled_back", "failed", "unknown", "partial", "cancelled"].contains(&state.as_str()) {
                return state;
            }
            assert!(Instant::now() < patience, "it does not end: {found}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The positions of the change's steps, and what they are called.
    pub async fn steps(&self, program: &Program, change: &str) -> Vec<(i64, String)> {
        let change = self.call(program, "GET", &format!("/dns-changes/{change}"), &json!(null)).await.unwrap();
        let run = change["run_id"].as_str().unwrap();
        let run = self.call(program, "GET", &format!("/runs/{run}"), &json!(null)).await.unwrap();
        let steps = run["steps"].as_array().unwrap().iter();
        steps.map(|step| (step["position"].as_i64().unwrap(), step["title"].as_str().unwrap().to_owned())).collect()
    }

    /// When the change's run began its first step.
    pub async fn first_step(&self, program: &Program, change: &str) -> DateTime<Utc> {
        let change = self.call(program, "GET", &format!("/dns-changes/{change}"), &json!(null)).await.unwrap();
        let run = change["run_id"].as_str().unwrap();
        let run = self.call(program, "GET", &format!("/runs/{run}"), &json!(null)).await.unwrap();
        run["steps"][0]["started_at"].as_str().unwrap().parse().unwrap()
    }

    /// As if so much time had gone by that no lease is left.
    pub async fn leases_run_out(&self) {
        let db = self.program.database();
        let write = db.write(|connection| {
            let sql = "UPDATE runs SET lease_until = started_at, reap_at = started_at WHERE ended_at IS NULL";
            Sql::new(sql).execute(connection)
        });
        assert_eq!(write.await.unwrap(), 1, "one run was under way");
    }

    async fn call(&self, program: &Program, method: &str, path: &str, body: &Value) -> Option<Value> {
        let url = program.url(&format!("/api/v1{path}"));
        let mut request = Http::new().client().request(method.parse().unwrap(), url).bearer_auth(&self.token);
        if method == "POST" {
            request = request.json(body);
        }
        request.send().await.ok()?.json().await.ok()
    }
}

/// The balancer of that name, and the addresses of what stands behind it.
async fn edge(program: &Program, name: &'static str) -> (i64, Vec<String>) {
    let balancer = rows(program, "load_balancer", name).await.pop().expect("it was listed");
    let balancer_known: LoadBalancer = serde_json::from_str(&balancer.attrs).unwrap();
    let mut addresses = Vec::new();
    for row in rows(program, "instance", "").await {
        let instance: Instance = serde_json::from_str(&row.attrs).unwrap();
        if balancer_known.targets.iter().any(|target| target.id == instance.instance_id) {
            let public =
                instance.addresses.iter().map(|one| one.address).filter(|one| quarterdeck::kinds::key::is_public(*one));
            addresses.extend(public.filter(std::net::IpAddr::is_ipv4).map(|address| address.to_string()));
        }
    }
    assert!(!addresses.is_empty(), "nothing stands behind {name}");
    (balancer.id, addresses)
}

/// Resources of a kind, by name where one is given.
async fn rows(program: &Program, kind: &'static str, name: &'static str) -> Vec<Row> {
    let db = program.database();
    let read = db.read(move |connection| {
        let mut sql = Sql::new("SELECT id, attrs FROM resources WHERE gone_at IS NULL AND kind = ");
        sql.bind(kind);
        if !name.is_empty() {
            sql.push(" AND name = ").bind(name);
        }
        sql.load(connection)
    });
    read.await.unwrap()
}
