//! Signing in: throttle, password, second factor, audit. The session is the web's.
//!
//! Where a code is asked for, a right password makes a half sign-in: a token that proves the password for five minutes
//! and opens nothing. Who does not know the password learns nothing of a second factor: until it was right, every
//! answer is the same.

use chrono::TimeDelta;
use secrecy::ExposeSecret;

use super::second_factor::codes;
use super::throttle::{self, Guess, Verdict};
use super::{AccountError, normal_email};
use crate::audit::{self, Act, Doer, Outcome};
use crate::context::Context;
use crate::passwords;
use crate::secret::{Secret, random_token, token_hash};
use crate::store::users::{self, UserRow};
use crate::store::{StoreError, half_sign_ins, second_factors};

/// What stands in the audit where the address belongs to nobody: people type passwords into that field.
const NOBODY: &str = "an unknown account";
/// A half sign-in waits so long for its code.
pub const HALF_LIFE: TimeDelta = TimeDelta::minutes(5);

/// What a right password came to.
pub enum Passed {
    /// Signed in.
    In(UserRow),
    /// A code is asked for; whoever holds the token has given the password.
    Half(Secret),
}

/// Somebody who signed in with a code.
pub struct SignedIn {
    pub user: UserRow,
    /// How many recovery codes are left, if it was one.
    pub recovery_codes_left: Option<i64>,
    /// Wrong codes since the sign-in before.
    pub failures: i64,
}

/// Asks for the password. What is wrong with address and password is not told, and takes the same time to find out.
pub async fn sign_in(context: &Context, doer: &Doer, email: &str, password: Secret) -> Result<Passed, AccountError> {
    let email = normal_email(email).unwrap_or_else(|_| email.trim().to_lowercase());
    let (db, asking, wanted, at) = (context.db.clone(), doer.clone(), email.clone(), context.clock.now());
    let (verdict, account) = context
        .db
        .write(move |connection| {
            let verdict = throttle::admit(connection, Guess::Password, &wanted, &asking.address, at)?;
            let Verdict::Admitted(attempt) = verdict else { return Ok((verdict, None)) };
            let found = users::credentials(connection, &wanted)?;
            let subject = found.as_ref().map_or(NOBODY, |(user, _)| &user.email);
            let doer = found.as_ref().map_or_else(|| asking.clone(), |(user, _)| asking.named(&user.email));
            let begun = audit::begin_in(connection, &db, &doer, Act::new("session.sign_in", subject))?;
            Ok((verdict, Some((attempt, found, begun))))
        })
        .await?;
    let (attempt, found, begun) = match (verdict, account) {
        (Verdict::Admitted(_), Some(account)) => account,
        (Verdict::Throttled(until), _) => {
            // Logged, not audited: whoever hammers must not fill the database as fast as requests come.
            tracing::warn!(address = %doer.address, until = %until, "a sign-in was throttled");
            return Err(AccountError::Throttled(until));
        }
        (Verdict::Admitted(_), None) => return Err(AccountError::Credentials),
    };

    let hash = found.as_ref().map(|(_, hash)| hash.clone());
    let verified = context.passwords.verify(password.clone(), hash).await;
    let db = context.db.clone();
    let right = match verified {
        Ok(right) => right,
        Err(error) => {
            context
                .db
                .write(move |connection| {
                    throttle::take_back(connection, attempt)?;
                    begun.complete_in(connection, &db, Outcome::Failed, "not verified")
                })
                .await?;
            return Err(error.into());
        }
    };
    let Some((user, hash)) = found.filter(|(user, _)| right && user.disabled_at.is_none()) else {
        let why = if right { "the account is disabled" } else { "wrong password" };
        tracing::warn!(address = %doer.address, why, "a sign-in failed");
        begun.complete(&context.db, Outcome::Refused, why).await?;
        return Err(AccountError::Credentials);
    };

    // Whoever knew the password comes in, whether or not there is a turn left for a stronger hash; the next time is as
    // good.
    let stronger = match passwords::is_outdated(&hash) {
        true => context.passwords.hash(password).await.ok(),
        false => None,
    };
    let at = context.clock.now();
    let half = user.second_factor_at.map(|_| Secret::from(random_token()));
    let (person, half_hash) = (user.clone(), half.as_ref().map(|token| token_hash(token.expose_secret())));
    context
        .db
        .write(move |connection| {
            if let Some(stronger) = stronger {
                users::rehash(connection, person.id, &stronger)?;
            }
            match half_hash {
                // Forgiven is whoever gets in: half of it must not buy guesses at the rest.
                Some(hash) => {
                    throttle::take_back(connection, attempt)?;
                    half_sign_ins::insert(connection, &hash, &person, at + HALF_LIFE)?;
                    begun.complete_in(connection, &db, Outcome::Refused, "the password was right; a code is asked for")
                }
                None => {
                    throttle::forgive(connection, attempt, &email)?;
                    users::signed_in(connection, person.id, at)?;
                    begun.complete_in(connection, &db, Outcome::Succeeded, "")
                }
            }
        })
        .await?;
    Ok(match half {
        Some(token) => Passed::Half(token),
        None => {
            tracing::info!(user = %user.email, address = %doer.address, "signed in");
            Passed::In(user)
        }
    })
}

