//! One request to the provider: signed with the token, within the quota, repeated while it may pass, errors in its
//! words.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Response, StatusCode};
use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;
use url::Url;

use super::envelope::{Envelope, words_of};
use super::settings::Settings;
use crate::net::http::{Call, Http, RetryPolicy, Unanswered, retry, retry_after};
use crate::net::quota::{Asker, Quota};
use crate::secret::Secret;
use crate::wire::{ErrorKind, ProviderError};

/// The wait after a 429 that does not say how long.
const UNSAID_WAIT: Duration = Duration::from_secs(60);
/// How much of a failed answer is read.
const READ_OF_FAILURE: usize = 64 * 1024;

/// How long the answer to a write may take. The provider carries a batch out as one transaction.
pub const WRITE_TIME_OUT: Duration = Duration::from_secs(60);
/// How long somebody who waits is kept waiting for the quota.
const PATIENCE_OF_PEOPLE: Duration = Duration::from_secs(10);

/// Talks to the API. Shared by all zones that are read side by side; a clone shares the quota.
#[derive(Clone)]
pub struct Client {
    http: Http,
    endpoint: Url,
    secrets: [Secret; 1],
    quota: Arc<Quota>,
    asker: Asker,
    pub policy: RetryPolicy,
}

impl Client {
    pub fn new(http: Http, settings: &Settings) -> Self {
        Self {
            http,
            endpoint: settings.endpoint.clone(),
            secrets: [settings.token.clone()],
            quota: Arc::default(),
            asker: Asker::Background,
            policy: RetryPolicy::default(),
        }
    }

    /// The same, for somebody who waits: he may use the share of the quota that a collection leaves him, and is not
    /// kept for minutes.
    pub fn for_people(&self) -> Self {
        let policy = RetryPolicy {
            attempts: self.policy.attempts.min(3),
            patience: self.policy.patience.min(PATIENCE_OF_PEOPLE),
            ..self.policy
        };
        Self { asker: Asker::Person, policy, ..self.clone() }
    }

    /// The call of that name, for errors: `GET /zones`.
    pub fn call<'a>(&'a self, operation: &'a str) -> Call<'a> {
        Call { provider: "cloudflare", operation, secrets: &self.secrets }
    }

    /// Opens `path` until it answers well; the body is still to be read.
    pub async fn open(&self, call: Call<'_>, path: &str, query: &[(&str, String)]) -> Result<Response, ProviderError> {
        retry(self.policy, || self.open_once(call, path, query)).await
    }

    /// Reads one short answer as a whole.
    pub async fn read<T: DeserializeOwned>(
        &self,
        call: Call<'_>,
        path: &str,
        query: &[(&str, String)],
    ) -> Result<Envelope<T>, ProviderError> {
        let response = self.open(call, path, query).await?;
        let headers = response.headers().clone();
        let body = call.body(response).await?;
        let envelope: Envelope<T> =
            serde_json::from_slice(&body).map_err(|_| call.error(ErrorKind::Malformed, &words_of(&body)))?;
        self.approve(call, &headers, &envelope)?;
        Ok(envelope)
    }

    /// Refuses an envelope that says it failed, whatever its status was.
    pub fn approve<T>(&self, call: Call<'_>, headers: &HeaderMap, envelope: &Envelope<T>) -> Result<(), ProviderError> {
        if envelope.success {
            return Ok(());
        }
        let words = envelope.words().unwrap_or_else(|| "it gave no reason".to_owned());
        let error = call.error(ErrorKind::Rejected, &format!("answered 200, but as a failure: {words}"));
        Err(error.with_request_id(ray(headers)))
    }

    /// Sends something that changes a zone, once: without an idempotency key a second attempt could do it twice.
    pub async fn change<T: DeserializeOwned>(
        &self,
        call: Call<'_>,
        path: &str,
        body: &serde_json::Value,
    ) -> Result<(Option<T>, Option<String>), Unanswered> {
        let refused = |error| Unanswered { error, may_have_arrived: false };
        let doubtful = |error| Unanswered { error, may_have_arrived: true };
        if let Some(pause) = self.quota.pause(self.asker) {
            let words = format!("the provider takes no more requests for {} s", pause.as_secs() + 1);
            return Err(refused(call.error(ErrorKind::RateLimited, &words).with_retry_after(Some(pause))));
        }
        let request = self.http.client().post(self.url(path)).bearer_auth(self.secrets[0].expose_secret());
        let request = request.json(body).timeout(WRITE_TIME_OUT).build();
        let request = request.map_err(|error| {
            refused(call.error(ErrorKind::Rejected, &format!("the request cannot be built: {error}")))
        })?;
        let response = self.http.attempt(call, request).await?;
        self.quota.heed(response.headers());
        let (status, headers) = (response.status(), response.headers().clone());
        if status != StatusCode::OK {
            // What refuses has not done it; a gateway knows nothing of what is behind it.
            let said_no = status.is_client_error();
            let error = self.refusal(call, response).await;
            return Err(Unanswered { error, may_have_arrived: !said_no });
        }
        let body = call.body(response).await.map_err(doubtful)?;
        let envelope: Envelope<T> =
            serde_json::from_slice(&body).map_err(|_| doubtful(call.error(ErrorKind::Malformed, &words_of(&body))))?;
        // All or nothing, and this was nothing.
        self.approve(call, &headers, &envelope).map_err(refused)?;
        Ok((envelope.result, ray(&headers)))
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.endpoint.clone();
        url.set_path(&format!("{}{path}", self.endpoint.path().trim_end_matches('/')));
        url
    }

    async fn open_once(&self, call: Call<'_>, path: &str, query: &[(&str, String)]) -> Result<Response, ProviderError> {
        self.quota.wait(call, self.asker, self.policy.patience).await?;
        let request = self
            .http
            .client()
            .get(self.url(path))
            .query(query)
            .bearer_auth(self.secrets[0].expose_secret())
            .build()
            .map_err(|error| call.error(ErrorKind::Rejected, &format!("the request cannot be built: {error}")))?;
        let response = self.http.open(call, request).await?;
        self.quota.heed(response.headers());
        if response.status() == StatusCode::OK { Ok(response) } else { Err(self.refusal(call, response).await) }
    }

    /// What an answer with a bad status says; a 429 stops all readers for as long as it asks.
    async fn refusal(&self, call: Call<'_>, mut response: Response) -> ProviderError {
        let status = response.status();
        let headers = response.headers().clone();
        let mut body = Vec::new();
        while let Ok(Some(chunk)) = response.chunk().await {
            body.extend_from_slice(&chunk);
            if body.len() > READ_OF_FAILURE {
                break;
            }
        }
        let throttled = status == StatusCode::TOO_MANY_REQUESTS;
        let asked = retry_after(&headers).or(throttled.then_some(UNSAID_WAIT));
        if throttled {
            self.quota.hold(asked.unwrap_or(UNSAID_WAIT));
        }
        call.error(Call::status_kind(status), &format!("{}: {}", status.as_u16(), words_of(&body)))
            .with_request_id(ray(&headers))
            .with_retry_after(asked)
    }
}

/// The provider's id of a request, which its support asks for.
fn ray(headers: &HeaderMap) -> Option<String> {
    headers.get("cf-ray")?.to_str().ok().map(str::to_owned)
}
