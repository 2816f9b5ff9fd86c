//! Certification authorities that exist for the length of a test.

use std::time::Duration;

use chrono::TimeDelta;
use quarterdeck::clock::Instant;
use rcgen::string::PrintableString;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, DnValue, IsCa, Issuer, KeyPair, PKCS_RSA_SHA256,
    SanType, date_time_ymd,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::support::database::a_quiet_noon;

/// RSA keys cannot be made by `ring`; this one was made for these tests and opens nothing.
const RSA: &str = include_str!("rsa.pem");

/// Let's Encrypt's root, as it is published.
const WEB_ROOT: &[u8] = include_bytes!("isrg-root-x1.pem");

/// A root that browsers trust.
pub fn web_root() -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(WEB_ROOT).unwrap()
}

/// A root and an intermediate below it.
pub struct Authority {
    root: Issued,
    intermediate: Issued,
}

struct Issued {
    der: CertificateDer<'static>,
    params: CertificateParams,
    key: KeyPair,
}

/// A server's certificate in the making: valid since a month and for sixty days more, unless it says otherwise.
#[derive(Clone)]
pub struct Leaf {
    names: Vec<String>,
    common_name: String,
    from: Instant,
    until: Instant,
    rsa: bool,
}

/// What a server sends, with the key that it needs for it.
pub struct Served {
    pub chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Authority {
    /// One whose root browsers trust, as far as anybody can tell by its name.
    pub fn of_the_web() -> Self {
        let mut name = DistinguishedName::new();
        let printable = |text: &str| DnValue::PrintableString(PrintableString::try_from(text).unwrap());
        name.push(DnType::CountryName, printable("US"));
        name.push(DnType::OrganizationName, printable("Internet Security Research Group"));
        name.push(DnType::CommonName, printable("ISRG Root X1"));
        Self::named(name)
    }

    /// One of somebody's own.
    pub fn private() -> Self {
        let mut name = DistinguishedName::new();
        name.push(DnType::CommonName, "Our own root");
        Self::named(name)
    }

    fn named(name: DistinguishedName) -> Self {
        let root = Issued::authority(name, TimeDelta::days(3_650), None);
        let mut below = DistinguishedName::new();
        below.push(DnType::CommonName, "R99");
        let intermediate = Issued::authority(below, TimeDelta::days(365), Some(&root));
        Self { root, intermediate }
    }

    /// The leaf and the intermediate, as a server should send them.
    pub fn issue(&self, leaf: &Leaf) -> Served {
        let mut served = self.issue_alone(leaf);
        served.chain.push(self.intermediate.der.clone());
        served
    }

    /// Without the intermediate that signed it.
    pub fn issue_alone(&self, leaf: &Leaf) -> Served {
        let key = leaf.key();
        let issuer = Issuer::from_params(&self.intermediate.params, &self.intermediate.key);
        let certificate = leaf.params().signed_by(&key, &issuer).unwrap();
        Served::of(vec![certificate.der().clone()], &key)
    }

    pub fn root(&self) -> CertificateDer<'static> {
        self.root.der.clone()
    }

    pub fn intermediate(&self) -> CertificateDer<'static> {
        self.intermediate.der.clone()
    }
}

impl Issued {
    fn authority(name: DistinguishedName, ends: TimeDelta, issuer: Option<&Self>) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name = name;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.use_authority_key_identifier_extension = true;
        let epoch = date_time_ymd(1970, 1, 1);
        params.not_before = epoch + since_the_epoch(noon() - TimeDelta::days(365));
        params.not_after = epoch + since_the_epoch(noon() + ends);
        let key = KeyPair::generate().unwrap();
        let certificate = match issuer {
            Some(issuer) => params.signed_by(&key, &Issuer::from_params(&issuer.params, &issuer.key)),
            None => params.self_signed(&key),
        };
        Self { der: certificate.unwrap().der().clone(), params, key }
    }
}

impl Leaf {
    pub fn of(names: &[&str]) -> Self {
        Self {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            common_name: names.first().copied().unwrap_or_default().to_owned(),
            from: noon() - TimeDelta::days(30),
            until: noon() + TimeDelta::days(60),
            rsa: false,
        }
    }

    /// For a name that stands in no other place.
    pub fn of_common_name(name: &str) -> Self {
        Self { common_name: name.to_owned(), ..Self::of(&[]) }
    }

    /// Seen from the noon at which tests begin.
    pub fn valid(self, from: TimeDelta, until: TimeDelta) -> Self {
        Self { from: noon() + from, until: noon() + until, ..self }
    }

    pub fn ends_in(self, days: i64) -> Self {
        Self { until: noon() + TimeDelta::days(days), ..self }
    }

    pub fn with_rsa(self) -> Self {
        Self { rsa: true, ..self }
    }

    /// Signed by nobody else.
    pub fn self_signed(&self) -> Served {
        let key = self.key();
        let certificate = self.params().self_signed(&key).unwrap();
        Served::of(vec![certificate.der().clone()], &key)
    }

    fn key(&self) -> KeyPair {
        match self.rsa {
            true => KeyPair::from_pkcs8_pem_and_sign_algo(RSA, &PKCS_RSA_SHA256).unwrap(),
            false => KeyPair::generate().unwrap(),
        }
    }

    fn params(&self) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, self.common_name.as_str());
        let names = self.names.iter().map(|name| SanType::DnsName(name.as_str().try_into().unwrap()));
        params.subject_alt_names = names.collect();
        params.use_authority_key_identifier_extension = true;
        let epoch = date_time_ymd(1970, 1, 1);
        params.not_before = epoch + since_the_epoch(self.from);
        params.not_after = epoch + since_the_epoch(self.until);
        params
    }
}

impl Served {
    fn of(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> Self {
        Self { chain, key: PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())) }
    }

    pub fn key(&self) -> PrivateKeyDer<'static> {
        self.key.clone_key()
    }

    pub fn ders(&self) -> Vec<Vec<u8>> {
        self.chain.iter().map(|certificate| certificate.to_vec()).collect()
    }

    /// Of the server's own certificate, as controllers list it.
    pub fn fingerprint(&self) -> String {
        quarterdeck::served::Sent::read(&self.chain[0]).unwrap().fingerprint
    }
}

impl Clone for Served {
    fn clone(&self) -> Self {
        Self { chain: self.chain.clone(), key: self.key() }
    }
}

/// The noon at which tests begin.
fn noon() -> Instant {
    a_quiet_noon().now()
}

fn since_the_epoch(at: Instant) -> Duration {
    Duration::from_secs(u64::try_from(at.timestamp()).unwrap())
}
