//! The rules. **One more**: its file here with a `RULE`, and one line in [`RULES`].

use diesel::QueryResult;

use crate::clock::Instant;
use crate::store::AnyConnection;
use crate::store::alerts::Condition;

mod dns_changes;
mod held_loss;
mod maintenance_event;
mod runs;
mod served_certificate;
mod source_health;
mod worker_silent;

/// Every rule, in the order of evaluation.
pub const RULES: &[Rule] = &[
    source_health::RULE,
    held_loss::RULE,
    maintenance_event::RULE,
    served_certificate::RULE,
    worker_silent::RULE,
    runs::STUCK,
    runs::UNSETTLED,
    runs::QUEUE,
    dns_changes::WAY_BACK,
    dns_changes::MEMBERS,
];

/// A rule: which conditions hold at a moment.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Stored with its alerts.
    pub name: &'static str,
    /// For people.
    pub title: &'static str,
    pub conditions: fn(&mut AnyConnection, Instant) -> QueryResult<Vec<Condition>>,
}
