//! Invitations: a link that an administrator gives to somebody, by which they make their own account of the role that
//! was chosen.
//!
//! It works once, for 72 hours, and as long as whoever invited may still do so. There is no mail yet: the link is shown
//! this once, and the administrator brings it to whom it is for.

use chrono::TimeDelta;
use secrecy::ExposeSecret;

use super::{AccountError, normal_email};
use crate::audit::{self, Act, Doer, Outcome};
use crate::context::Context;
use crate::passwords;
use crate::roles::{Reach, Role};
use crate::secret::{Secret, random_token, token_hash};
use crate::store::invitations::{self, InvitationRow, NewInvitation};
use crate::store::users::UserRow;
use crate::store::{StoreError, users};

/// A link lives this long.
pub const LIFE: TimeDelta = TimeDelta::hours(72);

/// On whom an invitation rests: it ends with them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Inviter {
    /// The administrator; none for a token of the machine's own shell.
    pub user_id: Option<i64>,
    /// The token that was used, if one was.
    pub token_id: Option<i64>,
}

/// Invites an address to a role; gives the invitation and its link, which is told this once. Earlier invitations of it
/// are over.
pub async fn invite(
    context: &Context,
    doer: &Doer,
    inviter: Inviter,
    email: &str,
    (role, reach): (Role, Reach),
) -> Result<(InvitationRow, Secret), AccountError> {
    let email = normal_email(email)?;
    let begun = audit::begin(&context.db, doer, Act::new("invitation.create", &email)).await?;
    let (token, at) = (Secret::from(random_token()), context.clock.now());
    let new = NewInvitation {
        token_hash: token_hash(token.expose_secret()),
        email: email.clone(),
        role,
        reach,
        invited_by: doer.actor.clone(),
        inviter_id: inviter.user_id,
        token_id: inviter.token_id,
        created_at: at,
        expires_at: at + LIFE,
    };
    let db = context.db.clone();
    let made = context.db.write(move |connection| {
        users::lock(connection)?;
        if users::by_email(connection, &new.email)?.is_some() {
            begun.complete_in(connection, &db, Outcome::Refused, "there is an account already")?;
            return Ok(None);
        }
        let id = invitations::insert(connection, &new)?;
        let after = format!("number {id}, {role}, sees {reach}, until {}", new.expires_at.format("%Y-%m-%d %H:%M"));
        begun.complete_in(connection, &db, Outcome::Succeeded, &after)?;
        invitations::by_id(connection, id)
    });
    let row = made.await?.ok_or(AccountError::Taken(email))?;
    Ok((row, link(context, &token)))
}

fn link(context: &Context, token: &Secret) -> Secret {
    let mut link = context.config.server.public_url.clone();
    link.set_path("/invitation");
    link.query_pairs_mut().append_pair("token", token.expose_secret());
    Secret::from(String::from(link))
}

/// The open invitations, the newest first.
pub async fn list(context: &Context) -> Result<Vec<InvitationRow>, StoreError> {
    let at = context.clock.now();
    context.db.read(move |connection| invitations::open(connection, at)).await
}

/// Revokes an open invitation, and gives it as it is afterwards.
pub async fn revoke(context: &Context, doer: &Doer, id: i64) -> Result<InvitationRow, AccountError> {
    let row = context.db.read(move |connection| invitations::by_id(connection, id)).await?;
    let row = row.ok_or(AccountError::NoInvitation(id))?;
    let act = Act::new("invitation.revoke", &row.email).before(format!("number {id}, {}", row.role()));
    let begun = audit::begin(&context.db, doer, act).await?;
    let (db, at) = (context.db.clone(), context.clock.now());
    let revoked = context.db.write(move |connection| {
        let revoked = invitations::revoke(connection, id, at)?;
        let outcome = if revoked { Outcome::Succeeded } else { Outcome::Refused };
        begun.complete_in(connection, &db, outcome, "")?;
        if revoked { invitations::by_id(connection, id) } else { Ok(None) }
    });
    revoked.await?.ok_or(AccountError::NoInvitation(id))
}

/// The open invitation of a link's token.
pub async fn find(context: &Context, token: &str) -> Result<InvitationRow, AccountError> {
    let (hash, at) = (token_hash(token), context.clock.now());
    let found = context.db.read(move |connection| invitations::by_hash(connection, &hash, at)).await?;
    found.ok_or(AccountError::Invitation)
}

/// Uses the link up and makes the account. Of two at once one succeeds.
pub async fn accept(context: &Context, doer: &Doer, token: &str, password: Secret) -> Result<UserRow, AccountError> {
    let invitation = find(context, token).await?;
    passwords::check(&password)?;
    let password_hash = context.passwords.hash(password).await?;
    let doer = doer.named("invitation link");
    let begun = audit::begin(&context.db, &doer, Act::new("invitation.accept", &invitation.email)).await?;
    let (db, hash, at) = (context.db.clone(), token_hash(token), context.clock.now());
    let made = context.db.write(move |connection| {
        // The id first: it is the lock behind which nobody invites, accepts, demotes or disables.
        let id = users::next_id(connection)?;
        let open = match invitations::by_hash(connection, &hash, at)? {
            Some(open) if invitations::use_up(connection, open.id, at)? => open,
            _ => {
                begun.complete_in(connection, &db, Outcome::Refused, "the link is dead")?;
                return Ok(None);
            }
        };
        users::insert(connection, id, &open.email, (open.role(), open.reach()), &password_hash, at)?;
        users::signed_in(connection, id, at)?;
        let after = format!("{}, sees {}, invited by {}", open.role(), open.reach(), open.invited_by);
        begun.complete_in(connection, &db, Outcome::Succeeded, &after)?;
        users::by_id(connection, id)
    });
    made.await?.ok_or(AccountError::Invitation)
}
