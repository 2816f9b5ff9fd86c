//! One request to the server: signed with the key, errors in its words.
//!
//! Its web server speaks plain HTTP and closes after each answer. Without `Accept: application/json` most of its errors
//! are plain text, so it is sent always; what stands in between may answer with a page all the same.

use std::time::Duration;

use reqwest::{Method, Response};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::settings::Settings;
use crate::net::html;
use crate::net::http::{Answer, Call, Http, RetryPolicy, Unanswered, retry};
use crate::secret::Secret;
use crate::wire::{ErrorKind, ProviderError};

/// Where the API begins, below the base URL.
const API: &str = "/api/v1";
/// An authoritative server has this one id only.
const SERVER: &str = "/servers/localhost";
/// For an answer that is one head or a word.
const SHORT: Duration = Duration::from_secs(15);

/// Talks to the API.
pub struct Client {
    http: Http,
    endpoint: Url,
    secrets: [Secret; 1],
    pub policy: RetryPolicy,
}

/// Of `GET /servers`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Server {
    id: String,
    pub daemon_type: String,
    pub version: String,
}

/// Of an answer that failed.
#[derive(Deserialize)]
struct Failure {
    error: String,
    #[serde(default)]
    errors: Vec<String>,
}

impl Client {
    pub fn new(http: Http, settings: &Settings) -> Self {
        let mut endpoint = settings.endpoint.clone();
        // People paste the one and the other.
        let base = endpoint.path().trim_end_matches('/').trim_end_matches(API).to_owned();
        endpoint.set_path(&base);
        Self { http, endpoint, secrets: [settings.api_key.clone()], policy: RetryPolicy::default() }
    }

    /// The call of that name, for errors: `GET /zones`.
    pub fn call<'a>(&'a self, operation: &'a str) -> Call<'a> {
        Call { provider: "powerdns", operation, secrets: &self.secrets }
    }

    /// What kind of server it is.
    pub async fn server(&self, call: Call<'_>) -> Result<Server, ProviderError> {
        let servers: Vec<Server> = self.read(call, "/servers", &[]).await?;
        let mut servers = servers.into_iter();
        let words = "the answer lists no server named localhost";
        servers.find(|server| server.id == "localhost").ok_or_else(|| call.error(ErrorKind::Malformed, words))
    }

    /// Opens `path` of the server until it answers well; the body is still to be read.
    pub async fn open(&self, call: Call<'_>, path: &str, query: &[(&str, &str)]) -> Result<Response, ProviderError> {
        let path = format!("{SERVER}{path}");
        retry(self.policy, || async {
            let request = self.request(Method::GET, &path).query(query);
            self.good(call, self.http.open(call, self.built(call, request)?).await?).await
        })
        .await
    }

    /// Reads one answer as a whole, `path` being below the server.
    pub async fn get<T: DeserializeOwned>(
        &self,
        call: Call<'_>,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, ProviderError> {
        self.read(call, &format!("{SERVER}{path}"), query).await
    }

    /// The same, once and for a moment only: beside a write, where a lease is running.
    pub async fn glance<T: DeserializeOwned>(
        &self,
        call: Call<'_>,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, ProviderError> {
        let request = self.request(Method::GET, &format!("{SERVER}{path}")).query(query).timeout(SHORT);
        let response = self.good(call, self.http.open(call, self.built(call, request)?).await?).await?;
        whole(call, response).await
    }

    /// Sends something that changes the zone, once.
    pub async fn change(
        &self,
        call: Call<'_>,
        method: Method,
        path: &str,
        body: Option<&serde_json::Value>,
        time_out: Duration,
    ) -> Result<(), Unanswered> {
        let unsent = |error| Unanswered { error, may_have_arrived: false };
        let mut request = self.request(method, &format!("{SERVER}{path}")).timeout(time_out);
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = self.http.attempt(call, self.built(call, request).map_err(unsent)?).await?;
        let failed_there = response.status().is_server_error();
        match self.good(call, response).await {
            Ok(_) => Ok(()),
            Err(error) => Err(Unanswered { error, may_have_arrived: failed_there }),
        }
    }

    async fn read<T: DeserializeOwned>(
        &self,
        call: Call<'_>,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, ProviderError> {
        retry(self.policy, || async {
            let request = self.request(Method::GET, path).query(query);
            let response = self.good(call, self.http.open(call, self.built(call, request)?).await?).await?;
            whole(call, response).await
        })
        .await
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let mut url = self.endpoint.clone();
        url.set_path(&format!("{}{API}{path}", self.endpoint.path().trim_end_matches('/')));
        let key = self.secrets[0].expose_secret();
        self.http.client().request(method, url).header("X-API-Key", key).header("Accept", "application/json")
    }

    fn built(&self, call: Call<'_>, request: reqwest::RequestBuilder) -> Result<reqwest::Request, ProviderError> {
        let words = |error| format!("the request cannot be built: {error}");
        request.build().map_err(|error| call.error(ErrorKind::Rejected, &words(error)))
    }

    /// An answer of a good status, or what a bad one says.
    async fn good(&self, call: Call<'_>, response: Response) -> Result<Response, ProviderError> {
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let body = call.body(response).await.unwrap_or_default();
        Err(call.error(Call::status_kind(status), &format!("{}: {}", status.as_u16(), words_of(&body))))
    }
}

/// The answer, read to its end and understood.
async fn whole<T: DeserializeOwned>(call: Call<'_>, response: Response) -> Result<T, ProviderError> {
    let (status, headers) = (response.status(), response.headers().clone());
    let body = call.body(response).await?;
    call.json(&Answer { status, headers, body })
}

/// What an answer that failed says: JSON, plain text, or the page of something in between.
fn words_of(body: &[u8]) -> String {
    if let Ok(failure) = serde_json::from_slice::<Failure>(body) {
        let others = failure.errors.into_iter().filter(|error| *error != failure.error);
        return std::iter::once(failure.error.clone()).chain(others).collect::<Vec<_>>().join("; ");
    }
    let text = String::from_utf8_lossy(body);
    match html::title(&text) {
        Some(title) => format!("not the API but a page answered: {title}"),
        None if text.trim().is_empty() => "the answer is empty".to_owned(),
        None => text.trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_json_text_or_a_page() {
        assert_eq!(words_of(br#"{"error": "Name is out of zone"}"#), "Name is out of zone");
        assert_eq!(words_of(br#"{"error":"one","errors":["one","two"]}"#), "one; two");
        assert_eq!(words_of(b"Unauthorized"), "Unauthorized");
        assert_eq!(words_of(b"<title>502 Bad Gateway</title>"), "not the API but a page answered: 502 Bad Gateway");
        assert_eq!(words_of(b" "), "the answer is empty");
    }
}
