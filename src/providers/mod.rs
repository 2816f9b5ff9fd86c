//! Providers: how to see, and some day to change, what lies outside. They collect and execute; they never compare or
//! decide.
//!
//! **One more provider**: its file (or folder) here with a [`ProviderSpec`], and one line in [`PROVIDERS`].

use async_trait::async_trait;

use crate::kinds::KindSpec;
use crate::wire::ProviderError;

pub mod aws;
pub mod build;
pub mod cloudflare;
pub mod collect;
pub mod dns;
pub mod dns_settings;
pub mod hosts;
pub mod memory;
pub mod powerdns;
pub mod purge;
pub mod spec;
mod splitter;
pub mod workflow;

pub use collect::{Collector, Hangup, Listing};
pub use spec::{Built, Parts, ProviderSpec, SettingSpec};

/// Every provider.
pub const PROVIDERS: &[&ProviderSpec] =
    &[&aws::SPEC, &cloudflare::SPEC, &memory::SPEC, &powerdns::SPEC, &workflow::SPEC];

/// One configured source.
#[async_trait]
pub trait Provider: Send + Sync {
    /// Reports everything it can see. What fails within a scope ends that scope as partial; an error is returned only
    /// for what keeps it from seeing anything at all (a refused token, an unreachable endpoint).
    async fn collect(&self, collector: &Collector) -> Result<(), ProviderError>;

    /// The cheapest call that proves reach and credentials, for `doctor`: says as whom we are known there.
    async fn probe(&self) -> Result<String, ProviderError>;

    /// The kinds that this very source may list, where they are fewer than its provider declares.
    fn kinds(&self) -> Option<&'static [&'static KindSpec]> {
        None
    }

    /// The network that names private addresses which carry no VPC of their own; the source's own name if there is
    /// none.
    fn network(&self) -> Option<String> {
        None
    }

    /// The power to change DNS records, where the source has it.
    fn dns(&self) -> Option<&dyn dns::WriteRecords> {
        None
    }

    /// The power to make a cache forget, where the source has one.
    fn cache(&self) -> Option<&dyn purge::PurgeCache> {
        None
    }

    /// The hosts that it makes up, where it does.
    fn hosts(&self) -> Option<&dyn hosts::MadeUpHosts> {
        None
    }
}

/// The provider named in `provider = "…"`.
pub fn by_name(name: &str) -> Option<&'static ProviderSpec> {
    PROVIDERS.iter().copied().find(|spec| spec.name == name)
}
