//! Passwords: hashed by argon2id on blocking threads, a few at a time.
//!
//! As many are computed at once as there are cores. A storm of sign-ins takes no more memory than 19 MiB for each of
//! them and no thread that answers pages: who comes last waits. An unknown account costs the same hash as a known one,
//! so that the time of an answer tells nothing.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use secrecy::ExposeSecret;
use tokio::sync::Semaphore;

use crate::secret::{Secret, random_bytes, random_token};

/// OWASP's Password Storage Cheat Sheet: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// In characters. No rules of composition: length is what helps (NIST SP 800-63B).
pub const MIN_LENGTH: usize = 12;
/// In bytes; nobody types more, and hashing must have a bound.
pub const MAX_LENGTH: usize = 1024;

/// Waits so long for a turn before saying that there are too many.
const PATIENCE: Duration = Duration::from_secs(10);

/// What an unknown account's password is compared with.
static NOBODYS_HASH: LazyLock<String> = LazyLock::new(|| hash_now(random_token().as_bytes()).unwrap_or_default());

/// Hashes and verifies passwords. Cheap to clone; all clones share their turns.
#[derive(Clone, Debug)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    computed: Arc<AtomicU64>,
}

/// Why no hash could be computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    #[error("too many sign-ins at once")]
    Overloaded,
    #[error("the password could not be hashed")]
    Hash,
}

/// Why a password cannot be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnfitPassword {
    #[error("a password has {MIN_LENGTH} characters at least")]
    TooShort,
    #[error("a password has {MAX_LENGTH} bytes at most")]
    TooLong,
}

impl Default for Passwords {
    fn default() -> Self {
        Self::new()
    }
}

impl Passwords {
    /// As many turns as there are cores.
    pub fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { turns: Arc::new(Semaphore::new(cores)), computed: Arc::default() }
    }

    /// The hash of a new password, as a PHC string.
    pub async fn hash(&self, password: Secret) -> Result<String, PasswordError> {
        self.compute(move || hash_now(password.expose_secret().as_bytes())).await?.ok_or(PasswordError::Hash)
    }

    /// Whether a password is the one of `hash`. Without a hash it takes as long and is false.
    pub async fn verify(&self, password: Secret, hash: Option<String>) -> Result<bool, PasswordError> {
        self.compute(move || {
            let known = hash.is_some();
            let right = verify_now(password.expose_secret().as_bytes(), hash.as_deref().unwrap_or(&NOBODYS_HASH));
            right && known
        })
        .await
    }

    /// How many hashes were computed since the start, right or wrong.
    pub fn computed(&self) -> u64 {
        self.computed.load(Ordering::Relaxed)
    }

    async fn compute<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, PasswordError> {
        let turn = tokio::time::timeout(PATIENCE, self.turns.clone().acquire_owned()).await;
        let turn = turn.map_err(|_| PasswordError::Overloaded)?.map_err(|_| PasswordError::Overloaded)?;
        let computed = self.computed.clone();
        // The turn goes along: a caller that hangs up does not make room for the next while the thread still computes.
        tokio::task::spawn_blocking(move || {
            let _turn = turn;
            computed.fetch_add(1, Ordering::Relaxed);
            work()
        })
        .await
        .map_err(|_| PasswordError::Hash)
    }
}

/// Whether a password may be chosen.
pub fn check(password: &Secret) -> Result<(), UnfitPassword> {
    let text = password.expose_secret();
    match () {
        () if text.len() > MAX_LENGTH => Err(UnfitPassword::TooLong),
        () if text.chars().count() < MIN_LENGTH => Err(UnfitPassword::TooShort),
        () => Ok(()),
    }
}

/// Whether a hash was made with weaker settings than today's, and should be made anew when the password is at hand.
pub fn is_outdated(hash: &str) -> bool {
    !hash.starts_with(&format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}$"))
}

fn hash_now(password: &[u8]) -> Option<String> {
    let hash = argon2()?.hash_password_with_salt(password, &random_bytes::<16>()).ok()?;
    Some(hash.to_string())
}

fn verify_now(password: &[u8], hash: &str) -> bool {
    // The settings are the hash's own. Over-long input is refused at its cost as well as any other.
    let bounded = password.get(..MAX_LENGTH).unwrap_or(password);
    let right = argon2().is_some_and(|argon2| argon2.verify_password(bounded, hash).is_ok());
    right && password.len() <= MAX_LENGTH
}

fn argon2() -> Option<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).ok()?;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_again_and_another_is_not() {
        let passwords = Passwords::new();
        let hash = passwords.hash("correct horse battery".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(!is_outdated(&hash));
        assert!(passwords.verify("correct horse battery".into(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("correct horse batterx".into(), Some(hash)).await.unwrap());
    }

    #[tokio::test]
    async fn nobodys_password_costs_as_much_as_somebodys() {
        let passwords = Passwords::new();
        assert!(!passwords.verify("correct horse battery".into(), None).await.unwrap());
        assert_eq!(passwords.computed(), 1);
        assert!(!is_outdated(&NOBODYS_HASH), "the hash that nobody has is as costly as anybody's");
    }

    #[test]
    fn length_counts_and_nothing_else() {
        assert_eq!(check(&"elevenchars".into()), Err(UnfitPassword::TooShort));
        assert_eq!(check(&"aaaaaaaaaaaa".into()), Ok(()));
        assert_eq!(check(&"пароль из двенадцати".into()), Ok(()));
        assert_eq!(check(&"a".repeat(1025).into()), Err(UnfitPassword::TooLong));
    }
}
