//! One account's region in one collection: its three listings, and how each ends.

use futures_util::future::try_join;
use tokio::sync::Mutex;

use super::failure::{AwsError, Class};
use super::keyring::Api;
use super::sts::{Identity, who_am_i};
use super::unknowns::Unknowns;
use super::xml::Wrapped;
use super::{balancers, instances};
use crate::kinds::instance::Instance;
use crate::kinds::load_balancer::LoadBalancer;
use crate::kinds::maintenance_event::MaintenanceEvent;
use crate::providers::{Collector, Listing};
use crate::wire::ProviderError;

/// What a region's listings share.
pub(super) struct RegionPass<'a> {
    pub api: Api,
    /// A region whose STS has accepted our credentials in this collection.
    pub home: &'a Api,
    pub account: &'a str,
    /// Names private addresses where there is no VPC.
    pub network: &'a str,
    pub unknowns: Mutex<Unknowns>,
}

impl RegionPass<'_> {
    pub fn region(&self) -> &str {
        &self.api.line.region
    }

    /// Reports all that the region shows. Instances with their events, and balancers, are asked for side by side.
    pub async fn collect(self, collector: &Collector) -> Result<(), ProviderError> {
        let scope = format!("{}/{}", self.account, self.region());
        let listed = collector.listing::<Instance>(&scope).await?;
        let events = collector.listing::<MaintenanceEvent>(&scope).await?;
        let balancers = collector.listing::<LoadBalancer>(&scope).await?;
        try_join(instances::collect(&self, listed, events), balancers::collect(&self, balancers)).await?;
        for note in self.unknowns.into_inner().into_notes() {
            collector.note(format!("{scope}: {note}")).await?;
        }
        Ok(())
    }

    /// Ends a listing as its calls ended.
    pub async fn end(&self, listing: Listing, outcome: Result<(), AwsError>) -> Result<(), ProviderError> {
        match outcome {
            Ok(()) => listing.complete().await?,
            Err(failed) if self.is_switched_off(&failed).await => {
                let words = format!("the region is not enabled for this account ({})", failed.error.message);
                listing.skipped(words).await?;
            }
            Err(failed) => listing.partial(*failed.error).await?,
        }
        Ok(())
    }

    /// Whether the region is off for the account. Some say so; others refuse credentials that are good elsewhere, which
    /// is told from credentials that have just been withdrawn by asking elsewhere.
    async fn is_switched_off(&self, failed: &AwsError) -> bool {
        match failed.class {
            Class::RegionOff => true,
            Class::Credentials if self.home.line.region != self.region() => {
                self.home.call::<Wrapped<Identity>>(&who_am_i()).await.is_ok()
            }
            _ => false,
        }
    }
}
