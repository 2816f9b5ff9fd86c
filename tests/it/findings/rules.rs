//! Each rule: what it finds, and what looks like it and is none.

use quarterdeck::kinds::Held;
use quarterdeck::kinds::Role::{Covers, Is, PointsAt, Serves};
use quarterdeck::kinds::certificate::{Certificate, Link};
use quarterdeck::store::Db;
use quarterdeck::store::sources::{ConfiguredSource, configure};
use quarterdeck::store::sql::Sql;

use super::{attrs, found, numbers, swept, told};
use crate::relations::{one, record};
use crate::support::database::on_each_database;
use crate::support::seed::{Seed, minute};

fn with_status(mut seed: Seed, status: &str) -> Seed {
    seed.status = status.to_owned();
    seed
}

#[tokio::test]
async fn a_record_to_what_was_ours_is_found_with_who_had_it_and_a_strangers_is_not() {
    on_each_database(async |db| {
        let seeds = vec![
            one(101, "old").link(Held::Key, Is, "ip:192.0.2.1", minute(10), None).gone(minute(100)),
            one(102, "there").key(Is, "ip:192.0.2.3"),
            one(301, "lb").key(Is, "host:lb.cloud.example").gone(minute(90)),
            record(501, "a.example.com", "ip:192.0.2.1"),
            record(502, "b.example.com", "ip:192.0.2.3"),
            record(503, "c.example.com", "ip:203.0.113.9"),
            record(504, "d.example.com", "ip:198.51.100.9"),
            record(505, "e.example.com", "host:lb.cloud.example"),
            record(506, "f.example.com", "host:elsewhere.example.net"),
            // A wildcard answers for what one of its names once was.
            record(507, "*.apps.example.com", "ip:192.0.2.3"),
            one(508, "was.apps.example.com")
                .link(Held::Key, Serves, "host:was.apps.example.com", minute(10), None)
                .gone(minute(50)),
            record(509, "g.example.com", "host:was.apps.example.com"),
        ];
        swept(&db, seeds).await;
        assert_eq!(
            told(&db, "dangling-record").await,
            [
                "501 ip:192.0.2.1: is held by nothing of ours any more",
                "504 ip:198.51.100.9: lies in our network office, and nothing of ours holds it",
                "505 host:lb.cloud.example: is held by nothing of ours any more",
            ]
        );
        let former = found(&db, "dangling-record").await.remove(0).other.expect("who had it");
        assert_eq!((former.0.id, former.1), (101, Some(minute(100))));
        assert_eq!(numbers(&db, "dangling-record").await, (3, 0, 0));
    })
    .await;
}

#[tokio::test]
async fn what_a_listing_leaves_open_is_unsure_and_never_counted_as_sure() {
    on_each_database(async |db| {
        let seeds = vec![
            one(101, "old").link(Held::Key, Is, "ip:192.0.2.1", minute(10), None).gone(minute(100)),
            record(501, "a.example.com", "ip:192.0.2.1"),
        ];
        swept(&db, seeds).await;
        assert_eq!(numbers(&db, "dangling-record").await, (1, 0, 0));
        for state in ["partial", "held", "skipped", "applying", "never"] {
            db.write(move |connection| {
                let mut sql = Sql::new("UPDATE scopes SET state = ");
                sql.bind(state).push(" WHERE kind = 'load_balancer'");
                sql.execute(connection)
            })
            .await
            .unwrap();
            let doubt = found(&db, "dangling-record").await.remove(0).doubt;
            assert_eq!(doubt, Some(format!("seeded load_balancer: the last listing is {state}")));
            assert_eq!(numbers(&db, "dangling-record").await, (0, 1, 0), "{state}");
        }
        db.write(|connection| Sql::new("UPDATE scopes SET state = 'complete'").execute(connection)).await.unwrap();
        assert_eq!(numbers(&db, "dangling-record").await, (1, 0, 0));
        super::stand_at(&db, 511);
        assert_eq!(numbers(&db, "dangling-record").await, (0, 1, 0), "older than two intervals");
    })
    .await;
}

#[tokio::test]
async fn a_running_instance_that_nothing_leads_to_is_found() {
    on_each_database(async |db| {
        let running = |id, name: &str, key: &str| with_status(one(id, name).key(Is, key), "running");
        let seeds = vec![
            running(101, "lonely", "ip:192.0.2.1"),
            running(102, "named", "ip:192.0.2.2"),
            running(103, "balanced", "instance:acct/eu/i-3"),
            with_status(one(104, "asleep").key(Is, "ip:192.0.2.4"), "stopped"),
            running(105, "announced", "instance:acct/eu/i-5"),
            running(106, "was named", "ip:192.0.2.6"),
            one(201, "a reboot is no name").refers(PointsAt, "instance:acct/eu/i-5"),
            one(301, "lb").refers(PointsAt, "instance:acct/eu/i-3"),
            record(501, "named.example.com", "ip:192.0.2.2"),
            record(502, "gone.example.com", "ip:192.0.2.6").gone(minute(40)),
        ];
        swept(&db, seeds).await;
        let ids: Vec<i64> = found(&db, "instance-without-record").await.iter().map(|one| one.row.id).collect();
        assert_eq!(ids, [105, 101, 106], "by name");
    })
    .await;
}

