//! One look at how things hang together, now or at a past moment: what it has read of mentions and rows is not asked for
//! again. The walks of a page begin at the same resource and cross the same names, and most of what the second one needs
//! the first one has had.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;

use super::touches::{self, Touches};
use super::{Dangling, NODES, Neighbours, dangling, walk};
use crate::clock::Instant;
use crate::config::NetworkConfig;
use crate::kinds::{Held, Role};
use crate::store::keys::{self, Link, When};
use crate::store::rows::ResourceRow;
use crate::store::{AnyConnection, Scope, resources};

/// How many rows are fetched at once.
const BATCH: usize = 1_024;

/// What somebody sees at one moment, as far as it has been read. It lasts as long as a page's transaction.
#[derive(Debug)]
pub struct Look<'s> {
    pub(super) scope: &'s Scope,
    pub(super) at: Option<Instant>,
    mentions: HashMap<(Held, i64), Vec<Link>>,
    bearers: HashMap<Question, HashMap<String, Vec<Link>>>,
    /// `None` is a resource that is not there, or not to be seen.
    rows: HashMap<i64, Option<ResourceRow>>,
}

/// What is asked of a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Question {
    side: Held,
    roles: Vec<Role>,
    /// By somebody from whom nothing is hidden.
    whole: bool,
}

impl Question {
    fn of(scope: &Scope, side: Held, roles: &[Role]) -> Self {
        Self { side, roles: roles.to_vec(), whole: scope.sees_everything() }
    }
}

impl<'s> Look<'s> {
    pub fn at(scope: &'s Scope, at: Option<Instant>) -> Self {
        Self { scope, at, mentions: HashMap::new(), bearers: HashMap::new(), rows: HashMap::new() }
    }

    /// See [`super::neighbours`].
    pub fn neighbours(&mut self, connection: &mut AnyConnection, resource: &ResourceRow) -> QueryResult<Neighbours> {
        walk::from(connection, self, resource)
    }

    /// See [`touches::touches`].
    pub fn touches(
        &mut self,
        connection: &mut AnyConnection,
        resource: &ResourceRow,
        most: usize,
    ) -> QueryResult<Touches> {
        touches::of(connection, self, resource, most)
    }

    /// See [`super::dangling()`]; of a look at the present.
    pub fn dangling(
        &mut self,
        connection: &mut AnyConnection,
        resource: &ResourceRow,
        networks: &[NetworkConfig],
        now: Instant,
    ) -> QueryResult<Vec<Dangling>> {
        dangling::of(connection, self, resource, networks, now)
    }

    pub(super) fn when(&self) -> When {
        When::from(self.at)
    }

    /// What the resources hold, or refer to: by resource in the order given, then by key, role and time. Whoever asks for
    /// one of the two asks for the other soon.
    pub(super) fn of_resources(
        &mut self,
        connection: &mut AnyConnection,
        side: Held,
        ids: &[i64],
    ) -> QueryResult<Vec<Link>> {
        let unknown: Vec<i64> = ids.iter().filter(|id| !self.mentions.contains_key(&(side, **id))).copied().collect();
        if !unknown.is_empty() {
            let links = keys::mentions(connection, &unknown, self.when())?;
            let both = [Held::Key, Held::Ref];
            self.mentions.extend(unknown.iter().flat_map(|id| both.map(|side| ((side, *id), Vec::new()))));
            for (side, link) in links {
                self.mentions.entry((side, link.resource_id)).or_default().push(link);
            }
        }
        Ok(ids.iter().filter_map(|id| self.mentions.get(&(side, *id))).flatten().cloned().collect())
    }

    /// See [`keys::of_keys`]: of those that the asker may see, and more than [`NODES`] if there are more.
    pub(super) fn of_keys(
        &mut self,
        connection: &mut AnyConnection,
        side: Held,
        keys: &[String],
        roles: &[Role],
    ) -> QueryResult<Vec<Link>> {
        self.bearing(connection, self.scope, Question::of(self.scope, side, roles), keys, NODES + 1)
    }

    /// The same of everything, for what does not depend on who asks; all of it, however much there is.
    pub(super) fn of_keys_of_all(
        &mut self,
        connection: &mut AnyConnection,
        everything: &Scope,
        side: Held,
        keys: &[String],
        roles: &[Role],
    ) -> QueryResult<Vec<Link>> {
        self.bearing(connection, everything, Question::of(everything, side, roles), keys, usize::MAX)
    }

    fn bearing(
        &mut self,
        connection: &mut AnyConnection,
        scope: &Scope,
        question: Question,
        asked: &[String],
        most: usize,
    ) -> QueryResult<Vec<Link>> {
        let when = When::from(self.at);
        let (side, roles) = (question.side, question.roles.clone());
        let known = self.bearers.entry(question).or_default();
        let unknown: Vec<String> = asked.iter().filter(|key| !known.contains_key(*key)).cloned().collect();
        if !unknown.is_empty() {
            let links = keys::of_keys(connection, scope, side, &unknown, &roles, when, most)?;
            // Cut short, it says nothing of the keys behind the cut, and is not kept.
            if links.len() >= most {
                let kept = asked.iter().filter_map(|key| known.get(key)).flatten().cloned();
                return Ok(kept.chain(links).collect());
            }
            known.extend(unknown.into_iter().map(|key| (key, Vec::new())));
            for link in links {
                known.entry(link.key.clone()).or_default().push(link);
            }
        }
        Ok(asked.iter().filter_map(|key| known.get(key)).flatten().cloned().collect())
    }

    /// See [`resources::of_ids`]; each once, in the order of their ids.
    pub(super) fn rows(
        &mut self,
        connection: &mut AnyConnection,
        ids: impl IntoIterator<Item = i64>,
    ) -> QueryResult<Vec<ResourceRow>> {
        let ids: BTreeSet<i64> = ids.into_iter().collect();
        let unknown: Vec<i64> = ids.iter().filter(|id| !self.rows.contains_key(id)).copied().collect();
        for unknown in unknown.chunks(BATCH) {
            let found = resources::of_ids(connection, self.scope, unknown, self.at)?;
            self.rows.extend(unknown.iter().map(|id| (*id, None)));
            self.rows.extend(found.into_iter().map(|row| (row.id, Some(row))));
        }
        Ok(ids.iter().filter_map(|id| self.rows.get(id)?.clone()).collect())
    }
}
