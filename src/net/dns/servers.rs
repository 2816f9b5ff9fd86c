//! Which servers are to be asked about a zone: its own, at each of their addresses, or those that the configuration
//! names instead.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::join_all;

use super::{Unresolved, addresses};

/// Where DNS is served.
const PORT: u16 = 53;

/// A name server at one of its addresses.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Server {
    /// As it is known to people: `ns1.example.net`, or as the configuration has it.
    pub name: String,
    pub address: SocketAddr,
}

/// The servers named `names`, or of a closed network `instead` (`host:port` each): every address of each, and of those
/// whose address is not known the reason.
pub async fn servers(
    names: &[String],
    instead: &[String],
    patience: Duration,
) -> (Vec<Server>, Vec<(String, Unresolved)>) {
    let named = match instead {
        [] => names.iter().map(|name| (name.as_str(), name.as_str(), PORT)).collect(),
        instead => instead.iter().filter_map(|server| host_and_port(server)).collect::<Vec<_>>(),
    };
    let found = join_all(named.into_iter().map(|(name, host, port)| async move {
        let found = match host.parse() {
            Ok(address) => Ok(vec![address]),
            Err(_) => addresses(host, patience).await,
        };
        (name, port, found)
    }));
    let (mut servers, mut unresolved) = (Vec::new(), Vec::new());
    for (name, port, found) in found.await {
        match found {
            Ok(addresses) => servers.extend(
                addresses.into_iter().map(|address| Server { name: name.to_owned(), address: (address, port).into() }),
            ),
            Err(error) => unresolved.push((name.to_owned(), error)),
        }
    }
    servers.sort();
    servers.dedup();
    (servers, unresolved)
}

/// `(whole, host, port)`; an IPv6 address loses its brackets.
fn host_and_port(server: &str) -> Option<(&str, &str, u16)> {
    let (host, port) = server.rsplit_once(':')?;
    Some((server, host.trim_start_matches('[').trim_end_matches(']'), port.parse().ok()?))
}
