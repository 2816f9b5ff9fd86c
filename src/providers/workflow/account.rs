//! Whose token it is, and with which controller it speaks: one call, `GET /v2/auth/whoami`, answers both.

use serde::Deserialize;

use super::client::{Client, version};
use super::dialect::{self, Dialect};
use super::words::words_of;
use crate::secret::Secret;
use crate::wire::{ErrorKind, ProviderError};

/// The account behind a token.
pub struct Account {
    pub token: Secret,
    pub user: String,
    pub is_superuser: bool,
    version: Option<String>,
    dialect: &'static dyn Dialect,
}

#[derive(Deserialize)]
struct Whoami {
    username: String,
    #[serde(default)]
    is_superuser: bool,
    /// Drycc alone gives one.
    id: Option<i64>,
}

impl Account {
    /// Asks who the bearer of `token` is.
    pub async fn of(client: &Client, token: &Secret) -> Result<Self, ProviderError> {
        const OPERATION: &str = "GET /v2/auth/whoami";
        let answer = client.get(token, OPERATION, "/v2/auth/whoami", &[]).await?;
        let whoami: Whoami = serde_json::from_slice(&answer.body)
            .map_err(|_| client.call(OPERATION).error(ErrorKind::Malformed, &words_of(&answer.body)))?;
        Ok(Self {
            token: token.clone(),
            user: whoami.username,
            is_superuser: whoami.is_superuser,
            version: version(&answer).map(str::to_owned),
            dialect: dialect::of(&answer, whoami.id.is_some()),
        })
    }

    pub fn dialect(&self) -> &'static dyn Dialect {
        self.dialect
    }

    /// `admin (superuser)`.
    pub fn described(&self) -> String {
        format!("{}{}", self.user, if self.is_superuser { " (superuser)" } else { "" })
    }

    /// `a Hephy controller, API 2.3`.
    pub fn controller(&self) -> String {
        let version = self.version.as_ref().map_or_else(String::new, |version| format!(", API {version}"));
        format!("a {} controller{version}", self.dialect.name())
    }
}
