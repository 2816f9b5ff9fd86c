//! Scopes: what is listed as a whole, how its last listing ended, and since when its facts stand.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamp};

use super::moment::Moment;
use super::scope::Placed;
use super::sql::Sql;
use super::{AnyConnection, Scope};
use crate::clock::Instant;
use crate::guard::Peaks;
use crate::kinds::KINDS;
use crate::wire::{Parent, ScopeRef};

/// A scope's state, as stored and shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScopeState {
    Complete,
    Partial,
    Skipped,
    Held,
    Applying,
    Never,
}

impl ScopeState {
    pub const ALL: [Self; 6] = [Self::Complete, Self::Partial, Self::Skipped, Self::Held, Self::Applying, Self::Never];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Partial => "partial",
            Self::Skipped => "skipped",
            Self::Held => "held",
            Self::Applying => "applying",
            Self::Never => "never",
        }
    }

    /// The state stored as `text`; an unknown one proves nothing, like `never`.
    pub fn parse(text: &str) -> Self {
        Self::ALL.into_iter().find(|state| state.as_str() == text).unwrap_or(Self::Never)
    }
}

/// A scope as stored.
#[derive(Clone, Debug, QueryableByName)]
pub struct ScopeRow {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = Text)]
    pub source: String,
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub parent_kind: String,
    #[diesel(sql_type = Text)]
    pub parent_external_id: String,
    #[diesel(sql_type = Text)]
    pub state: String,
    #[diesel(sql_type = Text)]
    pub reason: String,
    #[diesel(sql_type = BigInt)]
    pub present: i64,
    #[diesel(sql_type = Text)]
    pub peaks: String,
    #[diesel(sql_type = Text)]
    pub plan: String,
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub attempted_at: Option<Moment>,
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub confirmed_at: Option<Moment>,
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub gone_at: Option<Moment>,
}

impl ScopeRow {
    pub fn state(&self) -> ScopeState {
        ScopeState::parse(&self.state)
    }

    pub fn confirmed_at(&self) -> Option<Instant> {
        self.confirmed_at.map(|at| at.and_utc())
    }
}

const COLUMNS: &str = "SELECT id, source, kind, name, parent_kind, parent_external_id, state, reason, present, peaks, plan, \
    attempted_at, confirmed_at, gone_at FROM scopes";

/// The scope, if it was ever listed.
pub fn find(connection: &mut AnyConnection, source: &str, scope: &ScopeRef) -> QueryResult<Option<ScopeRow>> {
    let mut sql = Sql::new(COLUMNS);
    sql.push(" WHERE source = ").bind(source).push(" AND kind = ").bind(scope.kind.as_str());
    sql.push(" AND name = ").bind(&scope.name);
    sql.first(connection)
}

/// The scope of that id, which is known from a resource that the asker may see.
pub fn by_id(connection: &mut AnyConnection, reach: &Scope, id: i64) -> QueryResult<Option<ScopeRow>> {
    if reach.sees_nothing() {
        return Ok(None);
    }
    let mut sql = Sql::new(COLUMNS);
    sql.push(" WHERE id = ").bind(id);
    Ok(sql.first(connection)?.map(|row| told(reach, row)))
}

/// A team is told how a listing of its things ended, and not why: the words may name what is another's in it.
fn told(reach: &Scope, mut row: ScopeRow) -> ScopeRow {
    if !reach.sees_everything() {
        row.reason.clear();
    }
    row
}

/// The scopes of a source that are not gone, by kind and name. A team sees those that hold something of its own, and
/// counts that alone.
pub fn of_source(connection: &mut AnyConnection, reach: &Scope, source: &str) -> QueryResult<Vec<ScopeRow>> {
    if reach.sees_nothing() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(COLUMNS);
    sql.push(" WHERE gone_at IS NULL AND source = ").bind(source).push(" ORDER BY kind, name");
    let rows: Vec<ScopeRow> = sql.load(connection)?;
    if reach.sees_everything() {
        return Ok(rows);
    }
    let visible = visible_in(connection, reach, source)?;
    let seen =
        rows.into_iter().filter_map(|row| Some(ScopeRow { present: *visible.get(&row.id)?, ..told(reach, row) }));
    Ok(seen.collect())
}

