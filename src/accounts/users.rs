//! Adding people and changing what they may do. Each change ends the sessions, tokens and invitations that rest on what
//! was before.

use diesel::QueryResult;

use super::second_factor::codes;
use super::throttle::{self, Guess, Verdict};
use super::{AccountError, Ended, normal_email, sessions};
use crate::audit::{self, Act, Begun, Doer, Outcome};
use crate::context::Context;
use crate::passwords;
use crate::roles::{Reach, Role};
use crate::secret::Secret;
use crate::store::users::{self, UserRow};
use crate::store::{AnyConnection, StoreError, invitations, tokens};

/// Adds a person; gives the id.
pub async fn add(
    context: &Context,
    doer: &Doer,
    email: &str,
    (role, reach): (Role, Reach),
    password: Secret,
) -> Result<i64, AccountError> {
    let email = normal_email(email)?;
    passwords::check(&password)?;
    let hash = context.passwords.hash(password).await?;
    let begun = audit::begin(&context.db, doer, Act::new("user.add", &email)).await?;
    let (db, at, new) = (context.db.clone(), context.clock.now(), email.clone());
    let added = context
        .db
        .write(move |connection| {
            let id = users::next_id(connection)?;
            if users::by_email(connection, &new)?.is_some() {
                begun.complete_in(connection, &db, Outcome::Refused, "the address is taken")?;
                return Ok(None);
            }
            users::insert(connection, id, &new, (role, reach), &hash, at)?;
            begun.complete_in(connection, &db, Outcome::Succeeded, &format!("{role}, sees {reach}"))?;
            Ok(Some(id))
        })
        .await?;
    added.ok_or(AccountError::Taken(email))
}

/// Everybody, by address.
pub async fn list(context: &Context) -> Result<Vec<UserRow>, StoreError> {
    context.db.read(users::all).await
}

/// The person with an address.
pub async fn find(context: &Context, email: &str) -> Result<UserRow, AccountError> {
    let email = normal_email(email)?;
    let wanted = email.clone();
    let found = context.db.read(move |connection| users::by_email(connection, &wanted)).await?;
    found.ok_or(AccountError::Unknown(email))
}

/// The person with an id.
pub async fn by_id(context: &Context, id: i64) -> Result<UserRow, AccountError> {
    let found = context.db.read(move |connection| users::by_id(connection, id)).await?;
    found.ok_or_else(|| AccountError::Unknown(format!("number {id}")))
}

/// Sets a password without asking for the old one: for administrators and the command line.
pub async fn set_password(
    context: &Context,
    doer: &Doer,
    user: &UserRow,
    password: Secret,
) -> Result<Ended, AccountError> {
    passwords::check(&password)?;
    let hash = context.passwords.hash(password).await?;
    let begun = audit::begin(&context.db, doer, Act::new("user.password", &user.email)).await?;
    change(context, user, begun, String::new(), move |connection, id| users::set_password(connection, id, &hash)).await
}

/// Changes one's own password.
pub async fn change_password(
    context: &Context,
    doer: &Doer,
    user: &UserRow,
    current: Secret,
    new: Secret,
) -> Result<Ended, AccountError> {
    passwords::check(&new)?;
    let begun = prove(context, doer, user, current, Act::new("user.password", &user.email)).await?;
    let hash = match context.passwords.hash(new).await {
        Ok(hash) => hash,
        Err(error) => {
            begun.complete(&context.db, Outcome::Failed, "not hashed").await?;
            return Err(error.into());
        }
    };
    change(context, user, begun, String::new(), move |connection, id| users::set_password(connection, id, &hash)).await
}

/// Asks for the password of somebody who is signed in, before an act that a stolen session shall not do. The act is
/// audited, begun or refused.
pub async fn prove(
    context: &Context,
    doer: &Doer,
    user: &UserRow,
    password: Secret,
    act: Act,
) -> Result<Begun, AccountError> {
    let right = is_theirs(context, doer, user, password).await?;
    let begun = audit::begin(&context.db, doer, act).await?;
    if right {
        return Ok(begun);
    }
    begun.complete(&context.db, Outcome::Refused, "the password was wrong").await?;
    Err(AccountError::CurrentPassword)
}

