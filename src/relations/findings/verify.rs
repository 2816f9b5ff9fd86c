//! Stored findings looked at again: only what is still the case is shown, with what is known of it now.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use diesel::QueryResult;

use super::{Found, Given, Rule};
use crate::clock::Instant;
use crate::kinds::Key;
use crate::relations::dangling::was_theirs;
use crate::store::doubt::Doubts;
use crate::store::finding_passes::Draft;
use crate::store::findings::FindingRow;
use crate::store::rows::ResourceRow;
use crate::store::{AnyConnection, Scope, resources};

/// A finding that is the case at this moment.
#[derive(Clone, Debug)]
pub struct Finding {
    pub stored: FindingRow,
    pub row: ResourceRow,
    pub subject: Option<Key>,
    pub words: String,
    /// Another resource that belongs to the story, and until when it did.
    pub other: Option<(ResourceRow, Option<Instant>)>,
    /// Why it is not sure.
    pub doubt: Option<String>,
}

/// Those of the stored findings of a rule that are still the case, in their order.
pub fn verify(
    connection: &mut AnyConnection,
    scope: &Scope,
    rule: &Rule,
    given: &Given,
    doubts: &mut Doubts,
    stored: Vec<FindingRow>,
) -> QueryResult<Vec<Finding>> {
    let walked: BTreeSet<i64> = stored.iter().map(|row| row.walked_id).collect();
    let found = (rule.find)(connection, given, &walked.into_iter().collect::<Vec<_>>())?;
    let mut found: HashMap<(i64, String), Found> = found.into_iter().map(|one| (identity(&one), one)).collect();
    let named: BTreeSet<i64> = stored
        .iter()
        .map(|row| row.resource_id)
        .chain(found.values().filter_map(|one| one.other.map(|(id, _)| id)))
        .collect();
    let named: Vec<i64> = named.into_iter().collect();
    let rows: BTreeMap<i64, ResourceRow> =
        resources::of_ids(connection, scope, &named, None)?.into_iter().map(|row| (row.id, row)).collect();
    let mut verified = Vec::new();
    for stored in stored {
        let Some(one) = found.remove(&(stored.resource_id, stored.subject.clone())) else { continue };
        let Some(row) = rows.get(&stored.resource_id).filter(|row| row.gone_at.is_none()) else { continue };
        let doubt = match one.doubt {
            Some(doubt) => Some(doubts.worded(doubt)),
            None => doubts.about(connection, one.needs)?,
        };
        let mut other = one.other.and_then(|(id, until)| Some((rows.get(&id)?.clone(), until)));
        if let Some((row, until)) = &other
            && !scope.sees_everything()
            && !was_theirs(connection, scope, row.id, *until)?
        {
            other = None;
        }
        verified.push(Finding { row: row.clone(), subject: one.subject, words: one.words, other, doubt, stored });
    }
    Ok(verified)
}

/// What is kept of each of these.
pub(super) fn drafts(connection: &mut AnyConnection, found: Vec<Found>) -> QueryResult<Vec<Draft>> {
    let ids: BTreeSet<i64> = found.iter().map(|one| one.resource_id).collect();
    let ids: Vec<i64> = ids.into_iter().collect();
    let rows = resources::present(connection, &Scope::unrestricted(), &ids)?;
    let rows: BTreeMap<i64, ResourceRow> = rows.into_iter().map(|row| (row.id, row)).collect();
    Ok(found
        .into_iter()
        .filter_map(|one| {
            let row = rows.get(&one.resource_id)?;
            let (resource_id, subject) = identity(&one);
            Some(Draft {
                walked_id: one.walked_id,
                resource_id,
                subject,
                name: row.title().to_owned(),
                source: row.source.clone(),
                region: row.region.clone(),
                cluster: row.cluster.clone(),
                needs: one.needs.join(" "),
                doubt: one.doubt.unwrap_or_default(),
            })
        })
        .collect())
}

fn identity(found: &Found) -> (i64, String) {
    (found.resource_id, found.subject.as_ref().map(Key::stored).unwrap_or_default())
}
