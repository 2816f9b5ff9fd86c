//! What one source of the estate holds, told as any provider tells it.
//!
//! | source | holds | states |
//! | --- | --- | --- |
//! | `aws-01` … `aws-10` | an account each: instances, their events, balancers, in every region | one in ten has a second one |
//! | `aws-spot` | one instance in a hundred | all the time another |
//! | `aws-canary` | one instance | the most of all |
//! | `dns`, `dns-dynamic` | zones and their records; one record in a hundred | as above |
//! | `paas-eu`, `paas-us`, `paas-ci` | apps and certificates; one in a hundred | as above |
//!
//! Those that change all the time have sources of their own, so that telling their next state does not mean telling
//! everything again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use quarterdeck::kinds::app::App;
use quarterdeck::kinds::certificate::Certificate;
use quarterdeck::kinds::dns_record::DnsRecord;
use quarterdeck::kinds::instance::Instance;
use quarterdeck::kinds::load_balancer::LoadBalancer;
use quarterdeck::kinds::maintenance_event::MaintenanceEvent;
use quarterdeck::kinds::zone::Zone;
use quarterdeck::providers::{Collector, Provider};
use quarterdeck::wire::{ErrorKind, ProviderError};

use crate::estate::{ACCOUNTS, Estate, REGIONS, State, Zones, account, balancers, instances};

/// A source's part of the estate.
pub struct Part {
    pub estate: Estate,
    pub source: String,
    /// Which state its things are in.
    pub turn: Arc<AtomicUsize>,
}

#[async_trait]
impl Provider for Part {
    async fn collect(&self, collector: &Collector) -> Result<(), ProviderError> {
        let estate = &self.estate;
        let busy_apps = estate.apps() - Estate::busy(estate.apps());
        match self.source.as_str() {
            "aws-spot" => self.cloud(collector, ACCOUNTS).await,
            "aws-canary" => self.cloud(collector, ACCOUNTS + 1).await,
            "dns" => self.dns(collector, &estate.zones()).await,
            "dns-dynamic" => self.dns(collector, &estate.busy_zones()).await,
            "paas-eu" => self.platform(collector, 0, 2, 0..busy_apps).await,
            "paas-us" => self.platform(collector, 1, 2, 0..busy_apps).await,
            "paas-ci" => self.platform(collector, 0, 1, busy_apps..estate.apps()).await,
            name => match name.strip_prefix("aws-").and_then(|number| number.parse::<usize>().ok()) {
                Some(number @ 1..=ACCOUNTS) => self.cloud(collector, number - 1).await,
                _ => Err(unknown(name)),
            },
        }
    }

    async fn probe(&self) -> Result<String, ProviderError> {
        Ok("the benchmark".to_owned())
    }
}

impl Part {
    /// Steady things have their second state from the first turn on, if they have one; busy things another at each
    /// turn.
    fn state(&self, number: usize) -> State {
        let turn = self.turn.load(Ordering::Relaxed);
        let is_busy = matches!(self.source.as_str(), "aws-spot" | "aws-canary" | "dns-dynamic" | "paas-ci");
        match (is_busy, instances::sort_of(number) == 3) {
            (true, _) => State { turn },
            (false, true) => State { turn: turn.min(1) },
            (false, false) => State::default(),
        }
    }

    /// The instances, events and balancers of an account, region by region.
    async fn cloud(&self, collector: &Collector, holder: usize) -> Result<(), ProviderError> {
        let estate = &self.estate;
        for (region, name) in REGIONS.iter().enumerate() {
            let scope = format!("{}/{name}", account(holder));
            let numbers =
                || (region..estate.instances).step_by(REGIONS.len()).filter(|n| estate.account_of(*n) == holder);
            // Who holds one instance is asked for its region alone: its thousands of states are told one by one.
            if holder > ACCOUNTS && numbers().next().is_none() {
                continue;
            }
            let mut listing = collector.listing::<Instance>(&scope).await?;
            for number in numbers() {
                listing.push(&estate.instance(number, self.state(number))).await?;
            }
            listing.complete().await?;
            let mut listing = collector.listing::<MaintenanceEvent>(&scope).await?;
            for event in numbers().filter_map(|number| estate.event(number)) {
                listing.push(&event).await?;
            }
            listing.complete().await?;
            let mut listing = collector.listing::<LoadBalancer>(&scope).await?;
            for number in (0..estate.balancers()).filter(|number| balancers::place_of(*number) == (region, holder)) {
                listing.push(&estate.balancer(number, self.state(number))).await?;
            }
            listing.complete().await?;
        }
        Ok(())
    }

    async fn dns(&self, collector: &Collector, zones: &Zones) -> Result<(), ProviderError> {
        let estate = &self.estate;
        let mut listing = collector.listing::<Zone>("bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb").await?;
        for number in 0..zones.len() {
            listing.push(&estate.zone(zones, number)).await?;
        }
        listing.complete().await?;
        for zone in 0..zones.len() {
            let parent = estate.zone(zones, zone);
            let mut listing = collector.listing_within::<DnsRecord, Zone>(&parent.name, &parent).await?;
            for number in zones.records_of(zone) {
                listing.push(&estate.record(zones, zone, number, self.state(number))).await?;
            }
            listing.complete().await?;
        }
        Ok(())
    }

    /// Of the apps, every `of`th from `first` on, each with its certificates.
    async fn platform(
        &self,
        collector: &Collector,
        first: usize,
        of: usize,
        apps: std::ops::Range<usize>,
    ) -> Result<(), ProviderError> {
        let (estate, zones) = (&self.estate, self.estate.zones());
        let chosen = |number: &usize| apps.contains(number) && number % of == first;
        let mut listing = collector.listing::<App>("apps").await?;
        for number in apps.clone().filter(chosen) {
            listing.push(&estate.app(&zones, number, self.state(number))).await?;
        }
        listing.complete().await?;
        let mut listing = collector.listing::<Certificate>("certificates").await?;
        for number in (0..estate.certificates()).filter(|number| chosen(&(number % estate.apps()))) {
            listing.push(&estate.certificate(&zones, number, self.state(number))).await?;
        }
        listing.complete().await?;
        Ok(())
    }
}

fn unknown(name: &str) -> ProviderError {
    ProviderError::new("bench", "collect", ErrorKind::Rejected, format!("the estate has no source named {name:?}"))
}
