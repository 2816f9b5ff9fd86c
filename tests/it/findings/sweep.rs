//! The pass over everything: after a change and not without one, and never more on a page than is the case.

use quarterdeck::config::NetworkConfig;
use quarterdeck::kinds::Held;
use quarterdeck::kinds::Role::Is;
use quarterdeck::kinds::dns_record::DnsRecord;
use quarterdeck::kinds::instance::Instance;
use quarterdeck::relations::findings::{self, RULES};
use quarterdeck::store::findings as stored;
use quarterdeck::store::sql::Sql;
use quarterdeck::store::{Db, Scope};

use super::{found, networks, numbers, sweep, swept, told};
use crate::relations::{one, record};
use crate::support::database::on_each_database;
use crate::support::house::House;
use crate::support::plans::{explained, whole};
use crate::support::seed::{Seed, minute};

fn pointing(name: &str, address: &str) -> DnsRecord {
    DnsRecord {
        record_id: format!("id of {name}"),
        zone: "example.com".to_owned(),
        record_type: "A".to_owned(),
        name: name.to_owned(),
        content: address.to_owned(),
        ttl: 300,
        ..DnsRecord::default()
    }
}

fn holding(number: u8) -> Instance {
    use quarterdeck::kinds::instance::{Address, AddressSort};
    Instance {
        account: "123456789012".to_owned(),
        provider_region: "eu-west-1".to_owned(),
        instance_id: format!("i-{number}"),
        name: format!("web-{number}"),
        state: "running".to_owned(),
        addresses: vec![Address { address: [192, 0, 2, number].into(), sort: AddressSort::Public }],
        ..Instance::default()
    }
}

#[tokio::test]
async fn what_a_sync_breaks_is_found_and_what_the_next_one_mends_is_gone() {
    on_each_database(|db: Db| async move {
        let mut house = House::over(db.clone());
        let cloud = house.source("cloud").await;
        let dns = house.source("dns").await;
        cloud.holds("eu", [1, 2, 3, 4].map(holding));
        cloud.holds("balancers", Vec::<quarterdeck::kinds::load_balancer::LoadBalancer>::new());
        dns.holds("example.com", [pointing("www.example.com", "192.0.2.1"), pointing("api.example.com", "192.0.2.2")]);
        house.sync("cloud").await;
        house.sync("dns").await;
        assert_eq!(sweep(&db).await.rules, RULES.len());
        assert_eq!(told(&db, "dangling-record").await, [""; 0]);
        assert_eq!(numbers(&db, "instance-without-record").await.0, 2);
        assert_eq!(sweep(&db).await.rules, 0, "nothing has changed since");

        // The instance goes, and the record that pointed at it stays.
        cloud.holds("eu", [2, 3, 4].map(holding));
        house.sync("cloud").await;
        house.sync("cloud").await;
        assert_eq!(sweep(&db).await.rules, RULES.len());
        let dangling = found(&db, "dangling-record").await;
        assert_eq!(dangling.len(), 1);
        assert_eq!((dangling[0].row.name.as_str(), &dangling[0].doubt), ("www.example.com", &None));

        // Mended; the page knows before the next pass does.
        dns.holds("example.com", [pointing("www.example.com", "192.0.2.3"), pointing("api.example.com", "192.0.2.2")]);
        house.sync("dns").await;
        assert_eq!(found(&db, "dangling-record").await.len(), 0, "looked at again when it is shown");
        assert_eq!(numbers(&db, "dangling-record").await.0, 1, "the number is of the last pass");
        let swept = sweep(&db).await;
        assert!(swept.mended >= 2, "the record, and the instance that it leads to now: {swept:?}");
        assert_eq!(numbers(&db, "dangling-record").await, (0, 0, 0));
        assert_eq!(numbers(&db, "instance-without-record").await.0, 1);
    })
    .await;
}

#[tokio::test]
async fn a_finding_goes_with_its_resource() {
    on_each_database(async |db| {
        let old = one(101, "old").link(Held::Key, Is, "ip:192.0.2.1", minute(10), None).gone(minute(100));
        swept(&db, vec![old, record(501, "a.example.com", "ip:192.0.2.1")]).await;
        assert_eq!(numbers(&db, "dangling-record").await.0, 1);
        db.write(|connection| quarterdeck::store::apply::tombstone(connection, &[501], minute(506))).await.unwrap();
        assert!(found(&db, "dangling-record").await.is_empty());
        assert_eq!(sweep(&db).await.rules, RULES.len(), "an end is a change");
        assert_eq!(numbers(&db, "dangling-record").await, (0, 0, 0));
    })
    .await;
}

