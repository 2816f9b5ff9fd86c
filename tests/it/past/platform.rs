//! A small platform on which something happens every day: changes, moves, removals, returns, new names, new tags.

use chrono::TimeDelta;
use quarterdeck::kinds::app::App;
use quarterdeck::kinds::certificate::Certificate;
use quarterdeck::kinds::dns_record::DnsRecord;
use quarterdeck::kinds::instance::{Address, AddressSort, Instance};
use quarterdeck::kinds::load_balancer::{LoadBalancer, Target};
use quarterdeck::providers::memory::Script;
use quarterdeck::store::Db;

use crate::support::house::{House, instance};

/// Instances are placed by a tag, and everything else where that lies which it leads to.
pub const CONFIG: &str = r#"
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
match = { "tag.place" = "eu" }
set = { cluster = "eu-1", environment = "production", role = "web" }

[[placement]]
match = { "tag.place" = "us" }
set = { cluster = "us-1", environment = "production" }
"#;

const ZONE: &str = "example.com";

/// Numbers that look random and are the same each time (splitmix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % sides as u64).unwrap()
    }

    pub fn happens(&mut self, one_in: usize) -> bool {
        self.roll(one_in) == 0
    }

    fn one_of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.roll(choices.len())]
    }
}

/// Something that is there, or just now is not.
struct There<T> {
    it: T,
    present: bool,
}

/// The platform behind two sources.
pub struct Platform {
    pub house: House,
    cloud: Script,
    names: Script,
    dice: Dice,
    instances: Vec<There<Instance>>,
    balancers: Vec<There<LoadBalancer>>,
    records: Vec<There<DnsRecord>>,
    apps: Vec<There<App>>,
    certificates: Vec<There<Certificate>>,
}

impl Platform {
    /// On its first day.
    pub async fn built(db: Db, seed: u64) -> Self {
        let mut house = House::configured(db, CONFIG);
        let (cloud, names) = (house.source("cloud").await, house.source("names").await);
        let there = |it| There { it, present: true };
        let platform = Self {
            house,
            cloud,
            names,
            dice: Dice(seed),
            instances: (0..14).map(|number| There { it: host(number), present: true }).collect(),
            balancers: (0..3).map(|number| There { it: balancer(number), present: true }).collect(),
            records: (0..16).map(|number| There { it: record(number), present: true }).collect(),
            apps: (0..12).map(|number| There { it: app(number), present: true }).collect(),
            certificates: (0..12).map(certificate).map(there).collect(),
        };
        platform.tell();
        platform.sync().await;
        platform
    }

    /// A day goes by, and the sources are asked again.
    pub async fn a_day(&mut self) {
        self.house.clock.advance(TimeDelta::hours(23));
        self.happen();
        self.tell();
        self.sync().await;
        assert!(self.house.held().await.is_empty(), "no day is so wild that the guard holds anything back");
    }

    async fn sync(&self) {
        self.house.sync("cloud").await;
        self.house.sync("names").await;
    }

    fn happen(&mut self) {
        let dice = &mut self.dice;
        for There { it, present } in &mut self.instances {
            if dice.happens(7) {
                it.instance_type = dice.one_of(&["t3.small", "m6i.large", "m6i.xlarge"]).to_owned();
            }
            if dice.happens(8) {
                it.state = dice.one_of(&["running", "stopped"]).to_owned();
            }
            if dice.happens(9) {
                it.name = format!("{}-{}", dice.one_of(&["web", "worker", "cache"]), dice.roll(90));
            }
            if dice.happens(6) {
                it.tags = tags(dice.one_of(&["eu", "us", ""]), dice.one_of(&["prod", "test"]));
            }
            if dice.happens(10) {
                it.addresses = public(dice.roll(14));
            }
            *present ^= dice.happens(20);
        }
        for There { it, .. } in &mut self.balancers {
            if dice.happens(4) {
                *it = it.clone().with_targets((0..2).map(|_| target(dice.roll(14))).collect());
            }
        }
        for There { it, present } in &mut self.records {
            if dice.happens(5) && it.record_type == "A" {
                it.content = address(dice.roll(14));
            }
            if dice.happens(9) {
                it.ttl = [60, 300, 3_600][dice.roll(3)];
            }
            *present ^= dice.happens(18);
        }
        for There { it, present } in &mut self.apps {
            if dice.happens(6) {
                it.domains = (0..1 + dice.roll(2)).map(|_| host_name(dice.roll(16))).collect();
            }
            if dice.happens(7) {
                it.owner = dice.one_of(&["storefront", "payments"]).to_owned();
            }
            *present ^= dice.happens(20);
        }
        for There { it, .. } in &mut self.certificates {
            if dice.happens(8) {
                it.domains = vec![host_name(dice.roll(16))];
                it.subject_alt_names = it.domains.clone();
            }
        }
    }

