//! Which addresses the probe may connect to.
//!
//! The owner of a domain decides where it leads, and may be anybody. A panel that connects to whatever he writes there
//! would knock on the doors of its own network for him, the cloud's metadata service among them; so only what is public
//! is looked at unless the configuration says otherwise.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::kinds::key;

/// Whether an address can be one host's, and everybody means the same by it.
pub fn is_public(address: IpAddr) -> bool {
    is_of_one(address)
        && match address.to_canonical() {
            IpAddr::V4(v4) => key::is_public(v4.into()) && v4.octets()[0] != 0,
            // What a translator makes of an address is no more public than the address.
            IpAddr::V6(v6) => key::is_public(v6.into()) && translated(v6).is_none_or(|v4| is_public(v4.into())),
        }
}

/// Whether an address can be one host's at all.
pub fn is_of_one(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => !(v4.is_unspecified() || v4.is_multicast() || v4.is_broadcast()),
        IpAddr::V6(v6) => !(v6.is_unspecified() || v6.is_multicast()),
    }
}

/// The address within one of NAT64's (RFC 6052) or 6to4's (RFC 3056).
fn translated(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, ..] = address.segments();
    let four = |high: u16, low: u16| {
        let ([one, two], [three, four]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(one, two, three, four)
    };
    match (a, b, c, d) {
        (0x64, 0xff9b, ..) => Some(four(address.segments()[6], address.segments()[7])),
        (0x2002, high, low, _) => Some(four(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_the_doors_of_our_own_network() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        for inside in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "169.254.169.254",
            "0.1.2.3",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "::",
            "::1",
            "fd00::1",
            "fe80::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "64:ff9b::a9fe:a9fe",
            "2002:7f00:1::",
        ] {
            assert!(!is_public(address(inside)), "{inside}");
        }
        for outside in ["192.0.2.7", "8.8.8.8", "2001:db8::7", "64:ff9b::808:808"] {
            assert!(is_public(address(outside)), "{outside}");
        }
    }
}
