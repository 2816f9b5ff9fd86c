//! What one app is asked for besides its line in the list, and what becomes of it when an answer does not come.
//!
//! What is refused to this account is unseen: the app is reported without it, keeps what was last known, and says so.
//! What merely failed may be there a minute later: the app is not reported at all, keeps what was known of it, and its
//! scope is partial. What is gone was deleted meanwhile.

use std::collections::BTreeMap;

use reqwest::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::account::Account;
use super::apps::Place;
use super::client::{Client, Failure};
use super::configuration::Configuration;
use super::dialect::Dialect;
use super::listing::{List, first, understood};
use super::wire::{WireApp, WireDomain, WirePod, WireRelease, host};
use crate::kinds::SecretValue;
use crate::kinds::app::{App, Release};
use crate::providers::Collector;
use crate::secret::{Secret, redact};
use crate::wire::{ErrorKind, ProviderError};

/// Releases that are kept of each app.
const RELEASES: usize = 10;
/// The state of a process that runs.
const UP: &str = "up";

/// What asking for an app came to.
pub enum Seen {
    /// With the fields that could not be learned, and its secrets.
    App(Box<App>, Vec<&'static str>, Vec<SecretValue>),
    /// It was deleted after it was listed.
    Gone,
}

/// One app in the middle of being asked for.
pub struct Asking<'a> {
    pub client: &'a Client,
    pub dialect: &'static dyn Dialect,
    pub account: &'a Account,
    pub place: &'a Place<'a>,
    pub collector: &'a Collector,
}

