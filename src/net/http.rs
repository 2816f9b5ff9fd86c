//! The one HTTP client: time-outs on every part of a call, errors sorted by what they call for, no secret in any text.
//!
//! A call is made by [`Http::send`] and repeated by [`retry`], so that a provider can sign or count each attempt anew.

use std::future::Future;
use std::time::Duration;

use chrono::DateTime;
use reqwest::{Request, Response, StatusCode, header};
use serde::de::DeserializeOwned;

use super::error::{ErrorKind, ProviderError};
use crate::secret::{Secret, random_bytes, redact};
use crate::telemetry::Metrics;

/// Until a connection stands.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Between two reads of an answer.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// How much of an error's body is kept.
const KEPT_WORDS: usize = 500;
/// How much of a body is looked at for its first words.
const READ_OF_WORDS: usize = 64 * 1024;
/// The largest answer that is read into memory as a whole.
const LARGEST_BODY: usize = 64 * 1024 * 1024;

/// The client. Cheap to clone; all clones share one pool of connections.
#[derive(Clone, Debug)]
pub struct Http {
    client: reqwest::Client,
    metrics: Metrics,
}

/// Who calls what, for errors and logs; and what must not be seen in them.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    pub provider: &'a str,
    /// The provider's own name of the call: `DescribeInstances`, `GET /zones`.
    pub operation: &'a str,
    pub secrets: &'a [Secret],
}

/// A whole answer, whatever its status.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: header::HeaderMap,
    pub body: Vec<u8>,
}

/// A request that got no answer.
#[derive(Clone, Debug)]
pub struct Unanswered {
    pub error: ProviderError,
    /// Not when there was no connection to send it on.
    pub may_have_arrived: bool,
}

impl Default for Http {
    fn default() -> Self {
        Self::new()
    }
}

impl Http {
    /// A client with the house's time-outs; redirects are not followed, since they would carry credentials along.
    ///
    /// # Panics
    /// When TLS cannot be set up, which means a broken build.
    pub fn new() -> Self {
        // A second installation is refused and means that the first one stands.
        let _ = rustls::crypto::ring::default_provider().install_default();
        #[allow(clippy::disallowed_methods, reason = "the one client")]
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("quarterdeck/", env!("CARGO_PKG_VERSION")))
            .build()
            .expect("the TLS provider is installed and the options are constants");
        Self { client, metrics: Metrics::new() }
    }

    /// Where its calls are counted: the numbers of the process that it was made for.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// For building requests.
    pub fn client(&self) -> &reqwest::Client {
        &self.client
    }

    /// Sends once and reads the whole answer. An answer of any status is an [`Answer`]; only transport fails here.
    pub async fn send(&self, call: Call<'_>, request: Request) -> Result<Answer, ProviderError> {
        let response = self.open(call, request).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = call.body(response).await?;
        tracing::debug!(
            provider = call.provider,
            operation = call.operation,
            status = status.as_u16(),
            bytes = body.len(),
            "called"
        );
        Ok(Answer { status, headers, body })
    }

    /// Sends once and hands the answer over before its body is read, for long listings.
    pub async fn open(&self, call: Call<'_>, request: Request) -> Result<Response, ProviderError> {
        self.attempt(call, request).await.map_err(|unanswered| unanswered.error)
    }

    /// As [`Http::open`], for a request that changes something: who gets no answer has to know whether it can have
    /// arrived.
    pub async fn attempt(&self, call: Call<'_>, request: Request) -> Result<Response, Unanswered> {
        let answer = self.client.execute(request).await.map_err(|error| Unanswered {
            error: call.transport_error(&error),
            may_have_arrived: !(error.is_connect() || error.is_builder()),
        });
        let outcome = match &answer {
            Ok(answer) if answer.status().is_success() => "ok",
            Ok(answer) => Call::status_kind(answer.status()).as_str(),
            Err(unanswered) => unanswered.error.kind.as_str(),
        };
        self.metrics.provider_call(call.provider, call.operation, outcome);
        answer
    }
}

impl Call<'_> {
    /// An error of this call, redacted and cut to a readable length.
    pub fn error(&self, kind: ErrorKind, words: &str) -> ProviderError {
        let words = redact(words, self.secrets);
        let kept: String = words.trim().chars().take(KEPT_WORDS).collect();
        ProviderError::new(self.provider, self.operation, kind, kept)
    }

    /// Reads an answer to its end, which has to come: what never ends would take all memory.
    pub async fn body(&self, mut response: Response) -> Result<Vec<u8>, ProviderError> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.transport_error(&error))? {
            body.extend_from_slice(&chunk);
            if body.len() > LARGEST_BODY {
                return Err(self.error(ErrorKind::Malformed, "the answer is larger than 64 MiB"));
            }
        }
        Ok(body)
    }

    /// A failed transport: everything about it may pass.
    pub fn transport_error(&self, error: &reqwest::Error) -> ProviderError {
        let what = if error.is_timeout() {
            "no answer in time"
        } else if error.is_connect() {
            "no connection"
        } else {
            "the connection broke"
        };
        let mut words = what.to_owned();
        let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(error);
        while let Some(error) = cause {
            words = format!("{what}: {error}");
            cause = error.source();
        }
        self.error(ErrorKind::Unavailable, &words)
    }

    /// What a status means when the body does not say it better (RFC 9110).
    pub fn status_kind(status: StatusCode) -> ErrorKind {
        match status.as_u16() {
            401 | 403 => ErrorKind::Auth,
            404 | 410 => ErrorKind::NotFound,
            409 | 412 => ErrorKind::Conflict,
            429 => ErrorKind::RateLimited,
            400..=499 => ErrorKind::Rejected,
            500..=599 => ErrorKind::Unavailable,
            _ => ErrorKind::Malformed,
        }
    }

    /// Reads JSON; what is not JSON is [`ErrorKind::Malformed`] and keeps its first words.
    pub fn json<T: DeserializeOwned>(&self, answer: &Answer) -> Result<T, ProviderError> {
        serde_json::from_slice(&answer.body).map_err(|error| {
            // Cut far behind what is kept of it: a secret across the cut would not be known again.
            let start = &answer.body[..answer.body.len().min(READ_OF_WORDS)];
            let words = String::from_utf8_lossy(start);
            self.error(ErrorKind::Malformed, &format!("not the JSON that was expected ({error}): {words}"))
        })
    }
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// How long the answer asks us to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        retry_after(&self.headers)
    }
}

