//! Records and certificates belong to the app whose hosts they serve, on a cluster that many apps share.

use quarterdeck::kinds::app::App;
use quarterdeck::kinds::certificate::Certificate;
use quarterdeck::kinds::dns_record;
use quarterdeck::kinds::dns_record::DnsRecord;
use quarterdeck::kinds::load_balancer::LoadBalancer;
use quarterdeck::placement::Within;
use quarterdeck::providers::memory::Script;
use quarterdeck::store::listing::{self, ListQuery};
use quarterdeck::store::places::apps;
use quarterdeck::store::sql::Sql;
use quarterdeck::store::{Backend, Db, Scope};

use crate::support::database::on_each_database;
use crate::support::house::House;
use crate::support::plans::{explained, whole};

/// Balancer and apps share a cluster; one record is an app's by rule.
const CONFIG: &str = r#"
[[region]]
name = "eu"

[[cluster]]
name = "staging"
region = "eu"
environment = "test"

[[cluster]]
name = "edge"
region = "eu"

[[placement]]
match = { kind = "load_balancer", name = "edge*" }
set = { cluster = "edge" }

[[placement]]
match = { kind = "load_balancer" }
set = { cluster = "staging" }

[[placement]]
match = { kind = "app" }
set = { cluster = "staging" }

[[placement]]
match = { kind = "dns_record", name = "ruled.*" }
set = { app = "by-rule" }
"#;

/// A platform: balancers, a zone, a controller.
struct Platform {
    house: House,
    dns: Script,
    paas: Script,
}

impl Platform {
    async fn over(db: Db) -> Self {
        let mut house = House::configured(db, CONFIG);
        let (cloud, dns, paas) = (house.source("cloud").await, house.source("dns").await, house.source("paas").await);
        let balancer = |name: &str| LoadBalancer {
            name: name.to_owned(),
            arn: name.to_owned(),
            state: "active".to_owned(),
            dns_name: format!("{name}.balancers.example.net"),
            ..LoadBalancer::default()
        };
        cloud.holds("balancers", [balancer("shared"), balancer("edge")]);
        house.sync("cloud").await;
        Self { house, dns, paas }
    }

    async fn records(&self, names: &[&str]) {
        self.dns.holds("example.com", names.iter().map(|name| alias(name, "shared")));
        self.house.sync("dns").await;
    }

    async fn apps(&self, apps: &[(&str, &[&str])]) {
        self.paas.holds("apps", apps.iter().map(|(name, domains)| app(name, domains)));
        self.house.sync("paas").await;
    }

    /// Where something is: `cluster/app/environment`.
    async fn place(&self, external_id: &'static str) -> String {
        #[derive(diesel::QueryableByName)]
        struct Placed {
            #[diesel(sql_type = diesel::sql_types::Text)]
            place: String,
        }
        let found = self.house.read(move |connection| {
            let mut sql = Sql::new(
                "SELECT cluster || '/' || app || '/' || environment AS place FROM resources WHERE gone_at IS NULL AND external_id = ",
            );
            sql.bind(external_id);
            sql.first::<Placed>(connection)
        });
        found.await.map_or_else(|| "not there".to_owned(), |row| row.place)
    }
}

fn alias(name: &str, balancer: &str) -> DnsRecord {
    DnsRecord {
        record_id: name.to_owned(),
        zone: "example.com".to_owned(),
        record_type: "CNAME".to_owned(),
        name: format!("{name}.example.com"),
        content: format!("{balancer}.balancers.example.net"),
        ttl: 300,
        ..DnsRecord::default()
    }
}

fn app(name: &str, domains: &[&str]) -> App {
    App {
        uuid: name.to_owned(),
        name: name.to_owned(),
        domains: domains.iter().map(|domain| format!("{domain}.example.com")).collect(),
        ..App::default()
    }
}

fn certificate(name: &str, names: &[&str], attached: &[&str]) -> Certificate {
    let full = |names: &[&str]| names.iter().map(|name| format!("{name}.example.com")).collect();
    Certificate {
        name: name.to_owned(),
        subject_alt_names: full(names),
        domains: full(attached),
        ..Certificate::default()
    }
}

