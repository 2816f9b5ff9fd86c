//! The declaration of a provider: its name, its settings, the kinds it collects.

use crate::clock::Clock;
use crate::config::{Reader, SourceConfig};
use crate::kinds::KindSpec;
use crate::net::http::Http;

use super::Provider;

/// What a provider is built from.
#[derive(Clone, Debug)]
pub struct Parts {
    pub http: Http,
    pub clock: Clock,
}

/// One setting of `settings = { … }`. A secret `x` is given as `x_env` or `x_file`.
#[derive(Clone, Copy, Debug)]
pub struct SettingSpec {
    pub name: &'static str,
    /// What it is, in a sentence, for `docs`, faults and the sources page.
    pub about: &'static str,
    /// A source without it is "not configured".
    pub required: bool,
    pub secret: bool,
}

/// What building a provider ends in.
pub enum Built {
    Ready(Box<dyn Provider>),
    /// A setting is not there (its environment variable is unset, its file is missing): nothing to collect yet, and no
    /// fault.
    NotConfigured {
        missing: String,
    },
}

/// A provider as declared; the registry is a table of these.
pub struct ProviderSpec {
    /// As in `provider = "…"`.
    pub name: &'static str,
    pub title: &'static str,
    pub settings: &'static [SettingSpec],
    pub kinds: &'static [&'static KindSpec],
    /// Builds it; mistakes in the settings are left with the reader.
    pub build: fn(source: &SourceConfig, settings: &mut Reader<'_>, parts: &Parts) -> Option<Built>,
}
