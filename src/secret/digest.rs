//! A keyed hash of a secret: equal values of one thing have equal digests, and without the key nothing can be tried
//! out.
//!
//! A plain hash would not do: most values of a configuration are short or guessable, and whoever has the database could
//! hash a dictionary. The key is made once, lies sealed in the database, and does not change when the secret key does;
//! otherwise every value would look changed after a rotation.

use std::collections::HashMap;
use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use secrecy::ExposeSecret;
use sha2::Sha256;

use super::{Secret, hex, random_bytes};

/// Bytes of the MAC that are kept: enough that no two values of one name ever meet, short enough for a list of
/// hundreds.
const KEPT: usize = 12;

/// Makes digests under one key. Cheap to clone.
#[derive(Clone)]
pub struct Digest(Option<[u8; 32]>);

impl Digest {
    pub fn new(key: [u8; 32]) -> Self {
        Self(Some(key))
    }

    /// A key that nobody else has: digests compare within one collection and with nothing before or after it.
    pub fn of_the_moment() -> Self {
        Self::new(random_bytes())
    }

    /// No key: every digest is empty, so nothing differs and nothing is told apart.
    pub fn blind() -> Self {
        Self(None)
    }

    /// The digest of a value, in lower-case hex. `place` says what it is a value of, so that equal values in two places
    /// do not look equal.
    pub fn of(&self, place: &[&str], value: &Secret) -> String {
        let Some(key) = &self.0 else { return String::new() };
        let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length (RFC 2104)");
        for part in place {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac.update(value.expose_secret().as_bytes());
        hex(&mac.finalize().into_bytes()[..KEPT])
    }
}

/// What a collection has to know of secrets that were seen before it.
#[derive(Clone, Debug)]
pub struct Remembered {
    pub digest: Digest,
    /// Values that earlier collections brought, by the identity of the resource: a text about it may still tell them.
    pub former: HashMap<i64, Vec<Secret>>,
}

impl Remembered {
    /// Nothing was seen before.
    pub fn nothing(digest: Digest) -> Self {
        Self { digest, former: HashMap::new() }
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_tells_values_and_places_apart_and_needs_its_key() {
        let digest = Digest::new([7; 32]);
        let of = |place: &[&str], value: &str| digest.of(place, &value.into());
        assert_eq!(of(&["shop", "PORT"], "8080"), of(&["shop", "PORT"], "8080"));
        assert_ne!(of(&["shop", "PORT"], "8080"), of(&["shop", "PORT"], "8081"));
        assert_ne!(of(&["shop", "PORT"], "8080"), of(&["cart", "PORT"], "8080"));
        assert_ne!(of(&["a", "bc"], "x"), of(&["ab", "c"], "x"), "names do not run into each other");
        assert_ne!(of(&["shop"], "8080"), Digest::of_the_moment().of(&["shop"], &"8080".into()));
        assert_eq!(of(&[], "").len(), 2 * KEPT);
        assert_eq!(Digest::blind().of(&["shop"], &"8080".into()), "");
    }
}