/// How much is present of what the asker may see, by scope.
fn visible_in(connection: &mut AnyConnection, reach: &Scope, source: &str) -> QueryResult<BTreeMap<i64, i64>> {
    #[derive(QueryableByName)]
    struct Visible {
        #[diesel(sql_type = BigInt)]
        scope_id: i64,
        #[diesel(sql_type = BigInt)]
        n: i64,
    }
    let kinds: Vec<&str> = KINDS.iter().map(|spec| spec.name).collect();
    let mut sql = Sql::new("SELECT r.scope_id, COUNT(*) AS n FROM resources r WHERE r.gone_at IS NULL AND r.source = ");
    sql.bind(source).push(" AND r.kind IN ").bind_list(&kinds);
    reach.restrict(&mut sql, Placed::Resource);
    sql.push(" GROUP BY r.scope_id");
    Ok(sql.load::<Visible>(connection)?.into_iter().map(|row| (row.scope_id, row.n)).collect())
}

/// The scope of a kind within a parent, if it was ever listed.
pub fn of_parent(
    connection: &mut AnyConnection,
    source: &str,
    kind: &str,
    parent_external_id: &str,
) -> QueryResult<Option<ScopeRow>> {
    let mut sql = Sql::new(COLUMNS);
    sql.push(" WHERE gone_at IS NULL AND source = ").bind(source).push(" AND kind = ").bind(kind);
    sql.push(" AND parent_external_id = ").bind(parent_external_id);
    sql.first(connection)
}

/// The first few scopes of a kind whose last listing was not complete.
pub fn troubled(connection: &mut AnyConnection, reach: &Scope, kind: &str, limit: i64) -> QueryResult<Vec<ScopeRow>> {
    if reach.sees_nothing() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(COLUMNS);
    sql.push(" WHERE gone_at IS NULL AND state <> 'complete' AND kind = ").bind(kind);
    if !reach.sees_everything() {
        sql.push(" AND EXISTS (SELECT 1 FROM resources r WHERE r.gone_at IS NULL AND r.scope_id = scopes.id");
        reach.restrict(&mut sql, Placed::Resource);
        sql.push(")");
    }
    sql.push(" ORDER BY source, name LIMIT ").bind(limit);
    Ok(sql.load(connection)?.into_iter().map(|row| told(reach, row)).collect())
}

/// The scopes whose application was begun and not ended.
pub fn applying(connection: &mut AnyConnection) -> QueryResult<Vec<ScopeRow>> {
    let mut sql = Sql::new(COLUMNS);
    sql.push(" WHERE state = 'applying' ORDER BY id");
    sql.load(connection)
}

/// Notes that a listing of the scope begins; makes the scope if it is new, and brings it back if it was gone.
pub fn begin(
    connection: &mut AnyConnection,
    source: &str,
    scope: &ScopeRef,
    parent: Option<&Parent>,
    at: Instant,
) -> QueryResult<ScopeRow> {
    let (parent_kind, parent_id) =
        parent.map_or(("", ""), |parent| (parent.kind.as_str(), parent.external_id.as_str()));
    let id = match find(connection, source, scope)? {
        Some(row) => row.id,
        None => super::ids::take(connection, "scopes", 1)?,
    };
    let mut sql = Sql::new(
        "INSERT INTO scopes (id, source, kind, name, parent_kind, parent_external_id, state, reason, present, peaks, plan, \
         attempted_at) VALUES (",
    );
    sql.bind(id).push(", ").bind(source).push(", ").bind(scope.kind.as_str()).push(", ").bind(&scope.name);
    sql.push(", ").bind(parent_kind).push(", ").bind(parent_id).push(", 'never', '', 0, '', '', ").bind(at);
    sql.push(
        ") ON CONFLICT (source, kind, name) DO UPDATE SET parent_kind = excluded.parent_kind, \
         parent_external_id = excluded.parent_external_id, attempted_at = excluded.attempted_at, gone_at = NULL",
    );
    sql.execute(connection)?;
    find(connection, source, scope)?.ok_or(diesel::result::Error::NotFound)
}

/// How a listing ended.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Ending {
    pub state: ScopeState,
    pub reason: String,
    /// Whether the facts of the rows that were shown stand as of now.
    pub confirmed_at: Option<Instant>,
    /// What is there, if nothing of it is in doubt: later losses are measured against it.
    pub accepted: Option<u64>,
}

