//! A paged list, streamed: each page is cut into its elements while it arrives, so no list is ever held as a whole.
//!
//! The provider's pages have no cursor: what is added or removed meanwhile shifts the rest, and an element is missed or
//! seen twice. So a list whose total changes, or that shows an id twice, begins again, and then asks for all of it on
//! one page.

use std::collections::HashSet;

use reqwest::Response;
use serde::de::DeserializeOwned;

use super::client::Client;
use super::envelope::{Envelope, words_of};
use crate::kinds::record::identity;
use crate::net::http::Call;
use crate::providers::splitter::{Splitter, Uncut};
use crate::wire::{ErrorKind, ProviderError};

/// How much of a page is kept for its words, should it be no JSON; far more than an error shows.
const READ_OF_START: usize = 8 * 1024;

/// A list of the API.
pub struct List<'a> {
    /// For errors: `GET /zones`.
    pub operation: &'a str,
    pub path: String,
    pub filters: Vec<(&'a str, String)>,
    pub per_page: u64,
    /// The largest page that the provider allows, for when the list shifts between smaller ones.
    pub largest_page: u64,
}

/// What a list consists of: things with an id.
pub trait Element: DeserializeOwned {
    fn id(&self) -> &str;
}

/// Takes the elements of a list.
pub trait Sink {
    type Element: Element;

    async fn take(&mut self, element: Self::Element) -> Result<(), ProviderError>;

    /// What was taken so far does not count: the list begins again.
    async fn restart(&mut self) -> Result<(), ProviderError>;
}

/// Why a reading of a list stopped.
enum Stop {
    /// It may go better from the beginning.
    Again(ProviderError),
    Shifted(ProviderError),
    End(ProviderError),
}

/// What is known of a list while its pages are read.
#[derive(Default)]
struct Reading {
    seen: HashSet<i64>,
    total: Option<u64>,
    /// Elements of all pages, understood or not.
    found: u64,
    /// Elements that were there and could not be understood.
    misread: u64,
    first_misread: String,
}

impl List<'_> {
    /// Reads all pages into `sink`; an error means that something may be missing.
    pub async fn read<S: Sink>(&self, client: &Client, sink: &mut S) -> Result<(), ProviderError> {
        let mut per_page = self.per_page;
        let mut attempt = 1;
        loop {
            let error = match self.read_once(client, per_page, sink).await {
                Ok(()) => return Ok(()),
                Err(Stop::End(error)) => return Err(error),
                Err(Stop::Again(error)) => error,
                Err(Stop::Shifted(error)) => {
                    per_page = self.largest_page;
                    error
                }
            };
            if attempt >= client.policy.attempts {
                return Err(error);
            }
            let wait = client.policy.wait(attempt, None);
            tracing::warn!(%error, attempt, wait_ms = wait.as_millis(), "beginning a list again");
            tokio::time::sleep(wait).await;
            sink.restart().await?;
            attempt += 1;
        }
    }

    async fn read_once<S: Sink>(&self, client: &Client, per_page: u64, sink: &mut S) -> Result<(), Stop> {
        let call = client.call(self.operation);
        let mut reading = Reading::default();
        for page in 1.. {
            let mut query = self.filters.clone();
            query.extend([("page", page.to_string()), ("per_page", per_page.to_string())]);
            let response = client.open(call, &self.path, &query).await.map_err(Stop::End)?;
            let (found, envelope) = read_page(client, call, response, &mut reading, sink).await?;
            let total = envelope.result_info.and_then(|info| info.total_count);
            if page > 1 && total != reading.total {
                return Err(Stop::Shifted(call.error(ErrorKind::Unavailable, "the list changed while it was read")));
            }
            reading.total = total;
            reading.found += found;
            // By what came and not by what was asked for: a page may hold less than that.
            if found == 0 || total.is_some_and(|total| reading.found >= total) {
                break;
            }
        }
        reading.verdict(call)
    }
}

impl Reading {
    /// Whether the pages together are the whole list.
    fn verdict(self, call: Call<'_>) -> Result<(), Stop> {
        if self.misread > 0 {
            let words = format!("{} elements were not understood, the first: {}", self.misread, self.first_misread);
            return Err(Stop::End(call.error(ErrorKind::Malformed, &words)));
        }
        let listed = self.seen.len() as u64;
        if let Some(total) = self.total.filter(|total| *total != listed) {
            let words = format!("the list holds {listed} elements and says that there are {total}");
            return Err(Stop::Shifted(call.error(ErrorKind::Unavailable, &words)));
        }
        Ok(())
    }

    fn misread(&mut self, error: &serde_json::Error) {
        if self.misread == 0 {
            self.first_misread = error.to_string();
        }
        self.misread += 1;
    }
}

/// Streams one page into `sink`: how many elements it had, and its envelope.
async fn read_page<S: Sink>(
    client: &Client,
    call: Call<'_>,
    mut response: Response,
    reading: &mut Reading,
    sink: &mut S,
) -> Result<(u64, Envelope), Stop> {
    let headers = response.headers().clone();
    let mut splitter = Splitter::at("\"result\"");
    let mut found = 0;
    let mut start = Vec::new();
    loop {
        let chunk = response.chunk().await.map_err(|error| Stop::Again(call.transport_error(&error)))?;
        let Some(chunk) = chunk else { break };
        if start.is_empty() {
            start = chunk[..chunk.len().min(READ_OF_START)].to_vec();
        }
        let mut elements = Vec::new();
        let fed = splitter.feed(&chunk, |element| {
            found += 1;
            elements.push(serde_json::from_slice::<S::Element>(element));
        });
        for element in elements {
            match element {
                Ok(element) => {
                    if !reading.seen.insert(identity(element.id())) {
                        let words = format!("{} is listed twice", element.id());
                        return Err(Stop::Shifted(call.error(ErrorKind::Unavailable, &words)));
                    }
                    sink.take(element).await.map_err(Stop::End)?;
                }
                Err(error) => reading.misread(&error),
            }
        }
        fed.map_err(|uncut| spoiled(call, uncut, &start))?;
    }
    let skeleton = splitter.finish().map_err(|uncut| spoiled(call, uncut, &start))?;
    let envelope: Envelope = serde_json::from_slice(&skeleton)
        .map_err(|error| Stop::End(call.error(ErrorKind::Malformed, &format!("the answer is not JSON: {error}"))))?;
    client.approve(call, &headers, &envelope).map_err(Stop::End)?;
    if envelope.result.is_none() {
        return Err(Stop::End(call.error(ErrorKind::Malformed, "the answer has no list of results")));
    }
    Ok((found, envelope))
}

/// An answer that could not be cut: a connection that ended early may do better, a page that is no JSON will not.
fn spoiled(call: Call<'_>, uncut: Uncut, start: &[u8]) -> Stop {
    match uncut {
        Uncut::Truncated => Stop::Again(call.error(ErrorKind::Unavailable, &uncut.to_string())),
        Uncut::NoObject => Stop::End(call.error(ErrorKind::Malformed, &words_of(start))),
        Uncut::TooLong | Uncut::Comma => Stop::End(call.error(ErrorKind::Malformed, &uncut.to_string())),
    }
}
