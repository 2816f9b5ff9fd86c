//! What a source of this provider is configured with.

use url::Url;

use crate::config::{Reader, SecretSetting};
use crate::providers::SettingSpec;
use crate::providers::dns_settings::{self, DnsSettings};
use crate::secret::Secret;

pub const SETTINGS: &[SettingSpec] = &[
    SettingSpec {
        name: "endpoint_url",
        about: "The base URL of the server's API, http://127.0.0.1:8081 for instance; https beyond loopback and private addresses.",
        required: true,
        secret: false,
    },
    SettingSpec {
        name: "api_key",
        about: "The server's api-key: one key with all rights.",
        required: true,
        secret: true,
    },
    dns_settings::ZONES,
    dns_settings::NAME_SERVERS,
];

/// The settings, valid.
#[derive(Clone, Debug)]
pub struct Settings {
    pub endpoint: Url,
    pub api_key: Secret,
    /// Unless zones are named, all that the server has.
    pub dns: DnsSettings,
}

/// What reading the settings ends in, besides the faults that are left with the reader.
pub enum Read {
    Settings(Settings),
    Missing(String),
    Faulty,
}

impl Settings {
    /// A server with all of its zones.
    pub fn new(endpoint: Url, api_key: Secret) -> Self {
        Self { endpoint, api_key, dns: DnsSettings::default() }
    }

    /// Takes the settings out of `reader`.
    pub fn read(reader: &mut Reader<'_>) -> Read {
        let given = reader.has("endpoint_url");
        let endpoint = reader.url_for_secrets_nearby("endpoint_url");
        let api_key = reader.secret("api_key", "api_key_env", "api_key_file");
        let dns = DnsSettings::read(reader);
        if !given {
            return Read::Missing("endpoint_url is not set".to_owned());
        }
        let api_key = match api_key {
            SecretSetting::Given(key) => key,
            SecretSetting::Absent => return Read::Missing("neither api_key_env nor api_key_file is set".to_owned()),
            SecretSetting::Missing(what) => return Read::Missing(what),
        };
        match (endpoint, dns) {
            (Some(endpoint), Some(dns)) => Read::Settings(Self { endpoint, api_key, dns }),
            _ => Read::Faulty,
        }
    }
}
