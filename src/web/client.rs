//! Who is at the other end of the wire: the peer, or whom trusted proxies say that they speak for.
//!
//! `X-Forwarded-For` is read from the right, the end that our own proxies write: everything left of the first hop that
//! is not ours can be made up by anybody.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use actix_web::http::header::HeaderMap;
use ipnet::IpNet;

/// The client's address, kept in the request's extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// Of a request from `peer` with these headers.
    pub fn find(peer: Option<IpAddr>, headers: &HeaderMap, trusted: &[IpNet]) -> Self {
        let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
        let mut client = peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)).to_canonical();
        // A line with odd bytes is read all the same: its right end is our proxy's, whatever a stranger put before.
        let lines: Vec<_> =
            headers.get_all("x-forwarded-for").map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        let hops: Vec<&str> = lines.iter().flat_map(|line| line.split(',')).collect();
        for hop in hops.into_iter().rev() {
            if !is_trusted(&client) {
                break;
            }
            let Some(address) = address(hop.trim()) else { break };
            client = address.to_canonical();
        }
        Self(client)
    }
}

/// An address as proxies write it: alone, in brackets, or with a port.
fn address(hop: &str) -> Option<IpAddr> {
    let bracketed = || hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let with_port = || hop.parse::<SocketAddr>().ok().map(|address| address.ip());
    hop.parse().ok().or_else(bracketed).or_else(with_port)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn found(peer: &str, forwarded: &[&'static str]) -> String {
        found_in(peer, &forwarded.iter().map(|line| line.as_bytes()).collect::<Vec<_>>())
    }

    fn found_in(peer: &str, forwarded: &[&[u8]]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(HeaderName::from_static("x-forwarded-for"), HeaderValue::from_bytes(line).unwrap());
        }
        let trusted = ["10.0.0.0/8".parse().unwrap(), "2001:db8:1::/48".parse().unwrap()];
        ClientAddress::find(Some(peer.parse().unwrap()), &headers, &trusted).0.to_string()
    }

    #[test]
    fn a_stranger_cannot_say_who_he_is() {
        assert_eq!(found("203.0.113.9", &["192.0.2.1"]), "203.0.113.9");
    }

    #[test]
    fn behind_proxies_the_rightmost_hop_that_is_not_ours_counts() {
        assert_eq!(found("10.0.0.1", &["192.0.2.66, 192.0.2.1, 10.0.0.2"]), "192.0.2.1");
        assert_eq!(found("10.0.0.1", &["192.0.2.66", "192.0.2.1"]), "192.0.2.1");
        assert_eq!(found("2001:db8:1::5", &["192.0.2.1"]), "192.0.2.1");
        assert_eq!(found("10.0.0.1", &["made up, 10.0.0.2"]), "10.0.0.2");
        assert_eq!(found("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(found("::ffff:10.0.0.1", &["192.0.2.1"]), "192.0.2.1");
    }

    #[test]
    fn odd_bytes_hide_nobody_and_ports_are_not_part_of_an_address() {
        assert_eq!(found_in("10.0.0.1", &[b"\xff\xfe, 192.0.2.1"]), "192.0.2.1");
        assert_eq!(found("10.0.0.1", &["192.0.2.1:4711"]), "192.0.2.1");
        assert_eq!(found("10.0.0.1", &["[2001:db8::9]:4711, 10.0.0.2"]), "2001:db8::9");
        assert_eq!(found("10.0.0.1", &["[2001:db8::9]"]), "2001:db8::9");
    }
}
