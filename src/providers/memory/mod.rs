//! The memory provider: a made-up platform for `quarterdeck demo`, and scripts for tests.
//!
//! It has no privileges: what it makes up goes through [`Provider::collect`] like anything that comes from a cloud, and
//! so through the same sync, guard and store. Only this folder and the demo's configuration (`src/cli/demo.toml`) know
//! the made-up [`world`]. Which part of it a source shows is decided by the source's name; each collection is one step
//! further.
//!
//! A built provider keeps its own step, so it has to live as long as the process does; two of one name do not share it.
//! Tests script what they need with a [`Script`] instead.
//!
//! **One more made-up source**: its line in `world::SIGHTS`, and a `[[source]]` of that name in the demo's
//! configuration.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use async_trait::async_trait;

use super::dns::WriteRecords;
use super::hosts::MadeUpHosts;
use super::purge::PurgeCache;
use super::{Built, Collector, Provider, ProviderSpec};
use crate::clock::{Clock, Instant};
use crate::kinds::dns_record::DnsRecord;
use crate::kinds::zone::Zone;
use crate::kinds::{KINDS, KindSpec};
use crate::wire::ProviderError;

mod book;
pub mod holding;
mod hosts;
mod pen;
mod purge;
pub mod script;
mod server;
#[cfg(test)]
mod told;
mod world;

pub use script::{Ending, Gate, Script, Writing};

use book::Book;
use world::{Ends, Moment, Sight};

pub const SPEC: ProviderSpec = ProviderSpec {
    name: "memory",
    title: "Made-up platform",
    settings: &[],
    kinds: KINDS,
    build: |source, settings, parts| {
        let Some(sight) = world::sight(&source.name) else {
            let known = world::SIGHTS.iter().map(|sight| sight.source).collect::<Vec<_>>().join(", ");
            settings.fault(
                "provider",
                format!("the made-up platform has no source named {:?}", source.name),
                format!("name the source one of: {known}"),
            );
            return None;
        };
        Some(Built::Ready(Box::new(Memory::new(sight, parts.clock.clone()))))
    },
};

/// One source's sight of the made-up platform.
/// Cheap to clone; all clones are the same source.
#[derive(Clone)]
struct Memory {
    sight: &'static Sight,
    clock: Clock,
    origin: Instant,
    /// How often it was collected.
    step: Arc<AtomicU64>,
    /// What was written to its zones.
    book: Arc<Mutex<Book>>,
    /// The address of their name server, once somebody asked for it.
    servers: Arc<OnceLock<Vec<String>>>,
}

impl Memory {
    fn new(sight: &'static Sight, clock: Clock) -> Self {
        let origin = world::origin(clock.now());
        let (step, book, servers) = Default::default();
        Self { sight, clock, origin, step, book, servers }
    }

    fn moment(&self, step: u64) -> Moment {
        Moment { step, origin: self.origin, now: self.clock.now() }
    }

    /// Its zones with their records, as they were last collected and as somebody has written to them since.
    fn zones(&self) -> Vec<(Zone, Vec<DnsRecord>)> {
        self.zones_at(&self.moment(self.step.load(Ordering::Relaxed).saturating_sub(1)))
    }

    fn zones_at(&self, moment: &Moment) -> Vec<(Zone, Vec<DnsRecord>)> {
        let book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        let zones = (self.sight.zones)(moment).into_iter();
        zones.map(|(zone, records)| (zone.clone(), book.over(&zone, records))).collect()
    }

    /// The name server of its zones, started when it is first asked for.
    fn servers(&self) -> &[String] {
        self.servers.get_or_init(|| {
            let source = Self { servers: Arc::default(), ..self.clone() };
            let records = move || source.zones().into_iter().flat_map(|(_, records)| records).collect();
            server::start(Arc::new(records)).map(|address| address.to_string()).into_iter().collect()
        })
    }
}

#[async_trait]
impl Provider for Memory {
    async fn collect(&self, collector: &Collector) -> Result<(), ProviderError> {
        let step = self.step.fetch_add(1, Ordering::Relaxed);
        let moment = self.moment(step);
        let ends = (self.sight.ends)(step);
        if let Ends::Refused(error) = ends {
            return Err(error);
        }
        let zones = world::holdings(self.zones_at(&moment));
        for holding in (self.sight.shows)(&moment).into_iter().chain(zones) {
            match &ends {
                Ends::Broken(error) => {
                    holding.begin_with(collector, holding.len() / 2).await?.partial(error.clone()).await?;
                }
                Ends::Well | Ends::Refused(_) => {
                    holding.begin_with(collector, holding.len()).await?.complete().await?;
                }
            }
        }
        Ok(())
    }

    /// What its part of the world holds.
    fn kinds(&self) -> Option<&'static [&'static KindSpec]> {
        Some(self.sight.kinds)
    }

    async fn probe(&self) -> Result<String, ProviderError> {
        match (self.sight.ends)(self.step.load(Ordering::Relaxed)) {
            Ends::Well => Ok(format!("{} (made up)", self.sight.shown_as)),
            Ends::Broken(error) | Ends::Refused(error) => Err(error),
        }
    }

    fn cache(&self) -> Option<&dyn PurgeCache> {
        (self.sight.source == world::CACHING).then_some(self as &dyn PurgeCache)
    }

    fn hosts(&self) -> Option<&dyn MadeUpHosts> {
        Some(self)
    }

    fn dns(&self) -> Option<&dyn WriteRecords> {
        let has_zones = !(self.sight.zones)(&self.moment(0)).is_empty();
        has_zones.then_some(self as &dyn WriteRecords)
    }
}