/// Writes how a listing ended, and counts what is present.
pub fn end(connection: &mut AnyConnection, id: i64, ending: &Ending) -> QueryResult<()> {
    if let (Some(count), Some(at)) = (ending.accepted, ending.confirmed_at) {
        // Read here: somebody may have accepted a loss since the listing began.
        let mut peaks = peaks(connection, id)?;
        peaks.accept(at, count);
        set_peaks(connection, id, &peaks)?;
    }
    let mut sql = Sql::new("UPDATE scopes SET state = ");
    sql.bind(ending.state.as_str()).push(", reason = ").bind(&ending.reason);
    if ending.confirmed_at.is_some() {
        sql.push(", confirmed_at = ").bind(ending.confirmed_at);
    }
    sql.push(", plan = '', present = (SELECT COUNT(*) FROM resources WHERE gone_at IS NULL AND scope_id = ").bind(id);
    sql.push(") WHERE id = ").bind(id);
    sql.execute(connection).map(|_| ())
}

/// The accepted counts of the last day.
pub fn peaks(connection: &mut AnyConnection, id: i64) -> QueryResult<Peaks> {
    let row = by_id(connection, &Scope::unrestricted(), id)?;
    Ok(row.map(|row| Peaks::from_json(&row.peaks)).unwrap_or_default())
}

fn set_peaks(connection: &mut AnyConnection, id: i64, peaks: &Peaks) -> QueryResult<()> {
    let mut sql = Sql::new("UPDATE scopes SET peaks = ");
    sql.bind(peaks.to_json()).push(" WHERE id = ").bind(id);
    sql.execute(connection).map(|_| ())
}

/// Counts what is present.
pub fn recount(connection: &mut AnyConnection, id: i64) -> QueryResult<()> {
    let mut sql =
        Sql::new("UPDATE scopes SET present = (SELECT COUNT(*) FROM resources WHERE gone_at IS NULL AND scope_id = ");
    sql.bind(id).push(") WHERE id = ").bind(id);
    sql.execute(connection).map(|_| ())
}

/// Nothing is held in the scope any more: what is present, which was counted just now, is what later losses are
/// measured against.
pub fn settle(connection: &mut AnyConnection, id: i64, at: Instant) -> QueryResult<()> {
    let Some(row) = by_id(connection, &Scope::unrestricted(), id)? else { return Ok(()) };
    let mut peaks = Peaks::from_json(&row.peaks);
    peaks.reset(at, row.present.unsigned_abs());
    set_peaks(connection, id, &peaks)?;
    if row.state() == ScopeState::Held { set_state(connection, id, ScopeState::Complete, "") } else { Ok(()) }
}

/// Changes the state and its reason alone.
pub fn set_state(connection: &mut AnyConnection, id: i64, state: ScopeState, reason: &str) -> QueryResult<()> {
    let mut sql = Sql::new("UPDATE scopes SET state = ");
    sql.bind(state.as_str()).push(", reason = ").bind(reason).push(" WHERE id = ").bind(id);
    sql.execute(connection).map(|_| ())
}

/// From now on the stage of this scope is applied, whatever happens to the process; `plan` says how it will end.
pub fn begin_applying(connection: &mut AnyConnection, id: i64, plan: &str) -> QueryResult<()> {
    let mut sql = Sql::new("UPDATE scopes SET state = 'applying', reason = 'a large change is being written', plan = ");
    sql.bind(plan).push(" WHERE id = ").bind(id);
    sql.execute(connection).map(|_| ())
}

/// Whether the application with that plan is still to be finished; holds on to it for the current transaction, so that
/// two processes that finish it take turns.
pub fn hold_application(connection: &mut AnyConnection, id: i64, plan: &str) -> QueryResult<bool> {
    let mut sql = Sql::new("UPDATE scopes SET state = 'applying' WHERE state = 'applying' AND id = ");
    sql.bind(id).push(" AND plan = ").bind(plan);
    Ok(sql.execute(connection)? == 1)
}

/// Gives up an application whose plan cannot be read; what is left of its stage is a draft again.
pub fn give_up_application(connection: &mut AnyConnection, id: i64, plan: &str) -> QueryResult<bool> {
    let mut sql = Sql::new("UPDATE scopes SET state = 'partial', plan = '', ");
    sql.push("reason = 'an interrupted change could not be finished' WHERE state = 'applying' AND id = ");
    sql.bind(id).push(" AND plan = ").bind(plan);
    Ok(sql.execute(connection)? == 1)
}

