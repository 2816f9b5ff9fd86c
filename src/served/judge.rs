//! The judging: what was read, against the host, the moment, what is stored and what else is sent. A function each.

use std::net::IpAddr;

use chrono::TimeDelta;

use super::chain::{Chain, End};
use super::judgement::{Finding, Judgement};
use super::names::covers;
use super::read::Sent;
use crate::clock::Instant;

/// What is judged: what one target sent for a host.
#[derive(Clone, Copy, Debug)]
pub struct Served<'a> {
    pub host: &'a str,
    pub chain: &'a Chain,
    /// A proxy stands between, which has certificates of its own.
    pub proxied: bool,
    /// The certificates that are stored here and cover the host.
    pub stored: &'a [Stored],
    /// The fingerprints of what the host's other targets sent, with how people call these targets.
    pub others: &'a [(String, String)],
}

/// A certificate of the inventory that covers the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub name: String,
    pub fingerprint: String,
    /// It is attached to this very host.
    pub attached: bool,
}

/// Days before the end at which somebody is told, once each.
const THRESHOLDS: [i64; 5] = [1, 3, 7, 14, 30];
/// A certificate is renewed in the last third of its life (Let's Encrypt's advice); before that its end is nobody's
/// concern, however near it is: there are certificates of six days.
const LAST_PART: i32 = 3;

/// Everything there is to say, the worst first; nothing when all is well.
pub fn judge(served: &Served<'_>, now: Instant) -> Vec<Finding> {
    let Some(own) = served.chain.own() else { return Vec::new() };
    let judges = [expired(served, now), not_yet_valid(served, now), wrong_name(served, own), chain(served, own)];
    let mut findings: Vec<Finding> = judges.into_iter().flatten().collect();
    findings.extend([order(served), stored(served, own), differing(served, own)].into_iter().flatten());
    findings.extend(ends_soon(served, now).filter(|_| !findings.iter().any(|one| one.judgement == Judgement::Expired)));
    findings.sort_by_key(Finding::rank);
    findings
}

/// The next moment at which [`judge`] would say something else although nothing has changed but the time.
pub fn changes_at(chain: &Chain, now: Instant) -> Option<Instant> {
    let ends = chain.looked_at().flat_map(|one| {
        let warnings =
            thresholds(one).map(|days| one.not_after.and_then(|end| end.checked_sub_signed(TimeDelta::days(days))));
        warnings.chain([one.not_after, one.not_before]).flatten().collect::<Vec<_>>()
    });
    ends.filter(|moment| *moment > now).min()
}

fn expired(served: &Served<'_>, now: Instant) -> Option<Finding> {
    let (one, end) = earliest_end(served.chain)?;
    (end <= now).then(|| Finding::new(Judgement::Expired, format!("{} expired on {}.", called(served, one), day(end))))
}

fn not_yet_valid(served: &Served<'_>, now: Instant) -> Option<Finding> {
    let begins = served.chain.looked_at().filter_map(|one| Some((one, one.not_before?)));
    let (one, from) = begins.max_by_key(|(_, from)| *from)?;
    let words = || format!("{} is not valid before {}.", called(served, one), day(from));
    (from > now).then(|| Finding::new(Judgement::NotYetValid, words()))
}

fn ends_soon(served: &Served<'_>, now: Instant) -> Option<Finding> {
    let near = |one: &Sent| {
        let end = one.not_after?;
        let days = thresholds(one).find(|days| end - now <= TimeDelta::days(*days))?;
        Some((end, days))
    };
    let (one, (end, days)) =
        served.chain.looked_at().filter_map(|one| Some((one, near(one)?))).min_by_key(|(_, near)| *near)?;
    // The threshold, and not the days that are left: the words change when there is something new to say.
    let within = if days == 1 { "a day".to_owned() } else { format!("{days} days") };
    let words = format!("{} ends within {within}, on {}.", called(served, one), day(end));
    Some(Finding { judgement: Judgement::EndsSoon, words, days: Some(days) })
}

/// Those of the thresholds that lie in the last part of a certificate's life; the last one always does.
fn thresholds(one: &Sent) -> impl Iterator<Item = i64> + use<> {
    let life = one.not_after.zip(one.not_before).map(|(end, from)| end - from);
    let part = life.map_or(TimeDelta::MAX, |life| life / LAST_PART);
    THRESHOLDS.into_iter().filter(move |days| *days == THRESHOLDS[0] || TimeDelta::days(*days) <= part)
}

