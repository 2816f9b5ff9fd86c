//! The zones that the token lists, told apart into scopes.
//!
//! A scope of zones is an *account*, by its id: names change, and a name that changes would move all its zones to
//! another scope. A token that may see fewer accounts than yesterday thus leaves the others' scopes untouched instead
//! of listing them as empty. A zone that the configuration names and that is not listed keeps every scope of zones open
//! (partial), and an answer without any zone is an error: both are more often a permission that changed than a
//! deletion.

use std::collections::{BTreeMap, BTreeSet};

use super::client::Client;
use super::listing::{List, Sink};
use super::wire::WireZone;
use crate::kinds::zone::Zone;
use crate::providers::Collector;
use crate::wire::{ErrorKind, ProviderError};

const OPERATION: &str = "GET /zones";
/// The most that the provider allows.
const PER_PAGE: u64 = 50;
/// The scope of zones that come without an account.
const WITHOUT_ACCOUNT: &str = "zones";

/// What a token lists.
pub struct Zones {
    pub zones: Vec<Zone>,
    /// Why there may be more.
    pub error: Option<ProviderError>,
}

/// A list that fits into memory: some hundred bytes for each of a few thousand zones.
struct Kept(Vec<Zone>);

impl Sink for Kept {
    type Element = WireZone;

    async fn take(&mut self, zone: WireZone) -> Result<(), ProviderError> {
        self.0.push(zone.into());
        Ok(())
    }

    async fn restart(&mut self) -> Result<(), ProviderError> {
        self.0.clear();
        Ok(())
    }
}

impl Zones {
    /// Lists what the token shows, or of that what is `wanted`.
    ///
    /// # Errors
    /// When there is nothing to see at all.
    pub async fn read(client: &Client, wanted: Option<&[String]>) -> Result<Self, ProviderError> {
        let list = List {
            operation: OPERATION,
            path: "/zones".to_owned(),
            filters: vec![("order", "name".to_owned()), ("direction", "asc".to_owned())],
            per_page: PER_PAGE,
            largest_page: PER_PAGE,
        };
        let mut kept = Kept(Vec::new());
        let error = list.read(client, &mut kept).await.err();
        let Kept(mut zones) = kept;
        let sees_any = !zones.is_empty();
        if let Some(wanted) = wanted {
            zones.retain(|zone| wanted.contains(&zone.name));
        }
        let missing = wanted.unwrap_or_default().iter().filter(|name| zones.iter().all(|zone| zone.name != **name));
        let missing = missing.map(String::as_str).collect::<Vec<_>>().join(", ");
        let error = error.or_else(|| {
            let words = if !sees_any {
                "the token is accepted and lists no zone: it needs Zone:Read on the zones to show".to_owned()
            } else if !missing.is_empty() {
                format!(
                    "the token does not list {missing}, which the configuration names: deleted, or no longer permitted"
                )
            } else {
                return None;
            };
            Some(client.call(OPERATION).error(ErrorKind::Auth, &words))
        });
        match error {
            Some(error) if zones.is_empty() => Err(error),
            error => Ok(Self { zones, error }),
        }
    }

    /// Reports the zones, account by account.
    pub async fn report(&self, collector: &Collector) -> Result<(), ProviderError> {
        let mut accounts: BTreeMap<&str, Vec<&Zone>> = BTreeMap::new();
        for zone in &self.zones {
            let account = if zone.account_id.is_empty() { WITHOUT_ACCOUNT } else { &zone.account_id };
            accounts.entry(account).or_default().push(zone);
        }
        for (account, zones) in accounts {
            let mut listing = collector.listing::<Zone>(account).await?;
            for zone in zones {
                listing.push(zone).await?;
            }
            match &self.error {
                None => listing.complete().await?,
                Some(error) => listing.partial(error.clone()).await?,
            }
        }
        Ok(())
    }

    /// Each zone with the name of its records' scope: its own. Where two zones bear one name (a domain that is moving
    /// between accounts), the older keeps it and the other is told by its id, so that a newcomer never takes over a
    /// scope.
    pub fn into_scopes(self) -> Vec<(String, Zone)> {
        let mut zones = self.zones;
        zones.sort_by(|one, other| {
            (&one.name, one.created_at, &one.zone_id).cmp(&(&other.name, other.created_at, &other.zone_id))
        });
        let mut taken = BTreeSet::new();
        zones
            .into_iter()
            .map(|zone| {
                let first = taken.insert(zone.name.clone());
                (if first { zone.name.clone() } else { format!("{} ({})", zone.name, zone.zone_id) }, zone)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_zones_of_one_name_the_older_keeps_the_scope() {
        let zone = |id: &str, name: &str, created: i64| Zone {
            zone_id: id.into(),
            name: name.into(),
            created_at: chrono::DateTime::from_timestamp(created, 0),
            ..Zone::default()
        };
        let zones = Zones {
            zones: vec![zone("new", "example.com", 20), zone("x", "example.org", 5), zone("old", "example.com", 10)],
            error: None,
        };
        let scopes: Vec<_> = zones.into_scopes().into_iter().map(|(name, zone)| (name, zone.zone_id)).collect();
        assert_eq!(
            scopes,
            [
                ("example.com".to_owned(), "old".to_owned()),
                ("example.com (new)".to_owned(), "new".to_owned()),
                ("example.org".to_owned(), "x".to_owned())
            ]
        );
    }
}
