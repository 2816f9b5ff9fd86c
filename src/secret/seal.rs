//! Sealing: a secret encrypted so that only the holder of the secret key can read it, and nobody can put it in another
//! place.
//!
//! XChaCha20-Poly1305 (RFC 8439, with the 24-byte nonce of draft-irtf-cfrg-xchacha): nonces are drawn at random, and at
//! 24 bytes no number of values makes two of them meet. The key is derived from the panel's secret key, which signs
//! cookies too, so that neither use can tell anything about the other. What the value belongs to is authenticated with
//! it.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use secrecy::ExposeSecret;
use sha2::Sha256;

use super::{Secret, hex, random_bytes};

const NONCE: usize = 24;
/// Bytes of the key's id: enough to tell any keys apart that one panel ever has.
const ID: usize = 8;

/// A key that seals, and the id by which it is told from others. Cheap to clone.
#[derive(Clone)]
pub struct SealingKey {
    id: String,
    cipher: XChaCha20Poly1305,
}

/// It was not sealed with this key, or not for this place, or it was damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sealed value cannot be opened")]
pub struct Unopened;

impl SealingKey {
    /// The key that follows from the panel's secret key.
    pub fn of(secret_key: &Secret) -> Self {
        let id = derived(secret_key, "quarterdeck: the id of the secret key");
        let key = derived(secret_key, "quarterdeck: sealing values at rest");
        Self { id: hex(&id[..ID]), cipher: XChaCha20Poly1305::new(&key.into()) }
    }

    /// Tells this key from others, and nothing about it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// `bytes` sealed for `place`, as text.
    pub fn seal(&self, place: &str, bytes: &[u8]) -> String {
        let nonce = random_bytes::<NONCE>();
        let payload = Payload { msg: bytes, aad: place.as_bytes() };
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload).expect("a value is shorter than 256 GiB");
        STANDARD_NO_PAD.encode([&nonce[..], &sealed].concat())
    }

    /// What was sealed for `place`.
    pub fn open(&self, place: &str, sealed: &str) -> Result<Vec<u8>, Unopened> {
        let bytes = STANDARD_NO_PAD.decode(sealed).map_err(|_| Unopened)?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE>().ok_or(Unopened)?;
        let payload = Payload { msg: sealed, aad: place.as_bytes() };
        self.cipher.decrypt(&XNonce::from(*nonce), payload).map_err(|_| Unopened)
    }
}

/// 32 bytes that follow from the secret key for one purpose alone.
fn derived(secret_key: &Secret, purpose: &str) -> [u8; 32] {
    let mut mac = <Hmac<Sha256>>::new_from_slice(secret_key.expose_secret().as_bytes())
        .expect("HMAC takes a key of any length (RFC 2104)");
    mac.update(purpose.as_bytes());
    mac.finalize().into_bytes().into()
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealingKey({})", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> SealingKey {
        SealingKey::of(&text.into())
    }

    #[test]
    fn what_is_sealed_is_opened_by_its_key_at_its_place_and_by_nothing_else() {
        let one = key("0123456789abcdef0123456789abcdef");
        let sealed = one.seal("7 PORT", b"8080");
        assert_eq!(one.open("7 PORT", &sealed).as_deref(), Ok(&b"8080"[..]));
        assert_eq!(one.open("8 PORT", &sealed), Err(Unopened), "it cannot be moved");
        assert_eq!(key("another key of at least 32 letters").open("7 PORT", &sealed), Err(Unopened));
        for damaged in ["", "AAAA", "!", &sealed[..sealed.len() - 2]] {
            assert_eq!(one.open("7 PORT", damaged), Err(Unopened), "{damaged:?}");
        }
        assert_ne!(one.seal("7 PORT", b"8080"), sealed, "equal values do not look equal");
    }

    #[test]
    fn an_id_tells_keys_apart_and_is_the_same_tomorrow() {
        assert_eq!(key("0123456789abcdef0123456789abcdef").id(), key("0123456789abcdef0123456789abcdef").id());
        assert_ne!(key("0123456789abcdef0123456789abcdef").id(), key("0123456789abcdef0123456789abcdeg").id());
        assert_eq!(key("x").id().len(), 2 * ID);
    }
}
