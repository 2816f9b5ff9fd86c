//! A running instance to which no record leads, nor a load balancer.

use diesel::QueryResult;

use super::{Found, Given, Rule};
use crate::kinds::{dns_record, instance, load_balancer};
use crate::store::{AnyConnection, Scope, resources, unmet};

pub const RULE: Rule = Rule {
    name: "instance-without-record",
    title: "Instances without a record",
    meaning: "The instance is running, but neither a record nor a load balancer leads to any of its addresses: it may be left over, or \
              known to somebody by its address alone.",
    remedy: "Give it a name, or find out whether anybody still needs it. Ignore it here if that is intended.",
    spec: &instance::SPEC,
    walks: &instance::SPEC,
    find,
};

fn find(connection: &mut AnyConnection, _given: &Given, ids: &[i64]) -> QueryResult<Vec<Found>> {
    let unpointed = unmet::unpointed(connection, ids, &[&dns_record::SPEC, &load_balancer::SPEC])?;
    let present = resources::present(connection, &Scope::unrestricted(), &unpointed)?;
    Ok(present
        .into_iter()
        .filter(|row| row.status == "running")
        .map(|row| Found {
            walked_id: row.id,
            resource_id: row.id,
            subject: None,
            words: "no record and no load balancer leads to it".to_owned(),
            other: None,
            needs: vec![dns_record::SPEC.name, load_balancer::SPEC.name],
            doubt: None,
        })
        .collect())
}
