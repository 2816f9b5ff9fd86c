//! A server that sends what it is told to, or does one of the things that servers do instead.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ClientHello, ResolvesServerCert, ServerConfig};
use rustls::sign::CertifiedKey;
use rustls::{DigitallySignedStruct, DistinguishedName, SignatureScheme, client::danger::HandshakeSignatureValid};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::Served;

/// What a server does with who connects.
pub enum Behaviour {
    Sends(Served),
    /// Only TLS 1.2.
    SendsOld(Served),
    /// By the name that is asked for; others are refused.
    ByName(Vec<(&'static str, Served)>),
    /// Wants a certificate of the client's, and takes none.
    WantsOne(Served),
    /// Accepts and says nothing.
    Hangs,
    Resets,
    /// Speaks, but no TLS.
    Says(&'static [u8]),
}

/// A server until it is dropped.
pub struct Server {
    pub address: SocketAddr,
    heard: Arc<Heard>,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct Heard {
    connections: AtomicUsize,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
    /// What came after the handshake.
    after: Mutex<Vec<u8>>,
}

/// A port that was free a moment ago, for several addresses.
pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Server {
    pub async fn at(address: &str, port: u16, behaviour: Behaviour) -> Self {
        let address: IpAddr = address.parse().unwrap();
        let listener = TcpListener::bind((address, port)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::new(Heard::default());
        let task = tokio::spawn(serve(listener, Arc::new(behaviour), Arc::clone(&heard)));
        Self { address, heard, task }
    }

    pub fn connections(&self) -> usize {
        self.heard.connections.load(Ordering::SeqCst)
    }

    /// The most connections that waited for an answer at one moment.
    pub fn most_at_once(&self) -> usize {
        self.heard.most_at_once.load(Ordering::SeqCst)
    }

    /// What clients sent once the hands were shaken.
    pub fn after(&self) -> Vec<u8> {
        self.heard.after.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, behaviour: Arc<Behaviour>, heard: Arc<Heard>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (behaviour, heard) = (Arc::clone(&behaviour), Arc::clone(&heard));
        heard.connections.fetch_add(1, Ordering::SeqCst);
        tokio::spawn(async move {
            let standing = heard.at_once.fetch_add(1, Ordering::SeqCst) + 1;
            heard.most_at_once.fetch_max(standing, Ordering::SeqCst);
            // Who asks one at a time comes again once this one is answered, maybe before its end is noticed here: so it no
            // longer counts from just before its answer. Others have these milliseconds to be met beside it.
            let _ = stream.peek(&mut [0]).await;
            tokio::time::sleep(Duration::from_millis(3)).await;
            heard.at_once.fetch_sub(1, Ordering::SeqCst);
            answer(stream, &behaviour, &heard).await;
        });
    }
}

async fn answer(mut stream: TcpStream, behaviour: &Behaviour, heard: &Heard) {
    let acceptor = match behaviour {
        Behaviour::Hangs => return tokio::time::sleep(Duration::from_secs(600)).await,
        Behaviour::Resets => {
            let socket = socket_of(stream);
            return drop(socket);
        }
        Behaviour::Says(words) => {
            let _ = stream.write_all(words).await;
            return;
        }
        tls => TlsAcceptor::from(Arc::new(configuration(tls))),
    };
    let Ok(mut shaken) = acceptor.accept(stream).await else { return };
    let mut bytes = Vec::new();
    let _ = shaken.read_to_end(&mut bytes).await;
    heard.after.lock().unwrap().extend(bytes);
}

/// Closed at once and without the usual goodbye: with a time of nought to linger the system resets the connection.
fn socket_of(stream: TcpStream) -> TcpStream {
    stream.set_zero_linger().unwrap();
    stream
}

fn configuration(behaviour: &Behaviour) -> ServerConfig {
    let old: &[&rustls::SupportedProtocolVersion] = &[&rustls::version::TLS12];
    let versions = if matches!(behaviour, Behaviour::SendsOld(_)) { old } else { rustls::ALL_VERSIONS };
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_protocol_versions(versions).unwrap();
    match behaviour {
        Behaviour::Sends(served) | Behaviour::SendsOld(served) => {
            builder.with_no_client_auth().with_single_cert(served.chain.clone(), served.key()).unwrap()
        }
        Behaviour::WantsOne(served) => builder
            .with_client_cert_verifier(Arc::new(TakesNone))
            .with_single_cert(served.chain.clone(), served.key())
            .unwrap(),
        Behaviour::ByName(served) => builder.with_no_client_auth().with_cert_resolver(Arc::new(ByName::of(served))),
        Behaviour::Hangs | Behaviour::Resets | Behaviour::Says(_) => unreachable!("these speak no TLS"),
    }
}

#[derive(Debug)]
struct ByName(BTreeMap<&'static str, Arc<CertifiedKey>>);

impl ByName {
    fn of(served: &[(&'static str, Served)]) -> Self {
        let key = |served: &Served| {
            let key = ring::sign::any_supported_type(&served.key()).unwrap();
            Arc::new(CertifiedKey::new(served.chain.clone(), key))
        };
        Self(served.iter().map(|(name, served)| (*name, key(served))).collect())
    }
}

impl ResolvesServerCert for ByName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.0.get(hello.server_name()?).cloned()
    }
}

/// Asks everybody for a certificate; nobody has one.
#[derive(Debug)]
struct TakesNone;

impl ClientCertVerifier for TakesNone {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Err(rustls::Error::General("nobody is taken".to_owned()))
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ECDSA_NISTP256_SHA256]
    }
}
