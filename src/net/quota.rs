//! A provider's budget of requests, shared with the people who use its dashboard and tools under the same user.
//!
//! After a 429 nothing is sent before its `Retry-After`, by any of the readers side by side, and not by the next
//! collection either. Where answers tell what is left, a fifth is for people: when less than that is left, background
//! reading pauses until the window ends. The headers are structured fields (RFC 9651): `Ratelimit:
//! "default";r=1134;t=212`, `Ratelimit-Policy: "default";q=1200;w=300`.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::HeaderMap;
use tokio::time::Instant;

use super::error::{ErrorKind, ProviderError};
use super::http::Call;

/// The share of a quota that is left to people.
const SHARE_OF_PEOPLE: f64 = 0.2;
/// The documented quota, where an answer does not repeat it.
const USUAL_QUOTA: u64 = 1_200;

/// When the next request may be sent.
#[derive(Debug, Default)]
pub struct Quota {
    /// Before that nobody is answered.
    refused_until: Mutex<Option<Instant>>,
    /// Before that what is left is for people.
    left_to_people_until: Mutex<Option<Instant>>,
}

/// For whom a request is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    /// A collection, which can wait.
    Background,
    /// Somebody who waits for it: the share that is left to people is left for this.
    Person,
}

impl Quota {
    /// How long to wait before the next request; `None` to go ahead.
    pub fn pause(&self, asker: Asker) -> Option<Duration> {
        let refused = remaining(&self.refused_until);
        match asker {
            Asker::Person => refused,
            Asker::Background => refused.max(remaining(&self.left_to_people_until)),
        }
    }

    /// Waits until the next request may be sent; a pause beyond `patience` ends the call instead, to be made at another
    /// time.
    pub async fn wait(&self, call: Call<'_>, asker: Asker, patience: Duration) -> Result<(), ProviderError> {
        while let Some(pause) = self.pause(asker) {
            if pause > patience {
                let words = format!("the provider takes no more requests for {} s", pause.as_secs());
                return Err(call.error(ErrorKind::RateLimited, &words).with_retry_after(Some(pause)));
            }
            tokio::time::sleep(pause).await;
        }
        Ok(())
    }

    /// Sends nothing for `pause` from now; a longer pause that is already on stays.
    pub fn hold(&self, pause: Duration) {
        extend(&self.refused_until, pause);
    }

    /// Draws the consequences of an answer's headers.
    pub fn heed(&self, headers: &HeaderMap) {
        if let Some(pause) = pause_asked(headers) {
            tracing::info!(seconds = pause.as_secs(), "leaving the rest of the provider's quota to people");
            extend(&self.left_to_people_until, pause);
        }
    }
}

fn remaining(until: &Mutex<Option<Instant>>) -> Option<Duration> {
    let until = *until.lock().unwrap_or_else(PoisonError::into_inner);
    until.map(|at| at.saturating_duration_since(Instant::now())).filter(|pause| !pause.is_zero())
}

fn extend(until: &Mutex<Option<Instant>>, pause: Duration) {
    let Some(end) = Instant::now().checked_add(pause) else { return };
    let mut until = until.lock().unwrap_or_else(PoisonError::into_inner);
    if until.is_none_or(|at| at < end) {
        *until = Some(end);
    }
}

/// The pause that the headers call for: the longest window of those that have less left than the people's share.
fn pause_asked(headers: &HeaderMap) -> Option<Duration> {
    let policies = items(headers, "ratelimit-policy");
    items(headers, "ratelimit")
        .iter()
        .filter_map(|limit| {
            let (remaining, reset) = (limit.number("r")?, limit.number("t")?);
            let policy = policies.iter().find(|policy| policy.name == limit.name);
            let quota = policy.and_then(|policy| policy.number("q")).unwrap_or(USUAL_QUOTA);
            #[allow(clippy::cast_precision_loss, reason = "quotas are small")]
            let short = (remaining as f64) < SHARE_OF_PEOPLE * quota as f64;
            short.then(|| Duration::from_secs(reset))
        })
        .max()
}

