//! A platform: two balancers with machines behind them, and a DNS provider whose records lead there.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use quarterdeck::actions::ACTIONS;
use quarterdeck::actions::dns_change::{self, Applied, Ask, Override, Refused, Sort};
use quarterdeck::config::{GuardConfig, SourceConfig, Table};
use quarterdeck::context::Context;
use quarterdeck::error::Place;
use quarterdeck::kinds::instance::{Address, AddressSort, Instance};
use quarterdeck::kinds::load_balancer::{LoadBalancer, Target};
use quarterdeck::net::http::Http;
use quarterdeck::providers::memory::Script;
use quarterdeck::providers::{Built, Parts, Provider};
use quarterdeck::runs::Executor;
use quarterdeck::store::dns_changes::{self, ChangeRow};
use quarterdeck::store::sql::Sql;
use quarterdeck::store::{Db, Scope};
use tokio_util::sync::CancellationToken;

use super::{anyhow, otto};
use crate::support::house::{House, config};

pub struct Platform {
    pub house: House,
    pub cloud: Script,
    pub context: Context,
}

pub fn machine(id: &str, address: &str) -> Instance {
    let address: IpAddr = address.parse().unwrap();
    Instance {
        account: "1".to_owned(),
        provider_region: "eu".to_owned(),
        instance_id: id.to_owned(),
        name: id.to_owned(),
        state: "running".to_owned(),
        addresses: vec![Address { address, sort: AddressSort::Public }],
        ..Instance::default()
    }
}

pub fn balancer(name: &str, members: &[(&str, &str)]) -> LoadBalancer {
    let target = |(id, health): &(&str, &str)| Target {
        target_type: "instance".to_owned(),
        id: (*id).to_owned(),
        health: (*health).to_owned(),
        port: Some(443),
        ..Target::default()
    };
    LoadBalancer {
        account: "1".to_owned(),
        provider_region: "eu".to_owned(),
        name: name.to_owned(),
        arn: format!("arn:{name}"),
        state: "active".to_owned(),
        dns_name: format!("{name}.balancers.example.net"),
        ..LoadBalancer::default()
    }
    .with_targets(members.iter().map(target).collect())
}

/// Blue and green, two machines each; one more of green's is ill.
pub const BLUE: [&str; 2] = ["192.0.2.1", "192.0.2.2"];
pub const GREEN: [&str; 2] = ["198.51.100.1", "198.51.100.2"];

impl Platform {
    /// With the source `dns` behind this provider, of which two are made: one is synced, the other is written to.
    pub async fn over(db: Db, dns: impl Fn() -> Box<dyn Provider>) -> Self {
        Self::placed(db, "", dns).await
    }

    /// The same with this configuration of what lies where.
    pub async fn placed(db: Db, places: &str, dns: impl Fn() -> Box<dyn Provider>) -> Self {
        let mut house = House::configured(db.clone(), places);
        let cloud = house.source("cloud").await;
        let mut machines: Vec<Instance> =
            BLUE.iter().enumerate().map(|(n, address)| machine(&format!("blue-{n}"), address)).collect();
        machines.extend(GREEN.iter().enumerate().map(|(n, address)| machine(&format!("green-{n}"), address)));
        machines.push(machine("green-ill", "198.51.100.3"));
        cloud.holds("machines", machines);
        cloud.holds(
            "balancers",
            vec![
                balancer("blue", &[("blue-0", "healthy"), ("blue-1", "unhealthy")]),
                balancer("green", &[("green-0", "healthy"), ("green-1", "healthy"), ("green-ill", "unhealthy")]),
                balancer("empty", &[]),
            ],
        );
        house.join("dns", Arc::from(dns())).await;
        let source = SourceConfig {
            name: "dns".to_owned(),
            provider: "memory".to_owned(),
            region: None,
            cluster: None,
            every: Duration::from_secs(300),
            settings: Table::empty(Place::outside("test")),
            guard: GuardConfig::default(),
            place: Place::outside("test"),
        };
        let mut config = config();
        config.dns.verify_for = Duration::from_millis(300);
        config.dns.verify_every = Duration::from_millis(50);
        let parts = Parts { http: Http::new(), clock: db.clock.clone() };
        let context = Context::over(config, vec![(source, Built::Ready(dns()))], parts, db);
        Self { house, cloud, context }
    }

    /// Whose changes wait so long for the servers.
    pub fn patient(mut self, verify_for: Duration) -> Self {
        Arc::make_mut(&mut self.context.config).dns.verify_for = verify_for;
        self
    }

    pub async fn sync(&self) {
        self.house.sync("cloud").await;
        self.house.sync("dns").await;
    }

    /// The id of the resource of that kind and name.
    pub async fn id(&self, kind: &'static str, name: &str) -> i64 {
        #[derive(diesel::QueryableByName)]
        struct Id {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            id: i64,
        }
        let name = name.to_owned();
        let found = self.context.db.read(move |connection| {
            let mut sql = Sql::new("SELECT id FROM resources WHERE kind = ");
            sql.bind(kind).push(" AND name = ").bind(name);
            sql.first::<Id>(connection)
        });
        found.await.unwrap().expect("it was listed").id
    }

    pub async fn switch(&self, from: &str, to: &str) -> Ask {
        let (from, to) = (self.id("load_balancer", from).await, self.id("load_balancer", to).await);
        Ask { action: Sort::Switch, from: Some(from), to: Some(to), ..Ask::default() }
    }

    pub async fn plan(&self, ask: &Ask) -> Result<i64, Refused> {
        dns_change::plan(&self.context, &Scope::unrestricted(), &otto(), ask, "because", None).await
    }

    pub async fn apply(&self, change: i64, over: Option<&Override>) -> Result<Applied, Refused> {
        let generation = self.row(change).await.generation;
        dns_change::apply(&self.context, &Scope::unrestricted(), &otto(), change, generation, over).await
    }

    pub async fn undo(&self, change: i64) -> Result<Applied, Refused> {
        dns_change::undo(&self.context, &Scope::unrestricted(), &otto(), change, "").await
    }

    pub async fn row(&self, change: i64) -> ChangeRow {
        let found =
            self.context.db.read(move |connection| dns_changes::find(connection, &Scope::unrestricted(), change));
        found.await.unwrap().expect("the change is kept")
    }

    pub async fn state(&self, change: i64) -> String {
        let now = self.context.clock.now();
        self.row(change).await.state(now).to_owned()
    }

    /// Plans, applies and works until the run has ended; gives the change and its state.
    pub async fn carry(&self, ask: &Ask) -> (i64, String) {
        let change = self.plan(ask).await.unwrap();
        self.apply(change, Some(&anyhow())).await.unwrap();
        (change, self.work(change).await)
    }

    /// Works as a worker does until the change has ended.
    pub async fn work(&self, change: i64) -> String {
        let executor = Executor::new(self.context.clone(), ACTIONS);
        let stop = CancellationToken::new();
        for _ in 0..4_000 {
            executor.claim_all(&stop).await.unwrap();
            if self.row(change).await.ended_at().is_some() {
                return self.state(change).await;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the run of change {change} never ended");
    }
}