impl Asking<'_> {
    /// Everything about `wire`; an error means that something of it failed and may not fail the next time.
    pub async fn whole(&self, wire: &WireApp) -> Result<Seen, ProviderError> {
        match self.ask(wire).await {
            Ok(seen) => Ok(seen),
            Err(failure) if failure.status == Some(StatusCode::NOT_FOUND) && failure.by_api => {
                if self.is_gone(&wire.id).await? { Ok(Seen::Gone) } else { Err(failure.into()) }
            }
            Err(failure) => Err(failure.into()),
        }
    }

    async fn ask(&self, wire: &WireApp) -> Result<Seen, Failure> {
        let name = &wire.id;
        let mut refused = Refused::default();
        let domains = refused.or("domains", &["domains", "platform_address"], self.domains(name).await)?;
        let parts = ["config", "limits", "node_tags"];
        let configuration = refused.or("configuration", &parts, self.configuration(name).await)?;
        let releases = refused.or("releases", &["release", "released_at", "releases"], self.releases(name).await)?;
        // Numbers of a while ago would look like news beside a state that is unknown.
        let running = refused.or("running processes", &[], self.running(name).await)?;
        let collaborators = self.dialect.collaborators(self.client, self.account, name).await;
        let collaborators = refused.or("collaborators", &["collaborators"], collaborators)?.unwrap_or_default();

        let owner = self.dialect.owner(wire);
        if self.dialect.certificates_within_apps().is_none() && !self.place.has_token_of(&owner, self.account) {
            refused.unseen.push(format!("certificates of {owner} (no token of {owner} is configured)"));
        }
        let mut configuration = configuration.unwrap_or_default();
        let values = self.secrets(name, &mut configuration).await?;
        let former = self.collector.former_secrets(name);
        let releases = without_values(releases.unwrap_or_default(), &values, former);
        let last_good = releases.iter().find(|release| !release.failed);
        let processes = wire.structure.clone().unwrap_or_default();
        let (platform, domains) = self.told_apart(domains.unwrap_or_default());
        let state = running.as_ref().map_or("unknown", |running| App::state_of(&processes, running));
        let app = App {
            uuid: wire.uuid.clone(),
            name: name.clone(),
            owner,
            collaborators,
            state: state.to_owned(),
            processes,
            running: running.unwrap_or_default(),
            domains,
            platform_address: platform,
            limits: configuration.limits,
            config: values.iter().map(|value| (value.name.clone(), value.digest.clone())).collect(),
            node_tags: configuration.node_tags,
            release: last_good.map(|release| release.version.clone()).unwrap_or_default(),
            released_at: last_good.and_then(|release| release.created_at),
            releases,
            unseen: refused.unseen,
            other: wire.unknown(),
            created_at: wire.created_at(),
        };
        Ok(Seen::App(Box::new(app), refused.fields, values))
    }

    async fn domains(&self, app: &str) -> Result<Vec<WireDomain>, Failure> {
        let operation = "GET /v2/apps/{id}/domains";
        let list = List { operation, path: format!("/v2/apps/{app}/domains"), id: "domain" };
        self.understood(operation, list.read(self.client, &self.account.token).await?)
    }

    async fn configuration(&self, app: &str) -> Result<Configuration, Failure> {
        let operation = "GET /v2/apps/{id}/config";
        let answer = self.client.json(&self.account.token, operation, &format!("/v2/apps/{app}/config"), &[]).await?;
        let not_that = || self.client.call(operation).error(ErrorKind::Malformed, "the answer is no configuration");
        Ok(self.dialect.configuration(answer).ok_or_else(not_that)?)
    }

    async fn releases(&self, app: &str) -> Result<Vec<Release>, Failure> {
        let operation = "GET /v2/apps/{id}/releases";
        let path = format!("/v2/apps/{app}/releases");
        let newest = first(self.client, &self.account.token, operation, &path, RELEASES).await?;
        let mut releases: Vec<WireRelease> = self.understood(operation, newest)?;
        releases.sort_by_key(|release| std::cmp::Reverse(release.version));
        Ok(releases.into_iter().map(Release::from).collect())
    }

    /// How many processes of each type run.
    async fn running(&self, app: &str) -> Result<BTreeMap<String, i64>, Failure> {
        let operation = "GET /v2/apps/{id}/pods";
        let answer = self.client.json(&self.account.token, operation, &format!("/v2/apps/{app}/pods"), &[]).await?;
        let Some(pods) = answer.get("results").and_then(Value::as_array) else {
            return Err(self.client.call(operation).error(ErrorKind::Malformed, "the answer lists no pods").into());
        };
        let pods: Vec<WirePod> = self.understood(operation, pods.clone())?;
        let mut running = BTreeMap::new();
        for pod in pods.into_iter().filter(|pod| pod.state == UP) {
            *running.entry(pod.process).or_default() += 1;
        }
        Ok(running)
    }

    /// Each setting with the digest that stands for it.
    async fn secrets(&self, app: &str, configuration: &mut Configuration) -> Result<Vec<SecretValue>, ProviderError> {
        for part in &configuration.unknown {
            let note = format!("configurations have the unknown part {part:?}; it is kept as if it were a secret");
            self.collector.note(note).await?;
        }
        let settings = configuration.settings.drain(..);
        Ok(settings.map(|setting| self.collector.secret(app, &setting.key, setting.value)).collect())
    }

    /// The platform's own address of the app, and all its hosts in order.
    fn told_apart(&self, domains: Vec<WireDomain>) -> (String, Vec<String>) {
        let mut hosts = Vec::new();
        let mut platform = String::new();
        for domain in domains {
            match (self.dialect.is_platform_address(&domain), self.place.platform_domain) {
                (false, _) => hosts.push(host(&domain.domain)),
                (true, None) => platform = domain.domain,
                (true, Some(parent)) => {
                    platform = format!("{}.{parent}", domain.domain);
                    hosts.push(platform.clone());
                }
            }
        }
        hosts.sort();
        (platform, hosts)
    }

    /// Whether the app itself is no longer there, said by the API: a single 404 on a detail would be little to go by.
    async fn is_gone(&self, app: &str) -> Result<bool, ProviderError> {
        match self.client.get(&self.account.token, "GET /v2/apps/{id}", &format!("/v2/apps/{app}"), &[]).await {
            Ok(_) => Ok(false),
            Err(failure) if failure.status == Some(StatusCode::NOT_FOUND) && failure.by_api => Ok(true),
            Err(failure) => Err(failure.into()),
        }
    }

    /// All of the elements as what they should be, or none.
    fn understood<T: DeserializeOwned>(&self, operation: &str, elements: Vec<Value>) -> Result<Vec<T>, Failure> {
        match understood(self.client, operation, elements) {
            (good, None) => Ok(good),
            (_, Some(error)) => Err(error.into()),
        }
    }
}

/// Releases tell in free text what was done, and why it failed; a value that stands in it, or a former one, is struck
/// out.
fn without_values(mut releases: Vec<Release>, values: &[SecretValue], former: &[Secret]) -> Vec<Release> {
    let secrets: Vec<Secret> = values.iter().map(|value| &value.value).chain(former).cloned().collect();
    for release in &mut releases {
        release.summary = redact(&release.summary, &secrets);
        release.exception = redact(&release.exception, &secrets);
    }
    releases
}

/// What is not for this account, told from what merely failed.
#[derive(Default)]
struct Refused {
    /// In words, for the app's page.
    unseen: Vec<String>,
    /// The fields that stay as they were last known.
    fields: Vec<&'static str>,
}

impl Refused {
    /// `None` where the controller says that `what` is not for this account: `fields` come from it.
    fn or<T>(&mut self, what: &str, fields: &[&'static str], seen: Result<T, Failure>) -> Result<Option<T>, Failure> {
        match seen {
            Ok(seen) => Ok(Some(seen)),
            Err(failure) if failure.status == Some(StatusCode::FORBIDDEN) => {
                self.unseen.push(format!("{what} ({})", failure.error.message));
                self.fields.extend(fields);
                Ok(None)
            }
            Err(failure) => Err(failure),
        }
    }
}
