//! How resources hang together: the join of what one refers to with what another holds. No relation is ever written
//! down, so a new kind links itself to all the old ones by its keys alone.
//!
//! [`neighbours`] walks from one resource to those it has to do with; [`dangling()`] names the refs that lead to an
//! address of ours which nobody holds any more; [`findings`] are the same and others of its sort, kept for the whole
//! inventory; [`endpoints`] finds where a host answers; [`behind`] is what stands behind a balancer, and [`switched`]
//! what goes by it since a switch.
//!
//! [`touches::touches()`] follows dependence alone: what would be affected if a resource went away, and how badly. A page
//! that asks for both asks one [`Look`].
//!
//! **One more relation**: a key or ref in the kind's facts; a new way of meeting is a line in `kinds::key`.

use diesel::prelude::*;

pub mod behind;
mod dangling;
pub mod endpoints;
pub mod findings;
mod links;
mod look;
pub mod placement;
pub mod switched;
pub mod touches;
mod walk;
mod wildcard;

pub use dangling::{Certainty, Dangling, Former, dangling};
pub use look::Look;

use crate::clock::Instant;
use crate::kinds::{Key, KindSpec, Role};
use crate::store::rows::ResourceRow;
use crate::store::{AnyConnection, Scope};

/// Steps from the resource at most.
pub const HOPS: u8 = 8;
/// Resources of one neighbourhood at most.
pub const NODES: usize = 10_000;

/// What a resource has to do with, by kind in the order of the navigation.
#[derive(Clone, Debug, Default)]
pub struct Neighbours {
    pub by_kind: Vec<Group>,
    /// There is more than [`NODES`] or further than [`HOPS`].
    pub truncated: bool,
}

/// The neighbours of one kind, closest first.
#[derive(Clone, Debug)]
pub struct Group {
    pub spec: &'static KindSpec,
    pub items: Vec<Neighbour>,
}

/// A resource that another has to do with.
#[derive(Clone, Debug)]
pub struct Neighbour {
    pub row: ResourceRow,
    /// In which role it stands in the join by which it was met.
    pub role: Role,
    /// The keys along the way, from the resource that was asked about.
    pub via: Vec<Key>,
    /// 1 for what meets it directly.
    pub hops: u8,
    /// Something else holds the same key, and nothing says which one is meant: no act may rely on it.
    pub ambiguous: bool,
}

/// The neighbourhood of `resource`, now or as it was at `at`; of what is gone there is none but in the past.
pub fn neighbours(
    connection: &mut AnyConnection,
    scope: &Scope,
    resource: &ResourceRow,
    at: Option<Instant>,
) -> QueryResult<Neighbours> {
    Look::at(scope, at).neighbours(connection, resource)
}
