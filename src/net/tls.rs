//! A look at the certificates that a server sends: connect, shake hands, hang up.
//!
//! Nothing is verified while looking. A client that verifies hangs up on just those certificates that somebody has to
//! see, and then knows only that something was wrong (ooni/sysadmin#120). What was sent is judged afterwards, in
//! [`crate::served`]. Nothing is sent once the hands are shaken.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// How much is kept of what another side, or a library, has to say.
const KEPT_WORDS: usize = 200;

/// What a server sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// In DER and in the server's order, its own first; never empty.
    pub chain: Vec<Vec<u8>>,
    /// Why the handshake broke off after that: the server wants a certificate of ours, or fell silent.
    pub broke_off: Option<String>,
}

/// Why nothing was seen. None of it says anything about a certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unseen {
    #[error("no server can be asked for that name")]
    NotAName,
    #[error("no connection within {0} s")]
    NoConnection(u64),
    #[error("no connection: {0}")]
    Refused(String),
    #[error("connected, but no certificate came within {0} s")]
    Silent(u64),
    #[error("the connection broke before a certificate came: {0}")]
    Broken(String),
    #[error("the server refused the handshake: {0}")]
    Alert(String),
    #[error("the server sent no certificate")]
    NoCertificate,
    #[error("what answers does not speak TLS, or none that can be read here: {0}")]
    NotTls(String),
}

impl Unseen {
    /// Whether nobody answered at all, so that the next attempt at the same address is hardly worth its time.
    pub fn is_no_connection(&self) -> bool {
        matches!(self, Self::NoConnection(_) | Self::Refused(_))
    }
}

/// Looks at what `address` sends to somebody who asks for `host`. Each part, connecting and shaking hands, may take
/// `patience`.
///
/// # Errors
/// [`Unseen`]: why no certificate was seen.
pub async fn look(address: SocketAddr, host: &str, patience: Duration) -> Result<Look, Unseen> {
    let name = ServerName::try_from(host.to_owned()).map_err(|_| Unseen::NotAName)?;
    let stream = match tokio::time::timeout(patience, TcpStream::connect(address)).await {
        Err(_) => return Err(Unseen::NoConnection(patience.as_secs())),
        Ok(Err(error)) => return Err(Unseen::Refused(plain(&error.to_string()))),
        Ok(Ok(stream)) => stream,
    };
    let recorder = Arc::new(Recorder::default());
    let connector = TlsConnector::from(Arc::new(configuration(Arc::clone(&recorder))?));
    let shaken = tokio::time::timeout(patience, connector.connect(name, stream)).await;
    let broke_off = match shaken {
        Ok(Ok(_)) => None,
        Ok(Err(error)) => Some(unseen(&error)),
        Err(_) => Some(Unseen::Silent(patience.as_secs())),
    };
    match (recorder.take(), broke_off) {
        (Some(chain), broke_off) => Ok(Look { chain, broke_off: broke_off.map(|why| why.to_string()) }),
        (None, Some(why)) => Err(why),
        (None, None) => Err(Unseen::NoCertificate),
    }
}

/// TLS 1.2 and 1.3 with everything that `ring` speaks; made anew for each look, so that no session is ever resumed: a
/// resumed one sends no certificate.
fn configuration(recorder: Arc<Recorder>) -> Result<ClientConfig, Unseen> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| Unseen::NotTls(error.to_string()))?;
    Ok(builder.dangerous().with_custom_certificate_verifier(recorder).with_no_client_auth())
}

/// What a failed handshake says.
fn unseen(error: &io::Error) -> Unseen {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::AlertReceived(alert)) => Unseen::Alert(plain(&format!("{alert:?}"))),
        Some(rustls::Error::NoCertificatesPresented) => Unseen::NoCertificate,
        Some(error) => Unseen::NotTls(plain(&error.to_string())),
        None => Unseen::Broken(plain(&error.to_string())),
    }
}

/// Words of another side as one short line that any database can keep.
pub(super) fn plain(words: &str) -> String {
    words.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(KEPT_WORDS).collect()
}

/// Accepts whatever is sent, and remembers it.
#[derive(Debug, Default)]
struct Recorder(Mutex<Option<Vec<Vec<u8>>>>);

impl Recorder {
    fn take(&self) -> Option<Vec<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let chain = std::iter::once(own).chain(others).map(|certificate| certificate.to_vec()).collect();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(chain);
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    /// All there are, those of yesterday too: what is not checked need not be understood. The order is of no matter to
    /// a server with one certificate; one with several is always seen with the same.
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        use SignatureScheme as Scheme;
        vec![
            Scheme::ECDSA_NISTP256_SHA256,
            Scheme::ECDSA_NISTP384_SHA384,
            Scheme::ECDSA_NISTP521_SHA512,
            Scheme::ED25519,
            Scheme::ED448,
            Scheme::RSA_PSS_SHA256,
            Scheme::RSA_PSS_SHA384,
            Scheme::RSA_PSS_SHA512,
            Scheme::RSA_PKCS1_SHA256,
            Scheme::RSA_PKCS1_SHA384,
            Scheme::RSA_PKCS1_SHA512,
            Scheme::RSA_PKCS1_SHA1,
            Scheme::ECDSA_SHA1_Legacy,
        ]
    }
}
