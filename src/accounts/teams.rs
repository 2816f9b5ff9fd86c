//! Teams, their rules and their members. Each change is audited with the whole team before and after it, and is true
//! with the next request of whoever it is about.

use diesel::QueryResult;

use super::AccountError;
use crate::audit::{self, Act, Doer, Outcome};
use crate::context::Context;
use crate::placement::Within;
use crate::store::teams::{self, MemberRow, RuleRow, TeamRow};
use crate::store::users::UserRow;
use crate::store::{AnyConnection, StoreError};

/// Longer names, notes and patterns are none.
const LONGEST: usize = 100;

/// A team with everything that belongs to it.
#[derive(Clone, Debug)]
pub struct Team {
    pub row: TeamRow,
    /// The oldest first.
    pub rules: Vec<RuleRow>,
    /// By address.
    pub members: Vec<MemberRow>,
}

impl Team {
    fn read(connection: &mut AnyConnection, row: TeamRow) -> QueryResult<Self> {
        let rules = teams::rules(connection, row.id)?;
        let members = teams::members(connection, row.id)?;
        Ok(Self { row, rules, members })
    }

    /// As the audit tells it.
    fn told(&self) -> String {
        let or_none = |list: Vec<String>| if list.is_empty() { "nothing".to_owned() } else { list.join(" | ") };
        let rules = or_none(self.rules.iter().map(|rule| rule.within().to_string()).collect());
        let members = self.members.iter().map(|member| member.email.clone()).collect::<Vec<_>>().join(", ");
        let members = if members.is_empty() { "nobody".to_owned() } else { members };
        format!("{}; sees {rules}; members: {members}", self.row.name)
    }
}

/// Every team, by name.
pub async fn list(context: &Context) -> Result<Vec<Team>, StoreError> {
    let read = |connection: &mut AnyConnection| {
        let rows = teams::all(connection)?;
        rows.into_iter().map(|row| Team::read(connection, row)).collect()
    };
    context.db.read(read).await
}

/// The team of that id.
pub async fn find(context: &Context, id: i64) -> Result<Team, AccountError> {
    let read = move |connection: &mut AnyConnection| {
        teams::by_id(connection, id)?.map(|row| Team::read(connection, row)).transpose()
    };
    context.db.read(read).await?.ok_or(AccountError::NoTeam(id))
}

/// Makes a team that sees nothing yet.
pub async fn create(context: &Context, doer: &Doer, name: &str, note: &str) -> Result<Team, AccountError> {
    let (name, note) = (team_name(name)?, short(note)?);
    let begun = audit::begin(&context.db, doer, Act::new("team.create", &name)).await?;
    let (db, at, wanted) = (context.db.clone(), context.clock.now(), name.clone());
    let made = context.db.write(move |connection| {
        teams::lock(connection)?;
        if teams::by_name(connection, &wanted)?.is_some() {
            begun.complete_in(connection, &db, Outcome::Refused, "the name is taken")?;
            return Ok(None);
        }
        let id = teams::insert(connection, &wanted, &note, at)?;
        let row = teams::by_id(connection, id)?.ok_or(diesel::result::Error::NotFound)?;
        let team = Team::read(connection, row)?;
        begun.complete_in(connection, &db, Outcome::Succeeded, &team.told())?;
        Ok(Some(team))
    });
    made.await?.ok_or(AccountError::TeamTaken(name))
}

/// Gives a team another name and note.
pub async fn rename(context: &Context, doer: &Doer, id: i64, name: &str, note: &str) -> Result<Team, AccountError> {
    let (name, note) = (team_name(name)?, short(note)?);
    change(context, doer, id, "team.rename", move |connection| {
        if teams::by_name(connection, &name)?.is_some_and(|other| other.id != id) {
            return Ok(Err(AccountError::TeamTaken(name)));
        }
        teams::rename(connection, id, &name, &note).map(Ok)
    })
    .await
}

/// Lets a team see what lies there.
pub async fn add_rule(context: &Context, doer: &Doer, id: i64, within: Within) -> Result<Team, AccountError> {
    let within = Within { region: short(&within.region)?, cluster: short(&within.cluster)?, app: short(&within.app)? };
    if within == Within::default() {
        return Err(AccountError::EmptyRule);
    }
    change(context, doer, id, "team.rule.add", move |connection| {
        let is_new = teams::add_rule(connection, id, &within)?;
        Ok(if is_new { Ok(()) } else { Err(AccountError::RuleKnown(within.to_string())) })
    })
    .await
}

