//! One certificate out of its DER (RFC 5280).

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use x509_parser::prelude::*;
use x509_parser::public_key::PublicKey;

use crate::clock::Instant;

/// A certificate as it was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sent {
    pub subject: String,
    pub issuer: String,
    pub common_name: String,
    /// Its alternative names, as they stand there.
    pub dns_names: Vec<String>,
    pub ip_addresses: Vec<IpAddr>,
    /// Upper-case hex.
    pub serial: String,
    /// `EC P-256`, `RSA 2048`.
    pub key: String,
    /// `ecdsa-with-SHA256`.
    pub signature: String,
    pub not_before: Option<Instant>,
    pub not_after: Option<Instant>,
    /// SHA-256, upper-case hex pairs with colons.
    pub fingerprint: String,
    pub is_ca: bool,
    /// It signed itself, as far as its names say.
    pub is_self_issued: bool,
    /// Its key's id and its issuer's key's, upper-case hex; empty where it does not say.
    pub key_id: String,
    pub issuer_key_id: String,
    /// It is one of the roots that browsers trust, by its name and its key.
    pub is_web_root: bool,
    /// One of these roots has its issuer's name.
    pub is_below_web_root: bool,
}

/// Bytes that are no certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what was sent is no certificate")]
pub struct Unreadable;

impl Sent {
    /// Reads one certificate.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn read(der: &[u8]) -> Result<Self, Unreadable> {
        let (_, certificate) = X509Certificate::from_der(der).map_err(|_| Unreadable)?;
        let (dns_names, ip_addresses) = alternative_names(&certificate);
        let issuer = value_of(certificate.issuer().as_raw());
        let subject = value_of(certificate.subject().as_raw());
        let key = value_of(certificate.public_key().raw);
        Ok(Self {
            common_name: common_name(certificate.subject()),
            dns_names,
            ip_addresses,
            serial: hex(certificate.raw_serial(), ""),
            key: key_in_words(&certificate),
            signature: name_of(&certificate.signature_algorithm.algorithm),
            not_before: moment(&certificate.validity().not_before),
            not_after: moment(&certificate.validity().not_after),
            fingerprint: hex(&Sha256::digest(der), ":"),
            is_ca: certificate.is_ca(),
            is_self_issued: issuer == subject,
            key_id: key_id(&certificate),
            issuer_key_id: issuer_key_id(&certificate),
            is_web_root: roots()
                .any(|root| root.subject.as_ref() == subject && root.subject_public_key_info.as_ref() == key),
            is_below_web_root: roots().any(|root| root.subject.as_ref() == issuer),
            subject: certificate.subject().to_string(),
            issuer: certificate.issuer().to_string(),
        })
    }

    /// The fingerprint in a spelling in which equal ones are equal: lower-case hex without colons.
    pub fn plain_fingerprint(fingerprint: &str) -> String {
        fingerprint.chars().filter(char::is_ascii_hexdigit).map(|digit| digit.to_ascii_lowercase()).collect()
    }

    /// What people call it: its common name, else its first name, else the whole subject.
    pub fn title(&self) -> &str {
        let names = [self.common_name.as_str(), self.dns_names.first().map_or("", String::as_str), &self.subject];
        names.into_iter().find(|name| !name.is_empty()).unwrap_or("a certificate without a name")
    }

    /// Whether a root that browsers trust is this one, or its issuer. One that signed itself is its own issuer,
    /// whatever name it took.
    pub fn leads_to_web_root(&self) -> bool {
        self.is_web_root || (self.is_below_web_root && !self.is_self_issued)
    }

    /// The common name within its issuer's name, or the whole.
    pub fn issuer_title(&self) -> &str {
        let part = self.issuer.split(", ").find_map(|part| part.strip_prefix("CN="));
        part.unwrap_or(if self.issuer.is_empty() { "somebody without a name" } else { &self.issuer })
    }
}

/// The roots that browsers trust, as the `webpki-roots` of this build has them: Mozilla's.
fn roots() -> impl Iterator<Item = &'static rustls::pki_types::TrustAnchor<'static>> {
    webpki_roots::TLS_SERVER_ROOTS.iter()
}

fn alternative_names(certificate: &X509Certificate<'_>) -> (Vec<String>, Vec<IpAddr>) {
    let (mut hosts, mut addresses) = (Vec::new(), Vec::new());
    let extension = certificate.subject_alternative_name().ok().flatten();
    for name in extension.iter().flat_map(|extension| &extension.value.general_names) {
        match name {
            GeneralName::DNSName(host) => hosts.push((*host).to_owned()),
            GeneralName::IPAddress(bytes) => addresses.extend(address(bytes)),
            _ => {}
        }
    }
    (hosts, addresses)
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}

fn common_name(name: &X509Name<'_>) -> String {
    name.iter_common_name().next().and_then(|name| name.as_str().ok()).unwrap_or_default().to_owned()
}

/// `RSA 2048`, `EC P-256`, or the algorithm's own name.
fn key_in_words(certificate: &X509Certificate<'_>) -> String {
    let key = certificate.public_key();
    match key.parsed() {
        Ok(PublicKey::RSA(rsa)) => format!("RSA {}", rsa.key_size()),
        Ok(PublicKey::EC(point)) => format!("EC P-{}", if point.key_size() == 528 { 521 } else { point.key_size() }),
        _ => name_of(&key.algorithm.algorithm),
    }
}

/// An algorithm's short name, or its number.
fn name_of(id: &der_parser::Oid<'_>) -> String {
    oid2sn(id, oid_registry()).map_or_else(|_| id.to_id_string(), str::to_owned)
}

fn key_id(certificate: &X509Certificate<'_>) -> String {
    let found = certificate.extensions().iter().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectKeyIdentifier(id) => Some(hex(id.0, "")),
        _ => None,
    });
    found.unwrap_or_default()
}

fn issuer_key_id(certificate: &X509Certificate<'_>) -> String {
    let found = certificate.extensions().iter().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::AuthorityKeyIdentifier(id) => id.key_identifier.as_ref().map(|id| hex(id.0, "")),
        _ => None,
    });
    found.unwrap_or_default()
}

/// What is within a DER element, without its tag and length: as trust anchors have names and keys.
fn value_of(element: &[u8]) -> &[u8] {
    let length_bytes = match element.get(1) {
        Some(length) if length & 0x80 == 0 => 0,
        Some(length) => usize::from(length & 0x7f),
        None => return &[],
    };
    element.get(2 + length_bytes..).unwrap_or_default()
}

/// Cut to what both databases and calendars can hold.
fn moment(time: &ASN1Time) -> Option<Instant> {
    Instant::from_timestamp(time.timestamp(), 0)
}

fn hex(bytes: &[u8], between: &str) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(between)
}
