//! A house for sync tests: a database of its own, a clock that stands still, and sources that do what the test says.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{TimeDelta, TimeZone, Utc};
use diesel::prelude::*;
use quarterdeck::clock::{Clock, Instant};
use quarterdeck::config::{Config, Environment, GuardConfig, SourceConfig, Table};
use quarterdeck::error::Place;
use quarterdeck::kinds::instance::{Address, AddressSort, Instance};
use quarterdeck::providers::Provider;
use quarterdeck::providers::memory::Script;
use quarterdeck::store::sources::{self, ConfiguredSource};
use quarterdeck::store::sql::Sql;
use quarterdeck::store::{AnyConnection, Db, Scope, held, scopes, syncs};
use quarterdeck::sync::{self, Claim, Report, ScopeReport, Source};

/// A database with sources, and nobody else around.
pub struct House {
    pub db: Db,
    pub clock: Clock,
    config: Config,
    sources: BTreeMap<String, Source>,
}

impl House {
    /// An empty house over an empty, migrated database whose clock is held.
    pub fn over(db: Db) -> Self {
        Self::configured(db, "")
    }

    /// The same, with this configuration; its sources are those that the test adds.
    pub fn configured(db: Db, text: &str) -> Self {
        let clock = db.clock.clone();
        let config = Config::from_text("test.toml", text, &Environment::default()).expect("the test's configuration");
        Self { db, clock, config, sources: BTreeMap::new() }
    }

    /// A scripted source of that name.
    pub async fn source(&mut self, name: &str) -> Script {
        let script = Script::new();
        self.join(name, Arc::new(script.clone())).await;
        script
    }

    /// A source of that name behind any provider.
    pub async fn join(&mut self, name: &str, provider: Arc<dyn Provider>) {
        let source = SourceConfig {
            name: name.to_owned(),
            provider: "memory".to_owned(),
            region: None,
            cluster: None,
            every: Duration::from_secs(300),
            settings: Table::empty(Place::outside("test")),
            guard: GuardConfig::default(),
            place: Place::outside("test"),
        };
        let configured = ConfiguredSource {
            name: name.to_owned(),
            provider: "memory".to_owned(),
            region: String::new(),
            cluster: String::new(),
            every_seconds: 300,
            kinds: Vec::new(),
            missing: None,
        };
        self.sources.insert(name.to_owned(), Source::new(&self.config, source, provider));
        let now = self.clock.now();
        let names: Vec<ConfiguredSource> =
            self.sources.keys().map(|name| ConfiguredSource { name: name.clone(), ..configured.clone() }).collect();
        self.db.write(move |connection| sources::configure(connection, &names, now)).await.unwrap();
    }

    pub fn get(&self, name: &str) -> &Source {
        &self.sources[name]
    }

    pub fn sources(&self) -> Vec<Source> {
        self.sources.values().cloned().collect()
    }

    /// Syncs a source as a worker would: asked for, claimed, run. A minute passes first.
    pub async fn sync(&self, name: &str) -> Report {
        self.clock.advance(TimeDelta::minutes(1));
        let claim = self.claim(name, "worker-1").await;
        sync::run(&self.db, self.get(name), &claim).await.unwrap()
    }

    /// Asks for a sync and claims it.
    pub async fn claim(&self, name: &str, worker: &str) -> Claim {
        let (now, source, holder) = (self.clock.now(), name.to_owned(), worker.to_owned());
        let row = self
            .db
            .write(move |connection| {
                syncs::request(connection, &source, "test", now)?;
                syncs::claim(connection, &holder, &[source], now)
            })
            .await
            .unwrap()
            .expect("nobody else runs a sync of this source");
        Claim { sync_id: row.id, worker: worker.to_owned() }
    }

    /// Names of present rows of a kind, `!` in front of those that are missing.
    pub async fn present(&self, kind: &'static str) -> Vec<String> {
        #[derive(QueryableByName)]
        struct Named {
            #[diesel(sql_type = diesel::sql_types::Text)]
            name: String,
        }
        self.read(move |connection| {
            let mut sql = Sql::new(
                "SELECT CASE WHEN missing_since IS NULL THEN name ELSE '!' || name END AS name FROM resources \
                 WHERE gone_at IS NULL AND kind = ",
            );
            sql.bind(kind).push(" ORDER BY name");
            Ok(sql.load::<Named>(connection)?.into_iter().map(|row| row.name).collect())
        })
        .await
    }

    pub async fn count(&self, query: &'static str) -> i64 {
        #[derive(QueryableByName)]
        struct Count {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            n: i64,
        }
        self.read(move |connection| Ok(Sql::new(query).first::<Count>(connection)?.map_or(0, |count| count.n))).await
    }

    /// Waits until a count is as wanted.
    pub async fn until(&self, query: &'static str, enough: impl Fn(i64) -> bool) {
        for _ in 0..10_000 {
            if enough(self.count(query).await) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("waited in vain for {query}");
    }

    /// The open held losses as `subject: rows`.
    pub async fn held(&self) -> Vec<held::HeldLossRow> {
        self.read(|connection| held::open(connection, &Scope::unrestricted(), None)).await
    }

    pub async fn scope_state(&self, name: &str) -> String {
        let sources: Vec<String> = self.sources.keys().cloned().collect();

        for source in sources {
            let of_source = self.read(move |connection| scopes::of_source(connection, &Scope::unrestricted(), &source));
            if let Some(scope) = of_source.await.into_iter().find(|scope| scope.name == name) {
                return scope.state;
            }
        }
        "gone".to_owned()
    }

    pub async fn read<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut AnyConnection) -> QueryResult<T> + Send + 'static,
    ) -> T {
        self.db.read(question).await.unwrap()
    }
}

/// The report's line of a scope, as the command line prints it: `STATE +A ~C -G =U !H`.
pub fn line(report: &Report, scope: &str) -> String {
    let found = report.scopes.iter().find(|report| report.scope.name == scope);
    found.map_or_else(|| "not mentioned".to_owned(), counts)
}

fn counts(report: &ScopeReport) -> String {
    let tally = &report.tally;
    format!(
        "{} +{} ~{} -{} ={} !{}",
        report.state.as_str(),
        tally.added,
        tally.changed,
        tally.gone,
        tally.unchanged,
        tally.held
    )
}

/// An instance with a name that says its number, tags, and one private address.
pub fn instance(number: usize) -> Instance {
    Instance {
        account: "123456789012".to_owned(),
        provider_region: "eu-west-1".to_owned(),
        instance_id: format!("i-{number:017x}"),
        name: format!("web-{number:03}"),
        state: "running".to_owned(),
        instance_type: "m6i.large".to_owned(),
        zone: "eu-west-1a".to_owned(),
        network: "vpc-1".to_owned(),
        addresses: vec![Address {
            address: [10, 0, u8::try_from(number / 250 % 250).unwrap(), u8::try_from(number % 250).unwrap()].into(),
            sort: AddressSort::Private,
        }],
        tags: vec![("Name".to_owned(), format!("web-{number:03}")), ("env".to_owned(), "prod".to_owned())],
        ..Instance::default()
    }
}

pub fn instances(numbers: impl IntoIterator<Item = usize>) -> Vec<Instance> {
    numbers.into_iter().map(instance).collect()
}

/// Monday morning.
pub fn morning() -> Instant {
    Utc.with_ymd_and_hms(2026, 11, 23, 8, 0, 0).unwrap()
}

/// A configuration that names nothing.
pub fn config() -> Config {
    Config::from_text("test.toml", "", &Environment::default()).expect("an empty configuration is valid")
}
