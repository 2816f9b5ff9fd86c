//! Deis Workflow's controller API v2, as its two living descendants speak it: apps with everything about them, and
//! certificates.
//!
//! | file | holds |
//! | --- | --- |
//! | `settings` | what a source is configured with |
//! | `client` | one request: token, quota (`net::quota`) after a 429, retry, errors in the controller's words |
//! | `words` | what an answer that failed says, in any of the shapes in which it may say it |
//! | `listing` | a paged list that counts for itself and begins again when it shifts |
//! | `account` | whose token it is, and with whom it speaks |
//! | `dialect` | where Hephy and Drycc differ: the trait, and which of them it is |
//! | `hephy`, `drycc` | the two of them |
//! | `wire` | apps, domains, releases, pods and certificates as they are written |
//! | `configuration` | limits, and settings as names and secrets |
//! | `details` | what one app is asked for, and what could not be seen of it |
//! | `apps`, `certificates` | what is reported, in which scopes, and how each ends |
//!
//! A token sees what its account sees, and no more: at Hephy a superuser sees every app, but only its own certificates.
//! What is not seen is said, as a scope that is partial or skipped, and in an app's `unseen`.
//!
//! **One more controller**: its `impl Dialect` beside `hephy`, and its line in `dialect::of`. **One more fact of an
//! app**: its request in `details`, its wire struct in `wire`.

use async_trait::async_trait;

use super::{Built, Collector, Parts, Provider, ProviderSpec};
use crate::kinds::{app, certificate};
use crate::net::http::RetryPolicy;
use crate::wire::ProviderError;

mod account;
mod apps;
mod certificates;
mod client;
mod configuration;
mod details;
mod dialect;
mod drycc;
mod hephy;
mod listing;
mod settings;
mod wire;
mod words;

use account::Account;
use client::Client;
use settings::Read;
pub use settings::{OwnerToken, Settings};

pub const SPEC: ProviderSpec = ProviderSpec {
    name: "workflow",
    title: "Workflow controller",
    settings: settings::SETTINGS,
    kinds: &[&app::SPEC, &certificate::SPEC],
    build: |_source, reader, parts| match Settings::read(reader) {
        Read::Settings(settings) => Some(Built::Ready(Box::new(Workflow::new(settings, parts)))),
        Read::Missing(missing) => Some(Built::NotConfigured { missing }),
        Read::Faulty => None,
    },
};

/// A source at one controller.
pub struct Workflow {
    client: Client,
    settings: Settings,
}

impl Workflow {
    pub fn new(settings: Settings, parts: &Parts) -> Self {
        Self { client: Client::new(parts.http.clone(), &settings), settings }
    }

    /// The same source with another patience.
    pub fn with_retry(mut self, policy: RetryPolicy) -> Self {
        self.client.policy = policy;
        self
    }

    /// The controller's host, by which its scopes are named.
    fn host(&self) -> String {
        let port = self.settings.endpoint.port().map_or_else(String::new, |port| format!(":{port}"));
        format!("{}{port}", self.settings.endpoint.host_str().unwrap_or_default())
    }
}

#[async_trait]
impl Provider for Workflow {
    async fn collect(&self, collector: &Collector) -> Result<(), ProviderError> {
        let host = self.host();
        let account = Account::of(&self.client, &self.settings.token).await?;
        let dialect = account.dialect();
        let place = apps::Place {
            host: &host,
            platform_domain: self.settings.platform_domain.as_deref(),
            owner_tokens: &self.settings.owner_tokens,
        };
        let seen = apps::report(&self.client, dialect, &account, &place, collector).await?;
        if let Some(apps) = dialect.certificates_within_apps() {
            return certificates::report_within(&self.client, apps, &account, &seen, &place, collector).await;
        }
        certificates::report_by_owner(&self.client, &account, &seen, &place, collector).await
    }

    async fn probe(&self) -> Result<String, ProviderError> {
        let account = Account::of(&self.client, &self.settings.token).await?;
        let apps = listing::count(&self.client, &account.token, "GET /v2/apps", "/v2/apps").await?;
        Ok(format!("{} at {}, lists {apps} apps", account.described(), account.controller()))
    }
}
