//! What was longer ago than history is kept is forgotten, and nothing that anybody can still ask for.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use quarterdeck::alerts;
use quarterdeck::audit::{self, Act, Doer, Outcome};
use quarterdeck::clock::Instant;
use quarterdeck::config::HistoryConfig;
use quarterdeck::kinds::dns_record::DnsRecord;
use quarterdeck::kinds::instance::{self, Address, AddressSort, Instance};
use quarterdeck::store::listing::{ListQuery, list};
use quarterdeck::store::sources::{self, SourceState};
use quarterdeck::store::{Scope, held};
use quarterdeck::worker::{Worker, schedule};

use crate::support::database::on_each_database;
use crate::support::house::{House, instances};

const STATES: &str = "SELECT COUNT(*) AS n FROM resource_versions";

#[tokio::test]
async fn states_and_links_go_and_every_moment_that_is_kept_looks_as_before() {
    on_each_database(async |db| {
        let mut house = House::over(db);
        let story = Story::live(&mut house).await;

        // Two states of day 10 are over; what was gone from day 20 to 30 is still on the list of what was gone on day
        // 25.
        story.prune_on(&house, 425, 4 - 2).await;
        assert_eq!(house.count(ADDRESS_OF_OLD).await, 0);
        assert_eq!(house.count("SELECT COUNT(*) AS n FROM terms WHERE term = '10.0.0.0'").await, 0, "nobody bears it");
        assert_eq!(house.count(ADDRESS_POINTED_AT).await, 1, "a record still leads to what was ours");
        story.prune_on(&house, 435, 4 - 3).await;
        story.prune_on(&house, 600, 0).await;
        assert_eq!(house.count("SELECT COUNT(*) AS n FROM resources").await, 6, "what is there, and what is gone");
        assert_eq!(house.count("SELECT COUNT(*) AS n FROM resource_keys WHERE until IS NULL").await, 4 * 2 + 1);
        let unborne = "SELECT COUNT(*) AS n FROM terms WHERE id NOT IN (SELECT term_id FROM resource_terms)";
        assert_eq!(house.count(unborne).await, 0);
        assert_eq!(told(&house, None, true, Some("web-002")).await, ["web-002"], "by the name that it had at its end");
    })
    .await;
}

const ADDRESS_OF_OLD: &str = "SELECT COUNT(*) AS n FROM resource_keys WHERE key = 'ip:vpc-1/10.0.0.0'";
const ADDRESS_POINTED_AT: &str = "SELECT COUNT(*) AS n FROM resource_keys WHERE key = 'ip:192.0.2.7'";

/// Fifty days of a house, and then a long quiet.
struct Story {
    began: Instant,
}

impl Story {
    async fn live(house: &mut House) -> Self {
        let story = Self { began: house.clock.now() };
        let (cloud, dns) = (house.source("cloud").await, house.source("dns").await);
        dns.holds(
            "example.com",
            [DnsRecord {
                zone: "example.com".to_owned(),
                record_id: "r1".to_owned(),
                name: "www.example.com".to_owned(),
                record_type: "A".to_owned(),
                content: "192.0.2.7".to_owned(),
                ..DnsRecord::default()
            }],
        );
        let mut fleet = instances(0..5);
        fleet[3].addresses.push(Address { address: [192, 0, 2, 7].into(), sort: AddressSort::Public });
        let without =
            |fleet: &[Instance], name: &str| fleet.iter().filter(|one| one.name != name).cloned().collect::<Vec<_>>();
        cloud.holds("eu", fleet.clone());
        house.sync("dns").await;
        house.sync("cloud").await;

        story.turn_to(house, 10);
        fleet[0].addresses[0].address = [10, 0, 9, 9].into();
        fleet[3].addresses.pop();
        cloud.holds("eu", fleet.clone());
        house.sync("cloud").await;
        story.turn_to(house, 20);
        cloud.holds("eu", without(&fleet, "web-001"));
        house.sync("cloud").await;
        story.turn_to(house, 30);
        cloud.holds("eu", fleet.clone());
        house.sync("cloud").await;
        story.turn_to(house, 40);
        fleet = without(&fleet, "web-002");
        cloud.holds("eu", fleet.clone());
        house.sync("cloud").await;
        story.turn_to(house, 50);
        "renamed".clone_into(&mut fleet[3].name);
        cloud.holds("eu", fleet);
        house.sync("cloud").await;
        assert_eq!(house.count(STATES).await, 4);
        story
    }

