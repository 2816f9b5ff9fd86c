//! Where the controllers differ. They have the same roots and are different products today.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde_json::Value;

use super::account::Account;
use super::apps::Place;
use super::client::{Client, Failure};
use super::configuration::Configuration;
use super::drycc::Drycc;
use super::hephy::Hephy;
use super::wire::{WireApp, WireDomain};
use crate::net::http::Answer;
use crate::wire::ProviderError;

/// What one of the controllers does in its own way.
#[async_trait]
pub trait Dialect: Send + Sync {
    /// For people.
    fn name(&self) -> &'static str;

    /// The scopes in which this account's list of apps lies, each with its apps; one without any is there as long as
    /// the list itself proves that it is.
    fn scopes(&self, place: &Place<'_>, apps: Vec<WireApp>) -> BTreeMap<String, Vec<WireApp>>;

    /// Why the list of apps is not the whole one for this account, if it is not.
    fn blindness(&self, client: &Client, account: &Account) -> Option<ProviderError>;

    /// A user, or a workspace.
    fn owner(&self, app: &WireApp) -> String;

    /// With whom the app is shared, where sharing is per app.
    async fn collaborators(&self, client: &Client, account: &Account, app: &str) -> Result<Vec<String>, Failure>;

    /// What the answer about an app's configuration says; `None` where it is not what the contract describes.
    fn configuration(&self, answer: Value) -> Option<Configuration>;

    /// Whether a listed domain is the platform's own address of the app, and not one that somebody added.
    fn is_platform_address(&self, domain: &WireDomain) -> bool;

    /// Certificates lie within apps, and are listed so; else each account has its own.
    fn certificates_within_apps(&self) -> Option<CertificatesWithin>;
}

/// How an app's certificates are asked for.
#[derive(Clone, Copy, Debug)]
pub struct CertificatesWithin {
    /// For errors.
    pub operation: &'static str,
    /// Of an app of that name.
    pub path: fn(&str) -> String,
}

/// The controller that answered: by its version header, which a proxy may have dropped, else by what only one of them
/// tells of a user.
pub fn of(whoami: &Answer, has_user_id: bool) -> &'static dyn Dialect {
    let is_drycc = match (whoami.header("DRYCC_API_VERSION"), whoami.header("DEIS_API_VERSION")) {
        (Some(_), _) => true,
        (None, Some(_)) => false,
        (None, None) => has_user_id,
    };
    if is_drycc { &Drycc } else { &Hephy }
}
