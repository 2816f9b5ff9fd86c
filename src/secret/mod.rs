//! Secrets, and taking them out of texts that came from outside.
//!
//! A [`Secret`] has neither `Serialize` nor a telling `Debug`. What a provider answers is passed through [`redact`]
//! before it is kept, because providers like to repeat the token that they refused. [`digest`] tells two values of a
//! secret apart without telling what they are, [`seal`] keeps a value where only the holder of the secret key can read
//! it, and [`totp`] makes the codes of a second factor.

use secrecy::ExposeSecret;
use sha2::{Digest as _, Sha256};

pub mod digest;
pub mod seal;
pub mod totp;

pub use digest::{Digest, Remembered};
pub use seal::SealingKey;

/// A value that is never printed, logged or stored in the clear.
pub type Secret = secrecy::SecretString;

/// What stands where a secret was.
pub const REDACTED: &str = "[redacted]";

/// `text` with each occurrence of each secret replaced by [`REDACTED`]; secrets under four bytes are left, they would
/// match everywhere.
pub fn redact(text: &str, secrets: &[Secret]) -> String {
    let mut secrets: Vec<&str> =
        secrets.iter().map(|secret| secret.expose_secret()).filter(|secret| secret.len() >= 4).collect();
    // The longest first: where one secret is a part of another, the rest of the longer one would stay.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets.into_iter().fold(text.to_owned(), |text, secret| text.replace(secret, REDACTED))
}

/// `N` random bytes from the operating system.
///
/// # Panics
/// When the operating system has no randomness to give, which nothing here could survive.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes; without them no session is safe");
    bytes
}

/// 256 random bits in URL-safe base64 without padding: 43 characters.
pub fn random_token() -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(random_bytes::<32>())
}

/// Another token of that form, which follows from a token and a text and tells of neither.
pub fn derived_token(token: &str, text: &str) -> String {
    use base64::Engine;
    let digest = Sha256::new().chain_update(token).chain_update([0]).chain_update(text).finalize();
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(digest)
}

/// The SHA-256 of a token of full entropy, in lower-case hex; what is stored instead of the token.
pub fn token_hash(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

/// Bytes in lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_within_another_leaves_nothing_of_it() {
        let secrets = ["key-1".into(), "key-1234567".into(), "abc".into()];
        assert_eq!(redact("key-1234567 key-1 abc", &secrets), "[redacted] [redacted] abc");
    }
}
