//! The state of the fake: zones, records, tokens.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};

use super::fault::Fault;
use super::quota::Quota;
use super::{Seen, TOKEN};

/// Everything there is.
pub struct World {
    pub zones: BTreeMap<String, Zone>,
    pub tokens: BTreeMap<String, Token>,
    pub quota: Quota,
    pub faults: Vec<Fault>,
    /// No page holds more, whatever is asked for.
    pub fullest_page: usize,
    pub seen: Vec<Seen>,
    /// Lists show what was before the last write.
    pub lists_lag: bool,
    /// Orders of records by zone and query, until the world changes.
    pub lists: RefCell<BTreeMap<String, Arc<Vec<String>>>>,
    next_id: u64,
    /// Microseconds since a certain morning; each write takes one.
    ticks: u64,
}

/// A zone and its records.
#[derive(Clone, Debug)]
pub struct Zone {
    pub id: String,
    pub name: String,
    pub status: String,
    pub zone_type: String,
    /// `(id, name)`.
    pub account: (String, String),
    pub paused: bool,
    pub plan: String,
    pub created_on: String,
    pub records: BTreeMap<String, Record>,
    /// What lists show while they lag.
    pub before_last_write: Option<BTreeMap<String, Record>>,
}

/// A record as it is answered; `comment` and the like may be null or absent.
#[derive(Clone, Debug, Serialize)]
pub struct Record {
    pub id: String,
    #[serde(rename = "type")]
    pub record_type: String,
    pub name: String,
    pub content: String,
    pub ttl: u32,
    pub proxied: bool,
    pub proxiable: bool,
    pub comment: Option<String>,
    pub tags: Vec<String>,
    pub settings: Value,
    pub meta: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
    pub created_on: String,
    pub modified_on: String,
    /// Answered in place of all the above.
    #[serde(skip)]
    pub instead: Option<Value>,
}

/// A token.
#[derive(Clone, Debug)]
pub struct Token {
    /// `active`, `disabled`, `expired`.
    pub status: String,
    /// A user's token can be verified at `/user/tokens/verify`, an account's at its account only.
    pub account: Option<String>,
    pub sight: Sight,
    /// Zones that are listed, but whose records are not for it.
    pub without_dns: BTreeSet<String>,
    /// It may read records and not write them.
    pub read_only: bool,
}

/// Which zones a token lists.
#[derive(Clone, Debug)]
pub enum Sight {
    All,
    Only(BTreeSet<String>),
}

impl World {
    pub fn new() -> Self {
        let token = Token {
            status: "active".to_owned(),
            account: None,
            sight: Sight::All,
            without_dns: BTreeSet::new(),
            read_only: false,
        };
        Self {
            zones: BTreeMap::new(),
            tokens: BTreeMap::from([(TOKEN.to_owned(), token)]),
            quota: Quota::default(),
            faults: Vec::new(),
            fullest_page: usize::MAX,
            seen: Vec::new(),
            lists: RefCell::default(),
            next_id: 0,
            lists_lag: false,
            ticks: 0,
        }
    }

