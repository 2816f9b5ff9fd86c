//! How many guesses somebody gets: few per account, more per address, and then a wait that doubles.
//!
//! The wait is bounded by a quarter of an hour, so that whoever guesses at an account locks its owner out for no longer
//! than that.

use std::net::{IpAddr, Ipv6Addr};

use chrono::TimeDelta;
use diesel::QueryResult;
use sha2::{Digest, Sha256};

use crate::clock::Instant;
use crate::secret::hex;
use crate::store::{AnyConnection, sign_ins};

/// Attempts are counted over this long.
pub const WINDOW: TimeDelta = TimeDelta::minutes(15);
const PER_ACCOUNT: usize = 5;
const PER_ADDRESS: usize = 20;
/// The wait after the first attempt too many, in seconds; it doubles with each further one.
const FIRST_WAIT: i64 = 30;

/// What is guessed at. Each is counted for itself: whoever knows the password buys no guess at the code with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guess {
    Password,
    /// Of a second factor.
    Code,
}

/// An attempt that was let through, and counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    guess: Guess,
    account: i64,
    address: i64,
}

/// Whether the next attempt is let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Admitted(Attempt),
    /// Not before then.
    Throttled(Instant),
}

/// Counts an attempt on an account from an address, or refuses it. A refused one is not counted: waiting always helps.
pub fn admit(
    connection: &mut AnyConnection,
    guess: Guess,
    email: &str,
    address: &str,
    at: Instant,
) -> QueryResult<Verdict> {
    // Taken first: it makes attempts wait for each other, so that none is overlooked in the count.
    let id = sign_ins::next_id(connection, 2)?;
    let (account, address) = (account_subject(guess, email), address_subject(address));
    let mut until = None;
    for (subject, allowance) in [(&account, PER_ACCOUNT), (&address, PER_ADDRESS)] {
        let attempts = sign_ins::since(connection, subject, at - WINDOW)?;
        until = until.max(retry_at(&attempts, allowance).filter(|until| *until > at));
    }
    if let Some(until) = until {
        return Ok(Verdict::Throttled(until));
    }
    sign_ins::insert(connection, id, &account, at)?;
    sign_ins::insert(connection, id + 1, &address, at)?;
    Ok(Verdict::Admitted(Attempt { guess, account: id, address: id + 1 }))
}

/// The guess was right: the account is forgiven its like, and the address this one attempt.
pub fn forgive(connection: &mut AnyConnection, attempt: Attempt, email: &str) -> QueryResult<()> {
    sign_ins::delete(connection, attempt.address)?;
    sign_ins::forgive(connection, &account_subject(attempt.guess, email))
}

/// Whoever got in by the code had given the password before it.
pub fn forgive_password(connection: &mut AnyConnection, email: &str) -> QueryResult<()> {
    sign_ins::forgive(connection, &account_subject(Guess::Password, email))
}

/// It was not even a guess (the hash could not be computed), or right and not yet enough: takes the attempt back.
pub fn take_back(connection: &mut AnyConnection, attempt: Attempt) -> QueryResult<()> {
    sign_ins::delete(connection, attempt.address)?;
    sign_ins::delete(connection, attempt.account)
}

/// When the next attempt is let through after these, oldest first; `None` is at once.
fn retry_at(attempts: &[Instant], allowance: usize) -> Option<Instant> {
    let excess = attempts.len().checked_sub(allowance)?;
    let doublings = u32::try_from(excess).unwrap_or(u32::MAX).min(10);
    let wait = TimeDelta::seconds(FIRST_WAIT << doublings).min(WINDOW);
    attempts.last().map(|last| *last + wait)
}

/// Addresses are hashed: what people type into the field may be a password.
fn account_subject(guess: Guess, email: &str) -> String {
    let hash = Sha256::digest(email.as_bytes());
    let sort = match guess {
        Guess::Password => "account",
        Guess::Code => "code",
    };
    format!("{sort}:{}", hex(&hash[..16]))
}

/// Whoever has one IPv6 address has the other 2^64 of its network too.
fn address_subject(address: &str) -> String {
    match address.parse() {
        Ok(IpAddr::V6(v6)) => {
            let network = Ipv6Addr::from(u128::from(v6) >> 64 << 64);
            format!("address:{network}/64")
        }
        _ => format!("address:{address}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Instant {
        chrono::DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
    }

    #[test]
    fn five_guesses_are_free_and_each_further_one_doubles_the_wait() {
        let guesses = |count: i64| (0..count).map(at).collect::<Vec<_>>();
        assert_eq!(retry_at(&guesses(4), PER_ACCOUNT), None);
        assert_eq!(retry_at(&guesses(5), PER_ACCOUNT), Some(at(4 + 30)));
        assert_eq!(retry_at(&guesses(6), PER_ACCOUNT), Some(at(5 + 60)));
        assert_eq!(retry_at(&guesses(9), PER_ACCOUNT), Some(at(8 + 480)));
        assert_eq!(retry_at(&guesses(60), PER_ACCOUNT), Some(at(59) + WINDOW), "never longer than the window");
    }

    #[test]
    fn an_ipv6_network_is_one_client() {
        assert_eq!(address_subject("2001:db8::1"), address_subject("2001:db8::ffff:1"));
        assert_ne!(address_subject("2001:db8::1"), address_subject("2001:db8:0:1::1"));
        assert_ne!(address_subject("192.0.2.1"), address_subject("192.0.2.2"));
    }
}