/// Asks for the password and, where there is a second factor, for a code of it: before a change of the second factor
/// itself, which would otherwise be worth no more than the password. Everything else that asks again is content with
/// [`prove`].
pub async fn prove_fully(
    context: &Context,
    doer: &Doer,
    user: &UserRow,
    password: Secret,
    code: Secret,
    act: Act,
) -> Result<Begun, AccountError> {
    let begun = prove(context, doer, user, password, act).await?;
    if user.second_factor_at.is_none() {
        return Ok(begun);
    }
    match codes::check(context, doer, user, code).await {
        Ok(()) => Ok(begun),
        Err(error) => {
            let tried = matches!(error, AccountError::Code | AccountError::Throttled(_));
            let outcome = if tried { Outcome::Refused } else { Outcome::Failed };
            begun.complete(&context.db, outcome, &error.to_string()).await?;
            Err(error)
        }
    }
}

/// Whether a password is that of somebody who is signed in. Guesses are throttled like sign-ins: the session may be
/// stolen.
async fn is_theirs(context: &Context, doer: &Doer, user: &UserRow, password: Secret) -> Result<bool, AccountError> {
    let (email, address, at, id) = (user.email.clone(), doer.address.clone(), context.clock.now(), user.id);
    let (verdict, hash) = context
        .db
        .write(move |connection| {
            let verdict = throttle::admit(connection, Guess::Password, &email, &address, at)?;
            Ok((verdict, users::password_hash(connection, id)?))
        })
        .await?;
    let attempt = match verdict {
        Verdict::Admitted(attempt) => attempt,
        Verdict::Throttled(until) => return Err(AccountError::Throttled(until)),
    };
    match context.passwords.verify(password, hash).await {
        Ok(true) => {
            let email = user.email.clone();
            context.db.write(move |connection| throttle::forgive(connection, attempt, &email)).await?;
            Ok(true)
        }
        Ok(false) => Ok(false),
        Err(error) => {
            context.db.write(move |connection| throttle::take_back(connection, attempt)).await?;
            Err(error.into())
        }
    }
}

/// Gives a person another role.
pub async fn set_role(context: &Context, doer: &Doer, user: &UserRow, role: Role) -> Result<Ended, AccountError> {
    let act = Act::new("user.role", &user.email).before(user.role().as_str());
    let begun = audit::begin(&context.db, doer, act).await?;
    change(context, user, begun, role.to_string(), move |connection, id| users::set_role(connection, id, role)).await
}

/// Shuts a person out, or lets them in again.
pub async fn set_disabled(
    context: &Context,
    doer: &Doer,
    user: &UserRow,
    disabled: bool,
) -> Result<Ended, AccountError> {
    let action = if disabled { "user.disable" } else { "user.enable" };
    let begun = audit::begin(&context.db, doer, Act::new(action, &user.email)).await?;
    let since = disabled.then(|| context.clock.now());
    change(context, user, begun, String::new(), move |connection, id| users::set_disabled(connection, id, since)).await
}

/// Changes how far somebody sees, with their next request; nothing ends by it.
pub async fn set_reach(context: &Context, doer: &Doer, user: &UserRow, reach: Reach) -> Result<(), AccountError> {
    let act = Act::new("user.reach", &user.email).before(format!("sees {}", user.reach()));
    let begun = audit::begin(&context.db, doer, act).await?;
    let (db, id) = (context.db.clone(), user.id);
    let changed = context.db.write(move |connection| {
        users::set_reach(connection, id, reach)?;
        begun.complete_in(connection, &db, Outcome::Succeeded, &format!("sees {reach}"))
    });
    Ok(changed.await?)
}

/// Changes an account and ends what rests on it, in one transaction; undone if nobody could administer any more.
pub(super) async fn change(
    context: &Context,
    user: &UserRow,
    begun: Begun,
    after: String,
    change: impl FnOnce(&mut AnyConnection, i64) -> QueryResult<i64> + Send + 'static,
) -> Result<Ended, AccountError> {
    let (db, at, id) = (context.db.clone(), context.clock.now(), user.id);
    let outcome = context
        .db
        .write(move |connection| {
            users::lock(connection)?;
            let admins = users::enabled_admins(connection)?;
            let epoch = change(connection, id)?;
            if admins > 0 && users::enabled_admins(connection)? == 0 {
                return Err(diesel::result::Error::RollbackTransaction);
            }
            let sessions = sessions::end_others(connection, &db, id, None)?;
            let tokens = tokens::revoke_of(connection, id, at)?;
            let invitations = invitations::revoke_of(connection, id, at)?;
            begun.complete_in(connection, &db, Outcome::Succeeded, &after)?;
            Ok(Ended { sessions, tokens, invitations, epoch })
        })
        .await;
    match outcome {
        Err(StoreError::Query(diesel::result::Error::RollbackTransaction)) => {
            begun.complete(&context.db, Outcome::Refused, "the last administrator").await?;
            Err(AccountError::LastAdmin)
        }
        other => Ok(other?),
    }
}
