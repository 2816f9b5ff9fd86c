//! What went wrong at a provider, sorted by what it means for us.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A failed call to a provider. Its texts are redacted before they get here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{provider} {operation}: {kind}: {message}")]
pub struct ProviderError {
    pub provider: String,
    /// The provider's own name of the call: `DescribeInstances`, `GET /zones`.
    pub operation: String,
    pub kind: ErrorKind,
    /// The provider's own words.
    pub message: String,
    /// The provider's id of the request, where it gives one.
    pub request_id: Option<String>,
    /// How long the provider asks us to wait.
    pub retry_after: Option<Duration>,
}

/// What a failure calls for: a retry, an alert, or a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// Credentials or permission; a person's turn.
    Auth,
    RateLimited,
    NotFound,
    Conflict,
    /// Understood and refused.
    Rejected,
    /// Time-out, connection, 5xx; worth a retry.
    Unavailable,
    /// An answer that is not what the contract says.
    Malformed,
}

impl ErrorKind {
    pub const ALL: [Self; 7] = [
        Self::Auth,
        Self::RateLimited,
        Self::NotFound,
        Self::Conflict,
        Self::Rejected,
        Self::Unavailable,
        Self::Malformed,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::RateLimited => "rate_limited",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Rejected => "rejected",
            Self::Unavailable => "unavailable",
            Self::Malformed => "malformed",
        }
    }

    /// Whether the same call may succeed if it is made again.
    pub fn is_transient(self) -> bool {
        matches!(self, Self::RateLimited | Self::Unavailable)
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl ProviderError {
    pub fn new(provider: &str, operation: &str, kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            provider: provider.to_owned(),
            operation: operation.to_owned(),
            kind,
            // PostgreSQL's text cannot hold a NUL, and how a sync failed must be written whatever a provider says.
            message: message.into().replace('\0', "\u{FFFD}"),
            request_id: None,
            retry_after: None,
        }
    }

    pub fn with_request_id(mut self, request_id: Option<String>) -> Self {
        self.request_id = request_id;
        self
    }

    pub fn with_retry_after(mut self, retry_after: Option<Duration>) -> Self {
        self.retry_after = retry_after;
        self
    }
}

impl AsRef<Self> for ProviderError {
    fn as_ref(&self) -> &Self {
        self
    }
}
