//! What a source of this provider is configured with.

use url::Url;

use crate::config::{Reader, SecretSetting};
use crate::providers::SettingSpec;
use crate::providers::dns_settings::{self, DnsSettings};
use crate::secret::Secret;

/// Where the provider's API lives unless a setting says otherwise.
const ENDPOINT: &str = "https://api.cloudflare.com/client/v4";

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
];

/// The settings, valid.
#[derive(Clone, Debug)]
pub struct Settings {
    pub token: Secret,
    pub endpoint: Url,
    /// Unless zones are named, all that the token lists.
    pub dns: DnsSettings,
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
        Self { token, endpoint, dns: DnsSettings::default() }
    }

    /// Takes the settings out of `reader`.
    pub fn read(reader: &mut Reader<'_>) -> Read {
        let token = reader.secret("token", "token_env", "token_file");
        let endpoint = match reader.has("endpoint_url") {
            true => reader.url_for_secrets("endpoint_url"),
            false => Url::parse(ENDPOINT).ok(),
        };
        let dns = DnsSettings::read(reader);
        let token = match token {
            SecretSetting::Given(token) => token,
            SecretSetting::Absent => return Read::Missing("neither token_env nor token_file is set".to_owned()),
            SecretSetting::Missing(what) => return Read::Missing(what),
        };
        match (endpoint, dns) {
            (Some(endpoint), Some(dns)) => Read::Settings(Self { token, endpoint, dns }),
            _ => Read::Faulty,
        }
    }
}
