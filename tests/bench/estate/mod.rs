//! The estate: a made-up hosting platform of any size, of which every part follows from a seed and its number.
//!
//! Nothing is kept: a thing is made when it is asked for, so a million of them cost no memory, and whoever measures
//! knows names and addresses that exist without asking the database. Relations are real: seven records in ten lead to
//! an address that an instance has, balancers stand in front of instances, apps answer under names that have records,
//! certificates cover those.
//!
//! **One more kind**: its file here, and its listing in `fill/part.rs`.

use chrono::{DateTime, TimeDelta, Utc};

pub mod apps;
pub mod balancers;
pub mod certificates;
pub mod dice;
pub mod instances;
pub mod records;

pub use dice::Dice;
pub use records::Zones;

/// The provider's regions, each with as many instances as any other.
pub const REGIONS: [&str; 10] = [
    "ap-northeast-1",
    "ap-south-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "sa-east-1",
    "us-east-1",
    "us-west-2",
];

/// Cloud accounts that are sources of their own.
pub const ACCOUNTS: usize = 10;

const WORDS: [&str; 32] = [
    "amber", "birch", "cobalt", "delta", "ember", "fjord", "granite", "harbor", "indigo", "juniper", "krill", "lotus",
    "maple", "nectar", "onyx", "prairie", "quartz", "raven", "sable", "tundra", "umber", "violet", "willow", "xenon",
    "yarrow", "zephyr", "beacon", "cinder", "drift", "falcon", "garnet", "heron",
];

const ROLES: [&str; 12] =
    ["web", "api", "worker", "cache", "queue", "search", "proxy", "batch", "cron", "auth", "mail", "etl"];

/// How large the platform is, and which one it is.
#[derive(Clone, Copy, Debug)]
pub struct Estate {
    pub seed: u64,
    /// Everything else follows from their number.
    pub instances: usize,
    /// Its present: certificates run out after it, history lies before it.
    pub present: DateTime<Utc>,
}

/// In which of its states a thing is told.
#[derive(Clone, Copy, Debug, Default)]
pub struct State {
    /// Each number is another state; few things look at it.
    pub turn: usize,
}

impl Estate {
    pub fn records(&self) -> usize {
        self.instances * 10
    }

    /// One in a hundred of a number of things: those whose state changes all the time.
    pub fn busy(count: usize) -> usize {
        (count / 100).max(1)
    }

    /// Instances that change once at most; then come the busy ones, and last the one that never rests.
    pub fn steady_instances(&self) -> usize {
        self.instances - Self::busy(self.instances) - 1
    }

    pub fn balancers(&self) -> usize {
        (self.instances / 50).max(1)
    }

    pub fn apps(&self) -> usize {
        (self.instances / 10).max(1)
    }

    pub fn certificates(&self) -> usize {
        (self.instances * 3 / 10).max(1)
    }

    /// The records that change once at most, in zones of very unequal size.
    pub fn zones(&self) -> Zones {
        let records = self.records() - Self::busy(self.records());
        Zones::new("", self.records() / 1_000, records)
    }

    /// The busy records.
    pub fn busy_zones(&self) -> Zones {
        let records = Self::busy(self.records());
        Zones::new("dyn-", records / 1_000, records)
    }

    fn dice(&self, name: &str, index: usize) -> Dice {
        Dice::of(self.seed, name, index)
    }

    /// So many days before the present.
    fn days_ago(&self, days: usize) -> DateTime<Utc> {
        self.present - TimeDelta::days(i64::try_from(days).unwrap_or_default())
    }
}

/// The digits of an account.
pub fn account(number: usize) -> String {
    format!("{:012}", 100_000_000_001 + number)
}

/// `name` to `value`, as tags are told.
fn tag(name: &str, value: impl Into<String>) -> (String, String) {
    (name.to_owned(), value.into())
}