#[tokio::test]
async fn a_record_is_the_apps_whose_host_it_is_and_follows_it() {
    on_each_database(async |db| {
        let platform = Platform::over(db).await;
        platform.records(&["shop", "blog", "other", "ruled"]).await;
        assert_eq!(platform.place("shop").await, "staging//test", "nobody has it yet");
        platform.apps(&[("shop", &["shop"]), ("blog", &["blog", "ruled"])]).await;
        for (record, place) in [
            ("shop", "staging/shop/test"),
            ("blog", "staging/blog/test"),
            ("other", "staging//test"),
            ("ruled", "staging/by-rule/test"),
        ] {
            assert_eq!(platform.place(record).await, place, "{record}");
        }
        // It gains a domain, and a record comes after its app.
        platform.apps(&[("shop", &["shop", "other", "late"]), ("blog", &["blog"])]).await;
        platform.records(&["shop", "blog", "other", "ruled", "late"]).await;
        assert_eq!(platform.place("other").await, "staging/shop/test");
        assert_eq!(platform.place("late").await, "staging/shop/test");
        // It loses one to the other app.
        platform.apps(&[("shop", &["shop", "late"]), ("blog", &["blog", "other"])]).await;
        assert_eq!(platform.place("other").await, "staging/blog/test");
        // Both have it: neither; then one alone again.
        platform.apps(&[("shop", &["shop", "other"]), ("blog", &["blog", "other"])]).await;
        assert_eq!(platform.place("other").await, "staging//test");
        assert_eq!(platform.place("late").await, "staging//test", "nobody's any more");
        platform.apps(&[("shop", &["shop"]), ("blog", &["blog", "other"])]).await;
        assert_eq!(platform.place("other").await, "staging/blog/test");
        // The app goes, after a second listing without it, and so does what was its own.
        platform.apps(&[("shop", &["shop"])]).await;
        platform.apps(&[("shop", &["shop"])]).await;
        assert_eq!(platform.place("blog").await, "staging//test");
        assert_eq!(platform.place("shop").await, "staging/shop/test");
        let counted =
            "SELECT present AS n FROM counts WHERE kind = 'dns_record' AND facet = '' AND cluster = 'staging'";
        assert_eq!(platform.house.count(counted).await, 5);
    })
    .await;
}

#[tokio::test]
async fn only_what_leads_to_a_host_is_its_apps_and_the_spot_is_the_targets() {
    on_each_database(async |db| {
        let platform = Platform::over(db).await;
        let of_type = |record_type: &str, content: &str| DnsRecord {
            record_id: record_type.to_owned(),
            record_type: record_type.to_owned(),
            content: content.to_owned(),
            ..alias("shop", "shared")
        };
        let elsewhere = DnsRecord { content: "cdn.example.org".to_owned(), ..alias("cdn", "shared") };
        let records = vec![
            of_type("TXT", "v=spf1 -all"),
            of_type("MX", "10 mail.example.org"),
            of_type("A", "198.51.100.7"),
            alias("www", "edge"),
            elsewhere,
        ];
        platform.dns.holds("example.com", records);
        platform.house.sync("dns").await;
        platform.apps(&[("shop", &["shop", "www", "cdn", "*.wild"])]).await;
        platform
            .dns
            .holds("other", [alias("a.wild", "shared"), alias("b.a.wild", "shared"), alias("*.wild", "shared")]);
        platform.house.sync("dns").await;
        for (record, place) in [
            ("TXT", "//"),
            ("MX", "//"),
            ("A", "staging/shop/test"),
            ("cdn", "staging/shop/test"),
            ("www", "edge/shop/"),
            ("a.wild", "staging/shop/test"),
            ("*.wild", "staging/shop/test"),
            ("b.a.wild", "staging//test"),
        ] {
            assert_eq!(platform.place(record).await, place, "{record}");
        }
        // The exact domain is before the wildcard.
        platform.apps(&[("shop", &["*.wild"]), ("blog", &["a.wild"])]).await;
        assert_eq!(platform.place("a.wild").await, "staging/blog/test");
        assert_eq!(platform.place("A").await, "//", "the host is nobody's any more");
    })
    .await;
}