#[tokio::test]
async fn a_source_that_was_never_listed_leaves_in_doubt_whatever_it_may_list() {
    on_each_database(async |db: Db| {
        let lonely = one(101, "lonely").key(Is, "ip:192.0.2.1");
        swept(&db, vec![with_status(lonely, "running"), record(501, "a.example.com", "ip:192.0.2.2")]).await;
        let doubts = |db: Db| async move {
            let found = found(&db, "instance-without-record").await;
            found.into_iter().map(|one| one.doubt.unwrap_or_default()).collect::<Vec<_>>()
        };
        let sure = doubts(db.clone()).await;
        assert_eq!(sure, [""]);
        let partner = |kinds: &[&'static str]| ConfiguredSource {
            name: "partner-dns".to_owned(),
            provider: "memory".to_owned(),
            region: String::new(),
            cluster: String::new(),
            every_seconds: 300,
            kinds: kinds.to_vec(),
            missing: None,
        };
        for (kinds, doubt) in [
            (["zone", "dns_record"], vec!["partner-dns was never listed".to_owned()]),
            // What it could not have listed proves nothing less.
            (["zone", "certificate"], sure.clone()),
        ] {
            let (seeded, source, now) =
                (ConfiguredSource { name: "seeded".to_owned(), ..partner(&[]) }, partner(&kinds), db.clock.now());
            db.write(move |connection| configure(connection, &[seeded, source], now)).await.unwrap();
            assert_eq!(doubts(db.clone()).await, doubt, "{kinds:?}");
        }
        let (source, now) = (ConfiguredSource { name: "seeded".to_owned(), ..partner(&[]) }, db.clock.now());
        db.write(move |connection| configure(connection, &[source], now)).await.unwrap();
        assert_eq!(doubts(db.clone()).await, sure, "nobody waits for one that was removed");
    })
    .await;
}

#[tokio::test]
async fn a_record_to_a_stopped_instance_is_found_unless_another_runs_there() {
    on_each_database(async |db| {
        let seeds = vec![
            with_status(one(101, "asleep").key(Is, "ip:192.0.2.1").key(Is, "ip:192.0.2.9"), "stopped"),
            with_status(one(102, "awake").key(Is, "ip:192.0.2.9"), "running"),
            record(501, "a.example.com", "ip:192.0.2.1"),
            record(502, "b.example.com", "ip:192.0.2.9"),
            one(301, "lb").refers(PointsAt, "ip:192.0.2.1"),
        ];
        swept(&db, seeds).await;
        let found = found(&db, "record-to-stopped-instance").await;
        let lines: Vec<_> = found.iter().map(|one| (one.row.id, one.other.as_ref().map(|other| other.0.id))).collect();
        assert_eq!(lines, [(501, Some(101))]);
    })
    .await;
}

#[tokio::test]
async fn a_domain_without_a_record_is_found_and_is_unsure_where_no_zone_of_ours_would_hold_it() {
    on_each_database(async |db| {
        let seeds = vec![
            one(401, "example.com").key(Covers, "zone:dns/example.com"),
            record(501, "there.example.com", "ip:192.0.2.1"),
            record(502, "*.apps.example.com", "ip:192.0.2.1"),
            one(601, "shop")
                .refers(Serves, "host:there.example.com")
                .refers(Serves, "host:shop.apps.example.com")
                .refers(Serves, "host:missing.example.com")
                .refers(Serves, "host:shop.example.net"),
        ];
        swept(&db, seeds).await;
        assert_eq!(
            told(&db, "domain-without-record").await,
            [
                "601 host:missing.example.com: has no record in example.com",
                "601 host:shop.example.net: has no record here (no zone that is listed here would hold it)",
            ]
        );
        assert_eq!(numbers(&db, "domain-without-record").await, (1, 1, 0));
    })
    .await;
}

#[tokio::test]
async fn a_certificate_is_attached_nowhere_only_if_nothing_goes_by_its_names() {
    on_each_database(async |db| {
        let loose = |id, name: &str, covers: &str| with_status(one(id, name).key(Covers, covers), "unattached");
        let seeds = vec![
            loose(701, "left over", "host:old.example.com"),
            loose(702, "of a record", "host:www.example.com"),
            loose(703, "wildcard in use", "host:*.example.com"),
            loose(704, "wildcard one label too high", "host:*.example.net"),
            loose(705, "of an app", "host:shop.example.org"),
            with_status(one(706, "attached").key(Covers, "host:other.example.com"), "attached"),
            record(501, "www.example.com", "ip:192.0.2.1"),
            record(502, "deep.below.example.net", "ip:192.0.2.1"),
            one(601, "shop").refers(Serves, "host:shop.example.org"),
        ];
        swept(&db, seeds).await;
        let ids: Vec<i64> = found(&db, "certificate-attached-nowhere").await.iter().map(|one| one.row.id).collect();
        assert_eq!(ids, [701, 704]);
    })
    .await;
}

#[tokio::test]
async fn a_certificate_that_has_ended_or_has_a_hole_in_its_chain_is_found() {
    let link =
        |subject: &str, issuer: &str| Link { subject: subject.to_owned(), issuer: issuer.to_owned(), not_after: None };
    on_each_database(async |db| {
        let with_chain = |id, name: &str, chain: Vec<Link>| {
            let mut seed = one(id, name);
            seed.attrs = attrs(&Certificate { chain, ..Certificate::default() });
            seed
        };
        let mut ended = one(701, "ended");
        ended.due = Some(minute(504));
        let mut good = with_chain(702, "good", vec![link("CN=a", "CN=ca"), link("CN=ca", "CN=root")]);
        good.due = Some(minute(600));
        let holed = with_chain(703, "holed", vec![link("CN=a", "CN=between"), link("CN=root", "CN=root")]);
        swept(&db, vec![ended, good, holed]).await;
        assert_eq!(
            told(&db, "certificate-unfit").await,
            [
                "701: ended on 1 Nov 2026, 08:24 UTC",
                "703: has a hole in its chain: between is not sent, which signed a",
            ]
        );
        // The other one ends by itself, and the hour's pass finds it.
        super::stand_at(&db, 601);
        super::sweep(&db).await;
        assert_eq!(found(&db, "certificate-unfit").await.len(), 3);
    })
    .await;
}
