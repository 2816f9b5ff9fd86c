//! What a provider knows of hosts that exist nowhere else. Nobody can connect to them or resolve their names, so
//! whoever made them up says what a look at them would find. Everything after the look is as with any other host.
//!
//! **One more provider that makes up hosts**: an `impl MadeUpHosts`, and [`Provider::hosts`](super::Provider::hosts)
//! that hands it out.

use std::net::{IpAddr, SocketAddr};

use crate::net::tls::Unseen;
use crate::served::Chain;

/// Hosts that are made up. `None` of either call: that name is one of the world's, and the network has to be asked.
pub trait MadeUpHosts: Send + Sync {
    /// The addresses that a resolver would give for the name.
    fn addresses(&self, name: &str) -> Option<Vec<IpAddr>>;

    /// What the address would send to somebody who asks for the host, or why nothing would be seen.
    fn sent(&self, at: SocketAddr, host: &str) -> Option<Result<Chain, Unseen>>;
}
