//! Zones and their records. The zones are of very unequal size: the first has about a seventh of all, the last a
//! thousandth of that.

use chrono::TimeDelta;
use quarterdeck::kinds::dns_record::DnsRecord;
use quarterdeck::kinds::zone::Zone;
use serde_json::json;

use super::instances::{ipv6_address, is_public, public_address};
use super::{Dice, Estate, State, WORDS};

/// Zones whose sizes fall as 1, 1/2, 1/3, …; records are numbered through.
pub struct Zones {
    label: &'static str,
    /// Where each zone's records begin, and behind the last one the end.
    starts: Vec<usize>,
}

impl Zones {
    /// At least one zone and never more zones than records; `label` tells sets of zones apart.
    pub fn new(label: &'static str, zones: usize, records: usize) -> Self {
        let zones = zones.clamp(1, records.max(1));
        let weight = |zone: usize| 1.0 / (zone + 1) as f64;
        let whole: f64 = (0..zones).map(weight).sum();
        let mut sum = 0.0;
        let mut starts = vec![0];
        for zone in 0..zones {
            sum += weight(zone);
            starts.push(((sum / whole) * records as f64).round() as usize);
        }
        starts[zones] = records;
        Self { label, starts }
    }

    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// How many records there are in all zones.
    pub fn records(&self) -> usize {
        self.starts.last().copied().unwrap_or_default()
    }

    /// The numbers of a zone's records.
    pub fn records_of(&self, zone: usize) -> std::ops::Range<usize> {
        self.starts[zone]..self.starts[zone + 1]
    }

    pub fn name(&self, zone: usize) -> String {
        format!("{}{}-{zone:04}.example.{}", self.label, WORDS[zone % WORDS.len()], ["com", "net", "org"][zone % 3])
    }

    pub fn id(&self, zone: usize) -> String {
        Dice::of(0, self.label, zone).hex(32)
    }

    fn zone_of(&self, record: usize) -> usize {
        self.starts.partition_point(|start| *start <= record) - 1
    }

    /// The name of a record.
    pub fn name_of(&self, record: usize) -> String {
        let zone = self.zone_of(record);
        if record == self.starts[zone] { self.name(zone) } else { self.host(zone, record) }
    }

    fn host(&self, zone: usize, record: usize) -> String {
        format!("{}-{record:07}.{}", WORDS[(record / 3) % WORDS.len()], self.name(zone))
    }
}

impl Estate {
    /// The zone of that number.
    pub fn zone(&self, zones: &Zones, number: usize) -> Zone {
        let created = self.days_ago(800 + number % 700);
        Zone {
            zone_id: zones.id(number),
            name: zones.name(number),
            status: "active".to_owned(),
            zone_type: "full".to_owned(),
            account: "Example".to_owned(),
            account_id: "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb".to_owned(),
            plan: ["free", "pro", "business", "enterprise"][number % 4].to_owned(),
            name_servers: vec!["ns1.example.net".to_owned(), "ns2.example.net".to_owned()],
            original_name_servers: vec!["ns.example.org".to_owned()],
            permissions: vec!["#dns_records:read".to_owned(), "#zone:read".to_owned()],
            created_at: Some(created),
            activated_at: Some(created + TimeDelta::hours(1)),
            modified_on: Some(self.days_ago(30)),
            ..Zone::default()
        }
    }

    /// The record of that number, which lies in `zone`.
    pub fn record(&self, zones: &Zones, zone: usize, number: usize, state: State) -> DnsRecord {
        let mut dice = self.dice(zones.label, number);
        let zone_name = zones.name(zone);
        let id = dice.hex(32);
        let sort = if number == zones.starts[zone] { 95 } else { dice.below(100) };
        let plain = |record_type: &str, content: String| DnsRecord {
            record_type: record_type.to_owned(),
            content,
            ..DnsRecord::default()
        };
        let filled = match sort {
            0..70 => plain("A", public_address(self.an_instance(&mut dice, is_public)).to_string()),
            70..80 => {
                let balancer = dice.below(self.balancers());
                plain("CNAME", self.balancer_host(balancer))
            }
            80..85 => {
                let instance = self.an_instance(&mut dice, |number| ipv6_address(number).is_some());
                plain("AAAA", ipv6_address(instance).map(|address| address.to_string()).unwrap_or_default())
            }
            85..93 => plain("TXT", format!("v=verify {}", dice.hex(24))),
            93..97 => DnsRecord { priority: Some(10), ..plain("MX", format!("mail-{}.{zone_name}", number % 50)) },
            _ => DnsRecord {
                data: Some(json!({"flags": 0, "tag": "issue", "value": "ca.example.net"})),
                ..plain("CAA", "0 issue \"ca.example.net\"".to_owned())
            },
        };
        let proxiable = matches!(filled.record_type.as_str(), "A" | "AAAA" | "CNAME");
        let proxied = proxiable && number.is_multiple_of(7);
        DnsRecord {
            record_id: id,
            name: zones.name_of(number),
            zone: zone_name,
            // What changes is the time to live: it is shown, and it is a version.
            ttl: if proxied { 1 } else { [60, 300, 300, 3_600][number % 4] } + state.turn as i64,
            proxied,
            proxiable,
            comment: if number.is_multiple_of(4) {
                format!("asked for by {}", dice.pick(&WORDS))
            } else {
                String::new()
            },
            created_on: Some(self.days_ago(100 + number % 600)),
            modified_on: Some(self.days_ago(number % 100)),
            ..filled
        }
    }

    /// An instance of which `has` is true; of ten in a row there is one.
    fn an_instance(&self, dice: &mut Dice, has: impl Fn(usize) -> bool) -> usize {
        let first = dice.below(self.instances);
        (0..10).map(|step| (first + step) % self.instances).find(|number| has(*number)).unwrap_or(first)
    }
}