fn wrong_name(served: &Served<'_>, own: &Sent) -> Option<Finding> {
    let is_address = served.host.parse::<IpAddr>().ok();
    let named = match is_address {
        Some(address) => own.ip_addresses.contains(&address),
        None => own.dns_names.iter().any(|name| covers(name, served.host)),
    };
    if named {
        return None;
    }
    let words = match own.dns_names.as_slice() {
        [] if covers(&own.common_name, served.host) => {
            "It names the host as its common name only, where clients no longer look.".to_owned()
        }
        [] => format!("It is for {} and names no host.", own.title()),
        names => format!("It is for {}, not for {}.", listed(names), served.host),
    };
    Some(Finding::new(Judgement::WrongName, words))
}

fn chain(served: &Served<'_>, own: &Sent) -> Option<Finding> {
    match served.chain.end {
        End::WebRoot => None,
        End::SelfSigned => {
            Some(Finding::new(Judgement::SelfSigned, "It is signed by itself, so nobody vouches for it."))
        }
        End::Hole => {
            let words =
                format!("{} is not sent, which signed it, and is no root that clients know.", own.issuer_title());
            Some(Finding::new(Judgement::IncompleteChain, words))
        }
        End::Private => {
            let top = served.chain.top()?;
            let root = if top.is_self_issued { top.title() } else { top.issuer_title() };
            let words = format!("Its chain ends at {root}, which browsers do not trust by themselves.");
            Some(Finding::new(Judgement::PrivateIssuer, words))
        }
    }
}

fn order(served: &Served<'_>) -> Option<Finding> {
    let words = "The certificates above it are not sent in the order in which each signed the one before.";
    (!served.chain.is_in_order()).then(|| Finding::new(Judgement::ChainOrder, words))
}

fn stored(served: &Served<'_>, own: &Sent) -> Option<Finding> {
    let sent = Sent::plain_fingerprint(&own.fingerprint);
    // What the proxy sends is the proxy's; and a controller may list a certificate without its fingerprint.
    let known = || served.stored.iter().filter(|stored| !stored.fingerprint.is_empty());
    let is_sent = |stored: &&Stored| Sent::plain_fingerprint(&stored.fingerprint) == sent;
    if served.proxied || (!served.stored.is_empty() && known().next().is_none()) {
        return None;
    }
    if known().any(|stored| stored.attached) {
        let attached = || known().filter(|stored| stored.attached);
        let names = attached().map(|stored| stored.name.clone()).collect::<Vec<_>>();
        let words = || format!("It is not {}, which is attached to the host here.", listed(&names));
        return (!attached().any(|one| is_sent(&one))).then(|| Finding::new(Judgement::DiffersFromStored, words()));
    }
    match served.stored.len() {
        0 => Some(Finding::new(Judgement::OwnerUnknown, "No certificate that is stored here covers the host.")),
        _ if known().any(|one| is_sent(&one)) => None,
        _ => {
            let names = known().map(|stored| stored.name.clone()).collect::<Vec<_>>();
            let words = format!("It is not {}, which covers the host and is not attached to it.", listed(&names));
            Some(Finding::new(Judgement::OtherThanStored, words))
        }
    }
}

fn differing(served: &Served<'_>, own: &Sent) -> Option<Finding> {
    let others: Vec<String> = served
        .others
        .iter()
        .filter(|(fingerprint, _)| *fingerprint != own.fingerprint)
        .map(|(_, name)| name.clone())
        .collect();
    let words = || format!("{} sends another certificate for the same host.", listed(&others));
    (!others.is_empty()).then(|| Finding::new(Judgement::TargetsDiffer, words()))
}

/// The certificate on the way up that ends first: the whole is valid for as long as every part is.
fn earliest_end(chain: &Chain) -> Option<(&Sent, Instant)> {
    chain.looked_at().filter_map(|one| Some((one, one.not_after?))).min_by_key(|(_, end)| *end)
}

/// `It`, or which of those above it.
fn called(served: &Served<'_>, one: &Sent) -> String {
    let is_own = served.chain.own().is_some_and(|own| own.fingerprint == one.fingerprint);
    if is_own { "It".to_owned() } else { format!("{}, which signed it or what signed it,", one.title()) }
}

/// The first few, and how many more.
fn listed(names: &[String]) -> String {
    const NAMED: usize = 3;
    let first = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

fn day(at: Instant) -> impl std::fmt::Display {
    at.format("%-d %b %Y, %H:%M UTC")
}
