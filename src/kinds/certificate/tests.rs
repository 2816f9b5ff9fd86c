//! What follows from a certificate alone: what it covers, where it serves, how it is found.

use super::*;

fn www() -> Certificate {
    Certificate {
        name: "www-cert".into(),
        owner: "Admin".into(),
        common_name: "www.Example.com".into(),
        subject_alt_names: vec!["www.example.com".into(), "*.apps.example.com".into()],
        domains: vec!["www.example.com".into()],
        issuer: "/CN=Example CA/O=Example".into(),
        fingerprint: "DD:21:E4".into(),
        not_after: Some(chrono::DateTime::UNIX_EPOCH),
        ..Certificate::default()
    }
}

fn facts(certificate: &Certificate) -> Facts {
    certificate.facts(&Origin { source: "paas-eu".into(), network: String::new() })
}

fn spelled(mentions: &[Mention]) -> Vec<String> {
    mentions.iter().map(|mention| format!("{} {}", mention.role.as_str(), mention.key)).collect()
}

#[test]
fn a_certificate_covers_its_names_and_serves_where_it_is_attached() {
    let facts = facts(&www());
    assert_eq!(spelled(&facts.keys), ["covers host:*.apps.example.com", "covers host:www.example.com"]);
    assert_eq!(spelled(&facts.refs), ["serves host:www.example.com"]);
    assert_eq!(facts.due_at, Some(chrono::DateTime::UNIX_EPOCH));
    assert_eq!(facts.facets, ["Admin", "Example CA", "www.Example.com"]);
}

#[test]
fn the_status_never_depends_on_the_clock() {
    assert_eq!(facts(&www()).status, "attached", "although it ran out in 1970");
    assert_eq!(facts(&Certificate { domains: Vec::new(), ..www() }).status, "unattached");
}

#[test]
fn two_apps_may_keep_certificates_of_one_name() {
    let held = |app: &str| Certificate { app: app.into(), ..www() };
    assert_ne!(held("shop").external_id(), held("billing").external_id());
    assert_eq!(www().external_id(), "www-cert");
    assert_eq!(spelled(&facts(&held("shop")).refs), ["is app:paas-eu/shop", "serves host:www.example.com"]);
}

#[test]
fn a_wildcard_stands_for_one_label_only() {
    for (host, covered) in [
        ("www.example.com", true),
        ("shop.apps.example.com", true),
        ("apps.example.com", false),
        ("a.b.apps.example.com", false),
        ("*.apps.example.com", true),
    ] {
        assert_eq!(www().covers(host), covered, "{host}");
    }
}

#[test]
fn a_domain_that_it_is_attached_to_without_covering_it_is_named_first() {
    let wrong = Certificate { domains: vec!["pay.example.com".into()], ..www() };
    let first = |certificate: &Certificate| certificate.sections()[1].fields[0].label;
    assert_eq!(first(&wrong), "Attached, but not covered");
    assert_eq!(first(&www()), "Attached to");
}

#[test]
fn it_is_found_by_its_fingerprint_as_browsers_and_as_tools_print_it() {
    let terms = facts(&www()).terms;
    assert_eq!(terms, ["*.apps.example.com", "admin", "dd21e4", "dd:21:e4", "www.example.com"]);
}

#[test]
fn issuers_of_both_controllers_are_shortened_alike() {
    assert_eq!(common_name_of("/CN=Example CA/O=Example"), "Example CA");
    assert_eq!(common_name_of("O=Example,CN=Example CA"), "Example CA");
    assert_eq!(common_name_of("Example"), "Example");
}

#[test]
fn a_chain_that_lacks_one_certificate_says_which() {
    let link = |subject: &str, issuer: &str| Link {
        subject: format!("/CN={subject}"),
        issuer: format!("/CN={issuer}"),
        not_after: None,
    };
    let holed = |chain: Vec<Link>| Certificate { chain, ..www() }.hole();
    let (leaf, middle, root) = (link("www", "Middle CA"), link("Middle CA", "Root CA"), link("Root CA", "Root CA"));
    assert_eq!(holed(vec![leaf.clone(), middle.clone(), root.clone()]), None);
    assert_eq!(holed(vec![leaf.clone(), middle.clone()]), None, "the root is in every client");
    assert_eq!(holed(Vec::new()), None, "a controller does not tell the chain");
    assert_eq!(holed(vec![root.clone()]), None, "signed by itself");
    let told = Some("Middle CA is not sent, which signed www".to_owned());
    assert_eq!(holed(vec![leaf.clone(), root]), told);
    assert_eq!(holed(vec![leaf]), told);
}