    fn tell(&self) {
        self.cloud.holds("eu", present(&self.instances));
        self.cloud.holds("eu", present(&self.balancers));
        self.names.holds(ZONE, present(&self.records));
        self.names.holds("controller", present(&self.apps));
        self.names.holds("controller", present(&self.certificates));
    }
}

fn present<T: Clone>(all: &[There<T>]) -> Vec<T> {
    all.iter().filter(|there| there.present).map(|there| there.it.clone()).collect()
}

fn host(number: usize) -> Instance {
    let place = ["eu", "us"][number % 2];
    Instance { addresses: public(number), tags: tags(place, "prod"), ..instance(number) }
}

fn tags(place: &str, env: &str) -> Vec<(String, String)> {
    [("place", place), ("env", env)].map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

fn public(number: usize) -> Vec<Address> {
    vec![Address { address: address(number).parse().unwrap(), sort: AddressSort::Public }]
}

/// The address with that number.
pub fn address(number: usize) -> String {
    format!("192.0.2.{}", number + 1)
}

fn host_name(number: usize) -> String {
    format!("app-{number}.{ZONE}")
}

fn balancer(number: usize) -> LoadBalancer {
    let balancer = LoadBalancer {
        account: "123456789012".to_owned(),
        provider_region: "eu-west-1".to_owned(),
        arn: format!("arn:balancer-{number}"),
        name: format!("edge-{number}"),
        balancer_type: "application".to_owned(),
        state: "active".to_owned(),
        dns_name: format!("edge-{number}.elb.example.net"),
        ..LoadBalancer::default()
    };
    balancer.with_targets(vec![target(number), target(number + 3)])
}

fn target(number: usize) -> Target {
    Target {
        group: "web".to_owned(),
        target_type: "instance".to_owned(),
        id: instance(number).instance_id,
        port: Some(443),
        health: "healthy".to_owned(),
        reason: String::new(),
    }
}

/// Three of four lead to an address, the others to a balancer.
fn record(number: usize) -> DnsRecord {
    let (record_type, content) = match number % 4 {
        3 => ("CNAME", format!("edge-{}.elb.example.net", number % 3)),
        _ => ("A", address(number % 14)),
    };
    DnsRecord {
        record_id: format!("record-{number}"),
        zone: ZONE.to_owned(),
        record_type: record_type.to_owned(),
        name: host_name(number),
        content,
        ttl: 300,
        ..DnsRecord::default()
    }
}

fn app(number: usize) -> App {
    App {
        uuid: format!("app-{number}"),
        name: format!("shop-{number}"),
        owner: "storefront".to_owned(),
        state: "up".to_owned(),
        processes: [("web".to_owned(), 2)].into(),
        domains: vec![host_name(number)],
        ..App::default()
    }
}

fn certificate(number: usize) -> Certificate {
    Certificate {
        certificate_id: number.to_string(),
        name: format!("certificate-{number}"),
        owner: "storefront".to_owned(),
        common_name: host_name(number),
        subject_alt_names: vec![host_name(number)],
        domains: vec![host_name(number)],
        ..Certificate::default()
    }
}
