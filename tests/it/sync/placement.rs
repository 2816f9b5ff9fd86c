//! Where resources are put: by rule, by relation, and by both, field by field.

use quarterdeck::kinds::dns_record::DnsRecord;
use quarterdeck::kinds::instance::{Address, AddressSort, Instance};
use quarterdeck::providers::memory::Script;
use quarterdeck::store::sql::Sql;
use quarterdeck::sync::{self, recover};

use crate::support::database::on_each_database;
use crate::support::house::{House, instance};

/// Instances are placed by their tags, records whose name begins with `shop` belong to an app.
const CONFIG: &str = r#"
[[region]]
name = "eu"

[[region]]
name = "us"

[[cluster]]
name = "eu-1"
region = "eu"
environment = "production"

[[cluster]]
name = "us-1"
region = "us"
environment = "production"

[[placement]]
match = { kind = "instance", "tag.place" = "eu-blog" }
set = { cluster = "eu-1", app = "blog" }

[[placement]]
match = { kind = "instance", "tag.place" = "eu" }
set = { cluster = "eu-1", app = "portal" }

[[placement]]
match = { kind = "instance", "tag.place" = "us" }
set = { cluster = "us-1", app = "portal" }

[[placement]]
match = { kind = "dns_record", name = "shop*" }
set = { app = "shop" }

[[placement]]
match = { kind = "dns_record", "tag.role" = "edge" }
set = { role = "edge" }
"#;

/// An instance with a public address, placed by its tag.
fn host(number: u8, place: &str) -> Instance {
    let mut host = instance(usize::from(number));
    host.addresses = vec![Address { address: [192, 0, 2, number].into(), sort: AddressSort::Public }];
    host.tags = vec![("place".to_owned(), place.to_owned())];
    host
}

fn record(name: &str, content: &str) -> DnsRecord {
    DnsRecord {
        record_id: name.to_owned(),
        zone: "example.com".to_owned(),
        record_type: "A".to_owned(),
        name: format!("{name}.example.com"),
        content: content.to_owned(),
        ttl: 300,
        ..DnsRecord::default()
    }
}

async fn cloud_and_dns(house: &mut House) -> (Script, Script) {
    (house.source("cloud").await, house.source("dns").await)
}

/// Where a record is: `region cluster app role environment`.
async fn place(house: &House, name: &'static str) -> String {
    #[derive(diesel::QueryableByName)]
    struct Placed {
        #[diesel(sql_type = diesel::sql_types::Text)]
        place: String,
    }
    house
        .read(move |connection| {
            let mut sql = Sql::new(
                "SELECT region || '/' || cluster || '/' || app || '/' || role || '/' || environment AS place \
                 FROM resources WHERE external_id = ",
            );
            sql.bind(name);
            Ok(sql.first::<Placed>(connection)?.map_or_else(String::new, |row| row.place))
        })
        .await
}

