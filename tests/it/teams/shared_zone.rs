//! A zone that two teams share by its names, a cluster that they share by its apps, and what is one team's whole.

use std::time::Duration;

use quarterdeck::actions::ACTIONS;
use quarterdeck::actions::dns_change::{self, Ask, Override, Refused, Sort, told};
use quarterdeck::audit::Doer;
use quarterdeck::config::{Config, Environment};
use quarterdeck::context::Context;
use quarterdeck::kinds::app::App;
use quarterdeck::kinds::dns_record::DnsRecord;
use quarterdeck::kinds::instance::{Address, AddressSort, Instance};
use quarterdeck::kinds::load_balancer::{LoadBalancer, Target};
use quarterdeck::kinds::zone::Zone;
use quarterdeck::net::http::Http;
use quarterdeck::placement::Within;
use quarterdeck::providers::memory::Script;
use quarterdeck::providers::{Built, Parts};
use quarterdeck::runs::Executor;
use quarterdeck::store::dns_changes::{self, ChangeRow};
use quarterdeck::store::sql::Sql;
use quarterdeck::store::{Db, Scope};
use quarterdeck::wire::dns::{RecordSet, RecordValue, SetChange, SetName, ZoneAt};
use tokio_util::sync::CancellationToken;

use crate::support::house::House;

/// Two teams share a cluster by app and a zone by name; each has machines of its own, and one has a zone.
const CONFIG: &str = r#"
[[region]]
name = "eu"

[[cluster]]
name = "staging"
region = "eu"

[[cluster]]
name = "alfa-machines"
region = "eu"

[[cluster]]
name = "zulu-machines"
region = "eu"

[[placement]]
match = { kind = "app" }
set = { cluster = "staging" }

[[placement]]
match = { kind = "instance", name = "alfa-*" }
set = { cluster = "alfa-machines" }

[[placement]]
match = { kind = "load_balancer", name = "alfa-*" }
set = { cluster = "alfa-machines" }

[[placement]]
match = { kind = "instance", name = "zulu-*" }
set = { cluster = "zulu-machines" }

[[placement]]
match = { kind = "load_balancer", name = "shared" }
set = { cluster = "staging" }

[[placement]]
match = { kind = "zone", name = "alfa.example" }
set = { cluster = "alfa-machines" }

[[placement]]
match = { kind = "dns_record", zone = "alfa.example" }
set = { cluster = "alfa-machines" }
"#;

pub struct Estate {
    pub context: Context,
    dns: Script,
    zone: Zone,
    _house: House,
}

impl Estate {
    pub async fn over(db: Db) -> Self {
        let mut house = House::configured(db.clone(), CONFIG);
        let (cloud, paas, dns) = (house.source("cloud").await, house.source("paas").await, house.source("dns").await);
        cloud.holds("machines", [machine("alfa-1", 1), machine("alfa-2", 2), machine("zulu-1", 3)]);
        let balancers = [
            ("alfa-blue", vec!["alfa-1"]),
            ("alfa-green", vec!["alfa-2"]),
            ("alfa-both", vec!["alfa-2", "zulu-1"]),
            ("shared", vec![]),
        ];
        cloud.holds("balancers", balancers.map(|(name, members)| balancer(name, &members)));
        paas.holds("apps", [app("alfa", &["alfa", "new", "beside"]), app("zulu", &["zulu", "other"])]);
        let zone = zone("shared.example");
        let records = vec![
            record("shared.example", "alfa", "CNAME", "shared.balancers.example.net"),
            record("shared.example", "zulu", "CNAME", "shared.balancers.example.net"),
            record("shared.example", "www-alfa", "A", "192.0.2.1"),
            record("shared.example", "old-alfa", "A", "192.0.2.1"),
            record("shared.example", "www-zulu", "A", "198.51.100.3"),
            record("shared.example", "mixed", "A", "192.0.2.1"),
            record("shared.example", "mixed", "A", "198.51.100.3"),
            record("shared.example", "beside", "A", "192.0.2.1"),
            record("shared.example", "beside", "TXT", "secret-of-nobody"),
        ];
        dns.serves_zone(&zone, records);
        let own = self::zone("alfa.example");
        dns.serves_zone(&own, vec![record("alfa.example", "www", "A", "192.0.2.1")]);
        dns.holds("zones", [zone.clone(), own]);
        for source in ["cloud", "paas", "dns"] {
            house.sync(source).await;
        }
        let mut config = Config::from_text("test.toml", CONFIG, &Environment::default()).unwrap();
        config.dns.verify_for = Duration::from_millis(300);
        config.dns.verify_every = Duration::from_millis(50);
        let parts = Parts { http: Http::new(), clock: db.clock.clone() };
        let built = Built::Ready(Box::new(dns.clone()));
        let context = Context::over(config, vec![(house.get("dns").config.clone(), built)], parts, db);
        Self { context, dns, zone, _house: house }
    }

    pub async fn id(&self, kind: &'static str, name: &'static str) -> i64 {
        #[derive(diesel::QueryableByName)]
        struct Id {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            id: i64,
        }
        let found = self.context.db.read(move |connection| {
            let mut sql = Sql::new("SELECT id FROM resources WHERE gone_at IS NULL AND kind = ");
            sql.bind(kind).push(" AND name = ").bind(name);
            sql.first::<Id>(connection)
        });
        found.await.unwrap().unwrap_or_else(|| panic!("there is no {kind} {name}")).id
    }

