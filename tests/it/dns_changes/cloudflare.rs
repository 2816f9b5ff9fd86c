//! Against a Cloudflare that keeps to the contract's batch rules, with a name server of its own.

use std::time::Duration;

use quarterdeck::actions::dns_change::{Ask, Refused};
use quarterdeck::config::Environment;
use quarterdeck::dns_plan::Edit;
use serde_json::{Value, json};

use super::a_fresh_one;
use super::platform::{BLUE, GREEN, Platform};
use crate::support::cloudflare::{Effect, FakeCloudflare, Fault, Record, TOKEN};
use crate::support::collected;

/// A platform whose one zone is Cloudflare's.
struct Cloud {
    fake: FakeCloudflare,
    zone: String,
    platform: Platform,
    _place: Box<dyn Send>,
}

impl Cloud {
    /// With these names, `www-0` and so on, that lead to blue; every second one is proxied.
    async fn with(names: usize) -> Self {
        let fake = FakeCloudflare::start().await;
        let zone = fake.world().add_zone("example.com");
        for n in 0..names {
            for content in BLUE {
                let name = format!("www-{n}.example.com");
                let id = fake.world().add_record(&zone, "A", &name, content);
                let mut world = fake.world();
                let record = world.record(&zone, &id);
                record.proxied = n % 2 == 1;
                record.ttl = if record.proxied { 1 } else { 120 };
                record.comment = Some(format!("front {n} {content}"));
                record.tags = vec!["team:web".into(), format!("n:{n}")];
                record.settings = json!({"ipv4_only": true});
            }
        }
        let settings = format!(
            "token_env = \"TOKEN\"\nendpoint_url = {:?}\nname_servers = [\"{}\"]",
            fake.url(),
            fake.serves_names()
        );
        let environment = Environment::default().with("TOKEN", TOKEN);
        let (place, db) = a_fresh_one().await;
        let platform = Platform::over(db, || collected::provider("cloudflare", &settings, &environment)).await;
        let platform = platform.patient(Duration::from_secs(60));
        platform.sync().await;
        Self { fake, zone, platform, _place: Box::new(place) }
    }

    /// Every record with its id, comment, tags and settings, but for the times.
    fn told(&self) -> Vec<Value> {
        let world = self.fake.world();
        let records = world.zones[&self.zone].records.values().cloned();
        let timeless = |record: Record| Record { modified_on: String::new(), ..record }.json();
        records.map(timeless).collect()
    }

    fn contents(&self, name: &str) -> Vec<String> {
        let records = self.fake.world().named(&self.zone, name, "A");
        let mut contents: Vec<String> = records.into_iter().map(|record| record.content).collect();
        contents.sort();
        contents
    }

    /// How each batch so far was answered.
    fn batches(&self) -> Vec<u16> {
        self.fake.batches().iter().map(|batch| batch.status).collect()
    }

    async fn switched(&self) -> (i64, String) {
        self.platform.carry(&self.platform.switch("blue", "green").await).await
    }
}

fn edit(records: Value) -> Ask {
    Ask { records: serde_json::from_value::<Vec<Edit>>(records).unwrap(), ..Ask::default() }
}

