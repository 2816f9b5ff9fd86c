//! Who is asking: every read that ends on somebody's page takes a [`Scope`], and this is the one place that turns it
//! into SQL.
//!
//! A resource is visible where a rule of the asker's teams holds its place: now by the place that it has (a tombstone
//! by its last one), at a past moment by the place of then, under the rules of now. The unrestricted scope adds nothing
//! to any query, so that its text, its plan and its speed are what they are without teams. That of a team has one text
//! for each shape of its rules, with the values bound.
//!
//! Scopes are made by `accounts::reach` for people and tokens, and by whoever acts for nobody: worker, command line,
//! and what computes for all at once. A page is given the one of its request and cannot make another; a test reads the
//! sources for that.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use xxhash_rust::xxh3::Xxh3;

use super::keys::When;
use super::pattern::Pattern;
use super::sql::Sql;
use crate::clock::Instant;
use crate::placement::Within;

/// What the asker may see.
#[derive(Clone, PartialEq, Eq)]
pub struct Scope(Sight);

#[derive(Clone, PartialEq, Eq)]
enum Sight {
    Everything,
    Nothing,
    /// Sorted, each once, and at least one.
    Places(Arc<[Within]>),
}

/// Whose place is asked for, by its alias in the query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Placed {
    /// `resources r`
    Resource,
    /// `resource_versions v`
    Version,
    /// `resources seen`
    Seen,
    /// `resource_versions past`
    Past,
}

impl Placed {
    /// Region, cluster and app, spelled so that they choose no index: that is [`super::listing`]'s business.
    fn columns(self) -> [&'static str; 3] {
        match self {
            Self::Resource => ["COALESCE(r.region, '')", "COALESCE(r.cluster, '')", "COALESCE(r.app, '')"],
            Self::Version => ["COALESCE(v.region, '')", "COALESCE(v.cluster, '')", "COALESCE(v.app, '')"],
            Self::Seen => ["COALESCE(seen.region, '')", "COALESCE(seen.cluster, '')", "COALESCE(seen.app, '')"],
            Self::Past => ["COALESCE(past.region, '')", "COALESCE(past.cluster, '')", "COALESCE(past.app, '')"],
        }
    }
}

/// What is told of several resources at once, by its alias in the query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// `runs r`
    Run,
    /// `dns_changes c`
    DnsChange,
}

impl Scope {
    /// Sees everything. For worker and command line, which act for nobody in particular.
    pub fn unrestricted() -> Self {
        Self(Sight::Everything)
    }

    /// Sees nothing: anonymous, or somebody without a team.
    pub fn nothing() -> Self {
        Self(Sight::Nothing)
    }

    /// Sees what lies within one of these.
    pub fn within(mut places: Vec<Within>) -> Self {
        places.retain(|place| *place != Within::default());
        places.sort();
        places.dedup();
        if places.is_empty() { Self::nothing() } else { Self(Sight::Places(places.into())) }
    }

    /// Whether anything can be visible at all.
    pub fn sees_nothing(&self) -> bool {
        self.0 == Sight::Nothing
    }

    /// Whether nothing is hidden.
    pub fn sees_everything(&self) -> bool {
        self.0 == Sight::Everything
    }

    /// Whether a resource at that place is visible.
    pub fn admits(&self, region: &str, cluster: &str, app: &str) -> bool {
        match &self.0 {
            Sight::Everything => true,
            Sight::Nothing => false,
            Sight::Places(places) => places.iter().any(|place| place.holds(region, cluster, app)),
        }
    }

    /// The places that it is made of; none for one that sees everything, or nothing.
    pub fn places(&self) -> &[Within] {
        match &self.0 {
            Sight::Places(places) => places,
            Sight::Everything | Sight::Nothing => &[],
        }
    }

    /// A number that is another one for another scope.
    pub fn fingerprint(&self) -> u64 {
        let mut hasher = Xxh3::new();
        std::mem::discriminant(&self.0).hash(&mut hasher);
        self.places().hash(&mut hasher);
        hasher.finish()
    }