    fn day(&self, day: i64) -> Instant {
        self.began + TimeDelta::days(day)
    }

    fn turn_to(&self, house: &House, day: i64) {
        house.clock.advance(self.day(day) - house.clock.now());
    }

    /// Keeps 400 days, and looks at all of them before and after.
    async fn prune_on(&self, house: &House, day: i64, left: i64) {
        self.turn_to(house, day);
        let before = self.views(house, day).await;
        prune(house, 400).await;
        assert_eq!(self.views(house, day).await, before, "on day {day}");
        assert_eq!(house.count(STATES).await, left, "on day {day}");
    }

    /// What lists say of every fifth day that is kept: what was there, what was gone, and both by a search.
    async fn views(&self, house: &House, today: i64) -> Vec<(i64, [Vec<String>; 4])> {
        let mut views = Vec::new();
        for day in (today - 400..=today).step_by(5).take(20) {
            let at = Some(self.day(day));
            let found = [
                told(house, at, false, None).await,
                told(house, at, true, None).await,
                told(house, at, false, Some("10.0")).await,
                told(house, at, true, Some("10.0")).await,
            ];
            views.push((day, found));
        }
        assert!(views.iter().any(|(_, [there, gone, ..])| !there.is_empty() && !gone.is_empty()));
        views
    }
}

#[tokio::test]
async fn settled_alerts_decided_losses_and_old_acts_go() {
    on_each_database(async |db| {
        let mut house = House::over(db);
        let scripts = [house.source("accepted").await, house.source("rejected").await];
        for (script, source) in scripts.iter().zip(["accepted", "rejected"]) {
            script.holds("eu", instances(0..20));
            house.sync(source).await;
            script.holds("eu", instances(0..5));
            house.sync(source).await;
        }
        alerts::evaluate(&house.db).await.unwrap();
        let losses: Vec<i64> = house.held().await.iter().map(|loss| loss.id).collect();
        let now = house.clock.now();
        held::accept_all(&house.db, losses[0], "ada", "it is so", now).await.unwrap();
        held::reject(&house.db, losses[1], "ada", "it is not", now).await.unwrap();
        let refused = |state| move |connection: &mut _| sources::set_state(connection, "accepted", state, "", now);
        house.db.write(refused(SourceState::Auth)).await.unwrap();
        alerts::evaluate(&house.db).await.unwrap();
        let act = async |what| audit::begin(&house.db, &Doer::command_line(), Act::new(what, "ada")).await.unwrap();
        act("user.add").await.complete(&house.db, Outcome::Succeeded, "").await.unwrap();
        let _cut_off = act("user.remove").await;

        house.clock.advance(TimeDelta::days(9));
        prune(&house, 10).await;
        assert_eq!(left(&house).await, [3, 3 + 2, 30, 2], "nothing is old enough");
        house.clock.advance(TimeDelta::days(2));
        prune(&house, 10).await;
        assert_eq!(left(&house).await, [1, 1, 15, 1], "what is open, what is rejected and what nobody completed stays");
    })
    .await;
}

/// Alerts, their transitions, rows of losses, acts.
async fn left(house: &House) -> [i64; 4] {
    [
        house.count("SELECT COUNT(*) AS n FROM alerts").await,
        house.count("SELECT COUNT(*) AS n FROM alert_transitions").await,
        house.count("SELECT COUNT(*) AS n FROM held_loss_items").await,
        house.count("SELECT COUNT(*) AS n FROM audit_log").await,
    ]
}

async fn prune(house: &House, days: u64) {
    let history = HistoryConfig { keep: Duration::from_secs(days * 86_400) };
    let worker = Worker::new(house.db.clone(), Arc::from(house.sources())).keeping(history);
    let task = schedule::by_name("prune").expect("it is in the table");
    let row = worker.run_task(task).await.unwrap().expect("nobody else is at it");
    assert_eq!(row.outcome, "succeeded", "{}", row.report);
}

/// The names on the list of instances of that moment, or on the list of those gone by then.
async fn told(house: &House, at: Option<Instant>, gone: bool, text: Option<&str>) -> Vec<String> {
    let mut query = ListQuery::of(&instance::SPEC);
    (query.at, query.gone, query.text) = (at, gone, text.map(str::to_owned));
    let page = house.read(move |connection| list(connection, &Scope::unrestricted(), &query)).await;
    page.rows.into_iter().map(|row| row.name).collect()
}
