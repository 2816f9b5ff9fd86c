//! The heads of the ranges that the tape is merged of: which changes there are, in order, without the states
//! themselves.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamp};

use super::{Asked, Cursor, What};
use crate::clock::Instant;
use crate::kinds::KindSpec;
use crate::store::scope::Placed;
use crate::store::sql::Sql;
use crate::store::{AnyConnection, Scope};

/// A change, without its states.
#[derive(Clone, Debug, QueryableByName)]
pub(super) struct Event {
    #[diesel(sql_type = Timestamp)]
    at: NaiveDateTime,
    #[diesel(sql_type = BigInt)]
    pub resource_id: i64,
    #[diesel(sql_type = BigInt)]
    is_end: i64,
    /// The state that it began, or ended: a version, or 0 for the one that the resource has now.
    #[diesel(sql_type = BigInt)]
    pub version_id: i64,
    #[diesel(sql_type = Text)]
    pub source: String,
    #[diesel(sql_type = Text)]
    pub region: String,
    #[diesel(sql_type = Text)]
    pub cluster: String,
    #[diesel(sql_type = Bool)]
    is_first: bool,
    /// No other change of the resource follows it up to the end of what is asked; known only when asked for.
    #[diesel(sql_type = Bool)]
    pub is_last: bool,
    /// The version before the state that it began.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub before_id: Option<i64>,
    #[diesel(sql_type = Nullable<Bool>)]
    before_gone: Option<bool>,
    #[diesel(sql_type = Nullable<Text>)]
    before_region: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    before_cluster: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    before_app: Option<String>,
}

impl Event {
    pub fn at(&self) -> Instant {
        self.at.and_utc()
    }

    pub fn cursor(&self) -> Cursor {
        Cursor { at: self.at(), resource_id: self.resource_id, is_end: self.is_end == 1, backwards: false }
    }

    pub fn what(&self) -> What {
        match () {
            () if self.is_end == 1 => What::Gone,
            () if self.is_first => What::Added,
            () if self.before_gone == Some(true) => What::Returned,
            () => What::Changed,
        }
    }

    /// Forgets what was before where the asker may not see that: it has come from nowhere.
    fn seen_by(mut self, scope: &Scope) -> Self {
        let [region, cluster, app] = [&self.before_region, &self.before_cluster, &self.before_app]
            .map(|place| place.as_deref().unwrap_or_default());
        if self.before_id.is_some() && !scope.admits(region, cluster, app) {
            (self.before_id, self.before_gone, self.before_region, self.before_cluster) = (None, None, None, None);
            self.is_first = true;
        }
        self
    }

    /// Where it was before.
    pub fn before_place(&self) -> Option<(&str, &str)> {
        Some((self.before_region.as_deref()?, self.before_cluster.as_deref()?))
    }
}

/// A range of an index: states or ends of one kind by their moment.
struct Stream {
    /// Selects the columns of the merge; ends where the kind is bound.
    select: &'static str,
    at: &'static str,
    key: &'static str,
    is_end: bool,
}

/// Present and past states that began, and ends; each with the moment until which the state was true.
const STREAMS: [Stream; 5] = [
    Stream {
        select: "SELECT r.changed_at AS at, r.id AS resource_id, CAST(0 AS BIGINT) AS is_end, CAST(0 AS BIGINT) AS version_id, \
                 r.gone_at AS until, r.source, r.region, r.cluster FROM resources r WHERE r.gone_at IS NULL AND r.kind = ",
        at: "r.changed_at",
        key: "(r.changed_at, r.id)",
        is_end: false,
    },
    Stream {
        select: "SELECT r.changed_at AS at, r.id AS resource_id, CAST(0 AS BIGINT) AS is_end, CAST(0 AS BIGINT) AS version_id, \
                 r.gone_at AS until, r.source, r.region, r.cluster FROM resources r WHERE r.gone_at IS NOT NULL \
                 AND r.changed_at < r.gone_at AND r.kind = ",
        at: "r.changed_at",
        key: "(r.changed_at, r.id)",
        is_end: false,
    },
    Stream {
        select: "SELECT r.gone_at AS at, r.id AS resource_id, CAST(1 AS BIGINT) AS is_end, CAST(0 AS BIGINT) AS version_id, \
                 r.gone_at AS until, r.source, r.region, r.cluster FROM resources r WHERE r.gone_at IS NOT NULL AND r.kind = ",
        at: "r.gone_at",
        key: "(r.gone_at, r.id)",
        is_end: true,
    },
    // A state that was true for no time at all, because a clock was set back, was never to be seen.
    Stream {
        select: "SELECT v.valid_from AS at, v.resource_id, CAST(0 AS BIGINT) AS is_end, v.id AS version_id, \
                 v.valid_until AS until, v.source, v.region, v.cluster FROM resource_versions v \
                 WHERE v.valid_from < v.valid_until AND v.kind = ",
        at: "v.valid_from",
        key: "(v.valid_from, v.resource_id)",
        is_end: false,
    },
    Stream {
        select: "SELECT v.valid_until AS at, v.resource_id, CAST(1 AS BIGINT) AS is_end, v.id AS version_id, \
                 v.valid_until AS until, v.source, v.region, v.cluster FROM resource_versions v WHERE v.ended_gone AND v.kind = ",
        at: "v.valid_until",
        key: "(v.valid_until, v.resource_id)",
        is_end: true,
    },
];

