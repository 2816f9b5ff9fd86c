//! Settings that every DNS provider has: which zones to read, and which servers to ask.

use super::SettingSpec;
use crate::config::Reader;
use crate::kinds::key::normal_host;

pub const ZONES: SettingSpec = SettingSpec {
    name: "zones",
    about: "Names of the zones to read; all that the provider lists, unless given.",
    required: false,
    secret: false,
};

pub const NAME_SERVERS: SettingSpec = SettingSpec {
    name: "name_servers",
    about: "Servers as host:port that are asked to verify a change, where the zone's own cannot be reached.",
    required: false,
    secret: false,
};

/// Both settings, valid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DnsSettings {
    /// In normal spelling; `None` for all that there are.
    pub zones: Option<Vec<String>>,
    /// `host:port`.
    pub name_servers: Vec<String>,
}

impl DnsSettings {
    /// Takes them out of `reader`; `None` after a fault, which is left there.
    pub fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let zones = reader.texts("zones").map(|names| zones(reader, &names));
        let name_servers = reader.texts("name_servers").unwrap_or_default();
        let faulty = zones.as_ref().is_some_and(Option::is_none) | !are_servers(reader, &name_servers);
        (!faulty).then(|| Self { zones: zones.flatten(), name_servers })
    }
}

/// The names in normal spelling, without repetitions, or `None` after a fault.
fn zones(reader: &Reader<'_>, names: &[String]) -> Option<Vec<String>> {
    if names.is_empty() {
        reader.fault("zones", "`zones` is empty", "name at least one zone, or remove it to read all of them");
        return None;
    }
    let mut normal = Vec::with_capacity(names.len());
    let mut bad = false;
    for name in names {
        match normal_host(name).filter(|host| !host.contains('*')) {
            Some(host) => normal.push(host),
            None => {
                bad = true;
                reader.fault("zones", format!("{name:?} is no zone's name"), "write it like example.com");
            }
        }
    }
    normal.sort();
    normal.dedup();
    (!bad).then_some(normal)
}

/// Whether each server is `host:port`; one that is not is a fault.
fn are_servers(reader: &Reader<'_>, servers: &[String]) -> bool {
    let mut good = true;
    for server in servers.iter().filter(|server| !is_server(server)) {
        good = false;
        reader.fault(
            "name_servers",
            format!("{server:?} is not host:port"),
            "write 192.0.2.53:53 or [2001:db8::53]:53",
        );
    }
    good
}

/// An address or a host name, and a port that is not 0; an IPv6 address stands in brackets.
fn is_server(server: &str) -> bool {
    if let Ok(address) = server.parse::<std::net::SocketAddr>() {
        return address.port() != 0;
    }
    server.rsplit_once(':').is_some_and(|(host, port)| {
        normal_host(host).is_some_and(|host| !host.contains('*')) && port.parse::<u16>().is_ok_and(|port| port != 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_server_is_a_host_with_a_port() {
        for good in ["127.0.0.1:5353", "[2001:db8::53]:53", "ns1.example.net:53", "localhost:1"] {
            assert!(is_server(good), "{good}");
        }
        for bad in
            ["", ":53", "ns1.example.net", "ns1.example.net:0", "ns1:99999", "2001:db8::53:x", "a b:53", "*.x:53"]
        {
            assert!(!is_server(bad), "{bad}");
        }
    }
}
