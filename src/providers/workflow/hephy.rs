//! Hephy, and the classic Deis Workflow before it: apps with owners, certificates that each account has for itself.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde_json::Value;

use super::account::Account;
use super::apps::Place;
use super::client::{Client, Failure};
use super::configuration::{Configuration, Setting, Unread};
use super::dialect::{CertificatesWithin, Dialect};
use super::wire::{WireApp, WireDomain};
use crate::kinds::app::Limit;
use crate::wire::{ErrorKind, ProviderError};

pub struct Hephy;

#[async_trait]
impl Dialect for Hephy {
    fn name(&self) -> &'static str {
        "Hephy"
    }

    fn scopes(&self, place: &Place<'_>, apps: Vec<WireApp>) -> BTreeMap<String, Vec<WireApp>> {
        BTreeMap::from([(place.host.to_owned(), apps)])
    }

    fn blindness(&self, client: &Client, account: &Account) -> Option<ProviderError> {
        let words = format!("{} is no superuser: apps of others, if there are any, are not listed", account.user);
        (!account.is_superuser).then(|| client.call("GET /v2/apps").error(ErrorKind::Auth, &words))
    }

    fn owner(&self, app: &WireApp) -> String {
        app.owner.clone().unwrap_or_default()
    }

    async fn collaborators(&self, client: &Client, account: &Account, app: &str) -> Result<Vec<String>, Failure> {
        const OPERATION: &str = "GET /v2/apps/{id}/perms";
        let answer = client.json(&account.token, OPERATION, &format!("/v2/apps/{app}/perms"), &[]).await?;
        let users = answer.get("users").and_then(Value::as_array).map(|users| {
            let mut users: Vec<String> = users.iter().filter_map(Value::as_str).map(str::to_owned).collect();
            users.sort();
            users
        });
        users.ok_or_else(|| client.call(OPERATION).error(ErrorKind::Malformed, "the answer names no users").into())
    }

    fn configuration(&self, answer: Value) -> Option<Configuration> {
        let mut unread = Unread::of(answer)?;
        let mut limits: BTreeMap<String, Limit> = BTreeMap::new();
        for (process, amount) in unread.texts("memory")? {
            limits.entry(process).or_default().memory = amount;
        }
        for (process, amount) in unread.texts("cpu")? {
            limits.entry(process).or_default().cpu = amount;
        }
        let node_tags = unread.texts("tags")?;
        let values = unread.texts("values")?;
        let settings = values.into_iter().map(|(name, value)| Setting::new("", &name, value)).collect();
        Some(unread.into_configuration(limits, node_tags, settings))
    }

    /// The app's own name stands for its address below the platform's domain.
    fn is_platform_address(&self, domain: &WireDomain) -> bool {
        !domain.domain.contains('.')
    }

    fn certificates_within_apps(&self) -> Option<CertificatesWithin> {
        None
    }
}
