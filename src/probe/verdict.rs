//! What was seen of a host, judged: each target by what it sent last, by what is stored, and by the other targets.

use diesel::prelude::*;

use crate::clock::Instant;
use crate::kinds::certificate::{self, Certificate};
use crate::kinds::{Held, Key, Role, app};
use crate::served::{Finding, Judgement, NO_ADDRESS, Served, Stored, changes_at, judge};
use crate::store::gate::{self, Turn};
use crate::store::keys::{self, When};
use crate::store::rows::ResourceRow;
use crate::store::served_certificates::{self as store, Judged, Outcome, ServedRow};
use crate::store::{AnyConnection, Db, Priority, Scope, StoreError, resources};

/// Hosts judged in one transaction.
const AT_ONCE: i64 = 50;

/// Judges anew what time alone has changed; gives how many hosts that were.
pub async fn judge_due(db: &Db) -> Result<usize, StoreError> {
    let mut judged = 0;
    loop {
        let clock = db.clock.clone();
        let some = db
            .write_as(Priority::Background, move |connection| {
                gate::take_turn(connection, Turn::Served)?;
                let now = clock.now();
                let hosts = store::due_for_judging(connection, now, AT_ONCE)?;
                hosts.iter().try_for_each(|host| judge_host(connection, host, now))?;
                Ok(hosts.len())
            })
            .await?;
        judged += some;
        if some == 0 {
            return Ok(judged);
        }
    }
}

/// Judges every target of a host.
pub fn judge_host(connection: &mut AnyConnection, host: &Key, now: Instant) -> QueryResult<()> {
    let rows = store::of_host(connection, &Scope::unrestricted(), host)?;
    let known = Known::of(connection, host)?;
    for row in &rows {
        let chain = row.chain().filter(|_| row.outcome != Outcome::NotProbed.as_str());
        let mut findings = Vec::new();
        if let Some(chain) = &chain {
            let others = others(&rows, row);
            let host = row.host();
            let served = Served { host: &host, chain, proxied: row.proxied, stored: &known.stored, others: &others };
            findings = judge(&served, now);
        }
        findings.extend(of_outcome(row));
        if findings.is_empty() {
            findings
                .push(Finding::new(Judgement::Good, "It is valid, for this host, and signed by whom browsers trust."));
        }
        findings.sort_by_key(Finding::rank);
        let judge_at = chain.and_then(|chain| changes_at(&chain, now));
        let judged = Judged { findings, resource_id: known.resource_id, judge_at };
        store::write_judgement(connection, row, &judged, now)?;
    }
    Ok(())
}

/// What the look itself has to say: that nobody could look is neither good nor bad.
fn of_outcome(row: &ServedRow) -> Option<Finding> {
    let unknown = |words: String| Some(Finding::new(Judgement::Unknown, words));
    match row.outcome.as_str() {
        "read" => None,
        "not_probed" => Some(Finding::new(Judgement::NotProbed, format!("Not looked at: {}.", row.error))),
        "unresolved" => unknown(format!("{NO_ADDRESS}: {}.", row.error)),
        "waiting" => unknown("Nobody has looked at it yet.".to_owned()),
        _ => unknown(format!("The last look saw nothing: {}.", row.error)),
    }
}

/// What the other targets of the same sort sent last: a proxy is not expected to send what stands behind it.
fn others(rows: &[ServedRow], row: &ServedRow) -> Vec<(String, String)> {
    let others =
        rows.iter().filter(|other| other.id != row.id && other.proxied == row.proxied && !other.fingerprint.is_empty());
    others.map(|other| (other.fingerprint.clone(), other.address.clone())).collect()
}

/// What the inventory knows of a host.
struct Known {
    stored: Vec<Stored>,
    /// The certificate that is meant for it, or else the app.
    resource_id: Option<i64>,
}

impl Known {
    fn of(connection: &mut AnyConnection, host: &Key) -> QueryResult<Self> {
        let exact = host.stored();
        let wildcard = host.wildcard_parents().first().map(Key::stored);
        let names: Vec<String> = std::iter::once(exact.clone()).chain(wildcard).collect();
        let everything = Scope::unrestricted();
        let covering =
            keys::of_keys(connection, &everything, Held::Key, &names, &[Role::Covers], When::Now, usize::MAX)?;
        let serving =
            keys::of_keys(connection, &everything, Held::Ref, &[exact], &[Role::Serves], When::Now, usize::MAX)?;
        let attached: Vec<i64> = serving.iter().map(|link| link.resource_id).collect();
        let ids: Vec<i64> = covering.iter().map(|link| link.resource_id).chain(attached.iter().copied()).collect();
        let rows = resources::present(connection, &Scope::unrestricted(), &ids)?;
        let certificates = || rows.iter().filter(|row| row.kind == certificate::SPEC.name);
        let is_attached = |row: &&ResourceRow| attached.contains(&row.id);
        let meant = certificates().find(is_attached).or_else(|| certificates().next());
        let app = || rows.iter().filter(is_attached).find(|row| row.kind == app::SPEC.name);
        Ok(Self {
            resource_id: meant.or_else(app).map(|row| row.id),
            stored: certificates().map(|row| stored(row, attached.contains(&row.id))).collect(),
        })
    }
}

fn stored(row: &ResourceRow, attached: bool) -> Stored {
    let fingerprint =
        serde_json::from_str(&row.attrs).map(|stored: Certificate| stored.fingerprint).unwrap_or_default();
    Stored { name: row.title().to_owned(), fingerprint, attached }
}
