//! Secrets, and taking them out of texts that came from outside.
//!
//! A [`Secret`] has neither `Serialize` nor a telling `Debug`. What a provider answers is passed through [`redact`]
//! before it is kept, because providers like to repeat the token that they refused.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;

use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};

/// A value that is never printed, logged or stored in the clear.
pub type Secret = secrecy::SecretString;

/// What stands where a secret was.
pub const REDACTED: &str = "[redacted]";

/// `text` with each occurrence of each secret replaced by [`REDACTED`]; secrets under four bytes are left, they would match everywhere.
pub fn redact(text: &str, secrets: &[Secret]) -> String {
    secrets
        .iter()
        .map(|secret| secret.expose_secret())
        .filter(|secret| secret.len() >= 4)
        .fold(text.to_owned(), |text, secret| text.replace(secret, REDACTED))
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

/// The SHA-256 of a token of full entropy, in lower-case hex; what is stored instead of the token.
pub fn token_hash(token: &str) -> String {
    Sha256::digest(token.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The key in a file. With `make`, one that is not there is made first: 384 random bits, readable by its owner alone.
///
/// # Errors
/// When the file cannot be read or made, or is empty.
pub fn key_in_file(path: &str, make: bool) -> io::Result<Secret> {
    match fs::read_to_string(path) {
        Ok(text) if text.trim().is_empty() => {
            Err(io::Error::new(io::ErrorKind::InvalidData, format!("{path} is empty")))
        }
        Ok(text) => Ok(Secret::from(text.trim().to_owned())),
        Err(error) if make && error.kind() == io::ErrorKind::NotFound => {
            use base64::Engine;
            let key = base64::engine::general_purpose::STANDARD.encode(random_bytes::<48>());
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
            file.write_all(key.as_bytes())?;
            file.sync_all()?;
            Ok(Secret::from(key))
        }
        Err(error) => Err(error),
    }
}