/// The next `limit` changes from the cursor on, in its direction. With `lasts`, whether another follows each is looked
/// up too.
pub(super) fn read(
    connection: &mut AnyConnection,
    scope: &Scope,
    asked: &Asked,
    from: Option<Cursor>,
    limit: usize,
    lasts: bool,
) -> QueryResult<Vec<Event>> {
    let events: Vec<Event> = query(scope, asked, from, limit, lasts).load(connection)?;
    Ok(events.into_iter().map(|event| event.seen_by(scope)).collect())
}

/// The statement of [`read`].
pub(super) fn query(scope: &Scope, asked: &Asked, from: Option<Cursor>, limit: usize, lasts: bool) -> Sql {
    let backwards = from.is_some_and(|cursor| cursor.backwards);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut sql = Sql::new(
        "SELECT e.at, e.resource_id, e.is_end, e.version_id, e.source, e.region, e.cluster, e.is_first, e.is_last, e.before_id, \
         p.ended_gone AS before_gone, p.region AS before_region, p.cluster AS before_cluster, p.app AS before_app FROM (SELECT u.*, \
         CASE WHEN u.at = o.first_seen_at THEN TRUE ELSE FALSE END AS is_first, ",
    );
    is_last(&mut sql, asked, lasts);
    sql.push(
        " AS is_last, CASE WHEN u.is_end = 1 THEN NULL ELSE (SELECT w.id FROM resource_versions w \
         WHERE w.resource_id = u.resource_id AND w.valid_until <= u.at AND w.valid_from < w.valid_until \
         ORDER BY w.valid_until DESC, w.id DESC LIMIT 1) END AS before_id FROM (SELECT m.* FROM (",
    );
    let mut first = true;
    for spec in asked.kinds() {
        for stream in &STREAMS {
            sql.push(if first { "SELECT * FROM (" } else { ") x UNION ALL SELECT * FROM (" });
            first = false;
            stream.append_to(&mut sql, scope, spec, asked, from, backwards);
            sql.push(" LIMIT ").bind(limit);
        }
    }
    sql.push(") x) m ORDER BY ");
    sql.push(if backwards { "m.at, m.resource_id, m.is_end" } else { "m.at DESC, m.resource_id DESC, m.is_end DESC" });
    sql.push(" LIMIT ").bind(limit);
    sql.push(
        ") u JOIN resources o ON o.id = u.resource_id) e LEFT JOIN resource_versions p ON p.id = e.before_id ORDER BY ",
    );
    sql.push(if backwards { "e.at, e.resource_id, e.is_end" } else { "e.at DESC, e.resource_id DESC, e.is_end DESC" });
    sql
}

/// Whether the state that it began was still true at the end of what is asked, or nothing began after what it ended.
fn is_last(sql: &mut Sql, asked: &Asked, wanted: bool) {
    if !wanted {
        sql.push("TRUE");
        return;
    }
    sql.push("CASE WHEN u.is_end = 0 AND (u.until IS NULL OR u.until > ").bind(asked.to);
    sql.push(") THEN TRUE WHEN u.is_end = 0 THEN FALSE WHEN u.version_id = 0 THEN TRUE WHEN o.changed_at <= ")
        .bind(asked.to);
    sql.push(
        " THEN FALSE WHEN EXISTS (SELECT 1 FROM resource_versions n WHERE n.resource_id = u.resource_id \
         AND n.valid_until > u.at AND n.valid_from >= u.at AND n.valid_from <= ",
    );
    sql.bind(asked.to).push(") THEN FALSE ELSE TRUE END");
}

impl Stream {
    fn append_to(
        &self,
        sql: &mut Sql,
        scope: &Scope,
        spec: &KindSpec,
        asked: &Asked,
        from: Option<Cursor>,
        backwards: bool,
    ) {
        let versions = self.key.starts_with("(v.");
        sql.push(self.select).bind(spec.name);
        scope.restrict(sql, if versions { Placed::Version } else { Placed::Resource });
        sql.push(" AND ").push(self.at).push(" > ").bind(asked.from);
        sql.push(" AND ").push(self.at).push(" <= ").bind(asked.to);
        if let Some(cursor) = from {
            // The moment alone first: it is what both databases walk the index by.
            sql.push(" AND ").push(self.at).push(if backwards { " >= " } else { " <= " }).bind(cursor.at);
            let at_it = if backwards { !cursor.is_end && self.is_end } else { cursor.is_end && !self.is_end };
            sql.push(" AND ").push(self.key).push(match (backwards, at_it) {
                (true, true) => " >= (",
                (true, false) => " > (",
                (false, true) => " <= (",
                (false, false) => " < (",
            });
            sql.bind(cursor.at).push(", ").bind(cursor.resource_id).push(")");
        }
        sql.push(" ORDER BY ").push(self.at).push(if backwards { ", " } else { " DESC, " });
        sql.push(if versions { "v.resource_id" } else { "r.id" });
        if !backwards {
            sql.push(" DESC");
        }
    }
}