/// `Retry-After` (RFC 9110 §10.2.3): seconds, or a date, which is measured against the answer's own `Date`, since our
/// clock may differ.
pub fn retry_after(headers: &header::HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name)?.to_str().ok().map(str::trim);
    let asked = text(header::RETRY_AFTER)?;
    if let Ok(seconds) = asked.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = |text| DateTime::parse_from_rfc2822(text).ok();
    let wait = date(asked)? - date(text(header::DATE)?)?;
    Some(wait.to_std().unwrap_or_default())
}

/// How often and how patiently a call is repeated.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    /// Attempts in all.
    pub attempts: u32,
    /// Before the second attempt; doubles each time.
    pub base: Duration,
    /// No wait between two attempts is longer, but for a `Retry-After`.
    pub cap: Duration,
    /// A `Retry-After` beyond this is not waited for: the call fails and the next sync tries again.
    pub patience: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 6,
            base: Duration::from_millis(500),
            cap: Duration::from_secs(30),
            patience: Duration::from_secs(300),
        }
    }
}

impl RetryPolicy {
    /// The wait after the failed attempt `attempt` (from 1): exponential, with full jitter in the upper half. What was
    /// asked for is the least, and the jitter comes on top: whoever was told the same second shall not come back in the
    /// same second.
    pub fn wait(&self, attempt: u32, asked: Option<Duration>) -> Duration {
        let ceiling = self.base.saturating_mul(1 << attempt.saturating_sub(1).min(16)).min(self.cap);
        let jitter = f64::from(u16::from_le_bytes(random_bytes::<2>())) / f64::from(u16::MAX);
        let half = ceiling / 2;
        asked.map_or(half, |asked| asked.max(half)).saturating_add(half.mul_f64(jitter))
    }
}

/// Repeats `call` while it fails transiently, with backoff and jitter, never sooner than the provider asks. What a
/// client knows of a failure beside its [`ProviderError`] comes through with it.
pub async fn retry<T, E, F, Fut>(policy: RetryPolicy, mut call: F) -> Result<T, E>
where
    E: AsRef<ProviderError>,
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, E>>,
{
    let mut attempt = 1;
    loop {
        let failure = match call().await {
            Err(failure) if failure.as_ref().kind.is_transient() && attempt < policy.attempts => failure,
            outcome => return outcome,
        };
        let error = failure.as_ref();
        if error.retry_after.is_some_and(|asked| asked > policy.patience) {
            return Err(failure);
        }
        let wait = policy.wait(attempt, error.retry_after);
        tracing::warn!(%error, attempt, wait_ms = wait.as_millis(), "repeating a provider's call");
        tokio::time::sleep(wait).await;
        attempt += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_asked_for_in_seconds_or_as_a_date() {
        let asked = |lines: &[(header::HeaderName, &'static str)]| {
            let lines = lines.iter().map(|(name, value)| (name.clone(), header::HeaderValue::from_static(value)));
            retry_after(&lines.collect()).map(|wait| wait.as_secs())
        };
        let now = (header::DATE, "Wed, 21 Oct 2026 07:28:00 GMT");
        assert_eq!(asked(&[(header::RETRY_AFTER, " 7 ")]), Some(7));
        assert_eq!(asked(&[(header::RETRY_AFTER, "Wed, 21 Oct 2026 07:30:00 GMT"), now.clone()]), Some(120));
        assert_eq!(asked(&[(header::RETRY_AFTER, "Wed, 21 Oct 2026 07:20:00 GMT"), now.clone()]), Some(0));
        assert_eq!(asked(&[(header::RETRY_AFTER, "Wed, 21 Oct 2026 07:30:00 GMT")]), None, "by no clock but theirs");
        assert_eq!(asked(&[(header::RETRY_AFTER, "soon"), now]), None);
    }

    #[test]
    fn those_who_were_told_the_same_second_do_not_come_back_in_the_same_second() {
        let policy = RetryPolicy::default();
        let asked = Duration::from_secs(60);
        let waits: Vec<_> = (0..20).map(|_| policy.wait(4, Some(asked))).collect();
        assert!(waits.iter().all(|wait| *wait >= asked && *wait <= asked + Duration::from_secs(2)), "{waits:?}");
        assert!(waits.iter().any(|wait| *wait != waits[0]), "{waits:?}");
        assert!(policy.wait(1, None) >= policy.base / 2 && policy.wait(1, None) <= policy.base);
    }

    #[test]
    fn what_is_not_json_keeps_no_part_of_a_secret() {
        let secrets = [Secret::from("s3cret-token-of-many-letters")];
        let call = Call { provider: "p", operation: "GET /x", secrets: &secrets };
        let body = format!("{}s3cret-token-of-many-letters", "x".repeat(190)).into_bytes();
        let answer = Answer { status: StatusCode::OK, headers: header::HeaderMap::new(), body };
        let error = call.json::<serde_json::Value>(&answer).unwrap_err();
        assert!(error.message.ends_with("x[redacted]"), "{}", error.message);
    }
}
