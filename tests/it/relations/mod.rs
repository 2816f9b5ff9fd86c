//! What hangs together: a small platform, and who is whose neighbour.

mod app_page;
mod dangling;
mod endpoints;
mod neighbours;
mod touches;

use quarterdeck::kinds::Role::{Covers, Is, PointsAt, Serves};
use quarterdeck::store::Db;

use crate::support::seed::{self, Seed, minute};

/// The kinds and their scopes: 1 instances, 2 events, 3 balancers, 4 zones, 5 records, 6 apps, 7 certificates.
pub const KINDS: [&str; 7] =
    ["instance", "maintenance_event", "load_balancer", "zone", "dns_record", "app", "certificate"];

/// A resource whose kind its id tells: 1xx are instances, 2xx events, and so on.
pub fn one(id: i64, name: &str) -> Seed {
    let scope = id / 100;
    Seed::new(id, KINDS[usize::try_from(scope - 1).unwrap()], scope, name)
}

/// A record of that name with a target: an address or a host.
pub fn record(id: i64, name: &str, target: &str) -> Seed {
    one(id, name).key(Serves, &format!("host:{name}")).refers(PointsAt, target).refers(Covers, "zone:dns/example.com")
}

/// `www` → `lb` record → balancer → two instances; `direct` → the first instance, with an alias; an app, its
/// certificates, an event.
pub fn platform() -> Vec<Seed> {
    vec![
        one(101, "web-1").key(Is, "ip:192.0.2.1").key(Is, "ip:vpc-1/10.0.0.1").key(Is, "instance:acct/eu/i-1"),
        one(102, "web-2").key(Is, "ip:192.0.2.2").key(Is, "instance:acct/eu/i-2"),
        one(201, "reboot of web-1").refers(PointsAt, "instance:acct/eu/i-1"),
        one(301, "lb-1")
            .key(Is, "host:lb-1.cloud.example")
            .key(Is, "load_balancer:acct/eu/lb-1")
            .refers(PointsAt, "instance:acct/eu/i-1")
            .refers(PointsAt, "instance:acct/eu/i-2"),
        one(401, "example.com").key(Covers, "zone:dns/example.com"),
        record(501, "lb.example.com", "host:lb-1.cloud.example"),
        record(502, "www.example.com", "host:lb.example.com"),
        record(503, "shop.example.com", "host:lb.example.com"),
        record(504, "direct.example.com", "ip:192.0.2.1"),
        record(505, "alias.example.com", "host:direct.example.com"),
        one(601, "shop").key(Is, "app:paas/shop").refers(Serves, "host:shop.example.com"),
        one(701, "wildcard").key(Covers, "host:*.example.com"),
        one(702, "shop's own").key(Covers, "host:shop.example.com").refers(Serves, "host:shop.example.com"),
    ]
}

/// Sows it, every scope listed completely at minute 500.
pub async fn sown(db: &Db, seeds: Vec<Seed>) {
    db.write(move |connection| {
        for (kind, id) in KINDS.iter().zip(1..) {
            seed::scope(connection, id, kind, kind, "complete", Some(minute(500)));
        }
        seed::sow(connection, &seeds);
        Ok(())
    })
    .await
    .unwrap();
}
