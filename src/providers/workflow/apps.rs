//! The apps that the account sees, with all their details, and how each of their scopes ends.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::stream::{self, StreamExt};

use super::account::Account;
use super::client::Client;
use super::details::{Asking, Seen};
use super::dialect::Dialect;
use super::listing::{List, understood};
use super::settings::OwnerToken;
use super::wire::WireApp;
use crate::kinds::app::App;
use crate::providers::Collector;
use crate::wire::ProviderError;

/// Apps that are asked for at the same time: enough to hide the network, few enough to stay a modest guest.
pub const SIDE_BY_SIDE: usize = 4;
/// After so many apps what was seen is sent on, so that a slow controller is not taken for a silent one.
const SENT_AT_ONCE: usize = 10;

/// Which controller it is, for names, and whose tokens there are.
pub struct Place<'a> {
    pub host: &'a str,
    pub platform_domain: Option<&'a str>,
    pub owner_tokens: &'a [OwnerToken],
}

impl Place<'_> {
    /// Whether there is a token of `user`, besides the one that `account` has.
    pub fn has_token_of(&self, user: &str, account: &Account) -> bool {
        account.user == user || self.owner_tokens.iter().any(|owner| owner.user == user && owner.token.is_ok())
    }
}

/// What the rest of the collection needs to know of the apps.
pub struct SeenApps {
    /// By the scope that they were reported in.
    pub names: BTreeMap<String, Vec<String>>,
    pub owners: BTreeSet<String>,
    /// Whether every app was listed, if not seen whole.
    pub all_listed: bool,
}

/// Reports every app. What fails with one app ends its scope as partial and nothing else.
pub async fn report(
    client: &Client,
    dialect: &'static dyn Dialect,
    account: &Account,
    place: &Place<'_>,
    collector: &Collector,
) -> Result<SeenApps, ProviderError> {
    let (apps, misread) = listed(client, account).await?;
    note_unknown(&apps, collector).await?;
    let owners = apps.iter().map(|app| dialect.owner(app)).filter(|owner| !owner.is_empty()).collect();
    let blindness = misread.or_else(|| dialect.blindness(client, account));
    let all_listed = blindness.is_none();
    let mut names = BTreeMap::new();
    for (scope, apps) in dialect.scopes(place, apps) {
        names.insert(scope.clone(), apps.iter().map(|app| app.id.clone()).collect());
        let asking = Asking { client, dialect, account, place, collector };
        report_scope(&asking, &scope, apps, blindness.clone()).await?;
    }
    Ok(SeenApps { names, owners, all_listed })
}

/// The list of apps, and what is wrong with it if some of it is.
async fn listed(client: &Client, account: &Account) -> Result<(Vec<WireApp>, Option<ProviderError>), ProviderError> {
    let list = List { operation: "GET /v2/apps", path: "/v2/apps".to_owned(), id: "id" };
    let elements = list.read(client, &account.token).await?;
    Ok(understood(client, list.operation, elements))
}

async fn note_unknown(apps: &[WireApp], collector: &Collector) -> Result<(), ProviderError> {
    let fields: BTreeSet<String> = apps.iter().flat_map(|app| app.unknown().into_keys()).collect();
    for field in fields {
        collector.note(format!("apps have the unknown field {field:?}; it is shown as it is")).await?;
    }
    Ok(())
}

async fn report_scope(
    asking: &Asking<'_>,
    scope: &str,
    apps: Vec<WireApp>,
    blindness: Option<ProviderError>,
) -> Result<(), ProviderError> {
    let mut listing = asking.collector.listing::<App>(scope).await?;
    let mut trouble = Trouble::default();
    let count = apps.len();
    let mut whole = stream::iter(apps)
        .map(|app| async move {
            let seen = asking.whole(&app).await;
            (app.id, seen)
        })
        .buffer_unordered(SIDE_BY_SIDE);
    let mut asked = 0;
    while let Some((name, seen)) = whole.next().await {
        asked += 1;
        match seen {
            Ok(Seen::App(app, unsaid, values)) => listing.push_with(&*app, &unsaid, values).await?,
            Ok(Seen::Gone) => {}
            Err(error) => trouble.with(&name, error),
        }
        if asked % SENT_AT_ONCE == 0 {
            listing.flush().await?;
        }
    }
    drop(whole);
    Ok(listing.complete_unless(trouble.verdict(count).or(blindness)).await?)
}

/// Apps that could not be seen whole, and the first reason.
#[derive(Default)]
pub struct Trouble {
    names: Vec<String>,
    first: Option<ProviderError>,
}

impl Trouble {
    pub fn with(&mut self, name: &str, error: ProviderError) {
        self.names.push(name.to_owned());
        self.first.get_or_insert(error);
    }

    /// One error for all of them, in the words of the first.
    pub fn verdict(self, of: usize) -> Option<ProviderError> {
        let mut error = self.first?;
        let first = self.names.first().map(String::as_str).unwrap_or_default();
        error.message =
            format!("{} of {of} apps were not read, the first, {first}: {}", self.names.len(), error.message);
        Some(error)
    }
}
