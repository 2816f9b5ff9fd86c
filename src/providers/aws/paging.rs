//! Paging: on until the token is absent, never round in circles, from the start again once when a token has gone bad.
//!
//! Tokens are opaque, belong to one listing and are kept no longer than it. A page may be short or empty and still have
//! a token.

use std::collections::HashSet;

use super::failure::{AwsError, Class};

/// Where a listing is.
#[derive(Debug, Default)]
pub(super) struct Pager {
    token: Option<String>,
    seen: HashSet<String>,
    finished: bool,
    restarted: bool,
}

impl Pager {
    /// The token of the next page (`None` for the first), or nothing at the end.
    pub fn next_page(&self) -> Option<Option<String>> {
        (!self.finished).then(|| self.token.clone())
    }

    /// A page was read, and this is the token it came with.
    ///
    /// # Errors
    /// When the token came before, in which case the listing would never end.
    pub fn turn(&mut self, operation: &str, token: Option<String>) -> Result<(), AwsError> {
        self.token = token.filter(|token| !token.is_empty());
        self.finished = self.token.is_none();
        match &self.token {
            Some(token) if !self.seen.insert(token.clone()) => Err(AwsError::new(
                Class::Malformed,
                operation,
                "the same page token came twice; the listing would never end",
            )),
            _ => Ok(()),
        }
    }

    /// Begins again if `error` says that the token went bad, and if that has not happened before.
    pub fn restart(&mut self, error: &AwsError) -> bool {
        let again = error.class == Class::BadToken && self.token.is_some() && !self.restarted;
        if again {
            *self = Self { restarted: true, ..Self::default() };
        }
        again
    }
}

/// Reads the pages of a listing that is small enough to be kept. What was read before a failure comes with it: it
/// proves no absence, and it is still news.
pub(super) async fn read_pages<T, F, Fut>(operation: &str, fetch: F) -> (Vec<T>, Result<(), AwsError>)
where
    F: Fn(Option<String>) -> Fut,
    Fut: Future<Output = Result<(Vec<T>, Option<String>), AwsError>>,
{
    let mut pager = Pager::default();
    let mut read = Vec::new();
    while let Some(token) = pager.next_page() {
        match fetch(token).await {
            Ok((items, token)) => {
                read.extend(items);
                if let Err(failed) = pager.turn(operation, token) {
                    return (read, Err(failed));
                }
            }
            Err(failed) if pager.restart(&failed) => read.clear(),
            Err(failed) => return (read, Err(failed)),
        }
    }
    (read, Ok(()))
}

/// The same for what is of no use unless it is whole.
pub(super) async fn all_pages<T, F, Fut>(operation: &str, fetch: F) -> Result<Vec<T>, AwsError>
where
    F: Fn(Option<String>) -> Fut,
    Fut: Future<Output = Result<(Vec<T>, Option<String>), AwsError>>,
{
    let (read, outcome) = read_pages(operation, fetch).await;
    outcome.map(|()| read)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bad_token() -> AwsError {
        AwsError::new(Class::BadToken, "List", "InvalidNextToken")
    }

    #[test]
    fn an_empty_token_ends_a_listing_as_an_absent_one_does() {
        for last in [None, Some(String::new())] {
            let mut pager = Pager::default();
            assert_eq!(pager.next_page(), Some(None));
            pager.turn("List", Some("a".to_owned())).unwrap();
            assert_eq!(pager.next_page(), Some(Some("a".to_owned())));
            pager.turn("List", last).unwrap();
            assert_eq!(pager.next_page(), None);
        }
    }

    #[test]
    fn a_token_that_repeats_is_an_error_and_no_endless_loop() {
        let mut pager = Pager::default();
        pager.turn("List", Some("a".to_owned())).unwrap();
        pager.turn("List", Some("b".to_owned())).unwrap();
        assert_eq!(pager.turn("List", Some("a".to_owned())).unwrap_err().class, Class::Malformed);
    }

    #[test]
    fn a_bad_token_restarts_once_and_a_bad_first_call_never() {
        let mut pager = Pager::default();
        assert!(!pager.restart(&bad_token()), "there was no token yet: the request itself is wrong");
        pager.turn("List", Some("a".to_owned())).unwrap();
        assert!(pager.restart(&bad_token()));
        assert_eq!(pager.next_page(), Some(None));
        pager.turn("List", Some("a".to_owned())).unwrap();
        assert!(!pager.restart(&bad_token()));
    }
}
