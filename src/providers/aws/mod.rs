//! AWS: instances with their maintenance events and all sorts of load balancers, of every configured region.
//!
//! Twelve read-only calls of four APIs that have not changed for years are signed and read here; the official SDK of
//! EC2 alone would cost more to build than everything else together. Credentials come by the official chain
//! ([`ambient`]).
//!
//! **One more call**: its request and answer beside those of its service (`ec2_*`, `elb_*`), and a line in the pass
//! that needs it. **One more kind**: a listing in [`region`], and a line in [`SPEC`].

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::future::try_join_all;
use tokio::sync::Mutex;

use super::{Built, Collector, Parts, Provider, ProviderSpec, SettingSpec};
use crate::config::{Reader, SourceConfig};
use crate::kinds::{instance, load_balancer, maintenance_event};
use crate::wire::ProviderError;

mod ambient;
mod balancers;
mod ec2_instances;
mod ec2_status;
mod elb_classic;
mod elb_v2;
mod endpoint;
mod failure;
mod gate;
mod instances;
mod keyring;
mod line;
mod paging;
mod region;
mod settings;
mod sts;
mod tags;
mod unknowns;
mod xml;

use endpoint::Endpoints;
use failure::{AwsError, Class};
use gate::Gate;
use keyring::{Api, Keyring};
use line::Line;
use region::RegionPass;
use sts::{Identity, who_am_i};
use xml::Wrapped;

pub const SPEC: ProviderSpec = ProviderSpec {
    name: "aws",
    title: "Amazon Web Services",
    settings: &[
        optional("aws_region", "The region to list; by default that of AWS_REGION, the profile or the machine."),
        optional("aws_regions", "Several regions to list, instead of `aws_region`."),
        optional(
            "endpoint_url",
            "Where all services answer, in place of AWS's own hosts and the AWS_ENDPOINT_URL variables.",
        ),
        optional(
            "profile",
            "The profile of ~/.aws/config and ~/.aws/credentials to take credentials from, and from nowhere else.",
        ),
        optional("role_arn", "A role to assume with the credentials that were found."),
        optional("network", "Names private addresses where there is no VPC id."),
    ],
    kinds: &[&instance::SPEC, &maintenance_event::SPEC, &load_balancer::SPEC],
    build,
};

const fn optional(name: &'static str, about: &'static str) -> SettingSpec {
    SettingSpec { name, about, required: false, secret: false }
}

/// One source: credentials, and the regions that they are used in.
struct Aws {
    parts: Parts,
    endpoints: Arc<Endpoints>,
    keyring: Arc<Keyring>,
    /// Empty: the surroundings name one.
    regions: Vec<String>,
    network: String,
}

fn build(_source: &SourceConfig, settings: &mut Reader<'_>, parts: &Parts) -> Option<Built> {
    let read = settings::read(settings)?;
    Some(Built::Ready(Box::new(Aws {
        parts: parts.clone(),
        endpoints: Arc::new(read.endpoints),
        keyring: Arc::new(Keyring::new(read.surroundings, read.role_arn)),
        regions: read.regions,
        network: read.network,
    })))
}

#[async_trait]
impl Provider for Aws {
    async fn collect(&self, collector: &Collector) -> Result<(), ProviderError> {
        let lines = self.lines().await.map_err(|failed| *failed.error)?;
        let (home, identity) = sign_in(&lines).await.map_err(|failed| *failed.error)?;
        let passes = lines.iter().map(|api| {
            let pass = RegionPass {
                api: api.clone(),
                home,
                account: &identity.account,
                network: &self.network,
                unknowns: Mutex::default(),
            };
            pass.collect(collector)
        });
        try_join_all(passes).await?;
        Ok(())
    }

    async fn probe(&self) -> Result<String, ProviderError> {
        let lines = self.lines().await.map_err(|failed| *failed.error)?;
        let (home, identity) = sign_in(&lines).await.map_err(|failed| *failed.error)?;
        Ok(format!("{}, asked in {}", identity.arn, home.line.region))
    }
}

impl Aws {
    /// A line to each region.
    async fn lines(&self) -> Result<Vec<Api>, AwsError> {
        let regions = if self.regions.is_empty() { self.region_of_surroundings().await? } else { self.regions.clone() };
        let line = |region| Line {
            http: self.parts.http.clone(),
            clock: self.parts.clock.clone(),
            endpoints: self.endpoints.clone(),
            region,
            gate: Arc::new(Gate::new()),
        };
        Ok(regions.into_iter().map(|region| Api { line: line(region), keyring: self.keyring.clone() }).collect())
    }

    async fn region_of_surroundings(&self) -> Result<Vec<String>, AwsError> {
        let found = self.keyring.region().await.filter(|region| settings::is_region(region));
        found.map(|region| vec![region]).ok_or_else(|| {
            let words = "no region: set `aws_region`, or AWS_REGION in the environment, or `region` in the profile";
            AwsError::new(Class::NoCredentials, "region", words)
        })
    }
}

/// Proves the credentials in the first region that accepts them: one that is switched off for the account refuses all.
async fn sign_in(lines: &[Api]) -> Result<(&Api, Identity), AwsError> {
    let mut first = None;
    for api in lines {
        match api.call(&who_am_i()).await {
            Ok(Wrapped(identity)) => return Ok((api, identity)),
            Err(failed) if failed.class == Class::NoCredentials => return Err(failed),
            Err(failed) => first = first.or(Some(failed)),
        }
    }
    Err(first.unwrap_or_else(|| AwsError::new(Class::NoCredentials, "region", "no region is configured")))
}
