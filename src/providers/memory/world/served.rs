//! What the made-up hosts send, which is not always what is stored: renewed and not taken over, cut off above, for
//! another name, signed by itself. Where nothing is said of a host here it sends what is stored for it, with the end
//! that this has.
//!
//! They are facts and no bytes: nobody holds a key of theirs.

use std::net::IpAddr;

use super::place::{AP, EU, PLACES, US};
use super::{Moment, apps, balancers, certificates, fleet, seed, zones};
use crate::clock::Instant;
use crate::kinds::certificate::Certificate;
use crate::net::tls::Unseen;
use crate::served::{Chain, Sent, covers};

/// Domains that nobody but the made-up platform answers for.
const RESERVED: [&str; 4] = ["example", "example.com", "example.net", "example.org"];
/// Seconds after which a look gives up.
const PATIENCE: u64 = 5;
/// Last bytes of the addresses that the balancers in front of a region have.
const EDGE: [u8; 2] = [230, 231];
/// The one of the balancer that takes no TLS.
const PLAIN: u8 = 232;
/// Those of the DNS provider's own edge, before proxied names.
const PROXY: [u8; 2] = [140, 141];

/// Whether the world knows the name, or might.
pub fn is_made_up(name: &str) -> bool {
    RESERVED.iter().any(|domain| name.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

/// Where a resolver says that the name leads: balancers have names alone, and so has what is proxied.
pub fn addresses(name: &str, moment: &Moment) -> Vec<IpAddr> {
    for place in PLACES {
        if name == balancers::edge_host(place) {
            return EDGE.map(|last| place.public(last).into()).to_vec();
        }
    }
    if name == balancers::second_host(&EU) {
        return vec![EU.public(PLAIN).into()];
    }
    let records = || zones::managed(moment).into_iter().flat_map(|(_, records)| records);
    if records().any(|record| record.proxied && record.name == name) { proxy().to_vec() } else { Vec::new() }
}

/// What the address sends to who asks for the host.
pub fn sent(at: IpAddr, host: &str, moment: &Moment) -> Result<Chain, Unseen> {
    let old_shop = PLACES.into_iter().flat_map(|place| fleet::of_role(place, fleet::OLD_SHOP));
    if old_shop.filter_map(|machine| machine.public()).any(|address| IpAddr::from(address) == at) {
        return Err(Unseen::NoConnection(PATIENCE));
    }
    if at == IpAddr::from(EU.public(PLAIN)) {
        return Err(Unseen::Refused("Connection refused".to_owned()));
    }
    if host == apps::custom_domain(&US, "tax") {
        return Err(Unseen::Silent(PATIENCE));
    }
    let own = own(at, host, moment);
    let is_whole = !own.is_self_issued && !is_cut_off(host);
    Ok(Chain::of(std::iter::once(own.clone()).chain(is_whole.then(|| authority(&own.issuer, moment))).collect()))
}

/// The certificate that was uploaded without the one that signed it is sent so.
fn is_cut_off(host: &str) -> bool {
    host == apps::custom_domain(&US, "shop")
}

/// The host's own certificate, as that address has it.
fn own(at: IpAddr, host: &str, moment: &Moment) -> Sent {
    let made = |identity: &str, names: &[&str], ends: i64| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        leaf(&format!("{identity} at {host}"), &names, AUTHORITY, (moment.at(ends - 90, 3), moment.at(ends, 3)))
    };
    if proxy().contains(&at) {
        return made("proxy", &[host, "sni.edge.example.net"], 61);
    }
    if host == apps::custom_domain(&US, "loyalty") {
        let itself = made("router", &[host], 80);
        return Sent { issuer: itself.subject.clone(), is_self_issued: true, ..itself };
    }
    // Renewed in the controller, and the router in front goes on with the one before.
    if host == apps::custom_domain(&US, "billing") {
        return made("last year's", &[host], 9);
    }
    if host == "shop.example" && is_of_last_router(at) {
        return made("before", &["shop.example", "*.shop.example"], 40);
    }
    // The edge renews the platform's wildcards by itself.
    for place in [&EU, &US] {
        let wildcard = apps::platform_domain(place, "*");
        if covers(&wildcard, host) {
            let (from, until) = (moment.at(-7, 3), moment.at(83, 3));
            return leaf(&format!("edge of {}", place.code), &[wildcard], AUTHORITY, (from, until));
        }
    }
    match stored(host, moment) {
        Some(stored) => Sent { fingerprint: stored.fingerprint.clone(), ..of_stored(&stored) },
        // What developers put before their apps without a certificate of their own gets one from the edge.
        None => made("automatic", &[host], 47),
    }
}

/// The one of them that has not taken over the new certificate.
fn is_of_last_router(at: IpAddr) -> bool {
    let Some(last) = fleet::of_role(&EU, "router").pop() else { return false };
    let addresses = [last.public().map(IpAddr::from), last.v6().map(IpAddr::from)];
    addresses.contains(&Some(at))
}

/// What a controller has for the host: attached to it, or covering it for the longest.
fn stored(host: &str, moment: &Moment) -> Option<Certificate> {
    let all = || [&EU, &US].into_iter().flat_map(|place| certificates::certificates(place, moment));
    let covering = || all().filter(|one| one.subject_alt_names.iter().any(|name| covers(name, host)));
    let attached = all().find(|one| one.domains.iter().any(|domain| domain == host));
    attached.or_else(|| covering().max_by_key(|one| one.not_after))
}

fn of_stored(stored: &Certificate) -> Sent {
    let begun = stored.not_before.unwrap_or_default();
    let ends = stored.not_after.unwrap_or_default();
    leaf(&stored.fingerprint, &stored.subject_alt_names, &plain(&stored.issuer), (begun, ends))
}

/// Whoever signs most of them.
const AUTHORITY: &str = "CN=Example CA, O=Example";
/// Whom the made-up browsers trust.
const ROOT: &str = "CN=Example Root CA, O=Example";

/// A name as controllers write it, written as certificates are read: `/CN=a/O=b` as `CN=a, O=b`.
fn plain(name: &str) -> String {
    name.trim_start_matches('/').replace('/', ", ")
}

fn leaf(identity: &str, names: &[String], issuer: &str, (from, until): (Instant, Instant)) -> Sent {
    let common_name = names.first().cloned().unwrap_or_default();
    Sent {
        subject: format!("CN={common_name}, O=Example"),
        issuer: issuer.to_owned(),
        common_name,
        dns_names: names.to_vec(),
        serial: seed::hex(identity, 18).to_uppercase(),
        key: if seed::number(identity, 3) == 0 { "RSA 2048" } else { "EC P-256" }.to_owned(),
        signature: "ecdsa-with-SHA384".to_owned(),
        not_before: Some(from),
        not_after: Some(until),
        fingerprint: seed::fingerprint(identity),
        ..Sent::default()
    }
}

/// The certificate above, of an authority that browsers would trust if any of this were there.
fn authority(name: &str, moment: &Moment) -> Sent {
    let common_name = name.trim_start_matches("CN=").split(',').next().unwrap_or_default().to_owned();
    Sent {
        subject: name.to_owned(),
        issuer: ROOT.to_owned(),
        common_name,
        serial: seed::hex(name, 18).to_uppercase(),
        key: "EC P-384".to_owned(),
        signature: "ecdsa-with-SHA384".to_owned(),
        not_before: Some(moment.at(-900, 0)),
        not_after: Some(moment.at(1_500, 0)),
        fingerprint: seed::fingerprint(name),
        is_ca: true,
        is_below_web_root: true,
        ..Sent::default()
    }
}

fn proxy() -> [IpAddr; 2] {
    PROXY.map(|last| AP.public(last).into())
}