#[tokio::test]
async fn a_certificate_is_the_apps_unless_it_serves_two() {
    on_each_database(async |db| {
        let mut platform = Platform::over(db).await;
        platform.records(&["shop", "blog"]).await;
        let held = Certificate { app: "shop".to_owned(), ..certificate("held", &["unused"], &[]) };
        let certificates = platform.house.source("certificates").await;
        certificates.holds(
            "certificates",
            vec![
                certificate("shop", &["shop"], &["shop"]),
                certificate("both", &["shop", "blog"], &["shop"]),
                certificate("wild", &["*"], &["shop"]),
                certificate("below", &["*.shop"], &[]),
            ],
        );
        platform.house.sync("certificates").await;
        platform.paas.holds("certificates", [held]);
        platform.apps(&[("shop", &["shop", "api.shop"])]).await;
        for (name, app) in
            [("shop", "shop"), ("both", "shop"), ("wild", "shop"), ("below", "shop"), ("shop/held", "shop")]
        {
            assert_eq!(platform.place(name).await.split('/').nth(1), Some(app), "{name}");
        }
        platform.apps(&[("shop", &["shop", "api.shop"]), ("blog", &["blog"])]).await;
        for (name, app) in [("shop", "shop"), ("both", ""), ("wild", ""), ("below", "shop")] {
            assert_eq!(platform.place(name).await.split('/').nth(1), Some(app), "{name} with two apps");
        }
    })
    .await;
}

/// The past is as it was: who has joined an app today was not that app's yesterday.
#[tokio::test]
async fn a_record_was_nobodys_before_its_app_came() {
    on_each_database(async |db| {
        let platform = Platform::over(db).await;
        platform.records(&["shop"]).await;
        let before = platform.house.clock.now();
        platform.apps(&[("shop", &["shop"])]).await;
        let during = platform.house.clock.now();
        platform.apps(&[("shop", &["elsewhere"])]).await;
        let team = Scope::within(vec![Within { app: "shop".to_owned(), ..Within::default() }]);
        for (at, seen) in [(Some(before), 0), (Some(during), 1), (None, 0)] {
            let (team, query) = (team.clone(), ListQuery { at, ..ListQuery::of(&dns_record::SPEC) });
            let page = platform.house.read(move |connection| listing::list(connection, &team, &query)).await;
            assert_eq!(page.rows.len(), seen, "at {at:?}");
        }
        let told =
            "SELECT COUNT(*) AS n FROM resource_places WHERE origin = 'app' AND app = 'shop' AND until IS NOT NULL";
        assert_eq!(platform.house.count(told).await, 1);
    })
    .await;
}

/// Of an app that was listed before apps lay under their own names, no listing says anything new.
#[tokio::test]
async fn an_app_of_before_is_placed_by_its_next_listing() {
    on_each_database(async |db| {
        let platform = Platform::over(db.clone()).await;
        platform.records(&["shop"]).await;
        platform.apps(&[("shop", &["shop"])]).await;
        let backend = db.backend();
        let as_before = db.write(move |connection| {
            for old in [
                "UPDATE resources SET app = ''",
                "UPDATE resource_places SET app = ''",
                "DELETE FROM resource_places WHERE position = 2",
            ] {
                Sql::new(old).execute(connection)?;
            }
            let up = match backend {
                Backend::Sqlite => include_str!("../../../migrations/sqlite/2026-12-06-000000_apps_of_hosts/up.sql"),
                Backend::Postgres => {
                    include_str!("../../../migrations/postgres/2026-12-06-000000_apps_of_hosts/up.sql")
                }
            };
            for statement in up.split(";\n").filter(|statement| !statement.trim().is_empty()) {
                Sql::new(statement).execute(connection)?;
            }
            Ok(())
        });
        as_before.await.unwrap();
        assert_eq!(platform.place("shop").await, "staging//test");
        platform.house.sync("paas").await;
        assert_eq!(platform.place("shop").await, "staging/shop/test");
        let placed = "SELECT COUNT(*) AS n FROM resources WHERE kind = 'app' AND app = 'shop'";
        assert_eq!(platform.house.count(placed).await, 1);
        assert_eq!(platform.house.count("SELECT COUNT(*) AS n FROM placement_due").await, 0);
    })
    .await;
}

/// A first listing of a million records asks this for each slice of them.
#[tokio::test]
async fn whose_app_it_is_is_looked_up_and_not_searched_for() {
    on_each_database(async |db| {
        let platform = Platform::over(db.clone()).await;
        let names: Vec<String> = (0..400).map(|number| format!("host-{number:03}")).collect();
        platform.records(&names.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let backend = db.backend();
        let plans = db.write(move |connection| {
            let ids: Vec<i64> = (1..=300).collect();
            let statements =
                [apps::records_statement(&ids), apps::certificates_statement(&ids), apps::serving_statement(&ids[..3])];
            Ok(statements.map(|statement| explained(connection, backend, statement)))
        });
        for plan in plans.await.unwrap() {
            assert!(whole(&plan, &["m", "f", "o", "a", "resources", "resource_keys"]).is_empty(), "{plan:#?}");
        }
    })
    .await;
}
