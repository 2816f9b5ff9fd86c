//! The made-up platform: three regions, three teams, a handful of zones, and everything that may be wrong with them.
//!
//! The world is a function of the [`Moment`]: nothing is remembered, so a step always looks the same and tests can ask
//! for any of them. What differs from step to step is told in [`drift`], in one place; every other file says what there
//! is.
//!
//! All names are of domains reserved for examples (RFC 2606, RFC 6761), all addresses of the documentation networks
//! (RFC 5737, RFC 3849) or private ones.

use chrono::{DateTime, TimeDelta};

use super::holding::Holding;
use crate::clock::Instant;
use crate::kinds::dns_record::DnsRecord;
use crate::kinds::zone::Zone;
use crate::kinds::{KindSpec, app, certificate, dns_record, instance, load_balancer, maintenance_event, zone};
use crate::secret::{Secret, redact};
use crate::wire::{ErrorKind, ProviderError};

mod apps;
mod balancers;
mod certificates;
mod drift;
mod events;
mod fleet;
mod machine;
mod place;
mod records;
mod seed;
pub mod served;
mod settings;
#[cfg(test)]
mod tests;
mod zone_file;
mod zones;

use place::{AP, EU, US};
pub use zones::holdings;

/// What the platform looks like when.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// How often the source was collected before.
    pub step: u64,
    /// A fixed day that everything made-up is dated by: today's, when the process began.
    pub origin: Instant,
    pub now: Instant,
}

impl Moment {
    /// The day and hour so many from the origin, which is a midnight.
    fn at(&self, days: i64, hours: i64) -> Instant {
        self.origin + TimeDelta::days(days) + TimeDelta::hours(hours)
    }
}

/// The midnight (UTC) before `now`.
pub fn origin(now: Instant) -> Instant {
    let day = 24 * 60 * 60;
    DateTime::from_timestamp(now.timestamp().div_euclid(day) * day, 0).unwrap_or(now)
}

/// What a source of that name shows.
pub struct Sight {
    pub source: &'static str,
    /// As whom it is known there.
    pub shown_as: &'static str,
    /// The kinds that it may show, also before it has shown any.
    pub kinds: &'static [&'static KindSpec],
    pub shows: fn(&Moment) -> Vec<Holding>,
    /// Its zones with their records, which can be written to.
    pub zones: fn(&Moment) -> Written,
    /// How the collection at a step ends.
    pub ends: fn(u64) -> Ends,
}

/// The source that also caches in front of hosts.
pub const CACHING: &str = "cloudflare";

/// How a collection ends.
pub enum Ends {
    Well,
    /// Half-way through each of its scopes.
    Broken(ProviderError),
    /// Before anything was seen.
    Refused(ProviderError),
}

const CLOUD: &[&KindSpec] = &[&instance::SPEC, &maintenance_event::SPEC, &load_balancer::SPEC];
const NAMES: &[&KindSpec] = &[&zone::SPEC, &dns_record::SPEC];
const APPS: &[&KindSpec] = &[&app::SPEC, &certificate::SPEC];

/// Every source that the platform can be seen through.
pub const SIGHTS: &[Sight] = &[
    Sight {
        source: "aws-eu",
        shown_as: place::ACCOUNT,
        kinds: CLOUD,
        shows: |moment| cloud(&EU, moment),
        zones: no_zones,
        ends: |_| Ends::Well,
    },
    Sight {
        source: "aws-us",
        shown_as: place::ACCOUNT,
        kinds: CLOUD,
        shows: |moment| cloud(&US, moment),
        zones: no_zones,
        ends: |_| Ends::Well,
    },
    Sight {
        source: "aws-ap",
        shown_as: place::ACCOUNT,
        kinds: CLOUD,
        shows: |moment| cloud(&AP, moment),
        zones: no_zones,
        ends: |_| Ends::Well,
    },
    Sight {
        source: "cloudflare",
        shown_as: zones::ACCOUNT,
        kinds: NAMES,
        shows: nothing,
        zones: zones::managed,
        ends: |_| Ends::Well,
    },
    Sight {
        source: "paas-eu",
        shown_as: "panel",
        kinds: APPS,
        shows: |moment| controller(&EU, moment),
        zones: no_zones,
        ends: |_| Ends::Well,
    },
    Sight {
        source: "paas-us",
        shown_as: "panel",
        kinds: APPS,
        shows: |moment| controller(&US, moment),
        zones: no_zones,
        ends: |_| Ends::Well,
    },
    // The old data centre's name server, which answers once and then too slowly: its facts go stale.
    Sight {
        source: "legacy-dc",
        shown_as: "ns.dc.example.org",
        kinds: NAMES,
        shows: nothing,
        zones: zones::legacy,
        ends: times_out_after_the_first,
    },
    // A partner's name server, whose token ran out before we ever used it.
    Sight {
        source: "partner-dns",
        shown_as: "partner",
        kinds: NAMES,
        shows: nothing,
        zones: no_zones,
        ends: |_| Ends::Refused(bad_token()),
    },
];

/// Zones and what is written in them.
pub type Written = Vec<(Zone, Vec<DnsRecord>)>;

fn nothing(_moment: &Moment) -> Vec<Holding> {
    Vec::new()
}

fn no_zones(_moment: &Moment) -> Written {
    Vec::new()
}

/// The sight of the source of that name.
pub fn sight(source: &str) -> Option<&'static Sight> {
    SIGHTS.iter().find(|sight| sight.source == source)
}

/// What a region of the cloud shows.
fn cloud(place: &'static place::Place, moment: &Moment) -> Vec<Holding> {
    let scope = place.scope();
    vec![
        Holding::of(&scope, machine::instances(place, moment)),
        Holding::of(&scope, events::events(place, moment)),
        Holding::of(&scope, balancers::balancers(place, moment)),
    ]
}

/// What a region's platform controller shows.
fn controller(place: &'static place::Place, moment: &Moment) -> Vec<Holding> {
    let scope = place.controller();
    vec![
        Holding::sealed(&scope, apps::apps(place, moment), settings::seal),
        Holding::of(&scope, certificates::certificates(place, moment)),
    ]
}

fn times_out_after_the_first(step: u64) -> Ends {
    if step == 0 {
        return Ends::Well;
    }
    let message = "no answer within 30 s from ns.dc.example.org:8081";
    Ends::Broken(ProviderError::new("memory", "GET /zones/{zone}", ErrorKind::Unavailable, message))
}

/// Providers like to repeat the token that they refuse; here, too, it is taken out before anybody sees it.
fn bad_token() -> ProviderError {
    let token = Secret::from("pdt_4f1c-made-up-9a7e");
    let words =
        "Invalid API Token pdt_4f1c-made-up-9a7e: it expired on the 1st; ask your account's owner for a new one";
    ProviderError::new("memory", "GET /zones", ErrorKind::Auth, redact(words, &[token]))
        .with_request_id(Some("req-7c1e52d0".to_owned()))
}