/// Whose half sign-in a token is, while it lasts.
pub async fn half_of(context: &Context, token: &str) -> Result<Option<UserRow>, StoreError> {
    let (hash, at) = (token_hash(token), context.clock.now());
    context.db.read(move |connection| half_sign_ins::owner(connection, &hash, at)).await
}

/// Ends a half sign-in by the code that it owes: of the device, or a recovery code.
pub async fn give_code(context: &Context, doer: &Doer, token: &str, code: Secret) -> Result<SignedIn, AccountError> {
    let vault = codes::vault(context)?;
    let (db, asking, hash, at) = (context.db.clone(), doer.clone(), token_hash(token), context.clock.now());
    let half = hash.clone();
    let admitted = context.db.write(move |connection| {
        let Some(user) = half_sign_ins::owner(connection, &half, at)? else { return Ok(Err(AccountError::HalfOver)) };
        match throttle::admit(connection, Guess::Code, &user.email, &asking.address, at)? {
            Verdict::Throttled(until) => Ok(Err(AccountError::Throttled(until))),
            Verdict::Admitted(attempt) => {
                let act = Act::new("session.sign_in", &user.email);
                let begun = audit::begin_in(connection, &db, &asking.named(&user.email), act)?;
                Ok(Ok((attempt, begun)))
            }
        }
    });
    let (attempt, begun) = admitted.await?.inspect_err(|refusal| {
        tracing::warn!(address = %doer.address, why = %refusal, "a code was not looked at");
    })?;

    let db = context.db.clone();
    let settled = context.db.write(move |connection| {
        let over = |connection: &mut _| {
            begun.complete_in(connection, &db, Outcome::Refused, "the half sign-in was over")?;
            Ok(Err(AccountError::HalfOver))
        };
        // A new password, or the same form twice, may have ended it meanwhile.
        let Some(user) = half_sign_ins::owner(connection, &hash, at)? else { return over(connection) };
        let accepted = match codes::settle(connection, &vault, attempt, &user, &code, at)? {
            Ok(accepted) => accepted,
            Err(refused) => {
                begun.complete_in(connection, &db, Outcome::Refused, refused.as_str())?;
                return Ok(Err(AccountError::Code));
            }
        };
        if !half_sign_ins::end(connection, &hash)? {
            return over(connection);
        }
        throttle::forgive_password(connection, &user.email)?;
        second_factors::forget_failures(connection, user.id)?;
        users::signed_in(connection, user.id, at)?;
        let after = match accepted.recovery_codes_left {
            Some(left) => format!("by a recovery code; {left} left"),
            None => "by a code".to_owned(),
        };
        begun.complete_in(connection, &db, Outcome::Succeeded, &after)?;
        let codes::Accepted { recovery_codes_left, failures } = accepted;
        Ok(Ok(SignedIn { user, recovery_codes_left, failures }))
    });
    let settled = match settled.await {
        Ok(settled) => settled,
        Err(error) => {
            // It was not looked at: the secret could not be opened, or the database is gone.
            begun.complete(&context.db, Outcome::Failed, "not looked at").await?;
            return Err(error.into());
        }
    };
    let signed_in = settled.inspect_err(|refusal| {
        tracing::warn!(address = %doer.address, why = %refusal, "a sign-in failed");
    })?;
    tracing::info!(user = %signed_in.user.email, address = %doer.address, "signed in");
    Ok(signed_in)
}
