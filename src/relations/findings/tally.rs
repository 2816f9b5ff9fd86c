//! How many findings of each rule there are: sure, unsure, ignored.

use diesel::QueryResult;

use super::{RULES, Rule};
use crate::clock::Instant;
use crate::store::doubt::Doubts;
use crate::store::findings::{self, COUNTED};
use crate::store::{AnyConnection, Scope, finding_passes};

/// The numbers of a rule, each counted to [`COUNTED`].
#[derive(Clone, Debug)]
pub struct Tally {
    pub rule: &'static Rule,
    pub sure: i64,
    pub unsure: i64,
    pub ignored: i64,
    /// Why some are not sure, if the listings make them so.
    pub doubt: Option<String>,
    /// There are more than were counted.
    pub more: bool,
    /// When the rule last went over everything; `None` if it never did.
    pub computed_at: Option<Instant>,
}

/// The numbers of every rule. What is unsure is never counted as sure.
pub fn tally(connection: &mut AnyConnection, scope: &Scope, now: Instant) -> QueryResult<Vec<Tally>> {
    let names: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
    let passes = finding_passes::passes(connection)?;
    let ignored = findings::ignored(connection, scope, now)?;
    let shares = findings::shares(connection, scope, &names, now)?;
    let mut doubts = Doubts::at(now, scope);
    doubts.learn(connection, shares.iter().flat_map(|share| needs(&share.needs)))?;
    let mut tallies = Vec::with_capacity(RULES.len());
    for rule in RULES {
        let computed_at = passes.get(rule.name).map(|pass| pass.began_at.and_utc());
        let ignored = ignored.get(rule.name).copied().unwrap_or(0);
        let mut tally = Tally { rule, sure: 0, unsure: 0, ignored, doubt: None, more: false, computed_at };
        // One more than is told says that there are more.
        let mut left = COUNTED + 1;
        for share in shares.iter().filter(|share| share.rule == rule.name) {
            let n = share.n.min(left);
            left -= n;
            let doubt = doubts.about(connection, needs(&share.needs))?;
            if share.doubt.is_empty() && doubt.is_none() {
                tally.sure += n;
            } else {
                tally.unsure += n;
            }
            tally.doubt = tally.doubt.or(doubt);
        }
        tally.more = tally.sure + tally.unsure > COUNTED;
        tallies.push(tally);
    }
    Ok(tallies)
}

/// The kinds that a finding needs to be sure, as they are stored.
fn needs(stored: &str) -> impl Iterator<Item = &str> {
    stored.split(' ').filter(|kind| !kind.is_empty())
}
