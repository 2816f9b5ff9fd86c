//! What a source of this provider is configured with.

use url::Url;

use crate::config::{Reader, SecretSetting};
use crate::providers::SettingSpec;
use crate::providers::dns_settings::{self, DnsSettings};
use crate::secret::Secret;

/// Where the provider's API lives unless a setting says otherwise.
const ENDPOINT: &str = "https://api.cloudflare.com/client/v4";

/// What one purge may name unless a setting says otherwise. Today's limit is 100; it used to be 30, and a smaller one
/// always works.
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
    dns_settings::ZONES,
    dns_settings::NAME_SERVERS,
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
    /// Unless zones are named, all that the token lists.
    pub dns: DnsSettings,
    /// Things that one purge of the cache names at most.
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
        Self { token, endpoint, dns: DnsSettings::default(), purge_chunk: PURGE_CHUNK }
    }

    /// Takes the settings out of `reader`.
    pub fn read(reader: &mut Reader<'_>) -> Read {
        let token = reader.secret("token", "token_env", "token_file");
        let endpoint = match reader.has("endpoint_url") {
            true => reader.url_for_secrets("endpoint_url"),
            false => Url::parse(ENDPOINT).ok(),
        };
        let dns = DnsSettings::read(reader);
        let purge_chunk = purge_chunk(reader);
        let token = match token {
            SecretSetting::Given(token) => token,
            SecretSetting::Absent => return Read::Missing("neither token_env nor token_file is set".to_owned()),
            SecretSetting::Missing(what) => return Read::Missing(what),
        };
        match (endpoint, dns, purge_chunk) {
            (Some(endpoint), Some(dns), Some(purge_chunk)) => {
                Read::Settings(Self { token, endpoint, dns, purge_chunk })
            }
            _ => Read::Faulty,
        }
    }
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