/// Takes a rule from a team.
pub async fn remove_rule(context: &Context, doer: &Doer, id: i64, rule_id: i64) -> Result<Team, AccountError> {
    change(context, doer, id, "team.rule.remove", move |connection| {
        let had = teams::remove_rule(connection, id, rule_id)?;
        Ok(if had { Ok(()) } else { Err(AccountError::NoRule(rule_id)) })
    })
    .await
}

/// Puts somebody into a team. Whoever sees everything anyhow sees no less by it.
pub async fn add_member(context: &Context, doer: &Doer, id: i64, user: &UserRow) -> Result<Team, AccountError> {
    let (user_id, email) = (user.id, user.email.clone());
    change(context, doer, id, "team.member.add", move |connection| {
        let is_new = teams::add_member(connection, id, user_id)?;
        Ok(if is_new { Ok(()) } else { Err(AccountError::MemberAlready(email)) })
    })
    .await
}

/// Takes somebody out of a team.
pub async fn remove_member(context: &Context, doer: &Doer, id: i64, user_id: i64) -> Result<Team, AccountError> {
    change(context, doer, id, "team.member.remove", move |connection| {
        let was = teams::remove_member(connection, id, user_id)?;
        Ok(if was { Ok(()) } else { Err(AccountError::NoMember(user_id)) })
    })
    .await
}

/// Deletes a team; gives it as it was.
pub async fn delete(context: &Context, doer: &Doer, id: i64) -> Result<Team, AccountError> {
    let team = find(context, id).await?;
    let act = Act::new("team.delete", &team.row.name).before(team.told());
    let begun = audit::begin(&context.db, doer, act).await?;
    let db = context.db.clone();
    let deleted = context.db.write(move |connection| {
        teams::lock(connection)?;
        let there = teams::by_id(connection, id)?.is_some();
        teams::delete(connection, id)?;
        begun.complete_in(connection, &db, if there { Outcome::Succeeded } else { Outcome::Refused }, "")?;
        Ok(there)
    });
    if deleted.await? { Ok(team) } else { Err(AccountError::NoTeam(id)) }
}

/// Changes a team, in one transaction with what the audit says of it; a refusal changes nothing.
async fn change(
    context: &Context,
    doer: &Doer,
    id: i64,
    action: &'static str,
    change: impl FnOnce(&mut AnyConnection) -> QueryResult<Result<(), AccountError>> + Send + 'static,
) -> Result<Team, AccountError> {
    let before = find(context, id).await?;
    let begun = audit::begin(&context.db, doer, Act::new(action, &before.row.name).before(before.told())).await?;
    let db = context.db.clone();
    let changed = context.db.write(move |connection| {
        teams::lock(connection)?;
        if teams::by_id(connection, id)?.is_none() {
            begun.complete_in(connection, &db, Outcome::Refused, "there is no such team any more")?;
            return Ok(Err(AccountError::NoTeam(id)));
        }
        if let Err(refusal) = change(connection)? {
            begun.complete_in(connection, &db, Outcome::Refused, &refusal.to_string())?;
            return Ok(Err(refusal));
        }
        let row = teams::by_id(connection, id)?.ok_or(diesel::result::Error::NotFound)?;
        let team = Team::read(connection, row)?;
        begun.complete_in(connection, &db, Outcome::Succeeded, &team.told())?;
        Ok(Ok(team))
    });
    changed.await?
}

fn team_name(text: &str) -> Result<String, AccountError> {
    let name = short(text)?;
    if name.is_empty() { Err(AccountError::TeamName) } else { Ok(name) }
}

/// Text as it is kept: trimmed, on one line, and no longer than it should be.
fn short(text: &str) -> Result<String, AccountError> {
    let text = text.trim();
    let fits = text.chars().count() <= LONGEST && !text.chars().any(char::is_control);
    if fits { Ok(text.to_owned()) } else { Err(AccountError::TeamText) }
}
