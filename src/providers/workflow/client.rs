//! One request to the controller: signed with a token, repeated while it may pass, errors in the controller's words.
//!
//! Hephy has no quota. Drycc counts 60 requests a minute and account and says so only when they are used up, so a 429
//! holds every reader for as long as it asks, and not by retries of each.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use secrecy::ExposeSecret;
use serde_json::Value;
use url::Url;

use super::settings::Settings;
use super::words::{is_the_apis, words_of};
use crate::net::http::{Answer, Call, Http, RetryPolicy, retry};
use crate::net::quota::{Asker, Quota};
use crate::secret::Secret;
use crate::wire::{ErrorKind, ProviderError};

/// The wait after a 429 that does not say how long: the window of the usual throttle.
const UNSAID_WAIT: Duration = Duration::from_secs(60);
/// The version of the API that is spoken here.
const MAJOR: &str = "2";
/// The headers that tell an API's version. Proxies like to drop headers with underscores, so none may be there.
const VERSIONS: [&str; 2] = ["DEIS_API_VERSION", "DRYCC_API_VERSION"];

/// Talks to one controller, with whatever token a call is made.
pub struct Client {
    http: Http,
    endpoint: Url,
    /// Every token that may be sent, to be struck out of what is answered.
    secrets: Vec<Secret>,
    quota: Quota,
    pub policy: RetryPolicy,
}

/// A call that failed, and with which status if it was answered.
#[derive(Clone, Debug)]
pub struct Failure {
    pub status: Option<StatusCode>,
    /// The API itself answered, and not something before it.
    pub by_api: bool,
    pub error: Box<ProviderError>,
}

impl AsRef<ProviderError> for Failure {
    fn as_ref(&self) -> &ProviderError {
        &self.error
    }
}

impl From<Failure> for ProviderError {
    fn from(failure: Failure) -> Self {
        *failure.error
    }
}

impl From<ProviderError> for Failure {
    fn from(error: ProviderError) -> Self {
        Self { status: None, by_api: false, error: Box::new(error) }
    }
}

impl Client {
    pub fn new(http: Http, settings: &Settings) -> Self {
        let owners = settings.owner_tokens.iter().filter_map(|owner| owner.token.clone().ok());
        Self {
            http,
            endpoint: settings.endpoint.clone(),
            secrets: std::iter::once(settings.token.clone()).chain(owners).collect(),
            quota: Quota::default(),
            policy: RetryPolicy::default(),
        }
    }

    /// The call of that name, for errors: `GET /v2/apps`.
    pub fn call<'a>(&'a self, operation: &'a str) -> Call<'a> {
        Call { provider: "workflow", operation, secrets: &self.secrets }
    }

    /// Asks for `path` until it answers well.
    pub async fn get(
        &self,
        token: &Secret,
        operation: &str,
        path: &str,
        query: &[(&str, String)],
    ) -> Result<Answer, Failure> {
        let call = self.call(operation);
        retry(self.policy, || self.get_once(call, token, path, query)).await
    }

    /// Asks for a JSON value. What is none is told without its text.
    pub async fn json(
        &self,
        token: &Secret,
        operation: &str,
        path: &str,
        query: &[(&str, String)],
    ) -> Result<Value, Failure> {
        let answer = self.get(token, operation, path, query).await?;
        serde_json::from_slice(&answer.body)
            .map_err(|_| self.call(operation).error(ErrorKind::Malformed, &words_of(&answer.body)).into())
    }

    async fn get_once(
        &self,
        call: Call<'_>,
        token: &Secret,
        path: &str,
        query: &[(&str, String)],
    ) -> Result<Answer, Failure> {
        self.quota.wait(call, Asker::Background, self.policy.patience).await?;
        let mut url = self.endpoint.clone();
        url.set_path(&format!("{}{path}", self.endpoint.path().trim_end_matches('/')));
        let mut authorization = HeaderValue::from_str(&format!("token {}", token.expose_secret()))
            .map_err(|_| call.error(ErrorKind::Auth, "the token has characters that no header can carry"))?;
        authorization.set_sensitive(true);
        let request = self.http.client().get(url).query(query).header(AUTHORIZATION, authorization).build();
        let request = request
            .map_err(|error| call.error(ErrorKind::Rejected, &format!("the request cannot be built: {error}")))?;
        let answer = self.http.send(call, request).await?;
        if answer.status != StatusCode::OK {
            return Err(self.refusal(call, &answer));
        }
        match version(&answer) {
            Some(version) if version.split('.').next() != Some(MAJOR) => {
                let words = format!("the controller speaks version {version} of the API, and this is version {MAJOR}");
                Err(call.error(ErrorKind::Malformed, &words).into())
            }
            _ => Ok(answer),
        }
    }

    /// What an answer with a bad status says; a 429 stops all readers for as long as it asks.
    fn refusal(&self, call: Call<'_>, answer: &Answer) -> Failure {
        let throttled = answer.status == StatusCode::TOO_MANY_REQUESTS;
        let asked = answer.retry_after().or(throttled.then_some(UNSAID_WAIT));
        if throttled {
            self.quota.hold(asked.unwrap_or(UNSAID_WAIT));
        }
        let words = format!("{}: {}", answer.status.as_u16(), words_of(&answer.body));
        Failure {
            status: Some(answer.status),
            by_api: is_the_apis(&answer.body),
            error: Box::new(call.error(Call::status_kind(answer.status), &words).with_retry_after(asked)),
        }
    }
}

/// The version that an answer says the API has.
pub fn version(answer: &Answer) -> Option<&str> {
    VERSIONS.iter().find_map(|name| answer.header(name))
}