/// Its parent is gone and all its rows are tombstones.
pub fn retire(connection: &mut AnyConnection, id: i64, at: Instant) -> QueryResult<()> {
    let mut sql =
        Sql::new("UPDATE scopes SET state = 'complete', reason = 'gone with its parent', present = 0, gone_at = ");
    sql.bind(at).push(", confirmed_at = ").bind(at).push(" WHERE id = ").bind(id);
    sql.execute(connection).map(|_| ())
}

/// Identity and fingerprint of a present row.
#[derive(Clone, Copy, Debug, QueryableByName)]
pub struct KnownRow {
    #[diesel(sql_type = BigInt)]
    pub external_hash: i64,
    #[diesel(sql_type = BigInt)]
    pub fingerprint: i64,
}

/// The present rows of a scope, in the order of their identities: 16 bytes each.
pub fn known(connection: &mut AnyConnection, scope_id: i64) -> QueryResult<Vec<KnownRow>> {
    let mut sql = Sql::new("SELECT external_hash, fingerprint FROM resources WHERE gone_at IS NULL AND scope_id = ");
    sql.bind(scope_id).push(" ORDER BY external_hash");
    sql.load(connection)
}

/// A present row by its identity and id.
#[derive(Clone, Debug, QueryableByName)]
pub struct PresentRow {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = BigInt)]
    pub external_hash: i64,
    #[diesel(sql_type = Text)]
    pub name: String,
}

/// The rows of a scope that are marked as missing.
pub fn missing(connection: &mut AnyConnection, scope_id: i64) -> QueryResult<Vec<PresentRow>> {
    let mut sql =
        Sql::new("SELECT id, external_hash, name FROM resources WHERE missing_since IS NOT NULL AND scope_id = ");
    sql.bind(scope_id).push(" ORDER BY id");
    sql.load(connection)
}

/// The present rows of those identities.
pub fn present(connection: &mut AnyConnection, scope_id: i64, hashes: &[i64]) -> QueryResult<Vec<PresentRow>> {
    let mut sql = Sql::new("SELECT id, external_hash, name FROM resources WHERE gone_at IS NULL AND scope_id = ");
    sql.bind(scope_id).push(" AND external_hash IN ").bind_list(hashes);
    sql.load(connection)
}

/// Up to `limit` present rows of a scope.
pub fn some_present(connection: &mut AnyConnection, scope_id: i64, limit: usize) -> QueryResult<Vec<PresentRow>> {
    let mut sql = Sql::new("SELECT id, external_hash, name FROM resources WHERE gone_at IS NULL AND scope_id = ");
    // In the order of the index that holds the scope's present rows.
    sql.bind(scope_id).push(" ORDER BY external_hash LIMIT ").bind(i64::try_from(limit).unwrap_or(i64::MAX));
    sql.load(connection)
}

/// A parent that is a tombstone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoneParent {
    pub at: Instant,
    /// The scope that held it to the last; its listing alone can confirm that it is gone.
    pub scope: String,
}

/// The parent of a scope, if it is a tombstone; `None` while it is present or was never seen.
pub fn gone_parent(connection: &mut AnyConnection, scope: &ScopeRow) -> QueryResult<Option<GoneParent>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Nullable<Timestamp>)]
        gone_at: Option<Moment>,
        #[diesel(sql_type = Text)]
        scope: String,
    }
    let mut sql = Sql::new(
        "SELECT r.gone_at, s.name AS scope FROM resources r JOIN scopes s ON s.id = r.scope_id WHERE r.kind = ",
    );
    sql.bind(&scope.parent_kind).push(" AND r.source = ").bind(&scope.source);
    sql.push(" AND r.external_id = ").bind(&scope.parent_external_id);
    sql.push(" AND s.source = ").bind(&scope.source).push(" AND s.kind = ").bind(&scope.parent_kind);
    sql.push(" AND r.external_hash = ").bind(crate::kinds::record::identity(&scope.parent_external_id));
    let rows: Vec<Row> = sql.load(connection)?;
    // A parent that moved from one scope to another is present in one of them.
    let gone: Option<Vec<GoneParent>> =
        rows.into_iter().map(|row| Some(GoneParent { at: row.gone_at?.and_utc(), scope: row.scope })).collect();
    Ok(gone.and_then(|gone| gone.into_iter().max_by_key(|parent| parent.at)))
}