#[tokio::test]
async fn another_network_of_ours_is_a_reason_to_look_again() {
    on_each_database(async |db| {
        swept(&db, vec![record(501, "a.example.com", "ip:203.0.113.9")]).await;
        assert_eq!(numbers(&db, "dangling-record").await.0, 0);
        let wider: Vec<NetworkConfig> = networks()
            .into_iter()
            .chain([NetworkConfig { name: "lab".to_owned(), cidr: "203.0.113.0/24".parse().unwrap() }])
            .collect();
        assert_eq!(findings::sweep(&db, &wider).await.unwrap().rules, RULES.len());
        assert_eq!(numbers(&db, "dangling-record").await.0, 1);
    })
    .await;
}

#[tokio::test]
async fn thousands_are_counted_so_far_and_paged_each_once() {
    on_each_database(async |db| {
        let seeds = (0..2_300).map(|number| {
            let mut seed: Seed = one(101, &format!("web-{:04}", number % 1_700));
            seed.id = 10_000 + number;
            seed.status = "running".to_owned();
            seed
        });
        let swept = swept(&db, seeds.collect()).await;
        assert_eq!(swept.found, 2_300);
        let (sure, ..) = numbers(&db, "instance-without-record").await;
        assert_eq!(sure, 1_001, "counted to one more than a thousand");
        let mut seen: Vec<(String, i64)> = Vec::new();
        loop {
            let after = seen.last().cloned();
            let page = db
                .read(move |connection| {
                    let wanted = stored::Wanted { limit: 333, after, ..stored::Wanted::default() };
                    stored::page(connection, &Scope::unrestricted(), "instance-without-record", &wanted, minute(505))
                })
                .await
                .unwrap();
            seen.extend(page.rows.iter().map(|row| (row.name.clone(), row.id)));
            if page.next.is_none() {
                break;
            }
        }
        let mut sorted = seen.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!((seen.len(), &seen), (2_300, &sorted));
    })
    .await;
}

#[tokio::test]
async fn no_page_of_findings_reads_a_large_table_from_end_to_end() {
    on_each_database(async |db| {
        let backend = db.backend();
        let filters = [
            stored::Wanted::default(),
            stored::Wanted { cluster: Some("eu".to_owned()), ..stored::Wanted::default() },
            stored::Wanted {
                region: Some("eu".to_owned()),
                after: Some(("a".to_owned(), 1)),
                ..stored::Wanted::default()
            },
            stored::Wanted { source: Some("eu".to_owned()), ..stored::Wanted::default() },
        ];
        for wanted in filters {
            let asked = format!("{wanted:?}");
            let plan = db
                .write(move |connection| {
                    let statement = stored::statement(&Scope::unrestricted(), "dangling-record", &wanted, minute(505));
                    Ok(explained(connection, backend, statement))
                })
                .await
                .unwrap();
            assert!(plan.iter().any(|step| step.contains("findings_")), "{asked}: {plan:#?}");
            assert!(whole(&plan, &["f", "findings", "finding_ignores", "resources"]).is_empty(), "{asked}: {plan:#?}");
            let sorts = plan.iter().any(|step| step.contains("TEMP B-TREE") || step.contains("Sort"));
            assert!(!sorts, "{asked} is read in the order that it is shown: {plan:#?}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_table_of_the_seeds_can_be_read_from_end_to_end_and_the_plan_says_so() {
    on_each_database(async |db| {
        let backend = db.backend();
        let plan = db
            .write(move |connection| {
                Ok(explained(
                    connection,
                    backend,
                    Sql::new("SELECT COUNT(*) AS n FROM resource_refs l WHERE l.role LIKE '%x%'"),
                ))
            })
            .await
            .unwrap();
        assert!(!whole(&plan, &["l", "resource_refs"]).is_empty(), "the eye that looks for it sees it: {plan:#?}");
    })
    .await;
}
