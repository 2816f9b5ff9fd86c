//! The network, as the probe meets it: the real one, but for hosts that one of the providers makes up.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use crate::net::dns::{self, Unresolved};
use crate::net::tls::{self, Unseen};
use crate::providers::Provider;
use crate::providers::hosts::MadeUpHosts;
use crate::served::Chain;
use crate::store::served_certificates::Outcome;
use crate::store::served_certificates::targets::Seen;

/// Where names lead, and what answers there.
#[derive(Clone, Default)]
pub struct Network {
    /// Those that make up hosts.
    providers: Vec<Arc<dyn Provider>>,
}

impl Network {
    /// As these providers leave it.
    pub fn with(providers: impl IntoIterator<Item = Arc<dyn Provider>>) -> Self {
        Self { providers: providers.into_iter().filter(|provider| provider.hosts().is_some()).collect() }
    }

    /// Addresses of a name, each once; never an empty list.
    ///
    /// # Errors
    /// Why it has none.
    pub async fn addresses(&self, name: &str, patience: Duration) -> Result<Vec<IpAddr>, Unresolved> {
        match self.made_up().find_map(|hosts| hosts.addresses(name)) {
            Some(addresses) if addresses.is_empty() => Err(Unresolved::nowhere()),
            Some(addresses) => Ok(addresses),
            None => dns::addresses(name, patience).await,
        }
    }

    /// What an address sends to somebody who asks for the host. `Err`: nobody answered at all.
    pub async fn look(&self, at: SocketAddr, host: &str, patience: Duration) -> Result<Seen, Seen> {
        match self.made_up().find_map(|hosts| hosts.sent(at, host)) {
            Some(sent) => seen(sent.map(|chain| Seen::Chain { chain, broke_off: String::new() })),
            None => seen(tls::look(at, host, patience).await.map(read)),
        }
    }

    fn made_up(&self) -> impl Iterator<Item = &dyn MadeUpHosts> {
        self.providers.iter().filter_map(|provider| provider.hosts())
    }
}

fn read(look: tls::Look) -> Seen {
    match Chain::read(&look.chain) {
        Ok(chain) => Seen::Chain { chain, broke_off: look.broke_off.unwrap_or_default() },
        Err(unreadable) => nothing(unreadable.to_string()),
    }
}

fn seen(look: Result<Seen, Unseen>) -> Result<Seen, Seen> {
    match look {
        Ok(seen) => Ok(seen),
        Err(why) if why.is_no_connection() => Err(nothing(why.to_string())),
        Err(why) => Ok(nothing(why.to_string())),
    }
}

/// That nothing was seen, and why.
pub fn nothing(error: String) -> Seen {
    Seen::Nothing { outcome: Outcome::Unreachable, error }
}
