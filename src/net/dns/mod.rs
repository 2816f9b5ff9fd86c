//! Names: as this machine's own resolver knows them, and as a given name server answers for them.
//!
//! | file | holds |
//! | --- | --- |
//! | here | addresses of a host name, from the machine's resolver |
//! | `ask` | one question to one name server, which is asked itself: no cache and no resolver in between |
//! | `servers` | which servers are to be asked about a zone |

use std::net::IpAddr;
use std::time::Duration;

use super::tls::plain;

pub mod ask;
pub mod servers;

pub use ask::{Answer, Answered, Content, Question, Rcode, Silent, Way, ask};
pub use servers::{Server, servers};

/// Why a name has no address here; it may have one elsewhere, or a moment later.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unresolved(String);

impl Unresolved {
    /// There is such a name, perhaps, but no address under it.
    pub fn nowhere() -> Self {
        Self("the resolver gives no address".to_owned())
    }
}

/// Addresses of `host`, each once, in the resolver's order; never an empty list.
///
/// # Errors
/// What the resolver says, or that it took longer than `patience`.
pub async fn addresses(host: &str, patience: Duration) -> Result<Vec<IpAddr>, Unresolved> {
    // A final dot: the machine's own search list must not make another name of it.
    let asked = if host.contains('.') { format!("{host}.") } else { host.to_owned() };
    let found = match tokio::time::timeout(patience, tokio::net::lookup_host((asked, 0))).await {
        Err(_) => return Err(Unresolved(format!("the resolver did not answer within {} s", patience.as_secs()))),
        Ok(Err(error)) => {
            return Err(Unresolved(format!("the resolver knows no address: {}", plain(&error.to_string()))));
        }
        Ok(Ok(found)) => found,
    };
    let mut addresses: Vec<IpAddr> = Vec::new();
    for address in found.map(|found| found.ip().to_canonical()) {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.is_empty() { Err(Unresolved::nowhere()) } else { Ok(addresses) }
}
