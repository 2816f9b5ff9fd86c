//! A certificate that clients refuse: it has ended, or its chain has a hole.

use diesel::QueryResult;

use super::{Found, Given, Rule};
use crate::kinds::certificate::{self, Certificate};
use crate::store::rows::ResourceRow;
use crate::store::{AnyConnection, Scope, resources};

pub const RULE: Rule = Rule {
    name: "certificate-unfit",
    title: "Certificates that clients refuse",
    meaning: "The certificate has expired, or part of its chain is not sent: some or all clients refuse it.",
    remedy: "Renew it, or store it again with the whole chain, the host’s own certificate first.",
    spec: &certificate::SPEC,
    walks: &certificate::SPEC,
    find,
};

fn find(connection: &mut AnyConnection, given: &Given, ids: &[i64]) -> QueryResult<Vec<Found>> {
    Ok(resources::present(connection, &Scope::unrestricted(), ids)?
        .into_iter()
        .filter_map(|row| {
            Some(Found {
                walked_id: row.id,
                resource_id: row.id,
                subject: None,
                words: fault(&row, given)?,
                other: None,
                needs: vec![certificate::SPEC.name],
                doubt: None,
            })
        })
        .collect())
}

fn fault(row: &ResourceRow, given: &Given) -> Option<String> {
    let ended = row.due_at().filter(|end| *end <= given.now);
    if let Some(end) = ended {
        return Some(format!("ended on {} UTC", end.format("%-d %b %Y, %H:%M")));
    }
    let hole = serde_json::from_str::<Certificate>(&row.attrs).ok()?.hole()?;
    Some(format!("has a hole in its chain: {hole}"))
}
