//! What somebody is told of a plan that was kept: all of it, if it was made for the same eyes; of what others have
//! planned, the sets.

use std::collections::BTreeSet;

use diesel::QueryResult;

use crate::dns_plan::Plan;
use crate::store::dns_changes::ChangeRow;
use crate::store::{AnyConnection, Scope, resources};

/// The plan of a change that the asker sees, and so each of its sets. What hangs on those, and the words in which
/// others were told what speaks against it, may name what is not theirs.
pub fn told(connection: &mut AnyConnection, scope: &Scope, row: &ChangeRow) -> QueryResult<Plan> {
    let mut plan: Plan = serde_json::from_str(&row.plan).unwrap_or_default();
    if scope.sees_everything() {
        return Ok(plan);
    }
    let touched: BTreeSet<i64> =
        plan.changes.iter().flat_map(|planned| &planned.touches).map(|touch| touch.id).collect();
    let touched: Vec<i64> = touched.into_iter().collect();
    let seen: BTreeSet<i64> = resources::present(connection, scope, &touched)?.iter().map(|row| row.id).collect();
    for planned in &mut plan.changes {
        planned.touches.retain(|touch| seen.contains(&touch.id));
    }
    if plan.sight != scope.fingerprint() {
        plan.notes.clear();
        plan.own_names = 0;
        plan.changes.iter_mut().flat_map(|planned| &mut planned.touches).for_each(|touch| touch.left.clear());
        for refusal in &mut plan.refusals {
            refusal.code.in_general().clone_into(&mut refusal.text);
            refusal.change = None;
        }
    }
    Ok(plan)
}
