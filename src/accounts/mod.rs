//! People, their passwords, their teams and their tokens, for the web and the command line alike: every change is
//! checked, audited and ends what it has to end, whoever asks for it.

pub mod invitations;
pub mod reach;
pub mod second_factor;
pub mod sessions;
pub mod setup;
pub mod sign_in;
pub mod teams;
pub mod throttle;
pub mod tokens;
pub mod users;
pub mod view_as;

use crate::clock::Instant;
use crate::passwords::{PasswordError, UnfitPassword};
use crate::store::StoreError;

/// Why an account could not be made, changed or used, in words for the person at the form or the shell.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    #[error("{0:?} is not an e-mail address; write name@example.com")]
    Email(String),
    #[error("{0}")]
    Password(#[from] UnfitPassword),
    #[error("there is an account {0} already")]
    Taken(String),
    #[error("there is no account {0}")]
    Unknown(String),
    #[error("this is the last administrator who can sign in; make another one first")]
    LastAdmin,
    #[error("the address or the password is wrong")]
    Credentials,
    #[error("the current password is wrong")]
    CurrentPassword,
    #[error("the code is wrong, or was used before; wait for the next one")]
    Code,
    #[error("this sign-in is over: it was finished already, or took longer than 5 minutes; begin again")]
    HalfOver,
    #[error("your second factor is on already")]
    SecondFactorOn,
    #[error("there is nothing to confirm any more: a secret waits 15 minutes for its first code; begin again")]
    NothingToConfirm,
    #[error("the account {0} has no second factor")]
    NoSecondFactor(String),
    #[error("too many attempts; try again at {}", .0.format("%H:%M:%S UTC"))]
    Throttled(Instant),
    #[error("this setup link has been used or has expired")]
    SetupLink,
    #[error("this invitation has been used or revoked, or has expired")]
    Invitation,
    #[error("there is no open invitation {0}")]
    NoInvitation(i64),
    #[error("there is no team {0}")]
    NoTeam(i64),
    #[error("a team needs a name")]
    TeamName,
    #[error("there is a team {0:?} already")]
    TeamTaken(String),
    #[error("a name, a note or a pattern is one line of at most 100 characters")]
    TeamText,
    #[error("a rule names a region, a cluster or an app; * stands for any run of characters")]
    EmptyRule,
    #[error("the team sees {0} already")]
    RuleKnown(String),
    #[error("the team has no rule {0}")]
    NoRule(i64),
    #[error("{0} is in the team already")]
    MemberAlready(String),
    #[error("the team has no member {0}")]
    NoMember(i64),
    #[error("a token needs a name")]
    TokenName,
    #[error("a token lives 1 to {} days", tokens::MAX_DAYS)]
    TokenDays,
    #[error("{0:?} is not a network; write 192.0.2.0/24 or a single address")]
    TokenNetwork(String),
    #[error("your role may not make a token of scope {0}")]
    TokenScope(crate::roles::TokenScope),
    #[error("there is no live token {0}")]
    NoToken(i64),
    #[error(transparent)]
    Hash(#[from] PasswordError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What an account's change has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    pub sessions: usize,
    pub tokens: usize,
    /// Of other people, by this one.
    pub invitations: usize,
    /// The epoch that begins; a session that shall go on takes it over.
    pub epoch: i64,
}

/// An e-mail address as it is stored and compared: trimmed, in lower case.
pub fn normal_email(text: &str) -> Result<String, AccountError> {
    let email = text.trim().to_lowercase();
    let whole = email.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && !host.is_empty() && !host.contains('@') && !host.starts_with('.') && !host.ends_with('.')
    });
    let plain =
        email.len() <= 254 && !email.chars().any(|c| c.is_whitespace() || c.is_control() || "<>\"(),:;\\".contains(c));
    if whole && plain { Ok(email) } else { Err(AccountError::Email(text.trim().chars().take(80).collect())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_the_same_in_any_case() {
        assert_eq!(normal_email(" Ada@Example.COM ").unwrap(), "ada@example.com");
        for wrong in ["", "ada", "@example.com", "ada@", "a b@example.com", "a@b@c", "<a@b>", "a@.b"] {
            assert!(normal_email(wrong).is_err(), "{wrong}");
        }
    }
}