    /// A column of `resources` and the values of which each visible resource has one, if the rules say so without a
    /// `*`: what a list can be walked by.
    pub(super) fn hull(&self) -> Option<(&'static str, Vec<String>)> {
        type Field = fn(&Within) -> &String;
        let fields: [(&'static str, Field); 3] =
            [("cluster", |place| &place.cluster), ("app", |place| &place.app), ("region", |place| &place.region)];
        let places = self.places();
        let of = |field: Field| places.iter().map(|place| field(place).clone()).collect::<Vec<String>>();
        let fields = fields.into_iter().map(|(name, field)| (name, of(field)));
        fields
            .into_iter()
            .find(|(_, values)| {
                !values.is_empty() && values.iter().all(|value| !value.is_empty() && !value.contains('*'))
            })
            .map(|(name, mut values)| {
                values.sort();
                values.dedup();
                (name, values)
            })
    }

    /// Appends the condition, `AND` included, that a row is visible by its own place.
    pub(super) fn restrict(&self, sql: &mut Sql, placed: Placed) {
        match &self.0 {
            Sight::Everything => {}
            Sight::Nothing => {
                sql.push(" AND 1 = 0");
            }
            Sight::Places(places) => {
                sql.push(" AND ");
                within(sql, places, placed);
            }
        }
    }

    /// Appends the condition, `AND` included, that the resource of that id was visible at the moment.
    pub(super) fn restrict_id(&self, sql: &mut Sql, id: &'static str, when: When) {
        if self.sees_everything() {
            return;
        }
        sql.push(" AND (EXISTS (SELECT 1 FROM resources seen WHERE seen.id = ").push(id);
        match when {
            When::Now | When::Ever => self.restrict(sql, Placed::Seen),
            When::At(at) => {
                current_at(sql, at);
                self.restrict(sql, Placed::Seen);
                sql.push(") OR EXISTS (SELECT 1 FROM resource_versions past WHERE past.resource_id = ").push(id);
                sql.push(" AND past.valid_from <= ").bind(at).push(" AND past.valid_until > ").bind(at);
                self.restrict(sql, Placed::Past);
            }
        }
        sql.push("))");
    }

    /// Appends the condition, `AND` included, that the last state that the resource of that id had reached by the
    /// moment is visible, whether it was still there or gone.
    pub(super) fn restrict_known(&self, sql: &mut Sql, id: &'static str, at: Instant) {
        if self.sees_everything() {
            return;
        }
        sql.push(" AND (EXISTS (SELECT 1 FROM resources seen WHERE seen.id = ").push(id);
        sql.push(" AND seen.changed_at <= ").bind(at);
        self.restrict(sql, Placed::Seen);
        sql.push(") OR EXISTS (SELECT 1 FROM resources seen CROSS JOIN resource_versions past WHERE seen.id = ")
            .push(id);
        sql.push(" AND seen.changed_at > ").bind(at);
        sql.push(" AND past.id = (SELECT MAX(n.id) FROM resource_versions n WHERE n.resource_id = seen.id AND n.valid_from <= ");
        sql.bind(at).push(")");
        self.restrict(sql, Placed::Past);
        sql.push("))");
    }

    /// Appends the condition, `AND` included, that all that a run or a DNS change is about is visible: it tells of
    /// each. What is about nothing, or about something that is forgotten by now, is told to nobody whom a team bounds.
    pub(super) fn restrict_subjects(&self, sql: &mut Sql, told: Told) {
        if self.sees_everything() {
            return;
        }
        let [is_about, about] = match told {
            Told::Run => [
                " AND EXISTS (SELECT 1 FROM run_subjects s WHERE s.run_id = r.id)",
                " AND NOT EXISTS (SELECT 1 FROM run_subjects s WHERE s.run_id = r.id",
            ],
            Told::DnsChange => [
                " AND EXISTS (SELECT 1 FROM dns_change_subjects s WHERE s.change_id = c.id)",
                " AND NOT EXISTS (SELECT 1 FROM dns_change_subjects s WHERE s.change_id = c.id",
            ],
        };
        sql.push(is_about).push(about);
        sql.push(" AND NOT EXISTS (SELECT 1 FROM resources seen WHERE seen.id = s.resource_id");
        self.restrict(sql, Placed::Seen);
        sql.push("))");
    }

    /// Appends the condition, `AND` included, that the resource of a link `l` was visible when the link ended, or is
    /// while it lasts.
    pub(super) fn restrict_link(&self, sql: &mut Sql) {
        if self.sees_everything() {
            return;
        }
        sql.push(
            " AND (EXISTS (SELECT 1 FROM resources seen WHERE seen.id = l.resource_id AND (l.until IS NULL OR seen.changed_at < l.until)",
        );
        self.restrict(sql, Placed::Seen);
        sql.push(
            ") OR EXISTS (SELECT 1 FROM resource_versions past WHERE past.resource_id = l.resource_id AND past.valid_from < l.until \
             AND past.valid_until >= l.until",
        );
        self.restrict(sql, Placed::Past);
        sql.push("))");
    }
}

/// The current state of `resources seen` was true at that moment already.
fn current_at(sql: &mut Sql, at: Instant) {
    sql.push(" AND seen.changed_at <= ")
        .bind(at)
        .push(" AND (seen.gone_at IS NULL OR seen.gone_at > ")
        .bind(at)
        .push(")");
}

fn within(sql: &mut Sql, places: &[Within], placed: Placed) {
    let columns = placed.columns();
    for (position, place) in places.iter().enumerate() {
        sql.push(if position == 0 { "((" } else { ") OR (" });
        let fields = [&place.region, &place.cluster, &place.app];
        let named = columns.into_iter().zip(fields).filter(|(_, pattern)| !pattern.is_empty());
        for (position, (column, pattern)) in named.enumerate() {
            sql.push(if position == 0 { "" } else { " AND " }).push(column);
            match pattern {
                // What is not placed lies nowhere.
                all if all.chars().all(|letter| letter == '*') => sql.push(" <> ''"),
                pattern if pattern.contains('*') => sql.like(&Pattern::of(pattern)),
                exact => sql.push(" = ").bind(exact),
            };
        }
    }
    sql.push("))");
}

/// `everything`, `nothing`, or its places.
impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Sight::Everything => f.write_str("everything"),
            Sight::Nothing => f.write_str("nothing"),
            Sight::Places(places) => f.debug_list().entries(places.iter().map(ToString::to_string)).finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(region: &str, cluster: &str, app: &str) -> Within {
        let [region, cluster, app] = [region, cluster, app].map(str::to_owned);
        Within { region, cluster, app }
    }

    #[test]
    fn no_rule_is_no_sight_and_their_order_does_not_matter() {
        assert!(Scope::within(Vec::new()).sees_nothing() && Scope::within(vec![Within::default()]).sees_nothing());
        let one = Scope::within(vec![place("eu", "", ""), place("", "us-1", ""), place("eu", "", "")]);
        let other = Scope::within(vec![place("", "us-1", ""), place("eu", "", "")]);
        assert!(one == other && one.fingerprint() == other.fingerprint());
        assert!(one.admits("eu", "", "") && one.admits("", "us-1", "x") && !one.admits("us", "us-2", ""));
        let scopes = [one, Scope::nothing(), Scope::unrestricted(), Scope::within(vec![place("", "", "eu")])];
        for (position, scope) in scopes.iter().enumerate() {
            let same = scopes.iter().filter(|other| other.fingerprint() == scope.fingerprint()).count();
            assert_eq!(same, 1, "{position}");
        }
    }

    #[test]
    fn a_list_is_walked_by_what_every_rule_names_plainly() {
        let hull = |places: Vec<Within>| Scope::within(places).hull();
        assert_eq!(
            hull(vec![place("", "b", "x*"), place("", "a", ""), place("", "a", "y")]),
            Some(("cluster", vec!["a".to_owned(), "b".to_owned()]))
        );
        assert_eq!(
            hull(vec![place("", "a*", "x"), place("eu", "a", "y")]),
            Some(("app", vec!["x".into(), "y".into()]))
        );
        assert_eq!(hull(vec![place("", "a", ""), place("eu", "", "")]), None);
        assert_eq!(Scope::unrestricted().hull(), None);
    }
}
