//! The keys in use: found in the surroundings, exchanged for a role's where one is configured, kept until shortly
//! before they expire.

use aws_credential_types::Credentials;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::Mutex;

use super::ambient::Surroundings;
use super::failure::{AwsError, Class};
use super::line::{Line, Request};
use super::sts;

/// Keys are renewed this long before they expire, so that none expires on its way.
const MARGIN: Duration = Duration::from_secs(300);

/// One source's keys.
#[derive(Debug)]
pub(super) struct Keyring {
    surroundings: Surroundings,
    role_arn: Option<String>,
    kept: Mutex<Option<Credentials>>,
}

/// A line that signs with the keys of a keyring.
#[derive(Clone, Debug)]
pub(super) struct Api {
    pub line: Line,
    pub keyring: Arc<Keyring>,
}

impl Api {
    /// Makes the call; with new keys once more if the ones in use have expired.
    pub async fn call<T: DeserializeOwned>(&self, request: &Request) -> Result<T, AwsError> {
        let keys = self.keyring.keys(&self.line).await?;
        match self.line.call_as(&keys, request).await {
            Err(failed) if failed.class == Class::Expired => {
                self.keyring.forget(&keys).await;
                let keys = self.keyring.keys(&self.line).await?;
                self.line.call_as(&keys, request).await
            }
            outcome => outcome,
        }
    }
}

impl Keyring {
    pub fn new(surroundings: Surroundings, role_arn: Option<String>) -> Self {
        Self { surroundings, role_arn, kept: Mutex::new(None) }
    }

    /// Keys that are good for a while. Whoever comes meanwhile waits for the one search that is under way.
    pub async fn keys(&self, line: &Line) -> Result<Credentials, AwsError> {
        let mut kept = self.kept.lock().await;
        if let Some(keys) = kept.as_ref().filter(|keys| is_good(keys, line.clock.now().into())) {
            return Ok(keys.clone());
        }
        let found = self.surroundings.credentials(&line.region).await?;
        let keys = match &self.role_arn {
            Some(role) => sts::assume_role(line, &found, role).await?,
            None => found,
        };
        Ok(kept.insert(keys).clone())
    }

    pub async fn region(&self) -> Option<String> {
        self.surroundings.region().await
    }

    /// Drops these keys, unless somebody has renewed them already.
    async fn forget(&self, used: &Credentials) {
        let mut kept = self.kept.lock().await;
        if kept.as_ref().is_some_and(|keys| keys.access_key_id() == used.access_key_id()) {
            *kept = None;
        }
    }
}

fn is_good(keys: &Credentials, now: SystemTime) -> bool {
    keys.expiry().is_none_or(|expiry| expiry > now + MARGIN)
}
