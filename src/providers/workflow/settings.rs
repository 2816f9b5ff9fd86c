//! What a source of this provider is configured with.

use std::collections::BTreeSet;

use url::Url;

use crate::config::{Reader, SecretSetting};
use crate::kinds::key::normal_host;
use crate::providers::SettingSpec;
use crate::secret::Secret;

pub const SETTINGS: &[SettingSpec] = &[
    SettingSpec {
        name: "endpoint_url",
        about: "The controller's base URL, without /v2; https, or http on this machine.",
        required: true,
        secret: false,
    },
    SettingSpec {
        name: "token",
        about: "The token of an account that sees every app: a superuser (Hephy), or a member of every workspace (Drycc).",
        required: true,
        secret: true,
    },
    SettingSpec {
        name: "owner_tokens",
        about: "Tokens of others, as [{ user, token_env }]: Hephy shows a certificate to its owner alone.",
        required: false,
        secret: true,
    },
    SettingSpec {
        name: "platform_domain",
        about: "Below which the platform gives every app an address, as in apps.example.com.",
        required: false,
        secret: false,
    },
];

/// The settings, valid.
#[derive(Clone, Debug)]
pub struct Settings {
    pub endpoint: Url,
    pub token: Secret,
    pub owner_tokens: Vec<OwnerToken>,
    /// In normal spelling.
    pub platform_domain: Option<String>,
}

/// Another account's token.
#[derive(Clone, Debug)]
pub struct OwnerToken {
    pub user: String,
    /// What it is, or why it is not there.
    pub token: Result<Secret, String>,
}

/// What reading the settings ends in, besides the faults that are left with the reader.
pub enum Read {
    Settings(Settings),
    Missing(String),
    Faulty,
}

impl Settings {
    /// One account at a controller.
    pub fn new(token: Secret, endpoint: Url) -> Self {
        Self { endpoint, token, owner_tokens: Vec::new(), platform_domain: None }
    }

    /// Takes the settings out of `reader`.
    pub fn read(reader: &mut Reader<'_>) -> Read {
        if !reader.has("endpoint_url") {
            reader.fault(
                "endpoint_url",
                "`endpoint_url` is missing",
                "add endpoint_url = \"https://deis.example.com\"",
            );
        }
        let endpoint = reader.url_for_secrets("endpoint_url");
        let token = reader.secret("token", "token_env", "token_file");
        let platform_domain = reader.text("platform_domain").map(|name| platform_domain(reader, &name));
        let owner_tokens = owner_tokens(reader);
        let (Some(endpoint), Some(owner_tokens), false) = (endpoint, owner_tokens, platform_domain == Some(None))
        else {
            return Read::Faulty;
        };
        let token = match token {
            SecretSetting::Given(token) => token,
            SecretSetting::Absent => return Read::Missing("neither token_env nor token_file is set".to_owned()),
            SecretSetting::Missing(what) => return Read::Missing(what),
        };
        Read::Settings(Self { endpoint, token, owner_tokens, platform_domain: platform_domain.flatten() })
    }
}

/// The name in normal spelling, or `None` after a fault.
fn platform_domain(reader: &Reader<'_>, name: &str) -> Option<String> {
    let domain = normal_host(name).filter(|host| host.contains('.') && !host.contains('*'));
    if domain.is_none() {
        reader.fault("platform_domain", format!("{name:?} is no domain"), "write it like apps.example.com");
    }
    domain
}

/// The others' tokens, or `None` after a fault. One that is written and not there keeps nobody else from being read.
fn owner_tokens(reader: &mut Reader<'_>) -> Option<Vec<OwnerToken>> {
    let mut tokens = Vec::new();
    let mut users = BTreeSet::new();
    let mut good = true;
    for table in reader.tables("owner_tokens") {
        let mut entry = reader.within(table);
        let user = entry.required_text("user", "alice");
        let token = entry.secret("token", "token_env", "token_file");
        entry.finish();
        let Some(user) = user else {
            good = false;
            continue;
        };
        if !users.insert(user.clone()) {
            entry.fault("user", format!("{user} is named twice"), "keep one of the two");
            good = false;
        }
        let token = match token {
            SecretSetting::Given(token) => Ok(token),
            SecretSetting::Missing(what) => Err(what),
            SecretSetting::Absent => {
                entry.fault("user", format!("the token of {user} is missing"), "add token_env = \"NAME\"");
                good = false;
                continue;
            }
        };
        tokens.push(OwnerToken { user, token });
    }
    good.then_some(tokens)
}
