//! What would be affected if something went away: how badly, in which order, and by which way.

use quarterdeck::kinds::Role::{Covers, Is, PointsAt, Serves};
use quarterdeck::relations::touches::{Affected, Touches, touches};
use quarterdeck::relations::{HOPS, NODES};
use quarterdeck::store::{Db, Scope, resources};

use super::{one, platform, record, sown};
use crate::support::database::on_each_database;
use crate::support::seed::Seed;

/// A record that leads clients on.
fn address(id: i64, name: &str, target: &str) -> Seed {
    typed(record(id, name, target), "A")
}

fn typed(mut seed: Seed, record_type: &str) -> Seed {
    seed.facets[0] = record_type.to_owned();
    seed
}

/// The small platform with the types of its records.
fn typed_platform() -> Vec<Seed> {
    let of_type = |seed: Seed| match seed.kind {
        "dns_record" => typed(seed, "CNAME"),
        _ => seed,
    };
    platform().into_iter().map(of_type).collect()
}

async fn of(db: &Db, id: i64, most: usize) -> Touches {
    db.read(move |connection| {
        let row = resources::of_ids(connection, &Scope::unrestricted(), &[id], None)?.remove(0);
        touches(connection, &Scope::unrestricted(), &row, None, most)
    })
    .await
    .unwrap()
}

/// `harm id@hops: left`, in the order shown.
async fn told(db: &Db, id: i64) -> Vec<String> {
    of(db, id, NODES).await.affected.iter().map(line).collect()
}

fn line(one: &Affected) -> String {
    let left = if one.left.is_empty() { String::new() } else { format!(": {}", one.left) };
    format!("{} {}@{}{left}", one.harm.as_str(), one.row.id, one.hops)
}

