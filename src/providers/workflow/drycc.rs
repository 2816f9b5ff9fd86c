//! Drycc: apps within workspaces, a configuration that is a list, limits that are plans, certificates within apps.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde_json::Value;

use super::account::Account;
use super::apps::Place;
use super::client::{Client, Failure};
use super::configuration::{Configuration, Setting, Unread, text_of};
use super::dialect::{CertificatesWithin, Dialect};
use super::wire::{WireApp, WireDomain};
use crate::kinds::app::Limit;
use crate::wire::ProviderError;

pub struct Drycc;

/// The group of settings that are for every process type.
const GLOBAL: &str = "global";

#[async_trait]
impl Dialect for Drycc {
    fn name(&self) -> &'static str {
        "Drycc"
    }

    /// A scope for each workspace: one that the account was taken out of is not listed any more, and says nothing of
    /// its apps.
    fn scopes(&self, place: &Place<'_>, apps: Vec<WireApp>) -> BTreeMap<String, Vec<WireApp>> {
        let mut scopes: BTreeMap<String, Vec<WireApp>> = BTreeMap::new();
        for app in apps {
            scopes.entry(format!("{}/{}", place.host, self.owner(&app))).or_default().push(app);
        }
        scopes
    }

    /// Whether there are other workspaces, nobody can ask, a superuser neither.
    fn blindness(&self, _: &Client, _: &Account) -> Option<ProviderError> {
        None
    }

    fn owner(&self, app: &WireApp) -> String {
        app.workspace.clone().unwrap_or_default()
    }

    /// Sharing is by membership in the workspace.
    async fn collaborators(&self, _: &Client, _: &Account, _: &str) -> Result<Vec<String>, Failure> {
        Ok(Vec::new())
    }

    fn configuration(&self, answer: Value) -> Option<Configuration> {
        let mut unread = Unread::of(answer)?;
        let plans = unread.texts("limits")?.into_iter();
        let limits = plans.map(|(process, plan)| (process, Limit { plan, ..Limit::default() })).collect();
        let node_tags = unread.texts("tags").unwrap_or_default();
        let mut settings = Vec::new();
        for item in unread.items("values")? {
            let text = |field: &str| item.get(field).and_then(Value::as_str);
            let place = text("ptype").or_else(|| text("group").filter(|group| *group != GLOBAL)).unwrap_or_default();
            let value = item.get("value").cloned().unwrap_or_default();
            settings.push(Setting::new(place, text("name")?, text_of(value)));
        }
        Some(unread.into_configuration(limits, node_tags, settings))
    }

    fn is_platform_address(&self, _: &WireDomain) -> bool {
        false
    }

    fn certificates_within_apps(&self) -> Option<CertificatesWithin> {
        Some(CertificatesWithin { operation: "GET /v2/apps/{id}/certs", path: |app| format!("/v2/apps/{app}/certs") })
    }
}
