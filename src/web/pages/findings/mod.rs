//! `/findings`: what does not fit together, by rule; `/findings/{rule}`: the findings of one; `/findings/{rule}/{id}`:
//! one of them, and how to be told no more of it.

use crate::clock::Instant;
use crate::context::Context;
use crate::kinds::{Key, Tone};
use crate::relations::findings::{Finding, Given};
use crate::web::cells;
use crate::web::pages::dns_changes::mend::Mend;

pub mod csv;
pub mod list;
pub mod one;
pub mod overview;

/// A finding in a list and on its own page.
#[derive(Clone, Debug)]
pub struct FindingLine {
    /// Its own page.
    pub href: String,
    /// The resource's page.
    pub resource_href: String,
    pub name: String,
    pub kind: &'static str,
    pub status: String,
    pub tone: Tone,
    /// The address or the host that it is about.
    pub subject: Option<String>,
    pub words: String,
    pub other: Option<OtherLine>,
    pub source: String,
    /// Cluster or region, if it has one.
    pub place: String,
    pub found_at: Instant,
    /// Why it is not sure.
    pub doubt: Option<String>,
    pub ignored: Option<IgnoredLine>,
    /// What can be done about it, of a record.
    pub mend: Option<Mend>,
}

/// Another resource of the story.
#[derive(Clone, Debug)]
pub struct OtherLine {
    pub name: String,
    pub href: String,
    pub kind: &'static str,
    /// Until when it held what is lost.
    pub until: Option<Instant>,
}

/// Until when, why and for whom nobody is told.
#[derive(Clone, Debug)]
pub struct IgnoredLine {
    pub until: Instant,
    pub reason: String,
    pub by: String,
}

impl FindingLine {
    /// A finding as a line; `None` for a kind that this program does not have.
    pub fn of(finding: &Finding) -> Option<Self> {
        let (row, stored) = (&finding.row, &finding.stored);
        let spec = row.spec()?;
        let other = finding.other.as_ref().and_then(|(other, until)| {
            let spec = other.spec()?;
            let (name, href) = (other.title().to_owned(), cells::href(spec, other.id, None));
            Some(OtherLine { name, href, kind: spec.title, until: *until })
        });
        // Who still has the address has not moved.
        let former = finding.other.as_ref().filter(|(_, until)| until.is_some()).map(|(row, _)| row);
        Some(Self {
            mend: Mend::of(row, former),
            href: format!("/findings/{}/{}", stored.rule, stored.id),
            resource_href: cells::href(spec, row.id, None),
            name: row.title().to_owned(),
            kind: spec.title,
            status: row.status.clone(),
            tone: (spec.tone)(&row.status),
            subject: finding.subject.as_ref().map(shown),
            words: finding.words.clone(),
            other,
            source: row.source.clone(),
            place: if row.cluster.is_empty() { row.region.clone() } else { row.cluster.clone() },
            found_at: stored.found_at.and_utc(),
            doubt: finding.doubt.clone(),
            ignored: stored.ignored_until.map(|until| IgnoredLine {
                until: until.and_utc(),
                reason: stored.ignored_reason.clone().unwrap_or_default(),
                by: stored.ignored_by.clone().unwrap_or_default(),
            }),
        })
    }
}

/// A key without its class.
fn shown(key: &Key) -> String {
    key.as_host().or(key.as_address()).unwrap_or(key.as_str()).to_owned()
}

/// What rules may know, now.
pub fn given(context: &Context) -> Given {
    Given { now: context.clock.now(), networks: context.config.networks.clone() }
}
