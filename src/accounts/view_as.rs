//! Looking at the panel as somebody else would: an administrator's way to see what a person or a team sees. It is for looking alone, is
//! bound to one session, ends by itself after an hour, and its beginning and end are in the audit.

use chrono::TimeDelta;

use super::{AccountError, teams, users};
use crate::audit::{self, Act, Doer, Outcome};
use crate::clock::Instant;
use crate::context::Context;
use crate::store::sessions::{self, Viewed};

/// It lasts no longer than this.
pub const LIFE: TimeDelta = TimeDelta::hours(1);

/// Begins it for a session; gives as whom, and until when.
pub async fn begin(
    context: &Context,
    doer: &Doer,
    token_hash: &str,
    viewed: Viewed,
) -> Result<(String, Instant), AccountError> {
    let label = match viewed {
        Viewed::User(id) => users::by_id(context, id).await?.email,
        Viewed::Team(id) => format!("the team {}", teams::find(context, id).await?.row.name),
    };
    let begun = audit::begin(&context.db, doer, Act::new("view_as.begin", &label)).await?;
    let (db, hash, until) = (context.db.clone(), token_hash.to_owned(), context.clock.now() + LIFE);
    context
        .db
        .write(move |connection| {
            sessions::set_view(connection, &hash, Some((viewed, until)))?;
            begun.complete_in(connection, &db, Outcome::Succeeded, &format!("until {}", until.format("%H:%M:%S UTC")))
        })
        .await?;
    Ok((label, until))
}

/// Ends it.
pub async fn end(context: &Context, doer: &Doer, token_hash: &str, label: &str) -> Result<(), AccountError> {
    let begun = audit::begin(&context.db, doer, Act::new("view_as.end", label)).await?;
    let (db, hash) = (context.db.clone(), token_hash.to_owned());
    let ended = context.db.write(move |connection| {
        sessions::set_view(connection, &hash, None)?;
        begun.complete_in(connection, &db, Outcome::Succeeded, "")
    });
    Ok(ended.await?)
}