    /// Adds a zone of the account `Example`; its id.
    pub fn add_zone(&mut self, name: &str) -> String {
        self.add_zone_of(name, "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "Example")
    }

    /// Adds a zone of an account; its id.
    pub fn add_zone_of(&mut self, name: &str, account_id: &str, account: &str) -> String {
        let id = self.new_id();
        let zone = Zone {
            id: id.clone(),
            name: name.to_owned(),
            status: "active".to_owned(),
            zone_type: "full".to_owned(),
            account: (account_id.to_owned(), account.to_owned()),
            paused: false,
            plan: "free".to_owned(),
            created_on: format!("2025-01-01T00:00:00.{:06}Z", self.next_id),
            records: BTreeMap::new(),
            before_last_write: None,
        };
        self.zones.insert(id.clone(), zone);
        id
    }

    /// Adds a record to a zone; its id.
    pub fn add_record(&mut self, zone: &str, record_type: &str, name: &str, content: &str) -> String {
        let record = Record {
            record_type: record_type.to_owned(),
            name: name.to_owned(),
            content: content.to_owned(),
            ttl: 300,
            proxiable: matches!(record_type, "A" | "AAAA" | "CNAME"),
            priority: (record_type == "MX").then_some(10),
            ..self.blank_record()
        };
        let id = record.id.clone();
        self.zone(zone).records.insert(id.clone(), record);
        id
    }

    /// A record with a new id and nothing but defaults.
    pub fn blank_record(&mut self) -> Record {
        Record {
            id: self.new_id(),
            record_type: String::new(),
            name: String::new(),
            content: String::new(),
            ttl: 1,
            proxied: false,
            proxiable: false,
            comment: None,
            tags: Vec::new(),
            settings: json!({}),
            meta: json!({}),
            priority: None,
            data: None,
            created_on: "2026-11-01T10:00:00.000000Z".to_owned(),
            modified_on: "2026-11-20T10:00:00.123456Z".to_owned(),
            instead: None,
        }
    }

    /// The moment of a write: no two have the same.
    pub fn tick(&mut self) -> String {
        self.ticks += 1;
        format!("2026-11-21T10:{:02}:{:02}.{:06}Z", self.ticks / 60 % 60, self.ticks % 60, self.ticks % 1_000_000)
    }

    /// The records of that name and type, in the order of their ids: what a story asks about after a write.
    pub fn named(&self, zone: &str, name: &str, record_type: &str) -> Vec<Record> {
        let records = self.zones[zone].records.values();
        records.filter(|record| record.name == name && record.record_type == record_type).cloned().collect()
    }

    /// Somebody else writes: the record says something else now, and has another time.
    pub fn rewrite(&mut self, zone: &str, id: &str, content: &str) {
        let now = self.tick();
        let record = self.record(zone, id);
        (record.content, record.modified_on) = (content.to_owned(), now);
    }

    pub fn zone(&mut self, id: &str) -> &mut Zone {
        self.zones.get_mut(id).expect("the test knows its zones")
    }

    pub fn record(&mut self, zone: &str, id: &str) -> &mut Record {
        self.zone(zone).records.get_mut(id).expect("the test knows its records")
    }

    pub fn token(&mut self, token: &str) -> &mut Token {
        self.tokens.get_mut(token).expect("the test knows its tokens")
    }

    fn new_id(&mut self) -> String {
        self.next_id += 1;
        // Spread, so that the order of ids is not that of creation.
        format!("{:032x}", u128::from(self.next_id).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835))
    }
}

impl Token {
    pub fn sees(&self, zone: &Zone) -> bool {
        let in_account = self.account.as_ref().is_none_or(|account| *account == zone.account.0);
        in_account
            && match &self.sight {
                Sight::All => true,
                Sight::Only(zones) => zones.contains(&zone.id),
            }
    }
}

impl Zone {
    /// What lists show.
    pub fn shown(&self, lagging: bool) -> &BTreeMap<String, Record> {
        self.before_last_write.as_ref().filter(|_| lagging).unwrap_or(&self.records)
    }

    /// As `GET /zones` answers it.
    pub fn json(&self) -> Value {
        json!({
            "id": self.id, "name": self.name, "status": self.status, "paused": self.paused, "type": self.zone_type,
            "development_mode": 0, "name_servers": ["ns1.example.net", "ns2.example.net"],
            "original_name_servers": ["ns.example.org"], "original_registrar": null, "original_dnshost": null,
            "modified_on": "2026-11-20T10:00:00.123456Z", "created_on": self.created_on,
            "activated_on": "2025-01-01T01:00:00.123456Z",
            "owner": {"id": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "type": "user", "email": "admin@example.com"},
            "account": {"id": self.account.0, "name": self.account.1},
            "plan": {"id": "0feeeeeeeeeeeeeeeeeeeeeeeeeeeeee", "name": "Some plan", "legacy_id": self.plan},
            "permissions": ["#dns_records:edit", "#dns_records:read", "#zone:read"], "meta": {"page_rule_quota": 3},
        })
    }
}

impl Record {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text()).expect("a record is JSON")
    }

    pub fn text(&self) -> String {
        match &self.instead {
            Some(value) => value.to_string(),
            None => serde_json::to_string(self).expect("strings and numbers serialise"),
        }
    }
}