/// F3: proxied or not, in as many batches as the plan of the account takes, and every id as before.
#[tokio::test]
async fn f03_a_switch_in_batches_and_its_way_back_leave_every_record_as_it_was() {
    let cloud = Cloud::with(70).await;
    let before = cloud.told();
    let (change, state) = cloud.switched().await;
    assert_eq!(state, "succeeded");
    assert_eq!((cloud.contents("www-0.example.com"), cloud.contents("www-69.example.com")), {
        let green = GREEN.map(str::to_owned).to_vec();
        (green.clone(), green)
    });
    let ids = |records: &[Value]| records.iter().map(|record| record["id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(&cloud.told()), ids(&before), "patched, not made anew");
    let batches = cloud.batches();
    assert!(batches.len() > 1 && batches.iter().all(|status| *status == 200), "{batches:?}");

    let back = cloud.platform.undo(change).await.unwrap();
    assert_eq!(cloud.platform.work(back.change).await, "succeeded");
    assert_eq!(cloud.told(), before);
}

/// What somebody types is planned in the form in which it is kept, so that it is found again, and comes back.
#[tokio::test]
async fn structured_and_proxied_records_are_edited_and_come_back() {
    let cloud = Cloud::with(2).await;
    let platform = &cloud.platform;
    let made = edit(json!([
        {"op": "create", "zone": "example.com", "name": "_sip._tcp", "type": "SRV", "ttl": 300,
            "contents": ["10 5 5060 sip.example.com", "20 5 5060 sip.example.com"]},
        {"op": "create", "zone": "example.com", "name": "@", "type": "CAA", "ttl": 300, "contents": ["0 issue \"ca.example.net\""]},
        {"op": "create", "zone": "example.com", "name": "@", "type": "MX", "ttl": 300, "contents": ["10 mail.example.com"]},
    ]));
    assert_eq!(platform.carry(&made).await.1, "succeeded");
    let before = cloud.told();
    let changed = edit(json!([
        {"op": "update", "zone": "example.com", "name": "_sip._tcp", "type": "SRV", "ttl": 600,
            "contents": ["10 5 5061 sip.example.com", "20 5 5060 sip.example.com"]},
        {"op": "update", "zone": "example.com", "name": "@", "type": "CAA", "contents": ["128 issue \"other.example.net\""]},
        {"op": "update", "zone": "example.com", "name": "@", "type": "MX", "contents": ["20 mail.example.com"]},
        {"op": "update", "zone": "example.com", "name": "www-1", "type": "A", "ttl": 600, "proxied": true,
            "contents": ["192.0.2.9"]},
        {"op": "update", "zone": "example.com", "name": "www-0", "type": "A", "proxied": true, "contents": BLUE},
    ]));
    let (change, state) = platform.carry(&changed).await;
    let row = platform.row(change).await;
    assert_eq!(state, "succeeded", "{}", row.plan);
    let world = |kind: &str, name: &str| cloud.fake.world().named(&cloud.zone, name, kind);
    let sip = world("SRV", "_sip._tcp.example.com");
    assert!(sip.iter().any(|record| record.data.as_ref().is_some_and(|data| data["port"] == 5_061)), "{sip:?}");
    assert_eq!(world("CAA", "example.com")[0].data.as_ref().unwrap()["flags"], 128);
    assert_eq!(world("MX", "example.com")[0].priority, Some(20));
    assert_eq!(
        (cloud.contents("www-1.example.com"), world("A", "www-1.example.com")[0].ttl),
        (vec!["192.0.2.9".into()], 1)
    );
    assert!(world("A", "www-0.example.com").iter().all(|record| record.proxied));

    let back = platform.undo(change).await.unwrap();
    assert_eq!(platform.work(back.change).await, "succeeded");
    let without_ids = |records: Vec<Value>| {
        let mut records: Vec<Value> = records
            .into_iter()
            .map(|mut record| {
                record.as_object_mut().unwrap().retain(|name, _| name != "id" && name != "created_on");
                record
            })
            .collect();
        records.sort_by_key(ToString::to_string);
        records
    };
    assert_eq!(without_ids(cloud.told()), without_ids(before), "one value came anew: it had gone");
}

#[tokio::test]
async fn too_many_requests_in_the_middle_is_waited_out() {
    let cloud = Cloud::with(70).await;
    cloud.fake.script(Fault { after: 1, ..Fault::on("/dns_records/batch", Effect::Throttle(Some(1))) });
    assert_eq!(cloud.switched().await.1, "succeeded");
    let batches = cloud.batches();
    assert_eq!(batches.iter().filter(|status| **status == 429).count(), 1, "{batches:?}");
    assert_eq!(cloud.contents("www-69.example.com"), GREEN);
}

/// A gateway's time-out after it was done: the zone is read, and nothing is sent twice.
#[tokio::test]
async fn a_batch_whose_answer_is_lost_is_not_repeated() {
    let cloud = Cloud::with(4).await;
    let records = cloud.told().len();
    cloud.fake.script(Fault::on("/dns_records/batch", Effect::LoseAnswer));
    assert_eq!(cloud.switched().await.1, "succeeded");
    assert_eq!((cloud.batches(), cloud.told().len()), (vec![504], records));
    assert_eq!(cloud.contents("www-3.example.com"), GREEN);
}

/// F4: the second batch is refused; the first one is taken back, ids and all.
#[tokio::test]
async fn f04_what_is_refused_half_way_is_taken_back() {
    let cloud = Cloud::with(70).await;
    let before = cloud.told();
    let refusal = Effect::Refuse { status: 400, code: 1004, message: "not today".to_owned() };
    cloud.fake.script(Fault { after: 1, ..Fault::on("/dns_records/batch", refusal) });
    assert_eq!(cloud.switched().await.1, "rolled_back");
    assert_eq!(cloud.told(), before);
}

/// F1: somebody else writes between the plan and its application, then right under the batch itself.
#[tokio::test]
async fn f01_a_foreign_write_is_seen_before_a_batch_and_under_it() {
    let cloud = Cloud::with(2).await;
    let platform = &cloud.platform;
    let id = cloud.fake.world().named(&cloud.zone, "www-0.example.com", "A")[0].id.clone();
    let change = platform.plan(&platform.switch("blue", "green").await).await.unwrap();
    cloud.fake.world().record(&cloud.zone, &id).comment = Some("mine".to_owned());
    let tick = cloud.fake.world().tick();
    cloud.fake.world().record(&cloud.zone, &id).modified_on = tick;
    assert!(matches!(platform.apply(change, None).await, Err(Refused::Outdated(_))));
    assert!(cloud.batches().is_empty());

    // Deleted between the last look and the write: the batch is refused as a whole, and nothing of it is done.
    let (zone, gone) = (cloud.zone.clone(), id.clone());
    let meanwhile = Effect::Meanwhile(Box::new(move |world| {
        world.zone(&zone).records.remove(&gone);
    }));
    cloud.fake.script(Fault::on("/dns_records/batch", meanwhile));
    platform.apply(change, Some(&super::anyhow())).await.unwrap();
    let state = platform.work(change).await;
    assert_eq!((state.as_str(), cloud.batches()), ("failed", vec![404]));
    assert_eq!(cloud.contents("www-1.example.com"), BLUE);
}
