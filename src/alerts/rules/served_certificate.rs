//! A certificate that a host sends and that clients refuse, or soon will. One alert for each host and judgement,
//! however many targets.
//!
//! It goes by what was read last: a target that cannot be reached any more resolves nothing, and one that nothing leads
//! to any more does.

use std::collections::BTreeMap;

use diesel::QueryResult;

use super::Rule;
use crate::clock::Instant;
use crate::served::{Finding, Grade, Judgement};
use crate::store::alerts::{Condition, Severity};
use crate::store::served_certificates::{self, ServedRow};
use crate::store::{AnyConnection, Scope};

pub const RULE: Rule = Rule { name: "served_certificate", title: "Certificate served badly", conditions };

/// Addresses that an alert names.
const NAMED: usize = 5;

fn conditions(connection: &mut AnyConnection, _now: Instant) -> QueryResult<Vec<Condition>> {
    let rows = served_certificates::bad(connection, &Scope::unrestricted())?;
    let mut found: BTreeMap<(String, Judgement), Vec<(&ServedRow, Finding)>> = BTreeMap::new();
    for row in &rows {
        for finding in row.findings().into_iter().filter(|finding| severity(finding).is_some()) {
            found.entry((row.host(), finding.judgement)).or_default().push((row, finding));
        }
    }
    Ok(found.into_iter().filter_map(|((host, judgement), seen)| condition(&host, judgement, &seen)).collect())
}

fn condition(host: &str, judgement: Judgement, seen: &[(&ServedRow, Finding)]) -> Option<Condition> {
    let (row, worst) = seen.iter().min_by_key(|(row, finding)| (finding.days, row.not_after()))?;
    Some(Condition {
        fingerprint: format!("served_certificate:{host}:{}", judgement.as_str()),
        severity: severity(worst)?,
        title: title(host, worst),
        body: format!("{} Seen at {}. {}", worst.words, addresses(seen), judgement.advice()),
        link: format!("/served-certificates?host={host}"),
        resource_id: row.resource_id,
        source: String::new(),
        due_at: row.not_after().filter(|_| matches!(judgement, Judgement::EndsSoon | Judgement::Expired)),
    })
}

/// How soon somebody has to look; `None` for what is only good to know.
fn severity(finding: &Finding) -> Option<Severity> {
    match finding.grade() {
        Grade::Critical => Some(Severity::Critical),
        Grade::Warning => Some(Severity::Warning),
        Grade::Info => Some(Severity::Info),
        Grade::Remark | Grade::Unknown | Grade::NotProbed | Grade::Good => None,
    }
}

fn title(host: &str, finding: &Finding) -> String {
    match (finding.judgement, finding.days) {
        (Judgement::Expired, _) => format!("{host} sends an expired certificate"),
        (Judgement::NotYetValid, _) => format!("{host} sends a certificate that is not valid yet"),
        (Judgement::WrongName, _) => format!("{host} sends a certificate for another name"),
        (Judgement::SelfSigned, _) => format!("{host} sends a certificate that nobody vouches for"),
        (Judgement::IncompleteChain, _) => format!("{host} sends an incomplete chain"),
        (Judgement::DiffersFromStored, _) => format!("{host} sends another certificate than the attached one"),
        (Judgement::TargetsDiffer, _) => format!("{host}: not every target sends the same certificate"),
        (_, Some(1)) => format!("{host} sends a certificate that ends within a day"),
        (_, days) => format!("{host} sends a certificate that ends within {} days", days.unwrap_or_default()),
    }
}

/// Each once; the words stay the same while the same targets are concerned.
fn addresses(seen: &[(&ServedRow, Finding)]) -> String {
    let mut addresses: Vec<&str> = seen.iter().map(|(row, _)| row.address.as_str()).collect();
    addresses.sort_unstable();
    addresses.dedup();
    let named = addresses.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    match addresses.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}
