//! One's own second factor: begun after the password, on after its first code, off after both.

use super::{TO_CONFIRM, codes};
use crate::accounts::{AccountError, Ended, sessions, users};
use crate::audit::{self, Act, Doer, Outcome};
use crate::context::Context;
use crate::secret::Secret;
use crate::secret::totp::TotpKey;
use crate::store::users::UserRow;
use crate::store::{AnyConnection, recovery_codes, second_factors, users as rows};

/// What turning one on has made.
pub struct TurnedOn {
    /// To be shown this once.
    pub recovery_codes: Vec<Secret>,
    /// The epoch that begins; the session that shall go on takes it over.
    pub epoch: i64,
}

/// Makes a secret for somebody who has proved who they are. It counts for nothing until [`turn_on`].
pub async fn begin(context: &Context, doer: &Doer, user: &UserRow, password: Secret) -> Result<TotpKey, AccountError> {
    let vault = codes::vault(context)?;
    let act = Act::new("second_factor.begin", &user.email);
    let begun = users::prove(context, doer, user, password, act).await?;
    let (db, id, at) = (context.db.clone(), user.id, context.clock.now());
    let made = context.db.write(move |connection| {
        rows::lock(connection)?;
        if is_on(connection, id)? {
            begun.complete_in(connection, &db, Outcome::Refused, "it is on already")?;
            return Ok(None);
        }
        let key = second_factors::begin(connection, &vault, id, at - TO_CONFIRM, at)?;
        begun.complete_in(connection, &db, Outcome::Succeeded, "waits for its first code")?;
        Ok(Some(key))
    });
    made.await?.ok_or(AccountError::SecondFactorOn)
}

/// Turns it on by a first code, which shows that the device has the secret. Ends every session, since each began
/// without it.
pub async fn turn_on(context: &Context, doer: &Doer, user: &UserRow, code: &str) -> Result<TurnedOn, AccountError> {
    let vault = codes::vault(context)?;
    let begun = audit::begin(&context.db, doer, Act::new("second_factor.turn_on", &user.email)).await?;
    let (db, id, at) = (context.db.clone(), user.id, context.clock.now());
    let code: String = code.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let turned = context.db.write(move |connection| {
        rows::lock(connection)?;
        let refused = |connection: &mut AnyConnection, why: &str, error| {
            begun.complete_in(connection, &db, Outcome::Refused, why).map(|()| Err(error))
        };
        if is_on(connection, id)? {
            return refused(connection, "it is on already", AccountError::SecondFactorOn);
        }
        let factor = second_factors::find(connection, &vault, id)?.filter(|factor| factor.begun_at > at - TO_CONFIRM);
        let Some(factor) = factor else {
            return refused(connection, "nothing waits for a code", AccountError::NothingToConfirm);
        };
        let Some(step) = factor.key.step_of(&code, at) else {
            return refused(connection, "wrong code", AccountError::Code);
        };
        second_factors::advance(connection, id, step)?;
        let codes = codes::recovery_codes();
        recovery_codes::replace(connection, &vault, id, &codes.iter().map(codes::normal).collect::<Vec<_>>())?;
        let epoch = rows::set_second_factor(connection, id, Some(at))?;
        let ended = sessions::end_others(connection, &db, id, None)?;
        begun.complete_in(connection, &db, Outcome::Succeeded, &format!("{ended} sessions ended"))?;
        Ok(Ok(TurnedOn { recovery_codes: codes, epoch }))
    });
    turned.await?
}

/// Makes new recovery codes; the former ones are worth nothing any more.
pub async fn renew_codes(
    context: &Context,
    doer: &Doer,
    user: &UserRow,
    password: Secret,
    code: Secret,
) -> Result<Vec<Secret>, AccountError> {
    let vault = codes::vault(context)?;
    let act = Act::new("second_factor.recovery_codes", &user.email);
    let begun = users::prove_fully(context, doer, user, password, code, act).await?;
    let (db, id) = (context.db.clone(), user.id);
    let renewed = context.db.write(move |connection| {
        rows::lock(connection)?;
        if !is_on(connection, id)? {
            begun.complete_in(connection, &db, Outcome::Refused, "there is no second factor")?;
            return Ok(None);
        }
        let codes = codes::recovery_codes();
        recovery_codes::replace(connection, &vault, id, &codes.iter().map(codes::normal).collect::<Vec<_>>())?;
        begun.complete_in(connection, &db, Outcome::Succeeded, &format!("{} codes", codes.len()))?;
        Ok(Some(codes))
    });
    renewed.await?.ok_or_else(|| AccountError::NoSecondFactor(user.email.clone()))
}

/// Turns one's own off; gives the epoch that begins. Ends every session; tokens, which never knew a code, go on.
pub async fn turn_off(
    context: &Context,
    doer: &Doer,
    user: &UserRow,
    password: Secret,
    code: Secret,
) -> Result<i64, AccountError> {
    let act = Act::new("second_factor.turn_off", &user.email);
    let begun = users::prove_fully(context, doer, user, password, code, act).await?;
    let (db, id) = (context.db.clone(), user.id);
    let turned = context.db.write(move |connection| {
        rows::lock(connection)?;
        let epoch = forget(connection, id)?;
        let ended = sessions::end_others(connection, &db, id, None)?;
        begun.complete_in(connection, &db, Outcome::Succeeded, &format!("{ended} sessions ended"))?;
        Ok(epoch)
    });
    Ok(turned.await?)
}

/// Takes somebody's away who has lost the device and the recovery codes: for administrators and the command line.
pub async fn reset(context: &Context, doer: &Doer, user: &UserRow) -> Result<Ended, AccountError> {
    let begun = audit::begin(&context.db, doer, Act::new("second_factor.reset", &user.email)).await?;
    if user.second_factor_at.is_none() {
        begun.complete(&context.db, Outcome::Refused, "there is none").await?;
        return Err(AccountError::NoSecondFactor(user.email.clone()));
    }
    users::change(context, user, begun, String::new(), forget).await
}

fn is_on(connection: &mut AnyConnection, user_id: i64) -> diesel::QueryResult<bool> {
    Ok(rows::by_id(connection, user_id)?.is_some_and(|user| user.second_factor_at.is_some()))
}

fn forget(connection: &mut AnyConnection, user_id: i64) -> diesel::QueryResult<i64> {
    recovery_codes::delete(connection, user_id)?;
    second_factors::delete(connection, user_id)?;
    rows::set_second_factor(connection, user_id, None)
}
