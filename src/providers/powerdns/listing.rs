//! A zone with its sets. The server gives it as one object, however large: its list of sets is cut while it arrives.

use reqwest::Response;

use super::client::Client;
use super::wire::{WireSet, WireZone};
use crate::net::http::Call;
use crate::providers::splitter::{Splitter, Uncut};
use crate::wire::{ErrorKind, ProviderError};

/// The key of the list of sets.
const SETS: &str = "\"rrsets\"";
/// How much of an answer is kept for its words, should it be no JSON; far more than an error shows.
const READ_OF_START: usize = 8 * 1024;

/// Takes the sets of a zone.
pub trait Sink {
    async fn take(&mut self, set: WireSet) -> Result<(), ProviderError>;

    /// What was taken so far does not count: the listing begins again.
    async fn restart(&mut self) -> Result<(), ProviderError>;
}

/// Why a reading stopped.
enum Stop {
    /// It may go better from the beginning.
    Again(ProviderError),
    End(ProviderError),
}

/// Reads all sets of the zone `id` into `sink`, and its head; an error means that something may be missing.
pub async fn read<S: Sink>(client: &Client, id: &str, sink: &mut S) -> Result<WireZone, ProviderError> {
    let call = client.call("GET /zones/{id}");
    let mut attempt = 1;
    loop {
        let response = client.open(call, &format!("/zones/{id}"), &[]).await?;
        let error = match stream(call, response, sink).await {
            Ok(head) => return Ok(head),
            Err(Stop::End(error)) => return Err(error),
            Err(Stop::Again(error)) => error,
        };
        if attempt >= client.policy.attempts {
            return Err(error);
        }
        let wait = client.policy.wait(attempt, None);
        tracing::warn!(%error, attempt, wait_ms = wait.as_millis(), "beginning a zone again");
        tokio::time::sleep(wait).await;
        sink.restart().await?;
        attempt += 1;
    }
}

async fn stream<S: Sink>(call: Call<'_>, mut response: Response, sink: &mut S) -> Result<WireZone, Stop> {
    let mut splitter = Splitter::at(SETS);
    let mut start = Vec::new();
    let (mut misread, mut first_misread) = (0_u64, String::new());
    loop {
        let chunk = response.chunk().await.map_err(|error| Stop::Again(call.transport_error(&error)))?;
        let Some(chunk) = chunk else { break };
        if start.is_empty() {
            start = chunk[..chunk.len().min(READ_OF_START)].to_vec();
        }
        let mut sets = Vec::new();
        let fed = splitter.feed(&chunk, |element| match serde_json::from_slice::<WireSet>(element) {
            Ok(set) => sets.push(set),
            Err(error) => {
                if misread == 0 {
                    first_misread = error.to_string();
                }
                misread += 1;
            }
        });
        for set in sets {
            sink.take(set).await.map_err(Stop::End)?;
        }
        fed.map_err(|uncut| spoiled(call, uncut, &start))?;
    }
    let skeleton = splitter.finish().map_err(|uncut| spoiled(call, uncut, &start))?;
    if misread > 0 {
        let words = format!("{misread} sets were not understood, the first: {first_misread}");
        return Err(Stop::End(call.error(ErrorKind::Malformed, &words)));
    }
    let has_list = serde_json::from_slice::<serde_json::Value>(&skeleton).is_ok_and(|zone| zone["rrsets"].is_array());
    let head = serde_json::from_slice::<WireZone>(&skeleton).ok().filter(|zone| has_list && !zone.id.is_empty());
    head.ok_or_else(|| Stop::End(call.error(ErrorKind::Malformed, "the answer is no zone with its sets")))
}

/// An answer that could not be cut: a connection that ended early may do better, an answer that is no JSON will not.
fn spoiled(call: Call<'_>, uncut: Uncut, start: &[u8]) -> Stop {
    match uncut {
        Uncut::Truncated => Stop::Again(call.error(ErrorKind::Unavailable, &uncut.to_string())),
        Uncut::NoObject => {
            let words = format!("not the API answered: {}", String::from_utf8_lossy(start).trim());
            Stop::End(call.error(ErrorKind::Malformed, &words))
        }
        Uncut::TooLong | Uncut::Comma => Stop::End(call.error(ErrorKind::Malformed, &uncut.to_string())),
    }
}
