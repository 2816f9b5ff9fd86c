//! Signing in: throttle, password, audit. The session is the web's.

use super::throttle::{self, Verdict};
use super::{AccountError, normal_email};
use crate::audit::{self, Act, Doer, Outcome};
use crate::context::Context;
use crate::passwords;
use crate::secret::Secret;
use crate::store::users::{self, UserRow};

/// What stands in the audit where the address belongs to nobody: people type passwords into that field.
const NOBODY: &str = "an unknown account";

/// The person of an address and a password. What is wrong with the two is not told, and takes the same time to find out.
pub async fn sign_in(context: &Context, doer: &Doer, email: &str, password: Secret) -> Result<UserRow, AccountError> {
    let email = normal_email(email).unwrap_or_else(|_| email.trim().to_lowercase());
    let (db, asking, wanted, at) = (context.db.clone(), doer.clone(), email.clone(), context.clock.now());
    let (verdict, account) = context
        .db
        .write(move |connection| {
            let verdict = throttle::admit(connection, &wanted, &asking.address, at)?;
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

    // Whoever knew the password comes in, whether or not there is a turn left for a stronger hash; the next time is as good.
    let stronger = match passwords::is_outdated(&hash) {
        true => context.passwords.hash(password).await.ok(),
        false => None,
    };
    let (id, at) = (user.id, context.clock.now());
    context
        .db
        .write(move |connection| {
            throttle::forgive(connection, attempt, &email)?;
            users::signed_in(connection, id, at)?;
            if let Some(stronger) = stronger {
                users::rehash(connection, id, &stronger)?;
            }
            begun.complete_in(connection, &db, Outcome::Succeeded, "")
        })
        .await?;
    tracing::info!(user = %user.email, address = %doer.address, "signed in");
    Ok(user)
}
