//! What would be affected if a resource went away, worst first, each with its way in words.
//!
//! Whoever refers to something depends on it: a balancer on its targets, a record on what it points at and on its zone,
//! an app on the records and the certificates of its domains. The walk follows that from the resource outwards, hop by
//! hop, one batched look-up each. How bad it is for one that depends is judged from *all* that it depends on: with two
//! of three targets left it is degraded, with none it is lost. What somebody may not see is not walked through.
//!
//! **One more dependence**: a ref in the kind's facts; what it means for the kind is in `judge.rs`.

use std::cmp::Reverse;

use diesel::QueryResult;

mod judge;
mod walk;

use super::{HOPS, Look, NODES};
use crate::clock::Instant;
use crate::kinds::KindSpec;
use crate::store::rows::ResourceRow;
use crate::store::{AnyConnection, Scope};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Harm {
    /// It goes on with less.
    Degraded,
    /// Nothing is left that it could go on with.
    Lost,
}

impl Harm {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Degraded => "degraded",
            Self::Lost => "lost",
        }
    }
}

/// Everything that is affected.
#[derive(Clone, Debug, Default)]
pub struct Touches {
    /// The worst first; apps before what stands between.
    pub affected: Vec<Affected>,
    /// There is more than was asked for, or further than [`HOPS`].
    pub truncated: bool,
}

impl Touches {
    pub fn count(&self, harm: Harm) -> usize {
        self.affected.iter().filter(|one| one.harm == harm).count()
    }
}

/// A resource that is affected.
#[derive(Clone, Debug)]
pub struct Affected {
    pub row: ResourceRow,
    pub spec: &'static KindSpec,
    pub harm: Harm,
    /// From which of those that go away it was reached first.
    pub origin: i64,
    /// 1 for what depends on it directly.
    pub hops: u8,
    /// From what depends directly to this one.
    pub path: Vec<Step>,
    /// What is left, in words: `1 of 2 targets remains`.
    pub left: String,
}

/// One step away from the resource: who depends, and in which sense.
#[derive(Clone, Debug)]
pub struct Step {
    pub id: i64,
    pub spec: &'static KindSpec,
    pub name: String,
    /// `points at 192.0.2.7`, said of it.
    pub words: String,
}

/// What would be affected if `resource` went away, now or as things were at `at`; of at most `most` resources.
pub fn touches(
    connection: &mut AnyConnection,
    scope: &Scope,
    resource: &ResourceRow,
    at: Option<Instant>,
    most: usize,
) -> QueryResult<Touches> {
    of(connection, &mut Look::at(scope, at), resource, most)
}

pub(super) fn of(
    connection: &mut AnyConnection,
    look: &mut Look<'_>,
    resource: &ResourceRow,
    most: usize,
) -> QueryResult<Touches> {
    if look.scope.sees_nothing() || (look.at.is_none() && resource.gone_at.is_some()) {
        return Ok(Touches::default());
    }
    worst_first(walk::from(connection, look, std::slice::from_ref(resource), most.min(NODES)))
}

/// What would be affected if all of these went away at once: what one of them stands in for, another may have taken
/// along.
pub fn touches_together(
    connection: &mut AnyConnection,
    scope: &Scope,
    resources: &[ResourceRow],
    most: usize,
) -> QueryResult<Touches> {
    if scope.sees_nothing() || resources.is_empty() {
        return Ok(Touches::default());
    }
    worst_first(walk::from(connection, &mut Look::at(scope, None), resources, most.min(NODES)))
}

fn worst_first(touches: QueryResult<Touches>) -> QueryResult<Touches> {
    let mut touches = touches?;
    touches.affected.sort_by(|one, other| rank(one).cmp(&rank(other)));
    Ok(touches)
}

fn rank(one: &Affected) -> (Reverse<Harm>, usize, u8, &str, i64) {
    let kinds = ["app", "load_balancer", "dns_record"];
    let kind = kinds.iter().position(|kind| *kind == one.spec.name).unwrap_or(kinds.len());
    (Reverse(one.harm), kind, one.hops, one.row.title(), one.row.id)
}
