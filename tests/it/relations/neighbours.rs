//! Neighbours: near, through chains, through wildcards, and never a sibling's sibling.

use quarterdeck::clock::Instant;
use quarterdeck::kinds::Held;
use quarterdeck::kinds::Role::{Covers, Is, PointsAt, Serves};
use quarterdeck::relations::{Neighbour, Neighbours, neighbours};
use quarterdeck::store::{Db, Scope, resources};

use super::{one, platform, record, sown};
use crate::support::database::on_each_database;
use crate::support::seed::minute;

async fn around(db: &Db, id: i64, at: Option<Instant>) -> Neighbours {
    db.read(move |connection| {
        let row = resources::of_ids(connection, &Scope::unrestricted(), &[id], at)?.remove(0);
        neighbours(connection, &Scope::unrestricted(), &row, at)
    })
    .await
    .unwrap()
}

fn all(neighbours: Neighbours) -> Vec<Neighbour> {
    neighbours.by_kind.into_iter().flat_map(|group| group.items).collect()
}

/// `id@hops`, in the order shown.
async fn near(db: &Db, id: i64) -> Vec<String> {
    let found = all(around(db, id, None).await);
    found.into_iter().map(|one| format!("{}@{}", one.row.id, one.hops)).collect()
}

#[tokio::test]
async fn an_instance_knows_what_leads_to_it_and_what_is_served_there() {
    on_each_database(async |db| {
        sown(&db, platform()).await;
        // Its event, the balancer before it, the record of its address, that record's alias, and the certificate of
        // both.
        assert_eq!(near(&db, 101).await, ["201@1", "301@1", "504@1", "505@2", "701@2"]);
    })
    .await;
}

/// However many records lead to it, what else leads there is a neighbour too.
#[tokio::test]
async fn an_address_that_hundreds_point_at_hides_nothing() {
    on_each_database(async |db| {
        let pointing =
            |number: i64| record(506, &format!("r-{number:03}.example.com"), "ip:192.0.2.1").numbered(5_000 + number);
        let crowd = (0..300).map(pointing);
        sown(&db, platform().into_iter().chain(crowd).collect()).await;
        let found = near(&db, 101).await;
        assert_eq!(found.iter().filter(|one| one.starts_with('5') && one.ends_with("@1")).count(), 301);
        let others: Vec<&String> = found.iter().filter(|one| one.len() == "101@1".len()).collect();
        assert_eq!(others, ["201@1", "301@1", "504@1", "505@2", "701@2"]);
        assert_eq!(near(&db, 5_299).await, ["101@1", "401@1", "701@1"]);
    })
    .await;
}

#[tokio::test]
async fn a_chain_leads_to_its_end_and_not_to_its_siblings() {
    on_each_database(async |db| {
        sown(&db, platform()).await;
        assert_eq!(near(&db, 502).await, ["301@2", "401@1", "501@1", "701@1"]);
        let chain = all(around(&db, 502, None).await);
        let balancer = chain.iter().find(|one| one.row.id == 301).expect("the balancer");
        let via: Vec<String> = balancer.via.iter().map(ToString::to_string).collect();
        assert_eq!(via, ["host:lb.example.com", "host:lb-1.cloud.example"]);
        assert_eq!(balancer.role, Is);
    })
    .await;
}

#[tokio::test]
async fn a_balancer_knows_its_targets_and_every_name_that_leads_to_it() {
    on_each_database(async |db| {
        sown(&db, platform()).await;
        let near = near(&db, 301).await;
        assert_eq!(near, ["101@1", "102@1", "501@1", "503@2", "502@2", "601@3", "701@2", "702@3"]);
    })
    .await;
}

#[tokio::test]
async fn an_app_knows_its_records_where_they_lead_and_its_certificates() {
    on_each_database(async |db| {
        sown(&db, platform()).await;
        assert_eq!(near(&db, 601).await, ["301@3", "503@1", "501@2", "702@1", "701@1"]);
    })
    .await;
}

#[tokio::test]
async fn an_event_stands_for_its_instance() {
    on_each_database(async |db| {
        sown(&db, platform()).await;
        assert_eq!(near(&db, 201).await, ["101@1", "301@2", "504@2", "505@3", "701@3"]);
    })
    .await;
}

#[tokio::test]
async fn a_certificate_knows_its_hosts_one_label_deep() {
    on_each_database(async |db| {
        let mut seeds = platform();
        seeds.push(record(506, "deep.www.example.com", "ip:192.0.2.2"));
        seeds.push(record(507, "*.example.com", "ip:192.0.2.2"));
        sown(&db, seeds).await;
        let records: Vec<String> = near(&db, 701).await;
        assert_eq!(records, ["507@1", "505@1", "504@1", "501@1", "503@1", "502@1", "601@1"]);
    })
    .await;
}

