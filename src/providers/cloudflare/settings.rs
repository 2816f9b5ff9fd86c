//! What a source of this provider is configured with.

use url::Url;

use crate::config::{Reader, SecretSetting};
use crate::kinds::key::normal_host;
use crate::providers::SettingSpec;
use crate::secret::Secret;

/// Where the provider's API lives unless a setting says otherwise.
const ENDPOINT: &str = "https://api.cloudflare.com/client/v4";

/// What one purge may name unless a setting says otherwise. Today's limit is 100; it used to be 30, and a smaller one always works.
const PURGE_CHUNK: usize = 30;
/// The most that any plan takes.
const LARGEST_PURGE: usize = 500;

pub const SETTINGS: &[SettingSpec] = &[
    SettingSpec {
        name: "token",
        about: "An API token of a user or an account with Zone:Read and DNS:Read (DNS:Edit and Cache Purge to act), for the zones that the panel may touch.",
        required: true,
        secret: true,
    },
    SettingSpec {
        name: "endpoint_url",
        about: "The base URL of the API, where it is not Cloudflare's own.",
        required: false,
        secret: false,
    },
    SettingSpec {
        name: "zones",
        about: "Names of the zones to read; all that the token lists, unless given.",
        required: false,
        secret: false,
    },
    SettingSpec {
        name: "name_servers",
        about: "Servers as host:port that are asked to verify a change, where the zone's own cannot be reached.",
        required: false,
        secret: false,
    },
    SettingSpec {
        name: "purge_chunk",
        about: "Hosts, prefixes or files that one purge of the cache names at most; 30 unless given.",
        required: false,
        secret: false,
    },
];

/// The settings, valid.
#[derive(Clone, Debug)]
pub struct Settings {
    pub token: Secret,
    pub endpoint: Url,
    /// In normal spelling; `None` for all that the token lists.
    pub zones: Option<Vec<String>>,
    /// `host:port`.
    pub name_servers: Vec<String>,
    /// Things that one purge names at most.
    pub purge_chunk: usize,
}

/// What reading the settings ends in, besides the faults that are left with the reader.
pub enum Read {
    Settings(Settings),
    Missing(String),
    Faulty,
}

impl Settings {
    /// A token at an endpoint, for all zones that it lists.
    pub fn new(token: Secret, endpoint: Url) -> Self {
        Self { token, endpoint, zones: None, name_servers: Vec::new(), purge_chunk: PURGE_CHUNK }
    }

    /// Takes the settings out of `reader`.
    pub fn read(reader: &mut Reader<'_>) -> Read {
        let token = reader.secret("token", "token_env", "token_file");
        let endpoint = match reader.has("endpoint_url") {
            true => reader.url_for_secrets("endpoint_url"),
            false => Url::parse(ENDPOINT).ok(),
        };
        let zones = reader.texts("zones").map(|names| zones(reader, &names));
        let name_servers = reader.texts("name_servers").unwrap_or_default();
        let purge_chunk = purge_chunk(reader);
        let faulty =
            zones.as_ref().is_some_and(Option::is_none) | !are_servers(reader, &name_servers) | purge_chunk.is_none();
        let token = match token {
            SecretSetting::Given(token) => token,
            SecretSetting::Absent => return Read::Missing("neither token_env nor token_file is set".to_owned()),
            SecretSetting::Missing(what) => return Read::Missing(what),
        };
        match endpoint {
            Some(endpoint) if !faulty => Read::Settings(Self {
                token,
                endpoint,
                zones: zones.flatten(),
                name_servers,
                purge_chunk: purge_chunk.unwrap_or(PURGE_CHUNK),
            }),
            _ => Read::Faulty,
        }
    }
}

/// The names in normal spelling, without repetitions, or `None` after a fault.
fn zones(reader: &Reader<'_>, names: &[String]) -> Option<Vec<String>> {
    if names.is_empty() {
        reader.fault(
            "zones",
            "`zones` is empty",
            "name at least one zone, or remove it to read all that the token lists",
        );
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

/// How much one purge names, or `None` after a fault.
fn purge_chunk(reader: &mut Reader<'_>) -> Option<usize> {
    let Some(chunk) = reader.integer("purge_chunk") else { return Some(PURGE_CHUNK) };
    let chunk = usize::try_from(chunk).ok().filter(|chunk| (1..=LARGEST_PURGE).contains(chunk));
    if chunk.is_none() {
        let remedy = format!("write a number from 1 to {LARGEST_PURGE}; 30 is taken everywhere");
        reader.fault("purge_chunk", "`purge_chunk` is out of bounds", remedy);
    }
    chunk
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
