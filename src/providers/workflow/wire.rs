//! Apps, domains, releases, pods and certificates as the controllers write them, and their way into our kinds.
//!
//! Only what names a thing has to be there. Fields that are unknown are kept, and noted once each.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::clock::Instant;
use crate::kinds::app::Release;
use crate::kinds::certificate::Certificate;
use crate::kinds::key::normal_host;

/// Fields that are of no use here; any other that is not read is unknown.
const APP_FIELDS_UNUSED: &[&str] = &["procfile_structure", "uid", "updated"];
const CERTIFICATE_FIELDS_UNUSED: &[&str] = &["updated", "uuid"];

/// An app of `GET /v2/apps`.
#[derive(Clone, Debug, Deserialize)]
pub struct WireApp {
    pub id: String,
    #[serde(default)]
    pub uuid: String,
    /// Hephy.
    pub owner: Option<String>,
    /// Drycc.
    pub workspace: Option<String>,
    pub structure: Option<BTreeMap<String, i64>>,
    pub created: Option<String>,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

/// A domain of `GET /v2/apps/{id}/domains`.
#[derive(Debug, Deserialize)]
pub struct WireDomain {
    pub domain: String,
}

/// A release of `GET /v2/apps/{id}/releases`.
#[derive(Debug, Deserialize)]
pub struct WireRelease {
    pub version: i64,
    summary: Option<String>,
    failed: Option<bool>,
    exception: Option<String>,
    state: Option<String>,
    created: Option<String>,
}

/// A running process of `GET /v2/apps/{id}/pods`.
#[derive(Debug, Deserialize)]
pub struct WirePod {
    #[serde(rename = "type")]
    pub process: String,
    #[serde(default)]
    pub state: String,
}

/// A certificate of `GET /v2/certs` or `GET /v2/apps/{id}/certs`.
#[derive(Debug, Deserialize)]
pub struct WireCertificate {
    name: String,
    id: Option<Value>,
    owner: Option<String>,
    app: Option<String>,
    common_name: Option<String>,
    san: Option<Vec<String>>,
    domains: Option<Vec<String>>,
    fingerprint: Option<String>,
    starts: Option<String>,
    expires: Option<String>,
    issuer: Option<String>,
    subject: Option<String>,
    created: Option<String>,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

impl WireApp {
    /// The fields that this version does not know.
    pub fn unknown(&self) -> BTreeMap<String, Value> {
        self.rest
            .iter()
            .filter(|(name, _)| !APP_FIELDS_UNUSED.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    pub fn created_at(&self) -> Option<Instant> {
        instant(self.created.as_deref())
    }
}

impl From<WireRelease> for Release {
    fn from(wire: WireRelease) -> Self {
        let state = wire.state.unwrap_or_default();
        Self {
            version: format!("v{}", wire.version),
            summary: wire.summary.unwrap_or_default(),
            failed: wire.failed.unwrap_or_default() || state == "crashed",
            state,
            exception: wire.exception.unwrap_or_default(),
            created_at: instant(wire.created.as_deref()),
        }
    }
}

impl From<WireCertificate> for Certificate {
    fn from(wire: WireCertificate) -> Self {
        let hosts = |names: Option<Vec<String>>| names.unwrap_or_default().iter().map(|name| host(name)).collect();
        let mut other = wire.rest;
        other.retain(|name, _| !CERTIFICATE_FIELDS_UNUSED.contains(&name.as_str()));
        Self {
            certificate_id: wire
                .id
                .as_ref()
                .map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned))
                .unwrap_or_default(),
            name: wire.name,
            app: wire.app.unwrap_or_default(),
            owner: wire.owner.unwrap_or_default(),
            common_name: wire.common_name.unwrap_or_default(),
            subject_alt_names: hosts(wire.san),
            domains: hosts(wire.domains),
            issuer: wire.issuer.unwrap_or_default(),
            subject: wire.subject.unwrap_or_default(),
            fingerprint: wire.fingerprint.unwrap_or_default(),
            not_before: instant(wire.starts.as_deref()),
            not_after: instant(wire.expires.as_deref()),
            chain: Vec::new(),
            created_at: instant(wire.created.as_deref()),
            other,
        }
    }
}

/// The one spelling of a name; what is no host name keeps its own in lower case.
pub fn host(name: &str) -> String {
    normal_host(name).unwrap_or_else(|| name.to_lowercase())
}

fn instant(text: Option<&str>) -> Option<Instant> {
    chrono::DateTime::parse_from_rfc3339(text?).ok().map(|at| at.to_utc())
}