#[tokio::test]
async fn a_wildcard_record_answers_only_where_nothing_is_closer() {
    on_each_database(async |db| {
        sown(
            &db,
            vec![
                one(101, "router").key(Is, "ip:192.0.2.1"),
                record(501, "*.apps.example.com", "ip:192.0.2.1"),
                record(502, "own.apps.example.com", "ip:192.0.2.9"),
                record(503, "x.below.apps.example.com", "ip:192.0.2.9"),
                one(601, "plain").refers(Serves, "host:plain.apps.example.com"),
                one(602, "own").refers(Serves, "host:own.apps.example.com"),
                one(603, "deep").refers(Serves, "host:a.b.c.apps.example.com"),
                one(604, "under-own").refers(Serves, "host:a.own.apps.example.com"),
                one(605, "empty").refers(Serves, "host:below.apps.example.com"),
            ],
        )
        .await;
        for (app, expected) in [
            (601, vec!["101@2", "501@1"]),
            (602, vec!["502@1"]),
            (603, vec!["101@2", "501@1"]),
            (604, vec![]),
            (605, vec![]),
        ] {
            assert_eq!(near(&db, app).await, expected, "app {app}");
        }
        assert_eq!(near(&db, 501).await, ["101@1", "603@1", "601@1"]);
        let wildcard = all(around(&db, 501, None).await);
        let deep = wildcard.iter().find(|one| one.row.id == 603).expect("the deep app");
        assert_eq!(deep.via[0].to_string(), "host:a.b.c.apps.example.com");
        assert_eq!(near(&db, 101).await, ["501@1", "603@2", "601@2"]);
    })
    .await;
}

#[tokio::test]
async fn a_loop_of_aliases_ends() {
    on_each_database(async |db| {
        sown(
            &db,
            vec![
                record(501, "a.example.com", "host:b.example.com"),
                record(502, "b.example.com", "host:c.example.com"),
                record(503, "c.example.com", "host:a.example.com"),
                record(504, "self.example.com", "host:self.example.com"),
            ],
        )
        .await;
        assert_eq!(near(&db, 501).await, ["502@1", "503@1"]);
        assert!(near(&db, 504).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_chain_of_more_than_eight_is_cut_and_says_so() {
    on_each_database(async |db| {
        let seeds =
            (0..12).map(|i| record(501 + i, &format!("n{i}.example.com"), &format!("host:n{}.example.com", i + 1)));
        sown(&db, seeds.collect()).await;
        let found = around(&db, 501, None).await;
        assert!(found.truncated);
        assert_eq!(all(found).len(), 8);
    })
    .await;
}

#[tokio::test]
async fn two_holders_of_one_address_are_ambiguous_from_either_side() {
    on_each_database(async |db| {
        sown(
            &db,
            vec![
                one(101, "web-1").key(Is, "ip:192.0.2.1"),
                one(102, "web-2").key(Is, "ip:192.0.2.1"),
                record(501, "www.example.com", "ip:192.0.2.1"),
                record(502, "alias.example.com", "host:www.example.com"),
            ],
        )
        .await;
        for id in [101, 501, 502] {
            let far: Vec<(i64, bool)> =
                all(around(&db, id, None).await).iter().map(|one| (one.row.id, one.ambiguous)).collect();
            let expected = match id {
                101 => vec![(501, true), (502, true)],
                501 => vec![(101, true), (102, true), (502, false)],
                _ => vec![(101, true), (102, true), (501, false)],
            };
            assert_eq!(far, expected, "from {id}");
        }
    })
    .await;
}

#[tokio::test]
async fn who_had_the_address_then_is_the_neighbour_of_then() {
    on_each_database(async |db| {
        let mut old = one(101, "old");
        old = old.link(Held::Key, Is, "ip:192.0.2.1", minute(10), Some(minute(100)));
        let new = one(102, "new").link(Held::Key, Is, "ip:192.0.2.1", minute(200), None);
        sown(&db, vec![old.gone(minute(100)), new, record(501, "www.example.com", "ip:192.0.2.1")]).await;
        let instances = async |at| {
            let found = all(around(&db, 501, at).await);
            found.into_iter().filter(|one| one.row.kind == "instance").map(|one| one.row.id).collect::<Vec<_>>()
        };
        assert_eq!(instances(Some(minute(50))).await, [101]);
        assert_eq!(instances(Some(minute(150))).await, [0; 0]);
        assert_eq!(instances(Some(minute(250))).await, [102]);
        assert_eq!(instances(None).await, [102]);
    })
    .await;
}

#[tokio::test]
async fn private_addresses_of_two_networks_do_not_meet() {
    on_each_database(async |db| {
        sown(
            &db,
            vec![
                one(101, "here").key(Is, "ip:vpc-1/10.0.0.1"),
                one(102, "there").key(Is, "ip:vpc-2/10.0.0.1"),
                one(301, "lb").refers(PointsAt, "ip:vpc-1/10.0.0.1"),
                one(701, "unrelated").key(Covers, "host:example.com"),
            ],
        )
        .await;
        assert_eq!(near(&db, 301).await, ["101@1"]);
        assert_eq!(near(&db, 102).await, Vec::<String>::new());
    })
    .await;
}