    pub async fn plan(&self, scope: &Scope, ask: &Ask) -> Result<ChangeRow, Refused> {
        let change = dns_change::plan(&self.context, scope, &otto(), ask, "because", None).await?;
        Ok(self.seen(scope, change).await.expect("who plans a change sees it"))
    }

    pub async fn seen(&self, scope: &Scope, change: i64) -> Option<ChangeRow> {
        let scope = scope.clone();
        self.context.db.read(move |connection| dns_changes::find(connection, &scope, change)).await.unwrap()
    }

    /// What somebody is told of a change, as one text.
    pub async fn told(&self, scope: &Scope, row: &ChangeRow) -> String {
        let (scope, kept) = (scope.clone(), row.clone());
        let plan = self.context.db.read(move |connection| told(connection, &scope, &kept)).await.unwrap();
        format!("{} {}", row.title, serde_json::to_string(&plan).unwrap())
    }

    pub async fn switch(&self, from: &'static str, to: &'static str) -> Ask {
        let (from, to) = (self.id("load_balancer", from).await, self.id("load_balancer", to).await);
        Ask { action: Sort::Switch, from: Some(from), to: Some(to), ..Ask::default() }
    }

    /// Applies a plan as `scope` and works until it has ended; gives how.
    pub async fn apply(&self, scope: &Scope, row: &ChangeRow) -> String {
        let over = Override { reason: "it has to be".to_owned(), typed: None };
        let applied =
            dns_change::apply(&self.context, scope, &otto(), row.id, row.generation, Some(&over)).await.unwrap();
        self.work(applied.change).await
    }

    pub async fn work(&self, change: i64) -> String {
        let (executor, stop) = (Executor::new(self.context.clone(), ACTIONS), CancellationToken::new());
        for _ in 0..2_000 {
            executor.claim_all(&stop).await.unwrap();
            let row = self.seen(&Scope::unrestricted(), change).await.unwrap();
            if row.ended_at().is_some() {
                return row.state(self.context.clock.now()).to_owned();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the run of change {change} never ended");
    }

    /// Somebody else adds a value to a set, of which no listing knows yet.
    pub fn somebody_adds(&self, name: &str, content: &str) {
        let of = SetName { name: format!("{name}.shared.example"), record_type: "A".to_owned() };
        let value = |content: &str| RecordValue { content: content.to_owned(), ttl: 300, ..RecordValue::default() };
        let after =
            RecordSet { of: of.clone(), values: vec![value("192.0.2.1"), value(content)], comments: Vec::new() };
        let at = ZoneAt { id: self.zone.zone_id.clone(), name: self.zone.name.clone() };
        self.dns.is_written(&at, &[SetChange { of, before: None, after: Some(after) }]);
    }
}

fn machine(name: &str, number: u8) -> Instance {
    let address = if number < 3 { [192, 0, 2, number] } else { [198, 51, 100, number] };
    Instance {
        account: "1".to_owned(),
        provider_region: "eu".to_owned(),
        instance_id: name.to_owned(),
        name: name.to_owned(),
        state: "running".to_owned(),
        addresses: vec![Address { address: address.into(), sort: AddressSort::Public }],
        ..Instance::default()
    }
}

fn balancer(name: &str, members: &[&str]) -> LoadBalancer {
    let target = |id: &&str| Target {
        target_type: "instance".to_owned(),
        id: (*id).to_owned(),
        health: "healthy".to_owned(),
        port: Some(443),
        ..Target::default()
    };
    LoadBalancer {
        account: "1".to_owned(),
        provider_region: "eu".to_owned(),
        name: name.to_owned(),
        arn: name.to_owned(),
        state: "active".to_owned(),
        dns_name: format!("{name}.balancers.example.net"),
        ..LoadBalancer::default()
    }
    .with_targets(members.iter().map(target).collect())
}

fn app(name: &str, hosts: &[&str]) -> App {
    let domains = hosts.iter().map(|host| format!("{host}.shared.example")).collect();
    App { uuid: name.to_owned(), name: name.to_owned(), domains, ..App::default() }
}

fn zone(name: &str) -> Zone {
    Zone { zone_id: format!("id-of-{name}"), name: name.to_owned(), status: "active".to_owned(), ..Zone::default() }
}

fn record(zone: &str, name: &str, record_type: &str, content: &str) -> DnsRecord {
    DnsRecord {
        record_id: format!("{name}-{record_type}-{content}"),
        zone: zone.to_owned(),
        record_type: record_type.to_owned(),
        name: format!("{name}.{zone}"),
        content: content.to_owned(),
        ttl: 300,
        ..DnsRecord::default()
    }
}

/// Sees its apps on the shared cluster, and its own machines.
pub fn team(name: &str) -> Scope {
    Scope::within(places_of(name).to_vec())
}

/// Where these are.
pub fn places_of(name: &str) -> [Within; 2] {
    let of = |cluster: String, app: String| Within { cluster, app, ..Within::default() };
    [of("staging".to_owned(), format!("{name}*")), of(format!("{name}-machines"), String::new())]
}

/// Who does it.
pub fn otto() -> Doer {
    Doer { actor: "otto@example.com".to_owned(), ..Doer::command_line() }
}