#[tokio::test]
async fn with_one_of_two_targets_everything_behind_the_balancer_is_degraded_and_what_points_straight_is_lost() {
    on_each_database(async |db| {
        sown(&db, typed_platform()).await;
        assert_eq!(
            told(&db, 101).await,
            [
                "lost 504@1: leads to nothing any more",
                "lost 505@2: leads to nothing any more",
                "degraded 601@4: its only domain is degraded",
                "degraded 301@1: 1 of 2 targets remains",
                "degraded 501@2: leads to what is degraded",
                "degraded 503@3: leads to what is degraded",
                "degraded 502@3: leads to what is degraded",
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn with_the_balancer_all_its_names_and_the_app_behind_them_are_lost_by_a_way_in_words() {
    on_each_database(async |db| {
        sown(&db, typed_platform()).await;
        let found = of(&db, 301, NODES).await;
        let ids: Vec<(i64, &str)> = found.affected.iter().map(|one| (one.row.id, one.harm.as_str())).collect();
        assert_eq!(ids, [(601, "lost"), (501, "lost"), (503, "lost"), (502, "lost")], "the app first");
        let way: Vec<String> =
            found.affected[0].path.iter().map(|step| format!("{} {}", step.name, step.words)).collect();
        assert_eq!(
            way,
            [
                "lb.example.com points at lb-1.cloud.example",
                "shop.example.com points at lb.example.com",
                "shop answers as shop.example.com",
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn a_certificate_takes_the_domains_that_nothing_else_covers() {
    on_each_database(async |db| {
        sown(&db, typed_platform()).await;
        // The wildcard covers five names; for the shop there is one more certificate.
        let wildcard = told(&db, 701).await;
        assert!(wildcard.contains(&"degraded 601@1: its only domain is degraded".to_owned()), "{wildcard:?}");
        assert!(wildcard.contains(&"degraded 502@1: no certificate covers it any more".to_owned()), "{wildcard:?}");
        assert!(!wildcard.iter().any(|line| line.contains(" 503@")), "the shop's name is covered twice: {wildcard:?}");
    })
    .await;
}

#[tokio::test]
async fn the_only_certificate_of_the_only_domain_is_the_end_of_the_app() {
    on_each_database(async |db| {
        let mut seeds = typed_platform();
        seeds.retain(|seed| seed.id != 702);
        sown(&db, seeds).await;
        assert_eq!(told(&db, 701).await[0], "lost 601@1: its only domain is lost");
    })
    .await;
}

#[tokio::test]
async fn an_app_that_loses_its_only_domain_comes_before_one_that_keeps_others() {
    on_each_database(async |db| {
        let seeds = vec![
            one(101, "web").key(Is, "ip:192.0.2.1"),
            one(102, "spare").key(Is, "ip:192.0.2.2"),
            address(501, "a.example.com", "ip:192.0.2.1"),
            address(502, "b.example.com", "ip:192.0.2.2"),
            // Two addresses of one name: one of them stays.
            address(503, "both.example.com", "ip:192.0.2.1"),
            address(504, "both.example.com", "ip:192.0.2.2"),
            typed(one(505, "a.example.com").key(Serves, "host:a.example.com"), "TXT"),
            one(601, "a: keeps one").refers(Serves, "host:a.example.com").refers(Serves, "host:b.example.com"),
            one(602, "b: loses all").refers(Serves, "host:a.example.com"),
            one(603, "c: has two addresses").refers(Serves, "host:both.example.com"),
            one(604, "d: is not touched").refers(Serves, "host:b.example.com"),
        ];
        sown(&db, seeds).await;
        assert_eq!(
            told(&db, 101).await,
            [
                "lost 602@2: its only domain is lost",
                "lost 501@1: leads to nothing any more",
                "lost 503@1: leads to nothing any more",
                "degraded 601@2: 1 of 2 domains remains",
                "degraded 603@2: its only domain is degraded",
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn a_zone_takes_its_records_and_what_goes_by_them_an_event_nothing_and_an_app_its_certificates() {
    on_each_database(async |db| {
        let mut seeds = typed_platform();
        seeds.push(one(703, "kept in the app").refers(Is, "app:paas/shop").key(Covers, "host:elsewhere.example.net"));
        sown(&db, seeds).await;
        let zone = told(&db, 401).await;
        assert_eq!(zone.len(), 7, "five records, the app, and the certificate that is kept in it: {zone:?}");
        assert!(zone.iter().all(|line| line.starts_with("lost ")), "{zone:?}");
        assert_eq!(told(&db, 201).await, [""; 0]);
        assert_eq!(told(&db, 601).await, ["lost 703@1"]);
    })
    .await;
}

#[tokio::test]
async fn what_is_lost_by_two_ways_together_is_lost() {
    on_each_database(async |db| {
        // Both balancers have only the one instance; the name has an address of each.
        let balancer =
            |id, host: &str| one(id, host).key(Is, &format!("host:{host}")).refers(PointsAt, "instance:acct/eu/i-1");
        let seeds = vec![
            one(101, "only").key(Is, "instance:acct/eu/i-1"),
            balancer(301, "one.cloud.example"),
            balancer(302, "two.cloud.example"),
            typed(record(501, "www.example.com", "host:one.cloud.example"), "ALIAS"),
            typed(record(502, "long.example.com", "host:two.cloud.example"), "CNAME"),
            typed(record(503, "www.example.com", "host:long.example.com"), "ALIAS"),
            one(601, "shop").refers(Serves, "host:www.example.com"),
        ];
        sown(&db, seeds).await;
        let told = told(&db, 101).await;
        assert_eq!(
            told[0], "lost 601@3: its only domain is lost",
            "degraded at the third hop, lost at the fourth: {told:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn loops_end_and_too_much_is_cut_and_says_so() {
    on_each_database(async |db| {
        let mut seeds = vec![
            one(101, "web").key(Is, "ip:192.0.2.1"),
            typed(record(501, "a.example.com", "host:b.example.com"), "CNAME"),
            typed(record(502, "b.example.com", "host:a.example.com"), "CNAME"),
            typed(record(503, "b.example.com", "ip:192.0.2.1"), "A"),
        ];
        for number in 0..12 {
            let target =
                if number == 0 { "ip:192.0.2.1".to_owned() } else { format!("host:n{}.example.com", number - 1) };
            seeds.push(address(510 + number, &format!("n{number}.example.com"), &target));
        }
        sown(&db, seeds).await;
        let found = of(&db, 101, NODES).await;
        assert!(found.truncated, "a chain of twelve");
        assert_eq!(found.affected.iter().map(|one| one.hops).max(), Some(HOPS));
        let few = of(&db, 101, 3).await;
        assert!(few.truncated);
        assert_eq!(few.affected.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn who_sees_nothing_is_told_nothing() {
    on_each_database(async |db| {
        sown(&db, typed_platform()).await;
        let found = db
            .read(|connection| {
                let row = resources::of_ids(connection, &Scope::unrestricted(), &[101], None)?.remove(0);
                touches(connection, &Scope::nothing(), &row, None, NODES)
            })
            .await
            .unwrap();
        assert!(found.affected.is_empty());
    })
    .await;
}
