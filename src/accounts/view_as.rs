//! Looking at the panel as somebody else would: an administrator's way to see what a person or a team sees. It is for
//! looking alone, is bound to one session, ends by itself after an hour, and its beginning and end are in the audit:
//! also an end that nobody was there for, which whoever comes upon it first writes down, a request or the task
//! `expiry`.

use chrono::TimeDelta;
use diesel::QueryResult;

use super::reach::Sight;
use super::{AccountError, teams, users};
use crate::audit::{self, Act, Doer, Outcome};
use crate::clock::Instant;
use crate::context::Context;
use crate::roles::Role;
use crate::store::sessions::{self, Look, Viewed};
use crate::store::{AnyConnection, Db, StoreError};
use crate::store::{teams as team_rows, users as user_rows};

/// It lasts no longer than this.
pub const LIFE: TimeDelta = TimeDelta::hours(1);

/// As whom the panel is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// `ada@example.com`, `the team Shop`.
    pub label: String,
    pub role: Role,
    pub sight: Sight,
}

/// Begins it for a session; gives as whom, and until when.
pub async fn begin(
    context: &Context,
    doer: &Doer,
    token_hash: &str,
    viewed: Viewed,
) -> Result<(String, Instant), AccountError> {
    let label = match viewed {
        Viewed::User(id) => users::by_id(context, id).await?.email,
        Viewed::Team(id) => team_label(&teams::find(context, id).await?.row.name),
    };
    let begun = audit::begin(&context.db, doer, Act::new("view_as.begin", &label)).await?;
    let (db, hash, until) = (context.db.clone(), token_hash.to_owned(), context.clock.now() + LIFE);
    context
        .db
        .write(move |connection| {
            sessions::begin_look(connection, &hash, viewed, until)?;
            begun.complete_in(connection, &db, Outcome::Succeeded, &format!("until {}", time_of(until)))
        })
        .await?;
    Ok((label, until))
}

/// They as they are now. Of somebody who is no more there is nothing to be seen.
pub fn seen(connection: &mut AnyConnection, viewed: Viewed) -> QueryResult<Seen> {
    let of_nothing = |label: &str| Seen { label: label.to_owned(), role: Role::Viewer, sight: Sight::Nothing };
    Ok(match viewed {
        Viewed::User(id) => match user_rows::by_id(connection, id)? {
            Some(user) => Seen { role: user.role(), sight: Sight::of(&user), label: user.email },
            None => of_nothing("nobody"),
        },
        Viewed::Team(id) => match team_rows::by_id(connection, id)? {
            Some(team) => Seen { label: team_label(&team.name), role: Role::Viewer, sight: Sight::OfTeam(id) },
            None => of_nothing("a team that is no more"),
        },
    })
}

/// Ends it.
pub async fn end(context: &Context, doer: &Doer, token_hash: &str, label: &str) -> Result<(), AccountError> {
    let begun = audit::begin(&context.db, doer, Act::new("view_as.end", label)).await?;
    let (db, hash) = (context.db.clone(), token_hash.to_owned());
    let ended = context.db.write(move |connection| {
        // Its hour may have passed since this request was let in, and somebody else have come upon that.
        match sessions::end_looks(connection, |look| look.token_hash == hash)?.is_empty() {
            false => begun.complete_in(connection, &db, Outcome::Succeeded, ""),
            true => begun.complete_in(connection, &db, Outcome::Refused, "it was over already"),
        }
    });
    Ok(ended.await?)
}

/// Writes down that a session's look is over, if it is and nobody has done so yet.
pub async fn end_over(db: &Db, token_hash: &str) -> Result<(), StoreError> {
    let (of, at, hash) = (db.clone(), db.clock.now(), token_hash.to_owned());
    db.write(move |connection| end_looks(connection, &of, |look| look.token_hash == hash && look.is_over(at))).await
}

/// Ends the looks that `which` names, over or not, and writes down how: within the transaction that ends their
/// sessions.
pub fn end_looks(connection: &mut AnyConnection, db: &Db, which: impl Fn(&Look) -> bool) -> QueryResult<()> {
    let at = db.clock.now();
    for look in sessions::end_looks(connection, which)? {
        let label = seen(connection, look.viewed)?.label;
        let doer = Doer {
            actor: look.email,
            effective_actor: label.clone(),
            address: String::new(),
            request_id: String::new(),
        };
        let begun = audit::begin_in(connection, db, &doer, Act::new("view_as.end", label))?;
        let how = if at < look.until.min(look.expires_at) {
            "with its session".to_owned()
        } else if look.expires_at < look.until {
            format!("with its session, at {}", time_of(look.expires_at))
        } else {
            format!("by itself, at {}", time_of(look.until))
        };
        begun.complete_in(connection, db, Outcome::Succeeded, &how)?;
    }
    Ok(())
}

fn team_label(name: &str) -> String {
    format!("the team {name}")
}

fn time_of(at: Instant) -> String {
    at.format("%H:%M:%S UTC").to_string()
}