/// An item of a structured list with its parameters.
#[derive(Debug, PartialEq, Eq)]
struct Item {
    name: String,
    parameters: Vec<(String, String)>,
}

impl Item {
    fn number(&self, name: &str) -> Option<u64> {
        self.parameters.iter().find(|(known, _)| known == name)?.1.parse().ok()
    }
}

/// The items of all header lines of that name; what is not in the form is left out.
fn items(headers: &HeaderMap, name: &str) -> Vec<Item> {
    headers
        .get_all(name)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| outside_quotes(line, ','))
        .map(|item| {
            let mut parts = outside_quotes(item, ';').into_iter().map(str::trim);
            let name = parts.next().unwrap_or_default().trim_matches('"').to_owned();
            let parameters = parts
                .filter_map(|part| part.split_once('='))
                .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
                .collect();
            Item { name, parameters }
        })
        .collect()
}

fn outside_quotes(text: &str, separator: char) -> Vec<&str> {
    let mut quoted = false;
    text.split(|character| {
        quoted ^= character == '"';
        character == separator && !quoted
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(limit: &str, policy: &str) -> Option<u64> {
        let mut headers = HeaderMap::new();
        headers.insert("ratelimit", limit.parse().unwrap());
        headers.insert("ratelimit-policy", policy.parse().unwrap());
        pause_asked(&headers).map(|pause| pause.as_secs())
    }

    #[test]
    fn a_fifth_of_the_quota_is_left_to_people() {
        let policy = r#""default";q=1200;w=300"#;
        assert_eq!(asked(r#""default";r=1134;t=212"#, policy), None);
        assert_eq!(asked(r#""default";r=240;t=212"#, policy), None);
        assert_eq!(asked(r#""default";r=239;t=212"#, policy), Some(212));
        assert_eq!(asked(r#""default"; t=7; r=0"#, ""), Some(7));
    }

    #[test]
    fn the_tightest_of_several_limits_counts_and_nonsense_does_not() {
        let policy = r#""default";q=1200;w=300, "odd,;name";q=10;w=60"#;
        assert_eq!(asked(r#""default";r=900;t=200, "odd,;name";r=1;t=30"#, policy), Some(30));
        for nonsense in ["", ";;;", "\"default", "\"default\";r=x;t=1", "\"default\";r=1", "r=1;t=1", "\"a\";r=-1;t=2"]
        {
            assert_eq!(asked(nonsense, policy), None, "{nonsense}");
        }
    }

    #[test]
    fn a_shorter_hold_does_not_cut_a_longer_one() {
        let quota = Quota::default();
        assert_eq!(quota.pause(Asker::Background), None);
        quota.hold(Duration::from_secs(60));
        quota.hold(Duration::from_secs(1));
        assert!(quota.pause(Asker::Background).is_some_and(|pause| pause > Duration::from_secs(50)));
    }

    #[test]
    fn people_may_use_their_share_and_nobody_what_is_refused() {
        let quota = Quota::default();
        let mut headers = HeaderMap::new();
        headers.insert("ratelimit", r#""default";r=7;t=212"#.parse().unwrap());
        quota.heed(&headers);
        assert!(quota.pause(Asker::Background).is_some());
        assert_eq!(quota.pause(Asker::Person), None);
        quota.hold(Duration::from_secs(60));
        assert!(quota.pause(Asker::Person).is_some());
    }

    #[test]
    fn a_hold_ends_by_itself() {
        let quota = Quota::default();
        quota.hold(Duration::ZERO);
        assert_eq!(quota.pause(Asker::Background), None);
        quota.hold(Duration::MAX);
        assert_eq!(quota.pause(Asker::Background), None, "a time that no clock shows is nonsense");
    }
}
