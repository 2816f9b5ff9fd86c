//! The certificates at two controllers: near their end, past it, far from it, wildcards, one that hangs nowhere, and
//! one whose chain has a hole.

use super::place::Place;
use super::{Moment, apps, drift, seed};
use crate::clock::Instant;
use crate::kinds::certificate::{Certificate, Link};

/// The one that was uploaded without the certificate that signed it.
const WITH_A_HOLE: &str = "us-shop";

/// A certificate in the making.
struct Draft {
    name: &'static str,
    owner: &'static str,
    /// Days and hours from the origin until it ends.
    ends: (i64, i64),
    names: Vec<String>,
    domains: Vec<String>,
}

/// The certificates at the region's controller.
pub fn certificates(place: &Place, moment: &Moment) -> Vec<Certificate> {
    let drafts = if place.code == "us" { us(place) } else { eu(place, moment.step) };
    drafts.into_iter().map(|draft| certificate(place, draft, moment)).collect()
}

fn eu(place: &Place, step: u64) -> Vec<Draft> {
    let own = |name| apps::custom_domain(place, name);
    let spare = if drift::spare_is_attached(step) { vec![own("search")] } else { Vec::new() };
    vec![
        wildcard(place, (25, 9)),
        draft(
            "shop-2026",
            "storefront",
            (63, 10),
            &[own("shop"), "shop.example".into(), "*.shop.example".into()],
            &[own("shop")],
        ),
        draft("invoices", "payments", (2, 7), &[own("invoices")], &[own("invoices")]),
        draft(
            "billing",
            "payments",
            (12, 16),
            &[own("billing"), "billing.example".into(), "pay.billing.example".into()],
            &[own("billing")],
        ),
        draft("podcasts", "media", (0, 22), &[own("podcasts")], &[own("podcasts")]),
        draft("player-2024", "media", (-3, 11), &[own("player")], &[own("player")]),
        // Attached to a domain that it does not cover: nobody checked.
        draft("reviews", "storefront", (140, 8), &["review.example.com".into()], &[own("reviews")]),
        draft("search-spare", "storefront", (85, 9), &[own("search")], &spare),
        draft("winter-campaign", "storefront", (200, 9), &["winter-sale.example".into()], &[]),
    ]
}

fn us(place: &Place) -> Vec<Draft> {
    let own = |name| apps::custom_domain(place, name);
    vec![
        wildcard(place, (6, 9)),
        draft("us-shop", "storefront", (71, 10), &[own("shop")], &[own("shop")]),
        draft("us-billing", "payments", (29, 12), &[own("billing")], &[own("billing")]),
        draft("live-2026", "media", (-40, 9), &[own("live"), "*.media.example".into()], &[]),
        draft("live-2027", "media", (330, 9), &[own("live"), "*.media.example".into()], &[own("live")]),
        draft("payouts", "payments", (1, 5), &[own("payouts")], &[own("payouts")]),
    ]
}

/// The platform's own, for the address that every app has.
fn wildcard(place: &Place, ends: (i64, i64)) -> Draft {
    let attached = ["shop", "billing"].map(|name| apps::platform_domain(place, name));
    draft("platform-wildcard", "panel", ends, &[apps::platform_domain(place, "*")], &attached)
}

fn draft(name: &'static str, owner: &'static str, ends: (i64, i64), names: &[String], domains: &[String]) -> Draft {
    Draft { name, owner, ends, names: names.to_vec(), domains: domains.to_vec() }
}

fn certificate(place: &Place, draft: Draft, moment: &Moment) -> Certificate {
    let identity = format!("{} at {}", draft.name, place.controller());
    let common_name = draft.names.first().cloned().unwrap_or_default();
    let (day, hour) = draft.ends;
    let issuer = if draft.owner == "payments" { "/CN=Example EV CA/O=Example" } else { "/CN=Example CA/O=Example" };
    let subject = format!("/CN={common_name}/O=Example");
    Certificate {
        certificate_id: (1 + seed::number(&identity, 900)).to_string(),
        name: draft.name.to_owned(),
        app: String::new(),
        owner: draft.owner.to_owned(),
        chain: chain(draft.name, &subject, issuer, moment.at(day, hour), moment.at(1_500, 0)),
        issuer: issuer.to_owned(),
        subject,
        common_name,
        subject_alt_names: draft.names,
        domains: draft.domains,
        fingerprint: seed::fingerprint(&identity),
        not_before: Some(moment.at(day - 365, hour)),
        not_after: Some(moment.at(day, hour)),
        created_at: Some(moment.at(day - 365, hour + 1)),
        ..Certificate::default()
    }
}

/// As it was uploaded: the certificate and the one that signed it, which whoever uploaded one of them forgot.
fn chain(name: &str, subject: &str, issuer: &str, not_after: Instant, ca_not_after: Instant) -> Vec<Link> {
    let link = |subject: &str, issuer: &str, not_after| Link {
        subject: subject.to_owned(),
        issuer: issuer.to_owned(),
        not_after: Some(not_after),
    };
    let mut chain = vec![link(subject, issuer, not_after)];
    if name != WITH_A_HOLE {
        chain.push(link(issuer, "/CN=Example Root CA/O=Example", ca_not_after));
    }
    chain
}
