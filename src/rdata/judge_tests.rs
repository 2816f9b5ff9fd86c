//! What answers amount to.

use serde_json::json;

use super::*;
use crate::net::dns::Way;
use crate::wire::dns::{RecordValue, SetName};

fn set(record_type: &str, ttl: i64, contents: &[&str]) -> RecordSet {
    let value = |content: &&str| RecordValue { content: (*content).to_owned(), ttl, ..RecordValue::default() };
    RecordSet {
        of: SetName { name: "www.example.com".into(), record_type: record_type.into() },
        values: contents.iter().map(value).collect(),
        comments: Vec::new(),
    }
}

fn change(before: Option<RecordSet>, after: Option<RecordSet>) -> SetChange {
    let of = after.as_ref().or(before.as_ref()).unwrap().of.clone();
    SetChange { of, before, after }
}

fn answer(ttl: u32, words: &[&str]) -> Answer {
    let values = words.iter().map(|words| Answered { ttl, content: Content::Words((*words).to_owned()) });
    Answer { rcode: Rcode::NoError, authoritative: true, way: Way::Udp, values: values.collect(), alias_of: None }
}

fn judged(change: &SetChange, answer: &Answer) -> Verdict {
    served(change, "example.com", answer)
}

#[test]
fn the_new_set_the_old_one_and_anything_else_are_told_apart() {
    let change = change(Some(set("A", 300, &["192.0.2.1"])), Some(set("A", 60, &["192.0.2.2", "192.0.2.3"])));
    assert_eq!(judged(&change, &answer(60, &["192.0.2.3", "192.0.2.2"])), Verdict::Served);
    assert_eq!(judged(&change, &answer(300, &["192.0.2.1"])), Verdict::NotYet);
    let other = Verdict::Other("192.0.2.2 (TTL 60)".into());
    assert_eq!(judged(&change, &answer(60, &["192.0.2.2"])), other, "a part is not the whole");
    assert!(matches!(judged(&change, &answer(300, &["192.0.2.3", "192.0.2.2"])), Verdict::Other(_)), "the TTL counts");
    assert_eq!(judged(&change, &answer(0, &[])), Verdict::Other("no such record".into()));
    let lame = Answer { authoritative: false, ..answer(60, &["192.0.2.3", "192.0.2.2"]) };
    assert_eq!(judged(&change, &lame), Verdict::Other("the server does not speak for the zone".into()));
    let refused = Answer { rcode: Rcode::Other("Query Refused".into()), ..answer(0, &[]) };
    assert_eq!(judged(&change, &refused), Verdict::Other("Query Refused".into()));
}

#[test]
fn what_is_deleted_is_served_when_there_is_none() {
    let gone = change(Some(set("A", 300, &["192.0.2.1"])), None);
    assert_eq!(judged(&gone, &Answer { rcode: Rcode::NxDomain, ..answer(0, &[]) }), Verdict::Served);
    assert_eq!(judged(&gone, &answer(0, &[])), Verdict::Served, "the name may have other types");
    assert_eq!(judged(&gone, &answer(300, &["192.0.2.1"])), Verdict::NotYet);
    let alias = Answer { alias_of: Some("lb.example.net.".into()), ..answer(0, &[]) };
    let back = gone.inverse();
    assert_eq!(judged(&back, &alias), Verdict::NotYet, "none of that type was there before");
}

#[test]
fn spellings_do_not_matter() {
    for (record_type, kept, answered) in [
        ("AAAA", "2001:db8::1", "2001:db8:0:0::1"),
        ("CNAME", "lb.example.net", "LB.example.net."),
        ("MX", "10 mail.example.com", "10 mail.example.com."),
        ("SRV", "10 5 5060 sip.example.com", "10 5 5060 sip.example.com."),
        ("CAA", "0 issue \"ca.example.net\"", "0 issue \"ca.example.net\""),
        ("SSHFP", "4 2 123abc", "4 2 123ABC"),
    ] {
        let change = change(None, Some(set(record_type, 60, &[kept])));
        assert_eq!(judged(&change, &answer(60, &[answered])), Verdict::Served, "{record_type}");
    }
    let mut mx = set("MX", 60, &["mail.example.com"]);
    mx.values[0].priority = Some(10);
    assert_eq!(judged(&change(None, Some(mx)), &answer(60, &["10 mail.example.com."])), Verdict::Served);
    let text = change(None, Some(set("TXT", 60, &["é \\255"])));
    let bytes = Answered { ttl: 60, content: Content::Text(b"\xc3\xa9 \xff".to_vec()) };
    assert_eq!(judged(&text, &Answer { values: vec![bytes], ..answer(0, &[]) }), Verdict::Served);
}

#[test]
fn automatic_ttls_and_values_that_are_not_served_are_allowed_for() {
    let automatic = change(None, Some(set("A", 1, &["192.0.2.1"])));
    assert_eq!(judged(&automatic, &answer(300, &["192.0.2.1"])), Verdict::Served);
    let mut half = set("A", 60, &["192.0.2.1", "192.0.2.2"]);
    half.values[1].disabled = true;
    assert_eq!(judged(&change(None, Some(half)), &answer(60, &["192.0.2.1"])), Verdict::Served);
}

