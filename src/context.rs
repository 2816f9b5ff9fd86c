//! What the web and the command line work with: configuration, database, key. Made once at the start, and cheap to clone.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::Config;
use crate::passwords::Passwords;
use crate::secret::Secret;
use crate::store::Db;

/// Everything that is there once per process.
#[derive(Clone)]
pub struct Context {
    pub config: Arc<Config>,
    pub clock: Clock,
    pub db: Db,
    /// What signs cookies; the same in every process of an installation.
    pub secret_key: Arc<Secret>,
    pub passwords: Passwords,
    /// Cancelled when the process is asked to stop: readiness ends at once, requests finish.
    pub stop: CancellationToken,
}

impl Context {
    /// A context over an open database, with the clock that the database has.
    pub fn new(config: Config, db: Db, secret_key: Secret) -> Self {
        Self {
            config: Arc::new(config),
            clock: db.clock.clone(),
            db,
            secret_key: Arc::new(secret_key),
            passwords: Passwords::new(),
            stop: CancellationToken::new(),
        }
    }
}
