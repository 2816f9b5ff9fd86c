//! Whether a code is accepted: one of the device's, each once, or a recovery code, each once. Guesses are throttled by
//! account and by address, and counted for the person to be told.

use diesel::QueryResult;
use secrecy::ExposeSecret;

use crate::accounts::AccountError;
use crate::accounts::throttle::{self, Attempt, Guess, Verdict};
use crate::audit::Doer;
use crate::clock::Instant;
use crate::context::Context;
use crate::secret::{Secret, random_bytes};
use crate::store::users::UserRow;
use crate::store::{AnyConnection, StoreError, Vault, recovery_codes, second_factors};

/// Digits of a device's code.
const DIGITS: usize = 6;
/// Letters of a recovery code: 60 bits, of which a hash can be made by the holder of the secret key alone.
const LETTERS: usize = 12;
/// Recovery codes are given so many at a time.
const RECOVERY_CODES: usize = 10;
/// Crockford's base32: nothing that is read as something else.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Nobody types more.
const LONGEST: usize = 64;

/// A code that was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// How many recovery codes are left, if it was one.
    pub recovery_codes_left: Option<i64>,
    /// Wrong codes since the last sign-in.
    pub failures: i64,
}

/// Why a code was not accepted, as the audit has it. Whoever gave it is not told which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    Wrong,
    Used,
}

impl Refused {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Wrong => "wrong code",
            Self::Used => "the code was used before",
        }
    }
}

/// What somebody has typed.
enum Given {
    Totp(Secret),
    Recovery(Secret),
    Nonsense,
}

/// Fresh recovery codes, as people see them: three groups of four.
pub fn recovery_codes() -> Vec<Secret> {
    let code = || {
        let letters = random_bytes::<LETTERS>().map(|byte| char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]));
        let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
        Secret::from(groups.join("-"))
    };
    (0..RECOVERY_CODES).map(|_| code()).collect()
}

/// A recovery code as it is hashed, whatever it looked like.
pub fn normal(code: &Secret) -> Secret {
    Secret::from(plain(code.expose_secret()))
}

/// Accepts a code of somebody who is signed in, or refuses it.
pub async fn check(context: &Context, doer: &Doer, user: &UserRow, code: Secret) -> Result<(), AccountError> {
    let (email, address, at) = (user.email.clone(), doer.address.clone(), context.clock.now());
    let admitted = context.db.write(move |connection| throttle::admit(connection, Guess::Code, &email, &address, at));
    let attempt = match admitted.await? {
        Verdict::Admitted(attempt) => attempt,
        Verdict::Throttled(until) => return Err(AccountError::Throttled(until)),
    };
    let (vault, user) = (vault(context)?, user.clone());
    let settled = context.db.write(move |connection| settle(connection, &vault, attempt, &user, &code, at)).await?;
    settled.map(|_| ()).map_err(|refused| {
        tracing::warn!(address = %doer.address, why = refused.as_str(), "a code was refused");
        AccountError::Code
    })
}

/// What opens secrets; a process that serves has it.
pub fn vault(context: &Context) -> Result<Vault, StoreError> {
    context.db.vault().cloned().ok_or(StoreError::Locked)
}

/// Accepts a code and forgives the guesses before it, or counts one more. Of the same code twice at once one is
/// accepted.
pub fn settle(
    connection: &mut AnyConnection,
    vault: &Vault,
    attempt: Attempt,
    user: &UserRow,
    code: &Secret,
    at: Instant,
) -> QueryResult<Result<Accepted, Refused>> {
    let Some(factor) = second_factors::find(connection, vault, user.id)? else { return Ok(Err(Refused::Wrong)) };
    let given = match Given::parse(code) {
        Given::Totp(code) => match factor.key.step_of(code.expose_secret(), at) {
            Some(step) if second_factors::advance(connection, user.id, step)? => Ok(None),
            Some(_) => Err(Refused::Used),
            None => Err(Refused::Wrong),
        },
        Given::Recovery(code) => match recovery_codes::use_up(connection, vault, user.id, &code, at)? {
            true => Ok(Some(recovery_codes::left(connection, user.id)?)),
            false if recovery_codes::was_used(connection, vault, user.id, &code)? => Err(Refused::Used),
            false => Err(Refused::Wrong),
        },
        Given::Nonsense => Err(Refused::Wrong),
    };
    match given {
        Ok(recovery_codes_left) => {
            throttle::forgive(connection, attempt, &user.email)?;
            Ok(Ok(Accepted { recovery_codes_left, failures: factor.failures }))
        }
        Err(refused) => {
            second_factors::count_failure(connection, user.id)?;
            Ok(Err(refused))
        }
    }
}

impl Given {
    fn parse(code: &Secret) -> Self {
        let text = code.expose_secret();
        if text.len() > LONGEST {
            return Self::Nonsense;
        }
        let plain = plain(text);
        match plain.len() {
            // The letters that are read as digits are none here.
            DIGITS if text.chars().filter(|c| c.is_ascii_digit()).count() == DIGITS => Self::Totp(plain.into()),
            LETTERS if plain.bytes().all(|letter| ALPHABET.contains(&letter)) => Self::Recovery(plain.into()),
            _ => Self::Nonsense,
        }
    }
}

/// Without what is typed for the eye, and with what is read as something else read right.
fn plain(text: &str) -> String {
    let typed = text.chars().filter(|c| !c.is_whitespace() && *c != '-').flat_map(char::to_lowercase);
    let read = |c| match c {
        'o' => '0',
        'i' | 'l' => '1',
        other => other,
    };
    typed.map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sort(text: &str) -> &'static str {
        match Given::parse(&text.into()) {
            Given::Totp(_) => "totp",
            Given::Recovery(_) => "recovery",
            Given::Nonsense => "nonsense",
        }
    }

    #[test]
    fn codes_are_told_apart_however_they_are_typed() {
        for text in ["123456", " 123 456 ", "123-456"] {
            assert_eq!(sort(text), "totp", "{text}");
        }
        for text in ["abcd-efgh-jkmn", "ABCDEFGHJKMN", "abcd efgh jkmn", "0123-4567-89ab"] {
            assert_eq!(sort(text), "recovery", "{text}");
        }
        for text in ["", "12345", "1234567", "l23456", "abcd-efgh-jkmu", "１２３４５６", &"1".repeat(1000)] {
            assert_eq!(sort(text), "nonsense", "{text}");
        }
    }

    #[test]
    fn recovery_codes_differ_and_are_known_again_as_they_are_read() {
        let codes = recovery_codes();
        let plain: std::collections::BTreeSet<_> =
            codes.iter().map(|code| normal(code).expose_secret().to_owned()).collect();
        assert_eq!(plain.len(), RECOVERY_CODES);
        assert!(codes.iter().all(|code| code.expose_secret().len() == LETTERS + 2));
        assert_eq!(normal(&"O0il-abcd-EFGH".into()).expose_secret(), "0011abcdefgh");
    }
}
