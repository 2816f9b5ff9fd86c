//! The first administrator: a link that is printed when there is nobody, works once, and is dead as soon as there is
//! somebody.

use chrono::TimeDelta;
use url::Url;

use super::{AccountError, normal_email};
use crate::audit::{self, Act, Doer, Outcome};
use crate::context::Context;
use crate::passwords;
use crate::roles::{Reach, Role};
use crate::secret::{Secret, random_token, token_hash};
use crate::store::users::UserRow;
use crate::store::{StoreError, setup_links, users};

/// A link lives this long; each start prints one more.
const LIFE: TimeDelta = TimeDelta::hours(24);

/// Makes a setup link if there is nobody yet. Earlier ones stay open until somebody uses one, or their time is over.
pub async fn offer(context: &Context) -> Result<Option<Url>, StoreError> {
    let token = random_token();
    let (hash, at) = (token_hash(&token), context.clock.now());
    let offered = context
        .db
        .write(move |connection| {
            if users::any(connection)? {
                return Ok(false);
            }
            setup_links::insert(connection, &hash, at, at + LIFE).map(|()| true)
        })
        .await?;
    let mut link = context.config.server.public_url.clone();
    link.set_path("/setup");
    link.query_pairs_mut().append_pair("token", &token);
    Ok(offered.then_some(link))
}

/// Whether a link's token can still be used.
pub async fn is_open(context: &Context, token: &str) -> Result<bool, StoreError> {
    let (hash, at) = (token_hash(token), context.clock.now());
    context
        .db
        .read(move |connection| Ok(!users::any(connection)? && setup_links::is_open(connection, &hash, at)?))
        .await
}

/// Uses the link up and makes the first administrator. Of two at once one succeeds.
pub async fn complete(
    context: &Context,
    doer: &Doer,
    token: &str,
    email: &str,
    password: Secret,
) -> Result<UserRow, AccountError> {
    if !is_open(context, token).await? {
        return Err(AccountError::SetupLink);
    }
    let email = normal_email(email)?;
    passwords::check(&password)?;
    let password_hash = context.passwords.hash(password).await?;
    let doer = doer.named("setup link");
    let begun = audit::begin(&context.db, &doer, Act::new("user.setup", &email)).await?;
    let (db, hash, at) = (context.db.clone(), token_hash(token), context.clock.now());
    let made = context
        .db
        .write(move |connection| {
            // The id first: it is the lock that makes two setups wait for each other.
            let id = users::next_id(connection)?;
            if users::any(connection)? || !setup_links::use_up(connection, &hash, at)? {
                begun.complete_in(connection, &db, Outcome::Refused, "the link is dead")?;
                return Ok(None);
            }
            users::insert(connection, id, &email, (Role::Admin, Reach::Everything), &password_hash, at)?;
            users::signed_in(connection, id, at)?;
            begun.complete_in(connection, &db, Outcome::Succeeded, Role::Admin.as_str())?;
            users::by_id(connection, id)
        })
        .await?;
    made.ok_or(AccountError::SetupLink)
}
