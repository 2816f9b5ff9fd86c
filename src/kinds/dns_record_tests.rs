//! Each type's keys and refs, and content that lies about its type.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn origin() -> Origin {
    Origin { source: "dns".to_owned(), network: "office".to_owned() }
}

fn record(record_type: &str, name: &str, content: &str) -> DnsRecord {
    DnsRecord {
        record_id: "372E".into(),
        zone: "example.com".into(),
        record_type: record_type.into(),
        name: name.into(),
        content: content.into(),
        ttl: 300,
        ..DnsRecord::default()
    }
}

/// What a record points at, in the shown spelling; its zone is checked on the way.
fn points_at(record: &DnsRecord) -> Vec<String> {
    let refs = record.facts(&origin()).refs;
    assert!(refs.contains(&Mention::new(Role::Covers, Key::zone("dns", "example.com"))));
    refs.iter().filter(|mention| mention.role == Role::PointsAt).map(|mention| mention.key.to_string()).collect()
}

#[test]
fn each_type_points_where_its_content_says() {
    for (record_type, content, expected) in [
        ("A", "192.0.2.10", "ip:192.0.2.10"),
        ("A", "10.1.2.3", "ip:office/10.1.2.3"),
        ("A", "100.64.0.1", "ip:office/100.64.0.1"),
        ("AAAA", "2001:DB8:0:0::10", "ip:2001:db8::10"),
        ("AAAA", "fd00::1", "ip:office/fd00::1"),
        ("AAAA", "::ffff:192.0.2.10", "ip:192.0.2.10"),
        ("CNAME", "LB.Example.net.", "host:lb.example.net"),
        ("CNAME", "bücher.example", "host:xn--bcher-kva.example"),
        ("DNAME", "other.example.net", "host:other.example.net"),
        ("ALIAS", "lb.example.net", "host:lb.example.net"),
        ("MX", "mail.example.net", "host:mail.example.net"),
        ("MX", "10 mail.example.net.", "host:mail.example.net"),
        ("NS", "ns1.example.net", "host:ns1.example.net"),
        ("PTR", "www.example.com", "host:www.example.com"),
        ("SRV", "5 5060 sip.example.com", "host:sip.example.com"),
        ("HTTPS", "1 svc.example.net alpn=\"h3,h2\"", "host:svc.example.net"),
        ("SVCB", "1 svc.example.net. port=8443", "host:svc.example.net"),
    ] {
        assert_eq!(points_at(&record(record_type, "www.example.com", content)), [expected], "{record_type} {content}");
    }
}

#[test]
fn the_target_of_a_structured_record_is_read_from_its_structure() {
    let mut srv = record("SRV", "_sip._tcp.example.com", "a rendering nobody promised");
    srv.data = Some(json!({"priority": 10, "weight": 5, "port": 5060, "target": "SIP.example.com"}));
    assert_eq!(points_at(&srv), ["host:sip.example.com"]);
    srv.data = Some(json!({"target": 7}));
    assert_eq!(points_at(&srv), ["host:promised"]);
}

#[test]
fn what_is_no_address_and_no_host_points_nowhere() {
    for (record_type, content) in [
        ("A", ""),
        ("A", "192.0.2.300"),
        ("A", "2001:db8::1"),
        ("A", "192.0.2.010"),
        ("AAAA", "192.0.2.1"),
        ("AAAA", "fe80::1%eth0"),
        ("CNAME", ""),
        ("CNAME", "two words"),
        ("MX", "."),
        ("MX", "0 ."),
        ("SRV", "0 0 ."),
        ("SRV", ""),
        ("HTTPS", "1 . alpn=h3"),
        ("HTTPS", "1"),
        ("TXT", "192.0.2.10"),
        ("TXT", "v=spf1 include:example.net -all"),
        ("CAA", "0 issue \"ca.example.net\""),
        ("DS", "1 13 2 ABCD"),
        ("OPENPGPKEY", "mQENBF"),
        ("NEWTYPE", "www.example.net"),
        ("", "192.0.2.1"),
    ] {
        let found = points_at(&record(record_type, "www.example.com", content));
        assert!(found.is_empty(), "{record_type} {content:?} points at {found:?}");
    }
}

#[test]
fn a_record_serves_its_name_with_its_star_and_underscores() {
    for (name, expected) in [
        ("www.example.com", Some("host:www.example.com")),
        ("*.apps.example.com", Some("host:*.apps.example.com")),
        ("_acme-challenge.example.com", Some("host:_acme-challenge.example.com")),
        ("0/25.2.0.192.in-addr.arpa", None),
        ("", None),
    ] {
        let keys = record("A", name, "192.0.2.1").facts(&origin()).keys;
        let expected: Vec<_> = expected.map(|key| (key.to_owned(), Role::Serves)).into_iter().collect();
        let found: Vec<_> = keys.iter().map(|mention| (mention.key.to_string(), mention.role)).collect();
        assert_eq!(found, expected, "{name:?}");
    }
}

#[test]
fn a_record_without_a_zone_refers_to_none() {
    let mut lone = record("A", "www.example.com", "192.0.2.1");
    lone.zone = String::new();
    assert_eq!(lone.facts(&origin()).refs.len(), 1);
}

#[test]
fn search_finds_a_record_by_all_that_people_paste() {
    let mut aaaa = record("AAAA", "xn--bcher-kva.example.com", "2001:DB8:0::10");
    aaaa.tags = vec!["Team:Web".into(), "bare".into(), "bare".into()];
    let facts = aaaa.facts(&origin());
    assert_eq!(facts.terms, ["2001:db8:0::10", "2001:db8::10", "372e", "bare", "bücher.example.com", "team:web"]);
    assert_eq!(facts.tags[0], ("Team".to_owned(), "Web".to_owned()));
    assert_eq!(facts.tags[1], ("bare".to_owned(), String::new()));

    let key = record("TXT", "k._domainkey.example.com", &"ä".repeat(3_000));
    assert!(key.facts(&origin()).terms.iter().all(|term| term.chars().count() <= SEARCHED_CONTENT));
}

#[test]
fn the_list_says_proxied_in_words_and_automatic_for_a_ttl_of_one() {
    let mut www = record("A", "www.example.com", "192.0.2.1");
    assert_eq!(www.facts(&origin()).facets, ["A", "example.com", "dns only"]);
    assert_eq!(www.cell("ttl"), Cell::Duration(300));
    www.proxied = true;
    www.ttl = 1;
    assert_eq!(www.facts(&origin()).facets[2], "proxied");
    assert_eq!(www.cell("ttl"), Cell::Text("automatic".into()));
}

#[test]
fn stored_json_calls_the_type_by_its_name_and_tolerates_what_is_missing() {
    let json = serde_json::to_value(record("A", "www.example.com", "192.0.2.1")).unwrap();
    assert_eq!(json["type"], "A");
    let old: DnsRecord = serde_json::from_str(r#"{"record_id":"1"}"#).unwrap();
    assert_eq!(old.external_id(), "1");
}

proptest! {
    #[test]
    fn no_content_whatever_makes_it_panic(record_type in "A|AAAA|CNAME|MX|SRV|HTTPS|TXT|[A-Z]{0,5}", name in ".*", content in ".*") {
        let odd = record(&record_type, &name, &content);
        let facts = odd.facts(&origin());
        prop_assert!(facts.refs.iter().filter(|mention| mention.role == Role::PointsAt).count() <= 1);
        prop_assert!(!odd.sections().is_empty());
    }
}
