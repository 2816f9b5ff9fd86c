//! A certificate that a host sends and that clients refuse, or soon will. One alert for each host and judgement,
//! however many targets.
//!
//! It goes by what was read last: a target that cannot be reached any more resolves nothing, and one that nothing leads
//! to any more does.
//!
//! The alert is about whom the host belongs to, since it names the host, and names nothing besides: whose certificate
//! covers it by a wildcard, and what machines send for it, may be another's.

use std::collections::{BTreeMap, BTreeSet};

use diesel::QueryResult;

use super::Rule;
use crate::clock::Instant;
use crate::kinds::{Held, Key, Role, app, certificate, dns_record};
use crate::served::{Finding, Grade, Judgement};
use crate::store::alerts::{Condition, Severity};
use crate::store::keys::{self, When};
use crate::store::served_certificates::{self, ServedRow};
use crate::store::{AnyConnection, Scope, resources};

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
    let hosts: BTreeSet<String> =
        found.keys().filter_map(|(host, _)| Key::host(host)).map(|host| host.stored()).collect();
    let whose = whose(connection, &hosts.into_iter().collect::<Vec<_>>())?;
    Ok(found
        .into_iter()
        .filter_map(|((host, judgement), seen)| {
            let about = Key::host(&host).and_then(|key| whose.get(&key.stored()).copied());
            condition(&host, judgement, &seen, about)
        })
        .collect())
}

/// Whom hosts belong to, by their stored spelling: the app that answers under one, or else the certificate that is
/// attached to it or names it, or else the record of that name.
fn whose(connection: &mut AnyConnection, hosts: &[String]) -> QueryResult<BTreeMap<String, i64>> {
    let everything = Scope::unrestricted();
    let mut links = Vec::new();
    for (side, roles) in [(Held::Ref, &[Role::Serves][..]), (Held::Key, &[Role::Covers, Role::Serves][..])] {
        let found = keys::of_keys(connection, &everything, side, hosts, roles, When::Now, usize::MAX)?;
        links.extend(found.into_iter().map(|link| (side, link)));
    }
    let ids: Vec<i64> = links.iter().map(|(_, link)| link.resource_id).collect();
    let rows = resources::present(connection, &everything, &ids)?;
    let kinds: BTreeMap<i64, String> = rows.into_iter().map(|row| (row.id, row.kind)).collect();
    let mut whose: BTreeMap<String, (usize, i64)> = BTreeMap::new();
    for (side, link) in links {
        let Some(kind) = kinds.get(&link.resource_id) else { continue };
        let nearness = match side {
            Held::Ref if kind == app::SPEC.name => 0,
            Held::Ref if kind == certificate::SPEC.name => 1,
            Held::Key if kind == certificate::SPEC.name => 2,
            Held::Key if kind == dns_record::SPEC.name => 3,
            _ => continue,
        };
        let nearest = whose.entry(link.key).or_insert((nearness, link.resource_id));
        *nearest = (*nearest).min((nearness, link.resource_id));
    }
    Ok(whose.into_iter().map(|(host, (_, id))| (host, id)).collect())
}

fn condition(
    host: &str,
    judgement: Judgement,
    seen: &[(&ServedRow, Finding)],
    about: Option<i64>,
) -> Option<Condition> {
    let (row, worst) = seen.iter().min_by_key(|(row, finding)| (finding.days, row.not_after()))?;
    Some(Condition {
        fingerprint: format!("served_certificate:{host}:{}", judgement.as_str()),
        severity: severity(worst)?,
        title: title(host, worst),
        body: format!("{} Seen at {}. {}", worst.clone().in_general().words, addresses(seen), judgement.advice()),
        link: format!("/served-certificates?host={host}"),
        resource_id: about,
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

/// Each once; the words stay the same while the same targets are concerned. What stands behind a balancer is counted.
fn addresses(seen: &[(&ServedRow, Finding)]) -> String {
    let (open, behind): (Vec<&ServedRow>, Vec<&ServedRow>) =
        seen.iter().map(|(row, _)| *row).partition(|row| row.is_in_the_open());
    let mut addresses: Vec<&str> = open.iter().map(|row| row.address.as_str()).collect();
    addresses.sort_unstable();
    addresses.dedup();
    let mut told: Vec<String> = addresses.iter().take(NAMED).map(|address| (*address).to_owned()).collect();
    let more = addresses.len().saturating_sub(NAMED);
    if more > 0 {
        told.push(format!("{more} more"));
    }
    match behind.len() {
        0 => {}
        1 => told.push("one target behind a balancer".to_owned()),
        several => told.push(format!("{several} targets behind a balancer")),
    }
    match told.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}
