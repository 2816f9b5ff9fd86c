//! Hosts of the made-up platform: where they lead and what they send, as the world has it.

use std::net::{IpAddr, SocketAddr};

use super::Memory;
use super::world::served;
use crate::net::tls::Unseen;
use crate::providers::hosts::MadeUpHosts;
use crate::served::Chain;

impl MadeUpHosts for Memory {
    fn addresses(&self, name: &str) -> Option<Vec<IpAddr>> {
        served::is_made_up(name).then(|| served::addresses(name, &self.moment(0)))
    }

    fn sent(&self, at: SocketAddr, host: &str) -> Option<Result<Chain, Unseen>> {
        served::is_made_up(host).then(|| served::sent(at.ip(), host, &self.moment(0)))
    }
}
