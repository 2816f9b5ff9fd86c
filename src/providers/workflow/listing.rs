//! A paged list, read to its end.
//!
//! The controller's `next` is built from whatever host a proxy passed on, so the next offset is computed here and
//! `next` is never followed. Pages have no cursor: what comes or goes meanwhile shifts the rest. So a list whose count
//! changes or is not met, or that shows an id twice, begins again, and then asks for all of it on one page, which has
//! no largest size.

use std::collections::HashSet;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::client::{Client, Failure};
use crate::secret::Secret;
use crate::wire::{ErrorKind, ProviderError};

/// What one page holds unless the list shifts.
const PER_PAGE: usize = 100;
/// Room for what may come while a list is read on one page.
const SPARE: usize = 100;

/// A list of the API.
pub struct List<'a> {
    /// For errors: `GET /v2/apps`.
    pub operation: &'a str,
    pub path: String,
    /// The field that tells its elements apart.
    pub id: &'a str,
}

/// A page that cannot be the truth, and how many elements the list says that it has.
struct Shifted {
    why: String,
    count: usize,
}

impl List<'_> {
    /// All elements; an error means that some may be missing.
    pub async fn read(&self, client: &Client, token: &Secret) -> Result<Vec<Value>, Failure> {
        let mut per_page = PER_PAGE;
        let mut attempt = 1;
        loop {
            let shifted = match self.read_once(client, token, per_page).await? {
                Ok(elements) => return Ok(elements),
                Err(shifted) => shifted,
            };
            if attempt >= client.policy.attempts {
                return Err(client.call(self.operation).error(ErrorKind::Unavailable, &shifted.why).into());
            }
            let wait = client.policy.wait(attempt, None);
            tracing::warn!(why = shifted.why, attempt, operation = self.operation, "beginning a list again");
            tokio::time::sleep(wait).await;
            per_page = shifted.count.saturating_add(SPARE);
            attempt += 1;
        }
    }

    async fn read_once(
        &self,
        client: &Client,
        token: &Secret,
        per_page: usize,
    ) -> Result<Result<Vec<Value>, Shifted>, Failure> {
        let mut elements: Vec<Value> = Vec::new();
        let mut seen = HashSet::new();
        let mut total = None;
        loop {
            let query = [("limit", per_page.to_string()), ("offset", elements.len().to_string())];
            let page = client.json(token, self.operation, &self.path, &query).await?;
            let (count, results) = parts(page).ok_or_else(|| {
                client.call(self.operation).error(ErrorKind::Malformed, "the answer has no list of results")
            })?;
            let shifted = |why: String| Ok(Err(Shifted { why, count }));
            if total.is_some_and(|total| total != count) {
                return shifted("the list changed while it was read".to_owned());
            }
            total = Some(count);
            let is_last = results.is_empty() || elements.len() + results.len() >= count;
            // One without an id is no repetition; whoever reads it will say that it is not understood.
            for id in results.iter().filter_map(|element| element.get(self.id)) {
                if !seen.insert(id.to_string()) {
                    return shifted(format!("{id} is listed twice"));
                }
            }
            elements.extend(results);
            if is_last {
                break;
            }
        }
        let (listed, told) = (elements.len(), total.unwrap_or_default());
        if listed == told {
            return Ok(Ok(elements));
        }
        let why = format!("the list holds {listed} elements and says that there are {told}");
        Ok(Err(Shifted { why, count: told.max(listed) }))
    }
}

/// The first few elements of a list that is long and newest first.
pub async fn first(
    client: &Client,
    token: &Secret,
    operation: &str,
    path: &str,
    limit: usize,
) -> Result<Vec<Value>, Failure> {
    let page = client.json(token, operation, path, &[("limit", limit.to_string())]).await?;
    let no_list = || client.call(operation).error(ErrorKind::Malformed, "the answer has no list of results");
    let (_, mut results) = parts(page).ok_or_else(no_list)?;
    results.truncate(limit);
    Ok(results)
}

/// How many elements a list says that it has.
pub async fn count(client: &Client, token: &Secret, operation: &str, path: &str) -> Result<usize, ProviderError> {
    let page = client.json(token, operation, path, &[("limit", "1".to_owned())]).await?;
    let no_list = || client.call(operation).error(ErrorKind::Malformed, "the answer has no list of results");
    Ok(parts(page).ok_or_else(no_list)?.0)
}

/// How many there are, and those on this page.
fn parts(mut page: Value) -> Option<(usize, Vec<Value>)> {
    let count = usize::try_from(page.get("count")?.as_u64()?).ok()?;
    match page.get_mut("results")?.take() {
        Value::Array(results) => Some((count, results)),
        _ => None,
    }
}

/// The elements as what they should be, and what is wrong if some are not. What such a one holds is not repeated.
pub fn understood<T: DeserializeOwned>(
    client: &Client,
    operation: &str,
    elements: Vec<Value>,
) -> (Vec<T>, Option<ProviderError>) {
    let count = elements.len();
    let good: Vec<T> = elements.into_iter().filter_map(|element| serde_json::from_value(element).ok()).collect();
    let words = format!("{} of {count} elements were not understood", count - good.len());
    let error = (good.len() < count).then(|| client.call(operation).error(ErrorKind::Malformed, &words));
    (good, error)
}