#[tokio::test]
async fn a_rule_that_sets_only_the_app_leaves_the_rest_to_relations() {
    on_each_database(async |db| {
        let mut house = House::configured(db, CONFIG);
        let (cloud, dns) = cloud_and_dns(&mut house).await;
        cloud.holds("eu", [host(1, "eu")]);
        house.sync("cloud").await;
        dns.holds("example.com", [record("shop", "192.0.2.1")]);
        house.sync("dns").await;
        assert_eq!(place(&house, "shop").await, "eu/eu-1/shop//production");
        assert_eq!(house.count("SELECT COUNT(*) AS n FROM resource_versions").await, 0, "it was never elsewhere");

        let mut changed = record("shop", "192.0.2.1");
        changed.ttl = 60;
        dns.holds("example.com", [changed]);
        house.sync("dns").await;
        assert_eq!(place(&house, "shop").await, "eu/eu-1/shop//production");
        let elsewhere = "SELECT COUNT(*) AS n FROM resource_versions WHERE cluster <> 'eu-1'";
        assert_eq!(house.count(elsewhere).await, 0, "a change of its time to live moves nothing");
        let counted = "SELECT present AS n FROM counts WHERE kind = 'dns_record' AND facet = '' AND cluster = 'eu-1'";
        assert_eq!(house.count(counted).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_derived_app_follows_its_target() {
    on_each_database(async |db| {
        let mut house = House::configured(db, CONFIG);
        let (cloud, dns) = cloud_and_dns(&mut house).await;
        cloud.holds("eu", [host(1, "eu")]);
        dns.holds("example.com", [record("www", "192.0.2.1")]);
        house.sync("cloud").await;
        house.sync("dns").await;
        assert_eq!(place(&house, "www").await, "eu/eu-1/portal//production");
        cloud.holds("eu", [host(1, "eu-blog")]);
        house.sync("cloud").await;
        assert_eq!(place(&house, "www").await, "eu/eu-1/blog//production");
    })
    .await;
}

#[tokio::test]
async fn a_derived_row_that_changes_its_role_still_follows_its_target() {
    on_each_database(async |db| {
        let mut house = House::configured(db, CONFIG);
        let (cloud, dns) = cloud_and_dns(&mut house).await;
        cloud.holds("eu", [host(1, "eu")]);
        dns.holds("example.com", [record("www", "192.0.2.1")]);
        house.sync("cloud").await;
        house.sync("dns").await;
        let mut tagged = record("www", "192.0.2.1");
        tagged.tags = vec!["role:edge".to_owned()];
        dns.holds("example.com", [tagged]);
        house.sync("dns").await;
        assert_eq!(place(&house, "www").await, "eu/eu-1/portal/edge/production");
        cloud.holds("eu", [host(1, "us")]);
        house.sync("cloud").await;
        assert_eq!(place(&house, "www").await, "us/us-1/portal/edge/production");
    })
    .await;
}

#[tokio::test]
async fn what_has_no_target_any_more_stays_where_it_was() {
    on_each_database(async |db| {
        let mut house = House::configured(db, CONFIG);
        let (cloud, dns) = cloud_and_dns(&mut house).await;
        cloud.holds("eu", [host(1, "eu"), host(2, "us")]);
        dns.holds("example.com", [record("www", "192.0.2.1")]);
        house.sync("cloud").await;
        house.sync("dns").await;
        cloud.holds("eu", [host(2, "us")]);
        house.sync("cloud").await;
        let mut changed = record("www", "192.0.2.1");
        changed.ttl = 60;
        dns.holds("example.com", [changed]);
        house.sync("dns").await;
        assert_eq!(place(&house, "www").await, "eu/eu-1/portal//production", "a dangling record is still somebody's");
    })
    .await;
}

#[tokio::test]
async fn a_worker_that_dies_before_it_places_leaves_that_to_the_next() {
    on_each_database(async |db| {
        let mut house = House::configured(db, CONFIG);
        let (cloud, dns) = cloud_and_dns(&mut house).await;
        cloud.holds("eu", [host(1, "eu")]);
        house.sync("cloud").await;
        dns.holds("example.com", [record("www", "192.0.2.1")]);
        dns.holds("example.net", [record("other", "198.51.100.1")]);
        let gate = dns.stops_after::<DnsRecord>("example.net", 0);
        let claim = house.claim("dns", "worker-1").await;
        let (db, source) = (house.db.clone(), house.get("dns").clone());
        let dying = tokio::spawn(async move { sync::run(&db, &source, &claim).await });
        gate.reached().await;
        house.until("SELECT COUNT(*) AS n FROM resources WHERE external_id = 'www'", |written| written == 1).await;
        dying.abort();
        let _ = dying.await;
        gate.open();
        assert_eq!(place(&house, "www").await, "////", "or it did not die in between");

        recover::recover(&house.db, &house.sources(), true).await.unwrap();
        assert_eq!(place(&house, "www").await, "eu/eu-1/portal//production");
    })
    .await;
}
