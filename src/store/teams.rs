//! Teams: who belongs to them, and the places that they see.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::schema::{team_members, team_rules, teams, users};
use super::sql::{Sql, Value, insert_rows};
use super::{AnyConnection, ids};
use crate::clock::Instant;
use crate::placement::Within;

/// A team.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = teams)]
pub struct TeamRow {
    pub id: i64,
    pub name: String,
    pub note: String,
    pub created_at: NaiveDateTime,
}

/// A rule of a team.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub struct RuleRow {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = BigInt)]
    pub team_id: i64,
    #[diesel(sql_type = Text)]
    region: String,
    #[diesel(sql_type = Text)]
    cluster: String,
    #[diesel(sql_type = Text)]
    app: String,
}

impl RuleRow {
    /// Where it holds.
    pub fn within(&self) -> Within {
        Within { region: self.region.clone(), cluster: self.cluster.clone(), app: self.app.clone() }
    }
}

/// Somebody who belongs to a team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRow {
    pub user_id: i64,
    pub email: String,
}

const RULES: &str = "SELECT l.id, l.team_id, l.region, l.cluster, l.app FROM team_rules l";

/// Where a person's teams are.
pub fn places_of_user(connection: &mut AnyConnection, user_id: i64) -> QueryResult<Vec<Within>> {
    let mut sql = Sql::new(RULES);
    sql.push(" JOIN team_members m ON m.team_id = l.team_id WHERE m.user_id = ").bind(user_id);
    Ok(sql.load::<RuleRow>(connection)?.iter().map(RuleRow::within).collect())
}

/// Where a team is.
pub fn places_of_team(connection: &mut AnyConnection, team_id: i64) -> QueryResult<Vec<Within>> {
    Ok(rules(connection, team_id)?.iter().map(RuleRow::within).collect())
}

/// A team's rules, the oldest first.
pub fn rules(connection: &mut AnyConnection, team_id: i64) -> QueryResult<Vec<RuleRow>> {
    let mut sql = Sql::new(RULES);
    sql.push(" WHERE l.team_id = ").bind(team_id).push(" ORDER BY l.id");
    sql.load(connection)
}

/// Every team, by name.
pub fn all(connection: &mut AnyConnection) -> QueryResult<Vec<TeamRow>> {
    teams::table.order(teams::name).select(TeamRow::as_select()).load(connection)
}

pub fn by_id(connection: &mut AnyConnection, id: i64) -> QueryResult<Option<TeamRow>> {
    teams::table.find(id).select(TeamRow::as_select()).first(connection).optional()
}

pub fn by_name(connection: &mut AnyConnection, name: &str) -> QueryResult<Option<TeamRow>> {
    teams::table.filter(teams::name.eq(name)).select(TeamRow::as_select()).first(connection).optional()
}

/// Who belongs to a team, by address.
pub fn members(connection: &mut AnyConnection, team_id: i64) -> QueryResult<Vec<MemberRow>> {
    let members: Vec<(i64, String)> = team_members::table
        .inner_join(users::table)
        .filter(team_members::team_id.eq(team_id))
        .order(users::email)
        .select((users::id, users::email))
        .load(connection)?;
    Ok(members.into_iter().map(|(user_id, email)| MemberRow { user_id, email }).collect())
}

/// The names of everybody's teams, by person.
pub fn by_member(connection: &mut AnyConnection) -> QueryResult<BTreeMap<i64, Vec<String>>> {
    let members: Vec<(i64, String)> = team_members::table
        .inner_join(teams::table)
        .order(teams::name)
        .select((team_members::user_id, teams::name))
        .load(connection)?;
    let mut teams: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for (user, team) in members {
        teams.entry(user).or_default().push(team);
    }
    Ok(teams)
}

/// The teams of one person, by name.
pub fn of_user(connection: &mut AnyConnection, user_id: i64) -> QueryResult<Vec<TeamRow>> {
    team_members::table
        .inner_join(teams::table)
        .filter(team_members::user_id.eq(user_id))
        .order(teams::name)
        .select(TeamRow::as_select())
        .load(connection)
}

/// Until the transaction ends nobody else changes teams, so what is read before a change is what the audit says was
/// there.
pub fn lock(connection: &mut AnyConnection) -> QueryResult<()> {
    ids::take(connection, "teams", 0).map(|_| ())
}

/// Makes a team.
pub fn insert(connection: &mut AnyConnection, name: &str, note: &str, at: Instant) -> QueryResult<i64> {
    let id = ids::take(connection, "teams", 1)?;
    diesel::insert_into(teams::table)
        .values((teams::id.eq(id), teams::name.eq(name), teams::note.eq(note), teams::created_at.eq(at.naive_utc())))
        .execute(connection)?;
    Ok(id)
}

/// Gives a team another name and note.
pub fn rename(connection: &mut AnyConnection, id: i64, name: &str, note: &str) -> QueryResult<()> {
    diesel::update(teams::table.find(id))
        .set((teams::name.eq(name), teams::note.eq(note)))
        .execute(connection)
        .map(|_| ())
}

/// Deletes a team with its rules; its members stay people.
pub fn delete(connection: &mut AnyConnection, id: i64) -> QueryResult<()> {
    diesel::delete(team_rules::table.filter(team_rules::team_id.eq(id))).execute(connection)?;
    diesel::delete(team_members::table.filter(team_members::team_id.eq(id))).execute(connection)?;
    diesel::delete(teams::table.find(id)).execute(connection).map(|_| ())
}

/// Adds a rule; gives whether it is new.
pub fn add_rule(connection: &mut AnyConnection, team_id: i64, within: &Within) -> QueryResult<bool> {
    let id = ids::take(connection, "team_rules", 1)?;
    let row: Vec<Value> = vec![
        id.into(),
        team_id.into(),
        Value::from(&within.region),
        Value::from(&within.cluster),
        Value::from(&within.app),
    ];
    let head = "INSERT INTO team_rules (id, team_id, region, cluster, app) VALUES ";
    Ok(insert_rows(connection, head, vec![row], " ON CONFLICT DO NOTHING")? == 1)
}

/// Takes a rule away; gives whether the team had it.
pub fn remove_rule(connection: &mut AnyConnection, team_id: i64, rule_id: i64) -> QueryResult<bool> {
    let rule = team_rules::table.filter(team_rules::id.eq(rule_id)).filter(team_rules::team_id.eq(team_id));
    Ok(diesel::delete(rule).execute(connection)? == 1)
}

/// Adds a person; gives whether they were none of the team.
pub fn add_member(connection: &mut AnyConnection, team_id: i64, user_id: i64) -> QueryResult<bool> {
    let row = vec![team_id.into(), user_id.into()];
    let head = "INSERT INTO team_members (team_id, user_id) VALUES ";
    Ok(insert_rows(connection, head, vec![row], " ON CONFLICT DO NOTHING")? == 1)
}

/// Takes a person out; gives whether they were in it.
pub fn remove_member(connection: &mut AnyConnection, team_id: i64, user_id: i64) -> QueryResult<bool> {
    Ok(diesel::delete(team_members::table.find((team_id, user_id))).execute(connection)? == 1)
}