#[test]
fn what_is_answered_otherwise_on_purpose_is_not_judged() {
    let mut proxied = set("A", 1, &["192.0.2.1"]);
    proxied.values[0].proxied = true;
    let anything = answer(300, &["203.0.113.9"]);
    assert_eq!(judged(&change(None, Some(proxied.clone())), &anything), Verdict::Unjudgeable(Why::Proxied));
    let unproxied = change(Some(proxied), Some(set("A", 60, &["192.0.2.1"])));
    assert_eq!(judged(&unproxied, &anything), Verdict::NotYet);
    let mut apex = set("CNAME", 60, &["lb.example.net"]);
    let mut flat = apex.clone();
    flat.values[0].settings = Some(json!({"flatten_cname": true}));
    assert_eq!(judged(&change(None, Some(flat)), &anything), Verdict::Unjudgeable(Why::Flattened));
    apex.of.name = "example.com".into();
    assert_eq!(judged(&change(None, Some(apex)), &anything), Verdict::Unjudgeable(Why::Flattened));
    assert_eq!(judged(&change(None, Some(set("LOC", 60, &["x"]))), &anything), Verdict::Unjudgeable(Why::Type));
}

/// DNS-7: behind a proxy only that a name is still answered can be seen; what it leads to, the API says.
#[test]
fn what_is_answered_by_the_provider_itself_is_proven_by_any_address() {
    let mut proxied = set("A", 1, &["192.0.2.1"]);
    proxied.values[0].proxied = true;
    let change = change(Some(set("A", 60, &["192.0.2.1"])), Some(proxied));
    assert_eq!(proof(&change, "example.com"), Proof::StillAnswers(Why::Proxied));
    assert_eq!(proof(&change.inverse(), "example.com"), Proof::Itself);
    let gone = SetChange { before: change.after.clone(), after: None, ..change };
    assert_eq!(proof(&gone, "example.com"), Proof::NoLongerAnswers(Why::Proxied));
    assert_eq!(still_answers(&answer(300, &["203.0.113.9"])), Verdict::Served);
    assert_eq!(still_answers(&answer(300, &[])), Verdict::Other("no address".into()));
    let alias = Answer { alias_of: Some("lb.example.net.".into()), ..answer(0, &[]) };
    assert_eq!(still_answers(&alias), Verdict::Other("an alias of lb.example.net., and no address".into()));
    let none = Answer { rcode: Rcode::NxDomain, ..answer(0, &[]) };
    assert_eq!(still_answers(&none), Verdict::Other("no such name".into()));
    let lame = Answer { authoritative: false, ..answer(300, &["203.0.113.9"]) };
    assert_eq!(still_answers(&lame), Verdict::Other("the server does not speak for the zone".into()));
}

/// DNS-7: a set behind a proxy is gone when its name is answered no more, unless something else answers for it.
#[test]
fn what_was_answered_by_the_provider_is_gone_when_nobody_answers() {
    assert_eq!(no_longer_answers(&answer(0, &[])), Verdict::Served, "other types may be left");
    assert_eq!(no_longer_answers(&Answer { rcode: Rcode::NxDomain, ..answer(0, &[]) }), Verdict::Served);
    assert_eq!(
        no_longer_answers(&answer(300, &["203.0.113.9"])),
        Verdict::Other("still answered with an address".into())
    );
    let lame = Answer { authoritative: false, ..answer(0, &[]) };
    assert_eq!(no_longer_answers(&lame), Verdict::Other("the server does not speak for the zone".into()));

    let of = SetName { name: "a.b.example.com".into(), record_type: "A".into() };
    assert_eq!(above(&of.name, "example.com"), ["*.b.example.com", "b.example.com", "*.example.com"]);
    assert_eq!(above("example.com", "example.com"), [] as [&str; 0]);
    let another = |name: &str, record_type: &str| {
        let set = RecordSet {
            of: SetName { name: name.into(), record_type: record_type.into() },
            values: Vec::new(),
            comments: Vec::new(),
        };
        is_answered_by_another(&of, "example.com", &[set])
    };
    for (name, record_type) in [
        ("a.b.example.com", "AAAA"),
        ("a.b.example.com", "CNAME"),
        ("*.b.example.com", "A"),
        ("*.example.com", "CNAME"),
        ("b.example.com", "NS"),
    ] {
        assert!(another(name, record_type), "{name} {record_type}");
    }
    for (name, record_type) in [
        ("a.b.example.com", "A"),
        ("a.b.example.com", "TXT"),
        ("b.example.com", "A"),
        ("example.com", "NS"),
        ("*.c.example.com", "A"),
    ] {
        assert!(!another(name, record_type), "{name} {record_type}");
    }
}
