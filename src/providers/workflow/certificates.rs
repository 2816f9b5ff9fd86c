//! Certificates: each account's own (Hephy), or those within the apps (Drycc).
//!
//! Hephy shows a certificate to its owner and to nobody else, not even to a superuser. So each owner whose token is
//! configured has a scope of its own, and every owner of an app whose token is not has one that is skipped, and says
//! so.

use std::collections::BTreeSet;

use futures_util::stream::{self, StreamExt};
use serde_json::Value;

use super::account::Account;
use super::apps::{Place, SIDE_BY_SIDE, SeenApps, Trouble};
use super::client::Client;
use super::dialect::CertificatesWithin;
use super::listing::{List, understood};
use super::wire::WireCertificate;
use crate::kinds::certificate::Certificate;
use crate::providers::{Collector, Listing};
use crate::secret::Secret;
use crate::wire::{ErrorKind, ProviderError};

const OWN: &str = "GET /v2/certs";

/// Reports the certificates of every account that there is a token of, and names those of whom there is none.
pub async fn report_by_owner(
    client: &Client,
    account: &Account,
    apps: &SeenApps,
    place: &Place<'_>,
    collector: &Collector,
) -> Result<(), ProviderError> {
    let scope = |user: &str| format!("{}/{user}", place.host);
    let mut reported = BTreeSet::from([account.user.clone()]);
    let listing = collector.listing::<Certificate>(&scope(&account.user)).await?;
    report_own(client, &account.token, listing, collector).await?;
    for other in place.owner_tokens {
        if !reported.insert(other.user.clone()) {
            continue;
        }
        let listing = collector.listing::<Certificate>(&scope(&other.user)).await?;
        match &other.token {
            Err(missing) => listing.skipped(missing).await?,
            Ok(token) => match token_is_of(client, token, &other.user).await {
                Ok(()) => report_own(client, token, listing, collector).await?,
                Err(error) => listing.partial(error).await?,
            },
        }
    }
    for owner in apps.owners.iter().filter(|owner| !reported.contains(*owner)) {
        let listing = collector.listing::<Certificate>(&scope(owner)).await?;
        let reason = format!("only {owner} can list these, and no token of {owner} is configured in `owner_tokens`");
        listing.skipped(reason).await?;
    }
    Ok(())
}

/// A token of somebody else would fill this owner's scope with another's certificates.
async fn token_is_of(client: &Client, token: &Secret, user: &str) -> Result<(), ProviderError> {
    let account = Account::of(client, token).await?;
    if account.user == user {
        return Ok(());
    }
    let words = format!("the token that is configured for {user} is one of {}", account.user);
    Err(client.call("GET /v2/auth/whoami").error(ErrorKind::Auth, &words))
}

async fn report_own(
    client: &Client,
    token: &Secret,
    mut listing: Listing,
    collector: &Collector,
) -> Result<(), ProviderError> {
    let list = List { operation: OWN, path: "/v2/certs".to_owned(), id: "name" };
    let read = list.read(client, token).await;
    let outcome = match read {
        Ok(elements) => push(client, OWN, elements, None, &mut listing, collector).await?,
        Err(failure) => Some(failure.into()),
    };
    Ok(listing.complete_unless(outcome).await?)
}

/// Reports the certificates of every app that was listed, in the scopes of the apps.
pub async fn report_within(
    client: &Client,
    within: CertificatesWithin,
    account: &Account,
    apps: &SeenApps,
    place: &Place<'_>,
    collector: &Collector,
) -> Result<(), ProviderError> {
    for (scope, names) in &apps.names {
        let mut listing = collector.listing::<Certificate>(scope).await?;
        let mut trouble = Trouble::default();
        let workspace = scope.strip_prefix(place.host).and_then(|rest| rest.strip_prefix('/')).unwrap_or_default();
        let mut read = stream::iter(names.clone())
            .map(|app| async move {
                let list = List { operation: within.operation, path: (within.path)(&app), id: "name" };
                let read = list.read(client, &account.token).await;
                (app, read)
            })
            .buffer_unordered(SIDE_BY_SIDE);
        while let Some((app, read)) = read.next().await {
            let holder = Some((app.as_str(), workspace));
            let outcome = match read {
                Ok(elements) => push(client, within.operation, elements, holder, &mut listing, collector).await?,
                Err(failure) => Some(failure.into()),
            };
            if let Some(error) = outcome {
                trouble.with(&app, error);
            }
            listing.flush().await?;
        }
        drop(read);
        let listed_apps = if apps.all_listed { None } else { Some(apps_are_missing(client)) };
        listing.complete_unless(trouble.verdict(names.len()).or(listed_apps)).await?;
    }
    Ok(())
}

fn apps_are_missing(client: &Client) -> ProviderError {
    client.call("GET /v2/apps").error(ErrorKind::Malformed, "not every app could be read, so neither its certificates")
}

/// Reports what was understood; gives what is wrong if something was not.
async fn push(
    client: &Client,
    operation: &str,
    elements: Vec<Value>,
    holder: Option<(&str, &str)>,
    listing: &mut Listing,
    collector: &Collector,
) -> Result<Option<ProviderError>, ProviderError> {
    let (certificates, misread) = understood::<WireCertificate>(client, operation, elements);
    for wire in certificates {
        let mut certificate = Certificate::from(wire);
        if let Some((app, workspace)) = holder {
            app.clone_into(&mut certificate.app);
            if certificate.owner.is_empty() {
                workspace.clone_into(&mut certificate.owner);
            }
        }
        for field in certificate.other.keys() {
            collector.note(format!("certificates have the unknown field {field:?}; it is shown as it is")).await?;
        }
        listing.push(&certificate).await?;
    }
    Ok(misread)
}
