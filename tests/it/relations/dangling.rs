//! A ref to an address that was ours and is no longer: certain only when everything that could hold it is known.

use ipnet::IpNet;
use quarterdeck::config::NetworkConfig;
use quarterdeck::kinds::Held;
use quarterdeck::kinds::Role::{Is, PointsAt, Serves};
use quarterdeck::relations::{Certainty, Dangling, dangling};
use quarterdeck::store::sql::Sql;
use quarterdeck::store::{Db, Scope, resources};

use super::{one, record, sown};
use crate::support::database::on_each_database;
use crate::support::seed::{Seed, minute};

fn once_ours() -> Vec<Seed> {
    vec![
        one(101, "old").link(Held::Key, Is, "ip:192.0.2.1", minute(10), None).gone(minute(100)),
        one(102, "moved").link(Held::Key, Is, "ip:192.0.2.2", minute(20), Some(minute(90))),
        one(103, "there").key(Is, "ip:192.0.2.3"),
        one(301, "lb").key(Is, "host:lb.cloud.example").gone(minute(100)),
        record(501, "a.example.com", "ip:192.0.2.1"),
        record(502, "b.example.com", "ip:192.0.2.2"),
        record(503, "c.example.com", "ip:192.0.2.3"),
        record(504, "d.example.com", "ip:203.0.113.9"),
        record(505, "e.example.com", "ip:198.51.100.9"),
        record(506, "f.example.com", "host:lb.cloud.example"),
        one(507, "g.example.com").key(Serves, "host:g.example.com").refers(PointsAt, "ip:office/10.0.0.7"),
        record(508, "h.example.com", "ip:elsewhere/10.0.0.7"),
    ]
}

fn networks() -> Vec<NetworkConfig> {
    ["198.51.100.0/24", "10.0.0.0/8"]
        .map(|cidr| NetworkConfig { name: "office".to_owned(), cidr: cidr.parse::<IpNet>().unwrap() })
        .into()
}

async fn of(db: &Db, id: i64, now: i64) -> Vec<Dangling> {
    db.read(move |connection| {
        let row = resources::of_ids(connection, &Scope::unrestricted(), &[id], None)?.remove(0);
        dangling(connection, &Scope::unrestricted(), &row, &networks(), minute(now))
    })
    .await
    .unwrap()
}

async fn ready(db: &Db) {
    sown(db, once_ours()).await;
    db.write(|connection| {
        Sql::new(
            "INSERT INTO sources (name, provider, state, reason, every_seconds, region, cluster) \
             VALUES ('seeded', 'memory', 'ok', '', 300, '', '')",
        )
        .execute(connection)
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn an_address_that_was_ours_says_who_had_it_and_until_when() {
    on_each_database(async |db| {
        ready(&db).await;
        for (record, holder, until) in [(501, 101, 100), (502, 102, 90), (506, 301, 100)] {
            let found = of(&db, record, 505).await;
            assert_eq!(found.len(), 1, "{record}");
            assert_eq!(found[0].certainty, Certainty::Dangling, "{record}");
            let former: Vec<_> = found[0].formerly.iter().map(|former| (former.row.id, former.until)).collect();
            assert_eq!(former, [(holder, minute(until))], "{record}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_address_of_a_configured_network_is_ours_and_a_strangers_is_not() {
    on_each_database(async |db| {
        ready(&db).await;
        for (record, network) in [(503, None), (504, None), (505, Some("office")), (507, Some("office")), (508, None)] {
            let found = of(&db, record, 505).await;
            assert_eq!(found.first().and_then(|one| one.network.as_deref()), network, "{record}");
        }
    })
    .await;
}

#[tokio::test]
async fn while_anything_that_could_hold_it_is_not_fully_known_it_is_unsure() {
    on_each_database(async |db| {
        ready(&db).await;
        let certainty = async |now| of(&db, 501, now).await.remove(0).certainty;
        assert_eq!(certainty(510).await, Certainty::Dangling, "two intervals old is still fresh");
        assert_eq!(certainty(511).await, Certainty::Unsure("seeded instance: the last listing is stale".to_owned()));
        for state in ["partial", "held", "skipped", "applying", "never"] {
            db.write(move |connection| {
                let mut sql = Sql::new("UPDATE scopes SET state = ");
                sql.bind(state).push(" WHERE kind = 'load_balancer'");
                sql.execute(connection)
            })
            .await
            .unwrap();
            assert!(matches!(certainty(505).await, Certainty::Unsure(why) if why.contains(state)), "{state}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_address_that_a_thousand_have_had_is_still_held_by_the_last_of_them() {
    on_each_database(async |db| {
        let mut seeds: Vec<Seed> = (0..1_100_i64)
            .map(|age| {
                let mut former = one(101, "former");
                former.id = 10_000 + age;
                former.link(Held::Key, Is, "ip:192.0.2.1", minute(age), Some(minute(age + 1)))
            })
            .collect();
        let mut holder = one(101, "holder");
        holder.id = 20_000;
        seeds.push(holder.link(Held::Key, Is, "ip:192.0.2.1", minute(1_100), None));
        seeds.push(one(101, "old").link(Held::Key, Is, "ip:192.0.2.2", minute(1), Some(minute(90))));
        seeds.push(record(501, "a.example.com", "ip:192.0.2.1").refers(PointsAt, "ip:192.0.2.2"));
        sown(&db, seeds).await;
        let found = of(&db, 501, 505).await;
        let keys: Vec<String> = found.iter().map(|one| one.key.stored()).collect();
        assert_eq!(keys, ["ip:192.0.2.2"], "the crowd at one address neither hides its holder nor another address");

        db.write(|connection| {
            Sql::new("UPDATE resource_keys SET until = since WHERE resource_id = 20000").execute(connection)
        })
        .await
        .unwrap();
        let found = of(&db, 501, 505).await;
        assert_eq!(found.len(), 2);
        let last: Vec<i64> = found[0].formerly.iter().take(2).map(|former| former.row.id).collect();
        assert_eq!(last, [20_000, 11_099], "the last holder first");
    })
    .await;
}
